/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"

/* What becomes of workers whose parent is killed: this program, run again with
 * the argument "parent". */
#define N_WORKERS 4

static const char * const busy_with[] = { "spin-forever", "hold", "hold-deaf" };

/* Has one idle worker and three busy ones, says which, and waits to be killed. */
static int
run_parent (void)
{
  g_autofree int *pids = NULL;
  gsize n_pids;
  ProcessTest test;
  Gate gate;

  gate_init (&gate);
  process_test_begin (&test, N_WORKERS);
  process_prestart (&test);
  for (guint i = 0; i < G_N_ELEMENTS (busy_with); i++)
    {
      gate_submit (&gate, &test, busy_with[i], i);
      gate_next (&gate);
    }

  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test), &n_pids);
  for (gsize i = 0; i < n_pids; i++)
    printf ("%d\n", pids[i]);
  fflush (stdout);
  while (TRUE)
    pause ();

  return 1;
}

static void
watch_workers (GSubprocess   *parent,
               struct pollfd *workers)
{
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (parent));

  for (guint i = 0; i < N_WORKERS; i++)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
      int pidfd;

      g_assert_nonnull (line);
      pidfd = syscall (SYS_pidfd_open, atoi (line), 0);
      g_assert_cmpint (pidfd, >=, 0);
      workers[i] = (struct pollfd) { pidfd, POLLIN, 0 };
      g_assert_cmpint (poll (&workers[i], 1, 0), ==, 0);
    }
}

static void
test_killed_parent (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) parent = NULL;
  struct pollfd workers[N_WORKERS];
  TestCensus census;
  gint64 killed_at, took_us;

  g_test_summary ("When a program is killed all its workers die, idle, busy or deaf");

  if (test_is_under_valgrind ())
    {
      g_test_skip ("valgrind does not know pidfd_open()");
      return;
    }

  test_census_take (&census);
  parent = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "parent", NULL);
  g_assert_no_error (error);
  watch_workers (parent, workers);

  killed_at = g_get_monotonic_time ();
  g_subprocess_force_exit (parent);
  for (guint i = 0; i < N_WORKERS; i++)
    g_assert_cmpint (poll (&workers[i], 1, 100000), ==, 1);
  took_us = g_get_monotonic_time () - killed_at;
  g_test_message ("That took %.1f ms", took_us / 1000.0);
  /* Only where no other test keeps the machine busy. */
  if (g_test_slow ())
    g_assert_cmpint (took_us, <=, 100 * 1000);

  for (guint i = 0; i < N_WORKERS; i++)
    close (workers[i].fd);
  g_subprocess_wait (parent, NULL, NULL);
  g_clear_object (&parent);
  test_census_check (&census);
}

int
main (int    argc,
      char **argv)
{
  process_register_functions ();
  cfut_init (&argc, &argv);
  if (argc == 2 && g_str_equal (argv[1], "parent"))
    return run_parent ();

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/faults/F19/killed-parent", test_killed_parent);

  return g_test_run ();
}
