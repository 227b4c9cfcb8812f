/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claims about the whole simulator through hb_sim.h, with mock tiles; one mode each, because a
 * process can have one simulator: check        every documented range is checked, with a message
 * that names the value exit CODE    firmware's exit code comes back dead         a host that sleeps
 * with nothing to wake it is reported as a deadlock limit        a hanging tile runs into the limit
 * and its state can be seen fault        a violation of AXI at a tile's boundary ends the run and
 * is named run STALL_PPM SEED NO_SKIP SLICE  sensors, jobs, interrupts: prints everything
 * observable, which must not depend on the last two The last argument is always the file with the
 * firmware (soc_host.S).
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "dram_fixture.h"
#include "dram_watch.h"
#include "hb_sim.h"
#include "hilbert/hb_tile_regs.h"
#include "mock_tile.h"
#include "random.h"
#include "soc_script.h"

namespace hb {

const TileModelInfo *tile_model_info(unsigned index) {
  static const TileModelInfo mock = {"mock", hb_test::kMockId, 0, hb_test::make_mock_tile};
  return index == 0 ? &mock : nullptr;
}

}  // namespace hb

namespace {

int failures = 0;

void check(bool condition, const std::string &what) {
  if (!condition) {
    std::printf("failed: %s\n", what.c_str());
    ++failures;
  }
}

void must(hb_status_t status, const char *what) {
  if (status != HB_OK) {
    std::printf("%s: status %d\n", what, status);
    std::exit(1);
  }
}

hb_soc_t make_soc() {
  hb_soc_t soc{};
  std::strcpy(soc.name, "test");
  soc.clock_khz = 250000;
  soc.noc = hb_test::plain_mesh(3, 2);
  soc.host_node = {0, 0};
  soc.sensor_node = {0, 1};
  soc.irq_cycles = 4;
  soc.num_tiles = 2;
  for (uint32_t i = 0; i < 2; ++i) {
    std::snprintf(soc.tiles[i].name, sizeof soc.tiles[i].name, "tile%u", i);
    std::strcpy(soc.tiles[i].model, "mock");
  }
  soc.tiles[0].node = {1, 0};
  soc.tiles[1].node = {2, 1};
  soc.dram = hb_test::lpddr4_3200(1 << 20, 32);
  std::strcpy(soc.dram.preset, "lpddr4-3200");
  soc.dram.num_channels = 2;
  soc.dram.node[0] = {2, 0};
  soc.dram.node[1] = {1, 1};
  return soc;
}

// -------------------------------------------------------------------------------------- check

int check_ranges() {
  struct Case {
    const char *message;  // part of it
    std::function<void(hb_soc_t &, hb_sim_options_t &)> spoil;
  };
  const Case cases[] = {
      {"clock_khz", [](auto &s, auto &) { s.clock_khz = 0; }},
      {"noc.columns", [](auto &s, auto &) { s.noc.columns = 0; }},
      {"noc.columns", [](auto &s, auto &) { s.noc.columns = 17; }},
      {"noc.rows", [](auto &s, auto &) { s.noc.rows = 0; }},
      {"noc.flit_bits", [](auto &s, auto &) { s.noc.flit_bits = 96; }},
      {"noc.flit_bits", [](auto &s, auto &) { s.noc.flit_bits = 0; }},
      {"noc.buffer_flits", [](auto &s, auto &) { s.noc.buffer_flits = 1; }},
      {"noc.router_cycles", [](auto &s, auto &) { s.noc.router_cycles = 0; }},
      {"noc.link_cycles", [](auto &s, auto &) { s.noc.link_cycles = 0; }},
      {"irq_cycles", [](auto &s, auto &) { s.irq_cycles = 0; }},
      {"num_tiles", [](auto &s, auto &) { s.num_tiles = 0; }},
      {"num_tiles", [](auto &s, auto &) { s.num_tiles = 17; }},
      {"host_node: node (3, 0) is outside of the 3 x 2 mesh",
       [](auto &s, auto &) {
         s.host_node = {3, 0};
       }},
      {"sensor_node: node (0, 0) is taken by host_node",
       [](auto &s, auto &) {
         s.sensor_node = {0, 0};
       }},
      {"tiles[1].node: node (1, 0) is taken by tiles[0].node",
       [](auto &s, auto &) {
         s.tiles[1].node = {1, 0};
       }},
      {"dram.node[1]: node (2, 0) is taken by dram.node[0]",
       [](auto &s, auto &) {
         s.dram.node[1] = {2, 0};
       }},
      {"tiles[0].node: node (1, 2) is outside",
       [](auto &s, auto &) {
         s.tiles[0].node = {1, 2};
       }},
      {"tiles[1].name: tiles[0] is named tile0",
       [](auto &s, auto &) { std::strcpy(s.tiles[1].name, "tile0"); }},
      {"tiles[1].name", [](auto &s, auto &) { s.tiles[1].name[0] = 0; }},
      {"tiles[1].model: there is no tile model nosuch",
       [](auto &s, auto &) { std::strcpy(s.tiles[1].model, "nosuch"); }},
      {"dram.size_bytes", [](auto &s, auto &) { s.dram.size_bytes = 0; }},
      {"dram.size_bytes", [](auto &s, auto &) { s.dram.size_bytes = 5000; }},
      {"dram.size_bytes", [](auto &s, auto &) { s.dram.size_bytes = (uint64_t{1} << 31) + 4096; }},
      {"dram.num_channels", [](auto &s, auto &) { s.dram.num_channels = 3; }},
      {"dram.num_channels", [](auto &s, auto &) { s.dram.num_channels = 8; }},
      {"dram.interleave_bytes", [](auto &s, auto &) { s.dram.interleave_bytes = 128; }},
      {"dram.banks", [](auto &s, auto &) { s.dram.banks = 0; }},
      {"dram.row_bytes", [](auto &s, auto &) { s.dram.row_bytes = 1000; }},
      {"dram.burst_bytes", [](auto &s, auto &) { s.dram.burst_bytes = 8; }},
      {"dram.queue_depth", [](auto &s, auto &) { s.dram.queue_depth = 0; }},
      {"dram.queue_depth", [](auto &s, auto &) { s.dram.queue_depth = 65; }},
      {"dram.tck_ps", [](auto &s, auto &) { s.dram.tck_ps = 0; }},
      {"dram.tccd_ps", [](auto &s, auto &) { s.dram.tccd_ps = 0; }},
      {"dram.trtp_ps", [](auto &s, auto &) { s.dram.trtp_ps = 2000000000; }},
      {"dram.trefi_ps", [](auto &s, auto &) { s.dram.trefi_ps = 300000; }},
      {"dram.trefi_ps: 3903.750 ns between refreshes",
       [](auto &s, auto &) { s.dram.trcd_ps = s.dram.tras_ps = 3000000; s.dram.trc_ps = 3018000; }},
      {"dram.trc_ps: must be at least tras and trp", [](auto &s, auto &) { s.dram.trc_ps = 59999; }},
      {"dram.tck_ps: must be at most tccd", [](auto &s, auto &) { s.dram.tck_ps = 9000000; }},
      {"dram.starvation_cap", [](auto &s, auto &) { s.dram.starvation_cap = 0; }},
      {"dram.trrd_ps", [](auto &s, auto &) { s.dram.trrd_ps = 0; }},
      {"dram.tfaw_ps", [](auto &s, auto &) { s.dram.tfaw_ps = 9999; }},
      {"dram.tras_ps", [](auto &s, auto &) { s.dram.tras_ps = 17999; }},
      {"stall_ppm", [](auto &, auto &o) { o.stall_ppm = 900001; }},
      {"poll_cycles", [](auto &, auto &o) { o.poll = [](void *, uint64_t) { return false; }; }},
  };
  for (const Case &c : cases) {
    hb_soc_t soc = make_soc();
    hb_sim_options_t options{};
    c.spoil(soc, options);
    hb_sim_t *sim = nullptr;
    const hb_status_t status = hb_sim_create(&soc, &options, &sim);
    check(status == HB_ERR_ARG && std::strstr(hb_sim_error(nullptr), c.message) != nullptr,
          std::string("expected '") + c.message + "', got '" + hb_sim_error(nullptr) + "'");
  }
  // The good one is good, and the only one.
  const hb_soc_t soc = make_soc();
  const hb_sim_options_t options{};
  hb_sim_t *sim = nullptr, *second = nullptr;
  must(hb_sim_create(&soc, &options, &sim), "create");
  check(hb_sim_create(&soc, &options, &second) == HB_ERR_BUSY, "a second simulator is refused");
  uint8_t bytes[64] = {};
  check(hb_sim_load_dram(sim, HB_DRAM_BASE + (1 << 20) - 32, bytes, 64) == HB_ERR_RANGE,
        "load beyond DRAM");
  check(hb_sim_load_dram(sim, 0, bytes, 64) == HB_ERR_RANGE, "load before DRAM");
  check(hb_sim_read_dram(sim, HB_DRAM_BASE + (1 << 20), bytes, 1) == HB_ERR_RANGE,
        "read beyond DRAM");
  check(hb_sim_load_private(sim, HB_TCM_BASE + HB_TCM_SIZE - 4, bytes, 8) == HB_ERR_RANGE,
        "load beyond the TCM");
  uint32_t id = 0, caps = 0;
  check(hb_sim_tile_model_info("mock", &id, &caps) == HB_OK && id == hb_test::kMockId,
        "the model is known");
  check(hb_sim_tile_model_info("nosuch", &id, &caps) == HB_ERR_INPUT, "another is not");
  hb_sim_stream_t stream{};
  stream.rate_num = 1;
  stream.rate_den = 1;
  stream.frame_bytes = 64;
  stream.num_slots = 1;
  stream.slot_addr[0] = HB_DRAM_BASE + (1 << 20) - 256;
  must(hb_sim_add_stream(sim, &stream), "stream");
  stream.frame_bytes = 512;
  check(hb_sim_add_stream(sim, &stream) == HB_ERR_RANGE, "a slot beyond DRAM");
  stream.frame_bytes = 64;
  stream.rate_num = 0;
  check(hb_sim_add_stream(sim, &stream) == HB_ERR_ARG &&
            std::strstr(hb_sim_error(sim), "rate_num") != nullptr,
        "a rate of zero");
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

// --------------------------------------------------------------------------------------- runs

std::vector<std::string> events;

void on_job(void *, const hb_sim_job_t *job) {
  char line[240];
  std::snprintf(line, sizeof line,
                "%" PRIu64 " job tile %u tag %u status %u doorbell %" PRIu64 " start %" PRIu64
                " busy %" PRIu64 " beats %" PRIu64 " %" PRIu64,
                job->end, job->tile, job->tag, job->status, job->doorbell, job->start, job->busy,
                job->rd_beats, job->wr_beats);
  events.push_back(line);
}

void on_irq(void *, uint64_t cycle, uint32_t bit, bool level) {
  events.push_back(std::to_string(cycle) + " irq " + std::to_string(bit) +
                   (level ? " up" : " down"));
}

void on_telemetry(void *, uint64_t cycle, const uint32_t *words, uint32_t num) {
  events.push_back(std::to_string(cycle) + " telemetry " + std::to_string(words[0]) + " of " +
                   std::to_string(num));
}

/* `kind` and `burst` are of the mock tile. */
void add_job(soc_script_t &script, uint32_t tile, uint32_t kind, uint32_t beats, uint32_t source,
             uint32_t destination, uint32_t burst, uint32_t tag) {
  const uint32_t base = HB_TILE_BASE(tile);
  soc_script_write(&script, base + HB_TILE_REG_JOB_PROG, kind);
  soc_script_write(&script, base + HB_TILE_REG_JOB_LEN, beats);
  soc_script_write(&script, base + HB_TILE_REG_JOB_BASE0, source);
  soc_script_write(&script, base + HB_TILE_REG_JOB_BASE1, destination);
  soc_script_write(&script, base + HB_TILE_REG_JOB_BASE2, burst);
  soc_script_write(&script, base + HB_TILE_REG_JOB_TAG, tag);
}

hb_sim_t *create(const hb_sim_options_t &options) {
  const hb_soc_t soc = make_soc();
  hb_sim_t *sim = nullptr;
  must(hb_sim_create(&soc, &options, &sim), "create");
  hb_dram_watch(sim, &soc);
  return sim;
}

int exit_code(uint32_t code, const char *firmware) {
  hb_sim_t *sim = create(hb_sim_options_t{});
  soc_script_t script{};
  soc_script_end(&script, code);
  soc_script_load(&script, sim, firmware);
  check(hb_sim_run(sim, 100000) == HB_SIM_EXIT, "the run ends by exit");
  check(hb_sim_exit_code(sim) == code, "with the firmware's code");
  check(hb_sim_cycle(sim) < 1000, "at once");
  check(hb_sim_run(sim, 200000) == HB_SIM_EXIT, "and stays ended");
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

int dead(const char *firmware) {
  hb_sim_t *sim = create(hb_sim_options_t{});
  soc_script_t script{};
  soc_script_sleep(&script, HB_IRQ_TILE(0));
  soc_script_load(&script, sim, firmware);
  check(hb_sim_run(sim, UINT64_MAX) == HB_SIM_DEADLOCK, "the run ends as a deadlock");
  check(std::strstr(hb_sim_error(sim), "nothing will ever happen") != nullptr, hb_sim_error(sim));
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

int limit(const char *firmware) {
  hb_sim_t *sim = create(hb_sim_options_t{});
  soc_script_t script{};
  add_job(script, 1, hb_test::kHang, 1, 0, 0, 0, 0x1234);
  soc_script_write(&script, HB_TILE_BASE(1) + HB_TILE_REG_CTRL, 1);
  soc_script_sleep(&script, HB_IRQ_TILE(1));
  soc_script_load(&script, sim, firmware);
  check(hb_sim_run(sim, 50000) == HB_SIM_LIMIT && hb_sim_cycle(sim) == 50000,
        "the run reaches its limit");
  hb_sim_tile_stats_t stats;
  hb_sim_tile_stats(sim, 1, &stats);
  check(stats.idle == 0 && stats.running_tag == 0x1234 && stats.busy > 40000,
        "the hanging job can be seen");
  hb_sim_tile_stats(sim, 0, &stats);
  check(stats.idle == 1 && stats.evals == 0, "the other tile slept all the time");
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

int fault(const char *firmware) {
  hb_sim_t *sim = create(hb_sim_options_t{});
  soc_script_t script{};
  add_job(script, 1, hb_test::kBreak, 1, HB_DRAM_BASE, 0, 0, 5);
  soc_script_sleep(&script, HB_IRQ_TILE(1));
  soc_script_load(&script, sim, firmware);
  check(hb_sim_run(sim, 50000) == HB_SIM_FAULT, "the run ends with a fault");
  check(std::strstr(hb_sim_error(sim), "tile1, cycle ") != nullptr &&
            std::strstr(hb_sim_error(sim), "crosses a 4096-byte boundary") != nullptr,
        hb_sim_error(sim));
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

int run(uint32_t stall_ppm, uint64_t seed, bool no_skip, uint64_t slice, const char *firmware) {
  hb_sim_options_t options{};
  options.seed = seed;
  options.no_skip = no_skip;
  options.stall_ppm = stall_ppm;
  options.stall_seed = seed;
  options.sink.job = on_job;
  options.sink.irq = on_irq;
  options.sink.telemetry = on_telemetry;
  unsigned polls = 0;
  options.poll = [](void *ctx, uint64_t) {
    ++*static_cast<unsigned *>(ctx);
    return false;
  };
  options.poll_ctx = &polls;
  options.poll_cycles = 1000;
  hb_sim_t *sim = create(options);

  hb_test::Random random(seed);
  std::vector<uint8_t> bytes(1 << 19);
  for (uint8_t &byte : bytes) {
    byte = static_cast<uint8_t>(random.next());
  }
  must(hb_sim_load_dram(sim, HB_DRAM_BASE, bytes.data(), bytes.size()), "load");
  hb_sim_stream_t stream{};
  std::strcpy(stream.name, "camera");
  stream.rate_num = 20000;  // a frame in 12500 cycles
  stream.rate_den = 1;
  stream.offset_cycles = 700;
  stream.jitter_cycles = 300;
  stream.probability_ppm = 500000;
  stream.frame_bytes = 5000 / 16 * 16;
  stream.num_slots = 2;
  stream.slot_addr[0] = HB_DRAM_BASE + (3 << 18);
  stream.slot_addr[1] = HB_DRAM_BASE + (3 << 18) + 0x2000;
  must(hb_sim_add_stream(sim, &stream), "stream");

  soc_script_t script{};
  struct Copy {
    uint32_t source, destination, bytes;
  };
  std::vector<Copy> copies;
  soc_script_write(&script, HB_TILE_BASE(0) + HB_TILE_REG_CTRL, 1);
  soc_script_write(&script, HB_TILE_BASE(1) + HB_TILE_REG_CTRL, 1);
  for (uint32_t round = 0; round < 6; ++round) {
    for (uint32_t tile = 0; tile < 2; ++tile) {
      const uint32_t beats = 1 + random.below(600), bursts[] = {0, 5, 16};
      // Round r of tile t copies to its own 12 KiB above the sources.
      const Copy copy = {random.below((1 << 19) / 16 - beats) * 16,
                         (1u << 19) + (round * 2 + tile) * 12288, beats * 16};
      copies.push_back(copy);
      add_job(script, tile, hb_test::kCopy, beats, HB_DRAM_BASE + copy.source,
              HB_DRAM_BASE + copy.destination, bursts[random.below(3)], round * 2 + tile);
    }
    for (uint32_t tile = 0; tile < 2; ++tile) {
      soc_script_sleep(&script, HB_IRQ_TILE(tile));
      soc_script_expect(&script, HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_TAG, round * 2 + tile);
      soc_script_write(&script, HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_POP, 1);
    }
    // A frame arrives: take it, give the slot back (slots are used lowest first).
    soc_script_sleep(&script, HB_IRQ_MAILBOX);
    soc_script_expect(&script, HB_LOCAL_MBOX_WORD(HB_MBOX_FRAME), round);
    soc_script_write(&script, HB_LOCAL_MBOX_POP, 1);
    soc_script_write(&script, HB_SENSOR_RELEASE(0), 0);
    soc_script_write(&script, HB_LOCAL_TELEMETRY, (42u << 24) | 1u);
    soc_script_write(&script, HB_LOCAL_TELEMETRY, round);
  }
  soc_script_end(&script, 0);
  soc_script_load(&script, sim, firmware);

  hb_sim_stop_t stop = HB_SIM_LIMIT;
  for (uint64_t until = slice; stop == HB_SIM_LIMIT && until < 10000000; until += slice) {
    stop = hb_sim_run(sim, until);
  }
  // Records of one cycle come in the order of the modules, always the same.
  for (const std::string &event : events) {
    std::puts(event.c_str());
  }
  std::printf("end @%" PRIu64 " stop %d code %u %s\n", hb_sim_cycle(sim), stop,
              hb_sim_exit_code(sim), hb_sim_error(sim));
  check(stop == HB_SIM_EXIT && hb_sim_exit_code(sim) == 0, "the script ends well");
  check(std::count_if(events.begin(), events.end(),
                      [](const std::string &e) { return e.find(" job ") != std::string::npos; }) ==
            12,
        "12 jobs");
  check(hb_dram_watched() > 1000, "the rules of DRAM are watched");
  check(polls > 10, "the poll function is called");
  for (const Copy &copy : copies) {
    std::vector<uint8_t> real(copy.bytes);
    must(hb_sim_read_dram(sim, HB_DRAM_BASE + copy.destination, real.data(), real.size()), "read");
    check(std::memcmp(real.data(), bytes.data() + copy.source, copy.bytes) == 0,
          "the copies are right");
  }
  for (uint32_t tile = 0; tile < 2; ++tile) {
    hb_sim_tile_stats_t s;
    hb_sim_tile_stats(sim, tile, &s);
    std::printf("tile %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s.jobs,
                s.errors, s.busy, s.rd_beats, s.wr_beats);
    check(no_skip ? s.evals == hb_sim_cycle(sim) : s.evals < hb_sim_cycle(sim) / 2,
          "idle tiles are skipped");
  }
  hb_sim_noc_stats_t noc;
  hb_sim_noc_stats(sim, &noc);
  std::printf("noc %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
              noc.flits[0], noc.flits[1], noc.packets[0], noc.packets[1], noc.latency_sum[0],
              noc.latency_sum[1]);
  for (uint32_t channel = 0; channel < 2; ++channel) {
    hb_sim_dram_stats_t s;
    hb_sim_dram_stats(sim, channel, &s);
    std::printf("dram %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                " %" PRIu64 " %" PRIu64 "\n",
                s.reads, s.writes, s.row_hits, s.row_misses, s.row_conflicts, s.refreshes,
                s.bytes_read, s.bytes_written);
  }
  hb_sim_host_stats_t host;
  hb_sim_host_stats(sim, &host);
  std::printf("host %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
              host.instructions, host.active_cycles, host.mmio_reads, host.mmio_writes,
              host.mmio_wait_cycles);
  hb_sim_free(sim);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string mode = argc > 2 ? argv[1] : "";
  const char *firmware = argv[argc - 1];
  if (mode == "check") {
    return check_ranges();
  }
  if (mode == "exit" && argc == 4) {
    return exit_code(static_cast<uint32_t>(std::atoi(argv[2])), firmware);
  }
  if (mode == "dead") {
    return dead(firmware);
  }
  if (mode == "limit") {
    return limit(firmware);
  }
  if (mode == "fault") {
    return fault(firmware);
  }
  if (mode == "run" && argc == 7) {
    return run(static_cast<uint32_t>(std::atoi(argv[2])),
               static_cast<uint64_t>(std::atoll(argv[3])), std::atoi(argv[4]) != 0,
               static_cast<uint64_t>(std::atoll(argv[5])), firmware);
  }
  std::fprintf(stderr,
               "usage: soc_test check|exit CODE|dead|limit|fault|run STALL_PPM SEED NO_SKIP SLICE "
               "FIRMWARE\n");
  return 2;
}
