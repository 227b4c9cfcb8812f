/* SPDX-License-Identifier: Apache-2.0 */

#include "dram_rules.h"

#include <algorithm>

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

void DramRules::command(uint64_t ps, DramCommand command, unsigned index, uint64_t row) {
  ++commands;
  expect("clock edge", ps, ps % t_.tck_ps == 0);
  at_least("one command a clock", ps, last_, t_.tck_ps);
  last_ = ps;
  Bank &bank = banks_[index];
  switch (command) {
    case DramCommand::kActivate:
      expect("ACT of a closed bank", ps, !bank.open);
      at_least("tRP", ps, bank.closed, t_.trp_ps);
      at_least("tRC", ps, bank.activated, uint64_t{t_.tras_ps} + t_.trp_ps);
      at_least("tRFC", ps, refreshed_, t_.trfc_ps);
      if (!activations_.empty()) at_least("tRRD", ps, activations_.back(), t_.trrd_ps);
      if (activations_.size() == 4) {
        at_least("tFAW", ps, activations_.front(), t_.tfaw_ps);
        activations_.erase(activations_.begin());
      }
      activations_.push_back(ps);
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
      at_least("tCCD", ps, write ? written_ : read_, t_.tccd_ps);
      if (write) {
        // The write's data begins two clocks after the read's has ended.
        at_least("read to write", ps, read_,
                 uint64_t{t_.tcl_ps} + t_.tccd_ps + 2 * t_.tck_ps - t_.tcwl_ps);
        bank.written = written_ = ps;
      } else {
        at_least("tWTR", ps, written_, uint64_t{t_.tcwl_ps} + t_.tccd_ps + t_.twtr_ps);
        bank.read = read_ = ps;
      }
      if (command == DramCommand::kReadAuto || command == DramCommand::kWriteAuto)
        close_by_itself(bank);
      break;
    }
    case DramCommand::kPrecharge:
      expect("PRE of an open bank", ps, bank.open);
      close(ps, bank);
      break;
    case DramCommand::kPrechargeAll:
      for (Bank &each : banks_)
        if (each.open) close(ps, each);
      break;
    case DramCommand::kRefresh:
      for (const Bank &each : banks_) {
        expect("REF with all banks closed", ps, !each.open);
        at_least("tRP before REF", ps, each.closed, t_.trp_ps);
      }
      at_least("tRFC between REF", ps, refreshed_, t_.trfc_ps);
      ++refreshes;
      // Up to eight may be postponed.
      expect("tREFI", ps, ps <= (refreshes + 8) * t_.trefi_ps);
      refreshed_ = ps;
      break;
  }
}

}  // namespace hb_test
