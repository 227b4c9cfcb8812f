/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The index: where windows start, how many records there are, how the run ended. Internal.
 *
 * Payload, all varints: length and bytes of the reason; number of windows; first and last cycle;
 * number of streams and for each its records; stride; number of entries and for each the byte
 * offset and the first cycle minus those of the entry before. Entry i is window i * stride: the
 * stride doubles whenever HB_TRACE_INDEX_MAX entries are full, so that the index stays small for
 * any file.
 */

#ifndef HB_TRACE_INDEX_H_
#define HB_TRACE_INDEX_H_

#include "hb_trace.h"
#include "hb_trace_buf.h"

enum { HB_TRACE_INDEX_MAX = 65536 };

typedef struct hb_trace_index_entry {
  uint64_t offset, first_cycle;
} hb_trace_index_entry_t;

typedef struct hb_trace_index {
  uint64_t num_windows, first_cycle, last_cycle;
  uint32_t num_streams;
  uint64_t num_records[HB_TRACE_MAX_STREAMS];
  char reason[HB_TRACE_MAX_TEXT + 1];
  uint32_t stride, num_entries, capacity;
  hb_trace_index_entry_t *entries;
} hb_trace_index_t;

void hb_trace_index_init(hb_trace_index_t *index, uint32_t num_streams);
void hb_trace_index_release(hb_trace_index_t *index);
/** Adds the next window. @retval HB_ERR_NOMEM nothing was added. */
HB_MUST_USE hb_status_t hb_trace_index_add(hb_trace_index_t *index, uint64_t offset,
                                           uint64_t first_cycle, uint64_t last_cycle);
void hb_trace_index_print(const hb_trace_index_t *index, hb_trace_buf_t *out);
/** @retval HB_ERR_FORMAT the payload is not an index for `num_streams` streams. @retval
 * HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_trace_index_parse(hb_trace_index_t *index_out, uint32_t num_streams,
                                             const uint8_t *payload, size_t len);
/** Last entry whose first cycle is not after `cycle`; the first one if all are. NULL: no entries.
 */
const hb_trace_index_entry_t *hb_trace_index_find(const hb_trace_index_t *index, uint64_t cycle);

#endif /* HB_TRACE_INDEX_H_ */
