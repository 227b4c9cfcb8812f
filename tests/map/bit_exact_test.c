/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bit_exact_test SEED COUNT
 *
 * COUNT random layers on random tiles: the program runs on the functional tile model, in four
 * orders of the engines, and must leave exactly the bytes oneDNN computes; it must pass the token
 * check; input and constants must be untouched. A failure names the layer's own seed: run it alone
 * with SEED = that, COUNT = 1.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tensor.h"
#include "onednn_ref.h"
#include "random_layer.h"
#include "tile_interp.h"
#include "token_check.h"

typedef struct totals {
  uint32_t layers, raw, fused, refused, max_level;
  uint64_t commands, macs;
  uint64_t outputs, clipped; /* 8-bit output bytes, those at a clip limit */
} totals_t;

static int compare(const uint8_t *got, const uint8_t *want, size_t len, const char *what) {
  for (size_t i = 0; i < len; ++i) {
    if (got[i] != want[i]) {
      printf("%s: byte %zu of %zu is %u, expected %u\n", what, i, len, got[i], want[i]);
      return 1;
    }
  }
  return 0;
}

static void count_clipped(const hb_layer_t *layer, const uint8_t *out, totals_t *totals) {
  const size_t len = hb_map_out_bytes(layer);
  for (size_t i = 0; i < len && !layer->raw_out; ++i) {
    const int32_t y = layer->y_signed ? (int8_t)out[i] : out[i];
    totals->clipped += y == layer->clip_min || y == layer->clip_max;
    ++totals->outputs;
  }
}

static int run_orders(const hb_map_tile_t *tile, const hb_layer_t *layer,
                      const hb_program_t *program, const uint8_t *in, const uint8_t *consts,
                      const uint8_t *want, uint64_t seed) {
  static const char *const kOrder[] = {"program order", "loads first", "loads last",
                                       "random order"};
  const size_t in_len = hb_map_in_bytes(layer), const_len = hb_map_const_bytes(layer);
  const size_t out_len = hb_map_out_bytes(layer);
  uint8_t *in_copy = malloc(in_len), *const_copy = malloc(const_len), *out = malloc(out_len);
  int failed = 0;
  for (uint32_t order = 0; order < 4 && !failed; ++order) {
    char why[200];
    memcpy(in_copy, in, in_len);
    memcpy(const_copy, consts, const_len);
    memset(out, 0xa5, out_len);
    const tile_interp_memory_t base[4] = {
        {in_copy, in_len}, {out, out_len}, {const_copy, const_len}, {0}};
    if (tile_interp_run(tile, program->commands, program->num_commands, base,
                        (tile_interp_order_t)order, seed, why, sizeof(why)) != 0) {
      printf("%s: %s\n", kOrder[order], why);
      failed = 1;
      break;
    }
    failed = compare(out, want, out_len, kOrder[order]) || compare(in_copy, in, in_len, "input") ||
             compare(const_copy, consts, const_len, "constants");
  }
  free(in_copy);
  free(const_copy);
  free(out);
  return failed;
}

static int test_layer(uint64_t seed, totals_t *totals) {
  test_random_t random = {seed};
  const random_layer_limits_t limits = {
      .max_c = 150, .max_k = 100, .max_size = 24, .max_macs = 2000000, .raw = true};
  const hb_layer_t layer = random_layer(&random, &limits);
  const hb_map_tile_t tile = random_tile(&random);
  char text[400], why[200] = "";
  random_layer_text(&layer, text, sizeof(text));

  hb_program_t program = {0};
  const hb_status_t status = hb_map_layer(&layer, &tile, &program, why, sizeof(why));
  if (status == HB_ERR_INPUT && strstr(why, "too small") != NULL) {
    ++totals->refused;
    return 0;
  }
  int failed = 1;
  uint32_t level = 0;
  if (status != HB_OK) {
    printf("hb_map_layer: %s\n", why);
  } else if (token_check(&tile, program.commands, program.num_commands, 254, &level, why,
                         sizeof(why)) != 0) {
    printf("token check: %s\n", why);
  } else {
    uint8_t *in = malloc(hb_map_in_bytes(&layer)), *consts = malloc(hb_map_const_bytes(&layer));
    uint8_t *want = malloc(hb_map_out_bytes(&layer)), *fused = malloc(hb_map_out_bytes(&layer));
    random_bytes(&random, in, hb_map_in_bytes(&layer)); /* garbage in the pad lanes too */
    random_consts(&random, &layer, consts);
    bool done = false;
    if (onednn_ref_layer(&layer, in, consts, want, why, sizeof(why)) != 0 ||
        onednn_ref_fused(&layer, in, consts, fused, &done, why, sizeof(why)) != 0) {
      printf("%s\n", why);
    } else {
      failed = (done && compare(want, fused, hb_map_out_bytes(&layer),
                                "oneDNN in one primitive and in two")) ||
               run_orders(&tile, &layer, &program, in, consts, want, seed);
      totals->fused += done;
      count_clipped(&layer, want, totals);
    }
    free(in);
    free(consts);
    free(want);
    free(fused);
  }
  if (failed) {
    printf("  seed %llu: %s\n  on ws%u ifm %u wgt %u prm %u acc %u, %u commands\n",
           (unsigned long long)seed, text, tile.size, tile.ifm_words, tile.wgt_words,
           tile.prm_words, tile.acc_rows, program.num_commands);
  }
  ++totals->layers;
  totals->raw += layer.raw_out;
  totals->commands += program.num_commands;
  totals->macs += program.macs;
  totals->max_level = level > totals->max_level ? level : totals->max_level;
  hb_program_release(&program);
  return failed;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: bit_exact_test SEED COUNT\n");
    return 2;
  }
  const uint64_t seed = strtoull(argv[1], NULL, 0);
  const uint32_t count = (uint32_t)strtoul(argv[2], NULL, 0);
  totals_t totals = {0};
  int failures = 0;
  for (uint32_t i = 0; i < count && failures < 5; ++i) {
    failures += test_layer(seed + i, &totals);
  }
  printf(
      "%u layers (%u raw, %u also by one oneDNN primitive), %u refused, %llu commands, %llu MACs, "
      "semaphores up to %u, %.0f%% of outputs clipped: %d failed\n",
      totals.layers, totals.raw, totals.fused, totals.refused, (unsigned long long)totals.commands,
      (unsigned long long)totals.macs, totals.max_level,
      100.0 * (double)totals.clipped / (double)totals.outputs, failures);
  /* Layers nobody can map and outputs that are all clipped test nothing. */
  return failures != 0 || totals.layers < count / 2u || totals.clipped > totals.outputs / 2u;
}
