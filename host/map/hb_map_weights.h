/* SPDX-License-Identifier: Apache-2.0 */

/** @file Blocks of weights: what hb_map.h's layout of a layer's constants is made of. Private to
 * host/map/. */

#ifndef HB_MAP_WEIGHTS_H_
#define HB_MAP_WEIGHTS_H_

#include <stdbool.h>

#include "hb_map.h"

enum { HB_MAP_ZERO_BEATS = 16 };

/** Weights of 16 output channels of one phase: `[ker_h][ker_w][planes][16 c][16 k]`. */
typedef struct hb_map_wblock {
  uint32_t phase, kb;
  uint32_t plane, planes; /* of the input */
  uint32_t ker_h, ker_w;
  bool empty;             /* a phase without taps */
  uint64_t offset, bytes; /* in the constants */
} hb_map_wblock_t;

/** Convolutions the layer is made of: CONV_TRANSPOSE stride_h * stride_w, else 1. */
uint32_t hb_map_phases(const hb_layer_t *layer);

/** The first block. The next ones follow in memory: all blocks of phase 0, then of phase 1, ... */
hb_map_wblock_t hb_map_wblock_first(const hb_layer_t *layer);
/** Steps to the next block; false behind the last. */
bool hb_map_wblock_next(const hb_layer_t *layer, hb_map_wblock_t *block);

#endif /* HB_MAP_WEIGHTS_H_ */
