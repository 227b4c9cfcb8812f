/* SPDX-License-Identifier: Apache-2.0 */

/*
 * prema: token-based (Choi and Rhu, HPCA 2020), reconstructed. A task's tokens grow with the time
 * it waits, relative to the time it takes alone; among those with the most tokens the shortest job
 * goes first. So short jobs are served fast and none waits for ever.
 *
 *   tokens    = PRIORITY * (1 + waited / alone)
 *   candidate : tokens reach the highest level (1, 3, 9) that anybody's reach
 *   choice    : of the candidates the one with the least to go
 *
 * waited: cycles since the frame's arrival, less what it has run by estimate. alone: togo_avg of
 * its first layer. Every model has the middle of PREMA's three priorities: the image knows no
 * others. Tokens in closed form instead of a running sum keep `choose` free of state. Preemption is
 * at the layers' boundaries; a job takes its fastest free tile.
 */

#include <stddef.h>

#include "drv/hb_telemetry.h"
#include "sched/hb_fixed.h"
#include "sched/hb_policy_state.h"

enum { PRIORITY = 3, HIGH_LEVEL = 9 };

typedef struct waiting {
  uint32_t waited, alone;
} waiting_t;

static waiting_t waiting_of(const hb_sched_view_t *view, const hb_job_t *job) {
  const hb_image_layer_t *const first = &view->state->tables->layers[job->variant->first_layer];
  const uint32_t ran = first->togo_avg - job->layer->togo_avg;
  const uint32_t age = hb_fixed_since(view->now, job->arrival);
  return (waiting_t){.waited = age > ran ? age - ran : 0, .alone = first->togo_avg};
}

/* tokens >= HIGH_LEVEL, without a division. */
static bool is_high(waiting_t w) {
  return w.waited / (HIGH_LEVEL / PRIORITY - 1u) >= w.alone;
}

static void explain(const hb_sched_view_t *view) {
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const waiting_t w = waiting_of(view, job);
    const uint32_t slowdown = hb_q16_add(HB_Q16_ONE, hb_q16_ratio(w.waited, w.alone));
    const int32_t term[4] = {hb_q16_signed(hb_q16_mul(slowdown, PRIORITY * HB_Q16_ONE)),
                             is_high(w) ? 1 : 0, hb_q16_signed(job->layer->togo_avg), 0};
    for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
      if (((hb_sched_fits(view, job) >> tile) & 1u) != 0) {
        hb_telemetry_candidate(job->tag, tile, is_high(w) ? term[2] - INT32_MAX : term[2], term);
      }
    }
  }
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  const hb_job_t *best = NULL;
  bool best_high = false;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (hb_sched_fits(view, job) == 0) {
      continue;
    }
    const bool high = is_high(waiting_of(view, job));
    const uint32_t togo = job->layer->togo_avg;
    if (best == NULL || (high && !best_high) ||
        (high == best_high && (togo < best->layer->togo_avg || (togo == best->layer->togo_avg &&
                                                                job->priority < best->priority)))) {
      best = job;
      best_high = high;
      choice_out->job = i;
    }
  }
  return best != NULL && hb_sched_best_tile(view, best, &choice_out->tile);
}

const hb_policy_t hb_policy_prema = {
    .name = "prema", .work_conserving = true, .choose = choose, .explain = explain};
