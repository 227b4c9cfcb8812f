/* SPDX-License-Identifier: Apache-2.0 */

/*
 * scenario_test SCENARIO.yaml SOC.yaml MIN_UTILISATION_PERCENT
 *
 * Maps a shipped scenario and checks the workload as its readers will see it: image tables and CRC,
 * nothing overlapping, every program sound for every speed of its engines, streams. Prints the
 * estimated MAC utilisation per model; the whole scenario's must reach the given percentage.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "hb_config.h"
#include "hb_map.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_tensor.h"
#include "token_check.h"

static int failures;

#define CHECK(cond_, ...)                                \
  do {                                                   \
    if (!(cond_)) {                                      \
      printf("%s:%d: %s: ", __FILE__, __LINE__, #cond_); \
      printf(__VA_ARGS__);                               \
      printf("\n");                                      \
      ++failures;                                        \
    }                                                    \
  } while (0)

typedef struct range {
  uint64_t first, last;
  const char *what;
} range_t;

static int by_first(const void *left, const void *right) {
  const range_t *l = left, *r = right;
  return l->first < r->first ? -1 : l->first > r->first;
}

/* Bytes of a segment at `addr`, or NULL. */
static const uint8_t *segment_at(const hb_workload_t *w, uint32_t addr, uint64_t len) {
  for (uint32_t i = 0; i < w->num_segments; ++i) {
    const hb_segment_t *s = &w->segments[i];
    if (addr >= s->addr && addr + len <= s->addr + s->len) {
      return s->bytes + (addr - s->addr);
    }
  }
  return NULL;
}

static uint64_t bytes_moved(const hb_cmd_t *commands, uint32_t num) {
  uint64_t beats = 0;
  for (uint32_t i = 0; i < num; ++i) {
    const hb_cmd_t *c = &commands[i];
    beats += c->common.opcode == HB_CMD_OP_LOAD
                 ? (uint64_t)c->load.beats * c->load.rows * c->load.planes
             : c->common.opcode == HB_CMD_OP_STORE ? (uint64_t)c->store.beats * c->store.rows
                                                   : 0u;
  }
  return beats * HB_BEAT_BYTES;
}

/* Returns the bytes it moves. */
static uint64_t check_program(const hb_workload_t *w, const hb_image_program_t *program,
                              const hb_map_tile_t *tile, const char *task, const char *layer) {
  char why[200];
  uint32_t level;
  uint64_t moved = 0;
  const uint64_t len = (uint64_t)program->commands * HB_CMD_BYTES;
  const uint8_t *bytes = segment_at(w, program->addr, len);
  CHECK(bytes != NULL && program->addr % 64u == 0, "%s %s: program at %x", task, layer,
        program->addr);
  if (bytes != NULL) {
    hb_cmd_t *commands = malloc(len);
    memcpy(commands, bytes, len);
    const int bad = token_check(tile, commands, program->commands, 254, &level, why, sizeof(why));
    CHECK(bad == 0, "%s %s: %s", task, layer, why);
    moved = bytes_moved(commands, program->commands);
    free(commands);
  }
  return moved;
}

/* The variant that a layer belongs to. */
static hb_variant_t variant_of(const hb_model_t *model, uint32_t layer) {
  uint32_t v = 0;
  while (layer >= hb_model_variant(model, v).first_layer + hb_model_variant(model, v).num_layers) {
    ++v;
  }
  return hb_model_variant(model, v);
}

/* Whether what layer `t` leaves may be the next of a block's input, which layer `i` leaves. */
static bool same_place(const hb_model_t *model, uint32_t t, uint32_t i) {
  for (uint32_t b = model->num_blocks; b-- > 0;) {
    if (model->blocks[b].last == i) {
      i = hb_model_source(model, model->blocks[b].first, false);
      if (i == t) {
        return true;
      }
    }
  }
  return false;
}

/* Layers that read tensor `t` (the output of layer t): the last one; t itself if nobody does, none
 * of the variant for its result, which is to stay. */
static uint32_t last_reader(const hb_model_t *model, uint32_t t) {
  const hb_variant_t variant = variant_of(model, t);
  uint32_t last = t + 1u == variant.first_layer + variant.num_layers ? UINT32_MAX : t;
  for (uint32_t i = t + 1u; i < model->num_layers; ++i) {
    const hb_layer_t *l = &model->layers[i];
    const uint32_t first = l->input == HB_LAYER_PREVIOUS ? i - 1u : l->input;
    last = first == t || (hb_op_is_binary(l->op) && l->input2 == t) ? i : last;
  }
  return last;
}

/* What is written to it and read from it. */
static uint64_t tensor_bytes(const hb_model_t *model, uint32_t t) {
  uint64_t bytes = hb_map_out_bytes(&model->layers[t]);
  for (uint32_t i = t + 1u; i < model->num_layers; ++i) {
    const hb_layer_t *l = &model->layers[i];
    const uint32_t first = l->input == HB_LAYER_PREVIOUS ? i - 1u : l->input;
    const uint64_t in = first == t ? hb_map_in_bytes(l) : 0;
    const uint64_t in2 = hb_op_is_binary(l->op) && l->input2 == t ? hb_map_in2_bytes(l) : 0;
    bytes = in > bytes ? in : bytes;
    bytes = in2 > bytes ? in2 : bytes;
  }
  return bytes;
}

static void check_edge(const hb_image_layer_t *layers, uint32_t input, uint32_t i, uint32_t addr,
                       const char *name) {
  const uint32_t from = input == HB_LAYER_PREVIOUS && i > 0 ? i - 1u : input;
  CHECK(from < i ? addr == layers[from].out_addr : addr == HB_IMAGE_NONE,
        "layer %s does not read what it names", name);
}

/* The variants, the period, and a static tile that runs everything. */
static void check_schedule(const hb_image_header_t *header, const hb_image_model_t *model,
                           const hb_image_variant_t *variants, const hb_task_t *task,
                           uint32_t clock_khz) {
  CHECK(model->num_variants == hb_model_num_variants(&task->model), "%s: variants", task->name);
  uint32_t next = model->first_layer;
  for (uint32_t v = 0; v < model->num_variants; ++v) {
    const hb_image_variant_t *variant = &variants[model->first_variant + v];
    const hb_variant_t from = hb_model_variant(&task->model, v);
    CHECK(variant->first_layer == next && variant->num_layers == from.num_layers, "%s: variant %u",
          task->name, v);
    CHECK(fabs(variant->accuracy_q16 / 65536.0 - from.accuracy_ppm / 1e6) <= 0.5 / 65536.0,
          "%s: accuracy of variant %u", task->name, v);
    next += variant->num_layers;
  }
  CHECK(next == model->first_layer + model->num_layers, "%s: layers of variants", task->name);
  const double period = clock_khz * 1e3 * (double)task->rate_den / (double)task->rate_num;
  CHECK(model->period_cycles <= period && model->period_cycles + 1.0 > period, "%s: period %u",
        task->name, model->period_cycles);
  CHECK(model->static_tile == HB_IMAGE_NONE || model->static_tile < header->num_tiles,
        "%s: static tile %u", task->name, model->static_tile);
  CHECK(model->level == task->level, "%s: level %u", task->name, model->level);
}

/* What is to go falls from layer to layer by what the layer takes, on average and at best, in the
 * share of the frames that run it. */
static void check_togo(const hb_image_header_t *header, const hb_image_tile_t *tiles,
                       const hb_image_model_t *model, const hb_image_layer_t *layers,
                       const hb_image_program_t *programs, const hb_model_t *from,
                       const char *name) {
  for (uint32_t i = 0; i < model->num_layers; ++i) {
    const uint32_t index = model->first_layer + i;
    const hb_variant_t variant = variant_of(from, i);
    const bool last = i + 1u == variant.first_layer + variant.num_layers;
    uint32_t mask = 0;
    double share = 1.0;
    for (uint32_t b = 0; b < from->num_blocks; ++b) {
      if (from->blocks[b].first <= i && i <= from->blocks[b].last) {
        mask |= 1u << b;
        share *= 1.0 - from->blocks[b].skip_ppm / 1e6;
      }
    }
    for (uint32_t e = 0; e < from->num_exits; ++e) {
      const uint32_t after = from->exits[e].after;
      if (after < i && after >= variant.first_layer) {
        mask |= 1u << (from->num_blocks + e);
        share *= 1.0 - from->exits[e].ppm / 1e6;
      }
    }
    double sum = 0, least = UINT32_MAX;
    uint32_t num = 0;
    for (uint32_t t = 0; t < header->num_tiles; ++t) {
      const hb_image_program_t *program = &programs[index * header->num_kinds + tiles[t].kind];
      if (program->addr != HB_IMAGE_NONE) {
        sum += program->est_cycles;
        least = program->est_cycles < least ? program->est_cycles : least;
        ++num;
      }
    }
    const double avg = (double)layers[index].togo_avg - (last ? 0.0 : layers[index + 1u].togo_avg);
    const double min = (double)layers[index].togo_min - (last ? 0.0 : layers[index + 1u].togo_min);
    CHECK(fabs(avg - share * sum / num) <= 1.0 && fabs(min - share * least) <= 1.0,
          "%s layer %u: to go %g, at best %g", name, i, avg, min);
    CHECK(layers[index].skip_mask == mask, "%s layer %u: skipped in %x", name, i,
          layers[index].skip_mask);
  }
}

static uint32_t check_workload(const hb_scenario_t *scenario, const hb_soc_t *soc,
                               const hb_workload_t *w, double *utilisation_out) {
  hb_image_header_t header;
  memcpy(&header, w->image, sizeof(header));
  CHECK(header.magic == HB_IMAGE_MAGIC && header.version == HB_IMAGE_VERSION, "header");
  CHECK(header.size_bytes == w->image_len && w->image_len <= HB_IMAGE_SIZE, "%u bytes",
        header.size_bytes);
  uint8_t *copy = malloc(w->image_len);
  memcpy(copy, w->image, w->image_len);
  memset(copy + offsetof(hb_image_header_t, crc), 0, 4);
  CHECK(crc32(0, copy, (uInt)w->image_len) == header.crc, "crc");
  free(copy);
  CHECK(header.num_models == scenario->num_tasks && w->num_streams == scenario->num_tasks,
        "models");

  const hb_image_tile_t *tiles = (const void *)(w->image + header.tiles_offset);
  const hb_image_model_t *models = (const void *)(w->image + header.models_offset);
  const hb_image_layer_t *layers = (const void *)(w->image + header.layers_offset);
  const hb_image_program_t *programs = (const void *)(w->image + header.programs_offset);
  const hb_image_variant_t *variants = (const void *)(w->image + header.variants_offset);
  hb_map_tile_t kinds[HB_IMAGE_MAX_KINDS];
  for (uint32_t i = 0; i < header.num_tiles; ++i) {
    uint32_t id, caps;
    CHECK(hb_sim_tile_model_info(soc->tiles[i].model, &id, &caps) == HB_OK && tiles[i].id == id,
          "tile %u", i);
    hb_map_tile_decode(id, caps, &kinds[tiles[i].kind]);
  }

  range_t *ranges =
      calloc(w->num_segments + header.num_models * (2u + HB_IMAGE_MAX_SLOTS), sizeof(*ranges));
  uint32_t num = 0, programs_seen = 0;
  double macs_all = 0, slots_all = 0;
  for (uint32_t i = 0; i < w->num_segments; ++i) {
    ranges[num++] =
        (range_t){w->segments[i].addr, w->segments[i].addr + w->segments[i].len, "segment"};
  }
  for (uint32_t m = 0; m < header.num_models; ++m) {
    const hb_task_t *task = &scenario->tasks[m];
    CHECK(
        models[m].num_layers == task->model.num_layers && models[m].depends_on == task->depends_on,
        "%s", task->name);
    check_schedule(&header, &models[m], variants, task, soc->clock_khz);
    check_togo(&header, tiles, &models[m], layers, programs, &task->model, task->name);
    uint64_t low = UINT64_MAX, high = 0; /* all activations */
    uint64_t moved = 0, tensors = 0;
    double macs = 0, cycles = 0;
    for (uint32_t i = 0; i < models[m].num_layers; ++i) {
      const hb_layer_t *layer = &task->model.layers[i];
      const uint32_t index = models[m].first_layer + i;
      const hb_image_layer_t *entry = &layers[index];
      check_edge(&layers[models[m].first_layer], layer->input, i, entry->in_addr, layer->name);
      if (hb_op_is_binary(layer->op)) {
        check_edge(&layers[models[m].first_layer], layer->input2, i, entry->in2_addr, layer->name);
      }
      for (uint32_t b = 0; b < task->model.num_blocks; ++b) {
        const hb_block_t *block = &task->model.blocks[b];
        CHECK(block->last != i ||
                  entry->out_addr == layers[models[m].first_layer + block->first].in_addr,
              "%s block %s does not lie where its input does", task->name, block->name);
      }
      for (uint32_t j = variant_of(&task->model, i).first_layer; j < i; ++j) {
        if (same_place(&task->model, j, i)) {
          continue;
        }
        const uint64_t at = layers[models[m].first_layer + j].out_addr;
        CHECK(last_reader(&task->model, j) < i ||
                  at + tensor_bytes(&task->model, j) <= entry->out_addr ||
                  at >= entry->out_addr + tensor_bytes(&task->model, i),
              "%s layer %s writes over the output of %s, which is still to be read", task->name,
              layer->name, task->model.layers[j].name);
      }
      const uint32_t other = layer->constants;
      CHECK(
          other == 0 || entry->const_addr == layers[models[m].first_layer + other - 1u].const_addr,
          "%s layer %s: constants of %u", task->name, layer->name, other);
      for (uint32_t j = 0; j < i && other == 0; ++j) {
        CHECK(layers[models[m].first_layer + j].const_addr != entry->const_addr ||
                  hb_map_zero_offset(layer) == 0 || hb_map_zero_offset(&task->model.layers[j]) == 0,
              "%s layer %s: constants of %u", task->name, layer->name, j);
      }
      CHECK(segment_at(w, entry->const_addr, hb_map_zero_offset(layer)) != NULL, "%s constants",
            task->name);
      const uint64_t end = entry->out_addr + tensor_bytes(&task->model, i);
      low = entry->out_addr < low ? entry->out_addr : low;
      high = end > high ? end : high;
      for (uint32_t k = 0; k < header.num_kinds; ++k) {
        const hb_image_program_t *program = &programs[index * header.num_kinds + k];
        if (program->addr != HB_IMAGE_NONE) {
          moved += check_program(w, program, &kinds[k], task->name, layer->name);
          tensors += hb_map_in_bytes(layer) + hb_map_const_bytes(layer) + hb_map_out_bytes(layer);
          ++programs_seen;
          CHECK(program->est_nj > 0, "%s layer %s costs no energy", task->name, layer->name);
          macs += (double)hb_layer_macs(layer);
          cycles += (double)program->est_cycles * kinds[k].size * kinds[k].size;
        }
      }
    }
    ranges[num++] = (range_t){low, high, "activations"};
    for (uint32_t s = 0; s < models[m].num_slots; ++s) {
      const uint32_t addr = models[m].slot_addr[s];
      CHECK(addr % 256u == 0 && addr == w->streams[m].slot_addr[s], "%s slot %u at %x", task->name,
            s, addr);
      ranges[num++] = (range_t){addr, addr + (uint64_t)w->streams[m].frame_bytes, "input slot"};
    }
    CHECK(w->streams[m].frame_bytes == hb_map_in_bytes(&task->model.layers[0]), "%s", task->name);
    CHECK(w->streams[m].path_bits == task->model.num_blocks + task->model.num_exits, "%s: path",
          task->name);
    printf(
        "%-8s %4u layers %8.1f MMAC %6.2f Mcycles on one tile, MAC utilisation %5.1f%%, moves "
        "%.1f MB (tensors %.1f)\n",
        task->name, models[m].num_layers, macs / 1e6,
        cycles / (kinds[0].size * kinds[0].size) / 1e6, 100.0 * macs / cycles, (double)moved / 1e6,
        (double)tensors / 1e6);
    macs_all += macs;
    slots_all += cycles;
  }
  qsort(ranges, num, sizeof(*ranges), by_first);
  for (uint32_t i = 0; i < num; ++i) {
    CHECK(ranges[i].first >= HB_DRAM_BASE && ranges[i].last <= HB_DRAM_BASE + w->dram_bytes,
          "%s at %llx", ranges[i].what, (unsigned long long)ranges[i].first);
    CHECK(i == 0 || ranges[i].first >= ranges[i - 1u].last, "%s and %s overlap at %llx",
          ranges[i - 1u].what, ranges[i].what, (unsigned long long)ranges[i].first);
  }
  free(ranges);
  *utilisation_out = 100.0 * macs_all / slots_all;
  return programs_seen;
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fprintf(stderr,
            "usage: scenario_test SCENARIO.yaml SOC.yaml MIN_UTILISATION_PERCENT [MODEL_SET]\n");
    return 2;
  }
  hb_config_error_t error;
  hb_scenario_t scenario;
  hb_soc_t soc;
  char why[400] = "";
  if (hb_config_load_scenario_set(argv[1], argc == 5 ? argv[4] : NULL, &scenario, &error) !=
          HB_OK ||
      hb_config_load_soc(argv[2], NULL, &soc, &error) != HB_OK) {
    printf("%s\n", error.text);
    return 1;
  }
  hb_workload_t first, second;
  const clock_t start = clock();
  const hb_status_t status =
      hb_map_scenario(&scenario, &soc, 0, 7, HB_IMAGE_FLAG_DROP_LATE, &first, why, sizeof(why));
  const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  if (status != HB_OK) {
    printf("%s\n", why);
    return 1;
  }
  double utilisation;
  const uint32_t programs = check_workload(&scenario, &soc, &first, &utilisation);
  CHECK(utilisation >= strtod(argv[3], NULL), "MAC utilisation %.1f%%", utilisation);

  /* The same again gives the same bytes. */
  CHECK(hb_map_scenario(&scenario, &soc, 0, 7, HB_IMAGE_FLAG_DROP_LATE, &second, why,
                        sizeof(why)) == HB_OK,
        "%s", why);
  CHECK(first.image_len == second.image_len &&
            memcmp(first.image, second.image, first.image_len) == 0,
        "image");
  for (uint32_t i = 0; i < first.num_segments; ++i) {
    CHECK(memcmp(first.segments[i].bytes, second.segments[i].bytes, first.segments[i].len) == 0,
          "segment %u", i);
  }
  printf("%u programs, %.1f MB of DRAM, mapped in %.2f s, MAC utilisation %.1f%%, %d failed\n",
         programs, (double)first.dram_bytes / 1e6, seconds, utilisation, failures);
  hb_workload_release(&first);
  hb_workload_release(&second);
  hb_scenario_release(&scenario);
  return failures != 0;
}
