/* SPDX-License-Identifier: Apache-2.0 */

/* The example policy: what it chooses, and that it keeps the rules on a random workload. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_soc.h"

extern const hb_policy_t hb_policy_shortest;

static const hb_image_tile_t TILE = {.kind = 0};
static const hb_image_program_t PROGRAM = {.addr = 0x80000000, .est_cycles = 100};
static const hb_image_model_t MODEL = {.period_cycles = 1000};
static const hb_image_layer_t LONG = {.togo_avg = 900}, SHORT = {.togo_avg = 200};

static hb_job_t make_job(uint32_t model, uint64_t arrival, const hb_image_layer_t *layer) {
  return (hb_job_t){.model = model,
                    .priority = model,
                    .tiles = 1,
                    .last_tile = HB_IMAGE_NONE,
                    .arrival = arrival,
                    .image = &MODEL,
                    .layer = layer,
                    .programs = &PROGRAM};
}

static uint32_t chosen(uint64_t now, const hb_job_t *a, const hb_job_t *b) {
  const hb_job_t *const jobs[] = {a, b};
  const hb_sched_view_t view = {
      .now = now, .num_jobs = 2, .jobs = jobs, .num_tiles = 1, .tiles = &TILE, .free_tiles = 1};
  hb_sched_choice_t choice;
  assert_true(hb_policy_shortest.choose(&view, &choice));
  return choice.job;
}

static void test_shortest__least_to_go_until_patience_ends(void **state) {
  (void)state;
  const hb_job_t slow = make_job(0, 5000, &LONG), fast = make_job(1, 6500, &SHORT);
  assert_int_equal(chosen(6999, &slow, &fast), 1);
  assert_int_equal(chosen(7000, &slow, &fast), 0);
}

static void nothing_left_to_do(const hb_main_t *firmware) {
  for (uint32_t m = 0; m < firmware->tables.header->num_models; ++m) {
    if (((firmware->ready >> m) & 1u) != 0) {
      assert_int_equal(firmware->job[m].tiles & firmware->jobs.free_tiles, 0);
    }
  }
}

static void test_shortest__keeps_the_rules(void **state) {
  (void)state;
  const fake_soc_config_t config = {
      .seed = 7, .num_models = 6, .num_tiles = 3, .load_percent = 120};
  assert_in_range(fake_soc_run(&config, 500000, &hb_policy_shortest, nothing_left_to_do).done, 20,
                  UINT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shortest__least_to_go_until_patience_ends),
      cmocka_unit_test(test_shortest__keeps_the_rules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
