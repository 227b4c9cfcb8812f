/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cost models: MAESTRO's against the published costs of whole models (all 231: 11 models, 3
 * dataflows, 7 sizes), the closed forms against numbers worked out by hand.
 *
 * test_hb_cost --table prints the errors of MAESTRO's as Markdown.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* keep this order */
#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hb_csv.h"
#include "hb_maestro.h"
#include "hb_roofline.h"

#define PUBLISHED HB_TEST_SCENARIOS "/xrbench/published"

/* What printing six decimals of a single-precision number leaves of it. */
#define WITHIN_LATENCY 2e-7
#define WITHIN_ENERGY 5e-6

enum { MODEL, DATAFLOW, PES, NOC_BW, LATENCY, ENERGY, NUM_COLUMNS, MAX_ROWS = 300 };
static const char *const COLUMNS[NUM_COLUMNS] = {"model",  "dataflow",   "num_pes",
                                                 "noc_bw", "latency_ms", "energy_mJ"};

typedef struct row {
  char model[HB_NAME_MAX], dataflow[HB_NAME_MAX];
  uint32_t pes, noc_bw;
  double latency_error, energy_error; /* relative */
} row_t;

static row_t rows[MAX_ROWS];
static uint32_t num_rows;

static void predict(row_t *row, double latency_ms, double energy_mj) {
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  hb_mapping_t mapping;
  hb_layers_t layers;
  snprintf(path, sizeof(path), "%s/evaluation/mappings/%s.m", PUBLISHED, row->dataflow);
  assert_int_equal(hb_mapping_load(path, &mapping, &error), HB_OK);
  assert_int_equal(hb_layers_load(PUBLISHED, row->model, &layers, &error), HB_OK);
  int64_t cycles = 0;
  double energy = 0.0;
  for (uint32_t i = 0; i < layers.num_layers; i++) {
    const hb_maestro_cost_t cost =
        hb_maestro_layer(&mapping, &layers.layers[i], row->pes, row->noc_bw);
    cycles += cost.cycles;
    energy += hb_maestro_energy_mj(&cost);
  }
  hb_layers_release(&layers);
  row->latency_error = (double)cycles / 1e6 / latency_ms - 1.0;
  row->energy_error = energy / energy_mj - 1.0;
}

static void predict_all(void) {
  hb_config_error_t error;
  hb_csv_t *csv = NULL;
  assert_int_equal(
      hb_csv_open(PUBLISHED "/evaluation/model_cost.csv", COLUMNS, NUM_COLUMNS, &csv, &error),
      HB_OK);
  while (hb_csv_next(csv, &error) == HB_OK) {
    assert_true(num_rows < MAX_ROWS);
    row_t *row = &rows[num_rows++];
    uint64_t latency = 0;
    uint64_t energy = 0;
    assert_int_equal(hb_csv_name(csv, MODEL, row->model, &error), HB_OK);
    assert_int_equal(hb_csv_name(csv, DATAFLOW, row->dataflow, &error), HB_OK);
    assert_int_equal(hb_csv_number(csv, PES, 1, 65536, &row->pes, &error), HB_OK);
    assert_int_equal(hb_csv_number(csv, NOC_BW, 1, 65536, &row->noc_bw, &error), HB_OK);
    assert_int_equal(hb_csv_decimal(csv, LATENCY, 6, 1, UINT64_MAX, &latency, &error), HB_OK);
    assert_int_equal(hb_csv_decimal(csv, ENERGY, 6, 1, UINT64_MAX, &energy, &error), HB_OK);
    predict(row, (double)latency / 1e6, (double)energy / 1e6);
  }
  hb_csv_close(csv);
}

static void maestro_meets_the_published_costs(void **state) {
  (void)state;
  predict_all();
  assert_int_equal(num_rows, 11 * 3 * 7);
  for (uint32_t i = 0; i < num_rows; i++) {
    const row_t *row = &rows[i];
    if (!(fabs(row->latency_error) < WITHIN_LATENCY && fabs(row->energy_error) < WITHIN_ENERGY)) {
      fail_msg("%s, %s, %u PEs, %u: latency off by %.2e, energy by %.2e", row->model, row->dataflow,
               row->pes, row->noc_bw, row->latency_error, row->energy_error);
    }
  }
}

/* Seven outputs, two a unit, on four units: oddities of the last spatial step included. */
static void maestro_by_hand(void **state) {
  (void)state;
  const hb_mapping_t mapping = {
      .num_levels = 1,
      .levels = {{.num = 1,
                  .directives = {{.loop = HB_LOOP_K, .spatial = true, .size = 2, .offset = 2}}}}};
  const hb_layer_dims_t layer = {.k = 7, .c = 1, .y = 1, .x = 1, .r = 1, .s = 1};
  const hb_maestro_cost_t cost = hb_maestro_layer(&mapping, &layer, 4, 4);
  assert_int_equal(cost.macs, 2 + 2 + 1); /* 7 / 2 units, the last of them with the rest of one */
  assert_int_equal(cost.l2_reads, 1 + 3 * 2);
  assert_int_equal(cost.cycles, 2); /* 7 elements, 4 a cycle */
  assert_int_equal(cost.l2_writes, 1 + 7 + 7);
  assert_int_equal(cost.l1_writes, 3 * 1 + 3 * 2 + 2);
  assert_int_equal(cost.l1_reads, 2 * 3 * 2 + 1);
}

static const hb_layer_dims_t LAYER = {.k = 20, .c = 8, .y = 10, .x = 12, .r = 3, .s = 3};

static void roofline_by_hand(void **state) {
  (void)state;
  hb_part_t part = {.dataflow = HB_DATAFLOW_WS, .pes = 100, .noc_bw = 1, .offchip_bw = 64};
  /* 20 * 8 * 9 * 120 = 172800 MACs; 28 * 120 + 1440 = 4800 elements */
  const hb_closed_form_t compute = hb_roofline_layer(&LAYER, &part);
  assert_int_equal(compute.cycles, 1728);
  assert_true(fabs(compute.energy_mj - 2.88e-9 * (172800 + 75 * 4800)) < 1e-15);
  part.offchip_bw = 2;
  assert_int_equal(hb_roofline_layer(&LAYER, &part).cycles, 2400);
  part.offchip_bw = 7;
  part.pes = 1024;
  assert_int_equal(hb_roofline_layer(&LAYER, &part).cycles, 686); /* 685.7 */
}

static void systolic_by_hand(void **state) {
  (void)state;
  uint32_t rows_of = 0;
  uint32_t columns = 0;
  hb_systolic_shape(128, &rows_of, &columns);
  assert_int_equal(rows_of, 8);
  assert_int_equal(columns, 16);
  hb_part_t part = {.dataflow = HB_DATAFLOW_OS, .pes = 128, .noc_bw = 1, .offchip_bw = 1};
  /* 120 pixels, 20 outputs, 72 taps; fold 2 * 8 + 16 + T - 2 */
  assert_int_equal(hb_systolic_layer(&LAYER, &part).cycles, (30 + 72) * 15 * 2);
  assert_true(fabs(hb_systolic_layer(&LAYER, &part).energy_mj -
                   2.88e-9 * (172800 + 6.0 * (120 * 72 * 2 + 20 * 72 * 15 + 2400))) < 1e-15);
  part.dataflow = HB_DATAFLOW_WS;
  assert_int_equal(hb_systolic_layer(&LAYER, &part).cycles, (30 + 120) * 9 * 2);
  assert_true(fabs(hb_systolic_layer(&LAYER, &part).energy_mj -
                   2.88e-9 * (172800 + 6.0 * (72 * 20 + 72 * 120 * 2 + 20 * 120 * 17))) < 1e-15);
  part.dataflow = HB_DATAFLOW_IS;
  assert_int_equal(hb_systolic_layer(&LAYER, &part).cycles, (30 + 20) * 9 * 8);
  part.dataflow = HB_DATAFLOW_RS;
  assert_int_equal(hb_systolic_layer(&LAYER, &part).cycles, 0);
}

static double worse(double a, double b) {
  return fabs(a) > fabs(b) ? a : b;
}

/* The worst of the seven sizes. */
static void print_table(void) {
  predict_all();
  printf("| model | WS latency | energy | OS latency | energy | RS latency | energy |\n");
  printf("|---|--:|--:|--:|--:|--:|--:|\n");
  for (uint32_t i = 0; i < num_rows; i += 21) {
    printf("| %s |", rows[i].model);
    for (uint32_t flow = 0; flow < 3; flow++) {
      double latency = 0.0;
      double energy = 0.0;
      for (uint32_t j = 0; j < 7; j++) {
        latency = worse(rows[i + 7 * flow + j].latency_error, latency);
        energy = worse(rows[i + 7 * flow + j].energy_error, energy);
      }
      printf(" %.0e | %.0e |", fabs(latency), fabs(energy));
    }
    printf("\n");
  }
}

int main(int argc, const char **argv) {
  if (argc == 2 && strcmp(argv[1], "--table") == 0) {
    print_table();
    return 0;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maestro_meets_the_published_costs),
      cmocka_unit_test(maestro_by_hand),
      cmocka_unit_test(roofline_by_hand),
      cmocka_unit_test(systolic_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
