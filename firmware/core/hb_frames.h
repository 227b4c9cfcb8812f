/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The frames of every model: from their announcement to their end.
 *
 *   announced --> queued --> running --> done
 *       |           |           |
 *       +---------->+---------->+------> lost (overrun, late, its dependency lost, a job failed)
 *
 * A model's frames run one at a time in the order they arrived; the first in its queue is the head.
 * A frame whose model depends on another starts only when that model's frame of the same number is
 * done; when that one is lost (or was never triggered), so is this one. Each end releases the input
 * slot and writes its record.
 *
 * A frame runs the layers of one variant of its model, less those that its path leaves out. The
 * path came with the frame and is looked at only when a layer comes up. A layer that fails is run
 * again on a tile that it has not failed on, as long as there is one; after the last of them its
 * frame is lost. A layer that a single tile can run gets a second chance there.
 */

#ifndef HB_FRAMES_H_
#define HB_FRAMES_H_

#include <stdbool.h>
#include <stdint.h>

#include "core/hb_tables.h"
#include "drv/hb_mbox.h"
#include "hilbert/hb_status.h"

/*
 * How many frames back a model's outcomes are remembered for the models that depend on it. A frame
 * that arrives later than that behind its dependency's newest frame is dropped with
 * HB_DROP_DEPENDENCY.
 */
enum { HB_FRAMES_HISTORY = 512 };

/* How often a layer may fail in any case, whatever tiles there are, before its frame is lost. */
enum { HB_FRAMES_MIN_FAILURES = 2 };

typedef struct hb_frame {
  uint32_t number;
  uint32_t slot;
  uint32_t path;              /* skip_mask */
  uint64_t arrival, deadline; /* cycles */
} hb_frame_t;

typedef struct hb_model {
  hb_frame_t queue[HB_IMAGE_MAX_SLOTS]; /* ring: a queued frame owns an input slot, so it cannot
                                           overflow */
  uint32_t head, count;
  uint32_t variant;   /* of the head frame */
  uint32_t layer;     /* of the head frame: running or next; index within the model */
  uint32_t end;       /* behind the last layer of its variant */
  uint32_t usable;    /* bit i: there is a tile for every layer of variant i */
  uint32_t failures;  /* of the head frame's layer, in a row */
  uint32_t failed_on; /* tiles of all of them, a bit each */
  bool started;       /* the head frame's first layer was dispatched */
  bool running;       /* a job of the head frame is on a tile */
  uint32_t last_tile; /* that ran this model's previous layer, or HB_IMAGE_NONE */
  uint32_t announced; /* frames 0 .. announced - 1 were */
  uint32_t outcome[HB_FRAMES_HISTORY / 16]; /* two bits per frame, by number modulo the history */
} hb_model_t;

/** Called when a frame that was triggered ends. */
typedef void (*hb_frames_on_end_t)(void *ctx, uint32_t model, const hb_frame_t *frame, bool started,
                                   bool dropped);

typedef struct hb_frames {
  const hb_tables_t *tables;
  hb_frames_on_end_t on_end;
  void *ctx;
  hb_model_t model[HB_IMAGE_MAX_MODELS];
} hb_frames_t;

void hb_frames_init(hb_frames_t *frames, const hb_tables_t *tables, hb_frames_on_end_t on_end,
                    void *ctx);

/**
 * Takes in a mailbox message. A frame that is not triggered leaves no record, only its slot is
 * released.
 * @retval HB_ERR_ARG no such model or slot, a frame number out of order, or more frames than slots;
 * nothing was done.
 */
HB_MUST_USE hb_status_t hb_frames_announce(hb_frames_t *frames, const hb_mbox_message_t *message);

/** Drops every frame that has not started and whose deadline lies before `now`. */
void hb_frames_drop_late(hb_frames_t *frames, uint64_t now);

/** The model's head frame waits for nothing but a tile. */
bool hb_frames_ready(const hb_frames_t *frames, uint32_t model);

/** The model's oldest frame. The model must have one. */
const hb_frame_t *hb_frames_head(const hb_frames_t *frames, uint32_t model);

/** The variant that a frame runs if nobody chooses: the first usable one. */
uint32_t hb_frames_first_variant(const hb_frames_t *frames, uint32_t model);

/**
 * The model's head frame, which must be ready and not started, is to run `variant`.
 * @return false: its path leaves out every layer. The frame has been started and is done.
 */
bool hb_frames_choose_variant(hb_frames_t *frames, uint32_t model, uint32_t variant);

/** Gives up the model's head frame, which must not be running. */
void hb_frames_drop(hb_frames_t *frames, uint32_t model, uint32_t reason);

/**
 * From now on only tiles of these kinds (a bit each) are there. Frames that have no tile any more
 * for some layer are lost (HB_DROP_FAULT), those on a tile when they leave it.
 */
void hb_frames_set_kinds(hb_frames_t *frames, uint32_t kinds);

/** The next layer of the model's head frame, which must be ready, now runs on `tile`. */
void hb_frames_layer_started(hb_frames_t *frames, uint32_t model, uint32_t tile);

/** The running layer of the model's head frame ended well. */
void hb_frames_layer_done(hb_frames_t *frames, uint32_t model);

/**
 * The running layer of the model's head frame failed on `tile`.
 * @param tiles that may run it from now on, a bit each, whether or not it failed there before; 0:
 * none, the frame is lost.
 */
void hb_frames_layer_failed(hb_frames_t *frames, uint32_t model, uint32_t tile, uint32_t tiles);

#endif /* HB_FRAMES_H_ */
