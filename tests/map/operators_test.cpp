/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Random layers of every operator of a tile: compiled, run on the Verilated tile, judged
 * by oneDNN.
 *
 * usage: hb_map_operators_test MODEL SEED COUNT [OPERATOR]
 *
 * oneDNN computes in binary32 on the dequantised operands; its result is quantised and compared.
 * What is linear with equal scales (depthwise convolution, maxima, copies) must be equal; the rest
 * may differ by the LSBs stated in kOps. Runs COUNT layers of each operator and prints, per
 * operator, how many, the worst difference and how often it was not 0.
 */

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"
#include "tile_bench.h"
#include "tile_reference.h"
#include "token_check.h"

using namespace hb;

namespace {

constexpr uint32_t kBase = TileBench::kMemoryBase;
constexpr uint32_t kIn = 0x80000, kIn2 = 0xc0000, kOut = 0x100000, kConsts = 0x180000;

using dims = dnnl::memory::dims;
using dnnl::prop_kind;

/* ------------------------------------------------------------------------------------- oneDNN */

const dnnl::engine &engine() {
  static const dnnl::engine one(dnnl::engine::kind::cpu, 0);
  return one;
}

dnnl::memory::desc nchw(const dims &shape) {
  return {shape, dnnl::memory::data_type::f32,
          shape.size() == 4   ? dnnl::memory::format_tag::nchw
          : shape.size() == 5 ? dnnl::memory::format_tag::goihw
          : shape.size() == 2 ? dnnl::memory::format_tag::ab
                              : dnnl::memory::format_tag::a};
}

void execute(const dnnl::primitive &primitive,
             const std::vector<std::pair<int, dnnl::memory>> &args) {
  dnnl::stream stream(engine());
  primitive.execute(stream, {args.begin(), args.end()});
  stream.wait();
}

dnnl::memory wrap(const dims &shape, const std::vector<float> &values) {
  return {nchw(shape), engine(), const_cast<float *>(values.data())};
}

/* ------------------------------------------------------------------------------------- a layer */

struct Operand {
  uint32_t c = 0, h = 0, w = 0;
  std::vector<int32_t> q;    // [c][y][x]
  std::vector<float> value;  // dequantised

  dims shape() const { return {1, c, h, w}; }
};

struct Random {
  std::mt19937 rng;
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(rng() % n); }
  uint32_t range(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool coin() { return (rng() & 1) != 0; }
  double real(double low, double high) {
    return low + (high - low) * static_cast<double>(rng() >> 8) / 16777216.0;
  }
};

struct Case {
  hb_layer_t layer{};
  Operand x, x2;
  std::vector<float> want;              // real values, [c][y][x]
  std::vector<int32_t> want_sums;       // of products: accumulators, exact
  std::vector<long double> want_codes;  // codes before rounding
  std::vector<uint8_t> in, in2, consts;
};

Operand operand(Random &r, uint32_t c, uint32_t h, uint32_t w, bool is_signed, int32_t zp,
                double scale) {
  Operand out{c, h, w, {}, {}};
  for (size_t i = 0; i < size_t{c} * h * w; ++i) {
    const auto q = static_cast<int32_t>(r.below(256)) - (is_signed ? 128 : 0);
    out.q.push_back(q);
    out.value.push_back(static_cast<float>(scale * (q - zp)));
  }
  return out;
}

std::vector<uint8_t> pack(const Operand &t, int32_t pad) {
  std::vector<uint8_t> out(hb_tensor_bytes(t.c, t.h, t.w), static_cast<uint8_t>(pad));
  size_t at = 0;
  for (uint32_t c = 0; c < t.c; ++c) {
    for (uint32_t y = 0; y < t.h; ++y) {
      for (uint32_t x = 0; x < t.w; ++x)
        out[hb_tensor_offset(t.h, t.w, c, y, x)] = static_cast<uint8_t>(t.q[at++]);
    }
  }
  return out;
}

/* Shape, types, zero points and scales; the operator's own members are set afterwards. */
void common(Random &r, Case &c, hb_op_t op, uint32_t max_c, uint32_t max_side) {
  hb_layer_t &l = c.layer;
  std::snprintf(l.name, sizeof l.name, "%s", hb_op_name(op));
  l.op = op;
  l.input2 = HB_LAYER_NO_INPUT;
  l.in_c = r.range(1, r.coin() ? max_c : 20);
  l.in_h = r.range(1, max_side);
  l.in_w = r.range(1, max_side);
  l.ker_h = l.ker_w = l.stride_h = l.stride_w = l.dil_h = l.dil_w = 1;
  l.x_signed = r.coin();
  l.y_signed = r.coin();
  l.x_zp = static_cast<int32_t>(r.below(256)) - (l.x_signed ? 128 : 0);
  l.y_zp = static_cast<int32_t>(r.below(256)) - (l.y_signed ? 128 : 0);
  l.clip_min = l.y_signed ? -128 : 0;
  l.clip_max = l.y_signed ? 127 : 255;
  if (r.below(4) == 0) {
    l.clip_min += static_cast<int32_t>(r.below(60));
    l.clip_max -= static_cast<int32_t>(r.below(60));
  }
  l.x_scale = r.real(0.002, 0.1);
  l.y_scale = r.real(0.002, 0.1);
  l.x2_scale = r.real(0.002, 0.1);
}

void window(Random &r, hb_layer_t &l) {
  const bool large = r.below(8) == 0;
  l.ker_h = r.range(1, large ? 13 : 5);
  l.ker_w = r.range(1, large ? 13 : 5);
  l.stride_h = r.range(1, large ? 9 : 3);
  l.stride_w = r.range(1, large ? 9 : 3);
  l.dil_h = r.below(4) == 0 ? r.range(2, large ? 4 : 2) : 1;
  l.dil_w = r.below(4) == 0 ? r.range(2, large ? 4 : 2) : 1;
  // Means nothing with one tap, and oneDNN refuses it in an image as narrow.
  l.dil_h = l.ker_h == 1 ? 1 : l.dil_h;
  l.dil_w = l.ker_w == 1 ? 1 : l.dil_w;
  // No window may lie in padding alone: oneDNN's average would divide by nothing.
  const uint32_t reach_h = l.dil_h * (l.ker_h - 1), reach_w = l.dil_w * (l.ker_w - 1);
  l.pad_top = r.below(l.dil_h == 1 ? l.ker_h : 1);
  l.pad_bottom = r.below(l.dil_h == 1 ? l.ker_h : 1);
  l.pad_left = r.below(l.dil_w == 1 ? l.ker_w : 1);
  l.pad_right = r.below(l.dil_w == 1 ? l.ker_w : 1);
  l.in_h = std::max(l.in_h, reach_h + 1);
  l.in_w = std::max(l.in_w, reach_w + 1);
}

void first_operand(Random &r, Case &c) {
  const hb_layer_t &l = c.layer;
  c.x = operand(r, l.in_c, l.in_h, l.in_w, l.x_signed, l.x_zp, l.x_scale);
}

void second_operand(Random &r, Case &c, uint32_t ch, uint32_t h, uint32_t w) {
  hb_layer_t &l = c.layer;
  l.input2 = HB_LAYER_MODEL_INPUT;
  l.in2_c = ch;
  l.in2_h = h;
  l.in2_w = w;
  l.x2_zp = static_cast<int32_t>(r.below(256)) - (l.x_signed ? 128 : 0);
  c.x2 = operand(r, ch, h, w, l.x_signed, l.x2_zp, l.x2_scale);
}

std::vector<float> result(const Case &c) {
  return std::vector<float>(size_t{hb_layer_out_c(&c.layer)} * hb_layer_out_h(&c.layer) *
                            hb_layer_out_w(&c.layer));
}

dims out_shape(const Case &c) {
  return {1, hb_layer_out_c(&c.layer), hb_layer_out_h(&c.layer), hb_layer_out_w(&c.layer)};
}

/* ---------------------------------------------------------------------------------- operators */

/* Weights [g][k][c][r][s] of a convolution, less their zero point. */
std::vector<float> weights_of(const Case &c) {
  const hb_layer_t &l = c.layer;
  std::vector<float> w;
  for (uint32_t k = 0; k < l.out_c; ++k) {
    for (uint32_t i = 0; i < l.in_c / hb_layer_groups(&l); ++i) {
      for (uint32_t t = 0; t < l.ker_h * l.ker_w; ++t) {
        const uint8_t byte = c.consts[hb_map_weight_offset(&l, k, i, t / l.ker_w, t % l.ker_w)];
        w.push_back(static_cast<float>((l.w_signed ? static_cast<int8_t>(byte) : byte) - l.w_zp));
      }
    }
  }
  return w;
}

/* Operands less their zero points, as whole numbers; sums stay below 2^24. */
std::vector<float> centred(const Operand &x, int32_t zp) {
  std::vector<float> out;
  for (const int32_t q : x.q)
    out.push_back(static_cast<float>(q - zp));
  return out;
}
constexpr uint32_t kMaxTerms = 250;

void sums(Case &c, const std::vector<float> &y) {
  for (const float v : y)
    c.want_sums.push_back(static_cast<int32_t>(v));
}

void weights(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  l.w_signed = r.coin();
  l.w_zp = r.coin() ? 0 : static_cast<int32_t>(r.below(256)) - (l.w_signed ? 128 : 0);
  l.raw_out = r.below(6) == 0;
  if (l.raw_out) l.y_zp = 0;
  first_operand(r, c);
  c.consts.resize(hb_map_const_bytes(&l));
  hb_map_synthesise(&l, r.rng(), 0, 0, c.consts.data());
}

void make_conv(Random &r, Case &c, uint32_t max_groups) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_CONV, 20, 16);
  if (r.below(4) == 0) l.in_h = 1;  // one-dimensional
  l.groups = r.range(1, max_groups);
  const uint32_t cg = r.range(1, r.coin() ? 12 : 70), kg = r.range(1, r.coin() ? 12 : 40);
  l.in_c = l.groups * cg;
  l.out_c = l.groups * kg;
  const bool flat = l.in_h == 1;
  window(r, l);
  if (flat) {
    l.in_h = l.ker_h = l.stride_h = l.dil_h = 1;
    l.pad_top = l.pad_bottom = 0;
  }
  while (cg * l.ker_h * l.ker_w > kMaxTerms) {
    if (l.ker_h > 1) {
      --l.ker_h;
    } else {
      --l.ker_w;
    }
  }
  l.pad_top = std::min(l.pad_top, l.ker_h - 1);
  l.pad_bottom = std::min(l.pad_bottom, l.ker_h - 1);
  l.pad_left = std::min(l.pad_left, l.ker_w - 1);
  l.pad_right = std::min(l.pad_right, l.ker_w - 1);
  weights(r, c);
  std::vector<float> y = result(c);
  const dims w_shape = {l.groups, kg, cg, l.ker_h, l.ker_w};
  const dnnl::convolution_forward::desc desc(
      prop_kind::forward_inference, dnnl::algorithm::convolution_direct, nchw(c.x.shape()),
      nchw(w_shape), nchw(out_shape(c)), dims{l.stride_h, l.stride_w},
      dims{l.dil_h - 1, l.dil_w - 1}, dims{l.pad_top, l.pad_left}, dims{l.pad_bottom, l.pad_right});
  execute(dnnl::convolution_forward({desc, engine()}),
          {{DNNL_ARG_SRC, wrap(c.x.shape(), centred(c.x, l.x_zp))},
           {DNNL_ARG_WEIGHTS, wrap(w_shape, weights_of(c))},
           {DNNL_ARG_DST, wrap(out_shape(c), y)}});
  sums(c, y);
}
void make_dense(Random &r, Case &c) {
  make_conv(r, c, 1);
}
void make_grouped(Random &r, Case &c) {
  make_conv(r, c, 8);
}

void make_conv_transpose(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_CONV_TRANSPOSE, 40, 12);
  l.out_c = r.range(1, r.coin() ? 12 : 40);
  if (r.below(4) == 0) l.in_h = 1;
  const bool flat = l.in_h == 1;
  l.ker_h = flat ? 1 : r.range(1, 5);
  l.ker_w = r.range(1, 5);
  l.stride_h = flat ? 1 : r.range(1, 3);
  l.stride_w = r.range(1, 3);
  while (l.in_c * l.ker_h * l.ker_w > kMaxTerms)
    --l.in_c;
  l.out_pad_h = r.below(l.stride_h);
  l.out_pad_w = r.below(l.stride_w);
  l.pad_top = r.below(l.ker_h);
  l.pad_left = r.below(l.ker_w);
  l.pad_bottom = r.below(l.ker_h);
  l.pad_right = r.below(l.ker_w);
  char why[200];
  while (hb_layer_check(&l, why, sizeof why) != HB_OK)  // padding left nothing
    l.pad_top = l.pad_bottom = l.pad_left = l.pad_right = 0;
  weights(r, c);
  std::vector<float> y = result(c);
  const dims w_shape = {l.out_c, l.in_c, l.ker_h, l.ker_w};
  // Output padding is less padding behind.
  const auto behind = [](uint32_t pad, uint32_t more) {
    return static_cast<dnnl::memory::dim>(pad) - static_cast<dnnl::memory::dim>(more);
  };
  const dnnl::memory::desc w_desc(w_shape, dnnl::memory::data_type::f32,
                                  dnnl::memory::format_tag::oihw);
  std::vector<float> w = weights_of(c);
  const dnnl::deconvolution_forward::desc desc(
      prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct, nchw(c.x.shape()),
      w_desc, nchw(out_shape(c)), dims{l.stride_h, l.stride_w}, dims{l.pad_top, l.pad_left},
      dims{behind(l.pad_bottom, l.out_pad_h), behind(l.pad_right, l.out_pad_w)});
  execute(dnnl::deconvolution_forward({desc, engine()}),
          {{DNNL_ARG_SRC, wrap(c.x.shape(), centred(c.x, l.x_zp))},
           {DNNL_ARG_WEIGHTS, dnnl::memory(w_desc, engine(), w.data())},
           {DNNL_ARG_DST, wrap(out_shape(c), y)}});
  sums(c, y);
}

void make_batch_matmul(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_BATCH_MATMUL, 40, 12);
  l.batch = r.range(1, 5);
  l.x_heads = r.coin();
  l.x2_heads = r.coin();
  l.y_heads = r.coin();
  uint32_t k = r.range(1, 200), n = r.range(1, 80);
  const uint32_t m = r.range(1, 60);
  if (l.x_heads) k = (k + 15) / 16 * 16;
  if (l.x2_heads || l.y_heads) n = (n + 15) / 16 * 16;
  l.in_c = l.x_heads ? l.batch * k : k;
  l.in_h = l.x_heads ? 1 : l.batch;
  l.in_w = m;
  l.y_scale = l.x_scale * l.x2_scale * std::sqrt(k) * r.real(40, 120);
  second_operand(r, c, l.x2_heads ? l.batch * n : n, l.x2_heads ? 1 : l.batch, k);
  first_operand(r, c);
  l.out_c = hb_layer_out_c(&l);
  l.raw_out = r.below(6) == 0;
  // Whole matrices for oneDNN.
  std::vector<float> a(size_t{l.batch} * m * k), b(size_t{l.batch} * k * n),
      y(size_t{l.batch} * m * n);
  const std::vector<float> x = centred(c.x, l.x_zp), x2 = centred(c.x2, l.x2_zp);
  for (uint32_t i = 0; i < l.batch; ++i) {
    for (uint32_t j = 0; j < k; ++j) {
      for (uint32_t row = 0; row < m; ++row) {
        a[(size_t{i} * m + row) * k + j] =
            x[l.x_heads ? (size_t{i} * k + j) * m + row : (size_t{j} * l.batch + i) * m + row];
      }
      for (uint32_t col = 0; col < n; ++col) {
        b[(size_t{i} * k + j) * n + col] =
            x2[l.x2_heads ? (size_t{i} * n + col) * k + j : (size_t{col} * l.batch + i) * k + j];
      }
    }
  }
  const auto abc = [](const dims &shape) {
    return dnnl::memory::desc(shape, dnnl::memory::data_type::f32, dnnl::memory::format_tag::abc);
  };
  const dims as = {l.batch, m, k}, bs = {l.batch, k, n}, ys = {l.batch, m, n};
  const dnnl::matmul::desc desc(abc(as), abc(bs), abc(ys));
  execute(dnnl::matmul({desc, engine()}),
          {{DNNL_ARG_SRC, dnnl::memory(abc(as), engine(), a.data())},
           {DNNL_ARG_WEIGHTS, dnnl::memory(abc(bs), engine(), b.data())},
           {DNNL_ARG_DST, dnnl::memory(abc(ys), engine(), y.data())}});
  c.want_sums.resize(y.size());
  for (uint32_t i = 0; i < l.batch; ++i) {
    for (uint32_t row = 0; row < m; ++row) {
      for (uint32_t col = 0; col < n; ++col) {
        c.want_sums[l.y_heads ? (size_t{i} * n + col) * m + row
                              : (size_t{col} * l.batch + i) * m + row] =
            static_cast<int32_t>(y[(size_t{i} * m + row) * n + col]);
      }
    }
  }
}

void make_depthwise(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_CONV, 70, 20);
  l.in_c = std::max(l.in_c, 2u);
  l.groups = l.out_c = l.in_c;
  window(r, l);
  l.w_signed = r.coin();
  l.w_zp = r.coin() ? 0 : static_cast<int32_t>(r.below(256)) - (l.w_signed ? 128 : 0);
  first_operand(r, c);
  c.consts.resize(hb_map_const_bytes(&l));
  hb_map_synthesise(&l, r.rng(), 0, 0, c.consts.data());
  std::vector<float> x, w, y = result(c);
  for (const int32_t q : c.x.q)
    x.push_back(static_cast<float>(q - l.x_zp));
  for (uint32_t k = 0; k < l.out_c; ++k) {
    for (uint32_t t = 0; t < l.ker_h * l.ker_w; ++t) {
      const uint8_t byte = c.consts[hb_map_weight_offset(&l, k, 0, t / l.ker_w, t % l.ker_w)];
      w.push_back(static_cast<float>((l.w_signed ? static_cast<int8_t>(byte) : byte) - l.w_zp));
    }
  }
  const dims w_shape = {l.in_c, 1, 1, l.ker_h, l.ker_w};
  const dnnl::convolution_forward::desc desc(
      prop_kind::forward_inference, dnnl::algorithm::convolution_direct, nchw(c.x.shape()),
      nchw(w_shape), nchw(out_shape(c)), dims{l.stride_h, l.stride_w},
      dims{l.dil_h - 1, l.dil_w - 1}, dims{l.pad_top, l.pad_left}, dims{l.pad_bottom, l.pad_right});
  execute(dnnl::convolution_forward({desc, engine()}), {{DNNL_ARG_SRC, wrap(c.x.shape(), x)},
                                                        {DNNL_ARG_WEIGHTS, wrap(w_shape, w)},
                                                        {DNNL_ARG_DST, wrap(out_shape(c), y)}});
  for (const float v : y)
    c.want_sums.push_back(static_cast<int32_t>(v));  // whole numbers below 2^24
}

void make_pool(Random &r, Case &c, dnnl::algorithm algorithm) {
  hb_layer_t &l = c.layer;
  const bool max = algorithm == dnnl::algorithm::pooling_max;
  common(r, c, max ? HB_OP_MAX_POOL : HB_OP_AVG_POOL, 70, 20);
  if (r.below(4) == 0) {  // over the whole image
    l.ker_h = l.in_h;
    l.ker_w = l.in_w;
  } else {
    window(r, l);
  }
  l.count_include_pad = algorithm == dnnl::algorithm::pooling_avg_include_padding;
  if (max) l.y_scale = l.x_scale;
  l.out_c = l.in_c;
  first_operand(r, c);
  c.want = result(c);
  const dnnl::pooling_v2_forward::desc desc(
      prop_kind::forward_inference, algorithm, nchw(c.x.shape()), nchw(out_shape(c)),
      dims{l.stride_h, l.stride_w}, dims{l.ker_h, l.ker_w}, dims{l.dil_h - 1, l.dil_w - 1},
      dims{l.pad_top, l.pad_left}, dims{l.pad_bottom, l.pad_right});
  execute(dnnl::pooling_v2_forward({desc, engine()}), {{DNNL_ARG_SRC, wrap(c.x.shape(), c.x.value)},
                                                       {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}
void make_max_pool(Random &r, Case &c) {
  make_pool(r, c, dnnl::algorithm::pooling_max);
}
void make_avg_pool(Random &r, Case &c) {
  make_pool(r, c,
            r.coin() ? dnnl::algorithm::pooling_avg_include_padding
                     : dnnl::algorithm::pooling_avg_exclude_padding);
}

void make_binary(Random &r, Case &c, hb_op_t op, dnnl::algorithm algorithm) {
  hb_layer_t &l = c.layer;
  common(r, c, op, 70, 30);
  l.out_c = l.in_c;
  const uint32_t kind = r.below(4);
  const bool one_pixel = kind == 1 || kind == 3, one_channel = kind >= 2 && op != HB_OP_MUL;
  l.y_scale = op == HB_OP_MUL ? l.x_scale * l.x2_scale * r.real(20, 200)
                              : r.real(0.5, 2.0) * (l.x_scale + l.x2_scale);
  second_operand(r, c, one_channel ? 1 : l.in_c, one_pixel ? 1 : l.in_h, one_pixel ? 1 : l.in_w);
  first_operand(r, c);
  c.want = result(c);
  const dnnl::binary::desc desc(algorithm, nchw(c.x.shape()), nchw(c.x2.shape()),
                                nchw(out_shape(c)));
  execute(dnnl::binary({desc, engine()}), {{DNNL_ARG_SRC_0, wrap(c.x.shape(), c.x.value)},
                                           {DNNL_ARG_SRC_1, wrap(c.x2.shape(), c.x2.value)},
                                           {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}
void make_add(Random &r, Case &c) {
  make_binary(r, c, HB_OP_ADD, dnnl::algorithm::binary_add);
}
void make_sub(Random &r, Case &c) {
  make_binary(r, c, HB_OP_SUB, dnnl::algorithm::binary_sub);
}
void make_mul(Random &r, Case &c) {
  make_binary(r, c, HB_OP_MUL, dnnl::algorithm::binary_mul);
}

void make_unary(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_UNARY, 70, 30);
  l.out_c = l.in_c;
  using dnnl::algorithm;
  static const struct {
    hb_unary_t unary;
    algorithm alg;
    float alpha, beta;
  } kFunctions[] = {
      {HB_UNARY_SIGMOID, algorithm::eltwise_logistic, 0, 0},
      {HB_UNARY_TANH, algorithm::eltwise_tanh, 0, 0},
      {HB_UNARY_GELU, algorithm::eltwise_gelu_erf, 0, 0},
      {HB_UNARY_HARD_SWISH, algorithm::eltwise_hardswish, 1.0f / 6, 0.5f},
      {HB_UNARY_SWISH, algorithm::eltwise_swish, 1, 0},
      {HB_UNARY_RELU, algorithm::eltwise_relu, 0, 0},
      {HB_UNARY_LEAKY_RELU, algorithm::eltwise_relu, 0.1f, 0},
      {HB_UNARY_ELU, algorithm::eltwise_elu, 0.7f, 0},
      {HB_UNARY_SOFTPLUS, algorithm::eltwise_soft_relu, 1, 0},
      {HB_UNARY_EXP, algorithm::eltwise_exp, 0, 0},
      {HB_UNARY_ABS, algorithm::eltwise_abs, 0, 0},
      {HB_UNARY_NEG, algorithm::eltwise_linear, -1, 0},
      {HB_UNARY_SQRT, algorithm::eltwise_sqrt, 0, 0},
      {HB_UNARY_RECIPROCAL, algorithm::eltwise_pow, 1, -1},
      {HB_UNARY_HARD_SIGMOID, algorithm::eltwise_linear, 0.2f, 0.5f},  // then from 0 to 1
  };
  const auto &f = kFunctions[r.below(std::size(kFunctions))];
  l.unary = f.unary;
  l.alpha = static_cast<double>(f.alpha);
  l.beta = static_cast<double>(f.beta);
  first_operand(r, c);
  // Where the functions are defined.
  for (size_t i = 0; i < c.x.q.size(); ++i) {
    int32_t &q = c.x.q[i];
    if (f.unary == HB_UNARY_SQRT) q = std::max(q, l.x_zp);
    if (f.unary == HB_UNARY_RECIPROCAL && q == l.x_zp) q += q < (l.x_signed ? 127 : 255) ? 1 : -1;
    c.x.value[i] = static_cast<float>(l.x_scale * (q - l.x_zp));
  }
  c.want = result(c);
  const auto apply = [&](algorithm alg, float alpha, float beta, std::vector<float> &from) {
    const dnnl::eltwise_forward::desc desc(prop_kind::forward_inference, alg, nchw(c.x.shape()),
                                           alpha, beta);
    execute(dnnl::eltwise_forward({desc, engine()}),
            {{DNNL_ARG_SRC, wrap(c.x.shape(), from)}, {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
  };
  apply(f.alg, f.alpha, f.beta, c.x.value);
  if (f.unary == HB_UNARY_HARD_SIGMOID) apply(algorithm::eltwise_clip, 0, 1, c.want);
}

void make_requantise(Random &r, Case &c) {
  common(r, c, HB_OP_REQUANTISE, 70, 30);
  c.layer.out_c = c.layer.in_c;
  first_operand(r, c);
  c.want = result(c);
  execute(
      dnnl::reorder(wrap(c.x.shape(), c.x.value), wrap(out_shape(c), c.want)),
      {{DNNL_ARG_FROM, wrap(c.x.shape(), c.x.value)}, {DNNL_ARG_TO, wrap(out_shape(c), c.want)}});
}

void make_softmax(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_SOFTMAX, 300, 12);
  l.out_c = l.in_c;
  l.y_scale = r.real(0.5, 2) / 256;
  first_operand(r, c);
  c.want = result(c);
  const dnnl::softmax_forward::desc desc(prop_kind::forward_inference, nchw(c.x.shape()), 1);
  execute(dnnl::softmax_forward({desc, engine()}), {{DNNL_ARG_SRC, wrap(c.x.shape(), c.x.value)},
                                                    {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}

void make_layer_norm(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_LAYER_NORM, 300, 12);
  // Few channels have small variances, where epsilon counts.
  l.in_c = r.below(4) == 0 ? r.range(2, 4) : std::max(l.in_c, 2u);
  l.out_c = l.in_c;
  l.epsilon = r.coin() ? 1e-5 : 1e-2;
  l.y_scale = r.real(3, 6) / 128;
  first_operand(r, c);
  c.consts.resize(hb_map_const_bytes(&l));
  hb_map_synthesise(&l, r.rng(), 0, 0, c.consts.data());
  // gamma and beta back from the parameters.
  std::vector<float> gamma_beta(2 * l.in_c);
  for (uint32_t k = 0; k < l.in_c; ++k) {
    const uint8_t *block = c.consts.data() + hb_map_vec_offset(&l) + k / 16 * HB_PRM_BLOCK_BYTES;
    int32_t bias;
    float scale;
    std::memcpy(&bias, block + k % 16 * 4, 4);
    std::memcpy(&scale, block + 64 + k % 16 * 4, 4);
    const double gamma = static_cast<double>(scale) * 65536.0 * l.y_scale;
    gamma_beta[k] = static_cast<float>(gamma);
    gamma_beta[l.in_c + k] = static_cast<float>(gamma * bias / 65536.0);
  }
  // oneDNN normalises the last dimension.
  const uint32_t pixels = l.in_h * l.in_w;
  std::vector<float> rows(c.x.value.size()), out(rows.size());
  for (uint32_t p = 0; p < pixels; ++p) {
    for (uint32_t k = 0; k < l.in_c; ++k)
      rows[p * l.in_c + k] = c.x.value[k * pixels + p];
  }
  const dims shape = {pixels, l.in_c}, params = {2, l.in_c};
  const dnnl::layer_normalization_forward::desc desc(prop_kind::forward_inference, nchw(shape),
                                                     static_cast<float>(l.epsilon),
                                                     dnnl::normalization_flags::use_scale_shift);
  execute(dnnl::layer_normalization_forward({desc, engine()}),
          {{DNNL_ARG_SRC, wrap(shape, rows)},
           {DNNL_ARG_SCALE_SHIFT, wrap(params, gamma_beta)},
           {DNNL_ARG_DST, wrap(shape, out)}});
  c.want = result(c);
  for (uint32_t p = 0; p < pixels; ++p) {
    for (uint32_t k = 0; k < l.in_c; ++k)
      c.want[k * pixels + p] = out[p * l.in_c + k];
  }
}

void make_reduce(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_REDUCE, 200, 12);
  l.in_c = std::max(l.in_c, 2u);  // oneDNN wants something to reduce
  l.out_c = 1;
  using dnnl::algorithm;
  static const struct {
    hb_reduce_t reduce;
    algorithm alg;
  } kFunctions[] = {{HB_REDUCE_SUM, algorithm::reduction_sum},
                    {HB_REDUCE_MEAN, algorithm::reduction_mean},
                    {HB_REDUCE_MAX, algorithm::reduction_max},
                    {HB_REDUCE_MIN, algorithm::reduction_min},
                    {HB_REDUCE_SUM_SQUARE, algorithm::reduction_norm_lp_power_p_sum}};
  const auto &f = kFunctions[r.below(std::size(kFunctions))];
  l.reduce = f.reduce;
  if (f.reduce == HB_REDUCE_SUM) l.y_scale = l.x_scale * std::sqrt(l.in_c) * 2;
  if (f.reduce == HB_REDUCE_SUM_SQUARE) l.y_scale = l.x_scale * l.x_scale * 100 * l.in_c;
  first_operand(r, c);
  c.want = result(c);
  const dnnl::reduction::desc desc(f.alg, nchw(c.x.shape()), nchw(out_shape(c)), 2.0f, 0.0f);
  execute(dnnl::reduction({desc, engine()}), {{DNNL_ARG_SRC, wrap(c.x.shape(), c.x.value)},
                                              {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}

void make_resize(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_RESIZE, 40, 12);
  l.out_c = l.in_c;
  // oneDNN's nearest rounds where ONNX's floors: they agree where a pixel becomes a whole number of
  // pixels.
  l.resize = r.coin() ? HB_RESIZE_LINEAR : HB_RESIZE_NEAREST;
  if (l.resize == HB_RESIZE_NEAREST || r.coin()) {
    l.out_h = l.in_h * r.range(1, 4);
    l.out_w = l.in_w * r.range(1, 4);
  } else {
    l.out_h = r.range(1, 20);
    l.out_w = r.range(1, 20);
  }
  l.y_scale = l.x_scale;
  first_operand(r, c);
  c.want = result(c);
  const dnnl::resampling_forward::desc desc(prop_kind::forward_inference,
                                            l.resize == HB_RESIZE_LINEAR
                                                ? dnnl::algorithm::resampling_linear
                                                : dnnl::algorithm::resampling_nearest,
                                            nchw(c.x.shape()), nchw(out_shape(c)));
  execute(dnnl::resampling_forward({desc, engine()}), {{DNNL_ARG_SRC, wrap(c.x.shape(), c.x.value)},
                                                       {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}

void make_concat(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_CONCAT, 60, 20);
  l.x2_scale = l.y_scale = l.x_scale;
  second_operand(r, c, r.range(1, 50), l.in_h, l.in_w);
  l.x2_zp = l.x_zp;
  for (size_t i = 0; i < c.x2.q.size(); ++i)
    c.x2.value[i] = static_cast<float>(l.x2_scale * (c.x2.q[i] - l.x2_zp));
  l.out_c = l.in_c + l.in2_c;
  first_operand(r, c);
  c.want = result(c);
  const std::vector<dnnl::memory::desc> sources = {nchw(c.x.shape()), nchw(c.x2.shape())};
  const dnnl::concat::primitive_desc desc(nchw(out_shape(c)), 1, sources, engine());
  execute(dnnl::concat(desc), {{DNNL_ARG_MULTIPLE_SRC, wrap(c.x.shape(), c.x.value)},
                               {DNNL_ARG_MULTIPLE_SRC + 1, wrap(c.x2.shape(), c.x2.value)},
                               {DNNL_ARG_DST, wrap(out_shape(c), c.want)}});
}

/* A reorder of a sub-tensor, or with other strides. */
void reorder(Case &c, const dnnl::memory::desc &from) {
  c.want = result(c);
  const dnnl::memory source(from, engine(), c.x.value.data());
  const dnnl::memory target = wrap(out_shape(c), c.want);
  execute(dnnl::reorder(source, target), {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}});
}

void make_slice(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_SLICE, 70, 20);
  l.y_scale = l.x_scale;
  l.out_c = r.range(1, l.in_c);
  l.out_h = r.range(1, l.in_h);
  l.out_w = r.range(1, l.in_w);
  l.slice_c = r.below(l.in_c - l.out_c + 1);
  l.slice_y = r.below(l.in_h - l.out_h + 1);
  l.slice_x = r.below(l.in_w - l.out_w + 1);
  first_operand(r, c);
  reorder(c, nchw(c.x.shape()).submemory_desc(out_shape(c), {0, l.slice_c, l.slice_y, l.slice_x}));
}

void make_transpose(Random &r, Case &c) {
  hb_layer_t &l = c.layer;
  common(r, c, HB_OP_TRANSPOSE, 40, 20);
  l.y_scale = l.x_scale;
  l.permute = static_cast<hb_permute_t>(r.below(3));
  l.out_c = hb_layer_out_c(&l);
  first_operand(r, c);
  const dnnl::memory::dim sc = l.in_h * l.in_w, sy = l.in_w, sx = 1;
  const dims strides = l.permute == HB_PERMUTE_HW   ? dims{0, sc, sx, sy}
                       : l.permute == HB_PERMUTE_CW ? dims{0, sx, sy, sc}
                                                    : dims{0, sy, sc, sx};
  dims with_batch = strides;
  with_batch[0] = sc * l.in_c;
  reorder(c, {out_shape(c), dnnl::memory::data_type::f32, with_batch});
}

struct Op {
  const char *name;
  void (*make)(Random &r, Case &c);
  int32_t tolerance;  // LSBs of the output
  bool systolic;
};

const Op kOps[] = {
    {"depthwise", make_depthwise, 0, false},
    {"max_pool", make_max_pool, 0, false},
    {"avg_pool", make_avg_pool, 1, false},
    {"add", make_add, 1, false},
    {"sub", make_sub, 1, false},
    {"mul", make_mul, 1, false},
    {"unary", make_unary, 1, false},
    {"requantise", make_requantise, 1, false},
    {"softmax", make_softmax, 1, false},
    {"layer_norm", make_layer_norm, 1, false},
    {"reduce", make_reduce, 1, false},
    {"resize", make_resize, 2, false},
    {"concat", make_concat, 0, false},
    {"slice", make_slice, 0, false},
    {"transpose", make_transpose, 0, false},
    {"conv", make_dense, 0, true},
    {"grouped", make_grouped, 0, true},
    {"transposed", make_conv_transpose, 0, true},
    {"product", make_batch_matmul, 0, true},
};

/* --------------------------------------------------------------------------------------- running
 */

struct Tally {
  uint32_t layers = 0, refused = 0;
  uint64_t values = 0, different = 0;
  int32_t worst = 0;
};

void run_case(TileBench &bench, const hb_map_tile_t &tile, Case &c, const Op &op, Tally &tally) {
  const hb_layer_t &l = c.layer;
  char why[256] = "";
  hb_program_t program{};
  expect(hb_layer_check(&l, why, sizeof why) == HB_OK, "%s: %s", op.name, why);
  if (c.consts.empty()) {
    c.consts.resize(hb_map_const_bytes(&l));
    hb_map_synthesise(&l, 1, 0, 0, c.consts.data());
  }
  if (hb_map_layer(&l, &tile, &program, why, sizeof why) != HB_OK) {
    // The one thing that a tile cannot do.
    expect(tile.size == 8 && l.op == HB_OP_SOFTMAX && l.in_c > 8, "%s: refused: %s", op.name, why);
    ++tally.refused;
    return;
  }
  uint32_t level = 0;
  expect(
      token_check(&tile, program.commands, program.num_commands, 254, &level, why, sizeof why) == 0,
      "%s: %s", op.name, why);
  const std::vector<uint8_t> in = pack(c.x, l.x_zp), in2 = pack(c.x2, l.x2_zp);
  const size_t out_bytes = hb_map_out_bytes(&l);
  expect(program.num_commands * sizeof(hb_cmd_t) <= kIn && in.size() <= kIn2 - kIn &&
             in2.size() <= kOut - kIn2 && out_bytes <= kConsts - kOut &&
             c.consts.size() <= bench.memory.size() - kConsts,
         "%s: the layer does not fit the bench's memory", op.name);
  std::fill(bench.memory.begin(), bench.memory.end(), uint8_t{0xa5});
  bench.put_program(kBase, {program.commands, program.commands + program.num_commands});
  std::copy(in.begin(), in.end(), bench.memory.begin() + kIn);
  std::copy(in2.begin(), in2.end(), bench.memory.begin() + kIn2);
  std::copy(c.consts.begin(), c.consts.end(), bench.memory.begin() + kConsts);
  std::vector<uint8_t> before = bench.memory;
  bench.ring(kBase, program.num_commands,
             {kBase + kIn, kBase + kOut, kBase + kConsts, kBase + kIn2}, 1);
  const Completion done = bench.wait_completion();
  expect(done.code == HB_TILE_STATUS_OK, "%s: status %u at command %u", op.name, done.code,
         done.command);
  bench.wait_idle();
  hb_program_release(&program);
  std::copy_n(bench.memory.begin() + kOut, out_bytes, before.begin() + kOut);
  expect(before == bench.memory, "%s: a write outside the output tensor", op.name);
  ++tally.layers;
  const uint32_t oc = hb_layer_out_c(&l), oh = hb_layer_out_h(&l), ow = hb_layer_out_w(&l);
  size_t at = 0;
  for (uint32_t k = 0; k < hb_tensor_blocks(oc) * 16; ++k) {
    int32_t bias = 0;
    float scale = 0;
    if (!c.want_sums.empty() && k < oc) {
      const uint8_t *block = c.consts.data() + hb_map_prm_offset(&l) + k / 16 * HB_PRM_BLOCK_BYTES;
      std::memcpy(&bias, block + k % 16 * 4, 4);
      std::memcpy(&scale, block + 64 + k % 16 * 4, 4);
    }
    for (uint32_t y = 0; y < oh; ++y) {
      for (uint32_t x = 0; x < ow; ++x) {
        const uint64_t offset = hb_tensor_offset(oh, ow, k, y, x);
        const uint8_t byte = bench.memory[kOut + offset];
        int32_t got = l.y_signed ? static_cast<int8_t>(byte) : byte;
        if (l.raw_out) std::memcpy(&got, &bench.memory[kOut + offset * 4], 4);
        int32_t want =
            l.raw_out ? 0
                      : std::clamp(l.y_zp, l.clip_min, l.clip_max);  // lanes beyond the channels
        if (k < oc && l.raw_out) {
          want = c.want_sums[at] + bias;
        } else if (k < oc && !c.want_sums.empty()) {
          want = requant(c.want_sums[at] + bias, scale, l.y_zp, l.clip_min, l.clip_max);
        } else if (k < oc && !c.want_codes.empty()) {
          want = static_cast<int32_t>(std::rint(c.want_codes[at]));
        } else if (k < oc) {
          const double q = std::rint(static_cast<double>(c.want[at]) / l.y_scale) + l.y_zp;
          want = static_cast<int32_t>(std::clamp(q, double(l.clip_min), double(l.clip_max)));
        }
        at += k < oc;
        const int32_t off = std::abs(got - want);
        tally.values += k < oc;
        tally.different += k < oc && off != 0;
        tally.worst = std::max(tally.worst, off);
        expect(off <= (k < oc ? op.tolerance : 0),
               "%s %ux%ux%u -> %ux%ux%u: (%u, %u, %u) is %d, expected %d", op.name, l.in_c, l.in_h,
               l.in_w, oc, oh, ow, k, y, x, got, want);
      }
    }
  }
}

/* ---------------------------------------------------------- table functions, every code of the
 * input
 */

struct Function {
  hb_unary_t unary;
  const char *name;
  long double (*f)(long double v, const hb_layer_t &l);
};

const Function kTableFunctions[] = {
    {HB_UNARY_SIGMOID, "sigmoid",
     [](long double v, const hb_layer_t &) { return 0.5L + 0.5L * std::tanh(v / 2); }},
    {HB_UNARY_TANH, "tanh", [](long double v, const hb_layer_t &) { return std::tanh(v); }},
    {HB_UNARY_GELU, "gelu",
     [](long double v, const hb_layer_t &) { return v / 2 * std::erfc(-v * std::sqrt(0.5L)); }},
    {HB_UNARY_HARD_SWISH, "hard_swish",
     [](long double v, const hb_layer_t &) { return v <= -3  ? 0
                                                    : v >= 3 ? v
                                                             : v * (v + 3) / 6; }},
    {HB_UNARY_HARD_SIGMOID, "hard_sigmoid",
     [](long double v, const hb_layer_t &l) {
       return std::clamp<long double>(l.alpha * v + l.beta, 0, 1);
     }},
    {HB_UNARY_SWISH, "swish",
     [](long double v, const hb_layer_t &) { return v / 2 + v / 2 * std::tanh(v / 2); }},
    {HB_UNARY_RELU, "relu", [](long double v, const hb_layer_t &) { return v > 0 ? v : 0; }},
    {HB_UNARY_LEAKY_RELU, "leaky_relu",
     [](long double v, const hb_layer_t &l) { return v > 0 ? v : l.alpha * v; }},
    {HB_UNARY_ELU, "elu",
     [](long double v, const hb_layer_t &l) { return v > 0 ? v : l.alpha * (std::exp(v) - 1); }},
    {HB_UNARY_SOFTPLUS, "softplus",
     [](long double v, const hb_layer_t &) { return std::log(1 + std::exp(v)); }},
    {HB_UNARY_EXP, "exp", [](long double v, const hb_layer_t &) { return std::exp(v); }},
    {HB_UNARY_SQRT, "sqrt",
     [](long double v, const hb_layer_t &) { return v < 0 ? 0 : std::sqrt(v); }},
    {HB_UNARY_RECIPROCAL, "reciprocal", [](long double v, const hb_layer_t &) { return 1 / v; }},
    {HB_UNARY_ABS, "abs", [](long double v, const hb_layer_t &) { return v < 0 ? -v : v; }},
    {HB_UNARY_NEG, "neg", [](long double v, const hb_layer_t &) { return -v; }},
};
static_assert(std::size(kTableFunctions) == HB_UNARY_COUNT);

/* Every function at all 256 codes, signed and unsigned, at 40 random scales and zero points. The
 * error is of the value that is not rounded: half an LSB is the best there is. */
void whole_range(const TileModelInfo &info, const hb_map_tile_t &tile) {
  const Op op = {"function", nullptr, 0, false};
  std::printf("%s\nfunction         codes  differ  error, LSB\n", info.name);
  TileBench bench(info, {});
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  Random r{std::mt19937(1)};
  for (const Function &function : kTableFunctions) {
    Tally tally;
    long double worst = 0;
    for (uint32_t i = 0; i < 40; ++i) {
      Case c;
      hb_layer_t &l = c.layer;
      common(r, c, HB_OP_UNARY, 1, 1);
      l.unary = function.unary;
      l.in_c = l.out_c = 16;
      l.in_h = l.in_w = 4;
      l.alpha = r.real(0.05, 1);
      l.beta = r.real(0.1, 0.9);
      l.x_signed = i % 2 != 0;
      l.x_zp = static_cast<int32_t>(r.below(256)) - (l.x_signed ? 128 : 0);
      l.clip_min = l.y_signed ? -128 : 0;
      l.clip_max = l.y_signed ? 127 : 255;
      c.x = operand(r, l.in_c, l.in_h, l.in_w, l.x_signed, l.x_zp, l.x_scale);
      for (int32_t code = 0; code < 256; ++code)
        c.x.q[static_cast<size_t>(code)] = code - (l.x_signed ? 128 : 0);
      c.want_codes.resize(256);
      for (size_t at = 0; at < 256; ++at) {
        const long double y =
            function.f(static_cast<long double>(l.x_scale) * (c.x.q[at] - l.x_zp), l) / l.y_scale +
            l.y_zp;
        c.want_codes[at] = std::clamp<long double>(y, l.clip_min, l.clip_max);
      }
      run_case(bench, tile, c, op, tally);
      for (size_t at = 0; at < 256; ++at) {
        const uint64_t offset =
            hb_tensor_offset(4, 4, static_cast<uint32_t>(at / 16),
                             static_cast<uint32_t>(at / 4 % 4), static_cast<uint32_t>(at % 4));
        const uint8_t byte = bench.memory[kOut + offset];
        const int32_t got = l.y_signed ? static_cast<int8_t>(byte) : byte;
        worst = std::max(worst, std::fabs(got - c.want_codes[at]));
      }
    }
    expect(worst <= 0.500001L, "%s: %.6Lf LSB off", function.name, worst);
    std::printf("%-14s %7llu %7llu %11.3Lf\n", function.name,
                static_cast<unsigned long long>(tally.values),
                static_cast<unsigned long long>(tally.different), worst);
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 3 && std::strcmp(argv[2], "functions") == 0) {
    const TileModelInfo &info = find_model(argv[1]);
    hb_map_tile_t tile;
    hb_map_tile_decode(info.id, info.caps, &tile);
    whole_range(info, tile);
    return 0;
  }
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr,
                 "usage: hb_map_operators_test MODEL SEED COUNT [OPERATOR]\n"
                 "       hb_map_operators_test MODEL functions\n");
    return 2;
  }
  const TileModelInfo &info = find_model(argv[1]);
  hb_map_tile_t tile;
  hb_map_tile_decode(info.id, info.caps, &tile);
  uint32_t seed, count;
  if (!parse_number(argv[2], &seed) || !parse_number(argv[3], &count) || count == 0) {
    std::fprintf(stderr,
                 "hb_map_operators_test: '%s %s': SEED and COUNT are numbers, COUNT 1 or more\n",
                 argv[2], argv[3]);
    return 2;
  }
  bool found = false;
  std::printf("%s, seed %s\noperator      layers     values  differ  worst  allowed\n", argv[1],
              argv[2]);
  for (const Op &op : kOps) {
    if (op.systolic == (tile.kind == HB_TILE_KIND_VECTOR)) continue;
    if (argc == 5 && std::strcmp(op.name, argv[4]) != 0) continue;
    found = true;
    Random random{std::mt19937(seed)};
    BenchOptions options;
    options.seed = static_cast<uint32_t>(random.rng());
    options.stall_percent = 10;
    options.max_latency = 20;
    TileBench bench(info, options);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    Tally tally;
    for (uint32_t i = 0; i < count; ++i) {
      Case c;
      op.make(random, c);
      run_case(bench, tile, c, op, tally);
    }
    std::printf("%-12s %7u %10llu %6.2f%% %4d LSB %4d LSB", op.name, tally.layers,
                static_cast<unsigned long long>(tally.values),
                100.0 * static_cast<double>(tally.different) /
                    std::max<double>(1.0, static_cast<double>(tally.values)),
                tally.worst, op.tolerance);
    if (tally.refused > 0) std::printf("   (%u not for this tile)", tally.refused);
    std::printf("\n");
  }
  if (!found) {
    std::fprintf(stderr, "hb_map_operators_test: '%s': not an operator of %s\n", argv[4], argv[1]);
    return 2;
  }
  return 0;
}
