/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_tables.h"

#include <math.h>
#include <string.h>

typedef unsigned long long ull;

static void print_models(const hb_metrics_t *metrics, FILE *out) {
  fprintf(out, "%-10s %6s %5s %5s %7s %9s %15s %7s %7s %6s %6s %6s\n", "model", "frames", "done",
          "late", "dropped", "in flight", "latency ms: p50", "p95", "max", "misses", "RT", "QoE");
  for (uint32_t i = 0; i < metrics->scenario->num_tasks; i++) {
    const hb_score_model_t *m = &metrics->result.models[i];
    fprintf(out, "%-10.10s %6llu %5llu %5llu %7llu %9llu", metrics->scenario->tasks[i].name,
            (ull)m->frames, (ull)m->completed, (ull)m->late, (ull)m->dropped, (ull)m->in_flight);
    if (m->latency.count > 0) {
      fprintf(out, " %15.3f %7.3f %7.3f", hb_metrics_ms(metrics, m->latency.p50),
              hb_metrics_ms(metrics, m->latency.p95), hb_metrics_ms(metrics, m->latency.max));
    } else {
      fprintf(out, " %15s %7s %7s", "-", "-", "-");
    }
    fprintf(out, " %6llu", (ull)m->deadline_misses);
    if (m->scored > 0) {
      fprintf(out, " %6.4f %6.4f\n", m->real_time, m->qoe);
    } else {
      fprintf(out, " %6s %6s\n", "-", "-");
    }
  }
}

/* What UXCost is made of, and why frames were dropped. */
static void print_violations(const hb_metrics_t *metrics, FILE *out) {
  fprintf(out, "%-10s %6s %7s %6s %6s", "model", "miss%", "p99 ms", "DLV", "energy");
#define DROP_HEAD(name_, number_, key_) \
  fprintf(out, " %10s", (number_) == 1 ? "drops: " #key_ : #key_);
  HB_SCORE_DROP_TABLE(DROP_HEAD)
#undef DROP_HEAD
  fputc('\n', out);
  for (uint32_t i = 0; i < metrics->scenario->num_tasks; i++) {
    const hb_score_model_t *m = &metrics->result.models[i];
    const hb_ux_model_t *ux = &metrics->ux.run[i];
    fprintf(out, "%-10.10s", metrics->scenario->tasks[i].name);
    if (m->scored > 0) {
      fprintf(out, " %6.2f", 100.0 * m->violation_rate);
    } else {
      fprintf(out, " %6s", "-");
    }
    if (m->latency.count > 0) {
      fprintf(out, " %7.3f", hb_metrics_ms(metrics, m->latency.p99));
    } else {
      fprintf(out, " %7s", "-");
    }
    if (m->scored > 0) {
      fprintf(out, " %6.4f %6.4f", hb_ux_dlv(ux), hb_ux_norm_energy(ux));
    } else {
      fprintf(out, " %6s %6s", "-", "-");
    }
#define DROP_COUNT(name_, number_, key_) \
  fprintf(out, " %*llu", (number_) == 1 ? 11 : 10, (ull)m->drops[number_]);
    HB_SCORE_DROP_TABLE(DROP_COUNT)
#undef DROP_COUNT
    fputc('\n', out);
  }
}

static void print_tiles(const hb_metrics_t *metrics, FILE *out) {
  fprintf(out, "%-10s %-6s %6s %5s %6s %9s %11s %5s %5s %5s %7s %7s %6s\n", "tile", "model", "jobs",
          "busy%", "MAC%", "MAC%/busy", "wait%: load", "store", "wgt", "cmd", "rd GB/s", "wr GB/s",
          "switch");
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    const hb_sim_tile_stats_t *t = &metrics->tiles[i];
    fprintf(
        out, "%-10.10s %-6.6s %6llu %5.1f %6.1f %9.1f %11.1f %5.1f %5.1f %5.1f %7.2f %7.2f %6llu\n",
        metrics->soc->tiles[i].name, metrics->soc->tiles[i].model, (ull)t->jobs,
        hb_metrics_percent(t->busy, metrics->result.cycles),
        hb_metrics_mac_percent(metrics, i, metrics->result.cycles),
        hb_metrics_mac_percent(metrics, i, t->busy), hb_metrics_percent(t->wait_load, t->busy),
        hb_metrics_percent(t->wait_store, t->busy), hb_metrics_percent(t->wait_wgt, t->busy),
        hb_metrics_percent(t->wait_cmd, t->busy), hb_metrics_gb_per_s(metrics, t->rd_beats * 16),
        hb_metrics_gb_per_s(metrics, t->wr_beats * 16), (ull)metrics->result.tiles[i].switches);
  }
}

static double mean(uint64_t sum, uint64_t count) {
  return count == 0 ? 0.0 : (double)sum / (double)count;
}

/* The links with most flits. */
static void print_busiest(const hb_metrics_t *metrics, FILE *out) {
  enum { SHOWN = 3 };
  const hb_metrics_link_t *best[SHOWN] = {NULL};
  for (uint32_t i = 0; i < metrics->num_links; i++) {
    const hb_metrics_link_t *link = &metrics->links[i];
    for (int place = 0; place < SHOWN; place++) {
      if (best[place] == NULL || link->stats.flits > best[place]->stats.flits) {
        const hb_metrics_link_t *lower = best[place];
        best[place] = link;
        link = lower;
        if (link == NULL) {
          break;
        }
      }
    }
  }
  for (int place = 0; place < SHOWN && best[place] != NULL; place++) {
    char name[64];
    hb_metrics_link_name(best[place], name, sizeof(name));
    fprintf(out, "%s%s %.1f%%", place == 0 ? "      busiest: " : ", ", name,
            hb_metrics_percent(best[place]->stats.flits, metrics->result.cycles));
  }
  fputs(best[0] == NULL ? "" : "\n", out);
}

static void print_energy(const hb_metrics_t *metrics, FILE *out) {
  const hb_metrics_energy_t *energy = &metrics->energy;
  const double whole = energy->total_pj > 0.0 ? energy->total_pj / 100.0 : 1.0;
  double arrays = 0.0;
  double scratchpads = 0.0;
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    arrays += energy->array_pj[i];
    scratchpads += energy->scratchpad_pj[i];
  }
  fprintf(out,
          "energy %.4g mJ: arrays %.1f%%, scratchpads %.1f%%, network %.1f%%, DRAM %.1f%%, "
          "static %.1f%%\n",
          energy->total_pj * 1e-9, arrays / whole, scratchpads / whole, energy->network_pj / whole,
          energy->dram_pj / whole, energy->static_pj / whole);
}

/* What went wrong with tiles, if anything did, and what it cost. */
static void print_faults(const hb_metrics_t *metrics, FILE *out) {
  const hb_metrics_faults_t sum = hb_metrics_faults(metrics);
  if (sum.hangs + sum.errors + sum.resets == 0) {
    return;
  }
  fprintf(out,
          "fault %llu hangs and %llu read errors injected, %llu resets of tiles\n"
          "      %llu jobs run again (%llu elsewhere), %llu frames lost, %llu tiles retired\n",
          (ull)sum.hangs, (ull)sum.errors, (ull)sum.resets, (ull)sum.run_again, (ull)sum.elsewhere,
          (ull)sum.frames_lost, (ull)sum.retired);
  for (uint32_t i = 0; i < metrics->soc->num_tiles; i++) {
    const hb_score_tile_t *tile = &metrics->result.tiles[i];
    if (tile->resets > 0) {
      fprintf(out, "      %s: %llu resets cost it %llu cycles (%.3f ms)%s\n",
              metrics->soc->tiles[i].name, (ull)tile->resets, (ull)tile->lost_cycles,
              hb_metrics_ms(metrics, tile->lost_cycles), tile->retired ? ", retired" : "");
    }
  }
}

static void print_machine(const hb_metrics_t *metrics, FILE *out) {
  const hb_score_spread_t *answer = &metrics->result.irq_to_doorbell;
  fprintf(out, "host  %.2f%% active, %llu instructions, %llu interrupts\n",
          hb_metrics_percent(metrics->host.active_cycles, metrics->result.cycles),
          (ull)metrics->host.instructions, (ull)metrics->host.interrupts);
  if (answer->count > 0) {
    fprintf(out,
            "      tile interrupt to doorbell: %llu/%llu/%llu cycles (min/median/max of %llu)\n",
            (ull)answer->min, (ull)answer->p50, (ull)answer->max, (ull)answer->count);
  }
  const hb_score_spread_t *decision = &metrics->result.decision;
  if (decision->count > 0) {
    fprintf(out,
            "      decision: %llu/%llu/%llu cycles (min/median/p99 of %llu), %.2f%% of the run\n",
            (ull)decision->min, (ull)decision->p50, (ull)decision->p99, (ull)decision->count,
            hb_metrics_percent(metrics->result.decision_cycles, metrics->result.cycles));
  }
  const hb_sim_noc_stats_t *noc = &metrics->noc;
  fprintf(out, "noc   %llu request and %llu response packets, latency %.1f and %.1f cycles\n",
          (ull)noc->packets[0], (ull)noc->packets[1], mean(noc->latency_sum[0], noc->packets[0]),
          mean(noc->latency_sum[1], noc->packets[1]));
  print_busiest(metrics, out);
  const hb_sim_dram_stats_t dram = hb_metrics_dram(metrics);
  fprintf(out, "dram  %.1f%% row hits, read %.2f GB/s, written %.2f GB/s, %llu refreshes\n",
          hb_metrics_percent(dram.row_hits, dram.row_hits + dram.row_misses + dram.row_conflicts),
          hb_metrics_gb_per_s(metrics, dram.bytes_read),
          hb_metrics_gb_per_s(metrics, dram.bytes_written), (ull)dram.refreshes);
}

static void print_rest(const hb_metrics_t *metrics, FILE *out) {
  if (strncmp(metrics->engine, "analytical", 10) != 0) {
    print_machine(metrics, out);
  }
  print_energy(metrics, out);
  if (isnan(metrics->result.score)) {
    fputs("score - (XRBench): no frame ended or was due\n", out);
  } else {
    fprintf(out, "score %.2f of 100 (XRBench), %.2f with energy\n", metrics->result.score,
            metrics->energy.score);
  }
  const hb_ux_cost_t ux = hb_ux_cost(metrics->ux.run, metrics->ux.num_models);
  if (ux.models == 0) {
    fprintf(out, "      UXCost: no model had a frame that ended or was due\n");
  } else {
    fprintf(out, "      UXCost %.4f: deadline violations %.4f x energy %.4f (smaller is better)\n",
            ux.cost, ux.dlv, ux.norm_energy);
  }
  print_faults(metrics, out);
  fprintf(out, "took  %.1f s, %.2f million cycles a second\n", metrics->wall_s,
          metrics->wall_s > 0.0 ? (double)metrics->result.cycles / metrics->wall_s / 1e6 : 0.0);
}

void hb_tables_print(const hb_metrics_t *metrics, FILE *out) {
  const hb_scenario_t *scenario = metrics->scenario;
  const bool sets = scenario->num_model_sets > 0;
  fprintf(out, "%s%s%s%s on %s, policy %s, seed %llu: %.3f ms, %llu cycles at %.6g MHz%s\n\n",
          scenario->name, sets ? " (" : "", sets ? scenario->model_sets[scenario->model_set] : "",
          sets ? " models)" : "", metrics->soc->name, metrics->policy, (ull)metrics->seed,
          hb_metrics_ms(metrics, metrics->result.cycles), (ull)metrics->result.cycles,
          metrics->soc->clock_khz / 1000.0, metrics->complete ? "" : " (INCOMPLETE)");
  print_models(metrics, out);
  fputc('\n', out);
  print_violations(metrics, out);
  fputc('\n', out);
  print_tiles(metrics, out);
  fputc('\n', out);
  print_rest(metrics, out);
}
