/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/cpu/rv32_cost.h"

#include <array>

namespace hb {

namespace {

struct ClassCost {
  uint8_t cycles, taken;
};

/* By InsnClass. */
constexpr std::array<ClassCost, 16> kCosts = {{
    {1, 0},   // kAlu
    {3, 0},   // kMul
    {4, 0},   // kMulh
    {37, 0},  // kDiv
    {2, 0},   // kLoad
    {2, 0},   // kStore
    {1, 2},   // kBranch
    {2, 0},   // kJump
    {1, 0},   // kCsr
    {1, 0},   // kFence
    {2, 0},   // kFenceI
    {4, 0},   // kMret
    {1, 0},   // kWfi
    {1, 0},   // kEcall
    {1, 0},   // kEbreak
    {0, 0},   // kIllegal
}};

constexpr uint32_t bits(uint32_t value, unsigned high, unsigned low) {
  return (value >> low) & ((uint32_t{1} << (high - low + 1)) - 1);
}

InsnClass classify_quadrant0(uint32_t insn) {
  switch (bits(insn, 15, 13)) {
    case 0:
      return bits(insn, 12, 5) == 0 ? InsnClass::kIllegal : InsnClass::kAlu;  // c.addi4spn
    case 2:
      return InsnClass::kLoad;
    case 6:
      return InsnClass::kStore;
    default:
      return InsnClass::kIllegal;
  }
}

InsnClass classify_quadrant1(uint32_t insn) {
  switch (bits(insn, 15, 13)) {
    case 1:
    case 5:
      return InsnClass::kJump;  // c.jal, c.j
    case 6:
    case 7:
      return InsnClass::kBranch;
    default:
      return InsnClass::kAlu;
  }
}

InsnClass classify_quadrant2(uint32_t insn) {
  switch (bits(insn, 15, 13)) {
    case 0:
      return InsnClass::kAlu;  // c.slli
    case 2:
      return InsnClass::kLoad;
    case 6:
      return InsnClass::kStore;
    case 4:
      break;
    default:
      return InsnClass::kIllegal;
  }
  if (bits(insn, 6, 2) != 0) {
    return InsnClass::kAlu;  // c.mv, c.add
  }
  if (bits(insn, 11, 7) != 0) {
    return InsnClass::kJump;  // c.jr, c.jalr
  }
  return bits(insn, 12, 12) == 1 ? InsnClass::kEbreak : InsnClass::kIllegal;
}

InsnClass classify_system(uint32_t insn) {
  const uint32_t funct3 = bits(insn, 14, 12);
  const uint32_t imm = bits(insn, 31, 20);
  if (funct3 == 4) {
    return InsnClass::kIllegal;
  }
  if (funct3 != 0) {
    const uint32_t group = imm >> 8;
    const bool counter = (group == 0xb || group == 0xc) && bits(imm, 6, 5) == 0;
    return counter ? InsnClass::kIllegal : InsnClass::kCsr;
  }
  switch (insn) {
    case 0x00000073:
      return InsnClass::kEcall;
    case 0x00100073:
      return InsnClass::kEbreak;
    case 0x30200073:
      return InsnClass::kMret;
    case 0x10500073:
      return InsnClass::kWfi;
    default:
      return InsnClass::kIllegal;
  }
}

InsnClass classify_op(uint32_t insn) {
  if (bits(insn, 31, 25) != 1) {
    return InsnClass::kAlu;
  }
  const uint32_t funct3 = bits(insn, 14, 12);
  if (funct3 == 0) {
    return InsnClass::kMul;
  }
  return funct3 < 4 ? InsnClass::kMulh : InsnClass::kDiv;
}

InsnClass classify_32(uint32_t insn) {
  switch (bits(insn, 6, 0)) {
    case 0x37:  // lui
    case 0x17:  // auipc
    case 0x13:  // with an immediate
      return InsnClass::kAlu;
    case 0x33:
      return classify_op(insn);
    case 0x03:
      return InsnClass::kLoad;
    case 0x23:
      return InsnClass::kStore;
    case 0x63:
      return InsnClass::kBranch;
    case 0x6f:
    case 0x67:
      return InsnClass::kJump;
    case 0x0f:
      return bits(insn, 14, 12) == 1 ? InsnClass::kFenceI : InsnClass::kFence;
    case 0x73:
      return classify_system(insn);
    default:
      return InsnClass::kIllegal;  // also floating point and atomics, which Unicorn would run
  }
}

}  // namespace

InsnCost rv32_cost(uint32_t insn) {
  InsnCost cost;
  switch (insn & 3u) {
    case 0:
      cost.cls = classify_quadrant0(insn & 0xffffu);
      break;
    case 1:
      cost.cls = classify_quadrant1(insn & 0xffffu);
      break;
    case 2:
      cost.cls = classify_quadrant2(insn & 0xffffu);
      break;
    default:
      cost.cls = classify_32(insn);
      cost.bytes = 4;
      break;
  }
  const ClassCost &table = kCosts[static_cast<unsigned>(cost.cls)];
  cost.cycles = table.cycles;
  cost.taken = table.taken;
  return cost;
}

InsnAccess rv32_access(uint32_t insn) {
  const InsnClass cls = rv32_cost(insn).cls;
  InsnAccess access;
  if (cls != InsnClass::kLoad && cls != InsnClass::kStore) {
    return access;
  }
  access.store = cls == InsnClass::kStore;
  access.bytes = 4;
  const auto scaled = [&](uint32_t offset) { access.offset = static_cast<int32_t>(offset); };
  switch (insn & 3u) {
    case 0:  // c.lw, c.sw
      access.base = static_cast<uint8_t>(8 + bits(insn, 9, 7));
      scaled(bits(insn, 12, 10) << 3 | bits(insn, 6, 6) << 2 | bits(insn, 5, 5) << 6);
      break;
    case 2:  // c.lwsp, c.swsp
      access.base = 2;
      scaled(access.store
                 ? bits(insn, 12, 9) << 2 | bits(insn, 8, 7) << 6
                 : bits(insn, 12, 12) << 5 | bits(insn, 6, 4) << 2 | bits(insn, 3, 2) << 6);
      break;
    default: {
      const uint32_t low = access.store ? bits(insn, 11, 7) : bits(insn, 24, 20);
      const uint32_t offset = bits(insn, 31, 25) << 5 | low;
      access.base = static_cast<uint8_t>(bits(insn, 19, 15));
      access.offset = static_cast<int32_t>(offset) - static_cast<int32_t>(offset >> 11 << 12);
      access.bytes = static_cast<uint8_t>(1u << bits(insn, 13, 12));
      break;
    }
  }
  return access;
}

}  // namespace hb
