/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A tile without its RTL: the same at the boundary in every cycle, and many times faster.
 */

#ifndef HB_SIM_TWIN_TWIN_TILE_H_
#define HB_SIM_TWIN_TWIN_TILE_H_

#include <memory>

#include "sim/tile/tile_model.h"

namespace hb {

/**
 * The twin of one of our own tiles, by what its registers ID and CAPS say; nullptr: there is none.
 * `functional`: it writes the bytes that the RTL writes (twin_data.h says when); else zeros.
 */
std::unique_ptr<TileModelIf> make_twin(uint32_t id, uint32_t caps, bool functional = false);

}  // namespace hb

#endif  // HB_SIM_TWIN_TWIN_TILE_H_
