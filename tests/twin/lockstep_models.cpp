/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tile models that are two: the RTL and its twin, side by side. They get the same inputs; in every
 * cycle all outputs must be the same but for write data, and after it all counters. The first
 * difference is printed with its cycle and ends the program.
 *
 * With HB_LOCKSTEP_SKIP the twin leaves out the cycles that its quiet() allows, as a TileNode does.
 * With HB_LOCKSTEP_FUNCTIONAL it computes its data, and the bytes with a strobe are compared too.
 *
 * Linked instead of sim/tile/tile_models.cpp: whatever a test does to a tile it then does to both.
 *
 * HB_LOCKSTEP_WAVE=FILE.fst:TILE:CYCLE writes a waveform of the cycles around one of a tile: all
 * signals of the RTL, and the twin's outputs beside them. A difference is printed with this
 * setting.
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sim/tile/verilated_tile.h"
#include "sim/twin/twin_tile.h"
#ifdef HB_WAVES
#include "sim/wave/wave_writer.h"
#endif

namespace hb {

namespace {

#ifdef HB_LOCKSTEP_SKIP
constexpr bool kSkip = true;
#else
constexpr bool kSkip = false;
#endif
#ifdef HB_LOCKSTEP_FUNCTIONAL
constexpr bool kFunctional = true;
#else
constexpr bool kFunctional = false;
#endif

unsigned num_tiles = 0;  // made so far: a test makes some

#ifdef HB_WAVES

/* The cycles around one, of the RTL and its twin. */
class LockstepWave {
 public:
  /* What HB_LOCKSTEP_WAVE asks for; nullptr: nothing of this tile. */
  static std::unique_ptr<LockstepWave> make(unsigned tile) {
    const char *text = std::getenv("HB_LOCKSTEP_WAVE");
    if (text == nullptr) {
      return nullptr;
    }
    char path[256];
    unsigned wanted = 0;
    uint64_t cycle = 0;
    if (std::sscanf(text, "%255[^:]:%u:%" SCNu64, path, &wanted, &cycle) != 3) {
      std::printf("HB_LOCKSTEP_WAVE: expected FILE.fst:TILE:CYCLE, got %s\n", text);
      std::exit(2);
    }
    return wanted == tile ? std::make_unique<LockstepWave>(path, cycle) : nullptr;
  }
  LockstepWave(const char *path, uint64_t cycle)
      : path_(path), from_(cycle > kMargin ? cycle - kMargin : 0), to_(cycle + kMargin) {}

  std::unique_ptr<TileModelIf> make_rtl(const char *name) {
    for (unsigned i = 0; traced_tile_info(i) != nullptr; ++i) {
      if (std::strcmp(traced_tile_info(i)->name, name) == 0) {
        auto tile = traced_tile_info(i)->make(*context_, "rtl");
        writer_.add(*tile);
        return tile;
      }
    }
    std::printf("no waveforms of %s\n", name);
    std::exit(2);
  }
  /* Between the halves of a cycle of the RTL. */
  void write(uint64_t cycle, const TileOut &twin) {
    if (cycle < from_ || cycle > to_) {
      return;
    }
    size_t i = 0;
    for (const uint32_t value :
         {uint32_t{twin.s_awready}, uint32_t{twin.s_wready}, uint32_t{twin.s_bvalid},
          uint32_t{twin.s_arready}, uint32_t{twin.s_rvalid}, twin.s_rdata, uint32_t{twin.m_awvalid},
          twin.m_awaddr, uint32_t{twin.m_awlen}, uint32_t{twin.m_wvalid}, uint32_t{twin.m_wlast},
          uint32_t{twin.m_wstrb}, uint32_t{twin.m_arvalid}, twin.m_araddr, uint32_t{twin.m_arlen},
          uint32_t{twin.irq}, uint32_t{twin.idle}}) {
      values_[i++] = value;
    }
    if (!open_) {
      for (i = 0; i < kSignals; ++i) {
        writer_.add("twin", kNames[i].name, kNames[i].bits, &values_[i]);
      }
      open_ = writer_.open(path_.c_str());
      if (!open_) {
        std::printf("cannot write %s\n", path_.c_str());
        std::exit(2);
      }
    }
    writer_.write(cycle * kPsPerCycle);
  }

 private:
  static constexpr uint64_t kMargin = 200, kPsPerCycle = 1000;
  static constexpr size_t kSignals = 17;
  struct Name {
    const char *name;
    uint32_t bits;
  };
  static constexpr Name kNames[kSignals] = {
      {"s_axil_awready", 1}, {"s_axil_wready", 1}, {"s_axil_bvalid", 1}, {"s_axil_arready", 1},
      {"s_axil_rvalid", 1},  {"s_axil_rdata", 32}, {"m_axi_awvalid", 1}, {"m_axi_awaddr", 32},
      {"m_axi_awlen", 8},    {"m_axi_wvalid", 1},  {"m_axi_wlast", 1},   {"m_axi_wstrb", 16},
      {"m_axi_arvalid", 1},  {"m_axi_araddr", 32}, {"m_axi_arlen", 8},   {"irq_o", 1},
      {"idle_o", 1}};

  const std::string path_;
  const uint64_t from_, to_;
  const std::shared_ptr<VerilatedContext> context_ = make_wave_context();
  WaveWriter writer_{context_};
  std::array<uint32_t, kSignals> values_{};
  bool open_ = false;
};

#endif

class Lockstep final : public TileModelIf {
 public:
  explicit Lockstep(const TileModelInfo &info)
      : name_(info.name), number_(num_tiles++), twin_(make_twin(info.id, info.caps, kFunctional)) {
    if (twin_ == nullptr) {
      std::printf("%s has no twin\n", name_);
      std::exit(1);
    }
#ifdef HB_WAVES
    wave_ = LockstepWave::make(number_);
    rtl_ = wave_ != nullptr ? wave_->make_rtl(name_) : info.make();
#else
    rtl_ = info.make();
#endif
  }

  void reset() override {
    rtl_->reset();
    twin_->reset();
    allowed_ = skipped_ = 0;
    compare_outputs();
  }
  const TileOut &outputs() const override {
    return rtl_->outputs();
  }
  uint32_t jobs_started() const override {
    return rtl_->jobs_started();
  }
  uint32_t jobs_completed() const override {
    return rtl_->jobs_completed();
  }
  TilePerf perf() const override {
    return rtl_->perf();
  }

  void clock(const TileIn &in) override {
#ifdef HB_WAVES
    if (wave_ != nullptr) {
      rtl_->settle(in);
      wave_->write(cycle_, twin_->outputs());
      rtl_->edge();
    } else {
      rtl_->clock(in);
    }
#else
    rtl_->clock(in);
#endif
    if (kSkip && (skipped_ == allowed_ || !same(in, steady_))) {
      go_over_skipped();
      steady_ = in;
      allowed_ = twin_->quiet(in);
    }
    if (skipped_ < allowed_) {
      if (++skipped_ == allowed_) {
        go_over_skipped();  // after which its outputs may change
        compare_counters();
      }
    } else {
      twin_->clock(in);
      compare_counters();
    }
    ++cycle_;
    compare_outputs();
  }

 private:
  /* Whether a tile does the same, but for data. */
  static bool same(const TileIn &a, const TileIn &b) {
    const auto valid = [](const TileIn &in) {
      return in.s_awvalid | in.s_wvalid | in.s_arvalid | in.m_bvalid | ends(in);
    };
    return (valid(a) | valid(b)) == 0 && a.s_bready == b.s_bready && a.s_rready == b.s_rready &&
           a.m_awready == b.m_awready && a.m_wready == b.m_wready && a.m_arready == b.m_arready &&
           a.m_rvalid == b.m_rvalid &&
           (a.m_rvalid == 0 || (a.m_rid == b.m_rid && a.m_rresp == b.m_rresp));
  }
  static int ends(const TileIn &in) {
    return in.m_rvalid & in.m_rlast;
  }  // a burst of R

  void go_over_skipped() {
    if (skipped_ > 0) {
      twin_->skip(skipped_, steady_);
    }
    skipped_ = allowed_ = 0;
  }

  static uint64_t planted() {
    static const char *const text = std::getenv("HB_LOCKSTEP_PLANT");
    return text == nullptr ? UINT64_MAX : std::strtoull(text, nullptr, 10);
  }

  /* Of the four bytes whose strobes are the lowest bits. */
  static uint32_t byte_mask(unsigned strobes) {
    uint32_t mask = 0;
    for (unsigned byte = 0; byte < 4; ++byte)
      mask |= (strobes >> byte & 1) != 0 ? 0xffu << 8 * byte : 0;
    return mask;
  }

  void compare(const char *what, uint64_t rtl, uint64_t twin) {
    if (rtl != twin) {
      std::printf("%s, tile %u, cycle %" PRIu64 ": %s is 0x%" PRIx64 " in the RTL, 0x%" PRIx64
                  " in its twin%s\n",
                  name_, number_, cycle_, what, rtl, twin,
                  skipped_ > 0 ? " (which was skipped)" : "");
#ifdef HB_WAVES
      std::printf("waveform: the same command with HB_LOCKSTEP_WAVE=lockstep.fst:%u:%" PRIu64 "\n",
                  number_, cycle_);
      std::fflush(stdout);
      wave_.reset();  // which ends the file
#endif
      std::exit(1);
    }
  }

  void compare_outputs() {
    const TileOut &a = rtl_->outputs();
    TileOut b = twin_->outputs();
    if (cycle_ == planted()) {
      b.m_arvalid ^= 1;
    }
#define SAME(field_) compare(#field_, a.field_, b.field_)
    SAME(s_awready);
    SAME(s_wready);
    SAME(s_bvalid);
    SAME(s_arready);
    SAME(s_rvalid);
    SAME(m_awvalid);
    SAME(m_wvalid);
    SAME(m_bready);
    SAME(m_arvalid);
    SAME(m_rready);
    SAME(irq);
    SAME(idle);
    if (a.s_bvalid != 0) {
      SAME(s_bresp);
    }
    if (a.s_rvalid != 0) {
      SAME(s_rresp);
      SAME(s_rdata);
    }
    if (a.m_awvalid != 0) {
      SAME(m_awid);
      SAME(m_awaddr);
      SAME(m_awlen);
    }
    if (a.m_wvalid != 0) {
      SAME(m_wlast);
      SAME(m_wstrb);
      for (unsigned i = 0; kFunctional && i < a.m_wdata.size(); ++i) {
        const uint32_t mask = byte_mask(a.m_wstrb >> 4 * i);
        const std::string name = "m_wdata[" + std::to_string(i) + "]";
        compare(name.c_str(), a.m_wdata[i] & mask, b.m_wdata[i] & mask);
      }
    }
    if (a.m_arvalid != 0) {
      SAME(m_arid);
      SAME(m_araddr);
      SAME(m_arlen);
    }
#undef SAME
  }

  void compare_counters() {
    const TilePerf a = rtl_->perf(), b = twin_->perf();
#define SAME(field_) compare(#field_, a.field_, b.field_)
    SAME(busy);
    SAME(array);
    SAME(wait_load);
    SAME(wait_store);
    SAME(wait_wgt);
    SAME(wait_cmd);
    SAME(rd_beats);
    SAME(wr_beats);
    SAME(started);
    SAME(completed);
    SAME(running_tag);
    SAME(done_tag);
    SAME(done_status);
#undef SAME
  }

  const char *const name_;
  const unsigned number_;
#ifdef HB_WAVES
  std::unique_ptr<LockstepWave> wave_;  // outlives its model
#endif
  std::unique_ptr<TileModelIf> rtl_;
  const std::unique_ptr<TileModelIf> twin_;
  uint64_t cycle_ = 0, allowed_ = 0, skipped_ = 0;
  TileIn steady_;  // of the cycles that are skipped
};

/* Makers have no argument: one for each place in the table. */
template <unsigned Index>
std::unique_ptr<TileModelIf> make() {
  return std::make_unique<Lockstep>(*verilated_tile_info(Index));
}

constexpr unsigned kMaxModels = 16;

template <unsigned... Index>
std::vector<TileModelInfo> make_table(std::integer_sequence<unsigned, Index...>) {
  std::unique_ptr<TileModelIf> (*const makers[])() = {make<Index>...};
  std::vector<TileModelInfo> table;
  for (unsigned i = 0; i < kMaxModels && verilated_tile_info(i) != nullptr; ++i) {
    table.push_back(*verilated_tile_info(i));
    table.back().make = makers[i];
  }
  return table;
}

}  // namespace

const TileModelInfo *tile_model_info(unsigned index) {
  static const std::vector<TileModelInfo> table =
      make_table(std::make_integer_sequence<unsigned, kMaxModels>());
  return index < table.size() ? &table[index] : nullptr;
}

}  // namespace hb
