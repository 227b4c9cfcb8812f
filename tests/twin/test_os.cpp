/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * OsCore beside hb_exec_os and hb_systolic_os. usage: test_twin_os N [SEED] [CYCLES]
 */

#include "Vexecos16.h"
#include "Vexecos32.h"
#include "Vexecos8.h"
#include "sim/twin/twin_os.h"
#include "test_exec.h"

using namespace hb::twin;

int main(int argc, char **argv) {
  const unsigned long n = argc > 1 ? std::strtoul(argv[1], nullptr, 0) : 16;
  const auto seed = static_cast<uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 0) : 1);
  const uint64_t cycles = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : 2000000;
  switch (n) {
    case 8:
      run_exec<OsCore, Vexecos8>(8, seed, cycles);
      break;
    case 16:
      run_exec<OsCore, Vexecos16>(16, seed, cycles);
      break;
    case 32:
      run_exec<OsCore, Vexecos32>(32, seed, cycles);
      break;
    default:
      std::fprintf(stderr, "N must be 8, 16 or 32\n");
      return 2;
  }
  return 0;
}
