/* SPDX-License-Identifier: Apache-2.0 */

#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hb_crc.h"
#include "dram_watch.h"
#include "elf/hb_elf.h"
#include "hb_config.h"
#include "hilbert/hb_memmap.h"

enum { FIRMWARE_MAX = 1 << 20 };

static bool load_firmware(machine_t *machine, const char *path) {
  uint8_t *bytes = malloc(FIRMWARE_MAX);
  FILE *file = fopen(path, "rb");
  const size_t len = file ? fread(bytes, 1, FIRMWARE_MAX, file) : 0;
  if (file) {
    fclose(file);
  }
  hb_elf_t elf;
  const char *why = "";
  bool ok = hb_elf_parse(bytes, len, &elf, &why) == HB_OK;
  for (uint32_t i = 0; ok && i < elf.num_segments; ++i) {
    const hb_elf_segment_t *s = &elf.segments[i];
    uint8_t *memory = calloc(s->mem_bytes, 1);
    memcpy(memory, s->bytes, s->num_bytes);
    ok = hb_sim_load_private(machine->sim, s->addr, memory, s->mem_bytes) == HB_OK;
    free(memory);
  }
  ok = ok && hb_sim_set_entry(machine->sim, elf.entry) == HB_OK;
  if (!ok) {
    printf("%s: %s %s\n", path, why, hb_sim_error(machine->sim));
  }
  free(bytes);
  return ok;
}

static bool load_workload(machine_t *machine) {
  const hb_workload_t *w = &machine->workload;
  bool ok = hb_sim_load_private(machine->sim, HB_IMAGE_BASE, w->image, w->image_len) == HB_OK;
  for (uint32_t i = 0; ok && i < w->num_segments; ++i) {
    const hb_segment_t *s = &w->segments[i];
    ok = hb_sim_load_dram(machine->sim, s->addr, s->bytes, s->len) == HB_OK;
  }
  for (uint32_t i = 0; ok && i < w->num_streams; ++i) {
    ok = hb_sim_add_stream(machine->sim, &w->streams[i]) == HB_OK;
  }
  if (!ok) {
    printf("%s\n", hb_sim_error(machine->sim));
  }
  return ok;
}

bool machine_init(machine_t *machine, const char *soc, const char *firmware,
                  const hb_scenario_t *scenario, uint32_t policy, const hb_sim_options_t *options) {
  hb_config_error_t error;
  char why[400] = "";
  memset(machine, 0, sizeof(*machine));
  if (hb_config_load_soc(soc, NULL, &machine->soc, &error) != HB_OK) {
    printf("%s\n", error.text);
    return false;
  }
  if (hb_map_scenario(scenario, &machine->soc, policy, options->seed, HB_IMAGE_FLAG_PROTECT,
                      &machine->workload, why, sizeof(why)) != HB_OK) {
    printf("%s\n", why);
    return false;
  }
  hb_sim_options_t sim_options = *options;
  sim_options.twin_tiles &= (uint32_t)((UINT64_C(1) << machine->soc.num_tiles) - 1u);
  if (hb_sim_create(&machine->soc, &sim_options, &machine->sim) != HB_OK) {
    printf("%s\n", hb_sim_error(NULL));
    return false;
  }
  return load_firmware(machine, firmware) && load_workload(machine);
}

void machine_watch_dram(const machine_t *machine) {
  hb_dram_watch(machine->sim, &machine->soc);
}

bool machine_reload_image(const machine_t *machine) {
  hb_image_header_t *header = (void *)machine->workload.image;
  header->crc = 0;
  header->crc = hb_crc32(0, machine->workload.image, machine->workload.image_len);
  return hb_sim_load_private(machine->sim, HB_IMAGE_BASE, machine->workload.image,
                             machine->workload.image_len) == HB_OK;
}

hb_layer_t machine_small_conv(void) {
  return (hb_layer_t){.name = "conv",
                      .input = HB_LAYER_PREVIOUS,
                      .in_c = 16,
                      .in_h = 8,
                      .in_w = 8,
                      .out_c = 16,
                      .ker_h = 3,
                      .ker_w = 3,
                      .stride_h = 1,
                      .stride_w = 1,
                      .dil_h = 1,
                      .dil_w = 1,
                      .x_signed = true,
                      .w_signed = true,
                      .y_signed = true,
                      .clip_max = 127};
}

void machine_release(machine_t *machine) {
  hb_sim_free(machine->sim);
  hb_workload_release(&machine->workload);
}

static uint32_t layer_index(const machine_t *machine, const hb_image_header_t *header,
                            uint32_t model, uint32_t layer) {
  const hb_image_model_t *models = (const void *)(machine->workload.image + header->models_offset);
  return models[model].first_layer + layer;
}

const hb_image_layer_t *machine_layer(const machine_t *machine, uint32_t model, uint32_t layer) {
  const hb_image_header_t *header = (const void *)machine->workload.image;
  const hb_image_layer_t *layers = (const void *)(machine->workload.image + header->layers_offset);
  return &layers[layer_index(machine, header, model, layer)];
}

uint64_t machine_estimate(const machine_t *machine, uint32_t model, uint32_t layer, uint32_t tile) {
  const hb_image_header_t *header = (const void *)machine->workload.image;
  const hb_image_tile_t *tiles = (const void *)(machine->workload.image + header->tiles_offset);
  const hb_image_program_t *programs =
      (const void *)(machine->workload.image + header->programs_offset);
  const uint32_t index = layer_index(machine, header, model, layer);
  return programs[index * header->num_kinds + tiles[tile].kind].est_cycles;
}

const uint8_t *machine_segment(const machine_t *machine, uint32_t addr) {
  for (uint32_t i = 0; i < machine->workload.num_segments; ++i) {
    const hb_segment_t *s = &machine->workload.segments[i];
    if (addr >= s->addr && addr < s->addr + s->len) {
      return s->bytes + (addr - s->addr);
    }
  }
  return NULL;
}
