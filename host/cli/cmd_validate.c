/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert validate: cost models against cycle-accurate runs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hb_cli.h"
#include "hb_endtoend.h"
#include "hb_firmware.h"
#include "hb_html.h"
#include "hb_library.h"
#include "hb_measure.h"
#include "hb_outdir.h"
#include "hb_plot.h"
#include "hb_validate.h"
#include "hb_whole_file.h"

enum { PANEL = 430, MAX_SCENARIOS = 256 };

/* Options as typed; NULL if absent. popt allocates them. */
typedef struct text {
  char *soc, *models, *cost_hardware, *predictions, *engine, *out, *firmware, *processes, *progress;
  char *model_set, *policy, *duration, *seed;
} text_t;

typedef struct validation {
  const char *soc_name, *models, *cost_hardware, *predictions, *engine, *progress;
  char out[HB_PATH_MAX_BYTES];
  hb_measure_t measure;
  hb_firmware_t firmware;
  hb_soc_t soc;
  hb_model_t *list;
  uint32_t num;
  hb_validate_t plan;
  const char *const *scenarios;
  uint32_t num_scenarios;
  hb_scenario_t *loaded; /* for predictions: all of them */
  uint32_t num_loaded;
  hb_cost_user_t *user;
  hb_run_options_t run; /* of all scenarios */
  hb_endtoend_t *results;
} validation_t;

/* ----------------------------------------------------------------------------------- the models */

static int add_model(validation_t *v, const char *path) {
  hb_config_error_t error;
  hb_model_t *grown = realloc(v->list, (v->num + 1) * sizeof(*v->list));
  if (grown == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  v->list = grown;
  const hb_status_t status = hb_config_load_model(path, &v->list[v->num], &error);
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  const hb_model_t *model = &v->list[v->num++];
  for (uint32_t m = 0; m + 1 < v->num; m++) {
    if (strcmp(v->list[m].name, model->name) == 0) {
      return hb_cli_fail(HB_EXIT_USAGE, "--models: %s and %s are both named %s", v->list[m].source,
                         path, model->name);
    }
  }
  return HB_EXIT_OK;
}

/* Whether a file of the library lies in `folder` of it, or deeper. */
static bool is_in(const hb_library_file_t *file, const char *folder) {
  const size_t root = strlen(hb_library_folder());
  const size_t len = strlen(folder);
  return file->kind == HB_CONFIG_MODEL && strncmp(file->path + root, "/", 1) == 0 &&
         strncmp(file->path + root + 1, folder, len) == 0 && file->path[root + 1 + len] == '/';
}

static uint32_t add_folder(validation_t *v, const hb_library_t *library, const char *folder,
                           int *code) {
  uint32_t num = 0;
  for (uint32_t i = 0; i < library->num_files && *code == HB_EXIT_OK; i++) {
    if (is_in(&library->files[i], folder)) {
      *code = add_model(v, library->files[i].path);
      num++;
    }
  }
  return num;
}

/* A word of --models: a folder of the library, else a file or the name of one. */
static int add_word(validation_t *v, const hb_library_t *library, const char *word) {
  char folder[HB_PATH_MAX_BYTES];
  int code = HB_EXIT_OK;
  snprintf(folder, sizeof(folder), "%s/models/corrected", word);
  if (add_folder(v, library, folder, &code) > 0 || add_folder(v, library, word, &code) > 0) {
    return code;
  }
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  const hb_status_t status = hb_library_find(HB_CONFIG_MODEL, word, path, &error);
  return status == HB_OK ? add_model(v, path) : hb_cli_bad_file(status, &error);
}

static int load_models(validation_t *v) {
  hb_config_error_t error;
  hb_library_t library;
  const hb_status_t status = hb_library_open(&library, &error);
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  int code = HB_EXIT_OK;
  for (const char *word = v->models; word != NULL && code == HB_EXIT_OK;) {
    const size_t len = strcspn(word, ",");
    char text[HB_PATH_MAX_BYTES];
    if (len == 0 || len >= sizeof(text) - 32) {
      code = hb_cli_fail(HB_EXIT_USAGE, "--models: expected names or files, separated by commas");
      break;
    }
    memcpy(text, word, len);
    text[len] = '\0';
    code = add_word(v, &library, text);
    word = word[len] == ',' ? word + len + 1 : NULL;
  }
  hb_library_release(&library);
  return code;
}

/* --------------------------------------------------------------------------------------- input */

/* What is for scenarios. */
static int take_scenarios(validation_t *v, const text_t *text) {
  const struct {
    const char *name, *text;
  } others[] = {{"--model-set", text->model_set},
                {"--policy", text->policy},
                {"--duration", text->duration},
                {"--seed", text->seed}};
  for (size_t i = 0; v->num_scenarios == 0 && i < sizeof(others) / sizeof(others[0]); i++) {
    if (others[i].text != NULL) {
      return hb_cli_fail(HB_EXIT_USAGE, "%s is for scenarios, and none is named", others[i].name);
    }
  }
  v->run = (hb_run_options_t){.soc = text->soc,
                              .models = text->model_set,
                              .engine = v->engine,
                              .cost_table = v->predictions,
                              .cost_table_shared = true,
                              .firmware = hb_firmware_path(text->firmware),
                              .seed = 1,
                              .stall_seed = 1};
  const bool ok =
      hb_run_take_policy(text->policy != NULL ? text->policy : "fcfs", &v->run) &&
      (text->duration == NULL || hb_run_take_duration(text->duration, &v->run)) &&
      (text->seed == NULL || hb_cli_number("--seed", text->seed, 0, UINT64_MAX, &v->run.seed));
  v->results = calloc(v->num_scenarios + 1u, sizeof(*v->results));
  return !ok                  ? HB_EXIT_USAGE
         : v->results == NULL ? hb_cli_fail(HB_EXIT_INTERNAL, "out of memory")
                              : HB_EXIT_OK;
}

static int take_options(validation_t *v, const text_t *text) {
  const char *out = text->out;
  const char *processes = text->processes;
  if (v->soc_name == NULL || (v->models == NULL && v->num_scenarios == 0)) {
    return hb_cli_fail(HB_EXIT_USAGE, "validate needs --soc, and --models or scenarios");
  }
  v->engine = v->engine == NULL ? "twin" : v->engine;
  v->measure.rtl = strcmp(v->engine, "rtl") == 0;
  if (!v->measure.rtl && strcmp(v->engine, "twin") != 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "--engine: expected rtl or twin, got %s", v->engine);
  }
  const char *progress = v->progress == NULL ? "auto" : v->progress;
  v->measure.progress =
      strcmp(progress, "always") == 0 || (strcmp(progress, "auto") == 0 && isatty(STDERR_FILENO));
  if (!v->measure.progress && strcmp(progress, "auto") != 0 && strcmp(progress, "never") != 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "--progress: expected auto, always or never, got %s",
                       progress);
  }
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t num = cores < 1 ? 1 : cores > 64 ? 64 : (uint64_t)cores;
  if (processes != NULL && !hb_cli_number("--jobs", processes, 1, 64, &num)) {
    return HB_EXIT_USAGE;
  }
  v->measure.processes = (uint32_t)num;
  if (out != NULL && snprintf(v->out, sizeof(v->out), "%s", out) >= (int)sizeof(v->out)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--out: longer than %d bytes", HB_PATH_MAX_BYTES - 1);
  }
  v->measure.firmware = &v->firmware;
  const int code = take_scenarios(v, text);
  return code != HB_EXIT_OK ? code
                            : hb_firmware_read(hb_firmware_path(text->firmware), &v->firmware);
}

static int load_scenarios(validation_t *v) {
  v->loaded = calloc(v->num_scenarios + 1u, sizeof(*v->loaded));
  if (v->loaded == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (uint32_t i = 0; i < v->num_scenarios; i++) {
    hb_config_error_t error;
    char path[HB_PATH_MAX_BYTES];
    hb_status_t status = hb_library_find(HB_CONFIG_SCENARIO, v->scenarios[i], path, &error);
    if (status == HB_OK) {
      status = hb_config_load_scenario_set(path, v->run.models, &v->loaded[i], &error);
    }
    if (status != HB_OK) {
      return hb_cli_bad_file(status, &error);
    }
    v->num_loaded++;
  }
  return HB_EXIT_OK;
}

/* They are of the models, and of those of the scenarios. */
static int load_predictions(validation_t *v) {
  int code = load_scenarios(v);
  if (code != HB_EXIT_OK) {
    return code;
  }
  uint32_t num = 0;
  const hb_model_t **known =
      calloc(v->num + (size_t)v->num_loaded * HB_IMAGE_MAX_MODELS + 1u, sizeof(*known));
  if (known == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (uint32_t m = 0; m < v->num; m++) {
    known[num++] = &v->list[m];
  }
  for (uint32_t i = 0; i < v->num_loaded; i++) {
    for (uint32_t t = 0; t < v->loaded[i].num_tasks; t++) {
      known[num++] = &v->loaded[i].tasks[t].model;
    }
  }
  hb_config_error_t error;
  const hb_status_t status =
      hb_validate_predictions(v->predictions, &v->soc, known, num, &v->user, &error);
  free(known);
  return status == HB_OK ? HB_EXIT_OK : hb_cli_bad_file(status, &error);
}

static int load(validation_t *v) {
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  hb_status_t status = hb_library_find(HB_CONFIG_SOC, v->soc_name, path, &error);
  if (status == HB_OK) {
    status = hb_config_load_soc(path, hb_cli_tile_known, &v->soc, &error);
  }
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  int code = v->models == NULL ? HB_EXIT_OK : load_models(v);
  if (code == HB_EXIT_OK && v->predictions != NULL) {
    code = load_predictions(v);
  }
  if (code != HB_EXIT_OK) {
    return code;
  }
  if (v->models != NULL) {
    status =
        hb_validate_plan(&v->soc, v->list, v->num, v->cost_hardware, v->user, &v->plan, &error);
  }
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  if (v->out[0] == '\0') {
    snprintf(v->out, sizeof(v->out), "out/validate-%s", v->soc.name);
  }
  char why[2 * HB_PATH_MAX_BYTES];
  status = hb_outdir_prepare(v->out, why, sizeof(why));
  return status == HB_OK
             ? HB_EXIT_OK
             : hb_cli_fail(status == HB_ERR_INPUT ? HB_EXIT_INPUT : HB_EXIT_FAILED, "%s", why);
}

/* ------------------------------------------------------------------------------------- results */

static hb_status_t write_csv(const validation_t *v, FILE *out) {
  hb_validate_csv(&v->plan, out);
  return HB_OK;
}

static hb_status_t write_json(const validation_t *v, FILE *out) {
  return hb_validate_json(&v->plan, v->engine, out);
}

static hb_status_t write_scenarios(const validation_t *v, FILE *out) {
  hb_endtoend_csv(v->results, v->num_scenarios, &v->run, out);
  return HB_OK;
}

static hb_status_t write_plot(const validation_t *v, FILE *out) {
  char *script = NULL;
  size_t len = 0;
  FILE *memory = open_memstream(&script, &len);
  if (memory == NULL) {
    return HB_ERR_NOMEM;
  }
  hb_validate_plot(&v->plan, memory);
  if (fclose(memory) != 0) {
    free(script);
    return HB_ERR_NOMEM;
  }
  const unsigned rows = (HB_VALIDATE_USER + v->plan.has_user + 1u) / 2u;
  hb_text_t svg = {0};
  char why[256] = "";
  const hb_status_t status = hb_plot_svg(script, 2 * PANEL, rows * PANEL, &svg, why, sizeof(why));
  if (status == HB_OK) {
    fwrite(svg.text, 1, svg.length, out);
  } else {
    hb_cli_fail(0, "no picture: %s", why);
  }
  hb_text_release(&svg);
  free(script);
  return status;
}

static int write_file(const validation_t *v, const char *name,
                      hb_status_t (*print)(const validation_t *, FILE *)) {
  char path[HB_PATH_MAX_BYTES + 32];
  snprintf(path, sizeof(path), "%s/%s", v->out, name);
  char why[HB_PATH_MAX_BYTES + 128];
  hb_whole_file_t file;
  if (hb_whole_file_open(&file, path, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_FAILED, "%s", why);
  }
  const hb_status_t printed = print(v, file.out);
  const hb_status_t status = hb_whole_file_close(&file, printed, why, sizeof(why));
  if (printed == HB_ERR_NOMEM) return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  if (printed != HB_OK) return HB_EXIT_FAILED;
  return status == HB_OK ? HB_EXIT_OK : hb_cli_fail(HB_EXIT_FAILED, "%s", why);
}

static int report_layers(const validation_t *v) {
  const struct {
    const char *name;
    hb_status_t (*print)(const validation_t *, FILE *);
  } files[] = {{HB_OUTDIR_VALIDATE_CSV, write_csv},
               {HB_OUTDIR_VALIDATE_JSON, write_json},
               {HB_OUTDIR_VALIDATE_PLOT, write_plot}};
  if (hb_validate_print(&v->plan, stdout) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  putchar('\n');
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    const int code = write_file(v, files[i].name, files[i].print);
    if (code != HB_EXIT_OK) {
      return code;
    }
  }
  return HB_EXIT_OK;
}

static int validate_layers(validation_t *v) {
  char why[1024] = "";
  const hb_status_t status = hb_measure_all(&v->measure, &v->plan, why, sizeof(why));
  if (status != HB_OK) {
    return hb_cli_fail(status == HB_ERR_STOPPED  ? HB_EXIT_INTERRUPTED
                       : status == HB_ERR_FAILED ? HB_EXIT_FAILED
                                                 : hb_cli_exit_code(status),
                       "%s", why);
  }
  return report_layers(v);
}

static int validate_scenarios(validation_t *v) {
  v->run.cost_hardware = v->cost_hardware;
  const int code = hb_endtoend_run(&v->run, v->scenarios, v->num_scenarios, v->measure.processes,
                                   v->measure.progress, v->results);
  if (code != HB_EXIT_OK) {
    return code;
  }
  hb_endtoend_print(v->results, v->num_scenarios, &v->run, stdout);
  return write_file(v, HB_OUTDIR_VALIDATE_SCENARIOS, write_scenarios);
}

static int validate(validation_t *v) {
  int code = load(v);
  if (code == HB_EXIT_OK && v->models != NULL) {
    code = validate_layers(v);
  }
  if (code == HB_EXIT_OK && v->num_scenarios > 0) {
    code = validate_scenarios(v);
  }
  if (code == HB_EXIT_OK) {
    printf("wrote %s\n", v->out);
  }
  return code;
}

static void release(validation_t *v) {
  hb_validate_release(&v->plan);
  for (uint32_t m = 0; m < v->num; m++) {
    hb_model_release(&v->list[m]);
  }
  free(v->list);
  for (uint32_t i = 0; i < v->num_loaded; i++) {
    hb_scenario_release(&v->loaded[i]);
  }
  free(v->loaded);
  hb_cost_user_free(v->user);
  free(v->results);
  hb_firmware_release(&v->firmware);
}

int hb_cmd_validate(int argc, const char **argv) {
  text_t text = {0};
  const struct poptOption options[] = {
      {"soc", '\0', POPT_ARG_STRING, &text.soc, 0, "SoC file or name", "SOC"},
      {"models", '\0', POPT_ARG_STRING, &text.models, 0,
       "layer by layer: model files or names, or folders of scenarios/, separated by commas; "
       "xrbench is xrbench/models/corrected",
       "NAMES"},
      {"cost-hardware", '\0', POPT_ARG_STRING, &text.cost_hardware, 0,
       "what maestro is told of tile models, as in `hilbert run`", "TILE=FILE.m,..."},
      {"predictions", '\0', POPT_ARG_STRING, &text.predictions, 0,
       "your own numbers of layers, also for scenarios: columns model, layer, tile, cycles",
       "FILE.csv"},
      {"engine", '\0', POPT_ARG_STRING, &text.engine, 0, "measured by: rtl or twin; default: twin",
       "NAME"},
      {"model-set", '\0', POPT_ARG_STRING, &text.model_set, 0,
       "of scenarios: which of their sets of models; default: the first", "NAME"},
      {"policy", '\0', POPT_ARG_STRING, &text.policy, 0, "of scenarios; default: fcfs", "NAME"},
      {"duration", '\0', POPT_ARG_STRING, &text.duration, 0,
       "of scenarios: simulated time, such as 34ms; default: the scenario's", "TIME"},
      {"seed", '\0', POPT_ARG_STRING, &text.seed, 0, "of scenarios; default: 1", "N"},
      {"out", '\0', POPT_ARG_STRING, &text.out, 0, "result directory; default: out/validate-<soc>",
       "DIR"},
      {"jobs", '\0', POPT_ARG_STRING, &text.processes, 0,
       "processes at a time, 1 to 64; default: one a processor", "N"},
      {"firmware", '\0', POPT_ARG_STRING, &text.firmware, 0,
       "firmware.elf; default: $HILBERT_FIRMWARE or the one built with hilbert", "FILE"},
      {"progress", '\0', POPT_ARG_STRING, &text.progress, 0, "auto, always or never", "WHEN"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  int code =
      hb_cli_parse(argc, argv, options, "[SCENARIO...]",
                   "Runs each layer of the models alone on each kind of tile of the SoC, cycle by "
                   "cycle, and\ncompares what cost models predict; and scenarios as a whole, with "
                   "what the analytical engine\npredicts. Prints tables and leaves validate.csv, "
                   "validate.json, validate.svg and scenarios.csv\nin the result directory.",
                   0, MAX_SCENARIOS, &context, &operands);
  if (code < 0) {
    validation_t v = {.soc_name = text.soc,
                      .models = text.models,
                      .cost_hardware = text.cost_hardware,
                      .predictions = text.predictions,
                      .engine = text.engine,
                      .progress = text.progress,
                      .scenarios = operands};
    while (operands != NULL && operands[v.num_scenarios] != NULL) {
      v.num_scenarios++;
    }
    code = take_options(&v, &text);
    if (code == HB_EXIT_OK) {
      code = validate(&v);
    }
    release(&v);
    poptFreeContext(context);
  }
  char *const texts[] = {text.cost_hardware, text.soc,       text.models,   text.predictions,
                         text.engine,        text.out,       text.firmware, text.processes,
                         text.progress,      text.model_set, text.policy,   text.duration,
                         text.seed};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    free(texts[i]);
  }
  return code;
}
