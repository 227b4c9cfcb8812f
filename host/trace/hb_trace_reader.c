/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hb_trace_codec.h"
#include "hb_trace_index.h"
#include "hb_trace_member.h"
#include "hb_trace_schema.h"
#include "hb_trace_walk.h"

enum { ERROR_BYTES = 320, WHERE_BYTES = 128 };

/* The records of one stream in the current window: each column read from its own place. */
typedef struct section {
  uint32_t stream;
  uint64_t left; /* records not yet decoded */
  bool ready;    /* `values` holds a record that is not yet delivered */
  uint64_t values[HB_TRACE_MAX_FIELDS];
  hb_trace_span_t columns[HB_TRACE_MAX_FIELDS];
} section_t;

/* One member of the current window, inflated. */
typedef struct part {
  bool loaded;
  hb_trace_member_t member;
  hb_trace_buf_t payload;
  hb_trace_string_t *strings; /* ascending ids */
  size_t num_strings, strings_capacity;
} part_t;

struct hb_trace_reader {
  int fd;
  uint64_t file_bytes;
  hb_trace_schema_own_t own;
  hb_trace_codec_t *codecs; /* by stream */
  z_stream inflater;
  bool inflater_ready;
  hb_trace_buf_t body;
  hb_trace_index_t index;
  hb_trace_ending_t ending;
  uint64_t data_offset; /* first member behind the schema */
  uint32_t schema_bytes;

  bool wanted[HB_TRACE_MAX_STREAMS];
  bool wanted_level[HB_TRACE_LEVELS];
  uint64_t from, to;

  /* Walk. */
  uint64_t at;         /* offset of the next member */
  uint64_t window;     /* number of the window it belongs to */
  uint32_t prev_bytes; /* bytes of the member before; 0: not known, after a jump */
  bool in_window;      /* members of the window were seen, the last one was not */
  bool torn;           /* a record of the window last loaded could not be decoded */
  uint32_t next_level; /* lowest level the next member may have */
  bool any_before;     /* `whole_to` holds */
  uint64_t whole_to;   /* last cycle of the last whole window */
  bool older;          /* `older_to` holds */
  uint64_t older_to;   /* the same of the window before that */
  uint64_t window_first, window_last;
  part_t parts[HB_TRACE_LEVELS];

  /* Merge. */
  section_t *sections; /* HB_TRACE_MAX_STREAMS of them, allocated on the first use */
  uint32_t num_sections;
  section_t *delivered; /* its values are with the caller */

  hb_status_t ended; /* HB_OK, or what _next() says from now on */
  char error[ERROR_BYTES];
};

/* -------------------------------------------------------------------------------------- errors */

/* "the member at byte 123 (window 4, level jobs)" */
static void describe(const hb_trace_member_t *member, char *where) {
  static const char *const kinds[] = {"?", "schema", "data", "index", "end marker"};
  if (member->kind == HB_TRACE_DATA) {
    snprintf(where, WHERE_BYTES, "the member at byte %" PRIu64 " (window %" PRIu32 ", level %s)",
             member->offset, member->window, hb_trace_level_name(member->level));
  } else {
    snprintf(where, WHERE_BYTES, "the member at byte %" PRIu64 " (%s)", member->offset,
             kinds[member->kind]);
  }
}

/* Ends the walk: `what` is wrong; adds how far the records are whole. */
static hb_status_t __attribute__((format(printf, 2, 3)))
damage(hb_trace_reader_t *r, const char *format, ...) {
  char what[ERROR_BYTES / 2 + 32];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof(what), format, args);
  va_end(args);
  char whole[ERROR_BYTES / 3] = "";
  if (r->any_before) {
    snprintf(whole, sizeof(whole), "; records up to cycle %" PRIu64 " are whole", r->whole_to);
  } else if (r->prev_bytes != 0 && r->window == 0) {
    snprintf(whole, sizeof(whole), "; no records are whole");
  }
  snprintf(r->error, sizeof(r->error), "%s%s", what, whole);
  r->ended = HB_ERR_FORMAT;
  return r->ended;
}

static hb_status_t damaged_member(hb_trace_reader_t *r, const hb_trace_member_t *member,
                                  const char *what) {
  char where[WHERE_BYTES];
  describe(member, where);
  return damage(r, "%s is damaged: %s", where, what);
}

static hb_status_t cut_short(hb_trace_reader_t *r, const char *where) {
  return damage(r, "cut short: the file ends at byte %" PRIu64 ", %s, without its index",
                r->file_bytes, where);
}

static hb_status_t no_memory(hb_trace_reader_t *r) {
  snprintf(r->error, sizeof(r->error), "%s", hb_status_text(HB_ERR_NOMEM));
  r->ended = HB_ERR_NOMEM;
  return r->ended;
}

/* ---------------------------------------------------------------------------------------- file */

/* Reads exactly `len` bytes. */
static hb_status_t read_at(hb_trace_reader_t *r, uint64_t offset, void *bytes, size_t len) {
  size_t done = 0;
  while (done < len) {
    const ssize_t n = pread(r->fd, (uint8_t *)bytes + done, len - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      snprintf(r->error, sizeof(r->error), "cannot read at byte %" PRIu64 ": %s", offset + done,
               n == 0 ? "the file became shorter" : strerror(errno));
      r->ended = HB_ERR_IO;
      return r->ended;
    }
    done += (size_t)n;
  }
  return HB_OK;
}

/* Reads the head of the member at `at`, which must fit the file as a whole. */
static hb_status_t read_head(hb_trace_reader_t *r, uint64_t at, hb_trace_member_t *member_out) {
  const uint64_t left = r->file_bytes - at;
  char where[WHERE_BYTES + 8] = "behind a whole member";
  if (left < HB_TRACE_HEAD_BYTES) {
    if (left > 0) snprintf(where, sizeof(where), "inside the member at byte %" PRIu64, at);
    return cut_short(r, where);
  }
  uint8_t head[HB_TRACE_HEAD_MAX_BYTES];
  const size_t len = left < sizeof(head) ? (size_t)left : sizeof(head);
  HB_TRY(read_at(r, at, head, len));
  uint32_t format;
  if (hb_trace_member_read(head, len, at, member_out, &format) != HB_TRACE_HEAD_OK) {
    return damage(r, "the head of the member at byte %" PRIu64 " is damaged", at);
  }
  if (member_out->member_bytes > left) {
    memcpy(where, "inside ", 7);
    describe(member_out, where + 7);
    return cut_short(r, where);
  }
  return HB_OK;
}

/* Reads and inflates a member's payload. */
static hb_status_t read_payload(hb_trace_reader_t *r, const hb_trace_member_t *member,
                                hb_trace_buf_t *payload) {
  const size_t body_bytes = member->member_bytes - HB_TRACE_HEAD_BYTES;
  hb_trace_buf_reset(&r->body);
  hb_trace_buf_reset(payload);
  uint8_t *body = hb_trace_buf_room(&r->body, body_bytes);
  uint8_t *bytes = hb_trace_buf_room(payload, (size_t)member->payload_bytes + 1);
  if (body == NULL || bytes == NULL) return no_memory(r);
  HB_TRY(read_at(r, member->offset + HB_TRACE_HEAD_BYTES, body, body_bytes));
  const char *wrong = hb_trace_member_inflate(member, &r->inflater, body, bytes);
  if (wrong != NULL) return damaged_member(r, member, wrong);
  payload->len = member->payload_bytes;
  return HB_OK;
}

/* --------------------------------------------------------------------------------------- parts */

static bool add_string(part_t *part, uint64_t id, const char *text) {
  if (part->num_strings == part->strings_capacity) {
    const size_t capacity = part->strings_capacity == 0 ? 64 : part->strings_capacity * 2;
    hb_trace_string_t *strings = realloc(part->strings, capacity * sizeof(*strings));
    if (strings == NULL) return false;
    part->strings = strings;
    part->strings_capacity = capacity;
  }
  part->strings[part->num_strings++] = (hb_trace_string_t){.id = id, .text = text};
  return true;
}

static hb_status_t parse_strings(hb_trace_reader_t *r, part_t *part, hb_trace_span_t *span) {
  part->num_strings = 0;
  uint64_t num;
  if (!hb_trace_span_varint(span, &num)) return damaged_member(r, &part->member, "no string table");
  for (uint64_t i = 0; i < num; i++) {
    uint64_t id;
    uint64_t len;
    hb_trace_span_t text;
    if (!hb_trace_span_varint(span, &id) || !hb_trace_span_varint(span, &len) ||
        len > HB_TRACE_MAX_TEXT || !hb_trace_span_take(span, len + 1, &text) ||
        memchr(text.at, '\0', len + 1) != text.at + len ||
        (i > 0 && id <= part->strings[i - 1].id)) {
      return damaged_member(r, &part->member, "its string table is malformed");
    }
    if (!add_string(part, id, (const char *)text.at)) return no_memory(r);
  }
  return HB_OK;
}

/* Takes the columns of a section off `span`. */
static bool parse_columns(section_t *section, uint32_t num_fields, hb_trace_span_t *span) {
  uint64_t lengths[HB_TRACE_MAX_FIELDS];
  for (uint32_t f = 0; f < num_fields; f++) {
    if (!hb_trace_span_varint(span, &lengths[f])) return false;
  }
  for (uint32_t f = 0; f < num_fields; f++) {
    if (!hb_trace_span_take(span, lengths[f], &section->columns[f])) return false;
  }
  return true;
}

static hb_status_t parse_sections(hb_trace_reader_t *r, part_t *part, hb_trace_span_t *span) {
  const hb_trace_schema_t *schema = &r->own.schema;
  uint64_t num;
  uint64_t records = 0;
  if (!hb_trace_span_varint(span, &num)) return damaged_member(r, &part->member, "no records");
  uint64_t least = 0; /* sections come in ascending order of streams */
  for (uint64_t i = 0; i < num; i++) {
    section_t *section = &r->sections[r->num_sections];
    uint64_t stream;
    if (!hb_trace_span_varint(span, &stream) || stream < least || stream >= schema->num_streams ||
        (uint32_t)schema->streams[stream].level != part->member.level ||
        !hb_trace_span_varint(span, &section->left) ||
        !parse_columns(section, schema->streams[stream].num_fields, span)) {
      return damaged_member(r, &part->member, "its columns are malformed");
    }
    least = stream + 1;
    if (section->left > part->member.num_records - records) {
      return damaged_member(r, &part->member, "it holds more records than its head says");
    }
    records += section->left;
    if (r->wanted[stream]) {
      section->stream = (uint32_t)stream;
      section->ready = false;
      hb_trace_codec_reset(&r->codecs[stream]);
      r->num_sections++;
    }
  }
  if (records != part->member.num_records || span->at != span->end) {
    return damaged_member(r, &part->member, "it holds something other than its head says");
  }
  return HB_OK;
}

static hb_status_t load_part(hb_trace_reader_t *r, const hb_trace_member_t *member) {
  part_t *part = &r->parts[member->level];
  HB_TRY(read_payload(r, member, &part->payload));
  part->member = *member;
  part->loaded = true;
  hb_trace_span_t span = {.at = part->payload.bytes,
                          .end = part->payload.bytes + part->payload.len};
  const uint32_t sections_before = r->num_sections;
  hb_status_t status = parse_strings(r, part, &span);
  if (status == HB_OK) status = parse_sections(r, part, &span);
  if (status != HB_OK) r->num_sections = sections_before;
  return status;
}

/* --------------------------------------------------------------------------------------- walk */

/* The index and the end marker, where the walk meets them: with them the file is whole. */
static hb_status_t finish(hb_trace_reader_t *r, const hb_trace_member_t *index) {
  if (r->in_window) return damaged_member(r, index, "the window before it has no last member");
  if (index->kind != HB_TRACE_INDEX) return damaged_member(r, index, "there is no index before it");
  hb_trace_buf_t *payload = &r->parts[0].payload; /* free: no window is being merged */
  r->parts[0].num_strings = 0;
  HB_TRY(read_payload(r, index, payload));
  hb_trace_index_t parsed;
  const hb_status_t status =
      hb_trace_index_parse(&parsed, r->own.schema.num_streams, payload->bytes, payload->len);
  if (status == HB_ERR_NOMEM) return no_memory(r);
  if (status != HB_OK) return damaged_member(r, index, "it is malformed");
  const uint64_t num_windows = parsed.num_windows;
  hb_trace_index_release(&parsed);
  if (num_windows != r->window) {
    return damage(r, "the index counts %" PRIu64 " windows, there are %" PRIu64, num_windows,
                  r->window);
  }
  hb_trace_member_t end;
  const uint64_t at = index->offset + index->member_bytes;
  HB_TRY(read_head(r, at, &end));
  if (end.kind != HB_TRACE_END || end.prev_bytes != index->member_bytes) {
    return damaged_member(r, &end, "the end marker is expected here");
  }
  HB_TRY(read_payload(r, &end, payload));
  if (at + end.member_bytes != r->file_bytes) {
    return damage(r, "there are bytes behind the end marker, from byte %" PRIu64 " on",
                  at + end.member_bytes);
  }
  r->ended = HB_ERR_END;
  return r->ended;
}

/* Checks that a data member continues the walk. */
static hb_status_t check_order(hb_trace_reader_t *r, const hb_trace_member_t *member) {
  if (member->kind == HB_TRACE_SCHEMA) return damaged_member(r, member, "a second schema");
  if (r->prev_bytes != 0 && member->prev_bytes != r->prev_bytes) {
    return damaged_member(r, member, "it does not belong behind the member before it");
  }
  if (member->kind != HB_TRACE_DATA) return HB_OK;
  if (member->window != (uint32_t)r->window || member->level < r->next_level) {
    return damaged_member(r, member, "members before it are missing");
  }
  if (r->any_before && member->first_cycle <= r->whole_to) {
    return damaged_member(r, member, "its records are earlier than those before it");
  }
  return HB_OK;
}

/* Notes that the walk has passed a data member of the current window. */
static void pass(hb_trace_reader_t *r, const hb_trace_member_t *member) {
  if (!r->in_window || member->first_cycle < r->window_first) r->window_first = member->first_cycle;
  if (!r->in_window || member->last_cycle > r->window_last) r->window_last = member->last_cycle;
  r->in_window = true;
  r->next_level = member->level + 1u;
  r->at += member->member_bytes;
  r->prev_bytes = member->member_bytes;
  if ((member->flags & HB_TRACE_FLAG_LAST) != 0) {
    r->in_window = false;
    r->next_level = 0;
    r->window++;
    r->older = r->any_before;
    r->older_to = r->whole_to;
    r->any_before = true;
    r->whole_to = r->window_last;
  }
}

/* Loads what is wanted of the next window that has any of it. HB_ERR_END: there is none. */
static hb_status_t load_window(hb_trace_reader_t *r) {
  r->num_sections = 0;
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    r->parts[level].loaded = false;
  }
  for (;;) {
    hb_trace_member_t member;
    HB_TRY(read_head(r, r->at, &member));
    HB_TRY(check_order(r, &member));
    if (member.kind != HB_TRACE_DATA) return finish(r, &member);
    if (r->wanted_level[member.level] && member.last_cycle >= r->from &&
        member.first_cycle <= r->to) {
      HB_TRY(load_part(r, &member));
    }
    pass(r, &member);
    if (r->in_window) continue;
    if (r->num_sections > 0) return HB_OK;
    if (r->window_first > r->to) {
      r->ended = HB_ERR_END;
      return r->ended;
    }
  }
}

/* -------------------------------------------------------------------------------------- merge */

/* A member whose CRCs are right holds what no record can be; the walk is past its window already.
 */
static hb_status_t torn_member(hb_trace_reader_t *r, const hb_trace_member_t *member,
                               const char *what) {
  if (!r->in_window && !r->torn) {
    r->any_before = r->older;
    r->whole_to = r->older_to;
  }
  r->torn = true;
  return damaged_member(r, member, what);
}

/* Decodes the section's next record that is in the range. */
static hb_status_t decode_next(hb_trace_reader_t *r, section_t *section) {
  const uint32_t num_fields = r->own.schema.streams[section->stream].num_fields;
  const part_t *part = &r->parts[r->own.schema.streams[section->stream].level];
  const uint64_t before = section->ready ? section->values[0] : part->member.first_cycle;
  section->ready = false;
  uint64_t earliest = before;
  while (section->left > 0) {
    section->left--;
    uint64_t residuals[HB_TRACE_MAX_FIELDS];
    for (uint32_t f = 0; f < num_fields; f++) {
      if (!hb_trace_span_varint(&section->columns[f], &residuals[f])) {
        return torn_member(r, &part->member, "a column has too few values");
      }
    }
    hb_trace_codec_decode(&r->codecs[section->stream], residuals, section->values);
    const uint64_t cycle = section->values[0];
    if (cycle < earliest || cycle > part->member.last_cycle) {
      return torn_member(r, &part->member, "a record is outside the member's time");
    }
    earliest = cycle;
    if (cycle > r->to) {
      section->left = 0;
      return HB_OK;
    }
    if (cycle >= r->from) {
      section->ready = true;
      return HB_OK;
    }
  }
  for (uint32_t f = 0; f < num_fields; f++) {
    if (section->columns[f].at != section->columns[f].end) {
      return torn_member(r, &part->member, "a column has too many values");
    }
  }
  return HB_OK;
}

/* The same; damage ends the window for all sections. */
static hb_status_t advance(hb_trace_reader_t *r, section_t *section) {
  const hb_status_t status = decode_next(r, section);
  if (status != HB_OK) r->num_sections = 0;
  return status;
}

/* Earliest waiting record of the window; sections are in the order of their streams. NULL: none. */
static section_t *pick(hb_trace_reader_t *r) {
  section_t *best = NULL;
  for (uint32_t i = 0; i < r->num_sections; i++) {
    section_t *section = &r->sections[i];
    if (section->ready &&
        (best == NULL || section->values[0] < best->values[0] ||
         (section->values[0] == best->values[0] && section->stream < best->stream))) {
      best = section;
    }
  }
  return best;
}

hb_status_t hb_trace_reader_next(hb_trace_reader_t *r, hb_trace_record_t *record_out) {
  section_t *section = r->delivered;
  r->delivered = NULL;
  if (section != NULL) HB_TRY(advance(r, section));
  while ((section = pick(r)) == NULL) {
    if (r->ended != HB_OK) return r->ended; /* told only when what was loaded is delivered */
    const hb_status_t status = load_window(r);
    if (status != HB_OK && r->num_sections == 0) return status;
    for (uint32_t i = 0; i < r->num_sections; i++) {
      HB_TRY(advance(r, &r->sections[i]));
    }
  }
  r->delivered = section;
  *record_out = (hb_trace_record_t){.stream = section->stream, .values = section->values};
  return HB_OK;
}

const char *hb_trace_reader_error(const hb_trace_reader_t *r) {
  return r->error;
}

/* What a copy needs to know: hb_trace_walk.h. */

hb_trace_walk_t hb_trace_reader_walk(const hb_trace_reader_t *r) {
  return (hb_trace_walk_t){.window = r->in_window ? r->window : r->window - 1,
                           .whole = !r->in_window && !r->torn,
                           .end = r->at};
}

const hb_trace_string_t *hb_trace_reader_strings(const hb_trace_reader_t *r, uint32_t level,
                                                 size_t *num_out) {
  *num_out = r->parts[level].loaded ? r->parts[level].num_strings : 0;
  return r->parts[level].strings;
}

/* ----------------------------------------------------------------------------------- selection */

static void restart(hb_trace_reader_t *r) {
  if (r->ended != HB_ERR_NOMEM) r->ended = HB_OK;
  r->error[0] = '\0';
  r->num_sections = 0;
  r->delivered = NULL;
  r->at = r->data_offset;
  r->window = 0;
  r->prev_bytes = r->schema_bytes;
  r->in_window = false;
  r->torn = false;
  r->next_level = 0;
  r->any_before = false;
  const hb_trace_index_entry_t *entry = hb_trace_index_find(&r->index, r->from);
  if (r->ending.present && entry != NULL && entry != r->index.entries) {
    r->at = entry->offset;
    r->window = (uint64_t)(entry - r->index.entries) * r->index.stride;
    r->prev_bytes = 0;
  }
}

void hb_trace_reader_select(hb_trace_reader_t *r, const bool *wanted) {
  memset(r->wanted_level, 0, sizeof(r->wanted_level));
  for (uint32_t s = 0; s < r->own.schema.num_streams; s++) {
    r->wanted[s] = wanted == NULL || wanted[s];
    if (r->wanted[s]) r->wanted_level[r->own.schema.streams[s].level] = true;
  }
  restart(r);
}

void hb_trace_reader_range(hb_trace_reader_t *r, uint64_t from, uint64_t to) {
  r->from = from;
  r->to = to;
  restart(r);
}

/* ---------------------------------------------------------------------------------- life cycle */

static hb_status_t read_schema(hb_trace_reader_t *r, char *why, size_t why_len) {
  uint8_t head[HB_TRACE_HEAD_MAX_BYTES];
  if (r->file_bytes < HB_TRACE_HEAD_BYTES) {
    static const uint8_t begin[4] = {0x1f, 0x8b, 8, 4};
    const size_t len = r->file_bytes < sizeof(begin) ? (size_t)r->file_bytes : sizeof(begin);
    HB_TRY(read_at(r, 0, head, len));
    const bool ours = len == sizeof(begin) && memcmp(head, begin, len) == 0;
    snprintf(why, why_len,
             ours ? "cut short: it ends at byte %" PRIu64 ", inside its schema"
                  : "not a trace: it has %" PRIu64 " bytes",
             r->file_bytes);
    return HB_ERR_FORMAT;
  }
  const size_t len = r->file_bytes < sizeof(head) ? (size_t)r->file_bytes : sizeof(head);
  HB_TRY(read_at(r, 0, head, len));
  hb_trace_member_t member;
  uint32_t format = 0;
  switch (hb_trace_member_read(head, len, 0, &member, &format)) {
    case HB_TRACE_HEAD_OK:
      break;
    case HB_TRACE_HEAD_NEWER:
      snprintf(why, why_len,
               "trace format %" PRIu32 " is newer than this program, which reads up to %u", format,
               HB_TRACE_VERSION);
      return HB_ERR_FORMAT;
    case HB_TRACE_HEAD_DAMAGED:
      snprintf(why, why_len, "the head of the schema at byte 0 is damaged");
      return HB_ERR_FORMAT;
    case HB_TRACE_HEAD_FOREIGN:
      snprintf(why, why_len, "not a trace: it does not begin with a Hilbert gzip member");
      return HB_ERR_FORMAT;
  }
  if (member.kind != HB_TRACE_SCHEMA) {
    snprintf(why, why_len, "the schema at byte 0 is missing");
    return HB_ERR_FORMAT;
  }
  if (member.member_bytes > r->file_bytes) {
    snprintf(why, why_len, "cut short: it ends at byte %" PRIu64 ", inside its schema",
             r->file_bytes);
    return HB_ERR_FORMAT;
  }
  const hb_status_t status = read_payload(r, &member, &r->parts[0].payload);
  if (status != HB_OK) {
    snprintf(why, why_len, "%s", r->error);
    return status;
  }
  r->schema_bytes = member.member_bytes;
  r->data_offset = member.member_bytes;
  const hb_trace_buf_t *payload = &r->parts[0].payload;
  return hb_trace_schema_parse(payload->bytes, payload->len, &r->own, why, why_len);
}

/* Reads the end marker and the index before it. A file without them is read without them. */
static hb_status_t read_ending(hb_trace_reader_t *r) {
  if (r->file_bytes < r->data_offset + HB_TRACE_END_BYTES) return HB_ERR_FORMAT;
  hb_trace_member_t end;
  hb_trace_member_t index;
  HB_TRY(read_head(r, r->file_bytes - HB_TRACE_END_BYTES, &end));
  if (end.kind != HB_TRACE_END || end.member_bytes != HB_TRACE_END_BYTES ||
      end.prev_bytes > end.offset - r->data_offset) {
    return HB_ERR_FORMAT;
  }
  HB_TRY(read_payload(r, &end, &r->parts[0].payload));
  HB_TRY(read_head(r, end.offset - end.prev_bytes, &index));
  if (index.kind != HB_TRACE_INDEX || index.member_bytes != end.prev_bytes) return HB_ERR_FORMAT;
  HB_TRY(read_payload(r, &index, &r->parts[0].payload));
  HB_TRY(hb_trace_index_parse(&r->index, r->own.schema.num_streams, r->parts[0].payload.bytes,
                              r->parts[0].payload.len));
  for (uint32_t i = 0; i < r->index.num_entries; i++) {
    if (r->index.entries[i].offset < r->data_offset || r->index.entries[i].offset >= index.offset) {
      return HB_ERR_FORMAT;
    }
  }
  r->ending = (hb_trace_ending_t){
      .present = true,
      .complete = (end.flags & HB_TRACE_FLAG_COMPLETE) != 0,
      .reason = r->index.reason,
      .num_windows = r->index.num_windows,
      .first_cycle = r->index.first_cycle,
      .last_cycle = r->index.last_cycle,
      .num_records = r->index.num_records,
  };
  return HB_OK;
}

static hb_status_t set_up(hb_trace_reader_t *r, const char *path, char *why, size_t why_len) {
  r->fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (r->fd < 0 || fstat(r->fd, &info) != 0) {
    snprintf(why, why_len, "%s", strerror(errno));
    return HB_ERR_IO;
  }
  if (!S_ISREG(info.st_mode)) {
    snprintf(why, why_len, "not a regular file");
    return HB_ERR_IO;
  }
  r->file_bytes = (uint64_t)info.st_size;
  if (inflateInit2(&r->inflater, -MAX_WBITS) != Z_OK) return HB_ERR_NOMEM;
  r->inflater_ready = true;
  const hb_status_t status = read_schema(r, why, why_len);
  if (status == HB_ERR_IO) snprintf(why, why_len, "%s", r->error);
  HB_TRY(status);

  const uint32_t num_streams = r->own.schema.num_streams;
  r->codecs = calloc((size_t)num_streams + 1, sizeof(*r->codecs));
  r->sections = calloc((size_t)num_streams + 1, sizeof(*r->sections));
  if (r->codecs == NULL || r->sections == NULL) return HB_ERR_NOMEM;
  for (uint32_t s = 0; s < num_streams; s++) {
    HB_TRY(hb_trace_codec_init(&r->codecs[s], &r->own.schema.streams[s]));
  }
  if (read_ending(r) != HB_OK) {
    hb_trace_index_release(&r->index);
    r->ending = (hb_trace_ending_t){.reason = "", .num_records = r->index.num_records};
    memset(r->index.num_records, 0, sizeof(r->index.num_records));
    r->ended = HB_OK; /* the walk meets the damage where it is */
  }
  r->to = UINT64_MAX;
  hb_trace_reader_select(r, NULL);
  return HB_OK;
}

hb_status_t hb_trace_reader_open(const char *path, hb_trace_reader_t **reader_out, char *why,
                                 size_t why_len) {
  snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
  hb_trace_reader_t *r = calloc(1, sizeof(*r));
  if (r == NULL) return HB_ERR_NOMEM;
  r->fd = -1;
  const hb_status_t status = set_up(r, path, why, why_len);
  if (status != HB_OK) {
    hb_trace_reader_free(r);
    return status;
  }
  *reader_out = r;
  return HB_OK;
}

void hb_trace_reader_free(hb_trace_reader_t *r) {
  if (r == NULL) return;
  if (r->codecs != NULL) {
    for (uint32_t s = 0; s < r->own.schema.num_streams; s++) {
      hb_trace_codec_release(&r->codecs[s]);
    }
    free(r->codecs);
  }
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    hb_trace_buf_release(&r->parts[level].payload);
    free(r->parts[level].strings);
  }
  free(r->sections);
  hb_trace_buf_release(&r->body);
  hb_trace_index_release(&r->index);
  hb_trace_schema_release(&r->own);
  if (r->inflater_ready) inflateEnd(&r->inflater);
  if (r->fd >= 0) close(r->fd);
  free(r);
}

const hb_trace_schema_t *hb_trace_reader_schema(const hb_trace_reader_t *r) {
  return &r->own.schema;
}
const hb_trace_ending_t *hb_trace_reader_ending(const hb_trace_reader_t *r) {
  return &r->ending;
}
uint64_t hb_trace_reader_file_bytes(const hb_trace_reader_t *r) {
  return r->file_bytes;
}

const char *hb_trace_reader_meta(const hb_trace_reader_t *r, const char *key) {
  return hb_trace_schema_meta(&r->own, key);
}

const char *hb_trace_reader_enum(const hb_trace_reader_t *r, const char *enum_name,
                                 uint64_t value) {
  for (uint32_t i = 0; i < r->own.schema.num_enums; i++) {
    const hb_trace_enum_t *e = &r->own.schema.enums[i];
    if (e->value == value && strcmp(e->enum_name, enum_name) == 0) return e->name;
  }
  return NULL;
}

const char *hb_trace_reader_string(const hb_trace_reader_t *r, uint64_t id) {
  if (r->delivered == NULL) return NULL;
  const part_t *part = &r->parts[r->own.schema.streams[r->delivered->stream].level];
  size_t low = 0;
  size_t high = part->num_strings;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (part->strings[middle].id == id) return part->strings[middle].text;
    if (part->strings[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}
