/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * SHA-256 (FIPS 180-4), for certificates: which trace, which workload.
 *
 * Life cycle: hb_sha256_init() -> hb_sha256_add() any number of times -> hb_sha256_end().
 */

#ifndef HB_SHA256_H_
#define HB_SHA256_H_

#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

enum { HB_SHA256_TEXT = 65 }; /* hexadecimal digits and the end */

typedef struct hb_sha256 {
  uint32_t state[8];
  uint64_t len;
  uint8_t block[64];
} hb_sha256_t;

void hb_sha256_init(hb_sha256_t *hash);
void hb_sha256_add(hb_sha256_t *hash, const void *bytes, size_t len);
void hb_sha256_end(hb_sha256_t *hash, char text_out[HB_SHA256_TEXT]);

/** Of a file's contents. @retval HB_ERR_IO it cannot be read. */
HB_MUST_USE hb_status_t hb_sha256_file(const char *path, char text_out[HB_SHA256_TEXT]);

#endif /* HB_SHA256_H_ */
