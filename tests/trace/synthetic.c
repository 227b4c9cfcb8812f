/* SPDX-License-Identifier: Apache-2.0 */

#include "synthetic.h"

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

/* The job that `tile`, free since `now`, takes next: the next layer of a random model. */
static hb_sim_job_t next_job(progress_t models[MODELS], uint32_t tile, uint64_t now,
                             uint64_t *random) {
  const uint32_t model = (uint32_t)(fixture_random(random) % MODELS);
  progress_t *at = &models[model];
  const uint64_t work = work_of(model, at->layer);
  const uint64_t wait = fixture_random(random) % (work / 20);
  const uint64_t doorbell = now + 150 + fixture_random(random) % 100;
  const hb_sim_job_t job = {
      .tile = tile,
      .tag = HB_TAG(model, at->frame, at->layer),
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
  if (++at->layer == LAYERS) {
    at->layer = 0;
    at->frame++;
  }
  return job;
}

/* What firmware and interrupts say when `done` ends and `next` takes its place. */
static void put_events(hb_trace_sink_t *sink, const hb_sim_job_t *done, const hb_sim_job_t *next) {
  const uint64_t end = done->end;
  hb_trace_sink_irq(sink, end + 8, HB_IRQ_TILE(done->tile), true);
  put_record(sink, end + 90, HB_TEL_HEAD(HB_TEL_JOB_DONE, 3),
             (uint32_t[]){done->tag, done->tile, 0x80000000u});
  hb_trace_sink_irq(sink, end + 95, HB_IRQ_TILE(done->tile), false);
  if (HB_TAG_LAYER(next->tag) == 0) {
    put_record(sink, end + 130, HB_TEL_HEAD(HB_TEL_FRAME_STARTED, 2),
               (uint32_t[]){HB_TAG_MODEL(next->tag), HB_TAG_FRAME(next->tag)});
  }
  put_record(sink, end + 140, HB_TEL_HEAD(HB_TEL_DECISION, 4),
             (uint32_t[]){next->tag, next->tile, 5, 1});
}

void synthetic_trace(const char *path, uint64_t num, synthetic_part_t part) {
  hb_trace_sink_t *sink = open_sink(path);
  progress_t models[MODELS] = {{0}};
  hb_sim_job_t running[TILES];
  uint64_t random = 1;
  for (uint32_t t = 0; t < TILES; t++) {
    running[t] = next_job(models, t, 0, &random);
  }
  for (uint64_t i = 0; i < num; i++) {
    uint32_t tile = 0; /* whose job ends first */
    for (uint32_t t = 1; t < TILES; t++) {
      if (running[t].end < running[tile].end) tile = t;
    }
    const hb_sim_job_t done = running[tile];
    running[tile] = next_job(models, tile, done.end, &random);
    hb_trace_sink_job(sink, &done);
    if (part == SYNTHETIC_ALL) put_events(sink, &done, &running[tile]);
  }
  char why[256];
  if (hb_trace_sink_close(sink, true, "", why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
  }
}
