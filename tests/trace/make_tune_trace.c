/* SPDX-License-Identifier: Apache-2.0 */

/*
 * make_tune_trace FILE CYCLES: a trace of that length at 100 MHz with what a tuner tells: eight
 * TUNE records, CYCLES / 10 apart.
 */

#include <stdio.h>
#include <stdlib.h>

#include "hb_trace_sink.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"

/* alpha, beta, step, UXCost, state */
static const uint32_t kTune[][5] = {
    {65536, 65536, 32768, 0, HB_TUNE_BASE},
    {98304, 65536, 32768, 196608, HB_TUNE_PROBING},
    {32768, 65536, 32768, 229376, HB_TUNE_PROBING},
    {98304, 98304, 32768, 163840, HB_TUNE_PROBING},
    {98304, 65536, 16384, 180224, HB_TUNE_BASE},
    {131072, 65536, 3276, 131073, HB_TUNE_SETTLED},
    {131072, 65536, 3276, 0xffffffffu, HB_TUNE_SETTLED}, /* saturated */
    {131072, 65536, 32768, 1, HB_TUNE_RESTARTED},
};
enum { NUM = sizeof(kTune) / sizeof(kTune[0]) };

int main(int argc, char **argv) {
  const uint64_t cycles = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
  if (cycles < 100) {
    fprintf(stderr, "usage: make_tune_trace FILE CYCLES\n");
    return 2;
  }
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_meta_set(&meta, "scenario", "tune");
  hb_trace_meta_set_uint(&meta, "clock_khz", 100000);
  hb_trace_meta_set_tile(&meta, 0, "tile0");
  hb_trace_meta_set_model(&meta, 0, "A");
  hb_trace_meta_set_layer(&meta, 0, 0, "conv");
  char why[256];
  hb_trace_sink_t *sink = NULL;
  hb_status_t status =
      hb_trace_sink_open(argv[1], HB_TRACE_DECISIONS, &meta, &sink, why, sizeof(why));
  hb_trace_meta_release(&meta);
  if (status == HB_OK) {
    for (uint64_t i = 0; i < NUM; i++) {
      uint32_t words[6] = {HB_TEL_HEAD(HB_TEL_TUNE, 5)};
      for (int w = 0; w < 5; w++) {
        words[w + 1] = kTune[i][w];
      }
      hb_trace_sink_telemetry(sink, (i + 1) * (cycles / 10), words, 6);
    }
    status = hb_trace_sink_close(sink, true, "", why, sizeof(why));
  }
  if (status != HB_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], why);
    return 1;
  }
  return 0;
}
