/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The interface of a scheduling policy, and what policies share.
 *
 * A policy is one file in this folder with one constant `hb_policy_<name>`; its name and number
 * stand in HB_POLICY_TABLE (hilbert/hb_image.h). It keeps no state of its own: it is asked again
 * and again for the next (job, tile) pair until it answers that nothing fits. The caller starts the
 * job and takes it off the view.
 */

#ifndef HB_POLICY_H_
#define HB_POLICY_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_image.h"

/** A layer of a frame that could start now: all it waits for is a tile. */
typedef struct hb_job {
  uint32_t tag; /* HB_TAG(model, frame, layer) */
  uint32_t model;
  uint32_t priority;                  /* 0 most important */
  uint32_t last_tile;                 /* that ran this model's previous layer, or HB_IMAGE_NONE */
  uint64_t arrival, deadline;         /* of the frame, cycles */
  const hb_image_program_t *programs; /* one per tile kind */
} hb_job_t;

/** What a policy sees. */
typedef struct hb_sched_view {
  uint64_t now;
  uint32_t num_jobs;
  const hb_job_t *jobs; /* by ascending model index */
  uint32_t num_tiles;
  const hb_image_tile_t *tiles;
  uint32_t free_tiles; /* bit i: tile i is free */
  bool candidates;     /* emit a CANDIDATE record per ready job and free tile that can run it */
} hb_sched_view_t;

typedef struct hb_sched_choice {
  uint32_t job; /* index in view->jobs */
  uint32_t tile;
} hb_sched_choice_t;

typedef struct hb_policy {
  const char *name;
  /** Picks the next pair, or returns false: no ready job can run on a free tile. */
  bool (*choose)(const hb_sched_view_t *view, hb_sched_choice_t *choice_out);
} hb_policy_t;

/** The policy with this number in HB_POLICY_TABLE, or NULL. */
const hb_policy_t *hb_policy_find(uint32_t number);

/**
 * The free tile that would finish the job soonest by its program's est_cycles; ties:
 * job->last_tile, then the lowest index.
 * @return false: no free tile can run it.
 */
bool hb_sched_best_tile(const hb_sched_view_t *view, const hb_job_t *job, uint32_t *tile_out);

/**
 * For policies that order jobs alone: the job with the smallest key that a free tile can run (ties:
 * priority, then model index), on its best tile. CANDIDATE records: score = key - now, term 0 =
 * est_cycles, term 1 = 1 on last_tile.
 */
bool hb_sched_choose_by_key(const hb_sched_view_t *view, uint64_t (*key)(const hb_job_t *job),
                            hb_sched_choice_t *choice_out);

#endif /* HB_POLICY_H_ */
