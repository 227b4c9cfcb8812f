/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_endtoend.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hb_cli.h"
#include "hb_job_cost.h"
#include "hb_outdir.h"
#include "hb_pool.h"

static bool is_table(uint32_t cost) {
  return strcmp(hb_job_cost_name(cost), "table") == 0;
}

/* The cost model that needs the user's file comes last, and is compared if there is one. */
static uint32_t num_costs(const hb_run_options_t *options) {
  uint32_t num = 0;
  while (hb_job_cost_name(num) != NULL && (!is_table(num) || options->cost_table != NULL)) {
    num++;
  }
  return num;
}

static const char *cost_name(uint32_t cost) {
  return is_table(cost) ? "user" : hb_job_cost_name(cost);
}

/* ------------------------------------------------------------------------------------ metrics */

/* NAN if it is null. */
static double number(struct json_object *object, const char *key) {
  struct json_object *value = NULL;
  return json_object_object_get_ex(object, key, &value) && value != NULL
             ? json_object_get_double(value)
             : NAN;
}

static uint64_t count(struct json_object *object, const char *key) {
  struct json_object *value = NULL;
  return json_object_object_get_ex(object, key, &value) ? json_object_get_uint64(value) : 0;
}

static bool read_metrics(const char *path, hb_endtoend_result_t *result) {
  struct json_object *root = json_object_from_file(path);
  struct json_object *models = NULL;
  struct json_object *scores = NULL;
  const bool ok = root != NULL && json_object_object_get_ex(root, "models", &models) &&
                  json_object_object_get_ex(root, "scores", &scores) &&
                  json_object_array_length(models) <= HB_IMAGE_MAX_MODELS;
  if (ok) {
    result->score = number(scores, "xrbench");
    result->score_with_energy = number(scores, "xrbench_with_energy");
    result->num_tasks = (uint32_t)json_object_array_length(models);
    for (uint32_t i = 0; i < result->num_tasks; i++) {
      struct json_object *model = json_object_array_get_idx(models, i);
      struct json_object *name = NULL;
      struct json_object *latency = NULL;
      struct json_object *own = NULL;
      hb_endtoend_task_t *task = &result->tasks[i];
      if (!json_object_object_get_ex(model, "name", &name) ||
          !json_object_object_get_ex(model, "latency_ms", &latency) ||
          !json_object_object_get_ex(model, "scores", &own)) {
        json_object_put(root);
        return false;
      }
      snprintf(task->name, sizeof(task->name), "%s", json_object_get_string(name));
      task->frames = count(model, "frames");
      task->completed = count(model, "completed");
      task->late = count(model, "late");
      task->dropped = count(model, "dropped");
      task->misses = count(model, "deadline_misses");
      task->p50_ms = number(latency, "p50");
      task->p95_ms = number(latency, "p95");
      task->p99_ms = number(latency, "p99");
      task->max_ms = number(latency, "max");
      task->real_time = number(own, "real_time");
      task->energy = number(own, "energy");
      task->accuracy = number(own, "accuracy");
      task->qoe = number(own, "qoe");
      task->score = number(own, "model");
      task->score_with_energy = number(own, "model_with_energy");
    }
  }
  json_object_put(root);
  return ok;
}

/* ---------------------------------------------------------------------------------------- runs */

typedef struct one {
  char out[HB_PATH_MAX_BYTES]; /* "": there is no such folder */
  hb_endtoend_result_t *result;
  const char *scenario, *cost; /* cost NULL: cycle-accurate */
} one_t;

typedef struct work {
  const hb_run_options_t *options;
  one_t *ones; /* with the user's numbers, as one may be missing; cycle-accurate, which takes
                  longest; the rest */
  uint32_t num;
  int code; /* of the first that did not end well */
} work_t;

static int begin(void *ctx, uint64_t task) {
  const work_t *work = ctx;
  const one_t *one = &work->ones[task];
  hb_run_options_t options = *work->options;
  options.scenario = one->scenario;
  options.out = one->out;
  options.trace = false;
  options.progress = HB_RUN_PROGRESS_NEVER;
  options.cost = one->cost;
  options.cost_hardware =
      one->cost != NULL && strcmp(one->cost, "maestro") == 0 ? work->options->cost_hardware : NULL;
  if (one->cost == NULL || strcmp(one->cost, "table") != 0) {
    options.cost_table = NULL;
  }
  options.engine = one->cost == NULL ? work->options->engine : "analytical";
  if (freopen("/dev/null", "w", stdout) == NULL) {
    return HB_EXIT_INTERNAL;
  }
  const int code = hb_run(&options);
  fflush(NULL);
  return code;
}

static bool end(void *ctx, uint64_t task, int exit_code) {
  work_t *work = ctx;
  const one_t *one = &work->ones[task];
  char path[HB_PATH_MAX_BYTES + 32];
  snprintf(path, sizeof(path), "%s/%s", one->out, HB_OUTDIR_METRICS);
  if (exit_code == HB_EXIT_OK && read_metrics(path, one->result)) {
    return true;
  }
  if (work->code == HB_EXIT_OK && exit_code == HB_EXIT_OK) {
    work->code = hb_cli_fail(HB_EXIT_INTERNAL, "%s: not as a run leaves it", path);
  } else if (work->code == HB_EXIT_OK) { /* a run that ends says why, one that is killed does not */
    work->code = exit_code <= 128
                     ? exit_code
                     : hb_cli_fail(HB_EXIT_INTERNAL, "%s: its process ended", one->scenario);
  }
  return false;
}

static int make_folders(work_t *work) {
  const char *folder = getenv("TMPDIR");
  for (uint32_t i = 0; i < work->num; i++) {
    one_t *one = &work->ones[i];
    snprintf(one->out, sizeof(one->out), "%.900s/hilbert-validate-XXXXXX",
             folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    if (mkdtemp(one->out) == NULL) {
      const int code = hb_cli_fail(HB_EXIT_FAILED, "%s: %s", one->out, strerror(errno));
      one->out[0] = '\0';
      return code;
    }
  }
  return HB_EXIT_OK;
}

static void clean(const one_t *one) {
  if (one->out[0] == '\0') {
    return;
  }
  char path[HB_PATH_MAX_BYTES + 32];
  static const char *const LEFT[] = {HB_OUTDIR_METRICS, HB_OUTDIR_METRICS ".tmp",
                                     HB_OUTDIR_INFERENCES, HB_OUTDIR_INFERENCES ".tmp"};
  for (size_t i = 0; i < sizeof(LEFT) / sizeof(LEFT[0]); i++) {
    snprintf(path, sizeof(path), "%s/%s", one->out, LEFT[i]);
    (void)!unlink(path);
  }
  (void)!rmdir(one->out);
}

static int run_all(work_t *work, uint32_t processes, bool progress) {
  const hb_pool_t pool = {.ctx = work,
                          .num = work->num,
                          .jobs = processes,
                          .progress = progress,
                          .what = "runs of scenarios",
                          .together = true,
                          .begin = begin,
                          .end = end};
  uint64_t failed = 0;
  switch (hb_pool_run(&pool, &failed)) {
    case HB_OK:
      return HB_EXIT_OK;
    case HB_ERR_STOPPED:
      return hb_cli_fail(HB_EXIT_INTERRUPTED, "interrupted");
    case HB_ERR_FAILED:
      return work->code;
    default:
      return HB_EXIT_INTERNAL;
  }
}

int hb_endtoend_run(const hb_run_options_t *options, const char *const *scenarios, uint32_t num,
                    uint32_t processes, bool progress, hb_endtoend_t *results_out) {
  const uint32_t costs = num_costs(options);
  work_t work = {.options = options,
                 .ones = calloc((size_t)num * (costs + 1u) + 1u, sizeof(*work.ones))};
  if (work.ones == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (uint32_t i = 0; i < num; i++) {
    results_out[i].scenario = scenarios[i];
    for (uint32_t c = 0; c < costs; c++) {
      if (is_table(c)) {
        work.ones[work.num++] = (one_t){.scenario = scenarios[i],
                                        .cost = hb_job_cost_name(c),
                                        .result = &results_out[i].predicted[c]};
      }
    }
  }
  for (uint32_t i = 0; i < num; i++) {
    work.ones[work.num++] = (one_t){.scenario = scenarios[i], .result = &results_out[i].measured};
  }
  for (uint32_t i = 0; i < num; i++) {
    for (uint32_t c = 0; c < costs; c++) {
      if (!is_table(c)) {
        work.ones[work.num++] = (one_t){.scenario = scenarios[i],
                                        .cost = hb_job_cost_name(c),
                                        .result = &results_out[i].predicted[c]};
      }
    }
  }
  int code = make_folders(&work);
  if (code == HB_EXIT_OK) {
    code = run_all(&work, processes, progress);
  }
  for (uint32_t i = 0; i < work.num; i++) {
    clean(&work.ones[i]);
  }
  free(work.ones);
  return code;
}

/* ------------------------------------------------------------------------------------- results */

static void print_score(double score, const char *format, FILE *out) {
  if (isnan(score)) {
    fprintf(out, " %7s", "-");
  } else {
    fprintf(out, format, score);
  }
}

static void print_result(const hb_endtoend_result_t *result, const hb_endtoend_result_t *measured,
                         const char *scenario, const char *engine, FILE *out) {
  hb_endtoend_task_t sum = {0};
  double p50 = 0.0;
  double p95 = 0.0;
  uint32_t compared = 0;
  double worst = 0.0;
  const char *worst_task = "";
  for (uint32_t i = 0; i < result->num_tasks; i++) {
    const hb_endtoend_task_t *task = &result->tasks[i];
    const hb_endtoend_task_t *truth = &measured->tasks[i];
    sum.frames += task->frames;
    sum.late += task->late;
    sum.dropped += task->dropped;
    sum.misses += task->misses;
    if (task->completed == 0 || truth->completed == 0 || truth->p50_ms <= 0.0) {
      continue;
    }
    const double error = task->p95_ms / truth->p95_ms - 1.0;
    p50 += fabs(task->p50_ms / truth->p50_ms - 1.0);
    p95 += fabs(error);
    compared++;
    if (fabs(error) >= fabs(worst)) {
      worst = error;
      worst_task = task->name;
    }
  }
  fprintf(out, "%-24s %-9s %6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %7" PRIu64, scenario, engine,
          sum.frames, sum.misses, sum.late, sum.dropped);
  print_score(result->score, " %7.2f", out);
  if (result == measured) {
    fputc('\n', out);
  } else if (compared == 0) {
    fputs("       -       -       -\n", out);
  } else {
    print_score(result->score - measured->score, " %+7.2f", out);
    fprintf(out, " %7.1f %7.1f %+7.1f %s\n", 100.0 * p50 / compared, 100.0 * p95 / compared,
            100.0 * worst, worst_task);
  }
}

void hb_endtoend_print(const hb_endtoend_t *results, uint32_t num, const hb_run_options_t *options,
                       FILE *out) {
  const char *engine = options->engine;
  fprintf(out,
          "scenarios: predicted by the analytical engine, measured by %s; error of latency, %% "
          "(mean over tasks of its\nsize at the median and the 95th percentile; worst at the "
          "latter)\n\n%-24s %-9s %6s %6s %6s %7s %7s %7s %7s %7s %7s\n",
          engine, "", "engine", "frames", "misses", "late", "dropped", "score", "off by", "p50",
          "p95", "worst");
  for (uint32_t i = 0; i < num; i++) {
    print_result(&results[i].measured, &results[i].measured, results[i].scenario, engine, out);
    for (uint32_t c = 0; c < num_costs(options); c++) {
      print_result(&results[i].predicted[c], &results[i].measured, "", cost_name(c), out);
    }
    fputc('\n', out);
  }
}

/* Empty if there is none. */
static void csv_score(double score, FILE *out) {
  if (isnan(score)) {
    fputc(',', out);
  } else {
    fprintf(out, ",%.6f", score);
  }
}

static void csv_result(const hb_endtoend_result_t *result, const char *scenario, const char *engine,
                       FILE *out) {
  for (uint32_t i = 0; i < result->num_tasks; i++) {
    const hb_endtoend_task_t *task = &result->tasks[i];
    fprintf(out,
            "%s,%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
            ",%.6f,%.6f,%.6f,%.6f",
            scenario, task->name, engine, task->frames, task->completed, task->late, task->dropped,
            task->misses, task->p50_ms, task->p95_ms, task->p99_ms, task->max_ms);
    const double scores[] = {task->real_time,
                             task->qoe,
                             task->score,
                             result->score,
                             task->energy,
                             task->accuracy,
                             task->score_with_energy,
                             result->score_with_energy};
    for (size_t s = 0; s < sizeof(scores) / sizeof(scores[0]); s++) {
      csv_score(scores[s], out);
    }
    fputc('\n', out);
  }
}

void hb_endtoend_csv(const hb_endtoend_t *results, uint32_t num, const hb_run_options_t *options,
                     FILE *out) {
  const char *engine = options->engine;
  fputs(
      "scenario,task,engine,frames,completed,late,dropped,misses,p50_ms,p95_ms,p99_ms,max_ms,"
      "real_time,qoe,task_score,score,energy,accuracy,task_score_with_energy,score_with_energy\n",
      out);
  for (uint32_t i = 0; i < num; i++) {
    csv_result(&results[i].measured, results[i].scenario, engine, out);
    for (uint32_t c = 0; c < num_costs(options); c++) {
      csv_result(&results[i].predicted[c], results[i].scenario, cost_name(c), out);
    }
  }
}
