/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Costs of a network as sums over its layer list: `maestro`, `roofline`, `systolic`. Lists are read
 * once, and what a network costs on a kind of part is computed once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cost_kind.h"
#include "hb_layers.h"
#include "hb_maestro.h"
#include "hb_roofline.h"

/* What is known already. */
typedef struct known {
  const hb_layers_t *layers;
  hb_part_t part;
  int64_t cycles;
  double energy_mj;
} known_t;

typedef struct layered layered_t;

/* Adds a layer to cycles and energy. */
typedef void (*layer_cost_t)(const layered_t *self, const hb_layer_dims_t *layer,
                             const hb_part_t *part, known_t *sum);

struct layered {
  layer_cost_t layer_cost;
  bool has_mapping[HB_DATAFLOW_COUNT];
  hb_mapping_t mappings[HB_DATAFLOW_COUNT];
  hb_layers_t **lists; /* each its own, so that none moves */
  uint32_t num_lists;
  known_t *known;
  uint32_t num_known;
};

static hb_status_t out_of_memory(hb_config_error_t *error) {
  snprintf(error->text, sizeof(error->text), "hilbert: out of memory");
  return HB_ERR_NOMEM;
}

static void free_layered(void *self) {
  layered_t *layered = self;
  for (uint32_t i = 0; i < layered->num_lists; i++) {
    hb_layers_release(layered->lists[i]);
    free(layered->lists[i]);
  }
  free(layered->lists);
  free(layered->known);
  free(layered);
}

static hb_status_t create(const hb_suite_t *suite, const char *name, layer_cost_t layer_cost,
                          layered_t **self_out, hb_config_error_t *error) {
  if (suite->layers_path[0] == '\0') {
    char what_for[64];
    snprintf(what_for, sizeof(what_for), "--cost %s", name);
    return hb_cost_missing_key(suite, "layers", what_for, error);
  }
  layered_t *layered = calloc(1, sizeof(*layered));
  if (layered == NULL) {
    return out_of_memory(error);
  }
  layered->layer_cost = layer_cost;
  *self_out = layered;
  return HB_OK;
}

static hb_status_t find_list(layered_t *layered, const hb_cost_question_t *question,
                             const hb_layers_t **list_out, hb_config_error_t *error) {
  for (uint32_t i = 0; i < layered->num_lists; i++) {
    if (strcmp(layered->lists[i]->model, question->task->model) == 0) {
      *list_out = layered->lists[i];
      return HB_OK;
    }
  }
  hb_layers_t **grown = realloc(layered->lists, (layered->num_lists + 1) * sizeof(*layered->lists));
  if (grown == NULL) {
    return out_of_memory(error);
  }
  layered->lists = grown;
  hb_layers_t *list = calloc(1, sizeof(*list));
  if (list == NULL) {
    return out_of_memory(error);
  }
  const hb_status_t status = hb_cost_load_layers(question, list, error);
  if (status != HB_OK) {
    free(list);
    return status;
  }
  layered->lists[layered->num_lists++] = list;
  *list_out = list;
  return HB_OK;
}

static bool same_part(const hb_part_t *a, const hb_part_t *b) {
  return a->dataflow == b->dataflow && a->pes == b->pes && a->noc_bw == b->noc_bw &&
         a->offchip_bw == b->offchip_bw;
}

static hb_status_t network(void *self, const hb_cost_question_t *question, hb_cost_t *cost_out,
                           hb_config_error_t *error) {
  layered_t *layered = self;
  const hb_layers_t *list = NULL;
  HB_TRY(find_list(layered, question, &list, error));
  const known_t *found = NULL;
  for (uint32_t i = 0; i < layered->num_known && found == NULL; i++) {
    const known_t *known = &layered->known[i];
    found = known->layers == list && same_part(&known->part, question->part) ? known : NULL;
  }
  if (found == NULL) {
    known_t *grown = realloc(layered->known, (layered->num_known + 1) * sizeof(*layered->known));
    if (grown == NULL) {
      return out_of_memory(error);
    }
    layered->known = grown;
    known_t *sum = &layered->known[layered->num_known++];
    *sum = (known_t){.layers = list, .part = *question->part};
    for (uint32_t i = 0; i < list->num_layers; i++) {
      layered->layer_cost(layered, &list->layers[i], question->part, sum);
    }
    found = sum;
  }
  if (found->cycles <= 0) { /* a mapping can be as odd as that */
    return hb_cost_bad_part(question, error, "%s takes %lld cycles here by this cost model",
                            question->task->model, (long long)found->cycles);
  }
  /* Single precision, as the published evaluation has it: some decisions hang on it. */
  cost_out->latency_ms = (double)((float)found->cycles / (float)question->accelerator->clock_khz);
  cost_out->energy_mj = found->energy_mj;
  return HB_OK;
}

/* ------------------------------------------------------------------------------------ maestro */

static void maestro_layer(const layered_t *self, const hb_layer_dims_t *layer,
                          const hb_part_t *part, known_t *sum) {
  const hb_maestro_cost_t cost =
      hb_maestro_layer(&self->mappings[part->dataflow], layer, part->pes, part->noc_bw);
  sum->cycles += cost.cycles;
  sum->energy_mj += hb_maestro_energy_mj(&cost);
}

static hb_status_t create_maestro(const hb_suite_t *suite, void **self_out,
                                  hb_config_error_t *error) {
  layered_t *layered = NULL;
  HB_TRY(create(suite, "maestro", maestro_layer, &layered, error));
  for (int i = 0; i < HB_DATAFLOW_COUNT; i++) {
    layered->has_mapping[i] = suite->mapping_paths[i][0] != '\0';
    const hb_status_t status =
        layered->has_mapping[i]
            ? hb_mapping_load(suite->mapping_paths[i], &layered->mappings[i], error)
            : HB_OK;
    if (status != HB_OK) {
      free_layered(layered);
      return status;
    }
  }
  *self_out = layered;
  return HB_OK;
}

static hb_status_t maestro_network(void *self, const hb_cost_question_t *question,
                                   hb_cost_t *cost_out, hb_config_error_t *error) {
  const layered_t *layered = self;
  const hb_part_t *part = question->part;
  if (!layered->has_mapping[part->dataflow]) {
    return hb_cost_bad_part(question, error, "%s has no mapping for %s", question->suite->path,
                            hb_dataflow_name(part->dataflow));
  }
  const int64_t least = hb_maestro_least_pes(&layered->mappings[part->dataflow]);
  if (part->pes < least) {
    return hb_cost_bad_part(
        question, error, "expected %lld PEs or more, the clusters of %s, got %u", (long long)least,
        question->suite->mapping_paths[part->dataflow], part->pes);
  }
  return network(self, question, cost_out, error);
}

const hb_cost_kind_t hb_cost_maestro = {
    .name = "maestro", .create = create_maestro, .free = free_layered, .network = maestro_network};

/* ------------------------------------------------------------------------------- closed forms */

static void add(const hb_closed_form_t *cost, known_t *sum) {
  sum->cycles += cost->cycles;
  sum->energy_mj += cost->energy_mj;
}

static void roofline_layer(const layered_t *self, const hb_layer_dims_t *layer,
                           const hb_part_t *part, known_t *sum) {
  (void)self;
  const hb_closed_form_t cost = hb_roofline_layer(layer, part);
  add(&cost, sum);
}

static hb_status_t create_roofline(const hb_suite_t *suite, void **self_out,
                                   hb_config_error_t *error) {
  layered_t *layered = NULL;
  HB_TRY(create(suite, "roofline", roofline_layer, &layered, error));
  *self_out = layered;
  return HB_OK;
}

const hb_cost_kind_t hb_cost_roofline = {
    .name = "roofline", .create = create_roofline, .free = free_layered, .network = network};

static void systolic_layer(const layered_t *self, const hb_layer_dims_t *layer,
                           const hb_part_t *part, known_t *sum) {
  (void)self;
  const hb_closed_form_t cost = hb_systolic_layer(layer, part);
  add(&cost, sum);
}

static hb_status_t create_systolic(const hb_suite_t *suite, void **self_out,
                                   hb_config_error_t *error) {
  layered_t *layered = NULL;
  HB_TRY(create(suite, "systolic", systolic_layer, &layered, error));
  *self_out = layered;
  return HB_OK;
}

static hb_status_t systolic_network(void *self, const hb_cost_question_t *question,
                                    hb_cost_t *cost_out, hb_config_error_t *error) {
  if (question->part->dataflow == HB_DATAFLOW_RS) {
    return hb_cost_bad_part(question, error, "--cost systolic knows WS, OS and IS, not RS");
  }
  return network(self, question, cost_out, error);
}

const hb_cost_kind_t hb_cost_systolic = {.name = "systolic",
                                         .create = create_systolic,
                                         .free = free_layered,
                                         .network = systolic_network};
