/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_tile.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_tile_regs.h"

/* The job registers are neighbours: reg[i] is at JOB_PROG + 4 * i. */
_Static_assert(HB_TILE_REG_JOB_LEN == HB_TILE_REG_JOB_PROG + 4u, "reg[1]");
_Static_assert(HB_TILE_REG_JOB_BASE0 == HB_TILE_REG_JOB_PROG + 8u, "reg[2]");
_Static_assert(HB_TILE_REG_JOB_BASE3 == HB_TILE_REG_JOB_PROG + 20u, "reg[5]");

static void write_if_changed(hb_tile_t *tile, uint32_t index, uint32_t value) {
  const uint32_t bit = 1u << index;
  if ((tile->known & bit) != 0 && tile->reg[index] == value) {
    return;
  }
  hb_mmio_write32(tile->mmio_base + HB_TILE_REG_JOB_PROG + 4u * index, value);
  tile->reg[index] = value;
  tile->known |= bit;
}

/* What the registers need after a reset. */
static void configure(const hb_tile_t *tile) {
  hb_mmio_write32(tile->mmio_base + HB_TILE_REG_WATCHDOG, tile->watchdog_cycles);
  hb_mmio_write32(tile->mmio_base + HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
}

hb_status_t hb_tile_init(hb_tile_t *tile, uint32_t mmio_base, uint32_t expected_id,
                         uint32_t watchdog_cycles, uint32_t *id_out) {
  *tile = (hb_tile_t){.mmio_base = mmio_base, .watchdog_cycles = watchdog_cycles};
  *id_out = hb_mmio_read32(mmio_base + HB_TILE_REG_ID);
  if (*id_out != expected_id) {
    return HB_ERR_FORMAT;
  }

  configure(tile);
  return HB_OK;
}

void hb_tile_reset(hb_tile_t *tile) {
  hb_mmio_write32(tile->mmio_base + HB_NI_OFFSET + HB_NI_RESET, HB_NI_RESET_TILE);
  tile->known = 0;
  configure(tile);
}

void hb_tile_start(hb_tile_t *tile, const hb_tile_job_t *job) {
  write_if_changed(tile, 0, job->program);
  write_if_changed(tile, 1, job->commands);
  for (uint32_t i = 0; i < 4u; ++i) {
    write_if_changed(tile, 2u + i, job->base[i]);
  }
  hb_mmio_write32(tile->mmio_base + HB_TILE_REG_JOB_TAG, job->tag);
}

hb_status_t hb_tile_reap(const hb_tile_t *tile, hb_tile_completion_t *completion_out) {
  const uint32_t status = hb_mmio_read32(tile->mmio_base + HB_TILE_REG_COMPL_STATUS);
  if ((status & HB_TILE_COMPL_STATUS_VALID_MASK) == 0) {
    return HB_ERR_END;
  }

  completion_out->status = status;
  completion_out->tag = hb_mmio_read32(tile->mmio_base + HB_TILE_REG_COMPL_TAG);
  hb_mmio_write32(tile->mmio_base + HB_TILE_REG_COMPL_POP, HB_TILE_COMPL_POP_POP_MASK);
  return HB_OK;
}

uint32_t hb_tile_status_code(uint32_t compl_status) {
  return (compl_status & HB_TILE_COMPL_STATUS_CODE_MASK) >> HB_TILE_COMPL_STATUS_CODE_LSB;
}
