/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * 2-D mesh network-on-chip: dimension-ordered routing, wormhole switching, virtual channels with
 * credits, input-buffered routers; one physical network for requests and one for responses.
 *
 * README.md beside this file has the timing model and the zero-load latency. The mesh is one module
 * that touches only routers with something to do; everything a packet needs is in flat arrays.
 * Flits whose time is certain move ahead of it, many in one visit (README.md, "Trains").
 *
 * NocPort is the owner's side of a node's network interface (NI). What it does in cycle t the
 * network sees in t + 1 and vice versa, so owners may be ticked modules or threads in any order.
 */

#ifndef HB_SIM_NOC_NOC_H_
#define HB_SIM_NOC_NOC_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <systemc>
#include <vector>

#include "sim/kernel/clock.h"
#include "sim/kernel/link.h"
#include "sim/noc/address_map.h"
#include "sim/noc/packet.h"

namespace hb {

class Noc;

class NocPort {
 public:
  NocPort(const NocPort &) = delete;
  NocPort &operator=(const NocPort &) = delete;

  NodeId node() const { return node_; }

  /** A packet to fill in: all fields but data hold their defaults or those of an earlier use. */
  Packet *make();
  void release(Packet *packet);

  /** AddressMap::contiguous_bytes(). */
  uint32_t contiguous_bytes(uint32_t addr) const;

  /** The injection queue of `net` has room for a packet. Once true it stays true until send(); if
   * not, the owner is woken when it has. */
  bool can_send(Net net) const;

  /**
   * Queues a packet for injection; can_send() must be true. A request goes to the node its address
   * belongs to (whole access within AddressMap::contiguous_bytes()), or comes back with DECERR if
   * there is none; a response goes to dst.
   */
  void send(Packet *packet);

  /** Oldest packet that has arrived whole on `net`, or nullptr. The owner is woken when one
   * arrives. */
  const Packet *peek(Net net) const {
    const Link<Packet *> &arrived = arrived_[static_cast<size_t>(net)];
    return arrived.ready() ? arrived.front() : nullptr;
  }

  /**
   * Takes that packet, or returns nullptr. Taking a request frees its place in the ejection queue;
   * requests not taken push back into the network. Responses always find room: requesters bound
   * their requests. From one source with one id packets of a network and a class (packet.h) arrive
   * in the order they were sent.
   */
  Packet *receive(Net net);

 private:
  friend class Noc;
  NocPort(Noc &noc, NodeId node, WakeableIf *owner);

  Noc &noc_;
  const NodeId node_;
  WakeableIf *const owner_;
  std::array<Link<Packet *>, 2> arrived_;
};

class Noc : public Ticked, public sc_core::sc_module {
 public:
  static constexpr unsigned kInjectPackets = 4; /* injection queue of an NI, per network */
  static constexpr unsigned kEjectPackets = 4;  /* ejection queue of an NI, request network */

  /** `config` is within the ranges that hb_sim_create() checks. */
  Noc(sc_core::sc_module_name name, Clock &clock, const hb_soc_noc_t &config,
      const AddressMap &map);

  /** Gives node `node` its owner. Once per node; nodes without owner only route. */
  NocPort &attach(NodeId node, WakeableIf *owner);

  /** Whom to tell of packets that arrive. */
  void set_sink(const hb_sim_sink_t &sink) { sink_ = sink; }

  Cycle tick(Cycle now) override;

  hb_sim_noc_stats_t stats() const;
  /* As hb_sim_link_stats(), hb_sim_latency(), hb_sim_latency_bound(). */
  hb_sim_link_stats_t link_stats(unsigned net, unsigned x, unsigned y, hb_noc_link_t link) const {
    return link_stats(net, x, y, link, clock().cycle());
  }
  /* Of the cycles before `end`: the current one, or the one after it if this was ticked in it. */
  hb_sim_link_stats_t link_stats(unsigned net, unsigned x, unsigned y, hb_noc_link_t link,
                                 Cycle end) const;
  hb_sim_latency_t latency(unsigned net, bool bulk, unsigned src, unsigned dst) const;
  static uint64_t latency_bound(unsigned bucket);
  PacketPool &pool() { return pool_; }
  const AddressMap &map() const { return map_; }

  /** Flits in router buffers and packets in injection queues. */
  bool empty() const { return flits_ == 0 && queued_ == 0; }
  /** Last cycle in which a flit moved or a packet was taken: for deadlock detection. */
  Cycle last_progress() const { return std::min(last_progress_, clock().cycle()); }

  /** Flits that carry `packet` on its network. */
  unsigned flits_of(const Packet &packet) const;

  /** Every buffer is empty, every credit is back, no output is held: the state after reset. */
  bool at_rest() const;

 private:
  friend class NocPort;

  enum Port : uint8_t { kNorth, kEast, kSouth, kWest, kLocal, kPorts };
  static constexpr uint8_t kNone = 0xff;
  static constexpr unsigned kMaxVcs = HB_SIM_MAX_VCS;
  static constexpr unsigned kQueues = kPorts * kMaxVcs;  // of a router: channel * kPorts + port

  /* A place in an input buffer; if flits move ahead of time a run of them: flits of a packet that
   * may leave a cycle apart. */
  struct Slot {
    Cycle ready = kNever;  // occupied: first cycle in which the (first) flit may leave the router
    Cycle credit = 0;      // first cycle in which the sender may fill the place; kNever: occupied
    Packet *packet = nullptr;
    uint32_t flags = 0;   // kHead, kTail; of a head: output port at this router << kOutShift
    uint32_t length = 1;  // flits
  };
  static constexpr uint32_t kHead = 1, kTail = 2;
  static constexpr unsigned kOutShift = 8;
  static constexpr unsigned kAhead = 32;  // cycles from now on in which flits move ahead of time
  /* Flits that leave a queue, one a cycle, ahead of their time: what the counters have too much
   * until then. */
  struct Departure {
    Cycle at = 0;          // of the first
    uint32_t flits = 0;    // 0: none
    uint32_t stalled = 0;  // cycles, the first
    uint32_t stayed = 0;   // cycles, each
    uint32_t out = 0;
    /* Of them, at `end` or later. */
    unsigned later(Cycle end) const {
      return at >= end ? flits : at + flits > end ? static_cast<unsigned>(at + flits - end) : 0;
    }
  };
  /* Places of a buffer that a sender may fill, one a cycle, from a cycle on. */
  struct Grant {
    Cycle at = 0;
    unsigned places = 0;
  };
  struct Router;
  struct Ni;
  /* A virtual channel of an input port: a ring of buffer_flits places. */
  struct Input {
    Slot *ring = nullptr;
    Router *sender = nullptr;      // the router that fills it,
    Ni *interface = nullptr;       // or the NI
    uint8_t sender_place = 0;      // the router's output and channel
    Router *router = nullptr;      // it belongs to
    Departure *log = nullptr;      // kAhead of them, if flits move ahead of time
    uint8_t logged = 0;            // next to fill
    uint8_t first = 0, count = 0;  // oldest slot, number of slots in use (reader's side)
    uint8_t fill = 0;              // next slot to fill (sender's side)
    Grant *grants = nullptr;       // ring as large as the buffer, if flits move ahead of time
    uint8_t first_grant = 0, num_grants = 0;
    Cycle left = 0;              // when the flit behind the last one that left became the first
    uint64_t buffer_cycles = 0;  // flits times cycles, of flits that have left
    uint8_t queue = 0;           // its number
  };
  struct Router {
    // Of each queue's oldest flit: first cycle in which it may leave, its output, whether it is a
    // head.
    std::array<Cycle, kQueues> ready{};
    std::array<uint8_t, kQueues> out{};
    uint32_t heads = 0;
    // By output and channel: first cycle in which there is room behind it; kNever: not known yet.
    std::array<Cycle, kQueues> room{};
    std::array<Input, kQueues> in{};
    std::array<Input *, kPorts> far{};  // beyond an output, its channel 0; nullptr: the NI
    const uint8_t *route = nullptr;     // output port by destination
    // By output and channel: first cycle in which a head may have it; kNever: its packet's tail has
    // not left yet.
    std::array<Cycle, kQueues> open{};
    std::array<uint8_t, kPorts> turn{};          // input port with first claim to this output
    std::array<uint8_t, kPorts> channel_turn{};  // channel with first claim to this input port
    uint32_t occupied = 0;                       // queues with flits
    // Of them those whose oldest flit is not known to wait for another flit's move: for the tail
    // that gives its output and channel back, or for room behind them. Those wait in `blocked`, by
    // output and channel.
    uint32_t active = 0;
    std::array<uint32_t, kQueues> blocked{};
    std::array<uint64_t, kPorts> carried{}, stalled{};  // by output: flits, cycles they waited
    NodeId node = 0;
  };
  struct Queued {
    Cycle visible = 0;  // to the NI
    Cycle credit = 0;   // to the owner; kNever: occupied
    Packet *packet = nullptr;
  };
  /* Network interface, one per node and network. */
  struct Ni {
    std::array<Queued, kInjectPackets> queue{};
    Cycle open = 0;        // first cycle in which the next flit may go
    bool waiting = false;  // for a credit that is not known yet
    bool wanted = false;   // the owner waits for room
    uint8_t fill = 0;      // owner's side
    uint8_t first = 0;     // NI's side
    uint8_t count = 0;     // packets in the queue
    uint8_t sent = 0;      // flits of the first packet already in the network
    uint8_t flits = 0;     // of the first packet
    uint8_t channel = 0;   // it takes
    std::array<Cycle, kEjectPackets> eject_credit{};  // as Slot::credit
    uint8_t eject_fill = 0, eject_take = 0;
    std::array<Departure, kAhead> log{};  // as Input::log
    uint8_t logged = 0;                   // next to fill
  };

  /*
   * Visits: the cycles in which something may have changed for a router or NI, a flit ready to
   * leave or a credit back. Other visits do nothing. One beyond the wheel is made early, to be put
   * off.
   */
  static constexpr unsigned kWheel = 64;
  enum Kind : uint8_t { kInterface, kRouter, kKinds };
  uint64_t *visits(Cycle at, unsigned net, Kind kind) {
    return &wheel_[((at % kWheel * 2 + net) * kKinds + kind) * words_];
  }
  void visit(unsigned net, Kind kind, unsigned node, Cycle at) {
    at = std::min(at, clock().cycle() + kWheel - 1);
    visits(at, net, kind)[node / 64] |= uint64_t{1} << (node % 64);
    due_ |= uint64_t{1} << (at % kWheel);
  }
  static void join(Router &from, Router &to, unsigned out);
  void inject(unsigned net, unsigned node, Cycle now);
  uint8_t channel_of(const Packet &packet) const;
  bool goes_first(const Packet &a, const Packet &b, bool turn) const;
  static void come_first(Router &router, unsigned queue, const Slot &slot);
  /* A queue whose oldest flit is no head and can perhaps go now, or the interface of a router. */
  struct Successor {
    Router *router;
    uint8_t queue;  // kNone: the interface
  };
  static Cycle room_of(const Input &input) {
    return input.num_grants == 0 ? kNever : input.grants[input.first_grant].at;
  }
  void grant(Input &input, Cycle at, unsigned places) const;
  void use(Input &input, unsigned places) const;
  bool append(Input &input, Packet *packet, Cycle ready, unsigned flits, uint32_t flags) const;
  void inject_train(unsigned net, unsigned node, Cycle now);
  Cycle run(unsigned net, Router &router, unsigned queue, Cycle from, Cycle now);
  void run_successors(unsigned net, Cycle now);
  void route_trains(unsigned net, Router &router, Cycle now);
  bool can_go(unsigned net, Router &router, unsigned queue, Cycle now, Cycle &again);
  void route(unsigned net, Router &router, Cycle now);
  void route_any(unsigned net, Router &router, Cycle now) {
    trains_ ? route_trains(net, router, now) : route(net, router, now);
  }
  void move(unsigned net, Router &router, unsigned queue, unsigned out, Cycle now);
  void eject(unsigned net, Router &router, Packet *packet, unsigned flits, uint32_t flags,
             Cycle now);
  void sent_whole(unsigned node, Ni &ni, unsigned net, Cycle at);
  static void block(Router &router, uint32_t queues, unsigned place) {
    router.active &= ~queues;
    router.blocked[place] |= queues;
  }
  static bool unblock(Router &router, unsigned place) {  // whether somebody waited
    const uint32_t queues = router.blocked[place];
    router.active |= queues;
    router.blocked[place] = 0;
    return queues != 0;
  }
  void deliver(Packet *packet, NodeId node, Cycle now);
  void record(const Packet &packet, NodeId node, Cycle arrived) const;
  void count_latency(unsigned net, const Packet &packet, NodeId node, Cycle latency);

  const hb_soc_noc_t config_;
  const AddressMap map_;
  const unsigned nodes_;
  const unsigned depth_;
  const unsigned flit_bytes_;
  const Cycle hop_cycles_;
  const bool trains_;     // flits move ahead of their time
  const unsigned words_;  // of a bit per node
  PacketPool pool_;
  std::vector<uint8_t> route_;  // [node * nodes + dst]: output port
  std::array<std::vector<Router>, 2> routers_;
  std::array<std::vector<Ni>, 2> nis_;
  std::vector<Slot> slots_;
  std::vector<Departure> departures_;
  std::vector<Grant> grants_;
  std::vector<Successor> successors_;  // to be looked at in this cycle
  std::vector<uint64_t> wheel_;        // visits(): bit per node
  uint64_t due_ = 0;                   // bit per cycle modulo kWheel: there are visits
  std::vector<std::unique_ptr<NocPort>> ports_;
  uint64_t flits_ = 0, queued_ = 0;
  Cycle last_progress_ = 0;
  hb_sim_noc_stats_t stats_{};
  hb_sim_sink_t sink_{};
  std::array<std::vector<uint64_t>, 2> injected_;  // flits, by node
  std::vector<std::unique_ptr<hb_sim_latency_t>>
      latency_;  // [((src * nodes + dst) * 2 + net) * 2 + bulk]
};

inline bool NocPort::can_send(Net net) const {
  Noc::Ni &ni = noc_.nis_[static_cast<size_t>(net)][node_];
  const Cycle credit = ni.queue[ni.fill].credit;
  if (credit <= noc_.clock().cycle()) {
    return true;
  }
  if (credit == kNever) {
    ni.wanted = true;
  } else {
    owner_->wake_at(credit);
  }
  return false;
}

}  // namespace hb

#endif  // HB_SIM_NOC_NOC_H_
