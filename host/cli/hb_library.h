/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The scenarios folder that comes with Hilbert: finds files in it by name.
 *
 * The folder is $HILBERT_DATA or, without it, the one compiled in. A file's name is its file name
 * without
 * ".yaml", with as many of the folders above it as are wanted: "tiny", "demo/tiny".
 */

#ifndef HB_LIBRARY_H_
#define HB_LIBRARY_H_

#include "hb_config.h"

typedef struct hb_library_file {
  char path[HB_PATH_MAX_BYTES];
  char name[HB_NAME_MAX]; /* value of its first key */
  hb_config_kind_t kind;
} hb_library_file_t;

typedef struct hb_library {
  uint32_t num_files;
  hb_library_file_t *files; /* ascending paths */
} hb_library_t;

/** The folder in use. */
const char *hb_library_folder(void);

/**
 * Reads the folder: every *.yaml in it, however deep.
 * @retval HB_ERR_IO    the folder cannot be read.
 * @retval HB_ERR_INPUT a file in it is neither scenario, model nor SoC.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_library_open(hb_library_t *library_out, hb_config_error_t *error);
void hb_library_release(hb_library_t *library);

/**
 * Path of what the user called `text`: a path if it has a '/', ends in ".yaml" or exists; else a
 * bare name.
 * @retval HB_ERR_INPUT no file of that kind has that name, or several have.
 * @retval others       as hb_library_open().
 */
HB_MUST_USE hb_status_t hb_library_find(hb_config_kind_t kind, const char *text,
                                        char path_out[HB_PATH_MAX_BYTES], hb_config_error_t *error);

#endif /* HB_LIBRARY_H_ */
