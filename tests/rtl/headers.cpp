// SPDX-License-Identifier: Apache-2.0
// The generated headers are C++17: compiling this file is the test.
#include "hilbert/hb_cmd.h"
#include "hilbert/hb_tile_regs.h"
