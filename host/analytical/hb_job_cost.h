/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What each job of a scenario takes on each tile, by a cost model: for hb_native.h.
 *
 * Models: those of hb_cost_tile.h; `mapper`, the estimates in the workload image; `table`, a CSV
 * file (hb_cost_user.h). What `systolic` and `maestro` do not describe, vector tiles and operators
 * without a matrix product, takes what `roofline` says.
 */

#ifndef HB_JOB_COST_H_
#define HB_JOB_COST_H_

#include "hb_config.h"
#include "hb_map.h"

typedef struct hb_job_cost hb_job_cost_t;

/** Names of the models; NULL past the end. */
const char *hb_job_cost_name(uint32_t index);

/**
 * Finds every cost there is, so that a missing one shows before the run.
 *
 * @param cost  one of those names.
 * @param table path of the CSV file; `table` alone.
 * @param hardware "TILE=FILE.m", separated by commas: tile models of the SoC and their hardware
 *                 (hb_cost_tile_option()); `maestro` alone. NULL: none.
 * @param shared the file is for more than this scenario, and its rows were checked against all of
 * it: those of other models and layers are no errors.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_job_cost_new(const hb_scenario_t *scenario, const hb_soc_t *soc,
                                        const hb_workload_t *workload, const char *cost,
                                        const char *table, const char *hardware, bool shared,
                                        hb_job_cost_t **costs_out, hb_config_error_t *error);
void hb_job_cost_free(hb_job_cost_t *costs);

/** Cycles of the job with that tag on a tile; `ctx` is the hb_job_cost_t. */
uint64_t hb_job_cost_of(void *ctx, uint32_t tile, uint32_t tag);

/** Layers on tiles that the model does not describe and `roofline` stands in for. */
uint64_t hb_job_cost_stood_in(const hb_job_cost_t *costs);

#endif /* HB_JOB_COST_H_ */
