/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_library.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 16 };

const char *hb_library_folder(void) {
  const char *folder = getenv("HILBERT_DATA");
  return folder != NULL && folder[0] != '\0' ? folder : HB_DATA_DIR;
}

static bool ends_in_yaml(const char *name) {
  const size_t len = strlen(name);
  return len > 5 && strcmp(name + len - 5, ".yaml") == 0;
}

static hb_status_t add_file(hb_library_t *library, const char *path, hb_config_error_t *error) {
  hb_library_file_t *grown =
      realloc(library->files, (library->num_files + 1) * sizeof(*library->files));
  if (grown == NULL) {
    snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
    return HB_ERR_NOMEM;
  }
  library->files = grown;
  hb_library_file_t *file = &library->files[library->num_files];
  snprintf(file->path, sizeof(file->path), "%s", path);
  HB_TRY(hb_config_identify(path, &file->kind, file->name, error));
  library->num_files++;
  return HB_OK;
}

static hb_status_t add_folder(hb_library_t *library, const char *folder, int depth,
                              hb_config_error_t *error) {
  DIR *directory = opendir(folder);
  if (directory == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", folder, strerror(errno));
    return HB_ERR_IO;
  }
  hb_status_t status = HB_OK;
  for (struct dirent *entry = readdir(directory); entry != NULL && status == HB_OK;
       entry = readdir(directory)) {
    char path[HB_PATH_MAX_BYTES];
    struct stat info;
    if (entry->d_name[0] == '.' ||
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path) ||
        stat(path, &info) != 0) {
      continue;
    }
    if (S_ISDIR(info.st_mode) && depth < MAX_DEPTH) {
      status = add_folder(library, path, depth + 1, error);
    } else if (S_ISREG(info.st_mode) && ends_in_yaml(entry->d_name)) {
      status = add_file(library, path, error);
    }
  }
  closedir(directory);
  return status;
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const hb_library_file_t *)a)->path, ((const hb_library_file_t *)b)->path);
}

hb_status_t hb_library_open(hb_library_t *library_out, hb_config_error_t *error) {
  hb_library_t library = {0};
  const hb_status_t status = add_folder(&library, hb_library_folder(), 0, error);
  if (status != HB_OK) {
    hb_library_release(&library);
    return status;
  }
  if (library.num_files > 0) {
    qsort(library.files, library.num_files, sizeof(*library.files), by_path);
  }
  *library_out = library;
  return HB_OK;
}

void hb_library_release(hb_library_t *library) {
  free(library->files);
  *library = (hb_library_t){0};
}

/* Whether `path` ends in /`name`.yaml. */
static bool is_called(const char *path, const char *name) {
  const size_t path_len = strlen(path);
  const size_t name_len = strlen(name);
  if (path_len < name_len + sizeof("/.yaml") - 1) {
    return false;
  }
  const char *end = path + path_len - name_len - 5;
  return end[-1] == '/' && strncmp(end, name, name_len) == 0 && ends_in_yaml(path);
}

hb_status_t hb_library_find(hb_config_kind_t kind, const char *text,
                            char path_out[HB_PATH_MAX_BYTES], hb_config_error_t *error) {
  if (strlen(text) >= HB_PATH_MAX_BYTES) {
    snprintf(error->text, sizeof(error->text), "hilbert: path longer than %d bytes",
             HB_PATH_MAX_BYTES - 1);
    return HB_ERR_INPUT;
  }
  if (ends_in_yaml(text) || access(text, F_OK) == 0) {
    memmove(path_out, text, strlen(text) + 1); /* the caller's text may be there */
    return HB_OK;
  }
  hb_library_t library;
  HB_TRY(hb_library_open(&library, error));
  const hb_library_file_t *found = NULL;
  hb_status_t status = HB_OK;
  for (uint32_t i = 0; i < library.num_files && status == HB_OK; i++) {
    const hb_library_file_t *file = &library.files[i];
    if (file->kind != kind || !is_called(file->path, text)) {
      continue;
    }
    if (found != NULL) {
      snprintf(error->text, sizeof(error->text), "hilbert: %s: both %s and %s; give a path", text,
               found->path, file->path);
      status = HB_ERR_INPUT;
    }
    found = file;
  }
  for (uint32_t i = 0; i < library.num_files && found == NULL && status == HB_OK; i++) {
    if (is_called(library.files[i].path, text)) {
      snprintf(error->text, sizeof(error->text), "hilbert: %s: expected a %s, but %s is a %s", text,
               hb_config_kind_name(kind), library.files[i].path,
               hb_config_kind_name(library.files[i].kind));
      status = HB_ERR_INPUT;
    }
  }
  if (found == NULL && status == HB_OK) {
    snprintf(error->text, sizeof(error->text),
             "hilbert: %s: no such %s; `hilbert list %ss` names them", text,
             hb_config_kind_name(kind), hb_config_kind_name(kind));
    status = HB_ERR_INPUT;
  }
  if (status == HB_OK) {
    strcpy(path_out, found->path);
  }
  hb_library_release(&library);
  return status;
}
