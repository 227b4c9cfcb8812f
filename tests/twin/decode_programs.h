/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Programs for a decoder alone: pieces of random jobs, in which one command may break one rule of
 * rtl/regs/hb_tile.toml, reach one of its limits, or have anything in a field.
 */

#ifndef HB_TESTS_TWIN_DECODE_PROGRAMS_H_
#define HB_TESTS_TWIN_DECODE_PROGRAMS_H_

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_types.h"

namespace hb {

struct DecodeProgram {
  std::vector<hb_cmd_t> commands;
  std::array<uint32_t, 4> base{};
  uint32_t len = 0;
  size_t error_beat = SIZE_MAX;  // which beat is answered with an error
  /* Why it ends: status code (OK: at its END) and the command at fault. Not known with any field.
   */
  bool known = true;
  uint8_t code = 0;
  size_t index = 0;
  size_t rule = SIZE_MAX;  // of decode_rules(): the one that it breaks or keeps to the limit
};

class DecodePrograms {
 public:
  DecodePrograms(const twin::Params &params, uint32_t seed);

  DecodeProgram next();

  /* Every rule that this kind of tile has, and how many programs have been about it. */
  struct Rule {
    std::string name;
    uint64_t programs = 0;
  };
  const std::vector<Rule> &rules() const { return rules_; }

 private:
  void new_job();

  twin::Params params_;
  std::mt19937 rng_;
  std::vector<uint8_t> memory_;
  std::vector<hb_cmd_t> job_;
  std::array<uint32_t, 4> base_{};
  uint32_t pieces_left_ = 0;
  std::vector<Rule> rules_;
  std::vector<size_t> which_;  // their places in the table
};

}  // namespace hb

#endif  // HB_TESTS_TWIN_DECODE_PROGRAMS_H_
