/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_model.h"

#include <stdlib.h>

void hb_model_release(hb_model_t *model) {
  free(model->layers);
  model->layers = NULL;
  model->num_layers = 0;
}

void hb_scenario_release(hb_scenario_t *scenario) {
  for (uint32_t i = 0; i < scenario->num_tasks; i++) {
    hb_model_release(&scenario->tasks[i].model);
  }
  free(scenario->tasks);
  scenario->tasks = NULL;
  scenario->num_tasks = 0;
}
