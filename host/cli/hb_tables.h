/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The tables of `hilbert run`: models, tiles, host, NoC, DRAM. Plain text within 100 columns.
 */

#ifndef HB_TABLES_H_
#define HB_TABLES_H_

#include <stdio.h>

#include "hb_metrics.h"

void hb_tables_print(const hb_metrics_t *metrics, FILE *out);

#endif /* HB_TABLES_H_ */
