/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_ux.h"

#include <stdlib.h>
#include <string.h>

double hb_ux_dlv(const hb_ux_model_t *model) {
  if (model->frames == 0) {
    return 0.0;
  }
  return model->missed == 0 ? 0.5 / (double)model->frames
                            : (double)model->missed / (double)model->frames;
}

double hb_ux_norm_energy(const hb_ux_model_t *model) {
  if (model->frames == 0) {
    return 0.0;
  }
  return model->worst_pj > 0.0 ? model->energy_pj / model->worst_pj : 1.0;
}

hb_ux_cost_t hb_ux_cost(const hb_ux_model_t *models, uint32_t num) {
  hb_ux_cost_t cost = {0};
  for (uint32_t i = 0; i < num; i++) {
    cost.models += models[i].frames > 0;
    cost.dlv += hb_ux_dlv(&models[i]);
    cost.norm_energy += hb_ux_norm_energy(&models[i]);
  }
  cost.cost = cost.dlv * cost.norm_energy;
  return cost;
}

void hb_ux_init(hb_ux_t *ux, uint32_t num_models, uint64_t window_cycles) {
  *ux = (hb_ux_t){.num_models = num_models, .window_cycles = window_cycles};
}

void hb_ux_release(hb_ux_t *ux) {
  free(ux->windows);
  *ux = (hb_ux_t){0};
}

/* The model in the window of a cycle; NULL: out of memory. */
static hb_ux_model_t *window_of(hb_ux_t *ux, uint32_t model, uint64_t cycle) {
  const uint64_t window = cycle / ux->window_cycles;
  if (window >= ux->capacity) {
    const uint64_t capacity = 2 * window + 16;
    hb_ux_model_t *grown = realloc(ux->windows, capacity * ux->num_models * sizeof(*ux->windows));
    if (grown == NULL) {
      ux->failed = true;
      return NULL;
    }
    memset(grown + ux->capacity * ux->num_models, 0,
           (capacity - ux->capacity) * ux->num_models * sizeof(*grown));
    ux->windows = grown;
    ux->capacity = capacity;
  }
  if (window >= ux->num_windows) {
    ux->num_windows = window + 1;
  }
  return &ux->windows[window * ux->num_models + model];
}

void hb_ux_frame(hb_ux_t *ux, uint32_t model, uint64_t cycle, bool missed) {
  hb_ux_model_t *const places[] = {&ux->run[model], window_of(ux, model, cycle)};
  for (int i = 0; i < 2 && places[i] != NULL; i++) {
    places[i]->frames++;
    places[i]->missed += missed;
  }
}

void hb_ux_job(hb_ux_t *ux, uint32_t model, uint64_t cycle, double energy_pj, double worst_pj) {
  hb_ux_model_t *const places[] = {&ux->run[model], window_of(ux, model, cycle)};
  for (int i = 0; i < 2 && places[i] != NULL; i++) {
    places[i]->energy_pj += energy_pj;
    places[i]->worst_pj += worst_pj;
  }
}

hb_ux_cost_t hb_ux_window(const hb_ux_t *ux, uint64_t window) {
  return hb_ux_cost(&ux->windows[window * ux->num_models], ux->num_models);
}
