/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/noc/address_map.h"

namespace hb {

AddressMap::AddressMap(const hb_soc_t &soc)
    : host_(node_id(soc.noc, soc.host_node)),
      sensor_(node_id(soc.noc, soc.sensor_node)),
      interleave_log2_(static_cast<unsigned>(__builtin_ctz(soc.dram.interleave_bytes))) {
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    tiles_.push_back(node_id(soc.noc, soc.tiles[i].node));
  }
  for (uint32_t i = 0; i < soc.dram.num_channels; ++i) {
    dram_.push_back(node_id(soc.noc, soc.dram.node[i]));
  }
}

NodeId AddressMap::resolve_device(uint32_t addr) const {
  if (addr - HB_TILE_BASE(0) < kTileWindowBytes * tiles_.size()) {
    return tiles_[(addr - HB_TILE_BASE(0)) / kTileWindowBytes];
  }
  if (addr - HB_MBOX_BASE < kMboxWindowBytes) {
    return host_;
  }
  if (addr - HB_SENSOR_BASE < kSensorWindowBytes) {
    return sensor_;
  }
  return kNoNode;
}

}  // namespace hb
