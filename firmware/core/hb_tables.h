/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The workload image (hilbert/hb_image.h), checked once at boot and then read in place.
 *
 * After hb_tables_open() has returned HB_OK every index and offset in the tables is inside its
 * bounds, so nobody checks them again.
 */

#ifndef HB_TABLES_H_
#define HB_TABLES_H_

#include <stdint.h>

#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

typedef struct hb_tables {
  const hb_image_header_t *header;
  const hb_image_tile_t *tiles;
  const hb_image_model_t *models;
  const hb_image_variant_t *variants;
  const hb_image_layer_t *layers;
  const hb_image_program_t *programs; /* [layer][kind]: see hb_tables_programs() */
} hb_tables_t;

/* Which check failed: the `detail` word of the FAULT record. Values appear in traces: append only.
 */
typedef enum hb_tables_check {
  HB_TABLES_OK = 0,
  HB_TABLES_BAD_MAGIC = 1,
  HB_TABLES_BAD_VERSION = 2,
  HB_TABLES_BAD_SIZE = 3, /* smaller than its header, larger than its memory, not whole words */
  HB_TABLES_BAD_CRC = 4,
  HB_TABLES_BAD_COUNT = 5,  /* tiles, kinds, models, variants or layers: none or too many */
  HB_TABLES_BAD_OFFSET = 6, /* a table is not inside the image or not 8-byte aligned */
  HB_TABLES_BAD_POLICY = 7,
  HB_TABLES_BAD_TILE = 8,     /* window or kind */
  HB_TABLES_BAD_MODEL = 9,    /* layers, variants, slots, period, dependency, level, static tile */
  HB_TABLES_BAD_CYCLE = 10,   /* a model depends on itself */
  HB_TABLES_BAD_LAYER = 11,   /* a tensor is outside DRAM or misaligned */
  HB_TABLES_BAD_PROGRAM = 12, /* address or length */
  HB_TABLES_NO_TILE = 13,     /* no tile of this machine can run the layer */
  HB_TABLES_BAD_WINDOW =
      14,                   /* a model's window is misaligned, or a writable one overlaps another */
  HB_TABLES_BAD_SCHED = 15, /* a parameter of hb_image_sched_t is out of range */
  HB_TABLES_BAD_VARIANT = 16,  /* layers, accuracy or reserved; index: of the variant */
  HB_TABLES_BAD_ESTIMATE = 17, /* togo_min above togo_avg, or a program without energy */
} hb_tables_check_t;

/** What is wrong with an image. */
typedef struct hb_tables_fault {
  hb_tables_check_t check;
  uint32_t index; /* of the offending tile, model, variant or layer; else 0 */
} hb_tables_fault_t;

/**
 * Checks everything in the image.
 *
 * @param image    4-byte aligned; stays in use.
 * @param capacity bytes of memory behind `image`.
 * @retval HB_ERR_FORMAT fault_out says what and where; tables_out is not to be used.
 */
HB_MUST_USE hb_status_t hb_tables_open(hb_tables_t *tables_out, const void *image,
                                       uint32_t capacity, hb_tables_fault_t *fault_out);

/** Programs of layer `layer` (index in the layer table), one per tile kind. */
static inline const hb_image_program_t *hb_tables_programs(const hb_tables_t *tables,
                                                           uint32_t layer) {
  return &tables->programs[layer * tables->header->num_kinds];
}

#endif /* HB_TABLES_H_ */
