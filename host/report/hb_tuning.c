/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_tuning.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_model.h"
#include "hb_plot.h"
#include "hb_trace_reader.h"
#include "hb_whole_file.h"

#define Q16 65536.0
enum { WHY_BYTES = 400, WIDTH = 900, HEIGHT = 420, NUM_FIELDS = 5 };

static const char *const FIELDS[NUM_FIELDS] = {"alpha_q16", "beta_q16", "step_q16", "ux_cost_q16",
                                               "state"};

/* Where the stream has the fields; false: the trace has no such stream. */
static bool find_fields(const hb_trace_schema_t *schema, uint32_t *stream_out,
                        uint32_t places[NUM_FIELDS]) {
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    const hb_trace_stream_t *stream = &schema->streams[s];
    uint32_t found = 0;
    for (uint32_t f = 0; strcmp(stream->name, "tune") == 0 && f < stream->num_fields; f++) {
      for (uint32_t i = 0; i < NUM_FIELDS; i++) {
        if (strcmp(stream->fields[f].name, FIELDS[i]) == 0) {
          places[i] = f;
          found++;
        }
      }
    }
    if (found == NUM_FIELDS) {
      *stream_out = s;
      return true;
    }
  }
  return false;
}

static void add_row(hb_trace_reader_t *reader, const uint64_t *values,
                    const uint32_t places[NUM_FIELDS], double khz, hb_text_t *rows,
                    hb_text_t *csv) {
  const double ms = (double)values[0] / khz;
  const double alpha = (double)values[places[0]] / Q16, beta = (double)values[places[1]] / Q16;
  const double step = (double)values[places[2]] / Q16, cost = (double)values[places[3]] / Q16;
  const char *state = hb_trace_reader_enum(reader, "tune", values[places[4]]);
  hb_text_addf(csv, "%.6f,%.6f,%.6f,%.6f,%.6f,%s\n", ms, alpha, beta, step, cost,
               state == NULL ? "" : state);
  hb_text_addf(rows, "%.6f %.6f %.6f ", ms, alpha, beta);
  if (values[places[3]] == UINT32_MAX) {
    hb_text_addf(rows, "NaN\n");
  } else {
    hb_text_addf(rows, "%.6f\n", cost);
  }
}

static hb_status_t draw(const hb_text_t *rows, hb_text_t *html, char *why, size_t why_len) {
  hb_text_t script = {0};
  hb_text_addf(&script, "$tuning << EOD\n");
  hb_text_add(&script, rows->text, rows->length);
  hb_text_addf(&script,
               "EOD\nset multiplot layout 2,1\nset xrange [0:*]\nset grid\n"
               "set key outside right\nset yrange [-0.05:2.05]\nset ylabel 'weight'\n"
               "plot $tuning using 1:2 with steps lw 2 title 'alpha', "
               "$tuning using 1:3 with steps lw 2 title 'beta'\n"
               "set yrange [0:*]\nset xlabel 'ms'\nset ylabel 'UXCost'\n"
               "plot $tuning using 1:4 with linespoints pt 7 ps 0.5 title 'of a window'\n"
               "unset multiplot\n");
  hb_status_t status = HB_ERR_NOMEM;
  if (script.failed) {
    snprintf(why, why_len, "out of memory");
  } else {
    hb_text_addf(html, "<h2>Tuning</h2>\n<figure>");
    status = hb_plot_svg(script.text, WIDTH, HEIGHT, html, why, why_len);
    hb_text_addf(html,
                 "</figure>\n<p>Weights of starvation (alpha) and energy (beta) in the score, from "
                 "their record on, and UXCost of the window that ended with it, as the firmware "
                 "counts it. The same as tuning.csv.</p>\n");
  }
  hb_text_release(&script);
  return status;
}

static hb_status_t add(hb_trace_reader_t *reader, const char *trace_path, const char *csv_path,
                       hb_text_t *html, char *why, size_t why_len) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  const char *clock = hb_trace_reader_meta(reader, "clock_khz");
  const double khz = clock == NULL ? 0.0 : strtod(clock, NULL);
  uint32_t stream = 0, places[NUM_FIELDS] = {0};
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  (void)remove(csv_path);
  if (!find_fields(schema, &stream, places) || khz <= 0.0) {
    return HB_OK;
  }
  wanted[stream] = true;
  hb_trace_reader_select(reader, wanted);
  hb_text_t rows = {0}, csv = {0};
  hb_text_addf(&csv, "ms,alpha,beta,step,ux_cost,state\n");
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    add_row(reader, record.values, places, khz, &rows, &csv);
  }
  if (rows.failed || csv.failed) {
    snprintf(why, why_len, "out of memory");
    status = HB_ERR_NOMEM;
  } else if (status != HB_ERR_END && status != HB_ERR_FORMAT) {
    snprintf(why, why_len, "%s: %s", trace_path, hb_trace_reader_error(reader));
  } else if (rows.length == 0) {
    status = HB_OK;
  } else {
    status = hb_whole_file_write(csv_path, csv.text, csv.length, why, why_len);
    status = status == HB_OK ? draw(&rows, html, why, why_len) : status;
  }
  hb_text_release(&rows);
  hb_text_release(&csv);
  return status;
}

hb_status_t hb_tuning_add(const char *trace_path, const char *csv_path, hb_text_t *html, char *why,
                          size_t why_len) {
  hb_trace_reader_t *reader = NULL;
  char text[WHY_BYTES];
  hb_status_t status = hb_trace_reader_open(trace_path, &reader, text, sizeof(text));
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", trace_path, text);
    return status == HB_ERR_NOMEM ? status : HB_ERR_INPUT;
  }
  status = add(reader, trace_path, csv_path, html, why, why_len);
  hb_trace_reader_free(reader);
  return status;
}
