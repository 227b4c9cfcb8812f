/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/wave/wave.h"

#include <algorithm>

namespace hb {

/* Signals point into the links, so these move no more. */
void Wave::add_links(const hb_soc_noc_t &config) {
  static constexpr const char *kNets[] = {"request", "response"};
  static constexpr const char *kLinks[HB_NOC_LINKS] = {"north", "east",  "south",
                                                       "west",  "eject", "inject"};
  for (unsigned net = 0; net < 2; ++net) {
    for (unsigned y = 0; y < config.rows; ++y) {
      for (unsigned x = 0; x < config.columns; ++x) {
        for (unsigned link = 0; link < HB_NOC_LINKS; ++link) {
          const bool there = link == HB_LINK_NORTH   ? y > 0
                             : link == HB_LINK_SOUTH ? y + 1 < config.rows
                             : link == HB_LINK_WEST  ? x > 0
                             : link == HB_LINK_EAST  ? x + 1 < config.columns
                                                     : true;
          if (there) {
            links_.push_back({net, x, y, static_cast<hb_noc_link_t>(link), 0, 0});
          }
        }
      }
    }
  }
  for (const Link &link : links_) {
    writer_.add("noc." + std::string(kNets[link.net]) + ".router_" + std::to_string(link.x) + "_" +
                    std::to_string(link.y),
                kLinks[link.link], 1, &link.moves);
  }
}

void Wave::sample_links(Cycle now) {
  for (Link &link : links_) {
    const uint64_t flits = noc_.link_stats(link.net, link.x, link.y, link.link, now + 1).flits;
    link.moves = flits != link.flits ? 1 : 0;
    link.flits = flits;
  }
}

Wave::Wave(sc_core::sc_module_name name, Clock &clock, std::shared_ptr<VerilatedContext> context,
           const hb_sim_wave_t &wave, const hb_soc_t &soc, const Noc &noc)
    : sc_core::sc_module(name),
      Ticked(clock),
      wave_(wave),
      clock_khz_(soc.clock_khz),
      noc_(noc),
      writer_(std::move(context)) {
  for (uint32_t i = 0; i < wave.num_signals; ++i) {
    const hb_sim_wave_signal_t &signal = wave.signals[i];
    writer_.add(signal.scope, signal.name, signal.bits, signal.value);
  }
  if (wave.noc) {
    add_links(soc.noc);
  }
}

void Wave::add(TileNode &node, TracedTileIf &model) {
  nodes_.push_back(&node);
  writer_.add(model);
}

Cycle Wave::tick(Cycle now) {
  if (now < wave_.from) {
    sample_links(now);  // so that the first cycle shows its own flits only
    return std::max(wave_.from - 1, now + 1);
  }
  if (now > wave_.to) {
    writer_.close();
    return kNever;
  }
  if (now == wave_.from && !writer_.open(wave_.path)) {
    clock().fail("cannot write the waveform " + std::string(wave_.path));
    return kNever;
  }
  if (wave_.advance != nullptr) {
    wave_.advance(wave_.ctx, now);
  }
  sample_links(now);
  writer_.write(
      static_cast<uint64_t>(static_cast<unsigned __int128>(now) * 1000000000u / clock_khz_));
  for (TileNode *node : nodes_) {
    node->edge(now);
  }
  return now + 1;
}

}  // namespace hb
