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
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "sim/tile/verilated_tile.h"
#include "sim/twin/twin_tile.h"

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

class Lockstep final : public TileModelIf {
 public:
  explicit Lockstep(const TileModelInfo &info)
      : name_(info.name), rtl_(info.make()), twin_(make_twin(info.id, info.caps, kFunctional)) {
    if (twin_ == nullptr) {
      std::printf("%s has no twin\n", name_);
      std::exit(1);
    }
  }

  void reset() override {
    rtl_->reset();
    twin_->reset();
    allowed_ = skipped_ = 0;
    compare_outputs();
  }
  const TileOut &outputs() const override { return rtl_->outputs(); }
  uint32_t jobs_started() const override { return rtl_->jobs_started(); }
  uint32_t jobs_completed() const override { return rtl_->jobs_completed(); }
  TilePerf perf() const override { return rtl_->perf(); }

  void clock(const TileIn &in) override {
    rtl_->clock(in);
    if (skipped_ < allowed_ && !active(in)) {
      if (++skipped_ == allowed_) {
        twin_->skip(skipped_);  // after which its outputs may change
        skipped_ = allowed_ = 0;
      }
    } else {
      if (skipped_ > 0) {
        twin_->skip(skipped_);
      }
      twin_->clock(in);
      skipped_ = 0;
      allowed_ = kSkip ? twin_->quiet() : 0;
      compare_counters();
    }
    ++cycle_;
    compare_outputs();
  }

 private:
  static bool active(const TileIn &in) {
    return (in.s_awvalid | in.s_wvalid | in.s_arvalid | in.m_rvalid | in.m_bvalid) != 0;
  }

  /* Of the four bytes whose strobes are the lowest bits. */
  static uint32_t byte_mask(unsigned strobes) {
    uint32_t mask = 0;
    for (unsigned byte = 0; byte < 4; ++byte)
      mask |= (strobes >> byte & 1) != 0 ? 0xffu << 8 * byte : 0;
    return mask;
  }

  void compare(const char *what, uint64_t rtl, uint64_t twin) const {
    if (rtl != twin) {
      std::printf("%s, cycle %" PRIu64 ": %s is 0x%" PRIx64 " in the RTL, 0x%" PRIx64
                  " in its twin%s\n",
                  name_, cycle_, what, rtl, twin, skipped_ > 0 ? " (which was skipped)" : "");
      std::exit(1);
    }
  }

  void compare_outputs() const {
    const TileOut &a = rtl_->outputs(), &b = twin_->outputs();
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

  void compare_counters() const {
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
  const std::unique_ptr<TileModelIf> rtl_, twin_;
  uint64_t cycle_ = 0, allowed_ = 0, skipped_ = 0;
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
