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
#include "sched/hb_policy_state.h"

enum { FCFS, EDF, STATIC, RATE_MONOTONIC, LATENCY_GREEDY, PREMA, VELTAIR, PLANARIA };
enum { MAX_WORDS = 64, MAX_JOBS = 4 };

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
  assert_string_equal(hb_policy_find(PLANARIA)->name, "planaria");
#define NAME_(name_, number_) #name_,
  static const char *const names[] = {HB_POLICY_TABLE(NAME_)};
#undef NAME_
  const uint32_t num = sizeof names / sizeof names[0];
  for (uint32_t i = 0; i < num; ++i) {
    assert_non_null(hb_policy_find(i));
    assert_string_equal(hb_policy_find(i)->name, names[i]);
  }
  assert_null(hb_policy_find(num));
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
  expect_choice(EDF, &view, 1, 1);
  hb_sched_explain(hb_policy_find(EDF), &view);
  const uint32_t want[] = {
      0x07000007, HB_TAG(0, 0, 0), 0, 0x7fffffff, 300, 0, 0, 0, /* saturated */
      0x07000007, HB_TAG(1, 0, 0), 0, 700,        300, 0, 0, 0, /* */
      0x07000007, HB_TAG(1, 0, 0), 1, 700,        100, 1, 0, 0,
  };
  assert_int_equal(num_words, sizeof want / sizeof want[0]);
  assert_memory_equal(word, want, sizeof want);
  num_words = 0;
  hb_sched_explain(hb_policy_find(FCFS), &view);
  assert_int_equal((int32_t)word[3], -900);
}

/* ------------------------------------------------------------------------- the other policies */
static void test_rate_monotonic__shortest_period(void **state) {
  (void)state;
  static const hb_image_model_t fast = {.period_cycles = 900, .static_tile = HB_IMAGE_NONE};
  hb_job_t jobs[] = {make_job(0, 100, 400), make_job(1, 900, 9999), make_job(2, 50, 300)};
  jobs[1].image = &fast;
  const hb_sched_view_t view = make_view(jobs, 3, 0xf);
  expect_choice(RATE_MONOTONIC, &view, 1, 1);
}

/* Waits for its tile although others are free; without a tile of its own, for the fastest. */
static void test_static__waits_for_its_tile(void **state) {
  (void)state;
  static const hb_image_model_t on_2 = {.static_tile = 2};
  hb_job_t jobs[] = {make_job(0, 100, 400), make_job(1, 50, 400)};
  jobs[0].image = &on_2;
  hb_sched_view_t view = make_view(jobs, 2, 0xf);
  expect_choice(STATIC, &view, 1, 1); /* came first; tile 1 is the lowest of the fastest */
  view.free_tiles = 0xd;
  expect_choice(STATIC, &view, 0, 2);
  hb_sched_choice_t choice;
  view.free_tiles = 0x9;
  assert_false(hb_policy_find(STATIC)->choose(&view, &choice));
  jobs[0].tiles = 0xb; /* its tile is lost: now it is as one without */
  view.free_tiles = 0x2;
  view.num_jobs = 1;
  expect_choice(STATIC, &view, 0, 1);
}

static hb_policy_state_t state_;

/* Whole frames: where the sum of its layers is least, in order of priority; then it stays. */
static void test_latency_greedy__by_whole_frames(void **state) {
  (void)state;
  hb_job_t jobs[] = {make_job(0, 100, 400), make_job(1, 50, 400)};
  jobs[0].priority = 1;
  jobs[1].priority = 2;
  hb_sched_view_t view = make_view(jobs, 2, 0xf);
  state_ = (hb_policy_state_t){.latency_greedy = {.whole = {{500, 400}, {300, 900}}}};
  view.state = &state_;
  expect_choice(LATENCY_GREEDY, &view, 0, 0); /* kind 1, although this layer is slower there */
  jobs[1].started = true;
  jobs[1].last_tile = 2;
  expect_choice(LATENCY_GREEDY, &view, 1, 2);
  view.free_tiles = 0xb; /* not its tile: the fastest */
  expect_choice(LATENCY_GREEDY, &view, 1, 1);
  jobs[1].started = false;
  view.free_tiles = 0xa; /* never waits for a better one */
  expect_choice(LATENCY_GREEDY, &view, 0, 1);
}

/* Shortest first, until somebody has waited for twice what he takes alone. */
static void test_prema__tokens_overtake(void **state) {
  (void)state;
  static const hb_image_layer_t layers[] = {{.togo_avg = 900}, {.togo_avg = 100}};
  static const hb_image_variant_t variants[] = {{.first_layer = 0}, {.first_layer = 1}};
  static const hb_tables_t tables = {.layers = layers};
  hb_job_t jobs[] = {make_job(0, 1000, 9000), make_job(1, 2700, 9000)};
  for (uint32_t i = 0; i < 2; ++i) {
    jobs[i].layer = &layers[i];
    jobs[i].variant = &variants[i];
  }
  hb_sched_view_t view = make_view(jobs, 2, 0xf);
  state_ = (hb_policy_state_t){.tables = &tables};
  view.state = &state_;
  view.now = 2799;
  expect_choice(PREMA, &view, 1, 1);
  view.now = 2800; /* 1800 waited, 900 alone: 9 tokens; the other has 3 * (1 + 1) */
  expect_choice(PREMA, &view, 0, 1);
  view.now = 2900; /* both have 9 */
  expect_choice(PREMA, &view, 1, 1);
}

/* With what is waited in units of what a task takes alone: the priority's 1, 3 or 9 tokens are
 * multiplied by one more, and what counts is whether they reach 3 and 9. */
static void test_prema__tasks_have_priorities(void **state) {
  (void)state;
  enum { LOW = HB_LEVEL_LOW, MEDIUM = HB_LEVEL_MEDIUM, HIGH = HB_LEVEL_HIGH };
  static const struct {
    uint32_t level[2]; /* of a long task, of a short one that has just come */
    uint32_t waited;   /* by the long one, in tenths */
    uint32_t first;
  } cases[] = {
      {{LOW, LOW}, 19, 1},       {{LOW, LOW}, 20, 0},     {{LOW, MEDIUM}, 20, 1},
      {{LOW, MEDIUM}, 79, 1},    {{LOW, MEDIUM}, 80, 0},  {{LOW, HIGH}, 80, 1},
      {{MEDIUM, LOW}, 0, 0},     {{MEDIUM, HIGH}, 19, 1}, {{MEDIUM, HIGH}, 20, 1},
      {{MEDIUM, MEDIUM}, 19, 1}, {{HIGH, MEDIUM}, 0, 0},  {{HIGH, HIGH}, 90, 1},
  };
  static const hb_image_layer_t layers[] = {{.togo_avg = 1000}, {.togo_avg = 100}};
  static const hb_image_variant_t variants[] = {{.first_layer = 0}, {.first_layer = 1}};
  static const hb_tables_t tables = {.layers = layers};
  for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    hb_image_model_t models[] = {MODEL, MODEL};
    hb_job_t jobs[] = {make_job(0, 10000 - cases[i].waited * 100, 90000),
                       make_job(1, 10000, 90000)};
    for (uint32_t k = 0; k < 2; ++k) {
      models[k].level = cases[i].level[k];
      jobs[k].image = &models[k];
      jobs[k].layer = &layers[k];
      jobs[k].variant = &variants[k];
    }
    hb_sched_view_t view = make_view(jobs, 2, 2);
    state_ = (hb_policy_state_t){.tables = &tables};
    view.state = &state_;
    view.now = 10000;
    expect_choice(PREMA, &view, cases[i].first, 1);
    /* Candidates: the smallest score is that of the choice. */
    hb_sched_explain(hb_policy_find(PREMA), &view);
    assert_int_equal(num_words, 2 * 8);
    const int32_t scores[] = {(int32_t)word[3], (int32_t)word[8 + 3]};
    assert_true(scores[cases[i].first] < scores[1u - cases[i].first]);
  }
}

/* A block is what is to go, shared among the frames under way; inside it a frame keeps its tile. */
static void test_veltair__blocks_stay(void **state) {
  (void)state;
  const hb_policy_t *const policy = hb_policy_find(VELTAIR);
  static const hb_tables_t tables = {.tiles = TILES};
  state_ = (hb_policy_state_t){.tables = &tables};
  hb_job_t jobs[] = {make_job(0, 100, 400), make_job(1, 200, 400)};
  hb_sched_view_t view = make_view(jobs, 2, 0xf);
  view.state = &state_;
  expect_choice(VELTAIR, &view, 0, 1);
  policy->on_start(&state_, &jobs[1], 0); /* 500 to go, alone: 300 run, 200 left of the block */
  assert_int_equal(state_.veltair.left[1], 200);
  jobs[1].started = true;
  jobs[1].last_tile = 0;
  expect_choice(VELTAIR, &view, 1, 0); /* before the older one, on a slower tile */
  policy->on_start(&state_, &jobs[1], 0);
  assert_int_equal(state_.veltair.left[1], 0);
  expect_choice(VELTAIR, &view, 0, 1);
  policy->on_start(&state_, &jobs[0], 1); /* two under way: 250, of which 100 run */
  assert_int_equal(state_.veltair.left[0], 150);
  policy->on_frame_done(&state_, &(hb_sched_end_t){.model = 0, .started = true});
  assert_int_equal(state_.veltair.left[0], 0);
  policy->on_start(&state_, &jobs[1], 0); /* alone again */
  assert_int_equal(state_.veltair.left[1], 200);
}

/* The most pressed first, on the slowest tile that still does. */
static void test_planaria__no_more_than_it_needs(void **state) {
  (void)state;
  hb_job_t jobs[] = {make_job(0, 100, 1700), make_job(1, 200, 9000)};
  hb_sched_view_t view = make_view(jobs, 2, 0xf);
  expect_choice(PLANARIA, &view, 0, 0); /* 400 behind this layer, 700 left: 300 cycles will do */
  jobs[0].last_tile = 2;
  expect_choice(PLANARIA, &view, 0, 2);
  jobs[0].deadline = 1699;
  expect_choice(PLANARIA, &view, 0, 1);
  jobs[0].deadline = 900; /* too late for anything: the fastest */
  expect_choice(PLANARIA, &view, 0, 1);
  view.free_tiles = 0x5;
  expect_choice(PLANARIA, &view, 0, 2);
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
      cmocka_unit_test(test_rate_monotonic__shortest_period),
      cmocka_unit_test(test_static__waits_for_its_tile),
      cmocka_unit_test(test_latency_greedy__by_whole_frames),
      cmocka_unit_test(test_prema__tokens_overtake),
      cmocka_unit_test(test_prema__tasks_have_priorities),
      cmocka_unit_test(test_veltair__blocks_stay),
      cmocka_unit_test(test_planaria__no_more_than_it_needs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
