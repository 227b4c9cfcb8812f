/* SPDX-License-Identifier: Apache-2.0 */

#include "token_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOAD = 0, EXEC, STORE, ENGINES };
enum { IFM = 0, WGT, PRM, TAB, ACC, MEMORIES };
enum { TAB_WORDS = 32 };

/* done[e]: commands of engine e that have completed. */
typedef struct clock {
  uint32_t done[ENGINES];
} clock_t3;

typedef struct semaphore {
  clock_t3 *pushes; /* clock after each push */
  uint32_t *waits;  /* index within the waiting engine of each wait */
  uint32_t num_pushes, num_waits, num_retired;
  uint32_t waiter; /* engine */
} semaphore_t;

/* One past the index of the last command of the writing and the reading engine that touched it; 0:
 * none. */
typedef struct word {
  uint32_t written, read;
} word_t;

typedef struct check {
  const hb_map_tile_t *tile;
  word_t *words[MEMORIES];
  uint32_t num_words[MEMORIES];
  semaphore_t tokens[4];
  clock_t3 engine[ENGINES]; /* clock at the end of the engine's last command */
  uint32_t max_level;
  char *why;
  size_t why_len;
  uint32_t index; /* of the command in the program */
} check_t;

#define FAIL(c_, what_, ...)                                                            \
  do {                                                                                  \
    snprintf((c_)->why, (c_)->why_len, "command %u: " what_, (c_)->index, __VA_ARGS__); \
    return false;                                                                       \
  } while (0)

static const char *const kMemory[] = {"IFM", "WGT", "PRM", "TAB", "accumulator half"};

/* `engine` writes words; their reader must be done. */
static bool write_words(check_t *c, uint32_t memory, uint64_t first, uint64_t count,
                        uint32_t writer, uint32_t reader, const clock_t3 *now) {
  if (first + count > c->num_words[memory]) {
    FAIL(c, "%s words %llu beyond the end", kMemory[memory], (unsigned long long)(first + count));
  }
  for (uint64_t i = first; i < first + count; ++i) {
    word_t *word = &c->words[memory][i];
    if (word->read > now->done[reader]) {
      FAIL(c, "%s %llu is overwritten while it may still be read", kMemory[memory],
           (unsigned long long)i);
    }
    word->written = now->done[writer] + 1u;
  }
  return true;
}

static bool read_words(check_t *c, uint32_t memory, uint64_t first, uint64_t count, uint32_t writer,
                       uint32_t reader, const clock_t3 *now) {
  if (first + count > c->num_words[memory]) {
    FAIL(c, "%s words %llu beyond the end", kMemory[memory], (unsigned long long)(first + count));
  }
  for (uint64_t i = first; i < first + count; ++i) {
    word_t *word = &c->words[memory][i];
    if (word->written == 0) {
      FAIL(c, "%s %llu is read but was never written", kMemory[memory], (unsigned long long)i);
    }
    if (word->written > now->done[writer]) {
      FAIL(c, "%s %llu is read while it may still be written", kMemory[memory],
           (unsigned long long)i);
    }
    word->read = now->done[reader] + 1u;
  }
  return true;
}

static bool half_of(check_t *c, uint32_t acc, uint64_t rows, uint32_t *half_out) {
  const uint32_t half = c->tile->acc_rows / 2u;
  *half_out = acc / half;
  if (*half_out > 1 || acc + rows > (uint64_t)half * (*half_out + 1u)) {
    FAIL(c, "accumulator rows %u + %llu leave their half", acc, (unsigned long long)rows);
  }
  return true;
}

/* Words that a VEC reads at `first` of each bank. With 32 lanes a word of one bank may hold unused
 * lanes and never have been written; not those of both. */
static bool read_banks(check_t *c, uint32_t memory, uint64_t first, uint64_t count,
                       const clock_t3 *now) {
  const uint64_t bank = c->num_words[memory] / 2u;
  if (c->tile->size != 32u) {
    return read_words(c, memory, first, count, LOAD, EXEC, now);
  }
  if (first + count > bank) {
    FAIL(c, "%s words %llu beyond the bank", kMemory[memory], (unsigned long long)(first + count));
  }
  for (uint64_t i = first; i < first + count; ++i) {
    const bool low = c->words[memory][i].written != 0;
    const bool high = c->words[memory][bank + i].written != 0;
    if (((low || !high) && !read_words(c, memory, i, 1, LOAD, EXEC, now)) ||
        (high && !read_words(c, memory, bank + i, 1, LOAD, EXEC, now))) {
      return false;
    }
  }
  return true;
}

/* Weights of an EXEC. The last words of a k-tile whose inputs are all zero points may be anything:
 * a product's inner index, or input planes, that end there. */
static bool read_weights(check_t *c, const hb_cmd_exec_t *x, const clock_t3 *now) {
  const uint32_t n = c->tile->size;
  for (uint64_t k = 0; k < x->k_count; ++k) {
    uint64_t words = n;
    while (words > (k == 0 ? 1u : 0u) && c->words[WGT][x->wgt + k * n + words - 1u].written == 0) {
      --words;
    }
    if (words > 0 && !read_banks(c, WGT, x->wgt + k * n, words, now)) {
      return false;
    }
  }
  return true;
}

static bool touch_vec(check_t *c, const hb_cmd_vec_t *v, const clock_t3 *now) {
  uint32_t half;
  for (uint64_t p = 0; p < v->k_c; ++p) {
    for (uint32_t y = 0; y < v->in_h; ++y) {
      if (!read_banks(c, IFM, v->ifm + p * v->plane_pitch + (uint64_t)y * v->row_pitch, v->in_w,
                      now)) {
        return false;
      }
    }
  }
  if (v->fn == HB_CMD_VEC_FN_MAC &&
      !read_banks(c, WGT, v->wgt, (uint64_t)v->ker_h * v->ker_w * v->k_c, now)) {
    return false;
  }
  if (v->flags & HB_CMD_VEC_FLAG_TABLE && !read_words(c, TAB, 0, TAB_WORDS, LOAD, EXEC, now)) {
    return false;
  }
  return half_of(c, v->acc,
                 (v->out_h - 1u) * (uint64_t)v->acc_dy + (v->out_w - 1u) * (uint64_t)v->acc_dx + 1u,
                 &half) &&
         write_words(c, ACC, half, 1, EXEC, STORE, now);
}

static bool touch(check_t *c, const hb_cmd_t *cmd, const clock_t3 *now) {
  uint32_t half;
  switch (cmd->common.opcode) {
    case HB_CMD_OP_LOAD: {
      const uint32_t reader = cmd->load.mem == HB_CMD_LOAD_MEM_PRM ? STORE : EXEC;
      return write_words(c, cmd->load.mem, cmd->load.dst,
                         (uint64_t)cmd->load.beats * cmd->load.rows * cmd->load.planes, LOAD,
                         reader, now);
    }
    case HB_CMD_OP_VEC:
      return touch_vec(c, &cmd->vec, now);
    case HB_CMD_OP_STAT:
      return half_of(c, cmd->stat.dst, cmd->stat.rows, &half) &&
             write_words(c, ACC, half, 1, EXEC, STORE, now);
    case HB_CMD_OP_EXEC: {
      const hb_cmd_exec_t *x = &cmd->exec;
      const uint32_t n = c->tile->size;
      const uint64_t planes = n == 32u ? x->k_c : ((uint64_t)x->k_c * n + 15u) / 16u;
      for (uint64_t p = 0; p < planes; ++p) {
        for (uint32_t y = 0; y < x->in_h; ++y) {
          if (!read_banks(c, IFM, x->ifm + p * x->plane_pitch + (uint64_t)y * x->row_pitch, x->in_w,
                          now)) {
            return false;
          }
        }
      }
      return read_weights(c, x, now) && half_of(c, x->acc, (uint64_t)x->out_h * x->out_w, &half) &&
             write_words(c, ACC, half, 1, EXEC, STORE, now);
    }
    default: {
      const hb_cmd_store_t *s = &cmd->store;
      return read_words(c, PRM, s->prm, 8, LOAD, STORE, now) &&
             half_of(c, s->acc, (uint64_t)s->rows * s->beats, &half) &&
             read_words(c, ACC, half, 1, EXEC, STORE, now);
    }
  }
}

static bool check_command(check_t *c, const hb_cmd_t *cmd) {
  const uint32_t opcode = cmd->common.opcode;
  const uint32_t engine =
      opcode == HB_CMD_OP_VEC || opcode == HB_CMD_OP_STAT ? EXEC : opcode - HB_CMD_OP_LOAD;
  clock_t3 now = c->engine[engine];
  for (uint32_t t = 0; t < 4; ++t) {
    semaphore_t *token = &c->tokens[t];
    if (!(cmd->common.tokens >> t & 1u)) {
      continue;
    }
    if (token->num_waits == token->num_pushes) {
      FAIL(c, "waits for token %u that nobody has pushed", t);
    }
    const clock_t3 *pushed = &token->pushes[token->num_waits];
    for (uint32_t e = 0; e < ENGINES; ++e) {
      now.done[e] = now.done[e] > pushed->done[e] ? now.done[e] : pushed->done[e];
    }
    token->waits[token->num_waits++] = now.done[engine];
    token->waiter = engine;
  }
  if (!touch(c, cmd, &now)) {
    return false;
  }
  ++now.done[engine];
  c->engine[engine] = now;
  for (uint32_t t = 0; t < 4; ++t) {
    semaphore_t *token = &c->tokens[t];
    if (!(cmd->common.tokens >> (t + 4u) & 1u)) {
      continue;
    }
    token->pushes[token->num_pushes++] = now;
    /* Waits certain to be over by now; any other may be late. */
    while (token->num_retired < token->num_waits &&
           token->waits[token->num_retired] < now.done[token->waiter]) {
      ++token->num_retired;
    }
    const uint32_t level = token->num_pushes - token->num_retired;
    c->max_level = level > c->max_level ? level : c->max_level;
  }
  return true;
}

static bool check_all(check_t *c, const hb_cmd_t *commands, uint32_t num, uint32_t max_level) {
  for (c->index = 0; c->index + 1u < num; ++c->index) {
    if (!check_command(c, &commands[c->index])) {
      return false;
    }
  }
  for (uint32_t t = 0; t < 4; ++t) {
    if (c->tokens[t].num_pushes != c->tokens[t].num_waits) {
      FAIL(c, "%u tokens %u left over", c->tokens[t].num_pushes - c->tokens[t].num_waits, t);
    }
  }
  if (c->max_level > max_level) {
    FAIL(c, "a semaphore can reach %u", c->max_level);
  }
  return true;
}

int token_check(const hb_map_tile_t *tile, const hb_cmd_t *commands, uint32_t num,
                uint32_t max_level, uint32_t *level_out, char *why, size_t why_len) {
  check_t c = {.tile = tile,
               .why = why,
               .why_len = why_len,
               .num_words = {tile->ifm_words, tile->wgt_words, tile->prm_words, TAB_WORDS, 2}};
  why[0] = '\0';
  for (uint32_t i = 0; i < MEMORIES; ++i) {
    c.words[i] = calloc(c.num_words[i], sizeof(word_t));
  }
  for (uint32_t t = 0; t < 4; ++t) {
    c.tokens[t].pushes = calloc(num, sizeof(clock_t3));
    c.tokens[t].waits = calloc(num, sizeof(uint32_t));
  }
  const bool ok = check_all(&c, commands, num, max_level);
  *level_out = c.max_level;
  for (uint32_t i = 0; i < MEMORIES; ++i) {
    free(c.words[i]);
  }
  for (uint32_t t = 0; t < 4; ++t) {
    free(c.tokens[t].pushes);
    free(c.tokens[t].waits);
  }
  return ok ? 0 : -1;
}
