/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A tile alone on its bench. usage: test_tile CASE MODEL [SEED]
 */

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "hilbert/hb_tile_regs.h"
#include "random_program.h"
#include "tile_bench.h"
#include "tile_reference.h"

using namespace hb;

namespace {

constexpr uint32_t kBase = TileBench::kMemoryBase;
constexpr uint32_t kPrograms = kBase;         // job i's program at 64 KiB * i
constexpr uint32_t kAreas = kBase + 0x80000;  // its data at 256 KiB * i
constexpr uint32_t kAreaBytes = 0x40000;

uint32_t size_of(const TileModelInfo &info) {
  return info.id >> HB_TILE_ID_SIZE_LSB & 0xff;
}

/* Words of IFM and WGT; a systolic tile with N = 32 has two banks of each, and EXEC counts words of
 * one. */
struct Words {
  explicit Words(const TileModelInfo &info)
      : ifm((info.caps >> HB_TILE_CAPS_IFM_KIB_LSB & 0x3ff) * 64),
        wgt((info.caps >> HB_TILE_CAPS_WGT_KIB_LSB & 0x3ff) * 64),
        banks(size_of(info) == 32 ? 2 : 1) {}
  uint32_t ifm, wgt, banks;
};

void randomise(std::vector<uint8_t> &memory, std::mt19937 &rng) {
  for (uint8_t &byte : memory)
    byte = static_cast<uint8_t>(rng());
}

void compare(const std::vector<uint8_t> &got, const std::vector<uint8_t> &want) {
  for (size_t i = 0; i < got.size(); ++i) {
    expect(got[i] == want[i], "memory %08zx is %02x, expected %02x", kBase + i, got[i], want[i]);
  }
}

hb_cmd_t command(uint32_t opcode, uint32_t wait = 0, uint32_t push = 0) {
  hb_cmd_t cmd{};
  cmd.common.opcode = static_cast<uint8_t>(opcode);
  cmd.common.tokens = static_cast<uint8_t>(wait | push << 4);
  return cmd;
}

hb_cmd_t load(uint32_t mem, uint32_t dst, uint32_t src, uint32_t beats, uint32_t wait = 0,
              uint32_t push = 0) {
  hb_cmd_t cmd = command(HB_CMD_OP_LOAD, wait, push);
  cmd.load.mem = static_cast<uint8_t>(mem);
  cmd.load.dst = static_cast<uint16_t>(dst);
  cmd.load.src = src;
  cmd.load.beats = static_cast<uint16_t>(beats);
  cmd.load.rows = cmd.load.planes = 1;
  return cmd;
}

hb_cmd_t exec(uint32_t out_h, uint32_t out_w, uint32_t k_count, uint32_t wait = 0,
              uint32_t push = 0) {
  hb_cmd_t cmd = command(HB_CMD_OP_EXEC, wait, push);
  hb_cmd_exec_t &e = cmd.exec;
  e.flags = HB_CMD_EXEC_FLAG_INIT;
  e.in_h = e.out_h = static_cast<uint16_t>(out_h);
  e.in_w = e.out_w = e.row_pitch = static_cast<uint16_t>(out_w);
  e.stride_y = e.stride_x = e.dil_y = e.dil_x = e.ker_h = e.ker_w = 1;
  e.k_c = e.k_count = static_cast<uint16_t>(k_count);
  return cmd;
}

/* A vector tile's sum over `terms` channel steps, as exec(). */
hb_cmd_t vec(uint32_t out_h, uint32_t out_w, uint32_t terms, uint32_t wait = 0, uint32_t push = 0) {
  hb_cmd_t cmd = command(HB_CMD_OP_VEC, wait, push);
  hb_cmd_vec_t &v = cmd.vec;
  v.fn = HB_CMD_VEC_FN_SUM;
  v.lanes = 8;
  v.in_h = v.out_h = static_cast<uint16_t>(out_h);
  v.in_w = v.out_w = v.row_pitch = v.acc_dy = static_cast<uint16_t>(out_w);
  v.stride_y = v.stride_x = v.dil_y = v.dil_x = v.ker_h = v.ker_w = v.acc_dx = 1;
  v.k_c = static_cast<uint16_t>(terms);
  v.m0 = v.m1 = 1;
  return cmd;
}

hb_cmd_t stat(uint32_t rows, uint32_t a, uint32_t b, uint32_t dst) {
  hb_cmd_t cmd = command(HB_CMD_OP_STAT);
  cmd.stat.rows = static_cast<uint16_t>(rows);
  cmd.stat.a = static_cast<uint16_t>(a);
  cmd.stat.b = static_cast<uint16_t>(b);
  cmd.stat.dst = static_cast<uint16_t>(dst);
  return cmd;
}

bool is_vector(const TileModelInfo &info) {
  return info.id >> HB_TILE_ID_KIND_LSB == HB_TILE_KIND_VECTOR;
}

/* exec() or vec(). */
hb_cmd_t execute(const TileModelInfo &info, uint32_t out_h, uint32_t out_w, uint32_t k_count,
                 uint32_t wait = 0, uint32_t push = 0) {
  return is_vector(info) ? vec(out_h, out_w, k_count, wait, push)
                         : exec(out_h, out_w, k_count, wait, push);
}

hb_cmd_t store(uint32_t dst, uint32_t rows, uint32_t beats, uint32_t wait = 0, uint32_t push = 0) {
  hb_cmd_t cmd = command(HB_CMD_OP_STORE, wait, push);
  cmd.store.base = 1;
  cmd.store.dst = dst;
  cmd.store.rows = static_cast<uint16_t>(rows);
  cmd.store.beats = static_cast<uint16_t>(beats);
  cmd.store.row_pitch = beats * 16;
  cmd.store.clip_max = 255;
  return cmd;
}

/* The program ends well and leaves in memory what the reference leaves. */
void run_as_reference(TileBench &bench, const TileModelInfo &info,
                      const std::vector<hb_cmd_t> &program, const std::array<uint32_t, 4> &base) {
  bench.put_program(kPrograms, program);
  std::vector<uint8_t> want = bench.memory;
  TileReference(size_of(info), want, kBase).run(program, base);
  bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 0x600d);
  const Completion done = bench.wait_completion();
  expect(done.tag == 0x600d && done.code == HB_TILE_STATUS_OK,
         "program: tag %x, status %u at command %u", done.tag, done.code, done.command);
  bench.wait_idle();
  compare(bench.memory, want);
}

/* A small correct job: what every test of failure runs afterwards to see that the tile is well. */
void run_good_job(TileBench &bench, const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  RandomJob job = random_job(rng, info, 2, bench.memory, kBase, kAreas, kAreaBytes);
  run_as_reference(bench, info, job.program, job.base);
}

/* Random jobs, the queue often full and sometimes overrun, leave in memory what the reference
 * leaves, byte for byte; until the tile was busy for `least` cycles. */
void random_jobs(const TileModelInfo &info, uint32_t seed, uint64_t least) {
  constexpr uint32_t kJobs = 6, kExtraTag = 999;
  constexpr uint32_t kExtra = kPrograms + kJobs * 0x10000;  // nothing but END
  std::mt19937 rng(seed);
  uint64_t busy = 0, commands = 0;
  uint32_t refused = 0, round = 0;
  for (; round < 12 || busy < least; ++round) {
    BenchOptions options;
    options.seed = static_cast<uint32_t>(rng());
    options.stall_percent = round % 3 == 0 ? 0 : round % 3 == 1 ? 20 : 60;
    options.max_latency = round % 2 == 0 ? 8 : 120;
    options.skip_idle = (round & 4) != 0;
    TileBench bench(info, options);
    randomise(bench.memory, rng);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    RandomJob jobs[kJobs];
    for (uint32_t i = 0; i < kJobs; ++i) {
      jobs[i] = random_job(rng, info, 1 + static_cast<uint32_t>(rng() % 10), bench.memory, kBase,
                           kAreas + i * kAreaBytes, kAreaBytes);
      expect(jobs[i].program.size() <= 0x10000 / sizeof(hb_cmd_t), "job %u: %zu commands", i,
             jobs[i].program.size());
      bench.put_program(kPrograms + i * 0x10000, jobs[i].program);
      commands += jobs[i].program.size();
    }
    bench.put_program(kExtra, {end_command()});
    std::vector<uint8_t> want = bench.memory;
    for (const RandomJob &job : jobs)
      TileReference(size_of(info), want, kBase).run(job.program, job.base);

    uint32_t reads = 0, writes = 0;
    bench.observer = [&](uint64_t, const TileOut &out, const TileIn &in) {
      reads += in.m_rvalid != 0 && out.m_rready != 0;
      writes += in.m_wready != 0 && out.m_wvalid != 0;
    };
    uint32_t cycles = 0, rung = 0, done = 0, extra_rung = 0, extra_done = 0;
    const auto take = [&] {
      const Completion c = bench.wait_completion();
      expect(c.code == HB_TILE_STATUS_OK, "job %u: status %u at command %u", c.tag, c.code,
             c.command);
      cycles += c.cycles;
      if (c.tag == kExtraTag) {
        ++extra_done;
      } else {
        expect(c.tag == 100 + done, "tag %u, expected %u", c.tag, 100 + done);
        ++done;
      }
    };
    while (done < kJobs) {
      const bool full = (bench.read_reg(HB_TILE_REG_STATUS) & HB_TILE_STATUS_QUEUE_FULL_MASK) != 0;
      if (rung < kJobs && !full) {
        bench.ring(kPrograms + rung * 0x10000, static_cast<uint32_t>(jobs[rung].program.size()),
                   jobs[rung].base, 100 + rung);
        ++rung;
        bench.run(rng() % 50);
        continue;
      }
      // Into a full queue: refused, unless a place became free meanwhile.
      if (full && rng() % 2 == 0) {
        bench.ring(kExtra, 1, jobs[0].base, kExtraTag);
        ++extra_rung;
      }
      take();
    }
    bench.wait_idle();
    while ((bench.read_reg(HB_TILE_REG_STATUS) & HB_TILE_STATUS_COMPL_LEVEL_MASK) != 0)
      take();
    compare(bench.memory, want);
    const TilePerf perf = bench.model().perf();
    const uint32_t ended = kJobs + extra_done;
    expect(perf.started == ended && perf.completed == ended, "started %u, completed %u of %u",
           perf.started, perf.completed, ended);
    const bool overrun = (bench.read_reg(HB_TILE_REG_STATUS) & HB_TILE_STATUS_OVERRUN_MASK) != 0;
    expect(overrun == (extra_done < extra_rung), "OVERRUN %d, %u of %u extra jobs taken", overrun,
           extra_done, extra_rung);
    expect(perf.busy == cycles, "busy %u cycles, completions say %u", perf.busy, cycles);
    expect(perf.rd_beats == reads && perf.wr_beats == writes,
           "%u beats read, %u written; counted %u and %u", reads, writes, perf.rd_beats,
           perf.wr_beats);
    expect(
        perf.array + perf.wait_load + perf.wait_store + perf.wait_wgt + perf.wait_cmd == perf.busy,
        "busy cycles do not add up");
    busy += perf.busy;
    refused += extra_rung - extra_done;
  }
  expect(refused > 0, "no job met a full queue");
  std::printf("%" PRIu64 " busy cycles in %u rounds, %" PRIu64 " commands, %u jobs refused\n", busy,
              round, commands, refused);
}

void test_random(const TileModelInfo &info, uint32_t seed) {
  random_jobs(info, seed, 1000000);
}

void test_random_at_length(const TileModelInfo &info, uint32_t seed) {
  random_jobs(info, seed, 10000000);
}

/* Registers hold what the map says; odd accesses are answered as documented. */
void test_registers(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  options.stall_percent = 30;
  TileBench bench(info, options);
  expect(bench.read_reg(HB_TILE_REG_ID) == info.id, "ID differs from tile_model_info()");
  expect(bench.read_reg(HB_TILE_REG_CAPS) == info.caps, "CAPS differs from tile_model_info()");
  const uint32_t rw[] = {HB_TILE_REG_JOB_PROG,  HB_TILE_REG_JOB_BASE0, HB_TILE_REG_JOB_BASE1,
                         HB_TILE_REG_JOB_BASE2, HB_TILE_REG_JOB_BASE3, HB_TILE_REG_WATCHDOG};
  for (uint32_t reg : rw)
    expect(bench.read_reg(reg) == 0, "register %03x is not 0 after reset", reg);
  for (uint32_t reg : rw)
    bench.write_reg(reg, 0x01020304u * (reg / 4));
  for (uint32_t reg : rw)
    expect(bench.read_reg(reg) == 0x01020304u * (reg / 4), "register %03x does not hold", reg);
  for (uint32_t reg : rw) {
    for (uint32_t byte = 0; byte < 4; ++byte) {
      bench.write_reg(reg, 0xffffffffu);
      bench.write_reg(reg, 0x11223344u, static_cast<uint8_t>(1u << byte));
      const uint32_t mask = 0xffu << 8 * byte;
      expect(bench.read_reg(reg) == ((0x11223344u & mask) | ~mask),
             "register %03x: strobe of byte %u is not honoured", reg, byte);
    }
  }
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK, 0xe);
  expect(bench.read_reg(HB_TILE_REG_CTRL) == 0, "CTRL was written without its strobe");
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK, 0x1);
  expect(bench.read_reg(HB_TILE_REG_CTRL) == HB_TILE_CTRL_IRQ_EN_MASK, "CTRL does not hold");
  bench.write_reg(HB_TILE_REG_JOB_LEN, 0xffffffffu);
  expect(bench.read_reg(HB_TILE_REG_JOB_LEN) == 0xfffffu, "JOB_LEN has 20 bits");
  for (uint32_t reg = 0; reg <= HB_TILE_REG_PERF_COMPLETED; reg += 4)
    bench.read_reg(reg);
  bench.write_reg(HB_TILE_REG_PERF_COMPLETED, 1);
  for (uint32_t reg = HB_TILE_REG_PERF_COMPLETED + 4; reg < 0x10000; reg += 0x3fc) {
    bench.read_reg(reg, 2);
    bench.write_reg(reg, 1, 0xf, 2);
  }
  bench.write_reg(HB_TILE_REG_ID, 0);
  expect(bench.read_reg(HB_TILE_REG_ID) == info.id, "ID was written");
  expect(
      bench.read_reg(HB_TILE_REG_COMPL_STATUS) == 0 && bench.read_reg(HB_TILE_REG_COMPL_TAG) == 0,
      "a completion out of nothing");
  bench.write_reg(HB_TILE_REG_COMPL_POP, 1);
  expect(bench.read_reg(HB_TILE_REG_STATUS) == 0, "STATUS of an idle tile is not 0");
}

/* The queues: four jobs wait, a fifth overruns; full completions hold jobs back; irq follows
 * IRQ_EN. */
void test_queues(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  bench.put_program(kPrograms, {end_command()});
  const std::array<uint32_t, 4> base{kAreas, kAreas, kAreas, kAreas};
  bench.mute_reads = true;  // the first job hangs in its fetch
  for (uint32_t i = 0; i < 5; ++i)
    bench.ring(kPrograms, 1, base, 10 + i);
  expect(bench.read_reg(HB_TILE_REG_STATUS) ==
             (HB_TILE_STATUS_BUSY_MASK | HB_TILE_STATUS_QUEUE_FULL_MASK |
              4u << HB_TILE_STATUS_QUEUE_LEVEL_LSB),
         "STATUS %x with one job running and four waiting", bench.read_reg(HB_TILE_REG_STATUS));
  bench.ring(kPrograms, 1, base, 99);
  expect((bench.read_reg(HB_TILE_REG_STATUS) & HB_TILE_STATUS_OVERRUN_MASK) != 0, "no overrun");
  bench.mute_reads = false;
  bench.run(500);
  for (uint32_t i = 5; i < 12; ++i) {
    bench.ring(kPrograms, 1, base, 10 + i);
    bench.run(100);
  }
  // Twelve jobs, eight places for completions.
  expect(bench.read_reg(HB_TILE_REG_STATUS) ==
             (HB_TILE_STATUS_OVERRUN_MASK | HB_TILE_STATUS_QUEUE_FULL_MASK |
              8u << HB_TILE_STATUS_COMPL_LEVEL_LSB | 4u << HB_TILE_STATUS_QUEUE_LEVEL_LSB),
         "STATUS %x with full queues", bench.read_reg(HB_TILE_REG_STATUS));
  bench.run(10);
  expect(bench.model().outputs().idle == 1 && bench.model().outputs().irq == 0,
         "idle and silent without IRQ_EN");
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  bench.write_reg(HB_TILE_REG_COMPL_POP, 0);
  bench.write_reg(HB_TILE_REG_COMPL_POP, 1, 0xe);
  for (uint32_t i = 0; i < 12; ++i) {
    const Completion done = bench.wait_completion(1000);
    expect(done.tag == 10 + i && done.code == HB_TILE_STATUS_OK, "tag %u status %u", done.tag,
           done.code);
  }
  bench.run(100);
  expect(bench.model().outputs().irq == 0, "irq without a completion");
  expect(bench.read_reg(HB_TILE_REG_COMPL_TAG) == 0 &&
             bench.read_reg(HB_TILE_REG_COMPL_STATUS) == 0 &&
             bench.read_reg(HB_TILE_REG_COMPL_CYCLES) == 0,
         "a completion shows after its pop");
  expect(bench.read_reg(HB_TILE_REG_PERF_COMPLETED) == 12, "the overrun job ran");
}

struct Bad {
  const char *name;
  uint32_t code;
  std::function<void(hb_cmd_t &)> spoil;
  hb_cmd_t cmd;
};

constexpr uint32_t kField = HB_TILE_STATUS_BAD_FIELD, kOpcode = HB_TILE_STATUS_BAD_OPCODE;

/* EXEC's rules. */
std::vector<Bad> systolic_cases(uint32_t n, const Words &words) {
  const uint32_t ifm_bank = words.ifm / words.banks, wgt_bank = words.wgt / words.banks;
  const hb_cmd_t e = exec(4, 4, 2);
  std::vector<Bad> cases = {
      {"EXEC waits E2L", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_E2L; }, e},
      {"EXEC pushes L2E", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_L2E << 4; }, e},
      {"EXEC flags", kField, [](hb_cmd_t &c) { c.exec.flags = 16; }, e},
      {"EXEC in_h 0", kField, [](hb_cmd_t &c) { c.exec.in_h = 0; }, e},
      {"EXEC in_w 0", kField, [](hb_cmd_t &c) { c.exec.in_w = 0; }, e},
      {"EXEC out_h 0", kField, [](hb_cmd_t &c) { c.exec.out_h = 0; }, e},
      {"EXEC out_w 0", kField, [](hb_cmd_t &c) { c.exec.out_w = 0; }, e},
      {"EXEC stride_y 0", kField, [](hb_cmd_t &c) { c.exec.stride_y = 0; }, e},
      {"EXEC stride_x 0", kField, [](hb_cmd_t &c) { c.exec.stride_x = 0; }, e},
      {"EXEC dil_y 0", kField, [](hb_cmd_t &c) { c.exec.dil_y = 0; }, e},
      {"EXEC dil_x 0", kField, [](hb_cmd_t &c) { c.exec.dil_x = 0; }, e},
      {"EXEC ker_h 0", kField, [](hb_cmd_t &c) { c.exec.ker_h = 0; }, e},
      {"EXEC ker_w 0", kField, [](hb_cmd_t &c) { c.exec.ker_w = 0; }, e},
      {"EXEC k_c 0", kField, [](hb_cmd_t &c) { c.exec.k_c = 0; }, e},
      {"EXEC k_count 0", kField, [](hb_cmd_t &c) { c.exec.k_count = 0; }, e},
      {"EXEC c0 beyond", kField,
       [](hb_cmd_t &c) {
         c.exec.c0 = 2;
         c.exec.k_count = 1;
       },
       e},
      {"EXEC r0 beyond", kField, [](hb_cmd_t &c) { c.exec.r0 = 1; }, e},
      {"EXEC s0 beyond", kField, [](hb_cmd_t &c) { c.exec.s0 = 1; }, e},
      {"EXEC c0 beyond, a tap follows", kField,
       [](hb_cmd_t &c) {
         c.exec.c0 = 2;
         c.exec.k_count = 1;
         c.exec.ker_h = 2;
       },
       e},
      {"EXEC s0 beyond, a tap follows", kField,
       [](hb_cmd_t &c) {
         c.exec.s0 = 1;
         c.exec.k_count = 1;
         c.exec.ker_h = 2;
       },
       e},
      {"EXEC run beyond the taps", kField, [](hb_cmd_t &c) { c.exec.k_count = 3; }, e},
      {"EXEC run beyond the taps from c0", kField, [](hb_cmd_t &c) { c.exec.c0 = 1; }, e},
      {"EXEC run beyond the taps from s0", kField,
       [](hb_cmd_t &c) {
         c.exec.ker_w = 3;
         c.exec.s0 = 1;
         c.exec.k_count = 5;
       },
       e},
      {"EXEC run to the last tap from s0", 0,
       [](hb_cmd_t &c) {
         c.exec.ker_w = 3;
         c.exec.s0 = 1;
         c.exec.k_count = 4;
       },
       e},
      {"EXEC run beyond the taps from r0", kField,
       [](hb_cmd_t &c) {
         c.exec.ker_h = c.exec.ker_w = 2;
         c.exec.r0 = 1;
         c.exec.k_count = 5;
       },
       e},
      {"EXEC run to the last tap from r0", 0,
       [](hb_cmd_t &c) {
         c.exec.ker_h = c.exec.ker_w = 2;
         c.exec.r0 = 1;
         c.exec.k_count = 4;
       },
       e},
      {"EXEC beyond WGT", kField,
       [n, wgt_bank](hb_cmd_t &c) { c.exec.wgt = static_cast<uint16_t>(wgt_bank - 2 * n + 1); }, e},
      {"EXEC beyond accumulator", kField, [](hb_cmd_t &c) { c.exec.acc = 1024 - 15; }, e},
      {"EXEC 2^32 pixels", kField, [](hb_cmd_t &c) { c.exec.out_h = c.exec.out_w = 65535; }, e},
      {"EXEC beyond IFM", kField,
       [ifm_bank](hb_cmd_t &c) {
         c.exec.plane_pitch = 0;
         c.exec.ifm = static_cast<uint16_t>(ifm_bank - 15);
       },
       e},
      {"EXEC plane beyond IFM", kField,
       [](hb_cmd_t &c) {
         c.exec.k_c = 4;
         c.exec.k_count = 4;
         c.exec.plane_pitch = 9000;
       },
       e},
      {"EXEC to the end of WGT", 0,
       [n, wgt_bank](hb_cmd_t &c) { c.exec.wgt = static_cast<uint16_t>(wgt_bank - 2 * n); }, e},
      {"EXEC to the end of IFM", 0,
       [ifm_bank](hb_cmd_t &c) {
         c.exec.plane_pitch = 0;
         c.exec.ifm = static_cast<uint16_t>(ifm_bank - 16);
       },
       e},
      {"EXEC to the end of the accumulator", 0, [](hb_cmd_t &c) { c.exec.acc = 1024 - 16; }, e},
      {"VEC", kOpcode, [](hb_cmd_t &) {}, vec(4, 4, 2)},
      {"STAT", kOpcode, [](hb_cmd_t &) {}, stat(1, 0, 0, 0)},
      {"LOAD TAB", kField, [](hb_cmd_t &c) { c.load.mem = HB_CMD_LOAD_MEM_TAB; },
       load(0, 0, 0, 16)},
  };
  if (n != 8) {
    cases.push_back(
        {"EXEC HALF", kField, [](hb_cmd_t &c) { c.exec.flags |= HB_CMD_EXEC_FLAG_HALF; }, e});
  }
  return cases;
}

/* VEC's and STAT's. */
std::vector<Bad> vector_cases(uint32_t n, const Words &words) {
  const uint32_t ifm_bank = words.ifm / words.banks, wgt_bank = words.wgt / words.banks;
  const hb_cmd_t v = vec(4, 4, 2), t = stat(4, 10, 20, 30);
  hb_cmd_t mac = v, scaled = v;
  mac.vec.fn = HB_CMD_VEC_FN_MAC;
  scaled.vec.flags = HB_CMD_VEC_FLAG_SCALE;
  scaled.vec.stat = 100;
  const auto flags = [](uint32_t fn, uint32_t value) {
    return [fn, value](hb_cmd_t &c) {
      c.vec.fn = static_cast<uint8_t>(fn);
      c.vec.flags = static_cast<uint16_t>(value);
      c.vec.stat = 100;
    };
  };
  std::vector<Bad> cases = {
      {"EXEC", kOpcode, [](hb_cmd_t &) {}, exec(4, 4, 2)},
      {"LOAD to the end of TAB", 0,
       [](hb_cmd_t &c) {
         c.load.mem = HB_CMD_LOAD_MEM_TAB;
         c.load.dst = 16;
       },
       load(0, 0, 0, 16)},
      {"LOAD beyond TAB", kField,
       [](hb_cmd_t &c) {
         c.load.mem = HB_CMD_LOAD_MEM_TAB;
         c.load.dst = 17;
       },
       load(0, 0, 0, 16)},
      {"VEC waits E2L", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_E2L; }, v},
      {"VEC pushes L2E", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_L2E << 4; }, v},
      {"STAT waits E2S", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_E2S; }, t},
      {"STAT pushes S2E", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_S2E << 4; }, t},
      {"VEC flags", kField, [](hb_cmd_t &c) { c.vec.flags = 0x200; }, v},
      {"VEC fn 5", 0, [](hb_cmd_t &c) { c.vec.fn = HB_CMD_VEC_FN_MIN; }, v},
      {"VEC fn 6", kField, [](hb_cmd_t &c) { c.vec.fn = 6; }, v},
      {"VEC fn 255", kField, [](hb_cmd_t &c) { c.vec.fn = 255; }, v},
      {"VEC rot 15", 0, [](hb_cmd_t &c) { c.vec.rot = 15; }, v},
      {"VEC rot 16", kField, [](hb_cmd_t &c) { c.vec.rot = 16; }, v},
      {"VEC lanes 0", kField, [](hb_cmd_t &c) { c.vec.lanes = 0; }, v},
      {"VEC lanes L", 0, [n](hb_cmd_t &c) { c.vec.lanes = static_cast<uint8_t>(n); }, v},
      {"VEC lanes L + 1", kField, [n](hb_cmd_t &c) { c.vec.lanes = static_cast<uint8_t>(n + 1); },
       v},
      {"VEC ACROSS with MUL", kField, flags(HB_CMD_VEC_FN_MUL, HB_CMD_VEC_FLAG_ACROSS), v},
      {"VEC ACROSS with MAX", 0, flags(HB_CMD_VEC_FN_MAX, HB_CMD_VEC_FLAG_ACROSS), v},
      {"VEC ACC with MUL", kField, flags(HB_CMD_VEC_FN_MUL, HB_CMD_VEC_FLAG_ACC), v},
      {"VEC ACC with OFFSET", kField,
       flags(HB_CMD_VEC_FN_SUM, HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_OFFSET), v},
      {"VEC ACC with SCALE", kField,
       flags(HB_CMD_VEC_FN_SUM, HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_SCALE), v},
      {"VEC ACC with ACROSS", 0,
       flags(HB_CMD_VEC_FN_SUM, HB_CMD_VEC_FLAG_ACC | HB_CMD_VEC_FLAG_ACROSS), v},
      {"VEC in_h 0", kField, [](hb_cmd_t &c) { c.vec.in_h = 0; }, v},
      {"VEC in_w 0", kField, [](hb_cmd_t &c) { c.vec.in_w = 0; }, v},
      {"VEC out_h 0", kField, [](hb_cmd_t &c) { c.vec.out_h = 0; }, v},
      {"VEC out_w 0", kField, [](hb_cmd_t &c) { c.vec.out_w = 0; }, v},
      {"VEC strides 0", 0, [](hb_cmd_t &c) { c.vec.stride_y = c.vec.stride_x = 0; }, v},
      {"VEC dil_y 0", kField, [](hb_cmd_t &c) { c.vec.dil_y = 0; }, v},
      {"VEC dil_x 0", kField, [](hb_cmd_t &c) { c.vec.dil_x = 0; }, v},
      {"VEC ker_h 0", kField, [](hb_cmd_t &c) { c.vec.ker_h = 0; }, v},
      {"VEC ker_w 0", kField, [](hb_cmd_t &c) { c.vec.ker_w = 0; }, v},
      {"VEC k_c 0", kField, [](hb_cmd_t &c) { c.vec.k_c = 0; }, v},
      {"VEC SCALE to the end of the accumulator", 0, [](hb_cmd_t &c) { c.vec.stat = 1024 - 16; },
       scaled},
      {"VEC SCALE beyond the accumulator", kField, [](hb_cmd_t &c) { c.vec.stat = 1024 - 15; },
       scaled},
      {"VEC OFFSET beyond the accumulator", kField,
       [](hb_cmd_t &c) {
         c.vec.stat = 1024 - 15;
         c.vec.flags = HB_CMD_VEC_FLAG_OFFSET;
       },
       scaled},
      {"VEC stat does not matter", 0, [](hb_cmd_t &c) { c.vec.stat = 65535; }, v},
      {"VEC 65535 terms", 0,
       [](hb_cmd_t &c) {
         c.vec.ker_h = 255;
         c.vec.k_c = 257;
         c.vec.out_h = c.vec.out_w = 1;
         c.vec.plane_pitch = 0;
       },
       v},
      {"VEC 65536 terms", kField,
       [](hb_cmd_t &c) {
         c.vec.ker_h = 128;
         c.vec.k_c = 512;
         c.vec.out_h = c.vec.out_w = 1;
         c.vec.plane_pitch = 0;
       },
       v},
      {"VEC MAC to the end of WGT", 0,
       [wgt_bank](hb_cmd_t &c) { c.vec.wgt = static_cast<uint16_t>(wgt_bank - 2); }, mac},
      {"VEC MAC beyond WGT", kField,
       [wgt_bank](hb_cmd_t &c) { c.vec.wgt = static_cast<uint16_t>(wgt_bank - 1); }, mac},
      {"VEC wgt does not matter", 0, [](hb_cmd_t &c) { c.vec.wgt = 65535; }, v},
      {"VEC to the end of the accumulator", 0, [](hb_cmd_t &c) { c.vec.acc = 1024 - 16; }, v},
      {"VEC beyond the accumulator", kField, [](hb_cmd_t &c) { c.vec.acc = 1024 - 15; }, v},
      {"VEC acc_dx to the end of the accumulator", 0,
       [](hb_cmd_t &c) {
         c.vec.acc_dy = 0;
         c.vec.acc_dx = 255;
         c.vec.acc = 1023 - 3 * 255;
       },
       v},
      {"VEC acc_dx beyond the accumulator", kField,
       [](hb_cmd_t &c) {
         c.vec.acc_dy = 0;
         c.vec.acc_dx = 255;
         c.vec.acc = 1024 - 3 * 255;
       },
       v},
      {"VEC acc_dy beyond the accumulator", kField, [](hb_cmd_t &c) { c.vec.acc_dy = 65535; }, v},
      {"VEC 1024 pixels", 0,
       [](hb_cmd_t &c) {
         c.vec.out_h = c.vec.out_w = 32;
         c.vec.acc_dy = 32;
       },
       v},
      {"VEC 1025 pixels", kField,
       [](hb_cmd_t &c) {
         c.vec.out_h = 25;
         c.vec.out_w = 41;
         c.vec.acc_dy = c.vec.acc_dx = 0;
       },
       v},
      {"VEC 2^32 pixels", kField,
       [](hb_cmd_t &c) {
         c.vec.out_h = c.vec.out_w = 65535;
         c.vec.acc_dy = c.vec.acc_dx = 0;
       },
       v},
      {"VEC to the end of IFM", 0,
       [ifm_bank](hb_cmd_t &c) {
         c.vec.plane_pitch = 0;
         c.vec.ifm = static_cast<uint16_t>(ifm_bank - 16);
       },
       v},
      {"VEC beyond IFM", kField,
       [ifm_bank](hb_cmd_t &c) {
         c.vec.plane_pitch = 0;
         c.vec.ifm = static_cast<uint16_t>(ifm_bank - 15);
       },
       v},
      {"VEC plane beyond IFM", kField, [](hb_cmd_t &c) { c.vec.plane_pitch = 16384; }, v},
      {"STAT flags", kField, [](hb_cmd_t &c) { c.stat.flags = 1; }, t},
      {"STAT fn 1", 0, [](hb_cmd_t &c) { c.stat.fn = HB_CMD_STAT_FN_RSQRT; }, t},
      {"STAT fn 2", kField, [](hb_cmd_t &c) { c.stat.fn = 2; }, t},
      {"STAT rows 0", kField, [](hb_cmd_t &c) { c.stat.rows = 0; }, t},
      {"STAT rows to the end", 0, [](hb_cmd_t &c) { c.stat.a = c.stat.b = c.stat.dst = 1024 - 4; },
       t},
      {"STAT a beyond", kField, [](hb_cmd_t &c) { c.stat.a = 1024 - 3; }, t},
      {"STAT b beyond", kField, [](hb_cmd_t &c) { c.stat.b = 1024 - 3; }, t},
      {"STAT dst beyond", kField, [](hb_cmd_t &c) { c.stat.dst = 1024 - 3; }, t},
  };
  if (n != 8) {
    cases.push_back(
        {"VEC HALF", kField, [](hb_cmd_t &c) { c.vec.flags |= HB_CMD_VEC_FLAG_HALF; }, v});
  }
  return cases;
}

/* A program at fault fails with the right code and command; the next job is not the worse for it.
 */
void test_errors(const TileModelInfo &info, uint32_t seed) {
  const uint32_t n = size_of(info);
  const Words words(info);
  const uint32_t ifm = words.ifm, wgt = words.wgt;
  const hb_cmd_t l = load(0, 0, 0, 16), s = store(0, 1, 4);
  const auto last_mem =
      static_cast<uint8_t>(is_vector(info) ? HB_CMD_LOAD_MEM_TAB : HB_CMD_LOAD_MEM_PRM);
  std::vector<Bad> cases = {
      {"opcode 0", kOpcode, [](hb_cmd_t &c) { c.common.opcode = 0; }, l},
      {"opcode 255", kOpcode, [](hb_cmd_t &c) { c.common.opcode = 255; }, l},
      {"END with a token", kOpcode,
       [](hb_cmd_t &c) {
         c.common.opcode = HB_CMD_OP_END;
         c.common.tokens = 1;
       },
       l},
      {"LOAD waits L2E", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_L2E; }, l},
      {"LOAD pushes E2S", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_E2S << 4; }, l},
      {"STORE waits S2E", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_S2E; }, s},
      {"STORE pushes E2S", kOpcode, [](hb_cmd_t &c) { c.common.tokens = HB_CMD_TOKEN_E2S << 4; },
       s},
      {"LOAD flags", kField, [](hb_cmd_t &c) { c.load.flags = 1; }, l},
      {"LOAD mem", kField, [last_mem](hb_cmd_t &c) { c.load.mem = last_mem + 1; }, l},
      {"LOAD base", kField, [](hb_cmd_t &c) { c.load.base = 4; }, l},
      {"LOAD src", kField, [](hb_cmd_t &c) { c.load.src = 8; }, l},
      {"LOAD row_pitch", kField, [](hb_cmd_t &c) { c.load.row_pitch = 4; }, l},
      {"LOAD plane_pitch", kField, [](hb_cmd_t &c) { c.load.plane_pitch = 2; }, l},
      {"LOAD beats 0", kField, [](hb_cmd_t &c) { c.load.beats = 0; }, l},
      {"LOAD rows 0", kField, [](hb_cmd_t &c) { c.load.rows = 0; }, l},
      {"LOAD planes 0", kField, [](hb_cmd_t &c) { c.load.planes = 0; }, l},
      {"LOAD beyond IFM", kField,
       [ifm](hb_cmd_t &c) { c.load.dst = static_cast<uint16_t>(ifm - 15); }, l},
      {"LOAD beyond WGT", kField,
       [wgt](hb_cmd_t &c) {
         c.load.mem = 1;
         c.load.dst = static_cast<uint16_t>(wgt - 15);
       },
       l},
      {"LOAD beyond PRM", kField,
       [](hb_cmd_t &c) {
         c.load.mem = 2;
         c.load.dst = 512 - 15;
       },
       l},
      {"LOAD far too much", kField,
       [](hb_cmd_t &c) { c.load.beats = c.load.rows = c.load.planes = 65535; }, l},
      {"LOAD 2^32 words", kField,
       [](hb_cmd_t &c) {
         c.load.beats = c.load.rows = 256;
         c.load.planes = 65535;
       },
       l},
      {"STORE flags", kField, [](hb_cmd_t &c) { c.store.flags = 8; }, s},
      {"STORE base", kField, [](hb_cmd_t &c) { c.store.base = 4; }, s},
      {"STORE dst", kField, [](hb_cmd_t &c) { c.store.dst = 8; }, s},
      {"STORE row_pitch", kField, [](hb_cmd_t &c) { c.store.row_pitch = 8; }, s},
      {"STORE beats 0", kField, [](hb_cmd_t &c) { c.store.beats = 0; }, s},
      {"STORE rows 0", kField, [](hb_cmd_t &c) { c.store.rows = 0; }, s},
      {"STORE beyond accumulator", kField, [](hb_cmd_t &c) { c.store.acc = 1024 - 3; }, s},
      {"STORE beyond PRM", kField, [](hb_cmd_t &c) { c.store.prm = 512 - 7; }, s},
  };
  if (n == 16) {
    cases.push_back(
        {"STORE HALF", kField, [](hb_cmd_t &c) { c.store.flags |= HB_CMD_STORE_FLAG_HALF; }, s});
  }
  // Right at the border: legal.
  const std::vector<Bad> border = {
      {"LOAD to the end of IFM", 0,
       [ifm](hb_cmd_t &c) { c.load.dst = static_cast<uint16_t>(ifm - 16); }, l},
      {"LOAD to the end of WGT", 0,
       [wgt](hb_cmd_t &c) {
         c.load.mem = 1;
         c.load.dst = static_cast<uint16_t>(wgt - 16);
       },
       l},
      {"LOAD to the end of PRM", 0,
       [](hb_cmd_t &c) {
         c.load.mem = 2;
         c.load.dst = 512 - 16;
       },
       l},
      {"STORE to the end of the accumulator", 0, [](hb_cmd_t &c) { c.store.acc = 1024 - 4; }, s},
      {"STORE from the last PRM words", 0, [](hb_cmd_t &c) { c.store.prm = 512 - 8; }, s},
  };
  cases.insert(cases.end(), border.begin(), border.end());
  const std::vector<Bad> own = is_vector(info) ? vector_cases(n, words) : systolic_cases(n, words);
  cases.insert(cases.end(), own.begin(), own.end());
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  options.stall_percent = 25;
  options.max_latency = 40;
  TileBench bench(info, options);
  randomise(bench.memory, rng);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  for (Bad &bad : cases) {
    // Work before it, work behind it: the offender is command 5, and nothing behind it starts.
    std::vector<hb_cmd_t> program = {load(0, 0, 0, 700), load(1, 0, 64, 400), load(2, 0, 0, 16),
                                     execute(info, 8, 8, 4), store(0, 8, 8)};
    bad.spoil(bad.cmd);
    program.push_back(bad.cmd);
    if (bad.code != 0) program.push_back(store(0x10000, 8, 8));
    program.push_back(end_command());
    bench.put_program(kPrograms, program);
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 7);
    const Completion done = bench.wait_completion();
    expect(done.tag == 7 && done.code == bad.code && done.command == (bad.code != 0 ? 5u : 0u),
           "%s: status %u at command %u, expected %u", bad.name, done.code, done.command, bad.code);
    bench.wait_idle();
  }
  // Faults of the job itself.
  struct Job {
    const char *name;
    uint32_t program, len, misaligned, code, command;  // misaligned: mask of the bases that are
  };
  const Job jobs[] = {
      {"JOB_LEN 0", kPrograms, 0, 0, HB_TILE_STATUS_NO_END, 0},
      {"no END", kPrograms, 3, 0, HB_TILE_STATUS_NO_END, 2},
      {"misaligned program", kPrograms + 32, 3, 0, kField, 0},
      {"misaligned base 0", kPrograms, 3, 1, kField, 0},
      {"misaligned base 1", kPrograms, 3, 2, kField, 0},
      {"misaligned base 2", kPrograms, 3, 4, kField, 0},
      {"misaligned base 3", kPrograms, 3, 8, kField, 0},
  };
  bench.put_program(kPrograms, {l, l, l, l, end_command()});
  for (const Job &job : jobs) {
    std::array<uint32_t, 4> bases = base;
    for (uint32_t i = 0; i < 4; ++i)
      bases[i] += (job.misaligned >> i & 1) * 4;
    bench.ring(job.program, job.len, bases, 8);
    const Completion done = bench.wait_completion();
    expect(done.code == job.code && done.command == job.command, "%s: status %u at command %u",
           job.name, done.code, done.command);
    bench.wait_idle();
  }
  // Whatever the last command is, if it is not END.
  std::vector<hb_cmd_t> last = {l, store(0, 1, 1), execute(info, 1, 1, 1)};
  if (is_vector(info)) last.push_back(stat(1, 0, 0, 0));
  for (const hb_cmd_t &cmd : last) {
    bench.put_program(kPrograms, {l, cmd, end_command()});
    bench.ring(kPrograms, 2, base, 9);
    const Completion done = bench.wait_completion();
    expect(done.code == HB_TILE_STATUS_NO_END && done.command == 1,
           "opcode %u last: status %u at command %u", cmd.common.opcode, done.code, done.command);
    bench.wait_idle();
  }
  run_good_job(bench, info, seed);
}

/* JOB_LEN is the limit of what is read, whatever lies behind it. */
void test_fetch_limit(const TileModelInfo &info, uint32_t seed) {
  for (uint32_t len = 1; len <= 14; ++len) {
    BenchOptions options;
    options.seed = seed + len;
    options.max_latency = 30;
    TileBench bench(info, options);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    const uint32_t program = kPrograms + 64 * (len % 5);
    std::vector<hb_cmd_t> commands(len - 1, load(0, 0, 0, 1));
    commands.push_back(end_command());
    bench.put_program(program, commands);
    uint32_t beats = 0;
    bench.observer = [&](uint64_t, const TileOut &out, const TileIn &in) {
      if (out.m_arvalid == 0 || in.m_arready == 0 || out.m_arid != 0) return;
      expect(
          out.m_araddr >= program && out.m_araddr + 16u * (out.m_arlen + 1u) <= program + 64 * len,
          "fetch beyond the program: %08x", out.m_araddr);
      beats += out.m_arlen + 1u;
    };
    bench.ring(program, len, {kAreas, kAreas, kAreas, kAreas}, 1);
    expect(bench.wait_completion().code == HB_TILE_STATUS_OK, "program of %u commands", len);
    expect(beats == 4 * len, "%u beats fetched for %u commands", beats, len);
  }
}

/* AXI errors end the job with the command at fault; AXI is drained; the next job runs. */
void test_axi_errors(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  options.stall_percent = 30;
  options.max_latency = 60;
  TileBench bench(info, options);
  randomise(bench.memory, rng);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  std::vector<hb_cmd_t> program;
  for (uint32_t i = 0; i < 20; ++i)
    program.push_back(load(0, 0, 0x1000 * i, 100));
  for (uint32_t i = 0; i < 8; ++i)
    program.push_back(store(0x1000 * i, 8, 8));
  // And behind command 256.
  while (program.size() < 300)
    program.push_back(load(2, 0, 0, 8));
  program.push_back(load(0, 0, 0x1f000, 1));
  program.push_back(store(0x1f000, 1, 1));
  program.push_back(end_command());
  struct Fault {
    uint32_t begin, code, command;
  };
  const Fault faults[] = {
      {kAreas, HB_TILE_STATUS_AXI_READ, 0},
      {kAreas + 0x1000 * 11 + 99 * 16, HB_TILE_STATUS_AXI_READ, 11},
      {kAreas + 0x20000, HB_TILE_STATUS_AXI_WRITE, 20},
      {kAreas + 0x20000 + 0x1000 * 6 + 256, HB_TILE_STATUS_AXI_WRITE, 26},
      {kPrograms + 64 * 5 + 16, HB_TILE_STATUS_AXI_READ, 5},
      {kAreas + 0x1f000, HB_TILE_STATUS_AXI_READ, 300},
      {kAreas + 0x20000 + 0x1f000, HB_TILE_STATUS_AXI_WRITE, 301},
      {kPrograms + 64 * 290, HB_TILE_STATUS_AXI_READ, 290},
  };
  for (const Fault &fault : faults) {
    bench.put_program(kPrograms, program);
    bench.error_begin = fault.begin;
    bench.error_end = fault.begin + 16;
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 3);
    const Completion done = bench.wait_completion();
    expect(done.code == fault.code && done.command == fault.command,
           "fault at %08x: status %u at command %u", fault.begin, done.code, done.command);
    const TilePerf perf = bench.model().perf();
    expect(perf.done_tag == 3 &&
               perf.done_status == (HB_TILE_COMPL_STATUS_VALID_MASK |
                                    fault.command << HB_TILE_COMPL_STATUS_COMMAND_LSB | fault.code),
           "fault at %08x: the trace says tag %u, status %x", fault.begin, perf.done_tag,
           perf.done_status);
    bench.wait_idle();
    bench.error_begin = bench.error_end = 0;
    run_good_job(bench, info, seed);
  }
}

/* A soft reset at any moment drops everything, drains AXI, and leaves a tile as good as new. */
void test_soft_reset(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  for (uint32_t round = 0; round < 30; ++round) {
    BenchOptions options;
    options.seed = static_cast<uint32_t>(rng());
    options.stall_percent = round % 3 * 30;
    options.max_latency = 50;
    TileBench bench(info, options);
    randomise(bench.memory, rng);
    RandomJob job = random_job(rng, info, 3, bench.memory, kBase, kAreas, kAreaBytes);
    bench.put_program(kPrograms, job.program);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    for (uint32_t i = 0; i < 6; ++i) {
      bench.ring(kPrograms, static_cast<uint32_t>(job.program.size()), job.base, i);
    }
    const std::vector<uint8_t> before = bench.memory;
    bench.run(rng() % (round % 2 == 0 ? 400 : 40000));
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK | HB_TILE_CTRL_SOFT_RESET_MASK);
    for (uint32_t guard = 0; (bench.read_reg(HB_TILE_REG_CTRL) & HB_TILE_CTRL_SOFT_RESET_MASK) != 0;
         ++guard) {
      expect(guard < 1000, "soft reset does not end");
    }
    bench.run(2);
    expect(bench.model().outputs().idle == 1 && bench.model().outputs().irq == 0,
           "idle and silent after soft reset");
    bench.wait_idle();
    expect(bench.read_reg(HB_TILE_REG_STATUS) == 0, "STATUS %x after soft reset",
           bench.read_reg(HB_TILE_REG_STATUS));
    for (uint32_t reg = HB_TILE_REG_PERF_BUSY; reg <= HB_TILE_REG_PERF_COMPLETED; reg += 4)
      expect(bench.read_reg(reg) == 0, "counter %03x survives soft reset", reg);
    // Only the job's output may have been touched.
    for (size_t i = 0; i < before.size(); ++i) {
      const uint32_t address = kBase + static_cast<uint32_t>(i);
      expect(before[i] == bench.memory[i] ||
                 (address >= kAreas + kAreaBytes / 2 && address < kAreas + kAreaBytes),
             "soft reset let %08x be written", address);
    }
    run_good_job(bench, info, static_cast<uint32_t>(rng()));
  }
}

/* A program that waits for a token nobody pushes is ended by the watchdog, and by nothing else. */
void test_watchdog(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  options.max_latency = 20;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  const hb_cmd_t stuck[] = {
      load(0, 0, 0, 4, HB_CMD_TOKEN_E2L), execute(info, 2, 2, 1, HB_CMD_TOKEN_L2E),
      execute(info, 2, 2, 1, HB_CMD_TOKEN_S2E), store(0, 1, 4, HB_CMD_TOKEN_E2S)};
  for (const hb_cmd_t &cmd : stuck) {
    bench.put_program(kPrograms, {load(0, 0, 0, 40), cmd, end_command()});
    bench.write_reg(HB_TILE_REG_WATCHDOG, 0);
    bench.ring(kPrograms, 3, base, 1);
    bench.run(3000);
    expect(bench.model().outputs().irq == 0 && bench.model().outputs().idle == 0,
           "a stuck job ended without a watchdog");
    bench.write_reg(HB_TILE_REG_WATCHDOG, 500);
    const Completion done = bench.wait_completion(600);
    expect(done.code == HB_TILE_STATUS_WATCHDOG && done.command == 0, "status %u", done.code);
    bench.ring(kPrograms, 3, base, 2);
    // Nothing moves after the last beat read; then two cycles of abort, done, queued, out.
    uint64_t beat_at = 0, irq_at = 0;
    bench.observer = [&](uint64_t cycle, const TileOut &out, const TileIn &in) {
      if (in.m_rvalid != 0) beat_at = cycle;
      if (out.irq != 0 && irq_at == 0) irq_at = cycle;
    };
    expect(bench.wait_completion(2000).code == HB_TILE_STATUS_WATCHDOG, "second stuck job");
    expect(irq_at - beat_at == 500 + 5, "the watchdog bit after %llu cycles",
           static_cast<unsigned long long>(irq_at - beat_at));
    bench.observer = nullptr;
    bench.wait_idle();
    run_good_job(bench, info, seed);  // with the watchdog on
  }
  // Work that reads and writes nothing for longer than that.
  std::vector<hb_cmd_t> busy = {execute(info, 32, 32, 4)};
  if (is_vector(info)) {
    busy.push_back(stat(40, 0, 0, 0));
    busy.back().stat.fn = HB_CMD_STAT_FN_RSQRT;
  }
  busy.push_back(end_command());
  bench.put_program(kPrograms, busy);
  bench.ring(kPrograms, static_cast<uint32_t>(busy.size()), base, 4);
  const Completion done = bench.wait_completion();
  expect(done.code == HB_TILE_STATUS_OK && done.cycles > 4096,
         "a job that only computes: status %u after %u cycles", done.code, done.cycles);
}

/* The next job begins without the last one's tokens; a job may hold as many as it has commands. */
void test_job_boundary(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  bench.write_reg(HB_TILE_REG_WATCHDOG, 2000);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  constexpr uint32_t kL2e = HB_CMD_TOKEN_L2E, kE2l = HB_CMD_TOKEN_E2L, kE2s = HB_CMD_TOKEN_E2S,
                     kS2e = HB_CMD_TOKEN_S2E;
  const struct {
    hb_cmd_t push, wait;
  } pairs[] = {
      {load(0, 0, 0, 4, 0, kL2e), execute(info, 2, 2, 1, kL2e)},
      {execute(info, 2, 2, 1, 0, kE2l), load(0, 0, 0, 4, kE2l)},
      {execute(info, 2, 2, 1, 0, kE2s), store(0, 1, 4, kE2s)},
      {store(0, 1, 4, 0, kS2e), execute(info, 2, 2, 1, kS2e)},
  };
  for (const auto &pair : pairs) {
    bench.put_program(kPrograms, {pair.push, end_command()});
    bench.put_program(kPrograms + 0x10000, {pair.wait, end_command()});
    bench.ring(kPrograms, 2, base, 1);
    bench.ring(kPrograms + 0x10000, 2, base, 2);
    expect(bench.wait_completion().code == HB_TILE_STATUS_OK, "job that pushes");
    expect(bench.wait_completion().code == HB_TILE_STATUS_WATCHDOG,
           "a token of the job before was taken");
    bench.wait_idle();
  }
  // A queued job starts by itself: a tile with work to do is not idle.
  BenchOptions asleep = options;
  asleep.skip_idle = true;
  TileBench sleepy(info, asleep);
  sleepy.put_program(kPrograms, {load(0, 0, 0, 400), end_command()});
  for (uint32_t i = 0; i < 3; ++i)
    sleepy.ring(kPrograms, 2, base, i);
  sleepy.run(10000);
  expect(sleepy.model().perf().completed == 3, "%u of 3 queued jobs ran",
         sleepy.model().perf().completed);

  constexpr uint32_t kMany = 300;
  std::vector<hb_cmd_t> program(kMany, load(0, 0, 0, 1, 0, kL2e));
  program.insert(program.end(), kMany, execute(info, 1, 1, 1, kL2e));
  program.push_back(end_command());
  bench.put_program(kPrograms, program);
  bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 3);
  expect(bench.wait_completion().code == HB_TILE_STATUS_OK, "job with %u tokens", kMany);
}

/* Commands that follow each other at once, on the same rows of the accumulator: around the last row
 * written, for numbers of pixels around the array's, one k-tile or several. */
void test_adjoining(const TileModelInfo &info, uint32_t seed) {
  const uint32_t n = size_of(info);
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  randomise(bench.memory, rng);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  std::vector<hb_cmd_t> program = {load(2, 0, 0x4000, 8)};
  const Words words(info);
  for (uint32_t bank = 0; bank < words.banks; ++bank) {
    program.push_back(load(0, bank * words.ifm / 2, bank * 4096, 256));
    program.push_back(load(1, bank * words.wgt / 2, 0x2000 + bank * 4096, 256));
  }
  program.back().common.tokens = HB_CMD_TOKEN_L2E << 4;
  bool first = true;
  const auto push = [&](uint32_t acc, uint32_t pixels, uint32_t k_tiles, bool fresh) {
    hb_cmd_t cmd = execute(info, 1, pixels, k_tiles, first ? HB_CMD_TOKEN_L2E : 0);
    if (is_vector(info)) {
      cmd.vec.lanes = static_cast<uint8_t>(n);
      cmd.vec.acc = static_cast<uint16_t>(acc);
      cmd.vec.flags = static_cast<uint16_t>(fresh ? 0 : HB_CMD_VEC_FLAG_ACC);
    } else {
      cmd.exec.acc = static_cast<uint16_t>(acc);
      cmd.exec.flags = static_cast<uint16_t>(fresh ? HB_CMD_EXEC_FLAG_INIT : 0);
    }
    program.push_back(cmd);
    first = false;
  };
  const uint32_t rows = 3 * n + 4;
  push(0, rows, 1, true);
  for (const uint32_t pixels : {1u, 2u, n - 1, n, n + 1, 2 * n}) {
    for (const uint32_t k_tiles : {1u, 2u}) {
      for (uint32_t back = 0; back < 3 && back < pixels; ++back) {
        push(0, pixels, 2, false);
        push(pixels - 1 - back, n + 1, k_tiles, false);
      }
    }
  }
  program.back().common.tokens = HB_CMD_TOKEN_E2S << 4;
  hb_cmd_t raw = store(0, 1, rows, HB_CMD_TOKEN_E2S);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  program.push_back(raw);
  program.push_back(end_command());
  run_as_reference(bench, info, program, base);
}

/* Counters count what happens at the boundary, and waiting under its reason. */
void test_counters(const TileModelInfo &info, uint32_t seed) {
  constexpr uint32_t kL2e = HB_CMD_TOKEN_L2E, kE2s = HB_CMD_TOKEN_E2S, kS2e = HB_CMD_TOKEN_S2E;
  hb_cmd_t raw = store(0, 8, 8, kE2s, kS2e);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  raw.store.row_pitch = 8 * 64;
  const std::vector<hb_cmd_t> programs[] = {
      // Waits for LOAD, and for STORE.
      {load(0, 0, 0, 500, 0, kL2e), execute(info, 8, 8, 4, kL2e), end_command()},
      {execute(info, 8, 8, 4, 0, kE2s), raw, execute(info, 8, 8, 4, kS2e), end_command()},
  };
  for (uint32_t i = 0; i < 2; ++i) {
    BenchOptions options;
    options.seed = seed + i;
    options.max_latency = 60;
    options.stall_percent = 30;
    TileBench bench(info, options);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    bench.put_program(kPrograms, programs[i]);
    uint32_t reads = 0, writes = 0;
    bench.observer = [&](uint64_t, const TileOut &out, const TileIn &in) {
      reads += in.m_rvalid != 0 && out.m_rready != 0;
      writes += in.m_wready != 0 && out.m_wvalid != 0;
    };
    bench.ring(kPrograms, static_cast<uint32_t>(programs[i].size()),
               {kAreas, kAreas + 0x20000, kAreas, kAreas}, 77 + i);
    const Completion done = bench.wait_completion();
    expect(done.code == HB_TILE_STATUS_OK, "status %u at command %u", done.code, done.command);
    bench.run(100);
    const TilePerf perf = bench.model().perf();
    expect(perf.busy == done.cycles, "busy %u cycles, completion says %u", perf.busy, done.cycles);
    expect(perf.rd_beats == reads && perf.wr_beats == writes,
           "%u beats read, %u written; counted %u and %u", reads, writes, perf.rd_beats,
           perf.wr_beats);
    expect(perf.array == 256 * (i + 1), "array %u cycles", perf.array);
    expect(i == 0 ? perf.wait_load > 400 && perf.wait_store == 0
                  : perf.wait_load == 0 && perf.wait_store > 200,
           "waited %u cycles for LOAD and %u for STORE", perf.wait_load, perf.wait_store);
    expect(perf.wait_wgt > 0 && perf.wait_wgt < 120, "drained for %u cycles", perf.wait_wgt);
    expect(perf.running_tag == 77 + i && perf.done_tag == 77 + i &&
               perf.done_status == HB_TILE_COMPL_STATUS_VALID_MASK,
           "tags %u, %u, status %x", perf.running_tag, perf.done_tag, perf.done_status);
    const struct {
      uint32_t reg, value;
    } counters[] = {
        {HB_TILE_REG_PERF_BUSY, perf.busy},
        {HB_TILE_REG_PERF_ARRAY, perf.array},
        {HB_TILE_REG_PERF_WAIT_LOAD, perf.wait_load},
        {HB_TILE_REG_PERF_WAIT_STORE, perf.wait_store},
        {HB_TILE_REG_PERF_WAIT_WGT, perf.wait_wgt},
        {HB_TILE_REG_PERF_WAIT_CMD, perf.wait_cmd},
        {HB_TILE_REG_PERF_RD_BEATS, perf.rd_beats},
        {HB_TILE_REG_PERF_WR_BEATS, perf.wr_beats},
        {HB_TILE_REG_PERF_STARTED, 1},
        {HB_TILE_REG_PERF_COMPLETED, 1},
    };
    for (const auto &counter : counters)
      expect(bench.read_reg(counter.reg) == counter.value, "register %03x is not %u", counter.reg,
             counter.value);
  }
}

/* Counters do not end at 16 bits: waiting for LOAD, for STORE, for commands, on a vector tile for
 * STAT; nor those of jobs at 8. */
void test_long_waits(const TileModelInfo &info, uint32_t seed) {
  constexpr uint32_t kL2e = HB_CMD_TOKEN_L2E, kE2s = HB_CMD_TOKEN_E2S, kS2e = HB_CMD_TOKEN_S2E;
  constexpr uint64_t kLong = 70000;
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  TilePerf before = bench.model().perf();
  const auto waited = [&](const std::vector<hb_cmd_t> &program, bool mute_reads, bool mute_writes,
                          uint64_t begin, uint32_t TilePerf::*counter, const char *what) {
    bench.put_program(kPrograms, program);
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 1);
    bench.run(begin);
    bench.mute_reads = mute_reads;
    bench.mute_writes = mute_writes;
    bench.run(kLong);
    bench.mute_reads = bench.mute_writes = false;
    const Completion done = bench.wait_completion();
    expect(done.code == HB_TILE_STATUS_OK, "%s: status %u", what, done.code);
    bench.wait_idle();
    const TilePerf now = bench.model().perf();
    const auto grown = [&](uint32_t TilePerf::*member) { return now.*member - before.*member; };
    expect(grown(counter) > 0xffff, "%s: counted %u cycles", what, grown(counter));
    expect(grown(&TilePerf::busy) == done.cycles &&
               grown(&TilePerf::array) + grown(&TilePerf::wait_load) +
                       grown(&TilePerf::wait_store) + grown(&TilePerf::wait_wgt) +
                       grown(&TilePerf::wait_cmd) ==
                   done.cycles,
           "%s: busy cycles do not add up", what);
    before = now;
  };
  hb_cmd_t raw = store(0, 8, 8, kE2s, kS2e);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  raw.store.row_pitch = 8 * 64;
  waited({load(0, 0, 0, 500, 0, kL2e), execute(info, 8, 8, 4, kL2e), end_command()}, true, false,
         100, &TilePerf::wait_load, "LOAD");
  waited({execute(info, 8, 8, 4, 0, kE2s), raw, execute(info, 8, 8, 4, kS2e), end_command()}, false,
         true, 20, &TilePerf::wait_store, "STORE");
  waited({end_command()}, true, false, 0, &TilePerf::wait_cmd, "commands");
  if (is_vector(info)) {
    std::vector<hb_cmd_t> program = {vec(8, 8, 4, 0, kE2s), raw};
    for (uint32_t i = 0; i < 2; ++i) {
      program.push_back(stat(960, 64, 64, 64));  // behind the rows that STORE reads
      program.back().stat.fn = HB_CMD_STAT_FN_RSQRT;
    }
    program.push_back(vec(8, 8, 4, kS2e));
    program.push_back(end_command());
    waited(program, false, false, 0, &TilePerf::wait_wgt, "STAT");
    // The VEC behind STAT waits for STORE, but that is not why nothing is named: STAT takes longer.
    program.erase(program.begin() + 3);
    bench.put_program(kPrograms, program);
    bench.mute_writes = true;
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 1);
    bench.run(3000);
    bench.mute_writes = false;
    bench.wait_completion();
    const TilePerf now = bench.model().perf();
    expect(now.wait_store == before.wait_store, "STAT: %u cycles waited for STORE",
           now.wait_store - before.wait_store);
  }
  bench.put_program(kPrograms, {end_command()});
  const uint32_t jobs = bench.model().perf().completed + 300;
  for (uint32_t i = 0; i < 300; ++i) {
    bench.ring(kPrograms, 1, base, i);
    bench.wait_completion();
  }
  const TilePerf now = bench.model().perf();
  expect(now.started == jobs && now.completed == jobs, "%u jobs: %u started, %u completed", jobs,
         now.started, now.completed);
}

/* EXECs of several k-tiles that begin in the row in which the one before has ended: a
 * weight-stationary tile loses a cycle, as it could not read the row back yet, an output-stationary
 * one does not. */
void test_shared_row(const TileModelInfo &info, uint32_t seed) {
  const uint32_t n = size_of(info);
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  uint32_t cycles[2];
  constexpr uint32_t kTiles = 5, kMore = 40;  // 5 N cycles an EXEC: longer than its decoding
  for (uint32_t i = 0; i < 2; ++i) {
    std::vector<hb_cmd_t> program;
    for (uint32_t j = 0; j < 20 + i * kMore; ++j) {
      program.push_back(exec(1, n, kTiles));
      program.back().exec.acc = static_cast<uint16_t>(j % 20 * (n - 1));
    }
    program.push_back(end_command());
    bench.put_program(kPrograms, program);
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), {kAreas, kAreas, kAreas, kAreas},
               1);
    cycles[i] = bench.wait_completion().cycles;
  }
  const bool ws = info.id >> HB_TILE_ID_KIND_LSB == HB_TILE_KIND_WS;
  const uint32_t lost = ws ? kMore * 19 / 20 : 0;
  expect(cycles[1] - cycles[0] == kMore * kTiles * n + lost, "%u cycles for %u EXECs of %u k-tiles",
         cycles[1] - cycles[0], kMore, kTiles);
}

/* Rows that one VEC writes may be 512 and more apart. */
void test_far_rows(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  randomise(bench.memory, rng);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  for (const uint32_t apart : {511u, 512u, 513u, 700u, 1022u}) {
    hb_cmd_t clear = vec(4, 256, 1), far = vec(2, 2, 1, HB_CMD_TOKEN_L2E, HB_CMD_TOKEN_E2S);
    clear.vec.m0 = 0;
    clear.vec.in_h = clear.vec.in_w = 1;
    far.vec.acc_dy = static_cast<uint16_t>(apart);
    hb_cmd_t raw = store(0, 128, 8, HB_CMD_TOKEN_E2S);
    raw.store.flags = HB_CMD_STORE_FLAG_RAW;
    raw.store.row_pitch = 8 * 64;
    run_as_reference(bench, info,
                     {load(0, 0, 0, 64), load(2, 0, 0x8000, 512, 0, HB_CMD_TOKEN_L2E), clear, far,
                      raw, end_command()},
                     base);
  }
}

/* Counters of beats do not end at 16 bits. */
void test_many_beats(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  constexpr uint32_t kCommands = 20, kBeats = 4096;
  hb_cmd_t raw = store(0, 128, 8);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  raw.store.row_pitch = 8 * 64;
  std::vector<hb_cmd_t> program;
  for (uint32_t i = 0; i < kCommands; ++i) {
    program.push_back(load(0, 0, 0, kBeats));
    program.push_back(raw);
  }
  program.push_back(end_command());
  bench.put_program(kPrograms, program);
  bench.ring(kPrograms, static_cast<uint32_t>(program.size()),
             {kAreas, kAreas + 0x20000, kAreas, kAreas}, 1);
  const Completion done = bench.wait_completion();
  expect(done.code == HB_TILE_STATUS_OK, "status %u at command %u", done.code, done.command);
  const TilePerf perf = bench.model().perf();
  // A command is four beats as well.
  expect(perf.rd_beats == kCommands * kBeats + 4 * program.size() &&
             perf.wr_beats == kCommands * kBeats,
         "counted %u beats read, %u written", perf.rd_beats, perf.wr_beats);
}

/* Bursts are as long as 256-byte boundaries let them be, and at most eight are outstanding an
 * engine: exactly eight if nothing is answered. */
void test_bursts(const TileModelInfo &info, uint32_t seed) {
  BenchOptions options;
  options.seed = seed;
  options.max_latency = 8;
  TileBench bench(info, options);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  // From 5 beats before a page on.
  hb_cmd_t raw = store(0x1000 - 80, 1, 64);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  for (const bool write : {false, true}) {
    const std::vector<hb_cmd_t> program = {write ? raw : load(0, 0, 0x1000 - 80, 256),
                                           end_command()};
    bench.put_program(kPrograms, program);
    uint32_t fetched = 0, begun = 0, ended = 0;
    bench.observer = [&](uint64_t, const TileOut &out, const TileIn &in) {
      if (in.m_rvalid != 0 && in.m_rid == 0) ++fetched;
      if (fetched == 4 * program.size() && begun < 8) bench.mute_reads = bench.mute_writes = true;
      const bool asked = write ? out.m_awvalid != 0 && in.m_awready != 0
                               : out.m_arvalid != 0 && in.m_arready != 0 && out.m_arid == 1;
      if (asked) {
        // 256 beats: 5 to the page, 15 bursts of 16, 11.
        const uint32_t len = write ? out.m_awlen : out.m_arlen;
        expect(len + 1u == (begun == 0    ? 5u
                            : begun == 16 ? 11u
                                          : 16u),
               "burst %u of %u beats", begun, len + 1);
        ++begun;
      }
      ended += write ? in.m_bvalid != 0 : in.m_rvalid != 0 && in.m_rid == 1 && in.m_rlast != 0;
      expect(begun - ended <= 8, "%u bursts are outstanding", begun - ended);
    };
    bench.ring(kPrograms, 2, base, 5);
    bench.run(2000);
    expect(begun == 8 && ended == 0, "%u bursts begun, %u ended without an answer", begun, ended);
    bench.mute_reads = bench.mute_writes = false;
    expect(bench.wait_completion().code == HB_TILE_STATUS_OK, "job of one command");
    expect(begun == 17 && ended == 17, "%u bursts begun, %u ended", begun, ended);
    bench.wait_idle();
    bench.observer = nullptr;
  }
}

/* A reset at any moment leaves a tile as it was when it was first reset. */
void test_hard_reset(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  options.stall_percent = 30;
  options.max_latency = 50;
  TileBench bench(info, options);
  for (uint32_t round = 0; round < 24; ++round) {
    randomise(bench.memory, rng);
    RandomJob job = random_job(rng, info, 3, bench.memory, kBase, kAreas, kAreaBytes);
    bench.put_program(kPrograms, job.program);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    bench.write_reg(HB_TILE_REG_WATCHDOG, 0x12345678);
    for (uint32_t i = 0; i < 6; ++i)
      bench.ring(kPrograms, static_cast<uint32_t>(job.program.size()), job.base, i);
    if (round % 3 == 1) {  // while it writes
      while (bench.model().outputs().m_awvalid == 0)
        bench.step();
      bench.run(rng() % 100);
    } else {
      bench.run(rng() % (round % 3 == 0 ? 300 : 20000));
    }
    bench.reset();
    for (uint32_t cycle = 0; cycle < 100; ++cycle) {
      const TileOut &out = bench.model().outputs();
      expect(out.idle == 1 && (out.irq | out.m_arvalid | out.m_awvalid | out.m_wvalid) == 0,
             "idle and silent after reset");
      bench.step();
    }
    for (uint32_t reg = HB_TILE_REG_CTRL; reg <= HB_TILE_REG_PERF_COMPLETED; reg += 4)
      expect(bench.read_reg(reg) == 0, "register %03x is not 0 after reset", reg);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    run_good_job(bench, info, static_cast<uint32_t>(rng()));
  }
}

/* What an aborted STORE writes is right as far as it goes: owed beats come without strobes. */
void test_abort_writes(const TileModelInfo &info, uint32_t seed) {
  std::mt19937 rng(seed);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  hb_cmd_t raw = store(0, 8, 8);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  raw.store.row_pitch = 8 * 64;
  std::vector<hb_cmd_t> program = {load(2, 0, 0, 8)};
  const Words words(info);
  for (uint32_t bank = 0; bank < words.banks; ++bank) {
    program.push_back(load(0, bank * words.ifm / 2, 0, 512));
    program.push_back(load(1, bank * words.wgt / 2, 0, 512));
  }
  program.back().common.tokens = HB_CMD_TOKEN_L2E << 4;
  program.push_back(execute(info, 8, 8, 4, HB_CMD_TOKEN_L2E, HB_CMD_TOKEN_E2S));
  program.push_back(store(0x8000, 8, 8, HB_CMD_TOKEN_E2S));
  program.push_back(raw);
  program.push_back(end_command());
  std::vector<uint8_t> memory(1 << 21);
  randomise(memory, rng);
  uint32_t partial = 0;
  for (uint32_t round = 0; round < 60; ++round) {
    BenchOptions options;
    options.seed = static_cast<uint32_t>(rng());
    options.stall_percent = 20 + round % 3 * 30;
    options.max_latency = 20;
    TileBench bench(info, options);
    bench.memory = memory;
    bench.put_program(kPrograms, program);
    const float scale = 0.002f;
    for (uint32_t i = 0; i < 16; ++i)
      std::memcpy(&bench.memory[kAreas - kBase + 64 + 4 * i], &scale, 4);
    const std::vector<uint8_t> before = bench.memory;
    std::vector<uint8_t> want = bench.memory;
    TileReference(size_of(info), want, kBase).run(program, base);
    bench.ring(kPrograms, static_cast<uint32_t>(program.size()), base, 1);
    // From the first write on.
    bool writing = false;
    bench.observer = [&](uint64_t, const TileOut &out, const TileIn &) {
      writing |= out.m_awvalid != 0;
    };
    while (!writing)
      bench.step();
    bench.run(rng() % 500);
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_SOFT_RESET_MASK);
    bench.run(2000);
    bench.wait_idle();
    bool some = false, all = true;
    for (size_t i = 0; i < before.size(); ++i) {
      all &= bench.memory[i] == want[i];
      if (bench.memory[i] == before[i]) continue;
      some = true;
      expect(bench.memory[i] == want[i], "memory %08zx is %02x, was %02x, is to become %02x",
             kBase + i, bench.memory[i], before[i], want[i]);
    }
    partial += some && !all;
  }
  expect(partial > 20, "only %u of 60 jobs were stopped half-way", partial);
}

/* STAT at the borders of its ranges: powers of two and their neighbours, zero, a row of each. The
 * offset it leaves leads TABLE across the ends of the table. */
void test_stat(const TileModelInfo &info, uint32_t seed) {
  expect(is_vector(info), "only a vector tile has STAT");
  std::mt19937 rng(seed);
  BenchOptions options;
  options.seed = seed;
  options.max_latency = 8;
  TileBench bench(info, options);
  randomise(bench.memory, rng);
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  bench.write_reg(HB_TILE_REG_WATCHDOG, 3000);
  const std::array<uint32_t, 4> base{kAreas, kAreas + 0x20000, kAreas, kAreas};
  // IFM words 0..63: bytes of a power of two or 0; 64..127: of 240..255 or 0..16 and 128..135.
  for (uint32_t i = 0; i < 128; ++i) {
    for (uint32_t b = 0; b < 16; ++b) {
      uint8_t &byte = bench.memory[kAreas - kBase + 16 * i + b];
      byte = static_cast<uint8_t>(i < 64   ? (i % 9 == 8 ? 0 : 1 << i % 9)
                                  : i < 96 ? 120 + rng() % 17
                                           : rng() % 17);
    }
  }
  std::vector<hb_cmd_t> program = {load(2, 0, 0x5000, 8), load(3, 0, 0x4000, 32),
                                   load(0, 0, 0, 128, 0, HB_CMD_TOKEN_L2E)};
  if (Words(info).banks == 2) program.insert(program.begin(), load(0, Words(info).ifm / 2, 0, 128));
  // Rows 0..62: a power of two times a power of two. Row 64 is 0.
  for (uint32_t i = 0; i < 7; ++i) {
    hb_cmd_t cmd = vec(1, 9, 1, i == 0 ? HB_CMD_TOKEN_L2E : 0);
    cmd.vec.lanes = static_cast<uint8_t>(size_of(info));
    cmd.vec.ifm = 0;
    cmd.vec.m0 = static_cast<int16_t>(1 << (2 * i + 1));
    cmd.vec.acc = static_cast<uint16_t>(9 * i);
    program.push_back(cmd);
  }
  hb_cmd_t zero = vec(1, 1, 1);
  zero.vec.ifm = 8;
  zero.vec.acc = 64;
  zero.vec.lanes = static_cast<uint8_t>(size_of(info));
  program.push_back(zero);
  // Rows 100..162: reciprocals.
  program.push_back(stat(63, 0, 0, 100));
  // Rows 200 and up: roots of any 32 bits, which come as eps.
  std::vector<uint32_t> values = {0, 1, 2, 3, 0xffffffffu};
  for (uint32_t bit = 2; bit < 32; ++bit)
    for (uint32_t near = 0; near < 3; ++near)
      values.push_back((1u << bit) + near - 1);
  for (uint32_t i = 0; i < 20; ++i)
    values.push_back(static_cast<uint32_t>(rng()));
  for (uint32_t i = 0; i < values.size(); ++i) {
    hb_cmd_t root = stat(1, 64, 64, 200 + i);
    root.stat.fn = HB_CMD_STAT_FN_RSQRT;
    root.stat.count = 0;
    root.stat.eps = values[i];
    program.push_back(root);
  }
  // Rows 400 and up: offsets of 240..272; rows 500 and up: the table at offset less 0..16.
  hb_cmd_t sums = vec(1, 16, 2);
  sums.vec.ifm = 64;
  sums.vec.plane_pitch = 16;
  sums.vec.acc = 400;
  program.push_back(sums);
  program.push_back(stat(16, 400, 400, 420));
  program.back().common.tokens = HB_CMD_TOKEN_E2L << 4;
  hb_cmd_t table = vec(1, 16, 1);
  table.vec.ifm = 96;
  table.vec.flags = HB_CMD_VEC_FLAG_TABLE | HB_CMD_VEC_FLAG_OFFSET;
  table.vec.lanes = static_cast<uint8_t>(size_of(info));
  table.vec.stat = 420;
  table.vec.acc = 500;
  program.push_back(table);
  // STAT pushes what STORE and LOAD wait for.
  program.push_back(stat(1, 64, 64, 520));
  program.back().common.tokens = HB_CMD_TOKEN_E2S << 4;
  program.push_back(load(2, 64, 0, 8, HB_CMD_TOKEN_E2L));
  const struct {
    uint32_t row, count;
  } ranges[] = {{0, 63},   {64, 1},   {100, 63}, {200, static_cast<uint32_t>(values.size())},
                {400, 16}, {420, 16}, {500, 16}, {520, 1}};
  uint32_t at = 0;
  for (const auto &range : ranges) {
    hb_cmd_t raw = store(at, 1, range.count, at == 0 ? HB_CMD_TOKEN_E2S : 0);
    raw.store.flags = HB_CMD_STORE_FLAG_RAW;
    raw.store.acc = static_cast<uint16_t>(range.row);
    program.push_back(raw);
    at += range.count * 64;
  }
  program.push_back(end_command());
  run_as_reference(bench, info, program, base);
}

/* Everything visible at the boundary, as one number. */
class Digest {
 public:
  void add(uint64_t value) {
    for (int i = 0; i < 8; ++i)
      hash_ = (hash_ ^ (value >> 8 * i & 0xff)) * 0x100000001b3u;
  }
  void add_timing(uint64_t cycle, const TileOut &out) {
    const int flags = out.s_awready | out.s_wready << 1 | out.s_bvalid << 2 | out.s_arready << 3 |
                      out.s_rvalid << 4 | out.m_awvalid << 5 | out.m_wvalid << 6 |
                      out.m_wlast << 7 | out.m_arvalid << 8 | out.irq << 9 | out.idle << 10;
    add(cycle);
    add(static_cast<uint64_t>(flags));
    if (out.m_arvalid != 0)
      add(uint64_t{out.m_araddr} << 16 | uint64_t{out.m_arid} << 8 | out.m_arlen);
    if (out.m_awvalid != 0)
      add(uint64_t{out.m_awaddr} << 16 | uint64_t{out.m_awid} << 8 | out.m_awlen);
    if (out.m_wvalid != 0) add(out.m_wstrb);
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

/* While idle is 1 nothing changes: leaving those cycles out gives the same cycles and bytes. */
void test_quiescence(const TileModelInfo &info, uint32_t seed) {
  uint64_t digest[2], clocked[2], cycles[2];
  std::vector<uint8_t> memory[2];
  for (int skip = 0; skip < 2; ++skip) {
    std::mt19937 rng(seed);
    BenchOptions options;
    options.seed = seed;
    options.stall_percent = 20;
    options.max_latency = 30;
    options.skip_idle = skip != 0;
    TileBench bench(info, options);
    randomise(bench.memory, rng);
    Digest d;
    bench.observer = [&](uint64_t cycle, const TileOut &out, const TileIn &) {
      if (out.idle == 0) d.add_timing(cycle, out);
    };
    bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
    for (uint32_t i = 0; i < 6; ++i) {
      RandomJob job = random_job(rng, info, 1, bench.memory, kBase, kAreas, kAreaBytes);
      bench.put_program(kPrograms, job.program);
      bench.ring(kPrograms, static_cast<uint32_t>(job.program.size()), job.base, i);
      if (rng() % 2 == 0) bench.run(rng() % 200);
      d.add(bench.wait_completion().cycles);
      bench.run(rng() % 5000);
      const TilePerf perf = bench.model().perf();
      d.add(perf.busy);
      d.add(perf.rd_beats);
    }
    digest[skip] = d.value();
    clocked[skip] = bench.clocked();
    cycles[skip] = bench.cycle();
    memory[skip] = bench.memory;
  }
  expect(cycles[0] == cycles[1] && digest[0] == digest[1], "skipping idle cycles changes the run");
  compare(memory[1], memory[0]);
  expect(clocked[0] == cycles[0] && clocked[1] + 1000 < clocked[0],
         "nothing was skipped: %llu of %llu cycles clocked",
         static_cast<unsigned long long>(clocked[1]), static_cast<unsigned long long>(cycles[1]));
  std::printf("%llu of %llu cycles clocked\n", static_cast<unsigned long long>(clocked[1]),
              static_cast<unsigned long long>(cycles[1]));
}

/* A byte of data set `variant`. Those that are mostly 0 make sums of every size. */
uint8_t data_byte(uint32_t variant, std::mt19937 &rng) {
  switch (variant) {
    case 0:
      return 0;
    case 1:
      return 0xff;
    case 2:
      return 0x80;
    case 3:
      return static_cast<uint8_t>(rng() % 64 == 0);
    case 4:
      return static_cast<uint8_t>(rng() % 16 == 0 ? rng() : 0);
    default:
      return static_cast<uint8_t>(rng());
  }
}

/* The same commands on other data: the same cycles at the boundary, whether memory is slow or never
 * keeps the tile waiting. */
void test_data_independence(const TileModelInfo &info, uint32_t seed) {
  constexpr uint32_t kJobs = 12, kVariants = 7;
  uint64_t cycles = 0;
  for (uint32_t i = 0; i < kJobs; ++i) {
    uint64_t first = 0;
    for (uint32_t variant = 0; variant < kVariants; ++variant) {
      std::mt19937 rng(seed + i);
      BenchOptions options;
      options.seed = seed + i;
      options.stall_percent = i % 3 * 20;
      options.max_latency = i % 3 == 0 ? 1 : 30;
      TileBench bench(info, options);
      RandomJob job = random_job(rng, info, 6, bench.memory, kBase, kAreas, kAreaBytes);
      std::mt19937 data(100 * i + variant);
      for (size_t at = kAreas - kBase; at < bench.memory.size(); ++at)
        bench.memory[at] = data_byte(variant, data);
      bench.put_program(kPrograms, job.program);
      Digest d;
      bench.observer = [&](uint64_t cycle, const TileOut &out, const TileIn &) {
        d.add_timing(cycle, out);
      };
      bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
      bench.ring(kPrograms, static_cast<uint32_t>(job.program.size()), job.base, 1);
      const Completion done = bench.wait_completion();
      cycles += done.cycles;
      if (variant == 0) first = d.value();
      expect(d.value() == first, "job %u: data set %u changes the timing, of %u cycles", i, variant,
             done.cycles);
    }
  }
  std::printf("%u jobs, %u data sets, %llu cycles\n", kJobs, kVariants,
              static_cast<unsigned long long>(cycles));
}

/* Depthwise 3x3 over two blocks of channels, in two commands without a gap: a term a cycle. */
void test_vec_throughput(const TileModelInfo &info, uint32_t seed) {
  const uint32_t n = size_of(info);
  BenchOptions options;
  options.seed = seed;
  options.max_latency = 20;
  TileBench bench(info, options);
  std::mt19937 rng(seed);
  randomise(bench.memory, rng);
  std::vector<hb_cmd_t> program = {load(2, 0, 0x10000, 8)};
  const Words words(info);
  for (uint32_t bank = 0; bank < words.banks; ++bank) {
    program.push_back(load(0, bank * words.ifm / 2, bank * 4096, 512));
    program.push_back(load(1, bank * words.wgt / 2, 0x4000 + bank * 4096, 18));
  }
  program.back().common.tokens = HB_CMD_TOKEN_L2E << 4;
  for (uint32_t block = 0; block < 2; ++block) {
    hb_cmd_t cmd =
        vec(14, 14, 1, block == 0 ? HB_CMD_TOKEN_L2E : 0, block == 1 ? HB_CMD_TOKEN_E2S : 0);
    cmd.vec.fn = HB_CMD_VEC_FN_MAC;
    cmd.vec.lanes = static_cast<uint8_t>(n);
    cmd.vec.ifm = static_cast<uint16_t>(block * 256);
    cmd.vec.in_h = cmd.vec.in_w = cmd.vec.row_pitch = 16;
    cmd.vec.ker_h = cmd.vec.ker_w = 3;
    cmd.vec.wgt = static_cast<uint16_t>(9 * block);
    cmd.vec.acc = static_cast<uint16_t>(196 * block);
    cmd.vec.x_zp = 131;
    cmd.vec.x2_zp = 0xf5;
    cmd.vec.flags = HB_CMD_VEC_FLAG_W_SIGNED;
    program.push_back(cmd);
  }
  hb_cmd_t raw = store(0x4000, 28, 14, HB_CMD_TOKEN_E2S);
  raw.store.flags = HB_CMD_STORE_FLAG_RAW;
  raw.store.row_pitch = 14 * 64;
  program.push_back(raw);
  program.push_back(end_command());
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base = {kAreas, kAreas + 0x20000, kAreas, kAreas};
  run_as_reference(bench, info, program, base);
  const TilePerf perf = bench.model().perf();
  expect(perf.array == 2 * 9 * 196, "%u terms, expected %u", perf.array, 2 * 9 * 196);
  // What is lost is the last row's way through the pipeline.
  expect(perf.wait_wgt <= 13, "%u cycles without a term while executing", perf.wait_wgt);
}

/* A 3x3 convolution 64 -> 64 on a 14 x 14 tile, its k-tiles in several EXECs: the array never waits
 * inside it, and leaves what the reference leaves, RAW and requantised. */
void test_throughput(const TileModelInfo &info, uint32_t seed) {
  if (is_vector(info)) return test_vec_throughput(info, seed);
  const uint32_t n = size_of(info), steps = 64 / n, k_tiles = 9 * steps;
  BenchOptions options;
  options.seed = seed;
  options.max_latency = 20;
  TileBench bench(info, options);
  std::mt19937 rng(seed);
  randomise(bench.memory, rng);
  const float scale = -0.002f;  // a weight tensor may be stored negated
  for (uint32_t i = 0; i < 16; ++i)
    std::memcpy(&bench.memory[kAreas - kBase + 0x10040 + 4 * i], &scale, 4);
  std::vector<hb_cmd_t> program = {load(2, 0, 0x10000, 8)};
  // Every other plane of the input and every other block of the weights where there are two banks.
  const Words words(info);
  for (uint32_t bank = 0; bank < words.banks; ++bank) {
    program.push_back(load(0, bank * words.ifm / 2, bank * 4096, 256));
    program.back().load.planes = static_cast<uint16_t>(4 / words.banks);
    program.back().load.plane_pitch = words.banks * 4096;
    program.push_back(load(1, bank * words.wgt / 2, 0x4000 + bank * 4096, 256));
    program.back().load.planes = static_cast<uint16_t>(k_tiles * n / 256 + 1);
    program.back().load.plane_pitch = words.banks * 4096;
  }
  program.back().common.tokens = HB_CMD_TOKEN_L2E << 4;
  uint32_t execs = 0;
  for (uint32_t tap = 0; tap < 9; ++tap, ++execs) {
    hb_cmd_t cmd =
        exec(14, 14, steps, tap == 0 ? HB_CMD_TOKEN_L2E : 0, tap == 8 ? HB_CMD_TOKEN_E2S : 0);
    cmd.exec.in_h = cmd.exec.in_w = cmd.exec.row_pitch = 16;
    cmd.exec.plane_pitch = 256;
    cmd.exec.ker_h = cmd.exec.ker_w = 3;
    cmd.exec.r0 = static_cast<uint8_t>(tap / 3);
    cmd.exec.s0 = static_cast<uint8_t>(tap % 3);
    cmd.exec.wgt = static_cast<uint16_t>(tap * 64 / words.banks);
    cmd.exec.x_zp = 131;
    cmd.exec.w_zp = 0xf5;
    cmd.exec.flags =
        static_cast<uint16_t>(HB_CMD_EXEC_FLAG_W_SIGNED | (tap == 0 ? HB_CMD_EXEC_FLAG_INIT : 0));
    program.push_back(cmd);
  }
  // Each half of the rows' channels, 8 bits and 32.
  for (uint32_t half = 0; half < (n == 16 ? 1u : 2u); ++half) {
    hb_cmd_t cmd = store(half * 0x2000, 14, 14, half == 0 ? HB_CMD_TOKEN_E2S : 0);
    cmd.store.flags = static_cast<uint16_t>(half * HB_CMD_STORE_FLAG_HALF);
    program.push_back(cmd);
    cmd = store(0x4000 + half * 0x4000, 14, 14);
    cmd.store.flags = static_cast<uint16_t>(HB_CMD_STORE_FLAG_RAW | half * HB_CMD_STORE_FLAG_HALF);
    cmd.store.row_pitch = 14 * 64;
    program.push_back(cmd);
  }
  program.push_back(end_command());
  bench.write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  const std::array<uint32_t, 4> base = {kAreas, kAreas + 0x20000, kAreas, kAreas};
  run_as_reference(bench, info, program, base);
  const TilePerf perf = bench.model().perf();
  expect(perf.array == k_tiles * 196, "%u array cycles, expected %u", perf.array, k_tiles * 196);
  // The last one's drain is all that is lost; and what the last block of an output-stationary array
  // lacks in pixels.
  const bool blocks = info.id >> HB_TILE_ID_KIND_LSB == HB_TILE_KIND_OS;
  const uint32_t missing = blocks ? k_tiles * ((196 + n - 1) / n * n - 196) : 0;
  const uint32_t drain = n + (blocks ? 5 : 3);
  expect(perf.wait_wgt == missing + drain, "%u cycles without a pixel while executing, expected %u",
         perf.wait_wgt, missing + drain);
  std::printf("array busy %.2f%% of the exec stream\n",
              100.0 * perf.array / (perf.array + perf.wait_wgt));
}

struct Case {
  const char *name;
  void (*run)(const TileModelInfo &info, uint32_t seed);
};

const Case kCases[] = {
    {"random", test_random},
    {"random_at_length", test_random_at_length},
    {"registers", test_registers},
    {"queues", test_queues},
    {"errors", test_errors},
    {"fetch_limit", test_fetch_limit},
    {"axi_errors", test_axi_errors},
    {"soft_reset", test_soft_reset},
    {"watchdog", test_watchdog},
    {"quiescence", test_quiescence},
    {"data_independence", test_data_independence},
    {"throughput", test_throughput},
    {"job_boundary", test_job_boundary},
    {"counters", test_counters},
    {"many_beats", test_many_beats},
    {"long_waits", test_long_waits},
    {"shared_row", test_shared_row},
    {"far_rows", test_far_rows},
    {"bursts", test_bursts},
    {"hard_reset", test_hard_reset},
    {"abort_writes", test_abort_writes},
    {"stat", test_stat},
    {"adjoining", test_adjoining},
};

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: test_tile CASE MODEL [SEED]\n");
    return 2;
  }
  uint32_t seed = 1;
  if (argc > 4 || (argc == 4 && !parse_number(argv[3], &seed))) {
    std::fprintf(stderr, "test_tile: SEED is one number of 32 bits\n");
    return 2;
  }
  std::printf("%s %s seed %u\n", argv[1], argv[2], seed);
  for (const Case &c : kCases) {
    if (std::strcmp(c.name, argv[1]) == 0) {
      c.run(find_model(argv[2]), seed);
      return 0;
    }
  }
  std::fprintf(stderr, "unknown case %s\n", argv[1]);
  return 2;
}
