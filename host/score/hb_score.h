/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a run achieved: frames, latencies and scores per model, work per tile, the host's answer
 * time.
 *
 * Life cycle: hb_score_new() -> feed it the simulator's sink callbacks, in time order ->
 * hb_score_finish()
 * -> hb_score_free(). The callbacks cannot fail; running out of memory is kept and comes back from
 * hb_score_finish().
 *
 * A frame counts from its FRAME_ARRIVED record on (frames whose model was not triggered have none).
 * At the end of the run it is one of: completed   FRAME_DONE was seen; late if that was after its
 * deadline dropped     FRAME_DROPPED was seen overdue     neither, and its deadline is not after
 * the end: counts as late, real-time score 0 in flight   neither, and its deadline is after the
 * end: not scored
 *
 * Scores by hb_score_rules.h, with the scenario's constants. Executed frames are the completed and
 * the overdue ones, scored frames these and the dropped ones. Of a frame that is
 *
 *   completed  real-time, energy and accuracy scores by their formulas
 *   overdue    real-time 0, the others by their formulas
 *   dropped    none, its score is 0
 *   in flight  none: it is not scored
 *
 * and then, each with and without the factor energy,
 *
 *   frame      real-time * energy * accuracy
 *   model      sum over executed frames / scored frames * QoE: a drop counts twice
 *   scenario   mean over the models with a scored frame, times 100
 *
 * Energy of a frame: of its jobs that ended well (hb_score_spend()), and of what all jobs share by
 * the bytes they move.
 */

#ifndef HB_SCORE_H_
#define HB_SCORE_H_

#include "hb_model.h"
#include "hb_score_rules.h"
#include "hb_sim.h"
#include "hb_ux.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HB_SCORE_PJ_PER_MJ 1e9

/** Order statistics by nearest rank: the smallest value with at least p % of all at or below it. */
typedef struct hb_score_spread {
  uint64_t count; /* 0: the others are 0 */
  uint64_t min, p50, p95, p99, max;
} hb_score_spread_t;

/* X(NAME of HB_DROP_NAME, its number, key in metrics.json): why a frame was dropped. */
#define HB_SCORE_DROP_TABLE(X) \
  X(LATE, 1, late)             \
  X(OVERRUN, 2, overrun)       \
  X(DEPENDENCY, 3, dependency) \
  X(FAULT, 4, fault)           \
  X(SMART, 5, smart)

enum {
  HB_SCORE_DROPS = 6,    /* by number; 0: any other */
  HB_SCORE_VARIANTS = 8, /* of a supernet */
};

typedef struct hb_score_model {
  uint64_t frames;    /* all that arrived */
  uint64_t completed; /* in time or late */
  uint64_t late;      /* completed late, or overdue */
  uint64_t overdue;   /* of those, not completed */
  uint64_t dropped, in_flight;
  uint64_t drops[HB_SCORE_DROPS]; /* of dropped, by HB_DROP_* */
  uint64_t lost_to_faults;        /* of those dropped: a job failed for good, or no tile is left */
  uint64_t deadline_misses;       /* late + dropped */
  double violation_rate;          /* of the scored frames; 0 if there are none */
  /* Completed frames by the variant in their last VARIANT record, the first without one. */
  uint64_t variants[HB_SCORE_VARIANTS];
  hb_score_spread_t latency; /* cycles from nominal arrival to FRAME_DONE, of completed frames; 0 of
                                a frame that jitter brought so early that it was done before */
  double real_time;          /* mean over executed frames; 0 if there are none */
  double accuracy;           /* likewise; 1 if there are none */
  double qoe;                /* 1 if no frame is scored */
  double score;              /* without energy; 0 .. 1; 0 if no frame is scored */
  uint64_t scored;
} hb_score_model_t;

typedef struct hb_score_tile {
  uint64_t jobs, failed; /* ended during the run; failed of those */
  uint64_t macs;         /* of jobs that ended well, taps on padding included */
  uint64_t switches;     /* jobs of another model than the job that ended before on this tile */
  uint64_t resets;       /* each has cost a job */
  uint64_t lost_cycles;  /* from those jobs' starts to the resets: what failing cost the tile */
  uint64_t run_again;    /* of those jobs, started again by the end of the run, on any tile */
  uint64_t elsewhere;    /* of those, on another one */
  bool retired;          /* firmware has given it up */
} hb_score_tile_t;

typedef struct hb_score_result {
  uint64_t cycles;     /* length of the run */
  uint32_t num_models; /* as in the scenario */
  hb_score_model_t models[HB_IMAGE_MAX_MODELS];
  hb_score_tile_t tiles[HB_MAX_TILES];
  double score; /* of the scenario, 0 .. 100; NAN if no frame is scored */
  /*
   * Host: cycles from the rise of a tile's interrupt to the next doorbell on any tile, of the
   * interrupts that were answered so before another interrupt rose.
   */
  hb_score_spread_t irq_to_doorbell;
  uint64_t tile_interrupts; /* all that rose */
  /*
   * Scheduler: cycles that the host was awake for a decision, from its wake-up, or from the
   * DECISION record before in the same pass, to the DECISION record: interrupts, completions and
   * messages taken in, candidates scored, the job decided before started. Of all decisions but
   * those of a pass that the run's end cuts off.
   */
  hb_score_spread_t decision;
  uint64_t decision_cycles; /* their sum */
  uint64_t decisions;       /* all DECISION records */
  uint64_t passes;          /* times the host was awake, until it slept */
  /* First FAULT record. */
  bool fault;
  uint32_t fault_status, fault_tile, fault_tag, fault_detail;
  /* First job that ended with an error. */
  bool job_failed;
  hb_sim_job_t failed_job;
} hb_score_result_t;

typedef struct hb_score hb_score_t;

/**
 * @param scenario must outlive the score.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_score_new(const hb_scenario_t *scenario, uint32_t clock_khz,
                                     hb_score_t **score_out);
void hb_score_free(hb_score_t *score);

/* `ctx` is the hb_score_t; hb_sim_sink_t says when each is called. */
void hb_score_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num);
void hb_score_job(void *ctx, const hb_sim_job_t *job);
void hb_score_irq(void *ctx, uint64_t cycle, uint32_t bit, bool level);
void hb_score_pass(void *ctx, uint64_t woke, uint64_t slept);
void hb_score_tile_event(void *ctx, const hb_sim_tile_event_t *event);

/**
 * A job with that tag has taken `pj` and moved `beats` of 16 bytes; it counts for the newest frame
 * of its model with its number. Jobs of no known frame are left out.
 */
void hb_score_spend(hb_score_t *score, uint32_t tag, double pj, uint64_t beats);

/** Frames that arrived and frames that ended (done or dropped) so far, for progress. */
void hb_score_progress(const hb_score_t *score, uint64_t *arrived_out, uint64_t *ended_out);

/**
 * Sums up a run that ended before cycle `end`.
 * @retval HB_ERR_NOMEM memory ran out on the way; nothing was computed.
 */
HB_MUST_USE hb_status_t hb_score_finish(hb_score_t *score, uint64_t end,
                                        hb_score_result_t *result_out);

/**
 * Accuracy that a supernet's completed frames had on average, and (`share_out`) that over the first
 * variant's. Both 1 without a completed frame.
 * @param variants frames by variant. @param accuracies of the `num` variants, above 0.
 */
double hb_score_accuracy(const uint64_t *variants, const double *accuracies, uint32_t num,
                         double *share_out);

/* X(symbol, name in files) */
#define HB_SCORE_OUTCOME_TABLE(X) \
  X(COMPLETED, completed)         \
  X(OVERDUE, overdue)             \
  X(DROPPED, dropped)             \
  X(IN_FLIGHT, in_flight)

typedef enum hb_score_outcome {
#define X(symbol_, name_) HB_SCORE_##symbol_,
  HB_SCORE_OUTCOME_TABLE(X)
#undef X
} hb_score_outcome_t;

/** "in_flight". */
const char *hb_score_outcome_name(hb_score_outcome_t outcome);

/** A frame, at the end of the run. */
typedef struct hb_score_inference {
  uint32_t frame; /* its number */
  hb_score_outcome_t outcome;
  uint64_t released, deadline; /* nominal arrival; cycles */
  uint64_t ended;              /* completed or dropped; else 0 */
  double energy_pj;
  double real_time, energy, accuracy; /* scores; 0 of a frame that is not executed */
  double score;                       /* their product */
} hb_score_inference_t;

/** Frames of a model that arrived. */
uint64_t hb_score_num_frames(const hb_score_t *score, uint32_t model);

/**
 * Frame `index`, in the order of arrival, of a run that ended before cycle `end`.
 * @param beat_pj energy of a beat of its jobs outside tiles.
 */
hb_score_inference_t hb_score_inference(const hb_score_t *score, uint32_t model, uint64_t index,
                                        uint64_t end, double beat_pj);

/** Sums of a model's executed frames, energy score and energy among them, and drops. */
hb_score_sum_t hb_score_sum(const hb_score_t *score, uint32_t model, uint64_t end, double beat_pj,
                            double *energy_pj_out);

/**
 * Accuracy score of a frame of a task: of the variant that it ran, measured against the first one's
 * accuracy, if the task is a supernet; else of what the scenario says; else 1.
 */
double hb_score_task_accuracy(const hb_task_t *task, uint32_t variant);

/** Tells `ux` of all scored frames of a run that ended before cycle `end`, 1 or more. */
void hb_score_frames(const hb_score_t *score, uint64_t end, hb_ux_t *ux);

/** Real-time score of one frame; both times are absolute cycles. */
double hb_score_real_time(const hb_score_constants_t *constants, uint64_t completion,
                          uint64_t deadline, uint32_t clock_khz);

/** The scenario's constants, or XRBench's if it has none. */
const hb_score_constants_t *hb_score_constants_of(const hb_scenario_t *scenario);

/** Spread of `values`, which are sorted in place. */
hb_score_spread_t hb_score_spread(uint64_t *values, uint64_t count);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_SCORE_H_ */
