/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Parts of machines for tests and benches that need no SoC file: a plain mesh, an LPDDR4 device,
 * and a small machine of two tiles and two channels.
 */

#ifndef HB_TESTS_SIM_SOC_FIXTURE_H_
#define HB_TESTS_SIM_SOC_FIXTURE_H_

#include <algorithm>
#include <iterator>

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

/** LPDDR4-3200, 8 Gb dies, as scenarios/soc/quad-ws16.yaml has it; one channel at node (0, 0). */
inline hb_soc_dram_t lpddr4_3200(uint64_t size_bytes, uint32_t burst_bytes) {
  hb_soc_dram_t dram{};
  dram.size_bytes = size_bytes;
  dram.num_channels = 1;
  dram.interleave_bytes = 256;
  dram.ranks = 1;
  dram.banks = 8;
  dram.bank_groups = 1;
  dram.row_bytes = 2048;
  dram.burst_bytes = burst_bytes;
  dram.queue_depth = 16;
  dram.tck_ps = 625;
  dram.trcd_ps = 18000;
  dram.trp_ps = 18000;
  dram.tcl_ps = 17500;
  dram.tcwl_ps = 8750;
  dram.tras_ps = 42000;
  dram.tccd_ps = 5000;
  dram.twr_ps = 18000;
  dram.twtr_ps = 10000;
  dram.trtp_ps = 7500;
  dram.trfc_ps = 280000;
  dram.trefi_ps = 3904000;
  dram.trrd_ps = 10000;
  dram.tfaw_ps = 40000;
  dram.tccd_l_ps = dram.tccd_ps;
  dram.trrd_l_ps = dram.trrd_ps;
  dram.twtr_l_ps = dram.twtr_ps;
  dram.trtrs_ps = dram.tck_ps;
  const hb_dram_field_t mapping[] = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_GROUP,
                                     HB_DRAM_COLUMN};
  std::copy(std::begin(mapping), std::end(mapping), dram.mapping);
  dram.starvation_cap = 64;
  return dram;
}

/** Two tiles, two DRAM channels of 512-byte pieces, 250 MHz. */
inline hb_soc_t make_soc() {
  hb_soc_t soc{};
  soc.clock_khz = 250000;
  soc.noc = plain_mesh(3, 2);
  soc.host_node = {0, 0};
  soc.sensor_node = {1, 1};
  soc.irq_cycles = 3;
  soc.num_tiles = 2;
  soc.tiles[0].node = {1, 0};
  soc.tiles[1].node = {2, 1};
  soc.dram = lpddr4_3200(1 << 20, 64);
  soc.dram.num_channels = 2;
  soc.dram.node[0] = {2, 0};
  soc.dram.node[1] = {0, 1};
  soc.dram.interleave_bytes = 512;
  return soc;
}

}  // namespace hb_test

#endif  // HB_TESTS_SIM_SOC_FIXTURE_H_
