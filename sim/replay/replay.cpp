/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/replay/replay.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include "hilbert/hb_tile_regs.h"
#include "sim/tile/verilated_tile.h"

namespace hb {

namespace {

constexpr uint32_t kBeatBytes = 16;
constexpr int kPatience = 100;  // cycles until a register must have answered

struct Register {
  uint32_t offset;
  const char *signal;
};

constexpr std::array<Register, HB_REPLAY_REGS> kRegisters = {{
    {HB_TILE_REG_JOB_PROG, "end.JOB_PROG"},
    {HB_TILE_REG_JOB_LEN, "end.JOB_LEN"},
    {HB_TILE_REG_JOB_BASE0, "end.JOB_BASE0"},
    {HB_TILE_REG_JOB_BASE1, "end.JOB_BASE1"},
    {HB_TILE_REG_JOB_BASE2, "end.JOB_BASE2"},
    {HB_TILE_REG_JOB_BASE3, "end.JOB_BASE3"},
    {HB_TILE_REG_WATCHDOG, "end.WATCHDOG"},
    {HB_TILE_REG_CTRL, "end.CTRL"},  // the last one written: interrupts come when all else is set
}};

constexpr std::array<const char *, HB_REPLAY_PERF> kPerf = {
    "end.PERF_BUSY",     "end.PERF_ARRAY",    "end.PERF_WAIT_LOAD", "end.PERF_WAIT_STORE",
    "end.PERF_WAIT_WGT", "end.PERF_WAIT_CMD", "end.PERF_RD_BEATS",  "end.PERF_WR_BEATS",
    "end.PERF_STARTED",  "end.PERF_COMPLETED"};

constexpr bool is_perf(uint32_t offset) {
  return offset >= HB_TILE_REG_PERF_BUSY && offset <= HB_TILE_REG_PERF_COMPLETED;
}

/* Cycles in which a record has handshakes. */
uint32_t length(const hb_sim_boundary_t &record) {
  const bool beats = record.channel == HB_BOUNDARY_R || record.channel == HB_BOUNDARY_W;
  return beats ? std::max(record.beats, 1u) : 1u;
}

}  // namespace

/* ------------------------------------------------------------------------------------- before it
 */

/* One register access; the tile is idle. */
bool Replay::write(uint32_t offset, uint32_t value) {
  TileIn in;
  in.s_awvalid = in.s_wvalid = in.s_bready = 1;
  in.s_awaddr = offset;
  in.s_wdata = value;
  in.s_wstrb = 0xf;
  for (int i = 0; i < kPatience; ++i) {
    const TileOut out = model_->outputs();
    model_->clock(in);
    if (out.s_awready != 0) in.s_awvalid = 0;
    if (out.s_wready != 0) in.s_wvalid = 0;
    if (out.s_bvalid != 0) return out.s_bresp == 0;
  }
  return false;
}

bool Replay::read(uint32_t offset, uint32_t &value) {
  TileIn in;
  in.s_arvalid = in.s_rready = 1;
  in.s_araddr = offset;
  for (int i = 0; i < kPatience; ++i) {
    const TileOut out = model_->outputs();
    model_->clock(in);
    if (out.s_arready != 0) in.s_arvalid = 0;
    if (out.s_rvalid != 0) {
      value = out.s_rdata;
      return out.s_rresp == 0;
    }
  }
  return false;
}

/* Brings the tile to the state in which the segment begins. */
bool Replay::prepare() {
  model_->reset();
  for (size_t i = 0; i < kRegisters.size(); ++i) {
    const uint32_t value = segment_->begin.regs[i];
    if (value != 0 && !write(kRegisters[i].offset, value)) return false;
  }
  for (int i = 0; i < kPatience && model_->outputs().idle == 0; ++i) {
    model_->clock(TileIn{});
  }
  return model_->outputs().idle != 0;
}

/* Makes the next record of a channel the current one; its valid may not be up before `free_from`.
 */
void Replay::load(Track &track, hb_boundary_channel_t channel, Cycle free_from) {
  static constexpr std::array<const char *, HB_BOUNDARY_CHANNELS> kWait = {
      "s_axil_aw wait", "s_axil_w wait", "s_axil_b wait", "s_axil_ar wait",
      "s_axil_r wait",  "m_axi_ar wait", "m_axi_r wait",  "m_axi_aw wait",
      "m_axi_w wait",   "m_axi_b wait",  "irq_o",         "idle_o"};
  if (track.over()) {
    track.begin = track.first = track.last = kNever;
    return;
  }
  const hb_sim_boundary_t &record = track.record();
  track.first = record.cycle;
  track.last = record.cycle + length(record) - 1;
  const Cycle most = record.cycle - std::min(free_from, record.cycle);
  if (record.wait > most || record.cycle < free_from) {  // no valid can have waited as long
    differ(kWait[channel], record.wait, most);
    track.begin = free_from;
  } else {
    track.begin = record.cycle - record.wait;
  }
}

/* ------------------------------------------------------------------------------------ a cycle */

void Replay::differ(const char *signal, uint64_t expected, uint64_t got) {
  const uint64_t index = result_->num_mismatches++;
  if (index >= HB_REPLAY_SHOWN) return;
  hb_replay_mismatch_t &shown = result_->shown[index];
  shown.cycle = now_;
  std::snprintf(shown.signal, sizeof shown.signal, "%s", signal);
  shown.expected = expected;
  shown.got = got;
  shown.in_job = running_ || job_ < segment_->num_jobs;
  shown.tag = running_ ? current_.tag : job_ < segment_->num_jobs ? segment_->jobs[job_].tag : 0;
}

/* A channel whose valid the tile drives: is it up, and does the handshake happen? */
bool Replay::answers(hb_boundary_channel_t channel, const char *signal, bool valid) {
  const Track &track = tracks_[channel];
  const bool up = track.up(now_);
  if (up != valid && !(segment_->open && track.over())) differ(signal, up, valid);
  return up && valid;
}

/* A channel whose valid we drive: is it up? The tile must be ready from the handshake on. */
bool Replay::takes(hb_boundary_channel_t channel, const char *signal, bool ready) {
  const Track &track = tracks_[channel];
  if (!track.up(now_)) return false;
  check(signal, track.meets(now_), ready);
  return true;
}

void Replay::wires(const TileOut &out) {
  for (const auto &[channel, level] :
       {std::pair{HB_BOUNDARY_IRQ, &irq_}, std::pair{HB_BOUNDARY_IDLE, &idle_}}) {
    const Track &track = tracks_[channel];
    if (track.up(now_)) *level = track.record().data != 0;
  }
  check("irq_o", irq_, out.irq != 0);
  check("idle_o", idle_, out.idle != 0);
}

void Replay::registers(const TileOut &out, TileIn &in) {
  if (takes(HB_BOUNDARY_REG_AW, "s_axil_awready", out.s_awready != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_REG_AW];
    in.s_awvalid = 1;
    in.s_awaddr = track.record().addr;
    if (track.meets(now_)) reg_writes_.push_back(in.s_awaddr & ~3u);
  }
  if (takes(HB_BOUNDARY_REG_W, "s_axil_wready", out.s_wready != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_REG_W];
    in.s_wvalid = 1;
    in.s_wdata = track.record().data;
    in.s_wstrb = static_cast<uint8_t>(track.record().strobe);
    if (track.meets(now_)) reg_data_.push_back((in.s_wstrb & 1) != 0 ? in.s_wdata : 0);
  }
  if (takes(HB_BOUNDARY_REG_AR, "s_axil_arready", out.s_arready != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_REG_AR];
    in.s_arvalid = 1;
    in.s_araddr = track.record().addr;
    if (track.meets(now_)) reg_reads_.push_back(in.s_araddr & ~3u);
  }
  if (answers(HB_BOUNDARY_REG_B, "s_axil_bvalid", out.s_bvalid != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_REG_B];
    check("s_axil_bresp", track.record().resp, out.s_bresp);
    in.s_bready = track.meets(now_);
    if (track.meets(now_) && !reg_writes_.empty() && !reg_data_.empty()) {
      // A soft reset clears the counters: what they had before is gone.
      if (reg_writes_.front() == HB_TILE_REG_CTRL &&
          (reg_data_.front() & HB_TILE_CTRL_SOFT_RESET_MASK) != 0) {
        base_.fill(0);
      }
      reg_writes_.pop_front();
      reg_data_.pop_front();
    }
  }
  if (answers(HB_BOUNDARY_REG_R, "s_axil_rvalid", out.s_rvalid != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_REG_R];
    const uint32_t offset = reg_reads_.empty() ? 0 : reg_reads_.front();
    const uint32_t before = is_perf(offset) ? base_[(offset - HB_TILE_REG_PERF_BUSY) / 4] : 0;
    check("s_axil_rresp", track.record().resp, out.s_rresp);
    check("s_axil_rdata", track.record().data, static_cast<uint32_t>(out.s_rdata + before));
    in.s_rready = track.meets(now_);
    if (track.meets(now_) && !reg_reads_.empty()) reg_reads_.pop_front();
  }
}

/* The bytes of the next beat, zeros where there is no memory. */
void Replay::fill(const Burst &burst, Beat &beat) const {
  const auto *end = memory_ + num_memory_;
  const auto *after = std::upper_bound(
      memory_, end, burst.addr,
      [](uint32_t addr, const hb_replay_memory_t &memory) { return addr < memory.addr; });
  beat = {};
  if (after == memory_) return;
  const hb_replay_memory_t &memory = after[-1];
  const uint64_t offset = burst.addr - memory.addr;
  if (offset < memory.len) {
    std::memcpy(beat.data(), memory.bytes + offset,
                std::min<uint64_t>(kBeatBytes, memory.len - offset));
  }
}

void Replay::reads(const TileOut &out, TileIn &in) {
  // The data goes first: a burst asked for in this cycle cannot be answered in it.
  if (takes(HB_BOUNDARY_R, "m_axi_rready", out.m_rready != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_R];
    const hb_sim_boundary_t &record = track.record();
    in.m_rvalid = 1;
    in.m_rid = record.id;
    in.m_rresp = record.resp;
    in.m_rlast = record.last && now_ + 1 - std::min(now_, track.first) == length(record);
    std::deque<Burst> &bursts = bursts_[record.id];
    if (bursts.empty()) {
      differ("m_axi_rid: nothing was read", record.id, 0);
      return;
    }
    Burst &burst = bursts.front();
    fill(burst, in.m_rdata);
    check("m_axi_rlast", in.m_rlast, burst.beats == 1);
    if (track.meets(now_)) {
      burst.addr += kBeatBytes;
      if (--burst.beats == 0) bursts.pop_front();
    }
  }
  if (answers(HB_BOUNDARY_AR, "m_axi_arvalid", out.m_arvalid != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_AR];
    const hb_sim_boundary_t &record = track.record();
    check("m_axi_araddr", record.addr, out.m_araddr);
    check("m_axi_arid", record.id, out.m_arid);
    check("m_axi_arlen", record.beats - uint64_t{1}, out.m_arlen);
    in.m_arready = track.meets(now_);
    if (track.meets(now_)) bursts_[record.id].push_back({record.addr, record.beats});
  }
}

void Replay::writes(const TileOut &out, TileIn &in) {
  if (takes(HB_BOUNDARY_B, "m_axi_bready", out.m_bready != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_B];
    const hb_sim_boundary_t &record = track.record();
    in.m_bvalid = 1;
    in.m_bid = record.id;
    in.m_bresp = record.resp;
    if (writes_open_[record.id] == 0) {
      differ("m_axi_bid: nothing was written", record.id, 0);
    } else if (track.meets(now_)) {
      --writes_open_[record.id];
    }
  }
  if (answers(HB_BOUNDARY_AW, "m_axi_awvalid", out.m_awvalid != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_AW];
    const hb_sim_boundary_t &record = track.record();
    check("m_axi_awaddr", record.addr, out.m_awaddr);
    check("m_axi_awid", record.id, out.m_awid);
    check("m_axi_awlen", record.beats - uint64_t{1}, out.m_awlen);
    in.m_awready = track.meets(now_);
    if (track.meets(now_)) ++writes_open_[record.id];
  }
  if (answers(HB_BOUNDARY_W, "m_axi_wvalid", out.m_wvalid != 0)) {
    const Track &track = tracks_[HB_BOUNDARY_W];
    const hb_sim_boundary_t &record = track.record();
    check("m_axi_wstrb", record.strobe, out.m_wstrb);
    check("m_axi_wlast", record.last && now_ + 1 - std::min(now_, track.first) == length(record),
          out.m_wlast);
    in.m_wready = track.meets(now_);
  }
}

/* Records that end with this cycle make room for the next ones. */
void Replay::advance(Cycle now) {
  for (size_t channel = 0; channel < tracks_.size(); ++channel) {
    Track &track = tracks_[channel];
    if (now >= track.last) {
      ++track.next;
      load(track, static_cast<hb_boundary_channel_t>(channel), now + 1);
    }
  }
}

/* ---------------------------------------------------------------------------------------- jobs */

/* The job that has ended with the clock edge of this cycle. */
void Replay::end_job(const TilePerf &perf) {
  const bool expected = job_ < segment_->num_jobs;
  counts_ = counts_ || perf.busy != 0;
  if (!expected || segment_->jobs[job_].end != now_) {
    differ("job.end", expected ? segment_->jobs[job_].end : 0, now_);
    return;
  }
  const hb_sim_job_t &job = segment_->jobs[job_];
  const uint64_t before = result_->num_mismatches;
  check("job.start", job.start, current_.start);
  check("job.tag", job.tag, perf.done_tag);
  check("job.status", job.status, perf.done_status & 0xffu);
  check("job.command", job.command, perf.done_status >> 8 & 0xfffffu);
  // Differences of wrapping 32-bit counters.
  check("job.busy", job.busy, perf.busy - at_start_.busy);
  check("job.array", job.array, perf.array - at_start_.array);
  check("job.wait_load", job.wait_load, perf.wait_load - at_start_.wait_load);
  check("job.wait_store", job.wait_store, perf.wait_store - at_start_.wait_store);
  check("job.wait_wgt", job.wait_wgt, perf.wait_wgt - at_start_.wait_wgt);
  check("job.wait_cmd", job.wait_cmd, perf.wait_cmd - at_start_.wait_cmd);
  check("job.rd_beats", job.rd_beats, perf.rd_beats - at_start_.rd_beats);
  check("job.wr_beats", job.wr_beats, perf.wr_beats - at_start_.wr_beats);
  if (result_->num_mismatches == before) {
    ++result_->jobs;
    ++job_;
  }
}

/* After the clock edge that ends this cycle: as TileNode::watch_jobs(), which made the records. */
void Replay::watch() {
  const uint32_t started = model_->jobs_started(), completed = model_->jobs_completed();
  if (started != started_ || completed != completed_) {
    const TilePerf perf = model_->perf();
    if (started < started_ || completed < completed_) {  // soft reset
      running_ = false;
    } else {
      if (completed != completed_ && running_) {
        end_job(perf);
        running_ = false;
      }
      if (started != started_) {
        running_ = true;
        at_start_ = perf;
        current_ = {};
        current_.tag = perf.running_tag;
        current_.start = now_;
      }
    }
    started_ = started;
    completed_ = completed;
  }
}

/* A job that ought to have ended by now, and has not. */
bool Replay::missed_job() {
  if (job_ == segment_->num_jobs || segment_->jobs[job_].end > now_) return false;
  if (result_->num_mismatches == 0) differ("job.end", segment_->jobs[job_].end, 0);
  return true;
}

/* ----------------------------------------------------------------------------------- the whole */

/* The next cycle in which something is recorded. */
Replay::Cycle Replay::next_event() const {
  Cycle next = segment_->to;
  for (const Track &track : tracks_)
    next = std::min(next, track.begin);
  if (job_ < segment_->num_jobs) next = std::min(next, segment_->jobs[job_].end);
  return std::max(next, now_ + 1);
}

/* Cycle `to` of a whole segment: is the tile in the state in which the next one begins? */
void Replay::finish() {
  uint32_t value = 0;
  for (size_t i = 0; i < kRegisters.size() && result_->num_mismatches == 0; ++i) {
    const bool known = read(kRegisters[i].offset, value);
    check(kRegisters[i].signal, segment_->end.regs[i], known ? value : ~uint64_t{0});
  }
  if (result_->num_mismatches == 0 && read(HB_TILE_REG_STATUS, value)) {
    check("end.STATUS", 0, value);
  }
  for (size_t i = 0; i < kPerf.size() && counts_; ++i) {
    if (read(static_cast<uint32_t>(HB_TILE_REG_PERF_BUSY + 4 * i), value)) {
      check(kPerf[i], segment_->end.perf[i], static_cast<uint32_t>(value + base_[i]));
    }
  }
}

hb_status_t Replay::run(const hb_replay_segment_t &segment, hb_replay_result_t &result) {
  segment_ = &segment;
  result_ = &result;
  result = hb_replay_result_t{};
  if (!prepare()) return HB_ERR_INTERNAL;
  now_ = segment.from;
  job_ = 0;
  running_ = counts_ = false;
  irq_ = false;
  idle_ = true;
  started_ = model_->jobs_started();
  completed_ = model_->jobs_completed();
  std::copy(std::begin(segment.begin.perf), std::end(segment.begin.perf), base_.begin());
  for (auto &bursts : bursts_)
    bursts.clear();
  writes_open_.fill(0);
  reg_reads_.clear();
  reg_writes_.clear();
  reg_data_.clear();
  for (Track &track : tracks_) {
    track.records.clear();
    track.next = 0;
  }
  for (size_t i = 0; i < segment.num_records; ++i) {
    const hb_sim_boundary_t &record = segment.records[i];
    tracks_[record.channel].records.push_back(&record);
  }
  for (size_t channel = 0; channel < tracks_.size(); ++channel) {
    load(tracks_[channel], static_cast<hb_boundary_channel_t>(channel), segment.from);
  }
  while (now_ < segment.to && result.num_mismatches == 0) {
    const TileOut &out = model_->outputs();
    TileIn in;
    wires(out);
    registers(out, in);
    reads(out, in);
    writes(out, in);
    if (result.num_mismatches != 0) break;
    const bool touched =
        (in.s_awvalid | in.s_wvalid | in.s_bready | in.s_arvalid | in.s_rready | in.m_awready |
         in.m_wready | in.m_bvalid | in.m_arready | in.m_rvalid) != 0;
    const bool asleep = out.idle != 0 && !touched;
    if (!asleep) {
      model_->clock(in);  // changes `out`
      ++result.cycles;
      watch();
    }
    if (missed_job()) break;
    advance(now_);
    now_ = asleep ? next_event() : now_ + 1;
  }
  if (result.num_mismatches == 0 && !segment.open) finish();
  return HB_OK;
}

}  // namespace hb

/* ---------------------------------------------------------------------------------------- C */

struct hb_replay {
  hb::Replay replay;
};

int hb_replay_register(uint32_t offset) {
  for (size_t i = 0; i < hb::kRegisters.size(); ++i) {
    if (hb::kRegisters[i].offset == offset) return static_cast<int>(i);
  }
  return -1;
}

hb_status_t hb_replay_create(const char *model, const hb_replay_memory_t *memory,
                             uint32_t num_memory, hb_replay_t **replay_out) try {
  for (unsigned i = 0; hb::verilated_tile_info(i) != nullptr; ++i) {
    const hb::VerilatedTileInfo &info = *hb::verilated_tile_info(i);
    if (std::strcmp(info.name, model) == 0) {
      *replay_out = new hb_replay{hb::Replay(info.make(), memory, num_memory)};
      return HB_OK;
    }
  }
  return HB_ERR_ARG;
} catch (const std::bad_alloc &) {
  return HB_ERR_NOMEM;
}

void hb_replay_free(hb_replay_t *replay) {
  delete replay;
}

hb_status_t hb_replay_run(hb_replay_t *replay, const hb_replay_segment_t *segment,
                          hb_replay_result_t *result_out) try {
  return replay->replay.run(*segment, *result_out);
} catch (const std::bad_alloc &) {
  return HB_ERR_NOMEM;
}
