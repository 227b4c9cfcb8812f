/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_mapping.h"

#include <string.h>

#include "hb_lexer.h"

enum { MAX_SIZE = 65535 };

static hb_status_t take_size(hb_lexer_t *lexer, int32_t *value) {
  uint32_t size = 0;
  HB_TRY(hb_lexer_number(lexer, 1, MAX_SIZE, &size));
  *value = (int32_t)size;
  return HB_OK;
}

static hb_status_t take_loop(hb_lexer_t *lexer, const hb_mapping_level_t *level,
                             hb_map_directive_t *directive) {
  static const char LETTERS[] = "CKRSXY";
  const char *token = lexer->token;
  const char *found = token[0] == '\0' ? NULL : strchr(LETTERS, token[0]);
  const bool prime = found != NULL && (found[0] == 'X' || found[0] == 'Y') && token[1] == '\'';
  if (found == NULL || token[prime ? 2 : 1] != '\0') {
    return hb_lexer_fail(lexer, "expected one of K, C, R, S, Y, X, Y', X', got %s",
                         hb_lexer_seen(lexer));
  }
  directive->loop = (hb_loop_t)(found - LETTERS);
  directive->output = prime;
  for (uint32_t i = 0; i < level->num; i++) {
    if (level->directives[i].loop == directive->loop) {
      return hb_lexer_fail(lexer, "this level maps %c already", *found);
    }
  }
  hb_lexer_next(lexer);
  return HB_OK;
}

static hb_status_t take_map(hb_lexer_t *lexer, bool spatial, hb_mapping_level_t *level) {
  hb_map_directive_t directive = {.spatial = spatial};
  HB_TRY(hb_lexer_take(lexer, "("));
  HB_TRY(take_size(lexer, &directive.size));
  HB_TRY(hb_lexer_take(lexer, ","));
  const uint32_t line = lexer->line;
  const uint32_t column = lexer->column;
  HB_TRY(take_size(lexer, &directive.offset));
  if (directive.offset > directive.size) {
    return hb_lexer_fail_at(
        lexer, line, column, "",
        "expected an offset up to the size %d, since a larger one leaves work out, got %d",
        directive.size, directive.offset);
  }
  HB_TRY(hb_lexer_take(lexer, ")"));
  HB_TRY(take_loop(lexer, level, &directive));
  level->directives[level->num++] = directive;
  return hb_lexer_take(lexer, ";");
}

static hb_status_t check_level(const hb_lexer_t *lexer, const hb_mapping_level_t *level) {
  uint32_t spatial = 0;
  for (uint32_t i = 0; i < level->num; i++) {
    spatial += level->directives[i].spatial;
  }
  if (spatial < 1 || spatial > 2) {
    return hb_lexer_fail(
        lexer, "expected one or two SpatialMaps in the level that ends here, got %u", spatial);
  }
  return HB_OK;
}

static hb_status_t take_cluster(hb_lexer_t *lexer, hb_mapping_t *mapping) {
  HB_TRY(hb_lexer_take(lexer, "("));
  HB_TRY(take_size(lexer, &mapping->levels[mapping->num_levels - 1].cluster));
  HB_TRY(hb_lexer_take(lexer, ","));
  HB_TRY(hb_lexer_take(lexer, "P"));
  HB_TRY(hb_lexer_take(lexer, ")"));
  if (mapping->num_levels == HB_MAPPING_MAX_LEVELS) {
    return hb_lexer_fail(lexer, "more than %d levels", HB_MAPPING_MAX_LEVELS);
  }
  mapping->num_levels++;
  return hb_lexer_take(lexer, ";");
}

static hb_status_t take_body(hb_lexer_t *lexer, hb_mapping_t *mapping) {
  mapping->num_levels = 1;
  for (;;) {
    hb_mapping_level_t *level = &mapping->levels[mapping->num_levels - 1];
    if (strcmp(lexer->token, "}") == 0 || strcmp(lexer->token, "Cluster") == 0) {
      HB_TRY(check_level(lexer, level));
    }
    if (hb_lexer_take_if(lexer, "}")) {
      return HB_OK;
    }
    if (hb_lexer_take_if(lexer, "Cluster")) {
      HB_TRY(take_cluster(lexer, mapping));
    } else if (hb_lexer_take_if(lexer, "TemporalMap")) {
      HB_TRY(take_map(lexer, false, level));
    } else if (hb_lexer_take_if(lexer, "SpatialMap")) {
      HB_TRY(take_map(lexer, true, level));
    } else {
      return hb_lexer_fail(lexer, "expected TemporalMap, SpatialMap, Cluster or }, got %s",
                           hb_lexer_seen(lexer));
    }
  }
}

hb_status_t hb_mapping_load(const char *path, hb_mapping_t *mapping_out, hb_config_error_t *error) {
  hb_lexer_t lexer;
  hb_mapping_t mapping = {0};
  HB_TRY(hb_lexer_open(path, &lexer, error));
  HB_TRY(hb_lexer_take(&lexer, "Dataflow"));
  HB_TRY(hb_lexer_take(&lexer, "{"));
  HB_TRY(take_body(&lexer, &mapping));
  HB_TRY(hb_lexer_end(&lexer));
  *mapping_out = mapping;
  return HB_OK;
}
