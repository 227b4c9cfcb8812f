/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Random legal tile programs: steps of LOAD, execute (EXEC; VEC and STAT) and STORE groups,
 * double-buffered with tokens.
 *
 * Step i uses half i % 2 of the IFM and WGT scratchpads and of the accumulator, and parameter slot
 * i % 16. The first LOAD of step i >= 2 waits for E2L of step i - 2, a LOAD of the table for that
 * of step i - 1, the first execute command for L2E (and S2E of step i - 2), the first STORE for
 * E2S. A parameter slot is loaded again 16 steps later, when the two tokens in between have long
 * made sure that its STORE is over.
 */

#ifndef HB_TESTS_RTL_RANDOM_PROGRAM_H_
#define HB_TESTS_RTL_RANDOM_PROGRAM_H_

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "hilbert/hb_cmd.h"
#include "sim/tile/tile_model.h"

namespace hb {

struct RandomJob {
  std::vector<hb_cmd_t> program;
  std::array<uint32_t, 4> base;
};

/**
 * A job of `steps` steps for the tile `info`. Inputs, constants and parameters (which it writes
 * to `memory`) lie in the first half of [area, area + bytes), outputs in the second.
 */
RandomJob random_job(std::mt19937 &rng, const TileModelInfo &info, uint32_t steps,
                     std::vector<uint8_t> &memory, uint32_t memory_base, uint32_t area,
                     uint32_t bytes);

hb_cmd_t end_command();

}  // namespace hb

#endif  // HB_TESTS_RTL_RANDOM_PROGRAM_H_
