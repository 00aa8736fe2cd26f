/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "completion-fixture.h"

#include "manual-executor.h"

#include "future/cfut-state-private.h"

/* Futures that were made, in all threads. */
static gint n_futures;

CfutFuture *__real_cfut_future_new_for_state (CfutState *state);
CfutFuture *__wrap_cfut_future_new_for_state (CfutState *state);

CfutFuture *
__wrap_cfut_future_new_for_state (CfutState *state)
{
  g_atomic_int_inc (&n_futures);

  return __real_cfut_future_new_for_state (state);
}

static void
test_batches (Fixture       *fixture,
              gconstpointer  data)
{
  const guint n_calls = test_scale (10000);
  g_autofree gboolean *seen = g_new0 (gboolean, n_calls);
  guint n_seen = 0;
  gint n_futures_before = g_atomic_int_get (&n_futures);

  g_test_summary ("10 000 calls come back once each, in batches, and none has a GObject");

  for (guint i = 0; i < n_calls; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);

  while (n_seen < n_calls)
    {
      g_autofree CfutCompletion **completions = NULL;
      gsize n_completions;

      wait_for_one (fixture);
      completions = cfut_completion_queue_drain (fixture->queue, 700, &n_completions);
      g_assert_cmpuint (n_completions, >, 0);
      g_assert_cmpuint (n_completions, <=, 700);
      g_assert_null (completions[n_completions]);

      for (gsize i = 0; i < n_completions; i++)
        {
          guint64 tag = cfut_completion_get_tag (completions[i]);

          g_assert_cmpuint (tag, <, n_calls);
          check_completion (completions[i], tag, 10 * (gint64) tag);
          g_assert_false (seen[tag]);
          seen[tag] = TRUE;
          cfut_completion_free (completions[i]);
        }
      n_seen += n_completions;
      g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, n_calls - n_seen);
    }

  assert_empty (fixture->queue);
  g_assert_cmpint (g_atomic_int_get (&n_futures), ==, n_futures_before);
}

static void
test_errors (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("What submit refuses is refused with its errors; what fails later is a completion");

  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "no-such-function",
                                              NULL, NULL, 1, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_clear_error (&error);
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(s)", "x"), NULL, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) -1), 3);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, 3);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_null (cfut_completion_get_result (completion));
  g_assert_error (cfut_completion_get_error (completion), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (cfut_completion_get_error (completion)->message, ==, "-1 is negative");

  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_NONE, 0, NULL));
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(x)", (gint64) 4), NULL, 4, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
}

static void
expect_state (Fixture         *fixture,
              guint64          tag,
              CfutFutureState  state)
{
  g_autoptr(CfutCompletion) completion = NULL;

  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, state);
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  gboolean seen[4] = { FALSE, };

  g_test_summary ("Calls that run and calls that wait are cancelled by their tag, and no others");

  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  push (fixture, "hang", NULL, 2);
  push (fixture, "hang", NULL, 2);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 3), 3);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 4), ==, 0);
  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 2), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(CfutCompletion) completion = drain_one (fixture->queue);

      g_assert_cmpuint (cfut_completion_get_tag (completion), ==, 2);
      g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_CANCELLED);
      g_assert_error (cfut_completion_get_error (completion), G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  assert_empty (fixture->queue);
  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 2), ==, 0);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  while (cfut_completion_queue_get_n_pending (fixture->queue) > 0)
    {
      g_autoptr(CfutCompletion) completion = NULL;

      wait_for_one (fixture);
      completion = drain_one (fixture->queue);
      seen[cfut_completion_get_tag (completion)] = TRUE;
      g_assert_cmpint (cfut_completion_get_state (completion), ==,
                       cfut_completion_get_tag (completion) == 1 ? CFUT_FUTURE_STATE_CANCELLED
                                                                 : CFUT_FUTURE_STATE_DONE);
    }
  g_assert_true (seen[1] && seen[3]);
}

static void
test_withdraw (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("A call that waits is taken back by its tag, one that runs is not even asked to stop");

  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 3), 2);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 4), 2);

  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 3));
  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 1));
  g_assert_true (cfut_completion_queue_withdraw (fixture->queue, 2));
  expect_state (fixture, 2, CFUT_FUTURE_STATE_CANCELLED);
  assert_empty (fixture->queue);
  g_assert_cmpuint (cfut_executor_get_n_running (fixture->executor), ==, 1);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  expect_state (fixture, 1, CFUT_FUTURE_STATE_CANCELLED);
  expect_state (fixture, 2, CFUT_FUTURE_STATE_DONE);
  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 2));
}

static void
test_future (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(CfutFuture) running = NULL;
  g_autoptr(CfutFuture) waiting = NULL;
  g_autoptr(CfutFuture) same = NULL;
  g_autoptr(CfutFuture) drained = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that was pushed has a future for who asks, which outlives the drain");

  g_assert_null (cfut_completion_queue_dup_future (fixture->queue, 1));
  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  for (guint64 tag = 2; tag <= 5; tag++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) tag), tag);

  running = cfut_completion_queue_dup_future (fixture->queue, 1);
  g_assert_cmpint (cfut_future_get_state (running), ==, CFUT_FUTURE_STATE_RUNNING);
  for (guint64 tag = 2; tag <= 5; tag++)
    {
      g_clear_object (&waiting);
      waiting = cfut_completion_queue_dup_future (fixture->queue, tag);
      g_assert_cmpint (cfut_future_get_state (waiting), ==, CFUT_FUTURE_STATE_PENDING);
    }
  same = cfut_completion_queue_dup_future (fixture->queue, 5);
  g_assert_true (same == waiting);
  g_assert_null (cfut_completion_queue_dup_future (fixture->queue, 6));

  g_assert_true (cfut_future_cancel (running));
  expect_state (fixture, 1, CFUT_FUTURE_STATE_CANCELLED);
  for (guint64 tag = 2; tag <= 5; tag++)
    expect_state (fixture, tag, CFUT_FUTURE_STATE_DONE);
  drained = cfut_completion_queue_dup_future (fixture->queue, 5);
  g_assert_null (drained);

  g_assert_cmpint (cfut_future_get_state (running), ==, CFUT_FUTURE_STATE_CANCELLED);
  result = cfut_future_dup_result (waiting, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 50);
}

static void
test_drop (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("Calls go on without the queue, and are not cancelled");

  g_assert_cmpint (cfut_completion_queue_get_fd (fixture->queue), >=, 0);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  wait_for_one (fixture);
  for (guint i = 0; i < 50; i++)
    push (fixture, "wait-for-gate", NULL, i);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));

  test_latch_open (gate);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  stats = cfut_executor_get_stats (fixture->executor);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 51);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 0);
}

static void
test_drop_race (Fixture       *fixture,
                gconstpointer  data)
{
  g_test_summary ("A queue can be dropped while its calls end");

  for (guint round = 0; round < 200; round++)
    {
      for (guint i = 0; i < 10; i++)
        push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);
      g_assert_finalize_object (fixture->queue);
      fixture->queue = cfut_completion_queue_new ();
    }
}

static void
test_copies (Fixture       *fixture,
             gconstpointer  data)
{
  CfutCompletion *completion, *copy;

  g_test_summary ("A completion outlives the queue, and a copy its original");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 7), G_MAXUINT64);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));
  copy = g_boxed_copy (CFUT_TYPE_COMPLETION, completion);
  g_assert_true (cfut_completion_get_result (copy) == cfut_completion_get_result (completion));
  cfut_completion_free (completion);
  check_completion (copy, G_MAXUINT64, 70);
  g_boxed_free (CFUT_TYPE_COMPLETION, copy);
}

static void
test_unobserved (Fixture       *fixture,
                 gconstpointer  data)
{
  g_test_summary ("A failure that nobody has looked at is warned of");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_failed ();
      g_test_trap_assert_stderr ("*-1 is negative*");
      return;
    }

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) -1), 1);
  wait_for_one (fixture);
  cfut_completion_free (drain_one (fixture->queue));
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
}

static gboolean
is_listed (gpointer user_data)
{
  return g_list_model_get_n_items (user_data) == 1;
}

static void
test_list_of_calls (Fixture       *fixture,
                    gconstpointer  data)
{
  GListModel *calls = cfut_executor_get_calls (fixture->executor);
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("Who looks at the list of calls sees those that were pushed");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 2), 5);
  test_iterate_until (NULL, is_listed, calls);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  check_completion (completion, 5, 20);
}

static void
test_third_party (Fixture       *fixture,
                  gconstpointer  data)
{
  static const guint order[] = { 2, 0, 3, 1 };
  TestManualExecutor *executor = TEST_MANUAL_EXECUTOR (fixture->executor);
  g_autofree CfutCompletion **first = NULL;
  g_autofree CfutCompletion **rest = NULL;
  g_autoptr(GError) error = NULL;
  gsize n_first, n_rest;

  g_test_summary ("Calls of any executor come in the order in which they end, at most so many");

  for (gint64 i = 0; i < 4; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", i), 100 + i);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 4);
  assert_empty (fixture->queue);

  for (guint i = 0; i < 4; i++)
    test_manual_executor_resolve (executor, order[i]);

  first = cfut_completion_queue_drain (fixture->queue, 3, &n_first);
  g_assert_cmpuint (n_first, ==, 3);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 1);
  rest = cfut_completion_queue_drain (fixture->queue, 3, &n_rest);
  g_assert_cmpuint (n_rest, ==, 1);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(CfutCompletion) completion = i < 3 ? first[i] : rest[0];

      check_completion (completion, 100 + order[i], 10 * (gint64) order[i]);
    }

  test_manual_executor_refuse (executor, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(x)", (gint64) 0), NULL, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_drop_unresolved (Fixture       *fixture,
                      gconstpointer  data)
{
  g_test_summary ("A queue with futures that have not resolved leaves nothing in them");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 0), 1);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 2);
  test_manual_executor_resolve (TEST_MANUAL_EXECUTOR (fixture->executor), 1);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));
  test_manual_executor_resolve (TEST_MANUAL_EXECUTOR (fixture->executor), 0);
}

static void
test_add_future (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  int fd;

  g_test_summary ("A future can be added before and after it has resolved, and more than once");

  cfut_completion_queue_add_future (fixture->queue, future, 1);
  assert_empty (fixture->queue);
  cfut_promise_resolve_variant (promise, g_variant_new_int64 (5));
  cfut_completion_queue_add_future (fixture->queue, future, 2);

  /* The descriptor tells of what was there before it, too. */
  fd = cfut_completion_queue_get_fd (fixture->queue);
  g_assert_true (is_readable (fd));

  for (guint64 tag = 1; tag <= 2; tag++)
    {
      g_autoptr(CfutCompletion) completion = drain_one (fixture->queue);

      check_completion (completion, tag, 5);
    }
  g_assert_false (is_readable (fd));
}

int
main (int    argc,
      char **argv)
{
  register_functions ();

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_KINDS; i++)
    {
      ADD ("batches", &kinds[i], test_batches);
      ADD ("errors", &kinds[i], test_errors);
      ADD ("copies", &kinds[i], test_copies);
      ADD ("drop-race", &kinds[i], test_drop_race);
    }

  /* The calls of these wait for this process. */
  for (guint i = KIND_THREAD; i <= KIND_THREADS; i++)
    {
      ADD ("drop", &kinds[i], test_drop);
      ADD ("list-of-calls", &kinds[i], test_list_of_calls);
    }
  ADD ("cancel", &kinds[KIND_THREAD], test_cancel);
  ADD ("withdraw", &kinds[KIND_THREAD], test_withdraw);
  ADD ("future", &kinds[KIND_THREAD], test_future);
  ADD ("unobserved", &kinds[KIND_THREAD], test_unobserved);

  ADD ("third-party", &manual, test_third_party);
  ADD ("drop-unresolved", &manual, test_drop_unresolved);
  ADD ("add-future", &manual, test_add_future);

  return g_test_run ();
}
