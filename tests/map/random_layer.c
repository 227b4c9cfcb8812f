/* SPDX-License-Identifier: Apache-2.0 */

#include "random_layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

static bool chance(test_random_t *r, uint32_t percent) {
  return test_random_below(r, 100) < percent;
}

/* 1 .. max, small values as likely as large ones. */
static uint32_t skewed(test_random_t *r, uint32_t max) {
  return test_random_range(r, 1, chance(r, 50) ? (max + 3u) / 4u : max);
}

static int32_t zero_point(test_random_t *r, bool is_signed) {
  switch (test_random_below(r, 4)) {
    case 0:
      return is_signed ? (int32_t)test_random_below(r, 256) - 128
                       : (int32_t)test_random_below(r, 256);
    case 1:
      return is_signed ? 0 : 128;
    default:
      return 0;
  }
}

/* Kernel, stride, dilation and padding for an input of known size. */
static void random_window(test_random_t *r, hb_layer_t *l) {
  const uint32_t max_kernel = chance(r, 10) ? 11 : 5;
  l->ker_h = chance(r, 30) ? 1 : test_random_range(r, 1, max_kernel);
  l->ker_w = chance(r, 30) ? 1 : test_random_range(r, 1, max_kernel);
  l->stride_h = chance(r, 60) ? 1 : test_random_range(r, 1, 4);
  l->stride_w = chance(r, 60) ? 1 : test_random_range(r, 1, 4);
  l->dil_h = chance(r, 70) ? 1 : test_random_range(r, 1, 3);
  l->dil_w = chance(r, 70) ? 1 : test_random_range(r, 1, 3);
  if (chance(r, 60)) {
    l->pad_top = test_random_range(r, 0, l->ker_h);
    l->pad_bottom = test_random_range(r, 0, l->ker_h);
    l->pad_left = test_random_range(r, 0, l->ker_w);
    l->pad_right = test_random_range(r, 0, l->ker_w);
  }
  /* A kernel larger than the padded image has no output: pad until it has. */
  while (l->in_h + l->pad_top + l->pad_bottom < l->dil_h * (l->ker_h - 1u) + 1u) {
    ++l->pad_top;
  }
  while (l->in_w + l->pad_left + l->pad_right < l->dil_w * (l->ker_w - 1u) + 1u) {
    ++l->pad_right;
  }
}

static void random_image(test_random_t *r, const random_layer_limits_t *limits, hb_layer_t *l) {
  l->in_c = skewed(r, limits->max_c);
  l->in_h = skewed(r, limits->max_size);
  l->in_w = skewed(r, limits->max_size);
  if (chance(r, 25)) {
    l->in_h = 1;
    l->in_w = test_random_range(r, 1, limits->max_size * 4u);
  } else if (chance(r, 20)) { /* long and thin */
    l->in_w = 1;
    l->in_h = test_random_range(r, 1, limits->max_size * limits->max_size);
  }
}

static void random_output(test_random_t *r, const random_layer_limits_t *limits, hb_layer_t *l) {
  l->y_signed = chance(r, 50);
  l->y_zp = zero_point(r, l->y_signed);
  l->raw_out = limits->raw && chance(r, 25);
  l->clip_min = l->y_signed ? -128 : 0;
  l->clip_max = l->y_signed ? 127 : 255;
  if (chance(r, 30)) {
    l->clip_min = l->y_zp; /* ReLU */
  }
  if (chance(r, 20)) {
    l->clip_max -= (int32_t)test_random_below(r, (uint32_t)(l->clip_max - l->y_zp) + 1u);
  }
}

hb_layer_t random_layer_after(test_random_t *r, const random_layer_limits_t *limits,
                              const hb_layer_t *before) {
  hb_layer_t l;
  do {
    l = (hb_layer_t){.name = "random",
                     .input = HB_LAYER_PREVIOUS,
                     .ker_h = 1,
                     .ker_w = 1,
                     .stride_h = 1,
                     .stride_w = 1,
                     .dil_h = 1,
                     .dil_w = 1};
    if (before != NULL) {
      l.in_c = before->out_c;
      l.in_h = hb_layer_out_h(before);
      l.in_w = hb_layer_out_w(before);
      l.x_signed = before->y_signed;
      l.x_zp = before->y_zp;
    } else {
      random_image(r, limits, &l);
      l.x_signed = chance(r, 50);
      l.x_zp = zero_point(r, l.x_signed);
    }
    l.out_c = skewed(r, limits->max_k);
    l.op = l.in_h == 1 && chance(r, 80) ? HB_OP_MATMUL : HB_OP_CONV;
    if (l.op == HB_OP_CONV) {
      random_window(r, &l);
    }
  } while (hb_layer_macs(&l) > limits->max_macs);
  l.w_signed = chance(r, 75);
  l.w_zp = zero_point(r, l.w_signed);
  random_output(r, limits, &l);
  return l;
}

hb_layer_t random_layer(test_random_t *r, const random_layer_limits_t *limits) {
  return random_layer_after(r, limits, NULL);
}

hb_map_tile_t random_tile(test_random_t *r) {
  static const uint32_t kWords[] = {64, 128, 300, 512, 1024, 4096};
  hb_map_tile_t tile = {.kind = chance(r, 50) ? HB_TILE_KIND_WS : HB_TILE_KIND_OS,
                        .size = chance(r, 50) ? 8 : 16};
  tile.ifm_words = kWords[test_random_below(r, 6)] * 2u;
  tile.wgt_words = kWords[test_random_below(r, 6)];
  tile.prm_words = 24u + 8u * test_random_below(r, 8);
  tile.acc_rows = 4u << test_random_below(r, 9);
  return tile;
}

void random_bytes(test_random_t *r, uint8_t *bytes, size_t len) {
  for (size_t i = 0; i < len; ++i) {
    bytes[i] = (uint8_t)test_random_next(r);
  }
}

void random_consts(test_random_t *r, const hb_layer_t *l, uint8_t *consts) {
  hb_map_synthesise(l, test_random_next(r), test_random_below(r, 4), test_random_below(r, 100),
                    consts);
  const bool ties = chance(r, 25), bright = chance(r, 25);
  uint8_t *prm = consts + hb_map_prm_offset(l);
  for (uint32_t k = 0; k < l->out_c; ++k) {
    uint8_t *block = prm + (size_t)(k / 16u) * HB_PRM_BLOCK_BYTES;
    if (ties) { /* near the scale that uses the range, or so coarse that ties abound */
      float scale;
      memcpy(&scale, block + 64u + k % 16u * 4u, 4);
      scale = chance(r, 75) ? exp2f(floorf(log2f(scale)))
                            : 1.0f / (float)(2u << test_random_below(r, 8));
      memcpy(block + 64u + k % 16u * 4u, &scale, 4);
    }
    if (bright) {
      int32_t bias;
      memcpy(&bias, block + k % 16u * 4u, 4);
      bias = (int32_t)((uint32_t)bias * test_random_range(r, 0, 4));
      memcpy(block + k % 16u * 4u, &bias, 4);
    }
  }
}

void random_layer_text(const hb_layer_t *l, char *text, size_t len) {
  snprintf(text, len,
           "%s %ux%ux%u -> %u, kernel %ux%u, stride %ux%u, dilation %ux%u, pad %u,%u,%u,%u, x %s "
           "zp %d, w %s zp "
           "%d, y %s zp %d clip %d..%d%s",
           l->op == HB_OP_CONV ? "conv" : "matmul", l->in_c, l->in_h, l->in_w, l->out_c, l->ker_h,
           l->ker_w, l->stride_h, l->stride_w, l->dil_h, l->dil_w, l->pad_top, l->pad_bottom,
           l->pad_left, l->pad_right, l->x_signed ? "s8" : "u8", l->x_zp, l->w_signed ? "s8" : "u8",
           l->w_zp, l->y_signed ? "s8" : "u8", l->y_zp, l->clip_min, l->clip_max,
           l->raw_out ? ", raw" : "");
}
