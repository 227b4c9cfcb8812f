/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How long a tile takes for a program, uncontended. Private to host/map/.
 *
 * The cost of a command alone (b beats of 16 bytes a row, r rows, planes included, P pixels):
 *
 * - LOAD occupies the engine for r * max(b, HB_TIME_BURST * bursts) cycles: one beat
 * a cycle; a row is cut into bursts of at most 16 beats at 256-byte boundaries, and a few
 * outstanding short bursts do not hide the read latency. Its data is there HB_TIME_READ cycles
 * later; the next LOAD does not wait for that.
 * - EXEC, weight-stationary: HB_TIME_EXEC + k_count * max(P, N). The weights of the next k-tile, of
 * the next EXEC even, enter during this one. E2S is pushed when the last row has left the array, 2
 * N + HB_TIME_DRAIN later.
 * - EXEC, output-stationary: HB_TIME_EXEC + k_count * P, P rounded up to whole blocks of N. E2S is
 * pushed N + HB_TIME_DRAIN later.
 * - VEC: a cycle a term of a pixel; one that needs rows of scales, and a STAT, waits until what
 * came before is written. STAT: HB_TIME_RECIP or HB_TIME_RSQRT a row. E2S is pushed
 * HB_TIME_VEC_DRAIN later.
 * - STORE: HB_TIME_STORE + r * max(b, HB_TIME_BURST * bursts); its parameters are read first.
 *
 * Commands are decoded one after the other, HB_TIME_DECODE_* cycles each.
 *
 * hb_map_time() plays a program through the three engines with their tokens and command FIFOs, so
 * the estimate is the longest of the overlapped streams plus what could not overlap: first loads,
 * last store.
 */

#ifndef HB_MAP_TIME_H_
#define HB_MAP_TIME_H_

#include <stdint.h>

#include "hilbert/hb_cmd.h"
#include "hilbert/hb_tile_regs.h"

enum {
  HB_TIME_START = 64,      /* doorbell to first command: fetch latency */
  HB_TIME_FETCH = 4,       /* a command is four beats */
  HB_TIME_DECODE_LOAD = 9, /* cycles from one command to the next in the decoder, fetch included */
  HB_TIME_DECODE_EXEC = 20,
  HB_TIME_DECODE_STORE = 8,
  HB_TIME_READ = 48, /* from address to data */
  HB_TIME_BURST = 6, /* HB_TIME_READ over the outstanding bursts */
  HB_TIME_EXEC =
      4, /* 0 or 1 when its tokens are there in time; a little more keeps programs short */
  HB_TIME_DRAIN = 6,      /* stages beside the array's rows and columns */
  HB_TIME_STORE = 16,     /* eight parameter words and the pipeline */
  HB_TIME_WRITE = 24,     /* last write to its answer */
  HB_TIME_VEC_DRAIN = 12, /* last term to its row, L = 32: 13 */
  HB_TIME_RECIP = 23,     /* a row of STAT */
  HB_TIME_RSQRT = 55,
  HB_TIME_FIFO = 4, /* commands an engine's FIFO holds */
};

/** Cycles of a program for a tile of a kind (HB_TILE_KIND_*) and N or L. */
uint64_t hb_map_time(const hb_cmd_t *commands, uint32_t num, uint32_t kind, uint32_t n);
/** Beats a program moves, its own commands included. */
uint64_t hb_map_time_moved(const hb_cmd_t *commands, uint32_t num);

/** Cycles the bus is busy with `rows` rows of `beats`. Rows start anywhere in a 256-byte line. */
static inline uint64_t hb_map_time_beats(uint64_t beats, uint64_t rows) {
  const uint64_t bursts = (beats + 22u) / 16u;
  const uint64_t floor = HB_TIME_BURST * bursts;
  return rows * (beats > floor ? beats : floor);
}
/** Cycles of one k-tile. */
static inline uint64_t hb_map_time_ktile(uint64_t pixels, uint32_t kind, uint32_t n) {
  if (kind == HB_TILE_KIND_OS) {
    return (pixels + n - 1u) / n * n;
  }
  return pixels > n ? pixels : n;
}
static inline uint64_t hb_map_time_exec(uint64_t k_count, uint64_t pixels, uint32_t kind,
                                        uint32_t n) {
  return HB_TIME_EXEC + k_count * hb_map_time_ktile(pixels, kind, n);
}
/**
 * What `beats` of memory traffic count in a choice between programs, cycles. A tile alone would not
 * care, but the others wait for the same memory.
 */
static inline uint64_t hb_map_time_traffic(uint64_t beats) {
  return beats / 8u;
}

static inline uint64_t hb_map_time_store(uint64_t beats, uint64_t rows) {
  return HB_TIME_STORE + hb_map_time_beats(beats, rows);
}

#endif /* HB_MAP_TIME_H_ */
