/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Folders.
 */

#ifndef HB_FOLDERS_H_
#define HB_FOLDERS_H_

#include <stddef.h>

#include "hilbert/hb_status.h"

/**
 * Makes a folder and those above it, as far as they are missing.
 *
 * @retval HB_ERR_IO one cannot be made; `why` is "<folder>: <reason>".
 * @retval HB_ERR_ARG   `path` is empty.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_folders_make(const char *path, char *why, size_t why_len);

#endif /* HB_FOLDERS_H_ */
