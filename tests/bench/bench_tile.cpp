/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Simulated cycles per second of processor time, of one busy tile through its C++ wrapper, boundary
 * signals included.
 *
 * usage: bench_tile [--json] [--only MODEL WORK] [CYCLES]
 *
 * The work: a 3x3 convolution, 64 input channels (vector tiles: depthwise), 14 x 14 pixels a step,
 * loads and stores double-buffered behind it, against a memory that answers in the next cycle.
 * "exec" keeps the array busy with nothing else to do; "checked" adds the protocol checker to
 * "layer". The best of three runs counts.
 */

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "hilbert/hb_cmd.h"
#include "hilbert/hb_tile_regs.h"
#include "sim/tile/axi_checker.h"
#include "sim/tile/tile_model.h"

using namespace hb;

namespace {

constexpr uint32_t kProgram = 0, kData = 0x10000, kMemory = 0x200000;

struct Burst {
  uint32_t addr;
  uint8_t id, len, beat;
};

/* The least a memory can do: one beat a cycle, in order, answers in the next cycle. */
class Machine {
 public:
  Machine(const TileModelInfo &info, bool checked)
      : memory_(kMemory), model_(info.make()), checked_(checked) {
    uint32_t lcg = 1;
    for (size_t i = kData; i < memory_.size(); ++i) {
      lcg = lcg * 1664525u + 1013904223u;
      memory_[i] = static_cast<uint8_t>(lcg >> 24);
    }
    model_->reset();
  }

  void step() {
    const TileOut &out = model_->outputs();
    in_.m_arready = in_.m_awready = in_.m_wready = 1;
    in_.m_rvalid = 0;
    if (head_ != tail_) {
      Burst &burst = reads_[head_ % 64];
      in_.m_rvalid = 1;
      in_.m_rid = burst.id;
      in_.m_rlast = burst.beat == burst.len;
      std::memcpy(in_.m_rdata.data(), &memory_[(burst.addr + 16u * burst.beat++) % kMemory], 16);
      if (in_.m_rlast != 0) ++head_;
    }
    if (out.m_arvalid != 0) reads_[tail_++ % 64] = {out.m_araddr, out.m_arid, out.m_arlen, 0};
    in_.m_bvalid = answers_ != 0;
    in_.m_bid = 2;
    if (answers_ != 0) --answers_;
    if (out.m_wvalid != 0 && out.m_wlast != 0) ++answers_;
    if (checked_ && !checker_.check(out, in_)) {
      std::fprintf(stderr, "%s\n", checker_.violation().c_str());
      std::exit(1);
    }
    model_->clock(in_);
  }

  void write_reg(uint32_t offset, uint32_t value) {
    in_.s_awvalid = in_.s_wvalid = 1;
    in_.s_awaddr = offset;
    in_.s_wdata = value;
    in_.s_wstrb = 15;
    step();
    in_.s_awvalid = in_.s_wvalid = 0;
    in_.s_bready = 1;
    for (int i = 0; i < 4; ++i)
      step();
    in_.s_bready = 0;
  }

  void start(const std::vector<hb_cmd_t> &program) {
    std::memcpy(&memory_[kProgram], program.data(), program.size() * sizeof(hb_cmd_t));
    write_reg(HB_TILE_REG_JOB_PROG, kProgram);
    write_reg(HB_TILE_REG_JOB_LEN, static_cast<uint32_t>(program.size()));
    for (uint32_t i = 0; i < 4; ++i)
      write_reg(HB_TILE_REG_JOB_BASE0 + 4 * i, kData);
    for (uint32_t i = 0; i < 4; ++i)
      write_reg(HB_TILE_REG_JOB_TAG, i);
  }

  /* Runs the program over and over; returns seconds. */
  double run(uint64_t cycles, bool restart) {
    const std::clock_t from = std::clock();  // processor time: the machine may be shared
    uint32_t seen = model_->jobs_completed();
    while (cycles > 0) {
      const uint64_t slice = std::min<uint64_t>(cycles, 1000);
      for (uint64_t i = 0; i < slice; ++i)
        step();
      cycles -= slice;
      while (restart && seen != model_->jobs_completed()) {
        ++seen;
        write_reg(HB_TILE_REG_COMPL_POP, 1);
        write_reg(HB_TILE_REG_JOB_TAG, seen);
      }
    }
    return static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC;
  }

  const TileModelIf &model() const { return *model_; }

 private:
  std::vector<uint8_t> memory_;
  std::unique_ptr<TileModelIf> model_;
  bool checked_;
  AxiChecker checker_;
  TileIn in_;
  Burst reads_[64];
  unsigned head_ = 0, tail_ = 0, answers_ = 0;
};

hb_cmd_t command(uint32_t opcode, uint32_t wait, uint32_t push) {
  hb_cmd_t cmd{};
  cmd.common.opcode = static_cast<uint8_t>(opcode);
  cmd.common.tokens = static_cast<uint8_t>(wait | push << 4);
  return cmd;
}

/* 14 x 14 pixels of a 3x3 convolution from half `half` of the scratchpads: over 64 channels, or on
 * a vector tile depthwise. */
hb_cmd_t execute(const TileModelInfo &info, uint32_t half, uint32_t wait, uint32_t push) {
  const uint32_t n = info.id >> HB_TILE_ID_SIZE_LSB & 0xff;
  if (info.id >> HB_TILE_ID_KIND_LSB == HB_TILE_KIND_VECTOR) {
    hb_cmd_t cmd = command(HB_CMD_OP_VEC, wait, push);
    hb_cmd_vec_t &v = cmd.vec;
    v.fn = HB_CMD_VEC_FN_MAC;
    v.flags = HB_CMD_VEC_FLAG_W_SIGNED;
    v.lanes = static_cast<uint8_t>(n);
    v.ifm = static_cast<uint16_t>(half * 4096);
    v.in_h = v.in_w = v.row_pitch = 16;
    v.out_h = v.out_w = v.acc_dy = 14;
    v.stride_y = v.stride_x = v.dil_y = v.dil_x = v.acc_dx = 1;
    v.ker_h = v.ker_w = 3;
    v.k_c = 1;
    v.wgt = static_cast<uint16_t>(half * 2048);
    v.acc = static_cast<uint16_t>(half * 512);
    v.x_zp = 7;
    return cmd;
  }
  hb_cmd_t cmd = command(HB_CMD_OP_EXEC, wait, push);
  hb_cmd_exec_t &e = cmd.exec;
  e.flags = HB_CMD_EXEC_FLAG_INIT | HB_CMD_EXEC_FLAG_W_SIGNED;
  e.ifm = static_cast<uint16_t>(half * 4096);
  e.in_h = e.in_w = e.row_pitch = 16;
  e.plane_pitch = 256;
  e.out_h = e.out_w = 14;
  e.stride_y = e.stride_x = e.dil_y = e.dil_x = 1;
  e.ker_h = e.ker_w = 3;
  e.k_c = static_cast<uint16_t>(64 / n);
  e.k_count = static_cast<uint16_t>(9 * 64 / n);
  e.wgt = static_cast<uint16_t>(half * 2048);
  e.acc = static_cast<uint16_t>(half * 512);
  e.x_zp = 7;
  return cmd;
}

/* `steps` steps; without `memory_work` the array alone. */
std::vector<hb_cmd_t> program(const TileModelInfo &info, uint32_t steps, bool memory_work) {
  std::vector<hb_cmd_t> commands;
  for (uint32_t i = 0; i < steps; ++i) {
    const bool later = i >= 2;
    if (memory_work) {
      hb_cmd_t cmd = command(HB_CMD_OP_LOAD, later ? HB_CMD_TOKEN_E2L : 0, 0);
      cmd.load.dst = static_cast<uint16_t>(i % 2 * 4096);
      cmd.load.beats = 16;
      cmd.load.rows = 16;
      cmd.load.planes = 4;
      cmd.load.row_pitch = 1024;
      cmd.load.plane_pitch = 65536;
      commands.push_back(cmd);
      cmd = command(HB_CMD_OP_LOAD, 0, HB_CMD_TOKEN_L2E);
      cmd.load.mem = HB_CMD_LOAD_MEM_WGT;
      cmd.load.dst = static_cast<uint16_t>(i % 2 * 2048);
      cmd.load.beats = 64;
      cmd.load.rows = cmd.load.planes = 1;
      commands.push_back(cmd);
    }
    if (!memory_work) {
      commands.push_back(execute(info, i % 2, 0, 0));
      continue;
    }
    commands.push_back(execute(info, i % 2, HB_CMD_TOKEN_L2E | (later ? HB_CMD_TOKEN_S2E : 0u),
                               HB_CMD_TOKEN_E2L | HB_CMD_TOKEN_E2S));
    hb_cmd_t cmd = command(HB_CMD_OP_STORE, HB_CMD_TOKEN_E2S, HB_CMD_TOKEN_S2E);
    cmd.store.dst = 0x100000;
    cmd.store.row_pitch = 512;
    cmd.store.beats = cmd.store.rows = 14;
    cmd.store.acc = static_cast<uint16_t>(i % 2 * 512);
    cmd.store.clip_max = 255;
    commands.push_back(cmd);
  }
  commands.push_back(command(HB_CMD_OP_END, 0, 0));
  return commands;
}

const char *only_model = nullptr, *only_work = nullptr;

bool wanted(const char *model, const char *work) {
  return only_model == nullptr ||
         (std::strcmp(model, only_model) == 0 && std::strcmp(work, only_work) == 0);
}

void report(bool json, const char *model, const char *work, uint64_t cycles, double seconds,
            double busy) {
  const double rate = static_cast<double>(cycles) / seconds / 1e6;
  if (json) {
    std::printf("{\"bench\":\"tile\",\"metric\":\"%s_%s\",\"value\":%.3f,\"unit\":\"Mcycles/s\"}\n",
                model, work, rate);
  } else {
    std::printf("%-6s %-8s %8.2f Mcycles/s   array busy %5.1f%%\n", model, work, rate, 100 * busy);
  }
}

void measure(bool json, const TileModelInfo &info, const char *work, uint64_t cycles,
             bool memory_work, bool checked) {
  if (!wanted(info.name, work)) return;
  Machine machine(info, checked);
  machine.start(program(info, 8, memory_work));
  machine.run(20000, true);
  double best = 1e9;
  const TilePerf before = machine.model().perf();
  for (int i = 0; i < 3; ++i)
    best = std::min(best, machine.run(cycles, true));
  const TilePerf after = machine.model().perf();
  if (after.completed == before.completed || (after.done_status & 0xff) != HB_TILE_STATUS_OK) {
    std::fprintf(stderr, "%s %s: status %x after %u jobs\n", info.name, work, after.done_status,
                 after.completed);
    std::exit(1);
  }
  report(json, info.name, work, cycles, best,
         (after.array - before.array) / (3.0 * static_cast<double>(cycles)));
}

}  // namespace

int main(int argc, char **argv) {
  bool json = false;
  uint64_t cycles = 2000000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::strcmp(argv[i], "--only") == 0 && i + 2 < argc) {
      only_model = argv[++i];
      only_work = argv[++i];
    } else {
      char *end = nullptr;
      cycles = std::strtoull(argv[i], &end, 10);
      if (cycles == 0 || *end != '\0') {
        std::fputs("usage: bench_tile [--json] [--only MODEL WORK] [CYCLES]\n", stderr);
        return 2;
      }
    }
  }
  for (unsigned i = 0; const TileModelInfo *info = tile_model_info(i); ++i) {
    measure(json, *info, "exec", cycles, false, false);
    measure(json, *info, "layer", cycles, true, false);
    measure(json, *info, "checked", cycles, true, true);
    if (!wanted(info->name, "idle")) continue;
    // Idle, but clocked: what a cycle costs when nothing happens.
    Machine machine(*info, false);
    report(json, info->name, "idle", cycles, machine.run(cycles, false), 0);
  }
  return 0;
}
