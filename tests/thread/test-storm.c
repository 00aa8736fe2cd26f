/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* Many rounds of what must not depend on who is first; ten times as many with
 * -m slow. */
static guint
rounds (guint n)
{
  return test_scale (g_test_slow () ? 10 * n : n);
}

/* ---- Lost wake-ups. */

typedef struct
{
  CfutExecutor *executor;
  guint n_rounds;
  guint n_burst; /* the longest one */
} Producer;

static gpointer
producer_thread (gpointer user_data)
{
  Producer *self = user_data;
  g_autofree CfutFuture **futures = g_new (CfutFuture *, self->n_burst);
  g_autoptr(GMainContext) context = g_main_context_new ();
  guint n_burst;

  g_main_context_push_thread_default (context);
  for (guint done = 0; done < self->n_rounds; done += n_burst)
    {
      n_burst = 1 + done % self->n_burst;
      for (guint i = 0; i < n_burst; i++)
        futures[i] = submit (self->executor, "square", i);
      for (guint i = 0; i < n_burst; i++)
        assert_result (futures[i], (guint64) i * i);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
produce (guint  n_producers,
         guint  n_workers,
         guint  n_burst,
         guint  n_rounds,
         gint64 idle_timeout)
{
  Producer self = { cfut_thread_executor_new (n_workers), n_rounds / n_producers, n_burst };
  g_autofree GThread **threads = g_new (GThread *, n_producers);

  cfut_executor_set_max_pending (self.executor, 8);
  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (self.executor), idle_timeout);
  for (guint i = 0; i < n_producers; i++)
    threads[i] = g_thread_new ("producer", producer_thread, &self);
  for (guint i = 0; i < n_producers; i++)
    g_thread_join (threads[i]);

  end_executor (self.executor);
}

static void
test_ping_pong (void)
{
  g_test_summary ("No wake-up is lost when each call waits for the one before");

  produce (1, 1, 1, rounds (20000), -1);
  produce (2, 2, 1, rounds (20000), -1);
}

static void
test_bursts (void)
{
  g_test_summary ("No wake-up is lost in bursts, with little room");

  produce (1, 3, 20, rounds (30000), -1);
  produce (3, 2, 7, rounds (30000), -1);
}

static void
test_leaving_threads (void)
{
  g_test_summary ("No call is lost between threads that leave and others that start");

  produce (2, 2, 3, rounds (5000), 0);
  produce (2, 3, 3, rounds (5000), 20);
}

/* ---- One outcome. */

typedef struct
{
  CfutFuture *future;
  int n_runs;      /* atomic */
  int n_cancelled; /* atomic; cancels that were told TRUE */
  int n_callbacks;
} Contest;

typedef struct
{
  CfutExecutor *executor;
  GThreadPool *cancellers;

  GMutex lock;
  GCond over_cond;
  guint n_over; /* protected by @lock */
} Arena;

static gboolean
contest_run (CfutCall  *call,
             GValue    *result,
             gpointer   user_data,
             GError   **error)
{
  Contest *self = user_data;

  g_atomic_int_inc (&self->n_runs);

  return TRUE;
}

static void
contest_cb (CfutFuture *future,
            gpointer    user_data)
{
  Contest *self = user_data;

  self->n_callbacks++;
}

static void
canceller (gpointer data,
           gpointer user_data)
{
  Contest *contest = data;
  Arena *self = user_data;

  if (cfut_future_cancel (contest->future))
    g_atomic_int_inc (&contest->n_cancelled);

  g_mutex_lock (&self->lock);
  self->n_over++;
  g_cond_signal (&self->over_cond);
  g_mutex_unlock (&self->lock);
}

static CfutSubmitOptions *
contest_options (guint         round,
                 GCancellable *cancellable)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_cancellable (options, cancellable);
  if (round % 4 == 0)
    cfut_submit_options_set_timeout (options, round % 50);
  if (round % 8 == 0)
    cfut_submit_options_set_deadline (options, round % 60);

  return options;
}

static CfutFutureState
contest_hold (Arena *self,
              guint  round)
{
  Contest contest = { NULL };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(CfutSubmitOptions) options = contest_options (round, cancellable);
  CfutFutureState state;

  contest.future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (self->executor), contest_run,
                                                     &contest, NULL, options, NULL);
  cfut_future_add_done_callback (contest.future, contest_cb, &contest, NULL);
  self->n_over = 0;
  for (guint i = 0; i < 2; i++)
    g_thread_pool_push (self->cancellers, &contest, NULL);
  if (round % 3 == 0)
    g_cancellable_cancel (cancellable);

  g_mutex_lock (&self->lock);
  while (self->n_over < 2)
    g_cond_wait (&self->over_cond, &self->lock);
  g_mutex_unlock (&self->lock);

  test_iterate_until_set (NULL, &contest.n_callbacks);
  /* Whoever runs it may still be about to. */
  while (cfut_executor_get_n_running (self->executor) > 0)
    g_thread_yield ();

  state = cfut_future_get_state (contest.future);
  g_assert_cmpint (contest.n_callbacks, ==, 1);
  g_assert_cmpint (g_atomic_int_get (&contest.n_runs), <=, 1);
  if (state == CFUT_FUTURE_STATE_DONE)
    g_assert_cmpint (contest.n_runs, ==, 1);
  if (contest.n_cancelled > 0)
    g_assert_cmpint (state, ==, CFUT_FUTURE_STATE_CANCELLED);
  g_object_unref (contest.future);

  return state;
}

static void
test_cancel_start_finish (void)
{
  Arena self = { cfut_thread_executor_new (2) };
  guint n_rounds = rounds (20000);
  guint n_of[CFUT_FUTURE_STATE_CANCELLED + 1] = { 0 };

  g_test_summary ("Of cancel, start, finish and time-out, from several threads, one wins");

  self.cancellers = g_thread_pool_new (canceller, &self, 3, TRUE, NULL);
  for (guint round = 0; round < n_rounds; round++)
    n_of[contest_hold (&self, round)]++;
  g_thread_pool_free (self.cancellers, FALSE, TRUE);
  g_test_message ("%u were cancelled, %u done, %u timed out", n_of[CFUT_FUTURE_STATE_CANCELLED],
                  n_of[CFUT_FUTURE_STATE_DONE], n_of[CFUT_FUTURE_STATE_FAILED]);
  g_assert_cmpuint (n_of[CFUT_FUTURE_STATE_CANCELLED] + n_of[CFUT_FUTURE_STATE_DONE] +
                    n_of[CFUT_FUTURE_STATE_FAILED], ==, n_rounds);

  end_executor (self.executor);
}

/* ---- Memory. */

static int n_run; /* atomic */

/* Slower than a submit. */
static gboolean
slow_run (CfutCall  *call,
          GValue    *result,
          gpointer   user_data,
          GError   **error)
{
  for (volatile guint i = 0; i < 3000; i++)
    ;
  g_atomic_int_inc (&n_run);

  return TRUE;
}

static guint n_freed; /* only used in the main thread */

static void
count_freed (gpointer data)
{
  g_assert_true (data == g_thread_self ());
  n_freed++;
}

static void
flood (CfutExecutor   *executor,
       guint           n,
       GDestroyNotify  destroy)
{
  for (guint i = 0; i < n; i++)
    {
      g_object_unref (cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), slow_run,
                                                        g_thread_self (), destroy, NULL, NULL));
      if (i % 1024 == 0)
        g_assert_cmpuint (cfut_executor_get_n_pending (executor), <=, 1000);
    }
}

static void
run_flood (GDestroyNotify destroy)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  guint n = rounds (100000);
  gsize before;
  gsize after;

  g_atomic_int_set (&n_run, 0);
  n_freed = 0;
  cfut_executor_set_max_pending (executor, 1000);
  flood (executor, 5000, destroy);
  before = test_get_memory ();
  flood (executor, n - 5000, destroy);
  after = test_get_memory ();
  g_test_message ("Memory went from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " KiB", before / 1024, after / 1024);

  g_assert_cmpuint (after, <, before + 2 * 1024 * 1024);

  end_executor (executor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (n_run, ==, n);
  g_assert_cmpuint (n_freed, ==, destroy != NULL ? n : 0);
}

static void
test_flood (void)
{
  g_test_summary ("Calls beyond the limit wait outside, and none is lost: memory does not grow with them");

  run_flood (NULL);
}

static void
test_flood_of_data (void)
{
  g_test_summary ("Nor with their data, which a submit that blocks frees when there is no main loop");

  run_flood (count_freed);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/storm/ping-pong", test_ping_pong);
  add_test ("/storm/bursts", test_bursts);
  add_test ("/storm/leaving-threads", test_leaving_threads);
  add_test ("/storm/cancel-start-finish", test_cancel_start_finish);
  add_test ("/storm/flood", test_flood);
  add_test ("/storm/flood-of-data", test_flood_of_data);

  return g_test_run ();
}
