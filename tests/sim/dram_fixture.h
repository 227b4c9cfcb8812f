/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Devices of the shipped presets, and a small machine of two tiles and two channels, for tests and
 * benches that need no SoC file. Link hb_config.
 */

#ifndef HB_TESTS_SIM_DRAM_FIXTURE_H_
#define HB_TESTS_SIM_DRAM_FIXTURE_H_

#include <cstdio>
#include <cstdlib>

#include "hb_config.h"
#include "tests/sim/soc_fixture.h"

namespace hb_test {

/** A preset as SoC files have it; one channel at node (0, 0), the controller as by default. */
inline hb_soc_dram_t preset(const char *name, uint64_t size_bytes) {
  hb_soc_dram_t dram{};
  if (hb_config_dram_preset(name, &dram) != HB_OK) {
    std::fprintf(stderr, "no preset %s\n", name);
    std::abort();
  }
  dram.size_bytes = size_bytes;
  dram.num_channels = 1;
  dram.interleave_bytes = 256;
  dram.queue_depth = 16;
  dram.starvation_cap = 64;
  return dram;
}

/** LPDDR4-3200, with bursts of another size. */
inline hb_soc_dram_t lpddr4_3200(uint64_t size_bytes, uint32_t burst_bytes) {
  hb_soc_dram_t dram = preset("lpddr4-3200", size_bytes);
  dram.burst_bytes = burst_bytes;
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

#endif  // HB_TESTS_SIM_DRAM_FIXTURE_H_
