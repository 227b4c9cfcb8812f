/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Claim: behind a protection unit a tile's job changes nothing and learns nothing outside its
 * windows, wherever its accesses begin and end, and the next job of another context is not
 * disturbed. Arguments: STALL_PPM SEED NO_SKIP REVERSE. The log printed must not depend on the last
 * two.
 *
 * Jobs of every size of burst begin and end up to 17 beats before and behind the ends of a window,
 * and at the end of the address space. A burst of many packets of which only the last beat is
 * outside is refused as a whole, and leaves one record.
 */

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "hilbert/hb_image.h"
#include "random.h"
#include "tile_machine.h"

namespace {

int failures = 0;
uint64_t refusals = 0;
hb_sim_refused_t last_refused;
std::vector<hb_sim_refused_t> long_refused;  // of more than 16 beats

uint64_t refusals_of[HB_MAX_TILES] = {};

void on_refused(void *clock, const hb_sim_refused_t *refused) {
  ++refusals;
  ++refusals_of[refused->tile];
  if (refused->cycle != static_cast<const hb::Clock *>(clock)->cycle()) {
    std::printf("refused @%" PRIu64 ", says the record of @%" PRIu64 "\n", refused->cycle,
                static_cast<const hb::Clock *>(clock)->cycle());
    ++failures;
  }
  last_refused = *refused;
  if (refused->beats > 16) long_refused.push_back(*refused);
}

void check(bool condition, const char *what) {
  if (!condition) {
    std::printf("failed: %s\n", what);
    ++failures;
  }
}

struct Range {
  uint64_t base, end;
  bool holds(uint64_t first, uint64_t past) const { return first >= base && past <= end; }
};

/* A context: two windows, offsets into DRAM. */
struct Context {
  Range read, write;  // `write` may be read too
};

constexpr Context kContexts[] = {{{0x01000, 0x03000}, {0x08000, 0x08800}},
                                 {{0x01000, 0x03000}, {0x08800, 0x0a010}},
                                 {{0x04000, 0x04010}, {0x0b000, 0x0c000}}};
constexpr uint32_t kFirst[] = {0, 7, HB_NI_CONTEXTS - 1};  // context numbers

uint32_t dram(uint64_t offset) {
  return static_cast<uint32_t>(HB_DRAM_BASE + offset);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: protection_test STALL_PPM SEED NO_SKIP REVERSE\n");
    return 2;
  }
  const auto stall_ppm = static_cast<uint32_t>(std::atoi(argv[1]));
  const auto seed = static_cast<uint64_t>(std::atoll(argv[2]));
  hb::Clock::Options options;
  options.no_skip = std::atoi(argv[3]) != 0;
  options.reverse = std::atoi(argv[4]) != 0;

  hb::Clock clock("clock", options);
  hb_sim_sink_t sink{};
  sink.ctx = &clock;
  sink.refused = on_refused;
  hb_test::TileMachine machine(clock, stall_ppm, seed, sink);
  const hb_soc_t &soc = machine.soc;
  hb::Noc &noc = machine.noc;
  hb::DramMemory &memory = machine.memory;
  hb_test::ScriptHost &host = machine.host;

  hb_test::Random random(seed);
  std::vector<uint8_t> bytes(soc.dram.size_bytes);
  for (uint8_t &byte : bytes)
    byte = static_cast<uint8_t>(1 + random.below(255));  // never what kWriteOnly writes
  memory.write(0, bytes.data(), bytes.size());

  // ---- windows, and windows that contradict each other
  for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
    const uint32_t ni = HB_NI_BASE(tile);
    host.write(HB_TILE_BASE(tile) + HB_TILE_REG_CTRL, 1);
    for (uint32_t c = 0; c < 3; ++c) {
      host.write(ni + HB_NI_WINDOW(kFirst[c], 0), dram(kContexts[c].read.base) | HB_NI_MAY_READ);
      host.write(ni + HB_NI_WINDOW_END(kFirst[c], 0), dram(kContexts[c].read.end));
      host.write(ni + HB_NI_WINDOW(kFirst[c], 3),
                 dram(kContexts[c].write.base) | HB_NI_MAY_READ | HB_NI_MAY_WRITE);
      host.write(ni + HB_NI_WINDOW_END(kFirst[c], 3), dram(kContexts[c].write.end));
    }
    const uint32_t spare = HB_NI_WINDOW(kFirst[0], 1), spare_end = HB_NI_WINDOW_END(kFirst[0], 1);
    const struct {
      uint64_t base, end;
      uint32_t may;
    } bad[] = {{0x2ff0, 0x3010, HB_NI_MAY_READ},    // overlaps its own context's
               {0xa000, 0xa020, HB_NI_MAY_READ},    // overlaps what another may write
               {0x5010, 0x5000, HB_NI_MAY_READ},    // ends before it begins
               {0x4000, 0x4010, HB_NI_MAY_WRITE}};  // may write what another reads
    for (const auto &window : bad) {
      host.write(ni + spare, dram(window.base) | window.may);
      host.write(ni + spare_end, dram(window.end));
      host.write(ni + HB_NI_CTRL, HB_NI_CTRL_PROTECT, hb::Resp::kSlvErr);
      host.expect(ni + HB_NI_CTRL, 0);
    }
    host.write(ni + spare, 0);
    host.write(ni + spare_end, 0);
    host.write(ni + HB_NI_CTRL, HB_NI_CTRL_PROTECT);
    host.expect(ni + HB_NI_CTRL, HB_NI_CTRL_PROTECT);
    host.write(ni + HB_NI_REFUSED, 0, hb::Resp::kSlvErr);    // read-only
    host.expect(ni + 0x14, 0, 0, hb::Resp::kSlvErr);         // no register
    host.expect(ni + HB_NI_RESET, 0, 0, hb::Resp::kSlvErr);  // write-only
    host.expect(ni + HB_NI_WINDOW(HB_NI_CONTEXTS, 0), 0, 0, hb::Resp::kSlvErr);
  }

  // ---- jobs around the ends of windows
  uint32_t number = 0, expected_refusing = 0, accepted = 0;
  std::vector<bool> may_change(bytes.size());
  const auto run_job = [&](uint32_t tile, uint32_t context, uint32_t kind, uint64_t offset,
                           uint32_t beats, uint32_t burst) {
    const uint32_t tag = HB_TAG(kFirst[context], number++, 5);
    const uint64_t past = offset + uint64_t{beats} * 16;
    const Context &c = kContexts[context];
    const bool write = kind == hb_test::kWriteOnly;
    const bool good = c.write.holds(offset, past) || (!write && c.read.holds(offset, past));
    if (write) {
      for (uint64_t at = std::max(offset, c.write.base); at < std::min(past, c.write.end); ++at)
        may_change[at] = true;
    }
    host.job(tile, kind, beats, dram(offset), dram(offset), burst, tag);
    host.wait_irq(tile);
    const uint32_t status = good    ? HB_TILE_STATUS_OK
                            : write ? HB_TILE_STATUS_AXI_WRITE
                                    : HB_TILE_STATUS_AXI_READ;
    host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_STATUS, status, 0xff);
    host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_TAG, tag);
    if (!good) host.expect(HB_NI_BASE(tile) + HB_NI_REFUSED_TAG, tag);
    host.write(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_POP, 1);
    host.wait_irq(tile, false);
    expected_refusing += !good;
    accepted += good;
  };
  const uint32_t bursts[] = {1, 2, 5, 16};
  std::vector<hb_sim_refused_t> want_long;
  for (uint32_t tile = 0; tile < soc.num_tiles; ++tile) {
    // Bursts of many packets of which one beat, the last or the first, is outside.
    for (const bool write : {false, true}) {
      const struct { uint32_t context, offset; } cases[] = {{0, 0x8000}, {1, 0x87f0}};
      for (const auto &c : cases) {
        run_job(tile, c.context, write ? hb_test::kWriteOnly : hb_test::kReadOnly, c.offset, 129,
                256);
        want_long.push_back(
            {0, tile, HB_TAG(kFirst[c.context], number - 1, 5), dram(c.offset), 129, write});
      }
    }
    for (uint32_t offset = 0x8000; offset < 0x9000 && tile == 0; offset += 0x100) {
      uint32_t word;
      std::memcpy(&word, &bytes[offset], sizeof word);
      host.expect(dram(offset), word);
    }
    // And those that are not.
    run_job(tile, 0, hb_test::kReadOnly, 0x8000, 128, 256);
    run_job(tile, 0, hb_test::kWriteOnly, 0x8000, 128, 256);
    run_job(tile, 1, hb_test::kWriteOnly, 0x8800, 128, 256);

    for (uint32_t context = 0; context < 3; ++context) {
      const Context &c = kContexts[context];
      for (const uint32_t kind : {hb_test::kReadOnly, hb_test::kWriteOnly}) {
        const Range &window = kind == hb_test::kReadOnly ? c.read : c.write;
        for (uint32_t shift = 0; shift <= 17; ++shift) {
          const uint32_t burst = bursts[random.below(4)], beats = 1 + random.below(20);
          run_job(tile, context, kind, window.base - 16 * shift, beats, burst);  // over its begin
          run_job(tile, context, kind, window.end - 16 * shift, beats, burst);   // over its end
        }
        run_job(tile, context, kind, window.base, uint32_t((window.end - window.base) / 16), 16);
      }
      run_job(tile, context, hb_test::kWriteOnly, c.read.base, 1, 1);  // may only be read
      // The end of the address space, and beyond: at the end of the installed memory nothing is.
      for (uint32_t shift = 1; shift <= 3; ++shift)
        run_job(tile, context, hb_test::kWriteOnly, 0x80000000u - 16 * shift, shift, 16);
    }
    // A context that has no windows.
    host.job(tile, hb_test::kReadOnly, 1, dram(0x1000), 0, 1, HB_TAG(3, 0, 0));
    host.wait_irq(tile);
    host.expect(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_STATUS, HB_TILE_STATUS_AXI_READ, 0xff);
    host.write(HB_TILE_BASE(tile) + HB_TILE_REG_COMPL_POP, 1);
    host.wait_irq(tile, false);
    host.expect(HB_NI_BASE(tile) + HB_NI_REFUSED_ADDR, dram(0x1000));
    ++expected_refusing;
  }

  clock.run_until(20000000);
  std::printf("script ended @%" PRIu64 ": %u jobs accepted, %u refused something; %" PRIu64
              " accesses refused\n",
              host.finished_at, accepted, expected_refusing, refusals);
  check(host.done() && host.errors == 0, "the script ends and sees what it expects");
  check(accepted > 80 && expected_refusing > 300, "there were jobs of both kinds");
  uint64_t counted = 0;
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    counted += machine.tiles[i]->stats().refused;
    check(machine.tiles[i]->stats().refused == refusals_of[i], "of the tile that was refused");
  }
  check(counted == refusals && refusals >= expected_refusing, "every refusal is counted");
  check(last_refused.tag == HB_TAG(3, 0, 0) && last_refused.addr == dram(0x1000) &&
            last_refused.beats == 1 && !last_refused.write,
        "the record says what was refused");
  const auto same = [](const hb_sim_refused_t &a, const hb_sim_refused_t &b) {
    return a.tile == b.tile && a.tag == b.tag && a.addr == b.addr && a.beats == b.beats &&
           a.write == b.write;
  };
  check(long_refused.size() == 8 && std::equal(long_refused.begin(), long_refused.end(),
                                               want_long.begin(), want_long.end(), same),
        "a long burst is refused as a whole and leaves one record");
  std::vector<uint8_t> now(bytes.size());
  memory.read(0, now.data(), now.size());
  uint64_t changed = 0, outside = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    changed += now[i] != bytes[i];
    outside += now[i] != bytes[i] && !may_change[i];
  }
  std::printf("%" PRIu64 " bytes changed inside windows, %" PRIu64 " outside\n", changed - outside,
              outside);
  check(outside == 0, "nothing changed outside a window");
  uint64_t writable = 0;
  for (const Context &c : kContexts)
    writable += c.write.end - c.write.base;
  check(changed == writable, "everything inside was written");
  check(noc.at_rest() && noc.pool().in_use() == 0, "the network is at rest");
  return failures == 0 ? 0 : 1;
}
