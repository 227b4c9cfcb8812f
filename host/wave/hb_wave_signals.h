/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A trace as signals over time: what the scheduler knew and decided, jobs of tiles, frames of
 * models, interrupts. The same for a waveform of a run and for `hilbert trace export --vcd`.
 *
 * Signals, by scope (README.md has what each means):
 *   sched              decision, decisions, ready, free, misses, miss, drops, drop, faults, fault;
 *                      score, term0, term1 of the choice if the trace has candidates
 *   sched.<tile>       busy, job, given
 *   sched.irq          one per interrupt line
 *   model.<model>      waiting, running, frame, done
 * A value holds from the cycle of its record on.
 */

#ifndef HB_WAVE_SIGNALS_H_
#define HB_WAVE_SIGNALS_H_

#include "hb_sim.h"
#include "hilbert/hb_status.h"

typedef struct hb_wave_signals hb_wave_signals_t;

/**
 * Reads the jobs of a trace and prepares to read the rest as time goes on.
 *
 * @param from, to the cycles that advance() will be asked for. Memory is 24 bytes a job in them.
 * @param[out] why one line on failure, with the path.
 * @retval HB_ERR_IO, HB_ERR_FORMAT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_wave_signals_open(const char *trace, uint64_t from, uint64_t to,
                                             hb_wave_signals_t **signals_out, char *why,
                                             size_t why_len);
void hb_wave_signals_free(hb_wave_signals_t *signals);

/** All of them; valid, with what they point to, as long as `signals`. */
const hb_sim_wave_signal_t *hb_wave_signals_list(const hb_wave_signals_t *signals,
                                                 uint32_t *num_out);

/**
 * Brings all values to `cycle`, which is not before the last one.
 * @retval HB_ERR_FORMAT, HB_ERR_IO the trace cannot be read on; hb_wave_signals_error() says why.
 */
HB_MUST_USE hb_status_t hb_wave_signals_advance(hb_wave_signals_t *signals, uint64_t cycle);

/** First later cycle in which something is recorded; UINT64_MAX: none up to `to`. */
uint64_t hb_wave_signals_next(const hb_wave_signals_t *signals);

/** kHz of the clock; 0: the trace does not say. */
uint64_t hb_wave_signals_clock_khz(const hb_wave_signals_t *signals);

const char *hb_wave_signals_error(const hb_wave_signals_t *signals);

#endif /* HB_WAVE_SIGNALS_H_ */
