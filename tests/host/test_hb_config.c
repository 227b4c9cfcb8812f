/* SPDX-License-Identifier: Apache-2.0 */

/* What the loaders make of good files: values, defaults, shapes. Bad files are in test_cli.py. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hb_config.h"

#define SCENARIOS HB_TEST_SCENARIOS "/"

static void load_model_text(const char *text, hb_model_t *model) {
  FILE *file = fopen("model.tmp.yaml", "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  hb_config_error_t error = {""};
  if (hb_config_load_model("model.tmp.yaml", model, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
}

static void test_model__shapes_follow_the_chain(void **state) {
  (void)state;
  hb_model_t model;
  load_model_text(
      "model: m\n"
      "layers:\n"
      "  - {name: a, op: conv, in: [3, 11, 8], out_channels: 16, kernel: [3, 2], stride: [2, 3]}\n"
      "  - {name: b, op: matmul, out_channels: 7}\n"
      "  - {name: c, op: matmul, in: [15, 7], out_channels: 5}\n"
      "  - {name: d, op: conv, in: [5, 1, 15], out_channels: 4, kernel: [1, 4], dilation: [1, "
      "2]}\n",
      &model);
  assert_int_equal(model.num_layers, 4);
  const hb_layer_t *a = &model.layers[0];
  assert_int_equal(a->in_c, 3);
  assert_int_equal(a->in_h, 11);
  assert_int_equal(a->in_w, 8);
  assert_int_equal(hb_layer_out_h(a), 5);
  assert_int_equal(hb_layer_out_w(a), 3);
  const hb_layer_t *b = &model.layers[1]; /* 5 x 3 pixels become 15 rows */
  assert_int_equal(b->in_c, 16);
  assert_int_equal(b->in_h, 1);
  assert_int_equal(b->in_w, 15);
  assert_int_equal(b->ker_h, 1);
  assert_int_equal(hb_layer_macs(b), 15 * 16 * 7);
  assert_int_equal(model.layers[2].in_c, 7);
  assert_int_equal(model.layers[2].in_w, 15);
  assert_int_equal(hb_layer_out_w(&model.layers[3]), 9);
  hb_model_release(&model);
}

static void test_model__quantisation_defaults(void **state) {
  (void)state;
  hb_model_t model;
  load_model_text(
      "model: m\n"
      "layers:\n"
      "  - {name: a, op: conv, in: [1, 1, 1], out_channels: 1}\n"
      "  - {name: b, op: matmul, out_channels: 1, y_type: int8, y_zero_point: -5}\n"
      "  - {name: c, op: conv, out_channels: 1, w_type: uint8, y_type: int8, clip: [-7, 9]}\n"
      "  - {name: d, op: conv, out_channels: 1, x_type: uint8, w_zero_point: 3, y_zero_point: 10}\n"
      "  - {name: e, op: conv, out_channels: 1, y_type: int32}\n",
      &model);
  const struct {
    bool x_signed, w_signed, y_signed, raw_out;
    int32_t x_zp, w_zp, y_zp, clip_min, clip_max;
  } want[] = {
      {false, true, false, false, 128, 0, 128, 128, 255}, /* conv: clipped at the zero point */
      {false, true, true, false, 128, 0, -5, -128, 127},  /* matmul: the type's whole range */
      {true, false, true, false, -5, 128, 0, -7, 9},      /* input as the layer before left it */
      {false, true, false, false, 128, 3, 10, 10, 255},   /* unless it says otherwise */
      {false, true, true, true, 10, 0, 0, -128, 127},
  };
  for (uint32_t i = 0; i < 5; i++) {
    const hb_layer_t *l = &model.layers[i];
    assert_int_equal(l->x_signed, want[i].x_signed);
    assert_int_equal(l->w_signed, want[i].w_signed);
    assert_int_equal(l->y_signed, want[i].y_signed);
    assert_int_equal(l->raw_out, want[i].raw_out);
    assert_int_equal(l->x_zp, want[i].x_zp);
    assert_int_equal(l->w_zp, want[i].w_zp);
    assert_int_equal(l->y_zp, want[i].y_zp);
    assert_int_equal(l->clip_min, want[i].clip_min);
    assert_int_equal(l->clip_max, want[i].clip_max);
  }
  hb_model_release(&model);
}

static void test_model__same_padding(void **state) {
  (void)state;
  hb_model_t model;
  load_model_text(
      "model: m\n"
      "chained: false\n"
      "layers:\n"
      "  - {name: odd, op: conv, in: [1, 9, 7], out_channels: 1, kernel: [3, 5], same_padding: "
      "true}\n"
      "  - {name: even, op: conv, in: [1, 9, 7], out_channels: 1, kernel: [4, 2], same_padding: "
      "true}\n"
      "  - {name: dil, op: conv, in: [1, 9, 7], out_channels: 1, kernel: [3, 2], dilation: [3, 3],"
      " same_padding: true}\n"
      "  - {name: str, op: conv, in: [1, 9, 8], out_channels: 1, kernel: [3, 3], stride: [2, 2],"
      " same_padding: true}\n"
      "  - {name: gap, op: conv, in: [1, 9, 8], out_channels: 1, stride: [5, 5],"
      " same_padding: true}\n",
      &model);
  const uint32_t want[5][6] = {
      /* top, bottom, left, right, out rows, out columns */
      {1, 1, 2, 2, 9, 7}, {1, 2, 0, 1, 9, 7}, {3, 3, 1, 2, 9, 7},
      {1, 1, 0, 1, 5, 4}, {0, 0, 0, 0, 2, 2},
  };
  for (uint32_t i = 0; i < 5; i++) {
    const hb_layer_t *l = &model.layers[i];
    assert_int_equal(l->pad_top, want[i][0]);
    assert_int_equal(l->pad_bottom, want[i][1]);
    assert_int_equal(l->pad_left, want[i][2]);
    assert_int_equal(l->pad_right, want[i][3]);
    assert_int_equal(hb_layer_out_h(l), want[i][4]);
    assert_int_equal(hb_layer_out_w(l), want[i][5]);
  }
  hb_model_release(&model);
}

static void test_scenario__tiny(void **state) {
  (void)state;
  hb_scenario_t s;
  hb_config_error_t error = {""};
  if (hb_config_load_scenario(SCENARIOS "demo/tiny.yaml", &s, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
  assert_string_equal(s.name, "tiny");
  assert_string_equal(s.suite, "demo");
  assert_string_equal(s.soc_path, SCENARIOS "demo/../soc/mini-ws8.yaml");
  assert_int_equal(s.duration_ps, 10000000000u);
  assert_true(s.drop_late);
  assert_int_equal(s.num_tasks, 3);
  assert_string_equal(s.tasks[0].name, "conv");
  assert_int_equal(s.tasks[0].rate_num, 400);
  assert_int_equal(s.tasks[0].rate_den, 1);
  assert_int_equal(s.tasks[0].jitter_ps, 20000000);
  assert_int_equal(s.tasks[0].depends_on, HB_IMAGE_NONE);
  assert_int_equal(s.tasks[0].num_slots, 3);
  assert_int_equal(s.tasks[1].depends_on, 0);
  assert_int_equal(s.tasks[2].offset_ps, 250000000);
  assert_int_equal(s.tasks[2].probability_ppm, 750000);
  assert_int_equal(s.tasks[2].num_slots, 2);
  hb_scenario_release(&s);
}

static void test_soc__quad(void **state) {
  (void)state;
  hb_soc_t s;
  hb_config_error_t error = {""};
  if (hb_config_load_soc(SCENARIOS "soc/quad-ws16.yaml", NULL, &s, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
  assert_int_equal(s.clock_khz, 250000);
  assert_int_equal(s.num_tiles, 4);
  assert_string_equal(s.tiles[3].model, "ws16");
  assert_int_equal(s.tiles[3].node.x, 2);
  assert_int_equal(s.tiles[1].node.y, 0);
  assert_int_equal(s.dram.num_channels, 2);
  assert_int_equal(s.dram.node[1].y, 2);
  assert_int_equal(s.dram.size_bytes, 1u << 30);
  assert_int_equal(s.dram.tck_ps, 625);
  assert_int_equal(s.dram.trtp_ps, 7500);
  assert_int_equal(s.dram.tcwl_ps, 8750);
  assert_int_equal(s.dram.trefi_ps, 3904000);
}

static void load_soc_with(const char *more, hb_soc_t *soc) {
  FILE *file = fopen("soc.tmp.yaml", "w");
  assert_non_null(file);
  fprintf(file,
          "soc: s\nclock_mhz: 100\nirq_cycles: 4\n"
          "noc: {columns: 2, rows: 2, flit_bits: 128, buffer_flits: 4, router_cycles: 1, "
          "link_cycles: 1}\n"
          "host: {node: [0, 0]}\nsensors: {node: [0, 1]}\n"
          "dram: {preset: ddr4-2400, size_mib: 16, nodes: [[1, 0]], interleave_bytes: 256, "
          "queue_depth: 16%s}\n"
          "tiles: [{name: t, model: ws8, node: [1, 1]}]\n",
          more);
  assert_int_equal(fclose(file), 0);
  hb_config_error_t error = {""};
  if (hb_config_load_soc("soc.tmp.yaml", NULL, soc, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
}

static void test_dram__trc_follows_tras_and_trp_unless_given(void **state) {
  (void)state;
  hb_soc_t s;
  load_soc_with("", &s);
  assert_int_equal(s.dram.trc_ps, 32000 + 13320);
  load_soc_with(", tras_ns: 35", &s);
  assert_int_equal(s.dram.trc_ps, 35000 + 13320);
  load_soc_with(", tras_ns: 35, trc_ns: 50.5", &s);
  assert_int_equal(s.dram.trc_ps, 50500);
}

/* The presets against tables of the sources that sim/dram/README.md names, in their own units:
 * clocks of tCK, or picoseconds if larger than 200. tCCD of HBM2 is there 1, shorter than a burst.
 */
static void test_dram__presets_have_the_numbers_of_their_sources(void **state) {
  (void)state;
  static const struct {
    const char *preset;
    uint32_t tck, trcd, trp, tcl, tcwl, tras, tccd, tccd_l, twr, twtr, twtr_l, trtp, trfc, trefi;
    uint32_t trrd, trrd_l, tfaw, trtrs, banks, groups, row_bytes, burst_bytes;
  } SHEETS[] = {
      /* JESD209-4, 3200: tRCD, tRPpb 18 ns, RL 28, WL 14, tRAS 42 ns, BL/2 = 8, tWR 18 ns, tWTR 10
       * ns, tRTP 7.5 ns, 8 Gb a channel: tRFCab 280 ns, tREFI 3.904 us; lower bins: tRRD 10 ns,
       * tFAW 40 ns */
      {"lpddr4-3200", 625,    18000,   18000, 28,    14,    42000, 8, 8, 18000, 10000, 10000,
       7500,          280000, 3904000, 10000, 10000, 40000, 1,     8, 1, 2048,  32},
      /* JESD79-4, DDR4-2400R 16-16-16, 8 Gb x16: tRCD, tRP 13.32 ns, CWL 12, tRAS 32 ns, tCCD 4 and
       * 6, tWR 15 ns = 18.01, tWTR 2.5 and 7.5 ns = 3.002 and 9.004 clocks, less 2.5 % 18, 3 and 9,
       * tRTP 7.5 ns, tRFC1 350 ns, tREFI 7.8 us, tRRD_S 5.3 ns, tRRD_L 6.4 ns, tFAW 30 ns (2 KiB
       * page) */
      {"ddr4-2400", 833,    13320,   13320, 16,   12,    32000, 4, 6, 18,   3, 9,
       9,           350000, 7800000, 5300,  6400, 30000, 1,     8, 2, 4096, 32},
      /* DRAMsim3, HBM2_8Gb_x128.ini: CL 14, CWL 4, tRCD 14, tRP 14, tRAS 34, tWR 16, tWTR_S 6,
       * tWTR_L 8, tRTP_L 6, tRFC 260, tREFI 3900, tRRD_S 4, tRRD_L 6, tFAW 30; BL 4 is 2 clocks */
      {"hbm2-2000", 1000,   14,      14, 14, 4,  34, 2,  4, 16,   6, 8,
       6,           260000, 3900000, 4,  6,  30, 1,  16, 4, 1024, 64},
  };
  uint32_t known = 0;
  for (size_t i = 0; i < sizeof(SHEETS) / sizeof(SHEETS[0]); i++) {
    hb_soc_dram_t d;
    assert_int_equal(hb_config_dram_preset(SHEETS[i].preset, &d), HB_OK);
#define PS(name_) (SHEETS[i].name_ > 200 ? SHEETS[i].name_ : SHEETS[i].name_ * SHEETS[i].tck)
#define SAME(name_) assert_int_equal(d.name_##_ps, PS(name_))
    assert_int_equal(d.tck_ps, SHEETS[i].tck);
    SAME(trcd);
    SAME(trp);
    SAME(tcl);
    SAME(tcwl);
    SAME(tras);
    SAME(tccd);
    SAME(tccd_l);
    SAME(twr);
    SAME(twtr);
    SAME(twtr_l);
    SAME(trtp);
    SAME(trfc);
    SAME(trefi);
    SAME(trrd);
    SAME(trrd_l);
    SAME(tfaw);
    SAME(trtrs);
#undef SAME
#undef PS
    assert_int_equal(d.trc_ps, d.tras_ps + d.trp_ps);
    assert_int_equal(d.banks, SHEETS[i].banks);
    assert_int_equal(d.bank_groups, SHEETS[i].groups);
    assert_int_equal(d.row_bytes, SHEETS[i].row_bytes);
    assert_int_equal(d.burst_bytes, SHEETS[i].burst_bytes);
    assert_int_equal(d.ranks, 1);
    known++;
  }
  assert_string_equal(hb_config_dram_preset_name(known - 1), SHEETS[known - 1].preset);
  assert_null(hb_config_dram_preset_name(known)); /* every preset is in the table */
}

/* Every imported model against XRBench's own totals. */
static void test_xrbench__models_match_published_totals(void **state) {
  (void)state;
  const struct {
    const char *network, *file;
  } models[] = {
      {"ES_RITNet", "es-ritnet"},
      {"GE_FBNet_C", "ge-fbnet-c"},
      {"KD_res8_narrow", "kd-res8-narrow"},
      {"AS_ED_TCN", "as-ed-tcn"},
      {"DR_RGBd_200", "dr-rgbd-200"},
      {"HT_hand_graph_cnn_half", "ht-hand-graph-cnn-half"},
      {"ASR_EM_24L", "asr-em-24l"},
      {"DE_midas_v21_small", "de-midas-v21-small"},
      {"SS_HRViT_b1", "ss-hrvit-b1"},
      {"OD_D2go_FasterRCNN", "od-d2go-fasterrcnn"},
      {"PD_Plane_RCNN_Quarter", "pd-plane-rcnn-quarter"},
  };
  for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
    FILE *summary = fopen(SCENARIOS "xrbench/published/model_summary.csv", "r");
    assert_non_null(summary);
    char line[256];
    unsigned layers = 0;
    unsigned long long macs = 0;
    unsigned long long weights = 0;
    bool found = false;
    while (!found && fgets(line, sizeof(line), summary) != NULL) {
      char name[64];
      found = sscanf(line, "%*2s,%63[^,],%u,%*u,%*u,%*u,%llu,%llu", name, &layers, &macs,
                     &weights) == 4 &&
              strcmp(name, models[i].network) == 0;
    }
    fclose(summary);
    assert_true(found);

    char path[512];
    snprintf(path, sizeof(path), SCENARIOS "xrbench/models/published/%s.yaml", models[i].file);
    hb_model_t model;
    hb_config_error_t error = {""};
    if (hb_config_load_model(path, &model, &error) != HB_OK) {
      fail_msg("%s", error.text);
    }
    assert_string_equal(model.name, models[i].file);
    uint64_t model_macs = 0;
    uint64_t model_weights = 0;
    for (uint32_t l = 0; l < model.num_layers; l++) {
      const hb_layer_t *layer = &model.layers[l];
      assert_int_equal(hb_layer_out_h(layer), layer->in_h);
      assert_int_equal(hb_layer_out_w(layer), layer->in_w);
      model_macs += hb_layer_macs(layer);
      model_weights += (uint64_t)layer->in_c * layer->out_c * layer->ker_h * layer->ker_w;
    }
    assert_int_equal(model.num_layers, layers);
    assert_int_equal(model_macs, macs);
    assert_int_equal(model_weights, weights);
    hb_model_release(&model);
  }
}

/* Layers and multiply-accumulates of every rebuilt network, counted by their builder and by us. */
static void check_totals(const char *folder, unsigned expected) {
  char line[256];
  snprintf(line, sizeof(line), SCENARIOS "%s/totals.csv", folder);
  FILE *totals = fopen(line, "r");
  assert_non_null(totals);
  unsigned num = 0;
  assert_non_null(fgets(line, sizeof(line), totals));
  while (fgets(line, sizeof(line), totals) != NULL) {
    char name[64], path[512];
    unsigned layers = 0;
    unsigned long long macs = 0;
    assert_int_equal(sscanf(line, "%63[^,],%u,%llu", name, &layers, &macs), 3);
    snprintf(path, sizeof(path), SCENARIOS "%s/%s.yaml", folder, name);
    hb_model_t model;
    hb_config_error_t error = {""};
    if (hb_config_load_model(path, &model, &error) != HB_OK) {
      fail_msg("%s", error.text);
    }
    uint64_t model_macs = 0;
    for (uint32_t l = 0; l < model.num_layers; l++) {
      model_macs += hb_layer_macs(&model.layers[l]);
    }
    assert_string_equal(model.name, name);
    assert_int_equal(model.num_layers, layers);
    assert_int_equal(model_macs, macs);
    hb_model_release(&model);
    num++;
  }
  fclose(totals);
  assert_int_equal(num, expected);
}

static void test_xrbench__corrected_models_have_the_totals_of_their_builder(void **state) {
  (void)state;
  check_totals("xrbench/models/corrected", 11);
}

static void test_dream__models_have_the_totals_of_their_builder(void **state) {
  (void)state;
  check_totals("dream/models", 17);
}

/* The tasks of the five scenarios, as reconstructed: name, frames a second, chance in ppm,
 * upstream. */
static void test_dream__scenarios_are_the_ones_of_the_readme(void **state) {
  (void)state;
  static const struct {
    const char *scenario, *task, *model;
    uint32_t fps, ppm;
    const char *upstream;
  } tasks[] = {
      {"vr-gaming", "gaze", "fbnet-c", 60, 1000000, NULL},
      {"vr-gaming", "hands", "ssd-mobilenet-v2", 30, 1000000, NULL},
      {"vr-gaming", "pose", "hand-pose-net", 30, 500000, "hands"},
      {"vr-gaming", "context", "ofa-d4-e6-k7", 30, 1000000, NULL},
      {"vr-gaming", "keyword", "kws-res8", 15, 1000000, NULL},
      {"vr-gaming", "translation", "gnmt", 15, 500000, "keyword"},
      {"ar-call", "keyword", "kws-res8", 15, 1000000, NULL},
      {"ar-call", "translation", "gnmt", 15, 500000, "keyword"},
      {"ar-call", "context", "skip-net", 30, 1000000, NULL},
      {"ar-social", "depth", "focal-length-depth", 30, 1000000, NULL},
      {"ar-social", "action", "ed-tcn", 30, 1000000, NULL},
      {"ar-social", "faces", "ssd-mobilenet-v2", 30, 1000000, NULL},
      {"ar-social", "verify", "vgg-voxceleb", 30, 500000, "faces"},
      {"ar-social", "context", "ofa-d4-e6-k7", 30, 1000000, NULL},
      {"drone-outdoor", "objects", "ssd-mobilenet-v2", 30, 1000000, NULL},
      {"drone-outdoor", "navigation", "trail-net", 60, 1000000, NULL},
      {"drone-outdoor", "odometry", "sos-net", 60, 1000000, NULL},
      {"drone-indoor", "objects", "ssd-mobilenet-v2", 30, 1000000, NULL},
      {"drone-indoor", "obstacles", "rapid-rl", 60, 1000000, NULL},
      {"drone-indoor", "odometry", "sos-net", 60, 1000000, NULL},
      {"drone-indoor", "cars", "googlenet-car", 60, 1000000, NULL},
  };
  const uint32_t num = sizeof(tasks) / sizeof(tasks[0]);
  for (uint32_t i = 0; i < num;) {
    char path[512];
    snprintf(path, sizeof(path), SCENARIOS "dream/dream-%s.yaml", tasks[i].scenario);
    hb_scenario_t s;
    hb_config_error_t error = {""};
    if (hb_config_load_scenario(path, &s, &error) != HB_OK) {
      fail_msg("%s", error.text);
    }
    for (uint32_t t = 0; t < s.num_tasks; t++, i++) {
      assert_in_range(i, 0, num - 1);
      const hb_task_t *task = &s.tasks[t];
      assert_string_equal(task->name, tasks[i].task);
      assert_string_equal(task->model.name, tasks[i].model);
      assert_int_equal(task->rate_num, tasks[i].fps * task->rate_den);
      assert_int_equal(task->probability_ppm, tasks[i].ppm);
      if (tasks[i].upstream != NULL) {
        assert_string_equal(s.tasks[task->depends_on].name, tasks[i].upstream);
      } else {
        assert_int_equal(task->depends_on, HB_IMAGE_NONE);
      }
      assert_int_equal(hb_model_num_variants(&task->model),
                       strcmp(task->name, "context") == 0 && task->model.num_blocks == 0 ? 4 : 1);
    }
    assert_true(i == num || strcmp(tasks[i].scenario, tasks[i - 1u].scenario) != 0);
    hb_scenario_release(&s);
  }
}

static hb_model_t load_model(const char *name) {
  char path[512];
  snprintf(path, sizeof(path), SCENARIOS "dream/models/%s.yaml", name);
  hb_model_t model;
  hb_config_error_t error = {""};
  if (hb_config_load_model(path, &model, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
  return model;
}

static void test_model__paths(void **state) {
  (void)state;
  hb_model_t model = load_model("skip-net");
  uint32_t ppm[HB_IMAGE_MAX_PATH_BITS];
  assert_int_equal(hb_model_path(&model, ppm), 29);
  assert_int_equal(ppm[28], 300000);
  for (uint32_t i = 0; i < model.num_layers; i++) {
    uint32_t mask = 0;
    for (uint32_t b = 0; b < model.num_blocks; b++) {
      mask |= i >= model.blocks[b].first && i <= model.blocks[b].last ? 1u << b : 0u;
    }
    assert_int_equal(hb_model_skip_mask(&model, i), mask);
    assert_true(fabs(hb_model_share(&model, i) - (mask != 0 ? 0.7 : 1.0)) < 1e-12);
  }
  hb_model_release(&model);

  model = load_model("rapid-rl"); /* 2 exits: every layer behind them, those behind both twice */
  assert_int_equal(hb_model_path(&model, ppm), 2);
  assert_int_equal(hb_model_skip_mask(&model, model.exits[0].after), 0);
  assert_int_equal(hb_model_skip_mask(&model, model.exits[0].after + 1u), 1);
  assert_int_equal(hb_model_skip_mask(&model, model.exits[1].after), 1);
  assert_int_equal(hb_model_skip_mask(&model, model.num_layers - 1u), 3);
  assert_true(fabs(hb_model_share(&model, model.num_layers - 1u) - 0.36) < 1e-12);

  /* As the second of a supernet: its layers, edges and exits move, the first has no bits. */
  hb_model_t all = {0}, first = load_model("fbnet-c");
  const uint32_t moved = first.num_layers, layers = model.num_layers;
  assert_int_equal(hb_model_append(&all, &first, 800000), HB_OK);
  const hb_layer_t last = model.layers[layers - 1u];
  assert_int_equal(hb_model_append(&all, &model, 700000), HB_OK);
  assert_null(model.layers);
  assert_int_equal(all.num_layers, moved + layers);
  assert_int_equal(hb_model_num_variants(&all), 2);
  const hb_variant_t second = hb_model_variant(&all, 1);
  assert_int_equal(second.first_layer, moved);
  assert_int_equal(second.num_layers, layers);
  assert_int_equal(second.accuracy_ppm, 700000);
  assert_string_equal(second.name, "rapid-rl");
  assert_string_equal(all.name, "fbnet-c");
  assert_int_equal(all.layers[moved].input, HB_LAYER_MODEL_INPUT);
  assert_int_equal(all.layers[moved + layers - 1u].input, moved + last.input);
  assert_string_equal(all.layers[moved + layers - 1u].name, "q.1");
  assert_int_equal(hb_model_skip_mask(&all, moved - 1u), 0);
  assert_int_equal(hb_model_skip_mask(&all, moved + layers - 1u), 3);
  hb_model_release(&all);
}

static void test_model__constants_of_an_earlier_step(void **state) {
  (void)state;
  hb_model_t model = load_model("gnmt");
  uint32_t shared = 0;
  for (uint32_t i = 0; i < model.num_layers; i++) {
    const uint32_t other = model.layers[i].constants;
    if (other != 0) {
      assert_in_range(other - 1u, 0, i - 1u);
      assert_int_equal(model.layers[other - 1u].constants, 0);
      assert_true(hb_layer_same(&model.layers[i], &model.layers[other - 1u]));
      shared++;
    }
  }
  assert_int_equal(shared, 5 + 4 + 3); /* cells of both sides; query, energy, logits */
  hb_model_release(&model);
}

static void test_scenario__start_stop_and_scheduler(void **state) {
  (void)state;
  const char path[] = "/tmp/hb-test-scheduler.yaml";
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file,
          "scenario: s\nduration_ms: 20\nscheduler: {alpha: 0.5, drop: false, drop_window: 1, "
          "mapscore: false, tune_step: "
          "0.25}\nsensors: [{name: camera}]\ntasks:\n  - {name: A, model: " SCENARIOS
          "demo/models/tiny-conv.yaml, rate_hz: 10, sensor: camera, start_ms: 0.5, stop_ms: 20, "
          "priority: "
          "high}\n  - {name: B, model: " SCENARIOS
          "demo/models/tiny-conv.yaml, rate_hz: 10, sensor: camera}\n");
  fclose(file);
  hb_scenario_t s;
  hb_config_error_t error = {""};
  if (hb_config_load_scenario(path, &s, &error) != HB_OK) {
    fail_msg("%s", error.text);
  }
  remove(path);
  assert_int_equal(s.tasks[0].start_ps, 500000000);
  assert_int_equal(s.tasks[0].stop_ps, 20000000000);
  assert_int_equal(s.sched.alpha_ppm, 500000);
  assert_int_equal(s.sched.beta_ppm, 1000000);
  assert_false(s.sched.drop);
  assert_true(s.sched.supernet && s.sched.tune);
  assert_false(s.sched.mapscore);
  assert_int_equal(s.tasks[0].level, HB_LEVEL_HIGH);
  assert_int_equal(s.tasks[1].level, HB_LEVEL_MEDIUM);
  assert_int_equal(s.sched.drop_window, 1);
  assert_int_equal(s.sched.drop_max, 1);
  assert_int_equal(s.sched.tune_step_ppm, 250000);
  char why[256];
  assert_int_equal(
      hb_config_sched("mapscore=on,tune=off,tune_interval_ms=2.5,drop_window=8,drop_max=3,beta=2",
                      &s.sched, why, sizeof(why)),
      HB_OK);
  assert_int_equal(s.sched.alpha_ppm, 500000);
  assert_int_equal(s.sched.beta_ppm, 2000000);
  assert_false(s.sched.tune);
  assert_true(s.sched.mapscore);
  assert_int_equal(s.sched.tune_interval_ps, 2500000000);
  assert_int_equal(s.sched.drop_window, 8);
  assert_int_equal(s.sched.drop_max, 3);
  hb_scenario_release(&s);
}

/* Rates, triggers and dependencies of the seven scenarios are the source's table. */
static void test_xrbench__scenarios_are_the_published_ones(void **state) {
  (void)state;
  static const char *const FILES[][2] = {
      {"social_interactionA", "social-interaction-a"},
      {"social_interactionB", "social-interaction-b"},
      {"outdoor_activity_A", "outdoor-activity-a"},
      {"outdoor_activity_B", "outdoor-activity-b"},
      {"AR_Assistant", "ar-assistant"},
      {"AR_gaming", "ar-gaming"},
      {"VR_gaming", "vr-gaming"},
  };
  unsigned num_rows = 0, num_tasks = 0;
  for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
    char path[512], line[256];
    snprintf(path, sizeof(path), SCENARIOS "xrbench/%s.yaml", FILES[i][1]);
    hb_scenario_t s;
    hb_config_error_t error = {""};
    if (hb_config_load_scenario(path, &s, &error) != HB_OK) {
      fail_msg("%s", error.text);
    }
    num_tasks += s.num_tasks;
    FILE *table = fopen(SCENARIOS "xrbench/published/evaluation/scenarios.csv", "r");
    assert_non_null(table);
    while (fgets(line, sizeof(line), table) != NULL) {
      char file[64], task[8], upstream[64] = "", rest[128];
      unsigned fps = 0;
      double probability = 0.0;
      if (sscanf(line, "%63[^,],%7[^,],%*[^,],%*[^,],%u,%127s", file, task, &fps, rest) != 4 ||
          strcmp(file, FILES[i][0]) != 0) {
        continue;
      }
      if (sscanf(rest, "%63[^,],%lf", upstream, &probability) != 2) {
        upstream[0] = '\0';
        assert_int_equal(sscanf(rest, ",%lf", &probability), 1);
      }
      num_rows++;
      uint32_t t = 0;
      while (t < s.num_tasks && strcmp(s.tasks[t].name, task) != 0) {
        t++;
      }
      assert_in_range(t, 0, s.num_tasks - 1);
      assert_int_equal(s.tasks[t].rate_num, (uint64_t)fps * s.tasks[t].rate_den);
      assert_int_equal(s.tasks[t].probability_ppm, (uint32_t)(probability * 1e6 + 0.5));
      if (upstream[0] == '\0') {
        assert_int_equal(s.tasks[t].depends_on, HB_IMAGE_NONE);
      } else {
        /* the source names networks after their tasks: ES_RITNet, KD_res8_narrow */
        assert_memory_equal(s.tasks[s.tasks[t].depends_on].name, upstream, 2);
      }
    }
    fclose(table);
    hb_scenario_release(&s);
  }
  assert_int_equal(num_rows, 26);
  assert_int_equal(num_tasks, num_rows);
}

static const hb_layer_t *layer_named(const hb_model_t *model, const char *name) {
  for (uint32_t i = 0; i < model->num_layers; i++) {
    if (strcmp(model->layers[i].name, name) == 0) {
      return &model->layers[i];
    }
  }
  fail_msg("no layer %s", name);
  return NULL;
}

/* Heads and windows of attention: batches are consecutive pixels of what a layer left. */
static void test_model__batches_are_consecutive_pixels(void **state) {
  (void)state;
  hb_model_t model;
  hb_config_error_t error = {""};
  const char *const folder = SCENARIOS "xrbench/models/corrected/";
  char path[512];
  snprintf(path, sizeof(path), "%sasr-em-24l.yaml", folder);
  assert_int_equal(hb_config_load_model(path, &model, &error), HB_OK);
  const hb_layer_t *scores = layer_named(&model, "layer1_scores");
  const hb_batch_shape_t heads = hb_layer_batch_shape(scores);
  assert_int_equal(heads.batch, 8);
  assert_int_equal(heads.m, 128);
  assert_int_equal(heads.k, 64);
  assert_int_equal(heads.n, 128);
  assert_int_equal(scores->in2_h, 8); /* left as 128 x 1 x 512 */
  assert_int_equal(scores->in2_w, 64);
  hb_model_release(&model);

  snprintf(path, sizeof(path), "%sss-hrvit-b1.yaml", folder);
  assert_int_equal(hb_config_load_model(path, &model, &error), HB_OK);
  const hb_layer_t *rows = layer_named(&model, "stage2_module1_branch1_1_rows_scores");
  const hb_batch_shape_t stripes = hb_layer_batch_shape(rows); /* two rows of 28 pixels each */
  assert_int_equal(stripes.batch, 14);
  assert_int_equal(stripes.m, 56);
  assert_int_equal(stripes.k, 32);
  assert_int_equal(stripes.n, 56);
  const hb_layer_t *concat = layer_named(&model, "stage2_module1_branch1_1_concat");
  assert_int_equal(concat->in_h, 28); /* left as 14 x 56, read as the image it is */
  assert_int_equal(concat->in_w, 28);
  hb_model_release(&model);
}

static void test_scenario__sensors_and_model_sets(void **state) {
  (void)state;
  const char *const path = SCENARIOS "xrbench/social-interaction-a.yaml";
  hb_scenario_t s;
  hb_config_error_t error = {""};
  assert_int_equal(hb_config_load_scenario_set(path, "published", &s, &error), HB_OK);
  assert_int_equal(s.num_model_sets, 2);
  assert_string_equal(s.model_sets[s.model_set], "published");
  assert_non_null(strstr(s.tasks[0].model.source, "models/published/"));
  const hb_task_t *depth = &s.tasks[2]; /* camera and lidar */
  assert_int_equal(depth->num_sensors, 2);
  assert_int_equal(depth->sensors[0].index, 0);
  assert_int_equal(depth->sensors[1].index, 1);
  assert_int_equal(depth->sensors[1].rate_num, 60);
  assert_int_equal(depth->sensors[1].jitter_ps, 5000000);
  hb_scenario_release(&s);
  assert_int_equal(hb_config_load_scenario(path, &s, &error), HB_OK);
  assert_string_equal(s.model_sets[s.model_set], "corrected");
  assert_non_null(strstr(s.tasks[0].model.source, "models/corrected/"));
  hb_scenario_release(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_model__shapes_follow_the_chain),
      cmocka_unit_test(test_model__quantisation_defaults),
      cmocka_unit_test(test_model__same_padding),
      cmocka_unit_test(test_scenario__tiny),
      cmocka_unit_test(test_soc__quad),
      cmocka_unit_test(test_dram__trc_follows_tras_and_trp_unless_given),
      cmocka_unit_test(test_dram__presets_have_the_numbers_of_their_sources),
      cmocka_unit_test(test_xrbench__models_match_published_totals),
      cmocka_unit_test(test_xrbench__corrected_models_have_the_totals_of_their_builder),
      cmocka_unit_test(test_dream__models_have_the_totals_of_their_builder),
      cmocka_unit_test(test_dream__scenarios_are_the_ones_of_the_readme),
      cmocka_unit_test(test_model__paths),
      cmocka_unit_test(test_model__constants_of_an_earlier_step),
      cmocka_unit_test(test_scenario__start_stop_and_scheduler),
      cmocka_unit_test(test_xrbench__scenarios_are_the_published_ones),
      cmocka_unit_test(test_model__batches_are_consecutive_pixels),
      cmocka_unit_test(test_scenario__sensors_and_model_sets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
