/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The mapper for vector tiles. Private to host/map/; hb_map_layer() and hb_map_const_bytes() and
 * their like call it.
 *
 * A layer's constants in memory (hb_map.h) are what systolic tiles read, then, from
 * hb_map_vec_offset() on, what vector tiles read: their parameters, tables, and for a depthwise
 * convolution its weights once more, in the order of their lanes. Layers that only vector tiles run
 * have an empty first part.
 */

#ifndef HB_MAP_VEC_H_
#define HB_MAP_VEC_H_

#include "hb_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/** As hb_map_layer(), for a tile of kind VECTOR. */
HB_MUST_USE hb_status_t hb_map_vec_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                                         hb_program_t *program_out, char *why, size_t why_len);

/** Bytes of the vector tiles' part of a layer's constants, a multiple of 16; 0 if no vector tile
 * can run it. */
uint64_t hb_map_vec_const_bytes(const hb_layer_t *layer);

/**
 * Fills the vector tiles' part of a layer's constants. A function of the layer, of `stream` (random
 * values of this layer, for what is synthetic: gamma and beta of a layer normalisation) and, for a
 * convolution, of the systolic part, which is there already: its weights by
 * hb_map_weight_offset(), its biases and scales at hb_map_prm_offset().
 *
 * @param consts     the layer's constants from their first byte on.
 * @param vec        the part to fill, hb_map_vec_const_bytes() of it.
 */
void hb_map_vec_synthesise(const hb_layer_t *layer, uint64_t stream, const uint8_t *consts,
                           uint8_t *vec);

/** Where the requantisation parameters begin in the vector part. */
uint32_t hb_map_vec_prm_at(const hb_layer_t *layer);

/** Sets the parameters of output channel `channel` in the vector part: the STORE makes round(scale
 * * (a + bias)) of an accumulator a. */
void hb_map_vec_parameter(const hb_layer_t *layer, uint8_t *vec, uint32_t channel, int32_t bias,
                          float scale);

/** LAYER_NORM: sets gamma and beta of a channel (synthetic ones are 0.5 .. 1.5 and -0.5 .. 0.5).
 * |beta / gamma| up to 15258; a gamma closer to 0 than 1e-6 counts as 1e-6. */
void hb_map_vec_norm(const hb_layer_t *layer, uint8_t *vec, uint32_t channel, double gamma,
                     double beta);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MAP_VEC_H_ */
