/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * MAESTRO's hardware files: how many PEs there are, and what reaches them.
 *
 * Two forms, as their readers have them (maestro-project/maestro, DFSL_hw-parser.hpp; and
 * XRBench/XRBench-MLSys2023, commit 8915666, which has a part in each block):
 *
 *   num_pes: 256                   Accelerator Acc0_2K {
 *   l1_size_cstr: 100                num_pes: 2048
 *   l2_size_cstr: 3000               offchip_bw: 128
 *   noc_bw_cstr: 64                  top_noc_bw: 128    top_noc_latency: 1  top_noc_multicast: True
 *   offchip_bw_cstr: 32              col_noc_bw: 128    col_noc_latency: 1  col_noc_multicast: True
 *   NoC_NumHops: 1                   global_shared_memory: 2097152  PE_local_memory: 8192
 *                                  }
 *
 * Comments begin with two slashes. PEs and bandwidths (elements a cycle, 1 .. 2^24) are needed, in
 * place of MAESTRO's defaults. Memory sizes may be left out and have no effect, as in the published
 * evaluation. Our model knows one bandwidth for all levels of a network of one hop, latency 1, with
 * multicast: other values are errors, not ignored.
 */

#ifndef HB_HARDWARE_H_
#define HB_HARDWARE_H_

#include "hb_config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_hardware {
  char name[HB_NAME_MAX]; /* of the block, "" if it has none */
  uint32_t pes, noc_bw, offchip_bw;
  uint32_t line, column; /* of the value of num_pes */
} hb_hardware_t;

/**
 * Reads all there is in a file.
 * @param[out] parts   up to `max`.
 * @param[out] num_out at least 1.
 * @retval HB_ERR_IO, HB_ERR_INPUT (also: more than `max`)
 */
HB_MUST_USE hb_status_t hb_hardware_load(const char *path, hb_hardware_t *parts, uint32_t max,
                                         uint32_t *num_out, hb_config_error_t *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_HARDWARE_H_ */
