/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the subcommands of `hilbert` share: exit codes, complaints, options.
 *
 * A subcommand is one file cmd_<name>.c with one function, listed in main.c. It returns its exit
 * code; only main() ends the process.
 */

#ifndef HB_CLI_H_
#define HB_CLI_H_

#include <popt.h>
#include <stdbool.h>
#include <stdint.h>

#include "hb_config.h"
#include "hilbert/hb_status.h"

enum {
  HB_EXIT_OK = 0,
  HB_EXIT_FAILED = 1,   /* what was asked for ran, and failed */
  HB_EXIT_USAGE = 2,    /* the command line is wrong */
  HB_EXIT_INPUT = 3,    /* a file is wrong or missing */
  HB_EXIT_INTERNAL = 4, /* Hilbert is wrong, or out of memory */
  HB_EXIT_INTERRUPTED = 130,
};

/* argv[0] is "hilbert <name>". */
int hb_cmd_run(int argc, const char **argv);
int hb_cmd_check(int argc, const char **argv);
int hb_cmd_list(int argc, const char **argv);
int hb_cmd_certify(int argc, const char **argv);
int hb_cmd_report(int argc, const char **argv);
int hb_cmd_trace(int argc, const char **argv);
int hb_cmd_validate(int argc, const char **argv);

/** Prints "hilbert: <message>" to stderr and returns `exit_code`. */
__attribute__((format(printf, 2, 3))) int hb_cli_fail(int exit_code, const char *format, ...);

/** Prints the one line of a bad input file to stderr; returns the exit code of `status`. */
int hb_cli_bad_file(hb_status_t status, const hb_config_error_t *error);

/** Exit code of a status that came from reading or compiling input. */
int hb_cli_exit_code(hb_status_t status);

/**
 * Parses a subcommand's options; every value of `options` is text or a flag. Adds --help.
 *
 * @param what     the operands, for the usage line: "FILE...".
 * @param summary  one sentence for --help.
 * @param min, max number of operands allowed.
 * @param operands_out NULL-terminated, valid until poptFreeContext(*context_out).
 * @return -1 to go on; else the exit code, *context_out then is NULL: help was printed, or the
 * command line is wrong and was complained about.
 */
int hb_cli_parse(int argc, const char **argv, const struct poptOption *options, const char *what,
                 const char *summary, int min, int max, poptContext *context_out,
                 const char ***operands_out);

/**
 * Reads a whole number in decimal from option `name`.
 * @return false: it is none, or not in min .. max, and was complained about.
 */
bool hb_cli_number(const char *name, const char *text, uint64_t min, uint64_t max,
                   uint64_t *value_out);

/** Says whether a tile model of that name is linked into this program. */
bool hb_cli_tile_known(const char *model);

#endif /* HB_CLI_H_ */
