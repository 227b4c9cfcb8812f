/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_suite.h"

#include <stdlib.h>

const char *hb_dataflow_name(hb_dataflow_t dataflow) {
  static const char *const NAMES[] = {
#define X(symbol_, name_) #name_,
      HB_DATAFLOW_TABLE(X)
#undef X
  };
  return NAMES[dataflow];
}

void hb_suite_release(hb_suite_t *suite) {
  free(suite->loads);
  free(suite->accelerators);
  *suite = (hb_suite_t){0};
}
