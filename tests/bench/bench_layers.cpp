/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Every layer of some models (default: kModels) on bare tiles: cycles and how much of the tile's
 * peak they are.
 *
 * usage: bench_layers [--json | --markdown] [--latency CYCLES] [--tiles NAME,NAME...]
 * [MODEL.yaml...]
 *
 * The mapper compiles each layer for each tile; the Verilated tile runs the program alone, on a
 * memory that answers CYCLES after the address (default 40, a loaded system's order of magnitude)
 * and then gives a beat a cycle. Utilisation: multiply-accumulates of the layer over cycles x N x N
 * (vector tiles: cycles x lanes). Below 50% the reason is told, from the layer's shape and the
 * tile's own counters. Contents are zero: a tile's timing never depends on data. Layers of the same
 * shape are run once.
 */

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "hb_config.h"
#include "hb_map.h"
#include "hilbert/hb_cmd.h"
#include "hilbert/hb_tile_regs.h"
#include "sim/tile/tile_model.h"

using namespace hb;

namespace {

constexpr uint64_t kCycleLimit = 200000000;

/** Bursts in order, one beat a cycle each way, `latency` cycles from the address to the first beat.
 */
class Memory {
 public:
  Memory(const hb_program_t &program, uint32_t latency) : program_(program), latency_(latency) {}

  void drive(TileIn &in, uint64_t cycle) {
    in.m_arready = in.m_awready = in.m_wready = 1;
    in.m_rvalid = in.m_bvalid = 0;
    if (!reads_.empty() && reads_.front().ready <= cycle) {
      Burst &burst = reads_.front();
      in.m_rvalid = 1;
      in.m_rid = burst.id;
      in.m_rlast = burst.beat == burst.len;
      in.m_rdata = {};
      const uint64_t offset = burst.addr + 16u * burst.beat;
      if (offset < uint64_t{program_.num_commands} * sizeof(hb_cmd_t)) {
        std::memcpy(in.m_rdata.data(), reinterpret_cast<const char *>(program_.commands) + offset,
                    16);
      }
      ++burst.beat;
      if (in.m_rlast != 0) reads_.pop_front();
    }
    if (!answers_.empty() && answers_.front() <= cycle) {
      in.m_bvalid = 1;
      in.m_bid = 2;
      answers_.pop_front();
    }
  }

  void take(const TileOut &out, uint64_t cycle) {
    if (out.m_arvalid != 0) {
      reads_.push_back({out.m_araddr, out.m_arid, out.m_arlen, 0, cycle + latency_});
    }
    if (out.m_wvalid != 0 && out.m_wlast != 0) answers_.push_back(cycle + latency_);
  }

 private:
  struct Burst {
    uint32_t addr;
    uint8_t id, len, beat;
    uint64_t ready;
  };
  const hb_program_t &program_;
  uint32_t latency_;
  std::deque<Burst> reads_;
  std::deque<uint64_t> answers_;
};

class Bench {
 public:
  Bench(const TileModelInfo &info, const hb_program_t &program, uint32_t latency)
      : model_(info.make()), memory_(program, latency) {
    model_->reset();
    write_reg(HB_TILE_REG_JOB_LEN, program.num_commands);
    for (uint32_t i = 0; i < 4; ++i) {
      // Behind the program, which starts at 0.
      write_reg(HB_TILE_REG_JOB_BASE0 + 4 * i, 0x80000000u + (i << 28));
    }
    write_reg(HB_TILE_REG_JOB_TAG, 1);
  }

  /** False if the job did not end with OK. */
  bool run() {
    while (model_->jobs_completed() == 0) {
      if (cycle_ > kCycleLimit) return false;
      step();
    }
    return (model_->perf().done_status & HB_TILE_COMPL_STATUS_CODE_MASK) == HB_TILE_STATUS_OK;
  }

  TilePerf perf() const { return model_->perf(); }

 private:
  void step() {
    memory_.drive(in_, cycle_);
    memory_.take(model_->outputs(), cycle_);
    model_->clock(in_);
    ++cycle_;
  }

  void write_reg(uint32_t offset, uint32_t value) {
    in_.s_awvalid = in_.s_wvalid = 1;
    in_.s_awaddr = offset;
    in_.s_wdata = value;
    in_.s_wstrb = 15;
    step();
    in_.s_awvalid = in_.s_wvalid = 0;
    in_.s_bready = 1;
    while (model_->outputs().s_bvalid == 0)
      step();
    step();
    in_.s_bready = 0;
  }

  std::unique_ptr<TileModelIf> model_;
  Memory memory_;
  TileIn in_;
  uint64_t cycle_ = 0;
};

/** ES, GE, KD and AS as published, and GE with its depthwise layers depthwise. */
constexpr const char *kModels[] = {
    HB_SCENARIOS "/xrbench/models/published/es-ritnet.yaml",
    HB_SCENARIOS "/xrbench/models/published/ge-fbnet-c.yaml",
    HB_SCENARIOS "/bench/models/ge-fbnet-c-depthwise.yaml",
    HB_SCENARIOS "/xrbench/models/published/kd-res8-narrow.yaml",
    HB_SCENARIOS "/xrbench/models/published/as-ed-tcn.yaml",
};

enum class Form { kTable, kJson, kMarkdown };

struct Options {
  Form form = Form::kTable;
  uint32_t latency = 40;
  std::vector<std::string> tiles = {"ws16", "os16", "vec16"};
};

const TileModelInfo *find_model(const std::string &name) {
  for (unsigned i = 0; const TileModelInfo *info = tile_model_info(i); ++i) {
    if (name == info->name) return info;
  }
  return nullptr;
}

double percent(double part, double whole) {
  return whole > 0 ? 100.0 * part / whole : 0.0;
}

/** Multiply-accumulates of a busy cycle. */
double peak_of(const hb_map_tile_t &tile) {
  const double size = tile.size;
  return tile.kind == HB_TILE_KIND_VECTOR ? size : size * size;
}

/** How many of `step` places a dimension of `size` fills, on average. */
double filled(uint32_t size, uint32_t step) {
  return size / static_cast<double>((size + step - 1) / step * step);
}

/** What keeps a layer from its tile's peak, largest cause first, at most two. */
std::string reason_of(const hb_layer_t &layer, const hb_map_tile_t &tile, const TilePerf &perf) {
  struct Cause {
    double lost;  // share of the peak
    std::string text;
  };
  std::vector<Cause> causes;
  const auto cause = [&](double lost, const char *format, auto... args) {
    char text[96];
    std::snprintf(text, sizeof text, format, args...);
    causes.push_back({lost, text});
  };
  const bool vector = tile.kind == HB_TILE_KIND_VECTOR;
  const uint32_t groups = layer.groups != 0 ? layer.groups : 1;
  if (vector) {
    cause(1 - filled(layer.out_c, tile.size), "%u channels on lanes of %u", layer.out_c, tile.size);
  } else if (groups > 1) {
    cause(1 - static_cast<double>(layer.in_c / groups) / tile.size, "groups of %u channels",
          layer.in_c / groups);
  } else {
    cause(1 - filled(layer.in_c, tile.size), "%u input channels on rows of %u", layer.in_c,
          tile.size);
    cause(1 - filled(layer.out_c, tile.size), "%u output channels on columns of %u", layer.out_c,
          tile.size);
  }
  const double busy = perf.busy;
  cause(perf.wait_load / busy, "waits for loads %.0f%%", percent(perf.wait_load, busy));
  cause(perf.wait_store / busy, "waits for stores %.0f%%", percent(perf.wait_store, busy));
  cause(perf.wait_wgt / busy, "few pixels: fill, drain %.0f%%", percent(perf.wait_wgt, busy));
  cause(perf.wait_cmd / busy, "start and end of the job %.0f%%", percent(perf.wait_cmd, busy));
  std::stable_sort(causes.begin(), causes.end(),
                   [](const Cause &a, const Cause &b) { return a.lost > b.lost; });
  std::string reason = causes[0].text;
  if (causes[1].lost > 0.1) reason += ", " + causes[1].text;
  return reason;
}

bool same_shape(const hb_layer_t &a, const hb_layer_t &b) {
  return a.op == b.op && a.in_c == b.in_c && a.in_h == b.in_h && a.in_w == b.in_w &&
         a.out_c == b.out_c && a.groups == b.groups && a.ker_h == b.ker_h && a.ker_w == b.ker_w &&
         a.stride_h == b.stride_h && a.stride_w == b.stride_w && a.dil_h == b.dil_h &&
         a.dil_w == b.dil_w && a.pad_top == b.pad_top && a.pad_left == b.pad_left &&
         a.pad_bottom == b.pad_bottom && a.pad_right == b.pad_right;
}

struct Total {
  double cycles = 0, macs = 0;
  bool whole = true;  // every layer ran
};

/** One layer on one tile; `times` layers have this shape. Returns why it is below 50%, or "". */
std::string run_layer(const Options &options, const hb_model_t &model, const hb_layer_t &layer,
                      uint32_t times, const TileModelInfo &info, Total &total) {
  hb_map_tile_t tile;
  hb_map_tile_decode(info.id, info.caps, &tile);
  hb_program_t program{};
  char why[256] = "";
  const hb_status_t status = hb_map_layer(&layer, &tile, &program, why, sizeof why);
  if (status != HB_OK) {
    total.whole = false;
    if (options.form == Form::kTable)
      std::printf("    %-6s %12s   -      %s\n", info.name, "-", why);
    if (options.form == Form::kMarkdown) std::printf(" - |  |");
    return "";
  }
  Bench bench(info, program, options.latency);
  if (!bench.run()) {
    std::fprintf(stderr, "bench_layers: %s: layer %s: the job on %s failed\n", model.source,
                 layer.name, info.name);
    std::exit(1);
  }
  const TilePerf perf = bench.perf();
  const auto macs = static_cast<double>(hb_layer_macs(&layer));
  const double utilisation = percent(macs, perf.busy * peak_of(tile));
  const std::string reason = utilisation < 50 ? reason_of(layer, tile, perf) : "";
  total.cycles += static_cast<double>(perf.busy) * times;
  total.macs += macs * times;
  switch (options.form) {
    case Form::kJson:
      for (const auto &[what, value, unit] :
           {std::tuple{"cycles", static_cast<double>(perf.busy), "cycles"},
            std::tuple{"utilisation", utilisation, "%"}}) {
        std::printf(
            "{\"bench\":\"tiles\",\"metric\":\"%s %s %s %s\",\"value\":%.10g,\"unit\":\"%s\"}\n",
            model.name, layer.name, info.name, what, value, unit);
      }
      break;
    case Form::kMarkdown:
      std::printf(" %u | %.1f %% |", perf.busy, utilisation);
      break;
    case Form::kTable:
      std::printf("    %-6s %12u %6.1f%%   %s\n", info.name, perf.busy, utilisation,
                  reason.c_str());
      break;
  }
  std::fflush(stdout);
  hb_program_release(&program);
  return reason;
}

/** The last column of a line of the Markdown table. */
void print_reasons(const std::vector<const TileModelInfo *> &tiles,
                   const std::vector<std::string> &reasons) {
  std::string text;
  for (size_t t = 0; t < tiles.size(); ++t) {
    if (reasons[t].empty()) continue;
    text += (text.empty() ? "" : "; ") + std::string(tiles[t]->name) + ": " + reasons[t];
  }
  std::printf(" %s |\n", text.c_str());
}

/** "conv1 x 5: 3x8x8 -> 16x8x8, kernel 3x3", in the columns of the form. */
void print_layer(Form form, const hb_layer_t &layer, uint32_t times) {
  const bool markdown = form == Form::kMarkdown;
  std::printf(markdown ? "| %s" : "  %s", layer.name);
  if (times > 1) std::printf(" x %u", times);
  std::printf(markdown ? " | %ux%ux%u -> %ux%ux%u | %ux%u" : ": %ux%ux%u -> %ux%ux%u, kernel %ux%u",
              layer.in_c, layer.in_h, layer.in_w, layer.out_c, hb_layer_out_h(&layer),
              hb_layer_out_w(&layer), layer.ker_h, layer.ker_w);
  if (layer.groups > 1) std::printf(", %u groups", layer.groups);
  std::printf(markdown ? " |" : "\n");
}

void print_head(uint32_t latency) {
  std::printf(
      "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
      "<!-- made by scripts/bench tiles --markdown -->\n"
      "# Utilisation of every layer of some models\n\n"
      "Each layer, compiled by the mapper, alone on a Verilated tile whose memory answers %u "
      "cycles\n"
      "after the address and then gives a beat a cycle. Cycles are of the whole job, from doorbell "
      "to\n"
      "completion. Utilisation: multiply-accumulates of the layer over cycles x N x N (vector "
      "tiles:\n"
      "cycles x lanes). Layers of one shape are run once; x n says how many there are. - : the "
      "tile\n"
      "does not run the layer; of convolutions a vector tile runs the depthwise ones. Below 50 %% "
      "the\n"
      "reason is told.\n",
      latency);
}

void run_model(const Options &options, const std::vector<const TileModelInfo *> &tiles,
               const char *path) {
  hb_model_t model;
  hb_config_error_t error = {""};
  if (hb_config_load_model(path, &model, &error) != HB_OK) {
    std::fprintf(stderr, "%s\n", error.text);
    std::exit(3);
  }
  switch (options.form) {
    case Form::kJson:
      break;
    case Form::kTable:
      std::printf("%s: %u layers\n", model.name, model.num_layers);
      break;
    case Form::kMarkdown:
      std::printf("\n## %s, %u layers\n\n| layer | input -> output | kernel |", model.name,
                  model.num_layers);
      for (const TileModelInfo *info : tiles)
        std::printf(" %s cycles | |", info->name);
      std::printf(" below 50 %%: why |\n|---|---|---|");
      for (size_t t = 0; t < tiles.size(); ++t)
        std::printf("--:|--:|");
      std::printf("---|\n");
      break;
  }
  std::vector<Total> totals(tiles.size());
  for (uint32_t i = 0; i < model.num_layers; ++i) {
    const hb_layer_t &layer = model.layers[i];
    uint32_t times = 0;
    bool seen = false;
    for (uint32_t j = 0; j < model.num_layers; ++j) {
      if (same_shape(layer, model.layers[j])) {
        ++times;
        seen = seen || j < i;
      }
    }
    if (seen) continue;
    if (options.form != Form::kJson) print_layer(options.form, layer, times);
    std::vector<std::string> reasons;
    for (size_t t = 0; t < tiles.size(); ++t)
      reasons.push_back(run_layer(options, model, layer, times, *tiles[t], totals[t]));
    if (options.form == Form::kMarkdown) print_reasons(tiles, reasons);
  }
  if (options.form == Form::kMarkdown) std::printf("\n");
  for (size_t t = 0; t < tiles.size(); ++t) {
    if (totals[t].cycles == 0) continue;
    hb_map_tile_t tile;
    hb_map_tile_decode(tiles[t]->id, tiles[t]->caps, &tile);
    const double utilisation = percent(totals[t].macs, totals[t].cycles * peak_of(tile));
    if (options.form == Form::kJson) {
      std::printf(
          "{\"bench\":\"tiles\",\"metric\":\"%s %s "
          "utilisation\",\"value\":%.10g,\"unit\":\"%%\"}\n",
          model.name, tiles[t]->name, utilisation);
    } else {
      std::printf(options.form == Form::kMarkdown ? "- %s, %s: %.0f cycles, %.1f %%\n"
                                                  : "  %s, %s: %.0f cycles, %.1f%%\n",
                  tiles[t]->name, totals[t].whole ? "all layers" : "all layers it can run",
                  totals[t].cycles, utilisation);
    }
  }
  hb_model_release(&model);
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  std::vector<const char *> models;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      options.form = Form::kJson;
    } else if (std::strcmp(argv[i], "--markdown") == 0) {
      options.form = Form::kMarkdown;
    } else if (std::strcmp(argv[i], "--latency") == 0 && i + 1 < argc) {
      options.latency = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 0));
    } else if (std::strcmp(argv[i], "--tiles") == 0 && i + 1 < argc) {
      options.tiles.clear();
      for (char *name = std::strtok(argv[++i], ","); name != nullptr;
           name = std::strtok(nullptr, ",")) {
        options.tiles.emplace_back(name);
      }
    } else {
      models.push_back(argv[i]);
    }
  }
  std::vector<const TileModelInfo *> tiles;
  for (const std::string &name : options.tiles) {
    tiles.push_back(find_model(name));
    if (tiles.back() == nullptr) {
      std::fprintf(stderr, "bench_layers: there is no tile model %s\n", name.c_str());
      return 2;
    }
  }
  if (models.empty()) models.assign(std::begin(kModels), std::end(kModels));
  if (tiles.empty() || options.latency == 0) {
    std::fprintf(stderr,
                 "usage: bench_layers [--json | --markdown] [--latency CYCLES] [--tiles NAME,...] "
                 "[MODEL.yaml...]\n");
    return 2;
  }
  if (options.form == Form::kMarkdown) print_head(options.latency);
  for (const char *path : models) {
    run_model(options, tiles, path);
  }
  return 0;
}
