/* SPDX-License-Identifier: Apache-2.0 */

/* `suite:` files, and the table of loads they name: what is run on which accelerators. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hb_config_score.h"
#include "hb_csv.h"
#include "hb_yaml.h"

enum { MAX_WINDOW_MS = 3600 * 1000, MAX_MODELS = 256 };

/* -------------------------------------------------------------------------------------- the keys
 */

typedef char name_text_t[HB_NAME_MAX];
typedef char path_text_t[HB_PATH_MAX_BYTES];

typedef struct raw_mappings {
  char paths[HB_DATAFLOW_COUNT][HB_PATH_MAX_BYTES]; /* "" if absent */
} raw_mappings_t;

typedef struct raw_accuracy {
  char model[HB_NAME_MAX];
  hb_config_accuracy_t is;
} raw_accuracy_t;

typedef struct raw_suite {
  char name[HB_NAME_MAX];
  char *source;
  uint32_t window_ms;
  char loads[HB_PATH_MAX_BYTES], cost_table[HB_PATH_MAX_BYTES], layers[HB_PATH_MAX_BYTES];
  bool *zero_energy; /* NULL if absent */
  raw_mappings_t mappings;
  hb_config_score_t constants;
  raw_accuracy_t *accuracy;
  uint32_t accuracy_count;
  name_text_t *scores;
  uint32_t scores_count;
  name_text_t *scenarios;
  uint32_t scenarios_count;
  path_text_t *accelerators;
  uint32_t accelerators_count;
} raw_suite_t;

static const cyaml_schema_field_t MAPPINGS_FIELDS[] = {
#define X(symbol_, name_) \
  CYAML_FIELD_STRING(#name_, CYAML_FLAG_OPTIONAL, raw_mappings_t, paths[HB_DATAFLOW_##symbol_], 1),
    HB_DATAFLOW_TABLE(X)
#undef X
        CYAML_FIELD_END,
};
static const cyaml_schema_field_t ACCURACY_FIELDS[] = {
    CYAML_FIELD_STRING("model", CYAML_FLAG_DEFAULT, raw_accuracy_t, model, 1),
    HB_CONFIG_ACCURACY_FIELDS(raw_accuracy_t, is),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t ACCURACY_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_accuracy_t, ACCURACY_FIELDS)};
static const cyaml_schema_value_t NAME_VALUE = {
    CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, name_text_t, 1, HB_NAME_MAX - 1)};
static const cyaml_schema_value_t PATH_VALUE = {
    CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, path_text_t, 1, HB_PATH_MAX_BYTES - 1)};

static const cyaml_schema_field_t SUITE_FIELDS[] = {
    CYAML_FIELD_STRING("suite", CYAML_FLAG_DEFAULT, raw_suite_t, name, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_suite_t, source, 1, 1000),
    CYAML_FIELD_UINT("window_ms", CYAML_FLAG_DEFAULT, raw_suite_t, window_ms),
    CYAML_FIELD_STRING("loads", CYAML_FLAG_DEFAULT, raw_suite_t, loads, 1),
    CYAML_FIELD_STRING("cost_table", CYAML_FLAG_OPTIONAL, raw_suite_t, cost_table, 1),
    CYAML_FIELD_BOOL_PTR("zero_energy", CYAML_FLAG_OPTIONAL, raw_suite_t, zero_energy),
    CYAML_FIELD_STRING("layers", CYAML_FLAG_OPTIONAL, raw_suite_t, layers, 1),
    CYAML_FIELD_MAPPING("mappings", CYAML_FLAG_OPTIONAL, raw_suite_t, mappings, MAPPINGS_FIELDS),
    CYAML_FIELD_MAPPING("score_constants", CYAML_FLAG_OPTIONAL, raw_suite_t, constants,
                        HB_CONFIG_SCORE_FIELDS),
    CYAML_FIELD_SEQUENCE("accuracy", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_suite_t,
                         accuracy, &ACCURACY_VALUE, 1, MAX_MODELS),
    CYAML_FIELD_SEQUENCE("scores", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_suite_t, scores,
                         &NAME_VALUE, 1, HB_SCORE_KIND_COUNT),
    CYAML_FIELD_SEQUENCE("scenarios", CYAML_FLAG_POINTER, raw_suite_t, scenarios, &NAME_VALUE, 1,
                         HB_SUITE_MAX_LOADS),
    CYAML_FIELD_SEQUENCE("accelerators", CYAML_FLAG_POINTER, raw_suite_t, accelerators, &PATH_VALUE,
                         1, HB_SUITE_MAX_ACCELERATORS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SUITE_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_suite_t, SUITE_FIELDS)};

/* ------------------------------------------------------------------------------- table of loads
 */

enum { SCENARIO, TASK, NETWORK, MODEL, FPS, DEPENDS_ON, PROBABILITY, NUM_COLUMNS };
static const char *const COLUMNS[NUM_COLUMNS] = {
    "scenario", "task", "network", "model", "fps", "depends_on", "probability",
};

/* The file while it is being read. What a task depends on is resolved when all are known. */
typedef struct table {
  hb_load_t *loads;
  uint32_t num_loads;
} table_t;

static hb_status_t find_load(table_t *table, const char *name, hb_load_t **load_out) {
  for (uint32_t i = 0; i < table->num_loads; i++) {
    if (strcmp(table->loads[i].name, name) == 0) {
      *load_out = &table->loads[i];
      return HB_OK;
    }
  }
  hb_load_t *grown = realloc(table->loads, (table->num_loads + 1) * sizeof(*grown));
  if (grown == NULL) {
    return HB_ERR_NOMEM;
  }
  table->loads = grown;
  hb_load_t *load = &table->loads[table->num_loads++];
  memset(load, 0, sizeof(*load));
  snprintf(load->name, sizeof(load->name), "%s", name);
  *load_out = load;
  return HB_OK;
}

static hb_status_t take_row(const hb_csv_t *csv, table_t *table, hb_config_error_t *error) {
  char scenario[HB_NAME_MAX];
  HB_TRY(hb_csv_name(csv, SCENARIO, scenario, error));
  hb_load_t *load = NULL;
  HB_TRY(find_load(table, scenario, &load));
  if (load->num_tasks == HB_SUITE_MAX_TASKS) {
    return hb_csv_fail(csv, SCENARIO, error, "more than %d tasks in %s", HB_SUITE_MAX_TASKS,
                       scenario);
  }
  hb_load_task_t *task = &load->tasks[load->num_tasks];
  *task = (hb_load_task_t){.depends_on = HB_SUITE_NO_TASK,
                           .accuracy = 1.0,
                           .line = hb_csv_line(csv),
                           .column = hb_csv_column(csv, MODEL)};
  HB_TRY(hb_csv_name(csv, TASK, task->task, error));
  HB_TRY(hb_csv_name(csv, NETWORK, task->network, error));
  HB_TRY(hb_csv_name(csv, MODEL, task->model, error));
  HB_TRY(hb_csv_number(csv, FPS, 1, 1000, &task->fps, error));
  uint64_t ppm = 0;
  HB_TRY(hb_csv_decimal(csv, PROBABILITY, 6, 0, 1000000, &ppm, error));
  task->probability_ppm = (uint32_t)ppm;
  for (uint32_t i = 0; i < load->num_tasks; i++) {
    if (strcmp(load->tasks[i].task, task->task) == 0) {
      return hb_csv_fail(csv, TASK, error, "%s has a task %s already, in line %u", scenario,
                         task->task, load->tasks[i].line);
    }
    if (strcmp(load->tasks[i].network, task->network) == 0) {
      return hb_csv_fail(csv, NETWORK, error, "%s has a network %s already, in line %u", scenario,
                         task->network, load->tasks[i].line);
    }
  }
  load->num_tasks++;
  return HB_OK;
}

/* "GE -> ES -> GE" */
static void name_cycle(const hb_load_t *load, uint32_t first, char *text, size_t text_len) {
  size_t used = (size_t)snprintf(text, text_len, "%s", load->tasks[first].task);
  uint32_t at = first;
  do {
    at = (uint32_t)load->tasks[at].depends_on;
    used += (size_t)snprintf(text + used, text_len - used, " -> %s", load->tasks[at].task);
  } while (at != first && used < text_len);
}

static hb_status_t take_dependency(const hb_csv_t *csv, hb_load_t *load, uint32_t index,
                                   hb_config_error_t *error) {
  const char *name = hb_csv_text(csv, DEPENDS_ON);
  hb_load_task_t *task = &load->tasks[index];
  if (name[0] == '\0') {
    return HB_OK;
  }
  for (uint32_t i = 0; i < load->num_tasks; i++) {
    if (strcmp(load->tasks[i].task, name) == 0) {
      task->depends_on = (int32_t)i;
    }
  }
  if (task->depends_on == HB_SUITE_NO_TASK) {
    return hb_csv_fail(csv, DEPENDS_ON, error, "%s has no task named '%.*s'", load->name,
                       HB_NAME_MAX, name);
  }
  const hb_load_task_t *upstream = &load->tasks[task->depends_on];
  if (upstream->fps != task->fps) {
    return hb_csv_fail(csv, DEPENDS_ON, error,
                       "frames are matched by number, so %s and %s need the same fps", task->task,
                       name);
  }
  int32_t at = task->depends_on; /* later rows have none yet: the last row of a cycle finds it */
  for (uint32_t steps = 0; steps < load->num_tasks && at != HB_SUITE_NO_TASK; steps++) {
    if (at == (int32_t)index) {
      char cycle[512];
      name_cycle(load, index, cycle, sizeof(cycle));
      return hb_csv_fail(csv, DEPENDS_ON, error, "dependency cycle: %s", cycle);
    }
    at = load->tasks[at].depends_on;
  }
  return HB_OK;
}

/* One pass over the file for the tasks (`dependencies` false), one for what they depend on. */
static hb_status_t read_rows(const char *path, table_t *table, bool dependencies,
                             hb_config_error_t *error) {
  hb_csv_t *csv = NULL;
  HB_TRY(hb_csv_open(path, COLUMNS, NUM_COLUMNS, &csv, error));
  hb_status_t status = HB_OK;
  while (status == HB_OK && (status = hb_csv_next(csv, error)) == HB_OK) {
    if (!dependencies) {
      status = take_row(csv, table, error);
      continue;
    }
    hb_load_t *load = NULL;
    status = find_load(table, hb_csv_text(csv, SCENARIO), &load);
    for (uint32_t i = 0; status == HB_OK && i < load->num_tasks; i++) {
      if (load->tasks[i].line == hb_csv_line(csv)) {
        status = take_dependency(csv, load, i, error);
      }
    }
  }
  hb_csv_close(csv);
  return status == HB_ERR_END ? HB_OK : status;
}

/* --------------------------------------------------------------------------------- their meaning
 */

static hb_status_t take_scores(hb_yaml_t *yaml, const raw_suite_t *raw, hb_suite_t *suite,
                               hb_config_error_t *error) {
  if (raw->scores_count == 0) {
    suite->num_scores = HB_SCORE_KIND_COUNT;
    for (int i = 0; i < HB_SCORE_KIND_COUNT; i++) {
      suite->scores[i] = (hb_score_kind_t)i;
    }
    return HB_OK;
  }
  for (uint32_t i = 0; i < raw->scores_count; i++) {
    hb_yaml_at(yaml, "scores[%u]", i);
    if (!hb_score_kind_find(raw->scores[i], &suite->scores[i])) {
      return hb_yaml_fail(yaml, error, "expected one of RT, EN, QoE, Overall, got %s",
                          raw->scores[i]);
    }
    for (uint32_t j = 0; j < i; j++) {
      if (suite->scores[j] == suite->scores[i]) {
        return hb_yaml_fail(yaml, error, "%s is given twice", raw->scores[i]);
      }
    }
  }
  suite->num_scores = raw->scores_count;
  return HB_OK;
}

static hb_status_t take_loads(hb_yaml_t *yaml, const raw_suite_t *raw, const table_t *table,
                              hb_suite_t *suite, hb_config_error_t *error) {
  suite->loads = calloc(raw->scenarios_count, sizeof(*suite->loads));
  if (suite->loads == NULL) {
    return HB_ERR_NOMEM;
  }
  for (uint32_t i = 0; i < raw->scenarios_count; i++) {
    hb_yaml_at(yaml, "scenarios[%u]", i);
    const hb_load_t *found = NULL;
    for (uint32_t j = 0; j < table->num_loads; j++) {
      found = strcmp(table->loads[j].name, raw->scenarios[i]) == 0 ? &table->loads[j] : found;
    }
    if (found == NULL) {
      return hb_yaml_fail(yaml, error, "%s has no scenario %s", suite->loads_path,
                          raw->scenarios[i]);
    }
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(raw->scenarios[j], raw->scenarios[i]) == 0) {
        return hb_yaml_fail(yaml, error, "%s is given twice", raw->scenarios[i]);
      }
    }
    for (uint32_t t = 0; t < found->num_tasks; t++) {
      if (1000 / found->tasks[t].fps > raw->window_ms) {
        hb_yaml_at(yaml, "window_ms");
        return hb_yaml_fail(yaml, error, "shorter than the period of %s in %s, %u ms",
                            found->tasks[t].task, found->name, 1000 / found->tasks[t].fps);
      }
    }
    suite->loads[i] = *found;
  }
  suite->num_loads = raw->scenarios_count;
  return HB_OK;
}

static hb_status_t take_accuracy(hb_yaml_t *yaml, const raw_suite_t *raw, hb_suite_t *suite,
                                 hb_config_error_t *error) {
  for (uint32_t i = 0; i < raw->accuracy_count; i++) {
    const raw_accuracy_t *from = &raw->accuracy[i];
    char at[32];
    hb_task_accuracy_t accuracy;
    snprintf(at, sizeof(at), "accuracy[%u]", i);
    HB_TRY(hb_config_accuracy_take(yaml, at, &from->is, &accuracy, error));
    hb_yaml_at(yaml, "accuracy[%u].model", i);
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(raw->accuracy[j].model, from->model) == 0) {
        return hb_yaml_fail(yaml, error, "%s is given twice", from->model);
      }
    }
    bool used = false;
    for (uint32_t load = 0; load < suite->num_loads; load++) {
      for (uint32_t t = 0; t < suite->loads[load].num_tasks; t++) {
        hb_load_task_t *task = &suite->loads[load].tasks[t];
        if (strcmp(task->model, from->model) == 0) {
          task->accuracy =
              hb_score_of_accuracy(accuracy.measured, accuracy.target, accuracy.lower_is_better);
          used = true;
        }
      }
    }
    if (!used) {
      return hb_yaml_fail(yaml, error, "no scenario of the suite has a model %s", from->model);
    }
  }
  return HB_OK;
}

static hb_status_t take_accelerators(hb_yaml_t *yaml, const raw_suite_t *raw, hb_suite_t *suite,
                                     hb_config_error_t *error) {
  suite->accelerators = calloc(raw->accelerators_count, sizeof(*suite->accelerators));
  if (suite->accelerators == NULL) {
    return HB_ERR_NOMEM;
  }
  suite->num_accelerators = raw->accelerators_count;
  for (uint32_t i = 0; i < raw->accelerators_count; i++) {
    char path[HB_PATH_MAX_BYTES];
    hb_accelerator_t *accelerator = &suite->accelerators[i];
    hb_yaml_at(yaml, "accelerators[%u]", i);
    HB_TRY(hb_yaml_resolve(yaml, raw->accelerators[i], path, error));
    HB_TRY(hb_config_load_accelerator(path, accelerator, error));
    for (uint32_t j = 0; j < i; j++) {
      const hb_accelerator_t *other = &suite->accelerators[j];
      if (strcmp(other->label, accelerator->label) == 0 &&
          strcmp(other->size, accelerator->size) == 0) {
        return hb_yaml_fail(yaml, error, "%s and %s both are %s of %s PEs", other->name,
                            accelerator->name, accelerator->label, accelerator->size);
      }
    }
  }
  return HB_OK;
}

static hb_status_t take_suite(hb_yaml_t *yaml, const raw_suite_t *raw, table_t *table,
                              hb_suite_t *suite, hb_config_error_t *error) {
  hb_yaml_at(yaml, "suite");
  HB_TRY(hb_yaml_name(yaml, raw->name, error));
  snprintf(suite->name, sizeof(suite->name), "%s", raw->name);
  hb_yaml_at(yaml, "window_ms");
  HB_TRY(hb_yaml_range(yaml, raw->window_ms, 1, MAX_WINDOW_MS, error));
  suite->window_ms = raw->window_ms;
  suite->zero_energy = raw->zero_energy != NULL && *raw->zero_energy;
  const struct {
    const char *key, *text;
    char *path;
  } paths[] = {{"loads", raw->loads, suite->loads_path},
               {"cost_table", raw->cost_table, suite->table_path},
               {"layers", raw->layers, suite->layers_path}};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    hb_yaml_at(yaml, "%s", paths[i].key);
    if (paths[i].text[0] != '\0') {
      HB_TRY(hb_yaml_resolve(yaml, paths[i].text, paths[i].path, error));
    }
  }
  for (int i = 0; i < HB_DATAFLOW_COUNT; i++) {
    hb_yaml_at(yaml, "mappings.%s", hb_dataflow_name((hb_dataflow_t)i));
    if (raw->mappings.paths[i][0] != '\0') {
      HB_TRY(hb_yaml_resolve(yaml, raw->mappings.paths[i], suite->mapping_paths[i], error));
    }
  }
  HB_TRY(hb_config_score_take(yaml, &raw->constants, &suite->constants, error));
  HB_TRY(take_scores(yaml, raw, suite, error));
  HB_TRY(read_rows(suite->loads_path, table, false, error));
  HB_TRY(read_rows(suite->loads_path, table, true, error));
  HB_TRY(take_loads(yaml, raw, table, suite, error));
  HB_TRY(take_accuracy(yaml, raw, suite, error));
  return take_accelerators(yaml, raw, suite, error);
}

hb_status_t hb_config_load_suite(const char *path, hb_suite_t *suite_out,
                                 hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  void *raw = NULL;
  hb_suite_t suite = {0};
  table_t table = {0};
  hb_status_t status = hb_yaml_load(yaml, &SUITE_SCHEMA, &raw, error);
  if (status == HB_OK) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", path);
    snprintf(suite.path, sizeof(suite.path), "%s", path);
    status = take_suite(yaml, raw, &table, &suite, error);
    hb_yaml_free(&SUITE_SCHEMA, raw);
  }
  if (status == HB_OK) {
    *suite_out = suite;
  } else {
    hb_suite_release(&suite);
  }
  free(table.loads);
  hb_yaml_close(yaml);
  return status;
}
