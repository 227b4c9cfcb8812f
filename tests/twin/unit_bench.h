/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the tests of single units share: descriptors as ports want them, a Verilated module with its
 * clock, tokens, aborts, and the comparison that ends a test at the first difference.
 */

#ifndef HB_TESTS_TWIN_UNIT_BENCH_H_
#define HB_TESTS_TWIN_UNIT_BENCH_H_

#include <verilated.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <utility>

namespace hb::twin {

class Random {
 public:
  explicit Random(uint32_t seed) : rng_(seed) {}
  uint32_t word() { return static_cast<uint32_t>(rng_()); }
  uint32_t below(uint32_t bound) { return word() % bound; }
  /** Both ends may come. */
  uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<uint32_t>(values.size()))];
  }

 private:
  std::mt19937 rng_;
};

/** A packed struct: the first field holds the highest bits. */
template <class Wide>
void pack(Wide &port, std::initializer_list<std::pair<uint64_t, unsigned>> fields) {
  unsigned place = 0;
  for (const auto &field : fields) {
    place += field.second;
  }
  for (const auto &[value, width] : fields) {
    place -= width;
    for (unsigned i = 0; i < width; ++i) {
      const uint32_t mask = 1u << (place + i) % 32;
      auto &word = port[(place + i) / 32];
      word = (value >> i & 1) != 0 ? word | mask : word & ~mask;
    }
  }
}

/** A module with clk_i and rst_ni. A cycle: set inputs, settle(), look at outputs, edge(). */
template <class Model>
class Rtl {
 public:
  explicit Rtl(uint32_t seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed));
  }
  ~Rtl() { model_.final(); }
  Model *operator->() { return &model_; }

  void reset() {
    model_.rst_ni = 0;
    for (int i = 0; i < 3; ++i) {
      settle();
      edge();
    }
    settle();
    model_.rst_ni = 1;
  }
  void settle() {
    model_.clk_i = 0;
    model_.eval();
  }
  void edge() {
    model_.clk_i = 1;
    model_.eval();
  }

 private:
  VerilatedContext context_;
  Model model_{&context_};
};

/** Ends the test with the first difference. */
class Compare {
 public:
  uint64_t cycle = 0;
  const char *who = "";  // which twin

  void same(const char *name, uint64_t rtl, uint64_t twin) const {
    if (rtl == twin) return;
    std::fprintf(stderr, "FAIL: cycle %" PRIu64 ": %s is 0x%" PRIx64 ", %s has 0x%" PRIx64 "\n",
                 cycle, name, rtl, who, twin);
    std::exit(1);
  }
};

/** The four semaphores, filled by chance. */
class Tokens {
 public:
  uint8_t avail() const {
    uint8_t bits = 0;
    for (unsigned i = 0; i < 4; ++i) {
      if (count_[i] != 0) bits = static_cast<uint8_t>(bits | 1u << i);
    }
    return bits;
  }
  /* One of each comes every `period` cycles or so. */
  void edge(Random &random, uint8_t take, uint32_t period) {
    for (unsigned i = 0; i < 4; ++i) {
      if ((take >> i & 1) != 0) --count_[i];
      if (count_[i] < 4 && random.below(period) == 0) ++count_[i];
    }
  }

 private:
  unsigned count_[4] = {};
};

/** Aborts at random moments: as a tile does, until all is idle, or (no tile does) for a few cycles.
 */
class Aborts {
 public:
  bool now() const { return on_; }
  /** idle: the unit has come to rest; stuck: it never will. */
  void edge(Random &random, bool idle, bool stuck) {
    if (on_) {
      if (left_ != 0 ? --left_ == 0 : idle) on_ = false;
    } else if (stuck || random.below(3000) == 0) {
      on_ = true;
      left_ = stuck || random.chance(70) ? 0 : random.between(1, 20);
      ++count;
    }
  }
  uint64_t count = 0;

 private:
  bool on_ = false;
  uint32_t left_ = 0;  // 0: until all is idle
};

}  // namespace hb::twin

#endif  // HB_TESTS_TWIN_UNIT_BENCH_H_
