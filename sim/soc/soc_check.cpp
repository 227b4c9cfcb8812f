/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/soc/soc_check.h"

#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "sim/dram/dram_channel.h"
#include "sim/tile/tile_model.h"
#include "sim/twin/twin_tile.h"

namespace hb {

namespace {

constexpr uint32_t kMaxTimingPs = 1000000000;  // 1 ms
constexpr uint32_t kMaxStallPpm = 900000;
constexpr uint64_t kMaxDram = uint64_t{1} << 31;

/* Thrown by the helpers below, caught by check_soc() and check_options(). */
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void in_range(const char *key, uint64_t value, uint64_t min, uint64_t max) {
  if (value < min || value > max) {
    throw Wrong(std::string(key) + ": expected " + std::to_string(min) + " .. " +
                std::to_string(max) + ", got " + std::to_string(value));
  }
}

void power_of_two(const char *key, uint64_t value, uint64_t min, uint64_t max) {
  if (value < min || value > max || (value & (value - 1)) != 0) {
    throw Wrong(std::string(key) + ": expected a power of two, " + std::to_string(min) + " .. " +
                std::to_string(max) + ", got " + std::to_string(value));
  }
}

void name(const std::string &key, const char *text) {
  const size_t length = strnlen(text, HB_SIM_NAME_MAX);
  if (length == 0 || length == HB_SIM_NAME_MAX) {
    throw Wrong(key + ": expected a name of 1 .. " + std::to_string(HB_SIM_NAME_MAX - 1) +
                " characters");
  }
}

/* Hands out nodes, each once. */
class Placement {
 public:
  explicit Placement(const hb_soc_noc_t &noc) : noc_(noc) {}
  void place(const std::string &who, hb_soc_node_t node) {
    const std::string where = "(" + std::to_string(node.x) + ", " + std::to_string(node.y) + ")";
    if (node.x >= noc_.columns || node.y >= noc_.rows) {
      throw Wrong(who + ": node " + where + " is outside of the " + std::to_string(noc_.columns) +
                  " x " + std::to_string(noc_.rows) + " mesh");
    }
    const auto [taken, fresh] = taken_.emplace(std::make_pair(node.x, node.y), who);
    if (!fresh) {
      throw Wrong(who + ": node " + where + " is taken by " + taken->second);
    }
  }

 private:
  const hb_soc_noc_t &noc_;
  std::map<std::pair<uint8_t, uint8_t>, std::string> taken_;
};

void check_noc(const hb_soc_noc_t &noc) {
  in_range("noc.columns", noc.columns, 1, HB_SIM_MAX_MESH);
  in_range("noc.rows", noc.rows, 1, HB_SIM_MAX_MESH);
  power_of_two("noc.flit_bits", noc.flit_bits, 64, 512);
  in_range("noc.buffer_flits", noc.buffer_flits, 2, 128);
  in_range("noc.router_cycles", noc.router_cycles, 1, 1000);
  in_range("noc.link_cycles", noc.link_cycles, 1, 1000);
  in_range("noc.virtual_channels", noc.virtual_channels, 1, HB_SIM_MAX_VCS);
  in_range("noc.routing", noc.routing, HB_NOC_XY, HB_NOC_YX);
  in_range("noc.arbitration", noc.arbitration, HB_NOC_ROUND_ROBIN, HB_NOC_AGE);
  in_range("noc.priority", noc.priority, HB_NOC_PRIORITY_NONE, HB_NOC_PRIORITY_CONTROL);
  in_range("noc.max_outstanding", noc.max_outstanding, 1, HB_SIM_MAX_OUTSTANDING);
}

void check_dram(const hb_soc_dram_t &dram) {
  in_range("dram.size_bytes", dram.size_bytes, 4096, kMaxDram);
  if (dram.size_bytes % 4096 != 0) {
    throw Wrong("dram.size_bytes: expected a multiple of 4096, got " +
                std::to_string(dram.size_bytes));
  }
  power_of_two("dram.num_channels", dram.num_channels, 1, HB_SIM_MAX_CHANNELS);
  power_of_two("dram.interleave_bytes", dram.interleave_bytes, 256, 1 << 20);
  power_of_two("dram.ranks", dram.ranks, 1, 8);
  power_of_two("dram.banks", dram.banks, 1, DramChannel::kMaxBanks / dram.ranks);
  power_of_two("dram.bank_groups", dram.bank_groups, 1, dram.banks);
  power_of_two("dram.row_bytes", dram.row_bytes, 256, 1 << 16);
  power_of_two("dram.burst_bytes", dram.burst_bytes, 16, 256);
  in_range("dram.queue_depth", dram.queue_depth, 1, DramChannel::kMaxQueue);
  in_range("dram.starvation_cap", dram.starvation_cap, 1, 1000000);
  in_range("dram.write_high", dram.write_high, 0, dram.queue_depth);
  in_range("dram.write_low", dram.write_low, 0, dram.write_high == 0 ? 0 : dram.write_high - 1);
  unsigned fields = 0;
  for (const hb_dram_field_t field : dram.mapping) {
    in_range("dram.mapping", field, 0, HB_DRAM_FIELDS - 1);
    fields |= 1u << field;
  }
  if (fields != (1u << HB_DRAM_FIELDS) - 1) {
    throw Wrong("dram.mapping: expected every field once");
  }
  const uint64_t rows =
      dram.size_bytes / dram.num_channels / dram.ranks / dram.banks / dram.row_bytes;
  if (dram.mapping[0] != HB_DRAM_ROW && (rows == 0 || (rows & (rows - 1)) != 0)) {
    throw Wrong("dram.mapping: expected the row first or a power of two of rows, got " +
                std::to_string(rows));
  }
  const std::pair<const char *, uint32_t> timings[] = {
      {"dram.tck_ps", dram.tck_ps},       {"dram.trcd_ps", dram.trcd_ps},
      {"dram.trp_ps", dram.trp_ps},       {"dram.tcl_ps", dram.tcl_ps},
      {"dram.tcwl_ps", dram.tcwl_ps},     {"dram.tras_ps", dram.tras_ps},
      {"dram.tccd_ps", dram.tccd_ps},     {"dram.twr_ps", dram.twr_ps},
      {"dram.twtr_ps", dram.twtr_ps},     {"dram.trtp_ps", dram.trtp_ps},
      {"dram.trfc_ps", dram.trfc_ps},     {"dram.trefi_ps", dram.trefi_ps},
      {"dram.trrd_ps", dram.trrd_ps},     {"dram.tfaw_ps", dram.tfaw_ps},
      {"dram.tccd_l_ps", dram.tccd_l_ps}, {"dram.trrd_l_ps", dram.trrd_l_ps},
      {"dram.twtr_l_ps", dram.twtr_l_ps}, {"dram.trtrs_ps", dram.trtrs_ps},
      {"dram.trc_ps", dram.trc_ps},
  };
  for (const auto &[timing, value] : timings) {
    in_range(timing, value, 1, kMaxTimingPs);
  }
  const char *key = nullptr;
  char why[256];
  if (!hb_soc_dram_timing_ok(&dram, &key, why, sizeof why)) {
    throw Wrong(std::string("dram.") + key + "_ps: " + why);
  }
}

const TileModelInfo *find_model(const char *model) {
  for (unsigned i = 0; tile_model_info(i) != nullptr; ++i) {
    if (std::strcmp(tile_model_info(i)->name, model) == 0) {
      return tile_model_info(i);
    }
  }
  return nullptr;
}

void check_tiles(const hb_soc_t &soc) {
  in_range("num_tiles", soc.num_tiles, 1, HB_MAX_TILES);
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    const hb_soc_tile_t &tile = soc.tiles[i];
    const std::string key = "tiles[" + std::to_string(i) + "]";
    name(key + ".name", tile.name);
    name(key + ".model", tile.model);
    for (uint32_t other = 0; other < i; ++other) {
      if (std::strcmp(soc.tiles[other].name, tile.name) == 0) {
        throw Wrong(key + ".name: tiles[" + std::to_string(other) + "] is named " + tile.name +
                    " already");
      }
    }
    if (find_model(tile.model) == nullptr) {
      throw Wrong(key + ".model: there is no tile model " + tile.model);
    }
  }
}

void check_placement(const hb_soc_t &soc) {
  Placement placement(soc.noc);
  placement.place("host_node", soc.host_node);
  placement.place("sensor_node", soc.sensor_node);
  for (uint32_t i = 0; i < soc.dram.num_channels; ++i) {
    placement.place("dram.node[" + std::to_string(i) + "]", soc.dram.node[i]);
  }
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    placement.place("tiles[" + std::to_string(i) + "].node", soc.tiles[i].node);
  }
}

void check_twins(const hb_sim_options_t &options, const hb_soc_t &soc) {
  in_range("twin_tiles", options.twin_tiles, 0, (uint64_t{1} << soc.num_tiles) - 1);
  if (options.functional && options.twin_tiles == 0) {
    throw Wrong("functional: no tile is a twin");
  }
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    if ((options.twin_tiles >> i & 1) == 0) {
      continue;
    }
    const TileModelInfo &info = *find_model(soc.tiles[i].model);
    if (make_twin(info.id, info.caps) == nullptr) {
      throw Wrong("twin_tiles: " + std::string(soc.tiles[i].name) + " is a " + info.name +
                  ", which has no twin");
    }
    if (options.wave != nullptr && (options.wave->tiles >> i & 1) != 0) {
      throw Wrong("wave.tiles: " + std::string(soc.tiles[i].name) +
                  " is a twin, which has no RTL signals");
    }
  }
}

void check_wave(const hb_sim_wave_t &wave, const hb_soc_t &soc) {
  in_range("wave.to", wave.to, wave.from, UINT64_MAX);
  in_range("wave.tiles", wave.tiles, 0, (uint64_t{1} << soc.num_tiles) - 1);
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    if ((wave.tiles >> i & 1) != 0 && find_model(soc.tiles[i].model)->make_traced == nullptr) {
      throw Wrong("wave.tiles: this program has no waveforms of " +
                  std::string(soc.tiles[i].model) + ", " + soc.tiles[i].name + "'s model");
    }
  }
  for (uint32_t i = 0; i < wave.num_signals; ++i) {
    in_range("wave.signals.bits", wave.signals[i].bits, 1, HB_SIM_WAVE_BITS);
  }
}

}  // namespace

std::string check_soc(const hb_soc_t &soc) {
  try {
    in_range("clock_khz", soc.clock_khz, 1, 10000000);
    in_range("irq_cycles", soc.irq_cycles, 1, 1000000);
    check_noc(soc.noc);
    check_dram(soc.dram);
    check_tiles(soc);
    check_placement(soc);
  } catch (const Wrong &wrong) {
    return wrong.what();
  }
  return "";
}

std::string check_options(const hb_sim_options_t &options, const hb_soc_t &soc) {
  try {
    in_range("stall_ppm", options.stall_ppm, 0, kMaxStallPpm);
    if (options.poll != nullptr) {
      in_range("poll_cycles", options.poll_cycles, 1, UINT64_MAX);
    }
    check_twins(options, soc);
    if (options.wave != nullptr) {
      check_wave(*options.wave, soc);
    }
  } catch (const Wrong &wrong) {
    return wrong.what();
  }
  return "";
}

}  // namespace hb
