/* SPDX-License-Identifier: Apache-2.0 */

/*
 * paths_test SCENARIO.yaml SOC.yaml FIRMWARE.elf SEED [rtl|twin]
 *
 * Runs the scenario's first task, whose network has blocks that frames skip and exits, frame after
 * frame. Of every frame exactly the layers must run that its path leaves, and each must leave in
 * DRAM what oneDNN (a sum: arithmetic here) computes along that path from the frame's bytes. Frames
 * must have taken every bit both ways.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"
#include "machine.h"
#include "onednn_ref.h"

enum { MAX_LAYERS = 16, STEP_CYCLES = 100, FRAMES = 10, MAX_CYCLES = 20000000 };

typedef struct test {
  hb_scenario_t scenario;
  const hb_model_t *model;
  machine_t machine;
  uint32_t path, paths_seen, frames_announced;
  bool ran[MAX_LAYERS];     /* in this frame */
  uint8_t *out[MAX_LAYERS]; /* what it left; NULL: not read yet */
  uint8_t *input;           /* of this frame, when its first layer has run */
  uint32_t frame, frames_done, bits_set, bits_clear, failures, layers_judged;
  bool done; /* the frame is */
} test_t;

static void on_path(void *ctx, const hb_sim_path_t *path) {
  test_t *t = ctx;
  t->path = path->stream == 0 ? path->path : t->path;
  t->frames_announced += path->stream == 0;
}

static void on_job(void *ctx, const hb_sim_job_t *job) {
  test_t *t = ctx;
  const uint32_t layer = HB_TAG_LAYER(job->tag);
  if (HB_TAG_MODEL(job->tag) != 0) {
    return;
  }
  if (job->status != HB_TILE_STATUS_OK || layer >= t->model->num_layers || t->ran[layer]) {
    printf("job %08x: status %u\n", job->tag, job->status);
    ++t->failures;
    return;
  }
  t->ran[layer] = true;
}

static void on_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  test_t *t = ctx;
  (void)cycle;
  (void)num;
  const uint32_t type = HB_TEL_TYPE(words[0]);
  if (type == HB_TEL_FRAME_DONE && words[1] == 0) {
    t->done = true;
  } else if (type == HB_TEL_FRAME_DROPPED || type == HB_TEL_FAULT) {
    printf("telemetry type %u: %u %u %u\n", type, words[1], words[2], words[3]);
    ++t->failures;
  }
}

static uint8_t *read_dram(const test_t *t, uint32_t addr, uint64_t len) {
  uint8_t *bytes = malloc(len);
  if (hb_sim_read_dram(t->machine.sim, addr, bytes, len) != HB_OK) {
    printf("%s\n", hb_sim_error(t->machine.sim));
    exit(1);
  }
  return bytes;
}

/* Outputs of layers that have ended, before a later one writes over them. */
static void take_snapshots(test_t *t) {
  for (uint32_t i = 0; i < t->model->num_layers; ++i) {
    if (t->ran[i] && t->out[i] == NULL) {
      t->out[i] = read_dram(t, machine_layer(&t->machine, 0, i)->out_addr,
                            hb_map_out_bytes(&t->model->layers[i]));
    }
  }
  if (t->ran[0] && t->input == NULL) {
    const hb_sim_stream_t *stream = &t->machine.workload.streams[0];
    t->input = read_dram(t, stream->slot_addr[0], stream->frame_bytes);
  }
}

/* What a layer computes from its operands. */
static uint8_t *reference(test_t *t, uint32_t i, const uint8_t *in, const uint8_t *in2) {
  const hb_layer_t *layer = &t->model->layers[i];
  const uint64_t len = hb_map_out_bytes(layer);
  uint8_t *want = malloc(len);
  char why[200] = "";
  if (layer->op == HB_OP_ADD) { /* all of one scale, zero point 128 */
    for (uint64_t b = 0; b < len; ++b) {
      const int sum = in[b] + in2[b] - 128;
      want[b] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  } else if (onednn_ref_layer(
                 layer, in,
                 machine_segment(&t->machine, machine_layer(&t->machine, 0, i)->const_addr), want,
                 why, sizeof(why)) != 0) {
    printf("%s\n", why);
    ++t->failures;
  }
  return want;
}

/* The frame along its path. */
static void judge_frame(test_t *t) {
  uint8_t *want[MAX_LAYERS] = {NULL};
  bool own[MAX_LAYERS] = {false};
  for (uint32_t i = 0; i < t->model->num_layers; ++i) {
    const bool runs = (hb_model_skip_mask(t->model, i) & t->path) == 0;
    if (runs != t->ran[i]) {
      printf("frame %u, path %x: layer %s %s\n", t->frame, t->path, t->model->layers[i].name,
             runs ? "did not run" : "ran");
      ++t->failures;
    }
    const uint32_t first = hb_model_source(t->model, i, false);
    const uint32_t second = hb_model_source(t->model, i, true);
    if (!runs) {
      for (uint32_t b = 0; b < t->model->num_blocks; ++b) { /* its input is its output */
        const hb_block_t *block = &t->model->blocks[b];
        want[i] = block->last == i && (t->path >> b & 1u) != 0
                      ? want[hb_model_source(t->model, block->first, false)]
                      : want[i];
      }
      continue;
    }
    want[i] = reference(t, i, first == HB_LAYER_NO_INPUT ? t->input : want[first],
                        second == HB_LAYER_NO_INPUT ? NULL : want[second]);
    own[i] = true;
    if (t->out[i] != NULL &&
        memcmp(want[i], t->out[i], hb_map_out_bytes(&t->model->layers[i])) != 0) {
      printf("frame %u, path %x: layer %s left other bytes\n", t->frame, t->path,
             t->model->layers[i].name);
      ++t->failures;
    }
    ++t->layers_judged;
  }
  for (uint32_t i = 0; i < t->model->num_layers; ++i) {
    if (own[i]) {
      free(want[i]);
    }
    free(t->out[i]);
  }
  free(t->input);
  t->bits_set |= t->path;
  t->bits_clear |= ~t->path;
  memset(t->ran, 0, sizeof(t->ran));
  memset(t->out, 0, sizeof(t->out));
  t->input = NULL;
  t->done = false;
  ++t->frame;
}

static bool run(test_t *t) {
  hb_sim_stop_t stop = HB_SIM_LIMIT;
  for (uint64_t until = STEP_CYCLES;
       stop == HB_SIM_LIMIT && t->frame < FRAMES && t->failures == 0 && until < MAX_CYCLES;
       until += STEP_CYCLES) {
    stop = hb_sim_run(t->machine.sim, until);
    take_snapshots(t);
    if (t->done) {
      judge_frame(t);
    }
    if (t->frames_announced > t->frame + 1u) {
      printf("frame %u came before the one before was done\n", t->frames_announced - 1u);
      return false;
    }
  }
  uint32_t ppm[HB_IMAGE_MAX_PATH_BITS];
  const uint32_t bits = (1u << hb_model_path(t->model, ppm)) - 1u;
  printf("%u frames, %u layers, bits set %x, clear %x: %u failures\n", t->frame, t->layers_judged,
         t->bits_set, t->bits_clear & bits, t->failures);
  return stop == HB_SIM_LIMIT && t->frame == FRAMES && t->failures == 0 && t->bits_set == bits &&
         (t->bits_clear & bits) == bits;
}

int main(int argc, char **argv) {
  const bool twin = argc == 6 && strcmp(argv[5], "twin") == 0;
  if (argc < 5 || argc > 6 || (argc == 6 && !twin && strcmp(argv[5], "rtl") != 0)) {
    fprintf(stderr, "usage: paths_test SCENARIO.yaml SOC.yaml FIRMWARE.elf SEED [rtl|twin]\n");
    return 2;
  }
  static test_t t;
  hb_config_error_t error;
  if (hb_config_load_scenario(argv[1], &t.scenario, &error) != HB_OK) {
    printf("%s\n", error.text);
    return 1;
  }
  t.model = &t.scenario.tasks[0].model;
  const hb_sim_options_t options = {
      .seed = strtoull(argv[4], NULL, 0),
      .sink = {.ctx = &t, .telemetry = on_telemetry, .job = on_job, .path = on_path},
      .twin_tiles = twin ? UINT32_MAX : 0,
      .functional = twin,
  };
  const bool good = t.model->num_layers <= MAX_LAYERS &&
                    machine_init(&t.machine, argv[2], argv[3], &t.scenario, 0, &options) && run(&t);
  machine_release(&t.machine);
  hb_scenario_release(&t.scenario);
  return good ? 0 : 1;
}
