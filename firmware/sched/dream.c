/* SPDX-License-Identifier: Apache-2.0 */

/*
 * dream: Kim et al., ASPLOS 2023, reconstructed (README.md says what from).
 *
 *   MapScore = Urgency * LatPref + alpha * Starvation + beta * Energy
 *
 * - Urgency: togo_avg / slack, at most HB_DREAM_MAX_URGENCY (the other terms have limits too:
 *   hb_dream.h); 0 once the deadline is past, where the quotient would be negative: what is late
 *   already must not make others late.
 * - LatPref: (sum over tiles of the layer's cycles) / (cycles here).
 * - Starvation: (now - since) / (mean over tiles of the layer's cycles).
 * - Energy: (sum over tiles of the layer's energy - switch) / (energy here).
 * - switch: energy of moving out what the tile's last frame has in it, and in what this one has; 0
 *   if that is this frame.
 *
 * "Tiles" are those that can run the layer, busy or not. What depends on the layer only is computed
 * ahead, while the layer before it runs. A job that cannot beat the best so far, whatever the
 * tile, is passed over after a few multiplications; one that may costs a division and a few more
 * per kind of free tiles.
 */

#include <stddef.h>

#include "drv/hb_telemetry.h"
#include "hilbert/hb_telemetry.h"
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

static void apply_weights(hb_dream_model_t *m, uint32_t alpha, uint32_t beta) {
  m->alpha_per_cycle = times(m->per_cycle, alpha);
  m->most_energy = 0;
  uint32_t left = m->kinds;
  for (uint32_t k = 0; left != 0; ++k, left >>= 1) {
    if ((left & 1u) != 0) {
      m->beta_per_nj[k] = times(m->per_nj[k], beta);
      m->energy[k] = limited(hb_recip_ratio(m->sum_nj, m->beta_per_nj[k]), HB_DREAM_MAX_TERM);
      m->most_energy = m->energy[k] > m->most_energy ? m->energy[k] : m->most_energy;
    }
  }
}

void hb_dream_set_weights(hb_dream_t *dream, uint32_t num_models, uint32_t alpha, uint32_t beta) {
  dream->alpha = alpha;
  dream->beta = beta;
  for (uint32_t i = 0; i < num_models; ++i) {
    if (dream->model[i].programs != NULL) {
      apply_weights(&dream->model[i], alpha, beta);
    }
  }
}

static void init(hb_policy_state_t *state) {
  const hb_image_header_t *const header = state->tables->header;
  hb_dream_t *const dream = &state->dream;
  dream->flags = header->sched.flags;
  if ((dream->flags & HB_SCHED_NO_MAPSCORE) != 0) {
    dream->flags &= ~HB_SCHED_TUNE;
  }
  dream->alpha = header->sched.alpha_q16;
  dream->beta = header->sched.beta_q16;
  for (uint32_t i = 0; i < header->num_models; ++i) {
    const uint32_t parent = state->tables->models[i].depends_on;
    dream->needed |= parent == HB_IMAGE_NONE ? 0 : 1u << parent;
  }
  for (uint32_t i = 0; i < HB_MAX_TILES; ++i) {
    dream->owner[i] = HB_IMAGE_NONE;
  }
  dream->num_kinds = header->num_kinds;
  for (uint32_t i = 0; i < header->num_tiles; ++i) {
    dream->kind_tiles[state->tables->tiles[i].kind] |= 1u << i;
  }
  hb_dream_tuner_init(&dream->tuner, &header->sched);
}

/* LatPref and the mean of cycles; `num` tiles can run it, `sum` cycles together. */
static void rate_cycles(hb_dream_model_t *m, const hb_image_program_t *programs, uint32_t num,
                        uint32_t sum) {
  if ((m->kinds & (m->kinds - 1u)) == 0) { /* all take the same time */
    m->most_lat_pref = num << 16;
    uint32_t k = 0;
    while ((m->kinds >> k) != 1u) {
      ++k;
    }
    m->lat_pref[k] = m->most_lat_pref;
    m->per_cycle = hb_recip_of(programs[k].est_cycles);
    return;
  }
  m->most_lat_pref = 0;
  uint32_t left = m->kinds;
  for (uint32_t k = 0; left != 0; ++k, left >>= 1) {
    if ((left & 1u) != 0) {
      m->lat_pref[k] =
          limited(hb_recip_ratio(sum, hb_recip_of(programs[k].est_cycles)), HB_DREAM_MAX_LAT_PREF);
      m->most_lat_pref = m->lat_pref[k] > m->most_lat_pref ? m->lat_pref[k] : m->most_lat_pref;
    }
  }
  /* num / sum: num is at most HB_MAX_TILES. */
  const hb_recip_t per_sum = hb_recip_of(sum);
  m->per_cycle = (hb_recip_t){.mant = (per_sum.mant >> 3) * num, .down = per_sum.down - 3u};
}

/* What the score needs of a layer that the tiles in `tiles` can run. */
static void rate(const hb_dream_t *dream, hb_dream_model_t *m, const hb_image_program_t *programs,
                 uint32_t tiles) {
  m->programs = programs;
  m->tiles = tiles;
  uint32_t sum_cycles = 0, sum_nj = 0, num = 0, kinds = 0;
  for (uint32_t k = 0; k < dream->num_kinds; ++k) {
    uint32_t of_kind = dream->kind_tiles[k] & tiles;
    if (of_kind != 0) {
      const uint32_t cycles = programs[k].est_cycles, nj = programs[k].est_nj;
      kinds |= 1u << k;
      do {
        sum_cycles = hb_q16_add(sum_cycles, cycles);
        sum_nj = hb_q16_add(sum_nj, nj);
        ++num;
        of_kind &= of_kind - 1u;
      } while (of_kind != 0);
    }
  }
  m->kinds = kinds;
  m->sum_nj = sum_nj;
  rate_cycles(m, programs, num, sum_cycles);
  uint32_t left = kinds;
  for (uint32_t k = 0; left != 0; ++k, left >>= 1) {
    if ((left & 1u) != 0) {
      m->per_nj[k] = hb_recip_of(programs[k].est_nj);
    }
  }
  apply_weights(m, dream->alpha, dream->beta);
}

static inline bool is_rated(const hb_dream_model_t *m, const hb_job_t *job) {
  return m->programs == job->programs && m->tiles == job->tiles;
}

static void on_layer(hb_policy_state_t *state, const hb_job_t *job) {
  state->dream.live_nj[job->model] = job->started ? job->layer->switch_nj : 0;
}

/* The view's only job and its only tile leave no choice. */
static inline bool no_choice(const hb_sched_view_t *view) {
  if (view->num_jobs != 1u) {
    return false;
  }
  const uint32_t tiles = hb_sched_fits(view, view->jobs[0]);
  return (tiles & (tiles - 1u)) == 0;
}

static void before_choices(hb_policy_state_t *state, const hb_sched_view_t *view) {
  hb_dream_t *const dream = &state->dream;
  if (no_choice(view) || (view->state->dream.flags & HB_SCHED_NO_MAPSCORE) != 0) {
    return;
  }
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    if (!is_rated(&dream->model[job->model], job) && hb_sched_fits(view, job) != 0) {
      rate(dream, &dream->model[job->model], job->programs, job->tiles);
    }
  }
}

/* The layers behind those that were just started are rated while the tiles work. */
static void after_choices(hb_policy_state_t *state) {
  hb_dream_t *const dream = &state->dream;
  for (uint32_t model = 0; dream->stale != 0; ++model) {
    if (((dream->stale >> model) & 1u) == 0) {
      continue;
    }
    dream->stale &= ~(1u << model);
    const hb_image_program_t *const programs = dream->model[model].next;
    uint32_t tiles = 0;
    for (uint32_t k = 0; k < dream->num_kinds; ++k) {
      tiles |= programs[k].addr != HB_IMAGE_NONE ? dream->kind_tiles[k] : 0;
    }
    rate(dream, &dream->model[model], programs, tiles);
  }
}

/* What the tile has of another frame, to be moved out. */
static inline uint32_t left_in(const hb_dream_t *dream, uint32_t tile) {
  const uint32_t owner = dream->owner[tile];
  return owner == HB_IMAGE_NONE ? 0 : dream->live_nj[owner];
}

static uint32_t switch_nj(const hb_dream_t *dream, const hb_job_t *job, uint32_t tile) {
  return dream->owner[tile] == job->model
             ? 0
             : hb_q16_add(left_in(dream, tile), dream->live_nj[job->model]);
}

/* The energy on the worst of all tiles that can run it. */
static uint32_t worst_nj(const hb_dream_t *dream, const hb_job_t *job) {
  uint32_t worst = 0;
  for (uint32_t k = 0; k < dream->num_kinds; ++k) {
    if ((dream->kind_tiles[k] & job->tiles) != 0 && job->programs[k].est_nj > worst) {
      worst = job->programs[k].est_nj;
    }
  }
  return worst;
}

static void on_start(hb_policy_state_t *state, const hb_job_t *job, uint32_t tile) {
  hb_dream_t *const dream = &state->dream;
  hb_dream_model_t *const m = &dream->model[job->model];
  m->spent_nj += job->programs[state->tables->tiles[tile].kind].est_nj;
  m->spent_nj += switch_nj(dream, job, tile);
  m->most_nj += worst_nj(dream, job);
  const uint32_t last = job->last_tile;
  if (last != HB_IMAGE_NONE && last != tile && dream->owner[last] == job->model) {
    dream->owner[last] = HB_IMAGE_NONE; /* it has moved out */
  }
  dream->owner[tile] = job->model;
  /* Behind the last layer comes the next frame; its path, or its variant, may prove this wrong. */
  const hb_tables_t *const t = state->tables;
  const hb_image_layer_t *const end =
      &t->layers[job->variant->first_layer + job->variant->num_layers];
  m->next = job->layer + 1 < end ? job->programs + dream->num_kinds
                                 : hb_tables_programs(t, job->image->first_layer);
  dream->stale |= (dream->flags & HB_SCHED_NO_MAPSCORE) != 0 ? 0 : 1u << job->model;
}

static void on_frame_done(hb_policy_state_t *state, const hb_sched_end_t *end) {
  hb_dream_t *const dream = &state->dream;
  hb_dream_model_t *const m = &dream->model[end->model];
  m->drops = (m->drops << 1) | (end->dropped ? 1u : 0u);
  ++m->frames;
  m->missed += end->dropped || end->late ? 1u : 0u;
  if (end->started) {
    dream->live_nj[end->model] = 0;
  }
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

/* What does not depend on the tile: alpha * Starvation. */
static inline uint32_t waiting_gain(const hb_sched_view_t *view, const hb_job_t *job,
                                    const hb_dream_model_t *m) {
  return limited(hb_recip_ratio(hb_fixed_since(view->now, job->since), m->alpha_per_cycle),
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

/* The records of a job, rated as `m` has it. */
static uint64_t arrival_of(const hb_sched_view_t *view, const hb_job_t *job) {
  (void)view;
  return job->arrival;
}

static void explain_job(const hb_sched_view_t *view, const hb_job_t *job,
                        const hb_dream_model_t *m) {
  const hb_dream_t *const dream = &view->state->dream;
  const uint32_t urgency = urgency_of(view, job);
  const uint32_t starvation = hb_recip_ratio(hb_fixed_since(view->now, job->since), m->per_cycle);
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
    const int32_t gain = gain_of(m, urgency, waiting_gain(view, job, m), k);
    hb_telemetry_candidate(job->tag, tile, -score_of(m, gain, k, moved), term);
  }
}

/* Where `choose` needs no score there may be no rating: it is made here, on the side. */
static void explain(const hb_sched_view_t *view) {
  const hb_dream_t *const dream = &view->state->dream;
  if ((dream->flags & HB_SCHED_NO_MAPSCORE) != 0) {
    hb_sched_explain_by_key(view, arrival_of, NULL);
    return;
  }
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const hb_dream_model_t *const m = &dream->model[job->model];
    if (is_rated(m, job)) {
      explain_job(view, job, m);
    } else if (hb_sched_fits(view, job) != 0) {
      hb_dream_model_t aside;
      rate(dream, &aside, job->programs, job->tiles);
      explain_job(view, job, &aside);
    }
  }
}

/* Of tiles of one kind the best for the job: they are alike but for the switch. */
static uint32_t tile_in(const hb_dream_t *dream, const hb_job_t *job, uint32_t tiles,
                        uint32_t *moved_out) {
  uint32_t best = HB_IMAGE_NONE;
  uint32_t least = 0;
  for (uint32_t tile = 0; tiles != 0; ++tile, tiles >>= 1) {
    if ((tiles & 1u) == 0) {
      continue;
    }
    if (dream->owner[tile] == job->model) {
      *moved_out = 0;
      return tile;
    }
    const uint32_t left = left_in(dream, tile);
    if (best == HB_IMAGE_NONE || left < least) {
      best = tile;
      least = left;
    }
  }
  *moved_out = hb_q16_add(least, dream->live_nj[job->model]);
  return best;
}

/* No tile gives the job `least`: togo / slack is not below the urgency, nor the largest LatPref and
 * Energy below those of a tile. */
static inline bool falls_short(const hb_sched_view_t *view, const hb_job_t *job,
                               const hb_dream_model_t *m, uint32_t waiting, int32_t least) {
  const int32_t missing = least - (int32_t)(waiting + m->most_energy);
  const uint32_t slack = hb_fixed_since(job->deadline, view->now);
  return missing > 0 &&
         (uint64_t)job->layer->togo_avg * m->most_lat_pref < (uint64_t)slack * (uint32_t)missing;
}

/* The best pair so far. */
typedef struct best {
  const hb_job_t *job;
  int32_t score;
} best_t;

/* Job i on the best of `tiles` for it. */
static void try_job(const hb_sched_view_t *view, uint32_t i, uint32_t tiles, uint32_t waiting,
                    best_t *best, hb_sched_choice_t *choice_out) {
  const hb_dream_t *const dream = &view->state->dream;
  const hb_job_t *const job = view->jobs[i];
  const hb_dream_model_t *const m = &dream->model[job->model];
  const uint32_t urgency = urgency_of(view, job);
  for (uint32_t k = 0; k < dream->num_kinds; ++k) {
    const uint32_t of_kind = tiles & dream->kind_tiles[k];
    if (of_kind == 0) {
      continue;
    }
    const int32_t gain = gain_of(m, urgency, waiting, k);
    if (best->job != NULL && gain < best->score) {
      continue; /* a switch does not make it better */
    }
    uint32_t moved = 0;
    const uint32_t tile = tile_in(dream, job, of_kind, &moved);
    const int32_t score = score_of(m, gain, k, moved);
    if (best->job == NULL || score > best->score ||
        (score == best->score && job->priority < best->job->priority)) {
      *best = (best_t){.job = job, .score = score};
      *choice_out = (hb_sched_choice_t){.job = i, .tile = tile};
    }
  }
}

static bool lone_tile(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  uint32_t tiles = hb_sched_fits(view, view->jobs[0]);
  uint32_t tile = 0;
  while (tiles > 1u) {
    tiles >>= 1;
    ++tile;
  }
  *choice_out = (hb_sched_choice_t){.job = 0, .tile = tile};
  return tiles != 0;
}

static HB_RARELY bool first_come(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  return hb_sched_choose_by_key(view, arrival_of, choice_out);
}

static bool choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  if ((view->state->dream.flags & HB_SCHED_NO_MAPSCORE) != 0) {
    return first_come(view, choice_out);
  }
  if (no_choice(view)) {
    return lone_tile(view, choice_out);
  }
  const hb_dream_t *const dream = &view->state->dream;
  best_t best = {.job = NULL, .score = 0};
  for (uint32_t i = 0; i < view->num_jobs; ++i) {
    const hb_job_t *const job = view->jobs[i];
    const uint32_t tiles = hb_sched_fits(view, job);
    if (tiles == 0) {
      continue;
    }
    const hb_dream_model_t *const m = &dream->model[job->model];
    const uint32_t waiting = waiting_gain(view, job, m);
    if (best.job == NULL || !falls_short(view, job, m, waiting, best.score)) {
      try_job(view, i, tiles, waiting, &best, choice_out);
    }
  }
  return best.job != NULL;
}

/*
 * The heaviest whose cycles to go fit the slack at the load there is: with more frames under way
 * than tiles, each gets its share of a tile. The lightest if none fits.
 */
static inline uint32_t sharing_of(const hb_sched_view_t *view) {
  return view->num_active > view->num_tiles ? view->num_active : view->num_tiles;
}

static inline uint32_t togo_of(const hb_sched_view_t *view, const hb_sched_frame_t *frame,
                               uint32_t variant) {
  const hb_tables_t *const t = view->state->tables;
  const uint32_t first = t->variants[frame->image->first_variant + variant].first_layer;
  return t->layers[first].togo_avg;
}

static inline bool variant_fits(const hb_sched_view_t *view, uint32_t togo, uint32_t slack) {
  return (uint64_t)togo * sharing_of(view) <= (uint64_t)slack * view->num_tiles;
}

static uint32_t choose_variant(const hb_sched_view_t *view, const hb_sched_frame_t *frame) {
  const uint32_t slack = hb_fixed_since(frame->deadline, view->now);
  uint32_t chosen = 0;
  for (uint32_t i = 0; i < frame->image->num_variants; ++i) {
    if (((frame->usable >> i) & 1u) == 0) {
      continue;
    }
    chosen = i;
    if ((view->state->dream.flags & HB_SCHED_SUPERNET) == 0 ||
        variant_fits(view, togo_of(view, frame, i), slack)) {
      break;
    }
  }
  return chosen;
}

static void explain_variants(const hb_sched_view_t *view, const hb_sched_frame_t *frame) {
  const uint32_t slack = hb_fixed_since(frame->deadline, view->now);
  for (uint32_t i = 0; i < frame->image->num_variants; ++i) {
    const uint32_t togo = togo_of(view, frame, i);
    const uint32_t verdict = (((frame->usable >> i) & 1u) != 0 ? HB_VARIANT_USABLE : 0u) |
                             (variant_fits(view, togo, slack) ? HB_VARIANT_FITS : 0u);
    hb_telemetry_variant_candidate(frame->model, frame->number, i, togo, slack, sharing_of(view),
                                   verdict);
  }
}

const hb_policy_t hb_policy_dream = {.name = "dream",
                                     .work_conserving = true,
                                     .choose = choose,
                                     .explain = explain,
                                     .explain_variants = explain_variants,
                                     .init = init,
                                     .on_layer = on_layer,
                                     .before_choices = before_choices,
                                     .after_choices = after_choices,
                                     .on_start = on_start,
                                     .on_announced = on_announced,
                                     .on_frame_done = on_frame_done,
                                     .on_tick = hb_dream_tuner_tick,
                                     .choose_variant = choose_variant,
                                     .drop = hb_dream_drop};
