/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One DRAM channel and its controller: banks with open rows, FR-FCFS scheduling, refresh.
 *
 * Time inside is in picoseconds on the device's own grid (one command per tCK); only the arrival of
 * a request and the completion of its last burst are tied to cycles of the SoC clock (the latter
 * rounded up), so a slow SoC clock does not distort the device's bandwidth. README.md has the
 * timing rules.
 *
 * Order: the bytes are read or written when the request is accepted, in order of arrival; a burst
 * is not scheduled before an older one whose bytes overlap if either writes, so the timing never
 * contradicts the data. Responses of one source and id leave in order, reads and writes apart.
 */

#ifndef HB_SIM_DRAM_DRAM_CHANNEL_H_
#define HB_SIM_DRAM_DRAM_CHANNEL_H_

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

#include "sim/dram/dram_memory.h"
#include "sim/dram/dram_observer.h"
#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"

namespace hb {

class DramChannel : public Ticked, public sc_core::sc_module {
 public:
  static constexpr unsigned kMaxQueue = 64;               /* limit of queue_depth */
  static constexpr unsigned kMaxBanks = HB_SIM_MAX_BANKS; /* limit of ranks * banks */

  /** `config` is within the ranges that hb_sim_create() checks. Owns the NI of node[channel]. */
  DramChannel(sc_core::sc_module_name name, Clock &clock, Noc &noc, const hb_soc_noc_t &noc_config,
              const hb_soc_dram_t &config, uint32_t channel, uint32_t clock_khz,
              DramMemory &memory);

  Cycle tick(Cycle now) override;

  /** Counts up to the current cycle. */
  hb_sim_dram_stats_t stats();
  hb_sim_bank_stats_t bank_stats(uint32_t bank);
  bool empty() const { return age_.empty(); }
  /** Sees every command from now on; nullptr: nobody. */
  void observe(DramObserver *observer) { observer_ = observer; }

 private:
  using Ps = uint64_t;
  static constexpr Ps kNoTime = UINT64_MAX;

  struct Request {
    Packet *packet = nullptr;
    bool write = false;
    Ps arrival = 0;  // on the device's grid, as all times of commands
    uint64_t burst = 0,
             end = 0;  // next burst and the one past the last, in bursts of the channel's space
    uint8_t bank = 0;  // of the next burst
    uint64_t row = 0;
    uint32_t begin_offset = 0, end_offset = 0;  // bytes [begin, end) in DRAM, for overlaps
    uint64_t after = 0;   // requests (bit per slot) that must be scheduled before
    Ps data_end = 0;      // of the bursts scheduled so far
    Cycle done = kNever;  // all data moved: first cycle in which the response may be sent
  };
  struct Bank {
    bool open = false;
    bool conflict = false;  // closed because of another row
    bool fresh = false;     // no column access since the row was opened
    uint64_t row = 0;
    Ps activate = 0, column = 0, precharge = 0;  // earliest next command of each sort
    hb_sim_bank_stats_t stats{};
  };
  struct Rank {
    std::array<Ps, 4> activates{};  // earliest next activation as tFAW has it: of the last four
    unsigned activate = 0;          // the oldest of them
    Ps refresh_due = 0;
  };
  /* A bank group of a rank: earliest next command as accesses to other banks have it. */
  struct Group {
    Ps activate = 0, read = 0, write = 0;
  };
  /* Where a bank lies, seen from another one. */
  enum Place : uint8_t { kSameGroup, kSameRank, kOtherRank, kPlaces };
  /* From a column access to the next read, and write, as the data bus has it. */
  struct BusTimes {
    Ps read = 0, write = 0;
  };
  /* Which column accesses may go. */
  struct Turn {
    bool reads = true, writes = true;
  };
  /* Place of a field in a burst's number. */
  struct Field {
    unsigned shift = 0;
    uint64_t mask = 0;
  };
  enum class Command : uint8_t { kColumn, kPrecharge, kActivate };
  struct Choice {
    Ps at = kNoTime;
    Command command = Command::kColumn;
    uint8_t slot = 0;
    uint8_t bank = 0;
  };

  Ps start_of(Cycle cycle) const;
  Cycle cycle_of(Ps time) const; /* first cycle that starts at `time` or later */
  void locate(uint64_t burst, uint8_t *bank, uint64_t *row) const;

  void accept(Packet *packet, Cycle now);
  void access(const Request &request);
  void aim(Request &request) const { locate(request.burst, &request.bank, &request.row); }
  Choice choose();
  bool choose_again();
  Turn turn() const;
  /* When the access to an open row may go. */
  Ps column_at(const Request &request) const {
    const Group &group = group_of(request.bank);
    return std::max({banks_[request.bank].column, request.write ? group.write : group.read,
                     request.arrival, command_});
  }
  void issue(const Choice &choice);
  void find_bus_times();
  void take_bus(Ps at, bool write, uint8_t bank);
  void count_writes(int more);
  unsigned rank_of(unsigned bank) const { return bank >> banks_log2_; }
  Group &group_of(unsigned bank) {
    return groups_[rank_of(bank) << groups_log2_ | (bank & (config_.bank_groups - 1))];
  }
  const Group &group_of(unsigned bank) const {
    return const_cast<DramChannel *>(this)->group_of(bank);
  }
  bool wanted(uint8_t bank, uint64_t row) const;
  void refresh();
  void find_refresh();
  void show(Ps at, DramCommand command, unsigned bank, uint64_t row) const {
    if (observer_ != nullptr) {
      observer_->command(at, command, bank, row);
    }
  }
  void advance(Ps limit);
  Cycle earliest_done() const;
  void respond(Cycle now);

  const hb_soc_dram_t config_;  // all timings rounded up to multiples of tCK
  const unsigned burst_log2_, banks_log2_, groups_log2_;
  const uint32_t clock_khz_;
  const uint64_t cycle_ps_,
      cycle_rest_;  // length of a cycle: cycle_ps_ + cycle_rest_ / clock_khz_ ps
  DramMemory &memory_;
  NocPort &port_;

  std::vector<Request> requests_;  // by slot
  std::vector<uint8_t> free_;      // slots
  std::vector<uint8_t> age_;       // slots in use, oldest first
  std::vector<uint8_t> waiting_;   // of them those with bursts to schedule, oldest first
  std::array<Field, HB_DRAM_FIELDS> fields_{};  // by hb_dram_field_t
  std::vector<Bank> banks_;                     // rank after rank
  std::vector<Rank> ranks_;
  std::vector<Group> groups_;                                 // rank after rank
  std::array<std::array<BusTimes, kPlaces>, 2> bus_times_{};  // after a read, a write
  Ps bus_free_ = 0;                                           // no column access before it
  Choice choice_;                                             // what choose() said
  bool chosen_ = false;                                       // and nothing has changed since
  // What it saw, for choose_again().
  bool all_seen_ = false;    // all requests, not the oldest alone
  Ps other_sort_ = kNoTime;  // earliest command that is no column access, the command bus apart
  std::array<uint8_t, kMaxQueue> hits_{};  // requests with an open row and the bus's direction
  unsigned num_hits_ = 0;
  Ps command_ = 0;  // earliest next command on the command bus
  DramObserver *observer_ = nullptr;
  Ps refresh_due_ = 0;  // the next one
  unsigned refresh_rank_ = 0;
  unsigned writes_waiting_ = 0;
  bool draining_ = false;     // writes go first
  Cycle next_done_ = kNever;  // earliest Request::done after the current cycle
  bool late_ = false;         // a response may be sent, but cannot
  unsigned overtaken_ = 0;    // column accesses since the oldest waiting request became the oldest
  hb_sim_dram_stats_t stats_{};
};

}  // namespace hb

#endif  // HB_SIM_DRAM_DRAM_CHANNEL_H_
