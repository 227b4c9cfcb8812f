/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_score_rules.h"

#include <math.h>
#include <string.h>

const hb_score_constants_t HB_SCORE_XRBENCH = {.k_per_ms = 15.0, .energy_max_mj = 1500.0};

static const char *const KIND_NAMES[] = {
#define X(symbol_, name_) #name_,
    HB_SCORE_KIND_TABLE(X)
#undef X
};

const char *hb_score_kind_name(hb_score_kind_t kind) {
  return KIND_NAMES[kind];
}

bool hb_score_kind_find(const char *name, hb_score_kind_t *kind_out) {
  for (int i = 0; i < HB_SCORE_KIND_COUNT; i++) {
    if (strcmp(name, KIND_NAMES[i]) == 0) {
      *kind_out = (hb_score_kind_t)i;
      return true;
    }
  }
  return false;
}

double hb_score_of_delay(const hb_score_constants_t *constants, double delay_ms) {
  return 1.0 / (1.0 + exp(constants->k_per_ms * delay_ms));
}

double hb_score_of_energy(const hb_score_constants_t *constants, double energy_mj) {
  return (constants->energy_max_mj - energy_mj) / constants->energy_max_mj;
}

double hb_score_of_accuracy(double measured, double target, bool lower_is_better) {
  return fmin(1.0, lower_is_better ? target / measured : measured / target);
}

void hb_score_add(hb_score_sum_t *sum, double real_time, double energy, double accuracy) {
  sum->executed++;
  sum->real_time += real_time;
  sum->energy += energy;
  sum->products += real_time * energy * accuracy;
}

double hb_score_qoe(const hb_score_sum_t *sum) {
  const uint64_t frames = sum->executed + sum->dropped;
  return frames == 0 ? 1.0 : 1.0 - (double)sum->dropped / (double)frames;
}

double hb_score_of_model(const hb_score_sum_t *sum) {
  const uint64_t frames = sum->executed + sum->dropped;
  return frames == 0 ? 0.0 : sum->products / (double)frames * hb_score_qoe(sum);
}

void hb_score_of_scenario(const hb_score_sum_t *sums, uint32_t num,
                          double values_out[HB_SCORE_KIND_COUNT]) {
  double totals[HB_SCORE_KIND_COUNT] = {0.0};
  for (uint32_t i = 0; i < num; i++) {
    const hb_score_sum_t *sum = &sums[i];
    if (sum->executed > 0) {
      totals[HB_SCORE_RT] += sum->real_time / (double)sum->executed;
      totals[HB_SCORE_EN] += sum->energy / (double)sum->executed;
    }
    if (sum->executed + sum->dropped > 0) {
      totals[HB_SCORE_QOE] += hb_score_qoe(sum);
      totals[HB_SCORE_OVERALL] += hb_score_of_model(sum);
    }
  }
  for (int kind = 0; kind < HB_SCORE_KIND_COUNT; kind++) {
    values_out[kind] = num == 0 ? 0.0 : totals[kind] / num;
  }
}
