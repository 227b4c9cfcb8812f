/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Systolic programs for layers that are many small convolutions, or run on two banks: grouped and
 * transposed convolutions, batched products, everything on 32 x 32. Private to host/map/.
 */

#ifndef HB_MAP_PIECE_H_
#define HB_MAP_PIECE_H_

#include "hb_map.h"

/** As hb_map_layer(), for CONV, MATMUL, CONV_TRANSPOSE and BATCH_MATMUL on an array of any size. */
HB_MUST_USE hb_status_t hb_map_piece_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                                           hb_program_t *program_out, char *why, size_t why_len);

#endif /* HB_MAP_PIECE_H_ */
