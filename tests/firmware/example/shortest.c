/* SPDX-License-Identifier: Apache-2.0 */

/* shortest: the example of firmware/sched/README.md. The frame with the least to go runs next; one
 * that has waited for PATIENCE of its model's periods goes before all others. */

#include <stddef.h>

#include "sched/hb_fixed.h"
#include "sched/hb_policy.h"

enum { PATIENCE = 2 };

extern const hb_policy_t hb_policy_shortest;

static bool impatient(const hb_sched_view_t *view, const hb_job_t *job) {
  return hb_fixed_since(view->now, job->arrival) / PATIENCE >= job->image->period_cycles;
}

/* Smaller runs first. */
static uint64_t key(const hb_sched_view_t *view, const hb_job_t *job) {
  return view->now + (impatient(view, job) ? 0 : 1u + (uint64_t)job->layer->togo_avg);
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  return hb_sched_choose_by_key(view, key, choice_out);
}

const hb_policy_t hb_policy_shortest = {
    .name = "shortest", .work_conserving = true, .choose = choose, .key = key};
