/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Two closed forms for a layer: the roofline, and a systolic array's folds. Elements are bytes.
 *
 * Energies take MAESTRO's relative costs as XRBench uses them (2.88 pJ a MAC; shared memory 6 times
 * that, DRAM 75 times), which is an assumption, not a measurement.
 */

#ifndef HB_ROOFLINE_H_
#define HB_ROOFLINE_H_

#include "hb_layers.h"
#include "hb_suite.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_closed_form {
  int64_t cycles;
  double energy_mj;
} hb_closed_form_t;

/**
 * The larger of MACs / PEs and elements / off-chip bandwidth, each rounded up: all PEs always busy,
 * each element of inputs, weights and outputs moved once. Energy: MACs, and DRAM for these
 * elements. A layer's output is as large as its input (the lists are read so on the RTL as well).
 */
hb_closed_form_t hb_roofline_layer(const hb_layer_dims_t *layer, const hb_part_t *part);

/** Rows and columns of an array of so many PEs: the two factors nearest to each other, rows first.
 */
void hb_systolic_shape(uint32_t pes, uint32_t *rows_out, uint32_t *columns_out);

/**
 * Cycles of R x C folds of a product of Sr x T with T x Sc; see hb_systolic_layer().
 * @param rows R, @param columns C, @param down Sr, @param across Sc, @param time T; all 1 or more.
 */
int64_t hb_systolic_cycles(uint32_t rows, uint32_t columns, int64_t down, int64_t across,
                           int64_t time);

/**
 * Cycles of an array of R x C that computes folds one after the other, each with fill and drain:
 * (2 R + C + T - 2) * ceil(Sr / R) * ceil(Sc / C), where of pixels P, outputs K and taps C R S
 *   OS  Sr = P, Sc = K, T = taps     WS  Sr = taps, Sc = K, T = P     IS  Sr = taps, Sc = P, T = K
 * SCALE-Sim's form (Samajdar et al., ISPASS 2020), recalled, not verified against its text. Energy:
 * MACs, and shared memory for what the folds read and write.
 * @return cycles 0: the dataflow is none of the three.
 */
hb_closed_form_t hb_systolic_layer(const hb_layer_dims_t *layer, const hb_part_t *part);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_ROOFLINE_H_ */
