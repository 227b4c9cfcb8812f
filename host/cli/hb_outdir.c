/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_outdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hb_folders.h"
#include "hb_model.h"
#include "hb_whole_file.h"

/* All a run leaves, in the order in which it is removed. */
static const char *const RESULTS[] = {
    HB_OUTDIR_METRICS,       HB_OUTDIR_INFERENCES,    HB_OUTDIR_REPORT,
    HB_OUTDIR_TRACE,         HB_OUTDIR_SCORES,        HB_OUTDIR_TASKS,
    HB_OUTDIR_SEEDS,         HB_OUTDIR_TUNING,        HB_OUTDIR_VALIDATE_CSV,
    HB_OUTDIR_VALIDATE_JSON, HB_OUTDIR_VALIDATE_PLOT, HB_OUTDIR_VALIDATE_SCENARIOS};
enum { NUM_RESULTS = sizeof(RESULTS) / sizeof(RESULTS[0]) };

/* And the names of waveforms, which are the user's choice, end like this. */
static const char *const ENDINGS[] = {".fst", ".fst.part", ".fst.part.hier", ".gtkw",
                                      ".gtkw.resp.txt"};
enum { NUM_ENDINGS = sizeof(ENDINGS) / sizeof(ENDINGS[0]) };

static bool is_wave(const char *name) {
  const size_t len = strlen(name);
  for (int i = 0; i < NUM_ENDINGS; i++) {
    const size_t ending = strlen(ENDINGS[i]);
    if (len > ending && strcmp(name + len - ending, ENDINGS[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* "certify", "certificate.json", or one of them with "-sample" or "-TILE" behind its first word. */
static bool is_of_certify(const char *name, const char *first, const char *ending) {
  const size_t len = strlen(name), first_len = strlen(first), ending_len = strlen(ending);
  return len >= first_len + ending_len && strncmp(name, first, first_len) == 0 &&
         strcmp(name + len - ending_len, ending) == 0 &&
         (len == first_len + ending_len || name[first_len] == '-');
}

static bool is_certify(const char *name) {
  return is_of_certify(name, "certify", "");
}

static bool is_certificate(const char *name) {
  return is_of_certify(name, "certificate", ".json");
}

static bool is_result(const char *name) {
  for (int i = 0; i < NUM_RESULTS; i++) {
    if (strcmp(name, RESULTS[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* Something that Hilbert has left here, whole or a part of it. */
static bool is_ours(const char *entry) {
  char name[256]; /* NAME_MAX and the end */
  snprintf(name, sizeof(name), "%.*s", (int)hb_whole_file_name_len(entry), entry);
  return is_result(name) || is_wave(name) || is_certify(name) || is_certificate(name);
}

/* What `hilbert certify` keeps: files only. One that is not empty after it stays, and says so. */
static hb_status_t remove_certify(const char *path, const char *name, char *why, size_t why_len) {
  char folder[HB_PATH_MAX_BYTES + 32];
  snprintf(folder, sizeof(folder), "%s/%s", path, name);
  DIR *directory = opendir(folder);
  if (directory == NULL) return HB_OK;
  for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    char file[sizeof(folder) + 256];
    snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
    if (strncmp(entry->d_name, "unit-", 5) == 0 || strncmp(entry->d_name, "list", 4) == 0) {
      (void)!unlink(file);
    }
  }
  closedir(directory);
  if (rmdir(folder) == 0) return HB_OK;
  snprintf(why, why_len, "%s: %s", folder, strerror(errno));
  return HB_ERR_INPUT;
}

static hb_status_t remove_file(const char *path, const char *name, char *why, size_t why_len) {
  char file[HB_PATH_MAX_BYTES + 288];
  snprintf(file, sizeof(file), "%s/%s", path, name);
  if (unlink(file) == 0 || errno == ENOENT) {
    return HB_OK;
  }
  snprintf(why, why_len, "%s: %s", file, strerror(errno));
  return HB_ERR_IO;
}

hb_status_t hb_outdir_prepare(const char *path, char *why, size_t why_len) {
  if (path[0] == '\0') {
    snprintf(why, why_len, "the result directory has no name");
    return HB_ERR_INPUT;
  }
  HB_TRY(hb_folders_make(path, why, why_len));
  DIR *directory = opendir(path);
  if (directory == NULL) {
    snprintf(why, why_len, "%s: %s", path, strerror(errno));
    return HB_ERR_INPUT;
  }
  hb_status_t status = HB_OK;
  for (struct dirent *entry = readdir(directory); entry != NULL && status == HB_OK;
       entry = readdir(directory)) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_ours(name)) {
      snprintf(
          why, why_len,
          "%s: holds %s, which no run wrote; give another directory with --out or move it away",
          path, name);
      status = HB_ERR_INPUT;
    }
  }
  for (int i = 0; i < NUM_RESULTS && status == HB_OK; i++) {
    status = remove_file(path, RESULTS[i], why, why_len);
  }
  rewinddir(directory);
  for (struct dirent *entry = readdir(directory); entry != NULL && status == HB_OK;
       entry = readdir(directory)) {
    const char *name = entry->d_name;
    if (is_certify(name))
      status = remove_certify(path, name, why, why_len);
    else if (is_ours(name))
      status = remove_file(path, name, why, why_len);
  }
  closedir(directory);
  return status;
}
