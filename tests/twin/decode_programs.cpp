/* SPDX-License-Identifier: Apache-2.0 */

#include "decode_programs.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "random_program.h"

namespace hb {

namespace {

constexpr uint32_t kTabWords = 32;

struct Context {
  const twin::Params &params;
  std::mt19937 &rng;
  DecodeProgram &program;
  size_t at;

  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(rng() % limit); }
  bool coin() { return (rng() & 1) != 0; }
  bool vector() const { return params.kind == HB_TILE_KIND_VECTOR; }
  uint32_t banks() const { return params.n == 32 ? 2 : 1; }
  uint32_t bank_ifm() const { return params.ifm_words / banks(); }
  uint32_t bank_wgt() const { return params.wgt_words / banks(); }
  uint32_t words(uint32_t mem) const {
    const uint32_t all[] = {params.ifm_words, params.wgt_words, params.prm_words, kTabWords};
    return all[mem & 3];
  }
};

/* false: the field cannot hold that value. */
template <class T>
bool set(T &field, uint64_t value) {
  field = static_cast<T>(value);
  return value <= static_cast<uint64_t>(std::numeric_limits<T>::max());
}

/* A limit is kept to the last word, or exceeded by one. */
enum Side : uint64_t { kAt = 0, kBeyond = 1 };

uint64_t exec_rest(const Context &x, const hb_cmd_exec_t &e) {
  const uint32_t step = std::min<uint32_t>(e.c0 + e.k_count, e.k_c) - 1;
  return uint64_t{x.params.n == 8 ? step / 2 : step} * e.plane_pitch +
         uint64_t{e.in_h - 1u} * e.row_pitch + e.in_w;
}

bool exec_ifm(Context &x, hb_cmd_exec_t &e, Side side) {
  const uint64_t rest = exec_rest(x, e);
  return rest <= x.bank_ifm() && set(e.ifm, x.bank_ifm() - rest + side);
}

bool exec_reduction(Context &x, hb_cmd_exec_t &e, Side side) {
  const uint64_t total = uint64_t{e.ker_h} * e.ker_w * e.k_c;
  const uint64_t place = (uint64_t{e.r0} * e.ker_w + e.s0) * e.k_c + e.c0;
  e.wgt = 0;
  e.plane_pitch = 0;  // more channel steps must not reach further
  return (total - place + side) * x.params.n <= x.bank_wgt() &&
         set(e.k_count, total - place + side);
}

uint64_t vec_rest(const hb_cmd_vec_t &v) {
  return uint64_t{v.k_c - 1u} * v.plane_pitch + uint64_t{v.in_h - 1u} * v.row_pitch + v.in_w;
}

bool vec_acc(Context &x, hb_cmd_vec_t &v, Side side) {
  const uint64_t reach = uint64_t{v.out_h - 1u} * v.acc_dy + uint64_t{v.out_w - 1u} * v.acc_dx;
  return reach < x.params.acc_rows && set(v.acc, x.params.acc_rows - 1 - reach + side);
}

bool vec_stat(Context &x, hb_cmd_vec_t &v, Side side) {
  const uint32_t both = HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE;
  if ((v.flags & HB_CMD_VEC_FLAG_ACC) != 0) return false;
  const uint32_t one = x.coin() ? HB_CMD_VEC_FLAG_OFFSET : HB_CMD_VEC_FLAG_SCALE;
  v.flags = static_cast<uint16_t>((v.flags & ~both) | (x.coin() ? both : one));
  return set(v.stat, x.params.acc_rows - uint64_t{v.out_h} * v.out_w + side);
}

bool vec_wgt(Context &x, hb_cmd_vec_t &v, Side side) {
  const uint64_t terms = uint64_t{v.ker_h} * v.ker_w * v.k_c;
  v.fn = HB_CMD_VEC_FN_MAC;
  return terms <= x.bank_wgt() && set(v.wgt, x.bank_wgt() - terms + side);
}

/* 65535 terms or more. */
bool vec_terms(Context &x, hb_cmd_vec_t &v, Side side) {
  if (v.fn == HB_CMD_VEC_FN_MAC) v.fn = HB_CMD_VEC_FN_SUM;
  v.plane_pitch = 0;
  v.ker_h = side == kAt ? 255 : static_cast<uint8_t>(1u << x.below(8));
  v.ker_w = side == kAt ? 1 : static_cast<uint8_t>(2u << x.below(7));
  v.k_c = static_cast<uint16_t>(side == kAt ? 257 : 65536 / v.ker_h / v.ker_w);
  if (side == kBeyond && x.coin()) v.k_c = static_cast<uint16_t>(v.k_c + x.below(9));
  return true;
}

bool vec_rows(Context &x, hb_cmd_vec_t &v, Side side) {
  v.acc = v.acc_dy = v.acc_dx = 0;
  v.flags = static_cast<uint16_t>(v.flags & ~(HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE));
  v.out_h = static_cast<uint16_t>(1u << x.below(5));
  v.out_w = static_cast<uint16_t>(x.params.acc_rows / v.out_h + side);
  return true;
}

uint64_t load_total(const hb_cmd_load_t &l) {
  return uint64_t{l.beats} * l.rows * l.planes;
}

/* A plane of 2^16 beats or more, whose low 16 bits alone would be legal. */
bool load_plane(Context &x, hb_cmd_load_t &l) {
  l.beats = static_cast<uint16_t>(256u << x.below(4));
  l.rows = static_cast<uint16_t>(65536 / l.beats);
  if (x.coin()) l.beats = static_cast<uint16_t>(l.beats + 1);
  l.planes = 1;
  l.dst = 0;
  return true;
}

/* More than the scratchpad has by a multiple of 2^16. */
bool load_wraps(Context &x, hb_cmd_load_t &l) {
  l.beats = 256;
  l.rows = 1;
  l.planes = static_cast<uint16_t>(256 * (1 + x.below(8)));
  l.dst = 0;
  return true;
}

/* Some bit of `bits`. */
uint32_t some_bit(Context &x, uint32_t bits) {
  uint32_t bit;
  do
    bit = 1u << x.below(32);
  while ((bits & bit) == 0);
  return bit;
}

uint32_t no_opcode(Context &x) {
  uint32_t opcode;
  do
    opcode = x.below(256);
  while ((opcode >= HB_CMD_OP_LOAD && opcode <= HB_CMD_OP_STAT) || opcode == HB_CMD_OP_END);
  return opcode;
}

struct Entry {
  const char *name;
  uint8_t opcode;  // of the command it is about; 0: any but END
  uint8_t code;
  bool (*apply)(Context &x, hb_cmd_t &c);
};

constexpr uint8_t kAny = 0;

#define HB_ENTRY(opcode, code, name, ...)                                      \
  {                                                                            \
    name, opcode, HB_TILE_STATUS_##code, [](Context &x, hb_cmd_t &c) -> bool { \
      (void)x;                                                                 \
      (void)c;                                                                 \
      __VA_ARGS__                                                              \
    }                                                                          \
  }
#define HB_SET(OP, code, member, name, field, value) \
  HB_ENTRY(HB_CMD_OP_##OP, code, #member ": " name, return set(c.member.field, value);)
#define HB_ZERO(OP, member, field) HB_SET(OP, BAD_FIELD, member, #field " is 0", field, 0)
#define HB_OR(OP, code, member, name, field, bits) \
  HB_SET(OP, code, member, name, field, c.member.field | some_bit(x, bits))
#define HB_TOKENS(OP, member)                                      \
  HB_OR(OP, BAD_OPCODE, member, "a token it may not name", tokens, \
        0xffu & ~(HB_CMD_##OP##_MAY_WAIT | HB_CMD_##OP##_MAY_PUSH << 4))
#define HB_LIMIT(OP, member, name, expression)                                           \
  HB_ENTRY(HB_CMD_OP_##OP, OK, #member ": " name " at its limit", const Side side = kAt; \
           return expression;),                                                          \
      HB_ENTRY(HB_CMD_OP_##OP, BAD_FIELD, #member ": " name " beyond its limit",         \
               const Side side = kBeyond;                                                \
               return expression;)

const Entry kEntries[] = {
    HB_ENTRY(kAny, BAD_OPCODE, "unknown opcode", return set(c.common.opcode, no_opcode(x));),
    HB_ENTRY(kAny, BAD_OPCODE, "opcode of the other kind of tile",
             if (!x.vector()) return set(c.common.opcode, HB_CMD_OP_VEC + x.below(2));
             c.common.opcode = HB_CMD_OP_EXEC; return true;),
    HB_ENTRY(kAny, NO_END, "JOB_LEN commands without END",
             x.program.len = static_cast<uint32_t>(x.at + 1);
             return true;),
    HB_ENTRY(kAny, OK, "JOB_LEN says 0", x.program.len = 0; return true;),
    HB_ENTRY(kAny, OK, "JOB_LEN says more", x.program.len += 1 + x.below(1000); return true;),
    HB_ENTRY(kAny, AXI_READ, "a beat with an error", x.program.error_beat = 4 * x.at + x.below(4);
             return true;),
    HB_ENTRY(kAny, AXI_READ, "a beat with an error, and a token that it may not name",
             x.program.error_beat = 4 * x.at + x.below(4);
             c.common.tokens = 0xff; return true;),
    HB_ENTRY(kAny, AXI_READ, "a beat with an error, and an unknown opcode",
             x.program.error_beat = 4 * x.at + x.below(4);
             c.common.opcode = 0x80; return true;),
    HB_ENTRY(kAny, BAD_OPCODE, "a token that it may not name, and the last of JOB_LEN",
             x.program.len = static_cast<uint32_t>(x.at + 1);
             c.common.tokens = 0xff; return true;),
    HB_ENTRY(kAny, NO_END, "the last of JOB_LEN, and a flag that is none",
             x.program.len = static_cast<uint32_t>(x.at + 1);
             c.common.flags = 0xffff; return true;),
    HB_ENTRY(HB_CMD_OP_END, AXI_READ, "end: a beat with an error",
             x.program.error_beat = 4 * x.at + x.below(4);
             return true;),
    HB_ENTRY(HB_CMD_OP_END, OK, "end: flags", c.common.flags = static_cast<uint16_t>(x.rng());
             return true;),
    HB_OR(END, BAD_OPCODE, end, "a token", tokens, 0xff),

    HB_TOKENS(LOAD, load),
    HB_OR(LOAD, BAD_FIELD, load, "a flag", flags, 0xffff),
    HB_SET(LOAD, BAD_FIELD, load, "a memory that is none", mem,
           (x.vector() ? 4 : 3) + (x.coin() ? 0 : x.below(252))),
    HB_SET(LOAD, BAD_FIELD, load, "base 4 or more", base, 4 + x.below(252)),
    HB_OR(LOAD, BAD_FIELD, load, "src is misaligned", src, 15),
    HB_OR(LOAD, BAD_FIELD, load, "row_pitch is misaligned", row_pitch, 15),
    HB_OR(LOAD, BAD_FIELD, load, "plane_pitch is misaligned", plane_pitch, 15),
    HB_ZERO(LOAD, load, beats),
    HB_ZERO(LOAD, load, rows),
    HB_ZERO(LOAD, load, planes),
    HB_LIMIT(LOAD, load, "dst", set(c.load.dst, x.words(c.load.mem) - load_total(c.load) + side)),
    HB_ENTRY(HB_CMD_OP_LOAD, BAD_FIELD, "load: 2^16 beats in a plane",
             return load_plane(x, c.load);),
    HB_ENTRY(HB_CMD_OP_LOAD, BAD_FIELD, "load: 2^16 beats", return load_wraps(x, c.load);),

    HB_TOKENS(STORE, store),
    HB_OR(STORE, BAD_FIELD, store, "a flag that is none", flags,
          x.params.n == 16 ? 0xfffcu : 0xfff8u),
    HB_SET(STORE, BAD_FIELD, store, "base 4 or more", base, 4 + x.below(252)),
    HB_OR(STORE, BAD_FIELD, store, "dst is misaligned", dst, 15),
    HB_OR(STORE, BAD_FIELD, store, "row_pitch is misaligned", row_pitch, 15),
    HB_ZERO(STORE, store, beats),
    HB_ZERO(STORE, store, rows),
    HB_LIMIT(STORE, store, "prm", set(c.store.prm, x.params.prm_words - 8 + side)),
    HB_LIMIT(STORE, store, "acc",
             set(c.store.acc, x.params.acc_rows - uint64_t{c.store.beats} * c.store.rows + side)),
    HB_ENTRY(HB_CMD_OP_STORE, BAD_FIELD, "store: 2^16 rows", c.store.beats = c.store.rows = 256;
             c.store.acc = 0; return true;),

    HB_TOKENS(EXEC, exec),
    HB_OR(EXEC, BAD_FIELD, exec, "a flag that is none", flags, x.params.n == 8 ? 0xfff0u : 0xfff8u),
    HB_ZERO(EXEC, exec, in_h),
    HB_ZERO(EXEC, exec, in_w),
    HB_ZERO(EXEC, exec, out_h),
    HB_ZERO(EXEC, exec, out_w),
    HB_ZERO(EXEC, exec, stride_y),
    HB_ZERO(EXEC, exec, stride_x),
    HB_ZERO(EXEC, exec, dil_y),
    HB_ZERO(EXEC, exec, dil_x),
    HB_ZERO(EXEC, exec, ker_h),
    HB_ZERO(EXEC, exec, ker_w),
    HB_ZERO(EXEC, exec, k_c),
    HB_ZERO(EXEC, exec, k_count),
    HB_SET(EXEC, BAD_FIELD, exec, "r0 is ker_h", r0, c.exec.ker_h),
    HB_SET(EXEC, BAD_FIELD, exec, "s0 is ker_w", s0, c.exec.ker_w),
    HB_SET(EXEC, BAD_FIELD, exec, "c0 is k_c", c0, c.exec.k_c),
    HB_LIMIT(EXEC, exec, "wgt",
             set(c.exec.wgt, x.bank_wgt() - uint64_t{c.exec.k_count} * x.params.n + side)),
    HB_LIMIT(EXEC, exec, "acc",
             set(c.exec.acc, x.params.acc_rows - uint64_t{c.exec.out_h} * c.exec.out_w + side)),
    HB_ENTRY(HB_CMD_OP_EXEC, BAD_FIELD, "exec: 2^16 rows", c.exec.out_h = c.exec.out_w = 256;
             c.exec.acc = 0; return true;),
    HB_LIMIT(EXEC, exec, "ifm", exec_ifm(x, c.exec, side)),
    HB_LIMIT(EXEC, exec, "k_count", exec_reduction(x, c.exec, side)),

    HB_TOKENS(VEC, vec),
    HB_OR(VEC, BAD_FIELD, vec, "a flag that is none", flags, x.params.n == 8 ? 0xfe00u : 0xfe08u),
    HB_SET(VEC, BAD_FIELD, vec, "fn 6 or more", fn, 6 + (x.coin() ? 0 : x.below(250))),
    HB_SET(VEC, BAD_FIELD, vec, "rot 16 or more", rot, 16 + (x.coin() ? 0 : x.below(240))),
    HB_ZERO(VEC, vec, lanes),
    HB_SET(VEC, BAD_FIELD, vec, "more lanes than there are", lanes,
           x.params.n + 1 + (x.coin() ? 0 : x.below(200))),
    HB_ZERO(VEC, vec, in_h),
    HB_ZERO(VEC, vec, in_w),
    HB_ZERO(VEC, vec, out_h),
    HB_ZERO(VEC, vec, out_w),
    HB_ZERO(VEC, vec, dil_y),
    HB_ZERO(VEC, vec, dil_x),
    HB_ZERO(VEC, vec, ker_h),
    HB_ZERO(VEC, vec, ker_w),
    HB_ZERO(VEC, vec, k_c),
    HB_SET(VEC, OK, vec, "stride_y is 0", stride_y, 0),
    HB_SET(VEC, OK, vec, "stride_x is 0", stride_x, 0),
    HB_ENTRY(HB_CMD_OP_VEC, BAD_FIELD, "vec: ACROSS with MUL", c.vec.fn = HB_CMD_VEC_FN_MUL;
             c.vec.flags = HB_CMD_VEC_FLAG_ACROSS; return true;),
    HB_ENTRY(HB_CMD_OP_VEC, BAD_FIELD, "vec: ACC with MUL", c.vec.fn = HB_CMD_VEC_FN_MUL;
             c.vec.flags = HB_CMD_VEC_FLAG_ACC; return true;),
    HB_ENTRY(HB_CMD_OP_VEC, BAD_FIELD, "vec: ACC with OFFSET", c.vec.fn = HB_CMD_VEC_FN_MAX;
             c.vec.flags = HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_OFFSET; c.vec.stat = 0;
             return true;),
    HB_ENTRY(HB_CMD_OP_VEC, BAD_FIELD, "vec: ACC with SCALE", c.vec.fn = HB_CMD_VEC_FN_MAX;
             c.vec.flags = HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_SCALE; c.vec.stat = 0;
             return true;),
    HB_LIMIT(VEC, vec, "stat", vec_stat(x, c.vec, side)),
    HB_LIMIT(VEC, vec, "wgt of MAC", vec_wgt(x, c.vec, side)),
    HB_ENTRY(HB_CMD_OP_VEC, OK, "vec: any wgt of another fn",
             if (c.vec.fn == HB_CMD_VEC_FN_MAC) c.vec.fn = HB_CMD_VEC_FN_SUM;
             return set(c.vec.wgt, x.below(0x10000));),
    HB_LIMIT(VEC, vec, "terms", vec_terms(x, c.vec, side)),
    HB_LIMIT(VEC, vec, "acc", vec_acc(x, c.vec, side)),
    HB_LIMIT(VEC, vec, "out_h * out_w", vec_rows(x, c.vec, side)),
    HB_LIMIT(VEC, vec, "ifm",
             vec_rest(c.vec) <= x.bank_ifm() &&
                 set(c.vec.ifm, x.bank_ifm() - vec_rest(c.vec) + side)),

    HB_TOKENS(STAT, stat),
    HB_OR(STAT, BAD_FIELD, stat, "a flag", flags, 0xffff),
    HB_SET(STAT, BAD_FIELD, stat, "fn 2 or more", fn, 2 + (x.coin() ? 0 : x.below(254))),
    HB_ZERO(STAT, stat, rows),
    HB_LIMIT(STAT, stat, "a", set(c.stat.a, x.params.acc_rows - c.stat.rows + side)),
    HB_LIMIT(STAT, stat, "b", set(c.stat.b, x.params.acc_rows - c.stat.rows + side)),
    HB_LIMIT(STAT, stat, "dst", set(c.stat.dst, x.params.acc_rows - c.stat.rows + side)),
};

/* Anything, or one bit or one more or less, in one or two places. */
void disturb(Context &x, hb_cmd_t &c) {
  for (uint32_t times = 1 + x.below(2); times > 0; --times) {
    uint8_t *const field = &c.bytes[2 * x.below(24)];
    auto value = static_cast<uint32_t>(field[0] | field[1] << 8);
    switch (x.below(4)) {
      case 0:
        value = static_cast<uint32_t>(x.rng());
        break;
      case 1:
        value = static_cast<uint32_t>(x.rng()) >> x.below(32);
        break;
      case 2:
        value ^= 1u << x.below(16);
        break;
      default:
        value += x.coin() ? 1 : 0xffff;
        break;
    }
    field[0] = static_cast<uint8_t>(value);
    if (x.coin()) field[1] = static_cast<uint8_t>(value >> 8);
  }
}

}  // namespace

DecodePrograms::DecodePrograms(const twin::Params &params, uint32_t seed)
    : params_(params), rng_(seed), memory_(1 << 17) {
  const bool vector = params.kind == HB_TILE_KIND_VECTOR;
  for (size_t i = 0; i < std::size(kEntries); ++i) {
    const uint8_t opcode = kEntries[i].opcode;
    if (vector ? opcode == HB_CMD_OP_EXEC : opcode == HB_CMD_OP_VEC || opcode == HB_CMD_OP_STAT)
      continue;
    rules_.push_back({kEntries[i].name, 0});
    which_.push_back(i);
  }
}

void DecodePrograms::new_job() {
  TileModelInfo info{};
  info.id = params_.kind << HB_TILE_ID_KIND_LSB | params_.n << HB_TILE_ID_SIZE_LSB;
  RandomJob job = random_job(rng_, info, 1 + static_cast<uint32_t>(rng_() % 4), memory_, 0, 0,
                             static_cast<uint32_t>(memory_.size()));
  job_ = std::move(job.program);
  base_ = job.base;
  pieces_left_ = 8;
}

DecodeProgram DecodePrograms::next() {
  if (pieces_left_ == 0) new_job();
  --pieces_left_;
  const auto below = [&](size_t limit) { return static_cast<size_t>(rng_() % limit); };
  DecodeProgram program;
  const size_t count = std::min(below(24), job_.size() - 1), first = below(job_.size() - count);
  for (size_t i = first; i < first + count; ++i)
    program.commands.push_back(job_[i]);
  program.commands.push_back(end_command());
  program.base = base_;
  program.len = static_cast<uint32_t>(program.commands.size());
  program.index = count;
  for (hb_cmd_t &command : program.commands) {  // what no command has
    if (below(4) == 0) command.bytes[48 + below(16)] = static_cast<uint8_t>(rng_());
  }
  const size_t what = below(8);
  if (what == 0) return program;
  if (what == 1) {
    const size_t at = below(count + 1);
    Context context{params_, rng_, program, at};
    disturb(context, program.commands[at]);
    program.known = false;
    return program;
  }
  // One rule and a command that it can be about, if there is one.
  const size_t rule = below(rules_.size());
  const Entry &entry = kEntries[which_[rule]];
  const size_t from = below(count + 1);
  for (size_t i = 0; i <= count; ++i) {
    const size_t at = (from + i) % (count + 1);
    const bool last = at == count;
    if (entry.opcode == kAny ? last
                             : program.commands[at].common.opcode != entry.opcode ||
                                   (last && entry.opcode != HB_CMD_OP_END))
      continue;
    DecodeProgram changed = program;
    Context context{params_, rng_, changed, at};
    if (!entry.apply(context, changed.commands[at])) continue;
    changed.rule = rule;
    if (entry.code != HB_TILE_STATUS_OK) {
      changed.code = entry.code;
      changed.index = at;
    }
    ++rules_[rule].programs;
    return changed;
  }
  return program;
}

}  // namespace hb
