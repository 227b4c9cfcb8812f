/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * MAESTRO's files as tokens, and errors that point at them: for mappings (host/cost/hb_mapping.h)
 * and hardware (hb_hardware.h).
 *
 * A token is a word (a letter, then letters, digits, _ and '), a number (a digit, + or -, then
 * digits, letters, and . + -, so that 1e3 or 4.5 is one wrong number), or one other character.
 * Comments begin with two slashes.
 *
 * Life cycle: hb_lexer_open() -> any of the others; nothing to release.
 */

#ifndef HB_LEXER_H_
#define HB_LEXER_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_config.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HB_LEXER_MAX_FILE_BYTES = 64 * 1024, HB_LEXER_WORD_BYTES = HB_NAME_MAX };

typedef struct hb_lexer {
  const char *path;
  const char *at, *line_start, *end;
  uint32_t line_at;                /* of `at` */
  char token[HB_LEXER_WORD_BYTES]; /* "" at the end; cut if longer */
  uint32_t line, column;           /* of the token, from 1 */
  const char *key;                 /* what errors are about, "": none; the reader may set it */
  hb_config_error_t *error;
  char text[HB_LEXER_MAX_FILE_BYTES + 1];
} hb_lexer_t;

/**
 * Reads a file and goes to its first token. `path` and `error` stay in use.
 * @retval HB_ERR_IO, HB_ERR_INPUT (larger than 64 KiB)
 */
HB_MUST_USE hb_status_t hb_lexer_open(const char *path, hb_lexer_t *lexer,
                                      hb_config_error_t *error);

/** Goes to the next token. */
void hb_lexer_next(hb_lexer_t *lexer);
/** Whether the token is that one; if so, goes to the next. */
bool hb_lexer_take_if(hb_lexer_t *lexer, const char *token);
/** Likewise; @retval HB_ERR_INPUT it is another one. */
HB_MUST_USE hb_status_t hb_lexer_take(hb_lexer_t *lexer, const char *token);
/** Takes a whole number in `min` .. `max` and goes on. @retval HB_ERR_INPUT */
HB_MUST_USE hb_status_t hb_lexer_number(hb_lexer_t *lexer, uint32_t min, uint32_t max,
                                        uint32_t *value_out);
/** @retval HB_ERR_INPUT there is more. */
HB_MUST_USE hb_status_t hb_lexer_end(hb_lexer_t *lexer);

/** The token as told in errors. */
const char *hb_lexer_seen(const hb_lexer_t *lexer);
/** Writes "file:line:column: message" about the token. Returns HB_ERR_INPUT. */
__attribute__((format(printf, 2, 3))) HB_MUST_USE hb_status_t hb_lexer_fail(const hb_lexer_t *lexer,
                                                                            const char *format,
                                                                            ...);
/** Likewise of another place; `key` as in hb_complain(). */
__attribute__((format(printf, 5, 6))) HB_MUST_USE hb_status_t
hb_lexer_fail_at(const hb_lexer_t *lexer, uint32_t line, uint32_t column, const char *key,
                 const char *format, ...);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_LEXER_H_ */
