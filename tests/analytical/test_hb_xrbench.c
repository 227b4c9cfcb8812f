/* SPDX-License-Identifier: Apache-2.0 */

/* The rules of the published evaluation, one by one, on loads small enough to follow by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* keep this order */
#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "hb_xrbench.h"

enum { MAX_FRAMES = 256 };

typedef struct seen {
  hb_xrbench_frame_t frames[MAX_FRAMES];
  uint32_t num;
  hb_score_sum_t sums[HB_SUITE_MAX_TASKS];
} seen_t;

static void see(void *ctx, const hb_xrbench_frame_t *frame) {
  seen_t *seen = ctx;
  assert_true(seen->num < MAX_FRAMES);
  seen->frames[seen->num++] = *frame;
}

static hb_load_task_t task(const char *name, uint32_t fps, int32_t depends_on) {
  hb_load_task_t made = {
      .fps = fps, .depends_on = depends_on, .probability_ppm = 1000000, .accuracy = 1.0};
  strcpy(made.task, name);
  strcpy(made.network, name);
  return made;
}

static seen_t run(const hb_load_t *load, const hb_cost_t *costs, uint32_t parts, uint32_t window) {
  seen_t seen = {0};
  const hb_xrbench_run_t asked = {.load = load,
                                  .costs = costs,
                                  .num_parts = parts,
                                  .window_ms = window,
                                  .constants = HB_SCORE_XRBENCH,
                                  .seed = 1};
  assert_int_equal(hb_xrbench_run(&asked, see, &seen, seen.sums), HB_OK);
  return seen;
}

static void expect(const hb_xrbench_frame_t *frame, uint32_t task_index, uint32_t number,
                   uint32_t part, double dispatch, double completion) {
  assert_int_equal(frame->task, task_index);
  assert_int_equal(frame->frame, number);
  assert_false(frame->dropped);
  assert_int_equal(frame->part, part);
  assert_true(fabs((double)frame->dispatch - dispatch) < 1e-4);
  assert_true(fabs((double)frame->completion - completion) < 1e-4);
}

/* 60 frames a second come every 16 ms, and the tail is not in the results. */
static void periods_are_whole_milliseconds(void **state) {
  (void)state;
  const hb_load_t load = {.num_tasks = 1, .tasks = {task("A", 60, HB_SUITE_NO_TASK)}};
  const hb_cost_t cost = {.latency_ms = 1.0, .energy_mj = 150.0};
  const seen_t seen = run(&load, &cost, 1, 700);
  assert_int_equal(seen.num, 42); /* floor(700 / 16) = 43 come; the last is never seen to end */
  expect(&seen.frames[41], 0, 41, 0, 656.0, 657.0);
  assert_true(fabs((double)seen.frames[41].deadline - 672.0) < 1e-9);
  assert_int_equal(seen.sums[0].executed, 42);
  assert_true(fabs(seen.sums[0].energy - 42 * 0.9) < 1e-9);
}

static void latency_greedy_takes_idle_parts_only(void **state) {
  (void)state;
  const hb_load_t load = {
      .num_tasks = 2,
      .tasks = {task("B", 100, HB_SUITE_NO_TASK), task("A", 100, HB_SUITE_NO_TASK)}};
  /* part 0: B 3 ms, A 2 ms; part 1: B 9 ms, A 8 ms. A comes first by name and takes part 0. */
  const hb_cost_t costs[] = {{3, 1}, {2, 1}, {9, 1}, {8, 1}};
  const seen_t seen = run(&load, costs, 2, 30);
  expect(&seen.frames[0], 1, 0, 0, 0.0, 2.0);
  expect(&seen.frames[1], 0, 0, 1, 0.0, 9.0); /* does not wait for part 0 */
}

static void equal_latencies_go_to_the_first_part(void **state) {
  (void)state;
  const hb_load_t load = {.num_tasks = 1, .tasks = {task("A", 100, HB_SUITE_NO_TASK)}};
  const hb_cost_t costs[] = {{3, 1}, {3, 1}, {3, 1}};
  const seen_t seen = run(&load, costs, 3, 30);
  expect(&seen.frames[0], 0, 0, 0, 0.0, 3.0);
}

/* 100 a second, 15 ms each: frame 1 starts 5 ms after its time, frame 2 at its deadline. */
static void late_heads_are_dropped_and_late_jobs_finish(void **state) {
  (void)state;
  const hb_load_t load = {.num_tasks = 1, .tasks = {task("A", 100, HB_SUITE_NO_TASK)}};
  const hb_cost_t cost = {15, 1};
  const seen_t seen = run(&load, &cost, 1, 70);
  expect(&seen.frames[0], 0, 0, 0, 0.0, 15.0);
  expect(&seen.frames[1], 0, 1, 0, 15.0, 30.0);
  expect(&seen.frames[2], 0, 2, 0, 30.0, 45.0); /* deadline 30 is not before 30 */
  assert_true(seen.frames[3].dropped);          /* deadline 40 is before 45 */
  assert_int_equal(seen.frames[3].frame, 3);
  assert_true(fabs((double)seen.frames[3].completion - 45.0) < 1e-4);
}

/* After two drops upstream, frame n downstream waits for upstream's frame n + 2: past its deadline.
 */
static void dependencies_count_completions(void **state) {
  (void)state;
  hb_load_t load = {.num_tasks = 3,
                    .tasks = {task("B", 100, HB_SUITE_NO_TASK), task("C", 100, 0),
                              task("A", 2, HB_SUITE_NO_TASK)}};
  const hb_cost_t costs[] = {{4, 1}, {1, 1}, {25, 1}};
  load.tasks[2].probability_ppm = 0;
  const seen_t free_run = run(&load, costs, 1, 600);
  assert_int_equal(free_run.sums[0].executed, free_run.sums[1].executed);
  assert_int_equal(free_run.sums[1].dropped, 0);
  load.tasks[2].probability_ppm = 1000000; /* A holds the part for 25 ms, once */
  const seen_t held = run(&load, costs, 1, 500);
  assert_int_equal(held.sums[0].dropped, 2);
  assert_true(held.sums[0].executed > 40);
  assert_int_equal(held.sums[1].executed, 0);
  assert_true(held.sums[1].dropped > 40);
}

/* A frame's time that falls between events is noticed at the next; its deadline does not move. */
static void arrivals_are_noticed_at_events(void **state) {
  (void)state;
  const hb_load_t load = {
      .num_tasks = 2,
      .tasks = {task("ES", 60, HB_SUITE_NO_TASK), task("HT", 45, HB_SUITE_NO_TASK)}};
  const hb_cost_t costs[] = {{0.5, 1}, {0.25, 1}};
  const seen_t seen = run(&load, costs, 1, 100);
  for (uint32_t i = 0; i < seen.num; i++) {
    if (seen.frames[i].task == 1 && seen.frames[i].frame == 1) {
      assert_true(seen.frames[i].injection == 32.0f); /* of 22: the next tick of 16 ms */
      assert_true(seen.frames[i].deadline == 44.0f);
      return;
    }
  }
  fail_msg("HT's frame 1 never ended");
}

/* Jobs that end within 10 us of an event end at it. */
static void finish_margin(void **state) {
  (void)state;
  const hb_load_t load = {.num_tasks = 1, .tasks = {task("A", 100, HB_SUITE_NO_TASK)}};
  const hb_cost_t near_tick = {10.009, 1};
  const seen_t early = run(&load, &near_tick, 1, 40);
  expect(&early.frames[1], 0, 1, 0, 10.0, 20.009); /* at the tick, not after the end */
  const hb_cost_t beyond = {10.02, 1};
  const seen_t late = run(&load, &beyond, 1, 40);
  expect(&late.frames[1], 0, 1, 0, 10.02, 20.04);
}

static void chance_is_the_seeds_and_fair(void **state) {
  (void)state;
  hb_load_t load = {.num_tasks = 1, .tasks = {task("A", 100, HB_SUITE_NO_TASK)}};
  strcpy(load.name, "x");
  load.tasks[0].probability_ppm = 200000;
  uint32_t count = 0;
  uint32_t changes = 0;
  for (uint64_t seed = 0; seed < 100000; seed++) {
    const bool now = hb_xrbench_triggers(seed, &load, 0, 1);
    assert_int_equal(now, hb_xrbench_triggers(seed, &load, 0, 1));
    count += now;
    changes += now != hb_xrbench_triggers(seed, &load, 0, 2);
  }
  assert_in_range(count, 20000 - 640, 20000 + 640);   /* 5 sigma of 126 */
  assert_in_range(changes, 32000 - 740, 32000 + 740); /* frames are independent: 2 * 0.2 * 0.8 */
  load.tasks[0].probability_ppm = 0;
  const hb_cost_t cost = {1, 1};
  assert_int_equal(run(&load, &cost, 1, 100).num, 0);
}

static void scores_of_a_scenario(void **state) {
  (void)state;
  const hb_score_sum_t sums[3] = {
      {.executed = 3, .dropped = 1, .real_time = 2.4, .energy = 2.7, .products = 2.0},
      {.executed = 0, .dropped = 2},
      {0}, /* never triggered */
  };
  double values[HB_SCORE_KIND_COUNT];
  hb_score_of_scenario(sums, 3, values);
  assert_true(fabs(values[HB_SCORE_RT] - 0.8 / 3) < 1e-12);
  assert_true(fabs(values[HB_SCORE_EN] - 0.9 / 3) < 1e-12);
  assert_true(fabs(values[HB_SCORE_QOE] - 0.75 / 3) < 1e-12);
  assert_true(fabs(values[HB_SCORE_OVERALL] - 2.0 / 4 * 0.75 / 3) < 1e-12);
  assert_true(fabs(hb_score_of_delay(&HB_SCORE_XRBENCH, 0.3) - 0.0109869) < 1e-6);
  assert_true(fabs(hb_score_of_energy(&HB_SCORE_XRBENCH, 2000) + 1.0 / 3) < 1e-12);
  assert_true(fabs(hb_score_of_accuracy(0.9, 0.8, false) - 1.0) < 1e-12);
  assert_true(fabs(hb_score_of_accuracy(0.6, 0.8, false) - 0.75) < 1e-12);
  assert_true(fabs(hb_score_of_accuracy(4.0, 3.0, true) - 0.75) < 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(periods_are_whole_milliseconds),
      cmocka_unit_test(latency_greedy_takes_idle_parts_only),
      cmocka_unit_test(equal_latencies_go_to_the_first_part),
      cmocka_unit_test(late_heads_are_dropped_and_late_jobs_finish),
      cmocka_unit_test(dependencies_count_completions),
      cmocka_unit_test(arrivals_are_noticed_at_events),
      cmocka_unit_test(finish_margin),
      cmocka_unit_test(chance_is_the_seeds_and_fair),
      cmocka_unit_test(scores_of_a_scenario),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
