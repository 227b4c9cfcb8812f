/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_cost_user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_csv.h"
#include "hb_model.h"

#define MAX_CYCLES UINT64_C(1000000000000000)

enum { MODEL, LAYER, TILE, CYCLES, NUM_COLUMNS };

static const char *const COLUMNS[NUM_COLUMNS] = {"model", "layer", "tile", "cycles"};

typedef struct row {
  char model[HB_NAME_MAX], layer[HB_NAME_MAX], tile[HB_NAME_MAX];
  uint64_t cycles;
  uint32_t line;
} row_t;

struct hb_cost_user {
  char path[HB_PATH_MAX_BYTES];
  row_t *rows; /* ascending */
  size_t num, room;
};

static int by_name(const void *a, const void *b) {
  const row_t *x = a;
  const row_t *y = b;
  int order = strcmp(x->model, y->model);
  order = order != 0 ? order : strcmp(x->layer, y->layer);
  return order != 0 ? order : strcmp(x->tile, y->tile);
}

static hb_status_t out_of_memory(hb_config_error_t *error) {
  snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
  return HB_ERR_NOMEM;
}

static hb_status_t take_row(const hb_csv_t *csv, hb_cost_user_check_t check, const void *ctx,
                            row_t *row, hb_config_error_t *error) {
  *row = (row_t){.line = hb_csv_line(csv)};
  HB_TRY(hb_csv_name(csv, MODEL, row->model, error));
  HB_TRY(hb_csv_name(csv, LAYER, row->layer, error));
  HB_TRY(hb_csv_name(csv, TILE, row->tile, error));
  HB_TRY(hb_csv_decimal(csv, CYCLES, 0, 1, MAX_CYCLES, &row->cycles, error));
  if (check == NULL) {
    return HB_OK;
  }
  switch (check(ctx, row->model, row->layer, row->tile)) {
    case HB_COST_USER_NO_MODEL:
      return hb_csv_fail(csv, MODEL, error, "expected a model that is asked for, got %s",
                         row->model);
    case HB_COST_USER_NO_LAYER:
      return hb_csv_fail(csv, LAYER, error, "expected a layer of model %s, got %s", row->model,
                         row->layer);
    case HB_COST_USER_NO_TILE:
      return hb_csv_fail(csv, TILE, error, "expected a tile model of the SoC, got %s", row->tile);
    default:
      return HB_OK;
  }
}

static hb_status_t take_rows(hb_csv_t *csv, hb_cost_user_check_t check, const void *ctx,
                             hb_cost_user_t *user, hb_config_error_t *error) {
  hb_status_t status;
  while ((status = hb_csv_next(csv, error)) == HB_OK) {
    if (user->num == user->room) {
      user->room = user->room == 0 ? 256 : 2 * user->room;
      row_t *grown = realloc(user->rows, user->room * sizeof(*grown));
      if (grown == NULL) {
        return out_of_memory(error);
      }
      user->rows = grown;
    }
    HB_TRY(take_row(csv, check, ctx, &user->rows[user->num], error));
    user->num++;
  }
  return status == HB_ERR_END ? HB_OK : status;
}

/* Sorts the rows; of two for the same the later one in the file is the error. */
static hb_status_t sort_rows(hb_cost_user_t *user, hb_config_error_t *error) {
  if (user->num > 0) {
    qsort(user->rows, user->num, sizeof(*user->rows), by_name);
  }
  for (size_t i = 1; i < user->num; i++) {
    const row_t *a = &user->rows[i - 1];
    const row_t *b = &user->rows[i];
    if (by_name(a, b) == 0) {
      const uint32_t first = a->line < b->line ? a->line : b->line;
      const uint32_t second = a->line < b->line ? b->line : a->line;
      snprintf(error->text, sizeof(error->text),
               "%s:%u:1: line %u has model %s, layer %s, tile %s already; expected one row each",
               user->path, second, first, a->model, a->layer, a->tile);
      return HB_ERR_INPUT;
    }
  }
  return HB_OK;
}

hb_status_t hb_cost_user_load(const char *path, hb_cost_user_check_t check, const void *ctx,
                              hb_cost_user_t **user_out, hb_config_error_t *error) {
  hb_csv_t *csv = NULL;
  HB_TRY(hb_csv_open(path, COLUMNS, NUM_COLUMNS, &csv, error));
  hb_cost_user_t *user = calloc(1, sizeof(*user));
  hb_status_t status = user == NULL ? out_of_memory(error) : HB_OK;
  if (status == HB_OK) {
    snprintf(user->path, sizeof(user->path), "%s", path);
    status = take_rows(csv, check, ctx, user, error);
  }
  hb_csv_close(csv);
  if (status == HB_OK) {
    status = sort_rows(user, error);
  }
  if (status != HB_OK) {
    hb_cost_user_free(user);
    return status;
  }
  *user_out = user;
  return HB_OK;
}

void hb_cost_user_free(hb_cost_user_t *user) {
  if (user != NULL) {
    free(user->rows);
    free(user);
  }
}

static hb_status_t missing(const hb_cost_user_t *user, const hb_model_t *model, uint32_t index,
                           const row_t *key, hb_config_error_t *error) {
  const hb_layer_t *layer = &model->layers[index];
  const char *source = model->source;
  uint32_t in_file = index;
  for (uint32_t v = 0; v < model->num_variants; v++) {
    const hb_variant_t *variant = &model->variants[v];
    if (index >= variant->first_layer && index < variant->first_layer + variant->num_layers) {
      source = variant->source;
      in_file = index - variant->first_layer;
    }
  }
  snprintf(
      error->text, sizeof(error->text),
      "%.900s:%u:%u: layers[%u].name: expected a row of %.900s for model %s, layer %s, tile %s",
      source, layer->line, layer->column, in_file, user->path, key->model, key->layer, key->tile);
  return HB_ERR_INPUT;
}

hb_status_t hb_cost_user_find(const hb_cost_user_t *user, const hb_model_t *model, uint32_t layer,
                              const char *tile, uint64_t *cycles_out, hb_config_error_t *error) {
  row_t key = {0};
  snprintf(key.model, sizeof(key.model), "%s", model->name);
  snprintf(key.layer, sizeof(key.layer), "%s", model->layers[layer].name);
  snprintf(key.tile, sizeof(key.tile), "%s", tile);
  const row_t *found =
      user->num == 0 ? NULL : bsearch(&key, user->rows, user->num, sizeof(*user->rows), by_name);
  if (found == NULL) {
    return missing(user, model, layer, &key, error);
  }
  *cycles_out = found->cycles;
  return HB_OK;
}
