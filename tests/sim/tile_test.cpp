/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: jobs of tiles behind their nodes, over the NoC, leave the right bytes in DRAM, errors come
 * back as error responses, and records and interrupts are the same whatever the order of modules
 * and idle skipping; with random back-pressure too. Arguments: STALL_PPM SEED NO_SKIP REVERSE. The
 * log printed must not depend on the last two.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "random.h"
#include "tile_machine.h"

namespace {

int failures = 0;
std::vector<hb_sim_job_t> jobs;

void on_job(void *, const hb_sim_job_t *job) {
  jobs.push_back(*job);
}

void check(bool condition, const char *what) {
  if (!condition) {
    std::printf("failed: %s\n", what);
    ++failures;
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: tile_test STALL_PPM SEED NO_SKIP REVERSE\n");
    return 2;
  }
  const auto stall_ppm = static_cast<uint32_t>(std::atoi(argv[1]));
  const auto seed = static_cast<uint64_t>(std::atoll(argv[2]));
  hb::Clock::Options options;
  options.no_skip = std::atoi(argv[3]) != 0;
  options.reverse = std::atoi(argv[4]) != 0;

  hb::Clock clock("clock", options);
  hb_sim_sink_t sink{};
  sink.job = on_job;
  hb_test::TileMachine machine(clock, stall_ppm, seed, sink);
  const hb_soc_t &soc = machine.soc;
  hb::Noc &noc = machine.noc;
  hb::DramMemory &memory = machine.memory;
  hb_test::ScriptHost &host = machine.host;

  // Random bytes everywhere; copies of odd sizes between places that do not overlap, kept in
  // `bytes` too.
  hb_test::Random random(seed);
  std::vector<uint8_t> bytes(soc.dram.size_bytes);
  for (uint8_t &byte : bytes) {
    byte = static_cast<uint8_t>(random.next());
  }
  memory.write(0, bytes.data(), bytes.size());
  const uint32_t half = 1 << 19;
  for (uint32_t tile = 0; tile < 2; ++tile) {
    host.write(HB_TILE_BASE(tile) + HB_TILE_REG_CTRL, 1);
    host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_ID, hb_test::kMockId);
  }
  uint32_t tag = 1;
  for (unsigned round = 0; round < 12; ++round) {
    for (uint32_t tile = 0; tile < 2; ++tile) {
      // Tile t reads from the lower half and writes to quarter t of the upper one.
      const uint32_t beats = 1 + random.below(900), bursts[] = {0, 1, 3, 7, 16};
      const uint32_t source = random.below((half - beats * 16) / 16) * 16;
      const uint32_t destination =
          half + tile * half / 2 + random.below((half / 2 - beats * 16) / 16) * 16;
      host.job(tile, hb_test::kCopy, beats, HB_DRAM_BASE + source, HB_DRAM_BASE + destination,
               bursts[random.below(5)], tag++);
      std::copy_n(bytes.begin() + source, beats * 16, bytes.begin() + destination);
    }
    for (uint32_t tile = 0; tile < 2; ++tile) {
      host.wait_irq(tile);
      host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_TAG, tag - 2 + tile);
      host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_STATUS, 0x80000000u | HB_TILE_STATUS_OK);
      host.write(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_POP, 1);
      host.wait_irq(tile, false);
    }
    if (round % 4 == 3) {
      host.wait_cycles(5000);  // asleep for a while
    }
  }
  // Three queued jobs at once; out of range and unmapped memory; accesses the registers refuse.
  host.job(0, hb_test::kReadOnly, 40, HB_DRAM_BASE, 0, 0, 100);
  host.job(0, hb_test::kReadOnly, 40, HB_DRAM_BASE + (1 << 20) - 64, 0, 0, 101);
  host.job(0, hb_test::kWriteOnly, 16, 0, 0x60000000u, 0, 102);
  host.wait_irq(0);
  host.wait_cycles(3000);
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t status[] = {HB_TILE_STATUS_OK, HB_TILE_STATUS_AXI_READ,
                               HB_TILE_STATUS_AXI_WRITE};
    host.expect(HB_TILE_BASE(0) + HB_TILE_REG_COMPL_TAG, 100 + i);
    host.expect(HB_TILE_BASE(0) + HB_TILE_REG_COMPL_STATUS, 0x80000000u | status[i]);
    host.write(HB_TILE_BASE(0) + HB_TILE_REG_COMPL_POP, 1);
  }
  host.write(HB_TILE_BASE(0) + 0xffc, 1, hb::Resp::kSlvErr);
  host.write(0x70000000u, 1, hb::Resp::kDecErr);
  host.expect(0x10000000u, 0, 0, hb::Resp::kDecErr);
  host.expect(HB_DRAM_BASE + (1 << 20), 0, 0, hb::Resp::kSlvErr);

  clock.run_until(2000000);
  // Records of one cycle come in the order of the modules.
  std::stable_sort(jobs.begin(), jobs.end(), [](const hb_sim_job_t &a, const hb_sim_job_t &b) {
    return a.end != b.end ? a.end < b.end : a.tile < b.tile;
  });
  for (const hb_sim_job_t &job : jobs) {
    std::printf("job tile %u tag %u status %u doorbell %" PRIu64 " start %" PRIu64 " end %" PRIu64
                " busy %" PRIu64 " rd %" PRIu64 " wr %" PRIu64 "\n",
                job.tile, job.tag, job.status, job.doorbell, job.start, job.end, job.busy,
                job.rd_beats, job.wr_beats);
  }
  for (const std::string &line : host.irq_log) {
    std::puts(line.c_str());
  }
  std::printf("script ended @%" PRIu64 "\n", host.finished_at);
  check(host.done(), "the script ends");
  check(host.errors == 0, "the script sees what it expects");
  check(jobs.size() == 27, "27 job records");
  for (const hb_sim_job_t &job : jobs) {
    check(job.doorbell <= job.start && job.start < job.end && job.busy == job.end - job.start,
          "times of a record");
  }
  std::vector<uint8_t> real(bytes.size());
  memory.read(0, real.data(), real.size());
  check(real == bytes, "DRAM holds what the copies leave");
  check(noc.at_rest() && noc.pool().in_use() == 0, "the network is at rest");
  check(clock.dead(), "everything sleeps at the end");
  for (const auto &tile : machine.tiles) {
    const hb_sim_tile_stats_t stats = tile->stats();
    std::printf("%s: jobs %" PRIu64 " errors %" PRIu64 " busy %" PRIu64 " rd %" PRIu64
                " wr %" PRIu64 "\n",
                tile->name(), stats.jobs, stats.errors, stats.busy, stats.rd_beats, stats.wr_beats);
    check(stats.idle == 1 && stats.queue_level == 0, "the tile is idle at the end");
    check(options.no_skip ? stats.evals == clock.cycle() : stats.evals < clock.cycle(),
          "idle cycles are skipped");
  }
  return failures == 0 ? 0 : 1;
}
