/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Writes a waveform: RTL signals of tiles, links of the mesh, and signals the caller drives, on one
 * time axis.
 *
 * In the cycles of the waveform tiles stop before their clock edge (TileNode::edge()). Wave is
 * ticked after them: it writes the cycle, then lets them go on. So valid and ready of one
 * handshake, or a state and the inputs it reacts to, are seen at the same time, as in any RTL
 * simulator.
 */

#ifndef HB_SIM_WAVE_WAVE_H_
#define HB_SIM_WAVE_WAVE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"
#include "sim/tile/tile_node.h"
#include "sim/wave/wave_writer.h"

namespace hb {

class Wave : public sc_core::sc_module, public Ticked {
 public:
  /** Constructed after the tiles and the mesh, so that it is ticked after them. */
  Wave(sc_core::sc_module_name name, Clock &clock, std::shared_ptr<VerilatedContext> context,
       const hb_sim_wave_t &wave, const hb_soc_t &soc, const Noc &noc);

  /** A tile whose cycles are halved; `model`: and whose signals are shown. Both outlive this. */
  void add(TileNode &node, TracedTileIf &model);

  Cycle tick(Cycle now) override;

 private:
  /* Of the mesh: whether a flit moves on it. */
  struct Link {
    unsigned net, x, y;
    hb_noc_link_t link;
    uint64_t flits;  // carried so far
    uint32_t moves;
  };

  void add_links(const hb_soc_noc_t &config);
  void sample_links(Cycle now);

  const hb_sim_wave_t wave_;
  const uint32_t clock_khz_;
  const Noc &noc_;
  WaveWriter writer_;
  std::vector<Link> links_;
  std::vector<TileNode *> nodes_;
};

}  // namespace hb

#endif  // HB_SIM_WAVE_WAVE_H_
