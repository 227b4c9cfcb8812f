/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * VecCore against the RTL it is the twin of: the same random commands, tokens and aborts, every
 * cycle compared; then the same once more with quiet cycles skipped. usage: test_twin_vec LANES
 * [SEED] [COMMANDS]
 */

#include <verilated.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "Vtwin_vec_16.h"
#include "Vtwin_vec_32.h"
#include "Vtwin_vec_8.h"
#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_vec.h"

using namespace hb::twin;

namespace {

constexpr unsigned kAccRows = 1024;

/* What is compared, and what the RTL alone tells. */
struct Seen {
  bool cmd_ready, idle, alive, done, done_push, pixel, active, progress, waits_load, waits_store,
      start;
  uint8_t take, push;
  bool cmd_end;
};

struct Cycle {
  bool abort = false;
  int command = -1;  // offered
  uint8_t avail = 0;
  Seen rtl{};
};

[[noreturn]] void differs(const char *pass, uint64_t cycle, const char *name, uint64_t got,
                          uint64_t want) {
  std::fprintf(stderr, "%s: cycle %llu: %s is %llu, expected %llu\n", pass,
               static_cast<unsigned long long>(cycle), name, static_cast<unsigned long long>(got),
               static_cast<unsigned long long>(want));
  std::exit(1);
}

void compare(const char *pass, uint64_t cycle, const VecCore &twin, const CoreWires &wires,
             const Seen &rtl) {
  const struct {
    const char *name;
    unsigned got, want;
  } pairs[] = {
      {"cmd_ready", twin.cmd_ready(), rtl.cmd_ready},
      {"idle", twin.idle(), rtl.idle},
      {"alive", twin.alive(), rtl.alive},
      {"start", wires.start, rtl.start},
      {"take", wires.take, rtl.take},
      {"push", wires.push, rtl.push},
      {"done", wires.done, rtl.done},
      {"done_push", wires.done_push, rtl.done_push},
      {"pixel", wires.pixel, rtl.pixel},
      {"active", wires.active, rtl.active},
      {"progress", wires.progress, rtl.progress},
      {"waits_load", wires.waits_load, rtl.waits_load},
      {"waits_store", wires.waits_store, rtl.waits_store},
  };
  for (const auto &pair : pairs) {
    if (pair.got != pair.want) differs(pass, cycle, pair.name, pair.got, pair.want);
  }
}

class Random {
 public:
  explicit Random(uint32_t seed) : rng_(seed) {}
  uint32_t word() { return static_cast<uint32_t>(rng_()); }
  uint32_t below(uint32_t limit) { return word() % limit; }
  uint32_t within(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  std::mt19937 rng_;
};

/* How it goes for a while. */
struct Weather {
  uint32_t load_every, store_every;  // a token, in the mean
  uint32_t command_every;
  uint32_t abort_every;
  uint32_t longest;      // terms, roughly
  uint32_t waits_every;  // a command that waits for a token
  uint32_t stat_every;
};

Weather weather(Random &random) {
  const auto pick = [&](auto... values) {
    const uint32_t list[] = {static_cast<uint32_t>(values)...};
    return list[random.below(sizeof...(values))];
  };
  Weather w;
  w.load_every = pick(1, 4, 60, 400);
  w.store_every = pick(1, 4, 60, 400);
  w.command_every = pick(1, 1, 12, 12, 90);
  w.abort_every = pick(100000, 100000, 3000, 200, 40);
  w.longest = pick(1, 6, 40, 40, 400, 4000, 40000);
  w.waits_every = pick(1, 2, 2, 8);
  w.stat_every = pick(2, 4, 4, 16);
  return w;
}

/* The rules are hb_cmd_decode's, as far as they are about the core and not about the scratchpads.
 */
VecDesc random_vec(Random &random, unsigned lanes, const Weather &w) {
  VecDesc d;
  const auto part = [&](uint32_t limit, uint32_t &budget) {
    const uint32_t value = random.one_in(2) ? 1 : random.within(1, std::min(limit, budget));
    budget = std::max<uint32_t>(1, budget / value);
    return value;
  };
  uint32_t budget = w.longest;
  switch (random.below(3)) {  // which of them is large
    case 0:
      d.k_c = static_cast<uint16_t>(part(65535, budget));
      break;
    case 1:
      d.ker_h = static_cast<uint8_t>(part(255, budget));
      d.ker_w = static_cast<uint8_t>(part(255, budget));
      break;
    default:
      break;
  }
  d.out_h = static_cast<uint16_t>(part(kAccRows, budget));
  d.out_w = static_cast<uint16_t>(part(kAccRows / d.out_h, budget));
  if (d.ker_h == 0) d.ker_h = static_cast<uint8_t>(part(255, budget));
  if (d.ker_w == 0) d.ker_w = static_cast<uint8_t>(part(255, budget));
  if (d.k_c == 0) {
    d.k_c = static_cast<uint16_t>(part(65535u / (uint32_t{d.ker_h} * d.ker_w), budget));
  }
  const uint32_t pixels = uint32_t{d.out_h} * d.out_w;
  d.fn = static_cast<uint8_t>(random.within(HB_CMD_VEC_FN_MAC, HB_CMD_VEC_FN_MIN));
  d.x_signed = random.one_in(2);
  d.w_signed = random.one_in(2);
  d.half = lanes == 8 && random.one_in(2);
  d.lookup = random.one_in(3);
  d.offset = random.one_in(4);
  d.scale = random.one_in(4);
  d.across = d.fn != HB_CMD_VEC_FN_MUL && random.one_in(3);
  d.lane = random.one_in(4);
  d.acc_flag = d.fn != HB_CMD_VEC_FN_MUL && !d.offset && !d.scale && random.one_in(3);
  d.addr = static_cast<uint16_t>(random.below(8192));
  d.in_h = static_cast<uint16_t>(random.within(1, 12));
  d.in_w = static_cast<uint16_t>(random.within(1, 12));
  d.org_y = static_cast<int32_t>(random.below(8)) - 4;
  d.org_x = static_cast<int32_t>(random.below(8)) - 4;
  d.plane_pitch = static_cast<uint16_t>(random.below(200));
  d.row_step = static_cast<uint16_t>(random.below(200));
  d.tap_step = static_cast<uint16_t>(random.below(200));
  d.stride_y = static_cast<uint8_t>(random.below(4));
  d.stride_x = static_cast<uint8_t>(random.below(4));
  d.dil_y = static_cast<uint8_t>(random.within(1, 3));
  d.dil_x = static_cast<uint8_t>(random.within(1, 3));
  d.wgt = static_cast<uint16_t>(random.below(64));
  // Rows side by side, on top of each other, or column by column.
  const uint32_t room = kAccRows - pixels;
  d.acc = static_cast<uint16_t>(random.below(room + 1));
  d.stat = static_cast<uint16_t>(random.below(room + 1));
  d.acc_dy = static_cast<uint16_t>(random.one_in(3) ? 0 : d.out_w);
  d.acc_dx = random.one_in(3) ? 0 : 1;
  if (random.one_in(4) && d.out_h <= 255) {
    d.acc_dy = 1;
    d.acc_dx = static_cast<uint8_t>(d.out_h);
  }
  d.lanes = static_cast<uint8_t>(random.within(1, lanes));
  d.rot = static_cast<uint8_t>(random.below(16));
  d.m0 = static_cast<uint16_t>(random.word());
  d.m1 = static_cast<uint16_t>(random.word());
  d.x_zp = static_cast<uint8_t>(random.word());
  d.x2_zp = static_cast<uint8_t>(random.word());
  return d;
}

VecDesc random_stat(Random &random, const Weather &w) {
  VecDesc d;
  d.is_stat = true;
  d.fn = static_cast<uint8_t>(random.within(HB_CMD_STAT_FN_RECIP, HB_CMD_STAT_FN_RSQRT));
  d.out_w = static_cast<uint16_t>(random.within(1, std::clamp(w.longest / 16, 1u, kAccRows)));
  if (random.one_in(400)) d.out_w = kAccRows;
  const uint32_t room = kAccRows - d.out_w;
  d.stat = static_cast<uint16_t>(random.below(room + 1));
  d.wgt = static_cast<uint16_t>(random.below(room + 1));
  d.acc = static_cast<uint16_t>(random.below(room + 1));
  d.m0 = static_cast<uint16_t>(random.one_in(2) ? random.within(1, 64) : random.word());
  d.eps = random.one_in(2) ? 0 : random.word() >> random.below(32);
  // What the decoder's register still holds of an earlier VEC.
  d.offset = random.one_in(2);
  d.scale = random.one_in(2);
  d.out_h = static_cast<uint16_t>(random.within(1, 9));
  d.ker_h = d.ker_w = 3;
  d.k_c = static_cast<uint16_t>(random.within(1, 9));
  return d;
}

VecDesc random_command(Random &random, unsigned lanes, const Weather &w) {
  VecDesc d = random.one_in(w.stat_every) ? random_stat(random, w) : random_vec(random, lanes, w);
  d.wait_mask = 0;
  if (random.one_in(w.waits_every)) d.wait_mask |= HB_CMD_TOKEN_L2E;
  if (random.one_in(w.waits_every)) d.wait_mask |= HB_CMD_TOKEN_S2E;
  if (random.one_in(2)) d.push_mask |= HB_CMD_TOKEN_E2L;
  if (random.one_in(2)) d.push_mask |= HB_CMD_TOKEN_E2S;
  static_assert(HB_CMD_VEC_MAY_WAIT == (HB_CMD_TOKEN_L2E | HB_CMD_TOKEN_S2E) &&
                HB_CMD_VEC_MAY_PUSH == (HB_CMD_TOKEN_E2L | HB_CMD_TOKEN_E2S) &&
                HB_CMD_STAT_MAY_WAIT == HB_CMD_VEC_MAY_WAIT &&
                HB_CMD_STAT_MAY_PUSH == HB_CMD_VEC_MAY_PUSH);
  return d;
}

template <class Model>
class Bench {
 public:
  Bench(unsigned lanes, uint32_t seed)
      : random_(seed), lanes_(lanes), twin_(params()), model_(started(seed)) {
    model_.rst_ni = 1;
    model_.clk_i = 0;
    model_.eval();
    model_.rst_ni = 0;
    model_.eval();
    model_.rst_ni = 1;
    model_.eval();
  }
  ~Bench() { model_.final(); }

  void clock_all(uint64_t count) {
    fill_table();
    Weather now = weather(random_);
    uint64_t accepted = 0, tokens[2] = {0, 0};
    bool offered = false;
    unsigned abort_left = 0;
    uint8_t others = 0;
    for (uint64_t cycle = 0; accepted < count || !settled(); ++cycle) {
      if (random_.one_in(2000)) now = weather(random_);
      if (random_.one_in(now.load_every)) ++tokens[0];
      if (random_.one_in(now.store_every)) ++tokens[1];
      if (accepted >= count) {  // to an end
        ++tokens[0];
        ++tokens[1];
      }
      if (random_.one_in(20000)) tokens[0] = tokens[1] = 0;  // another job

      Cycle c;
      if (abort_left != 0) {
        --abort_left;
      } else if (random_.one_in(now.abort_every)) {
        abort_left = random_.within(1, 5);
      }
      c.abort = abort_left != 0;
      c.avail = static_cast<uint8_t>((tokens[0] != 0 ? HB_CMD_TOKEN_L2E : 0) |
                                     (tokens[1] != 0 ? HB_CMD_TOKEN_S2E : 0));
      // What the core pushes is not its own to take.
      if (random_.one_in(500)) others ^= HB_CMD_TOKEN_E2L;
      if (random_.one_in(500)) others ^= HB_CMD_TOKEN_E2S;
      c.avail |= others;
      if (!offered && accepted < count && random_.one_in(now.command_every)) {
        commands_.push_back(random_command(random_, lanes_, now));
        offered = true;
      }
      if (offered) c.command = static_cast<int>(commands_.size() - 1);

      drive(c);
      model_.eval();
      c.rtl = look();
      const CoreWires wires = twin_.wires(c.avail, c.abort);
      compare("every cycle", cycle, twin_, wires, c.rtl);
      count_events(c);
      twin_.edge(wires, c.abort, command(c));
      model_.clk_i = 1;
      model_.eval();
      model_.clk_i = 0;

      if ((c.rtl.take & HB_CMD_TOKEN_L2E) != 0) --tokens[0];
      if ((c.rtl.take & HB_CMD_TOKEN_S2E) != 0) --tokens[1];
      if (offered && (c.rtl.cmd_ready || c.abort)) {  // a queue that is cleared takes it as well
        offered = false;
        ++accepted;
      }
      cycles_.push_back(c);
    }
  }

  /* The same cycles with a twin that skips what it says it may; once as far as it goes, once less.
   */
  void skip_quiet(bool partly) {
    const char *pass = partly ? "partly skipped" : "skipped";
    const uint64_t end = cycles_.size();
    // Cycles from each one on in which nothing comes in.
    std::vector<uint32_t> still(end + 1, 0);
    for (uint64_t i = end; i-- > 0;) {
      if (cycles_[i].abort || (cycles_[i].command >= 0 && cycles_[i].rtl.cmd_ready)) continue;
      still[i] = 1 + (i + 1 < end && cycles_[i + 1].avail == cycles_[i].avail ? still[i + 1] : 0);
    }
    VecCore twin(params());
    uint64_t clocked = 0;
    for (uint64_t i = 0; i < end;) {
      const Cycle &c = cycles_[i];
      const CoreWires wires = twin.wires(c.avail, c.abort);
      compare(pass, i, twin, wires, c.rtl);
      const uint64_t quiet = still[i] != 0 ? twin.quiet(c.avail) : 0;
      if (quiet < still[i]) check_reason(i, quiet);
      uint64_t n = std::min<uint64_t>(quiet, still[i]);
      if (partly && n != 0) n = random_.below(static_cast<uint32_t>(n) + 1);
      if (n == 0) {
        twin.edge(wires, c.abort, command(c));
        ++clocked;
        ++i;
        continue;
      }
      CoreSkipped want;
      for (uint64_t k = i; k < i + n; ++k) {
        const Seen &rtl = cycles_[k].rtl;
        CoreWires shown = wires;
        shown.progress = rtl.progress;  // a row of STAT
        compare(pass, k, twin, shown, rtl);
        if (rtl.start || rtl.push != 0 || rtl.done || rtl.cmd_end) {
          differs(pass, k, "something happens: quiet", quiet, k - i);
        }
        want.since_progress = rtl.progress ? 0 : want.since_progress + 1;
        if (rtl.pixel) {
          ++want.pixel;
        } else if (rtl.waits_load) {
          ++want.waits_load;
        } else if (rtl.waits_store) {
          ++want.waits_store;
        } else if (rtl.active) {
          ++want.active;
        }
      }
      const CoreSkipped got = twin.skip(n, c.avail);
      if (got.pixel != want.pixel) differs(pass, i, "skipped.pixel", got.pixel, want.pixel);
      if (got.waits_load != want.waits_load)
        differs(pass, i, "skipped.waits_load", got.waits_load, want.waits_load);
      if (got.waits_store != want.waits_store)
        differs(pass, i, "skipped.waits_store", got.waits_store, want.waits_store);
      if (got.active != want.active) differs(pass, i, "skipped.active", got.active, want.active);
      if (got.since_progress != want.since_progress)
        differs(pass, i, "skipped.since_progress", got.since_progress, want.since_progress);
      i += n;
    }
    std::printf("%s: %llu of %llu cycles clocked\n", pass, static_cast<unsigned long long>(clocked),
                static_cast<unsigned long long>(end));
  }

  /* Every situation has come up. */
  void check_events() const {
    for (const auto &event : events_) {
      std::printf("%s %llu\n", event.name, static_cast<unsigned long long>(event.count));
    }
    for (const auto &event : events_) {
      if (event.count < 20) differs("events", cycles_.size(), event.name, event.count, 20);
    }
  }

 private:
  Params params() const {
    Params p;
    p.kind = HB_TILE_KIND_VECTOR;
    p.n = lanes_;
    p.acc_rows = kAccRows;
    return p;
  }

  VerilatedContext *started(uint32_t seed) {
    context_.randReset(2);  // registers without a reset
    context_.randSeed(static_cast<int>(seed));
    return &context_;
  }

  bool settled() const { return twin_.idle() && !twin_.alive(); }

  const VecDesc *command(const Cycle &c) const {
    return c.command < 0 ? nullptr : &commands_[static_cast<size_t>(c.command)];
  }

  template <class Words>
  void fill(Words &words) {
    constexpr size_t kCount = sizeof words / 4;
    const uint32_t kind = random_.below(8);
    for (size_t i = 0; i < kCount; ++i) {
      words[i] = kind == 0 ? 0 : kind == 1 ? 0x80808080 : kind == 2 ? ~0u : random_.word();
    }
  }

  void fill_table() {
    for (unsigned i = 0; i < 32; ++i) {
      model_.tab_we_i = 1;
      model_.tab_waddr_i = static_cast<uint8_t>(i);
      for (unsigned k = 0; k < 4; ++k) {
        model_.tab_wdata_i[k] = random_.word();
      }
      model_.clk_i = 1;
      model_.eval();
      model_.clk_i = 0;
      model_.eval();
    }
    model_.tab_we_i = 0;
  }

  void drive(const Cycle &c) {
    model_.abort_i = c.abort;
    model_.avail_i = c.avail;
    fill(model_.ifm_word_i);
    fill(model_.wgt_word_i);
    const VecDesc *d = command(c);
    model_.cmd_valid_i = d != nullptr;
    if (d == nullptr) return;
    model_.is_stat_i = d->is_stat;
    model_.fn_i = d->fn;
    model_.addr_i = d->addr;
    model_.org_y_i = static_cast<uint32_t>(d->org_y) & 0xfffff;
    model_.org_x_i = static_cast<uint32_t>(d->org_x) & 0xfffff;
    model_.plane_pitch_i = d->plane_pitch;
    model_.row_step_i = d->row_step;
    model_.tap_step_i = d->tap_step;
    model_.in_h_i = d->in_h;
    model_.in_w_i = d->in_w;
    model_.out_h_i = d->out_h;
    model_.out_w_i = d->out_w;
    model_.stride_y_i = d->stride_y;
    model_.stride_x_i = d->stride_x;
    model_.dil_y_i = d->dil_y;
    model_.dil_x_i = d->dil_x;
    model_.ker_h_i = d->ker_h;
    model_.ker_w_i = d->ker_w;
    model_.k_c_i = d->k_c;
    model_.wgt_i = d->wgt;
    model_.acc_i = d->acc;
    model_.acc_dy_i = d->acc_dy;
    model_.acc_dx_i = d->acc_dx;
    model_.stat_i = d->stat;
    model_.lanes_i = d->lanes;
    model_.rot_i = d->rot;
    model_.m0_i = d->m0;
    model_.m1_i = d->m1;
    model_.x_zp_i = d->x_zp;
    model_.x2_zp_i = d->x2_zp;
    model_.eps_i = d->eps;
    model_.flags_i = static_cast<uint16_t>(
        (d->acc_flag ? HB_CMD_VEC_FLAG_ACC : 0) | (d->x_signed ? HB_CMD_VEC_FLAG_X_SIGNED : 0) |
        (d->w_signed ? HB_CMD_VEC_FLAG_W_SIGNED : 0) | (d->half ? HB_CMD_VEC_FLAG_HALF : 0) |
        (d->lookup ? HB_CMD_VEC_FLAG_TABLE : 0) | (d->offset ? HB_CMD_VEC_FLAG_OFFSET : 0) |
        (d->scale ? HB_CMD_VEC_FLAG_SCALE : 0) | (d->across ? HB_CMD_VEC_FLAG_ACROSS : 0) |
        (d->lane ? HB_CMD_VEC_FLAG_LANE : 0));
    model_.wait_mask_i = d->wait_mask;
    model_.push_mask_i = d->push_mask;
  }

  Seen look() const {
    Seen s{};
    s.cmd_ready = model_.cmd_ready_o;
    s.idle = model_.idle_o;
    s.alive = model_.alive_o;
    s.done = model_.done_o;
    s.done_push = model_.done_push_o;
    s.pixel = model_.term_valid_o;
    s.active = model_.term_valid_o || model_.alive_o;
    s.progress = model_.term_valid_o || model_.stat_we_o;
    s.waits_load = model_.waits_load_o;
    s.waits_store = model_.waits_store_o;
    s.start = model_.start_o;
    s.take = model_.take_o;
    s.push = model_.push_o;
    s.cmd_end = model_.cmd_end_o;
    return s;
  }

  /* quiet() stops where something happens, not before. */
  void check_reason(uint64_t cycle, uint64_t quiet) const {
    const Seen &next = cycles_[cycle + quiet].rtl;
    if (next.start || next.push != 0 || next.done || next.cmd_end) return;
    if (quiet != 0 && next.alive != cycles_[cycle + quiet - 1].rtl.alive) return;
    differs("quiet", cycle, "nothing happens behind it: quiet", quiet, quiet + 1);
  }

  void count_events(const Cycle &c) {
    const Seen &s = c.rtl;
    const bool stat = s.alive && !s.pixel && model_.stat_we_o;
    const bool busy = s.pixel || s.alive;
    const bool queued = model_.cmd_queued_o;
    const bool happens[] = {
        s.start && s.pixel,
        s.start && !s.pixel,
        s.start && s.take == HB_CMD_VEC_MAY_WAIT,
        s.push == HB_CMD_TOKEN_E2L,
        (s.push & HB_CMD_TOKEN_E2S) != 0,
        s.done && s.done_push,
        s.done && !s.done_push,
        s.done && s.pixel,
        stat,
        stat && s.cmd_end,
        s.waits_load,
        s.waits_store,
        s.waits_load && s.alive,
        queued && model_.cmd_reads_o && s.alive && !s.pixel && !s.waits_load && !s.waits_store,
        !s.cmd_ready,
        !s.cmd_ready && c.command >= 0,
        c.abort && busy,
        c.abort && s.pixel && s.cmd_end,
        c.abort && s.done,
        c.abort && s.push != 0,
        c.abort && c.command >= 0,
        c.abort && queued && !busy,
    };
    static_assert(sizeof happens / sizeof happens[0] == kEvents);
    for (size_t i = 0; i < kEvents; ++i) {
      events_[i].count += happens[i];
    }
  }

  struct Event {
    const char *name;
    uint64_t count;
  };
  static constexpr size_t kEvents = 22;
  Event events_[kEvents] = {
      {"adjoining commands", 0},
      {"commands behind a gap", 0},
      {"two tokens taken", 0},
      {"E2L pushed", 0},
      {"E2S pushed by STAT", 0},
      {"done with E2S", 0},
      {"done without", 0},
      {"done while the next runs", 0},
      {"rows of STAT", 0},
      {"STATs", 0},
      {"waits for LOAD", 0},
      {"waits for STORE", 0},
      {"waits with rows under way", 0},
      {"waits until nothing is under way", 0},
      {"queue full", 0},
      {"queue full and a command there", 0},
      {"abort of something", 0},
      {"abort in a VEC's last cycle", 0},
      {"abort with the last row", 0},
      {"abort while pushing", 0},
      {"abort while a command comes in", 0},
      {"abort of what only waits", 0},
  };

  Random random_;
  unsigned lanes_;
  std::vector<VecDesc> commands_;
  std::vector<Cycle> cycles_;
  VecCore twin_;
  VerilatedContext context_;
  Model model_;
};

template <class Model>
void run(unsigned lanes, uint32_t seed, uint64_t commands) {
  Bench<Model> bench(lanes, seed);
  bench.clock_all(commands);
  bench.skip_quiet(false);
  bench.skip_quiet(true);
  bench.check_events();
}

}  // namespace

int main(int argc, char **argv) {
  const auto number = [&](int place, unsigned long otherwise) {
    return argc > place ? std::strtoul(argv[place], nullptr, 0) : otherwise;
  };
  const auto lanes = static_cast<unsigned>(number(1, 16));
  const auto seed = static_cast<uint32_t>(number(2, 1));
  const uint64_t commands = number(3, 30000);
  std::printf("lanes %u seed %u commands %llu\n", lanes, seed,
              static_cast<unsigned long long>(commands));
  if (lanes == 8) {
    run<Vtwin_vec_8>(lanes, seed, commands);
  } else if (lanes == 16) {
    run<Vtwin_vec_16>(lanes, seed, commands);
  } else if (lanes == 32) {
    run<Vtwin_vec_32>(lanes, seed, commands);
  } else {
    std::fprintf(stderr, "usage: test_twin_vec 8|16|32 [SEED] [COMMANDS]\n");
    return 2;
  }
  return 0;
}
