/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/noc/noc.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace hb {

namespace {

/* A wire between a network interface and its router. */
constexpr Cycle kLocalWire = 1;

/* Next index of a ring. */
inline uint8_t next(unsigned index, unsigned size) {
  return static_cast<uint8_t>(index + 1 == size ? 0 : index + 1);
}

/* The input port of the neighbour behind an output: north faces south, east faces west. */
inline unsigned facing(unsigned out) {
  return out ^ 2u;
}

inline unsigned lowest(unsigned bits) {
  return static_cast<unsigned>(__builtin_ctz(bits));
}

}  // namespace

// ------------------------------------------------------------------------------------ NocPort

NocPort::NocPort(Noc &noc, NodeId node, WakeableIf *owner)
    : noc_(noc),
      node_(node),
      owner_(owner),
      arrived_{Link<Packet *>(noc.clock(), owner, kLocalWire),
               Link<Packet *>(noc.clock(), owner, kLocalWire)} {}

Packet *NocPort::make() {
  return noc_.pool_.make();
}

void NocPort::release(Packet *packet) {
  noc_.pool_.release(packet);
}

uint32_t NocPort::contiguous_bytes(uint32_t addr) const {
  return noc_.map_.contiguous_bytes(addr);
}

void NocPort::send(Packet *packet) {
  assert(can_send(packet->net()));
  const Cycle now = noc_.clock().cycle();
  const auto net = static_cast<size_t>(packet->net());
  packet->src = node_;
  if (packet->net() == Net::kRequest) {
    packet->dst = noc_.map_.resolve(packet->addr);
    assert(packet->bytes <= noc_.map_.contiguous_bytes(packet->addr));
  }
  Noc::Ni &ni = noc_.nis_[net][node_];
  ni.queue[ni.fill] = {now + 1, kNever, packet};
  ni.fill = next(ni.fill, Noc::kInjectPackets);
  ++noc_.queued_;
  if (++ni.count == 1) {
    const Cycle at = std::max(now + 1, ni.open);
    noc_.visit(static_cast<unsigned>(net), Noc::kInterface, node_, at);
    noc_.wake_at(at);
  }
}

Packet *NocPort::receive(Net net) {
  Link<Packet *> &arrived = arrived_[static_cast<size_t>(net)];
  if (!arrived.ready()) {
    return nullptr;
  }
  if (net == Net::kRequest) {
    Noc::Ni &ni = noc_.nis_[static_cast<size_t>(net)][node_];
    const Cycle credit = noc_.clock().cycle() + kLocalWire;
    ni.eject_credit[ni.eject_take] = credit;
    ni.eject_take = next(ni.eject_take, Noc::kEjectPackets);
    Noc::Router &router = noc_.routers_[static_cast<size_t>(net)][node_];
    bool waiting = false;
    for (unsigned channel = 0; channel < Noc::kMaxVcs; ++channel) {
      waiting = Noc::unblock(router, channel * Noc::kPorts + Noc::kLocal) || waiting;
    }
    if (waiting) {
      noc_.visit(static_cast<unsigned>(net), Noc::kRouter, node_, credit);
      noc_.wake_at(credit);
    }
  }
  return arrived.pop();
}

// ---------------------------------------------------------------------------------------- Noc

Noc::Noc(sc_core::sc_module_name name, Clock &clock, const hb_soc_noc_t &config,
         const AddressMap &map)
    : Ticked(clock),
      sc_core::sc_module(name),
      config_(config),
      map_(map),
      nodes_(config.columns * config.rows),
      depth_(config.buffer_flits),
      flit_bytes_(config.flit_bits / 8),
      hop_cycles_(config.link_cycles + config.router_cycles),
      trains_(!clock.exact_reference() && config.virtual_channels == 1 &&
              config.arbitration == HB_NOC_ROUND_ROBIN && config.priority == HB_NOC_PRIORITY_NONE),
      words_((nodes_ + 63) / 64),
      wheel_(size_t{kWheel} * 2 * kKinds * words_) {
  for (unsigned node = 0; node < nodes_; ++node) {
    const unsigned x = node % config.columns, y = node / config.columns;
    for (unsigned dst = 0; dst < nodes_; ++dst) {
      const unsigned dst_x = dst % config.columns, dst_y = dst / config.columns;
      const Port along_x = dst_x > x ? kEast : dst_x < x ? kWest : kLocal;
      const Port along_y = dst_y > y ? kSouth : dst_y < y ? kNorth : kLocal;
      const bool x_now = along_y == kLocal || (along_x != kLocal && config.routing == HB_NOC_XY);
      route_.push_back(x_now ? along_x : along_y);
    }
  }
  slots_.assign(size_t{2} * nodes_ * kPorts * config.virtual_channels * depth_, Slot{});
  Slot *ring = slots_.data();
  departures_.assign(trains_ ? size_t{2} * nodes_ * kPorts * kAhead : 0, Departure{});
  Departure *log = departures_.data();
  grants_.assign(trains_ ? size_t{2} * nodes_ * kPorts * depth_ : 0, Grant{});
  Grant *grants = grants_.data();
  for (unsigned net = 0; net < 2; ++net) {
    nis_[net].assign(nodes_, Ni{});
    injected_[net].assign(nodes_, 0);
    routers_[net].assign(nodes_, Router{});
    for (unsigned node = 0; node < nodes_; ++node) {
      Router &router = routers_[net][node];
      router.node = static_cast<NodeId>(node);
      router.route = &route_[node * nodes_];
      for (unsigned queue = 0; queue < kQueues; ++queue) {
        if (queue / kPorts >= config.virtual_channels) {
          continue;
        }
        Input &input = router.in[queue];
        input.ring = ring;
        input.interface = &nis_[net][node];  // of the local one; join() does the others
        input.router = &router;
        input.queue = static_cast<uint8_t>(queue);
        ring += depth_;
        if (trains_) {
          input.log = log;
          log += kAhead;
          input.grants = grants;
          grants += depth_;
          grant(input, 0, depth_);
        }
      }
      const unsigned x = node % config.columns, y = node / config.columns;
      if (x > 0) {
        join(router, routers_[net][node - 1], kWest);
      }
      if (y > 0) {
        join(router, routers_[net][node - config.columns], kNorth);
      }
    }
  }
  ports_.resize(nodes_);
  latency_.resize(size_t{4} * nodes_ * nodes_);
}

/* Makes two routers neighbours: `to` is beyond the output `out` of `from`, and the other way round.
 */
void Noc::join(Router &from, Router &to, unsigned out) {
  const unsigned back = facing(out);
  from.far[out] = &to.in[back];
  to.far[back] = &from.in[out];
  for (unsigned channel = 0; channel < kMaxVcs; ++channel) {
    Input &there = to.in[channel * kPorts + back];
    there.sender = &from;
    there.sender_place = static_cast<uint8_t>(channel * kPorts + out);
    Input &here = from.in[channel * kPorts + out];
    here.sender = &to;
    here.sender_place = static_cast<uint8_t>(channel * kPorts + back);
  }
}

NocPort &Noc::attach(NodeId node, WakeableIf *owner) {
  if (node >= nodes_ || ports_[node] != nullptr) {
    throw std::logic_error("node " + std::to_string(node) +
                           " is outside of the mesh or has an owner already");
  }
  ports_[node].reset(new NocPort(*this, node, owner));
  return *ports_[node];
}

unsigned Noc::flits_of(const Packet &packet) const {
  if (!packet.has_payload()) {
    return 1;
  }
  return 1 + (packet.beats * kBeatBytes + flit_bytes_ - 1) / flit_bytes_;
}

bool Noc::at_rest() const {
  const Cycle now = clock().cycle();
  const auto free = [now](const auto &place) { return place.credit <= now; };
  bool rest = empty() && std::all_of(slots_.begin(), slots_.end(), free);
  for (unsigned net = 0; net < 2; ++net) {
    for (const Router &router : routers_[net]) {
      rest = rest && router.occupied == 0 &&
             std::all_of(router.open.begin(), router.open.end(),
                         [now](Cycle open) { return open <= now; });
      for (unsigned port = 0; trains_ && port < kPorts; ++port) {
        const Input &input = router.in[port];
        unsigned places = 0;
        for (unsigned i = 0; i < input.num_grants; ++i) {
          const Grant &of_it = input.grants[(input.first_grant + i) % depth_];
          places += of_it.places;
          rest = rest && of_it.at + of_it.places <= std::max<Cycle>(now + 1, depth_);
        }
        rest = rest && places == depth_;
      }
    }
    for (const Ni &ni : nis_[net]) {
      rest = rest && std::all_of(ni.queue.begin(), ni.queue.end(), free) &&
             std::all_of(ni.eject_credit.begin(), ni.eject_credit.end(),
                         [now](Cycle credit) { return credit <= now; });
    }
  }
  return rest;
}

hb_sim_noc_stats_t Noc::stats() const {
  hb_sim_noc_stats_t stats = stats_;
  for (size_t i = 0; i < departures_.size(); ++i) {
    const Departure &flits = departures_[i];
    if (flits.out == kLocal) {
      stats.flits[i < departures_.size() / 2 ? 0 : 1] -= flits.later(clock().cycle());
    }
  }
  return stats;
}

hb_sim_link_stats_t Noc::link_stats(unsigned net, unsigned x, unsigned y, hb_noc_link_t link,
                                    Cycle end) const {
  const unsigned node = y * config_.columns + x;
  const Router &router = routers_[net][node];
  hb_sim_link_stats_t stats{};
  const auto of_later = [&](const Input &input,
                            auto what) {  // flits that leave it at `end` or later
    for (unsigned i = 0; input.log != nullptr && i < kAhead; ++i) {
      if (const unsigned flits = input.log[i].later(end); flits != 0) {
        what(input.log[i], flits);
      }
    }
  };
  const Input *far = link == HB_LINK_INJECT  ? &router.in[kLocal]
                     : link == HB_LINK_EJECT ? nullptr
                                             : router.far[link];
  if (link != HB_LINK_INJECT) {
    stats.flits = router.carried[link];
    stats.stall_cycles = router.stalled[link];
    for (const Input &input : router.in) {
      of_later(input, [&](const Departure &run, unsigned flits) {
        if (run.out == static_cast<unsigned>(link)) {
          stats.flits -= flits;
          stats.stall_cycles -= flits == run.flits ? run.stalled : 0;
        }
      });
    }
  } else {
    stats.flits = injected_[net][node];
    for (const Departure &run : nis_[net][node].log) {
      stats.flits -= run.later(end);
    }
  }
  const auto so_far = [end](Cycle since) { return end > since ? end - since : 0; };
  for (unsigned channel = 0; far != nullptr && channel < config_.virtual_channels; ++channel) {
    const Input &input = far[channel * kPorts];
    stats.buffer_cycles += input.buffer_cycles;
    for (unsigned i = 0; i < input.count; ++i) {  // those that are still there
      const Slot &slot = input.ring[(input.first + i) % depth_];
      for (unsigned flit = 0; flit < slot.length; ++flit) {
        stats.buffer_cycles += so_far(slot.ready + flit - config_.router_cycles);
      }
    }
    of_later(input, [&](const Departure &run, unsigned flits) {
      for (Cycle at = run.at + run.flits - flits; at < run.at + run.flits; ++at) {
        stats.buffer_cycles += so_far(at - run.stayed) - run.stayed;
      }
    });
  }
  return stats;
}

namespace {

/* Exact below 8, then four buckets an octave. */
unsigned latency_bucket(uint64_t latency) {
  if (latency < 8) {
    return static_cast<unsigned>(latency);
  }
  const unsigned octave = 63u - static_cast<unsigned>(__builtin_clzll(latency));
  const unsigned bucket = 8 + (octave - 3) * 4 + (latency >> (octave - 2) & 3);
  return std::min<unsigned>(bucket, HB_LATENCY_BUCKETS - 1);
}

}  // namespace

uint64_t Noc::latency_bound(unsigned bucket) {
  return bucket < 8 ? bucket : uint64_t{4 + (bucket - 8) % 4} << ((bucket - 8) / 4 + 1);
}

hb_sim_latency_t Noc::latency(unsigned net, bool bulk, unsigned src, unsigned dst) const {
  const auto &found = latency_[((size_t{src} * nodes_ + dst) * 2 + net) * 2 + (bulk ? 1 : 0)];
  return found == nullptr ? hb_sim_latency_t{} : *found;
}

void Noc::count_latency(unsigned net, const Packet &packet, NodeId node, Cycle latency) {
  const bool bulk = packet.traffic_class() == Class::kBulk;
  auto &found = latency_[((size_t{packet.src} * nodes_ + node) * 2 + net) * 2 + (bulk ? 1 : 0)];
  if (found == nullptr) {
    found = std::make_unique<hb_sim_latency_t>();  // zeroes
  }
  ++found->count;
  found->sum += latency;
  found->max = std::max(found->max, latency);
  ++found->buckets[latency_bucket(latency)];
}

void Noc::deliver(Packet *packet, NodeId node, Cycle now) {
  ports_[node]->arrived_[static_cast<size_t>(packet->net())].push(packet);
  last_progress_ = std::max(last_progress_, now);
}

/* The first packet of an interface's queue is in the network, or answered, since `at`. */
void Noc::sent_whole(unsigned node, Ni &ni, unsigned net, Cycle at) {
  ni.sent = 0;
  ni.open = at + 1;
  ni.queue[ni.first].credit = at + 1;
  if (ni.wanted) {
    ni.wanted = false;
    ports_[node]->owner_->wake_at(at + 1);
  }
  ni.first = next(ni.first, kInjectPackets);
  --queued_;
  if (--ni.count != 0) {
    visit(net, kInterface, node, std::max(at + 1, ni.queue[ni.first].visible));
  }
}

void Noc::inject(unsigned net, unsigned node, Cycle now) {
  Ni &ni = nis_[net][node];
  if (ni.count == 0) {
    return;
  }
  const Queued &queued = ni.queue[ni.first];
  const Cycle start = std::max(queued.visible, ni.open);
  if (start > now && ni.sent == 0) {
    visit(net, kInterface, node, start);
    return;
  }
  Packet *packet = queued.packet;
  if (packet->dst == kNoNode) {
    packet->make_response(Resp::kDecErr);
    deliver(packet, static_cast<NodeId>(node), now);
    sent_whole(node, ni, net, now);
    return;
  }
  if (ni.sent == 0) {
    ni.channel = channel_of(*packet);
    ni.flits = static_cast<uint8_t>(flits_of(*packet));
  }
  if (trains_) {
    inject_train(net, node, now);
    return;
  }
  if (start > now) {
    visit(net, kInterface, node, start);
    return;
  }
  Router &router = routers_[net][node];
  Input &in = router.in[ni.channel * kPorts + kLocal];
  Slot &slot = in.ring[in.fill];
  if (slot.credit > now) {
    ni.waiting = slot.credit == kNever;
    if (!ni.waiting) {
      visit(net, kInterface, node, slot.credit);
    }
    return;
  }
  if (ni.sent == 0) {
    packet->injected = now;
  }
  slot.ready = now + kLocalWire + config_.router_cycles;
  slot.credit = kNever;
  slot.packet = packet;
  slot.flags = (ni.sent == 0 ? kHead : 0) | (ni.sent + 1 == ni.flits ? kTail : 0) |
               uint32_t{router.route[packet->dst]} << kOutShift;
  if (in.count == 0) {
    come_first(router, in.queue, slot);
    visit(net, kRouter, node, router.ready[in.queue]);
  }
  in.fill = next(in.fill, depth_);
  ++in.count;
  router.occupied |= 1u << in.queue;
  ++injected_[net][node];
  ++flits_;
  ++ni.sent;
  ni.open = now + 1;
  last_progress_ = std::max(last_progress_, now);
  if (ni.sent == ni.flits) {
    sent_whole(node, ni, net, now);
    return;
  }
  const Cycle go = std::max(now + 1, in.ring[in.fill].credit);
  ni.waiting = go == kNever;
  if (!ni.waiting) {
    visit(net, kInterface, node, go);
  }
}

/* The virtual channel of a packet, all the way: so packets of one flow cannot overtake. */
uint8_t Noc::channel_of(const Packet &packet) const {
  const unsigned channels = config_.virtual_channels;
  const unsigned flow = packet.src + packet.id;
  if (config_.priority == HB_NOC_PRIORITY_NONE || channels == 1) {
    return static_cast<uint8_t>(flow % channels);
  }
  return static_cast<uint8_t>(
      packet.traffic_class() == Class::kControl ? 0 : 1 + flow % (channels - 1));
}

/* Arbitration between two packets; `turn`: by round robin it would be the first's. */
inline bool Noc::goes_first(const Packet &a, const Packet &b, bool turn) const {
  if (config_.priority == HB_NOC_PRIORITY_CONTROL && a.traffic_class() != b.traffic_class()) {
    return a.traffic_class() == Class::kControl;
  }
  if (config_.arbitration == HB_NOC_AGE) {  // an interface injects one head a cycle: no ties
    return a.injected != b.injected ? a.injected < b.injected : a.src < b.src;
  }
  return turn;
}

/* A flit becomes the oldest of its queue. */
inline void Noc::come_first(Router &router, unsigned queue, const Slot &slot) {
  const uint32_t bit = 1u << queue;
  router.active |= bit;
  router.ready[queue] = std::max(slot.ready, router.in[queue].left);
  if ((slot.flags & kHead) != 0) {
    router.heads |= bit;
    router.out[queue] = static_cast<uint8_t>(slot.flags >> kOutShift);
  } else {
    router.heads &= ~bit;  // and goes where its head went
  }
}

void Noc::record(const Packet &packet, NodeId node, Cycle arrived) const {
  hb_sim_packet_t record{};
  record.injected = packet.injected;
  record.arrived = arrived;
  record.addr = packet.addr;
  record.dst = node;
  record.beats = packet.beats;
  record.id = packet.id;
  record.resp = static_cast<uint8_t>(packet.resp);
  record.response = packet.net() == Net::kResponse;
  record.write = !packet.is_read();
  record.src = packet.src;
  sink_.packet(sink_.ctx, &record);
}

/* Takes flits of a packet out of the mesh; its tail in the current cycle `now`. */
inline void Noc::eject(unsigned net, Router &router, Packet *packet, unsigned flits, uint32_t flags,
                       Cycle now) {
  if ((flags & kHead) != 0 && net == static_cast<unsigned>(Net::kRequest)) {
    Ni &ni = nis_[net][router.node];
    ni.eject_credit[ni.eject_fill] = kNever;
    ni.eject_fill = next(ni.eject_fill, kEjectPackets);
  }
  stats_.flits[net] += flits;
  flits_ -= flits;
  if ((flags & kTail) != 0) {
    ++stats_.packets[net];
    const Cycle latency = now + kLocalWire - packet->injected;
    stats_.latency_sum[net] += latency;
    count_latency(net, *packet, router.node, latency);
    if (sink_.packet != nullptr) {
      record(*packet, router.node, now + kLocalWire);
    }
    deliver(packet, router.node, now);
  }
}

// --------------------------------------------------------------------------------------- trains

/*
 * Places are free again, a cycle apart from `at` on. If the grant before has the place before by
 * then, they are one: each place of a grant is filled a cycle after the one before it at the
 * earliest, so that a place is named later than it is free holds nobody up.
 */
inline void Noc::grant(Input &input, Cycle at, unsigned places) const {
  unsigned index = unsigned{input.first_grant} + input.num_grants;
  if (input.num_grants != 0) {
    Grant &last = input.grants[(index > depth_ ? index - depth_ : index) - 1];
    if (at <= last.at + last.places) {
      last.places += places;
      return;
    }
  }
  index -= index >= depth_ ? depth_ : 0;
  input.grants[index] = {at, places};
  ++input.num_grants;
}

/* The first places of the first grant are filled. */
inline void Noc::use(Input &input, unsigned places) const {
  Grant &first = input.grants[input.first_grant];
  first.at += places;
  first.places -= places;
  if (first.places == 0) {
    input.first_grant = next(input.first_grant, depth_);
    --input.num_grants;
  }
}

/* Puts flits, of which the first may leave at `ready`, behind those that are there. Whether none
 * were. */
inline bool Noc::append(Input &input, Packet *packet, Cycle ready, unsigned flits,
                        uint32_t flags) const {
  if (input.count != 0) {
    Slot &last = input.ring[(input.fill == 0 ? depth_ : input.fill) - 1];
    if (last.packet == packet && last.ready + last.length == ready && (last.flags & kTail) == 0) {
      last.length += flits;
      last.flags |= flags & kTail;
      return false;
    }
  }
  Slot &slot = input.ring[input.fill];
  slot.ready = ready;
  slot.packet = packet;
  slot.flags = flags;
  slot.length = flits;
  input.fill = next(input.fill, depth_);
  return ++input.count == 1;
}

/* Of the first packet of an interface's queue, the flits whose time is certain. Its head goes in
 * its own time. */
void Noc::inject_train(unsigned net, unsigned node, Cycle now) {
  Ni &ni = nis_[net][node];
  Packet *const packet = ni.queue[ni.first].packet;
  Router &router = routers_[net][node];
  Input &in = router.in[kLocal];
  const unsigned flits = ni.flits, was_sent = ni.sent;
  const Cycle end = now + kAhead;
  unsigned sent = was_sent;
  bool first = false;
  Cycle at = now, go = std::max({now, ni.open, room_of(in)});
  while (sent != flits && (sent != 0 ? go < end : go == now)) {
    const unsigned run =
        std::min({flits - sent, in.grants[in.first_grant].places, static_cast<unsigned>(end - go)});
    uint32_t flags = sent + run == flits ? kTail : 0;
    if (sent == 0) {
      packet->injected = now;
      flags |= kHead | uint32_t{router.route[packet->dst]} << kOutShift;
    }
    first = append(in, packet, go + kLocalWire + config_.router_cycles, run, flags) || first;
    use(in, run);
    const unsigned in_time = go == now ? 1 : 0;
    if (run > in_time) {
      ni.log[ni.logged].at = go + in_time;
      ni.log[ni.logged].flits = run - in_time;
      ni.logged = next(ni.logged, kAhead);
    }
    sent += run;
    at = go + run - 1;
    go = std::max(at + 1, room_of(in));
  }
  const unsigned moved = sent - was_sent;
  if (moved != 0) {
    router.occupied |= 1u << kLocal;
    injected_[net][node] += moved;
    flits_ += moved;
    ni.sent = static_cast<uint8_t>(sent);
    ni.open = at + 1;
    last_progress_ = std::max(last_progress_, at);
    if (first) {
      come_first(router, kLocal, in.ring[in.first]);
      if (was_sent == 0) {
        visit(net, kRouter, node, router.ready[kLocal]);
      } else {
        successors_.push_back({&router, kLocal});
      }
    }
  }
  if (sent == flits) {
    sent_whole(node, ni, net, at);
    return;
  }
  ni.waiting = go == kNever;
  if (!ni.waiting) {
    visit(net, kInterface, node, go);
  }
}

/*
 * Moves the oldest flit of a queue, which can go in cycle `from`, `now` or, if it is no head,
 * later; and then those behind it of the same packet whose time is certain: when they are here,
 * when there is room and the one before has left is known, and nobody else may have the output
 * before the tail has left. Returns when to look at the queue again. The tail reaches an NI in its
 * own time only, so that packets arrive in order of time.
 */
Cycle Noc::run(unsigned net, Router &router, unsigned queue, Cycle from, Cycle now) {
  Input &input = router.in[queue];
  const unsigned out = router.out[queue];
  Input *const far = router.far[out];
  const Cycle wire = queue == kLocal ? kLocalWire : config_.link_cycles;
  const Cycle end = now + kAhead;
  unsigned moved = 0;
  Cycle at = from, left = input.left, again = kNever;
  uint64_t stalled = 0, stayed = 0;
  bool tail, first = false;
  for (;;) {
    Slot &slot = input.ring[input.first];
    unsigned flits = std::min(slot.length, static_cast<unsigned>(end - at));
    if (far != nullptr) {
      flits = std::min(flits, far->grants[far->first_grant].places);
    } else if ((slot.flags & kTail) != 0 && flits == slot.length && flits != 1) {
      --flits;
    }
    tail = (slot.flags & kTail) != 0 && flits == slot.length;
    uint32_t flags = (slot.flags & kHead) | (tail ? kTail : 0);
    if (far == nullptr) {
      eject(net, router, slot.packet, flits, flags, at);
    } else {
      if ((flags & kHead) != 0) {
        flags |= uint32_t{far->router->route[slot.packet->dst]} << kOutShift;
      }
      first = append(*far, slot.packet, at + hop_cycles_, flits, flags) || first;
      use(*far, flits);
    }
    const Cycle waits = at - std::max(slot.ready, left);
    const Cycle stays = at - slot.ready + config_.router_cycles;
    const unsigned in_time = at == now ? 1 : 0;
    if (flits > in_time) {
      input.log[input.logged] = {at + in_time, flits - in_time,
                                 in_time != 0 ? 0 : static_cast<uint32_t>(waits),
                                 static_cast<uint32_t>(stays), out};
      input.logged = next(input.logged, kAhead);
    }
    stalled += waits;
    stayed += stays * flits;
    moved += flits;
    left = at + flits;
    grant(input, at + wire, flits);
    if (flits == slot.length) {
      input.first = next(input.first, depth_);
      if (--input.count == 0) {
        break;
      }
    } else {
      slot.length -= flits;
      slot.ready += flits;
      slot.flags &= ~kHead;
    }
    const Slot &behind = input.ring[input.first];
    if (tail) {
      again = std::max(behind.ready, left);
      break;
    }
    const Cycle go = std::max({behind.ready, left, far == nullptr ? 0 : room_of(*far)});
    if (go >= end || (far == nullptr && behind.length == 1 && (behind.flags & kTail) != 0)) {
      again = go;
      break;
    }
    at = go;
  }
  input.left = left;
  input.buffer_cycles += stayed;
  router.carried[out] += moved;
  router.stalled[out] += stalled;
  last_progress_ = std::max(last_progress_, left - 1);
  if (far != nullptr) {
    Router &there = *far->router;
    router.room[out] = room_of(*far);
    there.occupied |= 1u << far->queue;
    if (first) {
      const Slot &oldest = far->ring[far->first];
      come_first(there, far->queue, oldest);
      if ((oldest.flags & kHead) != 0) {
        visit(net, kRouter, there.node, there.ready[far->queue]);
      } else {
        successors_.push_back({&there, far->queue});
      }
    }
  }
  const Cycle credit = from + wire;
  if (input.sender != nullptr) {
    Router &sender = *input.sender;
    const unsigned place = input.sender_place;
    sender.room[place] = room_of(input);
    const uint32_t holder = sender.blocked[place] & ~sender.heads;
    if (holder != 0) {  // heads go on waiting for its tail
      sender.active |= holder;
      sender.blocked[place] &= ~holder;
      successors_.push_back({&sender, static_cast<uint8_t>(lowest(holder))});
    } else if (sender.open[place] != kNever && unblock(sender, place)) {
      visit(net, kRouter, sender.node, credit);
    }
  } else if (input.interface->waiting) {
    input.interface->waiting = false;
    if (input.interface->sent != 0) {
      successors_.push_back({&router, kNone});
    } else {
      visit(net, kInterface, router.node, credit);
    }
  }
  router.open[out] = tail ? left : kNever;
  if (tail && unblock(router, out)) {
    visit(net, kRouter, router.node, left);
  }
  if (input.count == 0) {
    router.occupied &= ~(1u << queue);
    router.active &= ~(1u << queue);
  } else {
    come_first(router, queue, input.ring[input.first]);
    if (again == kNever) {
      block(router, 1u << queue, out);
    }
  }
  return again;
}

/* Moves what has come to be certain by what was moved, ahead of its time. */
void Noc::run_successors(unsigned net, Cycle now) {
  while (!successors_.empty()) {
    Router &router = *successors_.back().router;
    const unsigned queue = successors_.back().queue;
    successors_.pop_back();
    if (queue == kNone) {
      inject(net, router.node, now);
      continue;
    }
    const uint32_t bit = 1u << queue;
    if ((router.active & bit) == 0 || (router.heads & bit) != 0) {
      continue;  // it has been moved already
    }
    const unsigned out = router.out[queue];
    const Input *const far = router.far[out];
    const Slot &slot = router.in[queue].ring[router.in[queue].first];
    Cycle go = std::max(router.ready[queue], far == nullptr ? 0 : room_of(*far));
    if (go == kNever) {
      block(router, bit, out);
      continue;
    }
    const bool waits = far == nullptr && slot.length == 1 && (slot.flags & kTail) != 0 && go > now;
    if (go < now + kAhead && !waits) {
      go = run(net, router, queue, go, now);
    }
    if (go != kNever) {
      visit(net, kRouter, router.node, go);
    }
  }
}

// --------------------------------------------------------------------------------- flit by flit

/* Moves the oldest flit of a queue through output `out`, which has room. */
inline void Noc::move(unsigned net, Router &router, unsigned queue, unsigned out, Cycle now) {
  Input &input = router.in[queue];
  Slot &slot = input.ring[input.first];
  const unsigned channel = queue / kPorts;
  const bool tail = (slot.flags & kTail) != 0;
  router.open[channel * kPorts + out] = tail ? now + 1 : kNever;
  if (out == kLocal) {
    eject(net, router, slot.packet, 1, slot.flags, now);
  } else {
    Input &far_input = router.far[out][channel * kPorts];
    Slot &far_slot = far_input.ring[far_input.fill];
    Router &far = *far_input.router;
    const Cycle ready = now + hop_cycles_;
    far_slot.ready = ready;
    far_slot.credit = kNever;
    far_slot.packet = slot.packet;
    far_slot.flags = slot.flags;
    if ((slot.flags & kHead) != 0) {
      far_slot.flags = (slot.flags & (kHead | kTail)) | uint32_t{far.route[slot.packet->dst]}
                                                            << kOutShift;
    }
    far_input.fill = next(far_input.fill, depth_);
    ++far_input.count;
    far.occupied |= 1u << far_input.queue;
    if (far_input.count == 1) {
      come_first(far, far_input.queue, far_slot);
    }
    router.room[channel * kPorts + out] = far_input.ring[far_input.fill].credit;
    visit(net, kRouter, far.node, ready);
  }
  ++router.carried[out];
  router.stalled[out] += now - std::max(slot.ready, input.left);
  input.left = now + 1;
  input.buffer_cycles += now - (slot.ready - config_.router_cycles);
  slot.credit = now + (queue % kPorts == kLocal ? kLocalWire : config_.link_cycles);
  if (input.sender == nullptr) {
    visit(net, kInterface, router.node, slot.credit);
  } else {
    visit(net, kRouter, input.sender->node, slot.credit);
    // Places are freed in the order in which they were filled: if the next one was occupied, it is
    // this.
    Cycle &room = input.sender->room[input.sender_place];
    room = room == kNever ? slot.credit : room;
    unblock(*input.sender, input.sender_place);
  }
  if (tail) {
    unblock(router, channel * kPorts + out);
  }
  input.first = next(input.first, depth_);
  if (--input.count == 0) {
    router.occupied &= ~(1u << queue);
    router.active &= ~(1u << queue);
  } else {
    come_first(router, queue, input.ring[input.first]);
  }
}

/* Whether a queue's oldest flit can leave now; if not, `again` is when it can, as far as is known.
 * Without branches: under load no branch here is easy to predict. */
inline bool Noc::can_go(unsigned net, Router &router, unsigned queue, Cycle now, Cycle &again) {
  const unsigned out = router.out[queue], channel = queue / kPorts, place = channel * kPorts + out;
  const bool head = (router.heads >> queue & 1) != 0;
  const Cycle ready = router.ready[queue];
  Cycle room = router.room[place];
  if (net == static_cast<unsigned>(Net::kRequest) && out == kLocal) {
    const Ni &ni = nis_[net][router.node];
    room = head ? ni.eject_credit[ni.eject_fill] : 0;
  }
  const bool held = head & (router.open[place] > now);  // until a tail has left
  const bool early = ready > now, full = room > now;
  const bool blocked = !early & (held | (room == kNever));
  block(router, uint32_t{blocked} << queue, place);
  again = std::min(again, early ? ready : held ? kNever : full ? room : kNever);
  return !(early | held | full);
}

/* route() where trains run: one channel, and inputs take turns. */
void Noc::route_trains(unsigned net, Router &router, Cycle now) {
  Cycle again = kNever;
  uint32_t asks = 0;  // kPorts bits for each output: the inputs whose heads ask for it
  uint32_t queues = clock().no_skip() ? router.occupied : router.active;
  for (; queues != 0; queues &= queues - 1) {
    const unsigned queue = lowest(queues), out = router.out[queue];
    const bool head = (router.heads >> queue & 1) != 0;
    Cycle room = router.room[out];
    if (head && out == kLocal && net == static_cast<unsigned>(Net::kRequest)) {
      const Ni &ni = nis_[net][router.node];
      room = ni.eject_credit[ni.eject_fill];
    }
    const Cycle go = std::max({router.ready[queue], room, head ? router.open[out] : 0});
    if (go > now) {
      if (go == kNever) {
        block(router, 1u << queue, out);
      }
      again = std::min(again, go);
    } else if (head) {
      asks |= 1u << (out * kPorts + queue);
    } else {
      again = std::min(again, run(net, router, queue, now, now));
    }
  }
  while (asks != 0) {
    const unsigned out = lowest(asks) / kPorts;
    const uint32_t all = ((1u << kPorts) - 1) << (out * kPorts);
    const uint32_t inputs = (asks & all) >> (out * kPorts);
    asks &= ~all;
    const uint32_t in_turn = inputs >> router.turn[out] << router.turn[out];
    const unsigned port = lowest(in_turn != 0 ? in_turn : inputs);
    again = std::min(again, run(net, router, port, now, now));
    router.turn[out] = next(port, kPorts);
    if ((inputs & (inputs - 1)) != 0) {
      again = std::min(again, router.open[out]);
      if (router.open[out] == kNever) {
        block(router, inputs & ~(1u << port), out);
      }
    }
  }
  if (again != kNever) {
    visit(net, kRouter, router.node, again);
  }
}

/*
 * Two steps: each input port picks a channel whose oldest flit can go, each output one of the
 * inputs that ask for it.
 */
void Noc::route(unsigned net, Router &router, Cycle now) {
  Cycle again = kNever;  // when to come back, as far as can be said now
  std::array<uint8_t, kPorts> picked{kNone, kNone, kNone, kNone, kNone};  // queue, by input port
  std::array<uint8_t, kPorts> target{};                                   // its output
  const auto packet_of = [&router](unsigned queue) -> const Packet & {
    const Input &input = router.in[queue];
    return *input.ring[input.first].packet;
  };
  uint32_t queues = clock().no_skip() ? router.occupied : router.active;
  for (; queues != 0; queues &= queues - 1) {
    const unsigned queue = lowest(queues);
    const unsigned port = queue % kPorts, channel = queue / kPorts;
    if (!can_go(net, router, queue, now, again)) {
      continue;
    }
    const unsigned other = picked[port];
    // Channels come in ascending order: this one is first in turn if only it has the turn's number
    // or a later one.
    const unsigned turn = router.channel_turn[port];
    if (other == kNone ||
        goes_first(packet_of(queue), packet_of(other), other / kPorts < turn && channel >= turn)) {
      picked[port] = static_cast<uint8_t>(queue);
      target[port] = router.out[queue];
    }
  }
  std::array<uint8_t, kPorts> winner{kNone, kNone, kNone, kNone, kNone};  // input, by output port
  bool moved = false;
  for (unsigned port = 0; port < kPorts; ++port) {
    if (picked[port] == kNone) {
      continue;
    }
    moved = true;
    const unsigned out = target[port];
    const unsigned other = winner[out], turn = router.turn[out];
    if (other == kNone || goes_first(packet_of(picked[port]), packet_of(picked[other]),
                                     other < turn && port >= turn)) {
      winner[out] = static_cast<uint8_t>(port);
    }
  }
  if (moved) {
    for (unsigned out = 0; out < kPorts; ++out) {
      const unsigned port = winner[out];
      if (port != kNone) {
        const unsigned queue = picked[port];
        move(net, router, queue, out, now);
        router.turn[out] = next(port, kPorts);
        router.channel_turn[port] = next(queue / kPorts, config_.virtual_channels);
      }
    }
    last_progress_ = now;
    again = now + 1;
  }
  if (again != kNever) {
    visit(net, kRouter, router.node, again);
  }
}

Cycle Noc::tick(Cycle now) {
  due_ &= ~(uint64_t{1} << (now % kWheel));
  for (unsigned net = 0; net < 2; ++net) {
    for (const Kind kind : {kInterface, kRouter}) {
      uint64_t *const visits_now = visits(now, net, kind);
      for (unsigned word = 0; word < words_; ++word) {
        uint64_t bits = visits_now[word];
        visits_now[word] = 0;
        if (clock().no_skip()) {  // everything in every cycle
          bits = ~uint64_t{0} >> (64 - std::min(64u, nodes_ - word * 64));
        }
        for (; bits != 0; bits &= bits - 1) {
          const unsigned node = word * 64 + static_cast<unsigned>(__builtin_ctzll(bits));
          if (kind == kInterface) {
            inject(net, node, now);
          } else {
            route_any(net, routers_[net][node], now);
          }
          if (!successors_.empty()) {
            run_successors(net, now);
          }
        }
      }
    }
  }
  if (due_ == 0) {
    return kNever;
  }
  const unsigned shift = static_cast<unsigned>((now + 1) % kWheel);
  const uint64_t from_next = shift == 0 ? due_ : due_ >> shift | due_ << (kWheel - shift);
  return now + 1 + static_cast<unsigned>(__builtin_ctzll(from_next));
}

}  // namespace hb
