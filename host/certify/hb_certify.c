/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hb_certify_work.h"
#include "hb_trace_show.h"
#include "hb_whole_file.h"

enum { MAX_PROCESSES = 1024, POLL_MS = 100, BAR_WIDTH = 24, CONFIDENCE = 95 };

#define TRACE_FILE "trace.hbt"

struct hb_certify {
  char trace_path[HB_CERTIFY_PATH];
  char run[HB_PATH_MAX_BYTES];  /* DIR */
  char folder[HB_CERTIFY_PATH]; /* DIR/certify, or of a part */
  char certificate[HB_CERTIFY_PATH];
  hb_certify_trace_t trace;
  char trace_sha256[HB_SHA256_TEXT], workload_sha256[HB_SHA256_TEXT];
  const hb_certify_options_t *options;
  const hb_soc_t *soc;
  hb_certify_plan_t plan;
  hb_certify_share_t share;
  hb_certify_bound_t bound;
  hb_certify_result_t tiles[HB_MAX_TILES], all;
  uint64_t tile_jobs[HB_MAX_TILES], tile_segments[HB_MAX_TILES]; /* of those chosen */
  uint64_t jobs, segments, jobs_recorded;
  uint64_t unfinished; /* tiles whose last segment is open */
  size_t num_done;     /* units with a result */
  bool *done;
  uint64_t cycles_before; /* of results of earlier calls */
  double seconds;
};

/* ---------------------------------------------------------------------------------------- input */

void hb_certify_workload_sha256(const hb_workload_t *workload, char text_out[HB_SHA256_TEXT]) {
  hb_sha256_t hash;
  hb_sha256_init(&hash);
  hb_sha256_add(&hash, workload->image, workload->image_len);
  for (uint32_t i = 0; i < workload->num_segments; i++) {
    const hb_segment_t *segment = &workload->segments[i];
    char place[64];
    const int len =
        snprintf(place, sizeof(place), "\n%" PRIu32 " %zu\n", segment->addr, segment->len);
    hb_sha256_add(&hash, place, (size_t)len);
    hb_sha256_add(&hash, segment->bytes, segment->len);
  }
  hb_sha256_end(&hash, text_out);
}

hb_status_t hb_certify_open(const char *folder, hb_certify_t **certify_out, char *why,
                            size_t why_len) {
  if (strlen(folder) >= HB_PATH_MAX_BYTES) {
    snprintf(why, why_len, "path longer than %d bytes", HB_PATH_MAX_BYTES - 1);
    return HB_ERR_INPUT;
  }
  hb_certify_t *certify = calloc(1, sizeof(*certify));
  if (certify == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  snprintf(certify->trace_path, sizeof(certify->trace_path), "%s/" TRACE_FILE, folder);
  snprintf(certify->run, sizeof(certify->run), "%s", folder);
  char text[512];
  hb_status_t status =
      hb_certify_trace_open(certify->trace_path, &certify->trace, text, sizeof(text));
  const char *const keys[] = {HB_CERTIFY_META_SCENARIO,
                              HB_CERTIFY_META_FLAGS,
                              HB_CERTIFY_META_WORKLOAD,
                              "policy",
                              "seed",
                              "engine"};
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && status == HB_OK; i++) {
    if (hb_certify_meta(certify, keys[i]) == NULL) {
      snprintf(text, sizeof(text), "its metadata lacks %s: `hilbert run` did not record it",
               keys[i]);
      status = HB_ERR_INPUT;
    }
  }
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", certify->trace_path, text);
    hb_certify_free(certify);
    return status;
  }
  *certify_out = certify;
  return HB_OK;
}

void hb_certify_free(hb_certify_t *certify) {
  if (certify == NULL) return;
  hb_certify_trace_close(&certify->trace);
  hb_certify_plan_release(&certify->plan);
  free(certify->done);
  free(certify);
}

const char *hb_certify_meta(const hb_certify_t *certify, const char *key) {
  return hb_trace_reader_meta(certify->trace.reader, key);
}

/* ----------------------------------------------------------------------------------------- list */

static void print_state(const hb_replay_state_t *state, FILE *out) {
  fprintf(out, " regs");
  for (int i = 0; i < HB_REPLAY_REGS; i++) {
    fprintf(out, " %" PRIx32, state->regs[i]);
  }
  fprintf(out, " perf");
  for (int i = 0; i < HB_REPLAY_PERF; i++) {
    fprintf(out, " %" PRIx32, state->perf[i]);
  }
}

/* The work, and all it depends on; NULL: out of memory. */
static char *make_list(const hb_certify_t *certify) {
  const hb_certify_plan_t *plan = &certify->plan;
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  if (out == NULL) return NULL;
  fprintf(out,
          "hilbert certify 1\ntrace %s\nworkload %s\nrtl %s\nbuild %s\nsample %" PRIu32
          " ppm\nunits %zu\n",
          certify->trace_sha256, certify->workload_sha256, hb_replay_rtl_sha256(),
          hb_replay_build_sha256(), certify->options->sample_ppm, plan->num_units);
  for (size_t i = 0; i < plan->num_units; i++) {
    const hb_certify_unit_t *unit = &plan->units[i];
    const hb_certify_segment_t *first = &plan->segments[unit->first];
    fprintf(out,
            "unit %zu tile %" PRIu32 " from %" PRIu64 " to %" PRIu64 " segments %zu jobs %" PRIu64
            " busy %" PRIu64,
            i, unit->tile, first->from, first[unit->num - 1].to, unit->num, unit->jobs, unit->busy);
    print_state(&first->begin, out);
    fputc('\n', out);
  }
  const bool failed = ferror(out) != 0;
  if (fclose(out) != 0 || failed) {
    free(text);
    return NULL;
  }
  return text;
}

static hb_status_t make_plan(hb_certify_t *certify, char *why, size_t why_len) {
  const hb_certify_options_t *options = certify->options;
  hb_certify_plan_t *plan = &certify->plan;
  hb_status_t status =
      hb_certify_plan_make(&certify->trace, certify->soc->num_tiles, options->tile, plan);
  if (status == HB_OK)
    status = hb_certify_plan_choose(plan, options->sample_ppm, certify->trace_sha256);
  if (status == HB_OK) status = hb_certify_plan_bound(plan, &certify->bound);
  certify->done = calloc(plan->num_units + 1, sizeof(*certify->done));
  if (status == HB_OK && certify->done == NULL) status = HB_ERR_NOMEM;
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", certify->trace_path,
             status == HB_ERR_INPUT ? "it has records of a tile that the SoC lacks"
                                    : hb_status_text(status));
    return status;
  }
  for (size_t i = 0; i < plan->num_segments; i++) {
    const hb_certify_segment_t *segment = &plan->segments[i];
    certify->jobs_recorded += segment->jobs;
    certify->unfinished += segment->open;
    if (!segment->chosen) continue;
    certify->tile_jobs[segment->tile] += segment->jobs;
    certify->tile_segments[segment->tile]++;
    certify->jobs += segment->jobs;
    certify->segments++;
  }
  char *list = make_list(certify);
  if (list == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  status = hb_certify_share_open(certify->folder, list, plan, &certify->share, why, why_len);
  free(list);
  return status;
}

/* ------------------------------------------------------------------------------------ processes */

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static double clock_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Takes up the results that have come. */
static void collect(hb_certify_t *certify) {
  for (size_t i = 0; i < certify->plan.num_units; i++) {
    hb_certify_result_t result;
    if (certify->done[i] || hb_certify_share_result(&certify->share, i, &result) != HB_OK) {
      continue;
    }
    certify->done[i] = true;
    certify->num_done++;
    certify->all.cycles += result.cycles;
  }
}

static void draw(const hb_certify_t *certify, double since) {
  const size_t num = certify->plan.num_units;
  uint64_t busy = 0;
  uint64_t all = 0;
  for (size_t i = 0; i < num; i++) {
    all += certify->plan.units[i].busy;
    if (certify->done[i]) busy += certify->plan.units[i].busy;
  }
  const double share = all == 0 ? 1.0 : (double)busy / (double)all;
  const double spent = clock_s() - since;
  const double rate =
      (double)(certify->all.cycles - certify->cycles_before) / (spent > 0 ? spent : 1);
  char bar[BAR_WIDTH + 1];
  memset(bar, ' ', BAR_WIDTH);
  memset(bar, '=', (size_t)(share * BAR_WIDTH));
  bar[BAR_WIDTH] = '\0';
  fprintf(stderr, "\r[%s] %3.0f%%  %zu of %zu units  %.2f Mcycle/s  %.0f s\033[K", bar, 100 * share,
          certify->num_done, num, rate / 1e6, spent);
  fflush(stderr);
}

static _Noreturn void be_worker(const hb_certify_t *certify, const hb_certify_work_t *work) {
  /* Dies with its parent, which may be dead already. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != work->parent) _exit(1);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  char why[512] = "";
  const hb_status_t status = hb_certify_do_work(work, why, sizeof(why));
  if (status != HB_OK && status != HB_ERR_STOPPED) {
    fprintf(stderr, "hilbert: %s: %s\n", certify->folder, why);
  }
  fflush(stderr);
  _exit(status == HB_OK ? 0 : 1);
}

/* Starts the processes, watches them, and stops them if interrupted. */
static hb_status_t work_all(hb_certify_t *certify, const hb_certify_work_t *work, char *why,
                            size_t why_len) {
  const hb_certify_options_t *options = certify->options;
  pid_t children[MAX_PROCESSES];
  uint32_t num = 0;
  uint32_t running = 0;
  hb_status_t status = HB_OK;
  const double since = clock_s();
  fflush(NULL);
  collect(certify);
  certify->cycles_before = certify->all.cycles;
  const size_t left = certify->plan.num_units - certify->num_done;
  while (num < options->processes && num < left && num < MAX_PROCESSES) {
    const pid_t child = fork();
    if (child == 0) be_worker(certify, work);
    if (child < 0) {
      snprintf(why, why_len, "fork: %s", strerror(errno));
      status = HB_ERR_INTERNAL;
      break;
    }
    children[num++] = child;
  }
  running = num;
  bool stopped = false;
  while (running > 0) {
    if ((interrupted || status != HB_OK) && !stopped) {
      for (uint32_t i = 0; i < num; i++) {
        if (children[i] > 0) kill(children[i], SIGTERM);
      }
      stopped = true;
    }
    for (uint32_t i = 0; i < num; i++) {
      int code = 0;
      if (children[i] == 0 || waitpid(children[i], &code, WNOHANG) != children[i]) continue;
      children[i] = 0;
      running--;
      if (!stopped && !interrupted && (!WIFEXITED(code) || WEXITSTATUS(code) != 0)) {
        snprintf(why, why_len, "a process of the certification ended: %s",
                 WIFSIGNALED(code) ? strsignal(WTERMSIG(code)) : "it failed");
        status = HB_ERR_INTERNAL;
      }
    }
    if (options->progress) {
      collect(certify);
      draw(certify, since);
    }
    if (running > 0) nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
  }
  if (options->progress) fputs("\r\033[K", stderr);
  collect(certify);
  certify->seconds = clock_s() - since;
  return status;
}

/* ---------------------------------------------------------------------------------- certificate */

static void print_text(const char *key, const char *value, FILE *out) {
  fprintf(out, "  \"%s\": ", key);
  hb_trace_show_quoted(value == NULL ? "" : value, out);
  fputs(",\n", out);
}

/* "ES#3/conv7", "between jobs" */
static void name_job(const hb_certify_t *certify, const hb_replay_mismatch_t *m,
                     char name[HB_TRACE_SHOWN_BYTES]) {
  if (!m->in_job) {
    snprintf(name, HB_TRACE_SHOWN_BYTES, "between jobs");
  } else if (!hb_trace_show_name(certify->trace.reader, "tag", m->tag, name)) {
    snprintf(name, HB_TRACE_SHOWN_BYTES, "tag 0x%" PRIx32, m->tag);
  }
}

static const char *verdict_text(hb_certify_verdict_t verdict) {
  return verdict == HB_CERTIFY_WHOLE     ? "certified"
         : verdict == HB_CERTIFY_DIFFERS ? "differs"
                                         : "part";
}

static void print_sample(const hb_certify_t *certify, hb_certify_verdict_t verdict, FILE *out) {
  const hb_certify_bound_t *bound = &certify->bound;
  fprintf(out,
          "  \"sample\": {\"share\": %.6f, \"segments\": %" PRIu64 ", \"of\": %" PRIu64
          ", \"jobs\": %" PRIu64 ", \"jobs_of\": %" PRIu64,
          certify->options->sample_ppm / (double)HB_CERTIFY_PPM, bound->sampled, bound->population,
          certify->jobs, certify->jobs_recorded);
  if (verdict != HB_CERTIFY_DIFFERS) {
    fprintf(
        out,
        ",\n    \"confidence_percent\": %d, \"segments_that_may_differ\": %" PRIu64
        ", \"jobs_that_may_differ\": %" PRIu64
        ",\n    \"method\": \"hypergeometric: the largest K with C(N-K,n)/C(N,n) >= 0.05 for n "
        "sampled of N segments, none of which differs; about 3/n of N (Hanley and Lippman-Hand, "
        "JAMA 249(13), 1983)\"",
        CONFIDENCE, bound->most_segments, bound->most_jobs);
  }
  fputs("},\n", out);
}

static void print_certificate(const hb_certify_t *certify, hb_certify_verdict_t verdict,
                              FILE *out) {
  const hb_trace_ending_t *ending = hb_trace_reader_ending(certify->trace.reader);
  const bool sampled = certify->options->sample_ppm < HB_CERTIFY_PPM;
  fputs("{\n", out);
  print_text("schema", "hilbert.certificate.1", out);
  print_text("verdict", verdict_text(verdict), out);
  print_text("scenario", hb_certify_meta(certify, "scenario"), out);
  print_text("soc", hb_certify_meta(certify, "soc"), out);
  print_text("engine", hb_certify_meta(certify, "engine"), out);
  print_text("policy", hb_certify_meta(certify, "policy"), out);
  print_text("seed", hb_certify_meta(certify, "seed"), out);
  print_text("trace_sha256", certify->trace_sha256, out);
  print_text("workload_sha256", certify->workload_sha256, out);
  print_text("rtl_sha256", hb_replay_rtl_sha256(), out);
  print_text("build_sha256", hb_replay_build_sha256(), out);
  print_text("build_version", HB_VERSION, out);
  const char *state = certify->plan.damaged ? "cut"
                      : !ending->present    ? "without an end"
                      : ending->complete    ? "complete"
                                            : "incomplete";
  print_text("trace", state, out);
  if (certify->plan.damaged) print_text("trace_damage", certify->plan.why, out);
  if (!certify->plan.damaged && ending->present && !ending->complete) {
    print_text("trace_reason", ending->reason, out);
  }
  fprintf(out, "  \"whole\": %s,\n",
          verdict == HB_CERTIFY_WHOLE && !sampled && certify->options->tile == HB_MAX_TILES
              ? "true"
              : "false");
  fprintf(out, "  \"last_cycle\": %" PRIu64 ",\n", certify->plan.last_cycle);
  if (sampled) print_sample(certify, verdict, out);
  fprintf(out,
          "  \"jobs\": %" PRIu64 ",\n  \"jobs_certified\": %" PRIu64 ",\n  \"segments\": %" PRIu64
          ",\n  \"segments_that_differ\": %" PRIu64 ",\n  \"unfinished_segments\": %" PRIu64
          ",\n  \"cycles\": %" PRIu64 ",\n  \"mismatches\": %" PRIu64 ",\n  \"tiles\": [",
          certify->jobs, certify->all.jobs, certify->segments, certify->all.segments_failed,
          certify->unfinished, certify->all.cycles, certify->all.mismatches);
  const char *comma = "";
  for (uint32_t i = 0; i < certify->soc->num_tiles; i++) {
    if (certify->options->tile != HB_MAX_TILES && certify->options->tile != i) continue;
    const hb_certify_result_t *tile = &certify->tiles[i];
    fprintf(out, "%s\n    {\"name\": ", comma);
    hb_trace_show_quoted(certify->soc->tiles[i].name, out);
    fputs(", \"model\": ", out);
    hb_trace_show_quoted(certify->soc->tiles[i].model, out);
    fprintf(out,
            ", \"jobs\": %" PRIu64 ", \"jobs_certified\": %" PRIu64 ", \"segments\": %" PRIu64
            ", \"segments_that_differ\": %" PRIu64 ", \"cycles\": %" PRIu64
            ", \"mismatches\": %" PRIu64 "}",
            certify->tile_jobs[i], tile->jobs, certify->tile_segments[i], tile->segments_failed,
            tile->cycles, tile->mismatches);
    comma = ",";
  }
  fputs("\n  ],\n  \"first_mismatches\": [", out);
  comma = "";
  for (uint32_t i = 0; i < certify->all.num_found; i++) {
    const hb_certify_found_t *found = &certify->all.found[i];
    const hb_replay_mismatch_t *m = &found->mismatch;
    char name[HB_TRACE_SHOWN_BYTES];
    name_job(certify, m, name);
    fprintf(out, "%s\n    {\"tile\": ", comma);
    hb_trace_show_quoted(certify->soc->tiles[found->tile].name, out);
    fputs(", \"job\": ", out);
    hb_trace_show_quoted(name, out);
    fprintf(out, ", \"cycle\": %" PRIu64 ", \"signal\": ", m->cycle);
    hb_trace_show_quoted(m->signal, out);
    fprintf(out, ", \"expected\": %" PRIu64 ", \"got\": %" PRIu64 "}", m->expected, m->got);
    comma = ",";
  }
  fputs(certify->all.num_found == 0 ? "]\n}\n" : "\n  ]\n}\n", out);
}

static void print_table(const hb_certify_t *certify, hb_certify_verdict_t verdict) {
  printf("%-10s %-8s %8s %10s %9s %14s %11s\n", "tile", "model", "jobs", "certified", "segments",
         "cycles", "mismatches");
  for (uint32_t i = 0; i < certify->soc->num_tiles; i++) {
    if (certify->options->tile != HB_MAX_TILES && certify->options->tile != i) continue;
    const hb_certify_result_t *tile = &certify->tiles[i];
    printf("%-10s %-8s %8" PRIu64 " %10" PRIu64 " %9" PRIu64 " %14" PRIu64 " %11" PRIu64 "\n",
           certify->soc->tiles[i].name, certify->soc->tiles[i].model, certify->tile_jobs[i],
           tile->jobs, certify->tile_segments[i], tile->cycles, tile->mismatches);
  }
  printf("\n");
  for (uint32_t i = 0; i < certify->all.num_found; i++) {
    const hb_certify_found_t *found = &certify->all.found[i];
    const hb_replay_mismatch_t *m = &found->mismatch;
    char name[HB_TRACE_SHOWN_BYTES];
    name_job(certify, m, name);
    printf("%s, %s, cycle %" PRIu64 ": %s: recorded 0x%" PRIx64 ", RTL 0x%" PRIx64 "\n",
           certify->soc->tiles[found->tile].name, name, m->cycle, m->signal, m->expected, m->got);
  }
  if (certify->all.mismatches > certify->all.num_found) {
    printf("and %" PRIu64 " more\n", certify->all.mismatches - certify->all.num_found);
  }
  const hb_certify_bound_t *bound = &certify->bound;
  if (certify->options->sample_ppm < HB_CERTIFY_PPM && verdict != HB_CERTIFY_DIFFERS) {
    printf("sample: %" PRIu64 " of %" PRIu64 " segments, %" PRIu64 " of %" PRIu64
           " jobs; with %d%% confidence at most %" PRIu64 " segments (%.2f%%), %" PRIu64
           " jobs, differ\n",
           bound->sampled, bound->population, certify->jobs, certify->jobs_recorded, CONFIDENCE,
           bound->most_segments,
           bound->population == 0
               ? 0.0
               : 100.0 * (double)bound->most_segments / (double)bound->population,
           bound->most_jobs);
  }
  const uint64_t cycles = certify->all.cycles - certify->cycles_before;
  printf("%s: %" PRIu64 " jobs, %" PRIu64 " cycles compared, %" PRIu64 " mismatches\n",
         verdict_text(verdict), certify->all.jobs, certify->all.cycles, certify->all.mismatches);
  printf(
      "took %.1f s with %" PRIu32 " process%s, %.2f million cycles a second\nwrote %s\n",
      certify->seconds, certify->options->processes, certify->options->processes == 1 ? "" : "es",
      certify->seconds > 0 ? (double)cycles / certify->seconds / 1e6 : 0.0, certify->certificate);
}

static int by_cycle(const void *a, const void *b) {
  const hb_certify_found_t *left = a;
  const hb_certify_found_t *right = b;
  if (left->mismatch.cycle != right->mismatch.cycle) {
    return left->mismatch.cycle < right->mismatch.cycle ? -1 : 1;
  }
  return left->tile < right->tile ? -1 : left->tile > right->tile;
}

/* Sums up all units, in their order: the same whoever did them. */
static hb_status_t sum_up(hb_certify_t *certify, char *why, size_t why_len) {
  certify->all = (hb_certify_result_t){0};
  for (size_t i = 0; i < certify->plan.num_units; i++) {
    const uint32_t tile = certify->plan.units[i].tile;
    hb_certify_result_t result;
    if (hb_certify_share_result(&certify->share, i, &result) != HB_OK) {
      snprintf(why, why_len,
               "%s: the result of unit %zu is gone or damaged; the next call does it again",
               certify->folder, i);
      return HB_ERR_IO;
    }
    hb_certify_result_add(&certify->tiles[tile], &result);
    hb_certify_result_add(&certify->all, &result);
  }
  if (certify->all.mismatches == 0 && certify->all.jobs != certify->jobs) {
    snprintf(why, why_len, "%s: %" PRIu64 " of %" PRIu64 " jobs were replayed", certify->folder,
             certify->all.jobs, certify->jobs);
    return HB_ERR_INTERNAL;
  }
  qsort(certify->all.found, certify->all.num_found, sizeof(certify->all.found[0]), by_cycle);
  return HB_OK;
}

static hb_status_t write_certificate(const hb_certify_t *certify, hb_certify_verdict_t verdict,
                                     char *why, size_t why_len) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  if (out == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  print_certificate(certify, verdict, out);
  hb_status_t status = fclose(out) == 0 ? HB_OK : HB_ERR_NOMEM;
  if (status == HB_OK) {
    status = hb_whole_file_write(certify->certificate, text, len, why, why_len);
  } else {
    snprintf(why, why_len, "%s: %s", certify->certificate, hb_status_text(status));
  }
  if (status == HB_OK && certify->options->json) fputs(text, stdout);
  free(text);
  return status;
}

/* ------------------------------------------------------------------------------------ the whole */

static hb_status_t check_input(hb_certify_t *certify, const hb_workload_t *workload, char *why,
                               size_t why_len) {
  const char *recorded = hb_certify_meta(certify, HB_CERTIFY_META_WORKLOAD);
  hb_certify_workload_sha256(workload, certify->workload_sha256);
  if (strcmp(recorded, certify->workload_sha256) != 0) {
    snprintf(why, why_len,
             "%s: scenario %s no longer makes the workload of the run: it, its models, its SoC or "
             "the mapper have changed",
             certify->trace_path, hb_certify_meta(certify, HB_CERTIFY_META_SCENARIO));
    return HB_ERR_INPUT;
  }
  const hb_status_t status = hb_sha256_file(certify->trace_path, certify->trace_sha256);
  if (status != HB_OK) snprintf(why, why_len, "%s: %s", certify->trace_path, strerror(errno));
  return status;
}

static hb_status_t run_with(hb_certify_t *certify, const hb_certify_work_t *work,
                            hb_certify_verdict_t *verdict_out, char *why, size_t why_len) {
  HB_TRY(make_plan(certify, why, why_len));
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  struct sigaction before[2];
  sigemptyset(&action.sa_mask);
  interrupted = 0;
  sigaction(SIGINT, &action, &before[0]);
  sigaction(SIGTERM, &action, &before[1]);
  const hb_status_t status = work_all(certify, work, why, why_len);
  sigaction(SIGINT, &before[0], NULL);
  sigaction(SIGTERM, &before[1], NULL);
  HB_TRY(status);
  *verdict_out = HB_CERTIFY_INTERRUPTED;
  if (interrupted && certify->num_done < certify->plan.num_units) return HB_OK;
  HB_TRY(sum_up(certify, why, why_len));
  const hb_trace_ending_t *ending = hb_trace_reader_ending(certify->trace.reader);
  const bool whole = !certify->plan.damaged && ending->present && ending->complete;
  *verdict_out = certify->all.mismatches > 0 ? HB_CERTIFY_DIFFERS
                 : whole                     ? HB_CERTIFY_WHOLE
                                             : HB_CERTIFY_PART;
  HB_TRY(write_certificate(certify, *verdict_out, why, why_len));
  if (!certify->options->json) print_table(certify, *verdict_out);
  return HB_OK;
}

hb_status_t hb_certify_run(hb_certify_t *certify, const hb_certify_options_t *options,
                           const hb_soc_t *soc, const hb_workload_t *workload,
                           hb_certify_verdict_t *verdict_out, char *why, size_t why_len) {
  certify->options = options;
  certify->soc = soc;
  char part[HB_SIM_NAME_MAX + 16];
  snprintf(part, sizeof(part), "%s%s%s", options->tile < HB_MAX_TILES ? "-" : "",
           options->tile < HB_MAX_TILES ? soc->tiles[options->tile].name : "",
           options->sample_ppm < HB_CERTIFY_PPM ? "-sample" : "");
  snprintf(certify->folder, sizeof(certify->folder), "%s/certify%s", certify->run, part);
  snprintf(certify->certificate, sizeof(certify->certificate), "%s/certificate%s.json",
           certify->run, part);
  HB_TRY(check_input(certify, workload, why, why_len));
  hb_replay_memory_t *memory = calloc(workload->num_segments + 1, sizeof(*memory));
  if (memory == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  for (uint32_t i = 0; i < workload->num_segments; i++) {
    const hb_segment_t *segment = &workload->segments[i];
    memory[i] = (hb_replay_memory_t){segment->addr, segment->len, segment->bytes};
  }
  const hb_certify_work_t work = {.trace_path = certify->trace_path,
                                  .share = &certify->share,
                                  .plan = &certify->plan,
                                  .soc = soc,
                                  .memory = memory,
                                  .num_memory = workload->num_segments,
                                  .parent = getpid()};
  const hb_status_t status = run_with(certify, &work, verdict_out, why, why_len);
  free(memory);
  return status;
}
