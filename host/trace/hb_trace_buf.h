/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Bytes of the trace format: a growing buffer to write them, a span to read them. Internal.
 *
 * Numbers are varints: 7 bits a byte, lowest first, bit 7 set on all but the last byte.
 */

#ifndef HB_TRACE_BUF_H_
#define HB_TRACE_BUF_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HB_TRACE_VARINT_MAX = 10 }; /* bytes of the longest varint */

/** A failed allocation sets `failed` and makes the buffer useless until hb_trace_buf_reset(). */
typedef struct hb_trace_buf {
  uint8_t *bytes;
  size_t len, capacity;
  bool failed;
} hb_trace_buf_t;

void hb_trace_buf_release(hb_trace_buf_t *buf);
/** Empties it, keeping its memory. */
void hb_trace_buf_reset(hb_trace_buf_t *buf);
/** Makes room for `more` bytes, 1 or more, behind `len` and returns them; NULL if there is no memory. */
uint8_t *hb_trace_buf_room(hb_trace_buf_t *buf, size_t more);
void hb_trace_buf_put(hb_trace_buf_t *buf, const void *bytes, size_t len);
void hb_trace_buf_put_varint(hb_trace_buf_t *buf, uint64_t value);
/** As snprintf(), at most 8 KiB. */
void hb_trace_buf_printf(hb_trace_buf_t *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

typedef struct hb_trace_span {
  const uint8_t *at, *end;
} hb_trace_span_t;

/** Takes a varint off the front; false if it is cut or does not fit 64 bits. */
bool hb_trace_span_varint(hb_trace_span_t *span, uint64_t *value_out);
/** Takes `len` bytes off the front; false if there are fewer. */
bool hb_trace_span_take(hb_trace_span_t *span, uint64_t len, hb_trace_span_t *part_out);

static inline uint64_t hb_trace_zigzag(uint64_t difference) {
  return (difference << 1) ^ (0u - (difference >> 63));
}
static inline uint64_t hb_trace_unzigzag(uint64_t code) {
  return (code >> 1) ^ (0u - (code & 1u));
}

#endif /* HB_TRACE_BUF_H_ */
