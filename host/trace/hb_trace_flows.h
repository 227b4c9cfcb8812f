/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Inside `hilbert trace stat`: who sent how much to whom over the network, and over which links.
 *
 * Life cycle: hb_trace_flows_init() -> _count() for each record -> _print() -> _release(). Takes
 * its memory, some megabytes, with the first packet.
 *
 * In a dimension-ordered mesh the ends of a packet tell its links. The mesh is in the metadata:
 * noc.columns, noc.rows, noc.flit_bits, noc.routing (xy or yx). Without them, or where they make no
 * sense, there are flows alone. A packet counts on all its links when it has arrived whole.
 */

#ifndef HB_TRACE_FLOWS_H_
#define HB_TRACE_FLOWS_H_

#include <stdbool.h>
#include <stdio.h>

#include "hb_trace_reader.h"

typedef struct hb_trace_flow hb_trace_flow_t;

typedef struct hb_trace_flows {
  const hb_trace_reader_t *reader;
  hb_trace_flow_t *flows; /* NULL before the first packet */
  uint32_t columns, rows; /* 0: not known */
  uint32_t flit_bits;
  bool y_first;
} hb_trace_flows_t;

/** `reader` lives as long. */
void hb_trace_flows_init(hb_trace_flows_t *flows, const hb_trace_reader_t *reader);
void hb_trace_flows_release(hb_trace_flows_t *flows);

/**
 * Counts a record if its stream is one of packets: read_request, ..., write_response.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_flows_count(hb_trace_flows_t *flows,
                                             const hb_trace_stream_t *stream,
                                             const uint64_t *values);

/** Tables of flows and links, the load of a link as its part of `cycles`; nothing without packets.
 */
void hb_trace_flows_print(const hb_trace_flows_t *flows, uint64_t cycles, FILE *out);
/** "flows":[...],"links":[...] */
void hb_trace_flows_print_json(const hb_trace_flows_t *flows, FILE *out);

#endif /* HB_TRACE_FLOWS_H_ */
