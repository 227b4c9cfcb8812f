/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * SHA-256 (FIPS 180-4) in hexadecimal: which trace, which workload, which inputs.
 *
 * Life cycle: hb_sha256_init() -> hb_sha256_add() any number of times -> hb_sha256_end().
 */

#ifndef HB_SHA256_H_
#define HB_SHA256_H_

#include <nettle/sha2.h>
#include <stddef.h>

#include "hilbert/hb_status.h"

enum { HB_SHA256_TEXT = 65 }; /* hexadecimal digits and the end */

typedef struct hb_sha256 {
  struct sha256_ctx state;
} hb_sha256_t;

void hb_sha256_init(hb_sha256_t *hash);
void hb_sha256_add(hb_sha256_t *hash, const void *bytes, size_t len);
void hb_sha256_end(hb_sha256_t *hash, char text_out[HB_SHA256_TEXT]);

/** Of a file's contents. @retval HB_ERR_IO it cannot be read. */
HB_MUST_USE hb_status_t hb_sha256_file(const char *path, char text_out[HB_SHA256_TEXT]);

#endif /* HB_SHA256_H_ */
