/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_index.h"

#include <stdlib.h>
#include <string.h>

void hb_trace_index_init(hb_trace_index_t *index, uint32_t num_streams) {
  memset(index, 0, sizeof(*index));
  index->num_streams = num_streams;
  index->stride = 1;
}

void hb_trace_index_release(hb_trace_index_t *index) {
  free(index->entries);
  index->entries = NULL;
  index->num_entries = 0;
  index->capacity = 0;
}

static void halve(hb_trace_index_t *index) {
  for (uint32_t i = 0; 2 * i < index->num_entries; i++) {
    index->entries[i] = index->entries[2 * i];
  }
  index->num_entries = (index->num_entries + 1) / 2;
  index->stride *= 2;
}

hb_status_t hb_trace_index_add(hb_trace_index_t *index, uint64_t offset, uint64_t first_cycle,
                               uint64_t last_cycle) {
  if (index->num_windows % index->stride == 0) {
    if (index->num_entries == HB_TRACE_INDEX_MAX) halve(index);
    if (index->num_entries == index->capacity) {
      const uint32_t capacity = index->capacity == 0 ? 64 : index->capacity * 2;
      hb_trace_index_entry_t *entries = realloc(index->entries, capacity * sizeof(*entries));
      if (entries == NULL) return HB_ERR_NOMEM;
      index->entries = entries;
      index->capacity = capacity;
    }
    if (index->num_windows % index->stride == 0) { /* the stride may just have doubled */
      index->entries[index->num_entries++] =
          (hb_trace_index_entry_t){.offset = offset, .first_cycle = first_cycle};
    }
  }
  if (index->num_windows == 0) index->first_cycle = first_cycle;
  index->last_cycle = last_cycle;
  index->num_windows++;
  return HB_OK;
}

void hb_trace_index_print(const hb_trace_index_t *index, hb_trace_buf_t *out) {
  const size_t reason_len = strlen(index->reason);
  hb_trace_buf_put_varint(out, reason_len);
  hb_trace_buf_put(out, index->reason, reason_len);
  hb_trace_buf_put_varint(out, index->num_windows);
  hb_trace_buf_put_varint(out, index->first_cycle);
  hb_trace_buf_put_varint(out, index->last_cycle);
  hb_trace_buf_put_varint(out, index->num_streams);
  for (uint32_t i = 0; i < index->num_streams; i++) {
    hb_trace_buf_put_varint(out, index->num_records[i]);
  }
  hb_trace_buf_put_varint(out, index->stride);
  hb_trace_buf_put_varint(out, index->num_entries);
  hb_trace_index_entry_t before = {0};
  for (uint32_t i = 0; i < index->num_entries; i++) {
    hb_trace_buf_put_varint(out, index->entries[i].offset - before.offset);
    hb_trace_buf_put_varint(out, index->entries[i].first_cycle - before.first_cycle);
    before = index->entries[i];
  }
}

static bool parse_reason(hb_trace_index_t *index, hb_trace_span_t *span) {
  uint64_t len;
  hb_trace_span_t reason;
  if (!hb_trace_span_varint(span, &len) || len > HB_TRACE_MAX_TEXT ||
      !hb_trace_span_take(span, len, &reason) || memchr(reason.at, '\0', len) != NULL) {
    return false;
  }
  memcpy(index->reason, reason.at, len);
  index->reason[len] = '\0';
  return true;
}

static bool parse_totals(hb_trace_index_t *index, uint32_t num_streams, hb_trace_span_t *span) {
  uint64_t streams;
  if (!hb_trace_span_varint(span, &index->num_windows) ||
      !hb_trace_span_varint(span, &index->first_cycle) ||
      !hb_trace_span_varint(span, &index->last_cycle) || index->first_cycle > index->last_cycle ||
      !hb_trace_span_varint(span, &streams) || streams != num_streams) {
    return false;
  }
  for (uint32_t i = 0; i < num_streams; i++) {
    if (!hb_trace_span_varint(span, &index->num_records[i])) return false;
  }
  return true;
}

static hb_status_t parse_entries(hb_trace_index_t *index, hb_trace_span_t *span) {
  uint64_t stride;
  uint64_t num;
  if (!hb_trace_span_varint(span, &stride) || stride < 1 || stride > UINT32_MAX ||
      (stride & (stride - 1)) != 0 || !hb_trace_span_varint(span, &num) ||
      num > HB_TRACE_INDEX_MAX ||
      num != index->num_windows / stride + (index->num_windows % stride != 0)) {
    return HB_ERR_FORMAT;
  }
  index->stride = (uint32_t)stride;
  index->entries = calloc(num + 1, sizeof(*index->entries));
  if (index->entries == NULL) return HB_ERR_NOMEM;
  hb_trace_index_entry_t entry = {0};
  for (uint64_t i = 0; i < num; i++) {
    uint64_t offset;
    uint64_t cycle;
    if (!hb_trace_span_varint(span, &offset) || offset > UINT64_MAX - entry.offset ||
        !hb_trace_span_varint(span, &cycle) || cycle > UINT64_MAX - entry.first_cycle) {
      return HB_ERR_FORMAT;
    }
    entry.offset += offset;
    entry.first_cycle += cycle;
    index->entries[index->num_entries++] = entry;
  }
  return span->at == span->end ? HB_OK : HB_ERR_FORMAT;
}

hb_status_t hb_trace_index_parse(hb_trace_index_t *index_out, uint32_t num_streams,
                                 const uint8_t *payload, size_t len) {
  hb_trace_span_t span = {.at = payload, .end = payload + len};
  hb_trace_index_init(index_out, num_streams);
  hb_status_t status = HB_ERR_FORMAT;
  if (parse_reason(index_out, &span) && parse_totals(index_out, num_streams, &span)) {
    status = parse_entries(index_out, &span);
  }
  if (status != HB_OK) hb_trace_index_release(index_out);
  return status;
}

const hb_trace_index_entry_t *hb_trace_index_find(const hb_trace_index_t *index, uint64_t cycle) {
  if (index->num_entries == 0) return NULL;
  uint32_t low = 0; /* entries before `low` + 1 are not after `cycle`, or are the first */
  uint32_t high = index->num_entries;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (index->entries[middle].first_cycle <= cycle) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return &index->entries[low];
}
