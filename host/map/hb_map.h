/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The mapper: compiles layers to tile programs and a scenario to a workload.
 *
 * A workload is everything a run needs in memory: the image (hilbert/hb_image.h) for the host CPU's
 * private memory, and DRAM segments with tile programs, weights and parameters. Weights are
 * synthetic, drawn from `seed`, model and layer: the same for every tile kind and every run.
 */

#ifndef HB_MAP_H_
#define HB_MAP_H_

#include <stddef.h>
#include <stdint.h>

#include "hb_model.h"
#include "hb_sim.h"
#include "hilbert/hb_cmd.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the mapper needs to know of a tile: decoded from its ID and CAPS registers. */
typedef struct hb_map_tile {
  uint32_t kind;                            /* HB_TILE_KIND_WS, ... */
  uint32_t size;                            /* N */
  uint32_t ifm_words, wgt_words, prm_words; /* scratchpad beats */
  uint32_t acc_rows;                        /* both halves together */
} hb_map_tile_t;

void hb_map_tile_decode(uint32_t id, uint32_t caps, hb_map_tile_t *tile_out);

typedef struct hb_program {
  uint32_t num_commands;
  hb_cmd_t *commands;  /* owned */
  uint64_t est_cycles; /* uncontended estimate */
  uint64_t macs;
} hb_program_t;

void hb_program_release(hb_program_t *program);

/**
 * Compiles one layer for one tile. Addresses in the program: base 0 input tensor, base 1 output
 * tensor, base 2 the layer's constants (below), base 3 the second input tensor.
 *
 * @param[out] why one line saying what does not fit, on HB_ERR_INPUT.
 * @retval HB_ERR_INPUT this tile cannot run the layer (kind, or a scratchpad is too small).
 */
HB_MUST_USE hb_status_t hb_map_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                                     hb_program_t *program_out, char *why, size_t why_len);

/*
 * A layer's constants, one block for all tile kinds:
 *
 *   weights | requantisation parameters | vector tiles' part | input zero points
 *
 * The first two (hilbert/hb_tensor.h) are what systolic tiles read, and belong to layers they can
 * run:
 *
 * - CONV, MATMUL: per 16 output channels a dense `[r][s][planes][16 c][16 k]` over the input planes
 *   that their groups read; lanes outside a channel's group, beyond C or K hold the weight zero
 *   point. Without groups that is hb_tensor.h's layout.
 * - CONV_TRANSPOSE: stride_h * stride_w convolutions, one for each place of an output pixel within
 * the stride (its phase: (y + pad_top) % stride_h, (x + pad_left) % stride_w), phase after phase,
 * each like a CONV with the taps of its phase, in the order of ascending input rows and columns. A
 * phase without taps has one of zero points.
 * - BATCH_MATMUL: no weights; parameters for every output channel: bias 0, scale x_scale * x2_scale
 * / y_scale.
 *
 * The last, 256 bytes, is only read by tiles of size 32, and only there if a layer has an odd
 * number of input planes somewhere; so a workload without such tiles leaves it out.
 */
uint64_t hb_map_const_bytes(const hb_layer_t *layer);
/** Where the requantisation parameters begin, a multiple of 128. */
uint64_t hb_map_prm_offset(const hb_layer_t *layer);
/** Where the vector tiles' part begins, a multiple of 128. */
uint64_t hb_map_vec_offset(const hb_layer_t *layer);
/** Where the zero points begin, a multiple of 16; hb_map_const_bytes() if there are none. */
uint64_t hb_map_zero_offset(const hb_layer_t *layer);

/**
 * Byte offset of a weight in the constants.
 * @param k     output channel.
 * @param c     input channel, within the group of k: below in_c / groups.
 * @param r, s  tap, as ONNX numbers them (for CONV_TRANSPOSE too).
 */
uint64_t hb_map_weight_offset(const hb_layer_t *layer, uint32_t k, uint32_t c, uint32_t r,
                              uint32_t s);

/** Fills `bytes` (hb_map_const_bytes() of them) with the layer's synthetic constants. */
void hb_map_synthesise(const hb_layer_t *layer, uint64_t seed, uint32_t model, uint32_t layer_index,
                       uint8_t *bytes);

/** Bytes of the layer's input, second input (0: none) and output tensor in memory. */
uint64_t hb_map_in_bytes(const hb_layer_t *layer);
uint64_t hb_map_in2_bytes(const hb_layer_t *layer);
uint64_t hb_map_out_bytes(const hb_layer_t *layer);

typedef struct hb_segment {
  uint32_t addr;
  size_t len;
  uint8_t *bytes; /* owned */
} hb_segment_t;

typedef struct hb_workload {
  uint8_t *image; /* owned; hb_image_header_t at the start */
  size_t image_len;
  uint32_t num_segments;
  hb_segment_t *segments; /* owned, ascending addresses, none overlap */
  uint32_t num_streams;
  hb_sim_stream_t *streams; /* owned; one per task, same order */
  uint64_t dram_bytes;      /* used from HB_DRAM_BASE on */
} hb_workload_t;

void hb_workload_release(hb_workload_t *workload);

/** Parameters of the policy dream as the image has them; with an interval of 0 those of
 * hb_sched_defaults(). */
hb_image_sched_t hb_map_sched(const hb_sched_t *sched, uint32_t clock_khz);

/**
 * Compiles a scenario for a SoC. What the image says of time and energy is estimated: est_cycles
 * from the program played through the engines, est_nj as hb_energy_job.h says; if the SoC's table
 * makes a job free, its est_nj is its est_cycles, so that energy falls and rises with time.
 *
 * @param policy number from HB_POLICY_TABLE.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT a layer no tile can run, too little DRAM, too many layers.
 */
HB_MUST_USE hb_status_t hb_map_scenario(const hb_scenario_t *scenario, const hb_soc_t *soc,
                                        uint32_t policy, uint64_t seed, uint32_t image_flags,
                                        hb_workload_t *workload_out, char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MAP_H_ */
