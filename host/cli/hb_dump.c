/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_dump.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "hilbert/hb_memmap.h"

enum { CHUNK_BYTES = 65536 };

static bool write_chunks(hb_sim_t *sim, uint64_t size_bytes, FILE *file) {
  static uint8_t bytes[CHUNK_BYTES];
  static const uint8_t zeros[CHUNK_BYTES];
  for (uint64_t at = 0; at < size_bytes; at += CHUNK_BYTES) {
    const uint64_t left = size_bytes - at;
    const size_t len = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    if (hb_sim_read_dram(sim, HB_DRAM_BASE + (uint32_t)at, bytes, len) != HB_OK) {
      errno = EIO;
      return false;
    }
    if (memcmp(bytes, zeros, len) != 0 &&
        (fseeko(file, (off_t)at, SEEK_SET) != 0 || fwrite(bytes, 1, len, file) != len)) {
      return false;
    }
  }
  return fflush(file) == 0 && ftruncate(fileno(file), (off_t)size_bytes) == 0;
}

bool hb_dump_dram(hb_sim_t *sim, uint64_t size_bytes, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) {
    return false;
  }
  const bool written = write_chunks(sim, size_bytes, file);
  const int why = errno;
  const bool closed = fclose(file) == 0;
  if (!written) {
    errno = why;
  }
  return written && closed;
}
