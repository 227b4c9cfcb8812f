/* SPDX-License-Identifier: Apache-2.0 */

/*
 * protection_test SOC.yaml FIRMWARE.elf CASE
 *
 * Model 0 is told to use memory that is not its own. Its frames are lost, each with a FAULT record
 * that names the address; no byte changes outside its tensors; the frames of model 1 all complete.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_telemetry.h"
#include "machine.h"

enum { BEHIND_BYTES = 1 << 20, CANARY = 0xc3, LIMIT = 2000000 };

typedef struct seen {
  uint32_t done[2], dropped[2], arrived[2]; /* frames, by model */
  uint32_t faults, wrong_faults, refused, wrong_refused;
  uint32_t first_addr; /* of the first access refused */
} seen_t;

static void on_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  (void)cycle;
  (void)num;
  seen_t *seen = ctx;
  switch (HB_TEL_TYPE(words[0])) {
    case HB_TEL_FRAME_ARRIVED:
      ++seen->arrived[words[1] % 2u];
      break;
    case HB_TEL_FRAME_DONE:
      ++seen->done[words[1] % 2u];
      break;
    case HB_TEL_FRAME_DROPPED:
      seen->dropped[words[1] % 2u] += words[3] == HB_DROP_FAULT;
      break;
    case HB_TEL_FAULT:
      ++seen->faults;
      seen->wrong_faults += words[1] != HB_ERR_RANGE || HB_TAG_MODEL(words[3]) != 0;
      break;
    default:
      break;
  }
}

static void on_refused(void *ctx, const hb_sim_refused_t *refused) {
  seen_t *seen = ctx;
  seen->first_addr = seen->refused++ == 0 ? refused->addr : seen->first_addr;
  seen->wrong_refused += HB_TAG_MODEL(refused->tag) != 0;
}

/* What the case does to model 0's only layer; returns the address its job may not touch. */
static uint32_t spoil(const char *name, const machine_t *machine) {
  const hb_image_header_t *header = (const void *)machine->workload.image;
  uint8_t *image = machine->workload.image;
  const hb_image_model_t *models = (const void *)(image + header->models_offset);
  hb_image_layer_t *layer = (void *)(image + header->layers_offset);
  hb_image_program_t *programs = (void *)(image + header->programs_offset);
  const hb_image_window_t *own = &models[0].window[HB_IMAGE_WINDOW_TENSORS];
  const uint32_t other_constants = models[1].window[HB_IMAGE_WINDOW_CONSTANTS].base;
  const uint32_t other_tensors = models[1].window[HB_IMAGE_WINDOW_TENSORS].base;
  const uint32_t behind = HB_DRAM_BASE + (uint32_t)machine->workload.dram_bytes;
  if (strcmp(name, "write_behind") == 0) return layer->out_addr = (behind + 255u) & ~255u;
  if (strcmp(name, "write_other") == 0) return layer->out_addr = other_constants;
  if (strcmp(name, "write_programs") == 0) return layer->out_addr = programs->addr;
  if (strcmp(name, "write_straddling") == 0) return layer->out_addr = own->end - 16u;
  if (strcmp(name, "read_other") == 0) return layer->in_addr = other_tensors;
  if (strcmp(name, "read_constants") == 0) return layer->const_addr = other_constants;
  if (strcmp(name, "program") == 0) {
    for (uint32_t kind = 0; kind < header->num_kinds; ++kind) {
      programs[kind].addr = other_tensors;
    }
    return other_tensors;
  }
  return 0;
}

static int judge(const machine_t *machine, const seen_t *seen, uint32_t target, const char *name) {
  int failures = 0;
  printf(
      "model 0: %u of %u frames lost; model 1: %u of %u done; %u faults, %u accesses refused, "
      "the first at 0x%08x\n",
      seen->dropped[0], seen->arrived[0], seen->done[1], seen->arrived[1], seen->faults,
      seen->refused, seen->first_addr);
  if (seen->done[0] != 0 || seen->dropped[0] < 3 || seen->dropped[0] + 2u < seen->arrived[0] ||
      seen->faults != seen->dropped[0] || seen->wrong_faults != 0) {
    printf("model 0's frames are not all lost for their own fault\n");
    ++failures;
  }
  if (seen->dropped[1] != 0 || seen->done[1] < 3 || seen->done[1] + 2u < seen->arrived[1]) {
    printf("model 1 is disturbed\n");
    ++failures;
  }
  /* A job of several engines may be refused elsewhere than where it begins. */
  if (seen->refused < seen->faults || seen->wrong_refused != 0 || seen->first_addr < target ||
      seen->first_addr > target + 65536u) {
    printf("%s: the refused accesses are not those at 0x%08x\n", name, target);
    ++failures;
  }
  for (uint32_t i = 0; i < machine->workload.num_segments; ++i) {
    const hb_segment_t *s = &machine->workload.segments[i];
    uint8_t *now = malloc(s->len);
    if (now == NULL || hb_sim_read_dram(machine->sim, s->addr, now, s->len) != HB_OK ||
        memcmp(now, s->bytes, s->len) != 0) {
      printf("programs or constants at 0x%08x changed\n", s->addr);
      ++failures;
    }
    free(now);
  }
  static uint8_t behind[BEHIND_BYTES];
  uint32_t changed = 0;
  if (hb_sim_read_dram(machine->sim, HB_DRAM_BASE + (uint32_t)machine->workload.dram_bytes, behind,
                       sizeof behind) != HB_OK) {
    return failures + 1;
  }
  for (uint32_t i = 0; i < sizeof behind; ++i) {
    changed += behind[i] != CANARY;
  }
  printf("%u bytes behind the workload changed\n", changed);
  return failures + (changed != 0);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: protection_test SOC.yaml FIRMWARE.elf CASE\n");
    return 2;
  }
  hb_layer_t layers[2] = {machine_small_conv(), machine_small_conv()};
  hb_task_t tasks[2];
  for (int i = 0; i < 2; ++i) {
    tasks[i] = (hb_task_t){.name = "task",
                           .model = {.num_layers = 1, .layers = &layers[i]},
                           .rate_num = 1000,
                           .rate_den = 1,
                           .depends_on = HB_IMAGE_NONE,
                           .probability_ppm = 1000000,
                           .num_slots = 2};
  }
  const hb_scenario_t scenario = {.name = "protection", .num_tasks = 2, .tasks = tasks};
  seen_t seen = {0};
  const hb_sim_options_t options = {
      .seed = 1, .sink = {.ctx = &seen, .telemetry = on_telemetry, .refused = on_refused}};
  machine_t machine;
  int failures = 1;
  if (machine_init(&machine, argv[1], argv[2], &scenario, 0, &options)) {
    machine_watch_dram(&machine);
    static uint8_t canary[BEHIND_BYTES];
    memset(canary, CANARY, sizeof canary);
    const uint32_t target = spoil(argv[3], &machine);
    if (target == 0 || !machine_reload_image(&machine) ||
        hb_sim_load_dram(machine.sim, HB_DRAM_BASE + (uint32_t)machine.workload.dram_bytes, canary,
                         sizeof canary) != HB_OK) {
      printf("could not spoil the machine\n");
    } else if (hb_sim_run(machine.sim, LIMIT) != HB_SIM_LIMIT) {
      printf("the run ended early: %s\n", hb_sim_error(machine.sim));
    } else {
      failures = judge(&machine, &seen, target, argv[3]);
    }
  }
  machine_release(&machine);
  return failures != 0;
}
