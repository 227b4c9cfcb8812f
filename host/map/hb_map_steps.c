/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_map_steps.h"

#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tensor.h"

enum { MAX_COMMANDS = (1 << 20) - 1 };

typedef struct commands {
  hb_cmd_t *items;
  uint32_t num, room;
} commands_t;

struct hb_map_step {
  uint32_t tile;
  commands_t loads, execs, stores;
};

static hb_cmd_t *add(hb_map_steps_t *s, commands_t *list, uint32_t opcode) {
  static hb_cmd_t nowhere; /* written to after a failure; never read */
  if (s->status == HB_OK && ++s->total >= MAX_COMMANDS) {
    s->status = HB_ERR_RANGE;
  }
  if (s->status == HB_OK && list->num == list->room) {
    const uint32_t room = list->room ? list->room * 2u : 8u;
    hb_cmd_t *items = realloc(list->items, room * sizeof(*items));
    if (items == NULL) {
      s->status = HB_ERR_NOMEM;
    } else {
      list->items = items;
      list->room = room;
    }
  }
  hb_cmd_t *cmd = s->status == HB_OK ? &list->items[list->num++] : &nowhere;
  memset(cmd, 0, sizeof(*cmd));
  cmd->common.opcode = (uint8_t)opcode;
  return cmd;
}

static hb_map_step_t *last_step(hb_map_steps_t *s) {
  static hb_map_step_t nowhere;
  return s->num > 0 ? &s->steps[s->num - 1u] : &nowhere;
}

void hb_map_steps_begin(hb_map_steps_t *s, bool new_tile) {
  if (s->status == HB_OK && s->num == s->room) {
    const uint32_t room = s->room ? s->room * 2u : 16u;
    hb_map_step_t *steps = realloc(s->steps, room * sizeof(*steps));
    if (steps == NULL) {
      s->status = HB_ERR_NOMEM;
    } else {
      s->steps = steps;
      s->room = room;
    }
  }
  if (s->status == HB_OK) {
    s->num_tiles += new_tile;
    s->steps[s->num++] = (hb_map_step_t){.tile = s->num_tiles - 1u};
  }
}

hb_cmd_load_t *hb_map_steps_load(hb_map_steps_t *s) {
  return &add(s, &last_step(s)->loads, HB_CMD_OP_LOAD)->load;
}
hb_cmd_t *hb_map_steps_exec(hb_map_steps_t *s, uint32_t opcode) {
  return add(s, &last_step(s)->execs, opcode);
}
hb_cmd_store_t *hb_map_steps_store(hb_map_steps_t *s) {
  return &add(s, &last_step(s)->stores, HB_CMD_OP_STORE)->store;
}

void hb_map_steps_load_rows(hb_map_steps_t *s, uint32_t mem, uint32_t dst, uint32_t base,
                            uint64_t src, uint32_t beats, uint32_t rows, uint64_t row_pitch) {
  if (rows > 1u && row_pitch == (uint64_t)beats * HB_BEAT_BYTES &&
      (uint64_t)beats * rows <= 65535u) {
    beats *= rows;
    rows = 1;
  }
  hb_cmd_load_t *c = hb_map_steps_load(s);
  c->mem = (uint8_t)mem;
  c->base = (uint8_t)base;
  c->dst = (uint16_t)dst;
  c->src = (uint32_t)src;
  c->beats = (uint16_t)beats;
  c->rows = (uint16_t)rows;
  c->row_pitch = rows > 1u ? (uint32_t)row_pitch : 0u;
  c->planes = 1;
}

uint32_t hb_map_steps_side(const hb_map_steps_t *s) {
  return (s->num - 1u) & 1u;
}
uint32_t hb_map_steps_acc_side(const hb_map_steps_t *s) {
  return (s->num_tiles - 1u) & 1u;
}
uint32_t hb_map_steps_slot(const hb_map_steps_t *s) {
  return (s->num_tiles - 1u) % HB_MAP_STEP_SLOTS;
}

static void hand_out_tokens(hb_map_steps_t *s) {
  for (uint32_t i = 0; i < s->num; ++i) {
    hb_map_step_t *p = &s->steps[i];
    const bool begins = i == 0 || s->steps[i - 1u].tile != p->tile;
    const bool ends = i + 1u == s->num || s->steps[i + 1u].tile != p->tile;
    uint32_t first = HB_CMD_TOKEN_L2E, last = 0;
    first |= begins && p->tile >= 2u ? HB_CMD_TOKEN_S2E : 0u;
    last |= ends ? HB_CMD_TOKEN_E2S : 0u;
    last |= i + 2u < s->num ? HB_CMD_TOKEN_E2L : 0u;
    p->loads.items[0].common.tokens |= i >= 2u ? HB_CMD_TOKEN_E2L : 0u;
    p->loads.items[p->loads.num - 1u].common.tokens |= HB_CMD_TOKEN_L2E << 4;
    p->execs.items[0].common.tokens |= (uint8_t)first;
    p->execs.items[p->execs.num - 1u].common.tokens |= (uint8_t)(last << 4);
    if (ends) {
      p->stores.items[0].common.tokens |= HB_CMD_TOKEN_E2S;
      p->stores.items[p->stores.num - 1u].common.tokens |=
          (uint8_t)(p->tile + 2u < s->num_tiles ? HB_CMD_TOKEN_S2E << 4 : 0u);
    }
  }
}

static void append(hb_cmd_t *all, uint32_t *num, const commands_t *list) {
  memcpy(all + *num, list->items, list->num * sizeof(*all));
  *num += list->num;
}

hb_status_t hb_map_steps_finish(hb_map_steps_t *s, hb_program_t *program_out) {
  hb_cmd_t *all = s->status == HB_OK ? calloc(s->total + 1u, sizeof(*all)) : NULL;
  if (s->status == HB_OK && all == NULL) {
    s->status = HB_ERR_NOMEM;
  }
  if (s->status == HB_OK) {
    hand_out_tokens(s);
    uint32_t num = 0;
    append(all, &num, &s->steps[0].loads);
    for (uint32_t i = 0; i < s->num; ++i) {
      if (i + 1u < s->num) {
        append(all, &num, &s->steps[i + 1u].loads);
      }
      append(all, &num, &s->steps[i].execs);
      if (s->steps[i].stores.num > 0) {
        append(all, &num, &s->steps[i].stores);
      }
    }
    all[num++].common.opcode = HB_CMD_OP_END;
    *program_out = (hb_program_t){.num_commands = num, .commands = all};
  }
  for (uint32_t i = 0; i < s->num; ++i) {
    free(s->steps[i].loads.items);
    free(s->steps[i].execs.items);
    free(s->steps[i].stores.items);
  }
  free(s->steps);
  return s->status;
}

hb_map_window_t hb_map_window(uint32_t first, uint32_t count, uint32_t stride, uint32_t dil,
                              uint32_t ker, int32_t pad, uint32_t in) {
  const int64_t from = (int64_t)first * stride - pad;
  const int64_t to = from + (int64_t)(count - 1u) * stride + (int64_t)dil * (ker - 1u) + 1;
  int64_t lo = from < 0 ? 0 : from, hi = to > in ? in : to;
  if (hi <= lo) { /* all of it is padding: any place will do */
    lo = lo >= (int64_t)in ? (int64_t)in - 1 : lo;
    hi = lo + 1;
  }
  return (hb_map_window_t){
      .first = (uint32_t)lo, .count = (uint32_t)(hi - lo), .org = (int32_t)(from - lo)};
}

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

bool hb_map_window_tile(const hb_layer_t *l, uint32_t in_h, uint32_t in_w, uint32_t out_h,
                        uint32_t out_w, uint32_t max_pixels, uint32_t max_words, uint32_t *th_out,
                        uint32_t *tw_out) {
  /* The widest tile of one row, then the highest. */
  for (uint32_t tw = min_u32(out_w, max_pixels); tw > 0; tw = tw > 1u ? (tw + 1u) / 2u : 0u) {
    const uint32_t columns =
        min_u32(in_w, (tw - 1u) * l->stride_w + l->dil_w * (l->ker_w - 1u) + 1u);
    const uint32_t limit = max_words / columns; /* rows that fit */
    const uint32_t need = l->dil_h * (l->ker_h - 1u) + 1u;
    uint32_t th = limit >= in_h ? out_h : limit >= need ? (limit - need) / l->stride_h + 1u : 0u;
    th = min_u32(min_u32(th, out_h), max_pixels / tw);
    if (th > 0) {
      const uint32_t rows = (out_h + th - 1u) / th, cols = (out_w + tw - 1u) / tw;
      *th_out = (out_h + rows - 1u) / rows;
      *tw_out = (out_w + cols - 1u) / cols;
      return true;
    }
  }
  return false;
}
