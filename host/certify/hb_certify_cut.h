/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Cuts one tile's records into segments (hb_replay_segment_t): stretches that begin and end where
 * the tile's state is known, each with one job at least where it can be.
 *
 * Life cycle: hb_cut_init() -> hb_cut_boundary(), hb_cut_job() in the order of the trace ->
 * hb_cut_finish() -> hb_cut_release(). README.md says where cuts are made.
 */

#ifndef HB_CERTIFY_CUT_H_
#define HB_CERTIFY_CUT_H_

#include "hb_replay.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Takes a segment; records and jobs are valid during the call. Anything but HB_OK stops. */
typedef hb_status_t (*hb_cut_sink_t)(void *ctx, const hb_replay_segment_t *segment);

enum { HB_CUT_WRITES = 8 }; /* register accesses under way that are kept track of */

typedef struct hb_cut {
  hb_cut_sink_t sink;
  void *ctx;
  bool keep; /* records and jobs, else segments come without */
  bool some; /* the segment has begun */
  hb_replay_segment_t segment;
  hb_replay_state_t now;
  bool irq, idle;
  uint64_t last; /* newest cycle of which something was recorded */
  uint32_t num_addrs, num_words;
  uint32_t addrs[HB_CUT_WRITES]; /* written to, their words still to come */
  struct {
    uint32_t data, strobe;
  } words[HB_CUT_WRITES]; /* the other way round */
  uint64_t writes, reads; /* answers that are to come */
  uint64_t rung, done;    /* doorbells, jobs since the last reset */
  bool reset;             /* a soft reset was asked for, and the tile has not been idle since */
  uint64_t reset_at;      /* jobs that start later are of the time behind it */
  bool lost;              /* cannot be followed: no more cuts */
  hb_sim_boundary_t *records;
  hb_sim_job_t *jobs;
  size_t max_records, max_jobs;
} hb_cut_t;

/** @param begin the state before the first record; NULL: after reset. */
void hb_cut_init(hb_cut_t *cut, const hb_replay_state_t *begin, bool keep, hb_cut_sink_t sink,
                 void *ctx);
void hb_cut_release(hb_cut_t *cut);

/** @retval HB_ERR_NOMEM, or what the sink returned. */
HB_MUST_USE hb_status_t hb_cut_boundary(hb_cut_t *cut, const hb_sim_boundary_t *record);
HB_MUST_USE hb_status_t hb_cut_job(hb_cut_t *cut, const hb_sim_job_t *job);

/**
 * The records end: hands out the last segment, if there is one. It ends at `to` if the tile is at
 * rest, and else is open and ends at `open_to`.
 */
HB_MUST_USE hb_status_t hb_cut_finish(hb_cut_t *cut, uint64_t to, uint64_t open_to);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_CERTIFY_CUT_H_ */
