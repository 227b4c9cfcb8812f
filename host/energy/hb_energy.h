/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Energy of a run: counted events times the SoC file's energy of each (hb_soc_energy_t).
 *
 *   tiles     per job: MACs and scratchpad accesses of its program (hb_energy_job.h)
 *   network   flits through routers, per link the mesh's counters
 *   DRAM      activations, bursts read and written, refreshes
 *   static    power times the length of the run
 *
 * A model has the energy of its jobs, and of network and DRAM the share of the bytes its jobs moved
 * among those that all jobs moved; a frame likewise. Static energy belongs to no model.
 *
 * Life cycle: hb_energy_new() -> hb_energy_job() for each job, in any order -> hb_energy_finish()
 * -> hb_energy_free().
 */

#ifndef HB_ENERGY_H_
#define HB_ENERGY_H_

#include "hb_energy_job.h"
#include "hb_metrics.h"

typedef struct hb_energy hb_energy_t;

/**
 * All must outlive it.
 * @param ux, score are told of all jobs that end well.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_energy_new(const hb_scenario_t *scenario, const hb_soc_t *soc,
                                      hb_ux_t *ux, hb_score_t *score, hb_energy_t **energy_out);
void hb_energy_free(hb_energy_t *energy);

/** hb_sim_sink_t's job(). What runs out is kept until hb_energy_finish(). */
void hb_energy_job(void *ctx, const hb_sim_job_t *job);

/**
 * Fills metrics->energy; result, links and DRAM counters of `metrics` are there.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_energy_finish(const hb_energy_t *energy, hb_metrics_t *metrics);

#endif /* HB_ENERGY_H_ */
