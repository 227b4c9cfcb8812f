/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_analyse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_cost.h"
#include "hb_interrupt.h"
#include "hb_library.h"
#include "hb_outdir.h"
#include "hb_progress.h"
#include "hb_whole_file.h"
#include "hb_xrbench.h"

typedef struct values {
  double of[HB_SCORE_KIND_COUNT];
} values_t;

typedef struct analysis {
  const hb_analyse_options_t *options;
  hb_suite_t suite;
  hb_cost_model_t *cost;
  hb_cost_t **costs; /* [accelerator * num_loads + load]: [part * num_tasks + task] */
  values_t *values;  /* [accelerator * num_loads + load], of the first seed */
  char out[HB_PATH_MAX_BYTES];
  double begin_s;
} analysis_t;

/* ----------------------------------------------------------------------------------- before */

static int load(analysis_t *a) {
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  hb_status_t status = hb_library_find(HB_CONFIG_SUITE, a->options->suite, path, &error);
  if (status == HB_OK) {
    status = hb_config_load_suite(path, &a->suite, &error);
  }
  char why[256];
  if (status == HB_OK && a->options->score != NULL &&
      hb_config_score(a->options->score, &a->suite.constants, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_USAGE, "--score: %s", why);
  }
  if (status == HB_OK) {
    status = hb_cost_read_all(&a->suite, &error);
  }
  if (status == HB_OK) {
    status = hb_cost_new(a->options->cost, &a->suite, &a->cost, &error);
  }
  return status == HB_OK ? HB_EXIT_OK : hb_cli_bad_file(status, &error);
}

static hb_status_t cost_run(const analysis_t *a, const hb_accelerator_t *accelerator,
                            const hb_load_t *with, hb_cost_t *costs, hb_config_error_t *error) {
  for (uint32_t p = 0; p < accelerator->num_parts; p++) {
    for (uint32_t t = 0; t < with->num_tasks; t++) {
      const hb_cost_question_t question = {.suite = &a->suite,
                                           .task = &with->tasks[t],
                                           .accelerator = accelerator,
                                           .part = &accelerator->parts[p]};
      HB_TRY(hb_cost_of(a->cost, &question, &costs[p * with->num_tasks + t], error));
    }
  }
  return HB_OK;
}

/* All costs come before the first result, so that a missing one leaves nothing half done. */
static int find_costs(analysis_t *a) {
  const size_t runs = (size_t)a->suite.num_accelerators * a->suite.num_loads;
  hb_config_error_t error;
  a->costs = calloc(runs, sizeof(hb_cost_t *));
  a->values = calloc(runs, sizeof(*a->values));
  if (a->costs == NULL || a->values == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (size_t i = 0; i < runs; i++) {
    const hb_accelerator_t *accelerator = &a->suite.accelerators[i / a->suite.num_loads];
    const hb_load_t *with = &a->suite.loads[i % a->suite.num_loads];
    a->costs[i] = calloc((size_t)accelerator->num_parts * with->num_tasks, sizeof(hb_cost_t));
    if (a->costs[i] == NULL) {
      return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
    }
    if (hb_interrupted()) {
      return hb_cli_fail(HB_EXIT_INTERRUPTED, "interrupted before the first result");
    }
    const hb_status_t status = cost_run(a, accelerator, with, a->costs[i], &error);
    if (status != HB_OK) {
      return hb_cli_bad_file(status, &error);
    }
  }
  return HB_EXIT_OK;
}

static int prepare_out(analysis_t *a) {
  int len;
  if (a->options->out != NULL) {
    len = snprintf(a->out, sizeof(a->out), "%s", a->options->out);
  } else {
    len = snprintf(a->out, sizeof(a->out), "out/%s-analytical-%s", a->suite.name, a->options->cost);
  }
  if (len >= (int)sizeof(a->out)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--out: longer than %d bytes", HB_PATH_MAX_BYTES - 1);
  }
  char why[2 * HB_PATH_MAX_BYTES];
  const hb_status_t status = hb_outdir_prepare(a->out, why, sizeof(why));
  if (status != HB_OK) {
    return hb_cli_fail(status == HB_ERR_INPUT ? HB_EXIT_INPUT : HB_EXIT_FAILED, "%s", why);
  }
  return HB_EXIT_OK;
}

/* ------------------------------------------------------------------------------------ results */

static bool is_random(const hb_load_t *with) {
  for (uint32_t t = 0; t < with->num_tasks; t++) {
    const uint32_t ppm = with->tasks[t].probability_ppm;
    if (ppm > 0 && ppm < 1000000) {
      return true;
    }
  }
  return false;
}

/* Where a frame's line goes. */
typedef struct lines {
  const hb_accelerator_t *accelerator;
  const hb_load_t *load;
  FILE *out;
} lines_t;

static hb_status_t run_one(const analysis_t *a, size_t index, uint64_t seed, values_t *values,
                           hb_score_sum_t sums[HB_SUITE_MAX_TASKS], hb_xrbench_sink_t sink,
                           lines_t *lines) {
  const hb_load_t *with = &a->suite.loads[index % a->suite.num_loads];
  const hb_xrbench_run_t run = {
      .load = with,
      .costs = a->costs[index],
      .num_parts = a->suite.accelerators[index / a->suite.num_loads].num_parts,
      .window_ms = a->suite.window_ms,
      .constants = a->suite.constants,
      .seed = seed,
  };
  if (hb_interrupted()) {
    return HB_ERR_STOPPED;
  }
  HB_TRY(hb_xrbench_run(&run, sink, lines, sums));
  hb_score_of_scenario(sums, with->num_tasks, values->of);
  return HB_OK;
}

static void write_rows(const analysis_t *a, size_t index, const values_t *values,
                       const char *prefix, FILE *out) {
  const hb_accelerator_t *accelerator = &a->suite.accelerators[index / a->suite.num_loads];
  const hb_load_t *with = &a->suite.loads[index % a->suite.num_loads];
  for (uint32_t s = 0; s < a->suite.num_scores; s++) {
    const hb_score_kind_t kind = a->suite.scores[s];
    fprintf(out, "%s%s,%s,%s,%s,%.6f\n", prefix, accelerator->size, with->name, accelerator->label,
            hb_score_kind_name(kind), values->of[kind]);
  }
}

/* One pass over all runs with one seed; `only_random` leaves out what no seed changes. */
static hb_status_t run_seed(const analysis_t *a, uint64_t seed, bool only_random,
                            values_t *values_out, const char *prefix, FILE *out) {
  const size_t runs = (size_t)a->suite.num_accelerators * a->suite.num_loads;
  for (size_t i = 0; i < runs; i++) {
    if (only_random && !is_random(&a->suite.loads[i % a->suite.num_loads])) {
      continue;
    }
    values_t values;
    hb_score_sum_t sums[HB_SUITE_MAX_TASKS];
    HB_TRY(run_one(a, i, seed, &values, sums, NULL, NULL));
    if (values_out != NULL) {
      values_out[i] = values;
    }
    write_rows(a, i, &values, prefix, out);
  }
  return HB_OK;
}

static hb_status_t write_scores(const analysis_t *a, FILE *out) {
  fputs("pes,scenario,accelerator,score,value\n", out);
  return run_seed(a, a->options->seed, false, a->values, "", out);
}

/* Every task of every run: what became of its frames, and its scores; none without a frame. */
static hb_status_t write_tasks(const analysis_t *a, FILE *out) {
  const size_t runs = (size_t)a->suite.num_accelerators * a->suite.num_loads;
  fputs("pes,scenario,accelerator,task,executed,dropped,RT,EN,QoE,model\n", out);
  for (size_t i = 0; i < runs; i++) {
    const hb_accelerator_t *accelerator = &a->suite.accelerators[i / a->suite.num_loads];
    const hb_load_t *with = &a->suite.loads[i % a->suite.num_loads];
    values_t values;
    hb_score_sum_t sums[HB_SUITE_MAX_TASKS];
    HB_TRY(run_one(a, i, a->options->seed, &values, sums, NULL, NULL));
    for (uint32_t t = 0; t < with->num_tasks; t++) {
      const hb_score_sum_t *sum = &sums[t];
      fprintf(out, "%s,%s,%s,%s,%llu,%llu,", accelerator->size, with->name, accelerator->label,
              with->tasks[t].task, (unsigned long long)sum->executed,
              (unsigned long long)sum->dropped);
      if (sum->executed > 0) {
        fprintf(out, "%.6f,%.6f,", sum->real_time / (double)sum->executed,
                sum->energy / (double)sum->executed);
      } else {
        fputs(",,", out);
      }
      if (sum->executed + sum->dropped > 0) {
        fprintf(out, "%.6f,%.6f\n", hb_score_qoe(sum), hb_score_of_model(sum));
      } else {
        fputs(",\n", out);
      }
    }
  }
  return HB_OK;
}

static void write_inference(void *ctx, const hb_xrbench_frame_t *frame) {
  const lines_t *lines = ctx;
  fprintf(lines->out, "%s,%s,%s,%s,%u,%s,%.6f,%.6f,%.6f,", lines->accelerator->size,
          lines->load->name, lines->accelerator->label, lines->load->tasks[frame->task].task,
          frame->frame, frame->dropped ? "dropped" : "completed", (double)frame->injection,
          (double)frame->deadline, (double)frame->completion);
  if (frame->dropped) {
    fputs(",,,,0.000000\n", lines->out);
  } else {
    fprintf(lines->out, "%.6f,%.6f,%.6f,%.6f,%.6f\n", frame->energy_mj, frame->real_time,
            frame->energy, frame->accuracy, frame->real_time * frame->energy * frame->accuracy);
  }
}

/* Every frame of every run, in the order in which they end. */
static hb_status_t write_inferences(const analysis_t *a, FILE *out) {
  const size_t runs = (size_t)a->suite.num_accelerators * a->suite.num_loads;
  fputs(
      "pes,scenario,accelerator,task,frame,outcome,released_ms,deadline_ms,ended_ms,energy_mj,"
      "real_time,energy,accuracy,score\n",
      out);
  for (size_t i = 0; i < runs; i++) {
    lines_t lines = {.accelerator = &a->suite.accelerators[i / a->suite.num_loads],
                     .load = &a->suite.loads[i % a->suite.num_loads],
                     .out = out};
    values_t values;
    hb_score_sum_t sums[HB_SUITE_MAX_TASKS];
    HB_TRY(run_one(a, i, a->options->seed, &values, sums, write_inference, &lines));
  }
  return HB_OK;
}

static hb_status_t write_seeds(const analysis_t *a, FILE *out) {
  fputs("seed,pes,scenario,accelerator,score,value\n", out);
  for (uint64_t i = 0; i < a->options->num_seeds; i++) {
    char prefix[32];
    snprintf(prefix, sizeof(prefix), "%llu,", (unsigned long long)(a->options->seed + i));
    HB_TRY(run_seed(a, a->options->seed + i, true, NULL, prefix, out));
  }
  return HB_OK;
}

static int write_file(const analysis_t *a, const char *name,
                      hb_status_t (*write)(const analysis_t *a, FILE *out)) {
  char path[HB_PATH_MAX_BYTES + 32];
  snprintf(path, sizeof(path), "%s/%s", a->out, name);
  char why[HB_PATH_MAX_BYTES + 128];
  hb_whole_file_t file;
  if (hb_whole_file_open(&file, path, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_FAILED, "%s", why);
  }
  const hb_status_t written = write(a, file.out);
  const hb_status_t status = hb_whole_file_close(&file, written, why, sizeof(why));
  if (written == HB_ERR_STOPPED) {
    return hb_cli_fail(HB_EXIT_INTERRUPTED, "interrupted before %s was whole", path);
  }
  if (written != HB_OK) return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  return status == HB_OK ? HB_EXIT_OK : hb_cli_fail(HB_EXIT_FAILED, "%s", why);
}

/* A table of one size: scenarios down, accelerators across, and their mean. */
static void print_size(const analysis_t *a, const char *size, hb_score_kind_t kind) {
  const hb_suite_t *suite = &a->suite;
  printf("%-22.22s", size);
  for (uint32_t i = 0; i < suite->num_accelerators; i++) {
    if (strcmp(suite->accelerators[i].size, size) == 0) {
      printf(" %6.6s", suite->accelerators[i].label);
    }
  }
  for (uint32_t load_at = 0; load_at <= suite->num_loads; load_at++) {
    printf("\n%-22.22s", load_at < suite->num_loads ? suite->loads[load_at].name : "mean");
    for (uint32_t i = 0; i < suite->num_accelerators; i++) {
      if (strcmp(suite->accelerators[i].size, size) != 0) {
        continue;
      }
      const values_t *row = &a->values[(size_t)i * suite->num_loads];
      double sum = 0.0;
      for (uint32_t other = 0; other < suite->num_loads; other++) {
        sum += row[other].of[kind];
      }
      printf(" %6.4f", load_at < suite->num_loads ? row[load_at].of[kind] : sum / suite->num_loads);
    }
  }
  printf("\n\n");
}

static void print_tables(const analysis_t *a) {
  const hb_suite_t *suite = &a->suite;
  hb_score_kind_t kind = suite->scores[0];
  for (uint32_t i = 0; i < suite->num_scores; i++) {
    kind = suite->scores[i] == HB_SCORE_OVERALL ? HB_SCORE_OVERALL : kind;
  }
  printf("%s, rules xrbench, cost %s, seed %llu: %s scores by PEs and accelerator\n\n", suite->name,
         a->options->cost, (unsigned long long)a->options->seed, hb_score_kind_name(kind));
  for (uint32_t i = 0; i < suite->num_accelerators; i++) {
    bool first = true;
    for (uint32_t j = 0; j < i; j++) {
      first &= strcmp(suite->accelerators[i].size, suite->accelerators[j].size) != 0;
    }
    if (first) {
      print_size(a, suite->accelerators[i].size, kind);
    }
  }
  printf("took  %.3f s, %u scenarios on %u accelerators, %llu seed%s\nwrote %s\n",
         hb_progress_clock_s() - a->begin_s, suite->num_loads, suite->num_accelerators,
         (unsigned long long)a->options->num_seeds, a->options->num_seeds == 1 ? "" : "s", a->out);
}

static int write_results(analysis_t *a) {
  int code = write_file(a, HB_OUTDIR_SCORES, write_scores);
  if (code == HB_EXIT_OK) {
    code = write_file(a, HB_OUTDIR_TASKS, write_tasks);
  }
  if (code == HB_EXIT_OK) {
    code = write_file(a, HB_OUTDIR_INFERENCES, write_inferences);
  }
  if (code == HB_EXIT_OK && a->options->num_seeds > 1) {
    code = write_file(a, HB_OUTDIR_SEEDS, write_seeds);
  }
  if (code == HB_EXIT_OK) {
    print_tables(a);
  }
  return code;
}

int hb_analyse(const hb_analyse_options_t *options) {
  analysis_t a = {.options = options, .begin_s = hb_progress_clock_s()};
  int (*const steps[])(analysis_t *) = {load, find_costs, prepare_out, write_results};
  int code = HB_EXIT_OK;
  hb_interrupt_catch();
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == HB_EXIT_OK; i++) {
    code = steps[i](&a);
  }
  hb_interrupt_release();
  for (size_t i = 0; a.costs != NULL && i < (size_t)a.suite.num_accelerators * a.suite.num_loads;
       i++) {
    free(a.costs[i]);
  }
  free(a.costs);
  free(a.values);
  hb_cost_free(a.cost);
  hb_suite_release(&a.suite);
  return code;
}
