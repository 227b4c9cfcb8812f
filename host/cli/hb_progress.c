/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define REDRAW_S 0.1

enum { BAR_WIDTH = 24 };

double hb_progress_clock_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void hb_progress_begin(hb_progress_t *progress, bool on, uint64_t planned_cycles,
                       uint32_t clock_khz) {
  *progress = (hb_progress_t){
      .on = on,
      .planned_cycles = planned_cycles,
      .clock_khz = clock_khz,
      .begin_s = hb_progress_clock_s(),
  };
}

void hb_progress_update(hb_progress_t *progress, uint64_t cycle, uint64_t frames_arrived,
                        uint64_t frames_ended) {
  const double now_s = hb_progress_clock_s();
  if (!progress->on || now_s - progress->drawn_s < REDRAW_S) {
    return;
  }
  progress->drawn_s = now_s;
  if (cycle > progress->planned_cycles) {
    cycle = progress->planned_cycles; /* a poll may come after the last cycle */
  }
  const double done = (double)cycle / (double)progress->planned_cycles;
  const double spent_s = now_s - progress->begin_s;
  const double rate = spent_s > 0.0 ? (double)cycle / spent_s : 0.0;
  const double left_s = rate > 0.0 ? (double)(progress->planned_cycles - cycle) / rate : 0.0;
  char bar[BAR_WIDTH + 1];
  memset(bar, ' ', BAR_WIDTH);
  memset(bar, '=', (size_t)(done * BAR_WIDTH));
  bar[BAR_WIDTH] = '\0';
  fprintf(stderr,
          "\r[%s] %3.0f%%  %.2f/%.2f ms  %.2f Mcycle/s  frames %llu/%llu  %d:%02d left\033[K", bar,
          100.0 * done, (double)cycle / progress->clock_khz,
          (double)progress->planned_cycles / progress->clock_khz, rate / 1e6,
          (unsigned long long)frames_ended, (unsigned long long)frames_arrived, (int)left_s / 60,
          (int)left_s % 60);
  fflush(stderr);
}

void hb_progress_end(hb_progress_t *progress) {
  if (progress->on && progress->drawn_s > 0.0) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  progress->on = false;
}
