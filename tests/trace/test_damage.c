/* SPDX-License-Identifier: Apache-2.0 */

/* A damaged file gives the whole records before the damage, never others, and says what is wrong.
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include <cmocka.h>

#include "fixture.h"
#include "hb_trace_member.h"

static char file_path[64]; /* a file in memory: it is written tens of thousands of times */

enum { NUM_RECORDS = 200, MAX_MEMBERS = 200 };

static const hb_trace_writer_options_t kSmall = {
    .window_bytes = 4096, .window_cycles = 2000, .slack_cycles = 1};

typedef struct sample {
  fixture_record_t *records; /* in the order of reading */
  uint8_t *bytes;
  size_t len;
  size_t num_members;
  hb_trace_member_t members[MAX_MEMBERS];
} sample_t;

static sample_t sample;

static int set_up(void **state) {
  (void)state;
  const int fd = memfd_create("trace", 0);
  assert_true(fd >= 0);
  snprintf(file_path, sizeof(file_path), "/proc/self/fd/%d", fd);
  sample.records = fixture_records(42, NUM_RECORDS, 0);
  fixture_trace(file_path, HB_TRACE_PACKETS, &kSmall, sample.records, NUM_RECORDS);
  fixture_sort(sample.records, NUM_RECORDS);
  sample.bytes = fixture_read(file_path, &sample.len);
  for (size_t at = 0; at < sample.len;) {
    assert_true(sample.num_members < MAX_MEMBERS);
    hb_trace_member_t *member = &sample.members[sample.num_members++];
    uint32_t format;
    assert_int_equal(
        hb_trace_member_read(sample.bytes + at, sample.len - at < 272 ? sample.len - at : 272, at,
                             member, &format),
        HB_TRACE_HEAD_OK);
    at += member->member_bytes;
  }
  assert_true(sample.num_members > 20);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  free(sample.records);
  free(sample.bytes);
  return 0;
}

/*
 * Reads `len` bytes as a trace: every record must be the next of the sample that `lowest_level`
 * lets through. Returns how many came, how it ended, and the error's text.
 */
static hb_status_t read_all(const uint8_t *bytes, size_t len, size_t *num_out, char *why,
                            size_t why_len) {
  fixture_write(file_path, bytes, len);
  *num_out = 0;
  hb_trace_reader_t *reader;
  hb_status_t status = hb_trace_reader_open(file_path, &reader, why, why_len);
  if (status != HB_OK) return status;
  hb_trace_record_t record;
  size_t i = 0;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    /* In a window whose higher levels are lost, only records of its lower levels come. */
    while (i < NUM_RECORDS && !fixture_equal(reader, &record, &sample.records[i])) {
      i++;
    }
    if (i == NUM_RECORDS) fail_msg("a record that was never written, or out of order");
    i++;
    (*num_out)++;
  }
  snprintf(why, why_len, "%s", hb_trace_reader_error(reader));
  /* The verdict stays. */
  assert_int_equal(hb_trace_reader_next(reader, &record), status);
  hb_trace_reader_free(reader);
  return status;
}

/* Records in data members that end within the first `len` bytes. */
static size_t whole_records(size_t len) {
  size_t num = 0;
  for (size_t m = 0; m < sample.num_members; m++) {
    const hb_trace_member_t *member = &sample.members[m];
    if (member->kind == HB_TRACE_DATA && member->offset + member->member_bytes <= len) {
      num += member->num_records;
    }
  }
  return num;
}

static void the_sample_is_whole(void **state) {
  (void)state;
  char why[400];
  size_t num;
  assert_int_equal(read_all(sample.bytes, sample.len, &num, why, sizeof(why)), HB_ERR_END);
  assert_int_equal(num, NUM_RECORDS);
}

static void a_cut_at_every_byte_gives_all_whole_members_bad(void **state) {
  (void)state;
  for (size_t len = 0; len < sample.len; len++) {
    char why[400];
    size_t num;
    const hb_status_t status = read_all(sample.bytes, len, &num, why, sizeof(why));
    if (status != HB_ERR_FORMAT) fail_msg("cut at %zu: status %d", len, (int)status);
    if (num != whole_records(len)) fail_msg("cut at %zu: %zu records", len, num);
    char place[64];
    snprintf(place, sizeof(place), "ends at byte %zu", len);
    if (len >= 4 && (strstr(why, "cut short") == NULL || strstr(why, place) == NULL)) {
      fail_msg("cut at %zu: %s", len, why);
    }
  }
}

static void a_cut_says_what_is_whole_bad(void **state) {
  (void)state;
  /* In the middle of the last data member. */
  size_t m = sample.num_members - 1;
  while (sample.members[m].kind != HB_TRACE_DATA) {
    m--;
  }
  const hb_trace_member_t *member = &sample.members[m];
  uint64_t whole_to = 0;
  for (size_t i = 0; i < m; i++) {
    if (sample.members[i].window < member->window && sample.members[i].last_cycle > whole_to) {
      whole_to = sample.members[i].last_cycle;
    }
  }
  const size_t len = (size_t)member->offset + member->member_bytes - 1;
  char expected[400];
  snprintf(
      expected, sizeof(expected),
      "cut short: the file ends at byte %zu, inside the member at byte %zu (window %u, level %s), "
      "without its index; records up to cycle %llu are whole",
      len, (size_t)member->offset, member->window, hb_trace_level_name(member->level),
      (unsigned long long)whole_to);
  char why[400];
  size_t num;
  assert_int_equal(read_all(sample.bytes, len, &num, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, expected);
}

static void every_flipped_bit_is_reported_bad(void **state) {
  (void)state;
  uint8_t *bytes = malloc(sample.len);
  assert_non_null(bytes);
  memcpy(bytes, sample.bytes, sample.len);
  for (size_t at = 0; at < sample.len; at++) {
    const uint8_t flip = (uint8_t)(1u << (at * 5 % 8));
    bytes[at] ^= flip;
    char why[400];
    size_t num;
    const hb_status_t status = read_all(bytes, sample.len, &num, why, sizeof(why));
    if (status != HB_ERR_FORMAT) fail_msg("flip at %zu: status %d", at, (int)status);
    size_t m = sample.num_members - 1;
    while (sample.members[m].offset > at) {
      m--;
    }
    if (num != whole_records((size_t)sample.members[m].offset)) {
      fail_msg("flip at %zu: %zu records", at, num);
    }
    char place[64];
    snprintf(place, sizeof(place), "at byte %zu", (size_t)sample.members[m].offset);
    if (m > 0 && strstr(why, place) == NULL) fail_msg("flip at %zu: %s", at, why);
    bytes[at] ^= flip;
  }
  free(bytes);
}

static void random_overwrites_are_reported_bad(void **state) {
  (void)state;
  uint8_t *bytes = malloc(sample.len);
  assert_non_null(bytes);
  uint64_t random = 11;
  for (uint32_t i = 0; i < 3000; i++) {
    memcpy(bytes, sample.bytes, sample.len);
    const size_t from = fixture_random(&random) % sample.len;
    const size_t len = 1 + fixture_random(&random) % 64;
    for (size_t at = from; at < from + len && at < sample.len; at++) {
      bytes[at] = (uint8_t)fixture_random(&random);
    }
    char why[400];
    size_t num;
    const hb_status_t status = read_all(bytes, sample.len, &num, why, sizeof(why));
    if (memcmp(bytes, sample.bytes, sample.len) != 0) assert_int_equal(status, HB_ERR_FORMAT);
  }
  free(bytes);
}

static void a_missing_member_is_reported_bad(void **state) {
  (void)state;
  uint8_t *bytes = malloc(sample.len);
  assert_non_null(bytes);
  for (size_t m = 0; m < sample.num_members; m++) {
    const size_t at = (size_t)sample.members[m].offset;
    const size_t skip = sample.members[m].member_bytes;
    memcpy(bytes, sample.bytes, at);
    memcpy(bytes + at, sample.bytes + at + skip, sample.len - at - skip);
    char why[400];
    size_t num;
    assert_int_equal(read_all(bytes, sample.len - skip, &num, why, sizeof(why)), HB_ERR_FORMAT);
    assert_int_equal(num, whole_records(at));
  }
  free(bytes);
}

static void bytes_behind_the_end_are_reported_bad(void **state) {
  (void)state;
  uint8_t *bytes = malloc(2 * sample.len);
  assert_non_null(bytes);
  memcpy(bytes, sample.bytes, sample.len);
  memcpy(bytes + sample.len, sample.bytes, sample.len);
  const size_t more[] = {1, 100, sample.len};
  for (size_t i = 0; i < 3; i++) {
    char why[400];
    size_t num;
    assert_int_equal(read_all(bytes, sample.len + more[i], &num, why, sizeof(why)), HB_ERR_FORMAT);
    assert_int_equal(num, NUM_RECORDS);
    char expected[120];
    snprintf(expected, sizeof(expected), "there are bytes behind the end marker, from byte %zu on",
             sample.len);
    assert_ptr_equal(strstr(why, expected), why);
  }
  free(bytes);
}

/* The same member with another format number and a right CRC. */
static void a_newer_format_is_refused_by_number_bad(void **state) {
  (void)state;
  uint8_t *bytes = malloc(sample.len);
  assert_non_null(bytes);
  memcpy(bytes, sample.bytes, sample.len);
  bytes[16] = 2;
  char why[400];
  size_t num;
  assert_int_equal(read_all(bytes, sample.len, &num, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, "the head of the schema at byte 0 is damaged");
  const uint32_t crc = (uint32_t)crc32(0, bytes, 68);
  for (uint32_t i = 0; i < 4; i++) {
    bytes[68 + i] = (uint8_t)(crc >> (8 * i));
  }
  assert_int_equal(read_all(bytes, sample.len, &num, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, "trace format 2 is newer than this program, which reads up to 1");
  free(bytes);
}

static void other_files_are_not_traces_bad(void **state) {
  (void)state;
  char why[400];
  size_t num;
  uint8_t text[200];
  memset(text, 'x', sizeof(text));
  assert_int_equal(read_all(text, sizeof(text), &num, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, "not a trace: it does not begin with a Hilbert gzip member");
  assert_int_equal(read_all(text, 0, &num, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, "not a trace: it has 0 bytes");
  gzFile file = gzopen(file_path, "wb");
  assert_non_null(file);
  for (uint32_t i = 0; i < 100; i++) {
    gzprintf(file, "%u\n", i * i * i);
  }
  gzclose(file);
  hb_trace_reader_t *reader;
  assert_int_equal(hb_trace_reader_open(file_path, &reader, why, sizeof(why)), HB_ERR_FORMAT);
  assert_string_equal(why, "not a trace: it does not begin with a Hilbert gzip member");
  assert_int_equal(hb_trace_reader_open("no/such/file", &reader, why, sizeof(why)), HB_ERR_IO);
  assert_string_equal(why, "No such file or directory");
  assert_int_equal(hb_trace_reader_open(".", &reader, why, sizeof(why)), HB_ERR_IO);
  assert_string_equal(why, "not a regular file");
}

/* Damage outside of what a reader was asked for does not stop it. */
static void a_range_before_the_damage_is_readable(void **state) {
  (void)state;
  size_t m = sample.num_members - 1;
  while (sample.members[m].kind != HB_TRACE_DATA) {
    m--;
  }
  const uint64_t to = sample.members[m / 2].last_cycle;
  assert_true(to < sample.members[m].first_cycle);
  uint8_t *bytes = malloc(sample.len);
  assert_non_null(bytes);
  memcpy(bytes, sample.bytes, sample.len);
  bytes[sample.members[m].offset + 80] ^= 1;
  fixture_write(file_path, bytes, sample.len);
  hb_trace_reader_t *reader = fixture_open(file_path);
  hb_trace_reader_range(reader, 0, to);
  hb_trace_record_t record;
  size_t num = 0;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    assert_true(fixture_equal(reader, &record, &sample.records[num++]));
  }
  assert_int_equal(status, HB_ERR_END);
  assert_true(num > 0 && sample.records[num].values[0] > to);
  hb_trace_reader_free(reader);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sample_is_whole),
      cmocka_unit_test(a_cut_at_every_byte_gives_all_whole_members_bad),
      cmocka_unit_test(a_cut_says_what_is_whole_bad),
      cmocka_unit_test(every_flipped_bit_is_reported_bad),
      cmocka_unit_test(random_overwrites_are_reported_bad),
      cmocka_unit_test(a_missing_member_is_reported_bad),
      cmocka_unit_test(bytes_behind_the_end_are_reported_bad),
      cmocka_unit_test(a_newer_format_is_refused_by_number_bad),
      cmocka_unit_test(other_files_are_not_traces_bad),
      cmocka_unit_test(a_range_before_the_damage_is_readable),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
