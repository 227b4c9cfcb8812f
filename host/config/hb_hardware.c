/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_hardware.h"

#include <stdio.h>
#include <string.h>

#include "hb_lexer.h"

enum { MAX_VALUE = 1 << 24 };

/* What a value is for. */
typedef enum meaning { PES, NOC_BW, COLUMN_BW, OFFCHIP_BW, MEMORY, ONE, MULTICAST } meaning_t;

typedef struct key {
  const char *name;
  meaning_t meaning;
  bool needed;
} key_t;

static const key_t FLAT[] = {
    {"num_pes", PES, true},          {"l1_size_cstr", MEMORY, false},
    {"l2_size_cstr", MEMORY, false}, {"noc_bw_cstr", NOC_BW, true},
    {"NoC_NumHops", ONE, false},     {"offchip_bw_cstr", OFFCHIP_BW, true},
};
static const key_t BLOCK[] = {
    {"num_pes", PES, true},
    {"offchip_bw", OFFCHIP_BW, true},
    {"top_noc_bw", NOC_BW, true},
    {"top_noc_latency", ONE, false},
    {"top_noc_multicast", MULTICAST, false},
    {"col_noc_bw", COLUMN_BW, true},
    {"col_noc_latency", ONE, false},
    {"col_noc_multicast", MULTICAST, false},
    {"global_shared_memory", MEMORY, false},
    {"PE_local_memory", MEMORY, false},
};
enum { NUM_FLAT = sizeof(FLAT) / sizeof(FLAT[0]), NUM_BLOCK = sizeof(BLOCK) / sizeof(BLOCK[0]) };

/* Where a key's value stands; line 0: not given. */
typedef struct seen {
  uint32_t line, column;
} seen_t;

static hb_status_t take_only(hb_lexer_t *lexer, const char *value) {
  return hb_lexer_take_if(lexer, value)
             ? HB_OK
             : hb_lexer_fail(lexer, "expected %s, the only value that the cost model knows, got %s",
                             value, hb_lexer_seen(lexer));
}

static hb_status_t take_value(hb_lexer_t *lexer, const key_t *key, uint32_t *column_bw,
                              hb_hardware_t *part) {
  uint32_t unused = 0;
  switch (key->meaning) {
    case PES:
      part->line = lexer->line;
      part->column = lexer->column;
      return hb_lexer_number(lexer, 1, MAX_VALUE, &part->pes);
    case NOC_BW:
      return hb_lexer_number(lexer, 1, MAX_VALUE, &part->noc_bw);
    case COLUMN_BW:
      return hb_lexer_number(lexer, 1, MAX_VALUE, column_bw);
    case OFFCHIP_BW:
      return hb_lexer_number(lexer, 1, MAX_VALUE, &part->offchip_bw);
    case MEMORY:
      return hb_lexer_number(lexer, 1, INT32_MAX, &unused);
    case ONE:
      return take_only(lexer, "1");
    default:
      return take_only(lexer, "True");
  }
}

static hb_status_t unknown_key(const hb_lexer_t *lexer, const key_t *keys, uint32_t num_keys) {
  char names[300] = "";
  size_t used = 0;
  for (uint32_t i = 0; i < num_keys; i++) {
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ",
                             keys[i].name);
  }
  return lexer->token[0] == '\0'
             ? hb_lexer_fail(lexer, "expected one of %s or }, got %s", names, hb_lexer_seen(lexer))
             : hb_lexer_fail(lexer, "unknown key %s, expected one of %s", lexer->token, names);
}

/* Keys and values up to `end`, "" being the end of the file. */
static hb_status_t take_keys(hb_lexer_t *lexer, const key_t *keys, uint32_t num_keys,
                             const char *end, hb_hardware_t *part) {
  seen_t seen[NUM_BLOCK] = {{0, 0}};
  uint32_t column_bw = 0;
  while (strcmp(lexer->token, end) != 0) {
    uint32_t k = 0;
    while (k < num_keys && strcmp(keys[k].name, lexer->token) != 0) {
      k++;
    }
    if (k == num_keys) {
      return unknown_key(lexer, keys, num_keys);
    }
    if (seen[k].line != 0) {
      return hb_lexer_fail(lexer, "%s: already given in line %u", keys[k].name, seen[k].line);
    }
    hb_lexer_next(lexer);
    HB_TRY(hb_lexer_take(lexer, ":"));
    seen[k] = (seen_t){.line = lexer->line, .column = lexer->column};
    lexer->key = keys[k].name;
    HB_TRY(take_value(lexer, &keys[k], &column_bw, part));
    lexer->key = "";
    (void)hb_lexer_take_if(lexer, ";");
  }
  for (uint32_t k = 0; k < num_keys; k++) {
    if (keys[k].needed && seen[k].line == 0) {
      return hb_lexer_fail(lexer, "missing key %s before %s", keys[k].name, hb_lexer_seen(lexer));
    }
    if (keys[k].meaning == COLUMN_BW && column_bw != part->noc_bw) {
      return hb_lexer_fail_at(lexer, seen[k].line, seen[k].column, keys[k].name,
                              "expected %u, the top_noc_bw, since the cost model knows one "
                              "bandwidth for all levels, got %u",
                              part->noc_bw, column_bw);
    }
  }
  return HB_OK;
}

static hb_status_t take_block(hb_lexer_t *lexer, hb_hardware_t *part) {
  if (strcmp(lexer->token, "{") != 0) {
    snprintf(part->name, sizeof(part->name), "%s", lexer->token);
    hb_lexer_next(lexer);
  }
  HB_TRY(hb_lexer_take(lexer, "{"));
  HB_TRY(take_keys(lexer, BLOCK, NUM_BLOCK, "}", part));
  return hb_lexer_take(lexer, "}");
}

hb_status_t hb_hardware_load(const char *path, hb_hardware_t *parts, uint32_t max,
                             uint32_t *num_out, hb_config_error_t *error) {
  hb_lexer_t lexer;
  HB_TRY(hb_lexer_open(path, &lexer, error));
  uint32_t num = 0;
  if (strcmp(lexer.token, "Accelerator") != 0) {
    parts[num] = (hb_hardware_t){0};
    HB_TRY(take_keys(&lexer, FLAT, NUM_FLAT, "", &parts[num++]));
  }
  while (hb_lexer_take_if(&lexer, "Accelerator")) {
    if (num == max) {
      return hb_lexer_fail(&lexer, "more than %u accelerators", max);
    }
    parts[num] = (hb_hardware_t){0};
    HB_TRY(take_block(&lexer, &parts[num++]));
  }
  HB_TRY(hb_lexer_end(&lexer));
  *num_out = num;
  return HB_OK;
}
