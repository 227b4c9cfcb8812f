/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_cost_tile.h"

#include <stdio.h>
#include <string.h>

#include "hb_hardware.h"
#include "hb_maestro.h"
#include "hb_roofline.h"
#include "hilbert/hb_tile_regs.h"

#define GIGA UINT64_C(1000000000)

enum { AXI_BEAT_BYTES = 16 };

static const char *const NAMES[] = {
#define X(symbol_, name_) #name_,
    HB_TILE_COST_TABLE(X)
#undef X
};

const char *hb_tile_cost_name(hb_tile_cost_t cost) {
  return NAMES[cost];
}

bool hb_tile_cost_find(const char *name, hb_tile_cost_t *cost_out) {
  for (int i = 0; i < HB_TILE_COST_COUNT; i++) {
    if (strcmp(NAMES[i], name) == 0) {
      *cost_out = (hb_tile_cost_t)i;
      return true;
    }
  }
  return false;
}

static uint64_t divide_up(uint64_t a, uint64_t b) {
  return a / b + (a % b != 0);
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

void hb_cost_tile_init(const hb_soc_t *soc, uint32_t id, hb_cost_tile_t *tile_out) {
  const hb_soc_dram_t *dram = &soc->dram;
  const uint32_t flit_bytes = soc->noc.flit_bits / 8u;
  const unsigned __int128 peak = (unsigned __int128)dram->num_channels * dram->burst_bytes * GIGA *
                                 GIGA / dram->tccd_ps / soc->clock_khz;
  *tile_out = (hb_cost_tile_t){
      .kind = (id & HB_TILE_ID_KIND_MASK) >> HB_TILE_ID_KIND_LSB,
      .size = (id & HB_TILE_ID_SIZE_MASK) >> HB_TILE_ID_SIZE_LSB,
      .port_bytes = flit_bytes < AXI_BEAT_BYTES ? flit_bytes : AXI_BEAT_BYTES,
      .dram_bytes_e9 = peak > UINT64_MAX ? UINT64_MAX : (uint64_t)peak,
  };
}

hb_status_t hb_cost_tile_hardware(hb_cost_tile_t *tile, const char *model, const char *path,
                                  hb_config_error_t *error) {
  hb_hardware_t hardware[2];
  uint32_t num = 0;
  HB_TRY(hb_hardware_load(path, hardware, 2, &num, error));
  if (num != 1) {
    snprintf(error->text, sizeof(error->text), "%s:%u:%u: expected one accelerator, for tile %s",
             path, hardware[1].line, hardware[1].column, model);
    return HB_ERR_INPUT;
  }
  if (tile->kind == HB_TILE_KIND_VECTOR) {
    snprintf(error->text, sizeof(error->text),
             "%s:%u:%u: num_pes: maestro does not describe vector tiles such as %s", path,
             hardware[0].line, hardware[0].column, model);
    return HB_ERR_INPUT;
  }
  if (hardware[0].pes < tile->size) {
    snprintf(error->text, sizeof(error->text),
             "%s:%u:%u: num_pes: expected %u or more, a cluster of the mapping of %s, got %u", path,
             hardware[0].line, hardware[0].column, tile->size, model, hardware[0].pes);
    return HB_ERR_INPUT;
  }
  tile->maestro_pes = hardware[0].pes;
  tile->maestro_noc_bw = hardware[0].noc_bw;
  return HB_OK;
}

/* The item of "TILE=FILE.m,..." at `at`, and what is behind it. */
typedef struct item {
  const char *name, *path, *next; /* next: NULL behind the last */
  int name_len, path_len;         /* path_len -1: no '=' */
} item_t;

static item_t item_at(const char *at) {
  const size_t len = strcspn(at, ",");
  const char *equals = memchr(at, '=', len);
  item_t item = {.name = at, .next = at[len] == ',' ? at + len + 1 : NULL, .path_len = -1};
  item.name_len = (int)(equals != NULL ? (size_t)(equals - at) : len);
  if (equals != NULL) {
    item.path = equals + 1;
    item.path_len = (int)(len - (size_t)item.name_len - 1);
  }
  return item;
}

static bool is_named(const item_t *item, const char *name) {
  return strlen(name) == (size_t)item->name_len &&
         strncmp(name, item->name, (size_t)item->name_len) == 0;
}

/* "ws16, os16": the tile models of the SoC. */
static void list_models(const hb_soc_t *soc, char *list, size_t list_len) {
  size_t used = 0;
  list[0] = '\0';
  for (uint32_t t = 0; t < soc->num_tiles && used < list_len; t++) {
    bool before = false;
    for (uint32_t i = 0; i < t; i++) {
      before |= strcmp(soc->tiles[i].model, soc->tiles[t].model) == 0;
    }
    if (!before) {
      used += (size_t)snprintf(list + used, list_len - used, "%s%s", used == 0 ? "" : ", ",
                               soc->tiles[t].model);
    }
  }
}

/* What is wrong with an item by itself. */
static hb_status_t check_item(const hb_soc_t *soc, const item_t *item, hb_config_error_t *error) {
  enum { SHOWN = 100 };
  const int shown = item->name_len < SHOWN ? item->name_len : SHOWN;
  char *text = error->text;
  const size_t len = sizeof(error->text);
  bool known = false;
  for (uint32_t t = 0; t < soc->num_tiles; t++) {
    known |= is_named(item, soc->tiles[t].model);
  }
  if (item->path_len < 0) {
    snprintf(text, len,
             "hilbert: --cost-hardware: expected TILE=FILE.m, got '%.*s' without =", shown,
             item->name);
  } else if (!known) {
    char models[200];
    list_models(soc, models, sizeof(models));
    snprintf(text, len,
             "hilbert: --cost-hardware: expected a tile model of SoC %s (%s), got '%.*s'",
             soc->name, models, shown, item->name);
  } else if (item->path_len == 0) {
    snprintf(text, len, "hilbert: --cost-hardware: expected a file name behind %.*s=", shown,
             item->name);
  } else if (item->path_len >= HB_PATH_MAX_BYTES) {
    snprintf(text, len, "hilbert: --cost-hardware: the file name of %.*s is longer than %d bytes",
             shown, item->name, HB_PATH_MAX_BYTES - 1);
  } else {
    return HB_OK;
  }
  return HB_ERR_ARG;
}

/* Whether every item is a tile model of the SoC, once, and a file. */
static hb_status_t check_hardware(const hb_soc_t *soc, const char *hardware,
                                  hb_config_error_t *error) {
  for (const char *at = hardware; at != NULL;) {
    const item_t item = item_at(at);
    HB_TRY(check_item(soc, &item, error));
    for (const char *before = hardware; before != at;) {
      const item_t other = item_at(before);
      if (other.name_len == item.name_len &&
          strncmp(other.name, item.name, (size_t)item.name_len) == 0) {
        snprintf(error->text, sizeof(error->text), "hilbert: --cost-hardware: %.*s is given twice",
                 item.name_len, item.name);
        return HB_ERR_ARG;
      }
      before = other.next;
    }
    at = item.next;
  }
  return HB_OK;
}

hb_status_t hb_cost_tile_option(const hb_soc_t *soc, const char *model, const char *text,
                                hb_cost_tile_t *tile, hb_config_error_t *error) {
  HB_TRY(check_hardware(soc, text, error));
  for (const char *at = text; at != NULL;) {
    const item_t item = item_at(at);
    if (is_named(&item, model)) {
      char path[HB_PATH_MAX_BYTES];
      snprintf(path, sizeof(path), "%.*s", item.path_len, item.path);
      return hb_cost_tile_hardware(tile, model, path, error);
    }
    at = item.next;
  }
  return HB_OK;
}

/* ----------------------------------------------------------------------------------- products */

typedef struct products {
  uint64_t count; /* 0: the operator has no matrix product */
  uint64_t pixels, taps, outputs;
} products_t;

static products_t products_of(const hb_layer_t *layer) {
  const uint64_t window = (uint64_t)layer->ker_h * layer->ker_w;
  const uint64_t groups = hb_layer_groups(layer);
  switch (layer->op) {
    case HB_OP_CONV:
    case HB_OP_MATMUL:
      return (products_t){
          .count = groups,
          .pixels = (uint64_t)hb_layer_out_h(layer) * hb_layer_out_w(layer),
          .taps = layer->in_c / groups * window,
          .outputs = layer->out_c / groups,
      };
    case HB_OP_CONV_TRANSPOSE:
      return (products_t){.count = 1,
                          .pixels = (uint64_t)layer->in_h * layer->in_w,
                          .taps = layer->in_c,
                          .outputs = layer->out_c * window};
    case HB_OP_BATCH_MATMUL: {
      const hb_batch_shape_t shape = hb_layer_batch_shape(layer);
      return (products_t){
          .count = shape.batch, .pixels = shape.m, .taps = shape.k, .outputs = shape.n};
    }
    default:
      return (products_t){0};
  }
}

/* ----------------------------------------------------------------------------------- roofline */

static uint64_t out_elements(const hb_layer_t *layer) {
  return (uint64_t)hb_layer_out_c(layer) * hb_layer_out_h(layer) * hb_layer_out_w(layer);
}

/* Values that go into outputs, for lanes. */
static uint64_t lane_work(const hb_layer_t *layer) {
  switch (layer->op) {
    case HB_OP_REDUCE:
    case HB_OP_SOFTMAX:
    case HB_OP_LAYER_NORM:
      return (uint64_t)layer->in_c * layer->in_h * layer->in_w;
    case HB_OP_ADD:
    case HB_OP_SUB:
      return 2 * out_elements(layer);
    default:
      return out_elements(layer) *
             (hb_op_is_windowed(layer->op) ? (uint64_t)layer->ker_h * layer->ker_w : 1u);
  }
}

static uint64_t weight_bytes(const hb_layer_t *layer) {
  if (!hb_op_has_weights(layer->op)) {
    return 0;
  }
  return (uint64_t)layer->out_c * (layer->in_c / hb_layer_groups(layer)) * layer->ker_h *
         layer->ker_w;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* Elements of the first operand that go into an output. */
static uint64_t in_elements(const hb_layer_t *layer) {
  const uint64_t rows = hb_layer_out_h(layer);
  const uint64_t columns = hb_layer_out_w(layer);
  if (layer->op == HB_OP_SLICE) {
    return out_elements(layer);
  }
  if (layer->op == HB_OP_RESIZE) { /* up to two by two for each output */
    return layer->in_c * smaller(layer->in_h, 2 * rows) * smaller(layer->in_w, 2 * columns);
  }
  if (hb_op_is_windowed(layer->op)) {
    return layer->in_c * smaller(layer->in_h, rows * layer->ker_h) *
           smaller(layer->in_w, columns * layer->ker_w);
  }
  return (uint64_t)layer->in_c * layer->in_h * layer->in_w;
}

static uint64_t roofline(const hb_layer_t *layer, const hb_cost_tile_t *tile) {
  const bool lanes = tile->kind == HB_TILE_KIND_VECTOR;
  const uint64_t work = lanes ? lane_work(layer) : hb_layer_macs(layer);
  const uint64_t peak = lanes ? tile->size : (uint64_t)tile->size * tile->size;
  const uint64_t read = in_elements(layer) + (uint64_t)layer->in2_c * layer->in2_h * layer->in2_w +
                        weight_bytes(layer);
  const uint64_t written = out_elements(layer) * (layer->raw_out ? 4u : 1u);
  const unsigned __int128 moved = (unsigned __int128)(read + written) * GIGA;
  const uint64_t dram = (uint64_t)((moved + tile->dram_bytes_e9 - 1u) / tile->dram_bytes_e9);
  const uint64_t port =
      larger(divide_up(read, tile->port_bytes), divide_up(written, tile->port_bytes));
  return larger(divide_up(work, peak), larger(port, dram));
}

/* ----------------------------------------------------------------------------------- systolic */

static uint64_t systolic(const products_t *p, const hb_cost_tile_t *tile) {
  const bool os = tile->kind == HB_TILE_KIND_OS;
  const int64_t down = (int64_t)(os ? p->pixels : p->taps);
  const int64_t time = (int64_t)(os ? p->taps : p->pixels);
  return p->count *
         (uint64_t)hb_systolic_cycles(tile->size, tile->size, down, (int64_t)p->outputs, time);
}

/* ------------------------------------------------------------------------------------ maestro */

static hb_map_directive_t map(hb_loop_t loop, bool spatial, uint32_t size, uint32_t offset) {
  return (hb_map_directive_t){
      .loop = loop, .spatial = spatial, .size = (int32_t)size, .offset = (int32_t)offset};
}

static void map_tile(const hb_layer_dims_t *dims, const hb_cost_tile_t *tile,
                     hb_mapping_t *mapping_out) {
  const uint32_t n = tile->size;
  const hb_mapping_t ws = {
      .num_levels = 2,
      .levels = {
          {.num = 4,
           .directives = {map(HB_LOOP_C, false, n, n), map(HB_LOOP_K, true, 1, 1),
                          map(HB_LOOP_Y, false, dims->r, 1), map(HB_LOOP_X, false, dims->s, 1)},
           .cluster = (int32_t)n},
          {.num = 1, .directives = {map(HB_LOOP_C, true, 1, 1)}}}};
  const hb_mapping_t os = {
      .num_levels = 2,
      .levels = {{.num = 3,
                  .directives = {map(HB_LOOP_K, false, n, n), map(HB_LOOP_Y, false, dims->r, 1),
                                 map(HB_LOOP_X, true, dims->s, 1)},
                  .cluster = (int32_t)n},
                 {.num = 1, .directives = {map(HB_LOOP_K, true, 1, 1)}}}};
  *mapping_out = tile->kind == HB_TILE_KIND_OS ? os : ws;
}

static uint64_t maestro(const hb_layer_t *layer, const products_t *p, const hb_cost_tile_t *tile) {
  hb_layer_dims_t dims = {.k = (uint32_t)p->outputs, .c = (uint32_t)p->taps, .r = 1, .s = 1};
  if (layer->op == HB_OP_CONV) {
    dims.c = layer->in_c / hb_layer_groups(layer);
    dims.r = layer->ker_h;
    dims.s = layer->ker_w;
    dims.y = hb_layer_out_h(layer) + dims.r - 1u;
    dims.x = hb_layer_out_w(layer) + dims.s - 1u;
  } else if (layer->op == HB_OP_CONV_TRANSPOSE) {
    dims.y = layer->in_h;
    dims.x = layer->in_w;
  } else {
    dims.y = 1;
    dims.x = (uint32_t)p->pixels;
  }
  if (dims.y - dims.r > dims.x - dims.s) { /* a tile's pixels run either way */
    dims = (hb_layer_dims_t){
        .k = dims.k, .c = dims.c, .y = dims.x, .x = dims.y, .r = dims.s, .s = dims.r};
  }
  hb_mapping_t mapping;
  map_tile(&dims, tile, &mapping);
  const hb_maestro_cost_t cost = hb_maestro_layer(
      &mapping, &dims, tile->maestro_pes != 0 ? tile->maestro_pes : tile->size * tile->size,
      tile->maestro_noc_bw != 0 ? tile->maestro_noc_bw : 2u * tile->size);
  return cost.cycles <= 0 ? 0 : p->count * (uint64_t)cost.cycles;
}

uint64_t hb_tile_cost_cycles(hb_tile_cost_t cost, const hb_layer_t *layer,
                             const hb_cost_tile_t *tile) {
  if (cost == HB_TILE_COST_ROOFLINE) {
    return roofline(layer, tile);
  }
  const products_t products = products_of(layer);
  if (products.count == 0 || tile->kind == HB_TILE_KIND_VECTOR) {
    return 0;
  }
  return cost == HB_TILE_COST_SYSTOLIC ? systolic(&products, tile)
                                       : maestro(layer, &products, tile);
}
