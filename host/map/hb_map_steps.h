/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Programs made of steps: loads, then what works on them, and at the end of a tile of the output
 * its STOREs. Private to host/map/; for layers that the planner (hb_map_plan.h) does not cut: those
 * of vector tiles, grouped and transposed convolutions, batched products, arrays of 32 x 32.
 *
 * Step i works in half i % 2 of IFM and WGT, tile t in half t % 2 of the accumulator, so that LOADs
 * run beside the step before and STOREs beside the next tile. Tokens:
 *
 *   LOADs   the first of step i waits for E2L of step i - 2, the last pushes L2E
 *   EXECs   the first waits for L2E, and, if it begins tile t, for S2E of tile t - 2; the last
 * pushes E2L if there is a step i + 2, and E2S if it ends its tile STOREs  the first waits for E2S,
 * the last pushes S2E if there is a tile t + 2
 *
 * Every wait has its push earlier in program order (LOADs of step i + 1 stand before the EXECs of
 * step i), so the oldest unfinished command can always run. What step 0 loads for good is covered
 * by its L2E: every EXEC and, through E2S, every STORE comes after it. What tile t loads for its
 * STOREs into one of four slots in turn is safe too: those LOADs come after an EXEC of tile t - 2,
 * which came after the STOREs of tile t - 4.
 */

#ifndef HB_MAP_STEPS_H_
#define HB_MAP_STEPS_H_

#include "hb_map.h"

typedef struct hb_map_step hb_map_step_t;

typedef struct hb_map_steps {
  hb_map_step_t *steps;
  uint32_t num, room, num_tiles;
  uint32_t total;     /* commands so far */
  hb_status_t status; /* first failure; everything after is a no-op */
} hb_map_steps_t;

enum { HB_MAP_STEP_SLOTS = 4 };

/** Begins a step, the first of a new tile or one more of the same. Every step needs a LOAD and an
 * EXEC, every tile a STORE in its last step. */
void hb_map_steps_begin(hb_map_steps_t *s, bool new_tile);

/** Commands of the step under construction, zero but for the opcode; valid until the next is added.
 */
hb_cmd_load_t *hb_map_steps_load(hb_map_steps_t *s);
hb_cmd_t *hb_map_steps_exec(hb_map_steps_t *s, uint32_t opcode);
hb_cmd_store_t *hb_map_steps_store(hb_map_steps_t *s);

/** A LOAD of rows x beats; rows that follow each other in memory are joined. */
void hb_map_steps_load_rows(hb_map_steps_t *s, uint32_t mem, uint32_t dst, uint32_t base,
                            uint64_t src, uint32_t beats, uint32_t rows, uint64_t row_pitch);

/** Halves of IFM and WGT, and of the accumulator: 0 or 1. */
uint32_t hb_map_steps_side(const hb_map_steps_t *s);
uint32_t hb_map_steps_acc_side(const hb_map_steps_t *s);
/** Slot of the tile's own parameters, 0 .. HB_MAP_STEP_SLOTS - 1. */
uint32_t hb_map_steps_slot(const hb_map_steps_t *s);

/** The program, or the first failure (HB_ERR_RANGE: more than 2^20 - 1 commands). Frees everything
 * else. */
HB_MUST_USE hb_status_t hb_map_steps_finish(hb_map_steps_t *s, hb_program_t *program_out);

/** The part of an axis of `in` places that outputs first .. first + count - 1 read. */
typedef struct hb_map_window {
  uint32_t first, count; /* places of the input; one of them if all is padding */
  int32_t org;           /* place of tap 0 of output `first`, from the part's first */
} hb_map_window_t;

hb_map_window_t hb_map_window(uint32_t first, uint32_t count, uint32_t stride, uint32_t dil,
                              uint32_t ker, int32_t pad, uint32_t in);

/** Largest tile of an output out_h x out_w of at most `max_pixels`, whose input takes at most
 * `max_words`. */
HB_MUST_USE bool hb_map_window_tile(const hb_layer_t *window, uint32_t in_h, uint32_t in_w,
                                    uint32_t out_h, uint32_t out_w, uint32_t max_pixels,
                                    uint32_t max_words, uint32_t *th_out, uint32_t *tw_out);

#endif /* HB_MAP_STEPS_H_ */
