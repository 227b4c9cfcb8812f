/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hb_decimal.h"

int hb_cli_fail(int exit_code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("hilbert: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  return exit_code;
}

int hb_cli_bad_file(hb_status_t status, const hb_config_error_t *error) {
  fprintf(stderr, "%s\n", error->text);
  return hb_cli_exit_code(status);
}

int hb_cli_exit_code(hb_status_t status) {
  switch (status) {
    case HB_OK:
      return HB_EXIT_OK;
    case HB_ERR_ARG:
      return HB_EXIT_USAGE;
    case HB_ERR_NOMEM:
    case HB_ERR_INTERNAL:
      return HB_EXIT_INTERNAL;
    default:
      return HB_EXIT_INPUT;
  }
}

static int count_operands(const char **operands) {
  int count = 0;
  while (operands != NULL && operands[count] != NULL) {
    count++;
  }
  return count;
}

int hb_cli_parse(int argc, const char **argv, const struct poptOption *options, const char *what,
                 const char *summary, int min, int max, poptContext *context_out,
                 const char ***operands_out) {
  static const char *no_operands[] = {NULL};
  int help = 0;
  struct poptOption help_table[] = {{"help", '?', POPT_ARG_NONE, &help, 0, "show this help", NULL},
                                    POPT_TABLEEND};
  struct poptOption table[] = {
      {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)options, 0, "Options:", NULL},
      {NULL, '\0', POPT_ARG_INCLUDE_TABLE, help_table, 0, "Help:", NULL},
      POPT_TABLEEND};
  *context_out = NULL;
  poptContext context = poptGetContext(argv[0], argc, argv, table, 0);
  poptSetOtherOptionHelp(context, what);
  const int code = poptGetNextOpt(context);
  if (code < -1) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: %s; `%s --help` explains",
                poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(code), argv[0]);
    poptFreeContext(context);
    return HB_EXIT_USAGE;
  }
  if (help) {
    poptPrintHelp(context, stdout, 0);
    printf("\n%s\n", summary);
    poptFreeContext(context);
    return HB_EXIT_OK;
  }
  const char **operands = poptGetArgs(context);
  const int count = count_operands(operands);
  if (count < min || count > max) {
    hb_cli_fail(HB_EXIT_USAGE, "usage: %s %s; `%s --help` explains", argv[0], what, argv[0]);
    poptFreeContext(context);
    return HB_EXIT_USAGE;
  }
  *operands_out = operands == NULL ? no_operands : operands;
  *context_out = context;
  return -1;
}

bool hb_cli_number(const char *name, const char *text, uint64_t min, uint64_t max,
                   uint64_t *value_out) {
  uint64_t value = 0;
  if (hb_decimal_scaled(text, 0, &value) != HB_OK || value < min || value > max) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected a whole number from %llu to %llu, got %s", name,
                (unsigned long long)min, (unsigned long long)max, text);
    return false;
  }
  *value_out = value;
  return true;
}

bool hb_cli_tile_known(const char *model) {
  for (uint32_t i = 0; hb_sim_tile_model(i) != NULL; i++) {
    if (strcmp(hb_sim_tile_model(i), model) == 0) {
      return true;
    }
  }
  return false;
}
