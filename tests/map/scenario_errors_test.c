/* SPDX-License-Identifier: Apache-2.0 */

/* What hb_map_scenario() refuses, and that it says which task and layer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "hb_map.h"

typedef struct fixture {
  hb_layer_t layers[2];
  hb_task_t task;
  hb_scenario_t scenario;
  hb_soc_t soc;
} fixture_t;

static void set_up(fixture_t *f) {
  memset(f, 0, sizeof(*f));
  const hb_layer_t layer = {.input = HB_LAYER_PREVIOUS,
                            .in_c = 16,
                            .in_h = 10,
                            .in_w = 10,
                            .out_c = 16,
                            .ker_h = 3,
                            .ker_w = 3,
                            .stride_h = 1,
                            .stride_w = 1,
                            .dil_h = 1,
                            .dil_w = 1,
                            .clip_max = 127};
  f->layers[0] = f->layers[1] = layer;
  strcpy(f->layers[0].name, "conv1");
  strcpy(f->layers[1].name, "conv2");
  f->task = (hb_task_t){.name = "ES",
                        .model = {.num_layers = 2, .layers = f->layers},
                        .rate_num = 60,
                        .rate_den = 1,
                        .depends_on = HB_IMAGE_NONE,
                        .num_slots = 2,
                        .offset_ps = 1500000000u,
                        .jitter_ps = 20000000u,
                        .probability_ppm = 1000000};
  f->scenario = (hb_scenario_t){.name = "demo", .num_tasks = 1, .tasks = &f->task};
  f->soc = (hb_soc_t){
      .name = "one", .clock_khz = 100000, .dram = {.size_bytes = 1u << 20}, .num_tiles = 1};
  strcpy(f->soc.tiles[0].name, "tile0");
  strcpy(f->soc.tiles[0].model, "ws16");
}

static void refuse(fixture_t *f, const char *expected) {
  hb_workload_t workload = {0};
  char why[400] = "";
  assert_int_equal(hb_map_scenario(&f->scenario, &f->soc, 0, 1, 0, &workload, why, sizeof(why)),
                   HB_ERR_INPUT);
  assert_string_equal(why, expected);
  assert_null(workload.image);
}

static void a_layer_no_tile_can_run_bad(void **state) {
  (void)state;
  fixture_t f;
  set_up(&f);
  strcpy(f.soc.tiles[0].model, "ws16-tiny-ifm");
  f.layers[1].ker_h = f.layers[1].ker_w = 9;
  refuse(&f,
         "ES layer conv2: no tile of one can run it: ws16-tiny-ifm: the IFM scratchpad is too "
         "small: needs at least "
         "1296 bytes (16 channels under one output pixel), has 1024");
}

static void too_little_dram_bad(void **state) {
  (void)state;
  fixture_t f;
  set_up(&f);
  f.soc.dram.size_bytes = 4096;
  hb_workload_t workload = {0};
  char why[400] = "";
  unsigned long long needs = 0;
  assert_int_equal(hb_map_scenario(&f.scenario, &f.soc, 0, 1, 0, &workload, why, sizeof(why)),
                   HB_ERR_INPUT);
  assert_int_equal(sscanf(why, "demo needs %llu bytes of DRAM, one has 4096", &needs), 1);
  /* Two layers' constants, two activation buffers, two slots, each to 256 bytes, and the program.
   */
  const unsigned long long data = 2u * 2560u + 2u * 1792u + 2u * 1792u;
  assert_in_range(needs, data + 256u, data + 4096u);
  f.soc.dram.size_bytes = needs; /* exactly enough */
  assert_int_equal(hb_map_scenario(&f.scenario, &f.soc, 0, 1, 0, &workload, why, sizeof(why)),
                   HB_OK);
  assert_int_equal(workload.dram_bytes, needs);
  hb_workload_release(&workload);
}

static void unknown_tile_model_bad(void **state) {
  (void)state;
  fixture_t f;
  set_up(&f);
  strcpy(f.soc.tiles[0].model, "ws99");
  refuse(&f, "tile tile0: there is no tile model ws99");
}

static void a_model_without_layers_bad(void **state) {
  (void)state;
  fixture_t f;
  set_up(&f);
  f.task.model.num_layers = 0;
  refuse(&f, "ES: 0 layers, expected 1 to 4095");
}

static void layers_alike_share_a_program_and_tiles_alike_a_kind(void **state) {
  (void)state;
  fixture_t f;
  set_up(&f);
  f.soc.num_tiles = 3;
  f.soc.tiles[1] = f.soc.tiles[0];
  strcpy(f.soc.tiles[2].model, "ws8");
  hb_workload_t w = {0};
  char why[400] = "";
  assert_int_equal(hb_map_scenario(&f.scenario, &f.soc, 1, 1, 3, &w, why, sizeof(why)), HB_OK);
  hb_image_header_t header;
  memcpy(&header, w.image, sizeof(header));
  assert_int_equal(header.num_kinds, 2);
  assert_int_equal(header.policy, 1);
  assert_int_equal(header.flags, 3);
  const hb_image_program_t *programs = (const void *)(w.image + header.programs_offset);
  assert_int_equal(programs[0].addr, programs[2].addr);
  assert_int_equal(programs[1].addr, programs[3].addr);
  assert_int_not_equal(programs[0].addr, programs[1].addr);
  assert_int_equal(w.streams[0].offset_cycles, 150000);
  assert_int_equal(w.streams[0].jitter_cycles, 2000);
  hb_workload_release(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_layer_no_tile_can_run_bad),
      cmocka_unit_test(too_little_dram_bad),
      cmocka_unit_test(unknown_tile_model_bad),
      cmocka_unit_test(a_model_without_layers_bad),
      cmocka_unit_test(layers_alike_share_a_program_and_tiles_alike_a_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
