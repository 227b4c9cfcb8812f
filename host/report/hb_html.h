/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Text that grows. An allocation that fails is kept in `failed`; further additions do nothing.
 */

#ifndef HB_HTML_H_
#define HB_HTML_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct hb_text {
  char *text; /* NULL if empty */
  size_t length, room;
  bool failed;
} hb_text_t;

void hb_text_add(hb_text_t *text, const char *more, size_t length);
__attribute__((format(printf, 2, 3))) void hb_text_addf(hb_text_t *text, const char *format, ...);
/** Adds `plain` with HTML's special characters escaped. */
void hb_html_escape(hb_text_t *text, const char *plain);
void hb_text_release(hb_text_t *text);

#endif /* HB_HTML_H_ */
