/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_decision, on the emulated CPU only: cycles of one decision of every policy, over views of 8
 * models on 4 tiles of two kinds. random: how many jobs are ready and tiles free is drawn too; 8 x
 * 4: all 8 ready on all 4 free; unforeseen: likewise, and a layer has just come up that nobody
 * foresaw: its `on_layer` and `before_choices` count as well; 4 kinds: 8 x 4 with every tile of a
 * kind of its own. Fails above the limit in the median of random or 8 x 4.
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

static uint32_t draw(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return (random_state >> 4) % below;
}

static void make(uint32_t policy, uint32_t kinds) {
  random_state = 99;
  test_image_make(&image, TILES, kinds, MODELS, LAYERS);
  image.header.policy = policy;
  for (uint32_t i = 0; i < MODELS * LAYERS * kinds; ++i) {
    image.programs[i].est_cycles = 10000u + draw(500000);
    image.programs[i].est_nj = 1000u + draw(100000);
  }
  for (uint32_t i = 0; i < MODELS * LAYERS; ++i) {
    image.layers[i].switch_nj = draw(20000);
  }
  for (uint32_t i = 0; i < MODELS; ++i) {
    image.models[i].static_tile = i % TILES;
  }
  test_image_seal(&image);
  hb_tables_fault_t fault;
  assert_int_equal(hb_tables_open(&tables, &image, sizeof image.words, &fault), HB_OK);
}

typedef enum kind { RANDOM, ALL, UNFORESEEN, FOUR_KINDS, NUM_VIEWS } kind_t;
static const char *const VIEW_NAMES[NUM_VIEWS] = {"random", "8 x 4", "unforeseen", "4 kinds"};

/* Cycles of one decision. */
static uint32_t measure(const hb_policy_t *policy, kind_t kind) {
  const bool all = kind != RANDOM;
  static hb_job_t jobs[MODELS];
  const hb_job_t *list[MODELS];
  uint32_t num = 0;
  const uint64_t now = 5000000000u + draw(100000000);
  for (uint32_t m = 0; m < MODELS; ++m) {
    const bool started = draw(2) != 0;
    const uint32_t layer = m * LAYERS + (started ? 1u : 0u);
    jobs[m] = (hb_job_t){.tag = HB_TAG(m, 0, started ? 1u : 0u),
                         .model = m,
                         .priority = m,
                         .last_tile = started ? draw(TILES) : HB_IMAGE_NONE,
                         .tiles = (1u << TILES) - 1u,
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
      policy->on_start(&state_, &jobs[m], draw(TILES));
    }
    if (all || draw(2) != 0) {
      list[num++] = &jobs[m];
    }
  }
  const hb_sched_view_t view = {.now = now,
                                .num_jobs = num,
                                .jobs = list,
                                .num_tiles = TILES,
                                .tiles = tables.tiles,
                                .free_tiles = all ? (1u << TILES) - 1u : 1u + draw(15),
                                .num_active = MODELS,
                                .state = &state_};
  if (policy->before_choices != NULL && num != 0) {
    policy->before_choices(&state_, &view);
  }
  hb_job_t *const fresh = &jobs[draw(MODELS)];
  if (kind == UNFORESEEN) { /* the other of its model's two */
    const uint32_t layer = fresh->model * LAYERS + (fresh->started ? 0 : 1u);
    fresh->layer = &tables.layers[layer];
    fresh->programs = hb_tables_programs(&tables, layer);
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
      make(number, kind == FOUR_KINDS ? TILES : FEW_KINDS);
      hb_policy_state_init(&state_, policy, &tables);
      const uint32_t median = sorted_run(policy, (kind_t)kind);
      print_row(policy->name, VIEW_NAMES[kind]);
      worst = kind <= ALL && median > worst ? median : worst;
    }
  }
  assert_in_range(worst, 1, LIMIT - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decision__takes_less_than_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
