/* SPDX-License-Identifier: Apache-2.0 */

#include "test_image.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "core/hb_crc.h"
#include "hilbert/hb_memmap.h"

uint32_t test_image_tile_id(uint32_t kind) {
  return 0x01080001u + (kind << 16);
}

uint32_t test_image_slot_addr(uint32_t model, uint32_t slot) {
  return HB_DRAM_BASE + 0x100000u * model + 0x10000u * slot;
}

uint32_t test_image_program_addr(uint32_t layer, uint32_t kind) {
  return HB_DRAM_BASE + 0x8000000u + 0x1000u * layer + 0x100u * kind;
}

static void *table(test_image_t *image, uint32_t *offset, uint32_t bytes) {
  uint32_t *const at = &image->words[image->header.size_bytes / 4u];
  *offset = image->header.size_bytes;
  image->header.size_bytes += bytes;
  assert(image->header.size_bytes <= sizeof image->words);
  return at;
}

void test_image_make(test_image_t *image, uint32_t num_tiles, uint32_t num_kinds,
                     uint32_t num_models, uint32_t layers) {
  const uint32_t num_layers = num_models * layers;
  memset(image, 0, sizeof *image);
  image->header = (hb_image_header_t){
      .magic = HB_IMAGE_MAGIC,
      .version = HB_IMAGE_VERSION,
      .size_bytes = sizeof image->header,
      .num_tiles = num_tiles,
      .num_kinds = num_kinds,
      .num_models = num_models,
      .num_layers = num_layers,
      .watchdog_cycles = 5000,
      .clock_khz = 250000,
      .num_variants = num_models,
      .sched = {.flags = HB_SCHED_SMART_DROP | HB_SCHED_SUPERNET | HB_SCHED_TUNE,
                .alpha_q16 = HB_IMAGE_Q16_ONE,
                .beta_q16 = HB_IMAGE_Q16_ONE,
                .tune_interval_cycles = 25000000,
                .tune_step_q16 = HB_IMAGE_Q16_ONE / 2u,
                .tune_stop_q16 = HB_IMAGE_Q16_ONE / 20u,
                .drop_window = 10,
                .drop_max = 2},
  };
  image->tiles =
      table(image, &image->header.tiles_offset, num_tiles * (uint32_t)sizeof *image->tiles);
  image->models =
      table(image, &image->header.models_offset, num_models * (uint32_t)sizeof *image->models);
  image->variants =
      table(image, &image->header.variants_offset, num_models * (uint32_t)sizeof *image->variants);
  image->layers =
      table(image, &image->header.layers_offset, num_layers * (uint32_t)sizeof *image->layers);
  image->programs = table(image, &image->header.programs_offset,
                          num_layers * num_kinds * (uint32_t)sizeof *image->programs);

  image->made_layers = num_layers;
  for (uint32_t i = 0; i < num_tiles; ++i) {
    image->tiles[i] = (hb_image_tile_t){.mmio_base = HB_TILE_BASE(i),
                                        .kind = i % num_kinds,
                                        .id = test_image_tile_id(i % num_kinds)};
  }
  for (uint32_t m = 0; m < num_models; ++m) {
    image->models[m] = (hb_image_model_t){.first_layer = m * layers,
                                          .num_layers = layers,
                                          .depends_on = HB_IMAGE_NONE,
                                          .num_slots = 2,
                                          .priority = m,
                                          .first_variant = m,
                                          .num_variants = 1,
                                          .period_cycles = 100000,
                                          .static_tile = HB_IMAGE_NONE};
    image->variants[m] = (hb_image_variant_t){
        .first_layer = m * layers, .num_layers = layers, .accuracy_q16 = HB_IMAGE_Q16_ONE};
    for (uint32_t s = 0; s < HB_IMAGE_MAX_SLOTS; ++s) {
      image->models[m].slot_addr[s] = test_image_slot_addr(m, s);
    }
  }
  for (uint32_t l = 0; l < num_layers; ++l) {
    const uint32_t tensors = HB_DRAM_BASE + 0x4000000u + 0x1000u * l;
    image->layers[l] = (hb_image_layer_t){.in_addr = l % layers == 0 ? HB_IMAGE_NONE : tensors,
                                          .out_addr = tensors + 0x1000u,
                                          .const_addr = tensors + 0x400000u,
                                          .in2_addr = HB_IMAGE_NONE};
    for (uint32_t k = 0; k < num_kinds; ++k) {
      image->programs[l * num_kinds + k] =
          (hb_image_program_t){.addr = test_image_program_addr(l, k),
                               .commands = 10u + l,
                               .est_cycles = 1000u * (k + 1u),
                               .est_nj = 1000u * (k + 1u)};
    }
  }
}

/* Tables may be as broken as a test wants them: nothing outside the image is touched. */
static void fill_togo(test_image_t *image, const hb_image_variant_t *variant) {
  uint32_t avg = 0, min = 0;
  for (uint32_t i = variant->num_layers; i-- > 0;) {
    const uint32_t layer = variant->first_layer + i;
    if (variant->num_layers > image->header.num_layers || layer >= image->header.num_layers) {
      return;
    }
    uint32_t sum = 0, num = 0, best = UINT32_MAX;
    for (uint32_t t = 0; t < image->header.num_tiles; ++t) {
      const hb_image_program_t *const program =
          &image->programs[layer * image->header.num_kinds +
                           image->tiles[t].kind % image->header.num_kinds];
      if (program->addr != HB_IMAGE_NONE) {
        sum += program->est_cycles;
        ++num;
        best = program->est_cycles < best ? program->est_cycles : best;
      }
    }
    avg += num != 0 ? sum / num : 0;
    min += num != 0 ? best : 0;
    image->layers[layer].togo_avg = avg;
    image->layers[layer].togo_min = min;
  }
}

void test_image_seal(test_image_t *image) {
  const hb_image_header_t *const h = &image->header;
  const bool whole = h->num_kinds - 1u < HB_IMAGE_MAX_KINDS && h->num_tiles <= HB_MAX_TILES &&
                     h->num_layers <= image->made_layers && h->num_variants <= image->made_layers;
  for (uint32_t v = 0; whole && v < h->num_variants; ++v) {
    fill_togo(image, &image->variants[v]);
  }
  test_image_seal_as_is(image);
}

void test_image_seal_as_is(test_image_t *image) {
  image->header.crc = 0;
  image->header.crc = hb_crc32(0, image->words, image->header.size_bytes);
}
