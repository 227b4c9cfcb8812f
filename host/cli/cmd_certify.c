/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert certify DIR: replays a run's tiles on the RTL. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hb_certify.h"
#include "hb_cli.h"
#include "hb_decimal.h"
#include "hb_library.h"
#include "hilbert/hb_image.h"

enum { MAX_PROCESSES = 1024, PERCENT_DIGITS = 4, WHY_BYTES = 1024 + HB_PATH_MAX_BYTES };

/* Options as typed; NULL if absent. popt allocates them. */
typedef struct text {
  char *jobs, *sample, *tile, *scenario, *soc;
} text_t;

typedef struct command {
  hb_certify_t *certify;
  hb_scenario_t scenario;
  hb_soc_t soc;
  hb_workload_t workload;
} command_t;

static bool take_sample(const char *text, hb_certify_options_t *options) {
  char number[32];
  uint64_t ppm = 0;
  const size_t len = strlen(text);
  if (len >= 2 && len < sizeof(number) && text[len - 1] == '%') {
    snprintf(number, sizeof(number), "%.*s", (int)len - 1, text);
    if (hb_decimal_scaled(number, PERCENT_DIGITS, &ppm) == HB_OK && ppm > 0 &&
        ppm <= UINT64_C(100) * HB_CERTIFY_PPM / 100) {
      options->sample_ppm = (uint32_t)ppm;
      return true;
    }
  }
  hb_cli_fail(HB_EXIT_USAGE, "--sample: expected 0.0001%% to 100%%, such as 1%%, got %s", text);
  return false;
}

static int take_tile(const char *name, const hb_soc_t *soc, hb_certify_options_t *options) {
  options->tile = HB_MAX_TILES;
  for (uint32_t i = 0; name != NULL && i < soc->num_tiles; i++) {
    if (strcmp(soc->tiles[i].name, name) == 0) options->tile = i;
  }
  if (name != NULL && options->tile == HB_MAX_TILES) {
    return hb_cli_fail(HB_EXIT_USAGE, "--tile: SoC %s has no tile %s; its first is %s", soc->name,
                       name, soc->tiles[0].name);
  }
  return HB_EXIT_OK;
}

/* Scenario and SoC as the run found them, unless they have moved. */
static int load(command_t *command, const text_t *text) {
  const char *scenario = text->scenario != NULL
                             ? text->scenario
                             : hb_certify_meta(command->certify, HB_CERTIFY_META_SCENARIO);
  const char *soc =
      text->soc != NULL ? text->soc : hb_certify_meta(command->certify, HB_CERTIFY_META_SOC);
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  hb_status_t status = hb_library_find(HB_CONFIG_SCENARIO, scenario, path, &error);
  if (status == HB_OK) {
    status = hb_config_load_scenario_set(path, hb_certify_meta(command->certify, "model_set"),
                                         &command->scenario, &error);
  }
  if (status == HB_OK && soc != NULL) status = hb_library_find(HB_CONFIG_SOC, soc, path, &error);
  if (status == HB_OK && soc == NULL) strcpy(path, command->scenario.soc_path);
  if (status == HB_OK) status = hb_config_load_soc(path, hb_cli_tile_known, &command->soc, &error);
  return status == HB_OK ? HB_EXIT_OK : hb_cli_bad_file(status, &error);
}

static uint64_t number_of(const hb_certify_t *certify, const char *key) {
  return strtoull(hb_certify_meta(certify, key), NULL, 10);
}

static int compile(command_t *command) {
  const char *name = hb_certify_meta(command->certify, "policy");
  uint32_t policy = UINT32_MAX;
#define FIND_POLICY(name_, number_) \
  if (strcmp(name, #name_) == 0) policy = (number_);
  HB_POLICY_TABLE(FIND_POLICY)
#undef FIND_POLICY
  if (policy == UINT32_MAX) {
    return hb_cli_fail(HB_EXIT_INPUT, "no policy is named %s, the run's", name);
  }
  char why[WHY_BYTES] = "";
  const char *sched = hb_certify_meta(command->certify, HB_CERTIFY_META_SCHED);
  if (sched != NULL &&
      hb_config_sched(sched, &command->scenario.sched, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s, the run's: %s", HB_CERTIFY_META_SCHED, why);
  }
  const hb_status_t status = hb_map_scenario(
      &command->scenario, &command->soc, policy, number_of(command->certify, "seed"),
      (uint32_t)number_of(command->certify, HB_CERTIFY_META_FLAGS), &command->workload, why,
      sizeof(why));
  if (status != HB_OK) {
    return hb_cli_fail(hb_cli_exit_code(status), "scenario %s does not fit: %s",
                       command->scenario.name, why);
  }
  return HB_EXIT_OK;
}

static int exit_code_of(hb_certify_verdict_t verdict, const char *folder) {
  switch (verdict) {
    case HB_CERTIFY_WHOLE:
      return HB_EXIT_OK;
    case HB_CERTIFY_DIFFERS:
      return hb_cli_fail(HB_EXIT_FAILED, "%s: the run is not what the RTL does", folder);
    case HB_CERTIFY_PART:
      return hb_cli_fail(
          HB_EXIT_INPUT,
          "%s: the trace is not whole; what there is was compared, and is as recorded", folder);
    default:
      return hb_cli_fail(HB_EXIT_INTERRUPTED, "interrupted; the next call goes on");
  }
}

static int certify(command_t *command, const char *folder, const text_t *text,
                   hb_certify_options_t *options) {
  char why[WHY_BYTES] = "";
  hb_status_t status = hb_certify_open(folder, &command->certify, why, sizeof(why));
  if (status != HB_OK) return hb_cli_fail(hb_cli_exit_code(status), "%s", why);
  int code = load(command, text);
  if (code == HB_EXIT_OK) code = take_tile(text->tile, &command->soc, options);
  if (code == HB_EXIT_OK) code = compile(command);
  if (code != HB_EXIT_OK) return code;
  hb_certify_verdict_t verdict = HB_CERTIFY_INTERRUPTED;
  status = hb_certify_run(command->certify, options, &command->soc, &command->workload, &verdict,
                          why, sizeof(why));
  fflush(stdout);
  return status == HB_OK ? exit_code_of(verdict, folder)
                         : hb_cli_fail(hb_cli_exit_code(status), "%s", why);
}

int hb_cmd_certify(int argc, const char **argv) {
  text_t text = {0};
  int json = 0;
  const struct poptOption table[] = {
      {"jobs", '\0', POPT_ARG_STRING, &text.jobs, 0, "processes to share the work; default: 1",
       "N"},
      {"sample", '\0', POPT_ARG_STRING, &text.sample, 0,
       "replay a random share of the segments, such as 1%; default: all", "SHARE"},
      {"tile", '\0', POPT_ARG_STRING, &text.tile, 0, "only this tile; default: all", "NAME"},
      {"scenario", '\0', POPT_ARG_STRING, &text.scenario, 0,
       "where the scenario is now; default: where the run found it", "FILE"},
      {"soc", '\0', POPT_ARG_STRING, &text.soc, 0, "where the SoC is now; default: likewise",
       "FILE"},
      {"json", '\0', POPT_ARG_NONE, &json, 0, "print the certificate instead of a table", NULL},
      POPT_TABLEEND};
  poptContext context;
  const char **folders;
  int code =
      hb_cli_parse(argc, argv, table, "DIR",
                   "Replays what `hilbert run --trace boundary` recorded in DIR/trace.hbt on the "
                   "tiles' RTL, compares\n"
                   "their boundaries cycle by cycle and writes DIR/certificate.json,\n"
                   "of a part DIR/certificate-NAME.json, DIR/certificate-sample.json. Goes on "
                   "where an earlier call stopped.\n"
                   "Exit codes: 0 certified, 1 a difference, 3 the trace is not whole or of "
                   "another scenario.",
                   1, 1, &context, &folders);
  if (code < 0) {
    hb_certify_options_t options = {.processes = 1,
                                    .sample_ppm = HB_CERTIFY_PPM,
                                    .progress = isatty(STDERR_FILENO) != 0,
                                    .json = json != 0};
    uint64_t processes = 1;
    const bool good =
        (text.jobs == NULL || hb_cli_number("--jobs", text.jobs, 1, MAX_PROCESSES, &processes)) &&
        (text.sample == NULL || take_sample(text.sample, &options));
    options.processes = (uint32_t)processes;
    command_t *command = good ? calloc(1, sizeof(*command)) : NULL;
    code = command != NULL ? certify(command, folders[0], &text, &options)
           : good          ? hb_cli_fail(HB_EXIT_INTERNAL, "out of memory")
                           : HB_EXIT_USAGE;
    if (command != NULL) {
      hb_certify_free(command->certify);
      hb_workload_release(&command->workload);
      hb_scenario_release(&command->scenario);
      free(command);
    }
    poptFreeContext(context);
  }
  char *const texts[] = {text.jobs, text.sample, text.tile, text.scenario, text.soc};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    free(texts[i]);
  }
  return code;
}
