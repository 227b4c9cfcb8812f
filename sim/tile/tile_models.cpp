/* SPDX-License-Identifier: Apache-2.0 */

/* The tile models of the program: all Verilated ones, with their twins that write waveforms. */

#include <cstring>
#include <vector>

#include "sim/tile/verilated_tile.h"

namespace hb {

namespace {

std::vector<TileModelInfo> make_table() {
  std::vector<TileModelInfo> table;
  for (unsigned i = 0; verilated_tile_info(i) != nullptr; ++i) {
    table.push_back(*verilated_tile_info(i));
#ifdef HB_WAVES
    for (unsigned k = 0; traced_tile_info(k) != nullptr; ++k) {
      if (std::strcmp(traced_tile_info(k)->name, table.back().name) == 0) {
        table.back().make_traced = traced_tile_info(k)->make;
      }
    }
#endif
  }
  return table;
}

}  // namespace

const TileModelInfo *tile_model_info(unsigned index) {
  static const std::vector<TileModelInfo> table = make_table();
  return index < table.size() ? &table[index] : nullptr;
}

}  // namespace hb
