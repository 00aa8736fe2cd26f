/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "killer.h"

/* F73 to F78, and F80: what surrounds the program. Whatever changes it for good runs in a
 * process of its own. */

static void
run_in_subprocess (void)
{
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Deaths of all kinds, and retries: what F01 does, in small. */
static void
run_with_deaths (FaultTest *test)
{
  guint n_rounds = 2 * fault_scale (5, 50);
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (10);

  for (guint i = 0; i < n_rounds; i++)
    {
      CfutFuture *dying = fault_submit (test, NULL, "die", "(is)", i % 2 == 0 ? SIGSEGV : SIGKILL, "");
      CfutFuture *other = fault_submit (test, options, "abort-until", "(i)", 3);

      process_expect_error (dying, CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "while running \"die\"");
      process_expect_int (other, 3);
    }
}

/* ---- F73: descriptors. */

static void
test_descriptors (void)
{
  FaultTest test;
  g_autofree char *dir_path = NULL;
  g_autoptr(GDir) dir = NULL;
  const char *name;
  int fds[50], pid;

  g_test_summary ("A worker has none of the program's descriptors, close-on-exec or not");

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open ("/dev/zero", O_RDONLY);
  fault_begin (&test, 1);
  pid = process_get_pid (&test.process);
  dir_path = g_strdup_printf ("/proc/%d/fd", pid);
  dir = g_dir_open (dir_path, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir_path, name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      g_assert_cmpstr (target, !=, "/dev/zero");
    }
  g_clear_pointer (&dir, g_dir_close);
  fault_end (&test);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

/* ---- F74: prints. */

static void
test_prints (void)
{
  g_test_summary ("Ten megabytes of prints, and reads of standard input, disturb no result");

  if (g_test_subprocess ())
    {
      guint n_calls = fault_scale (1000, 10000);
      FaultTest test;

      fault_begin (&test, 2);
      for (guint i = 0; i < n_calls; i++)
        {
          if (i % 100 == 0)
            fault_submit_only (&test, NULL, "print-much", "(u)", 80000 / (n_calls / 100));
          else if (i % 100 == 1)
            process_expect_int (fault_submit (&test, NULL, "read-input", "()"), 0);
          else
            fault_submit_only (&test, NULL, "square", "(x)", (gint64) i);
        }
      g_assert_cmpuint (fault_count_failed (&test, CFUT_ERROR, 0), ==, 0);
      g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
      fault_end (&test);
      return;
    }

  run_in_subprocess ();
}

/* ---- F75: Ctrl-C. */

static gint n_interrupts; /* atomic */

static void
interrupted (int signum)
{
  g_atomic_int_inc (&n_interrupts);
}

static void
test_interrupt (void)
{
  g_test_summary ("Ctrl-C, which goes to the whole group, is the program's business: its workers live on");

  if (g_test_subprocess ())
    {
      FaultTest test;
      Gate gate;
      CfutFuture *future;
      int pid;

      g_assert_cmpint (setpgid (0, 0), ==, 0);
      gate_init (&gate);
      fault_begin (&test, 2);
      process_prestart (&test.process);
      future = fault_track (&test, gate_submit (&gate, &test.process, "hold", 0));
      pid = gate_next (&gate).pid;

      signal (SIGINT, interrupted);
      g_assert_cmpint (kill (0, SIGINT), ==, 0);
      g_assert_cmpint (g_atomic_int_get (&n_interrupts), ==, 1);

      gate_open (&gate);
      process_expect_int (future, pid);
      fault_assert_serves (&test, 20);
      g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
      fault_end (&test);
      gate_clear (&gate);
      return;
    }

  run_in_subprocess ();
}

/* ---- F76: others that reap. */

static gpointer
reaper_thread (gpointer data)
{
  gint *stop = data;

  while (!g_atomic_int_get (stop))
    {
      /* Nothing to wait for: no reason to burn. */
      if (waitpid (-1, NULL, WNOHANG) <= 0)
        g_thread_yield ();
    }

  return NULL;
}

static void
test_foreign_reaper (void)
{
  g_test_summary ("Deaths are seen though another thread reaps every child");

  if (g_test_subprocess ())
    {
      FaultTest test;
      GThread *thread;
      gint stop = FALSE;

      fault_begin (&test, 2);
      thread = g_thread_new ("reaper", reaper_thread, &stop);
      run_with_deaths (&test);
      g_atomic_int_set (&stop, TRUE);
      g_thread_join (thread);
      fault_end (&test);
      return;
    }

  run_in_subprocess ();
}

static void
test_ignored_sigchld (void)
{
  g_test_summary ("Deaths are seen though this program ignores SIGCHLD");

  if (g_test_subprocess ())
    {
      FaultTest test;

      fault_begin (&test, 2);
      signal (SIGCHLD, SIG_IGN);
      run_with_deaths (&test);
      fault_end (&test);
      return;
    }

  run_in_subprocess ();
}

static void
child_ended_cb (GPid     pid,
                int      status,
                gpointer user_data)
{
  g_atomic_int_inc ((gint *) user_data);
  g_spawn_close_pid (pid);
}

static void
test_child_watch (void)
{
  guint n_children = fault_scale (20, 200);
  gint n_ended = 0;
  FaultTest test;

  g_test_summary ("This program may watch children of its own at the same time");

  fault_begin (&test, 2);
  for (guint i = 0; i < n_children; i++)
    {
      g_autoptr(GError) error = NULL;
      GPid pid;

      g_spawn_async (NULL, (char *[]) { (char *) "true", NULL }, NULL,
                     G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL, &pid, &error);
      g_assert_no_error (error);
      g_child_watch_add (pid, child_ended_cb, &n_ended);
      if (i % 10 == 0)
        run_with_deaths (&test);
    }
  while ((guint) g_atomic_int_get (&n_ended) < n_children)
    g_main_context_iteration (NULL, TRUE);
  fault_end (&test);
}

static void
test_subreaper (void)
{
  g_test_summary ("A program that is given the orphans of others has its workers' orphans too, and nothing breaks");

  if (g_test_subprocess ())
    {
      FaultTest test;
      Gate gate;
      int grandchild;

      g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
      gate_init (&gate);
      fault_begin (&test, 2);
      run_with_deaths (&test);
      process_expect_error (fault_track (&test, gate_submit (&gate, &test.process, "fork-and-die", 0)),
                            CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 9");
      grandchild = gate_next (&gate).pid;
      gate_open (&gate);
      g_assert_cmpint (waitpid (grandchild, NULL, 0), ==, grandchild);
      fault_end (&test);
      gate_clear (&gate);
      return;
    }

  run_in_subprocess ();
}

/* ---- F77: an old kernel. The whole of test-death.c runs so, too. */

static void
test_without_pidfd (void)
{
  g_autofree char *tool = g_test_build_filename (G_TEST_BUILT, "support", "without-pidfd", NULL);
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "test-faults-death", NULL);
  g_autofree char *output = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without pidfds all deaths are seen by other means");

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                              tool, program, "-p", "/faults/F01", "-p", "/faults/F10", NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("%s", output);
  if (strstr (output, "# SKIP") != NULL)
    g_test_skip ("There is no seccomp here");
}

/* ---- F78: odd hosts. */

/* What /proc/PID/status says of a worker's @field. */
static char *
get_worker_status (FaultTest  *test,
                   const char *field)
{
  g_autoptr(CfutFuture) future = fault_submit (test, NULL, "read-file", "(s)", "/proc/self/status");
  g_autoptr(GVariant) result = process_result (future);
  const char *line = strstr (g_variant_get_string (result, NULL), field);

  g_assert_nonnull (line);
  line += strlen (field);

  return g_strstrip (g_strndup (line, strcspn (line, "\n")));
}

static void
block_signals (void)
{
  sigset_t all;

  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);
}

/* Signals that are to end a worker. */
static const int ended_by[] = { SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGALRM };

static void
ignore_signals (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ended_by); i++)
    signal (ended_by[i], SIG_IGN);
}

static void
forbid_files (void)
{
  umask (0777);
}

static void
lose_directory (void)
{
  g_autofree char *dir = g_dir_make_tmp ("cfut-XXXXXX", NULL);

  g_assert_cmpint (g_chdir (dir), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
preload (void)
{
  g_setenv ("LD_PRELOAD", "libm.so.6", TRUE);
}

static void
close_input (void)
{
  close (STDIN_FILENO);
}

static void
empty_environment (void)
{
  g_unsetenv ("PATH");
  g_unsetenv ("HOME");
  g_unsetenv ("LANG");
  g_unsetenv ("TMPDIR");
}

static void
become_nobody (void)
{
  g_assert_cmpint (setgid (65534), ==, 0);
  g_assert_cmpint (setuid (65534), ==, 0);
}

typedef struct
{
  const char *name;
  void (*make_odd) (void);
} Host;

static const Host hosts[] = {
  { "blocks-signals", block_signals },
  { "ignores-signals", ignore_signals },
  { "forbids-files", forbid_files },
  { "lost-directory", lose_directory },
  { "preloads", preload },
  { "no-input", close_input },
  { "no-environment", empty_environment },
  { "nobody", become_nobody },
};

static void
test_odd_host (gconstpointer data)
{
  const Host *host = data;
  FaultTest test;

  g_test_summary ("However odd the program that starts them, workers work, and have a mask and dispositions of their own");

  if (host->make_odd == become_nobody && geteuid () != 0)
    {
      g_test_skip ("Only root can become somebody else");
      return;
    }
  if (host->make_odd == preload && test_is_sanitized ())
    {
      g_test_skip ("A sanitizer wants to be the first to be loaded");
      return;
    }

  if (g_test_subprocess ())
    {
      g_autofree char *blocked = NULL;
      g_autofree char *ignored = NULL;
      guint64 mask;

      host->make_odd ();
      fault_begin (&test, 2);
      blocked = get_worker_status (&test, "SigBlk:");
      ignored = get_worker_status (&test, "SigIgn:");
      g_assert_cmpstr (blocked, ==, "0000000000000000");
      mask = g_ascii_strtoull (ignored, NULL, 16);
      for (guint i = 0; i < G_N_ELEMENTS (ended_by); i++)
        g_assert_cmpuint (mask & (1u << (ended_by[i] - 1)), ==, 0);
      run_with_deaths (&test);
      fault_assert_serves (&test, 20);
      fault_end (&test);
      return;
    }

  run_in_subprocess ();
}

/* ---- F80: writes to nobody. */

static void
test_broken_pipes (void)
{
  g_test_summary ("Whenever a worker dies before something is written to it, that is no signal");

  if (g_test_subprocess ())
    {
      guint n_rounds = fault_scale (50, 1000);
      g_autoptr(CfutSubmitOptions) options = fault_with_retries (CFUT_RETRY_FOREVER);
      g_autofree guint8 *bytes = g_malloc0 (400000);
      FaultTest test;
      Gate gate;

      gate_init (&gate);
      fault_begin (&test, 1);
      fault_assert_serves (&test, 300);
      signal (SIGPIPE, SIG_DFL);
      for (guint i = 0; i < n_rounds; i++)
        {
          int pid = process_get_pid (&test.process);
          CfutFuture *future;

          if (i % 3 == 0)
            {
              future = fault_track (&test, gate_submit (&gate, &test.process, "hold-politely", 0));
              gate_next (&gate);
              kill (pid, SIGKILL);
              cfut_future_cancel (future);
              process_forget (future);
              continue;
            }

          kill (pid, SIGKILL);
          if (i % 3 == 1)
            process_await_exit (pid);
          fault_submit_only (&test, options, "echo-ay", "(@ay)",
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, i % 2 == 0 ? 100 : 400000, 1));
          process_expect_done (fault_submit (&test, options, "square", "(x)", G_GINT64_CONSTANT (4)));
        }
      fault_end (&test);
      gate_clear (&gate);
      return;
    }

  run_in_subprocess ();
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F73/descriptors", test_descriptors);
  g_test_add_func ("/faults/F74/prints", test_prints);
  g_test_add_func ("/faults/F75/interrupt", test_interrupt);
  g_test_add_func ("/faults/F76/foreign-reaper", test_foreign_reaper);
  g_test_add_func ("/faults/F76/ignored-sigchld", test_ignored_sigchld);
  g_test_add_func ("/faults/F76/child-watch", test_child_watch);
  g_test_add_func ("/faults/F76/subreaper", test_subreaper);
  g_test_add_func ("/faults/F77/without-pidfd", test_without_pidfd);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F78/%s", hosts[i].name);

      g_test_add_data_func (path, &hosts[i], test_odd_host);
    }
  g_test_add_func ("/faults/F80/broken-pipes", test_broken_pipes);

  return g_test_run ();
}
