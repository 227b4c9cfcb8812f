/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * WsCore or OsCore beside its sequencer and array: random commands, tokens and aborts; every output
 * but data in every cycle. A second twin is clocked only when quiet() asks for it, and its
 * counters are compared.
 */

#ifndef HB_TESTS_TWIN_TEST_EXEC_H_
#define HB_TESTS_TWIN_TEST_EXEC_H_

#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_core.h"
#include "unit_bench.h"

namespace hb::twin {

/** What the module shows in a cycle. */
struct ExecSeen {
  bool cmd_ready, idle, alive;
  CoreWires wires;
};

/** Counts cycles as hb_perf does. */
struct ExecCounts {
  uint64_t pixel = 0, waits_load = 0, waits_store = 0, active = 0, since_progress = 0;

  void add(const CoreWires &wires) {
    if (wires.pixel) {
      ++pixel;
    } else if (wires.waits_load) {
      ++waits_load;
    } else if (wires.waits_store) {
      ++waits_store;
    } else if (wires.active) {
      ++active;
    }
    since_progress = wires.progress ? 0 : since_progress + 1;
  }
  void add(const CoreSkipped &skipped, uint64_t cycles) {
    pixel += skipped.pixel;
    waits_load += skipped.waits_load;
    waits_store += skipped.waits_store;
    active += skipped.active;
    since_progress =
        skipped.since_progress + (skipped.since_progress == cycles ? since_progress : 0);
  }
};

template <class Core>
class ExecBench {
 public:
  explicit ExecBench(const Params &params) : plain_(params), lazy_(params) {}

  /* One cycle with both twins. */
  void cycle(const ExecSeen &rtl, uint8_t avail, bool abort, const ExecDesc *cmd) {
    compare_.who = "the twin";
    const CoreWires wires = plain_.wires(avail, abort);
    look(plain_, wires, rtl);
    same_step(wires, rtl);
    plain_.edge(wires, abort, cmd);

    compare_.who = "the twin that skips";
    if (!asked_ || avail != asked_avail_) {
      catch_up();
      allowed_ = lazy_.quiet(avail);
      asked_avail_ = avail;
      asked_ = true;
    }
    const bool queued = cmd != nullptr && lazy_.cmd_ready();
    if (!abort && !queued && pending_ < allowed_) {
      look(lazy_, lazy_.wires(avail, abort), rtl);
      ++pending_;
      ++skipped;
      counts_.add(rtl.wires);
    } else {
      catch_up();
      const CoreWires lazy_wires = lazy_.wires(avail, abort);
      look(lazy_, lazy_wires, rtl);
      same_step(lazy_wires, rtl);
      lazy_.edge(lazy_wires, abort, cmd);
      counts_.add(rtl.wires);
      lazy_counts_.add(lazy_wires);
      asked_ = false;
    }
    ++compare_.cycle;
  }

  uint64_t skipped = 0;

 private:
  /* Wires that stay as they are while cycles are skipped. */
  void look(const Core &twin, const CoreWires &wires, const ExecSeen &rtl) const {
    compare_.same("cmd_ready", rtl.cmd_ready, twin.cmd_ready());
    compare_.same("idle", rtl.idle, twin.idle());
    compare_.same("alive", rtl.alive, twin.alive());
    compare_.same("take", rtl.wires.take, wires.take);
    compare_.same("push", rtl.wires.push, wires.push);
    compare_.same("start", rtl.wires.start, wires.start);
    compare_.same("done", rtl.wires.done, wires.done);
    compare_.same("done_push", rtl.wires.done_push, wires.done_push);
  }
  void same_step(const CoreWires &wires, const ExecSeen &rtl) const {
    compare_.same("step", rtl.wires.progress, wires.progress);
    compare_.same("pixel", rtl.wires.pixel, wires.pixel);
    compare_.same("active", rtl.wires.active, wires.active);
    compare_.same("waits_load", rtl.wires.waits_load, wires.waits_load);
    compare_.same("waits_store", rtl.wires.waits_store, wires.waits_store);
  }
  void catch_up() {
    if (pending_ != 0) lazy_counts_.add(lazy_.skip(pending_, asked_avail_), pending_);
    pending_ = 0;
    compare_.same("cycles with a pixel", counts_.pixel, lazy_counts_.pixel);
    compare_.same("cycles that wait for LOAD", counts_.waits_load, lazy_counts_.waits_load);
    compare_.same("cycles that wait for STORE", counts_.waits_store, lazy_counts_.waits_store);
    compare_.same("active cycles", counts_.active, lazy_counts_.active);
    compare_.same("cycles since the last step", counts_.since_progress,
                  lazy_counts_.since_progress);
  }

  Compare compare_;
  Core plain_, lazy_;
  bool asked_ = false;
  uint8_t asked_avail_ = 0;
  uint64_t pending_ = 0, allowed_ = 0;
  ExecCounts counts_, lazy_counts_;
};

constexpr unsigned kExecAccRows = 1024, kExecWgtWords = 4096;  // of a bank

/** before: the command before it, whose last row it may begin with. */
inline ExecDesc random_exec(Random &random, unsigned n, const ExecDesc &before) {
  ExecDesc d;
  switch (random.below(12)) {
    case 0:  // long
      d.out_h = static_cast<uint16_t>(random.between(1, 40));
      d.out_w = static_cast<uint16_t>(random.between(1, kExecAccRows / d.out_h));
      d.k_count = static_cast<uint16_t>(random.between(1, 12));
      break;
    case 1:
      d.out_h = 1;
      d.out_w = static_cast<uint16_t>(random.between(n - 1, n + 1));
      d.k_count = static_cast<uint16_t>(random.between(1, 2));
      break;
    case 2:  // many k-tiles
      d.out_h = static_cast<uint16_t>(random.between(1, 3));
      d.out_w = static_cast<uint16_t>(random.between(1, n));
      d.k_count =
          static_cast<uint16_t>(random.between(1, random.chance(10) ? kExecWgtWords / n : 20));
      break;
    case 3:  // whole blocks
      d.out_h = static_cast<uint16_t>(random.between(1, 4));
      d.out_w = static_cast<uint16_t>(n);
      d.k_count = static_cast<uint16_t>(random.between(1, 3));
      break;
    default:
      d.out_h = static_cast<uint16_t>(random.between(1, 6));
      d.out_w = static_cast<uint16_t>(random.between(1, 2 * n / d.out_h + 1));
      d.k_count = static_cast<uint16_t>(random.between(1, 4));
      break;
  }
  const unsigned pixels = unsigned{d.out_h} * d.out_w;
  d.acc = static_cast<uint16_t>(random.below(kExecAccRows - pixels + 1));
  const unsigned last_row = before.acc + unsigned{before.out_h} * before.out_w - 1;
  if (random.chance(30) && last_row + pixels <= kExecAccRows) {
    d.acc = static_cast<uint16_t>(last_row);
  }
  d.wgt = static_cast<uint16_t>(random.below(kExecWgtWords - d.k_count * n + 1));
  d.kt_addr = static_cast<uint16_t>(random.below(8192));
  d.tap_addr = static_cast<uint16_t>(random.below(8192));
  d.taprow_addr = static_cast<uint16_t>(random.below(8192));
  d.base_y = static_cast<int32_t>(random.below(64)) - 16;
  d.base_x = static_cast<int32_t>(random.below(64)) - 16;
  d.org_x = static_cast<int32_t>(random.below(64)) - 16;
  d.plane_pitch = static_cast<uint16_t>(random.word());
  d.row_step = static_cast<uint16_t>(random.word());
  d.tap_step = static_cast<uint16_t>(random.word());
  d.in_h = static_cast<uint16_t>(random.between(1, 64));
  d.in_w = static_cast<uint16_t>(random.between(1, 64));
  d.stride_y = static_cast<uint8_t>(random.between(1, 255));
  d.stride_x = static_cast<uint8_t>(random.between(1, 255));
  d.dil_y = static_cast<uint8_t>(random.between(1, 255));
  d.dil_x = static_cast<uint8_t>(random.between(1, 255));
  d.ker_w = static_cast<uint8_t>(random.between(1, 255));
  d.s0 = static_cast<uint8_t>(random.below(d.ker_w));
  d.k_c = static_cast<uint16_t>(random.between(1, 65535));
  d.c0 = static_cast<uint16_t>(random.below(d.k_c));
  d.x_zp = static_cast<uint8_t>(random.word());
  d.w_zp = static_cast<uint8_t>(random.word());
  d.init = random.chance(50);
  d.x_signed = random.chance(50);
  d.w_signed = random.chance(50);
  d.half = n == 8 && random.chance(50);
  d.wait_mask = random.word() & HB_CMD_EXEC_MAY_WAIT;
  d.push_mask = random.word() & HB_CMD_EXEC_MAY_PUSH;
  return d;
}

template <class Wide>
void pack_exec(Wide &port, const ExecDesc &d) {
  const auto bits = [](int32_t value) { return static_cast<uint32_t>(value); };
  pack(port, {{d.kt_addr, 16},      {d.tap_addr, 16},     {d.taprow_addr, 16},
              {bits(d.base_y), 20}, {bits(d.base_x), 20}, {bits(d.org_x), 20},
              {d.plane_pitch, 16},  {d.row_step, 16},     {d.tap_step, 16},
              {d.in_h, 16},         {d.in_w, 16},         {d.out_h, 16},
              {d.out_w, 16},        {d.stride_y, 8},      {d.stride_x, 8},
              {d.dil_y, 8},         {d.dil_x, 8},         {d.ker_w, 8},
              {d.k_c, 16},          {d.c0, 16},           {d.s0, 8},
              {d.k_count, 16},      {d.wgt, 16},          {d.acc, 16},
              {d.x_zp, 8},          {d.w_zp, 8},          {d.init, 1},
              {d.x_signed, 1},      {d.w_signed, 1},      {d.half, 1},
              {d.wait_mask, 4},     {d.push_mask, 4}});
}

template <class Core, class Model>
void run_exec(unsigned n, uint32_t seed, uint64_t cycles) {
  Random random(seed * 100 + n);
  Rtl<Model> rtl(seed);
  Params params;
  params.n = n;
  params.wgt_words = kExecWgtWords * (n == 32 ? 2 : 1);
  params.acc_rows = kExecAccRows;
  ExecBench<Core> bench(params);
  rtl->abort_i = rtl->cmd_valid_i = rtl->avail_i = 0;
  rtl.reset();

  Tokens tokens;
  Aborts aborts;
  ExecDesc desc = random_exec(random, n, ExecDesc{});
  bool offered = false;
  uint32_t cmd_period = 1, token_period = 1;
  uint64_t started = 0, done = 0, pixels = 0, pauses = 0, waits = 0;
  bool was_step = false;
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (random.below(5000) == 0) {
      cmd_period = random.pick({1u, 1u, 30u, 300u});
      token_period = random.pick({1u, 1u, 100u, 800u});
    }
    offered = offered || random.below(cmd_period) == 0;
    const uint8_t avail = tokens.avail();
    const bool abort = aborts.now();
    rtl->abort_i = abort;
    rtl->cmd_valid_i = offered;
    pack_exec(rtl->cmd_i, desc);
    rtl->avail_i = avail;
    rtl.settle();
    ExecSeen seen;
    seen.cmd_ready = rtl->cmd_ready_o != 0;
    seen.idle = rtl->idle_o != 0;
    seen.alive = rtl->alive_o != 0;
    seen.wires.take = rtl->take_o;
    seen.wires.push = rtl->push_o;
    seen.wires.done = rtl->done_o != 0;
    seen.wires.done_push = rtl->done_push_o != 0;
    seen.wires.pixel = rtl->pixel_o != 0;
    seen.wires.progress = rtl->step_o != 0;
    seen.wires.active = rtl->step_o != 0 || rtl->alive_o != 0;
    seen.wires.waits_load = rtl->waits_load_o != 0;
    seen.wires.waits_store = rtl->waits_store_o != 0;
    seen.wires.start = rtl->start_o != 0;
    bench.cycle(seen, avail, abort, offered ? &desc : nullptr);

    started += seen.wires.start;
    done += seen.wires.done;
    pixels += seen.wires.pixel;
    waits += seen.wires.waits_load || seen.wires.waits_store;
    pauses += seen.wires.start && !was_step && seen.alive;
    was_step = seen.wires.progress;
    if (offered && (seen.cmd_ready || abort)) {
      desc = random_exec(random, n, desc);
      offered = false;
    }
    tokens.edge(random, seen.wires.take, token_period);
    aborts.edge(random, seen.idle && !seen.alive, false);
    rtl.edge();
  }
  std::printf("N %u seed %u: %" PRIu64 " cycles, %" PRIu64 " skipped; commands %" PRIu64
              " started, %" PRIu64 " done; %" PRIu64 " pixels; waited in %" PRIu64
              " cycles; %" PRIu64 " starts after a pause, %" PRIu64 " aborts\n",
              n, seed, cycles, bench.skipped, started, done, pixels, waits, pauses, aborts.count);
  if (done < 1000 || waits < 1000 || pauses == 0 || aborts.count == 0 ||
      bench.skipped < cycles / 2) {
    std::fprintf(stderr, "FAIL: too little happened\n");
    std::exit(1);
  }
}

}  // namespace hb::twin

#endif  // HB_TESTS_TWIN_TEST_EXEC_H_
