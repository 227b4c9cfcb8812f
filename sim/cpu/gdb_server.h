/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A debugger's door to the host CPU: GDB's remote serial protocol on a TCP port of localhost, for
 * one client.
 *
 * Life cycle: construct, which listens -> accept() -> serve() whenever the CPU stands still, poll()
 * now and then while it runs. A client that disconnects or detaches is gone for good: serve() and
 * poll() then do nothing and the run goes on. While serve() waits, nothing else runs: no simulated
 * time passes.
 *
 * Packets: of 4096 bytes at most, longer ones are answered with an error; a wrong checksum is
 * answered with '-'. Understood: ? g G p P m M Z0 to Z4 z0 to z4 c C s S vCont D k vKill qSupported
 * qXfer:features:read QStartNoAckMode qRcmd ("monitor cycle"), and what a client asks about
 * threads, of which there is one. The rest is answered as unknown.
 */

#ifndef HB_SIM_CPU_GDB_SERVER_H_
#define HB_SIM_CPU_GDB_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace hb {

/** What a debugger may do to a CPU that stands still. */
class DebugTargetIf {
 public:
  enum Watch : uint8_t { kWatchWrite = 1, kWatchRead = 2, kWatchAccess = 3 };
  static constexpr unsigned kPc = 32, kRegs = 33; /* register numbers: x0 .. x31, pc */

  virtual ~DebugTargetIf() = default;
  virtual uint32_t debug_reg(unsigned index) const = 0;
  /** false: it cannot have this value. */
  virtual bool set_debug_reg(unsigned index, uint32_t value) = 0;
  /** Reads without side effects, outside of time. Returns how many of the first bytes there are. */
  virtual size_t debug_read(uint32_t addr, uint8_t *bytes, size_t len) = 0;
  /** All of it, or false and nothing. */
  virtual bool debug_write(uint32_t addr, const uint8_t *bytes, size_t len) = 0;
  /** Sets or takes away; false: not there. */
  virtual bool breakpoint(uint32_t addr, bool on) = 0;
  virtual bool watchpoint(Watch kind, uint32_t addr, uint32_t len, bool on) = 0;
  /** Takes all of both away. */
  virtual void forget_points() = 0;
  virtual uint64_t debug_cycle() const = 0;
};

class GdbServer {
 public:
  enum class Resume : uint8_t { kContinue, kStep, kKill, kStopped };
  /** Why the CPU stands still. */
  struct Stop {
    uint8_t signal = 5; /* SIGTRAP; 2 SIGINT, 11 SIGSEGV */
    uint8_t watch = 0;  /* DebugTargetIf::Watch, or 0 */
    uint32_t addr = 0;  /* that it met */
  };

  /** Listens. `port` 0: any free one. On failure error() says why.
   * @param stopped asked every now and then while the server waits; true: it gives up. */
  GdbServer(uint16_t port, std::function<bool()> stopped);
  ~GdbServer();
  GdbServer(const GdbServer &) = delete;
  GdbServer &operator=(const GdbServer &) = delete;

  /** errno of listening, 0 if it does. */
  int error() const { return error_; }
  uint16_t port() const { return port_; }

  /** Waits for a client. false: stopped. */
  bool accept();
  bool attached() const { return client_ >= 0; }

  /** Tells the client of the stop and does what it asks for until it lets the CPU go on. */
  Resume serve(DebugTargetIf &target, const Stop &stop);
  /** Without waiting: has the client asked for a stop? */
  bool poll(DebugTargetIf &target);
  /** The run is over; the client is told and left. */
  void finish(bool exited, uint8_t code);

 private:
  enum class Event : uint8_t { kNone, kPacket, kInterrupt };
  enum class State : uint8_t { kIdle, kData, kSum1, kSum2 };

  Event take(char byte);
  bool receive(bool wait);
  void leave(DebugTargetIf *target);
  void send_raw(const std::string &bytes);
  void reply(const std::string &data);
  bool handle(DebugTargetIf &target, Resume *resume);
  std::string registers(const DebugTargetIf &target) const;
  std::string query(DebugTargetIf &target) const;
  std::string memory(DebugTargetIf &target) const;
  std::string point(DebugTargetIf &target) const;
  std::string set_registers(DebugTargetIf &target) const;
  bool resume(DebugTargetIf &target, const std::string &action, Resume *resume);

  const std::function<bool()> stopped_;
  int error_ = 0;
  uint16_t port_ = 0;
  int listener_ = -1, client_ = -1;

  std::string input_;  // received, not taken
  size_t taken_ = 0;
  State state_ = State::kIdle;
  std::string packet_;  // being received, or received
  bool too_long_ = false, no_ack_ = false;
  uint8_t sum_ = 0, sent_sum_ = 0;
  std::string last_reply_;
  std::string stop_reply_;
};

}  // namespace hb

#endif  // HB_SIM_CPU_GDB_SERVER_H_
