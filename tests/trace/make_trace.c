/* SPDX-License-Identifier: Apache-2.0 */

/* make_trace FILE JOBS: writes a synthetic trace (synthetic.h). */

#include <stdio.h>
#include <stdlib.h>

#include "synthetic.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: make_trace FILE JOBS\n");
    return 2;
  }
  synthetic_trace(argv[1], strtoull(argv[2], NULL, 10), SYNTHETIC_ALL);
  return 0;
}
