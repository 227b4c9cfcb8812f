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

typedef struct hb_pool {
  void *ctx;
  uint64_t num;  /* tasks, begun in order */
  uint32_t jobs; /* at once, 1 or more */
  bool progress;
  const char *what; /* they are, for progress: "runs" */
  /* In the new process: does not return, or returns its exit code. */
  int (*begin)(void *ctx, uint64_t task);
  /* In this process, when the other has ended; `exit_code` is 128 + the signal if one killed it.
   * false: the task failed. */
  bool (*end)(void *ctx, uint64_t task, int exit_code);
} hb_pool_t;

/**
 * @param[out] failed_out tasks whose end() said so.
 * @return true: all have ended; false: interrupted, or no process could be made, which was
 * complained about.
 */
bool hb_pool_run(const hb_pool_t *pool, uint64_t *failed_out);

#endif /* HB_POOL_H_ */
