/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert trace info|dump FILE: reads what a run recorded. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_trace_cmd.h"

static int trace_exit_code(hb_status_t status, const char *why) {
  if (status == HB_OK) {
    return HB_EXIT_OK;
  }
  fprintf(stderr, "%s\n", why);
  return status == HB_ERR_ARG ? HB_EXIT_USAGE : hb_cli_exit_code(status);
}

static int info(const char *path) {
  char why[1024] = "";
  return trace_exit_code(hb_trace_cmd_info(path, stdout, why, sizeof(why)), why);
}

static int dump(const char *path, const hb_trace_dump_options_t *options) {
  char why[1024] = "";
  return trace_exit_code(hb_trace_cmd_dump(path, options, stdout, why, sizeof(why)), why);
}

int hb_cmd_trace(int argc, const char **argv) {
  int json = 0;
  char *streams = NULL;
  char *from = NULL;
  char *to = NULL;
  const struct poptOption options[] = {
      {"json", '\0', POPT_ARG_NONE, &json, 0, "dump: one JSON object a line", NULL},
      {"stream", '\0', POPT_ARG_STRING, &streams, 0, "dump: only these, separated by commas",
       "NAMES"},
      {"from", '\0', POPT_ARG_STRING, &from, 0, "dump: first cycle", "CYCLE"},
      {"to", '\0', POPT_ARG_STRING, &to, 0, "dump: last cycle", "CYCLE"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  const int parsed = hb_cli_parse(argc, argv, options, "info|dump FILE",
                                  "info prints what a trace says about itself, dump its records.",
                                  2, 2, &context, &operands);
  if (parsed >= 0) {
    return parsed;
  }
  hb_trace_dump_options_t dump_options = {.json = json != 0, .streams = streams, .to = UINT64_MAX};
  int exit_code = HB_EXIT_USAGE;
  const bool is_info = strcmp(operands[0], "info") == 0;
  if (is_info) {
    exit_code = json || streams != NULL || from != NULL || to != NULL
                    ? hb_cli_fail(HB_EXIT_USAGE, "trace info takes no options; dump does")
                    : info(operands[1]);
  } else if (strcmp(operands[0], "dump") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected info or dump", operands[0]);
  } else if ((from == NULL || hb_cli_number("--from", from, 0, UINT64_MAX, &dump_options.from)) &&
             (to == NULL || hb_cli_number("--to", to, 0, UINT64_MAX, &dump_options.to))) {
    exit_code = dump(operands[1], &dump_options);
  }
  free(streams);
  free(from);
  free(to);
  poptFreeContext(context);
  return exit_code;
}
