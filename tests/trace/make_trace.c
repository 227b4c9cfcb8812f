/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * make_trace FILE JOBS: a trace like that of a run, from numbers alone, for tests and measurements.
 *
 * Four tiles run eight models of 50 layers, frame after frame; each job comes with the telemetry
 * and the interrupts it would have. A layer's work is the same in every frame, its waiting is not.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "hb_trace_sink.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

enum { TILES = 4, MODELS = 8, LAYERS = 50 };

typedef struct progress {
  uint32_t frame, layer;
} progress_t;

static hb_trace_sink_t *open_sink(const char *path) {
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_meta_set(&meta, "scenario", "synthetic");
  hb_trace_meta_set(&meta, "policy", "edf");
  hb_trace_meta_set_uint(&meta, "clock_khz", 250000);
  char name[32];
  for (uint32_t t = 0; t < TILES; t++) {
    snprintf(name, sizeof(name), "tile%" PRIu32, t);
    hb_trace_meta_set_tile(&meta, t, name);
  }
  for (uint32_t m = 0; m < MODELS; m++) {
    snprintf(name, sizeof(name), "M%" PRIu32, m);
    hb_trace_meta_set_model(&meta, m, name);
    for (uint32_t l = 0; l < LAYERS; l++) {
      snprintf(name, sizeof(name), "conv%" PRIu32, l);
      hb_trace_meta_set_layer(&meta, m, l, name);
    }
  }
  hb_trace_sink_t *sink = NULL;
  char why[256];
  if (hb_trace_sink_open(path, HB_TRACE_JOBS, &meta, &sink, why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
  }
  hb_trace_meta_release(&meta);
  return sink;
}

static void put_record(hb_trace_sink_t *sink, uint64_t cycle, uint32_t head,
                       const uint32_t *words) {
  uint32_t record[1 + HB_TEL_MAX_WORDS] = {head};
  for (uint32_t i = 0; i < HB_TEL_WORDS(head); i++) {
    record[1 + i] = words[i];
  }
  hb_trace_sink_telemetry(sink, cycle, record, 1 + HB_TEL_WORDS(head));
}

/* Work of a layer, the same for ever: 20000 to 200000 cycles. */
static uint64_t work_of(uint32_t model, uint32_t layer) {
  uint64_t state = 1 + model * 1000u + layer;
  fixture_random(&state);
  return 20000 + fixture_random(&state) % 180000;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: make_trace FILE JOBS\n");
    return 2;
  }
  hb_trace_sink_t *sink = open_sink(argv[1]);
  const uint64_t num = strtoull(argv[2], NULL, 10);
  progress_t models[MODELS] = {{0}};
  uint64_t free_at[TILES] = {0};
  uint64_t random = 1;
  for (uint64_t i = 0; i < num; i++) {
    /* The tile that is free first takes the next layer of the next model. */
    uint32_t tile = 0;
    for (uint32_t t = 1; t < TILES; t++) {
      if (free_at[t] < free_at[tile]) tile = t;
    }
    const uint32_t model = (uint32_t)(fixture_random(&random) % MODELS);
    progress_t *at = &models[model];
    const uint32_t tag = HB_TAG(model, at->frame, at->layer);
    const uint64_t work = work_of(model, at->layer);
    const uint64_t wait = fixture_random(&random) % (work / 20);
    const uint64_t doorbell = free_at[tile] + 150 + fixture_random(&random) % 100;
    const hb_sim_job_t job = {
        .tile = tile,
        .tag = tag,
        .status = HB_TILE_STATUS_OK,
        .doorbell = doorbell,
        .start = doorbell + 4,
        .end = doorbell + 4 + work + wait,
        .busy = work + wait,
        .array = work * 9 / 10,
        .wait_load = wait,
        .wait_store = work / 200,
        .wait_wgt = work / 20,
        .wait_cmd = work - work * 9 / 10 - work / 200 - work / 20,
        .rd_beats = work / 3,
        .wr_beats = work / 10,
    };
    /* Time order: all of this job belongs to its end, as the sink may sort only a little. */
    if (at->layer == 0)
      put_record(sink, job.end, HB_TEL_HEAD(HB_TEL_FRAME_STARTED, 2),
                 (uint32_t[]){model, at->frame});
    put_record(sink, job.end, HB_TEL_HEAD(HB_TEL_DECISION, 4), (uint32_t[]){tag, tile, 5, 1});
    hb_trace_sink_job(sink, &job);
    hb_trace_sink_irq(sink, job.end + 8, HB_IRQ_TILE(tile), true);
    put_record(sink, job.end + 90, HB_TEL_HEAD(HB_TEL_JOB_DONE, 3),
               (uint32_t[]){tag, tile, 0x80000000u});
    hb_trace_sink_irq(sink, job.end + 95, HB_IRQ_TILE(tile), false);
    /* One job after the other in time, so that records stay in order. */
    for (uint32_t t = 0; t < TILES; t++) {
      if (free_at[t] < job.end) free_at[t] = job.end;
    }
    if (++at->layer == LAYERS) {
      at->layer = 0;
      at->frame++;
    }
  }
  char why[256];
  if (hb_trace_sink_close(sink, true, "", why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], why);
    return 1;
  }
  return 0;
}
