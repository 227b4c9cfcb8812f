/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A network as layers in the order they run, each naming the tensors it reads, and a scenario as a
 * set of networks with rates.
 *
 * These are plain data: host/config/ fills them from YAML and checks every documented range,
 * host/map/ compiles them. Strings are owned by the struct they are in; the *_release functions
 * free what a load allocated.
 */

#ifndef HB_MODEL_H_
#define HB_MODEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hb_score_rules.h"
#include "hb_sim.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HB_NAME_MAX = 64, HB_PATH_MAX_BYTES = 1024 };

/*
 * X(symbol, name in YAML): what a layer does. Shapes are C x H x W; "pixel" is a place (y, x).
 * Formulas are in reals; hilbert/hb_tensor.h says how the result becomes 8 bits.
 */
#define HB_OP_TABLE(X)                                                                            \
  X(CONV, conv)     /* C x H x W -> K x OH x OW, in `groups` groups; depthwise: groups = C = K */ \
  X(MATMUL, matmul) /* M x C times C x K: in_h = 1, in_w = M, 1x1 kernel */                       \
  X(CONV_TRANSPOSE, conv_transpose) /* ONNX ConvTranspose, groups 1, dilation 1 */                \
  X(BATCH_MATMUL, batch_matmul)     /* second operand is a tensor: see `batch` */                 \
  X(ADD, add)                       /* x_scale (x - x_zp) + x2_scale (x2 - x2_zp) */              \
  X(SUB, sub)                       /* x - x2 likewise */                                         \
  X(MUL, mul)                       /* product of the two */                                      \
  X(MAX_POOL, max_pool)             /* padding does not count */                                  \
  X(AVG_POOL, avg_pool)             /* count_include_pad says whether padding counts */           \
  X(RESIZE, resize)                 /* to out_h x out_w: see hb_resize_t */                       \
  X(REDUCE, reduce)         /* over the channels of a pixel, to one channel: see hb_reduce_t */   \
  X(SOFTMAX, softmax)       /* over the channels of a pixel */                                    \
  X(LAYER_NORM, layer_norm) /* over the channels of a pixel, then gamma_c and beta_c */           \
  X(UNARY, unary)           /* a function of one value: see hb_unary_t */                         \
  X(REQUANTISE, requantise) /* the same value in another type, scale, zero point, range */        \
  X(CONCAT, concat)         /* channels of x, then channels of x2; same quantisation */           \
  X(SLICE, slice)         /* channels from slice_c, rows from slice_y, columns from slice_x on */ \
  X(TRANSPOSE, transpose) /* see hb_permute_t */

typedef enum hb_op {
#define X(symbol_, name_) HB_OP_##symbol_,
  HB_OP_TABLE(X)
#undef X
      HB_OP_COUNT
} hb_op_t;

/* X(symbol, name, f(v)): functions of UNARY; alpha and beta are the layer's. */
#define HB_UNARY_TABLE(X)                                              \
  X(SIGMOID, sigmoid, 1.0 / (1.0 + exp(-v)))                           \
  X(TANH, tanh, tanh(v))                                               \
  X(GELU, gelu, 0.5 * v * (1.0 + erf(v / sqrt(2.0))))                  \
  X(HARD_SWISH, hard_swish, v *fmin(1.0, fmax(0.0, v / 6.0 + 0.5)))    \
  X(HARD_SIGMOID, hard_sigmoid, fmin(1.0, fmax(0.0, alpha *v + beta))) \
  X(SWISH, swish, v / (1.0 + exp(-v)))                                 \
  X(RELU, relu, fmax(v, 0.0))                                          \
  X(LEAKY_RELU, leaky_relu, v < 0.0 ? alpha * v : v)                   \
  X(ELU, elu, v < 0.0 ? alpha * expm1(v) : v)                          \
  X(SOFTPLUS, softplus, log1p(exp(v)))                                 \
  X(EXP, exp, exp(v))                                                  \
  X(SQRT, sqrt, sqrt(v))                                               \
  X(RECIPROCAL, reciprocal, 1.0 / v)                                   \
  X(ABS, abs, fabs(v))                                                 \
  X(NEG, neg, -v)

typedef enum hb_unary {
#define X(symbol_, name_, formula_) HB_UNARY_##symbol_,
  HB_UNARY_TABLE(X)
#undef X
      HB_UNARY_COUNT
} hb_unary_t;

typedef enum hb_reduce {
  HB_REDUCE_SUM,
  HB_REDUCE_MEAN,
  HB_REDUCE_MAX,
  HB_REDUCE_MIN,
  HB_REDUCE_SUM_SQUARE
} hb_reduce_t;
/* NEAREST: ONNX asymmetric, floor. LINEAR: half_pixel, edge pixels repeated. LINEAR_CORNERS:
 * align_corners. */
typedef enum hb_resize {
  HB_RESIZE_NEAREST,
  HB_RESIZE_LINEAR,
  HB_RESIZE_LINEAR_CORNERS
} hb_resize_t;
/* HW swaps rows and columns, CW channels and columns, CH channels and rows. */
typedef enum hb_permute { HB_PERMUTE_HW, HB_PERMUTE_CW, HB_PERMUTE_CH } hb_permute_t;

enum {
  HB_LAYER_PREVIOUS = 0xfffffffe,
  HB_LAYER_MODEL_INPUT = 0xfffffffd,
  HB_LAYER_NO_INPUT = 0xffffffff
};

/**
 * One layer. Windowed layers (conv, pools): OH = (in_h + pad_top + pad_bottom - (dil_h * (ker_h -
 * 1) + 1)) / stride_h + 1, OW likewise; both at least 1. conv_transpose: OH = (in_h - 1) * stride_h
 * + ker_h - pad_top - pad_bottom + out_pad_h. resize, slice: out_h, out_w. All others keep H and W,
 * but for what `op` says.
 *
 * Quantisation: value = scale * (byte - zero point). Layers with weights ignore the scales: their
 * requantisation parameters are constants.
 */
typedef struct hb_layer {
  char name[HB_NAME_MAX];
  hb_op_t op;
  uint32_t input, input2;       /* index of an earlier layer, or HB_LAYER_* */
  uint32_t in_c, in_h, in_w;    /* 1 .. 65535 */
  uint32_t in2_c, in2_h, in2_w; /* of the second operand, 0 without one. ADD, SUB, MUL: as the
                                   first, or 1 x 1 pixel, or 1 channel: repeated */
  uint32_t out_c;               /* 1 .. 65535 */
  uint32_t out_h, out_w;        /* RESIZE, SLICE; else 0 and computed */
  uint32_t groups;              /* CONV: divides in_c and out_c; 0 counts as 1 */
  uint32_t ker_h, ker_w;        /* 1 .. 255 */
  uint32_t stride_h, stride_w, dil_h, dil_w;         /* 1 .. 255 */
  uint32_t pad_top, pad_bottom, pad_left, pad_right; /* 0 .. 255 */
  uint32_t out_pad_h, out_pad_w;                     /* CONV_TRANSPOSE: below the stride */
  /*
   * BATCH_MATMUL: y[b] = x[b] (M x K) times x2[b] (K x N), b < batch; M and K of x2 run along W,
   * the inner index along C. x_heads: the batches of x are side by side in its channels (batch * K
   * of them, K a multiple of 16, H = 1); else they are its rows (H = batch). x2_heads and y_heads
   * likewise.
   */
  uint32_t batch;
  bool x_heads, x2_heads, y_heads;
  uint32_t slice_c, slice_y, slice_x; /* SLICE */
  bool count_include_pad;             /* AVG_POOL */
  hb_unary_t unary;
  hb_reduce_t reduce;
  hb_resize_t resize;
  hb_permute_t permute;
  double alpha, beta;                /* UNARY */
  double epsilon;                    /* LAYER_NORM */
  double x_scale, x2_scale, y_scale; /* above 0 */
  bool x_signed, w_signed, y_signed; /* the second operand has the first one's type */
  int32_t x_zp, x2_zp, w_zp, y_zp;
  int32_t clip_min, clip_max; /* of the quantised output */
  bool raw_out; /* int32 accumulators instead of 8-bit output: CONV, MATMUL, BATCH_MATMUL */
  /* 0: constants of its own; else those of the earlier layer `constants - 1`, which has its own and
   * of which hb_layer_same() is true. */
  uint32_t constants;
  uint32_t line, column; /* of its name in the model's file; 0: it is from none */
} hb_layer_t;

/*
 * What a well-formed layer satisfies besides the ranges above; host/config/ checks it, and
 * hb_layer_check() does for layers made otherwise:
 *
 * - in_c, in_h, in_w are the shape of the tensor at `input`. When a matmul reads pixels as rows it
 * is the same bytes: in_w = rows, in_h = 1.
 * - `out_c` is what hb_layer_out_c() gives, out_h and out_w are 0 but for RESIZE and SLICE.
 * - Members that an op does not use are 0; kernel, stride and dilation 1 where it has no window.
 * - A layer with weights may find anything in the lanes beyond in_c; all others read only tensors
 *   that a tile wrote, or whose channels are a multiple of 16, when they look at those lanes
 *   (BATCH_MATMUL: lanes beyond K hold x_zp, of x2 lanes beyond N x2_zp).
 */

/** Output shape, for every op. */
uint32_t hb_layer_out_c(const hb_layer_t *layer);
uint32_t hb_layer_out_h(const hb_layer_t *layer);
uint32_t hb_layer_out_w(const hb_layer_t *layer);
/** Multiply-accumulates, taps that fall on padding included. 0 for ops that multiply by no weights
 * and no second matrix. */
uint64_t hb_layer_macs(const hb_layer_t *layer);
/** Groups of a convolution; 0 in the struct counts as 1. */
uint32_t hb_layer_groups(const hb_layer_t *layer);
/** One group per channel on both sides. */
bool hb_layer_is_depthwise(const hb_layer_t *layer);

/** Whether two layers do the same work, so that a tile needs one program for both: all but their
 * names and where their tensors come from. */
bool hb_layer_same(const hb_layer_t *a, const hb_layer_t *b);

/** BATCH_MATMUL: y[b] (M x N) = x[b] (M x K) * x2[b] (K x N). */
typedef struct hb_batch_shape {
  uint32_t batch, m, k, n;
} hb_batch_shape_t;
hb_batch_shape_t hb_layer_batch_shape(const hb_layer_t *layer);

/** Name in YAML. */
const char *hb_op_name(hb_op_t op);
const char *hb_unary_name(hb_unary_t unary);
/** Whether it reads a second tensor. */
bool hb_op_is_binary(hb_op_t op);
/** Whether it has weights among its constants. */
bool hb_op_has_weights(hb_op_t op);
/** Whether it slides a window: kernel, stride, padding mean something. */
bool hb_op_is_windowed(hb_op_t op);

/**
 * Checks that a layer is well-formed: shapes that fit each other, an output that is not empty.
 * @param[out] why one line on HB_ERR_INPUT.
 */
HB_MUST_USE hb_status_t hb_layer_check(const hb_layer_t *layer, char *why, size_t why_len);

/**
 * Layers that some frames leave out. In these frames what the last of them would have left is what
 * the first of them would have read (its first operand): the two tensors have one place in memory.
 * So:
 *
 * - that operand is a layer's output, of the same shape, type, zero point and scale as the block's;
 * - it is not read behind the block, nor is anything but the block's output;
 * - the last layer reads it not at all, or value by value: ADD, SUB, MUL (not repeated), UNARY,
 *   REQUANTISE.
 *
 * Blocks are in order and do not overlap.
 */
typedef struct hb_block {
  char name[HB_NAME_MAX];
  uint32_t first, last; /* layers, both included; of one variant */
  uint32_t skip_ppm;    /* of the frames, 0 .. 1000000 */
} hb_block_t;

/** Frames that leave here run none of the later layers of the variant. Not inside a block. */
typedef struct hb_exit {
  uint32_t after; /* layer, not the last of its variant */
  uint32_t ppm;   /* of the frames that come here */
} hb_exit_t;

/** One network of a supernet. */
typedef struct hb_variant {
  char name[HB_NAME_MAX]; /* of its model */
  uint32_t first_layer, num_layers;
  uint32_t accuracy_ppm;          /* 1 .. 1000000 */
  char source[HB_PATH_MAX_BYTES]; /* path it was loaded from */
} hb_variant_t;

typedef struct hb_model {
  char name[HB_NAME_MAX];         /* file's `model:`; of a supernet the first one's */
  char source[HB_PATH_MAX_BYTES]; /* path it was loaded from */
  uint32_t num_layers;            /* of all variants, one behind the other */
  hb_layer_t *layers;
  uint32_t num_blocks, num_exits; /* together up to HB_IMAGE_MAX_PATH_BITS */
  hb_block_t *blocks;
  hb_exit_t *exits;
  uint32_t num_variants; /* 0: no supernet, which is like one of all layers with accuracy 1 */
  hb_variant_t variants[HB_IMAGE_MAX_VARIANTS];
} hb_model_t;

void hb_model_release(hb_model_t *model);

/** Variants of a model, at least 1. */
uint32_t hb_model_num_variants(const hb_model_t *model);
hb_variant_t hb_model_variant(const hb_model_t *model, uint32_t index);

/**
 * Appends a network as another variant; what is appended is emptied. Its layers are called
 * `NAME.1` and so on, by variant, from the second variant on.
 * @retval HB_ERR_RANGE too many variants, or blocks and exits.
 */
HB_MUST_USE hb_status_t hb_model_append(hb_model_t *model, hb_model_t *variant,
                                        uint32_t accuracy_ppm);

/**
 * What a frame's path is: bit i means that the i-th block is skipped, or, from num_blocks on, that
 * the frame leaves at that exit. Each bit is drawn for itself.
 * @param[out] ppm chance of each bit.
 * @return how many there are.
 */
uint32_t hb_model_path(const hb_model_t *model, uint32_t ppm[HB_IMAGE_MAX_PATH_BITS]);
/** Bits of paths that leave the layer out. */
uint32_t hb_model_skip_mask(const hb_model_t *model, uint32_t layer);
/** Share of the frames that run the layer, of those that run its variant. */
double hb_model_share(const hb_model_t *model, uint32_t layer);

/** Index of the layer whose output `layer` reads first or second; HB_LAYER_NO_INPUT: none, or the
 * model's input. */
uint32_t hb_model_source(const hb_model_t *model, uint32_t layer, bool second);

/** A sensor as a task uses it. */
typedef struct hb_task_sensor {
  uint32_t index;              /* in the scenario's list */
  uint64_t rate_num, rate_den; /* 0, 0: takes its frames when the task wants them */
  uint64_t offset_ps, jitter_ps;
} hb_task_sensor_t;

enum { HB_TASK_MAX_SENSORS = HB_SIM_MAX_SOURCES, HB_MAX_MODEL_SETS = 8 };

/** What a network reaches, and should, in any unit; 10^-6 .. 10^6. Both 0: not given. */
typedef struct hb_task_accuracy {
  double measured, target;
  bool lower_is_better; /* an error rate */
} hb_task_accuracy_t;

/** One model of a scenario. */
typedef struct hb_task {
  char name[HB_NAME_MAX]; /* short task name, "ES"; unique */
  hb_model_t model;
  uint64_t rate_num, rate_den;   /* frames per second */
  char sensor[HB_NAME_MAX];      /* the first, if several */
  uint64_t offset_ps, jitter_ps; /* the largest of its sensors */
  uint32_t num_sensors;
  hb_task_sensor_t sensors[HB_TASK_MAX_SENSORS];
  uint32_t depends_on;      /* task index or HB_IMAGE_NONE; never itself, no cycles */
  uint32_t probability_ppm; /* 0 .. 1000000 */
  uint32_t num_slots;       /* 2 .. HB_IMAGE_MAX_SLOTS */
  uint32_t level;           /* HB_LEVEL_* */
  uint64_t start_ps;        /* its sensors' offsets count from here */
  uint64_t stop_ps; /* frames with a nominal time from here on do not come; 0: they all do */
  hb_task_accuracy_t accuracy; /* not given for a supernet, whose variants have theirs */
} hb_task_t;

/** What goes wrong with a tile, and when (hb_sim_fault_t of hb_sim.h). */
typedef enum hb_fault_kind { HB_FAULT_HANG = 0, HB_FAULT_ERROR } hb_fault_kind_t;
typedef struct hb_fault {
  uint32_t tile; /* index in the SoC, below HB_MAX_TILES */
  hb_fault_kind_t kind;
  uint64_t time_ps;
  uint32_t line, column; /* of its tile in the file */
} hb_fault_t;
/** Parameters of the policy dream, as hb_image_sched_t has them. Weights and steps in millionths.
 */
typedef struct hb_sched {
  bool drop, mapscore, supernet, tune;
  uint32_t alpha_ppm, beta_ppm;          /* 0 .. 2000000 */
  uint64_t tune_interval_ps;             /* 1 .. 1 s; 0: nothing here was given, see below */
  uint32_t tune_step_ppm, tune_stop_ppm; /* 1 .. 2000000 */
  uint32_t drop_window;                  /* 1 .. HB_IMAGE_MAX_DROP_WINDOW */
  uint32_t drop_max;                     /* 0 .. drop_window */
} hb_sched_t;

enum { HB_SCHED_MAX_WEIGHT_PPM = 2000000 };
#define HB_SCHED_MAX_INTERVAL_PS UINT64_C(1000000000000)

/** Everything on, alpha and beta 1.0, steps from 0.5 down to 0.05, an interval of 100 ms, smart
 * drops of 2 in 10 frames. */
hb_sched_t hb_sched_defaults(void);

typedef struct hb_scenario {
  char name[HB_NAME_MAX];
  char suite[HB_NAME_MAX];
  char soc_path[HB_PATH_MAX_BYTES];   /* default SoC file, "" if none */
  uint32_t num_model_sets, model_set; /* of the sets below, the one that was loaded */
  char model_sets[HB_MAX_MODEL_SETS][HB_NAME_MAX];
  uint64_t duration_ps;
  bool drop_late;
  hb_score_constants_t constants; /* of scores; all 0: XRBench's */
  hb_sched_t sched;               /* of interval 0: the defaults */
  uint32_t num_tasks;
  hb_task_t *tasks;
  uint32_t num_faults;
  hb_fault_t *faults;
} hb_scenario_t;

void hb_scenario_release(hb_scenario_t *scenario);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MODEL_H_ */
