/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Protection unit of a tile's network interface: windows that the tile's jobs may touch. Registers
 * and rules: HB_NI_* of hilbert/hb_memmap.h.
 */

#ifndef HB_SIM_TILE_PROTECTION_H_
#define HB_SIM_TILE_PROTECTION_H_

#include <array>
#include <cstdint>

#include "hilbert/hb_memmap.h"
#include "sim/noc/packet.h"

namespace hb {

class Protection {
 public:
  /** The register at `offset` of a tile's window belongs to this unit, not to the tile. */
  static constexpr bool owns(uint32_t offset) { return offset >= kOffset; }

  /** Turns a 32-bit register request into its answer. SLVERR: no such register, or windows that
   * contradict each other. */
  void answer(Packet *request);

  /** A job with this tag may access [addr, addr + bytes). */
  bool allows(uint32_t tag, uint32_t addr, uint32_t bytes, bool write) const;

  /** Counts an access that was not allowed. */
  void refuse(uint32_t tag, uint32_t addr) {
    ++refused_;
    refused_addr_ = addr;
    refused_tag_ = tag;
  }

 private:
  static constexpr uint32_t kOffset = HB_NI_BASE(0) - HB_TILE_BASE(0);
  static constexpr uint32_t kWindows = HB_NI_CONTEXTS * HB_NI_WINDOWS;

  struct Window {
    uint32_t base = 0, end = 0;  // base with HB_NI_MAY_*
    uint64_t first() const { return base & ~uint32_t{15}; }
    bool empty() const { return first() == end; }
  };

  uint32_t *find(uint32_t offset);
  bool consistent() const;

  uint32_t ctrl_ = 0, refused_ = 0, refused_addr_ = 0, refused_tag_ = 0;
  std::array<Window, kWindows> windows_{};
};

}  // namespace hb

#endif  // HB_SIM_TILE_PROTECTION_H_
