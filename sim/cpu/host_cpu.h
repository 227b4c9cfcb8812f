/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The host CPU: RV32IMC with private memory, local devices (hilbert/hb_memmap.h) and a port on the
 * NoC.
 *
 * Unicorn executes the instructions; time is ours: every instruction costs what rv32_cost.h says,
 * and the thread is brought to the right cycle before anything that another module could influence
 * or observe:
 *
 *   - a device register or the NoC is accessed (which then takes the cycles it takes);
 *   - interrupts are enabled (mstatus.MIE and a bit of mie): then before every instruction;
 *   - kQuantum cycles have passed.
 *
 * In between the CPU runs ahead of the clock; nothing can tell. `wfi` sleeps, at no cost to the
 * host computer, until an enabled interrupt is pending, and goes on in exactly that cycle.
 *
 * A run ends through the CPU in two ways: firmware writes HB_LOCAL_EXIT (exited()), or the CPU
 * cannot go on (Clock::failure() has pc and reason). README.md beside this file has the details.
 */

#ifndef HB_SIM_CPU_HOST_CPU_H_
#define HB_SIM_CPU_HOST_CPU_H_

#include <unicorn/unicorn.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hilbert/hb_telemetry.h"
#include "sim/cpu/gdb_server.h"
#include "sim/cpu/host_devices.h"
#include "sim/cpu/rv32_cost.h"
#include "sim/include/hb_sim.h"
#include "sim/kernel/clock.h"
#include "sim/noc/noc.h"

namespace hb {

class HostCpu : public sc_core::sc_module, private DebugTargetIf {
 public:
  struct Config {
    NodeId node = 0;
    uint32_t num_tiles = 0;
    Cycle irq_cycles = 1;  // from a tile's irq wire to the pending bit
    hb_sim_sink_t sink{};  // telemetry and irq
  };

  HostCpu(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Config &config);
  ~HostCpu() override;

  /** Copies bytes into the TCM or the image memory, outside of time. false: not all inside one of
   * them. */
  bool load_private(uint32_t addr, const void *bytes, size_t len);

  /** What a probe of the firmware is (firmware/drv/hb_probe.h). */
  struct Probe {
    std::string name;
    uint32_t pc, handler;
    std::array<uint8_t, 3> regs;
    bool observed;  // else its handler does not run
  };
  /** From now on, before the first cycle, the probe's handler runs, outside of time, whenever the
   * CPU comes to it; its telemetry records go to the sink. Nothing else changes. The clock catches
   * up with the CPU there whether it is observed or not: how far the CPU got at the end is the
   * same. */
  void add_probe(const Probe &probe);

  /** First program counter. Before the first cycle. */
  void set_entry(uint32_t pc) { pc_ = pc; }

  /** Where tile `index` reports the level of its irq wire; only changes need to be pushed. */
  Link<bool> &tile_irq(uint32_t index) { return devices_.tile_irq(index); }

  /** Firmware wrote HB_LOCAL_EXIT; the clock has been stopped. */
  bool exited() const { return exited_; }
  uint32_t exit_code() const { return exit_code_; }

  /** DRAM from outside of time: reads or writes all of [addr, addr + len), or returns false. */
  using BackDoor = std::function<bool(bool write, uint32_t addr, uint8_t *bytes, size_t len)>;
  /** From now on, before the first cycle, `server`'s client can stop the CPU: it stands before its
   * first instruction. */
  void debug(GdbServer &server, BackDoor dram);
  /** Between two calls of Clock::run_until(): does what the client asked for meanwhile. */
  void poll_debugger();
  /** The client, or whoever the server asks, ended the run; the clock has been stopped. */
  enum class Killed : uint8_t { kNo, kByClient, kStopped };
  Killed killed() const { return killed_; }

  /** Instructions may be ahead of the clock by up to kQuantum cycles. */
  hb_sim_host_stats_t stats() const;

  static constexpr Cycle kQuantum = 4096;

 private:
  /* Why Unicorn was stopped in front of instruction pc_. */
  enum class Stop : uint8_t { kNone, kTrap, kInterrupt, kWfi, kDebug, kEnd };

  struct Cached {
    uint32_t insn = 0;
    InsnCost cost;
  };
  struct Trap {
    bool raised = false;
    uint32_t cause = 0, epc = 0, tval = 0;
  };
  struct UnicornCloser {
    void operator()(uc_engine *engine) const { uc_close(engine); }
  };

  static void on_instruction(uc_engine *, uint64_t address, uint32_t size, void *self);
  static void on_exception(uc_engine *, uint32_t number, void *self);
  static bool on_bad_access(uc_engine *, uc_mem_type type, uint64_t address, int size,
                            int64_t value, void *self);
  static uint64_t on_local_read(uc_engine *, uint64_t offset, unsigned size, void *self);
  static void on_local_write(uc_engine *, uint64_t offset, unsigned size, uint64_t value,
                             void *self);
  static uint64_t on_noc_read(uc_engine *, uint64_t offset, unsigned size, void *self);
  static void on_noc_write(uc_engine *, uint64_t offset, unsigned size, uint64_t value, void *self);

  static uint64_t on_aside_read(uc_engine *, uint64_t offset, unsigned size, void *self);
  static void on_aside_write(uc_engine *, uint64_t offset, unsigned size, uint64_t value,
                             void *self);
  [[gnu::noinline]] const Cached *decode(uint32_t pc, uint32_t insn);
  void run_probes();
  void run_handler(const Probe &probe);
  void make_aside();

  void map_memory();
  void add_hooks();
  void run();
  bool after_emulation(uc_err error);
  void step(uint32_t pc);
  void special(const Cached &cached);
  static std::string illegal(const Cached &cached);
  void attend();
  bool debug_stops(const Cached &cached);
  void serve_debugger();
  void stop_before_instruction(Stop why);

  Cycle now() const { return clock_.cycle() + ahead_; }
  void sync();
  void sleep();
  void enter_trap(uint32_t cause, uint32_t epc, uint32_t tval, bool interrupt);
  void raise(uint32_t cause, uint32_t tval);
  bool local_read(uint32_t addr, uint32_t *value);
  bool local_write(uint32_t addr, uint32_t value);
  void telemetry(uint32_t word);
  /* A record being written, a word at a time. */
  struct Record {
    std::array<uint32_t, HB_TEL_MAX_WORDS + 1> words{};
    uint32_t written = 0;
    Cycle cycle = 0;
  };
  void put(Record &record, uint32_t word);
  uint32_t noc_access(bool write, uint32_t addr, uint32_t value);
  uint32_t active_interrupt();
  void fail(const std::string &reason);
  std::string where() const;
  uint32_t csr(int reg) const;
  void set_csr(int reg, uint32_t value);

  /* DebugTargetIf */
  uint32_t debug_reg(unsigned index) const override;
  bool set_debug_reg(unsigned index, uint32_t value) override;
  size_t debug_read(uint32_t addr, uint8_t *bytes, size_t len) override;
  bool debug_write(uint32_t addr, const uint8_t *bytes, size_t len) override;
  bool breakpoint(uint32_t addr, bool on) override;
  bool watchpoint(Watch kind, uint32_t addr, uint32_t len, bool on) override;
  void forget_points() override;
  uint64_t debug_cycle() const override { return now(); }
  uint8_t *private_bytes(uint32_t addr, size_t *len);
  bool peek_local(uint32_t addr, uint32_t *value) const;

  Clock &clock_;
  const hb_sim_sink_t sink_;
  ClockedThread thread_;
  HostDevices devices_;
  NocPort *port_ = nullptr;
  /* The port's owner: requests are the mailbox's, responses the thread's. */
  class PortOwner : public WakeableIf {
   public:
    explicit PortOwner(HostCpu &cpu) : cpu_(cpu) {}
    void wake_at(Cycle at) override {
      cpu_.devices_.wake_at(at);
      cpu_.thread_.wake_at(at);
    }

   private:
    HostCpu &cpu_;
  } port_owner_;

  std::unique_ptr<uint8_t, void (*)(void *)> tcm_, image_;
  std::unique_ptr<uc_engine, UnicornCloser> engine_;
  std::vector<Cached> cache_;  // by half word of the TCM

  uint32_t pc_ = 0;         // instruction being executed, or next
  uint32_t next_pc_ = 0;    // the one behind it
  uint32_t cycles_ = 0;     // of the instruction being executed, not yet in ahead_
  uint32_t taken_ = 0;      // more, if it turns out to be a taken branch
  Cycle ahead_ = 0;         // the CPU is this far ahead of the clock
  bool attention_ = false;  // attend() has something to look at
  bool csr_written_ = false;
  bool interruptible_ = false;  // mstatus.MIE and mie let an interrupt through
  Stop stop_ = Stop::kNone;
  Trap trap_;                 // of the instruction being executed
  uint32_t bad_address_ = 0;  // of an access that Unicorn refused

  uint32_t irq_enable_ = 0;
  uint32_t time_hi_ = 0;
  Record record_;

  bool exited_ = false;
  uint32_t exit_code_ = 0;
  Cycle ended_ = kNever;  // cycle in which the thread ended
  Cycle asleep_since_ = kNever;
  Cycle slept_ = 0;
  Cycle woke_ = 0;
  hb_sim_host_stats_t stats_{};

  struct Watchpoint {
    Watch kind;
    uint32_t addr, len;
    bool operator==(const Watchpoint &other) const {
      return kind == other.kind && addr == other.addr && len == other.len;
    }
  };
  /* The CPU that probes' handlers run on: sees all private memory, stores to its own stack only. */
  std::vector<Probe> probes_;
  std::vector<bool> probed_;  // by half word of the TCM; empty without probes
  Cached at_probe_;           // the instruction at a probe: never in cache_
  std::unique_ptr<uint8_t, void (*)(void *)> aside_stack_;
  std::unique_ptr<uc_engine, UnicornCloser> aside_;
  Record aside_record_;
  std::string aside_error_;

  GdbServer *debugger_ = nullptr;  // if there is one
  BackDoor dram_;
  std::vector<bool> breakpoints_;  // by half word of the TCM
  std::vector<Watchpoint> watchpoints_;
  bool break_ = false, step_ = false;  // stop in front of the next instruction
  GdbServer::Stop why_;
  uint32_t resumed_pc_ = 0;              // the instruction that a stop was in front of
  uint64_t resumed_count_ = UINT64_MAX;  // instructions before it
  Killed killed_ = Killed::kNo;
};

}  // namespace hb

#endif  // HB_SIM_CPU_HOST_CPU_H_
