/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * `hilbert trace export --vcd`: the signals of a trace (hb_wave_signals.h) as a value change dump
 * (IEEE 1364-2005, 18.2). Times are ps, as in the waveforms of hilbert run; of a trace that does
 * not know its clock a cycle is 1 ns.
 */

#ifndef HB_WAVE_VCD_H_
#define HB_WAVE_VCD_H_

#include <stdint.h>
#include <stdio.h>

#include "hilbert/hb_status.h"

/** ps of a cycle, rounded down. */
uint64_t hb_wave_time_ps(uint64_t cycle, uint64_t clock_khz);

/**
 * Writes `out_path`, which appears whole or not at all. Records before a damaged place are written,
 * the file is kept, and the damage comes back.
 *
 * @param from, to cycles, both included.
 * @param notes gets a line for what had to be assumed.
 * @param[out] why one line on failure, beginning with the path it is about.
 * @retval HB_ERR_ARG    from > to, or `out_path` is the trace itself or no regular file.
 * @retval HB_ERR_IO     one of the files cannot be read or written; nothing is left.
 * @retval HB_ERR_FORMAT not a trace: nothing is left; damaged: the records before are.
 * @retval HB_ERR_NOMEM  nothing is left.
 */
HB_MUST_USE hb_status_t hb_wave_vcd(const char *trace, const char *out_path, uint64_t from,
                                    uint64_t to, FILE *notes, char *why, size_t why_len);

#endif /* HB_WAVE_VCD_H_ */
