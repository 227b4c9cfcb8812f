/* SPDX-License-Identifier: Apache-2.0 */

#include "dram_rules.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace hb_test {

using hb::DramCommand;

void DramRules::expect(const char *rule, uint64_t ps, bool holds) {
  if (holds) return;
  ++broken[rule];
  if (first.empty()) first = std::string(rule) + " at " + std::to_string(ps) + " ps";
}

void DramRules::at_least(const char *rule, uint64_t ps, uint64_t since, uint64_t wait) {
  if (since == kNever) return;
  expect(rule, ps, ps >= since + wait);
  if (ps >= since + wait && ps < since + wait + t_.tck_ps) ++binding[rule];
}

/* PRE, or a bank's share of PREA. */
void DramRules::close(uint64_t ps, Bank &bank) {
  at_least("tRAS", ps, bank.activated, t_.tras_ps);
  at_least("tRTP", ps, bank.read, t_.trtp_ps);
  at_least("tWR", ps, bank.written, uint64_t{t_.tcwl_ps} + t_.tccd_ps + t_.twr_ps);
  bank.open = false;
  bank.closed = ps;
  bank.read = bank.written = kNever;
}

/* After RDA or WRA: when tRAS and the access allow it, rounded up to a clock. */
void DramRules::close_by_itself(Bank &bank) {
  uint64_t ps = bank.activated + t_.tras_ps;
  if (bank.read != kNever) ps = std::max(ps, bank.read + t_.trtp_ps);
  if (bank.written != kNever)
    ps = std::max(ps, bank.written + uint64_t{t_.tcwl_ps} + t_.tccd_ps + t_.twr_ps);
  bank.open = false;
  bank.closed = (ps + t_.tck_ps - 1) / t_.tck_ps * t_.tck_ps;
  bank.read = bank.written = kNever;
}

/* What the data bus and the bank groups ask of a column access. */
void DramRules::column(uint64_t ps, bool write, unsigned rank, unsigned group) {
  const uint64_t data = ps + (write ? t_.tcwl_ps : t_.tcl_ps), length = t_.tccd_ps;
  expect("data bus", ps, data >= bus_free_);
  bus_free_ = data + length;
  for (unsigned r = 0; r < ranks_.size(); ++r) {
    for (unsigned g = 0; g < ranks_[r].groups.size(); ++g) {
      const Group &other = ranks_[r].groups[g];
      const bool same_group = r == rank && g == group;
      const uint64_t read_end = other.read + t_.tcl_ps + length,
                     write_end = other.written + t_.tcwl_ps + length;
      if (r != rank) {
        if (other.read != kNever) at_least("tRTRS", data, read_end, t_.trtrs_ps);
        if (other.written != kNever) at_least("tRTRS", data, write_end, t_.trtrs_ps);
      } else {
        at_least(same_group ? "tCCD_L" : "tCCD", ps, write ? other.written : other.read,
                 same_group ? t_.tccd_l_ps : t_.tccd_ps);
        if (!write && other.written != kNever)
          at_least(same_group ? "tWTR_L" : "tWTR", ps, write_end,
                   same_group ? t_.twtr_l_ps : t_.twtr_ps);
      }
      // The write's data begins two clocks after the read's has ended.
      if (write && other.read != kNever)
        at_least("read to write", data, read_end, uint64_t{2} * t_.tck_ps);
    }
  }
  (write ? ranks_[rank].groups[group].written : ranks_[rank].groups[group].read) = ps;
}

void DramRules::command(uint64_t ps, DramCommand command, unsigned index, uint64_t row) {
  ++commands;
  expect("clock edge", ps, ps % t_.tck_ps == 0);
  at_least("one command a clock", ps, last_, t_.tck_ps);
  last_ = ps;
  Bank &bank = banks_[index];
  const unsigned place = index / t_.banks, group = index % t_.bank_groups;
  Rank &rank = ranks_[place];
  switch (command) {
    case DramCommand::kActivate:
      expect("ACT of a closed bank", ps, !bank.open);
      at_least("tRP", ps, bank.closed, t_.trp_ps);
      at_least("tRC", ps, bank.activated, t_.trc_ps);
      at_least("tRFC", ps, rank.refreshed, t_.trfc_ps);
      if (!rank.activations.empty()) at_least("tRRD", ps, rank.activations.back(), t_.trrd_ps);
      at_least("tRRD_L", ps, rank.groups[group].activated, t_.trrd_l_ps);
      if (rank.activations.size() == 4) {
        at_least("tFAW", ps, rank.activations.front(), t_.tfaw_ps);
        rank.activations.erase(rank.activations.begin());
      }
      rank.activations.push_back(ps);
      rank.groups[group].activated = ps;
      bank.open = true;
      bank.row = row;
      bank.activated = ps;
      break;
    case DramCommand::kRead:
    case DramCommand::kWrite:
    case DramCommand::kReadAuto:
    case DramCommand::kWriteAuto: {
      expect("column of the open row", ps, bank.open && bank.row == row);
      at_least("tRCD", ps, bank.activated, t_.trcd_ps);
      const bool write = command == DramCommand::kWrite || command == DramCommand::kWriteAuto;
      column(ps, write, place, group);
      (write ? bank.written : bank.read) = ps;
      if (command == DramCommand::kReadAuto || command == DramCommand::kWriteAuto)
        close_by_itself(bank);
      break;
    }
    case DramCommand::kPrecharge:
      expect("PRE of an open bank", ps, bank.open);
      close(ps, bank);
      break;
    case DramCommand::kPrechargeAll:
      for (unsigned i = place * t_.banks; i < (place + 1) * t_.banks; ++i)
        if (banks_[i].open) close(ps, banks_[i]);
      break;
    case DramCommand::kRefresh:
      for (unsigned i = place * t_.banks; i < (place + 1) * t_.banks; ++i) {
        expect("REF with all banks closed", ps, !banks_[i].open);
        at_least("tRP before REF", ps, banks_[i].closed, t_.trp_ps);
        at_least("tRC", ps, banks_[i].activated, t_.trc_ps);
      }
      at_least("tRFC between REF", ps, rank.refreshed, t_.trfc_ps);
      ++refreshes;
      // Up to eight may be postponed.
      expect("tREFI", ps, ps <= (++rank.refreshes + 8) * t_.trefi_ps);
      rank.refreshed = ps;
      break;
  }
}

void StrictDramRules::command(uint64_t ps, DramCommand command, unsigned bank, uint64_t row) {
  DramRules::command(ps, command, bank, row);
  if (!first.empty()) {
    std::printf("DRAM rule broken: %s\n", first.c_str());
    std::fflush(stdout);
    std::_Exit(1);
  }
}

}  // namespace hb_test
