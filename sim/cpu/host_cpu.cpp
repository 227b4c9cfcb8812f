/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/cpu/host_cpu.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace hb {

namespace {

constexpr int kStackBytes = 1 << 20;  // Unicorn translates code on it
constexpr size_t kPage = 4096;
constexpr uint32_t kLocalBytes = kPage;
constexpr uint32_t kNocBase = HB_MBOX_BASE;
/* The stack of probes' handlers, where the CPU has a hole in its address space; a page of code
 * behind it that they return to; and how many instructions one may take. */
constexpr uint32_t kAsideStackBase = 0x01000000, kAsideStackBytes = 1 << 16;
constexpr uint32_t kAsideEnd = kAsideStackBase + kAsideStackBytes;
constexpr size_t kMostAside = 10000000;
constexpr uint64_t kNoEnd = 0xfffffffe;  // uc_emu_start() stops there: nothing is executable there

/* RISC-V privileged architecture: mcause, mstatus, mie. */
constexpr uint32_t kCauseBreakpoint = 3, kCauseLoad = 5, kCauseStore = 7, kCauseEcall = 11;
constexpr uint32_t kCauseTimer = 0x80000007, kCauseExternal = 0x8000000b;
constexpr uint32_t kMstatusMie = 1u << 3, kMstatusMpie = 1u << 7, kMstatusMpp = 3u << 11;
constexpr uint32_t kMieTimer = 1u << 7, kMieExternal = 1u << 11;

std::unique_ptr<uint8_t, void (*)(void *)> make_memory(size_t bytes) {
  /* One page more: an instruction is read as four bytes, even the last two. */
  auto *memory = static_cast<uint8_t *>(std::aligned_alloc(kPage, bytes + kPage));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  std::memset(memory, 0, bytes + kPage);
  return {memory, std::free};
}

void check(uc_err error, const char *what) {
  if (error != UC_ERR_OK) {
    throw std::runtime_error(std::string("Unicorn: ") + what + ": " + uc_strerror(error));
  }
}

std::string hex(uint32_t value, int digits = 8) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%0*x", digits, static_cast<unsigned>(value));
  return text;
}

}  // namespace

HostCpu::HostCpu(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Config &config)
    : sc_core::sc_module(name),
      clock_(clock),
      sink_(config.sink),
      thread_(
          clock, "thread", [this] { run(); }, kStackBytes),
      devices_(clock, thread_, config.num_tiles, config.irq_cycles, config.sink),
      port_owner_(*this),
      tcm_(make_memory(HB_TCM_SIZE)),
      image_(make_memory(HB_IMAGE_SIZE)),
      cache_(HB_TCM_SIZE / 2),
      aside_stack_(nullptr, std::free) {
  port_ = &noc.attach(config.node, &port_owner_);
  devices_.attach(*port_);
  uc_engine *engine = nullptr;
  check(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV32, &engine), "open");
  engine_.reset(engine);
  map_memory();
  add_hooks();
}

HostCpu::~HostCpu() = default;

void HostCpu::map_memory() {
  uc_engine *const engine = engine_.get();
  check(uc_mem_map_ptr(engine, HB_TCM_BASE, HB_TCM_SIZE, UC_PROT_ALL, tcm_.get()), "map TCM");
  check(uc_mem_map_ptr(engine, HB_IMAGE_BASE, HB_IMAGE_SIZE, UC_PROT_READ | UC_PROT_WRITE,
                       image_.get()),
        "map image");
  check(uc_mmio_map(engine, HB_LOCAL_BASE, kLocalBytes, on_local_read, this, on_local_write, this),
        "map local devices");
  check(uc_mmio_map(engine, kNocBase, (uint64_t{1} << 32) - kNocBase, on_noc_read, this,
                    on_noc_write, this),
        "map NoC");
}

void HostCpu::add_hooks() {
  uc_engine *const engine = engine_.get();
  uc_hook hook;
  check(uc_hook_add(engine, &hook, UC_HOOK_CODE, reinterpret_cast<void *>(on_instruction), this, 1,
                    0),
        "hook instructions");
  check(
      uc_hook_add(engine, &hook, UC_HOOK_INTR, reinterpret_cast<void *>(on_exception), this, 1, 0),
      "hook exceptions");
  check(uc_hook_add(engine, &hook, UC_HOOK_MEM_INVALID, reinterpret_cast<void *>(on_bad_access),
                    this, 1, 0),
        "hook bad accesses");
}

bool HostCpu::load_private(uint32_t addr, const void *bytes, size_t len) {
  const auto inside = [&](uint32_t base, uint32_t size) {
    return addr >= base && addr - base <= size && len <= size - (addr - base);
  };
  if (!inside(HB_TCM_BASE, HB_TCM_SIZE) && !inside(HB_IMAGE_BASE, HB_IMAGE_SIZE)) {
    return false;
  }
  return uc_mem_write(engine_.get(), addr, bytes, len) == UC_ERR_OK;
}

hb_sim_host_stats_t HostCpu::stats() const {
  hb_sim_host_stats_t stats = stats_;
  const Cycle end = std::min(clock_.cycle(), ended_);
  const Cycle sleeping = asleep_since_ == kNever ? 0 : end - asleep_since_;
  stats.active_cycles = end - slept_ - sleeping;
  return stats;
}

uint32_t HostCpu::csr(int reg) const {
  uint32_t value = 0;
  uc_reg_read(engine_.get(), reg, &value);
  return value;
}

void HostCpu::set_csr(int reg, uint32_t value) {
  uc_reg_write(engine_.get(), reg, &value);
}

/* The thread. Unicorn runs until something needs to be done between two instructions. */
void HostCpu::run() {
  next_pc_ = pc_;
  if (debugger_ != nullptr) {
    serve_debugger();
  }
  while (killed_ == Killed::kNo) {
    stop_ = Stop::kNone;
    const uc_err error = uc_emu_start(engine_.get(), pc_, kNoEnd, 0, 0);
    if (!after_emulation(error)) {
      break;
    }
  }
  ended_ = clock_.cycle();
}

bool HostCpu::after_emulation(uc_err error) {
  switch (stop_) {
    case Stop::kTrap:
      enter_trap(trap_.cause, trap_.epc, trap_.tval, false);
      break;
    case Stop::kInterrupt:
      enter_trap(active_interrupt(), pc_, 0, true);
      break;
    case Stop::kWfi:
      sync();
      pc_ += 4;  // where a debugger finds it
      sleep();
      break;
    case Stop::kDebug:
      if (record_.written == 0) {  // else it would reach the sink late
        sync();
      }
      serve_debugger();
      break;
    case Stop::kEnd:
      break;
    case Stop::kNone:
      ahead_ += cycles_;
      cycles_ = 0;
      taken_ = 0;
      if (error == UC_ERR_READ_UNMAPPED || error == UC_ERR_READ_PROT) {
        enter_trap(kCauseLoad, pc_, bad_address_, false);
      } else if (error == UC_ERR_WRITE_UNMAPPED || error == UC_ERR_WRITE_PROT) {
        enter_trap(kCauseStore, pc_, bad_address_, false);
      } else if (error == UC_ERR_FETCH_UNMAPPED || error == UC_ERR_FETCH_PROT) {
        fail("instruction fetch from " + hex(bad_address_) + ", where there is no code memory");
      } else {
        fail(std::string("Unicorn: ") + uc_strerror(error));
      }
      break;
  }
  if (stop_ == Stop::kEnd && clock_.failed() && debugger_ != nullptr) {
    constexpr uint8_t kSigSegv = 11;
    why_ = {kSigSegv, 0, 0};
    serve_debugger();  // to look at; it cannot go on
  }
  return stop_ != Stop::kEnd;
}

void HostCpu::on_instruction(uc_engine *, uint64_t address, uint32_t, void *self) {
  static_cast<HostCpu *>(self)->step(static_cast<uint32_t>(address));
}

/* In front of every instruction: the one before is complete, this one has not begun. */
void HostCpu::step(uint32_t pc) {
  ahead_ += cycles_ + (pc != next_pc_ ? taken_ : 0);
  cycles_ = 0;
  taken_ = 0;
  pc_ = pc;
  if (attention_ || ahead_ >= kQuantum) {
    attend();
    if (stop_ != Stop::kNone) {
      return;
    }
  }

  uint32_t insn;
  std::memcpy(&insn, tcm_.get() + pc, sizeof insn);
  const Cached *known = &cache_[pc / 2];
  if (known->insn != insn || known->cost.cycles == 0) {
    known = decode(pc, insn);
    if (known == nullptr) {
      return;
    }
  }
  const Cached &cached = *known;
  if (debugger_ != nullptr && debug_stops(cached)) {
    stop_before_instruction(Stop::kDebug);
    return;
  }
  ++stats_.instructions;
  next_pc_ = pc + cached.cost.bytes;
  cycles_ = cached.cost.cycles;
  taken_ = cached.cost.taken;
  if (cached.cost.cls >= InsnClass::kCsr) {
    special(cached);
  }
}

/* Of an instruction that cache_ does not have. Those at probes never get there, so that the others
 * need not be asked: here their handlers run, unless a debugger stops first. The clock catches up
 * before that is asked: a stop may be asked for meanwhile, and step() asks again. nullptr: one
 * ended the run. */
const HostCpu::Cached *HostCpu::decode(uint32_t pc, uint32_t insn) {
  if (probed_.empty() || !probed_[pc / 2]) {
    cache_[pc / 2] = {insn, rv32_cost(insn)};
    return &cache_[pc / 2];
  }
  at_probe_ = {insn, rv32_cost(insn)};
  sync();
  if (debugger_ == nullptr || !debug_stops(at_probe_)) {
    run_probes();
  }
  return stop_ == Stop::kNone ? &at_probe_ : nullptr;
}

std::string HostCpu::illegal(const Cached &cached) {
  const bool wide = cached.cost.bytes == 4;
  return "illegal instruction " + (wide ? hex(cached.insn) : hex(cached.insn & 0xffffu, 4));
}

/* Instructions that change what the CPU listens to, or that we execute ourselves. */
void HostCpu::special(const Cached &cached) {
  switch (cached.cost.cls) {
    case InsnClass::kCsr:
    case InsnClass::kMret:
      csr_written_ = true;
      attention_ = true;
      break;
    case InsnClass::kWfi:
      ahead_ += cycles_;
      stop_before_instruction(Stop::kWfi);
      break;
    case InsnClass::kEcall:
    case InsnClass::kEbreak:
      ahead_ += cycles_;
      trap_ = {true, cached.cost.cls == InsnClass::kEcall ? kCauseEcall : kCauseBreakpoint, pc_, 0};
      stop_before_instruction(Stop::kTrap);
      break;
    case InsnClass::kIllegal:
      --stats_.instructions;
      fail(illegal(cached));
      break;
    default:
      break;
  }
}

void HostCpu::stop_before_instruction(Stop why) {
  stop_ = why;
  attention_ = true;
  cycles_ = 0;
  taken_ = 0;
  uc_emu_stop(engine_.get());
}

/* Everything that is rare, between two instructions. */
void HostCpu::attend() {
  if (stop_ != Stop::kNone) {  // exit or failure in the instruction before
    uc_emu_stop(engine_.get());
    return;
  }
  if (trap_.raised) {
    stop_before_instruction(Stop::kTrap);
    return;
  }
  if (csr_written_) {
    csr_written_ = false;
    interruptible_ = (csr(UC_RISCV_REG_MSTATUS) & kMstatusMie) != 0 &&
                     (csr(UC_RISCV_REG_MIE) & (kMieTimer | kMieExternal)) != 0;
  }
  attention_ = interruptible_;
  if (interruptible_ || ahead_ >= kQuantum) {
    sync();
  }
  if (interruptible_ && active_interrupt() != 0) {
    stop_before_instruction(Stop::kInterrupt);
  }
}

/* mcause of the interrupt that would be taken now, or 0. */
uint32_t HostCpu::active_interrupt() {
  const uint32_t pending = devices_.pending() & irq_enable_;
  const uint32_t mie = csr(UC_RISCV_REG_MIE);
  if ((pending & ~HB_IRQ_TIMER) != 0 && (mie & kMieExternal) != 0) {
    return kCauseExternal;
  }
  return (pending & HB_IRQ_TIMER) != 0 && (mie & kMieTimer) != 0 ? kCauseTimer : 0;
}

void HostCpu::enter_trap(uint32_t cause, uint32_t epc, uint32_t tval, bool interrupt) {
  trap_ = {};
  const uint32_t mtvec = csr(UC_RISCV_REG_MTVEC);
  if (mtvec == 0) {
    pc_ = epc;
    fail("trap with mcause " + hex(cause) + ", mtval " + hex(tval) + " and no handler in mtvec");
    return;
  }
  const uint32_t mstatus = csr(UC_RISCV_REG_MSTATUS);
  const uint32_t previous = (mstatus & kMstatusMie) != 0 ? kMstatusMpie : 0;
  set_csr(UC_RISCV_REG_MSTATUS, (mstatus & ~(kMstatusMie | kMstatusMpie)) | previous | kMstatusMpp);
  set_csr(UC_RISCV_REG_MEPC, epc);
  set_csr(UC_RISCV_REG_MCAUSE, cause);
  set_csr(UC_RISCV_REG_MTVAL, tval);
  const bool vectored = interrupt && (mtvec & 3u) == 1u;
  pc_ = (mtvec & ~3u) + (vectored ? 4u * (cause & 0x7fffffffu) : 0u);
  ahead_ += kTrapCycles;
  interruptible_ = false;
  if (interrupt) {
    ++stats_.interrupts;
  }
}

/* ----------------------------------------------------------------------------------- debugger */

void HostCpu::debug(GdbServer &server, BackDoor dram) {
  debugger_ = &server;
  dram_ = std::move(dram);
  breakpoints_.assign(HB_TCM_SIZE / 2, false);
}

/* Whether the instruction at pc_ is to wait for the debugger. */
bool HostCpu::debug_stops(const Cached &cached) {
  constexpr uint8_t kSigInt = 2;
  if (pc_ == resumed_pc_ && stats_.instructions == resumed_count_) {
    return false;
  }
  why_ = GdbServer::Stop{};
  if (break_ && !step_) {
    why_.signal = kSigInt;
  }
  if (break_ || step_ || breakpoints_[pc_ / 2]) {
    return true;
  }
  if (watchpoints_.empty()) {
    return false;
  }
  const InsnAccess access = rv32_access(cached.insn);
  const uint32_t first = access.bytes == 0 ? 0 : debug_reg(access.base) + uint32_t(access.offset);
  for (const Watchpoint &watch : watchpoints_) {
    const uint8_t kind = access.store ? kWatchWrite : kWatchRead;
    if (access.bytes != 0 && (watch.kind & kind) != 0 &&
        (first - watch.addr < watch.len || watch.addr - first < access.bytes)) {
      why_.watch = watch.kind;
      why_.addr = std::max(first, watch.addr);
      return true;
    }
  }
  return false;
}

/* The CPU stands in front of the instruction at pc_, and with it everything else. */
void HostCpu::serve_debugger() {
  break_ = step_ = false;
  const GdbServer::Resume how = debugger_->serve(*this, why_);
  step_ = how == GdbServer::Resume::kStep;
  resumed_pc_ = pc_;
  resumed_count_ = stats_.instructions;
  if (how == GdbServer::Resume::kKill || how == GdbServer::Resume::kStopped) {
    killed_ = how == GdbServer::Resume::kKill ? Killed::kByClient : Killed::kStopped;
    clock_.stop();
  }
}

void HostCpu::poll_debugger() {
  if (!debugger_->poll(*this)) {
    return;
  }
  if (asleep_since_ != kNever) {
    constexpr uint8_t kSigInt = 2;
    why_ = {kSigInt, 0, 0};
    serve_debugger();
  } else {
    break_ = true;
  }
}

uint32_t HostCpu::debug_reg(unsigned index) const {
  return index == kPc ? pc_ : csr(UC_RISCV_REG_X0 + static_cast<int>(index));
}

bool HostCpu::set_debug_reg(unsigned index, uint32_t value) {
  if (index != kPc) {
    if (index != 0) {
      set_csr(UC_RISCV_REG_X0 + static_cast<int>(index), value);
    }
    return true;
  }
  if (value % 2 != 0) {
    return false;
  }
  pc_ = value;
  return true;
}

/* Where the bytes from `addr` on are in the TCM or the image; less of them if they go beyond it. */
uint8_t *HostCpu::private_bytes(uint32_t addr, size_t *len) {
  const struct {
    uint32_t base, size;
    uint8_t *bytes;
  } memories[] = {{HB_TCM_BASE, HB_TCM_SIZE, tcm_.get()},
                  {HB_IMAGE_BASE, HB_IMAGE_SIZE, image_.get()}};
  for (const auto &memory : memories) {
    if (addr - memory.base < memory.size) {
      *len = std::min<size_t>(*len, memory.size - (addr - memory.base));
      return memory.bytes + (addr - memory.base);
    }
  }
  return nullptr;
}

/* A device register as a load would find it; nothing happens. false: not to be read. */
bool HostCpu::peek_local(uint32_t addr, uint32_t *value) const {
  if (addr >= HB_LOCAL_MBOX_WORD(0) && addr < HB_LOCAL_MBOX_WORD(HB_MBOX_WORDS)) {
    *value = devices_.peek_mailbox_word((addr - HB_LOCAL_MBOX_WORD(0)) / 4);
    return true;
  }
  switch (addr) {
    case HB_LOCAL_TIME_LO:
      *value = static_cast<uint32_t>(now());
      return true;
    case HB_LOCAL_TIME_HI:
      *value = time_hi_;
      return true;
    case HB_LOCAL_ALARM_LO:
      *value = static_cast<uint32_t>(devices_.alarm());
      return true;
    case HB_LOCAL_ALARM_HI:
      *value = static_cast<uint32_t>(devices_.alarm() >> 32);
      return true;
    case HB_LOCAL_IRQ_PENDING:
      *value = devices_.peek_pending();
      return true;
    case HB_LOCAL_IRQ_ENABLE:
      *value = irq_enable_;
      return true;
    case HB_LOCAL_MBOX_LEVEL:
      *value = devices_.peek_mailbox_level();
      return true;
    default:
      return false;
  }
}

size_t HostCpu::debug_read(uint32_t addr, uint8_t *bytes, size_t len) {
  if (const uint8_t *memory = private_bytes(addr, &len); memory != nullptr) {
    std::memcpy(bytes, memory, len);
    return len;
  }
  if (addr - HB_LOCAL_BASE < kLocalBytes) {
    size_t done = 0;
    uint32_t word = 0;
    for (; done < len && peek_local((addr + uint32_t(done)) & ~3u, &word); ++done) {
      bytes[done] = static_cast<uint8_t>(word >> 8 * ((addr + done) % 4));
    }
    return done;
  }
  return dram_(false, addr, bytes, len) ? len : 0;
}

bool HostCpu::debug_write(uint32_t addr, const uint8_t *bytes, size_t len) {
  size_t inside = len;
  if (private_bytes(addr, &inside) != nullptr) {
    return inside == len && load_private(addr, bytes, len);
  }
  std::vector<uint8_t> copy(bytes, bytes + len);
  return dram_(true, addr, copy.data(), len);
}

bool HostCpu::breakpoint(uint32_t addr, bool on) {
  if (addr >= HB_TCM_SIZE || addr % 2 != 0) {
    return false;
  }
  breakpoints_[addr / 2] = on;
  return true;
}

bool HostCpu::watchpoint(Watch kind, uint32_t addr, uint32_t len, bool on) {
  constexpr size_t kMost = 64;
  const Watchpoint watch = {kind, addr, len};
  const auto found = std::find(watchpoints_.begin(), watchpoints_.end(), watch);
  if (!on && found != watchpoints_.end()) {
    watchpoints_.erase(found);
  } else if (on && found == watchpoints_.end()) {
    if (watchpoints_.size() == kMost || len == 0) {
      return false;
    }
    watchpoints_.push_back(watch);
  }
  return true;
}

void HostCpu::forget_points() {
  breakpoints_.assign(breakpoints_.size(), false);
  watchpoints_.clear();
  break_ = step_ = false;
}

/* Brings the clock to where the CPU is. */
void HostCpu::sync() {
  if (ahead_ != 0) {
    const Cycle cycles = ahead_;
    ahead_ = 0;
    thread_.wait_cycles(cycles);
  }
}

void HostCpu::sleep() {
  asleep_since_ = clock_.cycle();
  if (sink_.pass != nullptr) {
    sink_.pass(sink_.ctx, woke_, asleep_since_);
  }
  while ((devices_.pending() & irq_enable_) == 0) {
    thread_.sleep_until((irq_enable_ & HB_IRQ_TIMER) != 0 ? devices_.alarm_ahead() : kNever);
  }
  slept_ += clock_.cycle() - asleep_since_;
  asleep_since_ = kNever;
  woke_ = clock_.cycle();
  if (!interruptible_) {
    ++stats_.interrupts;
  }
}

std::string HostCpu::where() const {
  return "host CPU at pc " + hex(pc_) + ": ";
}

void HostCpu::fail(const std::string &reason) {
  sync();
  clock_.fail(where() + reason);
  stop_before_instruction(Stop::kEnd);
}

/* The access of the instruction being executed is answered by an error: it traps when it is
 * complete. */
void HostCpu::raise(uint32_t cause, uint32_t tval) {
  if (!trap_.raised) {
    trap_ = {true, cause, pc_, tval};
    attention_ = true;
  }
}

void HostCpu::on_exception(uc_engine *, uint32_t, void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  if (cpu->stop_ != Stop::kNone) {
    return;
  }
  uint32_t insn;
  std::memcpy(&insn, cpu->tcm_.get() + cpu->pc_, sizeof insn);
  cpu->fail(illegal({insn, rv32_cost(insn)}));
}

bool HostCpu::on_bad_access(uc_engine *, uc_mem_type, uint64_t address, int, int64_t, void *self) {
  static_cast<HostCpu *>(self)->bad_address_ = static_cast<uint32_t>(address);
  return false;
}

uint64_t HostCpu::on_local_read(uc_engine *, uint64_t offset, unsigned size, void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  const uint32_t addr = HB_LOCAL_BASE + static_cast<uint32_t>(offset);
  uint32_t value = 0;
  if (size != 4 || offset % 4 != 0 || !cpu->local_read(addr, &value)) {
    cpu->raise(kCauseLoad, addr);
  }
  return value;
}

void HostCpu::on_local_write(uc_engine *, uint64_t offset, unsigned size, uint64_t value,
                             void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  const uint32_t addr = HB_LOCAL_BASE + static_cast<uint32_t>(offset);
  if (size != 4 || offset % 4 != 0 || !cpu->local_write(addr, static_cast<uint32_t>(value))) {
    cpu->raise(kCauseStore, addr);
  }
}

uint64_t HostCpu::on_noc_read(uc_engine *, uint64_t offset, unsigned size, void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  const uint32_t addr = kNocBase + static_cast<uint32_t>(offset);
  if (size != 4 || offset % 4 != 0) {
    cpu->raise(kCauseLoad, addr);
    return 0;
  }
  return cpu->noc_access(false, addr, 0);
}

void HostCpu::on_noc_write(uc_engine *, uint64_t offset, unsigned size, uint64_t value,
                           void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  const uint32_t addr = kNocBase + static_cast<uint32_t>(offset);
  if (size != 4 || offset % 4 != 0) {
    cpu->raise(kCauseStore, addr);
    return;
  }
  (void)cpu->noc_access(true, addr, static_cast<uint32_t>(value));
}

bool HostCpu::local_read(uint32_t addr, uint32_t *value) {
  if (addr >= HB_LOCAL_MBOX_WORD(0) && addr < HB_LOCAL_MBOX_WORD(HB_MBOX_WORDS)) {
    sync();
    *value = devices_.mailbox_word((addr - HB_LOCAL_MBOX_WORD(0)) / 4);
    return true;
  }
  switch (addr) {
    case HB_LOCAL_TIME_LO:
      *value = static_cast<uint32_t>(now());
      time_hi_ = static_cast<uint32_t>(now() >> 32);
      return true;
    case HB_LOCAL_TIME_HI:
      *value = time_hi_;
      return true;
    case HB_LOCAL_ALARM_LO:
      *value = static_cast<uint32_t>(devices_.alarm());
      return true;
    case HB_LOCAL_ALARM_HI:
      *value = static_cast<uint32_t>(devices_.alarm() >> 32);
      return true;
    case HB_LOCAL_IRQ_PENDING:
      sync();
      *value = devices_.pending();
      return true;
    case HB_LOCAL_IRQ_ENABLE:
      *value = irq_enable_;
      return true;
    case HB_LOCAL_MBOX_LEVEL:
      sync();
      *value = devices_.mailbox_level();
      return true;
    default:
      return false;
  }
}

bool HostCpu::local_write(uint32_t addr, uint32_t value) {
  switch (addr) {
    case HB_LOCAL_ALARM_LO:
      sync();
      devices_.set_alarm((devices_.alarm() & ~uint64_t{UINT32_MAX}) | value);
      return true;
    case HB_LOCAL_ALARM_HI:
      sync();
      devices_.set_alarm((devices_.alarm() & UINT32_MAX) | uint64_t{value} << 32);
      return true;
    case HB_LOCAL_IRQ_ENABLE:
      irq_enable_ = value;
      return true;
    case HB_LOCAL_MBOX_POP:
      sync();
      devices_.mailbox_pop();
      return true;
    case HB_LOCAL_TELEMETRY:
      telemetry(value);
      return true;
    case HB_LOCAL_EXIT:
      sync();
      exited_ = true;
      exit_code_ = value;
      clock_.stop();
      attention_ = true;
      stop_before_instruction(Stop::kEnd);
      return true;
    default:
      return false;
  }
}

/* A record reaches the sink in the cycle of its first word: the CPU writes the others ahead of the
 * clock. */
void HostCpu::telemetry(uint32_t word) {
  if (record_.written == 0) {
    sync();
    if (HB_TEL_WORDS(word) > HB_TEL_MAX_WORDS) {
      fail("telemetry head " + hex(word) + " announces too many words");
      return;
    }
  }
  put(record_, word);
}

void HostCpu::put(Record &record, uint32_t word) {
  if (record.written == 0) {
    record.cycle = clock_.cycle();
  }
  record.words[record.written++] = word;
  if (record.written == HB_TEL_WORDS(record.words[0]) + 1u) {
    if (sink_.telemetry != nullptr) {
      sink_.telemetry(sink_.ctx, record.cycle, record.words.data(), record.written);
    }
    record.written = 0;
  }
}

/* ------------------------------------------------------------------------------------- probes */

void HostCpu::add_probe(const Probe &probe) {
  probed_.resize(HB_TCM_SIZE / 2);
  probed_[probe.pc / 2] = true;
  probes_.push_back(probe);
  if (probe.observed && aside_ == nullptr) {
    make_aside();
  }
}

void HostCpu::make_aside() {
  uc_engine *engine = nullptr;
  check(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV32, &engine), "open, for probes");
  aside_.reset(engine);
  aside_stack_ = make_memory(kAsideStackBytes);
  check(uc_mem_map_ptr(engine, HB_TCM_BASE, HB_TCM_SIZE, UC_PROT_READ | UC_PROT_EXEC, tcm_.get()),
        "map TCM for probes");
  check(uc_mem_map_ptr(engine, HB_IMAGE_BASE, HB_IMAGE_SIZE, UC_PROT_READ, image_.get()),
        "map image for probes");
  check(uc_mem_map_ptr(engine, kAsideStackBase, kAsideStackBytes, UC_PROT_READ | UC_PROT_WRITE,
                       aside_stack_.get()),
        "map stack for probes");
  check(uc_mem_map(engine, kAsideEnd, kPage, UC_PROT_READ | UC_PROT_EXEC), "map end for probes");
  check(uc_mmio_map(engine, HB_LOCAL_BASE, kLocalBytes, on_aside_read, this, on_aside_write, this),
        "map telemetry for probes");
}

/* All the probes at pc_, in front of the instruction there, without time in between. */
void HostCpu::run_probes() {
  for (size_t i = 0; i < probes_.size() && stop_ == Stop::kNone; ++i) {
    if (probes_[i].pc == pc_ && probes_[i].observed) {
      run_handler(probes_[i]);
    }
  }
}

void HostCpu::run_handler(const Probe &probe) {
  uc_engine *const engine = aside_.get();
  const auto set = [engine](int reg, uint32_t value) { uc_reg_write(engine, reg, &value); };
  for (size_t i = 0; i < probe.regs.size(); ++i) {
    set(UC_RISCV_REG_A0 + static_cast<int>(i), csr(UC_RISCV_REG_X0 + probe.regs[i]));
  }
  set(UC_RISCV_REG_GP, csr(UC_RISCV_REG_GP));
  set(UC_RISCV_REG_SP, kAsideStackBase + kAsideStackBytes);
  set(UC_RISCV_REG_RA, kAsideEnd);
  aside_error_.clear();
  aside_record_.written = 0;
  const uc_err error = uc_emu_start(engine, probe.handler, kAsideEnd, 0, kMostAside);
  uint32_t end = 0;
  uc_reg_read(engine, UC_RISCV_REG_PC, &end);
  if (aside_error_.empty() && error != UC_ERR_OK) {
    aside_error_ = uc_strerror(error);
  } else if (aside_error_.empty() && end != kAsideEnd) {
    aside_error_ = "does not end";
  } else if (aside_error_.empty() && aside_record_.written != 0) {
    aside_error_ = "has not finished its telemetry record";
  }
  if (!aside_error_.empty()) {
    fail("handler of probe " + probe.name + ", at " + hex(end) + ": " + aside_error_);
  }
}

uint64_t HostCpu::on_aside_read(uc_engine *engine, uint64_t offset, unsigned, void *self) {
  static_cast<HostCpu *>(self)->aside_error_ =
      "reads device register " + hex(HB_LOCAL_BASE + static_cast<uint32_t>(offset));
  uc_emu_stop(engine);
  return 0;
}

void HostCpu::on_aside_write(uc_engine *engine, uint64_t offset, unsigned size, uint64_t value,
                             void *self) {
  auto *const cpu = static_cast<HostCpu *>(self);
  const uint32_t addr = HB_LOCAL_BASE + static_cast<uint32_t>(offset);
  const auto word = static_cast<uint32_t>(value);
  const bool head = cpu->aside_record_.written == 0;
  if (addr == HB_LOCAL_TELEMETRY && size == 4 && !(head && HB_TEL_WORDS(word) > HB_TEL_MAX_WORDS)) {
    cpu->put(cpu->aside_record_, word);
  } else {
    cpu->aside_error_ = "writes device register " + hex(addr);
    uc_emu_stop(engine);
  }
}

/* One 32-bit access over the NoC. It is complete one cycle after its response has arrived. */
uint32_t HostCpu::noc_access(bool write, uint32_t addr, uint32_t value) {
  sync();
  const Cycle begin = clock_.cycle();
  Packet *const request = port_->make();
  if (write) {
    request->make_write32(addr, value);
  } else {
    request->make_read32(addr);
  }
  request->id = 0;
  while (!port_->can_send(Net::kRequest)) {
    thread_.sleep_until(kNever);
  }
  port_->send(request);

  Packet *response = port_->receive(Net::kResponse);
  while (response == nullptr) {
    thread_.sleep_until(kNever);
    response = port_->receive(Net::kResponse);
  }
  const uint32_t word = response->resp == Resp::kOkay && !write ? response->word() : 0;
  if (response->resp != Resp::kOkay) {
    raise(write ? kCauseStore : kCauseLoad, addr);
  }
  port_->release(response);
  cycles_ = 1;
  ++(write ? stats_.mmio_writes : stats_.mmio_reads);
  stats_.mmio_wait_cycles += clock_.cycle() - begin;
  return word;
}

}  // namespace hb
