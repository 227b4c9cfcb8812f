/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a tile's program does to memory, command by command: sim/functional/tile_data.h on an image
 * of memory. It knows nothing of time: it executes commands in program order.
 */

#ifndef HB_TESTS_RTL_TILE_REFERENCE_H_
#define HB_TESTS_RTL_TILE_REFERENCE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "hilbert/hb_cmd.h"
#include "sim/functional/tile_data.h"

namespace hb {

class TileReference {
 public:
  /** `n`: array dimension or lanes. `memory` holds the bytes from `memory_base` on; commands that
   * leave it end the test. */
  TileReference(uint32_t n, std::vector<uint8_t> &memory, uint32_t memory_base);

  /** Runs commands up to END. */
  void run(const std::vector<hb_cmd_t> &program, const std::array<uint32_t, 4> &base);

 private:
  uint8_t *at(uint32_t address);  // 16 bytes
  void load(const hb_cmd_load_t &cmd, const std::array<uint32_t, 4> &base);
  void store(const hb_cmd_store_t &cmd, const std::array<uint32_t, 4> &base);

  TileData data_;
  std::vector<uint8_t> &memory_;
  uint32_t memory_base_;
};

}  // namespace hb

#endif  // HB_TESTS_RTL_TILE_REFERENCE_H_
