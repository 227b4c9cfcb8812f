/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: under random traffic and random back-pressure every packet arrives once, unaltered and in
 * order per source and id, every request gets its answer, and all credits are back at the end.
 * Nothing stands still: a monitor bounds the time without progress and the age of every request.
 * Arguments: SEED SKIP REVERSE plain|channels|saturated [FLITS]. SKIP: 0 as usual, 1 every cycle, 2
 * the exact reference, flit by flit, 3 that in every cycle. The log printed, with all counters in
 * the midst of traffic, must not depend on SKIP and REVERSE. saturated: buffers of two flits,
 * requests as fast as they are taken, so that both networks are full. FLITS: at least that many in
 * all.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "random.h"
#include "sim/noc/noc.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Noc;
using hb::NocPort;
using hb::NodeId;
using hb::Packet;
using hb::PacketKind;
using hb_test::Random;

/* Longest time without a move while there are flits, and age of a request until its answer. */
constexpr Cycle kStandstill = 1000, kOldest = 100000;
int failures = 0;

/* FNV-1a. */
constexpr uint64_t kHash = 14695981039346656037u;
uint64_t add(uint64_t hash, uint64_t value) {
  return (hash ^ value) * 1099511628211u;
}

/* All that a mesh counts, and whether it is empty and at rest. */
uint64_t add_counters(uint64_t hash, const Noc &noc, const hb_soc_noc_t &config) {
  const hb_sim_noc_stats_t stats = noc.stats();
  for (unsigned net = 0; net < 2; ++net) {
    hash = add(add(hash, stats.flits[net]), stats.packets[net]);
    hash = add(hash, stats.latency_sum[net]);
    for (unsigned node = 0; node < config.columns * config.rows; ++node) {
      for (unsigned link = 0; link < HB_NOC_LINKS; ++link) {
        const hb_sim_link_stats_t s = noc.link_stats(
            net, node % config.columns, node / config.columns, static_cast<hb_noc_link_t>(link));
        hash = add(add(add(hash, s.flits), s.stall_cycles), s.buffer_cycles);
      }
    }
  }
  return add(hash, (noc.empty() ? 1 : 0) + (noc.at_rest() ? 2 : 0));
}

void fail(const char *who, const char *what) {
  std::printf("%s: %s\n", who, what);
  ++failures;
}

uint8_t pattern(unsigned src, uint32_t tag, unsigned byte, bool answer) {
  return static_cast<uint8_t>(src * 31 + tag * 7 + byte * 13 + (answer ? 128 : 0));
}

class Endpoint : public sc_core::sc_module, public hb::Ticked {
 public:
  Endpoint(sc_core::sc_module_name nm, Clock &clk, Noc &noc, NodeId node, unsigned nodes,
           uint64_t seed, uint32_t requests, bool saturate)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(noc.attach(node, this)),
        nodes_(nodes),
        random_(seed),
        requests_in_all_(requests),
        saturate_(saturate),
        outstanding_(saturate ? 64 : 12),
        sent_at_(requests) {}

  /* Acts only in cycles that it chose itself, so that extra ticks change nothing. */
  Cycle tick(Cycle now) override {
    if (now >= act_) {
      act(now);
      act_ = now + 1 + (!saturate_ && random_.chance(30) ? random_.below(20) : 0);
    }
    return finished() ? kNever : act_;
  }

  bool finished() const {
    return started_ == requests_in_all_ && answered_ == requests_in_all_ && served_.empty() &&
           idle_ > 500;
  }
  uint64_t log = kHash;  // over what arrived when

 private:
  void note(Cycle now, const Packet &packet) {
    const uint64_t values[] = {now, packet.src, packet.tag, packet.id,
                               static_cast<uint64_t>(packet.kind)};
    for (const uint64_t value : values) {
      log = add(log, value);
    }
  }

  void act(Cycle now) {
    ++idle_;
    if (started_ < requests_in_all_ && started_ - answered_ < outstanding_ &&
        port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      const unsigned beats = random_.chance(50) ? 1 + random_.below(16) : 1;
      const uint32_t addr = HB_TILE_BASE(random_.below(nodes_));
      if (random_.chance(50)) {
        packet->make_write(addr, beats);
        for (unsigned i = 0; i < packet->bytes; ++i) {
          packet->data[i] = pattern(port_.node(), started_, i, false);
        }
      } else {
        packet->make_read(addr, beats);
      }
      sent_at_[started_] = now;
      packet->tag = started_++;
      packet->id = static_cast<uint8_t>(random_.below(4));
      packet->resp = hb::Resp::kOkay;
      port_.send(packet);
    }
    if (port_.peek(Net::kRequest) != nullptr) idle_ = 0;
    if (port_.peek(Net::kRequest) != nullptr && served_.size() < 3 &&
        (saturate_ || random_.chance(60))) {
      Packet *packet = port_.receive(Net::kRequest);
      check_order(requests_, *packet, "requests out of order");
      note(now, *packet);
      if (packet->kind == PacketKind::kWriteReq) {
        check_data(*packet, packet->src, false);
      }
      served_.push_back({now + (saturate_ ? 1 : random_.below(40)), packet});
    }
    if (!served_.empty() && served_.front().first <= now && port_.can_send(Net::kResponse)) {
      Packet *packet = served_.front().second;
      served_.pop_front();
      packet->make_response(packet->tag % 5 == 0 ? hb::Resp::kSlvErr : hb::Resp::kOkay);
      if (packet->kind == PacketKind::kReadResp) {
        for (unsigned i = 0; i < packet->bytes; ++i) {
          packet->data[i] = pattern(packet->dst, packet->tag, i, true);
        }
      }
      port_.send(packet);
    }
    if (port_.peek(Net::kResponse) != nullptr && (saturate_ || random_.chance(50))) {
      Packet *packet = port_.receive(Net::kResponse);
      note(now, *packet);
      check_order(responses_, *packet, "responses out of order");
      if (packet->dst != port_.node()) {
        fail(name(), "a response went astray");
      }
      if ((packet->resp == hb::Resp::kSlvErr) != (packet->tag % 5 == 0)) {
        fail(name(), "the response code changed");
      }
      if (packet->kind == PacketKind::kReadResp) {
        check_data(*packet, port_.node(), true);
      }
      if (packet->tag >= requests_in_all_ || sent_at_[packet->tag] == kNever) {
        fail(name(), "a response came twice");
      } else {
        if (now - sent_at_[packet->tag] > kOldest) {
          fail(name(), "a request got old");
        }
        sent_at_[packet->tag] = kNever;
        ++answered_;
      }
      port_.release(packet);
      idle_ = 0;
    }
  }

  void check_order(std::map<std::pair<unsigned, unsigned>, uint32_t> &last, const Packet &packet,
                   const char *what) {
    uint32_t &next = last[{packet.src, packet.id}];
    if (packet.tag < next) {
      fail(name(), what);
    }
    next = packet.tag + 1;
  }

  void check_data(const Packet &packet, unsigned requester, bool answer) {
    for (unsigned i = 0; i < packet.bytes; ++i) {
      if (packet.data[i] != pattern(requester, packet.tag, i, answer)) {
        fail(name(), "data was altered");
        return;
      }
    }
  }

  NocPort &port_;
  const unsigned nodes_;
  Random random_;
  Cycle act_ = 0;
  uint32_t started_ = 0, answered_ = 0, idle_ = 0;
  std::deque<std::pair<Cycle, Packet *>> served_;
  std::map<std::pair<unsigned, unsigned>, uint32_t> requests_, responses_;
  const uint32_t requests_in_all_;
  const bool saturate_;
  const uint32_t outstanding_;
  std::vector<Cycle> sent_at_;  // by tag; kNever: answered
};

hb_soc_t mesh(uint32_t columns, uint32_t rows, uint32_t flit_bits, uint32_t buffer_flits,
              uint32_t router, uint32_t link, uint32_t channels = 1,
              hb_noc_routing_t routing = HB_NOC_XY,
              hb_noc_arbitration_t arbitration = HB_NOC_ROUND_ROBIN,
              hb_noc_priority_t priority = HB_NOC_PRIORITY_NONE) {
  hb_soc_t soc{};
  soc.noc = {columns,  rows,    flit_bits,   buffer_flits, router, link,
             channels, routing, arbitration, priority,     16};
  soc.num_tiles = columns * rows;
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    soc.tiles[i].node = {static_cast<uint8_t>(i % columns), static_cast<uint8_t>(i / columns)};
  }
  soc.dram.num_channels = 1;
  soc.dram.interleave_bytes = 256;
  return soc;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr,
                 "usage: noc_traffic_test SEED SKIP REVERSE plain|channels|saturated [FLITS]\n");
    return 2;
  }
  const auto seed = static_cast<uint64_t>(std::atoll(argv[1]));
  Clock::Options options;
  options.no_skip = (std::atoi(argv[2]) & 1) != 0;
  options.exact_reference = (std::atoi(argv[2]) & 2) != 0;
  options.reverse = std::atoi(argv[3]) != 0;
  Clock clock("clock", options);
  using Meshes = std::vector<hb_soc_t>;
  const bool saturate = std::strcmp(argv[4], "saturated") == 0;
  const Meshes socs =
      saturate ? Meshes{mesh(4, 4, 128, 2, 1, 1), mesh(2, 4, 128, 8, 1, 1),
                        mesh(3, 3, 128, 2, 1, 1, 2, HB_NOC_YX),
                        mesh(4, 4, 64, 2, 3, 2, 1, HB_NOC_XY, HB_NOC_AGE),
                        mesh(2, 4, 512, 2, 1, 1, 4, HB_NOC_XY, HB_NOC_ROUND_ROBIN,
                             HB_NOC_PRIORITY_CONTROL)}
      : std::strcmp(argv[4], "plain") == 0
          ? Meshes{mesh(3, 3, 128, 4, 1, 1),    mesh(4, 3, 128, 8, 1, 1), mesh(3, 2, 64, 40, 2, 3),
                   mesh(2, 3, 128, 20, 30, 40), mesh(2, 2, 64, 2, 2, 1),  mesh(4, 4, 256, 3, 1, 2),
                   mesh(1, 3, 128, 2, 1, 1)}
          : Meshes{
                mesh(4, 4, 128, 2, 1, 1, 2, HB_NOC_YX),
                mesh(3, 3, 128, 2, 1, 1, 4, HB_NOC_XY, HB_NOC_AGE, HB_NOC_PRIORITY_CONTROL),
                mesh(2, 4, 64, 3, 2, 2, 3, HB_NOC_YX, HB_NOC_ROUND_ROBIN, HB_NOC_PRIORITY_CONTROL),
                mesh(4, 4, 128, 2, 1, 1, 1, HB_NOC_XY, HB_NOC_AGE)};
  unsigned nodes = 0;
  for (const hb_soc_t &soc : socs)
    nodes += soc.num_tiles;
  // A request and its answer are 6 flits on average, fewer where flits are wide.
  const uint64_t flits = argc == 6 ? static_cast<uint64_t>(std::atoll(argv[5])) : 0;
  const uint32_t requests = flits == 0 ? 400 : static_cast<uint32_t>(flits / nodes / 5);
  std::vector<std::unique_ptr<Noc>> nocs;
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  for (const hb_soc_t &soc : socs) {
    const std::string mesh_name = "mesh" + std::to_string(nocs.size());
    nocs.push_back(std::make_unique<Noc>(mesh_name.c_str(), clock, soc.noc, hb::AddressMap(soc)));
    for (uint32_t node = 0; node < soc.num_tiles; ++node) {
      endpoints.push_back(
          std::make_unique<Endpoint>((mesh_name + "_" + std::to_string(node)).c_str(), clock,
                                     *nocs.back(), static_cast<NodeId>(node), soc.num_tiles,
                                     seed * 1000 + endpoints.size(), requests, saturate));
    }
  }
  bool moving = true, all = false;
  Random slices(seed);
  uint64_t counters = kHash;
  while (moving && !all && failures == 0) {
    // One cycle at a time now and then.
    clock.run_until(clock.cycle() + (flits != 0          ? 1000
                                     : slices.chance(50) ? 1
                                                         : slices.below(300)));
    all = true;
    for (const auto &endpoint : endpoints)
      all = all && endpoint->finished();
    for (size_t i = 0; i < nocs.size(); ++i) {
      const auto &noc = nocs[i];
      counters = add_counters(counters, *noc, socs[i].noc);
      if (!noc->empty() && clock.cycle() - noc->last_progress() > kStandstill) {
        fail(noc->name(), "stands still");
        moving = false;
      }
    }
    moving = moving && clock.cycle() < 1000000 + 2000 * Cycle{requests};
  }
  clock.run_until(clock.cycle() + 1000);  // the last credits
  for (const auto &endpoint : endpoints) {
    std::printf("%s %016" PRIx64 "\n", endpoint->name(), endpoint->log);
    if (!endpoint->finished()) {
      fail(endpoint->name(), "not finished");
    }
  }
  std::printf("counters %016" PRIx64 "\n", counters);
  uint64_t carried = 0;
  for (const auto &noc : nocs) {
    carried += noc->stats().flits[0] + noc->stats().flits[1];
    const hb_sim_noc_stats_t stats = noc->stats();
    std::printf("%s: packets %" PRIu64 " %" PRIu64 ", flits %" PRIu64 " %" PRIu64
                ", latency %" PRIu64 " %" PRIu64 ", last progress @%" PRIu64 "\n",
                noc->name(), stats.packets[0], stats.packets[1], stats.flits[0], stats.flits[1],
                stats.latency_sum[0], stats.latency_sum[1], noc->last_progress());
    if (!noc->at_rest()) {
      fail(noc->name(), "not back in its first state");
    }
    if (noc->pool().in_use() != 0) {
      fail(noc->name(), "packets were lost or made");
    }
  }
  if (carried < flits) {
    fail("all meshes", "fewer flits than asked for");
  }
  return failures == 0 ? 0 : 1;
}
