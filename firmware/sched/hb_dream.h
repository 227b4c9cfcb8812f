/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the policy dream remembers, and how its files divide the work:
 *
 *   dream.c         MapScore, the choice, supernet switching; what follows from a layer alone
 *   dream_drop.c    smart frame drop
 *   dream_tuner.c   UXCost of a window, the search for alpha and beta
 */

#ifndef HB_DREAM_H_
#define HB_DREAM_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_image.h"
#include "hilbert/hb_memmap.h"
#include "sched/hb_fixed.h"
#include "sched/hb_policy.h"

/* Kept apart from callers, which are asked at every event and then save fewer registers. */
#define HB_RARELY __attribute__((noinline, cold))

/* Urgency is limited to this, Q16: what a frame has whose slack is less than a 64th of what it has
 * to go. One without slack has none. */
#define HB_DREAM_MAX_URGENCY (64u * HB_Q16_ONE)
/* Limits of the rest, so that their sum stays below 32768 without being watched. */
#define HB_DREAM_MAX_LAT_PREF (255u * HB_Q16_ONE)
#define HB_DREAM_MAX_TERM (7000u * HB_Q16_ONE) /* alpha * Starvation, beta * Energy */

typedef struct hb_dream_model {
  /* Of a layer, the one that is ready or will most likely be the next: */
  const hb_image_program_t *programs;         /* of that layer, if it was rated, else NULL */
  uint32_t tiles;                             /* that it was rated for */
  uint32_t lat_pref[HB_IMAGE_MAX_KINDS];      /* Q16 */
  uint32_t energy[HB_IMAGE_MAX_KINDS];        /* beta * (sum of energies) / energy here, Q16 */
  hb_recip_t beta_per_nj[HB_IMAGE_MAX_KINDS]; /* beta / energy here */
  hb_recip_t alpha_per_cycle;                 /* alpha / average latency */
  uint32_t most_lat_pref, most_energy;        /* largest of lat_pref, energy */
  uint32_t kinds;                             /* that can run it, a bit each: the rest is stale */
  hb_recip_t per_nj[HB_IMAGE_MAX_KINDS];      /* 1 / energy here */
  hb_recip_t per_cycle;                       /* 1 / average latency */
  uint32_t sum_nj;                            /* over the tiles that can run it */
  /* Of its frames. */
  const hb_image_program_t *next; /* of the layer that comes behind the one that runs */
  uint32_t drops;                 /* bit i: the frame that ended i frames ago was dropped */
  uint64_t seen;                  /* when its newest frame was announced, plus 1; 0 never */
  /* Of the tuner's window. */
  uint32_t frames, missed;
  uint64_t spent_nj, most_nj;
} hb_dream_model_t;

typedef struct hb_dream_point {
  uint32_t alpha, beta; /* Q16 */
} hb_dream_point_t;

enum { HB_DREAM_PROBES = 4 };

typedef struct hb_dream_tuner {
  uint64_t window_end;    /* 0: before the first event */
  uint32_t intervals;     /* that the window lasts */
  uint32_t active;        /* models that had frames lately, a bit each */
  uint32_t state;         /* HB_TUNE_*: what the window that runs is for */
  uint32_t probe;         /* neighbour being tried */
  uint32_t step;          /* Q16 */
  hb_dream_point_t start; /* of the search */
  hb_dream_point_t base;  /* that it stands on */
  bool checking;          /* compares it with the start */
  /* Of the rounds so far, costs in 4096ths of `unit`: */
  uint32_t rounds;
  uint32_t unit; /* Q16, the first cost; 0: there was none */
  int32_t base_parts;
  int32_t sum[HB_DREAM_PROBES];      /* of a neighbour's cost less the base's of the round */
  uint64_t squares[HB_DREAM_PROBES]; /* of the same */
} hb_dream_tuner_t;

typedef struct hb_dream {
  uint32_t flags;       /* HB_SCHED_* */
  uint32_t alpha, beta; /* in use, Q16 */
  uint32_t needed;      /* models that others depend on, a bit each */
  uint32_t stale;       /* models whose next layer is to be rated, a bit each */
  uint32_t num_kinds;
  uint32_t kind_tiles[HB_IMAGE_MAX_KINDS]; /* tiles of the kind, a bit each */
  uint32_t
      owner[HB_MAX_TILES]; /* model whose activations the tile worked on last, or HB_IMAGE_NONE */
  uint32_t live_nj[HB_IMAGE_MAX_MODELS]; /* to move what the model's frame has in a tile; 0 before
                                            its first layer */
  hb_dream_tuner_t tuner;
  hb_dream_model_t model[HB_IMAGE_MAX_MODELS];
} hb_dream_t;

/** Changes alpha and beta and what was computed with them. */
void hb_dream_set_weights(hb_dream_t *dream, uint32_t num_models, uint32_t alpha, uint32_t beta);

/** hb_policy_t's drop. */
uint32_t hb_dream_drop(const hb_sched_view_t *view);

void hb_dream_tuner_init(hb_dream_tuner_t *tuner, const hb_image_sched_t *sched);

/** hb_policy_t's on_tick. */
void hb_dream_tuner_tick(hb_policy_state_t *state, uint64_t now);

/** UXCost of the window so far, Q16, over the models that had frames; 0 if there were none. As
 * host/score/hb_ux.h, but energy is that of jobs started, with what switches move. */
uint32_t hb_dream_ux_cost(const hb_dream_t *dream, uint32_t num_models);

#endif /* HB_DREAM_H_ */
