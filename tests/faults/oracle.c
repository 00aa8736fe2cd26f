/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fault-functions.h"

gint64 fault_patience_us = 60 * G_USEC_PER_SEC;
gint64 fault_watchdog_us = 60 * G_USEC_PER_SEC;

/* ---- The watchdog. */

typedef struct
{
  GMutex lock;
  GCond armed_cond; /* there is something new to wait for, or nothing any more */
  gint64 barks_at;  /* protected by @lock; -1: it sleeps */
} Watchdog;

static Watchdog watchdog = { .barks_at = -1 };

/* All stacks of this process, if there is a debugger. */
static void
show_stacks (void)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  const char * const argv[] = {
    "gdb", "-batch", "-nx", "-ex", "set pagination off", "-ex", "thread apply all backtrace", "-p", pid, NULL
  };
  g_autoptr(GError) error = NULL;

  /* Where only a parent may look into a process. */
  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN,
                     NULL, NULL, NULL, NULL, NULL, &error))
    fprintf (stderr, "No stacks: %s\n", error->message);
}

static gpointer
watchdog_thread (gpointer user_data)
{
  g_mutex_lock (&watchdog.lock);
  while (TRUE)
    {
      if (watchdog.barks_at < 0)
        {
          g_cond_wait (&watchdog.armed_cond, &watchdog.lock);
        }
      else if (!g_cond_wait_until (&watchdog.armed_cond, &watchdog.lock, watchdog.barks_at) &&
               watchdog.barks_at >= 0 && g_get_monotonic_time () >= watchdog.barks_at)
        {
          fprintf (stderr, "The watchdog barks: %s takes too long\n", g_test_get_path ());
          show_stacks ();
          abort ();
        }
    }

  return NULL;
}

/* As often as what is looked at closely is slower. */
static gint64
get_watchdog_span (void)
{
  gint64 span = fault_watchdog_us;

  if (test_is_under_valgrind ())
    span *= 20;
  else if (test_is_sanitized ())
    span *= 5;

  return g_test_slow () ? 8 * span : span;
}

static void
watchdog_set (gint64 barks_at)
{
  g_mutex_lock (&watchdog.lock);
  watchdog.barks_at = barks_at;
  g_cond_signal (&watchdog.armed_cond);
  g_mutex_unlock (&watchdog.lock);
}

/* ---- Begin. */

void
fault_test_init (int    *argc,
                 char ***argv)
{
  fault_register_functions ();
  process_test_init (argc, argv);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_thread_unref (g_thread_new ("watchdog", watchdog_thread, NULL));
}

guint
fault_scale (guint quick,
             guint full)
{
  return test_scale (g_test_slow () ? full : quick);
}

typedef void (*ThreadFunc) (int         task,
                            const char *name,
                            gpointer    user_data);

static void
for_each_thread (ThreadFunc func,
                 gpointer   user_data)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;

  g_assert_nonnull (dir);
  while ((task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *name = NULL;

      /* One may just have ended. */
      if (g_file_get_contents (path, &name, NULL, NULL))
        func (atoi (task), g_strchomp (name), user_data);
    }
}

static void
count_thread (int         task,
              const char *name,
              gpointer    user_data)
{
  *(guint *) user_data += !g_str_has_prefix (name, "pool-");
}

guint
fault_count_threads (void)
{
  guint n = 0;

  for_each_thread (count_thread, &n);

  return n;
}

/* The clock of a thread, as the C library makes it for those that it has made. */
#define CPU_CLOCK(task) ((clockid_t) ((~(guint) (task) << 3) | 6))

static void
add_manager_time (int         task,
                  const char *name,
                  gpointer    user_data)
{
  struct timespec time;

  if (g_str_equal (name, "cfut-manager") && clock_gettime (CPU_CLOCK (task), &time) == 0)
    *(gint64 *) user_data += time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

gint64
fault_get_manager_time (void)
{
  gint64 time = 0;

  for_each_thread (add_manager_time, &time);

  return time;
}

/* Behind the census, which has started what GLib starts once. */
static void
begin_oracle (FaultTest *self)
{
  self->n_threads = fault_count_threads ();
  self->n_ended = 0;
  self->futures = g_ptr_array_new_with_free_func (g_object_unref);
  self->n_resolved = g_array_new (FALSE, TRUE, sizeof (guint));
  watchdog_set (g_get_monotonic_time () + get_watchdog_span ());
}

void
fault_begin_bare (FaultTest *self)
{
  self->process.executor = NULL;
  test_census_take (&self->process.census);
  begin_oracle (self);
}

void
fault_begin (FaultTest *self,
             guint      max_workers)
{
  fault_begin_bare (self);
  self->process.executor = cfut_process_executor_new (max_workers);
}

void
fault_begin_program (FaultTest          *self,
                     guint               max_workers,
                     const char * const *argv)
{
  fault_begin (self, max_workers);
  cfut_process_executor_set_argv (PROCESS_EXECUTOR (&self->process), argv);
}

void
fault_begin_evil (FaultTest  *self,
                  guint       max_workers,
                  const char *mode)
{
  g_autofree char *program = process_build_path ("faults/evil-worker");
  const char * const argv[] = { program, mode, NULL };

  fault_begin_program (self, max_workers, argv);
}

/* ---- Calls. */

typedef struct
{
  FaultTest *test;
  guint id;
} Resolved;

/* Runs in: the default context. */
static void
resolved_cb (CfutFuture *future,
             gpointer    user_data)
{
  Resolved *resolved = user_data;

  if (g_array_index (resolved->test->n_resolved, guint, resolved->id)++ == 0)
    resolved->test->n_ended++;
}

CfutFuture *
fault_track (FaultTest  *self,
             CfutFuture *future)
{
  Resolved *resolved = g_new (Resolved, 1);

  *resolved = (Resolved) { self, self->futures->len };
  g_ptr_array_add (self->futures, g_object_ref (future));
  g_array_set_size (self->n_resolved, self->futures->len);
  cfut_future_add_done_callback (future, resolved_cb, resolved, g_free);

  return future;
}

CfutFuture *
fault_submit (FaultTest         *self,
              CfutSubmitOptions *options,
              const char        *function,
              const char        *format,
              ...)
{
  CfutFuture *future;
  va_list arguments;

  va_start (arguments, format);
  future = fault_track (self, process_submit_va (&self->process, options, function, format, &arguments));
  va_end (arguments);

  return future;
}

void
fault_submit_only (FaultTest         *self,
                   CfutSubmitOptions *options,
                   const char        *function,
                   const char        *format,
                   ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_object_unref (fault_track (self, process_submit_va (&self->process, options, function, format, &arguments)));
  va_end (arguments);
}

void
fault_assert_serves (FaultTest *self,
                     guint      n)
{
  guint first = self->futures->len;

  for (guint i = 0; i < n; i++)
    fault_submit_only (self, NULL, "square", "(x)", (gint64) i);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) result = process_result (self->futures->pdata[first + i]);

      g_assert_cmpint (g_variant_get_int64 (result), ==, (gint64) i * i);
    }
}

static gboolean
all_have_ended (gpointer user_data)
{
  FaultTest *self = user_data;

  return self->n_ended == self->futures->len;
}

void
fault_await_all (FaultTest *self)
{
  test_iterate_until (NULL, all_have_ended, self);
}

guint
fault_count_failed (FaultTest *self,
                    GQuark     domain,
                    int        code)
{
  guint n = 0;

  fault_await_all (self);
  for (guint i = 0; i < self->futures->len; i++)
    {
      g_autoptr(GError) error = cfut_future_dup_error (self->futures->pdata[i]);

      if (error == NULL)
        continue;
      g_assert_error (error, domain, code);
      n++;
    }

  return n;
}

guint64
fault_get_stat (FaultTest *self,
                guint64  (*get) (const CfutStats *stats))
{
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (self->process.executor);

  return get (stats);
}

guint64
fault_get_n_deaths (FaultTest *self)
{
  return fault_get_stat (self, cfut_stats_get_n_deaths);
}

guint64
fault_get_n_retried (FaultTest *self)
{
  return fault_get_stat (self, cfut_stats_get_n_retried);
}

guint64
fault_get_n_failed (FaultTest *self)
{
  return fault_get_stat (self, cfut_stats_get_n_failed);
}

CfutSubmitOptions *
fault_with_retries (guint retries)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_retries (options, retries);

  return options;
}

CfutSubmitOptions *
fault_with_timeout (gint64 timeout_us)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_timeout (options, timeout_us);

  return options;
}

/* ---- End. */

/* A future may be resolved a little before its call has left the books. */
static gboolean
executor_is_empty (gpointer user_data)
{
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (user_data);

  return cfut_stats_get_n_pending (stats) == 0 && cfut_stats_get_pending_bytes (stats) == 0 &&
         cfut_stats_get_n_running (stats) == 0;
}

/* What is left in the default context is delivered first: a callback that would
 * come a second time has its chance. */
static void
assert_resolved_once (FaultTest *self)
{
  fault_await_all (self);
  while (g_main_context_iteration (NULL, FALSE))
    continue;

  for (guint i = 0; i < self->futures->len; i++)
    {
      CfutFutureState state = cfut_future_get_state (self->futures->pdata[i]);

      g_assert_cmpuint (g_array_index (self->n_resolved, guint, i), ==, 1);
      g_assert_true (state == CFUT_FUTURE_STATE_DONE || state == CFUT_FUTURE_STATE_FAILED ||
                     state == CFUT_FUTURE_STATE_CANCELLED);
    }
}

void
fault_end_calls (FaultTest *self)
{
  assert_resolved_once (self);
  if (self->process.executor != NULL)
    test_iterate_until (NULL, executor_is_empty, self->process.executor);
  g_ptr_array_set_size (self->futures, 0);
  g_array_set_size (self->n_resolved, 0);
  self->n_ended = 0;
}

static gboolean
is_quiet (const FaultTest *self)
{
  const TestCensus *census = &self->process.census;

  return test_count_fds () <= census->n_fds &&
         test_count_children () <= census->n_children &&
         fault_count_threads () <= self->n_threads;
}

void
fault_assert_quiet (FaultTest *self)
{
  const TestCensus *census = &self->process.census;
  gint64 deadline = g_get_monotonic_time () + fault_patience_us;

  g_ptr_array_unref (self->futures);
  g_array_unref (self->n_resolved);

  while (!is_quiet (self))
    {
      if (g_get_monotonic_time () >= deadline)
        g_error ("A test began with %u descriptors, %u children and %u threads and left %u, %u and %u",
                 census->n_fds, census->n_children, self->n_threads,
                 test_count_fds (), test_count_children (), fault_count_threads ());
      while (g_main_context_iteration (NULL, FALSE))
        continue;
      g_usleep (1000);
    }

  watchdog_set (-1);
}

void
fault_end (FaultTest *self)
{
  fault_end_calls (self);
  if (self->process.executor != NULL)
    process_test_end_calls (&self->process);
  fault_assert_quiet (self);
}
