/* SPDX-License-Identifier: Apache-2.0 */

#include "tile_bench.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "hilbert/hb_tile_regs.h"

namespace hb {

void expect(bool ok, const char *format, ...) {
  if (ok) return;
  std::va_list args;
  va_start(args, format);
  std::fputs("FAIL: ", stderr);
  std::vfprintf(stderr, format, args);
  std::fputc('\n', stderr);
  va_end(args);
  std::exit(1);
}

const TileModelInfo &find_model(const char *name) {
  for (unsigned i = 0; const TileModelInfo *info = tile_model_info(i); ++i) {
    if (std::strcmp(info->name, name) == 0) return *info;
  }
  std::fprintf(stderr, "unknown tile model %s\n", name);
  std::exit(2);
}

bool parse_number(const char *text, uint32_t *out) {
  char *end = nullptr;
  errno = 0;
  const unsigned long value = std::strtoul(text, &end, 0);
  *out = static_cast<uint32_t>(value);
  return *text >= '0' && *text <= '9' && *end == 0 && errno == 0 && value <= UINT32_MAX;
}

TileBench::TileBench(const TileModelInfo &info, const BenchOptions &options)
    : memory(1 << 21), options_(options), rng_(options.seed), model_(info.make()) {
  reset();
}

void TileBench::reset() {
  checker_ = AxiChecker(AxiChecker::kOurTiles);
  in_ = TileIn{};
  reads_.clear();
  writes_.clear();
  write_beats_.clear();
  answers_.clear();
  model_->reset();
}

uint8_t *TileBench::at(uint32_t addr) {
  expect(addr >= kMemoryBase && uint64_t{addr} - kMemoryBase + 16 <= memory.size(),
         "cycle %llu: access to %08x outside the memory", static_cast<unsigned long long>(cycle_),
         addr);
  return memory.data() + (addr - kMemoryBase);
}

/* Decides the inputs of this cycle. What was offered and not taken stays. */
void TileBench::drive_memory(const TileOut &out) {
  in_.m_arready = !chance(options_.stall_percent);
  in_.m_awready = !chance(options_.stall_percent);
  in_.m_wready = !chance(options_.stall_percent);
  if (in_.m_rvalid == 0 && !reads_.empty() && !mute_reads && !chance(options_.stall_percent)) {
    // The oldest burst of any id may answer: beats of different ids interleave.
    std::vector<size_t> heads;
    for (size_t i = 0; i < reads_.size(); ++i) {
      bool older = false;
      for (size_t j = 0; j < i; ++j)
        older |= reads_[j].id == reads_[i].id;
      if (!older && reads_[i].ready <= cycle_) heads.push_back(i);
    }
    if (!heads.empty()) {
      const size_t which = heads[rng_() % heads.size()];
      Read &read = reads_[which];
      const uint32_t addr = read.addr + 16u * read.beat;
      in_.m_rvalid = 1;
      in_.m_rid = read.id;
      in_.m_rresp = resp_for(addr);
      in_.m_rlast = read.beat == read.len;
      std::memcpy(in_.m_rdata.data(), at(addr), 16);
      ++read.beat;
      if (in_.m_rlast != 0) reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  if (in_.m_bvalid == 0 && !answers_.empty() && !mute_writes && answers_.front().ready <= cycle_ &&
      !chance(options_.stall_percent)) {
    in_.m_bvalid = 1;
    in_.m_bid = answers_.front().id;
    in_.m_bresp = answers_.front().resp;
    answers_.pop_front();
  }
  (void)out;
}

/* Takes what moves in this cycle. */
void TileBench::take_memory(const TileOut &out) {
  if (out.m_arvalid != 0 && in_.m_arready != 0) {
    reads_.push_back({out.m_araddr, out.m_arid, out.m_arlen, 0, cycle_ + latency()});
  }
  if (out.m_awvalid != 0 && in_.m_awready != 0)
    writes_.push_back({out.m_awaddr, out.m_awid, out.m_awlen});
  if (out.m_wvalid != 0 && in_.m_wready != 0) {
    write_beats_.push_back({out.m_wdata, out.m_wstrb, out.m_wlast != 0});
  }
  while (!writes_.empty() && write_beats_.size() > writes_.front().len) {
    const Write write = writes_.front();
    writes_.pop_front();
    for (uint32_t beat = 0; beat <= write.len; ++beat) {
      const WriteBeat data = write_beats_.front();
      write_beats_.pop_front();
      uint8_t bytes[16];
      std::memcpy(bytes, data.data.data(), 16);
      uint8_t *to = at(write.addr + 16 * beat);
      for (uint32_t i = 0; i < 16; ++i) {
        if ((data.strobe >> i & 1) != 0) to[i] = bytes[i];
      }
    }
    answers_.push_back({write.id, resp_for(write.addr), cycle_ + latency()});
  }
}

void TileBench::step() {
  const TileOut out = model_->outputs();
  drive_memory(out);
  const bool touched = (in_.s_awvalid | in_.s_wvalid | in_.s_bready | in_.s_arvalid | in_.s_rready |
                        in_.m_rvalid | in_.m_bvalid) != 0;
  if (!options_.skip_idle || out.idle == 0 || touched) {
    expect(checker_.check(out, in_), "%s", checker_.violation().c_str());
    take_memory(out);
    model_->clock(in_);
    ++clocked_;
    if (observer) observer(cycle_, out, in_);
  }
  if (in_.m_rvalid != 0 && out.m_rready != 0) in_.m_rvalid = 0;
  if (in_.m_bvalid != 0 && out.m_bready != 0) in_.m_bvalid = 0;
  ++cycle_;
}

void TileBench::run(uint64_t cycles) {
  while (cycles-- > 0)
    step();
}

void TileBench::write_reg(uint32_t offset, uint32_t value, uint8_t strobe, uint8_t expected_resp) {
  // Address and data start at random moments, the answer is taken at one.
  uint64_t aw_at = cycle_ + (options_.stall_percent != 0 ? rng_() % 4 : 0);
  uint64_t w_at = cycle_ + (options_.stall_percent != 0 ? rng_() % 4 : 0);
  const bool patient = options_.stall_percent != 0 && chance(50);  // ready only after valid
  bool aw_done = false, w_done = false;
  for (unsigned guard = 0;; ++guard) {
    expect(guard < 1000, "register write to %03x is not answered", offset);
    in_.s_awvalid = !aw_done && cycle_ >= aw_at;
    in_.s_awaddr = offset;
    in_.s_wvalid = !w_done && cycle_ >= w_at;
    in_.s_wdata = value;
    in_.s_wstrb = strobe;
    const TileOut &out = model_->outputs();
    in_.s_bready =
        aw_done && w_done && !chance(options_.stall_percent) && (!patient || out.s_bvalid != 0);
    const bool aw = in_.s_awvalid != 0 && out.s_awready != 0;
    const bool w = in_.s_wvalid != 0 && out.s_wready != 0;
    const bool b = in_.s_bready != 0 && out.s_bvalid != 0;
    if (b)
      expect(out.s_bresp == expected_resp, "write to %03x: resp %u, expected %u", offset,
             out.s_bresp, expected_resp);
    step();
    aw_done |= aw;
    w_done |= w;
    if (b) break;
  }
  in_.s_awvalid = in_.s_wvalid = in_.s_bready = 0;
}

uint32_t TileBench::read_reg(uint32_t offset, uint8_t expected_resp) {
  const bool patient = options_.stall_percent != 0 && chance(50);
  bool ar_done = false;
  uint32_t value = 0;
  for (unsigned guard = 0;; ++guard) {
    expect(guard < 1000, "register read of %03x is not answered", offset);
    in_.s_arvalid = !ar_done;
    in_.s_araddr = offset;
    const TileOut &out = model_->outputs();
    in_.s_rready = ar_done && !chance(options_.stall_percent) && (!patient || out.s_rvalid != 0);
    const bool ar = in_.s_arvalid != 0 && out.s_arready != 0;
    const bool r = in_.s_rready != 0 && out.s_rvalid != 0;
    if (r) {
      expect(out.s_rresp == expected_resp, "read of %03x: resp %u, expected %u", offset,
             out.s_rresp, expected_resp);
      value = out.s_rdata;
    }
    step();
    ar_done |= ar;
    if (r) break;
  }
  in_.s_arvalid = in_.s_rready = 0;
  return value;
}

void TileBench::put_program(uint32_t address, const std::vector<hb_cmd_t> &program) {
  for (size_t i = 0; i < program.size(); ++i) {
    std::memcpy(memory.data() + (address - kMemoryBase) + i * sizeof(hb_cmd_t), &program[i],
                sizeof(hb_cmd_t));
  }
}

void TileBench::ring(uint32_t program, uint32_t commands, const std::array<uint32_t, 4> &base,
                     uint32_t tag) {
  write_reg(HB_TILE_REG_JOB_PROG, program);
  write_reg(HB_TILE_REG_JOB_LEN, commands);
  for (uint32_t i = 0; i < 4; ++i)
    write_reg(HB_TILE_REG_JOB_BASE0 + 4 * i, base[i]);
  write_reg(HB_TILE_REG_JOB_TAG, tag);
}

Completion TileBench::wait_completion(uint64_t limit) {
  const uint64_t end = cycle_ + limit;
  while (model_->outputs().irq == 0) {
    expect(cycle_ < end, "no completion after %llu cycles", static_cast<unsigned long long>(limit));
    step();
  }
  Completion completion;
  completion.tag = read_reg(HB_TILE_REG_COMPL_TAG);
  const uint32_t status = read_reg(HB_TILE_REG_COMPL_STATUS);
  expect((status & HB_TILE_COMPL_STATUS_VALID_MASK) != 0, "irq without a completion");
  completion.code = status & HB_TILE_COMPL_STATUS_CODE_MASK;
  completion.command =
      (status & HB_TILE_COMPL_STATUS_COMMAND_MASK) >> HB_TILE_COMPL_STATUS_COMMAND_LSB;
  completion.cycles = read_reg(HB_TILE_REG_COMPL_CYCLES);
  write_reg(HB_TILE_REG_COMPL_POP, 1);
  return completion;
}

void TileBench::wait_idle(uint64_t limit) {
  const uint64_t end = cycle_ + limit;
  while (model_->outputs().idle == 0) {
    expect(cycle_ < end, "not idle after %llu cycles", static_cast<unsigned long long>(limit));
    step();
  }
  expect(checker_.quiet(), "idle with an access outstanding");
}

}  // namespace hb
