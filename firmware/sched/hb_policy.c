/* SPDX-License-Identifier: Apache-2.0 */

#include "sched/hb_policy.h"

#include <stddef.h>

#include "drv/hb_telemetry.h"

#define HB_POLICY_DECLARE_(name_, number_) extern const hb_policy_t hb_policy_##name_;
HB_POLICY_TABLE(HB_POLICY_DECLARE_)
#undef HB_POLICY_DECLARE_

const hb_policy_t *hb_policy_find(uint32_t number) {
  switch (number) {
#define HB_POLICY_CASE_(name_, number_) \
  case number_:                         \
    return &hb_policy_##name_;
    HB_POLICY_TABLE(HB_POLICY_CASE_)
#undef HB_POLICY_CASE_
    default:
      return NULL;
  }
}

static const hb_image_program_t *program_on(const hb_sched_view_t *view, const hb_job_t *job,
                                            uint32_t tile) {
  return &job->programs[view->tiles[tile].kind];
}

static bool can_run(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile) {
  return ((view->free_tiles >> tile) & 1u) != 0 &&
         program_on(view, job, tile)->addr != HB_IMAGE_NONE;
}

bool hb_sched_best_tile(const hb_sched_view_t *view, const hb_job_t *job, uint32_t *tile_out) {
  bool found = false;
  uint32_t best_cycles = 0;
  for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
    if (!can_run(view, job, tile)) {
      continue;
    }
    const uint32_t cycles = program_on(view, job, tile)->est_cycles;
    if (!found || cycles < best_cycles || (cycles == best_cycles && tile == job->last_tile)) {
      found = true;
      best_cycles = cycles;
      *tile_out = tile;
    }
  }
  return found;
}

static int32_t saturate(uint64_t key, uint64_t now) {
  if (key >= now) {
    return key - now > INT32_MAX ? INT32_MAX : (int32_t)(key - now);
  }
  return now - key > INT32_MAX ? INT32_MIN : -(int32_t)(now - key);
}

static void emit_candidates(const hb_sched_view_t *view, uint64_t (*key)(const hb_job_t *job)) {
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = &view->jobs[i];
    const int32_t score = saturate(key(job), view->now);
    for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
      if (can_run(view, job, tile)) {
        const int32_t term[4] = {(int32_t)program_on(view, job, tile)->est_cycles,
                                 tile == job->last_tile ? 1 : 0, 0, 0};
        hb_telemetry_candidate(job->tag, tile, score, term);
      }
    }
  }
}

bool hb_sched_choose_by_key(const hb_sched_view_t *view, uint64_t (*key)(const hb_job_t *job),
                            hb_sched_choice_t *choice_out) {
  if (view->candidates) {
    emit_candidates(view, key);
  }

  bool found = false;
  uint64_t best_key = 0;
  uint32_t best_priority = 0;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = &view->jobs[i];
    const uint64_t job_key = key(job);
    uint32_t tile = 0;
    if (found && (job_key > best_key || (job_key == best_key && job->priority >= best_priority))) {
      continue;
    }
    if (!hb_sched_best_tile(view, job, &tile)) {
      continue;
    }
    found = true;
    best_key = job_key;
    best_priority = job->priority;
    *choice_out = (hb_sched_choice_t){.job = i, .tile = tile};
  }
  return found;
}
