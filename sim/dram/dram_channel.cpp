/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/dram/dram_channel.h"

#include <algorithm>
#include <cassert>

namespace hb {

namespace {

constexpr uint64_t kPsPerMs = 1000000000;  // cycle length in ps = kPsPerMs / clock_khz

unsigned log2_of(uint32_t power_of_two) {
  return static_cast<unsigned>(__builtin_ctz(power_of_two));
}

uint64_t round_up(uint64_t value, uint32_t unit) {
  return (value + unit - 1) / unit * unit;
}

/* A controller gives commands on clock edges, so it waits for the next one after a time has passed.
 */
hb_soc_dram_t on_grid(hb_soc_dram_t config) {
  hb_soc_dram_on_grid(&config);
  return config;
}

}  // namespace

DramChannel::DramChannel(sc_core::sc_module_name name, Clock &clock, Noc &noc,
                         const hb_soc_noc_t &noc_config, const hb_soc_dram_t &config,
                         uint32_t channel, uint32_t clock_khz, DramMemory &memory)
    : Ticked(clock),
      sc_core::sc_module(name),
      config_(on_grid(config)),
      burst_log2_(log2_of(config.burst_bytes)),
      banks_log2_(log2_of(config.banks)),
      groups_log2_(log2_of(config.bank_groups)),
      clock_khz_(clock_khz),
      cycle_ps_(kPsPerMs / clock_khz),
      cycle_rest_(kPsPerMs % clock_khz),
      memory_(memory),
      port_(noc.attach(node_id(noc_config, config.node[channel]), this)),
      requests_(config.queue_depth),
      banks_(config.ranks * config.banks),
      ranks_(config.ranks),
      groups_(config.ranks * config.bank_groups) {
  const uint64_t bank_bytes =
      config.size_bytes / config.num_channels / (config.ranks * config.banks);
  const unsigned bits[HB_DRAM_FIELDS] = {
      log2_of(std::max<uint32_t>(1, static_cast<uint32_t>(bank_bytes / config.row_bytes))),
      log2_of(config.ranks), banks_log2_ - groups_log2_, groups_log2_,
      log2_of(config.row_bytes / config.burst_bytes)};
  unsigned shift = 0;
  for (unsigned i = HB_DRAM_FIELDS; i-- > 0;) {
    const hb_dram_field_t field = config.mapping[i];
    fields_[field] = {shift, i == 0 ? UINT64_MAX : (uint64_t{1} << bits[field]) - 1};
    shift += bits[field];
  }
  // The ranks take turns.
  for (uint32_t i = 0; i < config.ranks; ++i) {
    const Ps due = Ps{config_.trefi_ps} * (i + 1) / config.ranks;
    ranks_[i].refresh_due = due - due % config_.tck_ps;
  }
  find_refresh();
  find_bus_times();
  for (unsigned slot = config.queue_depth; slot-- > 0;) {
    free_.push_back(static_cast<uint8_t>(slot));
  }
}

DramChannel::Ps DramChannel::start_of(Cycle cycle) const {
  return cycle * cycle_ps_ + (cycle_rest_ == 0 ? 0 : cycle * cycle_rest_ / clock_khz_);
}

Cycle DramChannel::cycle_of(Ps time) const {
  if (cycle_rest_ == 0) {
    return (time + cycle_ps_ - 1) / cycle_ps_;
  }
  Cycle cycle = time / (cycle_ps_ + 1);  // not later than the right one
  const Ps behind = time - start_of(cycle);
  cycle += behind / (cycle_ps_ + 1);
  while (start_of(cycle) < time) {
    ++cycle;
  }
  return cycle;
}

void DramChannel::locate(uint64_t burst, uint8_t *bank, uint64_t *row) const {
  const auto field = [&](hb_dram_field_t which) {
    return burst >> fields_[which].shift & fields_[which].mask;
  };
  *row = field(HB_DRAM_ROW);
  const uint64_t index = field(HB_DRAM_BANK) << groups_log2_ | field(HB_DRAM_GROUP);
  // The permutation keeps streams that start at the same bank in different rows from meeting there
  // again and again.
  *bank = static_cast<uint8_t>(field(HB_DRAM_RANK) << banks_log2_ |
                               ((index ^ *row) & (config_.banks - 1)));
}

void DramChannel::access(const Request &request) {
  Packet &packet = *request.packet;
  const unsigned lane = packet.addr % kBeatBytes;
  if (!request.write && packet.dataless) {
    return;
  }
  if (!request.write) {
    memory_.read(request.begin_offset, packet.data.data() + lane, packet.bytes);
    return;
  }
  // Runs of enabled bytes at a time.
  const uint32_t base = request.begin_offset - lane;
  for (unsigned i = lane; i < lane + packet.bytes;) {
    const auto enabled = [&packet](unsigned byte) {
      return (packet.strobe[byte / kBeatBytes] >> (byte % kBeatBytes) & 1) != 0;
    };
    unsigned end = i;
    while (end < lane + packet.bytes && enabled(end)) {
      end += (end % kBeatBytes == 0 && packet.strobe[end / kBeatBytes] == 0xffff) ? kBeatBytes : 1;
    }
    end = std::min(end, lane + packet.bytes);
    memory_.write(base + i, packet.data.data() + i, end - i);
    i = end + 1;
  }
}

void DramChannel::accept(Packet *packet, Cycle now) {
  const uint8_t slot = free_.back();
  free_.pop_back();
  age_.push_back(slot);
  Request &request = requests_[slot];
  request = Request{};
  request.packet = packet;
  request.write = packet->kind == PacketKind::kWriteReq;
  request.arrival = round_up(start_of(now), config_.tck_ps);
  const uint32_t offset = packet->addr - HB_DRAM_BASE;
  if (!memory_.holds(offset, packet->bytes)) {
    packet->make_response(Resp::kSlvErr);
    request.done = now + 1;
    next_done_ = std::min(next_done_, request.done);
    return;
  }
  request.begin_offset = offset;
  request.end_offset = offset + packet->bytes;
  access(request);
  packet->make_response(Resp::kOkay);
  if (request.write) {
    stats_.bytes_written += packet->bytes;
  } else {
    stats_.bytes_read += packet->bytes;
  }
  // The channel's own space: every num_channels-th piece of interleave_bytes.
  const uint64_t local = uint64_t{offset} /
                             (uint64_t{config_.interleave_bytes} * config_.num_channels) *
                             config_.interleave_bytes +
                         offset % config_.interleave_bytes;
  request.burst = local >> burst_log2_;
  request.end = ((local + packet->bytes - 1) >> burst_log2_) + 1;
  aim(request);
  for (const uint8_t other : waiting_) {
    const Request &older = requests_[other];
    if ((older.write || request.write) && older.begin_offset < request.end_offset &&
        request.begin_offset < older.end_offset) {
      request.after |= uint64_t{1} << other;
    }
  }
  waiting_.push_back(slot);
  count_writes(request.write ? 1 : 0);
  chosen_ = false;
}

/* Write draining: writes are saved up, so that the data bus seldom turns round. */
void DramChannel::count_writes(int more) {
  writes_waiting_ += static_cast<unsigned>(more);
  if (writes_waiting_ >= config_.write_high) {
    draining_ = true;
  } else if (writes_waiting_ <= config_.write_low) {
    draining_ = false;
  }
}

/* The direction that has the data bus: of all waiting column accesses, reads or writes may go. */
DramChannel::Turn DramChannel::turn() const {
  if (config_.write_high == 0 || writes_waiting_ == 0) {
    return {};
  }
  Turn turn{false, false};
  for (const uint8_t slot : waiting_) {
    if (requests_[slot].after == 0) {
      (requests_[slot].write ? turn.writes : turn.reads) = true;
    }
  }
  if (turn.reads && turn.writes) {
    (draining_ ? turn.reads : turn.writes) = false;
  }
  return turn;
}

/*
 * FR-FCFS: of the commands that can be given first, column accesses to open rows before others,
 * older requests before younger ones. A row is closed only when no waiting request hits it.
 */
DramChannel::Choice DramChannel::choose() {
  Choice best;
  uint64_t hits = 0;    // banks whose open row is wanted by a request that may have it,
  uint64_t held = 0;    // by one whose direction has to wait
  uint64_t misses = 0;  // banks that some request wants with another row, likewise
  uint64_t spare = 0;
  struct Miss {
    uint8_t slot, bank;
    bool may;
  };
  Miss miss[2 * kMaxBanks];
  unsigned num_misses = 0;
  num_hits_ = 0;
  const bool oldest_only = overtaken_ >= config_.starvation_cap;
  const Turn may = oldest_only ? Turn{} : turn();
  const size_t considered = oldest_only ? std::min<size_t>(waiting_.size(), 1) : waiting_.size();
  for (size_t i = 0; i < considered; ++i) {
    const uint8_t slot = waiting_[i];
    const Request &request = requests_[slot];
    if (request.after != 0) {
      continue;
    }
    const uint8_t index = request.bank;
    const Bank &bank = banks_[index];
    const uint64_t bit = uint64_t{1} << index;
    const bool mine = request.write ? may.writes : may.reads;
    if (bank.open && bank.row == request.row) {
      (mine ? hits : held) |= bit;
      if (!mine) {
        continue;
      }
      hits_[num_hits_++] = slot;
      const Ps at = column_at(request);
      if (at < best.at) {
        best = {at, Command::kColumn, slot, index};
      }
    } else if (uint64_t &seen = mine ? misses : spare; (seen & bit) == 0) {
      seen |= bit;
      miss[num_misses++] = {slot, index, mine};
    }
  }
  all_seen_ = !oldest_only;
  other_sort_ = kNoTime;
  for (unsigned i = 0; i < num_misses; ++i) {
    const Bank &bank = banks_[miss[i].bank];
    const uint64_t others = miss[i].may ? hits : hits | held | misses;
    if ((others >> miss[i].bank & 1) != 0) {
      continue;
    }
    const Rank &rank = ranks_[rank_of(miss[i].bank)];
    const Ps ready = bank.open ? bank.precharge
                               : std::max({bank.activate, group_of(miss[i].bank).activate,
                                           rank.activates[rank.activate]});
    const Ps able = std::max(ready, requests_[miss[i].slot].arrival);
    const Ps at = std::max(able, command_);
    other_sort_ = std::min(other_sort_, able);
    if (at < best.at) {
      best = {at, bank.open ? Command::kPrecharge : Command::kActivate, miss[i].slot, miss[i].bank};
    }
  }
  return best;
}

/*
 * choose() after a column access, if what it saw has not changed but for the times of column
 * accesses and of the command bus: if the request goes on in the same row.
 */
bool DramChannel::choose_again() {
  const Choice &last = choice_;
  const Request &goes_on = requests_[last.slot];
  if (clock().exact_reference() || last.command != Command::kColumn || !all_seen_ ||
      overtaken_ >= config_.starvation_cap || goes_on.burst == goes_on.end ||
      goes_on.bank != last.bank || goes_on.row != banks_[last.bank].row) {
    return false;
  }
  // The oldest has it if nobody can have the bus earlier.
  const Request &oldest = requests_[hits_[0]];
  const Ps free = std::max(bus_free_, command_);
  choice_ = {column_at(oldest), Command::kColumn, hits_[0], oldest.bank};
  for (unsigned i = 1; i < num_hits_ && choice_.at > free; ++i) {
    const Request &request = requests_[hits_[i]];
    const Ps at = column_at(request);
    if (at < choice_.at) {
      choice_ = {at, Command::kColumn, hits_[i], request.bank};
    }
  }
  return choice_.at <= std::max(other_sort_, command_);
}

/* Whether any waiting request's next access is to this row. */
bool DramChannel::wanted(uint8_t bank, uint64_t row) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](uint8_t slot) {
    return requests_[slot].bank == bank && requests_[slot].row == row;
  });
}

void DramChannel::issue(const Choice &choice) {
  Request &request = requests_[choice.slot];
  Bank &bank = banks_[choice.bank];
  const Ps at = choice.at;
  command_ = at + config_.tck_ps;
  switch (choice.command) {
    case Command::kPrecharge:
      show(at, DramCommand::kPrecharge, choice.bank, bank.row);
      bank.open = false;
      bank.conflict = true;
      bank.activate = std::max(bank.activate, at + config_.trp_ps);
      return;
    case Command::kActivate: {
      bank.row = request.row;
      bank.open = true;
      bank.fresh = true;
      ++stats_.activations;
      bank.column = at + config_.trcd_ps;
      bank.precharge = at + config_.tras_ps;
      bank.activate = at + config_.trc_ps;
      const unsigned index = rank_of(choice.bank);
      for (unsigned g = 0; g < config_.bank_groups; ++g) {
        Ps &activate = groups_[index * config_.bank_groups + g].activate;
        activate = std::max(activate, at + config_.trrd_ps);
      }
      group_of(choice.bank).activate = at + config_.trrd_l_ps;
      Rank &rank = ranks_[index];
      rank.activates[rank.activate] = at + config_.tfaw_ps;
      rank.activate = (rank.activate + 1) % rank.activates.size();
      show(at, DramCommand::kActivate, choice.bank, bank.row);
      return;
    }
    case Command::kColumn:
      break;
  }
  ++(!bank.fresh ? stats_.row_hits : bank.conflict ? stats_.row_conflicts : stats_.row_misses);
  ++(!bank.fresh ? bank.stats.hits : bank.conflict ? bank.stats.conflicts : bank.stats.misses);
  bank.fresh = bank.conflict = false;
  take_bus(at, request.write, choice.bank);
  if (request.write) {
    const Ps end = at + config_.tcwl_ps + config_.tccd_ps;
    request.data_end = std::max(request.data_end, end);
    bank.precharge = std::max(bank.precharge, end + config_.twr_ps);
    ++stats_.writes;
  } else {
    const Ps end = at + config_.tcl_ps + config_.tccd_ps;
    request.data_end = std::max(request.data_end, end);
    bank.precharge = std::max(bank.precharge, at + config_.trtp_ps);
    ++stats_.reads;
  }
  if (waiting_.front() != choice.slot) {
    ++overtaken_;
  }
  if (++request.burst == request.end) {
    request.done = cycle_of(request.data_end);
    next_done_ = std::min(next_done_, request.done);
    if (waiting_.front() == choice.slot) {
      overtaken_ = 0;
    }
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), choice.slot));
    count_writes(request.write ? -1 : 0);
    for (const uint8_t other : waiting_) {
      requests_[other].after &= ~(uint64_t{1} << choice.slot);
    }
  } else {
    aim(request);
  }
  const bool close = config_.closed_page && !wanted(choice.bank, bank.row);
  show(at,
       request.write ? (close ? DramCommand::kWriteAuto : DramCommand::kWrite)
                     : (close ? DramCommand::kReadAuto : DramCommand::kRead),
       choice.bank, bank.row);
  if (close) {
    bank.open = false;
    bank.activate = std::max(bank.activate, bank.precharge + config_.trp_ps);
  }
}

/* How long after a column access others may follow, as the data bus has it. */
void DramChannel::find_bus_times() {
  using Signed = int64_t;
  const Signed tck = config_.tck_ps, tccd = config_.tccd_ps, tcl = config_.tcl_ps,
               tcwl = config_.tcwl_ps, trtrs = config_.trtrs_ps;
  const Signed write_end = tcwl + tccd;
  const Signed apart[kPlaces] = {config_.tccd_l_ps, tccd, tccd + trtrs};
  const Signed recovery[kPlaces] = {config_.twtr_l_ps, config_.twtr_ps, 0};
  for (unsigned place = 0; place < kPlaces; ++place) {
    const bool same_rank = place != kOtherRank;
    // The write's data follows the read's after two clocks of turnaround, another rank's after
    // tRTRS.
    const Signed gap = same_rank ? 2 * tck : std::max(2 * tck, trtrs);
    bus_times_[0][place] = {static_cast<Ps>(apart[place]),
                            static_cast<Ps>(std::max(tccd, tcl + tccd + gap - tcwl))};
    bus_times_[1][place] = {static_cast<Ps>(same_rank ? write_end + recovery[place]
                                                      : std::max(tccd, write_end + trtrs - tcl)),
                            static_cast<Ps>(apart[place])};
  }
}

/* When the column access at `at` lets others have the data bus. */
void DramChannel::take_bus(Ps at, bool write, uint8_t bank) {
  const unsigned rank = rank_of(bank), near = bank & (config_.bank_groups - 1);
  bus_free_ = kNoTime;
  for (unsigned r = 0, index = 0; r < config_.ranks; ++r) {
    for (unsigned g = 0; g < config_.bank_groups; ++g, ++index) {
      const unsigned place = r != rank ? kOtherRank : g != near ? kSameRank : kSameGroup;
      Group &group = groups_[index];
      group.read = std::max(group.read, at + bus_times_[write ? 1 : 0][place].read);
      group.write = std::max(group.write, at + bus_times_[write ? 1 : 0][place].write);
      bus_free_ = std::min({bus_free_, group.read, group.write});
    }
  }
}

void DramChannel::find_refresh() {
  refresh_rank_ = 0;
  for (unsigned i = 1; i < config_.ranks; ++i) {
    if (ranks_[i].refresh_due < ranks_[refresh_rank_].refresh_due) {
      refresh_rank_ = i;
    }
  }
  refresh_due_ = ranks_[refresh_rank_].refresh_due;
}

/* Performs the next refresh, before which no command is given. */
void DramChannel::refresh() {
  const unsigned first = refresh_rank_ << banks_log2_, end = first + config_.banks;
  Ps close = std::max(refresh_due_, command_);  // the rank's banks, with one command
  Ps start = close;
  bool open = false;
  for (unsigned i = first; i < end; ++i) {
    const Bank &bank = banks_[i];
    open = open || bank.open;
    close = std::max(close, bank.open ? bank.precharge : 0);
    start = std::max(start, bank.activate);
  }
  if (open) {
    start = std::max(start, close + config_.trp_ps);
    show(close, DramCommand::kPrechargeAll, first, 0);
  }
  show(start, DramCommand::kRefresh, first, 0);
  ++stats_.refreshes;
  command_ = start + config_.tck_ps;
  for (unsigned i = first; i < end; ++i) {
    banks_[i].open = banks_[i].conflict = false;
    banks_[i].activate = start + config_.trfc_ps;
  }
  ranks_[refresh_rank_].refresh_due += config_.trefi_ps;
  find_refresh();
}

/* Sends what is complete, oldest first. */
void DramChannel::respond(Cycle now) {
  for (size_t i = 0; i < age_.size() && port_.can_send(Net::kResponse);) {
    const Request &request = requests_[age_[i]];
    bool ready = request.done <= now;
    for (size_t j = 0; ready && j < i; ++j) {
      const Request &older = requests_[age_[j]];
      ready = older.packet->dst != request.packet->dst || older.packet->id != request.packet->id ||
              older.write != request.write;
    }
    if (ready) {
      port_.send(request.packet);
      free_.push_back(age_[i]);
      age_.erase(age_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

/* Gives the commands before `limit`, all that wait at `limit` having been there. */
void DramChannel::advance(Ps limit) {
  while (!waiting_.empty()) {
    if (!chosen_) {
      choice_ = choose();
      chosen_ = true;
    }
    if (std::min(refresh_due_, choice_.at) >= limit) {
      return;
    }
    if (refresh_due_ <= choice_.at) {
      refresh();
      chosen_ = false;
    } else {
      issue(choice_);
      chosen_ = choose_again();
    }
  }
}

/* The first cycle, or an earlier one, in which a waiting request may be done: none of its bursts is
 * scheduled before the next command, and two bursts are tCCD apart. */
Cycle DramChannel::earliest_done() const {
  Ps earliest = kNoTime;
  for (const uint8_t slot : waiting_) {
    const Request &request = requests_[slot];
    const Ps rest = (request.end - request.burst) * config_.tccd_ps +
                    (request.write ? config_.tcwl_ps : config_.tcl_ps);
    earliest = std::min(earliest, rest);
  }
  return cycle_of(std::min(choice_.at, refresh_due_) + earliest);
}

Cycle DramChannel::tick(Cycle now) {
  if (port_.peek(Net::kRequest) != nullptr && !free_.empty()) {
    advance(start_of(now));
    do {
      accept(port_.receive(Net::kRequest), now);
    } while (!free_.empty() && port_.peek(Net::kRequest) != nullptr);
  }
  advance(start_of(now + 1));
  Cycle wake = kNever;
  if (!waiting_.empty()) {
    wake = clock().exact_reference() ? cycle_of(std::min(refresh_due_, choice_.at) + 1) - 1
                                     : earliest_done();
  }
  const bool full = free_.empty();
  if (late_ || next_done_ <= now) {
    respond(now);
    late_ = false;
    next_done_ = kNever;
    for (const uint8_t slot : age_) {
      const Cycle done = requests_[slot].done;
      late_ = late_ || done <= now;
      next_done_ = std::min(next_done_, done <= now ? kNever : done);
    }
  }
  wake = std::min(wake, next_done_);
  if (full && !free_.empty() && port_.peek(Net::kRequest) != nullptr) {
    wake = now + 1;
  }
  return wake;
}

hb_sim_bank_stats_t DramChannel::bank_stats(uint32_t bank) {
  advance(start_of(clock().cycle()));
  return banks_[bank].stats;
}

hb_sim_dram_stats_t DramChannel::stats() {
  const Ps time = start_of(clock().cycle());
  advance(time);
  hb_sim_dram_stats_t stats = stats_;
  for (const Rank &rank : ranks_) {
    if (waiting_.empty() && rank.refresh_due < time) {  // that nobody has had to wait for yet
      stats.refreshes += (time - 1 - rank.refresh_due) / config_.trefi_ps + 1;
    }
  }
  return stats;
}

}  // namespace hb
