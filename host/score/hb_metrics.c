/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_metrics.h"
#include "hb_whole_file.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BEAT_BYTES = 16 };

double hb_metrics_ms(const hb_metrics_t *metrics, uint64_t cycles) {
  return (double)cycles / (double)metrics->soc->clock_khz;
}

double hb_metrics_percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * (double)part / (double)whole;
}

double hb_metrics_mac_percent(const hb_metrics_t *metrics, uint32_t tile, uint64_t cycles) {
  return hb_metrics_percent(metrics->result.tiles[tile].macs,
                            cycles * metrics->tile_macs_per_cycle[tile]);
}

double hb_metrics_gb_per_s(const hb_metrics_t *metrics, uint64_t bytes) {
  const double ms = hb_metrics_ms(metrics, metrics->result.cycles);
  return ms == 0.0 ? 0.0 : (double)bytes / ms / 1e6;
}

double hb_metrics_accuracy_share(const hb_metrics_t *metrics, uint32_t model) {
  const hb_metrics_variants_t *variants = &metrics->variants[model];
  double share = 1.0;
  if (variants->num == 0) {
    return hb_score_task_accuracy(&metrics->scenario->tasks[model], 0);
  }
  (void)hb_score_accuracy(metrics->result.models[model].variants, variants->accuracy, variants->num,
                          &share);
  return share;
}

hb_sim_dram_stats_t hb_metrics_dram(const hb_metrics_t *metrics) {
  hb_sim_dram_stats_t sum = {0};
  for (uint32_t i = 0; i < metrics->soc->dram.num_channels; i++) {
    const hb_sim_dram_stats_t *one = &metrics->dram[i];
    sum.reads += one->reads;
    sum.writes += one->writes;
    sum.row_hits += one->row_hits;
    sum.row_misses += one->row_misses;
    sum.row_conflicts += one->row_conflicts;
    sum.activations += one->activations;
    sum.refreshes += one->refreshes;
    sum.bytes_read += one->bytes_read;
    sum.bytes_written += one->bytes_written;
  }
  return sum;
}

hb_metrics_faults_t hb_metrics_faults(const hb_metrics_t *metrics) {
  hb_metrics_faults_t sum = {0};
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    const hb_score_tile_t *tile = &metrics->result.tiles[i];
    sum.hangs += metrics->tiles[i].hangs;
    sum.errors += metrics->tiles[i].read_errors;
    sum.resets += tile->resets;
    sum.run_again += tile->run_again;
    sum.elsewhere += tile->elsewhere;
    sum.lost_cycles += tile->lost_cycles;
    sum.retired += tile->retired;
  }
  for (uint32_t i = 0; i < metrics->scenario->num_tasks; i++) {
    sum.frames_lost += metrics->result.models[i].lost_to_faults;
  }
  return sum;
}

/* -----------------------------------------------------------------------------------------------
 * JSON */

/* An object being filled; the first failed allocation is kept. */
typedef struct json {
  struct json_object *object;
  bool failed;
} json_t;

static json_t json_begin(void) {
  json_t json = {.object = json_object_new_object()};
  json.failed = json.object == NULL;
  return json;
}

static void put(json_t *json, const char *key, struct json_object *value) {
  if (json->failed || value == NULL || json_object_object_add(json->object, key, value) != 0) {
    json->failed = true;
    json_object_put(value);
  }
}

static void put_uint(json_t *json, const char *key, uint64_t value) {
  put(json, key, json_object_new_uint64(value));
}

static void put_text(json_t *json, const char *key, const char *text) {
  put(json, key, json_object_new_string(text));
}

static struct json_object *new_number(double value) {
  char text[64];
  snprintf(text, sizeof(text), "%.6f", value);
  return json_object_new_double_s(value, text);
}

static void put_number(json_t *json, const char *key, double value) {
  put(json, key, new_number(value));
}

/* null if there is none. */
static void put_score(json_t *json, const char *key, bool known, double value) {
  if (known) {
    put_number(json, key, value);
  } else {
    json->failed |= json->failed || json_object_object_add(json->object, key, NULL) != 0;
  }
}

static void put_json(json_t *json, const char *key, json_t part) {
  json->failed |= part.failed;
  put(json, key, part.object);
}

/* Appends `part` to an array. */
static void append(json_t *json, struct json_object *array, json_t part) {
  if (part.failed || array == NULL || json_object_array_add(array, part.object) != 0) {
    json->failed = true;
    json_object_put(part.object);
  }
}

static void put_node(json_t *json, const char *key, uint32_t x, uint32_t y) {
  struct json_object *node = json_object_new_array();
  if (node != NULL) {
    json_object_array_add(node, json_object_new_uint64(x));
    json_object_array_add(node, json_object_new_uint64(y));
  }
  put(json, key, node);
}

static void put_uints(json_t *json, const char *key, const uint64_t *values, uint32_t count);

static json_t accuracy_json(const hb_metrics_t *metrics, uint32_t index) {
  const hb_metrics_variants_t *variants = &metrics->variants[index];
  const uint64_t *frames = metrics->result.models[index].variants;
  const double given = metrics->scenario->tasks[index].accuracy.measured;
  json_t json = json_begin();
  double share = 1.0;
  const double mean = hb_score_accuracy(frames, variants->accuracy, variants->num, &share);
  put_number(&json, "mean", variants->num == 0 && given > 0.0 ? given : mean);
  put_number(&json, "share", hb_metrics_accuracy_share(metrics, index));
  put_uints(&json, "frames", frames, variants->num);
  return json;
}

static json_t model_json(const hb_metrics_t *metrics, uint32_t index) {
  const hb_score_model_t *model = &metrics->result.models[index];
  json_t json = json_begin();
  put_text(&json, "name", metrics->scenario->tasks[index].name);
  put_text(&json, "model", metrics->scenario->tasks[index].model.name);
  put_uint(&json, "frames", model->frames);
  put_uint(&json, "completed", model->completed);
  put_uint(&json, "late", model->late);
  put_uint(&json, "overdue", model->overdue);
  put_uint(&json, "dropped", model->dropped);
  put_uint(&json, "lost_to_faults", model->lost_to_faults);
  put_uint(&json, "in_flight", model->in_flight);
  put_uint(&json, "deadline_misses", model->deadline_misses);
  json_t latency = json_begin();
  put_number(&latency, "min", hb_metrics_ms(metrics, model->latency.min));
  put_number(&latency, "p50", hb_metrics_ms(metrics, model->latency.p50));
  put_number(&latency, "p95", hb_metrics_ms(metrics, model->latency.p95));
  put_number(&latency, "p99", hb_metrics_ms(metrics, model->latency.p99));
  put_number(&latency, "max", hb_metrics_ms(metrics, model->latency.max));
  put_json(&json, "latency_ms", latency);
  put_number(&json, "deadline_violation_rate", model->violation_rate);
  json_t drops = json_begin();
#define PUT_DROPS(name_, number_, key_) put_uint(&drops, #key_, model->drops[number_]);
  HB_SCORE_DROP_TABLE(PUT_DROPS)
#undef PUT_DROPS
  put_uint(&drops, "other", model->drops[0]);
  put_json(&json, "drops", drops);
  json_t ux = json_begin();
  put_number(&ux, "dlv", hb_ux_dlv(&metrics->ux.run[index]));
  put_number(&ux, "norm_energy", hb_ux_norm_energy(&metrics->ux.run[index]));
  put_json(&json, "ux", ux);
  put_json(&json, "accuracy", accuracy_json(metrics, index));
  put_number(&json, "energy_mj", metrics->energy.models[index].total_pj / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "frame_energy_mj", metrics->energy.models[index].frame_pj / HB_SCORE_PJ_PER_MJ);
  json_t scores = json_begin();
  const hb_metrics_model_energy_t *energy = &metrics->energy.models[index];
  const bool scored = model->scored > 0;
  put_score(&scores, "real_time", scored, model->real_time);
  put_score(&scores, "accuracy", scored, model->accuracy);
  put_score(&scores, "qoe", scored, model->qoe);
  put_score(&scores, "model", scored, model->score);
  put_score(&scores, "energy", scored, energy->score);
  put_score(&scores, "model_with_energy", scored, energy->model_score);
  put_json(&json, "scores", scores);
  const hb_score_constants_t *constants = hb_score_constants_of(metrics->scenario);
  json_t used = json_begin();
  put_number(&used, "k_per_ms", constants->k_per_ms);
  put_number(&used, "energy_max_mj", constants->energy_max_mj);
  put_json(&json, "score_constants", used);
  return json;
}

static json_t tile_json(const hb_metrics_t *metrics, uint32_t index) {
  const hb_sim_tile_stats_t *tile = &metrics->tiles[index];
  json_t json = json_begin();
  put_text(&json, "name", metrics->soc->tiles[index].name);
  put_text(&json, "model", metrics->soc->tiles[index].model);
  put_node(&json, "node", metrics->soc->tiles[index].node.x, metrics->soc->tiles[index].node.y);
  put_uint(&json, "jobs", tile->jobs);
  put_uint(&json, "switches", metrics->result.tiles[index].switches);
  put_uint(&json, "errors", tile->errors);
  put_uint(&json, "refused_accesses", tile->refused);
  put_uint(&json, "injected_hangs", tile->hangs);
  put_uint(&json, "injected_errors", tile->read_errors);
  put_uint(&json, "resets", tile->resets);
  put_uint(&json, "jobs_run_again", metrics->result.tiles[index].run_again);
  put_uint(&json, "jobs_run_again_elsewhere", metrics->result.tiles[index].elsewhere);
  put_uint(&json, "lost_cycles", metrics->result.tiles[index].lost_cycles);
  put(&json, "retired", json_object_new_boolean(metrics->result.tiles[index].retired));
  put_uint(&json, "busy_cycles", tile->busy);
  put_uint(&json, "array_cycles", tile->array);
  put_uint(&json, "wait_load_cycles", tile->wait_load);
  put_uint(&json, "wait_store_cycles", tile->wait_store);
  put_uint(&json, "wait_wgt_cycles", tile->wait_wgt);
  put_uint(&json, "wait_cmd_cycles", tile->wait_cmd);
  put_uint(&json, "macs", metrics->result.tiles[index].macs);
  put_uint(&json, "peak_macs_per_cycle", metrics->tile_macs_per_cycle[index]);
  put_number(&json, "busy_percent", hb_metrics_percent(tile->busy, metrics->result.cycles));
  put_number(&json, "mac_percent", hb_metrics_mac_percent(metrics, index, metrics->result.cycles));
  put_number(&json, "mac_busy_percent", hb_metrics_mac_percent(metrics, index, tile->busy));
  put_number(&json, "array_energy_mj", metrics->energy.array_pj[index] / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "scratchpad_energy_mj",
             metrics->energy.scratchpad_pj[index] / HB_SCORE_PJ_PER_MJ);
  put_uint(&json, "read_bytes", tile->rd_beats * BEAT_BYTES);
  put_uint(&json, "write_bytes", tile->wr_beats * BEAT_BYTES);
  return json;
}

static const char *const NETWORKS[2] = {"request", "response"};
static const char *const LINKS[HB_NOC_LINKS] = {
    [HB_LINK_NORTH] = "north", [HB_LINK_EAST] = "east",   [HB_LINK_SOUTH] = "south",
    [HB_LINK_WEST] = "west",   [HB_LINK_EJECT] = "eject", [HB_LINK_INJECT] = "inject",
};

void hb_metrics_link_name(const hb_metrics_link_t *link, char *text, size_t text_len) {
  snprintf(text, text_len, "(%u,%u) %s %ss", link->x, link->y, LINKS[link->link],
           NETWORKS[link->net]);
}

static json_t link_json(const hb_metrics_t *metrics, const hb_metrics_link_t *link) {
  json_t json = json_begin();
  put_text(&json, "network", NETWORKS[link->net]);
  put_node(&json, "router", link->x, link->y);
  put_text(&json, "link", LINKS[link->link]);
  put_uint(&json, "flits", link->stats.flits);
  put_number(&json, "load_percent", hb_metrics_percent(link->stats.flits, metrics->result.cycles));
  put_uint(&json, "stall_cycles", link->stats.stall_cycles);
  put_number(&json, "buffered_flits_mean",
             hb_metrics_percent(link->stats.buffer_cycles, metrics->result.cycles) / 100.0);
  return json;
}

static json_t path_json(const hb_metrics_t *metrics, const hb_metrics_path_t *path) {
  const uint32_t columns = metrics->soc->noc.columns;
  json_t json = json_begin();
  put_text(&json, "network", NETWORKS[path->net]);
  put_text(&json, "class", path->bulk ? "bulk" : "control");
  put_node(&json, "from", path->src % columns, path->src / columns);
  put_node(&json, "to", path->dst % columns, path->dst / columns);
  put_uint(&json, "packets", path->latency.count);
  put_number(&json, "mean_cycles", (double)path->latency.sum / (double)path->latency.count);
  put_uint(&json, "max_cycles", path->latency.max);
  struct json_object *buckets = json_object_new_array(); /* [least cycles, packets] */
  for (uint32_t i = 0; buckets != NULL && i < HB_LATENCY_BUCKETS; i++) {
    struct json_object *bucket = path->latency.buckets[i] == 0 ? NULL : json_object_new_array();
    if (bucket != NULL) {
      json_object_array_add(bucket, json_object_new_uint64(hb_sim_latency_bound(i)));
      json_object_array_add(bucket, json_object_new_uint64(path->latency.buckets[i]));
      json_object_array_add(buckets, bucket);
    }
  }
  put(&json, "buckets", buckets);
  return json;
}

static void put_uints(json_t *json, const char *key, const uint64_t *values, uint32_t count) {
  struct json_object *array = json_object_new_array();
  for (uint32_t i = 0; array != NULL && i < count; i++) {
    json_object_array_add(array, json_object_new_uint64(values[i]));
  }
  put(json, key, array);
}

static json_t traffic_json(const hb_metrics_traffic_t *traffic) {
  json_t json = json_begin();
  put_uint(&json, "window_cycles", traffic->window_cycles);
  put_uints(&json, "read_bytes", traffic->read_bytes, traffic->count);
  put_uints(&json, "write_bytes", traffic->write_bytes, traffic->count);
  return json;
}

static json_t noc_json(const hb_metrics_t *metrics) {
  json_t json = json_begin();
  for (int i = 0; i < 2; i++) {
    json_t network = json_begin();
    const uint64_t packets = metrics->noc.packets[i];
    put_uint(&network, "packets", packets);
    put_uint(&network, "flits", metrics->noc.flits[i]);
    put_number(&network, "latency_mean_cycles",
               packets == 0 ? 0.0 : (double)metrics->noc.latency_sum[i] / (double)packets);
    put_json(&json, NETWORKS[i], network);
  }
  put_uint(&json, "columns", metrics->soc->noc.columns);
  put_uint(&json, "rows", metrics->soc->noc.rows);
  struct json_object *links = json_object_new_array();
  for (uint32_t i = 0; i < metrics->num_links; i++) {
    append(&json, links, link_json(metrics, &metrics->links[i]));
  }
  put(&json, "links", links);
  struct json_object *paths = json_object_new_array();
  for (uint32_t i = 0; i < metrics->num_paths; i++) {
    append(&json, paths, path_json(metrics, &metrics->paths[i]));
  }
  put(&json, "latency", paths);
  return json;
}

static json_t channel_json(const hb_sim_dram_stats_t *dram) {
  json_t json = json_begin();
  put_uint(&json, "reads", dram->reads);
  put_uint(&json, "writes", dram->writes);
  put_uint(&json, "row_hits", dram->row_hits);
  put_uint(&json, "row_misses", dram->row_misses);
  put_uint(&json, "row_conflicts", dram->row_conflicts);
  put_uint(&json, "activations", dram->activations);
  put_uint(&json, "refreshes", dram->refreshes);
  put_uint(&json, "read_bytes", dram->bytes_read);
  put_uint(&json, "write_bytes", dram->bytes_written);
  put_number(
      &json, "row_hit_percent",
      hb_metrics_percent(dram->row_hits, dram->row_hits + dram->row_misses + dram->row_conflicts));
  return json;
}

static json_t bank_json(const hb_sim_bank_stats_t *bank) {
  json_t json = json_begin();
  put_uint(&json, "row_hits", bank->hits);
  put_uint(&json, "row_misses", bank->misses);
  put_uint(&json, "row_conflicts", bank->conflicts);
  return json;
}

static json_t dram_json(const hb_metrics_t *metrics) {
  const hb_sim_dram_stats_t sum = hb_metrics_dram(metrics);
  json_t json = channel_json(&sum);
  put_text(&json, "preset", metrics->soc->dram.preset);
  put_json(&json, "traffic", traffic_json(&metrics->traffic));
  struct json_object *channels = json_object_new_array();
  for (uint32_t i = 0; i < metrics->soc->dram.num_channels; i++) {
    json_t channel = channel_json(&metrics->dram[i]);
    put_node(&channel, "node", metrics->soc->dram.node[i].x, metrics->soc->dram.node[i].y);
    struct json_object *banks = json_object_new_array();
    for (uint32_t bank = 0; bank < metrics->soc->dram.ranks * metrics->soc->dram.banks; bank++) {
      append(&channel, banks, bank_json(&metrics->banks[i][bank]));
    }
    put(&channel, "banks", banks);
    append(&json, channels, channel);
  }
  put(&json, "channels", channels);
  return json;
}

static json_t scheduler_json(const hb_metrics_t *metrics) {
  const hb_score_result_t *result = &metrics->result;
  json_t json = json_begin();
  put_uint(&json, "decisions", result->decisions);
  put_uint(&json, "passes", result->passes);
  json_t spread = json_begin();
  put_uint(&spread, "count", result->decision.count);
  put_uint(&spread, "min", result->decision.min);
  put_uint(&spread, "p50", result->decision.p50);
  put_uint(&spread, "p95", result->decision.p95);
  put_uint(&spread, "p99", result->decision.p99);
  put_uint(&spread, "max", result->decision.max);
  put_uint(&spread, "sum", result->decision_cycles);
  put_json(&json, "cycles_per_decision", spread);
  put_number(&json, "run_percent", hb_metrics_percent(result->decision_cycles, result->cycles));
  return json;
}

static void put_ux(json_t *json, const hb_ux_cost_t *cost) {
  put_uint(json, "models", cost->models);
  put_number(json, "dlv", cost->dlv);
  put_number(json, "norm_energy", cost->norm_energy);
  put_number(json, "cost", cost->cost);
}

static json_t ux_json(const hb_metrics_t *metrics) {
  const hb_ux_t *ux = &metrics->ux;
  const hb_ux_cost_t run = hb_ux_cost(ux->run, ux->num_models);
  json_t json = json_begin();
  put_ux(&json, &run);
  put_number(&json, "window_ms", hb_metrics_ms(metrics, ux->window_cycles));
  struct json_object *windows = json_object_new_array();
  for (uint64_t i = 0; i < ux->num_windows; i++) {
    const hb_ux_cost_t cost = hb_ux_window(ux, i);
    json_t window = json_begin();
    put_number(&window, "begin_ms", hb_metrics_ms(metrics, i * ux->window_cycles));
    put_ux(&window, &cost);
    append(&json, windows, window);
  }
  put(&json, "windows", windows);
  return json;
}

static json_t host_json(const hb_metrics_t *metrics) {
  const hb_sim_host_stats_t *host = &metrics->host;
  const hb_score_spread_t *answer = &metrics->result.irq_to_doorbell;
  json_t json = json_begin();
  put_node(&json, "node", metrics->soc->host_node.x, metrics->soc->host_node.y);
  put_uint(&json, "instructions", host->instructions);
  put_uint(&json, "active_cycles", host->active_cycles);
  put_number(&json, "active_percent",
             hb_metrics_percent(host->active_cycles, metrics->result.cycles));
  put_uint(&json, "mmio_reads", host->mmio_reads);
  put_uint(&json, "mmio_writes", host->mmio_writes);
  put_uint(&json, "mmio_wait_cycles", host->mmio_wait_cycles);
  put_uint(&json, "interrupts", host->interrupts);
  put_uint(&json, "tile_interrupts", metrics->result.tile_interrupts);
  json_t spread = json_begin();
  put_uint(&spread, "count", answer->count);
  put_uint(&spread, "min", answer->min);
  put_uint(&spread, "p50", answer->p50);
  put_uint(&spread, "p95", answer->p95);
  put_uint(&spread, "max", answer->max);
  put_json(&json, "irq_to_doorbell_cycles", spread);
  put_json(&json, "scheduler", scheduler_json(metrics));
  return json;
}

static json_t energy_json(const hb_metrics_t *metrics) {
  const hb_metrics_energy_t *energy = &metrics->energy;
  double arrays = 0.0;
  double scratchpads = 0.0;
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    arrays += energy->array_pj[i];
    scratchpads += energy->scratchpad_pj[i];
  }
  json_t json = json_begin();
  put_number(&json, "total", energy->total_pj / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "arrays", arrays / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "scratchpads", scratchpads / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "network", energy->network_pj / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "dram", energy->dram_pj / HB_SCORE_PJ_PER_MJ);
  put_number(&json, "static", energy->static_pj / HB_SCORE_PJ_PER_MJ);
  return json;
}

static json_t faults_json(const hb_metrics_t *metrics) {
  const hb_metrics_faults_t sum = hb_metrics_faults(metrics);
  json_t json = json_begin();
  put_uint(&json, "injected_hangs", sum.hangs);
  put_uint(&json, "injected_errors", sum.errors);
  put_uint(&json, "resets", sum.resets);
  put_uint(&json, "jobs_run_again", sum.run_again);
  put_uint(&json, "jobs_run_again_elsewhere", sum.elsewhere);
  put_uint(&json, "frames_lost", sum.frames_lost);
  put_uint(&json, "tiles_retired", sum.retired);
  put_uint(&json, "lost_cycles", sum.lost_cycles);
  put_number(&json, "lost_ms", hb_metrics_ms(metrics, sum.lost_cycles));
  return json;
}

static json_t metrics_json(const hb_metrics_t *metrics) {
  json_t json = json_begin();
  put_text(&json, "schema", HB_METRICS_SCHEMA);
  put_text(&json, "scenario", metrics->scenario->name);
  if (metrics->scenario->num_model_sets > 0) {
    put_text(&json, "model_set", metrics->scenario->model_sets[metrics->scenario->model_set]);
  }
  put_text(&json, "soc", metrics->soc->name);
  put_text(&json, "engine", metrics->engine);
  put_text(&json, "policy", metrics->policy);
  put_uint(&json, "seed", metrics->seed);
  put(&json, "complete", json_object_new_boolean(metrics->complete));
  put_text(&json, "why", metrics->why);
  if (metrics->note != NULL) {
    put_text(&json, "note", metrics->note);
  }
  put_uint(&json, "cycles", metrics->result.cycles);
  put_uint(&json, "planned_cycles", metrics->planned_cycles);
  put_number(&json, "clock_mhz", (double)metrics->soc->clock_khz / 1000.0);
  put_number(&json, "wall_s", metrics->wall_s);
  struct json_object *models = json_object_new_array();
  for (uint32_t i = 0; i < metrics->scenario->num_tasks; i++) {
    append(&json, models, model_json(metrics, i));
  }
  put(&json, "models", models);
  struct json_object *tiles = json_object_new_array();
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    append(&json, tiles, tile_json(metrics, i));
  }
  put(&json, "tiles", tiles);
  put_json(&json, "noc", noc_json(metrics));
  put_json(&json, "dram", dram_json(metrics));
  put_json(&json, "host", host_json(metrics));
  put_json(&json, "energy_mj", energy_json(metrics));
  put_json(&json, "faults", faults_json(metrics));
  put_json(&json, "ux", ux_json(metrics));
  json_t sensors = json_begin();
  put_node(&sensors, "node", metrics->soc->sensor_node.x, metrics->soc->sensor_node.y);
  put_json(&json, "sensors", sensors);
  json_t scores = json_begin();
  const bool scored = !isnan(metrics->result.score);
  put_score(&scores, "xrbench", scored, metrics->result.score);
  put_score(&scores, "xrbench_with_energy", scored, metrics->energy.score);
  put_score(&scores, "real_time", scored, metrics->energy.scores[HB_SCORE_RT]);
  put_score(&scores, "energy", scored, metrics->energy.scores[HB_SCORE_EN]);
  put_score(&scores, "qoe", scored, metrics->energy.scores[HB_SCORE_QOE]);
  double accuracy = 0.0;
  for (uint32_t i = 0; i < metrics->scenario->num_tasks; i++) {
    accuracy += hb_metrics_accuracy_share(metrics, i);
  }
  put_score(&scores, "accuracy", scored, accuracy / metrics->scenario->num_tasks);
  put_json(&json, "scores", scores);
  const hb_score_constants_t *constants = hb_score_constants_of(metrics->scenario);
  json_t used = json_begin();
  put_number(&used, "k_per_ms", constants->k_per_ms);
  put_number(&used, "energy_max_mj", constants->energy_max_mj);
  put_json(&json, "score_constants", used);
  return json;
}

hb_status_t hb_metrics_print(const hb_metrics_t *metrics, FILE *out) {
  json_t json = metrics_json(metrics);
  const char *text = json.failed
                         ? NULL
                         : json_object_to_json_string_ext(
                               json.object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                JSON_C_TO_STRING_NOSLASHESCAPE);
  hb_status_t status = HB_OK;
  if (text == NULL) {
    status = HB_ERR_NOMEM;
  } else if (fprintf(out, "%s\n", text) < 0) {
    status = HB_ERR_IO;
  }
  json_object_put(json.object);
  return status;
}

typedef hb_status_t (*print_t)(const hb_metrics_t *metrics, FILE *out);

static hb_status_t write_file(const hb_metrics_t *metrics, print_t print, const char *path,
                              char *why, size_t why_len) {
  hb_whole_file_t file;
  HB_TRY(hb_whole_file_open(&file, path, why, why_len));
  const hb_status_t printed = print(metrics, file.out);
  const hb_status_t status = hb_whole_file_close(&file, printed, why, why_len);
  if (printed == HB_ERR_NOMEM) snprintf(why, why_len, "%s: %s", path, hb_status_text(printed));
  return status;
}

hb_status_t hb_metrics_write(const hb_metrics_t *metrics, const char *path, char *why,
                             size_t why_len) {
  return write_file(metrics, hb_metrics_print, path, why, why_len);
}

/* -----------------------------------------------------------------------------------------------
 * CSV */

static void print_inference(const hb_metrics_t *metrics, uint32_t task,
                            const hb_score_inference_t *one, FILE *out) {
  const bool executed = one->outcome == HB_SCORE_COMPLETED || one->outcome == HB_SCORE_OVERDUE;
  fprintf(out, "%s,%u,%s,%" PRIu64 ",%" PRIu64 ",", metrics->scenario->tasks[task].name, one->frame,
          hb_score_outcome_name(one->outcome), one->released, one->deadline);
  if (one->outcome == HB_SCORE_COMPLETED || one->outcome == HB_SCORE_DROPPED) {
    fprintf(out, "%" PRIu64, one->ended);
  }
  fprintf(out, ",%.6f,", one->energy_pj / HB_SCORE_PJ_PER_MJ);
  if (executed) {
    fprintf(out, "%.6f,%.6f,%.6f,", one->real_time, one->energy, one->accuracy);
  } else {
    fputs(",,,", out);
  }
  if (one->outcome != HB_SCORE_IN_FLIGHT) {
    fprintf(out, "%.6f", one->score);
  }
  fputc('\n', out);
}

hb_status_t hb_inferences_print(const hb_metrics_t *metrics, FILE *out) {
  fputs(
      "task,frame,outcome,released_cycle,deadline_cycle,ended_cycle,energy_mj,real_time,energy,"
      "accuracy,score\n",
      out);
  for (uint32_t task = 0; task < metrics->scenario->num_tasks; task++) {
    const uint64_t num = hb_score_num_frames(metrics->score, task);
    for (uint64_t i = 0; i < num; i++) {
      const hb_score_inference_t one = hb_score_inference(
          metrics->score, task, i, metrics->result.cycles, metrics->energy.beat_pj);
      print_inference(metrics, task, &one, out);
    }
  }
  return ferror(out) != 0 ? HB_ERR_IO : HB_OK;
}

hb_status_t hb_inferences_write(const hb_metrics_t *metrics, const char *path, char *why,
                                size_t why_len) {
  return write_file(metrics, hb_inferences_print, path, why, why_len);
}
