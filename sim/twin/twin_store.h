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

  /* Wires that also depend on the cycle. */
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

  /* As twin_types.h says; avail as in In. While something is offered at the boundary: 0. */
  uint64_t quiet(uint8_t avail) const;
  void skip(uint64_t cycles);

 private:
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_STORE_H_
