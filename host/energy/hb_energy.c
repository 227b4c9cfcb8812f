/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_energy.h"

#include <math.h>
#include <stdlib.h>

#include "hb_energy_job.h"
#include "hilbert/hb_tile_regs.h"

/* Of one layer on one tile, in pJ. */
typedef struct cost {
  bool known, runs; /* compiled; the tile can run it */
  double array, scratchpad;
  double estimate; /* hb_energy_estimate() */
} cost_t;

struct hb_energy {
  const hb_scenario_t *scenario;
  const hb_soc_t *soc;
  hb_map_tile_t tiles[HB_MAX_TILES];
  uint32_t first_layer[HB_IMAGE_MAX_MODELS]; /* of a model among all layers */
  uint32_t num_layers;
  cost_t *costs; /* [layer * num_tiles + tile] */
  double *worst; /* [layer], 0 if not known */
  hb_ux_t *ux;
  hb_score_t *score;
  double model_pj[HB_IMAGE_MAX_MODELS];
  double array_pj[HB_MAX_TILES], scratchpad_pj[HB_MAX_TILES];
  uint64_t model_beats[HB_IMAGE_MAX_MODELS], beats;
  bool failed;
};

hb_status_t hb_energy_new(const hb_scenario_t *scenario, const hb_soc_t *soc, hb_ux_t *ux,
                          hb_score_t *score, hb_energy_t **energy_out) {
  hb_energy_t *energy = calloc(1, sizeof(*energy));
  if (energy == NULL) {
    return HB_ERR_NOMEM;
  }
  energy->scenario = scenario;
  energy->soc = soc;
  energy->ux = ux;
  energy->score = score;
  for (uint32_t i = 0; i < scenario->num_tasks; i++) {
    energy->first_layer[i] = energy->num_layers;
    energy->num_layers += scenario->tasks[i].model.num_layers;
  }
  for (uint32_t i = 0; i < soc->num_tiles; i++) {
    uint32_t id = 0;
    uint32_t caps = 0;
    if (hb_sim_tile_model_info(soc->tiles[i].model, &id, &caps) == HB_OK) {
      hb_map_tile_decode(id, caps, &energy->tiles[i]);
    }
  }
  energy->costs = calloc((size_t)energy->num_layers * soc->num_tiles + 1, sizeof(*energy->costs));
  energy->worst = calloc((size_t)energy->num_layers + 1, sizeof(*energy->worst));
  if (energy->costs == NULL || energy->worst == NULL) {
    hb_energy_free(energy);
    return HB_ERR_NOMEM;
  }
  *energy_out = energy;
  return HB_OK;
}

void hb_energy_free(hb_energy_t *energy) {
  if (energy != NULL) {
    free(energy->costs);
    free(energy->worst);
    free(energy);
  }
}

/* Compiles the layer once more for the tile, the first time it is asked for there. NULL: out of
 * memory. */
static const cost_t *cost_of(hb_energy_t *energy, uint32_t model, uint32_t layer, uint32_t tile) {
  cost_t *cost =
      &energy->costs[(energy->first_layer[model] + layer) * energy->soc->num_tiles + tile];
  if (cost->known) {
    return cost;
  }
  const hb_map_tile_t *shape = &energy->tiles[tile];
  hb_program_t program;
  char why[256];
  const hb_status_t status = hb_map_layer(&energy->scenario->tasks[model].model.layers[layer],
                                          shape, &program, why, sizeof(why));
  if (status == HB_ERR_NOMEM) {
    return NULL;
  }
  cost->known = true;
  cost->runs = status == HB_OK;
  if (cost->runs) {
    hb_energy_of_program(&program, shape, &energy->soc->energy, &cost->array, &cost->scratchpad);
    cost->estimate = hb_energy_estimate(&program, shape, energy->soc);
    hb_program_release(&program);
  }
  return cost;
}

/* Most that the layer takes on any tile; below 0: out of memory. */
static double worst_of(hb_energy_t *energy, uint32_t model, uint32_t layer) {
  double *worst = &energy->worst[energy->first_layer[model] + layer];
  if (*worst > 0.0) {
    return *worst;
  }
  double most = 0.0;
  for (uint32_t i = 0; i < energy->soc->num_tiles; i++) {
    const cost_t *cost = cost_of(energy, model, layer, i);
    if (cost == NULL) {
      return -1.0;
    }
    most = cost->runs && cost->estimate > most ? cost->estimate : most;
  }
  *worst = most;
  return most;
}

void hb_energy_job(void *ctx, const hb_sim_job_t *job) {
  hb_energy_t *energy = ctx;
  const uint32_t model = HB_TAG_MODEL(job->tag);
  const uint32_t layer = HB_TAG_LAYER(job->tag);
  if (job->tile >= energy->soc->num_tiles || model >= energy->scenario->num_tasks ||
      layer >= energy->scenario->tasks[model].model.num_layers ||
      job->status != HB_TILE_STATUS_OK) {
    return;
  }
  const cost_t *cost = cost_of(energy, model, layer, job->tile);
  const double worst = worst_of(energy, model, layer);
  if (cost == NULL || worst < 0.0) {
    energy->failed = true;
    return;
  }
  hb_ux_job(energy->ux, model, job->end, cost->estimate, worst);
  hb_score_spend(energy->score, job->tag, cost->array + cost->scratchpad,
                 job->rd_beats + job->wr_beats);
  energy->array_pj[job->tile] += cost->array;
  energy->scratchpad_pj[job->tile] += cost->scratchpad;
  energy->model_pj[model] += cost->array + cost->scratchpad;
  energy->model_beats[model] += job->rd_beats + job->wr_beats;
  energy->beats += job->rd_beats + job->wr_beats;
}

static double network_pj(const hb_metrics_t *metrics) {
  uint64_t hops = 0; /* flits through routers: each leaves one by an output */
  for (uint32_t i = 0; i < metrics->num_links; i++) {
    hops += metrics->links[i].link == HB_LINK_INJECT ? 0 : metrics->links[i].stats.flits;
  }
  return (double)hops * metrics->soc->energy.flit_hop_pj * metrics->soc->noc.flit_bits / 128.0;
}

static double dram_pj(const hb_metrics_t *metrics) {
  const hb_soc_energy_t *table = &metrics->soc->energy;
  const hb_sim_dram_stats_t dram = hb_metrics_dram(metrics);
  return (double)dram.activations * table->dram_activate_pj +
         (double)dram.reads * table->dram_read_pj + (double)dram.writes * table->dram_write_pj +
         (double)dram.refreshes * table->dram_refresh_pj;
}

hb_status_t hb_energy_finish(const hb_energy_t *energy, hb_metrics_t *metrics) {
  if (energy->failed) {
    return HB_ERR_NOMEM;
  }
  const hb_soc_t *soc = metrics->soc;
  hb_metrics_energy_t *sum = &metrics->energy;
  *sum = (hb_metrics_energy_t){.network_pj = network_pj(metrics), .dram_pj = dram_pj(metrics)};
  const double seconds = (double)metrics->result.cycles / (soc->clock_khz * 1e3);
  sum->static_pj = seconds * 1e9 * /* mW are pJ per ns */
                   (soc->energy.tile_static_mw * soc->num_tiles +
                    soc->energy.dram_static_mw * soc->dram.num_channels);
  sum->total_pj = sum->network_pj + sum->dram_pj + sum->static_pj;
  for (uint32_t i = 0; i < soc->num_tiles; i++) {
    sum->array_pj[i] = energy->array_pj[i];
    sum->scratchpad_pj[i] = energy->scratchpad_pj[i];
    sum->total_pj += energy->array_pj[i] + energy->scratchpad_pj[i];
  }
  sum->beat_pj =
      energy->beats == 0 ? 0.0 : (sum->network_pj + sum->dram_pj) / (double)energy->beats;
  hb_score_sum_t scored[HB_IMAGE_MAX_MODELS];
  uint32_t num_scored = 0;
  for (uint32_t i = 0; i < energy->scenario->num_tasks; i++) {
    hb_metrics_model_energy_t *own = &sum->models[i];
    own->total_pj = energy->model_pj[i] + (double)energy->model_beats[i] * sum->beat_pj;
    double frames_pj = 0.0;
    const hb_score_sum_t frames =
        hb_score_sum(energy->score, i, metrics->result.cycles, sum->beat_pj, &frames_pj);
    own->score = 1.0;
    if (frames.executed > 0) {
      own->frame_pj = frames_pj / (double)frames.executed;
      own->score = frames.energy / (double)frames.executed;
    }
    own->model_score = hb_score_of_model(&frames);
    if (frames.executed + frames.dropped > 0) {
      scored[num_scored++] = frames;
    }
  }
  hb_score_of_scenario(scored, num_scored, sum->scores);
  for (int kind = 0; num_scored == 0 && kind < HB_SCORE_KIND_COUNT; kind++) {
    sum->scores[kind] = NAN;
  }
  sum->score = 100.0 * sum->scores[HB_SCORE_OVERALL];
  return HB_OK;
}
