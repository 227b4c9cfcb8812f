/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A Verilated tile behind TileModelIf: what verilated_tile.cpp.in makes a model of.
 *
 * One clock() is one evaluation of a rising edge. Outputs are copied after it; wide ones only while
 * they are valid. A tile that does not compile here lacks a port of the boundary (rtl/README.md).
 */

#ifndef HB_SIM_TILE_VERILATED_TILE_MODEL_H_
#define HB_SIM_TILE_VERILATED_TILE_MODEL_H_

#include <verilated.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "hilbert/hb_tile_regs.h"
#include "sim/tile/tile_model.h"

#ifdef HB_COVERAGE
#include <unistd.h>
#include <verilated_cov.h>
#endif

namespace hb {

template <class Traits, class Base = TileModelIf>
class VerilatedTile : public Base {
 public:
  VerilatedTile()
      : own_context_(std::make_unique<VerilatedContext>()),
        context_(*own_context_),
        model_(&seeded(context_)) {}
  VerilatedTile(VerilatedContext &context, const char *name)
      : context_(context), model_(&seeded(context), name) {}
  ~VerilatedTile() override {
    // The model takes leave of the thread's context, which may be a tile's that is gone.
    Verilated::threadContextp(&context_);
    model_.final();
#ifdef HB_COVERAGE
    write_coverage();
#endif
  }

  void reset() override {
    drive(TileIn{});
    model_.clk_i = 0;
    for (const int level : {1, 0, 1}) {
      model_.rst_ni = static_cast<uint8_t>(level);
      model_.eval();
      if (level != 0) continue;
      model_.clk_i = 1;  // for a tile with synchronous reset
      model_.eval();
      model_.clk_i = 0;
      model_.eval();
    }
    sample();
    doorbells_ = pops_ = tag_ = 0;
    have_addr_ = have_data_ = false;
  }

  const TileOut &outputs() const override {
    return out_;
  }

  void clock(const TileIn &in) override {
    if constexpr (!Traits::kHasPerf) watch(in);
    drive(in);
    Traits::clock(model_);
    sample();
  }

  uint32_t jobs_started() const override {
    return Traits::kHasPerf ? Traits::started(model_) : doorbells_;
  }
  uint32_t jobs_completed() const override {
    return Traits::kHasPerf ? Traits::completed(model_) : pops_;
  }
  TilePerf perf() const override {
    TilePerf perf = Traits::perf(model_);
    if constexpr (!Traits::kHasPerf) {
      perf.started = doorbells_;
      perf.completed = pops_;
      perf.running_tag = tag_;
      perf.done_tag = tag_;
    }
    return perf;
  }

 protected:
#ifdef HB_COVERAGE
  /* One file a model and process, for scripts/coverage to add up. */
  void write_coverage() {
    const char *folder = std::getenv("HB_COVERAGE_DIR");
    if (folder == nullptr) return;
    static unsigned number = 0;
    const std::string name = std::string(folder) + "/" + std::to_string(getpid()) + "_" +
                             Traits::kName + "_" + std::to_string(number++) + ".dat";
    context_.coveragep()->write(name.c_str());
  }
#endif

  /* Models built with random start values get the same ones in every run: those of HB_START_SEED,
   * 1 .. 2^31 - 1. */
  static VerilatedContext &seeded(VerilatedContext &context) {
    long seed = 1;
#ifdef HB_RANDOM_START
    if (const char *text = std::getenv("HB_START_SEED"); text != nullptr) {
      char *end = nullptr;
      seed = std::strtol(text, &end, 10);
      if (end == text || *end != '\0' || seed < 1 || seed > INT32_MAX) {
        std::fprintf(stderr, "HB_START_SEED is \"%s\", expected 1 .. %d\n", text, INT32_MAX);
        std::exit(2);
      }
    }
#endif
    context.randReset(2);
    context.randSeed(static_cast<int>(seed));
    return context;
  }

  /* Doorbells and popped completions, seen as register writes: address and data may come apart. */
  void watch(const TileIn &in) {
    if (in.s_awvalid != 0 && out_.s_awready != 0) {
      waddr_ = in.s_awaddr;
      have_addr_ = true;
    }
    if (in.s_wvalid != 0 && out_.s_wready != 0) {
      wdata_ = in.s_wdata;
      have_data_ = true;
    }
    if (!have_addr_ || !have_data_) return;
    have_addr_ = have_data_ = false;
    if (waddr_ == HB_TILE_REG_JOB_TAG) {
      ++doorbells_;
      tag_ = wdata_;
    }
    if (waddr_ == HB_TILE_REG_COMPL_POP && (wdata_ & 1) != 0) ++pops_;
  }

  void drive(const TileIn &in) {
    model_.s_axil_awvalid = in.s_awvalid;
    model_.s_axil_awaddr = static_cast<uint16_t>(in.s_awaddr);
    model_.s_axil_wvalid = in.s_wvalid;
    model_.s_axil_wdata = in.s_wdata;
    model_.s_axil_wstrb = in.s_wstrb;
    model_.s_axil_bready = in.s_bready;
    model_.s_axil_arvalid = in.s_arvalid;
    model_.s_axil_araddr = static_cast<uint16_t>(in.s_araddr);
    model_.s_axil_rready = in.s_rready;
    model_.m_axi_awready = in.m_awready;
    model_.m_axi_wready = in.m_wready;
    model_.m_axi_bvalid = in.m_bvalid;
    model_.m_axi_bid = in.m_bid;
    model_.m_axi_bresp = in.m_bresp;
    model_.m_axi_arready = in.m_arready;
    model_.m_axi_rvalid = in.m_rvalid;
    if (in.m_rvalid != 0) {
      model_.m_axi_rid = in.m_rid;
      model_.m_axi_rresp = in.m_rresp;
      model_.m_axi_rlast = in.m_rlast;
      std::memcpy(model_.m_axi_rdata.data(), in.m_rdata.data(), sizeof in.m_rdata);
    }
  }

  void sample() {
    out_.s_awready = model_.s_axil_awready;
    out_.s_wready = model_.s_axil_wready;
    out_.s_bvalid = model_.s_axil_bvalid;
    out_.s_bresp = model_.s_axil_bresp;
    out_.s_arready = model_.s_axil_arready;
    out_.s_rvalid = model_.s_axil_rvalid;
    out_.s_rdata = model_.s_axil_rdata;
    out_.s_rresp = model_.s_axil_rresp;
    out_.m_awvalid = model_.m_axi_awvalid;
    out_.m_awid = model_.m_axi_awid;
    out_.m_awaddr = model_.m_axi_awaddr;
    out_.m_awlen = model_.m_axi_awlen;
    out_.m_wvalid = model_.m_axi_wvalid;
    if (model_.m_axi_wvalid != 0) {
      out_.m_wlast = model_.m_axi_wlast;
      out_.m_wstrb = model_.m_axi_wstrb;
      std::memcpy(out_.m_wdata.data(), model_.m_axi_wdata.data(), sizeof out_.m_wdata);
    }
    out_.m_bready = model_.m_axi_bready;
    out_.m_arvalid = model_.m_axi_arvalid;
    out_.m_arid = model_.m_axi_arid;
    out_.m_araddr = model_.m_axi_araddr;
    out_.m_arlen = model_.m_axi_arlen;
    out_.m_rready = model_.m_axi_rready;
    out_.irq = model_.irq_o;
    out_.idle = model_.idle_o;
  }

  std::unique_ptr<VerilatedContext> own_context_;
  VerilatedContext &context_;
  typename Traits::Model model_;
  TileOut out_;
  uint32_t doorbells_ = 0, pops_ = 0, tag_ = 0, waddr_ = 0, wdata_ = 0;
  bool have_addr_ = false, have_data_ = false;
};

/** Name and maker with what the tile says of itself in its registers ID and CAPS. Ends the program
 * if they cannot be read: no tile of this kind would do anything. */
inline TileModelInfo describe_tile(const char *name, std::unique_ptr<TileModelIf> (*make)()) {
  const std::unique_ptr<TileModelIf> model = make();
  model->reset();
  TileModelInfo info = {name, 0, 0, make};
  for (const auto &[offset, value] :
       {std::pair{HB_TILE_REG_ID, &info.id}, std::pair{HB_TILE_REG_CAPS, &info.caps}}) {
    TileIn in;
    in.s_arvalid = 1;
    in.s_araddr = offset;
    in.s_rready = 1;
    bool answered = false;
    for (int cycle = 0; cycle < 100 && !answered; ++cycle) {
      const TileOut out = model->outputs();
      model->clock(in);
      if (in.s_arvalid != 0 && out.s_arready != 0) in.s_arvalid = 0;
      if (out.s_rvalid != 0) {
        answered = out.s_rresp == 0;
        *value = out.s_rdata;
        if (!answered) break;
      }
    }
    if (!answered) {
      std::fprintf(stderr, "tile model %s: no answer from register 0x%03x (%s)\n", name, offset,
                   offset == HB_TILE_REG_ID ? "ID" : "CAPS");
      std::abort();
    }
  }
  return info;
}

}  // namespace hb

#endif  // HB_SIM_TILE_VERILATED_TILE_MODEL_H_
