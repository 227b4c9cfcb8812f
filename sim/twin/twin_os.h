/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * hb_exec_os and hb_systolic_os: a block of N pixels runs all k-tiles, of N cycles each, before the
 * next block begins. The last block may have fewer pixels.
 */

#ifndef HB_SIM_TWIN_TWIN_OS_H_
#define HB_SIM_TWIN_TWIN_OS_H_

#include "sim/twin/twin_exec.h"

namespace hb::twin {

struct OsArray {
  static constexpr unsigned kStages = 5;
  static ExecSteps steps(const ExecDesc &desc, unsigned n, uint32_t pixels);
  /* Sums reach the accumulator with a block's last k-tile. */
  static bool reads_at_once(const ExecDesc &desc) { return desc.k_count == 1; }
};

extern template class ExecCore<OsArray>;
using OsCore = ExecCore<OsArray>;

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_OS_H_
