/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_shell.h"

namespace hb::twin {

namespace {

constexpr uint8_t kOkay = 0, kSlvErr = 2;
constexpr uint32_t kValid = 1u << 31;

uint32_t status_word(const Completion &completion) {
  return kValid | (completion.status.index & kIndexMask) << 8 | completion.status.code;
}

uint32_t merged(uint32_t old, uint32_t data, uint8_t strobe) {
  uint32_t mask = 0;
  for (unsigned byte = 0; byte < 4; ++byte) {
    if ((strobe >> byte & 1) != 0) {
      mask |= 0xffu << (8 * byte);
    }
  }
  return (old & ~mask) | (data & mask);
}

}  // namespace

// --------------------------------------------------------------------------------------- counters

void Perf::edge(const In &in, const CoreWires &core) {
  if (in.clear) {
    count = TilePerf{};
    return;
  }
  if (!in.busy) {
    return;
  }
  ++count.busy;
  ++(core.pixel         ? count.array
     : core.waits_load  ? count.wait_load
     : core.waits_store ? count.wait_store
     : core.active      ? count.wait_wgt
                        : count.wait_cmd);
  count.rd_beats += in.rd_beat ? 1 : 0;
  count.wr_beats += in.wr_beat ? 1 : 0;
  if (in.started) {
    ++count.started;
    count.running_tag = in.tag;
  }
  if (in.completed) {
    ++count.completed;
    count.done_tag = in.completion->tag;
    count.done_status = status_word(*in.completion);
  }
}

void Perf::skip(uint64_t cycles, const CoreSkipped &core, bool reads, bool writes) {
  const uint64_t named = core.pixel + core.waits_load + core.waits_store + core.active;
  count.busy += static_cast<uint32_t>(cycles);
  count.array += static_cast<uint32_t>(core.pixel);
  count.wait_load += static_cast<uint32_t>(core.waits_load);
  count.wait_store += static_cast<uint32_t>(core.waits_store);
  count.wait_wgt += static_cast<uint32_t>(core.active);
  count.wait_cmd += static_cast<uint32_t>(cycles - named);
  count.rd_beats += static_cast<uint32_t>(reads ? cycles : 0);
  count.wr_beats += static_cast<uint32_t>(writes ? cycles : 0);
}

// -------------------------------------------------------------------------------------- registers

void Regs::show(TileOut &out) const {
  out.s_awready = !aw_held_;
  out.s_wready = !w_held_;
  out.s_bvalid = bvalid_;
  out.s_bresp = bresp_;
  out.s_arready = !ar_held_;
  out.s_rvalid = rvalid_;
  out.s_rdata = rdata_;
  out.s_rresp = rresp_;
  out.irq = irq_en_ && completions_.out_valid();
}

/* The registers' own bits; queues are edge()'s. */
void Regs::write(bool ring_ok) {
  switch (awaddr_) {
    case HB_TILE_REG_CTRL:
      if ((wstrb_ & 1) != 0) {
        irq_en_ = (wdata_ >> HB_TILE_CTRL_IRQ_EN_LSB & 1) != 0;
        soft_reset_ = soft_reset_ || (wdata_ >> HB_TILE_CTRL_SOFT_RESET_LSB & 1) != 0;
      }
      break;
    case HB_TILE_REG_JOB_PROG:
      prog_ = merged(prog_, wdata_, wstrb_);
      break;
    case HB_TILE_REG_JOB_LEN:
      len_ = merged(len_, wdata_, wstrb_) & kIndexMask;
      break;
    case HB_TILE_REG_JOB_BASE0:
    case HB_TILE_REG_JOB_BASE1:
    case HB_TILE_REG_JOB_BASE2:
    case HB_TILE_REG_JOB_BASE3: {
      uint32_t &base = base_[(awaddr_ - HB_TILE_REG_JOB_BASE0) / 4];
      base = merged(base, wdata_, wstrb_);
      break;
    }
    case HB_TILE_REG_WATCHDOG:
      watchdog_ = merged(watchdog_, wdata_, wstrb_);
      break;
    case HB_TILE_REG_JOB_TAG:
      overrun_ = overrun_ || !ring_ok;
      break;
    default:
      break;
  }
}

void Regs::read(const In &in) {
  const Completion *completion = completions_.out_valid() ? &completions_.out() : nullptr;
  const TilePerf &perf = *in.perf;
  rresp_ = kOkay;
  switch (araddr_) {
    case HB_TILE_REG_ID:
      rdata_ = id_;
      break;
    case HB_TILE_REG_CAPS:
      rdata_ = caps_;
      break;
    case HB_TILE_REG_CTRL:
      rdata_ = uint32_t{soft_reset_} << 1 | uint32_t{irq_en_};
      break;
    case HB_TILE_REG_STATUS:
      rdata_ = compl_level_ << 8 | job_level_ << 4 | uint32_t{overrun_} << 2 |
               uint32_t{!jobs_.in_ready()} << 1 | uint32_t{in.busy};
      break;
    case HB_TILE_REG_JOB_PROG:
      rdata_ = prog_;
      break;
    case HB_TILE_REG_JOB_LEN:
      rdata_ = len_;
      break;
    case HB_TILE_REG_JOB_BASE0:
    case HB_TILE_REG_JOB_BASE1:
    case HB_TILE_REG_JOB_BASE2:
    case HB_TILE_REG_JOB_BASE3:
      rdata_ = base_[(araddr_ - HB_TILE_REG_JOB_BASE0) / 4];
      break;
    case HB_TILE_REG_JOB_TAG:
      rdata_ = 0;
      break;
    case HB_TILE_REG_WATCHDOG:
      rdata_ = watchdog_;
      break;
    case HB_TILE_REG_COMPL_TAG:
      rdata_ = completion == nullptr ? 0 : completion->tag;
      break;
    case HB_TILE_REG_COMPL_STATUS:
      rdata_ = completion == nullptr ? 0 : status_word(*completion);
      break;
    case HB_TILE_REG_COMPL_CYCLES:
      rdata_ = completion == nullptr ? 0 : completion->cycles;
      break;
    case HB_TILE_REG_COMPL_POP:
      rdata_ = 0;
      break;
    case HB_TILE_REG_PERF_BUSY:
      rdata_ = perf.busy;
      break;
    case HB_TILE_REG_PERF_ARRAY:
      rdata_ = perf.array;
      break;
    case HB_TILE_REG_PERF_WAIT_LOAD:
      rdata_ = perf.wait_load;
      break;
    case HB_TILE_REG_PERF_WAIT_STORE:
      rdata_ = perf.wait_store;
      break;
    case HB_TILE_REG_PERF_WAIT_WGT:
      rdata_ = perf.wait_wgt;
      break;
    case HB_TILE_REG_PERF_WAIT_CMD:
      rdata_ = perf.wait_cmd;
      break;
    case HB_TILE_REG_PERF_RD_BEATS:
      rdata_ = perf.rd_beats;
      break;
    case HB_TILE_REG_PERF_WR_BEATS:
      rdata_ = perf.wr_beats;
      break;
    case HB_TILE_REG_PERF_STARTED:
      rdata_ = perf.started;
      break;
    case HB_TILE_REG_PERF_COMPLETED:
      rdata_ = perf.completed;
      break;
    default:
      rdata_ = 0;
      rresp_ = kSlvErr;
      break;
  }
}

void Regs::edge(const In &in) {
  const TileIn &axi = *in.axi;
  if (quiet() && (axi.s_awvalid | axi.s_wvalid | axi.s_arvalid) == 0 && !in.job_take && !in.flush &&
      in.completion == nullptr) {
    return;
  }
  const bool write_now = aw_held_ && w_held_ && !bvalid_;
  const bool read_now = ar_held_ && !rvalid_;
  const bool ring_ok = jobs_.in_ready();
  const bool ring = write_now && awaddr_ == HB_TILE_REG_JOB_TAG;
  const bool pop =
      write_now && awaddr_ == HB_TILE_REG_COMPL_POP && (wdata_ & 1) != 0 && (wstrb_ & 1) != 0;

  // Reads see the registers before this edge.
  if (read_now) {
    read(in);
  }
  Job job;
  if (ring) {
    job = {len_, prog_, wdata_, base_};
  }
  if (in.flush) {
    job_level_ = compl_level_ = 0;
  } else {
    job_level_ += (ring && ring_ok ? 1u : 0u) - (in.job_take ? 1u : 0u);
    compl_level_ +=
        (in.completion != nullptr ? 1u : 0u) - (pop && completions_.out_valid() ? 1u : 0u);
  }
  jobs_.edge(in.flush, ring ? &job : nullptr, in.job_take);
  completions_.edge(in.flush, in.completion, pop);
  if (in.flush) {
    soft_reset_ = overrun_ = false;
  }
  if (write_now) {
    write(ring_ok);
    bresp_ = awaddr_ <= HB_TILE_REG_PERF_COMPLETED ? kOkay : kSlvErr;
  }

  if (axi.s_awvalid != 0 && !aw_held_) {
    awaddr_ = axi.s_awaddr & 0xfffcu;
  }
  if (axi.s_wvalid != 0 && !w_held_) {
    wdata_ = axi.s_wdata;
    wstrb_ = axi.s_wstrb;
  }
  if (axi.s_arvalid != 0 && !ar_held_) {
    araddr_ = axi.s_araddr & 0xfffcu;
  }
  aw_held_ = !write_now && (aw_held_ || axi.s_awvalid != 0);
  w_held_ = !write_now && (w_held_ || axi.s_wvalid != 0);
  bvalid_ = write_now || (bvalid_ && axi.s_bready == 0);
  ar_held_ = !read_now && (ar_held_ || axi.s_arvalid != 0);
  rvalid_ = read_now || (rvalid_ && axi.s_rready == 0);
}

// ---------------------------------------------------------------------------------------- control

/* Why the job taken cannot run, or OK. */
uint8_t Control::wrong() const {
  if (job_.len == 0) {
    return HB_TILE_STATUS_NO_END;
  }
  const uint32_t bases = job_.base[0] | job_.base[1] | job_.base[2] | job_.base[3];
  return (job_.prog & 0x3fu) != 0 || (bases & 0xfu) != 0 ? HB_TILE_STATUS_BAD_FIELD
                                                         : HB_TILE_STATUS_OK;
}

void Control::edge(const Regs &regs, const In &in) {
  switch (state_) {
    case State::kIdle:
      if (job_take(regs)) {
        job_ = regs.job();
        cycles_ = 1;
        stuck_ = 0;
        fault_ = {HB_TILE_STATUS_OK, 0};
        state_ = State::kCheck;
      }
      break;
    case State::kCheck:
      ++cycles_;
      fault_.code = wrong();
      state_ = fault_.code == HB_TILE_STATUS_OK ? State::kStart : State::kDone;
      break;
    case State::kStart:
      ++cycles_;
      state_ = State::kRun;
      break;
    case State::kRun: {
      const bool bark = regs.watchdog() != 0 && stuck_ >= regs.watchdog();
      const bool fault = in.decode_fault || in.load_fault || in.store_fault || bark;
      ++cycles_;
      stuck_ = in.progress ? 0 : stuck_ + 1;
      if (fault) {
        fault_ = in.decode_fault  ? in.decode_status
                 : in.load_fault  ? Fault{HB_TILE_STATUS_AXI_READ, in.load_index}
                 : in.store_fault ? Fault{HB_TILE_STATUS_AXI_WRITE, in.store_index}
                                  : Fault{HB_TILE_STATUS_WATCHDOG, 0};
      }
      if (fault || regs.soft_reset()) {
        state_ = State::kAbort;
      } else if (in.end && in.all_idle) {
        state_ = State::kDone;
      }
      break;
    }
    case State::kAbort:
      ++cycles_;
      if (in.all_idle) {
        state_ = State::kDone;
      }
      break;
    case State::kDone:
      state_ = State::kIdle;
      break;
  }
}

void Control::skip(uint64_t cycles, uint64_t since_progress) {
  if (state_ == State::kRun) {
    cycles_ += static_cast<uint32_t>(cycles);
    stuck_ = static_cast<uint32_t>(since_progress < cycles ? since_progress : stuck_ + cycles);
  }
}

// ----------------------------------------------------------------------------------------- tokens

void Tokens::edge(bool clear, uint8_t push, uint8_t take) {
  if (clear) {
    count_ = {};
    avail_ = 0;
    return;
  }
  for (unsigned i = 0; ((push ^ take) >> i) != 0; ++i) {
    if (((push ^ take) >> i & 1) != 0) {
      count_[i] = (count_[i] + ((push >> i & 1) != 0 ? 1u : ~0u)) & kIndexMask;
      avail_ = static_cast<uint8_t>((avail_ & ~(1u << i)) | (count_[i] != 0 ? 1u << i : 0u));
    }
  }
}

// ---------------------------------------------------------------------------------- read addresses

void Arbiter::edge(bool arready, const Address &fetch, const Address &load) {
  if (!free(arready)) {
    return;
  }
  if (fetch.valid) {
    out_ = fetch;
    id_ = kIdFetch;
  } else if (load.valid) {
    out_ = load;
    id_ = kIdLoad;
  } else {
    out_.valid = false;
  }
}

unsigned Fetch::burst() const {
  const unsigned burst = 4 - (addr_ >> 6 & 3);
  return left_ < burst ? left_ : burst;
}

void Fetch::edge(const In &in) {
  const bool issue = running_ && !in.stop && can_issue() && (!ar_.valid || in.ar_ready);
  const bool pop = beat() != nullptr && in.beat_ready;
  const bool answered = in.axi != nullptr && in.axi->m_rlast != 0;
  const bool clear = in.stop || !running_;
  Command command;
  const Command *incoming = nullptr;
  if (in.axi != nullptr && running_) {
    command = {in.axi->m_rdata, (in.axi->m_rresp & 2) != 0};
    incoming = &command;
  }
  buffer_.edge(clear, incoming, in.beat_ready);

  if (in.start || running_ || outstanding_ != 0) {
    const unsigned beats = issue ? burst() * 4 : 0;
    if (issue) {
      ar_ = {true, addr_, static_cast<uint8_t>((beats - 1) & 0xf)};
    } else if (in.ar_ready) {
      ar_.valid = false;
    }
    outstanding_ += (issue ? 1u : 0u) - (answered ? 1u : 0u);
    reserved_ = in.start ? 0 : reserved_ + beats - (pop ? 1 : 0);
    if (in.start) {
      addr_ = in.job->prog;
      left_ = in.job->len;
    } else if (issue) {
      addr_ += beats * 16;
      left_ -= beats / 4;
    }
    running_ = in.start || (running_ && !in.stop);
  }
}

// ------------------------------------------------------------------------------------------- load

Load::Wires Load::wires(uint8_t avail, bool abort, const TileIn *axi) const {
  Wires wires;
  wires.start = !abort && can_start(avail);
  wires.take = wires.start ? commands_.out().wait_mask : 0;
  wires.write = axi != nullptr && writing_ && !abort;
  wires.last_word = wires.write && words_left_ == 0;
  wires.push = wires.last_word ? writing_now_.push_mask : 0;
  wires.fault = wires.write && (axi->m_rresp & 2) != 0;
  wires.fault_index = writing_now_.index;
  wires.mem = writing_now_.mem;
  wires.word = writing_now_.dst + (writing_now_.total - 1u - words_left_);
  return wires;
}

/* Beats of the next burst, and on to the one behind it. Returns true for the command's last. */
void Load::issue_burst() {
  const unsigned beats = burst();
  ar_ = {true, addr_, static_cast<uint8_t>((beats - 1) & 0xf)};
  if (left_ != beats) {
    addr_ += beats * 16;
    left_ = static_cast<uint16_t>(left_ - beats);
    return;
  }
  left_ = cmd_.beats;
  if (rows_left_ != 1) {
    row_addr_ += cmd_.row_pitch;
    rows_left_ = static_cast<uint16_t>(rows_left_ - 1);
  } else {
    active_ = planes_left_ != 1;
    plane_addr_ += cmd_.plane_pitch;
    row_addr_ = plane_addr_;
    rows_left_ = cmd_.rows;
    planes_left_ = static_cast<uint16_t>(planes_left_ - 1);
  }
  addr_ = row_addr_;
}

void Load::edge_address(bool ar_ready) {
  if (active_ && (!ar_.valid || ar_ready) && outstanding_ != kMaxOutstanding) {
    issue_burst();
    ++outstanding_;
  } else if (ar_ready) {
    ar_.valid = false;
  }
}

void Load::edge(const Wires &wires, const In &in) {
  const bool issue =
      active_ && !in.abort && (!ar_.valid || in.ar_ready) && outstanding_ != kMaxOutstanding;
  const bool answered = in.axi != nullptr && in.axi->m_rlast != 0;
  const bool take_flight = flights_.out_valid() && (!writing_ || wires.last_word);

  // Data half.
  if (take_flight) {
    writing_now_ = flights_.out();
    words_left_ = static_cast<uint16_t>(writing_now_.total - 1);
  } else if (wires.write) {
    words_left_ = static_cast<uint16_t>(words_left_ - 1);
  }
  if (flights_.out_valid() || writing_) {
    writing_ = !in.abort && (take_flight || (writing_ && !wires.last_word));
  }
  const LoadDesc &head = commands_.out();
  const Flight flight = {head.index, head.total, head.dst, head.push_mask, head.mem};
  flights_.edge(in.abort, wires.start ? &flight : nullptr, take_flight);

  // Issue half.
  if (wires.start || active_ || outstanding_ != 0) {
    if (issue) {
      issue_burst();  // ends active_ with the last one
    } else if (in.ar_ready) {
      ar_.valid = false;
    }
    outstanding_ += (issue ? 1u : 0u) - (answered ? 1u : 0u);
    if (in.abort) {
      active_ = false;
    } else if (wires.start) {
      active_ = true;
      cmd_ = head;
      addr_ = row_addr_ = plane_addr_ = head.addr;
      left_ = head.beats;
      rows_left_ = head.rows;
      planes_left_ = head.planes;
    }
  }
  commands_.edge(in.abort, in.cmd, wires.start);
}

}  // namespace hb::twin
