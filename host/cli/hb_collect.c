/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_collect.h"

#include <stdlib.h>

hb_status_t hb_collect_begin(hb_metrics_t *metrics) {
  hb_metrics_traffic_t *traffic = &metrics->traffic;
  traffic->window_cycles = (metrics->planned_cycles + HB_COLLECT_WINDOWS - 1) / HB_COLLECT_WINDOWS;
  if (traffic->window_cycles == 0) {
    traffic->window_cycles = 1;
  }
  traffic->read_bytes = calloc(HB_COLLECT_WINDOWS, sizeof(*traffic->read_bytes));
  traffic->write_bytes = calloc(HB_COLLECT_WINDOWS, sizeof(*traffic->write_bytes));
  return traffic->read_bytes == NULL || traffic->write_bytes == NULL ? HB_ERR_NOMEM : HB_OK;
}

void hb_collect_window(const hb_sim_t *sim, const hb_soc_t *soc, hb_metrics_t *metrics) {
  hb_metrics_traffic_t *traffic = &metrics->traffic;
  uint64_t read = 0;
  uint64_t written = 0;
  for (uint32_t i = 0; i < soc->dram.num_channels; i++) {
    hb_sim_dram_stats_t dram;
    hb_sim_dram_stats(sim, i, &dram);
    read += dram.bytes_read;
    written += dram.bytes_written;
  }
  traffic->read_bytes[traffic->count] = read - traffic->read_so_far;
  traffic->write_bytes[traffic->count] = written - traffic->written_so_far;
  traffic->read_so_far = read;
  traffic->written_so_far = written;
  traffic->count++;
}

static void collect_links(const hb_sim_t *sim, const hb_soc_t *soc, hb_metrics_t *metrics) {
  for (uint32_t net = 0; net < 2; net++) {
    for (uint32_t y = 0; y < soc->noc.rows; y++) {
      for (uint32_t x = 0; x < soc->noc.columns; x++) {
        for (int link = 0; link < HB_NOC_LINKS; link++) {
          hb_metrics_link_t *next = &metrics->links[metrics->num_links];
          *next = (hb_metrics_link_t){.net = net, .x = x, .y = y, .link = (hb_noc_link_t)link};
          hb_sim_link_stats(sim, net, x, y, next->link, &next->stats);
          metrics->num_links += next->stats.flits != 0;
        }
      }
    }
  }
}

static hb_status_t add_path(hb_metrics_t *metrics, const hb_metrics_path_t *path) {
  if (metrics->num_paths % 64 == 0) { /* full */
    const size_t room = (size_t)metrics->num_paths + 64;
    hb_metrics_path_t *grown = realloc(metrics->paths, room * sizeof(*grown));
    if (grown == NULL) {
      return HB_ERR_NOMEM;
    }
    metrics->paths = grown;
  }
  metrics->paths[metrics->num_paths++] = *path;
  return HB_OK;
}

hb_status_t hb_collect_network(const hb_sim_t *sim, const hb_soc_t *soc, hb_metrics_t *metrics) {
  const uint32_t nodes = soc->noc.columns * soc->noc.rows;
  metrics->links = calloc((size_t)2 * nodes * HB_NOC_LINKS + 1, sizeof(*metrics->links));
  if (metrics->links == NULL) {
    return HB_ERR_NOMEM;
  }
  collect_links(sim, soc, metrics);
  for (uint32_t net = 0; net < 2; net++) {
    for (uint32_t pair = 0; pair < 2 * nodes * nodes; pair++) {
      hb_metrics_path_t path = {
          .net = net, .bulk = pair % 2 != 0, .src = pair / 2 / nodes, .dst = pair / 2 % nodes};
      hb_sim_latency(sim, net, path.bulk, path.src, path.dst, &path.latency);
      if (path.latency.count != 0) {
        HB_TRY(add_path(metrics, &path));
      }
    }
  }
  return HB_OK;
}

void hb_collect_release(hb_metrics_t *metrics) {
  free(metrics->traffic.read_bytes);
  free(metrics->traffic.write_bytes);
  free(metrics->links);
  free(metrics->paths);
}
