/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_store.h"

#include <algorithm>

namespace hb::twin {

namespace {

constexpr uint8_t kParamWords = 8;
constexpr uint32_t kBurstBytes = 256, kBeatBytes = 16;

/* Stages of the pipeline: bits of valid_. */
constexpr unsigned kRead = 0, kBiased = 1, kRequantised = 6;

constexpr bool bit(uint8_t bits, unsigned place) {
  return (bits >> place & 1) != 0;
}

}  // namespace

Store::Store(const Params &params) : n_(params.n) {}

bool Store::cmd_ready() const {
  return commands_.in_ready();
}
bool Store::idle() const {
  return !awake_ && !commands_.out_valid();
}
bool Store::awvalid() const {
  return aw_valid_;
}
bool Store::wvalid() const {
  return w_valid_;
}
bool Store::wlast() const {
  return w_last_;
}
uint32_t Store::awaddr() const {
  return m_awaddr_;
}
uint8_t Store::awlen() const {
  return m_awlen_;
}

uint16_t Store::wstrb() const {
  return static_cast<uint16_t>((bit(w_strb_, 0) ? 0x00ff : 0) | (bit(w_strb_, 1) ? 0xff00 : 0));
}

uint8_t Store::take(uint8_t avail, bool abort) const {
  return start(avail, abort) ? commands_.out().wait_mask : uint8_t{0};
}
uint8_t Store::push(bool abort) const {
  return retired(abort) ? push_mask_ : uint8_t{0};
}
bool Store::retired(bool abort) const {
  return pixels_left_ == 1 && read(abort);
}
bool Store::fault_valid(bool bvalid, bool berror, bool) const {
  return bvalid && berror;
}
uint32_t Store::fault_index() const {
  return indices_.out();
}

bool Store::start(uint8_t avail, bool abort) const {
  return state_ == State::kIdle && commands_.out_valid() && !abort && valid_ == 0 && !aw_active_ &&
         (commands_.out().wait_mask & ~avail) == 0;
}

bool Store::advance() const {
  if (raw_) return !bit(valid_, kBiased) || (quarter_ == 3 && out_take());
  return !bit(valid_, kRequantised) || out_take();
}

bool Store::room_for_burst() const {
  return aw_active_ && lengths_.in_ready() && outstanding_ != kMaxOutstanding;
}

bool Store::empty() const {
  return state_ == State::kIdle && valid_ == 0 && !out_valid_ && !data_.out_valid() &&
         !aw_active_ && !lengths_.out_valid() && !w_valid_ && outstanding_ == 0;
}

/* Of the beat that leaves the lanes now. */
uint8_t Store::strobes_of_lanes() const {
  if (n_ != 8) return 3;
  if (raw_) return (quarter_ >= 2) == half_ ? 3 : 0;
  return half_ ? 2 : 1;
}

void Store::edge(const In &in) {
  const bool starts = start(in.avail, in.abort);
  if (!awake_ && !starts) {
    commands_.edge(in.abort, in.cmd, false);
    return;
  }
  const bool was_empty = empty();

  // Write data.
  const bool w_free = !w_valid_ || in.wready;
  const bool data_take = w_free && lengths_.out_valid();
  const bool w_load = data_take && (data_.out_valid() || in.abort);
  const bool w_last = w_beat_ == lengths_.out();
  if (w_load) {
    w_strb_ = in.abort ? uint8_t{0} : data_.out();
    w_last_ = w_last;
    if (!in.abort) ++beats_;
    w_beat_ = w_last ? uint8_t{0} : static_cast<uint8_t>((w_beat_ + 1) & 15);
  }
  if (w_free) w_valid_ = w_load;

  edge_addresses(in, w_load && w_last);
  edge_rows(in.abort, data_take);

  if (starts) {
    const StoreDesc &next = commands_.out();
    state_ = State::kParams;
    param_ = 0;
    push_mask_ = next.push_mask;
    pixels_left_ = next.total;
    raw_ = next.raw;
    half_ = next.half;
    aw_active_ = true;
    aw_addr_ = aw_row_ = next.addr;
    row_pitch_ = next.row_pitch;
    aw_left_ = row_beats_ = next.raw ? uint32_t{next.beats} * 4 : next.beats;
    aw_rows_ = next.rows;
    index_ = next.index;
    awake_ = true;
  } else if (was_empty) {
    awake_ = false;
  }
  commands_.edge(in.abort, in.cmd, starts);
}

void Store::edge_addresses(const In &in, bool len_take) {
  const bool issue = room_for_burst() && !in.abort && (!aw_valid_ || in.awready);
  const uint32_t burst = std::min((kBurstBytes - aw_addr_ % kBurstBytes) / kBeatBytes, aw_left_);
  const auto length = static_cast<uint8_t>((burst - 1) & 15);
  lengths_.edge(false, issue ? &length : nullptr, len_take);
  indices_.edge(false, issue ? &index_ : nullptr, in.bvalid);
  if (issue != in.bvalid) {
    outstanding_ = static_cast<uint8_t>((issue ? outstanding_ + 1 : outstanding_ - 1) & 15);
  }
  if (in.abort) aw_active_ = false;
  if (!issue) {
    if (in.awready) aw_valid_ = false;
    return;
  }
  aw_valid_ = true;
  m_awaddr_ = aw_addr_;
  m_awlen_ = length;
  if (aw_left_ != burst) {
    aw_addr_ += burst * kBeatBytes;
    aw_left_ -= burst;
    return;
  }
  aw_row_ += row_pitch_;
  aw_addr_ = aw_row_;
  aw_left_ = row_beats_;
  if (aw_rows_ == 1) aw_active_ = false;
  --aw_rows_;
}

void Store::edge_rows(bool abort, bool data_take) {
  const bool takes = out_take(), advances = advance(), reads = read(abort);
  data_.edge(abort, out_valid_ ? &out_strb_ : nullptr, data_take);
  if (takes) out_strb_ = strobes_of_lanes();
  if (abort) {
    state_ = State::kIdle;
    valid_ = quarter_ = 0;
    out_valid_ = false;
    return;
  }
  if (takes) {
    out_valid_ = bit(valid_, raw_ ? kBiased : kRequantised);
    if (raw_ && out_valid_) quarter_ = (quarter_ + 1) & 3;
  }
  if (advances) {
    const unsigned moved = unsigned{valid_} << 1 & (raw_ ? 0x02u : 0x7eu);
    valid_ = static_cast<uint8_t>(moved | (reads ? 1 : 0));
  }
  if (state_ == State::kParams) {
    if (param_ == kParamWords) state_ = State::kRows;
    ++param_;
  } else if (reads) {
    if (pixels_left_ == 1) state_ = State::kIdle;
    --pixels_left_;
  }
}

bool Store::still() const {
  if (!awake_) return true;
  const bool rows_move =
      state_ == State::kParams || (advance() && (valid_ != 0 || state_ == State::kRows)) ||
      (raw_ && bit(valid_, kBiased) && out_take()) || (out_valid_ && data_.in_ready());
  const bool data_moves = !w_valid_ && lengths_.out_valid() && data_.out_valid();
  return !rows_move && !data_moves && !(room_for_burst() && !aw_valid_) && !empty();
}

/* Cycles up to the one that reads the last row, at least. */
uint64_t Store::until_retired() const {
  if (state_ == State::kIdle) return kForever;
  uint64_t cycles = uint64_t{pixels_left_} - 1;
  if (state_ == State::kParams) return cycles + kParamWords + 1 - param_;
  if (cycles != 0 || advance()) return cycles;
  return out_take() ? 1 : kForever;  // else it waits for room, and until_data() knows how long
}

/* Cycles up to the one that shows a beat if it has a burst to belong to, at least. */
uint64_t Store::until_data() const {
  if (data_.out_valid()) return 1;
  if (out_valid_) return 2;
  const unsigned last = raw_ ? kBiased : kRequantised;
  for (unsigned stage = last + 1; stage-- > 0;) {
    if (bit(valid_, stage)) return 3 + last - stage;
  }
  if (state_ == State::kIdle) return kForever;
  return 4 + last + (state_ == State::kParams ? kParamWords + 1u - param_ : 0u);
}

/* Cycles up to the first without a row in the pipeline, at least. */
uint64_t Store::until_drained() const {
  if (raw_) return 1;
  unsigned first = kRead;
  while (!bit(valid_, first))
    ++first;
  return kRequantised + 1 - first;
}

/* What waits for W, and behind it as far as there is no gap. */
uint64_t Store::beats_ahead() const {
  uint64_t beats = data_.level();
  if (beats == 0 || !out_valid_) return beats;
  ++beats;
  const bool rows = state_ == State::kRows;
  if (raw_) {
    if (!bit(valid_, kBiased)) return beats;
    beats += 4u - quarter_;
    return beats + (bit(valid_, kRead) ? 4 + (rows ? uint64_t{pixels_left_} * 4 : 0) : 0);
  }
  for (unsigned stage = kRequantised + 1; stage-- > 0;) {
    if (!bit(valid_, stage)) return beats;
    ++beats;
  }
  return beats + (rows ? pixels_left_ : 0);
}

uint64_t Store::quiet(uint8_t avail, bool awready, bool wready) const {
  if ((aw_valid_ && awready) || start(avail, false)) return 0;
  if (!awake_) return kForever;
  if (empty()) return 0;
  uint64_t cycles = until_retired();
  const bool writes = w_valid_ && wready;
  if ((room_for_burst() && !aw_valid_) || (writes && (w_last_ || n_ == 8))) {
    return std::min<uint64_t>(cycles, 1);
  }
  if (writes) {
    // The beats of this burst that come at once, but its last.
    const uint64_t beats =
        lengths_.out_valid() ? std::min<uint64_t>(beats_ahead(), lengths_.out() - w_beat_) : 0;
    const bool waits_for_room = state_ != State::kIdle && cycles == kForever;
    cycles = waits_for_room ? 1 : std::min(cycles, 1 + beats);
  } else if (still()) {
    return kForever;
  } else if (lengths_.out_valid() && !w_valid_) {
    cycles = std::min(cycles, until_data());
  }
  if (state_ == State::kIdle && valid_ != 0 && !aw_active_ && commands_.out_valid()) {
    cycles = std::min(cycles, until_drained());
  }
  return cycles;
}

/* What still moves without W comes to rest soon: the pipeline and the queue of beats are all there
 * is. */
void Store::skip(uint64_t cycles, bool wready) {
  In in;
  in.wready = wready && w_valid_;
  for (; cycles != 0 && (in.wready || !still()); --cycles)
    edge(in);
}

}  // namespace hb::twin
