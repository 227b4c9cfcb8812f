/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The execute engines with what is behind them, down to the accumulator: WsCore (hb_exec_ws,
 * hb_systolic_ws), OsCore (hb_exec_os, hb_systolic_os), VecCore (hb_vec_*). One shape for all.
 */

#ifndef HB_SIM_TWIN_TWIN_CORE_H_
#define HB_SIM_TWIN_TWIN_CORE_H_

#include "sim/twin/twin_types.h"

namespace hb::twin {

/*
 * class Core {
 *  public:
 *   using Desc = ExecDesc;  // or VecDesc
 *   explicit Core(const Params &params);
 *   bool cmd_ready() const;   // room in the queue of commands
 *   bool idle() const;        // of the sequencer: nothing queued, nothing being named
 *   bool alive() const;       // of what is behind it
 *   CoreWires wires(uint8_t avail, bool abort) const;
 *   void edge(const CoreWires &wires, bool abort, const Desc *cmd);  // cmd: nullptr if cmd_valid
 * is 0 uint64_t quiet(uint8_t avail) const;  // abort is 0, no command comes in CoreSkipped
 * skip(uint64_t cycles, uint8_t avail);
 * };
 */

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_CORE_H_
