/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process-support.h"
#include "process/cfut-sandbox-private.h"

/* Workers that another program starts. This program, run again with the argument
 * "parent", has one and is killed. */

#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

/* Reports that it is here, and stays. */
FUNCTION (stay)
{
  cfut_call_set_progress (call, 0.5, NULL);
  while (TRUE)
    pause ();

  return NULL;
}

static int
try_connect (guint16 port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr = { htonl (INADDR_LOOPBACK) },
  };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  return fd < 0 ? -1 : connect (fd, (struct sockaddr *) &address, sizeof address);
}

/* A program of ill will. The arguments are a file of this user, and a port and a
 * process outside. */
FUNCTION (break_out)
{
  const char *path;
  guint16 port;
  gint32 pid;
  int fds[2];

  g_variant_get (arguments, "(&sqi)", &path, &port, &pid);

  g_assert_cmpint (open (path, O_WRONLY), <, 0);
  g_assert_cmpint (errno, ==, EROFS);
  g_assert_cmpint (unlink (path), <, 0);
  g_assert_cmpint (errno, ==, EROFS);
  g_assert_cmpint (try_connect (port), <, 0);
  g_assert_cmpint (kill (pid, 0), <, 0);
  g_assert_cmpint (errno, ==, ESRCH);
  g_assert_cmpint (socket (AF_UNIX, SOCK_STREAM, 0), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (syscall (SYS_socket, AF_UNIX | G_GUINT64_CONSTANT (1) << 32, SOCK_STREAM, 0), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (syscall (SYS_io_uring_setup, 1, NULL), <, 0);
  g_assert_cmpint (errno, ==, ENOSYS);

  /* What programs of good will do. */
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  close (fds[0]);
  close (fds[1]);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_spawn_command_line_sync ("true", NULL, NULL, NULL, NULL));

  return NULL;
}

/* ---- Whether there is bubblewrap, and it may do what it does. */

static gboolean
skip_without_bubblewrap (void)
{
  const char * const argv[] = {
    "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true", NULL
  };
  g_autofree char *messages = NULL;
  g_autoptr(GError) error = NULL;
  int status;

#ifndef HAVE_SECCOMP
  g_test_skip ("This cfut was built without libseccomp");
  return TRUE;
#endif

  if (test_is_under_valgrind ())
    {
      g_test_skip ("valgrind cannot follow into a namespace");
      return TRUE;
    }

  if (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                    NULL, &messages, &status, &error) &&
      g_spawn_check_wait_status (status, &error))
    return FALSE;

  g_test_message ("%s", messages != NULL ? g_strstrip (messages) : "");
  g_test_skip (messages != NULL && messages[0] != '\0' ? messages : error->message);
  return TRUE;
}

static void
begin (ProcessTest *test)
{
  process_test_begin (test, 1);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (test), CFUT_SANDBOX_LAUNCHER);
}

/* The process that cfut has started. */
static int
get_launcher (ProcessTest *test)
{
  gsize n_pids;
  g_autofree int *pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (test), &n_pids);

  g_assert_cmpuint (n_pids, ==, 1);

  return pids[0];
}

/* The child of the child of it, and so on. */
static int
get_last_descendant (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", pid, pid);
  g_autofree char *children = NULL;
  int child;

  if (!g_file_get_contents (path, &children, NULL, NULL) || sscanf (children, "%d", &child) != 1)
    return pid;

  return get_last_descendant (child);
}

static gboolean
has_reported (gpointer user_data)
{
  return cfut_future_get_progress (user_data) == 0.5;
}

/* ---- Tests. */

static void
test_default (void)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *path = NULL;
  g_autoptr(GSocketListener) listener = g_socket_listener_new ();
  g_autoptr(GVariant) fds = NULL;
  g_autofree const char **names = NULL;
  g_autoptr(GError) error = NULL;
  ProcessTest test;
  guint16 port;
  int fd, launcher;

  g_test_summary ("A worker of bubblewrap computes, and comes to nothing that is outside");

  if (skip_without_bubblewrap ())
    return;

  port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_assert_no_error (error);
  fd = g_file_open_tmp ("cfut-test-XXXXXX", &path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fcntl (fd, F_SETFD, 0), ==, 0);

  begin (&test);
  for (gint64 i = 0; i < 100; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  process_expect_done (process_submit (&test, "print", "(ss)", "", "printed\n"));
  process_expect_done (process_submit (&test, "make-bytes", "(t)", (guint64) 4000000));
  process_expect_done (process_submit (&test, "break-out", "(sqi)", path, port, (int) getpid ()));
  process_expect_error (process_submit (&test, "fail", "(sis)", "some-domain", 3, "as ever"),
                        g_quark_from_string ("some-domain"), 3, "as ever");

  fds = process_call (&test, "list-fds", "()");
  names = g_variant_get_strv (fds, NULL);
  g_assert_false (g_strv_contains (names, path));

  launcher = get_launcher (&test);
  g_assert_cmpint (getpgid (launcher), ==, launcher);
  process_test_end (&test);

  close (fd);
  unlink (path);
}

static void
test_death (void)
{
  ProcessTest test;

  g_test_summary ("How a worker has died comes through the launcher; other calls go on");

  if (skip_without_bubblewrap ())
    return;

  begin (&test);
  process_expect_error (process_submit (&test, "die", "(is)", SIGSEGV, "last words"),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED,
                        "signal 11 (Segmentation fault), while running \"die\"; "
                        "its last words were:\nlast words");
  process_expect_error (process_submit (&test, "die", "(is)", -3, ""),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "exited with status 3 while");
  process_expect_done (process_submit (&test, "square", "(x)", (gint64) 3));
  process_test_end (&test);
}

static void
test_kill (void)
{
  ProcessTest test;
  CfutFuture *future;
  int launcher, worker;

  g_test_summary ("Whoever kills the launcher has killed the worker");

  if (skip_without_bubblewrap ())
    return;

  begin (&test);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 0);
  future = process_submit (&test, "stay", "()");
  process_await (has_reported, future);
  launcher = get_launcher (&test);
  worker = get_last_descendant (launcher);
  g_assert_cmpint (worker, !=, launcher);

  cfut_future_cancel (future);
  process_expect_cancelled (future);
  process_await_exit (worker);
  process_expect_done (process_submit (&test, "square", "(x)", (gint64) 3));
  process_test_end (&test);
}

static void
test_host (void)
{
  g_autofree char *path = process_build_path ("process/host-worker");
  ProcessTest test;

  g_test_summary ("Workers with functions of another language are launched as well");

  if (skip_without_bubblewrap ())
    return;

  process_test_begin_argv (&test, 1, path, NULL);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), CFUT_SANDBOX_LAUNCHER);
  process_expect_done (process_submit (&test, "divide", "(xx)", (gint64) 6, (gint64) 3));
  process_test_end (&test);
}

static void
test_own_launcher (void)
{
  const char * const becomes[] = { "env", "LAUNCHED=yes", NULL };
  const char * const stays[] = { "sh", "-c", "\"$@\"; exit $?", "sh", NULL };
  g_autoptr(GVariant) value = NULL;
  g_auto(GStrv) copy = NULL;
  ProcessTest test;
  CfutFuture *future;
  const char *text;
  int worker;

  g_test_summary ("A launcher becomes the worker, or stays and is its parent");

  begin (&test);
  cfut_process_executor_set_sandbox_launcher (PROCESS_EXECUTOR (&test), becomes);
  copy = cfut_process_executor_dup_sandbox_launcher (PROCESS_EXECUTOR (&test));
  g_assert_cmpstrv (copy, becomes);
  value = process_call (&test, "environment", "(s)", "LAUNCHED");
  g_variant_get (value, "m&s", &text);
  g_assert_cmpstr (text, ==, "yes");
  process_expect_int (process_submit (&test, "pid", "()"), get_launcher (&test));
  process_test_end (&test);

  begin (&test);
  g_object_set (test.executor, "sandbox-launcher", stays, NULL);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), 0);
  worker = process_get_pid (&test);
  g_assert_cmpint (get_last_descendant (get_launcher (&test)), ==, worker);
  future = process_submit (&test, "stay", "()");
  process_await (has_reported, future);
  cfut_future_cancel (future);
  process_expect_cancelled (future);
  process_await_exit (worker);
  process_test_end (&test);
}

static void
test_slow_end (void)
{
  /* It keeps nothing of the worker's open, as bubblewrap does. */
  const char * const slow[] = {
    "sh", "-c", "\"$@\" & exec 3>&-; wait $!; status=$?; sleep 0.3; exit $status", "sh", NULL,
  };
  ProcessTest test;

  g_test_summary ("A launcher may take a while to learn of the death of the worker, and to tell");

  begin (&test);
  cfut_process_executor_set_sandbox_launcher (PROCESS_EXECUTOR (&test), slow);
  process_expect_error (process_submit (&test, "die", "(is)", -3, ""),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "exited with status 3 while");
  process_test_end (&test);
}

static void
test_missing (void)
{
  const char * const launcher[] = { "/nowhere/launcher", NULL };
  ProcessTest test;

  g_test_summary ("A launcher that is not there breaks the executor by its name");

  begin (&test);
  cfut_process_executor_set_sandbox_launcher (PROCESS_EXECUTOR (&test), launcher);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_START_FAILED,
                        "/nowhere/launcher");
  process_test_end (&test);
}

static void
test_replaced_program (void)
{
  const char * const launcher[] = { "env", NULL };
  const char * const argv[] = { "/proc/self/exe", NULL };
  g_autoptr(GError) error = NULL;
  int filter_fd = -1;

  g_test_summary ("A launcher is not taken for the program that has lost its file");

  g_assert_null (cfut_sandbox_make_argv (CFUT_SANDBOX_LAUNCHER, launcher, argv, &filter_fd, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_assert_cmpint (filter_fd, ==, -1);
}

static void
test_no_bubblewrap (void)
{
  g_test_summary ("Without bubblewrap a submit fails, and says what is not there");

  if (g_test_subprocess ())
    {
      g_autoptr(GError) error = NULL;
      ProcessTest test;

      begin (&test);
      g_setenv ("PATH", "/nowhere", TRUE);
      g_assert_null (cfut_executor_submit (test.executor, "pid", NULL, NULL, &error));
#ifdef HAVE_SECCOMP
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
      g_assert_nonnull (strstr (error->message, "\"setsid\" is not there"));
#else
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
#endif
      process_test_end (&test);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- The end of the program. */

static int
run_parent (void)
{
  ProcessTest test;
  CfutFuture *future;

  /* If the test fails nobody else would end this. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  begin (&test);
  future = process_submit (&test, "stay", "()");
  process_await (has_reported, future);
  printf ("worker %d\n", get_last_descendant (get_launcher (&test)));
  fflush (stdout);
  while (TRUE)
    pause ();

  return EXIT_FAILURE;
}

/* GLib's test framework says something before. */
static int
read_worker (GSubprocess *parent)
{
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (parent));
  int worker = 0;

  while (worker == 0)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (line);
      sscanf (line, "worker %d", &worker);
    }

  return worker;
}

static void
test_killed_parent (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) parent = NULL;
  int worker;

  g_test_summary ("When a program is killed its launched workers die");

  if (skip_without_bubblewrap ())
    return;

  parent = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "parent", NULL);
  g_assert_no_error (error);
  worker = read_worker (parent);
  g_assert_true (process_exists (worker));

  g_subprocess_force_exit (parent);
  process_await_exit (worker);
  g_subprocess_wait (parent, NULL, NULL);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("stay", NULL, NULL, stay, NULL, NULL);
  cfut_register_function ("break-out", G_VARIANT_TYPE ("(sqi)"), NULL, break_out, NULL, NULL);
  process_test_init (&argc, &argv);
  if (argc == 2 && g_str_equal (argv[1], "parent"))
    return run_parent ();

  g_test_add_func ("/launcher/default", test_default);
  g_test_add_func ("/launcher/death", test_death);
  g_test_add_func ("/launcher/kill", test_kill);
  g_test_add_func ("/launcher/host", test_host);
  g_test_add_func ("/launcher/own-launcher", test_own_launcher);
  g_test_add_func ("/launcher/slow-end", test_slow_end);
  g_test_add_func ("/launcher/missing", test_missing);
  g_test_add_func ("/launcher/replaced-program", test_replaced_program);
  g_test_add_func ("/launcher/no-bubblewrap", test_no_bubblewrap);
  g_test_add_func ("/launcher/killed-parent", test_killed_parent);

  return g_test_run ();
}
