/* SPDX-License-Identifier: Apache-2.0 */

#include "onnx_vector.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numeric>

#include "hb_map.h"
#include "hb_map_vec.h"
#include "hilbert/hb_tensor.h"

namespace hb {
namespace {

/* How a tensor becomes bytes. */
struct Quantisation {
  bool is_signed = false;
  double scale = 1;

  int32_t operator()(double value) const {
    return static_cast<int32_t>(
        std::clamp(std::rint(value / scale), is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0));
  }
};

Quantisation quantisation(const std::vector<double> &values, bool is_signed) {
  double top = 0;
  for (const double value : values)
    top = std::max(top, std::fabs(value));
  return {is_signed, top == 0 ? 1.0 : top / (is_signed ? 127 : 255)};
}

bool negative(const std::vector<double> &values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return v < 0; });
}

bool is_integer(const Tensor &t) {
  return t.type == HB_ONNX_UINT8 || t.type == HB_ONNX_INT8;
}

Quantisation of(const Tensor &t, bool is_signed) {
  if (is_integer(t)) return {t.type == HB_ONNX_INT8, 1.0};
  require(t.type == HB_ONNX_FLOAT, "an operand is neither float nor 8 bits wide");
  return quantisation(t.values, is_signed);
}
Quantisation of(const Tensor &t) {
  return of(t, negative(t.values));
}

/* Values of a C x H x W tensor in order [c][y][x]. */
using Values = std::vector<double>;

hb_layer_t blank(hb_op_t op, uint32_t c, uint32_t h, uint32_t w, const Quantisation &x,
                 const Quantisation &y) {
  require(c <= 65535 && h <= 65535 && w <= 65535, "a dimension above 65535");
  hb_layer_t l{};
  std::snprintf(l.name, sizeof l.name, "%s", hb_op_name(op));
  l.op = op;
  l.input2 = HB_LAYER_NO_INPUT;
  l.in_c = c;
  l.in_h = h;
  l.in_w = w;
  l.ker_h = l.ker_w = l.stride_h = l.stride_w = l.dil_h = l.dil_w = 1;
  l.x_signed = x.is_signed;
  l.y_signed = y.is_signed;
  l.clip_min = y.is_signed ? -128 : 0;
  l.clip_max = y.is_signed ? 127 : 255;
  l.x_scale = x.scale;
  l.y_scale = y.scale;
  return l;
}

std::vector<uint8_t> pack(uint32_t c, uint32_t h, uint32_t w, const Values &values,
                          const Quantisation &q) {
  if (values.size() != size_t{c} * h * w) die("a tensor has another size than its layer");
  std::vector<uint8_t> bytes(hb_tensor_bytes(c, h, w), 0);
  size_t at = 0;
  for (uint32_t k = 0; k < c; ++k) {
    for (uint32_t y = 0; y < h; ++y) {
      for (uint32_t x = 0; x < w; ++x)
        bytes[hb_tensor_offset(h, w, k, y, x)] = static_cast<uint8_t>(q(values[at++]));
    }
  }
  return bytes;
}

/* A layer whose shape is set, with its operands and what it should give. */
OnnxJob job(hb_layer_t layer, const Values &x, const Quantisation &xq, const Values &want,
            const Quantisation &yq) {
  if (layer.out_c == 0) layer.out_c = hb_layer_out_c(&layer);
  char why[200];
  if (hb_layer_check(&layer, why, sizeof why) != HB_OK) die(why);
  OnnxJob out;
  out.layer = layer;
  out.in = pack(layer.in_c, layer.in_h, layer.in_w, x, xq);
  out.consts.resize(hb_map_const_bytes(&layer));
  hb_map_synthesise(&layer, 1, 0, 0, out.consts.data());
  for (const double value : want)
    out.want.push_back(yq(value));
  if (out.want.size() !=
      size_t{hb_layer_out_c(&layer)} * hb_layer_out_h(&layer) * hb_layer_out_w(&layer))
    die("the result has another size than the layer's");
  return out;
}

size_t elements(const std::vector<uint32_t> &dims) {
  return std::accumulate(dims.begin(), dims.end(), size_t{1}, std::multiplies<>());
}

/* Elements with `axes` as channels, the rest as columns: values[channel * others + other]. */
Values by_channels(const Tensor &t, const std::vector<bool> &axes) {
  const size_t rank = t.dims.size();
  Values out(t.values.size());
  size_t others = 1;
  for (size_t i = 0; i < rank; ++i)
    if (!axes[i]) others *= t.dims[i];
  for (size_t at = 0; at < t.values.size(); ++at) {
    size_t rest = at, channel = 0, other = 0, channel_step = 1, other_step = 1;
    for (size_t i = rank; i-- > 0;) {
      const size_t index = rest % t.dims[i];
      rest /= t.dims[i];
      (axes[i] ? channel : other) += index * (axes[i] ? channel_step : other_step);
      (axes[i] ? channel_step : other_step) *= t.dims[i];
    }
    out[channel * others + other] = t.values[at];
  }
  return out;
}

uint32_t count(const Tensor &t, const std::vector<bool> &axes, bool chosen) {
  uint32_t n = 1;
  for (size_t i = 0; i < t.dims.size(); ++i)
    if (axes[i] == chosen) n *= t.dims[i];
  return n;
}

size_t axis_of(const Tensor &t, int64_t axis) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(t.dims.size()) : axis);
}

/* ------------------------------------------------------------------------------- element by
 * element */

std::vector<OnnxJob> unary(const Node &node, hb_unary_t function, double alpha, double beta) {
  const Tensor &x = node.inputs[0], &y = node.output;
  const Quantisation xq = of(x), yq = of(y);
  hb_layer_t l = blank(HB_OP_UNARY, static_cast<uint32_t>(elements(x.dims)), 1, 1, xq, yq);
  l.unary = function;
  l.alpha = alpha;
  l.beta = beta;
  return {job(l, x.values, xq, y.values, yq)};
}

template <hb_unary_t F, int Lsb = 1>
std::vector<OnnxJob> plain_unary(const Node &node, int32_t &tolerance) {
  tolerance = Lsb;
  return unary(node, F, 0, 0);
}

std::vector<OnnxJob> leaky_relu(const Node &node, int32_t &tolerance) {
  tolerance = 1;
  return unary(node, HB_UNARY_LEAKY_RELU, float_attribute(node, "alpha", 0.01), 0);
}
std::vector<OnnxJob> elu(const Node &node, int32_t &tolerance) {
  tolerance = 1;
  return unary(node, HB_UNARY_ELU, float_attribute(node, "alpha", 1.0), 0);
}
std::vector<OnnxJob> hard_sigmoid(const Node &node, int32_t &tolerance) {
  tolerance = 2;
  return unary(node, HB_UNARY_HARD_SIGMOID, float_attribute(node, "alpha", 0.2),
               float_attribute(node, "beta", 0.5));
}

/* Limits in the units of the output, which is quantised like the input. */
std::vector<OnnxJob> clip(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  const Quantisation q = of(x);
  hb_layer_t l = blank(HB_OP_REQUANTISE, static_cast<uint32_t>(elements(x.dims)), 1, 1, q, q);
  if (node.has(1)) l.clip_min = q(node.inputs[1].values[0]);
  if (node.has(2)) l.clip_max = q(node.inputs[2].values[0]);
  tolerance = is_integer(x) ? 0 : 1;
  return {job(l, x.values, q, node.output.values, q)};
}

std::vector<OnnxJob> binary(const Node &node, hb_op_t op, int32_t &tolerance) {
  const Tensor &a = node.inputs[0], &b = node.inputs[1];
  const bool integer = is_integer(a);
  const bool is_signed = negative(a.values) || negative(b.values);
  const Quantisation aq = of(a, is_signed), bq = of(b, is_signed), yq = of(node.output);
  if (integer) {
    // ONNX wraps around, the tile clips: the tests stay inside, but for a difference below zero.
    for (const double y : node.output.values)
      require(op != HB_OP_SUB || y < 128, "an unsigned difference that wraps around");
  }
  hb_layer_t l;
  Values x = a.values, x2 = b.values, want = node.output.values;
  if (a.dims == b.dims) {
    l = blank(op, static_cast<uint32_t>(elements(a.dims)), 1, 1, aq, yq);
    l.in2_c = l.in_c;
    l.in2_w = 1;
  } else {  // the last axis is repeated: it becomes the channels
    require(b.dims.size() == 1 && b.dims[0] == a.dims.back(),
            "operands that are repeated along another axis than the first ones");
    std::vector<bool> axes(a.dims.size(), false);
    axes.back() = true;
    x = by_channels(a, axes);
    want = by_channels(node.output, axes);
    l = blank(op, a.dims.back(), 1, count(a, axes, false), aq, yq);
    l.in2_c = l.in_c;
    l.in2_w = 1;
  }
  l.in2_h = 1;
  l.input2 = HB_LAYER_MODEL_INPUT;
  l.x2_scale = bq.scale;
  tolerance = integer ? 0 : op == HB_OP_MUL ? 2 : 1;
  OnnxJob out = job(l, x, aq, want, yq);
  out.in2 = pack(l.in2_c, l.in2_h, l.in2_w, x2, bq);
  return {out};
}
std::vector<OnnxJob> add(const Node &node, int32_t &tolerance) {
  return binary(node, HB_OP_ADD, tolerance);
}
std::vector<OnnxJob> sub(const Node &node, int32_t &tolerance) {
  return binary(node, HB_OP_SUB, tolerance);
}
std::vector<OnnxJob> mul(const Node &node, int32_t &tolerance) {
  return binary(node, HB_OP_MUL, tolerance);
}

/* ------------------------------------------------------------------------------------------
 * windows */

/* One image of the batch. */
Values image(const Tensor &t, uint32_t n) {
  const size_t size = t.values.size() / t.dims[0];
  return {t.values.begin() + static_cast<ptrdiff_t>(n * size),
          t.values.begin() + static_cast<ptrdiff_t>((n + 1) * size)};
}

std::vector<OnnxJob> pool(const Node &node, hb_op_t op, bool global, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  require(x.dims.size() == 3 || x.dims.size() == 4, "not a 1-D or 2-D window");
  const bool line = x.dims.size() == 3;
  const Quantisation q = of(x);
  hb_layer_t l = blank(op, x.dims[1], line ? 1 : x.dims[2], x.dims.back(), q, q);
  const auto pair = [&](const char *name, int64_t value) {
    std::vector<int64_t> v = ints_attribute(node, name);
    if (v.empty()) v.assign(line ? 1 : 2, value);
    if (line) v.insert(v.begin(), 1);
    return v;
  };
  if (global) {
    l.ker_h = l.in_h;
    l.ker_w = l.in_w;
  } else {
    const std::vector<int64_t> ker = pair("kernel_shape", 1), stride = pair("strides", 1),
                               dil = pair("dilations", 1);
    l.ker_h = static_cast<uint32_t>(ker[0]);
    l.ker_w = static_cast<uint32_t>(ker[1]);
    l.stride_h = static_cast<uint32_t>(stride[0]);
    l.stride_w = static_cast<uint32_t>(stride[1]);
    l.dil_h = static_cast<uint32_t>(dil[0]);
    l.dil_w = static_cast<uint32_t>(dil[1]);
    const std::string mode = text_attribute(node, "auto_pad", "NOTSET");
    std::vector<int64_t> pads = ints_attribute(node, "pads");
    if (pads.empty()) pads.assign(line ? 2 : 4, 0);
    if (line) pads = {0, pads[0], 0, pads[1]};
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
      const uint32_t size[2] = {l.in_h, l.in_w}, step[2] = {l.stride_h, l.stride_w};
      const uint32_t reach[2] = {l.dil_h * (l.ker_h - 1) + 1, l.dil_w * (l.ker_w - 1) + 1};
      for (size_t i = 0; i < 2; ++i) {
        const int64_t outputs = (size[i] + step[i] - 1) / step[i];
        const int64_t total = std::max<int64_t>(0, (outputs - 1) * step[i] + reach[i] - size[i]);
        pads[i] = (total + (mode == "SAME_LOWER" ? 1 : 0)) / 2;
        pads[i + 2] = total - pads[i];
      }
    }
    l.pad_top = static_cast<uint32_t>(pads[0]);
    l.pad_left = static_cast<uint32_t>(pads[1]);
    l.pad_bottom = static_cast<uint32_t>(pads[2]);
    l.pad_right = static_cast<uint32_t>(pads[3]);
    l.count_include_pad = int_attribute(node, "count_include_pad", 0) != 0;
    l.out_c = l.in_c;
    require(hb_layer_out_h(&l) == (line ? 1 : node.output.dims[2]) &&
                hb_layer_out_w(&l) == node.output.dims.back(),
            "ceil_mode adds a window that is not whole");
  }
  tolerance = op == HB_OP_MAX_POOL ? 0 : 1;
  std::vector<OnnxJob> jobs;
  for (uint32_t n = 0; n < x.dims[0]; ++n)
    jobs.push_back(job(l, image(x, n), q, image(node.output, n), q));
  return jobs;
}
std::vector<OnnxJob> max_pool(const Node &node, int32_t &t) {
  require(node.proto()->n_output == 1, "a second output: the places of the maxima");
  return pool(node, HB_OP_MAX_POOL, false, t);
}
std::vector<OnnxJob> average_pool(const Node &node, int32_t &t) {
  return pool(node, HB_OP_AVG_POOL, false, t);
}
std::vector<OnnxJob> global_max(const Node &node, int32_t &t) {
  return pool(node, HB_OP_MAX_POOL, true, t);
}
std::vector<OnnxJob> global_average(const Node &node, int32_t &t) {
  return pool(node, HB_OP_AVG_POOL, true, t);
}

std::vector<OnnxJob> resize(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0], &y = node.output;
  require(x.dims.size() == 4 && x.dims[0] == y.dims[0] && x.dims[1] == y.dims[1],
          "another axis than rows and columns");
  const std::string mode = text_attribute(node, "mode", "nearest");
  const bool upsample = std::strcmp(node.proto()->op_type, "Upsample") == 0;
  const std::string where = text_attribute(node, "coordinate_transformation_mode",
                                           upsample ? "asymmetric" : "half_pixel");
  const std::string nearest =
      text_attribute(node, "nearest_mode", upsample ? "floor" : "round_prefer_floor");
  const Quantisation q = of(x);
  hb_layer_t l = blank(HB_OP_RESIZE, x.dims[1], x.dims[2], x.dims[3], q, q);
  l.out_h = y.dims[2];
  l.out_w = y.dims[3];
  if (mode == "linear") {
    require(where == "half_pixel" || where == "align_corners", "linear with coordinates " + where);
    l.resize = where == "half_pixel" ? HB_RESIZE_LINEAR : HB_RESIZE_LINEAR_CORNERS;
    // Scales that do not give whole sizes shift the samples: the layer knows sizes only.
    if (node.has(2) && !node.inputs[2].values.empty()) {
      for (size_t i = 0; i < 4; ++i)
        require(node.inputs[2].values[i] * x.dims[i] == y.dims[i],
                "a scale that does not divide the size");
    }
    tolerance = 2;
  } else {
    require(mode == "nearest", "mode " + mode);
    l.resize = HB_RESIZE_NEAREST;
    // Floor of the asymmetric place; others count where they come to the same.
    const auto same = [&](uint32_t in, uint32_t out, double scale) {
      for (uint32_t i = 0; i < out; ++i) {
        double place = where == "asymmetric" ? i / scale
                       : where == "align_corners"
                           ? (out > 1 ? static_cast<double>(i) * (in - 1) / (out - 1) : 0.0)
                           : (i + 0.5) / scale - 0.5;
        require(where == "half_pixel" || where == "asymmetric" || where == "align_corners",
                "coordinates " + where);
        const double rounded = nearest == "floor"               ? std::floor(place)
                               : nearest == "ceil"              ? std::ceil(place)
                               : nearest == "round_prefer_ceil" ? std::floor(place + 0.5)
                                                                : std::ceil(place - 0.5);
        const uint32_t tap = static_cast<uint32_t>(std::clamp(rounded, 0.0, in - 1.0));
        require(tap == uint64_t{i} * in / out,
                "nearest by " + nearest + " of " + where + " names other pixels than the floor");
      }
    };
    const bool scales = upsample || (node.has(2) && !node.inputs[2].values.empty());
    const Values &given = node.inputs[upsample ? 1 : 2].values;
    same(l.in_h, l.out_h, scales ? given[2] : static_cast<double>(l.out_h) / l.in_h);
    same(l.in_w, l.out_w, scales ? given[3] : static_cast<double>(l.out_w) / l.in_w);
    tolerance = 0;
  }
  std::vector<OnnxJob> jobs;
  for (uint32_t n = 0; n < x.dims[0]; ++n)
    jobs.push_back(job(l, image(x, n), q, image(y, n), q));
  return jobs;
}

/* ---------------------------------------------------------------------------------- over an axis
 */

std::vector<OnnxJob> softmax(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  std::vector<bool> axes(x.dims.size(), false);
  axes[axis_of(x, int_attribute(node, "axis", -1))] = true;
  const Quantisation xq = of(x), yq = of(node.output);
  require(xq.scale < 0.2, "values too far apart for 8 bits");
  tolerance = 2;
  return {job(blank(HB_OP_SOFTMAX, count(x, axes, true), 1, count(x, axes, false), xq, yq),
              by_channels(x, axes), xq, by_channels(node.output, axes), yq)};
}

std::vector<OnnxJob> layer_norm(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  const size_t first = axis_of(x, int_attribute(node, "axis", -1));
  std::vector<bool> axes(x.dims.size(), false);
  for (size_t i = first; i < axes.size(); ++i)
    axes[i] = true;
  const Quantisation xq = of(x), yq = of(node.output);
  hb_layer_t l = blank(HB_OP_LAYER_NORM, count(x, axes, true), 1, count(x, axes, false), xq, yq);
  l.epsilon = float_attribute(node, "epsilon", 1e-5);
  OnnxJob out = job(l, by_channels(x, axes), xq, by_channels(node.output, axes), yq);
  uint8_t *vec = out.consts.data() + hb_map_vec_offset(&out.layer);
  for (uint32_t c = 0; c < l.in_c; ++c)
    hb_map_vec_norm(&out.layer, vec, c, node.inputs[1].values[c],
                    node.has(2) ? node.inputs[2].values[c] : 0.0);
  tolerance = 2;
  return {out};
}

template <hb_reduce_t R>
std::vector<OnnxJob> reduce(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  std::vector<bool> axes(x.dims.size(), false);
  std::vector<int64_t> given = ints_attribute(node, "axes");
  if (node.has(1)) {
    for (const double axis : node.inputs[1].values)
      given.push_back(static_cast<int64_t>(axis));
  }
  if (given.empty()) {
    require(int_attribute(node, "noop_with_empty_axes", 0) == 0, "no axis: nothing is reduced");
    axes.assign(axes.size(), true);
  }
  for (const int64_t axis : given)
    axes[axis_of(x, axis)] = true;
  const bool extreme = R == HB_REDUCE_MAX || R == HB_REDUCE_MIN;  // one of the operands
  const Quantisation xq = of(x), yq = extreme ? xq : of(node.output);
  hb_layer_t l = blank(HB_OP_REDUCE, count(x, axes, true), 1, count(x, axes, false), xq, yq);
  l.reduce = R;
  tolerance = extreme ? 0 : R == HB_REDUCE_SUM_SQUARE ? 2 : 1;
  return {job(l, by_channels(x, axes), xq, node.output.values, yq)};
}

/* -------------------------------------------------------------------------------------------
 * moving */

std::vector<OnnxJob> concat(const Node &node, int32_t &tolerance) {
  require(node.inputs.size() == 2, "not two operands");
  const Tensor &a = node.inputs[0], &b = node.inputs[1];
  std::vector<bool> axes(a.dims.size(), false);
  axes[axis_of(a, int_attribute(node, "axis", 0))] = true;
  const Quantisation q = of(node.output);
  hb_layer_t l = blank(HB_OP_CONCAT, count(a, axes, true), 1, count(a, axes, false), q, q);
  l.input2 = HB_LAYER_MODEL_INPUT;
  l.in2_c = count(b, axes, true);
  l.in2_h = 1;
  l.in2_w = l.in_w;
  l.x2_scale = q.scale;
  tolerance = 0;
  OnnxJob out = job(l, by_channels(a, axes), q, by_channels(node.output, axes), q);
  out.in2 = pack(l.in2_c, l.in2_h, l.in2_w, by_channels(b, axes), q);
  return {out};
}

std::vector<OnnxJob> transpose(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0];
  require(x.dims.size() == 3, "not three axes");
  std::vector<int64_t> perm = ints_attribute(node, "perm");
  if (perm.empty()) perm = {2, 1, 0};
  const Quantisation q = of(x);
  tolerance = 0;
  const bool same = perm == std::vector<int64_t>{0, 1, 2};
  hb_layer_t l =
      blank(same ? HB_OP_REQUANTISE : HB_OP_TRANSPOSE, x.dims[0], x.dims[1], x.dims[2], q, q);
  if (!same) {
    require(perm[0] == 0 || perm[1] == 1 || perm[2] == 2, "all three axes move: two transposes");
    l.permute = perm[0] == 0 ? HB_PERMUTE_HW : perm[1] == 1 ? HB_PERMUTE_CW : HB_PERMUTE_CH;
  }
  return {job(l, x.values, q, node.output.values, q)};
}

std::vector<OnnxJob> slice(const Node &node, int32_t &tolerance) {
  const Tensor &x = node.inputs[0], &y = node.output;
  require(x.dims.size() == 3, "not three axes");
  require(!y.values.empty(), "an empty result");
  int64_t from[3] = {0, 0, 0};
  for (size_t i = 0; i < node.inputs[1].values.size(); ++i) {
    const size_t axis =
        node.has(3) ? axis_of(x, static_cast<int64_t>(node.inputs[3].values[i])) : i;
    require(!node.has(4) || node.inputs[4].values[i] == 1, "a step other than 1");
    const auto start = static_cast<int64_t>(node.inputs[1].values[i]);
    from[axis] = start < 0 ? start + x.dims[axis] : start;
  }
  const Quantisation q = of(x);
  hb_layer_t l = blank(HB_OP_SLICE, x.dims[0], x.dims[1], x.dims[2], q, q);
  l.out_c = y.dims[0];
  l.out_h = y.dims[1];
  l.out_w = y.dims[2];
  l.slice_c = static_cast<uint32_t>(from[0]);
  l.slice_y = static_cast<uint32_t>(from[1]);
  l.slice_x = static_cast<uint32_t>(from[2]);
  tolerance = 0;
  return {job(l, x.values, q, y.values, q)};
}

const OnnxOperator kOperators[] = {
    {"Abs", plain_unary<HB_UNARY_ABS>},
    {"Neg", plain_unary<HB_UNARY_NEG>},
    {"Relu", plain_unary<HB_UNARY_RELU, 2>},
    {"Sigmoid", plain_unary<HB_UNARY_SIGMOID>},
    {"Tanh", plain_unary<HB_UNARY_TANH>},
    {"HardSwish", plain_unary<HB_UNARY_HARD_SWISH>},
    {"Softplus", plain_unary<HB_UNARY_SOFTPLUS>},
    {"Exp", plain_unary<HB_UNARY_EXP, 3>},
    {"Sqrt", plain_unary<HB_UNARY_SQRT, 2>},
    {"Reciprocal", plain_unary<HB_UNARY_RECIPROCAL, 2>},
    {"LeakyRelu", leaky_relu},
    {"Elu", elu},
    {"HardSigmoid", hard_sigmoid},
    {"Clip", clip},
    {"Add", add},
    {"Sub", sub},
    {"Mul", mul},
    {"MaxPool", max_pool},
    {"AveragePool", average_pool},
    {"GlobalMaxPool", global_max},
    {"GlobalAveragePool", global_average},
    {"Resize", resize},
    {"Upsample", resize},
    {"Softmax", softmax},
    {"LayerNormalization", layer_norm},
    {"ReduceSum", reduce<HB_REDUCE_SUM>},
    {"ReduceMean", reduce<HB_REDUCE_MEAN>},
    {"ReduceMax", reduce<HB_REDUCE_MAX>},
    {"ReduceMin", reduce<HB_REDUCE_MIN>},
    {"ReduceSumSquare", reduce<HB_REDUCE_SUM_SQUARE>},
    {"Concat", concat},
    {"Transpose", transpose},
    {"Slice", slice},
};

}  // namespace

const OnnxOperator *onnx_vector_operator(const std::string &op) {
  for (const OnnxOperator &known : kOperators) {
    if (op == known.name) return &known;
  }
  return nullptr;
}

}  // namespace hb
