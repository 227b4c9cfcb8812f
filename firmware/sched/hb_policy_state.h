/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What policies remember: one struct in hb_main_t, no globals. A policy adds its part to the union.
 */

#ifndef HB_POLICY_STATE_H_
#define HB_POLICY_STATE_H_

#include "core/hb_tables.h"
#include "hilbert/hb_memmap.h"
#include "sched/hb_dream.h"
#include "sched/hb_policy.h"

typedef struct hb_latency_greedy {
  /* Cycles of a whole frame of the model's first variant on a tile kind, saturated; layers that the
   * kind cannot run count with the kind that is fastest for them. */
  uint32_t whole[HB_IMAGE_MAX_MODELS][HB_IMAGE_MAX_KINDS];
} hb_latency_greedy_t;

typedef struct hb_veltair {
  /* Cycles left of the block of layers that the model's frame is in; 0: between blocks. */
  uint32_t left[HB_IMAGE_MAX_MODELS];
  uint32_t active; /* models with a started frame, a bit each */
} hb_veltair_t;

struct hb_policy_state {
  const hb_tables_t *tables;
  union {
    hb_latency_greedy_t latency_greedy;
    hb_veltair_t veltair;
    hb_dream_t dream;
  };
};

/** Sets the state up for a policy. */
void hb_policy_state_init(hb_policy_state_t *state, const hb_policy_t *policy,
                          const hb_tables_t *tables);

#endif /* HB_POLICY_STATE_H_ */
