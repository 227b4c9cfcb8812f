/* SPDX-License-Identifier: Apache-2.0 */

#include "tile_reference.h"

#include <cstdio>
#include <cstdlib>

namespace hb {

TileReference::TileReference(uint32_t n, std::vector<uint8_t> &memory, uint32_t memory_base)
    : data_(n), memory_(memory), memory_base_(memory_base) {}

uint8_t *TileReference::at(uint32_t address) {
  const uint64_t offset = uint64_t{address} - memory_base_;
  if (address < memory_base_ || offset + sizeof(TileData::Word) > memory_.size()) {
    std::fprintf(stderr, "reference: address %08x outside the test's memory\n", address);
    std::abort();
  }
  return memory_.data() + offset;
}

void TileReference::run(const std::vector<hb_cmd_t> &program, const std::array<uint32_t, 4> &base) {
  for (const hb_cmd_t &cmd : program) {
    switch (cmd.common.opcode) {
      case HB_CMD_OP_LOAD:
        load(cmd.load, base);
        break;
      case HB_CMD_OP_EXEC:
        data_.exec(cmd.exec);
        break;
      case HB_CMD_OP_VEC:
        data_.vec(cmd.vec);
        break;
      case HB_CMD_OP_STAT:
        data_.stat(cmd.stat);
        break;
      case HB_CMD_OP_STORE:
        store(cmd.store, base);
        break;
      default:
        return;
    }
  }
}

void TileReference::load(const hb_cmd_load_t &cmd, const std::array<uint32_t, 4> &base) {
  uint32_t word = cmd.dst;
  for (uint32_t plane = 0; plane < cmd.planes; ++plane) {
    for (uint32_t row = 0; row < cmd.rows; ++row) {
      const uint32_t from =
          base[cmd.base] + cmd.src + plane * cmd.plane_pitch + row * cmd.row_pitch;
      for (uint32_t beat = 0; beat < cmd.beats; ++beat)
        data_.load(cmd.mem, word++, at(from + 16 * beat));
    }
  }
}

void TileReference::store(const hb_cmd_store_t &cmd, const std::array<uint32_t, 4> &base) {
  std::vector<TileData::Beat> beats;
  data_.store(cmd, beats);
  const size_t row_beats = beats.size() / cmd.rows;
  for (size_t i = 0; i < beats.size(); ++i) {
    uint8_t *to =
        at(base[cmd.base] + cmd.dst + static_cast<uint32_t>(i / row_beats) * cmd.row_pitch +
           static_cast<uint32_t>(i % row_beats) * 16);
    for (unsigned byte = 0; byte < 16; ++byte) {
      if ((beats[i].strobe >> byte & 1) != 0) to[byte] = beats[i].bytes[byte];
    }
  }
}

}  // namespace hb
