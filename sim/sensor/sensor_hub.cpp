/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/sensor/sensor_hub.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace hb {

namespace {

constexpr uint32_t kPpm = 1000000;
constexpr uint32_t kMaxSlots = HB_SIM_MAX_SLOTS;

/* What a number is drawn for. Jitter of source i is kJitter + kPurposes * i, bit i of a path
 * kPath + kPurposes * i. */
enum Purpose : unsigned { kPath = 0, kJitter = 1, kTrigger = 2, kContent = 3, kPurposes = 4 };

/* Draws for sensors are keyed like those of streams with numbers from here on. */
constexpr uint64_t kSensors = uint64_t{1} << 32;

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;

/* The output function of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
 * generators). */
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/* A generator of its own for everything that is drawn for one frame of one stream. */
uint64_t key(uint64_t seed, uint64_t stream, uint64_t frame, unsigned purpose) {
  uint64_t k = mix(seed + kGolden);
  k = mix(k + kGolden * (stream + 1));
  k = mix(k + kGolden * (frame + 1));
  return mix(k + kGolden * purpose);
}

/* Cycles until `frame` frames of a rate have passed, rounded down. */
Cycle cycles_of(uint64_t frame, uint64_t rate_num, uint64_t rate_den, uint32_t clock_khz) {
  const unsigned __int128 hz_frames = static_cast<unsigned __int128>(clock_khz) * 1000 * frame;
  return static_cast<Cycle>(hz_frames * rate_den / rate_num);
}

/* The frame of a source that is the stream's frame `frame`. */
uint64_t source_frame(const hb_sim_stream_t &stream, const hb_sim_source_t &source,
                      uint64_t frame) {
  if (source.rate_num == 0) {
    return frame;
  }
  const unsigned __int128 scaled =
      static_cast<unsigned __int128>(source.rate_num) * stream.rate_den * frame;
  return static_cast<uint64_t>(scaled / source.rate_den / stream.rate_num);
}

/* When it is taken, but for jitter. */
Cycle source_cycle(const hb_sim_stream_t &stream, const hb_sim_source_t &source, uint32_t clock_khz,
                   uint64_t frame) {
  const uint64_t num = source.rate_num == 0 ? stream.rate_num : source.rate_num;
  const uint64_t den = source.rate_num == 0 ? stream.rate_den : source.rate_den;
  return source.offset_cycles + cycles_of(source_frame(stream, source, frame), num, den, clock_khz);
}

/* Uniform in [0, range): the high half of a product; the bias is below range / 2^64. */
uint64_t below(uint64_t random, uint64_t range) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(random) * range) >> 64);
}

/* When a stream's frame is taken, jitter included; kNever: the stream has ended. */
Cycle taken(const hb_sim_stream_t &s, uint64_t stream, uint32_t clock_khz, uint64_t seed,
            uint64_t frame) {
  if (s.stop_cycles != 0 && SensorHub::nominal(s, clock_khz, frame) >= s.stop_cycles) {
    return kNever;
  }
  const auto shifted = [](Cycle nominal, uint64_t jitter, uint64_t random) {
    const Cycle late = nominal + below(random, 2 * jitter + 1);
    return late > jitter ? late - jitter : 0;
  };
  if (s.num_sources == 0) {
    return shifted(SensorHub::nominal(s, clock_khz, frame), s.jitter_cycles,
                   key(seed, stream, frame, kJitter));
  }
  Cycle last = 0;
  for (uint32_t i = 0; i < s.num_sources; ++i) {
    const hb_sim_source_t &source = s.sources[i];
    /* Of a sensor with a rate of its own: one draw for all streams that use this frame of it. */
    const uint64_t random = source.rate_num == 0 ? key(seed, stream, frame, kJitter + kPurposes * i)
                                                 : key(seed, kSensors + source.id,
                                                       source_frame(s, source, frame), kJitter);
    last = std::max(
        last, shifted(source_cycle(s, source, clock_khz, frame), source.jitter_cycles, random));
  }
  return last;
}

bool triggered(const hb_sim_stream_t &s, uint64_t stream, uint64_t seed, uint64_t frame) {
  return below(key(seed, stream, frame, kTrigger), kPpm) < s.probability_ppm;
}

std::string hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(value));
  return text;
}

}  // namespace

SensorHub::SensorHub(sc_core::sc_module_name name, Clock &clock, Noc &noc, const Config &config)
    : sc_core::sc_module(name),
      Ticked(clock),
      config_(config),
      port_(noc.attach(config.node, this)) {}

std::string SensorHub::check(const hb_sim_stream_t &stream) {
  if (stream.rate_num == 0 || stream.rate_den == 0) {
    return "rate_num and rate_den must be 1 or more";
  }
  if (stream.probability_ppm > kPpm) {
    return "probability_ppm must be 0 to 1000000";
  }
  if (stream.frame_bytes == 0 || stream.frame_bytes % kBeatBytes != 0) {
    return "frame_bytes must be a multiple of 16, 16 or more";
  }
  if (stream.num_slots == 0 || stream.num_slots > kMaxSlots) {
    return "num_slots must be 1 to 8";
  }
  for (uint32_t i = 0; i < stream.num_slots; ++i) {
    if (stream.slot_addr[i] < HB_DRAM_BASE || stream.slot_addr[i] % kMaxPacketBytes != 0) {
      return "slot_addr must be in DRAM and a multiple of 256";
    }
  }
  if (stream.num_sources > HB_SIM_MAX_SOURCES) {
    return "num_sources must be 0 to 4";
  }
  if (stream.path_bits > HB_SIM_MAX_PATH_BITS) {
    return "path_bits must be 0 to 32";
  }
  for (uint32_t i = 0; i < stream.path_bits; ++i) {
    if (stream.path_ppm[i] > kPpm) {
      return "path_ppm must be 0 to 1000000";
    }
  }
  for (uint32_t i = 0; i < stream.num_sources; ++i) {
    if ((stream.sources[i].rate_num == 0) != (stream.sources[i].rate_den == 0)) {
      return "rate_num and rate_den of a source must both be 0, or both be 1 or more";
    }
  }
  return "";
}

void SensorHub::add_stream(const hb_sim_stream_t &config) {
  Stream stream;
  stream.config = config;
  stream.free_slots = (1u << config.num_slots) - 1;
  streams_.push_back(std::move(stream));
  streams_.back().next_take = take_cycle(streams_.size() - 1, 0);
}

Cycle SensorHub::nominal(const hb_sim_stream_t &stream, uint32_t clock_khz, uint64_t frame) {
  if (stream.num_sources == 0) {
    return stream.offset_cycles + cycles_of(frame, stream.rate_num, stream.rate_den, clock_khz);
  }
  Cycle last = 0;
  for (uint32_t i = 0; i < stream.num_sources; ++i) {
    last = std::max(last, source_cycle(stream, stream.sources[i], clock_khz, frame));
  }
  return last;
}

Cycle SensorHub::deadline(const hb_sim_stream_t &stream, uint32_t clock_khz, uint64_t frame) {
  Cycle offset = stream.num_sources == 0 ? stream.offset_cycles : 0;
  for (uint32_t i = 0; i < stream.num_sources; ++i) {
    offset = std::max<Cycle>(offset, stream.sources[i].offset_cycles);
  }
  return offset + cycles_of(frame + 1, stream.rate_num, stream.rate_den, clock_khz);
}

void SensorHub::content(uint64_t seed, uint32_t stream, uint64_t frame, uint32_t offset,
                        uint8_t *bytes, size_t len) {
  const uint64_t k = key(seed, stream, frame, kContent);
  for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
    const uint64_t word = mix(k + kGolden * ((offset + i) / sizeof(uint64_t)));
    std::memcpy(bytes + i, &word, sizeof word);
  }
}

uint32_t SensorHub::path(uint64_t seed, uint32_t index, const hb_sim_stream_t &stream,
                         uint64_t frame) {
  uint32_t bits = 0;
  for (uint32_t i = 0; i < stream.path_bits; ++i) {
    const uint64_t random = key(seed, index, frame, kPath + kPurposes * i);
    bits |= below(random, kPpm) < stream.path_ppm[i] ? uint32_t{1} << i : 0u;
  }
  return bits;
}

Cycle SensorHub::take_cycle(size_t stream, uint64_t frame) const {
  return taken(streams_[stream].config, stream, config_.clock_khz, config_.seed, frame);
}

void SensorHub::take(size_t index, Cycle now) {
  Stream &stream = streams_[index];
  while (stream.next_take <= now) {
    Frame frame;
    frame.number = stream.next_frame;
    frame.triggered = triggered(stream.config, index, config_.seed, frame.number);
    frame.path = path(config_.seed, static_cast<uint32_t>(index), stream.config, frame.number);
    if (stream.free_slots != 0) {
      frame.slot = static_cast<uint32_t>(__builtin_ctz(stream.free_slots));
      stream.free_slots &= stream.free_slots - 1;
    }
    stream.frames.push_back(frame);
    ++stream.next_frame;
    stream.next_take = std::max(take_cycle(index, stream.next_frame), now);
  }
}

Resp SensorHub::release(const Packet &packet) {
  const uint32_t offset = packet.addr - HB_SENSOR_BASE;
  const uint32_t pitch = HB_SENSOR_RELEASE(1) - HB_SENSOR_RELEASE(0);
  const uint32_t index = offset / pitch;
  if (packet.kind != PacketKind::kWriteReq || packet.bytes != 4 || offset % pitch != 0 ||
      index >= streams_.size()) {
    return Resp::kSlvErr;
  }
  Stream &stream = streams_[index];
  const uint32_t slot = packet.word();
  if (slot >= stream.config.num_slots || ((stream.free_slots >> slot) & 1u) != 0) {
    return Resp::kSlvErr;
  }
  stream.free_slots |= 1u << slot;
  return Resp::kOkay;
}

void SensorHub::serve_requests() {
  while (port_.peek(Net::kRequest) != nullptr && port_.can_send(Net::kResponse)) {
    Packet *const packet = port_.receive(Net::kRequest);
    packet->make_response(release(*packet));
    port_.send(packet);
  }
}

/* Of writes and messages. A refused one means that the run was set up wrongly: it cannot go on. */
void SensorHub::take_responses() {
  for (Packet *packet = port_.receive(Net::kResponse); packet != nullptr;
       packet = port_.receive(Net::kResponse)) {
    Stream &stream = streams_[packet->tag];
    if (packet->resp != Resp::kOkay) {
      clock().fail("sensor stream " + std::to_string(packet->tag) + " (" + stream.config.name +
                   "): the write to " + hex(packet->addr) + " was refused");
    }
    if (stream.announced) {
      message_unanswered_ = false;
      stream.frames.pop_front();
      stream.written = 0;
      stream.announced = false;
    } else {
      --stream.unanswered;
      --unanswered_;
    }
    port_.release(packet);
  }
}

bool SensorHub::send_message(Cycle now) {
  if (message_unanswered_) {
    return false;
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    const size_t index = (message_turn_ + i) % streams_.size();
    Stream &stream = streams_[index];
    if (stream.frames.empty() || stream.unanswered != 0) {
      continue;
    }
    const Frame &frame = stream.frames.front();
    if (frame.slot != kNoSlot && stream.written < stream.config.frame_bytes) {
      continue;
    }
    const Cycle arrival = nominal(stream.config, config_.clock_khz, frame.number);
    const Cycle deadline = SensorHub::deadline(stream.config, config_.clock_khz, frame.number);
    std::array<uint32_t, HB_MBOX_WORDS> words{};
    words[HB_MBOX_STREAM] = static_cast<uint32_t>(index);
    words[HB_MBOX_FRAME] = static_cast<uint32_t>(frame.number);
    words[HB_MBOX_FLAGS] = (frame.slot == kNoSlot ? HB_MBOX_FLAG_OVERRUN : frame.slot) |
                           (frame.triggered ? HB_MBOX_FLAG_TRIGGERED : 0u);
    words[HB_MBOX_PATH] = frame.path;
    words[HB_MBOX_ARRIVAL_LO] = static_cast<uint32_t>(arrival);
    words[HB_MBOX_ARRIVAL_HI] = static_cast<uint32_t>(arrival >> 32);
    words[HB_MBOX_DEADLINE_LO] = static_cast<uint32_t>(deadline);
    words[HB_MBOX_DEADLINE_HI] = static_cast<uint32_t>(deadline >> 32);

    Packet *const packet = port_.make();
    packet->make_write(HB_MBOX_BASE, sizeof words / kBeatBytes);
    packet->id = 0;
    packet->tag = static_cast<uint32_t>(index);
    std::memcpy(packet->data.data(), words.data(), sizeof words);
    port_.send(packet);
    if (stream.config.path_bits != 0 && config_.sink.path != nullptr) {
      const hb_sim_path_t record{now, static_cast<uint32_t>(index),
                                 static_cast<uint32_t>(frame.number), frame.path};
      config_.sink.path(config_.sink.ctx, &record);
    }
    stream.announced = true;
    message_unanswered_ = true;
    message_turn_ = (index + 1) % streams_.size();
    return true;
  }
  return false;
}

bool SensorHub::send_write() {
  if (unanswered_ == kMaxWrites) {
    return false;
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    const size_t index = (turn_ + i) % streams_.size();
    Stream &stream = streams_[index];
    if (stream.frames.empty() || stream.frames.front().slot == kNoSlot ||
        stream.written == stream.config.frame_bytes) {
      continue;
    }
    const Frame &frame = stream.frames.front();
    const uint32_t addr = stream.config.slot_addr[frame.slot] + stream.written;
    const uint32_t bytes =
        std::min<uint32_t>(kMaxPacketBytes, stream.config.frame_bytes - stream.written);

    Packet *const packet = port_.make();
    packet->make_write(addr, bytes / kBeatBytes);
    packet->id = 0;
    packet->tag = static_cast<uint32_t>(index);
    content(config_.seed, static_cast<uint32_t>(index), frame.number, stream.written,
            packet->data.data(), bytes);
    port_.send(packet);
    stream.written += bytes;
    ++stream.unanswered;
    ++unanswered_;
    turn_ = (index + 1) % streams_.size();
    return true;
  }
  return false;
}

Cycle SensorHub::tick(Cycle now) {
  serve_requests();
  take_responses();
  Cycle next = kNever;
  for (size_t i = 0; i < streams_.size(); ++i) {
    take(i, now);
    next = std::min(next, streams_[i].next_take);
  }
  while (port_.can_send(Net::kRequest) && (send_message(now) || send_write())) {
  }
  return next;
}

}  // namespace hb

void hb_sim_stream_frame(const hb_sim_stream_t *stream, uint32_t index, uint32_t clock_khz,
                         uint64_t seed, uint64_t frame, hb_sim_frame_t *frame_out) {
  frame_out->taken = hb::taken(*stream, index, clock_khz, seed, frame);
  frame_out->arrival = hb::SensorHub::nominal(*stream, clock_khz, frame);
  frame_out->deadline = hb::SensorHub::deadline(*stream, clock_khz, frame);
  frame_out->triggered = hb::triggered(*stream, index, seed, frame);
  frame_out->path = hb::SensorHub::path(seed, index, *stream, frame);
}
