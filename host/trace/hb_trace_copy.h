/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Copies what a reader delivers into a new trace: what slice and recover share. Internal.
 *
 * Windows end where those of the source do, and string ids stay what they are: a copy of everything
 * is byte by byte its source. Memory is bounded by one window of the source. The file is written
 * beside its place and takes it when it is whole.
 */

#ifndef HB_TRACE_COPY_H_
#define HB_TRACE_COPY_H_

#include "hb_trace_reader.h"
#include "hb_trace_walk.h"

typedef struct hb_trace_copy hb_trace_copy_t;

/**
 * Refuses to write to `out`, if it is the file `in` or no regular file.
 * @retval HB_ERR_ARG `why` says which.
 */
HB_MUST_USE hb_status_t hb_trace_copy_check(const char *in, const char *out, char *why,
                                            size_t why_len);

/**
 * Begins a copy to `out` of what `reader` will deliver. `schema` has the streams of the reader's.
 * @param[out] why one line on failure, with the path.
 * @retval HB_ERR_ARG  the schema breaks a rule. @retval HB_ERR_IO @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_copy_open(hb_trace_reader_t *reader,
                                           const hb_trace_schema_t *schema, const char *out,
                                           hb_trace_copy_t **copy_out, char *why, size_t why_len);

/** What was copied. */
typedef struct hb_trace_copied {
  hb_status_t source; /* how reading ended: HB_ERR_END, HB_ERR_FORMAT, HB_ERR_IO */
  uint64_t num_windows, num_records, last_cycle;
  uint64_t end; /* byte of the source behind the last window; 0 without windows */
} hb_trace_copied_t;

/**
 * Copies all the reader has left.
 * @param whole_only leaves out the records of a window that is damaged further on.
 * @retval HB_ERR_IO the copy cannot be written. @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_copy_records(hb_trace_copy_t *copy, bool whole_only,
                                              hb_trace_copied_t *copied_out, char *why,
                                              size_t why_len);

/** Ends the new trace and puts it in its place. @retval HB_ERR_IO @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_trace_copy_end(hb_trace_copy_t *copy, bool complete, const char *reason,
                                          char *why, size_t why_len);

/** Without _end() before it, nothing is left of the copy. */
void hb_trace_copy_free(hb_trace_copy_t *copy);

#endif /* HB_TRACE_COPY_H_ */
