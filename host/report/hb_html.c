/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hb_text_add(hb_text_t *text, const char *more, size_t length) {
  if (text->failed || length == 0) { /* `more` may be NULL then */
    return;
  }
  if (text->length + length + 1 > text->room) {
    const size_t room = 2 * (text->length + length + 1);
    char *grown = realloc(text->text, room);
    if (grown == NULL) {
      text->failed = true;
      return;
    }
    text->text = grown;
    text->room = room;
  }
  memcpy(text->text + text->length, more, length);
  text->length += length;
  text->text[text->length] = '\0';
}

void hb_text_addf(hb_text_t *text, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(line, sizeof(line), format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof(line)) {
    text->failed = true;
    return;
  }
  hb_text_add(text, line, (size_t)length);
}

void hb_html_escape(hb_text_t *text, const char *plain) {
  for (; *plain != '\0'; plain++) {
    const char *escape = *plain == '<'   ? "&lt;"
                         : *plain == '>' ? "&gt;"
                         : *plain == '&' ? "&amp;"
                         : *plain == '"' ? "&quot;"
                                         : NULL;
    if (escape != NULL) {
      hb_text_add(text, escape, strlen(escape));
    } else {
      hb_text_add(text, plain, 1);
    }
  }
}

void hb_text_release(hb_text_t *text) {
  free(text->text);
  *text = (hb_text_t){0};
}
