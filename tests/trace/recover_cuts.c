/* SPDX-License-Identifier: Apache-2.0 */

/*
 * recover_cuts TRACE FOLDER NUM SEED: damages a trace NUM times and recovers each.
 *
 * Of case i, FOLDER/i.bad is the damaged file, FOLDER/i.hbt what was recovered. Even cases are cut
 * at a random byte, of the others a random stretch of up to 64 bytes is overwritten. Prints a line
 * per case: the report as JSON, or "status N: why".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hb_trace_slice.h"

/* Damages `bytes`; returns how many are left of them. */
static size_t damage(uint8_t *bytes, size_t len, bool cut, uint64_t *random) {
  const size_t at = fixture_random(random) % len;
  if (cut) return at;
  const size_t num = 1 + fixture_random(random) % 64;
  for (size_t i = at; i < at + num && i < len; i++) {
    bytes[i] = (uint8_t)fixture_random(random);
  }
  return len;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: recover_cuts TRACE FOLDER NUM SEED\n");
    return 2;
  }
  const unsigned long num = strtoul(argv[3], NULL, 10);
  uint64_t random = strtoull(argv[4], NULL, 10);
  size_t len;
  uint8_t *whole = fixture_read(argv[1], &len);
  uint8_t *bytes = malloc(len);
  if (bytes == NULL) return 1;
  for (unsigned long i = 0; i < num; i++) {
    char bad[256];
    char out[256];
    snprintf(bad, sizeof(bad), "%s/%lu.bad", argv[2], i);
    snprintf(out, sizeof(out), "%s/%lu.hbt", argv[2], i);
    memcpy(bytes, whole, len);
    fixture_write(bad, bytes, damage(bytes, len, i % 2 == 0, &random));
    char why[600];
    const hb_status_t status = hb_trace_recover(bad, out, true, stdout, why, sizeof(why));
    if (status != HB_OK) printf("status %d: %s\n", (int)status, why);
  }
  free(bytes);
  free(whole);
  return 0;
}
