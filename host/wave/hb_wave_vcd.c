/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_wave_vcd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hb_wave_signals.h"
#include "hb_whole_file.h"

enum { ID_BYTES = 8, MAX_WORDS = HB_SIM_WAVE_BITS / 32 };

typedef struct vcd {
  FILE *out;
  const hb_sim_wave_signal_t *signals;
  uint32_t num_signals;
  uint32_t (*written)[MAX_WORDS]; /* value by signal */
  uint64_t clock_khz;
} vcd_t;

uint64_t hb_wave_time_ps(uint64_t cycle, uint64_t clock_khz) {
  if (clock_khz == 0) clock_khz = 1000000;
  return (uint64_t)((unsigned __int128)cycle * 1000000000u / clock_khz);
}

/* An identifier of the characters '!' .. '~'. */
static void set_id(uint32_t number, char id[ID_BYTES]) {
  size_t len = 0;
  do {
    id[len++] = (char)('!' + number % 94);
    number /= 94;
  } while (number > 0 && len + 1 < ID_BYTES);
  id[len] = '\0';
}

/* Length of what two scopes have in common, whole names only. */
static size_t common_scope(const char *a, const char *b) {
  size_t same = 0;
  for (size_t i = 0;; i++) {
    const bool a_ends = a[i] == '\0' || a[i] == '.';
    const bool b_ends = b[i] == '\0' || b[i] == '.';
    if (a_ends && b_ends) same = i;
    if (a[i] == '\0' || b[i] == '\0' || a[i] != b[i]) return same;
  }
}

static void close_scopes(const char *scope, size_t keep, FILE *out) {
  if (scope[keep] == '\0') return;
  size_t count = 1;
  for (const char *at = scope + keep + (scope[keep] == '.'); *at != '\0'; at++) {
    count += *at == '.';
  }
  for (size_t i = 0; i < count; i++) {
    fputs("$upscope $end\n", out);
  }
}

static void open_scopes(const char *scope, size_t kept, FILE *out) {
  const char *at = scope + kept + (scope[kept] == '.');
  while (*at != '\0') {
    const size_t len = strcspn(at, ".");
    fprintf(out, "$scope module %.*s $end\n", (int)len, at);
    at += len + (at[len] == '.');
  }
}

static void put_header(const vcd_t *vcd) {
  fputs("$version hilbert trace export $end\n$timescale 1ps $end\n", vcd->out);
  const char *scope = "";
  for (uint32_t i = 0; i < vcd->num_signals; i++) {
    const hb_sim_wave_signal_t *signal = &vcd->signals[i];
    const size_t kept = common_scope(scope, signal->scope);
    close_scopes(scope, kept, vcd->out);
    open_scopes(signal->scope, kept, vcd->out);
    scope = signal->scope;
    char id[ID_BYTES];
    set_id(i, id);
    fprintf(vcd->out, "$var wire %" PRIu32 " %s %s", signal->bits, id, signal->name);
    if (signal->bits > 1) fprintf(vcd->out, " [%" PRIu32 ":0]", signal->bits - 1);
    fputs(" $end\n", vcd->out);
  }
  close_scopes(scope, 0, vcd->out);
  fputs("$enddefinitions $end\n", vcd->out);
}

static void put_value(const vcd_t *vcd, uint32_t number) {
  const hb_sim_wave_signal_t *signal = &vcd->signals[number];
  char id[ID_BYTES];
  set_id(number, id);
  if (signal->bits == 1) {
    fprintf(vcd->out, "%" PRIu32 "%s\n", signal->value[0] & 1, id);
    return;
  }
  char text[HB_SIM_WAVE_BITS + 1];
  for (uint32_t i = 0; i < signal->bits; i++) {
    const uint32_t bit = signal->bits - 1 - i;
    text[i] = (signal->value[bit / 32] >> (bit % 32) & 1) != 0 ? '1' : '0';
  }
  text[signal->bits] = '\0';
  const char *digits = strchr(text, '1'); /* leading zeros may be left out */
  fprintf(vcd->out, "b%s %s\n", digits == NULL ? "0" : digits, id);
}

/* Whether the value is another than the one written last, which it then becomes. */
static bool has_changed(const vcd_t *vcd, uint32_t number) {
  const hb_sim_wave_signal_t *signal = &vcd->signals[number];
  const size_t bytes = (signal->bits + 31) / 32 * sizeof(uint32_t);
  if (memcmp(vcd->written[number], signal->value, bytes) == 0) return false;
  memcpy(vcd->written[number], signal->value, bytes);
  return true;
}

static void put_time(const vcd_t *vcd, uint64_t cycle) {
  fprintf(vcd->out, "#%" PRIu64 "\n", hb_wave_time_ps(cycle, vcd->clock_khz));
}

static void put_changes(const vcd_t *vcd, uint64_t cycle) {
  bool timed = false;
  for (uint32_t i = 0; i < vcd->num_signals; i++) {
    if (!has_changed(vcd, i)) continue;
    if (!timed) put_time(vcd, cycle);
    timed = true;
    put_value(vcd, i);
  }
}

static hb_status_t put_all(vcd_t *vcd, hb_wave_signals_t *signals, uint64_t from) {
  put_header(vcd);
  hb_status_t status = hb_wave_signals_advance(signals, from);
  put_time(vcd, from);
  fputs("$dumpvars\n", vcd->out);
  for (uint32_t i = 0; i < vcd->num_signals; i++) {
    (void)has_changed(vcd, i);
    put_value(vcd, i);
  }
  fputs("$end\n", vcd->out);
  for (uint64_t cycle; status == HB_OK && (cycle = hb_wave_signals_next(signals)) != UINT64_MAX;) {
    status = hb_wave_signals_advance(signals, cycle);
    put_changes(vcd, cycle);
  }
  return status;
}

static hb_status_t write_file(const char *out_path, hb_wave_signals_t *signals, vcd_t *vcd,
                              uint64_t from, char *why, size_t why_len) {
  hb_whole_file_t file;
  HB_TRY(hb_whole_file_open(&file, out_path, why, why_len));
  vcd->out = file.out;
  const hb_status_t read = put_all(vcd, signals, from);
  if (read != HB_OK) snprintf(why, why_len, "%s", hb_wave_signals_error(signals));
  /* Of a damaged trace all that it holds is worth having. */
  const hb_status_t kept = read == HB_ERR_FORMAT ? HB_OK : read;
  const hb_status_t status = hb_whole_file_close(&file, kept, why, why_len);
  return status == HB_OK ? read : status;
}

hb_status_t hb_wave_vcd(const char *trace, const char *out_path, uint64_t from, uint64_t to,
                        FILE *notes, char *why, size_t why_len) {
  if (from > to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64, from, to);
    return HB_ERR_ARG;
  }
  struct stat there;
  struct stat source;
  if (stat(out_path, &there) == 0 &&
      (!S_ISREG(there.st_mode) || (stat(trace, &source) == 0 && source.st_dev == there.st_dev &&
                                   source.st_ino == there.st_ino))) {
    snprintf(why, why_len, "%s: %s", out_path,
             S_ISREG(there.st_mode) ? "is the trace itself" : "is no regular file");
    return HB_ERR_ARG;
  }
  hb_wave_signals_t *signals;
  HB_TRY(hb_wave_signals_open(trace, from, to, &signals, why, why_len));
  vcd_t vcd = {.clock_khz = hb_wave_signals_clock_khz(signals)};
  if (vcd.clock_khz == 0) fprintf(notes, "%s: does not say its clock: a cycle is 1 ns\n", trace);
  vcd.signals = hb_wave_signals_list(signals, &vcd.num_signals);
  vcd.written = calloc(vcd.num_signals + 1u, sizeof(*vcd.written));
  hb_status_t status = HB_ERR_NOMEM;
  if (vcd.written == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(status));
  } else {
    status = write_file(out_path, signals, &vcd, from, why, why_len);
  }
  free(vcd.written);
  hb_wave_signals_free(signals);
  return status;
}
