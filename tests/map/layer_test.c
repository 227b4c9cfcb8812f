/* SPDX-License-Identifier: Apache-2.0 */

/* Chosen layers: utilisation against closed form, shapes that force every split, refusals,
 * constants. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_map.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"
#include "tile_interp.h"
#include "token_check.h"

static const hb_map_tile_t kWs16 = {HB_TILE_KIND_WS, 16, 8192, 4096, 512, 1024};
static const hb_map_tile_t kWs8 = {HB_TILE_KIND_WS, 8, 1024, 1024, 128, 512};

static const hb_map_tile_t kOs16 = {HB_TILE_KIND_OS, 16, 8192, 4096, 512, 1024};
static const hb_map_tile_t kOs8 = {HB_TILE_KIND_OS, 8, 1024, 1024, 128, 512};

static hb_layer_t conv(uint32_t c, uint32_t h, uint32_t w, uint32_t k, uint32_t r, uint32_t s,
                       uint32_t pad) {
  return (hb_layer_t){.name = "conv",
                      .in_c = c,
                      .in_h = h,
                      .in_w = w,
                      .out_c = k,
                      .ker_h = r,
                      .ker_w = s,
                      .stride_h = 1,
                      .stride_w = 1,
                      .dil_h = 1,
                      .dil_w = 1,
                      .pad_top = pad,
                      .pad_bottom = pad,
                      .pad_left = pad,
                      .pad_right = pad,
                      .x_signed = true,
                      .w_signed = true,
                      .y_signed = true,
                      .clip_min = -128,
                      .clip_max = 127};
}

static hb_layer_t matmul(uint32_t m, uint32_t c, uint32_t k) {
  hb_layer_t l = conv(c, 1, m, k, 1, 1, 0);
  l.op = HB_OP_MATMUL;
  return l;
}

/* Maps, proves the tokens, returns the program. */
static hb_program_t map(const hb_layer_t *layer, const hb_map_tile_t *tile) {
  hb_program_t program;
  char why[200] = "";
  uint32_t level;
  if (hb_map_layer(layer, tile, &program, why, sizeof(why)) != HB_OK) {
    fail_msg("%s", why);
  }
  if (token_check(tile, program.commands, program.num_commands, 254, &level, why, sizeof(why)) !=
      0) {
    fail_msg("%s", why);
  }
  return program;
}

static double utilisation(const hb_layer_t *layer, const hb_map_tile_t *tile) {
  hb_program_t program = map(layer, tile);
  const double peak = (double)tile->size * tile->size;
  const double u = (double)program.macs / ((double)program.est_cycles * peak);
  printf("%ux%ux%u -> %u, %ux%u on %s%u: %u commands, %llu cycles, utilisation %.1f%%\n",
         layer->in_c, layer->in_h, layer->in_w, layer->out_c, layer->ker_h, layer->ker_w,
         tile->kind == HB_TILE_KIND_OS ? "os" : "ws", tile->size, program.num_commands,
         (unsigned long long)program.est_cycles, 100.0 * u);
  hb_program_release(&program);
  return u;
}

static void compute_bound_layers_keep_the_array_busy(void **state) {
  (void)state;
  hb_layer_t l = conv(64, 56, 56, 64, 3, 3, 1);
  assert_true(utilisation(&l, &kWs16) >= 0.90);
  assert_true(utilisation(&l, &kWs16) <= 1.0);
  assert_true(utilisation(&l, &kWs8) >= 0.90);
  l = conv(256, 14, 14, 256, 3, 3, 1);
  assert_true(utilisation(&l, &kWs16) >= 0.90);
  l = matmul(128, 2048, 512); /* weights stream: 1 MB past 128 pixels */
  assert_true(utilisation(&l, &kWs16) >= 0.85);
  l = matmul(128, 512, 2048);
  assert_true(utilisation(&l, &kWs16) >= 0.85);
  l = conv(1104, 5, 4, 1104, 5, 5, 2); /* 30 MB of weights past 20 pixels */
  assert_true(utilisation(&l, &kWs16) >= 0.85);
}

static void array_time_is_the_sum_over_k_tiles(void **state) {
  (void)state;
  /* 64 -> 64, 3x3, 56x56: 4 blocks x 36 k-tiles x 3136 pixels is the least the array can take. */
  const hb_layer_t l = conv(64, 56, 56, 64, 3, 3, 1);
  hb_program_t program = map(&l, &kWs16);
  uint64_t array = 0;
  for (uint32_t i = 0; i < program.num_commands; ++i) {
    const hb_cmd_exec_t *x = &program.commands[i].exec;
    if (x->opcode == HB_CMD_OP_EXEC) {
      assert_true((uint32_t)x->out_h * x->out_w >= 16u);
      array += (uint64_t)x->k_count * x->out_h * x->out_w;
    }
  }
  assert_int_equal(array, 4u * 36u * 3136u);
  assert_true(program.est_cycles >= array);
  hb_program_release(&program);
}

/* Pixels times k-tiles of all EXECs, pixels rounded up to `block`. */
static uint64_t array_cycles(const hb_layer_t *layer, const hb_map_tile_t *tile, uint32_t block) {
  hb_program_t program = map(layer, tile);
  uint64_t cycles = 0;
  for (uint32_t i = 0; i < program.num_commands; ++i) {
    const hb_cmd_exec_t *x = &program.commands[i].exec;
    if (x->opcode == HB_CMD_OP_EXEC) {
      const uint32_t pixels = (uint32_t)x->out_h * x->out_w;
      cycles += (uint64_t)x->k_count * ((pixels + block - 1u) / block * block);
    }
  }
  assert_true(program.est_cycles >= cycles);
  hb_program_release(&program);
  return cycles;
}

static void output_stationary_tiles_get_whole_blocks(void **state) {
  (void)state;
  /* 512 pixels at most a tile: equal cuts of 1540 pixels make 100 blocks of 16. They fit 97. */
  hb_layer_t l = matmul(1540, 256, 64);
  assert_int_equal(array_cycles(&l, &kOs16, 16), 4u * 16u * 1552u);
  l = conv(64, 56, 56, 64, 3, 3, 1);
  assert_int_equal(array_cycles(&l, &kOs16, 16), 4u * 36u * 3136u);
  assert_true(utilisation(&l, &kOs16) >= 0.90);
  assert_true(utilisation(&l, &kOs8) >= 0.90);
  l = conv(256, 14, 14, 256, 3, 3, 1); /* 196 pixels: 13 blocks, 94 % */
  assert_true(utilisation(&l, &kOs16) >= 0.90);
  l = matmul(128, 512, 2048);
  assert_true(utilisation(&l, &kOs16) >= 0.85);
  l = matmul(1, 2048, 2048); /* one pixel of 16 */
  assert_true(utilisation(&l, &kOs16) <= 1.0 / 16.0);
}

static void shapes_that_force_splits_map_soundly(void **state) {
  (void)state;
  const hb_layer_t layers[] = {
      conv(4, 228, 912, 64, 7, 7, 3),                                   /* columns */
      conv(3, 128, 128, 64, 7, 7, 3),  conv(128, 668, 1, 64, 25, 1, 0), /* one column */
      conv(65535, 1, 1, 16, 1, 1, 0),                                   /* channels in many EXECs */
      conv(6000, 7, 7, 100, 3, 3, 1),  conv(16, 2, 2, 16, 5, 5, 2), /* kernel larger than the image
                                                                     */
      conv(1, 1, 1, 65535, 1, 1, 0),                                /* parameters do not fit */
      conv(16, 1, 65535, 16, 1, 9, 4), matmul(65535, 17, 33),           matmul(1, 2048, 2048),
  };
  for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); ++i) {
    utilisation(&layers[i], &kWs16);
    utilisation(&layers[i], &kWs8);
    utilisation(&layers[i], &kOs16);
    utilisation(&layers[i], &kOs8);
  }
}

static void every_token_is_needed(void **state) {
  (void)state;
  static const uint8_t kTokens[] = {HB_CMD_TOKEN_L2E, HB_CMD_TOKEN_E2L, HB_CMD_TOKEN_E2S,
                                    HB_CMD_TOKEN_S2E};
  const hb_map_tile_t tile = {HB_TILE_KIND_WS, 16, 512, 256, 24, 128};
  const hb_layer_t l = conv(80, 20, 20, 80, 3, 3, 1);
  hb_program_t program = map(&l, &tile);
  uint32_t removed = 0;
  for (uint32_t t = 0; t < 4; ++t) {
    const uint8_t wait = kTokens[t], push = (uint8_t)(kTokens[t] << 4);
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < program.num_commands; ++i) {
      pairs += program.commands[i].common.tokens & wait ? 1u : 0u;
    }
    assert_true(pairs > 3);
    for (uint32_t n = 0; n < pairs;
         n += 1u + pairs / 50u) { /* without the n-th wait and the n-th push */
      hb_cmd_t *copy = malloc(program.num_commands * sizeof(*copy));
      memcpy(copy, program.commands, program.num_commands * sizeof(*copy));
      uint32_t waits = 0, pushes = 0;
      for (uint32_t i = 0; i < program.num_commands; ++i) {
        uint8_t *tokens = &copy[i].common.tokens;
        if ((*tokens & wait) && waits++ == n) {
          *tokens = (uint8_t)(*tokens & ~wait);
        }
        if ((*tokens & push) && pushes++ == n) {
          *tokens = (uint8_t)(*tokens & ~push);
        }
      }
      char why[200];
      uint32_t level;
      assert_int_equal(
          token_check(&tile, copy, program.num_commands, 254, &level, why, sizeof(why)), -1);
      ++removed;
      free(copy);
    }
  }
  printf("%u commands, %u token pairs removed one at a time, all found\n", program.num_commands,
         removed);
  hb_program_release(&program);
}

static void refuse(const hb_layer_t *layer, hb_map_tile_t tile, const char *expected) {
  hb_program_t program = {0};
  char why[200] = "";
  assert_int_equal(hb_map_layer(layer, &tile, &program, why, sizeof(why)), HB_ERR_INPUT);
  assert_string_equal(why, expected);
  assert_null(program.commands);
}

static void what_does_not_fit_is_refused_and_named(void **state) {
  (void)state;
  hb_layer_t l = conv(16, 60, 60, 80, 9, 9, 0);
  hb_map_tile_t tile = kWs16;
  tile.ifm_words = 64;
  refuse(&l, tile,
         "the IFM scratchpad is too small: needs at least 1296 bytes (16 channels under one output "
         "pixel), has 1024");
  tile = kWs16;
  tile.wgt_words = 8;
  refuse(&l, tile,
         "the WGT scratchpad is too small: needs at least 256 bytes (one 16 x 16 block of "
         "weights), has 128");
  tile = kWs16;
  tile.prm_words = 16;
  refuse(&l, tile,
         "the PRM scratchpad is too small: needs at least 384 bytes (parameters of three "
         "16-channel blocks, or all), "
         "has 256");
  tile = kWs8;
  tile.acc_rows = 2;
  refuse(&l, tile,
         "the accumulator is too small: needs at least 128 bytes (one pixel of 16 channels in each "
         "half), has 64");
  tile = kWs16;
  tile.size = 64;
  refuse(&l, tile, "an array of 64x64 is not supported: 8, 16 or 32");
  tile = kWs16;
  tile.kind = HB_TILE_KIND_VECTOR;
  refuse(&l, tile, "a vector tile runs only depthwise convolutions with 8-bit output");
  l = conv(16, 4, 4, 16, 7, 3, 1);
  refuse(&l, kWs16, "the kernel covers 7x3 pixels, the padded input only 6x6");
}

static void constants_depend_on_seed_model_and_layer_only(void **state) {
  (void)state;
  const hb_layer_t l = conv(20, 8, 8, 21, 3, 3, 1);
  const size_t len = hb_map_const_bytes(&l);
  uint8_t *bytes[5];
  static const struct {
    uint64_t seed;
    uint32_t model, layer;
  } kKeys[5] = {{1, 2, 3}, {1, 2, 3}, {2, 2, 3}, {1, 3, 3}, {1, 2, 4}};
  for (int i = 0; i < 5; ++i) {
    bytes[i] = malloc(len);
    memset(bytes[i], i, len);
    hb_map_synthesise(&l, kKeys[i].seed, kKeys[i].model, kKeys[i].layer, bytes[i]);
  }
  assert_memory_equal(bytes[0], bytes[1], len);
  for (int i = 2; i < 5; ++i) {
    size_t same = 0;
    for (size_t b = 0; b < len; ++b) {
      same += bytes[0][b] == bytes[i][b];
    }
    assert_true(same < len * 60u / 100u); /* pad lanes are equal, weights are not */
  }
  for (uint32_t k = 0; k < 32; ++k) {
    for (uint32_t c = 0; c < 32; ++c) {
      if (k >= 21 || c >= 20) {
        assert_int_equal(bytes[0][hb_weight_offset(20, 3, 3, k, c, 2, 1)], 0);
      }
    }
  }
  const size_t prm = hb_map_prm_offset(&l);
  for (uint32_t k = 0; k < 32; ++k) {
    int32_t bias;
    float scale;
    memcpy(&bias, bytes[0] + prm + k / 16u * 128u + k % 16u * 4u, 4);
    memcpy(&scale, bytes[0] + prm + k / 16u * 128u + 64u + k % 16u * 4u, 4);
    if (k >= 21) {
      assert_int_equal(bias, 0);
      assert_true(scale == 1.0f);
    } else {
      assert_true(isnormal(scale) && scale > 0.0f);
    }
  }
  for (int i = 0; i < 5; ++i) {
    free(bytes[i]);
  }
}

/* Ten layers on end: values must neither die out nor all sit at the limits. */
static void outputs_use_the_range(bool relu, bool is_signed) {
  hb_layer_t l = conv(64, 12, 12, 64, 3, 3, 1);
  l.x_signed = l.y_signed = is_signed;
  l.clip_min = relu ? 0 : is_signed ? -128 : 0;
  l.clip_max = is_signed ? 127 : 255;
  const size_t len = hb_map_in_bytes(&l);
  uint8_t *consts = malloc(hb_map_const_bytes(&l)), *in = malloc(len), *out = malloc(len);
  for (size_t i = 0; i < len; ++i) {
    in[i] = (uint8_t)(i * 2654435761u >> 13);
  }
  hb_program_t program = map(&l, &kWs16);
  for (uint32_t layer = 0; layer < 10; ++layer) {
    char why[200];
    hb_map_synthesise(&l, 5, 0, layer, consts);
    const tile_interp_memory_t base[4] = {
        {in, len}, {out, len}, {consts, hb_map_const_bytes(&l)}, {0}};
    assert_int_equal(tile_interp_run(&kWs16, program.commands, program.num_commands, base,
                                     TILE_INTERP_PROGRAM, 1, why, sizeof(why)),
                     0);
    uint8_t *swap = in;
    in = out;
    out = swap;
  }
  bool seen[256] = {false};
  size_t codes = 0, at_limit = 0;
  for (size_t i = 0; i < len; ++i) {
    codes += !seen[in[i]];
    seen[in[i]] = true;
    const int32_t v = is_signed ? (int8_t)in[i] : in[i];
    at_limit += v == l.clip_max || (v == l.clip_min && !relu);
  }
  const double clipped = 100.0 * (double)at_limit / (double)len;
  printf("relu %d signed %d: after ten layers %zu codes in use, %.1f%% at a limit\n", relu,
         is_signed, codes, clipped);
  assert_true(codes >= 100);
  assert_true(clipped < 25.0);
  hb_program_release(&program);
  free(consts);
  free(in);
  free(out);
}

static void chains_of_layers_use_the_8_bit_range(void **state) {
  (void)state;
  outputs_use_the_range(true, true);
  outputs_use_the_range(true, false);
  outputs_use_the_range(false, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(compute_bound_layers_keep_the_array_busy),
      cmocka_unit_test(array_time_is_the_sum_over_k_tiles),
      cmocka_unit_test(output_stationary_tiles_get_whole_blocks),
      cmocka_unit_test(shapes_that_force_splits_map_soundly),
      cmocka_unit_test(every_token_is_needed),
      cmocka_unit_test(what_does_not_fit_is_refused_and_named),
      cmocka_unit_test(constants_depend_on_seed_model_and_layer_only),
      cmocka_unit_test(chains_of_layers_use_the_8_bit_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
