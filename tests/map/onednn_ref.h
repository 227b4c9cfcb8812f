/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The independent judge: layers computed by oneDNN, in and out of the layouts of
 * hilbert/hb_tensor.h.
 *
 * oneDNN's reference implementations are used ("ref" in the implementation's name): they sum in
 * int32 on every machine, while the optimised ones saturate intermediate sums on processors without
 * VNNI.
 *
 * - Accumulators: int8 convolution or matmul primitive with int32 destination and source zero
 * point. The reference passes its sums through binary32, so input channels are cut into slices
 * whose sums stay below 2^24, and the slices are added here. uint8 weights and weight zero points,
 * which convolution lacks, enter as conv(x, w - 128) - (zp - 128) * conv(x, 1).
 * - Requantisation: a reorder int32 -> int32 with one output scale per channel: binary32(t) *
 * scale, rounded to nearest even. Bias, zero point and clipping are integer steps done here: oneDNN
 * would add the zero point before rounding, ONNX adds it after (they differ at ties).
 */

#ifndef HB_ONEDNN_REF_H_
#define HB_ONEDNN_REF_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hb_model.h"

/**
 * Computes a layer. Pad lanes of `out` hold what hb_tensor.h promises (RAW: 0).
 * @param in     input tensor, hb_map_in_bytes(layer).
 * @param consts weights and parameters, hb_map_const_bytes(layer).
 * @param out    output tensor, hb_map_out_bytes(layer).
 * @return 0, or -1 and `why` if oneDNN failed.
 */
int onednn_ref_layer(const hb_layer_t *layer, const uint8_t *in, const uint8_t *consts,
                     uint8_t *out, char *why, size_t why_len);

/**
 * The same by one convolution primitive that scales and clips itself, for layers it can express
 * exactly: int8 weights without zero point, 8-bit output with zero point 0, sums below 2^24.
 * @param[out] done_out whether it could.
 */
int onednn_ref_fused(const hb_layer_t *layer, const uint8_t *in, const uint8_t *consts,
                     uint8_t *out, bool *done_out, char *why, size_t why_len);

#endif /* HB_ONEDNN_REF_H_ */
