/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The result of a run as metrics.json, and of its frames as inferences.csv. Keys are added, never
 * renamed; their units are in their names.
 *
 * Everything but `wall_s` is a function of the inputs. host/score/README.md explains the keys.
 */

#ifndef HB_METRICS_H_
#define HB_METRICS_H_

#include <stdio.h>

#include "hb_score.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HB_METRICS_SCHEMA "hilbert.metrics.1"

/** A link that carried flits. */
typedef struct hb_metrics_link {
  uint32_t net; /* 0 requests, 1 responses */
  uint32_t x, y;
  hb_noc_link_t link;
  hb_sim_link_stats_t stats;
} hb_metrics_link_t;

/** Two nodes between which packets of a network and a class went. */
typedef struct hb_metrics_path {
  uint32_t net;
  bool bulk;         /* DMA, else register accesses */
  uint32_t src, dst; /* y * columns + x */
  hb_sim_latency_t latency;
} hb_metrics_path_t;

/** Bytes of all DRAM channels by windows of time. */
typedef struct hb_metrics_traffic {
  uint64_t window_cycles;
  uint32_t count; /* windows; the last may be shorter */
  uint64_t *read_bytes, *write_bytes;
  uint64_t read_so_far, written_so_far;
} hb_metrics_traffic_t;

/** hb_energy.h says what each is. */
typedef struct hb_metrics_model_energy {
  double total_pj, frame_pj; /* of all its jobs; of an executed frame on average */
  double score;              /* mean energy score of executed frames; 1 if there are none */
  double model_score;        /* with energy */
} hb_metrics_model_energy_t;

typedef struct hb_metrics_energy {
  double total_pj, network_pj, dram_pj, static_pj;
  double beat_pj; /* network and DRAM, of each beat that jobs moved */
  double array_pj[HB_MAX_TILES], scratchpad_pj[HB_MAX_TILES];
  hb_metrics_model_energy_t models[HB_IMAGE_MAX_MODELS];
  double scores[HB_SCORE_KIND_COUNT]; /* of the scenario: hb_score_of_scenario() of the models with
                                         a scored frame; NAN if there is none */
  double score;                       /* the overall one with energy, 0 .. 100; NAN likewise */
} hb_metrics_energy_t;

/** Networks of which a model's frames run one. */
typedef struct hb_metrics_variants {
  uint32_t num; /* 0: no supernet */
  double accuracy[HB_SCORE_VARIANTS];
} hb_metrics_variants_t;

typedef struct hb_metrics {
  const hb_scenario_t *scenario;
  const hb_soc_t *soc;
  const char *engine; /* as the run was told */
  const char *policy;
  uint64_t seed;
  uint64_t planned_cycles; /* length the run was asked for */
  bool complete;           /* it reached it, and nothing failed */
  const char *why;         /* why not; "" if complete */
  const char *note;        /* of what the user should know besides; NULL: nothing */
  double wall_s;           /* of the simulation alone */
  const hb_score_t *score; /* its frames */
  hb_score_result_t result;
  uint32_t tile_macs_per_cycle[HB_MAX_TILES]; /* peak */
  hb_sim_tile_stats_t tiles[HB_MAX_TILES];
  hb_sim_noc_stats_t noc;
  hb_metrics_link_t *links; /* by network, row, column */
  uint32_t num_links;
  hb_metrics_path_t *paths; /* by network, source, destination, class */
  uint32_t num_paths;
  hb_metrics_traffic_t traffic;
  hb_metrics_energy_t energy;
  hb_ux_t ux;
  hb_metrics_variants_t variants[HB_IMAGE_MAX_MODELS];
  hb_sim_dram_stats_t dram[HB_SIM_MAX_CHANNELS];
  hb_sim_bank_stats_t banks[HB_SIM_MAX_CHANNELS][HB_SIM_MAX_BANKS];
  hb_sim_host_stats_t host;
} hb_metrics_t;

/** What went wrong with tiles, all together; hb_score_tile_t says what each is. */
typedef struct hb_metrics_faults {
  uint64_t hangs, errors; /* injected */
  uint64_t resets, run_again, elsewhere, lost_cycles;
  uint64_t frames_lost, retired;
} hb_metrics_faults_t;
hb_metrics_faults_t hb_metrics_faults(const hb_metrics_t *metrics);

/* What tables and JSON derive from the counts. 0 where the whole is 0. */
double hb_metrics_ms(const hb_metrics_t *metrics, uint64_t cycles);
double hb_metrics_percent(uint64_t part, uint64_t whole);
/** MACs of finished jobs in percent of what the tile could do in `cycles`. */
double hb_metrics_mac_percent(const hb_metrics_t *metrics, uint32_t tile, uint64_t cycles);
double hb_metrics_gb_per_s(const hb_metrics_t *metrics, uint64_t bytes);
/** "(1,0) east requests" into `text`. */
void hb_metrics_link_name(const hb_metrics_link_t *link, char *text, size_t text_len);
/**
 * Of a supernet, accuracy delivered over the most it has, 1 without completed frames; else the
 * task's accuracy score.
 */
double hb_metrics_accuracy_share(const hb_metrics_t *metrics, uint32_t model);
/** All channels together. */
hb_sim_dram_stats_t hb_metrics_dram(const hb_metrics_t *metrics);

/**
 * Writes metrics.json and a newline.
 * @retval HB_ERR_NOMEM, HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_metrics_print(const hb_metrics_t *metrics, FILE *out);

/**
 * Writes `path` by way of `path`.tmp and a rename: it is there as a whole or not at all.
 * @param[out] why one line on failure.
 * @retval HB_ERR_NOMEM, HB_ERR_IO
 */
HB_MUST_USE hb_status_t hb_metrics_write(const hb_metrics_t *metrics, const char *path, char *why,
                                         size_t why_len);

/** Writes inferences.csv: a line for each frame of each model. Errors are those of `out`. */
hb_status_t hb_inferences_print(const hb_metrics_t *metrics, FILE *out);

/** As hb_metrics_write(). */
HB_MUST_USE hb_status_t hb_inferences_write(const hb_metrics_t *metrics, const char *path,
                                            char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_METRICS_H_ */
