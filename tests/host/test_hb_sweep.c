/* SPDX-License-Identifier: Apache-2.0 */

/* Means and reductions of a sweep, worked out by hand. */

#include "hb_sweep.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_close(a_, b_) assert_true(fabs((a_) - (b_)) < 1e-9)

static const char *const METRICS =
    "{\"complete\": true, \"why\": \"\","
    "\"ux\": {\"models\": 2, \"cost\": %g, \"dlv\": 0.5, \"norm_energy\": 2},"
    "\"scores\": {\"xrbench\": 90, \"xrbench_with_energy\": 80.5, \"accuracy\": 0.97},"
    "\"models\": [{\"frames\": 3, \"deadline_misses\": 1, \"dropped\": 0},"
    "             {\"frames\": 4, \"deadline_misses\": 2, \"dropped\": 2}],"
    "\"energy_mj\": {\"total\": 1.5}, \"tiles\": [{\"switches\": 5}, {\"switches\": 7}],"
    "\"host\": {\"scheduler\": {\"decisions\": 9, \"run_percent\": 0.25,"
    "           \"cycles_per_decision\": {\"p50\": 800, \"p99\": 900}}},"
    "\"faults\": {\"resets\": 0, \"jobs_run_again\": 0, \"frames_lost\": 0}}";
static const char *const PATH = "test_hb_sweep.json";

static void write_metrics(const char *text, double cost) {
  FILE *file = fopen(PATH, "w");
  assert_non_null(file);
  fprintf(file, "%.*s%g%s", (int)(strstr(text, "%g") - text), text, cost, strstr(text, "%g") + 2);
  fclose(file);
}

/* Two scenarios on SoC s, one on t; columns a, b; two seeds from 7. */
static hb_sweep_t new_sweep(void) {
  hb_sweep_t sweep;
  hb_sweep_init(&sweep, 7, 2);
  assert_int_equal(hb_sweep_add_row(&sweep, "x", "s"), HB_OK);
  assert_int_equal(hb_sweep_add_row(&sweep, "y", "s"), HB_OK);
  assert_int_equal(hb_sweep_add_row(&sweep, "x", "t"), HB_OK);
  assert_int_equal(hb_sweep_add_row(&sweep, "x", "t"), HB_ERR_ARG);
  assert_int_equal(hb_sweep_add_column(&sweep, "a"), HB_OK);
  assert_int_equal(hb_sweep_add_column(&sweep, "b"), HB_OK);
  assert_int_equal(hb_sweep_add_column(&sweep, "a"), HB_ERR_ARG);
  assert_int_equal(hb_sweep_ready(&sweep), HB_OK);
  assert_int_equal(hb_sweep_num_runs(&sweep), 12);
  return sweep;
}

static void fill(hb_sweep_t *sweep) {
  static const double COSTS[] = {1, 3, 2, 4, 8, 8, 1, 3, 5, 5, 10, 10}; /* x s: a 1 3, b 2 4; ... */
  for (uint64_t run = 0; run < 12; run++) {
    write_metrics(METRICS, COSTS[run]);
    hb_sweep_read(sweep, run, PATH);
    assert_true(sweep->runs[run].good);
  }
}

static void test_place__seeds_are_innermost(void **state) {
  (void)state;
  hb_sweep_t sweep = new_sweep();
  uint32_t row, column;
  uint64_t seed;
  hb_sweep_place(&sweep, 7, &row, &column, &seed);
  assert_int_equal(row, 1);
  assert_int_equal(column, 1);
  assert_int_equal(seed, 8);
  hb_sweep_release(&sweep);
}

static void test_means__of_seeds_and_scenarios(void **state) {
  (void)state;
  hb_sweep_t sweep = new_sweep();
  fill(&sweep);
  double value = 0.0;
  assert_true(hb_sweep_cell(&sweep, 0, 0, HB_SWEEP_UX_COST, &value));
  assert_close(value, 2.0);
  assert_true(hb_sweep_cell(&sweep, 1, 1, HB_SWEEP_UX_COST, &value));
  assert_close(value, 2.0);
  assert_true(hb_sweep_geomean(&sweep, "s", 0, HB_SWEEP_UX_COST, &value));
  assert_close(value, 4.0); /* of 2 and 8 */
  assert_true(hb_sweep_geomean(&sweep, NULL, 0, HB_SWEEP_UX_COST, &value));
  assert_close(value, pow(80.0, 1.0 / 3.0));
  assert_false(hb_sweep_geomean(&sweep, "u", 0, HB_SWEEP_UX_COST, &value));
  assert_true(hb_sweep_reduction(&sweep, "s", 1, &value));
  assert_close(value, 1.0 - sqrt(6.0) / 4.0); /* of 3 and 2, against 4 */
  assert_true(hb_sweep_reduction(&sweep, "t", 1, &value));
  assert_close(value, -1.0);
  sweep.baseline = 1;
  assert_true(hb_sweep_reduction(&sweep, "t", 0, &value));
  assert_close(value, 0.5);
  assert_true(hb_sweep_reduction(&sweep, "t", 1, &value));
  assert_close(value, 0.0);
  hb_sweep_release(&sweep);
}

static void test_values__come_from_their_places(void **state) {
  (void)state;
  hb_sweep_t sweep = new_sweep();
  fill(&sweep);
  static const double EXPECTED[] = {1,   0.5, 2, 90,  80.5, 0.97, 7, 3, 2,
                                    1.5, 12,  9, 800, 900,  0.25, 0, 0, 0};
  for (int i = 0; i < HB_SWEEP_VALUES; i++) {
    assert_close(sweep.runs[0].values[i], EXPECTED[i]);
  }
  hb_sweep_release(&sweep);
}

static void test_failed__leaves_a_hole(void **state) {
  (void)state;
  hb_sweep_t sweep = new_sweep();
  assert_int_equal(hb_sweep_num_failed(&sweep), 12); /* until they are read */
  fill(&sweep);
  hb_sweep_fail(&sweep, 2, "killed"); /* x on s, b */
  assert_int_equal(hb_sweep_num_failed(&sweep), 1);
  double value = 1.0;
  assert_false(hb_sweep_cell(&sweep, 0, 1, HB_SWEEP_UX_COST, &value));
  assert_close(value, 0.0);
  assert_false(hb_sweep_geomean(&sweep, "s", 1, HB_SWEEP_UX_COST, &value));
  assert_false(hb_sweep_geomean(&sweep, NULL, 1, HB_SWEEP_UX_COST, &value));
  assert_false(hb_sweep_reduction(&sweep, "s", 1, &value));
  assert_true(hb_sweep_geomean(&sweep, "s", 0, HB_SWEEP_UX_COST, &value));
  assert_true(hb_sweep_geomean(&sweep, "t", 1, HB_SWEEP_UX_COST, &value));
  sweep.baseline = 1;
  assert_false(hb_sweep_reduction(&sweep, "s", 0, &value));
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  assert_non_null(out);
  hb_sweep_print(&sweep, out);
  fclose(out);
  assert_non_null(strstr(text, "1 of 12 runs failed"));
  assert_non_null(strstr(text, "x on s, b, seed 7: killed\n"));
  free(text);
  hb_sweep_release(&sweep);
}

/* It would be the best of all. */
static void test_no_frames__have_no_cost(void **state) {
  (void)state;
  hb_sweep_t sweep = new_sweep();
  fill(&sweep);
  char text[1024];
  snprintf(text, sizeof(text), "%s", METRICS);
  *(strstr(text, "\"models\": 2") + strlen("\"models\": ")) = '0';
  write_metrics(text, 0.0);
  hb_sweep_read(&sweep, 2, PATH); /* x on s, b */
  assert_int_equal(hb_sweep_num_failed(&sweep), 0);
  double value = 1.0;
  for (int i = 0; i < HB_SWEEP_VALUES; i++) {
    const bool none = i == HB_SWEEP_UX_COST || i == HB_SWEEP_DLV || i == HB_SWEEP_NORM_ENERGY;
    assert_int_equal(hb_sweep_cell(&sweep, 0, 1, (hb_sweep_value_t)i, &value), !none);
  }
  assert_false(hb_sweep_geomean(&sweep, "s", 1, HB_SWEEP_UX_COST, &value));
  assert_false(hb_sweep_reduction(&sweep, "s", 1, &value));
  assert_true(hb_sweep_geomean(&sweep, "t", 1, HB_SWEEP_UX_COST, &value));
  hb_sweep_release(&sweep);
}

static void expect_why(const char *text, const char *why) {
  hb_sweep_t sweep = new_sweep();
  FILE *file = fopen(PATH, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  hb_sweep_read(&sweep, 3, PATH);
  assert_false(sweep.runs[3].good);
  assert_string_equal(sweep.runs[3].why, why);
  hb_sweep_release(&sweep);
}

static void test_files__that_are_none_fail_the_run_bad(void **state) {
  (void)state;
  expect_why("{\"complete\": tr", "no metrics.json, or it is damaged");
  expect_why("[1]", "no metrics.json, or it is damaged");
  expect_why("{}", "metrics.json has no complete or why");
  expect_why("{\"complete\": false, \"why\": \"tile0 burnt\"}", "tile0 burnt");
  expect_why("{\"complete\": true, \"why\": \"\", \"ux\": {\"cost\": \"1\"}}",
             "metrics.json has no number ux.cost");
  hb_sweep_t sweep = new_sweep();
  (void)remove(PATH);
  hb_sweep_read(&sweep, 0, PATH);
  assert_string_equal(sweep.runs[0].why, "no metrics.json, or it is damaged");
  hb_sweep_release(&sweep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_place__seeds_are_innermost),
      cmocka_unit_test(test_means__of_seeds_and_scenarios),
      cmocka_unit_test(test_values__come_from_their_places),
      cmocka_unit_test(test_failed__leaves_a_hole),
      cmocka_unit_test(test_no_frames__have_no_cost),
      cmocka_unit_test(test_files__that_are_none_fail_the_run_bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
