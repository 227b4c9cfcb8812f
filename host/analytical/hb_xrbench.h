/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One load on one accelerator under the rules of XRBench's published evaluation.
 *
 * Source: XRBench/XRBench-MLSys2023, commit 8915666, HET_runtime.hpp, HET_load-generator.hpp,
 * HET_timer.hpp, HET_process.hpp. host/analytical/README.md says what the rules are. Times are
 * single-precision milliseconds there, and so they are here: some decisions hang on it.
 */

#ifndef HB_XRBENCH_H_
#define HB_XRBENCH_H_

#include "hb_cost.h"
#include "hb_score_rules.h"
#include "hb_suite.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_xrbench_run {
  const hb_load_t *load;
  const hb_cost_t *costs; /* [part * load->num_tasks + task] */
  uint32_t num_parts;     /* 1 .. HB_SUITE_MAX_PARTS */
  uint32_t window_ms;
  hb_score_constants_t constants;
  uint64_t seed; /* decides which frames are triggered, whatever the accelerator */
} hb_xrbench_run_t;

/** What happened, for tests and for those who want to look. */
typedef struct hb_xrbench_frame {
  uint32_t task, frame;
  bool dropped;
  uint32_t part;                                   /* of executed frames */
  float injection, dispatch, deadline, completion; /* ms; of a dropped one the last is the drop */
  double energy_mj;                                /* of executed frames, as are the next ones */
  double real_time, energy, accuracy;              /* scores by hb_score_rules.h */
} hb_xrbench_frame_t;

/** Called for every frame that ends, in the order they end. */
typedef void (*hb_xrbench_sink_t)(void *ctx, const hb_xrbench_frame_t *frame);

/**
 * @param sink      may be NULL.
 * @param[out] sums of each task of the load.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_xrbench_run(const hb_xrbench_run_t *run, hb_xrbench_sink_t sink,
                                       void *ctx, hb_score_sum_t sums[HB_SUITE_MAX_TASKS]);

/** Whether the seed triggers this frame of a task. */
bool hb_xrbench_triggers(uint64_t seed, const hb_load_t *load, uint32_t task, uint32_t frame);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_XRBENCH_H_ */
