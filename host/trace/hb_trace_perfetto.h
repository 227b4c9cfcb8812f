/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work behind `hilbert trace export --perfetto OUT FILE`: a trace as Perfetto's protobuf, which
 * ui.perfetto.dev and trace_processor open.
 *
 * What becomes what is in host/trace/README.md. Times are nanoseconds, rounded down: cycle * 10^6 /
 * clock_khz. Each track is a packet sequence of its own, in time order; the file as a whole is not,
 * which Perfetto sorts. Records are read once and memory does not grow with the file.
 */

#ifndef HB_TRACE_PERFETTO_H_
#define HB_TRACE_PERFETTO_H_

#include <stdint.h>
#include <stdio.h>

#include "hb_trace.h"

/**
 * Writes `out_path`, which appears whole or not at all: it is written beside its place, then
 * renamed.
 *
 * Records before a damaged place are exported, the file is kept, and the damage comes back as from
 * hb_trace_cmd_dump().
 *
 * @param from, to cycles, both included, of the records to take. A slice of a record in the range
 * is drawn whole.
 * @param notes gets a line for each thing that the export had to leave out or assume.
 * @param[out] why one line on failure, beginning with the path it is about.
 * @retval HB_ERR_ARG    from > to, or `out_path` is the trace itself or no regular file.
 * @retval HB_ERR_IO     one of the files cannot be read or written; nothing is left.
 * @retval HB_ERR_FORMAT not a trace or newer: nothing is left; damaged: the records before are.
 * @retval HB_ERR_NOMEM  nothing is left.
 */
HB_MUST_USE hb_status_t hb_trace_perfetto(const char *path, const char *out_path, uint64_t from,
                                          uint64_t to, FILE *notes, char *why, size_t why_len);

#endif /* HB_TRACE_PERFETTO_H_ */
