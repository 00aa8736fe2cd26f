/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include "thread/cfut-thread-loop-private.h"

/*
 * Small calls wake nobody if it can be helped. None of that may be seen when
 * calls are not small any more. White-box only to see who would be woken.
 */

#define N_SMALL 2000

/* Submits as many as there is room for, so that all threads have something to do
 * for a while, and that is little. */
static void
run_small_calls (CfutExecutor *executor)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < N_SMALL; i++)
    g_ptr_array_add (futures, submit (executor, "square", i));

  for (guint i = 0; i < N_SMALL; i++)
    g_assert_true (cfut_future_wait (futures->pdata[i], CFUT_WAIT_FOREVER, NULL));
}

static void
test_long_one_among_them (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);

  g_test_summary ("A call that comes after a long one runs on the thread that is free");

  for (guint round = 0; round < 50; round++)
    {
      Gate gate = GATE_INIT;
      CfutFuture *blocked;

      run_small_calls (executor);
      blocked = submit_gate (executor, "gate", &gate);
      assert_result (submit (executor, "square", round), (guint64) round * round);
      release (blocked, &gate);
    }

  end_executor (executor);
}

static void
test_long_ones_after_them (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (4);

  g_test_summary ("Long calls run side by side, however small those before them were");

  for (guint round = 0; round < 50; round++)
    {
      Gate gates[4] = { 0 };
      CfutFuture *futures[4];

      run_small_calls (executor);
      for (guint i = 0; i < 4; i++)
        futures[i] = submit_gate (executor, "gate", &gates[i]);
      for (guint i = 0; i < 4; i++)
        test_latch_wait (&gates[i].started);
      for (guint i = 0; i < 4; i++)
        release (futures[i], &gates[i]);
    }

  end_executor (executor);
}

static void
test_end_among_them (void)
{
  g_test_summary ("An executor that is dropped amid small calls ends, and all of them with it");

  for (guint round = 0; round < 50; round++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (3);
      CfutFuture *last = NULL;

      for (guint i = 0; i < 500; i++)
        {
          g_clear_object (&last);
          last = submit (executor, "square", i);
        }
      end_executor (executor);
      assert_result (last, 499 * 499);
    }
}

static gpointer
ask_thread (gpointer executor)
{
  for (guint i = 0; i < 2000; i++)
    assert_result (submit (executor, "square", i), (guint64) i * i);

  return NULL;
}

static void
test_one_by_one (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  GThread *threads[3];

  g_test_summary ("Several threads that wait for one small call after the other get each result");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ask", ask_thread, executor);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  end_executor (executor);
}

/* Whether the call that came last would be left to who is awake. */
static gboolean
is_left_to_others (CfutThreadCarrier *carrier,
                   gint64             moved_before_us)
{
  carrier->moved_at = carrier->pool->last_queued_at - moved_before_us;

  return cfut_thread_carrier_is_watched_locked (carrier);
}

static void
test_who_is_late (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  CfutPool *pool = cfut_executor_get_pool (executor);
  CfutThreadCarrier *carrier = pool->carrier;
  Gate gate = GATE_INIT;
  CfutFuture *blocked = submit_gate (executor, "gate", &gate);
  gboolean watched;
  gint64 mean_ns;

  g_test_summary ("With small calls nobody is woken, until those who are awake are late");

  test_latch_wait (&gate.started);
  g_mutex_lock (&pool->lock);
  watched = carrier->watched;
  mean_ns = carrier->mean_ns;
  carrier->watched = TRUE;
  carrier->mean_ns = 1000;
  g_assert_true (is_left_to_others (carrier, -5));
  g_assert_true (is_left_to_others (carrier, 9));
  g_assert_false (is_left_to_others (carrier, 10));
  carrier->mean_ns = 10000;
  g_assert_false (is_left_to_others (carrier, 0));
  carrier->watched = watched;
  carrier->mean_ns = mean_ns;
  g_mutex_unlock (&pool->lock);

  release (blocked, &gate);
  end_executor (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/small/long-one-among-them", test_long_one_among_them);
  add_test ("/small/long-ones-after-them", test_long_ones_after_them);
  add_test ("/small/who-is-late", test_who_is_late);
  add_test ("/small/end-among-them", test_end_among_them);
  add_test ("/small/one-by-one", test_one_by_one);

  return g_test_run ();
}
