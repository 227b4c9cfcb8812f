/* SPDX-License-Identifier: Apache-2.0 */

/*
 * dream: Kim et al., ASPLOS 2023, reconstructed (README.md says what from).
 *
 *   MapScore = Urgency * LatPref + alpha * Starvation + beta * Energy
 *
 *   Urgency    togo_avg / slack, at most HB_DREAM_MAX_URGENCY (the other terms have limits too:
 *              hb_dream.h); 0 once the deadline is past: the quotient would be below 0 then, and
 * what is late already must not make others late LatPref    (sum over tiles of the layer's cycles)
 * / (cycles here) Starvation (now - since) / (mean over tiles of the layer's cycles) Energy (sum
 * over tiles of the layer's energy - switch) / (energy here) switch     energy of moving out what
 * the tile's last frame has in it, and in what this one has; 0 if that is this frame
 *
 * "Tiles" are those that can run the layer, busy or not. A decision costs a division or two and
 * four multiplications a job, and of a tile's kind one and of a tile one more: the rest depends on
 * the layer only and is computed when it comes up.
 */

#include <stddef.h>

#include "drv/hb_telemetry.h"
#include "sched/hb_dream.h"
#include "sched/hb_policy_state.h"

/* recip * weight; weights go up to 2.0, so the mantissa moves by 17 bits and the point by one. */
static hb_recip_t times(hb_recip_t recip, uint32_t weight) {
  return (hb_recip_t){.mant = (uint32_t)(((uint64_t)recip.mant * weight) >> 17),
                      .down = recip.down - 1u};
}

static inline uint32_t limited(uint32_t value, uint32_t limit) {
  return value < limit ? value : limit;
}

static void apply_weights(hb_dream_model_t *m, uint32_t num_kinds, uint32_t alpha, uint32_t beta) {
  m->alpha_per_cycle = times(m->per_cycle, alpha);
  for (uint32_t k = 0; k < num_kinds; ++k) {
    if (m->per_nj[k].mant == 0) {
      continue; /* no tile of this kind can run it */
    }
    m->beta_per_nj[k] = times(m->per_nj[k], beta);
    m->energy[k] = limited(hb_recip_ratio(m->sum_nj, m->beta_per_nj[k]), HB_DREAM_MAX_TERM);
  }
}

void hb_dream_set_weights(hb_dream_t *dream, uint32_t num_models, uint32_t num_kinds,
                          uint32_t alpha, uint32_t beta) {
  dream->alpha = alpha;
  dream->beta = beta;
  for (uint32_t i = 0; i < num_models; ++i) {
    if (dream->model[i].sum_nj != 0) {
      apply_weights(&dream->model[i], num_kinds, alpha, beta);
    }
  }
}

static void init(hb_policy_state_t *state) {
  const hb_image_header_t *const header = state->tables->header;
  hb_dream_t *const dream = &state->dream;
  dream->flags = header->sched.flags;
  dream->alpha = header->sched.alpha_q16;
  dream->beta = header->sched.beta_q16;
  for (uint32_t i = 0; i < header->num_models; ++i) {
    const uint32_t parent = state->tables->models[i].depends_on;
    dream->needed |= parent == HB_IMAGE_NONE ? 0 : 1u << parent;
  }
  for (uint32_t i = 0; i < HB_MAX_TILES; ++i) {
    dream->owner[i] = HB_IMAGE_NONE;
  }
  hb_dream_tuner_init(&dream->tuner, &header->sched);
}

static void on_layer(hb_policy_state_t *state, const hb_job_t *job) {
  const hb_image_tile_t *const tiles = state->tables->tiles;
  hb_dream_model_t *const m = &state->dream.model[job->model];
  uint32_t sum_cycles = 0, num = 0, kinds = 0;
  m->sum_nj = 0;
  m->worst_nj = 0;
  uint32_t left = job->tiles;
  for (uint32_t tile = 0; left != 0; ++tile, left >>= 1) {
    if ((left & 1u) != 0) {
      const hb_image_program_t *const program = &job->programs[tiles[tile].kind];
      sum_cycles = hb_q16_add(sum_cycles, program->est_cycles);
      m->sum_nj = hb_q16_add(m->sum_nj, program->est_nj);
      m->worst_nj = program->est_nj > m->worst_nj ? program->est_nj : m->worst_nj;
      kinds |= 1u << tiles[tile].kind;
      ++num;
    }
  }
  for (uint32_t k = 0; kinds != 0; ++k, kinds >>= 1) {
    if ((kinds & 1u) != 0) {
      m->lat_pref[k] =
          limited(hb_q16_ratio(sum_cycles, job->programs[k].est_cycles), HB_DREAM_MAX_LAT_PREF);
      m->per_nj[k] = hb_recip_of(job->programs[k].est_nj);
    }
  }
  m->per_cycle = hb_recip_of(num > 1u ? sum_cycles / num : sum_cycles);
  apply_weights(m, state->tables->header->num_kinds, state->dream.alpha, state->dream.beta);
  m->live_nj = job->started ? job->layer->switch_nj : 0;
}

/* What the tile has of another frame, to be moved out. */
static uint32_t left_in(const hb_dream_t *dream, uint32_t tile) {
  const uint32_t owner = dream->owner[tile];
  return owner == HB_IMAGE_NONE ? 0 : dream->model[owner].live_nj;
}

static uint32_t switch_nj(const hb_dream_t *dream, const hb_job_t *job, uint32_t tile) {
  return dream->owner[tile] == job->model
             ? 0
             : hb_q16_add(left_in(dream, tile), dream->model[job->model].live_nj);
}

static void on_start(hb_policy_state_t *state, const hb_job_t *job, uint32_t tile) {
  hb_dream_t *const dream = &state->dream;
  hb_dream_model_t *const m = &dream->model[job->model];
  m->spent_nj += job->programs[state->tables->tiles[tile].kind].est_nj;
  m->spent_nj += switch_nj(dream, job, tile);
  m->most_nj += m->worst_nj;
  const uint32_t last = job->last_tile;
  if (last != HB_IMAGE_NONE && last != tile && dream->owner[last] == job->model) {
    dream->owner[last] = HB_IMAGE_NONE; /* it has moved out */
  }
  dream->owner[tile] = job->model;
}

static void on_frame_done(hb_policy_state_t *state, const hb_sched_end_t *end) {
  hb_dream_model_t *const m = &state->dream.model[end->model];
  m->drops = (m->drops << 1) | (end->dropped ? 1u : 0u);
  ++m->frames;
  m->missed += end->dropped || end->late ? 1u : 0u;
  m->live_nj = end->started ? 0 : m->live_nj;
}

static void on_announced(hb_policy_state_t *state, uint32_t model, uint64_t now) {
  state->dream.model[model].seen = now + 1u;
}

static inline uint32_t urgency_of(const hb_sched_view_t *view, const hb_job_t *job) {
  const uint32_t slack = hb_fixed_since(job->deadline, view->now);
  const uint32_t togo = job->layer->togo_avg;
  if (togo >> 6 >= slack) {
    return slack == 0 ? 0 : HB_DREAM_MAX_URGENCY;
  }
  return hb_q16_ratio(togo, slack);
}

static inline uint32_t starvation_of(const hb_sched_view_t *view, const hb_job_t *job) {
  return hb_recip_ratio(hb_fixed_since(view->now, job->since),
                        view->state->dream.model[job->model].per_cycle);
}

/* What does not depend on the tile: alpha * Starvation. */
static inline uint32_t waiting_gain(const hb_sched_view_t *view, const hb_job_t *job) {
  return limited(hb_recip_ratio(hb_fixed_since(view->now, job->since),
                                view->state->dream.model[job->model].alpha_per_cycle),
                 HB_DREAM_MAX_TERM);
}

/* Nor on what the tile did before. At most 64 * 255 + 2 * 7000 = 30320. */
static inline int32_t gain_of(const hb_dream_model_t *m, uint32_t urgency, uint32_t waiting,
                              uint32_t kind) {
  const uint32_t pressed = (uint32_t)(((uint64_t)urgency * m->lat_pref[kind]) >> 16);
  return (int32_t)(pressed + waiting + m->energy[kind]);
}

static inline int32_t score_of(const hb_dream_model_t *m, int32_t gain, uint32_t kind,
                               uint32_t moved) {
  return moved == 0 ? gain : gain - hb_q16_signed(hb_recip_ratio(moved, m->beta_per_nj[kind]));
}

static void emit(const hb_sched_view_t *view) {
  const hb_dream_t *const dream = &view->state->dream;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const hb_dream_model_t *const m = &dream->model[job->model];
    const uint32_t urgency = urgency_of(view, job);
    const uint32_t starvation = starvation_of(view, job);
    for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
      if (((hb_sched_fits(view, job) >> tile) & 1u) == 0) {
        continue;
      }
      const uint32_t k = view->tiles[tile].kind;
      const uint32_t moved = switch_nj(dream, job, tile);
      const int32_t term[4] = {hb_q16_signed(urgency), hb_q16_signed(m->lat_pref[k]),
                               hb_q16_signed(starvation),
                               hb_q16_signed(hb_recip_ratio(m->sum_nj, m->per_nj[k])) -
                                   hb_q16_signed(hb_recip_ratio(moved, m->per_nj[k]))};
      const int32_t gain = gain_of(m, urgency, waiting_gain(view, job), k);
      hb_telemetry_candidate(job->tag, tile, -score_of(m, gain, k, moved), term);
    }
  }
}

/* The free tiles of one kind. */
typedef struct group {
  uint32_t kind, tiles;
  uint32_t emptiest; /* the one with the least to be moved out, and what that is */
  uint32_t left_nj;
} group_t;

static uint32_t group_tiles(const hb_sched_view_t *view, group_t *groups) {
  uint32_t num = 0;
  uint32_t free_tiles = view->free_tiles;
  for (uint32_t tile = 0; free_tiles != 0; ++tile, free_tiles >>= 1) {
    if ((free_tiles & 1u) == 0) {
      continue;
    }
    const uint32_t kind = view->tiles[tile].kind;
    const uint32_t left = left_in(&view->state->dream, tile);
    uint32_t g = 0;
    while (g < num && groups[g].kind != kind) {
      ++g;
    }
    if (g == num) {
      groups[num++] =
          (group_t){.kind = kind, .tiles = 1u << tile, .emptiest = tile, .left_nj = left};
      continue;
    }
    groups[g].tiles |= 1u << tile;
    if (left < groups[g].left_nj) {
      groups[g].emptiest = tile;
      groups[g].left_nj = left;
    }
  }
  return num;
}

/* The group's tile that is best for the job: all are alike but for the switch. */
static uint32_t tile_in(const hb_sched_view_t *view, const hb_job_t *job, const group_t *group,
                        uint32_t *moved_out) {
  const hb_dream_t *const dream = &view->state->dream;
  const uint32_t fits = group->tiles & job->tiles;
  const uint32_t last = job->last_tile;
  if (last != HB_IMAGE_NONE && ((fits >> last) & 1u) != 0 && dream->owner[last] == job->model) {
    *moved_out = 0;
    return last;
  }
  if (((fits >> group->emptiest) & 1u) != 0) {
    *moved_out = hb_q16_add(group->left_nj, dream->model[job->model].live_nj);
    return group->emptiest;
  }
  uint32_t best = HB_IMAGE_NONE; /* the job may not run on some of the group's tiles */
  for (uint32_t tile = 0; tile < view->num_tiles; ++tile) {
    const uint32_t moved = switch_nj(dream, job, tile);
    if (((fits >> tile) & 1u) != 0 && (best == HB_IMAGE_NONE || moved < *moved_out)) {
      best = tile;
      *moved_out = moved;
    }
  }
  return best;
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  if (view->candidates) {
    emit(view);
  }
  const hb_dream_t *const dream = &view->state->dream;
  group_t groups[HB_IMAGE_MAX_KINDS];
  const uint32_t num_groups = group_tiles(view, groups);
  const hb_job_t *best = NULL;
  int32_t best_score = 0;
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (hb_sched_fits(view, job) == 0) {
      continue;
    }
    const hb_dream_model_t *const m = &dream->model[job->model];
    const uint32_t urgency = urgency_of(view, job);
    const uint32_t waiting = waiting_gain(view, job);
    for (const group_t *group = groups; group < groups + num_groups; ++group) {
      if ((group->tiles & job->tiles) == 0) {
        continue;
      }
      const uint32_t k = group->kind;
      const int32_t gain = gain_of(m, urgency, waiting, k);
      if (best != NULL && gain < best_score) {
        continue; /* a switch does not make it better */
      }
      uint32_t moved = 0;
      const uint32_t tile = tile_in(view, job, group, &moved);
      const int32_t score = score_of(m, gain, k, moved);
      if (best == NULL || score > best_score ||
          (score == best_score && job->priority < best->priority)) {
        best = job;
        best_score = score;
        *choice_out = (hb_sched_choice_t){.job = i, .tile = tile};
      }
    }
  }
  return best != NULL;
}

/*
 * The heaviest whose cycles to go fit the slack at the load there is: with more frames under way
 * than tiles, each gets its share of a tile. The lightest if none fits.
 */
static uint32_t choose_variant(const hb_sched_view_t *view, const hb_sched_frame_t *frame) {
  const hb_tables_t *const t = view->state->tables;
  const uint32_t slack = hb_fixed_since(frame->deadline, view->now);
  const uint32_t sharing = view->num_active > view->num_tiles ? view->num_active : view->num_tiles;
  uint32_t chosen = 0;
  for (uint32_t i = 0; i < frame->image->num_variants; ++i) {
    if (((frame->usable >> i) & 1u) == 0) {
      continue;
    }
    chosen = i;
    const uint32_t first = t->variants[frame->image->first_variant + i].first_layer;
    if ((view->state->dream.flags & HB_SCHED_SUPERNET) == 0 ||
        (uint64_t)t->layers[first].togo_avg * sharing <= (uint64_t)slack * view->num_tiles) {
      break;
    }
  }
  return chosen;
}

const hb_policy_t hb_policy_dream = {.name = "dream",
                                     .work_conserving = true,
                                     .choose = choose,
                                     .init = init,
                                     .on_layer = on_layer,
                                     .on_start = on_start,
                                     .on_announced = on_announced,
                                     .on_frame_done = on_frame_done,
                                     .on_tick = hb_dream_tuner_tick,
                                     .choose_variant = choose_variant,
                                     .drop = hb_dream_drop};
