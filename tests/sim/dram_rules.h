/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Watches the commands of a DRAM channel and knows what JEDEC's standards allow (JESD79-4,
 * JESD209-4: the timing diagrams of activate, precharge, read, write and refresh). Shares nothing
 * with the controller: times are the device's own, not rounded to clocks.
 */

#ifndef HB_TESTS_SIM_DRAM_RULES_H_
#define HB_TESTS_SIM_DRAM_RULES_H_

#include <map>
#include <string>
#include <vector>

#include "sim/dram/dram_observer.h"
#include "sim/include/hb_sim.h"

namespace hb_test {

class DramRules : public hb::DramObserver {
 public:
  explicit DramRules(const hb_soc_dram_t &device)
      : t_(device), banks_(device.ranks * device.banks), ranks_(device.ranks) {
    for (Rank &rank : ranks_) {
      rank.groups.resize(device.bank_groups);
    }
  }

  void command(uint64_t ps, hb::DramCommand command, unsigned bank, uint64_t row) override;

  /** Violations by rule. */
  std::map<std::string, uint64_t> broken;
  /** What the first one was; "" if none. */
  std::string first;
  uint64_t commands = 0, refreshes = 0;
  /** How often a command came exactly when the rule first let it (on the clock's grid). */
  std::map<std::string, uint64_t> binding;

 private:
  static constexpr uint64_t kNever = UINT64_MAX;
  struct Bank {
    bool open = false;
    uint64_t row = 0;
    uint64_t activated = kNever, closed = kNever, read = kNever, written = kNever;
  };

  struct Group {
    uint64_t activated = kNever, read = kNever, written = kNever;
  };
  struct Rank {
    std::vector<uint64_t> activations;  // the last four, oldest first
    std::vector<Group> groups;
    uint64_t refreshed = kNever, refreshes = 0;
  };

  void column(uint64_t ps, bool write, unsigned rank, unsigned group);
  void at_least(const char *rule, uint64_t ps, uint64_t since, uint64_t wait);
  void expect(const char *rule, uint64_t ps, bool holds);
  void close(uint64_t ps, Bank &bank);
  void close_by_itself(Bank &bank);

  const hb_soc_dram_t t_;
  std::vector<Bank> banks_;
  std::vector<Rank> ranks_;
  uint64_t last_ = kNever, bus_free_ = 0;
};

/** Ends the process at the first command that breaks a rule. */
class StrictDramRules : public DramRules {
 public:
  using DramRules::DramRules;
  void command(uint64_t ps, hb::DramCommand command, unsigned bank, uint64_t row) override;
};

}  // namespace hb_test

#endif  // HB_TESTS_SIM_DRAM_RULES_H_
