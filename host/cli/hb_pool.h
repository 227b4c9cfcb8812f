/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Tasks in processes of their own, several at a time, with progress on stderr.
 *
 * SIGINT or SIGTERM: no more are begun, those that run are told to end and waited for.
 */

#ifndef HB_POOL_H_
#define HB_POOL_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

typedef struct hb_pool {
  void *ctx;
  uint64_t num;  /* tasks, begun in order */
  uint32_t jobs; /* at once, 1 or more */
  bool progress;
  const char *what; /* they are, for progress: "runs" */
  /* Without one of them the others are worth nothing: the first that fails ends all, and those that
   * are told to end are killed. */
  bool together;
  /* How long a task takes, in any unit, for the estimate; NULL: all as long. */
  double (*weight)(void *ctx, uint64_t task);
  /* In the new process: does not return, or returns its exit code. */
  int (*begin)(void *ctx, uint64_t task);
  /* In this process, when the other has ended; `exit_code` is 128 + the signal if one killed it.
   * false: the task failed. Not asked of those that failed because they were told to end. */
  bool (*end)(void *ctx, uint64_t task, int exit_code);
} hb_pool_t;

/**
 * @param[out] failed_out tasks whose end() said so, those that were told to end among them.
 * @retval HB_ERR_STOPPED  interrupted.
 * @retval HB_ERR_FAILED   one of them failed, if they are `together`.
 * @retval HB_ERR_INTERNAL no process could be made, which was complained about.
 */
HB_MUST_USE hb_status_t hb_pool_run(const hb_pool_t *pool, uint64_t *failed_out);

#endif /* HB_POOL_H_ */
