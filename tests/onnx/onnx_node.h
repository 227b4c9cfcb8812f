/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * An ONNX node test directory in memory: the node, its operands and its result.
 */

#ifndef HB_TESTS_ONNX_NODE_H_
#define HB_TESTS_ONNX_NODE_H_

#include <string>
#include <vector>

#include "hb_onnx.h"

namespace hb {

/* A vector the tile cannot run, with the reason. */
struct NotApplicable {
  std::string reason;
};

/** Ends the test. */
[[noreturn]] void die(const std::string &text);
void check(hb_status_t status, const hb_onnx_error_t &error);
/** Throws NotApplicable if `ok` is false. */
void require(bool ok, const std::string &reason);

/* A tensor as doubles (every element type in use fits) with what quantisation needs to know. */
struct Tensor {
  hb_onnx_type_t type = HB_ONNX_FLOAT;
  std::vector<uint32_t> dims;
  std::vector<double> values;

  uint32_t rank() const { return static_cast<uint32_t>(dims.size()); }
  bool is_signed() const { return type == HB_ONNX_INT8; }
};

/* The node, its operands by position (empty dims and values where left out) and its result. */
struct Node {
  Onnx__ModelProto *model = nullptr;
  std::vector<Tensor> inputs;
  std::vector<bool> given;
  Tensor output;

  Node() = default;
  Node(const Node &) = delete;
  Node &operator=(const Node &) = delete;
  ~Node() { hb_onnx_model_free(model); }

  const Onnx__NodeProto *proto() const { return model->graph->node[0]; }
  bool has(size_t i) const { return i < given.size() && given[i]; }
};

/** Fills `node` from `directory` (model.onnx, test_data_set_0). */
void load_node(const std::string &directory, Node &node);

/** Attributes; absent ones have their default. */
int64_t int_attribute(const Node &node, const char *name, int64_t value);
double float_attribute(const Node &node, const char *name, double value);
std::string text_attribute(const Node &node, const char *name, const char *value);
/** Any number of integers; empty if absent. */
std::vector<int64_t> ints_attribute(const Node &node, const char *name);

}  // namespace hb

#endif  // HB_TESTS_ONNX_NODE_H_
