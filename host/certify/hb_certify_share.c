/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STALE_S = 900, HOST_BYTES = 128 };

static void path_of(const char *folder, size_t unit, const char *ending,
                    char path[HB_CERTIFY_PATH]) {
  snprintf(path, HB_CERTIFY_PATH, "%s/unit-%zu.%s", folder, unit, ending);
}

static void host_name(char name[HOST_BYTES]) {
  if (gethostname(name, HOST_BYTES) != 0) name[0] = '\0';
  name[HOST_BYTES - 1] = '\0';
  for (char *c = name; *c != '\0'; c++) {
    if (*c == ' ' || *c == '\n') *c = '_';
  }
  if (name[0] == '\0') strcpy(name, "-");
}

hb_status_t hb_certify_write_file(const char *path, const char *text) {
  char part[HB_CERTIFY_PATH + 32];
  snprintf(part, sizeof(part), "%s.%ld.tmp", path, (long)getpid());
  FILE *file = fopen(part, "w");
  if (file == NULL) return HB_ERR_IO;
  const bool written = fputs(text, file) >= 0;
  if (fclose(file) != 0 || !written || rename(part, path) != 0) {
    unlink(part);
    return HB_ERR_IO;
  }
  return HB_OK;
}

/* --------------------------------------------------------------------------------------- claims */

/* Whether who made the claim is at work. */
static bool alive(const char *path) {
  struct stat info;
  if (stat(path, &info) != 0) return false;
  if (difftime(time(NULL), info.st_mtime) > STALE_S) return false;
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  char host[HOST_BYTES];
  char here[HOST_BYTES];
  long process = 0;
  const bool known = fscanf(file, "%127s %ld", host, &process) == 2 && process > 0;
  fclose(file);
  host_name(here);
  /* One that is empty has just been made, or was when its maker was killed. */
  if (!known) return difftime(time(NULL), info.st_mtime) < 2;
  return strcmp(host, here) != 0 || kill((pid_t)process, 0) == 0 || errno != ESRCH;
}

hb_status_t hb_certify_share_claim(const char *folder, size_t unit, hb_certify_turn_t *turn_out) {
  char claim[HB_CERTIFY_PATH];
  hb_certify_result_t result;
  path_of(folder, unit, "claim", claim);
  if (hb_certify_share_result(folder, unit, 0, &result) == HB_OK) {
    *turn_out = HB_CERTIFY_DONE;
    return HB_OK;
  }
  int file = open(claim, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  bool taken = file < 0 && errno == EEXIST;
  if (taken && !alive(claim)) {
    unlink(claim);
    file = open(claim, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    taken = file < 0 && errno == EEXIST;
  }
  if (file < 0) {
    *turn_out = HB_CERTIFY_TAKEN;
    return taken ? HB_OK : HB_ERR_IO;
  }
  char host[HOST_BYTES];
  char text[HOST_BYTES + 32];
  host_name(host);
  const int len = snprintf(text, sizeof(text), "%s %ld\n", host, (long)getpid());
  const bool written = write(file, text, (size_t)len) == len;
  if (close(file) != 0 || !written) return HB_ERR_IO;
  *turn_out = HB_CERTIFY_MINE;
  if (hb_certify_share_result(folder, unit, 0, &result) ==
      HB_OK) { /* it came between our two looks */
    unlink(claim);
    *turn_out = HB_CERTIFY_DONE;
  }
  return HB_OK;
}

void hb_certify_share_touch(const char *folder, size_t unit) {
  char claim[HB_CERTIFY_PATH];
  path_of(folder, unit, "claim", claim);
  (void)!utimensat(AT_FDCWD, claim, NULL, 0);
}

/* -------------------------------------------------------------------------------------- results */

void hb_certify_result_add(hb_certify_result_t *sum, const hb_certify_result_t *more) {
  sum->segments += more->segments;
  sum->segments_failed += more->segments_failed;
  sum->jobs += more->jobs;
  sum->mismatches += more->mismatches;
  sum->cycles += more->cycles;
  for (uint32_t i = 0; i < more->num_found && sum->num_found < HB_CERTIFY_SHOWN; i++) {
    sum->found[sum->num_found++] = more->found[i];
  }
}

hb_status_t hb_certify_share_finish(const char *folder, size_t unit,
                                    const hb_certify_result_t *result) {
  char text[4096];
  int len = snprintf(text, sizeof(text),
                     "segments %" PRIu64 " failed %" PRIu64 " jobs %" PRIu64 " mismatches %" PRIu64
                     " cycles %" PRIu64 " found %" PRIu32 "\n",
                     result->segments, result->segments_failed, result->jobs, result->mismatches,
                     result->cycles, result->num_found);
  for (uint32_t i = 0; i < result->num_found; i++) {
    const hb_replay_mismatch_t *m = &result->found[i].mismatch;
    len += snprintf(text + len, sizeof(text) - (size_t)len,
                    "%" PRIu64 " %d %" PRIu32 " %" PRIu64 " %" PRIu64 " %s\n", m->cycle,
                    m->in_job ? 1 : 0, m->tag, m->expected, m->got, m->signal);
  }
  snprintf(text + len, sizeof(text) - (size_t)len, "end\n");
  char path[HB_CERTIFY_PATH];
  path_of(folder, unit, "result", path);
  HB_TRY(hb_certify_write_file(path, text));
  path_of(folder, unit, "claim", path);
  unlink(path);
  return HB_OK;
}

/* The lines of mismatches, and the last one. */
static bool read_found(FILE *file, uint32_t tile, hb_certify_result_t *result) {
  for (uint32_t i = 0; i < result->num_found; i++) {
    hb_certify_found_t *found = &result->found[i];
    hb_replay_mismatch_t *m = &found->mismatch;
    char line[256];
    int in_job = 0;
    int at = 0;
    if (fgets(line, sizeof(line), file) == NULL ||
        sscanf(line, "%" SCNu64 " %d %" SCNu32 " %" SCNu64 " %" SCNu64 " %n", &m->cycle, &in_job,
               &m->tag, &m->expected, &m->got, &at) != 5) {
      return false;
    }
    line[strcspn(line, "\n")] = '\0';
    snprintf(m->signal, sizeof(m->signal), "%.*s", HB_REPLAY_SIGNAL_MAX - 1, line + at);
    m->in_job = in_job != 0;
    found->tile = tile;
  }
  char line[16];
  return fgets(line, sizeof(line), file) != NULL && strcmp(line, "end\n") == 0;
}

hb_status_t hb_certify_share_result(const char *folder, size_t unit, uint32_t tile,
                                    hb_certify_result_t *result_out) {
  char path[HB_CERTIFY_PATH];
  path_of(folder, unit, "result", path);
  FILE *file = fopen(path, "r");
  if (file == NULL) return HB_ERR_END;
  hb_certify_result_t result = {0};
  const bool good = fscanf(file,
                           "segments %" SCNu64 " failed %" SCNu64 " jobs %" SCNu64
                           " mismatches %" SCNu64 " cycles %" SCNu64 " found %" SCNu32,
                           &result.segments, &result.segments_failed, &result.jobs,
                           &result.mismatches, &result.cycles, &result.num_found) == 6 &&
                    result.num_found <= HB_CERTIFY_SHOWN && fgetc(file) == '\n' &&
                    read_found(file, tile, &result);
  fclose(file);
  if (!good) { /* a machine that lost its power may leave such: it is done again */
    unlink(path);
    return HB_ERR_END;
  }
  *result_out = result;
  return HB_OK;
}

/* ----------------------------------------------------------------------------------------- list */

static bool has_text(const char *path, const char *text) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  const size_t len = strlen(text);
  char *there = malloc(len + 1);
  const bool same =
      there != NULL && fread(there, 1, len + 1, file) == len && memcmp(there, text, len) == 0;
  free(there);
  fclose(file);
  return same;
}

static bool ends_in(const char *name, const char *ending) {
  const size_t len = strlen(name);
  const size_t ending_len = strlen(ending);
  return len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

/* Removes units of another list; with `look` only says whether somebody works on one. */
static bool clean(const char *folder, bool look) {
  DIR *directory = opendir(folder);
  if (directory == NULL) return false;
  bool busy = false;
  for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    const char *name = entry->d_name;
    const bool claim = ends_in(name, ".claim");
    if (strncmp(name, "unit-", 5) != 0 || (!claim && !ends_in(name, ".result"))) continue;
    char path[HB_CERTIFY_PATH + 256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (look) {
      busy = busy || (claim && alive(path));
    } else {
      unlink(path);
    }
  }
  closedir(directory);
  return busy;
}

hb_status_t hb_certify_share_open(const char *folder, const char *list, char *why, size_t why_len) {
  char path[HB_CERTIFY_PATH];
  snprintf(path, sizeof(path), "%s/list", folder);
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
    snprintf(why, why_len, "%s: %s", folder, strerror(errno));
    return HB_ERR_IO;
  }
  if (has_text(path, list)) return HB_OK;
  if (clean(folder, true)) {
    snprintf(why, why_len, "%s: somebody certifies this with other options or another build",
             folder);
    return HB_ERR_BUSY;
  }
  clean(folder, false);
  if (hb_certify_write_file(path, list) != HB_OK) {
    snprintf(why, why_len, "%s: %s", path, strerror(errno));
    return HB_ERR_IO;
  }
  return HB_OK;
}
