/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * UXCost of a run and of windows of it.
 *
 *   DLV of a model         missed / frames; 1 / (2 * frames) if none was missed
 *   NormEnergy of a model  energy / worst; 1 if it ran no job
 *   UXCost                 sum of DLV * sum of NormEnergy, over the models that have frames
 *
 * frames   ended in the window: completed, dropped (also by the sensor, for want of a slot), or
 *          overdue at the run's end (in the window of its deadline). Those in flight do not count.
 * missed   of these, all but the ones completed in time
 * energy   of the model's jobs that ended well in the window, each as hb_energy_estimate() has it
 * worst    of the same jobs, each as if on the tile that takes most for its layer
 *
 * Source: DREAM (S. Kim et al., ASPLOS 2023). That UXCost is the product of deadline violations and
 * energy is from its abstract; the formulas are reconstructed. Ours, where they say nothing: what a
 * frame's window is, that in-flight frames do not count, and NormEnergy 1 without jobs, so that
 * a model does not gain by running nothing. Smaller is better; 0 without frames.
 */

#ifndef HB_UX_H_
#define HB_UX_H_

#include <stdbool.h>
#include <stdint.h>

#include "hilbert/hb_image.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is known of a model in a window. */
typedef struct hb_ux_model {
  uint64_t frames, missed;
  double energy_pj, worst_pj;
} hb_ux_model_t;

typedef struct hb_ux_cost {
  uint32_t models;         /* that have frames */
  double dlv, norm_energy; /* sums over them */
  double cost;             /* their product */
} hb_ux_cost_t;

typedef struct hb_ux {
  uint32_t num_models;
  uint64_t window_cycles;
  hb_ux_model_t run[HB_IMAGE_MAX_MODELS];
  uint64_t num_windows; /* up to the last that has a frame or a job */
  uint64_t capacity;
  hb_ux_model_t
      *windows; /* [window * num_models + model]; window w is of cycles from w * window_cycles on */
  bool failed;  /* out of memory: some windows lack */
} hb_ux_t;

/* Both 0 if the model has no frames. */
double hb_ux_dlv(const hb_ux_model_t *model);
double hb_ux_norm_energy(const hb_ux_model_t *model);
hb_ux_cost_t hb_ux_cost(const hb_ux_model_t *models, uint32_t num);

/** @param num_models up to HB_IMAGE_MAX_MODELS. @param window_cycles 1 or more. */
void hb_ux_init(hb_ux_t *ux, uint32_t num_models, uint64_t window_cycles);
void hb_ux_release(hb_ux_t *ux);
/** A frame ended in `cycle`. */
void hb_ux_frame(hb_ux_t *ux, uint32_t model, uint64_t cycle, bool missed);
/** A job ended well in `cycle`. */
void hb_ux_job(hb_ux_t *ux, uint32_t model, uint64_t cycle, double energy_pj, double worst_pj);

/** Cost of window `window`, below num_windows. */
hb_ux_cost_t hb_ux_window(const hb_ux_t *ux, uint64_t window);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_UX_H_ */
