/* SPDX-License-Identifier: Apache-2.0 */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "hb_measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hb_pool.h"
#include "hilbert/hb_tile_regs.h"

enum {
  POLL_CYCLES = 50000,
  WHY_MAX = 512,
  WORD_CHANNELS = 16,
  OPERANDS = 2, /* layers that make the input tensors */
};

#define FOREVER (UINT64_MAX / 4)

/* What a process leaves. */
typedef struct answer {
  hb_status_t status;
  hb_sim_job_t job;
  char why[WHY_MAX];
} answer_t;

/* ---------------------------------------------------------------------------------- one layer */

typedef struct one {
  pid_t parent;
  uint32_t layer; /* the measured one's number */
  bool done;
  hb_sim_job_t job;
} one_t;

static void on_job(void *ctx, const hb_sim_job_t *job) {
  one_t *one = ctx;
  if (HB_TAG_LAYER(job->tag) == one->layer || job->status != HB_TILE_STATUS_OK) {
    one->job = *job;
    one->done = true;
  }
}

static bool on_poll(void *ctx, uint64_t cycle) {
  const one_t *one = ctx;
  (void)cycle;
  return one->done || getppid() != one->parent;
}

/* The smallest layer a tile of that kind runs: one word in, one word out. */
static hb_layer_t smallest_layer(uint32_t kind) {
  return (hb_layer_t){
      .name = "operand",
      .op = kind == HB_TILE_KIND_VECTOR ? HB_OP_REQUANTISE : HB_OP_CONV,
      .input = HB_LAYER_MODEL_INPUT,
      .input2 = HB_LAYER_NO_INPUT,
      .in_c = WORD_CHANNELS,
      .in_h = 1,
      .in_w = 1,
      .out_c = WORD_CHANNELS,
      .groups = 1,
      .ker_h = 1,
      .ker_w = 1,
      .stride_h = 1,
      .stride_w = 1,
      .dil_h = 1,
      .dil_w = 1,
      .x_scale = 1.0,
      .y_scale = 1.0,
      .clip_max = 255,
  };
}

static hb_status_t simulate(const hb_measure_t *measure, const hb_soc_t *soc,
                            hb_workload_t *workload, one_t *one, char *why, size_t why_len) {
  const hb_sim_options_t options = {
      .seed = 1,
      .sink = {.ctx = one, .job = on_job},
      .poll = on_poll,
      .poll_ctx = one,
      .poll_cycles = POLL_CYCLES,
      .twin_tiles = measure->rtl ? 0u : 1u,
  };
  hb_sim_t *sim = NULL;
  if (hb_sim_create(soc, &options, &sim) != HB_OK) {
    snprintf(why, why_len, "%s", hb_sim_error(NULL));
    return HB_ERR_INTERNAL;
  }
  hb_status_t status = hb_firmware_load(measure->firmware, workload, false, sim);
  if (status == HB_OK) {
    (void)hb_sim_run(sim, FOREVER);
    if (!one->done || one->job.status != HB_TILE_STATUS_OK) {
      status = HB_ERR_FAILED;
      snprintf(why, why_len, "%s", !one->done ? hb_sim_error(sim) : "the job ended with an error");
    }
  } else {
    snprintf(why, why_len, "%s", hb_sim_error(sim));
  }
  hb_sim_free(sim);
  return status;
}

static hb_status_t measure_one(const hb_measure_t *measure, const hb_validate_t *plan,
                               const hb_validate_job_t *job, pid_t parent, answer_t *answer) {
  const hb_validate_kind_t *kind = &plan->kinds[job->kind];
  hb_soc_t soc = *plan->soc;
  soc.tiles[0] = soc.tiles[kind->tile];
  soc.num_tiles = 1;
  const uint32_t operands = hb_op_is_binary(job->layer->op) ? OPERANDS : 1;
  hb_layer_t layers[OPERANDS + 1];
  for (uint32_t i = 0; i < operands; i++) {
    layers[i] = smallest_layer(kind->map.kind);
  }
  layers[operands] = *job->layer;
  layers[operands].input = 0;
  layers[operands].input2 = operands == OPERANDS ? 1 : HB_LAYER_NO_INPUT;
  hb_task_t task = {.name = "layer",
                    .model = {.name = "layer", .num_layers = operands + 1, .layers = layers},
                    .rate_num = 1,
                    .rate_den = 1000000,
                    .depends_on = HB_IMAGE_NONE,
                    .probability_ppm = 1000000,
                    .num_slots = 2};
  const hb_scenario_t scenario = {.name = "layer", .num_tasks = 1, .tasks = &task};
  hb_workload_t workload = {0};
  HB_TRY(hb_map_scenario(&scenario, &soc, 0, 1, HB_IMAGE_FLAG_PROTECT, &workload, answer->why,
                         sizeof(answer->why)));
  one_t one = {.parent = parent, .layer = operands};
  const hb_status_t status =
      simulate(measure, &soc, &workload, &one, answer->why, sizeof(answer->why));
  hb_workload_release(&workload);
  answer->job = one.job;
  return status;
}

/* ---------------------------------------------------------------------------------- processes */

typedef struct work {
  const hb_measure_t *measure;
  hb_validate_t *plan;
  uint32_t *order; /* jobs, the longest first */
  uint32_t num;
  answer_t *answers; /* by job; memory that the processes share */
  pid_t parent;
  hb_status_t status; /* of the first that did not end well */
  char *why;
  size_t why_len;
} work_t;

static const hb_validate_t *sorted_plan;

static int longest_first(const void *a, const void *b) {
  const uint32_t i = *(const uint32_t *)a;
  const uint32_t j = *(const uint32_t *)b;
  const uint64_t x = sorted_plan->jobs[i].est_cycles;
  const uint64_t y = sorted_plan->jobs[j].est_cycles;
  return x != y ? (x < y ? 1 : -1) : (i > j) - (i < j);
}

static void line_up(work_t *work) {
  const hb_validate_t *plan = work->plan;
  for (uint32_t j = 0; j < plan->num_jobs; j++) {
    if (plan->jobs[j].est_cycles > 0) {
      work->order[work->num++] = j;
    }
  }
  sorted_plan = plan;
  qsort(work->order, work->num, sizeof(*work->order), longest_first);
}

static double weight(void *ctx, uint64_t task) {
  const work_t *work = ctx;
  return (double)work->plan->jobs[work->order[task]].est_cycles;
}

static int begin(void *ctx, uint64_t task) {
  const work_t *work = ctx;
  const uint32_t job = work->order[task];
  answer_t *answer = &work->answers[job];
  answer->status =
      measure_one(work->measure, work->plan, &work->plan->jobs[job], work->parent, answer);
  return 0;
}

static bool end(void *ctx, uint64_t task, int exit_code) {
  work_t *work = ctx;
  hb_validate_job_t *job = &work->plan->jobs[work->order[task]];
  const answer_t *answer = &work->answers[work->order[task]];
  if (exit_code == 0 && answer->status == HB_OK) {
    job->measured = answer->job;
    return true;
  }
  if (work->status == HB_OK) {
    work->status = exit_code == 0 ? answer->status : HB_ERR_FAILED;
    snprintf(work->why, work->why_len, "layer %s alone on %s: %.300s", job->layer->name,
             work->plan->kinds[job->kind].name, exit_code == 0 ? answer->why : "its process ended");
  }
  return false;
}

static hb_status_t work_all(work_t *work) {
  line_up(work);
  const hb_pool_t pool = {.ctx = work,
                          .num = work->num,
                          .jobs = work->measure->processes,
                          .progress = work->measure->progress,
                          .what = "layers",
                          .together = true,
                          .weight = weight,
                          .begin = begin,
                          .end = end};
  uint64_t failed = 0;
  const hb_status_t status = hb_pool_run(&pool, &failed);
  if (status == HB_ERR_FAILED) {
    return work->status;
  }
  if (status != HB_OK) {
    snprintf(work->why, work->why_len, "%s",
             status == HB_ERR_STOPPED ? "interrupted" : "the layers were not measured");
  }
  return status;
}

hb_status_t hb_measure_all(const hb_measure_t *measure, hb_validate_t *plan, char *why,
                           size_t why_len) {
  const size_t bytes = (plan->num_jobs + 1u) * sizeof(answer_t);
  work_t work = {
      .measure = measure,
      .plan = plan,
      .order = calloc(plan->num_jobs + 1u, sizeof(*work.order)),
      .answers = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
      .parent = getpid(),
      .why = why,
      .why_len = why_len};
  hb_status_t status = HB_ERR_NOMEM;
  snprintf(why, why_len, "out of memory");
  if (work.order != NULL && work.answers != MAP_FAILED) {
    status = work_all(&work);
  }
  if (work.answers != MAP_FAILED) {
    (void)munmap(work.answers, bytes);
  }
  free(work.order);
  return status;
}
