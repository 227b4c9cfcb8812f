/* SPDX-License-Identifier: Apache-2.0 */

#include "onednn_ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oneapi/dnnl/dnnl.h>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"

typedef struct judge {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  const char *failed; /* first oneDNN call that failed, or NULL */
} judge_t;

static void call(judge_t *j, dnnl_status_t status, const char *what) {
  if (status != dnnl_success && j->failed == NULL) {
    j->failed = what;
  }
}
#define CALL(j_, function_, ...) call((j_), function_(__VA_ARGS__), #function_)

static void judge_init(judge_t *j) {
  memset(j, 0, sizeof(*j));
  CALL(j, dnnl_engine_create, &j->engine, dnnl_cpu, 0);
  CALL(j, dnnl_stream_create, &j->stream, j->engine, dnnl_stream_default_flags);
}

static int judge_release(judge_t *j, char *why, size_t why_len) {
  dnnl_stream_destroy(j->stream);
  dnnl_engine_destroy(j->engine);
  if (j->failed != NULL) {
    snprintf(why, why_len, "oneDNN: %s failed", j->failed);
    return -1;
  }
  return 0;
}

/* The first implementation whose name says "ref". */
static dnnl_primitive_desc_t reference(judge_t *j, const_dnnl_op_desc_t op,
                                       const_dnnl_primitive_attr_t attr) {
  dnnl_primitive_desc_iterator_t it = NULL;
  dnnl_primitive_desc_t found = NULL;
  dnnl_status_t status = dnnl_primitive_desc_iterator_create(&it, op, attr, j->engine, NULL);
  while (status == dnnl_success && found == NULL) {
    const char *name = "";
    dnnl_primitive_desc_t pd = dnnl_primitive_desc_iterator_fetch(it);
    (void)dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&name);
    if (strstr(name, "ref") != NULL) {
      found = pd;
    } else {
      (void)dnnl_primitive_desc_destroy(pd);
      status = dnnl_primitive_desc_iterator_next(it);
    }
  }
  (void)dnnl_primitive_desc_iterator_destroy(it);
  if (found == NULL && j->failed == NULL) {
    j->failed = "finding a reference implementation";
  }
  return found;
}

typedef struct tensor {
  dnnl_memory_desc_t desc;
  dnnl_memory_t memory;
} tensor_t;

static tensor_t tensor(judge_t *j, int ndims, const dnnl_dim_t *dims, dnnl_data_type_t type,
                       dnnl_format_tag_t tag, void *bytes) {
  tensor_t t = {0};
  CALL(j, dnnl_memory_desc_init_by_tag, &t.desc, ndims, dims, type, tag);
  CALL(j, dnnl_memory_create, &t.memory, &t.desc, j->engine, bytes);
  return t;
}

static void execute(judge_t *j, dnnl_primitive_desc_t pd, int num, dnnl_exec_arg_t *args) {
  dnnl_primitive_t primitive = NULL;
  if (j->failed == NULL) {
    CALL(j, dnnl_primitive_create, &primitive, pd);
    CALL(j, dnnl_primitive_execute, primitive, j->stream, num, args);
    CALL(j, dnnl_stream_wait, j->stream);
    dnnl_primitive_destroy(primitive);
  }
  for (int i = 0; i < num; ++i) {
    dnnl_memory_destroy(args[i].memory);
  }
  if (pd != NULL) {
    dnnl_primitive_desc_destroy(pd);
  }
}

/* Plain copies of a layer's operands, channels [c0, c0 + cn) only. */
typedef struct plain {
  uint8_t *x; /* [y][x][cn] */
  int8_t *w;  /* convolution [k][cn][r][s], matmul [cn][k]; uint8 weights less 128 */
} plain_t;

static plain_t plain_copy(const hb_layer_t *l, const uint8_t *in, const uint8_t *consts,
                          uint32_t c0, uint32_t cn) {
  const uint32_t taps = l->ker_h * l->ker_w;
  plain_t p = {.x = malloc((size_t)l->in_h * l->in_w * cn),
               .w = malloc((size_t)l->out_c * cn * taps)};
  for (uint32_t y = 0; y < l->in_h; ++y) {
    for (uint32_t x = 0; x < l->in_w; ++x) {
      for (uint32_t c = 0; c < cn; ++c) {
        p.x[((size_t)y * l->in_w + x) * cn + c] =
            in[hb_tensor_offset(l->in_h, l->in_w, c0 + c, y, x)];
      }
    }
  }
  for (uint32_t k = 0; k < l->out_c; ++k) {
    for (uint32_t c = 0; c < cn; ++c) {
      for (uint32_t t = 0; t < taps; ++t) {
        const uint32_t r = t / l->ker_w, s = t % l->ker_w;
        const uint8_t byte = consts[hb_weight_offset(l->in_c, l->ker_h, l->ker_w, k, c0 + c, r, s)];
        const size_t at =
            l->op == HB_OP_MATMUL ? (size_t)c * l->out_c + k : ((size_t)k * cn + c) * taps + t;
        p.w[at] = (int8_t)(l->w_signed ? byte : byte ^ 0x80u);
      }
    }
  }
  return p;
}

static void plain_release(plain_t *p) {
  free(p->x);
  free(p->w);
}

static void convolve(judge_t *j, const hb_layer_t *l, uint32_t cn, uint32_t kn, void *x, void *w,
                     void *bias, const float *scales, dnnl_data_type_t dst_type, void *dst) {
  const dnnl_dim_t src_dims[] = {1, cn, l->in_h, l->in_w};
  const dnnl_dim_t w_dims[] = {kn, cn, l->ker_h, l->ker_w};
  const dnnl_dim_t b_dims[] = {kn};
  const dnnl_dim_t dst_dims[] = {1, kn, hb_layer_out_h(l), hb_layer_out_w(l)};
  const dnnl_dim_t strides[] = {l->stride_h, l->stride_w};
  const dnnl_dim_t dilates[] = {l->dil_h - 1, l->dil_w - 1};
  const dnnl_dim_t pad_l[] = {l->pad_top, l->pad_left};
  const dnnl_dim_t pad_r[] = {l->pad_bottom, l->pad_right};
  const tensor_t src = tensor(j, 4, src_dims, l->x_signed ? dnnl_s8 : dnnl_u8, dnnl_nhwc, x);
  const tensor_t weights = tensor(j, 4, w_dims, dnnl_s8, dnnl_oihw, w);
  const tensor_t to = tensor(j, 4, dst_dims, dst_type, bias ? dnnl_nhwc : dnnl_nchw, dst);
  const tensor_t b = tensor(j, 1, b_dims, dnnl_s32, dnnl_x, bias);

  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;
  CALL(j, dnnl_primitive_attr_create, &attr);
  CALL(j, dnnl_post_ops_create, &ops);
  if (l->x_zp != 0) {
    CALL(j, dnnl_primitive_attr_set_zero_points, attr, DNNL_ARG_SRC, 1, 0, &l->x_zp);
  }
  if (scales != NULL) {
    CALL(j, dnnl_primitive_attr_set_output_scales, attr, kn, 1 << 1, scales);
    CALL(j, dnnl_post_ops_append_eltwise, ops, 1.0f, dnnl_eltwise_clip, (float)l->clip_min,
         (float)l->clip_max);
    CALL(j, dnnl_primitive_attr_set_post_ops, attr, ops);
  }
  dnnl_convolution_desc_t desc;
  CALL(j, dnnl_dilated_convolution_forward_desc_init, &desc, dnnl_forward_inference,
       dnnl_convolution_direct, &src.desc, &weights.desc, bias ? &b.desc : NULL, &to.desc, strides,
       dilates, pad_l, pad_r);
  dnnl_primitive_desc_t pd = j->failed ? NULL : reference(j, &desc, attr);
  dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, src.memory},
                            {DNNL_ARG_WEIGHTS, weights.memory},
                            {DNNL_ARG_DST, to.memory},
                            {DNNL_ARG_BIAS, b.memory}};
  execute(j, pd, bias ? 4 : 3, args);
  if (!bias) {
    dnnl_memory_destroy(b.memory);
  }
  dnnl_post_ops_destroy(ops);
  dnnl_primitive_attr_destroy(attr);
}

static void multiply(judge_t *j, const hb_layer_t *l, uint32_t cn, void *x, void *w, int32_t w_zp,
                     int32_t *dst) {
  const dnnl_dim_t src_dims[] = {l->in_w, cn};
  const dnnl_dim_t w_dims[] = {cn, l->out_c};
  const dnnl_dim_t dst_dims[] = {l->in_w, l->out_c};
  const tensor_t src = tensor(j, 2, src_dims, l->x_signed ? dnnl_s8 : dnnl_u8, dnnl_ab, x);
  const tensor_t weights = tensor(j, 2, w_dims, dnnl_s8, dnnl_ab, w);
  const tensor_t to = tensor(j, 2, dst_dims, dnnl_s32, dnnl_ba, dst); /* [k][m] */
  dnnl_primitive_attr_t attr = NULL;
  CALL(j, dnnl_primitive_attr_create, &attr);
  CALL(j, dnnl_primitive_attr_set_zero_points, attr, DNNL_ARG_SRC, 1, 0, &l->x_zp);
  CALL(j, dnnl_primitive_attr_set_zero_points, attr, DNNL_ARG_WEIGHTS, 1, 0, &w_zp);
  dnnl_matmul_desc_t desc;
  CALL(j, dnnl_matmul_desc_init, &desc, &src.desc, &weights.desc, NULL, &to.desc);
  dnnl_primitive_desc_t pd = j->failed ? NULL : reference(j, &desc, attr);
  dnnl_exec_arg_t args[] = {
      {DNNL_ARG_SRC, src.memory}, {DNNL_ARG_WEIGHTS, weights.memory}, {DNNL_ARG_DST, to.memory}};
  execute(j, pd, 3, args);
  dnnl_primitive_attr_destroy(attr);
}

/* Adds sums to acc; false if one is too large to have passed through binary32 unharmed. */
static bool add_sums(int32_t *acc, const int32_t *sums, size_t outputs, size_t pixels, bool shared,
                     int32_t factor) {
  for (size_t k = 0; k < outputs; ++k) {
    for (size_t p = 0; p < pixels; ++p) {
      const int32_t sum = sums[(shared ? 0 : k * pixels) + p];
      if (sum >= 1 << 24 || sum <= -(1 << 24)) {
        return false;
      }
      int32_t *to = &acc[k * pixels + p];
      *to = (int32_t)((uint32_t)*to + (uint32_t)factor * (uint32_t)sum);
    }
  }
  return true;
}

/* acc[k][y][x], the layer's accumulators without bias. */
static void accumulate(judge_t *j, const hb_layer_t *l, const uint8_t *in, const uint8_t *consts,
                       int32_t *acc) {
  const size_t pixels = (size_t)hb_layer_out_h(l) * hb_layer_out_w(l);
  const uint32_t taps = l->ker_h * l->ker_w;
  const int32_t w_zp = l->w_signed ? l->w_zp : l->w_zp - 128;
  uint32_t slice = (1u << 24) / (255u * 255u) / taps; /* |x - zp| <= 255, |w - zp| <= 255 */
  slice = slice ? slice : 1u;
  int32_t *sums = malloc(pixels * l->out_c * sizeof(*sums));
  for (uint32_t c = 0; c < l->in_c && j->failed == NULL; c += slice) {
    const uint32_t cn = l->in_c - c < slice ? l->in_c - c : slice;
    plain_t p = plain_copy(l, in, consts, c, cn);
    if (l->op == HB_OP_MATMUL) {
      multiply(j, l, cn, p.x, p.w, w_zp, sums);
    } else {
      convolve(j, l, cn, l->out_c, p.x, p.w, NULL, NULL, dnnl_s32, sums);
    }
    bool exact = j->failed != NULL || add_sums(acc, sums, l->out_c, pixels, false, 1);
    if (l->op == HB_OP_CONV && w_zp != 0) {
      memset(p.w, 1, (size_t)cn * taps);
      convolve(j, l, cn, 1, p.x, p.w, NULL, NULL, dnnl_s32, sums);
      exact = exact && (j->failed != NULL || add_sums(acc, sums, l->out_c, pixels, true, -w_zp));
    }
    if (!exact) {
      j->failed = "keeping sums below 2^24 (fewer taps or smaller weights are needed)";
    }
    plain_release(&p);
  }
  free(sums);
}

/* t[k][y][x] becomes round(binary32(t) * scale[k]). */
static void requantise(judge_t *j, const hb_layer_t *l, int32_t *t, const float *scales) {
  const dnnl_dim_t dims[] = {1, l->out_c, hb_layer_out_h(l), hb_layer_out_w(l)};
  const size_t bytes = (size_t)(dims[1] * dims[2] * dims[3]) * sizeof(*t);
  int32_t *q = malloc(bytes);
  const tensor_t src = tensor(j, 4, dims, dnnl_s32, dnnl_nchw, t);
  const tensor_t dst = tensor(j, 4, dims, dnnl_s32, dnnl_nchw, q);
  dnnl_primitive_attr_t attr = NULL;
  CALL(j, dnnl_primitive_attr_create, &attr);
  CALL(j, dnnl_primitive_attr_set_output_scales, attr, l->out_c, 1 << 1, scales);
  dnnl_primitive_desc_t pd = NULL;
  CALL(j, dnnl_reorder_primitive_desc_create, &pd, &src.desc, j->engine, &dst.desc, j->engine,
       attr);
  dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, src.memory}, {DNNL_ARG_TO, dst.memory}};
  execute(j, pd, 2, args);
  dnnl_primitive_attr_destroy(attr);
  memcpy(t, q, bytes);
  free(q);
}

static int32_t clip(const hb_layer_t *l, int64_t y) {
  return (int32_t)(y < l->clip_min ? l->clip_min : y > l->clip_max ? l->clip_max : y);
}

static void read_parameters(const hb_layer_t *l, const uint8_t *consts, int32_t *bias,
                            float *scale) {
  const uint8_t *prm = consts + hb_map_prm_offset(l);
  for (uint32_t k = 0; k < l->out_c; ++k) {
    const uint8_t *block = prm + (size_t)(k / 16u) * HB_PRM_BLOCK_BYTES;
    memcpy(&bias[k], block + k % 16u * 4u, 4);
    memcpy(&scale[k], block + 64u + k % 16u * 4u, 4);
  }
}

int onednn_ref_layer(const hb_layer_t *l, const uint8_t *in, const uint8_t *consts, uint8_t *out,
                     char *why, size_t why_len) {
  judge_t j;
  judge_init(&j);
  const uint32_t oh = hb_layer_out_h(l), ow = hb_layer_out_w(l);
  const size_t pixels = (size_t)oh * ow;
  int32_t *t = calloc(pixels * l->out_c, sizeof(*t));
  int32_t *bias = malloc(l->out_c * sizeof(*bias));
  float *scale = malloc(l->out_c * sizeof(*scale));
  read_parameters(l, consts, bias, scale);
  accumulate(&j, l, in, consts, t);
  for (size_t i = 0; i < pixels * l->out_c; ++i) {
    t[i] = (int32_t)((uint32_t)t[i] + (uint32_t)bias[i / pixels]);
  }
  if (!l->raw_out) {
    requantise(&j, l, t, scale);
  }
  for (uint32_t k = 0; k < hb_tensor_blocks(l->out_c) * 16u; ++k) {
    for (uint32_t y = 0; y < oh; ++y) {
      for (uint32_t x = 0; x < ow; ++x) {
        const uint64_t at = hb_tensor_offset(oh, ow, k, y, x);
        const int32_t value = k < l->out_c ? t[k * pixels + (size_t)y * ow + x] : 0;
        if (l->raw_out) {
          memcpy(out + at * 4u, &value, 4);
        } else {
          out[at] = (uint8_t)clip(l, (int64_t)value + l->y_zp);
        }
      }
    }
  }
  free(t);
  free(bias);
  free(scale);
  return judge_release(&j, why, why_len);
}

int onednn_ref_fused(const hb_layer_t *l, const uint8_t *in, const uint8_t *consts, uint8_t *out,
                     bool *done_out, char *why, size_t why_len) {
  const uint64_t terms = (uint64_t)l->in_c * l->ker_h * l->ker_w;
  *done_out = false;
  if (l->op != HB_OP_CONV || !l->w_signed || l->w_zp != 0 || l->y_zp != 0 || l->raw_out ||
      terms * 255u * 128u >= 1u << 23) {
    return 0;
  }
  int32_t *bias = malloc(l->out_c * sizeof(*bias));
  float *scale = malloc(l->out_c * sizeof(*scale));
  read_parameters(l, consts, bias, scale);
  for (uint32_t k = 0; k < l->out_c; ++k) {
    if (bias[k] >= 1 << 23 || bias[k] <= -(1 << 23)) {
      free(bias);
      free(scale);
      return 0;
    }
  }
  judge_t j;
  judge_init(&j);
  const uint32_t oh = hb_layer_out_h(l), ow = hb_layer_out_w(l);
  uint8_t *dst = malloc((size_t)oh * ow * l->out_c); /* [y][x][k] */
  plain_t p = plain_copy(l, in, consts, 0, l->in_c);
  convolve(&j, l, l->in_c, l->out_c, p.x, p.w, bias, scale, l->y_signed ? dnnl_s8 : dnnl_u8, dst);
  for (uint32_t k = 0; k < hb_tensor_blocks(l->out_c) * 16u; ++k) {
    for (size_t px = 0; px < (size_t)oh * ow; ++px) {
      const uint64_t at = hb_tensor_offset(oh, ow, k, (uint32_t)(px / ow), (uint32_t)(px % ow));
      out[at] = k < l->out_c ? dst[px * l->out_c + k] : (uint8_t)clip(l, 0);
    }
  }
  plain_release(&p);
  free(dst);
  free(bias);
  free(scale);
  *done_out = true;
  return judge_release(&j, why, why_len);
}
