/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <signal.h>
#include <unistd.h>

#include "process-support.h"

/* Calls that are cancelled, or whose time is over. */

#define SECOND G_USEC_PER_SEC

static void
expect_timed_out (CfutFuture *future)
{
  process_expect_error (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timed out");
}

static CfutSubmitOptions *
with_deadline (gint64 deadline_us)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_deadline (options, deadline_us);

  return options;
}

/* ---- Cancelling. */

static void
test_before_submit (void)
{
  ProcessTest test;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("A call whose cancellable was cancelled before never comes to a worker");

  process_test_begin (&test, 1);
  g_cancellable_cancel (cancellable);
  process_expect_cancelled (cfut_executor_submit (test.executor, "pid", NULL, cancellable, NULL));
  g_assert_cmpuint (process_count_workers (&test), ==, 0);
  process_test_end (&test);
}

static void
test_queued (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *holder, *queued[3];

  g_test_summary ("A queued call is cancelled at once, and never runs");

  gate_init (&gate);
  process_test_begin (&test, 1);
  holder = gate_submit (&gate, &test, "hold", 0);
  gate_next (&gate);
  for (int i = 0; i < 3; i++)
    queued[i] = gate_submit (&gate, &test, "note", i + 1);
  g_assert_true (cfut_future_cancel (queued[1]));
  g_assert_cmpint (cfut_future_get_state (queued[1]), ==, CFUT_FUTURE_STATE_CANCELLED);
  g_assert_false (cfut_future_is_done (queued[0]));
  process_expect_cancelled (queued[1]);
  gate_open (&gate);
  process_expect_done (holder);
  process_expect_done (queued[0]);
  process_expect_done (queued[2]);
  g_assert_cmpint (gate_next (&gate).id, ==, 1);
  g_assert_cmpint (gate_next (&gate).id, ==, 3);
  g_assert_false (gate_has_next (&gate));
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_sent (void)
{
  ProcessTest test;
  CfutFuture *future;
  int pid;

  g_test_summary ("A call that was sent and not started is cancelled at once, and never runs");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  kill (pid, SIGSTOP);
  process_await_run_state (pid, 'T');
  for (guint i = 0; i < 20; i++)
    {
      future = process_submit (&test, "count", "()");
      /* So that it is with the worker. */
      cfut_future_wait (future, 2000, NULL);
      g_assert_true (cfut_future_cancel (future));
      g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
      process_expect_cancelled (future);
    }
  kill (pid, SIGCONT);
  {
    g_autoptr(GVariant) result = process_call (&test, "count", "()");
    g_autoptr(GVariant) expected = g_variant_ref_sink (g_variant_new ("(ii)", pid, 1));

    g_assert_cmpvariant (result, expected);
  }
  process_test_end (&test);
}

static void
test_more_than_slots (void)
{
  ProcessTest test;
  int pid;

  g_test_summary ("A worker that stood still while thousands of calls were taken back gets calls again");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  kill (pid, SIGSTOP);
  process_await_run_state (pid, 'T');
  for (guint i = 0; i < 3000; i++)
    {
      CfutFuture *future = process_submit (&test, "pid", "()");

      if (i % 8 == 0)
        cfut_future_wait (future, 100, NULL);
      g_assert_true (cfut_future_cancel (future));
      process_expect_cancelled (future);
    }
  /* The last one finds no slot, and has to wait for one. */
  {
    CfutFuture *future = process_submit (&test, "pid", "()");

    cfut_future_wait (future, 30 * 1000, NULL);
    kill (pid, SIGCONT);
    process_expect_int (future, pid);
  }
  process_test_end (&test);
}

static void
test_polite (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;
  int pid;

  g_test_summary ("A running call that heeds its cancellable ends, and its worker stays");

  gate_init (&gate);
  process_test_begin (&test, 1);
  for (int i = 0; i < 20; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();

      future = cfut_executor_submit (test.executor, "hold-politely", gate_arguments (&gate, i), cancellable, NULL);
      pid = gate_next (&gate).pid;
      if (i % 2 == 0)
        g_assert_true (cfut_future_cancel (future));
      else
        g_cancellable_cancel (cancellable);
      process_expect_cancelled (future);
      g_assert_cmpint (process_get_pid (&test), ==, pid);
    }
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_finishing (void)
{
  ProcessTest test;
  guint n_done = 0;

  g_test_summary ("What cancel() answers is what comes of a call that is just ending");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr(CfutFuture) future = process_submit (&test, "spin", "(x)", (gint64) (i % 50));
      gboolean cancelled;

      cfut_future_wait (future, i % 100, NULL);
      cancelled = cfut_future_cancel (future);
      cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL);
      g_assert_cmpint (cfut_future_get_state (future), ==,
                       cancelled ? CFUT_FUTURE_STATE_CANCELLED : CFUT_FUTURE_STATE_DONE);
      n_done += !cancelled;
    }
  g_test_message ("%u of 500 were done", n_done);
  process_test_end (&test);
}

static void
test_impolite (gconstpointer function)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;
  g_autoptr(CfutStats) stats = NULL;
  int pid;

  g_test_summary ("A running call that does not heed is cancelled, its worker killed after the grace and replaced");

  gate_init (&gate);
  process_test_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 20 * 1000);
  future = gate_submit (&gate, &test, function, 0);
  pid = gate_next (&gate).pid;
  g_assert_true (cfut_future_cancel (future));
  process_expect_cancelled (future);
  g_assert_cmpint (process_get_pid (&test), !=, pid);
  process_await_exit (pid);
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_kills (stats), ==, 1);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_grace (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;
  int pid;

  g_test_summary ("With no end of the grace, or a huge one, the worker is not killed");

  gate_init (&gate);
  process_test_begin (&test, 1);
  for (int i = 0; i < 2; i++)
    {
      cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), i == 0 ? -1 : G_MAXINT64);
      future = gate_submit (&gate, &test, "hold", 0);
      pid = gate_next (&gate).pid;
      g_assert_true (cfut_future_cancel (future));
      g_assert_false (cfut_future_wait (future, 50 * 1000, NULL));
      g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);
      gate_let_through (&gate, 1);
      process_expect_cancelled (future);
      g_assert_cmpint (process_get_pid (&test), ==, pid);
    }
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_others_go_on (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *stuck, *others[50];

  g_test_summary ("The calls behind one that is killed are run by others");

  gate_init (&gate);
  process_test_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 0);
  /* So that calls are sent ahead. */
  for (gint64 i = 0; i < 200; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  stuck = gate_submit (&gate, &test, "hold", 0);
  for (int i = 0; i < 50; i++)
    others[i] = process_submit (&test, "square", "(x)", (gint64) i);
  gate_next (&gate);
  g_assert_true (cfut_future_cancel (stuck));
  process_expect_cancelled (stuck);
  for (int i = 0; i < 50; i++)
    process_expect_done (others[i]);
  process_test_end (&test);
  gate_clear (&gate);
}

/* ---- Time-outs. */

static void
test_deadline_queued (void)
{
  ProcessTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = with_deadline (20 * 1000);
  CfutFuture *holder;

  g_test_summary ("A call whose deadline comes while it is queued fails, and never runs");

  gate_init (&gate);
  process_test_begin (&test, 1);
  holder = gate_submit (&gate, &test, "hold", 0);
  gate_next (&gate);
  expect_timed_out (gate_submit_full (&gate, &test, options, "note", 1));
  gate_open (&gate);
  process_expect_done (holder);
  process_get_pid (&test);
  g_assert_false (gate_has_next (&gate));
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_deadline_running (void)
{
  ProcessTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = with_deadline (SECOND / 10);
  CfutFuture *future;
  int pid;

  g_test_summary ("A call whose deadline comes while it runs fails, and is asked to stop");

  gate_init (&gate);
  process_test_begin (&test, 1);
  process_prestart (&test);
  future = gate_submit_full (&gate, &test, options, "hold-politely", 0);
  pid = gate_next (&gate).pid;
  expect_timed_out (future);
  g_assert_cmpint (process_get_pid (&test), ==, pid);
  process_test_end (&test);
  gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/stopping/before-submit", test_before_submit);
  g_test_add_func ("/stopping/queued", test_queued);
  g_test_add_func ("/stopping/sent", test_sent);
  g_test_add_func ("/stopping/more-than-slots", test_more_than_slots);
  g_test_add_func ("/stopping/polite", test_polite);
  g_test_add_func ("/stopping/finishing", test_finishing);
  g_test_add_data_func ("/stopping/impolite/hold", "hold", test_impolite);
  g_test_add_data_func ("/stopping/impolite/deaf", "hold-deaf", test_impolite);
  g_test_add_data_func ("/stopping/impolite/spin", "spin-forever", test_impolite);
  g_test_add_func ("/stopping/grace", test_grace);
  g_test_add_func ("/stopping/others-go-on", test_others_go_on);
  g_test_add_func ("/stopping/deadline-queued", test_deadline_queued);
  g_test_add_func ("/stopping/deadline-running", test_deadline_running);

  return g_test_run ();
}
