/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_cost.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cost_kind.h"
#include "hb_layers.h"
#include "hb_mapping.h"

static const hb_cost_kind_t *const KINDS[] = {&hb_cost_table, &hb_cost_maestro, &hb_cost_roofline,
                                              &hb_cost_systolic};
enum { NUM_KINDS = sizeof(KINDS) / sizeof(KINDS[0]) };

struct hb_cost_model {
  const hb_cost_kind_t *kind;
  void *self;
};

const char *hb_cost_model_name(uint32_t index) {
  return index < NUM_KINDS ? KINDS[index]->name : NULL;
}

hb_status_t hb_cost_new(const char *name, const hb_suite_t *suite, hb_cost_model_t **model_out,
                        hb_config_error_t *error) {
  const hb_cost_kind_t *kind = NULL;
  for (uint32_t i = 0; i < NUM_KINDS; i++) {
    kind = strcmp(KINDS[i]->name, name) == 0 ? KINDS[i] : kind;
  }
  assert(kind != NULL);
  hb_cost_model_t *model = calloc(1, sizeof(*model));
  if (model == NULL) {
    snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
    return HB_ERR_NOMEM;
  }
  model->kind = kind;
  const hb_status_t status = kind->create(suite, &model->self, error);
  if (status != HB_OK) {
    free(model);
    return status;
  }
  *model_out = model;
  return HB_OK;
}

void hb_cost_free(hb_cost_model_t *model) {
  if (model != NULL) {
    model->kind->free(model->self);
    free(model);
  }
}

hb_status_t hb_cost_of(hb_cost_model_t *model, const hb_cost_question_t *question,
                       hb_cost_t *cost_out, hb_config_error_t *error) {
  return model->kind->network(model->self, question, cost_out, error);
}

static hb_status_t complain(hb_config_error_t *error, const char *path, uint32_t line,
                            uint32_t column, const char *key, const char *format, va_list args) {
  const int used =
      snprintf(error->text, sizeof(error->text), "%s:%u:%u: %s: ", path, line, column, key);
  vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
  return HB_ERR_INPUT;
}

hb_status_t hb_cost_bad_part(const hb_cost_question_t *question, hb_config_error_t *error,
                             const char *format, ...) {
  const hb_part_t *part = question->part;
  char key[32];
  snprintf(key, sizeof(key), "parts[%u]", (uint32_t)(part - question->accelerator->parts));
  va_list args;
  va_start(args, format);
  const hb_status_t status =
      complain(error, question->accelerator->path, part->line, part->column, key, format, args);
  va_end(args);
  return status;
}

hb_status_t hb_cost_bad_model(const hb_cost_question_t *question, hb_config_error_t *error,
                              const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status = complain(error, question->suite->loads_path, question->task->line,
                                      question->task->column, "model", format, args);
  va_end(args);
  return status;
}

hb_status_t hb_cost_missing_key(const hb_suite_t *suite, const char *key, const char *what_for,
                                hb_config_error_t *error) {
  snprintf(error->text, sizeof(error->text), "%s:1:1: missing key %s, needed for %s", suite->path,
           key, what_for);
  return HB_ERR_INPUT;
}

hb_status_t hb_cost_load_layers(const hb_cost_question_t *question, hb_layers_t *layers_out,
                                hb_config_error_t *error) {
  const hb_status_t status =
      hb_layers_load(question->suite->layers_path, question->task->model, layers_out, error);
  if (status == HB_ERR_IO) {
    hb_config_error_t why = *error;
    (void)hb_cost_bad_model(question, error, "cannot read the layer list %s", why.text);
  }
  return status;
}

/* ---------------------------------------------------------------------------------- all files */

static hb_status_t read_layers(const hb_suite_t *suite, hb_config_error_t *error) {
  const uint32_t num = suite->num_loads * HB_SUITE_MAX_TASKS;
  const hb_load_task_t **tasks = calloc(num, sizeof(hb_load_task_t *)); /* one of each model */
  if (tasks == NULL) {
    snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
    return HB_ERR_NOMEM;
  }
  uint32_t num_tasks = 0;
  hb_status_t status = HB_OK;
  for (uint32_t i = 0; i < num && status == HB_OK; i++) {
    const hb_load_t *load = &suite->loads[i / HB_SUITE_MAX_TASKS];
    const hb_load_task_t *task = &load->tasks[i % HB_SUITE_MAX_TASKS];
    bool known = i % HB_SUITE_MAX_TASKS >= load->num_tasks;
    for (uint32_t j = 0; j < num_tasks && !known; j++) {
      known = strcmp(tasks[j]->model, task->model) == 0;
    }
    if (!known) {
      hb_layers_t layers;
      tasks[num_tasks++] = task;
      const hb_cost_question_t question = {.suite = suite, .task = task};
      status = hb_cost_load_layers(&question, &layers, error);
      if (status == HB_OK) {
        hb_layers_release(&layers);
      }
    }
  }
  free(tasks);
  return status;
}

hb_status_t hb_cost_read_all(const hb_suite_t *suite, hb_config_error_t *error) {
  for (int i = 0; i < HB_DATAFLOW_COUNT; i++) {
    hb_mapping_t mapping;
    if (suite->mapping_paths[i][0] != '\0') {
      HB_TRY(hb_mapping_load(suite->mapping_paths[i], &mapping, error));
    }
  }
  if (suite->layers_path[0] != '\0') {
    HB_TRY(read_layers(suite, error));
  }
  hb_cost_model_t *table = NULL;
  if (suite->table_path[0] != '\0') {
    HB_TRY(hb_cost_new("table", suite, &table, error));
    hb_cost_free(table);
  }
  return HB_OK;
}

/* Whether `name` answers everything that the suite asks. */
static hb_status_t ask_all(const hb_suite_t *suite, const char *name, hb_config_error_t *error) {
  hb_cost_model_t *model = NULL;
  HB_TRY(hb_cost_new(name, suite, &model, error));
  hb_status_t status = HB_OK;
  for (uint32_t a = 0; a < suite->num_accelerators; a++) {
    const hb_accelerator_t *accelerator = &suite->accelerators[a];
    for (uint32_t p = 0; p < accelerator->num_parts; p++) {
      const hb_part_t *part = &accelerator->parts[p];
      for (uint32_t i = 0; i < suite->num_loads; i++) {
        const hb_load_t *load = &suite->loads[i];
        for (uint32_t t = 0; t < load->num_tasks && status == HB_OK; t++) {
          hb_cost_t cost;
          const hb_cost_question_t question = {
              .suite = suite, .task = &load->tasks[t], .accelerator = accelerator, .part = part};
          status = hb_cost_of(model, &question, &cost, error);
        }
      }
    }
  }
  hb_cost_free(model);
  return status;
}

hb_status_t hb_cost_check(const hb_suite_t *suite, hb_config_error_t *error) {
  HB_TRY(hb_cost_read_all(suite, error));
  if (suite->table_path[0] != '\0') {
    HB_TRY(ask_all(suite, "table", error));
  }
  bool mapped = false;
  for (int i = 0; i < HB_DATAFLOW_COUNT; i++) {
    mapped |= suite->mapping_paths[i][0] != '\0';
  }
  if (mapped && suite->layers_path[0] != '\0') {
    HB_TRY(ask_all(suite, "maestro", error));
  }
  return HB_OK;
}
