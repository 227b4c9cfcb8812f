/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Link<T>: a queue between two modules with the latency of a wire.
 *
 * What the writer pushes in cycle t the reader sees from cycle t + latency on, and is woken then.
 * Latency is 1 or more, so neither can tell who ran first within a cycle. The writer never learns
 * how full the queue is: where space is finite, both ends keep credits.
 */

#ifndef HB_SIM_KERNEL_LINK_H_
#define HB_SIM_KERNEL_LINK_H_

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

#include "sim/kernel/clock.h"

namespace hb {

template <typename T>
class Link {
 public:
  /** `reader` may be nullptr: a reader that polls and is never woken. */
  Link(const Clock &clock, WakeableIf *reader, Cycle latency)
      : clock_(clock), reader_(reader), latency_(latency), ring_(8) {
    assert(latency >= 1);
  }

  void push(T value) {
    if (tail_ - head_ == ring_.size()) {
      grow();
    }
    const Cycle at = clock_.cycle() + latency_;
    ring_[tail_++ & (ring_.size() - 1)] = {at, std::move(value)};
    if (reader_ != nullptr) {
      reader_->wake_at(at);
    }
  }

  /** There is something to read in the current cycle. */
  bool ready() const { return next() <= clock_.cycle(); }

  /** Cycle from which the oldest entry can be read; kNever: the link is empty. */
  Cycle next() const { return head_ == tail_ ? kNever : ring_[head_ & (ring_.size() - 1)].at; }

  const T &front() const {
    assert(ready());
    return ring_[head_ & (ring_.size() - 1)].value;
  }

  T pop() {
    assert(ready());
    return std::move(ring_[head_++ & (ring_.size() - 1)].value);
  }

 private:
  struct Entry {
    Cycle at = 0;
    T value{};
  };

  void grow() {
    std::vector<Entry> bigger(ring_.size() * 2);
    for (size_t i = head_; i != tail_; ++i) {
      bigger[i & (bigger.size() - 1)] = std::move(ring_[i & (ring_.size() - 1)]);
    }
    ring_ = std::move(bigger);
  }

  const Clock &clock_;
  WakeableIf *const reader_;
  const Cycle latency_;
  std::vector<Entry> ring_;     // a power of two
  size_t head_ = 0, tail_ = 0;  // count up, used modulo the ring's size
};

}  // namespace hb

#endif  // HB_SIM_KERNEL_LINK_H_
