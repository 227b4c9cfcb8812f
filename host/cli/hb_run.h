/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One run, from files to result: load, compile, build the machine, simulate, score, write.
 *
 * Everything that can be wrong with the input shows before the result directory is touched.
 */

#ifndef HB_RUN_H_
#define HB_RUN_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_draw.h"
#include "hb_trace.h"

typedef enum hb_run_progress {
  HB_RUN_PROGRESS_AUTO = 0, /* if stderr is a terminal */
  HB_RUN_PROGRESS_ALWAYS,
  HB_RUN_PROGRESS_NEVER,
} hb_run_progress_t;

typedef struct hb_run_options {
  const char *scenario; /* path or name */
  const char *models;   /* one of the scenario's model_sets; NULL: the first */
  const char *soc;      /* likewise; NULL: the scenario's */
  const char *out;      /* NULL: out/<scenario>[-<models>]-<soc>-<policy> */
  const char *firmware; /* path of firmware.elf */
  const char *engine;   /* "rtl" or "twin", then for single tiles ",TILE=rtl" or ",TILE=twin"; NULL:
                           rtl. Or   "analytical" */
  const char *cost;     /* analytical: name of hb_job_cost.h, else NULL */
  const char *cost_table;    /* of the cost model "table", else NULL */
  bool cost_table_shared;    /* it is for other scenarios too: as hb_job_cost_new() has it */
  const char *cost_hardware; /* of "maestro": TILE=FILE.m, separated by commas; NULL: none */
  bool functional;           /* twins compute data */
  const char *dump_dram;     /* file for the memory's bytes at the end; NULL: none */
  const char *policy_name;
  uint32_t policy;   /* its number */
  const char *sched; /* changes to the scenario's scheduler parameters, as hb_config_sched() reads;
                        NULL: none */
  const char *score; /* likewise to its score constants, as hb_config_score() reads */
  uint64_t duration_ps;  /* 0: the scenario's */
  uint64_t ux_window_ps; /* of UXCost over time; 0: 100 ms */
  uint64_t seed;
  bool candidates; /* record what the policy chose from, if there is a trace */
  bool trace;
  hb_trace_level_t trace_level;
  bool no_skip;
  bool exact_reference;
  uint32_t stall_ppm;
  uint64_t stall_seed;
  bool gdb;          /* waits for a debugger, */
  uint16_t gdb_port; /* on this port; 0: any */
  hb_run_progress_t progress;
  hb_draw_options_t draw;
  bool json; /* metrics on stdout instead of tables */
} hb_run_options_t;

/** Reads --policy and --duration. @return false: it is none, and was complained about. */
bool hb_run_take_policy(const char *text, hb_run_options_t *options);
bool hb_run_take_duration(const char *text, hb_run_options_t *options);

/** Does it all; complaints go to stderr. Returns the exit code. */
int hb_run(const hb_run_options_t *options);

#endif /* HB_RUN_H_ */
