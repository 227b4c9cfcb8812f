/* SPDX-License-Identifier: Apache-2.0 */

#include "tile_interp.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tensor.h"
#include "test_random.h"

typedef struct machine {
  const hb_map_tile_t *tile;
  const tile_interp_memory_t *base;
  uint8_t *pad[3]; /* IFM, WGT, PRM */
  uint32_t pad_words[3];
  int32_t *acc;
  char *why;
  size_t why_len;
} machine_t;

#define FAIL(m_, ...)                                \
  do {                                               \
    snprintf((m_)->why, (m_)->why_len, __VA_ARGS__); \
    return false;                                    \
  } while (0)

/* `len` bytes at base[sel] + offset, or NULL. */
static uint8_t *memory_at(machine_t *m, uint32_t sel, uint64_t offset, uint64_t len) {
  if (sel > 3 || m->base[sel].bytes == NULL || offset % 16u != 0 ||
      offset + len > m->base[sel].len) {
    return NULL;
  }
  return m->base[sel].bytes + offset;
}

static bool run_load(machine_t *m, const hb_cmd_load_t *c) {
  if (c->mem > 2 || c->beats == 0 || c->rows == 0 || c->planes == 0) {
    FAIL(m, "LOAD: bad field");
  }
  const uint64_t words = (uint64_t)c->beats * c->rows * c->planes;
  if (c->dst + words > m->pad_words[c->mem]) {
    FAIL(m, "LOAD: words %u + %llu beyond scratchpad %u", c->dst, (unsigned long long)words,
         c->mem);
  }
  uint8_t *dst = m->pad[c->mem] + (size_t)c->dst * 16u;
  for (uint32_t p = 0; p < c->planes; ++p) {
    for (uint32_t r = 0; r < c->rows; ++r) {
      const uint64_t src =
          (uint64_t)c->src + (uint64_t)p * c->plane_pitch + (uint64_t)r * c->row_pitch;
      const uint8_t *from = memory_at(m, c->base, src, (uint64_t)c->beats * 16u);
      if (from == NULL) {
        FAIL(m, "LOAD: base %u + %llu outside memory", c->base, (unsigned long long)src);
      }
      memcpy(dst, from, (size_t)c->beats * 16u);
      dst += (size_t)c->beats * 16u;
    }
  }
  return true;
}

static int32_t operand(uint8_t byte, bool is_signed, uint8_t zp) {
  return is_signed ? (int32_t)(int8_t)byte - (int8_t)zp : (int32_t)byte - zp;
}

static bool run_exec(machine_t *m, const hb_cmd_exec_t *c) {
  const uint32_t n = m->tile->size;
  if (c->in_h == 0 || c->in_w == 0 || c->out_h == 0 || c->out_w == 0 || c->stride_y == 0 ||
      c->stride_x == 0 || c->dil_y == 0 || c->dil_x == 0 || c->ker_h == 0 || c->ker_w == 0 ||
      c->k_c == 0 || c->k_count == 0) {
    FAIL(m, "EXEC: bad field");
  }
  const bool x_signed = c->flags & HB_CMD_EXEC_FLAG_X_SIGNED,
             w_signed = c->flags & HB_CMD_EXEC_FLAG_W_SIGNED;
  const uint32_t lane0 = c->flags & HB_CMD_EXEC_FLAG_HALF ? 8 : 0;
  if (lane0 != 0 && n != 8) {
    FAIL(m, "EXEC: HALF on an array of %u", n);
  }
  if (c->wgt + (uint64_t)c->k_count * n > m->pad_words[1]) {
    FAIL(m, "EXEC: weights beyond WGT");
  }
  if ((uint64_t)c->acc + (uint64_t)c->out_h * c->out_w > m->tile->acc_rows) {
    FAIL(m, "EXEC: rows beyond the accumulator");
  }
  if (c->c0 >= c->k_c || c->s0 >= c->ker_w || c->r0 >= c->ker_h) {
    FAIL(m, "EXEC: start outside the kernel");
  }
  uint32_t r = c->r0, s = c->s0, step = c->c0;
  for (uint32_t k = 0; k < c->k_count; ++k) {
    if (r >= c->ker_h) {
      FAIL(m, "EXEC: k_count runs past the kernel");
    }
    const uint32_t plane = step * n / 16u, lane = step * n % 16u;
    const uint8_t *w = m->pad[1] + ((size_t)c->wgt + (size_t)k * n) * 16u + lane0;
    for (uint32_t y = 0; y < c->out_h; ++y) {
      for (uint32_t x = 0; x < c->out_w; ++x) {
        int32_t *acc = m->acc + ((size_t)c->acc + (size_t)y * c->out_w + x) * n;
        if (k == 0 && c->flags & HB_CMD_EXEC_FLAG_INIT) {
          memset(acc, 0, n * sizeof(*acc));
        }
        const int32_t iy = c->org_y + (int32_t)(y * c->stride_y + r * c->dil_y);
        const int32_t ix = c->org_x + (int32_t)(x * c->stride_x + s * c->dil_x);
        if (iy < 0 || ix < 0 || iy >= c->in_h || ix >= c->in_w) {
          continue;
        }
        const uint64_t word =
            c->ifm + (uint64_t)plane * c->plane_pitch + (uint64_t)iy * c->row_pitch + (uint64_t)ix;
        if (word >= m->pad_words[0]) {
          FAIL(m, "EXEC: pixel beyond IFM");
        }
        const uint8_t *px = m->pad[0] + word * 16u + lane;
        for (uint32_t i = 0; i < n; ++i) {
          const uint32_t xv = (uint32_t)operand(px[i], x_signed, c->x_zp);
          for (uint32_t o = 0; o < n; ++o) {
            const uint32_t wv = (uint32_t)operand(w[i * 16u + o], w_signed, c->w_zp);
            acc[o] = (int32_t)((uint32_t)acc[o] + xv * wv);
          }
        }
      }
    }
    if (++step == c->k_c) {
      step = 0;
      if (++s == c->ker_w) {
        s = 0;
        ++r;
      }
    }
  }
  return true;
}

static uint8_t requantise(int32_t t, float scale, const hb_cmd_store_t *c) {
  const volatile float f = (float)t; /* volatile: binary32 steps, nothing fused */
  const volatile float p = f * scale;
  const bool y_signed = c->flags & HB_CMD_STORE_FLAG_Y_SIGNED;
  const double lo = y_signed ? (int8_t)c->clip_min : c->clip_min;
  const double hi = y_signed ? (int8_t)c->clip_max : c->clip_max;
  const double y = (double)nearbyintf(p) + (y_signed ? (int8_t)c->y_zp : c->y_zp);
  return (uint8_t)(int32_t)(y < lo ? lo : y > hi ? hi : y);
}

static bool run_store(machine_t *m, const hb_cmd_store_t *c) {
  const uint32_t n = m->tile->size;
  const bool raw = c->flags & HB_CMD_STORE_FLAG_RAW;
  const uint32_t lane0 = c->flags & HB_CMD_STORE_FLAG_HALF ? 8 : 0;
  if (c->beats == 0 || c->rows == 0 || (lane0 != 0 && n != 8)) {
    FAIL(m, "STORE: bad field");
  }
  if ((uint64_t)c->acc + (uint64_t)c->rows * c->beats > m->tile->acc_rows) {
    FAIL(m, "STORE: rows beyond the accumulator");
  }
  if (c->prm + 8u > m->pad_words[2]) {
    FAIL(m, "STORE: parameters beyond PRM");
  }
  int32_t bias[16];
  float scale[16];
  memcpy(bias, m->pad[2] + (size_t)c->prm * 16u, sizeof(bias));
  memcpy(scale, m->pad[2] + (size_t)c->prm * 16u + 64u, sizeof(scale));
  const uint32_t px_bytes = raw ? 64 : 16;
  for (uint32_t r = 0; r < c->rows; ++r) {
    for (uint32_t x = 0; x < c->beats; ++x) {
      const uint64_t dst = (uint64_t)c->dst + (uint64_t)r * c->row_pitch + (uint64_t)x * px_bytes;
      uint8_t *to = memory_at(m, c->base, dst, px_bytes);
      if (to == NULL) {
        FAIL(m, "STORE: base %u + %llu outside memory", c->base, (unsigned long long)dst);
      }
      const int32_t *acc = m->acc + ((size_t)c->acc + (size_t)r * c->beats + x) * n;
      for (uint32_t o = 0; o < n; ++o) {
        const int32_t t = (int32_t)((uint32_t)acc[o] + (uint32_t)bias[lane0 + o]);
        if (raw) {
          memcpy(to + (lane0 + o) * 4u, &t, 4);
        } else {
          to[lane0 + o] = requantise(t, scale[lane0 + o], c);
        }
      }
    }
  }
  return true;
}

static bool run_command(machine_t *m, const hb_cmd_t *cmd) {
  static const uint8_t kMayWait[] = {HB_CMD_LOAD_MAY_WAIT, HB_CMD_EXEC_MAY_WAIT,
                                     HB_CMD_STORE_MAY_WAIT};
  static const uint8_t kMayPush[] = {HB_CMD_LOAD_MAY_PUSH, HB_CMD_EXEC_MAY_PUSH,
                                     HB_CMD_STORE_MAY_PUSH};
  const uint32_t engine = cmd->common.opcode - HB_CMD_OP_LOAD;
  if ((cmd->common.tokens & 15u & ~(unsigned)kMayWait[engine]) ||
      ((unsigned)cmd->common.tokens >> 4 & ~(unsigned)kMayPush[engine])) {
    FAIL(m, "a token the engine has no right to");
  }
  switch (cmd->common.opcode) {
    case HB_CMD_OP_LOAD:
      return run_load(m, &cmd->load);
    case HB_CMD_OP_EXEC:
      return run_exec(m, &cmd->exec);
    default:
      return run_store(m, &cmd->store);
  }
}

/* Engines in the order they are tried; the first that can run does. */
static void priorities(tile_interp_order_t order, test_random_t *random, uint32_t out[3]) {
  static const uint32_t kFixed[2][3] = {{0, 1, 2}, {2, 1, 0}};
  memcpy(out, kFixed[order == TILE_INTERP_LOAD_LAST], 3 * sizeof(*out));
  if (order == TILE_INTERP_RANDOM) {
    for (uint32_t i = 2; i > 0; --i) {
      const uint32_t j = test_random_below(random, i + 1u);
      const uint32_t swap = out[i];
      out[i] = out[j];
      out[j] = swap;
    }
  }
}

static bool run_all(machine_t *m, const hb_cmd_t *commands, uint32_t num, tile_interp_order_t order,
                    test_random_t *random) {
  uint32_t tokens[4] = {0};
  uint32_t next[3] = {0};
  if (num == 0 || commands[num - 1u].common.opcode != HB_CMD_OP_END) {
    FAIL(m, "the last command is not END");
  }
  for (uint32_t done = 0; done + 1u < num; ++done) {
    uint32_t try_order[3];
    priorities(order, random, try_order);
    const hb_cmd_t *run = NULL;
    for (uint32_t t = 0; t < 3 && run == NULL; ++t) {
      const uint32_t e = try_order[t];
      while (next[e] + 1u < num && commands[next[e]].common.opcode != HB_CMD_OP_LOAD + e) {
        ++next[e];
      }
      if (next[e] + 1u >= num || (order == TILE_INTERP_PROGRAM && next[e] != done)) {
        continue;
      }
      bool ready = true;
      for (uint32_t k = 0; k < 4; ++k) {
        ready = ready && (!(commands[next[e]].common.tokens >> k & 1u) || tokens[k] > 0);
      }
      run = ready ? &commands[next[e]++] : NULL;
    }
    if (run == NULL) {
      FAIL(m, "deadlock after %u of %u commands", done, num);
    }
    for (uint32_t k = 0; k < 4; ++k) {
      tokens[k] -= run->common.tokens >> k & 1u;
    }
    if (!run_command(m, run)) {
      const size_t len = strlen(m->why);
      snprintf(m->why + len, m->why_len - len, " (command %u)", (uint32_t)(run - commands));
      return false;
    }
    for (uint32_t k = 0; k < 4; ++k) {
      tokens[k] += run->common.tokens >> (k + 4u) & 1u;
    }
  }
  if (tokens[0] || tokens[1] || tokens[2] || tokens[3]) {
    FAIL(m, "tokens left over");
  }
  return true;
}

int tile_interp_run(const hb_map_tile_t *tile, const hb_cmd_t *commands, uint32_t num,
                    const tile_interp_memory_t base[4], tile_interp_order_t order, uint64_t seed,
                    char *why, size_t why_len) {
  machine_t m = {.tile = tile,
                 .base = base,
                 .why = why,
                 .why_len = why_len,
                 .pad_words = {tile->ifm_words, tile->wgt_words, tile->prm_words}};
  test_random_t random = {seed};
  why[0] = '\0';
  for (uint32_t i = 0; i < 3; ++i) {
    m.pad[i] = malloc((size_t)m.pad_words[i] * 16u + 1u);
    for (size_t b = 0; b < (size_t)m.pad_words[i] * 16u; ++b) {
      m.pad[i][b] = (uint8_t)test_random_next(&random);
    }
  }
  const size_t rows = (size_t)tile->acc_rows * tile->size;
  m.acc = malloc(rows * sizeof(*m.acc));
  for (size_t i = 0; i < rows; ++i) {
    m.acc[i] = (int32_t)test_random_next(&random);
  }
  const bool ok = run_all(&m, commands, num, order, &random);
  for (uint32_t i = 0; i < 3; ++i) {
    free(m.pad[i]);
  }
  free(m.acc);
  return ok ? 0 : -1;
}
