/* SPDX-License-Identifier: Apache-2.0 */

/* The drivers against scripted registers: what is read and written, in which order, and when not.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drv/hb_irq.h"
#include "drv/hb_mbox.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "drv/hb_sensor.h"
#include "drv/hb_telemetry.h"
#include "drv/hb_tile.h"
#include "drv/hb_timer.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

/* What is to happen, in order. */
typedef struct access {
  bool write;
  uint32_t addr, value;
} access_t;

static access_t script[80];
static uint32_t scripted, done;

static access_t next(bool write, uint32_t addr) {
  assert_in_range(done + 1u, 1, scripted);
  const access_t want = script[done++];
  assert_int_equal(write, want.write);
  assert_int_equal(addr, want.addr);
  return want;
}

uint32_t hb_mmio_read32(uint32_t addr) {
  return next(false, addr).value;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  assert_int_equal(value, next(true, addr).value);
}

void hb_port_wait(void) {
  fail();
}

static void expect(bool write, uint32_t addr, uint32_t value) {
  assert_in_range(scripted, 0, 79);
  script[scripted++] = (access_t){write, addr, value};
}

static void expect_read(uint32_t addr, uint32_t value) {
  expect(false, addr, value);
}

static void expect_write(uint32_t addr, uint32_t value) {
  expect(true, addr, value);
}

static int begin(void **state) {
  (void)state;
  scripted = done = 0;
  return 0;
}

/* All of it has happened. */
static int end(void **state) {
  (void)state;
  return done == scripted ? 0 : -1;
}

enum { BASE = 0x40010000, ID = 0x01080001 };

static hb_tile_t make_tile(void) {
  hb_tile_t tile;
  uint32_t id = 0;
  expect_read(BASE + HB_TILE_REG_ID, ID);
  expect_write(BASE + HB_TILE_REG_WATCHDOG, 500);
  expect_write(BASE + HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  assert_int_equal(hb_tile_init(&tile, BASE, ID, 500, &id), HB_OK);
  assert_int_equal(id, ID);
  return tile;
}

static const hb_tile_job_t JOB = {.program = 0x80001000,
                                  .commands = 7,
                                  .base = {0x80002000, 0x80003000, 0x80004000, 0},
                                  .tag = 11};

static void expect_whole_job(void) {
  expect_write(BASE + HB_TILE_REG_JOB_PROG, 0x80001000);
  expect_write(BASE + HB_TILE_REG_JOB_LEN, 7);
  expect_write(BASE + HB_TILE_REG_JOB_BASE0, 0x80002000);
  expect_write(BASE + HB_TILE_REG_JOB_BASE1, 0x80003000);
  expect_write(BASE + HB_TILE_REG_JOB_BASE2, 0x80004000);
  expect_write(BASE + HB_TILE_REG_JOB_BASE3, 0);
  expect_write(BASE + HB_TILE_REG_JOB_TAG, 11);
}

static void test_tile_init__another_tile_touches_nothing_bad(void **state) {
  (void)state;
  hb_tile_t tile;
  uint32_t id = 0;
  expect_read(BASE + HB_TILE_REG_ID, ID + 1);
  assert_int_equal(hb_tile_init(&tile, BASE, ID, 500, &id), HB_ERR_FORMAT);
  assert_int_equal(id, ID + 1);
}

static void test_tile_start__first_job_writes_all_and_the_doorbell_last(void **state) {
  (void)state;
  hb_tile_t tile = make_tile();
  expect_whole_job();
  hb_tile_start(&tile, &JOB);
}

static void test_tile_start__next_job_writes_what_changed(void **state) {
  (void)state;
  hb_tile_t tile = make_tile();
  expect_whole_job();
  hb_tile_start(&tile, &JOB);
  hb_tile_job_t next = JOB;
  next.commands = 9;
  next.base[3] = 0x80005000;
  next.tag = 12;
  expect_write(BASE + HB_TILE_REG_JOB_LEN, 9);
  expect_write(BASE + HB_TILE_REG_JOB_BASE3, 0x80005000);
  expect_write(BASE + HB_TILE_REG_JOB_TAG, 12);
  hb_tile_start(&tile, &next);
  expect_write(BASE + HB_TILE_REG_JOB_TAG, 12); /* always: it is the doorbell */
  hb_tile_start(&tile, &next);
}

static void test_tile_reset__sets_the_tile_up_and_forgets_its_registers(void **state) {
  (void)state;
  hb_tile_t tile = make_tile();
  expect_whole_job();
  hb_tile_start(&tile, &JOB);
  expect_write(BASE + HB_NI_OFFSET + HB_NI_RESET, HB_NI_RESET_TILE);
  expect_write(BASE + HB_TILE_REG_WATCHDOG, 500);
  expect_write(BASE + HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  hb_tile_reset(&tile);
  expect_whole_job();
  hb_tile_start(&tile, &JOB);
}

static void test_tile_reap__takes_and_pops(void **state) {
  (void)state;
  const hb_tile_t tile = make_tile();
  const uint32_t status = HB_TILE_COMPL_STATUS_VALID_MASK | 0x500u | HB_TILE_STATUS_AXI_READ;
  hb_tile_completion_t completion;
  expect_read(BASE + HB_TILE_REG_COMPL_STATUS, status);
  expect_read(BASE + HB_TILE_REG_COMPL_TAG, 11);
  expect_write(BASE + HB_TILE_REG_COMPL_POP, 1);
  assert_int_equal(hb_tile_reap(&tile, &completion), HB_OK);
  assert_int_equal(completion.tag, 11);
  assert_int_equal(completion.status, status);
  assert_int_equal(hb_tile_status_code(completion.status), HB_TILE_STATUS_AXI_READ);
}

static void test_tile_reap__nothing_there_pops_nothing(void **state) {
  (void)state;
  const hb_tile_t tile = make_tile();
  hb_tile_completion_t completion;
  expect_read(BASE + HB_TILE_REG_COMPL_STATUS, 0);
  assert_int_equal(hb_tile_reap(&tile, &completion), HB_ERR_END);
}

static void test_mbox_pop__reads_then_pops(void **state) {
  (void)state;
  hb_mbox_message_t message;
  expect_read(HB_LOCAL_MBOX_LEVEL, 1);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_STREAM), 3);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_FRAME), 70);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_FLAGS), HB_MBOX_FLAG_TRIGGERED | 1u);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_PATH), 0x81);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_ARRIVAL_LO), 0x10);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_ARRIVAL_HI), 0x2);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_DEADLINE_LO), 0x20);
  expect_read(HB_LOCAL_MBOX_WORD(HB_MBOX_DEADLINE_HI), 0x3);
  expect_write(HB_LOCAL_MBOX_POP, 1);
  assert_int_equal(hb_mbox_pop(&message), HB_OK);
  assert_int_equal(message.stream, 3);
  assert_int_equal(message.frame, 70);
  assert_int_equal(message.flags, HB_MBOX_FLAG_TRIGGERED | 1u);
  assert_int_equal(message.path, 0x81);
  assert_true(message.arrival == 0x200000010u);
  assert_true(message.deadline == 0x300000020u);
}

static void test_mbox_pop__empty_pops_nothing(void **state) {
  (void)state;
  hb_mbox_message_t message;
  expect_read(HB_LOCAL_MBOX_LEVEL, 0);
  assert_int_equal(hb_mbox_pop(&message), HB_ERR_END);
}

static void test_timer__low_half_first(void **state) {
  (void)state;
  expect_read(HB_LOCAL_TIME_LO, 0xfffffff0u);
  expect_read(HB_LOCAL_TIME_HI, 7);
  assert_true(hb_timer_now() == 0x7fffffff0u);
}

/* At no time between the writes is the alarm earlier than both the old and the new one. */
static void test_timer__alarm_never_passes_through_the_past(void **state) {
  (void)state;
  expect_write(HB_LOCAL_ALARM_HI, UINT32_MAX);
  expect_write(HB_LOCAL_ALARM_LO, 0x89abcdefu);
  expect_write(HB_LOCAL_ALARM_HI, 0x12);
  hb_timer_set_alarm(0x1289abcdefu);
}

static void test_irq__mask_and_levels(void **state) {
  (void)state;
  expect_write(HB_LOCAL_IRQ_ENABLE, HB_IRQ_MAILBOX | 3u);
  hb_irq_enable(HB_IRQ_MAILBOX | 3u);
  expect_read(HB_LOCAL_IRQ_PENDING, 2);
  assert_int_equal(hb_irq_pending(), 2);
}

static void test_sensor__releases_at_its_stream(void **state) {
  (void)state;
  expect_write(0x50000050u, 1);
  hb_sensor_release(5, 1);
}

static void expect_record(uint32_t type, uint32_t num, const uint32_t *words) {
  expect_write(HB_LOCAL_TELEMETRY, (type << 24) | num);
  for (uint32_t i = 0; i < num; ++i) {
    expect_write(HB_LOCAL_TELEMETRY, words[i]);
  }
}

/* Numbers, not names: this is the format of stored traces. */
static void test_telemetry__records_are_as_documented(void **state) {
  (void)state;
  expect_record(1, 4, (const uint32_t[]){2, 0, 5, 4});
  hb_telemetry_boot(0, 5, 4);
  expect_record(2, 6, (const uint32_t[]){3, 9, 0x11, 0x1, 0x22, 0x2});
  hb_telemetry_frame_arrived(3, 9, 0x100000011u, 0x200000022u);
  expect_record(3, 3, (const uint32_t[]){3, 9, 2});
  hb_telemetry_frame_dropped(3, 9, HB_DROP_OVERRUN);
  expect_record(4, 2, (const uint32_t[]){3, 9});
  hb_telemetry_frame_started(3, 9);
  expect_record(5, 2, (const uint32_t[]){3, 9});
  hb_telemetry_frame_done(3, 9);
  expect_record(6, 4, (const uint32_t[]){0xabc, 2, 8, 3});
  hb_telemetry_decision(0xabc, 2, 8, 3);
  expect_record(7, 7, (const uint32_t[]){0xabc, 2, 0xfffffffbu, 100, 1, 0xfffffff9u, 3});
  hb_telemetry_candidate(0xabc, 2, -5, (const int32_t[]){100, 1, -7, 3});
  expect_record(8, 3, (const uint32_t[]){0xabc, 2, 0x80000000u});
  hb_telemetry_job_done(0xabc, 2, 0x80000000u);
  expect_record(9, 4, (const uint32_t[]){10, 2, 0xabc, 77});
  hb_telemetry_fault(HB_ERR_FAILED, 2, 0xabc, 77);
  expect_record(10, 5, (const uint32_t[]){0x8000, 0x10000, 0x4000, 77, 1});
  hb_telemetry_tune(0x8000, 0x10000, 0x4000, 77, HB_TUNE_PROBING);
  expect_record(11, 3, (const uint32_t[]){3, 9, 2});
  hb_telemetry_variant(3, 9, 2);
  expect_record(12, 3, (const uint32_t[]){2, 0xabc, 5});
  hb_telemetry_tile_reset(2, 0xabc, 5);
  expect_record(13, 7, (const uint32_t[]){3, 9, 2, 1000, 900, 4, 1});
  hb_telemetry_variant_candidate(3, 9, 2, 1000, 900, 4, HB_VARIANT_USABLE);
  expect_write(HB_LOCAL_EXIT, 6);
  hb_telemetry_exit(HB_ERR_FORMAT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_tile_init__another_tile_touches_nothing_bad, begin, end),
      cmocka_unit_test_setup_teardown(test_tile_start__first_job_writes_all_and_the_doorbell_last,
                                      begin, end),
      cmocka_unit_test_setup_teardown(test_tile_start__next_job_writes_what_changed, begin, end),
      cmocka_unit_test_setup_teardown(test_tile_reap__takes_and_pops, begin, end),
      cmocka_unit_test_setup_teardown(test_tile_reap__nothing_there_pops_nothing, begin, end),
      cmocka_unit_test_setup_teardown(test_mbox_pop__reads_then_pops, begin, end),
      cmocka_unit_test_setup_teardown(test_mbox_pop__empty_pops_nothing, begin, end),
      cmocka_unit_test_setup_teardown(test_timer__low_half_first, begin, end),
      cmocka_unit_test_setup_teardown(test_timer__alarm_never_passes_through_the_past, begin, end),
      cmocka_unit_test_setup_teardown(test_irq__mask_and_levels, begin, end),
      cmocka_unit_test_setup_teardown(test_tile_reset__sets_the_tile_up_and_forgets_its_registers,
                                      begin, end),
      cmocka_unit_test_setup_teardown(test_sensor__releases_at_its_stream, begin, end),
      cmocka_unit_test_setup_teardown(test_telemetry__records_are_as_documented, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
