/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_exec_ws and hb_systolic_ws: a k-tile is all pixels of the command, and N cycles at least.
 */

#ifndef HB_SIM_TWIN_TWIN_WS_H_
#define HB_SIM_TWIN_TWIN_WS_H_

#include "sim/twin/twin_exec.h"

namespace hb::twin {

struct WsArray {
  static constexpr unsigned kStages = 3;
  static ExecSteps steps(const ExecDesc &desc, unsigned n, uint32_t pixels);
  static bool reads_at_once(const ExecDesc &) { return true; }
};

extern template class ExecCore<WsArray>;
using WsCore = ExecCore<WsArray>;

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_WS_H_
