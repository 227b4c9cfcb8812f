/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A functional model of a tile: executes programs command by command, no timing. Written from
 * rtl/regs/hb_tile.toml and hilbert/hb_tensor.h alone; every access is checked against its memory.
 *
 * Engines run one whole command at a time, in an order the caller chooses among those the tokens
 * allow, so a missing token shows up as a different result.
 */

#ifndef HB_TILE_INTERP_H_
#define HB_TILE_INTERP_H_

#include <stddef.h>
#include <stdint.h>

#include "hb_map.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tile_interp_memory {
  uint8_t *bytes;
  size_t len;
} tile_interp_memory_t;

typedef enum tile_interp_order {
  TILE_INTERP_PROGRAM,    /* as written */
  TILE_INTERP_LOAD_FIRST, /* the load engine as far ahead as tokens allow, the store engine last */
  TILE_INTERP_LOAD_LAST,  /* loads as late as possible, stores first */
  TILE_INTERP_RANDOM,
} tile_interp_order_t;

/**
 * Runs a program.
 * @param base  the four relocation bases; a NULL one must not be used.
 * @param seed  of the random order, and of the scratchpads' contents at the start.
 * @param[out] why what was wrong, "" if nothing.
 * @return 0, or -1 for a bad command, an access outside a memory, a deadlock, tokens left over.
 */
int tile_interp_run(const hb_map_tile_t *tile, const hb_cmd_t *commands, uint32_t num,
                    const tile_interp_memory_t base[4], tile_interp_order_t order, uint64_t seed,
                    char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TILE_INTERP_H_ */
