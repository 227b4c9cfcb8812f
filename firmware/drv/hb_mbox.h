/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The mailbox in which sensors announce frames.
 */

#ifndef HB_MBOX_H_
#define HB_MBOX_H_

#include <stdint.h>

#include "hilbert/hb_status.h"

typedef struct hb_mbox_message {
  uint32_t stream; /* = model index */
  uint32_t frame;
  uint32_t flags;             /* bits 7:0 slot; HB_MBOX_FLAG_* */
  uint32_t path;              /* HB_MBOX_PATH */
  uint64_t arrival, deadline; /* cycles */
} hb_mbox_message_t;

/**
 * Takes the oldest message.
 * @retval HB_ERR_END there is none.
 */
HB_MUST_USE hb_status_t hb_mbox_pop(hb_mbox_message_t *message_out);

#endif /* HB_MBOX_H_ */
