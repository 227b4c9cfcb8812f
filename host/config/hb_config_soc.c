/* SPDX-License-Identifier: Apache-2.0 */

/* `soc:` files: clock, mesh, DRAM and what stands on which node. */

#include <stdio.h>
#include <string.h>

#include "hb_config.h"
#include "hb_config_dram.h"
#include "hb_config_energy.h"
#include "hb_yaml.h"

enum { MAX_CLOCK_KHZ = 10 * 1000 * 1000 };

/* ------------------------------------------------------------------------------------------- the
 * keys */

typedef struct raw_place {
  uint32_t node[2];
} raw_place_t;

typedef struct raw_tile {
  char name[HB_SIM_NAME_MAX];
  char model[HB_SIM_NAME_MAX];
  uint32_t node[2];
} raw_tile_t;

typedef struct raw_noc {
  uint32_t columns, rows, flit_bits, buffer_flits, router_cycles, link_cycles;
  uint32_t *virtual_channels, *max_outstanding; /* NULL: not given */
  char *routing, *arbitration, *priority;
} raw_noc_t;

typedef struct raw_soc {
  char name[HB_SIM_NAME_MAX];
  char *source;
  char clock_mhz[HB_RAW_DECIMAL_BYTES];
  uint32_t irq_cycles;
  raw_noc_t noc;
  raw_place_t host, sensors;
  hb_raw_dram_t dram;
  hb_raw_energy_t *energy; /* NULL: not given */
  raw_tile_t *tiles;
  uint32_t tiles_count;
} raw_soc_t;

static const cyaml_schema_value_t UINT_VALUE = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_field_t PLACE_FIELDS[] = {
    CYAML_FIELD_SEQUENCE_FIXED("node", CYAML_FLAG_DEFAULT, raw_place_t, node, &UINT_VALUE, 2),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t NOC_FIELDS[] = {
    CYAML_FIELD_UINT("columns", CYAML_FLAG_DEFAULT, raw_noc_t, columns),
    CYAML_FIELD_UINT("rows", CYAML_FLAG_DEFAULT, raw_noc_t, rows),
    CYAML_FIELD_UINT("flit_bits", CYAML_FLAG_DEFAULT, raw_noc_t, flit_bits),
    CYAML_FIELD_UINT("buffer_flits", CYAML_FLAG_DEFAULT, raw_noc_t, buffer_flits),
    CYAML_FIELD_UINT("router_cycles", CYAML_FLAG_DEFAULT, raw_noc_t, router_cycles),
    CYAML_FIELD_UINT("link_cycles", CYAML_FLAG_DEFAULT, raw_noc_t, link_cycles),
    CYAML_FIELD_UINT_PTR("virtual_channels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_noc_t,
                         virtual_channels),
    CYAML_FIELD_STRING_PTR("routing", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_noc_t, routing,
                           0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("arbitration", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_noc_t,
                           arbitration, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("priority", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_noc_t,
                           priority, 0, CYAML_UNLIMITED),
    CYAML_FIELD_UINT_PTR("max_outstanding", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_noc_t,
                         max_outstanding),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t TILE_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_tile_t, name, 1),
    CYAML_FIELD_STRING("model", CYAML_FLAG_DEFAULT, raw_tile_t, model, 1),
    CYAML_FIELD_SEQUENCE_FIXED("node", CYAML_FLAG_DEFAULT, raw_tile_t, node, &UINT_VALUE, 2),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t TILE_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_tile_t, TILE_FIELDS)};

static const cyaml_schema_field_t SOC_FIELDS[] = {
    CYAML_FIELD_STRING("soc", CYAML_FLAG_DEFAULT, raw_soc_t, name, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_soc_t, source, 1, 1000),
    CYAML_FIELD_STRING("clock_mhz", CYAML_FLAG_DEFAULT, raw_soc_t, clock_mhz, 1),
    CYAML_FIELD_UINT("irq_cycles", CYAML_FLAG_DEFAULT, raw_soc_t, irq_cycles),
    CYAML_FIELD_MAPPING("noc", CYAML_FLAG_DEFAULT, raw_soc_t, noc, NOC_FIELDS),
    CYAML_FIELD_MAPPING("host", CYAML_FLAG_DEFAULT, raw_soc_t, host, PLACE_FIELDS),
    CYAML_FIELD_MAPPING("sensors", CYAML_FLAG_DEFAULT, raw_soc_t, sensors, PLACE_FIELDS),
    CYAML_FIELD_MAPPING("dram", CYAML_FLAG_DEFAULT, raw_soc_t, dram, hb_dram_fields),
    CYAML_FIELD_MAPPING_PTR("energy", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, raw_soc_t, energy,
                            hb_energy_fields),
    CYAML_FIELD_SEQUENCE("tiles", CYAML_FLAG_POINTER, raw_soc_t, tiles, &TILE_VALUE, 1,
                         HB_MAX_TILES),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SOC_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_soc_t, SOC_FIELDS)};

/* ---------------------------------------------------------------------------------------- their
 * meaning */

/* The mesh while it is being filled: who stands on each node. */
typedef struct floor_plan {
  hb_yaml_t *yaml;
  hb_config_error_t *error;
  const hb_soc_noc_t *noc;
  const char *owner[HB_SIM_MAX_MESH][HB_SIM_MAX_MESH]; /* [y][x], NULL if empty */
} floor_plan_t;

/* Puts `owner` on the node given at hb_yaml_at(). */
static hb_status_t place(floor_plan_t *plan, const uint32_t xy[2], const char *owner,
                         hb_soc_node_t *node) {
  if (xy[0] >= plan->noc->columns || xy[1] >= plan->noc->rows) {
    return hb_yaml_fail(plan->yaml, plan->error, "[%u, %u] is outside the %u x %u mesh", xy[0],
                        xy[1], plan->noc->columns, plan->noc->rows);
  }
  const char **cell = &plan->owner[xy[1]][xy[0]];
  if (*cell != NULL) {
    return hb_yaml_fail(plan->yaml, plan->error, "node [%u, %u] is taken by %s", xy[0], xy[1],
                        *cell);
  }
  *cell = owner;
  *node = (hb_soc_node_t){.x = (uint8_t)xy[0], .y = (uint8_t)xy[1]};
  return HB_OK;
}

static hb_status_t in_range(hb_yaml_t *yaml, const char *path, uint32_t value, uint32_t min,
                            uint32_t max, hb_config_error_t *error) {
  hb_yaml_at(yaml, "%s", path);
  return hb_yaml_range(yaml, value, min, max, error);
}

static hb_status_t power_of_two(hb_yaml_t *yaml, const char *path, uint32_t value, uint32_t min,
                                uint32_t max, hb_config_error_t *error) {
  hb_yaml_at(yaml, "%s", path);
  return hb_yaml_power_of_two(yaml, value, min, max, error);
}

/* One of two words; the first is the default. */
static hb_status_t take_word(hb_yaml_t *yaml, const char *path, const char *text,
                             const char *const words[2], int *value, hb_config_error_t *error) {
  *value = 0;
  if (text == NULL || strcmp(text, words[0]) == 0) {
    return HB_OK;
  }
  if (strcmp(text, words[1]) == 0) {
    *value = 1;
    return HB_OK;
  }
  hb_yaml_at(yaml, "%s", path);
  return hb_yaml_fail(yaml, error, "expected %s or %s, got %s", words[0], words[1], text);
}

/* What a network has beyond its size; every key has a default. */
static hb_status_t take_noc_options(hb_yaml_t *yaml, const raw_noc_t *raw, hb_soc_noc_t *noc,
                                    hb_config_error_t *error) {
  int word = 0;
  noc->virtual_channels = raw->virtual_channels == NULL ? 1 : *raw->virtual_channels;
  HB_TRY(in_range(yaml, "noc.virtual_channels", noc->virtual_channels, 1, HB_SIM_MAX_VCS, error));
  HB_TRY(take_word(yaml, "noc.routing", raw->routing, (const char *const[2]){"xy", "yx"}, &word,
                   error));
  noc->routing = word == 0 ? HB_NOC_XY : HB_NOC_YX;
  HB_TRY(take_word(yaml, "noc.arbitration", raw->arbitration,
                   (const char *const[2]){"round-robin", "age"}, &word, error));
  noc->arbitration = word == 0 ? HB_NOC_ROUND_ROBIN : HB_NOC_AGE;
  HB_TRY(take_word(yaml, "noc.priority", raw->priority, (const char *const[2]){"none", "control"},
                   &word, error));
  noc->priority = word == 0 ? HB_NOC_PRIORITY_NONE : HB_NOC_PRIORITY_CONTROL;
  noc->max_outstanding =
      raw->max_outstanding == NULL ? HB_SIM_MAX_OUTSTANDING : *raw->max_outstanding;
  return in_range(yaml, "noc.max_outstanding", noc->max_outstanding, 1, HB_SIM_MAX_OUTSTANDING,
                  error);
}

static hb_status_t take_noc(hb_yaml_t *yaml, const raw_noc_t *raw, hb_soc_noc_t *noc,
                            hb_config_error_t *error) {
  HB_TRY(in_range(yaml, "noc.columns", raw->columns, 1, HB_SIM_MAX_MESH, error));
  HB_TRY(in_range(yaml, "noc.rows", raw->rows, 1, HB_SIM_MAX_MESH, error));
  HB_TRY(power_of_two(yaml, "noc.flit_bits", raw->flit_bits, 64, 512, error));
  HB_TRY(in_range(yaml, "noc.buffer_flits", raw->buffer_flits, 2, 128, error));
  HB_TRY(in_range(yaml, "noc.router_cycles", raw->router_cycles, 1, 1000, error));
  HB_TRY(in_range(yaml, "noc.link_cycles", raw->link_cycles, 1, 1000, error));
  *noc = (hb_soc_noc_t){
      .columns = raw->columns,
      .rows = raw->rows,
      .flit_bits = raw->flit_bits,
      .buffer_flits = raw->buffer_flits,
      .router_cycles = raw->router_cycles,
      .link_cycles = raw->link_cycles,
  };
  return take_noc_options(yaml, raw, noc, error);
}

static hb_status_t take_dram(floor_plan_t *plan, const hb_raw_dram_t *raw, hb_soc_dram_t *dram) {
  HB_TRY(hb_config_dram(plan->yaml, raw, dram, plan->error));
  for (uint32_t i = 0; i < raw->nodes_count; i++) {
    hb_yaml_at(plan->yaml, "dram.nodes[%u]", i);
    HB_TRY(place(plan, raw->nodes[i].xy, "a DRAM channel", &dram->node[i]));
  }
  return HB_OK;
}

static hb_status_t take_tile(floor_plan_t *plan, const raw_soc_t *raw, uint32_t index,
                             bool (*tile_known)(const char *model), hb_soc_tile_t *tile) {
  const raw_tile_t *from = &raw->tiles[index];
  hb_yaml_at(plan->yaml, "tiles[%u].name", index);
  HB_TRY(hb_yaml_name(plan->yaml, from->name, plan->error));
  for (uint32_t i = 0; i < index; i++) {
    if (strcmp(raw->tiles[i].name, from->name) == 0) {
      return hb_yaml_fail(plan->yaml, plan->error, "another tile is named %s already", from->name);
    }
  }
  hb_yaml_at(plan->yaml, "tiles[%u].model", index);
  if (tile_known != NULL && !tile_known(from->model)) {
    return hb_yaml_fail(plan->yaml, plan->error,
                        "no tile model is named %s; `hilbert list tiles` names them", from->model);
  }
  snprintf(tile->name, sizeof(tile->name), "%s", from->name);
  snprintf(tile->model, sizeof(tile->model), "%s", from->model);
  hb_yaml_at(plan->yaml, "tiles[%u].node", index);
  return place(plan, from->node, from->name, &tile->node);
}

static hb_status_t take_soc(hb_yaml_t *yaml, const raw_soc_t *raw,
                            bool (*tile_known)(const char *model), hb_soc_t *soc,
                            hb_config_error_t *error) {
  hb_yaml_at(yaml, "soc");
  HB_TRY(hb_yaml_name(yaml, raw->name, error));
  snprintf(soc->name, sizeof(soc->name), "%s", raw->name);
  uint64_t khz = 0;
  hb_yaml_at(yaml, "clock_mhz");
  HB_TRY(hb_yaml_decimal(yaml, raw->clock_mhz, 3, 1, MAX_CLOCK_KHZ, &khz, error));
  soc->clock_khz = (uint32_t)khz;
  HB_TRY(in_range(yaml, "irq_cycles", raw->irq_cycles, 1, 1000000, error));
  soc->irq_cycles = raw->irq_cycles;
  HB_TRY(take_noc(yaml, &raw->noc, &soc->noc, error));

  floor_plan_t plan = {.yaml = yaml, .error = error, .noc = &soc->noc};
  hb_yaml_at(yaml, "host.node");
  HB_TRY(place(&plan, raw->host.node, "the host", &soc->host_node));
  hb_yaml_at(yaml, "sensors.node");
  HB_TRY(place(&plan, raw->sensors.node, "the sensor hub", &soc->sensor_node));
  HB_TRY(take_dram(&plan, &raw->dram, &soc->dram));
  HB_TRY(hb_config_energy(yaml, raw->energy, soc->dram.preset, &soc->energy, error));
  for (uint32_t i = 0; i < raw->tiles_count; i++) {
    HB_TRY(take_tile(&plan, raw, i, tile_known, &soc->tiles[i]));
  }
  soc->num_tiles = raw->tiles_count;
  return HB_OK;
}

hb_status_t hb_config_load_soc(const char *path, bool (*tile_known)(const char *model),
                               hb_soc_t *soc_out, hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  void *raw = NULL;
  hb_soc_t soc = {0};
  hb_status_t status = hb_yaml_load(yaml, &SOC_SCHEMA, &raw, error);
  if (status == HB_OK) {
    status = take_soc(yaml, raw, tile_known, &soc, error);
    hb_yaml_free(&SOC_SCHEMA, raw);
  }
  if (status == HB_OK) {
    *soc_out = soc;
  }
  hb_yaml_close(yaml);
  return status;
}
