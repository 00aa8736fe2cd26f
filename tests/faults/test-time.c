/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "oracle.h"
#include "process/cfut-process-executor-private.h"

/* F53 to F57: time. */

/* ---- A wall clock that jumps, in this program: these take the place of the
 * functions that libraries call. */
static gint wall_offset; /* atomic; seconds */

typedef int (*ClockGetTime) (clockid_t        clock,
                             struct timespec *now);

int
clock_gettime (clockid_t        clock,
               struct timespec *now)
{
  static gpointer symbol; /* atomic; the same whoever sets it */
  ClockGetTime real = g_atomic_pointer_get (&symbol);
  int result;

  if (real == NULL)
    {
      real = (ClockGetTime) dlsym (RTLD_NEXT, "clock_gettime");
      g_atomic_pointer_set (&symbol, real);
    }
  result = real (clock, now);
  if (clock == CLOCK_REALTIME)
    now->tv_sec += g_atomic_int_get (&wall_offset);

  return result;
}

typedef int (*GetTimeOfDay) (struct timeval *now,
                             void           *zone);

int
gettimeofday (struct timeval *now,
              void           *zone)
{
  GetTimeOfDay real = (GetTimeOfDay) dlsym (RTLD_NEXT, "gettimeofday");
  int result = real (now, zone);

  now->tv_sec += g_atomic_int_get (&wall_offset);

  return result;
}

static void
jump (gint seconds)
{
  g_atomic_int_set (&wall_offset, seconds);
}

/* ---- F53: hard time-outs. */

static void
test_few_hang (void)
{
  enum { N_CALLS = 1000 };
  FaultTest test;
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (50 * 1000);

  g_test_summary ("Of a thousand calls exactly the ten that hang time out, and their workers are replaced");

  fault_begin (&test, 2);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 0);
  for (int i = 0; i < N_CALLS; i++)
    {
      if (i % 100 == 50)
        fault_submit_only (&test, options, "spin-forever", "(iii)", i, -1, -1);
      else
        fault_submit_only (&test, NULL, "square", "(x)", (gint64) i);
    }
  g_assert_cmpuint (fault_count_failed (&test, G_IO_ERROR, G_IO_ERROR_TIMED_OUT), ==, 10);
  fault_assert_serves (&test, 10);
  fault_end (&test);
}

/* ---- F54, F55: workers that do not heed. */

static void
test_deaf (gconstpointer function)
{
  FaultTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (200 * 1000);
  CfutFuture *future;
  int pid;

  g_test_summary ("A call that heeds nothing fails when its time is over, and its worker is killed after the grace");

  gate_init (&gate);
  fault_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 20 * 1000);
  cfut_submit_options_set_retries (options, CFUT_RETRY_FOREVER);
  future = fault_track (&test, gate_submit_full (&gate, &test.process, options, function, 0));
  pid = gate_next (&gate).pid;
  process_expect_error (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "");
  g_assert_cmpint (process_get_pid (&test.process), !=, pid);
  process_await_exit (pid);
  /* It is not retried. */
  g_assert_false (gate_has_next (&gate));
  g_assert_cmpuint (fault_get_stat (&test, cfut_stats_get_n_kills), ==, 1);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_deaf_reader (void)
{
  FaultTest test;

  g_test_summary ("A worker that does not read its control socket is killed all the same");

  fault_begin_evil (&test, 1, "hang");
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 10 * 1000);
  for (guint i = 0; i < 5; i++)
    {
      CfutFuture *future = fault_submit (&test, NULL, "pid", "()");

      cfut_future_wait (future, 5000, NULL);
      g_assert_true (cfut_future_cancel (future));
      process_expect_cancelled (future);
    }
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_stopped (void)
{
  FaultTest test;
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (30 * 1000);
  Gate gate;
  CfutFuture *future;
  int pid;

  g_test_summary ("A worker that is stopped while it runs a call is killed and replaced");

  gate_init (&gate);
  fault_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 10 * 1000);

  process_expect_error (fault_submit (&test, options, "stop-self", "()"), G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "");
  fault_assert_serves (&test, 1);

  future = fault_track (&test, gate_submit (&gate, &test.process, "hold-politely", 0));
  pid = gate_next (&gate).pid;
  kill (pid, SIGSTOP);
  g_assert_true (cfut_future_cancel (future));
  process_expect_cancelled (future);
  g_assert_cmpint (process_get_pid (&test.process), !=, pid);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_stopped_idle (void)
{
  FaultTest test;
  int pid;

  g_test_summary ("A call that was sent to a worker that is stopped, and had not started, is run by another one");

  fault_begin (&test, 1);
  PROCESS_EXECUTOR (&test.process)->manager->claim_us = 20 * 1000;
  PROCESS_EXECUTOR (&test.process)->manager->leave_us = 20 * 1000;
  pid = process_get_pid (&test.process);
  kill (pid, SIGSTOP);

  process_expect_done (fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (7)));
  g_assert_cmpint (process_get_pid (&test.process), !=, pid);
  process_await_exit (pid);
  fault_end (&test);
}

static void
test_never_takes (void)
{
  FaultTest test;

  g_test_summary ("Of a program whose workers never take a call three are tried, and it says so");

  fault_begin_evil (&test, 1, "never-takes");
  PROCESS_EXECUTOR (&test.process)->manager->claim_us = 20 * 1000;
  PROCESS_EXECUTOR (&test.process)->manager->leave_us = 20 * 1000;
  process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN,
                        "did not take a call");
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

static void
test_takes_slowly (void)
{
  g_autofree char *blanks = g_strnfill (1024 * 1024, ' ');
  g_autofree char *text = g_strconcat ("truth", blanks, NULL);
  FaultTest test;

  g_test_summary ("A worker that takes long to read a call, but reads, may do so");

  fault_begin_evil (&test, 1, "sips");
  PROCESS_EXECUTOR (&test.process)->manager->claim_us = G_USEC_PER_SEC;
  process_expect_done (fault_submit (&test, NULL, "lie", "(su)", text, 0));
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

/* ---- F56: soft time-outs. */

static void
test_polite (void)
{
  guint n_rounds = fault_scale (3, 20);
  FaultTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (200 * 1000);
  int pid;

  g_test_summary ("A call that heeds its cancellable times out, and its worker stays");

  gate_init (&gate);
  fault_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), -1);
  pid = process_get_pid (&test.process);
  for (guint i = 0; i < n_rounds; i++)
    {
      process_expect_error (fault_track (&test, gate_submit_full (&gate, &test.process, options, "hold-politely", 0)),
                            G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "");
      g_assert_cmpint (gate_next (&gate).pid, ==, pid);
    }
  g_assert_cmpint (process_get_pid (&test.process), ==, pid);
  g_assert_cmpuint (fault_get_stat (&test, cfut_stats_get_n_kills), ==, 0);
  fault_end (&test);
  gate_clear (&gate);
}

/* ---- F57: a wall clock that jumps. */

static void
test_wall_clock (void)
{
  static const gint jumps[] = { 86400, -3600, 0, 1000000, -1000000, 0 };
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (100 * G_USEC_PER_SEC);
  gint64 before, after;
  FaultTest test;
  Gate gate, other;

  g_test_summary ("A wall clock that is set ends no call, and keeps none from ending");

  /* It does jump. */
  before = g_get_real_time ();
  jump (86400);
  after = g_get_real_time ();
  jump (0);
  g_assert_cmpint (after - before, >, G_GINT64_CONSTANT (86000) * G_USEC_PER_SEC);

  gate_init (&gate);
  gate_init (&other);
  fault_begin (&test, 2);
  cfut_submit_options_set_deadline (options, 200 * G_USEC_PER_SEC);
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      g_autoptr(CfutSubmitOptions) short_options = fault_with_timeout (20 * 1000);
      CfutFuture *held = fault_track (&test, gate_submit_full (&gate, &test.process, options, "hold", i));

      gate_next (&gate);
      jump (jumps[i]);
      process_expect_error (fault_track (&test, gate_submit_full (&other, &test.process, short_options, "hold-politely", i)),
                            G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "");
      gate_let_through (&gate, 1);
      process_expect_done (held);
    }
  jump (0);
  fault_end (&test);
  gate_clear (&other);
  gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F53/few-hang", test_few_hang);
  g_test_add_data_func ("/faults/F54/holds", "hold", test_deaf);
  g_test_add_data_func ("/faults/F54/deaf", "hold-deaf", test_deaf);
  g_test_add_data_func ("/faults/F54/busy", "spin-forever", test_deaf);
  g_test_add_func ("/faults/F54/deaf-reader", test_deaf_reader);
  g_test_add_func ("/faults/F55/stopped", test_stopped);
  g_test_add_func ("/faults/F55/stopped-idle", test_stopped_idle);
  g_test_add_func ("/faults/F55/never-takes", test_never_takes);
  g_test_add_func ("/faults/F55/takes-slowly", test_takes_slowly);
  g_test_add_func ("/faults/F56/polite", test_polite);
  g_test_add_func ("/faults/F57/wall-clock", test_wall_clock);

  return g_test_run ();
}
