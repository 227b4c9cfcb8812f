/* SPDX-License-Identifier: Apache-2.0 */

/* What is written is what is read, in order, whatever the windows, filters and ranges. */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "hb_trace_index.h"

static const char *const kPath = "test_trace_roundtrip.hbt";

static const hb_trace_writer_options_t kSmall = {
    .window_bytes = 32768, .window_cycles = 20000, .slack_cycles = 500};

/* Reads all of `path` and compares it with the records that `wanted` and the range let through. */
static void expect_records(hb_trace_reader_t *reader, const fixture_record_t *records, size_t num,
                           const bool *wanted, uint64_t from, uint64_t to) {
  hb_trace_record_t record;
  size_t i = 0;
  for (;;) {
    while (i < num && ((wanted != NULL && !wanted[records[i].stream]) ||
                       records[i].values[0] < from || records[i].values[0] > to)) {
      i++;
    }
    const hb_status_t status = hb_trace_reader_next(reader, &record);
    if (i == num) {
      assert_int_equal(status, HB_ERR_END);
      return;
    }
    if (status != HB_OK) fail_msg("record %zu: %s", i, hb_trace_reader_error(reader));
    if (!fixture_equal(reader, &record, &records[i])) fail_msg("record %zu differs", i);
    i++;
  }
}

static void everything_comes_back_in_order(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    const size_t num = (size_t)(seed * seed * 500);
    const hb_trace_writer_options_t *options = seed % 2 == 0 ? &kSmall : NULL;
    fixture_record_t *records = fixture_records(seed, num, 300);
    fixture_trace(kPath, HB_TRACE_PACKETS, options, records, num);
    fixture_sort(records, num);
    hb_trace_reader_t *reader = fixture_open(kPath);
    expect_records(reader, records, num, NULL, 0, UINT64_MAX);

    const hb_trace_ending_t *ending = hb_trace_reader_ending(reader);
    assert_true(ending->present && ending->complete);
    assert_string_equal(ending->reason, "all written");
    assert_int_equal(ending->first_cycle, records[0].values[0]);
    assert_int_equal(ending->last_cycle, records[num - 1].values[0]);
    uint64_t counts[FIXTURE_STREAMS] = {0};
    for (size_t i = 0; i < num; i++) {
      counts[records[i].stream]++;
    }
    assert_memory_equal(ending->num_records, counts, sizeof(counts));
    if (options != NULL) assert_true(ending->num_windows > num / 100);
    hb_trace_reader_free(reader);
    free(records);
  }
}

static void schema_comes_back(void **state) {
  (void)state;
  fixture_trace(kPath, HB_TRACE_PACKETS, NULL, NULL, 0);
  hb_trace_reader_t *reader = fixture_open(kPath);
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  assert_string_equal(schema->writer, "fixture 1");
  assert_int_equal(schema->level, HB_TRACE_PACKETS);
  assert_int_equal(schema->num_streams, FIXTURE_STREAMS);
  for (uint32_t s = 0; s < FIXTURE_STREAMS; s++) {
    const hb_trace_stream_t *read = &schema->streams[s];
    assert_string_equal(read->name, fixture_streams[s].name);
    assert_int_equal(read->level, fixture_streams[s].level);
    assert_int_equal(read->num_fields, fixture_streams[s].num_fields);
    for (uint32_t f = 0; f < read->num_fields; f++) {
      assert_string_equal(read->fields[f].name, fixture_streams[s].fields[f].name);
      assert_string_equal(read->fields[f].type, fixture_streams[s].fields[f].type);
      assert_string_equal(read->fields[f].unit, fixture_streams[s].fields[f].unit);
      assert_string_equal(read->fields[f].coding, fixture_streams[s].fields[f].coding);
    }
  }
  assert_string_equal(hb_trace_reader_meta(reader, "scenario"), "fixture \\ \n and more");
  assert_string_equal(hb_trace_reader_meta(reader, "tile.0"), "tile0");
  assert_null(hb_trace_reader_meta(reader, "tile.1"));
  assert_string_equal(hb_trace_reader_enum(reader, "status", UINT64_MAX), "LAST");
  assert_null(hb_trace_reader_enum(reader, "status", 1));
  hb_trace_record_t record;
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_ERR_END);
  hb_trace_reader_free(reader);
}

static void filters_and_ranges_give_a_part(void **state) {
  (void)state;
  const size_t num = 20000;
  fixture_record_t *records = fixture_records(77, num, 0);
  fixture_trace(kPath, HB_TRACE_PACKETS, &kSmall, records, num);
  fixture_sort(records, num);
  const uint64_t last = records[num - 1].values[0];
  hb_trace_reader_t *reader = fixture_open(kPath);
  uint64_t random = 5;
  for (uint32_t i = 0; i < 60; i++) {
    bool wanted[FIXTURE_STREAMS];
    for (uint32_t s = 0; s < FIXTURE_STREAMS; s++) {
      wanted[s] = fixture_random(&random) % 2 == 0;
    }
    /* Limits on records, beside them and beyond all of them. */
    uint64_t from = records[fixture_random(&random) % num].values[0] + fixture_random(&random) % 2;
    uint64_t to = i % 5 == 0 ? last + 1 : from + fixture_random(&random) % (1 + last / (i + 1));
    if (i == 7) from = to = last + 1;
    hb_trace_reader_select(reader, wanted);
    hb_trace_reader_range(reader, from, to);
    expect_records(reader, records, num, wanted, from, to);
  }
  hb_trace_reader_free(reader);
  free(records);
}

static void levels_leave_streams_out(void **state) {
  (void)state;
  const size_t num = 3000;
  fixture_record_t *records = fixture_records(9, num, 0);
  fixture_trace(kPath, HB_TRACE_DECISIONS, &kSmall, records, num);
  fixture_sort(records, num);
  const bool decisions[FIXTURE_STREAMS] = {true, false, false, true, false};
  hb_trace_reader_t *reader = fixture_open(kPath);
  expect_records(reader, records, num, decisions, 0, UINT64_MAX);
  hb_trace_reader_free(reader);
  free(records);
}

static void same_records_same_bytes(void **state) {
  (void)state;
  const size_t num = 5000;
  fixture_record_t *records = fixture_records(3, num, 100);
  fixture_trace(kPath, HB_TRACE_PACKETS, &kSmall, records, num);
  size_t len;
  uint8_t *bytes = fixture_read(kPath, &len);
  fixture_trace(kPath, HB_TRACE_PACKETS, &kSmall, records, num);
  size_t len_again;
  uint8_t *bytes_again = fixture_read(kPath, &len_again);
  assert_int_equal(len, len_again);
  assert_memory_equal(bytes, bytes_again, len);
  free(bytes);
  free(bytes_again);
  free(records);
}

static hb_trace_writer_t *open_small(const char *path) {
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  const hb_trace_schema_t schema = {.writer = "x",
                                    .level = HB_TRACE_JOBS,
                                    .meta = &meta,
                                    .num_streams = FIXTURE_STREAMS,
                                    .streams = fixture_streams};
  hb_trace_writer_t *writer = NULL;
  char why[256];
  assert_int_equal(hb_trace_writer_open(path, &schema, &kSmall, &writer, why, sizeof(why)), HB_OK);
  return writer;
}

static void late_records_are_sorted_or_refused(void **state) {
  (void)state;
  hb_trace_writer_t *writer = open_small(kPath);
  char why[256];
  const uint64_t cycles[] = {1000, 900, 1400, 901};
  for (size_t i = 0; i < 4; i++) {
    const uint64_t values[] = {cycles[i], i & 1};
    assert_int_equal(hb_trace_writer_append(writer, 2, values), HB_OK);
  }
  const uint64_t too_late[] = {899, 0};
  assert_int_equal(hb_trace_writer_append(writer, 2, too_late), HB_ERR_ARG);
  assert_string_equal(hb_trace_writer_error(writer),
                      "record of stream irq at cycle 899 refused: it comes too late");
  const uint64_t bad_string[] = {1400, 0, 0, 0};
  assert_int_equal(hb_trace_writer_append(writer, FIXTURE_TEXTS, bad_string), HB_ERR_ARG);
  assert_int_equal(hb_trace_writer_append(writer, FIXTURE_STREAMS, bad_string), HB_ERR_ARG);
  assert_int_equal(hb_trace_writer_close(writer, false, "because", why, sizeof(why)), HB_OK);

  hb_trace_reader_t *reader = fixture_open(kPath);
  const uint64_t sorted[] = {900, 901, 1000, 1400};
  hb_trace_record_t record;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(hb_trace_reader_next(reader, &record), HB_OK);
    assert_int_equal(record.values[0], sorted[i]);
  }
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_ERR_END);
  assert_false(hb_trace_reader_ending(reader)->complete);
  assert_string_equal(hb_trace_reader_ending(reader)->reason, "because");
  hb_trace_reader_free(reader);
}

/* Records of one cycle are never split over windows, for the order of their streams; so they are
 * limited. */
static void a_burst_in_one_cycle_stays_in_order(void **state) {
  (void)state;
  hb_trace_writer_t *writer = open_small(kPath);
  uint64_t num = 0;
  for (;; num++) {
    /* Longest varints and streams in turn, the lower one last. */
    const uint64_t job[] = {5000, UINT64_MAX, num << 40, UINT64_MAX - num, num, num << 60};
    const uint64_t irq[] = {5000, num};
    const hb_status_t status =
        hb_trace_writer_append(writer, num % 2 == 0 ? 2 : 1, num % 2 == 0 ? irq : job);
    if (status != HB_OK) {
      assert_int_equal(status, HB_ERR_ARG);
      break;
    }
  }
  assert_non_null(strstr(hb_trace_writer_error(writer), "too many records in one cycle"));
  assert_true(num > 4 * 32768 / 48);
  const uint64_t late[] = {4999, 7};
  const uint64_t next[] = {5001, 7};
  assert_int_equal(hb_trace_writer_append(writer, 2, late), HB_ERR_ARG);
  assert_int_equal(hb_trace_writer_append(writer, 2, next), HB_OK); /* writes the burst */
  assert_int_equal(hb_trace_writer_append(writer, 2, late), HB_ERR_ARG);
  assert_non_null(strstr(hb_trace_writer_error(writer), "it comes too late"));
  char why[256];
  assert_int_equal(hb_trace_writer_close(writer, true, "", why, sizeof(why)), HB_OK);
  hb_trace_reader_t *reader = fixture_open(kPath);
  hb_trace_record_t record;
  for (uint64_t i = 0; i < num; i++) {
    const bool is_job = i < num / 2;
    assert_int_equal(hb_trace_reader_next(reader, &record), HB_OK);
    assert_int_equal(record.stream, is_job ? 1 : 2);
    assert_int_equal(record.values[is_job ? 4 : 1], is_job ? 2 * i + 1 : 2 * (i - num / 2));
  }
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_OK);
  assert_int_equal(record.values[0], 5001);
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_ERR_END);
  hb_trace_reader_free(reader);
}

static void bad_schemas_are_refused(void **state) {
  (void)state;
  static const struct {
    hb_trace_field_t fields[2];
    const char *why;
  } cases[] = {
      {{{"cycle", "cycle", "", "delta"}, {"cycle", "uint", "", "plain"}},
       "schema line 6: stream s has two fields cycle"},
      {{{"cycle", "cycle", "", "plain"}, {"x", "uint", "", "plain"}},
       "schema line 5: the first field of stream s is its time and must be coded delta"},
      {{{"cycle", "cycle", "", "delta"}, {"X", "uint", "", "plain"}},
       "schema line 6: expected field NAME TYPE UNIT CODING"},
      {{{"cycle", "cycle", "", "delta"}, {"x", "uint", "", "huffman"}},
       "schema line 6: field s.x: an unknown coding ('huffman')"},
      {{{"cycle", "cycle", "", "delta"}, {"x", "uint", "", "sum y"}},
       "schema line 6: field s.x: a sum of something that is not an earlier field ('sum y')"},
      {{{"cycle", "cycle", "", "delta"}, {"x", "uint", "", "like cycle"}},
       "schema line 6: field s.x: like without one hexadecimal mask ('like cycle')"},
  };
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const hb_trace_stream_t stream = {"s", HB_TRACE_JOBS, 2, cases[i].fields};
    const hb_trace_schema_t schema = {
        .writer = "x", .level = HB_TRACE_JOBS, .meta = &meta, .num_streams = 1, .streams = &stream};
    hb_trace_writer_t *writer;
    char why[256];
    assert_int_equal(hb_trace_writer_open("never.hbt", &schema, NULL, &writer, why, sizeof(why)),
                     HB_ERR_ARG);
    assert_string_equal(why, cases[i].why);
    assert_int_equal(access("never.hbt", F_OK), -1);
  }
  hb_trace_meta_set(&meta, "a", "1");
  hb_trace_meta_set(&meta, "a", "2");
  const hb_trace_schema_t schema = {.writer = "x", .level = HB_TRACE_JOBS, .meta = &meta};
  hb_trace_writer_t *writer;
  char why[256];
  assert_int_equal(hb_trace_writer_open("never.hbt", &schema, NULL, &writer, why, sizeof(why)),
                   HB_ERR_ARG);
  assert_non_null(strstr(why, "metadata key a appears twice"));
  hb_trace_meta_set(&meta, "Bad key", "");
  assert_int_equal(meta.status, HB_ERR_ARG);
  hb_trace_meta_release(&meta);
}

/* A process killed at once leaves all but the window it was filling. */
static void a_killed_writer_loses_one_window(void **state) {
  (void)state;
  fflush(NULL);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    hb_trace_writer_t *writer = open_small(kPath);
    for (uint64_t cycle = 0; cycle < 100000; cycle += 100) {
      const uint64_t values[] = {cycle, 1};
      if (hb_trace_writer_append(writer, 2, values) != HB_OK) _exit(1);
    }
    if (hb_trace_writer_tick(writer, 119999) != HB_OK) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int how;
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFSIGNALED(how));
  hb_trace_reader_t *reader = fixture_open(kPath);
  hb_trace_record_t record;
  for (uint64_t cycle = 0; cycle < 100000; cycle += 100) {
    assert_int_equal(hb_trace_reader_next(reader, &record), HB_OK);
    assert_int_equal(record.values[0], cycle);
  }
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_ERR_FORMAT);
  assert_non_null(strstr(hb_trace_reader_error(reader),
                         "behind a whole member, without its index; "
                         "records up to cycle 99900 are whole"));
  hb_trace_reader_free(reader);
}

static void a_full_disk_is_told_once_and_leaves_whole_windows_bad(void **state) {
  (void)state;
  fflush(NULL);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    const struct rlimit limit = {.rlim_cur = 30000, .rlim_max = 30000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    hb_trace_writer_t *writer = open_small(kPath);
    uint64_t random = 1;
    uint32_t failures = 0;
    for (uint64_t cycle = 0; cycle < 200000; cycle += 10) {
      const uint64_t values[] = {cycle, 0, fixture_random(&random), fixture_random(&random), 0, 0};
      failures += hb_trace_writer_append(writer, 1, values) == HB_ERR_IO;
    }
    if (failures != 1 ||
        strstr(hb_trace_writer_error(writer), "cannot write: File too large") == NULL) {
      _exit(3);
    }
    char why[256];
    _exit(hb_trace_writer_close(writer, true, "", why, sizeof(why)) == HB_ERR_IO ? 0 : 4);
  }
  int how;
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFEXITED(how));
  assert_int_equal(WEXITSTATUS(how), 0);
  hb_trace_reader_t *reader = fixture_open(kPath);
  assert_true(hb_trace_reader_file_bytes(reader) <= 30000);
  hb_trace_record_t record;
  uint64_t cycle = 0;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    assert_int_equal(record.values[0], cycle);
    cycle += 10;
  }
  assert_true(cycle > 0);
  assert_int_equal(status, HB_ERR_FORMAT);
  assert_non_null(strstr(hb_trace_reader_error(reader), "behind a whole member"));
  hb_trace_reader_free(reader);
}

static void an_index_stays_small(void **state) {
  (void)state;
  hb_trace_index_t index;
  hb_trace_index_init(&index, 1);
  const uint64_t num = 3 * HB_TRACE_INDEX_MAX + 5;
  for (uint64_t i = 0; i < num; i++) {
    assert_int_equal(hb_trace_index_add(&index, 100 + i, 1000 * i, 1000 * i + 1), HB_OK);
  }
  assert_int_equal(index.stride, 4);
  hb_trace_buf_t out = {0};
  hb_trace_index_print(&index, &out);
  hb_trace_index_release(&index);
  hb_trace_index_t parsed;
  assert_int_equal(hb_trace_index_parse(&parsed, 1, out.bytes, out.len), HB_OK);
  assert_int_equal(parsed.num_windows, num);
  assert_int_equal(parsed.num_entries, (num + 3) / 4);
  for (uint32_t i = 0; i < parsed.num_entries; i++) {
    assert_int_equal(parsed.entries[i].offset, 100 + 4 * i);
    assert_int_equal(parsed.entries[i].first_cycle, 4000 * (uint64_t)i);
  }
  assert_ptr_equal(hb_trace_index_find(&parsed, 0), parsed.entries);
  assert_ptr_equal(hb_trace_index_find(&parsed, 3999), parsed.entries);
  assert_ptr_equal(hb_trace_index_find(&parsed, 4000), parsed.entries + 1);
  assert_ptr_equal(hb_trace_index_find(&parsed, UINT64_MAX),
                   parsed.entries + parsed.num_entries - 1);
  hb_trace_index_release(&parsed);
  hb_trace_buf_release(&out);
}

/* Heap in use, as the C library counts it. */
static size_t peak_kib(void) {
  struct rusage usage;
  assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
  return (size_t)usage.ru_maxrss;
}

static void a_long_trace_takes_no_more_memory(void **state) {
  (void)state;
  size_t peak[2];
  uint64_t records[2] = {0, 0};
  for (uint32_t pass = 0; pass < 2; pass++) {
    const uint64_t num = pass == 0 ? 300000 : 3000000;
    hb_trace_writer_t *writer = open_small(kPath);
    uint64_t random = 1;
    for (uint64_t i = 0; i < num; i++) {
      const uint64_t tag = fixture_random(&random) % 1000;
      const uint64_t values[] = {i * 3, i % 4, tag, tag * 7, i * 3 - tag, i};
      assert_int_equal(hb_trace_writer_append(writer, 1, values), HB_OK);
    }
    char why[256];
    assert_int_equal(hb_trace_writer_close(writer, true, "", why, sizeof(why)), HB_OK);
    hb_trace_reader_t *reader = fixture_open(kPath);
    hb_trace_record_t record;
    while (hb_trace_reader_next(reader, &record) == HB_OK) {
      records[pass]++;
    }
    hb_trace_reader_free(reader);
    peak[pass] = peak_kib();
    assert_int_equal(records[pass], num);
  }
  /* 2.7 million more records, 130 MB of values: only the index may grow, 16 bytes a window. */
  assert_in_range(peak[1] - peak[0], 0, 2048);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_comes_back_in_order),
      cmocka_unit_test(schema_comes_back),
      cmocka_unit_test(filters_and_ranges_give_a_part),
      cmocka_unit_test(levels_leave_streams_out),
      cmocka_unit_test(same_records_same_bytes),
      cmocka_unit_test(late_records_are_sorted_or_refused),
      cmocka_unit_test(a_burst_in_one_cycle_stays_in_order),
      cmocka_unit_test(bad_schemas_are_refused),
      cmocka_unit_test(a_killed_writer_loses_one_window),
      cmocka_unit_test(a_full_disk_is_told_once_and_leaves_whole_windows_bad),
      cmocka_unit_test(an_index_stays_small),
      cmocka_unit_test(a_long_trace_takes_no_more_memory),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  remove(kPath);
  return failed;
}
