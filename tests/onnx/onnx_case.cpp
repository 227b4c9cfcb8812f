/* SPDX-License-Identifier: Apache-2.0 */

#include "onnx_case.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>

#include "hb_map.h"
#include "hb_map_vec.h"
#include "hilbert/hb_tensor.h"
#include "onnx_node.h"
#include "onnx_vector.h"

namespace hb {
namespace {

/* One operand in 8 bits: value = scale * (q - zp). */
struct Quantised {
  bool is_signed = false;
  int32_t zp = 0;
  std::vector<uint32_t> dims;
  std::vector<int32_t> q;
};

Quantised as_is(const Tensor &tensor, int32_t zp) {
  require(tensor.type == HB_ONNX_INT8 || tensor.type == HB_ONNX_UINT8,
          "an operand is not 8 bits wide");
  Quantised out{tensor.is_signed(), zp, tensor.dims, {}};
  for (const double value : tensor.values)
    out.q.push_back(static_cast<int32_t>(value));
  return out;
}

/* A zero point or scale: one element, or one per output channel where `channels` allows it. */
double per_tensor(const Node &node, size_t i, const char *what) {
  if (!node.has(i)) return 0;
  const std::vector<double> &values = node.inputs[i].values;
  for (const double value : values) {
    require(value == values[0],
            std::string(what) + " differs within the tensor: the array has one");
  }
  if (values.empty()) die(std::string(what) + " is empty");
  return values[0];
}

int32_t zero_point(const Node &node, size_t i, const char *what) {
  return static_cast<int32_t>(per_tensor(node, i, what));
}

std::vector<float> per_channel(const Tensor &tensor, uint32_t channels) {
  if (tensor.values.size() != 1 && tensor.values.size() != channels)
    die("a scale has neither 1 nor K elements");
  std::vector<float> out(channels);
  for (uint32_t k = 0; k < channels; ++k) {
    out[k] = static_cast<float>(tensor.values[tensor.values.size() == 1 ? 0 : k]);
  }
  return out;
}

using Get = std::function<int32_t(uint32_t c, uint32_t y, uint32_t x)>;
using GetWeight = std::function<int32_t(uint32_t k, uint32_t c, uint32_t r, uint32_t s)>;
using GetWant = std::function<int32_t(uint32_t k, uint32_t y, uint32_t x)>;

/* Lays out one layer. `scale` and `bias` have out_c elements. */
OnnxJob make_job(const hb_layer_t &layer, const Get &x, const GetWeight &w,
                 const std::vector<int32_t> &bias, const std::vector<float> &scale,
                 const GetWant &want) {
  OnnxJob job;
  job.layer = layer;
  job.in.assign(hb_map_in_bytes(&layer), 0xa5);  // lanes beyond the channels may hold anything
  job.consts.assign(hb_map_const_bytes(&layer), 0);
  std::fill_n(job.consts.begin(), hb_map_prm_offset(&layer), static_cast<uint8_t>(layer.w_zp));
  std::fill(job.consts.begin() + static_cast<ptrdiff_t>(hb_map_zero_offset(&layer)),
            job.consts.end(), static_cast<uint8_t>(layer.x_zp));
  for (uint32_t c = 0; c < layer.in_c; ++c) {
    for (uint32_t y = 0; y < layer.in_h; ++y) {
      for (uint32_t i = 0; i < layer.in_w; ++i) {
        job.in[hb_tensor_offset(layer.in_h, layer.in_w, c, y, i)] =
            static_cast<uint8_t>(x(c, y, i));
      }
    }
  }
  for (uint32_t k = 0; k < layer.out_c; ++k) {
    for (uint32_t c = 0; c < layer.in_c; ++c) {
      for (uint32_t r = 0; r < layer.ker_h; ++r) {
        for (uint32_t s = 0; s < layer.ker_w; ++s) {
          job.consts[hb_map_weight_offset(&layer, k, c, r, s)] =
              static_cast<uint8_t>(w(k, c, r, s));
        }
      }
    }
    for (uint32_t y = 0; y < hb_layer_out_h(&layer); ++y) {
      for (uint32_t i = 0; i < hb_layer_out_w(&layer); ++i)
        job.want.push_back(want(k, y, i));
    }
  }
  for (uint32_t k = 0; k < hb_tensor_blocks(layer.out_c) * HB_BLOCK_CHANNELS; ++k) {
    uint8_t *block =
        job.consts.data() + hb_map_prm_offset(&layer) + k / HB_BLOCK_CHANNELS * HB_PRM_BLOCK_BYTES;
    const int32_t b = k < layer.out_c ? bias[k] : 0;
    const float f = k < layer.out_c ? scale[k] : 1.0f;
    std::memcpy(block + k % HB_BLOCK_CHANNELS * 4, &b, 4);
    std::memcpy(block + 64 + k % HB_BLOCK_CHANNELS * 4, &f, 4);
  }
  return job;
}

/* What requantisation does: filled per operator, common to all layers of a vector. */
struct Output {
  bool raw = true;  // int32 sums
  bool is_signed = false;
  int32_t zp = 0;
  std::vector<int32_t> bias, want;  // want: as the output tensor lies
  std::vector<float> scale;
};

hb_layer_t plain_layer(const char *name, const Quantised &x, const Quantised &w,
                       const Output &out) {
  hb_layer_t layer{};
  std::snprintf(layer.name, sizeof(layer.name), "%s", name);
  layer.in_h = layer.in_w = layer.ker_h = layer.ker_w = 1;
  layer.stride_h = layer.stride_w = layer.dil_h = layer.dil_w = 1;
  layer.x_signed = x.is_signed;
  layer.x_zp = x.zp;
  layer.w_signed = w.is_signed;
  layer.w_zp = w.zp;
  layer.raw_out = out.raw;
  layer.y_signed = out.is_signed;
  layer.y_zp = out.zp;
  layer.clip_min = out.is_signed ? -128 : 0;
  layer.clip_max = out.is_signed ? 127 : 255;
  return layer;
}

void conv_padding(const Node &node, hb_layer_t &layer) {
  hb_onnx_error_t error;
  int64_t pads[4] = {0, 0, 0, 0};
  check(hb_onnx_get_ints(node.proto(), "pads", 4, pads, &error), error);
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node.proto(), "auto_pad");
  const std::string mode =
      attribute == nullptr
          ? "NOTSET"
          : std::string(reinterpret_cast<const char *>(attribute->s.data), attribute->s.len);
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    const uint32_t size[2] = {layer.in_h, layer.in_w}, stride[2] = {layer.stride_h, layer.stride_w};
    const uint32_t reach[2] = {layer.dil_h * (layer.ker_h - 1) + 1,
                               layer.dil_w * (layer.ker_w - 1) + 1};
    for (int i = 0; i < 2; ++i) {
      const int64_t outputs = (size[i] + stride[i] - 1) / stride[i];
      const int64_t total = std::max<int64_t>(0, (outputs - 1) * stride[i] + reach[i] - size[i]);
      pads[i] = (total + (mode == "SAME_LOWER" ? 1 : 0)) / 2;
      pads[i + 2] = total - pads[i];
    }
  } else {
    require(mode == "NOTSET" || mode == "VALID", "auto_pad " + mode);
  }
  for (const int64_t pad : pads)
    require(pad >= 0 && pad <= 255, "padding outside 0 .. 255");
  layer.pad_top = static_cast<uint32_t>(pads[0]);
  layer.pad_left = static_cast<uint32_t>(pads[1]);
  layer.pad_bottom = static_cast<uint32_t>(pads[2]);
  layer.pad_right = static_cast<uint32_t>(pads[3]);
}

std::vector<OnnxJob> conv_jobs(const Node &node, const Quantised &x, const Quantised &w,
                               const Output &out) {
  require(x.dims.size() == 4, "not a 2-D convolution");
  hb_onnx_error_t error;
  int64_t group = 1, strides[2] = {1, 1}, dilations[2] = {1, 1};
  check(hb_onnx_get_int(node.proto(), "group", &group, &error), error);
  check(hb_onnx_get_ints(node.proto(), "strides", 2, strides, &error), error);
  check(hb_onnx_get_ints(node.proto(), "dilations", 2, dilations, &error), error);
  require(group == 1, "grouped convolution: the mapper has none yet");
  hb_layer_t layer = plain_layer("conv", x, w, out);
  layer.op = HB_OP_CONV;
  layer.in_c = x.dims[1];
  layer.in_h = x.dims[2];
  layer.in_w = x.dims[3];
  layer.out_c = w.dims[0];
  layer.ker_h = w.dims[2];
  layer.ker_w = w.dims[3];
  layer.stride_h = static_cast<uint32_t>(strides[0]);
  layer.stride_w = static_cast<uint32_t>(strides[1]);
  layer.dil_h = static_cast<uint32_t>(dilations[0]);
  layer.dil_w = static_cast<uint32_t>(dilations[1]);
  conv_padding(node, layer);
  const uint32_t oh = hb_layer_out_h(&layer), ow = hb_layer_out_w(&layer);
  if (node.output.dims != std::vector<uint32_t>{x.dims[0], layer.out_c, oh, ow})
    die("unexpected output shape");
  std::vector<OnnxJob> jobs;
  for (uint32_t n = 0; n < x.dims[0]; ++n) {
    jobs.push_back(make_job(
        layer,
        [&](uint32_t c, uint32_t y, uint32_t i) {
          return x.q[((size_t{n} * layer.in_c + c) * layer.in_h + y) * layer.in_w + i];
        },
        [&](uint32_t k, uint32_t c, uint32_t r, uint32_t s) {
          return w.q[((size_t{k} * layer.in_c + c) * layer.ker_h + r) * layer.ker_w + s];
        },
        out.bias, out.scale,
        [&](uint32_t k, uint32_t y, uint32_t i) {
          return out.want[((size_t{n} * layer.out_c + k) * oh + y) * ow + i];
        }));
  }
  return jobs;
}

/* Of x (N, C, H, W) or (N, C, W) with w (C, M, R, S) or (C, M, S). */
std::vector<OnnxJob> conv_transpose_jobs(const Node &node, const Quantised &x, const Quantised &w,
                                         const Output &out) {
  const bool line = x.dims.size() == 3;
  const auto pair = [&](const char *name, int64_t value) {
    std::vector<int64_t> v = ints_attribute(node, name);
    if (v.empty()) v.assign(line ? 1 : 2, value);
    if (line) v.insert(v.begin(), name == std::string("output_padding") ? 0 : 1);
    return v;
  };
  const std::vector<int64_t> strides = pair("strides", 1), dilations = pair("dilations", 1);
  std::vector<int64_t> extra = pair("output_padding", 0), pads = ints_attribute(node, "pads");
  require(dilations == std::vector<int64_t>{1, 1},
          "a dilated transposed convolution: the mapper has none");
  hb_layer_t layer = plain_layer("conv_transpose", x, w, out);
  layer.op = HB_OP_CONV_TRANSPOSE;
  layer.in_c = x.dims[1];
  layer.in_h = line ? 1 : x.dims[2];
  layer.in_w = x.dims.back();
  layer.out_c = w.dims[1];
  layer.ker_h = line ? 1 : w.dims[2];
  layer.ker_w = w.dims.back();
  layer.stride_h = static_cast<uint32_t>(strides[0]);
  layer.stride_w = static_cast<uint32_t>(strides[1]);
  const uint32_t oh = line ? 1 : node.output.dims[2], ow = node.output.dims.back();
  if (pads.empty()) pads.assign(line ? 2 : 4, 0);
  if (line) pads = {0, pads[0], 0, pads[1]};
  const std::string mode = text_attribute(node, "auto_pad", "NOTSET");
  if (!ints_attribute(node, "output_shape").empty() || mode != "NOTSET") {
    // The standard's rule: padding such that the output has its size, the odd one in front unless
    // SAME_UPPER.
    const uint32_t size[2] = {oh, ow}, in[2] = {layer.in_h, layer.in_w},
                   ker[2] = {layer.ker_h, layer.ker_w};
    for (size_t i = 0; i < 2; ++i) {
      const int64_t total = strides[i] * (in[i] - 1) + extra[i] + ker[i] - int64_t{size[i]};
      if (total < 0) {  // more output than the kernel reaches: output padding
        extra[i] -= total;
        pads[i] = pads[i + 2] = 0;
        continue;
      }
      pads[i] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      pads[i + 2] = total - pads[i];
    }
  }
  layer.pad_top = static_cast<uint32_t>(pads[0]);
  layer.pad_left = static_cast<uint32_t>(pads[1]);
  layer.pad_bottom = static_cast<uint32_t>(pads[2]);
  layer.pad_right = static_cast<uint32_t>(pads[3]);
  require(extra[0] < strides[0] && extra[1] < strides[1], "as much output padding as stride");
  layer.out_pad_h = static_cast<uint32_t>(extra[0]);
  layer.out_pad_w = static_cast<uint32_t>(extra[1]);
  if (hb_layer_out_h(&layer) != oh || hb_layer_out_w(&layer) != ow) die("unexpected output shape");
  std::vector<OnnxJob> jobs;
  for (uint32_t n = 0; n < x.dims[0]; ++n) {
    jobs.push_back(make_job(
        layer,
        [&](uint32_t c, uint32_t y, uint32_t i) {
          return x.q[((size_t{n} * layer.in_c + c) * layer.in_h + y) * layer.in_w + i];
        },
        [&](uint32_t k, uint32_t c, uint32_t r, uint32_t s) {
          return w.q[((size_t{c} * layer.out_c + k) * layer.ker_h + r) * layer.ker_w + s];
        },
        out.bias, out.scale,
        [&](uint32_t k, uint32_t y, uint32_t i) {
          return out.want[((size_t{n} * layer.out_c + k) * oh + y) * ow + i];
        }));
  }
  return jobs;
}

/* A (.., M, K) times B (.., K, N); transposed: A (K, M), B (N, K). */
std::vector<OnnxJob> matmul_jobs(const Node &node, const Quantised &a, const Quantised &b,
                                 const Output &out, bool trans_a, bool trans_b) {
  require(a.dims.size() >= 2 && b.dims.size() == a.dims.size(),
          "operands of different or too low rank");
  const size_t rank = a.dims.size();
  size_t batch = 1;
  for (size_t i = 0; i + 2 < rank; ++i) {
    require(a.dims[i] == b.dims[i], "a broadcast batch");
    batch *= a.dims[i];
  }
  const uint32_t m = a.dims[rank - (trans_a ? 1 : 2)], depth = a.dims[rank - (trans_a ? 2 : 1)];
  const uint32_t n = b.dims[rank - (trans_b ? 2 : 1)];
  if (b.dims[rank - (trans_b ? 1 : 2)] != depth || node.output.values.size() != batch * m * n) {
    die("shapes do not fit each other");
  }
  hb_layer_t layer = plain_layer("matmul", a, b, out);
  layer.op = HB_OP_MATMUL;
  layer.in_c = depth;
  layer.in_w = m;
  layer.out_c = n;
  std::vector<OnnxJob> jobs;
  for (size_t i = 0; i < batch; ++i) {
    const int32_t *pa = a.q.data() + i * m * depth, *pb = b.q.data() + i * depth * n;
    jobs.push_back(make_job(
        layer,
        [&](uint32_t c, uint32_t, uint32_t x) {
          return pa[trans_a ? size_t{c} * m + x : size_t{x} * depth + c];
        },
        [&](uint32_t k, uint32_t c, uint32_t, uint32_t) {
          return pb[trans_b ? size_t{k} * depth + c : size_t{c} * n + k];
        },
        out.bias, out.scale,
        [&](uint32_t k, uint32_t, uint32_t x) { return out.want[(i * m + x) * n + k]; }));
  }
  return jobs;
}

std::vector<int32_t> as_integers(const Tensor &tensor) {
  std::vector<int32_t> out;
  for (const double value : tensor.values)
    out.push_back(static_cast<int32_t>(value));
  return out;
}

/* QLinearConv and QLinearMatMul: x, x_scale, x_zp, w, w_scale, w_zp, y_scale, y_zp [, bias]. */
Output quantised_output(const Node &node, uint32_t channels) {
  Output out;
  out.raw = false;
  out.is_signed = node.output.is_signed();
  out.zp = zero_point(node, 7, "the output zero point");
  out.want = as_integers(node.output);
  const float x_scale = static_cast<float>(per_tensor(node, 1, "the input scale"));
  const float y_scale = static_cast<float>(per_tensor(node, 6, "the output scale"));
  out.scale = per_channel(node.inputs[4], channels);
  for (float &scale : out.scale) {
    const float product = x_scale * scale;
    scale = product / y_scale;
  }
  out.bias = node.has(8) ? as_integers(node.inputs[8]) : std::vector<int32_t>(channels, 0);
  if (out.bias.size() != channels) die("the bias does not have one element per output channel");
  return out;
}

Output integer_output(const Node &node, uint32_t channels) {
  Output out;
  out.want = as_integers(node.output);
  out.bias.assign(channels, 0);
  out.scale.assign(channels, 1.0f);
  return out;
}

/* ------------------------------------------------------------------------------ float operators */

bool whole_within(const std::vector<double> &values, double min, double max) {
  return std::all_of(values.begin(), values.end(),
                     [&](double v) { return v == std::rint(v) && v >= min && v <= max; });
}

bool fits_8_bits(const std::vector<double> &values) {
  return whole_within(values, -128, 127) || whole_within(values, 0, 255);
}

double largest(const std::vector<double> &values) {
  double max = 0;
  for (const double value : values)
    max = std::max(max, std::fabs(value));
  return max;
}

bool negative(const std::vector<double> &values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return v < 0; });
}

/* The operand divided by scale[channel(i)] and rounded to nearest, ties to even. */
Quantised quantise(const Tensor &tensor, bool is_signed, const std::vector<float> &scale,
                   const std::function<size_t(size_t)> &channel) {
  Quantised out{is_signed, 0, tensor.dims, {}};
  for (size_t i = 0; i < tensor.values.size(); ++i) {
    const double q = std::rint(tensor.values[i] / static_cast<double>(scale[channel(i)]));
    out.q.push_back(
        static_cast<int32_t>(std::clamp(q, is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0)));
  }
  return out;
}

struct FloatOperands {
  Quantised x, w;
  Output out;
  bool exact;
};

/* y = alpha * x w + bias. channel(i): output channel of the weight tensor's element i. */
FloatOperands quantise_float(const Node &node, uint32_t channels,
                             const std::function<size_t(size_t)> &channel, double alpha,
                             const std::vector<double> &bias) {
  const Tensor &x = node.inputs[0], &w = node.inputs[1];
  FloatOperands o;
  const auto only = [](size_t) { return size_t{0}; };
  o.exact = alpha == 1.0 && fits_8_bits(x.values) && fits_8_bits(w.values) &&
            whole_within(bias, -1e6, 1e6) && whole_within(node.output.values, -1e6, 1e6);
  if (o.exact) {
    o.x = quantise(x, negative(x.values), {1.0f}, only);
    o.w = quantise(w, negative(w.values), {1.0f}, only);
    o.out = integer_output(node, channels);
    for (uint32_t k = 0; k < channels; ++k)
      o.out.bias[k] = static_cast<int32_t>(bias[k]);
    return o;
  }
  require(alpha > 0, "a scale that is not positive");
  const bool x_signed = negative(x.values), w_signed = negative(w.values);
  const float x_scale = static_cast<float>(largest(x.values) / (x_signed ? 127 : 255));
  const float y_scale = static_cast<float>(largest(node.output.values) / 127);
  std::vector<double> top(channels, 0);
  for (size_t i = 0; i < w.values.size(); ++i)
    top[channel(i)] = std::max(top[channel(i)], std::fabs(w.values[i]));
  std::vector<float> w_scale(channels);
  for (uint32_t k = 0; k < channels; ++k)
    w_scale[k] = static_cast<float>(top[k] / (w_signed ? 127 : 255));
  o.x = quantise(x, x_signed, {x_scale}, only);
  o.w = quantise(w, w_signed, w_scale, channel);
  o.out.raw = false;
  o.out.is_signed = true;
  for (uint32_t k = 0; k < channels; ++k) {
    const double step = alpha * static_cast<double>(x_scale) * static_cast<double>(w_scale[k]);
    o.out.scale.push_back(static_cast<float>(step / static_cast<double>(y_scale)));
    o.out.bias.push_back(static_cast<int32_t>(std::lrint(bias[k] / step)));
  }
  o.out.want = quantise(node.output, true, {y_scale}, only).q;
  return o;
}

std::vector<OnnxJob> float_conv(const Node &node, int32_t &tolerance) {
  const Tensor &w = node.inputs[1];
  require(w.rank() == 4, "not a 2-D convolution");
  const uint32_t channels = w.dims[0];
  const size_t per_output = w.values.size() / channels;
  const std::vector<double> bias =
      node.has(2) ? node.inputs[2].values : std::vector<double>(channels, 0.0);
  const FloatOperands o = quantise_float(
      node, channels, [&](size_t i) { return i / per_output; }, 1.0, bias);
  tolerance = o.exact ? 0 : kMaxLsb;
  return conv_jobs(node, o.x, o.w, o.out);
}

std::vector<OnnxJob> float_conv_transpose(const Node &node, int32_t &tolerance) {
  const Tensor &w = node.inputs[1];
  require(w.rank() == 3 || w.rank() == 4, "not a 1-D or 2-D convolution");
  const uint32_t channels = w.dims[1];
  const size_t taps = w.values.size() / (size_t{w.dims[0]} * channels);
  const std::vector<double> bias =
      node.has(2) ? node.inputs[2].values : std::vector<double>(channels, 0.0);
  const FloatOperands o = quantise_float(
      node, channels, [&](size_t i) { return i / taps % channels; }, 1.0, bias);
  tolerance = o.exact ? 0 : kMaxLsb;
  return conv_transpose_jobs(node, o.x, o.w, o.out);
}

std::vector<OnnxJob> float_matmul(const Node &node, int32_t &tolerance) {
  const uint32_t channels = node.inputs[1].dims.back();
  const FloatOperands o = quantise_float(
      node, channels, [&](size_t i) { return i % channels; }, 1.0,
      std::vector<double>(channels, 0.0));
  tolerance = o.exact ? 0 : kMaxLsb;
  return matmul_jobs(node, o.x, o.w, o.out, false, false);
}

std::vector<OnnxJob> gemm(const Node &node, int32_t &tolerance) {
  hb_onnx_error_t error;
  float alpha = 1, beta = 1;
  int64_t trans_a = 0, trans_b = 0;
  check(hb_onnx_get_float(node.proto(), "alpha", &alpha, &error), error);
  check(hb_onnx_get_float(node.proto(), "beta", &beta, &error), error);
  check(hb_onnx_get_int(node.proto(), "transA", &trans_a, &error), error);
  check(hb_onnx_get_int(node.proto(), "transB", &trans_b, &error), error);
  const std::vector<uint32_t> &dims = node.inputs[1].dims;
  const uint32_t channels = dims[trans_b ? 0 : 1];
  std::vector<double> bias(channels, 0.0);
  if (node.has(2)) {
    const Tensor &c = node.inputs[2];
    require(c.rank() < 2 || c.dims[0] == 1,
            "the bias is a matrix: the tile adds one value per output channel");
    for (uint32_t k = 0; k < channels; ++k) {
      bias[k] = static_cast<double>(beta) * c.values[c.values.size() == 1 ? 0 : k];
    }
  }
  const uint32_t depth = dims[trans_b ? 1 : 0];
  const FloatOperands o = quantise_float(
      node, channels, [&](size_t i) { return trans_b ? i / depth : i % channels; },
      static_cast<double>(alpha), bias);
  tolerance = o.exact ? 0 : kMaxLsb;
  return matmul_jobs(node, o.x, o.w, o.out, trans_a != 0, trans_b != 0);
}

/* ---------------------------------------------------------------------------- integer operators */

std::vector<OnnxJob> qlinear_conv(const Node &node, int32_t &) {
  const Quantised x = as_is(node.inputs[0], zero_point(node, 2, "the input zero point"));
  const Quantised w = as_is(node.inputs[3], zero_point(node, 5, "the weight zero point"));
  return conv_jobs(node, x, w, quantised_output(node, w.dims[0]));
}

std::vector<OnnxJob> qlinear_matmul(const Node &node, int32_t &) {
  const Quantised a = as_is(node.inputs[0], zero_point(node, 2, "the input zero point"));
  const Quantised b = as_is(node.inputs[3], zero_point(node, 5, "the weight zero point"));
  return matmul_jobs(node, a, b, quantised_output(node, b.dims.back()), false, false);
}

std::vector<OnnxJob> conv_integer(const Node &node, int32_t &) {
  const Quantised x = as_is(node.inputs[0], zero_point(node, 2, "the input zero point"));
  const Quantised w = as_is(node.inputs[1], zero_point(node, 3, "the weight zero point"));
  return conv_jobs(node, x, w, integer_output(node, w.dims[0]));
}

std::vector<OnnxJob> matmul_integer(const Node &node, int32_t &) {
  const Quantised a = as_is(node.inputs[0], zero_point(node, 2, "the input zero point"));
  const Quantised b = as_is(node.inputs[1], zero_point(node, 3, "the weight zero point"));
  return matmul_jobs(node, a, b, integer_output(node, b.dims.back()), false, false);
}

constexpr OnnxOperator kOperators[] = {
    {"QLinearConv", qlinear_conv},
    {"QLinearMatMul", qlinear_matmul},
    {"ConvInteger", conv_integer},
    {"MatMulInteger", matmul_integer},
    {"Conv", float_conv},
    {"MatMul", float_matmul},
    {"Gemm", gemm},
    {"ConvTranspose", float_conv_transpose},
};

const OnnxOperator *find_operator(const std::string &op, bool vector) {
  if (vector) return onnx_vector_operator(op);
  for (const OnnxOperator &known : kOperators) {
    if (op == known.name) return &known;
  }
  return nullptr;
}

/* Wrong by the least that can be: one step, one scale bit position, one row of padding. */
void spoil_job(OnnxJob &job, Spoil spoil) {
  hb_layer_t &layer = job.layer;
  switch (spoil) {
    case Spoil::kNothing:
      break;
    case Spoil::kInputZeroPoint:
      layer.x_zp += layer.x_zp > 0 ? -1 : 1;
      if (layer.op == HB_OP_CONCAT) layer.x2_zp = layer.x_zp;  // it has one for both
      // The zero points that are loaded where there is no plane go with it: against whatever an
      // unused scratchpad word holds, others would not be zero.
      std::fill(job.consts.begin() + static_cast<ptrdiff_t>(hb_map_zero_offset(&layer)),
                job.consts.end(), static_cast<uint8_t>(layer.x_zp));
      break;
    case Spoil::kWeightZeroPoint:
      layer.w_zp += layer.w_zp > 0 ? -1 : 1;
      break;
    case Spoil::kOutputZeroPoint:
      layer.y_zp += layer.y_zp > 0 ? -1 : 1;
      break;
    case Spoil::kScale:  // 1 % less
      for (uint32_t k = 0; k < layer.out_c; ++k) {
        // Parameters of a layer that systolic tiles do not run are in the vector part alone.
        const bool vector = !hb_op_has_weights(layer.op);
        uint8_t *at = job.consts.data() +
                      (vector ? hb_map_vec_offset(&layer) + hb_map_vec_prm_at(&layer)
                              : hb_map_prm_offset(&layer)) +
                      k / 16 * HB_PRM_BLOCK_BYTES + 64 + k % 16 * 4;
        float scale;
        std::memcpy(&scale, at, 4);
        scale *= 0.99f;
        std::memcpy(at, &scale, 4);
      }
      break;
    case Spoil::kPadding:  // the image moves down by one row
      if (layer.pad_bottom > 0) {
        ++layer.pad_top;
        --layer.pad_bottom;
      }
      break;
  }
}

}  // namespace

bool onnx_op_known(const std::string &op, bool vector) {
  return find_operator(op, vector) != nullptr;
}

std::string onnx_case_op(const std::string &directory) {
  hb_onnx_error_t error;
  Onnx__ModelProto *model = nullptr;
  check(hb_onnx_load_model((directory + "/model.onnx").c_str(), &model, &error), error);
  const std::string op = model->graph->n_node == 1 ? model->graph->node[0]->op_type : "";
  hb_onnx_model_free(model);
  return op;
}

OnnxCase onnx_case_load(const std::string &directory, bool vector, Spoil spoil) {
  Node node;
  load_node(directory, node);
  OnnxCase out;
  out.name = std::filesystem::path(directory).filename();
  out.op = node.proto()->op_type;
  const OnnxOperator *known = find_operator(out.op, vector);
  if (known == nullptr) die(directory + ": no layers for operator " + out.op);
  try {
    out.jobs = known->jobs(node, out.tolerance);
  } catch (const NotApplicable &why) {
    out.reason = why.reason;
  }
  for (OnnxJob &job : out.jobs)
    spoil_job(job, spoil);
  return out;
}

}  // namespace hb
