/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_sensor.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"

void hb_sensor_release(uint32_t stream, uint32_t slot) {
  hb_mmio_write32(HB_SENSOR_RELEASE(stream), slot);
}
