/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert sweep: its options, what they make of rows and columns, and the results. */

#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hb_cli.h"
#include "hb_decimal.h"
#include "hb_job_cost.h"
#include "hb_library.h"
#include "hb_sha256.h"
#include "hb_sweep_runs.h"
#include "hilbert/hb_image.h"

enum { MAX_ROWS = 512, MAX_COLUMNS = 64, MAX_SEEDS = 10000, MAX_JOBS = 1024 };
#define MAX_DURATION_PS UINT64_C(3600000000000000)

/* Options as typed; NULL if absent. popt allocates them. */
typedef struct text {
  char *policies, *seeds, *seed, *score, *duration, *engine, *cost, *baseline, *jobs, *out,
      *firmware, *trace, *models, *progress, *ux_window;
  char **scenarios, **socs, **sched;
} text_t;

typedef struct plan {
  hb_sweep_t sweep;
  hb_sweep_runs_t runs;
  hb_sweep_source_t *sources;
  hb_sweep_policy_t policies[MAX_COLUMNS];
  char **files; /* scenarios, as matched */
  uint32_t num_files;
} plan_t;

/* ----------------------------------------------------------------------------------- scenarios */

static bool add_file(plan_t *plan, const char *path) {
  for (uint32_t i = 0; i < plan->num_files; i++) {
    if (strcmp(plan->files[i], path) == 0) {
      return true;
    }
  }
  char **grown = realloc(plan->files, (plan->num_files + 1) * sizeof(*grown));
  char *copy = strdup(path);
  if (grown != NULL) {
    plan->files = grown;
  }
  if (grown == NULL || copy == NULL) {
    free(copy);
    hb_cli_fail(0, "out of memory");
    return false;
  }
  plan->files[plan->num_files++] = copy;
  return true;
}

/* Whether a file that a pattern matches is meant: a scenario. */
static bool is_scenario(const char *path) {
  const size_t len = strlen(path);
  struct stat info;
  hb_config_kind_t kind;
  char name[HB_NAME_MAX];
  hb_config_error_t error;
  if (len < 5 || strcmp(path + len - 5, ".yaml") != 0 || stat(path, &info) != 0 ||
      !S_ISREG(info.st_mode)) {
    return false;
  }
  /* One that is nothing at all is taken, so that loading it says what is wrong. */
  return hb_config_identify(path, &kind, name, &error) != HB_OK || kind == HB_CONFIG_SCENARIO;
}

/* Files by the shell's rules; without any, those of the library by folder and name. */
static int add_pattern(plan_t *plan, const char *pattern) {
  const uint32_t before = plan->num_files;
  glob_t found;
  if (glob(pattern, 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++) {
      if (is_scenario(found.gl_pathv[i]) && !add_file(plan, found.gl_pathv[i])) {
        globfree(&found);
        return HB_EXIT_INTERNAL;
      }
    }
    globfree(&found);
  }
  if (plan->num_files > before) {
    return HB_EXIT_OK;
  }
  hb_library_t library;
  hb_config_error_t error;
  const hb_status_t status = hb_library_open(&library, &error);
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  int code = HB_EXIT_OK;
  const size_t folder = strlen(hb_library_folder()) + 1;
  for (uint32_t i = 0; i < library.num_files && code == HB_EXIT_OK; i++) {
    const hb_library_file_t *file = &library.files[i];
    char name[HB_PATH_MAX_BYTES];
    snprintf(name, sizeof(name), "%s", file->path + folder);
    name[strlen(name) - strlen(".yaml")] = '\0';
    const char *last = strrchr(name, '/');
    if (file->kind == HB_CONFIG_SCENARIO &&
        (fnmatch(pattern, name, 0) == 0 ||
         fnmatch(pattern, last == NULL ? name : last + 1, 0) == 0) &&
        !add_file(plan, file->path)) {
      code = HB_EXIT_INTERNAL;
    }
  }
  hb_library_release(&library);
  if (code == HB_EXIT_OK && plan->num_files == before) {
    code = hb_cli_fail(HB_EXIT_INPUT,
                       "--scenarios: '%s' matches no scenario, neither a file nor one of "
                       "`hilbert list scenarios`",
                       pattern);
  }
  return code;
}

static void hash_file(void *ctx, const char *path, const void *bytes, size_t len) {
  (void)path;
  const uint64_t size = len;
  hb_sha256_add(ctx, &size, sizeof(size));
  hb_sha256_add(ctx, bytes, len);
}

/* Reads the files of a scenario on a SoC, with their hash. `soc`: of --soc; NULL: its own. */
static int read_files(const char *models, const char *soc_text, hb_sweep_source_t *source,
                      hb_scenario_t *scenario, hb_soc_t *soc) {
  hb_config_error_t error;
  hb_sha256_t hash;
  hb_sha256_init(&hash);
  hb_config_watch(hash_file, &hash);
  hb_status_t status = hb_config_load_scenario_set(source->scenario, models, scenario, &error);
  if (status == HB_OK && soc_text == NULL) {
    snprintf(source->soc, sizeof(source->soc), "%s", scenario->soc_path);
  } else if (status == HB_OK) {
    hb_config_watch(NULL, NULL); /* looking for it reads others */
    status = hb_library_find(HB_CONFIG_SOC, soc_text, source->soc, &error);
    hb_config_watch(hash_file, &hash);
  }
  if (status == HB_OK && source->soc[0] != '\0') {
    status = hb_config_load_soc(source->soc, hb_cli_tile_known, soc, &error);
  }
  hb_config_watch(NULL, NULL);
  hb_sha256_end(&hash, source->sha256);
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  if (source->soc[0] == '\0') {
    return hb_cli_fail(HB_EXIT_USAGE, "%s names no soc; give one with --soc", source->scenario);
  }
  return HB_EXIT_OK;
}

static bool unchanged(const hb_sweep_runs_t *runs, uint32_t row) {
  hb_sweep_source_t again = runs->sources[row];
  hb_scenario_t scenario = {0};
  hb_soc_t soc;
  const int code = read_files(runs->models, again.soc, &again, &scenario, &soc);
  hb_scenario_release(&scenario);
  return code == HB_EXIT_OK && strcmp(again.sha256, runs->sources[row].sha256) == 0;
}

static int load_row(plan_t *plan, const char *file, const char *soc_text) {
  hb_sweep_source_t *source = &plan->sources[plan->sweep.num_rows];
  hb_scenario_t scenario = {0};
  hb_soc_t soc;
  snprintf(source->scenario, sizeof(source->scenario), "%s", file);
  int code = read_files(plan->runs.models, soc_text, source, &scenario, &soc);
  if (code == HB_EXIT_OK) {
    const hb_status_t status = hb_sweep_add_row(&plan->sweep, scenario.name, soc.name);
    if (status == HB_ERR_ARG) {
      code = hb_cli_fail(HB_EXIT_INPUT, "%s: there are two scenarios %s on %s", file, scenario.name,
                         soc.name);
    } else if (status != HB_OK) {
      code = hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
    }
  }
  hb_scenario_release(&scenario);
  return code;
}

static uint32_t count(char **list) {
  uint32_t num = 0;
  while (list != NULL && list[num] != NULL) {
    num++;
  }
  return num;
}

static int take_rows(plan_t *plan, const text_t *text, const char **operands) {
  for (uint32_t i = 0; text->scenarios != NULL && text->scenarios[i] != NULL; i++) {
    const int code = add_pattern(plan, text->scenarios[i]);
    if (code != HB_EXIT_OK) {
      return code;
    }
  }
  for (uint32_t i = 0; operands[i] != NULL; i++) {
    char path[HB_PATH_MAX_BYTES];
    hb_config_error_t error;
    const hb_status_t status = hb_library_find(HB_CONFIG_SCENARIO, operands[i], path, &error);
    if (status != HB_OK) {
      return hb_cli_bad_file(status, &error);
    }
    if (!add_file(plan, path)) {
      return HB_EXIT_INTERNAL;
    }
  }
  const uint32_t num_socs = count(text->socs) == 0 ? 1 : count(text->socs);
  if (plan->num_files == 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "no scenarios; name some, or give --scenarios PATTERN");
  }
  if ((uint64_t)plan->num_files * num_socs > MAX_ROWS) {
    return hb_cli_fail(HB_EXIT_USAGE, "%u scenarios on %u SoCs are more than %d", plan->num_files,
                       num_socs, MAX_ROWS);
  }
  plan->sources = calloc((size_t)plan->num_files * num_socs, sizeof(*plan->sources));
  if (plan->sources == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (uint32_t soc = 0; soc < num_socs; soc++) {
    for (uint32_t i = 0; i < plan->num_files; i++) {
      const int code =
          load_row(plan, plan->files[i], count(text->socs) == 0 ? NULL : text->socs[soc]);
      if (code != HB_EXIT_OK) {
        return code;
      }
    }
  }
  return HB_EXIT_OK;
}

/* ------------------------------------------------------------------------------------- columns */

static const char *const POLICIES[] = {
#define X(name_, number_) #name_,
    HB_POLICY_TABLE(X)
#undef X
};
enum { NUM_POLICIES = sizeof(POLICIES) / sizeof(POLICIES[0]) };

/* The policy of those `len` bytes; NULL: there is none. */
static const char *find_policy(const char *name, size_t len) {
  for (int i = 0; i < NUM_POLICIES; i++) {
    if (strlen(POLICIES[i]) == len && strncmp(POLICIES[i], name, len) == 0) {
      return POLICIES[i];
    }
  }
  return NULL;
}

static int add_column(plan_t *plan, const char *name, const char *policy, const char *sched) {
  if (plan->sweep.num_columns == MAX_COLUMNS) {
    return hb_cli_fail(HB_EXIT_USAGE, "more than %d policies and settings", MAX_COLUMNS);
  }
  plan->policies[plan->sweep.num_columns] = (hb_sweep_policy_t){.policy = policy, .sched = sched};
  const hb_status_t status = hb_sweep_add_column(&plan->sweep, name);
  if (status == HB_ERR_ARG) {
    return hb_cli_fail(HB_EXIT_USAGE, "%s is named twice", name);
  }
  return status == HB_OK ? HB_EXIT_OK : hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
}

/* "[NAME:]key=value,...": a column of the policy dream. */
static int add_settings(plan_t *plan, const char *text) {
  static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-=,";
  const char *colon = strchr(text, ':');
  const char *settings = colon == NULL ? text : colon + 1;
  const size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);
  const char *dream = find_policy("dream", strlen("dream"));
  if (len == 0 || len >= HB_NAME_MAX || strspn(text, NAME) < len || text[0] == '.' ||
      strchr(settings, '=') == NULL || strspn(settings, NAME) != strlen(settings)) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "--sched: expected [NAME:]key=value,... with a name of up to %d letters, "
                       "digits and _.+-=, got '%s'",
                       HB_NAME_MAX - 1, text);
  }
  hb_sched_t sched = hb_sched_defaults();
  char why[256];
  if (hb_config_sched(settings, &sched, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_USAGE, "--sched: %s", why);
  }
  if (dream == NULL) {
    return hb_cli_fail(HB_EXIT_USAGE, "--sched: this firmware has no policy dream");
  }
  char name[HB_NAME_MAX];
  snprintf(name, sizeof(name), "%.*s", (int)len, text);
  return add_column(plan, name, dream, settings);
}

static int take_columns(plan_t *plan, const text_t *text) {
  const char *list = text->policies == NULL ? "all" : text->policies;
  int code = HB_EXIT_OK;
  if (strcmp(list, "all") == 0) {
    for (int i = 0; i < NUM_POLICIES && code == HB_EXIT_OK; i++) {
      code = add_column(plan, POLICIES[i], POLICIES[i], NULL);
    }
  } else {
    for (const char *word = list; word != NULL && code == HB_EXIT_OK;) {
      const size_t len = strcspn(word, ",");
      const char *policy = find_policy(word, len);
      code = policy != NULL ? add_column(plan, policy, policy, NULL)
                            : hb_cli_fail(HB_EXIT_USAGE,
                                          "--policies: no policy is named '%.*s'; expected all, or "
                                          "some of `hilbert list policies` separated by commas",
                                          (int)len, word);
      word = word[len] == ',' ? word + len + 1 : NULL;
    }
  }
  for (uint32_t i = 0; i < count(text->sched) && code == HB_EXIT_OK; i++) {
    code = add_settings(plan, text->sched[i]);
  }
  if (code != HB_EXIT_OK) {
    return code;
  }
  const char *baseline = text->baseline != NULL ? text->baseline
                         : hb_sweep_column(&plan->sweep, "fcfs") != HB_IMAGE_NONE
                             ? "fcfs"
                             : plan->sweep.columns[0];
  plan->sweep.baseline = hb_sweep_column(&plan->sweep, baseline);
  if (plan->sweep.baseline == HB_IMAGE_NONE) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "--baseline: expected one of the policies or settings of the sweep, got %s",
                       baseline);
  }
  return HB_EXIT_OK;
}

/* ------------------------------------------------------------------------------- other options */

static bool take_time(const char *name, const char *text) {
  uint64_t ps = 0;
  if (text != NULL && (hb_duration_parse(text, &ps) != HB_OK || ps == 0 || ps > MAX_DURATION_PS)) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected 1ps to 3600s, such as 34ms or 1.5s, got %s", name,
                text);
    return false;
  }
  return true;
}

static bool is_cost(const char *name) {
  for (uint32_t i = 0; hb_job_cost_name(i) != NULL; i++) {
    if (strcmp(hb_job_cost_name(i), name) == 0) {
      return true;
    }
  }
  return false;
}

static int take_options(plan_t *plan, const text_t *text) {
  uint64_t seeds = 1, seed = 1;
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t jobs = processors < 1 ? 1 : (uint64_t)processors;
  hb_sweep_runs_t *runs = &plan->runs;
  if (text->out == NULL) {
    return hb_cli_fail(HB_EXIT_USAGE, "--out DIR is needed");
  }
  if ((text->seeds != NULL && !hb_cli_number("--seeds", text->seeds, 1, MAX_SEEDS, &seeds)) ||
      (text->seed != NULL && !hb_cli_number("--seed", text->seed, 0, UINT64_MAX / 2, &seed)) ||
      (text->jobs != NULL && !hb_cli_number("--jobs", text->jobs, 1, MAX_JOBS, &jobs)) ||
      !take_time("--duration", text->duration) || !take_time("--ux-window", text->ux_window)) {
    return HB_EXIT_USAGE;
  }
  char why[256];
  hb_score_constants_t constants = HB_SCORE_XRBENCH;
  if (text->score != NULL && hb_config_score(text->score, &constants, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_USAGE, "--score: %s", why);
  }
  if (text->progress != NULL && strcmp(text->progress, "auto") != 0 &&
      strcmp(text->progress, "always") != 0 && strcmp(text->progress, "never") != 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "--progress: expected auto, always or never, got %s",
                       text->progress);
  }
  hb_sweep_init(&plan->sweep, seed, (uint32_t)seeds);
  const char *engine = text->engine == NULL ? "twin" : text->engine;
  const size_t engine_len = strcspn(engine, ",");
  if (strcmp(engine, "analytical") != 0 && !(engine_len == 3 && strncmp(engine, "rtl", 3) == 0) &&
      !(engine_len == 4 && strncmp(engine, "twin", 4) == 0)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--engine: expected rtl, twin or analytical, got %s", engine);
  }
  if (text->firmware != NULL && strcmp(engine, "analytical") == 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "--firmware: not for --engine analytical");
  }
  if (text->cost != NULL && strcmp(engine, "analytical") != 0) {
    return hb_cli_fail(HB_EXIT_USAGE, "--cost: only for --engine analytical");
  }
  if (text->cost != NULL && (!is_cost(text->cost) || strcmp(text->cost, "table") == 0)) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "--cost: expected one of those of `hilbert run --engine analytical` but "
                       "table, got %s",
                       text->cost);
  }
  snprintf(plan->sweep.engine, sizeof(plan->sweep.engine), "%s", engine);
  snprintf(plan->sweep.cost, sizeof(plan->sweep.cost), "%s", text->cost == NULL ? "" : text->cost);
  snprintf(plan->sweep.duration, sizeof(plan->sweep.duration), "%s",
           text->duration == NULL ? "" : text->duration);
  const char *environment = getenv("HILBERT_FIRMWARE");
  runs->sweep = &plan->sweep;
  runs->policies = plan->policies;
  runs->unchanged = unchanged;
  runs->models = text->models;
  runs->out = text->out;
  runs->jobs = (uint32_t)jobs;
  runs->progress = text->progress == NULL || strcmp(text->progress, "auto") == 0
                       ? isatty(STDERR_FILENO) != 0
                       : strcmp(text->progress, "always") == 0;
  if (strcmp(engine, "analytical") != 0) {
    runs->firmware = text->firmware != NULL                          ? text->firmware
                     : environment != NULL && environment[0] != '\0' ? environment
                                                                     : HB_FIRMWARE_ELF;
  }
  const struct {
    const char *name, *value;
  } shared[] = {{"--engine", engine},
                {"--cost", text->cost},
                {"--trace", text->trace == NULL ? "off" : text->trace},
                {"--duration", text->duration},
                {"--score", text->score},
                {"--models", text->models},
                {"--ux-window", text->ux_window}};
  _Static_assert(2 * sizeof(shared) / sizeof(shared[0]) < HB_SWEEP_MAX_SHARED, "room for all");
  int num = 0;
  for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
    if (shared[i].value != NULL) {
      runs->shared[num++] = shared[i].name;
      runs->shared[num++] = shared[i].value;
    }
  }
  return HB_EXIT_OK;
}

/* ------------------------------------------------------------------------------------- results */

static int write_files(const hb_sweep_t *sweep, const char *out) {
  static const struct {
    const char *name;
    hb_status_t (*write)(const hb_sweep_t *sweep, const char *path, char *why, size_t why_len);
  } FILES[] = {{HB_SWEEP_CSV, hb_sweep_write_runs},
               {HB_SWEEP_SUMMARY, hb_sweep_write_summary},
               {HB_SWEEP_JSON, hb_sweep_write_json},
               {HB_SWEEP_PICTURE, hb_sweep_write_picture}};
  char why[512] = "";
  for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
    char path[HB_PATH_MAX_BYTES];
    snprintf(path, sizeof(path), "%.*s/%s", HB_PATH_MAX_BYTES - 32, out, FILES[i].name);
    if (FILES[i].write(sweep, path, why, sizeof(why)) != HB_OK) {
      return hb_cli_fail(HB_EXIT_FAILED, "%s", why);
    }
  }
  return HB_EXIT_OK;
}

static int do_sweep(plan_t *plan) {
  if (hb_sweep_ready(&plan->sweep) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  plan->runs.sources = plan->sources;
  int lock = -1;
  int code = hb_sweep_runs_open(plan->runs.out, &lock);
  if (code != HB_EXIT_OK) {
    return code;
  }
  code = hb_sweep_runs_do(&plan->runs);
  if (code == HB_EXIT_OK) {
    hb_sweep_print(&plan->sweep, stdout);
    code = write_files(&plan->sweep, plan->runs.out);
  }
  if (code == HB_EXIT_OK) {
    printf("wrote %s\n", plan->runs.out);
    code = hb_sweep_num_failed(&plan->sweep) == 0 ? HB_EXIT_OK : HB_EXIT_FAILED;
  }
  close(lock);
  return code;
}

static int sweep(const text_t *text, const char **operands) {
  plan_t *plan = calloc(1, sizeof(*plan));
  if (plan == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  int code = take_options(plan, text);
  code = code == HB_EXIT_OK ? take_columns(plan, text) : code;
  code = code == HB_EXIT_OK ? take_rows(plan, text, operands) : code;
  code = code == HB_EXIT_OK ? do_sweep(plan) : code;
  for (uint32_t i = 0; i < plan->num_files; i++) {
    free(plan->files[i]);
  }
  free(plan->files);
  free(plan->sources);
  hb_sweep_release(&plan->sweep);
  free(plan);
  return code;
}

static void free_list(char **list) {
  for (uint32_t i = 0; i < count(list); i++) {
    free(list[i]);
  }
  free(list);
}

int hb_cmd_sweep(int argc, const char **argv) {
  text_t text = {0};
  const struct poptOption table[] = {
      {"policies", '\0', POPT_ARG_STRING, &text.policies, 0,
       "all, or names separated by commas; default: all", "NAMES"},
      {"scenarios", '\0', POPT_ARG_ARGV, &text.scenarios, 0,
       "scenarios by a pattern of files or names, as 'scenarios/xrbench/*'; may be repeated",
       "PATTERN"},
      {"soc", '\0', POPT_ARG_ARGV, &text.socs, 0,
       "SoC file or name, for all scenarios; may be repeated; default: each scenario's", "SOC"},
      {"sched", '\0', POPT_ARG_ARGV, &text.sched, 0,
       "one more column: dream with these settings of `hilbert run --sched`; may be repeated",
       "[NAME:]KEY=VALUE,..."},
      {"seeds", '\0', POPT_ARG_STRING, &text.seeds, 0, "runs of each, default: 1", "N"},
      {"seed", '\0', POPT_ARG_STRING, &text.seed, 0, "the first seed; default: 1", "N"},
      {"baseline", '\0', POPT_ARG_STRING, &text.baseline, 0,
       "column that others are compared with; default: fcfs", "NAME"},
      {"score", '\0', POPT_ARG_STRING, &text.score, 0, "constants of scores, as in `hilbert run`",
       "NAME=VALUE,..."},
      {"duration", '\0', POPT_ARG_STRING, &text.duration, 0,
       "simulated time of each run; default: the scenario's", "TIME"},
      {"engine", '\0', POPT_ARG_STRING, &text.engine, 0, "of `hilbert run`; default: twin", "NAME"},
      {"cost", '\0', POPT_ARG_STRING, &text.cost, 0, "of `hilbert run --engine analytical`",
       "NAME"},
      {"models", '\0', POPT_ARG_STRING, &text.models, 0, "of `hilbert run`", "SET"},
      {"trace", '\0', POPT_ARG_STRING, &text.trace, 0, "of `hilbert run`; default: off", "LEVEL"},
      {"ux-window", '\0', POPT_ARG_STRING, &text.ux_window, 0, "of `hilbert run`", "TIME"},
      {"firmware", '\0', POPT_ARG_STRING, &text.firmware, 0, "of `hilbert run`", "FILE"},
      {"jobs", '\0', POPT_ARG_STRING, &text.jobs, 0,
       "runs at a time; default: the number of processors", "N"},
      {"out", '\0', POPT_ARG_STRING, &text.out, 0, "directory of all results", "DIR"},
      {"progress", '\0', POPT_ARG_STRING, &text.progress, 0, "auto, always or never", "WHEN"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  int exit_code = hb_cli_parse(
      argc, argv, table, "[SCENARIO...]",
      "Runs scenarios with several policies and seeds in processes of their own. Prints UXCost of\n"
      "each policy, and leaves sweep.csv, summary.csv, sweep.json and sweep.svg in DIR. Runs in "
      "DIR\n"
      "that ended well and have the same inputs are not done again.",
      0, MAX_ROWS, &context, &operands);
  if (exit_code < 0) {
    exit_code = sweep(&text, operands);
    poptFreeContext(context);
  }
  char *const texts[] = {text.score,    text.policies, text.seeds,    text.seed,
                         text.duration, text.engine,   text.cost,     text.baseline,
                         text.jobs,     text.out,      text.firmware, text.trace,
                         text.models,   text.progress, text.ux_window};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    free(texts[i]);
  }
  free_list(text.scenarios);
  free_list(text.socs);
  free_list(text.sched);
  return exit_code;
}
