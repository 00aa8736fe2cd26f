/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "process-support.h"
#include "process/cfut-process-executor-private.h"

/* Workers that do not keep to the protocol: evil-worker.c. */

static void
begin (ProcessTest *test,
       guint        max_workers,
       const char  *mode)
{
  g_autofree char *program = process_build_path ("process/evil-worker");

  process_test_begin_argv (test, max_workers, program, mode, NULL);
}

static void
assert_squares (ProcessTest *test,
                guint        n)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  for (gint64 i = 0; i < n; i++)
    g_ptr_array_add (futures, process_submit (test, "square", "(x)", i));
  for (gint64 i = 0; i < n; i++)
    {
      g_autoptr(CfutFuture) future = futures->pdata[i];
      g_autoptr(GVariant) result = process_result (future);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
    }
}

/* ---- What fails the call that ran, and no other. */

typedef struct
{
  const char *mode;
  const char *text;
} Crime;

static const Crime crimes[] = {
  { "magic", "0x1234" },
  { "version", "version" },
  { "type", "type" },
  { "parents-type", "" },
  { "flags", "flags" },
  { "too-large", "" },
  { "chunk-flag", "It mistook a chunk for a call" },
  { "unknown-call", "which it does not have" },
  { "call-zero", "" },
  { "other-attempt", "which it does not have" },
  { "ready-twice", "It was ready twice" },
  { "wrong-size", "" },
  { "empty", "" },
  { "error-garbage", "" },
  { "error-zero", "It was ready, and then it was not" },
  { "unclaimed", "It answered a call that it had not started" },
  { "progress-unknown", "which it does not have" },
  { "progress-garbage", "" },
};

static void
test_crime (gconstpointer data)
{
  const Crime *crime = data;
  ProcessTest test;
  g_autoptr(CfutStats) stats = NULL;
  guint n_rounds = test_scale (20);
  gsize before;

  g_test_summary ("It costs the worker its life and its call; the others are unharmed");

  begin (&test, 2, crime->mode);
  assert_squares (&test, 20);
  before = test_get_memory ();
  for (guint i = 0; i < n_rounds; i++)
    {
      process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, crime->text);
      assert_squares (&test, 5);
    }
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, n_rounds);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, n_rounds);
  process_test_end (&test);
}

static void
test_crime_without_calls_before (gconstpointer data)
{
  const Crime *crime = data;
  guint n_rounds = test_scale (20);
  ProcessTest test;

  g_test_summary ("Nor does it break the executor if the workers do nothing else");

  begin (&test, 1, crime->mode);
  for (guint i = 0; i < n_rounds; i++)
    process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, crime->text);
  assert_squares (&test, 5);
  process_test_end (&test);
}

static void
test_crime_is_retried (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A call whose worker broke the protocol is retried like one whose worker died");

  begin (&test, 1, "unknown-call");
  cfut_submit_options_set_retries (options, 3);
  process_expect_error (process_submit_full (&test, options, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "");
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpuint (cfut_stats_get_n_retried (stats), ==, 3);
  process_test_end (&test);
}

/* ---- What is a sin, but not against that call. */

static void
test_twice (void)
{
  ProcessTest test;

  g_test_summary ("Of two results of a call the first counts, and the second condemns");

  begin (&test, 1, "twice");
  for (guint i = 0; i < 20; i++)
    {
      int pid = process_get_pid (&test);

      process_await_exit (pid);
      assert_squares (&test, 5);
    }
  process_test_end (&test);
}

static void
test_skip (void)
{
  ProcessTest test;
  CfutFuture *skipped, *answered;
  CfutFuture *others[5];

  g_test_summary ("An answer to a later call, while an earlier one has none, condemns");

  begin (&test, 1, "skip");
  assert_squares (&test, 300);
  skipped = process_submit (&test, "pid", "()");
  answered = process_submit (&test, "square", "(x)", G_GINT64_CONSTANT (3));
  for (gint64 i = 0; i < 5; i++)
    others[i] = process_submit (&test, "square", "(x)", i);
  /* Sent ahead, it is in the worker's hands, or else it was taken back. */
  cfut_future_wait (answered, 100 * 1000, NULL);
  cfut_future_cancel (skipped);
  process_forget (skipped);
  process_forget (answered);
  /* It may have answered those too, before it was dead. */
  for (guint i = 0; i < 5; i++)
    process_forget (others[i]);
  assert_squares (&test, 5);
  process_test_end (&test);
}

static void
test_flood (void)
{
  ProcessTest test;
  gsize before;

  g_test_summary ("A flood of progress reports is borne, and takes no memory");

  begin (&test, 1, "flood");
  assert_squares (&test, 5);
  before = test_get_memory ();
  g_assert_cmpint (process_get_pid (&test), >, 0);
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  process_test_end (&test);
}

static void
test_nan (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;

  g_test_summary ("A progress that is not a number is taken for unknown");

  begin (&test, 1, "progress-nan");
  future = process_submit (&test, "pid", "()");
  process_int (future);
  g_assert_cmpfloat (cfut_future_get_progress (future), ==, -1);
  g_clear_object (&future);
  process_test_end (&test);
}

static void
test_lie_duration (void)
{
  ProcessTest test;
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A call cannot have taken longer than its worker has lived");

  begin (&test, 1, "lie-duration");
  for (guint i = 0; i < 10; i++)
    process_get_pid (&test);
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), >=, 0);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), <, 1000 * G_USEC_PER_SEC);
  process_test_end (&test);
}

static void
test_long_error (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("An error of five megabytes comes as one of four kilobytes");

  begin (&test, 1, "long-error");
  future = process_submit (&test, "pid", "()");
  error = process_error (future);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpuint (strlen (error->message), <, 4200);
  g_clear_object (&future);
  assert_squares (&test, 5);
  process_test_end (&test);
}

/* ---- Workers that never serve. */

static void
test_never_serves (gconstpointer mode)
{
  ProcessTest test;

  g_test_summary ("A worker that errs before it is ready breaks the executor, after some attempts, with the reason");

  begin (&test, 2, mode);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "before it was ready");
  process_test_end (&test);
}

static void
test_never_ready (void)
{
  ProcessTest test;

  g_test_summary ("A worker that does not become ready in time is killed, and after three the executor is broken");

  begin (&test, 1, "never-ready");
  PROCESS_EXECUTOR (&test)->manager->start_us = 100 * 1000;
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN,
                        "Gave up after 3 workers in a row had come to nothing");
  process_test_end (&test);
}

static void
test_long_initializer (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;

  g_test_summary ("An initializer may take longer than a worker that has none");

  gate_init (&gate);
  process_test_begin (&test, 1);
  PROCESS_EXECUTOR (&test)->manager->start_us = 1000;
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "hold", gate_arguments (&gate, 0));
  future = process_submit (&test, "pid", "()");
  gate_next (&gate);
  g_assert_false (cfut_future_wait (future, 100 * 1000, NULL));
  gate_open (&gate);
  process_expect_done (future);
  process_test_end (&test);
  gate_clear (&gate);
}

/* ---- Silence. */

static void
test_silence (gconstpointer mode)
{
  ProcessTest test;
  gsize before;

  g_test_summary ("A frame that does not end is waited for so long, takes no memory, and costs the call");

  begin (&test, 1, mode);
  PROCESS_EXECUTOR (&test)->manager->frame_us = 100 * 1000;
  assert_squares (&test, 5);
  before = test_get_memory ();
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "It did not finish a frame");
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  assert_squares (&test, 5);
  process_test_end (&test);
}

static void
test_stream_is_no_silence (void)
{
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  gint64 end;

  g_test_summary ("A stream of large answers is no frame that does not end");

  process_test_begin (&test, 1);
  PROCESS_EXECUTOR (&test)->manager->frame_us = 20 * 1000;
  end = g_get_monotonic_time () + 300 * 1000;
  while (g_get_monotonic_time () < end)
    {
      for (guint i = 0; i < 100; i++)
        g_ptr_array_add (futures, process_submit (&test, "make-bytes", "(t)", (guint64) 40000));
      for (guint i = 0; i < futures->len; i++)
        process_expect_done (futures->pdata[i]);
      g_ptr_array_set_size (futures, 0);
    }
  process_test_end (&test);
}

static void
test_stays (void)
{
  ProcessTest test;

  g_test_summary ("A worker that does not leave when it is told so is killed");

  begin (&test, 2, "stay");
  PROCESS_EXECUTOR (&test)->manager->leave_us = 50 * 1000;
  assert_squares (&test, 100);
  process_test_end (&test);
}

static void
test_stays_one_by_one (void)
{
  enum { N_CALLS = 12, N_WORKERS = 2 };
  ProcessTest test;
  CfutFuture *futures[N_CALLS];

  g_test_summary ("Of workers that take long to leave there are never many");

  begin (&test, N_WORKERS, "stay");
  PROCESS_EXECUTOR (&test)->manager->leave_us = 500 * 1000;
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 1);
  for (gint64 i = 0; i < N_CALLS; i++)
    futures[i] = process_submit (&test, "square", "(x)", i);
  for (guint i = 0; i < N_CALLS; i++)
    {
      process_expect_done (futures[i]);
      g_assert_cmpuint (process_count_workers (&test), <=, 2 * N_WORKERS + 1);
    }
  process_test_end (&test);
}

/* ---- A worker that cannot claim calls. */

static void
test_no_claims (void)
{
  ProcessTest test;
  CfutFuture *future;

  g_test_summary ("A worker that cannot claim calls gets them one by one");

  begin (&test, 2, "no-claims");
  assert_squares (&test, 300);
  g_assert_cmpint (process_get_pid (&test), >, 0);
  for (guint i = 0; i < 100; i++)
    {
      gboolean cancelled;

      future = process_submit (&test, "square", "(x)", G_GINT64_CONSTANT (2));
      cancelled = cfut_future_cancel (future);
      cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL);
      g_assert_cmpint (cfut_future_get_state (future), ==,
                       cancelled ? CFUT_FUTURE_STATE_CANCELLED : CFUT_FUTURE_STATE_DONE);
      g_object_unref (future);
    }
  process_test_end (&test);
}

static void
test_hang (void)
{
  ProcessTest test;
  CfutFuture *future;

  g_test_summary ("A worker that does not read its control socket is killed all the same");

  begin (&test, 1, "hang");
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 10 * 1000);
  for (guint i = 0; i < 5; i++)
    {
      future = process_submit (&test, "pid", "()");
      cfut_future_wait (future, 5000, NULL);
      g_assert_true (cfut_future_cancel (future));
      process_expect_cancelled (future);
    }
  assert_squares (&test, 5);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (crimes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/hostile/crime/%s", crimes[i].mode);
      g_autofree char *alone = g_strdup_printf ("/hostile/crime-alone/%s", crimes[i].mode);

      g_test_add_data_func (path, &crimes[i], test_crime);
      g_test_add_data_func (alone, &crimes[i], test_crime_without_calls_before);
    }
  g_test_add_func ("/hostile/crime-is-retried", test_crime_is_retried);
  g_test_add_func ("/hostile/twice", test_twice);
  g_test_add_func ("/hostile/skip", test_skip);
  g_test_add_func ("/hostile/flood", test_flood);
  g_test_add_func ("/hostile/nan", test_nan);
  g_test_add_func ("/hostile/lie-duration", test_lie_duration);
  g_test_add_func ("/hostile/long-error", test_long_error);
  g_test_add_data_func ("/hostile/never-serves/early-result", "early-result", test_never_serves);
  g_test_add_data_func ("/hostile/never-serves/bad-types", "bad-types", test_never_serves);
  g_test_add_func ("/hostile/never-ready", test_never_ready);
  g_test_add_func ("/hostile/long-initializer", test_long_initializer);
  g_test_add_data_func ("/hostile/silence/body", "silent-body", test_silence);
  g_test_add_data_func ("/hostile/silence/header", "silent-header", test_silence);
  g_test_add_func ("/hostile/stream-is-no-silence", test_stream_is_no_silence);
  g_test_add_func ("/hostile/stays", test_stays);
  g_test_add_func ("/hostile/stays-one-by-one", test_stays_one_by_one);
  g_test_add_func ("/hostile/no-claims", test_no_claims);
  g_test_add_func ("/hostile/hang", test_hang);

  return g_test_run ();
}
