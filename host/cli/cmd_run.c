/* SPDX-License-Identifier: Apache-2.0 */

/* hilbert run SCENARIO: its options. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_analyse.h"
#include "hb_cli.h"
#include "hb_cost.h"
#include "hb_decimal.h"
#include "hb_firmware.h"
#include "hb_job_cost.h"
#include "hb_run.h"
#include "hilbert/hb_image.h"

/* Options as typed; NULL if absent. popt allocates them. */
typedef struct text {
  char *models, *soc, *engine, *policy, *duration, *seed, *out, *firmware, *trace, *stall_ppm,
      *stall_seed, *progress, *dump_dram, *ux_window;
  char *rules, *cost, *cost_table, *cost_hardware, *seeds, *gdb, *sched, *score;
  char *wave, *wave_from, *wave_to, *wave_around, *wave_margin, *wave_scope;
} text_t;

#define UX_WINDOW_MIN_PS UINT64_C(1000000000)

bool hb_run_take_policy(const char *text, hb_run_options_t *options) {
#define TAKE_POLICY(name_, number_) \
  if (strcmp(text, #name_) == 0) {  \
    options->policy = (number_);    \
    options->policy_name = #name_;  \
    return true;                    \
  }
  HB_POLICY_TABLE(TAKE_POLICY)
#undef TAKE_POLICY
  hb_cli_fail(HB_EXIT_USAGE, "--policy: no policy is named %s; `hilbert list policies` names them",
              text);
  return false;
}

static bool take_duration(const char *name, const char *text, uint64_t least_ps, const char *least,
                          uint64_t *ps_out) {
  const hb_status_t status = hb_duration_parse(text, ps_out);
  if (status != HB_OK || *ps_out < least_ps || *ps_out > UINT64_C(3600000000000000)) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected %s to 3600s, such as 34ms or 1.5s, got %s", name,
                least, text);
    return false;
  }
  return true;
}

bool hb_run_take_duration(const char *text, hb_run_options_t *options) {
  return take_duration("--duration", text, 1, "1ps", &options->duration_ps);
}

static bool take_trace(const char *text, hb_run_options_t *options) {
  if (strcmp(text, "off") == 0) {
    options->trace = false;
    return true;
  }
  if (hb_trace_level_from_name(text, &options->trace_level) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE,
                "--trace: expected decisions, jobs, packets, boundary or off, got %s", text);
    return false;
  }
  return true;
}

/* Checked here, applied to the scenario's own in hb_run(). */
static bool take_sched(const char *text, hb_run_options_t *options) {
  char why[256];
  hb_sched_t sched = hb_sched_defaults();
  if (hb_config_sched(text, &sched, why, sizeof(why)) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE, "--sched: %s", why);
    return false;
  }
  if (strcmp(options->policy_name, "dream") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "--sched: parameters of the policy dream, not of %s",
                options->policy_name);
    return false;
  }
  options->sched = text;
  return true;
}

/* Likewise. */
static bool take_score(const char *text, const char **score_out) {
  char why[256];
  hb_score_constants_t constants = HB_SCORE_XRBENCH;
  if (hb_config_score(text, &constants, why, sizeof(why)) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE, "--score: %s", why);
    return false;
  }
  *score_out = text;
  return true;
}

static bool take_progress(const char *text, hb_run_options_t *options) {
  static const char *const NAMES[] = {
      [HB_RUN_PROGRESS_AUTO] = "auto",
      [HB_RUN_PROGRESS_ALWAYS] = "always",
      [HB_RUN_PROGRESS_NEVER] = "never",
  };
  for (int i = 0; i < 3; i++) {
    if (strcmp(text, NAMES[i]) == 0) {
      options->progress = (hb_run_progress_t)i;
      return true;
    }
  }
  hb_cli_fail(HB_EXIT_USAGE, "--progress: expected auto, always or never, got %s", text);
  return false;
}

/* "1.2ms", or a cycle. */
static bool take_time(const char *name, const char *text, hb_draw_time_t *time) {
  if (text == NULL) {
    return true;
  }
  time->given = true;
  time->is_cycle = strspn(text, "0123456789") == strlen(text);
  if (time->is_cycle) {
    return hb_cli_number(name, text, 0, UINT64_MAX / 2, &time->value);
  }
  if (hb_duration_parse(text, &time->value) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE, "%s: expected a time, such as 1.2ms, or a cycle, got %s", name,
                text);
    return false;
  }
  return true;
}

static bool take_wave(const text_t *text, hb_run_options_t *options) {
  const struct {
    const char *name, *text;
  } others[] = {{"--wave-from", text->wave_from},
                {"--wave-to", text->wave_to},
                {"--wave-around", text->wave_around},
                {"--wave-margin", text->wave_margin},
                {"--wave-scope", text->wave_scope}};
  hb_draw_options_t *draw = &options->draw;
  draw->file = text->wave;
  draw->scope = text->wave_scope;
  for (size_t i = 0; text->wave == NULL && i < sizeof(others) / sizeof(others[0]); i++) {
    if (others[i].text != NULL) {
      hb_cli_fail(HB_EXIT_USAGE, "%s needs --wave FILE", others[i].name);
      return false;
    }
  }
  const size_t len = text->wave == NULL ? 0 : strlen(text->wave);
  if (text->wave != NULL && (len <= 4 || strcmp(text->wave + len - 4, ".fst") != 0)) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave: expected a file name that ends in .fst, got '%s'",
                text->wave);
    return false;
  }
  if (text->wave != NULL && (!options->trace || options->trace_level < HB_TRACE_JOBS)) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave needs a trace of jobs or more");
    return false;
  }
  char why[256];
  draw->has_event = text->wave_around != NULL;
  if (draw->has_event &&
      hb_wave_event_parse(text->wave_around, &draw->event, why, sizeof(why)) != HB_OK) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave-around: %s", why);
    return false;
  }
  if (text->wave_margin != NULL && !draw->has_event) {
    hb_cli_fail(HB_EXIT_USAGE, "--wave-margin needs --wave-around EVENT");
    return false;
  }
  return take_time("--wave-from", text->wave_from, &draw->from) &&
         take_time("--wave-to", text->wave_to, &draw->to) &&
         take_time("--wave-margin", text->wave_margin, &draw->margin);
}

static bool take(const text_t *text, hb_run_options_t *options) {
  uint64_t stall_ppm = 0;
  uint64_t gdb_port = 0;
  options->models = text->models;
  options->soc = text->soc;
  options->engine = text->engine;
  options->dump_dram = text->dump_dram;
  options->out = text->out;
  options->firmware = hb_firmware_path(text->firmware);
  options->seed = 1;
  options->stall_seed = 1;
  options->trace = true;
  options->trace_level = HB_TRACE_JOBS;
  if (!hb_run_take_policy(text->policy != NULL ? text->policy : "fcfs", options) ||
      (text->duration != NULL && !hb_run_take_duration(text->duration, options)) ||
      (text->ux_window != NULL && !take_duration("--ux-window", text->ux_window, UX_WINDOW_MIN_PS,
                                                 "1ms", &options->ux_window_ps)) ||
      (text->seed != NULL && !hb_cli_number("--seed", text->seed, 0, UINT64_MAX, &options->seed)) ||
      (text->trace != NULL && !take_trace(text->trace, options)) ||
      (text->sched != NULL && !take_sched(text->sched, options)) ||
      (text->score != NULL && !take_score(text->score, &options->score)) ||
      (text->stall_ppm != NULL &&
       !hb_cli_number("--stall-ppm", text->stall_ppm, 0, 900000, &stall_ppm)) ||
      (text->stall_seed != NULL &&
       !hb_cli_number("--stall-seed", text->stall_seed, 0, UINT64_MAX, &options->stall_seed)) ||
      (text->gdb != NULL && !hb_cli_number("--gdb", text->gdb, 0, UINT16_MAX, &gdb_port)) ||
      (text->progress != NULL && !take_progress(text->progress, options)) ||
      !take_wave(text, options)) {
    return false;
  }
  if (text->gdb != NULL && text->wave != NULL) {
    hb_cli_fail(HB_EXIT_USAGE, "--gdb: not with --wave, which runs twice");
    return false;
  }
  options->stall_ppm = (uint32_t)stall_ppm;
  options->gdb = text->gdb != NULL;
  options->gdb_port = (uint16_t)gdb_port;
  return true;
}

/* --engine analytical without rules: the firmware, and jobs that take what a cost model says. */
static bool take_native(const text_t *text, bool flags, hb_run_options_t *options) {
  const struct {
    const char *name, *text;
  } others[] = {{"--firmware", text->firmware},
                {"--stall-ppm", text->stall_ppm},
                {"--stall-seed", text->stall_seed},
                {"--wave", text->wave},
                {"--gdb", text->gdb},
                {"--dump-dram", text->dump_dram},
                {"--exact-reference, --functional and --no-skip", flags ? "" : NULL}};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    if (others[i].text != NULL) {
      hb_cli_fail(HB_EXIT_USAGE, "%s: not for --engine analytical", others[i].name);
      return false;
    }
  }
  if (text->seeds != NULL) {
    hb_cli_fail(HB_EXIT_USAGE, "--seeds: only with --rules");
    return false;
  }
  options->cost = text->cost != NULL ? text->cost : "systolic";
  options->cost_table = text->cost_table;
  options->cost_hardware = text->cost_hardware;
  bool known = false;
  char names[128] = "";
  size_t used = 0;
  for (uint32_t i = 0; hb_job_cost_name(i) != NULL; i++) {
    known |= strcmp(hb_job_cost_name(i), options->cost) == 0;
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ",
                             hb_job_cost_name(i));
  }
  if (!known) {
    hb_cli_fail(HB_EXIT_USAGE, "--cost: expected one of %s, got %s", names, options->cost);
    return false;
  }
  if ((strcmp(options->cost, "table") == 0) != (text->cost_table != NULL)) {
    hb_cli_fail(HB_EXIT_USAGE, "--cost table and --cost-table FILE go together");
    return false;
  }
  if (text->cost_hardware != NULL && strcmp(options->cost, "maestro") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "--cost-hardware: only for --cost maestro");
    return false;
  }
  if (!take(text, options)) {
    return false;
  }
  if (options->trace && options->trace_level > HB_TRACE_JOBS) {
    hb_cli_fail(HB_EXIT_USAGE, "--trace: expected decisions, jobs or off for --engine analytical");
    return false;
  }
  return true;
}

/* --engine analytical --rules: no SoC, no policy, so most options are not for it. */
static bool take_analytical(const text_t *text, bool flags, hb_analyse_options_t *options) {
  const struct {
    const char *name, *text;
  } others[] = {{"--cost-table", text->cost_table},
                {"--cost-hardware", text->cost_hardware},
                {"--models", text->models},
                {"--soc", text->soc},
                {"--policy", text->policy},
                {"--sched", text->sched},
                {"--duration", text->duration},
                {"--trace", text->trace},
                {"--ux-window", text->ux_window},
                {"--firmware", text->firmware},
                {"--stall-ppm", text->stall_ppm},
                {"--wave", text->wave},
                {"--stall-seed", text->stall_seed},
                {"--gdb", text->gdb},
                {"--progress", text->progress},
                {"--dump-dram", text->dump_dram},
                {"--no-candidates, --exact-reference, --functional, --no-skip and --json",
                 flags ? "" : NULL}};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    if (others[i].text != NULL) {
      hb_cli_fail(HB_EXIT_USAGE, "%s: not for --engine analytical --rules", others[i].name);
      return false;
    }
  }
  if (strcmp(text->rules, "xrbench") != 0) {
    hb_cli_fail(HB_EXIT_USAGE, "--rules: expected xrbench, the only rules there are, got %s",
                text->rules);
    return false;
  }
  options->cost = text->cost != NULL ? text->cost : "table";
  bool known = false;
  char names[128] = "";
  size_t used = 0;
  for (uint32_t i = 0; hb_cost_model_name(i) != NULL; i++) {
    known |= strcmp(hb_cost_model_name(i), options->cost) == 0;
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ",
                             hb_cost_model_name(i));
  }
  if (!known) {
    hb_cli_fail(HB_EXIT_USAGE, "--cost: expected one of %s, got %s", names, options->cost);
    return false;
  }
  options->out = text->out;
  options->seed = 1;
  options->num_seeds = 1;
  return (text->score == NULL || take_score(text->score, &options->score)) &&
         (text->seed == NULL ||
          hb_cli_number("--seed", text->seed, 0, UINT64_MAX / 2, &options->seed)) &&
         (text->seeds == NULL ||
          hb_cli_number("--seeds", text->seeds, 1, 1000000, &options->num_seeds));
}

static int run_either(const text_t *text, bool flags, hb_run_options_t *options) {
  if (text->engine != NULL && strcmp(text->engine, "analytical") == 0) {
    if (text->rules == NULL) {
      return take_native(text, flags, options) ? hb_run(options) : HB_EXIT_USAGE;
    }
    hb_analyse_options_t analyse = {.suite = options->scenario};
    const bool any = flags || !options->candidates || options->json;
    return take_analytical(text, any, &analyse) ? hb_analyse(&analyse) : HB_EXIT_USAGE;
  }
  const struct {
    const char *name, *text;
  } others[] = {{"--rules", text->rules},
                {"--cost", text->cost},
                {"--cost-table", text->cost_table},
                {"--cost-hardware", text->cost_hardware},
                {"--seeds", text->seeds}};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    if (others[i].text != NULL) {
      return hb_cli_fail(HB_EXIT_USAGE, "%s: only for --engine analytical", others[i].name);
    }
  }
  return take(text, options) ? hb_run(options) : HB_EXIT_USAGE;
}

int hb_cmd_run(int argc, const char **argv) {
  text_t text = {0};
  int no_skip = 0;
  int functional = 0;
  int exact_reference = 0;
  int no_candidates = 0;
  int json = 0;
  const struct poptOption table[] = {
      {"models", '\0', POPT_ARG_STRING, &text.models, 0,
       "one of the scenario's model_sets; default: the first", "SET"},
      {"soc", '\0', POPT_ARG_STRING, &text.soc, 0, "SoC file or name; default: the scenario's",
       "SOC"},
      {"engine", '\0', POPT_ARG_STRING, &text.engine, 0,
       "rtl, or twin: models of the tiles that are exact to the cycle and compute no data; "
       "default: "
       "rtl; ,TILE=rtl or ,TILE=twin for one tile; or analytical: the firmware's policies on jobs "
       "that take what a cost model says",
       "NAME"},
      {"functional", '\0', POPT_ARG_NONE, &functional, 0,
       "twins compute data too: what RTL leaves in memory; default: they write zeros", NULL},
      {"dump-dram", '\0', POPT_ARG_STRING, &text.dump_dram, 0,
       "write what is in memory at the end, from its first byte on, with holes for zeros", "FILE"},
      {"rules", '\0', POPT_ARG_STRING, &text.rules, 0,
       "analytical: a suite by its own load generator, dispatch and scores; xrbench", "NAME"},
      {"cost", '\0', POPT_ARG_STRING, &text.cost, 0,
       "analytical: cost model; default: systolic, with --rules table", "NAME"},
      {"cost-table", '\0', POPT_ARG_STRING, &text.cost_table, 0,
       "of --cost table: columns model, layer, tile, cycles", "FILE.csv"},
      {"cost-hardware", '\0', POPT_ARG_STRING, &text.cost_hardware, 0,
       "of --cost maestro: MAESTRO's hardware file of a tile model, in place of what the SoC says",
       "TILE=FILE.m,..."},
      {"seeds", '\0', POPT_ARG_STRING, &text.seeds, 0,
       "with --rules: also seeds.csv, of so many seeds from --seed on; default: 1", "N"},
      {"policy", '\0', POPT_ARG_STRING, &text.policy, 0, "scheduling policy; default: fcfs",
       "NAME"},
      {"sched", '\0', POPT_ARG_STRING, &text.sched, 0,
       "parameters of the policy dream, such as alpha=0.5,drop=off; default: the scenario's",
       "KEY=VALUE,..."},
      {"score", '\0', POPT_ARG_STRING, &text.score, 0,
       "constants of scores: k_per_ms=15,energy_max_mj=1500; default: the scenario's or suite's",
       "NAME=VALUE,..."},
      {"duration", '\0', POPT_ARG_STRING, &text.duration, 0,
       "simulated time, such as 34ms; default: the scenario's", "TIME"},
      {"ux-window", '\0', POPT_ARG_STRING, &text.ux_window, 0,
       "length of the windows of UXCost over time; default: 100ms", "TIME"},
      {"seed", '\0', POPT_ARG_STRING, &text.seed, 0, "of weights, frames and jitter; default: 1",
       "N"},
      {"out", '\0', POPT_ARG_STRING, &text.out, 0,
       "result directory; default: out/<scenario>-<soc>-<policy>", "DIR"},
      {"trace", '\0', POPT_ARG_STRING, &text.trace, 0,
       "decisions, jobs, packets, boundary or off; default: jobs", "LEVEL"},
      {"no-candidates", '\0', POPT_ARG_NONE, &no_candidates, 0,
       "leave what the policy chose from out of the trace", NULL},
      {"firmware", '\0', POPT_ARG_STRING, &text.firmware, 0,
       "firmware.elf; default: $HILBERT_FIRMWARE or the one built with hilbert", "FILE"},
      {"no-skip", '\0', POPT_ARG_NONE, &no_skip, 0, "evaluate every module in every cycle", NULL},
      {"exact-reference", '\0', POPT_ARG_NONE, &exact_reference, 0,
       "that, and network and DRAM flit by flit and command by command, nothing ahead of its cycle",
       NULL},
      {"stall-ppm", '\0', POPT_ARG_STRING, &text.stall_ppm, 0,
       "random back-pressure at tile boundaries, chance per cycle; default: 0", "N"},
      {"stall-seed", '\0', POPT_ARG_STRING, &text.stall_seed, 0, "its seed; default: 1", "N"},
      {"wave", '\0', POPT_ARG_STRING, &text.wave, 0,
       "write a waveform (FST), in the result directory if it has no '/'; runs twice", "FILE"},
      {"wave-from", '\0', POPT_ARG_STRING, &text.wave_from, 0,
       "its first cycle, or time such as 1ms; default: 0", "TIME"},
      {"wave-to", '\0', POPT_ARG_STRING, &text.wave_to, 0, "its last; default: the run's", "TIME"},
      {"wave-around", '\0', POPT_ARG_STRING, &text.wave_around, 0,
       "instead: deadline-miss [MODEL], drop [MODEL], error, cycle N, or job MODEL frame N [layer "
       "NAME]",
       "EVENT"},
      {"wave-margin", '\0', POPT_ARG_STRING, &text.wave_margin, 0,
       "before and behind the event; default: 20us", "TIME"},
      {"wave-scope", '\0', POPT_ARG_STRING, &text.wave_scope, 0,
       "tiles by name, sched, noc, separated by commas; default: all", "NAMES"},
      {"gdb", '\0', POPT_ARG_STRING, &text.gdb, 0,
       "wait for gdb-multiarch on this TCP port of localhost before the first instruction; 0: any "
       "free one",
       "PORT"},
      {"json", '\0', POPT_ARG_NONE, &json, 0, "print metrics.json instead of tables", NULL},
      {"progress", '\0', POPT_ARG_STRING, &text.progress, 0, "auto, always or never", "WHEN"},
      POPT_TABLEEND};
  poptContext context;
  const char **operands;
  int exit_code =
      hb_cli_parse(argc, argv, table, "SCENARIO",
                   "Runs a scenario, a file or a name from `hilbert list scenarios`, on a "
                   "system-on-chip. Prints\n"
                   "tables and leaves metrics.json and trace.hbt in the result directory.",
                   1, 1, &context, &operands);
  if (exit_code < 0) {
    hb_run_options_t options = {.scenario = operands[0],
                                .no_skip = no_skip,
                                .exact_reference = exact_reference,
                                .functional = functional,
                                .candidates = !no_candidates,
                                .json = json};
    exit_code = run_either(&text, no_skip || exact_reference || functional, &options);
    poptFreeContext(context);
  }
  char *const texts[] = {text.models,     text.dump_dram,   text.ux_window,   text.rules,
                         text.cost,       text.cost_table,  text.seeds,       text.engine,
                         text.soc,        text.policy,      text.duration,    text.seed,
                         text.out,        text.firmware,    text.trace,       text.stall_ppm,
                         text.stall_seed, text.progress,    text.wave,        text.wave_from,
                         text.wave_to,    text.wave_around, text.wave_margin, text.wave_scope,
                         text.gdb,        text.sched,       text.score,       text.cost_hardware};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    free(texts[i]);
  }
  return exit_code;
}
