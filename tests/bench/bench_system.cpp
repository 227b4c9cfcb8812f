/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_system [--json] [CYCLES]: the whole of quad-ws16, all tiles busy, against a bare loop that
 * evaluates the same Verilated tiles with the same inputs in the same cycles.
 *
 * The load is scenarios/bench/busy-quad.yaml. One process runs it and is timed from kWarmup on;
 * another runs it again, writes down every input of every tile, and then replays them into fresh
 * tiles in a plain loop, timed over the same cycles. The replay must end with the tiles' counters
 * the system had. Both are repeated in turn and the fastest of each counts, as noise only ever adds
 * time.
 */

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench.h"
#include "hb_config.h"
#include "machine.h"
#include "sim/tile/verilated_tile.h"

namespace {

using hb::TileIn;
using hb::TileModelIf;
using hb::TileOut;
using hb::TilePerf;

constexpr uint64_t kWarmup = 100000;  // cycles until every tile has work
constexpr int kRepeats = 3;

/* The inputs of one tile. An entry's inputs are held for `count` evaluations. */
struct Step {
  TileIn in;
  uint32_t count;
};

struct Recording {
  std::vector<Step> steps;
  uint64_t evals = 0;         // all
  uint64_t warmup_evals = 0;  // of those, before kWarmup
  TilePerf perf;              // at the end
};

bool recording = false;
std::vector<Recording *> recordings;

class Recorder final : public TileModelIf {
 public:
  explicit Recorder(std::unique_ptr<TileModelIf> model)
      : model_(std::move(model)), out_(new Recording) {
    recordings.push_back(out_);
  }
  void reset() override { model_->reset(); }
  const TileOut &outputs() const override { return model_->outputs(); }
  void clock(const TileIn &in) override {
    if (out_->steps.empty() || std::memcmp(&out_->steps.back().in, &in, sizeof in) != 0) {
      out_->steps.push_back({in, 0});
    }
    ++out_->steps.back().count;
    ++out_->evals;
    model_->clock(in);
    out_->perf = model_->perf();
  }
  uint32_t jobs_started() const override { return model_->jobs_started(); }
  uint32_t jobs_completed() const override { return model_->jobs_completed(); }
  TilePerf perf() const override { return model_->perf(); }

 private:
  const std::unique_ptr<TileModelIf> model_;
  Recording *const out_;  // outlives the machine
};

template <unsigned index>
std::unique_ptr<TileModelIf> make() {
  std::unique_ptr<TileModelIf> model = hb::verilated_tile_info(index)->make();
  return recording ? std::make_unique<Recorder>(std::move(model)) : std::move(model);
}

std::unique_ptr<TileModelIf> (*const kMake[])() = {make<0>, make<1>};

using hb_bench::seconds;

[[noreturn]] void fail(const char *text) {
  std::fprintf(stderr, "bench_system: %s\n", text);
  std::exit(1);
}

struct Result {
  double seconds;
  uint64_t evals;  // tile evaluations within the timed cycles
  uint64_t busy;   // busy cycles of all tiles, whole run
};

uint64_t total_evals(const machine_t &machine) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < machine.soc.num_tiles; ++i) {
    hb_sim_tile_stats_t stats;
    hb_sim_tile_stats(machine.sim, i, &stats);
    sum += stats.evals;
  }
  return sum;
}

uint64_t total_busy(const machine_t &machine) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < machine.soc.num_tiles; ++i) {
    hb_sim_tile_stats_t stats;
    hb_sim_tile_stats(machine.sim, i, &stats);
    sum += stats.busy;
  }
  return sum;
}

/* Runs the system; times it from kWarmup on. */
Result run_system(machine_t *machine, uint64_t cycles) {
  hb_scenario_t scenario;
  hb_config_error_t error;
  hb_sim_options_t options{};
  options.seed = 1;
  if (hb_config_load_scenario(HB_BENCH_SCENARIO, &scenario, &error) != HB_OK) {
    fail(error.text);
  }
  if (!machine_init(machine, scenario.soc_path, HB_BENCH_FIRMWARE, &scenario, 0, &options)) {
    fail("no machine");
  }
  hb_scenario_release(&scenario);
  if (hb_sim_run(machine->sim, kWarmup) != HB_SIM_LIMIT) {
    fail(hb_sim_error(machine->sim));
  }
  for (Recording *recorded : recordings) {
    recorded->warmup_evals = recorded->evals;
  }
  const uint64_t evals = total_evals(*machine);
  const double begin = seconds();
  if (hb_sim_run(machine->sim, cycles) != HB_SIM_LIMIT) {
    fail(hb_sim_error(machine->sim));
  }
  return {seconds() - begin, total_evals(*machine) - evals, total_busy(*machine)};
}

/* Cursor over a recording. */
struct Player {
  const Recording *recorded;
  std::unique_ptr<TileModelIf> model;
  size_t step = 0;
  uint32_t used = 0;

  void play() {
    model->clock(recorded->steps[step].in);
    if (++used == recorded->steps[step].count) {
      used = 0;
      ++step;
    }
  }
};

Result run_bare(uint64_t cycles) {
  recording = true;
  machine_t machine;
  const Result recorded = run_system(&machine, cycles);
  std::vector<Player> players;
  for (uint32_t i = 0; i < machine.soc.num_tiles; ++i) {
    for (unsigned m = 0; hb::verilated_tile_info(m) != nullptr; ++m) {
      if (std::strcmp(hb::verilated_tile_info(m)->name, machine.soc.tiles[i].model) == 0) {
        players.push_back({recordings[i], hb::verilated_tile_info(m)->make(), 0, 0});
      }
    }
    players.back().model->reset();
    for (uint64_t n = 0; n < recordings[i]->warmup_evals; ++n) {
      players.back().play();
    }
  }
  machine_release(&machine);
  uint64_t left = 0;
  for (const Player &player : players) {
    left = std::max(left, player.recorded->evals - player.recorded->warmup_evals);
  }
  const double begin = seconds();
  for (; left != 0; --left) {
    for (Player &player : players) {
      if (player.step != player.recorded->steps.size()) {
        player.play();
      }
    }
  }
  const double took = seconds() - begin;
  for (const Player &player : players) {
    const TilePerf now = player.model->perf();
    const TilePerf &then = player.recorded->perf;
    if (now.busy != then.busy || now.array != then.array || now.wr_beats != then.wr_beats ||
        now.completed != then.completed) {
      fail("the replay went another way than the system");
    }
  }
  return {took, recorded.evals, recorded.busy};
}

/* A simulator lives once in a process: each measurement has its own. */
template <typename Measure>
Result in_child(Measure measure) {
  int ends[2];
  if (pipe(ends) != 0) {
    fail("no pipe");
  }
  const pid_t child = fork();
  if (child < 0) {
    fail("no process");
  }
  if (child == 0) {
    const Result result = measure();
    if (write(ends[1], &result, sizeof result) != static_cast<ssize_t>(sizeof result)) {
      fail("no result");
    }
    _exit(0);
  }
  close(ends[1]);
  Result result{};
  const bool whole = read(ends[0], &result, sizeof result) == static_cast<ssize_t>(sizeof result);
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0 || !whole) {
    fail("a measurement failed");
  }
  return result;
}

bool json = false;

void report(const std::string &metric, double value, const char *unit) {
  hb_bench::report(json, "system", metric, value, unit);
}

}  // namespace

/* The models of this program: the Verilated ones, written down where asked for. */
namespace hb {
const TileModelInfo *tile_model_info(unsigned index) {
  static TileModelInfo infos[std::size(kMake)];
  const TileModelInfo *info = verilated_tile_info(index);
  if (info == nullptr || index >= std::size(kMake)) {
    return nullptr;
  }
  infos[index] = *info;
  infos[index].make = kMake[index];
  return &infos[index];
}
}  // namespace hb

int main(int argc, char **argv) {
  uint64_t cycles = 1000000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else {
      cycles = std::strtoull(argv[i], nullptr, 10);
    }
  }
  if (cycles <= kWarmup) {
    std::fprintf(stderr, "usage: bench_system [--json] [CYCLES], more than %llu\n",
                 static_cast<unsigned long long>(kWarmup));
    return 2;
  }
  Result system{}, bare{};
  for (int i = 0; i < kRepeats; ++i) {
    const Result s = in_child([cycles] {
      machine_t machine;
      return run_system(&machine, cycles);
    });
    const Result b = in_child([cycles] { return run_bare(cycles); });
    if (s.evals != b.evals || s.busy != b.busy) {
      fail("two runs of the same machine differ");
    }
    system.evals = s.evals;
    system.busy = s.busy;
    system.seconds = i == 0 ? s.seconds : std::min(system.seconds, s.seconds);
    bare.seconds = i == 0 ? b.seconds : std::min(bare.seconds, b.seconds);
  }
  const double timed = static_cast<double>(cycles - kWarmup);
  report("system", timed / system.seconds / 1e6, "million cycles/s");
  report("bare loop over the same tile evaluations", timed / bare.seconds / 1e6,
         "million cycles/s");
  report("system / bare loop", bare.seconds / system.seconds, "ratio");
  report("outside the tiles", (system.seconds - bare.seconds) / timed * 1e9, "ns/cycle");
  report("tile evaluations", static_cast<double>(system.evals) / timed, "per cycle");
  report("one tile evaluation, bare", bare.seconds / static_cast<double>(system.evals) * 1e9, "ns");
  return 0;
}
