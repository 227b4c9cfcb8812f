/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/functional/tile_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hb {

namespace {

constexpr int64_t kAccRows = 1024, kIfmBank = 8192, kWgtBank = 4096;  // words of a bank
constexpr unsigned kBankLanes = 16;

int32_t widen(uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<int8_t>(byte) : byte;
}

/* The low `bits` bits as a signed number. */
int64_t low_bits(int64_t value, int bits) {
  const int64_t mask = (int64_t{1} << bits) - 1, half = int64_t{1} << (bits - 1);
  return ((value & mask) ^ half) - half;
}

uint32_t bits_of(int32_t value) {
  return static_cast<uint32_t>(value);
}

/* Where `bytes` (16 of them) go as numbers less their zero point. */
template <class Number>
void widen_word(const uint8_t *bytes, unsigned count, bool is_signed, int32_t zero, Number *to) {
  if (is_signed) {
    for (unsigned i = 0; i < count; ++i)
      to[i] = static_cast<Number>(static_cast<int8_t>(bytes[i]) - zero);
  } else {
    for (unsigned i = 0; i < count; ++i)
      to[i] = static_cast<Number>(bytes[i] - zero);
  }
}

void check_range(int64_t first, int64_t count, size_t size, const char *what) {
  if (first < 0 || count < 0 || first + count > static_cast<int64_t>(size)) {
    std::fprintf(stderr, "tile data: %s %lld to %lld do not exist\n", what,
                 static_cast<long long>(first), static_cast<long long>(first + count - 1));
    std::abort();
  }
}

}  // namespace

int32_t requant(int32_t t, float scale, int32_t zero_point, int32_t clip_min, int32_t clip_max) {
  const float f = static_cast<float>(t);
  const float p = f * scale;
  // Beyond the clip limits the integer conversion could overflow; the limits decide anyway.
  const float limited = p > 1e6f ? 1e6f : p >= -1e6f ? p : -1e6f;
  const int32_t y = static_cast<int32_t>(std::nearbyint(limited)) + zero_point;
  return y > clip_max ? clip_max : y < clip_min ? clip_min : y;
}

TileData::TileData(uint32_t n)
    : n_(n),
      ifm_(static_cast<size_t>(n == 32 ? 2 * kIfmBank : kIfmBank)),
      wgt_(static_cast<size_t>(n == 32 ? 2 * kWgtBank : kWgtBank)),
      prm_(512),
      tab_(32),
      acc_(static_cast<size_t>(kAccRows) * n) {}

const TileData::Word *TileData::words(const std::vector<Word> &mem, int64_t first,
                                      int64_t count) const {
  check_range(first, count, mem.size(), "words");
  return mem.data() + first;
}

const int32_t *TileData::rows(int64_t first, int64_t count) const {
  check_range(first, count, static_cast<size_t>(kAccRows), "accumulator rows");
  return acc_.data() + first * n_;
}

int32_t *TileData::rows(int64_t first, int64_t count) {
  check_range(first, count, static_cast<size_t>(kAccRows), "accumulator rows");
  return acc_.data() + first * n_;
}

void TileData::load(uint8_t mem, uint32_t word, const void *bytes) {
  std::vector<Word> &to = mem == HB_CMD_LOAD_MEM_IFM   ? ifm_
                          : mem == HB_CMD_LOAD_MEM_WGT ? wgt_
                          : mem == HB_CMD_LOAD_MEM_PRM ? prm_
                                                       : tab_;
  check_range(word, 1, to.size(), "words");
  std::memcpy(to[word].data(), bytes, sizeof(Word));
}

// --------------------------------------------------------------------------------------- EXEC

namespace {

/* Pixels that are worked on at once, and those whose sums are kept in registers. */
constexpr unsigned kBlock = 64, kTogether = 4;

/*
 * acc[p][k] += sum over i of x[p][i] * w[i][k], modulo 2^32. Operands are integers up to 255, so a
 * sum of kN products is an integer below 2^24: binary32 adds it up exactly, in any order.
 */
template <unsigned kN, unsigned kPixels>
void multiply(const float *x, const float *w, int32_t *acc) {
  // Compilers find no vectors of this shape by themselves.
  typedef float Floats __attribute__((vector_size(kN * sizeof(float))));
  typedef int32_t Integers __attribute__((vector_size(kN * sizeof(int32_t))));
  Floats sum[kPixels] = {};
  for (unsigned i = 0; i < kN; ++i) {
    Floats row;
    std::memcpy(&row, w + i * kN, sizeof row);
    for (unsigned p = 0; p < kPixels; ++p)
      sum[p] += x[p * kN + i] * row;
  }
  for (unsigned p = 0; p < kPixels; ++p) {
    const Integers more = __builtin_convertvector(sum[p], Integers);
    for (unsigned k = 0; k < kN; ++k) {
      int32_t &to = acc[p * kN + k];
      to = static_cast<int32_t>(bits_of(to) + bits_of(more[k]));
    }
  }
}

/* Of `count` positions first, first + step, ...: those that are 0 .. size - 1, as a range of their
 * numbers; its end may be before its begin. */
struct Range {
  int64_t begin, end;
};
Range inside(int64_t first, int64_t step, int64_t size, int64_t count) {
  Range range = {0, count};
  if (first < 0) range.begin = (-first + step - 1) / step;
  if (first >= size) {
    range.end = 0;
  } else {
    range.end = std::min(count, (size - 1 - first) / step + 1);
  }
  return range;
}

}  // namespace

void TileData::exec(const hb_cmd_exec_t &cmd) {
  n_ == 8 ? exec_as<8>(cmd) : n_ == 16 ? exec_as<16>(cmd) : exec_as<32>(cmd);
}

template <unsigned kN>
void TileData::exec_as(const hb_cmd_exec_t &cmd) {
  constexpr unsigned kWordLanes = std::min(kN, kBankLanes), kBanks = kN / kWordLanes;
  const bool x_signed = (cmd.flags & HB_CMD_EXEC_FLAG_X_SIGNED) != 0;
  const bool w_signed = (cmd.flags & HB_CMD_EXEC_FLAG_W_SIGNED) != 0;
  const unsigned w_byte = (cmd.flags & HB_CMD_EXEC_FLAG_HALF) != 0 ? 8 : 0;
  const int32_t x_zp = widen(cmd.x_zp, x_signed), w_zp = widen(cmd.w_zp, w_signed);
  const int64_t pixels = int64_t{cmd.out_h} * cmd.out_w;
  int32_t *const acc = rows(cmd.acc, pixels);
  if ((cmd.flags & HB_CMD_EXEC_FLAG_INIT) != 0) std::fill_n(acc, pixels * kN, 0);
  alignas(64) float w[kN * kN], x[kBlock * kN];
  const int64_t first = (int64_t{cmd.r0} * cmd.ker_w + cmd.s0) * cmd.k_c + cmd.c0;
  for (int64_t kt = 0; kt < cmd.k_count; ++kt) {
    const int64_t place = first + kt;
    const int64_t c = place % cmd.k_c;
    const int64_t s = place / cmd.k_c % cmd.ker_w;
    const int64_t r = place / cmd.k_c / cmd.ker_w;
    // N = 8: two channel steps share a word. N = 32: a step is a word of each bank.
    const int64_t plane = kN == 8 ? c / 2 : c;
    const unsigned x_byte = kN == 8 && c % 2 != 0 ? 8 : 0;
    for (unsigned bank = 0; bank < kBanks; ++bank) {
      const Word *from = words(wgt_, bank * kWgtBank + cmd.wgt + kt * kN, kN);
      for (unsigned i = 0; i < kN; ++i) {
        widen_word(from[i].data() + w_byte, kWordLanes, w_signed, w_zp,
                   w + i * kN + bank * kBankLanes);
      }
    }
    const int64_t iy0 = cmd.org_y + r * cmd.dil_y, ix0 = cmd.org_x + s * cmd.dil_x;
    const Range y = inside(iy0, cmd.stride_y, cmd.in_h, cmd.out_h);
    const Range xs = inside(ix0, cmd.stride_x, cmd.in_w, cmd.out_w);
    for (int64_t oy = y.begin; oy < y.end; ++oy) {
      const int64_t row =
          cmd.ifm + plane * cmd.plane_pitch + (iy0 + oy * cmd.stride_y) * cmd.row_pitch;
      for (int64_t ox = xs.begin; ox < xs.end; ox += kBlock) {
        const auto count = static_cast<unsigned>(std::min<int64_t>(kBlock, xs.end - ox));
        const int64_t word = row + ix0 + ox * cmd.stride_x;
        for (unsigned bank = 0; bank < kBanks; ++bank) {
          const Word *from =
              words(ifm_, bank * kIfmBank + word, (count - 1) * int64_t{cmd.stride_x} + 1);
          for (unsigned p = 0; p < count; ++p) {
            widen_word(from[p * size_t{cmd.stride_x}].data() + x_byte, kWordLanes, x_signed, x_zp,
                       x + p * kN + bank * kBankLanes);
          }
        }
        int32_t *to = acc + (oy * cmd.out_w + ox) * kN;
        unsigned p = 0;
        for (; p + kTogether <= count; p += kTogether)
          multiply<kN, kTogether>(x + p * kN, w, to + p * kN);
        for (; p < count; ++p)
          multiply<kN, 1>(x + p * kN, w, to + p * kN);
      }
    }
  }
}

// -------------------------------------------------------------------------------- VEC and STAT

namespace {

/* Two values of VEC's combinations MAC, SUM, SUMSQ (sum), MAX, MIN, modulo 2^32. */
int32_t combined(uint32_t fn, int32_t a, int32_t b) {
  if (fn == HB_CMD_VEC_FN_MAX) return std::max(a, b);
  if (fn == HB_CMD_VEC_FN_MIN) return std::min(a, b);
  return static_cast<int32_t>(bits_of(a) + bits_of(b));
}

/* Combined with any value: that value. */
constexpr int32_t neutral(unsigned fn) {
  return fn == HB_CMD_VEC_FN_MUL   ? 1
         : fn == HB_CMD_VEC_FN_MAX ? INT32_MIN
         : fn == HB_CMD_VEC_FN_MIN ? INT32_MAX
                                   : 0;
}

/* A term into its lane. `other`: of MAC the weight, of SUM the multiplier. */
template <unsigned kFn>
int32_t with_term(int32_t sum, int32_t v, int32_t other) {
  uint32_t more;
  switch (kFn) {
    case HB_CMD_VEC_FN_MUL:
      return static_cast<int32_t>(bits_of(static_cast<int32_t>(bits_of(sum) << 14) >> 14) *
                                  bits_of(v));
    case HB_CMD_VEC_FN_MAX:
      return std::max(sum, v);
    case HB_CMD_VEC_FN_MIN:
      return std::min(sum, v);
    case HB_CMD_VEC_FN_SUMSQ:
      more = bits_of(v) * bits_of(v);
      break;
    default:
      more = bits_of(v) * bits_of(other);
      break;
  }
  return static_cast<int32_t>(bits_of(sum) + more);
}

}  // namespace

/* Steps 1 to 3 of a pixel. */
template <unsigned kN, unsigned kFn>
void TileData::combine(const hb_cmd_vec_t &cmd, int64_t oy, int64_t ox, int32_t row_offset,
                       std::array<int32_t, kN> &result, std::array<bool, kN> &any) const {
  constexpr unsigned kWordLanes = std::min(kN, kBankLanes), kBanks = kN / kWordLanes;
  constexpr bool kMac = kFn == HB_CMD_VEC_FN_MAC;
  const auto flag = [&](uint32_t mask) { return (cmd.flags & mask) != 0; };
  const bool x_signed = flag(HB_CMD_VEC_FLAG_X_SIGNED), w_signed = flag(HB_CMD_VEC_FLAG_W_SIGNED);
  const bool table = flag(HB_CMD_VEC_FLAG_TABLE), offset = flag(HB_CMD_VEC_FLAG_OFFSET);
  const bool lane = flag(HB_CMD_VEC_FLAG_LANE);
  const unsigned half = flag(HB_CMD_VEC_FLAG_HALF) ? 8 : 0;
  const int32_t x_zp = widen(cmd.x_zp, x_signed), x2_zp = widen(cmd.x2_zp, x_signed);
  const int32_t w_zp = widen(cmd.x2_zp, w_signed);
  bool whole_steps = false, last_steps = false;  // were there
  result.fill(neutral(kFn));
  int64_t t = 0;
  for (int64_t r = 0; r < cmd.ker_h; ++r) {
    const int64_t iy = cmd.org_y + r * cmd.dil_y + oy * cmd.stride_y;
    for (int64_t s = 0; s < cmd.ker_w; ++s, t += cmd.k_c) {
      const int64_t ix = cmd.org_x + s * cmd.dil_x + ox * cmd.stride_x;
      if (iy < 0 || iy >= cmd.in_h || ix < 0 || ix >= cmd.in_w) continue;
      int64_t word = cmd.ifm + iy * cmd.row_pitch + ix;
      for (int64_t c = 0; c < cmd.k_c; ++c, word += cmd.plane_pitch) {
        const bool odd = c % 2 != 0, last = c == cmd.k_c - 1;
        uint8_t bytes[kN];
        for (unsigned bank = 0; bank < kBanks; ++bank) {
          const uint8_t *from = words(ifm_, bank * kIfmBank + word, 1)->data();
          uint8_t *to = bytes + bank * kBankLanes;
          if (lane) {
            std::memset(to, from[ox % 16], kWordLanes);
          } else if (half + cmd.rot == 0) {
            std::memcpy(to, from, kWordLanes);
          } else {
            for (unsigned i = 0; i < kWordLanes; ++i)
              to[i] = from[(half + i + cmd.rot) % 16];
          }
        }
        int32_t v[kN];
        if (table) {
          for (unsigned i = 0; i < kN; ++i) {
            int64_t index = bytes[i];
            if (offset) {
              index = std::clamp<int64_t>(int64_t{row_offset} - widen(bytes[i], x_signed), 0, 255);
            }
            int16_t entry;
            std::memcpy(&entry, tab_[static_cast<size_t>(index) / 8].data() + index % 8 * 2, 2);
            v[i] = entry;
          }
        } else {
          widen_word(bytes, kN, x_signed, odd && !kMac ? x2_zp : x_zp, v);
        }
        int32_t other[kN];
        if (kMac) {
          for (unsigned bank = 0; bank < kBanks; ++bank) {
            widen_word(words(wgt_, bank * kWgtBank + cmd.wgt + t + c, 1)->data() + half, kWordLanes,
                       w_signed, w_zp, other + bank * kBankLanes);
          }
        } else {
          std::fill_n(other, kN, odd ? cmd.m1 : cmd.m0);
        }
        if (last && cmd.lanes < kN) {
          for (unsigned i = 0; i < cmd.lanes; ++i)
            result[i] = with_term<kFn>(result[i], v[i], other[i]);
          last_steps = true;
        } else {
          for (unsigned i = 0; i < kN; ++i)
            result[i] = with_term<kFn>(result[i], v[i], other[i]);
          whole_steps = true;
        }
      }
    }
  }
  for (unsigned i = 0; i < kN; ++i) {
    any[i] = whole_steps || (last_steps && i < cmd.lanes);
    if (!any[i]) result[i] = 0;
  }
}

void TileData::vec(const hb_cmd_vec_t &cmd) {
  n_ == 8 ? vec_as<8>(cmd) : n_ == 16 ? vec_as<16>(cmd) : vec_as<32>(cmd);
}

template <unsigned kN>
void TileData::vec_as(const hb_cmd_vec_t &cmd) {
  const auto flag = [&](uint32_t mask) { return (cmd.flags & mask) != 0; };
  const bool table = flag(HB_CMD_VEC_FLAG_TABLE), offset = flag(HB_CMD_VEC_FLAG_OFFSET);
  const bool scaled = flag(HB_CMD_VEC_FLAG_SCALE), across = flag(HB_CMD_VEC_FLAG_ACROSS);
  const bool extreme = cmd.fn == HB_CMD_VEC_FN_MAX || cmd.fn == HB_CMD_VEC_FN_MIN;
  const auto combine_fn = cmd.fn == HB_CMD_VEC_FN_MAC     ? &TileData::combine<kN, 0>
                          : cmd.fn == HB_CMD_VEC_FN_SUM   ? &TileData::combine<kN, 1>
                          : cmd.fn == HB_CMD_VEC_FN_MUL   ? &TileData::combine<kN, 2>
                          : cmd.fn == HB_CMD_VEC_FN_SUMSQ ? &TileData::combine<kN, 3>
                          : cmd.fn == HB_CMD_VEC_FN_MAX   ? &TileData::combine<kN, 4>
                                                          : &TileData::combine<kN, 5>;
  std::array<int32_t, kN> result;
  std::array<bool, kN> any;
  for (int64_t oy = 0; oy < cmd.out_h; ++oy) {
    for (int64_t ox = 0; ox < cmd.out_w; ++ox) {
      const int64_t stat_row = cmd.stat + oy * cmd.out_w + ox;
      const uint32_t stat0 = scaled ? bits_of(rows(stat_row, 1)[0]) : 0;
      const int32_t row_offset = offset ? rows(stat_row, 1)[1] : 0;
      (this->*combine_fn)(cmd, oy, ox, row_offset, result, any);
      if (offset && !table) {
        for (int32_t &value : result)
          value = static_cast<int32_t>(bits_of(value) - bits_of(row_offset));
      }
      if (scaled) {
        const uint32_t shift = stat0 >> 16 & 31;
        const int64_t half = shift == 0 ? 0 : int64_t{1} << (shift - 1);
        for (int32_t &value : result) {
          value = static_cast<int32_t>(
              (low_bits(value, 27) * static_cast<int64_t>(stat0 & 0xffff) + half) >> shift);
        }
      }
      if (across) {
        int32_t all = 0;
        bool none = true;
        for (unsigned i = 0; i < kN; ++i) {
          if (extreme && !any[i]) continue;
          all = none ? result[i] : combined(cmd.fn, all, result[i]);
          none = false;
        }
        result.fill(all);
      }
      int32_t *to = rows(cmd.acc + oy * cmd.acc_dy + ox * cmd.acc_dx, 1);
      if (flag(HB_CMD_VEC_FLAG_ACC)) {
        for (unsigned i = 0; i < kN; ++i)
          to[i] = combined(cmd.fn, to[i], result[i]);
      } else {
        std::copy(result.begin(), result.end(), to);
      }
    }
  }
}

void TileData::stat(const hb_cmd_stat_t &cmd) {
  for (uint32_t i = 0; i < cmd.rows; ++i) {
    const int32_t a = rows(cmd.a + i, 1)[0];
    const uint32_t b = bits_of(rows(cmd.b + i, 1)[0]);
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
    int32_t *to = rows(cmd.dst + i, 1);
    std::fill_n(to, n_, 0);
    to[0] = static_cast<int32_t>(shift << 16 | mant);
    to[1] = a;
  }
}

// -------------------------------------------------------------------------------------- STORE

void TileData::store(const hb_cmd_store_t &cmd, std::vector<Beat> &beats) const {
  const bool raw = (cmd.flags & HB_CMD_STORE_FLAG_RAW) != 0;
  const bool y_signed = (cmd.flags & HB_CMD_STORE_FLAG_Y_SIGNED) != 0;
  const bool half = (cmd.flags & HB_CMD_STORE_FLAG_HALF) != 0;
  const unsigned lanes = std::min<unsigned>(n_, kBankLanes);
  const unsigned channel = half && n_ == 8 ? 8 : 0, column = half && n_ == 32 ? 16 : 0;
  const int64_t pixels = int64_t{cmd.rows} * cmd.beats;
  const int32_t zero = widen(cmd.y_zp, y_signed);
  const int32_t low = widen(cmd.clip_min, y_signed), high = widen(cmd.clip_max, y_signed);
  int32_t bias[kBankLanes];
  float scale[kBankLanes];
  const Word *params = words(prm_, cmd.prm, 8);
  std::memcpy(bias, params, sizeof bias);
  std::memcpy(scale, params + 4, sizeof scale);
  const int32_t *acc = rows(cmd.acc, pixels) + column;
  const size_t begin = beats.size();
  beats.resize(begin + static_cast<size_t>(pixels) * (raw ? 4 : 1));
  Beat *to = beats.data() + begin;
  for (int64_t pixel = 0; pixel < pixels; ++pixel, acc += n_) {
    int32_t t[kBankLanes] = {};
    for (unsigned k = 0; k < lanes; ++k)
      t[channel + k] = static_cast<int32_t>(bits_of(acc[k]) + bits_of(bias[channel + k]));
    if (raw) {
      for (unsigned quarter = 0; quarter < 4; ++quarter, ++to) {
        const bool mine = quarter * 4 >= channel && quarter * 4 < channel + lanes;
        std::memcpy(to->bytes.data(), t + quarter * 4, sizeof(Word));
        to->strobe = mine ? 0xffff : 0;
      }
      continue;
    }
    for (unsigned k = 0; k < kBankLanes; ++k)
      to->bytes[k] = static_cast<uint8_t>(requant(t[k], scale[k], zero, low, high));
    to->strobe = static_cast<uint16_t>(((1u << lanes) - 1) << channel);
    ++to;
  }
}

}  // namespace hb
