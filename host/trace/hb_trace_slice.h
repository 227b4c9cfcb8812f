/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work behind `hilbert trace slice FILE OUT` and `recover FILE OUT`: new traces from old ones.
 *
 * OUT is written beside its place and takes it when it is whole; it may not be FILE. Memory is
 * bounded by one window of FILE.
 */

#ifndef HB_TRACE_SLICE_H_
#define HB_TRACE_SLICE_H_

#include <stdbool.h>
#include <stdio.h>

#include "hb_trace.h"

typedef struct hb_trace_slice_options {
  const char *streams; /* names separated by commas; NULL or "" for all */
  uint64_t from, to;   /* cycles, both included; to = UINT64_MAX for no end */
  const char *level;   /* highest level to keep; NULL for that of the trace */
} hb_trace_slice_options_t;

/**
 * Writes a trace of those records alone: what dump prints of `in` with the same options is what it
 * prints of `out`. Schema and metadata are kept; keys slice.from, slice.to and slice.streams say
 * what was cut off (the slice of a slice says what both cut off), the ending is that of `in`.
 *
 * @retval HB_ERR_ARG    from > to; a stream that is not there; an unknown level or one above that
 * of `in`; `out` is `in` or no regular file. Nothing was written.
 * @retval HB_ERR_IO, HB_ERR_FORMAT `in` cannot be read to its end: `out` holds what is whole, ended
 * incomplete. Or it cannot be read at all, or `out` cannot be written: there is no `out`. `why`
 * says which.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_slice(const char *in, const char *out,
                                       const hb_trace_slice_options_t *options, char *why,
                                       size_t why_len);

/**
 * Writes a trace of the whole windows of `in` before its first damage, ended incomplete with the
 * damage as its reason, and prints to `report` how much that is (with `json` as one object). If
 * `in` is undamaged it says so and writes no trace.
 *
 * @retval HB_ERR_ARG    `out` is `in` or no regular file.
 * @retval HB_ERR_FORMAT `in` is not a trace, newer, or damaged before its first record.
 * @retval HB_ERR_IO     `in` cannot be opened, `out` or `report` cannot be written.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_recover(const char *in, const char *out, bool json, FILE *report,
                                         char *why, size_t why_len);

#endif /* HB_TRACE_SLICE_H_ */
