/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * XRBench's scores as formulas: of a frame, of a model, of a scenario.
 *
 * Source: XRBench/XRBench-MLSys2023, commit 8915666, HET_scoring-module.hpp, and for what is
 * divided by what scripts/generate_plots.py. The accuracy score is the paper's as remembered,
 * unverified; the code has none, which is a score of 1.
 *
 *   real-time  1 / (1 + exp(k * delay))          delay = completion - deadline, ms
 *   energy     (most - E) / most                 E of the frame, mJ; below 0 above `most`
 *   accuracy   min(1, measured / target), or its inverse where lower is better
 *   frame      product of the three
 *   QoE        1 - dropped / (executed + dropped)
 *   model      sum over executed frames / (executed + dropped) * QoE: a drop counts twice
 *   scenario   mean over its models; one that has no frame counts as 0
 */

#ifndef HB_SCORE_RULES_H_
#define HB_SCORE_RULES_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_score_constants {
  double k_per_ms;      /* 0 or more */
  double energy_max_mj; /* above 0 */
} hb_score_constants_t;

/** XRBench's: 15 a millisecond, 1500 mJ. */
extern const hb_score_constants_t HB_SCORE_XRBENCH;

/** X(symbol, name in files) */
#define HB_SCORE_KIND_TABLE(X) \
  X(RT, RT)                    \
  X(EN, EN)                    \
  X(QOE, QoE)                  \
  X(OVERALL, Overall)

typedef enum hb_score_kind {
#define X(symbol_, name_) HB_SCORE_##symbol_,
  HB_SCORE_KIND_TABLE(X)
#undef X
      HB_SCORE_KIND_COUNT
} hb_score_kind_t;

/** "QoE". */
const char *hb_score_kind_name(hb_score_kind_t kind);
/** @return false: no score has that name. */
bool hb_score_kind_find(const char *name, hb_score_kind_t *kind_out);

double hb_score_of_delay(const hb_score_constants_t *constants, double delay_ms);
double hb_score_of_energy(const hb_score_constants_t *constants, double energy_mj);
/** Both above 0. */
double hb_score_of_accuracy(double measured, double target, bool lower_is_better);

/** What is known of the frames of one model. */
typedef struct hb_score_sum {
  uint64_t executed, dropped;
  double real_time, energy, products; /* sums over executed frames; products: frame scores */
} hb_score_sum_t;

/** Adds an executed frame. */
void hb_score_add(hb_score_sum_t *sum, double real_time, double energy, double accuracy);
/** 1 without frames. */
double hb_score_qoe(const hb_score_sum_t *sum);
/** 0 without frames. */
double hb_score_of_model(const hb_score_sum_t *sum);

/**
 * The four scores of a scenario, each 0 .. 1, as the published figures have them: means over all
 * `num` models of the mean real-time and energy scores of executed frames, QoE, model scores; a
 * model without frames adds 0 to each.
 */
void hb_score_of_scenario(const hb_score_sum_t *sums, uint32_t num,
                          double values_out[HB_SCORE_KIND_COUNT]);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_SCORE_RULES_H_ */
