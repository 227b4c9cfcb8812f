/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The jobs on the tiles: at most one per tile.
 *
 * A second line of defence stands behind the tiles' own watchdogs, which a tile that gets no answer
 * from the network does not heed: a job that has run longer than
 *
 *   HB_JOBS_LIMIT_FLOOR + (HB_JOBS_LIMIT_ESTIMATES + HB_JOBS_LIMIT_TILE_ESTIMATES * tiles) *
 *   its estimate
 *
 * is given up; with watchdog_cycles 0 in the image none is. The estimate is of the job alone in the
 * machine. One that only waits for memory takes as many times longer as tiles want it too, and up
 * to twice that while they close each other's rows. The rest is reserve, the floor (cycles) that of
 * jobs so short that one refresh weighs. `scripts/limit_margin` prints how near to its limit any
 * job of a run came. The alarm is set to the first of these limits and moved only when it rings or
 * an earlier limit comes: a ring may find nothing due.
 *
 * A tile whose job failed is reset (TILE_RESET). When hb_jobs_reset() returns the job is lost and
 * may run elsewhere, on the tile's memory too: nothing of it is under way. A tile that fails
 * HB_JOBS_MAX_FAILURES times without a good job in between is retired for good; a FAULT record says
 * so (HB_ERR_FAILED, tag HB_IMAGE_NONE, detail: the failures).
 */

#ifndef HB_JOBS_H_
#define HB_JOBS_H_

#include <stdbool.h>
#include <stdint.h>

#include "core/hb_tables.h"
#include "drv/hb_tile.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_status.h"

enum {
  HB_JOBS_LIMIT_FLOOR = 50000,
  HB_JOBS_LIMIT_ESTIMATES = 8,
  HB_JOBS_LIMIT_TILE_ESTIMATES = 2,
  HB_JOBS_MAX_FAILURES = 3,
};

typedef struct hb_jobs_slot {
  hb_tile_t tile;
  hb_tile_job_t job; /* running, if the tile is not free */
  uint32_t model;
  uint32_t refused; /* accesses of this tile, when last asked */
  uint64_t limit;   /* cycle in which the job is given up */
  uint32_t resets;
  uint32_t failures; /* since its last good job */
} hb_jobs_slot_t;

typedef struct hb_jobs {
  const hb_tables_t *tables;
  uint32_t free_tiles; /* bit per tile */
  uint32_t retired;    /* likewise */
  uint64_t alarm;
  hb_jobs_slot_t slot[HB_MAX_TILES];
} hb_jobs_t;

/** A job that ended, well or not. */
typedef struct hb_jobs_end {
  uint32_t model;
  uint32_t tag;
  uint32_t compl_status;
} hb_jobs_end_t;

/**
 * Initialises the driver of every tile and, with HB_IMAGE_FLAG_PROTECT, the windows of its network
 * interface.
 * @retval HB_ERR_FORMAT a tile is not what the image says; a FAULT record (detail: its ID register)
 * names it.
 */
HB_MUST_USE hb_status_t hb_jobs_init(hb_jobs_t *jobs, const hb_tables_t *tables);

/**
 * Starts a job on a free tile.
 * @param est_cycles the program's estimate.
 */
void hb_jobs_start(hb_jobs_t *jobs, uint32_t tile, uint32_t model, const hb_tile_job_t *job,
                   uint32_t est_cycles, uint64_t now);

/**
 * Collects what the tile has completed; the tile is free afterwards. Writes the JOB_DONE record.
 * @retval HB_ERR_END      nothing.
 * @retval HB_ERR_INTERNAL the tile completed something that was not started; a FAULT record says
 * what.
 */
HB_MUST_USE hb_status_t hb_jobs_collect(hb_jobs_t *jobs, uint32_t tile, hb_jobs_end_t *end_out);

/**
 * Whether the tile's network interface has refused accesses since the last call; *addr_out: address
 * of the newest. Always false without HB_IMAGE_FLAG_PROTECT.
 */
bool hb_jobs_refused(hb_jobs_t *jobs, uint32_t tile, uint32_t *addr_out);

/** The tile's last job was a good one. */
void hb_jobs_succeeded(hb_jobs_t *jobs, uint32_t tile);

/**
 * The tile's last job, which has left it or is given up, failed: resets the tile. The tile is then
 * free, or retired.
 * @return the model whose job is lost.
 */
uint32_t hb_jobs_reset(hb_jobs_t *jobs, uint32_t tile);

/**
 * The alarm rang: looks for jobs past their limit and sets the alarm again.
 * @return the tiles with such jobs, a bit each; a FAULT record (HB_ERR_TIMEOUT, detail: cycles over
 * the limit) names tile and tag of each. They are to be reset.
 */
uint32_t hb_jobs_check_limits(hb_jobs_t *jobs, uint64_t now);

#endif /* HB_JOBS_H_ */
