/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_complain.h"
#include "hb_decimal.h"

enum { MAX_COLUMNS = 32, MAX_FILE_BYTES = 64 * 1024 * 1024 };

typedef struct field {
  char *text;
  uint32_t column; /* in the line, from 1, bytes */
} field_t;

struct hb_csv {
  char path[HB_PATH_MAX_BYTES];
  char *bytes, *next; /* the whole file; the line after this one */
  uint32_t line;
  const char *const *names;
  uint32_t num_names;
  int place[MAX_COLUMNS]; /* of each name among the fields of a line, -1 if missing */
  field_t fields[MAX_COLUMNS];
  uint32_t num_fields, num_header;
};

__attribute__((format(printf, 4, 5))) static hb_status_t fail_at(const hb_csv_t *csv,
                                                                 uint32_t column,
                                                                 hb_config_error_t *error,
                                                                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status = hb_complain(error, csv->path, csv->line, column, "", format, args);
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
  const hb_status_t status =
      hb_complain(error, csv->path, csv->line, place < 0 ? 1 : csv->fields[place].column,
                  bare(csv->names[column]), format, args);
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
        csv->line = 1;
        if (strlen(csv->bytes) != len) {
          status = fail_at(csv, 1, error, "holds a zero byte");
        }
        csv->line = 0;
      }
      break;
    }
  }
  fclose(file);
  return status;
}

/* Cuts the next line that is not empty into fields; false past the last. */
static bool cut_line(hb_csv_t *csv) {
  while (*csv->next != '\0') {
    char *line = csv->next;
    char *end = line + strcspn(line, "\n");
    csv->next = *end == '\n' ? end + 1 : end;
    csv->line++;
    *end = '\0';
    if (end > line && end[-1] == '\r') {
      *--end = '\0';
    }
    if (end == line || line[0] == '#') {
      continue;
    }
    csv->num_fields = 0;
    for (char *at = line;; at++) {
      char *comma = at + strcspn(at, ",");
      const bool last = *comma == '\0';
      if (csv->num_fields < MAX_COLUMNS) {
        csv->fields[csv->num_fields] = (field_t){.text = at, .column = (uint32_t)(at - line) + 1};
      }
      csv->num_fields++;
      *comma = '\0';
      at = comma;
      if (last) {
        return true;
      }
    }
  }
  return false;
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
  if (!cut_line(csv)) {
    csv->line = 1;
    return fail_at(csv, 1, error, "expected a first line with the columns %s", names);
  }
  if (csv->num_fields > MAX_COLUMNS) {
    return fail_at(csv, 1, error, "more than %d columns", MAX_COLUMNS);
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
      return fail_at(csv, csv->fields[f].column, error, "unknown column '%s', expected one of %s",
                     csv->fields[f].text, names);
    }
    if (csv->place[n] >= 0) {
      return fail_at(csv, csv->fields[f].column, error, "duplicate column %s", csv->fields[f].text);
    }
    csv->place[n] = (int)f;
  }
  for (uint32_t n = 0; n < csv->num_names; n++) {
    if (csv->place[n] < 0 && csv->names[n][0] != '?') {
      return fail_at(csv, 1, error, "missing column %s", csv->names[n]);
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
  if (!cut_line(csv)) {
    return HB_ERR_END;
  }
  if (csv->num_fields != csv->num_header) {
    return fail_at(csv, 1, error, "expected %u values, got %u", csv->num_header, csv->num_fields);
  }
  return HB_OK;
}

uint32_t hb_csv_line(const hb_csv_t *csv) {
  return csv->line;
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
  if (status == HB_ERR_INPUT) {
    return hb_csv_fail(csv, column, error, "expected at most %u decimals, got '%.40s'", exponent,
                       text);
  }
  if (status != HB_OK || value < min || value > max) {
    return hb_csv_fail(csv, column, error, "expected a decimal from %.9g to %.9g, got '%.40s'",
                       (double)min / unit, (double)max / unit, text);
  }
  *value_out = value;
  return HB_OK;
}
