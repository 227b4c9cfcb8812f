/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a trace is made of: levels, streams, fields, metadata. Shared by writer and reader.
 *
 * A trace (.hbt) is a set of streams. A stream is a table: records of a fixed list of fields, each
 * a 64-bit value, the first one the cycle of the record. The schema (streams, fields, names of enum
 * values, metadata of the run) is stored in the file, so a reader needs to know none of them
 * beforehand. host/trace/README.md teaches the bytes.
 */

#ifndef HB_TRACE_H_
#define HB_TRACE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HB_TRACE_VERSION 1u /* format this library writes, and the newest it reads */

/* Limits of format 1. The writer refuses more, the reader calls it damage. */
enum {
  HB_TRACE_MAX_STREAMS = 256,
  HB_TRACE_MAX_FIELDS = 64,
  HB_TRACE_MAX_META = 65536,
  HB_TRACE_MAX_ENUMS = 4096,      /* values of all enums together */
  HB_TRACE_MAX_NAME = 63,         /* bytes of a stream, field, enum or unit name */
  HB_TRACE_MAX_TEXT = 4095,       /* bytes of a metadata value or an interned string */
  HB_TRACE_MAX_PAYLOAD = 8 << 20, /* uncompressed bytes of a member */
};

/** How much a trace records; each level includes the ones before it. */
typedef enum hb_trace_level {
  HB_TRACE_DECISIONS = 0, /* what firmware decided: telemetry */
  HB_TRACE_JOBS = 1,      /* and every tile job and interrupt */
  HB_TRACE_PACKETS = 2,   /* and every NoC packet */
  HB_TRACE_BOUNDARY = 3,  /* and every cycle of activity at tile boundaries */
  HB_TRACE_LEVELS = 4,    /* how many there are */
} hb_trace_level_t;

/** "decisions", "jobs", "packets", "boundary"; NULL past the end. */
const char *hb_trace_level_name(uint32_t level);

/** Looks a level's name up. @retval HB_ERR_INPUT there is no such level. */
HB_MUST_USE hb_status_t hb_trace_level_from_name(const char *name, hb_trace_level_t *level_out);

/**
 * One column. Names are [a-z][a-z0-9_]*.
 *
 * `type` says how to show a value (an unknown type is shown as uint):
 * - uint, hex, bool, cycle; int (two's complement, 64 bits)
 * - node (of the NoC: y * columns + x), tile (index; 0xffffffff none), model (index)
 * - tag: a job's; from bit 26 its model, from bit 12 its frame modulo 2^14, below its layer
 * - string: id of an interned string
 * - enum:NAME: a value of that enum
 *
 * `coding` says how the column is stored:
 * - plain: the value
 * - delta: minus the value in the stream's previous record
 * - sum [-]F [-]F ...: minus the sum of earlier fields F of the same record
 * - like F MASK: minus the value in the last record whose field F, and-ed with the hexadecimal
 * MASK, fell into the same of 1024 slots
 *
 * Differences are modulo 2^64, so every coding is lossless for all values.
 */
typedef struct hb_trace_field {
  const char *name;
  const char *type;
  const char *unit; /* "cycles", "beats"; "" if none */
  const char *coding;
} hb_trace_field_t;

typedef struct hb_trace_stream {
  const char *name;
  hb_trace_level_t level;
  uint32_t num_fields;            /* 1 .. HB_TRACE_MAX_FIELDS */
  const hb_trace_field_t *fields; /* fields[0] is the time, coded delta */
} hb_trace_stream_t;

/** One value of an enum: what a field of type "enum:<enum_name>" shows for `value`. */
typedef struct hb_trace_enum {
  const char *enum_name;
  uint64_t value;
  const char *name;
} hb_trace_enum_t;

/**
 * Metadata of a run: an ordered list of texts by key. Keys are [a-z0-9_.]+ and unique.
 *
 * Life cycle: hb_trace_meta_init() -> set functions -> hb_trace_meta_release(). The struct owns
 * copies. The set functions never fail at once: the first failure (HB_ERR_NOMEM; HB_ERR_ARG for a
 * bad or repeated key or a text above HB_TRACE_MAX_TEXT) is kept in `status` and comes back from
 * whoever uses the list.
 */
typedef struct hb_trace_meta {
  uint32_t num;
  char **keys;
  char **values;
  hb_status_t status;
  uint32_t capacity;
} hb_trace_meta_t;

void hb_trace_meta_init(hb_trace_meta_t *meta);
void hb_trace_meta_release(hb_trace_meta_t *meta);
void hb_trace_meta_set(hb_trace_meta_t *meta, const char *key, const char *text);
void hb_trace_meta_set_uint(hb_trace_meta_t *meta, const char *key, uint64_t value);
/* Names that show instead of indices: keys node.<node>, tile.<tile>, model.<model> and
 * layer.<model>.<layer>. */
void hb_trace_meta_set_node(hb_trace_meta_t *meta, uint32_t node, const char *name);
void hb_trace_meta_set_tile(hb_trace_meta_t *meta, uint32_t tile, const char *name);
void hb_trace_meta_set_model(hb_trace_meta_t *meta, uint32_t model, const char *name);
void hb_trace_meta_set_layer(hb_trace_meta_t *meta, uint32_t model, uint32_t layer,
                             const char *name);
/* Key depends.<model>: the `num` models it waits for, by index, separated by spaces. A frame of it
 * starts when their frames of the same number are done. */
void hb_trace_meta_set_depends(hb_trace_meta_t *meta, uint32_t model, const uint32_t *on,
                               uint32_t num);

/** Everything a file says about itself before its first record. */
typedef struct hb_trace_schema {
  const char *writer;     /* program that wrote it, "hilbert 0.1.0" */
  hb_trace_level_t level; /* highest level recorded */
  const hb_trace_meta_t *meta;
  uint32_t num_streams;
  const hb_trace_stream_t *streams; /* a stream's id is its index here */
  uint32_t num_enums;
  const hb_trace_enum_t *enums;
} hb_trace_schema_t;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TRACE_H_ */
