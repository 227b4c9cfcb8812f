/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What WsCore and OsCore share: an EXEC as a run of steps whose length is known when it starts, and
 * the delay lines behind it as the cycles in which something leaves them.
 */

#ifndef HB_SIM_TWIN_TWIN_EXEC_H_
#define HB_SIM_TWIN_TWIN_EXEC_H_

#include <algorithm>

#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_core.h"

namespace hb::twin {

/**
 * The steps of an EXEC: groups of `length` cycles. The first `pixels` cycles of each of the last
 * `tail_groups` name a pixel; the groups before those name one in every cycle.
 */
struct ExecSteps {
  uint64_t groups = 1, tail_groups = 1;
  uint32_t length = 1, pixels = 1;

  bool ends_with_pixel() const { return pixels == length; }
};

/**
 * Array is a type with
 *   static constexpr unsigned kStages;  // cycles from a step to the update of its row, but N
 *   static ExecSteps steps(const ExecDesc &desc, unsigned n, uint32_t pixels);
 *   static bool reads_at_once(const ExecDesc &desc);  // its first step's row must be there then
 */
template <class Array>
class ExecCore {
 public:
  using Desc = ExecDesc;
  explicit ExecCore(const Params &params)
      : n_(params.n), depth_(params.n + Array::kStages), row_mask_(params.acc_rows - 1) {}

  bool cmd_ready() const { return commands_.in_ready(); }
  bool idle() const { return !commands_.out_valid() && !active_ && e2l_ == 0; }
  bool alive() const { return alive_left_ != 0; }

  CoreWires wires(uint8_t avail, bool abort) const {
    CoreWires wires;
    wires.push = e2l_;
    wires.done = lasts_ != 0 && done_left() == 0;
    wires.done_push = wires.done && last_push_[0];
    wires.pixel = active_ && place_ < pixels_of_group();
    wires.progress = active_;
    wires.active = active_ || alive();
    if (!commands_.out_valid()) return wires;
    const uint8_t missing = missing_tokens(avail);
    if (!active_) {
      wires.waits_load = (missing & HB_CMD_TOKEN_L2E) != 0;
      wires.waits_store = !wires.waits_load && (missing & HB_CMD_TOKEN_S2E) != 0;
    }
    wires.start = missing == 0 && !abort && (!active_ || (ends() && !hazard()));
    if (wires.start) wires.take = commands_.out().wait_mask;
    return wires;
  }

  void edge(const CoreWires &wires, bool abort, const ExecDesc *cmd) {
    if (wires.done) pop_last();
    ++now_;
    if (alive_left_ != 0) --alive_left_;
    const bool ended = active_ && ends();
    e2l_ = ended ? push_mask_ & HB_CMD_TOKEN_E2L : 0;
    if (abort) {
      lasts_ = 0;
      active_ = false;
    } else if (active_) {
      alive_left_ = depth_;
      if (ended) {
        push_last((push_mask_ & HB_CMD_TOKEN_E2S) != 0);
        active_ = false;
      } else if (++place_ == steps_.length) {
        place_ = 0;
        --groups_left_;
      }
    }
    if (wires.start) begin(commands_.out());
    commands_.edge(abort, cmd, wires.start);
  }

  uint64_t quiet(uint8_t avail) const {
    if (e2l_ != 0) return 0;
    uint64_t cycles = lasts_ != 0 ? done_left() : kForever;
    if (active_) {
      cycles = std::min(cycles, steps_left() - 1);
      return alive() ? cycles : std::min<uint64_t>(cycles, 1);
    }
    if (commands_.out_valid() && missing_tokens(avail) == 0) return 0;
    return alive() ? std::min<uint64_t>(cycles, alive_left_) : cycles;
  }

  CoreSkipped skip(uint64_t cycles, uint8_t avail) {
    CoreSkipped skipped;
    if (cycles == 0) return skipped;
    now_ += cycles;
    if (active_) {
      skipped.pixel = pixels_ahead(cycles);
      skipped.active = cycles - skipped.pixel;
      alive_left_ = depth_;
      const uint64_t place = place_ + cycles;
      if (place < steps_.length) {
        place_ = static_cast<uint32_t>(place);
      } else {
        groups_left_ -= place / steps_.length;
        place_ = static_cast<uint32_t>(place % steps_.length);
      }
      return skipped;
    }
    skipped.since_progress = cycles;
    const uint8_t missing = commands_.out_valid() ? missing_tokens(avail) : uint8_t{0};
    if ((missing & HB_CMD_TOKEN_L2E) != 0) {
      skipped.waits_load = cycles;
    } else if ((missing & HB_CMD_TOKEN_S2E) != 0) {
      skipped.waits_store = cycles;
    } else if (alive()) {
      skipped.active = cycles;
    }
    if (alive()) alive_left_ -= static_cast<unsigned>(cycles);
    return skipped;
  }

 private:
  uint8_t missing_tokens(uint8_t avail) const {
    return static_cast<uint8_t>(commands_.out().wait_mask & ~avail);
  }
  bool in_tail() const { return groups_left_ <= steps_.tail_groups; }
  uint32_t pixels_of_group() const { return in_tail() ? steps_.pixels : steps_.length; }
  bool ends() const { return groups_left_ == 1 && place_ == steps_.length - 1; }
  /* With this one. */
  uint64_t steps_left() const { return groups_left_ * steps_.length - place_; }

  /* The next command would read the row that this cycle names: it could not be read back yet. */
  bool hazard() const {
    const ExecDesc &next = commands_.out();
    return steps_.ends_with_pixel() && last_row_ == (next.acc & row_mask_) &&
           Array::reads_at_once(next);
  }

  void begin(const ExecDesc &desc) {
    // Counters of AccBits + 1 bits in the RTL.
    const uint32_t size_mask = 2 * row_mask_ + 1;
    const uint32_t pixels =
        (((desc.out_h - 1u) & size_mask) + 1) * (((desc.out_w - 1u) & size_mask) + 1);
    steps_ = Array::steps(desc, n_, pixels);
    groups_left_ = steps_.groups;
    place_ = 0;
    last_row_ = (desc.acc + pixels - 1) & row_mask_;
    push_mask_ = desc.push_mask;
    active_ = true;
  }

  /* Of that many cycles from this one on, those with a pixel. */
  uint64_t pixels_ahead(uint64_t cycles) const {
    uint64_t place = place_, full = 0;
    if (!in_tail()) {
      const uint64_t before = (groups_left_ - steps_.tail_groups) * steps_.length - place_;
      if (cycles <= before) return cycles;
      full = before;
      place = 0;
    }
    return full + pixels_before(place + cycles - full) - pixels_before(place);
  }
  /* In the tail. */
  uint64_t pixels_before(uint64_t place) const {
    if (place < steps_.length) return std::min<uint64_t>(place, steps_.pixels);
    return place / steps_.length * steps_.pixels +
           std::min<uint64_t>(place % steps_.length, steps_.pixels);
  }

  uint64_t done_left() const { return last_due_[0] - now_; }
  void push_last(bool push) {
    last_due_[lasts_] = now_ + depth_ - 1;
    last_push_[lasts_++] = push;
  }
  void pop_last() {
    for (unsigned i = 1; i < lasts_; ++i) {
      last_due_[i - 1] = last_due_[i];
      last_push_[i - 1] = last_push_[i];
    }
    --lasts_;
  }

  unsigned n_, depth_;
  uint32_t row_mask_;
  Fifo<ExecDesc, kCommandQueueDepth> commands_;
  uint64_t now_ = 0;

  /* The running command. */
  bool active_ = false;
  uint8_t push_mask_ = 0;
  ExecSteps steps_;
  uint64_t groups_left_ = 1;  // with this one
  uint32_t place_ = 0;        // in its group
  uint32_t last_row_ = 0;     // of the accumulator that it names

  /* Behind it. A command takes N cycles at least, so no more than two have ended and are not
   * written. */
  uint8_t e2l_ = 0;
  unsigned alive_left_ = 0;  // cycles
  unsigned lasts_ = 0;
  std::array<uint64_t, 3> last_due_{};
  std::array<bool, 3> last_push_{};
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_EXEC_H_
