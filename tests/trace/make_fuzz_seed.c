/* SPDX-License-Identifier: Apache-2.0 */

/* make_fuzz_seed TRACE RAW MEMBERS: writes a trace as the two kinds of input of fuzz_reader.c
 * (fuzz_file.h). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_file.h"
#include "hb_trace.h"
#include "hb_trace_member.h"

static void put(FILE *file, const void *bytes, size_t len) {
  if (fwrite(bytes, 1, len, file) != len) {
    fprintf(stderr, "make_fuzz_seed: cannot write\n");
    exit(1);
  }
}

static void put_members(FILE *file, const uint8_t *bytes, size_t len) {
  static uint8_t payload[HB_TRACE_MAX_PAYLOAD];
  z_stream inflater = {0};
  if (inflateInit2(&inflater, -MAX_WBITS) != Z_OK) exit(1);
  for (size_t at = 0; at < len;) {
    hb_trace_member_t member;
    uint32_t format;
    if (hb_trace_member_read(bytes + at, len - at, at, &member, &format) != HB_TRACE_HEAD_OK ||
        hb_trace_member_inflate(&member, &inflater, bytes + at + HB_TRACE_HEAD_BYTES, payload) !=
            NULL) {
      fprintf(stderr, "make_fuzz_seed: damaged at byte %zu\n", at);
      exit(1);
    }
    const fuzz_member_t out = {.kind = member.kind,
                               .level = member.level,
                               .flags = member.flags,
                               .num_records = member.num_records,
                               .window = member.window,
                               .payload_bytes = member.payload_bytes,
                               .first_cycle = member.first_cycle,
                               .last_cycle = member.last_cycle};
    put(file, &out, sizeof(out));
    put(file, payload, member.payload_bytes);
    at += member.member_bytes;
  }
  inflateEnd(&inflater);
}

int main(int argc, char **argv) {
  static uint8_t bytes[1 << 20];
  if (argc != 4) {
    fprintf(stderr, "usage: make_fuzz_seed TRACE RAW MEMBERS\n");
    return 2;
  }
  FILE *in = fopen(argv[1], "rb");
  FILE *raw = fopen(argv[2], "wb");
  FILE *members = fopen(argv[3], "wb");
  if (in == NULL || raw == NULL || members == NULL) {
    fprintf(stderr, "make_fuzz_seed: cannot open a file\n");
    return 1;
  }
  const size_t len = fread(bytes, 1, sizeof(bytes), in);
  put(raw, "R", 1);
  put(raw, bytes, len);
  put(members, "M", 1);
  put_members(members, bytes, len);
  return fclose(in) | fclose(raw) | fclose(members);
}
