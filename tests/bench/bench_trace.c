/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_trace [--json] [JOBS]: what a trace costs: bytes a record, speed of writing, reading and
 * of `hilbert trace stat`.
 *
 * A value is 8 bytes in memory; MB/s are megabytes of values, of `_stat_file` those of the file.
 * The baseline is copying the same values with memcpy(), in the same run.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hb_trace_reader.h"
#include "hb_trace_stat.h"
#include "synthetic.h"

static bool json;

static void report(const char *metric, double value, const char *unit) {
  if (json) {
    printf("{\"bench\":\"trace\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", metric,
           value, unit);
  } else {
    printf("%-28s %12.2f %s\n", metric, value, unit);
  }
}

static double seconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(const char *text) {
  fprintf(stderr, "bench_trace: %s\n", text);
  exit(1);
}

/* Reads everything; counts records and bytes of values. */
static void read_all(const char *path, uint64_t *records_out, uint64_t *bytes_out,
                     uint64_t *file_bytes_out) {
  hb_trace_reader_t *reader;
  char why[400];
  if (hb_trace_reader_open(path, &reader, why, sizeof(why)) != HB_OK) fail(why);
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  hb_trace_record_t record;
  hb_status_t status;
  *records_out = 0;
  *bytes_out = 0;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    (*records_out)++;
    *bytes_out += schema->streams[record.stream].num_fields * sizeof(uint64_t);
  }
  if (status != HB_ERR_END) fail(hb_trace_reader_error(reader));
  *file_bytes_out = hb_trace_reader_file_bytes(reader);
  hb_trace_reader_free(reader);
}

/* Sums everything up; the text goes nowhere. */
static void sum_up(const char *path) {
  FILE *nowhere = fopen("/dev/null", "w");
  char why[400] = "cannot open /dev/null";
  if (nowhere == NULL ||
      hb_trace_stat(path, false, 0, UINT64_MAX, nowhere, why, sizeof(why)) != HB_OK) {
    fail(why);
  }
  fclose(nowhere);
}

static void run(const char *name, synthetic_part_t part, uint64_t jobs) {
  static const char *const path = "bench_trace.hbt";
  char metric[64];
  const double start = seconds();
  synthetic_trace(path, jobs, part);
  const double written = seconds();
  uint64_t records;
  uint64_t bytes;
  uint64_t file_bytes;
  read_all(path, &records, &bytes, &file_bytes);
  const double read = seconds();
  sum_up(path);
  const double summed = seconds();
  remove(path);
  snprintf(metric, sizeof(metric), "%s_bytes_per_record", name);
  report(metric, (double)file_bytes / (double)records, "byte");
  snprintf(metric, sizeof(metric), "%s_write", name);
  report(metric, (double)bytes / 1e6 / (written - start), "MB/s");
  snprintf(metric, sizeof(metric), "%s_write_record", name);
  report(metric, (written - start) * 1e9 / (double)records, "ns");
  snprintf(metric, sizeof(metric), "%s_read", name);
  report(metric, (double)bytes / 1e6 / (read - written), "MB/s");
  snprintf(metric, sizeof(metric), "%s_stat", name);
  report(metric, (double)bytes / 1e6 / (summed - read), "MB/s");
  snprintf(metric, sizeof(metric), "%s_stat_file", name);
  report(metric, (double)file_bytes / 1e6 / (summed - read), "MB/s");
}

static void run_memcpy(void) {
  enum { BYTES = 64 << 20, ROUNDS = 8 };
  char *from = malloc(BYTES);
  char *to = malloc(BYTES);
  if (from == NULL || to == NULL) fail("out of memory");
  memset(from, 1, BYTES);
  memset(to, 2, BYTES);
  const double start = seconds();
  for (int i = 0; i < ROUNDS; i++) {
    from[i] = (char)i;
    memcpy(to, from, BYTES);
  }
  const double took = seconds() - start;
  if (to[ROUNDS - 1] != ROUNDS - 1) fail("memcpy did not copy");
  report("baseline_memcpy", ROUNDS * (double)BYTES / 1e6 / took, "MB/s");
  free(from);
  free(to);
}

int main(int argc, char **argv) {
  uint64_t jobs = 300000;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      json = true;
    } else {
      jobs = strtoull(argv[i], NULL, 10);
    }
  }
  if (jobs == 0) {
    fprintf(stderr, "usage: bench_trace [--json] [JOBS]\n");
    return 2;
  }
  run_memcpy();
  run("job", SYNTHETIC_JOBS, jobs);
  run("all", SYNTHETIC_ALL, jobs);
  return 0;
}
