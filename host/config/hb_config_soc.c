/* SPDX-License-Identifier: Apache-2.0 */

/* `soc:` files: clock, mesh, DRAM and what stands on which node. */

#include <stdio.h>
#include <string.h>

#include "hb_config.h"
#include "hb_yaml.h"

enum { DECIMAL_BYTES = 32, MAX_CLOCK_KHZ = 10 * 1000 * 1000, MAX_TIMING_US = 1000 };

/* ------------------------------------------------------------------------------------------- the
 * keys */

enum { DEFAULT_STARVATION_CAP = 64 };

typedef struct raw_node {
  uint32_t xy[2];
} raw_node_t;

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

typedef struct raw_dram {
  char preset[HB_SIM_NAME_MAX];
  uint32_t size_mib;
  raw_node_t *nodes;
  uint32_t nodes_count;
  uint32_t interleave_bytes, banks, row_bytes, burst_bytes, queue_depth;
  char page_policy[HB_SIM_NAME_MAX]; /* "": not given */
  uint32_t *starvation_cap;          /* NULL: not given */
  char tck_ns[DECIMAL_BYTES], trcd_ns[DECIMAL_BYTES], trp_ns[DECIMAL_BYTES], tcl_ns[DECIMAL_BYTES],
      tcwl_ns[DECIMAL_BYTES], tras_ns[DECIMAL_BYTES], tccd_ns[DECIMAL_BYTES], twr_ns[DECIMAL_BYTES],
      twtr_ns[DECIMAL_BYTES], trtp_ns[DECIMAL_BYTES], trfc_ns[DECIMAL_BYTES],
      trrd_ns[DECIMAL_BYTES], tfaw_ns[DECIMAL_BYTES], trefi_ns[DECIMAL_BYTES];
} raw_dram_t;

typedef struct raw_soc {
  char name[HB_SIM_NAME_MAX];
  char *source;
  char clock_mhz[DECIMAL_BYTES];
  uint32_t irq_cycles;
  raw_noc_t noc;
  raw_place_t host, sensors;
  raw_dram_t dram;
  raw_tile_t *tiles;
  uint32_t tiles_count;
} raw_soc_t;

static const cyaml_schema_value_t UINT_VALUE = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t NODE_VALUE = {
    CYAML_VALUE_SEQUENCE_FIXED(CYAML_FLAG_DEFAULT, uint32_t, &UINT_VALUE, 2)};

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

/* DRAM timings: key, member of hb_soc_dram_t */
#define DRAM_TIMINGS(X) \
  X(tck)                \
  X(trcd)               \
  X(trp)                \
  X(tcl)                \
  X(tcwl)               \
  X(tras)               \
  X(tccd)               \
  X(twr)                \
  X(twtr)               \
  X(trtp)               \
  X(trfc)               \
  X(trefi)              \
  X(trrd)               \
  X(tfaw)

static const cyaml_schema_field_t DRAM_FIELDS[] = {
    CYAML_FIELD_STRING("preset", CYAML_FLAG_DEFAULT, raw_dram_t, preset, 1),
    CYAML_FIELD_UINT("size_mib", CYAML_FLAG_DEFAULT, raw_dram_t, size_mib),
    CYAML_FIELD_SEQUENCE("nodes", CYAML_FLAG_POINTER, raw_dram_t, nodes, &NODE_VALUE, 1,
                         HB_SIM_MAX_CHANNELS),
    CYAML_FIELD_UINT("interleave_bytes", CYAML_FLAG_DEFAULT, raw_dram_t, interleave_bytes),
    CYAML_FIELD_UINT("banks", CYAML_FLAG_DEFAULT, raw_dram_t, banks),
    CYAML_FIELD_UINT("row_bytes", CYAML_FLAG_DEFAULT, raw_dram_t, row_bytes),
    CYAML_FIELD_UINT("burst_bytes", CYAML_FLAG_DEFAULT, raw_dram_t, burst_bytes),
    CYAML_FIELD_UINT("queue_depth", CYAML_FLAG_DEFAULT, raw_dram_t, queue_depth),
    CYAML_FIELD_STRING("page_policy", CYAML_FLAG_OPTIONAL, raw_dram_t, page_policy, 0),
    CYAML_FIELD_UINT_PTR("starvation_cap", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, raw_dram_t,
                         starvation_cap),
#define TIMING_FIELD(name_) \
  CYAML_FIELD_STRING(#name_ "_ns", CYAML_FLAG_DEFAULT, raw_dram_t, name_##_ns, 1),
    DRAM_TIMINGS(TIMING_FIELD)
#undef TIMING_FIELD
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
    CYAML_FIELD_MAPPING("dram", CYAML_FLAG_DEFAULT, raw_soc_t, dram, DRAM_FIELDS),
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
  if (value < min || value > max || (value & (value - 1)) != 0) {
    return hb_yaml_fail(yaml, error, "expected a power of two from %u to %u, got %u", min, max,
                        value);
  }
  return HB_OK;
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

static hb_status_t take_timing(hb_yaml_t *yaml, const char *name, const char *text,
                               uint32_t *ps_out, hb_config_error_t *error) {
  uint64_t ps = 0;
  hb_yaml_at(yaml, "dram.%s_ns", name);
  HB_TRY(hb_yaml_decimal(yaml, text, 3, 1, UINT64_C(1000000) * MAX_TIMING_US, &ps, error));
  *ps_out = (uint32_t)ps;
  return HB_OK;
}

static hb_status_t take_dram(floor_plan_t *plan, const raw_dram_t *raw, hb_soc_dram_t *dram) {
  hb_yaml_t *yaml = plan->yaml;
  hb_config_error_t *error = plan->error;
  snprintf(dram->preset, sizeof(dram->preset), "%s", raw->preset);
  HB_TRY(in_range(yaml, "dram.size_mib", raw->size_mib, 1, 2048, error));
  dram->size_bytes = (uint64_t)raw->size_mib << 20;
  HB_TRY(power_of_two(yaml, "dram.interleave_bytes", raw->interleave_bytes, 256, 1u << 20, error));
  HB_TRY(power_of_two(yaml, "dram.banks", raw->banks, 1, 64, error));
  HB_TRY(power_of_two(yaml, "dram.row_bytes", raw->row_bytes, 256, 1u << 16, error));
  HB_TRY(power_of_two(yaml, "dram.burst_bytes", raw->burst_bytes, 16, 256, error));
  HB_TRY(in_range(yaml, "dram.queue_depth", raw->queue_depth, 1, 64, error));
  dram->interleave_bytes = raw->interleave_bytes;
  dram->banks = raw->banks;
  dram->row_bytes = raw->row_bytes;
  dram->burst_bytes = raw->burst_bytes;
  dram->queue_depth = raw->queue_depth;
  hb_yaml_at(yaml, "dram.page_policy");
  dram->closed_page = strcmp(raw->page_policy, "closed") == 0;
  if (!dram->closed_page && raw->page_policy[0] != '\0' && strcmp(raw->page_policy, "open") != 0) {
    return hb_yaml_fail(yaml, error, "expected open or closed, got %s", raw->page_policy);
  }
  dram->starvation_cap = DEFAULT_STARVATION_CAP;
  if (raw->starvation_cap != NULL) {
    HB_TRY(in_range(yaml, "dram.starvation_cap", *raw->starvation_cap, 1, 1000000, error));
    dram->starvation_cap = *raw->starvation_cap;
  }
#define TAKE_TIMING(name_) \
  HB_TRY(take_timing(yaml, #name_, raw->name_##_ns, &dram->name_##_ps, error));
  DRAM_TIMINGS(TAKE_TIMING)
#undef TAKE_TIMING
  if (dram->trefi_ps < 2 * (uint64_t)dram->trfc_ps) {
    hb_yaml_at(yaml, "dram.trefi_ns");
    return hb_yaml_fail(yaml, error, "must be at least twice trfc_ns");
  }
  if (dram->tfaw_ps < dram->trrd_ps) {
    hb_yaml_at(yaml, "dram.tfaw_ns");
    return hb_yaml_fail(yaml, error, "must be at least trrd_ns");
  }
  if (dram->tras_ps < dram->trcd_ps) {
    hb_yaml_at(yaml, "dram.tras_ns");
    return hb_yaml_fail(yaml, error, "must be at least trcd_ns");
  }
  hb_yaml_at(yaml, "dram.nodes");
  if ((raw->nodes_count & (raw->nodes_count - 1)) != 0) {
    return hb_yaml_fail(yaml, error, "expected a power of two of channels, got %u",
                        raw->nodes_count);
  }
  dram->num_channels = raw->nodes_count;
  for (uint32_t i = 0; i < raw->nodes_count; i++) {
    hb_yaml_at(yaml, "dram.nodes[%u]", i);
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
