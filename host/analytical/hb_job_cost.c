/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_job_cost.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cost_tile.h"
#include "hb_cost_user.h"

struct hb_job_cost {
  const hb_scenario_t *scenario;
  const hb_soc_t *soc;
  uint32_t num_tiles;
  uint32_t first_layer[HB_IMAGE_MAX_MODELS]; /* of a model among all layers */
  uint64_t *cycles;                          /* [layer * num_tiles + tile]; 0: does not run there */
  uint64_t stood_in;
};

const char *hb_job_cost_name(uint32_t index) {
  static const char *const OTHERS[] = {"mapper", "table"};
  return index < HB_TILE_COST_COUNT        ? hb_tile_cost_name((hb_tile_cost_t)index)
         : index - HB_TILE_COST_COUNT < 2u ? OTHERS[index - HB_TILE_COST_COUNT]
                                           : NULL;
}

static hb_cost_user_unknown_t check(const void *ctx, const char *model, const char *layer,
                                    const char *tile) {
  const hb_job_cost_t *costs = ctx;
  bool has_model = false;
  bool has_layer = false;
  bool has_tile = false;
  for (uint32_t m = 0; m < costs->scenario->num_tasks; m++) {
    const hb_model_t *one = &costs->scenario->tasks[m].model;
    if (strcmp(one->name, model) == 0) {
      has_model = true;
      for (uint32_t i = 0; i < one->num_layers; i++) {
        has_layer = has_layer || strcmp(one->layers[i].name, layer) == 0;
      }
    }
  }
  for (uint32_t i = 0; i < costs->soc->num_tiles; i++) {
    has_tile = has_tile || strcmp(costs->soc->tiles[i].model, tile) == 0;
  }
  return !has_model   ? HB_COST_USER_NO_MODEL
         : !has_layer ? HB_COST_USER_NO_LAYER
         : !has_tile  ? HB_COST_USER_NO_TILE
                      : HB_COST_USER_KNOWN;
}

/* The mapper's estimate of a layer, by its number among all, on a tile; 0: does not run there. */
static uint32_t estimate(const hb_workload_t *workload, uint32_t layer, uint32_t tile) {
  hb_image_header_t header;
  hb_image_tile_t entry;
  hb_image_program_t program;
  memcpy(&header, workload->image, sizeof(header));
  memcpy(&entry, workload->image + header.tiles_offset + tile * sizeof(entry), sizeof(entry));
  memcpy(&program,
         workload->image + header.programs_offset +
             ((size_t)layer * header.num_kinds + entry.kind) * sizeof(program),
         sizeof(program));
  return program.addr == HB_IMAGE_NONE ? 0 : program.est_cycles;
}

static hb_status_t fill(hb_job_cost_t *costs, const hb_workload_t *workload, const char *cost,
                        const hb_cost_user_t *table, const char *hardware,
                        hb_config_error_t *error) {
  hb_tile_cost_t model = HB_TILE_COST_ROOFLINE;
  const bool closed = hb_tile_cost_find(cost, &model);
  for (uint32_t t = 0; t < costs->num_tiles; t++) {
    uint32_t id = 0;
    uint32_t caps = 0;
    hb_cost_tile_t tile;
    if (hb_sim_tile_model_info(costs->soc->tiles[t].model, &id, &caps) != HB_OK) {
      snprintf(error->text, sizeof(error->text), "hilbert: a tile model is missing");
      return HB_ERR_INPUT;
    }
    hb_cost_tile_init(costs->soc, id, &tile);
    HB_TRY(hb_cost_tile_option(costs->soc, costs->soc->tiles[t].model, hardware, &tile, error));
    for (uint32_t m = 0; m < costs->scenario->num_tasks; m++) {
      const hb_model_t *net = &costs->scenario->tasks[m].model;
      for (uint32_t i = 0; i < net->num_layers; i++) {
        const uint32_t index = costs->first_layer[m] + i;
        const uint32_t est = estimate(workload, index, t);
        uint64_t *cycles = &costs->cycles[(size_t)index * costs->num_tiles + t];
        if (est == 0) {
          continue;
        }
        *cycles = est;
        if (table != NULL) {
          HB_TRY(hb_cost_user_find(table, net, i, costs->soc->tiles[t].model, cycles, error));
        } else if (closed) {
          *cycles = hb_tile_cost_cycles(model, &net->layers[i], &tile);
          if (*cycles == 0) {
            costs->stood_in++;
            *cycles = hb_tile_cost_cycles(HB_TILE_COST_ROOFLINE, &net->layers[i], &tile);
          }
        }
      }
    }
  }
  return HB_OK;
}

hb_status_t hb_job_cost_new(const hb_scenario_t *scenario, const hb_soc_t *soc,
                            const hb_workload_t *workload, const char *cost, const char *table,
                            const char *hardware, bool shared, hb_job_cost_t **costs_out,
                            hb_config_error_t *error) {
  hb_job_cost_t *costs = calloc(1, sizeof(*costs));
  hb_cost_user_t *user = NULL;
  hb_status_t status = costs == NULL ? HB_ERR_NOMEM : HB_OK;
  if (status == HB_OK) {
    costs->scenario = scenario;
    costs->soc = soc;
    costs->num_tiles = soc->num_tiles;
    hb_image_header_t header;
    memcpy(&header, workload->image, sizeof(header));
    for (uint32_t m = 0; m < scenario->num_tasks; m++) {
      hb_image_model_t model;
      memcpy(&model, workload->image + header.models_offset + m * sizeof(model), sizeof(model));
      costs->first_layer[m] = model.first_layer;
    }
    costs->cycles = calloc((size_t)header.num_layers * soc->num_tiles + 1, sizeof(*costs->cycles));
    status = costs->cycles == NULL ? HB_ERR_NOMEM : HB_OK;
  }
  if (status == HB_ERR_NOMEM) {
    snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
  }
  if (status == HB_OK && table != NULL) {
    status = hb_cost_user_load(table, shared ? NULL : check, costs, &user, error);
  }
  if (status == HB_OK) {
    status = fill(costs, workload, cost, user, hardware, error);
  }
  hb_cost_user_free(user);
  if (status != HB_OK) {
    hb_job_cost_free(costs);
    return status;
  }
  *costs_out = costs;
  return HB_OK;
}

void hb_job_cost_free(hb_job_cost_t *costs) {
  if (costs != NULL) {
    free(costs->cycles);
    free(costs);
  }
}

uint64_t hb_job_cost_of(void *ctx, uint32_t tile, uint32_t tag) {
  const hb_job_cost_t *costs = ctx;
  const uint32_t layer = costs->first_layer[HB_TAG_MODEL(tag)] + HB_TAG_LAYER(tag);
  assert(tile < costs->num_tiles && costs->cycles[(size_t)layer * costs->num_tiles + tile] > 0);
  return costs->cycles[(size_t)layer * costs->num_tiles + tile];
}

uint64_t hb_job_cost_stood_in(const hb_job_cost_t *costs) {
  return costs->stood_in;
}
