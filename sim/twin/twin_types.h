/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the units of a twin tile hand to each other: the types of rtl/hb_pkg.sv, and the queue of
 * rtl/common/hb_fifo.sv.
 *
 * A unit is one module of the RTL, timing only. Every unit has the same shape:
 *
 *   wires: const functions of its registers, and of other units' wires given as arguments;
 *   edge(): the clock edge that ends the cycle, with the same wires;
 *   quiet(): how many cycles may be skipped. In each of them, if nothing comes in that is not there
 *            now, the unit takes, pushes, answers and shows at the boundary what it does now, and
 *            changes no register that a later cycle depends on but those that skip() moves on.
 *            Beats that follow each other, of a LOAD or a STORE, do come in or go out.
 *            0: the next cycle must be clocked. kForever: until something comes in.
 *   skip(n): n such cycles, n <= quiet().
 *
 * So a tile that does the same for long is not clocked: sim/twin/README.md.
 */

#ifndef HB_SIM_TWIN_TWIN_TYPES_H_
#define HB_SIM_TWIN_TWIN_TYPES_H_

#include <array>
#include <cstdint>

#include "hilbert/hb_tile_regs.h"
#include "sim/tile/tile_model.h"

namespace hb::twin {

constexpr uint64_t kForever = UINT64_MAX;

// rtl/hb_pkg.sv
constexpr uint8_t kIdFetch = 0, kIdLoad = 1, kIdStore = 2;
constexpr uint32_t kIndexMask = 0xfffff;
constexpr unsigned kJobQueueDepth = 4, kComplQueueDepth = 8, kCommandQueueDepth = 4,
                   kMaxOutstanding = 8;

/** What hb_tile_systolic and hb_tile_vector are built with. */
struct Params {
  uint32_t kind = HB_TILE_KIND_WS;
  unsigned n = 16;  // array dimension, or lanes
  unsigned ifm_words = 0, wgt_words = 0, prm_words = 0, acc_rows = 0;
};

struct Fault {
  uint8_t code = 0;
  uint32_t index = 0;
};

struct Job {
  uint32_t len = 0, prog = 0, tag = 0;
  std::array<uint32_t, 4> base{};
};

struct Completion {
  uint32_t tag = 0;
  Fault status;
  uint32_t cycles = 0;
};

/* Descriptors: the fields that timing depends on, and those that computing needs. */
struct LoadDesc {
  uint32_t addr = 0, row_pitch = 0, plane_pitch = 0;
  uint16_t beats = 0, rows = 0, planes = 0, dst = 0, total = 0;
  uint8_t mem = 0, wait_mask = 0, push_mask = 0;
  uint32_t index = 0;
};

struct StoreDesc {
  uint32_t addr = 0, row_pitch = 0;
  uint16_t acc = 0, prm = 0, beats = 0, rows = 0, total = 0;
  bool raw = false, y_signed = false, half = false;
  uint8_t y_zp = 0, clip_min = 0, clip_max = 0, wait_mask = 0, push_mask = 0;
  uint32_t index = 0;
};

struct ExecDesc {
  uint16_t kt_addr = 0, tap_addr = 0, taprow_addr = 0;
  int32_t base_y = 0, base_x = 0, org_x = 0;
  uint16_t plane_pitch = 0, row_step = 0, tap_step = 0, in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  uint8_t stride_y = 0, stride_x = 0, dil_y = 0, dil_x = 0, ker_w = 0, s0 = 0;
  uint16_t k_c = 0, c0 = 0, k_count = 0, wgt = 0, acc = 0;
  uint8_t x_zp = 0, w_zp = 0, wait_mask = 0, push_mask = 0;
  bool init = false, x_signed = false, w_signed = false, half = false;
};

/* VEC and STAT, as vec_desc_t of rtl/hb_pkg.sv. */
struct VecDesc {
  bool is_stat = false;
  uint8_t fn = 0;
  uint16_t addr = 0;
  int32_t org_y = 0, org_x = 0;
  uint16_t plane_pitch = 0, row_step = 0, tap_step = 0, in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  uint8_t stride_y = 0, stride_x = 0, dil_y = 0, dil_x = 0, ker_h = 0, ker_w = 0;
  uint16_t k_c = 0, wgt = 0, acc = 0, acc_dy = 0, stat = 0, m0 = 0, m1 = 0;
  uint8_t acc_dx = 0, lanes = 0, rot = 0, x_zp = 0, x2_zp = 0;
  uint32_t eps = 0;
  /* vec_flags_t */
  bool acc_flag = false, x_signed = false, w_signed = false, half = false, lookup = false,
       offset = false, scale = false, across = false, lane = false;
  uint8_t wait_mask = 0, push_mask = 0;
};

/** hb_fifo: Depth entries, registered output, one cycle of latency, ready by state only. */
template <class T, unsigned Depth>
class Fifo {
 public:
  bool in_ready() const { return count_ != Depth - 1; }
  bool out_valid() const { return out_valid_; }
  const T &out() const { return out_; }
  bool empty() const { return !out_valid_; }
  unsigned level() const { return count_ + (out_valid_ ? 1 : 0); }

  /* The clock edge. in: nullptr if in_valid is 0. */
  void edge(bool clear, const T *in, bool out_ready) {
    if (in == nullptr && !out_valid_) {
      return;
    }
    if (clear) {
      out_valid_ = false;
      read_ = count_ = 0;
      return;
    }
    const bool room = count_ != Depth - 1;
    if (!out_valid_ || out_ready) {
      out_valid_ = in != nullptr || count_ != 0;
      if (count_ != 0) {
        out_ = memory_[read_];
        read_ = next(read_);
        --count_;
        if (in != nullptr && room) {
          put(*in);
        }
      } else if (in != nullptr) {
        out_ = *in;
      }
    } else if (in != nullptr && room) {
      put(*in);
    }
  }

 private:
  static unsigned next(unsigned place) { return place + 1 == Depth - 1 ? 0 : place + 1; }
  void put(const T &value) {
    unsigned place = read_ + count_;
    memory_[place >= Depth - 1 ? place - (Depth - 1) : place] = value;
    ++count_;
  }

  std::array<T, Depth - 1> memory_{};
  T out_{};
  bool out_valid_ = false;
  unsigned read_ = 0, count_ = 0;  // of the memory, behind the output register
};

/** What a core does in a cycle, for the counters and the tile's other units. */
struct CoreWires {
  uint8_t take = 0, push = 0;  // tokens: of the command that starts; E2L of the one that has ended
  bool done = false, done_push = false;  // the last row of a command is written; it pushes E2S
  bool pixel = false;                    // counted as array
  bool active = false;                   // hb_perf's exec_active_i
  bool progress =
      false;  // of what feeds the watchdog: step, term or a row of STAT; done is counted by itself
  bool waits_load = false, waits_store = false;
  bool start = false;  // a command leaves the queue
};

/** What a core did while it was skipped. */
struct CoreSkipped {
  uint64_t pixel = 0, waits_load = 0, waits_store = 0,
           active = 0;  // cycles, as hb_perf counts: each in one
  uint64_t since_progress =
      0;  // cycles behind the last one with progress; all of them if there was none
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_TYPES_H_
