/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a copy of a trace needs to know of the reader: windows, and their string tables. Internal.
 */

#ifndef HB_TRACE_WALK_H_
#define HB_TRACE_WALK_H_

#include "hb_trace_reader.h"

/** About the window of the record that _next() returned last. */
typedef struct hb_trace_walk {
  uint64_t window; /* its number */
  bool whole;      /* nothing in it was found damaged so far */
  uint64_t end;    /* if it is whole: the byte behind it */
} hb_trace_walk_t;

hb_trace_walk_t hb_trace_reader_walk(const hb_trace_reader_t *reader);

typedef struct hb_trace_string {
  uint64_t id;
  const char *text;
} hb_trace_string_t;

/** String table of the window's member of `level`, ascending ids; valid as long as the record. */
const hb_trace_string_t *hb_trace_reader_strings(const hb_trace_reader_t *reader, uint32_t level,
                                                 size_t *num_out);

#endif /* HB_TRACE_WALK_H_ */
