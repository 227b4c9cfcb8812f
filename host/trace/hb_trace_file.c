/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hb_trace_member.h"

hb_status_t hb_trace_file_fail(hb_trace_file_t *file, hb_status_t status, const char *text) {
  file->failed = status;
  snprintf(file->error, sizeof(file->error), "%s", text);
  return status;
}

static hb_status_t fail_plainly(hb_trace_file_t *file, hb_status_t status) {
  return hb_trace_file_fail(file, status, hb_status_text(status));
}

/* ------------------------------------------------------------------------------------- members */

/* Writes `out`, whole members, and empties it. On failure the file is cut back to what it was. */
static hb_status_t flush_out(hb_trace_file_t *file) {
  size_t done = 0;
  while (done < file->out.len) {
    const ssize_t n = write(file->fd, file->out.bytes + done, file->out.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      char text[HB_TRACE_FILE_ERROR_BYTES];
      snprintf(text, sizeof(text), "cannot write: %s; the trace ends after %" PRIu64 " bytes",
               strerror(errno), file->file_bytes);
      /* Best effort: if this fails too, readers find the cut member by its length and CRC. */
      if (ftruncate(file->fd, (off_t)file->file_bytes) != 0) errno = 0;
      return hb_trace_file_fail(file, HB_ERR_IO, text);
    }
    done += (size_t)n;
  }
  file->file_bytes += file->out.len;
  hb_trace_buf_reset(&file->out);
  return HB_OK;
}

/* Appends the payload as a member to `out`. */
static hb_status_t add_member(hb_trace_file_t *file, hb_trace_member_t *member) {
  if (file->payload.len > HB_TRACE_MAX_PAYLOAD) {
    return hb_trace_file_fail(file, HB_ERR_INTERNAL, "a member is longer than the format allows");
  }
  member->offset = file->file_bytes + file->out.len;
  member->prev_bytes = file->prev_bytes;
  const hb_status_t status =
      hb_trace_member_write(member, &file->deflater, &file->payload, &file->out);
  if (status != HB_OK) return fail_plainly(file, status);
  file->prev_bytes = member->member_bytes;
  file->num_members++;
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- windows */

void hb_trace_put_string(hb_trace_buf_t *payload, uint64_t id, const char *text) {
  const size_t len = strlen(text);
  hb_trace_buf_put_varint(payload, id);
  hb_trace_buf_put_varint(payload, len);
  hb_trace_buf_put(payload, text, len + 1);
}

/* Puts the records of a stream: a length per column, then the columns. */
static void put_section(hb_trace_file_t *file, uint32_t stream, const hb_trace_rows_t *rows) {
  const uint32_t num_fields = file->own.schema.streams[stream].num_fields;
  hb_trace_codec_t *codec = &file->codecs[stream];
  for (uint32_t f = 0; f < num_fields; f++) {
    hb_trace_buf_reset(&file->columns[f]);
  }
  hb_trace_codec_reset(codec);
  for (size_t r = 0; r < rows->num; r++) {
    uint64_t residuals[HB_TRACE_MAX_FIELDS];
    hb_trace_codec_encode(codec, rows->values + r * num_fields, residuals);
    for (uint32_t f = 0; f < num_fields; f++) {
      hb_trace_buf_put_varint(&file->columns[f], residuals[f]);
    }
  }
  hb_trace_buf_put_varint(&file->payload, stream);
  hb_trace_buf_put_varint(&file->payload, rows->num);
  for (uint32_t f = 0; f < num_fields; f++) {
    hb_trace_buf_put_varint(&file->payload, file->columns[f].len);
  }
  for (uint32_t f = 0; f < num_fields; f++) {
    hb_trace_buf_put(&file->payload, file->columns[f].bytes, file->columns[f].len);
    file->payload.failed |= file->columns[f].failed;
  }
}

static bool is_on(const hb_trace_file_t *file, uint32_t stream, uint32_t level,
                  const hb_trace_rows_t *rows) {
  return (uint32_t)file->own.schema.streams[stream].level == level && rows[stream].num > 0;
}

static uint32_t count_sections(const hb_trace_file_t *file, uint32_t level,
                               const hb_trace_rows_t *rows) {
  uint32_t count = 0;
  for (uint32_t s = 0; s < file->own.schema.num_streams; s++) {
    count += is_on(file, s, level, rows);
  }
  return count;
}

/* Adds the member of all rows of `member->level`. */
static hb_status_t add_level(hb_trace_file_t *file, const hb_trace_rows_t *rows,
                             hb_trace_put_strings_t *put_strings, void *ctx,
                             hb_trace_member_t *member) {
  const hb_trace_schema_t *schema = &file->own.schema;
  hb_trace_buf_reset(&file->payload);
  const hb_status_t status = put_strings(ctx, member->level, &file->payload);
  if (status != HB_OK) return fail_plainly(file, status);
  hb_trace_buf_put_varint(&file->payload, count_sections(file, member->level, rows));
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    if (!is_on(file, s, member->level, rows)) continue;
    put_section(file, s, &rows[s]);
    const uint64_t first = rows[s].values[0];
    const uint64_t final = rows[s].values[(rows[s].num - 1) * schema->streams[s].num_fields];
    if (first < member->first_cycle) member->first_cycle = first;
    if (final > member->last_cycle) member->last_cycle = final;
    member->num_records += (uint32_t)rows[s].num;
  }
  return add_member(file, member);
}

hb_status_t hb_trace_file_window(hb_trace_file_t *file, const hb_trace_rows_t *rows,
                                 hb_trace_put_strings_t *put_strings, void *ctx) {
  bool any = false;
  uint32_t last_level = 0;
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    if (count_sections(file, level, rows) == 0) continue;
    last_level = level;
    any = true;
  }
  if (!any) return HB_OK;
  uint64_t first = UINT64_MAX;
  uint64_t final = 0;
  for (uint32_t level = 0; level <= last_level; level++) {
    if (count_sections(file, level, rows) == 0) continue;
    hb_trace_member_t member = {
        .kind = HB_TRACE_DATA,
        .level = (uint8_t)level,
        .flags = level == last_level ? HB_TRACE_FLAG_LAST : 0,
        .window = (uint32_t)file->index.num_windows,
        .first_cycle = UINT64_MAX,
    };
    HB_TRY(add_level(file, rows, put_strings, ctx, &member));
    if (member.first_cycle < first) first = member.first_cycle;
    if (member.last_cycle > final) final = member.last_cycle;
  }
  const uint64_t offset = file->file_bytes;
  HB_TRY(flush_out(file));
  const hb_status_t status = hb_trace_index_add(&file->index, offset, first, final);
  if (status != HB_OK) return fail_plainly(file, status);
  for (uint32_t s = 0; s < file->own.schema.num_streams; s++) {
    file->index.num_records[s] += rows[s].num;
  }
  return HB_OK;
}

/* ---------------------------------------------------------------------------------- life cycle */

hb_status_t hb_trace_file_init(hb_trace_file_t *file, const hb_trace_schema_t *schema) {
  if (schema->meta->status != HB_OK) {
    return hb_trace_file_fail(file, schema->meta->status,
                              "metadata with a bad key, a text too long or no memory");
  }
  hb_trace_schema_print(schema, &file->payload);
  if (file->payload.failed) return fail_plainly(file, HB_ERR_NOMEM);
  if (file->payload.len > HB_TRACE_MAX_PAYLOAD) {
    return hb_trace_file_fail(file, HB_ERR_ARG, "the schema is too long");
  }
  /* What the reader would refuse is refused now, by the same code. */
  const hb_status_t parsed = hb_trace_schema_parse(file->payload.bytes, file->payload.len,
                                                   &file->own, file->error, sizeof(file->error));
  if (parsed != HB_OK) {
    file->failed = parsed == HB_ERR_FORMAT ? HB_ERR_ARG : parsed;
    return file->failed;
  }
  file->error[0] = '\0';
  const uint32_t num_streams = file->own.schema.num_streams;
  file->codecs = calloc((size_t)num_streams + 1, sizeof(*file->codecs));
  if (file->codecs == NULL) return fail_plainly(file, HB_ERR_NOMEM);
  for (uint32_t s = 0; s < num_streams; s++) {
    const hb_status_t status = hb_trace_codec_init(&file->codecs[s], &file->own.schema.streams[s]);
    if (status != HB_OK) return fail_plainly(file, status);
  }
  hb_trace_index_init(&file->index, num_streams);
  const hb_status_t status = hb_trace_member_deflater(&file->deflater);
  if (status != HB_OK) return fail_plainly(file, status);
  file->deflater_ready = true;
  return HB_OK;
}

hb_status_t hb_trace_file_create(hb_trace_file_t *file, const char *path) {
  file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file->fd < 0) return hb_trace_file_fail(file, HB_ERR_IO, strerror(errno));
  file->open = true;
  hb_trace_member_t member = {.kind = HB_TRACE_SCHEMA};
  HB_TRY(add_member(file, &member)); /* the payload is what _init() left in it */
  return flush_out(file);
}

hb_status_t hb_trace_file_end(hb_trace_file_t *file, bool complete, const char *reason) {
  hb_trace_index_t *index = &file->index;
  snprintf(index->reason, sizeof(index->reason), "%s", reason);
  hb_trace_buf_reset(&file->payload);
  hb_trace_index_print(index, &file->payload);
  hb_trace_member_t member = {
      .kind = HB_TRACE_INDEX,
      .flags = complete ? HB_TRACE_FLAG_COMPLETE : 0,
      .window = (uint32_t)index->num_windows,
      .first_cycle = index->first_cycle,
      .last_cycle = index->last_cycle,
  };
  HB_TRY(add_member(file, &member));
  hb_trace_buf_reset(&file->payload);
  member.kind = HB_TRACE_END;
  HB_TRY(add_member(file, &member));
  HB_TRY(flush_out(file));
  file->open = false;
  return close(file->fd) == 0 ? HB_OK : hb_trace_file_fail(file, HB_ERR_IO, strerror(errno));
}

void hb_trace_file_release(hb_trace_file_t *file) {
  if (file->codecs != NULL) {
    for (uint32_t s = 0; s < file->own.schema.num_streams; s++) {
      hb_trace_codec_release(&file->codecs[s]);
    }
    free(file->codecs);
  }
  for (uint32_t f = 0; f < HB_TRACE_MAX_FIELDS; f++) {
    hb_trace_buf_release(&file->columns[f]);
  }
  hb_trace_buf_release(&file->payload);
  hb_trace_buf_release(&file->out);
  hb_trace_index_release(&file->index);
  hb_trace_schema_release(&file->own);
  if (file->deflater_ready) deflateEnd(&file->deflater);
  if (file->open) close(file->fd);
  *file = (hb_trace_file_t){0};
}
