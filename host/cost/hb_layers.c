/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_csv.h"

enum { IDX, LAYER, OP, N, K, C, Y, X, R, S, NUM_COLUMNS, MAX_DIM = 65535, MAX_LAYERS = 1 << 20 };

static const char *const COLUMNS[NUM_COLUMNS] = {"idx", "layer", "op", "N", "K",
                                                 "C",   "Y",     "X",  "R", "S"};

static hb_status_t take_row(const hb_csv_t *csv, hb_layers_t *layers, hb_config_error_t *error) {
  hb_layer_dims_t *layer = &layers->layers[layers->num_layers];
  uint32_t number = 0;
  uint32_t batch = 0;
  *layer = (hb_layer_dims_t){.line = hb_csv_line(csv), .column = hb_csv_column(csv, LAYER)};
  HB_TRY(hb_csv_number(csv, IDX, layers->num_layers, layers->num_layers, &number, error));
  HB_TRY(hb_csv_name(csv, LAYER, layer->name, error));
  if (strcmp(hb_csv_text(csv, OP), "CONV") != 0) {
    return hb_csv_fail(csv, OP, error, "expected CONV, got '%.40s'", hb_csv_text(csv, OP));
  }
  HB_TRY(hb_csv_number(csv, N, 1, 1, &batch, error));
  const struct {
    uint32_t column, *value;
  } dims[] = {{K, &layer->k}, {C, &layer->c}, {Y, &layer->y},
              {X, &layer->x}, {R, &layer->r}, {S, &layer->s}};
  for (size_t i = 0; i < sizeof(dims) / sizeof(dims[0]); i++) {
    HB_TRY(hb_csv_number(csv, dims[i].column, 1, MAX_DIM, dims[i].value, error));
  }
  for (uint32_t i = 0; i < layers->num_layers; i++) {
    if (strcmp(layers->layers[i].name, layer->name) == 0) {
      return hb_csv_fail(csv, LAYER, error, "line %u has a layer %s already",
                         layers->layers[i].line, layer->name);
    }
  }
  layers->num_layers++;
  return HB_OK;
}

static hb_status_t take_rows(hb_csv_t *csv, hb_layers_t *layers, hb_config_error_t *error) {
  uint32_t capacity = 0;
  hb_status_t status;
  while ((status = hb_csv_next(csv, error)) == HB_OK) {
    if (layers->num_layers == capacity) {
      capacity = capacity == 0 ? 256 : 2 * capacity;
      hb_layer_dims_t *grown = capacity > MAX_LAYERS
                                   ? NULL
                                   : realloc(layers->layers, capacity * sizeof(*layers->layers));
      if (grown == NULL) {
        snprintf(error->text, sizeof(error->text), "%s: out of memory", layers->path);
        return HB_ERR_NOMEM;
      }
      layers->layers = grown;
    }
    HB_TRY(take_row(csv, layers, error));
  }
  if (status == HB_ERR_END && layers->num_layers == 0) {
    return hb_csv_fail(csv, LAYER, error, "expected at least one layer");
  }
  return status == HB_ERR_END ? HB_OK : status;
}

hb_status_t hb_layers_load(const char *folder, const char *model, hb_layers_t *layers_out,
                           hb_config_error_t *error) {
  hb_layers_t layers = {0};
  snprintf(layers.model, sizeof(layers.model), "%s", model);
  if (snprintf(layers.path, sizeof(layers.path), "%s/%s.csv", folder, model) >=
      (int)sizeof(layers.path)) {
    snprintf(error->text, sizeof(error->text), "%.200s...: path longer than %d bytes", folder,
             HB_PATH_MAX_BYTES - 1);
    return HB_ERR_INPUT;
  }
  hb_csv_t *csv = NULL;
  HB_TRY(hb_csv_open(layers.path, COLUMNS, NUM_COLUMNS, &csv, error));
  const hb_status_t status = take_rows(csv, &layers, error);
  hb_csv_close(csv);
  if (status != HB_OK) {
    hb_layers_release(&layers);
    return status;
  }
  *layers_out = layers;
  return HB_OK;
}

void hb_layers_release(hb_layers_t *layers) {
  free(layers->layers);
  *layers = (hb_layers_t){0};
}
