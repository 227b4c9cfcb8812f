/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What holds for every policy, on random workloads (fake_soc.h, which checks at each doorbell that
 * tile, model and dependency are free for it, and that smart drops spare those others need). A test
 * that fails names policy and seed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_soc.h"

enum { WORKLOADS = 6, CYCLES = 600000 };

#define COUNT_POLICY_(name_, number_) +1
enum { NUM_POLICIES = 0 HB_POLICY_TABLE(COUNT_POLICY_) };

static const hb_policy_t *real;

/* The choice is one of what there is, the same when asked again, and asking changes nothing. */
static bool checked_choose(const hb_sched_view_t *view, hb_sched_choice_t *choice_out) {
  static hb_policy_state_t before;
  static uint32_t calls;
  const bool compare = ++calls % 16u == 0; /* the state is large, the emulated CPU slow */
  if (compare) {
    memcpy(&before, view->state, sizeof before);
  }
  hb_sched_choice_t again = {0};
  const bool found = real->choose(view, choice_out);
  assert_int_equal(real->choose(view, &again), found);
  if (compare) {
    assert_int_equal(memcmp(&before, view->state, sizeof before), 0);
  }
  if (found) {
    assert_in_range(choice_out->job, 0, view->num_jobs - 1u);
    assert_in_range(choice_out->tile, 0, view->num_tiles - 1u);
    assert_int_equal((hb_sched_fits(view, view->jobs[choice_out->job]) >> choice_out->tile) & 1u,
                     1);
    assert_int_equal(again.job, choice_out->job);
    assert_int_equal(again.tile, choice_out->tile);
  }
  return found;
}

/* Behind a pass no ready job has a free tile, if the policy says so. */
static void nothing_left_to_do(const hb_main_t *firmware) {
  for (uint32_t m = 0; real->work_conserving && m < firmware->tables.header->num_models; ++m) {
    if (hb_frames_ready(&firmware->frames, m) && ((firmware->ready >> m) & 1u) != 0) {
      assert_int_equal(firmware->job[m].tiles & firmware->jobs.free_tiles, 0);
    }
  }
}

static fake_soc_config_t workload(uint32_t seed, uint32_t policy, uint32_t failures) {
  return (fake_soc_config_t){.seed = seed + 1u,
                             .policy = policy,
                             .num_models = 1u + seed * 3u % FAKE_MODELS,
                             .num_tiles = 1u + seed % FAKE_TILES,
                             .load_percent = 60u + 40u * (seed % 4u),
                             .failures_per_1k = failures};
}

static void test_all__keep_the_rules_and_work(void **state) {
  (void)state;
  for (uint32_t policy = 0; policy < NUM_POLICIES; ++policy) {
    real = hb_policy_find(policy);
    hb_policy_t wrapped = *real;
    wrapped.choose = checked_choose;
    uint32_t done = 0;
    for (uint32_t seed = 0; seed < WORKLOADS; ++seed) {
      const fake_soc_config_t config = workload(seed, policy, 0);
      const fake_soc_result_t result = fake_soc_run(&config, CYCLES, &wrapped, nothing_left_to_do);
      assert_int_equal(result.faults, 0);
      assert_true(result.smart == 0 || real->drop != NULL);
      done += result.done;
    }
    assert_in_range(done, 20, UINT32_MAX);
  }
  fake_soc_passed();
}

static void test_all__same_workload_same_registers(void **state) {
  (void)state;
  for (uint32_t policy = 0; policy < NUM_POLICIES; ++policy) {
    for (uint32_t seed = 0; seed < 3; ++seed) {
      const fake_soc_config_t config = workload(seed, policy, 20);
      const fake_soc_result_t a = fake_soc_run(&config, CYCLES / 2, NULL, NULL);
      const fake_soc_result_t b = fake_soc_run(&config, CYCLES / 2, NULL, NULL);
      assert_int_equal(a.sum, b.sum);
      assert_int_equal(a.decisions, b.decisions);
    }
  }
  fake_soc_passed();
}

static void test_all__failing_tiles_do_not_stop_them(void **state) {
  (void)state;
  for (uint32_t policy = 0; policy < NUM_POLICIES; ++policy) {
    const fake_soc_config_t config = workload(3, policy, 60);
    const fake_soc_result_t result = fake_soc_run(&config, CYCLES, NULL, NULL);
    assert_in_range(result.resets, 1, UINT32_MAX);
    assert_in_range(result.faults, result.resets, UINT32_MAX);
    fake_soc_config_t good = config;
    good.failures_per_1k = 0;
    /* Nine tenths of the frames that are done without failures: their layers run again. */
    const uint32_t done = fake_soc_run(&good, CYCLES, NULL, NULL).done;
    assert_in_range(result.done, (9u * done + 9u) / 10u, UINT32_MAX);
  }
  fake_soc_passed();
}

#define NUMBER_OF_(name_, number_) POLICY_##name_ = (number_),
enum { HB_POLICY_TABLE(NUMBER_OF_) };
#undef NUMBER_OF_

/* Overload on one model set: dream drops on purpose, nobody else can. */
static void test_dream__drops_under_overload(void **state) {
  (void)state;
  fake_soc_config_t config = {.seed = 5,
                              .policy = POLICY_dream,
                              .num_models = 6,
                              .num_tiles = 2,
                              .load_percent = 200,
                              .plain = true};
  assert_in_range(fake_soc_run(&config, CYCLES, NULL, NULL).smart, 1, UINT32_MAX);
  config.policy = POLICY_edf;
  assert_int_equal(fake_soc_run(&config, CYCLES, NULL, NULL).smart, 0);
  fake_soc_passed();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_all__keep_the_rules_and_work, fake_soc_teardown),
      cmocka_unit_test_teardown(test_all__same_workload_same_registers, fake_soc_teardown),
      cmocka_unit_test_teardown(test_all__failing_tiles_do_not_stop_them, fake_soc_teardown),
      cmocka_unit_test_teardown(test_dream__drops_under_overload, fake_soc_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
