/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_ni.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"

void hb_ni_set_window(uint32_t tile, uint32_t context, uint32_t index, uint32_t base, uint32_t end,
                      uint32_t may) {
  hb_mmio_write32(HB_NI_BASE(tile) + HB_NI_WINDOW(context, index), base | may);
  hb_mmio_write32(HB_NI_BASE(tile) + HB_NI_WINDOW_END(context, index), end);
}

void hb_ni_protect(uint32_t tile) {
  hb_mmio_write32(HB_NI_BASE(tile) + HB_NI_CTRL, HB_NI_CTRL_PROTECT);
}

uint32_t hb_ni_refused(uint32_t tile, uint32_t *addr_out) {
  *addr_out = hb_mmio_read32(HB_NI_BASE(tile) + HB_NI_REFUSED_ADDR);
  return hb_mmio_read32(HB_NI_BASE(tile) + HB_NI_REFUSED);
}
