/* SPDX-License-Identifier: Apache-2.0 */

/*
 * latency_greedy: XRBench's dispatcher. Whole frames: a new frame takes the idle tile with the
 * least sum of its layers' cycles and keeps it, in the order of the models' priorities; it never
 * waits for a faster tile that is busy.
 *
 * Here a frame comes back after every layer. Frames under way therefore go first, on the tile they
 * have; a layer that this tile cannot run (an operator without a program there) takes the fastest
 * free tile, and the frame stays there.
 */

#include <stddef.h>

#include "sched/hb_fixed.h"
#include "sched/hb_policy_state.h"

static void init(hb_policy_state_t *state) {
  const hb_tables_t *const t = state->tables;
  for (uint32_t m = 0; m < t->header->num_models; ++m) {
    const hb_image_variant_t *const variant = &t->variants[t->models[m].first_variant];
    uint32_t *const whole = state->latency_greedy.whole[m];
    for (uint32_t l = variant->first_layer; l < variant->first_layer + variant->num_layers; ++l) {
      const hb_image_program_t *const programs = hb_tables_programs(t, l);
      uint32_t fastest = UINT32_MAX;
      for (uint32_t k = 0; k < t->header->num_kinds; ++k) {
        if (programs[k].addr != HB_IMAGE_NONE && programs[k].est_cycles < fastest) {
          fastest = programs[k].est_cycles;
        }
      }
      for (uint32_t k = 0; k < t->header->num_kinds; ++k) {
        const bool here = programs[k].addr != HB_IMAGE_NONE;
        whole[k] = hb_q16_add(whole[k], here ? programs[k].est_cycles : fastest);
      }
    }
  }
}

static uint64_t order(const hb_sched_view_t *view, const hb_job_t *job) {
  return job->started ? view->now : view->now + 1u + job->priority;
}

static uint32_t tile_for(const hb_sched_view_t *view, const hb_job_t *job) {
  const uint32_t fits = hb_sched_fits(view, job);
  uint32_t best = HB_IMAGE_NONE;
  if (job->started) {
    if (job->last_tile < view->num_tiles && ((fits >> job->last_tile) & 1u) != 0) {
      return job->last_tile;
    }
    (void)hb_sched_fastest(view, job, fits, &best);
    return best;
  }
  const uint32_t *const whole = view->state->latency_greedy.whole[job->model];
  for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
    if (((fits >> tile) & 1u) != 0 &&
        (best == HB_IMAGE_NONE || whole[view->tiles[tile].kind] < whole[view->tiles[best].kind])) {
      best = tile;
    }
  }
  return best;
}

/* Term 2: cycles of a whole frame there, of a new one; 3: 1 on the tile it would take. */
static void terms(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile,
                  int32_t term[4]) {
  if (!job->started) {
    term[2] = hb_q16_signed(view->state->latency_greedy.whole[job->model][view->tiles[tile].kind]);
  }
  term[3] = tile == tile_for(view, job) ? 1 : 0;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  const hb_job_t *best = NULL;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const bool before = best == NULL || (job->started && !best->started) ||
                        (job->started == best->started && job->priority < best->priority);
    if (before && hb_sched_fits(view, job) != 0) {
      best = job;
      choice_out->job = i;
    }
  }
  if (best == NULL) {
    return false;
  }
  choice_out->tile = tile_for(view, best);
  return true;
}

const hb_policy_t hb_policy_latency_greedy = {.name = "latency_greedy",
                                              .work_conserving = true,
                                              .choose = choose,
                                              .init = init,
                                              .key = order,
                                              .terms = terms};
