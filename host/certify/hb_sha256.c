/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_sha256.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned n) {
  return x >> n | x << (32 - n);
}

static void compress(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 64; i++) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
/* A round leaves all variables but two as they are, under other names. */
#define ROUND(a_, b_, c_, d_, e_, f_, g_, h_, i_)                                        \
  do {                                                                                   \
    const uint32_t t_ = (h_) + (rotate((e_), 6) ^ rotate((e_), 11) ^ rotate((e_), 25)) + \
                        (((e_) & (f_)) ^ (~(e_) & (g_))) + K[i_] + w[i_];                \
    (d_) += t_;                                                                          \
    (h_) = t_ + (rotate((a_), 2) ^ rotate((a_), 13) ^ rotate((a_), 22)) +                \
           (((a_) & (b_)) ^ ((a_) & (c_)) ^ ((b_) & (c_)));                              \
  } while (0)
  for (int i = 0; i < 64; i += 8) {
    ROUND(a, b, c, d, e, f, g, h, i);
    ROUND(h, a, b, c, d, e, f, g, i + 1);
    ROUND(g, h, a, b, c, d, e, f, i + 2);
    ROUND(f, g, h, a, b, c, d, e, i + 3);
    ROUND(e, f, g, h, a, b, c, d, i + 4);
    ROUND(d, e, f, g, h, a, b, c, i + 5);
    ROUND(c, d, e, f, g, h, a, b, i + 6);
    ROUND(b, c, d, e, f, g, h, a, i + 7);
  }
#undef ROUND
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

void hb_sha256_init(hb_sha256_t *hash) {
  *hash = (hb_sha256_t){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                  0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void hb_sha256_add(hb_sha256_t *hash, const void *bytes, size_t len) {
  const uint8_t *from = bytes;
  while (len > 0) {
    const size_t have = hash->len % sizeof(hash->block);
    if (have == 0 && len >= sizeof(hash->block)) {
      compress(hash->state, from);
      hash->len += sizeof(hash->block);
      from += sizeof(hash->block);
      len -= sizeof(hash->block);
      continue;
    }
    const size_t room = sizeof(hash->block) - have;
    const size_t part = len < room ? len : room;
    memcpy(hash->block + have, from, part);
    hash->len += part;
    from += part;
    len -= part;
    if (hash->len % sizeof(hash->block) == 0) compress(hash->state, hash->block);
  }
}

void hb_sha256_end(hb_sha256_t *hash, char text_out[HB_SHA256_TEXT]) {
  static const uint8_t ZEROS[64] = {0};
  const uint64_t bits = hash->len * 8;
  hb_sha256_add(hash, "\x80", 1);
  const size_t have = hash->len % sizeof(hash->block);
  hb_sha256_add(hash, ZEROS, (have <= 56 ? 56 : 120) - have);
  uint8_t end[8];
  for (int i = 0; i < 8; i++) {
    end[i] = (uint8_t)(bits >> (56 - 8 * i));
  }
  hb_sha256_add(hash, end, sizeof(end));
  for (int i = 0; i < 8; i++) {
    snprintf(text_out + 8 * i, 9, "%08x", hash->state[i]);
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
