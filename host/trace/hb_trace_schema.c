/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_codec.h"

static void print_text(const char *text, hb_trace_buf_t *out) {
  for (const char *at = text; *at != '\0'; at++) {
    const unsigned char byte = (unsigned char)*at;
    if (byte < 0x20 || byte == 0x7f || byte == '\\') {
      static const char digits[] = "0123456789abcdef";
      const char escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      hb_trace_buf_put(out, escape, sizeof(escape));
    } else {
      hb_trace_buf_put(out, at, 1);
    }
  }
}

void hb_trace_schema_print(const hb_trace_schema_t *schema, hb_trace_buf_t *out) {
  hb_trace_buf_printf(out, "hilbert-trace %u\nwriter ", HB_TRACE_VERSION);
  print_text(schema->writer, out);
  const char *level = hb_trace_level_name((uint32_t)schema->level);
  hb_trace_buf_printf(out, "\nlevel %s\n", level == NULL ? "?" : level);
  for (uint32_t i = 0; i < schema->meta->num; i++) {
    hb_trace_buf_printf(out, "meta %s=", schema->meta->keys[i]);
    print_text(schema->meta->values[i], out);
    hb_trace_buf_put(out, "\n", 1);
  }
  for (uint32_t i = 0; i < schema->num_enums; i++) {
    const hb_trace_enum_t *e = &schema->enums[i];
    hb_trace_buf_printf(out, "enum %s %" PRIu64 " %s\n", e->enum_name, e->value, e->name);
  }
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    const hb_trace_stream_t *stream = &schema->streams[s];
    level = hb_trace_level_name((uint32_t)stream->level);
    hb_trace_buf_printf(out, "stream %" PRIu32 " %s %s\n", s, level == NULL ? "?" : level,
                        stream->name);
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      const hb_trace_field_t *field = &stream->fields[f];
      hb_trace_buf_printf(out, "field %s %s %s %s\n", field->name, field->type,
                          field->unit[0] == '\0' ? "-" : field->unit, field->coding);
    }
  }
  hb_trace_buf_put(out, "end\n", 4);
}

/* ------------------------------------------------------------------------------------- parsing */

typedef struct parser {
  hb_trace_schema_own_t *own;
  char *next;      /* first byte of the next line */
  char *line;      /* current line, '\0' at its end */
  uint32_t number; /* of the current line */
  uint32_t num_fields;
  char *why;
  size_t why_len;
} parser_t;

static hb_status_t __attribute__((format(printf, 2, 3)))
fail(parser_t *p, const char *format, ...) {
  char text[160];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  snprintf(p->why, p->why_len, "schema line %" PRIu32 ": %s", p->number, text);
  return HB_ERR_FORMAT;
}

static hb_status_t next_line(parser_t *p) {
  char *end = strchr(p->next, '\n');
  p->number++;
  if (end == NULL) return fail(p, "expected another line");
  *end = '\0';
  p->line = p->next;
  p->next = end + 1;
  return HB_OK;
}

/* Cuts the first word off `*at`; "" if there is none. */
static char *take_word(char **at) {
  char *word = *at;
  char *end = word + strcspn(word, " ");
  if (*end == ' ') *end++ = '\0';
  *at = end;
  return word;
}

/* The rest of the line if it starts with `keyword` and a space, else NULL. */
static char *after(char *line, const char *keyword) {
  const size_t len = strlen(keyword);
  return strncmp(line, keyword, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static bool is_name(const char *name, const char *more) {
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
  const size_t len = strlen(name);
  if (len < 1 || len > HB_TRACE_MAX_NAME) return false;
  for (size_t i = 0; i < len; i++) {
    if (strchr(lower, name[i]) != NULL || strchr(more, name[i]) != NULL) continue;
    if (i > 0 && (name[i] == '_' || (name[i] >= '0' && name[i] <= '9'))) continue;
    return false;
  }
  return true;
}

static bool parse_uint(const char *text, uint64_t *value_out) {
  const size_t len = strlen(text);
  if (len < 1 || len > 20 || strspn(text, "0123456789") != len) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < len; i++) {
    const uint64_t digit = (uint64_t)(text[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *value_out = value;
  return true;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/* Undoes print_text() in place; false for an escape that it does not write, or a text too long. */
static bool unescape(char *text) {
  char *to = text;
  for (char *at = text; *at != '\0';) {
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    const int high = at[1] == 'x' ? hex_digit(at[2]) : -1;
    const int low = high >= 0 ? hex_digit(at[3]) : -1;
    if (low < 0 || high * 16 + low == 0) return false;
    *to++ = (char)(high * 16 + low);
    at += 4;
  }
  *to = '\0';
  return to - text <= HB_TRACE_MAX_TEXT;
}

static hb_status_t parse_meta(parser_t *p, char *at) {
  char *value = strchr(at, '=');
  if (value == NULL) return fail(p, "expected meta KEY=TEXT");
  *value++ = '\0';
  if (strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_.") != strlen(at) || *at == '\0' ||
      strlen(at) > HB_TRACE_MAX_NAME) {
    return fail(p, "metadata key '%.64s' is not one", at);
  }
  if (!unescape(value)) return fail(p, "the text of '%.64s' is not one", at);
  hb_trace_meta_t *meta = &p->own->meta;
  meta->keys[meta->num] = at;
  meta->values[meta->num] = value;
  meta->num++;
  return HB_OK;
}

static hb_status_t parse_enum(parser_t *p, char *at) {
  hb_trace_enum_t *e = &p->own->enums[p->own->schema.num_enums++];
  e->enum_name = take_word(&at);
  const char *value = take_word(&at);
  e->name = at;
  if (!is_name(e->enum_name, "") || !parse_uint(value, &e->value) ||
      !is_name(e->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")) {
    return fail(p, "expected enum NAME VALUE NAME");
  }
  return HB_OK;
}

static hb_status_t parse_field(parser_t *p, hb_trace_stream_t *stream, char *at) {
  if (stream->num_fields == HB_TRACE_MAX_FIELDS) {
    return fail(p, "stream %s has more than %d fields", stream->name, HB_TRACE_MAX_FIELDS);
  }
  hb_trace_field_t *field = &p->own->fields[p->num_fields];
  field->name = take_word(&at);
  field->type = take_word(&at);
  field->unit = take_word(&at);
  field->coding = at;
  const bool is_enum = strncmp(field->type, "enum:", 5) == 0;
  if (!is_name(field->name, "") || !is_name(field->type + (is_enum ? 5 : 0), "") ||
      (strcmp(field->unit, "-") != 0 && !is_name(field->unit, "/"))) {
    return fail(p, "expected field NAME TYPE UNIT CODING");
  }
  if (strcmp(field->unit, "-") == 0) field->unit = "";
  for (uint32_t i = 0; i < stream->num_fields; i++) {
    if (strcmp(stream->fields[i].name, field->name) == 0) {
      return fail(p, "stream %s has two fields %s", stream->name, field->name);
    }
  }
  hb_trace_coding_t coding;
  const char *wrong = hb_trace_coding_parse(stream, stream->num_fields, &coding);
  if (wrong != NULL) {
    return fail(p, "field %s.%s: %s ('%.80s')", stream->name, field->name, wrong, field->coding);
  }
  if (stream->num_fields == 0 && coding.kind != HB_TRACE_CODING_DELTA) {
    return fail(p, "the first field of stream %s is its time and must be coded delta",
                stream->name);
  }
  stream->num_fields++;
  p->num_fields++;
  return HB_OK;
}

static hb_status_t parse_stream(parser_t *p, char *at) {
  hb_trace_schema_t *schema = &p->own->schema;
  hb_trace_stream_t *stream = &p->own->streams[schema->num_streams];
  uint64_t id;
  const char *id_text = take_word(&at);
  const char *level = take_word(&at);
  stream->name = at;
  stream->fields = &p->own->fields[p->num_fields];
  if (!parse_uint(id_text, &id) || id != schema->num_streams || !is_name(stream->name, "") ||
      hb_trace_level_from_name(level, &stream->level) != HB_OK) {
    return fail(p, "expected stream %" PRIu32 " LEVEL NAME", schema->num_streams);
  }
  for (uint32_t i = 0; i < schema->num_streams; i++) {
    if (strcmp(p->own->streams[i].name, stream->name) == 0) {
      return fail(p, "there are two streams %s", stream->name);
    }
  }
  schema->num_streams++;
  HB_TRY(next_line(p));
  for (char *rest; (rest = after(p->line, "field")) != NULL;) {
    HB_TRY(parse_field(p, stream, rest));
    HB_TRY(next_line(p));
  }
  return stream->num_fields > 0 ? HB_OK : fail(p, "stream %s has no fields", stream->name);
}

/* qsort() passes no context, so entries carry their keys. */
typedef struct keyed {
  const char *key;
  uint32_t index;
} keyed_t;

static int compare_keyed(const void *a, const void *b) {
  return strcmp(((const keyed_t *)a)->key, ((const keyed_t *)b)->key);
}

static hb_status_t sort_meta(parser_t *p) {
  hb_trace_meta_t *meta = &p->own->meta;
  keyed_t *sorted = calloc((size_t)meta->num + 1, sizeof(*sorted));
  if (sorted == NULL) return HB_ERR_NOMEM;
  for (uint32_t i = 0; i < meta->num; i++) {
    sorted[i] = (keyed_t){.key = meta->keys[i], .index = i};
  }
  qsort(sorted, meta->num, sizeof(*sorted), compare_keyed);
  hb_status_t status = HB_OK;
  for (uint32_t i = 0; i < meta->num; i++) {
    p->own->meta_order[i] = sorted[i].index;
    if (i > 0 && strcmp(sorted[i - 1].key, sorted[i].key) == 0) {
      status = fail(p, "metadata key %s appears twice", sorted[i].key);
      break;
    }
  }
  free(sorted);
  return status;
}

static hb_status_t parse_lines(parser_t *p) {
  hb_trace_schema_own_t *own = p->own;
  uint64_t version;
  HB_TRY(next_line(p));
  char *rest = after(p->line, "hilbert-trace");
  if (rest == NULL || !parse_uint(rest, &version) || version != HB_TRACE_VERSION) {
    return fail(p, "expected hilbert-trace %u", HB_TRACE_VERSION);
  }
  HB_TRY(next_line(p));
  rest = after(p->line, "writer");
  if (rest == NULL || !unescape(rest)) return fail(p, "expected writer PROGRAM");
  own->schema.writer = rest;
  HB_TRY(next_line(p));
  rest = after(p->line, "level");
  if (rest == NULL || hb_trace_level_from_name(rest, &own->schema.level) != HB_OK) {
    return fail(p, "expected level decisions|jobs|packets|boundary");
  }
  HB_TRY(next_line(p));
  for (; (rest = after(p->line, "meta")) != NULL;) {
    HB_TRY(parse_meta(p, rest));
    HB_TRY(next_line(p));
  }
  for (; (rest = after(p->line, "enum")) != NULL;) {
    HB_TRY(parse_enum(p, rest));
    HB_TRY(next_line(p));
  }
  while ((rest = after(p->line, "stream")) != NULL) {
    HB_TRY(parse_stream(p, rest));
  }
  if (strcmp(p->line, "end") != 0 || *p->next != '\0') {
    return fail(p, "expected meta, enum, stream, field or the end, in this order");
  }
  return sort_meta(p);
}

/* How many lines start with `keyword` and a space: an upper bound for its table. */
static size_t count_lines(const char *text, const char *keyword) {
  const size_t len = strlen(keyword);
  size_t count = 0;
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, keyword, len) == 0 && line[len] == ' ') count++;
  }
  return count;
}

hb_status_t hb_trace_schema_parse(const uint8_t *text, size_t len, hb_trace_schema_own_t *own_out,
                                  char *why, size_t why_len) {
  *own_out = (hb_trace_schema_own_t){0};
  parser_t p = {.own = own_out, .why = why, .why_len = why_len};
  snprintf(why, why_len, "out of memory");
  if (len > 0 && memchr(text, '\0', len) != NULL) return fail(&p, "a NUL byte");
  own_out->text = malloc(len + 1);
  if (own_out->text == NULL) return HB_ERR_NOMEM;
  if (len > 0) memcpy(own_out->text, text, len);
  own_out->text[len] = '\0';
  p.next = own_out->text;

  const size_t num_meta = count_lines(own_out->text, "meta");
  const size_t num_enums = count_lines(own_out->text, "enum");
  const size_t num_streams = count_lines(own_out->text, "stream");
  const size_t num_fields = count_lines(own_out->text, "field");
  hb_status_t status = HB_ERR_FORMAT;
  if (num_meta > HB_TRACE_MAX_META || num_enums > HB_TRACE_MAX_ENUMS ||
      num_streams > HB_TRACE_MAX_STREAMS) {
    status = fail(&p, "too many meta, enum or stream lines");
    goto out;
  }
  own_out->meta.keys = calloc(num_meta + 1, sizeof(char *));
  own_out->meta.values = calloc(num_meta + 1, sizeof(char *));
  own_out->meta_order = calloc(num_meta + 1, sizeof(uint32_t));
  own_out->enums = calloc(num_enums + 1, sizeof(hb_trace_enum_t));
  own_out->streams = calloc(num_streams + 1, sizeof(hb_trace_stream_t));
  own_out->fields = calloc(num_fields + 1, sizeof(hb_trace_field_t));
  if (own_out->meta.keys == NULL || own_out->meta.values == NULL || own_out->meta_order == NULL ||
      own_out->enums == NULL || own_out->streams == NULL || own_out->fields == NULL) {
    status = HB_ERR_NOMEM;
    goto out;
  }
  status = parse_lines(&p);
  own_out->schema.meta = &own_out->meta;
  own_out->schema.streams = own_out->streams;
  own_out->schema.enums = own_out->enums;
out:
  if (status != HB_OK) hb_trace_schema_release(own_out);
  return status;
}

void hb_trace_schema_release(hb_trace_schema_own_t *own) {
  free(own->text);
  free(own->meta.keys);
  free(own->meta.values);
  free(own->meta_order);
  free(own->streams);
  free(own->fields);
  free(own->enums);
  *own = (hb_trace_schema_own_t){0};
}

const char *hb_trace_schema_meta(const hb_trace_schema_own_t *own, const char *key) {
  uint32_t low = 0;
  uint32_t high = own->meta.num;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const uint32_t index = own->meta_order[middle];
    const int order = strcmp(key, own->meta.keys[index]);
    if (order == 0) return own->meta.values[index];
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}
