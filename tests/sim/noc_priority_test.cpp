/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: with priority for control traffic and a virtual channel of its own, a register access
 * under saturating DMA takes hardly longer than in an empty network; without, it does.
 *
 * A 5 x 1 mesh: nodes 1 and 2 write 256-byte packets to the memory at node 4 as fast as it takes
 * them, node 0 to the registers of node 3, one word at a time. All of them share the link 2 - 3.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "sim/noc/noc.h"
#include "soc_fixture.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Packet;

constexpr Cycle kCycles = 100000;
constexpr unsigned kHost = 0, kMemory = 4;

class Line : public sc_core::sc_module, public hb::Ticked {
 public:
  Line(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc, bool dma)
      : sc_core::sc_module(nm),
        Ticked(clk),
        noc_("noc", clk, soc.noc, hb::AddressMap(soc)),
        dma_(dma) {
    for (hb::NodeId node = 0; node <= kMemory; ++node) {
      ports_.push_back(&noc_.attach(node, this));
    }
  }

  Cycle tick(Cycle now) override {
    for (hb::NocPort *port : ports_) {
      while (port->peek(Net::kRequest) != nullptr && port->can_send(Net::kResponse)) {
        Packet *packet = port->receive(Net::kRequest);
        packet->make_response(hb::Resp::kOkay);
        port->send(packet);
      }
      while (Packet *packet = port->receive(Net::kResponse)) {
        if (port->node() == kHost) {
          worst = std::max(worst, now - sent_);
          ++accesses;
          waiting_ = false;
        } else {
          ++writes;
        }
        port->release(packet);
      }
    }
    if (now >= kCycles) {
      return kNever;
    }
    if (!waiting_) {
      Packet *packet = ports_[kHost]->make();
      packet->make_write32(HB_TILE_BASE(0), 1);
      ports_[kHost]->send(packet);
      sent_ = now;
      waiting_ = true;
    }
    for (const unsigned node : {1u, 2u}) {
      if (dma_ && ports_[node]->can_send(Net::kRequest)) {
        Packet *packet = ports_[node]->make();
        packet->make_write(HB_DRAM_BASE, hb::kMaxBeats);
        ports_[node]->send(packet);
      }
    }
    return now + 1;
  }

  Cycle worst = 0;
  uint64_t accesses = 0, writes = 0;
  bool at_rest() const { return noc_.at_rest(); }

 private:
  hb::Noc noc_;
  std::vector<hb::NocPort *> ports_;
  const bool dma_;
  bool waiting_ = false;
  Cycle sent_ = 0;
};

hb_soc_t line(uint32_t channels, hb_noc_priority_t priority) {
  hb_soc_t soc{};
  soc.noc = hb_test::plain_mesh(5, 1);
  soc.noc.virtual_channels = channels;
  soc.noc.priority = priority;
  soc.num_tiles = 1;
  soc.tiles[0].node = {3, 0};
  soc.dram.num_channels = 1;
  soc.dram.node[0] = {kMemory, 0};
  soc.dram.interleave_bytes = 256;
  return soc;
}

}  // namespace

int main() {
  Clock clock("clock", Clock::Options{});
  Line alone("alone", clock, line(1, HB_NOC_PRIORITY_NONE), false);
  Line plain("plain", clock, line(1, HB_NOC_PRIORITY_NONE), true);
  Line claim("claim", clock, line(1, HB_NOC_PRIORITY_CONTROL), true);
  Line first("first", clock, line(2, HB_NOC_PRIORITY_CONTROL), true);
  clock.run_until(kCycles + 10000);
  for (const Line *l : {&alone, &plain, &claim, &first}) {
    std::printf("%s: %" PRIu64 " accesses, worst %" PRIu64 " cycles; %" PRIu64 " writes\n",
                l->name(), l->accesses, l->worst, l->writes);
    if (!l->at_rest() || l->accesses < 100) {
      std::printf("%s: not finished\n", l->name());
      return 1;
    }
  }
  // Saturated means that the link into the memory carries a flit in nearly every cycle.
  const bool saturated =
      plain.writes * 17 > kCycles * 9 / 10 && first.writes * 17 > kCycles * 8 / 10;
  // A flit that has begun is not recalled: at most a cycle a hop.
  const bool short_wait = first.worst <= alone.worst + 3;
  const bool long_wait = plain.worst > 2 * alone.worst;
  // In one channel a word still waits behind packets, but has the first claim to every link.
  const bool claimed = claim.worst < plain.worst && claim.accesses > plain.accesses * 5 / 4;
  if (!saturated || !short_wait || !long_wait || !claimed) {
    std::printf("saturated %d, short with priority %d, long without %d, claimed %d\n", saturated,
                short_wait, long_wait, claimed);
    return 1;
  }
  return 0;
}
