/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

#include <signal.h>

/* What CFUT_DEBUG=queue logs. */

static TestLatch running_latch;
static TestLatch hold_latch;

static GVariant *
hold (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  test_latch_open (&running_latch);
  test_latch_wait (&hold_latch);

  return NULL;
}

static GVariant *
die_once (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  if (cfut_call_get_attempt (call) == 1)
    raise (SIGKILL);

  return NULL;
}

static void
run_with_log (void)
{
  g_setenv ("CFUT_DEBUG", "queue", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("CFUT_DEBUG");
  g_test_trap_assert_passed ();
}

static void
test_threads (void)
{
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(CfutFuture) first = NULL;
  g_autoptr(CfutFuture) second = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that is queued, that leaves the queue and that is refused is logged");

  if (!g_test_subprocess ())
    {
      run_with_log ();
      g_test_trap_assert_stderr ("*call \"hold\" is queued: priority 0, *");
      g_test_trap_assert_stderr ("*call \"hold\" leaves the queue after *");
      g_test_trap_assert_stderr ("*call \"hold\" is refused: Queue is full: *");
      return;
    }

  executor = cfut_thread_executor_new (1);
  cfut_executor_set_max_pending (executor, 1);
  cfut_executor_set_overflow (executor, CFUT_OVERFLOW_FAIL);
  first = cfut_executor_submit (executor, "hold", NULL, NULL, &error);
  g_assert_no_error (error);
  test_latch_wait (&running_latch);
  second = cfut_executor_submit (executor, "hold", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (cfut_executor_submit (executor, "hold", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);

  test_latch_open (&hold_latch);
  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL);
}

static void
test_processes (void)
{
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(CfutSubmitOptions) options = NULL;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that comes back from a worker that died is logged");

  if (!g_test_subprocess ())
    {
      run_with_log ();
      g_test_trap_assert_stderr ("*call \"die-once\" is queued: *"
                                 "*call \"die-once\" leaves the queue after *"
                                 "*call \"die-once\" of worker * is queued again*"
                                 "*call \"die-once\" leaves the queue after *");
      return;
    }

  executor = cfut_process_executor_new (1);
  options = cfut_submit_options_new ();
  cfut_submit_options_set_retries (options, 1);
  future = cfut_executor_submit_full (executor, "die-once", NULL, options, &error);
  g_assert_no_error (error);
  result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
  g_assert_no_error (error);
  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("hold", NULL, NULL, hold, NULL, NULL);
  cfut_register_function ("die-once", NULL, NULL, die_once, NULL, NULL);
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/queue-log/threads", test_threads);
  g_test_add_func ("/queue-log/processes", test_processes);

  return g_test_run ();
}
