/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_sha256.h"

#include <stdbool.h>
#include <stdio.h>

void hb_sha256_init(hb_sha256_t *hash) {
  sha256_init(&hash->state);
}

void hb_sha256_add(hb_sha256_t *hash, const void *bytes, size_t len) {
  sha256_update(&hash->state, len, bytes);
}

void hb_sha256_end(hb_sha256_t *hash, char text_out[HB_SHA256_TEXT]) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&hash->state, sizeof(digest), digest);
  for (size_t i = 0; i < sizeof(digest); i++) {
    snprintf(text_out + 2 * i, 3, "%02x", digest[i]);
  }
}

hb_status_t hb_sha256_file(const char *path, char text_out[HB_SHA256_TEXT]) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return HB_ERR_IO;
  hb_sha256_t hash;
  hb_sha256_init(&hash);
  uint8_t bytes[16384];
  size_t len;
  while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0) {
    hb_sha256_add(&hash, bytes, len);
  }
  const bool whole = ferror(file) == 0;
  fclose(file);
  hb_sha256_end(&hash, text_out);
  return whole ? HB_OK : HB_ERR_IO;
}
