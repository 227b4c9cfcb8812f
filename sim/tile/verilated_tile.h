/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The Verilated tiles, apart from the list of models a program offers (tile_model_info(),
 * tile_model.h): a measurement may put something between them.
 */

#ifndef HB_SIM_TILE_VERILATED_TILE_H_
#define HB_SIM_TILE_VERILATED_TILE_H_

#include "sim/tile/tile_model.h"

namespace hb {

/** Verilated models in a fixed order; nullptr past the end. */
using VerilatedTileInfo = TileModelInfo;
const VerilatedTileInfo *verilated_tile_info(unsigned index);

/** Those that can write waveforms: hb_add_tile_models(TRACED). */
struct TracedTileInfo {
  const char *name;
  std::unique_ptr<TracedTileIf> (*make)(VerilatedContext &context, const char *name);
};
const TracedTileInfo *traced_tile_info(unsigned index);

}  // namespace hb

#endif  // HB_SIM_TILE_VERILATED_TILE_H_
