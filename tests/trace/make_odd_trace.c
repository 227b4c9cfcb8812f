/* SPDX-License-Identifier: Apache-2.0 */

/*
 * make_odd_trace FILE [CLOCK_KHZ]: a trace with what runs seldom or never have, for exports: no
 * clock, frames that overlap, frames announced before their nominal arrival, dropped in their
 * middle, never finished or never announced, jobs that overlap on a tile, names that are not UTF-8,
 * tags without names, models that wait for two others, and the streams `lambda` (fields alpha and
 * beta, of a model) and `beta`, and a stream of a higher level.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_writer.h"
#include "hilbert/hb_image.h"

#define COUNT(array_) ((uint32_t)(sizeof(array_) / sizeof((array_)[0])))
#define CYCLE \
  { "cycle", "cycle", "cycles", "delta" }

static const hb_trace_field_t kArrived[] = {CYCLE,
                                            {"model", "model", "", "plain"},
                                            {"frame", "uint", "", "plain"},
                                            {"arrival", "cycle", "cycles", "plain"},
                                            {"deadline", "cycle", "cycles", "plain"}};
static const hb_trace_field_t kFrame[] = {
    CYCLE, {"model", "model", "", "plain"}, {"frame", "uint", "", "plain"}};
static const hb_trace_field_t kDropped[] = {CYCLE,
                                            {"model", "model", "", "plain"},
                                            {"frame", "uint", "", "plain"},
                                            {"reason", "enum:drop", "", "plain"}};
static const hb_trace_field_t kDecision[] = {CYCLE,
                                             {"tile", "tile", "", "plain"},
                                             {"tag", "tag", "", "plain"},
                                             {"ready", "uint", "", "plain"},
                                             {"free", "uint", "", "plain"}};
static const hb_trace_field_t kCandidate[] = {CYCLE,
                                              {"tag", "tag", "", "plain"},
                                              {"tile", "tile", "", "plain"},
                                              {"score", "int", "", "plain"}};
static const hb_trace_field_t kJob[] = {{"end", "cycle", "cycles", "delta"},
                                        {"tile", "tile", "", "plain"},
                                        {"tag", "tag", "", "plain"},
                                        {"status", "enum:job_status", "", "plain"},
                                        {"busy", "uint", "cycles", "plain"},
                                        {"start", "cycle", "cycles", "plain"},
                                        {"rd_beats", "uint", "beats", "plain"},
                                        {"wr_beats", "uint", "beats", "plain"},
                                        {"spare", "hex", "", "plain"}};
static const hb_trace_field_t kLambda[] = {CYCLE,
                                           {"model", "model", "", "plain"},
                                           {"alpha", "int", "", "plain"},
                                           {"beta", "int", "", "plain"}};
static const hb_trace_field_t kBeta[] = {CYCLE, {"value", "uint", "", "plain"}};
static const hb_trace_field_t kNote[] = {CYCLE, {"text", "string", "", "plain"}};
static const hb_trace_field_t kPacket[] = {CYCLE, {"flits", "uint", "", "plain"}};
/* Without the fields that an irq has in a run. */
static const hb_trace_field_t kIrq[] = {CYCLE, {"wire", "uint", "", "plain"}};

enum { ARRIVED, STARTED, DONE, DROPPED, DECISION, CANDIDATE, JOB, LAMBDA, BETA, NOTE, PACKET, IRQ };

#define STREAM(name_, level_, fields_) \
  { name_, level_, COUNT(fields_), fields_ }
static const hb_trace_stream_t kStreams[] = {
    STREAM("frame_arrived", HB_TRACE_DECISIONS, kArrived),
    STREAM("frame_started", HB_TRACE_DECISIONS, kFrame),
    STREAM("frame_done", HB_TRACE_DECISIONS, kFrame),
    STREAM("frame_dropped", HB_TRACE_DECISIONS, kDropped),
    STREAM("decision", HB_TRACE_DECISIONS, kDecision),
    STREAM("candidate", HB_TRACE_DECISIONS, kCandidate),
    STREAM("job", HB_TRACE_JOBS, kJob),
    STREAM("lambda", HB_TRACE_DECISIONS, kLambda),
    STREAM("beta", HB_TRACE_DECISIONS, kBeta),
    STREAM("note", HB_TRACE_DECISIONS, kNote),
    STREAM("packet", HB_TRACE_PACKETS, kPacket),
    STREAM("irq", HB_TRACE_JOBS, kIrq),
};
static const hb_trace_enum_t kEnums[] = {{"drop", 4, "FAULT"}, {"job_status", 0, "OK"}};

static hb_trace_writer_t *g_writer;

static void put(uint32_t stream, const uint64_t *values) {
  if (hb_trace_writer_append(g_writer, stream, values) == HB_OK) return;
  fprintf(stderr, "%s\n", hb_trace_writer_error(g_writer));
  exit(1);
}
#define PUT(stream_, ...) put((stream_), (const uint64_t[]){__VA_ARGS__})

static uint64_t tag(uint32_t model, uint32_t frame, uint32_t layer) {
  return HB_TAG(model, frame, layer);
}

static void put_records(void) {
  uint64_t text;
  if (hb_trace_writer_string(g_writer, "tab\tand \"quotes\"", &text) != HB_OK) exit(1);
  PUT(ARRIVED, 100, 0, 0, 90, 400);
  PUT(CANDIDATE, 101, tag(0, 0, 0), 0, (uint64_t)-5);
  PUT(CANDIDATE, 102, tag(1, 0, 9), 1, 7);
  PUT(DECISION, 103, 0, tag(0, 0, 0), 3, 2);
  PUT(IRQ, 103, 1);
  PUT(LAMBDA, 104, 0, 10, (uint64_t)-20);
  PUT(LAMBDA, 104, 1, 11, 21);
  PUT(BETA, 105, 9);
  PUT(NOTE, 106, text);
  PUT(ARRIVED, 110, 0, 1, 120, 130); /* announced early; overlaps frame 0 */
  PUT(JOB, 200, 0, tag(0, 0, 0), 0, 50, 150, 10, 20, 1);
  PUT(JOB, 205, 0, tag(0, 1, 0), 0, 10, 195, 1, 0, 2); /* overlaps the job before */
  PUT(DECISION, 210, HB_IMAGE_NONE, tag(1, 5, 9), 0, 0);
  PUT(JOB, 260, 1, tag(0, 0, 1), 7, 60, 200, 0, 3, 3);
  PUT(DONE, 261, 0, 0);
  PUT(JOB, 270, 1, tag(0, 1, 1), 0, 10, 260, 4, 4, 4); /* begins where the one before ends */
  PUT(ARRIVED, 271, 0, 2, 240, 900);                   /* before frame 0 ended: a third lane */
  PUT(DROPPED, 280, 0, 1, 4);                          /* in its middle */
  PUT(JOB, 290, 0, tag(0, 1, 2), 0, 5, 285, 0, 0, 5);  /* of the dropped frame */
  PUT(JOB, 300, 0, tag(1, 5, 9), 0, 8, 292, 2, 2, 6);  /* never announced; no name of the layer */
  PUT(STARTED, 301, 1, 6);
  PUT(JOB, 320, 0, tag(1, 5, 10), 0, 8, 312, 2, 2, 7);
  PUT(LAMBDA, 321, 0, 12, 0);
  PUT(DONE, 330, 1, 5);
  PUT(DROPPED, 340, 1, 7, 99);                        /* never announced, a reason without a name */
  PUT(JOB, 350, 1, tag(1, 6, 0), 0, 0, 350, 1, 1, 8); /* of no length */
  PUT(DONE, 355, 1, 3);                               /* of which nothing else is known */
  PUT(ARRIVED, 360, 1, 16384 + 5, 355, 500);          /* the bits of frame 5 in a tag */
  PUT(JOB, 370, 1, tag(1, 5, 0), 0, 5, 365, 1, 1, 9);
  PUT(ARRIVED, 371, 1, 8, 370, 390);
  PUT(DONE, 390, 1, 8); /* in time, just so */
  PUT(DONE, 600, 1, 16384 + 5);
  /* Model 3 waits for model 2, model 4 for both. */
  PUT(ARRIVED, 700, 3, 20, 680, 950); /* before the one it waits for */
  PUT(ARRIVED, 702, 2, 20, 690, 950);
  PUT(ARRIVED, 703, 4, 20, 702, 950);
  PUT(JOB, 720, 0, tag(2, 20, 0), 0, 10, 710, 1, 1, 10);
  PUT(ARRIVED, 721, 2, 21, 721, 950);
  PUT(DONE, 722, 2, 20);
  PUT(JOB, 740, 1, tag(3, 20, 0), 0, 10, 730, 1, 1, 11);
  PUT(JOB, 750, 0, tag(2, 21, 0), 0, 10, 740, 1, 1, 12);
  PUT(JOB, 760, 1, tag(3, 20, 1), 0, 10, 750, 1, 1, 13);
  PUT(DONE, 761, 3, 20);
  PUT(DONE, 762, 2, 21); /* none of that number waits for it */
  PUT(JOB, 780, 1, tag(4, 20, 0), 0, 10, 770, 1, 1, 14);
  PUT(DONE, 781, 4, 20);
  PUT(ARRIVED, 782, 2, 22, 782, 950);
  PUT(ARRIVED, 783, 3, 22, 783, 950);
  PUT(DROPPED, 784, 2, 22, 4);
  PUT(DROPPED, 785, 3, 22, 3);
  PUT(JOB, 789, 1, tag(4, 22, 0), 0, 3, 786, 1, 1, 15);  /* though it was dropped */
  PUT(JOB, 800, 0, tag(2, 23, 0), 0, 10, 790, 1, 1, 16); /* never announced */
  PUT(DONE, 801, 2, 23);
  PUT(JOB, 820, 0, tag(4, 23, 0), 0, 10, 810, 1, 1, 17); /* waited for one of the two */
  PUT(JOB, 824, 1, tag(3, 23, 0), 0, 10, 812, 1, 1, 18);
  PUT(DONE, 825, 3, 23); /* the other, too late */
  PUT(JOB, 836, 0, tag(4, 23, 1), 0, 10, 826, 1, 1, 19);
  PUT(DONE, 837, 4, 23);
  PUT(ARRIVED, 840, 2, 16384 + 20, 840, 950); /* the bits of frame 20 in a tag */
  PUT(DONE, 845, 2, 16384 + 20);
  PUT(ARRIVED, 846, 3, 16384 + 20, 846, 950);
  PUT(JOB, 860, 0, tag(3, 20, 0), 0, 10, 850, 1, 1, 20);
  PUT(DONE, 861, 3, 16384 + 20);
  PUT(ARRIVED, 870, 2, 16384 + 21, 870, 950); /* and of 21, for which none has waited */
  PUT(DONE, 872, 2, 16384 + 21);
  PUT(ARRIVED, 873, 3, 16384 + 21, 873, 950);
  PUT(JOB, 890, 0, tag(3, 21, 0), 0, 10, 880, 1, 1, 21);
  PUT(DONE, 891, 3, 16384 + 21);
  PUT(JOB, 900, 0, tag(2, 24, 0), 0, 5, 895, 1, 1, 22); /* drawn before it is dropped */
  PUT(DROPPED, 901, 2, 24, 4);
  PUT(JOB, 910, 0, tag(3, 24, 0), 0, 8, 902, 1, 1, 23);
  PUT(ARRIVED, 920, 2, 25, 920, 950);
  PUT(DONE, 922, 2, 25);
  PUT(JOB, 930, 0, tag(3, 25, 0), 0, 6, 924, 1, 1, 24);
  PUT(DONE, 931, 3, 25);
  PUT(ARRIVED, 932, 3, 16384 + 25, 932, 950); /* there is no such frame to wait for */
  PUT(JOB, 946, 0, tag(3, 25, 0), 0, 6, 940, 1, 1, 25);
  PUT(DONE, 947, 3, 16384 + 25);
  PUT(NOTE, 1000000000000007, text); /* times 10^6 is above 64 bits */
  PUT(PACKET, 1000000000000008, 3);
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    fprintf(stderr, "usage: make_odd_trace FILE [CLOCK_KHZ]\n");
    return 2;
  }
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  if (argc == 3) hb_trace_meta_set(&meta, "clock_khz", argv[2]);
  hb_trace_meta_set_tile(&meta, 0, "n\xf6rd"); /* Latin-1 */
  hb_trace_meta_set_model(&meta, 0,
                          "s\xc3\xbc"
                          "d");
  hb_trace_meta_set_layer(&meta, 0, 0, "a");
  hb_trace_meta_set_layer(&meta, 0, 1, "b\xff\xc3");
  hb_trace_meta_set_layer(&meta, 0, 2, "c");
  hb_trace_meta_set_layer(&meta, 1, 0, "d");
  hb_trace_meta_set_depends(&meta, 3, (const uint32_t[]){2}, 1);
  hb_trace_meta_set_depends(&meta, 4, (const uint32_t[]){2, 3}, 2);
  hb_trace_meta_set(&meta, "depends.2", "64 4294967296 none"); /* there are no such models */
  const hb_trace_schema_t schema = {.writer = "make_odd_trace",
                                    .level = HB_TRACE_PACKETS,
                                    .meta = &meta,
                                    .num_streams = COUNT(kStreams),
                                    .streams = kStreams,
                                    .num_enums = COUNT(kEnums),
                                    .enums = kEnums};
  char why[256];
  if (hb_trace_writer_open(argv[1], &schema, NULL, &g_writer, why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], why);
    return 1;
  }
  hb_trace_meta_release(&meta);
  put_records();
  if (hb_trace_writer_close(g_writer, true, "", why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], why);
    return 1;
  }
  return 0;
}
