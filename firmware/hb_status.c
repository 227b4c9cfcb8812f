/* SPDX-License-Identifier: Apache-2.0 */

#include "hilbert/hb_status.h"

const char *hb_status_text(hb_status_t status) {
  switch (status) {
#define HB_STATUS_CASE_(name_, value_, text_) \
  case name_:                                 \
    return text_;
    HB_STATUS_TABLE(HB_STATUS_CASE_)
#undef HB_STATUS_CASE_
    default:
      return "unknown status";
  }
}
