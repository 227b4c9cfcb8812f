/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_wave_save.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hb_wave_vcd.h"

/* How GTKWave shows a line: the bits of its flags (traces of a save file begin with @FLAGS). */
#define SHOW_BIT UINT64_C(0x28) /* binary, right-justified */
#define SHOW_HEX UINT64_C(0x22)
#define SHOW_DECIMAL UINT64_C(0x24)
#define SHOW_SIGNED UINT64_C(0x420)
#define SHOW_TEXT UINT64_C(0x820)          /* ASCII */
#define SHOW_STEPS UINT64_C(0x8024)        /* decimal, as a curve */
#define SHOW_MORE_HEIGHT UINT64_C(0x20000) /* a line more for the curve above */
#define SHOW_NAMED UINT64_C(0x2022)        /* hexadecimal, through a file of names */
#define SHOW_STATE UINT64_C(0x100000028)   /* by the names that the waveform has of its values */
#define GROUP_BEGIN UINT64_C(0x800200)
#define GROUP_BEGIN_CLOSED UINT64_C(0xc00200)
#define GROUP_END UINT64_C(0x1000200)
#define GROUP_END_CLOSED UINT64_C(0x1401200)

/* GTKWave's colours, from 1. */
enum { RED = 1, ORANGE, YELLOW, GREEN, BLUE, INDIGO, VIOLET };

enum {
  PIXELS = 1000, /* of time, on a screen */
  CURVE_LINES = 2
};

typedef struct saver {
  FILE *out;
  const hb_wave_save_t *save;
  const char *names; /* file of the names of AXI responses */
} saver_t;

/* ---------------------------------------------------------------------------------------- lines
 */

static void begin_group(const saver_t *s, const char *name, bool closed) {
  fprintf(s->out, "@%" PRIx64 "\n-%s\n", closed ? GROUP_BEGIN_CLOSED : GROUP_BEGIN, name);
}

static void end_group(const saver_t *s, const char *name, bool closed) {
  fprintf(s->out, "@%" PRIx64 "\n-%s\n", closed ? GROUP_END_CLOSED : GROUP_END, name);
}

/* `alias`: what to call it; NULL: the last part of its name, with its bits. */
static void __attribute__((format(printf, 5, 6)))
put(const saver_t *s, uint64_t show, int color, const char *alias, const char *format, ...) {
  fprintf(s->out, "@%" PRIx64 "\n", show);
  if (color != 0) fprintf(s->out, "[color] %d\n", color);
  if (show == SHOW_NAMED) fprintf(s->out, "^1 %s\n", s->names);
  if (alias != NULL) fprintf(s->out, "+{%s} ", alias);
  va_list args;
  va_start(args, format);
  vfprintf(s->out, format, args);
  va_end(args);
  fputc('\n', s->out);
  for (int i = 0; show == SHOW_STEPS && i < CURVE_LINES; i++) {
    fprintf(s->out, "@%" PRIx64 "\n-\n", SHOW_MORE_HEIGHT);
  }
}

static bool is_in(const char *scope, const char *parent) {
  const size_t len = strlen(parent);
  return strncmp(scope, parent, len) == 0 && (scope[len] == '.' || scope[len] == '\0');
}

/* What a signal looks like best; those of a scope in this order, others behind them. */
static const struct {
  const char *name;
  uint64_t show;
  int color;
} kLooks[] = {
    {"decision", SHOW_TEXT, YELLOW},  {"score", SHOW_SIGNED, YELLOW},
    {"term0", SHOW_SIGNED, YELLOW},   {"term1", SHOW_SIGNED, YELLOW},
    {"term2", SHOW_SIGNED, YELLOW},   {"term3", SHOW_SIGNED, YELLOW},
    {"alpha_q16", SHOW_STEPS, GREEN}, {"beta_q16", SHOW_STEPS, GREEN},
    {"tuning", SHOW_TEXT, GREEN},     {"ready", SHOW_DECIMAL, BLUE},
    {"free", SHOW_DECIMAL, BLUE},     {"miss", SHOW_TEXT, RED},
    {"misses", SHOW_DECIMAL, RED},    {"drop", SHOW_TEXT, ORANGE},
    {"drops", SHOW_DECIMAL, ORANGE},  {"fault", SHOW_TEXT, RED},
    {"faults", SHOW_DECIMAL, RED},    {"given", SHOW_TEXT, INDIGO},
    {"job", SHOW_TEXT, GREEN},        {"waiting", SHOW_STEPS, BLUE},
};
enum { NUM_LOOKS = sizeof(kLooks) / sizeof(kLooks[0]) };

static size_t look_of(const hb_sim_wave_signal_t *signal) {
  size_t i = 0;
  while (i < NUM_LOOKS && strcmp(kLooks[i].name, signal->name) != 0) {
    i++;
  }
  return i;
}

static void put_signal(const saver_t *s, const hb_sim_wave_signal_t *signal) {
  const size_t look = look_of(signal);
  uint64_t show = signal->text ? SHOW_TEXT : signal->bits == 1 ? SHOW_BIT : SHOW_DECIMAL;
  int color = 0;
  if (look < NUM_LOOKS) {
    show = kLooks[look].show;
    color = kLooks[look].color;
  }
  if (signal->bits == 1) {
    put(s, show, color, NULL, "%s.%s", signal->scope, signal->name);
  } else {
    put(s, show, color, signal->name, "%s.%s[%" PRIu32 ":0]", signal->scope, signal->name,
        signal->bits - 1);
  }
}

static void put_scope(const saver_t *s, const char *scope) {
  for (size_t look = 0; look <= NUM_LOOKS; look++) {
    for (uint32_t i = 0; i < s->save->num_signals; i++) {
      const hb_sim_wave_signal_t *signal = &s->save->signals[i];
      if (strcmp(signal->scope, scope) == 0 && look_of(signal) == look) put_signal(s, signal);
    }
  }
}

/* With all scopes inside of it, in the order of the waveform. */
static void put_deep(const saver_t *s, const char *scope) {
  for (uint32_t i = 0; i < s->save->num_signals; i++) {
    if (is_in(s->save->signals[i].scope, scope)) put_signal(s, &s->save->signals[i]);
  }
}

/* --------------------------------------------------------------------------------------- groups
 */

/* All of a tile's AXI port. */
static void put_axi(const saver_t *s, const char *name) {
  static const char *const bits[] = {"arvalid", "arready", "rvalid", "rready", "rlast",  "awvalid",
                                     "awready", "wvalid",  "wready", "wlast",  "bvalid", "bready"};
  char title[HB_SIM_NAME_MAX + 8];
  snprintf(title, sizeof(title), "%s axi", name);
  begin_group(s, title, true);
  for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
    put(s, SHOW_BIT, 0, NULL, "%s.m_axi_%s", name, bits[i]);
  }
  put(s, SHOW_HEX, 0, "m_axi_araddr", "%s.m_axi_araddr[31:0]", name);
  put(s, SHOW_HEX, 0, "m_axi_awaddr", "%s.m_axi_awaddr[31:0]", name);
  put(s, SHOW_NAMED, 0, "m_axi_rresp", "%s.m_axi_rresp[1:0]", name);
  put(s, SHOW_NAMED, 0, "m_axi_bresp", "%s.m_axi_bresp[1:0]", name);
  end_group(s, title, true);
}

static void put_tile(const saver_t *s, uint32_t index) {
  const char *name = s->save->soc->tiles[index].name;
  char scope[HB_SIM_NAME_MAX + 8];
  snprintf(scope, sizeof(scope), "sched.%s", name);
  begin_group(s, name, false);
  put_scope(s, scope);
  if ((s->save->tiles >> index & 1) != 0) {
    if (s->save->top[index] != NULL) {
      put(s, SHOW_STATE, VIOLET, "control", "%s.%s.u_ctl.state_q[2:0]", name, s->save->top[index]);
      put(s, SHOW_STATE, VIOLET, "decoder", "%s.%s.u_decode.state_q[2:0]", name,
          s->save->top[index]);
    }
    /* Enough to see what it does; the rest of the port is in a group that is closed. */
    static const char *const bits[] = {"idle_o",       "irq_o",         "m_axi_arvalid",
                                       "m_axi_rvalid", "m_axi_awvalid", "m_axi_wvalid"};
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
      put(s, SHOW_BIT, 0, NULL, "%s.%s", name, bits[i]);
    }
    put_axi(s, name);
  }
  end_group(s, name, false);
}

static void put_noc(const saver_t *s) {
  static const char *const nets[] = {"request", "response"};
  const hb_soc_noc_t *noc = &s->save->soc->noc;
  for (int net = 0; net < 2; net++) {
    char title[32];
    snprintf(title, sizeof(title), "noc %s", nets[net]);
    begin_group(s, title, true);
    for (uint32_t y = 0; y < noc->rows; y++) {
      for (uint32_t x = 0; x < noc->columns; x++) {
        const struct {
          const char *name;
          bool there;
        } links[] = {{"inject", true},
                     {"eject", true},
                     {"north", y > 0},
                     {"east", x + 1 < noc->columns},
                     {"south", y + 1 < noc->rows},
                     {"west", x > 0}};
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
          if (!links[i].there) continue;
          put(s, SHOW_BIT, 0, NULL, "noc.%s.router_%" PRIu32 "_%" PRIu32 ".%s", nets[net], x, y,
              links[i].name);
        }
      }
    }
    end_group(s, title, true);
  }
}

static void put_head(const saver_t *s) {
  const hb_wave_save_t *save = s->save;
  const uint64_t from = hb_wave_time_ps(save->from, save->soc->clock_khz);
  const uint64_t to = hb_wave_time_ps(save->to + 1, save->soc->clock_khz);
  const uint64_t marker = hb_wave_time_ps(save->marker, save->soc->clock_khz);
  fprintf(s->out, "[*] hilbert run --wave\n[dumpfile] \"%s\"\n[timestart] %" PRIu64 "\n",
          save->wave, from);
  fprintf(s->out, "[size] 1600 1000\n[sst_width] 200\n[signals_width] 260\n");
  /* The window as wide as the screen: minus the logarithm of the ps that 200 pixels show. */
  fprintf(s->out, "*%f %" PRIu64, -log2((double)(to - from) * 200 / PIXELS), marker);
  for (int i = 0; i < 26; i++)
    fputs(" -1", s->out); /* no named markers */
  fputc('\n', s->out);
}

static void put_all(const saver_t *s) {
  put_head(s);
  if (s->save->num_signals > 0) {
    begin_group(s, "scheduler", false);
    put_scope(s, "sched");
    end_group(s, "scheduler", false);
    begin_group(s, "models", true);
    put_deep(s, "model");
    end_group(s, "models", true);
    begin_group(s, "interrupts", true);
    put_deep(s, "sched.irq");
    end_group(s, "interrupts", true);
  }
  for (uint32_t i = 0; i < s->save->soc->num_tiles; i++) {
    put_tile(s, i);
  }
  if (s->save->noc) put_noc(s);
}

static hb_status_t finish(FILE *file, const char *path, char *why, size_t why_len) {
  const bool bad = ferror(file) != 0;
  if (fclose(file) != 0 || bad) {
    snprintf(why, why_len, "%s: %s", path, strerror(errno));
    return HB_ERR_IO;
  }
  return HB_OK;
}

static hb_status_t create(const char *path, FILE **file_out, char *why, size_t why_len) {
  *file_out = fopen(path, "w");
  if (*file_out != NULL) return HB_OK;
  snprintf(why, why_len, "%s: %s", path, strerror(errno));
  return HB_ERR_IO;
}

hb_status_t hb_wave_save_write(const char *path, const hb_wave_save_t *save, char *why,
                               size_t why_len) {
  FILE *file;
  char names[4096];
  if (snprintf(names, sizeof(names), "%s.resp.txt", path) >= (int)sizeof(names)) {
    snprintf(why, why_len, "%s: path too long", path);
    return HB_ERR_IO;
  }
  HB_TRY(create(names, &file, why, why_len));
  fputs("0 OKAY\n1 EXOKAY\n2 SLVERR\n3 DECERR\n", file);
  HB_TRY(finish(file, names, why, why_len));
  HB_TRY(create(path, &file, why, why_len));
  const saver_t saver = {.out = file, .save = save, .names = names};
  put_all(&saver);
  return finish(file, path, why, why_len);
}
