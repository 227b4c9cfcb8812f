/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_vec.h"

#include <algorithm>

#include "hilbert/hb_cmd.h"

namespace hb::twin {

namespace {

// hb_vec_lanes, and hb_vec_result to its write: with 32 lanes another level of its tree.
constexpr unsigned kLaneStages = 5, kResultStages = 5;

// hb_vec_stat: StReadA to StShift and StWrite, a cycle each; StDivide; StRoot.
constexpr unsigned kStatRowSteps = 7, kStatDivide = 16, kStatRoot = 32;

}  // namespace

VecCore::VecCore(const Params &params)
    : way_(kLaneStages + kResultStages + (params.n == 32 ? 1 : 0)) {}

uint8_t VecCore::missing(uint8_t avail) const {
  if (busy() || !commands_.out_valid()) return 0;
  return static_cast<uint8_t>(commands_.out().wait_mask & ~avail);
}

bool VecCore::starts(uint8_t avail) const {
  if (!commands_.out_valid() || rows_left_ != 0 || terms_left_ > 1) return false;
  const Command &cmd = commands_.out();
  if ((cmd.wait_mask & ~avail) != 0) return false;
  return !cmd.reads_rows || (terms_left_ == 0 && !alive());
}

unsigned VecCore::to_done() const {
  const unsigned oldest = 31u - static_cast<unsigned>(__builtin_clz(ends_));
  return way_ - 1 - oldest;
}

CoreWires VecCore::wires(uint8_t avail, bool abort) const {
  CoreWires w;
  w.start = !abort && starts(avail);
  if (w.start) w.take = commands_.out().wait_mask;
  w.push = push_;
  w.done = done();
  w.done_push = (ends_push_ >> (way_ - 1) & 1) != 0;
  w.pixel = terms_left_ != 0;
  w.active = w.pixel || alive();
  w.progress = w.pixel || (stat_writes() && !abort);
  const uint8_t tokens = missing(avail);
  w.waits_load = (tokens & HB_CMD_TOKEN_L2E) != 0;
  w.waits_store = !w.waits_load && (tokens & HB_CMD_TOKEN_S2E) != 0;
  return w;
}

void VecCore::edge(const CoreWires &wires, bool abort, const Desc *cmd) {
  const bool cmd_done = terms_left_ == 1;
  const bool stat_end = rows_left_ == 1 && row_left_ == 1 && !abort;

  if (cmd_done) {
    push_ = push_mask_ & HB_CMD_TOKEN_E2L;
  } else {
    push_ = stat_end ? push_mask_ : 0;
  }

  if (abort) {
    terms_left_ = rows_left_ = ends_ = ends_push_ = 0;
  } else {
    const uint32_t ways = (1u << way_) - 1;
    const bool end_push = cmd_done && (push_mask_ & HB_CMD_TOKEN_E2S) != 0;
    ends_ = (ends_ << 1 | (cmd_done ? 1u : 0u)) & ways;
    ends_push_ = (ends_push_ << 1 | (end_push ? 1u : 0u)) & ways;

    first_term_ = false;
    if (terms_left_ != 0) --terms_left_;
    if (rows_left_ != 0 && --row_left_ == 0) {
      --rows_left_;
      row_left_ = period_;
    }
    if (wires.start) {
      const Command &next = commands_.out();
      push_mask_ = next.push_mask;
      if (next.is_stat) {
        rows_left_ = next.count;
        row_left_ = period_ = next.period;
      } else {
        terms_left_ = next.count;
        first_term_ = true;
      }
    }
  }

  if (cmd == nullptr) {
    commands_.edge(abort, nullptr, wires.start);
    return;
  }
  Command in;
  in.is_stat = cmd->is_stat;
  in.reads_rows = cmd->is_stat || cmd->offset || cmd->scale;
  in.wait_mask = cmd->wait_mask;
  in.push_mask = cmd->push_mask;
  if (cmd->is_stat) {
    in.count = cmd->out_w;
    in.period = kStatRowSteps + kStatDivide + ((cmd->fn & 1) != 0 ? kStatRoot : 0);
  } else {
    // The decoder has seen that a pixel's terms fit 16 bits, and its pixels the accumulator.
    in.count = uint32_t{cmd->out_h} * cmd->out_w * cmd->ker_h * cmd->ker_w * cmd->k_c;
  }
  commands_.edge(abort, &in, wires.start);
}

uint64_t VecCore::quiet(uint8_t avail) const {
  if (push_ != 0 || starts(avail)) return 0;
  if (rows_left_ != 0) return uint64_t{rows_left_ - 1} * period_ + row_left_ - 1;
  uint64_t cycles = ends_ != 0 ? to_done() : kForever;
  if (terms_left_ != 0) {
    cycles = std::min<uint64_t>(cycles, terms_left_ - 1);
    if (!alive()) cycles = std::min<uint64_t>(cycles, 1);  // it is in the next cycle
  }
  return cycles;
}

CoreSkipped VecCore::skip(uint64_t cycles, uint8_t avail) {
  CoreSkipped skipped;
  if (cycles == 0) return skipped;
  if (rows_left_ != 0) {
    skipped.active = cycles;
    if (cycles < row_left_) {
      skipped.since_progress = cycles;
      row_left_ -= static_cast<unsigned>(cycles);
    } else {
      const uint64_t behind = cycles - row_left_;  // the end of this row
      const auto place = static_cast<unsigned>(behind % period_);
      skipped.since_progress = place;
      rows_left_ -= static_cast<uint32_t>(1 + behind / period_);
      row_left_ = period_ - place;
    }
    return skipped;
  }
  if (terms_left_ != 0) {
    skipped.pixel = cycles;
    terms_left_ -= static_cast<uint32_t>(cycles);
    first_term_ = false;
  } else {
    const uint8_t tokens = missing(avail);
    skipped.since_progress = cycles;
    if ((tokens & HB_CMD_TOKEN_L2E) != 0) {
      skipped.waits_load = cycles;
    } else if ((tokens & HB_CMD_TOKEN_S2E) != 0) {
      skipped.waits_store = cycles;
    } else if (ends_ != 0) {
      skipped.active = cycles;
    }
  }
  if (ends_ != 0) {  // then the next done limits the cycles
    ends_ <<= cycles;
    ends_push_ <<= cycles;
  }
  return skipped;
}

}  // namespace hb::twin
