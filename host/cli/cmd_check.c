/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert check FILE...: loads files and says what is in them, or what is wrong. */

#include <limits.h>
#include <stdio.h>

#include "hb_cli.h"
#include "hb_cost.h"

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
  printf("%s: model %s, %u layers, %.3f GMAC", path, model.name, model.num_layers,
         (double)model_macs(&model) / 1e9);
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
  printf("%s: soc %s, %u x %u mesh, %u tiles, %.6g MHz\n", path, soc.name, soc.noc.columns,
         soc.noc.rows, soc.num_tiles, soc.clock_khz / 1000.0);
  return HB_OK;
}

/* With the models of one set; NULL: the first. Tells which sets there are. */
static hb_status_t check_set(const char *path, const char *models, hb_scenario_t *scenario_out,
                             hb_config_error_t *error) {
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
  if (status == HB_OK) {
    if (models == NULL) {
      printf("%s: scenario %s, %u tasks, %.1f GMAC/s offered", path, scenario.name,
             scenario.num_tasks, gmac_per_s);
    } else {
      printf(", %.1f with models %s", gmac_per_s, models);
    }
  }
  hb_scenario_release(&scenario);
  *scenario_out = scenario; /* its names: it owns nothing any more */
  return status;
}

static hb_status_t check_scenario(const char *path, hb_config_error_t *error) {
  hb_scenario_t first, other;
  HB_TRY(check_set(path, NULL, &first, error));
  hb_status_t status = HB_OK;
  for (uint32_t i = 1; i < first.num_model_sets && status == HB_OK; i++) {
    status = check_set(path, first.model_sets[i], &other, error);
  }
  printf("\n");
  return status;
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
    printf("%s: suite %s, %u scenarios on %u accelerators\n", path, suite.name, suite.num_loads,
           suite.num_accelerators);
  }
  hb_suite_release(&suite);
  return status;
}

static hb_status_t check_accelerator(const char *path, hb_config_error_t *error) {
  hb_accelerator_t accelerator;
  HB_TRY(hb_config_load_accelerator(path, &accelerator, error));
  HB_TRY(check_rtl_soc(&accelerator, error));
  printf("%s: accelerator %s, %u parts, %s PEs, %.6g MHz\n", path, accelerator.name,
         accelerator.num_parts, accelerator.size, accelerator.clock_khz / 1000.0);
  return HB_OK;
}

static hb_status_t check_file(const char *path, hb_config_error_t *error) {
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
                                  "what they refer to. Prints a line about "
                                  "each.",
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
