/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One tile on a bench: a memory behind its AXI4 port that delays, stalls and interleaves from a
 * seed, a register master on its AXI4-Lite port, and the protocol checker on both, in every cycle.
 */

#ifndef HB_TESTS_RTL_TILE_BENCH_H_
#define HB_TESTS_RTL_TILE_BENCH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "hilbert/hb_cmd.h"
#include "sim/tile/axi_checker.h"
#include "sim/tile/tile_model.h"

namespace hb {

/** Ends the test with a message if `ok` is false. */
void expect(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

const TileModelInfo &find_model(const char *name);

/** A whole argument as a number of 32 bits, decimal or 0x; false if it is none. */
bool parse_number(const char *text, uint32_t *out);

struct BenchOptions {
  uint32_t seed = 1;
  uint32_t stall_percent = 0;  // chance that a channel does not move in a cycle
  uint32_t max_latency = 1;    // cycles from an address to its answer: 1 .. this
  bool skip_idle = false;      // leave out cycles in which the tile is idle and untouched
};

struct Completion {
  uint32_t tag, code, command, cycles;
};

class TileBench {
 public:
  static constexpr uint32_t kMemoryBase = 0x80000000u;

  TileBench(const TileModelInfo &info, const BenchOptions &options);

  std::vector<uint8_t> memory;  // from kMemoryBase on
  /** Answers addresses in this range with SLVERR. */
  uint32_t error_begin = 0, error_end = 0;
  /** No read or no write is answered any more. */
  bool mute_reads = false, mute_writes = false;
  /** Called after every clocked cycle with what happened in it. */
  std::function<void(uint64_t cycle, const TileOut &, const TileIn &)> observer;

  /** Asynchronous reset, at any moment: the bench forgets what is under way. */
  void reset();
  /** One cycle. */
  void step();
  void run(uint64_t cycles);

  void write_reg(uint32_t offset, uint32_t value, uint8_t strobe = 0xf, uint8_t expected_resp = 0);
  uint32_t read_reg(uint32_t offset, uint8_t expected_resp = 0);

  void put_program(uint32_t address, const std::vector<hb_cmd_t> &program);
  void ring(uint32_t program, uint32_t commands, const std::array<uint32_t, 4> &base, uint32_t tag);
  /** Waits for irq and pops the oldest completion. */
  Completion wait_completion(uint64_t limit = 5000000);
  /** Waits until the tile is idle and has nothing outstanding. */
  void wait_idle(uint64_t limit = 100000);

  TileModelIf &model() { return *model_; }
  uint64_t cycle() const { return cycle_; }
  uint64_t clocked() const { return clocked_; }

 private:
  struct Read {
    uint32_t addr;
    uint8_t id, len, beat;
    uint64_t ready;
  };
  struct Write {
    uint32_t addr;
    uint8_t id, len;
  };
  struct WriteBeat {
    Beat data;
    uint16_t strobe;
    bool last;
  };
  struct Answer {
    uint8_t id, resp;
    uint64_t ready;
  };

  bool chance(uint32_t percent) { return percent != 0 && rng_() % 100 < percent; }
  uint64_t latency() { return 1 + rng_() % options_.max_latency; }
  uint8_t resp_for(uint32_t addr) const { return addr >= error_begin && addr < error_end ? 2 : 0; }
  uint8_t *at(uint32_t addr);
  void drive_memory(const TileOut &out);
  void take_memory(const TileOut &out);

  BenchOptions options_;
  std::mt19937 rng_;
  std::unique_ptr<TileModelIf> model_;
  AxiChecker checker_;
  TileIn in_;
  uint64_t cycle_ = 0, clocked_ = 0;
  std::vector<Read> reads_;
  std::deque<Write> writes_;
  std::deque<WriteBeat> write_beats_;
  std::deque<Answer> answers_;
};

}  // namespace hb

#endif  // HB_TESTS_RTL_TILE_BENCH_H_
