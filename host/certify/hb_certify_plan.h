/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What is to be done: the segments of a trace, which of them are replayed, and the units of work
 * they are shared out in.
 *
 * Life cycle: hb_certify_plan_make() -> hb_certify_plan_choose() -> hb_certify_plan_release().
 * Everything is a function of the trace and the options: each process and machine finds the same.
 */

#ifndef HB_CERTIFY_PLAN_H_
#define HB_CERTIFY_PLAN_H_

#include <stdio.h>

#include "hb_certify_trace.h"
#include "hb_model.h"
#include "hb_replay.h"

/** A segment, without its records. */
typedef struct hb_certify_segment {
  uint32_t tile;
  bool open;
  uint64_t from, to;
  uint64_t jobs, busy; /* that end in it; their cycles */
  hb_replay_state_t begin;
  bool chosen;
} hb_certify_segment_t;

/** Successive segments of one tile. */
typedef struct hb_certify_unit {
  uint32_t tile;
  size_t first, num; /* index into segments */
  uint64_t jobs, busy;
} hb_certify_unit_t;

typedef struct hb_certify_plan {
  hb_certify_segment_t *segments; /* by tile, then time */
  size_t num_segments, max_segments;
  hb_certify_unit_t *units; /* the longest first */
  size_t num_units;
  uint64_t last_cycle; /* up to which records are whole */
  bool damaged;
  char why[512]; /* what is damaged */
} hb_certify_plan_t;

/** How far a sample proves what was not looked at. */
typedef struct hb_certify_bound {
  uint64_t population, sampled; /* segments */
  uint64_t most_segments;       /* that may differ, at 95% confidence */
  uint64_t most_jobs;           /* in them, if they are those with the most jobs */
} hb_certify_bound_t;

/** Share of a sample that means all. */
enum { HB_CERTIFY_PPM = 1000000 };

/**
 * Reads a trace and cuts it into segments.
 * @param tile only this one; HB_MAX_TILES: all.
 * @retval HB_ERR_INPUT a record of a tile that is none.
 * @retval HB_ERR_IO, HB_ERR_NOMEM; a damaged trace is cut as far as it is whole, and that is no
 * failure.
 */
HB_MUST_USE hb_status_t hb_certify_plan_make(hb_certify_trace_t *trace, uint32_t num_tiles,
                                             uint32_t tile, hb_certify_plan_t *plan_out);
/**
 * Chooses the segments to replay, a share of `ppm` of them (one at least), and makes the units. The
 * choice depends on `seed_text` alone.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_certify_plan_choose(hb_certify_plan_t *plan, uint32_t ppm,
                                               const char *seed_text);
void hb_certify_plan_release(hb_certify_plan_t *plan);

/** The largest number K of bad ones among `population` for which a sample that shows none is no
 * rarer than 5%. */
uint64_t hb_certify_most_bad(uint64_t population, uint64_t sampled);
/** @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_certify_plan_bound(const hb_certify_plan_t *plan,
                                              hb_certify_bound_t *bound_out);

#endif /* HB_CERTIFY_PLAN_H_ */
