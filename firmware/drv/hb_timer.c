/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_timer.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"

uint64_t hb_timer_now(void) {
  const uint32_t lo = hb_mmio_read32(HB_LOCAL_TIME_LO); /* latches HI */
  const uint32_t hi = hb_mmio_read32(HB_LOCAL_TIME_HI);
  return ((uint64_t)hi << 32) | lo;
}

void hb_timer_set_alarm(uint64_t cycle) {
  /* HI all ones first: in between, the alarm cannot be in the past by accident. */
  hb_mmio_write32(HB_LOCAL_ALARM_HI, UINT32_MAX);
  hb_mmio_write32(HB_LOCAL_ALARM_LO, (uint32_t)cycle);
  hb_mmio_write32(HB_LOCAL_ALARM_HI, (uint32_t)(cycle >> 32));
}
