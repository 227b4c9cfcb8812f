/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A table in a text file, and errors that point into it.
 *
 * The first line names the columns, in any order; each further line is a row with a value for each.
 * As RFC 4180 has it: values are separated by commas; one in double quotes may hold commas, line
 * ends and, doubled, quotes; a line may end in CR LF. Beyond it, empty lines and lines that begin
 * with '#' are left out. Column names beyond those asked for, missing ones, a quote inside an
 * unquoted value, text behind a closing quote and a missing closing quote are errors.
 *
 * Life cycle: hb_csv_open() -> hb_csv_next() until HB_ERR_END -> hb_csv_close().
 */

#ifndef HB_CSV_H_
#define HB_CSV_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_config.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_csv hb_csv_t;

/**
 * @param columns      names, `num_columns` of them; their places number the columns from here on.
 *                     A name that begins with '?' may be missing.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_csv_open(const char *path, const char *const *columns,
                                    uint32_t num_columns, hb_csv_t **csv_out,
                                    hb_config_error_t *error);
void hb_csv_close(hb_csv_t *csv);

/** Whether the file has that column. */
bool hb_csv_has(const hb_csv_t *csv, uint32_t column);

/**
 * Goes to the next row.
 * @retval HB_ERR_END    there is none.
 * @retval HB_ERR_INPUT  it has more or fewer values than the first line has names, or bad quotes.
 */
HB_MUST_USE hb_status_t hb_csv_next(hb_csv_t *csv, hb_config_error_t *error);
/** Number of the row's first line; lines count from 1. */
uint32_t hb_csv_line(const hb_csv_t *csv);
/** Where the value of a column begins in its line, in bytes from 1; 1 without such a column. */
uint32_t hb_csv_column(const hb_csv_t *csv, uint32_t column);

/** Value of a column in this row, "" if it is empty or the file has no such column. */
const char *hb_csv_text(const hb_csv_t *csv, uint32_t column);
/** Takes a name, letters, digits, '.', '_' and '-', into `name`. */
HB_MUST_USE hb_status_t hb_csv_name(const hb_csv_t *csv, uint32_t column, char name[HB_NAME_MAX],
                                    hb_config_error_t *error);
/** Takes a whole number in `min` .. `max`. */
HB_MUST_USE hb_status_t hb_csv_number(const hb_csv_t *csv, uint32_t column, uint32_t min,
                                      uint32_t max, uint32_t *value_out, hb_config_error_t *error);
/** Takes a decimal times 10^`exponent` in `min` .. `max`, scaled likewise. */
HB_MUST_USE hb_status_t hb_csv_decimal(const hb_csv_t *csv, uint32_t column, unsigned exponent,
                                       uint64_t min, uint64_t max, uint64_t *value_out,
                                       hb_config_error_t *error);

/** Writes "file:line:column: name of the column: message" to `error`. Returns HB_ERR_INPUT. */
__attribute__((format(printf, 4, 5))) HB_MUST_USE hb_status_t hb_csv_fail(const hb_csv_t *csv,
                                                                          uint32_t column,
                                                                          hb_config_error_t *error,
                                                                          const char *format, ...);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_CSV_H_ */
