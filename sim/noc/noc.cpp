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

inline void set_bit(std::array<uint64_t, 4> &mask, unsigned bit) { mask[bit / 64] |= uint64_t{1} << (bit % 64); }
inline void clear_bit(std::array<uint64_t, 4> &mask, unsigned bit) {
  mask[bit / 64] &= ~(uint64_t{1} << (bit % 64));
}

inline unsigned lowest(unsigned bits) { return static_cast<unsigned>(__builtin_ctz(bits)); }

}  // namespace

// ------------------------------------------------------------------------------------ NocPort

NocPort::NocPort(Noc &noc, NodeId node, WakeableIf *owner)
    : noc_(noc),
      node_(node),
      owner_(owner),
      arrived_{Link<Packet *>(noc.clock(), owner, kLocalWire), Link<Packet *>(noc.clock(), owner, kLocalWire)} {}

Packet *NocPort::make() { return noc_.pool_.make(); }

void NocPort::release(Packet *packet) { noc_.pool_.release(packet); }

uint32_t NocPort::contiguous_bytes(uint32_t addr) const { return noc_.map_.contiguous_bytes(addr); }

bool NocPort::can_send(Net net) const {
  const Noc::Ni &ni = noc_.nis_[static_cast<size_t>(net)][node_];
  return ni.queue[ni.fill].credit <= noc_.clock().cycle();
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
  ++ni.count;
  ++noc_.queued_;
  set_bit(noc_.busy_nis_[net], node_);
  noc_.wake_at(now + 1);
}

Packet *NocPort::receive(Net net) {
  Link<Packet *> &arrived = arrived_[static_cast<size_t>(net)];
  if (!arrived.ready()) {
    return nullptr;
  }
  if (net == Net::kRequest) {
    Noc::Ni &ni = noc_.nis_[static_cast<size_t>(net)][node_];
    ni.eject_credit[ni.eject_take] = noc_.clock().cycle() + kLocalWire;
    ni.eject_take = next(ni.eject_take, Noc::kEjectPackets);
  }
  return arrived.pop();
}

// ---------------------------------------------------------------------------------------- Noc

Noc::Noc(sc_core::sc_module_name name, Clock &clock, const hb_soc_noc_t &config, const AddressMap &map)
    : sc_core::sc_module(name),
      Ticked(clock),
      config_(config),
      map_(map),
      nodes_(config.columns * config.rows),
      depth_(config.buffer_flits),
      flit_bytes_(config.flit_bits / 8) {
  for (unsigned node = 0; node < nodes_; ++node) {
    const unsigned x = node % config.columns, y = node / config.columns;
    for (unsigned dst = 0; dst < nodes_; ++dst) {
      const unsigned dst_x = dst % config.columns, dst_y = dst / config.columns;
      route_.push_back(dst_x > x ? kEast : dst_x < x ? kWest : dst_y > y ? kSouth : dst_y < y ? kNorth : kLocal);
    }
    // Beyond the edge of the mesh there is no neighbour; XY routing never asks for it.
    std::array<uint16_t, kPorts> neighbour{};
    neighbour[kNorth] = static_cast<uint16_t>(node - config.columns);
    neighbour[kSouth] = static_cast<uint16_t>(node + config.columns);
    neighbour[kEast] = static_cast<uint16_t>(node + 1);
    neighbour[kWest] = static_cast<uint16_t>(node - 1);
    neighbour_.push_back(neighbour);
  }
  Router router;
  router.holder.fill(kFree);
  for (unsigned net = 0; net < 2; ++net) {
    routers_[net].assign(nodes_, router);
    nis_[net].assign(nodes_, Ni{});
  }
  slots_.assign(size_t{2} * nodes_ * kPorts * depth_, Slot{});
  ports_.resize(nodes_);
}

NocPort &Noc::attach(NodeId node, WakeableIf *owner) {
  if (node >= nodes_ || ports_[node] != nullptr) {
    throw std::logic_error("node " + std::to_string(node) + " is outside of the mesh or has an owner already");
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
      rest = rest && router.occupied == 0 && router.holder == decltype(router.holder){kFree, kFree, kFree, kFree, kFree};
    }
    for (const Ni &ni : nis_[net]) {
      rest = rest && std::all_of(ni.queue.begin(), ni.queue.end(), free) &&
             std::all_of(ni.eject_credit.begin(), ni.eject_credit.end(),
                         [now](Cycle credit) { return credit <= now; });
    }
  }
  return rest;
}

void Noc::deliver(Packet *packet, NodeId node, Cycle now) {
  ports_[node]->arrived_[static_cast<size_t>(packet->net())].push(packet);
  last_progress_ = now;
}

void Noc::inject(unsigned net, unsigned node, Cycle now) {
  Ni &ni = nis_[net][node];
  Queued &queued = ni.queue[ni.first];
  if (queued.visible > now) {
    return;
  }
  Packet *packet = queued.packet;
  if (packet->dst == kNoNode) {
    packet->make_response(Resp::kDecErr);
    deliver(packet, static_cast<NodeId>(node), now);
  } else {
    Router &router = routers_[net][node];
    Input &in = router.in[kLocal];
    Slot &slot = slots(net, node, kLocal)[in.fill];
    if (slot.credit > now) {
      return;
    }
    if (ni.sent == 0) {
      ni.flits = static_cast<uint8_t>(flits_of(*packet));
      packet->injected = now;
    }
    slot.ready = now + kLocalWire + config_.router_cycles;
    slot.credit = kNever;
    slot.packet = packet;
    slot.head = ni.sent == 0;
    slot.tail = ni.sent + 1 == ni.flits;
    slot.out = route_[node * nodes_ + packet->dst];
    in.fill = next(in.fill, depth_);
    ++in.count;
    router.occupied = static_cast<uint8_t>(router.occupied | 1u << kLocal);
    set_bit(busy_routers_[net], node);
    ++flits_;
    last_progress_ = now;
    if (++ni.sent < ni.flits) {
      return;
    }
  }
  ni.sent = 0;
  queued.credit = now + 1;
  ports_[node]->owner_->wake_at(now + 1);
  ni.first = next(ni.first, kInjectPackets);
  --queued_;
  if (--ni.count == 0) {
    clear_bit(busy_nis_[net], node);
  }
}

/* Moves the oldest flit of input `in` through output `out`, if the far side has room. */
bool Noc::forward(unsigned net, unsigned node, unsigned in, unsigned out, Cycle now) {
  Router &router = routers_[net][node];
  Input &input = router.in[in];
  Slot &slot = slots(net, node, in)[input.first];
  if (out == kLocal) {
    if (slot.head) {
      Ni &ni = nis_[net][node];
      if (net == static_cast<unsigned>(Net::kRequest)) {
        if (ni.eject_credit[ni.eject_fill] > now) {
          return false;
        }
        ni.eject_credit[ni.eject_fill] = kNever;
        ni.eject_fill = next(ni.eject_fill, kEjectPackets);
      }
    }
    ++stats_.flits[net];
    --flits_;
    if (slot.tail) {
      ++stats_.packets[net];
      stats_.latency_sum[net] += now + kLocalWire - slot.packet->injected;
      deliver(slot.packet, static_cast<NodeId>(node), now);
    }
  } else {
    // The far input faces us: north <-> south, east <-> west.
    const unsigned to = neighbour_[node][out], port = out ^ 2u;
    Router &far = routers_[net][to];
    Input &far_input = far.in[port];
    Slot &far_slot = slots(net, to, port)[far_input.fill];
    if (far_slot.credit > now) {
      return false;
    }
    far_slot.ready = now + config_.link_cycles + config_.router_cycles;
    far_slot.credit = kNever;
    far_slot.packet = slot.packet;
    far_slot.head = slot.head;
    far_slot.tail = slot.tail;
    if (slot.head) {
      far_slot.out = route_[to * nodes_ + slot.packet->dst];
    }
    far_input.fill = next(far_input.fill, depth_);
    ++far_input.count;
    far.occupied = static_cast<uint8_t>(far.occupied | 1u << port);
    set_bit(busy_routers_[net], to);
  }
  slot.credit = now + (in == kLocal ? kLocalWire : config_.link_cycles);
  input.first = next(input.first, depth_);
  if (--input.count == 0) {
    router.occupied = static_cast<uint8_t>(router.occupied & ~(1u << in));
  }
  last_progress_ = now;
  return true;
}

void Noc::route(unsigned net, unsigned node, Cycle now) {
  Router &router = routers_[net][node];
  // Who wants which output?
  std::array<uint8_t, kPorts> wanted{};
  unsigned outputs = 0;
  for (unsigned inputs = router.occupied; inputs != 0; inputs &= inputs - 1) {
    const unsigned in = lowest(inputs);
    Input &input = router.in[in];
    const Slot &slot = slots(net, node, in)[input.first];
    if (slot.ready <= now) {
      if (slot.head) {
        input.out = slot.out;
      }
      wanted[input.out] = static_cast<uint8_t>(wanted[input.out] | 1u << in);
      outputs |= 1u << input.out;
    }
  }
  for (; outputs != 0; outputs &= outputs - 1) {
    const unsigned out = lowest(outputs);
    unsigned in = router.holder[out];
    if (in == kFree) {
      // Round robin: the first wanting input from turn[out] on.
      const unsigned from_turn = static_cast<unsigned>(wanted[out] >> router.turn[out]);
      in = from_turn != 0 ? router.turn[out] + lowest(from_turn) : lowest(wanted[out]);
    } else if ((wanted[out] >> in & 1u) == 0) {
      continue;  // the packet that holds the output has a gap
    }
    const Slot &slot = slots(net, node, in)[router.in[in].first];
    const bool tail = slot.tail != 0;
    if (forward(net, node, in, out, now)) {
      router.holder[out] = tail ? kFree : static_cast<uint8_t>(in);
      if (tail) {
        router.turn[out] = next(in, kPorts);
      }
    }
  }
  if (router.occupied == 0) {
    clear_bit(busy_routers_[net], node);
  }
}

Cycle Noc::tick(Cycle now) {
  for (unsigned net = 0; net < 2; ++net) {
    for (unsigned word = 0; word * 64 < nodes_; ++word) {
      for (uint64_t bits = busy_nis_[net][word]; bits != 0; bits &= bits - 1) {
        inject(net, word * 64 + static_cast<unsigned>(__builtin_ctzll(bits)), now);
      }
      for (uint64_t bits = busy_routers_[net][word]; bits != 0; bits &= bits - 1) {
        route(net, word * 64 + static_cast<unsigned>(__builtin_ctzll(bits)), now);
      }
    }
  }
  return empty() ? kNever : now + 1;
}

}  // namespace hb
