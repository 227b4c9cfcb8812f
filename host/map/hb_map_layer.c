/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>

#include "hb_map.h"
#include "hb_map_emit.h"
#include "hb_map_piece.h"
#include "hb_map_plan.h"
#include "hb_map_time.h"
#include "hb_map_vec.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

#define FIELD(value_, name_) (((value_)&HB_TILE_##name_##_MASK) >> HB_TILE_##name_##_LSB)

void hb_map_tile_decode(uint32_t id, uint32_t caps, hb_map_tile_t *tile_out) {
  const uint32_t words_per_kib = 1024u / HB_BEAT_BYTES;
  *tile_out = (hb_map_tile_t){
      .kind = FIELD(id, ID_KIND),
      .size = FIELD(id, ID_SIZE),
      .ifm_words = FIELD(caps, CAPS_IFM_KIB) * words_per_kib,
      .wgt_words = FIELD(caps, CAPS_WGT_KIB) * words_per_kib,
      .prm_words = FIELD(caps, CAPS_PRM_KIB) * words_per_kib,
      .acc_rows = 1u << FIELD(caps, CAPS_ACC_LOG2),
  };
}

void hb_program_release(hb_program_t *program) {
  free(program->commands);
  *program = (hb_program_t){0};
}

/* Offsets in commands have 32 bits. */
static hb_status_t check_sizes(const hb_layer_t *layer, char *why, size_t why_len) {
  const uint64_t limit = UINT32_MAX;
  const uint64_t in = hb_map_in_bytes(layer), in2 = hb_map_in2_bytes(layer);
  const uint64_t out = hb_map_out_bytes(layer), consts = hb_map_const_bytes(layer);
  if (in > limit || in2 > limit || out > limit || consts > limit) {
    snprintf(why, why_len,
             "a tensor exceeds 4 GiB (input %llu, second input %llu, output %llu, constants %llu "
             "bytes)",
             (unsigned long long)in, (unsigned long long)in2, (unsigned long long)out,
             (unsigned long long)consts);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

static hb_status_t systolic_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                                  hb_program_t *program_out, char *why, size_t why_len) {
  if (!hb_op_has_weights(layer->op) && layer->op != HB_OP_BATCH_MATMUL) {
    snprintf(why, why_len, "a systolic array cannot run %s layers", hb_op_name(layer->op));
    return HB_ERR_INPUT;
  }
  if (tile->size != 8u && tile->size != 16u && tile->size != 32u) {
    snprintf(why, why_len, "an array of %ux%u is not supported: 8, 16 or 32", tile->size,
             tile->size);
    return HB_ERR_INPUT;
  }
  const bool dense = layer->op == HB_OP_CONV || layer->op == HB_OP_MATMUL;
  if (tile->size == 32u || !dense || hb_layer_groups(layer) > 1u) {
    return hb_map_piece_layer(layer, tile, program_out, why, why_len);
  }
  hb_map_geo_t geo;
  hb_map_geo_init(layer, tile, &geo);
  hb_map_plan_t plans[HB_MAP_MAX_PLANS];
  uint32_t num_plans = 0;
  HB_TRY(hb_map_plan(&geo, tile, plans, &num_plans, why, why_len));

  hb_program_t best = {0};
  uint64_t best_cost = 0;
  for (uint32_t i = 0; i < num_plans; ++i) {
    hb_program_t program = {0};
    const hb_status_t status = hb_map_emit(layer, &geo, &plans[i], &program);
    if (status == HB_ERR_RANGE) {
      continue;
    }
    if (status != HB_OK) {
      hb_program_release(&best);
      return status;
    }
    program.est_cycles =
        hb_map_time(program.commands, program.num_commands, tile->kind, tile->size);
    program.macs = hb_layer_macs(layer);
    const uint64_t cost = program.est_cycles + hb_map_time_traffic(hb_map_time_moved(
                                                   program.commands, program.num_commands));
    if (best.commands == NULL || cost < best_cost) {
      hb_program_release(&best);
      best = program;
      best_cost = cost;
    } else {
      hb_program_release(&program);
    }
  }
  if (best.commands == NULL) {
    snprintf(why, why_len,
             "the program would exceed 2^20 - 1 commands: the scratchpads are too small");
    return HB_ERR_INPUT;
  }
  *program_out = best;
  return HB_OK;
}

hb_status_t hb_map_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                         hb_program_t *program_out, char *why, size_t why_len) {
  HB_TRY(hb_layer_check(layer, why, why_len));
  HB_TRY(check_sizes(layer, why, why_len));
  switch (tile->kind) {
    case HB_TILE_KIND_WS:
    case HB_TILE_KIND_OS:
      return systolic_layer(layer, tile, program_out, why, why_len);
    case HB_TILE_KIND_VECTOR:
      return hb_map_vec_layer(layer, tile, program_out, why, why_len);
    default:
      snprintf(why, why_len, "the mapper makes no programs for tiles of kind %u", tile->kind);
      return HB_ERR_INPUT;
  }
}
