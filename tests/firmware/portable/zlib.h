/* SPDX-License-Identifier: Apache-2.0 */

/** @file crc32() as zlib.h declares it, a bit at a time: a second opinion on hb_crc32(). */

#ifndef ZLIB_H
#define ZLIB_H

#include <stdint.h>

typedef unsigned char Bytef;
typedef unsigned int uInt;

static inline unsigned long crc32(unsigned long crc, const void *bytes, uInt len) {
  uint32_t c = ~(uint32_t)crc;
  for (const Bytef *b = bytes; len > 0; --len, ++b) {
    c ^= *b;
    for (int bit = 0; bit < 8; ++bit) {
      c = (c >> 1) ^ ((c & 1u) != 0 ? 0xedb88320u : 0u);
    }
  }
  return (uint32_t)~c;
}

#endif /* ZLIB_H */
