/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Physical addresses as the host CPU, the NoC and the tiles see them. 32 bits, little endian.
 */

#ifndef HILBERT_HB_MEMMAP_H_
#define HILBERT_HB_MEMMAP_H_

/* Private to the host CPU: never on the NoC. */
#define HB_TCM_BASE 0x00000000u      /* code, data, stack */
#define HB_TCM_SIZE 0x00040000u      /* 256 KiB */
#define HB_IMAGE_BASE 0x00100000u    /* workload image (hb_image.h), read in place */
#define HB_IMAGE_SIZE 0x00200000u    /* up to 2 MiB */
#define HB_LOCAL_BASE 0x02000000u    /* devices below */

/* Local devices: 32-bit registers, answered without a NoC access. */
#define HB_LOCAL_TIME_LO (HB_LOCAL_BASE + 0x00u)    /* ro: cycle counter; reading LO latches HI */
#define HB_LOCAL_TIME_HI (HB_LOCAL_BASE + 0x04u)    /* ro */
#define HB_LOCAL_ALARM_LO (HB_LOCAL_BASE + 0x08u)   /* rw: the timer interrupt is pending while time >= alarm */
#define HB_LOCAL_ALARM_HI (HB_LOCAL_BASE + 0x0cu)   /* rw: reset value all ones: never */
#define HB_LOCAL_IRQ_PENDING (HB_LOCAL_BASE + 0x10u) /* ro: HB_IRQ_* levels */
#define HB_LOCAL_IRQ_ENABLE (HB_LOCAL_BASE + 0x14u) /* rw: which raise the CPU's external interrupt */
#define HB_LOCAL_MBOX_LEVEL (HB_LOCAL_BASE + 0x20u) /* ro: messages waiting */
#define HB_LOCAL_MBOX_WORD(i) (HB_LOCAL_BASE + 0x40u + 4u * (i)) /* ro: word i of the oldest message */
#define HB_LOCAL_MBOX_POP (HB_LOCAL_BASE + 0x24u)   /* wo: any write drops the oldest message */
#define HB_LOCAL_TELEMETRY (HB_LOCAL_BASE + 0x30u)  /* wo: telemetry port, see hb_telemetry.h */
#define HB_LOCAL_EXIT (HB_LOCAL_BASE + 0x34u)       /* wo: ends the run; 0 clean, else a hb_status_t */

/* Bits of IRQ_PENDING and IRQ_ENABLE. Tile i's irq wire is bit i. */
#define HB_IRQ_TILE(i) (1u << (i))
#define HB_IRQ_MAILBOX (1u << 24)
#define HB_IRQ_TIMER (1u << 25)
#define HB_MAX_TILES 16u

/* On the NoC. */
#define HB_MBOX_BASE 0x03000000u     /* mailbox window of the host: sensors write 32-byte messages */
#define HB_TILE_BASE(i) (0x40000000u + 0x10000u * (i)) /* registers of tile i, hb_tile_regs.h */
#define HB_SENSOR_BASE 0x50000000u   /* sensor hub registers, below */
#define HB_DRAM_BASE 0x80000000u     /* up to 2 GiB */

/*
 * Protection unit in the network interface of tile i, 32-bit registers. While HB_NI_CTRL_PROTECT is set, a DMA access
 * of a job must lie within one window of the job's context, which is the model number in its tag (HB_TAG_MODEL), and the
 * window must permit it. Any other access is refused: it gets SLVERR, never reaches the network, and is counted. A
 * window that is empty (base = end, as after reset) permits nothing. Setting PROTECT gives SLVERR, and does not set it, if a
 * window ends before it begins, if windows of a context overlap, or if one that permits writing overlaps one of another context.
 */
#define HB_NI_OFFSET 0x8000u /* from a tile's registers */
#define HB_NI_BASE(i) (HB_TILE_BASE(i) + HB_NI_OFFSET)
#define HB_NI_CTRL 0x00u         /* rw */
#define HB_NI_CTRL_PROTECT 1u
#define HB_NI_REFUSED 0x04u      /* ro: accesses refused since reset, modulo 2^32 */
#define HB_NI_REFUSED_ADDR 0x08u /* ro: address of the newest of them */
#define HB_NI_REFUSED_TAG 0x0cu  /* ro: tag of its job */
/*
 * wo: 1 resets the tile, whatever it is doing; the network interface and its windows are not reset. The tile is held in reset for
 * HB_NI_RESET_CYCLES, and longer until all its reads and writes that are in the network have been answered; the answers are dropped.
 * The write to this register is answered after that: the tile is then as after power-up (registers and counters 0, no jobs, no
 * completions), and no access of the old job is under way. Data that the old job had not sent by then are never written.
 */
#define HB_NI_RESET 0x10u
#define HB_NI_RESET_TILE 1u
#define HB_NI_RESET_CYCLES 16u
#define HB_NI_CONTEXTS 32u
#define HB_NI_WINDOWS 4u         /* of a context */
#define HB_NI_WINDOW(context, i) (0x1000u + 32u * (context) + 8u * (i)) /* rw: first address | HB_NI_MAY_* */
#define HB_NI_WINDOW_END(context, i) (HB_NI_WINDOW(context, i) + 4u)    /* rw: address past the last; multiples of 16 */
#define HB_NI_MAY_READ 1u
#define HB_NI_MAY_WRITE 2u

/*
 * Sensor hub. A stream feeds one model. The hub owns a bit set of free input slots per stream (all free
 * at reset); a frame takes the lowest free slot or, if there is none, is announced as overrun.
 */
#define HB_SENSOR_RELEASE(stream) (HB_SENSOR_BASE + 0x10u * (stream)) /* wo: slot number to give back */

#define HB_MBOX_WORDS 8u
/* Mailbox message: one frame of one stream. Words: */
#define HB_MBOX_STREAM 0u      /* stream = model index */
#define HB_MBOX_FRAME 1u       /* frame number, from 0 */
#define HB_MBOX_FLAGS 2u       /* bits 7:0 slot; HB_MBOX_FLAG_* */
#define HB_MBOX_PATH 3u        /* bit i: the frame leaves out the layers whose skip_mask has bit i (hb_image.h) */
#define HB_MBOX_ARRIVAL_LO 4u  /* nominal arrival, cycles */
#define HB_MBOX_ARRIVAL_HI 5u
#define HB_MBOX_DEADLINE_LO 6u /* absolute deadline, cycles */
#define HB_MBOX_DEADLINE_HI 7u

#define HB_MBOX_FLAG_TRIGGERED (1u << 8) /* the model is to run (its probability was drawn) */
#define HB_MBOX_FLAG_OVERRUN (1u << 9)   /* no free slot: no data was written, the frame is lost */

#endif /* HILBERT_HB_MEMMAP_H_ */
