/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include <dlfcn.h>
#include <sys/resource.h>

#include "thread-limit.h"

static void
test_no_thread (void)
{
  CfutExecutor *executor;
  Gate gate = GATE_INIT;
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without a thread a submit fails, its call never runs, and the next submit works");

  thread_limit_begin ();
  executor = cfut_thread_executor_new (2);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_null (cfut_executor_submit (executor, "gate", gate_argument (&gate), NULL, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
      g_assert_true (g_str_has_prefix (error->message, "Failed to start a thread: "));
      g_clear_error (&error);
    }
  thread_limit_end ();

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_pending (stats), ==, 0);

  /* GThreadPool has kept all three pushes. */
  for (guint i = 0; i < 50; i++)
    assert_result (submit (executor, "square", i), i * i);

  end_executor (executor);
  g_assert_cmpint (gate.n_runs, ==, 0);
}

static void
test_no_second_thread (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (4);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *futures[10];

  g_test_summary ("Without a further thread calls wait for those that are there");

  thread_limit_begin ();
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (executor, "square", i);
  release (occupied, &gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    assert_result (futures[i], i * i);
  thread_limit_end ();

  end_executor (executor);
}

/* ---- A push that failed, but which a thread that was leaving comes upon. Where
 * ThreadSanitizer is told of GLib's locks it is told of this function, too, and what the
 * library calls is not what stands here. */

#ifndef __SANITIZE_THREAD__

/* (nullable): the call after which such a thread leaves */
static Gate *leaves_after;

/* Takes the place of the function that the library calls: returns when that thread
 * has come and gone. */
gboolean
g_thread_pool_push (GThreadPool  *pool,
                    gpointer      data,
                    GError      **error)
{
  gboolean (*push) (GThreadPool *, gpointer, GError **) = dlsym (RTLD_NEXT, "g_thread_pool_push");
  gboolean started = push (pool, data, error);

  if (started || leaves_after == NULL)
    return started;

  test_latch_open (&leaves_after->go);
  while (g_thread_pool_unprocessed (pool) > 0 || g_thread_pool_get_num_threads (pool) > 0)
    g_thread_yield ();

  return started;
}

static void
test_started_after_all (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gate = GATE_INIT;
  g_autoptr(CfutStats) stats = NULL;
  CfutFuture *occupied, *future;

  g_test_summary ("A thread that comes although it could not be started is counted once");

  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), 0);
  occupied = occupy (executor, &gate);
  thread_limit_begin ();
  leaves_after = &gate;
  future = submit (executor, "square", 3);
  leaves_after = NULL;
  thread_limit_end ();
  assert_result (future, 9);
  release (occupied, &gate);

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);
  assert_result (submit (executor, "square", 4), 16);
  end_executor (executor);
}

#endif

static void
test_async (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;
  Answer answer = ANSWER_INIT;

  g_test_summary ("submit_async() tells, too");

  thread_limit_begin ();
  cfut_executor_submit_async (executor, "nothing", NULL, NULL, NULL, answer_cb, &answer);
  answer_await (&answer);
  thread_limit_end ();
  g_assert_null (cfut_executor_submit_finish (executor, answer.result, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  answer_clear (&answer);

  assert_result (submit (executor, "square", 2), 4);
  end_executor (executor);
}

/* ---- Many submits that fail at once, and a limit that comes and goes. */

typedef struct
{
  CfutExecutor *executor;
  int n_left; /* atomic */
} Storm;

static gpointer
storm_thread (gpointer user_data)
{
  Storm *self = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CfutFuture) future = NULL;
      g_autoptr(GVariant) result = NULL;

      future = cfut_executor_submit (self->executor, "square", g_variant_new ("(t)", (guint64) i),
                                     NULL, &error);
      if (future != NULL)
        result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
      if (result != NULL)
        g_assert_cmpuint (g_variant_get_uint64 (result), ==, (guint64) i * i);
      else
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
    }
  g_main_context_pop_thread_default (context);
  g_atomic_int_add (&self->n_left, -1);

  return NULL;
}

static void
test_storm (void)
{
  Storm self = { cfut_thread_executor_new (3) };
  GThread *threads[3];

  g_test_summary ("Every submit fails or its future resolves while threads can and cannot be started");

  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (self.executor), 0);
  g_thread_pool_set_max_unused_threads (0);
  self.n_left = G_N_ELEMENTS (threads);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("submitter", storm_thread, &self);

  while (g_atomic_int_get (&self.n_left) > 0)
    {
      thread_limit_set (TRUE);
      g_thread_yield ();
      thread_limit_set (FALSE);
      g_thread_yield ();
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_thread_pool_set_max_unused_threads (2);

  assert_result (submit (self.executor, "square", 7), 49);
  end_executor (self.executor);
}

static void
test_no_clock (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *first, *second;

  g_test_summary ("Without a thread to watch time-outs there is a warning, and the next submit tries again");

  cfut_submit_options_set_deadline (options, G_USEC_PER_SEC / 5);
  thread_limit_begin ();
  g_test_expect_message ("Cfut", G_LOG_LEVEL_WARNING, "Failed to start the thread that watches*");
  first = submit_with (executor, "square", 1, options);
  g_test_assert_expected_messages ();
  thread_limit_end ();

  second = submit_with (executor, "square", 2, options);
  assert_error (first, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "*waiting*");
  assert_error (second, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "*waiting*");
  release (occupied, &gate);
  end_executor (executor);
}

static void
test_no_descriptors (void)
{
  struct rlimit before, none;
  CfutExecutor *executor;

  g_test_summary ("Threads need no file descriptors");

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  executor = cfut_thread_executor_new (2);
  assert_result (submit (executor, "square", 3), 9);
  end_executor (executor);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/thread-limit/no-thread", test_no_thread);
  add_test ("/thread-limit/no-second-thread", test_no_second_thread);
#ifndef __SANITIZE_THREAD__
  add_test ("/thread-limit/started-after-all", test_started_after_all);
#endif
  add_test ("/thread-limit/async", test_async);
  add_test ("/thread-limit/storm", test_storm);
  add_test ("/thread-limit/no-clock", test_no_clock);
  add_test ("/thread-limit/no-descriptors", test_no_descriptors);

  return g_test_run ();
}
