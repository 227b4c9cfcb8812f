/* SPDX-License-Identifier: Apache-2.0 */

/* hb_fixed.h against double precision: edges, and random numbers of every magnitude. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/hb_fixed.h"

enum { RANDOM = 1500 };

#define MAX_Q16 4294967295.0

static uint32_t random_state = 1;

/* xorshift, then a random number of the upper bits taken away. */
static uint32_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state >> ((random_state * 0x9e3779b1u) >> 27);
}

static const uint32_t EDGES[] = {0,          1,          2,          3,          0x7fff,
                                 0xffff,     0x10000,    0x10001,    0x12345,    0x20000,
                                 0xffffff,   0x1000000,  0x7fffffff, 0x80000000, 0x80000001,
                                 0xfffe0000, 0xffff0000, 0xfffffffe, 0xffffffff};
enum { NUM_EDGES = sizeof EDGES / sizeof EDGES[0] };

/* All pairs of edges, then random ones. */
static void for_pairs(void (*check)(uint32_t a, uint32_t b)) {
  random_state = 12345;
  for (uint32_t i = 0; i < NUM_EDGES * NUM_EDGES; ++i) {
    check(EDGES[i / NUM_EDGES], EDGES[i % NUM_EDGES]);
  }
  for (uint32_t i = 0; i < RANDOM; ++i) {
    const uint32_t a = next_random();
    check(a, next_random());
  }
}

/* exact - got is in [low, high], both in units of 2^-16; beyond the range it is saturated. */
static void expect_near(uint32_t got, double exact, double low, double high) {
  if (exact >= MAX_Q16) {
    assert_true(got == HB_Q16_MAX || (double)got >= exact - high);
    return;
  }
  assert_int_equal(got, got); /* into the checksum */
  assert_true(exact - (double)got >= low);
  assert_true(exact - (double)got <= high);
}

static void check_add(uint32_t a, uint32_t b) {
  const double exact = (double)a + b;
  assert_true((double)hb_q16_add(a, b) == (exact > MAX_Q16 ? MAX_Q16 : exact));
}

static void check_mul(uint32_t a, uint32_t b) {
  expect_near(hb_q16_mul(a, b), (double)a * b / 65536.0, 0.0, 1.0);
}

static void check_ratio(uint32_t num, uint32_t den) {
  const uint32_t got = hb_q16_ratio(num, den);
  if (den == 0 || (double)num / den >= 65536.0) {
    assert_int_equal(got, HB_Q16_MAX);
    return;
  }
  const bool exact = num < 65536u || den < 65536u;
  expect_near(got, (double)num * 65536.0 / den, 0.0, exact ? 1.0 : 33.0);
}

static void check_recip(uint32_t a, uint32_t x) {
  const double exact = (double)a * 65536.0 / (x == 0 ? 1 : x);
  const double relative = exact / 268435456.0; /* 2^-28 */
  expect_near(hb_recip_ratio(a, hb_recip_of(x)), exact, -relative, relative + 1.0);
}

static void check_since(uint32_t a, uint32_t b) {
  const uint64_t late = ((uint64_t)a << 8) + 5u, early = ((uint64_t)b << 8) + 5u;
  const double exact = late > early ? ((double)a - b) * 256.0 : 0.0;
  assert_true((double)hb_fixed_since(late, early) == (exact > MAX_Q16 ? MAX_Q16 : exact));
}

static void test_add__exact_or_saturated(void **state) {
  (void)state;
  for_pairs(check_add);
}

static void test_mul__within_one(void **state) {
  (void)state;
  for_pairs(check_mul);
}

static void test_ratio__within_one_or_33(void **state) {
  (void)state;
  for_pairs(check_ratio);
}

static void test_recip__within_its_relative_error(void **state) {
  (void)state;
  for_pairs(check_recip);
}

static void test_since__never_negative_and_saturated(void **state) {
  (void)state;
  for_pairs(check_since);
}

static void test_clz__of_every_width(void **state) {
  (void)state;
  assert_int_equal(hb_fixed_clz(0), 32);
  for (uint32_t i = 0; i < 32; ++i) {
    assert_int_equal(hb_fixed_clz(1u << i), 31u - i);
    assert_int_equal(hb_fixed_clz((2u << i) - 1u), 31u - i);
  }
}

static void test_signed__saturates(void **state) {
  (void)state;
  assert_int_equal(hb_q16_signed(0x7ffffffe), 0x7ffffffe);
  assert_int_equal(hb_q16_signed(0x80000000u), INT32_MAX);
  assert_int_equal(hb_q16_signed(HB_Q16_MAX), INT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_add__exact_or_saturated),
      cmocka_unit_test(test_mul__within_one),
      cmocka_unit_test(test_ratio__within_one_or_33),
      cmocka_unit_test(test_recip__within_its_relative_error),
      cmocka_unit_test(test_since__never_negative_and_saturated),
      cmocka_unit_test(test_clz__of_every_width),
      cmocka_unit_test(test_signed__saturates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
