/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: an uncontended packet takes exactly the cycles that sim/noc/README.md says, for every pair
 * of nodes, packet sizes, depths and latencies; and an access to no node is answered with DECERR by
 * its own interface.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sim/noc/noc.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Noc;
using hb::NocPort;
using hb::NodeId;
using hb::Packet;
using hb::PacketKind;

int failures = 0;

/* README.md, "Zero-load latency". */
Cycle expected(const hb_soc_noc_t &noc, unsigned src, unsigned dst, unsigned flits) {
  const auto distance = [](unsigned a, unsigned b) { return a > b ? a - b : b - a; };
  const unsigned hops = distance(src % noc.columns, dst % noc.columns) +
                        distance(src / noc.columns, dst / noc.columns);
  const unsigned place = hops > 0 ? 2 * noc.link_cycles + noc.router_cycles : 2 + noc.router_cycles;
  const unsigned period = std::max(place, noc.buffer_flits);
  return 3 + (hops + 1) * noc.router_cycles + hops * noc.link_cycles +
         (flits - 1) / noc.buffer_flits * period + (flits - 1) % noc.buffer_flits;
}

/* Owns every port of one mesh and sends one packet at a time between all pairs. */
class AllPairs : public sc_core::sc_module, public hb::Ticked {
 public:
  AllPairs(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc)
      : sc_core::sc_module(nm),
        Ticked(clk),
        config_(soc.noc),
        noc_("noc", clk, soc.noc, hb::AddressMap(soc)) {
    for (unsigned node = 0; node < soc.noc.columns * soc.noc.rows; ++node) {
      ports_.push_back(&noc_.attach(static_cast<NodeId>(node), this));
    }
  }

  Cycle tick(Cycle now) override {
    if (sent_ != kNever) {
      const hb::Net net =
          kSizes[size_].kind == PacketKind::kWriteReq ? hb::Net::kRequest : hb::Net::kResponse;
      const Packet *seen = ports_[dst_]->peek(net);
      const Cycle want = sent_ + expected(config_, src_, dst_, kSizes[size_].flits);
      if ((seen != nullptr) != (now >= want)) {
        std::printf("%s: %u -> %u, %u flits: %s at +%" PRIu64 ", expected +%" PRIu64 "\n", name(),
                    src_, dst_, kSizes[size_].flits, seen ? "arrived" : "missing", now - sent_,
                    want - sent_);
        ++failures;
      }
      if (seen == nullptr) {
        return now < want ? now + 1 : kNever;
      }
      ports_[dst_]->release(ports_[dst_]->receive(net));
      sent_ = kNever;
      ++checked;
      if (++size_ == kNumSizes) {
        size_ = 0;
        if (++dst_ == ports_.size()) {
          dst_ = 0;
          ++src_;
        }
      }
      return now + 20;  // credits return
    }
    if (src_ == ports_.size()) {
      return kNever;
    }
    if (kSizes[size_].kind == PacketKind::kWriteReq && dst_ >= HB_MAX_TILES) {
      ++size_;  // only 16 nodes have an address here
      return now + 1;
    }
    Packet *packet = ports_[src_]->make();
    packet->kind = kSizes[size_].kind;
    packet->dst = static_cast<NodeId>(dst_);
    packet->beats = static_cast<uint8_t>(std::max(1u, kSizes[size_].flits - 1));
    packet->bytes = static_cast<uint16_t>(packet->beats * hb::kBeatBytes);
    packet->addr = kSizes[size_].bulk ? HB_DRAM_BASE : HB_TILE_BASE(dst_ % HB_MAX_TILES);
    ports_[src_]->send(packet);
    sent_ = now;
    return now + 1;
  }

  /* Counters agree with the paths of all packets, one at a time. */
  void check_counters() const {
    uint64_t flits[2] = {}, hop_flits[2] = {};
    for (unsigned src = 0; src < ports_.size(); ++src) {
      for (unsigned dst = 0; dst < ports_.size(); ++dst) {
        uint64_t count[3] = {}, sum[3] = {}, most[3] = {};  // requests, responses, bulk responses
        for (const Size &size : kSizes) {
          const bool request = size.kind == PacketKind::kWriteReq;
          if (request && dst >= HB_MAX_TILES) continue;
          const unsigned net = request ? 0 : 1, columns = config_.columns;
          const int x = static_cast<int>(src % columns) - static_cast<int>(dst % columns),
                    y = static_cast<int>(src / columns) - static_cast<int>(dst / columns);
          flits[net] += size.flits;
          hop_flits[net] += size.flits * static_cast<uint64_t>(std::abs(x) + std::abs(y));
          // The interface sees the packet a cycle after it was sent.
          const Cycle latency = expected(config_, src, dst, size.flits) - 1;
          const unsigned sort = net + size.bulk;
          ++count[sort];
          sum[sort] += latency;
          most[sort] = std::max<uint64_t>(most[sort], latency);
        }
        for (unsigned sort = 0; sort < 3; ++sort) {
          uint64_t seen = 0, least = 0;
          const hb_sim_latency_t all = noc_.latency(std::min(sort, 1u), sort == 2, src, dst);
          for (unsigned b = 0; b < HB_LATENCY_BUCKETS; ++b) {
            seen += all.buckets[b];
            least += all.buckets[b] * Noc::latency_bound(b);
          }
          if (all.count != count[sort] || all.sum != sum[sort] || all.max != most[sort] ||
              seen != count[sort] || least > sum[sort] || least * 4 < sum[sort] * 3) {
            std::printf("%s: %u -> %u: latency counts %" PRIu64 " (%" PRIu64 ") packets of %" PRIu64
                        " cycles, expected %" PRIu64 " of %" PRIu64 "\n",
                        name(), src, dst, all.count, seen, all.sum, count[sort], sum[sort]);
            ++failures;
          }
        }
        if (noc_.latency(0, true, src, dst).count != 0) {
          std::printf("%s: %u -> %u: there were no bulk requests\n", name(), src, dst);
          ++failures;
        }
      }
    }
    const bool deep = config_.buffer_flits >= 2 * config_.link_cycles + config_.router_cycles &&
                      config_.buffer_flits >= 2 + config_.router_cycles;
    for (unsigned net = 0; net < 2; ++net) {
      uint64_t carried = 0, injected = 0, ejected = 0, stalled = 0, buffered = 0;
      for (unsigned node = 0; node < ports_.size(); ++node) {
        for (unsigned link = 0; link < HB_NOC_LINKS; ++link) {
          const hb_sim_link_stats_t s =
              noc_.link_stats(net, node % config_.columns, node / config_.columns,
                              static_cast<hb_noc_link_t>(link));
          (link == HB_LINK_INJECT  ? injected
           : link == HB_LINK_EJECT ? ejected
                                   : carried) += s.flits;
          stalled += s.stall_cycles;
          buffered += s.buffer_cycles;
        }
      }
      const uint64_t least = (carried + injected) * config_.router_cycles;
      if (carried != hop_flits[net] || injected != flits[net] || ejected != flits[net] ||
          (deep && (stalled != 0 || buffered != least)) || buffered < least) {
        std::printf("%s: network %u: %" PRIu64 " in, %" PRIu64 " over links, %" PRIu64
                    " out, %" PRIu64 " stalls, %" PRIu64 " flit cycles\n",
                    name(), net, injected, carried, ejected, stalled, buffered);
        ++failures;
      }
    }
  }

  bool done() const { return src_ == ports_.size() && noc_.at_rest() && checked > 0; }
  unsigned checked = 0;

 private:
  struct Size {
    PacketKind kind;
    unsigned flits;
    bool bulk;
  };
  static constexpr Size kSizes[] = {{PacketKind::kWriteReq, 2, false},
                                    {PacketKind::kWriteReq, 17, false},
                                    {PacketKind::kWriteResp, 1, false},
                                    {PacketKind::kReadResp, 5, true},
                                    {PacketKind::kReadResp, 17, true}};
  static constexpr unsigned kNumSizes = 5;

  const hb_soc_noc_t config_;
  Noc noc_;
  std::vector<NocPort *> ports_;
  unsigned src_ = 0, dst_ = 0, size_ = 0;
  Cycle sent_ = kNever;
};

/* Two packets of 17 flits meet: one waits for all of the other. */
class Rivals : public sc_core::sc_module, public hb::Ticked {
 public:
  Rivals(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc)
      : sc_core::sc_module(nm), Ticked(clk), noc_("noc", clk, soc.noc, hb::AddressMap(soc)) {
    for (unsigned node = 0; node < 3; ++node) {
      ports_.push_back(&noc_.attach(static_cast<NodeId>(node), this));
    }
  }
  Cycle tick(Cycle now) override {
    for (const unsigned node : {0u, 2u}) {
      if (now != 0) break;
      Packet *packet = ports_[node]->make();
      packet->make_write(HB_TILE_BASE(1), 16);
      ports_[node]->send(packet);
    }
    while (Packet *packet = ports_[1]->receive(hb::Net::kRequest)) {
      ports_[1]->release(packet);
    }
    return kNever;
  }
  void check() const {
    const auto link = [this](unsigned x, hb_noc_link_t which) {
      return noc_.link_stats(0, x, 0, which);
    };
    const hb_sim_link_stats_t east = link(0, HB_LINK_EAST), west = link(2, HB_LINK_WEST),
                              out = link(1, HB_LINK_EJECT);
    // Its 17 flits come a cycle after each other and leave 17 cycles later than they could.
    if (out.flits != 34 || out.stall_cycles != 17 || east.stall_cycles + west.stall_cycles != 0 ||
        east.buffer_cycles + west.buffer_cycles != 17 + 17 * (1 + 17)) {
      std::printf("rivals: %" PRIu64 " flits out, %" PRIu64 " stalls, %" PRIu64 " flit cycles\n",
                  out.flits, out.stall_cycles, east.buffer_cycles + west.buffer_cycles);
      ++failures;
    }
  }

 private:
  Noc noc_;
  std::vector<NocPort *> ports_;
};

/* A node sends packets of 17 flits to its neighbour as fast as it can: a flit a cycle arrives. */
class Stream : public sc_core::sc_module, public hb::Ticked {
 public:
  static constexpr unsigned kPackets = 50;
  Stream(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc)
      : sc_core::sc_module(nm),
        Ticked(clk),
        noc_("noc", clk, soc.noc, hb::AddressMap(soc)),
        ports_{&noc_.attach(0, this), &noc_.attach(1, this)} {}
  Cycle tick(Cycle now) override {
    if (sent_ < kPackets && ports_[0]->can_send(hb::Net::kRequest)) {
      Packet *packet = ports_[0]->make();
      packet->make_write(HB_TILE_BASE(1), 16);
      ports_[0]->send(packet);
      ++sent_;
    }
    while (Packet *packet = ports_[1]->receive(hb::Net::kRequest)) {
      ports_[1]->release(packet);
      first_ = taken_ == 0 ? now : first_;
      last_ = now;
      ++taken_;
    }
    return sent_ < kPackets ? now + 1 : kNever;
  }
  void check() const {
    if (taken_ != kPackets || last_ - first_ != (kPackets - 1) * 17) {
      std::printf("stream: %u packets, %" PRIu64 " cycles from the first to the last\n", taken_,
                  last_ - first_);
      ++failures;
    }
  }

 private:
  Noc noc_;
  NocPort *ports_[2];
  unsigned sent_ = 0, taken_ = 0;
  Cycle first_ = 0, last_ = 0;
};

/* Six requests of two flits to an owner that takes none before cycle 500: four are at its interface
 * by then, two in the buffer before it. */
class Deaf : public sc_core::sc_module, public hb::Ticked {
 public:
  Deaf(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc)
      : sc_core::sc_module(nm),
        Ticked(clk),
        noc_("noc", clk, soc.noc, hb::AddressMap(soc)),
        ports_{&noc_.attach(0, this), &noc_.attach(1, this)} {}
  Cycle tick(Cycle now) override {
    if (sent_ < 6 && ports_[0]->can_send(hb::Net::kRequest)) {
      Packet *packet = ports_[0]->make();
      packet->make_write(HB_TILE_BASE(1), 1);
      ports_[0]->send(packet);
      ++sent_;
    }
    if (now == 500) {
      arrived_ = noc_.stats().packets[0];
      east_ = noc_.link_stats(0, 0, 0, HB_LINK_EAST);
      in_ = noc_.link_stats(0, 0, 0, HB_LINK_INJECT);
    }
    for (Packet *packet = nullptr;
         now >= 500 && (packet = ports_[1]->receive(hb::Net::kRequest)) != nullptr;) {
      ports_[1]->release(packet);
      ++taken_;
    }
    return now < 600 ? now + 1 : kNever;
  }
  void check() const {
    // Flit j of 12 leaves the interface in cycle 1 + j, is in the first router's buffer a cycle
    // later and in the second's in cycle 4 + j. From there the first eight leave after a cycle, the
    // others are there still.
    uint64_t buffered = 8;
    for (unsigned j = 8; j < 12; ++j) {
      buffered += 500 - (4 + j);
    }
    if (east_.flits != 12 || east_.buffer_cycles != buffered || in_.buffer_cycles != 12) {
      std::printf("deaf: %" PRIu64 " flits, %" PRIu64 " and %" PRIu64
                  " flit cycles, expected %" PRIu64 " and 12\n",
                  east_.flits, east_.buffer_cycles, in_.buffer_cycles, buffered);
      ++failures;
    }
    if (arrived_ != Noc::kEjectPackets || taken_ != 6) {
      std::printf("deaf: %" PRIu64 " at the interface, then %u taken\n", arrived_, taken_);
      ++failures;
    }
  }

 private:
  Noc noc_;
  NocPort *ports_[2];
  unsigned sent_ = 0, taken_ = 0;
  uint64_t arrived_ = 0;
  hb_sim_link_stats_t east_{}, in_{};
};

/* Sends a read to an unmapped address. */
class Lost : public sc_core::sc_module, public hb::Ticked {
 public:
  Lost(sc_core::sc_module_name nm, Clock &clk, const hb_soc_t &soc)
      : sc_core::sc_module(nm),
        Ticked(clk),
        noc_("noc", clk, soc.noc, hb::AddressMap(soc)),
        port_(noc_.attach(0, this)) {}

  Cycle tick(Cycle now) override {
    if (now == 0) {
      Packet *packet = port_.make();
      packet->make_read32(0x60000000u);
      packet->tag = 77;
      port_.send(packet);
    }
    if (const Packet *packet = port_.peek(hb::Net::kResponse)) {
      good = now == 2 && packet->kind == PacketKind::kReadResp &&
             packet->resp == hb::Resp::kDecErr && packet->tag == 77 && packet->dst == 0;
      port_.release(port_.receive(hb::Net::kResponse));
    }
    return kNever;
  }
  bool good = false;

 private:
  Noc noc_;
  NocPort &port_;
};

hb_soc_t mesh(uint32_t columns, uint32_t rows, uint32_t buffer_flits, uint32_t router,
              uint32_t link, uint32_t channels = 1, hb_noc_routing_t routing = HB_NOC_XY,
              hb_noc_arbitration_t arbitration = HB_NOC_ROUND_ROBIN) {
  hb_soc_t soc{};
  soc.noc = {columns,  rows,    128,         buffer_flits,         router, link,
             channels, routing, arbitration, HB_NOC_PRIORITY_NONE, 16};
  soc.num_tiles = std::min(columns * rows, HB_MAX_TILES);
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    soc.tiles[i].node = {static_cast<uint8_t>(i % columns), static_cast<uint8_t>(i / columns)};
  }
  soc.dram.num_channels = 1;
  soc.dram.interleave_bytes = 256;
  return soc;
}

}  // namespace

int main() {
  Clock clock("clock", Clock::Options{});
  std::vector<std::unique_ptr<AllPairs>> meshes;
  meshes.push_back(std::make_unique<AllPairs>("mesh_1x1", clock, mesh(1, 1, 4, 1, 1)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_2x2", clock, mesh(2, 2, 3, 1, 1)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_3x3_shallow", clock, mesh(3, 3, 2, 1, 1)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_3x3_deep", clock, mesh(3, 3, 8, 1, 1)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_4x3_slow", clock, mesh(4, 3, 4, 3, 2)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_1x5", clock, mesh(1, 5, 3, 2, 3)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_9x9", clock, mesh(9, 9, 4, 1, 1)));
  meshes.push_back(
      std::make_unique<AllPairs>("mesh_4x3_yx", clock, mesh(4, 3, 4, 3, 2, 1, HB_NOC_YX)));
  meshes.push_back(
      std::make_unique<AllPairs>("mesh_8x8_2_channels", clock, mesh(8, 8, 4, 1, 1, 2, HB_NOC_XY)));
  meshes.push_back(std::make_unique<AllPairs>("mesh_5x3_4_channels_yx_age", clock,
                                              mesh(5, 3, 2, 2, 1, 4, HB_NOC_YX, HB_NOC_AGE)));
  Rivals rivals("rivals", clock, mesh(3, 1, 32, 1, 1));
  Stream stream("stream", clock, mesh(2, 1, 4, 1, 1));
  Deaf deaf("deaf", clock, mesh(2, 1, 4, 1, 1));
  Lost lost("lost", clock, mesh(2, 2, 4, 1, 1));
  clock.run_until(10000000);
  for (const auto &m : meshes) {
    std::printf("%s: %u packets\n", m->name(), m->checked);
    m->check_counters();
    if (!m->done()) {
      std::printf("%s: not finished\n", m->name());
      ++failures;
    }
  }
  rivals.check();
  deaf.check();
  stream.check();
  if (!lost.good) {
    std::puts("unmapped address: no DECERR in cycle 2");
    ++failures;
  }
  return failures == 0 ? 0 : 1;
}
