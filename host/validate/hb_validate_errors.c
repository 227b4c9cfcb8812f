/* SPDX-License-Identifier: Apache-2.0 */

/* How far off predictions are: table, CSV, JSON, picture. */

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hb_validate.h"

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The smallest with at least `percent` of all at or below it. */
static double nearest_rank(const double *sorted, uint64_t count, uint32_t percent) {
  return sorted[(count * percent + 99) / 100 - 1];
}

static void add_up(const hb_validate_t *plan, uint32_t cost, uint32_t model, uint32_t kind,
                   double *absolute, hb_validate_errors_t *errors) {
  double predicted_sum = 0.0;
  double measured_sum = 0.0;
  for (uint32_t i = 0; i < plan->num_rows; i++) {
    const hb_validate_row_t *row = &plan->rows[i];
    if ((model != HB_VALIDATE_ALL && row->model != model) ||
        (kind != HB_VALIDATE_ALL && plan->jobs[row->job].kind != kind)) {
      continue;
    }
    if (row->predicted[cost] == 0) {
      errors->without++;
      continue;
    }
    const double measured = (double)hb_validate_measured(plan, row);
    const double predicted = (double)row->predicted[cost];
    const double error = (predicted - measured) / measured;
    if (errors->count == 0 || fabs(error) > fabs(errors->worst)) {
      errors->worst = error;
      errors->worst_row = i;
    }
    absolute[errors->count++] = fabs(error);
    errors->mean += fabs(error);
    predicted_sum += predicted;
    measured_sum += measured;
  }
  if (errors->count > 0) {
    errors->mean /= (double)errors->count;
    errors->total = (predicted_sum - measured_sum) / measured_sum;
  }
}

hb_status_t hb_validate_errors(const hb_validate_t *plan, uint32_t cost, uint32_t model,
                               uint32_t kind, hb_validate_errors_t *errors_out) {
  double *absolute = calloc(plan->num_rows + 1u, sizeof(*absolute));
  if (absolute == NULL) {
    return HB_ERR_NOMEM;
  }
  hb_validate_errors_t errors = {0};
  add_up(plan, cost, model, kind, absolute, &errors);
  if (errors.count > 0) {
    qsort(absolute, errors.count, sizeof(*absolute), by_value);
    errors.median = nearest_rank(absolute, errors.count, 50);
    errors.p95 = nearest_rank(absolute, errors.count, 95);
  }
  free(absolute);
  *errors_out = errors;
  return HB_OK;
}

static uint32_t num_costs(const hb_validate_t *plan) {
  return plan->has_user ? HB_VALIDATE_COSTS : HB_VALIDATE_USER;
}

/* -------------------------------------------------------------------------------------- table */

static const char *layer_name(const hb_validate_t *plan, const hb_validate_row_t *row) {
  return plan->models[row->model].layers[row->layer].name;
}

static const char *kind_name(const hb_validate_t *plan, const hb_validate_row_t *row) {
  return plan->kinds[plan->jobs[row->job].kind].name;
}

static void print_line(const hb_validate_t *plan, const char *what, uint32_t cost,
                       const hb_validate_errors_t *errors, FILE *out) {
  fprintf(out, "%-24s %-9s %6" PRIu64, what, hb_validate_cost_name(cost), errors->count);
  if (errors->count == 0) {
    fprintf(out, "       -       -       -       -       -  describes none of %" PRIu64 "\n",
            errors->without);
    return;
  }
  const hb_validate_row_t *row = &plan->rows[errors->worst_row];
  fprintf(out, " %7.1f %7.1f %7.1f %+7.1f %+7.1f  %s %s on %s\n", 100.0 * errors->mean,
          100.0 * errors->median, 100.0 * errors->p95, 100.0 * errors->total, 100.0 * errors->worst,
          plan->models[row->model].name, layer_name(plan, row), kind_name(plan, row));
}

hb_status_t hb_validate_print(const hb_validate_t *plan, FILE *out) {
  fprintf(out,
          "error of predicted cycles against measured ones, %% (mean, median, 95th percentile of "
          "its size)\n\n%-24s %-9s %6s %7s %7s %7s %7s %7s\n",
          "", "cost", "layers", "mean", "median", "p95", "total", "worst");
  for (uint32_t k = 0; k < plan->num_kinds; k++) {
    for (uint32_t c = 0; c < num_costs(plan); c++) {
      hb_validate_errors_t errors;
      char what[HB_SIM_NAME_MAX + 8];
      snprintf(what, sizeof(what), "%s%s", c == 0 ? "all on " : "",
               c == 0 ? plan->kinds[k].name : "");
      HB_TRY(hb_validate_errors(plan, c, HB_VALIDATE_ALL, k, &errors));
      print_line(plan, what, c, &errors, out);
    }
  }
  for (uint32_t m = 0; m < plan->num_models; m++) {
    fputc('\n', out);
    for (uint32_t c = 0; c < num_costs(plan); c++) {
      hb_validate_errors_t errors;
      HB_TRY(hb_validate_errors(plan, c, m, HB_VALIDATE_ALL, &errors));
      print_line(plan, c == 0 ? plan->models[m].name : "", c, &errors, out);
    }
  }
  return HB_OK;
}

/* ---------------------------------------------------------------------------------------- CSV */

void hb_validate_csv(const hb_validate_t *plan, FILE *out) {
  fputs(
      "model,layer,tile,op,groups,in_c,out_c,out_h,out_w,ker_h,ker_w,macs,measured,array,wait_load,"
      "wait_store,wait_wgt,wait_cmd,rd_beats,wr_"
      "beats",
      out);
  for (uint32_t c = 0; c < num_costs(plan); c++) {
    fprintf(out, ",%s", hb_validate_cost_name(c));
  }
  fputc('\n', out);
  for (uint32_t i = 0; i < plan->num_rows; i++) {
    const hb_validate_row_t *row = &plan->rows[i];
    const hb_layer_t *layer = &plan->models[row->model].layers[row->layer];
    const hb_sim_job_t *job = &plan->jobs[row->job].measured;
    fprintf(out,
            "%s,%s,%s,%s,%u,%u,%u,%u,%u,%u,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
            ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
            plan->models[row->model].name, layer->name, kind_name(plan, row), hb_op_name(layer->op),
            hb_layer_groups(layer), layer->in_c, hb_layer_out_c(layer), hb_layer_out_h(layer),
            hb_layer_out_w(layer), layer->ker_h, layer->ker_w, hb_layer_macs(layer),
            hb_validate_measured(plan, row), job->array, job->wait_load, job->wait_store,
            job->wait_wgt, job->wait_cmd, job->rd_beats, job->wr_beats);
    for (uint32_t c = 0; c < num_costs(plan); c++) {
      if (row->predicted[c] == 0) {
        fputc(',', out);
      } else {
        fprintf(out, ",%" PRIu64, row->predicted[c]);
      }
    }
    fputc('\n', out);
  }
}

/* --------------------------------------------------------------------------------------- JSON */

static bool put(struct json_object *object, const char *key, struct json_object *value) {
  if (object != NULL && value != NULL && json_object_object_add(object, key, value) == 0) {
    return true;
  }
  json_object_put(value);
  return false;
}

static struct json_object *number(double value) {
  char text[64];
  snprintf(text, sizeof(text), "%.6f", value);
  return json_object_new_double_s(value, text);
}

static bool put_errors(struct json_object *list, const hb_validate_t *plan, uint32_t cost,
                       uint32_t model, uint32_t kind) {
  hb_validate_errors_t errors;
  struct json_object *one = json_object_new_object();
  if (one == NULL || hb_validate_errors(plan, cost, model, kind, &errors) != HB_OK) {
    json_object_put(one);
    return false;
  }
  bool ok = model == HB_VALIDATE_ALL ||
            put(one, "model", json_object_new_string(plan->models[model].name));
  ok = ok && (kind == HB_VALIDATE_ALL ||
              put(one, "tile", json_object_new_string(plan->kinds[kind].name)));
  ok = ok && put(one, "cost", json_object_new_string(hb_validate_cost_name(cost))) &&
       put(one, "layers", json_object_new_uint64(errors.count)) &&
       put(one, "not_described", json_object_new_uint64(errors.without));
  if (ok && errors.count > 0) {
    const hb_validate_row_t *row = &plan->rows[errors.worst_row];
    ok = put(one, "mean", number(errors.mean)) && put(one, "median", number(errors.median)) &&
         put(one, "p95", number(errors.p95)) && put(one, "total", number(errors.total)) &&
         put(one, "worst", number(errors.worst)) &&
         put(one, "worst_model", json_object_new_string(plan->models[row->model].name)) &&
         put(one, "worst_layer", json_object_new_string(layer_name(plan, row))) &&
         put(one, "worst_tile", json_object_new_string(kind_name(plan, row)));
  }
  if (!ok || json_object_array_add(list, one) != 0) {
    json_object_put(one);
    return false;
  }
  return true;
}

static bool put_all(struct json_object *root, const hb_validate_t *plan, const char *engine) {
  struct json_object *list = json_object_new_array();
  bool ok = list != NULL;
  for (uint32_t c = 0; ok && c < num_costs(plan); c++) {
    ok = put_errors(list, plan, c, HB_VALIDATE_ALL, HB_VALIDATE_ALL);
    for (uint32_t k = 0; ok && k < plan->num_kinds; k++) {
      ok = put_errors(list, plan, c, HB_VALIDATE_ALL, k);
    }
    for (uint32_t m = 0; ok && m < plan->num_models; m++) {
      ok = put_errors(list, plan, c, m, HB_VALIDATE_ALL);
      for (uint32_t k = 0; ok && k < plan->num_kinds; k++) {
        ok = put_errors(list, plan, c, m, k);
      }
    }
  }
  if (!ok) {
    json_object_put(list);
    return false;
  }
  uint64_t jobs = 0;
  uint64_t cycles = 0;
  for (uint32_t j = 0; j < plan->num_jobs; j++) {
    jobs += plan->jobs[j].est_cycles > 0;
    cycles += plan->jobs[j].measured.end - plan->jobs[j].measured.start;
  }
  return put(root, "schema", json_object_new_string("hilbert.validate.1")) &&
         put(root, "soc", json_object_new_string(plan->soc->name)) &&
         put(root, "clock_khz", json_object_new_uint64(plan->soc->clock_khz)) &&
         put(root, "engine", json_object_new_string(engine)) &&
         put(root, "rows", json_object_new_uint64(plan->num_rows)) &&
         put(root, "jobs_measured", json_object_new_uint64(jobs)) &&
         put(root, "cycles_measured", json_object_new_uint64(cycles)) && put(root, "errors", list);
}

hb_status_t hb_validate_json(const hb_validate_t *plan, const char *engine, FILE *out) {
  struct json_object *root = json_object_new_object();
  const bool ok = root != NULL && put_all(root, plan, engine);
  const char *text =
      ok ? json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED)
         : NULL;
  if (text != NULL) {
    fprintf(out, "%s\n", text);
  }
  json_object_put(root);
  return text != NULL ? HB_OK : HB_ERR_NOMEM;
}

/* ------------------------------------------------------------------------------------ picture */

void hb_validate_plot(const hb_validate_t *plan, FILE *out) {
  const uint32_t costs = num_costs(plan);
  double most = 1.0;
  double least = INFINITY;
  for (uint32_t i = 0; i < plan->num_rows; i++) {
    for (uint32_t c = 0; c <= costs; c++) {
      const double value = c == costs ? (double)hb_validate_measured(plan, &plan->rows[i])
                                      : (double)plan->rows[i].predicted[c];
      most = value > most ? value : most;
      least = value > 0.0 && value < least ? value : least;
    }
  }
  const double from = pow(10.0, floor(log10(least)));
  const double to = pow(10.0, ceil(log10(most)));
  for (uint32_t k = 0; k < plan->num_kinds; k++) {
    fprintf(out, "$kind%u << EOD\n", k);
    for (uint32_t i = 0; i < plan->num_rows; i++) {
      const hb_validate_row_t *row = &plan->rows[i];
      /* Layers that do the same work share a point, but for somebody's own numbers. */
      bool again = false;
      for (uint32_t j = 0; !plan->has_user && j < i && !again; j++) {
        again = plan->rows[j].job == row->job;
      }
      if (plan->jobs[row->job].kind != k || again) {
        continue;
      }
      fprintf(out, "%" PRIu64, hb_validate_measured(plan, row));
      for (uint32_t c = 0; c < costs; c++) {
        if (row->predicted[c] == 0) {
          fputs(" NaN", out);
        } else {
          fprintf(out, " %" PRIu64, row->predicted[c]);
        }
      }
      fputc('\n', out);
    }
    fputs("EOD\n", out);
  }
  fprintf(out,
          "set logscale xy\nset format '10^{%%T}'\nset size square\nset grid\nset key left top\n"
          "set xrange [%g:%g]\nset yrange [%g:%g]\nset xlabel 'measured cycles'\n"
          "set ylabel 'predicted cycles'\nset multiplot layout %u,2\n",
          from, to, from, to, (costs + 1) / 2);
  for (uint32_t c = 0; c < costs; c++) {
    fprintf(out, "set title '%s'\nplot x notitle with lines lc rgb 'gray40'",
            hb_validate_cost_name(c));
    for (uint32_t k = 0; k < plan->num_kinds; k++) {
      fprintf(out, ", $kind%u using 1:%u title '%s' with points pt 7 ps 0.3", k, c + 2,
              plan->kinds[k].name);
    }
    fputc('\n', out);
  }
  fputs("unset multiplot\n", out);
}
