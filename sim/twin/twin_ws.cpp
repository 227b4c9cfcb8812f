/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_ws.h"

namespace hb::twin {

template class ExecCore<WsArray>;

ExecSteps WsArray::steps(const ExecDesc &desc, unsigned n, uint32_t pixels) {
  ExecSteps steps;
  steps.groups = steps.tail_groups = ((desc.k_count - 1u) & 0xffff) + 1;
  steps.length = std::max(pixels, n);
  steps.pixels = pixels;
  return steps;
}

}  // namespace hb::twin
