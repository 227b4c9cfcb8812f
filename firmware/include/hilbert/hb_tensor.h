/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How tensors, weights and requantisation parameters lie in memory: one layout for every tile.
 *
 * Activations, C x H x W, 8 bits: `[cb][y][x][16]`, cb = c / 16 (the field's nChw16c). A pixel of one
 * channel block is 16 bytes, one beat; tensors start on 16 bytes. The lanes of the last block beyond C
 * hold the tensor's zero point when a tile wrote it; sensors leave anything there. Layers with weights
 * do not depend on them (their weights equal the weight zero point). Matrices M x K are tensors with C = K, H = 1, W = M.
 * int32 tensors: the same with 64 bytes a pixel.
 *
 * Weights, K x C x R x S, 8 bits: `[kb][r][s][cb][16 c][16 k]` (the field's OIhw16i16o with the taps
 * outside the input blocks); lanes beyond C or K hold the weight zero point.
 *
 * Requantisation parameters: per 16 output channels 128 bytes, `int32 bias[16]` then
 * `binary32 scale[16]`; lanes beyond K hold 0 and 1.0.
 *
 * Requantisation, for accumulator a (int32, wrapping): t = a + bias (int32, wrapping);
 * f = binary32(t); p = binary32(f * scale), both rounded to nearest even; q = p rounded to the nearest
 * integer, ties to even; y = clip(q + zero_point, clip_min, clip_max). This is ONNX QLinearConv /
 * QuantizeLinear evaluated in binary32, the way ONNX Runtime and oneDNN evaluate it. scale is a finite,
 * normal number of either sign; products below 2^-126 in magnitude count as zero.
 */

#ifndef HILBERT_HB_TENSOR_H_
#define HILBERT_HB_TENSOR_H_

#include <stdint.h>

enum {
  HB_BEAT_BYTES = 16,    /* AXI data bus, scratchpad word */
  HB_BLOCK_CHANNELS = 16, /* channels in a block of the layout */
  HB_PRM_BLOCK_BYTES = 128,
};

/** Blocks of 16 that hold `channels`. */
static inline uint32_t hb_tensor_blocks(uint32_t channels) {
  return (channels + HB_BLOCK_CHANNELS - 1u) / HB_BLOCK_CHANNELS;
}

/** Bytes of an 8-bit activation tensor. */
static inline uint64_t hb_tensor_bytes(uint32_t c, uint32_t h, uint32_t w) {
  return (uint64_t)hb_tensor_blocks(c) * h * w * HB_BEAT_BYTES;
}

/** Byte offset of element (c, y, x) of an 8-bit activation tensor of height h and width w. */
static inline uint64_t hb_tensor_offset(uint32_t h, uint32_t w, uint32_t c, uint32_t y, uint32_t x) {
  return (((uint64_t)(c / HB_BLOCK_CHANNELS) * h + y) * w + x) * HB_BEAT_BYTES + c % HB_BLOCK_CHANNELS;
}

/** Bytes of a weight tensor of k output and c input channels with r x s taps. */
static inline uint64_t hb_weight_bytes(uint32_t k, uint32_t c, uint32_t r, uint32_t s) {
  return (uint64_t)hb_tensor_blocks(k) * r * s * hb_tensor_blocks(c) * 256u;
}

/** Byte offset of weight (k, c, r, s) in a tensor with `c_total` input channels and taps rr x ss. */
static inline uint64_t hb_weight_offset(uint32_t c_total, uint32_t rr, uint32_t ss, uint32_t k,
                                        uint32_t c, uint32_t r, uint32_t s) {
  const uint64_t block =
      (((uint64_t)(k / 16u) * rr + r) * ss + s) * hb_tensor_blocks(c_total) + c / 16u;
  return block * 256u + (c % 16u) * 16u + k % 16u;
}

#endif /* HILBERT_HB_TENSOR_H_ */
