/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Many runs as a table: a row is a scenario on a SoC, a column a policy with its settings, a cell
 * the runs of several seeds.
 *
 * Life cycle: hb_sweep_init() -> hb_sweep_add_row(), hb_sweep_add_column() -> hb_sweep_ready() ->
 * hb_sweep_read() or hb_sweep_fail() for each run -> hb_sweep_print(), hb_sweep_write_*() ->
 * hb_sweep_release().
 *
 * A cell's value is the arithmetic mean over its seeds; a column's, over rows, the geometric mean
 * of its cells. Both exist only if every run of theirs is good: a failed run is counted, and leaves
 * a hole rather than a better mean. So does a run without a scored frame, of its scores. Nothing
 * here depends on time or on the order of the runs.
 */

#ifndef HB_SWEEP_H_
#define HB_SWEEP_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hb_model.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HB_SWEEP_SCHEMA "hilbert.sweep.1"

/*
 * X(symbol, name in files, place in metrics.json): what is kept of a run. "a[].b": the sum over the
 * members of an array. The first three are NAN if no frame ended or was due (ux.models is 0), and
 * what they are part of does not exist.
 */
#define HB_SWEEP_VALUE_TABLE(X)                                                  \
  X(UX_COST, ux_cost, "ux.cost")                                                 \
  X(DLV, dlv, "ux.dlv")                                                          \
  X(NORM_ENERGY, norm_energy, "ux.norm_energy")                                  \
  X(XRBENCH, xrbench, "scores.xrbench")                                          \
  X(XRBENCH_ENERGY, xrbench_with_energy, "scores.xrbench_with_energy")           \
  X(ACCURACY, accuracy, "scores.accuracy")                                       \
  X(FRAMES, frames, "models[].frames")                                           \
  X(MISSES, deadline_misses, "models[].deadline_misses")                         \
  X(DROPPED, dropped, "models[].dropped")                                        \
  X(ENERGY, energy_mj, "energy_mj.total")                                        \
  X(SWITCHES, switches, "tiles[].switches")                                      \
  X(DECISIONS, decisions, "host.scheduler.decisions")                            \
  X(DECISION_P50, decision_p50_cycles, "host.scheduler.cycles_per_decision.p50") \
  X(DECISION_P99, decision_p99_cycles, "host.scheduler.cycles_per_decision.p99") \
  X(SCHEDULER, scheduler_percent, "host.scheduler.run_percent")                  \
  X(RESETS, tile_resets, "faults.resets")                                        \
  X(RUN_AGAIN, jobs_run_again, "faults.jobs_run_again")                          \
  X(FRAMES_LOST, frames_lost, "faults.frames_lost")

typedef enum hb_sweep_value {
#define X(symbol_, name_, place_) HB_SWEEP_##symbol_,
  HB_SWEEP_VALUE_TABLE(X)
#undef X
      HB_SWEEP_VALUES
} hb_sweep_value_t;

typedef struct hb_sweep_run {
  bool good;
  char why[256];                  /* it is not */
  double values[HB_SWEEP_VALUES]; /* NAN: a score of no frame, null in metrics.json */
} hb_sweep_run_t;

typedef struct hb_sweep_row {
  char scenario[HB_NAME_MAX];
  char soc[HB_NAME_MAX];
} hb_sweep_row_t;

typedef struct hb_sweep {
  uint32_t num_rows, num_columns, num_seeds;
  uint64_t first_seed;
  char duration[32];                           /* as given, "" if the scenarios' own */
  char engine[HB_NAME_MAX], cost[HB_NAME_MAX]; /* cost: as given, "" if none */
  hb_sweep_row_t *rows;                        /* those of a SoC together */
  char (*columns)[HB_NAME_MAX];                /* their names, all different */
  uint32_t baseline;                           /* a column */
  hb_sweep_run_t *runs; /* [(row * num_columns + column) * num_seeds + seed - first_seed] */
} hb_sweep_t;

/** @param num_seeds 1 or more. */
void hb_sweep_init(hb_sweep_t *sweep, uint64_t first_seed, uint32_t num_seeds);
void hb_sweep_release(hb_sweep_t *sweep);

/** @retval HB_ERR_NOMEM @retval HB_ERR_ARG it is there already. */
HB_MUST_USE hb_status_t hb_sweep_add_row(hb_sweep_t *sweep, const char *scenario, const char *soc);
HB_MUST_USE hb_status_t hb_sweep_add_column(hb_sweep_t *sweep, const char *name);
/** Index of a column; HB_IMAGE_NONE if there is none of that name. */
uint32_t hb_sweep_column(const hb_sweep_t *sweep, const char *name);
/** No rows or columns are added from now on. @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_sweep_ready(hb_sweep_t *sweep);

uint64_t hb_sweep_num_runs(const hb_sweep_t *sweep);
void hb_sweep_place(const hb_sweep_t *sweep, uint64_t run, uint32_t *row_out, uint32_t *column_out,
                    uint64_t *seed_out);

/** Takes what run number `run` left; a file that is missing, wrong or of an incomplete run makes it
 * a failed one. */
void hb_sweep_read(hb_sweep_t *sweep, uint64_t run, const char *metrics_path);
void hb_sweep_fail(hb_sweep_t *sweep, uint64_t run, const char *why);
uint64_t hb_sweep_num_failed(const hb_sweep_t *sweep);

/* Each false, and *value_out 0, if a run of it failed or has no such score (or, of the last two, a
 * cell is 0). */
bool hb_sweep_cell(const hb_sweep_t *sweep, uint32_t row, uint32_t column, hb_sweep_value_t value,
                   double *value_out);
/** Geometric mean over the rows of a SoC; NULL: over all rows. */
bool hb_sweep_geomean(const hb_sweep_t *sweep, const char *soc, uint32_t column,
                      hb_sweep_value_t value, double *value_out);
/** 1 - geometric mean of the column's cells over those of the baseline. */
bool hb_sweep_reduction(const hb_sweep_t *sweep, const char *soc, uint32_t column,
                        double *value_out);

/** Tables for people: a block per SoC, a line per column; then one over all SoCs, and what failed.
 */
void hb_sweep_print(const hb_sweep_t *sweep, FILE *out);

/*
 * Each writes `path` by way of `path`.tmp and a rename.
 * @param[out] why one line on failure.
 * @retval HB_ERR_NOMEM, HB_ERR_IO
 */
/** A row per run. */
HB_MUST_USE hb_status_t hb_sweep_write_runs(const hb_sweep_t *sweep, const char *path, char *why,
                                            size_t why_len);
/** A row per cell with the means, then per SoC and column, scenario "*": the geometric means. */
HB_MUST_USE hb_status_t hb_sweep_write_summary(const hb_sweep_t *sweep, const char *path, char *why,
                                               size_t why_len);
HB_MUST_USE hb_status_t hb_sweep_write_json(const hb_sweep_t *sweep, const char *path, char *why,
                                            size_t why_len);
/** UXCost of each cell over that of the baseline as bars, a picture per SoC in one SVG. */
HB_MUST_USE hb_status_t hb_sweep_write_picture(const hb_sweep_t *sweep, const char *path, char *why,
                                               size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_SWEEP_H_ */
