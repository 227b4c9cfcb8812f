/* SPDX-License-Identifier: Apache-2.0 */

#include "onnx_node.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace hb {

namespace {

Tensor load_tensor(const std::string &path) {
  hb_onnx_error_t error;
  hb_onnx_tensor_t raw{};
  check(hb_onnx_load_tensor(path.c_str(), &raw, &error), error);
  Tensor tensor;
  tensor.type = raw.type;
  tensor.dims.assign(raw.dims, raw.dims + raw.num_dims);
  tensor.values.resize(raw.num_elements);
  for (size_t i = 0; i < raw.num_elements; ++i) {
    tensor.values[i] = raw.type == HB_ONNX_FLOAT
                           ? static_cast<double>(static_cast<const float *>(raw.data)[i])
                           : static_cast<double>(hb_onnx_tensor_int(&raw, i));
  }
  hb_onnx_tensor_release(&raw);
  return tensor;
}

}  // namespace

[[noreturn]] void die(const std::string &text) {
  std::fprintf(stderr, "FAIL: %s\n", text.c_str());
  std::exit(1);
}

void check(hb_status_t status, const hb_onnx_error_t &error) {
  if (status != HB_OK) die(error.text);
}

void require(bool ok, const std::string &reason) {
  if (!ok) throw NotApplicable{reason};
}

void load_node(const std::string &directory, Node &node) {
  hb_onnx_error_t error;
  check(hb_onnx_load_model((directory + "/model.onnx").c_str(), &node.model, &error), error);
  const Onnx__GraphProto *graph = node.model->graph;
  if (graph->n_node != 1) die(directory + ": expected one node");
  const std::string data = directory + "/test_data_set_0/";
  if (std::filesystem::exists(directory + "/test_data_set_1"))
    die(directory + ": a second data set is not read");
  for (size_t i = 0; i < node.proto()->n_input; ++i) {
    const std::string name = node.proto()->input[i];
    size_t at = 0;
    while (at < graph->n_input && name != graph->input[at]->name)
      ++at;
    if (!name.empty() && at == graph->n_input)
      die(directory + ": input " + name + " is not an input of the graph");
    node.given.push_back(!name.empty());
    node.inputs.push_back(name.empty() ? Tensor()
                                       : load_tensor(data + "input_" + std::to_string(at) + ".pb"));
  }
  node.output = load_tensor(data + "output_0.pb");
}

int64_t int_attribute(const Node &node, const char *name, int64_t value) {
  hb_onnx_error_t error;
  check(hb_onnx_get_int(node.proto(), name, &value, &error), error);
  return value;
}

double float_attribute(const Node &node, const char *name, double value) {
  hb_onnx_error_t error;
  auto single = static_cast<float>(value);
  check(hb_onnx_get_float(node.proto(), name, &single, &error), error);
  return static_cast<double>(single);
}

std::string text_attribute(const Node &node, const char *name, const char *value) {
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node.proto(), name);
  if (attribute == nullptr) return value;
  return {reinterpret_cast<const char *>(attribute->s.data), attribute->s.len};
}

std::vector<int64_t> ints_attribute(const Node &node, const char *name) {
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node.proto(), name);
  if (attribute == nullptr) return {};
  return {attribute->ints, attribute->ints + attribute->n_ints};
}

}  // namespace hb
