/* SPDX-License-Identifier: Apache-2.0 */

/*
 * planaria: no more than it needs (Ghodrati et al., MICRO 2020), adapted to several tiles,
 * reconstructed.
 *
 * Planaria splits its array so that every task gets the least share with which it meets its
 * deadline, the most pressed first. Tiles do not split here, so the share is the tile: jobs come in
 * the order of their laxity (deadline - now - least cycles to go), each on the slowest free tile
 * with which its frame still ends in time if its later layers take their average; if there is none,
 * on the fastest.
 */

#include <stddef.h>

#include "sched/hb_fixed.h"
#include "sched/hb_policy.h"

/* Deadline less what is to go: laxity and the time, which is the same for all. */
static uint64_t latest_start(const hb_sched_view_t *view, const hb_job_t *job) {
  (void)view;
  const uint64_t togo = job->layer->togo_min;
  return job->deadline > togo ? job->deadline - togo : 0;
}

/* Average cycles of the frame's layers behind this one. */
static uint32_t togo_behind(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tiles) {
  uint32_t fastest = 0;
  (void)hb_sched_fastest(view, job, tiles, &fastest);
  const uint32_t cycles = hb_sched_program(view, job, fastest)->est_cycles;
  return job->layer->togo_avg > cycles ? job->layer->togo_avg - cycles : 0;
}

static uint32_t least_tile(const hb_sched_view_t *view, const hb_job_t *job) {
  const uint32_t fits = hb_sched_fits(view, job);
  const uint32_t slack = hb_fixed_since(job->deadline, view->now);
  const uint32_t behind = togo_behind(view, job, fits);
  uint32_t best = HB_IMAGE_NONE;
  uint32_t best_cycles = 0;
  for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
    const uint32_t cycles = hb_sched_program(view, job, tile)->est_cycles;
    if (((fits >> tile) & 1u) == 0 || slack < behind || cycles > slack - behind) {
      continue;
    }
    if (best == HB_IMAGE_NONE || cycles > best_cycles ||
        (cycles == best_cycles && tile == job->last_tile)) {
      best = tile;
      best_cycles = cycles;
    }
  }
  if (best == HB_IMAGE_NONE) {
    (void)hb_sched_fastest(view, job, fits, &best);
  }
  return best;
}

/* Term 2: slack left if the frame's later layers take their average; 3: 1 on the tile it would
 * take. */
static void terms(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile,
                  int32_t term[4]) {
  const int64_t left = (int64_t)hb_fixed_since(job->deadline, view->now) - term[0] -
                       togo_behind(view, job, hb_sched_fits(view, job));
  term[2] = left > INT32_MAX ? INT32_MAX : left < INT32_MIN ? INT32_MIN : (int32_t)left;
  term[3] = tile == least_tile(view, job) ? 1 : 0;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  if (!hb_sched_choose_by_key(view, latest_start, choice_out)) {
    return false;
  }
  choice_out->tile = least_tile(view, view->jobs[choice_out->job]);
  return true;
}

const hb_policy_t hb_policy_planaria = {.name = "planaria",
                                        .work_conserving = true,
                                        .choose = choose,
                                        .key = latest_start,
                                        .terms = terms};
