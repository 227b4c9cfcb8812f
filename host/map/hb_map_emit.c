/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Program order and tokens.
 *
 * The EXECs come first, in the order of the plan's loop nest. Walking them, a least-recently-used
 * cache per scratchpad decides which data must be loaded and into which slot. So every load knows
 *
 * - need: the first EXEC that reads it (for parameters: the EXEC whose completion lets the STOREs
 *   start);
 * - after: the EXEC whose completion means that nobody reads the slot's old contents any more, or
 * none.
 *
 * after < need always. A load is put into the program in front of EXEC `pos`, after < pos <= need:
 * as early as need - LOOKAHEAD, because command FIFOs are short, but not before after + 2 if that
 * can be helped, so that it does not hold up EXEC after + 1. The next input tile is split by planes
 * and spread over that whole range, so that streaming weights and a large input tile share the bus.
 *
 * Tokens. Every semaphore has one pushing and one waiting engine and both work in order, so the
 * n-th wait takes the n-th push, whatever the engines' speeds. Pushes and waits are handed out in
 * pairs:
 *
 * - E2L: a load waits for EXEC `after` unless an earlier load already waited for that EXEC or a
 * later one; exactly those EXECs push. Both sequences ascend, so the pairs match. The load starts
 * after EXEC `after` completed: nothing in use is overwritten.
 * - L2E: an EXEC waits for the last (in load order) of the loads it needs unless an earlier EXEC
 * already waited for that load or a later one; exactly those loads push. Loads complete in order,
 * so all that the EXEC needs is there.
 * - E2S: the last EXEC of an output tile pushes, the tile's first STORE waits. Parameters are
 * needed by that EXEC, so they are there too.
 * - S2E: the last STORE of tile t pushes and the first EXEC of tile t + 2, which uses the same
 *   accumulator half, waits; nobody pushes for tiles that do not exist. A parameter slot read by
 * tile t is free once the first EXEC of tile t + 2 has completed: that is its `after`.
 *
 * No deadlock: every wait comes later in program order than its push (after < pos <= need), the
 * engines are fed in program order, so the oldest unfinished command can always run.
 *
 * No overflow: an outstanding L2E token belongs to an EXEC not yet started that needs a slot loaded
 * for it; the slot cannot be reloaded before that EXEC completed, so these slots are distinct. An
 * outstanding E2L token belongs to a slot that is still to be overwritten; distinct too. So at most
 * HB_MAP_MAX_IFM_SLOTS + HB_MAP_MAX_WGT_SLOTS + HB_MAP_MAX_PRM_SLOTS = 224 < 255. E2S and S2E: at
 * most 2.
 */

#include "hb_map_emit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tensor.h"

enum {
  LOOKAHEAD = 2,  /* EXECs */
  MAX_PIECES = 8, /* of a spread input load */
  MAX_COMMANDS = (1 << 20) - 1,
};
#define NONE UINT32_MAX

/* What a slot holds or a load brings. */
typedef struct item {
  uint32_t a, b, c; /* IFM: tile row, tile column, chunk; WGT: block, chunk of planes, weight chunk;
                       PRM: block */
} item_t;

typedef struct load {
  uint32_t mem; /* HB_CMD_LOAD_MEM_* */
  item_t item;
  uint32_t dst;          /* scratchpad word of the slot */
  uint32_t first, count; /* IFM: planes of the chunk in this piece; PRM: blocks */
  uint32_t need, after;  /* EXECs, see above; after may be NONE */
  uint32_t pos;
  uint32_t seq; /* order of creation */
  bool wait, push;
} load_t;

typedef struct exec {
  uint32_t ty, tx;   /* spatial tile */
  uint32_t kb, half; /* output channels */
  uint32_t chunk, wchunk;
  uint32_t region;   /* of the accumulator half */
  uint32_t ifm, wgt; /* scratchpad words */
  uint32_t tile;     /* index of the output tile (one run of STOREs) */
  bool init;
  bool wait_l2e, push_e2l;
  uint32_t last_load; /* last load needed, in load order, or NONE */
} exec_t;

typedef struct tile {
  uint32_t first, last; /* EXECs */
  uint32_t kb0, blocks;
  uint32_t ty, tx;
  uint32_t prm; /* index of its first entry in prm_words */
} tile_t;

typedef struct slot {
  item_t item;
  bool used;
  uint32_t last;  /* IFM, WGT: last EXEC that reads it; PRM: last tile */
  uint32_t stamp; /* last use, for the choice of a victim */
} slot_t;

typedef struct cache {
  slot_t slots[HB_MAP_MAX_WGT_SLOTS];
  uint32_t num, words; /* slots, words each */
} cache_t;

typedef struct array {
  void *items;
  uint32_t num, room;
  size_t size;
} array_t;

typedef struct emit {
  const hb_layer_t *layer;
  const hb_map_geo_t *geo;
  const hb_map_plan_t *plan;
  array_t execs, loads, tiles, prm_words, commands;
  cache_t ifm, wgt, prm;
  uint32_t uses;      /* cache stamps */
  bool prm_loaded;    /* all parameters, when they fit */
  hb_status_t status; /* first failure; everything after is a no-op */
} emit_t;

static void *append(emit_t *e, array_t *array) {
  if (e->status != HB_OK) {
    return NULL;
  }
  if (array->num == array->room) {
    const uint32_t room = array->room ? array->room * 2u : 64u;
    void *items = realloc(array->items, room * array->size);
    if (items == NULL) {
      e->status = HB_ERR_NOMEM;
      return NULL;
    }
    array->items = items;
    array->room = room;
  }
  void *item = (char *)array->items + (size_t)array->num * array->size;
  memset(item, 0, array->size);
  ++array->num;
  return item;
}

static exec_t *execs(const emit_t *e) {
  return e->execs.items;
}
static load_t *loads(const emit_t *e) {
  return e->loads.items;
}
static tile_t *tiles(const emit_t *e) {
  return e->tiles.items;
}

/* ------------------------------------------------------------------------- pass 1: what and where
 */

/* Slot that holds `item`, or the slot to load it into (*hit false). */
static uint32_t look_up(emit_t *e, cache_t *cache, item_t item, bool *hit) {
  uint32_t victim = 0;
  *hit = true;
  for (uint32_t i = 0; i < cache->num; ++i) {
    slot_t *slot = &cache->slots[i];
    if (slot->used && slot->item.a == item.a && slot->item.b == item.b && slot->item.c == item.c) {
      slot->stamp = ++e->uses;
      return i;
    }
    const slot_t *best = &cache->slots[victim];
    if (best->used && (!slot->used || slot->stamp < best->stamp)) {
      victim = i;
    }
  }
  *hit = false;
  cache->slots[victim].stamp = ++e->uses;
  return victim;
}

static void add_load(emit_t *e, uint32_t mem, item_t item, uint32_t dst, uint32_t count,
                     uint32_t need, uint32_t after) {
  load_t *load = append(e, &e->loads);
  if (load != NULL) {
    *load = (load_t){.mem = mem,
                     .item = item,
                     .dst = dst,
                     .count = count,
                     .need = need,
                     .after = after,
                     .seq = e->loads.num};
  }
}

/* Makes `item` present for EXEC `exec`; returns its first word. */
static uint32_t need_item(emit_t *e, cache_t *cache, uint32_t mem, item_t item, uint32_t count,
                          uint32_t exec) {
  bool hit;
  const uint32_t index = look_up(e, cache, item, &hit);
  slot_t *slot = &cache->slots[index];
  if (!hit) {
    add_load(e, mem, item, index * cache->words, count, exec, slot->used ? slot->last : NONE);
    slot->item = item;
    slot->used = true;
  }
  slot->last = exec;
  return index * cache->words;
}

/* Parameters of output tile `t`: needed by its last EXEC. */
static void need_parameters(emit_t *e, uint32_t t) {
  tile_t *tile = &tiles(e)[t];
  const uint32_t exec = tile->last;
  tile->prm = e->prm_words.num;
  if (e->plan->prm_slots >= e->geo->kb) {
    if (!e->prm_loaded) {
      add_load(e, HB_CMD_LOAD_MEM_PRM, (item_t){0}, 0, e->geo->kb, exec, NONE);
      e->prm_loaded = true;
    }
    for (uint32_t i = 0; i < tile->blocks; ++i) {
      uint32_t *word = append(e, &e->prm_words);
      if (word != NULL) {
        *word = (tile->kb0 + i) * HB_MAP_PRM_WORDS;
      }
    }
    return;
  }
  for (uint32_t i = 0; i < tile->blocks; ++i) {
    const item_t item = {.a = tile->kb0 + i};
    bool hit;
    const uint32_t index = look_up(e, &e->prm, item, &hit);
    slot_t *slot = &e->prm.slots[index];
    uint32_t *word = append(e, &e->prm_words);
    if (word == NULL) {
      return;
    }
    *word = index * HB_MAP_PRM_WORDS;
    if (!hit) {
      /* Three batches of slots at least: the old reader is tile t - 3 or older. */
      assert(!slot->used || slot->last + 3u <= t);
      add_load(e, HB_CMD_LOAD_MEM_PRM, item, *word, 1, exec,
               slot->used ? tiles(e)[slot->last + 2u].first : NONE);
      slot->item = item;
      slot->used = true;
    }
    slot->last = t;
  }
}

/* One output tile: a batch of output blocks of one spatial tile. */
static void walk_tile(emit_t *e, uint32_t ty, uint32_t tx, uint32_t kb0, uint32_t blocks) {
  const hb_map_geo_t *geo = e->geo;
  const uint32_t chunks = (geo->cb + e->plan->cc - 1u) / e->plan->cc;
  const uint32_t t = e->tiles.num;
  const uint32_t first = e->execs.num;
  for (uint32_t q = 0; q < chunks; ++q) {
    const hb_map_reduction_t red = hb_map_reduction(geo, e->plan, q);
    for (uint32_t b = 0; b < blocks; ++b) {
      for (uint32_t w = 0; w < red.chunks; ++w) {
        for (uint32_t half = 0; half < geo->halves; ++half) {
          const bool pad_half = half * geo->n + (kb0 + b) * HB_BLOCK_CHANNELS >= geo->k;
          if (pad_half && (q > 0 || w > 0)) {
            continue; /* its weights are zero points: one k-tile makes the zeros the STORE needs */
          }
          const uint32_t index = e->execs.num;
          exec_t *exec = append(e, &e->execs);
          if (exec == NULL) {
            return;
          }
          *exec = (exec_t){.ty = ty,
                           .tx = tx,
                           .kb = kb0 + b,
                           .half = half,
                           .chunk = q,
                           .wchunk = w,
                           .region = b * geo->halves + half,
                           .tile = t,
                           .init = q == 0 && w == 0,
                           .last_load = NONE};
          exec->ifm =
              need_item(e, &e->ifm, HB_CMD_LOAD_MEM_IFM, (item_t){ty, tx, q}, red.planes, index);
          exec->wgt = need_item(e, &e->wgt, HB_CMD_LOAD_MEM_WGT, (item_t){kb0 + b, q, w}, 1, index);
        }
      }
    }
  }
  tile_t *tile = append(e, &e->tiles);
  if (tile == NULL) {
    return;
  }
  *tile = (tile_t){
      .first = first, .last = e->execs.num - 1u, .kb0 = kb0, .blocks = blocks, .ty = ty, .tx = tx};
  need_parameters(e, t);
}

static void walk(emit_t *e) {
  const hb_map_geo_t *geo = e->geo;
  const hb_map_plan_t *plan = e->plan;
  for (uint32_t g = 0; g < geo->kb; g += plan->gk) {
    const uint32_t group_end = g + plan->gk < geo->kb ? g + plan->gk : geo->kb;
    for (uint32_t y = 0; y < geo->out_h; y += plan->th) {
      for (uint32_t x = 0; x < geo->out_w; x += plan->tw) {
        for (uint32_t kb = g; kb < group_end && e->status == HB_OK; kb += plan->gb) {
          const uint32_t left = group_end - kb;
          walk_tile(e, y / plan->th, x / plan->tw, kb, left < plan->gb ? left : plan->gb);
          if (e->execs.num > MAX_COMMANDS) {
            e->status = HB_ERR_RANGE;
          }
        }
      }
    }
  }
}

/* ------------------------------------------------------------------------- pass 2: order and
 * tokens */

static void place_loads(emit_t *e) {
  const uint32_t whole = e->loads.num;
  for (uint32_t i = 0; i < whole; ++i) {
    load_t *load = &loads(e)[i];
    const uint32_t n = load->need;
    uint32_t lo = load->after == NONE ? 1u : load->after + 2u;
    lo = lo < n ? lo : n;
    const uint32_t hi = n > lo + LOOKAHEAD ? n - LOOKAHEAD : lo;
    load->pos = hi;
    if (load->mem != HB_CMD_LOAD_MEM_IFM || hi == lo) {
      continue;
    }
    uint32_t pieces = hi - lo + 1u < MAX_PIECES ? hi - lo + 1u : MAX_PIECES;
    pieces = pieces < load->count ? pieces : load->count;
    const uint32_t planes = load->count;
    const load_t all = *load;
    for (uint32_t p = 0; p < pieces; ++p) {
      load_t *piece = p + 1u < pieces ? append(e, &e->loads) : &loads(e)[i];
      if (piece == NULL) {
        return;
      }
      *piece = all;
      piece->first = p * planes / pieces;
      piece->count = (p + 1u) * planes / pieces - piece->first;
      piece->pos = lo + (uint32_t)((uint64_t)(hi - lo) * (p + 1u) / pieces);
    }
  }
}

/* By place in the program, then by urgency, then as created. */
static int compare_loads(const void *left, const void *right) {
  const load_t *l = left, *r = right;
  if (l->pos != r->pos) {
    return l->pos < r->pos ? -1 : 1;
  }
  if (l->need != r->need) {
    return l->need < r->need ? -1 : 1;
  }
  if (l->seq != r->seq) {
    return l->seq < r->seq ? -1 : 1;
  }
  return l->first < r->first ? -1 : l->first > r->first;
}

static void hand_out_tokens(emit_t *e) {
  uint32_t waited = NONE; /* last EXEC a load waited for */
  for (uint32_t i = 0; i < e->loads.num; ++i) {
    load_t *load = &loads(e)[i];
    if (load->after != NONE && (waited == NONE || load->after > waited)) {
      load->wait = true;
      execs(e)[load->after].push_e2l = true;
      waited = load->after;
    }
    exec_t *exec = &execs(e)[load->need];
    exec->last_load = i; /* ascending: ends as the last one */
  }
  uint32_t covered = NONE; /* last load an EXEC waited for */
  for (uint32_t i = 0; i < e->execs.num; ++i) {
    exec_t *exec = &execs(e)[i];
    if (exec->last_load != NONE && (covered == NONE || exec->last_load > covered)) {
      exec->wait_l2e = true;
      loads(e)[exec->last_load].push = true;
      covered = exec->last_load;
    }
  }
}

/* ------------------------------------------------------------------------- pass 3: commands */

static hb_map_span_t tile_rows(const emit_t *e, uint32_t ty, uint32_t *out_rows) {
  const uint32_t y = ty * e->plan->th;
  const uint32_t left = e->geo->out_h - y;
  *out_rows = left < e->plan->th ? left : e->plan->th;
  return hb_map_span_rows(e->geo, y, *out_rows);
}

static hb_map_span_t tile_cols(const emit_t *e, uint32_t tx, uint32_t *out_cols) {
  const uint32_t x = tx * e->plan->tw;
  const uint32_t left = e->geo->out_w - x;
  *out_cols = left < e->plan->tw ? left : e->plan->tw;
  return hb_map_span_cols(e->geo, x, *out_cols);
}

static hb_cmd_t *add_command(emit_t *e) {
  if (e->commands.num >= MAX_COMMANDS) {
    e->status = HB_ERR_RANGE;
  }
  return append(e, &e->commands);
}

/* Joins rows, then planes, that follow each other in memory: longer bursts. */
static void merge_runs(hb_cmd_load_t *load) {
  if (load->rows > 1u && load->row_pitch == (uint32_t)load->beats * HB_BEAT_BYTES) {
    load->beats = (uint16_t)(load->beats * load->rows);
    load->rows = 1;
  }
  if (load->planes > 1u && load->rows == 1u &&
      load->plane_pitch == (uint32_t)load->beats * HB_BEAT_BYTES) {
    load->beats = (uint16_t)(load->beats * load->planes);
    load->planes = 1;
  }
  if (load->rows == 1u) {
    load->row_pitch = 0;
  }
  if (load->planes == 1u) {
    load->plane_pitch = 0;
  }
}

static void emit_load(emit_t *e, const load_t *load) {
  const hb_map_geo_t *geo = e->geo;
  hb_cmd_t *command = add_command(e);
  if (command == NULL) {
    return;
  }
  hb_cmd_load_t cmd = {
      .opcode = HB_CMD_OP_LOAD,
      .tokens = (uint8_t)((load->wait ? HB_CMD_TOKEN_E2L : 0u) |
                          (load->push ? HB_CMD_TOKEN_L2E << 4 : 0u)),
      .mem = (uint8_t)load->mem,
      .base = 2,
      .dst = (uint16_t)load->dst,
      .beats = 1,
      .rows = 1,
      .planes = 1,
  };
  if (load->mem == HB_CMD_LOAD_MEM_IFM) {
    uint32_t out;
    const hb_map_span_t rows = tile_rows(e, load->item.a, &out);
    const hb_map_span_t cols = tile_cols(e, load->item.b, &out);
    const uint32_t plane = load->item.c * e->plan->cc + load->first;
    cmd.base = 0;
    cmd.dst = (uint16_t)(load->dst + load->first * rows.len * cols.len);
    cmd.src = (uint32_t)(plane * geo->in_plane_bytes + rows.lo * geo->in_row_bytes +
                         (uint64_t)cols.lo * HB_BEAT_BYTES);
    cmd.row_pitch = (uint32_t)geo->in_row_bytes;
    cmd.plane_pitch = (uint32_t)geo->in_plane_bytes;
    cmd.beats = (uint16_t)cols.len;
    cmd.rows = (uint16_t)rows.len;
    cmd.planes = (uint16_t)load->count;
  } else if (load->mem == HB_CMD_LOAD_MEM_WGT) {
    const hb_map_reduction_t red = hb_map_reduction(geo, e->plan, load->item.b);
    const uint32_t k0 = hb_map_chunk_start(geo, &red, load->item.c);
    const uint32_t k1 = hb_map_chunk_start(geo, &red, load->item.c + 1u);
    const uint64_t tap_bytes = (uint64_t)geo->cb * 256u;
    uint64_t src = load->item.a * geo->ker_h * geo->ker_w * tap_bytes + red.plane * 256u;
    if (red.contiguous) {
      src += (uint64_t)k0 * geo->n * HB_BEAT_BYTES;
      cmd.beats = (uint16_t)((k1 - k0) * geo->n);
    } else {
      src += k0 / red.kc * tap_bytes;
      cmd.beats = (uint16_t)(red.kc * geo->n);
      cmd.rows = (uint16_t)((k1 - k0) / red.kc);
      cmd.row_pitch = (uint32_t)tap_bytes;
    }
    cmd.src = (uint32_t)src;
  } else {
    cmd.src = (uint32_t)(hb_map_prm_offset(e->layer) + (uint64_t)load->item.a * HB_PRM_BLOCK_BYTES);
    cmd.beats = (uint16_t)(load->count * HB_MAP_PRM_WORDS);
  }
  merge_runs(&cmd);
  command->load = cmd;
}

static uint32_t acc_row(const emit_t *e, uint32_t acc_half, uint32_t tile, uint32_t region) {
  return (tile & 1u) * acc_half + region * e->plan->th * e->plan->tw;
}

static void emit_exec(emit_t *e, uint32_t index, uint32_t acc_half) {
  const hb_map_geo_t *geo = e->geo;
  const hb_layer_t *layer = e->layer;
  const exec_t *exec = &execs(e)[index];
  const tile_t *tile = &tiles(e)[exec->tile];
  hb_cmd_t *command = add_command(e);
  if (command == NULL) {
    return;
  }
  uint32_t out_h, out_w;
  const hb_map_span_t rows = tile_rows(e, exec->ty, &out_h);
  const hb_map_span_t cols = tile_cols(e, exec->tx, &out_w);
  const hb_map_reduction_t red = hb_map_reduction(geo, e->plan, exec->chunk);
  const uint32_t k0 = hb_map_chunk_start(geo, &red, exec->wchunk);
  const uint32_t k1 = hb_map_chunk_start(geo, &red, exec->wchunk + 1u);
  const bool pad_half = exec->half * geo->n + exec->kb * HB_BLOCK_CHANNELS >= geo->k;

  uint32_t tokens = 0;
  tokens |= exec->wait_l2e ? HB_CMD_TOKEN_L2E : 0u;
  tokens |= index == tile->first && exec->tile >= 2u ? HB_CMD_TOKEN_S2E : 0u;
  tokens |= exec->push_e2l ? HB_CMD_TOKEN_E2L << 4 : 0u;
  tokens |= index == tile->last ? HB_CMD_TOKEN_E2S << 4 : 0u;
  uint32_t flags = 0;
  flags |= exec->init ? HB_CMD_EXEC_FLAG_INIT : 0u;
  flags |= layer->x_signed ? HB_CMD_EXEC_FLAG_X_SIGNED : 0u;
  flags |= layer->w_signed ? HB_CMD_EXEC_FLAG_W_SIGNED : 0u;
  flags |= exec->half ? HB_CMD_EXEC_FLAG_HALF : 0u;

  command->exec = (hb_cmd_exec_t){
      .opcode = HB_CMD_OP_EXEC,
      .tokens = (uint8_t)tokens,
      .flags = (uint16_t)flags,
      .ifm = (uint16_t)exec->ifm,
      .plane_pitch = (uint16_t)(rows.len * cols.len),
      .row_pitch = (uint16_t)cols.len,
      .in_h = (uint16_t)rows.len,
      .in_w = (uint16_t)cols.len,
      .org_y = (int16_t)rows.org,
      .org_x = (int16_t)cols.org,
      .out_h = (uint16_t)out_h,
      .out_w = (uint16_t)out_w,
      .stride_y = (uint8_t)geo->stride_h,
      .stride_x = (uint8_t)geo->stride_w,
      .dil_y = (uint8_t)geo->dil_h,
      .dil_x = (uint8_t)geo->dil_w,
      .ker_h = (uint8_t)geo->ker_h,
      .ker_w = (uint8_t)geo->ker_w,
      .k_c = (uint16_t)red.kc,
      .c0 = (uint16_t)(k0 % red.kc),
      .r0 = (uint8_t)(k0 / red.kc / geo->ker_w),
      .s0 = (uint8_t)(k0 / red.kc % geo->ker_w),
      .k_count = (uint16_t)(pad_half ? 1u : k1 - k0),
      .wgt = (uint16_t)exec->wgt,
      .acc = (uint16_t)acc_row(e, acc_half, exec->tile, exec->region),
      .x_zp = (uint8_t)layer->x_zp,
      .w_zp = (uint8_t)layer->w_zp,
  };
}

/* STORE number `index` of tile `t`. */
static void emit_store(emit_t *e, uint32_t t, uint32_t index, uint32_t acc_half) {
  const hb_map_geo_t *geo = e->geo;
  const hb_layer_t *layer = e->layer;
  const tile_t *tile = &tiles(e)[t];
  hb_cmd_t *command = add_command(e);
  if (command == NULL) {
    return;
  }
  const uint32_t block = index / geo->halves, half = index % geo->halves;
  uint32_t out_h, out_w;
  (void)tile_rows(e, tile->ty, &out_h);
  (void)tile_cols(e, tile->tx, &out_w);
  const bool last = index + 1u == tile->blocks * geo->halves;
  uint32_t tokens = index == 0 ? HB_CMD_TOKEN_E2S : 0u;
  tokens |= last && t + 2u < e->tiles.num ? HB_CMD_TOKEN_S2E << 4 : 0u;
  uint32_t flags = layer->raw_out ? HB_CMD_STORE_FLAG_RAW : 0u;
  flags |= layer->y_signed ? HB_CMD_STORE_FLAG_Y_SIGNED : 0u;
  flags |= half ? HB_CMD_STORE_FLAG_HALF : 0u;
  hb_cmd_store_t cmd = {
      .opcode = HB_CMD_OP_STORE,
      .tokens = (uint8_t)tokens,
      .flags = (uint16_t)flags,
      .base = 1,
      .y_zp = (uint8_t)layer->y_zp,
      .clip_min = (uint8_t)layer->clip_min,
      .clip_max = (uint8_t)layer->clip_max,
      .dst = (uint32_t)((tile->kb0 + block) * geo->out_plane_bytes +
                        (uint64_t)tile->ty * e->plan->th * geo->out_row_bytes +
                        (uint64_t)tile->tx * e->plan->tw * geo->out_px_bytes),
      .row_pitch = (uint32_t)geo->out_row_bytes,
      .acc = (uint16_t)acc_row(e, acc_half, t, index),
      .prm = (uint16_t)((uint32_t *)e->prm_words.items)[tile->prm + block],
      .beats = (uint16_t)out_w,
      .rows = (uint16_t)out_h,
  };
  if (out_w == geo->out_w) { /* whole rows follow each other */
    cmd.beats = (uint16_t)(out_w * out_h);
    cmd.rows = 1;
  }
  if (cmd.rows == 1u) {
    cmd.row_pitch = 0;
  }
  command->store = cmd;
}

/* Commands in program order. A tile's STOREs follow its last EXEC one by one, an EXEC of the next
 * tile in between, so that a short STORE FIFO does not hold up the EXECs behind it. */
static void emit_all(emit_t *e, uint32_t acc_half) {
  uint32_t next_load = 0;
  uint32_t store_tile = 0, store_index = 0; /* next STORE */
  for (uint32_t i = 0; i < e->execs.num && e->status == HB_OK; ++i) {
    for (; next_load < e->loads.num && loads(e)[next_load].pos == i; ++next_load) {
      emit_load(e, &loads(e)[next_load]);
    }
    emit_exec(e, i, acc_half);
    /* One STORE per EXEC, but all of tile t before tile t + 2 begins. */
    const bool must = i + 1u == e->execs.num || tiles(e)[execs(e)[i + 1u].tile].first == i + 1u;
    uint32_t budget = 1;
    while (store_tile < e->tiles.num && tiles(e)[store_tile].last <= i) {
      const bool overdue =
          i + 1u == e->execs.num || (must && execs(e)[i + 1u].tile >= store_tile + 2u);
      if (!overdue && budget == 0) {
        break;
      }
      emit_store(e, store_tile, store_index, acc_half);
      budget = 0;
      if (++store_index == tiles(e)[store_tile].blocks * e->geo->halves) {
        ++store_tile;
        store_index = 0;
      }
    }
  }
  hb_cmd_t *end = add_command(e);
  if (end != NULL) {
    end->end.opcode = HB_CMD_OP_END;
  }
}

hb_status_t hb_map_emit(const hb_layer_t *layer, const hb_map_geo_t *geo, const hb_map_plan_t *plan,
                        hb_program_t *program_out) {
  emit_t *e = calloc(1, sizeof(*e));
  if (e == NULL) {
    return HB_ERR_NOMEM;
  }
  e->layer = layer;
  e->geo = geo;
  e->plan = plan;
  e->execs.size = sizeof(exec_t);
  e->loads.size = sizeof(load_t);
  e->tiles.size = sizeof(tile_t);
  e->prm_words.size = sizeof(uint32_t);
  e->commands.size = sizeof(hb_cmd_t);
  e->ifm.num = plan->ifm_slots;
  e->ifm.words = plan->ifm_slot_words;
  e->wgt.num = plan->wgt_slots;
  e->wgt.words = plan->wgt_slot_words;
  e->prm.num = plan->prm_slots < HB_MAP_MAX_PRM_SLOTS ? plan->prm_slots : HB_MAP_MAX_PRM_SLOTS;

  walk(e);
  if (e->status == HB_OK) {
    place_loads(e);
  }
  if (e->status == HB_OK) {
    qsort(e->loads.items, e->loads.num, sizeof(load_t), compare_loads);
    hand_out_tokens(e);
    emit_all(e, plan->acc_half);
  }
  const hb_status_t status = e->status;
  if (status == HB_OK) {
    *program_out = (hb_program_t){.num_commands = e->commands.num, .commands = e->commands.items};
  } else {
    free(e->commands.items);
  }
  free(e->execs.items);
  free(e->loads.items);
  free(e->tiles.items);
  free(e->prm_words.items);
  free(e);
  return status;
}
