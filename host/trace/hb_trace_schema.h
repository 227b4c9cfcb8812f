/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The schema as text, and back. Internal. The text is the payload of a trace's first member, so
 * `zcat FILE | head` shows it:
 *
 *   hilbert-trace 1
 *   writer hilbert 0.1.0
 *   level jobs
 *   meta scenario=Social Interaction B
 *   enum drop 1 LATE
 *   stream 0 decisions boot
 *   field cycle cycle cycles delta           name, type, unit ("-": none), coding
 *   end
 *
 * in this order, each line once or as often as needed. Backslash, control characters and DEL in
 * texts are written \xHH. Streams are numbered from 0; their fields follow them.
 */

#ifndef HB_TRACE_SCHEMA_H_
#define HB_TRACE_SCHEMA_H_

#include "hb_trace.h"
#include "hb_trace_buf.h"

/** Appends the text of `schema` to `out`; does not check it: parse the result for that. */
void hb_trace_schema_print(const hb_trace_schema_t *schema, hb_trace_buf_t *out);

/** A parsed schema. It owns all that `schema` points to. */
typedef struct hb_trace_schema_own {
  hb_trace_schema_t schema;
  char *text;
  hb_trace_meta_t meta; /* keys and values point into `text` */
  uint32_t *meta_order; /* indices of meta, keys ascending */
  hb_trace_stream_t *streams;
  hb_trace_field_t *fields; /* of all streams */
  hb_trace_enum_t *enums;
} hb_trace_schema_own_t;

/**
 * Parses and checks everything hb_trace.h promises about names, types, codings and limits.
 * @param[out] why one line on failure.
 * @retval HB_ERR_FORMAT `text` breaks a rule.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_schema_parse(const uint8_t *text, size_t len,
                                              hb_trace_schema_own_t *own_out, char *why,
                                              size_t why_len);
void hb_trace_schema_release(hb_trace_schema_own_t *own);

/** Text of a metadata key; NULL if there is none. */
const char *hb_trace_schema_meta(const hb_trace_schema_own_t *own, const char *key);

#endif /* HB_TRACE_SCHEMA_H_ */
