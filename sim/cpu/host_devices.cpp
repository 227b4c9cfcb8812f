/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/cpu/host_devices.h"

#include <cstring>

namespace hb {

HostDevices::HostDevices(Clock &clock, WakeableIf &cpu, uint32_t num_tiles, Cycle irq_cycles,
                         const hb_sim_sink_t &sink)
    : Ticked(clock),
      sink_(sink),
      both_(*this, cpu),
      arrived_(clock, &both_, 1),
      freed_(clock, this, 1) {
  for (uint32_t i = 0; i < num_tiles; ++i) {
    tile_irq_.push_back(std::make_unique<Link<bool>>(clock, &both_, irq_cycles));
  }
}

/* Brings everything up to the current cycle. Doing it twice in a cycle changes nothing. */
void HostDevices::update() {
  for (uint32_t i = 0; i < tile_irq_.size(); ++i) {
    while (tile_irq_[i]->ready()) {
      const uint32_t bit = HB_IRQ_TILE(i);
      tile_levels_ = tile_irq_[i]->pop() ? tile_levels_ | bit : tile_levels_ & ~bit;
    }
  }
  while (arrived_.ready()) {
    messages_.push_back(arrived_.pop());
  }

  const Cycle now = clock().cycle();
  const uint32_t levels = tile_levels_ | (messages_.empty() ? 0u : HB_IRQ_MAILBOX) |
                          (now >= alarm_ ? HB_IRQ_TIMER : 0u);
  uint32_t changed = levels ^ levels_;
  levels_ = levels;
  while (changed != 0) {
    const uint32_t bit = changed & (0u - changed);
    changed &= ~bit;
    if (sink_.irq != nullptr) {
      sink_.irq(sink_.ctx, now, bit, (levels & bit) != 0);
    }
  }
}

void HostDevices::serve_mailbox() {
  while (freed_.ready()) {
    (void)freed_.pop();
    ++places_;
  }
  while (port_ != nullptr) {
    const Packet *next = port_->peek(Net::kRequest);
    if (next == nullptr || !port_->can_send(Net::kResponse)) {
      return;
    }
    const bool is_message = next->kind == PacketKind::kWriteReq && next->addr == HB_MBOX_BASE &&
                            next->bytes == sizeof(Message) && next->strobe[0] == 0xffff &&
                            next->strobe[1] == 0xffff;
    if (is_message && places_ == 0) {
      return;
    }
    Packet *packet = port_->receive(Net::kRequest);
    if (is_message) {
      Message message;
      std::memcpy(message.data(), packet->data.data(), sizeof message);
      arrived_.push(message);
      --places_;
    }
    packet->make_response(is_message ? Resp::kOkay : Resp::kSlvErr);
    port_->send(packet);
  }
}

Cycle HostDevices::tick(Cycle now) {
  update();
  serve_mailbox();
  return alarm_ > now ? alarm_ : kNever;
}

uint32_t HostDevices::pending() {
  update();
  return levels_;
}

Cycle HostDevices::alarm_ahead() const {
  return alarm_ > clock().cycle() ? alarm_ : kNever;
}

void HostDevices::set_alarm(uint64_t cycle) {
  alarm_ = cycle;
  update();
  if (alarm_ > clock().cycle() && alarm_ != kNever) {
    wake_at(alarm_);
  }
}

uint32_t HostDevices::mailbox_level() {
  update();
  return static_cast<uint32_t>(messages_.size());
}

uint32_t HostDevices::mailbox_word(uint32_t index) {
  update();
  return messages_.empty() ? 0 : messages_.front()[index];
}

void HostDevices::mailbox_pop() {
  update();
  if (!messages_.empty()) {
    messages_.pop_front();
    freed_.push(true);
    update();
  }
}

}  // namespace hb
