/* SPDX-License-Identifier: Apache-2.0 */

/*
 * run_rv32 PROGRAM.elf: runs a test program (portable_rv32.c) on the emulated CPU and prints its
 * text. Exit code 0 if the program leaves with 0.
 */

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" {
#include "elf/hb_elf.h"
}
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
extern "C" {
#include "portable_rv32.h"
}
#include "sim/cpu/host_cpu.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"
#include "tests/sim/soc_fixture.h"

namespace {

constexpr hb::Cycle kEnd = 4000000000u;

hb_soc_t two_by_two() {
  hb_soc_t soc{};
  soc.noc = hb_test::plain_mesh(2, 2);
  soc.host_node = {0, 0};
  soc.sensor_node = {0, 1};
  soc.dram.num_channels = 1;
  soc.dram.node[0] = {1, 1};
  soc.dram.interleave_bytes = 256;
  soc.num_tiles = 1;
  soc.tiles[0].node = {1, 0};
  return soc;
}

void print(void *, uint64_t, const uint32_t *words, uint32_t num) {
  if (HB_TEL_TYPE(words[0]) == HB_PORTABLE_PRINT) {
    char text[4 * HB_TEL_MAX_WORDS + 1] = {0};
    std::memcpy(text, words + 1, 4u * (num - 1u));
    std::fputs(text, stdout);
  }
}

bool load(const char *path, hb::HostCpu &cpu) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  hb_elf_t elf;
  const char *why = nullptr;
  if (hb_elf_parse(bytes.data(), bytes.size(), &elf, &why) != HB_OK) {
    std::printf("%s: %s\n", path, why);
    return false;
  }
  for (uint32_t i = 0; i < elf.num_segments; ++i) {
    if (!cpu.load_private(elf.segments[i].addr, elf.segments[i].bytes, elf.segments[i].num_bytes)) {
      return false;
    }
  }
  cpu.set_entry(elf.entry);
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::printf("usage: run_rv32 PROGRAM.elf\n");
    return 2;
  }
  const hb_soc_t soc = two_by_two();
  hb::HostCpu::Config config;
  config.node = hb::node_id(soc.noc, soc.host_node);
  config.num_tiles = soc.num_tiles;
  config.irq_cycles = 3;
  config.sink.telemetry = print;
  hb::Clock clock("clock", {});
  hb::Noc noc("noc", clock, soc.noc, hb::AddressMap(soc));
  hb::HostCpu cpu("cpu", clock, noc, config);
  if (!load(argv[1], cpu)) {
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
