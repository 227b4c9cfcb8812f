/* SPDX-License-Identifier: Apache-2.0 */

#include "dram_watch.h"

#include <memory>
#include <vector>

#include "dram_rules.h"

namespace {

std::vector<std::unique_ptr<hb_test::StrictDramRules>> watchers;

}  // namespace

void hb_dram_watch(hb_sim_t *sim, const hb_soc_t *soc) {
  for (uint32_t i = 0; i < soc->dram.num_channels; ++i) {
    watchers.push_back(std::make_unique<hb_test::StrictDramRules>(soc->dram));
    hb::observe_dram(sim, i, watchers.back().get());
  }
}

uint64_t hb_dram_watched(void) {
  uint64_t commands = 0;
  for (const auto &watcher : watchers)
    commands += watcher->commands;
  return commands;
}
