/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Loads the kinds of files: scenarios, models, systems-on-chip, and for the analytical engine
 * suites and accelerators. The first key names the kind: `scenario:`, `model:`, `soc:`, `suite:` or
 * `accelerator:`. host/config/README.md lists all keys.
 *
 * Every function that fails leaves its output untouched and one line in `error`,
 * "file:line:column: key: what was expected" (or "file: reason"), and returns:
 *   HB_ERR_IO     the file cannot be read
 *   HB_ERR_INPUT  it is not a valid file of its kind
 *   HB_ERR_NOMEM  out of memory
 * What loads satisfies every range documented in hb_model.h, hb_suite.h and hb_sim.h.
 */

#ifndef HB_CONFIG_H_
#define HB_CONFIG_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hb_model.h"
#include "hb_sim.h"
#include "hb_suite.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_config_error {
  char text[2 * HB_PATH_MAX_BYTES + 512];
} hb_config_error_t;

typedef enum hb_config_kind {
  HB_CONFIG_SCENARIO = 0,
  HB_CONFIG_MODEL,
  HB_CONFIG_SOC,
  HB_CONFIG_SUITE,
  HB_CONFIG_ACCELERATOR,
  HB_CONFIG_KIND_COUNT
} hb_config_kind_t;

/** The kind's first key: "scenario", "model", "soc", "suite", "accelerator". */
const char *hb_config_kind_name(hb_config_kind_t kind);

/** Tells a file's kind and name from its first key. */
HB_MUST_USE hb_status_t hb_config_identify(const char *path, hb_config_kind_t *kind_out,
                                           char name_out[HB_NAME_MAX], hb_config_error_t *error);

HB_MUST_USE hb_status_t hb_config_load_model(const char *path, hb_model_t *model_out,
                                             hb_config_error_t *error);

/** Also loads every model the scenario names. hb_scenario_release() frees the result. */
HB_MUST_USE hb_status_t hb_config_load_scenario(const char *path, hb_scenario_t *scenario_out,
                                                hb_config_error_t *error);

/** Whether the SoC has the tiles of the scenario's faults; `path`: the scenario's file, for the
 * error. */
HB_MUST_USE hb_status_t hb_config_check_faults(const char *path, const hb_scenario_t *scenario,
                                               const hb_soc_t *soc, hb_config_error_t *error);

/**
 * The same with the models of one of the scenario's `model_sets`; NULL: of the first, if it has
 * any.
 * @retval HB_ERR_INPUT  also if the scenario has no such set.
 */
HB_MUST_USE hb_status_t hb_config_load_scenario_set(const char *path, const char *models,
                                                    hb_scenario_t *scenario_out,
                                                    hb_config_error_t *error);

/**
 * Changes parameters of the policy dream: `text` is "alpha=0.5,drop=off", keys as in `scheduler:`,
 * switches on or off. In their order, each once; what is not named stays.
 * @param[out] why one line on HB_ERR_INPUT.
 */
HB_MUST_USE hb_status_t hb_config_sched(const char *text, hb_sched_t *sched, char *why,
                                        size_t why_len);

/** Likewise the constants of scores: "k_per_ms=15,energy_max_mj=1500", keys and ranges as in
 * `score_constants:`. */
HB_MUST_USE hb_status_t hb_config_score(const char *text, hb_score_constants_t *constants,
                                        char *why, size_t why_len);

/**
 * @param tile_known says whether a Verilated tile model exists; NULL accepts any name.
 */
HB_MUST_USE hb_status_t hb_config_load_soc(const char *path, bool (*tile_known)(const char *model),
                                           hb_soc_t *soc_out, hb_config_error_t *error);

/** Also loads the table of loads and every accelerator it names. hb_suite_release() frees the
 * result. */
HB_MUST_USE hb_status_t hb_config_load_suite(const char *path, hb_suite_t *suite_out,
                                             hb_config_error_t *error);

HB_MUST_USE hb_status_t hb_config_load_accelerator(const char *path,
                                                   hb_accelerator_t *accelerator_out,
                                                   hb_config_error_t *error);

/**
 * From now on `seen` is told of every YAML file that is read, whole, with the path it was opened
 * by. NULL: nobody is. For all of the process.
 */
void hb_config_watch(void (*seen)(void *ctx, const char *path, const void *bytes, size_t len),
                     void *ctx);

/** Name of a DRAM preset; NULL past the end. */
const char *hb_config_dram_preset_name(uint32_t index);
/**
 * The device of a preset: timings, geometry of a channel and mapping; all else is 0.
 * @retval HB_ERR_INPUT  there is no preset of that name.
 */
HB_MUST_USE hb_status_t hb_config_dram_preset(const char *name, hb_soc_dram_t *dram_out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_CONFIG_H_ */
