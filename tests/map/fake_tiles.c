/* SPDX-License-Identifier: Apache-2.0 */

/* Tile models by name without the simulator, for tests of the mapper alone. */

#include <string.h>

#include "hb_sim.h"
#include "hilbert/hb_tile_regs.h"

static const struct {
  const char *name;
  uint32_t kind, size, ifm_kib, wgt_kib, prm_kib, acc_log2;
} kTiles[] = {
    {"ws8", HB_TILE_KIND_WS, 8, 128, 64, 8, 10},
    {"ws16", HB_TILE_KIND_WS, 16, 128, 64, 8, 10},
    {"os8", HB_TILE_KIND_OS, 8, 128, 64, 8, 10},
    {"os16", HB_TILE_KIND_OS, 16, 128, 64, 8, 10},
    {"vec8", HB_TILE_KIND_VECTOR, 8, 128, 64, 8, 10},
    {"vec16", HB_TILE_KIND_VECTOR, 16, 128, 64, 8, 10},
    {"ws32", HB_TILE_KIND_WS, 32, 256, 128, 8, 10},
    {"os32", HB_TILE_KIND_OS, 32, 256, 128, 8, 10},
    {"vec32", HB_TILE_KIND_VECTOR, 32, 256, 128, 8, 10},
    {"ws16-tiny-ifm", HB_TILE_KIND_WS, 16, 1, 64, 8, 10}, /* 64 input pixels */
};

hb_status_t hb_sim_tile_model_info(const char *name, uint32_t *id, uint32_t *caps) {
  for (size_t i = 0; i < sizeof(kTiles) / sizeof(kTiles[0]); ++i) {
    if (strcmp(name, kTiles[i].name) == 0) {
      *id = HB_TILE_MAP_VERSION << HB_TILE_ID_VERSION_LSB | kTiles[i].size << HB_TILE_ID_SIZE_LSB |
            kTiles[i].kind << HB_TILE_ID_KIND_LSB;
      *caps = kTiles[i].ifm_kib << HB_TILE_CAPS_IFM_KIB_LSB |
              kTiles[i].wgt_kib << HB_TILE_CAPS_WGT_KIB_LSB |
              kTiles[i].prm_kib << HB_TILE_CAPS_PRM_KIB_LSB |
              kTiles[i].acc_log2 << HB_TILE_CAPS_ACC_LOG2_LSB;
      return HB_OK;
    }
  }
  return HB_ERR_INPUT;
}
