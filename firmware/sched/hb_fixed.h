/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Fixed-point arithmetic of the policies: the CPU has no floating point, and a 64-bit division
 * costs a thousand cycles.
 *
 * Q16: unsigned 32 bits, 65536 is 1.0; 0 to 65536 - 2^-16. Everything saturates at HB_Q16_MAX and
 * rounds down. Errors are bounds of exact - result in units of 2^-16, and the result is not above
 * the exact value unless stated. tests/firmware/test_fixed.c compares all of it with double
 * precision.
 */

#ifndef HB_FIXED_H_
#define HB_FIXED_H_

#include <stdbool.h>
#include <stdint.h>

#define HB_Q16_ONE 65536u
#define HB_Q16_MAX 0xffffffffu

/** a + b. Exact unless it saturates. */
static inline uint32_t hb_q16_add(uint32_t a, uint32_t b) {
  const uint32_t sum = a + b;
  return sum < a ? HB_Q16_MAX : sum;
}

/** a * b. Error below 1. */
static inline uint32_t hb_q16_mul(uint32_t a, uint32_t b) {
  const uint64_t product = (uint64_t)a * b; /* mul, mulhu */
  return (product >> 48) != 0 ? HB_Q16_MAX : (uint32_t)(product >> 16);
}

/** Number of leading zero bits; 32 of 0. */
static inline uint32_t hb_fixed_clz(uint32_t x) {
  return x == 0 ? 32u : (uint32_t)__builtin_clz(x);
}

/**
 * num / den of two whole numbers. den = 0, or a quotient of 65536 or more: HB_Q16_MAX. Error below
 * 1 if num or den is below 65536, else below 33: den then keeps 13 to 16 of its highest bits. One
 * division if num < den, else two.
 */
static inline uint32_t hb_q16_ratio(uint32_t num, uint32_t den) {
  if (num < HB_Q16_ONE && den != 0) {
    return (num << 16) / den;
  }
  if (num >> 16 >= den) {
    return HB_Q16_MAX;
  }
  const uint32_t whole = num < den ? 0 : num / den;
  const uint32_t rest = num - whole * den;
  if (den < HB_Q16_ONE) {
    return (whole << 16) + (rest << 16) / den;
  }
  const uint32_t drop = den >> 24 != 0 ? (den >> 28 != 0 ? 16u : 12u) : (den >> 20 != 0 ? 8u : 4u);
  return (whole << 16) + ((rest >> drop) << 16) / ((den >> drop) + 1u);
}

/** 1 / x of a whole number, for many multiplications: mant / 2^(16 + down). */
typedef struct hb_recip {
  uint32_t mant;
  uint32_t down; /* 16 .. 47 */
} hb_recip_t;

/** x = 0 counts as 1. Relative error below 2^-28, to either side. No division. */
hb_recip_t hb_recip_of(uint32_t x);

/** a / x of a whole number a. Relative error below 2^-28, plus 1. */
static inline uint32_t hb_recip_ratio(uint32_t a, hb_recip_t recip) {
  const uint64_t product = (uint64_t)a * recip.mant;
  const uint32_t high = (uint32_t)(product >> 32);
  if (recip.down >= 32u) {
    return high >> (recip.down - 32u);
  }
  return (high >> recip.down) != 0
             ? HB_Q16_MAX
             : (high << (32u - recip.down)) | ((uint32_t)product >> recip.down);
}

/** a - b of two times below 2^63, saturated to 32 bits; 0 if b is not before a. */
static inline uint32_t hb_fixed_since(uint64_t a, uint64_t b) {
  const uint64_t d = a - b;
  const uint32_t high = (uint32_t)(d >> 32);
  if (high == 0) {
    return (uint32_t)d;
  }
  return (high >> 31) != 0 ? 0 : UINT32_MAX;
}

/** A Q16 value as the signed word of a CANDIDATE record: saturated at 32768. */
static inline int32_t hb_q16_signed(uint32_t q16) {
  return q16 > INT32_MAX ? INT32_MAX : (int32_t)q16;
}

#endif /* HB_FIXED_H_ */
