/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_tables.h"

#include <stdbool.h>
#include <stddef.h>

#include "core/hb_crc.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"
#include "sched/hb_policy.h"

enum { PROGRAM_ALIGN = 64, TABLE_ALIGN = 8, MODEL_MAX_LAYERS = 4096 /* tag field */ };

/* Also false for HB_IMAGE_NONE, which is not a multiple of anything here. */
static bool in_dram(uint32_t addr, uint32_t align) {
  return addr >= HB_DRAM_BASE && addr % align == 0;
}

static uint32_t image_crc(const hb_image_header_t *header) {
  static const uint32_t zero = 0;
  const uint8_t *const bytes = (const uint8_t *)header;
  const size_t at = offsetof(hb_image_header_t, crc);
  const uint32_t head = hb_crc32(0, bytes, at);
  const uint32_t middle = hb_crc32(head, &zero, sizeof zero);
  return hb_crc32(middle, bytes + at + sizeof zero, header->size_bytes - at - sizeof zero);
}

/* `count` is bounded by the callers so that count * entry cannot wrap. */
static bool table_fits(const hb_image_header_t *header, uint32_t offset, uint32_t count,
                       uint32_t entry_bytes) {
  return offset >= sizeof *header && offset % TABLE_ALIGN == 0 && offset <= header->size_bytes &&
         count * entry_bytes <= header->size_bytes - offset;
}

static hb_tables_check_t check_sched(const hb_image_sched_t *s) {
  const uint32_t known =
      HB_SCHED_SMART_DROP | HB_SCHED_SUPERNET | HB_SCHED_TUNE | HB_SCHED_NO_MAPSCORE;
  const bool good = (s->flags & ~known) == 0 && s->alpha_q16 <= HB_IMAGE_MAX_WEIGHT_Q16 &&
                    s->beta_q16 <= HB_IMAGE_MAX_WEIGHT_Q16 && s->tune_interval_cycles != 0 &&
                    s->tune_step_q16 - 1u < HB_IMAGE_MAX_WEIGHT_Q16 &&
                    s->tune_stop_q16 - 1u < HB_IMAGE_MAX_WEIGHT_Q16 &&
                    s->drop_window - 1u < HB_IMAGE_MAX_DROP_WINDOW && s->drop_max <= s->drop_window;
  return good ? HB_TABLES_OK : HB_TABLES_BAD_SCHED;
}

static hb_tables_check_t check_header(const hb_image_header_t *h, uint32_t capacity) {
  if (capacity < sizeof *h || h->magic != HB_IMAGE_MAGIC) {
    return HB_TABLES_BAD_MAGIC;
  }
  if (h->version != HB_IMAGE_VERSION) {
    return HB_TABLES_BAD_VERSION;
  }
  if (h->size_bytes < sizeof *h || h->size_bytes > capacity || h->size_bytes % 4u != 0) {
    return HB_TABLES_BAD_SIZE;
  }
  if (image_crc(h) != h->crc) {
    return HB_TABLES_BAD_CRC;
  }
  if (h->num_tiles - 1u >= HB_MAX_TILES || h->num_kinds - 1u >= HB_IMAGE_MAX_KINDS ||
      h->num_models - 1u >= HB_IMAGE_MAX_MODELS || h->num_layers - 1u >= HB_IMAGE_MAX_LAYERS ||
      h->num_variants - 1u >= HB_IMAGE_MAX_MODELS * HB_IMAGE_MAX_VARIANTS) {
    return HB_TABLES_BAD_COUNT;
  }
  if (!table_fits(h, h->tiles_offset, h->num_tiles, sizeof(hb_image_tile_t)) ||
      !table_fits(h, h->models_offset, h->num_models, sizeof(hb_image_model_t)) ||
      !table_fits(h, h->variants_offset, h->num_variants, sizeof(hb_image_variant_t)) ||
      !table_fits(h, h->layers_offset, h->num_layers, sizeof(hb_image_layer_t)) ||
      !table_fits(h, h->programs_offset, h->num_layers * h->num_kinds,
                  sizeof(hb_image_program_t))) {
    return HB_TABLES_BAD_OFFSET;
  }
  if (hb_policy_find(h->policy) == NULL) {
    return HB_TABLES_BAD_POLICY;
  }
  return check_sched(&h->sched);
}

static hb_tables_check_t check_tile(const hb_tables_t *t, uint32_t index) {
  const hb_image_tile_t *const tile = &t->tiles[index];
  const bool good = tile->mmio_base == HB_TILE_BASE(index) && tile->kind < t->header->num_kinds;
  return good ? HB_TABLES_OK : HB_TABLES_BAD_TILE;
}

static hb_tables_check_t check_model(const hb_tables_t *t, uint32_t index) {
  const hb_image_header_t *const h = t->header;
  const hb_image_model_t *const m = &t->models[index];
  if (m->num_layers - 1u >= MODEL_MAX_LAYERS || m->first_layer >= h->num_layers ||
      m->num_layers > h->num_layers - m->first_layer || m->num_slots - 1u >= HB_IMAGE_MAX_SLOTS ||
      (m->depends_on != HB_IMAGE_NONE && m->depends_on >= h->num_models) ||
      m->num_variants - 1u >= HB_IMAGE_MAX_VARIANTS || m->first_variant >= h->num_variants ||
      m->num_variants > h->num_variants - m->first_variant || m->period_cycles == 0 ||
      (m->static_tile != HB_IMAGE_NONE && m->static_tile >= h->num_tiles) ||
      m->level >= HB_NUM_LEVELS) {
    return HB_TABLES_BAD_MODEL;
  }
  for (uint32_t slot = 0; slot < m->num_slots; ++slot) {
    if (!in_dram(m->slot_addr[slot], HB_BEAT_BYTES)) {
      return HB_TABLES_BAD_MODEL;
    }
  }
  return HB_TABLES_OK;
}

/* The model's variants, and whether its static tile can run every layer of them. */
static hb_tables_fault_t check_variants(const hb_tables_t *t, uint32_t index) {
  const hb_image_model_t *const m = &t->models[index];
  for (uint32_t i = m->first_variant; i < m->first_variant + m->num_variants; ++i) {
    const hb_image_variant_t *const v = &t->variants[i];
    if (v->first_layer < m->first_layer || v->first_layer - m->first_layer >= m->num_layers ||
        v->num_layers - 1u >= m->num_layers - (v->first_layer - m->first_layer) ||
        v->accuracy_q16 - 1u >= HB_IMAGE_Q16_ONE || v->reserved != 0) {
      return (hb_tables_fault_t){.check = HB_TABLES_BAD_VARIANT, .index = i};
    }
    for (uint32_t l = 0; l < v->num_layers && m->static_tile != HB_IMAGE_NONE; ++l) {
      const uint32_t kind = t->tiles[m->static_tile].kind;
      if (hb_tables_programs(t, v->first_layer + l)[kind].addr == HB_IMAGE_NONE) {
        return (hb_tables_fault_t){.check = HB_TABLES_BAD_MODEL, .index = index};
      }
    }
  }
  return (hb_tables_fault_t){.check = HB_TABLES_OK};
}

static bool overlap(const hb_image_window_t *a, const hb_image_window_t *b) {
  return a->base < b->end && b->base < a->end;
}

/* Windows are whole beats of DRAM; what a model may write belongs to nobody else, nor to its own
 * programs and constants. */
static hb_tables_check_t check_windows(const hb_tables_t *t, uint32_t index) {
  const hb_image_window_t *const own = t->models[index].window;
  const hb_image_window_t *const tensors = &own[HB_IMAGE_WINDOW_TENSORS];
  for (uint32_t i = 0; i < HB_IMAGE_WINDOWS; ++i) {
    const bool empty = own[i].base == own[i].end;
    if (!empty && (!in_dram(own[i].base, HB_BEAT_BYTES) || own[i].end % HB_BEAT_BYTES != 0 ||
                   own[i].end < own[i].base)) {
      return HB_TABLES_BAD_WINDOW;
    }
  }
  for (uint32_t m = 0; m < t->header->num_models; ++m) {
    for (uint32_t i = 0; i < HB_IMAGE_WINDOWS; ++i) {
      const hb_image_window_t *const other = &t->models[m].window[i];
      if (other != tensors && overlap(tensors, other)) {
        return HB_TABLES_BAD_WINDOW;
      }
    }
  }
  return overlap(&own[HB_IMAGE_WINDOW_PROGRAMS], &own[HB_IMAGE_WINDOW_CONSTANTS])
             ? HB_TABLES_BAD_WINDOW
             : HB_TABLES_OK;
}

/* Every chain of dependencies ends within num_models steps, or it goes round. */
static hb_tables_check_t check_chain(const hb_tables_t *t, uint32_t index) {
  uint32_t model = index;
  for (uint32_t step = 0; step < t->header->num_models; ++step) {
    model = t->models[model].depends_on;
    if (model == HB_IMAGE_NONE) {
      return HB_TABLES_OK;
    }
  }
  return HB_TABLES_BAD_CYCLE;
}

static hb_tables_check_t check_layer(const hb_tables_t *t, uint32_t index, uint32_t kinds_present) {
  const hb_image_layer_t *const layer = &t->layers[index];
  if ((layer->in_addr != HB_IMAGE_NONE && !in_dram(layer->in_addr, HB_BEAT_BYTES)) ||
      (layer->in2_addr != HB_IMAGE_NONE && !in_dram(layer->in2_addr, HB_BEAT_BYTES)) ||
      !in_dram(layer->out_addr, HB_BEAT_BYTES) || !in_dram(layer->const_addr, HB_BEAT_BYTES)) {
    return HB_TABLES_BAD_LAYER;
  }
  if (layer->togo_min > layer->togo_avg) {
    return HB_TABLES_BAD_ESTIMATE;
  }

  const hb_image_program_t *const programs = hb_tables_programs(t, index);
  bool runnable = false;
  for (uint32_t kind = 0; kind < t->header->num_kinds; ++kind) {
    if (programs[kind].addr == HB_IMAGE_NONE) {
      continue;
    }
    if (!in_dram(programs[kind].addr, PROGRAM_ALIGN) || programs[kind].commands == 0 ||
        programs[kind].commands > HB_TILE_JOB_LEN_COMMANDS_MASK) {
      return HB_TABLES_BAD_PROGRAM;
    }
    if (programs[kind].est_nj == 0) {
      return HB_TABLES_BAD_ESTIMATE;
    }
    runnable = runnable || ((kinds_present >> kind) & 1u) != 0;
  }
  return runnable ? HB_TABLES_OK : HB_TABLES_NO_TILE;
}

static hb_tables_fault_t check_entries(const hb_tables_t *t) {
  uint32_t kinds_present = 0;
  for (uint32_t i = 0; i < t->header->num_tiles; ++i) {
    const hb_tables_check_t check = check_tile(t, i);
    if (check != HB_TABLES_OK) {
      return (hb_tables_fault_t){.check = check, .index = i};
    }
    kinds_present |= 1u << t->tiles[i].kind;
  }
  for (uint32_t i = 0; i < t->header->num_models; ++i) {
    const hb_tables_check_t check = check_model(t, i);
    if (check != HB_TABLES_OK) {
      return (hb_tables_fault_t){.check = check, .index = i};
    }
  }
  for (uint32_t i = 0; i < t->header->num_models; ++i) {
    const hb_tables_fault_t fault = check_variants(t, i);
    if (fault.check != HB_TABLES_OK) {
      return fault;
    }
  }
  for (uint32_t i = 0; (t->header->flags & HB_IMAGE_FLAG_PROTECT) != 0 && i < t->header->num_models;
       ++i) {
    const hb_tables_check_t check = check_windows(t, i);
    if (check != HB_TABLES_OK) {
      return (hb_tables_fault_t){.check = check, .index = i};
    }
  }
  for (uint32_t i = 0; i < t->header->num_models; ++i) {
    const hb_tables_check_t check = check_chain(t, i);
    if (check != HB_TABLES_OK) {
      return (hb_tables_fault_t){.check = check, .index = i};
    }
  }
  for (uint32_t i = 0; i < t->header->num_layers; ++i) {
    const hb_tables_check_t check = check_layer(t, i, kinds_present);
    if (check != HB_TABLES_OK) {
      return (hb_tables_fault_t){.check = check, .index = i};
    }
  }
  return (hb_tables_fault_t){.check = HB_TABLES_OK};
}

hb_status_t hb_tables_open(hb_tables_t *tables_out, const void *image, uint32_t capacity,
                           hb_tables_fault_t *fault_out) {
  const hb_image_header_t *const header = image;
  *fault_out = (hb_tables_fault_t){.check = check_header(header, capacity)};
  if (fault_out->check != HB_TABLES_OK) {
    return HB_ERR_FORMAT;
  }

  const uint8_t *const bytes = image;
  *tables_out = (hb_tables_t){
      .header = header,
      .tiles = (const hb_image_tile_t *)(const void *)(bytes + header->tiles_offset),
      .models = (const hb_image_model_t *)(const void *)(bytes + header->models_offset),
      .variants = (const hb_image_variant_t *)(const void *)(bytes + header->variants_offset),
      .layers = (const hb_image_layer_t *)(const void *)(bytes + header->layers_offset),
      .programs = (const hb_image_program_t *)(const void *)(bytes + header->programs_offset),
  };
  *fault_out = check_entries(tables_out);
  return fault_out->check == HB_TABLES_OK ? HB_OK : HB_ERR_FORMAT;
}
