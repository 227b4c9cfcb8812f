/* SPDX-License-Identifier: Apache-2.0 */

/* UXCost and what the scheduler cost, worked out by hand. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hb_score.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

#define assert_close(a_, b_) assert_true(fabs((a_) - (b_)) < 1e-12)

static void test_ux__formulas(void **state) {
  (void)state;
  const hb_ux_model_t models[] = {
      {.frames = 8, .missed = 2, .energy_pj = 30.0, .worst_pj = 40.0},  /* 1/4, 3/4 */
      {.frames = 10, .missed = 0, .energy_pj = 10.0, .worst_pj = 10.0}, /* 1/20, 1 */
      {.frames = 0, .missed = 0, .energy_pj = 5.0, .worst_pj = 10.0},   /* not counted */
      {.frames = 4, .missed = 4},                                       /* 1, no job: 1 */
  };
  assert_close(hb_ux_dlv(&models[0]), 0.25);
  assert_close(hb_ux_dlv(&models[1]), 0.05);
  assert_close(hb_ux_dlv(&models[2]), 0.0);
  assert_close(hb_ux_norm_energy(&models[0]), 0.75);
  assert_close(hb_ux_norm_energy(&models[2]), 0.0);
  assert_close(hb_ux_norm_energy(&models[3]), 1.0);
  const hb_ux_cost_t cost = hb_ux_cost(models, 4);
  assert_int_equal(cost.models, 3);
  assert_close(cost.dlv, 1.3);
  assert_close(cost.norm_energy, 2.75);
  assert_close(cost.cost, 3.575);
  assert_close(hb_ux_cost(models, 0).cost, 0.0);
}

static void test_ux__windows_share_the_run(void **state) {
  (void)state;
  hb_ux_t ux;
  hb_ux_init(&ux, 2, 1000);
  hb_ux_frame(&ux, 0, 999, false);
  hb_ux_frame(&ux, 0, 1000, true);
  hb_ux_frame(&ux, 1, 999, true);
  hb_ux_job(&ux, 0, 999, 1.0, 2.0);
  hb_ux_job(&ux, 0, 1000, 2.0, 2.0);
  hb_ux_job(&ux, 1, 40999, 3.0, 4.0); /* the last window has no frame */
  assert_false(ux.failed);
  assert_int_equal(ux.num_windows, 41);
  const hb_ux_cost_t first = hb_ux_window(&ux, 0);
  assert_close(first.dlv, 1.5); /* 1/2 and 1 */
  assert_close(first.norm_energy, 1.5);
  assert_close(hb_ux_window(&ux, 1).cost, 1.0);
  assert_int_equal(hb_ux_window(&ux, 2).models, 0);
  assert_close(hb_ux_window(&ux, 40).cost, 0.0);
  assert_int_equal(ux.run[0].frames, 2);
  assert_close(hb_ux_dlv(&ux.run[0]), 0.5);
  assert_close(hb_ux_norm_energy(&ux.run[0]), 0.75);
  assert_close(hb_ux_cost(ux.run, 2).cost, 1.5 * 1.5);
  hb_ux_release(&ux);
}

/* -------------------------------------------------------------------------------- what feeds it */

static hb_task_t tasks[2] = {{.name = "a"}, {.name = "b"}};
static const hb_scenario_t SCENARIO = {.num_tasks = 2, .tasks = tasks};

static hb_score_t *new_score(void) {
  hb_score_t *score = NULL;
  assert_int_equal(hb_score_new(&SCENARIO, 1000, &score), HB_OK);
  return score;
}

static void tell(hb_score_t *score, uint64_t cycle, uint32_t type, uint32_t num,
                 const uint32_t *words) {
  uint32_t record[16] = {HB_TEL_HEAD(type, num)};
  for (uint32_t i = 0; i < num; i++) {
    record[i + 1] = words[i];
  }
  hb_score_telemetry(score, cycle, record, num + 1);
}

#define TELL(cycle_, type_, ...)                                                                   \
  tell(score, (cycle_), (type_), (uint32_t)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)), \
       (uint32_t[]){__VA_ARGS__})

static void test_frames__fall_into_the_window_of_their_end(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  TELL(1, HB_TEL_FRAME_ARRIVED, 0, 0, 0, 0, 500, 0);
  TELL(2, HB_TEL_FRAME_ARRIVED, 0, 1, 0, 0, 900, 0);
  TELL(3, HB_TEL_FRAME_ARRIVED, 0, 2, 0, 0, 2000, 0); /* overdue at the end, cycle 2000 */
  TELL(4, HB_TEL_FRAME_ARRIVED, 0, 3, 0, 0, 2001, 0); /* in flight */
  TELL(5, HB_TEL_FRAME_ARRIVED, 1, 0, 0, 0, 700, 0);
  TELL(500, HB_TEL_FRAME_DONE, 0, 0);                   /* in time */
  TELL(800, HB_TEL_FRAME_DROPPED, 1, 0, HB_DROP_SMART); /* before any job */
  TELL(1200, HB_TEL_FRAME_DONE, 0, 1);                  /* late */
  hb_ux_t ux;
  hb_ux_init(&ux, 2, 1000);
  hb_score_frames(score, 2000, &ux);
  assert_int_equal(ux.num_windows, 2);
  assert_int_equal(ux.windows[0].frames, 1);
  assert_int_equal(ux.windows[0].missed, 0);
  assert_int_equal(ux.windows[1].frames, 1);
  assert_int_equal(ux.windows[1].missed, 1);
  assert_int_equal(ux.windows[2].frames, 2);
  assert_int_equal(ux.windows[2].missed, 2);
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, 2000, &result), HB_OK);
  for (int i = 0; i < 2; i++) { /* the same frames by both ways */
    assert_int_equal(ux.run[i].frames, result.models[i].scored);
    assert_int_equal(ux.run[i].missed, result.models[i].deadline_misses);
  }
  assert_close(result.models[0].violation_rate, 2.0 / 3.0);
  assert_close(result.models[1].violation_rate, 1.0);
  assert_int_equal(result.models[1].drops[HB_DROP_SMART], 1);
  hb_ux_release(&ux);
  hb_score_free(score);
}

static void test_drops__by_reason(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  static const uint32_t REASONS[] = {HB_DROP_LATE,       HB_DROP_OVERRUN, HB_DROP_OVERRUN,
                                     HB_DROP_DEPENDENCY, HB_DROP_FAULT,   99};
  for (uint32_t i = 0; i < 6; i++) {
    TELL(i, HB_TEL_FRAME_ARRIVED, 0, i, 0, 0, 100, 0);
    TELL(i, HB_TEL_FRAME_DROPPED, 0, i, REASONS[i]);
  }
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, 50, &result), HB_OK);
  static const uint64_t EXPECTED[HB_SCORE_DROPS] = {1, 1, 2, 1, 1, 0};
  for (int i = 0; i < HB_SCORE_DROPS; i++) {
    assert_int_equal(result.models[0].drops[i], EXPECTED[i]);
  }
#define NAMED(name_, number_, key_) assert_int_equal(HB_DROP_##name_, number_);
  HB_SCORE_DROP_TABLE(NAMED)
#undef NAMED
  hb_score_free(score);
}

static void test_variants__of_completed_frames(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  for (uint32_t i = 0; i < 4; i++) {
    TELL(i, HB_TEL_FRAME_ARRIVED, 1, i, 0, 0, 100, 0);
  }
  TELL(10, HB_TEL_VARIANT, 1, 0, 2);
  TELL(11, HB_TEL_FRAME_DONE, 1, 0);
  TELL(12, HB_TEL_VARIANT, 1, 1, 1);
  TELL(13, HB_TEL_FRAME_DROPPED, 1, 1, HB_DROP_FAULT);
  TELL(14, HB_TEL_VARIANT, 1, 2, HB_SCORE_VARIANTS); /* there is none */
  TELL(15, HB_TEL_FRAME_DONE, 1, 2);
  TELL(16, HB_TEL_VARIANT, 1, 3, 1);
  TELL(17, HB_TEL_VARIANT, 1, 3, 2);
  TELL(18, HB_TEL_FRAME_DONE, 1, 3);
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, 50, &result), HB_OK);
  assert_int_equal(result.models[1].variants[0], 1);
  assert_int_equal(result.models[1].variants[1], 0);
  assert_int_equal(result.models[1].variants[2], 2);
  hb_score_free(score);
}

static void test_accuracy__mean_and_share_of_the_heaviest(void **state) {
  (void)state;
  static const double ACCURACIES[] = {0.8, 0.76, 0.7};
  static const uint64_t FRAMES[] = {5, 3, 2};
  static const uint64_t NONE[] = {0, 0, 0};
  double share = 0.0;
  assert_close(hb_score_accuracy(FRAMES, ACCURACIES, 3, &share), 0.768);
  assert_close(share, 0.96);
  assert_close(hb_score_accuracy(NONE, ACCURACIES, 3, &share), 1.0);
  assert_close(share, 1.0);
  assert_close(hb_score_accuracy(FRAMES, ACCURACIES, 0, &share), 1.0); /* no supernet */
  assert_close(share, 1.0);
}

static void test_decisions__from_wake_up_or_the_one_before(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  hb_score_pass(score, 0, 90); /* boot */
  TELL(1100, HB_TEL_DECISION, HB_TAG(0, 0, 0), 0, 2, 2);
  TELL(1150, HB_TEL_DECISION, HB_TAG(1, 0, 0), 1, 1, 1);
  hb_score_pass(score, 1000, 1400);                      /* 100 and 50 */
  hb_score_pass(score, 1500, 1600);                      /* nothing to do */
  TELL(2030, HB_TEL_DECISION, HB_TAG(0, 0, 0), 1, 1, 1); /* the same job again */
  hb_score_pass(score, 2000, 2100);
  TELL(3000, HB_TEL_DECISION, HB_TAG(0, 0, 1), 1, 1, 1); /* the run ends before the host sleeps */
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, 3100, &result), HB_OK);
  assert_int_equal(result.passes, 4);
  assert_int_equal(result.decisions, 4);
  assert_int_equal(result.decision.count, 3);
  assert_int_equal(result.decision.min, 30);
  assert_int_equal(result.decision.p50, 50);
  assert_int_equal(result.decision.p99, 100);
  assert_int_equal(result.decision_cycles, 180);
  hb_score_free(score);
}

static void test_tiles__switches(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  static const uint32_t MODELS[] = {0, 0, 1, 1, 0};
  for (uint32_t i = 0; i < 5; i++) {
    const hb_sim_job_t job = {
        .tile = 1, .tag = HB_TAG(MODELS[i], 0, i), .status = i == 2 ? HB_TILE_STATUS_WATCHDOG : 0};
    hb_score_job(score, &job);
    const hb_sim_job_t other = {.tile = 0, .tag = HB_TAG(1, 0, i)};
    hb_score_job(score, &other);
  }
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, 100, &result), HB_OK);
  assert_int_equal(result.tiles[0].switches, 0);
  assert_int_equal(result.tiles[1].switches, 2);
  hb_score_free(score);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ux__formulas),
      cmocka_unit_test(test_ux__windows_share_the_run),
      cmocka_unit_test(test_frames__fall_into_the_window_of_their_end),
      cmocka_unit_test(test_drops__by_reason),
      cmocka_unit_test(test_variants__of_completed_frames),
      cmocka_unit_test(test_accuracy__mean_and_share_of_the_heaviest),
      cmocka_unit_test(test_decisions__from_wake_up_or_the_one_before),
      cmocka_unit_test(test_tiles__switches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
