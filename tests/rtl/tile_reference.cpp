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
                                                            : prm_;
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
