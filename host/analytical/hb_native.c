/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_native.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/hb_main.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "drv/hb_probe.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

enum { MAX_PASSES = 100000 /* of the firmware in one cycle */ };

#define NEVER UINT64_MAX

typedef struct tile {
  uint32_t base, id;
  bool irq_enabled;
  bool running, completed;
  uint32_t tag, done_tag;
  uint64_t start, end;
} tile_t;

typedef struct stream {
  uint64_t next; /* frame */
  hb_sim_frame_t frame;
  uint32_t free_slots;
} stream_t;

typedef struct message {
  uint32_t words[HB_MBOX_WORDS];
} message_t;

typedef struct machine {
  const hb_native_t *native;
  hb_main_t firmware;
  uint64_t now;
  uint32_t time_hi; /* latched */
  uint64_t alarm;
  uint32_t irq_enable;
  uint32_t num_tiles;
  tile_t tiles[HB_MAX_TILES];
  stream_t *streams;
  message_t *box; /* a ring would need a bound: grows, emptied when read out */
  size_t box_first, box_num, box_room;
  uint32_t record[HB_TEL_MAX_WORDS + 1];
  uint32_t record_words;
  hb_status_t status;
  char *why;
  size_t why_len;
} machine_t;

/* The one the firmware sees; registers have no context. */
static machine_t *current;

__attribute__((format(printf, 3, 4))) static void fail(machine_t *m, hb_status_t status,
                                                       const char *format, ...) {
  if (m->status != HB_OK) {
    return;
  }
  m->status = status;
  va_list args;
  va_start(args, format);
  vsnprintf(m->why, m->why_len, format, args);
  va_end(args);
}

/* ----------------------------------------------------------------------------------- registers */

static uint32_t pending(const machine_t *m) {
  uint32_t bits = m->box_num > 0 ? HB_IRQ_MAILBOX : 0u;
  bits |= m->now >= m->alarm ? HB_IRQ_TIMER : 0u;
  for (uint32_t i = 0; i < m->num_tiles; i++) {
    bits |= m->tiles[i].completed && m->tiles[i].irq_enabled ? HB_IRQ_TILE(i) : 0u;
  }
  return bits;
}

static void telemetry(machine_t *m, uint32_t word) {
  if (m->record_words == 0 && HB_TEL_WORDS(word) > HB_TEL_MAX_WORDS) {
    fail(m, HB_ERR_INTERNAL, "telemetry head 0x%08x announces too many words", word);
    return;
  }
  m->record[m->record_words++] = word;
  if (m->record_words == HB_TEL_WORDS(m->record[0]) + 1u) {
    m->native->sink.telemetry(m->native->sink.ctx, m->now, m->record, m->record_words);
    m->record_words = 0;
  }
}

static uint32_t read_local(machine_t *m, uint32_t addr) {
  switch (addr) {
    case HB_LOCAL_TIME_LO:
      m->time_hi = (uint32_t)(m->now >> 32);
      return (uint32_t)m->now;
    case HB_LOCAL_TIME_HI:
      return m->time_hi;
    case HB_LOCAL_ALARM_LO:
      return (uint32_t)m->alarm;
    case HB_LOCAL_ALARM_HI:
      return (uint32_t)(m->alarm >> 32);
    case HB_LOCAL_IRQ_PENDING:
      return pending(m);
    case HB_LOCAL_IRQ_ENABLE:
      return m->irq_enable;
    case HB_LOCAL_MBOX_LEVEL:
      return (uint32_t)m->box_num;
    default:
      break;
  }
  if (addr >= HB_LOCAL_MBOX_WORD(0) && addr < HB_LOCAL_MBOX_WORD(HB_MBOX_WORDS) && m->box_num > 0) {
    return m->box[m->box_first].words[(addr - HB_LOCAL_MBOX_WORD(0)) / 4u];
  }
  fail(m, HB_ERR_INTERNAL, "the firmware read 0x%08x, which this engine lacks", addr);
  return 0;
}

static void pop_message(machine_t *m) {
  if (m->box_num > 0) {
    m->box_first++;
    m->box_num--;
  }
  m->box_first = m->box_num == 0 ? 0 : m->box_first;
}

static void write_local(machine_t *m, uint32_t addr, uint32_t value) {
  switch (addr) {
    case HB_LOCAL_ALARM_LO:
      m->alarm = (m->alarm & ~(uint64_t)UINT32_MAX) | value;
      return;
    case HB_LOCAL_ALARM_HI:
      m->alarm = (m->alarm & UINT32_MAX) | (uint64_t)value << 32;
      return;
    case HB_LOCAL_IRQ_ENABLE:
      m->irq_enable = value;
      return;
    case HB_LOCAL_MBOX_POP:
      pop_message(m);
      return;
    case HB_LOCAL_TELEMETRY:
      telemetry(m, value);
      return;
    case HB_LOCAL_EXIT:
      fail(m, HB_ERR_FAILED, "firmware ended the run: %s", hb_status_text((hb_status_t)value));
      return;
    default:
      fail(m, HB_ERR_INTERNAL, "the firmware wrote 0x%08x, which this engine lacks", addr);
  }
}

/* The tile whose registers or network interface are at `addr`. */
static tile_t *tile_at(machine_t *m, uint32_t addr, uint32_t *offset_out) {
  const uint32_t index = (addr - HB_TILE_BASE(0)) / (HB_TILE_BASE(1) - HB_TILE_BASE(0));
  if (addr < HB_TILE_BASE(0) || index >= m->num_tiles) {
    return NULL;
  }
  *offset_out = addr - HB_TILE_BASE(index);
  return &m->tiles[index];
}

static bool is_ni(uint32_t offset) {
  return offset >= HB_NI_OFFSET;
}

static void start_job(machine_t *m, tile_t *tile, uint32_t tag) {
  if (tile->running) {
    fail(m, HB_ERR_INTERNAL, "the firmware started a second job on a tile");
    return;
  }
  const uint64_t cycles = m->native->job_cycles(m->native->ctx, (uint32_t)(tile - m->tiles), tag);
  tile->running = true;
  tile->tag = tag;
  tile->start = m->now;
  tile->end = m->now + (cycles == 0 ? 1 : cycles);
}

static uint32_t read_tile(machine_t *m, const tile_t *tile, uint32_t offset) {
  switch (offset) {
    case HB_TILE_REG_ID:
      return tile->id;
    case HB_TILE_REG_CTRL:
      return tile->irq_enabled ? HB_TILE_CTRL_IRQ_EN_MASK : 0u;
    case HB_TILE_REG_STATUS:
      return (tile->running ? HB_TILE_STATUS_BUSY_MASK : 0u) |
             (tile->completed ? 1u << HB_TILE_STATUS_COMPL_LEVEL_LSB : 0u);
    case HB_TILE_REG_COMPL_STATUS:
      return tile->completed ? HB_TILE_COMPL_STATUS_VALID_MASK |
                                   HB_TILE_STATUS_OK << HB_TILE_COMPL_STATUS_CODE_LSB
                             : 0u;
    case HB_TILE_REG_COMPL_TAG:
      return tile->completed ? tile->done_tag : 0u;
    case HB_TILE_REG_COMPL_CYCLES:
      return (uint32_t)(tile->end - tile->start);
    default:
      if (!is_ni(offset)) {
        fail(m, HB_ERR_INTERNAL,
             "the firmware read register 0x%x of a tile, which this engine lacks", offset);
      }
      return 0; /* of the network interface: nothing is ever refused */
  }
}

static void write_tile(machine_t *m, tile_t *tile, uint32_t offset, uint32_t value) {
  switch (offset) {
    case HB_TILE_REG_CTRL:
      tile->irq_enabled = (value & HB_TILE_CTRL_IRQ_EN_MASK) != 0;
      return;
    case HB_NI_OFFSET + HB_NI_RESET:
      tile->running = false;
      tile->completed = false;
      tile->irq_enabled = false;
      return;
    case HB_TILE_REG_JOB_TAG:
      start_job(m, tile, value);
      return;
    case HB_TILE_REG_COMPL_POP:
      tile->completed = false;
      return;
    case HB_TILE_REG_WATCHDOG:
      return;
    default:
      if (!is_ni(offset) && (offset < HB_TILE_REG_JOB_PROG || offset > HB_TILE_REG_JOB_BASE3)) {
        fail(m, HB_ERR_INTERNAL,
             "the firmware wrote register 0x%x of a tile, which this engine lacks", offset);
      }
  }
}

static void release_slot(machine_t *m, uint32_t addr, uint32_t slot) {
  const uint32_t pitch = HB_SENSOR_RELEASE(1) - HB_SENSOR_RELEASE(0);
  const uint32_t index = (addr - HB_SENSOR_BASE) / pitch;
  if (index >= m->native->num_streams || slot >= m->native->streams[index].num_slots ||
      ((m->streams[index].free_slots >> slot) & 1u) != 0) {
    fail(m, HB_ERR_INTERNAL, "the firmware gave back a slot it does not have");
    return;
  }
  m->streams[index].free_slots |= 1u << slot;
}

uint32_t hb_mmio_read32(uint32_t addr) {
  uint32_t offset = 0;
  const tile_t *tile = tile_at(current, addr, &offset);
  return tile != NULL ? read_tile(current, tile, offset) : read_local(current, addr);
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  uint32_t offset = 0;
  tile_t *tile = tile_at(current, addr, &offset);
  if (tile != NULL) {
    write_tile(current, tile, offset, value);
  } else if (addr >= HB_SENSOR_BASE && addr < HB_SENSOR_RELEASE(HB_IMAGE_MAX_MODELS)) {
    release_slot(current, addr, value);
  } else {
    write_local(current, addr, value);
  }
}

/* hb_main_run() sleeps here; this engine steps by itself and never calls it. */
void hb_port_wait(void) {}

/* -------------------------------------------------------------------------------------- events */

static void next_frame(machine_t *m, uint32_t index) {
  stream_t *stream = &m->streams[index];
  const uint64_t before = stream->frame.taken;
  hb_sim_stream_frame(&m->native->streams[index], index, m->native->clock_khz, m->native->seed,
                      stream->next, &stream->frame);
  if (stream->frame.taken < before) {
    stream->frame.taken = before;
  }
}

static void announce(machine_t *m, uint32_t index) {
  stream_t *stream = &m->streams[index];
  if (m->box_first + m->box_num == m->box_room) {
    const size_t room = m->box_room == 0 ? 64 : 2 * m->box_room;
    message_t *grown = realloc(m->box, room * sizeof(*grown));
    if (grown == NULL) {
      fail(m, HB_ERR_NOMEM, "out of memory");
      return;
    }
    m->box = grown;
    m->box_room = room;
  }
  uint32_t flags = HB_MBOX_FLAG_OVERRUN;
  if (stream->free_slots != 0) {
    flags = (uint32_t)__builtin_ctz(stream->free_slots);
    stream->free_slots &= stream->free_slots - 1u;
  }
  message_t *message = &m->box[m->box_first + m->box_num++];
  *message = (message_t){{0}};
  message->words[HB_MBOX_STREAM] = index;
  message->words[HB_MBOX_FRAME] = (uint32_t)stream->next;
  message->words[HB_MBOX_FLAGS] = flags | (stream->frame.triggered ? HB_MBOX_FLAG_TRIGGERED : 0u);
  message->words[HB_MBOX_PATH] = stream->frame.path;
  message->words[HB_MBOX_ARRIVAL_LO] = (uint32_t)stream->frame.arrival;
  message->words[HB_MBOX_ARRIVAL_HI] = (uint32_t)(stream->frame.arrival >> 32);
  message->words[HB_MBOX_DEADLINE_LO] = (uint32_t)stream->frame.deadline;
  message->words[HB_MBOX_DEADLINE_HI] = (uint32_t)(stream->frame.deadline >> 32);
  stream->next++;
  next_frame(m, index);
}

static void end_job(machine_t *m, tile_t *tile) {
  tile->running = false;
  tile->completed = true;
  tile->done_tag = tile->tag;
  const hb_sim_job_t job = {.tile = (uint32_t)(tile - m->tiles),
                            .tag = tile->tag,
                            .status = HB_TILE_STATUS_OK,
                            .doorbell = tile->start,
                            .start = tile->start,
                            .end = tile->end,
                            .busy = tile->end - tile->start};
  m->native->sink.job(m->native->sink.ctx, &job);
}

static uint64_t next_event(const machine_t *m) {
  uint64_t next = m->alarm > m->now ? m->alarm : NEVER;
  for (uint32_t i = 0; i < m->native->num_streams; i++) {
    next = m->streams[i].frame.taken < next ? m->streams[i].frame.taken : next;
  }
  for (uint32_t i = 0; i < m->num_tiles; i++) {
    next = m->tiles[i].running && m->tiles[i].end < next ? m->tiles[i].end : next;
  }
  return next;
}

static void happen(machine_t *m) {
  for (uint32_t i = 0; i < m->num_tiles; i++) {
    if (m->tiles[i].running && m->tiles[i].end == m->now) {
      end_job(m, &m->tiles[i]);
    }
  }
  for (uint32_t i = 0; i < m->native->num_streams; i++) {
    while (m->streams[i].frame.taken <= m->now && m->status == HB_OK) {
      announce(m, i);
    }
  }
  uint32_t passes = 0;
  while (m->status == HB_OK && (pending(m) & m->irq_enable) != 0) {
    const hb_status_t status = hb_main_step(&m->firmware);
    if (status != HB_OK) {
      fail(m, HB_ERR_FAILED, "the firmware gave up: %s", hb_status_text(status));
    }
    if (++passes == MAX_PASSES) {
      fail(m, HB_ERR_INTERNAL, "the firmware does not come to rest");
    }
  }
}

/* ------------------------------------------------------------------------------------- set-up */

/* No limits on jobs: a cost model may say what the mapper's estimate does not. */
static void lift_limits(uint8_t *image, size_t len) {
  hb_image_header_t header;
  memcpy(&header, image, sizeof(header));
  header.watchdog_cycles = 0;
  header.crc = 0;
  memcpy(image, &header, sizeof(header));
  header.crc = (uint32_t)crc32(0, image, (uInt)len);
  memcpy(image, &header, sizeof(header));
}

static bool set_up(machine_t *m, const uint8_t *image) {
  hb_image_header_t header;
  memcpy(&header, image, sizeof(header));
  m->num_tiles = header.num_tiles;
  for (uint32_t i = 0; i < m->num_tiles; i++) {
    hb_image_tile_t tile;
    memcpy(&tile, image + header.tiles_offset + i * sizeof(tile), sizeof(tile));
    m->tiles[i] = (tile_t){.base = tile.mmio_base, .id = tile.id};
  }
  m->streams = calloc(m->native->num_streams + 1u, sizeof(*m->streams));
  if (m->streams == NULL) {
    fail(m, HB_ERR_NOMEM, "out of memory");
    return false;
  }
  for (uint32_t i = 0; i < m->native->num_streams; i++) {
    m->streams[i].free_slots = (1u << m->native->streams[i].num_slots) - 1u;
    next_frame(m, i);
  }
  return true;
}

static void run(machine_t *m, const uint8_t *image, size_t len, uint64_t until) {
  if (!set_up(m, image)) {
    return;
  }
  const hb_status_t status = hb_main_init(&m->firmware, image, (uint32_t)len);
  if (status != HB_OK) {
    fail(m, status == HB_ERR_FORMAT ? HB_ERR_FORMAT : HB_ERR_FAILED,
         "the firmware refused the workload: %s", hb_status_text(status));
  }
  for (uint64_t next = 0; m->status == HB_OK && next < until; next = next_event(m)) {
    m->now = next;
    if (m->native->stop != NULL && m->native->stop()) {
      fail(m, HB_ERR_STOPPED, "interrupted");
    } else {
      happen(m);
    }
  }
}

hb_status_t hb_native_run(const hb_native_t *native, uint64_t until, uint64_t *end, char *why,
                          size_t why_len) {
  *end = 0;
  machine_t *m = calloc(1, sizeof(*m));
  uint8_t *image = malloc(native->image_len + 1);
  hb_status_t status = HB_ERR_NOMEM;
  if (m != NULL && image != NULL) {
    m->native = native;
    m->alarm = NEVER;
    m->why = why;
    m->why_len = why_len;
    memcpy(image, native->image, native->image_len);
    lift_limits(image, native->image_len);
    current = m;
    hb_probe_calls = native->observe;
    run(m, image, native->image_len, until);
    current = NULL;
    hb_probe_calls = false;
    status = m->status;
    *end = status == HB_OK ? until : m->now;
    free(m->streams);
    free(m->box);
  } else {
    snprintf(why, why_len, "out of memory");
  }
  free(image);
  free(m);
  return status;
}
