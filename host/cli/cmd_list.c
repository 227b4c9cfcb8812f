/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert list WHAT: names that other commands take. */

#include <stdio.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_library.h"
#include "hilbert/hb_image.h"

static int list_files(hb_config_kind_t kind) {
  hb_library_t library;
  hb_config_error_t error;
  const hb_status_t status = hb_library_open(&library, &error);
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  for (uint32_t i = 0; i < library.num_files; i++) {
    if (library.files[i].kind == kind) {
      printf("%-28s %s\n", library.files[i].name, library.files[i].path);
    }
  }
  hb_library_release(&library);
  return HB_EXIT_OK;
}

static int list_policies(void) {
#define PRINT_POLICY(name_, number_) printf("%s\n", #name_);
  HB_POLICY_TABLE(PRINT_POLICY)
#undef PRINT_POLICY
  return HB_EXIT_OK;
}

static int list_tiles(void) {
  for (uint32_t i = 0; hb_sim_tile_model(i) != NULL; i++) {
    printf("%s\n", hb_sim_tile_model(i));
  }
  return HB_EXIT_OK;
}

static int list(const char *what) {
  if (strcmp(what, "scenarios") == 0) {
    return list_files(HB_CONFIG_SCENARIO);
  }
  if (strcmp(what, "models") == 0) {
    return list_files(HB_CONFIG_MODEL);
  }
  if (strcmp(what, "socs") == 0) {
    return list_files(HB_CONFIG_SOC);
  }
  if (strcmp(what, "suites") == 0) {
    return list_files(HB_CONFIG_SUITE);
  }
  if (strcmp(what, "accelerators") == 0) {
    return list_files(HB_CONFIG_ACCELERATOR);
  }
  if (strcmp(what, "policies") == 0) {
    return list_policies();
  }
  if (strcmp(what, "tiles") == 0) {
    return list_tiles();
  }
  return hb_cli_fail(
      HB_EXIT_USAGE,
      "%s: expected scenarios, models, socs, suites, accelerators, policies or tiles to list",
      what);
}

int hb_cmd_list(int argc, const char **argv) {
  static const struct poptOption OPTIONS[] = {POPT_TABLEEND};
  poptContext context;
  const char **operands;
  const int parsed = hb_cli_parse(
      argc, argv, OPTIONS, "scenarios|models|socs|suites|accelerators|policies|tiles",
      "Lists what comes with Hilbert. Files are looked up in $HILBERT_DATA, if it is set.", 1, 1,
      &context, &operands);
  if (parsed >= 0) {
    return parsed;
  }
  const int exit_code = list(operands[0]);
  poptFreeContext(context);
  return exit_code;
}
