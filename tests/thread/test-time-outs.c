/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* Short, and long enough to have an effect that is seen before it. */
#define SHORT_US (20 * G_TIME_SPAN_MILLISECOND)
#define LONG_US  (G_TIME_SPAN_HOUR)

static CfutSubmitOptions *
options_new (gint64 timeout,
             gint64 deadline)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_timeout (options, timeout);
  cfut_submit_options_set_deadline (options, deadline);

  return options;
}

static CfutFuture *
submit_limited (CfutExecutor *executor,
                const char   *function,
                guint64       argument,
                gint64        timeout,
                gint64        deadline)
{
  g_autoptr(CfutSubmitOptions) options = options_new (timeout, deadline);

  return submit_with (executor, function, argument, options);
}

#define assert_timed_out(future, pattern) \
  assert_error (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, pattern)

static void
test_running_stops (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  gint64 begin = g_get_monotonic_time ();

  g_test_summary ("A call that runs too long fails, and is asked to stop");

  assert_timed_out (submit_limited (executor, "stops", (guintptr) &gate, SHORT_US, -1),
                    "Call \"stops\" timed out after running for 0.020 s");
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, SHORT_US);
  test_latch_wait (&gate.stopped);

  end_executor (executor);
}

static void
test_running_lingers (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  g_autoptr(CfutStats) stats = NULL;
  CfutFuture *other;

  g_test_summary ("The future of a call that does not stop fails in time; its thread is not free yet");

  assert_timed_out (submit_limited (executor, "lingers", (guintptr) &gate, SHORT_US, -1),
                    "*timed out after running*");
  test_latch_wait (&gate.stopped);
  g_assert_cmpuint (cfut_executor_get_n_running (executor), ==, 1);
  other = submit (executor, "square", 3);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 1);
  test_latch_open (&gate.go);
  assert_result (other, 9);

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 2);

  end_executor (executor);
}

static void
test_timeout_is_from_start (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate first = GATE_INIT;
  Gate second = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &first);
  CfutFuture *waiting = submit_limited (executor, "gate", (guintptr) &second, SHORT_US, -1);

  g_test_summary ("The time-out does not run while the call waits");

  /* Another one's deadline, which is as long, passes meanwhile. */
  assert_timed_out (submit_limited (executor, "square", 1, -1, SHORT_US),
                    "Call \"square\" timed out after waiting for 0.020 s");
  g_assert_cmpint (cfut_future_get_state (waiting), ==, CFUT_FUTURE_STATE_PENDING);
  release (occupied, &first);
  test_latch_wait (&second.started);
  assert_timed_out (waiting, "Call \"gate\" timed out after running for 0.020 s");
  test_latch_open (&second.go);

  end_executor (executor);
}

static void
test_deadline_queued (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate first = GATE_INIT;
  Gate second = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &first);

  g_test_summary ("A call that waits when its deadline passes fails, and never runs");

  assert_timed_out (submit_limited (executor, "gate", (guintptr) &second, LONG_US, SHORT_US),
                    "Call \"gate\" timed out after waiting for 0.020 s");
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 0);

  release (occupied, &first);
  end_executor (executor);
  g_assert_cmpint (second.n_runs, ==, 0);
}

static void
test_deadline_running (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  gboolean has_run = FALSE;

  g_test_summary ("A deadline that passes while the call runs is a time-out");

  /* On a machine that is busy a deadline may pass before the call has begun. */
  for (gint64 deadline = SHORT_US; !has_run; deadline *= 2)
    {
      CfutFuture *future = submit_limited (executor, "stops", (guintptr) &gate, LONG_US, deadline);
      g_autoptr(GError) error = NULL;

      g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
      has_run = g_pattern_match_simple ("*after running*", error->message);
      assert_timed_out (future, has_run ? "Call \"stops\" timed out after running for *"
                                        : "Call \"stops\" timed out after waiting for *");
    }
  test_latch_wait (&gate.stopped);

  end_executor (executor);
}

static void
test_already_over (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);

  g_test_summary ("A deadline of 0 is over at once");

  assert_timed_out (submit_limited (executor, "square", 1, -1, 0), "*after waiting for 0.000 s");

  release (occupied, &gate);
  end_executor (executor);
}

static void
test_in_time (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);

  g_test_summary ("Calls that are quick enough do not notice, however long the limit");

  for (guint i = 0; i < 200; i++)
    assert_result (submit_limited (executor, "square", i, LONG_US, LONG_US), i * i);
  assert_result (submit_limited (executor, "square", 5, G_MAXINT64, G_MAXINT64), 25);
  assert_result (submit_limited (executor, "square", 5, G_MAXINT64 - 1, -1), 25);

  end_executor (executor);
}

/* The first that is due may be set last. */
static void
test_order (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *late = submit_limited (executor, "square", 1, -1, LONG_US);
  CfutFuture *middle = submit_limited (executor, "square", 1, -1, 3 * SHORT_US);
  CfutFuture *early = submit_limited (executor, "square", 1, -1, SHORT_US);

  g_test_summary ("Deadlines pass in their own order");

  g_assert_true (cfut_future_wait (early, CFUT_WAIT_FOREVER, NULL));
  assert_timed_out (early, "*0.020 s");
  assert_timed_out (middle, "*0.060 s");
  g_assert_false (cfut_future_is_done (late));
  release (occupied, &gate);
  assert_result (late, 1);

  end_executor (executor);
}

static void
test_call_knows (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);

  g_test_summary ("The call knows when its time is over: the earlier of the two limits");

  for (guint i = 0; i < 3; i++)
    {
      gint64 begin = g_get_monotonic_time ();
      gint64 timeout = i == 1 ? 2 * LONG_US : i == 0 ? -1 : LONG_US;
      gint64 deadline = i == 0 ? -1 : i == 1 ? LONG_US : 2 * LONG_US;
      CfutFuture *future = submit_limited (executor, "deadline", 0, timeout, deadline);
      g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, NULL);
      gint64 due = g_variant_get_int64 (result);

      if (i == 0)
        g_assert_cmpint (due, ==, -1);
      else
        {
          g_assert_cmpint (due, >=, begin + LONG_US);
          g_assert_cmpint (due, <=, g_get_monotonic_time () + LONG_US);
        }
      g_object_unref (future);
    }

  end_executor (executor);
}

static GVariant *
deadline (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  return g_variant_new_int64 (cfut_call_get_deadline (call));
}

/* cancel() said that the future will be cancelled: so it is. */
static void
test_cancelled_before (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_limited (executor, "lingers", (guintptr) &gate, 2 * SHORT_US, -1);

  g_test_summary ("A call that was cancelled and then runs out of time is cancelled");

  test_latch_wait (&gate.started);
  if (cfut_future_cancel (future))
    assert_cancelled (future);
  else
    assert_timed_out (future, "*");
  test_latch_open (&gate.go);

  end_executor (executor);
}

static void
test_inline (void)
{
  CfutExecutor *executor = cfut_inline_executor_new ();
  Gate gate = GATE_INIT;
  CfutFuture *future;

  g_test_summary ("An inline call is asked to stop when its time is over");

  future = submit_limited (executor, "stops", (guintptr) &gate, SHORT_US, -1);
  g_assert_true (cfut_future_is_done (future));
  assert_timed_out (future, "Call \"stops\" timed out after running for 0.020 s");

  end_executor (executor);
}

static void
test_shutdown (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *running = submit_limited (executor, "stops", (guintptr) &gate, SHORT_US, -1);
  CfutFuture *queued = submit_limited (executor, "square", 1, -1, LONG_US);

  g_test_summary ("Time-outs work on after the shutdown, and are forgotten with the last call");

  end_executor (executor);
  assert_timed_out (running, "*running*");
  assert_result (queued, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();
  cfut_register_function ("deadline", G_VARIANT_TYPE ("(t)"), G_VARIANT_TYPE_INT64, deadline, NULL, NULL);

  add_test ("/time-outs/running-stops", test_running_stops);
  add_test ("/time-outs/running-lingers", test_running_lingers);
  add_test ("/time-outs/timeout-is-from-start", test_timeout_is_from_start);
  add_test ("/time-outs/deadline-queued", test_deadline_queued);
  add_test ("/time-outs/deadline-running", test_deadline_running);
  add_test ("/time-outs/already-over", test_already_over);
  add_test ("/time-outs/in-time", test_in_time);
  add_test ("/time-outs/order", test_order);
  add_test ("/time-outs/call-knows", test_call_knows);
  add_test ("/time-outs/cancelled-before", test_cancelled_before);
  add_test ("/time-outs/inline", test_inline);
  add_test ("/time-outs/shutdown", test_shutdown);

  return g_test_run ();
}
