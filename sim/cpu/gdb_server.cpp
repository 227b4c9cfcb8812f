/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/cpu/gdb_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

namespace hb {

namespace {

constexpr size_t kMaxPacket = 4096;
constexpr size_t kMaxMemory = (kMaxPacket - 64) / 2;  // bytes of memory in a packet
constexpr int kPatienceMs = 100;                      // between two questions whether to stop
constexpr char kInterruptByte = 3;
const char *const kBadArgument = "E16";  // EINVAL, EFAULT
const char *const kNoMemory = "E0e";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Reads a packet's parts from left to right; ok() is false after the first that is not there. */
class Parts {
 public:
  Parts(const std::string &text, size_t at) : text_(text), at_(at) {}
  bool ok() const { return ok_; }
  bool done() const { return ok_ && at_ == text_.size(); }
  bool more() const { return ok_ && at_ < text_.size(); }
  uint32_t number() {
    uint64_t value = 0;
    size_t digits = 0;
    while (at_ < text_.size() && digit(text_[at_]) >= 0 && value <= UINT32_MAX) {
      value = value * 16 + static_cast<unsigned>(digit(text_[at_++]));
      ++digits;
    }
    ok_ = ok_ && digits > 0 && value <= UINT32_MAX;
    return static_cast<uint32_t>(value);
  }
  void skip(char c) {
    ok_ = ok_ && at_ < text_.size() && text_[at_] == c;
    at_ += ok_ ? 1 : 0;
  }
  uint8_t byte() {
    ok_ = ok_ && at_ + 1 < text_.size() && digit(text_[at_]) >= 0 && digit(text_[at_ + 1]) >= 0;
    if (!ok_) return 0;
    at_ += 2;
    return static_cast<uint8_t>(digit(text_[at_ - 2]) * 16 + digit(text_[at_ - 1]));
  }
  /* A register: its bytes, the lowest first. */
  uint32_t word() {
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) {
      value |= uint32_t{byte()} << 8 * i;
    }
    return value;
  }

 private:
  const std::string &text_;
  size_t at_;
  bool ok_ = true;
};

void put_byte(std::string &text, uint8_t byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  text += kDigits[byte >> 4];
  text += kDigits[byte & 15];
}

void put_word(std::string &text, uint32_t word) {
  for (unsigned i = 0; i < 4; ++i) {
    put_byte(text, static_cast<uint8_t>(word >> 8 * i));
  }
}

bool starts_with(const std::string &text, const char *start) {
  return text.compare(0, std::strlen(start), start) == 0;
}

/* What the CPU is, in GDB's words. */
std::string description() {
  std::string text =
      "<?xml version=\"1.0\"?>"
      "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
      "<target version=\"1.0\"><architecture>riscv:rv32</architecture>"
      "<feature name=\"org.gnu.gdb.riscv.cpu\">";
  for (unsigned i = 0; i < DebugTargetIf::kRegs; ++i) {
    const bool pc = i == DebugTargetIf::kPc;
    const char *const type = pc || i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int";
    text += "<reg name=\"" + (pc ? std::string("pc") : "x" + std::to_string(i)) +
            "\" bitsize=\"32\" type=\"" + type + "\"/>";
  }
  return text + "</feature></target>";
}

/* A part of it: OFFSET,LENGTH. */
std::string description_part(const std::string &packet, size_t at) {
  Parts parts(packet, at);
  const uint32_t offset = parts.number();
  parts.skip(',');
  const uint32_t length = parts.number();
  const std::string text = description();
  if (!parts.done() || offset > text.size()) return kBadArgument;
  const size_t part = std::min<size_t>({length, text.size() - offset, kMaxPacket - 64});
  return (offset + part == text.size() ? "l" : "m") + text.substr(offset, part);
}

}  // namespace

/* -------------------------------------------------------------------------------- connection */

GdbServer::GdbServer(uint16_t port, std::function<bool()> stopped) : stopped_(std::move(stopped)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof address;
  const int one = 1;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
      bind(listener_, reinterpret_cast<const sockaddr *>(&address), len) != 0 ||
      listen(listener_, 1) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr *>(&address), &len) != 0) {
    error_ = errno;
  }
  port_ = ntohs(address.sin_port);
}

GdbServer::~GdbServer() {
  finish(true, 0);
  if (listener_ >= 0) {
    close(listener_);
  }
}

bool GdbServer::accept() {
  while (!stopped_()) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (::poll(&waiting, 1, kPatienceMs) <= 0) continue;
    client_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client_ < 0) continue;
    const int one = 1;
    (void)setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    close(listener_);  // there is one client
    listener_ = -1;
    return true;
  }
  return false;
}

/* The client is gone. */
void GdbServer::leave(DebugTargetIf *target) {
  if (client_ >= 0) {
    close(client_);
    client_ = -1;
  }
  if (target != nullptr) {
    target->forget_points();
  }
}

void GdbServer::send_raw(const std::string &bytes) {
  for (size_t sent = 0; client_ >= 0 && sent < bytes.size();) {
    const ssize_t now = send(client_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR && !stopped_()) continue;
    if (now <= 0) return;  // receiving will notice
    sent += static_cast<size_t>(now);
  }
}

void GdbServer::reply(const std::string &data) {
  uint8_t sum = 0;
  for (const char c : data) {
    sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
  }
  last_reply_ = "$" + data + "#";
  put_byte(last_reply_, sum);
  send_raw(last_reply_);
}

/* Takes what has come; false: nothing did. A client that is gone leaves. */
bool GdbServer::receive(bool wait) {
  pollfd waiting = {client_, POLLIN, 0};
  if (client_ < 0 || ::poll(&waiting, 1, wait ? kPatienceMs : 0) <= 0) {
    return false;
  }
  char bytes[kMaxPacket];
  const ssize_t len = recv(client_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (len < 0 && (errno == EINTR || errno == EAGAIN)) {
    return false;
  }
  if (len <= 0) {
    leave(nullptr);
    return false;
  }
  input_.assign(bytes, static_cast<size_t>(len));
  taken_ = 0;
  return true;
}

GdbServer::Event GdbServer::take(char byte) {
  switch (state_) {
    case State::kIdle:
      if (byte == '-' && !no_ack_) send_raw(last_reply_);
      if (byte == kInterruptByte) return Event::kInterrupt;
      break;
    case State::kData:
      if (byte == '#') {
        state_ = State::kSum1;
      } else if (byte != '$') {
        sum_ = static_cast<uint8_t>(sum_ + static_cast<uint8_t>(byte));
        too_long_ = too_long_ || packet_.size() == kMaxPacket;
        if (!too_long_) packet_ += byte;
      }
      break;
    case State::kSum1:
      sent_sum_ = static_cast<uint8_t>(std::max(digit(byte), 0) << 4);
      state_ = State::kSum2;
      return Event::kNone;
    case State::kSum2: {
      state_ = State::kIdle;
      sent_sum_ = static_cast<uint8_t>(sent_sum_ | std::max(digit(byte), 0));
      const bool good = no_ack_ || sent_sum_ == sum_;
      if (!no_ack_) send_raw(good ? "+" : "-");
      return good ? Event::kPacket : Event::kNone;
    }
  }
  if (byte == '$' && state_ != State::kSum1) {  // also in the middle of another, which is lost
    state_ = State::kData;
    packet_.clear();
    too_long_ = false;
    sum_ = 0;
  }
  return Event::kNone;
}

/* ------------------------------------------------------------------------------------ packets */

std::string GdbServer::registers(const DebugTargetIf &target) const {
  std::string text;
  if (packet_[0] == 'g') {
    for (unsigned i = 0; i < DebugTargetIf::kRegs; ++i) {
      put_word(text, target.debug_reg(i));
    }
    return text;
  }
  Parts parts(packet_, 1);
  const uint32_t index = parts.number();
  if (!parts.done() || index >= DebugTargetIf::kRegs) return kBadArgument;
  put_word(text, target.debug_reg(index));
  return text;
}

std::string GdbServer::set_registers(DebugTargetIf &target) const {
  Parts parts(packet_, 1);
  if (packet_[0] == 'P') {
    const uint32_t index = parts.number();
    parts.skip('=');
    const uint32_t value = parts.word();
    return parts.done() && index < DebugTargetIf::kRegs && target.set_debug_reg(index, value)
               ? "OK"
               : kBadArgument;
  }
  uint32_t values[DebugTargetIf::kRegs];
  for (uint32_t &value : values) {
    value = parts.word();
  }
  if (!parts.done() || values[DebugTargetIf::kPc] % 2 != 0) return kBadArgument;
  for (unsigned i = 0; i < DebugTargetIf::kRegs; ++i) {
    (void)target.set_debug_reg(i, values[i]);
  }
  return "OK";
}

/* m ADDR,LENGTH and M ADDR,LENGTH:BYTES */
std::string GdbServer::memory(DebugTargetIf &target) const {
  Parts parts(packet_, 1);
  const uint32_t addr = parts.number();
  parts.skip(',');
  const uint32_t length = parts.number();
  if (!parts.ok() || length > kMaxMemory) return kBadArgument;
  std::string bytes(length, '\0');
  auto *const data = reinterpret_cast<uint8_t *>(bytes.data());
  if (packet_[0] == 'm') {
    if (!parts.done()) return kBadArgument;
    bytes.resize(target.debug_read(addr, data, length));
    if (bytes.empty() && length != 0) return kNoMemory;
    std::string text;
    for (const char byte : bytes) {
      put_byte(text, static_cast<uint8_t>(byte));
    }
    return text;
  }
  parts.skip(':');
  for (uint32_t i = 0; i < length; ++i) {
    data[i] = parts.byte();
  }
  if (!parts.done()) return kBadArgument;
  return length == 0 || target.debug_write(addr, data, length) ? "OK" : kNoMemory;
}

/* Z KIND,ADDR,LENGTH and z */
std::string GdbServer::point(DebugTargetIf &target) const {
  Parts parts(packet_, 1);
  const uint32_t kind = parts.number();
  parts.skip(',');
  const uint32_t addr = parts.number();
  parts.skip(',');
  const uint32_t length = parts.number();
  const bool on = packet_[0] == 'Z';
  if (!parts.ok() || (parts.more() && packet_.find(';') == std::string::npos)) return kBadArgument;
  switch (kind) {
    case 0:
    case 1:
      return target.breakpoint(addr, on) ? "OK" : kBadArgument;
    case 2:
    case 3:
    case 4:
      return target.watchpoint(static_cast<DebugTargetIf::Watch>(kind - 1), addr, length, on)
                 ? "OK"
                 : kBadArgument;
    default:
      return "";
  }
}

std::string GdbServer::query(DebugTargetIf &target) const {
  static constexpr char kFeatures[] = "qXfer:features:read:target.xml:";
  static constexpr char kMonitor[] = "qRcmd,";
  if (starts_with(packet_, "qSupported")) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx", kMaxPacket);
    return std::string("PacketSize=") + size +
           ";qXfer:features:read+;QStartNoAckMode+;vContSupported+";
  }
  if (starts_with(packet_, kFeatures)) return description_part(packet_, sizeof kFeatures - 1);
  if (starts_with(packet_, "qAttached")) return "1";
  if (packet_ == "qC") return "QC1";
  if (packet_ == "qfThreadInfo") return "m1";
  if (packet_ == "qsThreadInfo") return "l";
  if (starts_with(packet_, kMonitor)) {
    std::string command;
    for (Parts parts(packet_, sizeof kMonitor - 1); parts.more();) {
      command += static_cast<char>(parts.byte());
    }
    const std::string answer = command == "cycle" ? std::to_string(target.debug_cycle()) + "\n"
                                                  : "monitor: the one command is cycle\n";
    std::string text;
    for (const char c : answer) {
      put_byte(text, static_cast<uint8_t>(c));
    }
    return text;
  }
  return "";
}

/* "c", "s", "C05", "s1000": true if the CPU goes on. */
bool GdbServer::resume(DebugTargetIf &target, const std::string &action, Resume *resume) {
  const bool step = action[0] == 's' || action[0] == 'S';
  Parts parts(action, 1);
  bool good = true;
  if (action[0] == 'C' || action[0] == 'S') {
    (void)parts.byte();  // the signal: it has nobody to deliver it to
    if (parts.more()) parts.skip(';');
  }
  if (parts.more()) good = target.set_debug_reg(DebugTargetIf::kPc, parts.number());
  if (!good || !parts.done()) {
    reply(kBadArgument);
    return false;
  }
  *resume = step ? Resume::kStep : Resume::kContinue;
  return true;
}

/* Does what the packet asks for; true: the CPU goes on, or the run ends. */
bool GdbServer::handle(DebugTargetIf &target, Resume *how) {
  if (too_long_) {
    reply(kBadArgument);
    return false;
  }
  switch (packet_.empty() ? '\0' : packet_[0]) {
    case '?':
      reply(stop_reply_);
      return false;
    case 'g':
    case 'p':
      reply(registers(target));
      return false;
    case 'G':
    case 'P':
      reply(set_registers(target));
      return false;
    case 'm':
    case 'M':
      reply(memory(target));
      return false;
    case 'Z':
    case 'z':
      reply(point(target));
      return false;
    case 'q':
      reply(query(target));
      return false;
    case 'H':
    case 'T':
      reply("OK");
      return false;
    case 'c':
    case 'C':
    case 's':
    case 'S':
      return resume(target, packet_, how);
    case 'D':
      reply("OK");
      leave(&target);
      *how = Resume::kContinue;
      return true;
    case 'k':
      leave(&target);
      *how = Resume::kKill;
      return true;
    case 'v':
      if (packet_ == "vCont?") {
        reply("vCont;c;C;s;S");
        return false;
      }
      if (starts_with(packet_, "vKill")) {
        reply("OK");
        leave(&target);
        *how = Resume::kKill;
        return true;
      }
      if (starts_with(packet_, "vCont;") && packet_.size() > 6 &&
          std::strchr("cCsS", packet_[6]) != nullptr) {
        return resume(target, packet_.substr(6, packet_.find_first_of(":;", 6) - 6), how);
      }
      reply("");
      return false;
    default:
      if (packet_ == "QStartNoAckMode") {
        reply("OK");
        no_ack_ = true;
      } else {
        reply("");
      }
      return false;
  }
}

/* ----------------------------------------------------------------------------------- the whole */

GdbServer::Resume GdbServer::serve(DebugTargetIf &target, const Stop &stop) {
  if (!attached()) {
    return Resume::kContinue;
  }
  char text[64];
  const char *const watch = stop.watch == DebugTargetIf::kWatchWrite  ? "watch"
                            : stop.watch == DebugTargetIf::kWatchRead ? "rwatch"
                                                                      : "awatch";
  std::snprintf(text, sizeof text,
                stop.watch != 0 ? "T%02x%s:%" PRIx32 ";thread:1;" : "T%02xthread:1;", stop.signal,
                watch, stop.addr);
  const bool first = stop_reply_.empty();
  stop_reply_ = text;
  if (!first) {
    reply(stop_reply_);  // the first one is asked for
  }
  for (;;) {
    while (taken_ < input_.size()) {
      Resume how = Resume::kContinue;
      if (take(input_[taken_++]) == Event::kPacket && handle(target, &how)) {
        return how;
      }
    }
    if (stopped_()) {
      return Resume::kStopped;
    }
    if (!receive(true) && !attached()) {
      leave(&target);
      return Resume::kContinue;
    }
  }
}

bool GdbServer::poll(DebugTargetIf &target) {
  const bool before = attached();
  bool interrupt = false;
  do {
    while (taken_ < input_.size()) {
      interrupt = take(input_[taken_++]) == Event::kInterrupt || interrupt;
    }
  } while (receive(false));
  if (before && !attached()) {
    leave(&target);
  }
  return interrupt;
}

void GdbServer::finish(bool exited, uint8_t code) {
  if (attached()) {
    std::string text = exited ? "W" : "X";
    put_byte(text, code);
    reply(text);
    leave(nullptr);
  }
}

}  // namespace hb
