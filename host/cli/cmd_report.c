/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert report DIR: a run's results as one page with pictures. */

#include <stdio.h>

#include "hb_cli.h"
#include "hb_model.h"
#include "hb_outdir.h"
#include "hb_report.h"

int hb_cmd_report(int argc, const char **argv) {
  static const struct poptOption OPTIONS[] = {POPT_TABLEEND};
  poptContext context;
  const char **folders;
  const int parsed = hb_cli_parse(
      argc, argv, OPTIONS, "DIR",
      "Draws the results that `hilbert run` left in DIR: tables, load of the network's "
      "links, latencies and memory traffic, as DIR/report.html.",
      1, 1, &context, &folders);
  if (parsed >= 0) {
    return parsed;
  }
  char metrics[HB_PATH_MAX_BYTES + 32];
  char page[HB_PATH_MAX_BYTES + 32];
  snprintf(metrics, sizeof(metrics), "%s/%s", folders[0], HB_OUTDIR_METRICS);
  snprintf(page, sizeof(page), "%s/%s", folders[0], HB_OUTDIR_REPORT);
  char why[HB_PATH_MAX_BYTES + 256];
  const hb_status_t status = hb_report_write(metrics, page, why, sizeof(why));
  int code = HB_EXIT_OK;
  if (status == HB_OK) {
    printf("wrote %s\n", page);
  } else {
    code = hb_cli_fail(status == HB_ERR_IO ? HB_EXIT_FAILED : hb_cli_exit_code(status), "%s", why);
  }
  poptFreeContext(context);
  return code;
}
