/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A trace like that of a run, from numbers alone, for tests and measurements.
 *
 * Four tiles run eight models of 50 layers, frame after frame; each job comes with the telemetry
 * and the interrupts it would have. A layer's work is the same in every frame, its waiting is not.
 */

#ifndef HB_TESTS_TRACE_SYNTHETIC_H_
#define HB_TESTS_TRACE_SYNTHETIC_H_

#include <stdint.h>

/** What to write. */
typedef enum synthetic_part {
  SYNTHETIC_ALL,  /* each job with a decision, a completion and two interrupts */
  SYNTHETIC_JOBS, /* jobs alone */
} synthetic_part_t;

/** Writes `num` jobs to `path` at level jobs. Ends the process with a message if that fails. */
void synthetic_trace(const char *path, uint64_t num, synthetic_part_t part);

#endif /* HB_TESTS_TRACE_SYNTHETIC_H_ */
