/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_folders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

hb_status_t hb_folders_make(const char *path, char *why, size_t why_len) {
  if (path[0] == '\0') {
    snprintf(why, why_len, "a folder without a name");
    return HB_ERR_ARG;
  }
  char *part = strdup(path);
  if (part == NULL) {
    snprintf(why, why_len, "%s: %s", path, hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  hb_status_t status = HB_OK;
  size_t len = 0;
  do {
    len += 1 + strcspn(part + len + 1, "/"); /* a leading slash is no end */
    const char end = part[len];
    part[len] = '\0';
    if (mkdir(part, 0777) != 0 && errno != EEXIST) {
      snprintf(why, why_len, "%s: %s", part, strerror(errno));
      status = HB_ERR_IO;
    }
    part[len] = end;
  } while (part[len] != '\0' && status == HB_OK);
  free(part);
  return status;
}
