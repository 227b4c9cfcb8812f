/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Who sees the commands a DRAM channel gives its device.
 */

#ifndef HB_SIM_DRAM_DRAM_OBSERVER_H_
#define HB_SIM_DRAM_DRAM_OBSERVER_H_

#include <cstdint>

struct hb_sim;

namespace hb {

/* kReadAuto, kWriteAuto: the bank closes by itself as soon as it may. */
enum class DramCommand : uint8_t {
  kActivate,
  kRead,
  kWrite,
  kReadAuto,
  kWriteAuto,
  kPrecharge,
  kPrechargeAll,
  kRefresh
};

class DramObserver {
 public:
  virtual ~DramObserver() = default;
  /** In order of time; `ps` from the start of the run. bank: of all ranks, rank after rank; the
   * first one of its rank for kPrechargeAll and kRefresh. row: of kActivate and accesses. */
  virtual void command(uint64_t ps, DramCommand command, unsigned bank, uint64_t row) = 0;
};

/** `observer` sees every command of a channel of the whole simulator from now on (sim/soc). */
void observe_dram(hb_sim *sim, uint32_t channel, DramObserver *observer);

}  // namespace hb

#endif  // HB_SIM_DRAM_DRAM_OBSERVER_H_
