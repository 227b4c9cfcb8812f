/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_cost.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cost_kind.h"

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

const char *hb_cost_asker(const hb_cost_question_t *question, char *text, size_t text_len) {
  snprintf(text, text_len, "(%.400s:%u, %.400s:%u)", question->suite->loads_path,
           question->task->line, question->accelerator->path, question->part->line);
  return text;
}

hb_status_t hb_cost_bad_part(const hb_cost_question_t *question, hb_config_error_t *error,
                             const char *format, ...) {
  const hb_part_t *part = question->part;
  const int used = snprintf(error->text, sizeof(error->text),
                            "%s:%u:%u: parts[%u]: ", question->accelerator->path, part->line,
                            part->column, (uint32_t)(part - question->accelerator->parts));
  va_list args;
  va_start(args, format);
  vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
  va_end(args);
  return HB_ERR_INPUT;
}
