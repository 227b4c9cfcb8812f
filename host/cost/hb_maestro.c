/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_maestro.h"

#include <string.h>

#define MAC_NJ 0.00288
#define L2_PER_MAC 6.0
#define L1_PER_MAC 0.55
#define NJ_PER_MJ 1e6

/* What a loop is doing: its first step with more to come, its only step, a further whole step, or a
 * last step that does not fill. */
typedef enum step { STEP_INIT, STEP_UNROLL, STEP_STEADY, STEP_EDGE } step_t;

/* A level of the hierarchy; loops are in the order of its directives, outermost first. */
typedef struct level {
  hb_map_directive_t maps[HB_LOOP_COUNT];
  int32_t place[HB_LOOP_COUNT]; /* of each loop among them */
  int32_t dims[HB_LOOP_COUNT];  /* what the level above hands down of each loop */
  int32_t units;                /* parts it spreads over */
  int32_t edge_units;           /* of those, busy in the last spatial step */
  bool spatial_edge;            /* that step does not fill */
  int32_t first_spatial;        /* place of the outermost spatial map */
} level_t;

static const bool INPUT_HAS[HB_LOOP_COUNT] = {
    [HB_LOOP_C] = true, [HB_LOOP_X] = true, [HB_LOOP_Y] = true};
static const bool WEIGHT_HAS[HB_LOOP_COUNT] = {
    [HB_LOOP_K] = true, [HB_LOOP_C] = true, [HB_LOOP_R] = true, [HB_LOOP_S] = true};
static const bool OUTPUT_HAS[HB_LOOP_COUNT] = {
    [HB_LOOP_K] = true, [HB_LOOP_X] = true, [HB_LOOP_Y] = true};

static const hb_loop_t NO_LOOP = HB_LOOP_COUNT;

/* The kernel loop that slides along an input loop. */
static hb_loop_t slider_of(hb_loop_t loop) {
  return loop == HB_LOOP_X ? HB_LOOP_S : loop == HB_LOOP_Y ? HB_LOOP_R : NO_LOOP;
}

/* The input loop that a kernel loop slides along. */
static hb_loop_t slides_on(hb_loop_t loop) {
  return loop == HB_LOOP_S ? HB_LOOP_X : loop == HB_LOOP_R ? HB_LOOP_Y : NO_LOOP;
}

static int32_t at_most(int32_t a, int32_t b) {
  return a < b ? a : b;
}

/* ------------------------------------------------------------------------------------- levels */

static const hb_map_directive_t *map_of(const level_t *level, hb_loop_t loop) {
  return &level->maps[level->place[loop]];
}

/* Places to go to along a loop: outputs for rows and columns. */
static int32_t extent(const level_t *level, hb_loop_t loop) {
  const hb_loop_t slider = slider_of(loop);
  return slider == NO_LOOP ? level->dims[loop] : level->dims[loop] - level->dims[slider] + 1;
}

static int64_t reach(const level_t *level, const hb_map_directive_t *map) {
  return map->spatial ? (int64_t)map->offset * level->units : map->offset;
}

static bool is_unrolled(const level_t *level, const hb_map_directive_t *map) {
  const int64_t covered =
      map->size + (map->spatial ? (int64_t)(level->units - 1) * map->offset : 0);
  return covered >= level->dims[map->loop];
}

/* The first step already goes beyond the loop. */
static bool first_is_edge(const level_t *level, const hb_map_directive_t *map) {
  return (map->spatial ? reach(level, map) : map->size) > level->dims[map->loop];
}

static bool first_is_all(const level_t *level, const hb_map_directive_t *map) {
  return (map->spatial ? reach(level, map) : map->size) >= level->dims[map->loop];
}

/* How often a loop is in a step; below 0 where the first step is the edge, too, and MAESTRO
 * subtracts both. */
static int64_t occurrences(const level_t *level, const hb_map_directive_t *map, step_t step) {
  const int32_t size = extent(level, map->loop);
  const int64_t stride = reach(level, map);
  const bool edge = map->spatial ? level->spatial_edge : size % stride != 0;
  if (step == STEP_STEADY) {
    const int64_t steps = size / stride + (size % stride != 0);
    return is_unrolled(level, map) ? 0 : steps - (edge ? 2 : 1);
  }
  if (step == STEP_EDGE) {
    return edge && !first_is_all(level, map);
  }
  return 1;
}

/* Fills in what follows from directives and dimensions. */
static void finish_level(level_t *level) {
  level->first_spatial = -1;
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    level->place[level->maps[i].loop] = i;
    if (level->maps[i].spatial && level->first_spatial < 0) {
      level->first_spatial = i;
    }
  }
  const hb_map_directive_t *map = &level->maps[level->first_spatial];
  const int32_t size = extent(level, map->loop);
  const int32_t rest = (int32_t)(size % reach(level, map));
  level->spatial_edge = rest != 0;
  level->edge_units = size <= map->size ? 1 : rest / map->offset;
}

/* Input rows and columns for a map of output ones. MAESTRO takes the number of maps of the level
 * for the kernel's size. */
static hb_map_directive_t to_input(hb_map_directive_t map, uint32_t maps_of_level) {
  if (map.output) {
    map.size += (int32_t)maps_of_level - 1;
    map.output = false;
  }
  return map;
}

/* A level's own maps, before them those of the level above that it lacks, the last first, and
 * behind them all of each loop that nothing maps. */
static void take_maps(const hb_mapping_level_t *own, const level_t *above, level_t *level) {
  bool have[HB_LOOP_COUNT] = {false};
  uint32_t num = 0;
  for (uint32_t i = 0; i < own->num; i++) {
    have[own->directives[i].loop] = true;
  }
  for (int32_t i = HB_LOOP_COUNT - 1; above != NULL && i >= 0; i--) {
    if (!have[above->maps[i].loop]) {
      level->maps[num] = above->maps[i];
      level->maps[num++].spatial = false;
    }
  }
  for (uint32_t i = 0; i < own->num; i++) {
    level->maps[num++] = to_input(own->directives[i], own->num);
  }
  for (int32_t loop = 0; above == NULL && loop < HB_LOOP_COUNT; loop++) {
    if (!have[loop]) {
      level->maps[num++] = (hb_map_directive_t){
          .loop = (hb_loop_t)loop, .size = level->dims[loop], .offset = level->dims[loop]};
    }
  }
}

/* -------------------------------------------------------------------------------------- a case */

typedef struct steps {
  step_t of[HB_LOOP_COUNT]; /* by place */
} steps_t;

static bool is_spatial_edge(const level_t *level, const steps_t *steps) {
  const step_t step = steps->of[level->first_spatial];
  return step == STEP_EDGE ||
         (step != STEP_STEADY && first_is_edge(level, &level->maps[level->first_spatial]));
}

/* Size of a map in its step. `last_unit`: of the last unit of a spatial edge. */
static int32_t size_in(const level_t *level, const hb_map_directive_t *map, step_t step,
                       bool last_unit) {
  const int32_t dim = level->dims[map->loop];
  const bool first_edge = first_is_edge(level, map);
  if (!map->spatial) {
    if (step == STEP_EDGE) {
      return dim % map->offset;
    }
    return step != STEP_STEADY && first_edge ? dim : map->size;
  }
  if (step != STEP_EDGE && !(step == STEP_INIT && first_edge)) {
    return map->size;
  }
  if (dim < map->size) {
    return dim;
  }
  const int32_t rest = last_unit ? dim % map->offset : 0;
  return rest == 0 ? map->size : rest;
}

/* Partial sums that a unit makes in a step. */
static int64_t partial_outputs(const level_t *level, const steps_t *steps, bool last_unit) {
  int64_t outputs = 1;
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    const hb_map_directive_t *map = &level->maps[i];
    int32_t size = size_in(level, map, steps->of[i], last_unit);
    if (slides_on(map->loop) != NO_LOOP) {
      size = map->size;
    } else if (slider_of(map->loop) != NO_LOOP) {
      size -= map_of(level, slider_of(map->loop))->size - 1;
      size = size < 1 ? 1 : size;
    }
    outputs *= size;
  }
  return outputs;
}

/* Outputs that leave a unit in a step. */
static int64_t outputs_out(const level_t *level, const steps_t *steps) {
  int64_t outputs = 1;
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    const hb_map_directive_t *map = &level->maps[i];
    if (!OUTPUT_HAS[map->loop]) {
      continue;
    }
    const hb_loop_t slider = slider_of(map->loop);
    const int32_t kernel = slider == NO_LOOP ? 0 : map_of(level, slider)->size;
    outputs *= slider != NO_LOOP && map->size >= kernel ? map->size - kernel + 1
                                                        : size_in(level, map, steps->of[i], false);
  }
  return outputs;
}

/* Elements of a tensor a unit holds: the first one of a row, or what each further one adds. */
static int64_t whole_load(const level_t *level, const bool has[HB_LOOP_COUNT], bool spread,
                          bool first_unit) {
  int64_t load = 1;
  for (int32_t loop = 0; loop < HB_LOOP_COUNT; loop++) {
    const hb_map_directive_t *map = map_of(level, (hb_loop_t)loop);
    if (!has[loop]) {
      continue;
    }
    if (map->spatial) {
      load *= first_unit ? map->size : at_most(map->size, map->offset);
    } else if (!spread && !first_unit) {
      load = 0;
    } else {
      load *= first_is_edge(level, map) ? level->dims[loop] % map->offset : map->size;
    }
  }
  return load;
}

/* Elements of a tensor a unit takes in in a step, after what it keeps from the step before. */
static int64_t load(const level_t *level, const steps_t *steps, const bool has[HB_LOOP_COUNT],
                    bool spread, bool first_unit) {
  int32_t changing = -1; /* the innermost loop that goes on */
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    changing = steps->of[i] == STEP_STEADY || steps->of[i] == STEP_EDGE ? i : changing;
  }
  int32_t own = -1; /* the innermost loop of the tensor that goes on or begins again */
  bool all_unrolled = true;
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    if (has[level->maps[i].loop] && steps->of[i] != STEP_UNROLL) {
      all_unrolled = false;
      own = steps->of[i] != STEP_INIT || changing > i ? i : own;
    }
  }
  if (changing == -1 || (own == -1 && !all_unrolled)) {
    return whole_load(level, has, spread, first_unit);
  }
  if (own != changing) { /* it stays where it is */
    return 0;
  }
  int64_t elements = 1;
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    const hb_map_directive_t *map = &level->maps[i];
    if (!has[map->loop]) {
      continue;
    }
    if (map->spatial ? !first_unit : i == changing) {
      elements *= at_most(map->size, map->offset);
    } else if (!map->spatial && steps->of[i] == STEP_UNROLL) {
      elements *= level->dims[map->loop];
    } else {
      elements *= map->size;
    }
  }
  return elements;
}

static int64_t noc_cycles(int64_t elements, uint32_t noc_bw) {
  return elements / noc_bw + (elements % noc_bw != 0);
}

static bool is_spread(const level_t *level, const bool has[HB_LOOP_COUNT]) {
  for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
    if (has[level->maps[i].loop] && level->maps[i].spatial) {
      return true;
    }
  }
  return false;
}

/* Adds one combination of steps, which occurs `times` times. */
static void add_case(const level_t *level, const steps_t *steps, int64_t times, int64_t inner,
                     uint32_t noc_bw, hb_maestro_cost_t *cost) {
  const int64_t partial = partial_outputs(level, steps, false);
  if (times == 0 || partial == 0) {
    return;
  }
  const bool *const tensors[] = {INPUT_HAS, WEIGHT_HAS};
  const int64_t units = is_spatial_edge(level, steps) ? level->edge_units : level->units;
  const int64_t out = outputs_out(level, steps);
  int64_t in = 0;
  for (int t = 0; t < 2; t++) {
    const bool spread = is_spread(level, tensors[t]);
    const int64_t first = load(level, steps, tensors[t], spread, true);
    const int64_t others =
        units > 1 && spread ? (units - 1) * load(level, steps, tensors[t], spread, false) : 0;
    in += first + others;
    cost->l1_writes += times * first * units;
    cost->l1_reads += times * partial * units;
  }
  cost->l2_reads += times * in;
  cost->l1_writes += times * partial;
  cost->l1_reads += times * (partial - 1);
  int64_t cycles = inner == 0 ? partial : inner;
  cycles = noc_cycles(in, noc_bw) > cycles ? noc_cycles(in, noc_bw) : cycles;
  cycles = noc_cycles(out, noc_bw) > cycles ? noc_cycles(out, noc_bw) : cycles;
  cost->cycles += times * cycles;
  cost->macs += times * ((units - 1) * partial + partial_outputs(level, steps, true));
}

/* Every combination of steps of the loops from `place` on. */
static void add_cases(const level_t *level, int32_t place, steps_t *steps, int64_t times,
                      int64_t inner, uint32_t noc_bw, hb_maestro_cost_t *cost) {
  if (place == HB_LOOP_COUNT) {
    bool begin = true; /* the very first step is INIT in all loops, unrolled or not */
    for (int32_t i = 0; i < HB_LOOP_COUNT; i++) {
      begin &= steps->of[i] == STEP_INIT || steps->of[i] == STEP_UNROLL;
    }
    const steps_t first = {{STEP_INIT}};
    add_case(level, begin ? &first : steps, times, inner, noc_bw, cost);
    return;
  }
  const hb_map_directive_t *map = &level->maps[place];
  const step_t choices[] = {is_unrolled(level, map) ? STEP_UNROLL : STEP_INIT, STEP_STEADY,
                            STEP_EDGE};
  for (int i = 0; i < 3; i++) {
    const int64_t own = occurrences(level, map, choices[i]);
    if (own != 0) {
      steps->of[place] = choices[i];
      add_cases(level, place + 1, steps, times * own, inner, noc_bw, cost);
    }
  }
}

/* ------------------------------------------------------------------------------------ a layer */

int64_t hb_maestro_least_pes(const hb_mapping_t *mapping) {
  int64_t pes = 1;
  for (uint32_t i = 0; i < mapping->num_levels; i++) {
    pes *= mapping->levels[i].cluster == 0 ? 1 : mapping->levels[i].cluster;
  }
  return pes;
}

hb_maestro_cost_t hb_maestro_layer(const hb_mapping_t *mapping, const hb_layer_dims_t *layer,
                                   uint32_t pes, uint32_t noc_bw) {
  level_t levels[HB_MAPPING_MAX_LEVELS];
  memset(levels, 0, sizeof(levels));
  for (uint32_t i = 0; i < mapping->num_levels; i++) {
    level_t *level = &levels[i];
    const level_t *above = i == 0 ? NULL : &levels[i - 1];
    if (above == NULL) {
      const int32_t dims[HB_LOOP_COUNT] = {
          [HB_LOOP_C] = (int32_t)layer->c, [HB_LOOP_K] = (int32_t)layer->k,
          [HB_LOOP_R] = (int32_t)layer->r, [HB_LOOP_S] = (int32_t)layer->s,
          [HB_LOOP_X] = (int32_t)layer->x, [HB_LOOP_Y] = (int32_t)layer->y};
      memcpy(level->dims, dims, sizeof(dims));
      level->units = (int32_t)(pes / hb_maestro_least_pes(mapping));
    } else {
      for (int32_t loop = 0; loop < HB_LOOP_COUNT; loop++) {
        level->dims[loop] = at_most(map_of(above, (hb_loop_t)loop)->size, above->dims[loop]);
      }
      level->units = mapping->levels[i - 1].cluster;
    }
    take_maps(&mapping->levels[i], above, level);
    finish_level(level);
  }
  /* From the inside out; each level's time is a step's time of the level above. */
  hb_maestro_cost_t cost = {0};
  for (uint32_t i = mapping->num_levels; i > 0; i--) {
    const int64_t inner = cost.cycles;
    steps_t steps = {{STEP_INIT}};
    cost = (hb_maestro_cost_t){0};
    add_cases(&levels[i - 1], 0, &steps, 1, inner, noc_bw, &cost);
  }
  const int64_t rows = (int64_t)layer->y - layer->r + 1;
  const int64_t columns = (int64_t)layer->x - layer->s + 1;
  cost.l2_writes = (int64_t)layer->c * layer->y * layer->x +
                   (int64_t)layer->k * layer->c * layer->r * layer->s + layer->k * rows * columns;
  return cost;
}

double hb_maestro_energy_mj(const hb_maestro_cost_t *cost) {
  return MAC_NJ / NJ_PER_MJ *
         ((double)cost->macs + L2_PER_MAC * (double)(cost->l2_reads + cost->l2_writes) +
          L1_PER_MAC * (double)(cost->l1_reads + cost->l1_writes));
}
