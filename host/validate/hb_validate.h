/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Predicted against measured cycles: what is to be measured, what each cost model says, how far off
 * it is.
 *
 * Life cycle: hb_validate_plan() -> measure each job into `jobs[].measured` -> the rest ->
 * hb_validate_release().
 */

#ifndef HB_VALIDATE_H_
#define HB_VALIDATE_H_

#include <stdio.h>

#include "hb_config.h"
#include "hb_cost_tile.h"
#include "hb_cost_user.h"
#include "hb_map.h"
#include "hb_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns of predictions: the cost models, then these. */
enum {
  HB_VALIDATE_MAPPER = HB_TILE_COST_COUNT, /* hb_program_t.est_cycles */
  HB_VALIDATE_USER,                        /* --predictions */
  HB_VALIDATE_COSTS
};

/** "systolic", "mapper", "user". */
const char *hb_validate_cost_name(uint32_t cost);

/** Tiles of the SoC with the same ID and CAPS. */
typedef struct hb_validate_kind {
  const char *name; /* tile model of the first of them: "ws16" */
  uint32_t tile;    /* index of that one */
  hb_map_tile_t map;
  hb_cost_tile_t cost;
} hb_validate_kind_t;

/** A layer on a kind of tile; layers that do the same work share it. */
typedef struct hb_validate_job {
  const hb_layer_t *layer;
  uint32_t kind;
  uint64_t est_cycles;   /* 0: that kind cannot run the layer, and it is not measured */
  hb_sim_job_t measured; /* end - start is what it took */
} hb_validate_job_t;

/** A layer of a model on a kind of tile that can run it. */
typedef struct hb_validate_row {
  uint32_t model, layer, job;
  uint64_t predicted[HB_VALIDATE_COSTS]; /* cycles; 0: the model does not describe it */
} hb_validate_row_t;

typedef struct hb_validate {
  const hb_soc_t *soc;
  const hb_model_t *models;
  uint32_t num_models;
  bool has_user;
  uint32_t num_kinds;
  hb_validate_kind_t kinds[HB_IMAGE_MAX_KINDS];
  uint32_t num_jobs;
  hb_validate_job_t *jobs;
  uint32_t num_rows;
  hb_validate_row_t *rows; /* by model, layer, kind */
} hb_validate_t;

/**
 * Reads a CSV file of predictions (hb_cost_user.h).
 *
 * @param models all that a row may be of; of models of one name, a layer of any.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_validate_predictions(const char *path, const hb_soc_t *soc,
                                                const hb_model_t *const *models,
                                                uint32_t num_models, hb_cost_user_t **user_out,
                                                hb_config_error_t *error);

/**
 * Compiles every layer for every kind of tile and asks the cost models.
 *
 * @param soc, models must outlive the plan; models have different names.
 * @param hardware what `maestro` is told of tiles, as hb_cost_tile_option() reads; NULL: nothing.
 * @param user predictions or NULL.
 * @retval HB_ERR_INPUT no tile can run any layer, a prediction is missing, or too many kinds of
 * tile.
 * @retval HB_ERR_IO, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_validate_plan(const hb_soc_t *soc, const hb_model_t *models,
                                         uint32_t num_models, const char *hardware,
                                         const hb_cost_user_t *user, hb_validate_t *plan_out,
                                         hb_config_error_t *error);
void hb_validate_release(hb_validate_t *plan);

/** Cycles measured of a row. */
uint64_t hb_validate_measured(const hb_validate_t *plan, const hb_validate_row_t *row);

/** Relative errors, (predicted - measured) / measured. */
typedef struct hb_validate_errors {
  uint64_t count;           /* rows with a prediction; 0: the others mean nothing */
  uint64_t without;         /* rows that the cost model does not describe */
  double mean, median, p95; /* of absolute errors; by nearest rank */
  double worst;             /* the one with the largest absolute value; of equals the first */
  uint32_t worst_row;
  double total; /* of the sums of predicted and measured cycles */
} hb_validate_errors_t;

enum { HB_VALIDATE_ALL = 0xffffffff };

/**
 * @param cost  column.
 * @param model, kind index or HB_VALIDATE_ALL.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_validate_errors(const hb_validate_t *plan, uint32_t cost, uint32_t model,
                                           uint32_t kind, hb_validate_errors_t *errors_out);

/** The table: by kind of tile, then by model. @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_validate_print(const hb_validate_t *plan, FILE *out);
/** validate.csv: a line for each row. */
void hb_validate_csv(const hb_validate_t *plan, FILE *out);
/** The errors above as JSON. @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_validate_json(const hb_validate_t *plan, const char *engine, FILE *out);
/** A gnuplot script: predicted against measured, a panel for each cost model. */
void hb_validate_plot(const hb_validate_t *plan, FILE *out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_VALIDATE_H_ */
