/* SPDX-License-Identifier: Apache-2.0 */

/* Cycles of layers on tiles by the cost models, against numbers worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "hb_cost_tile.h"
#include "hilbert/hb_tile_regs.h"

static hb_layer_t conv(uint32_t c, uint32_t k, uint32_t size, uint32_t kernel) {
  return (hb_layer_t){.op = HB_OP_CONV,
                      .in_c = c,
                      .in_h = size + kernel - 1,
                      .in_w = size + kernel - 1,
                      .out_c = k,
                      .groups = 1,
                      .ker_h = kernel,
                      .ker_w = kernel,
                      .stride_h = 1,
                      .stride_w = 1,
                      .dil_h = 1,
                      .dil_w = 1};
}

/* A bus of 16 bytes each way, a memory of 20 bytes a cycle. */
static hb_cost_tile_t tile(uint32_t kind, uint32_t size) {
  return (hb_cost_tile_t){
      .kind = kind, .size = size, .port_bytes = 16, .dram_bytes_e9 = UINT64_C(20000000000)};
}

static void a_tile_follows_from_soc_and_id(void **state) {
  (void)state;
  hb_soc_t soc = {.clock_khz = 100000, .noc = {.flit_bits = 64}};
  soc.dram.num_channels = 2;
  soc.dram.burst_bytes = 64;
  soc.dram.tccd_ps = 4000;
  hb_cost_tile_t got;
  hb_cost_tile_init(&soc, HB_TILE_KIND_OS << HB_TILE_ID_KIND_LSB | 32u << HB_TILE_ID_SIZE_LSB,
                    &got);
  assert_int_equal(got.kind, HB_TILE_KIND_OS);
  assert_int_equal(got.size, 32);
  assert_int_equal(got.port_bytes, 8);
  assert_int_equal(got.dram_bytes_e9, UINT64_C(320) * 1000000000); /* 2 * 64 B in 0.4 cycles */
  soc.noc.flit_bits = 512;
  hb_cost_tile_init(&soc, 0, &got);
  assert_int_equal(got.port_bytes, 16);
}

static void roofline_takes_the_lowest_roof(void **state) {
  (void)state;
  const hb_cost_tile_t ws = tile(HB_TILE_KIND_WS, 16);
  hb_layer_t layer = conv(64, 64, 56, 3);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &ws), 451584); /* MACs/256 */
  layer = conv(64, 4, 1, 1); /* 64 + 256 bytes read */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &ws), 20);
  layer = conv(1, 256, 1, 1); /* 257 read, 256 written: 17 and 16 cycles of the bus, 26 of DRAM */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &ws), 26);
  layer.raw_out = true; /* 1024 written */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &ws), 65);
}

static void only_what_is_used_is_read(void **state) {
  (void)state;
  const hb_cost_tile_t vec = tile(HB_TILE_KIND_VECTOR, 16);
  hb_layer_t layer = {
      .op = HB_OP_SLICE, .in_c = 64, .in_h = 32, .in_w = 32, .out_c = 16, .out_h = 8, .out_w = 8};
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &vec), 103); /* 2048/20 */
  const hb_cost_tile_t ws = tile(HB_TILE_KIND_WS, 16);
  layer = conv(64, 16, 32, 1);
  layer.stride_h = layer.stride_w = 4; /* 8 x 8 of 32 x 32 pixels */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &ws),
                   (64 * 64 + 64 * 16) / 16);
}

static void lanes_count_what_goes_into_outputs(void **state) {
  (void)state;
  const hb_cost_tile_t vec = tile(HB_TILE_KIND_VECTOR, 8);
  hb_layer_t layer = conv(16, 16, 10, 3);
  layer.groups = 16;
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &vec), 16 * 100 * 9 / 8);
  layer = (hb_layer_t){.op = HB_OP_ADD,
                       .in_c = 16,
                       .in_h = 4,
                       .in_w = 4,
                       .in2_c = 16,
                       .in2_h = 4,
                       .in2_w = 4,
                       .out_c = 16};
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &vec), 2 * 256 / 8);
  layer.op = HB_OP_MUL; /* a lane multiplies its two operands at once: 768 bytes of DRAM */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &vec), 39);
  layer.op = HB_OP_SOFTMAX;
  layer.in2_c = layer.in2_h = layer.in2_w = 0;
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &layer, &vec), 256 / 8);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &vec), 0);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &vec), 0);
}

static void systolic_folds_taps_or_pixels(void **state) {
  (void)state;
  const hb_cost_tile_t ws = tile(HB_TILE_KIND_WS, 16);
  const hb_cost_tile_t os = tile(HB_TILE_KIND_OS, 8);
  hb_layer_t layer = conv(64, 64, 56, 3);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &ws),
                   (2 * 16 + 16 + 3136 - 2) * 36 * 4);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &os),
                   (2 * 8 + 8 + 576 - 2) * 392 * 8);
  layer = conv(64, 32, 10, 3);
  layer.groups = 4; /* four of 16 x 9 taps to 8 outputs */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &ws),
                   4 * (2 * 16 + 16 + 100 - 2) * 9);
  layer = conv(64, 32, 10, 3);
  layer.op = HB_OP_CONV_TRANSPOSE; /* 12 x 12 inputs, 64 taps, 288 outputs */
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &ws),
                   (2 * 16 + 16 + 144 - 2) * 4 * 18);
  layer = (hb_layer_t){.op = HB_OP_BATCH_MATMUL,
                       .batch = 4,
                       .in_c = 20,
                       .in_h = 4,
                       .in_w = 50,
                       .in2_c = 30,
                       .in2_h = 4,
                       .in2_w = 20,
                       .out_c = 30};
  const hb_batch_shape_t shape = hb_layer_batch_shape(&layer);
  assert_int_equal(hb_tile_cost_cycles(HB_TILE_COST_SYSTOLIC, &layer, &ws),
                   (uint64_t)shape.batch * (2 * 16 + 16 + shape.m - 2) * ((shape.k + 15) / 16) *
                       ((shape.n + 15) / 16));
}

static void maestro_meets_the_peak_where_all_fits(void **state) {
  (void)state;
  const hb_cost_tile_t ws = tile(HB_TILE_KIND_WS, 16);
  const hb_cost_tile_t os = tile(HB_TILE_KIND_OS, 16);
  hb_layer_t layer = conv(64, 64, 64, 3);
  const uint64_t ideal = 64 * 64 * 9 * 4096 / 256;
  assert_in_range(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &ws), ideal,
                  ideal + ideal / 200);
  assert_in_range(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &os), ideal,
                  ideal + ideal / 200);
  layer.stride_h = layer.stride_w = 2; /* a quarter of the outputs, nearly */
  assert_in_range(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &ws), ideal / 4, ideal / 3);
  layer = conv(64, 64, 64, 1);
  layer.in_w = 1; /* a column of 64 pixels */
  assert_in_range(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &os), 1024, 1200);
  layer = conv(64, 64, 64, 3);
  layer.groups = 64; /* one channel of 16, one output of 16 */
  assert_in_range(hb_tile_cost_cycles(HB_TILE_COST_MAESTRO, &layer, &ws), 64 * 4096 * 9,
                  64 * 4096 * 9 + 64 * 1000);
}

static void models_have_names(void **state) {
  (void)state;
  hb_tile_cost_t cost;
  assert_true(hb_tile_cost_find("systolic", &cost));
  assert_int_equal(cost, HB_TILE_COST_SYSTOLIC);
  assert_false(hb_tile_cost_find("table", &cost));
  assert_string_equal(hb_tile_cost_name(HB_TILE_COST_MAESTRO), "maestro");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tile_follows_from_soc_and_id),
      cmocka_unit_test(roofline_takes_the_lowest_roof),
      cmocka_unit_test(only_what_is_used_is_read),
      cmocka_unit_test(lanes_count_what_goes_into_outputs),
      cmocka_unit_test(systolic_folds_taps_or_pixels),
      cmocka_unit_test(maestro_meets_the_peak_where_all_fits),
      cmocka_unit_test(models_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
