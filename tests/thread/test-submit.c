/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

static void
test_result (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  CfutFuture *futures[100];

  g_test_summary ("Each future has the result of its own call");

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (executor, "square", i);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    assert_result (futures[i], i * i);

  end_executor (executor);
}

static void
count_cb (CfutFuture *future,
          gpointer    user_data)
{
  guint *n_called = user_data;

  (*n_called)++;
}

static void
test_many (void)
{
  const guint n_calls = 3 * 4096;
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gates[2] = { 0 };
  CfutFuture *held[2];
  g_autofree CfutFuture **futures = g_new (CfutFuture *, n_calls);
  guint n_called = 0;

  g_test_summary ("Results are right however many calls wait, and whoever listens to them");

  cfut_executor_set_max_pending (executor, n_calls);
  for (guint i = 0; i < 2; i++)
    held[i] = occupy (executor, &gates[i]);
  for (guint i = 0; i < n_calls; i++)
    {
      futures[i] = submit (executor, "square", i);
      if (i % 8 == 0)
        cfut_future_add_done_callback (futures[i], count_cb, &n_called, NULL);
    }
  for (guint i = 0; i < 2; i++)
    release (held[i], &gates[i]);

  for (guint i = 0; i < n_calls; i++)
    {
      g_autoptr(GVariant) result = cfut_future_dup_result (futures[i], CFUT_WAIT_FOREVER, NULL);

      g_assert_cmpuint (g_variant_get_uint64 (result), ==, (guint64) i * i);
      g_object_unref (futures[i]);
    }
  while (n_called < n_calls / 8)
    g_main_context_iteration (NULL, TRUE);

  end_executor (executor);
}

static void
test_no_result (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A function without arguments and result takes NULL and gives the unit value");

  future = cfut_executor_submit (executor, "nothing", NULL, NULL, &error);
  g_assert_no_error (error);
  result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (result), ==, "()");

  end_executor (executor);
}

static void
test_failure (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);

  g_test_summary ("An error comes back with domain, code and message");

  assert_error (submit (executor, "fail", 7), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such thing as 7");

  end_executor (executor);
}

static void
test_wrong_arguments (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  GVariant *floating = g_variant_new ("(s)", "seven");
  g_autoptr(GVariant) watched = g_variant_ref (floating);
  g_autoptr(GVariant) owned = g_variant_ref_sink (g_variant_new ("(s)", "seven"));
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Arguments of a wrong type are refused at submit, and consumed if floating");

  g_assert_null (cfut_executor_submit (executor, "square", floating, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "square"));
  g_assert_nonnull (strstr (error->message, "(s)"));
  g_assert_nonnull (strstr (error->message, "(t)"));
  g_clear_error (&error);

  /* Sunk and dropped: the reference that is left is ours. */
  g_assert_false (g_variant_is_floating (watched));

  g_assert_null (cfut_executor_submit (executor, "square", owned, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cfut_executor_submit (executor, "square", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cfut_executor_submit (executor, "nothing", owned, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);

  end_executor (executor);
}

static void
test_unknown_function (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  GVariant *arguments = g_variant_new ("(t)", G_GUINT64_CONSTANT (1));
  g_autoptr(GVariant) watched = g_variant_ref (arguments);
  g_autoptr(GError) error = NULL;

  g_test_summary ("An unknown function is refused at submit, with advice");

  g_assert_null (cfut_executor_submit (executor, "cube", arguments, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_nonnull (strstr (error->message, "cube"));
  g_assert_nonnull (strstr (error->message, "cfut_register_function"));
  g_assert_false (g_variant_is_floating (watched));

  end_executor (executor);
}

static void
test_after_shutdown (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  GVariant *arguments = g_variant_new ("(t)", G_GUINT64_CONSTANT (1));
  g_autoptr(GVariant) watched = g_variant_ref (arguments);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A submit after shutdown is refused, even if it is cancelled");

  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, &error));
  g_assert_no_error (error);

  g_assert_null (cfut_executor_submit (executor, "square", arguments, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  g_assert_false (g_variant_is_floating (watched));
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  g_assert_null (cfut_executor_submit (executor, "nothing", NULL, cancellable, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  end_executor (executor);
}

static void
test_cancelled_before (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  g_test_summary ("With a cancellable that is cancelled already the future is, and nothing starts");

  g_cancellable_cancel (cancellable);
  future = cfut_executor_submit (executor, "nothing", NULL, cancellable, &error);
  g_assert_no_error (error);
  g_assert_true (cfut_future_is_done (future));
  assert_cancelled (future);

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);

  end_executor (executor);
}

static void
test_names (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutFuture) named = NULL;
  g_autoptr(CfutFuture) unnamed = NULL;
  g_autoptr(GObject) owner = NULL;
  g_autofree char *name = NULL;
  g_autofree char *function = NULL;

  g_test_summary ("A future knows its executor, and its name or its function's");

  cfut_submit_options_set_name (options, "the seventh");
  named = submit_with (executor, "square", 7, options);
  unnamed = submit (executor, "square", 8);
  name = cfut_future_dup_name (named);
  function = cfut_future_dup_name (unnamed);
  g_assert_cmpstr (name, ==, "the seventh");
  g_assert_cmpstr (function, ==, "square");
  g_assert_cmpstr (cfut_future_get_function (named), ==, "square");

  owner = cfut_future_dup_executor (named);
  g_assert_true (owner == G_OBJECT (executor));
  g_clear_object (&owner);

  end_executor (executor);
  g_assert_null (cfut_future_dup_executor (named));
}

/* Options may be changed and freed once submit has returned. */
static void
test_options_are_copied (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutSubmitOptions *options = cfut_submit_options_new ();
  CfutFuture *future;

  g_test_summary ("Options are copied at submit");

  cfut_submit_options_set_name (options, "before");
  future = submit_with (executor, "square", 3, options);
  cfut_submit_options_set_name (options, "after");
  cfut_submit_options_free (options);

  g_assert_true (cfut_future_cancel (future));
  assert_error (future, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Call \"before\" was cancelled");

  release (occupied, &gate);
  end_executor (executor);
}

static void
test_priorities (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  static const int priorities[] = { 0, 10, -10, 0, -10, 10 };
  Gate gates[G_N_ELEMENTS (priorities)] = { 0 };
  static const guint order[] = { 2, 4, 0, 3, 1, 5 };
  CfutFuture *futures[G_N_ELEMENTS (priorities)];
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);

  g_test_summary ("Calls start by priority, then in the order of submission");

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

      cfut_submit_options_set_priority (options, priorities[i]);
      futures[i] = submit_with (executor, "gate", (guintptr) &gates[i], options);
    }
  release (occupied, &gate);

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      test_latch_wait (&gates[order[i]].started);
      for (guint j = i + 1; j < G_N_ELEMENTS (order); j++)
        g_assert_false (test_latch_is_open (&gates[order[j]].started));
      release (futures[order[i]], &gates[order[i]]);
    }

  end_executor (executor);
}

static gpointer
submitting_thread (gpointer user_data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 500; i++)
    assert_result (submit (user_data, "square", i), i * i);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_from_threads (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (3);
  GThread *threads[4];

  g_test_summary ("Any thread may submit and wait");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("submitter", submitting_thread, executor);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  end_executor (executor);
}

static void
call_done_cb (CfutFuture *future,
              gpointer    user_data)
{
  Answer *answer = user_data;

  answer->thread = g_thread_self ();
  g_atomic_int_set (&answer->done, TRUE);
}

static void
test_callback (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Answer answer = ANSWER_INIT;
  CfutFuture *future = submit (executor, "square", 5);

  g_test_summary ("A done callback comes in the submitter's context");

  cfut_future_add_done_callback (future, call_done_cb, &answer, NULL);
  answer_await (&answer);
  g_assert_true (answer.thread == g_thread_self ());
  assert_result (future, 25);

  end_executor (executor);
}

static void
test_call_async (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  Answer answer = ANSWER_INIT;

  g_test_summary ("call_async() submits, waits and gives the result or the error");

  cfut_executor_call_async (executor, "square", g_variant_new ("(t)", G_GUINT64_CONSTANT (9)),
                            NULL, NULL, answer_cb, &answer);
  answer_await (&answer);
  g_assert_true (answer.thread == g_thread_self ());
  result = cfut_executor_call_finish (executor, answer.result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 81);
  answer_clear (&answer);

  cfut_executor_call_async (executor, "fail", g_variant_new ("(t)", G_GUINT64_CONSTANT (9)),
                            NULL, NULL, answer_cb, &answer);
  answer_await (&answer);
  g_assert_null (cfut_executor_call_finish (executor, answer.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  answer_clear (&answer);

  cfut_executor_call_async (executor, "square", NULL, NULL, NULL, answer_cb, &answer);
  answer_await (&answer);
  g_assert_null (cfut_executor_call_finish (executor, answer.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  answer_clear (&answer);

  end_executor (executor);
}

static void
test_inline (void)
{
  CfutExecutor *executor = cfut_inline_executor_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  g_test_summary ("An inline executor runs each call at once, in the submitting thread");

  future = submit (executor, "thread", 0);
  g_assert_true (cfut_future_is_done (future));
  assert_result (future, (guintptr) g_thread_self ());
  assert_error (submit (executor, "fail", 7), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such thing as 7");
  g_cancellable_cancel (cancellable);
  assert_cancelled (cfut_executor_submit (executor, "nothing", NULL, cancellable, &error));
  g_assert_no_error (error);

  g_assert_cmpuint (cfut_executor_get_max_workers (executor), ==, 1);
  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 3);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 1);
  g_assert_cmpint (cfut_stats_get_cpu_time (stats), >=, 0);

  end_executor (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/submit/result", test_result);
  add_test ("/submit/many", test_many);
  add_test ("/submit/no-result", test_no_result);
  add_test ("/submit/failure", test_failure);
  add_test ("/submit/wrong-arguments", test_wrong_arguments);
  add_test ("/submit/unknown-function", test_unknown_function);
  add_test ("/submit/after-shutdown", test_after_shutdown);
  add_test ("/submit/cancelled-before", test_cancelled_before);
  add_test ("/submit/names", test_names);
  add_test ("/submit/options-are-copied", test_options_are_copied);
  add_test ("/submit/priorities", test_priorities);
  add_test ("/submit/from-threads", test_from_threads);
  add_test ("/submit/callback", test_callback);
  add_test ("/submit/call-async", test_call_async);
  add_test ("/submit/inline", test_inline);

  return g_test_run ();
}
