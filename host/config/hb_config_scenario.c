/* SPDX-License-Identifier: Apache-2.0 */

/* `scenario:` files: tasks, the sensors that trigger them, what they depend on. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hb_config_score.h"
#include "hb_decimal.h"
#include "hb_yaml.h"

#define PS_PER_MS UINT64_C(1000000000)
#define MAX_HOURS_PS (UINT64_C(3600) * 1000 * PS_PER_MS)
#define MAX_RATE_HZ UINT64_C(1000000)

enum { DEFAULT_SLOTS = 3, MAX_SENSORS = 32, MAX_FAULTS = 1000, DECIMAL_BYTES = 32 };

/* ------------------------------------------------------------------------------------------- the
 * keys */

typedef struct raw_sensor {
  char name[HB_NAME_MAX];
  char rate_hz[DECIMAL_BYTES]; /* "" if absent, as for every optional decimal here */
  char offset_ms[DECIMAL_BYTES];
  char jitter_us[DECIMAL_BYTES];
} raw_sensor_t;

typedef struct raw_variant {
  char model[HB_PATH_MAX_BYTES];
  char accuracy[DECIMAL_BYTES];
} raw_variant_t;

typedef struct raw_sched {
  bool *drop, *mapscore, *supernet, *tune;
  char *alpha, *beta, *tune_interval_ms, *tune_step, *tune_stop; /* decimals, or NULL */
  uint32_t *drop_window, *drop_max;
} raw_sched_t;

typedef struct raw_accuracy {
  hb_config_accuracy_t is;
} raw_accuracy_t;

typedef struct raw_task {
  char name[HB_NAME_MAX];
  char model[HB_PATH_MAX_BYTES]; /* "" if absent */
  raw_variant_t *supernet;       /* or several */
  uint32_t supernet_count;
  char start_ms[DECIMAL_BYTES], stop_ms[DECIMAL_BYTES];
  char rate_hz[DECIMAL_BYTES];
  char sensor[HB_NAME_MAX]; /* "" if absent */
  char **sensors;           /* or several */
  uint32_t sensors_count;
  char depends_on[HB_NAME_MAX];
  char probability[DECIMAL_BYTES];
  uint32_t *slots;
  raw_accuracy_t *accuracy;   /* NULL if absent */
  char priority[HB_NAME_MAX]; /* "" if absent */
} raw_task_t;

typedef struct raw_set {
  char name[HB_NAME_MAX];
  char folder[HB_PATH_MAX_BYTES];
} raw_set_t;

typedef struct raw_fault {
  uint32_t tile;
  char kind[HB_NAME_MAX];
  char time[DECIMAL_BYTES];
} raw_fault_t;

typedef struct raw_scenario {
  char name[HB_NAME_MAX];
  char suite[HB_NAME_MAX];
  char *source;
  char soc[HB_PATH_MAX_BYTES];
  char duration_ms[DECIMAL_BYTES];
  bool *drop_late;
  hb_config_score_t constants;
  raw_set_t *model_sets; /* NULL if absent */
  uint32_t model_sets_count;
  raw_sched_t *scheduler; /* NULL if absent */
  raw_sensor_t *sensors;
  uint32_t sensors_count;
  raw_task_t *tasks;
  uint32_t tasks_count;
  raw_fault_t *faults;
  uint32_t faults_count;
} raw_scenario_t;

static const cyaml_schema_field_t SENSOR_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_sensor_t, name, 1),
    CYAML_FIELD_STRING("rate_hz", CYAML_FLAG_OPTIONAL, raw_sensor_t, rate_hz, 1),
    CYAML_FIELD_STRING("offset_ms", CYAML_FLAG_OPTIONAL, raw_sensor_t, offset_ms, 1),
    CYAML_FIELD_STRING("jitter_us", CYAML_FLAG_OPTIONAL, raw_sensor_t, jitter_us, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SENSOR_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_sensor_t, SENSOR_FIELDS)};

static const cyaml_schema_value_t SENSOR_NAME_VALUE = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, HB_NAME_MAX - 1)};

static const cyaml_schema_field_t SET_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_set_t, name, 1),
    CYAML_FIELD_STRING("folder", CYAML_FLAG_DEFAULT, raw_set_t, folder, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SET_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_set_t, SET_FIELDS)};

static const cyaml_schema_field_t VARIANT_FIELDS[] = {
    CYAML_FIELD_STRING("model", CYAML_FLAG_DEFAULT, raw_variant_t, model, 1),
    CYAML_FIELD_STRING("accuracy", CYAML_FLAG_DEFAULT, raw_variant_t, accuracy, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t VARIANT_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_variant_t, VARIANT_FIELDS)};

static const cyaml_schema_field_t SCHED_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("alpha", CYAML_FLAG_OPTIONAL, raw_sched_t, alpha, 1, DECIMAL_BYTES),
    CYAML_FIELD_STRING_PTR("beta", CYAML_FLAG_OPTIONAL, raw_sched_t, beta, 1, DECIMAL_BYTES),
    CYAML_FIELD_BOOL_PTR("drop", CYAML_FLAG_OPTIONAL, raw_sched_t, drop),
    CYAML_FIELD_UINT_PTR("drop_window", CYAML_FLAG_OPTIONAL, raw_sched_t, drop_window),
    CYAML_FIELD_UINT_PTR("drop_max", CYAML_FLAG_OPTIONAL, raw_sched_t, drop_max),
    CYAML_FIELD_BOOL_PTR("mapscore", CYAML_FLAG_OPTIONAL, raw_sched_t, mapscore),
    CYAML_FIELD_BOOL_PTR("supernet", CYAML_FLAG_OPTIONAL, raw_sched_t, supernet),
    CYAML_FIELD_BOOL_PTR("tune", CYAML_FLAG_OPTIONAL, raw_sched_t, tune),
    CYAML_FIELD_STRING_PTR("tune_interval_ms", CYAML_FLAG_OPTIONAL, raw_sched_t, tune_interval_ms,
                           1, DECIMAL_BYTES),
    CYAML_FIELD_STRING_PTR("tune_step", CYAML_FLAG_OPTIONAL, raw_sched_t, tune_step, 1,
                           DECIMAL_BYTES),
    CYAML_FIELD_STRING_PTR("tune_stop", CYAML_FLAG_OPTIONAL, raw_sched_t, tune_stop, 1,
                           DECIMAL_BYTES),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t ACCURACY_FIELDS[] = {
    HB_CONFIG_ACCURACY_FIELDS(raw_accuracy_t, is),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t TASK_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_task_t, name, 1),
    CYAML_FIELD_STRING("model", CYAML_FLAG_OPTIONAL, raw_task_t, model, 1),
    CYAML_FIELD_SEQUENCE("supernet", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_task_t, supernet,
                         &VARIANT_VALUE, 1, HB_IMAGE_MAX_VARIANTS),
    CYAML_FIELD_STRING("start_ms", CYAML_FLAG_OPTIONAL, raw_task_t, start_ms, 1),
    CYAML_FIELD_STRING("stop_ms", CYAML_FLAG_OPTIONAL, raw_task_t, stop_ms, 1),
    CYAML_FIELD_STRING("rate_hz", CYAML_FLAG_DEFAULT, raw_task_t, rate_hz, 1),
    CYAML_FIELD_STRING("sensor", CYAML_FLAG_OPTIONAL, raw_task_t, sensor, 1),
    CYAML_FIELD_SEQUENCE("sensors", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_task_t, sensors,
                         &SENSOR_NAME_VALUE, 1, HB_TASK_MAX_SENSORS),
    CYAML_FIELD_STRING("depends_on", CYAML_FLAG_OPTIONAL, raw_task_t, depends_on, 1),
    CYAML_FIELD_STRING("probability", CYAML_FLAG_OPTIONAL, raw_task_t, probability, 1),
    CYAML_FIELD_UINT_PTR("slots", CYAML_FLAG_OPTIONAL, raw_task_t, slots),
    CYAML_FIELD_MAPPING_PTR("accuracy", CYAML_FLAG_OPTIONAL, raw_task_t, accuracy, ACCURACY_FIELDS),
    CYAML_FIELD_STRING("priority", CYAML_FLAG_OPTIONAL, raw_task_t, priority, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t TASK_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_task_t, TASK_FIELDS)};

static const cyaml_schema_field_t FAULT_FIELDS[] = {
    CYAML_FIELD_UINT("tile", CYAML_FLAG_DEFAULT, raw_fault_t, tile),
    CYAML_FIELD_STRING("kind", CYAML_FLAG_DEFAULT, raw_fault_t, kind, 1),
    CYAML_FIELD_STRING("time", CYAML_FLAG_DEFAULT, raw_fault_t, time, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t FAULT_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_fault_t, FAULT_FIELDS)};

static const cyaml_schema_field_t SCENARIO_FIELDS[] = {
    CYAML_FIELD_STRING("scenario", CYAML_FLAG_DEFAULT, raw_scenario_t, name, 1),
    CYAML_FIELD_STRING("suite", CYAML_FLAG_OPTIONAL, raw_scenario_t, suite, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_scenario_t, source, 1, 1000),
    CYAML_FIELD_STRING("soc", CYAML_FLAG_OPTIONAL, raw_scenario_t, soc, 1),
    CYAML_FIELD_STRING("duration_ms", CYAML_FLAG_DEFAULT, raw_scenario_t, duration_ms, 1),
    CYAML_FIELD_BOOL_PTR("drop_late", CYAML_FLAG_OPTIONAL, raw_scenario_t, drop_late),
    CYAML_FIELD_MAPPING("score_constants", CYAML_FLAG_OPTIONAL, raw_scenario_t, constants,
                        HB_CONFIG_SCORE_FIELDS),
    CYAML_FIELD_SEQUENCE("model_sets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_scenario_t,
                         model_sets, &SET_VALUE, 1, HB_MAX_MODEL_SETS),
    CYAML_FIELD_MAPPING_PTR("scheduler", CYAML_FLAG_OPTIONAL, raw_scenario_t, scheduler,
                            SCHED_FIELDS),
    CYAML_FIELD_SEQUENCE("sensors", CYAML_FLAG_POINTER, raw_scenario_t, sensors, &SENSOR_VALUE, 1,
                         MAX_SENSORS),
    CYAML_FIELD_SEQUENCE("tasks", CYAML_FLAG_POINTER, raw_scenario_t, tasks, &TASK_VALUE, 1,
                         HB_IMAGE_MAX_MODELS),
    CYAML_FIELD_SEQUENCE("faults", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_scenario_t, faults,
                         &FAULT_VALUE, 0, MAX_FAULTS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SCENARIO_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_scenario_t, SCENARIO_FIELDS)};

/* ---------------------------------------------------------------------------------------- their
 * meaning */

/* Folder of the models of the set that was chosen; "" without sets. */
static const char *folder_of(const raw_scenario_t *raw, const hb_scenario_t *scenario) {
  return raw->model_sets_count > 0 ? raw->model_sets[scenario->model_set].folder : "";
}

static hb_status_t take_rate(hb_yaml_t *yaml, const char *text, uint64_t *num, uint64_t *den,
                             hb_config_error_t *error) {
  uint64_t micro_hz = 0; /* at most 6 decimals: keeps every product of the simulator small */
  HB_TRY(hb_yaml_decimal(yaml, text, 6, 1, MAX_RATE_HZ * 1000000, &micro_hz, error));
  return hb_decimal_fraction(text, num, den);
}

/* Name of the i-th sensor of a task, and its path in the file for errors. */
static const char *sensor_of(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t task,
                             uint32_t i) {
  if (raw->tasks[task].sensors == NULL) {
    hb_yaml_at(yaml, "tasks[%u].sensor", task);
    return raw->tasks[task].sensor;
  }
  hb_yaml_at(yaml, "tasks[%u].sensors[%u]", task, i);
  return raw->tasks[task].sensors[i];
}

/* Whether rate a / b is above c / d. */
static bool is_above(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return (unsigned __int128)a * d > (unsigned __int128)c * b;
}

/* One sensor of a task: its rate, offset and jitter. */
static hb_status_t take_sensor(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                               uint32_t which, hb_task_t *task, hb_config_error_t *error) {
  const char *name = sensor_of(yaml, raw, index, which);
  uint32_t s = 0;
  while (s < raw->sensors_count && strcmp(raw->sensors[s].name, name) != 0) {
    s++;
  }
  if (s == raw->sensors_count) {
    return hb_yaml_fail(yaml, error, "no sensor is named %s", name);
  }
  hb_task_sensor_t *sensor = &task->sensors[which];
  for (uint32_t i = 0; i < which; i++) {
    if (task->sensors[i].index == s) {
      return hb_yaml_fail(yaml, error, "the task has sensor %s already", name);
    }
  }
  *sensor = (hb_task_sensor_t){.index = s};
  uint64_t num = task->rate_num, den = task->rate_den;
  if (raw->sensors[s].rate_hz[0] != '\0') {
    hb_yaml_at(yaml, "sensors[%u].rate_hz", s);
    HB_TRY(take_rate(yaml, raw->sensors[s].rate_hz, &sensor->rate_num, &sensor->rate_den, error));
    num = sensor->rate_num;
    den = sensor->rate_den;
    if (is_above(task->rate_num, task->rate_den, num, den)) {
      hb_yaml_at(yaml, "tasks[%u].rate_hz", index);
      return hb_yaml_fail(yaml, error, "above the rate_hz of sensor %s, %s", name,
                          raw->sensors[s].rate_hz);
    }
  }
  if (raw->sensors[s].offset_ms[0] != '\0') {
    hb_yaml_at(yaml, "sensors[%u].offset_ms", s);
    HB_TRY(hb_yaml_decimal(yaml, raw->sensors[s].offset_ms, 9, 0, MAX_HOURS_PS, &sensor->offset_ps,
                           error));
  }
  if (raw->sensors[s].jitter_us[0] != '\0') {
    hb_yaml_at(yaml, "sensors[%u].jitter_us", s);
    HB_TRY(hb_yaml_decimal(yaml, raw->sensors[s].jitter_us, 6, 0, 100 * PS_PER_MS,
                           &sensor->jitter_ps, error));
    /* 2 * jitter < period = 1e12 ps * den / num: frames keep their order */
    if ((unsigned __int128)2 * sensor->jitter_ps * num >=
        (unsigned __int128)1000 * PS_PER_MS * den) {
      return sensor->rate_num != 0
                 ? hb_yaml_fail(yaml, error, "must be below half the sensor's period")
                 : hb_yaml_fail(yaml, error, "must be below half the period of task %s",
                                task->name);
    }
  }
  task->offset_ps = sensor->offset_ps > task->offset_ps ? sensor->offset_ps : task->offset_ps;
  task->jitter_ps = sensor->jitter_ps > task->jitter_ps ? sensor->jitter_ps : task->jitter_ps;
  return HB_OK;
}

static hb_status_t take_sensors(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                                hb_task_t *task, hb_config_error_t *error) {
  const raw_task_t *from = &raw->tasks[index];
  if ((from->sensor[0] != '\0') == (from->sensors != NULL)) {
    hb_yaml_at(yaml, from->sensors != NULL ? "tasks[%u].sensors" : "tasks[%u]", index);
    return from->sensors != NULL
               ? hb_yaml_fail(yaml, error, "give sensor or sensors, not both")
               : hb_yaml_fail(yaml, error, "a task needs the key sensor, or sensors");
  }
  task->num_sensors = from->sensors != NULL ? from->sensors_count : 1;
  for (uint32_t i = 0; i < task->num_sensors; i++) {
    HB_TRY(take_sensor(yaml, raw, index, i, task, error));
  }
  snprintf(task->sensor, sizeof(task->sensor), "%s", raw->sensors[task->sensors[0].index].name);
  return HB_OK;
}

/* When the task's frames begin and end to come. */
static hb_status_t take_times(hb_yaml_t *yaml, const raw_task_t *from, uint32_t index,
                              hb_scenario_t *scenario, hb_config_error_t *error) {
  hb_task_t *task = &scenario->tasks[index];
  if (from->start_ms[0] != '\0') {
    hb_yaml_at(yaml, "tasks[%u].start_ms", index);
    HB_TRY(hb_yaml_decimal(yaml, from->start_ms, 9, 0, MAX_HOURS_PS, &task->start_ps, error));
    if (task->start_ps >= scenario->duration_ps) {
      return hb_yaml_fail(yaml, error, "must be below duration_ms, the run's end");
    }
  }
  if (task->start_ps + task->offset_ps >= scenario->duration_ps) {
    hb_yaml_at(yaml, "tasks[%u].sensor%s", index, from->sensors != NULL ? "s" : "");
    return hb_yaml_fail(
        yaml, error,
        "with the sensor's offset_ms the first frame would come after duration_ms, the run's end");
  }
  if (from->stop_ms[0] != '\0') {
    hb_yaml_at(yaml, "tasks[%u].stop_ms", index);
    HB_TRY(hb_yaml_decimal(yaml, from->stop_ms, 9, 1, MAX_HOURS_PS, &task->stop_ps, error));
    if (task->stop_ps <= task->start_ps) {
      return hb_yaml_fail(yaml, error, "must be above start_ms");
    }
    if (task->stop_ps > scenario->duration_ps) {
      return hb_yaml_fail(yaml, error, "must not be above duration_ms, the run's end");
    }
  }
  return HB_OK;
}

/* The task's network, or its supernet's, heaviest first. */
static hb_status_t take_models(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                               hb_scenario_t *scenario, hb_config_error_t *error) {
  const raw_task_t *from = &raw->tasks[index];
  hb_task_t *task = &scenario->tasks[index];
  char path[HB_PATH_MAX_BYTES];
  hb_yaml_at(yaml, "tasks[%u].model", index);
  if (from->model[0] != '\0' && from->supernet != NULL) {
    return hb_yaml_fail(yaml, error, "give model or supernet, not both");
  }
  if (from->model[0] == '\0' && from->supernet == NULL) {
    return hb_yaml_fail(yaml, error, "a task needs the key model, or supernet");
  }
  if (from->supernet == NULL) {
    HB_TRY(hb_yaml_resolve_in(yaml, folder_of(raw, scenario), from->model, path, error));
    return hb_config_load_model(path, &task->model, error);
  }
  uint64_t above = UINT64_MAX;
  for (uint32_t v = 0; v < from->supernet_count; v++) {
    uint64_t accuracy = 0, macs = 0;
    hb_yaml_at(yaml, "tasks[%u].supernet[%u].accuracy", index, v);
    HB_TRY(hb_yaml_decimal(yaml, from->supernet[v].accuracy, 6, 1, 1000000, &accuracy, error));
    hb_yaml_at(yaml, "tasks[%u].supernet[%u].model", index, v);
    HB_TRY(
        hb_yaml_resolve_in(yaml, folder_of(raw, scenario), from->supernet[v].model, path, error));
    hb_model_t variant;
    HB_TRY(hb_config_load_model(path, &variant, error));
    for (uint32_t i = 0; i < variant.num_layers; i++) {
      macs += hb_layer_macs(&variant.layers[i]);
    }
    hb_status_t status = HB_OK;
    if (macs > above) {
      status = hb_yaml_fail(yaml, error,
                            "the heaviest comes first: %s has more MACs than the one before",
                            variant.name);
    } else {
      status = hb_model_append(&task->model, &variant, (uint32_t)accuracy);
    }
    hb_model_release(&variant);
    if (status == HB_ERR_RANGE) {
      return hb_yaml_fail(yaml, error,
                          "with this model the supernet has more than %d blocks and exits",
                          HB_IMAGE_MAX_PATH_BITS);
    }
    HB_TRY(status);
    above = macs;
  }
  return HB_OK;
}

static hb_status_t take_accuracy(hb_yaml_t *yaml, const raw_task_t *from, uint32_t index,
                                 hb_task_t *task, hb_config_error_t *error) {
  if (from->accuracy == NULL) {
    return HB_OK;
  }
  if (from->supernet != NULL) {
    hb_yaml_at(yaml, "tasks[%u].accuracy", index);
    return hb_yaml_fail(yaml, error, "the models of a supernet have accuracies of their own");
  }
  char at[32];
  snprintf(at, sizeof(at), "tasks[%u].accuracy", index);
  return hb_config_accuracy_take(yaml, at, &from->accuracy->is, &task->accuracy, error);
}

static hb_status_t take_level(hb_yaml_t *yaml, const char *text, uint32_t index, uint32_t *level,
                              hb_config_error_t *error) {
  static const char *const LEVELS[HB_NUM_LEVELS] = {
      [HB_LEVEL_LOW] = "low", [HB_LEVEL_MEDIUM] = "medium", [HB_LEVEL_HIGH] = "high"};
  *level = HB_LEVEL_MEDIUM;
  if (text[0] == '\0') {
    return HB_OK;
  }
  for (uint32_t i = 0; i < HB_NUM_LEVELS; i++) {
    if (strcmp(text, LEVELS[i]) == 0) {
      *level = i;
      return HB_OK;
    }
  }
  hb_yaml_at(yaml, "tasks[%u].priority", index);
  return hb_yaml_fail(yaml, error, "expected low, medium or high, got '%s'", text);
}

static hb_status_t take_task(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                             hb_scenario_t *scenario, hb_config_error_t *error) {
  const raw_task_t *from = &raw->tasks[index];
  hb_task_t *task = &scenario->tasks[index];
  hb_yaml_at(yaml, "tasks[%u].name", index);
  HB_TRY(hb_yaml_name(yaml, from->name, error));
  for (uint32_t i = 0; i < index; i++) {
    if (strcmp(scenario->tasks[i].name, from->name) == 0) {
      return hb_yaml_fail(yaml, error, "another task is named %s already", from->name);
    }
  }
  snprintf(task->name, sizeof(task->name), "%s", from->name);

  hb_yaml_at(yaml, "tasks[%u].rate_hz", index);
  HB_TRY(take_rate(yaml, from->rate_hz, &task->rate_num, &task->rate_den, error));
  HB_TRY(take_sensors(yaml, raw, index, task, error));

  task->probability_ppm = 1000000;
  if (from->probability[0] != '\0') {
    uint64_t ppm = 0;
    hb_yaml_at(yaml, "tasks[%u].probability", index);
    HB_TRY(hb_yaml_decimal(yaml, from->probability, 6, 0, 1000000, &ppm, error));
    task->probability_ppm = (uint32_t)ppm;
  }
  task->num_slots = DEFAULT_SLOTS;
  if (from->slots != NULL) {
    hb_yaml_at(yaml, "tasks[%u].slots", index);
    HB_TRY(hb_yaml_range(yaml, *from->slots, 2, HB_IMAGE_MAX_SLOTS, error));
    task->num_slots = *from->slots;
  }
  HB_TRY(take_level(yaml, from->priority, index, &task->level, error));
  HB_TRY(take_times(yaml, from, index, scenario, error));
  HB_TRY(take_accuracy(yaml, from, index, task, error));
  return take_models(yaml, raw, index, scenario, error);
}

static hb_status_t take_dependency(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                                   hb_scenario_t *scenario, hb_config_error_t *error) {
  hb_task_t *task = &scenario->tasks[index];
  task->depends_on = HB_IMAGE_NONE;
  const char *name = raw->tasks[index].depends_on;
  if (name[0] == '\0') {
    return HB_OK;
  }
  hb_yaml_at(yaml, "tasks[%u].depends_on", index);
  for (uint32_t i = 0; i < scenario->num_tasks; i++) {
    const hb_task_t *upstream = &scenario->tasks[i];
    if (strcmp(upstream->name, name) == 0) {
      if (upstream->rate_num != task->rate_num || upstream->rate_den != task->rate_den) {
        return hb_yaml_fail(yaml, error,
                            "frames are matched by number, so %s and %s need the same rate_hz",
                            task->name, name);
      }
      if (upstream->start_ps != task->start_ps || upstream->stop_ps != task->stop_ps) {
        return hb_yaml_fail(yaml, error,
                            "frames are matched by number, so %s and %s need the same start_ms and "
                            "stop_ms",
                            task->name, name);
      }
      task->depends_on = i;
      return HB_OK;
    }
  }
  return hb_yaml_fail(yaml, error, "no task is named %s", name);
}

static hb_status_t check_cycles(hb_yaml_t *yaml, const hb_scenario_t *scenario,
                                hb_config_error_t *error) {
  for (uint32_t first = 0; first < scenario->num_tasks; first++) {
    uint32_t at = scenario->tasks[first].depends_on;
    for (uint32_t steps = 0; steps < scenario->num_tasks && at != HB_IMAGE_NONE && at != first;
         steps++) {
      at = scenario->tasks[at].depends_on;
    }
    if (at != first) {
      continue;
    }
    char cycle[512];
    size_t used = (size_t)snprintf(cycle, sizeof(cycle), "%s", scenario->tasks[first].name);
    do {
      at = scenario->tasks[at].depends_on;
      used +=
          (size_t)snprintf(cycle + used, sizeof(cycle) - used, " -> %s", scenario->tasks[at].name);
    } while (at != first && used < sizeof(cycle));
    hb_yaml_at(yaml, "tasks[%u].depends_on", first);
    return hb_yaml_fail(yaml, error, "dependency cycle: %s", cycle);
  }
  return HB_OK;
}

static hb_status_t check_sensors(hb_yaml_t *yaml, const raw_scenario_t *raw,
                                 hb_config_error_t *error) {
  for (uint32_t i = 0; i < raw->sensors_count; i++) {
    hb_yaml_at(yaml, "sensors[%u].name", i);
    HB_TRY(hb_yaml_name(yaml, raw->sensors[i].name, error));
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(raw->sensors[i].name, raw->sensors[j].name) == 0) {
        return hb_yaml_fail(yaml, error, "another sensor is named %s already",
                            raw->sensors[i].name);
      }
    }
    bool used = false;
    for (uint32_t t = 0; t < raw->tasks_count; t++) {
      used |= strcmp(raw->tasks[t].sensor, raw->sensors[i].name) == 0;
      for (uint32_t s = 0; s < raw->tasks[t].sensors_count; s++) {
        used |= strcmp(raw->tasks[t].sensors[s], raw->sensors[i].name) == 0;
      }
    }
    if (!used) {
      return hb_yaml_fail(yaml, error, "no task uses sensor %s", raw->sensors[i].name);
    }
  }
  return HB_OK;
}

/* The sets of models, and which of them is wanted: `models`, or the first. */
static hb_status_t take_sets(hb_yaml_t *yaml, const raw_scenario_t *raw, const char *models,
                             hb_scenario_t *scenario, hb_config_error_t *error) {
  char names[HB_MAX_MODEL_SETS * (HB_NAME_MAX + 2)] = "";
  size_t used = 0;
  bool found = models == NULL;
  scenario->num_model_sets = raw->model_sets_count;
  for (uint32_t i = 0; i < raw->model_sets_count; i++) {
    const char *name = raw->model_sets[i].name;
    hb_yaml_at(yaml, "model_sets[%u].name", i);
    HB_TRY(hb_yaml_name(yaml, name, error));
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(raw->model_sets[j].name, name) == 0) {
        return hb_yaml_fail(yaml, error, "another set is named %s already", name);
      }
    }
    snprintf(scenario->model_sets[i], sizeof(scenario->model_sets[i]), "%s", name);
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "", name);
    if (models != NULL && strcmp(models, name) == 0) {
      scenario->model_set = i;
      found = true;
    }
  }
  if (!found && raw->model_sets_count == 0) {
    hb_yaml_at(yaml, "scenario");
    return hb_yaml_fail(yaml, error, "no model_sets to choose %s from", models);
  }
  if (!found) {
    hb_yaml_at(yaml, "model_sets");
    return hb_yaml_fail(yaml, error, "no set is named %s; there are %s", models, names);
  }
  return HB_OK;
}

static hb_status_t take_fault(hb_yaml_t *yaml, const raw_scenario_t *raw, uint32_t index,
                              uint64_t duration_ps, hb_fault_t *fault, hb_config_error_t *error) {
  static const char *const KINDS[] = {[HB_FAULT_HANG] = "hang", [HB_FAULT_ERROR] = "error"};
  const raw_fault_t *from = &raw->faults[index];
  hb_yaml_at(yaml, "faults[%u].tile", index);
  HB_TRY(hb_yaml_range(yaml, from->tile, 0, HB_MAX_TILES - 1, error));
  fault->tile = from->tile;
  hb_yaml_position(yaml, &fault->line, &fault->column);

  hb_yaml_at(yaml, "faults[%u].kind", index);
  if (strcmp(from->kind, KINDS[HB_FAULT_HANG]) != 0 &&
      strcmp(from->kind, KINDS[HB_FAULT_ERROR]) != 0) {
    return hb_yaml_fail(yaml, error, "expected hang or error, got '%s'", from->kind);
  }
  fault->kind = strcmp(from->kind, KINDS[HB_FAULT_HANG]) == 0 ? HB_FAULT_HANG : HB_FAULT_ERROR;

  /* "10 ms" as well as "10ms" */
  char text[DECIMAL_BYTES];
  const size_t number = strcspn(from->time, " ");
  snprintf(text, sizeof(text), "%.*s%s", (int)number, from->time,
           from->time + number + (from->time[number] == ' '));
  hb_yaml_at(yaml, "faults[%u].time", index);
  if (hb_duration_parse(text, &fault->time_ps) != HB_OK || fault->time_ps > MAX_HOURS_PS) {
    return hb_yaml_fail(yaml, error, "expected a time up to an hour, such as 10 ms, got '%s'",
                        from->time);
  }
  if (fault->time_ps >= duration_ps) {
    return hb_yaml_fail(yaml, error, "must be before duration_ms, the run's end, got '%s'",
                        from->time);
  }
  return HB_OK;
}

static hb_status_t take_faults(hb_yaml_t *yaml, const raw_scenario_t *raw, hb_scenario_t *scenario,
                               hb_config_error_t *error) {
  if (raw->faults_count == 0) {
    return HB_OK;
  }
  scenario->faults = calloc(raw->faults_count, sizeof(*scenario->faults));
  if (scenario->faults == NULL) {
    return HB_ERR_NOMEM;
  }
  scenario->num_faults = raw->faults_count;
  for (uint32_t i = 0; i < raw->faults_count; i++) {
    HB_TRY(take_fault(yaml, raw, i, scenario->duration_ps, &scenario->faults[i], error));
  }
  return HB_OK;
}

hb_status_t hb_config_check_faults(const char *path, const hb_scenario_t *scenario,
                                   const hb_soc_t *soc, hb_config_error_t *error) {
  for (uint32_t i = 0; i < scenario->num_faults; i++) {
    const hb_fault_t *fault = &scenario->faults[i];
    if (fault->tile >= soc->num_tiles) {
      snprintf(error->text, sizeof(error->text),
               "%s:%u:%u: faults[%u].tile: SoC %s has tiles 0 .. %u, got %u", path, fault->line,
               fault->column, i, soc->name, soc->num_tiles - 1, fault->tile);
      return HB_ERR_INPUT;
    }
  }
  return HB_OK;
}

/* A weight or step of the policy dream. */
static hb_status_t take_weight(hb_yaml_t *yaml, const char *key, const char *text, uint64_t min,
                               uint32_t *ppm, hb_config_error_t *error) {
  if (text == NULL) {
    return HB_OK;
  }
  uint64_t value = 0;
  hb_yaml_at(yaml, "scheduler.%s", key);
  HB_TRY(hb_yaml_decimal(yaml, text, 6, min, HB_SCHED_MAX_WEIGHT_PPM, &value, error));
  *ppm = (uint32_t)value;
  return HB_OK;
}

static hb_status_t take_sched(hb_yaml_t *yaml, const raw_sched_t *raw, hb_sched_t *sched,
                              hb_config_error_t *error) {
  *sched = hb_sched_defaults();
  if (raw == NULL) {
    return HB_OK;
  }
  sched->drop = raw->drop != NULL ? *raw->drop : sched->drop;
  sched->mapscore = raw->mapscore != NULL ? *raw->mapscore : sched->mapscore;
  sched->supernet = raw->supernet != NULL ? *raw->supernet : sched->supernet;
  sched->tune = raw->tune != NULL ? *raw->tune : sched->tune;
  HB_TRY(take_weight(yaml, "alpha", raw->alpha, 0, &sched->alpha_ppm, error));
  HB_TRY(take_weight(yaml, "beta", raw->beta, 0, &sched->beta_ppm, error));
  HB_TRY(take_weight(yaml, "tune_step", raw->tune_step, 1, &sched->tune_step_ppm, error));
  HB_TRY(take_weight(yaml, "tune_stop", raw->tune_stop, 1, &sched->tune_stop_ppm, error));
  if (raw->tune_interval_ms != NULL) {
    hb_yaml_at(yaml, "scheduler.tune_interval_ms");
    HB_TRY(hb_yaml_decimal(yaml, raw->tune_interval_ms, 9, 1, HB_SCHED_MAX_INTERVAL_PS,
                           &sched->tune_interval_ps, error));
  }
  if (raw->drop_window != NULL) {
    hb_yaml_at(yaml, "scheduler.drop_window");
    HB_TRY(hb_yaml_range(yaml, *raw->drop_window, 1, HB_IMAGE_MAX_DROP_WINDOW, error));
    sched->drop_window = *raw->drop_window;
    sched->drop_max = sched->drop_max < sched->drop_window ? sched->drop_max : sched->drop_window;
  }
  if (raw->drop_max != NULL) {
    hb_yaml_at(yaml, "scheduler.drop_max");
    HB_TRY(hb_yaml_range(yaml, *raw->drop_max, 0, sched->drop_window, error));
    sched->drop_max = *raw->drop_max;
  }
  return HB_OK;
}

static hb_status_t take_scenario(hb_yaml_t *yaml, const raw_scenario_t *raw, const char *models,
                                 hb_scenario_t *scenario, hb_config_error_t *error) {
  hb_yaml_at(yaml, "scenario");
  HB_TRY(hb_yaml_name(yaml, raw->name, error));
  snprintf(scenario->name, sizeof(scenario->name), "%s", raw->name);
  snprintf(scenario->suite, sizeof(scenario->suite), "%s", raw->suite);
  scenario->drop_late = raw->drop_late == NULL || *raw->drop_late;
  hb_yaml_at(yaml, "duration_ms");
  HB_TRY(
      hb_yaml_decimal(yaml, raw->duration_ms, 9, 1, MAX_HOURS_PS, &scenario->duration_ps, error));
  if (raw->soc[0] != '\0') {
    hb_yaml_at(yaml, "soc");
    HB_TRY(hb_yaml_resolve(yaml, raw->soc, scenario->soc_path, error));
  }
  HB_TRY(hb_config_score_take(yaml, &raw->constants, &scenario->constants, error));
  HB_TRY(take_sets(yaml, raw, models, scenario, error));
  HB_TRY(take_sched(yaml, raw->scheduler, &scenario->sched, error));
  HB_TRY(check_sensors(yaml, raw, error));
  HB_TRY(take_faults(yaml, raw, scenario, error));

  scenario->tasks = calloc(raw->tasks_count, sizeof(*scenario->tasks));
  if (scenario->tasks == NULL) {
    return HB_ERR_NOMEM;
  }
  scenario->num_tasks = raw->tasks_count;
  uint32_t layers = 0;
  for (uint32_t i = 0; i < raw->tasks_count; i++) {
    HB_TRY(take_task(yaml, raw, i, scenario, error));
    layers += scenario->tasks[i].model.num_layers;
    if (layers > HB_IMAGE_MAX_LAYERS) {
      hb_yaml_at(yaml, raw->tasks[i].supernet != NULL ? "tasks[%u].supernet" : "tasks[%u].model",
                 i);
      return hb_yaml_fail(yaml, error, "with this model the tasks have more than %d layers",
                          HB_IMAGE_MAX_LAYERS);
    }
  }
  for (uint32_t i = 0; i < raw->tasks_count; i++) {
    HB_TRY(take_dependency(yaml, raw, i, scenario, error));
  }
  return check_cycles(yaml, scenario, error);
}

hb_status_t hb_config_load_scenario(const char *path, hb_scenario_t *scenario_out,
                                    hb_config_error_t *error) {
  return hb_config_load_scenario_set(path, NULL, scenario_out, error);
}

hb_status_t hb_config_load_scenario_set(const char *path, const char *models,
                                        hb_scenario_t *scenario_out, hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  void *raw = NULL;
  hb_scenario_t scenario = {0};
  hb_status_t status = hb_yaml_load(yaml, &SCENARIO_SCHEMA, &raw, error);
  if (status == HB_OK) {
    snprintf(error->text, sizeof(error->text), "%s: out of memory", path);
    status = take_scenario(yaml, raw, models, &scenario, error);
    hb_yaml_free(&SCENARIO_SCHEMA, raw);
  }
  if (status == HB_OK) {
    *scenario_out = scenario;
  } else {
    hb_scenario_release(&scenario);
  }
  hb_yaml_close(yaml);
  return status;
}
