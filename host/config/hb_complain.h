/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The one form of what is said of a place in a file: "path:line:column: where: text".
 */

#ifndef HB_COMPLAIN_H_
#define HB_COMPLAIN_H_

#include <stdarg.h>

#include "hb_config.h"

/**
 * One line into `error`, whatever the file holds.
 * @param line, column from 1.
 * @param where        key or column the text is about; "": none.
 * @return HB_ERR_INPUT
 */
__attribute__((format(printf, 6, 0))) hb_status_t hb_complain(hb_config_error_t *error,
                                                              const char *path, size_t line,
                                                              size_t column, const char *where,
                                                              const char *format, va_list args);

#endif /* HB_COMPLAIN_H_ */
