/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/soc/soc.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "hilbert/hb_image.h"
#include "sim/tile/tile_model.h"
#include "sim/twin/twin_tile.h"

namespace hb {

namespace {

Clock::Options clock_options(const hb_sim_options_t &options) {
  Clock::Options clock;
  clock.no_skip = options.no_skip || options.exact_reference;
  clock.exact_reference = options.exact_reference;
  return clock;
}

HostCpu::Config host_config(const hb_soc_t &soc, const hb_sim_options_t &options) {
  HostCpu::Config host;
  host.node = node_id(soc.noc, soc.host_node);
  host.num_tiles = soc.num_tiles;
  host.irq_cycles = soc.irq_cycles;
  host.sink = options.sink;
  return host;
}

SensorHub::Config sensor_config(const hb_soc_t &soc, const hb_sim_options_t &options) {
  SensorHub::Config sensors;
  sensors.node = node_id(soc.noc, soc.sensor_node);
  sensors.clock_khz = soc.clock_khz;
  sensors.seed = options.seed;
  sensors.sink = options.sink;
  return sensors;
}

const TileModelInfo &find_model(const char *model) {
  unsigned index = 0;
  while (std::strcmp(tile_model_info(index)->name, model) != 0) {
    ++index;
  }
  return *tile_model_info(index);
}

}  // namespace

Soc::Soc(const hb_soc_t &soc, const hb_sim_options_t &options)
    : config_(soc),
      options_(options),
      clock_("clock", clock_options(options)),
      noc_("noc", clock_, soc.noc, AddressMap(soc)),
      memory_(soc.dram.size_bytes),
      host_("host", clock_, noc_, host_config(soc, options)),
      sensors_("sensors", clock_, noc_, sensor_config(soc, options)),
      wave_context_(make_wave_context()),
      next_poll_(options.poll_cycles) {
  noc_.set_sink(options.sink);
  for (uint32_t i = 0; i < soc.dram.num_channels; ++i) {
    channels_.push_back(std::make_unique<DramChannel>(("dram" + std::to_string(i)).c_str(), clock_,
                                                      noc_, soc.noc, soc.dram, i, soc.clock_khz,
                                                      memory_));
  }
  std::vector<std::pair<uint32_t, TracedTileIf *>> traced_models;
  for (uint32_t i = 0; i < soc.num_tiles; ++i) {
    TileNode::Options tile;
    tile.index = i;
    tile.node = node_id(soc.noc, soc.tiles[i].node);
    tile.max_outstanding = soc.noc.max_outstanding;
    tile.stall_ppm = options.stall_ppm;
    tile.stall_seed = options.stall_seed;
    tile.sink = options.sink;
    const TileModelInfo &info = find_model(soc.tiles[i].model);
    std::unique_ptr<TileModelIf> model;
    if (options.wave != nullptr && (options.wave->tiles >> i & 1) != 0) {
      tile.halves_from = options.wave->from;
      tile.halves_to = options.wave->to;
      auto traced = info.make_traced(*wave_context_, soc.tiles[i].name);
      traced_models.emplace_back(i, traced.get());
      model = std::move(traced);
    } else if ((options.twin_tiles >> i & 1) != 0) {
      model = make_twin(info.id, info.caps, options.functional);
    } else {
      model = info.make();
    }
    tiles_.push_back(std::make_unique<TileNode>(("tile" + std::to_string(i)).c_str(), clock_, noc_,
                                                tile, std::move(model), &host_.tile_irq(i)));
  }
  if (options.wave != nullptr) {
    wave_ = std::make_unique<Wave>("wave", clock_, wave_context_, *options.wave, soc, noc_);
    for (const auto &[index, model] : traced_models) {
      wave_->add(*tiles_[index], *model);
    }
  }
}

std::string Soc::add_stream(const hb_sim_stream_t &stream) {
  if (begun_) {
    return "streams are added before the first run";
  }
  if (num_streams_ == HB_IMAGE_MAX_MODELS) {
    return "more than " + std::to_string(HB_IMAGE_MAX_MODELS) + " streams";
  }
  const std::string wrong = SensorHub::check(stream);
  if (wrong.empty()) {
    sensors_.add_stream(stream);
    ++num_streams_;
  }
  return wrong;
}

std::string Soc::add_fault(const hb_sim_fault_t &fault) {
  if (begun_) {
    return "faults are added before the first run";
  }
  if (fault.tile >= config_.num_tiles) {
    return "fault: there is no tile " + std::to_string(fault.tile);
  }
  if (fault.kind != HB_TILE_EVENT_HANG && fault.kind != HB_TILE_EVENT_ERROR) {
    return "fault: kind " + std::to_string(fault.kind) + " is neither hang nor error";
  }
  tiles_[fault.tile]->add_fault(fault.kind, fault.cycle);
  return "";
}

int Soc::debug_listen(uint16_t port, uint16_t *port_out) {
  auto server = std::make_unique<GdbServer>(port, [this] {
    return options_.poll != nullptr && options_.poll(options_.poll_ctx, clock_.cycle());
  });
  *port_out = server->port();
  if (server->error() != 0) {
    return server->error();
  }
  debugger_ = std::move(server);
  host_.debug(*debugger_, [this](bool write, uint32_t addr, uint8_t *bytes, size_t len) {
    const uint32_t offset = addr - HB_DRAM_BASE;
    if (addr < HB_DRAM_BASE || !memory_.holds(offset, len)) {
      return false;
    }
    write ? memory_.write(offset, bytes, len) : memory_.read(offset, bytes, len);
    return true;
  });
  return 0;
}

bool Soc::debug_wait() {
  return debugger_->accept();
}

/* Who is waiting for what, in one line. */
std::string Soc::describe() const {
  std::string text;
  for (uint32_t i = 0; i < config_.num_tiles; ++i) {
    const hb_sim_tile_stats_t tile = tiles_[i]->stats();
    if (tile.idle == 0) {
      char tag[16];
      std::snprintf(tag, sizeof tag, "0x%08x", tile.running_tag);
      text += std::string(", ") + config_.tiles[i].name + " busy with job " + tag;
    }
  }
  return text.empty() ? ", all tiles idle" : text;
}

/* After a slice: does anything end the run for good? */
hb_sim_stop_t Soc::stop_reason() {
  if (clock_.failed()) {
    failure_ = clock_.failure();
    return HB_SIM_FAULT;
  }
  if (host_.exited()) {
    return HB_SIM_EXIT;
  }
  if (host_.killed() != HostCpu::Killed::kNo) {
    return host_.killed() == HostCpu::Killed::kByClient ? HB_SIM_KILLED : HB_SIM_STOPPED;
  }
  const std::string at = "cycle " + std::to_string(clock_.cycle()) + ": ";
  if (clock_.dead()) {
    failure_ = at + "nothing will ever happen again: the host sleeps without an alarm" + describe();
    return HB_SIM_DEADLOCK;
  }
  if (!noc_.empty() && clock_.cycle() - noc_.last_progress() > kStuckCycles) {
    failure_ = at + "no flit has moved in the network since cycle " +
               std::to_string(noc_.last_progress()) + describe();
    return HB_SIM_DEADLOCK;
  }
  return HB_SIM_RUNNING;
}

hb_sim_stop_t Soc::run(Cycle until) {
  begun_ = true;
  while (final_ == HB_SIM_RUNNING) {
    if (clock_.cycle() >= until) {
      return HB_SIM_LIMIT;
    }
    Cycle slice =
        std::min(until, clock_.cycle() + (debugger_ == nullptr ? kStuckCycles : kDebugCycles));
    if (options_.poll != nullptr) {
      slice = std::min(slice, next_poll_);
    }
    clock_.run_until(slice);
    if (debugger_ != nullptr) {
      host_.poll_debugger();
    }
    final_ = stop_reason();
    if (debugger_ != nullptr && final_ != HB_SIM_RUNNING) {
      debugger_->finish(final_ != HB_SIM_FAULT && final_ != HB_SIM_DEADLOCK,
                        final_ == HB_SIM_EXIT    ? static_cast<uint8_t>(host_.exit_code())
                        : final_ == HB_SIM_FAULT ? 11
                                                 : 0);
    }
    if (options_.poll != nullptr && clock_.cycle() >= next_poll_) {
      next_poll_ = clock_.cycle() + options_.poll_cycles;
      if (options_.poll(options_.poll_ctx, clock_.cycle()) && final_ == HB_SIM_RUNNING) {
        return HB_SIM_STOPPED;
      }
    }
  }
  return final_;
}

}  // namespace hb
