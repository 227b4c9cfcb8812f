/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Replays a segment of a tile's boundary records on a tile model: what hb_replay.h shows to C.
 */

#ifndef HB_SIM_REPLAY_REPLAY_H_
#define HB_SIM_REPLAY_REPLAY_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/include/hb_replay.h"
#include "sim/tile/tile_model.h"

namespace hb {

class Replay {
 public:
  using Cycle = uint64_t;

  Replay(std::unique_ptr<TileModelIf> model, const hb_replay_memory_t *memory, uint32_t num_memory)
      : model_(std::move(model)), memory_(memory), num_memory_(num_memory) {}

  hb_status_t run(const hb_replay_segment_t &segment, hb_replay_result_t &result);

 private:
  static constexpr Cycle kNever = ~Cycle{0};

  /* One channel: its records one after the other. Valid is up from `begin` to `last`, the
   * handshakes are in `first` to `last`. */
  struct Track {
    std::vector<const hb_sim_boundary_t *> records;
    size_t next = 0;
    Cycle begin = kNever, first = kNever, last = kNever;

    const hb_sim_boundary_t &record() const { return *records[next]; }
    bool up(Cycle now) const { return now >= begin; }
    bool meets(Cycle now) const { return now >= first; }
    bool over() const { return next == records.size(); }
  };

  /* A read burst under way. */
  struct Burst {
    uint32_t addr, beats;
  };

  bool prepare();
  bool write(uint32_t offset, uint32_t value);
  bool read(uint32_t offset, uint32_t &value);
  void load(Track &track, hb_boundary_channel_t channel, Cycle free_from);
  void advance(Cycle now);
  void differ(const char *signal, uint64_t expected, uint64_t got);
  void check(const char *signal, uint64_t expected, uint64_t got) {
    if (expected != got) differ(signal, expected, got);
  }

  bool answers(hb_boundary_channel_t channel, const char *signal, bool valid);
  bool takes(hb_boundary_channel_t channel, const char *signal, bool ready);
  void wires(const TileOut &out);
  void registers(const TileOut &out, TileIn &in);
  void reads(const TileOut &out, TileIn &in);
  void writes(const TileOut &out, TileIn &in);
  void fill(const Burst &burst, Beat &beat) const;
  void watch();
  void end_job(const TilePerf &perf);
  bool missed_job();
  Cycle next_event() const;
  void finish();

  std::unique_ptr<TileModelIf> model_;
  const hb_replay_memory_t *const memory_;
  const uint32_t num_memory_;

  const hb_replay_segment_t *segment_ = nullptr;
  hb_replay_result_t *result_ = nullptr;
  Cycle now_ = 0;
  std::array<Track, HB_BOUNDARY_CHANNELS> tracks_;
  std::array<std::deque<Burst>, 256> bursts_;    // by id
  std::array<uint32_t, 256> writes_open_{};      // addresses without an answer, by id
  bool irq_ = false, idle_ = true;               // as recorded
  std::array<uint32_t, HB_REPLAY_PERF> base_{};  // what the counters had before
  std::deque<uint32_t> reg_reads_, reg_writes_;  // addresses of accesses under way
  std::deque<uint32_t> reg_data_;
  size_t job_ = 0;  // the next that ends
  bool running_ = false;
  bool counts_ = false;  // the tile has counters that the simulator knows
  uint32_t started_ = 0, completed_ = 0;
  hb_sim_job_t current_{};
  TilePerf at_start_;
};

}  // namespace hb

#endif  // HB_SIM_REPLAY_REPLAY_H_
