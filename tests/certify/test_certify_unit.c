/* SPDX-License-Identifier: Apache-2.0 */

/* Hashes, the bound of a sample, and the list on disk. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hb_certify.h"

/* Chance that none of n sampled of N is among K bad ones, one draw after the other. */
static double none_seen(uint64_t population, uint64_t sampled, uint64_t bad) {
  double chance = 1.0;
  for (uint64_t i = 0; i < sampled; i++) {
    const double good = (double)(population - i) - (double)bad;
    chance *= good <= 0 ? 0.0 : good / (double)(population - i);
  }
  return chance;
}

static void test_bound__is_the_last_that_five_percent_allow(void **state) {
  (void)state;
  for (uint64_t population = 1; population < 80; population++) {
    for (uint64_t sampled = 1; sampled <= population; sampled++) {
      const uint64_t bad = hb_certify_most_bad(population, sampled);
      assert_true(bad + sampled <= population);
      assert_true(none_seen(population, sampled, bad) > 0.05 - 1e-9);
      assert_true(none_seen(population, sampled, bad + 1) < 0.05 + 1e-9);
    }
  }
}

static void test_bound__is_about_three_by_n(void **state) {
  (void)state;
  const uint64_t bad = hb_certify_most_bad(1000000, 1000);
  assert_true(bad > 2900 && bad < 3000);
}

/* --------------------------------------------------------------------------------------- sample */

enum { DRAWN_OF = 100, DRAWN = 10, SEEDS = 1000 };

/* Draws a tenth of a hundred segments; `chosen` counts how often each is drawn. */
static void draw_tenth(const char *seed, uint32_t chosen[DRAWN_OF]) {
  hb_certify_segment_t some[DRAWN_OF] = {0};
  hb_certify_plan_t drawn = {.segments = some, .num_segments = DRAWN_OF};
  assert_int_equal(hb_certify_plan_choose(&drawn, HB_CERTIFY_PPM / 10, seed), HB_OK);
  size_t num = 0;
  size_t in_units = 0;
  for (size_t i = 0; i < DRAWN_OF; i++) {
    num += some[i].chosen;
    chosen[i] += some[i].chosen;
  }
  for (size_t i = 0; i < drawn.num_units; i++) {
    const hb_certify_unit_t *unit = &drawn.units[i];
    in_units += unit->num;
    for (size_t k = unit->first; k < unit->first + unit->num; k++) {
      assert_true(some[k].chosen);
    }
  }
  assert_int_equal(num, DRAWN);
  assert_int_equal(in_units, DRAWN);
  free(drawn.units);
}

static void test_sample__is_drawn_by_the_seed(void **state) {
  (void)state;
  static const size_t known[DRAWN] = {18, 21, 32, 34, 35, 50, 64, 67, 83, 95};
  uint32_t first[DRAWN_OF] = {0};
  uint32_t again[DRAWN_OF] = {0};
  uint32_t other[DRAWN_OF] = {0};
  draw_tenth("a trace", first);
  draw_tenth("a trace", again);
  draw_tenth("another trace", other);
  assert_memory_equal(first, again, sizeof(first));
  assert_memory_not_equal(first, other, sizeof(first));
  for (size_t i = 0; i < DRAWN; i++) {
    assert_int_equal(first[known[i]], 1);
  }
}

static void test_sample__takes_each_segment_as_often(void **state) {
  (void)state;
  uint32_t chosen[DRAWN_OF] = {0};
  for (int i = 0; i < SEEDS; i++) {
    char seed[16];
    snprintf(seed, sizeof(seed), "%d", i);
    draw_tenth(seed, chosen);
  }
  for (size_t i = 0; i < DRAWN_OF; i++) { /* 100 each, standard deviation 9.5 */
    assert_in_range(chosen[i], 100 - 48, 100 + 48);
  }
}

/* ----------------------------------------------------------------------------------------- list */

enum { UNITS = 9 };

static char folder[64];
static hb_certify_segment_t segments[UNITS * 5];
static hb_certify_unit_t units[UNITS]; /* of tile 6, five segments and 100 jobs each */
static const hb_certify_plan_t plan = {
    .segments = segments, .num_segments = UNITS * 5, .units = units, .num_units = UNITS};
static hb_certify_share_t share;
static const hb_certify_result_t good_result = {.segments = 5, .jobs = 100, .cycles = 77};

static hb_status_t open_list(const char *list) {
  char why[512];
  return hb_certify_share_open(folder, list, &plan, &share, why, sizeof(why));
}

static int make_folder(void **state) {
  (void)state;
  strcpy(folder, "/tmp/hb_certify_XXXXXX");
  memset(segments, 0, sizeof(segments));
  for (size_t i = 0; i < UNITS; i++) {
    units[i] = (hb_certify_unit_t){.tile = 6, .first = 5 * i, .num = 5, .jobs = 100};
  }
  return mkdtemp(folder) == NULL || open_list("list\n") != HB_OK;
}

static int remove_folder(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof(command), "rm -r '%s'", folder);
  return system(command);
}

static hb_certify_turn_t turn(size_t unit) {
  hb_certify_turn_t result = HB_CERTIFY_MINE;
  assert_int_equal(hb_certify_share_claim(&share, unit, &result), HB_OK);
  return result;
}

static void write_text(const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void test_claim__is_for_one(void **state) {
  (void)state;
  assert_int_equal(turn(0), HB_CERTIFY_MINE);
  assert_int_equal(turn(0), HB_CERTIFY_TAKEN);
  assert_int_equal(turn(1), HB_CERTIFY_MINE);
}

static void test_claim__of_the_dead_is_retaken(void **state) {
  (void)state;
  const pid_t child = fork();
  if (child == 0) {
    hb_certify_turn_t result;
    _exit(hb_certify_share_claim(&share, 3, &result) == HB_OK && result == HB_CERTIFY_MINE ? 0 : 1);
  }
  int code = 1;
  assert_int_equal(waitpid(child, &code, 0), child);
  assert_int_equal(code, 0);
  assert_int_equal(turn(3), HB_CERTIFY_MINE);
}

static void test_claim__of_another_host_stands(void **state) {
  (void)state;
  write_text("unit-4.claim", "no-such-host 1\n");
  assert_int_equal(turn(4), HB_CERTIFY_TAKEN);
}

static void test_claim__is_stale_after_a_quarter_of_an_hour(void **state) {
  (void)state;
  char command[128];
  write_text("unit-5.claim", "no-such-host 1\n");
  snprintf(command, sizeof(command), "touch -d '16 minutes ago' '%s/unit-5.claim'", folder);
  assert_int_equal(system(command), 0);
  assert_int_equal(turn(5), HB_CERTIFY_MINE);
}

static void test_result__comes_back(void **state) {
  (void)state;
  hb_certify_result_t result = {.segments = 5,
                                .segments_failed = 1,
                                .jobs = 99,
                                .mismatches = 2,
                                .cycles = 77,
                                .num_found = 2};
  result.found[0].mismatch = (hb_replay_mismatch_t){.cycle = 9,
                                                    .signal = "m_axi_rid: nothing was read",
                                                    .expected = UINT64_MAX,
                                                    .in_job = true,
                                                    .tag = 3};
  result.found[1].mismatch = (hb_replay_mismatch_t){.cycle = 10, .signal = "irq_o", .got = 1};
  result.found[0].tile = result.found[1].tile = 6;
  assert_int_equal(turn(7), HB_CERTIFY_MINE);
  assert_int_equal(hb_certify_share_finish(&share, 7, &result), HB_OK);
  assert_int_equal(turn(7), HB_CERTIFY_DONE);
  hb_certify_result_t back;
  assert_int_equal(hb_certify_share_result(&share, 7, &back), HB_OK);
  assert_int_equal(back.segments, 5);
  assert_int_equal(back.segments_failed, 1);
  assert_int_equal(back.jobs, 99);
  assert_int_equal(back.mismatches, 2);
  assert_int_equal(back.cycles, 77);
  assert_int_equal(back.num_found, 2);
  for (int i = 0; i < 2; i++) {
    const hb_replay_mismatch_t *a = &result.found[i].mismatch;
    const hb_replay_mismatch_t *b = &back.found[i].mismatch;
    assert_int_equal(back.found[i].tile, 6);
    assert_int_equal(a->cycle, b->cycle);
    assert_string_equal(a->signal, b->signal);
    assert_int_equal(a->expected, b->expected);
    assert_int_equal(a->got, b->got);
    assert_int_equal(a->in_job, b->in_job);
    assert_int_equal(a->tag, b->tag);
  }
}

static size_t read_text(const char *name, char *text, size_t max) {
  char path[128];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  const size_t len = fread(text, 1, max - 1, file);
  fclose(file);
  text[len] = '\0';
  return len;
}

static bool counts(size_t unit) {
  hb_certify_result_t result;
  const hb_status_t status = hb_certify_share_result(&share, unit, &result);
  assert_true(status == HB_OK || status == HB_ERR_END);
  return status == HB_OK;
}

static void test_result__of_which_a_byte_has_changed_is_none(void **state) {
  (void)state;
  hb_certify_result_t result = good_result;
  result.segments_failed = 1;
  result.mismatches = result.num_found = 1;
  result.found[0].mismatch = (hb_replay_mismatch_t){.cycle = 9, .signal = "irq_o", .got = 1};
  assert_int_equal(hb_certify_share_finish(&share, 8, &result), HB_OK);
  char text[4096];
  const size_t len = read_text("unit-8.result", text, sizeof(text));
  for (size_t i = 0; i < len; i++) {
    for (int bit = 0; bit < 8; bit++) {
      char changed[4096];
      memcpy(changed, text, len + 1);
      changed[i] = (char)(changed[i] ^ 1 << bit);
      write_text("unit-8.result", changed);
      assert_false(counts(8));
    }
    char cut[4096];
    snprintf(cut, sizeof(cut), "%.*s", (int)i, text);
    write_text("unit-8.result", cut);
    assert_false(counts(8));
  }
  strcat(text, "\n");
  write_text("unit-8.result", text);
  assert_false(counts(8));
  assert_int_equal(turn(8), HB_CERTIFY_MINE);
  assert_int_equal(hb_certify_share_finish(&share, 8, &result), HB_OK);
  assert_true(counts(8));
}

static void test_result__of_another_unit_or_list_is_none(void **state) {
  (void)state;
  char text[4096];
  assert_int_equal(hb_certify_share_finish(&share, 0, &good_result), HB_OK);
  read_text("unit-0.result", text, sizeof(text));
  write_text("unit-1.result", text);
  assert_true(counts(0));
  assert_false(counts(1));
  assert_int_equal(open_list("another\n"), HB_OK);
  write_text("unit-0.result", text);
  assert_false(counts(0));
}

static void test_result__has_the_counts_of_its_unit(void **state) {
  (void)state;
  const hb_certify_result_t wrong[] = {
      {.segments = 4, .jobs = 100},
      {.segments = 6, .jobs = 100},
      {.segments = 5, .jobs = 99},
      {.segments = 5, .jobs = 101},
      {.segments = 5, .jobs = 101, .segments_failed = 1, .mismatches = 1, .num_found = 1},
      {.segments = 5, .jobs = 99, .segments_failed = 1},
      {.segments = 5, .jobs = 99, .mismatches = 1, .num_found = 1},
      {.segments = 5, .jobs = 99, .segments_failed = 6, .mismatches = 6, .num_found = 6},
      {.segments = 5, .jobs = 99, .segments_failed = 2, .mismatches = 1, .num_found = 1},
      {.segments = 5, .jobs = 99, .segments_failed = 1, .mismatches = 2, .num_found = 1}};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_int_equal(hb_certify_share_finish(&share, 2, &wrong[i]), HB_ERR_INTERNAL);
  }
  assert_false(counts(2));
  /* Its file is whole, but the unit is another by now. */
  assert_int_equal(hb_certify_share_finish(&share, 2, &good_result), HB_OK);
  assert_true(counts(2));
  units[2].jobs = 101;
  assert_false(counts(2));
  units[2].jobs = 100;
  units[2].num = 6;
  assert_false(counts(2));
  segments[5 * 2 + 5].open = true;
  assert_true(counts(2));
}

static void test_list__of_other_work_starts_over(void **state) {
  (void)state;
  assert_int_equal(open_list("one\n"), HB_OK);
  assert_int_equal(hb_certify_share_finish(&share, 0, &good_result), HB_OK);
  assert_int_equal(open_list("one\n"), HB_OK);
  assert_int_equal(turn(0), HB_CERTIFY_DONE);
  assert_int_equal(open_list("two\n"), HB_OK);
  assert_int_equal(turn(0), HB_CERTIFY_MINE);
  assert_int_equal(open_list("three\n"), HB_ERR_BUSY);
}

#define LIST_TEST(test_) cmocka_unit_test_setup_teardown(test_, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bound__is_the_last_that_five_percent_allow),
      cmocka_unit_test(test_bound__is_about_three_by_n),
      cmocka_unit_test(test_sample__is_drawn_by_the_seed),
      cmocka_unit_test(test_sample__takes_each_segment_as_often),
      LIST_TEST(test_claim__is_for_one),
      LIST_TEST(test_claim__of_the_dead_is_retaken),
      LIST_TEST(test_claim__of_another_host_stands),
      LIST_TEST(test_claim__is_stale_after_a_quarter_of_an_hour),
      LIST_TEST(test_result__comes_back),
      LIST_TEST(test_result__of_which_a_byte_has_changed_is_none),
      LIST_TEST(test_result__of_another_unit_or_list_is_none),
      LIST_TEST(test_result__has_the_counts_of_its_unit),
      LIST_TEST(test_list__of_other_work_starts_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
