/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process-support.h"

/* How workers come, are used, and go. */

/* ---- On demand. */

static void
test_on_demand (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *held[3];

  g_test_summary ("A worker is started when there is a call and none is idle, up to max-workers");

  gate_init (&gate);
  process_test_begin (&test, 2);
  g_assert_cmpuint (process_count_workers (&test), ==, 0);

  held[0] = gate_submit (&gate, &test, "hold", 0);
  gate_next (&gate);
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  held[1] = gate_submit (&gate, &test, "hold", 1);
  gate_next (&gate);
  g_assert_cmpuint (process_count_workers (&test), ==, 2);
  held[2] = gate_submit (&gate, &test, "hold", 2);

  gate_let_through (&gate, 1);
  gate_next (&gate);
  g_assert_cmpuint (process_count_workers (&test), ==, 2);
  gate_open (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    process_expect_done (held[i]);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_idle_first (void)
{
  guint n_calls = test_scale (3000);
  ProcessTest test;
  int pid;

  g_test_summary ("A call after a result finds the same worker idle: there is never a second one");

  process_test_begin (&test, 4);
  pid = process_get_pid (&test);
  for (guint i = 0; i < n_calls; i++)
    process_expect_int (process_submit (&test, "pid", "()"), pid);
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  process_test_end (&test);
}

static void
test_prestart (void)
{
  ProcessTest test;

  g_test_summary ("prestart() starts all workers, prestart_async() tells when they are ready");

  process_test_begin (&test, 3);
  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test));
  process_await_workers (&test, 3);
  process_prestart (&test);
  g_assert_cmpuint (process_count_workers (&test), ==, 3);
  process_prestart (&test);
  g_assert_cmpint (process_get_pid (&test), >, 0);
  g_assert_cmpuint (process_count_workers (&test), ==, 3);
  process_test_end (&test);
}

static gpointer
await_thread (gpointer data)
{
  return GINT_TO_POINTER (cfut_process_executor_await_workers (data, 3, CFUT_WAIT_FOREVER));
}

static void
test_await_workers (void)
{
  ProcessTest test;
  GThread *waiting[2];
  gsize n_pids;

  g_test_summary ("await_workers() waits for workers to be started, or to be none any more");

  process_test_begin (&test, 2);
  g_assert_true (cfut_process_executor_await_workers (PROCESS_EXECUTOR (&test), 0, CFUT_WAIT_FOREVER));
  g_assert_false (cfut_process_executor_await_workers (PROCESS_EXECUTOR (&test), 1, 0));
  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test));
  g_assert_true (cfut_process_executor_await_workers (PROCESS_EXECUTOR (&test), 2, CFUT_WAIT_FOREVER));
  g_free (cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test), &n_pids));
  g_assert_cmpuint (n_pids, ==, 2);
  g_assert_false (cfut_process_executor_await_workers (PROCESS_EXECUTOR (&test), 3, 1000));

  for (guint i = 0; i < G_N_ELEMENTS (waiting); i++)
    waiting[i] = g_thread_new ("await", await_thread, test.executor);
  g_assert_true (cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (waiting); i++)
    g_assert_true (g_thread_join (waiting[i]));
  process_test_end (&test);

  process_test_begin_argv (&test, 2, "/bin/false", NULL);
  waiting[0] = g_thread_new ("await", await_thread, test.executor);
  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test));
  g_assert_true (g_thread_join (waiting[0]));
  process_test_end (&test);
}

typedef struct
{
  gint done;
  GError *error;
} Failure;

static void
prestart_failed_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Failure *failure = user_data;

  g_assert_false (cfut_process_executor_prestart_finish (CFUT_PROCESS_EXECUTOR (object), result, &failure->error));
  g_atomic_int_set (&failure->done, TRUE);
}

static void
assert_prestart_fails (ProcessTest  *test,
                       GCancellable *cancellable,
                       GQuark        domain,
                       int           code)
{
  Failure failure = { FALSE, NULL };

  cfut_process_executor_prestart_async (PROCESS_EXECUTOR (test), cancellable, prestart_failed_cb, &failure);
  test_iterate_until_set (NULL, &failure.done);
  g_assert_error (failure.error, domain, code);
  g_clear_error (&failure.error);
}

static void
test_prestart_fails (void)
{
  ProcessTest test;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("prestart_async() says when workers cannot be had, before and after the executor's end");

  process_test_begin (&test, 2);
  g_cancellable_cancel (cancellable);
  assert_prestart_fails (&test, cancellable, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  process_await_workers (&test, 2);
  g_assert_true (cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  assert_prestart_fails (&test, NULL, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test));
  process_test_end (&test);

  process_test_begin (&test, 2);
  g_assert_true (cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  assert_prestart_fails (&test, NULL, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  process_test_end (&test);

  process_test_begin_argv (&test, 2, "/bin/false", NULL);
  assert_prestart_fails (&test, NULL, CFUT_ERROR, CFUT_ERROR_BROKEN);
  assert_prestart_fails (&test, NULL, CFUT_ERROR, CFUT_ERROR_BROKEN);
  process_test_end (&test);
}

static void
test_prestart_and_shutdown (void)
{
  guint n_rounds = 3 * test_scale (10);

  g_test_summary ("A prestart that meets the executor's end is answered");

  for (guint i = 0; i < n_rounds; i++)
    {
      ProcessTest test;
      Failure failure = { FALSE, NULL };

      process_test_begin (&test, 2);
      if (i % 3 > 0)
        process_get_pid (&test);
      cfut_process_executor_prestart_async (PROCESS_EXECUTOR (&test), NULL, prestart_failed_cb, &failure);
      cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_NONE, 0, NULL);
      test_iterate_until_set (NULL, &failure.done);
      g_assert_error (failure.error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
      g_clear_error (&failure.error);
      process_test_end (&test);
    }
}

static void
test_min_workers (void)
{
  ProcessTest test;

  g_test_summary ("min-workers are kept, and come back when one is killed");

  process_test_begin (&test, 3);
  cfut_process_executor_set_min_workers (PROCESS_EXECUTOR (&test), 2);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), 0);
  g_assert_cmpuint (process_count_workers (&test), ==, 0);
  kill (process_get_pid (&test), SIGKILL);
  process_await_workers (&test, 2);
  g_assert_cmpint (process_get_pid (&test), >, 0);
  /* The killed one may have been among those that were awaited. */
  process_await_workers (&test, 2);

  cfut_process_executor_set_min_workers (PROCESS_EXECUTOR (&test), 0);
  process_await_workers (&test, 0);
  g_assert_cmpint (process_get_pid (&test), >, 0);
  process_test_end (&test);
}

static void
test_idle_timeout (void)
{
  ProcessTest test;
  int pid;

  g_test_summary ("Idle workers leave after idle-timeout, and others come when they are needed");

  process_test_begin (&test, 2);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), 50 * 1000);
  process_prestart (&test);
  process_await_workers (&test, 0);
  pid = process_get_pid (&test);
  g_assert_cmpint (pid, >, 0);
  process_await_exit (pid);

  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), G_MAXINT64);
  pid = process_get_pid (&test);
  process_expect_int (process_submit (&test, "pid", "()"), pid);
  process_expect_int (process_submit (&test, "pid", "()"), pid);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), -1);
  process_expect_int (process_submit (&test, "pid", "()"), pid);
  process_test_end (&test);
}

static void
test_idle_timeout_under_load (void)
{
  ProcessTest test;

  g_test_summary ("Workers that leave as soon as they are idle lose no call");

  process_test_begin (&test, 2);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), 0);
  for (gint64 i = 0; i < 100; i++)
    {
      CfutFuture *one = process_submit (&test, "square", "(x)", i);
      CfutFuture *other = process_submit (&test, "square", "(x)", i);

      process_expect_done (one);
      process_expect_done (other);
    }
  process_test_end (&test);
}

/* ---- Recycling. */

static void
test_max_calls (void)
{
  ProcessTest test;
  g_autoptr(GHashTable) runs = g_hash_table_new (NULL, NULL);
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer n;
  guint n_calls = 7 * test_scale (100);
  guint n_whole = 0;

  g_test_summary ("Each worker runs exactly max-calls-per-worker calls, and no call is lost");

  process_test_begin (&test, 2);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 7);
  for (guint i = 0; i < n_calls; i++)
    g_ptr_array_add (futures, process_submit (&test, "count", "()"));

  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(CfutFuture) future = futures->pdata[i];
      g_autoptr(GVariant) result = process_result (future);
      int pid, k;

      g_variant_get (result, "(ii)", &pid, &k);
      g_assert_cmpint (k, <=, 7);
      /* A pid may come again. */
      g_hash_table_insert (runs, GINT_TO_POINTER (pid),
                           GINT_TO_POINTER (GPOINTER_TO_INT (g_hash_table_lookup (runs, GINT_TO_POINTER (pid))) + 1));
    }

  g_hash_table_iter_init (&iter, runs);
  while (g_hash_table_iter_next (&iter, NULL, &n))
    n_whole += GPOINTER_TO_INT (n) % 7 == 0;
  g_test_message ("%u workers, %u of them ran 7 calls", g_hash_table_size (runs), n_whole);
  g_assert_cmpuint (n_whole + 2, >=, g_hash_table_size (runs));
  process_test_end (&test);
}

static void
test_max_calls_with_cancels (void)
{
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("Calls that were taken back do not count as a worker's calls");

  process_test_begin (&test, 1);
  process_prestart (&test);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 50);
  /* Deepens the window. */
  for (gint64 i = 0; i < 25; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  for (guint round = 0; round < 20; round++)
    {
      Gate gate;

      gate_init (&gate);
      g_ptr_array_add (futures, gate_submit (&gate, &test, "hold", 0));
      for (gint64 i = 0; i < 5; i++)
        g_ptr_array_add (futures, process_submit (&test, "square", "(x)", i));
      gate_next (&gate);
      for (guint i = 1; i <= 5; i++)
        g_assert_true (cfut_future_cancel (futures->pdata[i]));
      gate_open (&gate);
      process_expect_done (futures->pdata[0]);
      for (guint i = 1; i <= 5; i++)
        process_expect_cancelled (futures->pdata[i]);
      g_ptr_array_set_size (futures, 0);
      gate_clear (&gate);
    }
  /* 25 and 20 make 45. */
  for (int i = 0; i < 5; i++)
    process_expect_done (process_submit (&test, "count", "()"));
  process_test_end (&test);
}

static void
test_max_calls_concurrency (void)
{
  enum { N_CALLS = 12, N_WORKERS = 2 };
  ProcessTest test;
  Gate gate;
  CfutFuture *futures[N_CALLS];
  int running = 0;

  g_test_summary ("While workers run their last calls no more calls run at once than max-workers says");

  gate_init (&gate);
  process_test_begin (&test, N_WORKERS);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 1);
  for (int i = 0; i < N_CALLS; i++)
    futures[i] = gate_submit (&gate, &test, "hold", i);

  for (int i = 0; i < N_CALLS; i++)
    {
      /* One that is too many would come here too. */
      gate_next (&gate);
      running++;
      g_assert_cmpint (running, <=, N_WORKERS);
      if (running == N_WORKERS)
        {
          /* The successors are there, or on their way. */
          g_assert_cmpuint (process_count_workers (&test), <=, 2 * N_WORKERS + 1);
          g_assert_false (cfut_future_wait (futures[N_CALLS - 1], 20 * 1000, NULL) && i < N_CALLS - 1);
          g_assert_false (gate_has_next (&gate));
          gate_let_through (&gate, 1);
          running--;
        }
    }
  gate_open (&gate);
  for (int i = 0; i < N_CALLS; i++)
    process_expect_done (futures[i]);
  process_test_end (&test);
  gate_clear (&gate);
}

static gboolean
has_two_workers (gpointer user_data)
{
  return process_count_workers (user_data) == 2;
}

static void
test_replaced_before_missed (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;

  g_test_summary ("The successor is started while the last call runs");

  gate_init (&gate);
  process_test_begin (&test, 1);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 1);
  future = gate_submit (&gate, &test, "hold", 0);
  gate_next (&gate);
  process_await (has_two_workers, &test);
  gate_open (&gate);
  process_expect_done (future);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_max_calls_map (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  GVariantBuilder items;
  gint64 n = 0;

  g_test_summary ("Chunks of a map outlive the workers that run them");

  process_test_begin (&test, 2);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 30);
  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < 2000; i++)
    g_variant_builder_add (&items, "(x)", i);
  cfut_map_options_set_chunk_size (options, 20);
  map = cfut_executor_map (test.executor, "square", g_variant_builder_end (&items), options, &error);
  g_assert_no_error (error);
  while (TRUE)
    {
      g_autoptr(GVariant) result = NULL;

      if (!cfut_map_next (map, NULL, &result, &error))
        break;
      g_assert_cmpint (g_variant_get_int64 (result), ==, n * n);
      n++;
    }
  g_assert_cmpint (n, ==, 2000);
  g_clear_object (&map);
  process_test_end (&test);
}

#define MIB (1024 * 1024)

static void
test_max_rss_of_nothing (void)
{
  gint64 n_calls = test_scale (40);
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("A bound that no worker can keep costs a worker a call, and ends no call");

  process_test_begin (&test, 2);
  cfut_process_executor_set_max_worker_rss (PROCESS_EXECUTOR (&test), 1);
  for (gint64 i = 0; i < n_calls; i++)
    g_ptr_array_add (futures, process_submit (&test, "square", "(x)", i));
  for (guint i = 0; i < futures->len; i++)
    process_expect_done (futures->pdata[i]);
  process_test_end (&test);
}

/* ---- Initializers. */

static void
test_initializer (void)
{
  ProcessTest test;
  g_autoptr(GVariant) result = NULL;
  const char *text;

  g_test_summary ("The initializer has run, with its arguments, before the first call");

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "initialize", g_variant_new ("(s)", "wrong"));
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "initialize", g_variant_new ("(s)", "hello"));
  result = process_call (&test, "initialized", "()");
  g_variant_get (result, "m&s", &text);
  g_assert_cmpstr (text, ==, "hello");
  process_test_end (&test);

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "pid", NULL);
  process_get_pid (&test);
  process_test_end (&test);

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "fail", NULL);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), NULL, NULL);
  process_get_pid (&test);
  process_test_end (&test);
}

static void
assert_broken (ProcessTest *test,
               const char  *text)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_executor_submit (test->executor, "pid", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_nonnull (strstr (error->message, text));
}

/* Submits some calls, all of which fail with @code and @text; but when one is
 * submitted the executor may be broken already. */
static void
assert_calls_fail (ProcessTest *test,
                   int          code,
                   const char  *text)
{
  CfutFuture *futures[5];

  futures[0] = process_submit (test, "pid", "()");
  for (guint i = 1; i < 5; i++)
    {
      g_autoptr(GError) error = NULL;

      futures[i] = cfut_executor_submit (test->executor, "pid", NULL, NULL, &error);
      if (futures[i] == NULL)
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
    }
  for (guint i = 0; i < 5; i++)
    if (futures[i] != NULL)
      process_expect_error (futures[i], CFUT_ERROR, code, text);
  assert_broken (test, text);
}

static void
test_initializer_fails (void)
{
  ProcessTest test;

  g_test_summary ("An initializer that fails breaks the executor with its reason, for all calls");

  process_test_begin (&test, 2);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "fail",
                                         g_variant_new ("(sis)", "g-io-error-quark", G_IO_ERROR_FAILED, "No licence"));
  assert_calls_fail (&test, CFUT_ERROR_BROKEN, "No licence");
  process_test_end (&test);
}

static void
test_initializer_unknown (void)
{
  ProcessTest test;

  g_test_summary ("An initializer that is not there or takes other arguments is told");

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "no-such", NULL);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "no-such");
  process_test_end (&test);

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "initialize", NULL);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "initialize");
  process_test_end (&test);
}

static void
test_initializer_dies (void)
{
  ProcessTest test;

  g_test_summary ("An initializer that kills the worker breaks the executor, with its last words");

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "die", g_variant_new ("(is)", SIGABRT, "no memory\n"));
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "Failed to initialize a worker: Worker ");
  assert_broken (&test, "no memory");
  assert_broken (&test, "signal 6");
  process_test_end (&test);
}

/* ---- Set-up. */

static void
assert_equal (GVariant   *value,
              const char *expected)
{
  g_autofree char *text = g_variant_print (value, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_worker_setup (void)
{
  ProcessTest test;
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_autoptr(GVariant) set = NULL;
  g_autoptr(GVariant) unset = NULL;
  g_autoptr(GVariant) cwd = NULL;
  g_autoptr(GVariant) limit = NULL;

  g_test_summary ("Environment, directory and limits of workers are as set");

  g_setenv ("CFUT_TEST_UNSET", "here", TRUE);
  process_test_begin (&test, 1);
  cfut_worker_setup_set_environment (setup, "CFUT_TEST_SET", "a value");
  cfut_worker_setup_set_environment (setup, "CFUT_TEST_UNSET", NULL);
  cfut_worker_setup_set_cwd (setup, "/proc");
  cfut_worker_setup_add_rlimit (setup, RLIMIT_NOFILE, 100, 200);
  g_object_set (test.executor, "worker-setup", setup, NULL);

  set = process_call (&test, "environment", "(s)", "CFUT_TEST_SET");
  unset = process_call (&test, "environment", "(s)", "CFUT_TEST_UNSET");
  cwd = process_call (&test, "cwd", "()");
  limit = process_call (&test, "rlimit", "(u)", RLIMIT_NOFILE);
  assert_equal (set, "@ms 'a value'");
  assert_equal (unset, "@ms nothing");
  g_assert_cmpstr (g_variant_get_string (cwd, NULL), ==, "/proc");
  assert_equal (limit, "(uint64 100, uint64 200)");
  process_test_end (&test);
  g_unsetenv ("CFUT_TEST_UNSET");

  /* It holds for workers that are started later. */
  process_test_begin (&test, 1);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test), setup);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test), NULL);
  g_variant_unref (set);
  set = process_call (&test, "environment", "(s)", "CFUT_TEST_SET");
  assert_equal (set, "@ms nothing");
  process_test_end (&test);
}

static void
test_cwd (void)
{
  ProcessTest test;
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("cfut-XXXXXX", &error);
  g_autofree char *path = NULL;

  g_test_summary ("The name of the directory of workers need not be UTF-8");

  g_assert_no_error (error);
  path = g_build_filename (directory, "caf\xe9", NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);

  process_test_begin (&test, 1);
  cfut_worker_setup_set_cwd (setup, path);
  g_object_set (test.executor, "worker-setup", setup, NULL);
  {
    g_autofree char *link = g_strdup_printf ("/proc/%d/cwd", process_get_pid (&test));
    g_autofree char *entered = g_file_read_link (link, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (entered, ==, path);
  }
  process_test_end (&test);
  g_rmdir (path);
  g_rmdir (directory);
}

static void
test_worker_setup_fails (void)
{
  ProcessTest test;
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();

  g_test_summary ("A directory that is not there breaks the executor with the reason");

  process_test_begin (&test, 1);
  cfut_worker_setup_set_cwd (setup, "/no/such/directory");
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test), setup);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "/no/such/directory");
  process_test_end (&test);
}

/* ---- Programs that are no workers. */

/* All that fail to start fail the same way: each call with an error that names
 * @text, the next one at submit, and all of it in under a second. */
static void
assert_no_worker (ProcessTest *test,
                  int          code,
                  const char  *text)
{
  gint64 begin = g_get_monotonic_time ();

  assert_calls_fail (test, code, text);
  g_test_message ("It took %" G_GINT64_FORMAT " us", g_get_monotonic_time () - begin);
  process_test_end (test);
}

/* It makes a fork of a vfork, and the error of exec is lost in there. */
static gboolean
skip_under_valgrind (void)
{
  if (test_is_under_valgrind ())
    g_test_skip ("valgrind does not tell that a program is not there");

  return test_is_under_valgrind ();
}

static void
test_missing_helper (void)
{
  ProcessTest test;
  g_autofree char *program = g_strdup (g_getenv ("CFUT_WORKER_PROGRAM"));
  const char * const modules[] = { "module.so", NULL };

  g_test_summary ("A cfut-worker that is not installed is an error that names it");

  if (skip_under_valgrind ())
    return;

  g_setenv ("CFUT_WORKER_PROGRAM", "/no/such/cfut-worker", TRUE);
  process_test_begin (&test, 1);
  cfut_process_executor_set_modules (PROCESS_EXECUTOR (&test), modules);
  assert_no_worker (&test, CFUT_ERROR_START_FAILED, "/no/such/cfut-worker");
  g_setenv ("CFUT_WORKER_PROGRAM", program, TRUE);
}

static void
test_exits_at_once (void)
{
  ProcessTest test;

  g_test_summary ("A program that ends at once is an error that says how, and what a worker program has to do");

  process_test_begin_argv (&test, 2, "/bin/false", NULL);
  assert_no_worker (&test, CFUT_ERROR_BROKEN, "exited with status 1 before it was ready");
  process_test_begin_argv (&test, 2, "/bin/sh", "-c", "echo Alas >&2; exit 3", NULL);
  assert_no_worker (&test, CFUT_ERROR_BROKEN, "its last words were:\nAlas");
  process_test_begin_argv (&test, 2, "/bin/true", NULL);
  assert_no_worker (&test, CFUT_ERROR_BROKEN, "cfut_init()");
  process_test_begin_argv (&test, 2, "/bin/sh", "-c", "kill -SEGV $$", NULL);
  assert_no_worker (&test, CFUT_ERROR_BROKEN, "signal 11");
}

static void
test_garbage (void)
{
  ProcessTest test;

  g_test_summary ("A program that writes something else to the channel is an error that says so");

  process_test_begin_argv (&test, 2, "/bin/sh", "-c", "while :; do echo Here is a line of text for you; done >&3", NULL);
  assert_no_worker (&test, CFUT_ERROR_BROKEN, "before it was ready");
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/starting/on-demand", test_on_demand);
  g_test_add_func ("/starting/idle-first", test_idle_first);
  g_test_add_func ("/starting/prestart", test_prestart);
  g_test_add_func ("/starting/await-workers", test_await_workers);
  g_test_add_func ("/starting/prestart-fails", test_prestart_fails);
  g_test_add_func ("/starting/prestart-and-shutdown", test_prestart_and_shutdown);
  g_test_add_func ("/starting/min-workers", test_min_workers);
  g_test_add_func ("/starting/idle-timeout", test_idle_timeout);
  g_test_add_func ("/starting/idle-timeout-under-load", test_idle_timeout_under_load);
  g_test_add_func ("/starting/max-calls", test_max_calls);
  g_test_add_func ("/starting/max-calls-with-cancels", test_max_calls_with_cancels);
  g_test_add_func ("/starting/max-calls-concurrency", test_max_calls_concurrency);
  g_test_add_func ("/starting/replaced-before-missed", test_replaced_before_missed);
  g_test_add_func ("/starting/max-calls-map", test_max_calls_map);
  g_test_add_func ("/starting/max-rss-of-nothing", test_max_rss_of_nothing);
  g_test_add_func ("/starting/initializer", test_initializer);
  g_test_add_func ("/starting/initializer-fails", test_initializer_fails);
  g_test_add_func ("/starting/initializer-unknown", test_initializer_unknown);
  g_test_add_func ("/starting/initializer-dies", test_initializer_dies);
  g_test_add_func ("/starting/worker-setup", test_worker_setup);
  g_test_add_func ("/starting/worker-setup-fails", test_worker_setup_fails);
  g_test_add_func ("/starting/cwd-not-utf8", test_cwd);
  g_test_add_func ("/starting/missing-helper", test_missing_helper);
  g_test_add_func ("/starting/exits-at-once", test_exits_at_once);
  g_test_add_func ("/starting/garbage", test_garbage);

  return g_test_run ();
}
