/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_map_vec.h"

#include <stdio.h>

hb_status_t hb_map_vec_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                             hb_program_t *program_out, char *why, size_t why_len) {
  (void)program_out;
  snprintf(why, why_len, "a vector tile of %u lanes cannot run %s layers", tile->size,
           hb_op_name(layer->op));
  return HB_ERR_INPUT;
}

uint64_t hb_map_vec_const_bytes(const hb_layer_t *layer) {
  (void)layer;
  return 0;
}

void hb_map_vec_synthesise(const hb_layer_t *layer, uint64_t stream, const uint8_t *consts,
                           uint8_t *vec) {
  (void)layer;
  (void)stream;
  (void)consts;
  (void)vec;
}
