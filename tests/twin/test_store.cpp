/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Store beside hb_store_engine: random commands, tokens, stalls, errors and aborts; every output
 * but data in every cycle. A second twin is clocked only when quiet() asks for it. usage:
 * test_twin_store N [SEED] [CYCLES]
 */

#include <algorithm>
#include <optional>

#include "Vstore16.h"
#include "Vstore32.h"
#include "Vstore8.h"
#include "hilbert/hb_cmd.h"
#include "sim/twin/twin_store.h"
#include "unit_bench.h"

using namespace hb::twin;

namespace {

constexpr unsigned kAccRows = 1024, kPrmWords = 512;

StoreDesc random_store(Random &random, unsigned n) {
  StoreDesc d;
  const uint32_t most = random.chance(5) ? kAccRows : random.pick({4u, 24u, 80u});
  d.beats = static_cast<uint16_t>(random.between(1, most));
  d.rows = static_cast<uint16_t>(random.between(1, most / d.beats));
  d.total = static_cast<uint16_t>(d.beats * d.rows);
  d.acc = static_cast<uint16_t>(random.below(kAccRows - d.total + 1));
  d.prm = static_cast<uint16_t>(random.below(kPrmWords - 8 + 1));
  d.addr = random.word() << 4;
  d.row_pitch = random.chance(50) ? d.beats * 16u : random.word() << 4;
  d.raw = random.chance(30);
  d.y_signed = random.chance(50);
  d.half = n != 16 && random.chance(50);
  d.y_zp = static_cast<uint8_t>(random.word());
  d.clip_min = static_cast<uint8_t>(random.word());
  d.clip_max = static_cast<uint8_t>(random.word());
  d.wait_mask = random.word() & HB_CMD_STORE_MAY_WAIT;
  d.push_mask = random.word() & HB_CMD_STORE_MAY_PUSH;
  d.index = random.below(1u << 20);
  return d;
}

/* How lively the surroundings are: chances in percent, and cycles from token to token. */
struct Mood {
  explicit Mood(Random &random)
      : aw(random.pick({100u, 100u, 50u, 5u})),
        w(random.pick({100u, 100u, 60u, 10u})),
        b(random.pick({100u, 50u, 20u, 1u})),
        cmd(random.pick({100u, 30u, 2u})),
        token(random.pick({1u, 5u, 400u})) {}
  uint32_t aw, w, b, cmd, token;
};

/* What the module shows in a cycle. */
struct Seen {
  uint8_t take, push, awlen;
  bool cmd_ready, idle, retired, awvalid, wvalid, wlast, fault;
  uint16_t wstrb;
  uint32_t awaddr, fault_index;
};

class Bench {
 public:
  explicit Bench(const Params &params) : plain_(params), lazy_(params) {}

  /* One cycle with both twins. */
  void cycle(const Seen &rtl, const Store::In &in) {
    compare_.who = "the twin";
    look(plain_, rtl, in);
    plain_.edge(in);
    compare_.who = "the twin that skips";
    if (!asked_ || in.avail != asked_->avail || in.awready != asked_->awready ||
        in.wready != asked_->wready) {
      catch_up();
      allowed_ = lazy_.quiet(in.avail, in.awready, in.wready);
      asked_ = in;
    }
    const bool queued = in.cmd != nullptr && lazy_.cmd_ready();
    const bool incoming = in.abort || queued || in.bvalid;
    if (!incoming && pending_ < allowed_) {
      look(lazy_, rtl, in);
      ++pending_;
      ++skipped;
      skipped_beats += rtl.wvalid && in.wready ? 1 : 0;
    } else {
      catch_up();
      look(lazy_, rtl, in);
      lazy_.edge(in);
      asked_.reset();
    }
    seen_aw_ = seen_aw_ || rtl.awvalid;
    seen_w_ = seen_w_ || rtl.wvalid;
    ++compare_.cycle;
  }

  uint64_t skipped = 0, skipped_beats = 0;

 private:
  void catch_up() {
    if (asked_) lazy_.skip(pending_, asked_->wready);
    pending_ = 0;
  }

  void look(const Store &twin, const Seen &rtl, const Store::In &in) {
    compare_.same("cmd_ready_o", rtl.cmd_ready, twin.cmd_ready());
    compare_.same("idle_o", rtl.idle, twin.idle());
    compare_.same("take_o", rtl.take, twin.take(in.avail, in.abort));
    compare_.same("push_o", rtl.push, twin.push(in.abort));
    compare_.same("retired_o", rtl.retired, twin.retired(in.abort));
    compare_.same("m_axi_awvalid", rtl.awvalid, twin.awvalid());
    compare_.same("m_axi_wvalid", rtl.wvalid, twin.wvalid());
    compare_.same("fault_valid_o", rtl.fault, twin.fault_valid(in.bvalid, in.berror, in.abort));
    if (rtl.fault) compare_.same("fault_index_o", rtl.fault_index, twin.fault_index());
    if (rtl.awvalid || seen_aw_) {
      compare_.same("m_axi_awaddr", rtl.awaddr, twin.awaddr());
      compare_.same("m_axi_awlen", rtl.awlen, twin.awlen());
    }
    if (rtl.wvalid || seen_w_) {
      compare_.same("m_axi_wlast", rtl.wlast, twin.wlast());
      compare_.same("m_axi_wstrb", rtl.wstrb, twin.wstrb());
    }
  }

  Compare compare_;
  Store plain_, lazy_;
  bool seen_aw_ = false, seen_w_ = false;
  std::optional<Store::In> asked_;  // when the lazy twin was asked, and not clocked since
  uint64_t pending_ = 0, allowed_ = 0;
};

template <class Model>
void run(unsigned n, uint32_t seed, uint64_t cycles) {
  Random random(seed * 100 + n);
  Rtl<Model> rtl(seed);
  Params params;
  params.n = n;
  params.prm_words = kPrmWords;
  params.acc_rows = kAccRows;
  Bench bench(params);
  rtl->abort_i = rtl->cmd_valid_i = rtl->avail_i = 0;
  rtl->m_axi_awready = rtl->m_axi_wready = rtl->m_axi_bvalid = rtl->m_axi_berror = 0;
  rtl.reset();

  Mood mood(random);
  Tokens tokens;
  Aborts aborts;
  StoreDesc desc = random_store(random, n);
  bool offered = false;
  uint64_t addressed = 0, written = 0, answered = 0;  // bursts
  uint64_t started = 0, retired = 0, beats = 0, faults = 0, full = 0, silent = 0, last_move = 0;
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (random.below(400) == 0) mood = Mood(random);
    offered = offered || random.chance(mood.cmd);
    Store::In in;
    in.abort = aborts.now();
    in.cmd = offered ? &desc : nullptr;
    in.avail = tokens.avail();
    in.awready = random.chance(mood.aw);
    in.wready = random.chance(mood.w);
    in.bvalid = answered < std::min(addressed, written) && random.chance(mood.b);
    in.berror = random.chance(20);

    rtl->abort_i = in.abort;
    rtl->cmd_valid_i = offered;
    pack(rtl->cmd_i, {{desc.addr, 32},
                      {desc.row_pitch, 32},
                      {desc.acc, 16},
                      {desc.prm, 16},
                      {desc.beats, 16},
                      {desc.rows, 16},
                      {desc.total, 16},
                      {desc.raw, 1},
                      {desc.y_signed, 1},
                      {desc.half, 1},
                      {desc.y_zp, 8},
                      {desc.clip_min, 8},
                      {desc.clip_max, 8},
                      {desc.index, 20},
                      {desc.wait_mask, 4},
                      {desc.push_mask, 4}});
    rtl->avail_i = in.avail;
    rtl->m_axi_awready = in.awready;
    rtl->m_axi_wready = in.wready;
    rtl->m_axi_bvalid = in.bvalid;
    rtl->m_axi_berror = in.berror;
    rtl.settle();
    Seen seen;
    seen.take = rtl->take_o;
    seen.push = rtl->push_o;
    seen.cmd_ready = rtl->cmd_ready_o != 0;
    seen.idle = rtl->idle_o != 0;
    seen.retired = rtl->retired_o != 0;
    seen.awvalid = rtl->m_axi_awvalid != 0;
    seen.awaddr = rtl->m_axi_awaddr;
    seen.awlen = rtl->m_axi_awlen;
    seen.wvalid = rtl->m_axi_wvalid != 0;
    seen.wlast = rtl->m_axi_wlast != 0;
    seen.wstrb = rtl->m_axi_wstrb;
    seen.fault = rtl->fault_valid_o != 0;
    seen.fault_index = rtl->fault_index_o;
    bench.cycle(seen, in);

    const bool aw = seen.awvalid && in.awready, w = seen.wvalid && in.wready;
    addressed += aw;
    written += w && seen.wlast;
    answered += in.bvalid;
    beats += w;
    retired += seen.retired;
    faults += seen.fault;
    silent += !seen.awvalid && !seen.wvalid;
    full += addressed - answered == kMaxOutstanding;
    if (offered && (seen.cmd_ready || in.abort)) {
      started += seen.cmd_ready && !in.abort;
      desc = random_store(random, n);
      offered = false;
    }
    if (aw || w || in.bvalid || seen.idle || seen.take != 0 || seen.retired) last_move = cycle;
    tokens.edge(random, seen.take, mood.token);
    aborts.edge(random, seen.idle, cycle - last_move > 3000);
    rtl.edge();
  }
  std::printf("N %u seed %u: %" PRIu64 " cycles, %" PRIu64 " of %" PRIu64
              " silent ones skipped; commands %" PRIu64 " queued, %" PRIu64 " read; bursts %" PRIu64
              ", beats %" PRIu64 ", errors %" PRIu64 "; eight outstanding in %" PRIu64
              " cycles; %" PRIu64 " aborts\n",
              n, seed, cycles, bench.skipped, silent, started, retired, addressed, beats, faults,
              full, aborts.count);
  if (retired < 1000 || faults == 0 || full == 0 || aborts.count == 0 || bench.skipped == 0 ||
      (n != 8 && bench.skipped_beats == 0)) {
    std::fprintf(stderr, "FAIL: too little happened\n");
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char **argv) {
  const unsigned long n = argc > 1 ? std::strtoul(argv[1], nullptr, 0) : 16;
  const auto seed = static_cast<uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 0) : 1);
  const uint64_t cycles = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : 1000000;
  switch (n) {
    case 8:
      run<Vstore8>(8, seed, cycles);
      break;
    case 16:
      run<Vstore16>(16, seed, cycles);
      break;
    case 32:
      run<Vstore32>(32, seed, cycles);
      break;
    default:
      std::fprintf(stderr, "N must be 8, 16 or 32\n");
      return 2;
  }
  return 0;
}
