/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about the host CPU, one per test: cpu_test PROGRAM_DIRECTORY TEST [reverse] [no_skip].
 * What a program reports comes through the telemetry port; see programs/.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "sim/cpu/host_cpu.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"
#include "tests/sim/soc_fixture.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Noc;
using hb::NocPort;
using hb::Packet;
using hb::Resp;

int failures = 0;

void expect_equal(const std::string &what, uint64_t got, uint64_t want) {
  if (got != want) {
    std::printf("%s: got %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64 " (0x%" PRIx64 ")\n",
                what.c_str(), got, got, want, want);
    ++failures;
  }
}

void expect_text(const std::string &what, const std::string &got, const std::string &want) {
  if (got.find(want) == std::string::npos) {
    std::printf("%s: got \"%s\", expected \"%s\" in it\n", what.c_str(), got.c_str(), want.c_str());
    ++failures;
  }
}

/* Answers register accesses `delay` cycles after they have arrived. */
class Target : public hb::Ticked {
 public:
  Target(Clock &clk, Noc &noc, hb::NodeId node, Cycle delay)
      : Ticked(clk), port_(noc.attach(node, this)), delay_(delay) {}

  Cycle tick(Cycle now) override {
    if (held_ == nullptr) {
      held_ = port_.receive(Net::kRequest);
      answer_ = now + delay_;
    }
    if (held_ == nullptr) {
      return kNever;
    }
    if (now < answer_) {
      return answer_;
    }
    uint32_t &word = words_[(held_->addr >> 2) % words_.size()];
    if (held_->is_read()) {
      held_->set_word(word);
    } else {
      word = held_->word();
    }
    held_->make_response(Resp::kOkay);
    port_.send(held_);
    held_ = nullptr;
    return now + 1;
  }

 private:
  NocPort &port_;
  const Cycle delay_;
  std::array<uint32_t, 64> words_{};
  Packet *held_ = nullptr;
  Cycle answer_ = 0;
};

/* Runs functions in given cycles: the rest of the machine. */
class Script : public hb::Ticked {
 public:
  explicit Script(Clock &clk) : Ticked(clk) {}
  void at(Cycle cycle, std::function<void()> action) {
    steps_.push_back({cycle, std::move(action)});  // ascending
  }
  Cycle tick(Cycle now) override {
    while (next_ < steps_.size() && steps_[next_].cycle == now) {
      steps_[next_++].action();
    }
    return next_ < steps_.size() ? steps_[next_].cycle : kNever;
  }

 private:
  struct Step {
    Cycle cycle;
    std::function<void()> action;
  };
  std::vector<Step> steps_;
  size_t next_ = 0;
};

struct Machine {
  explicit Machine(const Clock::Options &options, const std::string &program,
                   Cycle target_delay = 5)
      : soc(hb_test::two_by_two()),
        clock("clock", options),
        noc("noc", clock, soc.noc, hb::AddressMap(soc)),
        cpu("cpu", clock, noc, config()),
        target(clock, noc, hb::node_id(soc.noc, soc.tiles[0].node), target_delay),
        script(clock),
        sensor(noc.attach(hb::node_id(soc.noc, soc.sensor_node), &script)) {
    std::ifstream file(program, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty() || !cpu.load_private(HB_TCM_BASE, bytes.data(), bytes.size())) {
      std::printf("%s: cannot be loaded\n", program.c_str());
      std::exit(4);
    }
  }

  hb::HostCpu::Config config() {
    hb::HostCpu::Config config;
    config.node = hb::node_id(soc.noc, soc.host_node);
    config.num_tiles = 1;
    config.irq_cycles = 3;
    config.sink.ctx = this;
    config.sink.telemetry = [](void *self, uint64_t cycle, const uint32_t *words, uint32_t num) {
      static_cast<Machine *>(self)->on_telemetry(cycle, words, num);
    };
    config.sink.irq = [](void *self, uint64_t cycle, uint32_t bit, bool level) {
      static_cast<Machine *>(self)->irqs.push_back({cycle, bit, level});
    };
    return config;
  }

  void on_telemetry(uint64_t cycle, const uint32_t *words, uint32_t num) {
    expect_equal("a record reaches the sink in its own cycle", clock.cycle(), cycle);
    if (words[0] == 0x80000001) {
      expect_equal("words of a result", num, 2);
      results.push_back(words[1]);
    }
  }

  /* The results in order are `want`. */
  void expect_results(const std::string &what, const std::vector<uint64_t> &want) {
    expect_equal(what + ": results", results.size(), want.size());
    for (size_t i = 0; i < std::min(results.size(), want.size()); ++i) {
      expect_equal(what + ": result " + std::to_string(i), results[i], want[i]);
    }
  }

  void send_message(uint32_t first_word) {
    Packet *packet = sensor.make();
    packet->make_write(HB_MBOX_BASE, 2);
    packet->data.fill(0);
    std::memcpy(packet->data.data(), &first_word, sizeof first_word);
    const uint32_t last = ~first_word;
    std::memcpy(packet->data.data() + 28, &last, sizeof last);
    sensor.send(packet);
  }

  struct Irq {
    uint64_t cycle;
    uint32_t bit;
    bool level;
  };

  hb_soc_t soc;
  Clock clock;
  Noc noc;
  std::vector<uint32_t> results;
  std::vector<Irq> irqs;
  hb::HostCpu cpu;
  Target target;
  Script script;
  NocPort &sensor;
};

/* README.md of sim/cpu, the table. */
void test_costs(Machine &m) {
  m.clock.run_until(kNever);
  expect_equal("exit code", m.cpu.exit_code(), 0);
  m.expect_results("costs", {0,  1,
                             1,  3,
                             4,  37,
                             37, 2,
                             2,  2,
                             2,  2,
                             1,  3,
                             3,  2,
                             2,  4,
                             1,  1,
                             2,  1 + 10 * 4 - 2,
                             2,  2,
                             3,  7 /* its own record */,
                             4,  1 + 4 + 5 + 4});
}

void test_time(Machine &m) {
  m.clock.run_until(kNever);
  const hb_sim_host_stats_t stats = m.cpu.stats();
  expect_equal("stopped in the cycle of the exit", m.clock.cycle() - stats.active_cycles <= 1, 1);
  m.clock.run_until(m.clock.cycle() + 1000);
  expect_equal("instructions after the exit", m.cpu.stats().instructions, stats.instructions);
  expect_equal("cycles after the exit", m.cpu.stats().active_cycles, stats.active_cycles);
}

constexpr uint32_t kTimer = 0x80000007, kExternal = 0x8000000b;

/*
 * The main program is in a jump of two cycles for ever, so a handler starts at the first even
 * distance from the spin's first cycle that is not before the interrupt, plus 4 cycles.
 */
void test_interrupts(Machine &m) {
  m.script.at(2000, [&] { m.cpu.tile_irq(0).push(true); });
  m.script.at(2100, [&] { m.cpu.tile_irq(0).push(false); });
  m.script.at(3001, [&] { m.cpu.tile_irq(0).push(true); });
  m.script.at(3100, [&] { m.cpu.tile_irq(0).push(false); });
  m.clock.run_until(20000);
  expect_equal("exited", m.cpu.exited(), 1);
  expect_equal("interrupts taken", m.cpu.stats().interrupts, 4);
  const std::vector<uint32_t> &r = m.results;
  expect_equal("results", r.size(), 17);
  if (r.size() != 17) {
    return;
  }
  const uint32_t want_cause[4] = {kTimer, kExternal, kExternal, kTimer};
  const uint64_t pending_at[4] = {1000, 2003, 3004, 5000};
  for (unsigned i = 0; i < 4; ++i) {
    const std::string what = "interrupt " + std::to_string(i);
    const uint64_t began = r[1 + 4 * i] - 4;  // boundary at which it was taken
    expect_equal(what + ": taken at the first boundary", began - pending_at[i] <= 1, 1);
    expect_equal(what + ": mcause", r[2 + 4 * i], want_cause[i]);
    expect_equal(what + ": mepc is the spin", r[3 + 4 * i], r[0]);
    expect_equal(what + ": mstatus", r[4 + 4 * i] & 0x1888, 0x1880);
  }
  std::vector<uint64_t> wire;
  for (const Machine::Irq &irq : m.irqs) {
    if (irq.bit == HB_IRQ_TILE(0)) {
      wire.push_back(irq.cycle);
    }
  }
  expect_equal("wire changes seen by the sink",
               wire == std::vector<uint64_t>{2003, 2103, 3004, 3103}, 1);
}

void test_wfi(Machine &m) {
  m.script.at(1000000, [&] { m.cpu.tile_irq(0).push(true); });
  m.script.at(1000001, [&] { m.cpu.tile_irq(0).push(false); });
  m.script.at(1000500, [&] { m.cpu.tile_irq(0).push(true); });
  m.script.at(1000503, [&] { m.cpu.tile_irq(0).push(false); });
  m.script.at(2000000, [&] { m.send_message(0x1234); });
  m.clock.run_until(10000000);
  expect_equal("exited", m.cpu.exited(), 1);
  /* The message: two flits of data behind a head, one hop away, then one cycle in the mailbox. */
  uint64_t message_at = 0, alarm_at = 0;
  for (const Machine::Irq &irq : m.irqs) {
    message_at = irq.bit == HB_IRQ_MAILBOX && irq.level ? irq.cycle : message_at;
    alarm_at = irq.bit == HB_IRQ_TIMER && irq.level ? irq.cycle : alarm_at;
  }
  expect_equal("message seen soon", message_at > 2000004 && message_at < 2000020, 1);
  expect_equal("alarm", alarm_at, 3000000);
  /* The first wire is up for one cycle: the wake-up is exact, and by the time PENDING is read it is
   * gone. */
  m.expect_results("wfi", {1000003, 0, 1000503, HB_IRQ_TILE(0), message_at, HB_IRQ_MAILBOX, 1,
                           0x1234, 0xffffffff - 0x1234, 3000000, HB_IRQ_TIMER});
  const hb_sim_host_stats_t stats = m.cpu.stats();
  expect_equal("wake-ups", stats.interrupts, 4);
  expect_equal("awake for few cycles", stats.active_cycles < 200, 1);
  expect_equal("few ticks for a long sleep", m.clock.ticks() < 2000, 1);
}

void test_mmio(Machine &m) {
  m.clock.run_until(kNever);
  expect_equal("exit code", m.cpu.exit_code(), 0);
  expect_equal("results", m.results.size(), 4 + 3 + 4 * 3);
  if (m.results.size() != 4 + 3 + 4 * 3) {
    return;
  }
  const std::vector<uint32_t> &r = m.results;
  expect_equal("read back", r[4], 0xcafe0001);
  /*
   * One hop, as sim/noc/README.md counts: a head flit 3 + 2 * 1 + 1 = 6 cycles, a flit of data 1
   * more. A write travels with data and returns without, a read the other way round; 5 cycles in
   * the target, 1 to complete.
   */
  expect_equal("cycles of a write", r[5], 7 + 5 + 6 + 1);
  expect_equal("cycles of a read", r[6], 6 + 5 + 7 + 1);
  const uint32_t cause[4] = {5, 7, 5, 7};
  const uint32_t address[4] = {0x60000004, 0x60000008, 0x00050000, HB_LOCAL_TELEMETRY};
  for (unsigned i = 0; i < 4; ++i) {
    const std::string what = "bad access " + std::to_string(i);
    expect_equal(what + ": mcause", r[7 + 3 * i], cause[i]);
    expect_equal(what + ": mepc", r[8 + 3 * i], r[i]);
    expect_equal(what + ": mtval", r[9 + 3 * i], address[i]);
  }
  const hb_sim_host_stats_t stats = m.cpu.stats();
  expect_equal("reads", stats.mmio_reads, 2);
  expect_equal("writes", stats.mmio_writes, 2);
}

struct Failure {
  uint32_t entry;
  const char *text;
};

const Failure kFailures[] = {
    {0x00, "pc 0x00000004: illegal instruction 0xffffffff"},
    {0x08, "pc 0x0000000c: illegal instruction 0xc0002573"},
    {0x10, "pc 0x00000014: illegal instruction 0x0006252f"},
    {0x18, "pc 0x0000001c: instruction fetch from 0x80000000"},
    {0x20, "pc 0x00000024: trap with mcause 0x0000000b"},
    {0x28, "pc 0x0000002c: illegal instruction 0x80001033"},
    {0x30, "pc 0x00000034: illegal instruction 0x0000"},
};

void test_failure(Machine &m, const Failure &failure) {
  m.cpu.set_entry(failure.entry);
  m.clock.run_until(1000);
  expect_equal("the clock stopped early", m.clock.cycle() < 20, 1);
  expect_text("reason", m.clock.failure(), failure.text);
}

constexpr uint32_t kProbe = 0x40, kGoodHandler = 0x100;
/* begin 3, li 1, li 1, j 2; thrice nop, addi, addi 1 each, bnez 3, the last time 1. */
constexpr uint64_t kBehindLoop = 7 + 3 * 3 + 3 + 3 + 1;

/* The probe's instruction takes its cycle, and nobody sees it. */
void test_unobserved(Machine &m) {
  m.cpu.add_probe({"unobserved", kProbe, kGoodHandler, {18, 19, 0}, false});
  m.clock.run_until(1000);
  m.expect_results("without a probe", {kBehindLoop});
  expect_equal("instructions", m.cpu.stats().instructions, 6 + 3 * 4 + 3 + 2);
}

/* Two probes in one place: both handlers run, each time, with the operands, and nothing else
 * changes. */
void test_observed(Machine &m) {
  m.cpu.add_probe({"first", kProbe, kGoodHandler, {18, 19, 0}, true});
  m.cpu.add_probe({"second", kProbe, kGoodHandler, {19, 19, 0}, true});
  m.clock.run_until(1000);
  m.expect_results("with two probes", {0x703, 0xe00, 0x703, 0xe02, 0x703, 0xe04, kBehindLoop});
  expect_equal("instructions", m.cpu.stats().instructions, 6 + 3 * 4 + 3 + 2);
}

/* A client that asks for a stop in every cycle and lets the CPU go on at once. */
void test_observed_and_stopped(Machine &m) {
  hb::GdbServer server(0, [] { return false; });
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      !server.accept()) {
    std::printf("no connection\n");
    std::exit(4);
  }
  const auto say = [client](const std::string &text) {
    expect_equal("bytes sent", static_cast<uint64_t>(send(client, text.data(), text.size(), 0)),
                 text.size());
  };
  m.cpu.debug(server, [](bool, uint32_t, uint8_t *, size_t) { return false; });
  m.cpu.add_probe({"first", kProbe, kGoodHandler, {18, 19, 0}, true});
  m.cpu.add_probe({"second", kProbe, kGoodHandler, {19, 19, 0}, true});
  say("$c#63");
  for (Cycle cycle = 1; !m.cpu.exited() && cycle < 1000; ++cycle) {
    m.clock.run_until(cycle);
    say("\x03");
    m.cpu.poll_debugger();
    say("$c#63");
  }
  m.expect_results("with stops", {0x703, 0xe00, 0x703, 0xe02, 0x703, 0xe04, kBehindLoop});
  expect_equal("instructions", m.cpu.stats().instructions, 6 + 3 * 4 + 3 + 2);
  std::string answers(1 << 16, '\0');
  const ssize_t len = recv(client, answers.data(), answers.size(), MSG_DONTWAIT);
  answers.resize(len > 0 ? static_cast<size_t>(len) : 0);
  size_t stops = 0;
  for (size_t at = answers.find("$T02"); at != std::string::npos;
       at = answers.find("$T02", at + 1)) {
    ++stops;
  }
  expect_equal("a stop at least at each probe", stops >= 3, 1);
  close(client);
}

const Failure kHandlers[] = {
    {0x140, "handler of probe bad, at 0x00000140: Write to write-protected memory"},
    {0x180, "handler of probe bad, at 0x00000180: does not end"},
    {0x1c0, "reads device register 0x02000000"},
    {0x200, "writes device register 0x02000034"},
    {0x240, "has not finished its telemetry record"},
    {0x280, "handler of probe bad, at 0x90000000: Invalid memory fetch"},
    {0x2c0, "handler of probe bad, at 0x000002c4: does not end"},
};

void test_handler(Machine &m, const Failure &handler) {
  m.cpu.add_probe({"bad", kProbe, handler.entry, {0, 0, 0}, true});
  m.clock.run_until(1000);
  expect_equal("the clock stopped early", m.clock.cycle() < 20, 1);
  expect_text("reason", m.clock.failure(), handler.text);
}

/* More messages than places: the ones too many wait in the network and nothing is lost or
 * reordered. */
void test_mailbox_full(Machine &m) {
  for (uint32_t i = 0; i < 22; ++i) {
    m.script.at(100 + 40 * i, [&m, i] { m.send_message(i); });
  }
  m.clock.run_until(5000);
  uint32_t answered = 0;
  for (Packet *answer = m.sensor.receive(Net::kResponse); answer != nullptr;
       answer = m.sensor.receive(Net::kResponse)) {
    expect_equal("answer", static_cast<uint64_t>(answer->resp), static_cast<uint64_t>(Resp::kOkay));
    m.sensor.release(answer);
    ++answered;
  }
  expect_equal("answered before the CPU has read any", answered, hb::kMailboxDepth);
  m.script.at(m.clock.cycle() + 10, [] {});
  m.clock.run_until(kNever);
  std::vector<uint64_t> want;
  for (uint64_t i = 0; i < 22; ++i) {
    want.push_back(i);
  }
  m.expect_results("messages", want);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::printf("usage: cpu_test DIRECTORY TEST [reverse] [no_skip]\n");
    return 2;
  }
  Clock::Options options;
  for (int i = 3; i < argc; ++i) {
    options.reverse = options.reverse || std::strcmp(argv[i], "reverse") == 0;
    options.no_skip = options.no_skip || std::strcmp(argv[i], "no_skip") == 0;
  }
  const std::string directory = std::string(argv[1]) + "/";
  const std::string test = argv[2];
  const auto run = [&](const char *program, void (*body)(Machine &)) {
    Machine machine(options, directory + program);
    body(machine);
  };
  if (test == "costs") {
    run("costs.bin", test_costs);
  } else if (test == "time") {
    run("costs.bin", test_time);
  } else if (test == "interrupts") {
    run("irq.bin", test_interrupts);
  } else if (test == "wfi") {
    run("wfi.bin", test_wfi);
  } else if (test == "mmio") {
    run("mmio.bin", test_mmio);
  } else if (test == "mailbox_full") {
    run("mailbox.bin", test_mailbox_full);
  } else if (test == "unobserved") {
    run("probe.bin", test_unobserved);
  } else if (test == "observed") {
    run("probe.bin", test_observed);
  } else if (test == "observed_and_stopped") {
    run("probe.bin", test_observed_and_stopped);
  } else if (test.rfind("handler", 0) == 0) {
    Machine machine(options, directory + "probe.bin");
    test_handler(machine, kHandlers[std::stoul(test.substr(7))]);
  } else if (test.rfind("failure", 0) == 0) {
    Machine machine(options, directory + "illegal.bin");
    test_failure(machine, kFailures[std::stoul(test.substr(7))]);
  } else {
    std::printf("no such test\n");
    return 2;
  }
  std::printf("%s\n", failures == 0 ? "ok" : "FAILED");
  return failures == 0 ? 0 : 1;
}
