/* SPDX-License-Identifier: Apache-2.0 */
/* The generated headers are C11 (and, in headers.cpp, C++17): compiling this file is the test. */
#include "hilbert/hb_cmd.h"
#include "hilbert/hb_tile_regs.h"
