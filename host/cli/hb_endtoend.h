/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Whole scenarios, cycle-accurate and by the analytical engine with each cost model, the user's
 * numbers among them if there are any: deadline misses, latencies, scores side by side.
 */

#ifndef HB_ENDTOEND_H_
#define HB_ENDTOEND_H_

#include <stdio.h>

#include "hb_run.h"

enum { HB_ENDTOEND_MAX_COSTS = 8 };

typedef struct hb_endtoend_task {
  char name[HB_NAME_MAX];
  uint64_t frames, completed, late, dropped, misses;
  double p50_ms, p95_ms, p99_ms, max_ms; /* latency of completed frames */
  double real_time, energy, accuracy, qoe, score, score_with_energy; /* 0 .. 1; NAN: none */
} hb_endtoend_task_t;

/** What one engine says of a scenario. */
typedef struct hb_endtoend_result {
  uint32_t num_tasks;
  hb_endtoend_task_t tasks[HB_IMAGE_MAX_MODELS];
  double score, score_with_energy; /* 0 .. 100; NAN: no frame was scored */
} hb_endtoend_result_t;

/** One scenario. */
typedef struct hb_endtoend {
  const char *scenario; /* as the user named it */
  hb_endtoend_result_t measured;
  hb_endtoend_result_t predicted[HB_ENDTOEND_MAX_COSTS]; /* in the order of hb_job_cost_name() */
} hb_endtoend_t;

/**
 * Runs `num` scenarios, each with every engine, in processes of their own.
 *
 * @param options what all runs have in common; scenario, out, cost and trace are not used;
 * cost_table: the user's numbers, or NULL.
 * @param processes at most so many at a time.
 * @return exit code; complaints went to stderr.
 */
int hb_endtoend_run(const hb_run_options_t *options, const char *const *scenarios, uint32_t num,
                    uint32_t processes, bool progress, hb_endtoend_t *results_out);

/** The table. @param options as they were run with. */
void hb_endtoend_print(const hb_endtoend_t *results, uint32_t num, const hb_run_options_t *options,
                       FILE *out);
/** scenarios.csv: a line for each scenario, task and engine. */
void hb_endtoend_csv(const hb_endtoend_t *results, uint32_t num, const hb_run_options_t *options,
                     FILE *out);

#endif /* HB_ENDTOEND_H_ */
