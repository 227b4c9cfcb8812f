/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The result directory of a run.
 *
 * It is made only when the run is about to start. A directory that holds nothing but an earlier
 * run's results is emptied, metrics.json first, so that no moment shows old metrics beside a new
 * trace; any other content is somebody else's, and the directory is refused.
 */

#ifndef HB_OUTDIR_H_
#define HB_OUTDIR_H_

#include <stddef.h>

#include "hilbert/hb_status.h"

#define HB_OUTDIR_METRICS "metrics.json"
#define HB_OUTDIR_INFERENCES "inferences.csv"
#define HB_OUTDIR_REPORT "report.html"
#define HB_OUTDIR_TRACE "trace.hbt"
#define HB_OUTDIR_TUNING "tuning.csv"
#define HB_OUTDIR_SCORES "scores.csv" /* of --engine analytical, as are the next two */
#define HB_OUTDIR_TASKS "tasks.csv"
#define HB_OUTDIR_SEEDS "seeds.csv"
#define HB_OUTDIR_VALIDATE_CSV "validate.csv" /* of `hilbert validate`, as are the next ones */
#define HB_OUTDIR_VALIDATE_JSON "validate.json"
#define HB_OUTDIR_VALIDATE_PLOT "validate.svg"
#define HB_OUTDIR_VALIDATE_SCENARIOS "scenarios.csv"

/**
 * Makes `path` (and the folders above it) an empty directory.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT `path` is no directory, or holds something else than results.
 * @retval HB_ERR_IO    it cannot be made or emptied.
 */
HB_MUST_USE hb_status_t hb_outdir_prepare(const char *path, char *why, size_t why_len);

#endif /* HB_OUTDIR_H_ */
