/* SPDX-License-Identifier: Apache-2.0 */

#include "fake_soc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/hb_crc.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"
#include "sched/hb_fixed.h"

enum { LAYERS = 4, QUEUE = 16, HISTORY = 64 };

typedef struct tile {
  uint32_t prog, base0;
  bool running, completed;
  uint32_t tag, status;
  uint64_t end;
} tile_t;

typedef struct model {
  uint64_t next; /* arrival of its next frame */
  uint32_t frames, free_slots;
  uint32_t layer;     /* that may start next, at least */
  uint32_t frame;     /* that runs */
  bool done[HISTORY]; /* by frame */
  uint32_t ended, missed;
  uint32_t failed_tag, failed_on; /* newest job that failed, and the tiles it did on, a bit each */
} model_t;

static struct {
  const fake_soc_config_t *config;
  uint32_t random;
  uint64_t now, alarm;
  tile_t tile[FAKE_TILES];
  model_t model[FAKE_MODELS];
  uint32_t message[QUEUE][HB_MBOX_WORDS];
  uint32_t first_message, num_messages;
  uint32_t record[HB_TEL_MAX_WORDS + 1], record_words;
  uint32_t needed; /* models that others depend on */
  uint32_t retired;
  fake_soc_result_t result;
} soc;

static test_image_t image;
static hb_main_t firmware;

static fake_soc_config_t newest; /* its run belongs to a test that has not passed yet */
static const char *policy_name;
static bool running;

void fake_soc_passed(void) {
  running = false;
}

int fake_soc_teardown(void **state) {
  (void)state;
  if (running) {
    print_error(
        "  policy %s, seed %u: %u models, %u tiles, load %u %%, %u of 1000 jobs fail; cycle %u\n",
        policy_name, (unsigned)newest.seed, (unsigned)newest.num_models, (unsigned)newest.num_tiles,
        (unsigned)newest.load_percent, (unsigned)newest.failures_per_1k, (unsigned)soc.now);
  }
  running = false;
  return 0;
}

hb_main_t *fake_soc_firmware(void) {
  return &firmware;
}

static uint32_t draw(uint32_t below) {
  soc.random ^= soc.random << 13;
  soc.random ^= soc.random >> 17;
  soc.random ^= soc.random << 5;
  return (soc.random >> 8) % below;
}

/* ----------------------------------------------------------------------------- the workload */
static void make_image(const fake_soc_config_t *config) {
  test_image_make(&image, config->num_tiles, config->num_tiles > 1u ? 2 : 1, config->num_models,
                  LAYERS);
  image.header.policy = config->policy;
  image.header.flags = draw(2) != 0 && !config->plain ? HB_IMAGE_FLAG_DROP_LATE : 0u;
  image.header.sched.tune_interval_cycles = 400000;
  uint64_t work = 0;
  for (uint32_t l = 0; l < image.header.num_layers; ++l) {
    for (uint32_t k = 0; k < image.header.num_kinds; ++k) {
      hb_image_program_t *const program = &image.programs[l * image.header.num_kinds + k];
      program->est_cycles = 200u + draw(5000);
      program->est_nj = 1u + draw(100000);
    }
    image.layers[l].switch_nj = draw(50000);
    const uint32_t only = draw(8); /* one kind of two cannot run some layers */
    if (!config->plain && image.header.num_kinds == 2u && only < 2u) {
      image.programs[l * 2u + only].addr = HB_IMAGE_NONE;
    }
    if (!config->plain && draw(6) == 0) {
      image.layers[l].skip_mask = 1u << draw(3);
    }
    work += image.programs[l * image.header.num_kinds].est_cycles;
  }
  const uint32_t period = (uint32_t)(work * 100u / config->load_percent / config->num_tiles) + 1u;
  for (uint32_t m = 0; m < config->num_models; ++m) {
    image.models[m].period_cycles = period / 2u + draw(period) + 1u;
    image.models[m].priority = (m * 5u + 2u) % config->num_models;
    if (!config->plain && draw(3) == 0) { /* two variants: of three layers, and of the fourth */
      /* The variant table has one entry a model; the others keep theirs by being left alone. */
      image.variants[m].num_layers = LAYERS - 1u;
    }
    if (!config->plain && m > 0 && draw(3) == 0) {
      image.models[m].depends_on = draw(m);
      soc.needed |= 1u << image.models[m].depends_on;
      image.models[m].period_cycles = image.models[image.models[m].depends_on].period_cycles;
    }
    if (draw(2) != 0) {
      const uint32_t tile = draw(config->num_tiles);
      bool all = true;
      for (uint32_t l = 0; l < LAYERS; ++l) {
        all = all &&
              image.programs[(m * LAYERS + l) * image.header.num_kinds + image.tiles[tile].kind]
                      .addr != HB_IMAGE_NONE;
      }
      image.models[m].static_tile = all ? tile : HB_IMAGE_NONE;
    }
  }
  test_image_seal(&image);
}

static const hb_image_variant_t *variant_of(uint32_t model) {
  return &image.variants[image.models[model].first_variant];
}

/* Announces the model's next frame. */
static void announce(uint32_t m) {
  model_t *const model = &soc.model[m];
  const uint64_t arrival = model->next;
  uint32_t slot = 0;
  while (slot < 2u && ((model->free_slots >> slot) & 1u) == 0) {
    ++slot;
  }
  const bool overrun = slot == 2u;
  const bool triggered = soc.config->plain || draw(8) != 0;
  if (!overrun) {
    model->free_slots &= ~(1u << slot);
  }
  assert_in_range(soc.num_messages, 0, QUEUE - 1);
  uint32_t *const w = soc.message[(soc.first_message + soc.num_messages++) % QUEUE];
  const uint64_t deadline = arrival + image.models[m].period_cycles;
  w[HB_MBOX_STREAM] = m;
  w[HB_MBOX_FRAME] = model->frames;
  w[HB_MBOX_FLAGS] =
      (overrun ? HB_MBOX_FLAG_OVERRUN : slot) | (triggered ? HB_MBOX_FLAG_TRIGGERED : 0u);
  w[HB_MBOX_PATH] = draw(8);
  w[HB_MBOX_ARRIVAL_LO] = (uint32_t)arrival;
  w[HB_MBOX_ARRIVAL_HI] = (uint32_t)(arrival >> 32);
  w[HB_MBOX_DEADLINE_LO] = (uint32_t)deadline;
  w[HB_MBOX_DEADLINE_HI] = (uint32_t)(deadline >> 32);
  model->done[model->frames % HISTORY] = false;
  ++model->frames;
  model->next = arrival + image.models[m].period_cycles;
}

/* ---------------------------------------------------------------------------------- registers */
static uint32_t pending(void) {
  uint32_t bits = soc.num_messages != 0 ? HB_IRQ_MAILBOX : 0u;
  bits |= soc.now >= soc.alarm ? HB_IRQ_TIMER : 0u;
  for (uint32_t i = 0; i < soc.config->num_tiles; ++i) {
    bits |= soc.tile[i].completed ? HB_IRQ_TILE(i) : 0u;
  }
  return bits;
}

uint32_t hb_mmio_read32(uint32_t addr) {
  if (addr >= HB_TILE_BASE(0) && addr < HB_TILE_BASE(FAKE_TILES)) {
    const tile_t *const tile = &soc.tile[(addr - HB_TILE_BASE(0)) >> 16];
    switch (addr & 0xffffu) {
      case HB_TILE_REG_ID:
        return image.tiles[(addr - HB_TILE_BASE(0)) >> 16].id;
      case HB_TILE_REG_CTRL:
        return HB_TILE_CTRL_IRQ_EN_MASK;
      case HB_TILE_REG_COMPL_STATUS:
        return tile->completed ? HB_TILE_COMPL_STATUS_VALID_MASK | tile->status : 0u;
      default:
        return tile->tag;
    }
  }
  if (addr >= HB_LOCAL_MBOX_WORD(0) && addr < HB_LOCAL_MBOX_WORD(HB_MBOX_WORDS)) {
    return soc.message[soc.first_message][(addr - HB_LOCAL_MBOX_WORD(0)) / 4u];
  }
  switch (addr) {
    case HB_LOCAL_TIME_LO:
      return (uint32_t)soc.now;
    case HB_LOCAL_TIME_HI:
      return (uint32_t)(soc.now >> 32);
    case HB_LOCAL_IRQ_PENDING:
      return pending();
    case HB_LOCAL_MBOX_LEVEL:
      return soc.num_messages;
    default:
      fail_msg("read of 0x%08x", (unsigned)addr);
      return 0;
  }
}

/* Tiles in use that can run the layer and on which it has not failed. */
static uint32_t untried(uint32_t m, uint32_t layer, uint32_t failed_on) {
  uint32_t tiles = 0;
  for (uint32_t i = 0; i < soc.config->num_tiles; ++i) {
    const bool runs = image
                          .programs[(image.models[m].first_layer + layer) * image.header.num_kinds +
                                    image.tiles[i].kind]
                          .addr != HB_IMAGE_NONE;
    tiles |= runs ? 1u << i : 0u;
  }
  return tiles & ~soc.retired & ~failed_on;
}

/* A doorbell: the tile is idle and of a kind that runs the job, and the job's turn has come. */
static void on_doorbell(uint32_t index, uint32_t tag) {
  tile_t *const tile = &soc.tile[index];
  const uint32_t m = HB_TAG_MODEL(tag), layer = HB_TAG_LAYER(tag), frame = HB_TAG_FRAME(tag);
  assert_false(tile->running);
  assert_false(tile->completed);
  for (uint32_t i = 0; i < soc.config->num_tiles; ++i) {
    assert_false(soc.tile[i].running && HB_TAG_MODEL(soc.tile[i].tag) == m);
  }
  const hb_image_program_t *const program =
      &image.programs[(image.models[m].first_layer + layer) * image.header.num_kinds +
                      image.tiles[index].kind];
  assert_int_not_equal(program->addr, HB_IMAGE_NONE);
  assert_int_equal(tile->prog, program->addr);
  model_t *const model = &soc.model[m];
  const uint32_t failed_on = model->failed_tag == tag ? model->failed_on : 0;
  assert_true(((failed_on >> index) & 1u) == 0 || untried(m, layer, failed_on) == 0);
  if (frame != model->frame || model->frames == 0) {
    model->frame = frame;
    model->layer = 0;
  }
  assert_true(layer >= model->layer && layer < variant_of(m)->num_layers);
  model->layer = layer; /* a failed one comes again */
  const uint32_t parent = image.models[m].depends_on;
  if (parent != HB_IMAGE_NONE) {
    assert_true(soc.model[parent].done[frame % HISTORY]);
  }
  tile->running = true;
  tile->tag = tag;
  tile->end = soc.now + program->est_cycles / 2u + draw(program->est_cycles);
  ++soc.result.decisions;
}

static void on_record(const uint32_t *w) {
  switch (HB_TEL_TYPE(w[0])) {
    case HB_TEL_FRAME_DONE:
      soc.model[w[1]].done[w[2] % HISTORY] = true;
      ++soc.model[w[1]].ended;
      ++soc.result.done;
      break;
    case HB_TEL_FRAME_DROPPED:
      ++soc.model[w[1]].ended;
      ++soc.model[w[1]].missed;
      ++soc.result.dropped;
      if (w[3] == HB_DROP_SMART) {
        assert_int_equal((soc.needed >> w[1]) & 1u, 0); /* never one that others depend on */
        ++soc.result.smart;
      }
      break;
    case HB_TEL_FAULT:
      ++soc.result.faults;
      soc.retired |= w[3] == HB_IMAGE_NONE ? 1u << w[2] : 0u;
      break;
    case HB_TEL_TILE_RESET: {
      model_t *const model = &soc.model[HB_TAG_MODEL(w[2])];
      model->failed_on = (model->failed_tag == w[2] ? model->failed_on : 0u) | 1u << w[1];
      model->failed_tag = w[2];
      ++soc.result.resets;
      break;
    }
    default:
      break;
  }
}

static void tile_write(uint32_t index, uint32_t offset, uint32_t value) {
  tile_t *const tile = &soc.tile[index];
  if (offset == HB_TILE_REG_JOB_PROG) {
    tile->prog = value;
  } else if (offset == HB_TILE_REG_COMPL_POP) {
    tile->completed = false;
  } else if (offset == HB_NI_OFFSET + HB_NI_RESET) {
    tile->running = tile->completed = false;
    tile->prog = 0;
  } else if (offset == HB_TILE_REG_JOB_TAG) {
    on_doorbell(index, value);
  }
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  const uint32_t seen[2] = {addr, value};
  soc.result.sum = hb_crc32(soc.result.sum, seen, sizeof seen);
  if (addr >= HB_TILE_BASE(0) && addr < HB_TILE_BASE(FAKE_TILES)) {
    tile_write((addr - HB_TILE_BASE(0)) >> 16, addr & 0xffffu, value);
  } else if (addr >= HB_SENSOR_BASE && addr < HB_SENSOR_RELEASE(FAKE_MODELS)) {
    soc.model[(addr - HB_SENSOR_BASE) / 16u].free_slots |= 1u << value;
  } else if (addr == HB_LOCAL_ALARM_LO) {
    soc.alarm = (soc.alarm & ~(uint64_t)UINT32_MAX) | value;
  } else if (addr == HB_LOCAL_ALARM_HI) {
    soc.alarm = (soc.alarm & UINT32_MAX) | (uint64_t)value << 32;
  } else if (addr == HB_LOCAL_MBOX_POP) {
    soc.first_message = (soc.first_message + 1u) % QUEUE;
    --soc.num_messages;
  } else if (addr == HB_LOCAL_TELEMETRY) {
    soc.record[soc.record_words++] = value;
    if (soc.record_words == HB_TEL_WORDS(soc.record[0]) + 1u) {
      soc.record_words = 0;
      on_record(soc.record);
    }
  }
}

void hb_port_wait(void) {
  fail();
}

/* ----------------------------------------------------------------------------------- the run */
/* The next cycle in which something happens. */
static uint64_t next_event(void) {
  uint64_t next = soc.alarm;
  for (uint32_t m = 0; m < soc.config->num_models; ++m) {
    next = soc.model[m].next < next ? soc.model[m].next : next;
  }
  for (uint32_t i = 0; i < soc.config->num_tiles; ++i) {
    next = soc.tile[i].running && soc.tile[i].end < next ? soc.tile[i].end : next;
  }
  return next > soc.now ? next : soc.now + 1u;
}

static void happen(void) {
  for (uint32_t m = 0; m < soc.config->num_models; ++m) {
    if (soc.model[m].next <= soc.now) {
      announce(m);
    }
  }
  for (uint32_t i = 0; i < soc.config->num_tiles; ++i) {
    tile_t *const tile = &soc.tile[i];
    if (tile->running && tile->end <= soc.now) {
      tile->running = false;
      tile->completed = true;
      const bool fails = draw(1000) < soc.config->failures_per_1k;
      tile->status = fails ? HB_TILE_STATUS_AXI_WRITE : HB_TILE_STATUS_OK;
    }
  }
}

fake_soc_result_t fake_soc_run(const fake_soc_config_t *config, uint64_t end,
                               const hb_policy_t *wrap, fake_soc_hook_t hook) {
  memset(&soc, 0, sizeof soc);
  soc.config = config;
  newest = *config;
  policy_name = (wrap != NULL ? wrap : hb_policy_find(config->policy))->name;
  running = true;
  soc.random = config->seed * 2654435761u + 1u;
  soc.alarm = UINT64_MAX;
  make_image(config);
  for (uint32_t m = 0; m < config->num_models; ++m) {
    soc.model[m].free_slots = 3;
    soc.model[m].frame = UINT32_MAX;
    soc.model[m].next = 1000u + draw(image.models[m].period_cycles);
  }
  assert_int_equal(hb_main_init(&firmware, &image, sizeof image.words), HB_OK);
  if (wrap != NULL) {
    firmware.policy = wrap;
  }
  for (soc.now = 1; soc.now < end; soc.now = next_event()) {
    happen();
    assert_int_equal(hb_main_step(&firmware), HB_OK);
    if (hook != NULL) {
      hook(&firmware);
    }
  }
  for (uint32_t m = 0; m < config->num_models; ++m) {
    soc.result.cost_q16 =
        hb_q16_add(soc.result.cost_q16, hb_q16_ratio(soc.model[m].missed, soc.model[m].ended));
  }
  return soc.result;
}
