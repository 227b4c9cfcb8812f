/* SPDX-License-Identifier: Apache-2.0 */

/* fcfs: first come, first served. The ready job whose frame arrived first runs next. */

#include "sched/hb_policy.h"

static uint64_t arrival(const hb_sched_view_t *view, const hb_job_t *job) {
  (void)view;
  return job->arrival;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  return hb_sched_choose_by_key(view, arrival, choice_out);
}

const hb_policy_t hb_policy_fcfs = {
    .name = "fcfs", .work_conserving = true, .choose = choose, .key = arrival};
