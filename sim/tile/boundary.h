/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Records what happens at a tile's boundary (hb_sim_boundary_t): each handshake with how long its
 * valid waited, beats that follow each other in one record, and the edges of irq and idle. With the
 * commands in memory that is all the timing of a job depends on, and all that it shows.
 */

#ifndef HB_SIM_TILE_BOUNDARY_H_
#define HB_SIM_TILE_BOUNDARY_H_

#include <array>
#include <cstdint>

#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/tile/tile_model.h"

namespace hb {

class Boundary {
 public:
  /** `sink.boundary` is not NULL. */
  Boundary(uint32_t tile, const hb_sim_sink_t &sink) : tile_(tile), sink_(sink) {}

  /** irq and idle of cycle `now`: in every cycle in which one of them may have changed. */
  void wires(const TileOut &out, Cycle now);
  /** Outputs and inputs of cycle `now`; every cycle in which anything happens, in order. */
  void cycle(const TileOut &out, const TileIn &in, Cycle now);

  /** The tile is reset: from cycle `now` on it is as in the beginning. */
  void reset(Cycle now);

 private:
  /* A run of beats that is not over. */
  struct Run {
    bool open = false;
    hb_sim_boundary_t record{};
  };

  hb_sim_boundary_t make(hb_boundary_channel_t channel, Cycle now) const;
  void emit(const hb_sim_boundary_t &record) { sink_.boundary(sink_.ctx, &record); }
  bool handshake(hb_boundary_channel_t channel, bool valid, bool ready, uint32_t &wait);
  void beat(Run &run, const hb_sim_boundary_t &record);
  void close(Run &run);
  void edge(hb_boundary_channel_t channel, bool level, bool &known, Cycle now);

  const uint32_t tile_;
  const hb_sim_sink_t sink_;
  std::array<uint32_t, HB_BOUNDARY_CHANNELS> waited_{};  // cycles valid has been up without ready
  Run write_, read_;
  bool irq_ = false, idle_ = true;  // as after reset
};

}  // namespace hb

#endif  // HB_SIM_TILE_BOUNDARY_H_
