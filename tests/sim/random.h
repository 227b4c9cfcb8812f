/* SPDX-License-Identifier: Apache-2.0 */

/** @file A small seeded generator for tests (splitmix64, public domain algorithm by Sebastiano
 * Vigna). */

#ifndef HB_TESTS_SIM_RANDOM_H_
#define HB_TESTS_SIM_RANDOM_H_

#include <cstdint>

namespace hb_test {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /** Uniform in 0 .. bound - 1 (bound small against 2^64). */
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(next() % bound); }
  bool chance(uint32_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace hb_test

#endif  // HB_TESTS_SIM_RANDOM_H_
