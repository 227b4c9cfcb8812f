/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The work list on disk, DIR/certify/ or DIR/certify-sample/: which processes, of any machine that
 * sees DIR, share the work by.
 *
 *   list            what the work is, one line a unit; who finds another one starts over
 *   unit-N.claim    made by who works on unit N: host, process; touched while it does
 *   unit-N.result   what came out, with the list's hash and one of its own
 *
 * A result counts if it is bound to this list and this unit, no byte of it has changed, and its
 * counts are those of the unit; otherwise the unit is done again. That is against damage and mixed
 * up files, not against who computes the hashes anew.
 *
 * A claim is stale if its process is gone from this host, or did not touch it for a quarter of an
 * hour. Two that work on one unit (a claim that was thought stale) do no harm: results are the
 * same, and each appears whole or not at all.
 */

#ifndef HB_CERTIFY_SHARE_H_
#define HB_CERTIFY_SHARE_H_

#include "hb_certify_plan.h"
#include "hb_sha256.h"

enum { HB_CERTIFY_PATH = HB_PATH_MAX_BYTES + 64, HB_CERTIFY_SHOWN = 8 };

typedef struct hb_certify_found {
  uint32_t tile;
  hb_replay_mismatch_t mismatch;
} hb_certify_found_t;

/** Of one unit or several. */
typedef struct hb_certify_result {
  uint64_t segments, segments_failed;
  uint64_t jobs;       /* of segments without a difference */
  uint64_t mismatches; /* signals, in the first cycle of each segment that differs */
  uint64_t cycles;
  uint32_t num_found; /* the first of the mismatches */
  hb_certify_found_t found[HB_CERTIFY_SHOWN];
} hb_certify_result_t;

/** Adds `more` to `sum`. */
void hb_certify_result_add(hb_certify_result_t *sum, const hb_certify_result_t *more);

/** The list as it is open. */
typedef struct hb_certify_share {
  const char *folder;
  const hb_certify_plan_t *plan;
  char list_sha256[HB_SHA256_TEXT];
} hb_certify_share_t;

/**
 * Makes the folder hold this list; what is there of another is removed.
 * @param folder, plan are kept in `share_out`.
 * @param[out] why one line on failure.
 * @retval HB_ERR_BUSY somebody works on another list.
 * @retval HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_certify_share_open(const char *folder, const char *list,
                                              const hb_certify_plan_t *plan,
                                              hb_certify_share_t *share_out, char *why,
                                              size_t why_len);

typedef enum hb_certify_turn {
  HB_CERTIFY_MINE,  /* claimed: it is to be done here */
  HB_CERTIFY_TAKEN, /* somebody else is at it */
  HB_CERTIFY_DONE,  /* its result is there */
} hb_certify_turn_t;

/** @retval HB_ERR_IO the claim cannot be made. */
HB_MUST_USE hb_status_t hb_certify_share_claim(const hb_certify_share_t *share, size_t unit,
                                               hb_certify_turn_t *turn_out);
/** Says that the work on a unit goes on. */
void hb_certify_share_touch(const hb_certify_share_t *share, size_t unit);
/**
 * Leaves the result and gives up the claim.
 * @retval HB_ERR_INTERNAL its counts are not those of the unit.
 * @retval HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_certify_share_finish(const hb_certify_share_t *share, size_t unit,
                                                const hb_certify_result_t *result);
/** @retval HB_ERR_END there is none yet, or none that counts. */
HB_MUST_USE hb_status_t hb_certify_share_result(const hb_certify_share_t *share, size_t unit,
                                                hb_certify_result_t *result_out);

#endif /* HB_CERTIFY_SHARE_H_ */
