/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tile_fault_test SOC.yaml SOC_HOST.bin ENGINE STALL_PPM SEED NO_SKIP SLICE
 *
 * Tiles hang, get errors and are reset through HB_NI_RESET, at any moment of their jobs, all tiles
 * of a machine at once. Claims:
 *   - a fault happens in its cycle and is told; a hanging job does not end, a read error fails the
 *     job, and nobody else's;
 *   - when the write to HB_NI_RESET is answered nothing of the old job is under way: what it was to
 *     write is not written later. The tile's registers and counters are 0, and its next job is
 * right;
 *   - the boundary's records, cut at resets, are what the RTL does (hb_replay);
 *   - ENGINE (rtl, twin, functional), NO_SKIP and SLICE change no cycle: everything observable is
 *     printed.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "hb_certify_cut.h"
#include "hb_config.h"
#include "hb_map.h"
#include "hb_replay.h"
#include "hb_sim.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_tile_regs.h"
#include "random.h"
#include "soc_script.h"

namespace {

constexpr uint32_t kArea = 1 << 20;      // of a tile's tensors
constexpr uint32_t kAreas = 128u << 20;  // offset in DRAM of the first
constexpr uint64_t kLate = 3000;         // cycles for a script's few accesses
constexpr uint32_t kRounds = 12;
constexpr uint32_t kTries = 2;  // a round's faulty jobs, and those after it

int failures = 0;

__attribute__((format(printf, 2, 3))) void check(bool condition, const char *format, ...) {
  if (condition) return;
  ++failures;
  va_list args;
  va_start(args, format);
  std::printf("failed: ");
  std::vprintf(format, args);
  std::printf("\n");
  va_end(args);
}

void must(bool condition, const char *what) {
  if (!condition) {
    std::printf("%s\n", what);
    std::exit(1);
  }
}

struct Seen {
  std::vector<std::vector<hb_sim_boundary_t>> boundary;  // by tile
  std::vector<std::vector<hb_sim_job_t>> jobs;
  std::vector<hb_sim_tile_event_t> events;
};
Seen seen;

void on_job(void *, const hb_sim_job_t *job) {
  seen.jobs[job->tile].push_back(*job);
  std::printf("%" PRIu64 " tile %u job %x status %u at %u, doorbell %" PRIu64 " start %" PRIu64
              " busy %" PRIu64 " array %" PRIu64 " beats %" PRIu64 " %" PRIu64 "\n",
              job->end, job->tile, job->tag, job->status, job->command, job->doorbell, job->start,
              job->busy, job->array, job->rd_beats, job->wr_beats);
}

void on_event(void *, const hb_sim_tile_event_t *event) {
  seen.events.push_back(*event);
  std::printf("%" PRIu64 " tile %u event %d, running %d %x from %" PRIu64 "\n", event->cycle,
              event->tile, event->kind, event->running, event->tag, event->start);
}

void on_irq(void *, uint64_t cycle, uint32_t bit, bool level) {
  std::printf("%" PRIu64 " irq %x %d\n", cycle, bit, level);
}

void on_boundary(void *, const hb_sim_boundary_t *record) {
  seen.boundary[record->tile].push_back(*record);
}

/* The workload, with the program that a tile is to run. */
struct Program {
  uint32_t addr = 0, commands = 0, constants = 0;
  uint64_t estimate = 0, in_bytes = 0, out_bytes = 0;
};

hb_layer_t conv() {
  hb_layer_t layer{};
  std::strcpy(layer.name, "conv");
  layer.op = HB_OP_CONV;
  layer.input = HB_LAYER_PREVIOUS;
  layer.in_c = layer.out_c = 32;
  layer.in_h = layer.in_w = 12;
  layer.ker_h = layer.ker_w = 3;
  layer.stride_h = layer.stride_w = layer.dil_h = layer.dil_w = 1;
  layer.x_signed = layer.w_signed = layer.y_signed = true;
  layer.clip_max = 127;
  return layer;
}

hb_layer_t pool() {
  hb_layer_t layer = conv();
  std::strcpy(layer.name, "pool");
  layer.op = HB_OP_MAX_POOL;
  layer.in_h = layer.in_w = 10;  // what the convolution leaves
  layer.x_scale = layer.y_scale = 1.0;
  layer.out_c = 0;
  layer.out_c = hb_layer_out_c(&layer);
  layer.pad_top = layer.pad_bottom = layer.pad_left = layer.pad_right = 1;
  layer.clip_min = -128;
  layer.w_signed = false;
  return layer;
}

/* Of the first layer that the tile can run. */
Program find_program(const hb_workload_t &workload, uint32_t tile, const hb_task_t &task) {
  const uint8_t *image = workload.image;
  const auto *header = reinterpret_cast<const hb_image_header_t *>(image);
  const auto *tiles = reinterpret_cast<const hb_image_tile_t *>(image + header->tiles_offset);
  const auto *layers = reinterpret_cast<const hb_image_layer_t *>(image + header->layers_offset);
  const auto *programs =
      reinterpret_cast<const hb_image_program_t *>(image + header->programs_offset);
  for (uint32_t i = 0; i < header->num_layers; ++i) {
    const hb_image_program_t &program = programs[i * header->num_kinds + tiles[tile].kind];
    const hb_layer_t &layer = task.model.layers[i];
    if (program.addr != HB_IMAGE_NONE) {
      return {program.addr,       program.commands,        layers[i].const_addr,
              program.est_cycles, hb_map_in_bytes(&layer), hb_map_out_bytes(&layer)};
    }
  }
  must(false, "a tile can run no layer");
  return {};
}

uint32_t in_area(uint32_t tile) {
  return HB_DRAM_BASE + kAreas + 2 * tile * kArea;
}
uint32_t out_area(uint32_t tile) {
  return in_area(tile) + kArea;
}

class Test {
 public:
  Test(const hb_soc_t &soc, uint64_t seed) : soc_(soc), random_(seed) {}

  /* What the host does, and the faults. */
  void write_script(const std::vector<Program> &programs, bool stalls, hb_sim_t *sim) {
    programs_ = &programs;
    uint64_t longest = 0;
    for (const Program &program : programs)
      longest = std::max(longest, program.estimate);
    limit_ = (stalls ? 5 : 2) * longest + kLate;  // the tiles run at the same time
    length_ = 2 * limit_ + 4 * kLate;
    for (uint32_t round = 0; round < kRounds; ++round)
      add_round(round, sim);
    soc_script_end(&script_, 0);
  }
  const soc_script_t &script() const { return script_; }
  uint64_t begin(uint32_t round) const { return 2 * kLate + round * length_; }
  /* The tiles have been reset, and their next jobs are not there yet: from, and to. */
  uint64_t quiet_from(uint32_t round) const { return begin(round) + limit_ + kLate; }
  uint64_t quiet_to(uint32_t round) const { return quiet_from(round) + kLate; }
  const std::vector<hb_sim_fault_t> &faults() const { return faults_; }
  static bool resets(uint32_t round) { return round != 0 && round % 4 != 3; }

 private:
  void sleep_until(uint64_t cycle) {
    soc_script_write(&script_, HB_LOCAL_ALARM_LO, static_cast<uint32_t>(cycle));
    soc_script_write(&script_, HB_LOCAL_ALARM_HI, static_cast<uint32_t>(cycle >> 32));
    soc_script_sleep(&script_, HB_IRQ_TIMER);
  }
  void set_up(uint32_t tile) {
    soc_script_write(&script_, HB_TILE_BASE(tile) + HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  }
  void ring(uint32_t tile, uint32_t tag) {
    const uint32_t base = HB_TILE_BASE(tile);
    const Program &program = (*programs_)[tile];
    soc_script_write(&script_, base + HB_TILE_REG_JOB_PROG, program.addr);
    soc_script_write(&script_, base + HB_TILE_REG_JOB_LEN, program.commands);
    soc_script_write(&script_, base + HB_TILE_REG_JOB_BASE0, in_area(tile));
    soc_script_write(&script_, base + HB_TILE_REG_JOB_BASE1, out_area(tile));
    soc_script_write(&script_, base + HB_TILE_REG_JOB_BASE2, program.constants);
    soc_script_write(&script_, base + HB_TILE_REG_JOB_TAG, tag);
  }
  void take_completion(uint32_t tile, uint32_t tag) {
    const uint32_t base = HB_TILE_BASE(tile);
    soc_script_sleep(&script_, HB_IRQ_TILE(tile));
    soc_script_expect(&script_, base + HB_TILE_REG_COMPL_TAG, tag);
    soc_script_write(&script_, base + HB_TILE_REG_COMPL_POP, 1);
    soc_script_expect(&script_, base + HB_TILE_REG_COMPL_TAG, 0);  // and the wire falls meanwhile
  }
  void reset(uint32_t tile) {
    soc_script_write(&script_, HB_NI_BASE(tile) + HB_NI_RESET, HB_NI_RESET_TILE);
    for (const uint32_t reg :
         {HB_TILE_REG_CTRL, HB_TILE_REG_STATUS, HB_TILE_REG_JOB_PROG, HB_TILE_REG_COMPL_STATUS,
          HB_TILE_REG_PERF_RD_BEATS, HB_TILE_REG_PERF_STARTED}) {
      soc_script_expect(&script_, HB_TILE_BASE(tile) + reg, 0);
    }
    set_up(tile);
  }
  void fail_at(hb_sim_t *sim, uint32_t tile, hb_tile_event_kind_t kind, uint64_t cycle) {
    faults_.push_back({tile, kind, cycle});
    must(hb_sim_add_fault(sim, &faults_.back()) == HB_OK, hb_sim_error(sim));
  }

  /*
   * Round 0 is without fault. Of the others every fourth has read errors; the rest hangs, within
   * the jobs or before them, or is reset in the middle of jobs that are well.
   */
  void add_round(uint32_t round, hb_sim_t *sim) {
    const uint64_t at = begin(round);
    sleep_until(at);
    for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile) {
      const uint64_t estimate = (*programs_)[tile].estimate;
      if (round == 0) {
        set_up(tile);
      } else if (!resets(round)) {  // early enough to meet a read of the job, wherever it is
        fail_at(sim, tile, HB_TILE_EVENT_ERROR, at + random_.below(uint32_t(800 + estimate / 8)));
      } else if (round % 4 == 2) {
        // only a reset, in the middle of a job: with reads and writes in the network
      } else if (round % 4 == 1 && round / 4 % 2 == 1) {
        fail_at(sim, tile, HB_TILE_EVENT_HANG, at - 1 - random_.below(100));
      } else {
        fail_at(sim, tile, HB_TILE_EVENT_HANG, at + random_.below(uint32_t(estimate * 5 / 4)));
      }
    }
    for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile) {
      ring(tile, HB_TAG(tile, round, 0));
      if (round % 4 == 2) ring(tile, HB_TAG(tile, round, 2));  // waits in the queue
    }
    if (resets(round)) {
      const uint64_t longest = (limit_ - kLate) / 2;
      sleep_until(at + (round % 4 == 2 ? 1500 + random_.below(uint32_t(longest / 3)) : limit_));
      for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile)
        reset(tile);
      sleep_until(quiet_to(round));
    } else {
      for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile)
        take_completion(tile, HB_TAG(tile, round, 0));
      sleep_until(quiet_to(round));
    }
    for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile)
      ring(tile, HB_TAG(tile, round, 1));
    for (uint32_t tile = 0; tile < soc_.num_tiles; ++tile)
      take_completion(tile, HB_TAG(tile, round, 1));
  }

  const hb_soc_t &soc_;
  hb_test::Random random_;
  const std::vector<Program> *programs_ = nullptr;
  uint64_t limit_ = 0, length_ = 0;
  soc_script_t script_{};
  std::vector<hb_sim_fault_t> faults_;
};

void run_to(hb_sim_t *sim, uint64_t until, uint64_t slice) {
  while (hb_sim_cycle(sim) < until) {
    const hb_sim_stop_t stop = hb_sim_run(sim, std::min(until, hb_sim_cycle(sim) + slice));
    if (stop != HB_SIM_LIMIT) {
      if (stop != HB_SIM_EXIT) {
        std::printf("stop %d: %s\n", stop, hb_sim_error(sim));
        std::exit(1);
      }
      return;
    }
  }
}

std::vector<uint8_t> output(hb_sim_t *sim, uint32_t tile, const Program &program) {
  std::vector<uint8_t> bytes(program.out_bytes);
  must(hb_sim_read_dram(sim, out_area(tile), bytes.data(), bytes.size()) == HB_OK, "read");
  return bytes;
}

void clear_outputs(hb_sim_t *sim, const std::vector<Program> &programs) {
  for (uint32_t tile = 0; tile < programs.size(); ++tile) {
    const std::vector<uint8_t> zeros(programs[tile].out_bytes);
    must(hb_sim_load_dram(sim, out_area(tile), zeros.data(), zeros.size()) == HB_OK, "clear");
  }
}

void check_jobs(const Test &test, uint32_t tile) {
  uint32_t hung = 0, errors = 0;
  for (uint32_t round = 0; round < kRounds; ++round) {
    const hb_sim_job_t *found[kTries] = {};
    for (const hb_sim_job_t &job : seen.jobs[tile]) {
      if (HB_TAG_FRAME(job.tag) == round && HB_TAG_LAYER(job.tag) < kTries) {
        found[HB_TAG_LAYER(job.tag)] = &job;
      }
    }
    check(found[1] != nullptr && found[1]->status == HB_TILE_STATUS_OK,
          "tile %u, round %u: the job after it is good", tile, round);
    if (!Test::resets(round)) {
      check(found[0] != nullptr && (found[0]->status == HB_TILE_STATUS_AXI_READ) == (round != 0),
            "tile %u, round %u: a read error ends the job that it meets", tile, round);
      errors += found[0] != nullptr && found[0]->status == HB_TILE_STATUS_AXI_READ;
    }
    for (const hb_sim_fault_t &fault : test.faults()) {
      if (fault.tile == tile && fault.kind == HB_TILE_EVENT_HANG &&
          fault.cycle + 200 > test.begin(round) && fault.cycle < test.quiet_from(round)) {
        hung += found[0] == nullptr;
        check(found[0] != nullptr || fault.cycle < test.quiet_from(round),
              "tile %u, round %u: only a hang keeps a job from its end", tile, round);
        check(fault.cycle >= test.begin(round) || found[0] == nullptr,
              "tile %u, round %u: a job ended on a tile that hangs", tile, round);
      }
    }
  }
  check(hung >= 2 && errors == kRounds / 4, "tile %u: %u jobs hung, %u failed", tile, hung, errors);
}

/* Nothing is answered between a hang and the reset that ends it. */
void check_silence(const Test &test, uint32_t tile) {
  for (const hb_sim_fault_t &fault : test.faults()) {
    if (fault.tile != tile || fault.kind != HB_TILE_EVENT_HANG) continue;
    uint64_t until = UINT64_MAX;
    for (const hb_sim_tile_event_t &event : seen.events) {
      if (event.tile == tile && event.kind == HB_TILE_EVENT_RESET && event.cycle > fault.cycle) {
        until = std::min(until, event.cycle);
      }
    }
    for (const hb_sim_boundary_t &record : seen.boundary[tile]) {
      const bool beats = record.channel == HB_BOUNDARY_R;
      const uint64_t last = record.cycle + (beats ? record.beats - 1 : 0);
      check((!beats && record.channel != HB_BOUNDARY_B) || last < fault.cycle ||
                record.cycle >= until,
            "tile %u: hangs from %" PRIu64 " to %" PRIu64 ", but is answered at %" PRIu64, tile,
            fault.cycle, until, last);
    }
  }
}

void check_events(const Test &test, hb_sim_t *sim, uint32_t num_tiles) {
  for (const hb_sim_fault_t &fault : test.faults()) {
    const auto told = std::count_if(
        seen.events.begin(), seen.events.end(), [&](const hb_sim_tile_event_t &event) {
          return event.tile == fault.tile && event.kind == fault.kind &&
                 event.cycle == fault.cycle && event.running == (event.tag != HB_IMAGE_NONE);
        });
    check(told == 1, "tile %u: fault %d at %" PRIu64 " is told %d times", fault.tile, fault.kind,
          fault.cycle, int(told));
  }
  uint32_t resets = 0;
  for (uint32_t round = 0; round < kRounds; ++round)
    resets += Test::resets(round);
  for (uint32_t tile = 0; tile < num_tiles; ++tile) {
    hb_sim_tile_stats_t stats;
    hb_sim_tile_stats(sim, tile, &stats);
    const auto hangs =
        std::count_if(test.faults().begin(), test.faults().end(), [&](const hb_sim_fault_t &fault) {
          return fault.tile == tile && fault.kind == HB_TILE_EVENT_HANG;
        });
    check(stats.resets == resets && stats.hangs == uint64_t(hangs) &&
              stats.read_errors == kRounds / 4,
          "tile %u counts %" PRIu64 " resets, %" PRIu64 " hangs, %" PRIu64 " errors", tile,
          stats.resets, stats.hangs, stats.read_errors);
    check(stats.idle == 1 && stats.jobs == seen.jobs[tile].size(), "tile %u at the end", tile);
    std::printf("tile %u busy %" PRIu64 " array %" PRIu64 " beats %" PRIu64 " %" PRIu64 "\n", tile,
                stats.busy, stats.array, stats.rd_beats, stats.wr_beats);
  }
  hb_sim_noc_stats_t noc;
  hb_sim_noc_stats(sim, &noc);
  check(noc.packets[0] == noc.packets[1], "every request is answered");
}

struct Replayed {
  hb_replay_t *replay = nullptr;
  uint32_t segments = 0, open = 0;
  uint64_t jobs = 0;
};

hb_status_t replay_segment(void *ctx, const hb_replay_segment_t *segment) {
  auto *replayed = static_cast<Replayed *>(ctx);
  hb_replay_result_t result;
  HB_TRY(hb_replay_run(replayed->replay, segment, &result));
  ++replayed->segments;
  replayed->open += segment->open;
  replayed->jobs += result.jobs;
  for (uint64_t i = 0; i < result.num_mismatches && i < HB_REPLAY_SHOWN; ++i) {
    check(false,
          "replay of %" PRIu64 " .. %" PRIu64 ", cycle %" PRIu64 ": %s is %" PRIx64
          ", expected %" PRIx64,
          segment->from, segment->to, result.shown[i].cycle, result.shown[i].signal,
          result.shown[i].got, result.shown[i].expected);
  }
  return HB_OK;
}

void replay(const hb_soc_t &soc, const hb_workload_t &workload, uint32_t tile, uint64_t end) {
  std::vector<hb_replay_memory_t> memory;
  for (uint32_t i = 0; i < workload.num_segments; ++i) {
    const hb_segment_t &segment = workload.segments[i];
    memory.push_back({segment.addr, segment.len, segment.bytes});
  }
  Replayed replayed;
  must(hb_replay_create(soc.tiles[tile].model, memory.data(), uint32_t(memory.size()),
                        &replayed.replay) == HB_OK,
       "replay");
  std::vector<hb_sim_boundary_t> &records = seen.boundary[tile];
  std::stable_sort(
      records.begin(), records.end(),
      [](const hb_sim_boundary_t &a, const hb_sim_boundary_t &b) { return a.cycle < b.cycle; });
  hb_cut_t cut;
  hb_cut_init(&cut, nullptr, true, replay_segment, &replayed);
  size_t job = 0;
  const auto &jobs = seen.jobs[tile];
  for (const hb_sim_boundary_t &record : records) {
    while (job < jobs.size() && jobs[job].end <= record.cycle)
      must(hb_cut_job(&cut, &jobs[job++]) == HB_OK, "cut");
    must(hb_cut_boundary(&cut, &record) == HB_OK, "cut");
  }
  must(hb_cut_finish(&cut, end, end) == HB_OK, "cut");
  hb_cut_release(&cut);
  hb_replay_free(replayed.replay);
  check(replayed.jobs == jobs.size() && replayed.segments >= 2 * (kRounds - 2) &&
            replayed.open >= 2 && replayed.open <= kRounds,
        "tile %u: %u segments, %u open, %" PRIu64 " jobs replayed of %zu", tile, replayed.segments,
        replayed.open, replayed.jobs, jobs.size());
  std::printf("tile %u: %u segments replayed, %u of them end with a reset\n", tile,
              replayed.segments, replayed.open);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: tile_fault_test SOC.yaml SOC_HOST.bin rtl|twin|functional STALL_PPM SEED "
                 "NO_SKIP SLICE\n");
    return 2;
  }
  const bool twin = std::strcmp(argv[3], "rtl") != 0;
  const bool data = std::strcmp(argv[3], "twin") != 0;
  const uint64_t slice = std::strtoull(argv[7], nullptr, 10);
  hb_config_error_t error;
  static hb_soc_t soc;
  if (hb_config_load_soc(argv[1], nullptr, &soc, &error) != HB_OK) {
    std::printf("%s\n", error.text);
    return 1;
  }
  // With stalls also a slow network: of what is in it at a reset much comes later than
  // HB_NI_RESET_CYCLES.
  if (std::atoi(argv[4]) != 0) soc.noc.router_cycles = 8;
  seen.boundary.resize(soc.num_tiles);
  seen.jobs.resize(soc.num_tiles);

  hb_layer_t layers[] = {conv(), pool()};
  hb_task_t task{};
  std::strcpy(task.name, "conv");
  task.model.num_layers = 2;
  task.model.layers = layers;
  task.rate_num = task.rate_den = 1;
  task.depends_on = HB_IMAGE_NONE;
  task.probability_ppm = 1000000;
  task.num_slots = 2;
  hb_scenario_t scenario{};
  std::strcpy(scenario.name, "faults");
  scenario.num_tasks = 1;
  scenario.tasks = &task;
  hb_workload_t workload;
  char why[400] = "";
  if (hb_map_scenario(&scenario, &soc, 0, 1, 0, &workload, why, sizeof why) != HB_OK) {
    std::printf("%s\n", why);
    return 1;
  }

  hb_sim_options_t options{};
  options.seed = 1;
  options.stall_ppm = static_cast<uint32_t>(std::atoi(argv[4]));
  options.stall_seed = std::strtoull(argv[5], nullptr, 10);
  options.no_skip = std::atoi(argv[6]) != 0;
  options.twin_tiles = twin ? (1u << soc.num_tiles) - 1 : 0;
  options.functional = twin && data;
  options.sink.job = on_job;
  options.sink.irq = on_irq;
  options.sink.tile_event = on_event;
  options.sink.boundary = on_boundary;
  hb_sim_t *sim = nullptr;
  must(hb_sim_create(&soc, &options, &sim) == HB_OK, hb_sim_error(nullptr));
  for (uint32_t i = 0; i < workload.num_segments; ++i) {
    const hb_segment_t &segment = workload.segments[i];
    must(hb_sim_load_dram(sim, segment.addr, segment.bytes, segment.len) == HB_OK, "load");
  }
  std::vector<Program> programs;
  hb_test::Random random(7);
  for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
    programs.push_back(find_program(workload, tile, task));
    std::vector<uint8_t> bytes(programs[tile].in_bytes);
    for (uint8_t &byte : bytes)
      byte = static_cast<uint8_t>(random.below(256));
    must(hb_sim_load_dram(sim, in_area(tile), bytes.data(), bytes.size()) == HB_OK, "load");
  }
  const hb_sim_fault_t no_tile = {soc.num_tiles, HB_TILE_EVENT_HANG, 0};
  const hb_sim_fault_t no_kind = {0, HB_TILE_EVENT_RESET, 0};
  check(hb_sim_add_fault(sim, &no_tile) == HB_ERR_ARG, "there is no such tile");
  check(hb_sim_add_fault(sim, &no_kind) == HB_ERR_ARG, "a reset is no fault");

  static Test test(soc, options.stall_seed);
  test.write_script(programs, options.stall_ppm != 0, sim);
  soc_script_load(&test.script(), sim, argv[2]);
  std::vector<std::vector<uint8_t>> good;
  for (uint32_t round = 0; round < kRounds; ++round) {
    run_to(sim, test.quiet_from(round), slice);
    if (round == 0) {
      for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
        good.push_back(output(sim, tile, programs[tile]));
        const auto zeros = std::count(good[tile].begin(), good[tile].end(), 0);
        check(!data || size_t(zeros) < good[tile].size() / 4 * 3, "the output is not zeros");
      }
    }
    clear_outputs(sim, programs);
    run_to(sim, test.quiet_to(round), slice);
    for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
      const std::vector<uint8_t> bytes = output(sim, tile, programs[tile]);
      check(std::count(bytes.begin(), bytes.end(), 0) == std::ptrdiff_t(bytes.size()),
            "round %u: tile %u wrote behind its reset", round, tile);
    }
    run_to(sim, round + 1 == kRounds ? UINT64_MAX : test.begin(round + 1), slice);
    for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
      check(output(sim, tile, programs[tile]) == good[tile],
            "round %u: tile %u computes the right thing afterwards", round, tile);
    }
  }
  check(hb_sim_run(sim, UINT64_MAX) == HB_SIM_EXIT && hb_sim_exit_code(sim) == 0,
        "the script ends: code %u", hb_sim_exit_code(sim));
  check(hb_sim_add_fault(sim, &test.faults()[0]) == HB_ERR_ARG, "it has begun");
  for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
    check_jobs(test, tile);
    check_silence(test, tile);
  }
  check_events(test, sim, soc.num_tiles);
  const uint64_t end = hb_sim_cycle(sim);
  std::printf("ended in cycle %" PRIu64 "\n", end);
  hb_sim_free(sim);
  for (uint32_t tile = 0; tile < soc.num_tiles; ++tile)
    replay(soc, workload, tile, end);
  hb_workload_release(&workload);
  return failures == 0 ? 0 : 1;
}
