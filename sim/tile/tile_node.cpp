/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/tile/tile_node.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "hilbert/hb_image.h"
#include "hilbert/hb_tile_regs.h"

namespace hb {

namespace {

/* splitmix64's finaliser: a good hash of a counter. */
uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Adds what wrapping 32-bit counters have counted from `begin` to `end`. */
template <typename Sums>
void add(Sums &sums, const TilePerf &begin, const TilePerf &end) {
  sums.busy += end.busy - begin.busy;
  sums.array += end.array - begin.array;
  sums.wait_load += end.wait_load - begin.wait_load;
  sums.wait_store += end.wait_store - begin.wait_store;
  sums.wait_wgt += end.wait_wgt - begin.wait_wgt;
  sums.wait_cmd += end.wait_cmd - begin.wait_cmd;
  sums.rd_beats += end.rd_beats - begin.rd_beats;
  sums.wr_beats += end.wr_beats - begin.wr_beats;
}

constexpr uint32_t kWriteTag = 0x100;  // packet tags: slot number, writes marked
constexpr size_t kMaxDoorbells = 64;   // more than any job queue holds; refused ones are forgotten

}  // namespace

TileNode::TileNode(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Options &options,
                   std::unique_ptr<TileModelIf> model, Link<bool> *irq)
    : Ticked(clock),
      sc_core::sc_module(name),
      options_(options),
      stall_limit_((uint64_t{options.stall_ppm} << 32) / 1000000),
      model_(std::move(model)),
      port_(noc.attach(options.node, this)),
      irq_(irq),
      read_buffers_(options.max_outstanding) {
  for (unsigned slot = options.max_outstanding; slot-- > 0;) {
    read_free_.push_back(static_cast<uint8_t>(slot));
  }
  for (unsigned slot = options.max_outstanding; slot-- > 0;) {
    write_free_.push_back(static_cast<uint8_t>(slot));
  }
  if (options.sink.boundary != nullptr) {
    boundary_ = std::make_unique<Boundary>(options.index, options.sink);
  }
  model_->reset();
}

bool TileNode::stalled(Channel channel, Cycle now) const {
  if (stall_limit_ == 0) {
    return false;
  }
  const uint64_t where = options_.stall_seed + (uint64_t{options_.index} << 8 | channel);
  return (mix(mix(where) ^ now) >> 32) < stall_limit_;
}

bool TileNode::pending() const {
  return reg_state_ != RegState::kIdle || !read_age_.empty() || !write_age_.empty();
}

/* Keeps an answer to a read. */
void TileNode::answered(uint8_t slot, Packet *packet) {
  Read &read = reads_[slot];
  answers_new_ = true;
  if (packet->addr == read.addr) {
    read.answer = packet;
    reads_changed_ = true;
  } else {
    later_[slot][packet->addr / kMaxPacketBytes % kMaxPackets] = packet;
  }
}

void TileNode::receive(Cycle now) {
  while (Packet *packet = port_.receive(Net::kResponse)) {
    --in_network_;
    if (reg_state_ == RegState::kReset) {  // nobody waits for it any more
      port_.release(packet);
      continue;
    }
    const auto slot = static_cast<uint8_t>(packet->tag);
    if ((packet->tag & kWriteTag) != 0 ? writes_[slot].open == 0 : reads_[slot].beats == 0) {
      clock().fail(std::string(name()) + ": an answer that nobody waits for");
      port_.release(packet);
      continue;
    }
    if ((packet->tag & kWriteTag) != 0) {
      Write &write = writes_[slot];
      write.resp = std::max(write.resp, packet->resp);
      if (--write.open == 0 && write.beats == 0) {
        write.answered = true;
        writes_changed_ = true;
      }
      port_.release(packet);
    } else {
      answered(slot, packet);
    }
  }
  if (reg_state_ == RegState::kIdle && port_.peek(Net::kRequest) != nullptr) {
    take_request(now);
  }
  if (reg_state_ == RegState::kReset && now >= reset_until_ && in_network_ == 0) {
    reg_packet_->make_response(Resp::kOkay);
    reg_state_ = RegState::kSend;
  }
  if (reg_state_ == RegState::kSend && port_.can_send(Net::kResponse)) {
    port_.send(reg_packet_);
    reg_state_ = RegState::kIdle;
  }
}

/* A register access has arrived: whose is it? */
void TileNode::take_request(Cycle now) {
  reg_packet_ = port_.receive(Net::kRequest);
  const uint32_t offset = reg_packet_->addr % kTileWindowBytes;
  if (reg_packet_->bytes != 4 || reg_packet_->addr % 4 != 0) {
    reg_packet_->make_response(Resp::kSlvErr);
    reg_state_ = RegState::kSend;
  } else if (!Protection::owns(offset)) {
    reg_state_ = RegState::kRequest;
  } else if (offset == HB_NI_OFFSET + HB_NI_RESET && reg_packet_->kind == PacketKind::kWriteReq &&
             (reg_packet_->word() & HB_NI_RESET_TILE) != 0) {
    begin_reset(now);
  } else {
    protection_.answer(reg_packet_);
    reg_state_ = RegState::kSend;
  }
}

/* --------------------------------------------------------------------------- faults and reset */

void TileNode::add_fault(hb_tile_event_kind_t kind, Cycle at) {
  faults_.push_back({at, kind});
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const Fault &a, const Fault &b) { return a.at > b.at; });
  if (at > clock().cycle()) {
    wake_at(at);
  }
}

void TileNode::tell(hb_tile_event_kind_t kind, Cycle now) {
  if (options_.sink.tile_event != nullptr) {
    const hb_sim_tile_event_t event = {now,  running_ ? job_.start : now,         options_.index,
                                       kind, running_ ? job_.tag : HB_IMAGE_NONE, running_};
    options_.sink.tile_event(options_.sink.ctx, &event);
  }
}

void TileNode::inject_faults(Cycle now) {
  while (!faults_.empty() && faults_.back().at <= now) {
    catch_up(now);
    until_ = 0;
    const hb_tile_event_kind_t kind = faults_.back().kind;
    faults_.pop_back();
    (kind == HB_TILE_EVENT_HANG ? hung_ : error_next_) = true;
    ++(kind == HB_TILE_EVENT_HANG ? stats_.hangs : stats_.read_errors);
    tell(kind, now);
  }
}

/* From this cycle on the tile is as after power-up, and nothing that it asked for will reach it. */
void TileNode::begin_reset(Cycle now) {
  catch_up(now);
  tell(HB_TILE_EVENT_RESET, now);
  if (running_) {
    account(model_->perf());
  }
  running_ = false;
  doorbells_.clear();
  ++stats_.resets;
  forget_manager();
  model_->reset();
  started_ = model_->jobs_started();
  completed_ = model_->jobs_completed();
  checker_ = AxiChecker{};
  if (boundary_ != nullptr) {
    boundary_->reset(now);
  }
  hung_ = false;
  reset_until_ = now + HB_NI_RESET_CYCLES;
  reg_state_ = RegState::kReset;
}

void TileNode::forget_manager() {
  for (const uint8_t slot : read_age_) {
    if (reads_[slot].answer != nullptr) {
      port_.release(reads_[slot].answer);  // read_packet_ is one of them
    }
    for (Packet *&packet : later_[slot]) {
      if (packet != nullptr) {
        port_.release(packet);
        packet = nullptr;
      }
    }
    reads_[slot] = Read{};
    read_free_.push_back(slot);
  }
  for (const uint8_t slot : write_age_) {
    writes_[slot] = Write{};
    write_free_.push_back(slot);
  }
  read_age_.clear();
  write_age_.clear();
  for (Packet **packet : {&read_request_, &collecting_, &write_request_}) {
    if (*packet != nullptr) {
      port_.release(*packet);
      *packet = nullptr;
    }
  }
  asking_ = read_now_ = answer_now_ = kNone;
  read_packet_ = nullptr;
  read_buffers_ = options_.max_outstanding;
  reads_changed_ = writes_changed_ = r_valid_ = b_valid_ = error_now_ = false;
}

/* The oldest read whose first packet is here and that has no older one of its id before it, or
 * kNone. */
uint8_t TileNode::next_read() const {
  std::array<uint64_t, 4> seen{};  // ids of older reads
  for (const uint8_t slot : read_age_) {
    const Read &read = reads_[slot];
    uint64_t &word = seen[read.id / 64];
    const uint64_t bit = uint64_t{1} << (read.id % 64);
    if (read.answer != nullptr && (word & bit) == 0) {
      return slot;
    }
    word |= bit;
  }
  return kNone;
}

/* The oldest write whose packets are all answered, likewise. */
uint8_t TileNode::next_write_answer() const {
  std::array<uint64_t, 4> seen{};
  for (const uint8_t slot : write_age_) {
    const Write &write = writes_[slot];
    uint64_t &word = seen[write.id / 64];
    const uint64_t bit = uint64_t{1} << (write.id % 64);
    if (write.answered && (word & bit) == 0) {
      return slot;
    }
    word |= bit;
  }
  return kNone;
}

/* The next packet for the R channel, if it is here: of the burst that is there, or of a new one. */
void TileNode::begin_packet() {
  if (read_now_ == kNone && reads_changed_) {
    read_now_ = next_read();
    reads_changed_ = read_now_ != kNone;
  }
  if (read_now_ == kNone) {
    return;
  }
  const Read &read = reads_[read_now_];
  read_packet_ = read.answer;
  if (read_packet_ != nullptr) {
    read_beat_ = 0;
    read_rlast_ = read.beats == read_packet_->beats ? static_cast<uint8_t>(read.beats - 1) : kNone;
  }
}

void TileNode::drive_manager(TileIn &in, Cycle now) {
  in.m_arready = read_request_ == nullptr && asking_ == kNone && !read_free_.empty() &&
                 !stalled(kStallAr, now);
  in.m_awready = !write_free_.empty() && !stalled(kStallAw, now);
  in.m_wready = collecting_ != nullptr && write_request_ == nullptr && !stalled(kStallW, now);
  if (read_packet_ == nullptr) {
    begin_packet();
  }
  if (read_packet_ != nullptr) {
    if (!r_valid_ && !hung_ && !stalled(kStallR, now)) {
      r_valid_ = true;
      error_now_ = error_next_;
      error_next_ = false;
    }
    if (r_valid_) {
      const Packet &answer = *read_packet_;
      in.m_rvalid = 1;
      in.m_rid = answer.id;
      in.m_rresp = static_cast<uint8_t>(error_now_ ? Resp::kSlvErr : answer.resp);
      in.m_rlast = read_beat_ == read_rlast_;
      std::memcpy(in.m_rdata.data(), answer.data.data() + size_t{read_beat_} * kBeatBytes,
                  kBeatBytes);
    }
  }
  if (answer_now_ == kNone && writes_changed_) {
    answer_now_ = next_write_answer();
    writes_changed_ = answer_now_ != kNone;
  }
  if (answer_now_ != kNone) {
    b_valid_ = b_valid_ || (!hung_ && !stalled(kStallB, now));
    if (b_valid_) {
      in.m_bvalid = 1;
      in.m_bid = writes_[answer_now_].id;
      in.m_bresp = static_cast<uint8_t>(writes_[answer_now_].resp);
    }
  }
}

void TileNode::drive_registers(TileIn &in, Cycle now) {
  if (reg_state_ == RegState::kRequest) {
    const uint32_t addr = reg_packet_->addr % kTileWindowBytes;
    if (reg_packet_->kind == PacketKind::kWriteReq) {
      aw_valid_ = aw_valid_ || (!aw_done_ && !stalled(kStallRegAw, now));
      w_valid_ = w_valid_ || (!w_done_ && !stalled(kStallRegW, now));
      in.s_awvalid = aw_valid_;
      in.s_awaddr = addr;
      in.s_wvalid = w_valid_;
      in.s_wdata = reg_packet_->word();
      in.s_wstrb = static_cast<uint8_t>(reg_packet_->strobe[0] >> (addr % kBeatBytes) & 0xfu);
    } else {
      ar_valid_ = ar_valid_ || !stalled(kStallRegAr, now);
      in.s_arvalid = ar_valid_;
      in.s_araddr = addr;
    }
  } else if (reg_state_ == RegState::kAnswer) {
    in.s_bready = reg_packet_->kind == PacketKind::kWriteReq && !stalled(kStallRegB, now);
    in.s_rready = reg_packet_->kind == PacketKind::kReadReq && !stalled(kStallRegR, now);
  }
}

/* Whether the running job may make this access; one that it may not is counted and reported. */
bool TileNode::allowed(uint32_t addr, uint32_t beats, bool write, Cycle now) {
  if (protection_.allows(job_.tag, addr, beats * kBeatBytes, write)) {
    return true;
  }
  protection_.refuse(job_.tag, addr);
  ++stats_.refused;
  if (options_.sink.refused != nullptr) {
    const hb_sim_refused_t refused = {now, options_.index, job_.tag, addr, beats, write};
    options_.sink.refused(options_.sink.ctx, &refused);
  }
  return false;
}

void TileNode::sample_manager(const TileOut &out, const TileIn &in, Cycle now) {
  if (out.m_arvalid != 0 && in.m_arready != 0) {
    const uint8_t slot = read_free_.back();
    read_free_.pop_back();
    read_age_.push_back(slot);
    Read &read = reads_[slot];
    read.addr = ask_addr_ = out.m_araddr;
    read.beats = static_cast<uint16_t>(out.m_arlen + 1);
    read.id = out.m_arid;
    ask_beats_ = read.beats;
    asking_ = slot;
    read.refused = !allowed(read.addr, read.beats, false, now);
    while (read.refused && asking_ != kNone) {
      ask_next();
      read_request_->make_response(Resp::kSlvErr);
      answered(slot, read_request_);
      read_request_ = nullptr;
    }
  }
  if (in.m_rvalid != 0 && out.m_rready != 0) {
    r_valid_ = error_now_ = false;
    if (++read_beat_ == read_packet_->beats) {
      Read &read = reads_[read_now_];
      read_buffers_ += read.refused ? 0 : 1;
      read.addr += read_packet_->bytes;
      read.beats = static_cast<uint16_t>(read.beats - read_packet_->beats);
      port_.release(read_packet_);
      read.answer = read_packet_ = nullptr;
      if (read.beats != 0) {
        std::swap(read.answer, later_[read_now_][read.addr / kMaxPacketBytes % kMaxPackets]);
      } else {
        read_age_.erase(std::find(read_age_.begin(), read_age_.end(), read_now_));
        read_free_.push_back(read_now_);
        read_now_ = kNone;
      }
    }
  }
  if (in.m_bvalid != 0 && out.m_bready != 0) {
    b_valid_ = false;
    write_age_.erase(std::find(write_age_.begin(), write_age_.end(), answer_now_));
    write_free_.push_back(answer_now_);
    answer_now_ = kNone;
  }
  if (out.m_wvalid != 0 && in.m_wready != 0) {
    std::memcpy(collecting_->data.data() + size_t{collected_beats_} * kBeatBytes,
                out.m_wdata.data(), kBeatBytes);
    collecting_->strobe[collected_beats_] = out.m_wstrb;
    if (++collected_beats_ == collecting_->beats) {
      end_collecting();
      begin_collecting();
    }
  }
  if (out.m_awvalid != 0 && in.m_awready != 0) {
    const uint8_t slot = write_free_.back();
    write_free_.pop_back();
    write_age_.push_back(slot);
    const bool refused = !allowed(out.m_awaddr, out.m_awlen + 1u, true, now);
    writes_[slot] = {out.m_awaddr, static_cast<uint16_t>(out.m_awlen + 1), 0, out.m_awid, refused,
                     false,        refused ? Resp::kSlvErr : Resp::kOkay};
    if (collecting_ == nullptr) {
      begin_collecting();
    }
  }
}

/* Beats of the first packet of what is left of a burst. */
unsigned TileNode::packet_beats(uint32_t addr, unsigned beats) {
  return std::min(beats, (kMaxPacketBytes - addr % kMaxPacketBytes) / kBeatBytes);
}

/* The packet is whole: it goes, or is dropped if its burst is refused. */
void TileNode::end_collecting() {
  Write &write = writes_[static_cast<uint8_t>(collecting_->tag)];
  write.addr += collecting_->bytes;
  write.beats = static_cast<uint16_t>(write.beats - collecting_->beats);
  if (write.refused) {
    port_.release(collecting_);
    write.answered = write.beats == 0;
    writes_changed_ = writes_changed_ || write.answered;
  } else {
    ++write.open;
    write_request_ = collecting_;
  }
  collecting_ = nullptr;
}

/* The next W beats are those of the oldest accepted address that lacks data. */
void TileNode::begin_collecting() {
  for (const uint8_t slot : write_age_) {
    const Write &write = writes_[slot];
    if (write.beats != 0) {
      collecting_ = port_.make();
      collecting_->make_write(write.addr, packet_beats(write.addr, write.beats));
      collecting_->id = write.id;
      collecting_->tag = kWriteTag | slot;
      collected_beats_ = 0;
      return;
    }
  }
}

/* Makes the next read request. */
void TileNode::ask_next() {
  read_request_ = port_.make();
  read_request_->make_read(ask_addr_, packet_beats(ask_addr_, ask_beats_));
  read_request_->id = reads_[asking_].id;
  read_request_->tag = asking_;
  read_request_->dataless = !model_->reads_data(read_request_->id);
  ask_addr_ += read_request_->bytes;
  ask_beats_ -= read_request_->beats;
  if (ask_beats_ == 0) {
    asking_ = kNone;
  }
}

void TileNode::send_requests() {
  if (asking_ != kNone && read_request_ == nullptr && read_buffers_ != 0) {
    --read_buffers_;
    ask_next();
  }
  for (unsigned turn = 0; turn < 2; ++turn) {
    Packet *&request = writes_first_ == (turn == 0) ? write_request_ : read_request_;
    if (request != nullptr && port_.can_send(Net::kRequest)) {
      writes_first_ = request->is_read();
      ++in_network_;
      port_.send(request);
      request = nullptr;
      return;
    }
  }
}

void TileNode::sample_registers(const TileOut &out, const TileIn &in, Cycle now) {
  if (reg_state_ == RegState::kRequest) {
    if (reg_packet_->kind == PacketKind::kWriteReq) {
      if (in.s_awvalid != 0 && out.s_awready != 0) {
        aw_valid_ = false;
        aw_done_ = true;
      }
      if (in.s_wvalid != 0 && out.s_wready != 0) {
        w_valid_ = false;
        w_done_ = true;
      }
      if (aw_done_ && w_done_) {
        aw_done_ = w_done_ = false;
        reg_state_ = RegState::kAnswer;
        if (reg_packet_->addr % kTileWindowBytes == HB_TILE_REG_JOB_TAG) {
          doorbells_.push_back({reg_packet_->word(), now});
          if (doorbells_.size() > kMaxDoorbells) {
            doorbells_.pop_front();
          }
        }
      }
    } else if (in.s_arvalid != 0 && out.s_arready != 0) {
      ar_valid_ = false;
      reg_state_ = RegState::kAnswer;
    }
  } else if (reg_state_ == RegState::kAnswer) {
    if (in.s_bready != 0 && out.s_bvalid != 0) {
      reg_packet_->make_response(static_cast<Resp>(out.s_bresp));
      reg_state_ = RegState::kSend;
    } else if (in.s_rready != 0 && out.s_rvalid != 0) {
      reg_packet_->set_word(out.s_rdata);
      reg_packet_->make_response(static_cast<Resp>(out.s_rresp));
      reg_state_ = RegState::kSend;
    }
  }
}

/* What the running job has done so far, into its record and the tile's sums. */
void TileNode::account(const TilePerf &perf) {
  add(job_, at_start_, perf);
  add(stats_, at_start_, perf);
}

void TileNode::end_job(Cycle now, const TilePerf &perf) {
  job_.end = now;
  job_.tag = perf.done_tag;
  job_.status = perf.done_status & 0xffu;
  job_.command = perf.done_status >> 8 & 0xfffffu;
  account(perf);
  ++stats_.jobs;
  stats_.errors += job_.status != HB_TILE_STATUS_OK;
  running_ = false;
  if (options_.sink.job != nullptr) {
    options_.sink.job(options_.sink.ctx, &job_);
  }
}

/* After the clock edge that ends cycle `now`: which jobs has it started or completed? */
void TileNode::watch_jobs(Cycle now) {
  const uint32_t started = model_->jobs_started(), completed = model_->jobs_completed();
  if (started == started_ && completed == completed_) {
    return;
  }
  const TilePerf perf = model_->perf();
  if (started < started_ ||
      completed < completed_) {  // soft reset: the running job and its queue are gone
    running_ = false;
    doorbells_.clear();
  } else {
    if (completed != completed_ && running_) {
      end_job(now, perf);
    }
    if (started != started_) {
      running_ = true;
      at_start_ = perf;
      job_ = hb_sim_job_t{};
      job_.tile = options_.index;
      job_.tag = perf.running_tag;
      job_.start = now;
      job_.doorbell = now;
      while (!doorbells_.empty()) {  // one that was refused never starts
        const Doorbell doorbell = doorbells_.front();
        doorbells_.pop_front();
        if (doorbell.tag == job_.tag) {
          job_.doorbell = doorbell.cycle;
          break;
        }
      }
    }
  }
  started_ = started;
  completed_ = completed;
}

/* Whether what has come from the network changes nothing at the model's boundary yet, and nothing
 * can go to the network. */
bool TileNode::undisturbed() const {
  const bool answers =
      hung_ ? r_valid_ || b_valid_
            : answer_now_ != kNone || writes_changed_ ||
                  (read_packet_ == nullptr && (read_now_ != kNone || reads_changed_));
  return reg_state_ == RegState::kIdle && port_.peek(Net::kRequest) == nullptr && !answers &&
         !error_next_ && !error_now_ &&
         ((read_request_ == nullptr && write_request_ == nullptr) ||
          !port_.can_send(Net::kRequest)) &&
         (asking_ == kNone || read_request_ != nullptr || read_buffers_ == 0);
}

/*
 * The model's inputs from the next cycle on, if nothing disturbs them, and in how many cycles they
 * stay so while its outputs do: beats follow each other up to the last but one of a packet.
 */
uint64_t TileNode::steady(TileIn &in) const {
  const TileOut &out = model_->outputs();
  in.m_arready = read_request_ == nullptr && asking_ == kNone && !read_free_.empty();
  in.m_awready = !write_free_.empty();
  in.m_wready = collecting_ != nullptr && write_request_ == nullptr;
  const bool writes = (out.m_wvalid & in.m_wready) != 0;
  if ((out.m_arvalid & in.m_arready) != 0 || (out.m_awvalid & in.m_awready) != 0) {
    return 0;
  }
  uint64_t cycles = kNever;
  if (writes) {
    cycles = collecting_->beats - 1u - collected_beats_;
  }
  if (read_packet_ != nullptr && !hung_) {
    in.m_rvalid = 1;
    in.m_rid = read_packet_->id;
    in.m_rresp = static_cast<uint8_t>(read_packet_->resp);
    cycles =
        out.m_rready == 0 ? 0 : std::min<uint64_t>(cycles, read_packet_->beats - 1u - read_beat_);
  }
  if (stall_limit_ != 0 && (out.m_arvalid | out.m_awvalid | out.m_wvalid | in.m_rvalid) != 0) {
    return 0;
  }
  return cycles;
}

/* Makes up for the cycles in which the model was not clocked. */
void TileNode::catch_up(Cycle now) {
  if (now <= next_) {
    return;
  }
  const Cycle cycles = now - next_;
  const TileOut &out = model_->outputs();
  const bool reads = steady_.m_rvalid != 0, writes = (out.m_wvalid & steady_.m_wready) != 0;
  if (reads || writes || (out.m_arvalid | out.m_awvalid | out.m_wvalid) != 0) {
    if (checked(out, steady_, next_)) {
      checker_.repeat(cycles - 1, out, steady_);
    }
    for (Cycle cycle = next_; boundary_ != nullptr && cycle < now; ++cycle) {
      boundary_->cycle(out, steady_, cycle);
    }
  }
  if (reads) {
    read_beat_ = static_cast<uint8_t>(read_beat_ + cycles);
  }
  if (writes) {
    std::memset(collecting_->data.data() + size_t{collected_beats_} * kBeatBytes, 0,
                cycles * kBeatBytes);
    std::fill_n(collecting_->strobe.begin() + collected_beats_, cycles, out.m_wstrb);
    collected_beats_ += static_cast<unsigned>(cycles);
  }
  model_->skip(cycles, steady_);  // changes `out`
  next_ = now;
}

bool TileNode::checked(const TileOut &out, const TileIn &in, Cycle now) {
  if (!checker_.check(out, in)) {
    clock().fail(std::string(name()) + ", cycle " + std::to_string(now) +
                 ": protocol violation at the boundary: " + checker_.violation());
    return false;
  }
  return true;
}

Cycle TileNode::tick(Cycle now) {
  const Cycle next = step(now);
  return faults_.empty() ? next : std::min(next, faults_.back().at);
}

Cycle TileNode::step(Cycle now) {
  answers_new_ = false;
  inject_faults(now);
  receive(now);
  if (read_early_ && answers_new_ && now == next_) {  // the oldest may be another one
    read_now_ = kNone;
    read_packet_ = nullptr;
  }
  read_early_ = false;
  if (now < until_ && undisturbed()) {
    return until_;
  }
  catch_up(now);
  steady_ = TileIn{};
  until_ = 0;
  const TileOut &out = model_->outputs();
  if (boundary_ != nullptr) {
    boundary_->wires(out, now);
  }
  if ((out.irq != 0) != irq_level_) {
    irq_level_ = out.irq != 0;
    if (irq_ != nullptr) {
      irq_->push(irq_level_);
    }
  }
  if (reg_state_ == RegState::kReset) {
    return now < reset_until_ ? reset_until_ : kNever;  // an answer wakes it
  }
  const bool asleep = out.idle != 0 && !pending();
  if (asleep && !clock().no_skip()) {
    return kNever;
  }
  TileIn in;
  drive_manager(in, now);
  drive_registers(in, now);
  if (!checked(out, in, now)) {
    return kNever;
  }
  if (boundary_ != nullptr) {
    boundary_->cycle(out, in, now);
  }
  sample_manager(out, in, now);
  sample_registers(out, in, now);
  if (read_request_ != nullptr || write_request_ != nullptr || asking_ != kNone) {
    send_requests();
  }
  ++evals_;
  next_ = now + 1;
  if (now >= options_.halves_from && now <= options_.halves_to) {
    model_->settle(in);
    settled_ = true;
  } else {
    model_->clock(in);  // changes `out`
    watch_jobs(now);
  }
  if (asleep) {
    return kNever;
  }
  if (clock().no_skip() || model_->outputs().idle != 0) {
    return now + 1;
  }
  if (read_now_ == kNone && stall_limit_ == 0) {
    begin_packet();
    read_early_ = read_packet_ != nullptr;
  }
  if (undisturbed()) {
    uint64_t quiet = steady(steady_);
    if (quiet != 0) {
      quiet = std::min(quiet, model_->quiet(steady_));
    }
    until_ = quiet < kNever - now - 1 ? now + 1 + quiet : kNever;
    return until_;
  }
  return now + 1;
}

void TileNode::edge(Cycle now) {
  if (settled_) {
    settled_ = false;
    model_->edge();
    watch_jobs(now);
  }
}

hb_sim_tile_stats_t TileNode::stats() {
  catch_up(clock().cycle());
  hb_sim_tile_stats_t stats = stats_;
  const TilePerf perf = model_->perf();
  if (running_) {
    add(stats, at_start_, perf);
    stats.running_tag = job_.tag;
  }
  stats.evals = evals_;
  stats.idle = model_->outputs().idle;
  stats.queue_level = static_cast<uint32_t>(doorbells_.size());
  return stats;
}

}  // namespace hb
