/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a run collects from the network and, while it goes on, from the memory.
 */

#ifndef HB_COLLECT_H_
#define HB_COLLECT_H_

#include <stdint.h>

#include "hb_metrics.h"
#include "hb_sim.h"
#include "hilbert/hb_status.h"

enum { HB_COLLECT_WINDOWS = 200 }; /* of a run, for pictures over time */

/** Readies `metrics->traffic` for a run of metrics->planned_cycles. @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_collect_begin(hb_metrics_t *metrics);
/** Adds the bytes moved since the last call as the next window; at most as many calls as windows.
 */
void hb_collect_window(const hb_sim_t *sim, const hb_soc_t *soc, hb_metrics_t *metrics);
/** Fills metrics->links and metrics->paths. @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_collect_network(const hb_sim_t *sim, const hb_soc_t *soc,
                                           hb_metrics_t *metrics);
/** Frees all of the above. */
void hb_collect_release(hb_metrics_t *metrics);

#endif /* HB_COLLECT_H_ */
