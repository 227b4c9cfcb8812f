/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about sim/kernel: ticks happen exactly when asked for, nothing observable depends on the
 * order of modules within a cycle, on idle skipping or on how a run is sliced. Arguments: no_skip
 * reverse slice, each 0/1 or cycles; prints the log of a small random machine, which must be the
 * same for all of them (compared by kernel_test.cmake).
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sim/kernel/clock.h"
#include "sim/kernel/link.h"

namespace {

using hb::Clock;
using hb::ClockedThread;
using hb::Cycle;
using hb::kNever;
using hb::Link;
using hb::Ticked;

struct Message {
  uint32_t hops = 0;
  uint32_t value = 0;
};

/* Receives messages and passes each on after a pseudo-random delay to a pseudo-random peer. */
class Node : public sc_core::sc_module, public Ticked {
 public:
  Node(sc_core::sc_module_name nm, Clock &clk, unsigned id)
      : sc_core::sc_module(nm), Ticked(clk), id_(id) {}

  void connect(std::vector<Link<Message> *> in, std::vector<Link<Message> *> out) {
    in_ = std::move(in);
    out_ = std::move(out);
  }

  Cycle tick(Cycle now) override {
    for (Link<Message> *link : in_) {
      while (link->ready()) {
        const Message message = link->pop();
        log.push_back("n" + std::to_string(id_) + " @" + std::to_string(now) + " v" +
                      std::to_string(message.value) + " h" + std::to_string(message.hops));
        state_ = state_ * 6364136223846793005u + message.value + now;
        const Cycle most =
            state_ >> 60 == 0 ? 9000 : 150;  // some for longer than the clock's wheel
        held_.push_back({now + 1 + (state_ >> 40) % most, message});
      }
    }
    Cycle next = kNever;
    for (size_t i = 0; i < held_.size();) {
      if (held_[i].first <= now) {
        Message message = held_[i].second;
        held_.erase(held_.begin() + static_cast<long>(i));
        if (message.hops < 150) {
          ++message.hops;
          message.value = message.value * 31 + id_;
          out_[(state_ >> 33) % out_.size()]->push(message);
        }
      } else {
        next = std::min(next, held_[i].first);
        ++i;
      }
    }
    return next;
  }

  std::vector<std::string> log;

 private:
  const unsigned id_;
  uint64_t state_ = 1;
  std::vector<Link<Message> *> in_, out_;
  std::vector<std::pair<Cycle, Message>> held_;
};

/* Wakes the next one twice, now and then, and changes its mind about its own sleep when it is
 * woken: when all is quiet, the clock must go over what it said first. */
class Sleeper : public sc_core::sc_module, public Ticked {
 public:
  Sleeper(sc_core::sc_module_name nm, Clock &clk, Cycle first)
      : sc_core::sc_module(nm), Ticked(clk), due_(first) {}

  void connect(std::vector<Link<Message> *> in, std::vector<Link<Message> *> out) {
    in_ = std::move(in);
    out_ = std::move(out);
  }

  Cycle tick(Cycle now) override {
    for (size_t i = 0; i < in_.size(); ++i) {
      while (in_[i]->ready()) {
        in_[i]->pop();
        due_ = now + (i == 0 ? 9000 : 50000);
      }
    }
    if (now >= due_) {
      log.push_back("sleeper @" + std::to_string(now));
      for (Link<Message> *link : out_) {
        link->push(Message{});
      }
      due_ = now + 21000;
    }
    return due_;
  }

  std::vector<std::string> log;

 private:
  Cycle due_;
  std::vector<Link<Message> *> in_, out_;
};

/* The "CPU": computes for a while, polls its link, sleeps until something arrives, answers. */
class Processor : public sc_core::sc_module {
 public:
  Processor(sc_core::sc_module_name nm, Clock &clk)
      : sc_core::sc_module(nm),
        clock_(clk),
        thread_(
            clk, "main", [this] { main(); }, 1 << 16) {}

  hb::WakeableIf *wakeable() { return &thread_; }
  void connect(Link<Message> *in, Link<Message> *out) {
    in_ = in;
    out_ = out;
  }
  std::vector<std::string> log;

 private:
  void main() {
    Message first;
    first.value = 7;
    out_->push(first);
    for (;;) {
      while (in_->ready()) {
        const Message message = in_->pop();
        const Cycle now = clock_.cycle();
        if (sc_core::sc_time_stamp() !=
            sc_core::sc_time(static_cast<double>(now), sc_core::SC_NS)) {
          log.push_back("SystemC time is wrong");
        }
        log.push_back("cpu @" + std::to_string(now) + " v" + std::to_string(message.value));
        thread_.wait_cycles(1 + message.value % 97);
        if (clock_.cycle() != now + 1 + message.value % 97) {
          log.push_back("wait_cycles is not exact");
        }
        out_->push(message);
        out_->push(message);
      }
      thread_.sleep_until(clock_.cycle() + 30000);
      log.push_back("cpu awake @" + std::to_string(clock_.cycle()));
    }
  }

  Clock &clock_;
  Link<Message> *in_ = nullptr, *out_ = nullptr;
  ClockedThread thread_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: kernel_test NO_SKIP REVERSE SLICE\n");
    return 2;
  }
  Clock::Options options;
  options.no_skip = std::atoi(argv[1]) != 0;
  options.reverse = std::atoi(argv[2]) != 0;
  const auto slice = static_cast<Cycle>(std::atoll(argv[3]));

  Clock clock("clock", options);
  constexpr unsigned kNodes = 5;
  std::vector<std::unique_ptr<Node>> nodes;
  for (unsigned i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<Node>(("node" + std::to_string(i)).c_str(), clock, i));
  }
  Processor cpu("cpu", clock);
  std::vector<std::unique_ptr<Link<Message>>> links;
  std::vector<std::vector<Link<Message> *>> in(kNodes), out(kNodes);
  for (unsigned from = 0; from < kNodes; ++from) {
    for (unsigned to = 0; to < kNodes; ++to) {
      const Cycle latency = from == 2 && to == 3 ? 5000 : 1 + (from * 7 + to * 37) % 90;
      links.push_back(std::make_unique<Link<Message>>(clock, nodes[to].get(), latency));
      out[from].push_back(links.back().get());
      in[to].push_back(links.back().get());
    }
  }
  links.push_back(std::make_unique<Link<Message>>(clock, cpu.wakeable(), 3));
  Link<Message> *to_cpu = links.back().get();
  links.push_back(std::make_unique<Link<Message>>(clock, nodes[0].get(), 1));
  Link<Message> *from_cpu = links.back().get();
  out[kNodes - 1].push_back(to_cpu);
  in[0].push_back(from_cpu);
  cpu.connect(to_cpu, from_cpu);
  for (unsigned i = 0; i < kNodes; ++i) {
    nodes[i]->connect(in[i], out[i]);
  }

  Sleeper waker("waker", clock, 0), sleeper("sleeper", clock, 200000);
  std::vector<Link<Message> *> twice;
  for (const Cycle latency : {Cycle{7}, Cycle{9}}) {
    links.push_back(std::make_unique<Link<Message>>(clock, &sleeper, latency));
    twice.push_back(links.back().get());
  }
  waker.connect({}, twice);
  sleeper.connect(twice, {});

  constexpr Cycle kEnd = 300000;
  while (clock.cycle() < kEnd) {
    clock.run_until(std::min(kEnd, clock.cycle() + slice));
  }
  size_t events = cpu.log.size();
  for (const auto &node : nodes) {
    for (const std::string &line : node->log) {
      std::puts(line.c_str());
    }
    events += node->log.size();
  }
  for (const Sleeper *of : {&waker, &sleeper}) {
    for (const std::string &line : of->log) {
      std::puts(line.c_str());
    }
    events += of->log.size();
  }
  for (const std::string &line : cpu.log) {
    std::puts(line.c_str());
  }
  std::printf("end @%" PRIu64 ", %zu events\n", clock.cycle(), events);
  const bool skipped = clock.ticks() < kEnd * (kNodes + 2);
  if (skipped == options.no_skip) {
    std::fprintf(stderr, "kernel_test: %" PRIu64 " ticks: idle cycles were %sskipped\n",
                 clock.ticks(), skipped ? "" : "not ");
    return 1;
  }
  return events > 1000 ? 0 : 1;
}
