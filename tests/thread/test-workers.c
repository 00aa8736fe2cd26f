/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include <pthread.h>

static guint
count_workers (CfutExecutor *executor)
{
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (executor);

  return cfut_stats_get_n_workers (stats);
}

static gboolean
has_no_workers (gpointer user_data)
{
  return count_workers (user_data) == 0;
}

static void
test_reuse (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (4);

  g_test_summary ("A submit after a result finds the thread that is free, and starts no other");

  for (guint i = 0; i < 5000; i++)
    {
      assert_result (submit (executor, "square", i), (guint64) i * i);
      g_assert_cmpuint (count_workers (executor), ==, 1);
    }

  end_executor (executor);
}

static void
test_as_many_as_needed (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (3);
  Gate gates[5] = { 0 };
  CfutFuture *futures[5];

  g_test_summary ("There are as many threads as calls, up to the maximum");

  g_assert_cmpuint (count_workers (executor), ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      futures[i] = submit_gate (executor, "gate", &gates[i]);
      g_assert_cmpuint (count_workers (executor), ==, MIN (i + 1, 3));
      if (i < 3)
        test_latch_wait (&gates[i].started);
    }
  g_assert_cmpuint (cfut_executor_get_n_running (executor), ==, 3);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 2);
  for (guint i = 0; i < 5; i++)
    release (futures[i], &gates[i]);

  end_executor (executor);
}

static void
test_idle_timeout (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (3);
  CfutThreadExecutor *self = CFUT_THREAD_EXECUTOR (executor);
  gint64 idle_timeout;

  g_test_summary ("Idle threads leave after the time-out, at once if it is shortened, and come back");

  g_object_get (executor, "idle-timeout", &idle_timeout, NULL);
  g_assert_cmpint (idle_timeout, ==, 15 * G_USEC_PER_SEC);

  for (guint i = 0; i < 3; i++)
    {
      g_object_set (executor, "idle-timeout", i == 0 ? G_GINT64_CONSTANT (-1) : G_MAXINT64, NULL);
      assert_result (submit (executor, "square", 5), 25);
      g_assert_cmpuint (count_workers (executor), ==, 1);
      cfut_thread_executor_set_idle_timeout (self, 1000);
      g_assert_cmpint (cfut_thread_executor_get_idle_timeout (self), ==, 1000);
      test_iterate_until (NULL, has_no_workers, executor);
    }

  /* Threads that leave all the time lose no call. */
  cfut_thread_executor_set_idle_timeout (self, 0);
  for (guint i = 0; i < 2000; i++)
    assert_result (submit (executor, "square", i), (guint64) i * i);

  end_executor (executor);
}

/* ---- Names. */

static gboolean
get_thread_name (CfutCall  *call,
                 GValue    *result,
                 gpointer   user_data,
                 GError   **error)
{
  char name[16];

  pthread_getname_np (pthread_self (), name, sizeof name);
  g_value_init (result, G_TYPE_STRING);
  g_value_set_string (result, name);

  return TRUE;
}

static void
test_names (void)
{
  static const char *names[][2] = {
    { NULL, "cfut-io-1" },
    { "files", "files-1" },
    { "a rather long name", "a rather long-1" },
  };

  g_test_summary ("Threads are named after their executor, within 15 bytes");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      CfutExecutor *executor = g_object_new (CFUT_TYPE_THREAD_EXECUTOR, "name", names[i][0], NULL);
      CfutFuture *future;

      g_assert_cmpstr (cfut_executor_get_name (executor), ==, names[i][0]);
      future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), get_thread_name,
                                                 NULL, NULL, NULL, NULL);
      g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
      g_assert_cmpstr (g_value_get_string (cfut_future_get_value (future)), ==, names[i][1]);
      g_object_unref (future);
      end_executor (executor);
    }
}

/* ---- The initializer. */

static int n_initialized; /* atomic */

static GVariant *
initialize (CfutCall  *call,
            GVariant  *arguments,
            gpointer   user_data,
            GError   **error)
{
  guint64 n;

  g_variant_get (arguments, "(t)", &n);
  if (n == 13)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "No room for 13");
      return NULL;
    }
  g_atomic_int_inc (&n_initialized);

  return NULL;
}

static void
set_initializer (CfutExecutor *executor,
                 guint64       argument)
{
  cfut_thread_executor_set_initializer (CFUT_THREAD_EXECUTOR (executor), "initialize",
                                        g_variant_new ("(t)", argument));
}

static void
test_initializer (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gates[2] = { 0 };
  CfutFuture *futures[2];

  g_test_summary ("The initializer runs once in each thread, before its first call");

  g_atomic_int_set (&n_initialized, 0);
  set_initializer (executor, 7);
  for (guint i = 0; i < 2; i++)
    {
      futures[i] = submit_gate (executor, "gate", &gates[i]);
      test_latch_wait (&gates[i].started);
      g_assert_cmpint (g_atomic_int_get (&n_initialized), ==, i + 1);
    }
  for (guint i = 0; i < 2; i++)
    release (futures[i], &gates[i]);
  assert_result (submit (executor, "square", 4), 16);
  g_assert_cmpint (g_atomic_int_get (&n_initialized), ==, 2);

  end_executor (executor);
}

static void
test_initializer_fails (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  g_autoptr(GError) error = NULL;

  g_test_summary ("An initializer that fails breaks the executor, with its reason");

  set_initializer (executor, 13);
  assert_error (submit (executor, "square", 1), CFUT_ERROR, CFUT_ERROR_BROKEN,
                "Failed to initialize a thread with \"initialize\": No room for 13");
  g_assert_null (cfut_executor_submit (executor, "nothing", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_nonnull (strstr (error->message, "No room for 13"));

  end_executor (executor);
}

static void
test_initializer_fails_later (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);

  g_test_summary ("Calls that run when the executor breaks go on, and idle threads leave");

  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), -1);
  set_initializer (executor, 13);
  assert_error (submit (executor, "square", 1), CFUT_ERROR, CFUT_ERROR_BROKEN, "*No room for 13");
  release (occupied, &gate);
  test_iterate_until (NULL, has_no_workers, executor);

  end_executor (executor);
}

static void
test_initializer_wrong (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutThreadExecutor *self = CFUT_THREAD_EXECUTOR (executor);

  g_test_summary ("To set an initializer that cannot run is a programming error; none is none");

  if (g_test_undefined ())
    {
      g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*initializer != NULL*");
      cfut_thread_executor_set_initializer (self, "no such function", NULL);
      g_test_assert_expected_messages ();
      g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*check_arguments*");
      cfut_thread_executor_set_initializer (self, "initialize", NULL);
      g_test_assert_expected_messages ();
    }
  cfut_thread_executor_set_initializer (self, NULL, NULL);
  assert_result (submit (executor, "square", 1), 1);

  end_executor (executor);
}

/* ---- Numbers. */

static void
test_defaults (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (0);
  guint max_workers, max_pending, n_pending, n_running;
  guint64 max_pending_bytes;
  CfutOverflow overflow;

  g_test_summary ("Defaults are those that are documented");

  g_object_get (executor,
                "max-workers", &max_workers,
                "max-pending", &max_pending,
                "max-pending-bytes", &max_pending_bytes,
                "overflow", &overflow,
                "n-pending", &n_pending,
                "n-running", &n_running,
                NULL);
  g_assert_cmpuint (max_workers, >=, 5);
  g_assert_cmpuint (max_workers, <=, MIN (32, g_get_num_processors () + 4));
  g_assert_cmpuint (max_workers, ==, cfut_executor_get_max_workers (executor));
  g_assert_cmpuint (max_pending, ==, 4096);
  g_assert_cmpuint (max_pending, ==, cfut_executor_get_max_pending (executor));
  g_assert_cmpuint (max_pending_bytes, ==, 64 * 1024 * 1024);
  g_assert_cmpuint (max_pending_bytes, ==, cfut_executor_get_max_pending_bytes (executor));
  g_assert_cmpint (overflow, ==, CFUT_OVERFLOW_BLOCK);
  g_assert_cmpint (overflow, ==, cfut_executor_get_overflow (executor));
  g_assert_cmpuint (n_pending + n_running, ==, 0);

  end_executor (executor);
}

static void
test_stats (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *cancelled = submit (executor, "square", 1);
  CfutFuture *done = submit (executor, "square", 2);
  CfutFuture *failed = submit (executor, "fail", 3);
  CfutStats *stats;

  g_test_summary ("The counters tell what has become of the calls");

  g_assert_true (cfut_future_cancel (cancelled));
  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_idle (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_running (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_pending (stats), ==, 2);
  g_assert_cmpuint (cfut_stats_get_pending_bytes (stats), >, 2 * sizeof (guint64));
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 4);
  cfut_stats_free (stats);

  release (occupied, &gate);
  assert_cancelled (cancelled);
  assert_result (done, 4);
  assert_error (failed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "*");

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_idle (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_running (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_pending (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_pending_bytes (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 4);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 1);
  g_assert_cmpint (cfut_stats_get_queue_wait (stats), >, 0);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), >, 0);
  g_assert_cmpint (cfut_stats_get_cpu_time (stats), >, 0);
  cfut_stats_free (stats);

  end_executor (executor);
}

/* Computes until the thread's CPU clock has gone on by 20 ms. */
static gboolean
burn (CfutCall  *call,
      GValue    *result,
      gpointer   user_data,
      GError   **error)
{
  struct timespec begin, now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &begin);
  do
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  while ((now.tv_sec - begin.tv_sec) * 1000000 + (now.tv_nsec - begin.tv_nsec) / 1000 < 20000);

  return TRUE;
}

static void
test_cpu_time (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *future;

  g_test_summary ("CPU time is counted while the thread is there, and stays when it has gone");

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), burn,
                                             NULL, NULL, NULL, NULL);
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_object_unref (future);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(CfutStats) stats = cfut_executor_get_stats (executor);

      g_assert_cmpint (cfut_stats_get_cpu_time (stats), >=, 20000);
      g_assert_cmpint (cfut_stats_get_busy_time (stats), >=, 20000);
      cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), 0);
      test_iterate_until (NULL, has_no_workers, executor);
    }

  end_executor (executor);
}

/* ---- Lists. */

typedef struct
{
  GListModel *model;
  guint n_items;
} Length;

static gboolean
has_length (gpointer user_data)
{
  Length *self = user_data;

  return g_list_model_get_n_items (self->model) == self->n_items;
}

static void
await_length (GListModel *model,
              guint       n_items)
{
  Length length = { model, n_items };

  test_iterate_until (NULL, has_length, &length);
}

static void
test_list_of_workers (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  GListModel *workers = cfut_executor_get_workers (executor);
  g_autoptr(CfutWorkerInfo) info = NULL;

  g_test_summary ("The list of workers has the threads, what they do and did, until they leave");

  g_assert_true (workers == cfut_executor_get_workers (executor));
  await_length (workers, 1);
  info = g_list_model_get_item (workers, 0);
  g_assert_cmpuint (cfut_worker_info_get_id (info), ==, 1);
  g_assert_cmpint (cfut_worker_info_get_pid (info), ==, 0);
  g_assert_cmpint (cfut_worker_info_get_state (info), ==, CFUT_WORKER_STATE_BUSY);
  release (occupied, &gate);
  assert_result (submit (executor, "square", 2), 4);
  g_assert_cmpint (cfut_worker_info_get_state (info), ==, CFUT_WORKER_STATE_IDLE);
  g_assert_cmpuint (cfut_worker_info_get_n_calls (info), ==, 2);
  g_assert_cmpint (cfut_worker_info_get_busy_time (info), >, 0);

  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), 0);
  await_length (workers, 0);
  g_assert_cmpint (cfut_worker_info_get_state (info), ==, CFUT_WORKER_STATE_GONE);

  end_executor (executor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_list_of_calls (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  GListModel *calls = cfut_executor_get_calls (executor);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 3);
  Answer answer = ANSWER_INIT;
  g_autoptr(CfutFuture) first = NULL;

  g_test_summary ("The list of calls has those that were submitted in any way, and the last 256 that ended");

  cfut_executor_call_async (executor, "square", g_variant_new ("(t)", G_GUINT64_CONSTANT (4)),
                            NULL, NULL, answer_cb, &answer);
  await_length (calls, 3);
  first = g_list_model_get_item (calls, 0);
  g_assert_true (first == occupied);
  release (occupied, &gate);
  assert_result (queued, 9);
  answer_await (&answer);
  answer_clear (&answer);
  await_length (calls, 3);

  for (guint i = 0; i < 300; i++)
    assert_result (submit (executor, "square", i), (guint64) i * i);
  await_length (calls, 256);

  end_executor (executor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();
  cfut_register_function ("initialize", G_VARIANT_TYPE ("(t)"), NULL, initialize, NULL, NULL);

  add_test ("/workers/reuse", test_reuse);
  add_test ("/workers/as-many-as-needed", test_as_many_as_needed);
  add_test ("/workers/idle-timeout", test_idle_timeout);
  add_test ("/workers/names", test_names);
  add_test ("/workers/initializer", test_initializer);
  add_test ("/workers/initializer-fails", test_initializer_fails);
  add_test ("/workers/initializer-fails-later", test_initializer_fails_later);
  add_test ("/workers/initializer-wrong", test_initializer_wrong);
  add_test ("/workers/defaults", test_defaults);
  add_test ("/workers/stats", test_stats);
  add_test ("/workers/cpu-time", test_cpu_time);
  add_test ("/workers/list-of-workers", test_list_of_workers);
  add_test ("/workers/list-of-calls", test_list_of_calls);

  return g_test_run ();
}
