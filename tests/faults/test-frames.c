/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "oracle.h"
#include "process/cfut-process-executor-private.h"

/* F37 to F43, F47, F49, F52: workers that do not keep to the protocol, evil-worker.c. */

/* ---- What fails the call that ran, and no other. */

typedef struct
{
  const char *row;
  const char *mode;
  const char *text;
} Crime;

static const Crime crimes[] = {
  { "F37", "magic", "0x1234" },
  { "F37", "version", "version" },
  { "F37", "type", "type" },
  { "F37", "parents-type", "" },
  { "F37", "flags", "flags" },
  { "F38", "too-large", "" },
  { "F37", "chunk-flag", "in a form that was not asked for" },
  { "F40", "unknown-call", "which it does not have" },
  { "F40", "call-zero", "" },
  { "F40", "other-attempt", "which it does not have" },
  { "F41", "ready-twice", "It was ready twice" },
  { "F49", "wrong-size", "" },
  { "F39", "empty", "" },
  { "F49", "error-garbage", "" },
  { "F41", "error-zero", "It was ready, and then it was not" },
  { "F40", "unclaimed", "It answered a call that it had not started" },
  { "F40", "progress-unknown", "which it does not have" },
  { "F49", "progress-garbage", "" },
  { "F47", "shared-beyond", "which cannot be there" },
  { "F47", "shared-too-long", "which cannot be there" },
  { "F47", "shared-wraps", "which cannot be there" },
  { "F47", "shared-index", "which cannot be there" },
  { "F47", "shared-hole", "not a value of type" },
  { "F47", "shared-short-place", "bad length of what is shared" },
  { "F47", "shared-ready", "bad flags" },
  { "F47", "shared-error-garbage", "" },
};

static void
test_crime (gconstpointer data)
{
  const Crime *crime = data;
  FaultTest test;
  g_autoptr(CfutStats) stats = NULL;
  guint n_rounds = fault_scale (5, 20);
  gsize before;

  g_test_summary ("It costs the worker its life and its call; the others are unharmed");

  fault_begin_evil (&test, 2, crime->mode);
  fault_assert_serves (&test, 20);
  before = test_get_memory ();
  for (guint i = 0; i < n_rounds; i++)
    {
      process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, crime->text);
      fault_assert_serves (&test, 5);
    }
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  stats = cfut_executor_get_stats (test.process.executor);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, n_rounds);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, n_rounds);
  fault_end (&test);
}

static void
test_crime_without_calls_before (gconstpointer data)
{
  const Crime *crime = data;
  guint n_rounds = fault_scale (5, 20);
  FaultTest test;

  g_test_summary ("Nor does it break the executor if the workers do nothing else");

  fault_begin_evil (&test, 1, crime->mode);
  for (guint i = 0; i < n_rounds; i++)
    process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, crime->text);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_crime_is_retried (void)
{
  FaultTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A call whose worker broke the protocol is retried like one whose worker died");

  fault_begin_evil (&test, 1, "unknown-call");
  cfut_submit_options_set_retries (options, 3);
  process_expect_error (fault_submit (&test, options, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "");
  stats = cfut_executor_get_stats (test.process.executor);
  g_assert_cmpuint (cfut_stats_get_n_retried (stats), ==, 3);
  fault_end (&test);
}

/* ---- What is a sin, but not against that call. */

static void
test_twice (void)
{
  FaultTest test;

  g_test_summary ("Of two results of a call the first counts, and the second condemns");

  fault_begin_evil (&test, 1, "twice");
  for (guint i = 0; i < 20; i++)
    {
      int pid = process_get_pid (&test.process);

      process_await_exit (pid);
      fault_assert_serves (&test, 5);
    }
  fault_end (&test);
}

static void
test_skip (void)
{
  FaultTest test;
  CfutFuture *skipped, *answered;
  CfutFuture *others[5];

  g_test_summary ("An answer to a later call, while an earlier one has none, condemns");

  fault_begin_evil (&test, 1, "skip");
  fault_assert_serves (&test, 300);
  skipped = fault_submit (&test, NULL, "pid", "()");
  answered = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (3));
  for (gint64 i = 0; i < 5; i++)
    others[i] = fault_submit (&test, NULL, "square", "(x)", i);
  /* Sent ahead, it is in the worker's hands, or else it was taken back. */
  cfut_future_wait (answered, 100 * 1000, NULL);
  cfut_future_cancel (skipped);
  process_forget (skipped);
  process_forget (answered);
  /* It may have answered those too, before it was dead. */
  for (guint i = 0; i < 5; i++)
    process_forget (others[i]);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_flood (void)
{
  FaultTest test;
  gsize before;

  g_test_summary ("A flood of progress reports is not borne for long, and takes no memory");

  fault_begin_evil (&test, 1, "flood");
  fault_assert_serves (&test, 5);
  before = test_get_memory ();
  process_expect_error (fault_submit (&test, NULL, "pid", "()"),
                        CFUT_ERROR, CFUT_ERROR_PROTOCOL, "bytes of progress");
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_long_progress (void)
{
  FaultTest test;

  g_test_summary ("A report of progress that is longer than all may be is refused");

  fault_begin_evil (&test, 1, "long-progress");
  process_expect_error (fault_submit (&test, NULL, "pid", "()"),
                        CFUT_ERROR, CFUT_ERROR_PROTOCOL, "bad length");
  fault_end (&test);
}

static void
test_honest_progress (void)
{
  guint n_reports = fault_scale (100000, 10000000);
  FaultTest test;

  g_test_summary ("A function may report its progress as often as it likes, also in calls that take no time");

  fault_begin (&test, 1);
  process_expect_done (fault_submit (&test, NULL, "report", "(u)", n_reports));
  for (guint i = 0; i < 1000; i++)
    fault_submit_only (&test, NULL, "report", "(u)", 3);
  fault_await_all (&test);
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  fault_end (&test);
}

static void
test_nan (void)
{
  FaultTest test;
  g_autoptr(CfutFuture) future = NULL;

  g_test_summary ("A progress that is not a number is taken for unknown");

  fault_begin_evil (&test, 1, "progress-nan");
  future = fault_submit (&test, NULL, "pid", "()");
  process_int (future);
  g_assert_cmpfloat (cfut_future_get_progress (future), ==, -1);
  g_clear_object (&future);
  fault_end (&test);
}

static void
test_lie_duration (void)
{
  FaultTest test;
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A call cannot have taken longer than its worker has lived");

  fault_begin_evil (&test, 1, "lie-duration");
  for (guint i = 0; i < 10; i++)
    process_get_pid (&test.process);
  stats = cfut_executor_get_stats (test.process.executor);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), >=, 0);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), <, 1000 * G_USEC_PER_SEC);
  fault_end (&test);
}

static void
test_long_error (void)
{
  FaultTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("An error of five megabytes comes as one of four kilobytes");

  fault_begin_evil (&test, 1, "long-error");
  future = fault_submit (&test, NULL, "pid", "()");
  error = process_error (future);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpuint (strlen (error->message), <, 4200);
  g_clear_object (&future);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- Workers that never serve. */

static void
test_never_serves (gconstpointer mode)
{
  FaultTest test;

  g_test_summary ("A worker that errs before it is ready breaks the executor, after some attempts, with the reason");

  fault_begin_evil (&test, 2, mode);
  process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "before it was ready");
  fault_end (&test);
}

/* ---- Silence. */

static void
test_silence (gconstpointer mode)
{
  FaultTest test;
  gsize before;

  g_test_summary ("A frame that does not end is waited for so long, takes no memory, and costs the call");

  fault_begin_evil (&test, 1, mode);
  PROCESS_EXECUTOR (&test.process)->manager->frame_us = 100 * 1000;
  fault_assert_serves (&test, 5);
  before = test_get_memory ();
  process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "It did not finish a frame");
  g_assert_cmpuint (test_get_memory (), <, before + 16 * 1024 * 1024);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_stream_is_no_silence (void)
{
  FaultTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  gint64 end;

  g_test_summary ("A stream of large answers is no frame that does not end");

  fault_begin (&test, 1);
  PROCESS_EXECUTOR (&test.process)->manager->frame_us = 300 * 1000;
  end = g_get_monotonic_time () + 900 * 1000;
  while (g_get_monotonic_time () < end)
    {
      for (guint i = 0; i < 100; i++)
        g_ptr_array_add (futures, fault_submit (&test, NULL, "make-bytes", "(t)", (guint64) 40000));
      for (guint i = 0; i < futures->len; i++)
        process_expect_done (futures->pdata[i]);
      g_ptr_array_set_size (futures, 0);
    }
  fault_end (&test);
}

static void
test_stays_one_by_one (void)
{
  enum { N_CALLS = 12, N_WORKERS = 2 };
  FaultTest test;
  CfutFuture *futures[N_CALLS];

  g_test_summary ("Of workers that take long to leave there are never many");

  fault_begin_evil (&test, N_WORKERS, "stay");
  PROCESS_EXECUTOR (&test.process)->manager->leave_us = 500 * 1000;
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test.process), 1);
  for (gint64 i = 0; i < N_CALLS; i++)
    futures[i] = fault_submit (&test, NULL, "square", "(x)", i);
  for (guint i = 0; i < N_CALLS; i++)
    {
      process_expect_done (futures[i]);
      g_assert_cmpuint (process_count_workers (&test.process), <=, 2 * N_WORKERS + 1);
    }
  fault_end (&test);
}

/* ---- A worker that cannot claim calls. */

static void
test_no_claims (void)
{
  FaultTest test;
  CfutFuture *future;

  g_test_summary ("A worker that cannot claim calls gets them one by one");

  fault_begin_evil (&test, 2, "no-claims");
  fault_assert_serves (&test, 300);
  g_assert_cmpint (process_get_pid (&test.process), >, 0);
  for (guint i = 0; i < 100; i++)
    {
      gboolean cancelled;

      future = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (2));
      cancelled = cfut_future_cancel (future);
      cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL);
      g_assert_cmpint (cfut_future_get_state (future), ==,
                       cancelled ? CFUT_FUTURE_STATE_CANCELLED : CFUT_FUTURE_STATE_DONE);
      g_object_unref (future);
    }
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (crimes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/%s/crime/%s", crimes[i].row, crimes[i].mode);
      g_autofree char *alone = g_strdup_printf ("/faults/%s/crime-alone/%s", crimes[i].row, crimes[i].mode);

      g_test_add_data_func (path, &crimes[i], test_crime);
      g_test_add_data_func (alone, &crimes[i], test_crime_without_calls_before);
    }
  g_test_add_func ("/faults/F40/crime-is-retried", test_crime_is_retried);
  g_test_add_func ("/faults/F40/twice", test_twice);
  g_test_add_func ("/faults/F40/skip", test_skip);
  g_test_add_func ("/faults/F43/flood", test_flood);
  g_test_add_func ("/faults/F43/long", test_long_progress);
  g_test_add_func ("/faults/F43/honest", test_honest_progress);
  g_test_add_func ("/faults/F43/nan", test_nan);
  g_test_add_func ("/faults/F37/lie-duration", test_lie_duration);
  g_test_add_func ("/faults/F52/long-error", test_long_error);
  g_test_add_data_func ("/faults/F41/never-serves/early-result", "early-result", test_never_serves);
  g_test_add_data_func ("/faults/F41/never-serves/bad-types", "bad-types", test_never_serves);
  g_test_add_data_func ("/faults/F41/never-serves/deep-type", "deep-type", test_never_serves);
  g_test_add_data_func ("/faults/F38/silence/body", "silent-body", test_silence);
  g_test_add_data_func ("/faults/F38/silence/header", "silent-header", test_silence);
  g_test_add_func ("/faults/F42/stream-is-no-silence", test_stream_is_no_silence);
  g_test_add_func ("/faults/F59/stays-one-by-one", test_stays_one_by_one);
  g_test_add_func ("/faults/F41/no-claims", test_no_claims);

  return g_test_run ();
}
