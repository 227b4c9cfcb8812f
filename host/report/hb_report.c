/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_report.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_html.h"
#include "hb_model.h"
#include "hb_plot.h"
#include "hb_tuning.h"
#include "hb_whole_file.h"

#define SCHEMA "hilbert.metrics.1"

typedef struct json_object json_t;

typedef struct report {
  const char *path;       /* of the metrics */
  const char *trace_path; /* NULL: no timeline */
  const char *tuning_path;
  const hb_timeline_window_t *window;
  json_t *metrics;
  hb_text_t html;
  char *why;
  size_t why_len;
  char missing[64]; /* the first key that is not there or of another kind; "" if none */
} report_t;

/* ---------------------------------------------------------------------------------------- numbers
 */

/* The member at "a.b.c"; NULL, and noted, if there is none of that type. */
static json_t *get(report_t *report, json_t *from, const char *path, json_type type) {
  json_t *at = from;
  char key[64];
  for (const char *next = path; at != NULL && *next != '\0';) {
    const size_t length = strcspn(next, ".");
    snprintf(key, sizeof(key), "%.*s", (int)length, next);
    json_t *found = NULL;
    at = json_object_is_type(at, json_type_object) && json_object_object_get_ex(at, key, &found)
             ? found
             : NULL;
    next += length + (next[length] == '.');
  }
  const bool number = type == json_type_double && json_object_is_type(at, json_type_int);
  if (at == NULL || (!json_object_is_type(at, type) && !number)) {
    if (report->missing[0] == '\0') {
      snprintf(report->missing, sizeof(report->missing), "%s", path);
    }
    return NULL;
  }
  return at;
}

static double number(report_t *report, json_t *from, const char *path) {
  return json_object_get_double(get(report, from, path, json_type_double));
}

/* Into `text`; "-" of a score that is null: there was no frame to score. */
static const char *score(report_t *report, json_t *from, const char *key, int decimals,
                         char text[32]) {
  json_t *scores = NULL, *value = NULL;
  if (json_object_object_get_ex(from, "scores", &scores) &&
      json_object_is_type(scores, json_type_object) &&
      json_object_object_get_ex(scores, key + strlen("scores."), &value) && value == NULL) {
    return "-";
  }
  snprintf(text, 32, "%.*f", decimals, number(report, from, key));
  return text;
}

static bool is_score(const char *key) {
  return strncmp(key, "scores.", strlen("scores.")) == 0;
}

static const char *text(report_t *report, json_t *from, const char *path) {
  json_t *found = get(report, from, path, json_type_string);
  return found == NULL ? "" : json_object_get_string(found);
}

static size_t length_of(json_t *array) {
  return array == NULL ? 0 : json_object_array_length(array);
}

/* ----------------------------------------------------------------------------------------- tables
 */

typedef struct column {
  const char *title;
  const char *key;
  bool is_text;
  int decimals;
} column_t;

static void table(report_t *report, const char *array_key, const column_t *columns,
                  size_t num_columns) {
  hb_text_t *html = &report->html;
  json_t *rows = get(report, report->metrics, array_key, json_type_array);
  hb_text_addf(html, "<table><tr>");
  for (size_t c = 0; c < num_columns; c++) {
    hb_text_addf(html, "<th>%s</th>", columns[c].title);
  }
  hb_text_addf(html, "</tr>\n");
  for (size_t r = 0; r < length_of(rows); r++) {
    json_t *row = json_object_array_get_idx(rows, r);
    hb_text_addf(html, "<tr>");
    for (size_t c = 0; c < num_columns; c++) {
      if (columns[c].is_text) {
        hb_text_addf(html, "<td class=\"text\">");
        hb_html_escape(html, text(report, row, columns[c].key));
      } else if (is_score(columns[c].key)) {
        char value[32];
        hb_text_addf(html, "<td>%s",
                     score(report, row, columns[c].key, columns[c].decimals, value));
      } else {
        hb_text_addf(html, "<td>%.*f", columns[c].decimals, number(report, row, columns[c].key));
      }
      hb_text_addf(html, "</td>");
    }
    hb_text_addf(html, "</tr>\n");
  }
  hb_text_addf(html, "</table>\n");
}

static void models_table(report_t *report) {
  static const column_t COLUMNS[] = {
      {"task", "name", true, 0},
      {"model", "model", true, 0},
      {"frames", "frames", false, 0},
      {"completed", "completed", false, 0},
      {"late", "late", false, 0},
      {"dropped", "dropped", false, 0},
      {"median ms", "latency_ms.p50", false, 3},
      {"95 % ms", "latency_ms.p95", false, 3},
      {"mJ a frame", "frame_energy_mj", false, 4},
      {"real-time", "scores.real_time", false, 4},
      {"QoE", "scores.qoe", false, 4},
  };
  table(report, "models", COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
}

static void violations_table(report_t *report) {
  static const column_t COLUMNS[] = {
      {"task", "name", true, 0},
      {"missed, share", "deadline_violation_rate", false, 4},
      {"99 % ms", "latency_ms.p99", false, 3},
      {"longest ms", "latency_ms.max", false, 3},
      {"DLV", "ux.dlv", false, 4},
      {"NormEnergy", "ux.norm_energy", false, 4},
      {"accuracy", "accuracy.share", false, 4},
      {"dropped: late", "drops.late", false, 0},
      {"no slot", "drops.overrun", false, 0},
      {"dependency", "drops.dependency", false, 0},
      {"fault", "drops.fault", false, 0},
      {"smart", "drops.smart", false, 0},
  };
  table(report, "models", COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
}

static void scheduler_text(report_t *report) {
  json_t *metrics = report->metrics;
  hb_text_addf(&report->html,
               "<p>UXCost %.4f: deadline violations %.4f x energy %.4f. %.0f decisions, of %.0f, "
               "%.0f, %.0f cycles (min, median, 99 %%), %.3f %% of the run.",
               number(report, metrics, "ux.cost"), number(report, metrics, "ux.dlv"),
               number(report, metrics, "ux.norm_energy"),
               number(report, metrics, "host.scheduler.decisions"),
               number(report, metrics, "host.scheduler.cycles_per_decision.min"),
               number(report, metrics, "host.scheduler.cycles_per_decision.p50"),
               number(report, metrics, "host.scheduler.cycles_per_decision.p99"),
               number(report, metrics, "host.scheduler.run_percent"));
  hb_text_addf(&report->html, "</p>\n");
}

static void tiles_table(report_t *report) {
  static const column_t COLUMNS[] = {
      {"tile", "name", true, 0},
      {"model", "model", true, 0},
      {"jobs", "jobs", false, 0},
      {"busy %", "busy_percent", false, 1},
      {"MAC %", "mac_percent", false, 1},
      {"MAC % of busy", "mac_busy_percent", false, 1},
      {"switches", "switches", false, 0},
      {"array mJ", "array_energy_mj", false, 4},
      {"scratchpad mJ", "scratchpad_energy_mj", false, 4},
      {"refused accesses", "refused_accesses", false, 0},
  };
  table(report, "tiles", COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
}

/* What went wrong with tiles, if anything did, and what it cost. */
static void faults_table(report_t *report) {
  static const column_t COLUMNS[] = {
      {"tile", "name", true, 0},
      {"hangs", "injected_hangs", false, 0},
      {"read errors", "injected_errors", false, 0},
      {"resets", "resets", false, 0},
      {"jobs run again", "jobs_run_again", false, 0},
      {"of those elsewhere", "jobs_run_again_elsewhere", false, 0},
      {"cycles lost", "lost_cycles", false, 0},
  };
  json_t *faults = NULL; /* older metrics have none */
  if (!json_object_object_get_ex(report->metrics, "faults", &faults) ||
      number(report, faults, "injected_hangs") + number(report, faults, "injected_errors") +
              number(report, faults, "resets") ==
          0.0) {
    return;
  }
  hb_text_addf(&report->html,
               "<p>Faults cost %.0f frames and %.0f cycles of tiles (%.3f ms: from the starts of "
               "the jobs that were lost to the resets). Tiles retired: %.0f.</p>\n",
               number(report, faults, "frames_lost"), number(report, faults, "lost_cycles"),
               number(report, faults, "lost_ms"), number(report, faults, "tiles_retired"));
  table(report, "tiles", COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
}

static void channels_table(report_t *report) {
  static const column_t COLUMNS[] = {
      {"reads", "reads", false, 0},
      {"writes", "writes", false, 0},
      {"row hits %", "row_hit_percent", false, 1},
      {"misses", "row_misses", false, 0},
      {"conflicts", "row_conflicts", false, 0},
      {"refreshes", "refreshes", false, 0},
  };
  table(report, "dram.channels", COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
}

/* ---------------------------------------------------------------------------------------- plots */

static hb_status_t plot(report_t *report, const char *title, const hb_text_t *script,
                        unsigned height) {
  if (script->failed) {
    snprintf(report->why, report->why_len, "out of memory");
    return HB_ERR_NOMEM;
  }
  hb_text_addf(&report->html, "<h2>%s</h2>\n<figure>", title);
  HB_TRY(hb_plot_svg(script->text, 900, height, &report->html, report->why, report->why_len));
  hb_text_addf(&report->html, "</figure>\n");
  return HB_OK;
}

static double coordinate(report_t *report, json_t *from, const char *key, size_t index) {
  json_t *node = get(report, from, key, json_type_array);
  return length_of(node) < 2 ? 0.0 : json_object_get_double(json_object_array_get_idx(node, index));
}

/* Blocks $linksN of "x y dx dy load" and $nodesN of "x y load" of a network. */
static void link_data(report_t *report, hb_text_t *script, unsigned net, const char *network) {
  static const struct {
    const char *name;
    double dx, dy;
  } WAYS[] = {{"north", 0, -1}, {"east", 1, 0}, {"south", 0, 1}, {"west", -1, 0}};
  json_t *links = get(report, report->metrics, "noc.links", json_type_array);
  for (unsigned part = 0; part < 2; part++) {
    hb_text_addf(script, "$%s%u << EOD\n", part == 0 ? "links" : "nodes", net);
    for (size_t i = 0; i < length_of(links); i++) {
      json_t *link = json_object_array_get_idx(links, i);
      if (strcmp(text(report, link, "network"), network) != 0) {
        continue;
      }
      const double x = coordinate(report, link, "router", 0);
      const double y = coordinate(report, link, "router", 1);
      const double load = number(report, link, "load_percent");
      const char *name = text(report, link, "link");
      if (part == 1 && strcmp(name, "eject") == 0) {
        hb_text_addf(script, "%g %g %.4f\n", x, y, load);
      }
      for (size_t way = 0; part == 0 && way < sizeof(WAYS) / sizeof(WAYS[0]); way++) {
        if (strcmp(name, WAYS[way].name) == 0) { /* beside the link that comes back */
          const double dx = WAYS[way].dx, dy = WAYS[way].dy;
          hb_text_addf(script, "%.2f %.2f %.2f %.2f %.4f\n", x + 0.15 * dx - 0.08 * dy,
                       y + 0.15 * dy + 0.08 * dx, 0.7 * dx, 0.7 * dy, load);
        }
      }
    }
    hb_text_addf(script, "%sEOD\n", part == 0 ? "-9 -9 0 0 0\n" : "-9 -9 0\n"); /* never empty */
  }
}

/* A name north-east of the router of `object`'s node, where no arrow is. */
static void label(report_t *report, hb_text_t *script, json_t *object, const char *name,
                  double size) {
  hb_text_addf(script, "set label \"");
  for (; *name != '\0'; name++) { /* no escapes of gnuplot's */
    const char plain = strchr("\"\\`'\n", *name) != NULL ? '_' : *name;
    hb_text_add(script, &plain, 1);
  }
  hb_text_addf(script, "\" at %g,%g left noenhanced font ',%g'\n",
               coordinate(report, object, "node", 0) + 0.14,
               coordinate(report, object, "node", 1) - 0.24, size);
}

static void labels(report_t *report, hb_text_t *script, double size) {
  json_t *tiles = get(report, report->metrics, "tiles", json_type_array);
  for (size_t i = 0; i < length_of(tiles); i++) {
    json_t *tile = json_object_array_get_idx(tiles, i);
    label(report, script, tile, text(report, tile, "name"), size);
  }
  json_t *channels = get(report, report->metrics, "dram.channels", json_type_array);
  for (size_t i = 0; i < length_of(channels); i++) {
    char name[32];
    snprintf(name, sizeof(name), "DRAM %u", (unsigned)i);
    label(report, script, json_object_array_get_idx(channels, i), name, size);
  }
  label(report, script, get(report, report->metrics, "host", json_type_object), "host", size);
  label(report, script, get(report, report->metrics, "sensors", json_type_object), "sensors", size);
}

/* The most loaded link of a network (all if NULL): those into routers, or all others. */
static json_t *busiest(report_t *report, const char *network, bool inject, double *load_out) {
  json_t *links = get(report, report->metrics, "noc.links", json_type_array);
  json_t *most = NULL;
  *load_out = 0.0;
  for (size_t i = 0; i < length_of(links); i++) {
    json_t *link = json_object_array_get_idx(links, i);
    const double load = number(report, link, "load_percent");
    if ((strcmp(text(report, link, "link"), "inject") == 0) == inject && load > *load_out &&
        (network == NULL || strcmp(text(report, link, "network"), network) == 0)) {
      *load_out = load;
      most = link;
    }
  }
  return most;
}

/* What the map does not show. */
static void inject_text(report_t *report) {
  static const char *const NETWORKS[] = {"request", "response"};
  hb_text_addf(&report->html, "<p>From the nodes into their routers, not drawn: ");
  for (unsigned net = 0; net < 2; net++) {
    double load = 0.0;
    json_t *link = busiest(report, NETWORKS[net], true, &load);
    hb_text_addf(&report->html, "%s%ss at most %.1f %% of cycles", net == 0 ? "" : ", ",
                 NETWORKS[net], load);
    if (link != NULL) {
      hb_text_addf(&report->html, " (at %g, %g)", coordinate(report, link, "router", 0),
                   coordinate(report, link, "router", 1));
    }
  }
  hb_text_addf(&report->html, ".</p>\n");
}

static hb_status_t plot_links(report_t *report) {
  const double columns = number(report, report->metrics, "noc.columns");
  const double rows = number(report, report->metrics, "noc.rows");
  double most = 0.0; /* of both networks, so that a colour means the same in both maps */
  (void)busiest(report, NULL, false, &most);
  hb_text_t script = {0};
  link_data(report, &script, 0, "request");
  link_data(report, &script, 1, "response");
  hb_text_addf(&script,
               "set multiplot layout 1,2\nset size ratio -1\nset xrange [-0.6:%g]\n"
               "set yrange [%g:-0.6]\nset xtics 1\nset ytics 1\nset cbrange [0:%.4f]\n"
               "set palette defined (0 '#d8e6f3', 0.5 '#f5a623', 1 '#b00020')\n"
               "set cblabel '%% of cycles'\nunset key\n",
               columns - 0.4, rows - 0.4, most > 0.0 ? most : 1.0);
  labels(report, &script, columns > 4.0 ? 40.0 / columns : 10.0);
  for (unsigned net = 0; net < 2; net++) {
    hb_text_addf(&script,
                 "set title '%s'\nplot $nodes%u using 1:2:3 with points pt 5 ps 2 lc palette, "
                 "$links%u using 1:2:3:4:5 with vectors filled lw 3 lc palette\n",
                 net == 0 ? "requests" : "responses", net, net);
  }
  hb_text_addf(&script, "unset multiplot\n");
  const hb_status_t status = plot(report, "Load of the links", &script, 430);
  hb_text_release(&script);
  inject_text(report);
  return status;
}

/* Packets by latency, all pairs of nodes together. */
typedef struct histogram {
  double count[256];
  double least[256];
  size_t buckets;
  double total, max;
} histogram_t;

static void add_bucket(histogram_t *all, double least, double count) {
  size_t at = 0;
  while (at < all->buckets && all->least[at] < least) {
    at++;
  }
  if (at == all->buckets || all->least[at] != least) {
    if (all->buckets == sizeof(all->least) / sizeof(all->least[0])) {
      return; /* there are not as many */
    }
    memmove(&all->least[at + 1], &all->least[at], (all->buckets - at) * sizeof(all->least[0]));
    memmove(&all->count[at + 1], &all->count[at], (all->buckets - at) * sizeof(all->count[0]));
    all->least[at] = least;
    all->count[at] = 0;
    all->buckets++;
  }
  all->count[at] += count;
  all->total += count;
}

static void gather(report_t *report, const char *network, const char *class_name,
                   histogram_t *all) {
  *all = (histogram_t){.buckets = 0};
  json_t *paths = get(report, report->metrics, "noc.latency", json_type_array);
  for (size_t i = 0; i < length_of(paths); i++) {
    json_t *path = json_object_array_get_idx(paths, i);
    if (strcmp(text(report, path, "network"), network) != 0 ||
        strcmp(text(report, path, "class"), class_name) != 0) {
      continue;
    }
    const double max = number(report, path, "max_cycles");
    all->max = max > all->max ? max : all->max;
    json_t *buckets = get(report, path, "buckets", json_type_array);
    for (size_t b = 0; b < length_of(buckets); b++) {
      json_t *bucket = json_object_array_get_idx(buckets, b);
      if (json_object_is_type(bucket, json_type_array) && length_of(bucket) == 2) {
        add_bucket(all, json_object_get_double(json_object_array_get_idx(bucket, 0)),
                   json_object_get_double(json_object_array_get_idx(bucket, 1)));
      }
    }
  }
}

static hb_status_t plot_latency(report_t *report) {
  static const struct {
    const char *network, *class_name;
  } CURVES[] = {
      {"request", "control"}, {"request", "bulk"}, {"response", "control"}, {"response", "bulk"}};
  hb_text_t script = {0};
  hb_text_t curves = {0};
  for (unsigned i = 0; i < sizeof(CURVES) / sizeof(CURVES[0]); i++) {
    histogram_t all;
    gather(report, CURVES[i].network, CURVES[i].class_name, &all);
    if (all.total <= 0.0) {
      continue;
    }
    hb_text_addf(&script, "$curve%u << EOD\n", i);
    double below = 0.0;
    for (size_t b = 0; b < all.buckets; b++) {
      hb_text_addf(&script, "%g %.6f\n", all.least[b], 100.0 * below / all.total);
      below += all.count[b];
    }
    hb_text_addf(&script, "%g 100\nEOD\n", all.max + 1);
    hb_text_addf(&curves, "%s$curve%u with lines lw 2 title '%ss, %s'",
                 curves.length == 0 ? "plot " : ", ", i, CURVES[i].network, CURVES[i].class_name);
  }
  hb_status_t status = HB_OK;
  if (curves.length == 0) {
    hb_text_addf(&report->html, "<h2>Latency of packets</h2>\n<p>No packet arrived.</p>\n");
  } else {
    hb_text_addf(&script,
                 "set logscale x 2\nset xlabel 'cycles'\nset ylabel '%% of packets faster'\n"
                 "set yrange [0:100]\nset grid\nset key bottom right\n");
    hb_text_add(&script, curves.text, curves.length);
    hb_text_addf(&script, "\n");
    status = plot(report, "Latency of packets", &script, 360);
  }
  hb_text_release(&script);
  hb_text_release(&curves);
  return status;
}

static hb_status_t plot_traffic(report_t *report) {
  const double window = number(report, report->metrics, "dram.traffic.window_cycles");
  const double mhz = number(report, report->metrics, "clock_mhz");
  const double cycles = number(report, report->metrics, "cycles");
  json_t *read = get(report, report->metrics, "dram.traffic.read_bytes", json_type_array);
  json_t *written = get(report, report->metrics, "dram.traffic.write_bytes", json_type_array);
  hb_text_t script = {0};
  hb_text_addf(&script, "$traffic << EOD\n0 0 0\n");
  for (size_t i = 0; i < length_of(read) && i < length_of(written); i++) {
    const double begin = (double)i * window;
    const double length = cycles - begin < window ? cycles - begin : window;
    const double ns = length <= 0.0 || mhz <= 0.0 ? 1.0 : length * 1e3 / mhz;
    hb_text_addf(&script, "%.6f %.6f %.6f\n", mhz <= 0.0 ? 0.0 : (begin + length) / mhz / 1e3,
                 json_object_get_double(json_object_array_get_idx(read, i)) / ns,
                 json_object_get_double(json_object_array_get_idx(written, i)) / ns);
  }
  hb_text_addf(&script,
               "EOD\nset xlabel 'ms'\nset ylabel 'GB/s'\nset yrange [0:*]\nset xrange [0:*]\n"
               "set grid\nset key outside top center horizontal\nplot $traffic using 1:2 with "
               "fsteps lw 2 title 'read', "
               "$traffic using 1:3 with fsteps lw 2 title 'written'\n");
  const hb_status_t status = plot(report, "Memory traffic", &script, 320);
  hb_text_release(&script);
  return status;
}

/* UXCost of the windows that have frames, at their middle; no picture of fewer than two. */
static hb_status_t plot_ux(report_t *report) {
  const double length = number(report, report->metrics, "ux.window_ms");
  json_t *windows = get(report, report->metrics, "ux.windows", json_type_array);
  hb_text_t script = {0};
  unsigned drawn = 0;
  hb_text_addf(&script, "$ux << EOD\n");
  for (size_t i = 0; i < length_of(windows); i++) {
    json_t *window = json_object_array_get_idx(windows, i);
    if (number(report, window, "models") > 0.0) {
      hb_text_addf(&script, "%.6f %.6f\n", number(report, window, "begin_ms") + length / 2.0,
                   number(report, window, "cost"));
      drawn++;
    }
  }
  hb_text_addf(&script,
               "EOD\nset xlabel 'ms'\nset ylabel 'UXCost'\nset yrange [0:*]\nset xrange [0:*]\n"
               "set grid\nunset key\nplot $ux using 1:2 with linespoints pt 7 ps 0.5 lw 2\n");
  char title[64];
  snprintf(title, sizeof(title), "UXCost, windows of %g ms", length);
  const hb_status_t status = drawn < 2 ? HB_OK : plot(report, title, &script, 300);
  hb_text_release(&script);
  return status;
}

/* ----------------------------------------------------------------------------------------- page */

static void begin_page(report_t *report) {
  hb_text_t *html = &report->html;
  hb_text_addf(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>");
  hb_html_escape(html, text(report, report->metrics, "scenario"));
  hb_text_addf(html,
               "</title>\n<style>body{font-family:sans-serif;max-width:60em;margin:2em auto}"
               "table{border-collapse:collapse;margin:1em 0}"
               "td,th{border-bottom:1px solid #ccc;padding:.2em .6em;text-align:right}"
               "td.text{text-align:left}svg{max-width:100%%;height:auto}"
               ".bad{color:#b00020}</style></head>\n<body><h1>");
  hb_html_escape(html, text(report, report->metrics, "scenario"));
  hb_text_addf(html, " on ");
  hb_html_escape(html, text(report, report->metrics, "soc"));
  const double cycles = number(report, report->metrics, "cycles");
  const double mhz = number(report, report->metrics, "clock_mhz");
  char without[32], with[32];
  hb_text_addf(html, "</h1>\n<p>Policy ");
  hb_html_escape(html, text(report, report->metrics, "policy"));
  hb_text_addf(html,
               ", seed %.0f, %.0f cycles, %.3f ms at %g MHz, %.4g mJ. XRBench score: "
               "%s of 100 without energy, %s with it.</p>\n",
               number(report, report->metrics, "seed"), cycles,
               mhz <= 0.0 ? 0.0 : cycles / mhz / 1e3, mhz,
               number(report, report->metrics, "energy_mj.total"),
               score(report, report->metrics, "scores.xrbench", 2, without),
               score(report, report->metrics, "scores.xrbench_with_energy", 2, with));
  json_t *complete = get(report, report->metrics, "complete", json_type_boolean);
  if (complete != NULL && !json_object_get_boolean(complete)) {
    hb_text_addf(html, "<p class=\"bad\">The run did not end well: ");
    hb_html_escape(html, text(report, report->metrics, "why"));
    hb_text_addf(html, "</p>\n");
  }
}

static hb_status_t make_page(report_t *report) {
  begin_page(report);
  models_table(report);
  violations_table(report);
  scheduler_text(report);
  tiles_table(report);
  faults_table(report);
  channels_table(report);
  if (report->trace_path != NULL) {
    const double cycles = number(report, report->metrics, "cycles");
    HB_TRY(hb_timeline_add(report->trace_path, report->window,
                           cycles > 0.0 && cycles < 0x1p62 ? (uint64_t)cycles : 0, &report->html,
                           report->why, report->why_len));
    HB_TRY(hb_tuning_add(report->trace_path, report->tuning_path, &report->html, report->why,
                         report->why_len));
  }
  HB_TRY(plot_ux(report));
  HB_TRY(plot_links(report));
  HB_TRY(plot_latency(report));
  HB_TRY(plot_traffic(report));
  hb_text_addf(&report->html, "</body></html>\n");
  if (report->html.failed) {
    snprintf(report->why, report->why_len, "out of memory");
    return HB_ERR_NOMEM;
  }
  if (report->missing[0] != '\0') {
    snprintf(report->why, report->why_len, "%s: %s is missing or of the wrong kind", report->path,
             report->missing);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

static hb_status_t open_metrics(report_t *report) {
  FILE *file = fopen(report->path, "r");
  if (file == NULL) {
    snprintf(report->why, report->why_len, "%s: %s", report->path, strerror(errno));
    return HB_ERR_INPUT;
  }
  fclose(file);
  report->metrics = json_object_from_file(report->path);
  if (report->metrics == NULL) {
    char message[200];
    snprintf(message, sizeof(message), "%s", json_util_get_last_err());
    message[strcspn(message, "\n")] = '\0';
    snprintf(report->why, report->why_len, "%s: not JSON: %s", report->path, message);
    return HB_ERR_INPUT;
  }
  if (strcmp(text(report, report->metrics, "schema"), SCHEMA) != 0) {
    snprintf(report->why, report->why_len, "%s: schema: expected %s, got %.40s", report->path,
             SCHEMA, text(report, report->metrics, "schema"));
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

static bool exists(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    return errno != ENOENT; /* what else is wrong, reading says */
  }
  fclose(file);
  return true;
}

hb_status_t hb_report_write(const char *metrics_path, const char *trace_path,
                            const char *tuning_path, const hb_timeline_window_t *window,
                            const char *html_path, char *why, size_t why_len) {
  const bool wanted = window->has_from || window->has_to;
  report_t report = {.path = metrics_path,
                     .trace_path = wanted || exists(trace_path) ? trace_path : NULL,
                     .tuning_path = tuning_path,
                     .window = window,
                     .why = why,
                     .why_len = why_len};
  hb_status_t status = open_metrics(&report);
  if (status == HB_OK) {
    status = make_page(&report);
  }
  if (status == HB_OK) {
    status = hb_whole_file_write(html_path, report.html.text, report.html.length, why, why_len);
  }
  json_object_put(report.metrics);
  hb_text_release(&report.html);
  return status;
}
