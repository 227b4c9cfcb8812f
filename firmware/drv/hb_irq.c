/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_irq.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"

void hb_irq_enable(uint32_t mask) {
  hb_mmio_write32(HB_LOCAL_IRQ_ENABLE, mask);
}

uint32_t hb_irq_pending(void) {
  return hb_mmio_read32(HB_LOCAL_IRQ_PENDING);
}
