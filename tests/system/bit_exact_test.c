/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bit_exact_test SOC.yaml FIRMWARE.elf SEED [STALL_PPM [rtl|twin]]
 *
 * Random models, each a chain of random layers, run once through the whole system: sensors write
 * the input, firmware dispatches every layer to a tile, the tile's RTL, or its functional twin,
 * computes it through NoC and DRAM. The output of every layer, read from DRAM, must be what oneDNN
 * computes from the bytes that lay at its input. Everything follows from SEED: models, constants,
 * inputs, policy, back-pressure.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"
#include "machine.h"
#include "onednn_ref.h"
#include "random_layer.h"

enum {
  MODELS = 6,
  MAX_LAYERS = 4,
  STEP_CYCLES = 100,
  MAX_CYCLES = 20000000,
};

/* One layer's run. */
typedef struct job {
  bool done;
  uint32_t tile;
  uint64_t start, end;
  uint64_t snapshot; /* cycle in which `out` was read */
  uint8_t *out;
} job_t;

typedef struct test {
  hb_layer_t layers[MODELS][MAX_LAYERS];
  hb_task_t tasks[MODELS];
  hb_scenario_t scenario;
  machine_t machine;
  job_t jobs[MODELS][MAX_LAYERS];
  uint32_t layers_total, jobs_done, bad_jobs, frames_dropped;
  uint32_t per_tile[HB_MAX_TILES];
} test_t;

static void make_scenario(test_t *t, test_random_t *random) {
  random_layer_limits_t limits = {.max_c = 200, .max_k = 150, .max_size = 40, .max_macs = 4000000};
  for (uint32_t m = 0; m < MODELS; ++m) {
    const uint32_t num = test_random_range(random, 1, MAX_LAYERS);
    for (uint32_t i = 0; i < num; ++i) {
      limits.raw = i + 1u == num; /* the next layer could not read int32 */
      t->layers[m][i] = random_layer_after(random, &limits, i ? &t->layers[m][i - 1u] : NULL);
      snprintf(t->layers[m][i].name, HB_NAME_MAX, "layer%u", i);
    }
    /* One frame each: the second would come after a second. */
    t->tasks[m] = (hb_task_t){
        .model = {.num_layers = num, .layers = t->layers[m]},
        .rate_num = 1,
        .rate_den = 1,
        .offset_ps = (uint64_t)test_random_below(random, 200) * 1000000u,
        .depends_on = m % 3u == 2u ? m - 1u : HB_IMAGE_NONE,
        .probability_ppm = 1000000,
        .num_slots = 2,
    };
    snprintf(t->tasks[m].name, HB_NAME_MAX, "model%u", m);
    t->layers_total += num;
  }
  t->scenario = (hb_scenario_t){.name = "random", .num_tasks = MODELS, .tasks = t->tasks};
}

static void on_job(void *ctx, const hb_sim_job_t *job) {
  test_t *t = ctx;
  const uint32_t m = HB_TAG_MODEL(job->tag), i = HB_TAG_LAYER(job->tag);
  if (job->status != HB_TILE_STATUS_OK || m >= MODELS || i >= t->tasks[m].model.num_layers ||
      t->jobs[m][i].done) {
    printf("job %08x on tile %u: status %u at command %u\n", job->tag, job->tile, job->status,
           job->command);
    ++t->bad_jobs;
    return;
  }
  t->jobs[m][i].done = true;
  t->jobs[m][i].tile = job->tile;
  t->jobs[m][i].start = job->start;
  t->jobs[m][i].end = job->end;
  ++t->jobs_done;
  ++t->per_tile[job->tile];
}

static void on_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  test_t *t = ctx;
  (void)num;
  if (HB_TEL_TYPE(words[0]) == HB_TEL_FRAME_DROPPED || HB_TEL_TYPE(words[0]) == HB_TEL_FAULT) {
    printf("cycle %llu: telemetry type %u: %u %u %u\n", (unsigned long long)cycle,
           HB_TEL_TYPE(words[0]), words[1], words[2], words[3]);
    ++t->frames_dropped;
  }
}

/* Reads the outputs of layers that have completed, before a later layer reuses the buffer. */
static bool take_snapshots(test_t *t) {
  for (uint32_t m = 0; m < MODELS; ++m) {
    for (uint32_t i = 0; i < t->tasks[m].model.num_layers; ++i) {
      job_t *job = &t->jobs[m][i];
      if (!job->done || job->out != NULL) {
        continue;
      }
      const size_t len = hb_map_out_bytes(&t->layers[m][i]);
      job->out = malloc(len);
      job->snapshot = hb_sim_cycle(t->machine.sim);
      if (hb_sim_read_dram(t->machine.sim, machine_layer(&t->machine, m, i)->out_addr, job->out,
                           len) != HB_OK) {
        printf("%s\n", hb_sim_error(t->machine.sim));
        return false;
      }
    }
  }
  return true;
}

static bool run(test_t *t) {
  machine_watch_dram(&t->machine);
  hb_sim_stop_t stop = HB_SIM_LIMIT;
  uint64_t until = STEP_CYCLES;
  while (stop == HB_SIM_LIMIT && t->jobs_done < t->layers_total && t->bad_jobs == 0 &&
         until < MAX_CYCLES) {
    stop = hb_sim_run(t->machine.sim, until);
    until += STEP_CYCLES;
    if (!take_snapshots(t)) {
      return false;
    }
  }
  if (stop != HB_SIM_LIMIT || t->jobs_done != t->layers_total || t->bad_jobs != 0 ||
      t->frames_dropped != 0) {
    printf(
        "stopped with %d at cycle %llu, %u of %u layers done, %u bad jobs, %u drops or faults: "
        "%s\n",
        (int)stop, (unsigned long long)hb_sim_cycle(t->machine.sim), t->jobs_done, t->layers_total,
        t->bad_jobs, t->frames_dropped, hb_sim_error(t->machine.sim));
    return false;
  }
  return true;
}

/* One layer against oneDNN; returns 1 if a byte differs. */
static int judge(test_t *t, uint32_t m, uint32_t i, const uint8_t *in) {
  const hb_layer_t *layer = &t->layers[m][i];
  const size_t len = hb_map_out_bytes(layer);
  uint8_t *want = malloc(len);
  char why[200] = "", text[400];
  int failed = onednn_ref_layer(
      layer, in, machine_segment(&t->machine, machine_layer(&t->machine, m, i)->const_addr), want,
      why, sizeof(why));
  if (failed) {
    printf("%s\n", why);
  }
  const uint8_t *got = t->jobs[m][i].out;
  for (size_t b = 0; b < len && !failed; ++b) {
    if (got[b] != want[b]) {
      random_layer_text(layer, text, sizeof(text));
      printf("model %u layer %u on tile %u: byte %zu of %zu is %u, expected %u\n  %s\n", m, i,
             t->jobs[m][i].tile, b, len, got[b], want[b], text);
      failed = 1;
    }
  }
  /* Proof that the snapshot was not taken too late. */
  if (i + 2u < t->tasks[m].model.num_layers && t->jobs[m][i + 2u].start < t->jobs[m][i].snapshot) {
    printf("model %u layer %u was read too late\n", m, i);
    failed = 1;
  }
  free(want);
  return failed != 0;
}

static int judge_all(test_t *t) {
  int failures = 0;
  for (uint32_t m = 0; m < MODELS; ++m) {
    const hb_sim_stream_t *stream = &t->machine.workload.streams[m];
    uint8_t *input = malloc(stream->frame_bytes); /* the only frame took the lowest slot */
    if (hb_sim_read_dram(t->machine.sim, stream->slot_addr[0], input, stream->frame_bytes) !=
        HB_OK) {
      printf("%s\n", hb_sim_error(t->machine.sim));
      free(input);
      return 1;
    }
    uint32_t zeros = 0;
    for (uint32_t b = 0; b < stream->frame_bytes; ++b) {
      zeros += input[b] == 0;
    }
    if (zeros == stream->frame_bytes) {
      printf("model %u: the sensor wrote nothing\n", m);
      ++failures;
    }
    for (uint32_t i = 0; i < t->tasks[m].model.num_layers; ++i) {
      failures += judge(t, m, i, i ? t->jobs[m][i - 1u].out : input);
    }
    free(input);
  }
  return failures;
}

int main(int argc, char **argv) {
  const bool twin = argc == 6 && strcmp(argv[5], "twin") == 0;
  if (argc < 4 || argc > 6 || (argc == 6 && !twin && strcmp(argv[5], "rtl") != 0)) {
    fprintf(stderr, "usage: bit_exact_test SOC.yaml FIRMWARE.elf SEED [STALL_PPM [rtl|twin]]\n");
    return 2;
  }
  static test_t t;
  const uint64_t seed = strtoull(argv[3], NULL, 0);
  const uint32_t stall_ppm = argc >= 5 ? (uint32_t)strtoul(argv[4], NULL, 0) : 0;
  test_random_t random = {seed};
  make_scenario(&t, &random);
  int failures = 1;
  const hb_sim_options_t options = {
      .seed = seed,
      .stall_ppm = stall_ppm,
      .stall_seed = seed + 1u,
      .sink = {.ctx = &t, .telemetry = on_telemetry, .job = on_job},
      .twin_tiles = twin ? UINT32_MAX : 0,
      .functional = twin,
  };
  const uint32_t policy = (uint32_t)(seed & 1u);
  if (machine_init(&t.machine, argv[1], argv[2], &t.scenario, policy, &options) && run(&t)) {
    failures = judge_all(&t);
    uint64_t cycles = 0, estimated = 0, macs = 0;
    for (uint32_t m = 0; m < MODELS; ++m) {
      for (uint32_t i = 0; i < t.tasks[m].model.num_layers; ++i) {
        cycles += t.jobs[m][i].end - t.jobs[m][i].start;
        estimated += machine_estimate(&t.machine, m, i, t.jobs[m][i].tile);
        macs += hb_layer_macs(&t.layers[m][i]);
        free(t.jobs[m][i].out);
      }
    }
    printf(
        "%s seed %llu stall %u ppm: %u layers, %llu MACs, done at cycle %llu, %llu job cycles "
        "(estimated %llu), jobs per tile",
        t.machine.soc.name, (unsigned long long)seed, stall_ppm, t.layers_total,
        (unsigned long long)macs, (unsigned long long)hb_sim_cycle(t.machine.sim),
        (unsigned long long)cycles, (unsigned long long)estimated);
    for (uint32_t i = 0; i < t.machine.soc.num_tiles; ++i) {
      printf(" %u", t.per_tile[i]);
    }
    printf(": %d failed\n", failures);
  }
  machine_release(&t.machine);
  return failures != 0;
}
