/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Layers alone on tiles, cycle by cycle: one job on an idle machine, through its NoC and DRAM.
 *
 * A machine is the SoC with only the tile that is measured: the others would be idle. The layer is
 * the last of a model whose other layers are one word each and only make its input tensors, so that
 * these lie in DRAM where a model's tensors lie and no sensor writes beside it.
 */

#ifndef HB_MEASURE_H_
#define HB_MEASURE_H_

#include "hb_firmware.h"
#include "hb_validate.h"

typedef struct hb_measure {
  const hb_firmware_t *firmware;
  bool rtl;           /* else twins */
  uint32_t processes; /* at most so many at a time, 1 or more */
  bool progress;      /* on stderr */
} hb_measure_t;

/**
 * Measures every job of a plan that a tile can run, each in a process of its own. Interrupts are
 * heeded.
 * @param[out] why one line on failure.
 * @retval HB_ERR_STOPPED interrupted.
 * @retval HB_ERR_FAILED  a job did not end well.
 * @retval HB_ERR_INPUT   a layer needs more memory than the SoC has.
 * @retval HB_ERR_NOMEM, HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_measure_all(const hb_measure_t *measure, hb_validate_t *plan, char *why,
                                       size_t why_len);

#endif /* HB_MEASURE_H_ */
