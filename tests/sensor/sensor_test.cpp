/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about the sensors, one per test: sensor_test TEST [reverse] [no_skip]. A memory and a
 * mailbox take what they send and check every byte and message.
 */

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "sim/sensor/sensor_hub.h"
#include "tests/sim/soc_fixture.h"

namespace {

using hb::Clock;
using hb::Cycle;
using hb::kNever;
using hb::Net;
using hb::Noc;
using hb::NocPort;
using hb::Packet;
using hb::PacketKind;
using hb::Resp;
using hb::SensorHub;

constexpr uint32_t kClockKhz = 1000;
constexpr uint64_t kSeed = 42;

int failures = 0;

void expect(const std::string &what, bool good) {
  if (!good) {
    std::printf("failed: %s\n", what.c_str());
    ++failures;
  }
}

void expect_equal(const std::string &what, uint64_t got, uint64_t want) {
  if (got != want) {
    std::printf("%s: got %" PRIu64 ", expected %" PRIu64 "\n", what.c_str(), got, want);
    ++failures;
  }
}

hb_sim_stream_t make_stream(uint64_t rate_num, uint64_t rate_den, uint32_t frame_bytes,
                            uint32_t num_slots, uint32_t base) {
  hb_sim_stream_t s{};
  std::strcpy(s.name, "camera");
  s.rate_num = rate_num;
  s.rate_den = rate_den;
  s.probability_ppm = 1000000;
  s.frame_bytes = frame_bytes;
  s.num_slots = num_slots;
  for (uint32_t i = 0; i < num_slots; ++i) {
    s.slot_addr[i] = base + i * 0x10000;
  }
  return s;
}

/* A write request as it arrived. */
struct Write {
  Cycle at = 0;
  uint32_t addr = 0, bytes = 0;
};

/* DRAM: keeps what is written, answers after a while. */
class Memory : public hb::Ticked {
 public:
  Memory(Clock &clk, Noc &noc, hb::NodeId node) : Ticked(clk), port_(noc.attach(node, this)) {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kRequest)) {
      expect("only writes", packet->kind == PacketKind::kWriteReq);
      writes.push_back({now, packet->addr, packet->bytes});
      for (unsigned i = 0; i < packet->bytes; ++i) {
        bytes[packet->addr + i] = packet->data[i];
      }
      packet->make_response(packet->addr == refuse ? Resp::kSlvErr : Resp::kOkay);
      waiting_.push_back({now + delay, packet});
      most_waiting = std::max(most_waiting, waiting_.size());
    }
    while (!waiting_.empty() && waiting_.front().first <= now && port_.can_send(Net::kResponse)) {
      port_.send(waiting_.front().second);
      waiting_.pop_front();
    }
    return waiting_.empty() ? kNever : std::max(waiting_.front().first, now + 1);
  }

  std::vector<Write> writes;
  std::map<uint32_t, uint8_t> bytes;
  uint32_t refuse = 1;  // no address
  Cycle delay = 30;
  size_t most_waiting = 0;

 private:
  NocPort &port_;
  std::deque<std::pair<Cycle, Packet *>> waiting_;
};

struct Message {
  Cycle at = 0;
  std::array<uint32_t, HB_MBOX_WORDS> words{};
  uint32_t stream() const { return words[HB_MBOX_STREAM]; }
  uint32_t frame() const { return words[HB_MBOX_FRAME]; }
  uint32_t slot() const { return words[HB_MBOX_FLAGS] & 0xffu; }
  bool triggered() const { return (words[HB_MBOX_FLAGS] & HB_MBOX_FLAG_TRIGGERED) != 0; }
  bool overrun() const { return (words[HB_MBOX_FLAGS] & HB_MBOX_FLAG_OVERRUN) != 0; }
  uint64_t arrival() const {
    return words[HB_MBOX_ARRIVAL_LO] | uint64_t{words[HB_MBOX_ARRIVAL_HI]} << 32;
  }
  uint64_t deadline() const {
    return words[HB_MBOX_DEADLINE_LO] | uint64_t{words[HB_MBOX_DEADLINE_HI]} << 32;
  }
};

/* The host: takes messages and gives slots back `release_after` cycles later, if it does at all. */
class Host : public hb::Ticked {
 public:
  Host(Clock &clk, Noc &noc, hb::NodeId node) : Ticked(clk), port_(noc.attach(node, this)) {}

  Cycle tick(Cycle now) override {
    while (Packet *packet = port_.receive(Net::kRequest)) {
      expect_equal("message address", packet->addr, HB_MBOX_BASE);
      expect_equal("message size", packet->bytes, 32);
      Message message;
      message.at = now;
      std::memcpy(message.words.data(), packet->data.data(), sizeof message.words);
      messages.push_back(message);
      if (release_after != kNever && !message.overrun()) {
        releases_.push_back(
            {now + release_after, HB_SENSOR_RELEASE(message.stream()), message.slot()});
      }
      packet->make_response(Resp::kOkay);
      port_.send(packet);
    }
    while (Packet *packet = port_.receive(Net::kResponse)) {
      answers.push_back(packet->resp);
      port_.release(packet);
    }
    while (!releases_.empty() && releases_.front().at <= now && port_.can_send(Net::kRequest)) {
      Packet *packet = port_.make();
      packet->make_write32(releases_.front().addr, releases_.front().slot);
      port_.send(packet);
      releases_.pop_front();
    }
    return releases_.empty() ? kNever : std::max(releases_.front().at, now + 1);
  }

  void write_at(Cycle at, uint32_t addr, uint32_t slot) { releases_.push_back({at, addr, slot}); }

  Cycle release_after = 100;
  std::vector<Message> messages;
  std::vector<Resp> answers;

 private:
  struct Release {
    Cycle at;
    uint32_t addr, slot;
  };
  NocPort &port_;
  std::deque<Release> releases_;
};

struct Machine {
  Machine(const Clock::Options &options, const char *name)
      : soc(hb_test::two_by_two()),
        clock((std::string("clock_") + name).c_str(), options),
        noc((std::string("noc_") + name).c_str(), clock, soc.noc, hb::AddressMap(soc)),
        hub((std::string("hub_") + name).c_str(), clock, noc,
            {hb::node_id(soc.noc, soc.sensor_node), kClockKhz, kSeed, path_sink(this)}),
        memory(clock, noc, hb::node_id(soc.noc, soc.dram.node[0])),
        host(clock, noc, hb::node_id(soc.noc, soc.host_node)) {}

  static hb_sim_sink_t path_sink(Machine *machine) {
    hb_sim_sink_t sink{};
    sink.ctx = machine;
    sink.path = [](void *ctx, const hb_sim_path_t *path) {
      static_cast<Machine *>(ctx)->paths.push_back(*path);
    };
    return sink;
  }

  void add(const hb_sim_stream_t &stream) {
    expect_equal(SensorHub::check(stream), SensorHub::check(stream).size(), 0);
    hub.add_stream(stream);
    streams.push_back(stream);
  }

  void expect_content(const Message &message) {
    const hb_sim_stream_t &s = streams[message.stream()];
    std::vector<uint8_t> want(s.frame_bytes);
    SensorHub::content(kSeed, message.stream(), message.frame(), 0, want.data(), want.size());
    size_t wrong = 0;
    for (uint32_t i = 0; i < s.frame_bytes; ++i) {
      const auto got = memory.bytes.find(s.slot_addr[message.slot()] + i);
      wrong += got == memory.bytes.end() || got->second != want[i] ? 1 : 0;
    }
    expect_equal("wrong bytes in frame " + std::to_string(message.frame()), wrong, 0);
  }

  hb_soc_t soc;
  Clock clock;
  Noc noc;
  SensorHub hub;
  Memory memory;
  Host host;
  std::vector<hb_sim_stream_t> streams;
  std::vector<hb_sim_path_t> paths;
};

/* 29.97 frames/s at 1 MHz: 33366.666... cycles a frame, rounded down from the start, not
 * accumulated. */
void test_arrival(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t stream = make_stream(30000, 1001, 1040, 2, HB_DRAM_BASE);
  stream.offset_cycles = 500;
  m.add(stream);
  m.clock.run_until(100 * 33367);
  expect_equal("frames", m.host.messages.size(), 100);
  const uint64_t want[] = {500, 33866, 67233, 100600, 133966};
  for (size_t f = 0; f < m.host.messages.size(); ++f) {
    const Message &message = m.host.messages[f];
    expect_equal("frame", message.frame(), f);
    expect_equal("arrival", message.arrival(), f < 5 ? want[f] : 500 + f * 1001 * 1000000 / 30000);
    expect_equal("deadline", message.deadline(), 500 + (f + 1) * 1001 * 1000000 / 30000);
    expect_equal("slot", message.slot(), 0);
    /* 1040 bytes: five packets. The first, 17 flits, one hop, as sim/noc/README.md counts: 3 + 2 +
     * 1 + 16. */
    const Write &first = m.memory.writes[5 * f];
    expect_equal("cycles from arrival to DRAM", first.at - message.arrival(), 22);
    expect("announced when it is written",
           message.at > m.memory.writes[5 * f + 4].at + m.memory.delay);
    expect_equal("last packet", m.memory.writes[5 * f + 4].bytes, 16);
  }
  m.expect_content(m.host.messages.back());
}

/* Nobody gives slots back: two frames get one, lowest first, the others are overruns; then slot 1
 * comes back. */
void test_overrun(const Clock::Options &options) {
  Machine m(options, "a");
  m.host.release_after = kNever;
  m.add(make_stream(1000, 1, 256, 2, HB_DRAM_BASE));
  m.host.write_at(4500, HB_SENSOR_RELEASE(0), 1);
  m.host.write_at(5500, HB_SENSOR_RELEASE(0), 0);
  m.host.write_at(5501, HB_SENSOR_RELEASE(0), 1);
  m.clock.run_until(9000);
  expect_equal("messages", m.host.messages.size(), 9);
  const uint32_t slot[9] = {0, 1, 9, 9, 9, 1, 0, 1, 9};  // 9: overrun
  for (size_t f = 0; f < m.host.messages.size(); ++f) {
    const Message &message = m.host.messages[f];
    expect_equal("frame", message.frame(), f);
    expect_equal("slot or overrun of frame " + std::to_string(f),
                 message.overrun() ? 9 : message.slot(), slot[f]);
  }
  expect_equal("frames written", m.memory.writes.size(), 5);
}

/* One more stream changes nothing that a stream draws, and takes about half of the bandwidth. */
void test_independent(const Clock::Options &options) {
  hb_sim_stream_t first = make_stream(100, 1, 16384, 4, HB_DRAM_BASE);
  first.jitter_cycles = 300;
  first.probability_ppm = 300000;
  hb_sim_stream_t second = make_stream(100, 1, 16384, 4, HB_DRAM_BASE + 0x100000);
  second.probability_ppm = 300000;
  Machine alone(options, "alone"), both(options, "both");
  alone.add(first);
  both.add(first);
  both.add(second);
  /* One kernel, two clocks: they run one after the other. */
  alone.clock.run_until(4000000);
  both.clock.run_until(4000000);
  std::vector<Message> mine, other;
  for (const Message &message : both.host.messages) {
    (message.stream() == 0 ? mine : other).push_back(message);
  }
  expect_equal("frames", mine.size(), alone.host.messages.size());
  expect_equal("frames of the other", other.size(), mine.size());
  size_t triggered = 0, same_triggers = 0;
  for (size_t f = 0; f < mine.size(); ++f) {
    expect("same message", mine[f].words == alone.host.messages[f].words);
    triggered += mine[f].triggered() ? 1 : 0;
    same_triggers += mine[f].triggered() == other[f].triggered() ? 1 : 0;
  }
  expect("about three of ten are triggered",
         triggered > 80 && triggered < 160 && mine.size() == 400);
  expect("the streams draw differently", same_triggers < 320);
}

/* Each bit of a path has its chance and its own draw; what is announced is what the sink gets. */
void test_path(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t stream = make_stream(1000, 1, 16, 4, HB_DRAM_BASE);
  stream.path_bits = 4;
  const uint32_t ppm[] = {300000, 300000, 0, 1000000};
  std::memcpy(stream.path_ppm, ppm, sizeof ppm);
  m.add(stream);
  hb_sim_stream_t plain = make_stream(1000, 1, 16, 4, HB_DRAM_BASE + 0x100000);
  m.add(plain);
  m.clock.run_until(1000 * 1000);
  size_t count[4] = {}, same = 0, frames = 0;
  for (const Message &message : m.host.messages) {
    const uint32_t path = message.words[HB_MBOX_PATH];
    if (message.stream() == 1) {
      expect_equal("path of a stream without", path, 0);
      continue;
    }
    for (unsigned i = 0; i < 4; ++i) {
      count[i] += path >> i & 1u;
    }
    same += (path & 1u) == (path >> 1 & 1u) ? 1 : 0;
    expect_equal("path", path, SensorHub::path(kSeed, 0, stream, message.frame()));
    expect_equal("recorded frame", m.paths[frames].frame, message.frame());
    expect_equal("recorded path", m.paths[frames].path, path);
    expect("recorded when it leaves", m.paths[frames].cycle < message.at);
    ++frames;
  }
  expect_equal("frames", frames, 1000);
  expect_equal("records", m.paths.size(), frames);
  for (unsigned i = 0; i < 2; ++i) {
    expect("three of ten have it", count[i] > 250 && count[i] < 350);
  }
  expect("bits are drawn for themselves", same > 530 && same < 630); /* 0.58 */
  expect_equal("never", count[2], 0);
  expect_equal("always", count[3], frames);
  size_t other = 0;
  for (uint64_t f = 0; f < 1000; ++f) {
    other += SensorHub::path(kSeed, 0, stream, f) != SensorHub::path(kSeed + 1, 0, stream, f);
    other += SensorHub::path(kSeed, 0, stream, f) != SensorHub::path(kSeed, 1, stream, f);
  }
  expect("other seeds and streams, other paths", other > 1200 && other < 1430); /* 2 * 0.66 */
}

/* Frames before stop_cycles come, the one at it and the later do not; the others' go on. */
void test_stop(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t stream = make_stream(1000, 1, 16, 4, HB_DRAM_BASE);
  stream.offset_cycles = 2500;
  stream.stop_cycles = 5500;
  stream.jitter_cycles = 300;
  m.add(stream);
  hb_sim_stream_t camera = make_stream(500, 1, 16, 4, HB_DRAM_BASE + 0x100000);
  camera.num_sources = 1;
  camera.sources[0] = {7, 1000, 1, 0, 0};
  camera.stop_cycles = 6001;
  m.add(camera);
  m.add(make_stream(1000, 1, 16, 4, HB_DRAM_BASE + 0x200000));
  m.clock.run_until(20500);
  size_t count[3] = {};
  for (const Message &message : m.host.messages) {
    ++count[message.stream()];
  }
  expect_equal("frames at 2500, 3500, 4500", count[0], 3);
  expect_equal("frames at 0, 2000, 4000, 6000", count[1], 4);
  expect_equal("frames without a stop", count[2], 21);
}

/* Two streams with the same time: their packets alternate, and both end within a packet of each
 * other. */
void test_fair(const Clock::Options &options) {
  Machine m(options, "a");
  m.add(make_stream(100, 1, 8192, 1, HB_DRAM_BASE));
  m.add(make_stream(100, 1, 8192, 1, HB_DRAM_BASE + 0x100000));
  m.clock.run_until(9000);
  expect_equal("packets", m.memory.writes.size(), 64);
  for (size_t i = 1; i < m.memory.writes.size(); ++i) {
    expect("packets alternate",
           (m.memory.writes[i].addr ^ m.memory.writes[i - 1].addr) >= 0x100000);
  }
  const Cycle took = m.memory.writes.back().at - m.memory.writes.front().at;
  expect("close to a flit a cycle", took < 63 * 17 * 3 / 2);
  expect("writes unanswered", m.memory.most_waiting <= SensorHub::kMaxWrites);
  expect_equal("messages", m.host.messages.size(), 2);
  m.expect_content(m.host.messages[0]);
  m.expect_content(m.host.messages[1]);
}

void test_jitter(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t stream = make_stream(500, 1, 16, 2, HB_DRAM_BASE);
  stream.jitter_cycles = 400;
  m.add(stream);
  m.clock.run_until(400 * 2000);
  int64_t lowest = 0, highest = 0;
  for (size_t f = 0; f < m.host.messages.size(); ++f) {
    const auto shift = static_cast<int64_t>(m.memory.writes[f].at) - static_cast<int64_t>(f * 2000);
    lowest = std::min(lowest, shift);
    highest = std::max(highest, shift);
    expect_equal("arrival is nominal", m.host.messages[f].arrival(), f * 2000);
  }
  expect("jitter both ways, within its bounds",
         lowest >= -400 && lowest < -300 && highest <= 400 + 20 && highest > 300);
}

/* 45 of the 60 frames that a sensor takes a second: its frames 0, 1, 2, 4, 5, 6, 8, ...; deadlines
 * are those of 45 a second. */
void test_sensor_rate(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t stream = make_stream(45, 1, 16, 4, HB_DRAM_BASE);
  stream.num_sources = 1;
  stream.sources[0] = {0, 60, 1, 1000, 0};
  m.add(stream);
  m.clock.run_until(1000 + 1000000);
  expect_equal("frames", m.host.messages.size(), 45);
  const uint64_t sensor_frame[] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12};
  for (size_t f = 0; f < m.host.messages.size() && f < 10; ++f) {
    const Message &message = m.host.messages[f];
    expect_equal("arrival of frame " + std::to_string(f), message.arrival(),
                 1000 + sensor_frame[f] * 1000000 / 60);
    expect_equal("deadline of frame " + std::to_string(f), message.deadline(),
                 1000 + (f + 1) * 1000000 / 45);
  }
}

/* Streams of 1000 and 500 frames a second from one sensor share its jitter; another sensor has its
 * own. */
void test_sensor_jitter(const Clock::Options &options) {
  Machine m(options, "a");
  hb_sim_stream_t all = make_stream(1000, 1, 16, 4, HB_DRAM_BASE);
  all.num_sources = 1;
  all.sources[0] = {7, 1000, 1, 500, 400};
  hb_sim_stream_t half = all, other = all;
  half.rate_num = 500;
  half.slot_addr[0] += 0x10000;
  other.sources[0].id = 8;
  m.add(all);
  m.add(half);
  m.add(other);
  m.clock.run_until(200000);
  std::vector<Cycle> at[3];
  for (const Message &message : m.host.messages) {
    at[message.stream()].push_back(message.at);
  }
  expect("frames", at[0].size() >= 199 && at[1].size() >= 99 && at[2].size() >= 199);
  size_t same = 0;
  for (size_t f = 0; f < 99; ++f) {
    /* three streams share the port: within the time of their packets */
    const Cycle first = std::min(at[0][2 * f], at[1][f]), second = std::max(at[0][2 * f], at[1][f]);
    expect("the same frame of the sensor comes at once", second - first < 60);
    same += std::max(at[0][f], at[2][f]) - std::min(at[0][f], at[2][f]) < 60 ? 1 : 0;
  }
  expect("another sensor's jitter is another", same < 40);
}

/* Two sensors: the later one decides, for the announced arrival and for the data, whichever is
 * named first. */
void test_synchronised(const Clock::Options &options) {
  Machine earlier(options, "earlier"), later(options, "later");
  hb_sim_stream_t stream = make_stream(100, 1, 16, 4, HB_DRAM_BASE);
  stream.num_sources = 2;
  stream.sources[0] = {0, 200, 1, 300, 200};
  stream.sources[1] = {1, 0, 0, 900, 100};
  earlier.add(stream);
  std::swap(stream.sources[0], stream.sources[1]);
  later.add(stream);
  for (Machine *m : {&earlier, &later}) {
    m->clock.run_until(400 * 10000);
    int64_t lowest = 0, highest = 0;
    for (size_t f = 0; f < m->host.messages.size(); ++f) {
      const uint64_t arrival = 900 + f * 10000;
      expect_equal("arrival", m->host.messages[f].arrival(), arrival);
      expect_equal("deadline", m->host.messages[f].deadline(), arrival + 10000);
      const auto shift = static_cast<int64_t>(m->memory.writes[f].at - arrival);
      lowest = std::min(lowest, shift);
      highest = std::max(highest, shift);
    }
    expect("jitter is the later sensor's",
           lowest >= -100 && lowest < -50 && highest <= 100 + 20 && highest > 50);
  }
}

/* A slot nobody has, one that is free already, a stream that is not there. */
void test_bad_release(const Clock::Options &options) {
  Machine m(options, "a");
  m.host.release_after = kNever;
  m.add(make_stream(10, 1, 16, 2, HB_DRAM_BASE));
  m.host.write_at(1000, HB_SENSOR_RELEASE(0), 7);
  m.host.write_at(1001, HB_SENSOR_RELEASE(0), 1);
  m.host.write_at(1002, HB_SENSOR_RELEASE(3), 0);
  m.host.write_at(1003, HB_SENSOR_RELEASE(0) + 4, 0);
  m.host.write_at(1004, HB_SENSOR_RELEASE(0), 0);
  m.clock.run_until(2000);
  const std::vector<Resp> want = {Resp::kSlvErr, Resp::kSlvErr, Resp::kSlvErr, Resp::kSlvErr,
                                  Resp::kOkay};
  expect("answers", m.host.answers == want);
}

void test_refused(const Clock::Options &options) {
  Machine m(options, "a");
  m.add(make_stream(10, 1, 1024, 1, HB_DRAM_BASE));
  m.memory.refuse = HB_DRAM_BASE + 512;
  m.clock.run_until(2000);
  expect("reason",
         m.clock.failure() == "sensor stream 0 (camera): the write to 0x80000200 was refused");
}

void test_check(const Clock::Options &) {
  const hb_sim_stream_t good = make_stream(30, 1, 1024, 2, HB_DRAM_BASE);
  expect("a good stream", SensorHub::check(good).empty());
  hb_sim_stream_t bad[11] = {good, good, good, good, good, good, good, good, good, good, good};
  bad[0].rate_num = 0;
  bad[1].rate_den = 0;
  bad[2].probability_ppm = 1000001;
  bad[3].frame_bytes = 24;
  bad[4].num_slots = 9;
  bad[5].slot_addr[1] += 16;
  bad[6].slot_addr[0] = 0x7fffff00;
  bad[7].num_sources = HB_SIM_MAX_SOURCES + 1;
  bad[8].num_sources = 1;
  bad[8].sources[0].rate_num = 60;
  bad[9].path_bits = HB_SIM_MAX_PATH_BITS + 1;
  bad[10].path_bits = 2;
  bad[10].path_ppm[1] = 1000001;
  for (size_t i = 0; i < 11; ++i) {
    expect("bad stream " + std::to_string(i), !SensorHub::check(bad[i]).empty());
  }
}

}  // namespace

int main(int argc, char **argv) {
  Clock::Options options;
  for (int i = 2; i < argc; ++i) {
    options.reverse = options.reverse || std::strcmp(argv[i], "reverse") == 0;
    options.no_skip = options.no_skip || std::strcmp(argv[i], "no_skip") == 0;
  }
  const std::map<std::string, void (*)(const Clock::Options &)> tests = {
      {"arrival", test_arrival},
      {"overrun", test_overrun},
      {"independent", test_independent},
      {"fair", test_fair},
      {"jitter", test_jitter},
      {"bad_release", test_bad_release},
      {"refused", test_refused},
      {"check", test_check},
      {"sensor_rate", test_sensor_rate},
      {"sensor_jitter", test_sensor_jitter},
      {"synchronised", test_synchronised},
      {"path", test_path},
      {"stop", test_stop},
  };
  const auto test = argc > 1 ? tests.find(argv[1]) : tests.end();
  if (test == tests.end()) {
    std::printf("usage: sensor_test TEST [reverse] [no_skip]\n");
    return 2;
  }
  test->second(options);
  std::printf("%s\n", failures == 0 ? "ok" : "FAILED");
  return failures == 0 ? 0 : 1;
}
