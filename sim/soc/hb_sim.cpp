/* SPDX-License-Identifier: Apache-2.0 */

/* The C boundary of the simulator: hb_sim.h on top of Soc. No exception passes it. */

#include "sim/include/hb_sim.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "sim/soc/soc.h"
#include "sim/soc/soc_check.h"
#include "sim/tile/tile_model.h"

struct hb_sim {
  std::unique_ptr<hb::Soc> soc;
  std::string error;
};

namespace {

std::string create_error;  // of the last hb_sim_create() that failed
bool created = false;      // SystemC's kernel cannot be set back

hb_status_t fail(hb_sim_t *sim, hb_status_t status, const std::string &why) {
  sim->error = why;
  return status;
}

/* Both of an access to DRAM from outside of time. */
bool in_dram(hb_sim_t *sim, uint32_t addr, size_t len) {
  return addr >= HB_DRAM_BASE && sim->soc->memory().holds(addr - HB_DRAM_BASE, len);
}

}  // namespace

void hb::observe_dram(hb_sim *sim, uint32_t channel, DramObserver *observer) {
  sim->soc->channels()[channel]->observe(observer);
}

const char *hb_sim_tile_model(uint32_t index) {
  const hb::TileModelInfo *info = hb::tile_model_info(index);
  return info == nullptr ? nullptr : info->name;
}

hb_status_t hb_sim_tile_model_info(const char *name, uint32_t *id, uint32_t *caps) {
  for (unsigned i = 0; hb::tile_model_info(i) != nullptr; ++i) {
    if (std::strcmp(hb::tile_model_info(i)->name, name) == 0) {
      *id = hb::tile_model_info(i)->id;
      *caps = hb::tile_model_info(i)->caps;
      return HB_OK;
    }
  }
  return HB_ERR_INPUT;
}

hb_status_t hb_sim_create(const hb_soc_t *soc, const hb_sim_options_t *options,
                          hb_sim_t **sim_out) {
  if (created) {
    create_error = "this process has had a simulator";
    return HB_ERR_BUSY;
  }
  try {
    create_error = hb::check_soc(*soc);
    if (create_error.empty()) {
      create_error = hb::check_options(*options, *soc);
    }
    if (!create_error.empty()) {
      return HB_ERR_ARG;
    }
    created = true;
    auto sim = std::make_unique<hb_sim>();
    sim->soc = std::make_unique<hb::Soc>(*soc, *options);
    *sim_out = sim.release();
    return HB_OK;
  } catch (const std::bad_alloc &) {
    create_error = "out of memory";
    return HB_ERR_NOMEM;
  } catch (const std::exception &error) {
    create_error = error.what();
    return HB_ERR_INTERNAL;
  }
}

void hb_sim_free(hb_sim_t *sim) {
  delete sim;
}

const char *hb_sim_error(const hb_sim_t *sim) {
  return sim == nullptr ? create_error.c_str() : sim->error.c_str();
}

hb_status_t hb_sim_load_dram(hb_sim_t *sim, uint32_t addr, const void *bytes, size_t len) {
  if (!in_dram(sim, addr, len)) {
    return fail(sim, HB_ERR_RANGE, "not all of the bytes to load are in DRAM");
  }
  try {
    sim->soc->memory().write(addr - HB_DRAM_BASE, static_cast<const uint8_t *>(bytes), len);
  } catch (const std::bad_alloc &) {
    return fail(sim, HB_ERR_NOMEM, "out of memory");
  }
  return HB_OK;
}

hb_status_t hb_sim_read_dram(hb_sim_t *sim, uint32_t addr, void *bytes, size_t len) {
  if (!in_dram(sim, addr, len)) {
    return fail(sim, HB_ERR_RANGE, "not all of the bytes to read are in DRAM");
  }
  sim->soc->memory().read(addr - HB_DRAM_BASE, static_cast<uint8_t *>(bytes), len);
  return HB_OK;
}

hb_status_t hb_sim_load_private(hb_sim_t *sim, uint32_t addr, const void *bytes, size_t len) {
  if (!sim->soc->host().load_private(addr, bytes, len)) {
    return fail(sim, HB_ERR_RANGE, "not all of the bytes to load are in the host's private memory");
  }
  return HB_OK;
}

hb_status_t hb_sim_set_entry(hb_sim_t *sim, uint32_t pc) {
  if (sim->soc->begun()) {
    return fail(sim, HB_ERR_ARG, "the entry is set before the first run");
  }
  sim->soc->host().set_entry(pc);
  return HB_OK;
}

hb_status_t hb_sim_add_probe(hb_sim_t *sim, const hb_sim_probe_t *probe) {
  const auto in_code = [](uint32_t addr) { return addr % 2 == 0 && addr < HB_TCM_SIZE; };
  if (sim->soc->begun() || !in_code(probe->pc) || !in_code(probe->handler) || probe->regs[0] > 31 ||
      probe->regs[1] > 31 || probe->regs[2] > 31) {
    return fail(sim, HB_ERR_ARG, "a probe is not in the code, or added after the first run began");
  }
  try {
    sim->soc->host().add_probe({probe->name,
                                probe->pc,
                                probe->handler,
                                {probe->regs[0], probe->regs[1], probe->regs[2]},
                                probe->observed});
  } catch (const std::exception &error) {
    return fail(sim, HB_ERR_INTERNAL, error.what());
  }
  return HB_OK;
}

hb_status_t hb_sim_add_stream(hb_sim_t *sim, const hb_sim_stream_t *stream) {
  for (uint32_t i = 0; i < stream->num_slots && i < HB_SIM_MAX_SLOTS; ++i) {
    if (!in_dram(sim, stream->slot_addr[i], stream->frame_bytes)) {
      return fail(sim, HB_ERR_RANGE,
                  "slot_addr: slot " + std::to_string(i) + " is not all in DRAM");
    }
  }
  const std::string wrong = sim->soc->add_stream(*stream);
  return wrong.empty() ? HB_OK : fail(sim, HB_ERR_ARG, wrong);
}

hb_status_t hb_sim_add_fault(hb_sim_t *sim, const hb_sim_fault_t *fault) {
  const std::string wrong = sim->soc->add_fault(*fault);
  return wrong.empty() ? HB_OK : fail(sim, HB_ERR_ARG, wrong);
}

hb_status_t hb_sim_debug_listen(hb_sim_t *sim, uint16_t port, uint16_t *port_out) {
  if (sim->soc->begun()) {
    return fail(sim, HB_ERR_ARG, "a debugger is announced before the first run");
  }
  const int error = sim->soc->debug_listen(port, port_out);
  if (error == 0) {
    return HB_OK;
  }
  return fail(sim, error == EADDRINUSE ? HB_ERR_BUSY : HB_ERR_IO, std::strerror(error));
}

hb_status_t hb_sim_debug_wait(hb_sim_t *sim) {
  return sim->soc->debug_wait() ? HB_OK : HB_ERR_STOPPED;
}

hb_sim_stop_t hb_sim_run(hb_sim_t *sim, uint64_t until) {
  try {
    const hb_sim_stop_t stop = sim->soc->run(until);
    sim->error = sim->soc->failure();
    return stop;
  } catch (const std::exception &error) {
    sim->error = error.what();
    return HB_SIM_FAULT;
  }
}

uint64_t hb_sim_cycle(const hb_sim_t *sim) {
  return sim->soc->clock().cycle();
}

uint32_t hb_sim_exit_code(const hb_sim_t *sim) {
  return sim->soc->host().exit_code();
}

void hb_sim_tile_stats(const hb_sim_t *sim, uint32_t tile, hb_sim_tile_stats_t *out) {
  *out = sim->soc->tiles().at(tile)->stats();
}

void hb_sim_noc_stats(const hb_sim_t *sim, hb_sim_noc_stats_t *out) {
  *out = sim->soc->noc().stats();
}

void hb_sim_link_stats(const hb_sim_t *sim, uint32_t net, uint32_t x, uint32_t y,
                       hb_noc_link_t link, hb_sim_link_stats_t *out) {
  *out = sim->soc->noc().link_stats(net, x, y, link);
}

void hb_sim_latency(const hb_sim_t *sim, uint32_t net, bool bulk, uint32_t src, uint32_t dst,
                    hb_sim_latency_t *out) {
  *out = sim->soc->noc().latency(net, bulk, src, dst);
}

uint64_t hb_sim_latency_bound(uint32_t bucket) {
  return hb::Noc::latency_bound(bucket);
}

void hb_sim_dram_stats(const hb_sim_t *sim, uint32_t channel, hb_sim_dram_stats_t *out) {
  *out = sim->soc->channels().at(channel)->stats();
}

void hb_sim_bank_stats(const hb_sim_t *sim, uint32_t channel, uint32_t bank,
                       hb_sim_bank_stats_t *out) {
  *out = sim->soc->channels().at(channel)->bank_stats(bank);
}

void hb_sim_host_stats(const hb_sim_t *sim, hb_sim_host_stats_t *out) {
  *out = sim->soc->host().stats();
}
