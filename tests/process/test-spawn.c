/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "call/cfut-program-private.h"
#include "cfut-error.h"
#include "process/cfut-spawn-private.h"
#include "test-support.h"

/* What is started as a worker, and how. */

#define WORDS(...) ((const char * const []) { __VA_ARGS__, NULL })

static char *
make_argv (const char * const *argv,
           const char * const *modules)
{
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) result = cfut_spawn_make_argv (argv, modules, &error);

  g_assert_no_error (error);

  return g_strjoinv (" ", result);
}

static void
assert_argv (const char * const *argv,
             const char * const *modules,
             const char         *expected)
{
  g_autofree char *line = make_argv (argv, modules);

  g_assert_cmpstr (line, ==, expected);
}

static void
test_no_init (void)
{
  const char * const none[] = { NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("A program that never called cfut_init() is told so, and what to do");

  g_assert_null (cfut_spawn_make_argv (NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_assert_nonnull (strstr (error->message, "cfut_init()"));
  g_assert_nonnull (strstr (error->message, "main()"));
  g_assert_nonnull (strstr (error->message, "argv"));
  g_clear_error (&error);

  g_assert_null (cfut_spawn_make_argv (none, none, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
}

static void
test_modules (void)
{
  g_test_summary ("Modules are loaded by cfut-worker, or by the program that is given");

  g_setenv ("CFUT_WORKER_PROGRAM", "/somewhere/cfut-worker", TRUE);
  assert_argv (NULL, WORDS ("a.so", "b.so"), "/somewhere/cfut-worker a.so b.so");
  g_unsetenv ("CFUT_WORKER_PROGRAM");
  assert_argv (NULL, WORDS ("a.so"), CFUT_LIBEXECDIR "/cfut-worker a.so");
  assert_argv (WORDS ("prog", "-x"), WORDS ("a.so"), "prog -x a.so");
  assert_argv (WORDS ("prog", "-x"), NULL, "prog -x");
}

static void
test_own_program (void)
{
  g_autofree char *expected = g_file_read_link ("/proc/self/exe", NULL);

  g_test_summary ("A program that called cfut_init() is its own worker");

  cfut_init_set_program ("whatever");
  assert_argv (NULL, NULL, expected);
}

static void
test_replaced_program (void)
{
  g_test_summary ("A program whose file is gone is still its own worker");

  if (g_test_subprocess ())
    {
      g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
      cfut_init_set_program ("whatever");
      assert_argv (NULL, NULL, "/proc/self/exe");
      return;
    }
  else
    {
      g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);
      g_autofree char *copy = NULL;
      g_autofree char *contents = NULL;
      g_autofree char *dir = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(GSubprocess) process = NULL;
      gsize length;

      dir = g_dir_make_tmp ("cfut-test-XXXXXX", &error);
      g_assert_no_error (error);
      copy = g_build_filename (dir, "copy", NULL);
      g_file_get_contents (path, &contents, &length, &error);
      g_assert_no_error (error);
      g_file_set_contents_full (copy, contents, length, G_FILE_SET_CONTENTS_NONE, 0700, &error);
      g_assert_no_error (error);

      process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, copy, "-p",
                                  "/spawn/replaced-program", "--GTestSubprocess", NULL);
      g_assert_no_error (error);
      g_assert_true (g_subprocess_wait_check (process, NULL, &error));
      g_assert_no_error (error);
      g_rmdir (dir);
    }
}

static void
test_spawn (void)
{
  CfutSpawned spawned;
  g_auto(GStrv) envp = g_get_environ ();
  g_autoptr(GError) error = NULL;
  TestCensus census;

  g_test_summary ("A program is started with all that a worker has, and all of it can be let go");

  test_census_take (&census);
  g_assert_true (cfut_spawn (WORDS ("sleep", "100"), (const char * const *) envp,
                            CFUT_SANDBOX_LIMITS, NULL, CFUT_ARENA_CAPACITY, &spawned, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spawned.pid, >, 0);
  g_assert_cmpint (spawned.control_fd, >=, 0);
  g_assert_cmpint (spawned.stderr_fd, >=, 0);
  g_assert_nonnull (spawned.channel);
  g_assert_nonnull (spawned.claims);

  g_subprocess_force_exit (spawned.subprocess);
  g_assert_true (g_subprocess_wait (spawned.subprocess, NULL, &error));
  cfut_spawned_clear (&spawned);
  test_census_check (&census);
}

static void
assert_missing (const char *program,
                const char *text)
{
  CfutSpawned spawned;
  g_auto(GStrv) envp = g_get_environ ();
  g_autoptr(GError) error = NULL;
  TestCensus census;

  test_census_take (&census);
  g_assert_false (cfut_spawn (WORDS (program), (const char * const *) envp,
                              CFUT_SANDBOX_LIMITS, NULL, CFUT_ARENA_CAPACITY, &spawned, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, program));
  g_assert_nonnull (strstr (error->message, text));
  test_census_check (&census);
}

static void
test_missing (void)
{
  g_test_summary ("A program that cannot be started is a lasting error that names it, and leaves nothing open");

  if (test_is_under_valgrind ())
    {
      g_test_skip ("valgrind makes a fork of a vfork, and the error of exec is lost in there");
      return;
    }

  assert_missing ("/no/such/program", "No such file");
  assert_missing ("no-such-program", "No such file");
  assert_missing ("/etc/passwd", "Permission denied");
  assert_missing ("/etc", "Permission denied");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  /* In this order: there is no way back from having called cfut_init(). */
  g_test_add_func ("/spawn/no-init", test_no_init);
  g_test_add_func ("/spawn/modules", test_modules);
  g_test_add_func ("/spawn/own-program", test_own_program);
  g_test_add_func ("/spawn/replaced-program", test_replaced_program);
  g_test_add_func ("/spawn/spawn", test_spawn);
  g_test_add_func ("/spawn/missing", test_missing);

  return g_test_run ();
}
