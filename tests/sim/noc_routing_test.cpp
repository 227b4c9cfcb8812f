/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: xy goes along x first, yx along y.
 *
 *   0 - 1 - 2      node 0 writes to the channel at 5, node 1 to that at 2, as fast as they can.
 * Along x first |   |   |      both need the link 1 - 2 and halve it; along y first each has links
 * of its own. 3 - 4 - 5
 */

#include <cinttypes>
#include <cstdio>

#include "sim/noc/noc.h"
#include "soc_fixture.h"

namespace {

using hb::Cycle;
using hb::Net;
using hb::Packet;

constexpr Cycle kCycles = 20000;

class Flows : public sc_core::sc_module, public hb::Ticked {
 public:
  Flows(sc_core::sc_module_name nm, hb::Clock &clk, hb_noc_routing_t routing)
      : sc_core::sc_module(nm), Ticked(clk), noc_("noc", clk, mesh(routing), map(routing)) {
    for (hb::NodeId node = 0; node < 6; ++node)
      ports_[node] = &noc_.attach(node, this);
  }

  Cycle tick(Cycle now) override {
    for (hb::NocPort *port : ports_) {
      while (port->peek(Net::kRequest) != nullptr && port->can_send(Net::kResponse)) {
        Packet *packet = port->receive(Net::kRequest);
        packet->make_response(hb::Resp::kOkay);
        port->send(packet);
      }
      while (Packet *packet = port->receive(Net::kResponse)) {
        ++writes[port->node()];
        port->release(packet);
      }
    }
    for (const unsigned node : {0u, 1u}) {
      if (now < kCycles && ports_[node]->can_send(Net::kRequest)) {
        Packet *packet = ports_[node]->make();
        packet->make_write(HB_DRAM_BASE + (node == 0 ? 256 : 0), hb::kMaxBeats);
        ports_[node]->send(packet);
      }
    }
    return now < kCycles ? now + 1 : hb::kNever;
  }
  uint64_t writes[6] = {};

 private:
  static hb_soc_noc_t mesh(hb_noc_routing_t routing) {
    hb_soc_noc_t noc = hb_test::plain_mesh(3, 2);
    noc.routing = routing;
    return noc;
  }
  static hb::AddressMap map(hb_noc_routing_t routing) {
    hb_soc_t soc{};
    soc.noc = mesh(routing);
    soc.dram.num_channels = 2;
    soc.dram.interleave_bytes = 256;
    soc.dram.node[0] = {2, 0};
    soc.dram.node[1] = {2, 1};
    return hb::AddressMap(soc);
  }

  hb::Noc noc_;
  hb::NocPort *ports_[6] = {};
};

}  // namespace

int main() {
  hb::Clock clock("clock", hb::Clock::Options{});
  Flows xy("xy", clock, HB_NOC_XY), yx("yx", clock, HB_NOC_YX);
  clock.run_until(kCycles + 1000);
  const double whole = static_cast<double>(kCycles) / (hb::kMaxBeats + 1);  // a flit a cycle
  bool good = true;
  for (const Flows *f : {&xy, &yx}) {
    const double share = f == &xy ? 0.5 : 1.0;
    for (const unsigned node : {0u, 1u}) {
      const double part = static_cast<double>(f->writes[node]) / whole;
      std::printf("%s, node %u: %.3f of a link\n", f->name(), node, part);
      good = good && part > 0.97 * share && part < 1.03 * share;
    }
  }
  return good ? 0 : 1;
}
