/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "process-support.h"

/* What workers are kept from. This program, run again with the argument
 * "terminal", is the program in a terminal. */

#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

/* Notes itself and a child of it, which both hold. */
FUNCTION (hold_with_child)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  fork ();
  gate_end_note (&gate, call);
  gate_end_pass (&gate);

  return g_variant_new_int32 (getpid ());
}

static char *
find_value (const char *status,
            const char *key)
{
  const char *line = strstr (status, key);

  g_assert_nonnull (line);
  line += strlen (key);

  return g_strstrip (g_strndup (line, strcspn (line, "\n")));
}

/* The line of a worker's /proc/self/status. */
static char *
get_status (ProcessTest *test,
            const char  *key)
{
  g_autoptr(GVariant) status = process_call (test, "read-file", "(s)", "/proc/self/status");

  return find_value (g_variant_get_string (status, NULL), key);
}

/* The same of this process. */
static char *
get_own_status (const char *key)
{
  g_autofree char *status = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents ("/proc/self/status", &status, NULL, &error);
  g_assert_no_error (error);

  return find_value (status, key);
}

static void
assert_ignored (ProcessTest *test,
                int          signum,
                gboolean     expected)
{
  g_autofree char *mask = get_status (test, "SigIgn:");
  guint64 ignored = g_ascii_strtoull (mask, NULL, 16);

  g_assert_cmpint ((ignored >> (signum - 1)) & 1, ==, expected);
}

static void
test_limits (void)
{
  ProcessTest test;
  g_autofree char *new_privileges = NULL;
  int pid;

  g_test_summary ("A worker gets no new privileges, and leads a process group");

  process_test_begin (&test, 1);
  g_assert_cmpint (cfut_process_executor_get_sandbox (PROCESS_EXECUTOR (&test)), ==, CFUT_SANDBOX_LIMITS);

  pid = process_get_pid (&test);
  g_assert_cmpint (getpgid (pid), ==, pid);
  g_assert_cmpint (getsid (pid), ==, getsid (0));
  new_privileges = get_status (&test, "NoNewPrivs:");
  g_assert_cmpstr (new_privileges, ==, "1");
  assert_ignored (&test, SIGTTIN, TRUE);
  assert_ignored (&test, SIGTTOU, TRUE);

  process_test_end (&test);
}

static void
test_none (void)
{
  ProcessTest test;
  g_autofree char *new_privileges = NULL;
  g_autofree char *own = get_own_status ("NoNewPrivs:");

  g_test_summary ("Without a sandbox a worker is in the group of its program, and may do the same");

  process_test_begin (&test, 1);
  g_object_set (test.executor, "sandbox", CFUT_SANDBOX_NONE, NULL);

  g_assert_cmpint (getpgid (process_get_pid (&test)), ==, getpgrp ());
  new_privileges = get_status (&test, "NoNewPrivs:");
  g_assert_cmpstr (new_privileges, ==, own);
  assert_ignored (&test, SIGTTOU, FALSE);

  process_test_end (&test);
}

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    user_data)
{
  (*(guint *) user_data)++;
}

static void
test_property (void)
{
  ProcessTest test;
  CfutSandbox sandbox;
  guint n_changes = 0;

  g_test_summary ("The level is a property that tells when it changes");

  process_test_begin (&test, 1);
  g_signal_connect (test.executor, "notify::sandbox", G_CALLBACK (count_notify_cb), &n_changes);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), CFUT_SANDBOX_LIMITS);
  g_assert_cmpuint (n_changes, ==, 0);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), CFUT_SANDBOX_NONE);
  g_assert_cmpuint (n_changes, ==, 1);
  g_object_get (test.executor, "sandbox", &sandbox, NULL);
  g_assert_cmpint (sandbox, ==, CFUT_SANDBOX_NONE);
  process_test_end (&test);
}

/* Has a worker killed that runs a call and has a child. The child's pid. */
static int
kill_with_child (CfutSandbox  sandbox,
                 Gate        *gate)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  int worker, first, second;

  process_test_begin (&test, 1);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), sandbox);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 0);
  worker = process_get_pid (&test);

  future = gate_submit (gate, &test, "hold-with-child", 0);
  first = gate_next (gate).pid;
  second = gate_next (gate).pid;
  g_assert_true (first == worker || second == worker);

  cfut_future_cancel (future);
  process_expect_cancelled (g_steal_pointer (&future));
  process_test_end (&test);

  return first == worker ? second : first;
}

static void
test_children (void)
{
  Gate gate;
  int child;

  g_test_summary ("What a worker has started is killed with it, unless there is no sandbox");

  gate_init (&gate);

  process_await_exit (kill_with_child (CFUT_SANDBOX_LIMITS, &gate));

  child = kill_with_child (CFUT_SANDBOX_NONE, &gate);
  g_assert_cmpint (process_get_run_state (child), !=, 'Z');
  g_assert_true (process_exists (child));
  gate_open (&gate);
  process_await_exit (child);

  gate_clear (&gate);
}

/* ---- A terminal. */

/* As openpty(), which asks for the other end by a call that valgrind does not
 * know. */
static void
enter_terminal (void)
{
  int master = posix_openpt (O_RDWR | O_NOCTTY);
  struct termios settings;
  int terminal;

  g_assert_cmpint (master, >=, 0);
  g_assert_cmpint (grantpt (master), ==, 0);
  g_assert_cmpint (unlockpt (master), ==, 0);
  g_assert_cmpint (setsid (), >, 0);
  terminal = open (ptsname (master), O_RDWR); /* of this session from now on */
  g_assert_cmpint (terminal, >=, 0);
  g_assert_cmpint (tcgetpgrp (terminal), ==, getpid ());

  g_assert_cmpint (tcgetattr (terminal, &settings), ==, 0);
  settings.c_lflag |= TOSTOP;
  g_assert_cmpint (tcsetattr (terminal, TCSANOW, &settings), ==, 0);
  g_assert_cmpint (dup2 (terminal, STDOUT_FILENO), ==, STDOUT_FILENO);
}

static int
run_in_terminal (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;

  enter_terminal ();
  process_test_begin (&test, 1);
  g_assert_cmpint (process_get_pid (&test), !=, tcgetpgrp (STDOUT_FILENO));
  process_expect_done (process_submit (&test, "print", "(ss)", "printed\n", ""));
  process_expect_error (process_submit (&test, "read-file", "(s)", "/dev/tty"),
                        G_FILE_ERROR, G_FILE_ERROR_IO, "Input/output");
  process_test_end (&test);

  return EXIT_SUCCESS;
}

static void
test_terminal (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) program = NULL;

  g_test_summary ("A terminal that stops what is in the background stops no worker");

  program = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, "/proc/self/exe", "terminal", NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (program, NULL, &error));
  g_assert_no_error (error);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("hold-with-child", G_VARIANT_TYPE ("(iii)"), G_VARIANT_TYPE_INT32,
                          hold_with_child, NULL, NULL);
  process_test_init (&argc, &argv);
  if (argc == 2 && g_str_equal (argv[1], "terminal"))
    return run_in_terminal ();

  g_test_add_func ("/sandbox/limits", test_limits);
  g_test_add_func ("/sandbox/none", test_none);
  g_test_add_func ("/sandbox/property", test_property);
  g_test_add_func ("/sandbox/children", test_children);
  /* A program that is started again as /proc/self/exe would be valgrind. */
  if (!test_is_under_valgrind ())
    g_test_add_func ("/sandbox/terminal", test_terminal);

  return g_test_run ();
}
