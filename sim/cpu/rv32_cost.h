/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What an RV32IMC instruction costs: the cycle model of the host CPU, as a table.
 *
 * The model is a small in-order core with tightly coupled memories: lowRISC Ibex in its `small`
 * configuration (two-stage pipeline, three-cycle multiplier, no branch target adder). README.md
 * beside this file has the table for people.
 */

#ifndef HB_SIM_CPU_RV32_COST_H_
#define HB_SIM_CPU_RV32_COST_H_

#include <cstdint>

namespace hb {

enum class InsnClass : uint8_t {
  kAlu,
  kMul,   // MUL
  kMulh,  // MULH, MULHSU, MULHU
  kDiv,   // DIV, DIVU, REM, REMU
  kLoad,
  kStore,
  kBranch,
  kJump,
  kCsr,
  kFence,   // FENCE
  kFenceI,  // FENCE.I
  kMret,
  kWfi,
  kEcall,
  kEbreak,
  kIllegal,  // not RV32IMC with Zicsr and Zifencei, or a counter this core does not have
};

struct InsnCost {
  InsnClass cls = InsnClass::kIllegal;
  uint8_t bytes = 2;   // 2 or 4
  uint8_t cycles = 0;  // loads and stores outside the private memory: less the wait
  uint8_t taken = 0;   // more, if the next instruction is not the one behind it
};

/** Cycles from the end of the interrupted (or trapping) instruction to the start of the handler's
 * first. */
constexpr unsigned kTrapCycles = 4;

/** Decodes the instruction whose first byte is the lowest of `insn`; upper half unused if it is 16
 * bits long. */
InsnCost rv32_cost(uint32_t insn);

/** What a load or store accesses: x[base] + offset. */
struct InsnAccess {
  bool store = false;
  uint8_t base = 0, bytes = 0;  // bytes 0: it is neither
  int32_t offset = 0;
};
InsnAccess rv32_access(uint32_t insn);

}  // namespace hb

#endif  // HB_SIM_CPU_RV32_COST_H_
