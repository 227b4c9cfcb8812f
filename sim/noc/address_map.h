/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Which node answers an address: the one place that knows (hilbert/hb_memmap.h has the numbers).
 */

#ifndef HB_SIM_NOC_ADDRESS_MAP_H_
#define HB_SIM_NOC_ADDRESS_MAP_H_

#include <cstdint>
#include <vector>

#include "sim/include/hb_sim.h"
#include "sim/noc/packet.h"

namespace hb {

constexpr uint32_t kMboxWindowBytes = 0x1000;
constexpr uint32_t kTileWindowBytes = 0x10000;
constexpr uint32_t kSensorWindowBytes = 0x1000;

class AddressMap {
 public:
  explicit AddressMap(const hb_soc_t &soc);

  /** Node that owns `addr`, or kNoNode: nothing is mapped there (the access gets DECERR). */
  NodeId resolve(uint32_t addr) const {
    if (addr >= HB_DRAM_BASE) {
      return dram_[((addr - HB_DRAM_BASE) >> interleave_log2_) & (dram_.size() - 1)];
    }
    return resolve_device(addr);
  }

  /**
   * Largest access from `addr` on that stays within one node: requesters split at these boundaries.
   * For DRAM the bytes up to the next channel (the whole packet if there is only one).
   */
  uint32_t contiguous_bytes(uint32_t addr) const {
    if (addr < HB_DRAM_BASE || dram_.size() == 1) {
      return kMaxPacketBytes;
    }
    const uint32_t interleave = uint32_t{1} << interleave_log2_;
    return interleave - (addr & (interleave - 1));
  }

 private:
  NodeId resolve_device(uint32_t addr) const;

  NodeId host_, sensor_;
  std::vector<NodeId> tiles_;
  std::vector<NodeId> dram_;
  unsigned interleave_log2_;
};

/** Node number of a mesh position. */
inline NodeId node_id(const hb_soc_noc_t &noc, hb_soc_node_t node) {
  return static_cast<NodeId>(node.y * noc.columns + node.x);
}

}  // namespace hb

#endif  // HB_SIM_NOC_ADDRESS_MAP_H_
