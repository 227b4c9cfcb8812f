/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parts of dream: MapScore against double precision, at the edges of slack too; the choice has
 * the largest; who is dropped; the tuner against a cost with a known minimum.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "sched/hb_policy_state.h"
#include "test_image.h"

enum {
  DREAM = 8,
  JOBS = 5,
  TILES = 4,
  KINDS = 2,
  VIEWS = 60,
  CLOSE_VIEWS = 300,
  SEARCHES = 40,
  MAX_RECORDS = 64
};

static test_image_t image;
static hb_tables_t tables;
static hb_policy_state_t state_;
static const hb_policy_t *policy;

static uint32_t record[MAX_RECORDS][HB_TEL_MAX_WORDS + 1];
static uint32_t num_records, num_words;

uint32_t hb_mmio_read32(uint32_t addr) {
  fail_msg("read of 0x%08x", (unsigned)addr);
  return 0;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  assert_int_equal(addr, HB_LOCAL_TELEMETRY);
  assert_in_range(num_records, 0, MAX_RECORDS - 1);
  record[num_records][num_words++] = value;
  if (num_words == HB_TEL_WORDS(record[num_records][0]) + 1u) {
    num_words = 0;
    ++num_records;
  }
}

void hb_port_wait(void) {
  fail();
}

static uint32_t random_state;

static uint32_t draw(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return (random_state >> 4) % below;
}

/* Opens an image of `models` models of two layers with what the test has put into it. */
static void open_image(void) {
  hb_tables_fault_t fault;
  test_image_seal(&image);
  assert_int_equal(hb_tables_open(&tables, &image, sizeof image.words, &fault), HB_OK);
  policy = hb_policy_find(DREAM);
  hb_policy_state_init(&state_, policy, &tables);
  num_records = num_words = 0;
}

static void make_image(uint32_t models) {
  test_image_make(&image, TILES, KINDS, models, 2);
  image.header.policy = DREAM;
}

static hb_job_t job_of(uint32_t model, bool started) {
  const uint32_t layer = model * 2u + (started ? 1u : 0u);
  hb_job_t job = {.tag = HB_TAG(model, 0, started ? 1u : 0u),
                  .model = model,
                  .priority = model,
                  .last_tile = HB_IMAGE_NONE,
                  .started = started,
                  .image = &tables.models[model],
                  .variant = &tables.variants[model],
                  .layer = &tables.layers[layer],
                  .programs = hb_tables_programs(&tables, layer)};
  for (uint32_t t = 0; t < TILES; ++t) {
    job.tiles |= job.programs[tables.tiles[t].kind].addr != HB_IMAGE_NONE ? 1u << t : 0u;
  }
  return job;
}

static hb_sched_view_t view_of(const hb_job_t *const *jobs, uint32_t num_jobs, uint64_t now) {
  return (hb_sched_view_t){.now = now,
                           .num_jobs = num_jobs,
                           .jobs = jobs,
                           .num_tiles = TILES,
                           .tiles = tables.tiles,
                           .free_tiles = (1u << TILES) - 1u,
                           .num_active = num_jobs,
                           .state = &state_};
}

/* ------------------------------------------------------------------------------------ MapScore */
typedef struct score {
  double urgency, lat_pref, starvation, energy, map;
} score_t;

static double limited(double value, double limit) {
  return value < limit ? value : limit;
}

/* The definition. `moved_nj`: energy of the switch. */
static score_t exact_score(const hb_sched_view_t *view, const hb_job_t *job, uint32_t tile,
                           double moved_nj) {
  double cycles = 0, nj = 0, num = 0;
  for (uint32_t t = 0; t < TILES; ++t) {
    if (((job->tiles >> t) & 1u) != 0) {
      cycles += job->programs[tables.tiles[t].kind].est_cycles;
      nj += job->programs[tables.tiles[t].kind].est_nj;
      num += 1;
    }
  }
  const hb_image_program_t *const here = &job->programs[tables.tiles[tile].kind];
  const double slack = (double)job->deadline - (double)view->now;
  score_t s;
  s.urgency = slack <= 0 ? 0.0 : limited(job->layer->togo_avg / slack, 64.0);
  s.lat_pref = limited(cycles / here->est_cycles, 255.0);
  s.starvation = limited(((double)view->now - (double)job->since) / (cycles / num), 65536.0);
  s.energy = (nj - moved_nj) / here->est_nj;
  s.map = s.urgency * s.lat_pref + limited(state_.dream.alpha / 65536.0 * s.starvation, 7000.0) +
          limited(state_.dream.beta / 65536.0 * nj / here->est_nj, 7000.0) -
          state_.dream.beta / 65536.0 * moved_nj / here->est_nj;
  return s;
}

/* Of a Q16 word: an absolute error of `ulps`, and a relative one. */
static void expect_close(uint32_t word, double exact, double ulps, double relative) {
  const double got = (double)(int32_t)word / 65536.0;
  if (exact > 32767.0) {
    assert_true(got > 32766.0 * (1.0 - relative));
    return;
  }
  assert_true(fabs(got - exact) <= ulps / 65536.0 + fabs(exact) * relative);
}

static void random_image(void) {
  make_image(JOBS);
  for (uint32_t l = 0; l < JOBS * 2u; ++l) {
    for (uint32_t k = 0; k < KINDS; ++k) {
      hb_image_program_t *const program = &image.programs[l * KINDS + k];
      program->est_cycles = 100u + draw(1u << (8u + draw(14)));
      program->est_nj = 1u + draw(1u << (4u + draw(18)));
    }
    if (draw(4) == 0) {
      image.programs[l * KINDS + draw(KINDS)].addr = HB_IMAGE_NONE;
    }
    image.layers[l].switch_nj = draw(1u << draw(22));
  }
  image.header.sched.alpha_q16 = draw(5) * 32768u;
  image.header.sched.beta_q16 = draw(4) != 0 ? draw(131073) : 131072u * draw(2);
}

/* CANDIDATE records have the terms and the score, and the choice is the best of them. */
static void test_score__agrees_with_double_precision(void **state) {
  (void)state;
  random_state = 77;
  for (uint32_t round = 0; round < VIEWS; ++round) {
    random_image();
    open_image();
    const uint64_t now = ((uint64_t)draw(3) << 32) + 100000000u + draw(1000000);
    hb_job_t jobs[JOBS];
    const hb_job_t *list[JOBS];
    for (uint32_t i = 0; i < JOBS; ++i) {
      jobs[i] = job_of(i, draw(2) != 0);
      const uint32_t magnitude = 1u << draw(26);
      jobs[i].deadline = draw(4) == 0 ? now - draw(magnitude) : now + draw(magnitude);
      jobs[i].since = now - draw(magnitude);
      jobs[i].arrival = jobs[i].since;
      list[i] = &jobs[i];
      policy->on_layer(&state_, &jobs[i]);
    }
    jobs[0].last_tile = 0;
    jobs[3].last_tile = 1;
    /* Model 0 had tile 0 and is under way elsewhere or not; its energy is still in there. */
    state_.dream.owner[0] = 0;
    state_.dream.owner[1] = 3;
    hb_sched_view_t view = view_of(list, JOBS, now);
    view.free_tiles = 1u + draw(15);
    hb_sched_choice_t choice;
    if (round % 2u == 0) { /* as before a choice, and where none was prepared */
      policy->before_choices(&state_, &view);
    }
    policy->explain(&view);
    policy->before_choices(&state_, &view);
    const bool found = policy->choose(&view, &choice);
    int32_t best = INT32_MAX;
    for (uint32_t r = 0; r < num_records; ++r) {
      const uint32_t *const w = record[r];
      const hb_job_t *const job = &jobs[HB_TAG_MODEL(w[1])];
      const uint32_t tile = w[2];
      double moved = 0;
      const uint32_t owner = state_.dream.owner[tile];
      if (owner != job->model) {
        moved = job->started ? job->layer->switch_nj : 0;
        if (owner != HB_IMAGE_NONE && jobs[owner].started) {
          moved += jobs[owner].layer->switch_nj;
        }
      }
      const score_t want = exact_score(&view, job, tile, moved);
      expect_close(w[4], want.urgency, 33, 0);
      expect_close(w[5], want.lat_pref, 33, 0);
      expect_close(w[6], want.starvation, 1, 1.0 / (1 << 27));
      const double sum = want.energy + moved / job->programs[tables.tiles[tile].kind].est_nj;
      if (sum < 32767.0 && sum - want.energy < 32767.0) {
        expect_close(w[7], want.energy, 2, 1.0 / (1 << 24));
        /* Urgency's error counts lat_pref times and the other way round. */
        if (fabs(want.map) < 16000.0 && sum < 8000.0 && sum - want.energy < 8000.0) {
          expect_close(0u - w[3], want.map, 8 + 33 * (want.lat_pref + want.urgency),
                       1.0 / (1 << 20));
        }
      }
      best = (int32_t)w[3] < best ? (int32_t)w[3] : best;
    }
    assert_int_equal(found, num_records != 0);
    for (uint32_t r = 0; r < num_records && found; ++r) {
      if (record[r][1] == jobs[choice.job].tag && record[r][2] == choice.tile) {
        assert_int_equal((int32_t)record[r][3], best);
      }
    }
  }
}

/* Jobs much alike: passing over those that cannot win passes over nobody else. */
static void test_choose__the_largest_of_close_scores(void **state) {
  (void)state;
  random_state = 4;
  make_image(JOBS);
  for (uint32_t round = 0; round < CLOSE_VIEWS; ++round) {
    for (uint32_t l = 0; l < JOBS * 2u * KINDS; ++l) {
      image.programs[l].est_cycles = 10000u + draw(10000);
      image.programs[l].est_nj = 1000u + draw(1000);
    }
    for (uint32_t l = 0; l < JOBS * 2u; ++l) {
      image.layers[l].togo_min = image.layers[l].togo_avg = 20000u + draw(5000);
      image.layers[l].switch_nj = draw(200);
    }
    open_image();
    hb_job_t jobs[JOBS];
    const hb_job_t *list[JOBS];
    for (uint32_t i = 0; i < JOBS; ++i) {
      jobs[i] = job_of(i, draw(2) != 0);
      jobs[i].deadline = 1000000u + 20000u + draw(10000);
      jobs[i].since = jobs[i].arrival = 1000000u - draw(5000);
      list[i] = &jobs[i];
      policy->on_layer(&state_, &jobs[i]);
    }
    hb_sched_view_t view = view_of(list, JOBS, 1000000);
    hb_sched_choice_t choice;
    policy->before_choices(&state_, &view);
    policy->explain(&view);
    assert_true(policy->choose(&view, &choice));
    int32_t best = INT32_MAX, chosen = INT32_MAX;
    for (uint32_t r = 0; r < num_records; ++r) {
      const int32_t score = (int32_t)record[r][3];
      best = score < best ? score : best;
      if (record[r][1] == jobs[choice.job].tag && record[r][2] == choice.tile) {
        chosen = score;
      }
    }
    assert_int_equal(chosen, best);
  }
}

/* Urgency grows until the slack is gone, then there is none: nothing wraps, nothing divides by 0.
 */
static void test_score__slack_gone(void **state) {
  (void)state;
  make_image(1);
  open_image();
  hb_job_t job = job_of(0, false);
  const hb_job_t *list[] = {&job};
  policy->on_layer(&state_, &job);
  const uint64_t now = 10000000;
  static const int64_t slack[] = {1 << 30, 100000, 3000, 100,      47,       46,
                                  1,       0,      -1,   -5000000, -10000000};
  uint32_t last = 0;
  for (size_t i = 0; i < sizeof slack / sizeof slack[0]; ++i) {
    job.deadline = (uint64_t)((int64_t)now + slack[i]);
    hb_sched_view_t view = view_of(list, 1, now);
    hb_sched_choice_t choice;
    num_records = 0;
    policy->before_choices(&state_, &view);
    policy->explain(&view);
    assert_true(policy->choose(&view, &choice));
    const uint32_t urgency = record[0][4];
    assert_true(slack[i] <= 0 ? urgency == 0 : urgency >= last);
    assert_true(urgency <= HB_DREAM_MAX_URGENCY);
    assert_int_equal(urgency == HB_DREAM_MAX_URGENCY,
                     slack[i] > 0 && slack[i] <= 46); /* 3000 / 64 = 46.9 */
    last = urgency;
  }
}

/* The second layer of a frame, rated while the first ran if `ahead`: its candidates. */
static uint32_t candidates_of_second(bool ahead, const hb_job_t *first, const hb_job_t *second) {
  hb_sched_choice_t choice;
  open_image();
  if (ahead) {
    policy->on_layer(&state_, first);
    policy->on_start(&state_, first, 1);
    policy->after_choices(&state_);
    assert_true(state_.dream.model[0].programs == &tables.programs[KINDS]);
    state_.dream.owner[1] = HB_IMAGE_NONE;
  }
  policy->on_layer(&state_, second);
  const hb_job_t *list[] = {second};
  hb_sched_view_t view = view_of(list, 1, 5000000);
  policy->before_choices(&state_, &view);
  policy->explain(&view);
  assert_true(policy->choose(&view, &choice));
  return num_records;
}

/* Whether a layer was foreseen, by its predecessor's start, or not, by tiles or by path: the scores
 * are the same. */
static void test_score__same_whether_foreseen_or_not(void **state) {
  (void)state;
  static uint32_t expected[MAX_RECORDS][HB_TEL_MAX_WORDS + 1];
  random_state = 5;
  for (uint32_t round = 0; round < VIEWS; ++round) {
    random_image();
    open_image();
    const hb_job_t first = job_of(0, false);
    hb_job_t second = job_of(0, round % 3u != 0); /* a third: skipped, the next frame's first */
    if (round % 3u == 1u && (second.tiles & (second.tiles - 1u)) != 0) {
      second.tiles &= second.tiles - 1u; /* a tile less than foreseen */
    }
    const uint32_t num = candidates_of_second(false, &first, &second);
    memcpy(expected, record, sizeof record);
    assert_int_equal(candidates_of_second(true, &first, &second), num);
    assert_memory_equal(record, expected, num * sizeof record[0]);
  }
}

/* One job and one tile: chosen without a score; nothing is chosen where nothing fits. */
static void test_choose__without_a_choice(void **state) {
  (void)state;
  make_image(1);
  open_image();
  const hb_job_t job = job_of(0, false);
  const hb_job_t *list[] = {&job};
  for (uint32_t tile = 0; tile < TILES; ++tile) {
    hb_sched_view_t view = view_of(list, 1, 100);
    hb_sched_choice_t choice;
    view.free_tiles = 1u << tile;
    policy->before_choices(&state_, &view);
    assert_true(policy->choose(&view, &choice));
    assert_int_equal(choice.job, 0);
    assert_int_equal(choice.tile, tile);
    view.free_tiles = 0;
    assert_false(policy->choose(&view, &choice));
  }
  assert_true(state_.dream.model[0].programs == NULL);
}

/* ---------------------------------------------------------------------------------------- drop */
static hb_job_t late_job(uint32_t model, uint32_t late) {
  hb_job_t job = job_of(model, false);
  job.deadline = 1000000u + job.layer->togo_min - late; /* `late` cycles behind it at best */
  return job;
}

static uint32_t dropped(const hb_job_t *jobs, uint32_t num_jobs) {
  const hb_job_t *list[JOBS];
  for (uint32_t i = 0; i < num_jobs; ++i) {
    list[i] = &jobs[i];
  }
  const hb_sched_view_t view = view_of(list, num_jobs, 1000000);
  return policy->drop(&view);
}

static void end_frames(uint32_t model, uint32_t num, bool drop) {
  const hb_sched_end_t end = {.model = model, .dropped = drop};
  for (uint32_t i = 0; i < num; ++i) {
    policy->on_frame_done(&state_, &end);
  }
}

/* Of two frames that waited equally, the one that is late makes way. */
static void test_choice__late_frames_make_way(void **state) {
  (void)state;
  make_image(2);
  image.header.sched.alpha_q16 = 0;
  image.header.sched.beta_q16 = 0;
  open_image();
  hb_job_t late = job_of(0, false), due = job_of(1, false);
  const hb_job_t *list[] = {&late, &due};
  policy->on_layer(&state_, &late);
  policy->on_layer(&state_, &due);
  const uint64_t now = 10000000;
  due.deadline = now + 100000;
  late.deadline = now + 10;
  hb_sched_view_t view = view_of(list, 2, now);
  hb_sched_choice_t choice;
  policy->before_choices(&state_, &view);
  assert_true(policy->choose(&view, &choice));
  assert_int_equal(choice.job, 0);
  late.deadline = now - 10;
  policy->before_choices(&state_, &view);
  assert_true(policy->choose(&view, &choice));
  assert_int_equal(choice.job, 1);
}

static void test_drop__the_latest_of_two_that_miss(void **state) {
  (void)state;
  make_image(4);
  image.models[3].depends_on = 2;
  open_image();
  hb_job_t jobs[3] = {late_job(0, 10), late_job(1, 20), late_job(2, 30)};
  assert_int_equal(dropped(jobs, 3), 1);             /* 2 is needed by 3 */
  assert_int_equal(dropped(jobs, 1), HB_IMAGE_NONE); /* alone it saves nobody */
  assert_int_equal(dropped(jobs + 2, 1), HB_IMAGE_NONE);
  jobs[0].deadline += 10; /* just makes it */
  assert_int_equal(dropped(jobs, 3), 1);
  assert_int_equal(dropped(jobs, 2), HB_IMAGE_NONE);
  jobs[1].deadline += 19;
  assert_int_equal(dropped(jobs, 3), 1);
  jobs[1].deadline += 1;
  assert_int_equal(dropped(jobs, 3), HB_IMAGE_NONE);
}

/* Two drops among the last ten frames are enough. */
static void test_drop__not_too_often(void **state) {
  (void)state;
  make_image(2);
  open_image();
  const hb_job_t jobs[2] = {late_job(0, 10), late_job(1, 20)};
  end_frames(1, 1, true);
  assert_int_equal(dropped(jobs, 2), 1);
  end_frames(1, 1, true);
  assert_int_equal(dropped(jobs, 2), 0);
  end_frames(1, 8, false);
  assert_int_equal(dropped(jobs, 2), 0);
  end_frames(1, 1, false); /* the first is the eleventh now */
  assert_int_equal(dropped(jobs, 2), 1);
  end_frames(0, 2, true);
  end_frames(1, 1, true);
  assert_int_equal(dropped(jobs, 2), 1);
  end_frames(1, 1, true);
  assert_int_equal(dropped(jobs, 2), HB_IMAGE_NONE);
}

static void test_drop__switched_off(void **state) {
  (void)state;
  make_image(2);
  image.header.sched.flags = HB_SCHED_TUNE | HB_SCHED_SUPERNET;
  open_image();
  const hb_job_t jobs[2] = {late_job(0, 10), late_job(1, 20)};
  assert_int_equal(dropped(jobs, 2), HB_IMAGE_NONE);
}

/* --------------------------------------------------------------------------------------- tuner */
enum { INTERVAL = 1000, FRAMES = 1000000, MOST_WINDOWS = 76 };

/* What a window's UXCost is made of. */
typedef struct bowl {
  double alpha, beta; /* where it is least */
  double curve;       /* how fast it grows from there; 0: flat */
  uint32_t noise_ppm; /* at most so much to either side, by chance */
} bowl_t;

/* Of model 0 one frame of a hundred misses, and more with the square of the distance; half the
 * energy. */
static void run_window_of(uint64_t *now, const bowl_t *bowl) {
  const double da = state_.dream.alpha / 65536.0 - bowl->alpha;
  const double db = state_.dream.beta / 65536.0 - bowl->beta;
  double missed = 0.01 + bowl->curve * (da * da + db * db);
  if (bowl->noise_ppm != 0) {
    missed *= 1.0 + ((double)draw(2u * bowl->noise_ppm) - bowl->noise_ppm) / 1e6;
  }
  policy->on_announced(&state_, 0, *now);
  state_.dream.model[0].frames = FRAMES;
  state_.dream.model[0].missed = (uint32_t)(FRAMES * missed);
  state_.dream.model[0].spent_nj = 500;
  state_.dream.model[0].most_nj = 1000;
  *now += INTERVAL;
  policy->on_tick(&state_, *now);
}

static void run_window(uint64_t *now, double best_alpha, double best_beta) {
  const bowl_t bowl = {best_alpha, best_beta, 0.1, 0};
  run_window_of(now, &bowl);
}

static void start_tuner_at(uint64_t *now, uint32_t alpha, uint32_t beta) {
  make_image(2);
  image.header.sched.tune_interval_cycles = INTERVAL;
  image.header.sched.alpha_q16 = alpha;
  image.header.sched.beta_q16 = beta;
  open_image();
  *now = 5000;
  policy->on_tick(&state_, *now); /* the first event opens the window */
  assert_int_equal(num_records, 0);
}

static void start_tuner(uint64_t *now) {
  start_tuner_at(now, 0, 2u * HB_Q16_ONE);
}

static bool has_ended(void) {
  return state_.dream.tuner.state == HB_TUNE_SETTLED || state_.dream.tuner.state == HB_TUNE_FLAT;
}

/* @return how many windows the search took. */
static uint32_t search(uint64_t *now, const bowl_t *bowl) {
  uint32_t windows = 0;
  while (!has_ended()) {
    run_window_of(now, bowl);
    num_records = 0;
    assert_in_range(++windows, 1, MOST_WINDOWS);
  }
  return windows;
}

/* In both directions: how far from the least cost. */
static double distance(const bowl_t *bowl) {
  const double da = fabs(state_.dream.alpha / 65536.0 - bowl->alpha);
  const double db = fabs(state_.dream.beta / 65536.0 - bowl->beta);
  return da > db ? da : db;
}

/* Without noise: within the last step of the least cost, in two rounds of 3 to 5 windows for each
 * of 4 steps and four of 2 for the check. */
static void test_tuner__settles_where_the_cost_is_least(void **state) {
  (void)state;
  static const bowl_t bowls[] = {
      {0.5, 1.5, 0.1, 0}, {0.9, 1.1, 0.1, 0}, {0.3, 1.9, 0.1, 0}, {0.06, 1.7, 0.1, 0}};
  for (size_t i = 0; i < sizeof bowls / sizeof bowls[0]; ++i) {
    uint64_t now;
    start_tuner(&now);
    assert_in_range(search(&now, &bowls[i]), 4 * 2 * 3 + 8, 4 * 2 * 5 + 8);
    assert_int_equal(state_.dream.tuner.state, HB_TUNE_SETTLED);
    assert_true(distance(&bowls[i]) <= 0.0625 + 0.001);
    const uint32_t alpha = state_.dream.alpha, beta = state_.dream.beta;
    run_window(&now, 1.0, 1.0); /* settled: nothing moves */
    assert_int_equal(state_.dream.alpha, alpha);
    assert_int_equal(state_.dream.beta, beta);
  }
}

/* Noise of 5 % to either side hides what a step of 0.0625 does, not what one of 0.125 does. */
static void test_tuner__settles_in_spite_of_noise(void **state) {
  (void)state;
  random_state = 9;
  uint32_t most = 0;
  for (uint32_t i = 0; i < SEARCHES; ++i) {
    const bowl_t bowl = {0.25 + draw(1500) / 1000.0, 0.25 + draw(1500) / 1000.0, 0.1, 50000};
    uint64_t now;
    start_tuner_at(&now, HB_Q16_ONE, HB_Q16_ONE);
    const uint32_t windows = search(&now, &bowl);
    most = windows > most ? windows : most;
    assert_int_equal(state_.dream.tuner.state, HB_TUNE_SETTLED);
    assert_true(distance(&bowl) <= 0.125);
  }
  assert_in_range(most, 40, 65);
}

/* Where alpha and beta make no difference, chance does not look like one, and nothing has moved. */
static void test_tuner__flat_goes_back_to_the_start(void **state) {
  (void)state;
  static const uint32_t noise[] = {0, 10000, 100000, 400000};
  random_state = 10;
  uint32_t flat = 0, windows = 0;
  for (uint32_t i = 0; i < SEARCHES; ++i) {
    const bowl_t bowl = {1.0, 1.0, 0.0, noise[i % 4u]};
    uint64_t now;
    start_tuner_at(&now, HB_Q16_ONE, HB_Q16_ONE / 2u);
    windows += search(&now, &bowl);
    if (state_.dream.tuner.state == HB_TUNE_FLAT) {
      assert_int_equal(state_.dream.alpha, HB_Q16_ONE);
      assert_int_equal(state_.dream.beta, HB_Q16_ONE / 2u);
      ++flat;
    }
  }
  assert_in_range(flat, SEARCHES - SEARCHES / 20, SEARCHES);
  assert_in_range(windows, SEARCHES * 15u, SEARCHES * 20u);
}

/* Where it stands best already, what is worse is no reason to move. */
static void test_tuner__flat_at_the_least_cost(void **state) {
  (void)state;
  static const bowl_t bowl = {0.0, 2.0, 0.1, 0};
  uint64_t now;
  start_tuner(&now);
  assert_int_equal(search(&now, &bowl), 4 * 2 * 3);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_FLAT);
  assert_true(distance(&bowl) == 0.0);
}

/* A start that is better than what chance led to is gone back to: the load turns while the search
 * is on. */
static void test_tuner__check_sends_back(void **state) {
  (void)state;
  static const bowl_t then = {1.0, 1.0, 0.1, 0}, now_ = {0.0, 2.0, 0.1, 0};
  uint64_t now;
  start_tuner(&now);
  while (!state_.dream.tuner.checking) {
    run_window_of(&now, &then);
    num_records = 0;
    assert_false(has_ended());
  }
  assert_true(distance(&then) <= 0.0635);
  assert_int_equal(search(&now, &now_), 4 * 2);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_FLAT);
  assert_int_equal(state_.dream.alpha, 0);
  assert_int_equal(state_.dream.beta, 2u * HB_Q16_ONE);
}

static void test_tuner__records_say_what_it_does(void **state) {
  (void)state;
  uint64_t now;
  start_tuner(&now);
  for (uint32_t i = 0; i < 2; ++i) {
    run_window(&now, 0.0, 2.0);
  }
  /* Base: one of 100 missed, half the energy; then alpha + step. */
  const uint32_t cost = hb_q16_mul(hb_q16_ratio(10000, FRAMES), HB_Q16_ONE / 2u);
  const uint32_t want[] = {
      HB_TEL_HEAD(HB_TEL_TUNE, 5), 32768, 131072, 32768, cost, HB_TUNE_PROBING};
  assert_memory_equal(record[0], want, sizeof want);
  const uint32_t cost2 = hb_q16_mul(hb_q16_ratio(35000, FRAMES), HB_Q16_ONE / 2u);
  const uint32_t want2[] = {HB_TEL_HEAD(HB_TEL_TUNE, 5), 0, 98304, 32768, cost2, HB_TUNE_PROBING};
  assert_memory_equal(record[1], want2, sizeof want2); /* alpha - step, beta + step: not there */
  run_window(&now, 0.0, 2.0);
  const uint32_t want3[] = {HB_TEL_HEAD(HB_TEL_TUNE, 5), 0, 131072, 32768, cost2, HB_TUNE_BASE};
  assert_memory_equal(record[2], want3, sizeof want3); /* the second round */
}

static void test_tuner__starts_again_when_the_models_change(void **state) {
  (void)state;
  uint64_t now;
  start_tuner(&now);
  while (!has_ended()) {
    run_window(&now, 0.25, 2.0);
    num_records = 0;
  }
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_SETTLED);
  const uint32_t alpha = state_.dream.alpha;
  policy->on_announced(&state_, 1, now);
  run_window(&now, 0.25, 2.0);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_RESTARTED);
  assert_int_equal(record[num_records - 1u][5], HB_TUNE_RESTARTED);
  assert_int_equal(state_.dream.alpha, alpha); /* from where it is */
  assert_int_equal(state_.dream.tuner.step, HB_Q16_ONE / 2u);
  policy->on_announced(&state_, 1, now);
  end_frames(1, 4, false);
  run_window(&now, 0.25, 2.0);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_PROBING);
  /* Model 1 falls silent: after two of its periods of 100000 cycles, and not before. */
  const uint64_t silent = now - INTERVAL + 200000u;
  while (now + INTERVAL <= silent) {
    end_frames(1, 4, false);
    run_window(&now, 0.25, 2.0);
    num_records = 0;
    assert_int_not_equal(state_.dream.tuner.state, HB_TUNE_RESTARTED);
  }
  run_window(&now, 0.25, 2.0);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_RESTARTED);
}

/* Three frames of an active model are not enough, four are; after 16 intervals it does without. */
static void test_tuner__window_goes_on_for_frames_of_all(void **state) {
  (void)state;
  uint64_t now;
  start_tuner(&now);
  policy->on_announced(&state_, 1, now);
  end_frames(1, 3, false);
  run_window(&now, 0.25, 2.0);
  run_window(&now, 0.25, 2.0);
  assert_int_equal(num_records, 0);
  end_frames(1, 1, false);
  run_window(&now, 0.25, 2.0);
  assert_int_equal(num_records, 1);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_PROBING);
  for (uint32_t i = 0; i < 15; ++i) {
    run_window(&now, 0.25, 2.0);
    assert_int_equal(num_records, 1);
  }
  run_window(&now, 0.25, 2.0);
  assert_int_equal(num_records, 2);
}

/* One that depends on another is active with it, whether its frames come or not. */
static void test_tuner__chance_is_no_change(void **state) {
  (void)state;
  uint64_t now;
  make_image(3);
  image.models[1].depends_on = 0;
  image.models[2].depends_on = 1;
  image.header.sched.tune_interval_cycles = INTERVAL;
  open_image();
  now = 5000;
  policy->on_tick(&state_, now);
  for (uint32_t i = 0; i < 1000; ++i) {
    end_frames(1, 4, false);
    end_frames(2, 4, false);
    if (i % 300 == 0) { /* more than two of its periods of 100000 cycles apart */
      policy->on_announced(&state_, 2, now);
    }
    run_window(&now, 0.25, 2.0);
    num_records = 0;
    assert_int_not_equal(state_.dream.tuner.state, HB_TUNE_RESTARTED);
  }
  assert_int_equal(state_.dream.tuner.active, 7);
}

static void test_tuner__window_without_frames_says_nothing(void **state) {
  (void)state;
  uint64_t now;
  start_tuner(&now);
  policy->on_tick(&state_, now + INTERVAL - 1u);
  assert_int_equal(num_records, 0);
  policy->on_tick(&state_, now + INTERVAL);
  assert_int_equal(num_records, 1);
  assert_int_equal(state_.dream.tuner.state, HB_TUNE_BASE);
  make_image(2);
  image.header.sched.flags = 0;
  open_image();
  policy->on_tick(&state_, 1);
  policy->on_tick(&state_, UINT32_MAX);
  assert_int_equal(num_records, 0);
}

/* UXCost of two models: (3/10 + 1/(2 * 4)) * (1/4 + 3/4); a third had no frames. */
static void test_cost__is_the_product_of_the_sums(void **state) {
  (void)state;
  make_image(3);
  open_image();
  hb_dream_model_t *const m = state_.dream.model;
  m[0].frames = 10;
  m[0].missed = 3;
  m[0].spent_nj = 1ull << 40;
  m[0].most_nj = 1ull << 42;
  m[2].frames = 4;
  m[2].spent_nj = 30;
  m[2].most_nj = 40;
  const double exact = (0.3 + 0.125) * 1.0 * 65536.0;
  const double got = hb_dream_ux_cost(&state_.dream, 3);
  assert_true(got <= exact && got > exact - 4.0);
  m[1].frames = 2; /* ran nothing: NormEnergy 1, as in host/score/hb_ux.c */
  assert_true(fabs(hb_dream_ux_cost(&state_.dream, 3) - (0.3 + 0.125 + 0.25) * 2.0 * 65536.0) < 8);
}

/* Without MapScore the frame that arrived first goes to its fastest free tile, candidates say so,
 * and alpha and beta stay; drops and variants do not mind. */
static void test_choice__without_mapscore(void **state) {
  (void)state;
  make_image(3);
  image.header.sched.flags = HB_SCHED_NO_MAPSCORE | HB_SCHED_TUNE | HB_SCHED_SMART_DROP;
  image.programs[2 * 2 * KINDS].est_cycles = 5000; /* model 2: kind 1 is faster */
  image.header.sched.tune_interval_cycles = INTERVAL;
  open_image();
  hb_job_t job[3] = {job_of(0, false), job_of(1, false), job_of(2, false)};
  const hb_job_t *const jobs[3] = {&job[0], &job[1], &job[2]};
  for (uint32_t i = 0; i < 3; ++i) {
    job[i].arrival = 900u - 10u * i;
    job[i].deadline = 3000u + 1000u * i; /* the other way round */
  }
  hb_sched_view_t view = view_of(jobs, 3, 1000);
  policy->before_choices(&state_, &view);
  hb_sched_choice_t choice;
  assert_true(policy->choose(&view, &choice));
  assert_int_equal(choice.job, 2);
  assert_int_equal(view.tiles[choice.tile].kind, 1);
  assert_int_equal(num_records, 0);
  policy->explain(&view);
  assert_int_equal(num_records, 3 * TILES);
  assert_int_equal((int32_t)record[2 * TILES][3], -120); /* arrival - now */
  policy->on_start(&state_, &job[2], choice.tile);
  policy->after_choices(&state_);
  view.num_jobs = 2;
  view.free_tiles = 0;
  assert_false(policy->choose(&view, &choice));

  uint64_t now = 5000;
  policy->on_tick(&state_, now);
  run_window(&now, 2.0, 2.0);
  run_window(&now, 2.0, 2.0);
  assert_int_equal(num_records, 3 * TILES); /* no TUNE record */
  assert_int_equal(state_.dream.alpha, HB_IMAGE_Q16_ONE);
  const hb_job_t late[2] = {late_job(0, 10), late_job(1, 20)};
  assert_int_equal(dropped(late, 2), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_score__agrees_with_double_precision),
      cmocka_unit_test(test_score__slack_gone),
      cmocka_unit_test(test_score__same_whether_foreseen_or_not),
      cmocka_unit_test(test_choose__the_largest_of_close_scores),
      cmocka_unit_test(test_choose__without_a_choice),
      cmocka_unit_test(test_choice__late_frames_make_way),
      cmocka_unit_test(test_drop__the_latest_of_two_that_miss),
      cmocka_unit_test(test_drop__not_too_often),
      cmocka_unit_test(test_drop__switched_off),
      cmocka_unit_test(test_choice__without_mapscore),
      cmocka_unit_test(test_tuner__settles_where_the_cost_is_least),
      cmocka_unit_test(test_tuner__settles_in_spite_of_noise),
      cmocka_unit_test(test_tuner__flat_goes_back_to_the_start),
      cmocka_unit_test(test_tuner__flat_at_the_least_cost),
      cmocka_unit_test(test_tuner__check_sends_back),
      cmocka_unit_test(test_tuner__records_say_what_it_does),
      cmocka_unit_test(test_tuner__starts_again_when_the_models_change),
      cmocka_unit_test(test_tuner__window_goes_on_for_frames_of_all),
      cmocka_unit_test(test_tuner__chance_is_no_change),
      cmocka_unit_test(test_tuner__window_without_frames_says_nothing),
      cmocka_unit_test(test_cost__is_the_product_of_the_sums),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
