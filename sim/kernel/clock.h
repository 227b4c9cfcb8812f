/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The one clock of the system: who runs in which cycle.
 *
 * `Clock` owns the 64-bit cycle counter. Two kinds of process run under it:
 *
 *   Ticked         a module whose tick(now) is called in the cycles in which it is awake;
 *   ClockedThread  an SC_THREAD (the CPU) that waits for cycles.
 *
 * What one of them does in cycle t may be seen by another from cycle t + 1 on, never in t:
 * everything crosses through Link<T> (link.h) or a structure with the same time stamps. So the
 * order in which they run within a cycle cannot be observed; Clock::Options::reverse runs the ticks
 * backwards to test it.
 *
 * A module sleeps by returning a later cycle (or kNever) from tick(); a Link wakes it. A tick that
 * comes too early must change nothing: with Options::no_skip every module is ticked in every cycle,
 * and every result is the same.
 *
 * Clock::cycle() is the time. The clock is a single SC_METHOD that ticks through all cycles up to
 * the next one in which a thread is due before it gives control back to SystemC, so sc_time_stamp()
 * equals the cycle counter (1 cycle = 1 ns nominal) in threads, but may lag behind it in tick().
 */

#ifndef HB_SIM_KERNEL_CLOCK_H_
#define HB_SIM_KERNEL_CLOCK_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

namespace hb {

using Cycle = uint64_t;
constexpr Cycle kNever = UINT64_MAX;

class Clock;

/** The reader's end of a Link: something that can be woken. */
class WakeableIf {
 public:
  virtual ~WakeableIf() = default;
  /** Run in cycle `at`, which is later than the current one. Wakes accumulate, none replaces
   * another. */
  virtual void wake_at(Cycle at) = 0;
};

/** A module driven by the clock. Registration order is construction order. */
class Ticked : public WakeableIf {
 public:
  Ticked(const Ticked &) = delete;
  Ticked &operator=(const Ticked &) = delete;

  /**
   * Does the work of cycle `now`.
   * @return the next cycle to be ticked in (> now), or kNever: only when woken. What it returned
   * before does not count any more.
   */
  virtual Cycle tick(Cycle now) = 0;

  inline void wake_at(Cycle at) final;

 protected:
  /** Ticked in cycle 0 for the first time. */
  explicit Ticked(Clock &clock);
  Clock &clock() { return clock_; }
  const Clock &clock() const { return clock_; }

 private:
  Clock &clock_;
  unsigned index_;
};

/**
 * A thread under the clock. `body` starts in cycle 0 and waits by the functions below only, never
 * by wait() or events of its own: the clock must know when it is due.
 */
class ClockedThread : public WakeableIf {
 public:
  ClockedThread(Clock &clock, const char *name, std::function<void()> body, int stack_bytes);
  ClockedThread(const ClockedThread &) = delete;
  ClockedThread &operator=(const ClockedThread &) = delete;

  /** Returns exactly `n` cycles later, n >= 1. Wakes in between are not lost: see sleep_until(). */
  void wait_cycles(Cycle n);

  /**
   * Returns in cycle `limit` or in an earlier cycle (but later than now) that wake_at() named,
   * whether it was called before or during the sleep. The caller polls its links before it sleeps
   * and after.
   */
  void sleep_until(Cycle limit);

  void wake_at(Cycle at) override;

 private:
  friend class Clock;
  void suspend(Cycle due);

  Clock &clock_;
  sc_core::sc_event event_;
  Cycle due_ = 0;          // cycle in which it runs next; kNever while running or ended
  bool asleep_ = false;    // in sleep_until()
  std::set<Cycle> wakes_;  // later than the cycle in which it last ran
};

class Clock : public sc_core::sc_module {
 public:
  struct Options {
    bool no_skip = false;         /* tick every module in every cycle */
    bool exact_reference = false; /* modules leave out faster ways to the same results */
    bool reverse = false;         /* tick modules in reverse order of registration */
  };

  Clock(sc_core::sc_module_name name, const Options &options);

  /** The current cycle. Outside of run_until(): the next cycle to run. */
  Cycle cycle() const { return now_; }

  /**
   * Runs cycles cycle() .. until - 1, or fewer after stop() or when nothing is left to run. Not
   * reentrant; may be called again to go on: slicing a run changes nothing.
   */
  void run_until(Cycle until);

  /**
   * Ends run_until() with the current cycle. Called from a tick, that cycle is complete for every
   * module; called from a thread, which runs before them, its ticks come first in the next
   * run_until().
   */
  void stop() { stop_ = true; }

  /** stop(), because of an error. The first message is kept. */
  void fail(const std::string &message);
  bool failed() const { return !failure_.empty(); }
  const std::string &failure() const { return failure_; }

  /** No module or thread will ever run again. */
  bool dead() const { return next_event() == kNever; }

  /** Options::no_skip: modules with shortcuts of their own leave them out, too. */
  bool no_skip() const { return options_.no_skip; }
  /** Options::exact_reference: nothing is done ahead of its cycle or taken from an earlier one. */
  bool exact_reference() const { return options_.exact_reference; }

  /** tick() calls made so far: host effort, not machine state. */
  uint64_t ticks() const { return ticks_; }

  static constexpr unsigned kMaxTicked = 64;

 private:
  friend class Ticked;
  friend class ClockedThread;
  static constexpr unsigned kWord = 64, kWheel = kWord * kWord;

  unsigned add(Ticked &module);
  void add(ClockedThread &thread);
  void schedule(unsigned index, Cycle at) {
    if (at - now_ < kWheel) {
      const auto slot = static_cast<unsigned>(at % kWheel);
      wheel_[slot] |= uint64_t{1} << index;
      slots_[slot / kWord] |= uint64_t{1} << (slot % kWord);
      words_ |= uint64_t{1} << (slot / kWord);
    } else if (at != kNever) {
      far_.emplace(at, index);
    }
  }
  /* When a module wants to be ticked: what it said before does not matter any more. */
  void schedule_own(unsigned index, Cycle at) {
    if (at - now_ < kWheel) {
      schedule(index, at);
      at = kNever;
    }
    far_own_[index] = at;
    next_own_ = std::min(next_own_, at);
  }
  Cycle next_event() const;
  void fetch_far();
  void update_thread_due();
  void release_threads();
  void tick_modules();
  void run();

  const Options options_;
  Cycle now_ = 0;
  Cycle limit_ = 0;
  bool stop_ = false;
  bool running_ = false;
  std::string failure_;
  uint64_t ticks_ = 0;

  std::vector<Ticked *> modules_;
  std::array<uint64_t, kWheel> wheel_{};      // per cycle modulo kWheel: bit per module to tick
  std::array<uint64_t, kWord> slots_{};       // bit per entry of the wheel that is not zero
  uint64_t words_ = 0;                        // bit per word of slots_ that is not zero
  std::set<std::pair<Cycle, unsigned>> far_;  // wakes by others beyond the wheel
  std::array<Cycle, kMaxTicked> far_own_;     // what the modules said themselves, if beyond it
  Cycle next_own_ = kNever;                   // none of them is earlier
  std::vector<ClockedThread *> threads_;
  Cycle thread_due_ = kNever;  // earliest of all threads
  sc_core::sc_event go_;
};

inline void Ticked::wake_at(Cycle at) {
  clock_.schedule(index_, at);
}

}  // namespace hb

#endif  // HB_SIM_KERNEL_CLOCK_H_
