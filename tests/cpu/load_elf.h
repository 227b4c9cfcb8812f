/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Sealed programs for the host CPU, for tests.
 */

#ifndef HB_TESTS_CPU_LOAD_ELF_H_
#define HB_TESTS_CPU_LOAD_ELF_H_

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" {
#include "elf/hb_elf.h"
}
#include "sim/cpu/host_cpu.h"

namespace hb_test {

/** Loads what the file holds and sets the entry; false: it is no such file, and why was printed. */
inline bool load_elf(const char *path, hb::HostCpu &cpu) {
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

}  // namespace hb_test

#endif  // HB_TESTS_CPU_LOAD_ELF_H_
