/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_crc.h"

#include <string.h>

/*
 * Four bytes at a time: TABLE[k][b] is the CRC of byte b followed by k zero bytes. A CRC is linear,
 * so every entry is the exclusive or of the entries of b's bits, and eight constants make a table
 * of 256.
 */
#define ENTRY_(b, c0, c1, c2, c3, c4, c5, c6, c7)                                              \
  (((b)&1u ? (c0) : 0u) ^ ((b)&2u ? (c1) : 0u) ^ ((b)&4u ? (c2) : 0u) ^ ((b)&8u ? (c3) : 0u) ^ \
   ((b)&16u ? (c4) : 0u) ^ ((b)&32u ? (c5) : 0u) ^ ((b)&64u ? (c6) : 0u) ^ ((b)&128u ? (c7) : 0u))
#define ENTRY4_(b, ...)                                                                 \
  ENTRY_(b, __VA_ARGS__), ENTRY_((b) + 1u, __VA_ARGS__), ENTRY_((b) + 2u, __VA_ARGS__), \
      ENTRY_((b) + 3u, __VA_ARGS__)
#define ENTRY16_(b, ...)                                                                   \
  ENTRY4_(b, __VA_ARGS__), ENTRY4_((b) + 4u, __VA_ARGS__), ENTRY4_((b) + 8u, __VA_ARGS__), \
      ENTRY4_((b) + 12u, __VA_ARGS__)
#define ENTRY64_(b, ...)                                                                        \
  ENTRY16_(b, __VA_ARGS__), ENTRY16_((b) + 16u, __VA_ARGS__), ENTRY16_((b) + 32u, __VA_ARGS__), \
      ENTRY16_((b) + 48u, __VA_ARGS__)
#define ENTRY256_(...)                                                                \
  ENTRY64_(0u, __VA_ARGS__), ENTRY64_(64u, __VA_ARGS__), ENTRY64_(128u, __VA_ARGS__), \
      ENTRY64_(192u, __VA_ARGS__)

static const uint32_t TABLE[4][256] = {
    {ENTRY256_(0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u, 0x1db71064u, 0x3b6e20c8u,
               0x76dc4190u, 0xedb88320u)},
    {ENTRY256_(0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u, 0x4ac21251u, 0x958424a2u,
               0xf0794f05u, 0x3b83984bu)},
    {ENTRY256_(0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u, 0x1c26a370u, 0x384d46e0u,
               0x709a8dc0u, 0xe1351b80u)},
    {ENTRY256_(0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu, 0x5019579fu, 0xa032af3eu,
               0x9b14583du, 0xed59b63bu)},
};

static uint32_t byte_step(uint32_t c, uint8_t byte) {
  return TABLE[0][(c ^ byte) & 0xffu] ^ (c >> 8);
}

uint32_t hb_crc32(uint32_t crc, const void *bytes, size_t len) {
  const uint8_t *byte = bytes;
  uint32_t c = ~crc;
  for (; len > 0 && ((uintptr_t)byte & 3u) != 0; --len) {
    c = byte_step(c, *byte++);
  }
  for (; len >= 4u; len -= 4u, byte += 4) {
    uint32_t word; /* little endian, as everything here */
    memcpy(&word, __builtin_assume_aligned(byte, 4), sizeof word);
    c ^= word;
    c = TABLE[3][c & 0xffu] ^ TABLE[2][(c >> 8) & 0xffu] ^ TABLE[1][(c >> 16) & 0xffu] ^
        TABLE[0][c >> 24];
  }
  for (; len > 0; --len) {
    c = byte_step(c, *byte++);
  }
  return ~c;
}
