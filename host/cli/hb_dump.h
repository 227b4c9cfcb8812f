/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The bytes of the memory as a file, for cmp and the like.
 */

#ifndef HB_DUMP_H_
#define HB_DUMP_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_sim.h"

/** Writes `size_bytes` from HB_DRAM_BASE on; where all is 0 the file has holes. False: errno says
 * why. */
bool hb_dump_dram(hb_sim_t *sim, uint64_t size_bytes, const char *path);

#endif /* HB_DUMP_H_ */
