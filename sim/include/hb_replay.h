/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Replays what was recorded at a tile's boundary (hb_sim_boundary_t) on the Verilated tile, and compares what it shows
 * with the records, cycle by cycle. Needs no simulator: several may live in one process, beside hb_sim_t or without.
 *
 * Life cycle: hb_replay_create() -> hb_replay_run() any number of times -> hb_replay_free(). sim/replay/README.md
 * says what is compared.
 */

#ifndef HB_REPLAY_H_
#define HB_REPLAY_H_

#include "hb_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_replay hb_replay_t;

/** What the tile may read: programs above all. Reads elsewhere bring zeros. */
typedef struct hb_replay_memory {
  uint32_t addr;
  size_t len;
  const uint8_t *bytes;
} hb_replay_memory_t;

/** Registers that keep what was written to them. */
enum {
  HB_REPLAY_PROG, HB_REPLAY_LEN, HB_REPLAY_BASE0, HB_REPLAY_BASE1, HB_REPLAY_BASE2, HB_REPLAY_BASE3,
  HB_REPLAY_WATCHDOG, HB_REPLAY_CTRL, HB_REPLAY_REGS
};
/** Index of the register at `offset`, -1 if it is none of them. */
int hb_replay_register(uint32_t offset);

/** Performance counters in the order of their registers, HB_TILE_REG_PERF_BUSY first. */
enum { HB_REPLAY_PERF = 10 };

/**
 * State of a tile that is idle, has no register access under way, no job and no completion queued and no overrun
 * noted: apart from this it is that after reset.
 */
typedef struct hb_replay_state {
  uint32_t regs[HB_REPLAY_REGS];
  uint32_t perf[HB_REPLAY_PERF];
} hb_replay_state_t;

/** A stretch of a tile's time. */
typedef struct hb_replay_segment {
  uint64_t from, to;            /* the cycles with from <= cycle < to */
  bool open;                    /* the tile is not done by `to`, and `end` means nothing */
  hb_replay_state_t begin, end; /* before cycle `from`, and in cycle `to` */
  const hb_sim_boundary_t *records; /* of this tile in these cycles, by ascending cycles */
  size_t num_records;
  const hb_sim_job_t *jobs; /* that end in these cycles, ascending */
  size_t num_jobs;
} hb_replay_segment_t;

enum { HB_REPLAY_SHOWN = 8, HB_REPLAY_SIGNAL_MAX = 32 };

typedef struct hb_replay_mismatch {
  uint64_t cycle;
  char signal[HB_REPLAY_SIGNAL_MAX]; /* port of the tile, "m_axi_arvalid"; "job.busy"; "end.STATUS": a register at `to` */
  uint64_t expected, got;            /* by the records; by the Verilated tile */
  bool in_job;                       /* a job runs, or one is to come in this segment: */
  uint32_t tag;
} hb_replay_mismatch_t;

typedef struct hb_replay_result {
  uint64_t cycles;         /* evaluated: those the tile sleeps through are not */
  uint64_t jobs;           /* finished without a difference */
  uint64_t num_mismatches; /* in the first cycle that differs, which ends the replay; 0: all is as recorded */
  hb_replay_mismatch_t shown[HB_REPLAY_SHOWN]; /* the first of them */
} hb_replay_result_t;

/**
 * @param model   "ws8"; as in hb_soc_tile_t.
 * @param memory  ascending addresses, none overlap; array and bytes are kept, and must stay until hb_replay_free().
 * @retval HB_ERR_ARG   there is no such Verilated model.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_replay_create(const char *model, const hb_replay_memory_t *memory, uint32_t num_memory,
                                         hb_replay_t **replay_out);
void hb_replay_free(hb_replay_t *replay);

/**
 * Replays a segment.
 * @retval HB_ERR_INTERNAL the tile does not answer its registers before the segment begins.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_replay_run(hb_replay_t *replay, const hb_replay_segment_t *segment,
                                      hb_replay_result_t *result_out);

/** SHA-256, in hexadecimal, of the RTL that the Verilated models of this program were built from (sources and parameters). */
const char *hb_replay_rtl_sha256(void);
/** The same of what compares: sim/tile, sim/replay, host/certify and the version of Verilator. */
const char *hb_replay_build_sha256(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_REPLAY_H_ */
