/* SPDX-License-Identifier: Apache-2.0 */

/*
 * DRAM from HB_DRAM_BASE on:
 *
 *   tile programs | constants of model 0 | constants of model 1 | ... | activations and input slots
 *
 * Activations: a layer's output lives from that layer to the last one that reads it (the last
 * layer's to the end) and has its place for that long; places of tensors that never live together
 * may overlap. First fit, in the order of layers. A tensor is as large as its layer writes or a
 * reader reads, whichever is more: published layer lists do not always chain, and what a layer
 * finds behind the tensor is then simply bytes. What a block leaves that frames may skip lies where
 * the block's input does. Variants of a supernet have the same places: a frame runs one of them.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hb_energy_job.h"
#include "hb_map.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_tensor.h"

enum {
  ALIGN_DRAM =
      256, /* what a sensor slot asks for; a whole number of DRAM bursts for all the rest */
  WATCHDOG_CYCLES = 1000000, /* far above the longest stall a loaded DRAM can cause */
  WHY_MAX = 256,
};

/* Layers that differ in name only share their programs. */
typedef struct unique {
  const hb_layer_t *layer;
  hb_program_t programs[HB_IMAGE_MAX_KINDS]; /* commands NULL: this kind cannot run it */
  uint32_t addr[HB_IMAGE_MAX_KINDS];
  uint32_t est_nj[HB_IMAGE_MAX_KINDS];
} unique_t;

typedef struct kind {
  uint32_t id, caps;
  const char *name;
  hb_map_tile_t tile;
} kind_t;

typedef struct build {
  const hb_scenario_t *scenario;
  const hb_soc_t *soc;
  uint32_t num_kinds;
  kind_t kinds[HB_IMAGE_MAX_KINDS];
  uint32_t tile_kind[HB_MAX_TILES];
  uint32_t num_layers;
  uint32_t *layer_unique; /* of every layer of every task, in order */
  uint32_t num_unique;
  unique_t *unique;
  uint64_t next; /* first free byte of DRAM, from HB_DRAM_BASE */
  char *why;
  size_t why_len;
} build_t;

static uint64_t align_up(uint64_t value, uint64_t to) {
  return (value + to - 1u) / to * to;
}

/* A layer's output in memory. */
typedef struct tensor {
  uint64_t at, bytes;
  uint32_t last;  /* layer that reads it last */
  uint32_t place; /* layer whose output's place it has: its own, or what its block reads */
} tensor_t;

static uint64_t max_u64(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static void read_by(tensor_t *tensors, uint32_t from, uint32_t reader, uint64_t bytes) {
  if (from != HB_LAYER_NO_INPUT) {
    tensor_t *tensor = &tensors[tensors[from].place];
    tensor->bytes = max_u64(tensor->bytes, bytes);
    tensor->last = reader;
  }
}

/* Sizes and lives of a variant's tensors. Those that share a place are counted where it is. */
static void find_lives(const hb_model_t *model, const hb_variant_t *variant, tensor_t *tensors) {
  const uint32_t end = variant->first_layer + variant->num_layers;
  for (uint32_t i = variant->first_layer; i < end; ++i) {
    const hb_layer_t *layer = &model->layers[i];
    uint32_t place = i;
    for (uint32_t b = 0; b < model->num_blocks; ++b) {
      if (model->blocks[b].last == i) {
        place = tensors[hb_model_source(model, model->blocks[b].first, false)].place;
      }
    }
    read_by(tensors, hb_model_source(model, i, false), i, hb_map_in_bytes(layer));
    read_by(tensors, hb_model_source(model, i, true), i, hb_map_in2_bytes(layer));
    tensors[i] = (tensor_t){.place = place};
    read_by(tensors, i, i, hb_map_out_bytes(layer));
  }
  tensors[tensors[end - 1u].place].last = end;
}

/* The lowest place for tensor `i` that no tensor alive with it has; `first` is its variant's. */
static uint64_t first_fit(const tensor_t *tensors, uint32_t first, uint32_t i) {
  uint64_t at = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t j = first; j < i; ++j) {
      const tensor_t *t = &tensors[j];
      if (t->place == j && t->last >= i && at < t->at + t->bytes && t->at < at + tensors[i].bytes) {
        at = align_up(t->at + t->bytes, ALIGN_DRAM);
        moved = true;
      }
    }
  }
  return at;
}

/* Places of a model's tensors, from 0 on, variants over each other; returns the bytes they take
 * together. */
static uint64_t place_tensors(const hb_model_t *model, tensor_t *tensors) {
  uint64_t end = 0;
  for (uint32_t v = 0; v < hb_model_num_variants(model); ++v) {
    const hb_variant_t variant = hb_model_variant(model, v);
    find_lives(model, &variant, tensors);
    for (uint32_t i = variant.first_layer; i < variant.first_layer + variant.num_layers; ++i) {
      tensors[i].at = tensors[i].place == i ? first_fit(tensors, variant.first_layer, i)
                                            : tensors[tensors[i].place].at;
      end = max_u64(end, tensors[i].at + tensors[i].bytes);
    }
  }
  return end;
}

/* Bytes of the tensors that are there when layer `i` begins, the model's input left out. */
static uint64_t alive_before(const hb_model_t *model, const tensor_t *tensors, uint32_t i) {
  uint64_t bytes = 0;
  for (uint32_t v = 0; v < hb_model_num_variants(model); ++v) {
    const hb_variant_t variant = hb_model_variant(model, v);
    for (uint32_t j = variant.first_layer; j < i && i < variant.first_layer + variant.num_layers;
         ++j) {
      bytes += tensors[j].place == j && tensors[j].last >= i ? tensors[j].bytes : 0;
    }
  }
  return bytes;
}

/* Bytes of a frame: the most that a layer reads of it. */
static uint64_t frame_bytes(const hb_model_t *model) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < model->num_layers; ++i) {
    if (hb_model_source(model, i, false) == HB_LAYER_NO_INPUT) {
      bytes = max_u64(bytes, hb_map_in_bytes(&model->layers[i]));
    }
  }
  return bytes;
}

/* Reserves bytes of DRAM; the sum is checked once, in lay_out(). */
static uint32_t reserve(build_t *b, uint64_t bytes) {
  const uint64_t at = b->next;
  b->next += align_up(bytes, ALIGN_DRAM);
  return (uint32_t)(HB_DRAM_BASE + at);
}

static hb_status_t find_kinds(build_t *b) {
  for (uint32_t i = 0; i < b->soc->num_tiles; ++i) {
    const hb_soc_tile_t *tile = &b->soc->tiles[i];
    uint32_t id = 0, caps = 0;
    if (hb_sim_tile_model_info(tile->model, &id, &caps) != HB_OK) {
      snprintf(b->why, b->why_len, "tile %s: there is no tile model %s", tile->name, tile->model);
      return HB_ERR_INPUT;
    }
    uint32_t k = 0;
    while (k < b->num_kinds && (b->kinds[k].id != id || b->kinds[k].caps != caps)) {
      ++k;
    }
    if (k == HB_IMAGE_MAX_KINDS) {
      snprintf(b->why, b->why_len, "tile %s: more than %d kinds of tile in one SoC", tile->name,
               HB_IMAGE_MAX_KINDS);
      return HB_ERR_INPUT;
    }
    if (k == b->num_kinds) {
      b->kinds[k] = (kind_t){.id = id, .caps = caps, .name = tile->model};
      hb_map_tile_decode(id, caps, &b->kinds[k].tile);
      ++b->num_kinds;
    }
    b->tile_kind[i] = k;
  }
  return HB_OK;
}

static uint32_t saturate(double value) {
  return value < (double)UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* Energy of a job in nJ; in cycles if the SoC's table makes everything free. */
static uint32_t estimate_nj(const build_t *b, const hb_program_t *program,
                            const hb_map_tile_t *tile) {
  const double pj = hb_energy_estimate(program, tile, b->soc);
  const uint32_t nj = saturate(pj > 0.0 ? pj / 1000.0 : (double)program->est_cycles);
  return nj > 0 ? nj : 1u;
}

/* Compiles a layer for every tile kind, once for all layers like it. */
static hb_status_t compile_layer(build_t *b, const hb_task_t *task, const hb_layer_t *layer,
                                 uint32_t *unique_out) {
  for (uint32_t u = 0; u < b->num_unique; ++u) {
    if (hb_layer_same(b->unique[u].layer, layer)) {
      *unique_out = u;
      return HB_OK;
    }
  }
  unique_t *unique = &b->unique[b->num_unique];
  *unique = (unique_t){.layer = layer};
  *unique_out = b->num_unique++;
  char reason[WHY_MAX] = "the SoC has no tiles";
  bool runs = false;
  for (uint32_t k = 0; k < b->num_kinds; ++k) {
    char kind_reason[WHY_MAX] = "";
    const hb_status_t status = hb_map_layer(layer, &b->kinds[k].tile, &unique->programs[k],
                                            kind_reason, sizeof(kind_reason));
    if (status == HB_OK) {
      runs = true;
      unique->est_nj[k] = estimate_nj(b, &unique->programs[k], &b->kinds[k].tile);
    } else if (status == HB_ERR_INPUT) {
      snprintf(reason, sizeof(reason), "%.32s: %.200s", b->kinds[k].name, kind_reason);
    } else {
      snprintf(b->why, b->why_len, "%s layer %s: %s", task->name, layer->name,
               hb_status_text(status));
      return status;
    }
  }
  if (!runs) {
    snprintf(b->why, b->why_len, "%s layer %s: no tile of %s can run it: %s", task->name,
             layer->name, b->soc->name, reason);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

static hb_status_t compile(build_t *b) {
  const hb_scenario_t *scenario = b->scenario;
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    b->num_layers += scenario->tasks[m].model.num_layers;
  }
  if (scenario->num_tasks > HB_IMAGE_MAX_MODELS || b->num_layers > HB_IMAGE_MAX_LAYERS) {
    snprintf(b->why, b->why_len,
             "%s: %u models with %u layers, at most %d with %d fit a workload image",
             scenario->name, scenario->num_tasks, b->num_layers, HB_IMAGE_MAX_MODELS,
             HB_IMAGE_MAX_LAYERS);
    return HB_ERR_INPUT;
  }
  b->layer_unique = calloc(b->num_layers + 1u, sizeof(*b->layer_unique));
  b->unique = calloc(b->num_layers + 1u, sizeof(*b->unique));
  if (b->layer_unique == NULL || b->unique == NULL) {
    return HB_ERR_NOMEM;
  }
  uint32_t next = 0;
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    const hb_task_t *task = &scenario->tasks[m];
    if (task->model.num_layers == 0 || task->model.num_layers > 4095u) {
      snprintf(b->why, b->why_len, "%s: %u layers, expected 1 to 4095", task->name,
               task->model.num_layers);
      return HB_ERR_INPUT;
    }
    for (uint32_t i = 0; i < task->model.num_layers; ++i) {
      HB_TRY(compile_layer(b, task, &task->model.layers[i], &b->layer_unique[next++]));
    }
  }
  return HB_OK;
}

/* Bytes of a layer's constants kept: the zero points at their end only if a tile reads them. None
 * if it has another layer's. */
static uint64_t const_bytes(const build_t *b, const hb_layer_t *layer) {
  if (layer->constants != 0) {
    return 0;
  }
  for (uint32_t k = 0; k < b->num_kinds; ++k) {
    if (b->kinds[k].tile.size == 32u) {
      return hb_map_const_bytes(layer);
    }
  }
  return hb_map_zero_offset(layer);
}

static hb_status_t add_segment(hb_workload_t *workload, uint32_t addr, uint64_t len,
                               uint8_t **bytes_out) {
  hb_segment_t *segment = &workload->segments[workload->num_segments];
  segment->bytes = calloc(len ? len : 1u, 1);
  if (segment->bytes == NULL) {
    return HB_ERR_NOMEM;
  }
  segment->addr = addr;
  segment->len = len;
  ++workload->num_segments;
  *bytes_out = segment->bytes;
  return HB_OK;
}

/* Addresses of everything in DRAM. */
typedef struct layout {
  uint32_t programs;
  uint64_t programs_len;
  struct {
    uint32_t constants; /* of the model's first layer; the others follow, each aligned */
    uint64_t constants_len;
    uint32_t *consts; /* of each layer; owned */
    uint32_t arena;   /* outputs of layers and input slots */
    uint64_t arena_len;
    uint32_t *tensors; /* output of each layer; owned */
    uint64_t *alive;   /* bytes of the outputs that this or a later layer reads; owned */
    uint32_t slots[HB_IMAGE_MAX_SLOTS];
  } model[HB_IMAGE_MAX_MODELS];
} layout_t;

static hb_status_t lay_out(build_t *b, layout_t *layout) {
  for (uint32_t u = 0; u < b->num_unique; ++u) {
    for (uint32_t k = 0; k < b->num_kinds; ++k) {
      const hb_program_t *program = &b->unique[u].programs[k];
      if (program->commands != NULL) {
        b->unique[u].addr[k] = reserve(b, (uint64_t)program->num_commands * HB_CMD_BYTES);
      }
    }
  }
  layout->programs = HB_DRAM_BASE;
  layout->programs_len = b->next;
  for (uint32_t m = 0; m < b->scenario->num_tasks; ++m) {
    const hb_model_t *model = &b->scenario->tasks[m].model;
    const uint64_t first = b->next;
    uint32_t *consts = calloc(model->num_layers, sizeof(*consts));
    layout->model[m].consts = consts;
    if (consts == NULL) {
      return HB_ERR_NOMEM;
    }
    for (uint32_t i = 0; i < model->num_layers; ++i) {
      const uint32_t other = model->layers[i].constants;
      assert(other <= i);
      consts[i] = other != 0 ? consts[other - 1u] : reserve(b, const_bytes(b, &model->layers[i]));
    }
    layout->model[m].constants = consts[0];
    layout->model[m].constants_len = b->next - first;
  }
  for (uint32_t m = 0; m < b->scenario->num_tasks; ++m) {
    const hb_task_t *task = &b->scenario->tasks[m];
    tensor_t *tensors = calloc(task->model.num_layers, sizeof(*tensors));
    layout->model[m].tensors = calloc(task->model.num_layers, sizeof(uint32_t));
    layout->model[m].alive = calloc(task->model.num_layers, sizeof(uint64_t));
    if (tensors == NULL || layout->model[m].tensors == NULL || layout->model[m].alive == NULL) {
      free(tensors);
      return HB_ERR_NOMEM;
    }
    const uint64_t first = b->next;
    const uint32_t arena = reserve(b, place_tensors(&task->model, tensors));
    layout->model[m].arena = arena;
    for (uint32_t i = 0; i < task->model.num_layers; ++i) {
      layout->model[m].tensors[i] = arena + (uint32_t)tensors[i].at;
      layout->model[m].alive[i] = alive_before(&task->model, tensors, i);
    }
    free(tensors);
    for (uint32_t s = 0; s < task->num_slots; ++s) {
      layout->model[m].slots[s] = reserve(b, frame_bytes(&task->model));
    }
    layout->model[m].arena_len = b->next - first;
  }
  if (b->next > b->soc->dram.size_bytes) {
    snprintf(b->why, b->why_len, "%s needs %llu bytes of DRAM, %s has %llu", b->scenario->name,
             (unsigned long long)b->next, b->soc->name,
             (unsigned long long)b->soc->dram.size_bytes);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

static hb_status_t fill_dram(const build_t *b, const layout_t *layout, uint64_t seed,
                             hb_workload_t *workload) {
  const hb_scenario_t *scenario = b->scenario;
  workload->segments = calloc(scenario->num_tasks + 1u, sizeof(*workload->segments));
  if (workload->segments == NULL) {
    return HB_ERR_NOMEM;
  }
  uint8_t *bytes = NULL;
  HB_TRY(add_segment(workload, layout->programs, layout->programs_len, &bytes));
  for (uint32_t u = 0; u < b->num_unique; ++u) {
    for (uint32_t k = 0; k < b->num_kinds; ++k) {
      const hb_program_t *program = &b->unique[u].programs[k];
      if (program->commands != NULL) {
        memcpy(bytes + (b->unique[u].addr[k] - layout->programs), program->commands,
               (size_t)program->num_commands * HB_CMD_BYTES);
      }
    }
  }
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    const hb_model_t *model = &scenario->tasks[m].model;
    HB_TRY(
        add_segment(workload, layout->model[m].constants, layout->model[m].constants_len, &bytes));
    for (uint32_t i = 0; i < model->num_layers; ++i) {
      const uint64_t kept = const_bytes(b, &model->layers[i]);
      if (kept == 0) {
        continue;
      }
      uint8_t *all = malloc(hb_map_const_bytes(&model->layers[i]) + 1u);
      if (all == NULL) {
        return HB_ERR_NOMEM;
      }
      hb_map_synthesise(&model->layers[i], seed, m, i, all);
      memcpy(bytes, all, kept);
      free(all);
      bytes += align_up(kept, ALIGN_DRAM);
    }
  }
  return HB_OK;
}

static hb_image_window_t window_of(uint32_t addr, uint64_t len) {
  return (hb_image_window_t){.base = addr, .end = addr + (uint32_t)len};
}

/* floor(ps * khz / 10^9) without overflow. */
static uint64_t cycles_of_ps(uint64_t ps, uint32_t khz) {
  const uint64_t giga = 1000000000u;
  return ps / giga * khz + ps % giga * khz / giga;
}

static uint32_t q16_of_ppm(uint32_t ppm) {
  return (uint32_t)(((uint64_t)ppm * HB_IMAGE_Q16_ONE + 500000u) / 1000000u);
}

static uint32_t at_least_1(uint32_t value) {
  return value > 0 ? value : 1u;
}

hb_image_sched_t hb_map_sched(const hb_sched_t *given, uint32_t clock_khz) {
  const hb_sched_t defaults = hb_sched_defaults();
  const hb_sched_t *sched = given->tune_interval_ps != 0 ? given : &defaults;
  const uint64_t interval = cycles_of_ps(sched->tune_interval_ps, clock_khz);
  return (hb_image_sched_t){
      .flags = (sched->drop ? HB_SCHED_SMART_DROP : 0u) |
               (sched->supernet ? HB_SCHED_SUPERNET : 0u) | (sched->tune ? HB_SCHED_TUNE : 0u) |
               (sched->mapscore ? 0u : HB_SCHED_NO_MAPSCORE),
      .alpha_q16 = q16_of_ppm(sched->alpha_ppm),
      .beta_q16 = q16_of_ppm(sched->beta_ppm),
      .tune_interval_cycles = at_least_1(interval < UINT32_MAX ? (uint32_t)interval : UINT32_MAX),
      .tune_step_q16 = at_least_1(q16_of_ppm(sched->tune_step_ppm)),
      .tune_stop_q16 = at_least_1(q16_of_ppm(sched->tune_stop_ppm)),
      .drop_window = sched->drop_window,
      .drop_max = sched->drop_max,
  };
}

/* A layer's est_cycles over the tiles that can run it: all the same tiles as the firmware sees. */
typedef struct spread {
  double mean;
  uint32_t min;
} spread_t;

static spread_t spread_of(const build_t *b, const hb_image_program_t *programs) {
  spread_t spread = {.min = UINT32_MAX};
  double sum = 0.0;
  uint32_t num = 0;
  for (uint32_t i = 0; i < b->soc->num_tiles; ++i) {
    const hb_image_program_t *program = &programs[b->tile_kind[i]];
    if (program->addr != HB_IMAGE_NONE) {
      sum += program->est_cycles;
      ++num;
      spread.min = program->est_cycles < spread.min ? program->est_cycles : spread.min;
    }
  }
  spread.mean = num > 0 ? sum / num : 0.0;
  return spread;
}

/*
 * Fills togo_avg and togo_min of a variant's layers, last to first. share[i]: of the frames that
 * run layer i of the layer table.
 */
static void fill_togo(const build_t *b, const hb_image_variant_t *variant, const double *share,
                      hb_image_layer_t *layers, const hb_image_program_t *programs) {
  double mean = 0.0, least = 0.0;
  for (uint32_t i = variant->num_layers; i-- > 0;) {
    const uint32_t layer = variant->first_layer + i;
    const spread_t spread = spread_of(b, &programs[layer * b->num_kinds]);
    mean += share[layer] * spread.mean;
    least += share[layer] * spread.min;
    layers[layer].togo_avg = saturate(mean);
    layers[layer].togo_min = saturate(least);
  }
}

/* Cycles a second that a model keeps a tile busy if all its frames run their first variant there;
 * less than 0: the tile cannot run some layer of the model. */
static double load_on(const build_t *b, const hb_task_t *task, const hb_image_model_t *model,
                      const hb_image_variant_t *variants, const double *share,
                      const hb_image_program_t *programs, uint32_t tile) {
  const uint32_t kind = b->tile_kind[tile];
  for (uint32_t i = 0; i < model->num_layers; ++i) {
    if (programs[(model->first_layer + i) * b->num_kinds + kind].addr == HB_IMAGE_NONE) {
      return -1.0;
    }
  }
  const hb_image_variant_t *first = &variants[model->first_variant];
  double cycles = 0.0;
  for (uint32_t i = 0; i < first->num_layers; ++i) {
    const uint32_t layer = first->first_layer + i;
    cycles += share[layer] * programs[layer * b->num_kinds + kind].est_cycles;
  }
  return cycles * (double)task->rate_num / (double)task->rate_den * task->probability_ppm / 1e6;
}

/*
 * Where the policy static runs each model: heaviest first (by its least load on any tile), each on
 * the tile whose load stays the least with it; ties go to the lower model, the lower tile.
 */
static void place_models(const build_t *b, hb_image_model_t *models,
                         const hb_image_variant_t *variants, const double *share,
                         const hb_image_program_t *programs) {
  const hb_scenario_t *scenario = b->scenario;
  double busy[HB_MAX_TILES] = {0.0};
  bool placed[HB_IMAGE_MAX_MODELS] = {false};
  for (uint32_t round = 0; round < scenario->num_tasks; ++round) {
    uint32_t heaviest = HB_IMAGE_NONE;
    double heaviest_load = -1.0;
    for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
      double least = -1.0;
      for (uint32_t i = 0; i < b->soc->num_tiles && !placed[m]; ++i) {
        const double load =
            load_on(b, &scenario->tasks[m], &models[m], variants, share, programs, i);
        least = load >= 0.0 && (least < 0.0 || load < least) ? load : least;
      }
      if (least > heaviest_load) {
        heaviest = m;
        heaviest_load = least;
      }
    }
    if (heaviest == HB_IMAGE_NONE) {
      return; /* the others have no tile for all their layers */
    }
    placed[heaviest] = true;
    uint32_t best = HB_IMAGE_NONE;
    double best_busy = 0.0;
    for (uint32_t i = 0; i < b->soc->num_tiles; ++i) {
      const double load =
          load_on(b, &scenario->tasks[heaviest], &models[heaviest], variants, share, programs, i);
      if (load >= 0.0 && (best == HB_IMAGE_NONE || busy[i] + load < best_busy)) {
        best = i;
        best_busy = busy[i] + load;
      }
    }
    models[heaviest].static_tile = best;
    busy[best] = best_busy;
  }
}

static uint32_t period_cycles(const build_t *b, const hb_task_t *task) {
  const double cycles =
      b->soc->clock_khz * 1000.0 * (double)task->rate_den / (double)task->rate_num;
  return cycles >= 1.0 ? saturate(cycles) : 1u;
}

static hb_status_t make_image(const build_t *b, const layout_t *layout, uint32_t policy,
                              uint32_t flags, hb_workload_t *workload) {
  const hb_scenario_t *scenario = b->scenario;
  uint32_t num_variants = 0;
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    num_variants += hb_model_num_variants(&scenario->tasks[m].model);
  }
  hb_image_header_t header = {
      .magic = HB_IMAGE_MAGIC,
      .version = HB_IMAGE_VERSION,
      .num_tiles = b->soc->num_tiles,
      .num_kinds = b->num_kinds,
      .num_models = scenario->num_tasks,
      .num_layers = b->num_layers,
      .num_variants = num_variants,
      .sched = hb_map_sched(&scenario->sched, b->soc->clock_khz),
      .tiles_offset = sizeof(hb_image_header_t),
      .policy = policy,
      .watchdog_cycles = WATCHDOG_CYCLES,
      .clock_khz = b->soc->clock_khz,
      .flags = flags,
  };
  const uint64_t models =
      header.tiles_offset + (uint64_t)header.num_tiles * sizeof(hb_image_tile_t);
  const uint64_t variants = models + (uint64_t)header.num_models * sizeof(hb_image_model_t);
  const uint64_t layers = variants + (uint64_t)header.num_variants * sizeof(hb_image_variant_t);
  const uint64_t programs = layers + (uint64_t)header.num_layers * sizeof(hb_image_layer_t);
  const uint64_t size =
      programs + (uint64_t)header.num_layers * b->num_kinds * sizeof(hb_image_program_t);
  if (size > HB_IMAGE_SIZE) {
    snprintf(b->why, b->why_len, "%s: the workload image takes %llu bytes, at most %u fit",
             scenario->name, (unsigned long long)size, HB_IMAGE_SIZE);
    return HB_ERR_INPUT;
  }
  header.size_bytes = (uint32_t)size;
  header.models_offset = (uint32_t)models;
  header.variants_offset = (uint32_t)variants;
  header.layers_offset = (uint32_t)layers;
  header.programs_offset = (uint32_t)programs;

  uint8_t *image = calloc(size, 1);
  if (image == NULL) {
    return HB_ERR_NOMEM;
  }
  /* Of the frames that run each layer. */
  double *share = malloc(((size_t)b->num_layers + 1u) * sizeof(*share));
  if (share == NULL) {
    free(image);
    return HB_ERR_NOMEM;
  }
  workload->image = image;
  workload->image_len = size;
  /* Tables start at multiples of 8 behind the header: every record's size is one. */
  hb_image_tile_t *tile_table = (hb_image_tile_t *)(void *)(image + header.tiles_offset);
  hb_image_model_t *model_table = (hb_image_model_t *)(void *)(image + models);
  hb_image_variant_t *variant_table = (hb_image_variant_t *)(void *)(image + variants);
  hb_image_layer_t *layer_table = (hb_image_layer_t *)(void *)(image + layers);
  hb_image_program_t *program_table = (hb_image_program_t *)(void *)(image + programs);
  for (uint32_t i = 0; i < b->soc->num_tiles; ++i) {
    tile_table[i] = (hb_image_tile_t){
        .mmio_base = HB_TILE_BASE(i), .kind = b->tile_kind[i], .id = b->kinds[b->tile_kind[i]].id};
  }
  uint32_t next = 0, next_variant = 0;
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    const hb_task_t *task = &scenario->tasks[m];
    hb_image_model_t *model = &model_table[m];
    *model = (hb_image_model_t){.first_layer = next,
                                .num_layers = task->model.num_layers,
                                .depends_on = task->depends_on,
                                .num_slots = task->num_slots,
                                .priority = m,
                                .first_variant = next_variant,
                                .num_variants = hb_model_num_variants(&task->model),
                                .period_cycles = period_cycles(b, task),
                                .static_tile = HB_IMAGE_NONE,
                                .level = task->level};
    for (uint32_t v = 0; v < model->num_variants; ++v) {
      const hb_variant_t variant = hb_model_variant(&task->model, v);
      variant_table[next_variant++] =
          (hb_image_variant_t){.first_layer = next + variant.first_layer,
                               .num_layers = variant.num_layers,
                               .accuracy_q16 = at_least_1(q16_of_ppm(variant.accuracy_ppm))};
    }
    memcpy(model->slot_addr, layout->model[m].slots, sizeof(model->slot_addr));
    model->window[HB_IMAGE_WINDOW_PROGRAMS] = window_of(layout->programs, layout->programs_len);
    model->window[HB_IMAGE_WINDOW_CONSTANTS] =
        window_of(layout->model[m].constants, layout->model[m].constants_len);
    model->window[HB_IMAGE_WINDOW_TENSORS] =
        window_of(layout->model[m].arena, layout->model[m].arena_len);
    for (uint32_t i = 0; i < task->model.num_layers; ++i, ++next) {
      const uint32_t first = hb_model_source(&task->model, i, false),
                     second = hb_model_source(&task->model, i, true);
      const double alive = (double)layout->model[m].alive[i];
      share[next] = hb_model_share(&task->model, i);
      layer_table[next] = (hb_image_layer_t){
          .in_addr = first == HB_LAYER_NO_INPUT ? HB_IMAGE_NONE : layout->model[m].tensors[first],
          .out_addr = layout->model[m].tensors[i],
          .const_addr = layout->model[m].consts[i],
          .in2_addr =
              second == HB_LAYER_NO_INPUT ? HB_IMAGE_NONE : layout->model[m].tensors[second],
          .skip_mask = hb_model_skip_mask(&task->model, i),
          /* Once through DRAM: half its way is out, half is back. */
          .switch_nj = saturate(hb_energy_dram(b->soc, alive / 2.0, alive / 2.0) / 1000.0),
      };
      const unique_t *unique = &b->unique[b->layer_unique[next]];
      for (uint32_t k = 0; k < b->num_kinds; ++k) {
        const hb_program_t *program = &unique->programs[k];
        hb_image_program_t *entry = &program_table[next * b->num_kinds + k];
        *entry = (hb_image_program_t){.addr = HB_IMAGE_NONE};
        if (program->commands != NULL) {
          entry->addr = unique->addr[k];
          entry->commands = program->num_commands;
          entry->est_cycles =
              (uint32_t)(program->est_cycles < UINT32_MAX ? program->est_cycles : UINT32_MAX);
          entry->est_nj = unique->est_nj[k];
        }
      }
    }
  }
  for (uint32_t v = 0; v < header.num_variants; ++v) {
    fill_togo(b, &variant_table[v], share, layer_table, program_table);
  }
  place_models(b, model_table, variant_table, share, program_table);
  free(share);
  memcpy(image, &header, sizeof(header));
  header.crc = (uint32_t)crc32(0, image, (uInt)size);
  memcpy(image, &header, sizeof(header));
  return HB_OK;
}

static hb_status_t make_streams(const build_t *b, const layout_t *layout, hb_workload_t *workload) {
  const hb_scenario_t *scenario = b->scenario;
  workload->streams =
      calloc(scenario->num_tasks ? scenario->num_tasks : 1u, sizeof(*workload->streams));
  if (workload->streams == NULL) {
    return HB_ERR_NOMEM;
  }
  workload->num_streams = scenario->num_tasks;
  for (uint32_t m = 0; m < scenario->num_tasks; ++m) {
    const hb_task_t *task = &scenario->tasks[m];
    const uint64_t jitter = cycles_of_ps(task->jitter_ps, b->soc->clock_khz);
    hb_sim_stream_t *stream = &workload->streams[m];
    *stream = (hb_sim_stream_t){
        .rate_num = task->rate_num,
        .rate_den = task->rate_den,
        .offset_cycles = cycles_of_ps(task->start_ps + task->offset_ps, b->soc->clock_khz),
        .stop_cycles = cycles_of_ps(task->stop_ps, b->soc->clock_khz),
        .jitter_cycles = (uint32_t)(jitter < UINT32_MAX ? jitter : UINT32_MAX),
        .probability_ppm = task->probability_ppm,
        .frame_bytes = (uint32_t)frame_bytes(&task->model),
        .num_slots = task->num_slots,
    };
    /* One sensor without a rate of its own is what offset and jitter say. */
    const bool plain =
        task->num_sensors == 0 || (task->num_sensors == 1 && task->sensors[0].rate_num == 0);
    stream->num_sources = plain ? 0 : task->num_sensors;
    for (uint32_t i = 0; i < stream->num_sources; ++i) {
      const hb_task_sensor_t *sensor = &task->sensors[i];
      const uint64_t cycles = cycles_of_ps(sensor->jitter_ps, b->soc->clock_khz);
      stream->sources[i] = (hb_sim_source_t){
          .id = sensor->index,
          .rate_num = sensor->rate_num,
          .rate_den = sensor->rate_den,
          .offset_cycles = cycles_of_ps(task->start_ps + sensor->offset_ps, b->soc->clock_khz),
          .jitter_cycles = (uint32_t)(cycles < UINT32_MAX ? cycles : UINT32_MAX),
      };
    }
    stream->path_bits = hb_model_path(&task->model, stream->path_ppm);
    snprintf(stream->name, sizeof(stream->name), "%.*s", HB_SIM_NAME_MAX - 1, task->name);
    memcpy(stream->slot_addr, layout->model[m].slots, sizeof(stream->slot_addr));
  }
  return HB_OK;
}

void hb_workload_release(hb_workload_t *workload) {
  free(workload->image);
  for (uint32_t i = 0; i < workload->num_segments; ++i) {
    free(workload->segments[i].bytes);
  }
  free(workload->segments);
  free(workload->streams);
  *workload = (hb_workload_t){0};
}

static hb_status_t build_workload(build_t *b, uint32_t policy, uint64_t seed, uint32_t flags,
                                  hb_workload_t *workload) {
  layout_t layout = {0};
  HB_TRY(find_kinds(b));
  HB_TRY(compile(b));
  hb_status_t status = lay_out(b, &layout);
  workload->dram_bytes = b->next;
  if (status == HB_OK) {
    status = fill_dram(b, &layout, seed, workload);
  }
  if (status == HB_OK) {
    status = make_image(b, &layout, policy, flags, workload);
  }
  if (status == HB_OK) {
    status = make_streams(b, &layout, workload);
  }
  for (uint32_t m = 0; m < b->scenario->num_tasks; ++m) {
    free(layout.model[m].tensors);
    free(layout.model[m].consts);
    free(layout.model[m].alive);
  }
  return status;
}

hb_status_t hb_map_scenario(const hb_scenario_t *scenario, const hb_soc_t *soc, uint32_t policy,
                            uint64_t seed, uint32_t image_flags, hb_workload_t *workload_out,
                            char *why, size_t why_len) {
  build_t b = {.scenario = scenario, .soc = soc, .why = why, .why_len = why_len};
  hb_workload_t workload = {0};
  const hb_status_t status = build_workload(&b, policy, seed, image_flags, &workload);
  for (uint32_t u = 0; u < b.num_unique; ++u) {
    for (uint32_t k = 0; k < b.num_kinds; ++k) {
      hb_program_release(&b.unique[u].programs[k]);
    }
  }
  free(b.unique);
  free(b.layer_unique);
  if (status == HB_OK) {
    *workload_out = workload;
    return HB_OK;
  }
  hb_workload_release(&workload);
  if (status == HB_ERR_NOMEM) {
    snprintf(why, why_len, "%s", hb_status_text(status));
  }
  return status;
}
