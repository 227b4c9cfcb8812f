/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The vector core, timing only: hb_vec_seq with what hb_vec_lanes, hb_vec_result and hb_vec_stat
 * let it and the tile see. The shape is that of twin_core.h.
 *
 * Terms follow each other without a gap, so of what is under way only the last term of each command
 * counts: it is what done shows a fixed number of cycles later, and until then the core is alive.
 * No value is looked at by anything that decides when something happens: STAT takes 23 or 55 cycles
 * a row.
 */

#ifndef HB_SIM_TWIN_TWIN_VEC_H_
#define HB_SIM_TWIN_TWIN_VEC_H_

#include "sim/twin/twin_types.h"

namespace hb::twin {

class VecCore {
 public:
  using Desc = VecDesc;

  /** Of params only n, the lanes, counts. */
  explicit VecCore(const Params &params);

  bool cmd_ready() const { return commands_.in_ready(); }
  bool idle() const { return !commands_.out_valid() && !busy() && push_ == 0; }
  bool alive() const { return ends_ != 0 || rows_left_ != 0 || (terms_left_ != 0 && !first_term_); }
  CoreWires wires(uint8_t avail, bool abort) const;
  void edge(const CoreWires &wires, bool abort, const Desc *cmd);
  uint64_t quiet(uint8_t avail) const;
  CoreSkipped skip(uint64_t cycles, uint8_t avail);

 private:
  /* What timing depends on. */
  struct Command {
    bool is_stat = false;
    bool reads_rows = false;  // that the core itself wrote: starts when nothing is under way
    uint8_t wait_mask = 0, push_mask = 0;
    uint32_t count = 0;   // VEC: terms; STAT: rows
    unsigned period = 0;  // STAT: cycles a row
  };

  bool busy() const { return terms_left_ != 0 || rows_left_ != 0; }
  bool starts(uint8_t avail) const;
  uint8_t missing(
      uint8_t avail) const;  // tokens, while nothing else keeps the next command waiting
  bool stat_writes() const { return rows_left_ != 0 && row_left_ == 1; }
  bool done() const { return (ends_ >> (way_ - 1) & 1) != 0; }
  unsigned to_done() const;  // cycles to the next one; something is under way

  unsigned way_;  // cycles from a term to its row's write
  Fifo<Command, kCommandQueueDepth> commands_;
  uint8_t push_mask_ = 0;    // of the command that started last
  uint8_t push_ = 0;         // push_q
  uint32_t terms_left_ = 0;  // of a running VEC, the one of this cycle with them
  bool first_term_ = false;  // this cycle's is its command's first
  uint32_t rows_left_ = 0;   // of a running STAT, this one with them
  unsigned row_left_ = 0;    // cycles of this row, this one with them
  unsigned period_ = 0;      // of a row
  uint32_t ends_ = 0;        // bit i: a command's last term was i + 1 cycles ago,
  uint32_t ends_push_ = 0;   // and it pushes E2S
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_VEC_H_
