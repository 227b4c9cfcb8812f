/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_cmd_decode: turns command beats into descriptors, in program order, or finds the fault.
 */

#ifndef HB_SIM_TWIN_TWIN_DECODE_H_
#define HB_SIM_TWIN_TWIN_DECODE_H_

#include "sim/twin/twin_types.h"

namespace hb::twin {

class Decoder {
 public:
  explicit Decoder(const Params &params);

  /* Wires of registers alone. */
  bool beat_ready() const;
  bool load_valid() const, exec_valid() const, vec_valid() const, store_valid() const;
  const LoadDesc &load() const;
  const ExecDesc &exec() const;
  const VecDesc &vec() const;
  const StoreDesc &store() const;
  bool end() const;          // END was decoded; holds until start
  bool fault_valid() const;  // one cycle
  Fault fault() const;

  struct In {
    bool start = false, stop = false;
    uint32_t len = 0;
    const std::array<uint32_t, 4> *base = nullptr;
    const Beat *beat = nullptr;  // nullptr: beat_valid is 0
    bool beat_error = false;
    bool load_ready = false, exec_ready = false, vec_ready = false, store_ready = false;
  };
  void edge(const In &in);

  /* As twin_types.h says. beat_valid: is one there now; readies as in In. */
  uint64_t quiet(bool beat_valid, bool load_ready, bool exec_ready, bool vec_ready,
                 bool store_ready) const;
  void skip(uint64_t) {}

 private:
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_DECODE_H_
