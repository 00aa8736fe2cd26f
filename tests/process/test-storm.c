/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <signal.h>

#include "process-support.h"

/* Many calls; ten times as many with -m slow. */
static guint
calls (guint n)
{
  return test_scale (g_test_slow () ? 10 * n : n);
}

/* ---- A thread that kills a random worker every 5 ms, if a few calls have ended
 * since: on a slow machine workers would do nothing but start. */
#define KILL_INTERVAL_US 5000
#define CALLS_PER_KILL   8

typedef struct
{
  CfutExecutor *executor;
  GRand *rand;
  guint n_kills; /* only used by the thread until it has ended */

  GMutex lock;
  GCond over_cond;
  gboolean over; /* protected by @lock */
} Killer;

static guint64
count_ended (CfutExecutor *executor)
{
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (executor);

  return cfut_stats_get_n_finished (stats);
}

static void
kill_one (Killer *self)
{
  g_autofree int *pids = NULL;
  gsize n_pids;

  pids = cfut_process_executor_dup_worker_pids (CFUT_PROCESS_EXECUTOR (self->executor), &n_pids);
  if (n_pids > 0 && kill (pids[g_rand_int_range (self->rand, 0, n_pids)], SIGKILL) == 0)
    self->n_kills++;
}

/* Waits for the time of the next kill; FALSE when it is all over. */
static gboolean
killer_wait (Killer *self)
{
  gint64 end = g_get_monotonic_time () + KILL_INTERVAL_US;
  gboolean over;

  g_mutex_lock (&self->lock);
  while (!self->over && g_cond_wait_until (&self->over_cond, &self->lock, end))
    ;
  over = self->over;
  g_mutex_unlock (&self->lock);

  return !over;
}

static gpointer
killer_thread (gpointer user_data)
{
  Killer *self = user_data;
  guint64 n_before = 0;

  while (killer_wait (self))
    {
      guint64 n_ended = count_ended (self->executor);

      if (n_ended < n_before + CALLS_PER_KILL)
        continue;
      n_before = n_ended;
      kill_one (self);
    }

  return NULL;
}

static void
killer_end (Killer  *self,
            GThread *thread)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_cond_signal (&self->over_cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (thread);
  g_rand_free (self->rand);
}

/* ---- The calls. */

typedef struct
{
  guint n_calls;
  guint n_ended;
  guint8 *n_callbacks; /* (owned) of each call */
  CfutFuture **futures; /* (owned) */
} Calls;

static Calls all;

static void
ended_cb (CfutFuture *future,
          gpointer    user_data)
{
  all.n_callbacks[GPOINTER_TO_UINT (user_data)]++;
  all.n_ended++;
}

static gboolean
have_ended (gpointer user_data)
{
  return all.n_ended >= all.n_calls;
}

/* Every second call takes a moment. */
static void
submit_all (ProcessTest       *test,
            CfutSubmitOptions *options,
            guint              n_calls)
{
  all = (Calls) { n_calls, 0, g_new0 (guint8, n_calls), g_new (CfutFuture *, n_calls) };
  for (guint i = 0; i < n_calls; i++)
    {
      if (i % 2 == 0)
        all.futures[i] = process_submit_full (test, options, "spin", "(x)", (gint64) (200 + i % 400));
      else
        all.futures[i] = process_submit_full (test, options, "square", "(x)", (gint64) i);
      cfut_future_add_done_callback (all.futures[i], ended_cb, GUINT_TO_POINTER (i), NULL);
    }
}

static void
check_result (guint     i,
              GVariant *result)
{
  gint64 expected = i % 2 == 0 ? 200 + i % 400 : (gint64) i * i;

  g_assert_cmpint (g_variant_get_int64 (result), ==, expected);
}

/* Returns how many calls failed. */
static guint
check_all (void)
{
  guint n_failed = 0;

  for (guint i = 0; i < all.n_calls; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = cfut_future_dup_result (all.futures[i], 0, &error);

      g_assert_cmpuint (all.n_callbacks[i], ==, 1);
      if (result != NULL)
        check_result (i, result);
      else
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      n_failed += result == NULL;
      g_object_unref (all.futures[i]);
    }
  g_free (all.n_callbacks);
  g_free (all.futures);

  return n_failed;
}

static void
run_with_kills (guint  retries,
                guint *n_failed,
                guint *n_kills)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  ProcessTest test;
  Killer killer = { 0 };
  GThread *thread;

  process_test_begin (&test, 4);
  cfut_submit_options_set_retries (options, retries);
  killer.executor = test.executor;
  killer.rand = g_rand_new_with_seed (g_test_rand_int ());
  thread = g_thread_new ("killer", killer_thread, &killer);

  submit_all (&test, options, calls (1000));
  test_iterate_until (NULL, have_ended, NULL);
  killer_end (&killer, thread);
  *n_failed = check_all ();
  *n_kills = killer.n_kills;
  g_test_message ("%u calls, %u kills, %u failed", all.n_calls, *n_kills, *n_failed);
  process_test_end (&test);
}

static void
test_kills_with_retries (void)
{
  guint n_failed, n_kills;

  g_test_summary ("While workers are killed at random each call that may be retried has its result, once");

  run_with_kills (CFUT_RETRY_FOREVER, &n_failed, &n_kills);
  g_assert_cmpuint (n_kills, >, 0);
  g_assert_cmpuint (n_failed, ==, 0);
}

static void
test_kills (void)
{
  guint n_failed, n_kills;

  g_test_summary ("A kill costs at most one call that may not be retried");

  run_with_kills (0, &n_failed, &n_kills);
  g_assert_cmpuint (n_kills, >, 0);
  g_assert_cmpuint (n_failed, <=, n_kills);
}

/* ---- Memory. */

static void
flood (ProcessTest *test,
       guint        n_calls)
{
  for (guint i = 0; i < n_calls; i++)
    {
      g_object_unref (process_submit (test, "count", "()"));
      if (i % 256 == 0)
        g_assert_cmpuint (cfut_executor_get_n_pending (test->executor), <=, 1000);
    }
}

static void
test_flood (void)
{
  g_autoptr(GVariant) last = NULL;
  ProcessTest test;
  guint n_calls = calls (20000);
  gsize before, after;
  int n_run;

  g_test_summary ("Calls beyond the limit wait outside, and each is run once: memory does not grow with them");

  process_test_begin (&test, 1);
  cfut_executor_set_max_pending (test.executor, 1000);
  flood (&test, n_calls / 4);
  before = test_get_memory ();
  flood (&test, n_calls - n_calls / 4);
  after = test_get_memory ();
  g_test_message ("Memory went from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " KiB", before / 1024, after / 1024);
  g_assert_cmpuint (after, <, before + 2 * 1024 * 1024);

  last = process_call (&test, "count", "()");
  g_variant_get (last, "(ii)", NULL, &n_run);
  g_assert_cmpint (n_run, ==, n_calls + 1);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/storm/kills-with-retries", test_kills_with_retries);
  g_test_add_func ("/storm/kills", test_kills);
  g_test_add_func ("/storm/flood", test_flood);

  return g_test_run ();
}
