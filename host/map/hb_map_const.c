/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Synthetic constants. Every value is a function of (seed, model, layer, position) alone:
 * SplitMix64's output function over a counter (Steele, Lea, Flood: Fast Splittable Pseudorandom
 * Number Generators, OOPSLA 2014), eight weights a step.
 */

#include <math.h>
#include <string.h>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"

#define GOLDEN_GAMMA 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t hb_map_prm_offset(const hb_layer_t *layer) {
  const uint64_t weights = hb_weight_bytes(layer->out_c, layer->in_c, layer->ker_h, layer->ker_w);
  return (weights + HB_PRM_BLOCK_BYTES - 1u) / HB_PRM_BLOCK_BYTES * HB_PRM_BLOCK_BYTES;
}

uint64_t hb_map_const_bytes(const hb_layer_t *layer) {
  return hb_map_prm_offset(layer) + (uint64_t)hb_tensor_blocks(layer->out_c) * HB_PRM_BLOCK_BYTES;
}

uint64_t hb_map_in_bytes(const hb_layer_t *layer) {
  return hb_tensor_bytes(layer->in_c, layer->in_h, layer->in_w);
}

uint64_t hb_map_out_bytes(const hb_layer_t *layer) {
  return hb_tensor_bytes(layer->out_c, hb_layer_out_h(layer), hb_layer_out_w(layer)) *
         (layer->raw_out ? 4u : 1u);
}

/* Lanes beyond the last input or output channel hold the zero point. */
static void fill_weight_lanes(const hb_layer_t *layer, uint8_t *bytes) {
  const uint32_t cb = hb_tensor_blocks(layer->in_c), kb = hb_tensor_blocks(layer->out_c);
  const uint32_t taps = layer->ker_h * layer->ker_w;
  const uint32_t c_rest = layer->in_c % 16u, k_rest = layer->out_c % 16u;
  const uint8_t zero = (uint8_t)layer->w_zp;
  for (uint64_t row = 0; c_rest != 0 && row < (uint64_t)kb * taps; ++row) {
    memset(bytes + (row * cb + cb - 1u) * 256u + c_rest * 16u, zero, (16u - c_rest) * 16u);
  }
  uint8_t *last = bytes + (uint64_t)(kb - 1u) * taps * cb * 256u;
  for (uint64_t word = 0; k_rest != 0 && word < (uint64_t)taps * cb * 16u; ++word) {
    memset(last + word * 16u + k_rest, zero, 16u - k_rest);
  }
}

/* Mean and variance of a uniform byte less its zero point: mean m, root of the mean square r. */
static void byte_moments(bool is_signed, int32_t zp, double *mean, double *rms) {
  *mean = (is_signed ? -0.5 : 127.5) - zp;
  *rms = sqrt((256.0 * 256.0 - 1.0) / 12.0 + *mean * *mean);
}

void hb_map_synthesise(const hb_layer_t *layer, uint64_t seed, uint32_t model, uint32_t layer_index,
                       uint8_t *bytes) {
  const uint64_t stream =
      mix(mix(seed) + GOLDEN_GAMMA * (((uint64_t)model << 32 | layer_index) + 1u));
  const uint64_t weights = hb_weight_bytes(layer->out_c, layer->in_c, layer->ker_h, layer->ker_w);
  for (uint64_t i = 0; i < weights / 8u; ++i) { /* whole blocks of 256 */
    const uint64_t word = mix(stream + GOLDEN_GAMMA * (i + 1u));
    memcpy(bytes + i * 8u, &word, sizeof(word));
  }
  fill_weight_lanes(layer, bytes);
  const uint64_t prm = hb_map_prm_offset(layer);
  memset(bytes + weights, 0, prm - weights);

  /* Mean and spread of an accumulator over random weights and inputs of the input type's whole
   * range, and the spread wanted of the output: about one value in eight is clipped, and a chain of
   * layers neither dies out nor saturates. The bias takes the mean away, which zero points far from
   * the middle make large. */
  double x_mean, x_rms, w_mean, w_rms;
  byte_moments(layer->x_signed, layer->x_zp, &x_mean, &x_rms);
  byte_moments(layer->w_signed, layer->w_zp, &w_mean, &w_rms);
  const double terms = (double)layer->in_c * layer->ker_h * layer->ker_w;
  const double mean = terms * x_mean * w_mean;
  const double spread =
      sqrt(terms * (x_rms * x_rms * w_rms * w_rms - x_mean * x_mean * w_mean * w_mean));
  const bool relu = layer->clip_min == layer->y_zp;
  const double range =
      relu ? layer->clip_max - layer->y_zp : (layer->clip_max - layer->clip_min) / 2.0;
  const double target = (range > 1.0 ? range : 1.0) * (relu ? 0.9 : 0.67);

  const uint64_t prm_stream = mix(stream);
  for (uint32_t k = 0; k < hb_tensor_blocks(layer->out_c) * HB_BLOCK_CHANNELS; ++k) {
    int32_t bias = 0;
    float scale = 1.0f;
    if (k < layer->out_c) {
      const uint64_t r = mix(prm_stream + GOLDEN_GAMMA * (k + 1u));
      const double unit_a = (double)(r & 0xffffffu) / 16777216.0; /* [0, 1) */
      const double unit_b = (double)(r >> 24 & 0xffffffu) / 16777216.0;
      const double wanted = (unit_a * 2.0 - 1.0) * spread / 4.0 - mean;
      const double limit = 1073741824.0;
      bias = (int32_t)(wanted > limit ? limit : wanted < -limit ? -limit : wanted);
      scale = (float)(target / spread * (0.75 + 0.5 * unit_b));
    }
    uint8_t *block = bytes + prm + (uint64_t)(k / HB_BLOCK_CHANNELS) * HB_PRM_BLOCK_BYTES;
    memcpy(block + k % HB_BLOCK_CHANNELS * 4u, &bias, 4);
    memcpy(block + 64u + k % HB_BLOCK_CHANNELS * 4u, &scale, 4);
  }
}
