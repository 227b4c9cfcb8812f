/* SPDX-License-Identifier: Apache-2.0 */

/* What the kinds of files share: telling them apart. */

#include "hb_config.h"

#include <stdio.h>
#include <string.h>

#include "hb_yaml.h"

static const char *const KIND_NAMES[] = {
    [HB_CONFIG_SCENARIO] = "scenario",
    [HB_CONFIG_MODEL] = "model",
    [HB_CONFIG_SOC] = "soc",
    [HB_CONFIG_SUITE] = "suite",
    [HB_CONFIG_ACCELERATOR] = "accelerator",
};

const char *hb_config_kind_name(hb_config_kind_t kind) {
  return KIND_NAMES[kind];
}

hb_status_t hb_config_identify(const char *path, hb_config_kind_t *kind_out,
                               char name_out[HB_NAME_MAX], hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  hb_status_t status = HB_ERR_INPUT;
  for (int kind = HB_CONFIG_SCENARIO; kind < HB_CONFIG_KIND_COUNT; kind++) {
    if (strcmp(hb_yaml_first_key(yaml), KIND_NAMES[kind]) == 0) {
      *kind_out = (hb_config_kind_t)kind;
      snprintf(name_out, HB_NAME_MAX, "%s", hb_yaml_first_value(yaml));
      status = HB_OK;
    }
  }
  if (status != HB_OK) {
    hb_yaml_at(yaml, "%s", ""); /* the document itself */
    status = hb_yaml_fail(
        yaml, error, "expected the first key to be scenario, model, soc, suite or accelerator");
  }
  hb_yaml_close(yaml);
  return status;
}
