/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A small machine of two tiles and two DRAM channels, for tests of tile nodes without firmware.
 */

#ifndef HB_TESTS_SIM_SOC_FIXTURE_H_
#define HB_TESTS_SIM_SOC_FIXTURE_H_

#include "sim/include/hb_sim.h"

namespace hb_test {

inline hb_soc_t make_soc() {
  hb_soc_t soc{};
  soc.clock_khz = 250000;
  soc.noc = {3, 2, 128, 4, 1, 1, 1, HB_NOC_XY, HB_NOC_ROUND_ROBIN, HB_NOC_PRIORITY_NONE, 16};
  soc.host_node = {0, 0};
  soc.sensor_node = {1, 1};
  soc.irq_cycles = 3;
  soc.num_tiles = 2;
  soc.tiles[0].node = {1, 0};
  soc.tiles[1].node = {2, 1};
  soc.dram.size_bytes = 1 << 20;
  soc.dram.num_channels = 2;
  soc.dram.node[0] = {2, 0};
  soc.dram.node[1] = {0, 1};
  soc.dram.interleave_bytes = 512;
  soc.dram.banks = 8;
  soc.dram.row_bytes = 2048;
  soc.dram.burst_bytes = 64;
  soc.dram.queue_depth = 16;
  soc.dram.tck_ps = 625;
  soc.dram.trcd_ps = 18000;
  soc.dram.trp_ps = 18000;
  soc.dram.tcl_ps = 17500;
  soc.dram.tcwl_ps = 8750;
  soc.dram.tras_ps = 42000;
  soc.dram.tccd_ps = 5000;
  soc.dram.twr_ps = 18000;
  soc.dram.twtr_ps = 10000;
  soc.dram.trtp_ps = 7500;
  soc.dram.trfc_ps = 280000;
  soc.dram.trefi_ps = 3904000;
  soc.dram.trrd_ps = 10000;
  soc.dram.tfaw_ps = 40000;
  soc.dram.starvation_cap = 64;
  return soc;
}

}  // namespace hb_test

#endif  // HB_TESTS_SIM_SOC_FIXTURE_H_
