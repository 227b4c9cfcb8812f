/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>

#include "cmocka.h"

void hb_portable_print(const char *text) {
  (void)fputs(text, stdout);
}
