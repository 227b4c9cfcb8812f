/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Builds small workload images for tests: make, change what the test is about through the pointers,
 * seal.
 */

#ifndef TEST_IMAGE_H_
#define TEST_IMAGE_H_

#include <stdint.h>

#include "hilbert/hb_image.h"

enum { TEST_IMAGE_MAX_BYTES = 1 << 14 };

typedef struct test_image {
  union {
    hb_image_header_t header;
    uint32_t words[TEST_IMAGE_MAX_BYTES / 4];
  };
  hb_image_tile_t *tiles;
  hb_image_model_t *models;
  hb_image_variant_t *variants; /* one a model */
  hb_image_layer_t *layers;
  hb_image_program_t *programs; /* [layer][kind] */
  uint32_t made_layers;
} test_image_t;

/**
 * `num_models` models of `layers` layers each, none depends on another, two slots each, priority =
 * index. Tile i is of kind i % num_kinds; every kind runs every layer in est_cycles = 1000 * (kind
 * + 1) and as many nJ. Addresses: test_image_*_addr(). fcfs, watchdog 5000 cycles, no flags; the
 * defaults of hb_image_sched_t, period 100000 cycles, no static tile. Estimates of what is to go
 * follow from est_cycles: test_image_seal() fills them in.
 */
void test_image_make(test_image_t *image, uint32_t num_tiles, uint32_t num_kinds,
                     uint32_t num_models, uint32_t layers);

/** Writes togo_avg, togo_min and the crc: after the last change. */
void test_image_seal(test_image_t *image);

/** Writes the crc only. */
void test_image_seal_as_is(test_image_t *image);

/** ID register of tiles of a kind. */
uint32_t test_image_tile_id(uint32_t kind);

uint32_t test_image_slot_addr(uint32_t model, uint32_t slot);
uint32_t test_image_program_addr(uint32_t layer, uint32_t kind);

#endif /* TEST_IMAGE_H_ */
