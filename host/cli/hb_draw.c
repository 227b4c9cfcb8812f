/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_draw.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hb_cli.h"
#include "hb_outdir.h"
#include "hb_wave_save.h"
#include "hilbert/hb_tile_regs.h"

enum { WHY_BYTES = 1500 };

#define DEFAULT_MARGIN_PS UINT64_C(20000000) /* 20 us */

static uint64_t cycle_of(const hb_draw_time_t *time, const hb_soc_t *soc) {
  if (time->is_cycle) return time->value;
  return (uint64_t)((unsigned __int128)time->value * soc->clock_khz / UINT64_C(1000000000));
}

/* Marks what is named in the scope; false: there is no such thing, and that was said. */
static bool take_scope(const char *scope, const hb_soc_t *soc, hb_sim_wave_t *wave,
                       bool *sched_out) {
  wave->tiles = scope == NULL ? (uint32_t)((UINT64_C(1) << soc->num_tiles) - 1) : 0;
  wave->noc = *sched_out = scope == NULL;
  for (const char *at = scope; at != NULL;) {
    const size_t len = strcspn(at, ",");
    bool known = true;
    if (len == 5 && strncmp(at, "sched", len) == 0) {
      *sched_out = true;
    } else if (len == 3 && strncmp(at, "noc", len) == 0) {
      wave->noc = true;
    } else {
      known = false;
      for (uint32_t i = 0; i < soc->num_tiles; i++) {
        if (strlen(soc->tiles[i].name) == len && strncmp(at, soc->tiles[i].name, len) == 0) {
          wave->tiles |= 1u << i;
          known = true;
        }
      }
    }
    if (!known) {
      char list[HB_MAX_TILES * (HB_SIM_NAME_MAX + 1) + 1] = "";
      for (uint32_t i = 0; i < soc->num_tiles; i++) {
        strcat(strcat(list, ", "), soc->tiles[i].name);
      }
      hb_cli_fail(HB_EXIT_USAGE, "--wave-scope: expected sched, noc%s, got '%.*s'", list, (int)len,
                  at);
      return false;
    }
    at = at[len] == ',' ? at + len + 1 : NULL;
  }
  return true;
}

/* Whether the scenario has the model and the layer of the event. */
static bool check_names(const hb_wave_event_t *event, const hb_scenario_t *scenario) {
  const hb_task_t *task = NULL;
  char names[HB_IMAGE_MAX_MODELS * (HB_NAME_MAX + 2) + 1] = "";
  for (uint32_t m = 0; m < scenario->num_tasks; m++) {
    if (strcmp(scenario->tasks[m].name, event->model) == 0) task = &scenario->tasks[m];
    strcat(strcat(names, m > 0 ? ", " : ""), scenario->tasks[m].name);
  }
  if (event->model[0] != '\0' && task == NULL) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave-around: scenario %s has no model %s; it has %s",
                scenario->name, event->model, names);
    return false;
  }
  bool known = event->layer[0] == '\0';
  for (uint32_t l = 0; task != NULL && l < task->model.num_layers; l++) {
    known = known || strcmp(task->model.layers[l].name, event->layer) == 0;
  }
  if (!known) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave-around: model %s has no layer %s; its first is %s",
                event->model, event->layer, task->model.layers[0].name);
  }
  return known;
}

int hb_draw_check(const hb_draw_options_t *options, const hb_scenario_t *scenario,
                  const hb_soc_t *soc, uint64_t planned_cycles) {
  hb_sim_wave_t wave;
  bool sched;
  if (!take_scope(options->scope, soc, &wave, &sched)) return HB_EXIT_USAGE;
  const uint64_t from = options->from.given ? cycle_of(&options->from, soc) : 0;
  if (options->has_event && !check_names(&options->event, scenario)) return HB_EXIT_USAGE;
  if (options->has_event && (options->from.given || options->to.given)) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "--wave-around or --wave-from and --wave-to, not both; --wave-margin says "
                       "how much around");
  }
  if (from >= planned_cycles) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "--wave-from: cycle %" PRIu64 " is not in the run, which has %" PRIu64, from,
                       planned_cycles);
  }
  if (options->to.given && cycle_of(&options->to, soc) < from) {
    return hb_cli_fail(HB_EXIT_USAGE, "--wave-to: is before --wave-from");
  }
  return HB_EXIT_OK;
}

static void advance(void *ctx, uint64_t cycle) {
  hb_draw_t *draw = ctx;
  if (draw->status == HB_OK) draw->status = hb_wave_signals_advance(draw->signals, cycle);
}

static int find_window(const hb_draw_options_t *options, const char *trace, uint64_t planned_cycles,
                       hb_draw_t *draw) {
  hb_sim_wave_t *wave = &draw->wave;
  wave->from = options->from.given ? cycle_of(&options->from, draw->soc) : 0;
  wave->to = options->to.given ? cycle_of(&options->to, draw->soc) : UINT64_MAX;
  draw->marker = wave->from;
  if (options->has_event) {
    char why[WHY_BYTES] = "";
    uint64_t first = 0;
    uint64_t last = 0;
    const hb_status_t status =
        hb_wave_event_find(trace, &options->event, &first, &last, why, sizeof(why));
    if (status == HB_ERR_END) {
      return hb_cli_fail(HB_EXIT_FAILED, "no waveform of the event: %s", why);
    }
    if (status != HB_OK) return hb_cli_fail(hb_cli_exit_code(status), "%s", why);
    const hb_draw_time_t usual = {.value = DEFAULT_MARGIN_PS};
    const uint64_t margin = cycle_of(options->margin.given ? &options->margin : &usual, draw->soc);
    wave->from = first > margin ? first - margin : 0;
    wave->to = last + margin;
    draw->marker = first;
  }
  if (wave->from >= planned_cycles) {
    return hb_cli_fail(HB_EXIT_FAILED, "no waveform: cycle %" PRIu64 " is not in the run",
                       draw->marker);
  }
  if (wave->to >= planned_cycles) wave->to = planned_cycles - 1;
  return HB_EXIT_OK;
}

int hb_draw_begin(const hb_draw_options_t *options, const hb_soc_t *soc, const char *out,
                  uint64_t planned_cycles, hb_draw_t *draw) {
  *draw = (hb_draw_t){.soc = soc};
  bool sched = false;
  if (!take_scope(options->scope, soc, &draw->wave, &sched)) return HB_EXIT_USAGE;
  const bool beside = strchr(options->file, '/') == NULL;
  const int len = snprintf(draw->path, sizeof(draw->path), "%s%s%s", beside ? out : "",
                           beside ? "/" : "", options->file);
  if (len >= (int)sizeof(draw->path)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--wave: path longer than %d bytes", HB_PATH_MAX_BYTES - 1);
  }
  snprintf(draw->part, sizeof(draw->part), "%s.part", draw->path);
  char trace[HB_PATH_MAX_BYTES + 32];
  snprintf(trace, sizeof(trace), "%s/%s", out, HB_OUTDIR_TRACE);
  const int code = find_window(options, trace, planned_cycles, draw);
  if (code != HB_EXIT_OK) return code;
  draw->wave.path = draw->part;
  if (sched) {
    char why[WHY_BYTES] = "";
    const hb_status_t status = hb_wave_signals_open(trace, draw->wave.from, draw->wave.to,
                                                    &draw->signals, why, sizeof(why));
    if (status != HB_OK) return hb_cli_fail(hb_cli_exit_code(status), "%s", why);
    draw->wave.signals = hb_wave_signals_list(draw->signals, &draw->wave.num_signals);
    draw->wave.advance = advance;
    draw->wave.ctx = draw;
  }
  return HB_EXIT_OK;
}

/* Of our own tiles. */
static const char *top_module(uint32_t id) {
  switch (id >> HB_TILE_ID_KIND_LSB) {
    case HB_TILE_KIND_WS:
    case HB_TILE_KIND_OS:
      return "hb_tile_systolic";
    case HB_TILE_KIND_VECTOR:
      return "hb_tile_vector";
    default:
      return NULL;
  }
}

int hb_draw_end(hb_draw_t *draw, bool quiet) {
  if (draw->status != HB_OK) {
    return hb_cli_fail(hb_cli_exit_code(draw->status), "%s", hb_wave_signals_error(draw->signals));
  }
  if (rename(draw->part, draw->path) != 0) {
    return hb_cli_fail(HB_EXIT_FAILED, "%s: %s", draw->path, strerror(errno));
  }
  char save_path[HB_PATH_MAX_BYTES + 8]; /* wave.fst: wave.gtkw */
  snprintf(save_path, sizeof(save_path), "%.*s.gtkw", (int)(strlen(draw->path) - strlen(".fst")),
           draw->path);
  hb_wave_save_t save = {.wave = draw->path,
                         .soc = draw->soc,
                         .tiles = draw->wave.tiles,
                         .noc = draw->wave.noc,
                         .signals = draw->wave.signals,
                         .num_signals = draw->wave.num_signals,
                         .from = draw->wave.from,
                         .to = draw->wave.to,
                         .marker = draw->marker};
  for (uint32_t i = 0; i < draw->soc->num_tiles; i++) {
    uint32_t id = 0;
    uint32_t caps = 0;
    if (hb_sim_tile_model_info(draw->soc->tiles[i].model, &id, &caps) != HB_OK) continue;
    save.top[i] = top_module(id);
  }
  char why[WHY_BYTES] = "";
  if (hb_wave_save_write(save_path, &save, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_FAILED, "%s", why);
  }
  if (!quiet) {
    printf("wrote %s, cycles %" PRIu64 " to %" PRIu64 "; scripts/wave opens it with %s\n",
           draw->path, draw->wave.from, draw->wave.to, save_path);
  }
  return HB_EXIT_OK;
}

void hb_draw_release(hb_draw_t *draw) {
  hb_wave_signals_free(draw->signals);
  draw->signals = NULL;
  if (draw->part[0] != '\0') (void)remove(draw->part); /* what was not put in its place */
}
