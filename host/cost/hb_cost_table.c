/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Costs from a file: a row for each model (or, with a column `layer`, for each of its layers) on
 * each kind of part.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cost_kind.h"
#include "hb_csv.h"
#include "hb_layers.h"

enum { MODEL, LAYER, DATAFLOW, NUM_PES, NOC_BW, LATENCY, ENERGY, NUM_COLUMNS };
static const char *const COLUMNS[NUM_COLUMNS] = {
    "model", "?layer", "dataflow", "num_pes", "noc_bw", "latency_ms", "energy_mJ",
};

enum { MAX_ROWS = 1 << 24, TABLE_CLOCK_KHZ = 1000 * 1000 };

typedef struct row {
  char model[HB_NAME_MAX], layer[HB_NAME_MAX]; /* layer "": the whole model */
  hb_dataflow_t dataflow;
  uint32_t pes, noc_bw, line;
  hb_cost_t cost;
} row_t;

typedef struct table {
  row_t *rows; /* ascending */
  uint32_t num_rows;
} table_t;

static int compare_numbers(uint32_t a, uint32_t b) {
  return (a > b) - (a < b);
}

static int by_key(const void *a, const void *b) {
  const row_t *left = a;
  const row_t *right = b;
  int order = strcmp(left->model, right->model);
  order = order != 0 ? order : compare_numbers(left->dataflow, right->dataflow);
  order = order != 0 ? order : compare_numbers(left->pes, right->pes);
  order = order != 0 ? order : compare_numbers(left->noc_bw, right->noc_bw);
  return order != 0 ? order : strcmp(left->layer, right->layer);
}

static int by_key_and_line(const void *a, const void *b) {
  const int order = by_key(a, b);
  return order != 0 ? order : compare_numbers(((const row_t *)a)->line, ((const row_t *)b)->line);
}

static hb_status_t take_dataflow(const hb_csv_t *csv, hb_dataflow_t *dataflow,
                                 hb_config_error_t *error) {
  for (int i = 0; i < HB_DATAFLOW_COUNT; i++) {
    if (strcmp(hb_csv_text(csv, DATAFLOW), hb_dataflow_name((hb_dataflow_t)i)) == 0) {
      *dataflow = (hb_dataflow_t)i;
      return HB_OK;
    }
  }
  return hb_csv_fail(csv, DATAFLOW, error, "expected WS, OS, RS or IS, got '%.40s'",
                     hb_csv_text(csv, DATAFLOW));
}

static hb_status_t take_row(const hb_csv_t *csv, bool zero_energy, row_t *row,
                            hb_config_error_t *error) {
  uint64_t latency = 0;
  uint64_t energy = 0;
  *row = (row_t){.line = hb_csv_line(csv)};
  HB_TRY(hb_csv_name(csv, MODEL, row->model, error));
  if (hb_csv_text(csv, LAYER)[0] != '\0') {
    HB_TRY(hb_csv_name(csv, LAYER, row->layer, error));
  }
  HB_TRY(take_dataflow(csv, &row->dataflow, error));
  HB_TRY(hb_csv_number(csv, NUM_PES, 1, 1 << 24, &row->pes, error));
  HB_TRY(hb_csv_number(csv, NOC_BW, 1, 1 << 24, &row->noc_bw, error));
  HB_TRY(hb_csv_decimal(csv, LATENCY, 9, 1, UINT64_C(1000000000000000), &latency, error));
  HB_TRY(hb_csv_decimal(csv, ENERGY, 9, 0, UINT64_C(1000000000000000), &energy, error));
  if (energy == 0 && !zero_energy) {
    return hb_csv_fail(csv, ENERGY, error,
                       "expected an energy above 0; the suite's key zero_energy: true allows a "
                       "table without energies");
  }
  row->cost = (hb_cost_t){.latency_ms = (double)latency / 1e9, .energy_mj = (double)energy / 1e9};
  return HB_OK;
}

static hb_status_t take_rows(hb_csv_t *csv, const hb_suite_t *suite, table_t *table,
                             hb_config_error_t *error) {
  uint32_t capacity = 0;
  hb_status_t status;
  while ((status = hb_csv_next(csv, error)) == HB_OK) {
    if (table->num_rows == capacity) {
      capacity = capacity == 0 ? 256 : 2 * capacity;
      row_t *grown =
          capacity > MAX_ROWS ? NULL : realloc(table->rows, capacity * sizeof(*table->rows));
      if (grown == NULL) {
        snprintf(error->text, sizeof(error->text), "%s: out of memory", suite->table_path);
        return HB_ERR_NOMEM;
      }
      table->rows = grown;
    }
    HB_TRY(take_row(csv, suite->zero_energy, &table->rows[table->num_rows], error));
    table->num_rows++;
  }
  return status == HB_ERR_END ? HB_OK : status;
}

static void free_table(void *self) {
  table_t *table = self;
  free(table->rows);
  free(table);
}

static hb_status_t create(const hb_suite_t *suite, void **self_out, hb_config_error_t *error) {
  if (suite->table_path[0] == '\0') {
    return hb_cost_missing_key(suite, "cost_table", "--cost table", error);
  }
  table_t *table = calloc(1, sizeof(*table));
  if (table == NULL) {
    snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
    return HB_ERR_NOMEM;
  }
  hb_csv_t *csv = NULL;
  hb_status_t status = hb_csv_open(suite->table_path, COLUMNS, NUM_COLUMNS, &csv, error);
  if (status == HB_OK) {
    status = take_rows(csv, suite, table, error);
    hb_csv_close(csv);
  }
  if (status == HB_OK && table->num_rows > 0) {
    qsort(table->rows, table->num_rows, sizeof(*table->rows), by_key_and_line);
  }
  for (uint32_t i = 1; i < table->num_rows && status == HB_OK; i++) {
    if (by_key(&table->rows[i - 1], &table->rows[i]) == 0) {
      snprintf(error->text, sizeof(error->text),
               "%s:%u:1: the row for this model, layer and part is in line %u already",
               suite->table_path, table->rows[i].line, table->rows[i - 1].line);
      status = HB_ERR_INPUT;
    }
  }
  if (status != HB_OK) {
    free_table(table);
    return status;
  }
  *self_out = table;
  return HB_OK;
}

static const row_t *find(const table_t *table, const row_t *key) {
  return table->num_rows == 0
             ? NULL
             : bsearch(key, table->rows, table->num_rows, sizeof(*table->rows), by_key);
}

static bool has_layers(const table_t *table, const char *model) {
  for (uint32_t i = 0; i < table->num_rows; i++) {
    if (table->rows[i].layer[0] != '\0' && strcmp(table->rows[i].model, model) == 0) {
      return true;
    }
  }
  return false;
}

/* Which row there should be. */
static const char *name_row(const hb_cost_question_t *question, const row_t *key, char *text,
                            size_t text_len) {
  snprintf(text, text_len,
           "expected a row of %.400s for model %s%s%s, dataflow %s, num_pes %u, noc_bw %u "
           "(%.400s:%u)",
           question->suite->table_path, key->model, key->layer[0] == '\0' ? "" : ", layer ",
           key->layer, hb_dataflow_name(key->dataflow), key->pes, key->noc_bw,
           question->accelerator->path, question->part->line);
  return text;
}

static hb_status_t sum_layers(const table_t *table, const hb_cost_question_t *question, row_t *key,
                              hb_cost_t *sum, hb_config_error_t *error) {
  hb_layers_t layers;
  char text[1200];
  if (question->suite->layers_path[0] == '\0') {
    snprintf(text, sizeof(text), "the rows of %.400s for layers of %s", question->suite->table_path,
             key->model);
    return hb_cost_missing_key(question->suite, "layers", text, error);
  }
  HB_TRY(hb_cost_load_layers(question, &layers, error));
  hb_status_t status = HB_OK;
  *sum = (hb_cost_t){0};
  for (uint32_t i = 0; i < layers.num_layers && status == HB_OK; i++) {
    snprintf(key->layer, sizeof(key->layer), "%s", layers.layers[i].name);
    const row_t *row = find(table, key);
    if (row == NULL) {
      snprintf(error->text, sizeof(error->text), "%s:%u:%u: layer: %s", layers.path,
               layers.layers[i].line, layers.layers[i].column,
               name_row(question, key, text, sizeof(text)));
      status = HB_ERR_INPUT;
    } else {
      sum->latency_ms += row->cost.latency_ms;
      sum->energy_mj += row->cost.energy_mj;
    }
  }
  hb_layers_release(&layers);
  return status;
}

static hb_status_t network(void *self, const hb_cost_question_t *question, hb_cost_t *cost_out,
                           hb_config_error_t *error) {
  const table_t *table = self;
  row_t key = {.dataflow = question->part->dataflow,
               .pes = question->part->pes,
               .noc_bw = question->part->noc_bw};
  snprintf(key.model, sizeof(key.model), "%s", question->task->model);
  const row_t *row = find(table, &key);
  hb_cost_t cost;
  if (row != NULL) {
    cost = row->cost;
  } else if (has_layers(table, key.model)) {
    HB_TRY(sum_layers(table, question, &key, &cost, error));
  } else {
    char text[1200];
    return hb_cost_bad_model(question, error, "%s", name_row(question, &key, text, sizeof(text)));
  }
  cost.latency_ms *= (double)TABLE_CLOCK_KHZ / (double)question->accelerator->clock_khz;
  *cost_out = cost;
  return HB_OK;
}

const hb_cost_kind_t hb_cost_table = {
    .name = "table", .create = create, .free = free_table, .network = network};
