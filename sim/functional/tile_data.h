/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a tile holds and computes, without time: scratchpads, accumulator, and what each command
 * does to them, written from rtl/regs/hb_tile.toml alone. Commands take effect whole, in the order
 * of the calls, which for a program whose tokens are right is what every legal interleaving amounts
 * to.
 *
 * Commands are legal, as a tile's decoder says; one that leaves a scratchpad or the accumulator
 * ends the program. After construction every byte is 0.
 */

#ifndef HB_SIM_FUNCTIONAL_TILE_DATA_H_
#define HB_SIM_FUNCTIONAL_TILE_DATA_H_

#include <array>
#include <cstdint>
#include <vector>

#include "hilbert/hb_cmd.h"

namespace hb {

/** Requantisation by the host's floating point, as hilbert/hb_tensor.h defines it. */
int32_t requant(int32_t t, float scale, int32_t zero_point, int32_t clip_min, int32_t clip_max);

class TileData {
 public:
  using Word = std::array<uint8_t, 16>;
  /** What a STORE writes to 16 consecutive bytes: those whose bit of `strobe` is 1. */
  struct Beat {
    Word bytes;
    uint16_t strobe;
  };

  /** `n`: array dimension or lanes: 8, 16 or 32. */
  explicit TileData(uint32_t n);

  /** Word `word` of scratchpad `mem`, HB_CMD_LOAD_MEM_*. */
  void load(uint8_t mem, uint32_t word, const void *bytes);
  void exec(const hb_cmd_exec_t &cmd);
  void vec(const hb_cmd_vec_t &cmd);
  void stat(const hb_cmd_stat_t &cmd);
  /** The beats of a STORE, rows * beats (RAW: four times as many), in order of address within a
   * row. */
  void store(const hb_cmd_store_t &cmd, std::vector<Beat> &beats) const;

 private:
  template <unsigned kN>
  void exec_as(const hb_cmd_exec_t &cmd);
  template <unsigned kN>
  void vec_as(const hb_cmd_vec_t &cmd);
  template <unsigned kN, unsigned kFn>
  void combine(const hb_cmd_vec_t &cmd, int64_t oy, int64_t ox, int32_t row_offset,
               std::array<int32_t, kN> &result, std::array<bool, kN> &any) const;
  /* The words, or rows, from `first` on, all of them there. */
  const Word *words(const std::vector<Word> &mem, int64_t first, int64_t count) const;
  const int32_t *rows(int64_t first, int64_t count) const;
  int32_t *rows(int64_t first, int64_t count);

  uint32_t n_;
  std::vector<Word> ifm_, wgt_, prm_, tab_;
  std::vector<int32_t> acc_;
};

}  // namespace hb

#endif  // HB_SIM_FUNCTIONAL_TILE_DATA_H_
