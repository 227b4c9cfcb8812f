/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_dram [--json] [KILOCYCLES]: what a saturated DRAM channel costs to simulate, and what it
 * moves.
 *
 * One LPDDR4-3200 channel behind a mesh of two nodes, at 1 GHz (a flit of 16 bytes a cycle asks for
 * more than the channel has). Times are CPU time and include the mesh and the master that asks.
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "sim/dram/dram_channel.h"
#include "tests/sim/dram_fixture.h"

namespace {

bool json = false;

void report(const std::string &metric, double value, const char *unit) {
  hb_bench::report(json, "dram", metric, value, unit);
}

using hb_bench::seconds;

hb_soc_t one_channel() {
  hb_soc_t soc{};
  soc.clock_khz = 1000000;
  soc.noc = hb_test::plain_mesh(2, 1, 8);
  soc.dram = hb_test::lpddr4_3200(1 << 26, 32);
  soc.dram.node[0] = {1, 0};
  return soc;
}

/* Keeps 16 accesses under way between start() and stop(). */
class Master : public sc_core::sc_module, public hb::Ticked {
 public:
  enum class Pattern { kReads, kWrites, kRandom };

  Master(sc_core::sc_module_name nm, hb::Clock &clk, hb::Noc &noc, uint64_t size, Pattern pattern)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(noc.attach(0, this)),
        size_(size),
        pattern_(pattern) {}

  void start() {
    running_ = true;
    wake_at(clock().cycle() + 1);
  }
  void stop() { running_ = false; }

  hb::Cycle tick(hb::Cycle now) override {
    while (hb::Packet *packet = port_.receive(hb::Net::kResponse)) {
      bytes += packet->bytes;
      port_.release(packet);
      --under_way_;
    }
    if (running_ && under_way_ < 16 && port_.can_send(hb::Net::kRequest)) {
      hb::Packet *packet = port_.make();
      const bool random = pattern_ == Pattern::kRandom;
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      offset_ = random ? (state_ >> 20) % size_ / 32 * 32 : (offset_ + 256) % size_;
      const auto addr = static_cast<uint32_t>(HB_DRAM_BASE + offset_);
      if (pattern_ == Pattern::kWrites || (random && state_ >> 63 != 0)) {
        packet->make_write(addr, random ? 2 : 16);
      } else {
        packet->make_read(addr, random ? 2 : 16);
      }
      port_.send(packet);
      ++under_way_;
    }
    return running_ && under_way_ < 16 ? now + 1 : hb::kNever;
  }
  uint64_t bytes = 0;

 private:
  hb::NocPort &port_;
  const uint64_t size_;
  const Pattern pattern_;
  uint64_t state_ = 1, offset_ = 0;
  unsigned under_way_ = 0;
  bool running_ = false;
};

struct Machine {
  Machine(const std::string &name, hb::Clock &clock, Master::Pattern pattern)
      : soc(one_channel()),
        noc((name + "_noc").c_str(), clock, soc.noc, hb::AddressMap(soc)),
        memory(soc.dram.size_bytes),
        dram((name + "_dram").c_str(), clock, noc, soc.noc, soc.dram, 0, soc.clock_khz, memory),
        master((name + "_master").c_str(), clock, noc, soc.dram.size_bytes, pattern) {}
  const hb_soc_t soc;
  hb::Noc noc;
  hb::DramMemory memory;
  hb::DramChannel dram;
  Master master;
};

}  // namespace

int main(int argc, char **argv) {
  uint64_t cycles = 4000000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::atoi(argv[i]) > 0) {
      cycles = static_cast<uint64_t>(std::atoi(argv[i])) * 1000;
    } else {
      std::fprintf(stderr, "usage: bench_dram [--json] [KILOCYCLES]\n");
      return 2;
    }
  }
  // SystemC elaborates once: all machines under one clock, one after the other awake.
  const std::pair<const char *, Master::Pattern> patterns[] = {
      {"reads", Master::Pattern::kReads},
      {"writes", Master::Pattern::kWrites},
      {"random", Master::Pattern::kRandom}};
  hb::Clock clock("clock", hb::Clock::Options{});
  std::vector<std::unique_ptr<Machine>> machines;
  for (const auto &[name, pattern] : patterns)
    machines.push_back(std::make_unique<Machine>(name, clock, pattern));
  clock.run_until(10);
  const double idle_start = seconds();
  clock.run_until(clock.cycle() + cycles);
  report("idle", (seconds() - idle_start) / static_cast<double>(cycles) * 1e9, "ns/cycle");
  for (size_t i = 0; i < machines.size(); ++i) {
    Machine &machine = *machines[i];
    const std::string name = patterns[i].first;
    machine.master.start();
    const hb::Cycle first = clock.cycle();
    const double start = seconds();
    clock.run_until(first + cycles);
    const double ns = (seconds() - start) / static_cast<double>(cycles) * 1e9;
    machine.master.stop();
    report(name + ", bandwidth",
           static_cast<double>(machine.master.bytes) / static_cast<double>(cycles), "GB/s");
    report(name + ", speed", 1e3 / ns, "Mcycles/s");
    clock.run_until(clock.cycle() + 100000);  // everything drains
  }
  return 0;
}
