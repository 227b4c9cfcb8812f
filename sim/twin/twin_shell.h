/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What every tile has around its engines: registers, job control, command fetch, tokens, the load
 * engine, the arbiter of read addresses, counters. One class per module of rtl/tile/.
 */

#ifndef HB_SIM_TWIN_TWIN_SHELL_H_
#define HB_SIM_TWIN_TWIN_SHELL_H_

#include "sim/twin/twin_types.h"

namespace hb::twin {

/** hb_perf: TilePerf has its registers. */
struct Perf {
  TilePerf count;
  struct In {
    bool clear, busy, started, completed, rd_beat, wr_beat;
    const Completion *completion;
    uint32_t tag;
  };
  void edge(const In &in, const CoreWires &core);
  void skip(uint64_t cycles, const CoreSkipped &core, bool reads, bool writes);
};

/** hb_tile_regs: the AXI4-Lite side, the queue of jobs and that of completions. */
class Regs {
 public:
  Regs(uint32_t id, uint32_t caps) : id_(id), caps_(caps) {}

  void show(TileOut &out) const;
  bool quiet() const { return !aw_held_ && !w_held_ && !bvalid_ && !ar_held_ && !rvalid_; }
  bool job_valid() const { return jobs_.out_valid(); }
  const Job &job() const { return jobs_.out(); }
  bool compl_ready() const { return completions_.in_ready(); }
  bool soft_reset() const { return soft_reset_; }
  uint32_t watchdog() const { return watchdog_; }

  struct In {
    const TileIn *axi;
    bool job_take, flush, busy;
    const Completion *completion;  // nullptr: compl_valid is 0
    const TilePerf *perf;
  };
  void edge(const In &in);

 private:
  void write(bool ring_ok);
  void read(const In &in);

  const uint32_t id_, caps_;
  bool aw_held_ = false, w_held_ = false, bvalid_ = false, ar_held_ = false, rvalid_ = false;
  uint32_t awaddr_ = 0, wdata_ = 0, araddr_ = 0, rdata_ = 0;
  uint8_t wstrb_ = 0, bresp_ = 0, rresp_ = 0;
  bool irq_en_ = false, soft_reset_ = false, overrun_ = false;
  uint32_t prog_ = 0, len_ = 0, watchdog_ = 0;
  std::array<uint32_t, 4> base_{};
  Fifo<Job, kJobQueueDepth> jobs_;
  Fifo<Completion, kComplQueueDepth> completions_;
  unsigned job_level_ = 0, compl_level_ = 0;
};

/** hb_tile_ctl: one job from its queue to its completion. */
class Control {
 public:
  enum class State : uint8_t { kIdle, kCheck, kStart, kRun, kAbort, kDone };

  State state() const { return state_; }
  bool job_take(const Regs &regs) const {
    return state_ == State::kIdle && !regs.soft_reset() && regs.job_valid() && regs.compl_ready();
  }
  bool quiet(const Regs &regs) const {
    return state_ == State::kIdle && !regs.soft_reset() &&
           !(regs.job_valid() && regs.compl_ready());
  }
  bool busy() const { return state_ != State::kIdle; }
  bool first() const { return state_ == State::kCheck; }
  bool start() const { return state_ == State::kStart; }
  bool abort() const { return state_ == State::kAbort; }
  bool compl_valid(const Regs &regs) const { return state_ == State::kDone && !regs.soft_reset(); }
  Completion completion() const { return {job_.tag, fault_, cycles_}; }
  bool flush(const Regs &regs) const {
    return regs.soft_reset() && (state_ == State::kIdle || state_ == State::kDone);
  }
  const Job &job() const { return job_; }

  struct In {
    bool end, all_idle, progress;
    bool decode_fault, load_fault, store_fault;
    Fault decode_status;
    uint32_t load_index, store_index;
  };
  void edge(const Regs &regs, const In &in);

  /** Cycles of a running job until the watchdog could bark, if something or nothing makes progress.
   */
  uint64_t quiet(uint32_t watchdog, bool progress) const {
    return watchdog == 0        ? kForever
           : stuck_ >= watchdog ? 0
           : progress           ? kForever
                                : watchdog - stuck_;
  }
  void skip(uint64_t cycles, uint64_t since_progress);

 private:
  uint8_t wrong() const;

  State state_ = State::kIdle;
  Job job_;
  Fault fault_;
  uint32_t cycles_ = 0, stuck_ = 0;
};

/** hb_tokens. */
class Tokens {
 public:
  uint8_t avail() const { return avail_; }
  void edge(bool clear, uint8_t push, uint8_t take);

 private:
  std::array<uint32_t, 4> count_{};
  uint8_t avail_ = 0;
};

/** A read address on its way out, of hb_cmd_fetch or hb_load_engine. */
struct Address {
  bool valid = false;
  uint32_t addr = 0;
  uint8_t len = 0;
};

/** hb_axi_ar_arb. */
class Arbiter {
 public:
  bool free(bool arready) const { return !out_.valid || arready; }
  const Address &out() const { return out_; }
  uint8_t id() const { return id_; }
  void edge(bool arready, const Address &fetch, const Address &load);

 private:
  Address out_;
  uint8_t id_ = 0;
};

/** hb_cmd_fetch. */
class Fetch {
 public:
  struct Command {
    Beat beat;
    bool error;
  };

  bool quiet() const { return !running_ && outstanding_ == 0; }
  const Address &address() const { return ar_; }
  const Command *beat() const { return buffer_.out_valid() ? &buffer_.out() : nullptr; }

  struct In {
    bool start, stop;
    const Job *job;
    bool ar_ready;
    const TileIn *axi;  // nullptr: no beat of mine
    bool beat_ready;
  };
  void edge(const In &in);

  /** Whether the next cycle may do something by itself. */
  bool eager(bool stop, bool ar_ready) const {
    return (ar_.valid && ar_ready) || (running_ && (stop || (!ar_.valid && can_issue())));
  }

 private:
  static constexpr unsigned kBufferBeats = 32, kMaxBursts = 7;
  unsigned burst() const;
  bool can_issue() const {
    return left_ != 0 && outstanding_ != kMaxBursts && reserved_ + burst() * 4 <= kBufferBeats;
  }

  bool running_ = false;
  uint32_t addr_ = 0, left_ = 0;
  unsigned reserved_ = 0, outstanding_ = 0;
  Address ar_;
  Fifo<Command, kBufferBeats> buffer_;
};

/** hb_load_engine. */
class Load {
 public:
  bool cmd_ready() const { return commands_.in_ready(); }
  bool idle() const {
    return commands_.empty() && !active_ && flights_.empty() && !writing_ && outstanding_ == 0;
  }
  const Address &address() const { return ar_; }

  struct Wires {
    bool start = false, write = false, last_word = false;
    uint8_t take = 0, push = 0;
    uint8_t mem = 0;  // write: where to
    uint32_t word = 0;
    bool fault = false;
    uint32_t fault_index = 0;
  };
  /** axi: nullptr: no beat of mine. */
  Wires wires(uint8_t avail, bool abort, const TileIn *axi) const;

  struct In {
    bool abort;
    const LoadDesc *cmd;  // nullptr: cmd_valid is 0
    bool ar_ready;
    const TileIn *axi;
  };
  void edge(const Wires &wires, const In &in);

  /** Whether the next cycle may do something by itself but ask for bursts. */
  bool eager(uint8_t avail) const { return (!flights_.empty() && !writing_) || can_start(avail); }
  /** Whether the next cycle makes another address. */
  bool asks() const { return active_ && outstanding_ != kMaxOutstanding && !ar_.valid; }
  /** Cycles until an address may have got to the arbiter or the next command may start. An address
   * is made in one cycle and goes to the arbiter, if that is free, in the next. */
  uint64_t quiet_address(bool ar_free) const {
    if (!asks()) return ar_.valid && ar_free ? 1 : kForever;
    return commands_.out_valid() && is_last_burst() ? 1 : ar_free ? 2 : kForever;
  }
  /** What edge() does to addresses in a cycle that starts no command and has no burst's last beat.
   */
  void edge_address(bool ar_ready);
  /** Beats, none of a burst's last, that change nothing but which word the next one is. */
  uint64_t quiet_reading() const { return writing_ ? words_left_ : 0; }
  void skip_reading(uint64_t beats) { words_left_ = static_cast<uint16_t>(words_left_ - beats); }

 private:
  struct Flight {
    uint32_t index;
    uint16_t total, dst;
    uint8_t push_mask, mem;
  };
  bool can_start(uint8_t avail) const {
    return commands_.out_valid() && !active_ && flights_.in_ready() &&
           (commands_.out().wait_mask & ~avail) == 0;
  }
  unsigned burst() const {
    const unsigned burst = 16 - (addr_ >> 4 & 0xf);
    return left_ < burst ? left_ : burst;
  }
  bool is_last_burst() const { return left_ == burst() && rows_left_ == 1 && planes_left_ == 1; }
  void issue_burst();

  Fifo<LoadDesc, kCommandQueueDepth> commands_;
  bool active_ = false;
  LoadDesc cmd_;  // the one being asked for
  uint32_t addr_ = 0, row_addr_ = 0, plane_addr_ = 0;
  uint16_t left_ = 0, rows_left_ = 0, planes_left_ = 0;
  unsigned outstanding_ = 0;
  Address ar_;
  Fifo<Flight, 4> flights_;
  bool writing_ = false;
  Flight writing_now_{};
  uint16_t words_left_ = 0;
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_SHELL_H_
