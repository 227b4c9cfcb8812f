/* SPDX-License-Identifier: Apache-2.0 */

/*
 * run_rv32 PROGRAM.elf: runs a test program (portable_rv32.c) on the emulated CPU and prints its
 * text. Exit code 0 if the program leaves with 0.
 */

#include <cstdio>
#include <cstring>

extern "C" {}
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
extern "C" {
#include "portable_rv32.h"
}
#include "sim/cpu/host_cpu.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"
#include "tests/cpu/load_elf.h"
#include "tests/sim/soc_fixture.h"

namespace {

constexpr hb::Cycle kEnd = 4000000000u;

void print(void *, uint64_t, const uint32_t *words, uint32_t num) {
  if (HB_TEL_TYPE(words[0]) == HB_PORTABLE_PRINT) {
    char text[4 * HB_TEL_MAX_WORDS + 1] = {0};
    std::memcpy(text, words + 1, 4u * (num - 1u));
    std::fputs(text, stdout);
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::printf("usage: run_rv32 PROGRAM.elf\n");
    return 2;
  }
  const hb_soc_t soc = hb_test::two_by_two();
  hb::HostCpu::Config config;
  config.node = hb::node_id(soc.noc, soc.host_node);
  config.num_tiles = soc.num_tiles;
  config.irq_cycles = 3;
  config.sink.telemetry = print;
  hb::Clock clock("clock", {});
  hb::Noc noc("noc", clock, soc.noc, hb::AddressMap(soc));
  hb::HostCpu cpu("cpu", clock, noc, config);
  if (!hb_test::load_elf(argv[1], cpu)) {
    return 4;
  }
  clock.run_until(kEnd);
  if (clock.failed()) {
    std::printf("%s\n", clock.failure().c_str());
    return 1;
  }
  if (!cpu.exited() || cpu.exit_code() != 0) {
    std::printf("%s 0x%x\n", cpu.exited() ? "left with" : "still running",
                cpu.exited() ? cpu.exit_code() : 0u);
    return 1;
  }
  return 0;
}
