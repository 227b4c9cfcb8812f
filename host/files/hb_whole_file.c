/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDING ".part"
enum { SUFFIX_BYTES = 32 };

static void release(hb_whole_file_t *file) {
  free(file->path);
  free(file->part);
  *file = (hb_whole_file_t){0};
}

hb_status_t hb_whole_file_open(hb_whole_file_t *file, const char *path, char *why, size_t why_len) {
  const size_t len = strlen(path) + SUFFIX_BYTES;
  *file = (hb_whole_file_t){.path = strdup(path), .part = malloc(len)};
  if (file->path == NULL || file->part == NULL) {
    release(file);
    snprintf(why, why_len, "%s: %s", path, hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  snprintf(file->part, len, "%s.%ld" ENDING, path, (long)getpid());
  file->out = fopen(file->part, "w");
  if (file->out == NULL) {
    snprintf(why, why_len, "%s: %s", path, strerror(errno));
    release(file);
    return HB_ERR_IO;
  }
  return HB_OK;
}

const char *hb_whole_file_reason(FILE *out) {
  errno = 0;
  return fputc('\n', out) == EOF || fflush(out) != 0 ? strerror(errno)
                                                     : "not everything could be written";
}

hb_status_t hb_whole_file_close(hb_whole_file_t *file, hb_status_t written, char *why,
                                size_t why_len) {
  const char *failed = ferror(file->out) ? hb_whole_file_reason(file->out) : NULL;
  if (written == HB_ERR_IO && failed != NULL) written = HB_OK; /* the same, told here */
  if (fclose(file->out) != 0 && failed == NULL) failed = strerror(errno);
  if (written == HB_OK && failed == NULL && rename(file->part, file->path) != 0) {
    failed = strerror(errno);
  }
  hb_status_t status = written;
  if (written == HB_OK && failed != NULL) {
    snprintf(why, why_len, "%s: %s", file->path, failed);
    status = HB_ERR_IO;
  }
  if (status != HB_OK) unlink(file->part);
  release(file);
  return status;
}

hb_status_t hb_whole_file_write(const char *path, const char *text, size_t len, char *why,
                                size_t why_len) {
  hb_whole_file_t file;
  HB_TRY(hb_whole_file_open(&file, path, why, why_len));
  fwrite(text, 1, len, file.out);
  return hb_whole_file_close(&file, HB_OK, why, why_len);
}

size_t hb_whole_file_name_len(const char *name) {
  const size_t whole = strlen(name), ending = strlen(ENDING);
  if (whole < ending || strcmp(name + whole - ending, ENDING) != 0) return whole;
  size_t len = whole - ending;
  const size_t behind = len;
  while (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9')
    len--;
  return len < behind && len > 1 && name[len - 1] == '.' ? len - 1 : whole;
}
