/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_roofline.h"

#define MAC_MJ (2.88e-9)
#define SHARED_PER_MAC 6.0
#define DRAM_PER_MAC 75.0

static int64_t divide_up(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

hb_closed_form_t hb_roofline_layer(const hb_layer_dims_t *layer, const hb_part_t *part) {
  const int64_t pixels = (int64_t)layer->y * layer->x;
  const int64_t weights = (int64_t)layer->k * layer->c * layer->r * layer->s;
  const int64_t macs = weights * pixels;
  const int64_t elements = (layer->c + layer->k) * pixels + weights;
  const int64_t compute = divide_up(macs, part->pes);
  const int64_t memory = divide_up(elements, part->offchip_bw);
  return (hb_closed_form_t){.cycles = compute > memory ? compute : memory,
                            .energy_mj = MAC_MJ * ((double)macs + DRAM_PER_MAC * (double)elements)};
}

void hb_systolic_shape(uint32_t pes, uint32_t *rows_out, uint32_t *columns_out) {
  uint32_t rows = 1;
  for (uint32_t factor = 1; (uint64_t)factor * factor <= pes; factor++) {
    rows = pes % factor == 0 ? factor : rows;
  }
  *rows_out = rows;
  *columns_out = pes / rows;
}

int64_t hb_systolic_cycles(uint32_t rows, uint32_t columns, int64_t down, int64_t across,
                           int64_t time) {
  return (2 * (int64_t)rows + columns + time - 2) * divide_up(down, rows) *
         divide_up(across, columns);
}

hb_closed_form_t hb_systolic_layer(const hb_layer_dims_t *layer, const hb_part_t *part) {
  const int64_t pixels = (int64_t)layer->y * layer->x;
  const int64_t taps = (int64_t)layer->c * layer->r * layer->s;
  const int64_t outputs = layer->k;
  int64_t down;   /* Sr */
  int64_t across; /* Sc */
  int64_t time;   /* T */
  switch (part->dataflow) {
    case HB_DATAFLOW_OS:
      down = pixels, across = outputs, time = taps;
      break;
    case HB_DATAFLOW_WS:
      down = taps, across = outputs, time = pixels;
      break;
    case HB_DATAFLOW_IS:
      down = taps, across = pixels, time = outputs;
      break;
    default:
      return (hb_closed_form_t){0};
  }
  uint32_t rows = 0;
  uint32_t columns = 0;
  hb_systolic_shape(part->pes, &rows, &columns);
  const int64_t down_folds = divide_up(down, rows);
  const int64_t across_folds = divide_up(across, columns);
  /* OS streams both operands, each again for every fold the other way, and writes sums once. WS and
   * IS load the stationary one once, stream the other for every fold across, and write sums for
   * every fold down, all but the first after reading them. */
  const int64_t accesses =
      part->dataflow == HB_DATAFLOW_OS
          ? down * time * across_folds + across * time * down_folds + down * across
          : down * across + down * time * across_folds + across * time * (2 * down_folds - 1);
  return (hb_closed_form_t){.cycles = hb_systolic_cycles(rows, columns, down, across, time),
                            .energy_mj = MAC_MJ * ((double)(pixels * taps * outputs) +
                                                   SHARED_PER_MAC * (double)accesses)};
}
