/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include "executor/cfut-pool-private.h"

/*
 * Calls that came in without the lock of the pool, and wait: all that holds for
 * others holds for them. White-box only to see that they came that way.
 */

#define N_WAITING 3

typedef struct
{
  CfutExecutor *executor;
  CfutPool *pool;
  Gate gate;
  CfutFuture *blocked;
} Fixture;

static gboolean
came_without_lock (CfutPool *pool)
{
  return cfut_intake_has_any (&pool->intake);
}

/* The only thread has taken a call, which stands still, and so comes back. */
static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  self->executor = cfut_thread_executor_new (1);
  cfut_executor_set_max_pending (self->executor, N_WAITING);
  self->pool = cfut_executor_get_pool (self->executor);
  self->blocked = occupy (self->executor, &self->gate);
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  end_executor (self->executor);
}

static void
submit_waiting (Fixture     *self,
                CfutFuture **futures,
                guint        n)
{
  for (guint i = 0; i < n; i++)
    {
      futures[i] = submit (self->executor, "square", i);
      g_assert_true (came_without_lock (self->pool));
    }
}

static void
test_counts (Fixture       *self,
             gconstpointer  unused)
{
  CfutFuture *futures[N_WAITING];
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("They are counted as ever");

  submit_waiting (self, futures, N_WAITING);
  g_assert_cmpuint (cfut_executor_get_n_pending (self->executor), ==, N_WAITING);
  stats = cfut_executor_get_stats (self->executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, N_WAITING + 1);

  release (self->blocked, &self->gate);
  for (guint i = 0; i < N_WAITING; i++)
    assert_result (futures[i], i * i);
}

static void
test_bound (Fixture       *self,
            gconstpointer  unused)
{
  CfutFuture *futures[N_WAITING];
  g_autoptr(GError) error = NULL;

  g_test_summary ("No more of them are let in than there is room for");

  cfut_executor_set_overflow (self->executor, CFUT_OVERFLOW_FAIL);
  submit_waiting (self, futures, N_WAITING);
  g_assert_null (cfut_executor_submit (self->executor, "nothing", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
  g_assert_cmpuint (cfut_executor_get_n_pending (self->executor), ==, N_WAITING);

  release (self->blocked, &self->gate);
  for (guint i = 0; i < N_WAITING; i++)
    assert_result (futures[i], i * i);
}

static void
test_many (Fixture       *self,
           gconstpointer  unused)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_refused = 0;
  gsize n_out = 0;

  g_test_summary ("However many they are, few have to be moved to the queue at once");

  cfut_executor_set_max_pending (self->executor, G_MAXUINT);
  for (guint i = 0; i < 5 * CFUT_INTAKE_MAX_CALLS; i++)
    {
      g_ptr_array_add (futures, submit (self->executor, "square", i));
      n_out = MAX (n_out, (gsize) self->pool->intake.n_out);
      n_refused += !came_without_lock (self->pool);
    }
  g_assert_cmpuint (n_out, <=, CFUT_INTAKE_MAX_CALLS);
  /* Whoever finds no ticket moves them, and has others given out. */
  g_assert_cmpuint (n_refused, <=, 6);

  release (self->blocked, &self->gate);
  for (guint i = 0; i < futures->len; i++)
    assert_result (g_object_ref (g_ptr_array_index (futures, i)), (gint64) i * i);
}

static void
test_urgent (Fixture       *self,
             gconstpointer  unused)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutFuture *futures[2];
  Gate urgent = GATE_INIT;
  CfutFuture *future;

  g_test_summary ("An urgent call goes before them");

  submit_waiting (self, futures, 2);
  cfut_submit_options_set_priority (options, -1);
  future = cfut_executor_submit_full (self->executor, "gate", gate_argument (&urgent), options, NULL);
  release (self->blocked, &self->gate);
  test_latch_wait (&urgent.started);
  g_assert_cmpuint (cfut_executor_get_n_pending (self->executor), ==, 2);
  release (future, &urgent);
  for (guint i = 0; i < 2; i++)
    assert_result (futures[i], i * i);
}

static void
test_cancel (Fixture       *self,
             gconstpointer  unused)
{
  CfutFuture *futures[N_WAITING];

  g_test_summary ("One that is cancelled is cancelled at once, and leaves room");

  submit_waiting (self, futures, N_WAITING);
  g_assert_true (cfut_future_cancel (futures[1]));
  assert_cancelled (futures[1]);
  g_assert_cmpuint (cfut_executor_get_n_pending (self->executor), ==, N_WAITING - 1);
  futures[1] = submit (self->executor, "square", 1);

  release (self->blocked, &self->gate);
  for (guint i = 0; i < N_WAITING; i++)
    assert_result (futures[i], i * i);
}

static void
test_shutdown (Fixture       *self,
               gconstpointer  unused)
{
  CfutFuture *futures[N_WAITING];
  g_autoptr(GError) error = NULL;

  g_test_summary ("A shutdown that cancels reaches them, and then none come");

  submit_waiting (self, futures, N_WAITING);
  cfut_executor_shutdown (self->executor, CFUT_SHUTDOWN_CANCEL, 0, NULL);
  for (guint i = 0; i < N_WAITING; i++)
    assert_cancelled (futures[i]);
  g_assert_null (cfut_executor_submit (self->executor, "nothing", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  test_latch_open (&self->gate.go);
  assert_cancelled (self->blocked);
}

static void
test_closed (Fixture       *self,
             gconstpointer  unused)
{
  CfutFuture *futures[N_WAITING];

  g_test_summary ("They still run after a shutdown that does not cancel");

  submit_waiting (self, futures, N_WAITING);
  cfut_executor_shutdown (self->executor, 0, 0, NULL);
  release (self->blocked, &self->gate);
  for (guint i = 0; i < N_WAITING; i++)
    assert_result (futures[i], i * i);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/thread/intake/counts", test_counts);
  ADD ("/thread/intake/bound", test_bound);
  ADD ("/thread/intake/many", test_many);
  ADD ("/thread/intake/urgent", test_urgent);
  ADD ("/thread/intake/cancel", test_cancel);
  ADD ("/thread/intake/shutdown", test_shutdown);
  ADD ("/thread/intake/closed", test_closed);

  return g_test_run ();
}
