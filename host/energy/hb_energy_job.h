/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Energy of one job, from its program and the SoC file's table (hb_soc_energy_t) alone. pJ.
 */

#ifndef HB_ENERGY_JOB_H_
#define HB_ENERGY_JOB_H_

#include "hb_map.h"

/** Of one 16-byte access to a scratchpad of `bytes`: interpolated between the table's sizes,
 * linearly in the logarithms of both. */
double hb_energy_sram(const hb_soc_energy_t *table, double bytes);

/** What the job costs inside the tile: MACs, and accesses of all scratchpads. */
void hb_energy_of_program(const hb_program_t *program, const hb_map_tile_t *tile,
                          const hb_soc_energy_t *table, double *array_pj_out,
                          double *scratchpad_pj_out);

/** Bytes that a job moves, as whole bursts, and an activation for each row's worth of them. What a
 * run costs differs: rows stay open or are closed by others. */
double hb_energy_dram(const hb_soc_t *soc, double read_bytes, double written_bytes);

/** Estimate of the whole job: tile and DRAM; the network, whose hops depend on the tile's place, is
 * left out. */
double hb_energy_estimate(const hb_program_t *program, const hb_map_tile_t *tile,
                          const hb_soc_t *soc);

#endif /* HB_ENERGY_JOB_H_ */
