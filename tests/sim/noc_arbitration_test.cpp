/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about who goes first, to the cycle: node 1 of three in a row takes nothing before cycle
 * 500, so that four short packets fill its interface and long ones, of 17 flits, wait whole in the
 * buffers of its router. Then their flits go one a cycle.
 *   two channels of one input: in turn, so the two end one after the other; by age, first one
 *   packet, then the other, whatever their channels
 *   two inputs: by age the packet that was injected first, wherever it comes from
 */

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/noc/noc.h"
#include "soc_fixture.h"

namespace {

using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Packet;

constexpr Cycle kOpens = 500;

struct Send {
  Cycle at;
  unsigned node, id;
};

class Waiters : public sc_core::sc_module, public hb::Ticked {
 public:
  Waiters(sc_core::sc_module_name nm, hb::Clock &clk, uint32_t channels,
          hb_noc_arbitration_t arbitration, std::vector<Send> sends)
      : sc_core::sc_module(nm),
        Ticked(clk),
        sends_(std::move(sends)),
        noc_("noc", clk, mesh(channels, arbitration), map()) {
    for (hb::NodeId node = 0; node < 3; ++node)
      ports_[node] = &noc_.attach(node, this);
  }

  Cycle tick(Cycle now) override {
    if (short_ < hb::Noc::kEjectPackets && ports_[1]->can_send(Net::kRequest)) {
      send(1, 1, 0, UINT32_MAX);
      ++short_;
    }
    for (uint32_t i = 0; i < sends_.size(); ++i) {
      if (sends_[i].at == now) send(sends_[i].node, hb::kMaxBeats, sends_[i].id, i);
    }
    while (now >= kOpens && ports_[1]->peek(Net::kRequest) != nullptr) {
      Packet *packet = ports_[1]->receive(Net::kRequest);
      if (packet->tag != UINT32_MAX) arrived[packet->tag] = now;
      ports_[1]->release(packet);
    }
    return now < 2 * kOpens ? now + 1 : kNever;
  }
  Cycle arrived[2] = {};

 private:
  void send(unsigned node, unsigned beats, unsigned id, uint32_t tag) {
    Packet *packet = ports_[node]->make();
    packet->make_write(HB_TILE_BASE(1), beats);
    packet->id = static_cast<uint8_t>(id);
    packet->tag = tag;
    ports_[node]->send(packet);
  }
  static hb_soc_noc_t mesh(uint32_t channels, hb_noc_arbitration_t arbitration) {
    hb_soc_noc_t noc = hb_test::plain_mesh(3, 1, 64);
    noc.virtual_channels = channels;
    noc.arbitration = arbitration;
    return noc;
  }
  static hb::AddressMap map() {
    hb_soc_t soc{};
    soc.noc = mesh(1, HB_NOC_AGE);
    soc.num_tiles = 2;
    soc.tiles[0].node = {0, 0};
    soc.tiles[1].node = {1, 0};
    soc.dram.num_channels = 1;
    soc.dram.interleave_bytes = 256;
    soc.dram.node[0] = {2, 0};
    return hb::AddressMap(soc);
  }

  const std::vector<Send> sends_;
  hb::Noc noc_;
  hb::NocPort *ports_[3] = {};
  unsigned short_ = 0;
};

}  // namespace

int main() {
  hb::Clock clock("clock", hb::Clock::Options{});
  // The interface's places are free a cycle after the owner took the packets; then a flit a cycle
  // leaves the router and is seen the cycle after.
  const Cycle one = kOpens + 1 + 16 + 1, both = one + 17;
  const struct {
    const char *name;
    uint32_t channels;
    hb_noc_arbitration_t arbitration;
    std::vector<Send> sends;
    Cycle first, second;  // arrival
  } cases[] = {
      {"channels_in_turn", 2, HB_NOC_ROUND_ROBIN, {{50, 0, 0}, {90, 0, 1}}, both - 1, both},
      {"channel_0_older", 2, HB_NOC_AGE, {{50, 0, 0}, {90, 0, 1}}, one, both},
      {"channel_1_older", 2, HB_NOC_AGE, {{90, 0, 0}, {50, 0, 1}}, both, one},
      {"west_older", 1, HB_NOC_AGE, {{50, 0, 0}, {90, 2, 0}}, one, both},
      {"east_older", 1, HB_NOC_AGE, {{90, 0, 0}, {50, 2, 0}}, both, one},
      {"same_age_lower_node", 1, HB_NOC_AGE, {{50, 0, 0}, {50, 2, 0}}, one, both},
  };
  std::vector<std::unique_ptr<Waiters>> waiters;
  for (const auto &c : cases)
    waiters.push_back(std::make_unique<Waiters>(c.name, clock, c.channels, c.arbitration, c.sends));
  clock.run_until(2 * kOpens);
  bool good = true;
  for (size_t i = 0; i < waiters.size(); ++i) {
    const Cycle *at = waiters[i]->arrived;
    const bool right = at[0] == cases[i].first && at[1] == cases[i].second;
    std::printf("%s: @%" PRIu64 ", @%" PRIu64 "%s\n", cases[i].name, at[0], at[1],
                right ? "" : ", wrong");
    good = good && right;
  }
  return good ? 0 : 1;
}
