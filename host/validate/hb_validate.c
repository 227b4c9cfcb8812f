/* SPDX-License-Identifier: Apache-2.0 */

/* What is to be measured, and what is predicted for it. */

#include "hb_validate.h"

#include <stdlib.h>
#include <string.h>

enum { WHY_MAX = 256 };

const char *hb_validate_cost_name(uint32_t cost) {
  return cost == HB_VALIDATE_MAPPER ? "mapper"
         : cost == HB_VALIDATE_USER ? "user"
                                    : hb_tile_cost_name((hb_tile_cost_t)cost);
}

uint64_t hb_validate_measured(const hb_validate_t *plan, const hb_validate_row_t *row) {
  const hb_sim_job_t *job = &plan->jobs[row->job].measured;
  return job->end - job->start;
}

static hb_status_t fail(hb_config_error_t *error, hb_status_t status, const char *text) {
  snprintf(error->text, sizeof(error->text), "%s", text);
  return status;
}

static hb_status_t find_kinds(hb_validate_t *plan, const char *hardware, hb_config_error_t *error) {
  uint32_t ids[HB_IMAGE_MAX_KINDS];
  uint32_t caps[HB_IMAGE_MAX_KINDS];
  for (uint32_t i = 0; i < plan->soc->num_tiles; i++) {
    const char *name = plan->soc->tiles[i].model;
    uint32_t id = 0;
    uint32_t cap = 0;
    if (hb_sim_tile_model_info(name, &id, &cap) != HB_OK) {
      return fail(error, HB_ERR_INPUT, "hilbert: a tile model is missing");
    }
    uint32_t k = 0;
    while (k < plan->num_kinds && (ids[k] != id || caps[k] != cap)) {
      k++;
    }
    if (k < plan->num_kinds) {
      continue;
    }
    if (k == HB_IMAGE_MAX_KINDS) {
      return fail(error, HB_ERR_INPUT, "hilbert: more than 8 kinds of tile in one SoC");
    }
    ids[k] = id;
    caps[k] = cap;
    plan->kinds[k] = (hb_validate_kind_t){.name = name, .tile = i};
    hb_map_tile_decode(id, cap, &plan->kinds[k].map);
    hb_cost_tile_init(plan->soc, id, &plan->kinds[k].cost);
    HB_TRY(hb_cost_tile_option(plan->soc, name, hardware, &plan->kinds[k].cost, error));
    plan->num_kinds++;
  }
  return HB_OK;
}

/* The job of a layer on a kind; makes it. */
static hb_status_t find_job(hb_validate_t *plan, const hb_layer_t *layer, uint32_t kind,
                            uint32_t *job_out, hb_config_error_t *error) {
  for (uint32_t j = 0; j < plan->num_jobs; j++) {
    if (plan->jobs[j].kind == kind && hb_layer_same(plan->jobs[j].layer, layer)) {
      *job_out = j;
      return HB_OK;
    }
  }
  hb_validate_job_t *job = &plan->jobs[plan->num_jobs];
  *job = (hb_validate_job_t){.layer = layer, .kind = kind};
  hb_program_t program = {0};
  char why[WHY_MAX] = "";
  const hb_status_t status =
      hb_map_layer(layer, &plan->kinds[kind].map, &program, why, sizeof(why));
  if (status == HB_OK) {
    job->est_cycles = program.est_cycles;
    hb_program_release(&program);
  } else if (status != HB_ERR_INPUT) {
    return fail(error, status, hb_status_text(status));
  }
  *job_out = plan->num_jobs++;
  return HB_OK;
}

static hb_status_t add_row(hb_validate_t *plan, uint32_t model, uint32_t layer_index, uint32_t kind,
                           const hb_cost_user_t *user, hb_config_error_t *error) {
  const hb_layer_t *layer = &plan->models[model].layers[layer_index];
  uint32_t job = 0;
  HB_TRY(find_job(plan, layer, kind, &job, error));
  if (plan->jobs[job].est_cycles == 0) {
    return HB_OK;
  }
  hb_validate_row_t *row = &plan->rows[plan->num_rows++];
  *row = (hb_validate_row_t){.model = model, .layer = layer_index, .job = job};
  for (int cost = 0; cost < HB_TILE_COST_COUNT; cost++) {
    row->predicted[cost] =
        hb_tile_cost_cycles((hb_tile_cost_t)cost, layer, &plan->kinds[kind].cost);
  }
  row->predicted[HB_VALIDATE_MAPPER] = plan->jobs[job].est_cycles;
  return user == NULL
             ? HB_OK
             : hb_cost_user_find(user, &plan->models[model], layer_index, plan->kinds[kind].name,
                                 &row->predicted[HB_VALIDATE_USER], error);
}

typedef struct known {
  const hb_soc_t *soc;
  const hb_model_t *const *models;
  uint32_t num_models;
} known_t;

static hb_cost_user_unknown_t check(const void *ctx, const char *model, const char *layer,
                                    const char *tile) {
  const known_t *known = ctx;
  bool has_model = false;
  bool has_layer = false;
  for (uint32_t m = 0; m < known->num_models; m++) {
    const hb_model_t *one = known->models[m];
    if (strcmp(one->name, model) == 0) {
      has_model = true;
      for (uint32_t i = 0; i < one->num_layers && !has_layer; i++) {
        has_layer = strcmp(one->layers[i].name, layer) == 0;
      }
    }
  }
  bool has_tile = false;
  for (uint32_t i = 0; i < known->soc->num_tiles; i++) {
    has_tile = has_tile || strcmp(known->soc->tiles[i].model, tile) == 0;
  }
  return !has_model   ? HB_COST_USER_NO_MODEL
         : !has_layer ? HB_COST_USER_NO_LAYER
         : !has_tile  ? HB_COST_USER_NO_TILE
                      : HB_COST_USER_KNOWN;
}

hb_status_t hb_validate_predictions(const char *path, const hb_soc_t *soc,
                                    const hb_model_t *const *models, uint32_t num_models,
                                    hb_cost_user_t **user_out, hb_config_error_t *error) {
  const known_t known = {.soc = soc, .models = models, .num_models = num_models};
  return hb_cost_user_load(path, check, &known, user_out, error);
}

static hb_status_t fill(hb_validate_t *plan, const hb_cost_user_t *user, hb_config_error_t *error) {
  size_t layers = 0;
  for (uint32_t m = 0; m < plan->num_models; m++) {
    layers += plan->models[m].num_layers;
  }
  plan->jobs = calloc(layers * plan->num_kinds + 1, sizeof(*plan->jobs));
  plan->rows = calloc(layers * plan->num_kinds + 1, sizeof(*plan->rows));
  if (plan->jobs == NULL || plan->rows == NULL) {
    return fail(error, HB_ERR_NOMEM, "hilbert: out of memory");
  }
  for (uint32_t m = 0; m < plan->num_models; m++) {
    for (uint32_t i = 0; i < plan->models[m].num_layers; i++) {
      for (uint32_t k = 0; k < plan->num_kinds; k++) {
        HB_TRY(add_row(plan, m, i, k, user, error));
      }
    }
  }
  if (plan->num_rows == 0) {
    snprintf(error->text, sizeof(error->text), "hilbert: no tile of %s can run any of the layers",
             plan->soc->name);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

hb_status_t hb_validate_plan(const hb_soc_t *soc, const hb_model_t *models, uint32_t num_models,
                             const char *hardware, const hb_cost_user_t *user,
                             hb_validate_t *plan_out, hb_config_error_t *error) {
  hb_validate_t plan = {
      .soc = soc, .models = models, .num_models = num_models, .has_user = user != NULL};
  hb_status_t status = find_kinds(&plan, hardware, error);
  if (status == HB_OK) {
    status = fill(&plan, user, error);
  }
  if (status != HB_OK) {
    hb_validate_release(&plan);
    return status;
  }
  *plan_out = plan;
  return HB_OK;
}

void hb_validate_release(hb_validate_t *plan) {
  free(plan->jobs);
  free(plan->rows);
  *plan = (hb_validate_t){0};
}
