/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: bursts of every AXI4 length, 1 to 256 beats, go through a tile's node in one piece each.
 * Read data are those of memory, in order of their id, with one rlast; writes leave memory as if
 * each id's had been done in turn, and get one B each, not before all of it is answered, with the
 * worst answer; no more read packets are under way than the node has buffers, refused bursts
 * between them or not. Arguments: mock|dram STALL_PPM SEED NO_SKIP REVERSE. The log printed must
 * not depend on the last two.
 *
 * mock: four memories that take their time, each its own, and refuse some pieces of 256 bytes in
 * one way or the other. dram: real channels; the memory ends within a 4 KiB page.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dram_fixture.h"
#include "random.h"
#include "script_host.h"
#include "sim/dram/dram_channel.h"
#include "sim/tile/tile_node.h"
#include "soc_fixture.h"

namespace {

using hb::Packet;
using hb::Resp;

constexpr uint32_t kSize = 1 << 20;  // of memory; reads from the lower half, writes to the upper
constexpr uint32_t kCut = 0x700;     // dram: that much is not there
constexpr uint32_t kPages = 8;       // that an id writes to
constexpr uint32_t kForbidden = 0x60000;  // from here to the upper half the tile may do nothing
constexpr hb::Cycle kSetUp = 1000;        // until the node knows that
constexpr unsigned kLongest = 256;        // beats
constexpr unsigned kPieceBytes = 256;     // what the node must cut at
constexpr uint8_t kIds[] = {0, 5, 9, 15};

int failures = 0;

void check(bool condition, const char *what) {
  if (!condition) {
    if (++failures < 20) std::printf("failed: %s\n", what);
  }
}

struct Burst {
  uint32_t addr = 0;  // offset into memory
  unsigned beats = 0;
  uint8_t id = 0;
  std::vector<unsigned> answers;  // write: of its id and each of its pieces, up to this burst
};

/* What the tile and the memories know together. */
struct World {
  bool mock = true;
  uint64_t seed = 0;
  std::vector<uint8_t> bytes;                                  // mock: memory
  std::map<std::pair<unsigned, uint32_t>, unsigned> answered;  // write packets, by id and piece
  unsigned asked = 0, handed = 0, most = 0;                    // read packets
  std::vector<Burst> reads, writes;

  /* How memory answers an access to this piece. */
  Resp resp(uint32_t offset) const {
    if (offset >= kForbidden && offset < kSize / 2) return Resp::kSlvErr;
    if (!mock) return offset + kCut >= kSize ? Resp::kSlvErr : Resp::kOkay;
    const uint64_t draw = hb_test::Random(seed ^ (offset / kPieceBytes)).next() % 20;
    return draw == 0 ? Resp::kDecErr : draw < 3 ? Resp::kSlvErr : Resp::kOkay;
  }
  /* What is written in beat `beat` of write `index`, and which of its bytes. */
  hb::Beat data(size_t index, unsigned beat, uint16_t &strobe) const {
    hb_test::Random random(seed ^ (uint64_t{index} << 32 | beat));
    hb::Beat words;
    for (uint32_t &word : words)
      word = static_cast<uint32_t>(random.next());
    strobe = random.chance(70) ? 0xffff : static_cast<uint16_t>(random.next());
    return words;
  }
};

void store(uint8_t *to, const void *from, uint16_t strobe) {
  for (unsigned i = 0; i < 16; ++i)
    if ((strobe >> i & 1) != 0) to[i] = static_cast<const uint8_t *>(from)[i];
}

/* A tile that makes the bursts of the world, and judges what it gets. */
class BurstTile final : public hb::TileModelIf {
 public:
  BurstTile(World &world, const std::vector<uint8_t> &initial, unsigned slow_percent)
      : world_(world), initial_(initial), slow_(slow_percent), random_(world.seed) {}
  void reset() override {
    out_ = hb::TileOut{};
    out_.m_rready = out_.m_bready = 1;
  }
  const hb::TileOut &outputs() const override { return out_; }
  uint32_t jobs_started() const override { return 0; }
  uint32_t jobs_completed() const override { return 0; }
  hb::TilePerf perf() const override { return {}; }

  void clock(const hb::TileIn &in) override {
    if (out_.idle != 0) return;
    ++cycle_;
    if (in.m_rvalid != 0 && out_.m_rready != 0) take_read(in);
    if (in.m_bvalid != 0 && out_.m_bready != 0) take_answer(in);
    if (out_.m_arvalid != 0 && in.m_arready != 0) {
      out_.m_arvalid = 0;
      open_reads_[out_.m_arid].push_back(next_read_++);
      lone_from_ = cycle_;
    }
    if (out_.m_awvalid != 0 && in.m_awready != 0) {
      out_.m_awvalid = 0;
      open_writes_[out_.m_awid].push_back(next_write_++);
    }
    if (out_.m_wvalid != 0 && in.m_wready != 0) {
      out_.m_wvalid = 0;
      if (out_.m_wlast != 0) {
        ++data_of_;
        data_beat_ = 0;
      } else {
        ++data_beat_;
      }
    }
    if (cycle_ > kSetUp) offer();
    out_.m_rready = !slow();
    out_.m_bready = !slow();
    out_.idle = rlasts == world_.reads.size() && answers == world_.writes.size();
  }

  uint64_t log = 0;  // when beats and answers came
  size_t rlasts = 0, answers = 0;
  unsigned worst[4] = {};    // B by response
  uint64_t lone_cycles = 0;  // of the last read, alone, from AR to rlast

 private:
  bool slow() { return random_.chance(slow_); }

  void offer() {
    // The last read is for itself.
    const size_t reads = world_.reads.size();
    const bool may_read =
        next_read_ + 1 < reads ||
        (next_read_ + 1 == reads && rlasts + 1 == reads && answers == world_.writes.size());
    if (out_.m_arvalid == 0 && may_read && !slow()) {
      const Burst &burst = world_.reads[next_read_];
      out_.m_arvalid = 1;
      out_.m_araddr = HB_DRAM_BASE + burst.addr;
      out_.m_arlen = static_cast<uint8_t>(burst.beats - 1);
      out_.m_arid = burst.id;
    }
    if (out_.m_awvalid == 0 && next_write_ < world_.writes.size() && !slow()) {
      const Burst &burst = world_.writes[next_write_];
      out_.m_awvalid = 1;
      out_.m_awaddr = HB_DRAM_BASE + burst.addr;
      out_.m_awlen = static_cast<uint8_t>(burst.beats - 1);
      out_.m_awid = burst.id;
    }
    // Data may be offered before their address.
    if (out_.m_wvalid == 0 && data_of_ < world_.writes.size() && data_of_ <= next_write_ &&
        !slow()) {
      out_.m_wvalid = 1;
      out_.m_wdata = world_.data(data_of_, data_beat_, out_.m_wstrb);
      out_.m_wlast = data_beat_ + 1 == world_.writes[data_of_].beats;
    }
  }

  void take_read(const hb::TileIn &in) {
    std::deque<size_t> &open = open_reads_[in.m_rid];
    check(!open.empty(), "a read beat was asked for");
    if (open.empty()) return;
    const size_t which = open.front();
    const Burst &burst = world_.reads[which];
    check(read_beat_ == 0 || which == read_of_, "bursts are not interleaved");
    read_of_ = which;
    const uint32_t at = burst.addr + read_beat_ * 16;
    const Resp resp = world_.resp(at);
    check(in.m_rresp == static_cast<uint8_t>(resp), "a read beat has the answer of its piece");
    check(resp != Resp::kOkay || std::memcmp(in.m_rdata.data(), &initial_[at], 16) == 0,
          "a read beat is what memory holds");
    const bool last = ++read_beat_ == burst.beats;
    check(last == (in.m_rlast != 0), "rlast is at the burst's end and there alone");
    if (at < kForbidden) world_.handed += last || (at + 16) % kPieceBytes == 0;
    if (last) {
      open.pop_front();
      read_beat_ = 0;
      ++rlasts;
      lone_cycles = cycle_ - lone_from_;
    }
    log = log * 0x9e3779b97f4a7c15u + cycle_ * 2;
  }

  void take_answer(const hb::TileIn &in) {
    std::deque<size_t> &open = open_writes_[in.m_bid];
    check(!open.empty(), "an answer was asked for");
    if (open.empty()) return;
    const Burst &burst = world_.writes[open.front()];
    check(open.front() < data_of_, "an answer comes after the last beat");
    open.pop_front();
    Resp want = Resp::kOkay;
    for (uint32_t at = burst.addr; at < burst.addr + burst.beats * 16; at += 16)
      want = std::max(want, world_.resp(at));
    check(in.m_bresp == static_cast<uint8_t>(want), "the worst answer of all pieces counts");
    for (size_t i = 0; world_.mock && i < burst.answers.size(); ++i) {
      const auto piece = static_cast<uint32_t>(burst.addr / kPieceBytes + i);
      check(world_.answered[{burst.id, piece}] >= burst.answers[i],
            "an answer comes when all pieces are answered");
    }
    ++worst[in.m_bresp & 3];
    ++answers;
    log = log * 0x9e3779b97f4a7c15u + cycle_ * 2 + 1;
  }

  World &world_;
  const std::vector<uint8_t> &initial_;
  const unsigned slow_;
  hb_test::Random random_;
  hb::TileOut out_;
  uint64_t cycle_ = 0, lone_from_ = 0;
  size_t next_read_ = 0, next_write_ = 0, data_of_ = 0, read_of_ = 0;
  unsigned data_beat_ = 0, read_beat_ = 0;
  std::map<uint8_t, std::deque<size_t>> open_reads_, open_writes_;
};

/* A memory in place of a DRAM channel: in order, each access after a random while. */
class SlowMemory final : public sc_core::sc_module, public hb::Ticked {
 public:
  SlowMemory(sc_core::sc_module_name name, hb::Clock &clock, hb::Noc &noc, hb::NodeId node,
             World &world, unsigned most_buffers)
      : sc_core::sc_module(name),
        hb::Ticked(clock),
        port_(noc.attach(node, this)),
        world_(world),
        most_buffers_(most_buffers),
        random_(world.seed + node) {}

  hb::Cycle tick(hb::Cycle now) override {
    while (Packet *packet = port_.receive(hb::Net::kRequest)) {
      const uint32_t offset = packet->addr - HB_DRAM_BASE;
      check(offset / kPieceBytes == (offset + packet->bytes - 1) / kPieceBytes,
            "a packet stays within 256 aligned bytes");
      if (packet->is_read()) {
        ++world_.asked;
        check(world_.asked - world_.handed <= most_buffers_, "every answer finds a buffer");
      }
      // One in eight keeps those behind it waiting for long.
      queue_.push_back({packet, now + 1 + random_.below(random_.below(8) == 0 ? 300 : 20)});
    }
    if (!queue_.empty() && queue_.front().due <= now && port_.can_send(hb::Net::kResponse)) {
      answer(queue_.front().packet);
      queue_.pop_front();
    }
    return queue_.empty() ? hb::kNever : std::max(queue_.front().due, now + 1);
  }

 private:
  struct Access {
    Packet *packet;
    hb::Cycle due;
  };

  void answer(Packet *packet) {
    const uint32_t offset = packet->addr - HB_DRAM_BASE;
    const Resp resp = world_.resp(offset);
    const bool write = !packet->is_read();
    if (write) ++world_.answered[{packet->id, offset / kPieceBytes}];
    for (unsigned beat = 0; beat < packet->beats && resp == Resp::kOkay; ++beat) {
      uint8_t *memory = &world_.bytes[offset + beat * 16], *data = packet->data.data() + beat * 16;
      if (write) {
        store(memory, data, packet->strobe[beat]);
      } else {
        std::memcpy(data, memory, 16);
      }
    }
    packet->make_response(resp);
    port_.send(packet);
  }

  hb::NocPort &port_;
  World &world_;
  const unsigned most_buffers_;
  hb_test::Random random_;
  std::deque<Access> queue_;
};

/* Bursts of every length, in random order, each somewhere within a random page of `pages`. */
std::vector<Burst> make_bursts(hb_test::Random &random, bool write) {
  std::vector<Burst> bursts(kLongest);
  for (unsigned i = 0; i < kLongest; ++i) {
    Burst &burst = bursts[i];
    const uint32_t id = random.below(4);
    burst.id = kIds[id];
    burst.beats = i + 1;
    const uint32_t beat = random.below(kLongest - burst.beats + 1);
    const uint32_t page = write ? kSize / 8192 + (id + 1) * kSize / 32768 - 1 - random.below(kPages)
                                : random.below(kSize / 8192);
    burst.addr = page * 4096 + beat * 16;
  }
  for (unsigned i = kLongest; i-- > 1;)
    std::swap(bursts[i], bursts[random.below(i + 1)]);
  return bursts;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 6 || (std::strcmp(argv[1], "mock") != 0 && std::strcmp(argv[1], "dram") != 0)) {
    std::fprintf(stderr, "usage: burst_test mock|dram STALL_PPM SEED NO_SKIP REVERSE\n");
    return 2;
  }
  World world;
  world.mock = std::strcmp(argv[1], "mock") == 0;
  const auto stall_ppm = static_cast<uint32_t>(std::atoi(argv[2]));
  world.seed = static_cast<uint64_t>(std::atoll(argv[3]));
  hb::Clock::Options options;
  options.no_skip = std::atoi(argv[4]) != 0;
  options.reverse = std::atoi(argv[5]) != 0;
  const uint32_t outstanding[] = {16, 1, 3, 16};

  hb_soc_t soc{};
  soc.clock_khz = 250000;
  soc.noc = hb_test::plain_mesh(3, 3);
  soc.noc.virtual_channels = world.seed % 2 == 0 ? 2 : 1;
  soc.noc.max_outstanding = outstanding[(world.seed - 1) % 4];
  soc.host_node = {1, 0};
  soc.sensor_node = {0, 1};
  soc.num_tiles = 1;
  soc.tiles[0].node = {1, 1};
  soc.dram = hb_test::preset("lpddr4-3200", world.mock ? kSize : kSize - kCut);
  soc.dram.num_channels = 4;
  soc.dram.interleave_bytes = world.seed % 2 == 0 ? 1024 : 256;
  for (uint8_t i = 0; i < 4; ++i)
    soc.dram.node[i] = {static_cast<uint8_t>(i % 2 * 2), static_cast<uint8_t>(i / 2 * 2)};

  hb_test::Random random(world.seed);
  std::vector<uint8_t> initial(kSize);
  for (uint8_t &byte : initial)
    byte = static_cast<uint8_t>(random.next());
  world.bytes = initial;
  world.reads = make_bursts(random, false);
  world.writes = make_bursts(random, true);
  world.reads.push_back({0x3000, kLongest, 5, {}});
  std::vector<uint8_t> wanted = initial;
  std::map<std::pair<unsigned, uint32_t>, unsigned> packets;
  for (size_t i = 0; i < world.writes.size(); ++i) {
    Burst &burst = world.writes[i];
    for (unsigned beat = 0; beat < burst.beats; ++beat) {
      const uint32_t at = burst.addr + beat * 16;
      uint16_t strobe;
      const hb::Beat data = world.data(i, beat, strobe);
      if (world.resp(at) == Resp::kOkay) store(&wanted[at], data.data(), strobe);
      if (beat == 0 || at % kPieceBytes == 0)
        burst.answers.push_back(++packets[{burst.id, at / kPieceBytes}]);
    }
  }

  hb::Clock clock("clock", options);
  hb::Noc noc("noc", clock, soc.noc, hb::AddressMap(soc));
  hb::DramMemory memory(soc.dram.size_bytes);
  memory.write(0, initial.data(), soc.dram.size_bytes);
  std::vector<std::unique_ptr<hb::Ticked>> channels;
  for (unsigned i = 0; i < 4; ++i) {
    const std::string name = "channel" + std::to_string(i);
    if (world.mock) {
      channels.push_back(std::make_unique<SlowMemory>(name.c_str(), clock, noc,
                                                      hb::node_id(soc.noc, soc.dram.node[i]), world,
                                                      soc.noc.max_outstanding));
    } else {
      channels.push_back(std::make_unique<hb::DramChannel>(name.c_str(), clock, noc, soc.noc,
                                                           soc.dram, i, soc.clock_khz, memory));
    }
  }
  auto model = std::make_unique<BurstTile>(world, initial, stall_ppm / 10000);
  const BurstTile &tile = *model;
  hb::TileNode::Options of_node;
  of_node.node = hb::node_id(soc.noc, soc.tiles[0].node);
  of_node.max_outstanding = soc.noc.max_outstanding;
  of_node.stall_ppm = stall_ppm;
  of_node.stall_seed = world.seed;
  hb::TileNode node("tile", clock, noc, of_node, std::move(model), nullptr);

  hb_test::ScriptHost host("host", clock, noc, hb::node_id(soc.noc, soc.host_node), 1, 3);
  host.write(HB_NI_BASE(0) + HB_NI_WINDOW(0, 0), HB_DRAM_BASE | HB_NI_MAY_READ);
  host.write(HB_NI_BASE(0) + HB_NI_WINDOW_END(0, 0), HB_DRAM_BASE + kForbidden);
  host.write(HB_NI_BASE(0) + HB_NI_WINDOW(0, 1),
             (HB_DRAM_BASE + kSize / 2) | HB_NI_MAY_READ | HB_NI_MAY_WRITE);
  host.write(HB_NI_BASE(0) + HB_NI_WINDOW_END(0, 1), HB_DRAM_BASE + kSize);
  host.write(HB_NI_BASE(0) + HB_NI_CTRL, HB_NI_CTRL_PROTECT);

  clock.run_until(5000000);
  std::printf("%zu reads, %zu writes (%u slverr, %u decerr), %016" PRIx64
              ", 256 beats alone in %" PRIu64 "\n",
              tile.rlasts, tile.answers, tile.worst[2], tile.worst[3], tile.log, tile.lone_cycles);
  check(!clock.failed(), clock.failure().c_str());
  check(tile.rlasts == world.reads.size() && tile.answers == world.writes.size(),
        "every burst ends, once");
  check(host.done() && host.errors == 0 && host.finished_at < kSetUp, "protection is on in time");
  check(node.stats().refused > 30, "there were reads that the node itself answers");
  check(tile.worst[0] > 20 && tile.worst[2] > 3 && (!world.mock || tile.worst[3] > 20),
        "there were answers of every kind");
  if (!world.mock) {
    world.bytes.resize(soc.dram.size_bytes);
    memory.read(0, world.bytes.data(), world.bytes.size());
    wanted.resize(soc.dram.size_bytes);
  }
  check(world.bytes == wanted, "memory is what the writes leave, each id's in turn");
  // A flit a beat and one a packet, all through one link, and the way there and back.
  check(
      stall_ppm != 0 || soc.noc.max_outstanding != 16 || world.mock || tile.lone_cycles < 272 + 90,
      "packets of a burst overlap");
  check(noc.at_rest() && noc.pool().in_use() == 0, "the network is at rest");
  check(clock.dead(), "everything sleeps at the end");
  return failures == 0 ? 0 : 1;
}
