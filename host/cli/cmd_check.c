/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert check FILE...: loads files and says what is in them, or what is wrong. */

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_cost.h"
#include "hb_hardware.h"
#include "hb_lexer.h"
#include "hb_mapping.h"

/* "1 tile", "2 tiles". */
static const char *s(uint32_t num) {
  return num == 1 ? "" : "s";
}

static uint64_t model_macs(const hb_model_t *model) {
  uint64_t macs = 0;
  for (uint32_t i = 0; i < model->num_layers; i++) {
    macs += hb_layer_macs(&model->layers[i]);
  }
  return macs;
}

/* Of a mean frame, in the heaviest variant. */
static double frame_macs(const hb_model_t *model) {
  const hb_variant_t first = hb_model_variant(model, 0);
  double macs = 0.0;
  for (uint32_t i = first.first_layer; i < first.first_layer + first.num_layers; i++) {
    macs += (double)hb_layer_macs(&model->layers[i]) * hb_model_share(model, i);
  }
  return macs;
}

static hb_status_t check_model(const char *path, hb_config_error_t *error) {
  hb_model_t model;
  HB_TRY(hb_config_load_model(path, &model, error));
  printf("%s: model %s, %u layer%s, %.3f GMAC", path, model.name, model.num_layers,
         s(model.num_layers), (double)model_macs(&model) / 1e9);
  if (model.num_blocks + model.num_exits > 0) {
    printf(", %.3f in the mean of its paths", frame_macs(&model) / 1e9);
  }
  printf("\n");
  hb_model_release(&model);
  return HB_OK;
}

static hb_status_t check_soc(const char *path, hb_config_error_t *error) {
  hb_soc_t soc;
  HB_TRY(hb_config_load_soc(path, hb_cli_tile_known, &soc, error));
  printf("%s: soc %s, %u x %u mesh, %u tile%s, %.6g MHz\n", path, soc.name, soc.noc.columns,
         soc.noc.rows, soc.num_tiles, s(soc.num_tiles), soc.clock_khz / 1000.0);
  return HB_OK;
}

/* With the models of one set; NULL: the first. Tells which sets there are, and what it offers. */
static hb_status_t check_set(const char *path, const char *models, hb_scenario_t *scenario_out,
                             double *offered_out, hb_config_error_t *error) {
  hb_scenario_t scenario;
  HB_TRY(hb_config_load_scenario_set(path, models, &scenario, error));
  double gmac_per_s = 0.0;
  for (uint32_t i = 0; i < scenario.num_tasks; i++) {
    const hb_task_t *task = &scenario.tasks[i];
    gmac_per_s += frame_macs(&task->model) * (double)task->rate_num / (double)task->rate_den *
                  task->probability_ppm / 1e15;
  }
  hb_soc_t soc;
  hb_status_t status = HB_OK;
  if (scenario.soc_path[0] != '\0') {
    status = hb_config_load_soc(scenario.soc_path, hb_cli_tile_known, &soc, error);
    if (status == HB_OK) {
      status = hb_config_check_faults(path, &scenario, &soc, error);
    }
  }
  *offered_out = gmac_per_s;
  hb_scenario_release(&scenario);
  *scenario_out = scenario; /* its names: it owns nothing any more */
  return status;
}

static hb_status_t check_scenario(const char *path, hb_config_error_t *error) {
  hb_scenario_t first, other;
  double offered[HB_MAX_MODEL_SETS];
  HB_TRY(check_set(path, NULL, &first, &offered[0], error));
  for (uint32_t i = 1; i < first.num_model_sets; i++) {
    HB_TRY(check_set(path, first.model_sets[i], &other, &offered[i], error));
  }
  printf("%s: scenario %s, %u task%s, %.1f GMAC/s offered", path, first.name, first.num_tasks,
         s(first.num_tasks), offered[0]);
  for (uint32_t i = 1; i < first.num_model_sets; i++) {
    printf(", %.1f with models %s", offered[i], first.model_sets[i]);
  }
  printf("\n");
  return HB_OK;
}

/* The SoC with RTL that an accelerator names for its readers. */
static hb_status_t check_rtl_soc(const hb_accelerator_t *accelerator, hb_config_error_t *error) {
  hb_soc_t soc;
  return accelerator->rtl_soc_path[0] == '\0'
             ? HB_OK
             : hb_config_load_soc(accelerator->rtl_soc_path, hb_cli_tile_known, &soc, error);
}

static hb_status_t check_suite(const char *path, hb_config_error_t *error) {
  hb_suite_t suite;
  HB_TRY(hb_config_load_suite(path, &suite, error));
  hb_status_t status = hb_cost_check(&suite, error);
  for (uint32_t i = 0; i < suite.num_accelerators && status == HB_OK; i++) {
    status = check_rtl_soc(&suite.accelerators[i], error);
  }
  if (status == HB_OK) {
    printf("%s: suite %s, %u scenario%s on %u accelerator%s\n", path, suite.name, suite.num_loads,
           s(suite.num_loads), suite.num_accelerators, s(suite.num_accelerators));
  }
  hb_suite_release(&suite);
  return status;
}

static hb_status_t check_accelerator(const char *path, hb_config_error_t *error) {
  hb_accelerator_t accelerator;
  HB_TRY(hb_config_load_accelerator(path, &accelerator, error));
  HB_TRY(check_rtl_soc(&accelerator, error));
  printf("%s: accelerator %s, %u part%s, %s PEs, %.6g MHz\n", path, accelerator.name,
         accelerator.num_parts, s(accelerator.num_parts), accelerator.size,
         accelerator.clock_khz / 1000.0);
  return HB_OK;
}

/* MAESTRO's files: a mapping, which begins with Dataflow, or hardware. */
static hb_status_t check_maestro(const char *path, hb_config_error_t *error) {
  hb_lexer_t lexer;
  HB_TRY(hb_lexer_open(path, &lexer, error));
  if (strcmp(lexer.token, "Dataflow") == 0) {
    hb_mapping_t mapping;
    HB_TRY(hb_mapping_load(path, &mapping, error));
    printf("%s: mapping, %u level%s\n", path, mapping.num_levels, s(mapping.num_levels));
    return HB_OK;
  }
  hb_hardware_t parts[HB_SUITE_MAX_PARTS];
  uint32_t num = 0;
  uint64_t pes = 0;
  HB_TRY(hb_hardware_load(path, parts, HB_SUITE_MAX_PARTS, &num, error));
  for (uint32_t i = 0; i < num; i++) {
    pes += parts[i].pes;
  }
  printf("%s: hardware, %u part%s, %llu PEs\n", path, num, s(num), (unsigned long long)pes);
  return HB_OK;
}

static bool is_maestro(const char *path) {
  const size_t len = strlen(path);
  return len > 2 && strcmp(path + len - 2, ".m") == 0;
}

static hb_status_t check_file(const char *path, hb_config_error_t *error) {
  if (is_maestro(path)) {
    return check_maestro(path, error);
  }
  hb_config_kind_t kind;
  char name[HB_NAME_MAX];
  HB_TRY(hb_config_identify(path, &kind, name, error));
  switch (kind) {
    case HB_CONFIG_SCENARIO:
      return check_scenario(path, error);
    case HB_CONFIG_MODEL:
      return check_model(path, error);
    case HB_CONFIG_SUITE:
      return check_suite(path, error);
    case HB_CONFIG_ACCELERATOR:
      return check_accelerator(path, error);
    default:
      return check_soc(path, error);
  }
}

int hb_cmd_check(int argc, const char **argv) {
  static const struct poptOption OPTIONS[] = {POPT_TABLEEND};
  poptContext context;
  const char **files;
  const int parsed = hb_cli_parse(argc, argv, OPTIONS, "FILE...",
                                  "Checks scenario, model, SoC, suite and accelerator files, and "
                                  "what they refer to, and MAESTRO's mapping and hardware files "
                                  "(FILE.m). Prints a line about each, or its first error.",
                                  1, INT_MAX, &context, &files);
  if (parsed >= 0) {
    return parsed;
  }
  int exit_code = HB_EXIT_OK;
  for (; *files != NULL; files++) {
    hb_config_error_t error;
    const hb_status_t status = check_file(*files, &error);
    if (status != HB_OK) {
      const int code = hb_cli_bad_file(status, &error);
      exit_code = code > exit_code ? code : exit_code;
    }
  }
  poptFreeContext(context);
  return exit_code;
}
