/* SPDX-License-Identifier: Apache-2.0 */

/** @file Lets the rules of dram_rules.h watch a whole simulator, from C too. */

#ifndef HB_TESTS_SIM_DRAM_WATCH_H_
#define HB_TESTS_SIM_DRAM_WATCH_H_

#include "hb_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/** From now on the first command of a channel that breaks a rule of `soc`'s device is printed and
 * ends the process. */
void hb_dram_watch(hb_sim_t *sim, const hb_soc_t *soc);
/** Commands seen so far. */
uint64_t hb_dram_watched(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TESTS_SIM_DRAM_WATCH_H_ */
