/* SPDX-License-Identifier: Apache-2.0 */

#include <math.h>
#include <string.h>

#include "hb_html.h"
#include "hb_plot.h"
#include "hb_sweep.h"
#include "hb_whole_file.h"

typedef unsigned long long ull;

static const char *const NAMES[] = {
#define X(symbol_, name_, place_) #name_,
    HB_SWEEP_VALUE_TABLE(X)
#undef X
};

/* Whether `row` is the first of its SoC. */
static bool begins_soc(const hb_sweep_t *sweep, uint32_t row) {
  for (uint32_t i = 0; i < row; i++) {
    if (strcmp(sweep->rows[i].soc, sweep->rows[row].soc) == 0) {
      return false;
    }
  }
  return true;
}

static uint32_t num_socs(const hb_sweep_t *sweep) {
  uint32_t num = 0;
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    num += begins_soc(sweep, row);
  }
  return num;
}

/* --------------------------------------------------------------------------------------- tables */

static uint32_t widest_column(const hb_sweep_t *sweep) {
  size_t most = strlen("policy");
  for (uint32_t i = 0; i < sweep->num_columns; i++) {
    const size_t len = strlen(sweep->columns[i]);
    most = len > most ? len : most;
  }
  return (uint32_t)most;
}

static void print_value(FILE *out, int width, bool known, double value, const char *unit) {
  if (known) {
    fprintf(out, " %*.4f%s", width - (int)strlen(unit), value, unit);
  } else {
    fprintf(out, " %*s", width, "-");
  }
}

static void print_end(const hb_sweep_t *sweep, const char *soc, uint32_t column, FILE *out) {
  double value = 0.0;
  bool known = hb_sweep_geomean(sweep, soc, column, HB_SWEEP_UX_COST, &value);
  print_value(out, 9, known, value, "");
  known = hb_sweep_reduction(sweep, soc, column, &value);
  if (known) {
    fprintf(out, " %+8.1f%%", value == 0.0 ? 0.0 : -100.0 * value);
  } else {
    fprintf(out, " %9s", "-");
  }
  double xrbench = 0.0, sum = 0.0;
  uint32_t rows = 0;
  known = true;
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    if (soc == NULL || strcmp(sweep->rows[row].soc, soc) == 0) {
      known = hb_sweep_cell(sweep, row, column, HB_SWEEP_XRBENCH_ENERGY, &xrbench) && known;
      sum += xrbench;
      rows++;
    }
  }
  if (known) {
    fprintf(out, " %8.2f\n", sum / rows);
  } else {
    fprintf(out, " %8s\n", "-");
  }
}

static void print_head(const hb_sweep_t *sweep, const char *soc, int width, FILE *out) {
  fprintf(out, "%-*s", width, "policy");
  for (uint32_t row = 0; soc != NULL && row < sweep->num_rows; row++) {
    if (strcmp(sweep->rows[row].soc, soc) == 0) {
      fprintf(out, " %13.13s", sweep->rows[row].scenario);
    }
  }
  fprintf(out, " %9s %9.9s %8s\n", "geo.mean", "change", "XRBench");
}

static void print_block(const hb_sweep_t *sweep, const char *soc, FILE *out) {
  const int width = (int)widest_column(sweep);
  print_head(sweep, soc, width, out);
  for (uint32_t column = 0; column < sweep->num_columns; column++) {
    fprintf(out, "%-*s", width, sweep->columns[column]);
    for (uint32_t row = 0; soc != NULL && row < sweep->num_rows; row++) {
      double value = 0.0;
      if (strcmp(sweep->rows[row].soc, soc) == 0) {
        print_value(out, 13, hb_sweep_cell(sweep, row, column, HB_SWEEP_UX_COST, &value), value,
                    "");
      }
    }
    print_end(sweep, soc, column, out);
  }
}

static void print_failures(const hb_sweep_t *sweep, FILE *out) {
  const uint64_t failed = hb_sweep_num_failed(sweep);
  if (failed == 0) {
    return;
  }
  fprintf(out, "\n%llu of %llu runs failed; - stands for what they were part of:\n", (ull)failed,
          (ull)hb_sweep_num_runs(sweep));
  for (uint64_t run = 0; run < hb_sweep_num_runs(sweep); run++) {
    uint32_t row, column;
    uint64_t seed;
    if (!sweep->runs[run].good) {
      hb_sweep_place(sweep, run, &row, &column, &seed);
      fprintf(out, "  %s on %s, %s, seed %llu: %s\n", sweep->rows[row].scenario,
              sweep->rows[row].soc, sweep->columns[column], (ull)seed, sweep->runs[run].why);
    }
  }
}

void hb_sweep_print(const hb_sweep_t *sweep, FILE *out) {
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    if (!begins_soc(sweep, row)) {
      continue;
    }
    fprintf(out, "%sUXCost on %s, mean of %u seed%s from %llu; change against %s\n\n",
            row == 0 ? "" : "\n", sweep->rows[row].soc, sweep->num_seeds,
            sweep->num_seeds == 1 ? "" : "s", (ull)sweep->first_seed,
            sweep->columns[sweep->baseline]);
    print_block(sweep, sweep->rows[row].soc, out);
  }
  if (num_socs(sweep) > 1) {
    fprintf(out, "\non all SoCs\n\n");
    print_block(sweep, NULL, out);
  }
  print_failures(sweep, out);
}

/* ---------------------------------------------------------------------------------------- files */

/* Puts `text` at `path` and releases it. */
static hb_status_t write_text(hb_text_t *text, const char *path, char *why, size_t why_len) {
  hb_status_t status = HB_ERR_NOMEM;
  if (text->failed) {
    snprintf(why, why_len, "out of memory");
  } else {
    status = hb_whole_file_write(path, text->text, text->length, why, why_len);
  }
  hb_text_release(text);
  return status;
}

/* A field of a CSV file: in quotes if it needs them. */
static void add_field(hb_text_t *text, const char *field) {
  if (strpbrk(field, ",\"\n") == NULL) {
    hb_text_addf(text, "%s", field);
    return;
  }
  hb_text_addf(text, "\"");
  for (; *field != '\0'; field++) {
    const char plain = *field == '\n' ? ' ' : *field;
    hb_text_addf(text, plain == '"' ? "\"\"" : "%c", plain);
  }
  hb_text_addf(text, "\"");
}

static void add_place(hb_text_t *text, const char *scenario, const char *soc, const char *column) {
  add_field(text, scenario);
  hb_text_addf(text, ",");
  add_field(text, soc);
  hb_text_addf(text, ",");
  add_field(text, column);
}

static void add_names(hb_text_t *text) {
  for (int i = 0; i < HB_SWEEP_VALUES; i++) {
    hb_text_addf(text, ",%s", NAMES[i]);
  }
}

hb_status_t hb_sweep_write_runs(const hb_sweep_t *sweep, const char *path, char *why,
                                size_t why_len) {
  hb_text_t text = {0};
  hb_text_addf(&text, "scenario,soc,policy,seed,good");
  add_names(&text);
  hb_text_addf(&text, ",why\n");
  for (uint64_t i = 0; i < hb_sweep_num_runs(sweep); i++) {
    const hb_sweep_run_t *run = &sweep->runs[i];
    uint32_t row, column;
    uint64_t seed;
    hb_sweep_place(sweep, i, &row, &column, &seed);
    add_place(&text, sweep->rows[row].scenario, sweep->rows[row].soc, sweep->columns[column]);
    hb_text_addf(&text, ",%llu,%d", (ull)seed, run->good ? 1 : 0);
    for (int value = 0; value < HB_SWEEP_VALUES; value++) {
      if (run->good && !isnan(run->values[value])) {
        hb_text_addf(&text, ",%.10g", run->values[value]);
      } else {
        hb_text_addf(&text, ",");
      }
    }
    hb_text_addf(&text, ",");
    add_field(&text, run->why);
    hb_text_addf(&text, "\n");
  }
  return write_text(&text, path, why, why_len);
}

static void add_known(hb_text_t *text, bool known, double value) {
  if (known) {
    hb_text_addf(text, ",%.10g", value);
  } else {
    hb_text_addf(text, ",");
  }
}

static void add_geomeans(hb_text_t *text, const hb_sweep_t *sweep, const char *soc) {
  for (uint32_t column = 0; column < sweep->num_columns; column++) {
    double value = 0.0;
    add_place(text, "*", soc == NULL ? "*" : soc, sweep->columns[column]);
    for (int i = 0; i < HB_SWEEP_VALUES; i++) {
      const bool has = i == HB_SWEEP_UX_COST || i == HB_SWEEP_DLV || i == HB_SWEEP_NORM_ENERGY;
      add_known(text, has && hb_sweep_geomean(sweep, soc, column, (hb_sweep_value_t)i, &value),
                value);
    }
    const bool known = hb_sweep_reduction(sweep, soc, column, &value);
    add_known(text, known, 100.0 * value);
    hb_text_addf(text, "\n");
  }
}

hb_status_t hb_sweep_write_summary(const hb_sweep_t *sweep, const char *path, char *why,
                                   size_t why_len) {
  hb_text_t text = {0};
  hb_text_addf(&text, "scenario,soc,policy");
  add_names(&text);
  hb_text_addf(&text, ",reduction_percent\n");
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    for (uint32_t column = 0; column < sweep->num_columns; column++) {
      double own = 0.0, base = 0.0;
      add_place(&text, sweep->rows[row].scenario, sweep->rows[row].soc, sweep->columns[column]);
      for (int i = 0; i < HB_SWEEP_VALUES; i++) {
        const bool known = hb_sweep_cell(sweep, row, column, (hb_sweep_value_t)i, &own);
        add_known(&text, known, own);
      }
      const bool known = hb_sweep_cell(sweep, row, column, HB_SWEEP_UX_COST, &own) &&
                         hb_sweep_cell(sweep, row, sweep->baseline, HB_SWEEP_UX_COST, &base) &&
                         base > 0.0;
      add_known(&text, known, known ? 100.0 * (1.0 - own / base) : 0.0);
      hb_text_addf(&text, "\n");
    }
  }
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    if (begins_soc(sweep, row)) {
      add_geomeans(&text, sweep, sweep->rows[row].soc);
    }
  }
  if (num_socs(sweep) > 1) {
    add_geomeans(&text, sweep, NULL);
  }
  return write_text(&text, path, why, why_len);
}

/* Names have no characters that JSON escapes: the loaders and the command line see to it. */
static void add_json_number(hb_text_t *text, const char *name, bool known, double value,
                            const char *after) {
  if (known) {
    hb_text_addf(text, "\"%s\": %.10g%s", name, value, after);
  } else {
    hb_text_addf(text, "\"%s\": null%s", name, after);
  }
}

static void add_json_means(hb_text_t *text, const hb_sweep_t *sweep, const char *soc,
                           const char *name, bool last) {
  for (uint32_t column = 0; column < sweep->num_columns; column++) {
    double value = 0.0;
    hb_text_addf(text, "    {\"soc\": \"%s\", \"policy\": \"%s\", ", name, sweep->columns[column]);
    bool known = hb_sweep_geomean(sweep, soc, column, HB_SWEEP_UX_COST, &value);
    add_json_number(text, "ux_cost", known, value, ", ");
    known = hb_sweep_reduction(sweep, soc, column, &value);
    add_json_number(text, "reduction_percent", known, 100.0 * value, "}");
    hb_text_addf(text, "%s\n", last && column + 1 == sweep->num_columns ? "" : ",");
  }
}

hb_status_t hb_sweep_write_json(const hb_sweep_t *sweep, const char *path, char *why,
                                size_t why_len) {
  hb_text_t text = {0};
  hb_text_addf(&text,
               "{\n  \"schema\": \"" HB_SWEEP_SCHEMA
               "\",\n  \"engine\": \"%s\",\n  \"cost\": \"%s\",\n  \"duration\": \"%s\",\n  "
               "\"first_seed\": %llu,\n"
               "  \"seeds\": %u,\n  \"runs\": %llu,\n  \"failed\": %llu,\n  \"baseline\": \"%s\",\n"
               "  \"cells\": [\n",
               sweep->engine, sweep->cost, sweep->duration, (ull)sweep->first_seed,
               sweep->num_seeds, (ull)hb_sweep_num_runs(sweep), (ull)hb_sweep_num_failed(sweep),
               sweep->columns[sweep->baseline]);
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    for (uint32_t column = 0; column < sweep->num_columns; column++) {
      const bool last = row + 1 == sweep->num_rows && column + 1 == sweep->num_columns;
      hb_text_addf(&text, "    {\"scenario\": \"%s\", \"soc\": \"%s\", \"policy\": \"%s\", ",
                   sweep->rows[row].scenario, sweep->rows[row].soc, sweep->columns[column]);
      for (int i = 0; i < HB_SWEEP_VALUES; i++) {
        double value = 0.0;
        const bool known = hb_sweep_cell(sweep, row, column, (hb_sweep_value_t)i, &value);
        add_json_number(&text, NAMES[i], known, value, i + 1 == HB_SWEEP_VALUES ? "}" : ", ");
      }
      hb_text_addf(&text, "%s\n", last ? "" : ",");
    }
  }
  hb_text_addf(&text, "  ],\n  \"geometric_means\": [\n");
  uint32_t left = num_socs(sweep);
  const bool all = left > 1;
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    if (begins_soc(sweep, row)) {
      left--;
      add_json_means(&text, sweep, sweep->rows[row].soc, sweep->rows[row].soc, left == 0 && !all);
    }
  }
  if (all) {
    add_json_means(&text, sweep, NULL, "*", true);
  }
  hb_text_addf(&text, "  ]\n}\n");
  return write_text(&text, path, why, why_len);
}

/* -------------------------------------------------------------------------------------- picture */

enum { WIDTH = 1000, HEIGHT = 330, TITLE_HEIGHT = 30 };

/* UXCost of a cell, or of the SoC's geometric mean, over that of the baseline. */
static bool relative(const hb_sweep_t *sweep, uint32_t row, const char *soc, uint32_t column,
                     double *value_out) {
  double own = 0.0, base = 0.0;
  const bool known =
      row < sweep->num_rows
          ? hb_sweep_cell(sweep, row, column, HB_SWEEP_UX_COST, &own) &&
                hb_sweep_cell(sweep, row, sweep->baseline, HB_SWEEP_UX_COST, &base)
          : hb_sweep_geomean(sweep, soc, column, HB_SWEEP_UX_COST, &own) &&
                hb_sweep_geomean(sweep, soc, sweep->baseline, HB_SWEEP_UX_COST, &base);
  *value_out = known && base > 0.0 ? own / base : 0.0;
  return known && base > 0.0;
}

/* Groups of bars: the scenarios of a SoC and their geometric mean; a bar per column. False: there
 * is no value. */
static bool add_bars(const hb_sweep_t *sweep, const char *soc, uint32_t block, hb_text_t *script) {
  bool any = false;
  hb_text_addf(script, "$bars%u << EOD\n", block);
  for (uint32_t row = 0; row <= sweep->num_rows; row++) {
    if (row < sweep->num_rows && strcmp(sweep->rows[row].soc, soc) != 0) {
      continue;
    }
    hb_text_addf(script, "\"%s\"",
                 row < sweep->num_rows ? sweep->rows[row].scenario : "geometric mean");
    for (uint32_t column = 0; column < sweep->num_columns; column++) {
      double value = 0.0;
      if (relative(sweep, row, soc, column, &value)) {
        hb_text_addf(script, " %.6g", value);
        any = true;
      } else {
        hb_text_addf(script, " NaN");
      }
    }
    hb_text_addf(script, "\n");
  }
  hb_text_addf(script, "EOD\n");
  return any;
}

hb_status_t hb_sweep_write_picture(const hb_sweep_t *sweep, const char *path, char *why,
                                   size_t why_len) {
  hb_text_t script = {0};
  uint32_t block = 0;
  hb_text_addf(&script,
               "set style data histograms\nset style histogram clustered gap 1.5\n"
               "set style fill solid border -1\nset boxwidth 0.95\nset yrange [0:*]\n"
               "set ylabel 'UXCost over that of %s' noenhanced\nset grid y\nset xtics noenhanced\n"
               "set key outside right noenhanced\nset multiplot layout %u,1\n",
               sweep->columns[sweep->baseline], num_socs(sweep));
  for (uint32_t row = 0; row < sweep->num_rows; row++) {
    if (!begins_soc(sweep, row)) {
      continue;
    }
    const bool any = add_bars(sweep, sweep->rows[row].soc, block, &script);
    hb_text_addf(&script, "set title '%s' noenhanced\nplot ", sweep->rows[row].soc);
    if (!any) { /* gnuplot fails of a plot without a point */
      hb_text_addf(&script, "[0:1] [0:1] NaN title 'no good runs'\n");
      block++;
      continue;
    }
    for (uint32_t column = 0; column < sweep->num_columns; column++) {
      hb_text_addf(&script, "%s$bars%u using %u:xtic(1) lc %u title '%s'", column == 0 ? "" : ", ",
                   block, column + 2, column + 1, sweep->columns[column]);
    }
    hb_text_addf(&script, "\n");
    block++;
  }
  hb_text_addf(&script, "unset multiplot\n");
  hb_text_t picture = {0};
  hb_text_t white = {0};
  hb_status_t status = HB_ERR_NOMEM;
  if (!script.failed) {
    status = hb_plot_svg(script.text, WIDTH, block * HEIGHT + TITLE_HEIGHT, &picture, why, why_len);
  }
  if (status == HB_OK && !picture.failed) { /* the first fill is the background's */
    static const char NONE[] = "fill=\"none\"", WHITE[] = "fill=\"white\"";
    const char *fill = strstr(picture.text, NONE);
    const char *rest = fill == NULL ? picture.text : fill + strlen(NONE);
    if (fill != NULL) {
      hb_text_add(&white, picture.text, (size_t)(fill - picture.text));
      hb_text_add(&white, WHITE, strlen(WHITE));
    }
    hb_text_add(&white, rest, strlen(rest));
    status = write_text(&white, path, why, why_len);
  } else if (status == HB_OK || script.failed) {
    snprintf(why, why_len, "out of memory");
    status = HB_ERR_NOMEM;
  }
  hb_text_release(&picture);
  hb_text_release(&script);
  return status;
}
