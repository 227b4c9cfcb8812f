/* SPDX-License-Identifier: Apache-2.0 */

/* hb_elf_seal IN OUT: writes OUT, a copy of the linked firmware IN sealed with its checksum
 * (hb_elf.h). */

#include <stdio.h>

#include "elf/hb_elf.h"

enum { MAX_BYTES = 4 << 20 };

static unsigned char file[MAX_BYTES];

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hb_elf_seal IN OUT\n");
    return 2;
  }
  FILE *const in = fopen(argv[1], "rb");
  const size_t len = in == NULL ? 0 : fread(file, 1, sizeof file, in);
  if (in == NULL || ferror(in) != 0 || len == sizeof file) {
    fprintf(stderr, "%s: cannot be read, or larger than %d bytes\n", argv[1], (int)MAX_BYTES - 1);
    return 3;
  }
  (void)fclose(in);

  const char *why = NULL;
  if (hb_elf_seal(file, len, &why) != HB_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], why);
    return 3;
  }
  FILE *const out = fopen(argv[2], "wb");
  if (out == NULL || fwrite(file, 1, len, out) != len || fclose(out) != 0) {
    fprintf(stderr, "%s: cannot be written\n", argv[2]);
    return 3;
  }
  return 0;
}
