/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The sensors: periodic frame sources that write frames to DRAM and announce them to the host.
 *
 * Each stream (hb_sim_stream_t, sim/include/hb_sim.h) is independent of the others but for the
 * bandwidth they share. Frame f is taken at
 *
 *   nominal(f) + jitter(f),   nominal(f) = offset_cycles + floor(f * rate_den * clock_hz /
 * rate_num)
 *
 * with sources (hb_sim_source_t) at the latest of their frames. Never before cycle 0 nor before
 * frame f - 1. It gets the lowest free slot, or none: then it is an overrun. The frames of a stream
 * are then handled one after the other:
 *
 *   wait --> write frame_bytes to the slot --> all writes answered --> mailbox message -->
 * answered: next frame (an overrun has nothing to write)
 *
 * Writes are packets of up to 256 bytes; streams take turns packet by packet; at most kMaxWrites
 * are unanswered. At most one mailbox message is unanswered, so a full mailbox never blocks the
 * network for others.
 *
 * Jitter, trigger, path and contents are functions of seed, stream and frame number alone
 * (README.md).
 */

#ifndef HB_SIM_SENSOR_SENSOR_HUB_H_
#define HB_SIM_SENSOR_SENSOR_HUB_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <vector>

#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"

namespace hb {

class SensorHub : public sc_core::sc_module, public Ticked {
 public:
  struct Config {
    NodeId node = 0;
    uint32_t clock_khz = 0;
    uint64_t seed = 0;
    hb_sim_sink_t sink{};  // paths
  };

  static constexpr unsigned kMaxWrites = 8;

  SensorHub(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Config &config);

  /** What is wrong with a stream, or "". */
  static std::string check(const hb_sim_stream_t &stream);

  /** Adds a stream that check() accepts; streams number from 0. Before the first cycle. */
  void add_stream(const hb_sim_stream_t &stream);

  Cycle tick(Cycle now) override;

  /** Cycle of frame `frame` without jitter. */
  static Cycle nominal(const hb_sim_stream_t &stream, uint32_t clock_khz, uint64_t frame);

  /** Its deadline: the latest offset and frame + 1 periods of the stream. */
  static Cycle deadline(const hb_sim_stream_t &stream, uint32_t clock_khz, uint64_t frame);

  /** Which blocks a frame skips and at which exits it leaves: HB_MBOX_PATH. */
  static uint32_t path(uint64_t seed, uint32_t index, const hb_sim_stream_t &stream,
                       uint64_t frame);

  /** Bytes offset .. offset + len - 1 of a frame; both multiples of 8. */
  static void content(uint64_t seed, uint32_t stream, uint64_t frame, uint32_t offset,
                      uint8_t *bytes, size_t len);

 private:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  /* A frame that was taken and is not yet announced. */
  struct Frame {
    uint64_t number = 0;
    uint32_t slot = kNoSlot;
    bool triggered = false;
    uint32_t path = 0;
  };
  struct Stream {
    hb_sim_stream_t config;
    uint64_t next_frame = 0;
    Cycle next_take = 0;
    uint32_t free_slots = 0;   // bit per slot
    std::deque<Frame> frames;  // the first is being written or announced
    uint32_t written = 0;      // bytes of it that were sent
    uint32_t unanswered = 0;   // its packets
    bool announced = false;    // its message was sent
  };

  Cycle take_cycle(size_t stream, uint64_t frame) const;
  void take(size_t stream, Cycle now);
  void serve_requests();
  Resp release(const Packet &packet);
  void take_responses();
  bool send_message(Cycle now);
  bool send_write();

  const Config config_;
  NocPort &port_;
  std::vector<Stream> streams_;
  size_t turn_ = 0;          // stream with first claim to the next write
  size_t message_turn_ = 0;  // and to the next message
  unsigned unanswered_ = 0;  // writes of all streams
  bool message_unanswered_ = false;
};

}  // namespace hb

#endif  // HB_SIM_SENSOR_SENSOR_HUB_H_
