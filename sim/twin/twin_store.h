/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_store_engine: reads accumulator rows, requantises them and writes them to memory.
 */

#ifndef HB_SIM_TWIN_TWIN_STORE_H_
#define HB_SIM_TWIN_TWIN_STORE_H_

#include "sim/twin/twin_types.h"

namespace hb::twin {

class Store {
 public:
  explicit Store(const Params &params);

  /* Wires of registers alone. */
  bool cmd_ready() const, idle() const;
  bool awvalid() const, wvalid() const, wlast() const;
  uint32_t awaddr() const;
  uint8_t awlen() const;
  uint16_t wstrb() const;
  /* Beats with data that were offered so far, this one included: not those that abort owes. */
  uint64_t beats() const { return beats_; }

  /* Wires that also depend on the cycle. */
  bool start(uint8_t avail, bool abort) const;
  uint8_t take(uint8_t avail, bool abort) const;
  uint8_t push(bool abort) const;
  bool retired(bool abort) const;
  bool fault_valid(bool bvalid, bool berror, bool abort) const;
  uint32_t fault_index() const;

  struct In {
    bool abort = false;
    const StoreDesc *cmd = nullptr;  // nullptr: cmd_valid is 0
    uint8_t avail = 0;
    bool awready = false, wready = false, bvalid = false, berror = false;
  };
  void edge(const In &in);

  /* As twin_types.h says; avail, awready and wready as in In. While an address is taken: 0. */
  uint64_t quiet(uint8_t avail, bool awready, bool wready) const;
  void skip(uint64_t cycles, bool wready);

 private:
  enum class State : uint8_t { kIdle, kParams, kRows };

  bool out_take() const { return !out_valid_ || data_.in_ready(); }
  bool advance() const;
  bool read(bool abort) const { return state_ == State::kRows && !abort && advance(); }
  bool room_for_burst() const;   // all that a burst needs but a free AW register
  bool empty() const;            // nothing under way: falls asleep
  bool still() const;            // no register changes until something comes in
  uint64_t beats_ahead() const;  // certain to be offered one after the other
  uint64_t until_retired() const;
  uint64_t until_data() const;
  uint64_t until_drained() const;
  uint8_t strobes_of_lanes() const;
  void edge_rows(bool abort, bool data_take);
  void edge_addresses(const In &in, bool len_take);

  unsigned n_;
  Fifo<StoreDesc, kCommandQueueDepth> commands_;
  State state_ = State::kIdle;
  bool awake_ = false;

  /* The command whose rows are read. */
  uint8_t param_ = 0, push_mask_ = 0;
  uint16_t pixels_left_ = 0;
  bool raw_ = false, half_ = false;

  /* Pipeline: bits as valid_q of the RTL. */
  uint8_t valid_ = 0, quarter_ = 0;
  bool out_valid_ = false;
  uint8_t out_strb_ = 0;  // lower, upper eight bytes
  Fifo<uint8_t, 16> data_;

  /* Addresses. */
  bool aw_active_ = false, aw_valid_ = false;
  uint32_t aw_addr_ = 0, aw_row_ = 0, row_pitch_ = 0, index_ = 0, m_awaddr_ = 0;
  uint32_t row_beats_ = 0, aw_left_ = 0;
  uint16_t aw_rows_ = 0;
  uint8_t m_awlen_ = 0, outstanding_ = 0;
  Fifo<uint8_t, kMaxOutstanding> lengths_;   // of bursts whose data is owed
  Fifo<uint32_t, kMaxOutstanding> indices_;  // of bursts whose answer is owed

  /* Write data. */
  bool w_valid_ = false, w_last_ = false;
  uint8_t w_beat_ = 0, w_strb_ = 0;
  uint64_t beats_ = 0;
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_STORE_H_
