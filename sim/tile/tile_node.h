/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A tile at its place in the mesh: the tile model and its network interface.
 *
 * AXI4 manager: bursts of up to 256 beats within 4 KiB, as AXI4 has them. Each is cut into packets
 * at every 256 aligned bytes, which go in order of address, bursts in order of acceptance. A write
 * packet is collected whole before it is injected, so a slow writer never holds a path; B comes
 * when all of a burst's packets are answered, with the worst answer. Read data is handed over at a
 * beat a cycle from the cycle in which the burst's first packet has arrived. Answers of one id are
 * in order, whatever order the network brings them in; a burst's beats are not interleaved with
 * another's.
 *
 * Reads under way hold buffers of a packet each, as many as there may be bursts: a packet is asked
 * for when one is free and gives it back with its last beat. The burst whose beats are handed over
 * either has all its packets under way or is the one whose packets are asked for next, so the
 * buffers that it gives back are its own and it always ends. An answer to a write needs no room
 * but a count, so writes have no such bound.
 *
 * Requests from the network: AXI4-Lite accesses, one at a time; SLVERR for anything but an aligned
 * 32-bit word. The irq wire: a link to the host, level changes only.
 *
 * Every evaluated cycle passes the protocol checker (axi_checker.h); a violation ends the run.
 *
 * A write to HB_NI_RESET (hilbert/hb_memmap.h) resets the model in the cycle in which it arrives
 * and holds it so: it is not clocked, and has no valid up, until the write is answered.
 *
 * The node sleeps while the tile's idle is high and nothing is pending at the boundary: by the
 * tile's quiescence that is exact. With Clock::Options::no_skip the model is clocked all the same
 * (the reference).
 *
 * Random back-pressure (stall_ppm) holds back every ready and every new valid on our side of the
 * boundary. Each decision is a hash of seed, tile, channel and cycle, so it does not depend on what
 * was evaluated.
 */

#ifndef HB_SIM_TILE_TILE_NODE_H_
#define HB_SIM_TILE_TILE_NODE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <vector>

#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/kernel/link.h"
#include "sim/noc/noc.h"
#include "sim/tile/axi_checker.h"
#include "sim/tile/boundary.h"
#include "sim/tile/protection.h"
#include "sim/tile/tile_model.h"

namespace hb {

class TileNode : public Ticked, public sc_core::sc_module {
 public:
  static constexpr unsigned kMaxReads =
      HB_SIM_MAX_OUTSTANDING; /* read bursts, and read packets, not handed over yet */
  static constexpr unsigned kMaxWrites =
      HB_SIM_MAX_OUTSTANDING; /* write bursts accepted and not yet answered */

  struct Options {
    uint32_t index = 0; /* tile number, for records and the stall generator */
    NodeId node = 0;
    uint32_t max_outstanding = kMaxReads; /* bursts of each direction, 1 .. kMaxReads */
    uint32_t stall_ppm = 0;
    uint64_t stall_seed = 0;
    hb_sim_sink_t sink{};
    Cycle halves_from = kNever, halves_to = 0; /* cycles whose second half comes by edge() */
  };
  /** `irq` (may be nullptr) receives level changes of the irq wire; its latency is irq_cycles. */
  TileNode(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Options &options,
           std::unique_ptr<TileModelIf> model, Link<bool> *irq);

  /** HB_TILE_EVENT_HANG or HB_TILE_EVENT_ERROR of hb_sim.h in cycle `at`. Any number, before the
   * clock first runs. */
  void add_fault(hb_tile_event_kind_t kind, Cycle at);

  Cycle tick(Cycle now) override;
  /** The clock edge of cycle `now`, halves_from .. halves_to, after the node's tick() in it. */
  void edge(Cycle now);

  hb_sim_tile_stats_t stats();

 private:
  enum Channel : unsigned {
    kStallAr,
    kStallAw,
    kStallW,
    kStallR,
    kStallB,
    kStallRegAw,
    kStallRegW,
    kStallRegB,
    kStallRegAr,
    kStallRegR
  };
  static constexpr uint8_t kNone = 0xff;
  static constexpr unsigned kMaxBurstBytes = 4096; /* and no burst crosses a multiple of it */
  static constexpr unsigned kMaxPackets = kMaxBurstBytes / kMaxPacketBytes; /* of a burst */

  struct Read {
    Packet *answer = nullptr;  // of the next packet to be handed over, once here
    uint32_t addr = 0;         // of that packet
    uint16_t beats = 0;        // not handed over, from there on
    uint8_t id = 0;
    bool refused = false;
  };
  struct Write {
    uint32_t addr = 0;   // of the next packet to be collected
    uint16_t beats = 0;  // not collected, from there on
    uint16_t open = 0;   // packets collected and not answered
    uint8_t id = 0;
    bool refused = false, answered = false;
    Resp resp = Resp::kOkay;  // the worst so far
  };
  enum class RegState : uint8_t { kIdle, kRequest, kAnswer, kSend, kReset };
  struct Fault {
    Cycle at;
    hb_tile_event_kind_t kind;
  };

  bool stalled(Channel channel, Cycle now) const;
  bool pending() const;
  bool undisturbed() const;
  uint64_t steady(TileIn &in) const;
  void catch_up(Cycle now);
  bool checked(const TileOut &out, const TileIn &in, Cycle now);
  Cycle step(Cycle now);
  void receive(Cycle now);
  void take_request(Cycle now);
  void inject_faults(Cycle now);
  void tell(hb_tile_event_kind_t kind, Cycle now);
  void begin_reset(Cycle now);
  void forget_manager();
  void account(const TilePerf &perf);
  void begin_collecting();
  void end_collecting();
  void drive_manager(TileIn &in, Cycle now);
  void drive_registers(TileIn &in, Cycle now);
  void sample_manager(const TileOut &out, const TileIn &in, Cycle now);
  void sample_registers(const TileOut &out, const TileIn &in, Cycle now);
  void answered(uint8_t slot, Packet *packet);
  static unsigned packet_beats(uint32_t addr, unsigned beats);
  void ask_next();
  void send_requests();
  uint8_t next_read() const;
  void begin_packet();
  uint8_t next_write_answer() const;
  bool allowed(uint32_t addr, uint32_t beats, bool write, Cycle now);
  void watch_jobs(Cycle now);
  void end_job(Cycle now, const TilePerf &perf);

  const Options options_;
  const uint64_t stall_limit_;
  const std::unique_ptr<TileModelIf> model_;
  NocPort &port_;
  Link<bool> *const irq_;
  AxiChecker checker_;
  std::unique_ptr<Boundary> boundary_;  // if somebody wants its records
  Protection protection_;
  bool irq_level_ = false;
  uint64_t evals_ = 0;
  bool settled_ = false;  // edge() is due
  Cycle next_ = 0;        // cycle that the model has not seen yet
  Cycle until_ = 0;       // up to this one, if it is later, the model is not clocked and its
  TileIn steady_;         // inputs are these

  // Read side of the manager.
  std::array<Read, kMaxReads> reads_{};
  std::vector<uint8_t> read_age_;  // reads_ in use, oldest first
  std::vector<uint8_t> read_free_;
  Packet *read_request_ = nullptr;  // waits for injection
  uint8_t asking_ = kNone;          // newest burst, while packets of it are not asked for yet
  uint32_t ask_addr_ = 0;           // of the next of them
  unsigned ask_beats_ = 0;          // from there on
  unsigned read_buffers_;           // free ones
  bool reads_changed_ = false;      // next_read() may have another answer than kNone
  uint8_t read_now_ = kNone;        // the one on the R channel
  Packet *read_packet_ = nullptr;   // and its packet there; nullptr: not here yet
  bool read_early_ = false;         // both chosen before the cycle in which they are there
  bool answers_new_ = false;        // there are some that came in this cycle
  uint8_t read_beat_ = 0;           // of the packet
  uint8_t read_rlast_ = kNone;      // its beat that is the burst's last
  bool r_valid_ = false;

  // Write side of the manager.
  std::array<Write, kMaxWrites> writes_{};
  std::vector<uint8_t> write_age_;  // writes_ in use, oldest first
  std::vector<uint8_t> write_free_;
  Packet *collecting_ = nullptr;  // packet being filled
  unsigned collected_beats_ = 0;
  Packet *write_request_ = nullptr;  // full, waits for injection
  bool writes_changed_ = false;      // next_write_answer() may have another answer than kNone
  uint8_t answer_now_ = kNone;       // burst on the B channel
  bool b_valid_ = false;
  bool writes_first_ = false;  // whose turn it is to inject
  unsigned in_network_ = 0;    // requests that were injected and are not answered

  // What goes wrong, and the reset that ends it.
  std::vector<Fault> faults_;  // to come, the next one last
  bool hung_ = false;          // the tile gets no answers
  bool error_next_ = false;    // the next beat that it reads is an error,
  bool error_now_ = false;     // the one on the R channel is
  Cycle reset_until_ = 0;

  // Register access.
  RegState reg_state_ = RegState::kIdle;
  Packet *reg_packet_ = nullptr;
  bool aw_done_ = false, w_done_ = false;
  bool aw_valid_ = false, w_valid_ = false, ar_valid_ = false;

  // Jobs.
  struct Doorbell {
    uint32_t tag;
    Cycle cycle;
  };
  std::deque<Doorbell> doorbells_;
  uint32_t started_ = 0, completed_ = 0;
  bool running_ = false;
  hb_sim_job_t job_{};  // the running one
  TilePerf at_start_{};
  hb_sim_tile_stats_t stats_{};

  // Answers to reads that are not their burst's next: by slot and place in the 4 KiB.
  std::array<std::array<Packet *, kMaxPackets>, kMaxReads> later_{};
};

}  // namespace hb

#endif  // HB_SIM_TILE_TILE_NODE_H_
