/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_probe.h"

#if !defined(__riscv) || defined(HB_PROBE_CALLS)
bool hb_probe_calls;
#endif
