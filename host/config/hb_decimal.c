/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Value of the digits of text[0..len) without the point, and how many stand behind it, trailing
 * zeros of the fraction not counted. */
static hb_status_t read_digits(const char *text, size_t len, uint64_t *digits_out,
                               unsigned *decimals_out) {
  const char *point = memchr(text, '.', len);
  if (point != NULL) {
    if (point == text + len - 1) {
      return HB_ERR_FORMAT; /* "5.", "." */
    }
    while (len > 0 && text[len - 1] == '0') {
      len--;
    }
  }
  uint64_t digits = 0;
  unsigned decimals = 0;
  bool overflow = false;
  size_t num_digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (text + i == point) {
      continue;
    }
    if (text[i] < '0' || text[i] > '9') {
      return HB_ERR_FORMAT;
    }
    num_digits++;
    decimals += point != NULL && text + i > point;
    overflow |= __builtin_mul_overflow(digits, 10u, &digits) ||
                __builtin_add_overflow(digits, (uint64_t)(text[i] - '0'), &digits);
  }
  if (num_digits == 0 && point == NULL) {
    return HB_ERR_FORMAT; /* "" */
  }
  if (overflow) {
    return HB_ERR_RANGE;
  }
  *digits_out = digits;
  *decimals_out = decimals;
  return HB_OK;
}

static hb_status_t scaled(const char *text, size_t len, unsigned exponent, uint64_t *value_out) {
  uint64_t value = 0;
  unsigned decimals = 0;
  HB_TRY(read_digits(text, len, &value, &decimals));
  if (decimals > exponent) {
    return HB_ERR_INPUT;
  }
  for (; decimals < exponent; decimals++) {
    if (__builtin_mul_overflow(value, 10u, &value)) {
      return HB_ERR_RANGE;
    }
  }
  *value_out = value;
  return HB_OK;
}

hb_status_t hb_decimal_scaled(const char *text, unsigned exponent, uint64_t *value_out) {
  return scaled(text, strlen(text), exponent, value_out);
}

hb_status_t hb_decimal_fraction(const char *text, uint64_t *num_out, uint64_t *den_out) {
  uint64_t num = 0;
  unsigned decimals = 0;
  HB_TRY(read_digits(text, strlen(text), &num, &decimals));
  uint64_t den = 1;
  for (; decimals > 0; decimals--) {
    if (__builtin_mul_overflow(den, 10u, &den)) {
      return HB_ERR_RANGE;
    }
  }
  uint64_t a = num;
  uint64_t b = den;
  while (b != 0) {
    const uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  *num_out = num / a;
  *den_out = den / a;
  return HB_OK;
}

hb_status_t hb_duration_parse(const char *text, uint64_t *ps_out) {
  static const struct {
    const char *unit;
    unsigned exponent;
  } UNITS[] = {{"s", 12}, {"ms", 9}, {"us", 6}, {"ns", 3}, {"ps", 0}};
  const size_t number_len = strspn(text, "0123456789.");
  for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
    if (strcmp(text + number_len, UNITS[i].unit) == 0) {
      return scaled(text, number_len, UNITS[i].exponent, ps_out);
    }
  }
  return HB_ERR_FORMAT;
}
