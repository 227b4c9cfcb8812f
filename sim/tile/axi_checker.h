/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Protocol checker for a tile's boundary, one call a cycle: AXI4 (manager) and AXI4-Lite
 * (subordinate).
 *
 * Call check() with the outputs and inputs of each cycle that is clocked; cycles in which the tile
 * is idle and untouched may be left out. It returns true while all is well. The first violation is
 * kept as text; what comes after it is not looked at. Rules (Arm IHI 0022, AMBA AXI and ACE, A3):
 * valid and its payload hold until ready; a burst is of whole beats of 16 bytes, 256 at most, and
 * stays within 4 KiB (or less, if the tile promises more); wlast and rlast mark exactly the last
 * beat; answers come only for what was asked, a write's after its last beat and its address; the
 * tile is not idle while something is outstanding.
 */

#ifndef HB_SIM_TILE_AXI_CHECKER_H_
#define HB_SIM_TILE_AXI_CHECKER_H_

#include <cstdint>
#include <cstring>
#include <string>

#include "sim/tile/tile_model.h"

namespace hb {

class AxiChecker {
 public:
  static constexpr uint32_t kPage = 4096;     // no AXI burst crosses a multiple of it
  static constexpr uint32_t kOurTiles = 256;  // nor a burst of a tile in rtl/ of this

  /** Bursts stay within `aligned_bytes`, a power of two. */
  explicit AxiChecker(uint32_t aligned_bytes = kPage) : aligned_bytes_(aligned_bytes) {}

  bool check(const TileOut &out, const TileIn &in) {
    if (failed_) return false;
    ++cycle_;
    // Holding: what was offered and not taken must still be there.
    if (waiting_ != 0) check_held(out, in);
    uint32_t waiting = 0;
    // Answers first: none may come in the cycle in which its question is accepted.
    if (in.m_rvalid != 0) {
      if (out.m_rready != 0) {
        take_read_beat(in);
      } else {
        waiting |= kR;
      }
    }
    if (in.m_bvalid != 0) {
      if (out.m_bready != 0) {
        Queue &queue = answers_[in.m_bid & 15];
        if (queue.count == 0)
          fail("B for an id without an outstanding write");
        else
          queue.pop();
        if (complete_writes_ == 0)
          fail("B before the write's address and last beat");
        else
          --complete_writes_;
      } else {
        waiting |= kB;
      }
    }
    if (out.m_arvalid != 0) {
      check_burst(out.m_araddr, out.m_arlen, "AR");
      if (in.m_arready != 0) {
        push(reads_[out.m_arid & 15], out.m_arlen, "reads");
      } else {
        waiting |= kAr;
      }
    }
    if (out.m_awvalid != 0) {
      check_burst(out.m_awaddr, out.m_awlen, "AW");
      if (in.m_awready != 0) {
        push(addresses_, out.m_awlen, "write addresses");
        push(answers_[out.m_awid & 15], out.m_awlen, "writes");
      } else {
        waiting |= kAw;
      }
    }
    if (out.m_wvalid != 0) {
      if (in.m_wready != 0) {
        take_write_beat(out);
      } else {
        waiting |= kW;
      }
    }
    match_writes();
    check_lite(out, in, waiting);
    if (out.idle != 0 && (outstanding() || (waiting & (kAr | kAw | kW)) != 0)) {
      fail("idle while an AXI access is outstanding");
    }
    waiting_ = waiting;
    if (waiting != 0) {
      last_out_ = out;
      last_in_ = in;
    }
    return !failed_;
  }

  /** As many calls of check() with the same outputs and inputs as the last one, data apart, of
   * which no R or W beat is a burst's last. */
  bool repeat(uint64_t cycles, const TileOut &out, const TileIn &in) {
    if (failed_) return false;
    cycle_ += cycles;
    const auto beats = static_cast<unsigned>(cycles);
    if (in.m_rvalid != 0 && out.m_rready != 0) {
      Queue &queue = reads_[in.m_rid & 15];
      queue.beats += beats;
      if (queue.beats > queue.len[queue.head]) fail("rlast is not on the burst's last beat");
    }
    if (out.m_wvalid != 0 && in.m_wready != 0) {
      data_beats_ += beats;
      if (data_beats_ > 255) fail("W burst is longer than 256 beats");
      match_writes();
    }
    return !failed_;
  }

  /** Nothing is under way on the manager port. */
  bool quiet() const { return !outstanding() && (waiting_ & (kAr | kAw | kW)) == 0; }

  /** The first violation, "" if none: "cycle C: text", cycles counted in calls. */
  const std::string &violation() const { return violation_; }

 private:
  enum : uint32_t {
    kAr = 1,
    kAw = 2,
    kW = 4,
    kR = 8,
    kB = 16,
    kLiteAw = 32,
    kLiteW = 64,
    kLiteB = 128,
    kLiteAr = 256,
    kLiteR = 512,
  };

  struct Queue {
    static constexpr unsigned kDepth = 64;
    uint8_t len[kDepth] = {};  // AxLEN
    unsigned head = 0, count = 0, beats = 0;
    void pop() {
      head = (head + 1) % kDepth;
      --count;
      beats = 0;
    }
  };

  bool outstanding() const {
    if (addresses_.count != 0 || data_.count != 0 || data_beats_ != 0 || complete_writes_ != 0)
      return true;
    for (const Queue &queue : reads_) {
      if (queue.count != 0) return true;
    }
    for (const Queue &queue : answers_) {
      if (queue.count != 0) return true;
    }
    return false;
  }

  void fail(const char *text) {
    if (failed_) return;
    failed_ = true;
    violation_ = "cycle " + std::to_string(cycle_) + ": " + text;
  }

  void push(Queue &queue, uint8_t len, const char *what) {
    if (queue.count == Queue::kDepth) {
      fail((std::string("more outstanding ") + what + " than the checker can follow").c_str());
      return;
    }
    queue.len[(queue.head + queue.count++) % Queue::kDepth] = len;
  }

  void check_burst(uint32_t addr, uint8_t len, const char *channel) {
    const uint32_t bytes = (uint32_t{len} + 1) * 16;
    if (addr % 16 != 0)
      fail((std::string(channel) + " address is not a multiple of the bus width").c_str());
    if ((addr & (aligned_bytes_ - 1)) + bytes > aligned_bytes_)
      fail((std::string(channel) + " burst crosses a " + std::to_string(aligned_bytes_) +
            "-byte boundary")
               .c_str());
  }

  void take_write_beat(const TileOut &out) {
    ++data_beats_;
    if (out.m_wlast != 0) {
      push(data_, static_cast<uint8_t>(data_beats_ - 1), "write bursts");
      data_beats_ = 0;
    } else if (data_beats_ > 255) {
      fail("W burst is longer than 256 beats");
    }
  }

  /* Pairs addresses with complete data, in order: the tile does not interleave. */
  void match_writes() {
    while (addresses_.count != 0 && data_.count != 0) {
      if (addresses_.len[addresses_.head] != data_.len[data_.head]) {
        fail("wlast is not on the burst's last beat");
      }
      addresses_.pop();
      data_.pop();
      ++complete_writes_;
    }
    // Of a burst with an address, beats so far without wlast: at least one is to come.
    if (data_beats_ != 0 && addresses_.count != 0 &&
        data_beats_ > addresses_.len[addresses_.head]) {
      fail("wlast is not on the burst's last beat");
    }
  }

  void take_read_beat(const TileIn &in) {
    Queue &queue = reads_[in.m_rid & 15];
    if (queue.count == 0) {
      fail("R for an id without an outstanding read");
      return;
    }
    const bool last = queue.beats == queue.len[queue.head];
    if (last != (in.m_rlast != 0)) fail("rlast is not on the burst's last beat");
    ++queue.beats;
    if (last) queue.pop();
  }

  void check_lite(const TileOut &out, const TileIn &in, uint32_t &waiting) {
    if ((in.s_awvalid | in.s_wvalid | in.s_arvalid | out.s_bvalid | out.s_rvalid) == 0) return;
    if (out.s_bvalid != 0) {
      if (lite_aw_ == 0 || lite_w_ == 0) fail("AXI4-Lite B without a write");
      if (in.s_bready != 0) {
        --lite_aw_;
        --lite_w_;
      } else
        waiting |= kLiteB;
    }
    if (out.s_rvalid != 0) {
      if (lite_ar_ == 0) fail("AXI4-Lite R without a read");
      if (in.s_rready != 0)
        --lite_ar_;
      else
        waiting |= kLiteR;
    }
    if (in.s_awvalid != 0) {
      if (out.s_awready != 0)
        ++lite_aw_;
      else
        waiting |= kLiteAw;
    }
    if (in.s_wvalid != 0) {
      if (out.s_wready != 0)
        ++lite_w_;
      else
        waiting |= kLiteW;
    }
    if (in.s_arvalid != 0) {
      if (out.s_arready != 0)
        ++lite_ar_;
      else
        waiting |= kLiteAr;
    }
  }

  void check_held(const TileOut &out, const TileIn &in) {
    const TileOut &o = last_out_;
    const TileIn &i = last_in_;
    if ((waiting_ & kAr) != 0 && (out.m_arvalid == 0 || out.m_araddr != o.m_araddr ||
                                  out.m_arlen != o.m_arlen || out.m_arid != o.m_arid)) {
      fail("AR changed before it was accepted");
    }
    if ((waiting_ & kAw) != 0 && (out.m_awvalid == 0 || out.m_awaddr != o.m_awaddr ||
                                  out.m_awlen != o.m_awlen || out.m_awid != o.m_awid)) {
      fail("AW changed before it was accepted");
    }
    if ((waiting_ & kW) != 0 && (out.m_wvalid == 0 || out.m_wdata != o.m_wdata ||
                                 out.m_wstrb != o.m_wstrb || out.m_wlast != o.m_wlast)) {
      fail("W changed before it was accepted");
    }
    if ((waiting_ & kR) != 0 &&
        (in.m_rvalid == 0 || in.m_rdata != i.m_rdata || in.m_rid != i.m_rid ||
         in.m_rresp != i.m_rresp || in.m_rlast != i.m_rlast)) {
      fail("R changed before it was accepted");
    }
    if ((waiting_ & kB) != 0 &&
        (in.m_bvalid == 0 || in.m_bid != i.m_bid || in.m_bresp != i.m_bresp)) {
      fail("B changed before it was accepted");
    }
    if ((waiting_ & kLiteAw) != 0 && (in.s_awvalid == 0 || in.s_awaddr != i.s_awaddr)) {
      fail("AXI4-Lite AW changed before it was accepted");
    }
    if ((waiting_ & kLiteW) != 0 &&
        (in.s_wvalid == 0 || in.s_wdata != i.s_wdata || in.s_wstrb != i.s_wstrb)) {
      fail("AXI4-Lite W changed before it was accepted");
    }
    if ((waiting_ & kLiteAr) != 0 && (in.s_arvalid == 0 || in.s_araddr != i.s_araddr)) {
      fail("AXI4-Lite AR changed before it was accepted");
    }
    if ((waiting_ & kLiteB) != 0 && (out.s_bvalid == 0 || out.s_bresp != o.s_bresp)) {
      fail("AXI4-Lite B changed before it was accepted");
    }
    if ((waiting_ & kLiteR) != 0 &&
        (out.s_rvalid == 0 || out.s_rdata != o.s_rdata || out.s_rresp != o.s_rresp)) {
      fail("AXI4-Lite R changed before it was accepted");
    }
  }

  Queue reads_[16], answers_[16], addresses_, data_;
  unsigned data_beats_ = 0, complete_writes_ = 0;
  unsigned lite_aw_ = 0, lite_w_ = 0, lite_ar_ = 0;
  uint32_t aligned_bytes_;
  uint32_t waiting_ = 0;
  TileOut last_out_;
  TileIn last_in_;
  uint64_t cycle_ = 0;
  bool failed_ = false;
  std::string violation_;
};

}  // namespace hb

#endif  // HB_SIM_TILE_AXI_CHECKER_H_
