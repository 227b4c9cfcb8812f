/* SPDX-License-Identifier: Apache-2.0 */

/* make_trace FILE JOBS: writes a synthetic trace (synthetic.h), then dumps it to stdout as JSON
 * lines. */

#include <stdio.h>
#include <stdlib.h>

#include "hb_trace_cmd.h"
#include "synthetic.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: make_trace FILE JOBS\n");
    return 2;
  }
  synthetic_trace(argv[1], strtoull(argv[2], NULL, 10), SYNTHETIC_ALL);
  const hb_trace_dump_options_t options = {.json = true, .to = UINT64_MAX};
  char why[400];
  if (hb_trace_cmd_dump(argv[1], &options, stdout, why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s\n", why);
    return 1;
  }
  return 0;
}
