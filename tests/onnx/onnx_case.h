/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * An ONNX node test directory as layers of a tile: operands, constants, expected output. Operators
 * of vector tiles: onnx_vector.h.
 *
 * Integer and quantised operators (QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger) are
 * taken as they are and must come out exactly. The requantisation scale is (x_scale * w_scale) /
 * y_scale, each step rounded to binary32, the order and the precision in which ONNX Runtime
 * evaluates it; the standard gives the formula but no precision.
 *
 * Float operators (Conv, MatMul, Gemm) whose operands are all integers of 8 bits run with scale 1
 * and int32 output, which must be the expected floats exactly. All others are quantised: operands
 * to uint8 if none is negative, else to symmetric int8 (weights per output channel), the output to
 * int8 with max|y| / 127; it may be kMaxLsb steps off (the rounding of operands, worth more than
 * one step in theory).
 */

#ifndef HB_TESTS_ONNX_CASE_H_
#define HB_TESTS_ONNX_CASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "hb_model.h"

namespace hb {

/** Steps of the quantised output a float vector may be off. */
constexpr int32_t kMaxLsb = 1;

/** What to get wrong on purpose, to see that the vectors notice. */
enum class Spoil {
  kNothing,
  kInputZeroPoint,
  kWeightZeroPoint,
  kOutputZeroPoint,
  kScale,
  kPadding
};

/** One program's worth: a layer with its bytes in the layout of hilbert/hb_tensor.h. */
struct OnnxJob {
  hb_layer_t layer;
  std::vector<uint8_t> in, in2, consts;
  std::vector<int32_t> want;  // [k][y][x]: quantised values, int32 sums with raw_out
};

struct OnnxCase {
  std::string name, op;
  std::string reason;         // why it is not applicable; empty: `jobs` are to be run
  std::vector<OnnxJob> jobs;  // one per image or matrix of the batch
  int32_t tolerance = 0;      // LSBs
};

/** Whether layers can be built for this operator at all, for vector tiles or for systolic ones. */
bool onnx_op_known(const std::string &op, bool vector);

/** Operator of the single node in `directory`/model.onnx; "" if there are several. Ends the test if
 * unreadable. */
std::string onnx_case_op(const std::string &directory);

/** Reads `directory` (model.onnx, test_data_set_0). Ends the test with a message if files are
 * missing or malformed. */
OnnxCase onnx_case_load(const std::string &directory, bool vector, Spoil spoil);

}  // namespace hb

#endif  // HB_TESTS_ONNX_CASE_H_
