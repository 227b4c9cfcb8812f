/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * ONNX node tests as layers of a vector tile.
 *
 * Float operands and results are quantised here: to uint8 with max / 255 if none is negative, else
 * to int8 with max|v| / 127, zero point 0. uint8 ones are taken as they are. The result is compared
 * with ONNX's, quantised: it may be off by the LSBs that the operator states, which is what
 * rounding the operands is worth.
 *
 * A layer works on C x H x W; the tests' tensors of other ranks are the same values under other
 * indices: reductions, softmax and normalisation run over what becomes the channels, element-wise
 * operators over all elements as channels.
 */

#ifndef HB_TESTS_ONNX_VECTOR_H_
#define HB_TESTS_ONNX_VECTOR_H_

#include <string>

#include "onnx_case.h"
#include "onnx_node.h"

namespace hb {

struct OnnxOperator {
  const char *name;
  std::vector<OnnxJob> (*jobs)(const Node &node, int32_t &tolerance);
};

/** nullptr if there is none of this name. */
const OnnxOperator *onnx_vector_operator(const std::string &op);

}  // namespace hb

#endif  // HB_TESTS_ONNX_VECTOR_H_
