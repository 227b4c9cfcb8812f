/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_cpu [--json]: what the host CPU costs to simulate: instructions a second while it computes,
 * against the same loop on Unicorn alone; and the seconds a wake-up from wfi takes.
 */

#include <cstdio>
#include <cstring>
#include <string>

#include "bench.h"
#include "sim/cpu/host_cpu.h"
#include "tests/sim/soc_fixture.h"

namespace {

bool json = false;

void report(const std::string &metric, double value, const char *unit) {
  hb_bench::report(json, "cpu", metric, value, unit);
}

using hb_bench::seconds;

/* A loop of arithmetic, memory accesses and branches for about 97 million cycles, then wfi with an
 * alarm every 1000. */
constexpr hb::Cycle kComputeCycles = 90000000, kSleepBegins = 100000000;
constexpr uint32_t kLoop = 0x08, kLoopEnd = 0x30;  // without and behind it
const uint32_t kProgram[] = {
    0x00600537,  // lui   a0, 0x600
    0x00008637,  // lui   a2, 0x8
    0x00358593,  // 1: addi a1, a1, 3
    0x00b6c6b3,  // xor   a3, a3, a1
    0x00062703,  // lw    a4, 0(a2)
    0x00d70733,  // add   a4, a4, a3
    0x00e62023,  // sw    a4, 0(a2)
    0x0015f793,  // andi  a5, a1, 1
    0x00078463,  // beqz  a5, 2f
    0x00169693,  // slli  a3, a3, 1
    0xfff50513,  // 2: addi a0, a0, -1
    0xfc051ee3,  // bnez  a0, 1b
    0x02000437,  // lui   s0, 0x2000
    0x020002b7,  // lui   t0, 0x2000
    0x00542a23,  // sw    t0, 0x14(s0): enable the timer
    0x00042623,  // sw    zero, 0x0c(s0)
    0x00042303,  // 3: lw t1, 0(s0): time
    0x3e800393,  // li    t2, 1000
    0x00730333,  // add   t1, t1, t2
    0x00642423,  // sw    t1, 0x08(s0): alarm
    0x10500073,  // wfi
    0xfedff06f,  // j     3b
};

hb_soc_t two_by_one() {
  hb_soc_t soc{};
  soc.noc = hb_test::plain_mesh(2, 1);
  soc.host_node = {0, 0};
  soc.sensor_node = {1, 0};
  soc.dram.num_channels = 1;
  soc.dram.node[0] = {1, 0};
  soc.dram.interleave_bytes = 256;
  return soc;
}

/* Instructions a second of the compute loop on Unicorn without any of ours. */
double bare_rate(size_t instructions) {
  static uint8_t memory[0x10000] __attribute__((aligned(4096)));
  std::memcpy(memory, kProgram, sizeof kProgram);
  uc_engine *engine = nullptr;
  if (uc_open(UC_ARCH_RISCV, UC_MODE_RISCV32, &engine) != UC_ERR_OK ||
      uc_mem_map_ptr(engine, 0, sizeof memory, UC_PROT_ALL, memory) != UC_ERR_OK) {
    return 0;
  }
  /* A limit of instructions would make Unicorn count by a hook of its own: limit the loop instead.
   */
  const auto rounds = static_cast<uint32_t>(instructions / 10);
  uc_reg_write(engine, UC_RISCV_REG_A0, &rounds);
  const uint32_t stack = 0x8000;
  uc_reg_write(engine, UC_RISCV_REG_A2, &stack);
  const double begin = seconds();
  uc_emu_start(engine, kLoop, kLoopEnd, 0, 0);
  const double took = seconds() - begin;
  uc_close(engine);
  return static_cast<double>(instructions) / took;
}

}  // namespace

int main(int argc, char **argv) {
  json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
  const hb_soc_t soc = two_by_one();
  hb::Clock clock("clock", hb::Clock::Options{});
  hb::Noc noc("noc", clock, soc.noc, hb::AddressMap(soc));
  hb::HostCpu cpu("cpu", clock, noc, hb::HostCpu::Config{});
  if (!cpu.load_private(HB_TCM_BASE, kProgram, sizeof kProgram)) {
    return 4;
  }

  double begin = seconds();
  clock.run_until(kComputeCycles);
  const double computing = seconds() - begin;
  const double rate = static_cast<double>(cpu.stats().instructions) / computing;
  report("instructions", rate / 1e6, "M/s");
  report("cycles computing", static_cast<double>(kComputeCycles) / computing / 1e6, "M/s");
  const double bare = bare_rate(200000000);
  report("instructions, Unicorn alone", bare / 1e6, "M/s");
  report("share of Unicorn alone", rate / bare, "ratio");

  clock.run_until(kSleepBegins);
  const uint64_t wakes_before = cpu.stats().interrupts;
  begin = seconds();
  clock.run_until(kSleepBegins + 1000000000);
  const double sleeping = seconds() - begin;
  const auto wakes = static_cast<double>(cpu.stats().interrupts - wakes_before);
  report("wake-up from wfi and back", sleeping / wakes * 1e9, "ns");
  report("cycles, asleep 99%", 1000.0 / sleeping, "M/s");
  return 0;
}
