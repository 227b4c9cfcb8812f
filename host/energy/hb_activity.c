/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_activity.h"

#include <string.h>

#include "hilbert/hb_tile_regs.h"

/* Words of a scratchpad that one access of a tile of N = 32 takes: it has two banks. */
static uint64_t banks_of(const hb_map_tile_t *tile) {
  return tile->size == 32u ? 2u : 1u;
}

static void add_load(const hb_cmd_load_t *load, hb_activity_t *sum) {
  const uint64_t words = (uint64_t)load->beats * load->rows * load->planes;
  uint64_t *memory = load->mem == HB_CMD_LOAD_MEM_IFM   ? &sum->ifm
                     : load->mem == HB_CMD_LOAD_MEM_WGT ? &sum->wgt
                                                        : &sum->other;
  *memory += words;
  sum->loaded += words;
}

/* Weight-stationary: N weight words a k-tile, every sum read and written each k-tile.
 * Output-stationary: the weights again for each block of N pixels, every sum written once. */
static void add_exec(const hb_cmd_exec_t *exec, const hb_map_tile_t *tile, uint64_t row_words,
                     hb_activity_t *sum) {
  const uint64_t n = tile->size;
  const uint64_t pixels = (uint64_t)exec->out_h * exec->out_w;
  const uint64_t blocks = (pixels + n - 1) / n;
  const uint64_t steps = exec->k_count;
  const bool init = (exec->flags & HB_CMD_EXEC_FLAG_INIT) != 0;
  sum->macs += pixels * steps * n * n;
  sum->ifm += pixels * steps * banks_of(tile);
  if (tile->kind == HB_TILE_KIND_WS) {
    sum->wgt += steps * n * banks_of(tile);
    sum->acc += pixels * (2 * steps - (init ? 1 : 0)) * row_words;
  } else {
    sum->wgt += blocks * steps * n * banks_of(tile);
    sum->acc += pixels * (init ? 1 : 2) * row_words;
  }
}

static void add_vec(const hb_cmd_vec_t *vec, const hb_map_tile_t *tile, uint64_t row_words,
                    hb_activity_t *sum) {
  const uint64_t pixels = (uint64_t)vec->out_h * vec->out_w;
  const uint64_t terms = (uint64_t)vec->ker_h * vec->ker_w * vec->k_c;
  const bool scaled = (vec->flags & (HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE)) != 0;
  const bool adds = (vec->flags & HB_CMD_VEC_FLAG_ACC) != 0;
  sum->macs += pixels * terms * tile->size;
  sum->ifm += pixels * terms * banks_of(tile);
  if (vec->fn == HB_CMD_VEC_FN_MAC) {
    sum->wgt += pixels * terms * banks_of(tile);
  }
  if ((vec->flags & HB_CMD_VEC_FLAG_TABLE) != 0) {
    sum->other += pixels * terms * tile->size; /* every lane looks up its own entry */
  }
  sum->acc += pixels * (1 + (scaled ? 1u : 0u) + (adds ? 1u : 0u)) * row_words;
}

void hb_activity_of(const hb_program_t *program, const hb_map_tile_t *tile,
                    hb_activity_t *activity_out) {
  hb_activity_t sum = {0};
  const uint64_t row_words = tile->size * 4u / 16u; /* int32 */
  for (uint32_t i = 0; i < program->num_commands; i++) {
    const hb_cmd_t *cmd = &program->commands[i];
    switch (cmd->common.opcode) {
      case HB_CMD_OP_LOAD:
        add_load(&cmd->load, &sum);
        break;
      case HB_CMD_OP_EXEC:
        add_exec(&cmd->exec, tile, row_words, &sum);
        break;
      case HB_CMD_OP_VEC:
        add_vec(&cmd->vec, tile, row_words, &sum);
        break;
      case HB_CMD_OP_STAT:
        sum.acc += 3u * cmd->stat.rows * row_words; /* two rows read, one written */
        break;
      case HB_CMD_OP_STORE:
        /* A command's parameters once, and a row for each pixel. */
        sum.other += 8;
        sum.acc += (uint64_t)cmd->store.rows * cmd->store.beats * row_words;
        sum.stored += (uint64_t)cmd->store.rows * cmd->store.beats *
                      ((cmd->store.flags & HB_CMD_STORE_FLAG_RAW) != 0 ? 4u : 1u);
        break;
      default:
        break;
    }
  }
  *activity_out = sum;
}
