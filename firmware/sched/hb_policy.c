/* SPDX-License-Identifier: Apache-2.0 */

#include "sched/hb_policy.h"

#include <stddef.h>
#include <string.h>

#include "drv/hb_telemetry.h"
#include "sched/hb_policy_state.h"

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

void hb_policy_state_init(hb_policy_state_t *state, const hb_policy_t *policy,
                          const hb_tables_t *tables) {
  memset(state, 0, sizeof *state);
  state->tables = tables;
  if (policy->init != NULL) {
    policy->init(state);
  }
}

bool hb_sched_fastest(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tiles,
                      uint32_t *tile_out) {
  uint32_t best_cycles = 0;
  bool found = false;
  for (uint32_t tile = 0; tiles != 0; ++tile, tiles >>= 1) {
    if ((tiles & 1u) == 0) {
      continue;
    }
    const uint32_t cycles = hb_sched_program(view, job, tile)->est_cycles;
    if (!found || cycles < best_cycles || (cycles == best_cycles && tile == job->last_tile)) {
      found = true;
      best_cycles = cycles;
      *tile_out = tile;
    }
  }
  return found;
}

bool hb_sched_best_tile(const hb_sched_view_t *view, const hb_job_t *job, uint32_t *tile_out) {
  return hb_sched_fastest(view, job, hb_sched_fits(view, job), tile_out);
}

static int32_t saturate(uint64_t key, uint64_t now) {
  if (key >= now) {
    return key - now > INT32_MAX ? INT32_MAX : (int32_t)(key - now);
  }
  return now - key > INT32_MAX ? INT32_MIN : -(int32_t)(now - key);
}

int32_t hb_sched_slack(const hb_sched_view_t *view, uint64_t deadline) {
  return saturate(deadline, view->now);
}

void hb_sched_explain_by_key(const hb_sched_view_t *view,
                             uint64_t (*key)(const hb_sched_view_t *view, const hb_job_t *job),
                             void (*terms)(const hb_sched_view_t *view, const hb_job_t *job,
                                           uint32_t tile, int32_t term[4])) {
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const int32_t score = saturate(key(view, job), view->now);
    for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
      if (((hb_sched_fits(view, job) >> tile) & 1u) != 0) {
        int32_t term[4] = {(int32_t)hb_sched_program(view, job, tile)->est_cycles,
                           tile == job->last_tile ? 1 : 0, 0, 0};
        if (terms != NULL) {
          terms(view, job, tile, term);
        }
        hb_telemetry_candidate(job->tag, tile, score, term);
      }
    }
  }
}

void hb_sched_explain(const hb_policy_t *policy, const hb_sched_view_t *view) {
  if (policy->explain != NULL) {
    policy->explain(view);
  } else if (policy->key != NULL) {
    hb_sched_explain_by_key(view, policy->key, policy->terms);
  }
}

bool hb_sched_choose_by_key(const hb_sched_view_t *view,
                            uint64_t (*key)(const hb_sched_view_t *view, const hb_job_t *job),
                            hb_sched_choice_t *choice_out) {
  const hb_job_t *best = NULL;
  uint64_t best_key = 0;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (hb_sched_fits(view, job) == 0) {
      continue;
    }
    const uint64_t job_key = key(view, job);
    if (best == NULL || job_key < best_key ||
        (job_key == best_key && job->priority < best->priority)) {
      best = job;
      best_key = job_key;
      choice_out->job = i;
    }
  }
  return best != NULL && hb_sched_best_tile(view, best, &choice_out->tile);
}
