/* SPDX-License-Identifier: Apache-2.0 */

/*
 * firmware.elf on the emulated CPU, with real sensors and NoC, and tiles that only have registers:
 *   boot_test FIRMWARE_ELF POLICY [reverse] [no_skip] [slice=N]
 *
 * Two models, one layer and two, on two tiles; the second depends on the first. Prints every
 * telemetry record and a summary that the variants of the test compare, and checks that every frame
 * went its way.
 */

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

extern "C" {
#include "test_image.h"
}
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"
#include "sim/cpu/host_cpu.h"
#include "sim/sensor/sensor_hub.h"
#include "tests/cpu/load_elf.h"
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

constexpr uint32_t kClockKhz = 250000;
constexpr Cycle kEnd = 12500000;  // 50 ms

hb_soc_t three_by_two() {
  hb_soc_t soc = hb_test::two_by_two();
  soc.noc = hb_test::plain_mesh(3, 2);
  soc.num_tiles = 2;
  soc.tiles[1].node = {2, 0};
  return soc;
}

/* Takes everything. */
class Memory : public hb::Ticked {
 public:
  Memory(Clock &clk, Noc &noc, hb::NodeId node) : Ticked(clk), port_(noc.attach(node, this)) {}
  Cycle tick(Cycle) override {
    while (port_.can_send(Net::kResponse) && port_.peek(Net::kRequest) != nullptr) {
      Packet *packet = port_.receive(Net::kRequest);
      packet->make_response(Resp::kOkay);
      port_.send(packet);
    }
    return kNever;
  }

 private:
  NocPort &port_;
};

/* The registers of a tile; a job takes 20000 cycles and does nothing. */
class RegisterTile : public hb::Ticked {
 public:
  RegisterTile(Clock &clk, Noc &noc, hb::NodeId node, hb::Link<bool> &irq)
      : Ticked(clk), port_(noc.attach(node, this)), irq_(irq) {}

  Cycle tick(Cycle now) override {
    if (running_ && now >= end_) {
      running_ = false;
      completed_ = true;
    }
    while (port_.can_send(Net::kResponse) && port_.peek(Net::kRequest) != nullptr) {
      Packet *packet = port_.receive(Net::kRequest);
      const uint32_t offset = packet->addr & 0xffffu;
      if (packet->is_read()) {
        packet->set_word(read(offset));
      } else {
        write(offset, packet->word(), now);
      }
      packet->make_response(Resp::kOkay);
      port_.send(packet);
    }
    if (completed_ != level_) {
      level_ = completed_;
      irq_.push(level_);
    }
    return running_ ? end_ : kNever;
  }

  std::vector<Cycle> doorbells;

 private:
  uint32_t read(uint32_t offset) const {
    switch (offset) {
      case HB_TILE_REG_ID:
        return test_image_tile_id(0);
      case HB_TILE_REG_COMPL_STATUS:
        return completed_ ? HB_TILE_COMPL_STATUS_VALID_MASK : 0;
      case HB_TILE_REG_COMPL_TAG:
        return tag_;
      default:
        return 0;
    }
  }
  void write(uint32_t offset, uint32_t value, Cycle now) {
    if (offset == HB_TILE_REG_JOB_TAG) {
      tag_ = value;
      running_ = true;
      end_ = now + 20000;
      doorbells.push_back(now);
    } else if (offset == HB_TILE_REG_COMPL_POP) {
      completed_ = false;
    }
  }

  NocPort &port_;
  hb::Link<bool> &irq_;
  bool running_ = false, completed_ = false, level_ = false;
  uint32_t tag_ = 0;
  Cycle end_ = 0;
};

struct Log {
  std::map<uint32_t, unsigned> records;  // by type
  std::vector<Cycle> irqs;               // rising edges of tile interrupts
  Cycle awake = 0;                       // in passes that ended
  Cycle slept = 0;                       // end of the last one
  bool bad = false;

  void telemetry(Cycle cycle, const uint32_t *words, uint32_t num) {
    ++records[HB_TEL_TYPE(words[0])];
    std::printf("%10" PRIu64 " record %u:", cycle, HB_TEL_TYPE(words[0]));
    for (uint32_t i = 1; i < num; ++i) {
      std::printf(" 0x%x", words[i]);
    }
    std::printf("\n");
    bad = bad || num != HB_TEL_WORDS(words[0]) + 1;
  }
  void irq(Cycle cycle, uint32_t bit, bool level) {
    std::printf("%10" PRIu64 " irq 0x%x %d\n", cycle, bit, level);
    if (level && bit < HB_IRQ_MAILBOX) {
      irqs.push_back(cycle);
    }
  }
};

hb::HostCpu::Config cpu_config(const hb_soc_t &soc, Log &log) {
  hb::HostCpu::Config config;
  config.node = hb::node_id(soc.noc, soc.host_node);
  config.num_tiles = soc.num_tiles;
  config.irq_cycles = 3;
  config.sink.ctx = &log;
  config.sink.telemetry = [](void *self, uint64_t cycle, const uint32_t *words, uint32_t num) {
    static_cast<Log *>(self)->telemetry(cycle, words, num);
  };
  config.sink.irq = [](void *self, uint64_t cycle, uint32_t bit, bool level) {
    static_cast<Log *>(self)->irq(cycle, bit, level);
  };
  config.sink.pass = [](void *self, uint64_t woke, uint64_t slept) {
    auto &log = *static_cast<Log *>(self);
    log.bad = log.bad || woke < log.slept || slept < woke;
    log.awake += slept - woke;
    log.slept = slept;
  };
  return config;
}

hb_sim_stream_t make_stream(uint32_t model, uint64_t rate) {
  hb_sim_stream_t stream{};
  stream.rate_num = rate;
  stream.rate_den = 1;
  stream.offset_cycles = 50000;
  stream.probability_ppm = 1000000;
  stream.frame_bytes = 4096;
  stream.num_slots = 2;
  stream.slot_addr[0] = test_image_slot_addr(model, 0);
  stream.slot_addr[1] = test_image_slot_addr(model, 1);
  return stream;
}

int failures = 0;

void expect_equal(const char *what, uint64_t got, uint64_t want) {
  if (got != want) {
    std::printf("%s: got %" PRIu64 ", expected %" PRIu64 "\n", what, got, want);
    ++failures;
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::printf("usage: boot_test FIRMWARE_ELF POLICY [reverse] [no_skip] [slice=N]\n");
    return 2;
  }
  Clock::Options options;
  Cycle slice = kEnd;
  for (int i = 3; i < argc; ++i) {
    options.reverse = options.reverse || std::strcmp(argv[i], "reverse") == 0;
    options.no_skip = options.no_skip || std::strcmp(argv[i], "no_skip") == 0;
    if (std::strncmp(argv[i], "slice=", 6) == 0) {
      slice = std::strtoull(argv[i] + 6, nullptr, 10);
    }
  }

  static test_image_t image;
  test_image_make(&image, 2, 1, 2, 2);
  image.header.policy = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  image.header.watchdog_cycles = 100000;
  image.models[1].num_layers = 1;
  image.variants[1].num_layers = 1;
  image.models[1].depends_on = 0;
  test_image_seal(&image);

  const hb_soc_t soc = three_by_two();
  Log log;
  Clock clock("clock", options);
  Noc noc("noc", clock, soc.noc, hb::AddressMap(soc));
  hb::HostCpu cpu("cpu", clock, noc, cpu_config(soc, log));
  hb::SensorHub hub("hub", clock, noc, {hb::node_id(soc.noc, soc.sensor_node), kClockKhz, 1});
  Memory memory(clock, noc, hb::node_id(soc.noc, soc.dram.node[0]));
  RegisterTile tile0(clock, noc, hb::node_id(soc.noc, soc.tiles[0].node), cpu.tile_irq(0));
  RegisterTile tile1(clock, noc, hb::node_id(soc.noc, soc.tiles[1].node), cpu.tile_irq(1));
  hub.add_stream(make_stream(0, 1000));
  hub.add_stream(make_stream(1, 1000));
  if (!hb_test::load_elf(argv[1], cpu) ||
      !cpu.load_private(HB_IMAGE_BASE, image.words, image.header.size_bytes)) {
    return 4;
  }

  for (Cycle until = slice; clock.cycle() < kEnd && !clock.failed() && !cpu.exited();
       until += slice) {
    clock.run_until(std::min(until, kEnd));
  }
  if (clock.failed()) {
    std::printf("%s\n", clock.failure().c_str());
    ++failures;
  }
  expect_equal("the firmware is still running", cpu.exited(), 0);

  /* 50 ms at 1000 frames/s from 0.2 ms on: 50 frames of each model; 3 jobs for each pair. */
  expect_equal("boot records", log.records[HB_TEL_BOOT], 1);
  expect_equal("frames arrived", log.records[HB_TEL_FRAME_ARRIVED], 100);
  expect_equal("frames started", log.records[HB_TEL_FRAME_STARTED], 100);
  expect_equal("frames done", log.records[HB_TEL_FRAME_DONE], 100);
  expect_equal("decisions", log.records[HB_TEL_DECISION], 150);
  expect_equal("jobs done", log.records[HB_TEL_JOB_DONE], 150);
  expect_equal("frames dropped", log.records[HB_TEL_FRAME_DROPPED], 0);
  expect_equal("faults", log.records[HB_TEL_FAULT], 0);
  expect_equal("records in one piece", log.bad, 0);

  /* The firmware's own cost: from a completion's interrupt to the doorbell it leads to. */
  std::vector<Cycle> doorbells = tile0.doorbells;
  doorbells.insert(doorbells.end(), tile1.doorbells.begin(), tile1.doorbells.end());
  std::sort(doorbells.begin(), doorbells.end());
  Cycle sum = 0, most = 0, num = 0;
  for (const Cycle irq : log.irqs) {
    const auto next = std::upper_bound(doorbells.begin(), doorbells.end(), irq);
    if (next != doorbells.end() && *next - irq < 5000) {
      sum += *next - irq;
      most = std::max(most, *next - irq);
      ++num;
    }
  }
  expect_equal("completions that led to a doorbell", num, 100);
  const hb_sim_host_stats_t stats = cpu.stats();
  /* 50 ms end between two frames: the host is asleep. */
  expect_equal("cycles awake", log.awake, stats.active_cycles);
  std::printf("completion to doorbell: mean %" PRIu64 " cycles, most %" PRIu64 "\n",
              num == 0 ? 0 : sum / num, most);
  std::printf("active %" PRIu64 " of %" PRIu64 " cycles, %" PRIu64 " instructions, %" PRIu64
              " reads, %" PRIu64 " writes, %" PRIu64 " cycles waiting, %" PRIu64 " wake-ups\n",
              stats.active_cycles, clock.cycle(), stats.instructions, stats.mmio_reads,
              stats.mmio_writes, stats.mmio_wait_cycles, stats.interrupts);
  std::printf("%s\n", failures == 0 ? "ok" : "FAILED");
  return failures == 0 ? 0 : 1;
}
