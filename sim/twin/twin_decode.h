/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_cmd_decode: turns command beats into descriptors, in program order, or finds the fault.
 *
 * All that a command comes to is worked out when its last beat is taken; from then on the cycles
 * are counted in which the RTL checks it and forms its products. So `len` and `base` must hold from
 * start on, as they do behind hb_tile_ctl. A descriptor is defined where the RTL defines it: of
 * STAT that is what hb_vec_stat reads and the masks, and VEC has no eps.
 */

#ifndef HB_SIM_TWIN_TWIN_DECODE_H_
#define HB_SIM_TWIN_TWIN_DECODE_H_

#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_types.h"

namespace hb::twin {

class Decoder {
 public:
  explicit Decoder(const Params &params);

  /* Wires of registers alone. */
  bool beat_ready() const { return state_ == State::kFill; }
  bool load_valid() const { return offers(Outcome::kLoad); }
  bool exec_valid() const { return offers(Outcome::kExec); }
  bool vec_valid() const { return offers(Outcome::kVec); }
  bool store_valid() const { return offers(Outcome::kStore); }
  const LoadDesc &load() const { return load_; }
  const ExecDesc &exec() const { return exec_; }
  const VecDesc &vec() const { return vec_; }
  const StoreDesc &store() const { return store_; }
  /* What the descriptor that is offered was made of. */
  hb_cmd_t command() const;
  bool end() const { return end_; }                  // END was decoded; holds until start
  bool fault_valid() const { return fault_valid_; }  // one cycle
  Fault fault() const { return {code_, index_}; }

  struct In {
    bool start = false, stop = false;
    uint32_t len = 0;
    const std::array<uint32_t, 4> *base = nullptr;
    const Beat *beat = nullptr;  // nullptr: beat_valid is 0
    bool beat_error = false;
    bool load_ready = false, exec_ready = false, vec_ready = false, store_ready = false;
  };
  void edge(const In &in);

  /* As twin_types.h says. beat_valid: is one there now; readies as in In. 0 only while a beat or a
   * descriptor is taken and while fault_valid is 1. */
  uint64_t quiet(bool beat_valid, bool load_ready, bool exec_ready, bool vec_ready,
                 bool store_ready) const;
  void skip(uint64_t cycles);

 private:
  /* kWork: StCheck, StVerdict, StCompute, and StDispatch if it ends in a fault. */
  enum class State : uint8_t { kIdle, kFill, kWork, kOffer };
  enum class Outcome : uint8_t { kLoad, kExec, kVec, kStore, kEnd, kFault };

  bool offers(Outcome what) const { return state_ == State::kOffer && outcome_ == what; }
  bool taken(bool load_ready, bool exec_ready, bool vec_ready, bool store_ready) const;
  void take(const In &in);
  void decode(const In &in);
  template <class Command>
  void decode_as(const In &in, Outcome outcome, uint32_t may, uint32_t steps);
  void conclude(Outcome outcome, uint32_t cycles);
  void show();

  /* The rules that need no product. */
  bool fields_legal(const hb_cmd_load_t &c) const;
  bool fields_legal(const hb_cmd_store_t &c) const;
  bool fields_legal(const hb_cmd_exec_t &c) const;
  bool fields_legal(const hb_cmd_vec_t &c) const;
  bool fields_legal(const hb_cmd_stat_t &c) const;
  /* Makes the descriptor; false: the other rules are broken. */
  bool form(const hb_cmd_load_t &c, const std::array<uint32_t, 4> &base);
  bool form(const hb_cmd_store_t &c, const std::array<uint32_t, 4> &base);
  bool form(const hb_cmd_exec_t &c, const std::array<uint32_t, 4> &base);
  bool form(const hb_cmd_vec_t &c, const std::array<uint32_t, 4> &base);
  bool form(const hb_cmd_stat_t &c, const std::array<uint32_t, 4> &base);

  const Params params_;
  const bool vector_;
  const uint32_t bank_ifm_words_, bank_wgt_words_;  // EXEC and VEC count words of one bank
  const uint32_t exec_flags_, store_flags_, vec_flags_;

  State state_ = State::kIdle;
  Outcome outcome_ = Outcome::kEnd;  // kWork, kOffer: what it ends in
  uint32_t left_ = 0;                // kWork: cycles until that shows, this one included
  bool end_ = false, fault_valid_ = false, error_ = false;
  uint8_t code_ = HB_TILE_STATUS_OK;
  uint32_t index_ = 0;
  uint32_t beat_ = 0;                                      // which comes next
  alignas(16) std::array<uint8_t, HB_CMD_BYTES> bytes_{};  // no command needs the last beat
  LoadDesc load_;
  ExecDesc exec_;
  VecDesc vec_;
  StoreDesc store_;
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_DECODE_H_
