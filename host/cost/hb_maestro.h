/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * MAESTRO's analysis of one layer under one mapping: time, and accesses of shared memory (L2) and
 * of the memories of the PEs (L1).
 *
 * Written anew from what MAESTRO in XRBench/XRBench-MLSys2023, commit 8915666, computes, oddities
 * included: host/cost/README.md lists them.
 */

#ifndef HB_MAESTRO_H_
#define HB_MAESTRO_H_

#include "hb_layers.h"
#include "hb_mapping.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_maestro_cost {
  int64_t cycles;
  int64_t macs; /* that it counts: idle PEs of an edge may be among them */
  int64_t l2_reads, l2_writes, l1_reads, l1_writes;
} hb_maestro_cost_t;

/** PEs that `mapping` needs at least: the product of its cluster sizes. */
int64_t hb_maestro_least_pes(const hb_mapping_t *mapping);

/**
 * @param pes     at least hb_maestro_least_pes(); what is beyond a multiple of it is not used.
 * @param noc_bw  elements a cycle, of every level.
 */
hb_maestro_cost_t hb_maestro_layer(const hb_mapping_t *mapping, const hb_layer_dims_t *layer,
                                   uint32_t pes, uint32_t noc_bw);

/** In mJ: 2.88 pJ a MAC, L2 accesses at 6 times that, L1 accesses at 0.55 times. */
double hb_maestro_energy_mj(const hb_maestro_cost_t *cost);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MAESTRO_H_ */
