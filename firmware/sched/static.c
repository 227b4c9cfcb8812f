/* SPDX-License-Identifier: Apache-2.0 */

/*
 * static: every model has its tile, or every layer has, and waits for it; on a tile, first come,
 * first served. The tile is the image's static_tile; without one it is the layer's fastest tile,
 * the lowest of those alike. Where that one has failed, the fastest of the rest takes its place.
 */

#include <stddef.h>

#include "sched/hb_policy.h"

/* The one tile that the job may run on. */
static uint32_t tile_of(const hb_sched_view_t *view, const hb_job_t *job) {
  const uint32_t home = job->image->static_tile;
  if (home != HB_IMAGE_NONE && ((job->tiles >> home) & 1u) != 0) {
    return home;
  }
  uint32_t best = HB_IMAGE_NONE;
  uint32_t best_cycles = 0;
  for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
    const uint32_t cycles = hb_sched_program(view, job, tile)->est_cycles;
    if (((job->tiles >> tile) & 1u) != 0 && (best == HB_IMAGE_NONE || cycles < best_cycles)) {
      best = tile;
      best_cycles = cycles;
    }
  }
  return best;
}

static uint64_t arrival(const hb_sched_view_t *view, const hb_job_t *job) {
  (void)view;
  return job->arrival;
}

/* Term 2: 1 on the job's tile. */
static void terms(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile,
                  int32_t term[4]) {
  term[2] = tile == tile_of(view, job) ? 1 : 0;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  const hb_job_t *best = NULL;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (best != NULL && (job->arrival > best->arrival ||
                         (job->arrival == best->arrival && job->priority >= best->priority))) {
      continue;
    }
    const uint32_t tile = tile_of(view, job);
    if (tile != HB_IMAGE_NONE && ((view->free_tiles >> tile) & 1u) != 0) {
      best = job;
      *choice_out = (hb_sched_choice_t){.job = i, .tile = tile};
    }
  }
  return best != NULL;
}

const hb_policy_t hb_policy_static = {
    .name = "static", .choose = choose, .key = arrival, .terms = terms};
