/* SPDX-License-Identifier: Apache-2.0 */

/*
 * utilisation_test SOC.yaml FIRMWARE.elf MIN_PERCENT
 *
 * A 3x3 convolution, 64 -> 64 channels at 56x56, dispatched by the firmware to one tile of an
 * otherwise idle machine: multiply-accumulates done over those the array could have done between
 * start and end of the job.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tile_regs.h"
#include "machine.h"

typedef struct result {
  bool done;
  hb_sim_job_t job;
} result_t;

static void on_job(void *ctx, const hb_sim_job_t *job) {
  result_t *result = ctx;
  result->job = *job;
  result->done = true;
}

static bool job_done(void *ctx, uint64_t cycle) {
  (void)cycle;
  return ((result_t *)ctx)->done;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: utilisation_test SOC.yaml FIRMWARE.elf MIN_PERCENT\n");
    return 2;
  }
  hb_layer_t layer = {.name = "conv",
                      .input = HB_LAYER_PREVIOUS,
                      .in_c = 64,
                      .in_h = 56,
                      .in_w = 56,
                      .out_c = 64,
                      .ker_h = 3,
                      .ker_w = 3,
                      .stride_h = 1,
                      .stride_w = 1,
                      .dil_h = 1,
                      .dil_w = 1,
                      .pad_top = 1,
                      .pad_bottom = 1,
                      .pad_left = 1,
                      .pad_right = 1,
                      .x_signed = true,
                      .w_signed = true,
                      .y_signed = true,
                      .clip_max = 127};
  hb_task_t task = {.name = "conv",
                    .model = {.num_layers = 1, .layers = &layer},
                    .rate_num = 1,
                    .rate_den = 1,
                    .depends_on = HB_IMAGE_NONE,
                    .probability_ppm = 1000000,
                    .num_slots = 2};
  const hb_scenario_t scenario = {.name = "utilisation", .num_tasks = 1, .tasks = &task};
  result_t result = {0};
  const hb_sim_options_t options = {.seed = 1,
                                    .sink = {.ctx = &result, .job = on_job},
                                    .poll = job_done,
                                    .poll_ctx = &result,
                                    .poll_cycles = 1000};
  machine_t machine;
  int failed = 1;
  if (machine_init(&machine, argv[1], argv[2], &scenario, 0, &options)) {
    machine_watch_dram(&machine);
    const hb_sim_stop_t stop = hb_sim_run(machine.sim, 10000000);
    const hb_sim_job_t *job = &result.job;
    uint32_t id = 0, caps = 0;
    hb_map_tile_t tile;
    if (!result.done || job->status != HB_TILE_STATUS_OK ||
        hb_sim_tile_model_info(machine.soc.tiles[job->tile].model, &id, &caps) != HB_OK) {
      printf("stopped with %d, status %u: %s\n", (int)stop, job->status, hb_sim_error(machine.sim));
    } else {
      hb_map_tile_decode(id, caps, &tile);
      const uint64_t cycles = job->end - job->start;
      const double percent =
          100.0 * (double)hb_layer_macs(&layer) / ((double)cycles * tile.size * tile.size);
      printf(
          "%s: %llu cycles (estimated %llu), array fed in %llu, waited for loads %llu, stores "
          "%llu, weights %llu, commands %llu: MAC utilisation %.1f%%\n",
          machine.soc.name, (unsigned long long)cycles,
          (unsigned long long)machine_estimate(&machine, 0, 0, job->tile),
          (unsigned long long)job->array, (unsigned long long)job->wait_load,
          (unsigned long long)job->wait_store, (unsigned long long)job->wait_wgt,
          (unsigned long long)job->wait_cmd, percent);
      failed = percent < strtod(argv[3], NULL);
    }
  }
  machine_release(&machine);
  return failed;
}
