/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_decode.h"

#include <algorithm>
#include <cstring>

namespace hb::twin {

namespace {

constexpr uint32_t kTabWords = 32;
/* Cycles from the last beat to the verdict; StCompute takes these in addition. */
constexpr uint32_t kVerdict = 2;
constexpr uint32_t kLoadSteps = 3, kStoreSteps = 2, kExecSteps = 14, kVecSteps = 11, kStatSteps = 1;

constexpr uint32_t may(uint32_t wait, uint32_t push) {
  return wait | push << 4;
}

uint16_t low16(uint32_t value) {
  return static_cast<uint16_t>(value);
}
uint8_t wait_of(uint8_t tokens) {
  return tokens & 0xf;
}
uint8_t push_of(uint8_t tokens) {
  return static_cast<uint8_t>(tokens >> 4);
}
bool has(uint32_t flags, uint32_t flag) {
  return (flags & flag) != 0;
}

/* 16 x 16 bits, as the one multiplier. */
uint32_t times(uint32_t a, uint32_t b) {
  return a * b;
}

}  // namespace

Decoder::Decoder(const Params &params)
    : params_(params),
      vector_(params.kind == HB_TILE_KIND_VECTOR),
      bank_ifm_words_(params.ifm_words / (params.n == 32 ? 2 : 1)),
      bank_wgt_words_(params.wgt_words / (params.n == 32 ? 2 : 1)),
      exec_flags_(HB_CMD_EXEC_FLAG_INIT | HB_CMD_EXEC_FLAG_X_SIGNED | HB_CMD_EXEC_FLAG_W_SIGNED |
                  (params.n == 8 ? HB_CMD_EXEC_FLAG_HALF : 0)),
      store_flags_(HB_CMD_STORE_FLAG_RAW | HB_CMD_STORE_FLAG_Y_SIGNED |
                   (params.n != 16 ? HB_CMD_STORE_FLAG_HALF : 0)),
      vec_flags_(HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_X_SIGNED | HB_CMD_VEC_FLAG_W_SIGNED |
                 (params.n == 8 ? HB_CMD_VEC_FLAG_HALF : 0) | HB_CMD_VEC_FLAG_TABLE |
                 HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE | HB_CMD_VEC_FLAG_ACROSS |
                 HB_CMD_VEC_FLAG_LANE) {}

// ------------------------------------------------------------------------------------ control

hb_cmd_t Decoder::command() const {
  hb_cmd_t command;
  std::memcpy(command.bytes, bytes_.data(), sizeof command);
  return command;
}

bool Decoder::taken(bool load_ready, bool exec_ready, bool vec_ready, bool store_ready) const {
  switch (outcome_) {
    case Outcome::kLoad:
      return load_ready;
    case Outcome::kExec:
      return exec_ready;
    case Outcome::kVec:
      return vec_ready;
    case Outcome::kStore:
      return store_ready;
    default:
      return false;
  }
}

void Decoder::edge(const In &in) {
  fault_valid_ = false;
  if (in.stop) {
    state_ = State::kIdle;
    return;
  }
  switch (state_) {
    case State::kIdle:
      if (in.start) {
        state_ = State::kFill;
        end_ = false;
        error_ = false;
        beat_ = 0;
        index_ = 0;
      }
      break;
    case State::kFill:
      if (in.beat != nullptr) take(in);
      break;
    case State::kWork:
      if (--left_ == 0) show();
      break;
    case State::kOffer:
      if (taken(in.load_ready, in.exec_ready, in.vec_ready, in.store_ready)) {
        state_ = State::kFill;
        error_ = false;
        beat_ = 0;
        index_ = (index_ + 1) & kIndexMask;
      }
      break;
  }
}

uint64_t Decoder::quiet(bool beat_valid, bool load_ready, bool exec_ready, bool vec_ready,
                        bool store_ready) const {
  switch (state_) {
    case State::kIdle:
      return fault_valid_ ? 0 : kForever;
    case State::kFill:
      return beat_valid ? 0 : kForever;
    case State::kWork:
      return left_;
    case State::kOffer:
      return taken(load_ready, exec_ready, vec_ready, store_ready) ? 0 : kForever;
  }
  return 0;
}

void Decoder::skip(uint64_t cycles) {
  if (state_ != State::kWork || cycles == 0) return;
  left_ -= static_cast<uint32_t>(cycles);
  if (left_ == 0) show();
}

void Decoder::show() {
  switch (outcome_) {
    case Outcome::kEnd:
      end_ = true;
      state_ = State::kIdle;
      break;
    case Outcome::kFault:
      fault_valid_ = true;
      state_ = State::kIdle;
      break;
    default:
      state_ = State::kOffer;
      break;
  }
}

void Decoder::take(const In &in) {
  std::memcpy(&bytes_[beat_ * sizeof(Beat)], in.beat->data(), sizeof(Beat));
  error_ = error_ || in.beat_error;
  if (++beat_ == HB_CMD_BYTES / sizeof(Beat)) decode(in);
}

void Decoder::decode(const In &in) {
  state_ = State::kWork;
  code_ = HB_TILE_STATUS_BAD_OPCODE;
  switch (bytes_[0]) {
    case HB_CMD_OP_LOAD:
      return decode_as<hb_cmd_load_t>(in, Outcome::kLoad,
                                      may(HB_CMD_LOAD_MAY_WAIT, HB_CMD_LOAD_MAY_PUSH), kLoadSteps);
    case HB_CMD_OP_STORE:
      return decode_as<hb_cmd_store_t>(
          in, Outcome::kStore, may(HB_CMD_STORE_MAY_WAIT, HB_CMD_STORE_MAY_PUSH), kStoreSteps);
    case HB_CMD_OP_EXEC:
      if (vector_) break;
      return decode_as<hb_cmd_exec_t>(in, Outcome::kExec,
                                      may(HB_CMD_EXEC_MAY_WAIT, HB_CMD_EXEC_MAY_PUSH), kExecSteps);
    case HB_CMD_OP_VEC:
      if (!vector_) break;
      return decode_as<hb_cmd_vec_t>(in, Outcome::kVec,
                                     may(HB_CMD_VEC_MAY_WAIT, HB_CMD_VEC_MAY_PUSH), kVecSteps);
    case HB_CMD_OP_STAT:
      if (!vector_) break;
      return decode_as<hb_cmd_stat_t>(in, Outcome::kVec,
                                      may(HB_CMD_STAT_MAY_WAIT, HB_CMD_STAT_MAY_PUSH), kStatSteps);
    case HB_CMD_OP_END:
      if (bytes_[1] == 0) code_ = HB_TILE_STATUS_OK;
      break;
    default:
      break;
  }
  if (error_) code_ = HB_TILE_STATUS_AXI_READ;
  conclude(code_ == HB_TILE_STATUS_OK ? Outcome::kEnd : Outcome::kFault, kVerdict);
}

template <class Command>
void Decoder::decode_as(const In &in, Outcome outcome, uint32_t may_name, uint32_t steps) {
  Command command;
  std::memcpy(&command, bytes_.data(), sizeof command);
  if ((command.tokens & ~may_name) != 0) {
    code_ = HB_TILE_STATUS_BAD_OPCODE;
  } else if (((index_ + 1) & kIndexMask) == (in.len & kIndexMask)) {
    code_ = HB_TILE_STATUS_NO_END;
  } else {
    code_ = fields_legal(command) ? HB_TILE_STATUS_OK : HB_TILE_STATUS_BAD_FIELD;
  }
  if (error_) code_ = HB_TILE_STATUS_AXI_READ;
  if (code_ != HB_TILE_STATUS_OK) return conclude(Outcome::kFault, kVerdict);
  if (form(command, *in.base)) return conclude(outcome, kVerdict + steps);
  // It goes through all of its steps, and StDispatch stops it.
  code_ = HB_TILE_STATUS_BAD_FIELD;
  conclude(Outcome::kFault, kVerdict + steps + 1);
}

void Decoder::conclude(Outcome outcome, uint32_t cycles) {
  outcome_ = outcome;
  left_ = cycles;
}

// --------------------------------------------------------------------------------------- LOAD

bool Decoder::fields_legal(const hb_cmd_load_t &c) const {
  return c.flags == 0 && c.mem <= (vector_ ? HB_CMD_LOAD_MEM_TAB : HB_CMD_LOAD_MEM_PRM) &&
         c.base <= 3 && (c.src & 15) == 0 && (c.row_pitch & 15) == 0 && (c.plane_pitch & 15) == 0 &&
         c.beats != 0 && c.rows != 0 && c.planes != 0;
}

bool Decoder::form(const hb_cmd_load_t &c, const std::array<uint32_t, 4> &base) {
  const uint32_t words[] = {params_.ifm_words, params_.wgt_words, params_.prm_words, kTabWords};
  const uint32_t plane = times(c.beats, c.rows);
  const uint32_t total = times(low16(plane), c.planes);
  load_.addr = base[c.base] + c.src;
  load_.row_pitch = c.row_pitch;
  load_.plane_pitch = c.plane_pitch;
  load_.beats = c.beats;
  load_.rows = c.rows;
  load_.planes = c.planes;
  load_.mem = c.mem;
  load_.dst = c.dst;
  load_.total = low16(total);
  load_.index = index_;
  load_.wait_mask = wait_of(c.tokens);
  load_.push_mask = push_of(c.tokens);
  return plane <= 0xffff && uint64_t{total} + c.dst <= words[c.mem];
}

// -------------------------------------------------------------------------------------- STORE

bool Decoder::fields_legal(const hb_cmd_store_t &c) const {
  return (c.flags & ~store_flags_) == 0 && c.base <= 3 && (c.dst & 15) == 0 &&
         (c.row_pitch & 15) == 0 && c.beats != 0 && c.rows != 0 && c.prm + 8u <= params_.prm_words;
}

bool Decoder::form(const hb_cmd_store_t &c, const std::array<uint32_t, 4> &base) {
  const uint32_t total = times(c.beats, c.rows);
  store_.addr = base[c.base] + c.dst;
  store_.row_pitch = c.row_pitch;
  store_.acc = c.acc;
  store_.prm = c.prm;
  store_.beats = c.beats;
  store_.rows = c.rows;
  store_.total = low16(total);
  store_.raw = has(c.flags, HB_CMD_STORE_FLAG_RAW);
  store_.y_signed = has(c.flags, HB_CMD_STORE_FLAG_Y_SIGNED);
  store_.half = has(c.flags, HB_CMD_STORE_FLAG_HALF);
  store_.y_zp = c.y_zp;
  store_.clip_min = c.clip_min;
  store_.clip_max = c.clip_max;
  store_.index = index_;
  store_.wait_mask = wait_of(c.tokens);
  store_.push_mask = push_of(c.tokens);
  return uint64_t{total} + c.acc <= params_.acc_rows;
}

// --------------------------------------------------------------------------------------- EXEC

bool Decoder::fields_legal(const hb_cmd_exec_t &c) const {
  return (c.flags & ~exec_flags_) == 0 && c.in_h != 0 && c.in_w != 0 && c.out_h != 0 &&
         c.out_w != 0 && c.stride_y != 0 && c.stride_x != 0 && c.dil_y != 0 && c.dil_x != 0 &&
         c.ker_h != 0 && c.ker_w != 0 && c.r0 < c.ker_h && c.s0 < c.ker_w && c.c0 < c.k_c &&
         c.k_count != 0 && c.wgt + c.k_count * params_.n <= bank_wgt_words_;
}

bool Decoder::form(const hb_cmd_exec_t &c, const std::array<uint32_t, 4> & /*base*/) {
  // Two 8-channel steps share a 16-channel plane.
  const uint32_t shift = params_.n == 8 ? 1 : 0;
  const uint32_t last_step = std::min<uint32_t>(c.c0 + c.k_count, c.k_c) - 1;
  const uint32_t tap_row_off = times(c.r0, c.dil_y), tap_off = times(c.s0, c.dil_x);
  // 20 bits of the RTL hold every sum of an int16 and a uint16.
  exec_.base_y = c.org_y + static_cast<int32_t>(tap_row_off);
  exec_.base_x = c.org_x + static_cast<int32_t>(tap_off);
  exec_.org_x = c.org_x;
  const auto org_x = static_cast<uint32_t>(int32_t{c.org_x});
  const uint32_t tap_row =
      c.ifm + times(low16(static_cast<uint32_t>(exec_.base_y)), c.row_pitch) + org_x;
  exec_.taprow_addr = low16(tap_row);
  exec_.tap_addr = low16(tap_row + tap_off);
  exec_.kt_addr = low16(tap_row + tap_off + times(c.c0 >> shift, c.plane_pitch));
  exec_.plane_pitch = c.plane_pitch;
  exec_.row_step = low16(times(c.stride_y, c.row_pitch));
  exec_.tap_step = low16(times(c.dil_y, c.row_pitch));
  exec_.in_h = c.in_h;
  exec_.in_w = c.in_w;
  exec_.out_h = c.out_h;
  exec_.out_w = c.out_w;
  exec_.stride_y = c.stride_y;
  exec_.stride_x = c.stride_x;
  exec_.dil_y = c.dil_y;
  exec_.dil_x = c.dil_x;
  exec_.ker_w = c.ker_w;
  exec_.s0 = c.s0;
  exec_.k_c = c.k_c;
  exec_.c0 = c.c0;
  exec_.k_count = c.k_count;
  exec_.wgt = c.wgt;
  exec_.acc = c.acc;
  exec_.x_zp = c.x_zp;
  exec_.w_zp = c.w_zp;
  exec_.wait_mask = wait_of(c.tokens);
  exec_.push_mask = push_of(c.tokens);
  exec_.init = has(c.flags, HB_CMD_EXEC_FLAG_INIT);
  exec_.x_signed = has(c.flags, HB_CMD_EXEC_FLAG_X_SIGNED);
  exec_.w_signed = has(c.flags, HB_CMD_EXEC_FLAG_W_SIGNED);
  exec_.half = has(c.flags, HB_CMD_EXEC_FLAG_HALF);

  const uint64_t top = uint64_t{c.ifm} + c.in_w + times(last_step >> shift, c.plane_pitch) +
                       times(c.in_h - 1u, c.row_pitch);
  const uint32_t first_tap = times(c.r0, c.ker_w) + c.s0;  // below ker_h * ker_w
  const uint64_t last = uint64_t{times(first_tap, c.k_c)} + c.c0 + c.k_count;
  return uint64_t{times(c.out_h, c.out_w)} + c.acc <= params_.acc_rows && top <= bank_ifm_words_ &&
         last <= times(times(c.ker_h, c.ker_w), c.k_c);
}

// -------------------------------------------------------------------------------- VEC and STAT

bool Decoder::fields_legal(const hb_cmd_vec_t &c) const {
  const bool mul = c.fn == HB_CMD_VEC_FN_MUL;
  return (c.flags & ~vec_flags_) == 0 && c.fn <= HB_CMD_VEC_FN_MIN && c.rot <= 15 && c.lanes != 0 &&
         c.lanes <= params_.n && c.in_h != 0 && c.in_w != 0 && c.out_h != 0 && c.out_w != 0 &&
         c.dil_y != 0 && c.dil_x != 0 && c.ker_h != 0 && c.ker_w != 0 && c.k_c != 0 &&
         !(has(c.flags, HB_CMD_VEC_FLAG_ACROSS) && mul) &&
         !(has(c.flags, HB_CMD_VEC_FLAG_ACC) &&
           (mul || has(c.flags, HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE)));
}

bool Decoder::form(const hb_cmd_vec_t &c, const std::array<uint32_t, 4> & /*base*/) {
  vec_.is_stat = false;
  vec_.fn = c.fn;
  vec_.addr = low16(c.ifm + times(low16(static_cast<uint32_t>(int32_t{c.org_y})), c.row_pitch) +
                    static_cast<uint32_t>(int32_t{c.org_x}));
  vec_.org_y = c.org_y;
  vec_.org_x = c.org_x;
  vec_.plane_pitch = c.plane_pitch;
  vec_.row_step = low16(times(c.stride_y, c.row_pitch));
  vec_.tap_step = low16(times(c.dil_y, c.row_pitch));
  vec_.in_h = c.in_h;
  vec_.in_w = c.in_w;
  vec_.out_h = c.out_h;
  vec_.out_w = c.out_w;
  vec_.stride_y = c.stride_y;
  vec_.stride_x = c.stride_x;
  vec_.dil_y = c.dil_y;
  vec_.dil_x = c.dil_x;
  vec_.ker_h = c.ker_h;
  vec_.ker_w = c.ker_w;
  vec_.k_c = c.k_c;
  vec_.wgt = c.wgt;
  vec_.acc = c.acc;
  vec_.acc_dy = c.acc_dy;
  vec_.stat = c.stat;
  vec_.m0 = static_cast<uint16_t>(c.m0);
  vec_.m1 = static_cast<uint16_t>(c.m1);
  vec_.acc_dx = c.acc_dx;
  vec_.lanes = c.lanes;
  vec_.rot = c.rot;
  vec_.x_zp = c.x_zp;
  vec_.x2_zp = c.x2_zp;
  vec_.acc_flag = has(c.flags, HB_CMD_VEC_FLAG_ACC);
  vec_.x_signed = has(c.flags, HB_CMD_VEC_FLAG_X_SIGNED);
  vec_.w_signed = has(c.flags, HB_CMD_VEC_FLAG_W_SIGNED);
  vec_.half = has(c.flags, HB_CMD_VEC_FLAG_HALF);
  vec_.lookup = has(c.flags, HB_CMD_VEC_FLAG_TABLE);
  vec_.offset = has(c.flags, HB_CMD_VEC_FLAG_OFFSET);
  vec_.scale = has(c.flags, HB_CMD_VEC_FLAG_SCALE);
  vec_.across = has(c.flags, HB_CMD_VEC_FLAG_ACROSS);
  vec_.lane = has(c.flags, HB_CMD_VEC_FLAG_LANE);
  vec_.wait_mask = wait_of(c.tokens);
  vec_.push_mask = push_of(c.tokens);

  const uint32_t terms = times(times(c.ker_h, c.ker_w), c.k_c);
  const uint32_t pixels = times(c.out_h, c.out_w);
  const uint64_t last_row =
      uint64_t{c.acc} + times(c.out_h - 1u, c.acc_dy) + times(c.out_w - 1u, c.acc_dx);
  const uint64_t top =
      uint64_t{c.ifm} + c.in_w + times(c.k_c - 1u, c.plane_pitch) + times(c.in_h - 1u, c.row_pitch);
  return terms <= 0xffff && (c.fn != HB_CMD_VEC_FN_MAC || terms + c.wgt <= bank_wgt_words_) &&
         pixels <= params_.acc_rows &&
         (!(vec_.offset || vec_.scale) || pixels + c.stat <= params_.acc_rows) &&
         last_row < params_.acc_rows && top <= bank_ifm_words_;
}

bool Decoder::fields_legal(const hb_cmd_stat_t &c) const {
  const auto fits = [&](uint32_t first) { return first + c.rows <= params_.acc_rows; };
  return c.flags == 0 && c.fn <= HB_CMD_STAT_FN_RSQRT && c.rows != 0 && fits(c.a) && fits(c.b) &&
         fits(c.dst);
}

bool Decoder::form(const hb_cmd_stat_t &c, const std::array<uint32_t, 4> & /*base*/) {
  vec_.is_stat = true;
  vec_.fn = c.fn;
  vec_.stat = c.a;
  vec_.wgt = c.b;
  vec_.acc = c.dst;
  vec_.out_w = c.rows;
  vec_.m0 = c.count;
  vec_.eps = c.eps;
  vec_.wait_mask = wait_of(c.tokens);
  vec_.push_mask = push_of(c.tokens);
  return true;
}

}  // namespace hb::twin
