/* SPDX-License-Identifier: Apache-2.0 */

#define SC_INCLUDE_DYNAMIC_PROCESSES  // sc_spawn

#include "sim/kernel/clock.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

/* libsystemc refers to it, but our programs have a main() of their own and never go through it. */
extern "C" int sc_main(int, char *[]) {
  return 0;
}

namespace hb {

namespace {

/* One cycle is 1 ns nominal; SystemC's resolution is 1 ps. */
sc_core::sc_time cycles_to_time(Cycle cycles) {
  return sc_core::sc_time::from_value(cycles * 1000);
}

}  // namespace

Ticked::Ticked(Clock &clock) : clock_(clock), index_(clock.add(*this)) {}

ClockedThread::ClockedThread(Clock &clock, const char *name, std::function<void()> body,
                             int stack_bytes)
    : clock_(clock) {
  clock.add(*this);
  sc_core::sc_spawn_options options;
  options.set_stack_size(stack_bytes);
  sc_core::sc_spawn(
      [this, body = std::move(body)] {
        sc_core::wait(event_);  // until the clock begins cycle 0
        body();
      },
      name, &options);
}

void ClockedThread::suspend(Cycle due) {
  assert(due > clock_.now_);
  wakes_.erase(wakes_.begin(), wakes_.upper_bound(clock_.now_));
  due_ = due;
  clock_.update_thread_due();
  sc_core::wait(event_);
}

void ClockedThread::wait_cycles(Cycle n) {
  suspend(clock_.now_ + n);
}

void ClockedThread::sleep_until(Cycle limit) {
  const auto wake = wakes_.upper_bound(clock_.now_);
  asleep_ = true;
  suspend(wake == wakes_.end() ? limit : std::min(limit, *wake));
  asleep_ = false;
}

void ClockedThread::wake_at(Cycle at) {
  assert(at > clock_.now_);
  wakes_.insert(at);
  if (asleep_ && at < due_) {
    due_ = at;
    clock_.update_thread_due();
  }
}

Clock::Clock(sc_core::sc_module_name name, const Options &options)
    : sc_core::sc_module(name), options_(options) {
  far_own_.fill(kNever);
  sc_core::sc_spawn_options method;
  method.spawn_method();
  sc_core::sc_spawn([this] { run(); }, "run", &method);
}

unsigned Clock::add(Ticked &module) {
  if (modules_.size() == kMaxTicked) {
    throw std::length_error("more modules than Clock::kMaxTicked");
  }
  modules_.push_back(&module);
  const auto index = static_cast<unsigned>(modules_.size() - 1);
  schedule(index, now_);
  return index;
}

void Clock::add(ClockedThread &thread) {
  threads_.push_back(&thread);
  update_thread_due();
}

void Clock::fail(const std::string &message) {
  if (failure_.empty()) {
    failure_ = message;
  }
  stop();
}

Cycle Clock::next_event() const {
  Cycle next = thread_due_;
  if (words_ != 0) {
    const auto slot = static_cast<unsigned>(now_ % kWheel);
    unsigned word = slot / kWord;
    uint64_t bits = slots_[word] >> (slot % kWord) << (slot % kWord);
    if (bits == 0) {  // in the words behind, or in this one before the slot: the wheel's end
      const unsigned turn = (word + 1) % kWord;
      const uint64_t behind = words_ >> turn | (turn == 0 ? 0 : words_ << (kWord - turn));
      word = (turn + static_cast<unsigned>(__builtin_ctzll(behind))) % kWord;
      bits = slots_[word];
    }
    const unsigned found = word * kWord + static_cast<unsigned>(__builtin_ctzll(bits));
    next = std::min(next, now_ + (found - slot) % kWheel);
  }
  if (!far_.empty()) {
    next = std::min(next, far_.begin()->first);
  }
  if (next_own_ < next) {
    next = std::min(next, *std::min_element(far_own_.begin(), far_own_.end()));
  }
  return next;
}

/* Moves what has come near enough to the wheel. */
void Clock::fetch_far() {
  while (!far_.empty() && far_.begin()->first - now_ < kWheel) {
    const auto [at, index] = *far_.begin();
    far_.erase(far_.begin());
    schedule(index, at);
  }
  if (next_own_ < now_ + kWheel) {
    next_own_ = kNever;
    for (unsigned index = 0; index < modules_.size(); ++index) {
      schedule_own(index, far_own_[index]);
    }
  }
}

void Clock::update_thread_due() {
  thread_due_ = kNever;
  for (const ClockedThread *thread : threads_) {
    thread_due_ = std::min(thread_due_, thread->due_);
  }
}

void Clock::release_threads() {
  for (ClockedThread *thread : threads_) {
    if (thread->due_ <= now_) {
      thread->due_ = kNever;
      thread->event_.notify();
    }
  }
  update_thread_due();
}

void Clock::tick_modules() {
  fetch_far();
  const auto slot = static_cast<unsigned>(now_ % kWheel);
  uint64_t awake = wheel_[slot];
  wheel_[slot] = 0;
  uint64_t &word = slots_[slot / kWord];
  word &= ~(uint64_t{1} << (slot % kWord));
  words_ &= ~(uint64_t{word == 0} << (slot / kWord));
  if (options_.no_skip && !modules_.empty()) {
    awake = ~uint64_t{0} >> (kMaxTicked - modules_.size());
  }
  while (awake != 0) {
    const auto index = static_cast<unsigned>(options_.reverse ? 63 - __builtin_clzll(awake)
                                                              : __builtin_ctzll(awake));
    awake &= ~(uint64_t{1} << index);
    schedule_own(index, modules_[index]->tick(now_));
    ++ticks_;
  }
}

void Clock::run() {
  if (!running_) {  // first activation, or between two calls of run_until()
    next_trigger(go_);
    return;
  }
  while (!stop_) {
    const Cycle next = next_event();
    if (next == kNever) {
      break;
    }
    if (!options_.no_skip) {
      now_ = std::min(next, limit_);
    }
    if (now_ == limit_) {
      break;
    }
    if (thread_due_ <= now_) {
      const sc_core::sc_time behind = cycles_to_time(now_) - sc_core::sc_time_stamp();
      if (behind == sc_core::SC_ZERO_TIME) {
        release_threads();  // they run in this delta cycle, the ticks of this cycle in the next
      }
      next_trigger(behind);
      return;
    }
    tick_modules();
    ++now_;
  }
  running_ = false;
  sc_core::sc_pause();
  next_trigger(go_);
}

void Clock::run_until(Cycle until) {
  if (until <= now_ || failed()) {
    return;
  }
  limit_ = until;
  stop_ = false;
  if (sc_core::sc_get_status() == sc_core::SC_ELABORATION) {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // every thread reaches its first wait
  }
  running_ = true;
  go_.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start(sc_core::sc_max_time() - sc_core::sc_time_stamp());
}

}  // namespace hb
