/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A network as a chain of layers, and a scenario as a set of networks with rates.
 *
 * These are plain data: host/config/ fills them from YAML and checks every documented range,
 * host/map/ compiles them. Strings are owned by the struct they are in; the *_release functions free
 * what a load allocated.
 */

#ifndef HB_MODEL_H_
#define HB_MODEL_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_sim.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HB_NAME_MAX = 64, HB_PATH_MAX_BYTES = 1024 };

typedef enum hb_op {
  HB_OP_CONV = 0, /* C x H x W -> K x OH x OW */
  HB_OP_MATMUL,   /* M x C times C x K: in_h = 1, in_w = M, 1x1 kernel */
} hb_op_t;

/**
 * One layer. OH = (in_h + pad_top + pad_bottom - (dil_h * (ker_h - 1) + 1)) / stride_h + 1, OW likewise;
 * both at least 1.
 */
typedef struct hb_layer {
  char name[HB_NAME_MAX];
  hb_op_t op;
  uint32_t in_c, in_h, in_w; /* 1 .. 65535 */
  uint32_t out_c;            /* 1 .. 65535 */
  uint32_t ker_h, ker_w;     /* 1 .. 255 */
  uint32_t stride_h, stride_w, dil_h, dil_w; /* 1 .. 255 */
  uint32_t pad_top, pad_bottom, pad_left, pad_right; /* 0 .. 255 */
  bool x_signed, w_signed, y_signed;
  int32_t x_zp, w_zp, y_zp;
  int32_t clip_min, clip_max; /* of the quantised output */
  bool raw_out;               /* int32 accumulators instead of 8-bit output */
} hb_layer_t;

static inline uint32_t hb_layer_out_h(const hb_layer_t *l) {
  return (l->in_h + l->pad_top + l->pad_bottom - (l->dil_h * (l->ker_h - 1u) + 1u)) / l->stride_h + 1u;
}
static inline uint32_t hb_layer_out_w(const hb_layer_t *l) {
  return (l->in_w + l->pad_left + l->pad_right - (l->dil_w * (l->ker_w - 1u) + 1u)) / l->stride_w + 1u;
}
/** Multiply-accumulates, taps that fall on padding included. */
static inline uint64_t hb_layer_macs(const hb_layer_t *l) {
  return (uint64_t)hb_layer_out_h(l) * hb_layer_out_w(l) * l->out_c * l->in_c * l->ker_h * l->ker_w;
}

typedef struct hb_model {
  char name[HB_NAME_MAX];   /* file's `model:` */
  char source[HB_PATH_MAX_BYTES]; /* path it was loaded from */
  uint32_t num_layers;
  hb_layer_t *layers;
} hb_model_t;

void hb_model_release(hb_model_t *model);

/** One model of a scenario. */
typedef struct hb_task {
  char name[HB_NAME_MAX]; /* short task name, "ES"; unique */
  hb_model_t model;
  uint64_t rate_num, rate_den; /* frames per second */
  char sensor[HB_NAME_MAX];
  uint64_t offset_ps, jitter_ps; /* of its sensor */
  uint32_t depends_on;           /* task index or HB_IMAGE_NONE; never itself, no cycles */
  uint32_t probability_ppm;      /* 0 .. 1000000 */
  uint32_t num_slots;            /* 2 .. HB_IMAGE_MAX_SLOTS */
} hb_task_t;

typedef struct hb_scenario {
  char name[HB_NAME_MAX];
  char suite[HB_NAME_MAX];
  char soc_path[HB_PATH_MAX_BYTES]; /* default SoC file, "" if none */
  uint64_t duration_ps;
  bool drop_late;
  uint32_t num_tasks;
  hb_task_t *tasks;
} hb_scenario_t;

void hb_scenario_release(hb_scenario_t *scenario);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MODEL_H_ */
