/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_decision, on the emulated CPU only: cycles of one decision of every policy, over views of 8
 * models on 4 tiles of two kinds. random: how many jobs are ready and tiles free is drawn too; 8 x
 * 4: all 8 ready on all 4 free; unforeseen: likewise, and a layer has just come up that nobody
 * foresaw: its `on_layer` and `before_choices` count as well; 4 kinds: 8 x 4 with every tile of a
 * kind of its own. Fails above the limit in the median of random or 8 x 4.
 *
 * And how that grows: the worst of some decisions on machines of 2 .. 16 models, all ready, and of
 * 1 .. 8 tiles, all free and each of a kind of its own; choose alone, and whole: every layer has
 * just come up. Fails if one of them is an eighth above a + b * models * tiles, a and b being those
 * of the four smallest machines.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "portable_rv32.h"
#include "sched/hb_policy_state.h"
#include "test_image.h"

enum { MODELS = 8, TILES = 4, FEW_KINDS = 2, LAYERS = 2, VIEWS = 400, LIMIT = 2000 };
enum { MAX_MODELS = 16, MAX_TILES = 8, SIZES = 4, GROWTH_VIEWS = 40 };

uint32_t hb_mmio_read32(uint32_t addr) {
  (void)addr;
  return 0;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  (void)addr;
  (void)value;
}

void hb_port_wait(void) {}

static test_image_t image;
static hb_tables_t tables;
static hb_policy_state_t state_;
static uint32_t sample[VIEWS];
static uint32_t random_state = 99;
static uint32_t models, tiles; /* of the machine */

static uint32_t draw(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return (random_state >> 4) % below;
}

static void make(uint32_t policy, uint32_t num_models, uint32_t num_tiles, uint32_t kinds) {
  random_state = 99;
  models = num_models;
  tiles = num_tiles;
  test_image_make(&image, tiles, kinds, models, LAYERS);
  image.header.policy = policy;
  for (uint32_t i = 0; i < models * LAYERS * kinds; ++i) {
    image.programs[i].est_cycles = 10000u + draw(500000);
    image.programs[i].est_nj = 1000u + draw(100000);
  }
  for (uint32_t i = 0; i < models * LAYERS; ++i) {
    image.layers[i].switch_nj = draw(20000);
  }
  for (uint32_t i = 0; i < models; ++i) {
    image.models[i].static_tile = i % tiles;
  }
  test_image_seal(&image);
  hb_tables_fault_t fault;
  assert_int_equal(hb_tables_open(&tables, &image, sizeof image.words, &fault), HB_OK);
}

typedef enum kind { RANDOM, ALL, UNFORESEEN, FOUR_KINDS, NUM_VIEWS, WHOLE } kind_t;
static const char *const VIEW_NAMES[NUM_VIEWS] = {"random", "8 x 4", "unforeseen", "4 kinds"};

/* A layer nobody foresaw: the other of its model's two. */
static void to_other_layer(hb_job_t *job) {
  const uint32_t layer = job->model * LAYERS + (job->started ? 0 : 1u);
  job->layer = &tables.layers[layer];
  job->programs = hb_tables_programs(&tables, layer);
}

/* Cycles of one decision with new layers of all models, which the view lists. */
static __attribute__((noinline)) uint32_t measure_whole(const hb_policy_t *policy,
                                                        const hb_sched_view_t *view,
                                                        hb_job_t *jobs) {
  for (uint32_t m = 0; m < models; ++m) {
    to_other_layer(&jobs[m]);
  }
  hb_sched_choice_t choice;
  const uint32_t before = hb_portable_cycles();
  for (uint32_t m = 0; policy->on_layer != NULL && m < models; ++m) {
    policy->on_layer(&state_, &jobs[m]);
  }
  if (policy->before_choices != NULL) {
    policy->before_choices(&state_, view);
  }
  (void)policy->choose(view, &choice);
  return hb_portable_cycles() - before;
}

/* Cycles of one decision. */
static uint32_t measure(const hb_policy_t *policy, kind_t kind) {
  const bool all = kind != RANDOM;
  static hb_job_t jobs[MAX_MODELS];
  const hb_job_t *list[MAX_MODELS];
  uint32_t num = 0;
  const uint64_t now = 5000000000u + draw(100000000);
  for (uint32_t m = 0; m < models; ++m) {
    const bool started = draw(2) != 0;
    const uint32_t layer = m * LAYERS + (started ? 1u : 0u);
    jobs[m] = (hb_job_t){.tag = HB_TAG(m, 0, started ? 1u : 0u),
                         .model = m,
                         .priority = m,
                         .last_tile = started ? draw(tiles) : HB_IMAGE_NONE,
                         .tiles = (1u << tiles) - 1u,
                         .started = started,
                         .arrival = now - draw(4000000),
                         .deadline = now - 500000u + draw(8000000),
                         .since = now - draw(1000000),
                         .image = &tables.models[m],
                         .variant = &tables.variants[m],
                         .layer = &tables.layers[layer],
                         .programs = hb_tables_programs(&tables, layer)};
    if (policy->on_layer != NULL) {
      policy->on_layer(&state_, &jobs[m]);
    }
    if (policy->on_start != NULL && started) {
      policy->on_start(&state_, &jobs[m], draw(tiles));
    }
    if (all || draw(2) != 0) {
      list[num++] = &jobs[m];
    }
  }
  const hb_sched_view_t view = {
      .now = now,
      .num_jobs = num,
      .jobs = list,
      .num_tiles = tiles,
      .tiles = tables.tiles,
      .free_tiles = all ? (1u << tiles) - 1u : 1u + draw((1u << tiles) - 1u),
      .num_active = models,
      .state = &state_};
  if (policy->before_choices != NULL && num != 0) {
    policy->before_choices(&state_, &view);
  }
  if (kind == WHOLE) {
    return measure_whole(policy, &view, jobs);
  }
  hb_job_t *const fresh = &jobs[draw(models)];
  if (kind == UNFORESEEN) {
    to_other_layer(fresh);
  }
  hb_sched_choice_t choice;
  const uint32_t before = hb_portable_cycles();
  if (kind == UNFORESEEN && policy->on_layer != NULL) {
    policy->on_layer(&state_, fresh);
  }
  if (kind == UNFORESEEN && policy->before_choices != NULL) {
    policy->before_choices(&state_, &view);
  }
  (void)policy->choose(&view, &choice);
  return hb_portable_cycles() - before;
}

static uint32_t sorted_run(const hb_policy_t *policy, kind_t kind) {
  for (uint32_t i = 0; i < VIEWS; ++i) {
    const uint32_t cycles = measure(policy, kind);
    uint32_t at = i;
    for (; at > 0 && sample[at - 1u] > cycles; --at) {
      sample[at] = sample[at - 1u];
    }
    sample[at] = cycles;
  }
  return sample[VIEWS / 2u];
}

static void print_row(const char *name, const char *what) {
  char text[120];
  (void)snprintf(text, sizeof text, "%-16s %-10s %6lu %6lu %6lu %6lu\n", name, what,
                 (unsigned long)sample[0], (unsigned long)sample[VIEWS / 2u],
                 (unsigned long)sample[VIEWS * 99u / 100u], (unsigned long)sample[VIEWS - 1u]);
  hb_portable_print(text);
}

#define COUNT_POLICY_(name_, number_) +1
enum { NUM_POLICIES = 0 HB_POLICY_TABLE(COUNT_POLICY_) };

static void test_decision__takes_less_than_its_limit(void **state) {
  (void)state;
  hb_portable_print("policy           view          min median    p99    max cycles\n");
  uint32_t worst = 0;
  for (uint32_t number = 0; number < NUM_POLICIES; ++number) {
    const hb_policy_t *const policy = hb_policy_find(number);
    for (uint32_t kind = 0; kind < NUM_VIEWS; ++kind) {
      make(number, MODELS, TILES, kind == FOUR_KINDS ? TILES : FEW_KINDS);
      hb_policy_state_init(&state_, policy, &tables);
      const uint32_t median = sorted_run(policy, (kind_t)kind);
      print_row(policy->name, VIEW_NAMES[kind]);
      worst = kind <= ALL && median > worst ? median : worst;
    }
  }
  assert_in_range(worst, 1, LIMIT - 1);
}

/* The worst of some decisions. */
static uint32_t worst_of(uint32_t number, uint32_t num_models, uint32_t num_tiles, kind_t kind) {
  const hb_policy_t *const policy = hb_policy_find(number);
  make(number, num_models, num_tiles, num_tiles);
  hb_policy_state_init(&state_, policy, &tables);
  uint32_t worst = 0;
  for (uint32_t i = 0; i < GROWTH_VIEWS; ++i) {
    const uint32_t cycles = measure(policy, kind);
    worst = cycles > worst ? cycles : worst;
  }
  return worst;
}

static uint32_t most(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

/* Cycles per model and tile from a to b, which has `more` times one more; rounded up. */
static uint32_t slope(uint32_t a, uint32_t b, uint32_t more) {
  return b > a ? (b - a + more - 1u) / more : 0;
}

static void check_growth(const char *name, const char *what,
                         const uint32_t (*cost)[SIZES]) { /* [log2(models) - 1][log2(tiles)] */
  const uint32_t b = most(most(slope(cost[0][0], cost[1][0], 2), slope(cost[0][1], cost[1][1], 4)),
                          most(slope(cost[0][0], cost[0][1], 2), slope(cost[1][0], cost[1][1], 4)));
  uint32_t a = 0;
  for (uint32_t i = 0; i < 2; ++i) {
    for (uint32_t k = 0; k < 2; ++k) {
      const uint32_t grown = b * (2u << i) * (1u << k);
      a = cost[i][k] > grown ? most(a, cost[i][k] - grown) : a;
    }
  }
  char text[120];
  for (uint32_t i = 0; i < SIZES; ++i) {
    (void)snprintf(text, sizeof text, "%-16s %-10s %6lu %6lu %6lu %6lu %6lu\n", name, what,
                   (unsigned long)(2u << i), (unsigned long)cost[i][0], (unsigned long)cost[i][1],
                   (unsigned long)cost[i][2], (unsigned long)cost[i][3]);
    hb_portable_print(text);
    for (uint32_t k = 0; k < SIZES; ++k) {
      const uint32_t linear = a + b * (2u << i) * (1u << k);
      assert_in_range(cost[i][k], 1, linear + linear / 8u);
    }
  }
}

static void test_decision__grows_with_jobs_times_tiles_at_most(void **state) {
  (void)state;
  hb_portable_print("policy           cycles     models 1 tile 2 tile 4 tile 8 tile\n");
  for (uint32_t number = 0; number < NUM_POLICIES; ++number) {
    for (uint32_t whole = 0; whole < 2; ++whole) {
      uint32_t cost[SIZES][SIZES];
      for (uint32_t i = 0; i < SIZES; ++i) {
        for (uint32_t k = 0; k < SIZES; ++k) {
          cost[i][k] = worst_of(number, 2u << i, 1u << k, whole != 0 ? WHOLE : ALL);
        }
      }
      check_growth(hb_policy_find(number)->name, whole != 0 ? "whole" : "choose",
                   (const uint32_t(*)[SIZES])cost);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decision__takes_less_than_its_limit),
      cmocka_unit_test(test_decision__grows_with_jobs_times_tiles_at_most),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
