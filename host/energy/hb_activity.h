/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a tile program makes a tile do: counts of events that cost energy. They follow from the
 * commands alone, as a tile's timing does.
 */

#ifndef HB_ACTIVITY_H_
#define HB_ACTIVITY_H_

#include "hb_map.h"

/** Accesses are of 16 bytes. */
typedef struct hb_activity {
  uint64_t macs;           /* of the array or the lanes, idle ones of a block included */
  uint64_t ifm;            /* IFM scratchpad, written by LOAD and read */
  uint64_t wgt;            /* WGT scratchpad, likewise */
  uint64_t other;          /* parameters and tables */
  uint64_t loaded, stored; /* moved from and to memory, commands not counted */
  uint64_t acc;            /* accumulator: rows of N int32, read and written, in 16-byte parts */
} hb_activity_t;

void hb_activity_of(const hb_program_t *program, const hb_map_tile_t *tile,
                    hb_activity_t *activity_out);

#endif /* HB_ACTIVITY_H_ */
