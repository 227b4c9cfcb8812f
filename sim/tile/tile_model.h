/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One accelerator tile as seen at its boundary: AXI4-Lite subordinate, 128-bit AXI4 manager, irq, idle.
 *
 * A cycle is: read outputs() (they depend on state only, never on this cycle's inputs), decide the
 * inputs, call clock(inputs). After it outputs() shows the next cycle. A handshake happens in the cycle
 * where valid (one side) and ready (the other) are both 1. When outputs().idle is 1 and all inputs are
 * inactive, clock() changes nothing and may be skipped. Bursts of the manager are incrementing, of 1 to 256 whole 16-byte
 * beats, and do not cross a 4 KiB boundary.
 */

#ifndef HB_SIM_TILE_TILE_MODEL_H_
#define HB_SIM_TILE_TILE_MODEL_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

class VerilatedContext;
class VerilatedFstC;

namespace hb {

using Beat = std::array<uint32_t, 4>;  // 128 bits, word 0 holds bytes 0..3

struct TileIn {
  // AXI4-Lite subordinate
  uint32_t s_awaddr = 0, s_wdata = 0, s_araddr = 0;
  uint8_t s_awvalid = 0, s_wvalid = 0, s_wstrb = 0, s_bready = 0, s_arvalid = 0, s_rready = 0;
  // AXI4 manager
  uint8_t m_awready = 0, m_wready = 0, m_bvalid = 0, m_bid = 0, m_bresp = 0;
  uint8_t m_arready = 0, m_rvalid = 0, m_rid = 0, m_rresp = 0, m_rlast = 0;
  Beat m_rdata{};
};

struct TileOut {
  uint8_t s_awready = 0, s_wready = 0, s_bvalid = 0, s_bresp = 0, s_arready = 0, s_rvalid = 0, s_rresp = 0;
  uint32_t s_rdata = 0;
  uint8_t m_awvalid = 0, m_awid = 0, m_awlen = 0, m_wvalid = 0, m_wlast = 0, m_bready = 0;
  uint8_t m_arvalid = 0, m_arid = 0, m_arlen = 0, m_rready = 0;
  uint16_t m_wstrb = 0;
  uint32_t m_awaddr = 0, m_araddr = 0;
  Beat m_wdata{};
  uint8_t irq = 0, idle = 0;
};

/** Busy-cycle counters, read for traces and statistics without touching the machine. */
struct TilePerf {
  uint32_t busy = 0, array = 0, wait_load = 0, wait_store = 0, wait_wgt = 0, wait_cmd = 0;
  uint32_t rd_beats = 0, wr_beats = 0, started = 0, completed = 0;
  uint32_t running_tag = 0;            // tag of the running job
  uint32_t done_tag = 0, done_status = 0;  // COMPL_TAG/COMPL_STATUS of the newest completion
};

class TileModelIf {
 public:
  virtual ~TileModelIf() = default;
  virtual void reset() = 0;
  virtual const TileOut &outputs() const = 0;
  virtual void clock(const TileIn &in) = 0;
  /** clock() in two halves, for waveforms: after settle() every signal is that of the cycle, edge() ends it. */
  virtual void settle(const TileIn &in) { settled_ = in; }
  virtual void edge() { clock(settled_); }
  /**
   * Cycles from now on that need not be clocked: if the inputs are `in` in each of them, data of R apart, outputs() stay the
   * same in them, and may change after the last. `in` may hold R beats that are none of a burst's last, no other valid.
   * skip() goes over some of these. UINT64_MAX: as long as the inputs stay so.
   */
  virtual uint64_t quiet(const TileIn &in) const { (void)in; return 0; }
  virtual void skip(uint64_t cycles, const TileIn &in) { (void)cycles; (void)in; }
  /** Whether it looks at the data of reads with this id. */
  virtual bool reads_data(uint8_t id) const { (void)id; return true; }
  /** `started` and `completed` alone, cheap enough for every cycle. */
  virtual uint32_t jobs_started() const = 0;
  virtual uint32_t jobs_completed() const = 0;
  virtual TilePerf perf() const = 0;

 private:
  TileIn settled_;
};

/** A model that can write its signals to a waveform. */
class TracedTileIf : public TileModelIf {
 public:
  /** Adds the signals to a file that is not open yet. */
  virtual void trace(VerilatedFstC &file) = 0;
};

struct TileModelInfo {
  const char *name;  // "ws16"
  uint32_t id, caps;  // values of the ID and CAPS registers
  std::unique_ptr<TileModelIf> (*make)();
  /* The same tile as `name` in the waveforms of `context`; nullptr: this program has no such model. */
  std::unique_ptr<TracedTileIf> (*make_traced)(VerilatedContext &context, const char *name) = nullptr;
};

/** Models linked into this program, in a fixed order; nullptr past the end. */
const TileModelInfo *tile_model_info(unsigned index);

}  // namespace hb

#endif  // HB_SIM_TILE_TILE_MODEL_H_
