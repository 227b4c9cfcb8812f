/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_share.h"
#include "hb_whole_file.h"

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

enum { STALE_S = 900, HOST_BYTES = 128, RESULT_BYTES = 4096 };

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

hb_status_t hb_certify_share_claim(const hb_certify_share_t *share, size_t unit,
                                   hb_certify_turn_t *turn_out) {
  char claim[HB_CERTIFY_PATH];
  hb_certify_result_t result;
  path_of(share->folder, unit, "claim", claim);
  if (hb_certify_share_result(share, unit, &result) == HB_OK) {
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
  if (hb_certify_share_result(share, unit, &result) == HB_OK) { /* it came between our two looks */
    unlink(claim);
    *turn_out = HB_CERTIFY_DONE;
  }
  return HB_OK;
}

void hb_certify_share_touch(const hb_certify_share_t *share, size_t unit) {
  char claim[HB_CERTIFY_PATH];
  path_of(share->folder, unit, "claim", claim);
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

/* Whether a result can be that of this unit. */
static bool fits(const hb_certify_share_t *share, size_t unit, const hb_certify_result_t *result) {
  const hb_certify_unit_t *of = &share->plan->units[unit];
  const bool open = share->plan->segments[of->first + of->num - 1].open;
  /* A segment that is open and has no record before its end is none when it is cut again. */
  const bool all = result->segments == of->num || (open && result->segments + 1 == of->num);
  const uint64_t shown =
      result->mismatches < HB_CERTIFY_SHOWN ? result->mismatches : HB_CERTIFY_SHOWN;
  return all && result->segments_failed <= result->segments &&
         result->segments_failed <= result->mismatches &&
         (result->segments_failed == 0) == (result->mismatches == 0) &&
         (result->segments_failed == 0 ? result->jobs == of->jobs : result->jobs <= of->jobs) &&
         result->num_found == shown;
}

/* The contents of a result's file: whose it is, what came out, and a hash of both. */
static void print_result(const hb_certify_share_t *share, size_t unit,
                         const hb_certify_result_t *result, char text[RESULT_BYTES]) {
  int len = snprintf(text, RESULT_BYTES,
                     "unit %zu of %s\nsegments %" PRIu64 " failed %" PRIu64 " jobs %" PRIu64
                     " mismatches %" PRIu64 " cycles %" PRIu64 " found %" PRIu32 "\n",
                     unit, share->list_sha256, result->segments, result->segments_failed,
                     result->jobs, result->mismatches, result->cycles, result->num_found);
  for (uint32_t i = 0; i < result->num_found; i++) {
    const hb_replay_mismatch_t *m = &result->found[i].mismatch;
    len += snprintf(text + len, RESULT_BYTES - (size_t)len,
                    "%" PRIu64 " %d %" PRIu32 " %" PRIu64 " %" PRIu64 " %s\n", m->cycle,
                    m->in_job ? 1 : 0, m->tag, m->expected, m->got, m->signal);
  }
  hb_sha256_t hash;
  char digits[HB_SHA256_TEXT];
  hb_sha256_init(&hash);
  hb_sha256_add(&hash, text, (size_t)len);
  hb_sha256_end(&hash, digits);
  snprintf(text + len, RESULT_BYTES - (size_t)len, "sha256 %s\n", digits);
}

hb_status_t hb_certify_share_finish(const hb_certify_share_t *share, size_t unit,
                                    const hb_certify_result_t *result) {
  if (!fits(share, unit, result)) return HB_ERR_INTERNAL;
  char text[RESULT_BYTES];
  char path[HB_CERTIFY_PATH];
  print_result(share, unit, result, text);
  path_of(share->folder, unit, "result", path);
  char why[HB_CERTIFY_PATH + 128];
  HB_TRY(hb_whole_file_write(path, text, strlen(text), why, sizeof(why)));
  path_of(share->folder, unit, "claim", path);
  unlink(path);
  return HB_OK;
}

/* Reads what print_result() has printed; whether it is that, the caller finds out. */
static bool parse_result(const char *text, uint32_t tile, hb_certify_result_t *result) {
  const char *line = strchr(text, '\n');
  if (line == NULL ||
      sscanf(line + 1,
             "segments %" SCNu64 " failed %" SCNu64 " jobs %" SCNu64 " mismatches %" SCNu64
             " cycles %" SCNu64 " found %" SCNu32,
             &result->segments, &result->segments_failed, &result->jobs, &result->mismatches,
             &result->cycles, &result->num_found) != 6 ||
      result->num_found > HB_CERTIFY_SHOWN) {
    return false;
  }
  line = strchr(line + 1, '\n');
  for (uint32_t i = 0; i < result->num_found && line != NULL; i++) {
    hb_certify_found_t *found = &result->found[i];
    hb_replay_mismatch_t *m = &found->mismatch;
    int in_job = 0;
    int at = 0;
    if (sscanf(line + 1, "%" SCNu64 " %d %" SCNu32 " %" SCNu64 " %" SCNu64 " %n", &m->cycle,
               &in_job, &m->tag, &m->expected, &m->got, &at) != 5) {
      return false;
    }
    const char *signal = line + 1 + at;
    const size_t len = strcspn(signal, "\n");
    if (len >= sizeof(m->signal)) return false;
    memcpy(m->signal, signal, len);
    m->in_job = in_job != 0;
    found->tile = tile;
    line = strchr(line + 1, '\n');
  }
  return line != NULL;
}

hb_status_t hb_certify_share_result(const hb_certify_share_t *share, size_t unit,
                                    hb_certify_result_t *result_out) {
  char path[HB_CERTIFY_PATH];
  path_of(share->folder, unit, "result", path);
  FILE *file = fopen(path, "r");
  if (file == NULL) return HB_ERR_END;
  char text[RESULT_BYTES];
  char again[RESULT_BYTES];
  const size_t len = fread(text, 1, sizeof(text) - 1, file);
  const bool more = fgetc(file) != EOF;
  fclose(file);
  text[len] = '\0';
  hb_certify_result_t result = {0};
  if (more || strlen(text) != len || !parse_result(text, share->plan->units[unit].tile, &result)) {
    return HB_ERR_END;
  }
  print_result(share, unit, &result, again);
  if (strcmp(text, again) != 0 || !fits(share, unit, &result)) return HB_ERR_END;
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

hb_status_t hb_certify_share_open(const char *folder, const char *list,
                                  const hb_certify_plan_t *plan, hb_certify_share_t *share_out,
                                  char *why, size_t why_len) {
  hb_sha256_t hash;
  *share_out = (hb_certify_share_t){.folder = folder, .plan = plan};
  hb_sha256_init(&hash);
  hb_sha256_add(&hash, list, strlen(list));
  hb_sha256_end(&hash, share_out->list_sha256);
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
  return hb_whole_file_write(path, list, strlen(list), why, why_len);
}
