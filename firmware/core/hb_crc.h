/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * CRC-32 as zlib computes it (polynomial 0xedb88320, reflected, start and end inverted).
 */

#ifndef HB_CRC_H_
#define HB_CRC_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** CRC of `crc`'s bytes followed by these; start with 0. Any alignment, any length. */
uint32_t hb_crc32(uint32_t crc, const void *bytes, size_t len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_CRC_H_ */
