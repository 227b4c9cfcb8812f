/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hb_certify.h"
#include "hb_cli.h"
#include "hb_collect.h"
#include "hb_dump.h"
#include "hb_energy.h"
#include "hb_firmware.h"
#include "hb_interrupt.h"
#include "hb_job_cost.h"
#include "hb_library.h"
#include "hb_map.h"
#include "hb_metrics.h"
#include "hb_native.h"
#include "hb_outdir.h"
#include "hb_progress.h"
#include "hb_tables.h"
#include "hb_trace_sink.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

enum {
  POLL_CYCLES = 50000,
  LINE_BYTES = 4096,
  NOTE_BYTES = 512,
  NOTE_NAMED = 3,
};

#define UX_WINDOW_PS UINT64_C(100000000000)
#define PS_PER_KHZ_CYCLE UINT64_C(1000000000) /* ps times kHz that make one cycle */

typedef struct run {
  const hb_run_options_t *options;
  char line[LINE_BYTES]; /* what went wrong */
  char note[NOTE_BYTES]; /* what --duration leaves out; "" if nothing */
  char soc_path[HB_PATH_MAX_BYTES];
  char out[HB_PATH_MAX_BYTES];
  hb_scenario_t scenario;
  hb_soc_t soc;
  hb_firmware_t firmware;
  hb_workload_t workload; /* without the segments' bytes once they are in the machine */
  char workload_sha256[HB_SHA256_TEXT]; /* of traces of the boundary */
  hb_score_t *score;
  hb_energy_t *energy;
  hb_trace_sink_t *trace;
  uint32_t twin_tiles;      /* bit per tile: its twin instead of its RTL */
  char engine[LINE_BYTES];  /* as told in results: options->engine, or "rtl" */
  uint64_t num_refused;     /* DMA accesses outside the windows of their model */
  hb_sim_refused_t refused; /* the first of them */
  hb_sim_t *sim;
  hb_progress_t progress;
  hb_sim_stop_t stop;
  hb_metrics_t metrics;
  hb_job_cost_t *costs;      /* of the analytical engine, else NULL */
  hb_status_t native_status; /* of the same: how it ended, when, and why */
  uint64_t native_end;
  char native_why[256];
  bool drawing; /* this is the second time, for the waveform */
  hb_draw_t draw;
} run_t;

/* ------------------------------------------------------------------------------------------------
 * input */

static int load_files(run_t *run) {
  hb_config_error_t error;
  char path[HB_PATH_MAX_BYTES];
  hb_status_t status = hb_library_find(HB_CONFIG_SCENARIO, run->options->scenario, path, &error);
  if (status == HB_OK) {
    status = hb_config_load_scenario_set(path, run->options->models, &run->scenario, &error);
  }
  if (status != HB_OK) {
    return hb_cli_bad_file(status, &error);
  }
  char why[256];
  if (run->options->sched != NULL &&
      hb_config_sched(run->options->sched, &run->scenario.sched, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_USAGE, "--sched: %s", why);
  }
  if (run->options->score != NULL &&
      hb_config_score(run->options->score, &run->scenario.constants, why, sizeof(why)) != HB_OK) {
    return hb_cli_fail(HB_EXIT_USAGE, "--score: %s", why);
  }
  if (run->options->soc != NULL) {
    status = hb_library_find(HB_CONFIG_SOC, run->options->soc, run->soc_path, &error);
  } else if (run->scenario.soc_path[0] == '\0') {
    return hb_cli_fail(HB_EXIT_USAGE, "%s names no soc; give one with --soc", path);
  } else {
    strcpy(run->soc_path, run->scenario.soc_path);
  }
  if (status == HB_OK) {
    status = hb_config_load_soc(run->soc_path, hb_cli_tile_known, &run->soc, &error);
  }
  if (status == HB_OK) {
    status = hb_config_check_faults(path, &run->scenario, &run->soc, &error);
  }
  if (status == HB_OK && run->options->cost != NULL && run->scenario.num_faults > 0) {
    return hb_cli_fail(HB_EXIT_USAGE,
                       "%s:%u: faults: not for --engine analytical, which has no tiles", path,
                       run->scenario.faults[0].line);
  }
  return status == HB_OK ? HB_EXIT_OK : hb_cli_bad_file(status, &error);
}

static int load_firmware(run_t *run) {
  if (run->options->cost != NULL) {
    return HB_EXIT_OK; /* it is part of this program */
  }
  const int code = hb_firmware_read(run->options->firmware, &run->firmware);
  if (code == HB_EXIT_OK && run->options->trace && run->options->candidates &&
      run->firmware.elf.num_probes == 0) {
    fprintf(stderr,
            "%s: expected a section .hilbert.probes, which candidates are recorded by; "
            "--no-candidates does without\n",
            run->options->firmware);
    return HB_EXIT_INPUT;
  }
  return code;
}

/* One word of --engine: "rtl", "twin" or either for one tile that is not among those `named`. */
static bool take_engine_word(run_t *run, const char *word, size_t len, bool first,
                             uint32_t *named) {
  const size_t name_len = first ? 0 : (size_t)strcspn(word, "=,");
  const char *kind = first ? word : word + name_len + 1;
  const size_t kind_len = first ? len : len > name_len ? len - name_len - 1 : 0;
  const bool twin = kind_len == 4 && strncmp(kind, "twin", 4) == 0;
  if (!twin && !(kind_len == 3 && strncmp(kind, "rtl", 3) == 0)) {
    return false;
  }
  for (uint32_t i = 0; i < run->soc.num_tiles; i++) {
    const char *name = run->soc.tiles[i].name;
    if (!first && (strlen(name) != name_len || strncmp(name, word, name_len) != 0)) {
      continue;
    }
    run->twin_tiles = twin ? run->twin_tiles | 1u << i : run->twin_tiles & ~(1u << i);
    if (!first) {
      const bool again = (*named >> i & 1u) != 0;
      *named |= 1u << i;
      return !again;
    }
  }
  return first;
}

static int take_engine(run_t *run) {
  const char *text = run->options->engine == NULL ? "rtl" : run->options->engine;
  if (run->options->cost != NULL) {
    const char *hardware = run->options->cost_hardware;
    snprintf(run->engine, sizeof(run->engine), "%s, %s%s%s", text, run->options->cost,
             hardware != NULL ? ", " : "", hardware != NULL ? hardware : "");
    return HB_EXIT_OK;
  }
  if (snprintf(run->engine, sizeof(run->engine), "%s", text) >= (int)sizeof(run->engine)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--engine: too long");
  }
  uint32_t named = 0;
  for (const char *word = text, *end; word != NULL; word = end) {
    const size_t len = strcspn(word, ",");
    end = word[len] == ',' ? word + len + 1 : NULL;
    if (!take_engine_word(run, word, len, word == text, &named)) {
      return hb_cli_fail(
          HB_EXIT_USAGE,
          "--engine: expected rtl or twin, then TILE=rtl or TILE=twin once for tiles "
          "of %s, separated by commas, got %.*s",
          run->soc.name, (int)len, word);
    }
  }
  if (run->options->functional && run->twin_tiles == 0) {
    return hb_cli_fail(
        HB_EXIT_USAGE,
        "--functional: RTL always computes its data; this is for twins, and --engine "
        "%s has none",
        text);
  }
  return HB_EXIT_OK;
}

/* Cycles that begin before `ps`: the run's length. */
static uint64_t cycles_of(uint64_t ps, uint32_t clock_khz) {
  const unsigned __int128 cycles =
      ((unsigned __int128)ps * clock_khz + PS_PER_KHZ_CYCLE - 1) / PS_PER_KHZ_CYCLE;
  return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

/* One more of what a shorter run leaves out; the first few by name. */
__attribute__((format(printf, 4, 5))) static void add_left_out(run_t *run, uint32_t *num,
                                                               uint64_t at_ps, const char *format,
                                                               ...) {
  if (*num < NOTE_NAMED) {
    char what[HB_NAME_MAX + 32];
    const size_t used = strlen(run->note);
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(run->note + used, sizeof(run->note) - used, "%s %s at %.9g ms", *num == 0 ? "" : ",",
             what, (double)at_ps / 1e9);
  }
  (*num)++;
}

/* Says once what the scenario has behind the end that --duration gives it. */
static void note_left_out(run_t *run) {
  const uint64_t end_ps = run->options->duration_ps;
  uint32_t num = 0;
  if (end_ps == 0) {
    return;
  }
  snprintf(run->note, sizeof(run->note), "--duration ends the run at %.9g ms, before",
           (double)end_ps / 1e9);
  for (uint32_t i = 0; i < run->scenario.num_faults; i++) {
    if (run->scenario.faults[i].time_ps >= end_ps) {
      add_left_out(run, &num, run->scenario.faults[i].time_ps, "faults[%u]", i);
    }
  }
  for (uint32_t i = 0; i < run->scenario.num_tasks; i++) {
    const hb_task_t *task = &run->scenario.tasks[i];
    if (task->start_ps + task->offset_ps >= end_ps) {
      add_left_out(run, &num, task->start_ps + task->offset_ps, "the first frame of %s",
                   task->name);
    }
    if (task->stop_ps > end_ps) {
      add_left_out(run, &num, task->stop_ps, "stop_ms of %s", task->name);
    }
  }
  if (num > NOTE_NAMED) {
    const size_t used = strlen(run->note);
    snprintf(run->note + used, sizeof(run->note) - used, " and %u more", num - NOTE_NAMED);
  }
  if (num == 0) {
    run->note[0] = '\0';
  } else if (!run->drawing) {
    hb_cli_fail(0, "warning: %s", run->note);
  }
}

static uint32_t image_flags(const run_t *run) {
  return HB_IMAGE_FLAG_PROTECT | (run->scenario.drop_late ? HB_IMAGE_FLAG_DROP_LATE : 0u);
}

static int compile(run_t *run) {
  char why[1024] = "";
  const hb_status_t status =
      hb_map_scenario(&run->scenario, &run->soc, run->options->policy, run->options->seed,
                      image_flags(run), &run->workload, why, sizeof(why));
  if (status != HB_OK) {
    fprintf(stderr, "%s: scenario %s does not fit: %s\n", run->soc_path, run->scenario.name, why);
    return hb_cli_exit_code(status);
  }
  return HB_EXIT_OK;
}

static int find_costs(run_t *run) {
  if (run->options->cost == NULL) {
    return HB_EXIT_OK;
  }
  hb_config_error_t error;
  const hb_status_t status = hb_job_cost_new(
      &run->scenario, &run->soc, &run->workload, run->options->cost, run->options->cost_table,
      run->options->cost_hardware, run->options->cost_table_shared, &run->costs, &error);
  return status == HB_OK ? HB_EXIT_OK : hb_cli_bad_file(status, &error);
}

/* --------------------------------------------------------------------------------------------
 * callbacks */

static void on_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  run_t *run = ctx;
  hb_score_telemetry(run->score, cycle, words, num);
  if (run->trace != NULL) {
    hb_trace_sink_telemetry(run->trace, cycle, words, num);
  }
}

static void on_job(void *ctx, const hb_sim_job_t *job) {
  run_t *run = ctx;
  hb_score_job(run->score, job);
  hb_energy_job(run->energy, job);
  if (run->costs != NULL) { /* there is no tile that counts */
    run->metrics.tiles[job->tile].jobs++;
    run->metrics.tiles[job->tile].busy += job->busy;
  }
  if (run->trace != NULL) {
    hb_trace_sink_job(run->trace, job);
  }
}

static void on_irq(void *ctx, uint64_t cycle, uint32_t bit, bool level) {
  run_t *run = ctx;
  hb_score_irq(run->score, cycle, bit, level);
  if (run->trace != NULL) {
    hb_trace_sink_irq(run->trace, cycle, bit, level);
  }
}

static void on_pass(void *ctx, uint64_t woke, uint64_t slept) {
  run_t *run = ctx;
  hb_score_pass(run->score, woke, slept);
  if (run->trace != NULL) {
    hb_trace_sink_pass(run->trace, woke, slept);
  }
}

static void on_refused(void *ctx, const hb_sim_refused_t *refused) {
  run_t *run = ctx;
  if (run->num_refused++ == 0) {
    run->refused = *refused;
  }
  if (run->trace != NULL) {
    hb_trace_sink_refused(run->trace, refused);
  }
}

static void on_tile_event(void *ctx, const hb_sim_tile_event_t *event) {
  run_t *run = ctx;
  hb_score_tile_event(run->score, event);
  if (run->trace != NULL) {
    hb_trace_sink_tile_event(run->trace, event);
  }
}

static void on_path(void *ctx, const hb_sim_path_t *path) {
  run_t *run = ctx;
  if (run->trace != NULL) {
    hb_trace_sink_path(run->trace, path);
  }
}

static void on_packet(void *ctx, const hb_sim_packet_t *packet) {
  run_t *run = ctx;
  hb_trace_sink_packet(run->trace, packet);
}

static void on_boundary(void *ctx, const hb_sim_boundary_t *boundary) {
  run_t *run = ctx;
  hb_trace_sink_boundary(run->trace, boundary);
}

static bool on_poll(void *ctx, uint64_t cycle) {
  run_t *run = ctx;
  uint64_t arrived = 0;
  uint64_t ended = 0;
  if (run->trace != NULL) {
    hb_trace_sink_tick(run->trace, cycle);
  }
  hb_score_progress(run->score, &arrived, &ended);
  hb_progress_update(&run->progress, cycle, arrived, ended);
  return hb_interrupted();
}

/* ----------------------------------------------------------------------------------------------
 * machine */

static hb_status_t add_faults(run_t *run) {
  for (uint32_t i = 0; i < run->scenario.num_faults; i++) {
    const hb_fault_t *from = &run->scenario.faults[i];
    const hb_sim_fault_t fault = {
        .tile = from->tile,
        .kind = from->kind == HB_FAULT_HANG ? HB_TILE_EVENT_HANG : HB_TILE_EVENT_ERROR,
        .cycle = cycles_of(from->time_ps, run->soc.clock_khz)};
    HB_TRY(hb_sim_add_fault(run->sim, &fault));
  }
  return HB_OK;
}

static int build_machine(run_t *run) {
  const hb_run_options_t *options = run->options;
  const bool records = options->trace && !run->drawing;
  const bool packets = records && options->trace_level >= HB_TRACE_PACKETS;
  const bool boundary = records && options->trace_level >= HB_TRACE_BOUNDARY;
  const uint32_t twins = run->drawing ? run->twin_tiles & ~run->draw.wave.tiles : run->twin_tiles;
  const hb_sim_options_t sim_options = {
      .seed = options->seed,
      .no_skip = options->no_skip,
      .exact_reference = options->exact_reference,
      .stall_ppm = options->stall_ppm,
      .stall_seed = options->stall_seed,
      .sink = {.ctx = run,
               .telemetry = on_telemetry,
               .job = on_job,
               .irq = on_irq,
               .pass = on_pass,
               .refused = on_refused,
               .tile_event = on_tile_event,
               .path = on_path,
               .packet = packets ? on_packet : NULL,
               .boundary = boundary ? on_boundary : NULL},
      .poll = on_poll,
      .poll_ctx = run,
      .poll_cycles = POLL_CYCLES,
      .twin_tiles = twins,
      .functional = options->functional && twins != 0,
      .wave = run->drawing ? &run->draw.wave : NULL,
  };
  if (run->costs != NULL) {
    return HB_EXIT_OK;
  }
  hb_status_t status = hb_sim_create(&run->soc, &sim_options, &run->sim);
  if (status != HB_OK) {
    fprintf(stderr, "%s: %s\n", run->soc_path, hb_sim_error(NULL));
    return status == HB_ERR_ARG ? HB_EXIT_INPUT : HB_EXIT_INTERNAL;
  }
  if (boundary) {
    hb_certify_workload_sha256(&run->workload, run->workload_sha256);
  }
  status =
      hb_firmware_load(&run->firmware, &run->workload, records && options->candidates, run->sim);
  if (status == HB_OK) {
    status = add_faults(run);
  }
  if (status != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "loading the machine: %s: %s", hb_status_text(status),
                       hb_sim_error(run->sim));
  }
  return HB_EXIT_OK;
}

/* ----------------------------------------------------------------------------------------------
 * results */

static int name_out(run_t *run) {
  const hb_run_options_t *options = run->options;
  int len = 0;
  if (options->out != NULL) {
    len = snprintf(run->out, sizeof(run->out), "%s", options->out);
  } else {
    len =
        snprintf(run->out, sizeof(run->out), "out/%s%s%s-%s-%s%s%s", run->scenario.name,
                 options->models != NULL ? "-" : "", options->models != NULL ? options->models : "",
                 run->soc.name, options->policy_name, options->cost != NULL ? "-" : "",
                 options->cost != NULL ? options->cost : "");
  }
  if (len >= (int)sizeof(run->out)) {
    return hb_cli_fail(HB_EXIT_USAGE, "--out: path longer than %d bytes", HB_PATH_MAX_BYTES - 1);
  }
  return HB_EXIT_OK;
}

static int prepare_out(run_t *run) {
  const hb_status_t status = hb_outdir_prepare(run->out, run->line, sizeof(run->line));
  return status == HB_OK ? HB_EXIT_OK : hb_cli_fail(HB_EXIT_INPUT, "%s", run->line);
}

static void name_nodes(const hb_soc_t *soc, hb_trace_meta_t *meta) {
#define NODE(at_) ((uint32_t)(at_).y * soc->noc.columns + (at_).x)
  hb_trace_meta_set_node(meta, NODE(soc->host_node), "host");
  hb_trace_meta_set_node(meta, NODE(soc->sensor_node), "sensors");
  for (uint32_t i = 0; i < soc->dram.num_channels; i++) {
    char name[16];
    snprintf(name, sizeof(name), "dram%u", i);
    hb_trace_meta_set_node(meta, NODE(soc->dram.node[i]), name);
  }
  for (uint32_t i = 0; i < soc->num_tiles; i++) {
    hb_trace_meta_set_node(meta, NODE(soc->tiles[i].node), soc->tiles[i].name);
  }
#undef NODE
}

/* What `hilbert certify` needs to make the workload again. */
static void describe_workload(const run_t *run, hb_trace_meta_t *meta) {
  hb_trace_meta_set(meta, HB_CERTIFY_META_SCENARIO, run->options->scenario);
  if (run->options->soc != NULL) {
    hb_trace_meta_set(meta, HB_CERTIFY_META_SOC, run->options->soc);
  }
  hb_trace_meta_set_uint(meta, HB_CERTIFY_META_FLAGS, image_flags(run));
  if (run->options->sched != NULL) {
    hb_trace_meta_set(meta, HB_CERTIFY_META_SCHED, run->options->sched);
  }
  hb_trace_meta_set(meta, HB_CERTIFY_META_WORKLOAD, run->workload_sha256);
}

static int open_trace(run_t *run) {
  const hb_run_options_t *options = run->options;
  if (!options->trace) {
    return HB_EXIT_OK;
  }
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_meta_set(&meta, "scenario", run->scenario.name);
  if (run->scenario.num_model_sets > 0) {
    hb_trace_meta_set(&meta, "model_set", run->scenario.model_sets[run->scenario.model_set]);
  }
  hb_trace_meta_set(&meta, "soc", run->soc.name);
  hb_trace_meta_set(&meta, "engine", run->engine);
  hb_trace_meta_set(&meta, "policy", options->policy_name);
  hb_trace_meta_set_uint(&meta, "seed", options->seed);
  hb_trace_meta_set_uint(&meta, "clock_khz", run->soc.clock_khz);
  hb_trace_meta_set_uint(&meta, "noc.columns", run->soc.noc.columns);
  hb_trace_meta_set_uint(&meta, "noc.rows", run->soc.noc.rows);
  hb_trace_meta_set_uint(&meta, "noc.flit_bits", run->soc.noc.flit_bits);
  hb_trace_meta_set(&meta, "noc.routing", run->soc.noc.routing == HB_NOC_XY ? "xy" : "yx");
  if (options->trace_level >= HB_TRACE_BOUNDARY) {
    describe_workload(run, &meta);
  }
  name_nodes(&run->soc, &meta);
  for (uint32_t i = 0; i < run->soc.num_tiles; i++) {
    hb_trace_meta_set_tile(&meta, i, run->soc.tiles[i].name);
  }
  for (uint32_t m = 0; m < run->scenario.num_tasks; m++) {
    const hb_task_t *task = &run->scenario.tasks[m];
    hb_trace_meta_set_model(&meta, m, task->name);
    for (uint32_t l = 0; l < task->model.num_layers; l++) {
      hb_trace_meta_set_layer(&meta, m, l, task->model.layers[l].name);
    }
    for (uint32_t v = 0; v < task->model.num_variants; v++) {
      char key[40], accuracy[24];
      snprintf(key, sizeof(key), "accuracy.%u.%u", m, v);
      snprintf(accuracy, sizeof(accuracy), "%.6f", task->model.variants[v].accuracy_ppm / 1e6);
      hb_trace_meta_set(&meta, key, accuracy);
    }
    if (task->depends_on != HB_IMAGE_NONE) {
      hb_trace_meta_set_depends(&meta, m, &task->depends_on, 1);
    }
  }
  char path[HB_PATH_MAX_BYTES + 32];
  snprintf(path, sizeof(path), "%s/%s", run->out, HB_OUTDIR_TRACE);
  char why[512] = "";
  const hb_status_t status =
      hb_trace_sink_open(path, options->trace_level, &meta, &run->trace, why, sizeof(why));
  hb_trace_meta_release(&meta);
  if (status != HB_OK) {
    return hb_cli_fail(HB_EXIT_FAILED, "%s: %s", path, why);
  }
  return HB_EXIT_OK;
}

static bool progress_wanted(hb_run_progress_t when) {
  return when == HB_RUN_PROGRESS_ALWAYS || (when == HB_RUN_PROGRESS_AUTO && isatty(STDERR_FILENO));
}

static void run_native(run_t *run) {
  const hb_native_t native = {
      .observe = run->options->trace && run->options->candidates,
      .image = run->workload.image,
      .image_len = run->workload.image_len,
      .streams = run->workload.streams,
      .num_streams = run->workload.num_streams,
      .clock_khz = run->soc.clock_khz,
      .seed = run->options->seed,
      .job_cycles = hb_job_cost_of,
      .ctx = run->costs,
      .sink = {.ctx = run, .telemetry = on_telemetry, .job = on_job},
      .stop = hb_interrupted,
  };
  const double begin_s = hb_progress_clock_s();
  hb_interrupt_catch();
  run->native_status = hb_native_run(&native, run->metrics.planned_cycles, &run->native_end,
                                     run->native_why, sizeof(run->native_why));
  hb_interrupt_release();
  run->stop = run->native_status == HB_OK            ? HB_SIM_LIMIT
              : run->native_status == HB_ERR_STOPPED ? HB_SIM_STOPPED
                                                     : HB_SIM_EXIT;
  run->metrics.wall_s = hb_progress_clock_s() - begin_s;
}

static int listen_for_debugger(run_t *run) {
  if (!run->options->gdb) {
    return HB_EXIT_OK;
  }
  uint16_t port = 0;
  if (hb_sim_debug_listen(run->sim, run->options->gdb_port, &port) != HB_OK) {
    return hb_cli_fail(HB_EXIT_FAILED, "--gdb: port %u: %s", run->options->gdb_port,
                       hb_sim_error(run->sim));
  }
  fprintf(stderr,
          "hilbert: waiting for a debugger: gdb-multiarch %s -ex 'target remote localhost:%u'\n",
          run->options->firmware, port);
  fflush(stderr);
  return HB_EXIT_OK;
}

static void simulate(run_t *run) {
  if (run->costs != NULL) {
    run_native(run);
    return;
  }
  const uint64_t planned = run->metrics.planned_cycles;
  hb_interrupt_catch();
  if (run->options->gdb && hb_sim_debug_wait(run->sim) != HB_OK) {
    run->stop = HB_SIM_STOPPED;
    hb_interrupt_release();
    return;
  }
  hb_progress_begin(&run->progress, progress_wanted(run->options->progress), planned,
                    run->soc.clock_khz);
  const uint64_t window = run->metrics.traffic.window_cycles;
  for (uint64_t begin = 0; begin < planned; begin += window) {
    run->stop = hb_sim_run(run->sim, planned - begin > window ? begin + window : planned);
    hb_collect_window(run->sim, &run->soc, &run->metrics);
    if (run->stop != HB_SIM_LIMIT) {
      break;
    }
  }
  run->metrics.wall_s = hb_progress_clock_s() - run->progress.begin_s;
  hb_progress_end(&run->progress);
  hb_interrupt_release();
}

/* "ES frame 3 layer conv7" */
static void name_job(const run_t *run, uint32_t tag, char *text, size_t text_len) {
  const uint32_t model = HB_TAG_MODEL(tag);
  const uint32_t layer = HB_TAG_LAYER(tag);
  if (model < run->scenario.num_tasks && layer < run->scenario.tasks[model].model.num_layers) {
    snprintf(text, text_len, "%s frame %u layer %s", run->scenario.tasks[model].name,
             HB_TAG_FRAME(tag), run->scenario.tasks[model].model.layers[layer].name);
  } else {
    snprintf(text, text_len, "tag 0x%08x", tag);
  }
}

static const char *tile_name(const run_t *run, uint32_t tile) {
  return tile < run->soc.num_tiles ? run->soc.tiles[tile].name : "no tile";
}

static const char *job_status_text(uint32_t status) {
  switch (status) {
#define STATUS_CASE(name_, value_, text_) \
  case value_:                            \
    return text_;
    HB_TILE_STATUS_TABLE(STATUS_CASE)
#undef STATUS_CASE
    default:
      return "unknown status";
  }
}

/* Why the run is not complete, in one line; "" if it is. */
static void explain_stop(const run_t *run, char *text, size_t text_len) {
  const hb_score_result_t *result = &run->metrics.result;
  char job[3 * HB_NAME_MAX];
  text[0] = '\0';
  if (run->stop == HB_SIM_LIMIT) {
    if (run->num_refused > 0) {
      const hb_sim_refused_t *first = &run->refused;
      name_job(run, first->tag, job, sizeof(job));
      snprintf(text, text_len,
               "%llu DMA accesses outside their model's memory were refused; the first: %s on %s, "
               "%s of %u bytes at 0x%08x in cycle %llu",
               (unsigned long long)run->num_refused, job, tile_name(run, first->tile),
               first->write ? "write" : "read", first->beats * HB_BEAT_BYTES, first->addr,
               (unsigned long long)first->cycle);
    }
    return;
  }
  if (result->job_failed) {
    const hb_sim_job_t *failed = &result->failed_job;
    name_job(run, failed->tag, job, sizeof(job));
    snprintf(text, text_len, "%s failed on %s at cycle %llu, command %u: %s", job,
             tile_name(run, failed->tile), (unsigned long long)failed->end, failed->command,
             job_status_text(failed->status));
  } else if (result->fault) {
    name_job(run, result->fault_tag, job, sizeof(job));
    snprintf(text, text_len, "firmware gave up on %s, %s: %s (detail %u)",
             tile_name(run, result->fault_tile), job,
             hb_status_text((hb_status_t)result->fault_status), result->fault_detail);
  } else if (run->costs != NULL) {
    snprintf(text, text_len, "%s", run->native_why);
  } else if (run->stop == HB_SIM_EXIT) {
    snprintf(text, text_len, "firmware ended the run: %s",
             hb_status_text((hb_status_t)hb_sim_exit_code(run->sim)));
  } else if (run->stop == HB_SIM_STOPPED) {
    snprintf(text, text_len, "interrupted");
  } else if (run->stop == HB_SIM_KILLED) {
    snprintf(text, text_len, "killed by the debugger");
  } else if (run->stop == HB_SIM_DEADLOCK || run->stop == HB_SIM_FAULT) {
    snprintf(text, text_len, "%s: %s", run->stop == HB_SIM_FAULT ? "fault" : "deadlock",
             hb_sim_error(run->sim));
  } else {
    snprintf(text, text_len, "stopped for an unknown reason (%d)", (int)run->stop);
  }
}

/* What only a machine has. */
static bool collect_machine(run_t *run) {
  hb_metrics_t *metrics = &run->metrics;
  hb_sim_noc_stats(run->sim, &metrics->noc);
  for (uint32_t i = 0; i < run->soc.dram.num_channels; i++) {
    hb_sim_dram_stats(run->sim, i, &metrics->dram[i]);
    for (uint32_t bank = 0; bank < run->soc.dram.ranks * run->soc.dram.banks; bank++) {
      hb_sim_bank_stats(run->sim, i, bank, &metrics->banks[i][bank]);
    }
  }
  hb_sim_host_stats(run->sim, &metrics->host);
  return hb_collect_network(run->sim, &run->soc, metrics) == HB_OK;
}

static int collect_metrics(run_t *run) {
  hb_metrics_t *metrics = &run->metrics;
  metrics->scenario = &run->scenario;
  metrics->soc = &run->soc;
  metrics->engine = run->engine;
  metrics->policy = run->options->policy_name;
  metrics->seed = run->options->seed;
  metrics->note = run->note[0] == '\0' ? NULL : run->note;
  metrics->score = run->score;
  for (uint32_t i = 0; i < run->scenario.num_tasks; i++) {
    const hb_model_t *model = &run->scenario.tasks[i].model;
    metrics->variants[i].num = model->num_variants;
    for (uint32_t v = 0; v < model->num_variants; v++) {
      metrics->variants[i].accuracy[v] = model->variants[v].accuracy_ppm / 1e6;
    }
  }
  const uint64_t end = run->sim != NULL ? hb_sim_cycle(run->sim) : run->native_end;
  if (hb_score_finish(run->score, end, &metrics->result) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  for (uint32_t i = 0; i < run->soc.num_tiles; i++) {
    uint32_t id = 0;
    uint32_t caps = 0;
    hb_map_tile_t tile;
    if (hb_sim_tile_model_info(run->soc.tiles[i].model, &id, &caps) != HB_OK) {
      return hb_cli_fail(HB_EXIT_INTERNAL, "tile model %s is gone", run->soc.tiles[i].model);
    }
    hb_map_tile_decode(id, caps, &tile);
    metrics->tile_macs_per_cycle[i] =
        tile.kind == HB_TILE_KIND_VECTOR ? tile.size : tile.size * tile.size;
    if (run->sim != NULL) {
      hb_sim_tile_stats(run->sim, i, &metrics->tiles[i]);
    }
  }
  hb_score_frames(run->score, metrics->result.cycles, &metrics->ux);
  if (metrics->ux.failed) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  if (run->sim != NULL && !collect_machine(run)) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  if (hb_energy_finish(run->energy, metrics) != HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  explain_stop(run, run->line, sizeof(run->line));
  metrics->why = run->line;
  metrics->complete = run->line[0] == '\0';
  return HB_EXIT_OK;
}

/* What each tile was doing when a run failed. */
static void print_state(const run_t *run) {
  for (uint32_t i = 0; i < run->soc.num_tiles; i++) {
    const hb_sim_tile_stats_t *tile = &run->metrics.tiles[i];
    char job[3 * HB_NAME_MAX] = "idle";
    if (!tile->idle) {
      name_job(run, tile->running_tag, job, sizeof(job));
    }
    fprintf(stderr, "  %s: %s, %u queued, %llu jobs done, %llu failed, busy %llu cycles\n",
            run->soc.tiles[i].name, job, tile->queue_level, (unsigned long long)tile->jobs,
            (unsigned long long)tile->errors, (unsigned long long)tile->busy);
  }
}

static int write_results(run_t *run) {
  const hb_metrics_t *metrics = &run->metrics;
  char why[LINE_BYTES] = "";
  int exit_code = HB_EXIT_OK;
  if (run->trace != NULL) {
    if (!metrics->complete) {
      hb_trace_sink_note(run->trace, metrics->result.cycles, metrics->why);
    }
    const hb_status_t status =
        hb_trace_sink_close(run->trace, metrics->complete, metrics->why, why, sizeof(why));
    run->trace = NULL;
    if (status != HB_OK) {
      exit_code = hb_cli_fail(HB_EXIT_FAILED, "%s/%s: %s", run->out, HB_OUTDIR_TRACE, why);
    }
  }
  char path[HB_PATH_MAX_BYTES + 32];
  snprintf(path, sizeof(path), "%s/%s", run->out, HB_OUTDIR_INFERENCES);
  if (hb_inferences_write(metrics, path, why, sizeof(why)) != HB_OK) {
    exit_code = hb_cli_fail(HB_EXIT_FAILED, "%s", why);
  }
  snprintf(path, sizeof(path), "%s/%s", run->out, HB_OUTDIR_METRICS);
  if (hb_metrics_write(metrics, path, why, sizeof(why)) != HB_OK) {
    exit_code = hb_cli_fail(HB_EXIT_FAILED, "%s", why);
  }
  const char *dump = run->options->dump_dram;
  if (dump != NULL && !hb_dump_dram(run->sim, run->soc.dram.size_bytes, dump)) {
    exit_code = hb_cli_fail(HB_EXIT_FAILED, "%s: %s", dump, strerror(errno));
  }
  return exit_code;
}

static int report(run_t *run) {
  const hb_metrics_t *metrics = &run->metrics;
  int exit_code = write_results(run);
  if (run->options->json) {
    if (hb_metrics_print(metrics, stdout) == HB_ERR_NOMEM) { /* all else main() tells */
      exit_code = hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
    }
  } else {
    hb_tables_print(metrics, stdout);
    if (run->costs != NULL && hb_job_cost_stood_in(run->costs) > 0) {
      printf("cost  %s does not describe %llu layers on their tiles: there, roofline\n",
             run->options->cost, (unsigned long long)hb_job_cost_stood_in(run->costs));
    }
    printf("wrote %s\n", run->out);
  }
  fflush(stdout);
  if (run->stop == HB_SIM_STOPPED || run->stop == HB_SIM_KILLED) {
    hb_cli_fail(0, "%s at cycle %llu of %llu; what was recorded is in %s", metrics->why,
                (unsigned long long)metrics->result.cycles,
                (unsigned long long)metrics->planned_cycles, run->out);
    return HB_EXIT_INTERRUPTED;
  }
  if (!metrics->complete) {
    hb_cli_fail(0, "run failed at cycle %llu: %s", (unsigned long long)metrics->result.cycles,
                metrics->why);
    if (run->sim != NULL) {
      print_state(run);
    }
    return HB_EXIT_FAILED;
  }
  return exit_code;
}

static int load_all(run_t *run) {
  int (*const steps[])(run_t *) = {load_files, take_engine, load_firmware,
                                   compile,    find_costs,  name_out};
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    const int code = steps[i](run);
    if (code != HB_EXIT_OK) {
      return code;
    }
  }
  const hb_run_options_t *options = run->options;
  note_left_out(run);
  run->metrics.planned_cycles =
      cycles_of(options->duration_ps != 0 ? options->duration_ps : run->scenario.duration_ps,
                run->soc.clock_khz);
  const uint64_t window = cycles_of(
      options->ux_window_ps != 0 ? options->ux_window_ps : UX_WINDOW_PS, run->soc.clock_khz);
  hb_ux_init(&run->metrics.ux, run->scenario.num_tasks, window);
  if (hb_collect_begin(&run->metrics) != HB_OK ||
      hb_score_new(&run->scenario, run->soc.clock_khz, &run->score) != HB_OK ||
      hb_energy_new(&run->scenario, &run->soc, &run->metrics.ux, run->score, &run->energy) !=
          HB_OK) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  return options->draw.file == NULL ? HB_EXIT_OK
                                    : hb_draw_check(&options->draw, &run->scenario, &run->soc,
                                                    run->metrics.planned_cycles);
}

static int run_all(run_t *run) {
  int (*const steps[])(run_t *) = {load_all, build_machine, listen_for_debugger, prepare_out,
                                   open_trace};
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    const int code = steps[i](run);
    if (code != HB_EXIT_OK) {
      return code;
    }
  }
  simulate(run);
  const int code = collect_metrics(run);
  return code != HB_EXIT_OK ? code : report(run);
}

/* The second time: up to the end of the waveform, which is all it leaves. */
static int draw_all(run_t *run) {
  int code = load_all(run);
  if (code == HB_EXIT_OK) {
    code = hb_draw_begin(&run->options->draw, &run->soc, run->out, run->metrics.planned_cycles,
                         &run->draw);
  }
  if (code == HB_EXIT_OK) {
    code = build_machine(run);
  }
  if (code != HB_EXIT_OK) {
    return code;
  }
  run->metrics.planned_cycles = run->draw.wave.to + 1;
  simulate(run);
  if (run->stop == HB_SIM_STOPPED) {
    return hb_cli_fail(HB_EXIT_INTERRUPTED, "interrupted before the waveform was whole");
  }
  if (access(run->draw.part, F_OK) != 0) {
    return hb_cli_fail(HB_EXIT_FAILED, "no waveform: the run ended in cycle %llu: %s",
                       (unsigned long long)hb_sim_cycle(run->sim), hb_sim_error(run->sim));
  }
  hb_sim_free(run->sim); /* ends the file */
  run->sim = NULL;
  return hb_draw_end(&run->draw, run->options->json);
}

static int run_once(const hb_run_options_t *options, bool drawing) {
  run_t *run = calloc(1, sizeof(*run));
  if (run == NULL) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  run->options = options;
  run->drawing = drawing;
  const int code = drawing ? draw_all(run) : run_all(run);
  hb_sim_free(run->sim);
  hb_draw_release(&run->draw);
  hb_collect_release(&run->metrics);
  hb_ux_release(&run->metrics.ux);
  if (run->trace != NULL) {
    char why[64];
    (void)hb_trace_sink_close(run->trace, false, "internal error", why, sizeof(why));
  }
  hb_score_free(run->score);
  hb_job_cost_free(run->costs);
  hb_energy_free(run->energy);
  hb_workload_release(&run->workload);
  hb_scenario_release(&run->scenario);
  hb_firmware_release(&run->firmware);
  free(run);
  return code;
}

/* In the process that draws: waits for a byte, then does it. */
static _Noreturn void wait_and_draw(const hb_run_options_t *options, int pipe_end) {
  char byte;
  const bool go = read(pipe_end, &byte, 1) == 1;
  const int code = go ? run_once(options, true) : HB_EXIT_OK;
  fflush(stdout);
  _exit(code);
}

/* A process has one simulator, so the one that draws leaves before there is any. */
static int run_and_draw(const hb_run_options_t *options) {
  int ends[2];
  fflush(NULL);
  if (pipe(ends) != 0) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "pipe: %s", strerror(errno));
  }
  const pid_t drawer = fork();
  if (drawer < 0) {
    return hb_cli_fail(HB_EXIT_INTERNAL, "fork: %s", strerror(errno));
  }
  if (drawer == 0) {
    close(ends[1]);
    wait_and_draw(options, ends[0]);
  }
  close(ends[0]);
  const int code = run_once(options, false);
  fflush(NULL);
  signal(SIGPIPE, SIG_IGN);
  /* A run that failed is worth looking at; one that was stopped, or never began, is not. */
  if (code == HB_EXIT_OK || code == HB_EXIT_FAILED) {
    (void)!write(ends[1], "", 1); /* if it is gone, its exit status says so */
  }
  close(ends[1]);
  int status = 0;
  if (waitpid(drawer, &status, 0) != drawer || !WIFEXITED(status)) {
    return code != HB_EXIT_OK ? code
                              : hb_cli_fail(HB_EXIT_INTERNAL, "no waveform: its process ended");
  }
  return code != HB_EXIT_OK ? code : WEXITSTATUS(status);
}

int hb_run(const hb_run_options_t *options) {
  return options->draw.file != NULL ? run_and_draw(options) : run_once(options, false);
}
