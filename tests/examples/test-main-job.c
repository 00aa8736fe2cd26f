/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include "test-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The shell is named so that tools that look into a program skip it. */
#define SHELL "/bin/bash"

static char *build_dir;
static char *program;

static void
assert_table (const char *out,
              gboolean    with_python)
{
  g_autoptr(GPtrArray) rows = NULL;
  g_autoptr(GPtrArray) python = NULL;

  /* Rows end in workers, seconds and speed-up. */
  rows = example_match (out, "^(?:sleepers|pi).*  cfut .* +\\d+ +\\d+\\.\\d{3} +\\d+\\.\\d\\d$");
  python = example_match (out, "^(?:sleepers|pi).*  Python .* +\\d+ +\\d+\\.\\d{3} +\\d+\\.\\d\\d$");

  g_assert_cmpuint (rows->len, ==, 11);
  g_assert_cmpuint (python->len, ==, with_python ? 4 : 0);
  g_assert_true ((strstr (out, "There is no python3") == NULL) == with_python);
}

static void
test_plain (void)
{
  g_autofree char *python = g_find_program_in_path ("python3");
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("Not on a terminal there are plain lines, then the table");

  run = example_run_argv ((const char * const[]) { SHELL, program, "--quick", build_dir, NULL });
  g_assert_cmpint (run->exit_status, ==, 0);
  g_assert_cmpstr (run->err, ==, "");
  g_assert_null (strchr (run->out, '\r'));
  assert_table (run->out, python != NULL);
}

static void
test_no_python (void)
{
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("Without a python3 the table has the rows of cfut");

  g_setenv ("PYTHON", "/no/such/python3", TRUE);
  run = example_run_argv ((const char * const[]) { SHELL, program, "--quick", build_dir, NULL });
  g_unsetenv ("PYTHON");

  g_assert_cmpint (run->exit_status, ==, 0);
  g_assert_cmpstr (run->err, ==, "");
  assert_table (run->out, FALSE);
}

static void
wait_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_subprocess_wait_check_finish (G_SUBPROCESS (object), result, &error);
  g_assert_no_error (error);
  g_atomic_int_set ((gint *) user_data, TRUE);
}

static gpointer
read_thread (gpointer user_data)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  /* The end of a terminal is an error, EIO. */
  while ((n = read (GPOINTER_TO_INT (user_data), buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);

  return g_string_free (text, FALSE);
}

/* As openpty(), which asks for the other end by a call that valgrind does not
 * know. */
static int
open_terminal (int *other_end)
{
  int terminal = posix_openpt (O_RDWR | O_NOCTTY);

  g_assert_cmpint (terminal, >=, 0);
  g_assert_cmpint (grantpt (terminal), ==, 0);
  g_assert_cmpint (unlockpt (terminal), ==, 0);
  *other_end = open (ptsname (terminal), O_RDWR | O_NOCTTY);
  g_assert_cmpint (*other_end, >=, 0);

  return terminal;
}

static void
test_terminal (void)
{
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  GThread *reader;
  gint done = FALSE;
  int terminal;
  int other_end;

  g_test_summary ("On a terminal a line that is written over and over shows the time");

  terminal = open_terminal (&other_end);
  g_subprocess_launcher_take_stdout_fd (launcher, other_end);
  g_subprocess_launcher_setenv (launcher, "PYTHON", "/no/such/python3", TRUE);
  subprocess = g_subprocess_launcher_spawn (launcher, &error, SHELL, program, "--quick", build_dir, NULL);
  g_assert_no_error (error);
  g_clear_object (&launcher);

  reader = g_thread_new ("reader", read_thread, GINT_TO_POINTER (terminal));
  g_subprocess_wait_check_async (subprocess, NULL, wait_cb, &done);
  test_iterate_until_set (NULL, &done);
  text = g_thread_join (reader);
  g_close (terminal, NULL);

  g_assert_nonnull (strstr (text, "\r\033[Ksleepers: 10 x 1 s: cfut threads, 10  0."));
}

static void
test_not_built (void)
{
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("A build directory without the programs is told");

  run = example_run_argv ((const char * const[]) { SHELL, program, "/no/such/directory", NULL });
  g_assert_cmpint (run->exit_status, ==, 1);
  g_assert_nonnull (strstr (run->err, "/no/such/directory"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  build_dir = g_test_build_filename (G_TEST_BUILT, "..", NULL);
  program = g_test_build_filename (G_TEST_DIST, "..", "examples", "main-job", NULL);

  g_test_add_func ("/examples/main-job/plain", test_plain);
  g_test_add_func ("/examples/main-job/no-python", test_no_python);
  g_test_add_func ("/examples/main-job/terminal", test_terminal);
  g_test_add_func ("/examples/main-job/not-built", test_not_built);

  return g_test_run ();
}
