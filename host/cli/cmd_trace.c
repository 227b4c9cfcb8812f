/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert trace info|dump|stat|diff|slice|recover|export: reads what runs recorded. To add one: a
 * function and its line in COMMANDS. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_decimal.h"
#include "hb_trace_cmd.h"
#include "hb_trace_diff.h"
#include "hb_trace_perfetto.h"
#include "hb_trace_reader.h"
#include "hb_trace_slice.h"
#include "hb_trace_stat.h"
#include "hb_wave_vcd.h"

/* The command line, and what came of it. */
typedef struct args {
  const char **files;
  int json, csv;
  char *streams, *from_text, *to_text, *tolerance, *level, *perfetto, *vcd;
  uint64_t from, to;
  bool differ; /* what diff found */
} args_t;

enum { JSON = 1, CSV = 2, STREAM = 4, RANGE = 8, TOLERANCE = 16, LEVEL = 32, EXPORT = 64 };

/* The commands leave one line in `why` if they fail. */

static hb_status_t info(args_t *a, char *why, size_t why_len) {
  return hb_trace_cmd_info(a->files[0], stdout, why, why_len);
}

static hb_status_t dump(args_t *a, char *why, size_t why_len) {
  const hb_trace_dump_options_t options = {.json = a->json != 0,
                                           .csv = a->csv != 0,
                                           .streams = a->streams,
                                           .from = a->from,
                                           .to = a->to};
  return hb_trace_cmd_dump(a->files[0], &options, stdout, why, why_len);
}

static hb_status_t stat_file(args_t *a, char *why, size_t why_len) {
  return hb_trace_stat(a->files[0], a->json != 0, a->from, a->to, stdout, why, why_len);
}

static hb_status_t diff(args_t *a, char *why, size_t why_len) {
  const hb_trace_diff_options_t options = {.json = a->json != 0,
                                           .streams = a->streams,
                                           .from = a->from,
                                           .to = a->to,
                                           .tolerance = a->tolerance};
  bool same = true;
  const hb_status_t status =
      hb_trace_diff(a->files[0], a->files[1], &options, stdout, &same, why, why_len);
  a->differ = !same;
  return status;
}

static hb_status_t slice(args_t *a, char *why, size_t why_len) {
  const hb_trace_slice_options_t options = {
      .streams = a->streams, .from = a->from, .to = a->to, .level = a->level};
  return hb_trace_slice(a->files[0], a->files[1], &options, why, why_len);
}

static hb_status_t recover(args_t *a, char *why, size_t why_len) {
  return hb_trace_recover(a->files[0], a->files[1], a->json != 0, stdout, why, why_len);
}

/* A format that export writes: its option, where to, and who does it. */
typedef struct export_format {
  const char *option;
  const char *out; /* NULL: not asked for */
  hb_status_t (*write)(const char *path, const char *out_path, uint64_t from, uint64_t to,
                       FILE *notes, char *why, size_t why_len);
} export_format_t;

static hb_status_t export_file(args_t *a, char *why, size_t why_len) {
  const export_format_t formats[] = {{"--perfetto", a->perfetto, hb_trace_perfetto},
                                     {"--vcd", a->vcd, hb_wave_vcd}};
  const export_format_t *format = NULL;
  size_t used = (size_t)snprintf(why, why_len, "hilbert: trace export takes one format:");
  size_t asked = 0;
  for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
    used += (size_t)snprintf(why + used, why_len - used, "%s %s OUT", i == 0 ? "" : " or",
                             formats[i].option);
    if (formats[i].out != NULL) {
      format = &formats[i];
      asked++;
    }
  }
  if (asked != 1) return HB_ERR_ARG;
  return format->write(a->files[0], format->out, a->from, a->to, stderr, why, why_len);
}

typedef struct command {
  const char *name;
  int files;        /* how many it takes */
  unsigned options; /* that it has */
  hb_status_t (*run)(args_t *args, char *why, size_t why_len);
} command_t;

static const command_t COMMANDS[] = {
    {"info", 1, 0, info},
    {"dump", 1, JSON | CSV | STREAM | RANGE, dump},
    {"stat", 1, JSON | RANGE, stat_file},
    {"diff", 2, JSON | STREAM | RANGE | TOLERANCE, diff},
    {"slice", 2, STREAM | RANGE | LEVEL, slice},
    {"recover", 2, JSON, recover},
    {"export", 1, RANGE | EXPORT, export_file},
};
enum { NUM_COMMANDS = sizeof(COMMANDS) / sizeof(COMMANDS[0]) };

/* "a, b and c": commands that have all of `options`. Returns how many they are. */
static int list_commands(unsigned options, const char *conjunction, char *list, size_t list_len) {
  int left = 0;
  int count = 0;
  for (int i = 0; i < NUM_COMMANDS; i++) {
    left += (COMMANDS[i].options & options) == options;
  }
  size_t used = 0;
  list[0] = '\0';
  for (int i = 0; i < NUM_COMMANDS && used < list_len; i++) {
    if ((COMMANDS[i].options & options) != options) continue;
    const char *joint = count == 0 ? "" : left == 1 ? conjunction : ", ";
    used += (size_t)snprintf(list + used, list_len - used, "%s%s", joint, COMMANDS[i].name);
    count++;
    left--;
  }
  return count;
}

/* Complains about an option that was given and that the command does not have. */
static bool has_option(const command_t *command, bool given, unsigned option, const char *name) {
  if (!given || (command->options & option) != 0) return true;
  char list[128];
  const int count = list_commands(option, " and ", list, sizeof(list));
  hb_cli_fail(HB_EXIT_USAGE, "trace %s has no %s; %s %s", command->name, name, list,
              count == 1 ? "does" : "do");
  return false;
}

static const command_t *find_command(const char *name) {
  for (int i = 0; i < NUM_COMMANDS; i++) {
    if (strcmp(COMMANDS[i].name, name) == 0) return &COMMANDS[i];
  }
  char list[128];
  list_commands(0, " or ", list, sizeof(list));
  hb_cli_fail(HB_EXIT_USAGE, "%s: expected %s", name, list);
  return NULL;
}

/* A cycle, or the one at a time by the clock of the trace `file`; *cycle_out stays if `text` is
 * NULL. */
static bool take_cycle(const char *option, const char *text, const char *file,
                       uint64_t *cycle_out) {
  uint64_t ps = 0;
  if (text == NULL) return true;
  if (strspn(text, "0123456789") == strlen(text)) {
    return hb_cli_number(option, text, 0, UINT64_MAX, cycle_out);
  }
  if (hb_duration_parse(text, &ps) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected a cycle or a time, such as 1.2ms, got %s", option,
                text);
    return false;
  }
  hb_trace_reader_t *reader;
  char why[1024] = "";
  if (hb_trace_reader_open(file, &reader, why, sizeof(why)) != HB_OK) {
    return true; /* the command will say why */
  }
  const char *clock = hb_trace_reader_meta(reader, "clock_khz");
  const uint64_t khz = clock == NULL ? 0 : strtoull(clock, NULL, 10);
  hb_trace_reader_free(reader);
  if (khz == 0) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: %s does not say its clock; give a cycle", option, file);
    return false;
  }
  *cycle_out = (uint64_t)((unsigned __int128)ps * khz / UINT64_C(1000000000));
  return true;
}

/* Fills in the rest of `args`; complains about what does not fit the command. */
static bool check_args(const command_t *command, args_t *args) {
  int files = 0;
  while (args->files[files] != NULL) {
    files++;
  }
  if (files != command->files) {
    hb_cli_fail(HB_EXIT_USAGE, "trace %s takes %s", command->name,
                command->files == 1 ? "one file" : "two files");
    return false;
  }
  args->to = UINT64_MAX;
  return has_option(command, args->json != 0, JSON, "--json") &&
         has_option(command, args->csv != 0, CSV, "--csv") &&
         has_option(command, args->streams != NULL, STREAM, "--stream") &&
         has_option(command, args->from_text != NULL, RANGE, "--from") &&
         has_option(command, args->to_text != NULL, RANGE, "--to") &&
         has_option(command, args->tolerance != NULL, TOLERANCE, "--tolerance") &&
         has_option(command, args->level != NULL, LEVEL, "--level") &&
         has_option(command, args->perfetto != NULL, EXPORT, "--perfetto") &&
         has_option(command, args->vcd != NULL, EXPORT, "--vcd") &&
         take_cycle("--from", args->from_text, args->files[0], &args->from) &&
         take_cycle("--to", args->to_text, args->files[0], &args->to);
}

static int run(const command_t *command, args_t *args) {
  char why[1024] = "";
  const hb_status_t status = command->run(args, why, sizeof(why));
  if (status == HB_OK) return args->differ ? HB_EXIT_FAILED : HB_EXIT_OK;
  if (status == HB_ERR_IO && ferror(stdout)) return HB_EXIT_FAILED; /* main() says why */
  fprintf(stderr, "%s\n", why);
  return status == HB_ERR_ARG ? HB_EXIT_USAGE : hb_cli_exit_code(status);
}

int hb_cmd_trace(int argc, const char **argv) {
  args_t args = {0};
  const struct poptOption options[] = {
      {"json", '\0', POPT_ARG_NONE, &args.json, 0,
       "dump: one JSON object a line; stat, diff, recover: one object", NULL},
      {"csv", '\0', POPT_ARG_NONE, &args.csv, 0, "dump: comma-separated values of one stream",
       NULL},
      {"stream", '\0', POPT_ARG_STRING, &args.streams, 0,
       "dump, diff, slice: only these, separated by commas", "NAMES"},
      {"from", '\0', POPT_ARG_STRING, &args.from_text, 0,
       "all but info and recover: first cycle, or its time, such as 1.2ms", "CYCLE"},
      {"to", '\0', POPT_ARG_STRING, &args.to_text, 0,
       "all but info and recover: last cycle, or its time", "CYCLE"},
      {"tolerance", '\0', POPT_ARG_STRING, &args.tolerance, 0,
       "diff: fields that may differ by so much, separated by commas", "FIELD=N"},
      {"level", '\0', POPT_ARG_STRING, &args.level, 0,
       "slice: highest level to keep: decisions, jobs, packets or boundary", "LEVEL"},
      {"perfetto", '\0', POPT_ARG_STRING, &args.perfetto, 0,
       "export: write Perfetto's format, for ui.perfetto.dev", "OUT"},
      {"vcd", '\0', POPT_ARG_STRING, &args.vcd, 0,
       "export: write a value change dump of what the scheduler did, for waveform viewers", "OUT"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  const int parsed = hb_cli_parse(
      argc, argv, options,
      "info FILE | dump FILE | stat FILE | diff A B | slice FILE OUT | recover FILE OUT | "
      "export FILE",
      "info prints what a trace says about itself, dump its records, stat sums of its models and "
      "tiles, diff where two first differ and how much (exit code 1 if they do). slice writes a "
      "trace of some of the records, recover one of all that is whole in a damaged trace, "
      "export a file for another program.",
      2, 3, &context, &operands);
  if (parsed >= 0) {
    return parsed;
  }
  args.files = operands + 1;
  const command_t *command = find_command(operands[0]);
  int exit_code = HB_EXIT_USAGE;
  if (command != NULL && check_args(command, &args)) {
    exit_code = run(command, &args);
  }
  free(args.streams);
  free(args.from_text);
  free(args.to_text);
  free(args.tolerance);
  free(args.level);
  free(args.perfetto);
  free(args.vcd);
  poptFreeContext(context);
  return exit_code;
}
