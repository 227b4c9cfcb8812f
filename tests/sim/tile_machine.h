/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The machine of make_soc() with mock tiles and a host that plays a script; the rules watch its
 * DRAM.
 */

#ifndef HB_TESTS_SIM_TILE_MACHINE_H_
#define HB_TESTS_SIM_TILE_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "dram_fixture.h"
#include "dram_rules.h"
#include "mock_tile.h"
#include "script_host.h"
#include "sim/dram/dram_channel.h"
#include "sim/tile/tile_node.h"

namespace hb_test {

struct TileMachine {
  TileMachine(hb::Clock &clock, uint32_t stall_ppm, uint64_t stall_seed, const hb_sim_sink_t &sink)
      : soc(make_soc()),
        noc("noc", clock, soc.noc, hb::AddressMap(soc)),
        memory(soc.dram.size_bytes),
        dram0("dram0", clock, noc, soc.noc, soc.dram, 0, soc.clock_khz, memory),
        dram1("dram1", clock, noc, soc.noc, soc.dram, 1, soc.clock_khz, memory),
        host("host", clock, noc, hb::node_id(soc.noc, soc.host_node), soc.num_tiles,
             soc.irq_cycles),
        rules{StrictDramRules(soc.dram), StrictDramRules(soc.dram)} {
    dram0.observe(&rules[0]);
    dram1.observe(&rules[1]);
    for (uint32_t i = 0; i < soc.num_tiles; ++i) {
      hb::TileNode::Options tile;
      tile.index = i;
      tile.node = hb::node_id(soc.noc, soc.tiles[i].node);
      tile.max_outstanding = soc.noc.max_outstanding;
      tile.stall_ppm = stall_ppm;
      tile.stall_seed = stall_seed;
      tile.sink = sink;
      tiles.push_back(std::make_unique<hb::TileNode>(("tile" + std::to_string(i)).c_str(), clock,
                                                     noc, tile, make_mock_tile(),
                                                     &host.tile_irq(i)));
    }
  }

  const hb_soc_t soc;
  hb::Noc noc;
  hb::DramMemory memory;
  hb::DramChannel dram0, dram1;
  ScriptHost host;
  StrictDramRules rules[2];
  std::vector<std::unique_ptr<hb::TileNode>> tiles;
};

}  // namespace hb_test

#endif  // HB_TESTS_SIM_TILE_MACHINE_H_
