/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Synthetic constants. Every value is a function of (seed, model, layer, position) alone:
 * SplitMix64's output function over a counter (Steele, Lea, Flood: Fast Splittable Pseudorandom
 * Number Generators, OOPSLA 2014), eight weights a step.
 */

#include <math.h>
#include <string.h>

#include "hb_map.h"
#include "hb_map_vec.h"
#include "hb_map_weights.h"
#include "hilbert/hb_tensor.h"

#define GOLDEN_GAMMA 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* ------------------------------------------------------------------------------------- the layout
 */

static uint32_t div_up(uint32_t a, uint32_t b) {
  return (a + b - 1u) / b;
}

/* Whether systolic tiles can run it: it has weights or a second matrix, and parameters. */
static bool is_systolic(const hb_layer_t *layer) {
  return hb_op_has_weights(layer->op) || layer->op == HB_OP_BATCH_MATMUL;
}

/* Taps of phase `phase` along one axis: phase, phase + stride, ...; one of zero points if none. */
static uint32_t phase_taps(uint32_t ker, uint32_t stride, uint32_t phase) {
  return phase < ker ? div_up(ker - phase, stride) : 1u;
}

uint32_t hb_map_phases(const hb_layer_t *layer) {
  return layer->op == HB_OP_CONV_TRANSPOSE ? layer->stride_h * layer->stride_w : 1u;
}

/* Shape of the block of `phase` and `kb` that starts at `offset`. */
static hb_map_wblock_t wblock_at(const hb_layer_t *layer, uint32_t phase, uint32_t kb,
                                 uint64_t offset) {
  hb_map_wblock_t b = {.phase = phase,
                       .kb = kb,
                       .offset = offset,
                       .planes = hb_tensor_blocks(layer->in_c),
                       .ker_h = layer->ker_h,
                       .ker_w = layer->ker_w};
  if (layer->op == HB_OP_CONV_TRANSPOSE) {
    const uint32_t fy = phase / layer->stride_w, fx = phase % layer->stride_w;
    b.ker_h = phase_taps(layer->ker_h, layer->stride_h, fy);
    b.ker_w = phase_taps(layer->ker_w, layer->stride_w, fx);
    b.empty = fy >= layer->ker_h || fx >= layer->ker_w;
  } else if (hb_layer_groups(layer) > 1u) {
    const uint32_t kg = layer->out_c / hb_layer_groups(layer);
    const uint32_t cg = layer->in_c / hb_layer_groups(layer);
    const uint32_t last_k = kb * 16u + 15u < layer->out_c ? kb * 16u + 15u : layer->out_c - 1u;
    b.plane = kb * 16u / kg * cg / 16u;
    b.planes = ((last_k / kg + 1u) * cg - 1u) / 16u + 1u - b.plane;
  }
  b.bytes = (uint64_t)b.ker_h * b.ker_w * b.planes * 256u;
  return b;
}

hb_map_wblock_t hb_map_wblock_first(const hb_layer_t *layer) {
  return wblock_at(layer, 0, 0, 0);
}

bool hb_map_wblock_next(const hb_layer_t *layer, hb_map_wblock_t *block) {
  const bool last = block->kb + 1u == hb_tensor_blocks(layer->out_c);
  if (last && block->phase + 1u == hb_map_phases(layer)) {
    return false;
  }
  *block = wblock_at(layer, block->phase + (last ? 1u : 0u), last ? 0u : block->kb + 1u,
                     block->offset + block->bytes);
  return true;
}

static uint64_t weight_bytes(const hb_layer_t *layer) {
  if (!hb_op_has_weights(layer->op)) {
    return 0;
  }
  if (hb_layer_groups(layer) == 1u && hb_map_phases(layer) == 1u) {
    return hb_weight_bytes(layer->out_c, layer->in_c, layer->ker_h, layer->ker_w);
  }
  hb_map_wblock_t block = hb_map_wblock_first(layer);
  while (hb_map_wblock_next(layer, &block)) {
  }
  return block.offset + block.bytes;
}

uint64_t hb_map_weight_offset(const hb_layer_t *layer, uint32_t k, uint32_t c, uint32_t r,
                              uint32_t s) {
  if (hb_layer_groups(layer) == 1u && layer->op != HB_OP_CONV_TRANSPOSE) {
    return hb_weight_offset(layer->in_c, layer->ker_h, layer->ker_w, k, c, r, s);
  }
  uint32_t phase = 0;
  if (layer->op == HB_OP_CONV_TRANSPOSE) {
    phase = r % layer->stride_h * layer->stride_w + s % layer->stride_w;
  } else {
    c += k / (layer->out_c / hb_layer_groups(layer)) * (layer->in_c / hb_layer_groups(layer));
  }
  hb_map_wblock_t b = hb_map_wblock_first(layer);
  while ((b.phase != phase || b.kb != k / 16u) && hb_map_wblock_next(layer, &b)) {
  }
  if (layer->op == HB_OP_CONV_TRANSPOSE) { /* the last tap meets the first input row */
    r = b.ker_h - 1u - r / layer->stride_h;
    s = b.ker_w - 1u - s / layer->stride_w;
  }
  const uint64_t word = ((uint64_t)r * b.ker_w + s) * b.planes + c / 16u - b.plane;
  return b.offset + word * 256u + c % 16u * 16u + k % 16u;
}

uint64_t hb_map_prm_offset(const hb_layer_t *layer) {
  return weight_bytes(layer); /* blocks of 256: a multiple of HB_PRM_BLOCK_BYTES */
}

uint64_t hb_map_vec_offset(const hb_layer_t *layer) {
  return hb_map_prm_offset(layer) +
         (is_systolic(layer) ? (uint64_t)hb_tensor_blocks(layer->out_c) * HB_PRM_BLOCK_BYTES : 0u);
}

uint64_t hb_map_zero_offset(const hb_layer_t *layer) {
  return hb_map_vec_offset(layer) + hb_map_vec_const_bytes(layer);
}

static uint64_t zero_bytes(const hb_layer_t *layer) {
  const uint32_t c = layer->op == HB_OP_BATCH_MATMUL ? hb_layer_batch_shape(layer).k : layer->in_c;
  const bool odd = hb_layer_groups(layer) > 1u || hb_tensor_blocks(c) % 2u == 1u;
  return is_systolic(layer) && odd ? HB_MAP_ZERO_BEATS * HB_BEAT_BYTES : 0u;
}

uint64_t hb_map_const_bytes(const hb_layer_t *layer) {
  return hb_map_zero_offset(layer) + zero_bytes(layer);
}

uint64_t hb_map_in_bytes(const hb_layer_t *layer) {
  return hb_tensor_bytes(layer->in_c, layer->in_h, layer->in_w);
}

uint64_t hb_map_in2_bytes(const hb_layer_t *layer) {
  return hb_op_is_binary(layer->op) ? hb_tensor_bytes(layer->in2_c, layer->in2_h, layer->in2_w)
                                    : 0u;
}

uint64_t hb_map_out_bytes(const hb_layer_t *layer) {
  return hb_tensor_bytes(layer->out_c, hb_layer_out_h(layer), hb_layer_out_w(layer)) *
         (layer->raw_out ? 4u : 1u);
}

/* ------------------------------------------------------------------------------------- the values
 */

/* Lanes that are no weight hold the zero point. */
static void fill_weight_lanes(const hb_layer_t *layer, const hb_map_wblock_t *b, uint8_t *bytes) {
  const uint32_t groups = hb_layer_groups(layer);
  const uint32_t kg = layer->out_c / groups, cg = layer->in_c / groups;
  const uint32_t k0 = b->kb * 16u, k_end = k0 + 16u < layer->out_c ? k0 + 16u : layer->out_c;
  const uint8_t zero = (uint8_t)layer->w_zp;
  const uint32_t taps = b->ker_h * b->ker_w;
  for (uint32_t p = 0; p < b->planes; ++p) {
    for (uint32_t i = 0; i < 16u; ++i) {
      /* Output channels whose group reads input channel c: [first, last). */
      const uint32_t c = (b->plane + p) * 16u + i;
      uint32_t first = c / cg * kg, last = first + kg;
      first = first < k0 ? k0 : first > k_end ? k_end : first;
      last = b->empty || c >= layer->in_c || last < first ? first : last < k_end ? last : k_end;
      if (last - first == 16u) {
        continue;
      }
      for (uint32_t t = 0; t < taps; ++t) {
        uint8_t *word = bytes + b->offset + ((uint64_t)t * b->planes + p) * 256u + i * 16u;
        memset(word, zero, first - k0);
        memset(word + (last - k0), zero, 16u - (last - k0));
      }
    }
  }
}

/* Mean and variance of a uniform byte less its zero point: mean m, root of the mean square r. */
static void byte_moments(bool is_signed, int32_t zp, double *mean, double *rms) {
  *mean = (is_signed ? -0.5 : 127.5) - zp;
  *rms = sqrt((256.0 * 256.0 - 1.0) / 12.0 + *mean * *mean);
}

/* Biases and scales, `bytes` at the first. */
static void synthesise_parameters(const hb_layer_t *layer, uint64_t stream, uint8_t *bytes) {
  /* Mean and spread of an accumulator over random weights and inputs of the input type's whole
   * range, and the spread wanted of the output: about one value in eight is clipped, and a chain of
   * layers neither dies out nor saturates. The bias takes the mean away, which zero points far from
   * the middle make large. */
  double x_mean, x_rms, w_mean, w_rms;
  byte_moments(layer->x_signed, layer->x_zp, &x_mean, &x_rms);
  byte_moments(layer->w_signed, layer->w_zp, &w_mean, &w_rms);
  double terms = (double)layer->in_c / hb_layer_groups(layer) * layer->ker_h * layer->ker_w;
  terms = ceil(terms / hb_map_phases(layer));
  const double mean = terms * x_mean * w_mean;
  const double spread =
      sqrt(terms * (x_rms * x_rms * w_rms * w_rms - x_mean * x_mean * w_mean * w_mean));
  const bool relu = layer->clip_min == layer->y_zp;
  const double range =
      relu ? layer->clip_max - layer->y_zp : (layer->clip_max - layer->clip_min) / 2.0;
  const double target = (range > 1.0 ? range : 1.0) * (relu ? 0.9 : 0.67);

  for (uint32_t k = 0; k < hb_tensor_blocks(layer->out_c) * HB_BLOCK_CHANNELS; ++k) {
    int32_t bias = 0;
    float scale = 1.0f;
    if (k < layer->out_c && layer->op == HB_OP_BATCH_MATMUL) {
      scale = (float)(layer->x_scale * layer->x2_scale / layer->y_scale);
    } else if (k < layer->out_c) {
      const uint64_t r = mix(stream + GOLDEN_GAMMA * (k + 1u));
      const double unit_a = (double)(r & 0xffffffu) / 16777216.0; /* [0, 1) */
      const double unit_b = (double)(r >> 24 & 0xffffffu) / 16777216.0;
      const double wanted = (unit_a * 2.0 - 1.0) * spread / 4.0 - mean;
      const double limit = 1073741824.0;
      bias = (int32_t)(wanted > limit ? limit : wanted < -limit ? -limit : wanted);
      scale = (float)(target / spread * (0.75 + 0.5 * unit_b));
    }
    uint8_t *block = bytes + (uint64_t)(k / HB_BLOCK_CHANNELS) * HB_PRM_BLOCK_BYTES;
    memcpy(block + k % HB_BLOCK_CHANNELS * 4u, &bias, 4);
    memcpy(block + 64u + k % HB_BLOCK_CHANNELS * 4u, &scale, 4);
  }
}

void hb_map_synthesise(const hb_layer_t *layer, uint64_t seed, uint32_t model, uint32_t layer_index,
                       uint8_t *bytes) {
  const uint64_t stream =
      mix(mix(seed) + GOLDEN_GAMMA * (((uint64_t)model << 32 | layer_index) + 1u));
  const uint64_t weights = weight_bytes(layer);
  for (uint64_t i = 0; i < weights / 8u; ++i) { /* whole blocks of 256 */
    const uint64_t word = mix(stream + GOLDEN_GAMMA * (i + 1u));
    memcpy(bytes + i * 8u, &word, sizeof(word));
  }
  if (weights > 0) {
    hb_map_wblock_t block = hb_map_wblock_first(layer);
    do {
      fill_weight_lanes(layer, &block, bytes);
    } while (hb_map_wblock_next(layer, &block));
  }
  if (is_systolic(layer)) {
    synthesise_parameters(layer, mix(stream), bytes + hb_map_prm_offset(layer));
  }
  hb_map_vec_synthesise(layer, mix(mix(stream)), bytes, bytes + hb_map_vec_offset(layer));
  memset(bytes + hb_map_zero_offset(layer), (uint8_t)layer->x_zp, zero_bytes(layer));
}
