/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "process-support.h"

/* The types of functions that only workers have. */

static void
begin (ProcessTest *test)
{
  g_autofree char *program = process_build_path ("process/host-worker");

  process_test_begin_argv (test, 2, program, NULL);
}

static void
assert_types (ProcessTest *test,
              const char  *function,
              const char  *expected_parameter_type,
              const char  *expected_result_type)
{
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;
  g_autoptr(GError) error = NULL;

  cfut_executor_describe (test->executor, function, &parameter_type, &result_type, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (parameter_type, ==, expected_parameter_type);
  g_assert_cmpstr (result_type, ==, expected_result_type);
}

static void
assert_unknown (ProcessTest *test,
                const char  *function)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_executor_describe (test->executor, function, NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_nonnull (strstr (error->message, function));
}

static void
test_registered (void)
{
  ProcessTest test;

  g_test_summary ("A registered function is described without a worker");

  process_test_begin (&test, 1);
  assert_types (&test, "hold", "(iii)", "i");
  assert_types (&test, "fail", "(sis)", "()");
  assert_unknown (&test, "no-such");
  g_assert_cmpuint (process_count_workers (&test), ==, 0);
  process_test_end (&test);
}

static void
test_foreign (void)
{
  ProcessTest test;

  g_test_summary ("A function that only workers have is described by one that is started, and then at once");

  begin (&test);
  assert_types (&test, "divide", "(xx)", "x");
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  assert_types (&test, "echo", "ay", "ay");
  assert_unknown (&test, "no-such");
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  g_assert_true (cfut_executor_describe (test.executor, "divide", NULL, NULL, NULL));
  process_test_end (&test);
}

static void
test_no_worker (void)
{
  ProcessTest test;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) closed = NULL;

  g_test_summary ("Who asks is told when there can be no worker");

  process_test_begin_argv (&test, 1, "/no/such/program", NULL);
  g_assert_false (cfut_executor_describe (test.executor, "divide", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  process_test_end (&test);

  begin (&test);
  cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_WAIT, -1, NULL);
  g_assert_false (cfut_executor_describe (test.executor, "divide", NULL, NULL, &closed));
  g_assert_error (closed, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  process_test_end (&test);
}

static void
store_result_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  GAsyncResult **stored = user_data;

  *stored = g_object_ref (result);
}

static void
test_async (void)
{
  ProcessTest test;
  GAsyncResult *results[3] = { NULL, };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) cancelled = NULL;

  g_test_summary ("A description comes without blocking; the wait for it can be cancelled");

  begin (&test);
  cfut_executor_describe_async (test.executor, "divide", NULL, store_result_cb, &results[0]);
  cfut_executor_describe_async (test.executor, "no-such", NULL, store_result_cb, &results[1]);
  cfut_executor_describe_async (test.executor, "divide", cancellable, store_result_cb, &results[2]);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    while (results[i] == NULL)
      g_main_context_iteration (NULL, TRUE);

  g_assert_true (cfut_executor_describe_finish (test.executor, results[0], &parameter_type, &result_type, &error));
  g_assert_cmpstr (parameter_type, ==, "(xx)");
  g_assert_cmpstr (result_type, ==, "x");
  g_assert_false (cfut_executor_describe_finish (test.executor, results[1], NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_false (cfut_executor_describe_finish (test.executor, results[2], NULL, NULL, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_object_unref (results[i]);
  process_test_end (&test);
}

static gboolean
describe_in_callback (gpointer user_data)
{
  ProcessTest *test = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_executor_describe (test->executor, "divide", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_in_callback (void)
{
  ProcessTest test;

  g_test_summary ("A callback of the main context is not blocked to wait for a worker");

  begin (&test);
  g_idle_add (describe_in_callback, &test);
  g_main_context_iteration (NULL, TRUE);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/describe/registered", test_registered);
  g_test_add_func ("/describe/foreign", test_foreign);
  g_test_add_func ("/describe/no-worker", test_no_worker);
  g_test_add_func ("/describe/async", test_async);
  g_test_add_func ("/describe/in-callback", test_in_callback);

  return g_test_run ();
}
