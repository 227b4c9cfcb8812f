/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_flows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_sim.h"
#include "hb_trace_show.h"

enum { NODES = HB_SIM_MAX_MESH * HB_SIM_MAX_MESH, NETWORKS = 2, BEAT_BITS = 128, NAME_BYTES = 32 };

/* flows[(network * NODES + src) * NODES + dst] */
struct hb_trace_flow {
  uint64_t packets, beats, flits, latency_sum, latency_max;
};

static const char *const NETWORK_NAMES[NETWORKS] = {"request", "response"};
static const char *const LINK_NAMES[HB_NOC_LINKS] = {"north", "east",  "south",
                                                     "west",  "eject", "inject"};

/* A number of the metadata; 0 if it is not there or above `most`. */
static uint32_t number_of(const hb_trace_reader_t *reader, const char *key, uint32_t most) {
  const char *text = hb_trace_reader_meta(reader, key);
  if (text == NULL || text[0] < '0' || text[0] > '9') return 0;
  const unsigned long long value = strtoull(text, NULL, 10);
  return value > most ? 0 : (uint32_t)value;
}

void hb_trace_flows_init(hb_trace_flows_t *flows, const hb_trace_reader_t *reader) {
  *flows = (hb_trace_flows_t){.reader = reader};
  const char *routing = hb_trace_reader_meta(reader, "noc.routing");
  const uint32_t columns = number_of(reader, "noc.columns", HB_SIM_MAX_MESH);
  const uint32_t rows = number_of(reader, "noc.rows", HB_SIM_MAX_MESH);
  const uint32_t flit_bits = number_of(reader, "noc.flit_bits", UINT16_MAX);
  if (columns == 0 || rows == 0 || flit_bits == 0 || routing == NULL) return;
  flows->y_first = strcmp(routing, "yx") == 0;
  if (!flows->y_first && strcmp(routing, "xy") != 0) return;
  flows->columns = columns;
  flows->rows = rows;
  flows->flit_bits = flit_bits;
}

void hb_trace_flows_release(hb_trace_flows_t *flows) {
  free(flows->flows);
  *flows = (hb_trace_flows_t){0};
}

/* As Noc::flits_of() of sim/noc: a head, and the data that travels with it. */
static uint64_t flits_of(const hb_trace_flows_t *flows, uint64_t beats, bool payload) {
  if (flows->flit_bits == 0) return 0;
  if (!payload) return 1;
  return 1 + (beats * BEAT_BITS + flows->flit_bits - 1) / flows->flit_bits;
}

hb_status_t hb_trace_flows_count(hb_trace_flows_t *flows, const hb_trace_stream_t *stream,
                                 const uint64_t *values) {
  static const struct {
    const char *name;
    uint32_t network;
    bool payload;
  } STREAMS[] = {{"read_request", 0, false},
                 {"write_request", 0, true},
                 {"read_response", 1, true},
                 {"write_response", 1, false}};
  enum { SRC, DST, BEATS, LATENCY, FIELDS };
  static const char *const FIELD_NAMES[FIELDS] = {"src", "dst", "beats", "latency"};
  uint32_t kind = 0;
  while (strcmp(stream->name, STREAMS[kind].name) != 0) {
    if (++kind == sizeof(STREAMS) / sizeof(STREAMS[0])) return HB_OK;
  }
  uint64_t fields[FIELDS] = {0};
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    for (uint32_t i = 0; i < FIELDS; i++) {
      if (strcmp(stream->fields[f].name, FIELD_NAMES[i]) == 0) fields[i] = values[f];
    }
  }
  if (fields[SRC] >= NODES || fields[DST] >= NODES) return HB_OK;
  if (flows->flows == NULL) {
    flows->flows = calloc((size_t)NETWORKS * NODES * NODES, sizeof(*flows->flows));
    if (flows->flows == NULL) return HB_ERR_NOMEM;
  }
  hb_trace_flow_t *flow =
      &flows->flows[(STREAMS[kind].network * NODES + fields[SRC]) * NODES + fields[DST]];
  flow->packets++;
  flow->beats += fields[BEATS];
  flow->flits += flits_of(flows, fields[BEATS], STREAMS[kind].payload);
  flow->latency_sum += fields[LATENCY];
  if (fields[LATENCY] > flow->latency_max) flow->latency_max = fields[LATENCY];
  return HB_OK;
}

/* ----------------------------------------------------------------------------------------- links
 */

typedef struct links {
  uint64_t flits[NETWORKS][NODES][HB_NOC_LINKS];
} links_t;

/* The output of the router at `at` that leads from there to `to`. */
static hb_noc_link_t next_link(const hb_trace_flows_t *flows, uint32_t at, uint32_t to) {
  const uint32_t x = at % flows->columns, y = at / flows->columns;
  const uint32_t to_x = to % flows->columns, to_y = to / flows->columns;
  if (x != to_x && (y == to_y || !flows->y_first)) {
    return to_x > x ? HB_LINK_EAST : HB_LINK_WEST;
  }
  if (y != to_y) return to_y > y ? HB_LINK_SOUTH : HB_LINK_NORTH;
  return HB_LINK_EJECT;
}

static uint32_t behind(const hb_trace_flows_t *flows, uint32_t at, hb_noc_link_t link) {
  switch (link) {
    case HB_LINK_NORTH:
      return at - flows->columns;
    case HB_LINK_EAST:
      return at + 1;
    case HB_LINK_SOUTH:
      return at + flows->columns;
    case HB_LINK_WEST:
      return at - 1;
    default:
      return at;
  }
}

static void load_links(const hb_trace_flows_t *flows, links_t *links) {
  const uint32_t nodes = flows->columns * flows->rows;
  memset(links, 0, sizeof(*links));
  for (uint32_t net = 0; net < NETWORKS; net++) {
    for (uint32_t src = 0; src < nodes; src++) {
      for (uint32_t dst = 0; dst < nodes; dst++) {
        const uint64_t flits = flows->flows[(net * NODES + src) * NODES + dst].flits;
        links->flits[net][src][HB_LINK_INJECT] += flits;
        uint32_t at = src;
        hb_noc_link_t link;
        do {
          link = next_link(flows, at, dst);
          links->flits[net][at][link] += flits;
          at = behind(flows, at, link);
        } while (link != HB_LINK_EJECT);
      }
    }
  }
}

/* ---------------------------------------------------------------------------------------- output
 */

static const char *name_of(const hb_trace_flows_t *flows, uint32_t node, char shown[NAME_BYTES]) {
  snprintf(shown, NAME_BYTES, "node.%" PRIu32, node);
  const char *name = hb_trace_reader_meta(flows->reader, shown);
  return name != NULL ? name : shown;
}

static double mean(const hb_trace_flow_t *flow) {
  return (double)flow->latency_sum / (double)flow->packets;
}

void hb_trace_flows_print(const hb_trace_flows_t *flows, uint64_t cycles, FILE *out) {
  if (flows->flows == NULL) return;
  fprintf(out, "\n%-8s  %-12s %-12s %10s %10s %10s %13s %13s\n", "network", "from", "to", "packets",
          "beats", "flits", "mean latency", "max latency");
  for (uint32_t i = 0; i < NETWORKS * NODES * NODES; i++) {
    const hb_trace_flow_t *flow = &flows->flows[i];
    if (flow->packets == 0) continue;
    char src[NAME_BYTES], dst[NAME_BYTES];
    fprintf(out,
            "%-8s  %-12s %-12s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %13.1f %13" PRIu64 "\n",
            NETWORK_NAMES[i / NODES / NODES], name_of(flows, i / NODES % NODES, src),
            name_of(flows, i % NODES, dst), flow->packets, flow->beats, flow->flits, mean(flow),
            flow->latency_max);
  }
  if (flows->columns == 0) return;
  links_t links;
  load_links(flows, &links);
  fprintf(out, "\n%-8s  %-12s %-12s %10s %10s\n", "network", "router", "link", "flits", "load%");
  for (uint32_t i = 0; i < NETWORKS * NODES * HB_NOC_LINKS; i++) {
    const uint32_t net = i / HB_NOC_LINKS / NODES;
    const uint32_t node = i / HB_NOC_LINKS % NODES;
    const uint64_t flits = links.flits[net][node][i % HB_NOC_LINKS];
    if (flits == 0) continue;
    char router[NAME_BYTES];
    snprintf(router, sizeof(router), "(%" PRIu32 ",%" PRIu32 ")", node % flows->columns,
             node / flows->columns);
    fprintf(out, "%-8s  %-12s %-12s %10" PRIu64 " %10.1f\n", NETWORK_NAMES[net], router,
            LINK_NAMES[i % HB_NOC_LINKS], flits, 100.0 * (double)flits / (double)cycles);
  }
}

void hb_trace_flows_print_json(const hb_trace_flows_t *flows, FILE *out) {
  const char *comma = "";
  fprintf(out, "\"flows\":[");
  for (uint32_t i = 0; flows->flows != NULL && i < NETWORKS * NODES * NODES; i++) {
    const hb_trace_flow_t *flow = &flows->flows[i];
    if (flow->packets == 0) continue;
    const uint32_t src = i / NODES % NODES, dst = i % NODES;
    char shown[NAME_BYTES];
    fprintf(out, "%s{\"network\":\"%s\",\"src\":%" PRIu32 ",\"src_name\":", comma,
            NETWORK_NAMES[i / NODES / NODES], src);
    hb_trace_show_quoted(name_of(flows, src, shown), out);
    fprintf(out, ",\"dst\":%" PRIu32 ",\"dst_name\":", dst);
    hb_trace_show_quoted(name_of(flows, dst, shown), out);
    fprintf(out,
            ",\"packets\":%" PRIu64 ",\"beats\":%" PRIu64 ",\"flits\":%" PRIu64
            ",\"latency_mean_cycles\":%.3f,\"latency_max_cycles\":%" PRIu64 "}",
            flow->packets, flow->beats, flow->flits, mean(flow), flow->latency_max);
    comma = ",";
  }
  fprintf(out, "],\"links\":[");
  comma = "";
  links_t links;
  const bool known = flows->flows != NULL && flows->columns != 0;
  if (known) load_links(flows, &links);
  for (uint32_t i = 0; known && i < NETWORKS * NODES * HB_NOC_LINKS; i++) {
    const uint32_t net = i / HB_NOC_LINKS / NODES;
    const uint32_t node = i / HB_NOC_LINKS % NODES;
    const uint64_t flits = links.flits[net][node][i % HB_NOC_LINKS];
    if (flits == 0) continue;
    fprintf(out,
            "%s{\"network\":\"%s\",\"router\":[%" PRIu32 ",%" PRIu32
            "],\"link\":\"%s\",\"flits\":%" PRIu64 "}",
            comma, NETWORK_NAMES[net], node % flows->columns, node / flows->columns,
            LINK_NAMES[i % HB_NOC_LINKS], flits);
    comma = ",";
  }
  fprintf(out, "]");
}
