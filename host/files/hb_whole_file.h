/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A text file that is there whole or not at all: written as <path>.<process>.part, then renamed.
 *
 * Life cycle: hb_whole_file_open() -> write to `out` -> hb_whole_file_close(). Of several processes
 * that write the same path the last one to close wins.
 */

#ifndef HB_WHOLE_FILE_H_
#define HB_WHOLE_FILE_H_

#include <stddef.h>
#include <stdio.h>

#include "hilbert/hb_status.h"

typedef struct hb_whole_file {
  FILE *out; /* need not be looked at for errors: hb_whole_file_close() does */
  char *path, *part;
} hb_whole_file_t;

/**
 * On failure there is nothing to close, and `why` is "<path>: <reason>".
 *
 * @retval HB_ERR_IO it cannot be created.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_whole_file_open(hb_whole_file_t *file, const char *path, char *why,
                                           size_t why_len);

/**
 * Puts the file in its place if `written` is HB_OK; else removes it, and what was at `path` before
 * stays.
 *
 * @param written HB_ERR_IO: as HB_OK, if writing to `out` has failed.
 * @return `written`, or HB_ERR_IO with `why` as above: not all of it could be written.
 */
HB_MUST_USE hb_status_t hb_whole_file_close(hb_whole_file_t *file, hb_status_t written, char *why,
                                            size_t why_len);

/**
 * Why writing to a stream with its error indicator set failed: what one more byte fails of. It may
 * be written if the cause is gone, so the stream is of no use any more.
 */
const char *hb_whole_file_reason(FILE *out);

/** Length of a file's name without what hb_whole_file_open() puts behind it: what a killed process
 * leaves. */
size_t hb_whole_file_name_len(const char *name);

/** All three steps, for `len` bytes of `text`. */
HB_MUST_USE hb_status_t hb_whole_file_write(const char *path, const char *text, size_t len,
                                            char *why, size_t why_len);

#endif /* HB_WHOLE_FILE_H_ */
