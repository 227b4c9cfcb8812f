/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Proves a program's synchronisation for every speed of the three engines at once.
 *
 * Each semaphore has one pushing and one waiting engine and each engine runs its commands in order,
 * so the n-th wait always takes the n-th push. "Completes before it starts" is therefore a fixed
 * partial order, kept here as one vector clock per command. The program is right for all
 * interleavings exactly when every pair of commands that touch the same scratchpad word (or
 * accumulator half), one of them writing, is ordered.
 */

#ifndef HB_TOKEN_CHECK_H_
#define HB_TOKEN_CHECK_H_

#include <stddef.h>
#include <stdint.h>

#include "hb_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Checks: every wait has an earlier push (no deadlock when engines are fed in program order); no
 * token is left over; no semaphore can exceed `max_level`; nothing is read before it was loaded or
 * overwritten before its readers completed; execute and store never meet in an accumulator half.
 * @param[out] level_out the highest level any semaphore can reach.
 * @return 0, or -1 and `why`.
 */
int token_check(const hb_map_tile_t *tile, const hb_cmd_t *commands, uint32_t num,
                uint32_t max_level, uint32_t *level_out, char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TOKEN_CHECK_H_ */
