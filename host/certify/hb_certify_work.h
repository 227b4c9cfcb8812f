/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * One process's part: takes units from the list until every unit has its result.
 */

#ifndef HB_CERTIFY_WORK_H_
#define HB_CERTIFY_WORK_H_

#include <sys/types.h>

#include "hb_certify_plan.h"
#include "hb_certify_share.h"

typedef struct hb_certify_work {
  const char *trace_path;
  const hb_certify_share_t *share;
  const hb_certify_plan_t *plan;
  const hb_soc_t *soc;
  const hb_replay_memory_t *memory;
  uint32_t num_memory;
  pid_t parent; /* once it is gone, the work ends */
} hb_certify_work_t;

/**
 * @param[out] why one line on failure.
 * @retval HB_ERR_STOPPED the parent is gone.
 * @retval others as of what it calls.
 */
HB_MUST_USE hb_status_t hb_certify_do_work(const hb_certify_work_t *work, char *why,
                                           size_t why_len);

#endif /* HB_CERTIFY_WORK_H_ */
