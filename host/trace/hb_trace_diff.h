/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work behind `hilbert trace diff A B`: where two traces first differ, and how much.
 *
 * Streams are matched by name, their records by place: the n-th of a stream in A with the n-th in
 * B, fields by name. Memory does not grow with the traces: each stream is read on its own.
 */

#ifndef HB_TRACE_DIFF_H_
#define HB_TRACE_DIFF_H_

#include <stdbool.h>
#include <stdio.h>

#include "hb_trace.h"

typedef struct hb_trace_diff_options {
  bool json;             /* one object instead of text */
  const char *streams;   /* names separated by commas; NULL or "" for all */
  uint64_t from, to;     /* cycles, both included */
  const char *tolerance; /* "field=most,..." : fields that may differ by so much; NULL for none */
} hb_trace_diff_options_t;

/**
 * Prints the first difference in time, the records before it, and a line for each stream.
 *
 * @param[out] same_out whether there was none.
 * @retval HB_ERR_ARG    a stream or a field that neither trace has, a tolerance that is no number.
 * @retval HB_ERR_IO, HB_ERR_FORMAT, HB_ERR_NOMEM as in hb_trace_cmd.h: a damaged trace is compared
 * as far as it is whole.
 */
HB_MUST_USE hb_status_t hb_trace_diff(const char *path_a, const char *path_b,
                                      const hb_trace_diff_options_t *options, FILE *out,
                                      bool *same_out, char *why, size_t why_len);

#endif /* HB_TRACE_DIFF_H_ */
