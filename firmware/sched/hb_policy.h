/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The interface of a scheduling policy, and what policies share. README.md in this folder says how
 * to write one.
 *
 * A policy is one constant `hb_policy_<name>`; its name and number stand in HB_POLICY_TABLE
 * (hilbert/hb_image.h). It is asked again and again for the next (job, tile) pair until it answers
 * that nothing fits. The caller starts the job and takes it off the view. What a policy remembers
 * lies in hb_policy_state_t, which only its hooks change: `choose`, `choose_variant` and `drop`
 * give the same answer to the same question.
 */

#ifndef HB_POLICY_H_
#define HB_POLICY_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_image.h"

typedef struct hb_policy_state hb_policy_state_t; /* sched/hb_policy_state.h */

/** A layer of a frame that could start now: all it waits for is a tile. */
typedef struct hb_job {
  uint32_t tag; /* HB_TAG(model, frame, layer) */
  uint32_t model;
  uint32_t priority;          /* 0 most important */
  uint32_t last_tile;         /* that ran this model's previous layer, or HB_IMAGE_NONE */
  uint32_t tiles;             /* bit i: tile i can run it, free or not */
  bool started;               /* an earlier layer of the frame has run */
  uint64_t arrival, deadline; /* of the frame, cycles */
  uint64_t since;             /* when it became ready */
  const hb_image_model_t *image;
  const hb_image_variant_t *variant; /* that the frame runs */
  const hb_image_layer_t *layer;
  const hb_image_program_t *programs; /* one per tile kind */
} hb_job_t;

/** What a policy sees. */
typedef struct hb_sched_view {
  uint64_t now;
  uint32_t num_jobs;
  const hb_job_t *const *jobs; /* by ascending model index */
  uint32_t num_tiles;
  const hb_image_tile_t *tiles;
  uint32_t free_tiles; /* bit i: tile i is free */
  uint32_t num_active; /* frames that are ready or on a tile: at most one a model */
  const hb_policy_state_t *state;
} hb_sched_view_t;

typedef struct hb_sched_choice {
  uint32_t job; /* index in view->jobs */
  uint32_t tile;
} hb_sched_choice_t;

/** A frame that is about to start. */
typedef struct hb_sched_frame {
  const hb_image_model_t *image;
  uint32_t model, number;
  uint64_t deadline;
  uint32_t usable; /* bit i: there are tiles for every layer of variant i; not 0 */
} hb_sched_frame_t;

/** How a frame that was triggered ended. */
typedef struct hb_sched_end {
  uint32_t model;
  bool started; /* its first layer had been dispatched */
  bool dropped; /* for any reason, overruns too */
  bool late;    /* done behind its deadline */
} hb_sched_end_t;

typedef struct hb_policy {
  const char *name;
  /* As long as a ready job can run on a free tile, `choose` finds one. Tests hold it to that. */
  bool work_conserving;
  /** Picks the next pair, or returns false: nothing is to start now. */
  bool (*choose)(const hb_sched_view_t *view, hb_sched_choice_t *choice_out);

  /* The rest may be NULL. */

  /**
   * What `choose` is about to weigh: writes a CANDIDATE record for every job of the view and free
   * tile that can run it. A probe's handler (drv/hb_probe.h): it costs the firmware nothing, may
   * compute what `choose` saves itself, and must store nothing but on its stack.
   */
  void (*explain)(const hb_sched_view_t *view);
  /** Instead of it, for a policy that orders jobs by a key: score = key - now, saturated; term 0 =
   * est_cycles, term 1 = 1 on last_tile; terms 2 and 3 are 0 or what `terms` puts there. */
  uint64_t (*key)(const hb_sched_view_t *view, const hb_job_t *job);
  void (*terms)(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile, int32_t term[4]);
  /** Like `explain`, of a frame that starts: a VARIANT_CANDIDATE record for each variant. */
  void (*explain_variants)(const hb_sched_view_t *view, const hb_sched_frame_t *frame);

  /** Before the first event; the state is all zero but for `tables`. */
  void (*init)(hb_policy_state_t *state);
  /** A layer of a frame became ready: what follows from the layer alone can be computed once. */
  void (*on_layer)(hb_policy_state_t *state, const hb_job_t *job);
  /** At an event, before `choose` is asked for the first time: whatever needs only be computed
   * where there is something to choose. Of the view only jobs and tiles are taken off before its
   * end. */
  void (*before_choices)(hb_policy_state_t *state, const hb_sched_view_t *view);
  /** Behind the last choice of an event, with nothing to do until the next: what can be computed
   * ahead. */
  void (*after_choices)(hb_policy_state_t *state);
  /** The job was started on the tile. */
  void (*on_start)(hb_policy_state_t *state, const hb_job_t *job, uint32_t tile);
  /** A frame of the model was announced, triggered or not. */
  void (*on_announced)(hb_policy_state_t *state, uint32_t model, uint64_t now);
  void (*on_frame_done)(hb_policy_state_t *state, const hb_sched_end_t *end);
  /** At every event, before anything is chosen. */
  void (*on_tick)(hb_policy_state_t *state, uint64_t now);
  /** Number of a usable variant (0 the heaviest) for a frame before its first layer; asked again as
   * long as it waits. NULL: the first usable one. view->jobs is not to be looked at. */
  uint32_t (*choose_variant)(const hb_sched_view_t *view, const hb_sched_frame_t *frame);
  /** Index in view->jobs of a frame to give up (HB_DROP_SMART), or HB_IMAGE_NONE. Asked until it
   * is. */
  uint32_t (*drop)(const hb_sched_view_t *view);
} hb_policy_t;

/** The policy with this number in HB_POLICY_TABLE, or NULL. */
const hb_policy_t *hb_policy_find(uint32_t number);

/** The job's program for a tile. */
static inline const hb_image_program_t *hb_sched_program(const hb_sched_view_t *view,
                                                         const hb_job_t *job, uint32_t tile) {
  return &job->programs[view->tiles[tile].kind];
}

/** Tiles that are free and can run the job, a bit each. */
static inline uint32_t hb_sched_fits(const hb_sched_view_t *view, const hb_job_t *job) {
  return view->free_tiles & job->tiles;
}

/**
 * Of the tiles in `tiles` (a bit each; all can run the job) the one that would finish it soonest by
 * its program's est_cycles; ties: job->last_tile, then the lowest index.
 * @return false: `tiles` is 0.
 */
bool hb_sched_fastest(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tiles,
                      uint32_t *tile_out);

/** That of the free tiles. @return false: no free tile can run it. */
bool hb_sched_best_tile(const hb_sched_view_t *view, const hb_job_t *job, uint32_t *tile_out);

/** deadline - now, saturated to 32 bits; 0 or less if it has passed. */
int32_t hb_sched_slack(const hb_sched_view_t *view, uint64_t deadline);

/** Writes the CANDIDATE records of a policy: by its `explain` or its `key`; none without. */
void hb_sched_explain(const hb_policy_t *policy, const hb_sched_view_t *view);

/** Those of a key and, unless NULL, of `terms`, as hb_policy_t has them. */
void hb_sched_explain_by_key(const hb_sched_view_t *view,
                             uint64_t (*key)(const hb_sched_view_t *view, const hb_job_t *job),
                             void (*terms)(const hb_sched_view_t *view, const hb_job_t *job,
                                           uint32_t tile, int32_t term[4]));

/**
 * For policies that order jobs alone: the job with the smallest key that a free tile can run (ties:
 * priority, then model index), on its best tile.
 */
bool hb_sched_choose_by_key(const hb_sched_view_t *view,
                            uint64_t (*key)(const hb_sched_view_t *view, const hb_job_t *job),
                            hb_sched_choice_t *choice_out);

#endif /* HB_POLICY_H_ */
