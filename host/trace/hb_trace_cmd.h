/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work behind `hilbert trace info|dump FILE`, for the command line to call.
 *
 * Both print what can be read first and fail afterwards: a damaged file gives its whole records on
 * `out`, then HB_ERR_FORMAT and one line that says what is missing. Lines in `why` begin with the
 * path.
 */

#ifndef HB_TRACE_CMD_H_
#define HB_TRACE_CMD_H_

#include <stdio.h>

#include "hb_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_trace_dump_options {
  bool json;           /* one JSON object a line, else text */
  bool csv;            /* comma-separated values of one stream, with a line of field names */
  const char *streams; /* names separated by commas; NULL or "" for all */
  uint64_t from, to;   /* cycles, both included; to = UINT64_MAX for no end */
} hb_trace_dump_options_t;

/**
 * Prints metadata, levels, streams with their record counts, time range and how the run ended.
 *
 * @retval HB_ERR_IO     the file cannot be read, or `out` cannot be written.
 * @retval HB_ERR_FORMAT not a trace, newer, or damaged.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_cmd_info(const char *path, FILE *out, char *why, size_t why_len);

/**
 * Prints records in time order, names instead of numbers.
 *
 * @retval HB_ERR_ARG    from > to, or a name in `streams` that the file does not have (`why` lists
 * those it has); csv without exactly one stream, or with json.
 * @retval HB_ERR_IO, HB_ERR_FORMAT, HB_ERR_NOMEM as above.
 */
HB_MUST_USE hb_status_t hb_trace_cmd_dump(const char *path, const hb_trace_dump_options_t *options,
                                          FILE *out, char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TRACE_CMD_H_ */
