/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a tile's program does to memory, command by command, written from
 * rtl/regs/hb_tile.toml alone. It knows nothing of time: it executes commands in program order,
 * which for a program whose tokens are right is what every legal interleaving amounts to.
 */

#ifndef HB_TESTS_RTL_TILE_REFERENCE_H_
#define HB_TESTS_RTL_TILE_REFERENCE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "hilbert/hb_cmd.h"

namespace hb {

/** Requantisation by the host's floating point, as hilbert/hb_tensor.h defines it. */
int32_t reference_requant(int32_t t, float scale, int32_t zero_point, int32_t clip_min,
                          int32_t clip_max);

class TileReference {
 public:
  /** `n`: array dimension or lanes. `memory` holds the bytes from `memory_base` on; commands that
   * leave it end the test. */
  TileReference(uint32_t n, std::vector<uint8_t> &memory, uint32_t memory_base);

  /** Runs commands up to END. */
  void run(const std::vector<hb_cmd_t> &program, const std::array<uint32_t, 4> &base);

 private:
  using Word = std::array<uint8_t, 16>;

  uint8_t *at(uint32_t address, uint32_t bytes);
  void load(const hb_cmd_load_t &cmd, const std::array<uint32_t, 4> &base);
  void exec(const hb_cmd_exec_t &cmd);
  void vec(const hb_cmd_vec_t &cmd);
  void stat(const hb_cmd_stat_t &cmd);
  int32_t &row(int64_t row, uint32_t lane);
  void store(const hb_cmd_store_t &cmd, const std::array<uint32_t, 4> &base);

  uint32_t n_;
  std::vector<uint8_t> &memory_;
  uint32_t memory_base_;
  std::vector<Word> ifm_, wgt_, prm_, tab_;
  std::vector<int32_t> acc_;
};

}  // namespace hb

#endif  // HB_TESTS_RTL_TILE_REFERENCE_H_
