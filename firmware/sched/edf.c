/* SPDX-License-Identifier: Apache-2.0 */

/* edf: earliest deadline first. The ready job whose frame is due soonest runs next. */

#include "sched/hb_policy.h"

static uint64_t deadline(const hb_sched_view_t *view, const hb_job_t *job) {
  (void)view;
  return job->deadline;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  return hb_sched_choose_by_key(view, deadline, choice_out);
}

const hb_policy_t hb_policy_edf = {
    .name = "edf", .work_conserving = true, .choose = choose, .key = deadline};
