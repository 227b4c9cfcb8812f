/* SPDX-License-Identifier: Apache-2.0 */

/*
 * replay_test MODEL SEED: random jobs on a tile, with stalls, AXI errors, faulty programs, full
 * queues, soft resets, and registers read at any time. What the boundary recorded is cut and
 * replayed: nothing may differ. Then outputs are falsified, one at a time: each must be found.
 */

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "hb_certify_cut.h"
#include "hilbert/hb_tile_regs.h"
#include "random_program.h"
#include "sim/include/hb_replay.h"
#include "sim/tile/boundary.h"
#include "tile_bench.h"

namespace hb {
namespace {

constexpr uint32_t kBase = TileBench::kMemoryBase;
constexpr uint32_t kArea = 1 << 20;  // of a job's data, and of a job's program
constexpr uint32_t kJobs = 24;

/* What a trace holds of one tile, in its order. */
struct Recording {
  std::vector<hb_sim_boundary_t> boundary;
  std::vector<hb_sim_job_t> jobs;
};

/* Makes job records as TileNode does. */
class JobWatch {
 public:
  void look(TileModelIf &model, uint64_t now, std::vector<hb_sim_job_t> &jobs) {
    const TilePerf perf = model.perf();
    if (perf.started < started_ || perf.completed < completed_) {
      running_ = false;
    } else {
      if (perf.completed != completed_ && running_) {
        job_.end = now;
        job_.tag = perf.done_tag;
        job_.status = perf.done_status & 0xffu;
        job_.command = perf.done_status >> 8 & 0xfffffu;
        job_.busy = perf.busy - before_.busy;
        job_.array = perf.array - before_.array;
        job_.wait_load = perf.wait_load - before_.wait_load;
        job_.wait_store = perf.wait_store - before_.wait_store;
        job_.wait_wgt = perf.wait_wgt - before_.wait_wgt;
        job_.wait_cmd = perf.wait_cmd - before_.wait_cmd;
        job_.rd_beats = perf.rd_beats - before_.rd_beats;
        job_.wr_beats = perf.wr_beats - before_.wr_beats;
        jobs.push_back(job_);
        running_ = false;
      }
      if (perf.started != started_) {
        running_ = true;
        before_ = perf;
        job_ = {};
        job_.start = now;
      }
    }
    started_ = perf.started;
    completed_ = perf.completed;
  }

 private:
  bool running_ = false;
  uint32_t started_ = 0, completed_ = 0;
  TilePerf before_;
  hb_sim_job_t job_{};
};

void pop_all(TileBench &bench) {
  while (bench.read_reg(HB_TILE_REG_COMPL_STATUS) != 0) {
    bench.read_reg(HB_TILE_REG_COMPL_TAG);
    bench.read_reg(HB_TILE_REG_COMPL_CYCLES);
    bench.write_reg(HB_TILE_REG_COMPL_POP, 1);
  }
}

/* A session with the tile; ends with all queues empty. */
void session(TileBench &bench, const TileModelInfo &info, std::mt19937 &rng) {
  bench.memory.resize(size_t{2} * (kJobs + 1) * kArea);
  bench.write_reg(HB_TILE_REG_WATCHDOG, 20000);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  for (uint32_t i = 0; i < kJobs; ++i) {
    const uint32_t area = kBase + 2 * i * kArea;
    RandomJob job = random_job(rng, info, 1 + rng() % 4, bench.memory, kBase, area, kArea);
    bench.put_program(area + kArea, job.program);
    auto length = static_cast<uint32_t>(job.program.size());
    const uint32_t kind = rng() % 8;
    if (kind == 0) length = 0;                   // refused
    if (kind == 1) length = 1 + rng() % length;  // may lack its end
    bench.error_begin = kind == 2 ? area : 0;    // reads fail, or writes
    bench.error_end = kind == 2 ? area + (rng() % 2 == 0 ? kArea : kArea / 2) : 0;
    for (uint32_t times = i % 12 == 7 ? 9 : 1; times > 0; --times) {  // more than the queue holds
      bench.ring(area + kArea, length, job.base, i << 12 | times);
    }
    if (rng() % 3 == 0)
      bench.write_reg(HB_TILE_REG_JOB_LEN, static_cast<uint32_t>(rng()),
                      static_cast<uint8_t>(rng() % 16));
    bench.run(rng() % 3000);
    for (uint32_t reads = rng() % 6; reads > 0; --reads) {
      bench.read_reg(rng() % 2 == 0 ? HB_TILE_REG_STATUS
                                    : HB_TILE_REG_PERF_BUSY + 4 * (rng() % 10));
    }
    if (rng() % 4 == 0) bench.read_reg(0xff0, 2);
    if (i % 12 == 7 || rng() % 6 == 0) {
      bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK | HB_TILE_CTRL_SOFT_RESET_MASK);
    }
    if (rng() % 3 != 0) {
      bench.wait_idle(10000000);
      pop_all(bench);
      bench.run(2 + rng() % 20);
    }
  }
  do {
    bench.wait_idle(10000000);
    pop_all(bench);
    bench.run(100);
  } while (bench.model().outputs().idle == 0 || bench.model().outputs().irq != 0);
  bench.run(1000);
}

/* More doorbells than the queue holds, and no soft reset: all comes to rest but the overrun in
 * STATUS. */
void overrun(TileBench &bench, const TileModelInfo &info, std::mt19937 &rng) {
  const uint32_t area = kBase + 2 * kJobs * kArea;
  const RandomJob job = random_job(rng, info, 4, bench.memory, kBase, area, kArea);
  bench.put_program(area + kArea, job.program);
  bench.error_begin = bench.error_end = 0;
  for (uint32_t times = 9; times > 0; --times) {
    bench.ring(area + kArea, static_cast<uint32_t>(job.program.size()), job.base,
               kJobs << 12 | times);
  }
  do {
    bench.wait_idle(10000000);
    pop_all(bench);
    bench.run(100);
  } while (bench.model().outputs().idle == 0 || bench.model().outputs().irq != 0);
  bench.run(1000);
}

/* A segment of its own memory. */
struct Segment {
  hb_replay_segment_t head;
  std::vector<hb_sim_boundary_t> records;
  std::vector<hb_sim_job_t> jobs;

  hb_replay_segment_t get() const {
    hb_replay_segment_t segment = head;
    segment.records = records.data();
    segment.jobs = jobs.data();
    return segment;
  }
};

std::vector<Segment> cut_up(const Recording &recording, uint64_t end) {
  std::vector<Segment> segments;
  hb_cut_t cut;
  hb_cut_init(
      &cut, nullptr, true,
      [](void *ctx, const hb_replay_segment_t *segment) {
        static_cast<std::vector<Segment> *>(ctx)->push_back(
            {*segment,
             {segment->records, segment->records + segment->num_records},
             {segment->jobs, segment->jobs + segment->num_jobs}});
        return HB_OK;
      },
      &segments);
  size_t job = 0;
  for (const hb_sim_boundary_t &record : recording.boundary) {
    while (job < recording.jobs.size() && recording.jobs[job].end <= record.cycle) {
      expect(hb_cut_job(&cut, &recording.jobs[job++]) == HB_OK, "cut");
    }
    expect(hb_cut_boundary(&cut, &record) == HB_OK, "cut");
  }
  expect(hb_cut_finish(&cut, end, end) == HB_OK, "cut");
  hb_cut_release(&cut);
  return segments;
}

hb_replay_result_t replayed(hb_replay_t *replay, const Segment &segment) {
  const hb_replay_segment_t records = segment.get();
  hb_replay_result_t result;
  expect(hb_replay_run(replay, &records, &result) == HB_OK, "replay");
  return result;
}

/* Changes something the tile shows; false: this record has nothing of the sort. */
bool falsify(hb_sim_boundary_t &record, uint32_t what, std::string &name) {
  const bool tile_drives = record.channel == HB_BOUNDARY_AR || record.channel == HB_BOUNDARY_AW ||
                           record.channel == HB_BOUNDARY_W || record.channel == HB_BOUNDARY_REG_B ||
                           record.channel == HB_BOUNDARY_REG_R;
  const bool address = record.channel == HB_BOUNDARY_AR || record.channel == HB_BOUNDARY_AW;
  const bool wire = record.channel == HB_BOUNDARY_IRQ || record.channel == HB_BOUNDARY_IDLE;
  switch (what) {
    case 0:
      name = "a cycle later";
      ++record.cycle;
      return tile_drives || wire;
    case 1:
      name = "a cycle earlier";
      --record.cycle;
      return tile_drives || wire;
    case 2:
      name = "valid up a cycle longer";
      ++record.wait;
      return !wire && record.cycle >= record.wait;  // not before all time
    case 3:
      name = "another address";
      record.addr ^= 0x100;
      return address;
    case 4:
      name = "another id";
      record.id ^= 8;  // one that nobody uses
      return address || record.channel == HB_BOUNDARY_R || record.channel == HB_BOUNDARY_B;
    case 5:
      name = "another length";
      ++record.beats;
      return address;
    case 6:
      name = "another strobe";
      record.strobe ^= 0x80;
      return record.channel == HB_BOUNDARY_W;
    case 7:
      name = "another last";
      record.last = !record.last;
      return record.channel == HB_BOUNDARY_W || record.channel == HB_BOUNDARY_R;
    case 8:
      name = "another response";
      record.resp ^= 2;
      return record.channel == HB_BOUNDARY_REG_B || record.channel == HB_BOUNDARY_REG_R;
    case 9:
      name = "other data";
      record.data ^= 1;
      return record.channel == HB_BOUNDARY_REG_R || wire;
    default:
      name = "valid up a cycle less";
      return record.wait-- > 0 && (tile_drives || record.channel == HB_BOUNDARY_R);
  }
}
constexpr uint32_t kFalsehoods = 11;

constexpr const char *kChannels[HB_BOUNDARY_CHANNELS] = {
    "REG_AW", "REG_W", "REG_B", "REG_AR", "REG_R", "AR", "R", "AW", "W", "B", "IRQ", "IDLE"};

void test(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  options.stall_percent = seed % 2 == 0 ? 0 : 30;
  options.max_latency = 1 + rng() % 80;
  TileBench bench(info, options);
  Recording recording;
  JobWatch watch;
  hb_sim_sink_t sink{};
  sink.ctx = &recording;
  sink.boundary = [](void *ctx, const hb_sim_boundary_t *record) {
    static_cast<Recording *>(ctx)->boundary.push_back(*record);
  };
  Boundary boundary(0, sink);
  bench.observer = [&](uint64_t cycle, const TileOut &out, const TileIn &in) {
    boundary.wires(out, cycle);
    boundary.cycle(out, in, cycle);
    watch.look(bench.model(), cycle, recording.jobs);
  };
  session(bench, info, rng);
  overrun(bench, info, rng);
  std::stable_sort(recording.boundary.begin(), recording.boundary.end(),
                   [](const auto &a, const auto &b) {
                     return a.cycle != b.cycle ? a.cycle < b.cycle : a.channel < b.channel;
                   });
  std::vector<Segment> segments = cut_up(recording, bench.cycle());
  const hb_replay_memory_t memory = {kBase, bench.memory.size(), bench.memory.data()};
  hb_replay_t *replay = nullptr;
  expect(hb_replay_create(info.name, &memory, 1, &replay) == HB_OK, "no model %s", info.name);
  uint64_t jobs = 0;
  uint64_t closed = 0;
  for (const Segment &segment : segments) {
    const hb_replay_result_t result = replayed(replay, segment);
    expect(result.num_mismatches == 0, "cycle %llu (of %llu to %llu): %s: recorded %llx, got %llx",
           static_cast<unsigned long long>(result.shown[0].cycle),
           static_cast<unsigned long long>(segment.head.from),
           static_cast<unsigned long long>(segment.head.to), result.shown[0].signal,
           static_cast<unsigned long long>(result.shown[0].expected),
           static_cast<unsigned long long>(result.shown[0].got));
    jobs += result.jobs;
    closed += segment.head.open ? 0 : 1;
  }
  expect(jobs == recording.jobs.size(), "%llu jobs replayed of %zu",
         static_cast<unsigned long long>(jobs), recording.jobs.size());
  expect(closed > 1, "%llu segments that end at rest", static_cast<unsigned long long>(closed));

  std::vector<std::pair<size_t, size_t>> places[HB_BOUNDARY_CHANNELS];
  for (size_t i = 0; i < segments.size(); ++i) {
    for (size_t k = 0; k < segments[i].records.size() && !segments[i].head.open; ++k) {
      const hb_sim_boundary_t &record = segments[i].records[k];
      if (record.cycle + 1 < segments[i].head.to) places[record.channel].emplace_back(i, k);
    }
  }
  uint64_t tried = 0;
  for (uint32_t what = 0; what < kFalsehoods; ++what) {
    for (uint32_t channel = 0; channel < HB_BOUNDARY_CHANNELS; ++channel) {
      for (int attempt = 0; attempt < 3 && !places[channel].empty(); ++attempt) {
        const auto [at, index] = places[channel][rng() % places[channel].size()];
        Segment &segment = segments[at];
        const hb_sim_boundary_t kept = segment.records[index];
        std::string name;
        if (falsify(segment.records[index], what, name)) {
          ++tried;
          expect(replayed(replay, segment).num_mismatches > 0, "%s of cycle %llu: %s: not found",
                 kChannels[channel], static_cast<unsigned long long>(kept.cycle), name.c_str());
        }
        segment.records[index] = kept;
      }
    }
  }
  // The state at the end, as the next segment begins with it.
  for (const Segment &segment : segments) {
    Segment wrong = segment;
    if (segment.head.open) continue;
    for (uint32_t &value : wrong.head.end.regs) {
      value ^= 1;
      expect(replayed(replay, wrong).num_mismatches > 0, "a wrong register at the end: not found");
      value ^= 1;
    }
    for (uint32_t &value : wrong.head.end.perf) {
      ++value;
      expect(replayed(replay, wrong).num_mismatches > 0, "a wrong counter at the end: not found");
      --value;
    }
    break;
  }
  // An overrun: nothing else differs from the state that the next segment would begin with.
  Segment noted = segments.back();
  expect(noted.head.open, "cut behind an overrun");
  noted.head.open = false;
  const hb_replay_result_t seen = replayed(replay, noted);
  expect(seen.num_mismatches == 1 && std::strcmp(seen.shown[0].signal, "end.STATUS") == 0 &&
             seen.shown[0].expected == 0 && seen.shown[0].got == HB_TILE_STATUS_OVERRUN_MASK,
         "an overrun at the end: %s", seen.shown[0].signal);
  // A completion that the host has not popped: the tile is idle, but not at rest.
  bool queued = false;
  for (Segment wrong : segments) {
    const auto pop = std::find_if(wrong.records.rbegin(), wrong.records.rend(), [](const auto &r) {
      return r.channel == HB_BOUNDARY_REG_AW && r.addr == HB_TILE_REG_COMPL_POP;
    });
    if (wrong.head.open || pop == wrong.records.rend()) continue;
    wrong.head.to = pop->cycle;
    const auto behind = [&](const auto &r) { return r.cycle >= wrong.head.to; };
    wrong.records.erase(std::remove_if(wrong.records.begin(), wrong.records.end(), behind),
                        wrong.records.end());
    wrong.head.num_records = wrong.records.size();
    const hb_replay_result_t result = replayed(replay, wrong);
    expect(result.num_mismatches == 1 && std::strcmp(result.shown[0].signal, "end.STATUS") == 0,
           "a completion in the queue at the end: %s", result.shown[0].signal);
    queued = true;
    break;
  }
  expect(queued, "no segment pops a completion");
  hb_replay_free(replay);
  std::printf("%s seed %u: %zu jobs in %zu segments, %zu records, %llu falsehoods found\n",
              info.name, seed, recording.jobs.size(), segments.size(), recording.boundary.size(),
              static_cast<unsigned long long>(tried));
}

}  // namespace
}  // namespace hb

int main(int argc, char **argv) {
  uint32_t seed = 0;
  if (argc != 3 || !hb::parse_number(argv[2], &seed)) {
    std::fprintf(stderr, "usage: replay_test MODEL SEED\n");
    return 2;
  }
  hb::test(hb::find_model(argv[1]), seed);
  return 0;
}
