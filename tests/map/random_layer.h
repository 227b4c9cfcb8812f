/* SPDX-License-Identifier: Apache-2.0 */

/** @file Random layers, tiles and data for tests, all from one seed. */

#ifndef HB_RANDOM_LAYER_H_
#define HB_RANDOM_LAYER_H_

#include "hb_map.h"
#include "test_random.h"

/** What a random layer may be; all limits inclusive. */
typedef struct random_layer_limits {
  uint32_t max_c, max_k, max_size; /* channels; image rows and columns */
  uint64_t max_macs;
  bool raw; /* int32 outputs too */
} random_layer_limits_t;

/** A valid layer: any mix of stride, padding, dilation, odd sizes, signs, zero points, clipping; or
 * a matmul. */
hb_layer_t random_layer(test_random_t *random, const random_layer_limits_t *limits);

/** The same, reading exactly what `before` writes (not int32). max_c and max_size do not apply. */
hb_layer_t random_layer_after(test_random_t *random, const random_layer_limits_t *limits,
                              const hb_layer_t *before);

/** A systolic tile of size 8 or 16, often with scratchpads so small that everything must
 * be split. */
hb_map_tile_t random_tile(test_random_t *random);

void random_bytes(test_random_t *random, uint8_t *bytes, size_t len);

/** Synthetic constants, sometimes with scales that are powers of two (ties) and biases out of
 * proportion. */
void random_consts(test_random_t *random, const hb_layer_t *layer, uint8_t *consts);

/** One line for messages. */
void random_layer_text(const hb_layer_t *layer, char *text, size_t len);

#endif /* HB_RANDOM_LAYER_H_ */
