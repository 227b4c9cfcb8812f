/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Protection unit in a tile's network interface. Registers: HB_NI_* of hilbert/hb_memmap.h.
 */

#ifndef HB_NI_H_
#define HB_NI_H_

#include <stdint.h>

/** Window `index` of `context` becomes [base, end); `may`: HB_NI_MAY_*. */
void hb_ni_set_window(uint32_t tile, uint32_t context, uint32_t index, uint32_t base, uint32_t end,
                      uint32_t may);

/** From now on the tile's jobs are kept within their windows. */
void hb_ni_protect(uint32_t tile);

/** Accesses refused so far, modulo 2^32; *addr_out: address of the newest. */
uint32_t hb_ni_refused(uint32_t tile, uint32_t *addr_out);

#endif /* HB_NI_H_ */
