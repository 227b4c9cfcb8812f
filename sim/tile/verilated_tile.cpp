/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The Verilated tiles behind TileModelIf, and the list of them.
 *
 * One clock() is one evaluation of a rising edge. Outputs are copied after it; wide ones only while
 * they are valid.
 */

#include <verilated.h>

#include <cstring>

#include "Vos16.h"
#include "Vos16___024root.h"
#include "Vos32.h"
#include "Vos32___024root.h"
#include "Vos8.h"
#include "Vos8___024root.h"
#include "Vws16.h"
#include "Vws16___024root.h"
#include "Vws32.h"
#include "Vws32___024root.h"
#include "Vws8.h"
#include "Vws8___024root.h"
#include "hilbert/hb_tile_regs.h"
#include "sim/tile/verilated_tile.h"

/*
 * A general eval() first finds out what changed: here it is always the clock, rising. So the two
 * parts of the generated code that answer to that are called directly, and the falling edge, at
 * which nothing happens, is not evaluated at all. bench_tile gains 15%. The names are those of one
 * release; others take the general way.
 */
#if VERILATOR_VERSION_INTEGER == 5006000
#define HB_RISING_EDGE(root_)                   \
  void root_##___eval_ico(root_ *);             \
  void root_##___eval_nba(root_ *);             \
  namespace hb {                                \
  static inline void rising_edge(root_ &root) { \
    root.__VicoTriggered.at(0) = true;          \
    root_##___eval_ico(&root);                  \
    root.__VnbaTriggered.at(0) = true;          \
    root.__VnbaTriggered.at(1) = true;          \
    root_##___eval_nba(&root);                  \
  }                                             \
  }
HB_RISING_EDGE(Vws8___024root)
HB_RISING_EDGE(Vws16___024root)
HB_RISING_EDGE(Vws32___024root)
HB_RISING_EDGE(Vos8___024root)
HB_RISING_EDGE(Vos16___024root)
HB_RISING_EDGE(Vos32___024root)
#endif

namespace hb {

namespace {

template <class Model>
class VerilatedTile final : public TileModelIf {
 public:
  VerilatedTile() : model_(&seeded(context_)) {}
  ~VerilatedTile() override { model_.final(); }

  void reset() override {
    drive(TileIn{});
    model_.clk_i = 0;
    for (const int level : {1, 0, 1}) {
      model_.rst_ni = static_cast<uint8_t>(level);
      model_.eval();
    }
    sample();
  }

  const TileOut &outputs() const override { return out_; }

  void clock(const TileIn &in) override {
    drive(in);
#if VERILATOR_VERSION_INTEGER == 5006000
    rising_edge(*model_.rootp);
#else
    model_.clk_i = 0;
    model_.eval();
    model_.clk_i = 1;
    model_.eval();
#endif
    sample();
  }

  uint32_t jobs_started() const override {
    return perf_regs().hb_tile_systolic__DOT__u_perf__DOT__started_q;
  }
  uint32_t jobs_completed() const override {
    return perf_regs().hb_tile_systolic__DOT__u_perf__DOT__completed_q;
  }

  TilePerf perf() const override {
    const auto &regs = perf_regs();
    TilePerf perf;
    perf.busy = regs.hb_tile_systolic__DOT__u_perf__DOT__busy_q;
    perf.array = regs.hb_tile_systolic__DOT__u_perf__DOT__array_q;
    perf.wait_load = regs.hb_tile_systolic__DOT__u_perf__DOT__wait_load_q;
    perf.wait_store = regs.hb_tile_systolic__DOT__u_perf__DOT__wait_store_q;
    perf.wait_wgt = regs.hb_tile_systolic__DOT__u_perf__DOT__wait_wgt_q;
    perf.wait_cmd = regs.hb_tile_systolic__DOT__u_perf__DOT__wait_cmd_q;
    perf.rd_beats = regs.hb_tile_systolic__DOT__u_perf__DOT__rd_beats_q;
    perf.wr_beats = regs.hb_tile_systolic__DOT__u_perf__DOT__wr_beats_q;
    perf.started = regs.hb_tile_systolic__DOT__u_perf__DOT__started_q;
    perf.completed = regs.hb_tile_systolic__DOT__u_perf__DOT__completed_q;
    perf.running_tag = regs.hb_tile_systolic__DOT__u_perf__DOT__running_tag_q;
    perf.done_tag = regs.hb_tile_systolic__DOT__u_perf__DOT__done_tag_q;
    perf.done_status = regs.hb_tile_systolic__DOT__u_perf__DOT__done_status_q;
    return perf;
  }

 private:
  /* Models built with random start values get the same ones in every run. */
  static VerilatedContext &seeded(VerilatedContext &context) {
    context.randReset(2);
    context.randSeed(1);
    return context;
  }

  const auto &perf_regs() const {
    return *model_.rootp;
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

  VerilatedContext context_;
  Model model_;
  TileOut out_;
};

template <class Model>
std::unique_ptr<TileModelIf> make() {
  return std::make_unique<VerilatedTile<Model>>();
}

constexpr uint32_t id(uint32_t kind, uint32_t n) {
  return kind << HB_TILE_ID_KIND_LSB | n << HB_TILE_ID_SIZE_LSB | HB_TILE_MAP_VERSION;
}

/* The default memories of hb_tile_systolic.sv; a test compares both words with the registers. */
constexpr uint32_t caps(uint32_t ifm_kib, uint32_t wgt_kib) {
  return ifm_kib << HB_TILE_CAPS_IFM_KIB_LSB | wgt_kib << HB_TILE_CAPS_WGT_KIB_LSB |
         8u << HB_TILE_CAPS_PRM_KIB_LSB | 10u << HB_TILE_CAPS_ACC_LOG2_LSB;
}
constexpr uint32_t kCaps = caps(128, 64), kCaps32 = caps(256, 128);

constexpr TileModelInfo kModels[] = {
    {"ws8", id(HB_TILE_KIND_WS, 8), kCaps, make<Vws8>},
    {"ws16", id(HB_TILE_KIND_WS, 16), kCaps, make<Vws16>},
    {"ws32", id(HB_TILE_KIND_WS, 32), kCaps32, make<Vws32>},
    {"os8", id(HB_TILE_KIND_OS, 8), kCaps, make<Vos8>},
    {"os16", id(HB_TILE_KIND_OS, 16), kCaps, make<Vos16>},
    {"os32", id(HB_TILE_KIND_OS, 32), kCaps32, make<Vos32>},
};

}  // namespace

const TileModelInfo *verilated_tile_info(unsigned index) {
  return index < std::size(kModels) ? &kModels[index] : nullptr;
}

}  // namespace hb
