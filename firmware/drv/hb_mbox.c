/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_mbox.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"

static uint32_t word(uint32_t index) {
  return hb_mmio_read32(HB_LOCAL_MBOX_WORD(index));
}

static uint64_t double_word(uint32_t lo_index) {
  const uint32_t lo = word(lo_index);
  return ((uint64_t)word(lo_index + 1u) << 32) | lo;
}

hb_status_t hb_mbox_pop(hb_mbox_message_t *message_out) {
  if (hb_mmio_read32(HB_LOCAL_MBOX_LEVEL) == 0) {
    return HB_ERR_END;
  }

  message_out->stream = word(HB_MBOX_STREAM);
  message_out->frame = word(HB_MBOX_FRAME);
  message_out->flags = word(HB_MBOX_FLAGS);
  message_out->path = word(HB_MBOX_PATH);
  message_out->arrival = double_word(HB_MBOX_ARRIVAL_LO);
  message_out->deadline = double_word(HB_MBOX_DEADLINE_LO);
  hb_mmio_write32(HB_LOCAL_MBOX_POP, 1);
  return HB_OK;
}
