/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_sweep.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void hb_sweep_init(hb_sweep_t *sweep, uint64_t first_seed, uint32_t num_seeds) {
  *sweep = (hb_sweep_t){.first_seed = first_seed, .num_seeds = num_seeds};
}

void hb_sweep_release(hb_sweep_t *sweep) {
  free(sweep->rows);
  free(sweep->columns);
  free(sweep->runs);
  *sweep = (hb_sweep_t){0};
}

hb_status_t hb_sweep_add_row(hb_sweep_t *sweep, const char *scenario, const char *soc) {
  for (uint32_t i = 0; i < sweep->num_rows; i++) {
    if (strcmp(sweep->rows[i].scenario, scenario) == 0 && strcmp(sweep->rows[i].soc, soc) == 0) {
      return HB_ERR_ARG;
    }
  }
  hb_sweep_row_t *grown = realloc(sweep->rows, (sweep->num_rows + 1) * sizeof(*grown));
  if (grown == NULL) {
    return HB_ERR_NOMEM;
  }
  sweep->rows = grown;
  hb_sweep_row_t *row = &grown[sweep->num_rows++];
  snprintf(row->scenario, sizeof(row->scenario), "%s", scenario);
  snprintf(row->soc, sizeof(row->soc), "%s", soc);
  return HB_OK;
}

uint32_t hb_sweep_column(const hb_sweep_t *sweep, const char *name) {
  for (uint32_t i = 0; i < sweep->num_columns; i++) {
    if (strcmp(sweep->columns[i], name) == 0) {
      return i;
    }
  }
  return HB_IMAGE_NONE;
}

hb_status_t hb_sweep_add_column(hb_sweep_t *sweep, const char *name) {
  if (hb_sweep_column(sweep, name) != HB_IMAGE_NONE) {
    return HB_ERR_ARG;
  }
  char(*grown)[HB_NAME_MAX] = realloc(sweep->columns, (sweep->num_columns + 1) * sizeof(*grown));
  if (grown == NULL) {
    return HB_ERR_NOMEM;
  }
  sweep->columns = grown;
  snprintf(grown[sweep->num_columns++], HB_NAME_MAX, "%s", name);
  return HB_OK;
}

uint64_t hb_sweep_num_runs(const hb_sweep_t *sweep) {
  return (uint64_t)sweep->num_rows * sweep->num_columns * sweep->num_seeds;
}

hb_status_t hb_sweep_ready(hb_sweep_t *sweep) {
  const uint64_t num = hb_sweep_num_runs(sweep);
  sweep->runs = calloc(num + 1, sizeof(*sweep->runs));
  if (sweep->runs == NULL) {
    return HB_ERR_NOMEM;
  }
  for (uint64_t i = 0; i < num; i++) {
    hb_sweep_fail(sweep, i, "not run");
  }
  return HB_OK;
}

void hb_sweep_place(const hb_sweep_t *sweep, uint64_t run, uint32_t *row_out, uint32_t *column_out,
                    uint64_t *seed_out) {
  *seed_out = sweep->first_seed + run % sweep->num_seeds;
  *column_out = (uint32_t)(run / sweep->num_seeds % sweep->num_columns);
  *row_out = (uint32_t)(run / sweep->num_seeds / sweep->num_columns);
}

void hb_sweep_fail(hb_sweep_t *sweep, uint64_t run, const char *why) {
  sweep->runs[run] = (hb_sweep_run_t){.good = false};
  snprintf(sweep->runs[run].why, sizeof(sweep->runs[run].why), "%s", why);
}

uint64_t hb_sweep_num_failed(const hb_sweep_t *sweep) {
  uint64_t num = 0;
  for (uint64_t i = 0; i < hb_sweep_num_runs(sweep); i++) {
    num += !sweep->runs[i].good;
  }
  return num;
}

/* --------------------------------------------------------------------------------- metrics.json */

static const char *const PLACES[] = {
#define X(symbol_, name_, place_) place_,
    HB_SWEEP_VALUE_TABLE(X)
#undef X
};

/* The number at `place` of `at`: see HB_SWEEP_VALUE_TABLE. NAN if it is null. */
static bool number_at(struct json_object *at, const char *place, double *value_out) {
  if (*place == '\0') {
    *value_out = at == NULL ? NAN : json_object_get_double(at);
    return at == NULL || json_object_is_type(at, json_type_int) ||
           json_object_is_type(at, json_type_double);
  }
  char key[64];
  const size_t len = strcspn(place, ".[");
  snprintf(key, sizeof(key), "%.*s", (int)len, place);
  struct json_object *member = NULL;
  if (!json_object_is_type(at, json_type_object) || !json_object_object_get_ex(at, key, &member)) {
    return false;
  }
  if (place[len] != '[') {
    return number_at(member, place + len + (place[len] == '.'), value_out);
  }
  double sum = 0.0;
  if (!json_object_is_type(member, json_type_array)) {
    return false;
  }
  for (size_t i = 0; i < json_object_array_length(member); i++) {
    double value = 0.0;
    if (!number_at(json_object_array_get_idx(member, i), place + len + strlen("[]."), &value)) {
      return false;
    }
    sum += value;
  }
  *value_out = sum;
  return true;
}

static void take_metrics(struct json_object *metrics, hb_sweep_run_t *run) {
  struct json_object *complete = NULL, *why = NULL;
  if (!json_object_object_get_ex(metrics, "complete", &complete) ||
      !json_object_object_get_ex(metrics, "why", &why)) {
    snprintf(run->why, sizeof(run->why), "metrics.json has no complete or why");
    return;
  }
  if (!json_object_get_boolean(complete)) {
    snprintf(run->why, sizeof(run->why), "%s", json_object_get_string(why));
    return;
  }
  for (int i = 0; i < HB_SWEEP_VALUES; i++) {
    if (!number_at(metrics, PLACES[i], &run->values[i]) ||
        (isnan(run->values[i]) && strncmp(PLACES[i], "scores.", strlen("scores.")) != 0)) {
      snprintf(run->why, sizeof(run->why), "metrics.json has no number %s", PLACES[i]);
      return;
    }
  }
  double models = 0.0;
  if (!number_at(metrics, "ux.models", &models)) {
    snprintf(run->why, sizeof(run->why), "metrics.json has no number ux.models");
    return;
  }
  if (models == 0.0) { /* no frame ended or was due: 0, the least cost, would look best */
    run->values[HB_SWEEP_UX_COST] = NAN;
    run->values[HB_SWEEP_DLV] = NAN;
    run->values[HB_SWEEP_NORM_ENERGY] = NAN;
  }
  run->good = true;
  run->why[0] = '\0';
}

void hb_sweep_read(hb_sweep_t *sweep, uint64_t run, const char *metrics_path) {
  hb_sweep_fail(sweep, run, "no metrics.json, or it is damaged");
  struct json_object *metrics = json_object_from_file(metrics_path);
  if (json_object_is_type(metrics, json_type_object)) {
    take_metrics(metrics, &sweep->runs[run]);
  }
  json_object_put(metrics);
}

/* ---------------------------------------------------------------------------------------- means */

bool hb_sweep_cell(const hb_sweep_t *sweep, uint32_t row, uint32_t column, hb_sweep_value_t value,
                   double *value_out) {
  const hb_sweep_run_t *runs =
      &sweep->runs[((uint64_t)row * sweep->num_columns + column) * sweep->num_seeds];
  double sum = 0.0;
  *value_out = 0.0;
  for (uint32_t i = 0; i < sweep->num_seeds; i++) {
    if (!runs[i].good || isnan(runs[i].values[value])) {
      return false;
    }
    sum += runs[i].values[value];
  }
  *value_out = sum / sweep->num_seeds;
  return true;
}

bool hb_sweep_geomean(const hb_sweep_t *sweep, const char *soc, uint32_t column,
                      hb_sweep_value_t value, double *value_out) {
  double sum = 0.0;
  uint32_t count = 0;
  *value_out = 0.0;
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    double cell = 0.0;
    if (soc != NULL && strcmp(sweep->rows[row].soc, soc) != 0) {
      continue;
    }
    if (!hb_sweep_cell(sweep, row, column, value, &cell) || cell <= 0.0) {
      return false;
    }
    sum += log(cell);
    count++;
  }
  if (count == 0) {
    return false;
  }
  *value_out = exp(sum / count);
  return true;
}

bool hb_sweep_reduction(const hb_sweep_t *sweep, const char *soc, uint32_t column,
                        double *value_out) {
  double own = 0.0, base = 0.0;
  *value_out = 0.0;
  if (!hb_sweep_geomean(sweep, soc, column, HB_SWEEP_UX_COST, &own) ||
      !hb_sweep_geomean(sweep, soc, sweep->baseline, HB_SWEEP_UX_COST, &base)) {
    return false;
  }
  *value_out = 1.0 - own / base;
  return true;
}
