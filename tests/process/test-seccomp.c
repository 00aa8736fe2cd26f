/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "process-support.h"
#include "process/cfut-sandbox-private.h"

/* Workers behind a filter of system calls. */

#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

/* ---- What is not allowed. */

static void
do_socket (void)
{
  socket (AF_INET, SOCK_STREAM, 0);
}

static void
do_connect (void)
{
  const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };

  connect (STDIN_FILENO, (const struct sockaddr *) &address, sizeof address);
}

static void
do_open_to_write (void)
{
  open ("/dev/null", O_WRONLY);
}

static void
do_create (void)
{
  open ("/dev/null", O_RDONLY | O_CREAT, 0600);
}

static void
do_unlink (void)
{
  unlinkat (AT_FDCWD, "/nowhere/at/all", 0);
}

static void
do_exec (void)
{
  execl ("/bin/true", "true", NULL);
}

static void
do_fork (void)
{
  if (fork () == 0)
    _exit (0);
}

static void
do_spawn (void)
{
  const char * const argv[] = { "true", NULL };

  g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL);
}

static void
do_kill_parent (void)
{
  kill (getppid (), 0);
}

static void
do_kill_group (void)
{
  kill (0, 0);
}

static void
do_own_signal (void)
{
  fcntl (STDIN_FILENO, F_SETOWN, getppid ());
}

static void
do_type (void)
{
  ioctl (STDIN_FILENO, TIOCSTI, "x");
}

static void
do_ptrace (void)
{
  ptrace (PTRACE_ATTACH, getppid (), NULL, NULL);
}

static gpointer
socket_thread (gpointer data)
{
  do_socket ();

  return NULL;
}

static void
do_in_thread (void)
{
  g_thread_join (g_thread_new ("bad", socket_thread, NULL));
}

/* The handler that notes is there to stay. */
static void
do_handle (void)
{
  static const guint64 by_default[8];

  /* A sanitizer may keep signal() to itself. */
  syscall (SYS_rt_sigaction, SIGSYS, by_default, NULL, 8);
}

/* To have the signal blocked does not help; only the name is lost. */
static void
do_blocked (void)
{
  sigset_t all;

  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);
  do_socket ();
}

typedef struct
{
  const char *name;
  void (*func) (void);
  const char *text;
} Violation;

static const Violation violations[] = {
  { "socket", do_socket, " calling socket() while" },
  { "connect", do_connect, " calling connect() while" },
  { "open-to-write", do_open_to_write, " calling openat() while" },
  { "create", do_create, " calling openat() while" },
  { "unlink", do_unlink, " calling unlinkat() while" },
  { "exec", do_exec, " calling execve() while" },
  { "fork", do_fork, " calling clone() while" },
  { "spawn", do_spawn, " calling clone() while" },
  { "kill-parent", do_kill_parent, " calling kill() while" },
  { "kill-group", do_kill_group, " calling kill() while" },
  { "own-signal", do_own_signal, " calling fcntl() while" },
  { "type", do_type, " calling ioctl() while" },
  { "ptrace", do_ptrace, " calling ptrace() while" },
  { "in-thread", do_in_thread, " calling socket() while" },
  { "handle", do_handle, " calling rt_sigaction() while" },
  { "blocked", do_blocked, " while" },
};

FUNCTION (violate)
{
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  for (guint i = 0; i < G_N_ELEMENTS (violations); i++)
    if (g_str_equal (violations[i].name, name))
      violations[i].func ();

  return NULL;
}

/* ---- What is. */

static gpointer
sum_thread (gpointer data)
{
  return GINT_TO_POINTER (GPOINTER_TO_INT (data) + 1);
}

/* What functions do that compute. */
FUNCTION (use_much)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autoptr(GThread) thread = NULL;
  g_autofree char *big = g_malloc0 (64 * 1024 * 1024);
  int result;

  thread = g_thread_new ("sum", sum_thread, GINT_TO_POINTER (1));
  result = GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&thread)));
  g_usleep (1);
  g_get_num_processors ();
  kill (getpid (), 0);
  raise (SIGCONT);
  cfut_call_set_progress (call, 0.5, "half");
  g_printerr ("%s\n", now != NULL ? "" : "no time");

  return g_variant_new_int32 (result + big[12345]);
}

/* Is refused, and no more. */
FUNCTION (ask_for_much)
{
  struct sigaction action;
  struct rlimit limit;

  g_assert_cmpint (sigaction (SIGSYS, NULL, &action), ==, 0);
  g_assert_cmpint (open ("/etc/passwd", O_RDONLY), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (access ("/etc/passwd", R_OK), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_false (g_file_test ("/etc/passwd", G_FILE_TEST_EXISTS));
  g_assert_cmpint (prlimit (getppid (), RLIMIT_CORE, NULL, &limit), <, 0);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (setpriority (PRIO_PROCESS, getppid (), 19), <, 0);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (syscall (SYS_prctl, 1 /* PR_SET_PDEATHSIG */, 0), <, 0);
  g_assert_cmpint (errno, ==, EINVAL);

  return NULL;
}

/* An initializer, which may do anything. */
static int opened = -1;

FUNCTION (open_something)
{
  opened = open ("/proc/self/status", O_RDONLY);
  close (socket (AF_UNIX, SOCK_STREAM, 0));

  return NULL;
}

FUNCTION (read_something)
{
  char text[5] = "";

  if (read (opened, text, 4) != 4)
    return NULL;

  return g_variant_new_string (text);
}

/* ---- Tests. */

static gboolean
begin (ProcessTest *test)
{
  if (test_is_under_valgrind ())
    {
      g_test_skip ("valgrind does not know seccomp()");
      return FALSE;
    }

  process_test_begin (test, 1);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (test), CFUT_SANDBOX_SECCOMP);

  return TRUE;
}

#ifdef HAVE_SECCOMP

static void
test_work (void)
{
  ProcessTest test;
  g_autoptr(GVariant) bytes = NULL;
  int pid;

  g_test_summary ("Behind the filter functions compute, have threads, print, report and time out");

  if (!begin (&test))
    return;

  pid = process_get_pid (&test);
  process_expect_int (process_submit (&test, "use-much", "()"), 2);
  process_expect_done (process_submit (&test, "ask-for-much", "()"));
  process_expect_done (process_submit (&test, "print", "(ss)", "", "printed\n"));
  process_expect_done (process_submit (&test, "report", "(u)", 10));
  bytes = process_call (&test, "make-bytes", "(t)", (guint64) 4000000);
  g_assert_cmpuint (g_variant_get_size (bytes), ==, 4000000);
  g_assert_false (process_is_shared (bytes));
  process_expect_error (process_submit (&test, "read-file", "(s)", "/etc/passwd"),
                        G_FILE_ERROR, G_FILE_ERROR_ACCES, "");
  for (gint64 i = 0; i < 100; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  process_expect_int (process_submit (&test, "pid", "()"), pid);
  process_test_end (&test);
}

static void
test_violations (void)
{
  ProcessTest test;

  g_test_summary ("What is not allowed kills the worker, and the error names it; other calls go on");

  if (!begin (&test))
    return;

  for (guint i = 0; i < G_N_ELEMENTS (violations); i++)
    {
      g_autofree char *text = g_strdup_printf ("was killed by signal 31 (Bad system call)%s running "
                                               "\"violate\"", violations[i].text);
      CfutFuture *bad = process_submit (&test, "violate", "(s)", violations[i].name);
      CfutFuture *good = process_submit (&test, "square", "(x)", (gint64) i);

      g_test_message ("%s", violations[i].name);
      process_expect_error (bad, CFUT_ERROR, CFUT_ERROR_WORKER_DIED, text);
      process_expect_done (good);
    }
  process_test_end (&test);
}

static void
test_initializer (void)
{
  ProcessTest test;
  g_autoptr(GVariant) text = NULL;

  g_test_summary ("An initializer opens what functions then read");

  if (!begin (&test))
    return;

  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "open-something", NULL);
  text = process_call (&test, "read-something", "()");
  g_assert_cmpstr (g_variant_get_string (text, NULL), ==, "Name");
  process_test_end (&test);
}

static void
test_names (void)
{
  g_autofree char *name = cfut_sandbox_describe_trap (SYS_socket);
  g_autofree char *number = cfut_sandbox_describe_trap (G_MAXINT);

  g_test_summary ("Whatever number a worker notes, it is described or left out");

  g_assert_cmpstr (name, ==, "socket()");
  g_assert_cmpstr (number, ==, "system call 2147483647");
  g_assert_null (cfut_sandbox_describe_trap (-1));
  g_assert_null (cfut_sandbox_describe_trap (G_MAXINT64 - 1));
}

static void
test_host (void)
{
  g_autofree char *path = process_build_path ("process/host-worker");
  ProcessTest test;

  g_test_summary ("A worker with functions of another language is refused");

  process_test_begin_argv (&test, 1, path, NULL);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), CFUT_SANDBOX_SECCOMP);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN,
                        "functions in C");
  process_test_end (&test);
}

#else

static void
test_missing (void)
{
  ProcessTest test;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A library without filters says so when a call is submitted");

  if (!begin (&test))
    return;

  g_assert_null (cfut_executor_submit (test.executor, "pid", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  process_test_end (&test);
}

#endif

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("violate", G_VARIANT_TYPE ("(s)"), NULL, violate, NULL, NULL);
  cfut_register_function ("use-much", NULL, G_VARIANT_TYPE_INT32, use_much, NULL, NULL);
  cfut_register_function ("ask-for-much", NULL, NULL, ask_for_much, NULL, NULL);
  cfut_register_function ("open-something", NULL, NULL, open_something, NULL, NULL);
  cfut_register_function ("read-something", NULL, G_VARIANT_TYPE_STRING, read_something, NULL, NULL);
  process_test_init (&argc, &argv);

#ifdef HAVE_SECCOMP
  g_test_add_func ("/seccomp/work", test_work);
  g_test_add_func ("/seccomp/violations", test_violations);
  g_test_add_func ("/seccomp/initializer", test_initializer);
  g_test_add_func ("/seccomp/names", test_names);
  g_test_add_func ("/seccomp/host", test_host);
#else
  g_test_add_func ("/seccomp/missing", test_missing);
#endif

  return g_test_run ();
}
