/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include <glib/gstdio.h>
#include <signal.h>

/* The examples that are a screen long: what their first comments say. */

static void
test_readme (void)
{
  g_autoptr(ExampleRun) run = example_run ("readme", NULL);

  g_test_summary ("The program of README.md prints pi");

  g_assert_cmpstr (run->out, ==, "3.141592\n");
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_languages (void)
{
  g_autoptr(ExampleRun) run = example_run ("languages", NULL);

  g_test_summary ("What the manual shows in each language runs in C");

  g_assert_cmpstr (run->out, ==, "42\n2\n3\n1 by nothing\n");
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_histogram (void)
{
  g_autoptr(ExampleRun) run = example_run ("histogram", "64", NULL);

  g_test_summary ("Workers count what is in a buffer");

  g_assert_cmpstr (run->out, ==,
                   "64 MiB: 16777216 times \"a\", 16777216 times \"b\", "
                   "16777216 times \"c\", 16777216 times \"d\"\n");
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_completed (void)
{
  g_autoptr(ExampleRun) run = example_run ("completed", "20", "0", "10", NULL);

  g_test_summary ("Futures are yielded as they complete");

  g_assert_cmpstr (run->out, ==, "0\n10\n20\n");
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_collatz (void)
{
  g_autoptr(ExampleRun) big = example_run ("collatz", "524", NULL);
  g_autoptr(ExampleRun) small = example_run ("collatz", "0", NULL);
  g_autoptr(ExampleRun) none = example_run ("collatz", NULL);

  g_test_summary ("The lowest number is found in an endless input, and the search ends");

  /* https://oeis.org/A006877 and A006878 */
  g_assert_cmpstr (big->out, ==, "837799 takes 524 steps\n");
  g_assert_cmpint (big->exit_status, ==, 0);
  g_assert_cmpstr (small->out, ==, "1 takes 0 steps\n");
  g_assert_cmpint (small->exit_status, ==, 0);
  g_assert_cmpint (none->exit_status, ==, 2);
}

static void
test_primes (gconstpointer user_data)
{
  const char *where = user_data;
  g_autofree char *path = example_path ("primes");
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("A Vala program runs its function where it is told to");

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("Vala is not there to build it");
      return;
    }

  run = example_run ("primes", where, NULL);

  g_assert_cmpstr (run->out, ==,
                   "78498 primes up to 1000000\n"
                   "in parts: 9592 8392 8013 7863\n"
                   "first to end: 4\n"
                   "\"a million\": Function \"count-primes\" takes arguments of type \"(xx)\", not \"(s)\"\n"
                   "cancelled\n");
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_crash (void)
{
  g_autoptr(ExampleRun) run = example_run ("crash", NULL);
  g_autoptr(GPtrArray) lines = example_match (run->out, "^no retries: .*\\d+.*fragile.*$");

  g_test_summary ("A crash fails a call without retries, with all there is to say, and no other");

  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_nonnull (strstr (run->out, "\ntwo retries: done at attempt 3\n"));
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_promise (void)
{
  g_autofree char *path = example_path ("promise");
  g_autoptr(ExampleRun) good = NULL;
  g_autoptr(ExampleRun) bad = NULL;
  g_autofree char *expected = NULL;
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileInfo) info = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Promises are kept in order, and a broken one fails all");

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, &error);
  g_assert_no_error (error);
  expected = g_strdup_printf ("%" G_GOFFSET_FORMAT " bytes\n0 bytes\n", g_file_info_get_size (info));

  good = example_run ("promise", path, "/dev/null", NULL);
  g_assert_cmpstr (good->out, ==, expected);
  g_assert_cmpint (good->exit_status, ==, 0);

  bad = example_run ("promise", path, "/no/such/file", NULL);
  g_assert_nonnull (strstr (bad->out, "/no/such/file"));
  g_assert_cmpint (bad->exit_status, ==, 1);
}

static void
test_flow (void)
{
  g_autoptr(ExampleRun) run = example_run ("flow", NULL);
  g_autoptr(GPtrArray) peaks = example_match (run->out, "^never more than (\\d+) waited$");
  char **match;

  g_test_summary ("Ten thousand calls go through a queue of sixteen, without blocking the main loop");

  g_assert_cmpint (run->exit_status, ==, 0);
  g_assert_true (g_str_has_prefix (run->out, "sum of squares: 333283335000\n"));
  g_assert_cmpuint (peaks->len, ==, 1);
  match = g_ptr_array_index (peaks, 0);
  g_assert_cmpuint (g_ascii_strtoull (match[1], NULL, 10), <=, 16);
}

static void
test_words (void)
{
  g_autofree char *module = example_path ("words.so");
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;
  g_autoptr(ExampleRun) good = NULL;
  g_autoptr(ExampleRun) bad = NULL;
  g_autoptr(ExampleRun) no_module = NULL;
  g_autoptr(GError) error = NULL;
  int fd = g_file_open_tmp ("cfut-words-XXXXXX", &path, &error);

  g_test_summary ("Workers run functions of a module that the program does not have");

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, "  one two\nthree\t4 ", -1, &error);
  g_assert_no_error (error);

  good = example_run ("words", module, path, "/dev/null", NULL);
  expected = g_strdup_printf ("4 %s\n0 /dev/null\n", path);
  g_assert_cmpstr (good->out, ==, expected);
  g_assert_cmpint (good->exit_status, ==, 0);

  bad = example_run ("words", module, "/no/such/file", path, NULL);
  g_clear_pointer (&expected, g_free);
  expected = g_strdup_printf ("\n4 %s\n", path);
  g_assert_nonnull (strstr (bad->out, "/no/such/file"));
  g_assert_nonnull (strstr (bad->out, expected));
  g_assert_cmpint (bad->exit_status, ==, 1);

  no_module = example_run ("words", "/no/such/module.so", path, NULL);
  g_assert_nonnull (strstr (no_module->out, "/no/such/module.so"));
  g_assert_cmpint (no_module->exit_status, ==, 1);

  g_remove (path);
}

static void
test_progress (void)
{
  g_autoptr(ExampleRun) run = example_run ("progress", "10", NULL);

  g_test_summary ("The last progress arrives before the result");

  g_assert_nonnull (strstr (run->out, "100 %  step 10 of 10\n"));
  g_assert_true (g_str_has_suffix (run->out, "\n10 steps done\n"));
  g_assert_cmpint (run->exit_status, ==, 0);
}

static void
test_interrupt (void)
{
  g_autofree char *path = example_path ("progress");
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autoptr(GDataInputStream) lines = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;
  g_autofree char *last = NULL;

  g_test_summary ("Ctrl-C cancels the call while it runs");

  subprocess = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, path, "1000000", NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (subprocess));

  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (line, "of 1000000"));

  g_subprocess_send_signal (subprocess, SIGINT);
  while ((line = (g_free (line), g_data_input_stream_read_line (lines, NULL, NULL, &error))) != NULL)
    {
      g_free (last);
      last = g_strdup (line);
    }

  g_assert_no_error (error);
  g_assert_true (g_str_has_suffix (last, " was cancelled"));
  g_subprocess_wait (subprocess, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (subprocess), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/examples/readme", test_readme);
  g_test_add_func ("/examples/languages", test_languages);
  g_test_add_func ("/examples/histogram", test_histogram);
  g_test_add_func ("/examples/completed", test_completed);
  g_test_add_func ("/examples/collatz", test_collatz);
  g_test_add_data_func ("/examples/primes/processes", NULL, test_primes);
  g_test_add_data_func ("/examples/primes/threads", "--threads", test_primes);
  g_test_add_func ("/examples/crash", test_crash);
  g_test_add_func ("/examples/promise", test_promise);
  g_test_add_func ("/examples/flow", test_flow);
  g_test_add_func ("/examples/words", test_words);
  g_test_add_func ("/examples/progress/to-the-end", test_progress);
  g_test_add_func ("/examples/progress/interrupt", test_interrupt);

  return g_test_run ();
}
