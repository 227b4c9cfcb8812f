/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_measure.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hb_progress.h"
#include "hilbert/hb_tile_regs.h"

enum {
  POLL_CYCLES = 50000,
  REDRAW_MS = 200,
  MAX_PROCESSES = 64,
  WHY_MAX = 512,
  WORD_CHANNELS = 16,
  OPERANDS = 2, /* layers that make the input tensors */
};

#define FOREVER (UINT64_MAX / 4)

/* What a process sends back: less than a pipe takes at once. */
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
  hb_status_t status = hb_firmware_load(measure->firmware, workload, sim);
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

typedef struct process {
  pid_t pid; /* 0: none */
  int pipe;
  uint32_t job;
} process_t;

typedef struct pool {
  const hb_measure_t *measure;
  hb_validate_t *plan;
  uint32_t *order; /* jobs, the longest first */
  uint32_t num, next, done;
  double all, spent; /* estimated cycles */
  process_t processes[MAX_PROCESSES];
  uint32_t running;
  double begin_s;
  char *why;
  size_t why_len;
} pool_t;

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static const hb_validate_t *sorted_plan;

static int longest_first(const void *a, const void *b) {
  const uint32_t i = *(const uint32_t *)a;
  const uint32_t j = *(const uint32_t *)b;
  const uint64_t x = sorted_plan->jobs[i].est_cycles;
  const uint64_t y = sorted_plan->jobs[j].est_cycles;
  return x != y ? (x < y ? 1 : -1) : (i > j) - (i < j);
}

static hb_status_t line_up(pool_t *pool) {
  const hb_validate_t *plan = pool->plan;
  pool->order = calloc(plan->num_jobs + 1u, sizeof(*pool->order));
  if (pool->order == NULL) {
    return HB_ERR_NOMEM;
  }
  for (uint32_t j = 0; j < plan->num_jobs; j++) {
    if (plan->jobs[j].est_cycles > 0) {
      pool->order[pool->num++] = j;
      pool->all += (double)plan->jobs[j].est_cycles;
    }
  }
  sorted_plan = plan;
  qsort(pool->order, pool->num, sizeof(*pool->order), longest_first);
  return HB_OK;
}

static _Noreturn void be_process(const pool_t *pool, uint32_t job, pid_t parent, int pipe_end) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  answer_t answer;
  memset(&answer, 0, sizeof(answer));
  answer.status = measure_one(pool->measure, pool->plan, &pool->plan->jobs[job], parent, &answer);
  const bool sent = write(pipe_end, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
  _exit(sent ? 0 : 1);
}

static hb_status_t start(pool_t *pool, process_t *process) {
  int ends[2];
  const pid_t parent = getpid();
  fflush(NULL);
  if (pipe(ends) != 0) {
    snprintf(pool->why, pool->why_len, "pipe: %s", strerror(errno));
    return HB_ERR_IO;
  }
  const uint32_t job = pool->order[pool->next];
  const pid_t pid = fork();
  if (pid < 0) {
    snprintf(pool->why, pool->why_len, "fork: %s", strerror(errno));
    close(ends[0]);
    close(ends[1]);
    return HB_ERR_IO;
  }
  if (pid == 0) {
    close(ends[0]);
    be_process(pool, job, parent, ends[1]);
  }
  close(ends[1]);
  pool->next++;
  pool->running++;
  *process = (process_t){.pid = pid, .pipe = ends[0], .job = job};
  return HB_OK;
}

static hb_status_t finish(pool_t *pool, process_t *process) {
  answer_t answer;
  memset(&answer, 0, sizeof(answer));
  const bool whole = read(process->pipe, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
  close(process->pipe);
  (void)waitpid(process->pid, NULL, 0);
  process->pid = 0;
  pool->running--;
  hb_validate_job_t *job = &pool->plan->jobs[process->job];
  if (!whole || answer.status != HB_OK) {
    snprintf(pool->why, pool->why_len, "layer %s alone on %s: %.300s", job->layer->name,
             pool->plan->kinds[job->kind].name, whole ? answer.why : "its process ended");
    return whole ? answer.status : HB_ERR_FAILED;
  }
  job->measured = answer.job;
  pool->done++;
  pool->spent += (double)job->est_cycles;
  return HB_OK;
}

static void draw(const pool_t *pool) {
  const double share = pool->all > 0.0 ? pool->spent / pool->all : 0.0;
  const double spent_s = hb_progress_clock_s() - pool->begin_s;
  const double left_s = share > 0.0 ? spent_s * (1.0 - share) / share : 0.0;
  fprintf(stderr, "\r%u of %u layers measured, %.0f%% of %.0f million cycles", pool->done,
          pool->num, 100.0 * share, pool->all / 1e6);
  if (share > 0.0) {
    fprintf(stderr, "  %d:%02d left", (int)left_s / 60, (int)left_s % 60);
  }
  fputs("\033[K", stderr);
  fflush(stderr);
}

/* Waits for processes; takes up what they have. */
static hb_status_t wait_some(pool_t *pool) {
  struct pollfd waits[MAX_PROCESSES];
  process_t *of[MAX_PROCESSES];
  nfds_t num = 0;
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (pool->processes[i].pid != 0) {
      of[num] = &pool->processes[i];
      waits[num++] = (struct pollfd){.fd = pool->processes[i].pipe, .events = POLLIN};
    }
  }
  const int ready = poll(waits, num, REDRAW_MS);
  for (nfds_t i = 0; ready > 0 && i < num; i++) {
    if (waits[i].revents != 0) {
      HB_TRY(finish(pool, of[i]));
    }
  }
  return HB_OK;
}

static hb_status_t work(pool_t *pool) {
  while (pool->done < pool->num) {
    for (uint32_t i = 0; i < pool->measure->processes && i < MAX_PROCESSES; i++) {
      if (pool->processes[i].pid == 0 && pool->next < pool->num) {
        HB_TRY(start(pool, &pool->processes[i]));
      }
    }
    HB_TRY(wait_some(pool));
    if (interrupted) {
      snprintf(pool->why, pool->why_len, "interrupted");
      return HB_ERR_STOPPED;
    }
    if (pool->measure->progress) {
      draw(pool);
    }
  }
  return HB_OK;
}

hb_status_t hb_measure_all(const hb_measure_t *measure, hb_validate_t *plan, char *why,
                           size_t why_len) {
  pool_t *pool = calloc(1, sizeof(*pool));
  if (pool == NULL) {
    snprintf(why, why_len, "out of memory");
    return HB_ERR_NOMEM;
  }
  pool->measure = measure;
  pool->plan = plan;
  pool->why = why;
  pool->why_len = why_len;
  pool->begin_s = hb_progress_clock_s();
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  action.sa_flags = (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  interrupted = 0;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  hb_status_t status = line_up(pool);
  if (status == HB_OK) {
    status = work(pool);
  }
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (pool->processes[i].pid != 0) {
      kill(pool->processes[i].pid, SIGKILL); /* it may not have its own handlers yet */
      close(pool->processes[i].pipe);
      (void)waitpid(pool->processes[i].pid, NULL, 0);
    }
  }
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  if (measure->progress) {
    fputs("\r\033[K", stderr);
  }
  free(pool->order);
  free(pool);
  return status;
}
