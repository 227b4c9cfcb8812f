/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A plain mesh for tests and benches that need no SoC file.
 */

#ifndef HB_TESTS_SIM_SOC_FIXTURE_H_
#define HB_TESTS_SIM_SOC_FIXTURE_H_

#include "sim/include/hb_sim.h"

namespace hb_test {

/** Flits of 16 bytes, a cycle for each router and link, all else as a SoC file has it by default.
 */
inline hb_soc_noc_t plain_mesh(uint32_t columns, uint32_t rows, uint32_t buffer_flits = 4) {
  hb_soc_noc_t noc{};
  noc.columns = columns;
  noc.rows = rows;
  noc.flit_bits = 128;
  noc.buffer_flits = buffer_flits;
  noc.router_cycles = noc.link_cycles = 1;
  noc.virtual_channels = 1;
  noc.routing = HB_NOC_XY;
  noc.arbitration = HB_NOC_ROUND_ROBIN;
  noc.priority = HB_NOC_PRIORITY_NONE;
  noc.max_outstanding = HB_SIM_MAX_OUTSTANDING;
  return noc;
}

/** Host, sensors, a tile and DRAM at the corners of a mesh. */
inline hb_soc_t two_by_two() {
  hb_soc_t soc{};
  soc.noc = plain_mesh(2, 2);
  soc.host_node = {0, 0};
  soc.sensor_node = {0, 1};
  soc.dram.num_channels = 1;
  soc.dram.node[0] = {1, 1};
  soc.dram.interleave_bytes = 256;
  soc.num_tiles = 1;
  soc.tiles[0].node = {1, 0};
  return soc;
}

}  // namespace hb_test

#endif  // HB_TESTS_SIM_SOC_FIXTURE_H_
