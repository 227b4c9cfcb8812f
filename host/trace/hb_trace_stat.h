/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work behind `hilbert trace stat FILE`: what a run's trace says of its models, tiles and
 * links, in a fixed amount of memory.
 */

#ifndef HB_TRACE_STAT_H_
#define HB_TRACE_STAT_H_

#include <stdbool.h>
#include <stdio.h>

#include "hb_trace.h"

/**
 * Prints a line for each model and tile, and totals of decisions and interrupts; with `json` one
 * object. Only records with from <= cycle <= to count, a job by its end, a frame by its event, a
 * packet by its arrival. Where there are packets, also who sent them to whom and, if the metadata
 * says what the mesh is like (hb_trace_flows.h), what each link carried of them.
 *
 * A frame is late if it was done after its deadline; its latency counts from its arrival.
 *
 * @retval HB_ERR_ARG    from > to.
 * @retval HB_ERR_INPUT  the trace does not have a run's streams.
 * @retval HB_ERR_IO, HB_ERR_FORMAT, HB_ERR_NOMEM as in hb_trace_cmd.h: a damaged trace is summed up
 * as far as it is whole.
 */
HB_MUST_USE hb_status_t hb_trace_stat(const char *path, bool json, uint64_t from, uint64_t to,
                                      FILE *out, char *why, size_t why_len);

#endif /* HB_TRACE_STAT_H_ */
