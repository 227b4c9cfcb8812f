/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The emulated system-on-chip, as the command line sees it: the only header of sim/ that C may include.
 *
 * Life cycle: hb_sim_create() -> hb_sim_load_*() and hb_sim_add_*() in any order -> hb_sim_run() one
 * or more times -> hb_sim_read_dram(), hb_sim_*_stats() -> hb_sim_free(). SystemC allows one simulator
 * per process, also after hb_sim_free(). Nothing here prints; errors come back as a status and hb_sim_error() says more.
 *
 * Units: times are cycles of the one clock unless the name says otherwise; addresses are physical
 * (hilbert/hb_memmap.h); DRAM timings are picoseconds.
 */

#ifndef HB_SIM_H_
#define HB_SIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_memmap.h"
#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HB_SIM_NAME_MAX = 48,
  HB_SIM_MAX_MESH = 16,   /* columns, rows */
  HB_SIM_MAX_CHANNELS = 4, /* DRAM channels, each at its own node */
  HB_SIM_MAX_SLOTS = 8,
  HB_SIM_MAX_SOURCES = 4,
  HB_SIM_MAX_PATH_BITS = 32,
  HB_SIM_MAX_VCS = 4,         /* virtual channels of a NoC link */
  HB_SIM_MAX_OUTSTANDING = 16, /* accesses of one direction that a tile's network interface keeps */
};

typedef enum hb_noc_routing { HB_NOC_XY = 0, HB_NOC_YX } hb_noc_routing_t;
typedef enum hb_noc_arbitration { HB_NOC_ROUND_ROBIN = 0, HB_NOC_AGE } hb_noc_arbitration_t;
typedef enum hb_noc_priority { HB_NOC_PRIORITY_NONE = 0, HB_NOC_PRIORITY_CONTROL } hb_noc_priority_t;

/** Mesh position: x to the east, y to the south, both from 0. */
typedef struct hb_soc_node {
  uint8_t x, y;
} hb_soc_node_t;

typedef struct hb_soc_tile {
  char name[HB_SIM_NAME_MAX];  /* "tile0" */
  char model[HB_SIM_NAME_MAX]; /* Verilated model: "ws8", "os16", ...; hb_sim_tile_model() lists them */
  hb_soc_node_t node;
} hb_soc_tile_t;

typedef struct hb_soc_noc {
  uint32_t columns, rows;  /* 1 .. HB_SIM_MAX_MESH */
  uint32_t flit_bits;      /* payload of a flit: a power of two, 64 .. 512; 128 is an AXI beat */
  uint32_t buffer_flits;   /* input buffer of a router port, 2 .. 128 */
  uint32_t router_cycles;  /* a flit's stay in an uncontended router, 1 .. 1000 */
  uint32_t link_cycles;    /* 1 .. 1000 */
  uint32_t virtual_channels;        /* of a link, each with buffer_flits of its own, 1 .. HB_SIM_MAX_VCS */
  hb_noc_routing_t routing;         /* which dimension first */
  hb_noc_arbitration_t arbitration; /* in turn, or the packet that was injected first */
  hb_noc_priority_t priority;       /* of accesses to devices before those to DRAM */
  uint32_t max_outstanding;         /* bursts read, and written, by a tile; packets read: 1 .. HB_SIM_MAX_OUTSTANDING */
} hb_soc_noc_t;

/** Parts of a burst's place in its channel. */
typedef enum hb_dram_field { HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_GROUP, HB_DRAM_COLUMN } hb_dram_field_t;
enum { HB_DRAM_FIELDS = 5, HB_SIM_MAX_BANKS = 64 };

/** All timings in ps, as in the device's data sheet. */
typedef struct hb_soc_dram {
  char preset[HB_SIM_NAME_MAX]; /* where the timings come from, for reports */
  uint64_t size_bytes;          /* installed at HB_DRAM_BASE, up to 2 GiB, a multiple of 4096 */
  uint32_t num_channels;        /* 1 .. HB_SIM_MAX_CHANNELS, a power of two */
  hb_soc_node_t node[HB_SIM_MAX_CHANNELS];
  uint32_t interleave_bytes; /* consecutive bytes in one channel, a power of two, 256 .. 1 MiB */
  uint32_t ranks;            /* of a channel, a power of two, 1 .. 8; ranks * banks up to 64 */
  uint32_t banks;            /* of a rank, a power of two, 1 .. 64 */
  uint32_t bank_groups;      /* of a rank, a power of two, 1 .. banks; bank b is in group b mod bank_groups */
  uint32_t row_bytes;        /* a power of two, 256 .. 64 KiB */
  uint32_t burst_bytes;      /* one column access, a power of two, 16 .. 256 */
  uint32_t queue_depth;      /* requests a channel can hold, 1 .. 64 */
  /* Where a burst lies: parts of its number, the highest bits first, each once. If the row is not first, the channel holds a
   * power of two of rows in each bank. */
  hb_dram_field_t mapping[HB_DRAM_FIELDS];
  /* Each 1 or more, up to 1 ms, and as hb_soc_dram_timing_ok() wants them.
   * tccd_ps: also how long a burst takes on the data bus. */
  uint32_t tck_ps, trcd_ps, trp_ps, tcl_ps, tcwl_ps, tras_ps, tccd_ps, twr_ps, twtr_ps, trtp_ps, trfc_ps,
      trefi_ps, trrd_ps, tfaw_ps;
  uint32_t trc_ps;         /* activation to activation or refresh of a bank; tras_ps + trp_ps says nothing more */
  uint32_t tccd_l_ps, trrd_l_ps, twtr_l_ps; /* in one bank group; at least tccd_ps, trrd_ps, twtr_ps */
  uint32_t trtrs_ps;       /* between the data of two ranks */
  bool closed_page;        /* a row is closed after the last waiting access to it (auto-precharge), else it stays open */
  uint32_t starvation_cap; /* column accesses that may overtake the oldest request, 1 .. 1000000 */
  /* Writes wait while reads are there, until write_high of them do; then they go first until write_low are left.
   * write_low < write_high <= queue_depth; write_high 0: writes do not wait. */
  uint32_t write_high, write_low;
} hb_soc_dram_t;

/** Energy of events, for reports: nothing in the simulator depends on it. pJ, static power in mW. */
typedef struct hb_soc_energy {
  double mac_pj;                                    /* 8 x 8 bits into 32 */
  double sram_8kib_pj, sram_32kib_pj, sram_1mib_pj; /* 64 bits of a scratchpad of that size */
  double flit_hop_pj;                               /* 128 bits through a router and a link */
  double dram_activate_pj;                          /* with the precharge */
  double dram_read_pj, dram_write_pj;               /* a burst */
  double dram_refresh_pj;                           /* of a rank */
  double tile_static_mw, dram_static_mw;            /* a tile, a channel */
} hb_soc_energy_t;

typedef struct hb_soc {
  char name[HB_SIM_NAME_MAX];
  uint32_t clock_khz; /* 1 .. 10000000 */
  hb_soc_noc_t noc;
  /* Host, sensors, DRAM channels and tiles each at a node of their own. */
  hb_soc_node_t host_node;
  hb_soc_node_t sensor_node;
  uint32_t irq_cycles; /* from a tile's irq wire to the host's pending bit, 1 .. 1000000 */
  hb_soc_dram_t dram;
  uint32_t num_tiles; /* 1 .. HB_MAX_TILES */
  hb_soc_tile_t tiles[HB_MAX_TILES];
  hb_soc_energy_t energy;
} hb_soc_t;

/**
 * A sensor that a stream's frames come from. With a rate of its own it takes frames at offset + floor(g / rate); the
 * stream's frame f is its latest by then, g = floor(f * rate / the stream's rate), and streams that use the same frame
 * of the same sensor (`id`) draw the same jitter for it.
 */
typedef struct hb_sim_source {
  uint32_t id;
  uint64_t rate_num, rate_den; /* 0, 0: the stream's rate */
  uint64_t offset_cycles;
  uint32_t jitter_cycles;
} hb_sim_source_t;

/**
 * One periodic frame source. The nominal time of frame f is offset_cycles + floor(f * rate_den * clock_hz / rate_num);
 * it is taken then, plus a jitter drawn uniformly from [-jitter, +jitter] cycles (never before cycle 0 nor
 * before frame f - 1). Its data is written to a free slot through the NoC, then it is announced in the host's
 * mailbox with its nominal time as arrival. Its deadline is the nominal time of frame f + 1. With sources, a frame is taken when the last of them has its part;
 * offset_cycles and jitter_cycles are not used. Frames whose nominal time is stop_cycles or later do not come.
 * Which of its path_bits a frame's path has (HB_MBOX_PATH) is drawn for each frame and bit.
 */
typedef struct hb_sim_stream {
  char name[HB_SIM_NAME_MAX];
  uint64_t rate_num, rate_den; /* frames per second = num / den */
  uint64_t offset_cycles;
  uint32_t jitter_cycles;
  uint32_t probability_ppm; /* chance that a frame triggers the model, 0 .. 1000000 */
  uint32_t frame_bytes;     /* multiple of 16 */
  uint32_t num_slots;
  uint32_t slot_addr[HB_SIM_MAX_SLOTS]; /* DRAM, 256-byte aligned */
  uint32_t num_sources;                 /* 0 .. HB_SIM_MAX_SOURCES */
  hb_sim_source_t sources[HB_SIM_MAX_SOURCES];
  uint64_t stop_cycles;                    /* 0: never */
  uint32_t path_bits;                      /* 0 .. HB_SIM_MAX_PATH_BITS */
  uint32_t path_ppm[HB_SIM_MAX_PATH_BITS]; /* chance of each, 0 .. 1000000 */
} hb_sim_stream_t;

/** A frame of a stream, as the sensors take it. */
typedef struct hb_sim_frame {
  uint64_t taken;   /* cycle, jitter included; a frame is not taken before the one before it; UINT64_MAX: the stream
                       has ended */
  uint64_t arrival; /* nominal */
  uint64_t deadline;
  bool triggered; /* its model is to run */
  uint32_t path;  /* HB_MBOX_PATH */
} hb_sim_frame_t;

/** Frame `frame` of stream number `index` in every run with `seed`, for engines without sensors. */
void hb_sim_stream_frame(const hb_sim_stream_t *stream, uint32_t index, uint32_t clock_khz, uint64_t seed, uint64_t frame,
                         hb_sim_frame_t *frame_out);

/** A frame with path_bits, when it is announced. */
typedef struct hb_sim_path {
  uint64_t cycle; /* in which the message leaves the sensor */
  uint32_t stream, frame;
  uint32_t path; /* HB_MBOX_PATH */
} hb_sim_path_t;

/** One finished tile job: what the `jobs` trace level records. Counters are this job's own. */
typedef struct hb_sim_job {
  uint32_t tile;
  uint32_t tag;
  uint32_t status;   /* HB_TILE_STATUS_* */
  uint32_t command;  /* index of the offending command, 0 if none */
  uint64_t doorbell; /* cycle in which the tile accepted the doorbell */
  uint64_t start;    /* cycle in which the job left the queue */
  uint64_t end;      /* cycle in which the completion was queued */
  uint64_t busy, array, wait_load, wait_store, wait_wgt, wait_cmd; /* cycles */
  uint64_t rd_beats, wr_beats;
} hb_sim_job_t;

/** A DMA access that a tile's protection unit refused (HB_NI_* of hilbert/hb_memmap.h). */
typedef struct hb_sim_refused {
  uint64_t cycle; /* in which the tile's address was taken */
  uint32_t tile;
  uint32_t tag;  /* of the running job */
  uint32_t addr; /* of the first byte */
  uint32_t beats; /* of 16 bytes */
  bool write;
} hb_sim_refused_t;

/** What happens to a tile that no job does. */
typedef enum hb_tile_event_kind {
  HB_TILE_EVENT_HANG = 0, /* from now on no read or write of the tile is answered, until it is reset through HB_NI_RESET */
  HB_TILE_EVENT_ERROR,    /* the next beat that the tile reads comes with SLVERR */
  HB_TILE_EVENT_RESET,    /* firmware wrote HB_NI_RESET */
} hb_tile_event_kind_t;

typedef struct hb_sim_tile_event {
  uint64_t cycle;
  uint64_t start; /* of the running job, which a reset ends; `cycle` if there is none */
  uint32_t tile;
  hb_tile_event_kind_t kind;
  uint32_t tag; /* of the running job; HB_IMAGE_NONE if there is none */
  bool running; /* there is one */
} hb_sim_tile_event_t;

/** Something that is to go wrong in a tile's network interface. */
typedef struct hb_sim_fault {
  uint32_t tile;
  hb_tile_event_kind_t kind; /* HANG or ERROR */
  uint64_t cycle;
} hb_sim_fault_t;

/** A packet of the NoC that has arrived whole. */
typedef struct hb_sim_packet {
  uint64_t injected; /* cycle in which its head left the network interface */
  uint64_t arrived;  /* cycle from which its receiver may take it */
  uint32_t addr;     /* of the first byte of the access */
  uint16_t src, dst; /* nodes: y * columns + x */
  uint8_t beats;     /* of 16 bytes, of the access, whether or not they travel with this packet */
  uint8_t id;        /* AXI id */
  uint8_t resp;      /* AXI response; 0 of a request */
  bool response, write;
} hb_sim_packet_t;

/* What a record of a tile's boundary is of: the channels of its AXI4-Lite subordinate (REG_) and its AXI4 manager, and its
 * wires. */
typedef enum hb_boundary_channel {
  HB_BOUNDARY_REG_AW, HB_BOUNDARY_REG_W, HB_BOUNDARY_REG_B, HB_BOUNDARY_REG_AR, HB_BOUNDARY_REG_R,
  HB_BOUNDARY_AR, HB_BOUNDARY_R, HB_BOUNDARY_AW, HB_BOUNDARY_W, HB_BOUNDARY_B,
  HB_BOUNDARY_IRQ, HB_BOUNDARY_IDLE,
  HB_BOUNDARY_RESET /* from this cycle on the tile is as after power-up, until something else is recorded */
} hb_boundary_channel_t;
enum { HB_BOUNDARY_CHANNELS = 13 };

/** Something that happened at a tile's boundary. What a channel does not have is 0. */
typedef struct hb_sim_boundary {
  uint64_t cycle; /* of the handshake; of W and R of the first of `beats` in as many cycles; of the level's first cycle */
  uint32_t tile;
  hb_boundary_channel_t channel;
  uint32_t wait;   /* cycles in which valid was up before the (first) handshake */
  uint32_t addr;   /* REG_AW, REG_AR, AR, AW */
  uint32_t data;   /* REG_W, REG_R; level of IRQ, IDLE */
  uint32_t beats;  /* AR, AW: of the burst; W, R: of the record; others 1 */
  uint32_t strobe; /* REG_W, W: the same for all beats of the record */
  uint8_t id, resp;
  bool last; /* W, R: the last of these beats ends its burst */
} hb_sim_boundary_t;

/** Where records go while the simulation runs. Any function may be NULL. Called in time order;
 * but a boundary's record of several beats comes after their end, at most 16 cycles late. */
typedef struct hb_sim_sink {
  void *ctx;
  /* A telemetry record: words[0] is the head (hilbert/hb_telemetry.h), num counts it. */
  void (*telemetry)(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num);
  void (*job)(void *ctx, const hb_sim_job_t *job);
  /* The level of an interrupt bit as the host sees it (HB_IRQ_*) changed. */
  void (*irq)(void *ctx, uint64_t cycle, uint32_t bit, bool level);
  /* The host was awake from cycle `woke` (0: the first time) to `slept`, in which it went to sleep in wfi. A pass that the
   * run's end cuts off is not told; slept - woke of all the others add up to hb_sim_host_stats_t.active_cycles. */
  void (*pass)(void *ctx, uint64_t woke, uint64_t slept);
  void (*refused)(void *ctx, const hb_sim_refused_t *refused);
  void (*path)(void *ctx, const hb_sim_path_t *path);
  void (*packet)(void *ctx, const hb_sim_packet_t *packet);
  void (*boundary)(void *ctx, const hb_sim_boundary_t *boundary);
  void (*tile_event)(void *ctx, const hb_sim_tile_event_t *event);
} hb_sim_sink_t;

/** A signal of a waveform that the caller drives. */
typedef struct hb_sim_wave_signal {
  const char *scope; /* "sched.tile0" */
  const char *name;
  uint32_t bits;         /* 1 .. HB_SIM_WAVE_BITS */
  bool text;             /* ASCII, the last character in bits 7:0; above the first one zeros */
  const uint32_t *value; /* words, bits 31:0 first */
} hb_sim_wave_signal_t;
enum { HB_SIM_WAVE_BITS = 512 };

/**
 * A waveform (FST) of some cycles: all signals as they are in the cycle, before the clock edge that ends it. Its times are
 * ps: cycle * 10^9 / clock_khz, rounded down.
 */
typedef struct hb_sim_wave {
  const char *path;  /* is written from cycle `from` on, and whole when the simulator is freed or `to` has passed */
  uint64_t from, to; /* first and last cycle */
  uint32_t tiles;    /* bit per tile: all signals of its RTL, in a scope of its name */
  bool noc;          /* for each link whether a flit moves, in scope noc */
  const hb_sim_wave_signal_t *signals;
  uint32_t num_signals;
  void (*advance)(void *ctx, uint64_t cycle); /* brings the signals' values to a cycle; may be NULL */
  void *ctx;
} hb_sim_wave_t;

typedef struct hb_sim_options {
  uint64_t seed;
  bool no_skip;           /* evaluate every module in every cycle: the reference for idle skipping */
  bool exact_reference;   /* that, and no module uses a faster way to the same result: the reference for those */
  uint32_t stall_ppm;     /* chance per cycle and channel of random back-pressure at tile boundaries, 0 (off) .. 900000 */
  uint64_t stall_seed;
  hb_sim_sink_t sink;
  /* Called about every `poll_cycles` cycles (1 or more); returning true stops the run (HB_SIM_STOPPED). May be NULL. */
  bool (*poll)(void *ctx, uint64_t cycle);
  void *poll_ctx;
  uint64_t poll_cycles;
  uint32_t twin_tiles;       /* bit per tile: its twin (sim/twin) instead of its RTL */
  bool functional;           /* twins write the bytes that RTL writes, else zeros; one tile must be a twin */
  const hb_sim_wave_t *wave; /* NULL: none; valid as long as the simulator */
} hb_sim_options_t;

typedef enum hb_sim_stop {
  HB_SIM_RUNNING = 0,
  HB_SIM_LIMIT,    /* reached the cycle limit */
  HB_SIM_EXIT,     /* firmware wrote HB_LOCAL_EXIT */
  HB_SIM_STOPPED,  /* poll() said so */
  HB_SIM_DEADLOCK, /* nothing will ever happen again, or the NoC made no progress */
  HB_SIM_KILLED,   /* a debugger ended the run */
  HB_SIM_FAULT,    /* CPU fault, protocol violation: hb_sim_error() says which */
} hb_sim_stop_t;

typedef struct hb_sim hb_sim_t;

/** Rounds the timings to clocks of tck_ps (at least 1), as a channel counts them: trefi_ps down, all others up. */
void hb_soc_dram_on_grid(hb_soc_dram_t *dram);

/**
 * Whether the timings, each in its range, go together: tck_ps at most tccd_ps, trcd_ps, trp_ps, tcl_ps and trfc_ps; tras_ps at
 * least trcd_ps, trc_ps tras_ps + trp_ps, tfaw_ps trrd_ps, those of a bank group the ones between groups; trefi_ps at least twice trfc_ps, 100 ns, and,
 * in whole clocks, so long that there is an access between two refreshes. If not, `key_out` is the timing's
 * name ("trefi") and `why` says what was expected. In the library hb_dram_timing, which `hilbert check` links too.
 */
HB_MUST_USE bool hb_soc_dram_timing_ok(const hb_soc_dram_t *dram, const char **key_out, char *why, size_t why_len);

/** Names of the Verilated tile models linked into this program; NULL past the end. */
const char *hb_sim_tile_model(uint32_t index);

/**
 * Looks a tile model up.
 * @param[out] id value of its ID register (kind, size, version).
 * @param[out] caps value of its CAPS register.
 * @retval HB_ERR_INPUT no such model.
 */
HB_MUST_USE hb_status_t hb_sim_tile_model_info(const char *name, uint32_t *id, uint32_t *caps);

/**
 * Builds the system. `soc` and `options` are copied.
 * @retval HB_ERR_ARG   a value outside its documented range (hb_sim_error(NULL) names it).
 * @retval HB_ERR_BUSY  this process has had a simulator.
 */
HB_MUST_USE hb_status_t hb_sim_create(const hb_soc_t *soc, const hb_sim_options_t *options,
                                      hb_sim_t **sim_out);
void hb_sim_free(hb_sim_t *sim);

/** More about the last failure. Never NULL. */
const char *hb_sim_error(const hb_sim_t *sim);

/** Copies bytes into DRAM before (or between) runs, outside of time. HB_ERR_RANGE: not all in DRAM. */
HB_MUST_USE hb_status_t hb_sim_load_dram(hb_sim_t *sim, uint32_t addr, const void *bytes, size_t len);
HB_MUST_USE hb_status_t hb_sim_read_dram(hb_sim_t *sim, uint32_t addr, void *bytes, size_t len);

/** Copies bytes into the host's private memory (TCM or image region). HB_ERR_RANGE as above. */
HB_MUST_USE hb_status_t hb_sim_load_private(hb_sim_t *sim, uint32_t addr, const void *bytes, size_t len);

/** Sets the host CPU's first program counter. The CPU stays in reset until a run begins. */
HB_MUST_USE hb_status_t hb_sim_set_entry(hb_sim_t *sim, uint32_t pc);

/** A probe of the firmware (firmware/drv/hb_probe.h). */
typedef struct hb_sim_probe {
  const char *name;
  uint32_t pc;      /* of its nop, in the TCM */
  uint32_t handler; /* function in the TCM */
  uint8_t regs[3];  /* that hold the handler's arguments: 0 .. 31 */
  bool observed;    /* false: the handler does not run; all else, hb_sim_host_stats_t too, is as if it did */
} hb_sim_probe_t;

/**
 * Has the handler run, before the first run, whenever the CPU comes to the probe: outside of time, its telemetry records go to
 * the sink; the run is otherwise the same, to the cycle, as without. A handler that does anything else to the machine ends it (HB_SIM_FAULT).
 * @retval HB_ERR_ARG a value out of range, or a run has begun.
 */
HB_MUST_USE hb_status_t hb_sim_add_probe(hb_sim_t *sim, const hb_sim_probe_t *probe);

/**
 * Lets GDB debug the host CPU, before the first run: listens on TCP port `port` of localhost, 0: a free one. Then hb_sim_debug_wait()
 * waits for the client. Runs then stop, within hb_sim_run(), whenever it wants them to; no simulated time passes meanwhile, and unless it writes
 * something the run is the same as without. poll() is called while the machine waits.
 * @param[out] port_out the port.
 * @retval HB_ERR_BUSY the port is in use. @retval HB_ERR_IO otherwise. @retval HB_ERR_ARG a run has begun.
 */
HB_MUST_USE hb_status_t hb_sim_debug_listen(hb_sim_t *sim, uint16_t port, uint16_t *port_out);
/** @retval HB_ERR_STOPPED poll() said so. */
HB_MUST_USE hb_status_t hb_sim_debug_wait(hb_sim_t *sim);

/**
 * Adds a sensor stream, before the first run; its number is the order of the calls.
 * @retval HB_ERR_ARG   a value outside its documented range (hb_sim_error() names it), or a run has begun.
 * @retval HB_ERR_RANGE a slot is not all in DRAM.
 */
HB_MUST_USE hb_status_t hb_sim_add_stream(hb_sim_t *sim, const hb_sim_stream_t *stream);

/**
 * Lets something go wrong, before the first run; any number of them. The sink is told when it happens (tile_event).
 * @retval HB_ERR_ARG   no such tile, another kind (hb_sim_error() names it), or a run has begun.
 */
HB_MUST_USE hb_status_t hb_sim_add_fault(hb_sim_t *sim, const hb_sim_fault_t *fault);

/**
 * Runs until cycle `until` (exclusive) or an earlier stop. Same inputs: same cycles, same bytes, however
 * the run is divided into calls. After EXIT, DEADLOCK or FAULT further calls return the same at once.
 */
hb_sim_stop_t hb_sim_run(hb_sim_t *sim, uint64_t until);

uint64_t hb_sim_cycle(const hb_sim_t *sim);
/** Value written to HB_LOCAL_EXIT after HB_SIM_EXIT. */
uint32_t hb_sim_exit_code(const hb_sim_t *sim);

typedef struct hb_sim_tile_stats {
  uint64_t jobs, errors;
  uint64_t busy, array, wait_load, wait_store, wait_wgt, wait_cmd; /* cycles */
  uint64_t rd_beats, wr_beats;
  uint64_t evals; /* cycles in which the RTL was evaluated (host effort, not machine state) */
  uint32_t idle;  /* 1: idle now */
  uint32_t queue_level;
  uint32_t running_tag; /* tag of the running job if not idle */
  uint64_t refused;     /* DMA accesses outside the windows of the job's model */
  uint64_t hangs, read_errors; /* injected (hb_sim_add_fault()) */
  uint64_t resets;      /* through HB_NI_RESET; what a job that was cut off has done is in the sums above */
} hb_sim_tile_stats_t;

typedef struct hb_sim_noc_stats {
  uint64_t flits[2];   /* request and response network: flits delivered */
  uint64_t packets[2]; /* packets delivered */
  uint64_t latency_sum[2]; /* cycles from injection of the head to arrival of the tail, summed over packets */
} hb_sim_noc_stats_t;

/* A router's outputs, and its input from the network interface. */
typedef enum hb_noc_link { HB_LINK_NORTH, HB_LINK_EAST, HB_LINK_SOUTH, HB_LINK_WEST, HB_LINK_EJECT, HB_LINK_INJECT } hb_noc_link_t;
enum { HB_NOC_LINKS = 6 };

typedef struct hb_sim_link_stats {
  uint64_t flits;        /* carried */
  uint64_t stall_cycles; /* flits that were ready, first of their buffer and did not go: cycles, summed over buffers. 0 of INJECT */
  uint64_t buffer_cycles; /* flits times cycles in the buffers at its end. 0 of EJECT */
} hb_sim_link_stats_t;

/** Latencies of packets, injection of the head to arrival of the tail, in cycles. */
enum { HB_LATENCY_BUCKETS = 128 };
typedef struct hb_sim_latency {
  uint64_t count, sum, max;
  /* Bucket b holds hb_sim_latency_bound(b) .. hb_sim_latency_bound(b + 1) - 1: exact below 8, then four an octave. */
  uint64_t buckets[HB_LATENCY_BUCKETS];
} hb_sim_latency_t;

typedef struct hb_sim_dram_stats {
  uint64_t reads, writes; /* column accesses */
  uint64_t row_hits, row_misses, row_conflicts; /* misses: bank closed; conflicts: other row open */
  uint64_t activations; /* at least misses and conflicts: a refresh may close a row before it is read */
  uint64_t refreshes;
  uint64_t bytes_read, bytes_written;
} hb_sim_dram_stats_t;

/** Column accesses of one bank, by what they found. */
typedef struct hb_sim_bank_stats {
  uint64_t hits, misses, conflicts;
} hb_sim_bank_stats_t;

typedef struct hb_sim_host_stats {
  uint64_t instructions;
  uint64_t active_cycles; /* not asleep in wfi */
  uint64_t mmio_reads, mmio_writes; /* over the NoC */
  uint64_t mmio_wait_cycles;
  uint64_t interrupts;
} hb_sim_host_stats_t;

void hb_sim_tile_stats(const hb_sim_t *sim, uint32_t tile, hb_sim_tile_stats_t *out);
void hb_sim_noc_stats(const hb_sim_t *sim, hb_sim_noc_stats_t *out);
/** A link of router x, y; net: 0 requests, 1 responses. All 0 where the mesh has none. */
void hb_sim_link_stats(const hb_sim_t *sim, uint32_t net, uint32_t x, uint32_t y, hb_noc_link_t link, hb_sim_link_stats_t *out);
/** Packets from one node (y * columns + x) to another; net as above, bulk: DMA, else register accesses. */
void hb_sim_latency(const hb_sim_t *sim, uint32_t net, bool bulk, uint32_t src, uint32_t dst, hb_sim_latency_t *out);
/** Least latency of a bucket, 0 .. HB_LATENCY_BUCKETS. */
uint64_t hb_sim_latency_bound(uint32_t bucket);
void hb_sim_dram_stats(const hb_sim_t *sim, uint32_t channel, hb_sim_dram_stats_t *out);
/** bank: 0 .. ranks * banks - 1, rank after rank. */
void hb_sim_bank_stats(const hb_sim_t *sim, uint32_t channel, uint32_t bank, hb_sim_bank_stats_t *out);
void hb_sim_host_stats(const hb_sim_t *sim, hb_sim_host_stats_t *out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_SIM_H_ */
