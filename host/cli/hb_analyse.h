/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * `hilbert run SUITE --engine analytical`: every scenario of a suite on every accelerator, from
 * files to scores.csv.
 */

#ifndef HB_ANALYSE_H_
#define HB_ANALYSE_H_

#include <stdint.h>

typedef struct hb_analyse_options {
  const char *suite; /* path or name */
  const char *cost;  /* name of a cost model */
  const char *out;   /* NULL: out/<suite>-analytical-<cost> */
  const char *score; /* changes to the suite's score constants (hb_config_score()); NULL: none */
  uint64_t seed;
  uint64_t num_seeds; /* seed, seed + 1, ...; scores.csv is of the first */
} hb_analyse_options_t;

/** Does it all; complaints go to stderr. Returns the exit code. */
int hb_analyse(const hb_analyse_options_t *options);

#endif /* HB_ANALYSE_H_ */
