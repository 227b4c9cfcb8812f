/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_lexer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hb_complain.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '\'';
}

static bool begins_number(char c) {
  return is_digit(c) || c == '-' || c == '+';
}

/* Whether `c` goes on with what began with `first`. */
static bool goes_on(char first, char c) {
  if (is_letter(first)) {
    return is_letter(c) || is_digit(c);
  }
  return begins_number(first) && (begins_number(c) || is_letter(c) || c == '.');
}

hb_status_t hb_lexer_open(const char *path, hb_lexer_t *lexer, hb_config_error_t *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(errno));
    return HB_ERR_IO;
  }
  const size_t len = fread(lexer->text, 1, sizeof(lexer->text), file);
  const bool bad = ferror(file) != 0;
  const int why = errno;
  fclose(file);
  if (bad || len > HB_LEXER_MAX_FILE_BYTES) {
    snprintf(error->text, sizeof(error->text), "%s: %s", path,
             bad ? strerror(why) : "larger than 64 KiB");
    return bad ? HB_ERR_IO : HB_ERR_INPUT;
  }
  lexer->text[len] = '\0';
  lexer->path = path;
  lexer->key = "";
  lexer->error = error;
  lexer->at = lexer->line_start = lexer->text;
  lexer->end = lexer->text + len;
  lexer->line_at = 1;
  hb_lexer_next(lexer);
  return HB_OK;
}

void hb_lexer_next(hb_lexer_t *lexer) {
  for (;; lexer->at++) {
    if (lexer->at[0] == '/' && lexer->at[1] == '/') {
      lexer->at += strcspn(lexer->at, "\n");
    }
    if (*lexer->at == '\n') {
      lexer->line_at++;
      lexer->line_start = lexer->at + 1;
    } else if (*lexer->at == '\0' || strchr(" \t\r", *lexer->at) == NULL) {
      break;
    }
  }
  lexer->line = lexer->line_at;
  lexer->column = (uint32_t)(lexer->at - lexer->line_start) + 1;
  size_t len = 0;
  const char first = *lexer->at;
  while (*lexer->at != '\0' && (len == 0 || goes_on(first, *lexer->at))) {
    if (len < sizeof(lexer->token) - 1) {
      lexer->token[len++] = *lexer->at;
    }
    lexer->at++;
  }
  lexer->token[len] = '\0';
}

bool hb_lexer_take_if(hb_lexer_t *lexer, const char *token) {
  if (strcmp(lexer->token, token) != 0) {
    return false;
  }
  hb_lexer_next(lexer);
  return true;
}

hb_status_t hb_lexer_take(hb_lexer_t *lexer, const char *token) {
  return hb_lexer_take_if(lexer, token)
             ? HB_OK
             : hb_lexer_fail(lexer, "expected %s, got %s", token, hb_lexer_seen(lexer));
}

hb_status_t hb_lexer_number(hb_lexer_t *lexer, uint32_t min, uint32_t max, uint32_t *value_out) {
  uint64_t value = 0;
  const char *c = lexer->token;
  for (; is_digit(*c) && value <= max; c++) {
    value = 10 * value + (uint64_t)(*c - '0');
  }
  if (c == lexer->token || *c != '\0' || value < min || value > max) {
    return hb_lexer_fail(lexer, "expected a whole number from %u to %u, got %s", min, max,
                         hb_lexer_seen(lexer));
  }
  *value_out = (uint32_t)value;
  hb_lexer_next(lexer);
  return HB_OK;
}

hb_status_t hb_lexer_end(hb_lexer_t *lexer) {
  return lexer->token[0] == '\0' && lexer->at == lexer->end
             ? HB_OK
             : hb_lexer_fail(lexer, "expected the end of the file, got %s", hb_lexer_seen(lexer));
}

const char *hb_lexer_seen(const hb_lexer_t *lexer) {
  return lexer->token[0] != '\0'   ? lexer->token
         : lexer->at == lexer->end ? "the end of the file"
                                   : "a zero byte";
}

hb_status_t hb_lexer_fail(const hb_lexer_t *lexer, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status =
      hb_complain(lexer->error, lexer->path, lexer->line, lexer->column, lexer->key, format, args);
  va_end(args);
  return status;
}

hb_status_t hb_lexer_fail_at(const hb_lexer_t *lexer, uint32_t line, uint32_t column,
                             const char *key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status =
      hb_complain(lexer->error, lexer->path, line, column, key, format, args);
  va_end(args);
  return status;
}
