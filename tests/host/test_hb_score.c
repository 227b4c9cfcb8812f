/* SPDX-License-Identifier: Apache-2.0 */

/* Scores against cases computed by hand. The clock is 1000 kHz: 1000 cycles are a millisecond. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hb_score.h"
#include "hilbert/hb_telemetry.h"

enum { CLOCK_KHZ = 1000 };

static hb_layer_t layers[2] = {
    {.in_c = 3,
     .in_h = 5,
     .in_w = 7,
     .out_c = 2,
     .ker_h = 1,
     .ker_w = 1,
     .stride_h = 1,
     .stride_w = 1,
     .dil_h = 1,
     .dil_w = 1}, /* 210 MACs */
    {.in_c = 4,
     .in_h = 1,
     .in_w = 10,
     .out_c = 5,
     .ker_h = 1,
     .ker_w = 1,
     .stride_h = 1,
     .stride_w = 1,
     .dil_h = 1,
     .dil_w = 1}, /* 200 MACs */
};
static hb_task_t tasks[3] = {
    {.name = "a", .model = {.num_layers = 2, .layers = layers}},
    {.name = "b", .model = {.num_layers = 2, .layers = layers}},
    {.name = "c", .model = {.num_layers = 2, .layers = layers}},
};
static const hb_scenario_t SCENARIO = {.num_tasks = 3, .tasks = tasks};

static hb_score_t *new_score(void) {
  hb_score_t *score = NULL;
  assert_int_equal(hb_score_new(&SCENARIO, CLOCK_KHZ, &score), HB_OK);
  return score;
}

static void arrive(hb_score_t *score, uint32_t model, uint32_t frame, uint64_t arrival,
                   uint64_t deadline) {
  const uint32_t words[] = {HB_TEL_HEAD(HB_TEL_FRAME_ARRIVED, 6),
                            model,
                            frame,
                            (uint32_t)arrival,
                            (uint32_t)(arrival >> 32),
                            (uint32_t)deadline,
                            (uint32_t)(deadline >> 32)};
  hb_score_telemetry(score, arrival + 3, words, 7);
}

static void done(hb_score_t *score, uint32_t model, uint32_t frame, uint64_t cycle) {
  const uint32_t words[] = {HB_TEL_HEAD(HB_TEL_FRAME_DONE, 2), model, frame};
  hb_score_telemetry(score, cycle, words, 3);
}

static void dropped(hb_score_t *score, uint32_t model, uint32_t frame, uint64_t cycle) {
  const uint32_t words[] = {HB_TEL_HEAD(HB_TEL_FRAME_DROPPED, 3), model, frame, HB_DROP_LATE};
  hb_score_telemetry(score, cycle, words, 4);
}

static hb_score_result_t finish(hb_score_t *score, uint64_t end) {
  hb_score_result_t result;
  assert_int_equal(hb_score_finish(score, end, &result), HB_OK);
  hb_score_free(score);
  return result;
}

#define assert_close(a_, b_) assert_true(fabs((a_) - (b_)) < 1e-9)

/* XRBench's own examples: on the deadline 0.5, 0.3 ms early 0.989, 0.3 ms late 0.011. */
static void test_real_time__as_xrbench(void **state) {
  (void)state;
  assert_close(hb_score_real_time(&HB_SCORE_XRBENCH, 5000, 5000, CLOCK_KHZ), 0.5);
  assert_close(hb_score_real_time(&HB_SCORE_XRBENCH, 4700, 5000, CLOCK_KHZ),
               1.0 / (1.0 + exp(-4.5)));
  assert_true(fabs(hb_score_real_time(&HB_SCORE_XRBENCH, 4700, 5000, CLOCK_KHZ) - 0.989) < 5e-4);
  assert_true(fabs(hb_score_real_time(&HB_SCORE_XRBENCH, 5300, 5000, CLOCK_KHZ) - 0.011) < 5e-4);
  assert_close(hb_score_real_time(&HB_SCORE_XRBENCH, 0, 1000000, CLOCK_KHZ), 1.0);
  assert_close(hb_score_real_time(&HB_SCORE_XRBENCH, 1000000, 0, CLOCK_KHZ),
               0.0); /* exp overflows: still 0 */
  const hb_score_constants_t gentle = {.k_per_ms = 1.0, .energy_max_mj = 1.0};
  assert_close(hb_score_real_time(&gentle, 5300, 5000, CLOCK_KHZ), 1.0 / (1.0 + exp(0.3)));
}

static void test_frames__every_fate(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  arrive(score, 0, 0, 0, 10000);
  arrive(score, 0, 1, 10000, 20000);
  done(score, 0, 0, 10000); /* exactly on the deadline: in time, 0.5 */
  arrive(score, 0, 2, 20000, 30000);
  done(score, 0, 1, 21000); /* 1 ms late */
  dropped(score, 0, 2, 30001);
  arrive(score, 0, 3, 30000, 40000); /* overdue at the end */
  arrive(score, 0, 4, 40000, 50000); /* in flight */
  const hb_score_result_t result = finish(score, 45000);

  const hb_score_model_t *m = &result.models[0];
  assert_int_equal(m->frames, 5);
  assert_int_equal(m->completed, 2);
  assert_int_equal(m->late, 2);
  assert_int_equal(m->overdue, 1);
  assert_int_equal(m->dropped, 1);
  assert_int_equal(m->in_flight, 1);
  assert_int_equal(m->deadline_misses, 3);
  assert_int_equal(m->scored, 4);
  assert_int_equal(m->latency.count, 2);
  assert_int_equal(m->latency.p50, 10000);
  assert_int_equal(m->latency.max, 11000);
  const double sum = 0.5 + 1.0 / (1.0 + exp(15.0));
  assert_close(m->real_time, sum / 3.0);
  assert_close(m->qoe, 0.75);
  assert_close(m->score, sum / 4.0 * 0.75);
  assert_int_equal(result.models[1].frames, 0);
  assert_close(result.score, 100.0 * m->score); /* models without a scored frame do not count */
}

static void test_frames__deadline_at_the_end_is_overdue(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  arrive(score, 1, 0, 0, 10000);
  arrive(score, 2, 0, 0, 10001);
  const hb_score_result_t result = finish(score, 10000);
  assert_int_equal(result.models[1].overdue, 1);
  assert_int_equal(result.models[2].in_flight, 1);
  assert_int_equal(result.models[2].scored, 0);
  assert_close(result.models[1].score, 0.0);
  assert_close(result.models[2].qoe, 1.0);
}

static void test_score__is_the_mean_of_models(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  arrive(score, 0, 0, 0, 100000);
  done(score, 0, 0, 1000);                                         /* 99 ms early: 1.0 */
  arrive(score, 1, 0, UINT64_C(5000000000), UINT64_C(5000100000)); /* beyond 32 bits */
  done(score, 1, 0, UINT64_C(5000100000));                         /* 0.5 */
  arrive(score, 2, 0, 0, 100000);
  arrive(score, 2, 1, 0, 100000);
  done(score, 2, 0, 500);
  dropped(score, 2, 1, 100001); /* 1.0 / 2 frames * 0.5 */
  const hb_score_result_t result = finish(score, UINT64_C(6000000000));
  assert_close(result.models[0].score, 1.0);
  assert_close(result.models[1].score, 0.5);
  assert_close(result.models[2].score, 0.25);
  assert_close(result.score, 175.0 / 3.0);
  assert_int_equal(result.models[1].latency.max, 100000);
}

/* A frame of each fate, in numbers: k = 15 a ms, 1500 mJ; 4 pJ a beat outside tiles. */
static void test_inferences__by_hand(void **state) {
  (void)state;
  tasks[0].accuracy = (hb_task_accuracy_t){.measured = 0.6, .target = 0.8};
  hb_score_t *score = new_score();
  arrive(score, 0, 0, 0, 10000);
  arrive(score, 0, 1, 10000, 20000);
  arrive(score, 0, 2, 20000, 30000);
  arrive(score, 0, 3, 30000, 40000);
  arrive(score, 0, 4, 40000, 50000);
  hb_score_spend(score, HB_TAG(0, 0, 0), 100e9, 25000000000); /* 100 mJ and 100 mJ */
  hb_score_spend(score, HB_TAG(0, 0, 1), 100e9, 0);
  hb_score_spend(score, HB_TAG(0, 1, 0), 600e9, 0);
  hb_score_spend(score, HB_TAG(0, 2, 0), 50e9, 0);
  hb_score_spend(score, HB_TAG(0, 3, 0), 150e9, 0);
  hb_score_spend(score, HB_TAG(0, 4, 0), 1e9, 0);
  hb_score_spend(score, HB_TAG(0, 7, 0), 1e12, 0); /* of no frame */
  hb_score_spend(score, HB_TAG(9, 0, 0), 1e12, 0); /* of no model */
  done(score, 0, 0, 10000);                        /* on the deadline */
  done(score, 0, 1, 20100);                        /* 0.1 ms late */
  dropped(score, 0, 2, 30001);
  const double late = 1.0 / (1.0 + exp(1.5));
  const struct {
    hb_score_outcome_t outcome;
    uint64_t ended;
    double mj, real_time, energy, accuracy;
  } expected[] = {
      {HB_SCORE_COMPLETED, 10000, 300.0, 0.5, 0.8, 0.75},
      {HB_SCORE_COMPLETED, 20100, 600.0, late, 0.6, 0.75},
      {HB_SCORE_DROPPED, 30001, 50.0, 0.0, 0.0, 0.0},
      {HB_SCORE_OVERDUE, 0, 150.0, 0.0, 0.9, 0.75},
      {HB_SCORE_IN_FLIGHT, 0, 1.0, 0.0, 0.0, 0.0},
  };
  assert_int_equal(hb_score_num_frames(score, 0), 5);
  assert_int_equal(hb_score_num_frames(score, 1), 0);
  for (uint32_t i = 0; i < 5; i++) {
    const hb_score_inference_t one = hb_score_inference(score, 0, i, 45000, 4.0);
    assert_int_equal(one.frame, i);
    assert_int_equal(one.outcome, expected[i].outcome);
    assert_int_equal(one.released, 10000 * i);
    assert_int_equal(one.deadline, 10000 * (i + 1));
    assert_int_equal(one.ended, expected[i].ended);
    assert_close(one.energy_pj / 1e9, expected[i].mj);
    assert_close(one.real_time, expected[i].real_time);
    assert_close(one.energy, expected[i].energy);
    assert_close(one.accuracy, expected[i].accuracy);
    assert_close(one.score, expected[i].real_time * expected[i].energy * expected[i].accuracy);
  }
  double energy_pj = 0.0;
  const hb_score_sum_t sum = hb_score_sum(score, 0, 45000, 4.0, &energy_pj);
  assert_int_equal(sum.executed, 3);
  assert_int_equal(sum.dropped, 1);
  assert_close(energy_pj / 1e9, 1050.0);
  assert_close(sum.energy, 2.3);
  assert_close(sum.products, 0.75 * (0.5 * 0.8 + late * 0.6));
  assert_close(hb_score_of_model(&sum), 0.75 * (0.5 * 0.8 + late * 0.6) / 4.0 * 0.75);
  const hb_score_result_t result = finish(score, 45000);
  tasks[0].accuracy = (hb_task_accuracy_t){0};
  assert_close(result.models[0].accuracy, 0.75);
  assert_close(result.models[0].real_time, (0.5 + late) / 3.0);
  assert_close(result.models[0].score, 0.75 * (0.5 + late) / 4.0 * 0.75);
}

/* Frame numbers of tags wrap at 2^14. */
static void test_inferences__jobs_go_to_the_newest_frame(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  arrive(score, 0, 1, 0, 10);
  arrive(score, 0, 16385, 20, 30);
  hb_score_spend(score, HB_TAG(0, 16385, 0), 5.0, 1);
  assert_close(hb_score_inference(score, 0, 0, 100, 2.0).energy_pj, 0.0);
  assert_close(hb_score_inference(score, 0, 1, 100, 2.0).energy_pj, 7.0);
  hb_score_free(score);
}

static void test_accuracy__of_a_task(void **state) {
  (void)state;
  hb_task_t task = {.name = "a"};
  assert_close(hb_score_task_accuracy(&task, 0), 1.0);
  task.accuracy = (hb_task_accuracy_t){.measured = 90.0, .target = 80.0};
  assert_close(hb_score_task_accuracy(&task, 0), 1.0); /* no more than the target counts */
  task.accuracy = (hb_task_accuracy_t){.measured = 12.5, .target = 10.0, .lower_is_better = true};
  assert_close(hb_score_task_accuracy(&task, 0), 0.8);
  task.accuracy.measured = 5.0;
  assert_close(hb_score_task_accuracy(&task, 0), 1.0);
  task.model.num_variants = 2;
  task.model.variants[0].accuracy_ppm = 800000;
  task.model.variants[1].accuracy_ppm = 600000;
  assert_close(hb_score_task_accuracy(&task, 0), 1.0);
  assert_close(hb_score_task_accuracy(&task, 1), 0.75);
}

static void test_frames__foreign_records_are_ignored(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  done(score, 0, 0, 5);       /* never arrived */
  arrive(score, 3, 0, 0, 10); /* no such model */
  const uint32_t unknown[] = {HB_TEL_HEAD(77, 1), 0};
  hb_score_telemetry(score, 9, unknown, 2);
  const uint32_t cut[] = {HB_TEL_HEAD(HB_TEL_FRAME_ARRIVED, 2), 0, 0};
  hb_score_telemetry(score, 9, cut, 3);
  const hb_score_result_t result = finish(score, 100);
  assert_int_equal(result.models[0].frames, 0);
  assert_true(isnan(result.score));
}

static void test_spread__nearest_rank(void **state) {
  (void)state;
  uint64_t twenty[20];
  for (uint64_t i = 0; i < 20; i++) {
    twenty[i] = 100 - 5 * i; /* 5, 10 .. 100, backwards */
  }
  const hb_score_spread_t s = hb_score_spread(twenty, 20);
  assert_int_equal(s.min, 5);
  assert_int_equal(s.p50, 50);
  assert_int_equal(s.p95, 95);
  assert_int_equal(s.p99, 100);
  assert_int_equal(s.max, 100);
  uint64_t three[] = {30, 10, 20};
  assert_int_equal(hb_score_spread(three, 3).p50, 20);
  uint64_t one[] = {7};
  assert_int_equal(hb_score_spread(one, 1).p95, 7);
  assert_int_equal(hb_score_spread(one, 0).count, 0);
}

static void test_tiles__macs_of_good_jobs(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  hb_sim_job_t job = {.tile = 1, .tag = HB_TAG(1, 9, 0)};
  hb_score_job(score, &job);
  job.tag = HB_TAG(2, 9, 1);
  hb_score_job(score, &job);
  job.status = 5;
  job.command = 77;
  hb_score_job(score, &job);
  const hb_score_result_t result = finish(score, 100);
  assert_int_equal(result.tiles[1].jobs, 3);
  assert_int_equal(result.tiles[1].failed, 1);
  assert_int_equal(result.tiles[1].macs, 410);
  assert_int_equal(result.tiles[0].jobs, 0);
  assert_true(result.job_failed);
  assert_int_equal(result.failed_job.command, 77);
}

static void ring(hb_score_t *score, uint64_t doorbell) {
  const hb_sim_job_t job = {.doorbell = doorbell};
  hb_score_job(score, &job);
}

static void test_host__irq_to_doorbell(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  hb_score_irq(score, 100, HB_IRQ_MAILBOX, true);
  ring(score, 150); /* answers a mailbox: not counted */
  hb_score_irq(score, 120, HB_IRQ_MAILBOX, false);
  hb_score_irq(score, 1000, HB_IRQ_TILE(3), true); /* 300 */
  hb_score_irq(score, 1250, HB_IRQ_TILE(3), false);
  hb_score_irq(score, 2000, HB_IRQ_TILE(15), true); /* another rises first: not counted */
  hb_score_irq(score, 2100, HB_IRQ_TIMER, true);
  hb_score_irq(score, 3000, HB_IRQ_TILE(0), true); /* 200 */
  hb_score_irq(score, 4000, HB_IRQ_TILE(1), true); /* never answered */
  ring(score, 3200); /* jobs end in another order than their doorbells were rung */
  ring(score, 2400);
  ring(score, 1300);
  const hb_score_result_t result = finish(score, 5000);
  assert_int_equal(result.tile_interrupts, 4);
  assert_int_equal(result.irq_to_doorbell.count, 2);
  assert_int_equal(result.irq_to_doorbell.min, 200);
  assert_int_equal(result.irq_to_doorbell.p50, 200);
  assert_int_equal(result.irq_to_doorbell.max, 300);
}

static void tell(hb_score_t *score, uint32_t type, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t words[] = {HB_TEL_HEAD(type, 4), a, b, c, d};
  hb_score_telemetry(score, 1, words, 5);
}

/* Tile 1 hangs and its job runs again on tile 2; tile 2's job ends with an error and runs again
 * there; tile 3 is reset when its job has lost its frame, and given up. */
static void test_faults__cost_and_second_tries(void **state) {
  (void)state;
  hb_score_t *score = new_score();
  tell(score, HB_TEL_DECISION, HB_TAG(1, 5, 0), 1, 0, 0);
  tell(score, HB_TEL_TILE_RESET, 1, HB_TAG(1, 5, 0), 1, 0);
  hb_sim_tile_event_t event = {
      .cycle = 900, .start = 600, .tile = 1, .kind = HB_TILE_EVENT_HANG, .running = true};
  hb_score_tile_event(score, &event);
  event.kind = HB_TILE_EVENT_RESET;
  hb_score_tile_event(score, &event);
  tell(score, HB_TEL_DECISION, HB_TAG(0, 5, 0), 1, 0, 0); /* another model's */
  tell(score, HB_TEL_DECISION, HB_TAG(1, 5, 0), 2, 0, 0);

  const hb_sim_job_t failed = {.tile = 2, .tag = HB_TAG(2, 8, 1), .start = 1000, .status = 3};
  hb_score_job(score, &failed);
  tell(score, HB_TEL_TILE_RESET, 2, HB_TAG(2, 8, 1), 1, 0);
  event =
      (hb_sim_tile_event_t){.cycle = 1500, .start = 1500, .tile = 2, .kind = HB_TILE_EVENT_RESET};
  hb_score_tile_event(score, &event);
  tell(score, HB_TEL_DECISION, HB_TAG(2, 8, 1), 2, 0, 0);
  tell(score, HB_TEL_DECISION, HB_TAG(2, 8, 1), 2, 0, 0); /* no reset before it */

  tell(score, HB_TEL_TILE_RESET, 3, HB_TAG(0, 5, 0), 3, 0);
  tell(score, HB_TEL_FAULT, HB_ERR_FAILED, 3, HB_IMAGE_NONE, 3);
  tell(score, HB_TEL_FRAME_DROPPED, 0, 5, HB_DROP_FAULT, 0);
  tell(score, HB_TEL_FRAME_DROPPED, 1, 6, HB_DROP_LATE, 0);
  tell(score, HB_TEL_DECISION, HB_TAG(0, 6, 0), 1, 0, 0); /* the next frame's */
  const hb_score_result_t result = finish(score, 5000);

  assert_int_equal(result.tiles[1].resets, 1);
  assert_int_equal(result.tiles[1].lost_cycles, 300);
  assert_int_equal(result.tiles[1].run_again, 1);
  assert_int_equal(result.tiles[1].elsewhere, 1);
  assert_false(result.tiles[1].retired);
  assert_int_equal(result.tiles[2].resets, 1);
  assert_int_equal(result.tiles[2].lost_cycles, 500);
  assert_int_equal(result.tiles[2].run_again, 1);
  assert_int_equal(result.tiles[2].elsewhere, 0);
  assert_int_equal(result.tiles[3].run_again, 0);
  assert_true(result.tiles[3].retired);
  assert_int_equal(result.models[0].lost_to_faults, 1);
  assert_int_equal(result.models[1].lost_to_faults, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_real_time__as_xrbench),
      cmocka_unit_test(test_frames__every_fate),
      cmocka_unit_test(test_frames__deadline_at_the_end_is_overdue),
      cmocka_unit_test(test_score__is_the_mean_of_models),
      cmocka_unit_test(test_inferences__by_hand),
      cmocka_unit_test(test_inferences__jobs_go_to_the_newest_frame),
      cmocka_unit_test(test_accuracy__of_a_task),
      cmocka_unit_test(test_frames__foreign_records_are_ignored),
      cmocka_unit_test(test_spread__nearest_rank),
      cmocka_unit_test(test_tiles__macs_of_good_jobs),
      cmocka_unit_test(test_host__irq_to_doorbell),
      cmocka_unit_test(test_faults__cost_and_second_tries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
