/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "hb_complain.h"
#include "hb_decimal.h"

enum { MAX_FILE_BYTES = 16 * 1024 * 1024, WHERE_BYTES = 256 };

struct hb_yaml {
  char path[HB_PATH_MAX_BYTES];
  unsigned char *bytes; /* the whole file */
  size_t len;
  yaml_document_t document;
  bool *seen; /* per node: reached by the schema walk; twice means an alias */
  char where[WHERE_BYTES];
};

static const cyaml_config_t CYAML_CONFIG = {
    .log_fn = NULL, /* hb_yaml_load() has checked everything libcyaml would complain about */
    .mem_fn = cyaml_mem,
    .log_level = CYAML_LOG_ERROR,
    .flags = CYAML_CFG_NO_ALIAS,
};

/* -------------------------------------------------------------------------------------------
 * errors */

__attribute__((format(printf, 5, 6))) static hb_status_t fail_at(const hb_yaml_t *yaml,
                                                                 hb_config_error_t *error,
                                                                 yaml_mark_t mark,
                                                                 const char *where,
                                                                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  const hb_status_t status =
      hb_complain(error, yaml->path, mark.line + 1, mark.column + 1, where, format, args);
  va_end(args);
  return status;
}

/* --------------------------------------------------------------------------------------- open,
 * close */

static struct {
  void (*seen)(void *ctx, const char *path, const void *bytes, size_t len);
  void *ctx;
} watch;

void hb_config_watch(void (*seen)(void *ctx, const char *path, const void *bytes, size_t len),
                     void *ctx) {
  watch.seen = seen;
  watch.ctx = ctx;
}

static hb_status_t read_file(hb_yaml_t *yaml, hb_config_error_t *error) {
  FILE *file = fopen(yaml->path, "rb");
  if (file == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", yaml->path, strerror(errno));
    return HB_ERR_IO;
  }
  hb_status_t status = HB_OK;
  size_t capacity = 0;
  for (;;) {
    if (yaml->len == capacity) {
      capacity = capacity == 0 ? 16384 : 2 * capacity;
      unsigned char *grown = realloc(yaml->bytes, capacity);
      if (grown == NULL) {
        snprintf(error->text, sizeof(error->text), "%s: out of memory", yaml->path);
        status = HB_ERR_NOMEM;
        break;
      }
      yaml->bytes = grown;
    }
    const size_t got = fread(yaml->bytes + yaml->len, 1, capacity - yaml->len, file);
    yaml->len += got;
    if (yaml->len > MAX_FILE_BYTES) {
      snprintf(error->text, sizeof(error->text), "%s: larger than %d MiB", yaml->path,
               MAX_FILE_BYTES >> 20);
      status = HB_ERR_INPUT;
      break;
    }
    if (got == 0) {
      if (ferror(file)) {
        snprintf(error->text, sizeof(error->text), "%s: %s", yaml->path, strerror(errno));
        status = HB_ERR_IO;
      }
      break;
    }
  }
  fclose(file);
  return status;
}

static hb_status_t parse(hb_yaml_t *yaml, hb_config_error_t *error) {
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", yaml->path);
    return HB_ERR_NOMEM;
  }
  yaml_parser_set_input_string(&parser, yaml->bytes, yaml->len);
  hb_status_t status = HB_OK;
  yaml_document_t next;
  memset(&next, 0, sizeof(next));
  if (!yaml_parser_load(&parser, &yaml->document) || !yaml_parser_load(&parser, &next)) {
    const yaml_mark_t mark = parser.error == YAML_READER_ERROR
                                 ? (yaml_mark_t){.index = parser.problem_offset}
                                 : parser.problem_mark;
    status = fail_at(yaml, error, mark, "", "not YAML: %s",
                     parser.problem == NULL ? "out of memory" : parser.problem);
  } else {
    const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
    const yaml_node_t *second = yaml_document_get_root_node(&next);
    if (second != NULL) {
      status = fail_at(yaml, error, second->start_mark, "", "expected one document in a file");
    } else if (root == NULL || root->type != YAML_MAPPING_NODE) {
      status = fail_at(
          yaml, error, root == NULL ? (yaml_mark_t){0} : root->start_mark, "",
          "expected keys and values, the first key scenario, model, soc, suite or accelerator");
    }
  }
  yaml_document_delete(&next);
  yaml_parser_delete(&parser);
  return status;
}

hb_status_t hb_yaml_open(const char *path, hb_yaml_t **yaml_out, hb_config_error_t *error) {
  if (strlen(path) >= HB_PATH_MAX_BYTES) {
    snprintf(error->text, sizeof(error->text), "%.*s...: path longer than %d bytes", 200, path,
             HB_PATH_MAX_BYTES - 1);
    return HB_ERR_INPUT;
  }
  hb_yaml_t *yaml = calloc(1, sizeof(*yaml));
  if (yaml == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", path);
    return HB_ERR_NOMEM;
  }
  strcpy(yaml->path, path);
  hb_status_t status = read_file(yaml, error);
  if (status == HB_OK && watch.seen != NULL) {
    watch.seen(watch.ctx, path, yaml->bytes, yaml->len);
  }
  if (status == HB_OK) {
    status = parse(yaml, error);
  }
  if (status != HB_OK) {
    hb_yaml_close(yaml);
    return status;
  }
  *yaml_out = yaml;
  return HB_OK;
}

void hb_yaml_close(hb_yaml_t *yaml) {
  if (yaml != NULL) {
    yaml_document_delete(&yaml->document);
    free(yaml->bytes);
    free(yaml->seen);
    free(yaml);
  }
}

/* ----------------------------------------------------------------------------------------------
 * nodes */

/* The document's functions take it without const; they do not change it. */
static yaml_node_t *node_at(const hb_yaml_t *yaml, int index) {
  return yaml_document_get_node((yaml_document_t *)&yaml->document, index);
}

static yaml_node_t *root_of(const hb_yaml_t *yaml) {
  return node_at(yaml, 1);
}

static const char *scalar_text(const yaml_node_t *node) {
  return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                        : "";
}

const char *hb_yaml_first_key(const hb_yaml_t *yaml) {
  const yaml_node_t *root = root_of(yaml);
  const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
  return pair == root->data.mapping.pairs.top ? "" : scalar_text(node_at(yaml, pair->key));
}

const char *hb_yaml_first_value(const hb_yaml_t *yaml) {
  const yaml_node_t *root = root_of(yaml);
  const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
  return pair == root->data.mapping.pairs.top ? "" : scalar_text(node_at(yaml, pair->value));
}

/* ---------------------------------------------------------------------------------------- schema
 * walk */

static hb_status_t check_value(hb_yaml_t *yaml, const cyaml_schema_value_t *schema, int index,
                               const char *where, hb_config_error_t *error);

static bool is_plain(const yaml_node_t *node) {
  return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Decimal digits, no leading zero, an optional minus if `negative` allows it. */
static bool is_whole_number(const char *text, bool negative) {
  if (negative && text[0] == '-') {
    text++;
  }
  const size_t digits = strspn(text, "0123456789");
  return digits > 0 && text[digits] == '\0' && (text[0] != '0' || digits == 1);
}

static hb_status_t check_integer(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                                 const yaml_node_t *node, const char *where,
                                 hb_config_error_t *error) {
  const bool is_signed = schema->type == CYAML_INT;
  const char *text = scalar_text(node);
  if (node->type != YAML_SCALAR_NODE || !is_plain(node) || !is_whole_number(text, true)) {
    return fail_at(yaml, error, node->start_mark, where, "expected a whole number");
  }
  const unsigned bits = 8 * schema->data_size;
  errno = 0;
  if (is_signed) {
    const int64_t limit = INT64_MAX >> (64 - bits);
    const long long value = strtoll(text, NULL, 10);
    if (errno != 0 || value > limit || value < -limit - 1) {
      return fail_at(yaml, error, node->start_mark, where, "expected %lld .. %lld, got %s",
                     (long long)(-limit - 1), (long long)limit, text);
    }
  } else {
    const uint64_t limit = UINT64_MAX >> (64 - bits);
    const unsigned long long value = strtoull(text, NULL, 10);
    if (text[0] == '-' || errno != 0 || value > limit) {
      return fail_at(yaml, error, node->start_mark, where, "expected 0 .. %llu, got %s",
                     (unsigned long long)limit, text);
    }
  }
  return HB_OK;
}

static hb_status_t check_enum(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                              const yaml_node_t *node, const char *where,
                              hb_config_error_t *error) {
  char names[200] = "";
  size_t used = 0;
  for (uint32_t i = 0; i < schema->enumeration.count && used < sizeof(names); i++) {
    const char *name = schema->enumeration.strings[i].str;
    if (node->type == YAML_SCALAR_NODE && strcmp(name, scalar_text(node)) == 0) {
      return HB_OK;
    }
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ", name);
  }
  return node->type == YAML_SCALAR_NODE
             ? fail_at(yaml, error, node->start_mark, where, "expected one of %s, got %.40s",
                       names, scalar_text(node))
             : fail_at(yaml, error, node->start_mark, where, "expected one of %s", names);
}

static hb_status_t check_string(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                                const yaml_node_t *node, const char *where,
                                hb_config_error_t *error) {
  if (node->type != YAML_SCALAR_NODE) {
    return fail_at(yaml, error, node->start_mark, where, "expected text or a number");
  }
  const size_t len = node->data.scalar.length;
  if (len < schema->string.min || (len == 0 && is_plain(node))) {
    return fail_at(yaml, error, node->start_mark, where, "must not be empty");
  }
  if (len > schema->string.max) {
    return fail_at(yaml, error, node->start_mark, where, "longer than %u bytes",
                   schema->string.max);
  }
  if (strlen(scalar_text(node)) != len) {
    return fail_at(yaml, error, node->start_mark, where, "holds a zero byte");
  }
  return HB_OK;
}

static hb_status_t check_sequence(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                                  const yaml_node_t *node, const char *where,
                                  hb_config_error_t *error) {
  if (node->type != YAML_SEQUENCE_NODE) {
    return fail_at(yaml, error, node->start_mark, where, "expected a list");
  }
  const yaml_node_item_t *items = node->data.sequence.items.start;
  const size_t count = (size_t)(node->data.sequence.items.top - items);
  if (count < schema->sequence.min || count > schema->sequence.max) {
    if (schema->sequence.min == schema->sequence.max) {
      return fail_at(yaml, error, node->start_mark, where, "expected %u items, got %zu",
                     schema->sequence.min, count);
    }
    return fail_at(yaml, error, node->start_mark, where, "expected %u .. %u items, got %zu",
                   schema->sequence.min, schema->sequence.max, count);
  }
  for (size_t i = 0; i < count; i++) {
    char item_where[WHERE_BYTES];
    snprintf(item_where, sizeof(item_where), "%.200s[%zu]", where, i);
    HB_TRY(check_value(yaml, schema->sequence.entry, items[i], item_where, error));
  }
  return HB_OK;
}

static hb_status_t check_mapping(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                                 const yaml_node_t *node, const char *where,
                                 hb_config_error_t *error) {
  if (node->type != YAML_MAPPING_NODE) {
    return fail_at(yaml, error, node->start_mark, where, "expected keys and values");
  }
  const yaml_node_pair_t *start = node->data.mapping.pairs.start;
  const yaml_node_pair_t *top = node->data.mapping.pairs.top;
  for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
    const yaml_node_t *key = node_at(yaml, pair->key);
    const char *name = scalar_text(key);
    char key_where[WHERE_BYTES];
    snprintf(key_where, sizeof(key_where), "%.150s%s%.64s", where, where[0] == '\0' ? "" : ".",
             name);
    const cyaml_schema_field_t *field = schema->mapping.fields;
    while (field->key != NULL && strcmp(field->key, name) != 0) {
      field++;
    }
    if (field->key == NULL) {
      char names[400] = "";
      size_t used = 0;
      for (field = schema->mapping.fields; field->key != NULL && used < sizeof(names); field++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used == 0 ? "" : ", ",
                                 field->key);
      }
      return fail_at(yaml, error, key->start_mark, key_where, "unknown key, expected one of %s",
                     names);
    }
    for (const yaml_node_pair_t *earlier = start; earlier < pair; earlier++) {
      const yaml_node_t *twin = node_at(yaml, earlier->key);
      if (strcmp(scalar_text(twin), name) == 0) {
        return fail_at(yaml, error, key->start_mark, key_where,
                       "duplicate key, already given in line %zu", twin->start_mark.line + 1);
      }
    }
    HB_TRY(check_value(yaml, &field->value, pair->value, key_where, error));
  }
  for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++) {
    bool found = (field->value.flags & CYAML_FLAG_OPTIONAL) != 0;
    for (const yaml_node_pair_t *pair = start; pair < top && !found; pair++) {
      found = strcmp(scalar_text(node_at(yaml, pair->key)), field->key) == 0;
    }
    if (!found) {
      return fail_at(yaml, error, node->start_mark, where, "missing key %s", field->key);
    }
  }
  return HB_OK;
}

static hb_status_t check_value(hb_yaml_t *yaml, const cyaml_schema_value_t *schema, int index,
                               const char *where, hb_config_error_t *error) {
  const yaml_node_t *node = node_at(yaml, index);
  if (yaml->seen[index]) {
    return fail_at(yaml, error, node->start_mark, where, "aliases are not supported");
  }
  yaml->seen[index] = true;
  switch (schema->type) {
    case CYAML_INT:
    case CYAML_UINT:
      return check_integer(yaml, schema, node, where, error);
    case CYAML_BOOL:
      if (node->type != YAML_SCALAR_NODE || !is_plain(node) ||
          (strcmp(scalar_text(node), "true") != 0 && strcmp(scalar_text(node), "false") != 0)) {
        return fail_at(yaml, error, node->start_mark, where, "expected true or false");
      }
      return HB_OK;
    case CYAML_ENUM:
      return check_enum(yaml, schema, node, where, error);
    case CYAML_STRING:
      return check_string(yaml, schema, node, where, error);
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED:
      return check_sequence(yaml, schema, node, where, error);
    case CYAML_MAPPING:
      return check_mapping(yaml, schema, node, where, error);
    default: /* no other type in our schemas */
      return fail_at(yaml, error, node->start_mark, where, "schema type %d not supported",
                     (int)schema->type);
  }
}

hb_status_t hb_yaml_load(hb_yaml_t *yaml, const cyaml_schema_value_t *schema, void **data_out,
                         hb_config_error_t *error) {
  const size_t num_nodes = (size_t)(yaml->document.nodes.top - yaml->document.nodes.start);
  free(yaml->seen);
  yaml->seen = calloc(num_nodes + 1, sizeof(bool)); /* node indices count from 1 */
  if (yaml->seen == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", yaml->path);
    return HB_ERR_NOMEM;
  }
  const char *kind = schema->mapping.fields[0].key;
  if (strcmp(hb_yaml_first_key(yaml), kind) != 0) {
    return fail_at(yaml, error, root_of(yaml)->start_mark, hb_yaml_first_key(yaml),
                   "expected the first key to be %s", kind);
  }
  HB_TRY(check_value(yaml, schema, 1, "", error));
  void *data = NULL;
  const cyaml_err_t code =
      cyaml_load_data(yaml->bytes, yaml->len, &CYAML_CONFIG, schema, &data, NULL);
  if (code != CYAML_OK || data == NULL) {
    snprintf(error->text, sizeof(error->text), "%s: %s", yaml->path, cyaml_strerror(code));
    return code == CYAML_ERR_OOM ? HB_ERR_NOMEM : HB_ERR_INPUT;
  }
  *data_out = data;
  return HB_OK;
}

void hb_yaml_free(const cyaml_schema_value_t *schema, void *data) {
  (void)cyaml_free(&CYAML_CONFIG, schema, data, 0); /* fails only on bad arguments */
}

/* -------------------------------------------------------------------------------------------
 * position */

void hb_yaml_at(hb_yaml_t *yaml, const char *path_format, ...) {
  va_list args;
  va_start(args, path_format);
  vsnprintf(yaml->where, sizeof(yaml->where), path_format, args);
  va_end(args);
}

/* Follows one step of a path ("key", ".key" or "[3]"); NULL where the document has no such step. */
static const yaml_node_t *step(const hb_yaml_t *yaml, const yaml_node_t *node, const char **path) {
  if (**path == '[') {
    char *end = NULL;
    const unsigned long index = strtoul(*path + 1, &end, 10);
    *path = end + 1;
    if (node->type != YAML_SEQUENCE_NODE ||
        index >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start)) {
      return NULL;
    }
    return node_at(yaml, node->data.sequence.items.start[index]);
  }
  *path += **path == '.';
  const size_t len = strcspn(*path, ".[");
  const char *key = *path;
  *path += len;
  if (node->type == YAML_MAPPING_NODE) {
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
      const char *name = scalar_text(node_at(yaml, pair->key));
      if (strlen(name) == len && strncmp(name, key, len) == 0) {
        return node_at(yaml, pair->value);
      }
    }
  }
  return NULL;
}

/* The deepest node on the way to hb_yaml_at() that exists. */
static const yaml_node_t *node_here(const hb_yaml_t *yaml) {
  const yaml_node_t *node = root_of(yaml);
  for (const char *path = yaml->where; *path != '\0';) {
    const yaml_node_t *next = step(yaml, node, &path);
    if (next == NULL) {
      break;
    }
    node = next;
  }
  return node;
}

void hb_yaml_position(const hb_yaml_t *yaml, uint32_t *line_out, uint32_t *column_out) {
  const yaml_mark_t mark = node_here(yaml)->start_mark;
  *line_out = (uint32_t)mark.line + 1;
  *column_out = (uint32_t)mark.column + 1;
}

hb_status_t hb_yaml_fail(hb_yaml_t *yaml, hb_config_error_t *error, const char *format, ...) {
  const yaml_node_t *node = node_here(yaml);
  va_list args;
  va_start(args, format);
  const hb_status_t status = hb_complain(error, yaml->path, node->start_mark.line + 1,
                                         node->start_mark.column + 1, yaml->where, format, args);
  va_end(args);
  return status;
}

/* ---------------------------------------------------------------------------------------------
 * values */

/* `value` / 10^`exponent` without trailing zeros. */
static const char *decimal_text(uint64_t value, unsigned exponent, char text[32]) {
  uint64_t unit = 1;
  for (unsigned i = 0; i < exponent; i++) {
    unit *= 10;
  }
  int len = snprintf(text, 32, "%llu.%0*llu", (unsigned long long)(value / unit), (int)exponent,
                     (unsigned long long)(value % unit));
  while (len > 0 && text[len - 1] == '0') {
    len--;
  }
  len -= len > 0 && text[len - 1] == '.';
  text[len] = '\0';
  return text;
}

/* A decimal but for its minus. */
static bool is_negative(const char *text) {
  uint64_t num = 0;
  uint64_t den = 0;
  return text[0] == '-' && hb_decimal_fraction(text + 1, &num, &den) != HB_ERR_FORMAT;
}

hb_status_t hb_yaml_decimal(hb_yaml_t *yaml, const char *text, unsigned exponent, uint64_t min,
                            uint64_t max, uint64_t *value_out, hb_config_error_t *error) {
  uint64_t value = 0;
  const hb_status_t status = hb_decimal_scaled(text, exponent, &value);
  if (status != HB_OK || value < min || value > max) {
    char low[32];
    char high[32];
    char how[64] = "";
    if (status == HB_ERR_INPUT) {
      snprintf(how, sizeof(how), " with at most %u decimals", exponent);
    } else if (status == HB_ERR_FORMAT && !is_negative(text)) {
      snprintf(how, sizeof(how), " as a plain decimal");
    }
    return hb_yaml_fail(yaml, error, "expected %s .. %s%s, got %s",
                        decimal_text(min, exponent, low), decimal_text(max, exponent, high), how,
                        text);
  }
  *value_out = value;
  return HB_OK;
}

hb_status_t hb_yaml_name(hb_yaml_t *yaml, const char *name, hb_config_error_t *error) {
  static const char ALNUM[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (strspn(name, ALNUM) != strlen(name) || strchr("._-", name[0]) != NULL) {
    return hb_yaml_fail(yaml, error,
                        "expected letters, digits, '.', '_' and '-', the first a letter or digit");
  }
  return HB_OK;
}

hb_status_t hb_yaml_range(hb_yaml_t *yaml, int64_t value, int64_t min, int64_t max,
                          hb_config_error_t *error) {
  if (value < min || value > max) {
    return hb_yaml_fail(yaml, error, "expected %lld .. %lld, got %lld", (long long)min,
                        (long long)max, (long long)value);
  }
  return HB_OK;
}

hb_status_t hb_yaml_power_of_two(hb_yaml_t *yaml, uint32_t value, uint32_t min, uint32_t max,
                                 hb_config_error_t *error) {
  if (value < min || value > max || (value & (value - 1)) != 0) {
    return hb_yaml_fail(yaml, error, "expected a power of two from %u to %u, got %u", min, max,
                        value);
  }
  return HB_OK;
}

hb_status_t hb_yaml_resolve(hb_yaml_t *yaml, const char *reference,
                            char path_out[HB_PATH_MAX_BYTES], hb_config_error_t *error) {
  return hb_yaml_resolve_in(yaml, "", reference, path_out, error);
}

hb_status_t hb_yaml_resolve_in(hb_yaml_t *yaml, const char *folder, const char *reference,
                               char path_out[HB_PATH_MAX_BYTES], hb_config_error_t *error) {
  const char *slash = strrchr(yaml->path, '/');
  const bool absolute = reference[0] == '/', placed = absolute || folder[0] == '/';
  const int from_len = slash == NULL || placed ? 0 : (int)(slash - yaml->path + 1);
  const int len =
      snprintf(path_out, HB_PATH_MAX_BYTES, "%.*s%s%s%s", from_len, yaml->path,
               absolute ? "" : folder, absolute || folder[0] == '\0' ? "" : "/", reference);
  if (len >= HB_PATH_MAX_BYTES) {
    return hb_yaml_fail(yaml, error, "path longer than %d bytes", HB_PATH_MAX_BYTES - 1);
  }
  if (access(path_out, R_OK) != 0) {
    return hb_yaml_fail(yaml, error, "cannot read %s", path_out);
  }
  return HB_OK;
}
