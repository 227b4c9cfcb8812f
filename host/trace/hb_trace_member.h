/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One gzip member of a trace file. Internal.
 *
 * Byte by byte, little endian:
 *   0  1f 8b 08 04  00 00 00 00  00 ff     gzip header: deflate, extra field, no time, no system
 *  10  u16 60                              bytes of the extra field
 *  12  'H' 'B', u16 56                     its only subfield:
 *  16  u8 format, u8 kind, u8 level, u8 flags
 *  20  u32 bytes of this member, u32 bytes of the payload, u32 records in it
 *  32  u32 window, u32 bytes of the member before this one (0: it is the first)
 *  40  u64 first cycle, u64 last cycle (0, 0 without records)
 *  56  u64 offset of this member in the file
 *  64  u32 CRC-32 of the body, u32 CRC-32 of bytes 0 .. 67
 *  72  body: deflate data, u32 CRC-32 of the payload, u32 bytes of the payload (the gzip trailer)
 *
 * So every byte of a member is under one of the two CRCs, and a member that was moved is
 * recognised. In every format to come the subfield starts with the format's number and ends with
 * the CRC of all before it.
 */

#ifndef HB_TRACE_MEMBER_H_
#define HB_TRACE_MEMBER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "hb_trace_buf.h"
#include "hilbert/hb_status.h"

enum {
  HB_TRACE_HEAD_BYTES = 72,      /* all in front of the body */
  HB_TRACE_HEAD_MAX_BYTES = 272, /* what a head of a format to come may have */
  HB_TRACE_TRAILER_BYTES = 8,
  HB_TRACE_END_BYTES =
      HB_TRACE_HEAD_BYTES + 2 + HB_TRACE_TRAILER_BYTES, /* the end marker: empty payload */
};

/** Numbers are part of the format. */
typedef enum hb_trace_kind {
  HB_TRACE_SCHEMA = 1,
  HB_TRACE_DATA = 2,
  HB_TRACE_INDEX = 3,
  HB_TRACE_END = 4,
} hb_trace_kind_t;

#define HB_TRACE_FLAG_LAST (1u << 0)     /* data: last member of its window */
#define HB_TRACE_FLAG_COMPLETE (1u << 1) /* index, end: the run reached its end */

typedef struct hb_trace_member {
  uint8_t kind, level, flags;
  uint32_t member_bytes, payload_bytes, num_records, window, prev_bytes;
  uint64_t first_cycle, last_cycle, offset;
  uint32_t body_crc;
} hb_trace_member_t;

/** What a head turned out to be. */
typedef enum hb_trace_head {
  HB_TRACE_HEAD_OK,
  HB_TRACE_HEAD_FOREIGN, /* not one of our members at all */
  HB_TRACE_HEAD_DAMAGED, /* one of ours, altered */
  HB_TRACE_HEAD_NEWER,   /* of a newer format, undamaged */
} hb_trace_head_t;

/**
 * Appends a member to `out`. The caller fills kind, level, flags, num_records, window, prev_bytes,
 * the cycles and offset; the rest is filled in here.
 * @param deflater initialised by hb_trace_member_deflater().
 * @retval HB_ERR_NOMEM `out` has failed.
 */
HB_MUST_USE hb_status_t hb_trace_member_write(hb_trace_member_t *member, z_stream *deflater,
                                              const hb_trace_buf_t *payload, hb_trace_buf_t *out);

/** @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_trace_member_deflater(z_stream *deflater);

/**
 * Reads a head.
 * @param len bytes there are, up to HB_TRACE_HEAD_MAX_BYTES; at least HB_TRACE_HEAD_BYTES.
 * @param offset where in the file it was found.
 * @param[out] format the format's number, on HB_TRACE_HEAD_OK and HB_TRACE_HEAD_NEWER.
 */
hb_trace_head_t hb_trace_member_read(const uint8_t *head, size_t len, uint64_t offset,
                                     hb_trace_member_t *member_out, uint32_t *format_out);

/**
 * Checks and inflates a body of member_bytes - HB_TRACE_HEAD_BYTES into `payload` (payload_bytes).
 * Returns NULL, or what is wrong with it.
 */
const char *hb_trace_member_inflate(const hb_trace_member_t *member, z_stream *inflater,
                                    const uint8_t *body, uint8_t *payload);

#endif /* HB_TRACE_MEMBER_H_ */
