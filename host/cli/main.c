/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert: finds the subcommand. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_whole_file.h"

typedef struct command {
  const char *name;
  const char *full_name; /* argv[0] of the subcommand */
  const char *summary;
  int (*run)(int argc, const char **argv);
} command_t;

static const command_t COMMANDS[] = {
    {"run", "hilbert run", "run a scenario on an emulated system-on-chip", hb_cmd_run},
    {"check", "hilbert check", "check files: scenarios, models, SoCs, suites, accelerators",
     hb_cmd_check},
    {"list", "hilbert list", "list files that come with Hilbert, policies, tiles", hb_cmd_list},
    {"certify", "hilbert certify", "replay a run's tiles on the RTL and compare", hb_cmd_certify},
    {"report", "hilbert report", "draw what a run left, as an HTML page", hb_cmd_report},
    {"sweep", "hilbert sweep", "run scenarios with several policies and seeds, and compare",
     hb_cmd_sweep},
    {"trace", "hilbert trace", "read what a run recorded, cut it, recover it", hb_cmd_trace},
    {"validate", "hilbert validate", "compare cost models with cycle-accurate runs",
     hb_cmd_validate},
};
enum { NUM_COMMANDS = sizeof(COMMANDS) / sizeof(COMMANDS[0]) };

static const command_t *find_command(const char *name) {
  for (int i = 0; i < NUM_COMMANDS; i++) {
    if (strcmp(COMMANDS[i].name, name) == 0) {
      return &COMMANDS[i];
    }
  }
  hb_cli_fail(HB_EXIT_USAGE, "%s: no such command; `hilbert --help` lists them", name);
  return NULL;
}

static void print_help(FILE *out) {
  fputs(
      "Hilbert emulates real-time, multi-model ML accelerators.\n\n"
      "usage: hilbert COMMAND [OPTIONS] [OPERANDS]\n\n",
      out);
  for (int i = 0; i < NUM_COMMANDS; i++) {
    fprintf(out, "  %-8s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
  }
  fputs(
      "  help     `hilbert help COMMAND` explains one\n\n"
      "Exit codes: 0 ok, 1 the run failed, 2 wrong command line, 3 bad input file, 4 internal "
      "error,\n"
      "130 interrupted.\n",
      out);
}

static int run(int argc, const char **argv) {
  if (argc < 2) {
    print_help(stderr);
    return HB_EXIT_USAGE;
  }
  const char *name = argv[1];
  if (strcmp(name, "--version") == 0) {
    printf("hilbert %s\n", HB_VERSION);
    return HB_EXIT_OK;
  }
  const bool help =
      strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
  if (help && argc == 2) {
    print_help(stdout);
    return HB_EXIT_OK;
  }
  const command_t *command = find_command(help ? argv[2] : name);
  if (command == NULL) {
    return HB_EXIT_USAGE;
  }
  if (help) {
    const char *help_argv[] = {command->full_name, "--help", NULL};
    return command->run(2, help_argv);
  }
  argv[1] = command->full_name;
  return command->run(argc - 1, argv + 1);
}

/* What commands print may be all that they are for: that it was lost is theirs to fail of. */
static int flush_output(int code) {
  errno = 0;
  const bool flushed = fflush(stdout) == 0;
  if (flushed && !ferror(stdout)) {
    return code;
  }
  hb_cli_fail(0, "cannot write the output: %s",
              flushed ? hb_whole_file_reason(stdout) : strerror(errno));
  return code == HB_EXIT_OK ? HB_EXIT_FAILED : code;
}

int main(int argc, const char **argv) {
  signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes fails writes, like a full disk */
  return flush_output(run(argc, argv));
}
