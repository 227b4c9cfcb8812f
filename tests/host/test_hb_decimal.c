/* SPDX-License-Identifier: Apache-2.0 */

/* Decimal text to integers: exact, or refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hb_decimal.h"

static uint64_t scaled(const char *text, unsigned exponent) {
  uint64_t value = 4242;
  assert_int_equal(hb_decimal_scaled(text, exponent, &value), HB_OK);
  return value;
}

static hb_status_t scaled_status(const char *text, unsigned exponent) {
  uint64_t value = 4242;
  const hb_status_t status = hb_decimal_scaled(text, exponent, &value);
  if (status != HB_OK) {
    assert_int_equal(value, 4242); /* a failure changes nothing */
  }
  return status;
}

static void test_scaled__is_exact(void **state) {
  (void)state;
  assert_int_equal(scaled("5.0", 3), 5000);
  assert_int_equal(scaled("0.625", 3), 625);
  assert_int_equal(scaled("16.67", 12), 16670000000000u);
  assert_int_equal(scaled("0.1", 18), 100000000000000000u); /* no double holds 0.1 */
  assert_int_equal(scaled("3904", 3), 3904000);
  assert_int_equal(scaled("0", 0), 0);
  assert_int_equal(scaled(".5", 1), 5);
  assert_int_equal(scaled("0.000", 0), 0);
  assert_int_equal(scaled(".0", 0), 0);
  assert_int_equal(scaled("007.250", 2), 725);
  assert_true(scaled("18446744073709551615", 0) == UINT64_MAX);
  assert_true(scaled("18446744073709551.615", 3) == UINT64_MAX);
}

static void test_scaled__not_a_decimal_bad(void **state) {
  (void)state;
  const char *const texts[] = {"",   ".",   "5.",  "-1",    "+1",  "1e3", " 1",
                               "1 ", "1,5", "0x1", "1.2.3", "..1", "nan", "1_0"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    assert_int_equal(scaled_status(texts[i], 6), HB_ERR_FORMAT);
  }
}

static void test_scaled__too_fine_bad(void **state) {
  (void)state;
  assert_int_equal(scaled_status("0.0005", 3), HB_ERR_INPUT);
  assert_int_equal(scaled_status("1.5", 0), HB_ERR_INPUT);
  assert_int_equal(scaled_status("1.50", 1), HB_OK); /* a trailing zero is not finer */
}

static void test_scaled__too_large_bad(void **state) {
  (void)state;
  assert_int_equal(scaled_status("18446744073709551616", 0), HB_ERR_RANGE);
  assert_int_equal(scaled_status("18446744073709551.616", 3), HB_ERR_RANGE);
  assert_int_equal(scaled_status("99999999999999999999999999", 0), HB_ERR_RANGE);
  assert_int_equal(scaled_status("20000000", 12), HB_ERR_RANGE);
}

static void check_fraction(const char *text, uint64_t num, uint64_t den) {
  uint64_t got_num = 0;
  uint64_t got_den = 0;
  assert_int_equal(hb_decimal_fraction(text, &got_num, &got_den), HB_OK);
  assert_int_equal(got_num, num);
  assert_int_equal(got_den, den);
}

static void test_fraction__is_in_lowest_terms(void **state) {
  (void)state;
  check_fraction("16.67", 1667, 100);
  check_fraction("2.50", 5, 2);
  check_fraction("60", 60, 1);
  check_fraction("0.000001", 1, 1000000);
  check_fraction("0", 0, 1);
  check_fraction("0.0", 0, 1);
}

static void test_fraction__bad(void **state) {
  (void)state;
  uint64_t num = 7;
  uint64_t den = 7;
  assert_int_equal(hb_decimal_fraction("1/3", &num, &den), HB_ERR_FORMAT);
  assert_int_equal(hb_decimal_fraction("0.00000000000000000001", &num, &den), HB_ERR_RANGE);
  assert_int_equal(num, 7);
  assert_int_equal(den, 7);
}

static void check_duration(const char *text, uint64_t ps) {
  uint64_t got = 0;
  assert_int_equal(hb_duration_parse(text, &got), HB_OK);
  assert_int_equal(got, ps);
}

static void test_duration__units(void **state) {
  (void)state;
  check_duration("34ms", 34000000000u);
  check_duration("1.5s", 1500000000000u);
  check_duration("500us", 500000000u);
  check_duration("0.25ns", 250);
  check_duration("7ps", 7);
  check_duration("0s", 0);
}

static void test_duration__bad(void **state) {
  (void)state;
  const struct {
    const char *text;
    hb_status_t status;
  } cases[] = {
      {"34", HB_ERR_FORMAT},   {"ms", HB_ERR_FORMAT},       {"34 ms", HB_ERR_FORMAT},
      {"34m", HB_ERR_FORMAT},  {"-1ms", HB_ERR_FORMAT},     {"1e3ms", HB_ERR_FORMAT},
      {"34MS", HB_ERR_FORMAT}, {"34msx", HB_ERR_FORMAT},    {"", HB_ERR_FORMAT},
      {"0.5ps", HB_ERR_INPUT}, {"20000000s", HB_ERR_RANGE}, {"1.2.3ms", HB_ERR_FORMAT},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    uint64_t ps = 9;
    assert_int_equal(hb_duration_parse(cases[i].text, &ps), cases[i].status);
    assert_int_equal(ps, 9);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scaled__is_exact),
      cmocka_unit_test(test_scaled__not_a_decimal_bad),
      cmocka_unit_test(test_scaled__too_fine_bad),
      cmocka_unit_test(test_scaled__too_large_bad),
      cmocka_unit_test(test_fraction__is_in_lowest_terms),
      cmocka_unit_test(test_fraction__bad),
      cmocka_unit_test(test_duration__units),
      cmocka_unit_test(test_duration__bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
