/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_complain.h"
#include "hb_decimal.h"

#define UTF8_BOM "\xef\xbb\xbf" /* spreadsheets write it first */

enum { MAX_COLUMNS = 32, MAX_FILE_BYTES = 64 * 1024 * 1024 };

typedef struct field {
  char *text;
  uint32_t line, column; /* both from 1, in bytes */
} field_t;

struct hb_csv {
  char path[HB_PATH_MAX_BYTES];
  char *bytes, *next; /* the whole file; the line after this row */
  uint32_t line, next_line;
  const char *const *names;
  uint32_t num_names;
  int place[MAX_COLUMNS]; /* of each name among the fields of a line, -1 if missing */
  field_t fields[MAX_COLUMNS];
  uint32_t num_fields, num_header;
};

__attribute__((format(printf, 5, 6))) static hb_status_t fail_at(const hb_csv_t *csv, uint32_t line,
                                                                 uint32_t column,
                                                                 hb_config_error_t *error,
                                                                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status = hb_complain(error, csv->path, line, column, "", format, args);
  va_end(args);
  return status;
}

static const char *bare(const char *name) {
  return name[0] == '?' ? name + 1 : name;
}

hb_status_t hb_csv_fail(const hb_csv_t *csv, uint32_t column, hb_config_error_t *error,
                        const char *format, ...) {
  const int place = csv->place[column];
  va_list args;
  va_start(args, format);
  const hb_status_t status = hb_complain(
      error, csv->path, place < 0 ? csv->line : csv->fields[place].line,
      place < 0 ? 1 : csv->fields[place].column, bare(csv->names[column]), format, args);
  va_end(args);
  return status;
}

static hb_status_t read_file(hb_csv_t *csv, hb_config_error_t *error) {
  FILE *file = fopen(csv->path, "rb");
  if (file == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", csv->path, strerror(errno));
    return HB_ERR_IO;
  }
  size_t len = 0;
  size_t capacity = 0;
  hb_status_t status = HB_OK;
  for (;;) {
    if (capacity - len < 2) {
      capacity = capacity == 0 ? 16384 : 2 * capacity;
      char *grown = capacity > MAX_FILE_BYTES ? NULL : realloc(csv->bytes, capacity);
      if (grown == NULL) {
        snprintf(error->text, sizeof(error->text), "%s: %s", csv->path,
                 capacity > MAX_FILE_BYTES ? "too large" : "out of memory");
        status = capacity > MAX_FILE_BYTES ? HB_ERR_INPUT : HB_ERR_NOMEM;
        break;
      }
      csv->bytes = grown;
    }
    const size_t got = fread(csv->bytes + len, 1, capacity - len - 1, file);
    len += got;
    if (got == 0) {
      if (ferror(file)) {
        snprintf(error->text, sizeof(error->text), "%s: %s", csv->path, strerror(errno));
        status = HB_ERR_IO;
      } else {
        csv->bytes[len] = '\0';
        csv->next = csv->bytes;
        if (strncmp(csv->next, UTF8_BOM, strlen(UTF8_BOM)) == 0) {
          csv->next += strlen(UTF8_BOM);
        }
        csv->next_line = 1;
        if (strlen(csv->bytes) != len) {
          status = fail_at(csv, 1, 1, error, "holds a zero byte");
        }
      }
      break;
    }
  }
  fclose(file);
  return status;
}

/* A place in the file while a row is being cut. */
typedef struct place {
  char *at, *line_start;
  uint32_t line;
} place_t;

/* Takes the quoted value at `at`, in place; goes behind its closing quote. */
static hb_status_t unquote(const hb_csv_t *csv, place_t *from, char **text,
                           hb_config_error_t *error) {
  const uint32_t line = from->line;
  const uint32_t column = (uint32_t)(from->at - from->line_start) + 1;
  char *to = ++from->at;
  *text = to;
  for (;; from->at++) {
    if (*from->at == '\0') {
      return fail_at(csv, line, column, error, "expected a closing quote before the file ends");
    }
    if (*from->at == '"' && *++from->at != '"') {
      break;
    }
    if (*from->at == '\n') {
      from->line++;
      from->line_start = from->at + 1;
    }
    *to++ = *from->at;
  }
  const char behind = *from->at;
  if (behind != ',' && behind != '\n' && behind != '\0' &&
      !(behind == '\r' && (from->at[1] == '\n' || from->at[1] == '\0'))) {
    return fail_at(csv, from->line, (uint32_t)(from->at - from->line_start) + 1, error,
                   "expected a comma or the line's end behind the closing quote");
  }
  *to = '\0'; /* on the quote at the latest */
  return HB_OK;
}

/* Takes the value at `at`; goes to what is behind it: a comma, or the row's end. */
static hb_status_t cut_value(hb_csv_t *csv, place_t *from, char **end, hb_config_error_t *error) {
  field_t field = {
      .text = from->at, .line = from->line, .column = (uint32_t)(from->at - from->line_start) + 1};
  *end = NULL;
  if (*from->at == '"') {
    HB_TRY(unquote(csv, from, &field.text, error));
    from->at += *from->at == '\r';
  } else {
    from->at += strcspn(from->at, ",\"\n");
    if (*from->at == '"') {
      return fail_at(csv, from->line, (uint32_t)(from->at - from->line_start) + 1, error,
                     "a value with a quote in it begins and ends with one, and has it doubled");
    }
    *end = from->at;
    if (*from->at != ',' && from->at > field.text && from->at[-1] == '\r') {
      (*end)--;
    }
  }
  if (csv->num_fields < MAX_COLUMNS) {
    csv->fields[csv->num_fields] = field;
  }
  csv->num_fields++;
  return HB_OK;
}

/* Cuts the next line that is not empty into fields. @retval HB_ERR_END past the last. */
static hb_status_t cut_line(hb_csv_t *csv, hb_config_error_t *error) {
  place_t from = {.at = csv->next, .line_start = csv->next, .line = csv->next_line};
  for (;; from.line++) {
    const size_t len = strcspn(from.at, "\n");
    if (from.at[len] == '\0' && len == 0) {
      csv->next = from.at;
      csv->next_line = from.line;
      return HB_ERR_END;
    }
    if (len != 0 && !(len == 1 && from.at[0] == '\r') && from.at[0] != '#') {
      break;
    }
    from.at += len + (from.at[len] == '\n');
    from.line_start = from.at;
  }
  csv->line = from.line;
  csv->num_fields = 0;
  for (;;) {
    char *end = NULL;
    HB_TRY(cut_value(csv, &from, &end, error));
    const char behind = *from.at;
    if (end != NULL) {
      *end = '\0';
    }
    if (behind != ',') {
      from.at += behind == '\n';
      csv->next = from.at;
      csv->next_line = from.line + (behind == '\n');
      return HB_OK;
    }
    from.at++;
  }
}

/* "a, b, c": the names asked for. */
static const char *list_names(const hb_csv_t *csv, char *text, size_t text_len) {
  size_t used = 0;
  text[0] = '\0';
  for (uint32_t i = 0; i < csv->num_names && used < text_len; i++) {
    used += (size_t)snprintf(text + used, text_len - used, "%s%s", i == 0 ? "" : ", ",
                             bare(csv->names[i]));
  }
  return text;
}

static hb_status_t take_header(hb_csv_t *csv, hb_config_error_t *error) {
  char names[400];
  list_names(csv, names, sizeof(names));
  const hb_status_t status = cut_line(csv, error);
  if (status == HB_ERR_END) {
    return fail_at(csv, 1, 1, error, "expected a first line with the columns %s", names);
  }
  HB_TRY(status);
  if (csv->num_fields > MAX_COLUMNS) {
    return fail_at(csv, csv->line, 1, error, "more than %d columns", MAX_COLUMNS);
  }
  for (uint32_t n = 0; n < csv->num_names; n++) {
    csv->place[n] = -1;
  }
  for (uint32_t f = 0; f < csv->num_fields; f++) {
    uint32_t n = 0;
    while (n < csv->num_names && strcmp(csv->fields[f].text, bare(csv->names[n])) != 0) {
      n++;
    }
    if (n == csv->num_names) {
      return fail_at(csv, csv->fields[f].line, csv->fields[f].column, error,
                     "unknown column '%s', expected one of %s", csv->fields[f].text, names);
    }
    if (csv->place[n] >= 0) {
      return fail_at(csv, csv->fields[f].line, csv->fields[f].column, error, "duplicate column %s",
                     csv->fields[f].text);
    }
    csv->place[n] = (int)f;
  }
  for (uint32_t n = 0; n < csv->num_names; n++) {
    if (csv->place[n] < 0 && csv->names[n][0] != '?') {
      return fail_at(csv, csv->line, 1, error, "missing column %s", csv->names[n]);
    }
  }
  csv->num_header = csv->num_fields;
  return HB_OK;
}

hb_status_t hb_csv_open(const char *path, const char *const *columns, uint32_t num_columns,
                        hb_csv_t **csv_out, hb_config_error_t *error) {
  if (strlen(path) >= HB_PATH_MAX_BYTES || num_columns > MAX_COLUMNS) {
    snprintf(error->text, sizeof(error->text), "%.*s...: path longer than %d bytes", 200, path,
             HB_PATH_MAX_BYTES - 1);
    return HB_ERR_INPUT;
  }
  hb_csv_t *csv = calloc(1, sizeof(*csv));
  if (csv == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", path);
    return HB_ERR_NOMEM;
  }
  strcpy(csv->path, path);
  csv->names = columns;
  csv->num_names = num_columns;
  hb_status_t status = read_file(csv, error);
  if (status == HB_OK) {
    status = take_header(csv, error);
  }
  if (status != HB_OK) {
    hb_csv_close(csv);
    return status;
  }
  *csv_out = csv;
  return HB_OK;
}

void hb_csv_close(hb_csv_t *csv) {
  if (csv != NULL) {
    free(csv->bytes);
    free(csv);
  }
}

bool hb_csv_has(const hb_csv_t *csv, uint32_t column) {
  return csv->place[column] >= 0;
}

hb_status_t hb_csv_next(hb_csv_t *csv, hb_config_error_t *error) {
  HB_TRY(cut_line(csv, error));
  if (csv->num_fields != csv->num_header) {
    return fail_at(csv, csv->line, 1, error, "expected %u values, got %u", csv->num_header,
                   csv->num_fields);
  }
  return HB_OK;
}

uint32_t hb_csv_line(const hb_csv_t *csv) {
  return csv->line;
}

uint32_t hb_csv_column(const hb_csv_t *csv, uint32_t column) {
  return csv->place[column] < 0 ? 1 : csv->fields[csv->place[column]].column;
}

const char *hb_csv_text(const hb_csv_t *csv, uint32_t column) {
  return csv->place[column] < 0 ? "" : csv->fields[csv->place[column]].text;
}

hb_status_t hb_csv_name(const hb_csv_t *csv, uint32_t column, char name[HB_NAME_MAX],
                        hb_config_error_t *error) {
  static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const char *text = hb_csv_text(csv, column);
  const size_t len = strlen(text);
  if (len == 0 || len >= HB_NAME_MAX || strspn(text, ALLOWED) != len ||
      strchr("._-", text[0]) != NULL) {
    return hb_csv_fail(csv, column, error,
                       "expected 1 .. %d letters, digits, '.', '_' and '-', the first a letter or "
                       "digit, got '%.*s'",
                       HB_NAME_MAX - 1, HB_NAME_MAX, text);
  }
  strcpy(name, text);
  return HB_OK;
}

hb_status_t hb_csv_number(const hb_csv_t *csv, uint32_t column, uint32_t min, uint32_t max,
                          uint32_t *value_out, hb_config_error_t *error) {
  const char *text = hb_csv_text(csv, column);
  uint64_t value = 0;
  if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) ||
      hb_decimal_scaled(text, 0, &value) != HB_OK || value < min || value > max) {
    return hb_csv_fail(csv, column, error, "expected a whole number from %u to %u, got '%.40s'",
                       min, max, text);
  }
  *value_out = (uint32_t)value;
  return HB_OK;
}

hb_status_t hb_csv_decimal(const hb_csv_t *csv, uint32_t column, unsigned exponent, uint64_t min,
                           uint64_t max, uint64_t *value_out, hb_config_error_t *error) {
  const char *text = hb_csv_text(csv, column);
  double unit = 1.0;
  for (unsigned i = 0; i < exponent; i++) {
    unit *= 10.0;
  }
  uint64_t value = 0;
  const hb_status_t status = hb_decimal_scaled(text, exponent, &value);
  if (status != HB_OK || value < min || value > max) {
    char fine[40] = "";
    if (status == HB_ERR_INPUT) {
      snprintf(fine, sizeof(fine), " with at most %u decimals", exponent);
    }
    return hb_csv_fail(csv, column, error, "expected a decimal from %.9g to %.9g%s, got '%.40s'",
                       (double)min / unit, (double)max / unit, fine, text);
  }
  *value_out = value;
  return HB_OK;
}
