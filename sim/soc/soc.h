/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The system-on-chip: every module of the machine, built from hb_soc_t and joined.
 *
 * This is the C++ behind hb_sim.h, whose functions it mirrors; hb_sim.cpp adds the C boundary.
 */

#ifndef HB_SIM_SOC_SOC_H_
#define HB_SIM_SOC_SOC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/cpu/host_cpu.h"
#include "sim/dram/dram_channel.h"
#include "sim/dram/dram_memory.h"
#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"
#include "sim/sensor/sensor_hub.h"
#include "sim/tile/tile_node.h"
#include "sim/wave/wave.h"

namespace hb {

class Soc {
 public:
  /** A NoC with packets under way in which nothing has moved for this long is stuck. */
  static constexpr Cycle kStuckCycles = 1000000;
  /** A debugger is listened to that often. */
  static constexpr Cycle kDebugCycles = 50000;

  /** Both arguments have passed check_soc() and check_options(). */
  Soc(const hb_soc_t &soc, const hb_sim_options_t &options);

  hb_sim_stop_t run(Cycle until);

  /** What is wrong with the stream, or "": it was added. */
  std::string add_stream(const hb_sim_stream_t &stream);
  /** Likewise. */
  std::string add_fault(const hb_sim_fault_t &fault);

  /** Lets a debugger stop the host CPU, before the first run; errno. The server listens. */
  int debug_listen(uint16_t port, uint16_t *port_out);
  /** Waits for its client; false: poll() said so. */
  bool debug_wait();

  /** Why run() returned DEADLOCK or FAULT. */
  const std::string &failure() const { return failure_; }

  const Clock &clock() const { return clock_; }
  bool begun() const { return begun_; }
  const Noc &noc() const { return noc_; }
  DramMemory &memory() { return memory_; }
  HostCpu &host() { return host_; }
  const HostCpu &host() const { return host_; }
  const std::vector<std::unique_ptr<TileNode>> &tiles() const { return tiles_; }
  const std::vector<std::unique_ptr<DramChannel>> &channels() const { return channels_; }

 private:
  hb_sim_stop_t stop_reason();
  std::string describe() const;

  const hb_soc_t config_;
  const hb_sim_options_t options_;
  std::unique_ptr<GdbServer> debugger_;  // if asked for
  Clock clock_;
  Noc noc_;
  DramMemory memory_;
  HostCpu host_;
  SensorHub sensors_;
  uint32_t num_streams_ = 0;
  std::vector<std::unique_ptr<DramChannel>> channels_;
  const std::shared_ptr<VerilatedContext> wave_context_;  // outlives its models
  std::vector<std::unique_ptr<TileNode>> tiles_;
  std::unique_ptr<Wave> wave_;  // if asked for; leaves before the tiles
  Cycle next_poll_;
  bool begun_ = false;
  hb_sim_stop_t final_ = HB_SIM_RUNNING;  // once EXIT, DEADLOCK or FAULT
  std::string failure_;
};

}  // namespace hb

#endif  // HB_SIM_SOC_SOC_H_
