/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The workload image: what the host tools compile a scenario into and the firmware reads in place.
 *
 * One block at HB_IMAGE_BASE, little endian, 8-byte aligned tables addressed by byte offsets from the
 * image's first byte:
 *
 *   header | tiles[num_tiles] | models[num_models] | variants[num_variants] | layers[num_layers] |
 *   programs[num_layers][num_kinds]
 *
 * Tile programs, weights and tensors are in DRAM; the image holds their addresses.
 * The crc is CRC-32 (zlib's) over the whole image with the crc field zero.
 */

#ifndef HILBERT_HB_IMAGE_H_
#define HILBERT_HB_IMAGE_H_

#include <stdint.h>

#define HB_IMAGE_MAGIC 0x474d4948u /* "HIMG" */
#define HB_IMAGE_VERSION 3u

enum {
  HB_IMAGE_MAX_MODELS = 32,
  HB_IMAGE_MAX_LAYERS = 4096, /* in all models together */
  HB_IMAGE_MAX_KINDS = 8,     /* distinct tile configurations in a SoC */
  HB_IMAGE_MAX_SLOTS = 8,
  HB_IMAGE_MAX_VARIANTS = 8, /* of a model */
  HB_IMAGE_MAX_PATH_BITS = 32, /* skip_mask */
  HB_IMAGE_MAX_DROP_WINDOW = 32,
  HB_IMAGE_NONE = 0xffffffff
};

/* X(name, number): scheduling policies of the firmware. */
#define HB_POLICY_TABLE(X) \
  X(fcfs, 0)               \
  X(edf, 1)                \
  X(static, 2)             \
  X(rate_monotonic, 3)     \
  X(latency_greedy, 4)     \
  X(prema, 5)              \
  X(veltair, 6)            \
  X(planaria, 7)           \
  X(dream, 8)

/* Numbers in Q16: 65536 is 1.0. */
#define HB_IMAGE_Q16_ONE 65536u
#define HB_IMAGE_MAX_WEIGHT_Q16 (2u * HB_IMAGE_Q16_ONE)

/* hb_image_sched_t.flags: parts of the policy dream. */
#define HB_SCHED_SMART_DROP (1u << 0) /* drops frames that will miss, so that others do not */
#define HB_SCHED_SUPERNET (1u << 1)   /* chooses variants; without it every frame runs the first */
#define HB_SCHED_TUNE (1u << 2)       /* adapts alpha and beta */
#define HB_SCHED_NO_MAPSCORE (1u << 3) /* first come, first served instead; TUNE has nothing to adapt then */

/* hb_image_model_t.level: priorities of tasks. */
enum { HB_LEVEL_MEDIUM = 0, HB_LEVEL_LOW = 1, HB_LEVEL_HIGH = 2, HB_NUM_LEVELS = 3 };

/* Parameters of the policy dream. */
typedef struct hb_image_sched {
  uint32_t flags; /* HB_SCHED_* */
  uint32_t alpha_q16; /* weight of starvation, 0 .. 2.0: at the start, or for good without TUNE */
  uint32_t beta_q16;  /* weight of energy, likewise */
  uint32_t tune_interval_cycles; /* 1 or more */
  uint32_t tune_step_q16; /* first step of the search, above 0, up to 2.0 */
  uint32_t tune_stop_q16; /* the search ends when its step is below this, above 0, up to 2.0 */
  uint32_t drop_window; /* frames of a model looked back at, 1 .. HB_IMAGE_MAX_DROP_WINDOW */
  uint32_t drop_max;    /* smart drops among these at most, 0 .. drop_window */
} hb_image_sched_t;

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
  uint32_t variants_offset;
  uint32_t num_variants; /* of all models together */
  hb_image_sched_t sched;
} hb_image_header_t;

/* Bit 0 is not used. Frames whose deadline has passed before their first layer started are dropped. */
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
  uint32_t num_layers;  /* 1 or more; of all its variants */
  uint32_t depends_on;  /* model whose frame f must complete before our frame f starts, or HB_IMAGE_NONE */
  uint32_t num_slots;   /* input slots, 1 .. HB_IMAGE_MAX_SLOTS */
  uint32_t slot_addr[HB_IMAGE_MAX_SLOTS];
  uint32_t priority; /* 0 most important; ties of a policy go to the lower number */
  uint32_t first_variant; /* index in the variant table */
  uint32_t num_variants;  /* 1 .. HB_IMAGE_MAX_VARIANTS; a frame runs one of them */
  uint32_t period_cycles; /* between two frames, 1 or more; saturated */
  uint32_t static_tile;   /* of the policy static: a tile that runs every layer, or HB_IMAGE_NONE: each
                             layer's fastest tile */
  uint32_t level;         /* HB_LEVEL_*, of the policy prema */
  hb_image_window_t window[HB_IMAGE_WINDOWS]; /* with HB_IMAGE_FLAG_PROTECT */
} hb_image_model_t;

/* One network of a supernet, heaviest first; a plain model has one. */
typedef struct hb_image_variant {
  uint32_t first_layer; /* index in the layer table, inside the model's */
  uint32_t num_layers;  /* 1 or more; run one after the other */
  uint32_t accuracy_q16; /* 1 .. 65536 */
  uint32_t reserved;     /* 0 */
} hb_image_variant_t;

typedef struct hb_image_layer {
  uint32_t in_addr;     /* base 0; HB_IMAGE_NONE: the frame's input slot */
  uint32_t out_addr;    /* base 1 */
  uint32_t const_addr;  /* base 2 */
  uint32_t in2_addr;    /* base 3; HB_IMAGE_NONE: unused */
  uint32_t skip_mask;   /* not run in frames whose path (HB_MBOX_PATH) has one of these bits */
  uint32_t switch_nj;   /* energy of moving the activations alive before this layer once through DRAM */
  uint32_t togo_avg;    /* cycles: of this and the later layers of the variant, each the mean of est_cycles over
                           the tiles that can run it, times the share of frames that run it; saturated */
  uint32_t togo_min;    /* likewise of the fastest tile; not above togo_avg */
} hb_image_layer_t;

typedef struct hb_image_program {
  uint32_t addr;       /* 64-byte aligned; HB_IMAGE_NONE: this tile kind cannot run the layer */
  uint32_t commands;   /* END included */
  uint32_t est_cycles; /* mapper's estimate of the job's cycles, uncontended */
  uint32_t est_nj;     /* its energy, 1 or more; saturated */
} hb_image_program_t;

_Static_assert(sizeof(hb_image_header_t) == 104, "header is 104 bytes");
_Static_assert(sizeof(hb_image_tile_t) == 16, "tile is 16 bytes");
_Static_assert(sizeof(hb_image_model_t) == 96, "model is 96 bytes");
_Static_assert(sizeof(hb_image_variant_t) == 16, "variant is 16 bytes");
_Static_assert(sizeof(hb_image_layer_t) == 32, "layer is 32 bytes");
_Static_assert(sizeof(hb_image_program_t) == 16, "program is 16 bytes");

/* Job tag: what a tile hands back and what traces show. */
#define HB_TAG(model, frame, layer) \
  (((uint32_t)(model) << 26) | (((uint32_t)(frame) & 0x3fffu) << 12) | ((uint32_t)(layer) & 0xfffu))
#define HB_TAG_MODEL(tag) ((uint32_t)(tag) >> 26)
#define HB_TAG_FRAME(tag) (((uint32_t)(tag) >> 12) & 0x3fffu) /* frame number modulo 2^14 */
#define HB_TAG_LAYER(tag) ((uint32_t)(tag)&0xfffu)            /* index within the model */

#endif /* HILBERT_HB_IMAGE_H_ */
