/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_noc [--json] [KILOCYCLES]: what the machine around the tiles costs to simulate.
 *
 * The mesh of quad-ws16 (3x3, two LPDDR4 channels, 250 MHz) with four masters in place of tiles
 * that ask for as much as they can get. A master does next to nothing itself; what four of them
 * cost is measured alone and shown as the baseline, and what the rest of the machine costs is the
 * difference. Times are CPU time.
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench.h"
#include "sim/dram/dram_channel.h"
#include "sim/tile/tile_node.h"
#include "tests/sim/dram_fixture.h"

namespace {

bool json = false;

void report(const std::string &metric, double value, const char *unit) {
  hb_bench::report(json, "noc", metric, value, unit);
}

using hb_bench::seconds;

/* Between start() and stop(): asks for bursts of 16 beats one after the other, one in `write_every`
 * a write. */
class Master : public hb::TileModelIf {
 public:
  Master(uint32_t base, unsigned write_every) : base_(base), write_every_(write_every) {}

  void start() {
    running_ = true;
    next();
  }
  void stop() { running_ = false; }

  void reset() override {
    out_ = hb::TileOut{};
    out_.m_rready = out_.m_bready = 1;
    out_.idle = 1;
  }
  const hb::TileOut &outputs() const override { return out_; }
  void clock(const hb::TileIn &in) override {
    perf_.rd_beats += in.m_rvalid;
    outstanding_ -= (in.m_rvalid & in.m_rlast) + in.m_bvalid;
    out_.idle = !running_ && outstanding_ == 0 && out_.m_arvalid == 0 && out_.m_wvalid == 0;
    if (out_.m_arvalid != 0) {
      if (in.m_arready != 0) {
        out_.m_arvalid = 0;
        ++outstanding_;
        next();
      }
    } else if (out_.m_wvalid != 0) {
      if (in.m_awready != 0) {
        outstanding_ += out_.m_awvalid;
        out_.m_awvalid = 0;
      }
      if (in.m_wready != 0) {
        ++perf_.wr_beats;
        out_.m_wlast = ++beat_ == 15;
        if (beat_ == 16) {
          out_.m_wvalid = 0;
          next();
        }
      }
    }
  }
  uint32_t jobs_started() const override { return 0; }
  uint32_t jobs_completed() const override { return 0; }
  hb::TilePerf perf() const override { return perf_; }

 private:
  void next() {
    if (!running_) {
      return;
    }
    out_.idle = 0;
    const uint32_t addr = base_ + (burst_ * 256) % (1 << 24);
    ++burst_;
    if (write_every_ != 0 && burst_ % write_every_ == 0) {
      out_.m_awvalid = out_.m_wvalid = 1;
      out_.m_awaddr = addr;
      out_.m_awlen = 15;
      out_.m_wstrb = 0xffff;
      beat_ = 0;
    } else {
      out_.m_arvalid = 1;
      out_.m_araddr = addr;
      out_.m_arlen = 15;
    }
  }

  const uint32_t base_;
  const unsigned write_every_;
  bool running_ = false;
  hb::TileOut out_;
  hb::TilePerf perf_;
  uint32_t burst_ = 0, beat_ = 0;
  int outstanding_ = 0;
};

hb_soc_t quad() {
  hb_soc_t soc{};
  soc.clock_khz = 250000;
  soc.noc = hb_test::plain_mesh(3, 3, 8);
  soc.host_node = {0, 1};
  soc.sensor_node = {2, 1};
  soc.num_tiles = 4;
  for (uint8_t i = 0; i < 4; ++i) {
    soc.tiles[i].node = {static_cast<uint8_t>(i % 2 * 2), static_cast<uint8_t>(i / 2 * 2)};
  }
  soc.dram = hb_test::lpddr4_3200(1 << 30, 32);
  soc.dram.num_channels = 2;
  soc.dram.node[0] = {1, 0};
  soc.dram.node[1] = {1, 2};
  return soc;
}

struct Machine {
  Machine(const std::string &name, hb::Clock &clock, const hb_soc_t &soc, unsigned write_every)
      : noc((name + "_noc").c_str(), clock, soc.noc, hb::AddressMap(soc)),
        memory(soc.dram.size_bytes) {
    for (uint32_t i = 0; i < soc.dram.num_channels; ++i) {
      channels.push_back(
          std::make_unique<hb::DramChannel>((name + "_dram" + std::to_string(i)).c_str(), clock,
                                            noc, soc.noc, soc.dram, i, soc.clock_khz, memory));
    }
    for (uint32_t i = 0; i < soc.num_tiles; ++i) {
      hb::TileNode::Options options;
      options.index = i;
      options.node = hb::node_id(soc.noc, soc.tiles[i].node);
      auto master = std::make_unique<Master>(HB_DRAM_BASE + (i << 25), write_every);
      masters.push_back(master.get());
      tiles.push_back(std::make_unique<hb::TileNode>((name + "_tile" + std::to_string(i)).c_str(),
                                                     clock, noc, options, std::move(master),
                                                     nullptr));
    }
  }
  hb::Noc noc;
  hb::DramMemory memory;
  std::vector<std::unique_ptr<hb::DramChannel>> channels;
  std::vector<Master *> masters;
  std::vector<std::unique_ptr<hb::TileNode>> tiles;
};

/* What four masters cost by themselves, taken out of the machine: ns per cycle. */
double baseline(uint64_t cycles) {
  std::vector<std::unique_ptr<Master>> masters;
  for (uint32_t i = 0; i < 4; ++i) {
    masters.push_back(std::make_unique<Master>(HB_DRAM_BASE + (i << 25), 4));
    masters.back()->start();
  }
  hb::TileIn in;
  const double start = seconds();
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    in.m_arready = in.m_awready = in.m_wready = cycle % 16 == 0;
    in.m_rvalid = 1;
    for (const auto &master : masters) {
      master->clock(in);
    }
  }
  return (seconds() - start) / static_cast<double>(cycles) * 1e9;
}

}  // namespace

int main(int argc, char **argv) {
  uint64_t cycles = 2000000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::atoi(argv[i]) > 0) {
      cycles = static_cast<uint64_t>(std::atoi(argv[i])) * 1000;
    } else {
      std::fprintf(stderr, "usage: bench_noc [--json] [KILOCYCLES]\n");
      return 2;
    }
  }
  const double masters = baseline(cycles);
  report("masters_alone", masters, "ns/cycle");
  // SystemC elaborates once: all machines under one clock, one after the other awake.
  const std::pair<const char *, unsigned> modes[] = {{"read", 0}, {"mixed", 4}, {"write", 1}};
  hb::Clock clock("clock", hb::Clock::Options{});
  std::vector<std::unique_ptr<Machine>> machines;
  for (const auto &[name, write_every] : modes) {
    machines.push_back(std::make_unique<Machine>(name, clock, quad(), write_every));
  }
  clock.run_until(10);
  for (size_t i = 0; i < machines.size(); ++i) {
    Machine &machine = *machines[i];
    for (size_t tile = 0; tile < machine.tiles.size(); ++tile) {
      machine.masters[tile]->start();
      machine.tiles[tile]->wake_at(clock.cycle() + 1);
    }
    const hb::Cycle first = clock.cycle();
    const double start = seconds();
    clock.run_until(first + cycles);
    const double ns = (seconds() - start) / static_cast<double>(cycles) * 1e9;
    for (Master *master : machine.masters) {
      master->stop();
    }
    clock.run_until(clock.cycle() + 10000);  // everything drains
    if (clock.failed()) {
      std::fprintf(stderr, "bench_noc: %s\n", clock.failure().c_str());
      return 4;
    }
    double beats = 0;
    for (const Master *master : machine.masters) {
      beats += static_cast<double>(master->perf().rd_beats) +
               static_cast<double>(master->perf().wr_beats);
    }
    const std::string name = modes[i].first;
    report(name + "_beats", beats / static_cast<double>(cycles), "beats/cycle");
    report(name + "_machine", ns, "ns/cycle");
    report(name + "_machine_less_masters", ns - masters, "ns/cycle");
    report(name + "_speed", 1e3 / ns, "Mcycles/s");
  }
  return 0;
}
