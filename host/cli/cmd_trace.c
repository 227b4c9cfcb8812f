/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert trace info|dump|stat|diff|export: reads what runs recorded. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_trace_cmd.h"
#include "hb_trace_diff.h"
#include "hb_trace_perfetto.h"
#include "hb_trace_stat.h"

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

static int stat_file(const char *path, const hb_trace_dump_options_t *options) {
  char why[1024] = "";
  return trace_exit_code(
      hb_trace_stat(path, options->json, options->from, options->to, stdout, why, sizeof(why)),
      why);
}

/* Exit code 1: they differ. */
static int diff(const char *a, const char *b, const hb_trace_diff_options_t *options) {
  char why[1024] = "";
  bool same = false;
  const hb_status_t status = hb_trace_diff(a, b, options, stdout, &same, why, sizeof(why));
  const int code = trace_exit_code(status, why);
  return code != HB_EXIT_OK ? code : same ? HB_EXIT_OK : HB_EXIT_FAILED;
}

/* A format that export writes: its option, where to, and who does it. */
typedef struct export_format {
  const char *option;
  const char *out; /* NULL: not asked for */
  hb_status_t (*write)(const char *path, const char *out_path, uint64_t from, uint64_t to,
                       FILE *notes, char *why, size_t why_len);
} export_format_t;

/* How many formats were asked for, and the last of them. */
static size_t asked_formats(const export_format_t *formats, size_t num,
                            const export_format_t **format_out) {
  size_t asked = 0;
  for (size_t i = 0; i < num; i++) {
    if (formats[i].out == NULL) continue;
    asked++;
    *format_out = &formats[i];
  }
  return asked;
}

static int export_file(const char *path, const export_format_t *format, uint64_t from,
                       uint64_t to) {
  char why[1024] = "";
  return trace_exit_code(format->write(path, format->out, from, to, stderr, why, sizeof(why)), why);
}

static int count_of(const char **operands) {
  int count = 0;
  while (operands[count] != NULL) {
    count++;
  }
  return count;
}

int hb_cmd_trace(int argc, const char **argv) {
  int json = 0;
  int csv = 0;
  char *streams = NULL;
  char *from = NULL;
  char *to = NULL;
  char *tolerance = NULL;
  char *perfetto = NULL;
  const struct poptOption options[] = {
      {"json", '\0', POPT_ARG_NONE, &json, 0,
       "dump: one JSON object a line; stat, diff: one object", NULL},
      {"csv", '\0', POPT_ARG_NONE, &csv, 0, "dump: comma-separated values of one stream", NULL},
      {"stream", '\0', POPT_ARG_STRING, &streams, 0, "dump, diff: only these, separated by commas",
       "NAMES"},
      {"from", '\0', POPT_ARG_STRING, &from, 0, "all but info: first cycle", "CYCLE"},
      {"to", '\0', POPT_ARG_STRING, &to, 0, "all but info: last cycle", "CYCLE"},
      {"tolerance", '\0', POPT_ARG_STRING, &tolerance, 0,
       "diff: fields that may differ by so much, separated by commas", "FIELD=N"},
      {"perfetto", '\0', POPT_ARG_STRING, &perfetto, 0,
       "export: write Perfetto's format, for ui.perfetto.dev", "OUT"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  const int parsed = hb_cli_parse(
      argc, argv, options, "info FILE | dump FILE | stat FILE | diff A B | export FILE",
      "info prints what a trace says about itself, dump its records, stat sums of its models and "
      "tiles, diff where two first differ and how much (exit code 1 if they do); export writes a "
      "trace in the format of another program.",
      2, 3, &context, &operands);
  if (parsed >= 0) {
    return parsed;
  }
  hb_trace_dump_options_t dump_options = {
      .json = json != 0, .csv = csv != 0, .streams = streams, .to = UINT64_MAX};
  int exit_code = HB_EXIT_USAGE;
  const char *what = operands[0];
  const bool is_info = strcmp(what, "info") == 0;
  const bool is_diff = strcmp(what, "diff") == 0;
  const bool is_stat = strcmp(what, "stat") == 0;
  const bool is_export = strcmp(what, "export") == 0;
  const export_format_t formats[] = {{"--perfetto", perfetto, hb_trace_perfetto}};
  const export_format_t *format = NULL;
  const size_t asked = asked_formats(formats, sizeof(formats) / sizeof(formats[0]), &format);
  if (!is_info && !is_diff && !is_stat && !is_export && strcmp(what, "dump") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected info, dump, stat, diff or export", what);
  } else if (count_of(operands) != (is_diff ? 3 : 2)) {
    hb_cli_fail(HB_EXIT_USAGE, "trace %s takes %s", what, is_diff ? "two files" : "one file");
  } else if (csv && strcmp(what, "dump") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "trace %s has no --csv; dump does", what);
  } else if (tolerance != NULL && !is_diff) {
    hb_cli_fail(HB_EXIT_USAGE, "trace %s has no --tolerance; diff does", what);
  } else if (is_export && (json || streams != NULL)) {
    hb_cli_fail(HB_EXIT_USAGE, "trace export has no %s; dump does", json ? "--json" : "--stream");
  } else if (is_export && asked != 1) {
    hb_cli_fail(HB_EXIT_USAGE, "trace export takes one format: --perfetto OUT");
  } else if (!is_export && asked > 0) {
    hb_cli_fail(HB_EXIT_USAGE, "trace %s has no %s; export does", what, format->option);
  } else if (is_stat && streams != NULL) {
    hb_cli_fail(HB_EXIT_USAGE, "trace stat has no --stream; dump and diff do");
  } else if (is_info) {
    exit_code = json || streams != NULL || from != NULL || to != NULL
                    ? hb_cli_fail(HB_EXIT_USAGE, "trace info takes no options; dump does")
                    : info(operands[1]);
  } else if ((from == NULL || hb_cli_number("--from", from, 0, UINT64_MAX, &dump_options.from)) &&
             (to == NULL || hb_cli_number("--to", to, 0, UINT64_MAX, &dump_options.to))) {
    const hb_trace_diff_options_t diff_options = {.json = dump_options.json,
                                                  .streams = streams,
                                                  .from = dump_options.from,
                                                  .to = dump_options.to,
                                                  .tolerance = tolerance};
    exit_code = is_diff     ? diff(operands[1], operands[2], &diff_options)
                : is_stat   ? stat_file(operands[1], &dump_options)
                : is_export ? export_file(operands[1], format, dump_options.from, dump_options.to)
                            : dump(operands[1], &dump_options);
  }
  free(perfetto);
  free(tolerance);
  free(streams);
  free(from);
  free(to);
  poptFreeContext(context);
  return exit_code;
}
