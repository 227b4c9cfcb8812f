/* SPDX-License-Identifier: Apache-2.0 */

/*
 * veltair: blocks of layers (Liu et al., ASPLOS 2022), adapted to several tiles, reconstructed.
 *
 * The unit of scheduling is a run of consecutive layers, long when few frames compete and short
 * when many do: a block is to take what the frame has to go divided by the number of frames under
 * way. Inside its block a frame keeps its tile before everybody else; blocks are served first come,
 * first served, each on the fastest free tile of its first layer. Compiling for the load, and
 * giving a block several cores, have no counterpart here.
 */

#include <stddef.h>

#include "sched/hb_policy_state.h"

static void on_start(hb_policy_state_t *state, const hb_job_t *job, uint32_t tile) {
  hb_veltair_t *const v = &state->veltair;
  const uint32_t kind = state->tables->tiles[tile].kind;
  const uint32_t cycles = job->programs[kind].est_cycles;
  v->active |= 1u << job->model;
  uint32_t left = v->left[job->model];
  if (!job->started || left == 0 || tile != job->last_tile) {
    left = job->layer->togo_avg / (uint32_t)__builtin_popcount(v->active);
  }
  v->left[job->model] = left > cycles ? left - cycles : 0;
}

static void on_frame_done(hb_policy_state_t *state, const hb_sched_end_t *end) {
  if (end->started) {
    state->veltair.left[end->model] = 0;
    state->veltair.active &= ~(1u << end->model);
  }
}

/* The job goes on with its block on the tile it has. */
static bool in_block(const hb_sched_view_t *view, const hb_job_t *job) {
  return job->started && view->state->veltair.left[job->model] != 0 &&
         job->last_tile < view->num_tiles &&
         ((hb_sched_fits(view, job) >> job->last_tile) & 1u) != 0;
}

static uint64_t order(const hb_sched_view_t *view, const hb_job_t *job) {
  return in_block(view, job) ? 0 : job->arrival;
}

/* Term 2: cycles left of the job's block, 3: 1 if it goes on with it there. */
static void terms(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile,
                  int32_t term[4]) {
  term[2] = (int32_t)view->state->veltair.left[job->model];
  term[3] = in_block(view, job) && tile == job->last_tile ? 1 : 0;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    if (in_block(view, view->jobs[i])) {
      *choice_out = (hb_sched_choice_t){.job = i, .tile = view->jobs[i]->last_tile};
      return true;
    }
  }
  return hb_sched_choose_by_key(view, order, choice_out);
}

const hb_policy_t hb_policy_veltair = {.name = "veltair",
                                       .work_conserving = true,
                                       .choose = choose,
                                       .key = order,
                                       .terms = terms,
                                       .on_start = on_start,
                                       .on_frame_done = on_frame_done};
