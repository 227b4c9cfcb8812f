/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Does the runs of a sweep: each a process `hilbert run`, each in a folder of its own under
 * DIR/runs. A run that is there already, of the same inputs, is not done again.
 *
 *   DIR/lock                                   held while a sweep runs in DIR
 *   DIR/runs/SOC/SCENARIO/POLICY/seed-N/       what the run left
 *   DIR/runs/SOC/SCENARIO/POLICY/seed-N.log    what it printed
 *   DIR/runs/SOC/SCENARIO/POLICY/seed-N.inputs its inputs as hashes, written when it ended well
 */

#ifndef HB_SWEEP_RUNS_H_
#define HB_SWEEP_RUNS_H_

#include "hb_certify.h"
#include "hb_sweep.h"

#define HB_SWEEP_LOCK "lock"
#define HB_SWEEP_RUNS "runs"
#define HB_SWEEP_CSV "sweep.csv"
#define HB_SWEEP_SUMMARY "summary.csv"
#define HB_SWEEP_JSON "sweep.json"
#define HB_SWEEP_PICTURE "sweep.svg"

enum { HB_SWEEP_MAX_SHARED = 16 };

/** Of a row of the sweep. */
typedef struct hb_sweep_source {
  char scenario[HB_PATH_MAX_BYTES], soc[HB_PATH_MAX_BYTES]; /* paths */
  char sha256[HB_SHA256_TEXT]; /* of every YAML file that was read for the two */
} hb_sweep_source_t;

/** Of a column. */
typedef struct hb_sweep_policy {
  const char *policy;
  const char *sched; /* of --sched; NULL: none */
} hb_sweep_policy_t;

typedef struct hb_sweep_runs {
  hb_sweep_t *sweep;
  const hb_sweep_source_t *sources;  /* by row */
  const hb_sweep_policy_t *policies; /* by column */
  /* Whether the files of a row are what they were. */
  bool (*unchanged)(const struct hb_sweep_runs *runs, uint32_t row);
  const char *models; /* of --models */
  const char *out;
  const char *firmware;                    /* NULL: the engine runs what is built into it */
  const char *shared[HB_SWEEP_MAX_SHARED]; /* arguments of every run, NULL at the end */
  uint32_t jobs;
  bool progress;
} hb_sweep_runs_t;

/**
 * Makes `out`, or takes one that an earlier sweep made, and locks it.
 * @param[out] lock_out a file descriptor that holds the lock.
 * @return exit code; what is wrong was complained about.
 */
int hb_sweep_runs_open(const char *out, int *lock_out);

/**
 * Does all runs and takes their results into the sweep.
 * @return exit code: HB_EXIT_OK also if runs failed.
 */
int hb_sweep_runs_do(const hb_sweep_runs_t *runs);

#endif /* HB_SWEEP_RUNS_H_ */
