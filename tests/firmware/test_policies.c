/* SPDX-License-Identifier: Apache-2.0 */

/* Policies on constructed job tables: which job, which tile, which ties. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "hilbert/hb_memmap.h"
#include "sched/hb_policy.h"

enum { FCFS = 0, EDF = 1, MAX_WORDS = 64, MAX_JOBS = 4 };

/* Words written to the telemetry port. */
static uint32_t word[MAX_WORDS];
static uint32_t num_words;

uint32_t hb_mmio_read32(uint32_t addr) {
  fail_msg("read of 0x%08x", (unsigned)addr);
  return 0;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  assert_int_equal(addr, HB_LOCAL_TELEMETRY);
  assert_in_range(num_words, 0, MAX_WORDS - 1);
  word[num_words++] = value;
}

void hb_port_wait(void) {
  fail();
}

/* Kind 0 is fast; kind 1 slow. Tiles 0 and 2 are slow, 1 and 3 fast. */
static const hb_image_tile_t TILES[] = {{.kind = 1}, {.kind = 0}, {.kind = 1}, {.kind = 0}};
static const hb_image_program_t BOTH[] = {{.addr = 0x80000000, .est_cycles = 100},
                                          {.addr = 0x80000040, .est_cycles = 300}};
static const hb_image_model_t MODEL = {.static_tile = HB_IMAGE_NONE, .period_cycles = 1000};
static const hb_image_layer_t LAYER = {.togo_avg = 500, .togo_min = 300};
static const hb_image_program_t SLOW_ONLY[] = {{.addr = HB_IMAGE_NONE},
                                               {.addr = 0x80000040, .est_cycles = 300}};

static hb_job_t make_job(uint32_t model, uint64_t arrival, uint64_t deadline) {
  return (hb_job_t){.tag = HB_TAG(model, 0, 0),
                    .model = model,
                    .priority = 5,
                    .last_tile = HB_IMAGE_NONE,
                    .tiles = 0xf,
                    .image = &MODEL,
                    .layer = &LAYER,
                    .arrival = arrival,
                    .deadline = deadline,
                    .programs = BOTH};
}

static hb_sched_view_t make_view(const hb_job_t *jobs, uint32_t num_jobs, uint32_t free_tiles) {
  static const hb_job_t *list[MAX_JOBS];
  for (uint32_t i = 0; i < num_jobs; ++i) {
    list[i] = &jobs[i];
  }
  num_words = 0;
  return (hb_sched_view_t){.now = 1000,
                           .num_jobs = num_jobs,
                           .jobs = list,
                           .num_tiles = 4,
                           .tiles = TILES,
                           .free_tiles = free_tiles};
}

static void expect_choice(uint32_t policy, const hb_sched_view_t *view, uint32_t job,
                          uint32_t tile) {
  hb_sched_choice_t choice = {.job = 99, .tile = 99};
  assert_true(hb_policy_find(policy)->choose(view, &choice));
  assert_int_equal(choice.job, job);
  assert_int_equal(choice.tile, tile);
}

static void test_find__knows_the_table_and_nothing_else(void **state) {
  (void)state;
  assert_string_equal(hb_policy_find(FCFS)->name, "fcfs");
  assert_string_equal(hb_policy_find(EDF)->name, "edf");
  const char *const names[] = {"fcfs",  "edf",     "static",   "rate_monotonic", "latency_greedy",
                               "prema", "veltair", "planaria", "dream"};
  for (uint32_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    assert_string_equal(hb_policy_find(i)->name, names[i]);
  }
  assert_null(hb_policy_find(9));
  assert_null(hb_policy_find(UINT32_MAX));
}

static void test_fcfs__earliest_arrival(void **state) {
  (void)state;
  const hb_job_t jobs[] = {make_job(0, 300, 400), make_job(1, 100, 900), make_job(2, 200, 300)};
  const hb_sched_view_t view = make_view(jobs, 3, 0xf);
  expect_choice(FCFS, &view, 1, 1);
}

static void test_edf__earliest_deadline(void **state) {
  (void)state;
  const hb_job_t jobs[] = {make_job(0, 300, 400), make_job(1, 100, 900), make_job(2, 200, 300)};
  const hb_sched_view_t view = make_view(jobs, 3, 0xf);
  expect_choice(EDF, &view, 2, 1);
}

/* Times far apart: a comparison in 32 bits would turn them round. */
static void test_both__long_times(void **state) {
  (void)state;
  const hb_job_t jobs[] = {make_job(0, 0x500000000u, 0x900000001u),
                           make_job(1, 0x4ffffffffu, 0x900000000u)};
  const hb_sched_view_t view = make_view(jobs, 2, 0xf);
  expect_choice(FCFS, &view, 1, 1);
  expect_choice(EDF, &view, 1, 1);
}

static void test_both__ties_go_to_priority_then_model(void **state) {
  (void)state;
  hb_job_t jobs[] = {make_job(0, 100, 400), make_job(1, 100, 400), make_job(2, 100, 400)};
  const hb_sched_view_t view = make_view(jobs, 3, 0xf);
  expect_choice(FCFS, &view, 0, 1);
  expect_choice(EDF, &view, 0, 1);
  jobs[2].priority = 0;
  jobs[1].priority = 1;
  expect_choice(FCFS, &view, 2, 1);
  expect_choice(EDF, &view, 2, 1);
}

static void test_tile__fastest_then_last_then_lowest(void **state) {
  (void)state;
  hb_job_t job = make_job(0, 100, 400);
  hb_sched_view_t view = make_view(&job, 1, 0xf);
  expect_choice(FCFS, &view, 0, 1);
  job.last_tile = 3;
  expect_choice(FCFS, &view, 0, 3);
  job.last_tile = 2; /* slower than tile 1: not worth it */
  expect_choice(FCFS, &view, 0, 1);
  view.free_tiles = 0x5; /* slow ones only */
  expect_choice(FCFS, &view, 0, 2);
  job.last_tile = 1; /* busy */
  expect_choice(FCFS, &view, 0, 0);
}

/* The most urgent job cannot run on what is free: the next one does, rather than none. */
static void test_both__urgent_job_that_does_not_fit_is_passed_over(void **state) {
  (void)state;
  hb_job_t jobs[] = {make_job(0, 100, 200), make_job(1, 900, 999)};
  jobs[0].programs = SLOW_ONLY;
  jobs[0].tiles = 0x5;
  hb_sched_view_t view = make_view(jobs, 2, 0xa); /* fast ones only */
  expect_choice(FCFS, &view, 1, 1);
  expect_choice(EDF, &view, 1, 1);
  hb_sched_choice_t choice;
  view.num_jobs = 1;
  assert_false(hb_policy_find(FCFS)->choose(&view, &choice));
  view.num_jobs = 2;
  view.free_tiles = 0;
  assert_false(hb_policy_find(EDF)->choose(&view, &choice));
}

/* One record for each ready job and free tile that can run it: score = key - now. */
static void test_candidates__every_pair_once(void **state) {
  (void)state;
  hb_job_t jobs[] = {make_job(0, 100, 0xfffffffff), make_job(1, 900, 1700)};
  jobs[0].programs = SLOW_ONLY;
  jobs[0].tiles = 0x5;
  jobs[1].last_tile = 1;
  hb_sched_view_t view = make_view(jobs, 2, 0x3);
  expect_choice(FCFS, &view, 0, 0);
  assert_int_equal(num_words, 0);
  view.candidates = true;
  expect_choice(EDF, &view, 1, 1);
  const uint32_t want[] = {
      0x07000007, HB_TAG(0, 0, 0), 0, 0x7fffffff, 300, 0, 0, 0, /* saturated */
      0x07000007, HB_TAG(1, 0, 0), 0, 700,        300, 0, 0, 0, /* */
      0x07000007, HB_TAG(1, 0, 0), 1, 700,        100, 1, 0, 0,
  };
  assert_int_equal(num_words, sizeof want / sizeof want[0]);
  assert_memory_equal(word, want, sizeof want);
  num_words = 0;
  expect_choice(FCFS, &view, 0, 0);
  assert_int_equal((int32_t)word[3], -900);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_find__knows_the_table_and_nothing_else),
      cmocka_unit_test(test_fcfs__earliest_arrival),
      cmocka_unit_test(test_edf__earliest_deadline),
      cmocka_unit_test(test_both__long_times),
      cmocka_unit_test(test_both__ties_go_to_priority_then_model),
      cmocka_unit_test(test_tile__fastest_then_last_then_lowest),
      cmocka_unit_test(test_both__urgent_job_that_does_not_fit_is_passed_over),
      cmocka_unit_test(test_candidates__every_pair_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
