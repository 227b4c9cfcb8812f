/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One accelerator tile: starting jobs and collecting completions. Registers:
 * hilbert/hb_tile_regs.h.
 *
 * Every access crosses the NoC and costs tens of cycles, so the driver keeps a copy of the job
 * registers and writes only what changed. It never waits.
 */

#ifndef HB_TILE_H_
#define HB_TILE_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

/** A job: the values of JOB_PROG, JOB_LEN, JOB_BASE0..3 and JOB_TAG. */
typedef struct hb_tile_job {
  uint32_t program; /* address of the first command */
  uint32_t commands;
  uint32_t base[4];
  uint32_t tag;
} hb_tile_job_t;

typedef struct hb_tile {
  uint32_t mmio_base;
  uint32_t watchdog_cycles;
  uint32_t known;  /* bit i: reg[i] is what the tile's register holds */
  uint32_t reg[6]; /* JOB_PROG .. JOB_BASE3 */
} hb_tile_t;

typedef struct hb_tile_completion {
  uint32_t tag;
  uint32_t status; /* COMPL_STATUS as read */
} hb_tile_completion_t;

/**
 * Checks what the tile is, sets its watchdog and enables its interrupt.
 *
 * @param[out] id_out value read from its ID register.
 * @retval HB_ERR_FORMAT ID is not `expected_id`: the image was made for another machine; nothing
 * was written.
 */
HB_MUST_USE hb_status_t hb_tile_init(hb_tile_t *tile, uint32_t mmio_base, uint32_t expected_id,
                                     uint32_t watchdog_cycles, uint32_t *id_out);

/** Queues a job. The caller keeps count: the tile's queue must have room. The doorbell is last. */
void hb_tile_start(hb_tile_t *tile, const hb_tile_job_t *job);

/**
 * Takes the oldest completion.
 * @retval HB_ERR_END there is none.
 */
HB_MUST_USE hb_status_t hb_tile_reap(const hb_tile_t *tile, hb_tile_completion_t *completion_out);

/**
 * Resets a tile through its network interface, whatever it is doing and however it hangs: its jobs
 * and completions are gone, none of their accesses is under way any more, and the tile is as
 * hb_tile_init() left it; the windows of its network interface stay. The first of three writes is
 * answered when all of that is true. An interrupt of a completion that is gone may be pending for
 * as long as a wire's level takes to arrive: hb_tile_reap() then finds nothing.
 */
void hb_tile_reset(hb_tile_t *tile);

/** The job status code (HB_TILE_STATUS_*) in a COMPL_STATUS value. */
uint32_t hb_tile_status_code(uint32_t compl_status);

#endif /* HB_TILE_H_ */
