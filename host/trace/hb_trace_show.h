/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Records as text, and streams by name: what dump and diff share.
 */

#ifndef HB_TRACE_SHOW_H_
#define HB_TRACE_SHOW_H_

#include <stdbool.h>
#include <stdio.h>

#include "hb_trace_reader.h"

/** The record that _next() returned last, as a line: cycle, stream, names instead of numbers. */
void hb_trace_show_text(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                        FILE *out);
/** The same as a line of JSON. */
void hb_trace_show_json(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                        FILE *out);

/** The names of a stream's fields, and the record that _next() returned last, as lines of CSV (RFC
 * 4180 but for the line ends). */
void hb_trace_show_csv_head(const hb_trace_stream_t *stream, FILE *out);
void hb_trace_show_csv(const hb_trace_reader_t *reader, const hb_trace_record_t *record, FILE *out);

enum { HB_TRACE_SHOWN_BYTES = HB_TRACE_MAX_TEXT + 1 };

/** The name of a value by the type of its field, in the record that _next() returned last; false if
 * it has none. Bytes as in the file, UTF-8 or not. */
bool hb_trace_show_name(const hb_trace_reader_t *reader, const char *type, uint64_t value,
                        char shown[HB_TRACE_SHOWN_BYTES]);

/** Length of the UTF-8 sequence of 2 to 4 bytes that `text` begins with; 0 if it begins with none.
 */
size_t hb_trace_show_utf8_len(const char *text);

/** A text in double quotes, as JSON has it: control characters escaped, bytes that are not UTF-8 as
 * U+FFFD. */
void hb_trace_show_quoted(const char *text, FILE *out);

/**
 * Marks the streams named in `list`, separated by commas.
 * @retval HB_ERR_ARG there is none of a name; `why` lists those there are.
 */
HB_MUST_USE hb_status_t hb_trace_want_streams(const hb_trace_schema_t *schema, const char *list,
                                              bool *wanted, char *why, size_t why_len);

#endif /* HB_TRACE_SHOW_H_ */
