/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How many cycles a layer of a model file takes on a tile of a system-on-chip, alone, by each cost
 * model. What a model is told of the tile follows from the SoC file and the tile's ID register.
 *
 * A layer is read as matrix products: `count` of them, each `pixels` x `taps` times `taps` x
 * `outputs`:
 *
 *   conv           groups; out_h out_w; in_c ker_h ker_w / groups; out_c / groups
 *   matmul         1; rows; in_c; out_c
 *   conv_transpose 1; in_h in_w; in_c; out_c ker_h ker_w
 *   batch_matmul   batch; M; K; N
 */

#ifndef HB_COST_TILE_H_
#define HB_COST_TILE_H_

#include "hb_config.h"
#include "hb_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** X(symbol, name) */
#define HB_TILE_COST_TABLE(X) \
  X(ROOFLINE, roofline)       \
  X(SYSTOLIC, systolic)       \
  X(MAESTRO, maestro)

typedef enum hb_tile_cost {
#define X(symbol_, name_) HB_TILE_COST_##symbol_,
  HB_TILE_COST_TABLE(X)
#undef X
      HB_TILE_COST_COUNT
} hb_tile_cost_t;

/** "roofline". */
const char *hb_tile_cost_name(hb_tile_cost_t cost);
/** @return false: no model has that name. */
bool hb_tile_cost_find(const char *name, hb_tile_cost_t *cost_out);

/** A tile as the models see it. */
typedef struct hb_cost_tile {
  uint32_t kind;          /* HB_TILE_KIND_WS, _OS, _VECTOR */
  uint32_t size;          /* an array of size x size, or so many lanes */
  uint32_t port_bytes;    /* a cycle and direction: a flit, at most an AXI beat of 16 */
  uint64_t dram_bytes_e9; /* a cycle at the peak of all channels, times 10^9 */
  uint32_t maestro_pes, maestro_noc_bw; /* what maestro is told; 0: as below */
} hb_cost_tile_t;

/** @param id value of the tile's ID register. */
void hb_cost_tile_init(const hb_soc_t *soc, uint32_t id, hb_cost_tile_t *tile_out);

/**
 * Takes what maestro is told from a file (hb_hardware.h) that describes one accelerator, with at
 * least the `size` PEs of a cluster of the mapping below.
 * @param model of the tile, for errors.
 * @retval HB_ERR_IO, HB_ERR_INPUT (also: maestro does not describe the tile)
 */
HB_MUST_USE hb_status_t hb_cost_tile_hardware(hb_cost_tile_t *tile, const char *model,
                                              const char *path, hb_config_error_t *error);

/**
 * Likewise where an option of the command line has a file for the tile.
 * @param text "TILE=FILE.m", separated by commas, each TILE a tile model of the SoC; NULL: nothing.
 * @retval HB_ERR_ARG the option itself is wrong; else as above.
 */
HB_MUST_USE hb_status_t hb_cost_tile_option(const hb_soc_t *soc, const char *model,
                                            const char *text, hb_cost_tile_t *tile,
                                            hb_config_error_t *error);

/**
 * Cycles of a layer.
 *
 * - roofline: the largest of work / peak, bytes read / port, bytes written / port, bytes moved /
 *   DRAM. Each element that goes into an output moves once, 1 byte (4 of an int32 output). Work of
 * an array: MACs, peak size^2. Of lanes: values that go into an output (a window's taps, both
 * operands of a sum, all channels of a reduction, else one), peak size.
 * - systolic: hb_systolic_cycles() of each product; WS has taps, OS pixels along the rows.
 * - maestro: hb_maestro_layer() for pes = size^2 and an L2 bandwidth of 2 size elements (a row of
 *   inputs and one of weights a cycle), unless the tile has other ones, under a mapping of the
 * tile: WS  T(N,N) C; S(1,1) K; T(Sz(R),1) Y; T(Sz(S),1) X; Cluster(N); S(1,1) C OS  T(N,N) K;
 * T(Sz(R),1) Y; S(Sz(S),1) X; Cluster(N); S(1,1) K N columns of N PEs, one output channel (WS) or
 * pixel (OS) each; T temporal, S spatial. X is the longer side of the output. Rows and columns are
 * those that a stride of 1 needs for the layer's output.
 *
 * @return 0: the model does not describe such a layer on such a tile (systolic and maestro: vector
 * tiles, and operators without a matrix product), or finds no cycles.
 */
uint64_t hb_tile_cost_cycles(hb_tile_cost_t cost, const hb_layer_t *layer,
                             const hb_cost_tile_t *tile);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_COST_TILE_H_ */
