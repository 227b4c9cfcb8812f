/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What travels on the NoC: a Packet, one memory access or its answer, up to 16 beats of 16 bytes.
 *
 * Data lies on byte lanes as on the AXI bus: byte i of `data` belongs to address (addr & ~15) + i.
 * So a 32-bit register access is a 1-beat packet with bytes = 4 whose word is on lane addr & 15;
 * set_word() and word() know.
 *
 * Whoever holds a Packet owns it: make() -> fill -> NocPort::send() hands it over;
 * NocPort::receive() hands one out; the responder turns the request into its answer with
 * make_response() and sends it back, the requester release()s it.
 */

#ifndef HB_SIM_NOC_PACKET_H_
#define HB_SIM_NOC_PACKET_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "hilbert/hb_memmap.h"
#include "sim/kernel/clock.h"

namespace hb {

using NodeId = uint16_t;  // y * columns + x
constexpr NodeId kNoNode = 0xffff;

enum class PacketKind : uint8_t { kReadReq, kWriteReq, kReadResp, kWriteResp };
/** The two physical networks. */
enum class Net : uint8_t { kRequest = 0, kResponse = 1 };
/** Register accesses and messages, or accesses to DRAM: by the address. Responses keep it. */
enum class Class : uint8_t { kControl = 0, kBulk = 1 };
/** As encoded by AXI. */
enum class Resp : uint8_t { kOkay = 0, kSlvErr = 2, kDecErr = 3 };

constexpr unsigned kBeatBytes = 16;
constexpr unsigned kMaxBeats = 16;
constexpr unsigned kMaxPacketBytes = kBeatBytes * kMaxBeats;

struct Packet {
  PacketKind kind = PacketKind::kReadReq;
  Resp resp = Resp::kOkay;  // of a response; a requester leaves it kOkay
  uint8_t id = 0;           // AXI id of the requester
  uint8_t beats = 1;        // 1 .. kMaxBeats, of the access, whether or not they travel
  uint16_t bytes = 0;       // size of the access; beats * 16 but for narrow 1-beat accesses
  NodeId src = kNoNode;     // set by send()
  NodeId dst =
      kNoNode;        // set by send() of a request (address map); a response's is its request's src
  uint32_t addr = 0;  // of the first byte; a multiple of 16 unless beats == 1
  uint32_t tag = 0;   // for the requester's own use; comes back with the response
  bool dataless = false;  // ReadReq: nobody looks at the data; they may be left out
  Cycle injected = 0;     // set by the network: head left the network interface
  std::array<uint16_t, kMaxBeats>
      strobe{};  // WriteReq: bit i of strobe[b]: byte 16 * b + i is written
  std::array<uint8_t, kMaxPacketBytes> data;  // WriteReq and ReadResp

  Net net() const {
    return kind == PacketKind::kReadReq || kind == PacketKind::kWriteReq ? Net::kRequest
                                                                         : Net::kResponse;
  }
  Class traffic_class() const { return addr < HB_DRAM_BASE ? Class::kControl : Class::kBulk; }
  bool is_read() const { return kind == PacketKind::kReadReq || kind == PacketKind::kReadResp; }
  bool has_payload() const {
    return kind == PacketKind::kWriteReq || kind == PacketKind::kReadResp;
  }

  /** A read request of whole beats. */
  void make_read(uint32_t address, unsigned num_beats) {
    kind = PacketKind::kReadReq;
    resp = Resp::kOkay;
    dataless = false;
    addr = address;
    beats = static_cast<uint8_t>(num_beats);
    bytes = static_cast<uint16_t>(num_beats * kBeatBytes);
  }
  /** A write request of whole beats; the caller fills data. */
  void make_write(uint32_t address, unsigned num_beats) {
    make_read(address, num_beats);
    kind = PacketKind::kWriteReq;
    strobe.fill(0xffff);
  }
  /** A 32-bit register read. `address` is a multiple of 4. */
  void make_read32(uint32_t address) {
    make_read(address, 1);
    bytes = 4;
  }
  /** A 32-bit register write. */
  void make_write32(uint32_t address, uint32_t value) {
    make_read32(address);
    kind = PacketKind::kWriteReq;
    strobe[0] = static_cast<uint16_t>(0xfu << (address & 15u));
    set_word(value);
  }
  /**
   * Turns a request into its response: back to the requester, same id, tag, address and size. The
   * responder fills data of a read; with an error it is zero.
   */
  void make_response(Resp code) {
    if (kind == PacketKind::kReadReq && code != Resp::kOkay) {
      std::memset(data.data(), 0, size_t{beats} * kBeatBytes);
    }
    kind = kind == PacketKind::kReadReq ? PacketKind::kReadResp : PacketKind::kWriteResp;
    resp = code;
    dst = src;
  }

  /** The word on lane addr & 15. */
  uint32_t word() const {
    uint32_t value;
    std::memcpy(&value, data.data() + (addr & 15u), sizeof value);
    return value;
  }
  void set_word(uint32_t value) { std::memcpy(data.data() + (addr & 15u), &value, sizeof value); }
};

/** Recycles packets, so that none is allocated in the steady state. */
class PacketPool {
 public:
  PacketPool() = default;
  PacketPool(const PacketPool &) = delete;
  PacketPool &operator=(const PacketPool &) = delete;

  Packet *make() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Packet>());
      free_.push_back(all_.back().get());
    }
    Packet *packet = free_.back();
    free_.pop_back();
    return packet;
  }
  void release(Packet *packet) { free_.push_back(packet); }
  /** Packets made and not released. */
  size_t in_use() const { return all_.size() - free_.size(); }

 private:
  std::vector<std::unique_ptr<Packet>> all_;
  std::vector<Packet *> free_;
};

}  // namespace hb

#endif  // HB_SIM_NOC_PACKET_H_
