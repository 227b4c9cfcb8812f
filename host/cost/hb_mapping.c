/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_mapping.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FILE_BYTES = 64 * 1024, MAX_SIZE = 65535, WORD_BYTES = 32 };

typedef struct reader {
  const char *path;
  const char *at;
  const char *line_start;
  uint32_t line;
  /* The token: a word (letters and '), a number, or one other character; "" at the end. */
  char token[WORD_BYTES];
  uint32_t token_line, token_column;
  hb_config_error_t *error;
} reader_t;

__attribute__((format(printf, 2, 3))) static hb_status_t fail(const reader_t *reader,
                                                              const char *format, ...) {
  const int used = snprintf(reader->error->text, sizeof(reader->error->text),
                            "%s:%u:%u: ", reader->path, reader->token_line, reader->token_column);
  va_list args;
  va_start(args, format);
  vsnprintf(reader->error->text + used, sizeof(reader->error->text) - (size_t)used, format, args);
  va_end(args);
  return HB_ERR_INPUT;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '\'';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static void next(reader_t *reader) {
  for (;; reader->at++) {
    if (reader->at[0] == '/' && reader->at[1] == '/') {
      reader->at += strcspn(reader->at, "\n");
    }
    if (*reader->at == '\n') {
      reader->line++;
      reader->line_start = reader->at + 1;
    } else if (*reader->at == '\0' || strchr(" \t\r", *reader->at) == NULL) {
      break;
    }
  }
  reader->token_line = reader->line;
  reader->token_column = (uint32_t)(reader->at - reader->line_start) + 1;
  size_t len = 0;
  const char first = *reader->at;
  do {
    if (*reader->at == '\0') {
      break;
    }
    if (len < sizeof(reader->token) - 1) {
      reader->token[len++] = *reader->at;
    }
    reader->at++;
  } while ((is_letter(first) && is_letter(*reader->at)) ||
           (is_digit(first) && is_digit(*reader->at)));
  reader->token[len] = '\0';
}

static const char *seen(const reader_t *reader) {
  return reader->token[0] == '\0' ? "the end of the file" : reader->token;
}

static bool take_if(reader_t *reader, const char *token) {
  if (strcmp(reader->token, token) != 0) {
    return false;
  }
  next(reader);
  return true;
}

static hb_status_t take(reader_t *reader, const char *token) {
  return take_if(reader, token) ? HB_OK : fail(reader, "expected %s, got %s", token, seen(reader));
}

static hb_status_t take_number(reader_t *reader, int32_t *value) {
  int32_t number = 0;
  for (const char *c = reader->token; is_digit(*c) && number <= MAX_SIZE; c++) {
    number = 10 * number + (*c - '0');
  }
  if (!is_digit(reader->token[0]) || number < 1 || number > MAX_SIZE) {
    return fail(reader, "expected a whole number from 1 to %d, got %s", MAX_SIZE, seen(reader));
  }
  *value = number;
  next(reader);
  return HB_OK;
}

static hb_status_t take_loop(reader_t *reader, const hb_mapping_level_t *level,
                             hb_map_directive_t *directive) {
  static const char LETTERS[] = "CKRSXY";
  const char *token = reader->token;
  const char *found = token[0] == '\0' ? NULL : strchr(LETTERS, token[0]);
  const bool prime = found != NULL && (found[0] == 'X' || found[0] == 'Y') && token[1] == '\'';
  if (found == NULL || token[prime ? 2 : 1] != '\0') {
    return fail(reader, "expected one of K, C, R, S, Y, X, Y', X', got %s", seen(reader));
  }
  directive->loop = (hb_loop_t)(found - LETTERS);
  directive->output = prime;
  for (uint32_t i = 0; i < level->num; i++) {
    if (level->directives[i].loop == directive->loop) {
      return fail(reader, "this level maps %c already", *found);
    }
  }
  next(reader);
  return HB_OK;
}

static hb_status_t take_map(reader_t *reader, bool spatial, hb_mapping_level_t *level) {
  hb_map_directive_t directive = {.spatial = spatial};
  HB_TRY(take(reader, "("));
  HB_TRY(take_number(reader, &directive.size));
  HB_TRY(take(reader, ","));
  const reader_t at_offset = *reader;
  HB_TRY(take_number(reader, &directive.offset));
  if (directive.offset > directive.size) {
    *reader = at_offset;
    return fail(reader,
                "expected an offset up to the size %d, since a larger one leaves work out, got %s",
                directive.size, seen(reader));
  }
  HB_TRY(take(reader, ")"));
  HB_TRY(take_loop(reader, level, &directive));
  level->directives[level->num++] = directive;
  return take(reader, ";");
}

static hb_status_t check_level(const reader_t *reader, const hb_mapping_level_t *level) {
  uint32_t spatial = 0;
  for (uint32_t i = 0; i < level->num; i++) {
    spatial += level->directives[i].spatial;
  }
  if (spatial < 1 || spatial > 2) {
    return fail(reader, "expected one or two SpatialMaps in the level that ends here, got %u",
                spatial);
  }
  return HB_OK;
}

static hb_status_t take_cluster(reader_t *reader, hb_mapping_t *mapping) {
  HB_TRY(take(reader, "("));
  HB_TRY(take_number(reader, &mapping->levels[mapping->num_levels - 1].cluster));
  HB_TRY(take(reader, ","));
  HB_TRY(take(reader, "P"));
  HB_TRY(take(reader, ")"));
  if (mapping->num_levels == HB_MAPPING_MAX_LEVELS) {
    return fail(reader, "more than %d levels", HB_MAPPING_MAX_LEVELS);
  }
  mapping->num_levels++;
  return take(reader, ";");
}

static hb_status_t take_body(reader_t *reader, hb_mapping_t *mapping) {
  mapping->num_levels = 1;
  for (;;) {
    hb_mapping_level_t *level = &mapping->levels[mapping->num_levels - 1];
    if (strcmp(reader->token, "}") == 0 || strcmp(reader->token, "Cluster") == 0) {
      HB_TRY(check_level(reader, level));
    }
    if (take_if(reader, "}")) {
      return HB_OK;
    }
    if (take_if(reader, "Cluster")) {
      HB_TRY(take_cluster(reader, mapping));
    } else if (take_if(reader, "TemporalMap")) {
      HB_TRY(take_map(reader, false, level));
    } else if (take_if(reader, "SpatialMap")) {
      HB_TRY(take_map(reader, true, level));
    } else {
      return fail(reader, "expected TemporalMap, SpatialMap, Cluster or }, got %s", seen(reader));
    }
  }
}

hb_status_t hb_mapping_load(const char *path, hb_mapping_t *mapping_out, hb_config_error_t *error) {
  char text[MAX_FILE_BYTES + 1];
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(errno));
    return HB_ERR_IO;
  }
  const size_t len = fread(text, 1, sizeof(text), file);
  const bool bad = ferror(file) != 0;
  fclose(file);
  if (bad || len > MAX_FILE_BYTES) {
    snprintf(error->text, sizeof(error->text), "%s: %s", path,
             bad ? "cannot be read" : "larger than 64 KiB");
    return bad ? HB_ERR_IO : HB_ERR_INPUT;
  }
  text[len] = '\0';
  reader_t reader = {.path = path, .at = text, .line_start = text, .line = 1, .error = error};
  hb_mapping_t mapping = {0};
  next(&reader);
  HB_TRY(take(&reader, "Dataflow"));
  HB_TRY(take(&reader, "{"));
  HB_TRY(take_body(&reader, &mapping));
  if (reader.token[0] != '\0' || reader.at != text + len) {
    return fail(&reader, "expected the end of the file, got %s", seen(&reader));
  }
  *mapping_out = mapping;
  return HB_OK;
}
