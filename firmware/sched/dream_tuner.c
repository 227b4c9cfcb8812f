/*
 * The search for alpha and beta. A window gives a UXCost, and that of a window moves by chance. So
 * points are compared in rounds, each a window of every point one after the other, by the mean
 * of their differences to the base of the same round against its standard error (pooled
 * over the points): beyond ERRORS of them it is a difference, else noise.
 *
 *   BASE       a window of the point it stands on
 *   PROBING    of a neighbour, (alpha +- step, beta) and (alpha, beta +- step) inside 0 .. 2.0
 *   RESTARTED  the set of active models changed: back to where the search began, and anew from
 *              there with the first step; the window is one of that point
 *   SETTLED    the search has ended somewhere better
 *   FLAT       it has ended where it began: nothing was better by more than the noise
 *
 * A step takes 2 to MAX_ROUNDS rounds: until a neighbour is better, or all are worse. Then alpha
 * and beta each move to their better neighbour, if that is better beyond the noise, and the step is
 * halved. The search ends once the step is below tune_stop, or no neighbour differed in either
 * direction, where smaller steps would differ less. If it has moved, the point it started from is
 * then compared with the one it has come to, in MIN_CHECKS to MAX_CHECKS rounds, and kept unless
 * the other is better: a search of many comparisons finds one by chance.
 *
 * With the 4 steps from 0.5 to 0.0625 that is at most 4 * 5 * MAX_ROUNDS + 2 * MAX_CHECKS windows,
 * and with nothing to find 5 * MAX_ROUNDS.
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

enum {
  MIN_FRAMES = 4,
  MAX_INTERVALS = 16,
  MIN_ROUNDS = 2,
  MAX_ROUNDS = 3,
  MIN_CHECKS = 4,
  MAX_CHECKS = 8,
  ERRORS = 3,  /* standard errors that are no chance */
  UNIT = 4096, /* costs are compared in such parts of the first one of the step */
  MOST = 65535 /* of them */
};

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
  tuner->start = tuner->base = (hb_dream_point_t){sched->alpha_q16, sched->beta_q16};
}

static uint32_t moved(uint32_t value, uint32_t step, bool up) {
  if (!up) {
    return value > step ? value - step : 0;
  }
  return step < HB_IMAGE_MAX_WEIGHT_Q16 - value ? value + step : HB_IMAGE_MAX_WEIGHT_Q16;
}

static bool is_same(hb_dream_point_t a, hb_dream_point_t b) {
  return a.alpha == b.alpha && a.beta == b.beta;
}

static void use(hb_policy_state_t *state, hb_dream_point_t point) {
  hb_dream_set_weights(&state->dream, state->tables->header->num_models, point.alpha, point.beta);
}

/* Neighbour i of the base: alpha up, down, beta up, down; in a check 0 alone, the start. */
static hb_dream_point_t neighbour(const hb_dream_tuner_t *t, uint32_t i) {
  hb_dream_point_t point = t->base;
  if (t->checking) {
    return i == 0 ? t->start : t->base;
  }
  if (i < 2u) {
    point.alpha = moved(point.alpha, t->step, i % 2u == 0);
  } else {
    point.beta = moved(point.beta, t->step, i % 2u == 0);
  }
  return point;
}

/* The next window is of neighbour `from` or one behind it that is not the base itself. false: the
 * round is over. */
static bool try_from(hb_policy_state_t *state, uint32_t from) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  for (t->probe = from; t->probe < HB_DREAM_PROBES; ++t->probe) {
    const hb_dream_point_t point = neighbour(t, t->probe);
    if (!is_same(point, t->base)) {
      use(state, point);
      t->state = HB_TUNE_PROBING;
      return true;
    }
  }
  return false;
}

/* Points are to be compared afresh: the first window is one of the base. */
static void begin_rounds(hb_policy_state_t *state) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  t->rounds = 0;
  t->unit = 0;
  for (uint32_t i = 0; i < HB_DREAM_PROBES; ++i) {
    t->sum[i] = 0;
    t->squares[i] = 0;
  }
  t->state = HB_TUNE_BASE;
  use(state, t->base);
}

static void end_search(hb_policy_state_t *state, uint32_t verdict) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  if (verdict == HB_TUNE_FLAT) {
    t->base = t->start;
  }
  t->start = t->base;
  t->checking = false;
  t->state = verdict;
  use(state, t->base);
}

/* A step has been taken, or would be too small. */
static void check_or_end(hb_policy_state_t *state) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  t->checking = !is_same(t->base, t->start);
  if (t->checking) {
    begin_rounds(state);
  } else {
    end_search(state, HB_TUNE_FLAT);
  }
}

static uint64_t square(int32_t value) {
  return (uint64_t)((int64_t)value * value);
}

/* What the rounds say of the neighbours, a bit each. */
typedef struct verdict {
  uint32_t tried, better, worse;
} verdict_t;

/*
 * Of n neighbours after R rounds, d their differences to the base: the mean of a neighbour's is
 * beyond ERRORS standard errors if sum^2 / R > ERRORS^2 * s^2, where s^2, pooled, is the sum over
 * neighbours of (squares - sum^2 / R), divided by n * (R - 1).
 */
static verdict_t judge(const hb_dream_tuner_t *t) {
  verdict_t v = {0, 0, 0};
  uint64_t noise = 0; /* R * n * (R - 1) * s^2 */
  uint32_t num = 0;
  for (uint32_t i = 0; i < HB_DREAM_PROBES; ++i) {
    if (!is_same(neighbour(t, i), t->base)) {
      v.tried |= 1u << i;
      noise += t->rounds * t->squares[i] - square(t->sum[i]);
      ++num;
    }
  }
  for (uint32_t i = 0; i < HB_DREAM_PROBES; ++i) {
    if (square(t->sum[i]) * num * (t->rounds - 1u) > ERRORS * ERRORS * noise) {
      *(t->sum[i] < 0 ? &v.better : &v.worse) |= 1u << i;
    }
  }
  return v;
}

/* Which of neighbours `up` and the one behind it to go to, the base if neither is better. */
static uint32_t better_side(const hb_dream_tuner_t *t, uint32_t better, uint32_t up,
                            uint32_t base) {
  const uint32_t sides = (better >> up) & 3u;
  if (sides == 0) {
    return base;
  }
  return moved(base, t->step, sides == 1u || (sides == 3u && t->sum[up] <= t->sum[up + 1u]));
}

/* All rounds of a step, or as many as are needed. */
static void take_step(hb_policy_state_t *state, verdict_t v) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  t->base = (hb_dream_point_t){.alpha = better_side(t, v.better, 0, t->base.alpha),
                               .beta = better_side(t, v.better, 2, t->base.beta)};
  t->step >>= 1;
  if ((v.better | v.worse) == 0 || t->step < state->tables->header->sched.tune_stop_q16) {
    check_or_end(state);
  } else {
    begin_rounds(state);
  }
}

static void end_round(hb_policy_state_t *state) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  ++t->rounds;
  t->state = HB_TUNE_BASE;
  use(state, t->base);
  if (t->rounds < (t->checking ? MIN_CHECKS : MIN_ROUNDS)) {
    return;
  }
  const verdict_t v = judge(t);
  const bool is_last = t->rounds == (t->checking ? MAX_CHECKS : MAX_ROUNDS);
  if (t->checking) {
    if (v.worse != 0 || v.better != 0 || is_last) {
      end_search(state, v.worse != 0 ? HB_TUNE_SETTLED : HB_TUNE_FLAT);
    }
  } else if (v.better != 0 || v.worse == v.tried || is_last) {
    take_step(state, v);
  }
}

/* A window with this cost, not 0, has ended. */
static void advance(hb_policy_state_t *state, uint32_t cost) {
  hb_dream_tuner_t *const t = &state->dream.tuner;
  if (t->state == HB_TUNE_SETTLED || t->state == HB_TUNE_FLAT) {
    return;
  }
  t->unit = t->unit == 0 ? cost : t->unit;
  const uint32_t ratio = hb_q16_ratio(cost, t->unit) / (HB_Q16_ONE / UNIT);
  const int32_t parts = ratio > MOST ? MOST : (int32_t)ratio;
  if (t->state != HB_TUNE_PROBING) {
    t->base_parts = parts;
    if (!try_from(state, 0)) {
      end_search(state, HB_TUNE_FLAT); /* a step of nothing */
    }
    return;
  }
  const int32_t difference = parts - t->base_parts;
  t->sum[t->probe] += difference;
  t->squares[t->probe] += square(difference);
  if (!try_from(state, t->probe + 1u)) {
    end_round(state);
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
  t->step = state->tables->header->sched.tune_step_q16;
  t->base = t->start;
  t->checking = false;
  begin_rounds(state);
  t->state = HB_TUNE_RESTARTED;
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
