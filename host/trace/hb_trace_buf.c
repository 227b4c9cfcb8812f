/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hb_trace_buf_release(hb_trace_buf_t *buf) {
  free(buf->bytes);
  *buf = (hb_trace_buf_t){0};
}

void hb_trace_buf_reset(hb_trace_buf_t *buf) {
  buf->len = 0;
  buf->failed = false;
}

uint8_t *hb_trace_buf_room(hb_trace_buf_t *buf, size_t more) {
  if (buf->failed) return NULL;
  if (buf->capacity - buf->len < more) {
    size_t capacity = buf->capacity < 256 ? 256 : buf->capacity;
    while (capacity - buf->len < more) {
      capacity *= 2;
    }
    uint8_t *bytes = realloc(buf->bytes, capacity);
    if (bytes == NULL) {
      buf->failed = true;
      return NULL;
    }
    buf->bytes = bytes;
    buf->capacity = capacity;
  }
  return buf->bytes + buf->len;
}

void hb_trace_buf_put(hb_trace_buf_t *buf, const void *bytes, size_t len) {
  if (len == 0) return;
  uint8_t *room = hb_trace_buf_room(buf, len);
  if (room == NULL) return;
  memcpy(room, bytes, len);
  buf->len += len;
}

void hb_trace_buf_put_varint(hb_trace_buf_t *buf, uint64_t value) {
  uint8_t *room = hb_trace_buf_room(buf, HB_TRACE_VARINT_MAX);
  if (room == NULL) return;
  size_t len = 0;
  while (value >= 0x80u) {
    room[len++] = (uint8_t)(value | 0x80u);
    value >>= 7;
  }
  room[len++] = (uint8_t)value;
  buf->len += len;
}

void hb_trace_buf_printf(hb_trace_buf_t *buf, const char *format, ...) {
  enum { ROOM = 8192 };
  char *room = (char *)hb_trace_buf_room(buf, ROOM);
  if (room == NULL) return;
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(room, ROOM, format, args);
  va_end(args);
  buf->len += len < ROOM ? (size_t)len : ROOM - 1u;
}

bool hb_trace_span_varint(hb_trace_span_t *span, uint64_t *value_out) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 70u && span->at < span->end; shift += 7) {
    const uint8_t byte = *span->at++;
    if (shift == 63 && byte > 1) return false;
    value |= (uint64_t)(byte & 0x7fu) << shift;
    if ((byte & 0x80u) == 0) {
      *value_out = value;
      return true;
    }
  }
  return false;
}

bool hb_trace_span_take(hb_trace_span_t *span, uint64_t len, hb_trace_span_t *part_out) {
  if (len > (uint64_t)(span->end - span->at)) return false;
  *part_out = (hb_trace_span_t){.at = span->at, .end = span->at + len};
  span->at += len;
  return true;
}
