/* SPDX-License-Identifier: Apache-2.0 */

/*
 * prema: token-based (Choi and Rhu, HPCA 2020), reconstructed. A task's tokens grow with the time
 * it waits, relative to the time it takes alone; among those with the most tokens the shortest job
 * goes first. So short jobs are served fast and none waits for ever.
 *
 *   tokens    = priority * (1 + waited / alone)     priority: 1 low, 3 medium, 9 high
 *   candidate : tokens reach the highest threshold (1, 3, 9) that anybody's reach
 *   choice    : of the candidates the one with the least to go
 *
 * waited: cycles since the frame's arrival, less what it has run by estimate. alone: togo_avg of
 * its first layer. The priority is the task's (hb_image_model_t.level). Tokens in closed form
 * instead of a running sum keep `choose` free of state. Preemption is at the layers' boundaries; a
 * job takes its fastest free tile.
 */

#include <stddef.h>

#include "drv/hb_telemetry.h"
#include "sched/hb_fixed.h"
#include "sched/hb_policy_state.h"

#define TOGO_LIMIT (1u << 30) /* in the score of a candidate */

typedef struct waiting {
  uint32_t waited, alone;
} waiting_t;

static waiting_t waiting_of(const hb_sched_view_t *view, const hb_job_t *job) {
  const hb_image_layer_t *const first = &view->state->tables->layers[job->variant->first_layer];
  const uint32_t ran = first->togo_avg - job->layer->togo_avg;
  const uint32_t age = hb_fixed_since(view->now, job->arrival);
  return (waiting_t){.waited = age > ran ? age - ran : 0, .alone = first->togo_avg};
}

/* Tokens reach 3 and 9 with waited / alone of 2 and 8 from 1, of 0 and 2 from 3. */
static uint32_t thresholds_reached(waiting_t w, uint32_t level) {
  if (level == HB_LEVEL_HIGH || w.waited >> (level == HB_LEVEL_LOW ? 3 : 1) >= w.alone) {
    return 2;
  }
  return level == HB_LEVEL_MEDIUM || w.waited >> 1 >= w.alone ? 1 : 0;
}

static void explain(const hb_sched_view_t *view) {
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const waiting_t w = waiting_of(view, job);
    const uint32_t slowdown = hb_q16_add(HB_Q16_ONE, hb_q16_ratio(w.waited, w.alone));
    const uint32_t level = job->image->level;
    const uint32_t priority = level == HB_LEVEL_LOW ? 1u : level == HB_LEVEL_MEDIUM ? 3u : 9u;
    const uint32_t reached = thresholds_reached(w, level);
    const uint32_t togo = job->layer->togo_avg;
    const int32_t term[4] = {hb_q16_signed(hb_q16_mul(slowdown, priority * HB_Q16_ONE)),
                             (int32_t)reached, hb_q16_signed(togo), 0};
    const int32_t shorter = (int32_t)(togo < TOGO_LIMIT ? togo : TOGO_LIMIT - 1u);
    const int32_t least = (int32_t)(0u - reached * TOGO_LIMIT); /* 0, -2^30, -2^31 */
    for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
      if (((hb_sched_fits(view, job) >> tile) & 1u) != 0) {
        hb_telemetry_candidate(job->tag, tile, shorter + least, term);
      }
    }
  }
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  const hb_job_t *best = NULL;
  uint32_t best_reached = 0;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (hb_sched_fits(view, job) == 0) {
      continue;
    }
    const uint32_t reached = thresholds_reached(waiting_of(view, job), job->image->level);
    const uint32_t togo = job->layer->togo_avg;
    if (best == NULL || reached > best_reached ||
        (reached == best_reached &&
         (togo < best->layer->togo_avg ||
          (togo == best->layer->togo_avg && job->priority < best->priority)))) {
      best = job;
      best_reached = reached;
      choice_out->job = i;
    }
  }
  return best != NULL && hb_sched_best_tile(view, best, &choice_out->tile);
}

const hb_policy_t hb_policy_prema = {
    .name = "prema", .work_conserving = true, .choose = choose, .explain = explain};
