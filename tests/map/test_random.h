/* SPDX-License-Identifier: Apache-2.0 */

/** @file Seeded random numbers for tests: SplitMix64. Print the seed; the same seed gives the same
 * test. */

#ifndef HB_TEST_RANDOM_H_
#define HB_TEST_RANDOM_H_

#include <stdint.h>

typedef struct test_random {
  uint64_t state;
} test_random_t;

static inline uint64_t test_random_next(test_random_t *random) {
  uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/** Uniform in [0, limit). */
static inline uint32_t test_random_below(test_random_t *random, uint32_t limit) {
  return (uint32_t)((test_random_next(random) >> 32) * limit >> 32);
}

/** Uniform in [lo, hi]. */
static inline uint32_t test_random_range(test_random_t *random, uint32_t lo, uint32_t hi) {
  return lo + test_random_below(random, hi - lo + 1u);
}

#endif /* HB_TEST_RANDOM_H_ */
