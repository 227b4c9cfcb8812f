/* SPDX-License-Identifier: Apache-2.0 */

/* The tile models of the program: all Verilated ones. */

#include "sim/tile/verilated_tile.h"

namespace hb {

const TileModelInfo *tile_model_info(unsigned index) {
  return verilated_tile_info(index);
}

}  // namespace hb
