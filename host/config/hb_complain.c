/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_complain.h"

#include <stdio.h>

hb_status_t hb_complain(hb_config_error_t *error, const char *path, size_t line, size_t column,
                        const char *where, const char *format, va_list args) {
  int used = snprintf(error->text, sizeof(error->text), "%s:%zu:%zu: ", path, line, column);
  if (where[0] != '\0') {
    used += snprintf(error->text + used, sizeof(error->text) - (size_t)used, "%s: ", where);
  }
  vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
  for (char *c = error->text; *c != '\0'; c++) {
    if (*c == '\n' || *c == '\r') {
      *c = ' ';
    }
  }
  return HB_ERR_INPUT;
}
