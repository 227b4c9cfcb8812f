/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * usage: conformance_test DATA/node MODEL [SPOIL]
 *
 * Runs the ONNX node conformance vectors on a Verilated tile and on the functional tile model and
 * prints, per operator, vectors passed / applicable / total and why the others are not applicable.
 * Fails if a claimed vector is missing, not applicable or differs, if an unclaimed one runs, and if
 * the directory holds suspiciously little.
 *
 * SPOIL (x_zp, w_zp, y_zp, scale, padding) gets that one thing wrong and fails unless both judges
 * notice: proof that the vectors test it.
 */

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"
#include "onnx_case.h"
#include "tile_bench.h"
#include "tile_interp.h"
#include "tile_reference.h"
#include "vector_claims.h"

using namespace hb;

namespace {

/* Every vector the systolic tiles claim. */
const std::set<std::string> kClaimed = {
    "test_qlinearconv",
    "test_qlinearmatmul_2D",
    "test_qlinearmatmul_3D",
    "test_basic_convinteger",
    "test_convinteger_with_padding",
    "test_convinteger_without_padding",
    "test_matmulinteger",
    "test_basic_conv_with_padding",
    "test_basic_conv_without_padding",
    "test_conv_with_autopad_same",
    "test_conv_with_strides_and_asymmetric_padding",
    "test_conv_with_strides_no_padding",
    "test_conv_with_strides_padding",
    "test_matmul_2d",
    "test_matmul_3d",
    "test_matmul_4d",
    "test_gemm_all_attributes",
    "test_gemm_alpha",
    "test_gemm_beta",
    "test_gemm_default_no_bias",
    "test_gemm_default_scalar_bias",
    "test_gemm_default_single_elem_vector_bias",
    "test_gemm_default_vector_bias",
    "test_gemm_default_zero_bias",
    "test_gemm_transposeA",
    "test_gemm_transposeB",
    "test_convtranspose",
    "test_convtranspose_1d",
    "test_convtranspose_autopad_same",
    "test_convtranspose_kernel_shape",
    "test_convtranspose_output_shape",
    "test_convtranspose_pad",
    "test_convtranspose_pads",
    "test_convtranspose_with_kernel",
};

constexpr size_t kLeastDirectories = 900;  // of libonnx-testdata 1.12.0: 932

constexpr uint32_t kBase = TileBench::kMemoryBase;
constexpr uint32_t kIn = 0x80000, kIn2 = 0xc0000, kOut = 0x100000,
                   kConsts = 0x180000;  // offsets; the program is at 0

struct Verdict {
  int32_t worst = 0;  // largest difference
  uint64_t cycles = 0;
};

/* The largest difference between `out` and what is wanted. */
int32_t judge(const OnnxJob &job, const uint8_t *out) {
  const hb_layer_t &layer = job.layer;
  const uint32_t oh = hb_layer_out_h(&layer), ow = hb_layer_out_w(&layer);
  int64_t worst = 0;
  size_t at = 0;
  for (uint32_t k = 0; k < layer.out_c; ++k) {
    for (uint32_t y = 0; y < oh; ++y) {
      for (uint32_t x = 0; x < ow; ++x) {
        const uint64_t offset = hb_tensor_offset(oh, ow, k, y, x);
        int32_t got;
        if (layer.raw_out) {
          std::memcpy(&got, out + offset * 4, 4);
        } else {
          got = layer.y_signed ? static_cast<int8_t>(out[offset]) : out[offset];
        }
        worst = std::max(worst, std::abs(int64_t{got} - job.want[at++]));
      }
    }
  }
  return static_cast<int32_t>(std::min<int64_t>(worst, INT32_MAX));
}

/* On the functional model of a systolic tile of 8 or 16: commands in a random order that tokens
 * allow. */
int32_t run_model(const hb_map_tile_t &tile, const OnnxJob &job, const hb_program_t &program) {
  std::vector<uint8_t> in = job.in, consts = job.consts, out(hb_map_out_bytes(&job.layer), 0xa5);
  const tile_interp_memory_t base[4] = {{in.data(), in.size()},
                                        {out.data(), out.size()},
                                        {consts.data(), consts.size()},
                                        {nullptr, 0}};
  char why[200] = "";
  const int failed = tile_interp_run(&tile, program.commands, program.num_commands, base,
                                     TILE_INTERP_RANDOM, 1, why, sizeof(why));
  expect(failed == 0, "functional model: %s", why);
  return judge(job, out.data());
}

/* On that of any tile: commands in program order. */
int32_t run_reference(const hb_map_tile_t &tile, const OnnxJob &job, const hb_program_t &program) {
  std::vector<uint8_t> memory(1 << 21, 0xa5);
  std::copy(job.in.begin(), job.in.end(), memory.begin() + kIn);
  std::copy(job.in2.begin(), job.in2.end(), memory.begin() + kIn2);
  std::copy(job.consts.begin(), job.consts.end(), memory.begin() + kConsts);
  TileReference(tile.size, memory, kBase)
      .run({program.commands, program.commands + program.num_commands},
           {kBase + kIn, kBase + kOut, kBase + kConsts, kBase + kIn2});
  return judge(job, memory.data() + kOut);
}

int32_t run_rtl(TileBench &bench, const OnnxJob &job, const hb_program_t &program,
                uint64_t &cycles) {
  const size_t out_bytes = hb_map_out_bytes(&job.layer);
  expect(program.num_commands * sizeof(hb_cmd_t) <= kIn && job.in.size() <= kIn2 - kIn &&
             job.in2.size() <= kOut - kIn2 && out_bytes <= kConsts - kOut &&
             job.consts.size() <= bench.memory.size() - kConsts,
         "the layer does not fit the bench's memory");
  std::fill(bench.memory.begin(), bench.memory.end(), uint8_t{0xa5});
  bench.put_program(
      kBase, std::vector<hb_cmd_t>(program.commands, program.commands + program.num_commands));
  std::copy(job.in.begin(), job.in.end(), bench.memory.begin() + kIn);
  std::copy(job.in2.begin(), job.in2.end(), bench.memory.begin() + kIn2);
  std::copy(job.consts.begin(), job.consts.end(), bench.memory.begin() + kConsts);
  std::vector<uint8_t> before = bench.memory;
  bench.ring(kBase, program.num_commands,
             {kBase + kIn, kBase + kOut, kBase + kConsts, kBase + kIn2}, 1);
  const Completion done = bench.wait_completion();
  expect(done.code == HB_TILE_STATUS_OK, "status %u at command %u", done.code, done.command);
  bench.wait_idle();
  cycles += done.cycles;
  std::copy_n(bench.memory.begin() + kOut, out_bytes, before.begin() + kOut);
  expect(before == bench.memory, "a write outside the output tensor");
  return judge(job, bench.memory.data() + kOut);
}

struct Row {
  uint32_t passed = 0, applicable = 0, total = 0;
  int32_t worst = 0, tolerance = 0;
  uint32_t inexact = 0;  // vectors judged with a tolerance
  std::vector<std::string> notes;
};

class Conformance {
 public:
  Conformance(const TileModelInfo &info, Spoil spoil) : spoil_(spoil), bench_(info, options()) {
    hb_map_tile_decode(info.id, info.caps, &tile_);
    vector_ = tile_.kind == HB_TILE_KIND_VECTOR;
    bench_.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  }

  void run(const std::string &directory) {
    const std::string op = onnx_case_op(directory);
    Row &row = rows_[op.empty() ? "(several nodes)" : op];
    ++row.total;
    if (!onnx_op_known(op, vector_)) return;
    const OnnxCase test = onnx_case_load(directory, vector_, spoil_);
    if (!test.reason.empty()) {
      row.notes.push_back(test.name + ": " + test.reason);
      return;
    }
    ++row.applicable;
    ran_.insert(test.name);
    int32_t rtl = 0, model = 0;
    for (const OnnxJob &job : test.jobs) {
      char why[200] = "";
      hb_program_t program{};
      expect(hb_map_layer(&job.layer, &tile_, &program, why, sizeof(why)) == HB_OK, "%s: %s",
             test.name.c_str(), why);
      rtl = std::max(rtl, run_rtl(bench_, job, program, cycles_));
      model = std::max(model, vector_ || tile_.size == 32 ? run_reference(tile_, job, program)
                                                          : run_model(tile_, job, program));
      hb_program_release(&program);
      ++jobs_;
    }
    row.worst = std::max(row.worst, std::max(rtl, model));
    row.tolerance = std::max(row.tolerance, test.tolerance);
    row.inexact += test.tolerance != 0;
    rtl_failed_ += rtl > test.tolerance;
    model_failed_ += model > test.tolerance;
    if (rtl <= test.tolerance && model <= test.tolerance && !test.jobs.empty()) {
      ++row.passed;
    } else if (spoil_ == Spoil::kNothing) {
      std::printf("%s: RTL differs by up to %d, functional model by up to %d; %d allowed\n",
                  test.name.c_str(), rtl, model, test.tolerance);
    }
  }

  void print() const {
    std::printf(
        "| operator | passed / applicable / total | worst difference | not applicable, and why "
        "|\n");
    std::printf("|---|---|---|---|\n");
    std::string others;
    uint32_t others_total = 0;
    for (const auto &[op, row] : rows_) {
      if (!onnx_op_known(op, vector_)) {
        others += (others.empty() ? "" : ", ") + op + " " + std::to_string(row.total);
        others_total += row.total;
        continue;
      }
      std::string notes;
      for (const std::string &note : row.notes)
        notes += (notes.empty() ? "" : "; ") + note;
      std::string worst =
          row.inexact == 0
              ? "exact"
              : std::to_string(row.worst) + " LSB (" + std::to_string(row.tolerance) +
                    " allowed; " + std::to_string(row.applicable - row.inexact) + " vectors exact)";
      std::printf("| %s | %u / %u / %u | %s | %s |\n", op.c_str(), row.passed, row.applicable,
                  row.total, worst.c_str(), notes.c_str());
    }
    std::printf("| all others | 0 / 0 / %u | - | %s tiles have no program for them |\n\n",
                others_total, vector_ ? "vector" : "systolic");
    std::printf("others, with their vectors: %s\n\n", others.c_str());
    std::printf("%zu vectors, %u programs, %llu tile cycles\n", ran_.size(), jobs_,
                static_cast<unsigned long long>(cycles_));
  }

  /* Claims kept, nothing unclaimed. */
  bool ok() const {
    bool good = rtl_failed_ == 0 && model_failed_ == 0;
    const std::set<std::string> &claimed = vector_ ? kVectorClaimed : kClaimed;
    for (const std::string &name : claimed) {
      if (ran_.count(name) == 0) {
        std::printf("%s: claimed, but missing or not applicable\n", name.c_str());
        good = false;
      }
    }
    for (const std::string &name : ran_) {
      if (claimed.count(name) == 0) {
        std::printf("%s: applicable, but not claimed: add it to the claims\n", name.c_str());
        good = false;
      }
    }
    return good;
  }

  bool noticed(const char *what) const {
    std::printf("%s spoiled: %u vectors differ on RTL, %u on the functional model\n", what,
                rtl_failed_, model_failed_);
    return rtl_failed_ > 0 && rtl_failed_ == model_failed_;
  }

 private:
  static BenchOptions options() {
    BenchOptions options;
    options.stall_percent = 10;
    options.max_latency = 20;
    return options;
  }

  Spoil spoil_;
  bool vector_ = false;
  TileBench bench_;
  hb_map_tile_t tile_{};
  std::map<std::string, Row> rows_;
  std::set<std::string> ran_;
  uint32_t jobs_ = 0, rtl_failed_ = 0, model_failed_ = 0;
  uint64_t cycles_ = 0;
};

Spoil parse_spoil(const char *text) {
  const std::map<std::string, Spoil> names = {{"x_zp", Spoil::kInputZeroPoint},
                                              {"w_zp", Spoil::kWeightZeroPoint},
                                              {"y_zp", Spoil::kOutputZeroPoint},
                                              {"scale", Spoil::kScale},
                                              {"padding", Spoil::kPadding}};
  const auto found = names.find(text);
  if (found == names.end()) {
    std::fprintf(stderr, "conformance_test: unknown thing to spoil: %s\n", text);
    std::exit(2);
  }
  return found->second;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr,
                 "usage: conformance_test DATA/node MODEL [x_zp|w_zp|y_zp|scale|padding]\n");
    return 2;
  }
  std::error_code error;
  std::set<std::string> directories;  // in order of name
  for (const auto &entry : std::filesystem::directory_iterator(argv[1], error))
    directories.insert(entry.path());
  expect(!error, "%s: %s", argv[1], error.message().c_str());
  expect(directories.size() >= kLeastDirectories, "%s: %zu directories, expected %zu or more",
         argv[1], directories.size(), kLeastDirectories);
  Conformance test(find_model(argv[2]), argc == 4 ? parse_spoil(argv[3]) : Spoil::kNothing);
  for (const std::string &directory : directories)
    test.run(directory);
  if (argc == 4) return test.noticed(argv[3]) ? 0 : 1;
  test.print();
  return test.ok() ? 0 : 1;
}
