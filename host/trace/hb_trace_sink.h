/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Records a run: takes what the simulator reports (hb_sim_sink_t of sim/include/hb_sim.h) to a
 * trace file.
 *
 * Use:
 *   hb_trace_meta_t meta;
 *   hb_trace_meta_init(&meta);
 *   hb_trace_meta_set(&meta, "scenario", "...");   keys below
 *   hb_trace_sink_open("out/trace.hbt", HB_TRACE_JOBS, &meta, &sink, why, sizeof(why));
 *   hb_trace_meta_release(&meta);
 *   options.sink = hb_trace_sink_callbacks(sink);  or call hb_trace_sink_*() from callbacks of your
 * own hb_sim_create(...); hb_sim_run(...);           call hb_trace_sink_tick() from poll()
 *   hb_trace_sink_close(sink, true, "", why, sizeof(why));
 *
 * Metadata keys that readers look for: scenario, soc, engine, policy, seed, clock_khz, those of
 * the mesh (hb_trace_flows.h), and the names set by hb_trace_meta_set_node(), _tile(), _model() and
 * _layer(). All are optional; others may be added.
 *
 * Streams: one per record type of hilbert/hb_telemetry.h (boot, frame_arrived, ..., fault),
 * `telemetry` for types or lengths this library does not know, `note`, `refused` (DMA accesses
 * outside a job's windows), `path` (of frames that skip blocks or leave early), `tile_event`
 * (faults injected, resets), and at level jobs `job` and `irq`.
 */

#ifndef HB_TRACE_SINK_H_
#define HB_TRACE_SINK_H_

#include "hb_sim.h"
#include "hb_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_trace_sink hb_trace_sink_t;

/**
 * Creates the file. `meta` is copied.
 * @param[out] why one line on failure, without the path.
 * @retval HB_ERR_ARG, HB_ERR_IO, HB_ERR_NOMEM as hb_trace_writer_open().
 */
HB_MUST_USE hb_status_t hb_trace_sink_open(const char *path, hb_trace_level_t level,
                                           const hb_trace_meta_t *meta, hb_trace_sink_t **sink_out,
                                           char *why, size_t why_len);

/** The callbacks below, with `sink` as their context. */
hb_sim_sink_t hb_trace_sink_callbacks(hb_trace_sink_t *sink);

/* `ctx` is the hb_trace_sink_t. Failures are kept: ask hb_trace_sink_status(). */
void hb_trace_sink_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num);
void hb_trace_sink_job(void *ctx, const hb_sim_job_t *job);
void hb_trace_sink_irq(void *ctx, uint64_t cycle, uint32_t bit, bool level);
void hb_trace_sink_packet(void *ctx, const hb_sim_packet_t *packet);
void hb_trace_sink_boundary(void *ctx, const hb_sim_boundary_t *boundary);
void hb_trace_sink_path(void *ctx, const hb_sim_path_t *path);
void hb_trace_sink_refused(void *ctx, const hb_sim_refused_t *refused);
void hb_trace_sink_tile_event(void *ctx, const hb_sim_tile_event_t *event);

/** A remark of the run itself ("stopped: interrupted by the user"), in the stream `note`. */
void hb_trace_sink_note(hb_trace_sink_t *sink, uint64_t cycle, const char *text);

/** Time has reached `cycle`: lets waiting records be written. */
void hb_trace_sink_tick(hb_trace_sink_t *sink, uint64_t cycle);

/** First failure so far, HB_OK if none. The run may go on without its trace. */
hb_status_t hb_trace_sink_status(const hb_trace_sink_t *sink);

/**
 * Ends the file and frees the sink. Returns the first failure of its whole life.
 * @param complete the run reached its end. @param reason one line why it ended, "" if nothing to
 * say.
 * @param[out] why one line on failure, without the path.
 */
HB_MUST_USE hb_status_t hb_trace_sink_close(hb_trace_sink_t *sink, bool complete,
                                            const char *reason, char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TRACE_SINK_H_ */
