/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How long a tile takes for a program, uncontended. Private to host/map/.
 *
 * The cost of a command alone (b beats of 16 bytes, r rows, planes included, P pixels):
 *
 *   LOAD   HB_TIME_LOAD + b + HB_TIME_ROW * r       one beat a cycle; a row starts a burst
 *   EXEC   HB_TIME_EXEC + fill + k_count * max(P, N)  weights of the next k-tile enter during this one; the
 *          fill of the first k-tile is N cycles
 *   STORE  HB_TIME_STORE + b + HB_TIME_ROW * r      one beat a cycle
 *
 * hb_map_time() plays a program through the three engines with their tokens and command FIFOs, so the
 * estimate is the longest of the overlapped streams plus what could not overlap: first loads, last store.
 */

#ifndef HB_MAP_TIME_H_
#define HB_MAP_TIME_H_

#include <stdint.h>

#include "hilbert/hb_cmd.h"

enum {
  HB_TIME_START = 64, /* doorbell to first command: fetch latency */
  HB_TIME_FETCH = 4,  /* a command is four beats */
  HB_TIME_LOAD = 40,  /* read latency, not overlapped with the next LOAD */
  HB_TIME_ROW = 1,
  HB_TIME_EXEC = 8,   /* beside the fill: pipeline drain */
  HB_TIME_STORE = 24, /* write latency and pipeline */
  HB_TIME_FIFO = 4,   /* commands an engine's FIFO holds */
};

/** Cycles of a program for an N x N array. */
uint64_t hb_map_time(const hb_cmd_t *commands, uint32_t num, uint32_t n);

static inline uint64_t hb_map_time_load(uint64_t beats, uint64_t rows) {
  return HB_TIME_LOAD + beats + HB_TIME_ROW * rows;
}
static inline uint64_t hb_map_time_exec(uint64_t k_count, uint64_t pixels, uint32_t n) {
  return HB_TIME_EXEC + n + k_count * (pixels > n ? pixels : n);
}
static inline uint64_t hb_map_time_store(uint64_t beats, uint64_t rows) {
  return HB_TIME_STORE + beats + HB_TIME_ROW * rows;
}

#endif /* HB_MAP_TIME_H_ */
