/* SPDX-License-Identifier: Apache-2.0 */

/* rate_monotonic: models with shorter periods go first (Liu and Layland, JACM 1973), at every
 * layer; ties by priority. */

#include "sched/hb_policy.h"

static uint64_t period(const hb_sched_view_t *view, const hb_job_t *job) {
  return view->now + job->image->period_cycles; /* keys are times: the records show the period */
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  return hb_sched_choose_by_key(view, period, choice_out);
}

const hb_policy_t hb_policy_rate_monotonic = {
    .name = "rate_monotonic", .work_conserving = true, .choose = choose, .key = period};
