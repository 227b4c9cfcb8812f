/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The twin's decoder against hb_cmd_decode, Verilated alone: all outputs in every cycle, under
 * random programs, gaps between beats, full queues, errors and stops. One twin is clocked in every
 * cycle, another skips what quiet() allows. usage: test_decode [SEED] [PROGRAMS]
 *
 * Compiled once for every tile: HB_MODEL and HB_MODEL_HEADER, HB_KIND, HB_N.
 */

#include <verilated.h>

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <type_traits>

#include HB_MODEL_HEADER
#include "decode_programs.h"
#include "sim/twin/twin_decode.h"

using namespace hb;
using namespace hb::twin;

namespace {

constexpr Params kParams = {HB_KIND, HB_N, HB_N == 32 ? 16384 : 8192, HB_N == 32 ? 8192 : 4096,
                            512,     1024};
constexpr uint32_t kLenMask = 0xfffff;

[[noreturn]] __attribute__((format(printf, 1, 2))) void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  std::vfprintf(stderr, format, args);
  va_end(args);
  std::fputc('\n', stderr);
  std::exit(1);
}

// ------------------------------------------------------------------- descriptors, field by field
// In the order of rtl/hb_pkg.sv, the first one in the highest bits: f(name, width, value).

template <class F>
void fields(const LoadDesc &d, F f) {
  f("addr", 32, d.addr);
  f("row_pitch", 32, d.row_pitch);
  f("plane_pitch", 32, d.plane_pitch);
  f("beats", 16, d.beats);
  f("rows", 16, d.rows);
  f("planes", 16, d.planes);
  f("mem", 2, d.mem);
  f("dst", 16, d.dst);
  f("total", 16, d.total);
  f("index", 20, d.index);
  f("wait_mask", 4, d.wait_mask);
  f("push_mask", 4, d.push_mask);
}

template <class F>
void fields(const StoreDesc &d, F f) {
  f("addr", 32, d.addr);
  f("row_pitch", 32, d.row_pitch);
  f("acc", 16, d.acc);
  f("prm", 16, d.prm);
  f("beats", 16, d.beats);
  f("rows", 16, d.rows);
  f("total", 16, d.total);
  f("raw", 1, d.raw);
  f("y_signed", 1, d.y_signed);
  f("half", 1, d.half);
  f("y_zp", 8, d.y_zp);
  f("clip_min", 8, d.clip_min);
  f("clip_max", 8, d.clip_max);
  f("index", 20, d.index);
  f("wait_mask", 4, d.wait_mask);
  f("push_mask", 4, d.push_mask);
}

template <class F>
void fields(const ExecDesc &d, F f) {
  f("kt_addr", 16, d.kt_addr);
  f("tap_addr", 16, d.tap_addr);
  f("taprow_addr", 16, d.taprow_addr);
  f("base_y", 20, d.base_y);
  f("base_x", 20, d.base_x);
  f("org_x", 20, d.org_x);
  f("plane_pitch", 16, d.plane_pitch);
  f("row_step", 16, d.row_step);
  f("tap_step", 16, d.tap_step);
  f("in_h", 16, d.in_h);
  f("in_w", 16, d.in_w);
  f("out_h", 16, d.out_h);
  f("out_w", 16, d.out_w);
  f("stride_y", 8, d.stride_y);
  f("stride_x", 8, d.stride_x);
  f("dil_y", 8, d.dil_y);
  f("dil_x", 8, d.dil_x);
  f("ker_w", 8, d.ker_w);
  f("k_c", 16, d.k_c);
  f("c0", 16, d.c0);
  f("s0", 8, d.s0);
  f("k_count", 16, d.k_count);
  f("wgt", 16, d.wgt);
  f("acc", 16, d.acc);
  f("x_zp", 8, d.x_zp);
  f("w_zp", 8, d.w_zp);
  f("init", 1, d.init);
  f("x_signed", 1, d.x_signed);
  f("w_signed", 1, d.w_signed);
  f("half", 1, d.half);
  f("wait_mask", 4, d.wait_mask);
  f("push_mask", 4, d.push_mask);
}

/* What the command does not set is left over from others and read by nobody: defined is false. */
template <class F>
void fields(const VecDesc &d, F f) {
  const bool vec = !d.is_stat;
  f("is_stat", 1, d.is_stat);
  f("fn", 3, d.fn);
  f("addr", 16, d.addr, vec);
  f("org_y", 20, d.org_y, vec);
  f("org_x", 20, d.org_x, vec);
  f("plane_pitch", 16, d.plane_pitch, vec);
  f("row_step", 16, d.row_step, vec);
  f("tap_step", 16, d.tap_step, vec);
  f("in_h", 16, d.in_h, vec);
  f("in_w", 16, d.in_w, vec);
  f("out_h", 16, d.out_h, vec);
  f("out_w", 16, d.out_w);
  f("stride_y", 8, d.stride_y, vec);
  f("stride_x", 8, d.stride_x, vec);
  f("dil_y", 8, d.dil_y, vec);
  f("dil_x", 8, d.dil_x, vec);
  f("ker_h", 8, d.ker_h, vec);
  f("ker_w", 8, d.ker_w, vec);
  f("k_c", 16, d.k_c, vec);
  f("wgt", 16, d.wgt);
  f("acc", 16, d.acc);
  f("acc_dy", 16, d.acc_dy, vec);
  f("acc_dx", 8, d.acc_dx, vec);
  f("stat", 16, d.stat);
  f("lanes", 6, d.lanes, vec);
  f("rot", 4, d.rot, vec);
  f("m0", 16, d.m0);
  f("m1", 16, d.m1, vec);
  f("x_zp", 8, d.x_zp, vec);
  f("x2_zp", 8, d.x2_zp, vec);
  f("eps", 32, d.eps, !vec);
  f("lane", 1, d.lane, vec);
  f("across", 1, d.across, vec);
  f("scale", 1, d.scale, vec);
  f("offset", 1, d.offset, vec);
  f("lookup", 1, d.lookup, vec);
  f("half", 1, d.half, vec);
  f("w_signed", 1, d.w_signed, vec);
  f("x_signed", 1, d.x_signed, vec);
  f("acc_flag", 1, d.acc_flag, vec);
  f("wait_mask", 4, d.wait_mask);
  f("push_mask", 4, d.push_mask);
}

template <size_t Words>
uint64_t bits(const VlWide<Words> &wide, unsigned lsb, unsigned width) {
  uint64_t value = wide.m_storage[lsb / 32];
  if (lsb / 32 + 1 < Words) value |= uint64_t{wide.m_storage[lsb / 32 + 1]} << 32;
  return value >> (lsb % 32) & ((uint64_t{1} << width) - 1);
}

// ------------------------------------------------------------------------------------------ bench

struct Wires {
  bool beat_ready, load_valid, exec_valid, vec_valid, store_valid, end, fault_valid;
};

constexpr const char *kWireNames[] = {"beat_ready",  "load_valid", "exec_valid", "vec_valid",
                                      "store_valid", "end",        "fault_valid"};

Wires wires_of(const Decoder &d) {
  return {d.beat_ready(),  d.load_valid(), d.exec_valid(), d.vec_valid(),
          d.store_valid(), d.end(),        d.fault_valid()};
}

bool same(const Wires &a, const Wires &b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

/* A twin that is skipped whenever it may be, as the tile would: while its inputs stay as they are.
 */
class Skipper {
 public:
  Skipper() : decoder_(kParams) {}

  /* Before the outputs of a cycle are looked at. */
  const Decoder &now() {
    if (skipped_ == budget_) flush();
    return decoder_;
  }

  void edge(const Decoder::In &in, bool flush_early) {
    const unsigned inputs = (in.beat != nullptr ? 1u : 0) | (in.load_ready ? 2u : 0) |
                            (in.exec_ready ? 4u : 0) | (in.vec_ready ? 8u : 0) |
                            (in.store_ready ? 16u : 0);
    if (in.start || in.stop || inputs != inputs_ || flush_early) flush();
    if (in.start || in.stop) {
      clock(in);
      return;
    }
    if (skipped_ == 0) {
      inputs_ = inputs;
      budget_ = decoder_.quiet(in.beat != nullptr, in.load_ready, in.exec_ready, in.vec_ready,
                               in.store_ready);
    }
    if (budget_ == 0) {
      clock(in);
    } else {
      ++skipped_;
    }
  }

  uint64_t clocked() const { return clocked_; }

 private:
  void clock(const Decoder::In &in) {
    decoder_.edge(in);
    ++clocked_;
  }
  void flush() {
    if (skipped_ != 0) decoder_.skip(skipped_);
    skipped_ = 0;
    budget_ = kForever;
  }

  Decoder decoder_;
  unsigned inputs_ = 0;
  uint64_t skipped_ = 0, budget_ = kForever;
  uint64_t clocked_ = 0;
};

class Bench {
 public:
  explicit Bench(uint32_t seed)
      : model_(&seeded(context_, seed)), clocked_(kParams), rng_(seed), programs_(kParams, ~seed) {
    model_.clk_i = 0;
    for (const bool level : {true, false, true}) {
      model_.rst_ni = level;
      model_.eval();
    }
  }
  ~Bench() { model_.final(); }

  void run();
  void report() const;
  void check_coverage() const;

 private:
  static VerilatedContext &seeded(VerilatedContext &context, uint32_t seed) {
    context.randReset(2);
    context.randSeed(static_cast<int>(seed & 0x7fffffff) | 1);
    return context;
  }

  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(rng_() % limit); }
  bool one_in(uint32_t many) { return many != 0 && below(many) == 0; }

  Wires rtl_wires() const {
    return {model_.beat_ready_o != 0, model_.load_valid_o != 0,  model_.exec_valid_o != 0,
            model_.vec_valid_o != 0,  model_.store_valid_o != 0, model_.end_o != 0,
            model_.fault_valid_o != 0};
  }
  void differs(const char *who, const char *field, uint64_t got, uint64_t want) const {
    fail("cycle %" PRIu64 ", program %" PRIu64 ", command %zu: %s: %s is %" PRIx64
         ", in the RTL %" PRIx64,
         cycle_, program_number_, stream_ / 4, who, field, got, want);
  }
  template <class Desc, size_t Words>
  void compare(const char *who, const char *what, const Desc &desc,
               const VlWide<Words> &wide) const;
  void compare(const char *who, const Decoder &twin, const Wires &rtl) const;

  void choose_habits();
  void offer_beat();
  void cycle(bool start, bool stop);

  VerilatedContext context_;
  HB_MODEL model_;
  Decoder clocked_;
  Skipper skipper_;
  std::mt19937 rng_;
  DecodePrograms programs_;

  DecodeProgram program_;
  size_t stream_ = 0;   // the beat that comes next
  uint64_t taken_ = 0;  // descriptors of this program
  bool offered_ = false;
  Beat beat_{};
  uint32_t gap_ = 0, full_ = 0;  // one cycle in so many; 0: never
  uint64_t quiet_left_ = 0;      // of a countdown: cycles until a wire must change

  uint64_t cycle_ = 0, program_number_ = 0, commands_ = 0, stops_ = 0, needed_ = 0;
  uint64_t over_[8] = {};  // by code
};

template <class Desc, size_t Words>
void Bench::compare(const char *who, const char *what, const Desc &desc,
                    const VlWide<Words> &wide) const {
  unsigned lsb = 0;
  fields(desc, [&](const char *, unsigned width, auto, bool = true) { lsb += width; });
  if ((lsb + 31) / 32 != Words) fail("%s has %u bits, in the RTL %zu words", what, lsb, Words);
  fields(desc, [&](const char *name, unsigned width, auto value, bool defined = true) {
    lsb -= width;
    if (!defined) return;
    uint64_t want = bits(wide, lsb, width);
    if (std::is_signed_v<decltype(value)> && (want >> (width - 1) & 1) != 0)
      want -= uint64_t{1} << width;
    const auto got = static_cast<uint64_t>(value);
    if (got == want) return;
    differs(who, (std::string(what) + "." + name).c_str(), got, want);
  });
}

void Bench::compare(const char *who, const Decoder &twin, const Wires &rtl) const {
  const Wires wires = wires_of(twin);
  if (!same(wires, rtl)) {
    bool got[7], want[7];
    std::memcpy(got, &wires, sizeof got);
    std::memcpy(want, &rtl, sizeof want);
    for (size_t i = 0; i < 7; ++i) {
      if (got[i] != want[i]) differs(who, kWireNames[i], got[i], want[i]);
    }
  }
  if (rtl.load_valid) compare(who, "load", twin.load(), model_.load_desc_o);
  if (rtl.exec_valid) compare(who, "exec", twin.exec(), model_.exec_desc_o);
  if (rtl.vec_valid) compare(who, "vec", twin.vec(), model_.vec_desc_o);
  if (rtl.store_valid) compare(who, "store", twin.store(), model_.store_desc_o);
  if (rtl.fault_valid) {
    const Fault fault = twin.fault();
    const uint32_t want_code = model_.fault_o >> 20, want_index = model_.fault_o & kLenMask;
    if (fault.code != want_code) differs(who, "fault.code", fault.code, want_code);
    if (fault.index != want_index) differs(who, "fault.index", fault.index, want_index);
  }
}

void Bench::choose_habits() {
  const uint32_t often[] = {0, 2, 8, 30};
  gap_ = often[below(4)];
  full_ = often[below(4)];
}

/* A beat that is offered stays until it is taken. */
void Bench::offer_beat() {
  if (offered_ || stream_ >= 4 * program_.commands.size() || one_in(gap_)) return;
  std::memcpy(beat_.data(), &program_.commands[stream_ / 4].bytes[16 * (stream_ % 4)],
              sizeof beat_);
  offered_ = true;
}

void Bench::cycle(bool start, bool stop) {
  offer_beat();
  Decoder::In in;
  in.start = start;
  in.stop = stop;
  in.len = program_.len;
  in.base = &program_.base;
  in.beat = offered_ ? &beat_ : nullptr;
  in.beat_error = offered_ ? stream_ == program_.error_beat : one_in(2);
  in.load_ready = !one_in(full_);
  in.exec_ready = !one_in(full_);
  in.vec_ready = !one_in(full_);
  in.store_ready = !one_in(full_);
  model_.start_i = in.start;
  model_.stop_i = in.stop;
  model_.len_i = in.len & kLenMask;
  model_.beat_valid_i = offered_;
  model_.beat_error_i = in.beat_error;
  for (size_t i = 0; i < 4; ++i) {
    model_.base_i.m_storage[i] = program_.base[i];
    model_.beat_data_i.m_storage[i] = beat_[i];
  }
  model_.load_ready_i = in.load_ready;
  model_.exec_ready_i = in.exec_ready;
  model_.vec_ready_i = in.vec_ready;
  model_.store_ready_i = in.store_ready;
  model_.eval();

  const Wires rtl = rtl_wires();
  compare("clocked in every cycle", clocked_, rtl);
  compare("skipped", skipper_.now(), rtl);

  // quiet() promises all that is true, and no more.
  const bool beat_taken = rtl.beat_ready && offered_;
  const bool handed = (rtl.load_valid && in.load_ready) || (rtl.exec_valid && in.exec_ready) ||
                      (rtl.vec_valid && in.vec_ready) || (rtl.store_valid && in.store_ready);
  const bool needed = beat_taken || handed || rtl.fault_valid;
  const uint64_t quiet =
      clocked_.quiet(offered_, in.load_ready, in.exec_ready, in.vec_ready, in.store_ready);
  if ((quiet == 0) != needed) differs("clocked in every cycle", "quiet", quiet, needed ? 0 : 1);
  const bool changed = beat_taken || handed || start || stop;
  if (quiet_left_ > 1 && quiet != quiet_left_ - 1)
    differs("clocked in every cycle", "quiet", quiet, quiet_left_ - 1);
  quiet_left_ = changed || quiet == kForever ? 0 : quiet;
  needed_ += needed || start || stop ? 1 : 0;

  if (handed) {
    ++commands_;
    ++taken_;
  }

  clocked_.edge(in);
  skipper_.edge(in, one_in(8));
  model_.clk_i = 1;
  model_.eval();
  model_.clk_i = 0;
  model_.eval();
  ++cycle_;
  if (beat_taken) {
    ++stream_;
    offered_ = false;
  }
}

/* One program: from start to its END, its fault or a stop. */
void Bench::run() {
  program_ = programs_.next();
  ++program_number_;
  stream_ = 0;
  taken_ = 0;
  offered_ = false;
  choose_habits();
  for (uint32_t wait = below(3); wait > 0; --wait) {
    const bool stop = one_in(8);
    cycle(stop && one_in(2), stop);  // nothing starts while it is stopped
  }
  cycle(true, false);
  uint64_t stop_after = one_in(4) ? 1 + below(one_in(2) ? 40 : 300) : UINT64_MAX;
  bool over = false, stopped = false;
  while (!over) {
    // Nothing more can come if the last command was not the last.
    const bool dry = rtl_wires().beat_ready && stream_ >= 4 * program_.commands.size();
    stopped = --stop_after == 0 || dry;
    cycle(one_in(64), stopped);  // start is not heard while it runs
    const Wires rtl = rtl_wires();
    over = stopped || rtl.fault_valid || rtl.end;
  }
  if (stopped) {
    ++stops_;
  } else {
    // What the RTL was to find is what it found.
    const bool fault = rtl_wires().fault_valid;
    const uint32_t code = fault ? model_.fault_o >> 20 : HB_TILE_STATUS_OK;
    ++over_[code & 7];
    if (program_.known && (code != program_.code || taken_ != program_.index))
      fail("program %" PRIu64 " (%s): the RTL has code %u after %" PRIu64
           " commands, expected %u after %zu",
           program_number_,
           program_.rule == SIZE_MAX ? "legal" : programs_.rules()[program_.rule].name.c_str(),
           code, taken_, program_.code, program_.index);
  }
  // Often the next start follows at once, also in the cycle of the fault.
  for (uint32_t wait = one_in(2) ? 0 : below(4); wait > 0; --wait)
    cycle(false, one_in(3));
}

void Bench::report() const {
  std::printf("%" PRIu64 " programs, %" PRIu64 " commands, %" PRIu64 " cycles, %" PRIu64
              " stops; codes",
              program_number_, commands_, cycle_, stops_);
  for (const uint64_t count : over_)
    std::printf(" %" PRIu64, count);
  std::printf("; skipping clocks %" PRIu64 " cycles\n", skipper_.clocked());
}

void Bench::check_coverage() const {
  if (skipper_.clocked() != needed_)
    fail("the skipped twin was clocked %" PRIu64 " times, needed are %" PRIu64, skipper_.clocked(),
         needed_);
  for (const auto &rule : programs_.rules()) {
    if (rule.programs == 0) fail("no program about: %s", rule.name.c_str());
  }
}

}  // namespace

int main(int argc, char **argv) {
  const uint32_t seed = argc > 1 ? static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 0)) : 1;
  const uint64_t programs = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 50000;
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  Bench bench(seed);
  for (uint64_t i = 0; i < programs; ++i)
    bench.run();
  bench.report();
  bench.check_coverage();
  return 0;
}
