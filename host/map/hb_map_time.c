/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_map_time.h"

#include <assert.h>
#include <stdbool.h>

enum { ENGINES = 3, TOKENS = 4, TOKEN_RING = 256 };

/* Completion times of pushes nobody has waited for yet. */
typedef struct token_queue {
  uint64_t when[TOKEN_RING];
  uint32_t head, level;
} token_queue_t;

typedef struct engine {
  uint64_t free;                /* when it can take the next command */
  uint64_t start[HB_TIME_FIFO]; /* start times of the last commands: when they left the FIFO */
  uint32_t count;
} engine_t;

static uint64_t store_px_beats(const hb_cmd_t *cmd) {
  return cmd->store.flags & HB_CMD_STORE_FLAG_RAW ? 4u
                                                  : 1u; /* N = 8: half of them without strobes */
}

/* Cycles the command keeps its engine. */
static uint64_t command_cycles(const hb_cmd_t *cmd, uint32_t kind, uint32_t n) {
  switch (cmd->common.opcode) {
    case HB_CMD_OP_LOAD:
      return hb_map_time_beats(cmd->load.beats, (uint64_t)cmd->load.rows * cmd->load.planes);
    case HB_CMD_OP_EXEC:
      return hb_map_time_exec(cmd->exec.k_count, (uint64_t)cmd->exec.out_h * cmd->exec.out_w, kind,
                              n);
    case HB_CMD_OP_VEC: {
      const uint64_t terms = (uint64_t)cmd->vec.ker_h * cmd->vec.ker_w * cmd->vec.k_c;
      const bool waits = cmd->vec.flags & (HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE);
      return terms * cmd->vec.out_h * cmd->vec.out_w + (waits ? HB_TIME_VEC_DRAIN : 0u);
    }
    case HB_CMD_OP_STAT:
      return HB_TIME_VEC_DRAIN +
             (uint64_t)cmd->stat.rows *
                 (cmd->stat.fn == HB_CMD_STAT_FN_RECIP ? HB_TIME_RECIP : HB_TIME_RSQRT);
    default:
      return hb_map_time_store(cmd->store.beats * store_px_beats(cmd), cmd->store.rows);
  }
}

/* LOAD, execute, STORE. */
static uint32_t engine_of(uint32_t opcode) {
  return opcode == HB_CMD_OP_VEC || opcode == HB_CMD_OP_STAT ? 1u : opcode - HB_CMD_OP_LOAD;
}

uint64_t hb_map_time(const hb_cmd_t *commands, uint32_t num, uint32_t kind, uint32_t n) {
  /* From a command's last cycle to its push: L2E, E2L, E2S, S2E. */
  const uint64_t drain = kind == HB_TILE_KIND_VECTOR
                             ? HB_TIME_VEC_DRAIN
                             : (kind == HB_TILE_KIND_OS ? n : 2u * n) + HB_TIME_DRAIN;
  const uint64_t lag[TOKENS] = {HB_TIME_READ, 0, drain, 0};
  static const uint32_t decode_cycles[ENGINES] = {HB_TIME_DECODE_LOAD, HB_TIME_DECODE_EXEC,
                                                  HB_TIME_DECODE_STORE};
  token_queue_t tokens[TOKENS] = {0};
  engine_t engines[ENGINES] = {0};
  uint64_t dispatch = HB_TIME_START;
  uint64_t end = 0;
  for (uint32_t i = 0; i < num; ++i) {
    const hb_cmd_t *cmd = &commands[i];
    if (cmd->common.opcode == HB_CMD_OP_END) {
      break;
    }
    const uint32_t which = engine_of(cmd->common.opcode);
    engine_t *engine = &engines[which];
    dispatch += decode_cycles[which];
    if (engine->count >= HB_TIME_FIFO) {
      const uint64_t left = engine->start[engine->count % HB_TIME_FIFO];
      dispatch = dispatch > left ? dispatch : left;
    }
    uint64_t start = dispatch > engine->free ? dispatch : engine->free;
    for (uint32_t t = 0; t < TOKENS; ++t) {
      if (cmd->common.tokens >> t & 1u) {
        token_queue_t *queue = &tokens[t];
        assert(queue->level > 0);
        const uint64_t when = queue->when[queue->head];
        queue->head = (queue->head + 1u) % TOKEN_RING;
        --queue->level;
        start = start > when ? start : when;
      }
    }
    engine->start[engine->count % HB_TIME_FIFO] = start;
    ++engine->count;
    engine->free = start + command_cycles(cmd, kind, n);
    end = end > engine->free ? end : engine->free;
    for (uint32_t t = 0; t < TOKENS; ++t) {
      if (cmd->common.tokens >> (t + 4u) & 1u) {
        token_queue_t *queue = &tokens[t];
        assert(queue->level < TOKEN_RING);
        queue->when[(queue->head + queue->level) % TOKEN_RING] = engine->free + lag[t];
        ++queue->level;
      }
    }
  }
  end += HB_TIME_WRITE;
  return end > dispatch ? end : dispatch;
}

uint64_t hb_map_time_moved(const hb_cmd_t *commands, uint32_t num) {
  uint64_t beats = (uint64_t)num * HB_TIME_FETCH;
  for (uint32_t i = 0; i < num; ++i) {
    const hb_cmd_t *cmd = &commands[i];
    if (cmd->common.opcode == HB_CMD_OP_LOAD) {
      beats += (uint64_t)cmd->load.beats * cmd->load.rows * cmd->load.planes;
    } else if (cmd->common.opcode == HB_CMD_OP_STORE) {
      beats += (uint64_t)cmd->store.beats * cmd->store.rows * store_px_beats(cmd);
    }
  }
  return beats;
}
