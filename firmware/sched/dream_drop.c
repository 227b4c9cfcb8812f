/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Smart frame drop: a frame is given up if it will miss its deadline even with the fastest tile for
 * every layer to come, and another one is expected to miss as well (its room may save that one),
 * its model was not dropped too often lately, and nobody waits for its output. Of several the one
 * that would be latest.
 */

#include "sched/hb_dream.h"
#include "sched/hb_policy_state.h"

/* Drops among the last `window` frames that ended; the one asked about is not among them. */
static uint32_t recent_drops(uint32_t drops, uint32_t window) {
  return (uint32_t)__builtin_popcount(drops & (UINT32_MAX >> (HB_IMAGE_MAX_DROP_WINDOW - window)));
}

uint32_t hb_dream_drop(const hb_sched_view_t *view) {
  const hb_dream_t *const dream = &view->state->dream;
  const hb_image_sched_t *const sched = &view->state->tables->header->sched;
  if ((dream->flags & HB_SCHED_SMART_DROP) == 0) {
    return HB_IMAGE_NONE;
  }
  uint32_t misses = 0;
  uint32_t chosen = HB_IMAGE_NONE;
  uint32_t most = 0;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const uint32_t overrun = hb_fixed_since(view->now + job->layer->togo_min, job->deadline);
    if (overrun == 0) {
      continue;
    }
    ++misses;
    if (overrun > most && ((dream->needed >> job->model) & 1u) == 0 &&
        recent_drops(dream->model[job->model].drops, sched->drop_window) < sched->drop_max) {
      chosen = i;
      most = overrun;
    }
  }
  return misses > 1u ? chosen : HB_IMAGE_NONE;
}
