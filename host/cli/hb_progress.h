/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The progress line on stderr: a bar, simulated time, cycles per second, what is left.
 *
 * Drawn at most ten times a second, over itself; cleared by hb_progress_end(). Nothing else depends
 * on it.
 */

#ifndef HB_PROGRESS_H_
#define HB_PROGRESS_H_

#include <stdbool.h>
#include <stdint.h>

typedef struct hb_progress {
  bool on;
  uint64_t planned_cycles;
  uint32_t clock_khz;
  double begin_s, drawn_s; /* of hb_progress_clock_s() */
} hb_progress_t;

/** Seconds of a clock that never goes back; its zero means nothing. */
double hb_progress_clock_s(void);

/** @param on false: every other call does nothing. */
void hb_progress_begin(hb_progress_t *progress, bool on, uint64_t planned_cycles,
                       uint32_t clock_khz);
void hb_progress_update(hb_progress_t *progress, uint64_t cycle, uint64_t frames_arrived,
                        uint64_t frames_ended);
void hb_progress_end(hb_progress_t *progress);

#endif /* HB_PROGRESS_H_ */
