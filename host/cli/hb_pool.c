/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hb_cli.h"
#include "hb_progress.h"

typedef struct child {
  pid_t pid; /* 0: none */
  uint64_t task;
} child_t;

typedef struct state {
  const hb_pool_t *pool;
  child_t *children; /* [pool->jobs] */
  uint32_t running;
  uint64_t begun, ended, failed;
  double all, spent; /* weights */
  double begin_s;
} state_t;

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static void print_time(double seconds) {
  const unsigned long long s = (unsigned long long)(seconds + 0.5);
  if (s >= 3600) {
    fprintf(stderr, "%lluh%02llum", s / 3600, s / 60 % 60);
  } else if (s >= 60) {
    fprintf(stderr, "%llum%02llus", s / 60, s % 60);
  } else {
    fprintf(stderr, "%llus", s);
  }
}

static double weight_of(const hb_pool_t *pool, uint64_t task) {
  return pool->weight == NULL ? 1.0 : pool->weight(pool->ctx, task);
}

/* A line that the next one overwrites on a terminal. */
static void draw(const state_t *state) {
  if (!state->pool->progress) {
    return;
  }
  const bool over = isatty(STDERR_FILENO);
  const double gone = hb_progress_clock_s() - state->begin_s;
  fprintf(stderr, "%s%llu of %llu %s, %llu failed, %u running, ", over ? "\r\033[K" : "",
          (unsigned long long)state->ended, (unsigned long long)state->pool->num, state->pool->what,
          (unsigned long long)state->failed, state->running);
  print_time(gone);
  fputs(" gone", stderr);
  if (state->spent > 0.0 && state->ended < state->pool->num) {
    fputs(", about ", stderr);
    print_time(gone / state->spent * (state->all - state->spent));
    fputs(" left", stderr);
  }
  fputs(over ? "" : "\n", stderr);
}

/* Puts the next task into a free place. */
static bool begin_one(state_t *state, const sigset_t *outside) {
  uint32_t place = 0;
  while (state->children[place].pid != 0) {
    place++;
  }
  fflush(NULL);
  const pid_t pid = fork();
  if (pid == 0) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, outside, NULL);
    _exit(state->pool->begin(state->pool->ctx, state->begun));
  }
  if (pid < 0) {
    hb_cli_fail(0, "no process for one of the %s: %s", state->pool->what, strerror(errno));
    return false;
  }
  state->children[place] = (child_t){.pid = pid, .task = state->begun++};
  state->running++;
  return true;
}

static void end_one(state_t *state, pid_t pid, int status, bool told) {
  uint32_t place = 0;
  while (place < state->pool->jobs && state->children[place].pid != pid) {
    place++;
  }
  if (place == state->pool->jobs) {
    return; /* not one of ours */
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  state->children[place].pid = 0;
  state->running--;
  state->ended++;
  const uint64_t task = state->children[place].task;
  state->spent += weight_of(state->pool, task);
  state->failed += (told && code != 0) || !state->pool->end(state->pool->ctx, task, code);
}

static void stop_all(const state_t *state) {
  for (uint32_t i = 0; i < state->pool->jobs; i++) {
    if (state->children[i].pid != 0) {
      kill(state->children[i].pid, state->pool->together ? SIGKILL : SIGTERM);
    }
  }
}

/* Signals are let through only while it waits, so none is missed in between. */
static hb_status_t run_all(state_t *state, const sigset_t *outside) {
  const hb_pool_t *const pool = state->pool;
  hb_status_t status = HB_OK;
  while (state->running > 0 || (status == HB_OK && state->ended < pool->num)) {
    while (status == HB_OK && !interrupted && state->running < pool->jobs &&
           state->begun < pool->num) {
      status = begin_one(state, outside) ? HB_OK : HB_ERR_INTERNAL;
    }
    if (interrupted) {
      status = HB_ERR_STOPPED;
    }
    if (status != HB_OK) {
      stop_all(state);
    }
    int how = 0;
    const pid_t pid = waitpid(-1, &how, status != HB_OK ? 0 : WNOHANG);
    if (pid > 0) {
      end_one(state, pid, how, status != HB_OK);
      if (status == HB_OK && pool->together && state->failed > 0) {
        status = HB_ERR_FAILED;
      }
      draw(state);
    } else if (pid == 0) {
      sigsuspend(outside); /* until a child ends, or somebody wants us to */
    }
  }
  return status;
}

static void on_child(int number) {
  (void)number;
}

hb_status_t hb_pool_run(const hb_pool_t *pool, uint64_t *failed_out) {
  state_t state = {.pool = pool, .begin_s = hb_progress_clock_s()};
  *failed_out = 0;
  state.children = calloc(pool->jobs, sizeof(*state.children));
  if (state.children == NULL) {
    hb_cli_fail(0, "out of memory");
    return HB_ERR_INTERNAL;
  }
  for (uint64_t task = 0; task < pool->num; task++) {
    state.all += weight_of(pool, task);
  }
  struct sigaction stop = {.sa_handler = on_signal}, child = {.sa_handler = on_child};
  struct sigaction old_int, old_term, old_child;
  sigset_t ours, outside;
  interrupted = 0;
  sigemptyset(&ours);
  sigaddset(&ours, SIGINT);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ours, &outside);
  sigaction(SIGINT, &stop, &old_int);
  sigaction(SIGTERM, &stop, &old_term);
  sigaction(SIGCHLD, &child, &old_child);
  draw(&state);
  const hb_status_t status = run_all(&state, &outside);
  if (pool->progress && isatty(STDERR_FILENO)) {
    fputs("\r\033[K", stderr);
  }
  sigaction(SIGINT, &old_int, NULL);
  sigaction(SIGTERM, &old_term, NULL);
  sigaction(SIGCHLD, &old_child, NULL);
  sigprocmask(SIG_SETMASK, &outside, NULL);
  free(state.children);
  *failed_out = state.failed;
  return status;
}
