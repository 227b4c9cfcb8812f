/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A suite for the analytical engine: loads (sets of networks with rates) and accelerators made of
 * parts, each load to be run on each accelerator. Plain data, filled and checked by host/config/.
 */

#ifndef HB_SUITE_H_
#define HB_SUITE_H_

#include "hb_model.h"
#include "hb_score_rules.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HB_SUITE_MAX_TASKS = 32,
  HB_SUITE_MAX_LOADS = 64,
  HB_SUITE_MAX_PARTS = 64,
  HB_SUITE_MAX_ACCELERATORS = 256,
  HB_SUITE_NO_TASK = -1,
};

/** One stream of frames for one network. */
typedef struct hb_load_task {
  char task[HB_NAME_MAX];    /* short name: HT */
  char network[HB_NAME_MAX]; /* name in the source; unique in a load; orders the queues */
  char model[HB_NAME_MAX];   /* layer list, and name in a cost table */
  uint32_t fps;              /* 1 .. 1000 */
  int32_t depends_on;        /* index of a task, not in a cycle, or HB_SUITE_NO_TASK */
  uint32_t probability_ppm;  /* 0 .. 1000000 */
  double accuracy;           /* score of its results, 0 .. 1 */
  uint32_t line, column;     /* of the model in the file of the loads */
} hb_load_task_t;

typedef struct hb_load {
  char name[HB_NAME_MAX];
  uint32_t num_tasks; /* at least 1 */
  hb_load_task_t tasks[HB_SUITE_MAX_TASKS];
} hb_load_t;

/** X(symbol, name): how a part maps layers; host/cost/README.md. */
#define HB_DATAFLOW_TABLE(X) \
  X(WS, WS)                  \
  X(OS, OS)                  \
  X(RS, RS)                  \
  X(IS, IS)

typedef enum hb_dataflow {
#define X(symbol_, name_) HB_DATAFLOW_##symbol_,
  HB_DATAFLOW_TABLE(X)
#undef X
      HB_DATAFLOW_COUNT
} hb_dataflow_t;

/** "WS". */
const char *hb_dataflow_name(hb_dataflow_t dataflow);

/** Runs one network at a time. */
typedef struct hb_part {
  hb_dataflow_t dataflow;
  uint32_t pes;          /* MACs a cycle */
  uint32_t noc_bw;       /* elements a cycle between shared memory and PEs */
  uint32_t offchip_bw;   /* elements a cycle */
  uint32_t line, column; /* in the accelerator's file */
} hb_part_t;

typedef struct hb_accelerator {
  char path[HB_PATH_MAX_BYTES];
  char name[HB_NAME_MAX];
  char label[HB_NAME_MAX];              /* in results: A */
  char rtl_soc_path[HB_PATH_MAX_BYTES]; /* "" if none is named */
  char size[16]; /* in results: all PEs, "4K" if that is a multiple of 1024 */
  uint32_t clock_khz;
  uint32_t num_parts; /* at least 1 */
  hb_part_t parts[HB_SUITE_MAX_PARTS];
} hb_accelerator_t;

typedef struct hb_suite {
  char path[HB_PATH_MAX_BYTES];
  char name[HB_NAME_MAX];
  char loads_path[HB_PATH_MAX_BYTES];
  char table_path[HB_PATH_MAX_BYTES];  /* "" if the suite has no cost table */
  bool zero_energy;                    /* rows of the table may have energy 0 */
  char layers_path[HB_PATH_MAX_BYTES]; /* folder; "" if the suite has no layer lists */
  char mapping_paths[HB_DATAFLOW_COUNT][HB_PATH_MAX_BYTES]; /* "": none for that dataflow */
  uint32_t window_ms;
  hb_score_constants_t constants;
  uint32_t num_scores; /* which, in the order of the results */
  hb_score_kind_t scores[HB_SCORE_KIND_COUNT];
  uint32_t num_loads, num_accelerators; /* at least 1 */
  hb_load_t *loads;
  hb_accelerator_t *accelerators;
} hb_suite_t;

/** Frees what a load allocated. */
void hb_suite_release(hb_suite_t *suite);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_SUITE_H_ */
