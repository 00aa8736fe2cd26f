/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

static const CfutShutdownFlags all_flags[] = {
  CFUT_SHUTDOWN_NONE,
  CFUT_SHUTDOWN_WAIT,
  CFUT_SHUTDOWN_CANCEL,
  CFUT_SHUTDOWN_WAIT | CFUT_SHUTDOWN_CANCEL,
};

static void
shut_down (CfutExecutor      *executor,
           CfutShutdownFlags  flags)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_executor_shutdown (executor, flags, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_null (cfut_executor_submit (executor, "nothing", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
}

/* Opens a gate once the executor refuses calls, so that a shutdown which waits
 * for the call behind it does wait. */
typedef struct
{
  CfutExecutor *executor;
  Gate *gate;
} Opener;

static gpointer
opener_thread (gpointer user_data)
{
  Opener *self = user_data;
  gboolean open = TRUE;

  while (open)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CfutFuture) future = NULL;

      future = cfut_executor_submit (self->executor, "nothing", NULL, NULL, &error);
      open = !g_error_matches (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
      if (future != NULL)
        cfut_future_cancel (future);
      g_thread_yield ();
    }
  test_latch_open (&self->gate->go);

  return NULL;
}

static void
test_unused (void)
{
  g_test_summary ("An executor that was never used ends, in all four ways, and more than once");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (2);

      shut_down (executor, all_flags[i]);
      for (guint j = 0; j < G_N_ELEMENTS (all_flags); j++)
        shut_down (executor, all_flags[j]);
      g_assert_finalize_object (executor);
    }
}

static void
test_idle (void)
{
  g_test_summary ("So does one whose threads are idle, and may be so for ever");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (2);
      g_autoptr(CfutStats) stats = NULL;

      cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), -1);
      assert_result (submit (executor, "square", 3), 9);
      shut_down (executor, all_flags[i]);
      shut_down (executor, CFUT_SHUTDOWN_WAIT);
      stats = cfut_executor_get_stats (executor);
      g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);
      g_assert_finalize_object (executor);
    }
}

/* What occupies the thread ends by being cancelled, if that is asked for, and
 * else when the executor refuses calls. */
static void
test_queued (void)
{
  g_test_summary ("Queued calls are run, or cancelled if asked");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      gboolean cancels = (all_flags[i] & CFUT_SHUTDOWN_CANCEL) != 0;
      CfutExecutor *executor = cfut_thread_executor_new (1);
      Gate gate = GATE_INIT;
      Opener opener = { executor, &gate };
      CfutFuture *occupied = submit_gate (executor, cancels ? "stops" : "gate", &gate);
      CfutFuture *queued[20];
      GThread *thread;

      test_latch_wait (&gate.started);
      for (guint j = 0; j < G_N_ELEMENTS (queued); j++)
        queued[j] = submit (executor, "square", j);
      thread = g_thread_new ("opener", opener_thread, &opener);
      shut_down (executor, all_flags[i]);

      if (all_flags[i] & CFUT_SHUTDOWN_WAIT)
        g_assert_true (cfut_future_is_done (occupied));
      for (guint j = 0; j < G_N_ELEMENTS (queued); j++)
        {
          if (all_flags[i] != CFUT_SHUTDOWN_NONE)
            g_assert_true (cfut_future_is_done (queued[j]));
          if (cancels)
            assert_cancelled (queued[j]);
          else
            assert_result (queued[j], j * j);
        }
      if (cancels)
        assert_cancelled (occupied);
      else
        assert_result (occupied, 1);

      g_thread_join (thread);
      end_executor (executor);
    }
}

static void
test_running (void)
{
  g_test_summary ("Running calls are left alone, or asked to stop");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      gboolean cancels = (all_flags[i] & CFUT_SHUTDOWN_CANCEL) != 0;
      CfutExecutor *executor = cfut_thread_executor_new (2);
      Gate gate = GATE_INIT;
      Opener opener = { executor, &gate };
      CfutFuture *future = submit_gate (executor, cancels ? "stops" : "gate", &gate);
      GThread *thread;

      test_latch_wait (&gate.started);
      thread = g_thread_new ("opener", opener_thread, &opener);
      shut_down (executor, all_flags[i]);
      if (all_flags[i] & CFUT_SHUTDOWN_WAIT)
        g_assert_true (cfut_future_is_done (future));
      if (cancels)
        assert_cancelled (future);
      else
        assert_result (future, 1);

      g_thread_join (thread);
      end_executor (executor);
    }
}

/* ---- Submitters that wait for room. */

static gpointer
blocked_thread (gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  while (TRUE)
    {
      g_autoptr(CfutFuture) future = cfut_executor_submit (user_data, "nothing", NULL, NULL, &error);

      if (future == NULL)
        break;
      cfut_future_cancel (future);
    }
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  return NULL;
}

/* Opens the gate once all who were blocked have been refused. */
typedef struct
{
  Gate *gate;
  GThread *blocked[2];
} Refused;

static gpointer
refused_thread (gpointer user_data)
{
  Refused *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (self->blocked); i++)
    g_thread_join (self->blocked[i]);
  test_latch_open (&self->gate->go);

  return NULL;
}

static void
test_waiting_submitters (void)
{
  g_test_summary ("Who waits for room, blocked or not, is refused in all four ways");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (1);
      Gate gate = GATE_INIT;
      Refused refused = { &gate };
      CfutFuture *occupied = occupy (executor, &gate);
      CfutFuture *queued = submit (executor, "square", 1);
      GThread *thread;
      Answer answers[5] = { 0 };

      cfut_executor_set_max_pending (executor, 1);
      for (guint j = 0; j < G_N_ELEMENTS (answers); j++)
        cfut_executor_submit_async (executor, "nothing", NULL, NULL, NULL, answer_cb, &answers[j]);
      for (guint j = 0; j < G_N_ELEMENTS (refused.blocked); j++)
        refused.blocked[j] = g_thread_new ("blocked", blocked_thread, executor);
      thread = g_thread_new ("opener", refused_thread, &refused);
      shut_down (executor, all_flags[i]);

      for (guint j = 0; j < G_N_ELEMENTS (answers); j++)
        {
          g_autoptr(GError) error = NULL;

          answer_await (&answers[j]);
          g_assert_null (cfut_executor_submit_finish (executor, answers[j].result, &error));
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
          answer_clear (&answers[j]);
        }
      g_thread_join (thread);
      g_assert_true (cfut_future_wait (queued, CFUT_WAIT_FOREVER, NULL));
      g_assert_true (cfut_future_wait (occupied, CFUT_WAIT_FOREVER, NULL));
      g_object_unref (queued);
      g_object_unref (occupied);
      end_executor (executor);
    }
}

/* ---- Time-outs. */

static void
test_deadline (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *running = submit_gate (executor, "lingers", &gate);
  CfutFuture *queued = submit (executor, "square", 3);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A shutdown that runs out of time cancels the rest, says so, and leaves");

  test_latch_wait (&gate.started);
  g_assert_false (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, 10000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, ==,
                   "Shutdown timed out after 0.010 s with 2 calls unfinished; they were cancelled");
  g_clear_error (&error);
  test_latch_wait (&gate.stopped);
  g_assert_true (cfut_future_is_done (queued));
  assert_cancelled (queued);
  g_assert_false (cfut_future_is_done (running));

  g_assert_false (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);

  test_latch_open (&gate.go);
  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, G_MAXINT64, &error));
  g_assert_no_error (error);
  assert_cancelled (running);
  g_assert_finalize_object (executor);
}

/* ---- From several threads, and from within. */

static gpointer
waiting_thread (gpointer user_data)
{
  shut_down (user_data, CFUT_SHUTDOWN_WAIT);

  return NULL;
}

static void
test_two_threads (void)
{
  g_test_summary ("Several threads may shut down at once, each in its own way");

  for (guint round = 0; round < 200; round++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (2);
      CfutFuture *futures[10];
      GThread *threads[3];

      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        futures[i] = submit (executor, "square", i);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("waiter", waiting_thread, executor);
      if (round % 2 == 0)
        shut_down (executor, CFUT_SHUTDOWN_WAIT | CFUT_SHUTDOWN_CANCEL);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        {
          g_assert_true (cfut_future_is_done (futures[i]));
          g_object_unref (futures[i]);
        }
      g_assert_finalize_object (executor);
    }
}

static gboolean
shut_down_own (CfutCall  *call,
               GValue    *result,
               gpointer   user_data,
               GError   **error)
{
  g_autoptr(GError) local_error = NULL;

  g_assert_false (cfut_executor_shutdown (user_data, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, &local_error));
  g_assert_error (local_error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
  shut_down (user_data, CFUT_SHUTDOWN_NONE);

  return TRUE;
}

static void
test_from_call (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *future;

  g_test_summary ("A call may close its executor, and not wait for its end");

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), shut_down_own,
                                             executor, NULL, NULL, NULL);
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_object_unref (future);
  end_executor (executor);
}

typedef struct
{
  CfutExecutor *executor;
  int done; /* atomic */
} Callback;

static void
shut_down_cb (CfutFuture *future,
              gpointer    user_data)
{
  Callback *self = user_data;

  shut_down (self->executor, CFUT_SHUTDOWN_WAIT | CFUT_SHUTDOWN_CANCEL);
  g_atomic_int_set (&self->done, TRUE);
}

static void
test_from_callback (void)
{
  Callback callback = { cfut_thread_executor_new (2) };
  CfutFuture *future = submit (callback.executor, "square", 5);

  g_test_summary ("A done callback may end the executor");

  cfut_future_add_done_callback (future, shut_down_cb, &callback, NULL);
  test_iterate_until_set (NULL, &callback.done);
  assert_result (future, 25);
  g_assert_finalize_object (callback.executor);
}

/* ---- Without blocking. */

static gboolean
shutdown_finish (CfutExecutor  *executor,
                 Answer        *answer,
                 GError       **error)
{
  gboolean ended;

  answer_await (answer);
  g_assert_true (answer->thread == g_thread_self ());
  ended = cfut_executor_shutdown_finish (executor, answer->result, error);
  answer_clear (answer);

  return ended;
}

static void
test_async (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "gate", &gate);
  Answer answers[3] = { 0 };

  g_test_summary ("shutdown_async() is answered when the last thread has gone, to all who ask");

  test_latch_wait (&gate.started);
  for (guint i = 0; i < 2; i++)
    cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, i == 0 ? CFUT_WAIT_FOREVER : G_MAXINT64,
                                  NULL, answer_cb, &answers[i]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (answers[0].done);
  release (future, &gate);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (shutdown_finish (executor, &answers[i], &error));
      g_assert_no_error (error);
    }

  /* Again, when it has ended. */
  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_CANCEL, CFUT_WAIT_FOREVER, NULL,
                                answer_cb, &answers[2]);
  g_assert_true (shutdown_finish (executor, &answers[2], NULL));
  end_executor (executor);
}

static void
test_async_deadline (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "stops", &gate);
  Answer answer = ANSWER_INIT;

  g_test_summary ("shutdown_async() that runs out of time cancels the rest");

  test_latch_wait (&gate.started);
  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, 10000, NULL, answer_cb, &answer);
  g_assert_false (shutdown_finish (executor, &answer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_cancelled (future);
  end_executor (executor);
}

static void
test_async_cancelled (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "gate", &gate);
  Answer answers[2] = { 0 };

  g_test_summary ("Its cancellable cancels the wait, and nothing else");

  test_latch_wait (&gate.started);
  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, -1, cancellable, answer_cb, &answers[0]);
  g_cancellable_cancel (cancellable);
  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, -1, cancellable, answer_cb, &answers[1]);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (shutdown_finish (executor, &answers[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
    }
  release (future, &gate);
  end_executor (executor);
}

static void
test_inline (void)
{
  g_test_summary ("An inline executor ends in all four ways");

  for (guint i = 0; i < G_N_ELEMENTS (all_flags); i++)
    {
      CfutExecutor *executor = cfut_inline_executor_new ();

      assert_result (submit (executor, "square", 2), 4);
      shut_down (executor, all_flags[i]);
      shut_down (executor, CFUT_SHUTDOWN_WAIT);
      g_assert_finalize_object (executor);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/shutdown/unused", test_unused);
  add_test ("/shutdown/idle", test_idle);
  add_test ("/shutdown/queued", test_queued);
  add_test ("/shutdown/running", test_running);
  add_test ("/shutdown/waiting-submitters", test_waiting_submitters);
  add_test ("/shutdown/deadline", test_deadline);
  add_test ("/shutdown/two-threads", test_two_threads);
  add_test ("/shutdown/from-call", test_from_call);
  add_test ("/shutdown/from-callback", test_from_callback);
  add_test ("/shutdown/async", test_async);
  add_test ("/shutdown/async-deadline", test_async_deadline);
  add_test ("/shutdown/async-cancelled", test_async_cancelled);
  add_test ("/shutdown/inline", test_inline);

  return g_test_run ();
}
