/* SPDX-License-Identifier: Apache-2.0 */

#include "random_program.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "hilbert/hb_tile_regs.h"

namespace hb {

namespace {

/* Half a bank of the scratchpads, half the accumulator. */
constexpr uint32_t kIfmHalf = 4096, kWgtHalf = 2048, kAccHalf = 512, kSlots = 16;
/* Most cycles of one EXEC or VEC. */
constexpr uint32_t kWork = 40000;

class Generator {
 public:
  Generator(std::mt19937 &rng, const TileModelInfo &info, std::vector<uint8_t> &memory,
            uint32_t memory_base, uint32_t area, uint32_t bytes)
      : rng_(rng),
        n_(info.id >> HB_TILE_ID_SIZE_LSB & 0xff),
        vector_(info.id >> HB_TILE_ID_KIND_LSB == HB_TILE_KIND_VECTOR),
        memory_(memory),
        memory_base_(memory_base),
        area_(area),
        half_(bytes / 2) {
    // Bases anywhere, also outside the memory: addresses are sums modulo 2^32.
    for (uint32_t &base : job_.base)
      base = coin() ? area_ + half_ + below(64) * 16 : static_cast<uint32_t>(rng_()) & ~15u;
    store_at_ = area_ + half_ + 2048;
  }

  RandomJob make(uint32_t steps) {
    for (uint32_t i = 0; i < steps; ++i)
      step(i, steps);
    job_.program.push_back(end_command());
    return std::move(job_);
  }

 private:
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(rng_() % limit); }
  uint32_t range(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool coin() { return (rng_() & 1) != 0; }
  /* 1 .. high, of any width in bits, half of the time the greatest, and often one or two more than
   * a power of two: a counter without its highest bit then ends at once. */
  uint32_t wide(uint32_t high) {
    uint32_t bits = 1;
    while (high >> bits != 0)
      ++bits;
    const uint32_t value = 1u << (coin() ? bits - 1 : below(bits));
    return std::min(value + (coin() ? range(1, 2) : below(value)), high);
  }

  hb_cmd_t &push(uint32_t opcode) {
    hb_cmd_t cmd{};
    cmd.common.opcode = static_cast<uint8_t>(opcode);
    job_.program.push_back(cmd);
    return job_.program.back();
  }

  void tokens(size_t command, uint32_t wait, uint32_t push_mask) {
    job_.program[command].common.tokens |= static_cast<uint8_t>(wait | push_mask << 4);
  }

  /* A LOAD that must not begin before the first `steps` steps have read their scratchpads: waits
   * for the next E2L unless an earlier LOAD has. */
  void wait_steps(size_t command, uint32_t steps) {
    if (e2l_taken_ >= steps) return;
    tokens(command, HB_CMD_TOKEN_E2L, 0);
    ++e2l_taken_;
  }

  /* LOADs that fill `words` words of a scratchpad from `dst` on, from anywhere in the input half.
   */
  void fill(uint32_t mem, uint32_t dst, uint32_t words) {
    while (words > 0) {
      const uint32_t beats = range(1, std::min(words, coin() ? 600u : 40u));
      const uint32_t rows = range(1, std::min(words / beats, 20u));
      const uint32_t planes = range(1, std::min(words / beats / rows, 8u));
      hb_cmd_load_t &load = push(HB_CMD_OP_LOAD).load;
      load.mem = static_cast<uint8_t>(mem);
      load.base = static_cast<uint8_t>(below(4));
      load.dst = static_cast<uint16_t>(dst);
      load.beats = static_cast<uint16_t>(beats);
      load.rows = static_cast<uint16_t>(rows);
      load.planes = static_cast<uint16_t>(planes);
      // Rows may overlap, repeat or leave gaps, as far apart as the input half allows, and go
      // backwards.
      uint32_t room = half_ - 2048 - beats * 16, src = 0;
      const auto pitch = [&](uint32_t count) {
        const uint32_t most = count == 1 ? room / 16 : room / 16 / (count - 1);
        uint32_t p = most == 0 ? 0 : (coin() ? below(most + 1) : below(wide(most) + 1)) * 16;
        if (count == 1) return p * wide(0xffff);
        room -= p * (count - 1);
        if (coin()) {
          src += p * (count - 1);
          p = 0 - p;
        }
        return p;
      };
      load.plane_pitch = pitch(planes);
      load.row_pitch = pitch(rows);
      load.src = area_ + src + below(room / 16 + 1) * 16 - job_.base[load.base];
      dst += beats * rows * planes;
      words -= beats * rows * planes;
    }
  }

  void params(uint32_t slot) {
    const uint32_t address = area_ + half_ - 2048 + slot * 128;
    for (uint32_t i = 0; i < 16; ++i) {
      const auto bias = static_cast<int32_t>(coin() ? rng_() : below(4001) - 2000u);
      // From "everything rounds to 0" to "everything clips", most in between.
      float scale = std::ldexp(1.0f + static_cast<float>(below(1 << 23)) / (1 << 23),
                               -static_cast<int>(below(24)));
      if (below(4) == 0) scale = -scale;
      std::memcpy(&memory_[address - memory_base_ + 4 * i], &bias, 4);
      std::memcpy(&memory_[address - memory_base_ + 64 + 4 * i], &scale, 4);
    }
    hb_cmd_load_t &load = push(HB_CMD_OP_LOAD).load;
    load.mem = HB_CMD_LOAD_MEM_PRM;
    load.base = static_cast<uint8_t>(below(4));
    load.dst = static_cast<uint16_t>(slot * 8);
    load.src = address - job_.base[load.base];
    load.beats = 8;
    load.rows = load.planes = 1;
  }

  /* The image of an EXEC or a VEC, in IFM words ifm .. ifm + kIfmHalf - 1, and where its windows
   * begin; out_h, out_w, ker_h, ker_w and k_c are chosen. Half of the images are small, the others
   * a few long rows or columns under strides and dilations of any width. */
  template <class Command>
  void image(Command &c, uint32_t ifm, uint32_t least_stride) {
    // Many taps need many words.
    const bool small = c.ker_h < 8 && c.ker_w < 8 && coin();
    const bool long_x = c.ker_h == c.ker_w ? coin() : c.ker_w > c.ker_h;
    const uint32_t before = below(200), room = kIfmHalf - before, planes = c.k_c;
    const uint32_t side = small ? range(1, 24) : range(1, room) >> below(4);
    const uint32_t longer = std::max(side, 1u);
    const uint32_t shorter = range(1, std::min(room / longer, 24u));
    c.ifm = static_cast<uint16_t>(ifm + before);
    c.in_w = static_cast<uint16_t>(long_x ? longer : shorter);
    c.in_h = static_cast<uint16_t>(long_x ? shorter : longer);
    const uint32_t most_row = c.in_h == 1 ? 0xffff : (room - c.in_w) / (c.in_h - 1u);
    c.row_pitch =
        static_cast<uint16_t>(coin() ? std::min(c.in_w + below(4), most_row) : below(most_row + 1));
    const uint32_t words = (c.in_h - 1u) * c.row_pitch + c.in_w;
    const uint32_t most_plane = planes == 1 ? 0xffff : (room - words) / (planes - 1);
    c.plane_pitch = static_cast<uint16_t>(coin() ? std::min(words + below(5), most_plane)
                                                 : below(most_plane + 1));
    const auto factor = [&](uint32_t least, bool any) {
      return static_cast<uint8_t>(any && coin() ? range(least, 255) : range(least, 3));
    };
    c.stride_y = factor(least_stride, !small && !long_x);
    c.stride_x = factor(least_stride, !small && long_x);
    c.dil_y = factor(1, !small && !long_x);
    c.dil_x = factor(1, !small && long_x);
    const auto origin = [&](uint32_t in, uint32_t out, uint32_t stride, uint32_t ker,
                            uint32_t dil) {
      if (coin()) return static_cast<int16_t>(static_cast<int>(below(7)) - 4);
      if (below(8) == 0) return static_cast<int16_t>(rng_());
      // Some tap of some window lies in the image.
      const uint32_t reach = (out - 1) * stride + (ker - 1) * dil;
      const int first = static_cast<int>(below(in + reach)) - static_cast<int>(reach);
      return static_cast<int16_t>(std::clamp(first, -32768, 32767));
    };
    c.org_y = origin(c.in_h, c.out_h, c.stride_y, c.ker_h, c.dil_y);
    c.org_x = origin(c.in_w, c.out_w, c.stride_x, c.ker_w, c.dil_x);
  }

  /* One EXEC over `rows` accumulator rows from `acc` on, split into runs of k-tiles. */
  void exec(uint32_t ifm, uint32_t wgt, uint32_t acc, uint32_t rows, bool init) {
    hb_cmd_exec_t e{};
    e.opcode = HB_CMD_OP_EXEC;
    e.out_w = static_cast<uint16_t>(range(1, rows));
    while (rows % e.out_w != 0)
      e.out_w = static_cast<uint16_t>(e.out_w - 1);
    e.out_h = static_cast<uint16_t>(rows / e.out_w);
    if (coin()) {
      e.ker_h = static_cast<uint8_t>(range(1, 4));
      e.ker_w = static_cast<uint8_t>(range(1, 4));
      e.k_c = static_cast<uint16_t>(range(1, 5));
    } else {
      // One of any width, perhaps all of them.
      const uint32_t one = below(4);
      e.ker_h = static_cast<uint8_t>(wide(one == 0 || one == 3 ? 255 : 3));
      e.ker_w = static_cast<uint8_t>(wide(one == 1 || one == 3 ? 255 : 3));
      e.k_c = static_cast<uint16_t>(wide(one == 2 || one == 3 ? 0xffff : 3));
    }
    if (below(3) == 0)
      e.ker_h = e.ker_w = 1, e.k_c = 1;  // the store engine cannot keep up with these
    image(e, ifm, 1);
    e.flags = static_cast<uint16_t>((coin() ? HB_CMD_EXEC_FLAG_X_SIGNED : 0) |
                                    (coin() ? HB_CMD_EXEC_FLAG_W_SIGNED : 0) |
                                    (n_ == 8 && coin() ? HB_CMD_EXEC_FLAG_HALF : 0));
    e.x_zp = static_cast<uint8_t>(rng_());
    e.w_zp = static_cast<uint8_t>(rng_());
    e.acc = static_cast<uint16_t>(acc);
    last_row_ = acc + rows - 1;
    const uint32_t total = uint32_t{e.ker_h} * e.ker_w * e.k_c;
    // From anywhere in the reduction, often just before the end of a tap or of a row of taps, in
    // runs; all of it if that is not too long.
    const bool end_far = e.k_c > 256;
    uint32_t place = !end_far && coin() ? 0 : below(total);
    if (place != 0 && (end_far || coin())) {
      const uint32_t part = coin() ? e.k_c : uint32_t{e.k_c} * e.ker_w;
      place = (place / part + 1) * part - range(1, std::min(part, 4u));
    }
    const uint32_t most = std::min({total - place, kWork / rows, 4 * kWgtHalf / n_});
    const uint32_t last = place + (coin() ? most : range(1, most));
    bool first = true;
    while (place < last) {
      e.k_count = static_cast<uint16_t>(
          std::min(coin() ? last - place : range(1, last - place), kWgtHalf / n_));
      e.c0 = static_cast<uint16_t>(place % e.k_c);
      e.s0 = static_cast<uint8_t>(place / e.k_c % e.ker_w);
      e.r0 = static_cast<uint8_t>(place / e.k_c / e.ker_w);
      e.wgt = static_cast<uint16_t>(wgt + below(kWgtHalf - e.k_count * n_ + 1));
      if (first && init) e.flags |= HB_CMD_EXEC_FLAG_INIT;
      push(HB_CMD_OP_EXEC).exec = e;
      e.flags = static_cast<uint16_t>(e.flags & ~HB_CMD_EXEC_FLAG_INIT);
      place += e.k_count;
      first = false;
    }
  }

  /* One VEC. `cover`: writes the rows acc .. acc + rows - 1, each once, and reads none but the
   * `written` ones behind `from`; else it writes and reads any of them. */
  void vec(uint32_t ifm, uint32_t wgt, uint32_t from, uint32_t written, uint32_t acc, uint32_t rows,
           bool cover) {
    hb_cmd_vec_t &v = push(HB_CMD_OP_VEC).vec;
    const bool few = !cover && coin();  // pixels, perhaps far apart
    if (few) {
      v.out_w = static_cast<uint16_t>(range(1, 4));
      v.out_h = static_cast<uint16_t>(range(1, 4));
    } else {
      if (!cover && coin()) rows = range(1, std::min(rows, 60u));
      v.out_w = static_cast<uint16_t>(range(1, rows));
      while (rows % v.out_w != 0)
        v.out_w = static_cast<uint16_t>(v.out_w - 1);
      v.out_h = static_cast<uint16_t>(rows / v.out_w);
    }
    v.acc = static_cast<uint16_t>(acc);
    v.acc_dx = 1;
    v.acc_dy = v.out_w;
    if (!cover) {
      // Rows anywhere, often the same one again and again.
      const uint32_t most_dx = v.out_w == 1 ? 255 : std::min(255u, (rows - 1) / (v.out_w - 1u));
      const auto step = [&](uint32_t most) {
        return few ? below(most + 1) : coin() ? 0 : coin() ? std::min(1u, most) : below(most + 1);
      };
      v.acc_dx = static_cast<uint8_t>(step(most_dx));
      const uint32_t most_dy =
          v.out_h == 1 ? 0xffff : (rows - 1 - (v.out_w - 1u) * v.acc_dx) / (v.out_h - 1u);
      v.acc_dy = static_cast<uint16_t>(step(most_dy));
    }
    const uint32_t last =
        v.acc + (v.out_h - 1u) * v.acc_dy + (v.out_w - 1u) * v.acc_dx;  // highest row written
    v.fn = static_cast<uint8_t>(below(6));
    const bool mul = v.fn == HB_CMD_VEC_FN_MUL;
    uint32_t flags =
        (coin() ? HB_CMD_VEC_FLAG_X_SIGNED : 0u) | (coin() ? HB_CMD_VEC_FLAG_W_SIGNED : 0u) |
        (n_ == 8 && coin() ? HB_CMD_VEC_FLAG_HALF : 0u) |
        (below(3) == 0 ? HB_CMD_VEC_FLAG_TABLE : 0u) | (below(4) == 0 ? HB_CMD_VEC_FLAG_LANE : 0u) |
        (!mul && below(3) == 0 ? HB_CMD_VEC_FLAG_ACROSS : 0u);
    // Rows of scales: written ones that this command does not write.
    const uint32_t count = uint32_t{v.out_h} * v.out_w;
    const uint32_t below_acc = std::min(v.acc - from, written);
    const uint32_t above = last + 1 < from + written ? from + written - last - 1 : 0;
    if (coin() && (below_acc >= count || above >= count)) {
      const bool use_below = below_acc >= count && (above < count || coin());
      v.stat = static_cast<uint16_t>(use_below ? from + below(below_acc - count + 1)
                                               : last + 1 + below(above - count + 1));
      flags |= coin() ? HB_CMD_VEC_FLAG_OFFSET : HB_CMD_VEC_FLAG_SCALE;
      if (coin()) flags |= HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE;
    } else if (!cover && !mul && coin()) {
      flags |= HB_CMD_VEC_FLAG_ACC;
    }
    v.flags = static_cast<uint16_t>(flags);
    v.ker_h = static_cast<uint8_t>(range(1, 4));
    v.ker_w = static_cast<uint8_t>(range(1, 4));
    v.k_c = static_cast<uint16_t>(range(1, 5));
    if (below(3) == 0) {
      // One factor of any width, the others as the work allows.
      uint32_t most = std::min(kWgtHalf, kWork / 2 / count), part[3] = {1, 1, 1};
      const uint32_t first = below(3);
      for (uint32_t i = 0; i < 3; ++i) {
        uint32_t &factor = part[(first + i) % 3];
        factor = wide(std::min(most, (first + i) % 3 == 2 ? 0xffffu : 255u));
        most /= factor;
      }
      v.ker_h = static_cast<uint8_t>(part[0]);
      v.ker_w = static_cast<uint8_t>(part[1]);
      v.k_c = static_cast<uint16_t>(part[2]);
    } else if (coin()) {
      v.ker_h = v.ker_w = 1, v.k_c = static_cast<uint16_t>(range(1, 2));
    }
    image(v, ifm, 0);
    v.wgt = static_cast<uint16_t>(wgt + below(kWgtHalf - uint32_t{v.ker_h} * v.ker_w * v.k_c + 1));
    v.lanes = static_cast<uint8_t>(coin() ? n_ : range(1, n_));
    v.rot = static_cast<uint8_t>(coin() ? 0 : below(16));
    v.m0 = static_cast<int16_t>(rng_());
    v.m1 = static_cast<int16_t>(rng_());
    v.x_zp = static_cast<uint8_t>(rng_());
    v.x2_zp = static_cast<uint8_t>(rng_());
    last_row_ = last;
  }

  void stat(uint32_t acc, uint32_t rows) {
    hb_cmd_stat_t &s = push(HB_CMD_OP_STAT).stat;
    s.fn = static_cast<uint8_t>(below(2));
    s.rows = static_cast<uint16_t>(range(1, std::min(rows, 8u)));
    s.a = static_cast<uint16_t>(acc + below(rows - s.rows + 1));
    s.b = static_cast<uint16_t>(coin() ? s.a : acc + below(rows - s.rows + 1));
    s.dst = static_cast<uint16_t>(coin() ? s.a : acc + below(rows - s.rows + 1));
    s.count = static_cast<uint16_t>(rng_() >> below(16));
    s.eps = static_cast<uint32_t>(rng_()) >> below(32);
  }

  void execute_vector(uint32_t ifm, uint32_t wgt, uint32_t acc, uint32_t rows) {
    for (uint32_t done = 0; done < rows;) {
      const uint32_t piece = coin() ? rows - done : range(1, rows - done);
      vec(ifm, wgt, acc, done, acc + done, piece, true);
      done += piece;
    }
    for (uint32_t more = below(8); more > 0; --more) {
      if (below(3) == 0) stat(acc, rows);
      const uint32_t from = coin() ? last_row_ - acc : below(rows);
      vec(ifm, wgt, acc, rows, acc + from, rows - from, false);
    }
  }

  void execute_systolic(uint32_t ifm, uint32_t wgt, uint32_t acc, uint32_t rows) {
    for (uint32_t done = 0; done < rows;) {
      const uint32_t piece = coin() ? rows - done : range(1, rows - done);
      exec(ifm, wgt, acc + done, piece, true);
      done += piece;
    }
    for (uint32_t more = below(4); more > 0; --more) {
      // Often the row written last: the next command must not read it before it is there.
      const uint32_t from = coin() ? last_row_ - acc : below(rows);
      exec(ifm, wgt, acc + from, range(1, std::min(rows - from, 60u)), coin());
    }
  }

  void store(uint32_t acc, uint32_t rows, uint32_t slot) {
    hb_cmd_store_t &s = push(HB_CMD_OP_STORE).store;
    const bool raw = below(3) == 0;
    const bool y_signed = coin();
    s.flags = static_cast<uint16_t>((raw ? HB_CMD_STORE_FLAG_RAW : 0) |
                                    (y_signed ? HB_CMD_STORE_FLAG_Y_SIGNED : 0) |
                                    (n_ != 16 && coin() ? HB_CMD_STORE_FLAG_HALF : 0));
    s.beats = static_cast<uint16_t>(coin() ? range(1, rows) : range(1, std::min(rows, 4u)));
    while (rows % s.beats != 0)
      s.beats = static_cast<uint16_t>(s.beats - 1);
    s.rows = static_cast<uint16_t>(rows / s.beats);
    s.base = static_cast<uint8_t>(below(4));
    s.y_zp = static_cast<uint8_t>(rng_());
    int low = static_cast<int>(below(256)) - (y_signed ? 128 : 0),
        high = static_cast<int>(below(256)) - (y_signed ? 128 : 0);
    if (coin()) low = y_signed ? -128 : 0, high = y_signed ? 127 : 255;
    s.clip_min = static_cast<uint8_t>(std::min(low, high));
    s.clip_max = static_cast<uint8_t>(std::max(low, high));
    const uint32_t pixel = raw ? 64 : 16;
    // Rows at any distance that leaves room for them, often far apart or backwards.
    const uint32_t row = s.beats * pixel, room = half_ - 4096;
    const uint32_t most_gap = (room / s.rows - row) / 16;
    const uint32_t pitch =
        row + (below(4) == 0 ? below(most_gap + 1) : below(std::min(most_gap + 1, 10u))) * 16;
    const uint32_t size = pitch * s.rows;
    if (store_at_ + size + 2048 > area_ + 2 * half_) store_at_ = area_ + half_ + 2048;
    const bool backwards = coin();
    s.row_pitch = s.rows == 1 ? static_cast<uint32_t>(rng_()) & ~15u
                  : backwards ? 0 - pitch
                              : pitch;
    s.dst = store_at_ + (backwards ? pitch * (s.rows - 1u) : 0) - job_.base[s.base];
    store_at_ += size + below(20) * 16;
    s.acc = static_cast<uint16_t>(acc);
    s.prm = static_cast<uint16_t>(slot * 8);
  }

  void step(uint32_t i, uint32_t steps) {
    const uint32_t ifm = i % 2 * kIfmHalf, wgt = i % 2 * kWgtHalf, acc = i % 2 * kAccHalf,
                   slot = i % kSlots;
    size_t first = job_.program.size();
    params(slot);
    // Later steps may work on what is there already.
    for (uint32_t bank = 0; bank < (n_ == 32 ? 2u : 1u); ++bank) {
      if (i < 2 || coin()) fill(HB_CMD_LOAD_MEM_IFM, bank * 2 * kIfmHalf + ifm, kIfmHalf);
      if (i < 2 || coin()) fill(HB_CMD_LOAD_MEM_WGT, bank * 2 * kWgtHalf + wgt, kWgtHalf);
    }
    wait_steps(first, i >= 2 ? i - 1 : 0);
    if (vector_ && (i == 0 || below(3) == 0)) {
      hb_cmd_load_t &load = push(HB_CMD_OP_LOAD).load;
      load.mem = HB_CMD_LOAD_MEM_TAB;
      load.base = static_cast<uint8_t>(below(4));
      load.src = area_ + below(1024) * 16 - job_.base[load.base];
      load.dst = static_cast<uint16_t>(i == 0 ? 0 : below(32));
      load.beats = static_cast<uint16_t>(i == 0 ? 32 : range(1, 32u - load.dst));
      load.rows = load.planes = 1;
      wait_steps(job_.program.size() - 1, i);
    }
    tokens(job_.program.size() - 1, 0, HB_CMD_TOKEN_L2E);

    // All rows of this step in adjoining pieces, then some of them again.
    const uint32_t rows = coin() ? range(1, 40) : range(1, kAccHalf);
    first = job_.program.size();
    if (vector_) {
      execute_vector(ifm, wgt, acc, rows);
    } else {
      execute_systolic(ifm, wgt, acc, rows);
    }
    tokens(first, HB_CMD_TOKEN_L2E | (i >= 2 ? HB_CMD_TOKEN_S2E : 0), 0);
    tokens(job_.program.size() - 1, 0, HB_CMD_TOKEN_E2S | HB_CMD_TOKEN_E2L);

    first = job_.program.size();
    for (uint32_t count = range(1, 3); count > 0; --count) {
      const uint32_t from = below(rows);
      store(acc + from, range(1, rows - from), slot);
    }
    tokens(first, HB_CMD_TOKEN_E2S, 0);
    tokens(job_.program.size() - 1, 0, i + 2 < steps ? HB_CMD_TOKEN_S2E : 0);
  }

  std::mt19937 &rng_;
  uint32_t n_;
  bool vector_;
  uint32_t e2l_taken_ = 0;  // steps whose E2L some LOAD waited for
  std::vector<uint8_t> &memory_;
  uint32_t memory_base_, area_, half_, store_at_ = 0, last_row_ = 0;
  RandomJob job_;
};

}  // namespace

hb_cmd_t end_command() {
  hb_cmd_t cmd{};
  cmd.common.opcode = HB_CMD_OP_END;
  return cmd;
}

RandomJob random_job(std::mt19937 &rng, const TileModelInfo &info, uint32_t steps,
                     std::vector<uint8_t> &memory, uint32_t memory_base, uint32_t area,
                     uint32_t bytes) {
  return Generator(rng, info, memory, memory_base, area, bytes).make(steps);
}

}  // namespace hb
