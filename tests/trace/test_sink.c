/* SPDX-License-Identifier: Apache-2.0 */

/* Every record of the simulator is in the trace with all its bits, and is shown with names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "hb_trace_cmd.h"
#include "hb_trace_sink.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

static const char *const kPath = "test_trace_sink.hbt";

static hb_trace_sink_t *open_sink(hb_trace_level_t level) {
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_meta_set(&meta, "scenario", "test");
  hb_trace_meta_set_uint(&meta, "clock_khz", 250000);
  hb_trace_meta_set_node(&meta, 5, "south");
  hb_trace_meta_set_tile(&meta, 0, "north");
  hb_trace_meta_set_tile(&meta, 1, "south");
  hb_trace_meta_set_model(&meta, 0, "ES");
  hb_trace_meta_set_model(&meta, 2, "HT");
  hb_trace_meta_set_layer(&meta, 2, 7, "conv7");
  hb_trace_sink_t *sink = NULL;
  char why[256];
  if (hb_trace_sink_open(kPath, level, &meta, &sink, why, sizeof(why)) != HB_OK)
    fail_msg("%s", why);
  hb_trace_meta_release(&meta);
  return sink;
}

static void close_sink(hb_trace_sink_t *sink) {
  char why[256];
  if (hb_trace_sink_close(sink, true, "", why, sizeof(why)) != HB_OK) fail_msg("%s", why);
}

/* Output of a command as one string, freed by the caller. */
static char *capture(hb_status_t expected, const hb_trace_dump_options_t *dump, char *why,
                     size_t why_len) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  assert_non_null(out);
  const hb_status_t status = dump == NULL ? hb_trace_cmd_info(kPath, out, why, why_len)
                                          : hb_trace_cmd_dump(kPath, dump, out, why, why_len);
  fclose(out);
  if (status != expected) fail_msg("status %d: %s", (int)status, why);
  return text;
}

static void expect_dump(bool json, const char *streams, const char *expected) {
  const hb_trace_dump_options_t options = {.json = json, .streams = streams, .to = UINT64_MAX};
  char why[400];
  char *text = capture(HB_OK, &options, why, sizeof(why));
  assert_string_equal(text, expected);
  free(text);
}

/* Bits of a telemetry record, put together from the fields of its stream. Order and place as
 * documented. */
typedef struct bits {
  const char *stream, *field;
  uint32_t word, lsb, width;
} bits_t;

static const bits_t kBits[] = {
    {"boot", "version", 0, 0, 32},
    {"boot", "policy", 1, 0, 32},
    {"boot", "models", 2, 0, 32},
    {"boot", "tiles", 3, 0, 32},
    {"frame_arrived", "model", 0, 0, 32},
    {"frame_arrived", "frame", 1, 0, 32},
    {"frame_arrived", "arrival", 2, 0, 64},
    {"frame_arrived", "deadline", 4, 0, 64},
    {"frame_dropped", "model", 0, 0, 32},
    {"frame_dropped", "frame", 1, 0, 32},
    {"frame_dropped", "reason", 2, 0, 32},
    {"frame_started", "model", 0, 0, 32},
    {"frame_started", "frame", 1, 0, 32},
    {"frame_done", "model", 0, 0, 32},
    {"frame_done", "frame", 1, 0, 32},
    {"decision", "tag", 0, 0, 32},
    {"decision", "tile", 1, 0, 32},
    {"decision", "ready", 2, 0, 32},
    {"decision", "free", 3, 0, 32},
    {"candidate", "tag", 0, 0, 32},
    {"candidate", "tile", 1, 0, 32},
    {"candidate", "score", 2, 0, 32},
    {"candidate", "term0", 3, 0, 32},
    {"candidate", "term1", 4, 0, 32},
    {"candidate", "term2", 5, 0, 32},
    {"candidate", "term3", 6, 0, 32},
    {"job_done", "tag", 0, 0, 32},
    {"job_done", "tile", 1, 0, 32},
    {"job_done", "status", 2, 0, 8},
    {"job_done", "command", 2, 8, 20},
    {"job_done", "flags", 2, 28, 4},
    {"fault", "status", 0, 0, 32},
    {"fault", "tile", 1, 0, 32},
    {"fault", "tag", 2, 0, 32},
    {"fault", "detail", 3, 0, 32},
    {"tune", "alpha_q16", 0, 0, 32},
    {"tune", "beta_q16", 1, 0, 32},
    {"tune", "step_q16", 2, 0, 32},
    {"tune", "ux_cost_q16", 3, 0, 32},
    {"tune", "state", 4, 0, 32},
    {"variant_candidate", "model", 0, 0, 32},
    {"variant_candidate", "frame", 1, 0, 32},
    {"variant_candidate", "variant", 2, 0, 32},
    {"variant_candidate", "togo", 3, 0, 32},
    {"variant_candidate", "slack", 4, 0, 32},
    {"variant_candidate", "sharing", 5, 0, 32},
    {"variant_candidate", "verdict", 6, 0, 32},
    {"variant", "model", 0, 0, 32},
    {"variant", "frame", 1, 0, 32},
    {"variant", "variant", 2, 0, 32},
    {"tile_reset", "tile", 0, 0, 32},
    {"tile_reset", "tag", 1, 0, 32},
    {"tile_reset", "resets", 2, 0, 32},
};

typedef struct tel_info {
  const char *name;
  uint32_t type, num_words;
} tel_info_t;

static const tel_info_t kTelInfo[] = {
#define TEL_INFO(name_, value_, words_, text_) {#name_, (value_), (words_)},
    HB_TEL_TABLE(TEL_INFO)
#undef TEL_INFO
};
enum { NUM_TEL = sizeof(kTelInfo) / sizeof(kTelInfo[0]) };

static void lower(const char *name, char out[64]) {
  size_t i = 0;
  for (; name[i] != '\0' && i < 63; i++) {
    out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
  }
  out[i] = '\0';
}

/* Rebuilds the words of a record; fails if a bit comes from two fields or a field is not in kBits.
 */
static void rebuild(const hb_trace_stream_t *stream, const uint64_t *values, uint32_t *words,
                    uint32_t *seen) {
  for (uint32_t f = 1; f < stream->num_fields; f++) {
    const bits_t *bits = NULL;
    for (size_t i = 0; i < sizeof(kBits) / sizeof(kBits[0]); i++) {
      if (strcmp(kBits[i].stream, stream->name) == 0 &&
          strcmp(kBits[i].field, stream->fields[f].name) == 0) {
        bits = &kBits[i];
      }
    }
    if (bits == NULL)
      fail_msg("field %s.%s is not documented here", stream->name, stream->fields[f].name);
    for (uint32_t b = 0; b < bits->width; b++) {
      const uint32_t word = bits->word + (bits->lsb + b) / 32;
      const uint32_t mask = 1u << ((bits->lsb + b) % 32);
      assert_int_equal(seen[word] & mask, 0);
      seen[word] |= mask;
      if ((values[f] >> b & 1) != 0) words[word] |= mask;
    }
  }
}

static void every_telemetry_type_keeps_every_bit(void **state) {
  (void)state;
  enum { ROUNDS = 50 };
  static uint32_t sent[ROUNDS * NUM_TEL][1 + HB_TEL_MAX_WORDS];
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  const hb_sim_sink_t callbacks = hb_trace_sink_callbacks(sink);
  uint64_t random = 3;
  uint32_t num = 0;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    for (uint32_t t = 0; t < NUM_TEL; t++, num++) {
      sent[num][0] = HB_TEL_HEAD(kTelInfo[t].type, kTelInfo[t].num_words);
      for (uint32_t w = 0; w < kTelInfo[t].num_words; w++) {
        sent[num][1 + w] = (uint32_t)fixture_random(&random);
      }
      callbacks.telemetry(callbacks.ctx, 10 * num, sent[num], 1 + kTelInfo[t].num_words);
    }
  }
  close_sink(sink);

  hb_trace_reader_t *reader = fixture_open(kPath);
  hb_trace_record_t record;
  for (uint32_t i = 0; i < num; i++) {
    assert_int_equal(hb_trace_reader_next(reader, &record), HB_OK);
    const tel_info_t *info = &kTelInfo[i % NUM_TEL];
    const hb_trace_stream_t *stream = &hb_trace_reader_schema(reader)->streams[record.stream];
    char name[64];
    lower(info->name, name);
    /* A type that was added to hb_telemetry.h needs a line in kTelStreams of hb_trace_sink.c. */
    assert_string_equal(stream->name, name);
    assert_int_equal(record.values[0], 10 * i);
    uint32_t words[HB_TEL_MAX_WORDS + 1] = {0};
    uint32_t seen[HB_TEL_MAX_WORDS + 1] = {0};
    rebuild(stream, record.values, words, seen);
    assert_memory_equal(words, sent[i] + 1, info->num_words * sizeof(uint32_t));
    for (uint32_t w = 0; w < HB_TEL_MAX_WORDS; w++) {
      assert_int_equal(seen[w], w < info->num_words ? UINT32_MAX : 0);
    }
  }
  assert_int_equal(hb_trace_reader_next(reader, &record), HB_ERR_END);
  hb_trace_reader_free(reader);
}

static void unknown_telemetry_is_kept_as_it_is(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  const uint32_t unknown[] = {HB_TEL_HEAD(200, 2), 0xdeadbeef, 7};
  const uint32_t longer[] = {HB_TEL_HEAD(HB_TEL_FRAME_DONE, 3), 1, 2, 3};
  uint32_t longest[1 + HB_TEL_MAX_WORDS] = {HB_TEL_HEAD(255, HB_TEL_MAX_WORDS)};
  for (uint32_t i = 1; i <= HB_TEL_MAX_WORDS; i++) {
    longest[i] = i;
  }
  hb_trace_sink_telemetry(sink, 5, unknown, 3);
  hb_trace_sink_telemetry(sink, 6, longer, 4);
  hb_trace_sink_telemetry(sink, 7, longest, 1 + HB_TEL_MAX_WORDS);
  close_sink(sink);
  expect_dump(
      false, "telemetry",
      "             5  telemetry      head=0xc8000002 num=2 w0=0xdeadbeef w1=0x7 w2=0x0 w3=0x0 "
      "w4=0x0 w5=0x0 w6=0x0 w7=0x0 w8=0x0 w9=0x0 w10=0x0 w11=0x0 w12=0x0 w13=0x0 w14=0x0\n"
      "             6  telemetry      head=0x5000003 num=3 w0=0x1 w1=0x2 w2=0x3 w3=0x0 w4=0x0 "
      "w5=0x0 w6=0x0 w7=0x0 w8=0x0 w9=0x0 w10=0x0 w11=0x0 w12=0x0 w13=0x0 w14=0x0\n"
      "             7  telemetry      head=0xff00000f num=15 w0=0x1 w1=0x2 w2=0x3 w3=0x4 w4=0x5 "
      "w5=0x6 w6=0x7 w7=0x8 w8=0x9 w9=0xa w10=0xb w11=0xc w12=0xd w13=0xe w14=0xf\n");
}

static hb_sim_job_t sample_job(void) {
  return (hb_sim_job_t){
      .tile = 1,
      .tag = HB_TAG(2, 3, 7),
      .status = HB_TILE_STATUS_WATCHDOG,
      .command = 12,
      .doorbell = 90,
      .start = 100,
      .end = 500,
      .busy = 401,
      .array = 300,
      .wait_load = 21,
      .wait_store = 22,
      .wait_wgt = 23,
      .wait_cmd = 24,
      .rd_beats = 1000,
      .wr_beats = 200,
  };
}

static void jobs_and_interrupts_show_with_names(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_JOBS);
  const hb_sim_sink_t callbacks = hb_trace_sink_callbacks(sink);
  const hb_sim_job_t job = sample_job();
  const uint32_t candidate[] = {
      HB_TEL_HEAD(HB_TEL_CANDIDATE, 7), HB_TAG(2, 3, 7), 0, 0xfffffff0u, 1, 2, 3, 0xfffffffcu};
  const uint32_t fault[] = {HB_TEL_HEAD(HB_TEL_FAULT, 4), HB_ERR_TIMEOUT, HB_IMAGE_NONE,
                            0x80001234u, 255};
  callbacks.irq(callbacks.ctx, 50, HB_IRQ_MAILBOX, true);
  callbacks.telemetry(callbacks.ctx, 80, candidate, 8);
  callbacks.pass(callbacks.ctx, 52, 95);
  callbacks.job(callbacks.ctx, &job);
  callbacks.irq(callbacks.ctx, 510, HB_IRQ_TILE(1), false);
  const hb_sim_refused_t refused = {550, 1, HB_TAG(2, 3, 7), 0x80001230u, 16, true};
  callbacks.refused(callbacks.ctx, &refused);
  const hb_sim_path_t path = {560, 2, 3, 5};
  callbacks.path(callbacks.ctx, &path);
  callbacks.telemetry(callbacks.ctx, 600, fault, 5);
  const hb_sim_tile_event_t hang = {650, 650, 1, HB_TILE_EVENT_HANG, HB_IMAGE_NONE, false};
  callbacks.tile_event(callbacks.ctx, &hang);
  const hb_sim_tile_event_t reset = {660, 620, 0, HB_TILE_EVENT_RESET, HB_TAG(2, 3, 7), true};
  callbacks.tile_event(callbacks.ctx, &reset);
  hb_trace_sink_note(sink, 700, "stopped: \"Ctrl-C\"\n");
  close_sink(sink);
  expect_dump(
      false, NULL,
      "            50  irq            line=mailbox level=1\n"
      "            80  candidate      tag=HT#3/conv7 tile=north score=-16 term0=1 term1=2 term2=3 "
      "term3=-4\n"
      "            95  pass           awake=43\n"
      "           500  job            tile=south tag=HT#3/conv7 status=WATCHDOG command=12 "
      "array=300 "
      "wait_load=21 wait_store=22 wait_wgt=23 wait_cmd=24 busy=401 start=100 doorbell=90 "
      "rd_beats=1000 wr_beats=200\n"
      "           510  irq            line=tile1 level=0\n"
      "           550  refused        tile=south tag=HT#3/conv7 addr=0x80001230 beats=16 write=1\n"
      "           560  path           model=HT frame=3 path=0x5\n"
      "           600  fault          status=HB_ERR_TIMEOUT tile=none tag=0x80001234 detail=0xff\n"
      "           650  tile_event     tile=south event=HANG running=0 tag=none start=650\n"
      "           660  tile_event     tile=north event=RESET running=1 tag=HT#3/conv7 start=620\n"
      "           700  note           text=\"stopped: \\\"Ctrl-C\\\"\\u000a\"\n");
  expect_dump(
      true, "note,job",
      "{\"stream\":\"job\",\"end\":500,\"tile\":1,\"tile_name\":\"south\",\"tag\":134230023,"
      "\"tag_name\":\"HT#3/conv7\",\"status\":5,\"status_name\":\"WATCHDOG\",\"command\":12,"
      "\"array\":300,\"wait_load\":21,\"wait_store\":22,\"wait_wgt\":23,\"wait_cmd\":24,"
      "\"busy\":401,\"start\":100,\"doorbell\":90,\"rd_beats\":1000,\"wr_beats\":200}\n"
      "{\"stream\":\"note\",\"cycle\":700,\"text\":0,\"text_name\":\"stopped: "
      "\\\"Ctrl-C\\\"\\u000a\"}\n");
}

static void packets_show_their_ends(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_PACKETS);
  const hb_sim_sink_t callbacks = hb_trace_sink_callbacks(sink);
  assert_null(callbacks.boundary);
  hb_sim_packet_t packet = {.injected = 100,
                            .arrived = 117,
                            .addr = 0x80001230u,
                            .src = 5,
                            .dst = 258,
                            .beats = 16,
                            .id = 3};
  callbacks.packet(callbacks.ctx, &packet);
  packet.write = true;
  callbacks.packet(callbacks.ctx, &packet);
  packet = (hb_sim_packet_t){.injected = 130,
                             .arrived = 150,
                             .addr = 0x80001230u,
                             .src = 258,
                             .dst = 5,
                             .beats = 16,
                             .id = 3,
                             .resp = 2,
                             .response = true};
  callbacks.packet(callbacks.ctx, &packet);
  packet.write = true;
  packet.resp = 3;
  callbacks.packet(callbacks.ctx, &packet);
  close_sink(sink);
#define AT_MEMORY "id=3 addr=0x80001230 beats=16 latency="
  expect_dump(false, NULL,
              "           117  read_request   src=south dst=258 " AT_MEMORY
              "17\n"
              "           117  write_request  src=south dst=258 " AT_MEMORY
              "17\n"
              "           150  read_response  src=258 dst=south " AT_MEMORY
              "20 resp=SLVERR\n"
              "           150  write_response src=258 dst=south " AT_MEMORY "20 resp=DECERR\n");
}

static void boundaries_show_every_channel(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_BOUNDARY);
  const hb_sim_sink_t callbacks = hb_trace_sink_callbacks(sink);
  for (uint32_t channel = 0; channel < HB_BOUNDARY_CHANNELS; channel++) {
    const hb_sim_boundary_t record = {.cycle = 1000 + channel,
                                      .tile = 1,
                                      .channel = (hb_boundary_channel_t)channel,
                                      .wait = 4,
                                      .addr = 0x80001230u,
                                      .data = channel == HB_BOUNDARY_IRQ ? 1 : 0xfedcba98u,
                                      .beats = 15,
                                      .strobe = 0xfff0,
                                      .id = 2,
                                      .resp = 3,
                                      .last = true};
    callbacks.boundary(callbacks.ctx, &record);
  }
  close_sink(sink);
  expect_dump(false, NULL,
              "          1000  reg_aw         tile=south wait=4 addr=0x80001230\n"
              "          1001  reg_w          tile=south wait=4 data=0xfedcba98 strobe=0xfff0\n"
              "          1002  reg_b          tile=south wait=4 resp=DECERR\n"
              "          1003  reg_ar         tile=south wait=4 addr=0x80001230\n"
              "          1004  reg_r          tile=south wait=4 data=0xfedcba98 resp=DECERR\n"
              "          1005  axi_ar         tile=south wait=4 id=2 addr=0x80001230 beats=15\n"
              "          1006  axi_r          tile=south wait=4 id=2 beats=15 resp=DECERR last=1\n"
              "          1007  axi_aw         tile=south wait=4 id=2 addr=0x80001230 beats=15\n"
              "          1008  axi_w          tile=south wait=4 beats=15 strobe=0xfff0 last=1\n"
              "          1009  axi_b          tile=south wait=4 id=2 resp=DECERR\n"
              "          1010  irq_wire       tile=south level=1\n"
              "          1011  idle_wire      tile=south level=4275878552\n"
              "          1012  reset          tile=south\n");
}

static void jobs_are_not_in_a_trace_of_decisions(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  const hb_sim_job_t job = sample_job();
  hb_trace_sink_job(sink, &job);
  close_sink(sink);
  expect_dump(false, NULL, "");
}

static void info_tells_what_is_in_the_file(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  for (uint32_t i = 0; i < 1000; i++) {
    hb_trace_sink_note(sink, 250000ull * (i + 1), "tick");
  }
  close_sink(sink);
  char why[400];
  char *whole = capture(HB_OK, NULL, why, sizeof(why));
  const char *const lines[] = {"level      decisions\n",
                               "scenario   test\n",
                               "clock_khz  250000\n",
                               "tiles      2: north south\n",
                               "models     2: ES HT\n",
                               "layers     1\n",
                               "first      cycle 250000 (1.000000 ms)\n",
                               "last       cycle 250000000 (1000.000000 ms)\n",
                               "ended      complete\n",
                               "\nnote             decisions          1000  cycle text\n",
                               "\njob              jobs       not recorded  end tile tag "};
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    if (strstr(whole, lines[i]) == NULL) fail_msg("no '%s' in:\n%s", lines[i], whole);
  }
  free(whole);

  /* Without its end, the records are counted one by one, and the failure follows. */
  size_t len;
  uint8_t *bytes = fixture_read(kPath, &len);
  fixture_write(kPath, bytes, len - 1);
  free(bytes);
  char *cut = capture(HB_ERR_FORMAT, NULL, why, sizeof(why));
  assert_non_null(strstr(cut, "\nnote             decisions          1000  cycle text\n"));
  assert_non_null(strstr(cut, "ended      unknown: the end of the file is missing or damaged\n"));
  free(cut);
  char expected[200];
  snprintf(expected, sizeof(expected),
           "%s: cut short: the file ends at byte %zu, inside the member at byte ", kPath, len - 1);
  assert_ptr_equal(strstr(why, expected), why);
}

static void dump_takes_a_range(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  for (uint32_t i = 0; i < 1000; i++) {
    hb_trace_sink_note(sink, 100000ull * i, "tick");
  }
  close_sink(sink);
  const hb_trace_dump_options_t range = {.from = 50000000, .to = 50100000};
  char why[400];
  char *text = capture(HB_OK, &range, why, sizeof(why));
  assert_string_equal(text,
                      "      50000000  note           text=\"tick\"\n"
                      "      50100000  note           text=\"tick\"\n");
  free(text);
}

static void wrong_options_are_explained_bad(void **state) {
  (void)state;
  close_sink(open_sink(HB_TRACE_JOBS));
  char why[400];
  const hb_trace_dump_options_t empty = {.from = 2, .to = 1};
  free(capture(HB_ERR_ARG, &empty, why, sizeof(why)));
  assert_string_equal(why, "the range of cycles is empty: from 2 to 1");
  const hb_trace_dump_options_t missing = {.streams = "job,jobs", .to = UINT64_MAX};
  free(capture(HB_ERR_ARG, &missing, why, sizeof(why)));
  assert_string_equal(
      why,
      "no stream 'jobs' in the trace; it has boot frame_arrived frame_dropped "
      "frame_started frame_done candidate decision job_done fault tune variant_candidate variant "
      "tile_reset telemetry note "
      "job irq refused path read_request write_request read_response write_response reg_aw reg_w "
      "reg_b reg_ar reg_r axi_ar axi_r axi_aw axi_w axi_b irq_wire idle_wire "
      "reset tile_event pass");
  FILE *full = fopen("/dev/full", "w");
  assert_non_null(full);
  assert_int_equal(hb_trace_cmd_info(kPath, full, why, sizeof(why)), HB_ERR_IO);
  assert_string_equal(why, "cannot write the output: No space left on device");
  fclose(full);
}

static void a_sink_keeps_its_first_failure_bad(void **state) {
  (void)state;
  hb_trace_sink_t *sink = open_sink(HB_TRACE_DECISIONS);
  hb_trace_sink_note(sink, 1000000, "now");
  assert_int_equal(hb_trace_sink_status(sink), HB_OK);
  hb_trace_sink_note(sink, 100, "long ago");
  assert_int_equal(hb_trace_sink_status(sink), HB_ERR_ARG);
  hb_trace_sink_note(sink, 1000001, "later");
  char why[256];
  assert_int_equal(hb_trace_sink_close(sink, true, "", why, sizeof(why)), HB_ERR_ARG);
  assert_string_equal(why, "record of stream note at cycle 100 refused: it comes too late");
  expect_dump(false, NULL,
              "       1000000  note           text=\"now\"\n"
              "       1000001  note           text=\"later\"\n");
  assert_int_equal(hb_trace_sink_open("no/such/dir/t.hbt", HB_TRACE_JOBS, &(hb_trace_meta_t){0},
                                      &sink, why, sizeof(why)),
                   HB_ERR_IO);
  assert_string_equal(why, "No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_telemetry_type_keeps_every_bit),
      cmocka_unit_test(unknown_telemetry_is_kept_as_it_is),
      cmocka_unit_test(jobs_and_interrupts_show_with_names),
      cmocka_unit_test(packets_show_their_ends),
      cmocka_unit_test(boundaries_show_every_channel),
      cmocka_unit_test(jobs_are_not_in_a_trace_of_decisions),
      cmocka_unit_test(info_tells_what_is_in_the_file),
      cmocka_unit_test(dump_takes_a_range),
      cmocka_unit_test(wrong_options_are_explained_bad),
      cmocka_unit_test(a_sink_keeps_its_first_failure_bad),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  remove(kPath);
  return failed;
}
