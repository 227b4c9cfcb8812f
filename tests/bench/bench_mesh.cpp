/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Synthetic traffic on square meshes, open loop: packets are created at a rate whatever the network
 * does and wait in queues without end before it; latency counts from creation. On the response
 * network, whose ends take everything.
 *
 *   bench_mesh [--json] [KILOCYCLES]  simulated cycles a second of saturated meshes
 *   bench_mesh curve K PATTERN [VIRTUAL_CHANNELS BUFFER_FLITS ROUTER_CYCLES]
 *                                     latency against offered load, as columns
 *
 * PATTERN: uniform, transpose, complement, hotspot (a tenth of the packets to node 0), neighbour.
 * Packets are of 5 flits.
 */

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "sim/noc/noc.h"
#include "tests/sim/random.h"
#include "tests/sim/soc_fixture.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Packet;

constexpr unsigned kFlits = 5, kBeats = 4;
constexpr double kHotspotShare = 0.1;

const char *const kPatterns[] = {"uniform", "transpose", "complement", "hotspot", "neighbour"};

struct Setup {
  unsigned k;
  std::string pattern;
  double offered;  // flits a node and cycle
  unsigned virtual_channels, buffer_flits, router_cycles;
};

unsigned nodes_of(unsigned k) {
  return k * k;
}

/* Share of the packets of `src` that go to `dst`. */
double share(unsigned k, const std::string &pattern, unsigned src, unsigned dst) {
  const unsigned nodes = nodes_of(k), x = src % k, y = src / k;
  if (pattern == "uniform") return 1.0 / nodes;
  if (pattern == "hotspot") {
    return (1 - kHotspotShare) / nodes + (dst == 0 ? kHotspotShare : 0.0);
  }
  const unsigned only = pattern == "transpose"    ? x * k + y
                        : pattern == "complement" ? nodes - 1 - src
                                                  : y * k + (x + 1) % k;
  return dst == only ? 1.0 : 0.0;
}

/*
 * Most flits a node and cycle that the busiest channel lets through under XY routing: one over its
 * load when every node sends a flit a cycle. W. J. Dally, B. Towles, Principles and Practices of
 * Interconnection Networks, 2004, chapter 3; here counted, not from a formula.
 */
double channel_bound(unsigned k, const std::string &pattern) {
  const unsigned nodes = nodes_of(k);
  std::vector<std::array<double, 6>> load(nodes);  // by hb_noc_link_t
  for (unsigned src = 0; src < nodes; ++src) {
    for (unsigned dst = 0; dst < nodes; ++dst) {
      const double part = share(k, pattern, src, dst);
      unsigned x = src % k, y = src / k;
      load[src][HB_LINK_INJECT] += part;
      load[dst][HB_LINK_EJECT] += part;
      while (x != dst % k) {
        const bool east = x < dst % k;
        load[y * k + x][east ? HB_LINK_EAST : HB_LINK_WEST] += part;
        x = east ? x + 1 : x - 1;
      }
      while (y != dst / k) {
        const bool south = y < dst / k;
        load[y * k + x][south ? HB_LINK_SOUTH : HB_LINK_NORTH] += part;
        y = south ? y + 1 : y - 1;
      }
    }
  }
  double most = 0;
  for (const auto &node : load)
    most = std::max(most, *std::max_element(node.begin(), node.end()));
  return 1 / most;
}

class Traffic : public sc_core::sc_module, public hb::Ticked {
 public:
  Traffic(sc_core::sc_module_name nm, Clock &clk, const Setup &setup)
      : sc_core::sc_module(nm),
        Ticked(clk),
        setup_(setup),
        nodes_(nodes_of(setup.k)),
        noc_("noc", clk, mesh(setup), hb::AddressMap(no_addresses())),
        waiting_(nodes_),
        random_(1),
        chance_(static_cast<uint64_t>(setup.offered / kFlits * 4294967296.0)) {
    for (unsigned node = 0; node < nodes_; ++node)
      ports_.push_back(&noc_.attach(static_cast<hb::NodeId>(node), this));
  }

  Cycle tick(Cycle now) override {
    for (unsigned node = 0; node < nodes_; ++node) {
      hb::NocPort &port = *ports_[node];
      while (Packet *packet = port.receive(hb::Net::kResponse)) {
        ++delivered;
        latency += now - packet->tag;
        port.release(packet);
      }
      std::deque<uint32_t> &queue = waiting_[node];
      if (running && (random_.next() & 0xffffffffu) < chance_)
        queue.push_back(static_cast<uint32_t>(now));
      if (!queue.empty() && port.can_send(hb::Net::kResponse)) {
        Packet *packet = port.make();
        packet->make_read(HB_DRAM_BASE, kBeats);
        packet->kind = hb::PacketKind::kReadResp;
        packet->dst = static_cast<hb::NodeId>(destination(node));
        packet->id = static_cast<uint8_t>(random_.below(16));
        packet->tag = queue.front();
        queue.pop_front();
        port.send(packet);
      }
    }
    return running ? now + 1 : kNever;
  }

  /** Packets are created only while it is true. */
  bool running = false;
  uint64_t delivered = 0, latency = 0;

 private:
  static hb_soc_noc_t mesh(const Setup &setup) {
    hb_soc_noc_t noc = hb_test::plain_mesh(setup.k, setup.k, setup.buffer_flits);
    noc.virtual_channels = setup.virtual_channels;
    noc.router_cycles = setup.router_cycles;
    return noc;
  }
  static hb_soc_t no_addresses() {
    hb_soc_t soc{};
    soc.noc = hb_test::plain_mesh(1, 1);
    soc.dram.num_channels = 1;
    soc.dram.interleave_bytes = 256;
    return soc;
  }
  unsigned destination(unsigned src) {
    if (setup_.pattern == "uniform") return random_.below(nodes_);
    if (setup_.pattern == "hotspot") {
      const bool hot = random_.below(1000) < kHotspotShare * 1000;
      return hot ? 0 : random_.below(nodes_);
    }
    for (unsigned dst = 0; dst < nodes_; ++dst) {
      if (share(setup_.k, setup_.pattern, src, dst) > 0) return dst;
    }
    return src;
  }

  const Setup setup_;
  const unsigned nodes_;
  hb::Noc noc_;
  std::vector<hb::NocPort *> ports_;
  std::vector<std::deque<uint32_t>> waiting_;  // cycles of creation
  hb_test::Random random_;
  const uint64_t chance_;  // of a packet, in 2^-32
};

struct Point {
  double offered, accepted, latency;
};

/* Several loads at once, each on a mesh of its own. */
std::vector<Point> curve(const Setup &setup, const std::vector<double> &loads) {
  constexpr Cycle kWarmUp = 10000, kMeasured = 30000;
  Clock clock((setup.pattern + "_clock").c_str(), Clock::Options{});
  std::vector<std::unique_ptr<Traffic>> meshes;
  for (const double load : loads) {
    Setup one = setup;
    one.offered = load;
    meshes.push_back(std::make_unique<Traffic>(
        (setup.pattern + std::to_string(meshes.size())).c_str(), clock, one));
    meshes.back()->running = true;
  }
  clock.run_until(kWarmUp);
  for (const auto &mesh : meshes)
    mesh->delivered = mesh->latency = 0;
  clock.run_until(kWarmUp + kMeasured);
  std::vector<Point> points;
  for (size_t i = 0; i < meshes.size(); ++i) {
    const Traffic &mesh = *meshes[i];
    points.push_back({loads[i],
                      static_cast<double>(mesh.delivered) * kFlits / kMeasured / nodes_of(setup.k),
                      static_cast<double>(mesh.latency) / static_cast<double>(mesh.delivered)});
  }
  return points;
}

/* Up to the bound, and three beyond. */
std::vector<double> loads_about(double bound) {
  constexpr unsigned kSteps = 24;
  std::vector<double> loads;
  for (unsigned i = 1; i <= kSteps; ++i)
    loads.push_back(bound * i / kSteps);
  for (const double beyond : {1.1, 1.2, 1.3})
    loads.push_back(bound * beyond);
  return loads;
}

int print_curve(const Setup &setup) {
  const double bound = channel_bound(setup.k, setup.pattern);
  std::printf(
      "# %ux%u %s, %u channels of %u flits, %u cycles a router; bound %.4f\n# offered accepted "
      "latency\n",
      setup.k, setup.k, setup.pattern.c_str(), setup.virtual_channels, setup.buffer_flits,
      setup.router_cycles, bound);
  for (const Point &p : curve(setup, loads_about(bound)))
    std::printf("%.4f %.4f %.2f\n", p.offered, p.accepted, p.latency);
  return 0;
}

/* ---------------------------------------------------------------------------------------- speed */

int speed(bool json, Cycle cycles) {
  Clock clock("clock", Clock::Options{});
  const unsigned sides[] = {3, 4, 8};
  std::vector<std::unique_ptr<Traffic>> meshes;
  for (const unsigned k : sides)
    meshes.push_back(std::make_unique<Traffic>(("mesh" + std::to_string(k)).c_str(), clock,
                                               Setup{k, "uniform", 1.0, 1, 4, 1}));
  for (size_t i = 0; i < meshes.size(); ++i) {
    Traffic &mesh = *meshes[i];
    mesh.running = true;
    mesh.wake_at(clock.cycle());
    clock.run_until(clock.cycle() + 2000);
    mesh.delivered = 0;
    const double begin = hb_bench::seconds();
    clock.run_until(clock.cycle() + cycles);
    const double wall = hb_bench::seconds() - begin;
    mesh.running = false;
    const double flits = static_cast<double>(mesh.delivered) * kFlits;
    const std::string name = std::to_string(sides[i]) + "x" + std::to_string(sides[i]);
    hb_bench::report(json, "mesh", name + " saturated", static_cast<double>(cycles) / wall * 1e-6,
                     "Mcycles/s");
    hb_bench::report(json, "mesh", name + " flits delivered", flits / wall * 1e-6, "Mflits/s");
    hb_bench::report(json, "mesh", name + " accepted",
                     flits / static_cast<double>(cycles) / nodes_of(sides[i]), "flits/node/cycle");
    clock.run_until(clock.cycle() + 200000);  // drains
  }
  const double begin = hb_bench::seconds();
  clock.run_until(clock.cycle() + 1000 * cycles);
  hb_bench::report(
      json, "mesh", "idle",
      static_cast<double>(1000 * cycles) * 1e-6 / std::max(1e-6, hb_bench::seconds() - begin),
      "Mcycles/s");
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "curve" && (argc == 4 || argc == 7)) {
    const bool known = std::find(std::begin(kPatterns), std::end(kPatterns),
                                 std::string(argv[3])) != std::end(kPatterns);
    const int k = std::atoi(argv[2]), channels = argc == 7 ? std::atoi(argv[4]) : 1,
              buffers = argc == 7 ? std::atoi(argv[5]) : 8,
              router = argc == 7 ? std::atoi(argv[6]) : 1;
    if (known && k >= 2 && k <= 16 && channels >= 1 && channels <= 4 && buffers >= 2 &&
        buffers <= 128 && router >= 1 && router <= 100) {
      return print_curve({static_cast<unsigned>(k), argv[3], 0, static_cast<unsigned>(channels),
                          static_cast<unsigned>(buffers), static_cast<unsigned>(router)});
    }
  }
  const bool json = mode == "--json";
  const int rest = argc - (json ? 2 : 1);
  const int kilocycles = rest == 1 ? std::atoi(argv[argc - 1]) : 300;
  if (rest <= 1 && kilocycles > 0) {
    return speed(json, 1000 * static_cast<Cycle>(kilocycles));
  }
  std::fputs(
      "usage: bench_mesh [--json] [KILOCYCLES] | curve K PATTERN [CHANNELS BUFFERS "
      "ROUTER_CYCLES]\n",
      stderr);
  return 2;
}
