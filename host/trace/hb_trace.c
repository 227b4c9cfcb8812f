/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kLevelNames[HB_TRACE_LEVELS] = {"decisions", "jobs", "packets",
                                                         "boundary"};

const char *hb_trace_level_name(uint32_t level) {
  return level < HB_TRACE_LEVELS ? kLevelNames[level] : NULL;
}

hb_status_t hb_trace_level_from_name(const char *name, hb_trace_level_t *level_out) {
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    if (strcmp(name, kLevelNames[level]) == 0) {
      *level_out = (hb_trace_level_t)level;
      return HB_OK;
    }
  }
  return HB_ERR_INPUT;
}

void hb_trace_meta_init(hb_trace_meta_t *meta) {
  *meta = (hb_trace_meta_t){.status = HB_OK};
}

void hb_trace_meta_release(hb_trace_meta_t *meta) {
  for (uint32_t i = 0; i < meta->num; i++) {
    free(meta->keys[i]);
    free(meta->values[i]);
  }
  free(meta->keys);
  free(meta->values);
  hb_trace_meta_init(meta);
}

static bool is_key(const char *key) {
  const size_t len = strlen(key);
  return len >= 1 && len <= HB_TRACE_MAX_NAME &&
         strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.") == len;
}

/* Repeated keys are found when the schema is built: it sorts, this appends. */
void hb_trace_meta_set(hb_trace_meta_t *meta, const char *key, const char *text) {
  if (meta->status != HB_OK) return;
  if (!is_key(key) || strlen(text) > HB_TRACE_MAX_TEXT || meta->num == HB_TRACE_MAX_META) {
    meta->status = HB_ERR_ARG;
    return;
  }
  if (meta->num == meta->capacity) {
    const uint32_t capacity = meta->capacity == 0 ? 64 : meta->capacity * 2;
    char **keys = realloc(meta->keys, capacity * sizeof(*keys));
    if (keys != NULL) meta->keys = keys;
    char **values = realloc(meta->values, capacity * sizeof(*values));
    if (values != NULL) meta->values = values;
    if (keys == NULL || values == NULL) {
      meta->status = HB_ERR_NOMEM;
      return;
    }
    meta->capacity = capacity;
  }
  char *key_copy = strdup(key);
  char *value_copy = strdup(text);
  if (key_copy == NULL || value_copy == NULL) {
    free(key_copy);
    free(value_copy);
    meta->status = HB_ERR_NOMEM;
    return;
  }
  meta->keys[meta->num] = key_copy;
  meta->values[meta->num] = value_copy;
  meta->num++;
}

void hb_trace_meta_set_uint(hb_trace_meta_t *meta, const char *key, uint64_t value) {
  char text[24];
  snprintf(text, sizeof(text), "%" PRIu64, value);
  hb_trace_meta_set(meta, key, text);
}

void hb_trace_meta_set_node(hb_trace_meta_t *meta, uint32_t node, const char *name) {
  char key[32];
  snprintf(key, sizeof(key), "node.%" PRIu32, node);
  hb_trace_meta_set(meta, key, name);
}

void hb_trace_meta_set_tile(hb_trace_meta_t *meta, uint32_t tile, const char *name) {
  char key[32];
  snprintf(key, sizeof(key), "tile.%" PRIu32, tile);
  hb_trace_meta_set(meta, key, name);
}

void hb_trace_meta_set_model(hb_trace_meta_t *meta, uint32_t model, const char *name) {
  char key[32];
  snprintf(key, sizeof(key), "model.%" PRIu32, model);
  hb_trace_meta_set(meta, key, name);
}

void hb_trace_meta_set_layer(hb_trace_meta_t *meta, uint32_t model, uint32_t layer,
                             const char *name) {
  char key[32];
  snprintf(key, sizeof(key), "layer.%" PRIu32 ".%" PRIu32, model, layer);
  hb_trace_meta_set(meta, key, name);
}

void hb_trace_meta_set_depends(hb_trace_meta_t *meta, uint32_t model, const uint32_t *on,
                               uint32_t num) {
  char key[32];
  char list[HB_TRACE_MAX_TEXT + 2] = ""; /* too long by one is refused below */
  size_t used = 0;
  for (uint32_t i = 0; i < num && used < sizeof(list); i++) {
    used +=
        (size_t)snprintf(list + used, sizeof(list) - used, "%s%" PRIu32, i == 0 ? "" : " ", on[i]);
  }
  snprintf(key, sizeof(key), "depends.%" PRIu32, model);
  hb_trace_meta_set(meta, key, list);
}
