/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_os.h"

namespace hb::twin {

template class ExecCore<OsArray>;

ExecSteps OsArray::steps(const ExecDesc &desc, unsigned n, uint32_t pixels) {
  const uint32_t blocks = (pixels + n - 1) / n;
  ExecSteps steps;
  steps.tail_groups = ((desc.k_count - 1u) & 0xffff) + 1;
  steps.groups = blocks * steps.tail_groups;
  steps.length = n;
  steps.pixels = pixels - (blocks - 1) * n;
  return steps;
}

}  // namespace hb::twin
