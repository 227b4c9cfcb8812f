/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The waveform of a run (hilbert run --wave): which cycles, which signals, where to.
 *
 * A run is drawn by doing it again: the first time leaves the trace, which says when the event
 * happened that is asked for and what the scheduler thought; the second time, in a process of its
 * own, ends with the window and writes it. Both do the same to the cycle.
 */

#ifndef HB_DRAW_H_
#define HB_DRAW_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_model.h"
#include "hb_sim.h"
#include "hb_wave_event.h"
#include "hb_wave_signals.h"

/** A time on the command line: cycles, or ps. */
typedef struct hb_draw_time {
  bool given, is_cycle;
  uint64_t value;
} hb_draw_time_t;

typedef struct hb_draw_options {
  const char *file; /* ends in .fst, in the result directory if it has no '/'; NULL: no waveform */
  hb_draw_time_t from; /* default: the first cycle */
  hb_draw_time_t to;   /* default: the last cycle */
  bool has_event;      /* then instead of from and to: */
  hb_wave_event_t event;
  hb_draw_time_t margin; /* before and behind the event; default: 20 us */
  const char *scope;     /* tiles, "sched" and "noc", separated by commas; NULL: all */
} hb_draw_options_t;

typedef struct hb_draw {
  const hb_soc_t *soc;
  char path[HB_PATH_MAX_BYTES], part[HB_PATH_MAX_BYTES + 8];
  hb_sim_wave_t wave;
  uint64_t marker;            /* cycle to look at */
  hb_wave_signals_t *signals; /* NULL: not in scope */
  hb_status_t status;         /* of the signals, while the waveform is written */
} hb_draw_t;

/**
 * Checks what can be checked before anything runs.
 * @return an exit code; complaints went to stderr.
 */
int hb_draw_check(const hb_draw_options_t *options, const hb_scenario_t *scenario,
                  const hb_soc_t *soc, uint64_t planned_cycles);

/** Finds window and signals in the trace of directory `out`. Exit code as above. */
int hb_draw_begin(const hb_draw_options_t *options, const hb_soc_t *soc, const char *out,
                  uint64_t planned_cycles, hb_draw_t *draw);

/** Puts the waveform in its place, with a save file for GTKWave beside it. Exit code as above. */
int hb_draw_end(hb_draw_t *draw, bool quiet);
void hb_draw_release(hb_draw_t *draw);

#endif /* HB_DRAW_H_ */
