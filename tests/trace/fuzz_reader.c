/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libFuzzer target: whatever a file holds, the reader neither crashes nor breaks its promises:
 * cycles ascend, ids are in range, texts end, a verdict stays, and the same file read again gives
 * the same.
 */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_file.h"
#include "hb_trace_cmd.h"
#include "hb_trace_diff.h"
#include "hb_trace_member.h"
#include "hb_trace_reader.h"
#include "hb_trace_slice.h"
#include "hb_trace_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A promise of the library: the line of a broken one is printed. */
static void require_at(bool condition, int line) {
  if (condition) return;
  fprintf(stderr, "fuzz_reader.c:%d: not as promised\n", line);
  abort();
}
#define require(condition) require_at(condition, __LINE__)

/* Puts the members of an input of kind 'M' together. */
static void build(const uint8_t *data, size_t len, hb_trace_buf_t *file) {
  static z_stream deflater;
  static bool ready;
  if (!ready) require(hb_trace_member_deflater(&deflater) == HB_OK);
  ready = true;
  uint32_t prev_bytes = 0;
  fuzz_member_t in;
  while (len >= sizeof(in)) {
    memcpy(&in, data, sizeof(in));
    data += sizeof(in);
    len -= sizeof(in);
    const size_t payload_bytes = in.payload_bytes < len ? in.payload_bytes : len;
    hb_trace_buf_t payload = {0};
    hb_trace_buf_put(&payload, data, payload_bytes);
    data += payload_bytes;
    len -= payload_bytes;
    hb_trace_member_t member = {.kind = in.kind,
                                .level = in.level,
                                .flags = in.flags,
                                .num_records = in.num_records,
                                .window = in.window,
                                .prev_bytes = prev_bytes,
                                .first_cycle = in.first_cycle,
                                .last_cycle = in.last_cycle,
                                .offset = file->len};
    require(hb_trace_member_write(&member, &deflater, &payload, file) == HB_OK);
    prev_bytes = member.member_bytes;
    hb_trace_buf_release(&payload);
  }
}

/* Reads all there is; a number that depends on everything read. */
static uint64_t read_all(hb_trace_reader_t *reader, uint64_t from, uint64_t to) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  hb_trace_record_t record;
  hb_status_t status;
  uint64_t cycle = from;
  uint64_t hash = 0;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    require(record.stream < schema->num_streams);
    require(record.values[0] >= cycle && record.values[0] <= to);
    cycle = record.values[0];
    const hb_trace_stream_t *stream = &schema->streams[record.stream];
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      hash = (hash ^ record.values[f]) * 0x100000001b3u + record.stream;
      const char *text = hb_trace_reader_string(reader, record.values[f]);
      if (text != NULL) require(strlen(text) <= HB_TRACE_MAX_TEXT);
    }
  }
  require(status == HB_ERR_END || status == HB_ERR_FORMAT);
  require((status == HB_ERR_FORMAT) == (hb_trace_reader_error(reader)[0] != '\0'));
  require(hb_trace_reader_next(reader, &record) == status);
  return hash + (uint64_t)status;
}

static void read_file(const char *path) {
  hb_trace_reader_t *reader;
  char why[400] = "";
  if (hb_trace_reader_open(path, &reader, why, sizeof(why)) != HB_OK) {
    require(why[0] != '\0');
    return;
  }
  const uint64_t hash = read_all(reader, 0, UINT64_MAX);
  const hb_trace_ending_t *ending = hb_trace_reader_ending(reader);
  const uint64_t middle = ending->first_cycle / 2 + ending->last_cycle / 2;
  hb_trace_reader_range(reader, middle, ending->last_cycle);
  if (middle <= ending->last_cycle) (void)read_all(reader, middle, ending->last_cycle);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  wanted[hb_trace_reader_schema(reader)->num_streams / 2] = true;
  hb_trace_reader_select(reader, wanted);
  if (middle <= ending->last_cycle) (void)read_all(reader, middle, ending->last_cycle);
  hb_trace_reader_select(reader, NULL);
  hb_trace_reader_range(reader, 0, UINT64_MAX);
  require(read_all(reader, 0, UINT64_MAX) == hash);
  hb_trace_reader_free(reader);

  static FILE *out;
  if (out == NULL) out = fopen("/dev/null", "w");
  require(out != NULL);
  const hb_trace_dump_options_t options = {.json = hash % 2 == 0, .to = UINT64_MAX};
  (void)!hb_trace_cmd_dump(path, &options, out, why, sizeof(why));
  (void)!hb_trace_cmd_info(path, out, why, sizeof(why));
  (void)!hb_trace_stat(path, hash % 2 == 0, 0, UINT64_MAX, out, why, sizeof(why));
  if (hash % 16 != 0) return; /* it reads the file once for each stream */
  bool same = false;
  const hb_trace_diff_options_t diff = {.json = hash % 2 == 0, .to = UINT64_MAX};
  const hb_status_t status = hb_trace_diff(path, path, &diff, out, &same, why, sizeof(why));
  require(status != HB_OK || same);
}

/* A copy of whatever can be read is a trace that can be read. */
static void copy_file(const char *path) {
  static char out[64];
  if (out[0] == '\0') snprintf(out, sizeof(out), "fuzz_copy_%ld.hbt", (long)getpid());
  static FILE *nowhere;
  if (nowhere == NULL) nowhere = fopen("/dev/null", "w");
  require(nowhere != NULL);
  const hb_trace_slice_options_t all = {.to = UINT64_MAX};
  char why[1024] = "";
  for (int recover = 0; recover < 2; recover++) {
    const hb_status_t status = recover
                                   ? hb_trace_recover(path, out, false, nowhere, why, sizeof(why))
                                   : hb_trace_slice(path, out, &all, why, sizeof(why));
    require(status == HB_OK || (why[0] != '\0' && (!recover || access(out, F_OK) != 0)));
    hb_trace_reader_t *reader;
    if (access(out, F_OK) != 0) continue;
    require(hb_trace_reader_open(out, &reader, why, sizeof(why)) == HB_OK);
    hb_trace_record_t record;
    hb_status_t end;
    while ((end = hb_trace_reader_next(reader, &record)) == HB_OK) {
    }
    require(end == HB_ERR_END && hb_trace_reader_ending(reader)->present);
    hb_trace_reader_free(reader);
    require(unlink(out) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  static int fd = -1;
  static char path[64];
  if (fd < 0) {
    fd = memfd_create("trace", 0);
    require(fd >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  }
  if (len == 0) return 0;
  hb_trace_buf_t file = {0};
  if (data[0] == 'M') {
    build(data + 1, len - 1, &file);
  } else {
    hb_trace_buf_put(&file, data + 1, len - 1);
  }
  require(ftruncate(fd, 0) == 0);
  require(pwrite(fd, file.bytes, file.len, 0) == (ssize_t)file.len);
  hb_trace_buf_release(&file);
  read_file(path);
  copy_file(path);
  return 0;
}
