/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A GTKWave save file (.gtkw) for a waveform of a run: what to show, in groups and colours, texts
 * as texts, numbers as numbers, codes by name.
 */

#ifndef HB_WAVE_SAVE_H_
#define HB_WAVE_SAVE_H_

#include <stdint.h>

#include "hb_sim.h"
#include "hilbert/hb_status.h"

typedef struct hb_wave_save {
  const char *wave; /* path of the waveform */
  const hb_soc_t *soc;
  uint32_t tiles;                /* bit per tile: its RTL is in the waveform */
  const char *top[HB_MAX_TILES]; /* module of each tile's RTL that has hb_tile_ctl as u_ctl; NULL:
                                    unknown */
  bool noc;
  const hb_sim_wave_signal_t *signals;
  uint32_t num_signals;
  uint64_t from, to; /* first and last cycle */
  uint64_t marker;   /* cycle to mark */
} hb_wave_save_t;

/**
 * Writes `path`, and beside it `<path>.resp.txt`, names of AXI responses.
 * @param[out] why one line on failure, with the path.
 * @retval HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_wave_save_write(const char *path, const hb_wave_save_t *save, char *why,
                                           size_t why_len);

#endif /* HB_WAVE_SAVE_H_ */
