/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_jobs.h"

#include "drv/hb_ni.h"
#include "drv/hb_telemetry.h"
#include "drv/hb_timer.h"
#include "hilbert/hb_memmap.h"

static void set_alarm(hb_jobs_t *jobs, uint64_t alarm) {
  jobs->alarm = alarm;
  hb_timer_set_alarm(alarm);
}

/* A context for every model, its number the one that tags carry. */
static void protect(const hb_tables_t *tables, uint32_t tile) {
  static const uint32_t may[HB_IMAGE_WINDOWS] = {
      [HB_IMAGE_WINDOW_PROGRAMS] = HB_NI_MAY_READ,
      [HB_IMAGE_WINDOW_CONSTANTS] = HB_NI_MAY_READ,
      [HB_IMAGE_WINDOW_TENSORS] = HB_NI_MAY_READ | HB_NI_MAY_WRITE,
  };
  for (uint32_t model = 0; model < tables->header->num_models; ++model) {
    for (uint32_t i = 0; i < HB_IMAGE_WINDOWS; ++i) {
      const hb_image_window_t *const window = &tables->models[model].window[i];
      if (window->base != window->end) {
        hb_ni_set_window(tile, model, i, window->base, window->end, may[i]);
      }
    }
  }
  hb_ni_protect(tile);
}

hb_status_t hb_jobs_init(hb_jobs_t *jobs, const hb_tables_t *tables) {
  const hb_image_header_t *const header = tables->header;
  *jobs = (hb_jobs_t){
      .tables = tables, .free_tiles = (1u << header->num_tiles) - 1u, .alarm = HB_TIMER_NEVER};
  for (uint32_t i = 0; i < header->num_tiles; ++i) {
    uint32_t id = 0;
    const hb_status_t status = hb_tile_init(&jobs->slot[i].tile, tables->tiles[i].mmio_base,
                                            tables->tiles[i].id, header->watchdog_cycles, &id);
    if (status != HB_OK) {
      hb_telemetry_fault(status, i, 0, id);
      return status;
    }
    if ((header->flags & HB_IMAGE_FLAG_PROTECT) != 0) {
      protect(tables, i);
    }
  }
  return HB_OK;
}

void hb_jobs_start(hb_jobs_t *jobs, uint32_t tile, uint32_t model, const hb_tile_job_t *job,
                   uint32_t est_cycles, uint64_t now) {
  hb_jobs_slot_t *const slot = &jobs->slot[tile];
  hb_tile_start(&slot->tile, job);
  slot->job = *job;
  slot->model = model;
  slot->limit = HB_TIMER_NEVER;
  jobs->free_tiles &= ~(1u << tile);

  const hb_image_header_t *const header = jobs->tables->header;
  if (header->watchdog_cycles != 0) {
    slot->limit = now + HB_JOBS_LIMIT_FLOOR +
                  (uint64_t)est_cycles *
                      (HB_JOBS_LIMIT_ESTIMATES + HB_JOBS_LIMIT_TILE_ESTIMATES * header->num_tiles);
    if (slot->limit < jobs->alarm) {
      set_alarm(jobs, slot->limit);
    }
  }
}

hb_status_t hb_jobs_collect(hb_jobs_t *jobs, uint32_t tile, hb_jobs_end_t *end_out) {
  hb_jobs_slot_t *const slot = &jobs->slot[tile];
  hb_tile_completion_t completion;
  HB_TRY(hb_tile_reap(&slot->tile, &completion));

  if ((((jobs->free_tiles | jobs->retired) >> tile) & 1u) != 0 || completion.tag != slot->job.tag) {
    hb_telemetry_fault(HB_ERR_INTERNAL, tile, completion.tag, completion.status);
    return HB_ERR_INTERNAL;
  }

  hb_telemetry_job_done(completion.tag, tile, completion.status);
  jobs->free_tiles |= 1u << tile;
  *end_out = (hb_jobs_end_t){
      .model = slot->model, .tag = completion.tag, .compl_status = completion.status};
  return HB_OK;
}

bool hb_jobs_refused(hb_jobs_t *jobs, uint32_t tile, uint32_t *addr_out) {
  if ((jobs->tables->header->flags & HB_IMAGE_FLAG_PROTECT) == 0) {
    return false;
  }
  hb_jobs_slot_t *const slot = &jobs->slot[tile];
  const uint32_t before = slot->refused;
  slot->refused = hb_ni_refused(tile, addr_out);
  return slot->refused != before;
}

void hb_jobs_succeeded(hb_jobs_t *jobs, uint32_t tile) {
  jobs->slot[tile].failures = 0;
}

uint32_t hb_jobs_reset(hb_jobs_t *jobs, uint32_t tile) {
  hb_jobs_slot_t *const slot = &jobs->slot[tile];
  ++slot->resets;
  ++slot->failures;
  hb_telemetry_tile_reset(tile, slot->job.tag, slot->resets);
  hb_tile_reset(&slot->tile);
  if (slot->failures >= HB_JOBS_MAX_FAILURES) {
    jobs->free_tiles &= ~(1u << tile);
    jobs->retired |= 1u << tile;
    hb_telemetry_fault(HB_ERR_FAILED, tile, HB_IMAGE_NONE, slot->failures);
  } else {
    jobs->free_tiles |= 1u << tile;
  }
  return slot->model;
}

uint32_t hb_jobs_check_limits(hb_jobs_t *jobs, uint64_t now) {
  const uint32_t idle = jobs->free_tiles | jobs->retired;
  uint64_t next = HB_TIMER_NEVER;
  uint32_t silent = 0;
  for (uint32_t tile = 0; tile < jobs->tables->header->num_tiles; ++tile) {
    const hb_jobs_slot_t *const slot = &jobs->slot[tile];
    if (((idle >> tile) & 1u) != 0) {
      continue;
    }
    if (slot->limit <= now) {
      const uint64_t over = now - slot->limit;
      hb_telemetry_fault(HB_ERR_TIMEOUT, tile, slot->job.tag,
                         over > UINT32_MAX ? UINT32_MAX : (uint32_t)over);
      silent |= 1u << tile;
    } else {
      next = slot->limit < next ? slot->limit : next;
    }
  }
  set_alarm(jobs, next);
  return silent;
}
