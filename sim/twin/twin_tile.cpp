/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_tile.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>

#include "sim/twin/twin_data.h"
#include "sim/twin/twin_decode.h"
#include "sim/twin/twin_os.h"
#include "sim/twin/twin_shell.h"
#include "sim/twin/twin_store.h"
#include "sim/twin/twin_vec.h"
#include "sim/twin/twin_ws.h"

namespace hb {

namespace twin {

namespace {

/* hb_tile_systolic or hb_tile_vector, by its core. */
template <class Core>
class Tile final : public TileModelIf {
 public:
  Tile(const Params &params, uint32_t id, uint32_t caps, bool functional)
      : params_(params), id_(id), caps_(caps) {
    if (functional) data_ = std::make_unique<Data>(params.n);
    reset();
  }

  void reset() override {
    state_.emplace(params_, id_, caps_);
    if (data_ != nullptr) data_->reset();
    show();
  }
  const TileOut &outputs() const override { return out_; }
  uint32_t jobs_started() const override { return state_->perf.count.started; }
  uint32_t jobs_completed() const override { return state_->perf.count.completed; }
  TilePerf perf() const override { return state_->perf.count; }

  bool reads_data(uint8_t id) const override { return data_ != nullptr || id == kIdFetch; }

  void clock(const TileIn &in) override;
  uint64_t quiet(const TileIn &in) const override;
  void skip(uint64_t cycles, const TileIn &in) override;

 private:
  static constexpr bool kVector = std::is_same_v<typename Core::Desc, VecDesc>;

  struct State {
    State(const Params &params, uint32_t id, uint32_t caps)
        : regs(id, caps), decoder(params), core(params), store(params) {}
    Regs regs;
    Control control;
    Fetch fetch;
    Decoder decoder;
    Tokens tokens;
    Load load;
    Arbiter arbiter;
    Core core;
    Store store;
    Perf perf;
  };

  bool core_valid() const {
    return kVector ? state_->decoder.vec_valid() : state_->decoder.exec_valid();
  }
  const typename Core::Desc &core_desc() const {
    if constexpr (kVector) {
      return state_->decoder.vec();
    } else {
      return state_->decoder.exec();
    }
  }
  bool all_idle() const {
    return state_->fetch.quiet() && state_->load.idle() && state_->core.idle() &&
           !state_->core.alive() && state_->store.idle();
  }
  void show();
  void compute(const TileIn &in, const CoreWires &core, const Load::Wires &load, bool abort);

  const Params params_;
  const uint32_t id_, caps_;
  std::optional<State> state_;
  std::unique_ptr<Data> data_;  // nullptr: timing only
  TileOut out_;
};

template <class Core>
void Tile<Core>::show() {
  state_->regs.show(out_);
  const Address &ar = state_->arbiter.out();
  out_.m_arvalid = ar.valid;
  out_.m_arid = state_->arbiter.id();
  out_.m_araddr = ar.addr;
  out_.m_arlen = ar.len;
  out_.m_rready = out_.m_bready = 1;
  const Store &store = state_->store;
  out_.m_awvalid = store.awvalid();
  out_.m_awid = kIdStore;
  out_.m_awaddr = store.awaddr();
  out_.m_awlen = store.awlen();
  out_.m_wvalid = store.wvalid();
  out_.m_wlast = store.wlast();
  out_.m_wstrb = store.wstrb();
  if (data_ != nullptr) {
    data_->show(store.beats(), store.wstrb(), state_->control.job().tag, out_.m_wdata);
  }
  out_.idle = state_->control.quiet(state_->regs) && state_->regs.quiet();
}

/* What this cycle does to the data. */
template <class Core>
void Tile<Core>::compute(const TileIn &in, const CoreWires &core, const Load::Wires &load,
                         bool abort) {
  const State &s = *state_;
  if (abort) {
    data_->abort();
    return;
  }
  if (s.control.start()) data_->begin(s.control.job().tag);
  if (s.store.start(s.tokens.avail(), abort)) data_->start_store();
  if (core.start) data_->start_core();
  if (load.write) data_->load(load.mem, load.word, in.m_rdata);
  if (s.decoder.store_valid() && s.store.cmd_ready()) data_->queue_store(s.decoder.command());
  if (core_valid() && s.core.cmd_ready()) data_->queue_core(s.decoder.command());
}

template <class Core>
void Tile<Core>::clock(const TileIn &in) {
  State &s = *state_;
  // Wires: everything below is as it is before the clock edge.
  const bool start = s.control.start(), abort = s.control.abort(), end = s.decoder.end();
  const uint8_t avail = s.tokens.avail();
  const TileIn *fetched = in.m_rvalid != 0 && in.m_rid == kIdFetch ? &in : nullptr;
  const TileIn *loaded = in.m_rvalid != 0 && in.m_rid == kIdLoad ? &in : nullptr;
  const CoreWires core = s.core.wires(avail, abort);
  const Load::Wires load = s.load.wires(avail, abort, loaded);
  const uint8_t store_take = s.store.take(avail, abort), store_push = s.store.push(abort);
  const bool berror = (in.m_bresp & 2) != 0;
  const bool flush = s.control.flush(s.regs);
  const bool completes = s.control.compl_valid(s.regs);
  const Completion completion = s.control.completion();
  const bool takes_job = s.control.job_take(s.regs);
  const bool busy = s.control.busy(), first = s.control.first();
  const bool ar_free = s.arbiter.free(in.m_arready != 0);
  const Address fetch_address = s.fetch.address(), load_address = s.load.address();
  const bool writes_beat = out_.m_wvalid != 0 && in.m_wready != 0;
  const bool progress = in.m_rvalid != 0 || in.m_bvalid != 0 ||
                        (out_.m_arvalid != 0 && in.m_arready != 0) ||
                        (out_.m_awvalid != 0 && in.m_awready != 0) || writes_beat ||
                        core.progress || core.done || load.last_word || s.store.retired(abort);
  const Control::In control = {end,
                               all_idle(),
                               progress,
                               s.decoder.fault_valid(),
                               load.fault,
                               s.store.fault_valid(in.m_bvalid != 0, berror, abort),
                               s.decoder.fault(),
                               load.fault_index,
                               s.store.fault_index()};
  const Fetch::Command *beat = s.fetch.beat();
  const bool beat_ready = s.decoder.beat_ready();
  Decoder::In decode;
  decode.start = start;
  decode.stop = abort;
  decode.len = s.control.job().len;
  decode.base = &s.control.job().base;
  decode.beat = beat == nullptr ? nullptr : &beat->beat;
  decode.beat_error = beat != nullptr && beat->error;
  decode.load_ready = s.load.cmd_ready();
  decode.exec_ready = !kVector && s.core.cmd_ready();
  decode.vec_ready = kVector && s.core.cmd_ready();
  decode.store_ready = s.store.cmd_ready();

  if (data_ != nullptr) {
    compute(in, core, load, abort);
  }

  // Edges. Who hands something over goes after who takes it.
  s.control.edge(s.regs, control);
  s.regs.edge({&in, takes_job, flush, busy, completes ? &completion : nullptr, &s.perf.count});
  s.perf.edge({flush, busy, first, completes, in.m_rvalid != 0, writes_beat, &completion,
               s.control.job().tag},
              core);
  s.tokens.edge(start,
                static_cast<uint8_t>(load.push | core.push |
                                     (core.done_push ? HB_CMD_TOKEN_E2S : 0) | store_push),
                static_cast<uint8_t>(load.take | core.take | store_take));
  s.load.edge(load, {abort, s.decoder.load_valid() ? &s.decoder.load() : nullptr,
                     ar_free && !fetch_address.valid, loaded});
  s.core.edge(core, abort, core_valid() ? &core_desc() : nullptr);
  s.store.edge({abort, s.decoder.store_valid() ? &s.decoder.store() : nullptr, avail,
                in.m_awready != 0, in.m_wready != 0, in.m_bvalid != 0, berror});
  s.decoder.edge(decode);
  s.fetch.edge({start, abort || end, &s.control.job(), ar_free, fetched, beat_ready});
  s.arbiter.edge(in.m_arready != 0, fetch_address, load_address);
  show();
}

template <class Core>
uint64_t Tile<Core>::quiet(const TileIn &in) const {
  const State &s = *state_;
  if ((in.s_awvalid | in.s_wvalid | in.s_arvalid | in.m_bvalid) != 0) {
    return 0;
  }
  if (out_.idle != 0) {
    return in.m_rvalid == 0 ? kForever : 0;
  }
  const bool reads = in.m_rvalid != 0, writes = (out_.m_wvalid & in.m_wready) != 0;
  if ((out_.m_arvalid & in.m_arready) != 0 || ((reads || writes) && data_ != nullptr) ||
      (reads && (in.m_rid != kIdLoad || in.m_rlast != 0 || (in.m_rresp & 2) != 0))) {
    return 0;
  }
  const bool end = s.decoder.end();
  const uint8_t avail = s.tokens.avail();
  const bool ar_free = out_.m_arvalid == 0;
  if (s.control.state() != Control::State::kRun || s.regs.soft_reset() || !s.regs.quiet() ||
      s.fetch.eager(end, ar_free) || s.load.eager(avail) || (end && all_idle()) ||
      s.decoder.fault_valid()) {
    return 0;
  }
  const uint64_t decoder =
      s.decoder.quiet(s.fetch.beat() != nullptr, s.load.cmd_ready(), !kVector && s.core.cmd_ready(),
                      kVector && s.core.cmd_ready(), s.store.cmd_ready());
  return std::min({decoder, s.load.quiet_address(ar_free),
                   reads ? s.load.quiet_reading() : kForever, s.core.quiet(avail),
                   s.store.quiet(avail, in.m_awready != 0, in.m_wready != 0),
                   s.control.quiet(s.regs.watchdog(), reads || writes)});
}

template <class Core>
void Tile<Core>::skip(uint64_t cycles, const TileIn &in) {
  State &s = *state_;
  if (cycles == 0 || s.control.state() != Control::State::kRun) {
    return;
  }
  const CoreSkipped core = s.core.skip(cycles, s.tokens.avail());
  s.decoder.skip(cycles);
  const bool reads = in.m_rvalid != 0, writes = (out_.m_wvalid & in.m_wready) != 0;
  for (uint64_t left = cycles;
       left != 0 && (s.load.asks() || (s.load.address().valid && !s.arbiter.out().valid)); --left) {
    const Address address = s.load.address();
    s.load.edge_address(!s.arbiter.out().valid);
    s.arbiter.edge(false, Address{}, address);
  }
  s.store.skip(cycles, in.m_wready != 0);
  s.perf.skip(cycles, core, reads, writes);
  s.control.skip(cycles, reads || writes ? 0 : core.since_progress);
  if (reads) {
    s.load.skip_reading(cycles);
  }
  show();
}

}  // namespace

}  // namespace twin

std::unique_ptr<TileModelIf> make_twin(uint32_t id, uint32_t caps, bool functional) {
  twin::Params params;
  params.kind = id >> HB_TILE_ID_KIND_LSB;
  params.n = (id & HB_TILE_ID_SIZE_MASK) >> HB_TILE_ID_SIZE_LSB;
  constexpr unsigned kWordsPerKib = 64;
  params.ifm_words =
      ((caps & HB_TILE_CAPS_IFM_KIB_MASK) >> HB_TILE_CAPS_IFM_KIB_LSB) * kWordsPerKib;
  params.wgt_words =
      ((caps & HB_TILE_CAPS_WGT_KIB_MASK) >> HB_TILE_CAPS_WGT_KIB_LSB) * kWordsPerKib;
  params.prm_words =
      ((caps & HB_TILE_CAPS_PRM_KIB_MASK) >> HB_TILE_CAPS_PRM_KIB_LSB) * kWordsPerKib;
  params.acc_rows = 1u << ((caps & HB_TILE_CAPS_ACC_LOG2_MASK) >> HB_TILE_CAPS_ACC_LOG2_LSB);
  switch (params.kind) {
    case HB_TILE_KIND_WS:
      return std::make_unique<twin::Tile<twin::WsCore>>(params, id, caps, functional);
    case HB_TILE_KIND_OS:
      return std::make_unique<twin::Tile<twin::OsCore>>(params, id, caps, functional);
    case HB_TILE_KIND_VECTOR:
      return std::make_unique<twin::Tile<twin::VecCore>>(params, id, caps, functional);
    default:
      return nullptr;
  }
}

}  // namespace hb
