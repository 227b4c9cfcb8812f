/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_sweep_runs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hb_cli.h"
#include "hb_folders.h"
#include "hb_pool.h"
#include "hb_sha256.h"
#include "hb_whole_file.h"

#define PROGRAM "/proc/self/exe"
enum { INPUTS_BYTES = 4096, MAX_ARGUMENTS = HB_SWEEP_MAX_SHARED + 16 };

/* ------------------------------------------------------------------------------------- directory
 */

static bool is_sweeps(const char *name) {
  static const char *const OURS[] = {".",           "..",
                                     HB_SWEEP_LOCK, HB_SWEEP_RUNS,
                                     HB_SWEEP_CSV,  HB_SWEEP_SUMMARY,
                                     HB_SWEEP_JSON, HB_SWEEP_PICTURE};
  const size_t len = hb_whole_file_name_len(name);
  for (size_t i = 0; i < sizeof(OURS) / sizeof(OURS[0]); i++) {
    if (strncmp(name, OURS[i], len) == 0 && OURS[i][len] == '\0') {
      return true;
    }
  }
  return false;
}

int hb_sweep_runs_open(const char *out, int *lock_out) {
  char path[HB_PATH_MAX_BYTES];
  if (out[0] == '\0' || snprintf(path, sizeof(path), "%s", out) >= (int)sizeof(path)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--out: expected a path of 1 to %d bytes",
                       HB_PATH_MAX_BYTES - 1);
  }
  char why[HB_PATH_MAX_BYTES + 128];
  if (hb_folders_make(path, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s", why);
  }
  DIR *directory = opendir(out);
  if (directory == NULL) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s: %s", out, strerror(errno));
  }
  char foreign[256] = "";
  bool locked = false, empty = true;
  for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    if (!is_sweeps(entry->d_name)) {
      snprintf(foreign, sizeof(foreign), "%s", entry->d_name);
    }
    locked = locked || strcmp(entry->d_name, HB_SWEEP_LOCK) == 0;
    empty = empty && entry->d_name[0] == '.';
  }
  closedir(directory);
  if (foreign[0] == '\0' && !locked && !empty) {
    snprintf(foreign, sizeof(foreign), "files, but no " HB_SWEEP_LOCK);
  }
  if (foreign[0] != '\0') {
    return hb_cli_fail(HB_EXIT_INPUT,
                       "%s: holds %s, which no sweep wrote; give another directory with --out or "
                       "move it away",
                       out, foreign);
  }
  snprintf(path, sizeof(path), "%.*s/" HB_SWEEP_LOCK, HB_PATH_MAX_BYTES - 16, out);
  *lock_out = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (*lock_out < 0) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s: %s", path, strerror(errno));
  }
  if (flock(*lock_out, LOCK_EX | LOCK_NB) != 0) {
    close(*lock_out);
    return hb_cli_fail(HB_EXIT_INPUT, "%s: another sweep runs in it", out);
  }
  return HB_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------ a run
 */

typedef struct work {
  const hb_sweep_runs_t *runs;
  char program[HB_SHA256_TEXT], firmware[HB_SHA256_TEXT];
  uint64_t *todo; /* numbers of runs */
  uint64_t num;
} work_t;

typedef struct place {
  uint32_t row, column;
  uint64_t seed;
  char folder[HB_PATH_MAX_BYTES]; /* DIR/runs/... without an ending */
} place_t;

static bool find_place(const hb_sweep_runs_t *runs, uint64_t run, place_t *place) {
  const hb_sweep_t *sweep = runs->sweep;
  hb_sweep_place(sweep, run, &place->row, &place->column, &place->seed);
  const hb_sweep_row_t *row = &sweep->rows[place->row];
  return snprintf(place->folder, sizeof(place->folder), "%s/" HB_SWEEP_RUNS "/%s/%s/%s/seed-%llu",
                  runs->out, row->soc, row->scenario, sweep->columns[place->column],
                  (unsigned long long)place->seed) < HB_PATH_MAX_BYTES - 32;
}

static void path_of(const place_t *place, const char *ending, char path[HB_PATH_MAX_BYTES]) {
  snprintf(path, HB_PATH_MAX_BYTES, "%.*s%s", HB_PATH_MAX_BYTES - 32, place->folder, ending);
}

/* "none" without: it is part of the program then. */
static bool hash_firmware(const hb_sweep_runs_t *runs, char sha256[HB_SHA256_TEXT]) {
  if (runs->firmware == NULL) {
    snprintf(sha256, HB_SHA256_TEXT, "none");
    return true;
  }
  return hb_sha256_file(runs->firmware, sha256) == HB_OK;
}

/* All that the run's results follow from. */
static void describe(const work_t *work, const place_t *place, char text[INPUTS_BYTES]) {
  const hb_sweep_policy_t *policy = &work->runs->policies[place->column];
  int len = snprintf(
      text, INPUTS_BYTES, "hilbert %s\nfirmware %s\nfiles %s\npolicy %s\nsched %s\nseed %llu\n",
      work->program, work->firmware, work->runs->sources[place->row].sha256, policy->policy,
      policy->sched == NULL ? "" : policy->sched, (unsigned long long)place->seed);
  for (int i = 0; work->runs->shared[i] != NULL && len < INPUTS_BYTES; i++) {
    len += snprintf(text + len, (size_t)(INPUTS_BYTES - len), "%s\n", work->runs->shared[i]);
  }
}

/* Adds the hash of its results to a run's inputs; false: it has none. */
static bool add_results(const place_t *place, char text[INPUTS_BYTES]) {
  char path[HB_PATH_MAX_BYTES];
  char sha256[HB_SHA256_TEXT];
  path_of(place, "/metrics.json", path);
  if (hb_sha256_file(path, sha256) != HB_OK) {
    return false;
  }
  const size_t len = strlen(text);
  return snprintf(text + len, INPUTS_BYTES - len, "metrics %s\n", sha256) <
         (int)(INPUTS_BYTES - len);
}

static bool is_done(const work_t *work, const place_t *place) {
  char path[HB_PATH_MAX_BYTES];
  char wanted[INPUTS_BYTES], found[INPUTS_BYTES + 1];
  describe(work, place, wanted);
  path_of(place, ".inputs", path);
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    return false;
  }
  const size_t len = fread(found, 1, INPUTS_BYTES, file);
  fclose(file);
  found[len] = '\0';
  return add_results(place, wanted) && strcmp(wanted, found) == 0;
}

/* In the new process. */
static int begin_run(void *ctx, uint64_t task) {
  const work_t *work = ctx;
  const hb_sweep_runs_t *runs = work->runs;
  place_t place;
  char log[HB_PATH_MAX_BYTES], seed[32];
  const char *arguments[MAX_ARGUMENTS];
  int num = 0;
  (void)find_place(runs, work->todo[task], &place);
  path_of(&place, ".log", log);
  const int file = open(log, O_CREAT | O_TRUNC | O_WRONLY, 0666);
  if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) {
    return HB_EXIT_INTERNAL;
  }
  snprintf(seed, sizeof(seed), "%llu", (unsigned long long)place.seed);
  const hb_sweep_policy_t *policy = &runs->policies[place.column];
  const char *const own[] = {"hilbert",
                             "run",
                             runs->sources[place.row].scenario,
                             "--soc",
                             runs->sources[place.row].soc,
                             "--policy",
                             policy->policy,
                             "--seed",
                             seed,
                             "--out",
                             place.folder,
                             "--progress",
                             "never",
                             policy->sched == NULL ? NULL : "--sched",
                             policy->sched};
  for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && own[i] != NULL; i++) {
    arguments[num++] = own[i];
  }
  for (int i = 0; runs->shared[i] != NULL; i++) {
    arguments[num++] = runs->shared[i];
  }
  if (runs->firmware != NULL) {
    arguments[num++] = "--firmware";
    arguments[num++] = runs->firmware;
  }
  arguments[num] = NULL;
  execv(PROGRAM, (char *const *)arguments);
  fprintf(stderr, "hilbert: %s: %s\n", PROGRAM, strerror(errno));
  return HB_EXIT_INTERNAL;
}

/* What a run complained of: standard output, which may come behind it, has no such prefix. The
 * last line if it has said nothing so. */
static void last_words(const place_t *place, int exit_code, char *text, size_t text_len) {
  char path[HB_PATH_MAX_BYTES], line[512];
  static const char COMPLAINT[] = "hilbert: ", WARNING[] = "hilbert: warning: ";
  char last[512] = "";
  bool complained = false;
  path_of(place, ".log", path);
  FILE *file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    const bool complains = strncmp(line, COMPLAINT, strlen(COMPLAINT)) == 0 &&
                           strncmp(line, WARNING, strlen(WARNING)) != 0;
    if (complains || !complained) {
      snprintf(last, sizeof(last), "%s", line);
    }
    complained |= complains;
  }
  if (file != NULL) {
    fclose(file);
  }
  if (exit_code > 128) {
    snprintf(text, text_len, "killed by signal %d", exit_code - 128);
  } else {
    snprintf(text, text_len, "exit code %d: %.200s", exit_code, last);
  }
}

/* The inputs are written last, so that a run is done as a whole or not at all. */
static bool keep_inputs(const work_t *work, const place_t *place) {
  char text[INPUTS_BYTES], path[HB_PATH_MAX_BYTES], why[HB_PATH_MAX_BYTES + 128];
  describe(work, place, text);
  path_of(place, ".inputs", path);
  return add_results(place, text) &&
         hb_whole_file_write(path, text, strlen(text), why, sizeof(why)) == HB_OK;
}

static void take_result(const hb_sweep_runs_t *runs, uint64_t run, const place_t *place) {
  char path[HB_PATH_MAX_BYTES];
  path_of(place, "/metrics.json", path);
  hb_sweep_read(runs->sweep, run, path);
}

static bool end_run(void *ctx, uint64_t task, int exit_code) {
  const work_t *work = ctx;
  const uint64_t run = work->todo[task];
  hb_sweep_t *sweep = work->runs->sweep;
  place_t place;
  char why[256], path[HB_PATH_MAX_BYTES];
  (void)find_place(work->runs, run, &place);
  take_result(work->runs, run, &place);
  path_of(&place, "/metrics.json", path);
  const bool has_metrics = exit_code == HB_EXIT_FAILED && access(path, R_OK) == 0;
  char firmware[HB_SHA256_TEXT];
  if (!hash_firmware(work->runs, firmware) || strcmp(firmware, work->firmware) != 0 ||
      !work->runs->unchanged(work->runs, place.row)) {
    hb_sweep_fail(sweep, run, "a file that it is made of changed meanwhile");
  } else if (exit_code == HB_EXIT_OK && sweep->runs[run].good && !keep_inputs(work, &place)) {
    hb_sweep_fail(sweep, run, "its inputs could not be written");
  } else if (exit_code != HB_EXIT_OK && !has_metrics) { /* else they say why */
    last_words(&place, exit_code, why, sizeof(why));
    hb_sweep_fail(sweep, run, why);
  }
  return sweep->runs[run].good;
}

/* Makes the folder of a run that is to be done, without the inputs and results of another. */
static bool make_place(const place_t *place) {
  char path[HB_PATH_MAX_BYTES];
  path_of(place, ".inputs", path);
  (void)unlink(path);
  path_of(place, "/metrics.json", path);
  (void)unlink(path);
  snprintf(path, sizeof(path), "%s", place->folder);
  *strrchr(path, '/') = '\0';
  char why[HB_PATH_MAX_BYTES + 128];
  return hb_folders_make(path, why, sizeof(why)) == HB_OK;
}

static int list_work(work_t *work) {
  const hb_sweep_runs_t *runs = work->runs;
  const uint64_t num = hb_sweep_num_runs(runs->sweep);
  for (uint64_t run = 0; run < num; run++) {
    place_t place;
    if (!find_place(runs, run, &place)) {
      return hb_cli_fail(HB_EXIT_USAGE, "--out: too long for the folders of runs in it");
    }
    if (is_done(work, &place)) {
      take_result(runs, run, &place);
      continue;
    }
    if (!make_place(&place)) {
      return hb_cli_fail(HB_EXIT_FAILED, "%s: %s", place.folder, strerror(errno));
    }
    work->todo[work->num++] = run;
  }
  return HB_EXIT_OK;
}

static int do_work(work_t *work) {
  const hb_sweep_runs_t *runs = work->runs;
  const uint64_t num = hb_sweep_num_runs(runs->sweep);
  if (hb_sha256_file(PROGRAM, work->program) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "%s cannot be read", PROGRAM);
  }
  if (!hash_firmware(runs, work->firmware)) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s: %s", runs->firmware, strerror(errno));
  }
  const int code = list_work(work);
  if (code != HB_EXIT_OK) {
    return code;
  }
  if (runs->progress && work->num < num) {
    fprintf(stderr, "%llu of %llu runs were done before\n", (unsigned long long)(num - work->num),
            (unsigned long long)num);
  }
  const hb_pool_t pool = {.ctx = work,
                          .num = work->num,
                          .jobs = runs->jobs,
                          .progress = runs->progress,
                          .what = "runs",
                          .begin = begin_run,
                          .end = end_run};
  uint64_t failed = 0;
  const hb_status_t status = work->num > 0 ? hb_pool_run(&pool, &failed) : HB_OK;
  if (status == HB_ERR_STOPPED) {
    return hb_cli_fail(HB_EXIT_INTERRUPTED,
                       "interrupted; the same command goes on from the runs that have ended");
  }
  return status == HB_OK ? HB_EXIT_OK : HB_EXIT_INTERNAL;
}

int hb_sweep_runs_do(const hb_sweep_runs_t *runs) {
  work_t work = {.runs = runs};
  work.todo = calloc(hb_sweep_num_runs(runs->sweep) + 1, sizeof(*work.todo));
  if (work.todo == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  const int code = do_work(&work);
  free(work.todo);
  return code;
}
