/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"

/*
 * F19 to F27: what becomes of workers whose parent is killed: this program, run
 * again with the arguments "parent" and what is special about it. For F22, workers
 * of other languages in a loop, see test-chaos.py and test-orphans.js.
 */
#define N_WORKERS 4

static const char * const busy_with[] = { "spin-forever", "hold", "hold-deaf" };

static void
submit_busy (ProcessTest *test,
             Gate        *gate)
{
  for (guint i = 0; i < G_N_ELEMENTS (busy_with); i++)
    {
      gate_submit (gate, test, busy_with[i], i);
      gate_next (gate);
    }
}

/* Workers ask for the signal at the death of their parent "late", or "never". */
static void
delay_signal (ProcessTest *test,
              const char  *until)
{
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_autofree char *shim = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "faults", "liblate-prctl.so", NULL);

  cfut_worker_setup_set_environment (setup, "LD_PRELOAD", shim);
  cfut_worker_setup_set_environment (setup, "CFUT_TEST_PRCTL", until);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (test), setup);
}

/* Workers that are not ready yet, and will not be before their parent is dead. */
static void
start_late (ProcessTest *test)
{
  delay_signal (test, "late");
  cfut_process_executor_prestart (PROCESS_EXECUTOR (test));
  while (process_count_workers (test) == 0)
    g_usleep (1000);
}

/* A process that has all that this one has open; it is not told of our death. */
static int
fork_sibling (void)
{
  int pid = fork ();

  if (pid == 0)
    while (TRUE)
      pause ();

  return pid;
}

/* Has idle workers and busy ones, says which, and waits to be killed. The first
 * number is that of the sibling. */
static int
run_parent (const char *how)
{
  g_autofree int *pids = NULL;
  gsize n_pids;
  ProcessTest test;
  Gate gate;
  int sibling = 0;

  gate_init (&gate);
  process_test_begin (&test, N_WORKERS);
  if (g_str_equal (how, "unsignalled"))
    delay_signal (&test, "never");
  if (g_str_equal (how, "late"))
    start_late (&test);
  else
    process_prestart (&test);
  if (!g_str_equal (how, "late") && !g_str_equal (how, "idle") && !g_str_equal (how, "stopped"))
    submit_busy (&test, &gate);
  if (g_str_equal (how, "sibling") || g_str_equal (how, "late"))
    sibling = fork_sibling ();

  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test), &n_pids);
  printf ("%d\n", sibling);
  for (gsize i = 0; i < n_pids; i++)
    {
      if (g_str_equal (how, "stopped"))
        {
          kill (pids[i], SIGSTOP);
          process_await_run_state (pids[i], 'T');
        }
      printf ("%d\n", pids[i]);
    }
  printf ("0\n");
  fflush (stdout);
  while (TRUE)
    pause ();

  return 1;
}

static int
read_number (GDataInputStream *lines)
{
  g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

  g_assert_nonnull (line);

  return atoi (line);
}

/* Opens a pidfd for each worker; returns how many there are. */
static guint
watch_workers (GDataInputStream *lines,
               struct pollfd    *workers)
{
  guint n = 0;
  int pid;

  while ((pid = read_number (lines)) != 0)
    {
      int pidfd = syscall (SYS_pidfd_open, pid, 0);

      g_assert_cmpint (pidfd, >=, 0);
      g_assert_cmpuint (n, <, N_WORKERS);
      workers[n] = (struct pollfd) { pidfd, POLLIN, 0 };
      g_assert_cmpint (poll (&workers[n], 1, 0), ==, 0);
      n++;
    }

  return n;
}

/* Both ways to learn of it take far less. */
static gint64
get_bound (const char *how)
{
  return g_str_equal (how, "idle") || g_str_equal (how, "stopped") ? 50 * 1000 : 100 * 1000;
}

static void
kill_parent (const char *how)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) parent = NULL;
  g_autoptr(GDataInputStream) lines = NULL;
  struct pollfd workers[N_WORKERS];
  gint64 killed_at, took_us;
  guint n_workers;
  int sibling;

  parent = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "parent", how, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (parent));
  sibling = read_number (lines);
  n_workers = watch_workers (lines, workers);
  g_assert_cmpuint (n_workers, >, 0);

  killed_at = g_get_monotonic_time ();
  g_subprocess_force_exit (parent);
  for (guint i = 0; i < n_workers; i++)
    {
      g_assert_cmpint (poll (&workers[i], 1, 100000), ==, 1);
      close (workers[i].fd);
    }
  took_us = g_get_monotonic_time () - killed_at;
  g_test_message ("That took %.1f ms", took_us / 1000.0);
  /* Only where no other test keeps the machine busy. */
  if (g_test_slow ())
    g_assert_cmpint (took_us, <=, get_bound (how));

  if (sibling > 0)
    {
      kill (sibling, SIGKILL);
      process_await_exit (sibling);
    }
  g_subprocess_wait (parent, NULL, NULL);
}

static void
test_killed_parent (gconstpointer how)
{
  FaultTest test;

  g_test_summary ("When a program is killed all its workers die, whatever they do and whoever holds their sockets");

  fault_begin_bare (&test);
  kill_parent (how);
  fault_end (&test);
}

static void
test_late (void)
{
  guint n_rounds = fault_scale (3, 20);
  FaultTest test;

  g_test_summary ("A worker whose parent dies before it could ask to be told leaves by itself");

  fault_begin_bare (&test);
  for (guint i = 0; i < n_rounds; i++)
    kill_parent ("late");
  fault_end (&test);
}

static void
test_subreaper (void)
{
  g_test_summary ("... also if the parent it has then is another process, and not the first");

  if (g_test_subprocess ())
    {
      guint n_rounds = fault_scale (3, 20);
      FaultTest test;

      fault_begin_bare (&test);
      g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
      for (guint i = 0; i < n_rounds; i++)
        {
          kill_parent ("late");
          while (waitpid (-1, NULL, 0) > 0)
            continue;
        }
      fault_end (&test);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- F27: the thread that asked for workers. */

static gpointer
prestart_thread (gpointer user_data)
{
  FaultTest *test = user_data;

  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test->process));
  process_expect_done (process_submit (&test->process, "pid", "()"));

  return NULL;
}

static void
test_thread_ends (void)
{
  FaultTest test;
  gsize n_pids;

  g_test_summary ("The end of the thread for which workers were started is not theirs");

  fault_begin (&test, 2);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test.process), -1);
  g_thread_join (g_thread_new ("prestart", prestart_thread, &test));
  process_await_workers (&test.process, 2);
  process_prestart (&test.process);
  g_thread_pool_stop_unused_threads ();
  /* GLib's idle threads end after 15 s. */
  g_usleep ((g_test_slow () ? 20 * G_USEC_PER_SEC : G_USEC_PER_SEC / 20));
  g_free (cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test.process), &n_pids));
  g_assert_cmpuint (n_pids, ==, 2);
  fault_assert_serves (&test, 20);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "parent"))
    {
      process_register_functions ();
      cfut_init (&argc, &argv);
      return run_parent (argv[2]);
    }

  fault_test_init (&argc, &argv);

  /* It does not know pidfd_open(). */
  if (!test_is_under_valgrind ())
    {
      g_test_add_data_func ("/faults/F19/idle", "idle", test_killed_parent);
      g_test_add_data_func ("/faults/F20/busy", "busy", test_killed_parent);
      /* There is no end of file then, only the signal at the death. */
      g_test_add_data_func ("/faults/F21/only-signal", "sibling", test_killed_parent);
      g_test_add_data_func ("/faults/F24/sibling", "sibling", test_killed_parent);
      g_test_add_data_func ("/faults/F25/stopped", "stopped", test_killed_parent);
      /* A sanitizer wants to be the first to be loaded. */
      if (!test_is_sanitized ())
        {
          /* There is no signal then, only the end of file. */
          g_test_add_data_func ("/faults/F20/only-watcher", "unsignalled", test_killed_parent);
          g_test_add_func ("/faults/F23/late", test_late);
          g_test_add_func ("/faults/F26/subreaper", test_subreaper);
        }
    }
  g_test_add_func ("/faults/F27/thread-ends", test_thread_ends);

  return g_test_run ();
}
