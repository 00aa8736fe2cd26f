/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* Calls that submit to their own executor, which has one thread. */

static CfutExecutor *the_executor;

static CfutExecutor *
executor_new (guint max_workers)
{
  the_executor = cfut_thread_executor_new (max_workers);

  return the_executor;
}

typedef struct
{
  void (*run) (gpointer data);
  gpointer data;
} Body;

static gboolean
body_run (CfutCall  *call,
          GValue    *result,
          gpointer   user_data,
          GError   **error)
{
  Body *self = user_data;

  self->run (self->data);

  return TRUE;
}

static CfutFuture *
submit_body (Body *body)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (the_executor), body_run,
                                             body, NULL, NULL, &error);
  g_assert_no_error (error);

  return future;
}

/* Runs @run in a call of an executor with so many threads. */
static void
run_in_call (guint      max_workers,
             void     (*run) (gpointer data),
             gpointer   data)
{
  CfutExecutor *executor = executor_new (max_workers);
  Body body = { run, data };
  CfutFuture *future = submit_body (&body);
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_object_unref (future);

  end_executor (executor);
}

/* ---- Waits. */

static GVariant *
fibonacci (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  guint64 n, sum = 0;

  g_variant_get (arguments, "(t)", &n);
  if (n < 2)
    return g_variant_new_uint64 (n);

  {
    g_autoptr(CfutFuture) left = submit (the_executor, "fibonacci", n - 1);
    g_autoptr(CfutFuture) right = submit (the_executor, "fibonacci", n - 2);
    g_autoptr(GVariant) first = cfut_future_dup_result (left, CFUT_WAIT_FOREVER, error);
    g_autoptr(GVariant) second = cfut_future_dup_result (right, CFUT_WAIT_FOREVER, error);

    sum = g_variant_get_uint64 (first) + g_variant_get_uint64 (second);
  }

  return g_variant_new_uint64 (sum);
}

static void
test_recursion (void)
{
  g_test_summary ("Calls that wait for calls complete on one thread, and on some");

  for (guint n_workers = 1; n_workers <= 3; n_workers++)
    {
      CfutExecutor *executor = executor_new (n_workers);

      assert_result (submit (executor, "fibonacci", 12), 144);
      end_executor (executor);
    }
}

static void
test_recursion_in_little_room (void)
{
  CfutExecutor *executor = executor_new (1);

  g_test_summary ("A call that submits into the full queue of its own executor makes room itself");

  cfut_executor_set_max_pending (executor, 1);
  assert_result (submit (executor, "fibonacci", 12), 144);
  end_executor (executor);

  executor = executor_new (2);
  cfut_executor_set_max_pending (executor, 2);
  assert_result (submit (executor, "fibonacci", 12), 144);
  end_executor (executor);
}

static void
squares_new (CfutFuture **futures,
             guint        n)
{
  for (guint i = 0; i < n; i++)
    futures[i] = submit (the_executor, "square", i);
}

static void
squares_free (CfutFuture **futures,
              guint        n)
{
  for (guint i = 0; i < n; i++)
    assert_result (futures[i], i * i);
}

static void
wait_for_each (gpointer data)
{
  CfutReturnWhen *when = data;
  g_autoptr(GError) error = NULL;
  CfutFuture *futures[5];

  squares_new (futures, 5);
  g_assert_true (cfut_wait (futures, 5, *when, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  squares_free (futures, 5);
}

static void
test_wait (void)
{
  g_test_summary ("cfut_wait() in a call helps, whatever it waits for");

  for (CfutReturnWhen when = CFUT_RETURN_WHEN_ALL_COMPLETED; when <= CFUT_RETURN_WHEN_FIRST_EXCEPTION; when++)
    run_in_call (1, wait_for_each, &when);
}

typedef CfutFuture *(*Combine) (CfutFuture **futures,
                                gsize        n_futures);

static void
wait_for_combined (gpointer data)
{
  Combine combine = *(Combine *) data;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  CfutFuture *futures[5];
  CfutFuture *combined[2];
  CfutFuture *both;

  /* One in the other. */
  squares_new (futures, 5);
  combined[0] = combine (futures, 3);
  combined[1] = combine (futures + 3, 2);
  both = combine (combined, 2);

  result = cfut_future_dup_result (both, CFUT_WAIT_FOREVER, &error);
  g_assert_no_error (error);
  g_assert_nonnull (result);
  g_object_unref (both);
  for (guint i = 0; i < 2; i++)
    g_object_unref (combined[i]);
  squares_free (futures, 5);
}

static void
test_combined (void)
{
  Combine all[] = { cfut_future_all, cfut_future_any, cfut_future_race };

  g_test_summary ("So does a wait for a future of futures, of all kinds");

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    run_in_call (1, wait_for_combined, &all[i]);
}

static void
iterate_completed (gpointer data)
{
  CfutFuture *futures[5];
  CfutFuture *future;
  g_autoptr(CfutCompletedIterator) completed = NULL;
  g_autoptr(GError) error = NULL;
  guint n = 0;

  squares_new (futures, 5);
  completed = cfut_as_completed (futures, 5, CFUT_WAIT_FOREVER);
  while ((future = cfut_completed_iterator_next (completed, &error)) != NULL)
    {
      g_object_unref (future);
      n++;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 5);
  squares_free (futures, 5);
}

static void
test_as_completed (void)
{
  g_test_summary ("So does an iteration over futures as they complete");

  run_in_call (1, iterate_completed, NULL);
}

static void
iterate_map (gpointer data)
{
  CfutMapOptions *options = data;
  g_autoptr(GVariantBuilder) items = g_variant_builder_new (G_VARIANT_TYPE ("a(t)"));
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  GVariant *result;
  guint64 sum = 0;

  for (guint64 i = 0; i < 100; i++)
    g_variant_builder_add (items, "(t)", i);
  map = cfut_executor_map (the_executor, "square", g_variant_builder_end (items), options, &error);
  g_assert_no_error (error);
  while (cfut_map_next (map, NULL, &result, &error))
    {
      sum += g_variant_get_uint64 (result);
      g_variant_unref (result);
    }
  g_assert_no_error (error);
  g_assert_cmpuint (sum, ==, 328350);
}

static void
test_map (void)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();

  g_test_summary ("So does a map");

  run_in_call (1, iterate_map, NULL);
  cfut_map_options_set_chunk_size (options, 1);
  run_in_call (1, iterate_map, options);
}

/* The wait cannot return before the call that it runs. */
static void
wait_shortly (gpointer data)
{
  CfutFuture *future = submit (the_executor, "square", 3);
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_future_wait (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_true (cfut_future_wait (future, 1, &error));
  g_assert_no_error (error);
  assert_result (future, 9);
}

static void
test_short_wait (void)
{
  g_test_summary ("A wait with a time-out helps, one that only looks does not");

  run_in_call (1, wait_shortly, NULL);
}

/* ---- Waits that could never end. */

typedef struct
{
  TestLatch given;
  CfutFuture *future;
} Self;

static void
assert_would_deadlock (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
}

static void
wait_for_self (gpointer data)
{
  Self *self = data;
  g_autoptr(CfutFuture) square = submit (the_executor, "square", 4);
  g_autoptr(CfutFuture) all = NULL;
  g_autoptr(CfutFuture) any = NULL;
  CfutFuture *futures[2];

  test_latch_wait (&self->given);
  assert_would_deadlock (self->future);

  futures[0] = self->future;
  futures[1] = square;
  all = cfut_future_all (futures, 2);
  assert_would_deadlock (all);
  any = cfut_future_any (futures, 2);
  g_assert_true (cfut_future_wait (any, CFUT_WAIT_FOREVER, NULL));
}

static void
test_wait_for_self (void)
{
  CfutExecutor *executor = executor_new (1);
  Self self = { 0 };
  Body body = { wait_for_self, &self };

  g_test_summary ("A call that waits for itself, alone or among all, is told at once");

  self.future = submit_body (&body);
  test_latch_open (&self.given);
  g_assert_true (cfut_future_wait (self.future, CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (cfut_future_get_state (self.future), ==, CFUT_FUTURE_STATE_DONE);
  g_object_unref (self.future);

  end_executor (executor);
}

static void
wait_for_caller (gpointer data)
{
  Self *self = data;

  assert_would_deadlock (self->future);
}

static void
wait_for_callee (gpointer data)
{
  Body body = { wait_for_caller, data };
  Self *self = data;
  CfutFuture *future;

  test_latch_wait (&self->given);
  future = submit_body (&body);
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_object_unref (future);
}

static void
test_wait_for_caller (void)
{
  CfutExecutor *executor = executor_new (1);
  Self self = { 0 };
  Body body = { wait_for_callee, &self };

  g_test_summary ("So is one that waits for the call that waits for it in the same thread");

  self.future = submit_body (&body);
  test_latch_open (&self.given);
  g_assert_true (cfut_future_wait (self.future, CFUT_WAIT_FOREVER, NULL));
  g_object_unref (self.future);

  end_executor (executor);
}

/* ---- Other executors. */

static void
use_inline_executor (gpointer data)
{
  CfutExecutor *inner = cfut_inline_executor_new ();

  assert_result (submit (inner, "fibonacci", 8), 21);
  end_executor (inner);
}

static void
test_inline_within (void)
{
  g_test_summary ("A call may use an inline executor, whose calls use the outer one");

  run_in_call (1, use_inline_executor, NULL);
}

static void
test_inline (void)
{
  CfutExecutor *executor = the_executor = cfut_inline_executor_new ();

  g_test_summary ("Calls of an inline executor may submit to it");

  assert_result (submit (executor, "fibonacci", 10), 55);
  cfut_executor_set_max_pending (executor, 1);
  assert_result (submit (executor, "fibonacci", 10), 55);
  end_executor (executor);
}

/* ---- What is counted. */

static void
test_busy_time (void)
{
  CfutExecutor *executor = executor_new (1);
  gint64 begin = g_get_monotonic_time ();
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A thread that helps is busy once, and not once for each call that waits");

  assert_result (submit (executor, "fibonacci", 15), 610);
  stats = cfut_executor_get_stats (executor);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), <=, g_get_monotonic_time () - begin);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), >, 0);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 1973);

  end_executor (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();
  cfut_register_function ("fibonacci", G_VARIANT_TYPE ("(t)"), G_VARIANT_TYPE_UINT64, fibonacci, NULL, NULL);

  add_test ("/nested/recursion", test_recursion);
  add_test ("/nested/recursion-in-little-room", test_recursion_in_little_room);
  add_test ("/nested/wait", test_wait);
  add_test ("/nested/combined", test_combined);
  add_test ("/nested/as-completed", test_as_completed);
  add_test ("/nested/map", test_map);
  add_test ("/nested/short-wait", test_short_wait);
  add_test ("/nested/wait-for-self", test_wait_for_self);
  add_test ("/nested/wait-for-caller", test_wait_for_caller);
  add_test ("/nested/inline-within", test_inline_within);
  add_test ("/nested/inline", test_inline);
  add_test ("/nested/busy-time", test_busy_time);

  return g_test_run ();
}
