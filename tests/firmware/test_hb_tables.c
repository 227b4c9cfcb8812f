/* SPDX-License-Identifier: Apache-2.0 */

/* The image is checked: every kind of damage is found, named, and never read past. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/hb_crc.h"
#include "core/hb_tables.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "hilbert/hb_memmap.h"
#include "test_image.h"

uint32_t hb_mmio_read32(uint32_t addr) {
  fail_msg("read of 0x%08x", (unsigned)addr);
  return 0;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  fail_msg("write of 0x%08x to 0x%08x", (unsigned)value, (unsigned)addr);
}

void hb_port_wait(void) {
  fail();
}

static test_image_t image;

static int setup(void **state) {
  (void)state;
  test_image_make(&image, 3, 2, 3, 2);
  return 0;
}

static hb_tables_fault_t open_image(uint32_t capacity) {
  hb_tables_t tables;
  hb_tables_fault_t fault;
  const hb_status_t status = hb_tables_open(&tables, &image, capacity, &fault);
  assert_int_equal(status, fault.check == HB_TABLES_OK ? HB_OK : HB_ERR_FORMAT);
  return fault;
}

static void expect_fault(hb_tables_check_t check, uint32_t index) {
  test_image_seal(&image);
  const hb_tables_fault_t fault = open_image(sizeof image.words);
  assert_int_equal(fault.check, check);
  assert_int_equal(fault.index, index);
}

static void test_crc__is_zlibs(void **state) {
  (void)state;
  for (size_t start = 0; start < 5; ++start) {
    for (size_t len = 0; len < 40; ++len) {
      const uint8_t *const bytes = (const uint8_t *)&image + start;
      assert_int_equal(hb_crc32(99, bytes, len), crc32(99, bytes, (uInt)len));
    }
  }
}

static void test_open__finds_every_table(void **state) {
  (void)state;
  hb_tables_t tables;
  hb_tables_fault_t fault;
  test_image_seal(&image);
  assert_int_equal(hb_tables_open(&tables, &image, sizeof image.words, &fault), HB_OK);
  assert_ptr_equal(tables.tiles, image.tiles);
  assert_ptr_equal(tables.models, image.models);
  assert_ptr_equal(tables.variants, image.variants);
  assert_ptr_equal(tables.layers, image.layers);
  assert_ptr_equal(hb_tables_programs(&tables, 5), &image.programs[10]);
}

static void test_open__every_flipped_bit_bad(void **state) {
  (void)state;
  test_image_seal(&image);
  assert_int_equal(open_image(sizeof image.words).check, HB_TABLES_OK);
  for (uint32_t bit = 0; bit < image.header.size_bytes * 8u; ++bit) {
    image.words[bit / 32u] ^= 1u << (bit % 32u);
    assert_int_not_equal(open_image(sizeof image.words).check, HB_TABLES_OK);
    image.words[bit / 32u] ^= 1u << (bit % 32u);
  }
}

/* The copy has exactly as many bytes as it says, so that the sanitizer sees a read past it. */
static void test_open__every_length_too_short_bad(void **state) {
  (void)state;
  test_image_seal(&image);
  for (uint32_t len = 0; len < image.header.size_bytes; len += 4u) {
    void *const copy = malloc(len + 4u);
    assert_non_null(copy);
    memcpy(copy, &image, len);
    hb_tables_t tables;
    hb_tables_fault_t fault;
    assert_int_equal(hb_tables_open(&tables, copy, len, &fault), HB_ERR_FORMAT);
    free(copy);
  }
}

static void test_open__header_bad(void **state) {
  (void)state;
  image.header.magic ^= 1u;
  expect_fault(HB_TABLES_BAD_MAGIC, 0);
  (void)setup(state);
  image.header.version = HB_IMAGE_VERSION + 1u;
  expect_fault(HB_TABLES_BAD_VERSION, 0);
  (void)setup(state);
  test_image_seal(&image);
  image.header.crc ^= 1u;
  assert_int_equal(open_image(sizeof image.words).check, HB_TABLES_BAD_CRC);
  image.header.size_bytes = sizeof image.words + 4u;
  assert_int_equal(open_image(sizeof image.words).check, HB_TABLES_BAD_SIZE);
  (void)setup(state);
  image.header.policy = 99;
  expect_fault(HB_TABLES_BAD_POLICY, 0);
}

static void test_open__windows_bad(void **state) {
  /* Windows of two models that agree; then one end moves at a time. */
  static const struct {
    uint32_t model, window, base, end;
  } bad[] = {
      {0, HB_IMAGE_WINDOW_TENSORS, 0x80002008u, 0x80003000u},   /* half a beat */
      {0, HB_IMAGE_WINDOW_TENSORS, 0x80002000u, 0x80002ff8u},   /* half a beat */
      {0, HB_IMAGE_WINDOW_CONSTANTS, 0x80002000u, 0x80001000u}, /* ends before it begins */
      {0, HB_IMAGE_WINDOW_CONSTANTS, 0x7ffffff0u, 0x80001000u}, /* not DRAM */
      {0, HB_IMAGE_WINDOW_CONSTANTS, 0x80000ff0u, 0x80001800u}, /* overlaps its programs */
      {0, HB_IMAGE_WINDOW_CONSTANTS, 0x80001000u, 0x80002010u}, /* overlaps its tensors */
      {1, HB_IMAGE_WINDOW_CONSTANTS, 0x80002ff0u, 0x80003800u}, /* overlaps model 0's tensors */
      {1, HB_IMAGE_WINDOW_TENSORS, 0x80002ff0u, 0x80005000u},   /* overlaps model 0's tensors */
  };
  for (size_t i = 0; i <= sizeof bad / sizeof bad[0]; ++i) {
    (void)setup(state);
    image.header.flags |= HB_IMAGE_FLAG_PROTECT;
    for (uint32_t m = 0; m < 2u; ++m) {
      image.models[m].window[HB_IMAGE_WINDOW_PROGRAMS] =
          (hb_image_window_t){0x80000000u, 0x80001000u};
      image.models[m].window[HB_IMAGE_WINDOW_CONSTANTS] =
          (hb_image_window_t){0x80001000u, 0x80002000u};
      image.models[m].window[HB_IMAGE_WINDOW_TENSORS] =
          (hb_image_window_t){0x80002000u + m * 0x1000u, 0x80003000u + m * 0x1000u};
    }
    if (i == sizeof bad / sizeof bad[0]) {
      expect_fault(HB_TABLES_OK, 0);
      continue;
    }
    image.models[bad[i].model].window[bad[i].window] = (hb_image_window_t){bad[i].base, bad[i].end};
    test_image_seal(&image);
    assert_int_equal(open_image(sizeof image.words).check, HB_TABLES_BAD_WINDOW);
  }
}

static void test_open__counts_bad(void **state) {
  uint32_t *const count[] = {&image.header.num_tiles, &image.header.num_kinds,
                             &image.header.num_models, &image.header.num_variants,
                             &image.header.num_layers};
  const uint32_t most[] = {HB_MAX_TILES, HB_IMAGE_MAX_KINDS, HB_IMAGE_MAX_MODELS,
                           HB_IMAGE_MAX_MODELS * HB_IMAGE_MAX_VARIANTS, HB_IMAGE_MAX_LAYERS};
  for (size_t i = 0; i < 5; ++i) {
    (void)setup(state);
    *count[i] = 0;
    expect_fault(HB_TABLES_BAD_COUNT, 0);
    *count[i] = most[i] + 1u;
    expect_fault(HB_TABLES_BAD_COUNT, 0);
    *count[i] = most[i]; /* allowed, but then its table does not fit */
    test_image_seal(&image);
    assert_int_not_equal(open_image(sizeof image.words).check, HB_TABLES_OK);
  }
}

static void test_open__offsets_bad(void **state) {
  uint32_t *const offset[] = {&image.header.tiles_offset, &image.header.models_offset,
                              &image.header.variants_offset, &image.header.layers_offset,
                              &image.header.programs_offset};
  for (size_t i = 0; i < 5; ++i) {
    (void)setup(state);
    const uint32_t bad[] = {0, *offset[i] + 4u, image.header.size_bytes, 0xfffffff8u};
    for (size_t j = 0; j < sizeof bad / sizeof bad[0]; ++j) {
      *offset[i] = bad[j];
      expect_fault(HB_TABLES_BAD_OFFSET, 0);
    }
  }
}

static void test_open__tile_bad(void **state) {
  (void)state;
  image.tiles[2].kind = 2;
  expect_fault(HB_TABLES_BAD_TILE, 2);
  image.tiles[2].kind = 0;
  image.tiles[1].mmio_base = HB_TILE_BASE(2);
  expect_fault(HB_TABLES_BAD_TILE, 1);
}

static void test_open__model_bad(void **state) {
  image.models[1].num_layers = 5; /* 2 + 5 > 6 */
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  image.models[1].num_layers = 0;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  (void)setup(state);
  image.models[2].num_slots = HB_IMAGE_MAX_SLOTS + 1u;
  expect_fault(HB_TABLES_BAD_MODEL, 2);
  (void)setup(state);
  image.models[2].slot_addr[1] = 0x1000;
  expect_fault(HB_TABLES_BAD_MODEL, 2);
  (void)setup(state);
  image.models[0].depends_on = 3;
  expect_fault(HB_TABLES_BAD_MODEL, 0);
  (void)setup(state);
  image.models[1].period_cycles = 0;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  (void)setup(state);
  image.models[1].first_variant = 3;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  image.models[1].first_variant = 2;
  image.models[1].num_variants = 2;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  image.models[1].num_variants = 0;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
}

static void test_open__static_tile_bad(void **state) {
  (void)state;
  image.models[1].static_tile = 3;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  image.models[1].static_tile = 1;
  expect_fault(HB_TABLES_OK, 0);
  image.programs[7].addr = HB_IMAGE_NONE; /* layer 3 on kind 1, which is tile 1's */
  expect_fault(HB_TABLES_BAD_MODEL, 1);
  image.models[1].static_tile = 2;
  expect_fault(HB_TABLES_OK, 0);
}

static void test_open__level_bad(void **state) {
  (void)state;
  image.models[1].level = HB_LEVEL_HIGH;
  expect_fault(HB_TABLES_OK, 0);
  image.models[1].level = HB_NUM_LEVELS;
  expect_fault(HB_TABLES_BAD_MODEL, 1);
}

static void test_open__variant_bad(void **state) {
  static const hb_image_variant_t bad[] = {
      {1, 2, 65536, 0}, /* before the model's layers 2 and 3 */
      {4, 1, 65536, 0}, /* behind them */
      {3, 2, 65536, 0}, /* partly behind them */
      {2, 0, 65536, 0}, {2, 2, 0, 0}, {2, 2, 65537, 0}, {2, 2, 65536, 1}, {2, UINT32_MAX, 65536, 0},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    (void)setup(state);
    image.variants[1] = bad[i];
    test_image_seal_as_is(&image);
    const hb_tables_fault_t fault = open_image(sizeof image.words);
    assert_int_equal(fault.check, HB_TABLES_BAD_VARIANT);
    assert_int_equal(fault.index, 1);
  }
  (void)setup(state);
  image.variants[1] = (hb_image_variant_t){3, 1, 1, 0};
  expect_fault(HB_TABLES_OK, 0);
}

static void test_open__sched_bad(void **state) {
  static const struct {
    size_t at;
    uint32_t bad, good;
  } cases[] = {
      {offsetof(hb_image_sched_t, flags), 16, 15},
      {offsetof(hb_image_sched_t, alpha_q16), 0x20001, 0x20000},
      {offsetof(hb_image_sched_t, beta_q16), 0x20001, 0},
      {offsetof(hb_image_sched_t, tune_interval_cycles), 0, 1},
      {offsetof(hb_image_sched_t, tune_step_q16), 0, 0x20000},
      {offsetof(hb_image_sched_t, tune_step_q16), 0x20001, 1},
      {offsetof(hb_image_sched_t, tune_stop_q16), 0, 1},
      {offsetof(hb_image_sched_t, tune_stop_q16), 0x20001, 0x20000},
      {offsetof(hb_image_sched_t, drop_window), 0, 2},
      {offsetof(hb_image_sched_t, drop_window), 33, 32},
      {offsetof(hb_image_sched_t, drop_max), 11, 10},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    (void)setup(state);
    uint32_t *const field = &image.words[(offsetof(hb_image_header_t, sched) + cases[i].at) / 4u];
    *field = cases[i].bad;
    expect_fault(HB_TABLES_BAD_SCHED, 0);
    *field = cases[i].good;
    expect_fault(HB_TABLES_OK, 0);
  }
}

static void test_open__estimate_bad(void **state) {
  (void)state;
  test_image_seal(&image);
  image.layers[4].togo_avg = image.layers[4].togo_min - 1u;
  test_image_seal_as_is(&image);
  hb_tables_fault_t fault = open_image(sizeof image.words);
  assert_int_equal(fault.check, HB_TABLES_BAD_ESTIMATE);
  assert_int_equal(fault.index, 4);
  (void)setup(state);
  image.programs[7].est_nj = 0;
  expect_fault(HB_TABLES_BAD_ESTIMATE, 3);
  image.programs[7].addr = HB_IMAGE_NONE; /* of no program nothing is asked */
  expect_fault(HB_TABLES_OK, 0);
}

static void test_open__dependency_cycle_bad(void **state) {
  (void)state;
  image.models[0].depends_on = 0;
  expect_fault(HB_TABLES_BAD_CYCLE, 0);
  image.models[0].depends_on = 1;
  image.models[1].depends_on = 2;
  expect_fault(HB_TABLES_OK, 0);
  image.models[2].depends_on = 0;
  expect_fault(HB_TABLES_BAD_CYCLE, 0);
}

static void test_open__layer_bad(void **state) {
  (void)state;
  image.layers[4].out_addr += 8u;
  expect_fault(HB_TABLES_BAD_LAYER, 4);
  image.layers[4].out_addr = HB_IMAGE_NONE;
  expect_fault(HB_TABLES_BAD_LAYER, 4);
}

static void test_open__program_bad(void **state) {
  image.programs[7].addr += 32u;
  expect_fault(HB_TABLES_BAD_PROGRAM, 3);
  (void)setup(state);
  image.programs[7].commands = 0;
  expect_fault(HB_TABLES_BAD_PROGRAM, 3);
  image.programs[7].commands = 1u << 20;
  expect_fault(HB_TABLES_BAD_PROGRAM, 3);
  (void)setup(state);
  image.programs[7].addr = HB_IMAGE_NONE; /* kind 1; kind 0 can */
  expect_fault(HB_TABLES_OK, 0);
  image.programs[6].addr = HB_IMAGE_NONE;
  expect_fault(HB_TABLES_NO_TILE, 3);
}

/* Kind 1 could run it, but this machine's tiles are all of kind 0. */
static void test_open__kind_without_tile_bad(void **state) {
  (void)state;
  image.tiles[1].kind = 0;
  image.programs[8].addr = HB_IMAGE_NONE;
  expect_fault(HB_TABLES_NO_TILE, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_crc__is_zlibs, setup),
      cmocka_unit_test_setup(test_open__finds_every_table, setup),
      cmocka_unit_test_setup(test_open__every_flipped_bit_bad, setup),
      cmocka_unit_test_setup(test_open__every_length_too_short_bad, setup),
      cmocka_unit_test_setup(test_open__header_bad, setup),
      cmocka_unit_test_setup(test_open__windows_bad, setup),
      cmocka_unit_test_setup(test_open__counts_bad, setup),
      cmocka_unit_test_setup(test_open__offsets_bad, setup),
      cmocka_unit_test_setup(test_open__tile_bad, setup),
      cmocka_unit_test_setup(test_open__model_bad, setup),
      cmocka_unit_test_setup(test_open__static_tile_bad, setup),
      cmocka_unit_test_setup(test_open__level_bad, setup),
      cmocka_unit_test_setup(test_open__variant_bad, setup),
      cmocka_unit_test_setup(test_open__sched_bad, setup),
      cmocka_unit_test_setup(test_open__estimate_bad, setup),
      cmocka_unit_test_setup(test_open__dependency_cycle_bad, setup),
      cmocka_unit_test_setup(test_open__layer_bad, setup),
      cmocka_unit_test_setup(test_open__program_bad, setup),
      cmocka_unit_test_setup(test_open__kind_without_tile_bad, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
