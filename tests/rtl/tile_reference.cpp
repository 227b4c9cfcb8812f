/* SPDX-License-Identifier: Apache-2.0 */

#include "tile_reference.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hb {

namespace {

int32_t widen(uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<int8_t>(byte) : byte;
}

template <class T>
T &checked(std::vector<T> &v, int64_t index, const char *what) {
  if (index < 0 || index >= static_cast<int64_t>(v.size())) {
    std::fprintf(stderr, "reference: %s index %lld out of range\n", what,
                 static_cast<long long>(index));
    std::abort();
  }
  return v[static_cast<size_t>(index)];
}

}  // namespace

int32_t reference_requant(int32_t t, float scale, int32_t zero_point, int32_t clip_min,
                          int32_t clip_max) {
  const float f = static_cast<float>(t);
  const float p = f * scale;
  // Beyond the clip limits the integer conversion could overflow; the limits decide anyway.
  const long q = p > 1e6f ? 1000000 : p < -1e6f ? -1000000 : std::lrintf(p);
  const long y = q + zero_point;
  return static_cast<int32_t>(y > clip_max ? clip_max : y < clip_min ? clip_min : y);
}

TileReference::TileReference(uint32_t n, std::vector<uint8_t> &memory, uint32_t memory_base)
    : n_(n),
      memory_(memory),
      memory_base_(memory_base),
      ifm_(n == 32 ? 16384 : 8192),
      wgt_(n == 32 ? 8192 : 4096),
      prm_(512),
      tab_(32),
      acc_(1024 * n) {}

uint8_t *TileReference::at(uint32_t address, uint32_t bytes) {
  const uint64_t offset = uint64_t{address} - memory_base_;
  if (address < memory_base_ || offset + bytes > memory_.size()) {
    std::fprintf(stderr, "reference: address %08x outside the test's memory\n", address);
    std::abort();
  }
  return memory_.data() + offset;
}

void TileReference::run(const std::vector<hb_cmd_t> &program, const std::array<uint32_t, 4> &base) {
  for (const hb_cmd_t &cmd : program) {
    switch (cmd.common.opcode) {
      case HB_CMD_OP_LOAD:
        load(cmd.load, base);
        break;
      case HB_CMD_OP_EXEC:
        exec(cmd.exec);
        break;
      case HB_CMD_OP_VEC:
        vec(cmd.vec);
        break;
      case HB_CMD_OP_STAT:
        stat(cmd.stat);
        break;
      case HB_CMD_OP_STORE:
        store(cmd.store, base);
        break;
      default:
        return;
    }
  }
}

void TileReference::load(const hb_cmd_load_t &cmd, const std::array<uint32_t, 4> &base) {
  std::vector<Word> &mem = cmd.mem == HB_CMD_LOAD_MEM_IFM   ? ifm_
                           : cmd.mem == HB_CMD_LOAD_MEM_WGT ? wgt_
                           : cmd.mem == HB_CMD_LOAD_MEM_PRM ? prm_
                                                            : tab_;
  int64_t word = cmd.dst;
  for (uint32_t plane = 0; plane < cmd.planes; ++plane) {
    for (uint32_t row = 0; row < cmd.rows; ++row) {
      const uint32_t from =
          base[cmd.base] + cmd.src + plane * cmd.plane_pitch + row * cmd.row_pitch;
      for (uint32_t beat = 0; beat < cmd.beats; ++beat) {
        std::memcpy(checked(mem, word++, "scratchpad").data(), at(from + 16 * beat, 16), 16);
      }
    }
  }
}

void TileReference::exec(const hb_cmd_exec_t &cmd) {
  const bool x_signed = (cmd.flags & HB_CMD_EXEC_FLAG_X_SIGNED) != 0;
  const bool w_signed = (cmd.flags & HB_CMD_EXEC_FLAG_W_SIGNED) != 0;
  const uint32_t out_lane = (cmd.flags & HB_CMD_EXEC_FLAG_HALF) != 0 ? 8 : 0;
  const int32_t x_zp = widen(cmd.x_zp, x_signed);
  const int32_t w_zp = widen(cmd.w_zp, w_signed);
  const int64_t first = (int64_t{cmd.r0} * cmd.ker_w + cmd.s0) * cmd.k_c + cmd.c0;
  for (int64_t kt = 0; kt < cmd.k_count; ++kt) {
    const int64_t place = first + kt;
    const int64_t c = place % cmd.k_c;
    const int64_t s = place / cmd.k_c % cmd.ker_w;
    const int64_t r = place / cmd.k_c / cmd.ker_w;
    for (int64_t oy = 0; oy < cmd.out_h; ++oy) {
      for (int64_t ox = 0; ox < cmd.out_w; ++ox) {
        const int64_t iy = cmd.org_y + r * cmd.dil_y + oy * cmd.stride_y;
        const int64_t ix = cmd.org_x + s * cmd.dil_x + ox * cmd.stride_x;
        const bool inside = iy >= 0 && iy < cmd.in_h && ix >= 0 && ix < cmd.in_w;
        for (uint32_t k = 0; k < n_; ++k) {
          int32_t sum = 0;
          for (uint32_t i = 0; inside && i < n_; ++i) {
            const auto channel = static_cast<uint32_t>(c) * n_ + i;
            // N = 32: the planes of a pair and the blocks of a pair are in two banks.
            const int64_t plane = n_ == 32 ? channel / 32 : channel / 16;
            const int64_t bank = n_ == 32 ? channel / 16 % 2 : 0, w_bank = k / 16;
            const Word &x = checked(
                ifm_, bank * 8192 + cmd.ifm + plane * cmd.plane_pitch + iy * cmd.row_pitch + ix,
                "IFM");
            const Word &w = checked(wgt_, w_bank * 4096 + cmd.wgt + kt * n_ + i, "WGT");
            sum += (widen(x[channel % 16], x_signed) - x_zp) *
                   (widen(w[out_lane + k % 16], w_signed) - w_zp);
          }
          int32_t &acc = checked(acc_, (cmd.acc + oy * cmd.out_w + ox) * n_ + k, "accumulator");
          const bool init = kt == 0 && (cmd.flags & HB_CMD_EXEC_FLAG_INIT) != 0;
          acc = static_cast<int32_t>((init ? 0u : static_cast<uint32_t>(acc)) +
                                     static_cast<uint32_t>(sum));
        }
      }
    }
  }
}

int32_t &TileReference::row(int64_t row, uint32_t lane) {
  return checked(acc_, row * n_ + lane, "accumulator");
}

namespace {

/* Two values of VEC's combinations MAC, SUM, SUMSQ (sum), MAX, MIN, modulo 2^32. */
int32_t combined(uint32_t fn, int32_t a, int32_t b) {
  if (fn == HB_CMD_VEC_FN_MAX) return std::max(a, b);
  if (fn == HB_CMD_VEC_FN_MIN) return std::min(a, b);
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

/* The low `bits` bits as a signed number. */
int64_t low_bits(int64_t value, int bits) {
  const int64_t mask = (int64_t{1} << bits) - 1, half = int64_t{1} << (bits - 1);
  return ((value & mask) ^ half) - half;
}

}  // namespace

void TileReference::vec(const hb_cmd_vec_t &cmd) {
  const auto flag = [&](uint32_t mask) { return (cmd.flags & mask) != 0; };
  const bool x_signed = flag(HB_CMD_VEC_FLAG_X_SIGNED), w_signed = flag(HB_CMD_VEC_FLAG_W_SIGNED);
  const bool table = flag(HB_CMD_VEC_FLAG_TABLE), offset = flag(HB_CMD_VEC_FLAG_OFFSET);
  const bool extreme = cmd.fn == HB_CMD_VEC_FN_MAX || cmd.fn == HB_CMD_VEC_FN_MIN;
  for (int64_t oy = 0; oy < cmd.out_h; ++oy) {
    for (int64_t ox = 0; ox < cmd.out_w; ++ox) {
      const int64_t stat_row = cmd.stat + oy * cmd.out_w + ox;
      const bool scaled = flag(HB_CMD_VEC_FLAG_SCALE);
      const uint32_t stat0 = scaled ? static_cast<uint32_t>(row(stat_row, 0)) : 0;
      const int32_t row_offset = offset ? row(stat_row, 1) : 0;
      std::vector<int32_t> result(n_, 0);
      std::vector<bool> any(n_, false);
      for (uint32_t lane = 0; lane < n_; ++lane) {
        const int64_t bank = lane / 16;
        const uint32_t place = lane % 16 + (flag(HB_CMD_VEC_FLAG_HALF) ? 8 : 0);
        const auto x_byte =
            static_cast<uint32_t>(flag(HB_CMD_VEC_FLAG_LANE) ? ox % 16 : (place + cmd.rot) % 16);
        int64_t t = 0, sum = 0;
        for (int64_t r = 0; r < cmd.ker_h; ++r) {
          for (int64_t s = 0; s < cmd.ker_w; ++s) {
            for (int64_t c = 0; c < cmd.k_c; ++c, ++t) {
              const int64_t iy = cmd.org_y + r * cmd.dil_y + oy * cmd.stride_y;
              const int64_t ix = cmd.org_x + s * cmd.dil_x + ox * cmd.stride_x;
              if (iy < 0 || iy >= cmd.in_h || ix < 0 || ix >= cmd.in_w) continue;
              if (c == cmd.k_c - 1 && lane >= cmd.lanes) continue;
              const uint8_t byte = checked(
                  ifm_, bank * 8192 + cmd.ifm + c * cmd.plane_pitch + iy * cmd.row_pitch + ix,
                  "IFM")[x_byte];
              const bool odd = c % 2 != 0, mac = cmd.fn == HB_CMD_VEC_FN_MAC;
              int64_t v =
                  widen(byte, x_signed) - widen(odd && !mac ? cmd.x2_zp : cmd.x_zp, x_signed);
              if (table) {
                int64_t index = byte;
                if (offset) {
                  index = std::clamp<int64_t>(int64_t{row_offset} - widen(byte, x_signed), 0, 255);
                }
                int16_t entry;
                std::memcpy(&entry, tab_[static_cast<size_t>(index) / 8].data() + index % 8 * 2, 2);
                v = entry;
              }
              switch (cmd.fn) {
                case HB_CMD_VEC_FN_MAC:
                  sum +=
                      v * (widen(checked(wgt_, bank * 4096 + cmd.wgt + t, "WGT")[place], w_signed) -
                           widen(cmd.x2_zp, w_signed));
                  break;
                case HB_CMD_VEC_FN_SUM:
                  sum += v * (odd ? cmd.m1 : cmd.m0);
                  break;
                case HB_CMD_VEC_FN_MUL:
                  sum = any[lane] ? low_bits(sum, 18) * v : v;
                  break;
                case HB_CMD_VEC_FN_SUMSQ:
                  sum += v * v;
                  break;
                case HB_CMD_VEC_FN_MAX:
                  sum = any[lane] ? std::max(sum, v) : v;
                  break;
                default:
                  sum = any[lane] ? std::min(sum, v) : v;
                  break;
              }
              any[lane] = true;
            }
          }
        }
        result[lane] = static_cast<int32_t>(sum);
        if (offset && !table) {
          result[lane] = static_cast<int32_t>(static_cast<uint32_t>(result[lane]) -
                                              static_cast<uint32_t>(row_offset));
        }
        if (scaled) {
          const uint32_t shift = stat0 >> 16 & 31;
          const int64_t half = shift == 0 ? 0 : int64_t{1} << (shift - 1);
          result[lane] = static_cast<int32_t>(
              (low_bits(result[lane], 27) * static_cast<int64_t>(stat0 & 0xffff) + half) >> shift);
        }
      }
      if (flag(HB_CMD_VEC_FLAG_ACROSS)) {
        int32_t whole = 0;
        bool none = true;
        for (uint32_t lane = 0; lane < n_; ++lane) {
          if (extreme && !any[lane]) continue;
          whole = none ? result[lane] : combined(cmd.fn, whole, result[lane]);
          none = false;
        }
        std::fill(result.begin(), result.end(), whole);
      }
      for (uint32_t lane = 0; lane < n_; ++lane) {
        int32_t &to = row(cmd.acc + oy * cmd.acc_dy + ox * cmd.acc_dx, lane);
        to = flag(HB_CMD_VEC_FLAG_ACC) ? combined(cmd.fn, to, result[lane]) : result[lane];
      }
    }
  }
}

void TileReference::stat(const hb_cmd_stat_t &cmd) {
  for (uint32_t i = 0; i < cmd.rows; ++i) {
    const int32_t a = row(cmd.a + i, 0);
    const auto b = static_cast<uint32_t>(row(cmd.b + i, 0));
    uint64_t s;
    uint32_t shift;
    if (cmd.fn == HB_CMD_STAT_FN_RECIP) {
      s = b == 0 ? 1 : b;
      shift = 31;
      for (; s < uint64_t{1} << 31; s *= 2)
        --shift;
    } else {
      uint64_t v =
          uint64_t{cmd.count} * b - static_cast<uint64_t>(int64_t{a} * int64_t{a}) + cmd.eps;
      if (v == 0) v = 1;
      shift = 31;
      for (; v < uint64_t{1} << 62; v *= 4)
        --shift;
      s = static_cast<uint64_t>(std::sqrt(static_cast<long double>(v)));
      while (s * s > v)
        --s;
      while (s < 0xffffffffu && (s + 1) * (s + 1) <= v)
        ++s;
    }
    const uint64_t mant = std::min<uint64_t>((uint64_t{1} << 47) / s, 65535);
    for (uint32_t lane = 0; lane < n_; ++lane)
      row(cmd.dst + i, lane) = 0;
    row(cmd.dst + i, 0) = static_cast<int32_t>(shift << 16 | mant);
    row(cmd.dst + i, 1) = a;
  }
}

void TileReference::store(const hb_cmd_store_t &cmd, const std::array<uint32_t, 4> &base) {
  const bool raw = (cmd.flags & HB_CMD_STORE_FLAG_RAW) != 0;
  const bool y_signed = (cmd.flags & HB_CMD_STORE_FLAG_Y_SIGNED) != 0;
  const bool half = (cmd.flags & HB_CMD_STORE_FLAG_HALF) != 0;
  const uint32_t lane = half && n_ == 8 ? 8 : 0, column = half && n_ == 32 ? 16 : 0;
  const uint32_t pixel_bytes = raw ? 64 : 16;
  for (uint32_t row = 0; row < cmd.rows; ++row) {
    for (uint32_t beat = 0; beat < cmd.beats; ++beat) {
      uint8_t *to =
          at(base[cmd.base] + cmd.dst + row * cmd.row_pitch + beat * pixel_bytes, pixel_bytes);
      for (uint32_t k = 0; k < std::min(n_, 16u); ++k) {
        const uint32_t channel = lane + k;
        int32_t bias;
        float scale;
        std::memcpy(&bias, checked(prm_, cmd.prm + channel / 4, "PRM").data() + channel % 4 * 4, 4);
        std::memcpy(&scale,
                    checked(prm_, cmd.prm + 4 + channel / 4, "PRM").data() + channel % 4 * 4, 4);
        const int32_t acc = checked(
            acc_, int64_t{cmd.acc + row * cmd.beats + beat} * n_ + column + k, "accumulator");
        const auto t =
            static_cast<int32_t>(static_cast<uint32_t>(acc) + static_cast<uint32_t>(bias));
        if (raw) {
          std::memcpy(to + 4 * channel, &t, 4);
        } else {
          to[channel] = static_cast<uint8_t>(reference_requant(t, scale, widen(cmd.y_zp, y_signed),
                                                               widen(cmd.clip_min, y_signed),
                                                               widen(cmd.clip_max, y_signed)));
        }
      }
    }
  }
}

}  // namespace hb
