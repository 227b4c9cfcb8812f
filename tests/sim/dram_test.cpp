/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about sim/dram, one per mode:
 *   timing     a lone access takes exactly the time README.md says, at several SoC clocks
 *   recovery   the second of two accesses to a bank waits as long as tRAS, tWR, tWTR, tCCD,
 * turnaround ask bandwidth  a stream of reads or writes comes close to burst_bytes / tCCD less
 * refresh starvation a request for another row is not overtaken for ever by row hits overlap    a
 * read of bytes that a waiting write changes is not served before it, other reads are random SEED
 * NO_SKIP REVERSE  bytes, strobes and errors agree with a plain array, responses of an id are in
 *              order; prints a log that must not depend on the last two
 *   counters   every counter of a sequence written down here, exactly
 *   cap        as many row hits overtake as starvation_cap says
 *   edges SEED COUNT  devices of random timings with the shortest tREFI that is accepted for them
 *              answer every request
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dram_fixture.h"
#include "dram_rules.h"
#include "random.h"
#include "sim/dram/dram_channel.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Packet;
using hb::PacketKind;

int failures = 0;

/* A machine with a preset's device. */
hb_soc_t with(const hb_soc_dram_t &device, uint32_t clock_khz, uint32_t channels) {
  hb_soc_t soc{};
  soc.clock_khz = clock_khz;
  soc.noc = hb_test::plain_mesh(3, 2);
  soc.host_node = {0, 0};
  soc.dram = device;
  soc.dram.num_channels = channels;
  for (uint32_t i = 0; i < channels; ++i) {
    soc.dram.node[i] = {static_cast<uint8_t>(1 + i % 2), static_cast<uint8_t>(i / 2)};
  }
  soc.dram.interleave_bytes = 512;
  return soc;
}

/* Bursts of 64 bytes, as of two x16 dies side by side, so that the network is not the limit. */
hb_soc_t lpddr4(uint32_t clock_khz, uint32_t channels) {
  return with(hb_test::lpddr4_3200(1 << 20, 64), clock_khz, channels);
}

hb_soc_t ddr4(uint32_t clock_khz, uint32_t ranks) {
  hb_soc_t soc = with(hb_test::preset("ddr4-2400", 1 << 20), clock_khz, 1);
  soc.dram.ranks = ranks;
  return soc;
}

hb_soc_t hbm2(uint32_t clock_khz) {
  return with(hb_test::preset("hbm2-2000", 1 << 20), clock_khz, 1);
}

/* A host node, a mesh, channels and their memory. */
struct System {
  /** `device`: what the rules know of it; nullptr: what the controller does. */
  System(const std::string &name, Clock &clock, const hb_soc_t &soc_in,
         const hb_soc_dram_t *device = nullptr)
      : soc(soc_in),
        noc((name + "_noc").c_str(), clock, soc.noc, hb::AddressMap(soc)),
        memory(soc.dram.size_bytes) {
    for (uint32_t i = 0; i < soc.dram.num_channels; ++i) {
      channels.push_back(
          std::make_unique<hb::DramChannel>((name + "_dram" + std::to_string(i)).c_str(), clock,
                                            noc, soc.noc, soc.dram, i, soc.clock_khz, memory));
      rules.push_back(std::make_unique<hb_test::DramRules>(device != nullptr ? *device : soc.dram));
      channels.back()->observe(rules.back().get());
    }
    watched = device == nullptr;
  }
  /** Every test ends with nothing broken, but for those that break it. */
  ~System() {
    for (const auto &rule : rules) {
      if (watched && !rule->first.empty()) {
        std::printf("rule broken: %s\n", rule->first.c_str());
        ++failures;
      }
    }
  }
  System(const System &) = delete;
  System &operator=(const System &) = delete;
  const hb_soc_t soc;
  hb::Noc noc;
  hb::DramMemory memory;
  std::vector<std::unique_ptr<hb::DramChannel>> channels;
  std::vector<std::unique_ptr<hb_test::DramRules>> rules;
  bool watched = true;
};

// ------------------------------------------------------------------------------------- timing

uint64_t ceil_to(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/* Sends lone accesses and compares the cycle of the answer. */
class Prober : public sc_core::sc_module, public hb::Ticked {
 public:
  Prober(sc_core::sc_module_name nm, Clock &clk, System &sys)
      : sc_core::sc_module(nm), Ticked(clk), system_(sys), port_(sys.noc.attach(0, this)) {}

  Cycle tick(Cycle now) override {
    if (step_ == kSteps.size()) {
      return kNever;
    }
    const Step &step = kSteps[step_];
    if (now < step.at) {
      return step.at;
    }
    if (!sent_) {
      Packet *packet = port_.make();
      if (step.write) {
        packet->make_write(HB_DRAM_BASE + step.offset, step.beats);
      } else {
        packet->make_read(HB_DRAM_BASE + step.offset, step.beats);
      }
      port_.send(packet);
      sent_ = true;
      return now + 1;
    }
    if (Packet *packet = port_.receive(Net::kResponse)) {
      port_.release(packet);
      const Cycle want = expected(step);
      if (now != want) {
        std::printf("%s, step %zu (%s): answered @%" PRIu64 ", expected @%" PRIu64 "\n", name(),
                    step_, step.what, now, want);
        ++failures;
      }
      ++step_;
      sent_ = false;
      return now + 1;
    }
    return now + 1;
  }
  bool done() const { return step_ == kSteps.size(); }

 private:
  struct Step {
    const char *what;
    Cycle at;
    uint32_t offset;
    unsigned beats;
    bool write;
    bool precharge, activate;
    unsigned bursts;
  };
  /* Row r of bank b is at 2048 * (8 * r + (b ^ r)); the refresh is rare, see timing(). */
  static const std::vector<Step> kSteps;

  Cycle expected(const Step &step) const {
    const hb_soc_dram_t &dram = system_.soc.dram;
    const uint32_t khz = system_.soc.clock_khz;
    const auto start_of = [khz](Cycle cycle) {
      return static_cast<uint64_t>(static_cast<unsigned __int128>(cycle) * 1000000000u / khz);
    };
    // One hop at 1 + 1 cycles: 3 + 2 routers + 1 link, then one cycle per further flit; buffers are
    // deep enough.
    const Cycle there = 3 + 2 + 1 + (step.write ? step.beats : 0);
    const Cycle back = 3 + 2 + 1 + (step.write ? 0 : step.beats);
    uint64_t time = ceil_to(start_of(step.at + there), dram.tck_ps);
    const bool closed = dram.closed_page;  // every access finds its bank closed
    time += step.precharge && !closed ? ceil_to(dram.trp_ps, dram.tck_ps) : 0;
    time += step.activate || closed ? ceil_to(dram.trcd_ps, dram.tck_ps) : 0;
    time += step.write ? dram.tcwl_ps : dram.tcl_ps;
    time += uint64_t{step.bursts} * dram.tccd_ps;
    Cycle done = time * khz / 1000000000u;
    while (start_of(done) < time) {
      ++done;
    }
    return done + back;
  }

  System &system_;
  hb::NocPort &port_;
  size_t step_ = 0;
  bool sent_ = false;
};

const std::vector<Prober::Step> Prober::kSteps = {
    {"closed bank", 1, 0, 1, false, false, true, 1},
    {"open row", 101, 256, 1, false, false, false, 1},
    {"another row of the bank", 203, 2048 * 9, 4, false, true, true, 1},
    {"another bank", 301, 2048, 1, false, false, true, 1},
    {"a packet of four bursts", 403, 2048 * 9, 16, false, false, false, 4},
    {"off by a beat it touches five", 505, 2048 * 9 + 16, 16, false, false, false, 5},
    {"write to the open row", 601, 2048 * 9 + 64, 16, true, false, false, 4},
    {"write to another row", 702, 0, 1, true, true, true, 1},
    {"read long after a write", 803, 16, 1, false, false, false, 1},
    {"refresh has closed the rows", 100001, 0, 1, false, false, true, 1},
};

int timing() {
  Clock clock("clock", Clock::Options{});
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Prober>> probers;
  const std::pair<uint32_t, bool> variants[] = {{250000u, false}, {333333u, false},
                                                {100000u, false}, {1000000u, false},
                                                {250000u, true},  {333333u, true}};
  for (const auto &[khz, closed] : variants) {
    const std::string name = "khz" + std::to_string(khz) + (closed ? "_closed" : "");
    hb_soc_t soc = lpddr4(khz, 1);
    soc.dram.closed_page = closed;
    soc.dram.trefi_ps = 70000000;  // one refresh period for all steps but the last, which lies
                                   // outside of any refresh
    systems.push_back(std::make_unique<System>(name, clock, soc));
    probers.push_back(std::make_unique<Prober>(name.c_str(), clock, *systems.back()));
  }
  clock.run_until(200000);
  for (const auto &prober : probers) {
    if (!prober->done()) {
      std::printf("%s: not finished\n", prober->name());
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}

// ----------------------------------------------------------------------------------- recovery

/* Two accesses right after each other to one bank: the second waits for the bank to recover. */
class Pair : public sc_core::sc_module, public hb::Ticked {
 public:
  Pair(sc_core::sc_module_name nm, Clock &clk, System &sys, bool first_writes, bool second_writes,
       uint32_t second_offset)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(sys.noc.attach(0, this)),
        writes_{first_writes, second_writes},
        offsets_{0, second_offset} {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      answered[packet->tag] = now;
      port_.release(packet);
    }
    for (unsigned i = 0; now == 10 && i < 2; ++i) {
      Packet *packet = port_.make();
      if (writes_[i]) {
        packet->make_write(HB_DRAM_BASE + offsets_[i], 1);
      } else {
        packet->make_read(HB_DRAM_BASE + offsets_[i], 1);
      }
      packet->tag = i;
      packet->id = static_cast<uint8_t>(i);
      port_.send(packet);
    }
    return now < 10 ? 10 : kNever;
  }
  Cycle answered[2] = {};

 private:
  hb::NocPort &port_;
  const bool writes_[2];
  const uint32_t offsets_[2];
};

int recovery() {
  Clock clock("clock", Clock::Options{});
  const hb_soc_t soc = lpddr4(1000000, 1);  // a cycle is 1000 ps
  const hb_soc_dram_t &d = soc.dram;
  const uint64_t trcd = ceil_to(d.trcd_ps, d.tck_ps), trp = ceil_to(d.trp_ps, d.tck_ps),
                 tras = ceil_to(d.tras_ps, d.tck_ps), twr = ceil_to(d.twr_ps, d.tck_ps);
  const uint64_t write_end =
      trcd + d.tcwl_ps + d.tccd_ps;  // from the first activation, as all below
  const uint64_t reopened = trp + trcd;
  struct Case {
    const char *name;
    bool first_writes, second_writes;
    uint32_t second_offset;
    uint64_t column;      // of the second access
    uint32_t trc_ps = 0;  // 0: the preset's
  };
  const Case cases[] = {
      {"read_then_other_row_waits_tras", false, false, 2048 * 9,
       std::max(tras, trcd + d.trtp_ps) + reopened},
      {"read_then_other_row_waits_trc", false, false, 2048 * 9, 100000 + trcd, 100000},
      {"write_then_other_row_waits_twr", true, false, 2048 * 9,
       std::max(tras, write_end + twr) + reopened},
      {"write_then_read_waits_twtr", true, false, 256, write_end + d.twtr_ps},
      {"read_then_read_waits_tccd", false, false, 256, trcd + d.tccd_ps},
      {"read_then_write_turns_the_bus", false, true, 256,
       trcd + d.tcl_ps + d.tccd_ps + 2 * d.tck_ps - d.tcwl_ps},
  };
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (const Case &c : cases) {
    hb_soc_t own = soc;
    own.dram.trc_ps = c.trc_ps != 0 ? c.trc_ps : own.dram.trc_ps;
    systems.push_back(std::make_unique<System>(c.name, clock, own));
    pairs.push_back(std::make_unique<Pair>((std::string(c.name) + "_pair").c_str(), clock,
                                           *systems.back(), c.first_writes, c.second_writes,
                                           c.second_offset));
  }
  clock.run_until(2000);
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Case &c = cases[i];
    const uint64_t first =
        ceil_to((10 + 6 + (c.first_writes ? 1 : 0)) * 1000, d.tck_ps);  // arrival: activation
    const uint64_t end = first + c.column + (c.second_writes ? d.tcwl_ps : d.tcl_ps) + d.tccd_ps;
    const Cycle want = (end + 999) / 1000 + 6 + (c.second_writes ? 0 : 1);
    if (pairs[i]->answered[1] != want) {
      std::printf("%s: answered @%" PRIu64 ", expected @%" PRIu64 "\n", c.name,
                  pairs[i]->answered[1], want);
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}

/* When rows are opened. */
class Openings : public hb::DramObserver {
 public:
  void command(uint64_t ps, hb::DramCommand command, unsigned, uint64_t) override {
    if (command == hb::DramCommand::kActivate) times.push_back(ps);
  }
  std::vector<uint64_t> times;
};

/* Eight reads at once, each of another bank: the rows open as tRRD, tRRD_L and tFAW let them, to
 * the clock. */
class Burst : public sc_core::sc_module, public hb::Ticked {
 public:
  Burst(sc_core::sc_module_name nm, Clock &clk, System &sys)
      : sc_core::sc_module(nm), Ticked(clk), port_(sys.noc.attach(0, this)) {
    sys.channels[0]->observe(&openings);
  }
  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse))
      port_.release(packet);
    if (now >= 10 && sent_ < 8 && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      packet->make_read(HB_DRAM_BASE + sent_ * 2048, 1);
      packet->id = static_cast<uint8_t>(sent_++);
      port_.send(packet);
    }
    return now < 10 ? 10 : sent_ < 8 ? now + 1 : kNever;
  }
  Openings openings;

 private:
  hb::NocPort &port_;
  unsigned sent_ = 0;
};

int activations() {
  Clock clock("clock", Clock::Options{});
  hb_soc_t tight = lpddr4(2000000, 1), grouped = ddr4(2000000, 1);
  tight.dram.trrd_ps = tight.dram.trrd_l_ps = 7500;
  grouped.dram.row_bytes = 2048;  // an access each
  const hb_dram_field_t rows_round_the_banks[] = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK,
                                                  HB_DRAM_GROUP, HB_DRAM_COLUMN};
  std::copy(std::begin(rows_round_the_banks), std::end(rows_round_the_banks), grouped.dram.mapping);
  // From the first: four by tRRD, the fifth by tFAW after the first.
  const std::vector<uint64_t> by_faw = {0, 7500, 15000, 22500, 40000, 47500, 55000, 62500};
  const std::vector<uint64_t> by_rrd = {0, 10000, 20000, 30000, 40000, 50000, 60000, 70000};
  // tRRD is 7 clocks, tRRD_L 8, tFAW 37: neighbours lie in different groups. In clock 37 the fourth
  // row, opened in clock 21, is read after tRCD of 16 clocks: the command bus has one command a
  // clock.
  std::vector<uint64_t> groups = {0, 7, 14, 21, 38, 45, 52, 59};
  for (uint64_t &clocks : groups)
    clocks *= grouped.dram.tck_ps;
  const struct {
    const char *name;
    hb_soc_t soc;
    std::vector<uint64_t> want;
  } cases[] = {
      {"tight", tight, by_faw}, {"plain", lpddr4(2000000, 1), by_rrd}, {"groups", grouped, groups}};
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Burst>> bursts;
  for (const auto &c : cases) {
    systems.push_back(std::make_unique<System>(c.name, clock, c.soc));
    bursts.push_back(
        std::make_unique<Burst>((std::string(c.name) + "_burst").c_str(), clock, *systems.back()));
  }
  clock.run_until(5000);
  for (size_t i = 0; i < bursts.size(); ++i) {
    std::vector<uint64_t> got = bursts[i]->openings.times;
    const uint64_t first = got.empty() ? 0 : got.front();
    for (uint64_t &time : got)
      time -= first;
    std::printf("%s:", cases[i].name);
    for (const uint64_t time : got)
      std::printf(" %" PRIu64, time);
    std::printf("\n");
    failures += got != cases[i].want;
  }
  return failures == 0 ? 0 : 1;
}

// ---------------------------------------------------------------------------------- bandwidth

/* Keeps `outstanding` accesses of 256 bytes in flight to the addresses that `next` yields. */
class Streamer : public sc_core::sc_module, public hb::Ticked {
 public:
  /** From the start again after `wrap` bytes. */
  Streamer(sc_core::sc_module_name nm, Clock &clk, System &sys, bool write, uint64_t wrap)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(sys.noc.attach(0, this)),
        size_(wrap),
        write_(write) {}

  Cycle tick(Cycle) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      port_.release(packet);
      --in_flight_;
      bytes += packet->bytes;
    }
    if (in_flight_ < 16 && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      const uint32_t addr = HB_DRAM_BASE + static_cast<uint32_t>(offset_ % size_);
      if (write_) {
        packet->make_write(addr, 16);
      } else {
        packet->make_read(addr, 16);
      }
      offset_ += 256;
      port_.send(packet);
      ++in_flight_;
    }
    return in_flight_ < 16 ? clock().cycle() + 1 : kNever;
  }
  uint64_t bytes = 0;

 private:
  hb::NocPort &port_;
  const uint64_t size_;
  const bool write_;
  uint64_t offset_ = 0;
  unsigned in_flight_ = 0;
};

/* Counts column accesses of some refresh intervals, from the first time a refresh is due. */
class Columns : public hb::DramObserver {
 public:
  Columns(hb::DramObserver *next, uint64_t from, uint64_t until)
      : next_(next), from_(from), until_(until) {}
  void command(uint64_t ps, hb::DramCommand command, unsigned bank, uint64_t row) override {
    next_->command(ps, command, bank, row);
    seen += (command == hb::DramCommand::kRead || command == hb::DramCommand::kWrite) &&
            ps >= from_ && ps < until_;
  }
  uint64_t seen = 0;

 private:
  hb::DramObserver *const next_;
  const uint64_t from_, until_;
};

int bandwidth() {
  Clock clock("clock", Clock::Options{});
  // 2 GHz: 32 GB/s, so that the network is not the limit.
  const hb_soc_t plain = lpddr4(2000000, 1);
  hb_soc_t near = ddr4(2000000, 1);
  near.dram.row_bytes = 16384;
  near.dram.queue_depth = 4;
  hb_soc_t far = near;
  const hb_dram_field_t one_group[] = {HB_DRAM_GROUP, HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK,
                                       HB_DRAM_COLUMN};
  std::copy(std::begin(one_group), std::end(one_group), near.dram.mapping);
  // Bank groups: where neighbouring bursts lie in different ones tCCD binds, in one tCCD_L. Of
  // `near` row 0 of the four banks of a group is read again and again: the permutation of the next
  // row would lead into the other group.
  const struct {
    const char *name;
    const hb_soc_t &soc;
    bool write;
    uint32_t hb_soc_dram_t::*between;
    uint64_t wrap;
  } cases[] = {
      {"reader", plain, false, &hb_soc_dram_t::tccd_ps, 1 << 20},
      {"writer", plain, true, &hb_soc_dram_t::tccd_ps, 1 << 20},
      {"groups", far, false, &hb_soc_dram_t::tccd_ps, 1 << 20},
      {"one_group", near, false, &hb_soc_dram_t::tccd_l_ps, 4 * 16384},
  };
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Streamer>> streamers;
  std::vector<std::unique_ptr<Columns>> columns;
  constexpr uint64_t kIntervals = 120;
  for (const auto &c : cases) {
    const std::string name = c.name;
    systems.push_back(std::make_unique<System>(name + "_system", clock, c.soc));
    streamers.push_back(
        std::make_unique<Streamer>(c.name, clock, *systems.back(), c.write, c.wrap));
    hb_soc_dram_t grid = c.soc.dram;
    hb_soc_dram_on_grid(&grid);
    columns.push_back(std::make_unique<Columns>(systems.back()->rules[0].get(), grid.trefi_ps,
                                                (1 + kIntervals) * grid.trefi_ps));
    systems.back()->channels[0]->observe(columns.back().get());
  }
  clock.run_until(2000000);  // 1 ms
  for (size_t i = 0; i < systems.size(); ++i) {
    // A refresh takes the channel from the last access before it, whose bank must recover and
    // close, to the first after it, whose bank must open. That last access is less than `between`
    // before the refresh is due, so that over whole intervals one access more or less is all that
    // the bound does not know.
    hb_soc_dram_t d = systems[i]->soc.dram;
    hb_soc_dram_on_grid(&d);
    const uint64_t recovery =
        cases[i].write ? uint64_t{d.tcwl_ps} + d.tccd_ps + d.twr_ps : d.trtp_ps;
    const uint64_t gap = recovery + d.trp_ps + d.trfc_ps + d.trcd_ps, between = d.*cases[i].between;
    const uint64_t most = kIntervals * (d.trefi_ps - gap + between) / between + 1;
    const uint64_t seen = columns[i]->seen;
    std::printf("%s: %.3f GB/s, %" PRIu64 " accesses, %.2f%% of the bound of %" PRIu64
                " by tCCD and refresh\n",
                cases[i].name,
                static_cast<double>(seen * d.burst_bytes) * 1e3 /
                    static_cast<double>(kIntervals * d.trefi_ps),
                seen, 100.0 * static_cast<double>(seen) / static_cast<double>(most), most);
    failures += seen > most || seen * 100 < most * 99;
  }
  const System &reads = *systems[0];
  const hb_sim_dram_stats_t stats = reads.channels[0]->stats();
  std::printf("hits %" PRIu64 " misses %" PRIu64 " conflicts %" PRIu64 " refreshes %" PRIu64 "\n",
              stats.row_hits, stats.row_misses, stats.row_conflicts, stats.refreshes);
  if (stats.row_hits + stats.row_misses + stats.row_conflicts != stats.reads ||
      stats.refreshes < 255 || stats.refreshes > 257) {
    ++failures;
  }
  return failures == 0 ? 0 : 1;
}

// --------------------------------------------------------------------------------- starvation

/* Hits one row all the time and once asks for another row of the same bank. */
class Hog : public sc_core::sc_module, public hb::Ticked {
 public:
  Hog(sc_core::sc_module_name nm, Clock &clk, System &sys)
      : sc_core::sc_module(nm), Ticked(clk), port_(sys.noc.attach(0, this)) {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      if (packet->tag == 1) {
        answered = now;
      }
      port_.release(packet);
      --in_flight_;
    }
    if (in_flight_ < 14 && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      const bool odd = asked == 0 && now > 500;
      packet->make_read(HB_DRAM_BASE + (odd ? 2048u * 9 : 0), 16);
      packet->tag = odd;
      packet->id = odd;
      if (odd) {
        asked = now;
      }
      port_.send(packet);
      ++in_flight_;
    }
    return now + 1;
  }
  Cycle asked = 0, answered = 0;

 private:
  hb::NocPort &port_;
  unsigned in_flight_ = 0;
};

int starvation() {
  Clock clock("clock", Clock::Options{});
  const uint32_t caps[] = {16, 64, 512};
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Hog>> hogs;
  for (const uint32_t cap : caps) {
    hb_soc_t soc = lpddr4(2000000, 1);
    soc.dram.starvation_cap = cap;
    const std::string name = "cap" + std::to_string(cap);
    systems.push_back(std::make_unique<System>(name, clock, soc));
    hogs.push_back(std::make_unique<Hog>((name + "_hog").c_str(), clock, *systems.back()));
  }
  clock.run_until(20000);
  Cycle before = 0;
  for (size_t i = 0; i < hogs.size(); ++i) {
    // 14 older requests of 4 bursts, `cap` overtaking bursts, 10 cycles each, and its own access;
    // no refresh but with the largest cap.
    const Hog &hog = *hogs[i];
    const Cycle waited = hog.answered - hog.asked;
    std::printf("%s: asked @%" PRIu64 ", answered @%" PRIu64 "\n", hog.name(), hog.asked,
                hog.answered);
    failures += hog.answered == 0 || waited > (14 * 4 + caps[i]) * 10 + 900 || waited <= before;
    before = waited;
  }
  return failures == 0 ? 0 : 1;
}

// ----------------------------------------------------------------------------------- counters

/* Sends accesses in their order, each from its cycle on. */
class Script : public sc_core::sc_module, public hb::Ticked {
 public:
  struct Access {
    Cycle at;
    uint32_t offset;
    unsigned beats;
    bool write;
  };
  Script(sc_core::sc_module_name nm, Clock &clk, System &sys, std::vector<Access> accesses)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(sys.noc.attach(0, this)),
        accesses_(std::move(accesses)) {}
  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse))
      port_.release(packet);
    while (sent_ < accesses_.size() && accesses_[sent_].at <= now &&
           port_.can_send(Net::kRequest)) {
      const Access &access = accesses_[sent_++];
      Packet *packet = port_.make();
      if (access.write) {
        packet->make_write(HB_DRAM_BASE + access.offset, access.beats);
      } else {
        packet->make_read(HB_DRAM_BASE + access.offset, access.beats);
      }
      port_.send(packet);
    }
    return sent_ == accesses_.size() ? kNever : std::max(now + 1, accesses_[sent_].at);
  }

 private:
  hb::NocPort &port_;
  const std::vector<Access> accesses_;
  size_t sent_ = 0;
};

/* Commands before the first precharge; the activations of a run. */
class Before : public hb::DramObserver {
 public:
  explicit Before(hb::DramObserver *next) : next_(next) {}
  void command(uint64_t ps, hb::DramCommand command, unsigned bank, uint64_t row) override {
    next_->command(ps, command, bank, row);
    activations += command == hb::DramCommand::kActivate;
    closed_ = closed_ || command == hb::DramCommand::kPrecharge;
    reads += !closed_ && command == hb::DramCommand::kRead;
  }
  unsigned reads = 0;
  uint64_t activations = 0;

 private:
  hb::DramObserver *const next_;
  bool closed_ = false;
};

void expect(const char *what, uint64_t got, uint64_t want) {
  if (got != want) {
    std::printf("%s: %" PRIu64 ", expected %" PRIu64 "\n", what, got, want);
    ++failures;
  }
}

int counters() {
  Clock clock("clock", Clock::Options{});
  hb_soc_t soc = lpddr4(1000000, 1);  // a cycle is a nanosecond
  soc.dram.trefi_ps = 10000000;
  System system("system", clock, soc);
  // Row r of bank b is at 2048 * (8 * r + (b ^ r)).
  Script script(
      "script", clock, system,
      {{100, 0, 1, false},         // miss of bank 0
       {300, 256, 1, true},        // hit
       {500, 2048 * 9, 1, false},  // conflict: row 1
       {700, 2048, 1, false},      // miss of bank 1
       {900, 2048 * 9, 16, true},  // four hits of bank 0
       {1100, 0, 16, false},       // conflict of bank 0, three hits
       {10500, 0, 1, false},       // miss: the refresh has closed it
       {19978, 2048, 1, false},    // opened in 19984, closed by the refresh of 20000: opened twice
       {90000, 0, 1, false}});     // the clock runs as long as somebody waits
  Before commands(system.rules[0].get());
  system.channels[0]->observe(&commands);
  hb_soc_t ranks = soc;
  ranks.dram.ranks = 2;  // one of them refreshes every 5000 ns
  System two("two", clock, ranks);
  struct {
    Cycle at;  // so many cycles have passed
    uint64_t one, two;
  } const refreshes[] = {{5000, 0, 0},  {5001, 0, 1},  {10000, 0, 1}, {10001, 1, 2},
                         {20000, 1, 3}, {20001, 2, 4}, {30001, 3, 6}, {65000, 6, 12}};
  for (const auto &then : refreshes) {
    clock.run_until(then.at);
    const std::string when = "refreshes before " + std::to_string(then.at);
    expect(when.c_str(), system.channels[0]->stats().refreshes, then.one);
    expect((when + ", two ranks").c_str(), two.channels[0]->stats().refreshes, then.two);
  }
  const hb_sim_dram_stats_t s = system.channels[0]->stats();
  expect("reads", s.reads, 9);
  expect("writes", s.writes, 5);
  expect("hits", s.row_hits, 1 + 4 + 3);
  expect("misses", s.row_misses, 4);
  expect("conflicts", s.row_conflicts, 2);
  expect("activations", s.activations, 4 + 2 + 1);
  expect("activations seen", commands.activations, s.activations);
  expect("bytes read", s.bytes_read, 5 * 16 + 256);
  expect("bytes written", s.bytes_written, 16 + 256);
  const hb_sim_bank_stats_t zero = system.channels[0]->bank_stats(0),
                            one = system.channels[0]->bank_stats(1);
  expect("hits of bank 0", zero.hits, 8);
  expect("misses of bank 0", zero.misses, 2);
  expect("conflicts of bank 0", zero.conflicts, 2);
  expect("hits of bank 1", one.hits, 0);
  expect("misses of bank 1", one.misses, 2);
  expect("conflicts of bank 1", one.conflicts, 0);
  return failures == 0 ? 0 : 1;
}

/* The first access opens a row, the second, soon the oldest, wants another one, all others hit the
 * first row: so many of them as the cap says go before it. */
int starvation_cap() {
  Clock clock("clock", Clock::Options{});
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Script>> scripts;
  std::vector<std::unique_ptr<Before>> seen;
  for (const uint32_t cap : {1u, 2u, 16u, 64u}) {
    hb_soc_t soc = lpddr4(2000000, 1);
    soc.dram.starvation_cap = cap;
    soc.dram.queue_depth = 64;
    const std::string name = "cap" + std::to_string(cap);
    systems.push_back(std::make_unique<System>(name, clock, soc));
    std::vector<Script::Access> accesses(40, {10, 0, 16, false});
    accesses[1].offset = 2048 * 9;
    scripts.push_back(std::make_unique<Script>((name + "_script").c_str(), clock, *systems.back(),
                                               std::move(accesses)));
    seen.push_back(std::make_unique<Before>(systems.back()->rules[0].get()));
    systems.back()->channels[0]->observe(seen.back().get());
  }
  clock.run_until(5000);
  for (size_t i = 0; i < systems.size(); ++i) {
    expect(systems[i]->channels[0]->name(), seen[i]->reads,
           4 + systems[i]->soc.dram.starvation_cap);
  }
  return failures == 0 ? 0 : 1;
}

// ------------------------------------------------------------------------------------ overlap

/* Reads of an open row; among them a write and then a read of the same bytes, and one of others. */
class Mixer : public sc_core::sc_module, public hb::Ticked {
 public:
  Mixer(sc_core::sc_module_name nm, Clock &clk, System &sys)
      : sc_core::sc_module(nm), Ticked(clk), port_(sys.noc.attach(0, this)) {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      answered[packet->tag] = now;
      port_.release(packet);
    }
    if (now > 300 && sent_ < kCount && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      if (sent_ == kWrite) {
        packet->make_write(HB_DRAM_BASE + 1024, 2);
      } else {
        packet->make_read(HB_DRAM_BASE + (sent_ == kSame ? 1040 : sent_ == kOther ? 1056 : 0), 1);
      }
      packet->id = static_cast<uint8_t>(sent_);
      packet->tag = sent_++;
      port_.send(packet);
    }
    return now + 1;
  }
  static constexpr unsigned kWrite = 4, kSame = 5, kOther = 6, kCount = 12;
  Cycle answered[kCount] = {};

 private:
  hb::NocPort &port_;
  unsigned sent_ = 0;
};

int overlap() {
  Clock clock("clock", Clock::Options{});
  System system("system", clock, lpddr4(2000000, 1));
  Mixer mixer("mixer", clock, system);
  clock.run_until(3000);
  const Cycle *at = mixer.answered;
  std::printf("write @%" PRIu64 ", read of its bytes @%" PRIu64 ", read of others @%" PRIu64 "\n",
              at[Mixer::kWrite], at[Mixer::kSame], at[Mixer::kOther]);
  return at[Mixer::kSame] > at[Mixer::kWrite] && at[Mixer::kOther] != 0 &&
                 at[Mixer::kOther] < at[Mixer::kWrite]
             ? 0
             : 1;
}

// ------------------------------------------------------------------------------------- random

class Fuzzer : public sc_core::sc_module, public hb::Ticked {
 public:
  Fuzzer(sc_core::sc_module_name nm, Clock &clk, System &sys, uint64_t seed)
      : sc_core::sc_module(nm),
        Ticked(clk),
        system_(sys),
        port_(sys.noc.attach(0, this)),
        random_(seed),
        bytes_(sys.soc.dram.size_bytes) {}

  Cycle tick(Cycle now) override {
    if (now >= act_) {
      act(now);
      act_ = now + 1 + (random_.chance(10) ? random_.below(300) : 0);
    }
    return done() ? kNever : act_;
  }
  bool done() const { return sent_ == kAccesses && answered_ == kAccesses; }
  uint64_t log = 14695981039346656037u;

  void check_memory() {
    std::vector<uint8_t> real(bytes_.size());
    system_.memory.read(0, real.data(), real.size());
    if (real != bytes_) {
      std::printf("memory differs at the end\n");
      ++failures;
    }
  }

 private:
  static constexpr uint32_t kAccesses = 6000;
  struct Expected {
    hb::Resp resp;
    std::vector<uint8_t> bytes;  // of a read
  };

  void act(Cycle now) {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      check(*packet);
      for (const uint64_t value : {now, uint64_t{packet->tag}}) {
        log = (log ^ value) * 1099511628211u;
      }
      port_.release(packet);
      ++answered_;
    }
    if (sent_ < kAccesses && sent_ - answered_ < 40 && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      // Few places, so that accesses meet: two small windows, and the end of memory with what lies
      // behind it.
      const uint32_t size = static_cast<uint32_t>(bytes_.size());
      const uint32_t window[] = {0, 2048 * 9 * system_.soc.dram.num_channels, size - 512};
      uint32_t offset = window[random_.below(3)] + random_.below(64) * 16;
      const bool write = random_.chance(50);
      Expected expected{hb::Resp::kOkay, {}};
      if (random_.chance(20)) {
        offset += random_.below(4) * 4;
        if (write) {
          packet->make_write32(HB_DRAM_BASE + offset, static_cast<uint32_t>(random_.next()));
        } else {
          packet->make_read32(HB_DRAM_BASE + offset);
        }
      } else {
        const unsigned room = system_.noc.map().contiguous_bytes(HB_DRAM_BASE + offset) / 16;
        const unsigned beats = 1 + random_.below(std::min(16u, room));
        if (write) {
          packet->make_write(HB_DRAM_BASE + offset, beats);
          for (unsigned i = 0; i < packet->bytes; ++i) {
            packet->data[i] = static_cast<uint8_t>(random_.next());
          }
          if (random_.chance(50)) {
            for (unsigned beat = 0; beat < beats; ++beat) {
              packet->strobe[beat] = static_cast<uint16_t>(random_.next() | random_.next());
            }
          }
        } else {
          packet->make_read(HB_DRAM_BASE + offset, beats);
        }
      }
      const unsigned lane = offset % 16;
      if (offset + packet->bytes > size) {
        expected.resp = hb::Resp::kSlvErr;
      } else if (write) {
        for (unsigned i = lane; i < lane + packet->bytes; ++i) {
          if (packet->strobe[i / 16] >> (i % 16) & 1) {
            bytes_[offset - lane + i] = packet->data[i];
          }
        }
      } else {
        expected.bytes.assign(bytes_.begin() + offset, bytes_.begin() + offset + packet->bytes);
      }
      packet->tag = sent_++;
      packet->id = static_cast<uint8_t>(random_.below(3));
      expected_[packet->tag] = expected;
      port_.send(packet);
    }
  }

  void check(const Packet &packet) {
    const auto found = expected_.find(packet.tag);
    const char *wrong = nullptr;
    if (found == expected_.end()) {
      wrong = "an answer came twice";
    } else {
      if (packet.resp != found->second.resp) {
        wrong = "wrong response code";
      } else if (packet.kind == PacketKind::kReadResp && packet.resp == hb::Resp::kOkay &&
                 std::memcmp(packet.data.data() + packet.addr % 16, found->second.bytes.data(),
                             packet.bytes) != 0) {
        wrong = "wrong bytes read";
      }
      expected_.erase(found);
    }
    // In order for a channel, an id and a direction.
    uint32_t &next = next_[{packet.src * 256u + packet.id, packet.is_read()}];
    if (packet.tag < next) {
      wrong = "responses out of order";
    }
    next = packet.tag + 1;
    if (wrong != nullptr) {
      std::printf("access %u: %s\n", packet.tag, wrong);
      ++failures;
    }
  }

  System &system_;
  hb::NocPort &port_;
  hb_test::Random random_;
  Cycle act_ = 0;
  std::vector<uint8_t> bytes_;
  uint32_t sent_ = 0, answered_ = 0;
  std::map<uint32_t, Expected> expected_;
  std::map<std::pair<unsigned, bool>, uint32_t> next_;
};

int random_accesses(uint64_t seed, int skip, bool reverse) {
  Clock::Options options;
  options.no_skip = (skip & 1) != 0;
  options.exact_reference = (skip & 2) != 0;
  options.reverse = reverse;
  Clock clock("clock", options);
  System one("one", clock, lpddr4(250000, 1)), two("two", clock, lpddr4(333333, 2)),
      four("four", clock, lpddr4(700000, 4));
  Fuzzer fuzz_one("fuzz_one", clock, one, seed), fuzz_two("fuzz_two", clock, two, seed + 100),
      fuzz_four("fuzz_four", clock, four, seed + 200);
  const std::pair<System *, Fuzzer *> all[] = {
      {&one, &fuzz_one}, {&two, &fuzz_two}, {&four, &fuzz_four}};
  clock.run_until(400000);
  for (const auto &[system, fuzzer] : all) {
    std::printf("%s %016" PRIx64 "\n", fuzzer->name(), fuzzer->log);
    if (!fuzzer->done() || !system->noc.at_rest() || system->noc.pool().in_use() != 0) {
      std::printf("%s: not finished\n", fuzzer->name());
      ++failures;
    }
    fuzzer->check_memory();
    for (const auto &channel : system->channels) {
      const hb_sim_dram_stats_t s = channel->stats();
      std::printf("%s: %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                  " %" PRIu64 " %" PRIu64 "\n",
                  channel->name(), s.reads, s.writes, s.row_hits, s.row_misses, s.row_conflicts,
                  s.refreshes, s.bytes_read, s.bytes_written);
      hb_sim_bank_stats_t sum{};
      for (uint32_t bank = 0; bank < system->soc.dram.ranks * system->soc.dram.banks; ++bank) {
        const hb_sim_bank_stats_t b = channel->bank_stats(bank);
        sum = {sum.hits + b.hits, sum.misses + b.misses, sum.conflicts + b.conflicts};
      }
      failures +=
          sum.hits != s.row_hits || sum.misses != s.row_misses || sum.conflicts != s.row_conflicts;
    }
  }
  return failures == 0 ? 0 : 1;
}

// -------------------------------------------------------------------------------------- rules

/* Random accesses: half of them near the one before, bursts of traffic and pauses. */
class Traffic : public sc_core::sc_module, public hb::Ticked {
 public:
  /** turn_percent: chance that an access is not of the direction of the one before. */
  Traffic(sc_core::sc_module_name nm, Clock &clk, System &sys, uint64_t seed, uint64_t count,
          unsigned turn_percent = 3)
      : sc_core::sc_module(nm),
        Ticked(clk),
        port_(sys.noc.attach(0, this)),
        size_(static_cast<uint32_t>(sys.soc.dram.size_bytes)),
        random_(seed),
        turn_percent_(turn_percent),
        left_(count) {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      if (packet->is_read()) {
        read_cycles += now - sent_[packet->tag];
        ++reads;
      }
      port_.release(packet);
      --in_flight_;
    }
    if (now < pause_) return pause_;
    while (left_ > 0 && in_flight_ < 40 && port_.can_send(Net::kRequest)) {
      if (random_.chance(50)) {
        offset_ = (offset_ + 64) % size_;
      } else {
        offset_ = random_.below(size_ / 64) * 64;
      }
      if (random_.chance(turn_percent_)) write_ = !write_;
      Packet *packet = port_.make();
      const unsigned beats = 1 + random_.below(4);
      if (write_) {
        packet->make_write(HB_DRAM_BASE + offset_, beats);
      } else {
        packet->make_read(HB_DRAM_BASE + offset_, beats);
      }
      packet->id = static_cast<uint8_t>(random_.below(8));
      packet->tag = static_cast<uint32_t>(sent_.size());
      sent_.push_back(now);
      port_.send(packet);
      ++in_flight_;
      --left_;
      if (random_.below(2000) == 0) pause_ = now + random_.below(20000);
    }
    return done() ? kNever : now + 1;
  }
  bool done() const { return left_ == 0 && in_flight_ == 0; }
  uint64_t reads = 0, read_cycles = 0;  // from request to answer

 private:
  std::vector<Cycle> sent_;
  hb::NocPort &port_;
  const uint32_t size_;
  hb_test::Random random_;
  const unsigned turn_percent_;
  uint64_t left_;
  uint32_t offset_ = 0;
  bool write_ = false;
  unsigned in_flight_ = 0;
  Cycle pause_ = 0;
};

/* What a rule may wait for in this traffic. */
const char *const kRules[] = {"tRP",           "tRC",  "tRFC",   "tRRD", "tRRD_L",        "tFAW",
                              "tRCD",          "tCCD", "tCCD_L", "tWTR", "tWTR_L",        "tRTRS",
                              "read to write", "tRAS", "tRTP",   "tWR",  "tRP before REF"};

int rules(uint64_t seed, uint64_t count) {
  Clock clock("clock", Clock::Options{});
  hb_soc_t tight = lpddr4(2000000, 1);
  tight.dram.trrd_ps = tight.dram.trrd_l_ps = 7500;  // so that four of them are shorter than tFAW
  tight.dram.trtp_ps = 25000;                        // and this and tRCD longer than tRAS
  hb_soc_t closed = ddr4(1000000, 1);
  closed.dram.closed_page = true;
  hb_soc_t draining = ddr4(2000000, 4);
  draining.dram.write_high = 12;
  draining.dram.write_low = 2;
  const hb_soc_t socs[] = {with(hb_test::preset("lpddr4-3200", 1 << 20), 2000000, 1),
                           ddr4(2000000, 2),
                           tight,
                           closed,
                           hbm2(4000000),
                           draining};
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Traffic>> traffic;
  for (size_t i = 0; i < std::size(socs); ++i) {
    const std::string name = "device" + std::to_string(i);
    systems.push_back(std::make_unique<System>(name, clock, socs[i]));
    traffic.push_back(std::make_unique<Traffic>((name + "_traffic").c_str(), clock, *systems.back(),
                                                seed + i, count));
  }
  clock.run_until(count * 400 + 100000);
  std::map<std::string, uint64_t> binding;
  for (size_t i = 0; i < systems.size(); ++i) {
    const hb_test::DramRules &r = *systems[i]->rules[0];
    std::printf("device %zu: %" PRIu64 " commands, %" PRIu64 " refreshes, broken: %s\n", i,
                r.commands, r.refreshes, r.first.empty() ? "nothing" : r.first.c_str());
    failures += !traffic[i]->done() || r.commands < count || r.refreshes < 10;
    const hb_sim_dram_stats_t stats = systems[i]->channels[0]->stats();
    // Only a request that was overtaken too often closes a row that others want.
    failures += socs[i].dram.closed_page && stats.row_conflicts * 1000 > stats.reads;
    for (const auto &[rule, times] : r.binding)
      binding[rule] += times;
  }
  for (const char *rule : kRules) {
    std::printf("%-16s bound %" PRIu64 " times\n", rule, binding[rule]);
    failures += binding[rule] == 0;
  }
  systems.clear();
  return failures == 0 ? 0 : 1;
}

int broken() {
  Clock clock("clock", Clock::Options{});
  hb_soc_t device = lpddr4(2000000, 1);
  device.dram.trrd_ps = device.dram.trrd_l_ps = 7500;
  const hb_soc_t groups = ddr4(2000000, 2);
  struct Case {
    const char *name;
    uint32_t hb_soc_dram_t::*timing;
    std::vector<const char *> rules;  // any of them finds it
    bool longer = false;              // a time that the controller takes for longer
    uint32_t trtp_ps = 7500;
    bool grouped = false;  // two ranks of two bank groups
  };
  const Case cases[] = {
      {"trcd", &hb_soc_dram_t::trcd_ps, {"tRCD"}},
      {"trp", &hb_soc_dram_t::trp_ps, {"tRP"}},
      {"tras", &hb_soc_dram_t::tras_ps, {"tRAS"}},
      {"trc", &hb_soc_dram_t::trc_ps, {"tRC"}},
      {"tccd", &hb_soc_dram_t::tccd_ps, {"tCCD"}, false, 9 * 833, true},
      {"tccd_l", &hb_soc_dram_t::tccd_l_ps, {"tCCD_L"}, false, 9 * 833, true},
      {"trrd_l", &hb_soc_dram_t::trrd_l_ps, {"tRRD_L"}, false, 9 * 833, true},
      {"twtr_l", &hb_soc_dram_t::twtr_l_ps, {"tWTR_L"}, false, 9 * 833, true},
      {"trtrs", &hb_soc_dram_t::trtrs_ps, {"tRTRS"}, false, 9 * 833, true},
      {"twr", &hb_soc_dram_t::twr_ps, {"tWR"}},
      {"twtr", &hb_soc_dram_t::twtr_ps, {"tWTR"}, false, 9 * 833, true},
      {"trtp", &hb_soc_dram_t::trtp_ps, {"tRTP"}, false, 30000},
      {"trfc", &hb_soc_dram_t::trfc_ps, {"tRFC"}},
      {"trrd", &hb_soc_dram_t::trrd_ps, {"tRRD"}, false, 9 * 833, true},
      {"tfaw", &hb_soc_dram_t::tfaw_ps, {"tFAW"}},
      {"tcl", &hb_soc_dram_t::tcl_ps, {"read to write"}},
      {"tcwl", &hb_soc_dram_t::tcwl_ps, {"tWTR_L", "tWR"}},
      {"trefi", &hb_soc_dram_t::trefi_ps, {"tREFI"}, true},
  };
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Traffic>> traffic;
  for (const Case &c : cases) {
    hb_soc_t soc = c.grouped ? groups : device;
    soc.dram.trtp_ps = c.trtp_ps;
    if (c.timing == &hb_soc_dram_t::trc_ps) soc.dram.trc_ps = 90000;
    const hb_soc_dram_t real = soc.dram;
    // Refreshes may be late by eight tREFI: one clock each would take a long time to show.
    soc.dram.*c.timing += c.longer ? 200 * soc.dram.tck_ps : 0;
    soc.dram.*c.timing -= c.longer ? 0 : soc.dram.tck_ps;
    systems.push_back(std::make_unique<System>(c.name, clock, soc, &real));
    traffic.push_back(std::make_unique<Traffic>((std::string(c.name) + "_traffic").c_str(), clock,
                                                *systems.back(), 7, c.longer ? 200000 : 6000));
  }
  clock.run_until(8000000);
  for (size_t i = 0; i < systems.size(); ++i) {
    const hb_test::DramRules &r = *systems[i]->rules[0];
    uint64_t found = 0;
    for (const char *rule : cases[i].rules)
      found += r.broken.count(rule) != 0 ? r.broken.at(rule) : 0;
    std::printf("%s: found %" PRIu64 " times\n", cases[i].name, found);
    failures += found == 0;
  }
  return failures == 0 ? 0 : 1;
}

/* Counts how often the data bus turns round. */
class Turns : public hb::DramObserver {
 public:
  void command(uint64_t, hb::DramCommand command, unsigned, uint64_t) override {
    const bool write = command == hb::DramCommand::kWrite || command == hb::DramCommand::kWriteAuto;
    if (!write && command != hb::DramCommand::kRead && command != hb::DramCommand::kReadAuto)
      return;
    turns += write != write_;
    write_ = write;
  }
  uint64_t turns = 0;

 private:
  bool write_ = false;
};

int draining() {
  Clock clock("clock", Clock::Options{});
  hb_soc_t soc = ddr4(2000000, 1);
  soc.dram.queue_depth = 32;
  System at_once("at_once", clock, soc);
  soc.dram.write_high = 24;
  soc.dram.write_low = 12;
  System drained("drained", clock, soc);
  constexpr uint64_t kCount = 20000;
  Traffic one("one", clock, at_once, 1, kCount, 50), two("two", clock, drained, 1, kCount, 50);
  Turns turns_at_once, turns_drained;
  at_once.channels[0]->observe(&turns_at_once);
  drained.channels[0]->observe(&turns_drained);
  clock.run_until(kCount * 400);
  const uint64_t latency_at_once = one.read_cycles / one.reads,
                 latency_drained = two.read_cycles / two.reads;
  std::printf("%" PRIu64 " turns, a read takes %" PRIu64 " cycles; drained %" PRIu64
              " turns, %" PRIu64 " cycles\n",
              turns_at_once.turns, latency_at_once, turns_drained.turns, latency_drained);
  failures += !one.done() || !two.done() || turns_drained.turns * 2 > turns_at_once.turns ||
              latency_drained * 10 > latency_at_once * 8;
  return failures == 0 ? 0 : 1;
}

// -------------------------------------------------------------------------------------- edges

/* Sends a handful of accesses to few banks, many rows. */
class Handful : public sc_core::sc_module, public hb::Ticked {
 public:
  static constexpr unsigned kCount = 12;
  Handful(sc_core::sc_module_name nm, Clock &clk, System &sys, uint64_t seed)
      : sc_core::sc_module(nm),
        Ticked(clk),
        random_(seed),
        places_(static_cast<uint32_t>(sys.soc.dram.size_bytes / 256)),
        port_(sys.noc.attach(0, this)) {}
  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kResponse)) {
      port_.release(packet);
      ++answered;
      last = now;
    }
    if (now >= 10 && sent_ < kCount && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      const uint32_t address = HB_DRAM_BASE + random_.below(places_) * 256;
      if (random_.chance(50)) {
        packet->make_write(address, 1);
      } else {
        packet->make_read(address, 1);
      }
      packet->id = static_cast<uint8_t>(sent_++);
      port_.send(packet);
    }
    return now < 10 ? 10 : sent_ < kCount ? now + 1 : kNever;
  }
  unsigned answered = 0;
  Cycle last = 0;

 private:
  hb_test::Random random_;
  const uint32_t places_;
  hb::NocPort &port_;
  unsigned sent_ = 0;
};

/* A device of random timings with the shortest tREFI that is accepted for them. */
hb_soc_t edge(hb_test::Random &random) {
  hb_soc_t soc = lpddr4(1000u << random.below(11), 1);
  hb_soc_dram_t &d = soc.dram;
  d.ranks = 1u << random.below(4);
  d.banks = 1u << random.below(4);
  d.bank_groups = std::min(d.banks, 1u << random.below(3));
  d.closed_page = random.chance(50);
  d.starvation_cap = 1 + random.below(3);
  d.write_high = random.chance(50) ? 4 : 0;
  d.write_low = 0;
  const auto time = [&random] { return 1 + random.below(2u << random.below(20)); };  // .. 1 us
  d.tck_ps = 1 + random.below(1u << random.below(15));
  for (uint32_t *t : {&d.trcd_ps, &d.trp_ps, &d.tcl_ps, &d.tccd_ps, &d.trfc_ps, &d.tras_ps})
    *t = std::max(d.tck_ps, time());
  for (uint32_t *t : {&d.tcwl_ps, &d.twr_ps, &d.twtr_ps, &d.trtp_ps, &d.trrd_ps, &d.trtrs_ps})
    *t = time();
  // Data and bursts come at whole clocks.
  for (uint32_t *t : {&d.tcl_ps, &d.tcwl_ps, &d.tccd_ps, &d.trtrs_ps})
    *t = static_cast<uint32_t>(ceil_to(*t, d.tck_ps));
  d.tras_ps = std::max(d.tras_ps, d.trcd_ps);
  d.trc_ps = std::max(d.tras_ps + d.trp_ps, time());
  d.tfaw_ps = std::max(d.trrd_ps, time());
  d.tccd_l_ps = std::max(d.tccd_ps, time());
  d.trrd_l_ps = std::max(d.trrd_ps, time());
  d.twtr_l_ps = std::max(d.twtr_ps, time());
  const char *key = nullptr;
  char why[256];
  uint32_t low = 0, high = 1000000000;  // refused, accepted
  while (high - low > 1) {
    d.trefi_ps = low + (high - low) / 2;
    (hb_soc_dram_timing_ok(&d, &key, why, sizeof why) ? high : low) = d.trefi_ps;
  }
  d.trefi_ps = high;
  if (!hb_soc_dram_timing_ok(&d, &key, why, sizeof why)) {
    std::printf("nothing is accepted: %s: %s\n", key, why);
    ++failures;
  }
  return soc;
}

int edges(uint64_t seed, unsigned count) {
  Clock clock("clock", Clock::Options{});
  hb_test::Random random(seed);
  std::vector<std::unique_ptr<System>> systems;
  std::vector<std::unique_ptr<Handful>> handfuls;
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = "edge" + std::to_string(i);
    systems.push_back(std::make_unique<System>(name, clock, edge(random)));
    handfuls.push_back(std::make_unique<Handful>((name + "_handful").c_str(), clock,
                                                 *systems.back(), random.next()));
  }
  clock.run_until(10000000);
  for (unsigned i = 0; i < count; ++i) {
    // Between two refreshes of a rank there is at least one column access.
    const hb_soc_t &soc = systems[i]->soc;
    const uint64_t most = uint64_t{Handful::kCount + 1} * 2 * soc.dram.trefi_ps;
    const Cycle limit = most / (1000000000 / soc.clock_khz) + 100;
    if (handfuls[i]->answered != Handful::kCount || handfuls[i]->last > limit) {
      const hb_soc_dram_t &d = soc.dram;
      std::printf(
          "%s: %u of %u answered by @%" PRIu64 ", expected by @%" PRIu64
          "; ranks %u tck %u trcd %u trp %u tcl %u tcwl %u tras %u tccd %u twr %u twtr %u "
          "trtp %u trfc %u trrd %u tfaw %u tccd_l %u trrd_l %u twtr_l %u trtrs %u trefi %u\n",
          systems[i]->channels[0]->name(), handfuls[i]->answered, Handful::kCount,
          handfuls[i]->last, limit, d.ranks, d.tck_ps, d.trcd_ps, d.trp_ps, d.tcl_ps, d.tcwl_ps,
          d.tras_ps, d.tccd_ps, d.twr_ps, d.twtr_ps, d.trtp_ps, d.trfc_ps, d.trrd_ps, d.tfaw_ps,
          d.tccd_l_ps, d.trrd_l_ps, d.twtr_l_ps, d.trtrs_ps, d.trefi_ps);
      ++failures;
    }
  }
  systems.clear();
  std::printf("%u devices, %d failures\n", count, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "timing") {
    return timing();
  }
  if (mode == "recovery") {
    return recovery();
  }
  if (mode == "bandwidth") {
    return bandwidth();
  }
  if (mode == "starvation") {
    return starvation();
  }
  if (mode == "counters") {
    return counters();
  }
  if (mode == "cap") {
    return starvation_cap();
  }
  if (mode == "overlap") {
    return overlap();
  }
  if (mode == "rules" && argc == 4) {
    return rules(static_cast<uint64_t>(std::atoll(argv[2])),
                 static_cast<uint64_t>(std::atoll(argv[3])));
  }
  if (mode == "activations") {
    return activations();
  }
  if (mode == "draining") {
    return draining();
  }
  if (mode == "edges" && argc == 4) {
    return edges(static_cast<uint64_t>(std::atoll(argv[2])),
                 static_cast<unsigned>(std::atoi(argv[3])));
  }
  if (mode == "broken") {
    return broken();
  }
  if (mode == "random" && argc == 5) {
    return random_accesses(static_cast<uint64_t>(std::atoll(argv[2])), std::atoi(argv[3]),
                           std::atoi(argv[4]) != 0);
  }
  std::fprintf(stderr,
               "usage: dram_test timing|recovery|bandwidth|starvation|overlap|rules SEED "
               "COUNT|broken|activations|draining|edges SEED COUNT|counters|cap|"
               "random SEED NO_SKIP REVERSE\n");
  return 2;
}
