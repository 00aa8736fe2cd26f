/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "process-support.h"

/* A worker in Python that has nothing but ctypes: no binding, and no C of its
 * own. */
static const char *python;
static const char *script;

static void
begin (ProcessTest *test)
{
  g_autofree char *library = cfut_get_library_path ();

  process_test_begin_argv (test, 1, python, script, library, NULL);
}

static CfutFuture *
submit (ProcessTest *test,
        const char  *function,
        const char  *text)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future = cfut_executor_submit_data (test->executor, function, (const guint8 *) text,
                                                  strlen (text), NULL, &error);

  g_assert_no_error (error);
  return future;
}

static void
test_echo (void)
{
  ProcessTest test;
  CfutFuture *futures[500];

  g_test_summary ("Bytes come back from a worker that has only ctypes");

  begin (&test);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_autofree char *text = g_strnfill (i, 'a' + i % 26);

      futures[i] = submit (&test, "echo", text);
    }
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_autofree char *text = g_strnfill (i, 'a' + i % 26);
      g_autoptr(CfutFuture) future = futures[i];
      g_autoptr(GVariant) result = process_result (future);

      g_assert_cmpmem (g_variant_get_data (result), g_variant_get_size (result), text, i);
    }
  process_test_end (&test);
}

static void
test_exception (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("A Python exception comes back by its name");

  begin (&test);
  future = submit (&test, "raise", "");
  error = process_error (future);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "IndexError: list index out of range");
  name = cfut_future_dup_remote_name (future);
  g_assert_cmpstr (name, ==, "IndexError");
  g_clear_object (&future);
  process_test_end (&test);
}

static gboolean
has_progress (gpointer user_data)
{
  return cfut_future_get_progress (user_data) == 0;
}

static void
test_cancel (void)
{
  ProcessTest test;
  CfutFuture *future;

  g_test_summary ("A cancel interrupts Python code that waits, and the worker goes on");

  begin (&test);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), -1);
  future = submit (&test, "wait", "");
  process_await (has_progress, future);
  g_assert_true (cfut_future_cancel (future));
  process_expect_cancelled (future);
  process_expect_done (submit (&test, "echo", "still there"));
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);
  g_assert_cmpint (argc, ==, 3);
  python = argv[1];
  script = argv[2];

  g_test_add_func ("/ctypes/echo", test_echo);
  g_test_add_func ("/ctypes/exception", test_exception);
  g_test_add_func ("/ctypes/cancel", test_cancel);

  return g_test_run ();
}
