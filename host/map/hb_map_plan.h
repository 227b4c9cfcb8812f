/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How one layer is cut to fit one tile: the geometry the tile sees, and the choice of tile shape,
 * loop order and buffers. Private to host/map/.
 *
 * The loop nest every plan describes (outermost first):
 *
 *   for each weight group of `gk` 16-channel output blocks
 *     for each spatial tile of `th` x `tw` output pixels
 *       for each batch of `gb` output blocks             <- one accumulator half, one run of STOREs
 *         for each chunk of `cc` 16-channel input planes <- one IFM slot
 *           for each output block of the batch
 *             for each weight chunk                      <- one WGT slot
 *               for each half of the block (N = 8: two, else one)
 *                 EXEC
 *
 * gk = all blocks is input-stationary (weights stream past a resident input tile); gk = as many
 * blocks as the WGT scratchpad holds is weight-stationary (input tiles stream past resident
 * weights). When all weights fit they are the same thing and nothing is read twice.
 */

#ifndef HB_MAP_PLAN_H_
#define HB_MAP_PLAN_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"

enum {
  /*
   * Slots of a scratchpad. Every outstanding L2E or E2L token stands for a distinct slot that waits
   * to be read or to be overwritten (hb_map_emit.c), so the sum bounds the token counters below
   * 255.
   */
  HB_MAP_MAX_IFM_SLOTS = 64,
  HB_MAP_MAX_WGT_SLOTS = 96,
  HB_MAP_MAX_PRM_SLOTS = 64,
  HB_MAP_MAX_PLANS = 8, /* plans that are timed command by command */
  HB_MAP_PRM_WORDS = HB_PRM_BLOCK_BYTES / HB_BEAT_BYTES,
};

/**
 * The layer as the tile sees it. Matrix products and 1x1 convolutions without stride and padding
 * are one long row; a strided 1-tap kernel reads only the rows it uses.
 */
typedef struct hb_map_geo {
  uint32_t kind;   /* HB_TILE_KIND_WS or HB_TILE_KIND_OS */
  uint32_t n;      /* array size */
  uint32_t halves; /* EXEC/STORE pairs per 16-channel output block */
  uint32_t c, cb;  /* input channels, 16-channel blocks */
  uint32_t k, kb;  /* output channels, 16-channel blocks */
  uint32_t in_h, in_w, out_h, out_w;
  uint32_t ker_h, ker_w, stride_h, stride_w, dil_h, dil_w;
  int32_t pad_top, pad_left;
  uint64_t in_row_bytes, in_plane_bytes; /* pitches in memory */
  uint64_t out_row_bytes, out_plane_bytes;
  uint32_t out_px_bytes; /* 16, RAW 64 */
} hb_map_geo_t;

typedef struct hb_map_plan {
  uint32_t th, tw; /* output pixels of a spatial tile */
  uint32_t cc;     /* input planes per chunk */
  uint32_t gb, gk; /* see above */
  uint32_t wtiles; /* k-tiles a weight chunk may hold */
  uint32_t ifm_slot_words, ifm_slots;
  uint32_t wgt_slot_words, wgt_slots;
  uint32_t prm_slots; /* of one block each; >= kb: all loaded at once */
  uint32_t acc_half;  /* accumulator rows in a half */
  uint64_t cost;      /* closed-form estimate, cycles: to rank plans only */
} hb_map_plan_t;

/** A run of input rows or columns under a run of outputs. */
typedef struct hb_map_span {
  uint32_t lo, len; /* first input row present, rows present (at least 1) */
  int32_t org;      /* row under tap 0 of the first output, relative to lo */
} hb_map_span_t;

/** Input rows `count` outputs from `first` on touch, clipped to the image (never empty). */
hb_map_span_t hb_map_span_rows(const hb_map_geo_t *geo, uint32_t first, uint32_t count);
hb_map_span_t hb_map_span_cols(const hb_map_geo_t *geo, uint32_t first, uint32_t count);

/** The reduction over one chunk of input planes, cut into weight chunks. */
typedef struct hb_map_reduction {
  uint32_t plane, planes; /* input planes of the chunk */
  uint32_t kc;            /* channel steps per tap */
  uint32_t ktiles;        /* taps * kc */
  uint32_t chunks;        /* weight chunks */
  bool contiguous;        /* the chunk's weights are one run in memory; else one run per tap */
} hb_map_reduction_t;

/** The reduction of chunk `index` of plan->cc planes. chunks is 0 when one tap does not fit a
 * weight chunk. */
hb_map_reduction_t hb_map_reduction(const hb_map_geo_t *geo, const hb_map_plan_t *plan,
                                    uint32_t index);
/** First k-tile of weight chunk `chunk` (== ktiles for chunk == chunks). */
uint32_t hb_map_chunk_start(const hb_map_geo_t *geo, const hb_map_reduction_t *red, uint32_t chunk);

/** The geometry of a layer that passed hb_layer_check(). */
void hb_map_geo_init(const hb_layer_t *layer, const hb_map_tile_t *tile, hb_map_geo_t *geo_out);

/**
 * The best plans by closed form, best first.
 * @param[out] plans_out up to HB_MAP_MAX_PLANS.
 * @param[out] num_out   how many, at least 1 on success.
 * @retval HB_ERR_INPUT a scratchpad is too small; `why` names it, what it needs and what it has.
 */
HB_MUST_USE hb_status_t hb_map_plan(const hb_map_geo_t *geo, const hb_map_tile_t *tile,
                                    hb_map_plan_t *plans_out, uint32_t *num_out, char *why,
                                    size_t why_len);

#endif /* HB_MAP_PLAN_H_ */
