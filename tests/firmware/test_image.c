/* SPDX-License-Identifier: Apache-2.0 */

#include "test_image.h"

#include <assert.h>
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
  };
  image->tiles =
      table(image, &image->header.tiles_offset, num_tiles * (uint32_t)sizeof *image->tiles);
  image->models =
      table(image, &image->header.models_offset, num_models * (uint32_t)sizeof *image->models);
  image->layers =
      table(image, &image->header.layers_offset, num_layers * (uint32_t)sizeof *image->layers);
  image->programs = table(image, &image->header.programs_offset,
                          num_layers * num_kinds * (uint32_t)sizeof *image->programs);

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
                                          .priority = m};
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
                               .est_cycles = 1000u * (k + 1u)};
    }
  }
}

void test_image_seal(test_image_t *image) {
  image->header.crc = 0;
  image->header.crc = hb_crc32(0, image->words, image->header.size_bytes);
}
