/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert report DIR: a run's results as one page with pictures. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hb_cli.h"
#include "hb_decimal.h"
#include "hb_model.h"
#include "hb_outdir.h"
#include "hb_report.h"

static bool take_time(const char *name, const char *text, bool *given_out, uint64_t *ps_out) {
  *given_out = text != NULL;
  if (text == NULL || hb_duration_parse(text, ps_out) == HB_OK) {
    return true;
  }
  hb_cli_fail(HB_EXIT_USAGE, "%s: expected a time, such as 5ms, got %s", name, text);
  return false;
}

static int report(const char *folder, const hb_timeline_window_t *window) {
  char metrics[HB_PATH_MAX_BYTES + 32];
  char trace[HB_PATH_MAX_BYTES + 32];
  char tuning[HB_PATH_MAX_BYTES + 32];
  char page[HB_PATH_MAX_BYTES + 32];
  snprintf(metrics, sizeof(metrics), "%s/%s", folder, HB_OUTDIR_METRICS);
  snprintf(trace, sizeof(trace), "%s/%s", folder, HB_OUTDIR_TRACE);
  snprintf(tuning, sizeof(tuning), "%s/%s", folder, HB_OUTDIR_TUNING);
  snprintf(page, sizeof(page), "%s/%s", folder, HB_OUTDIR_REPORT);
  char why[HB_PATH_MAX_BYTES + 256];
  const hb_status_t status =
      hb_report_write(metrics, trace, tuning, window, page, why, sizeof(why));
  if (status == HB_OK) {
    printf("wrote %s\n", page);
    return HB_EXIT_OK;
  }
  return hb_cli_fail(status == HB_ERR_IO    ? HB_EXIT_FAILED
                     : status == HB_ERR_ARG ? HB_EXIT_USAGE
                                            : hb_cli_exit_code(status),
                     "%s", why);
}

int hb_cmd_report(int argc, const char **argv) {
  char *from = NULL;
  char *to = NULL;
  const struct poptOption options[] = {
      {"from", '\0', POPT_ARG_STRING, &from, 0,
       "where the timeline begins, such as 5ms; default: where most happens", "TIME"},
      {"to", '\0', POPT_ARG_STRING, &to, 0, "where it ends; default: 50 ms later", "TIME"},
      POPT_TABLEEND};
  poptContext context;
  const char **folders;
  const int parsed =
      hb_cli_parse(argc, argv, options, "DIR",
                   "Draws the results that `hilbert run` left in DIR: tables, a timeline of frames "
                   "and jobs, load of the network's links, latencies and memory traffic, as "
                   "DIR/report.html.",
                   1, 1, &context, &folders);
  if (parsed >= 0) {
    return parsed;
  }
  hb_timeline_window_t window;
  int code = HB_EXIT_USAGE;
  if (take_time("--from", from, &window.has_from, &window.from_ps) &&
      take_time("--to", to, &window.has_to, &window.to_ps)) {
    code = report(folders[0], &window);
  }
  free(from);
  free(to);
  poptFreeContext(context);
  return code;
}
