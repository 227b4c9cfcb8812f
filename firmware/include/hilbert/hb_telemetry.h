/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Records the firmware writes to the telemetry port, one 32-bit word at a time.
 *
 * First word: HB_TEL_HEAD(type, number of words that follow). The record carries the cycle in which its
 * first word was written. A record with an unknown type is kept as it is by every reader.
 */

#ifndef HILBERT_HB_TELEMETRY_H_
#define HILBERT_HB_TELEMETRY_H_

#include <stdint.h>

#define HB_TEL_VERSION 2u
#define HB_TEL_MAX_WORDS 15u /* after the head */
#define HB_TEL_HEAD(type, words) (((uint32_t)(type) << 24) | (uint32_t)(words))
#define HB_TEL_TYPE(head) ((uint32_t)(head) >> 24)
#define HB_TEL_WORDS(head) ((uint32_t)(head)&0xffu)

/* X(NAME, number, words, "word 0, word 1, ...") */
#define HB_TEL_TABLE(X)                                                                           \
  X(BOOT, 1, 4, "telemetry version, policy, models, tiles")                                       \
  X(FRAME_ARRIVED, 2, 6, "model, frame, arrival lo, hi, deadline lo, hi")                         \
  X(FRAME_DROPPED, 3, 3, "model, frame, reason HB_DROP_*")                                        \
  X(FRAME_STARTED, 4, 2, "model, frame: first layer dispatched")                                  \
  X(FRAME_DONE, 5, 2, "model, frame: last layer completed")                                       \
  X(DECISION, 6, 4, "tag, tile, ready jobs, free tiles: chosen job and tile")                     \
  X(CANDIDATE, 7, 7, "tag, tile, score (signed, smaller wins), term 0, 1, 2, 3 (signed)")         \
  X(JOB_DONE, 8, 3, "tag, tile, COMPL_STATUS as read")                                            \
  X(FAULT, 9, 4, "hb_status_t, tile or HB_IMAGE_NONE, tag, detail")                               \
  X(TUNE, 10, 5, "alpha, beta, step, UXCost of the window just ended (all Q16), HB_TUNE_*")       \
  X(VARIANT, 11, 3, "model, frame, variant of the model: with FRAME_STARTED if it has several")   \
  X(TILE_RESET, 12, 3, "tile, tag of the lost job, resets of this tile so far")                    \
  X(VARIANT_CANDIDATE, 13, 7, "model, frame, variant, its cycles to go, slack, sharing: frames under way or tiles if more, HB_VARIANT_*")

enum {
#define HB_TEL_ENUM_(name_, value_, words_, text_) HB_TEL_##name_ = (value_),
  HB_TEL_TABLE(HB_TEL_ENUM_)
#undef HB_TEL_ENUM_
};

enum {
  HB_DROP_LATE = 1,       /* deadline passed before the first layer started */
  HB_DROP_OVERRUN = 2,    /* the sensor had no free input slot */
  HB_DROP_DEPENDENCY = 3, /* the frame it depends on was dropped */
  HB_DROP_FAULT = 4,      /* jobs of the frame failed, or no tile is left that runs it */
  HB_DROP_SMART = 5,      /* the policy gave it up: it would have missed its deadline */
};

/* VARIANT_CANDIDATE. */
enum {
  HB_VARIANT_USABLE = 1, /* there are tiles for all its layers */
  HB_VARIANT_FITS = 2,   /* cycles to go * sharing <= slack * tiles */
};

/* TUNE: what the search for alpha and beta does next. */
enum {
  HB_TUNE_BASE = 0,      /* measures the point it stands on */
  HB_TUNE_PROBING = 1,   /* tries a neighbour */
  HB_TUNE_SETTLED = 2,   /* has ended, having moved */
  HB_TUNE_RESTARTED = 3, /* the set of active models changed: measures afresh, from here */
  HB_TUNE_FLAT = 4,      /* has ended where it began: no neighbour was better by more than the noise */
};

#endif /* HILBERT_HB_TELEMETRY_H_ */
