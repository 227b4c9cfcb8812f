/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The workload image: what the host tools compile a scenario into and the firmware reads in place.
 *
 * One block at HB_IMAGE_BASE, little endian, 8-byte aligned tables addressed by byte offsets from the
 * image's first byte:
 *
 *   header | tiles[num_tiles] | models[num_models] | layers[num_layers] | programs[num_layers][num_kinds]
 *
 * Tile programs, weights and tensors are in DRAM; the image holds their addresses.
 * The crc is CRC-32 (zlib's) over the whole image with the crc field zero.
 */

#ifndef HILBERT_HB_IMAGE_H_
#define HILBERT_HB_IMAGE_H_

#include <stdint.h>

#define HB_IMAGE_MAGIC 0x474d4948u /* "HIMG" */
#define HB_IMAGE_VERSION 2u

enum {
  HB_IMAGE_MAX_MODELS = 32,
  HB_IMAGE_MAX_LAYERS = 4096, /* in all models together */
  HB_IMAGE_MAX_KINDS = 8,     /* distinct tile configurations in a SoC */
  HB_IMAGE_MAX_SLOTS = 8,
  HB_IMAGE_NONE = 0xffffffff
};

/* X(name, number): scheduling policies of the firmware. */
#define HB_POLICY_TABLE(X) \
  X(fcfs, 0)               \
  X(edf, 1)

typedef struct hb_image_header {
  uint32_t magic;
  uint32_t version;
  uint32_t size_bytes; /* of the whole image */
  uint32_t crc;
  uint32_t num_tiles;
  uint32_t num_kinds;
  uint32_t num_models;
  uint32_t num_layers;
  uint32_t tiles_offset;
  uint32_t models_offset;
  uint32_t layers_offset;
  uint32_t programs_offset;
  uint32_t policy;          /* HB_POLICY_TABLE */
  uint32_t watchdog_cycles; /* for the tiles' WATCHDOG register; 0 off */
  uint32_t clock_khz;
  uint32_t flags; /* HB_IMAGE_FLAG_* */
} hb_image_header_t;

/* Policies also emit one CANDIDATE record per ready job and free tile they considered. */
#define HB_IMAGE_FLAG_CANDIDATES (1u << 0)
/* Frames whose deadline has passed before their first layer started are dropped. */
#define HB_IMAGE_FLAG_DROP_LATE (1u << 1)
/* The tiles' network interfaces keep every job within the windows of its model (hb_memmap.h). */
#define HB_IMAGE_FLAG_PROTECT (1u << 2)

/* What a model's jobs may touch: [base, end), multiples of 16. Empty if base = end. */
typedef struct hb_image_window {
  uint32_t base;
  uint32_t end;
} hb_image_window_t;

enum {
  HB_IMAGE_WINDOW_PROGRAMS, /* read; programs may be shared, so these windows of models may be the same */
  HB_IMAGE_WINDOW_CONSTANTS, /* read */
  HB_IMAGE_WINDOW_TENSORS,   /* read and write */
  HB_IMAGE_WINDOWS
};

typedef struct hb_image_tile {
  uint32_t mmio_base; /* HB_TILE_BASE(index) */
  uint32_t kind;      /* 0 .. num_kinds-1: column of the program table */
  uint32_t id;        /* expected value of the ID register */
  uint32_t reserved;
} hb_image_tile_t;

typedef struct hb_image_model {
  uint32_t first_layer; /* index in the layer table */
  uint32_t num_layers;  /* 1 or more; run one after the other */
  uint32_t depends_on;  /* model whose frame f must complete before our frame f starts, or HB_IMAGE_NONE */
  uint32_t num_slots;   /* input slots, 1 .. HB_IMAGE_MAX_SLOTS */
  uint32_t slot_addr[HB_IMAGE_MAX_SLOTS];
  uint32_t priority; /* 0 most important; ties of a policy go to the lower number */
  uint32_t reserved;
  hb_image_window_t window[HB_IMAGE_WINDOWS]; /* with HB_IMAGE_FLAG_PROTECT */
} hb_image_model_t;

typedef struct hb_image_layer {
  uint32_t in_addr;     /* base 0; HB_IMAGE_NONE: the frame's input slot */
  uint32_t out_addr;    /* base 1 */
  uint32_t const_addr;  /* base 2 */
  uint32_t in2_addr;    /* base 3; HB_IMAGE_NONE: unused */
} hb_image_layer_t;

typedef struct hb_image_program {
  uint32_t addr;       /* 64-byte aligned; HB_IMAGE_NONE: this tile kind cannot run the layer */
  uint32_t commands;   /* END included */
  uint32_t est_cycles; /* mapper's estimate of the job's cycles, uncontended */
  uint32_t reserved;
} hb_image_program_t;

_Static_assert(sizeof(hb_image_header_t) == 64, "header is 64 bytes");
_Static_assert(sizeof(hb_image_tile_t) == 16, "tile is 16 bytes");
_Static_assert(sizeof(hb_image_model_t) == 80, "model is 80 bytes");
_Static_assert(sizeof(hb_image_layer_t) == 16, "layer is 16 bytes");
_Static_assert(sizeof(hb_image_program_t) == 16, "program is 16 bytes");

/* Job tag: what a tile hands back and what traces show. */
#define HB_TAG(model, frame, layer) \
  (((uint32_t)(model) << 26) | (((uint32_t)(frame) & 0x3fffu) << 12) | ((uint32_t)(layer) & 0xfffu))
#define HB_TAG_MODEL(tag) ((uint32_t)(tag) >> 26)
#define HB_TAG_FRAME(tag) (((uint32_t)(tag) >> 12) & 0x3fffu) /* frame number modulo 2^14 */
#define HB_TAG_LAYER(tag) ((uint32_t)(tag)&0xfffu)            /* index within the model */

#endif /* HILBERT_HB_IMAGE_H_ */
