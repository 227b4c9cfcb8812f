/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_codec.h"

#include <stdlib.h>
#include <string.h>

#include "hb_trace_buf.h"

/* Next word of a coding into `word`, its end returned; NULL: there is none, or it is too long. */
static const char *next_word(const char *at, char word[HB_TRACE_MAX_NAME + 2]) {
  at += strspn(at, " ");
  const size_t len = strcspn(at, " ");
  if (len == 0 || len > HB_TRACE_MAX_NAME + 1) return NULL;
  memcpy(word, at, len);
  word[len] = '\0';
  return at + len;
}

static bool find_field(const hb_trace_stream_t *stream, uint32_t before, const char *name,
                       uint8_t *index_out) {
  for (uint32_t i = 0; i < before; i++) {
    if (strcmp(stream->fields[i].name, name) == 0) {
      *index_out = (uint8_t)i;
      return true;
    }
  }
  return false;
}

static const char *parse_sum(const hb_trace_stream_t *stream, uint32_t index, const char *at,
                             hb_trace_coding_t *coding) {
  char word[HB_TRACE_MAX_NAME + 2];
  while ((at = next_word(at, word)) != NULL) {
    const uint32_t i = coding->num_terms;
    if (i == HB_TRACE_SUM_MAX) return "a sum of more than 8 fields";
    coding->minus[i] = word[0] == '-';
    if (!find_field(stream, index, word + (coding->minus[i] ? 1 : 0), &coding->term[i])) {
      return "a sum of something that is not an earlier field";
    }
    coding->num_terms++;
  }
  return coding->num_terms > 0 ? NULL : "a sum of nothing";
}

static const char *parse_like(const hb_trace_stream_t *stream, uint32_t index, const char *at,
                              hb_trace_coding_t *coding) {
  char word[HB_TRACE_MAX_NAME + 2];
  at = next_word(at, word);
  if (at == NULL || !find_field(stream, index, word, &coding->key)) {
    return "like something that is not an earlier field";
  }
  at = next_word(at, word);
  const size_t digits = at == NULL ? 0 : strlen(word);
  if (digits < 1 || digits > 16 || strspn(word, "0123456789abcdef") != digits || *at != '\0') {
    return "like without one hexadecimal mask";
  }
  coding->mask = strtoull(word, NULL, 16);
  return NULL;
}

const char *hb_trace_coding_parse(const hb_trace_stream_t *stream, uint32_t index,
                                  hb_trace_coding_t *coding_out) {
  *coding_out = (hb_trace_coding_t){0};
  char word[HB_TRACE_MAX_NAME + 2];
  const char *rest = next_word(stream->fields[index].coding, word);
  if (rest == NULL) return "no coding";
  if (strcmp(word, "sum") == 0) {
    coding_out->kind = HB_TRACE_CODING_SUM;
    return parse_sum(stream, index, rest, coding_out);
  }
  if (strcmp(word, "like") == 0) {
    coding_out->kind = HB_TRACE_CODING_LIKE;
    return parse_like(stream, index, rest, coding_out);
  }
  if (*rest == '\0' && strcmp(word, "plain") == 0) {
    coding_out->kind = HB_TRACE_CODING_PLAIN;
    return NULL;
  }
  if (*rest == '\0' && strcmp(word, "delta") == 0) {
    coding_out->kind = HB_TRACE_CODING_DELTA;
    return NULL;
  }
  return "an unknown coding";
}

hb_status_t hb_trace_codec_init(hb_trace_codec_t *codec, const hb_trace_stream_t *stream) {
  *codec = (hb_trace_codec_t){.num_fields = stream->num_fields};
  for (uint32_t i = 0; i < stream->num_fields; i++) {
    if (hb_trace_coding_parse(stream, i, &codec->coding[i]) != NULL) {
      hb_trace_codec_release(codec);
      return HB_ERR_FORMAT;
    }
    if (codec->coding[i].kind == HB_TRACE_CODING_LIKE) {
      codec->slots[i] = calloc(HB_TRACE_LIKE_SLOTS, sizeof(uint64_t));
      if (codec->slots[i] == NULL) {
        hb_trace_codec_release(codec);
        return HB_ERR_NOMEM;
      }
    }
  }
  return HB_OK;
}

void hb_trace_codec_release(hb_trace_codec_t *codec) {
  for (uint32_t i = 0; i < HB_TRACE_MAX_FIELDS; i++) {
    free(codec->slots[i]);
    codec->slots[i] = NULL;
  }
}

void hb_trace_codec_reset(hb_trace_codec_t *codec) {
  for (uint32_t i = 0; i < codec->num_fields; i++) {
    codec->previous[i] = 0;
    if (codec->slots[i] != NULL) memset(codec->slots[i], 0, HB_TRACE_LIKE_SLOTS * sizeof(uint64_t));
  }
}

static uint64_t *like_slot(const hb_trace_codec_t *codec, uint32_t field, const uint64_t *values) {
  const hb_trace_coding_t *coding = &codec->coding[field];
  /* Fibonacci hashing: the golden ratio in 64 bits spreads neighbouring keys; 10 bits choose of
   * 1024. */
  const uint64_t hash = (values[coding->key] & coding->mask) * 0x9e3779b97f4a7c15u;
  return &codec->slots[field][hash >> 54];
}

static uint64_t sum_of(const hb_trace_coding_t *coding, const uint64_t *values) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < coding->num_terms; i++) {
    const uint64_t value = values[coding->term[i]];
    sum += coding->minus[i] ? 0u - value : value;
  }
  return sum;
}

void hb_trace_codec_encode(hb_trace_codec_t *codec, const uint64_t *values,
                           uint64_t *residuals_out) {
  for (uint32_t i = 0; i < codec->num_fields; i++) {
    const uint64_t value = values[i];
    switch (codec->coding[i].kind) {
      case HB_TRACE_CODING_PLAIN:
        residuals_out[i] = value;
        break;
      case HB_TRACE_CODING_DELTA:
        residuals_out[i] = hb_trace_zigzag(value - codec->previous[i]);
        codec->previous[i] = value;
        break;
      case HB_TRACE_CODING_SUM:
        residuals_out[i] = hb_trace_zigzag(value - sum_of(&codec->coding[i], values));
        break;
      case HB_TRACE_CODING_LIKE: {
        uint64_t *slot = like_slot(codec, i, values);
        residuals_out[i] = hb_trace_zigzag(value - *slot);
        *slot = value;
        break;
      }
    }
  }
}

/* Codings refer to earlier fields only, which are values by the time they are needed. */
void hb_trace_codec_decode(hb_trace_codec_t *codec, const uint64_t *residuals,
                           uint64_t *values_out) {
  for (uint32_t i = 0; i < codec->num_fields; i++) {
    const uint64_t residual = residuals[i];
    switch (codec->coding[i].kind) {
      case HB_TRACE_CODING_PLAIN:
        values_out[i] = residual;
        break;
      case HB_TRACE_CODING_DELTA:
        codec->previous[i] += hb_trace_unzigzag(residual);
        values_out[i] = codec->previous[i];
        break;
      case HB_TRACE_CODING_SUM:
        values_out[i] = hb_trace_unzigzag(residual) + sum_of(&codec->coding[i], values_out);
        break;
      case HB_TRACE_CODING_LIKE: {
        uint64_t *slot = like_slot(codec, i, values_out);
        *slot += hb_trace_unzigzag(residual);
        values_out[i] = *slot;
        break;
      }
    }
  }
}
