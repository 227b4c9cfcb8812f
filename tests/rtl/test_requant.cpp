/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_requant alone, against the host's binary32 arithmetic: random values, values around every tie,
 * extremes. usage: test_requant [SEED] [MILLIONS]
 */

#include <verilated.h>

#include <cfenv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>

#include "Vrequant.h"
#include "tile_bench.h"
#include "tile_reference.h"

using namespace hb;

namespace {

struct Sample {
  int32_t t;
  uint32_t scale;
  bool y_signed;
  uint8_t zero_point, clip_min, clip_max;
};

int32_t widen(uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<int8_t>(byte) : byte;
}

float as_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint32_t as_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

class Bench {
 public:
  Bench() : model_(&context_) {
    model_.awake_i = 1;
    model_.clk_i = 0;
    model_.eval();
  }
  ~Bench() { model_.final(); }

  /* One value through the five stages, alone: its scale and limits must hold. */
  void check(const Sample &s) {
    model_.t_i = static_cast<uint32_t>(s.t);
    model_.scale_i = s.scale;
    model_.y_signed_i = s.y_signed;
    model_.y_zp_i = s.zero_point;
    model_.clip_min_i = s.clip_min;
    model_.clip_max_i = s.clip_max;
    for (unsigned stage = 0; stage < 5; ++stage) {
      model_.en_i = static_cast<uint8_t>(1u << stage);
      model_.clk_i = 1;
      model_.eval();
      model_.clk_i = 0;
      model_.eval();
    }
    const int32_t want = requant(s.t, as_float(s.scale), widen(s.zero_point, s.y_signed),
                                 widen(s.clip_min, s.y_signed), widen(s.clip_max, s.y_signed));
    const int32_t got = widen(model_.y_o, s.y_signed);
    expect(got == want, "t %d scale %08x (%g) zero point %d clip %d..%d: %d, expected %d", s.t,
           s.scale, static_cast<double>(as_float(s.scale)), widen(s.zero_point, s.y_signed),
           widen(s.clip_min, s.y_signed), widen(s.clip_max, s.y_signed), got, want);
    ++checked;
  }

  uint64_t checked = 0;

 private:
  VerilatedContext context_;
  Vrequant model_;
};

}  // namespace

int main(int argc, char **argv) {
  const uint32_t seed = argc > 1 ? static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 0)) : 1;
  const uint64_t samples = 1000000 * (argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 2);
  expect(std::fesetround(FE_TONEAREST) == 0, "rounding mode");
  std::mt19937 rng(seed);
  Bench bench;
  const auto limits = [&](Sample &s) {
    s.y_signed = (rng() & 1) != 0;
    s.zero_point = static_cast<uint8_t>(rng());
    s.clip_min = s.y_signed ? 0x80 : 0;
    s.clip_max = s.y_signed ? 0x7f : 0xff;
    if (rng() % 4 == 0) {
      s.clip_min = static_cast<uint8_t>(rng());
      s.clip_max = static_cast<uint8_t>(rng());
      if (widen(s.clip_min, s.y_signed) > widen(s.clip_max, s.y_signed))
        std::swap(s.clip_min, s.clip_max);
    }
  };
  Sample s;
  // Extremes of both factors against each other.
  const int32_t ends[] = {
      0,       1,       -1,         2,          3,          0x7fffffff, INT32_MIN, INT32_MIN + 1,
      1 << 23, 1 << 24, 0xffffff,   0x1000001,  0x1000002,  0x1000003,  0x1fffffe, 0x1ffffff,
      1 << 30, 255,     0x7fffff80, 0x7fffffc0, 0x7fffffbf, -0x1000001, -0x1ffffff};
  for (const int32_t t : ends) {
    for (uint32_t exponent = 1; exponent < 255; ++exponent) {
      for (const uint32_t mantissa : {0u, 1u, 0x7fffffu, 0x400000u, 0x3fffffu, 0x555555u}) {
        s.t = t;
        for (const uint32_t sign : {0u, 0x80000000u}) {
          s.scale = sign | exponent << 23 | mantissa;
          limits(s);
          bench.check(s);
        }
      }
    }
  }
  // Products on and around n + 1/2: where rounding twice differs from rounding once.
  for (uint64_t i = 0; i < samples; ++i) {
    const uint32_t bits = 1 + static_cast<uint32_t>(rng() % 31);
    s.t = static_cast<int32_t>(rng() >> (32 - bits)) * ((rng() & 1) != 0 ? 1 : -1);
    if (s.t == 0) s.t = 1;
    const float f = std::fabs(static_cast<float>(s.t));
    const float target = static_cast<float>(rng() % 300) + 0.5f;
    s.scale = as_bits(target / f) + static_cast<uint32_t>(rng() % 5) - 2;
    s.scale |= static_cast<uint32_t>(rng() & 1) << 31;
    limits(s);
    bench.check(s);
  }
  // Anything with a scale that gives results of all sizes.
  for (uint64_t i = 0; i < samples; ++i) {
    s.t = static_cast<int32_t>(rng() >> rng() % 32);
    if ((rng() & 1) != 0) s.t = -s.t;
    s.scale =
        (100 + static_cast<uint32_t>(rng() % 40)) << 23 | static_cast<uint32_t>(rng() & 0x807fffff);
    limits(s);
    bench.check(s);
  }
  std::printf("seed %u: %llu values\n", seed, static_cast<unsigned long long>(bench.checked));
  return 0;
}
