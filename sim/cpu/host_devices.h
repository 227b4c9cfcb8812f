/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The devices beside the host CPU that the rest of the machine can reach: interrupt controller with
 * alarm, and mailbox. Registers: hilbert/hb_memmap.h.
 *
 * Interrupts are levels. Tile wires come through links (tile_irq()); the mailbox bit is up while
 * messages wait; the timer bit while time >= alarm. pending() is what the CPU sees in the current
 * cycle, whoever ran first in it.
 *
 * Mailbox: a 32-byte write to HB_MBOX_BASE is one message and is answered when it has found a
 * place; the CPU sees it one cycle after it arrived. When all kMailboxDepth places are taken
 * requests wait in the network interface. Anything else written to or read from the window gets
 * SLVERR.
 */

#ifndef HB_SIM_CPU_HOST_DEVICES_H_
#define HB_SIM_CPU_HOST_DEVICES_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/kernel/link.h"
#include "sim/noc/noc.h"

namespace hb {

constexpr unsigned kMailboxDepth = 16;

class HostDevices : public Ticked {
 public:
  using Message = std::array<uint32_t, HB_MBOX_WORDS>;

  /** `cpu` is woken whenever pending() may have changed. */
  HostDevices(Clock &clock, WakeableIf &cpu, uint32_t num_tiles, Cycle irq_cycles,
              const hb_sim_sink_t &sink);

  /** The port the mailbox answers requests on. Once, before the first cycle. */
  void attach(NocPort &port) { port_ = &port; }

  /** Where tile `index` reports the level of its irq wire; only changes need to be pushed. */
  Link<bool> &tile_irq(uint32_t index) { return *tile_irq_[index]; }

  Cycle tick(Cycle now) override;

  /* What follows is for the CPU, in a thread that is in the current cycle. */

  /** HB_IRQ_* levels now. */
  uint32_t pending();
  /** The first cycle after now in which the alarm will be pending, or kNever. */
  Cycle alarm_ahead() const;

  uint64_t alarm() const { return alarm_; }
  void set_alarm(uint64_t cycle);

  /* As they were in the last cycle that was looked at; changes nothing. */
  uint32_t peek_pending() const { return levels_; }
  uint32_t peek_mailbox_level() const { return static_cast<uint32_t>(messages_.size()); }
  uint32_t peek_mailbox_word(uint32_t index) const {
    return messages_.empty() ? 0 : messages_.front()[index];
  }

  uint32_t mailbox_level();
  /** Word of the oldest message; 0 when there is none. */
  uint32_t mailbox_word(uint32_t index);
  /** Drops the oldest message, if there is one. */
  void mailbox_pop();

 private:
  /* Wakes both readers of what arrives: the controller for the sink, the CPU for wfi. */
  class Both : public WakeableIf {
   public:
    Both(WakeableIf &first, WakeableIf &second) : first_(first), second_(second) {}
    void wake_at(Cycle at) override {
      first_.wake_at(at);
      second_.wake_at(at);
    }

   private:
    WakeableIf &first_, &second_;
  };

  void update();
  void serve_mailbox();

  const hb_sim_sink_t sink_;
  Both both_;
  NocPort *port_ = nullptr;
  std::vector<std::unique_ptr<Link<bool>>> tile_irq_;
  uint32_t tile_levels_ = 0;
  uint32_t levels_ = 0;  // as last reported to the sink
  uint64_t alarm_ = kNever;

  Link<Message> arrived_;            // from the network side to the CPU side
  Link<bool> freed_;                 // and back: one entry per place
  unsigned places_ = kMailboxDepth;  // free, as the network side knows
  std::deque<Message> messages_;     // the CPU side's
};

}  // namespace hb

#endif  // HB_SIM_CPU_HOST_DEVICES_H_
