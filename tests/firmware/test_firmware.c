/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The whole firmware against a simulated register file. Everything it does becomes a line of a log,
 * and each test says which lines it expects:
 *
 *   arrived M.F             records; M model, F frame, L layer, T tile
 *   dropped M.F reason      late, overrun, dependency, fault, smart
 *   started M.F, done M.F
 *   variant M.F V
 *   decide M.F.L T rR fN    decision: R ready jobs, N free tiles
 *   candidate M.F.L T score
 *   job M.F.L T             JOB_DONE with status OK; otherwise "job M.F.L T status"
 *   fault S T ...           status, tile (- for none), tag, detail
 *   reset T M.F.L N         TILE_RESET: N so far
 *   run T PROG IN           a doorbell: program and input address, less their bases
 *   release M.slot
 *   exit S
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/hb_main.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "drv/hb_probe.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"
#include "test_image.h"

enum { MAX_TILES = 4, MAX_MESSAGES = 64, LOG_BYTES = 1 << 16 };

/* ------------------------------------------------------------------------------ the machine */
typedef struct fake_tile {
  uint32_t id;
  uint32_t reg[0x40 / 4];
  bool running, completed;
  uint32_t tag, status;
} fake_tile_t;

typedef struct machine {
  uint64_t now, alarm;
  uint32_t irq_enable;
  fake_tile_t tile[MAX_TILES];
  uint32_t message[MAX_MESSAGES][HB_MBOX_WORDS];
  uint32_t num_messages, next_message;
  uint32_t path; /* of the messages to come */
  uint32_t record[HB_TEL_MAX_WORDS + 1];
  uint32_t record_words;
  char log[LOG_BYTES];
  size_t log_len;
  bool ends_at_fault;  /* the running job of tile 0 ends when the next FAULT record is written */
  uint32_t stale_irq;  /* bits that the next look at pending interrupts still sees */
  unsigned waits_left; /* hb_port_wait() calls before the test has had enough */
} machine_t;

static machine_t machine;
static test_image_t image;
static hb_main_t firmware;

static void log_line(const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(machine.log + machine.log_len, LOG_BYTES - machine.log_len, format, args);
  va_end(args);
  assert_in_range(n, 0, (int)(LOG_BYTES - machine.log_len) - 2);
  machine.log_len += (size_t)n;
  machine.log[machine.log_len++] = '\n';
  machine.log[machine.log_len] = '\0';
}

static const char *job_name(uint32_t tag) {
  static char name[2][32];
  static unsigned turn;
  turn ^= 1u;
  (void)snprintf(name[turn], sizeof name[turn], "%u.%u.%u", (unsigned)HB_TAG_MODEL(tag),
                 (unsigned)HB_TAG_FRAME(tag), (unsigned)HB_TAG_LAYER(tag));
  return name[turn];
}

static const char *tile_name(uint32_t tile) {
  static char name[16];
  if (tile == HB_IMAGE_NONE) {
    return "-";
  }
  (void)snprintf(name, sizeof name, "T%u", (unsigned)tile);
  return name;
}

static void log_record(const uint32_t *w) {
  static const char *const reason[] = {"?", "late", "overrun", "dependency", "fault", "smart"};
  switch (HB_TEL_TYPE(w[0])) {
    case HB_TEL_BOOT:
      log_line("boot policy %u models %u tiles %u", w[2], w[3], w[4]);
      break;
    case HB_TEL_FRAME_ARRIVED:
      log_line("arrived %u.%u", w[1], w[2]);
      break;
    case HB_TEL_FRAME_DROPPED:
      log_line("dropped %u.%u %s", w[1], w[2], reason[w[3] <= 5 ? w[3] : 0]);
      break;
    case HB_TEL_FRAME_STARTED:
      log_line("started %u.%u", w[1], w[2]);
      break;
    case HB_TEL_FRAME_DONE:
      log_line("done %u.%u", w[1], w[2]);
      break;
    case HB_TEL_DECISION:
      log_line("decide %s %s r%u f%u", job_name(w[1]), tile_name(w[2]), w[3], w[4]);
      break;
    case HB_TEL_CANDIDATE:
      log_line("candidate %s %s %d", job_name(w[1]), tile_name(w[2]), (int)w[3]);
      break;
    case HB_TEL_JOB_DONE:
      if (w[3] == HB_TILE_COMPL_STATUS_VALID_MASK) {
        log_line("job %s %s", job_name(w[1]), tile_name(w[2]));
      } else {
        log_line("job %s %s 0x%x", job_name(w[1]), tile_name(w[2]), w[3]);
      }
      break;
    case HB_TEL_FAULT:
      if (machine.ends_at_fault) {
        machine.ends_at_fault = false;
        machine.tile[0].completed = true;
        machine.tile[0].running = false;
      }
      log_line("fault %u %s %s 0x%x", w[1], tile_name(w[2]), job_name(w[3]), w[4]);
      break;
    case HB_TEL_VARIANT:
      log_line("variant %u.%u %u", w[1], w[2], w[3]);
      break;
    case HB_TEL_VARIANT_CANDIDATE:
      log_line("variant candidate %u.%u %u: %u of %u, shared by %u, %u", w[1], w[2], w[3], w[4],
               w[5], w[6], w[7]);
      break;
    case HB_TEL_TILE_RESET:
      log_line("reset %s %s %u", tile_name(w[1]), job_name(w[2]), w[3]);
      break;
    default:
      fail_msg("unknown record 0x%08x", (unsigned)w[0]);
  }
}

static uint32_t pending(void) {
  uint32_t bits = machine.next_message < machine.num_messages ? HB_IRQ_MAILBOX : 0u;
  bits |= machine.now >= machine.alarm ? HB_IRQ_TIMER : 0u;
  bits |= machine.stale_irq;
  machine.stale_irq = 0;
  for (uint32_t i = 0; i < MAX_TILES; ++i) {
    bits |= machine.tile[i].completed ? HB_IRQ_TILE(i) : 0u;
  }
  return bits;
}

static uint32_t tile_read(fake_tile_t *tile, uint32_t offset) {
  switch (offset) {
    case HB_TILE_REG_ID:
      return tile->id;
    case HB_TILE_REG_CTRL:
      return tile->reg[offset / 4u];
    case HB_TILE_REG_COMPL_STATUS:
      return tile->completed ? HB_TILE_COMPL_STATUS_VALID_MASK | tile->status : 0u;
    case HB_TILE_REG_COMPL_TAG:
      return tile->completed ? tile->tag : 0u;
    default:
      fail_msg("read of tile register 0x%x", (unsigned)offset);
      return 0;
  }
}

static void tile_write(uint32_t index, uint32_t offset, uint32_t value) {
  fake_tile_t *const tile = &machine.tile[index];
  if (offset == HB_NI_OFFSET + HB_NI_RESET) {
    assert_int_equal(value, HB_NI_RESET_TILE);
    *tile = (fake_tile_t){.id = tile->id};
    return;
  }
  assert_in_range(offset, 0, 0x3c);
  tile->reg[offset / 4u] = value;
  if (offset == HB_TILE_REG_COMPL_POP) {
    assert_true(tile->completed);
    tile->completed = false;
  } else if (offset == HB_TILE_REG_JOB_TAG) {
    assert_false(tile->running);
    tile->running = true;
    tile->tag = value;
    log_line("run T%u 0x%x 0x%x", index,
             tile->reg[HB_TILE_REG_JOB_PROG / 4u] - test_image_program_addr(0, 0),
             tile->reg[HB_TILE_REG_JOB_BASE0 / 4u] - HB_DRAM_BASE);
  }
}

uint32_t hb_mmio_read32(uint32_t addr) {
  if (addr >= HB_TILE_BASE(0) && addr < HB_TILE_BASE(MAX_TILES)) {
    return tile_read(&machine.tile[(addr - HB_TILE_BASE(0)) >> 16], addr & 0xffffu);
  }
  if (addr >= HB_LOCAL_MBOX_WORD(0) && addr < HB_LOCAL_MBOX_WORD(HB_MBOX_WORDS)) {
    return machine.message[machine.next_message][(addr - HB_LOCAL_MBOX_WORD(0)) / 4u];
  }
  switch (addr) {
    case HB_LOCAL_TIME_LO:
      return (uint32_t)machine.now;
    case HB_LOCAL_TIME_HI:
      return (uint32_t)(machine.now >> 32);
    case HB_LOCAL_IRQ_PENDING:
      return pending();
    case HB_LOCAL_MBOX_LEVEL:
      return machine.num_messages - machine.next_message;
    default:
      fail_msg("read of 0x%08x", (unsigned)addr);
      return 0;
  }
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  if (addr >= HB_TILE_BASE(0) && addr < HB_TILE_BASE(MAX_TILES)) {
    tile_write((addr - HB_TILE_BASE(0)) >> 16, addr & 0xffffu, value);
    return;
  }
  if (addr >= HB_SENSOR_BASE && addr < HB_SENSOR_RELEASE(HB_IMAGE_MAX_MODELS)) {
    log_line("release %u.%u", (addr - HB_SENSOR_BASE) / 16u, value);
    return;
  }
  switch (addr) {
    case HB_LOCAL_ALARM_LO:
      machine.alarm = (machine.alarm & ~(uint64_t)UINT32_MAX) | value;
      break;
    case HB_LOCAL_ALARM_HI:
      machine.alarm = (machine.alarm & UINT32_MAX) | (uint64_t)value << 32;
      break;
    case HB_LOCAL_IRQ_ENABLE:
      machine.irq_enable = value;
      break;
    case HB_LOCAL_MBOX_POP:
      assert_in_range(machine.next_message + 1u, 1, machine.num_messages);
      ++machine.next_message;
      break;
    case HB_LOCAL_TELEMETRY:
      machine.record[machine.record_words++] = value;
      if (machine.record_words == HB_TEL_WORDS(machine.record[0]) + 1u) {
        machine.record_words = 0;
        log_record(machine.record);
      }
      break;
    case HB_LOCAL_EXIT:
      log_line("exit %u", value);
      break;
    default:
      fail_msg("write of 0x%08x to 0x%08x", (unsigned)value, (unsigned)addr);
  }
}

void hb_port_wait(void) {
  assert_int_not_equal(machine.waits_left, 0);
  --machine.waits_left;
}

/* ------------------------------------------------------------------------------- what tests do */
static void make(uint32_t num_tiles, uint32_t num_models, uint32_t layers) {
  memset(&machine, 0, sizeof machine);
  machine.alarm = UINT64_MAX;
  for (uint32_t i = 0; i < MAX_TILES; ++i) {
    machine.tile[i].id = test_image_tile_id(0);
  }
  test_image_make(&image, num_tiles, 1, num_models, layers);
}

static void boot(void) {
  test_image_seal(&image);
  assert_int_equal(hb_main_init(&firmware, &image, sizeof image.words), HB_OK);
  machine.log_len = 0;
  machine.log[0] = '\0';
}

/* Frame announced in slot `slot`, arrival and deadline as given. */
static void post_flags(uint32_t model, uint32_t frame, uint32_t flags, uint64_t arrival,
                       uint64_t deadline) {
  assert_in_range(machine.num_messages, 0, MAX_MESSAGES - 1);
  uint32_t *const w = machine.message[machine.num_messages++];
  w[HB_MBOX_STREAM] = model;
  w[HB_MBOX_FRAME] = frame;
  w[HB_MBOX_FLAGS] = flags;
  w[HB_MBOX_PATH] = machine.path;
  w[HB_MBOX_ARRIVAL_LO] = (uint32_t)arrival;
  w[HB_MBOX_ARRIVAL_HI] = (uint32_t)(arrival >> 32);
  w[HB_MBOX_DEADLINE_LO] = (uint32_t)deadline;
  w[HB_MBOX_DEADLINE_HI] = (uint32_t)(deadline >> 32);
}

static void post(uint32_t model, uint32_t frame, uint64_t arrival, uint64_t deadline) {
  post_flags(model, frame, HB_MBOX_FLAG_TRIGGERED | (frame % 2u), arrival, deadline);
}

static void complete_with(uint32_t tile, uint32_t status) {
  assert_true(machine.tile[tile].running);
  machine.tile[tile].running = false;
  machine.tile[tile].completed = true;
  machine.tile[tile].status = status;
}

static void complete(uint32_t tile) {
  complete_with(tile, HB_TILE_STATUS_OK);
}

static void expect_log(const char *want) {
  assert_string_equal(machine.log, want);
  machine.log_len = 0;
  machine.log[0] = '\0';
}

static void step_to(hb_status_t status, const char *want) {
  assert_int_equal(hb_main_step(&firmware), status);
  expect_log(want);
}

static void step(const char *want) {
  step_to(HB_OK, want);
}

/* -------------------------------------------------------------------------------------- tests */
static void test_boot__sets_up_every_tile_and_interrupt(void **state) {
  (void)state;
  make(3, 2, 1);
  image.header.policy = 1;
  test_image_seal(&image);
  assert_int_equal(hb_main_init(&firmware, &image, sizeof image.words), HB_OK);
  expect_log("boot policy 1 models 2 tiles 3\n");
  assert_int_equal(machine.irq_enable, HB_IRQ_MAILBOX | HB_IRQ_TIMER | 7u);
  for (uint32_t i = 0; i < 3; ++i) {
    assert_int_equal(machine.tile[i].reg[HB_TILE_REG_WATCHDOG / 4u], 5000);
    assert_int_equal(machine.tile[i].reg[HB_TILE_REG_CTRL / 4u], HB_TILE_CTRL_IRQ_EN_MASK);
  }
  assert_int_equal(machine.tile[3].reg[HB_TILE_REG_CTRL / 4u], 0);
}

static void test_boot__another_tile_ends_the_run_bad(void **state) {
  (void)state;
  make(2, 1, 1);
  machine.tile[1].id ^= 0x10000u;
  test_image_seal(&image);
  hb_main_run(&firmware, &image, sizeof image.words);
  expect_log("fault 6 T1 0.0.0 0x1090001\nexit 6\n");
}

static void test_boot__damaged_image_ends_the_run_bad(void **state) {
  (void)state;
  make(2, 3, 1);
  image.models[1].depends_on = 1;
  test_image_seal(&image);
  hb_main_run(&firmware, &image, sizeof image.words);
  expect_log("fault 6 - 0.0.1 0xa\nexit 6\n");
}

static void test_frame__layers_run_in_order_and_the_slot_comes_back(void **state) {
  (void)state;
  make(1, 1, 3);
  boot();
  step("");
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  step("");
  complete(0);
  step("job 0.0.0 T0\ndecide 0.0.1 T0 r1 f1\nrun T0 0x1000 0x4001000\n");
  complete(0);
  step("job 0.0.1 T0\ndecide 0.0.2 T0 r1 f1\nrun T0 0x2000 0x4002000\n");
  complete(0);
  step("job 0.0.2 T0\ndone 0.0\nrelease 0.0\n");
  step("");
}

/* The second frame of a model waits for the first although a tile is free; then it reads its own
 * slot. */
static void test_frame__one_frame_of_a_model_at_a_time(void **state) {
  (void)state;
  make(2, 1, 1);
  boot();
  post(0, 0, 100, 900);
  post(0, 1, 200, 1000);
  step("arrived 0.0\narrived 0.1\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  complete(0);
  step(
      "job 0.0.0 T0\ndone 0.0\nrelease 0.0\n"
      "decide 0.1.0 T0 r1 f2\nstarted 0.1\nrun T0 0x0 0x10000\n");
}

static void test_frame__models_share_the_tiles_by_policy(void **state) {
  (void)state;
  for (uint32_t policy = 0; policy < 2; ++policy) {
    make(2, 3, 1);
    image.header.policy = policy;
    boot();
    post(0, 0, 120, 500);
    post(1, 0, 110, 900);
    post(2, 0, 130, 400);
    step(policy == 0 ? "arrived 0.0\narrived 1.0\narrived 2.0\n"
                       "decide 1.0.0 T0 r3 f2\nstarted 1.0\nrun T0 0x1000 0x100000\n"
                       "decide 0.0.0 T1 r2 f1\nstarted 0.0\nrun T1 0x0 0x0\n"
                     : "arrived 0.0\narrived 1.0\narrived 2.0\n"
                       "decide 2.0.0 T0 r3 f2\nstarted 2.0\nrun T0 0x2000 0x200000\n"
                       "decide 0.0.0 T1 r2 f1\nstarted 0.0\nrun T1 0x0 0x0\n");
    complete(1);
    step(policy == 0 ? "job 0.0.0 T1\ndone 0.0\nrelease 0.0\n"
                       "decide 2.0.0 T1 r1 f1\nstarted 2.0\nrun T1 0x2000 0x200000\n"
                     : "job 0.0.0 T1\ndone 0.0\nrelease 0.0\n"
                       "decide 1.0.0 T1 r1 f1\nstarted 1.0\nrun T1 0x1000 0x100000\n");
  }
}

static void test_frame__not_triggered_is_released_and_not_counted(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  post_flags(0, 0, 1, 100, 200);
  post_flags(0, 1, HB_MBOX_FLAG_OVERRUN, 200, 300);
  step("release 0.1\n");
}

static void test_frame__overrun_is_dropped_and_has_no_slot(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  post_flags(0, 0, HB_MBOX_FLAG_TRIGGERED | HB_MBOX_FLAG_OVERRUN, 100, 200);
  step("arrived 0.0\ndropped 0.0 overrun\n");
}

static void test_frame__out_of_order_or_unknown_ends_the_run_bad(void **state) {
  (void)state;
  const uint32_t bad[][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 2}}; /* model, frame, slot */
  for (size_t i = 0; i < 3; ++i) {
    make(1, 1, 1);
    test_image_seal(&image);
    post_flags(bad[i][0], bad[i][1], HB_MBOX_FLAG_TRIGGERED | bad[i][2], 100, 200);
    machine.waits_left = 1;
    hb_main_run(&firmware, &image, sizeof image.words);
    char want[128];
    (void)snprintf(want, sizeof want,
                   "boot policy 0 models 1 tiles 1\nfault 1 - %u.%u.0 0x%x\nexit 10\n", bad[i][0],
                   bad[i][1], 0x100u | bad[i][2]);
    expect_log(want);
  }
}

/* Sixteen messages a pass, so that completions are not starved; the rest in the next. */
static void test_frame__many_messages_are_taken_in_turns(void **state) {
  (void)state;
  make(1, 32, 1);
  boot();
  for (uint32_t i = 0; i < 20; ++i) {
    post_flags(i, 0, 0, 100, 200);
  }
  assert_int_equal(hb_main_step(&firmware), HB_OK);
  assert_int_equal(machine.next_message, 16);
  assert_int_equal(hb_main_step(&firmware), HB_OK);
  assert_int_equal(machine.next_message, 20);
}

static void test_late__queued_frames_are_dropped_running_ones_are_not(void **state) {
  (void)state;
  make(1, 2, 2);
  image.header.flags = HB_IMAGE_FLAG_DROP_LATE;
  boot();
  post(0, 0, 100, 1000);
  post(0, 1, 200, 1100);
  post(1, 0, 300, 1200);
  post(1, 1, 400, 1300);
  machine.now = 500;
  step(
      "arrived 0.0\narrived 0.1\narrived 1.0\narrived 1.1\n"
      "decide 0.0.0 T0 r2 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  machine.now = 1100; /* not yet passed */
  step("");
  machine.now = 1201;
  step("dropped 0.1 late\nrelease 0.1\ndropped 1.0 late\nrelease 1.0\n");
  complete(0);
  step("job 0.0.0 T0\ndecide 0.0.1 T0 r2 f1\nrun T0 0x1000 0x4001000\n");
  complete(0);
  step(
      "job 0.0.1 T0\ndone 0.0\nrelease 0.0\n"
      "decide 1.1.0 T0 r1 f1\nstarted 1.1\nrun T0 0x2000 0x110000\n");
}

static void test_late__without_the_flag_nothing_is_dropped(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  machine.now = 5000;
  post(0, 0, 100, 200);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
}

static void test_dependency__same_frame_waits(void **state) {
  (void)state;
  make(2, 2, 1);
  image.models[0].depends_on = 1;
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\n");
  post(1, 0, 110, 900);
  step("arrived 1.0\ndecide 1.0.0 T0 r1 f2\nstarted 1.0\nrun T0 0x1000 0x100000\n");
  complete(0);
  step(
      "job 1.0.0 T0\ndone 1.0\nrelease 1.0\n"
      "decide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  /* Frame 1 of the other arrives and is done before ours: it may start at once. */
  complete(0);
  post(1, 1, 200, 900);
  step(
      "job 0.0.0 T0\ndone 0.0\nrelease 0.0\narrived 1.1\n"
      "decide 1.1.0 T0 r1 f2\nstarted 1.1\nrun T0 0x1000 0x110000\n");
  complete(0);
  step("job 1.1.0 T0\ndone 1.1\nrelease 1.1\n");
  post(0, 1, 200, 900);
  step("arrived 0.1\ndecide 0.1.0 T0 r1 f2\nstarted 0.1\nrun T0 0x0 0x10000\n");
}

/* 2 -> 1 -> 0: a lost frame takes those that wait for it along, and those that wait for them. */
static void test_dependency__lost_with_it_down_the_chain(void **state) {
  (void)state;
  make(1, 4, 1);
  image.header.flags = HB_IMAGE_FLAG_DROP_LATE;
  image.models[1].depends_on = 2;
  image.models[0].depends_on = 1;
  boot();
  post(3, 0, 50, 90000);
  step("arrived 3.0\ndecide 3.0.0 T0 r1 f1\nstarted 3.0\nrun T0 0x3000 0x300000\n");
  post(0, 0, 100, 9000);
  post(1, 0, 100, 9000);
  post(2, 0, 100, 1000);
  post(0, 1, 200, 9000);
  step("arrived 0.0\narrived 1.0\narrived 2.0\narrived 0.1\n");
  machine.now = 1001;
  step(
      "dropped 2.0 late\nrelease 2.0\ndropped 1.0 dependency\nrelease 1.0\n"
      "dropped 0.0 dependency\nrelease 0.0\n");
  /* Overrun, and not triggered, count as lost too, before or after the waiting frame arrives. */
  post_flags(2, 1, HB_MBOX_FLAG_TRIGGERED | HB_MBOX_FLAG_OVERRUN, 200, 9000);
  post(1, 1, 200, 9000);
  step(
      "arrived 2.1\ndropped 2.1 overrun\narrived 1.1\ndropped 1.1 dependency\nrelease 1.1\n"
      "dropped 0.1 dependency\nrelease 0.1\n");
  post(1, 2, 300, 9000);
  post_flags(2, 2, 0, 300, 9000);
  step("arrived 1.2\nrelease 2.0\ndropped 1.2 dependency\nrelease 1.0\n");
}

static void test_dependency__remembered_for_many_frames(void **state) {
  (void)state;
  make(1, 2, 1);
  image.models[1].depends_on = 0;
  boot();
  const uint32_t done = 3, newest = done + HB_FRAMES_HISTORY;
  for (uint32_t f = 0; f < newest; ++f) {
    machine.num_messages = 0;
    machine.next_message = 0;
    if (f == done) {
      post(0, f, 100, 900);
      assert_int_equal(hb_main_step(&firmware), HB_OK);
      complete(0);
    } else {
      post_flags(0, f, 0, 100, 900);
    }
    assert_int_equal(hb_main_step(&firmware), HB_OK);
  }
  machine.num_messages = 0;
  machine.next_message = 0;
  for (uint32_t f = 0; f < done; ++f) {
    post_flags(1, f, 0, 100, 900);
  }
  post(1, done, 100, 900);
  machine.log_len = 0;
  step(
      "release 1.0\nrelease 1.0\nrelease 1.0\narrived 1.3\n"
      "decide 1.3.0 T0 r1 f1\nstarted 1.3\nrun T0 0x1000 0x110000\n");
}

/* Frame f and frame f + HB_FRAMES_HISTORY share a place: what became of the old one says nothing of
 * the new one. */
static void test_dependency__not_mistaken_for_an_old_frame(void **state) {
  (void)state;
  make(1, 2, 1);
  image.models[1].depends_on = 0;
  boot();
  for (uint32_t f = 0; f <= HB_FRAMES_HISTORY; ++f) {
    const bool runs = f == 0 || f == HB_FRAMES_HISTORY;
    machine.num_messages = 0;
    machine.next_message = 0;
    machine.log_len = 0;
    post_flags(0, f, runs ? HB_MBOX_FLAG_TRIGGERED : 0u, 100, 900);
    post_flags(1, f, f == HB_FRAMES_HISTORY ? HB_MBOX_FLAG_TRIGGERED : 0u, 100, 900);
    assert_int_equal(hb_main_step(&firmware), HB_OK);
    if (f == 0) {
      complete(0);
      assert_int_equal(hb_main_step(&firmware), HB_OK);
    }
  }
  expect_log(
      "arrived 0.512\narrived 1.512\n"
      "decide 0.512.0 T0 r1 f1\nstarted 0.512\nrun T0 0x0 0x0\n");
  complete(0);
  step(
      "job 0.512.0 T0\ndone 0.512\nrelease 0.0\n"
      "decide 1.512.0 T0 r1 f1\nstarted 1.512\nrun T0 0x1000 0x100000\n");
}

/* On another tile, in the same pass. Failing there too it takes its frame along, and those behind.
 */
static void test_fault__failed_job_runs_again_elsewhere_and_is_lost_on_the_last_tile(void **state) {
  (void)state;
  make(2, 2, 2);
  image.models[1].depends_on = 0;
  boot();
  post(0, 0, 100, 900);
  post(1, 0, 100, 900);
  step("arrived 0.0\narrived 1.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  complete_with(0, 0x500u | HB_TILE_STATUS_AXI_READ);
  step(
      "job 0.0.0 T0 0x80000503\nfault 10 T0 0.0.0 0x80000503\nreset T0 0.0.0 1\n"
      "decide 0.0.0 T1 r1 f2\nrun T1 0x0 0x0\n");
  complete_with(1, HB_TILE_STATUS_BAD_FIELD);
  step(
      "job 0.0.0 T1 0x80000002\nfault 10 T1 0.0.0 0x80000002\nreset T1 0.0.0 1\n"
      "dropped 0.0 fault\nrelease 0.0\ndropped 1.0 dependency\nrelease 1.0\n");
  post(0, 1, 200, 1900);
  step("arrived 0.1\ndecide 0.1.0 T1 r1 f2\nstarted 0.1\nrun T1 0x0 0x10000\n");
}

/* A layer that ran well in between: its next failure counts from one again. */
static void test_fault__failures_of_different_layers_do_not_add_up(void **state) {
  (void)state;
  make(1, 1, 2);
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  complete_with(0, HB_TILE_STATUS_WATCHDOG); /* the only tile there is: again on it */
  step(
      "job 0.0.0 T0 0x80000005\nfault 3 T0 0.0.0 0x80000005\nreset T0 0.0.0 1\n"
      "decide 0.0.0 T0 r1 f1\nrun T0 0x0 0x0\n");
  complete(0);
  step("job 0.0.0 T0\ndecide 0.0.1 T0 r1 f1\nrun T0 0x1000 0x4001000\n");
  complete_with(0, HB_TILE_STATUS_WATCHDOG);
  step(
      "job 0.0.1 T0 0x80000005\nfault 3 T0 0.0.1 0x80000005\nreset T0 0.0.1 2\n"
      "decide 0.0.1 T0 r1 f1\nrun T0 0x1000 0x4001000\n");
  complete(0);
  step("job 0.0.1 T0\ndone 0.0\nrelease 0.0\n");
}

/* Three failures in a row, of whatever jobs: nobody gets the tile any more. A good one would have
 * let it start over. */
static void test_fault__tile_that_fails_again_and_again_is_retired(void **state) {
  (void)state;
  make(2, 4, 1);
  boot();
  post(0, 0, 50, 90000);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  for (uint32_t m = 1; m < 4; ++m) {
    post(m, 0, 100, 9000);
    assert_int_equal(hb_main_step(&firmware), HB_OK);
    complete_with(1, HB_TILE_STATUS_BAD_OPCODE);
    machine.log_len = 0;
    assert_int_equal(hb_main_step(&firmware), HB_OK);
  }
  expect_log(
      "job 3.0.0 T1 0x80000001\nfault 10 T1 3.0.0 0x80000001\nreset T1 3.0.0 3\n"
      "fault 10 T1 63.16383.4095 0x3\n");
  /* All three wait for T0 now. */
  complete(0);
  step(
      "job 0.0.0 T0\ndone 0.0\nrelease 0.0\n"
      "decide 1.0.0 T0 r3 f1\nrun T0 0x1000 0x100000\n");
  complete(0);
  step(
      "job 1.0.0 T0\ndone 1.0\nrelease 1.0\n"
      "decide 2.0.0 T0 r2 f1\nrun T0 0x2000 0x200000\n");
}

/* The only tile: it is retired, and all frames, those to come too, are lost. */
static void test_fault__no_tile_left_drops_all_frames(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  post(0, 0, 100, 900);
  post(0, 1, 200, 1000);
  step("arrived 0.0\narrived 0.1\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  complete_with(0, HB_TILE_STATUS_WATCHDOG);
  step(
      "job 0.0.0 T0 0x80000005\nfault 3 T0 0.0.0 0x80000005\nreset T0 0.0.0 1\n"
      "decide 0.0.0 T0 r1 f1\nrun T0 0x0 0x0\n");
  complete_with(0, HB_TILE_STATUS_WATCHDOG);
  step(
      "job 0.0.0 T0 0x80000005\nfault 3 T0 0.0.0 0x80000005\nreset T0 0.0.0 2\n"
      "dropped 0.0 fault\nrelease 0.0\n"
      "decide 0.1.0 T0 r1 f1\nstarted 0.1\nrun T0 0x0 0x10000\n");
  complete_with(0, HB_TILE_STATUS_WATCHDOG);
  step(
      "job 0.1.0 T0 0x80000005\nfault 3 T0 0.1.0 0x80000005\nreset T0 0.1.0 3\n"
      "fault 10 T0 63.16383.4095 0x3\ndropped 0.1 fault\nrelease 0.1\n");
  post(0, 2, 300, 1100);
  step("arrived 0.2\ndropped 0.2 fault\nrelease 0.0\n");
}

/* After a reset the registers are those of power-up: the driver writes all of them again, and what
 * hb_tile_init() had set. */
static void test_fault__reset_tile_is_set_up_again(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  fake_tile_t before = machine.tile[0];
  complete_with(0, HB_TILE_STATUS_AXI_WRITE);
  step(
      "job 0.0.0 T0 0x80000004\nfault 10 T0 0.0.0 0x80000004\nreset T0 0.0.0 1\n"
      "decide 0.0.0 T0 r1 f1\nrun T0 0x0 0x0\n");
  assert_memory_equal(machine.tile[0].reg, before.reg, sizeof before.reg);
}

/* The job ends while it is being given up: the reset takes its completion along, and what is left
 * of the interrupt finds nothing. */
static void test_fault__completion_at_the_limit_is_gone(void **state) {
  (void)state;
  make(1, 1, 1);
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  machine.now = machine.alarm;
  machine.ends_at_fault = true;
  step(
      "fault 3 T0 0.0.0 0x0\nreset T0 0.0.0 1\n"
      "decide 0.0.0 T0 r1 f1\nrun T0 0x0 0x0\n");
  machine.stale_irq = HB_IRQ_TILE(0);
  step("");
  complete(0);
  step("job 0.0.0 T0\ndone 0.0\nrelease 0.0\n");
}

static void test_fault__completion_nobody_started_bad(void **state) {
  (void)state;
  make(2, 1, 1);
  boot();
  machine.tile[1].completed = true;
  machine.tile[1].tag = 5;
  step_to(HB_ERR_INTERNAL, "fault 9 T1 0.0.5 0x80000000\n");
}

/* On two tiles 50000 cycles and twelve estimates of 1000 after its start a job is given up: not a
 * cycle earlier. */
static void test_limit__silent_job_is_given_up(void **state) {
  (void)state;
  make(2, 2, 1);
  boot();
  machine.now = 1000;
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  assert_true(machine.alarm == 1000 + 50000 + 12 * 1000);
  machine.now = 3000;
  post(1, 0, 100, 900);
  step("arrived 1.0\ndecide 1.0.0 T1 r1 f1\nstarted 1.0\nrun T1 0x1000 0x100000\n");
  complete(0);
  step("job 0.0.0 T0\ndone 0.0\nrelease 0.0\n");
  machine.now = machine.alarm; /* the ended job's: nothing is due, the alarm moves on */
  step("");
  assert_true(machine.alarm == 65000);
  machine.now = 64999;
  step("");
  machine.now = 65000;
  step(
      "fault 3 T1 1.0.0 0x0\nreset T1 1.0.0 1\n"
      "decide 1.0.0 T0 r1 f2\nrun T0 0x1000 0x100000\n");
}

/* Two of three tiles hang in turn with the same job. It waits for the third, although the others
 * are free, which finishes it. A job that hangs on all three takes its frame along. */
static void test_limit__job_goes_round_the_tiles_it_has_not_failed_on(void **state) {
  (void)state;
  make(3, 3, 1);
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f3\nstarted 0.0\nrun T0 0x0 0x0\n");
  machine.now = 64000;
  step("fault 3 T0 0.0.0 0x0\nreset T0 0.0.0 1\ndecide 0.0.0 T1 r1 f3\nrun T1 0x0 0x0\n");
  machine.now = 65000;
  post(1, 0, 200, 900);
  post(2, 0, 300, 900);
  step(
      "arrived 1.0\narrived 2.0\n"
      "decide 1.0.0 T0 r2 f2\nstarted 1.0\nrun T0 0x1000 0x100000\n"
      "decide 2.0.0 T2 r1 f1\nstarted 2.0\nrun T2 0x2000 0x200000\n");
  complete(0);
  step("job 1.0.0 T0\ndone 1.0\nrelease 1.0\n");
  machine.now = 128000;
  step("fault 3 T1 0.0.0 0x0\nreset T1 0.0.0 1\n");
  complete(2);
  step("job 2.0.0 T2\ndone 2.0\nrelease 2.0\ndecide 0.0.0 T2 r1 f3\nrun T2 0x0 0x0\n");
  complete(2);
  step("job 0.0.0 T2\ndone 0.0\nrelease 0.0\n");

  post(0, 1, 400, 900);
  step("arrived 0.1\ndecide 0.1.0 T2 r1 f3\nstarted 0.1\nrun T2 0x0 0x10000\n");
  machine.now = 192000;
  step("fault 3 T2 0.1.0 0x0\nreset T2 0.1.0 1\ndecide 0.1.0 T0 r1 f3\nrun T0 0x0 0x10000\n");
  machine.now = 256000;
  step("fault 3 T0 0.1.0 0x0\nreset T0 0.1.0 2\ndecide 0.1.0 T1 r1 f3\nrun T1 0x0 0x10000\n");
  machine.now = 320000;
  step("fault 3 T1 0.1.0 0x0\nreset T1 0.1.0 2\ndropped 0.1 fault\nrelease 0.1\n");
}

static void test_limit__no_watchdog_no_alarm(void **state) {
  (void)state;
  make(1, 1, 1);
  image.header.watchdog_cycles = 0;
  boot();
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  assert_true(machine.alarm == UINT64_MAX);
}

static void test_path__layers_left_out_are_not_run(void **state) {
  (void)state;
  make(1, 1, 4);
  image.layers[0].skip_mask = 1;
  image.layers[2].skip_mask = 6;
  boot();
  machine.path = 1;
  post(0, 0, 100, 900);
  machine.path = 4;
  post(0, 1, 200, 900);
  step("arrived 0.0\narrived 0.1\ndecide 0.0.1 T0 r1 f1\nstarted 0.0\nrun T0 0x1000 0x4001000\n");
  complete(0);
  step("job 0.0.1 T0\ndecide 0.0.2 T0 r1 f1\nrun T0 0x2000 0x4002000\n");
  complete(0);
  step("job 0.0.2 T0\ndecide 0.0.3 T0 r1 f1\nrun T0 0x3000 0x4003000\n");
  complete(0);
  step(
      "job 0.0.3 T0\ndone 0.0\nrelease 0.0\n"
      "decide 0.1.0 T0 r1 f1\nstarted 0.1\nrun T0 0x0 0x10000\n");
  complete(0);
  step("job 0.1.0 T0\ndecide 0.1.1 T0 r1 f1\nrun T0 0x1000 0x4001000\n");
  complete(0);
  step("job 0.1.1 T0\ndecide 0.1.3 T0 r1 f1\nrun T0 0x3000 0x4003000\n");
}

static void test_path__early_exit_ends_the_frame(void **state) {
  (void)state;
  make(1, 1, 3);
  image.layers[1].skip_mask = 8;
  image.layers[2].skip_mask = 8;
  boot();
  machine.path = 8;
  post(0, 0, 100, 900);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  complete(0);
  step("job 0.0.0 T0\ndone 0.0\nrelease 0.0\n");
}

/* And frees those that wait for it in the same pass, whatever the order of the models. */
static void test_path__nothing_left_to_run_is_done_at_once(void **state) {
  (void)state;
  make(1, 2, 1);
  image.models[0].depends_on = 1;
  image.layers[1].skip_mask = 1u << 31;
  boot();
  post(0, 0, 100, 900);
  machine.path = 1u << 31;
  post(1, 0, 100, 900);
  step(
      "arrived 0.0\narrived 1.0\nstarted 1.0\ndone 1.0\nrelease 1.0\n"
      "decide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
}

/* One model of three variants, of two layers, of one and of one, on two kinds of tile. */
static void make_supernet(uint32_t policy) {
  make(2, 4, 1);
  image.header.policy = policy;
  image.header.num_models = 1;
  image.models[0].num_layers = 4;
  image.models[0].num_variants = 3;
  image.header.num_variants = 3;
  image.variants[0] = (hb_image_variant_t){0, 2, 65536, 0};
  image.variants[1] = (hb_image_variant_t){2, 1, 60000, 0};
  image.variants[2] = (hb_image_variant_t){3, 1, 50000, 0};
  image.programs[2].est_cycles = 1500;
}

/* 2000 cycles to go, 1500 and 1000: by what is left until the deadline. */
static void test_variant__chosen_before_the_first_layer(void **state) {
  (void)state;
  static const struct {
    uint32_t slack;
    const char *want;
  } cases[] = {
      {2000, "arrived 0.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nvariant 0.0 0\nrun T0 0x0 0x0\n"},
      {1999, "arrived 0.0\ndecide 0.0.2 T0 r1 f2\nstarted 0.0\nvariant 0.0 1\nrun T0 0x2000 0x0\n"},
      {1499, "arrived 0.0\ndecide 0.0.3 T0 r1 f2\nstarted 0.0\nvariant 0.0 2\nrun T0 0x3000 0x0\n"},
      {10, "arrived 0.0\ndecide 0.0.3 T0 r1 f2\nstarted 0.0\nvariant 0.0 2\nrun T0 0x3000 0x0\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    make_supernet(8);
    image.header.sched.flags = HB_SCHED_SUPERNET;
    boot();
    machine.now = 500;
    post(0, 0, 100, 500 + cases[i].slack);
    step(cases[i].want);
  }
  /* What it chose from: once, when the frame starts. */
  make_supernet(8);
  image.header.sched.flags = HB_SCHED_SUPERNET;
  image.layers[0].togo_avg = 2000;
  boot();
  hb_probe_calls = true;
  machine.now = 500;
  post(0, 0, 100, 500 + 1500);
  step(
      "arrived 0.0\ncandidate 0.0.2 T0 -262144\ncandidate 0.0.2 T1 -262144\n"
      "variant candidate 0.0 0: 2000 of 1500, shared by 2, 1\n"
      "variant candidate 0.0 1: 1500 of 1500, shared by 2, 3\n"
      "variant candidate 0.0 2: 1000 of 1500, shared by 2, 3\n"
      "decide 0.0.2 T0 r1 f2\nstarted 0.0\nvariant 0.0 1\nrun T0 0x2000 0x0\n");
  hb_probe_calls = false;
  /* Switched off it runs the heaviest. */
  make_supernet(8);
  image.header.sched.flags = 0;
  boot();
  post(0, 0, 100, 10);
  step(cases[0].want);
  complete(0);
  step("job 0.0.0 T0\ndecide 0.0.1 T0 r1 f2\nrun T0 0x1000 0x0\n");
  complete(0);
  step("job 0.0.1 T0\ndone 0.0\nrelease 0.0\n");
}

static void test_variant__first_usable_without_a_choice(void **state) {
  (void)state;
  for (uint32_t policy = 0; policy < 8; ++policy) {
    make_supernet(policy);
    boot();
    post(0, 0, 100, 500);
    step("arrived 0.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nvariant 0.0 0\nrun T0 0x0 0x0\n");
  }
  /* Kind 1, which alone runs layer 1, is lost: the second variant it is. */
  make_supernet(0);
  machine.tile[1].id = test_image_tile_id(1);
  image.header.num_kinds = 2;
  image.tiles[1].kind = 1;
  image.tiles[1].id = test_image_tile_id(1);
  for (uint32_t l = 0; l < 4; ++l) {
    for (uint32_t k = 0; k < 2; ++k) {
      image.programs[l * 2u + k] = (hb_image_program_t){
          .addr = (l == 1) == (k == 1) ? test_image_program_addr(l, 0) : HB_IMAGE_NONE,
          .commands = 1,
          .est_cycles = 1000,
          .est_nj = 1};
    }
  }
  image.header.size_bytes += 4u * (uint32_t)sizeof *image.programs;
  boot();
  post(0, 0, 100, 500);
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f2\nstarted 0.0\nvariant 0.0 0\nrun T0 0x0 0x0\n");
  complete(0);
  step("job 0.0.0 T0\ndecide 0.0.1 T1 r1 f2\nrun T1 0x1000 0x0\n");
  complete_with(1, HB_TILE_STATUS_AXI_WRITE);
  step(
      "job 0.0.1 T1 0x80000004\nfault 10 T1 0.0.1 0x80000004\nreset T1 0.0.1 1\n"
      "decide 0.0.1 T1 r1 f2\nrun T1 0x1000 0x0\n");
  complete_with(1, HB_TILE_STATUS_AXI_WRITE);
  step(
      "job 0.0.1 T1 0x80000004\nfault 10 T1 0.0.1 0x80000004\nreset T1 0.0.1 2\n"
      "dropped 0.0 fault\nrelease 0.0\n");
  post(0, 1, 100, 500);
  step("arrived 0.1\ndecide 0.1.0 T0 r1 f2\nstarted 0.1\nvariant 0.1 0\nrun T0 0x0 0x10000\n");
  complete(0);
  step("job 0.1.0 T0\ndecide 0.1.1 T1 r1 f2\nrun T1 0x1000 0x10000\n");
  complete_with(1, HB_TILE_STATUS_AXI_WRITE);
  step(
      "job 0.1.1 T1 0x80000004\nfault 10 T1 0.1.1 0x80000004\nreset T1 0.1.1 3\n"
      "fault 10 T1 63.16383.4095 0x3\ndropped 0.1 fault\nrelease 0.1\n");
  post(0, 2, 100, 500);
  step("arrived 0.2\ndecide 0.2.2 T0 r1 f1\nstarted 0.2\nvariant 0.2 1\nrun T0 0x2000 0x0\n");
}

/* Two frames that both miss: the later one is given up, until its model has had enough of it. */
static void test_smart__frame_given_up_when_two_would_miss(void **state) {
  (void)state;
  make(1, 3, 1);
  image.header.policy = 8;
  image.header.sched.flags = HB_SCHED_SMART_DROP;
  image.header.sched.drop_max = 1;
  boot();
  machine.now = 1000;
  post(0, 0, 100, 1900); /* 100 late at best */
  step("arrived 0.0\ndecide 0.0.0 T0 r1 f1\nstarted 0.0\nrun T0 0x0 0x0\n");
  post(1, 0, 100, 1900);
  post(2, 0, 100, 1800);
  step("arrived 1.0\narrived 2.0\n"); /* nothing is decided while no tile is free */
  complete(0);
  step(
      "job 0.0.0 T0\ndone 0.0\nrelease 0.0\ndropped 2.0 smart\nrelease 2.0\n"
      "decide 1.0.0 T0 r1 f1\nstarted 1.0\nrun T0 0x1000 0x100000\n");
  post(0, 1, 100, 1950);
  post(2, 1, 100, 1800); /* model 2 has had its one drop: the other one goes */
  complete(0);
  step(
      "job 1.0.0 T0\ndone 1.0\nrelease 1.0\narrived 0.1\narrived 2.1\n"
      "dropped 0.1 smart\nrelease 0.1\n"
      "decide 2.1.0 T0 r1 f1\nstarted 2.1\nrun T0 0x2000 0x210000\n");
}

static void test_candidates__before_the_decision_when_observed(void **state) {
  (void)state;
  make(2, 1, 1);
  boot();
  hb_probe_calls = true;
  machine.now = 150;
  post(0, 0, 100, 900);
  step(
      "arrived 0.0\ncandidate 0.0.0 T0 -50\ncandidate 0.0.0 T1 -50\n"
      "decide 0.0.0 T0 r1 f2\nstarted 0.0\nrun T0 0x0 0x0\n");
  hb_probe_calls = false;
}

/* hb_main_run() sleeps between passes and leaves through HB_LOCAL_EXIT. */
static void test_run__sleeps_and_ends_on_a_fault_bad(void **state) {
  (void)state;
  make(1, 1, 1);
  test_image_seal(&image);
  machine.tile[0].completed = true;
  machine.tile[0].tag = 1;
  machine.waits_left = 1;
  hb_main_run(&firmware, &image, sizeof image.words);
  expect_log("boot policy 0 models 1 tiles 1\nfault 9 T0 0.0.1 0x80000000\nexit 9\n");
  assert_int_equal(machine.waits_left, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_boot__sets_up_every_tile_and_interrupt),
      cmocka_unit_test(test_boot__another_tile_ends_the_run_bad),
      cmocka_unit_test(test_boot__damaged_image_ends_the_run_bad),
      cmocka_unit_test(test_frame__layers_run_in_order_and_the_slot_comes_back),
      cmocka_unit_test(test_frame__one_frame_of_a_model_at_a_time),
      cmocka_unit_test(test_frame__models_share_the_tiles_by_policy),
      cmocka_unit_test(test_frame__not_triggered_is_released_and_not_counted),
      cmocka_unit_test(test_frame__overrun_is_dropped_and_has_no_slot),
      cmocka_unit_test(test_frame__out_of_order_or_unknown_ends_the_run_bad),
      cmocka_unit_test(test_frame__many_messages_are_taken_in_turns),
      cmocka_unit_test(test_late__queued_frames_are_dropped_running_ones_are_not),
      cmocka_unit_test(test_late__without_the_flag_nothing_is_dropped),
      cmocka_unit_test(test_dependency__same_frame_waits),
      cmocka_unit_test(test_dependency__lost_with_it_down_the_chain),
      cmocka_unit_test(test_dependency__remembered_for_many_frames),
      cmocka_unit_test(test_dependency__not_mistaken_for_an_old_frame),
      cmocka_unit_test(test_fault__failed_job_runs_again_elsewhere_and_is_lost_on_the_last_tile),
      cmocka_unit_test(test_fault__failures_of_different_layers_do_not_add_up),
      cmocka_unit_test(test_fault__tile_that_fails_again_and_again_is_retired),
      cmocka_unit_test(test_fault__no_tile_left_drops_all_frames),
      cmocka_unit_test(test_fault__reset_tile_is_set_up_again),
      cmocka_unit_test(test_fault__completion_at_the_limit_is_gone),
      cmocka_unit_test(test_path__layers_left_out_are_not_run),
      cmocka_unit_test(test_path__early_exit_ends_the_frame),
      cmocka_unit_test(test_path__nothing_left_to_run_is_done_at_once),
      cmocka_unit_test(test_variant__chosen_before_the_first_layer),
      cmocka_unit_test(test_variant__first_usable_without_a_choice),
      cmocka_unit_test(test_smart__frame_given_up_when_two_would_miss),
      cmocka_unit_test(test_fault__completion_nobody_started_bad),
      cmocka_unit_test(test_limit__silent_job_is_given_up),
      cmocka_unit_test(test_limit__job_goes_round_the_tiles_it_has_not_failed_on),
      cmocka_unit_test(test_limit__no_watchdog_no_alarm),
      cmocka_unit_test(test_candidates__before_the_decision_when_observed),
      cmocka_unit_test(test_run__sleeps_and_ends_on_a_fault_bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
