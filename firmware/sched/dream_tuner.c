/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The search for alpha and beta. Every window gives a UXCost:
 *
 *   BASE       the point it stands on
 *   PROBING    (alpha + step, beta), (alpha - step, beta), (alpha, beta + step),
 *              (alpha, beta - step), inside 0 .. 2.0; then the search moves to the best of the five
 *              and halves the step
 *   SETTLED    once the step is below tune_stop
 *   RESTARTED  the set of active models changed: the point is measured afresh with the first step
 *
 * A model is active for two periods after its newest frame was announced; one that depends on
 * others while the first of the chain is, since whether a frame of it comes is a matter of chance.
 *
 * A window lasts tune_interval and goes on by as much until MIN_FRAMES frames of every active model
 * have ended, MAX_INTERVALS times at most: with one frame or none of a model its DLV is 0.5, 1 or
 * not there at all, whatever alpha and beta are. One in which no frame ended says nothing and is
 * measured again. Windows end at the first event behind their end.
 */

#include "drv/hb_telemetry.h"
#include "hilbert/hb_telemetry.h"
#include "sched/hb_dream.h"
#include "sched/hb_policy_state.h"

enum { PROBES = 4, MIN_FRAMES = 4, MAX_INTERVALS = 16 };

/* spent / most as Q16, of sums of any size; 1 without jobs, as host/score has it: running nothing
 * is no gain. */
static uint32_t share(uint64_t spent, uint64_t most) {
  while ((spent | most) >> 32 != 0) {
    spent >>= 1;
    most >>= 1;
  }
  return most == 0 ? HB_Q16_ONE : hb_q16_ratio((uint32_t)spent, (uint32_t)most);
}

uint32_t hb_dream_ux_cost(const hb_dream_t *dream, uint32_t num_models) {
  uint32_t missed = 0, energy = 0;
  for (uint32_t i = 0; i < num_models; ++i) {
    const hb_dream_model_t *const m = &dream->model[i];
    if (m->frames != 0) {
      missed = hb_q16_add(missed, m->missed != 0 ? hb_q16_ratio(m->missed, m->frames)
                                                 : hb_q16_ratio(1, 2u * m->frames));
      energy = hb_q16_add(energy, share(m->spent_nj, m->most_nj));
    }
  }
  return hb_q16_mul(missed, energy);
}

void hb_dream_tuner_init(hb_dream_tuner_t *tuner, const hb_image_sched_t *sched) {
  tuner->state = HB_TUNE_BASE;
  tuner->step = sched->tune_step_q16;
  tuner->base_alpha = sched->alpha_q16;
  tuner->base_beta = sched->beta_q16;
}

static uint32_t moved(uint32_t value, uint32_t step, bool up) {
  if (!up) {
    return value > step ? value - step : 0;
  }
  return step < HB_IMAGE_MAX_WEIGHT_Q16 - value ? value + step : HB_IMAGE_MAX_WEIGHT_Q16;
}

/* Takes (alpha, beta) into use. */
static void use(hb_policy_state_t *state, uint32_t alpha, uint32_t beta) {
  hb_dream_set_weights(&state->dream, state->tables->header->num_models, alpha, beta);
}

/* Goes to the next neighbour from probe `from` on that is not the base itself. */
static bool try_from(hb_policy_state_t *state, uint32_t from) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  for (t->probe = from; t->probe < PROBES; ++t->probe) {
    const bool up = t->probe % 2u == 0;
    const uint32_t alpha = t->probe < 2u ? moved(t->base_alpha, t->step, up) : t->base_alpha;
    const uint32_t beta = t->probe < 2u ? t->base_beta : moved(t->base_beta, t->step, up);
    if (alpha != t->base_alpha || beta != t->base_beta) {
      use(state, alpha, beta);
      t->state = HB_TUNE_PROBING;
      return true;
    }
  }
  return false;
}

/* Forgets what the best of the neighbours was. */
static void begin(hb_policy_state_t *state) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  t->best_alpha = t->base_alpha;
  t->best_beta = t->base_beta;
  t->best_cost = t->base_cost;
  if (t->step < state->tables->header->sched.tune_stop_q16 || !try_from(state, 0)) {
    t->state = HB_TUNE_SETTLED;
    use(state, t->base_alpha, t->base_beta);
  }
}

/* A window with this cost has ended. */
static void advance(hb_policy_state_t *state, uint32_t cost) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  if (t->state == HB_TUNE_SETTLED) {
    return;
  }
  if (t->state != HB_TUNE_PROBING) {
    t->base_cost = cost;
    begin(state);
    return;
  }
  if (cost < t->best_cost) {
    t->best_alpha = state->dream.alpha;
    t->best_beta = state->dream.beta;
    t->best_cost = cost;
  }
  if (!try_from(state, t->probe + 1u)) {
    t->base_alpha = t->best_alpha;
    t->base_beta = t->best_beta;
    t->base_cost = t->best_cost;
    t->step >>= 1;
    begin(state);
  }
}

/* The first of the chain of models that it depends on. */
static uint32_t root_of(const hb_policy_state_t *state, uint32_t model) {
  uint32_t root = model;
  for (uint32_t i = 0; i < state->tables->header->num_models; ++i) {
    const uint32_t parent = state->tables->models[root].depends_on;
    if (parent == HB_IMAGE_NONE) {
      break;
    }
    root = parent;
  }
  return root;
}

static uint32_t active_models(const hb_policy_state_t *state, uint64_t now) {
  uint32_t active = 0;
  for (uint32_t i = 0; i < state->tables->header->num_models; ++i) {
    const uint32_t root = root_of(state, i);
    const uint64_t seen = state->dream.model[root].seen;
    const uint64_t period = state->tables->models[root].period_cycles;
    if (seen != 0 && now < seen + 2u * period) {
      active |= 1u << i;
    }
  }
  return active;
}

/* Whether the window says enough of all that are active. */
static bool is_enough(const hb_policy_state_t *state, uint32_t active) {
  for (uint32_t i = 0; active != 0; ++i, active >>= 1) {
    if ((active & 1u) != 0 && state->dream.model[i].frames < MIN_FRAMES) {
      return false;
    }
  }
  return true;
}

static void restart(hb_policy_state_t *state) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  t->state = HB_TUNE_RESTARTED;
  t->step = state->tables->header->sched.tune_step_q16;
  use(state, t->base_alpha, t->base_beta);
}

static void open_window(hb_policy_state_t *state, uint64_t now) {
  state->dream.tuner.intervals = 1;
  state->dream.tuner.window_end = now + state->tables->header->sched.tune_interval_cycles;
  for (uint32_t i = 0; i < state->tables->header->num_models; ++i) {
    hb_dream_model_t *const m = &state->dream.model[i];
    m->frames = 0;
    m->missed = 0;
    m->spent_nj = 0;
    m->most_nj = 0;
  }
}

/* The window has ended, or there was none yet. */
HB_RARELY static void end_window(hb_policy_state_t *state, uint64_t now) {
  hb_dream_t *const dream = &state->dream;
  hb_dream_tuner_t *const t = &dream->tuner;
  if (t->window_end != 0) {
    const uint32_t active = active_models(state, now);
    const bool changed = active != t->active && t->active != 0;
    if (!changed && t->intervals < MAX_INTERVALS && !is_enough(state, active)) {
      ++t->intervals;
      t->window_end = now + state->tables->header->sched.tune_interval_cycles;
      return;
    }
    const uint32_t cost = hb_dream_ux_cost(dream, state->tables->header->num_models);
    if (changed) {
      restart(state);
    } else if (cost != 0) {
      advance(state, cost);
    }
    t->active = active;
    hb_telemetry_tune(dream->alpha, dream->beta, t->step, cost, t->state);
  }
  open_window(state, now);
}

void hb_dream_tuner_tick(hb_policy_state_t *state, uint64_t now) {
  if ((state->dream.flags & HB_SCHED_TUNE) != 0 && now >= state->dream.tuner.window_end) {
    end_window(state, now);
  }
}
