/* SPDX-License-Identifier: Apache-2.0 */

/*
 * make_trace FILE JOBS            a synthetic trace (synthetic.h)
 * make_trace --fixture FILE NUM   NUM records of every type and coding (fixture.h) in small windows
 *
 * Writes the trace, then dumps it to stdout as JSON lines; with --quiet before the rest it does
 * not.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hb_trace_cmd.h"
#include "synthetic.h"

static void write_fixture(const char *path, size_t num) {
  static const hb_trace_writer_options_t small = {
      .window_bytes = 4096, .window_cycles = 2000, .slack_cycles = 1};
  fixture_record_t *records = fixture_records(42, num, 0);
  fixture_trace(path, HB_TRACE_PACKETS, &small, records, num);
  free(records);
}

int main(int argc, char **argv) {
  bool quiet = false;
  bool fixture = false;
  while (argc > 3) {
    quiet = quiet || strcmp(argv[1], "--quiet") == 0;
    fixture = fixture || strcmp(argv[1], "--fixture") == 0;
    argc--;
    argv++;
  }
  if (argc != 3) {
    fprintf(stderr, "usage: make_trace [--quiet] [--fixture] FILE NUMBER\n");
    return 2;
  }
  const unsigned long long num = strtoull(argv[2], NULL, 10);
  if (fixture) {
    write_fixture(argv[1], (size_t)num);
  } else {
    synthetic_trace(argv[1], num, SYNTHETIC_ALL);
  }
  const hb_trace_dump_options_t options = {.json = true, .to = UINT64_MAX};
  char why[400];
  if (!quiet && hb_trace_cmd_dump(argv[1], &options, stdout, why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s\n", why);
    return 1;
  }
  return 0;
}
