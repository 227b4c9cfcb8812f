/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The codings of columns (hb_trace_field_t.coding): value to residual and back, record by record.
 * Internal.
 *
 * A codec belongs to one stream. Reset it at the start of every member: members can be read alone.
 */

#ifndef HB_TRACE_CODEC_H_
#define HB_TRACE_CODEC_H_

#include "hb_trace.h"

enum { HB_TRACE_SUM_MAX = 8, HB_TRACE_LIKE_SLOTS = 1024 };

typedef enum hb_trace_coding_kind {
  HB_TRACE_CODING_PLAIN,
  HB_TRACE_CODING_DELTA,
  HB_TRACE_CODING_SUM,
  HB_TRACE_CODING_LIKE,
} hb_trace_coding_kind_t;

typedef struct hb_trace_coding {
  hb_trace_coding_kind_t kind;
  uint32_t num_terms; /* sum */
  uint8_t term[HB_TRACE_SUM_MAX];
  bool minus[HB_TRACE_SUM_MAX];
  uint8_t key; /* like */
  uint64_t mask;
} hb_trace_coding_t;

/**
 * Understands the coding of field `index` of `stream`, which may refer to earlier fields only.
 * Returns NULL, or what is wrong with it.
 */
const char *hb_trace_coding_parse(const hb_trace_stream_t *stream, uint32_t index,
                                  hb_trace_coding_t *coding_out);

typedef struct hb_trace_codec {
  uint32_t num_fields;
  hb_trace_coding_t coding[HB_TRACE_MAX_FIELDS];
  uint64_t previous[HB_TRACE_MAX_FIELDS];
  uint64_t *slots[HB_TRACE_MAX_FIELDS]; /* HB_TRACE_LIKE_SLOTS of them for like, else NULL */
} hb_trace_codec_t;

/** @retval HB_ERR_NOMEM @retval HB_ERR_FORMAT a coding is not understood. */
HB_MUST_USE hb_status_t hb_trace_codec_init(hb_trace_codec_t *codec,
                                            const hb_trace_stream_t *stream);
void hb_trace_codec_release(hb_trace_codec_t *codec);
void hb_trace_codec_reset(hb_trace_codec_t *codec);

/** Residual, as it is stored, of every value of a record. */
void hb_trace_codec_encode(hb_trace_codec_t *codec, const uint64_t *values,
                           uint64_t *residuals_out);
/** The inverse. The arrays may be the same. */
void hb_trace_codec_decode(hb_trace_codec_t *codec, const uint64_t *residuals,
                           uint64_t *values_out);

#endif /* HB_TRACE_CODEC_H_ */
