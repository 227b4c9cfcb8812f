/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127 }; /* what the shell returns */

static hb_status_t write_script(char *path, const char *script, unsigned width, unsigned height) {
  const int file = mkstemp(path);
  FILE *out = file < 0 ? NULL : fdopen(file, "w");
  if (out == NULL) {
    return HB_ERR_IO;
  }
  const int written = fprintf(out, "set terminal svg size %u,%u dynamic font 'sans-serif,13'\n%s",
                              width, height, script);
  return fclose(out) != 0 || written < 0 ? HB_ERR_IO : HB_OK;
}

/* What the command prints; its exit status in `*status_out`, -1 if it cannot be run. */
static void read_command(const char *command, hb_text_t *text, int *status_out) {
  FILE *pipe = popen(command, "r");
  *status_out = -1;
  if (pipe == NULL) {
    return;
  }
  char block[4096];
  size_t length;
  while ((length = fread(block, 1, sizeof(block), pipe)) > 0) {
    hb_text_add(text, block, length);
  }
  const int status = pclose(pipe);
  *status_out = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

hb_status_t hb_plot_svg(const char *script, unsigned width, unsigned height, hb_text_t *out,
                        char *why, size_t why_len) {
  char path[] = "/tmp/hilbert-plot-XXXXXX";
  hb_status_t status = write_script(path, script, width, height);
  hb_text_t text = {0};
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", path, strerror(errno));
  } else {
    char command[64];
    int code = 0;
    snprintf(command, sizeof(command), "gnuplot %s 2>&1", path);
    read_command(command, &text, &code);
    const char *svg = text.text == NULL ? NULL : strstr(text.text, "<svg");
    if (text.failed) {
      status = HB_ERR_NOMEM;
      snprintf(why, why_len, "out of memory");
    } else if (code == NOT_FOUND) {
      status = HB_ERR_IO;
      snprintf(why, why_len, "gnuplot is not installed; scripts/setup installs it");
    } else if (code != 0 || svg == NULL) {
      status = HB_ERR_IO;
      snprintf(why, why_len, "gnuplot: %.200s", text.text == NULL ? "no output" : text.text);
      why[strcspn(why, "\n")] = '\0';
    } else {
      hb_text_add(out, svg, strlen(svg));
    }
  }
  unlink(path);
  hb_text_release(&text);
  return status;
}
