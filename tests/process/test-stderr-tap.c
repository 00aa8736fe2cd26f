/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "process/cfut-stderr-tap-private.h"
#include "test-support.h"

/* A tap between two pipes: the worker's stderr, and what is this program's for
 * the time of a test. */
typedef struct
{
  TestCensus census;
  CfutStderrTap tap;
  int in;        /* the worker writes here */
  int out;       /* the terminal reads here; -1 once closed */
  int real_stderr;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  unused)
{
  int worker[2], terminal[2];
  g_autoptr(GError) error = NULL;

  test_census_take (&fixture->census);

  g_unix_open_pipe (worker, FD_CLOEXEC, &error);
  g_assert_no_error (error);
  g_unix_set_fd_nonblocking (worker[0], TRUE, &error);
  g_assert_no_error (error);
  g_unix_set_fd_nonblocking (worker[1], TRUE, &error);
  g_assert_no_error (error);
  g_unix_open_pipe (terminal, FD_CLOEXEC, &error);
  g_assert_no_error (error);
  g_unix_set_fd_nonblocking (terminal[0], TRUE, &error);
  g_assert_no_error (error);

  fixture->real_stderr = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2 (terminal[1], STDERR_FILENO);
  close (terminal[1]);
  fixture->out = terminal[0];
  fixture->in = worker[1];
  cfut_stderr_tap_init (&fixture->tap, worker[0]);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  unused)
{
  dup2 (fixture->real_stderr, STDERR_FILENO);
  close (fixture->real_stderr);
  if (fixture->in >= 0)
    close (fixture->in);
  if (fixture->out >= 0)
    close (fixture->out);
  cfut_stderr_tap_clear (&fixture->tap);
  test_census_check (&fixture->census);
}

static void
say (Fixture    *fixture,
     const char *text)
{
  g_assert_cmpint (write (fixture->in, text, strlen (text)), ==, strlen (text));
}

/* All that has come through. */
static char *
read_out (Fixture *fixture)
{
  GString *text = g_string_new (NULL);
  char chunk[4096];
  gssize n;

  while ((n = read (fixture->out, chunk, sizeof chunk)) > 0)
    g_string_append_len (text, chunk, n);

  return g_string_free (text, FALSE);
}

static void
assert_tail (Fixture    *fixture,
             const char *expected)
{
  g_autofree char *tail = cfut_stderr_tap_dup_tail (&fixture->tap);

  g_assert_cmpstr (tail, ==, expected);
}

static void
test_passes_on (Fixture       *fixture,
                gconstpointer  unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_test_summary ("What the worker writes is passed on as it is, and kept for its last words");

  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  assert_tail (fixture, NULL);

  say (fixture, "one\n\x1b[31mtwo");
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  first = read_out (fixture);
  g_assert_cmpstr (first, ==, "one\n\x1b[31mtwo");
  assert_tail (fixture, "one\n\\x1b[31mtwo");

  say (fixture, "\tthree\n\n");
  close (g_steal_fd (&fixture->in));
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_ENDED);
  second = read_out (fixture);
  g_assert_cmpstr (second, ==, "\tthree\n\n");
  assert_tail (fixture, "one\n\\x1b[31mtwo\tthree");
  g_assert_cmpint (fixture->tap.fd, ==, -1);
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_ENDED);
}

static void
test_escapes (Fixture       *fixture,
              gconstpointer  unused)
{
  g_test_summary ("Control characters in the last words are escaped, and bad UTF-8 is made good");

  say (fixture, " \r\n");
  cfut_stderr_tap_pump (&fixture->tap);
  assert_tail (fixture, NULL);

  g_assert_cmpint (write (fixture->in, "a\0b\xff\x7f\xc2\x85\xe2\x82\xac\b", 11), ==, 11);
  cfut_stderr_tap_pump (&fixture->tap);
  assert_tail (fixture, "a\xef\xbf\xbd" "b\xef\xbf\xbd\\x7f\\x85\xe2\x82\xac\\x08");
}

static void
test_tail (Fixture       *fixture,
           gconstpointer  unused)
{
  g_autofree char *tail = NULL;

  g_test_summary ("Of much that was written the last lines are kept, whole ones");

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *line = g_strdup_printf ("this is line %u\n", i);

      say (fixture, line);
      cfut_stderr_tap_pump (&fixture->tap);
    }

  tail = cfut_stderr_tap_dup_tail (&fixture->tap);
  g_assert_true (g_str_has_prefix (tail, "this is line "));
  g_assert_true (g_str_has_suffix (tail, "this is line 999"));
  g_assert_cmpuint (strlen (tail), <=, 2048);
  g_assert_cmpuint (strlen (tail), >, 1900);
}

static void
test_one_long_line (Fixture       *fixture,
                    gconstpointer  unused)
{
  g_autofree char *tail = NULL;
  GString *line = g_string_new (NULL);

  g_test_summary ("Of one long line the end is kept, cut between characters");

  for (guint i = 0; i < 3000; i++)
    g_string_append (line, "\xe2\x82\xac");
  g_string_append_c (line, '!');
  say (fixture, line->str);
  g_string_free (line, TRUE);
  cfut_stderr_tap_pump (&fixture->tap);
  cfut_stderr_tap_pump (&fixture->tap);

  tail = cfut_stderr_tap_dup_tail (&fixture->tap);
  g_assert_true (g_str_has_prefix (tail, "\xe2\x82\xac"));
  g_assert_true (g_str_has_suffix (tail, "\xe2\x82\xac!"));
  g_assert_cmpuint (strlen (tail), <=, 2048);
}

static void
fill_terminal (void)
{
  char chunk[4096] = { 0 };
  int flags = fcntl (STDERR_FILENO, F_GETFL);

  fcntl (STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
  while (write (STDERR_FILENO, chunk, sizeof chunk) > 0)
    continue;
  g_assert_cmpint (errno, ==, EAGAIN);
  fcntl (STDERR_FILENO, F_SETFL, flags);
}

static void
test_stalled (Fixture       *fixture,
              gconstpointer  unused)
{
  g_autofree char *filling = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("While nobody takes this program's output the worker's waits, and nothing is lost");

  fill_terminal ();
  say (fixture, "waiting");
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_STALLED);
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_STALLED);
  assert_tail (fixture, NULL);

  filling = read_out (fixture);
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  text = read_out (fixture);
  g_assert_cmpstr (text, ==, "waiting");
  assert_tail (fixture, "waiting");
}

static void
test_last_words_of_stalled (Fixture       *fixture,
                            gconstpointer  unused)
{
  g_test_summary ("The last words of a dead worker are known even if nobody takes this program's output");

  fill_terminal ();
  say (fixture, "I die");
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_STALLED);
  cfut_stderr_tap_drain (&fixture->tap);
  assert_tail (fixture, "I die");
}

static void
test_drain_passes_on (Fixture       *fixture,
                      gconstpointer  unused)
{
  g_autofree char *text = NULL;

  g_test_summary ("The last words of a dead worker are passed on too");

  say (fixture, "I die");
  cfut_stderr_tap_drain (&fixture->tap);
  text = read_out (fixture);
  g_assert_cmpstr (text, ==, "I die");
  cfut_stderr_tap_drain (&fixture->tap);
  close (g_steal_fd (&fixture->in));
  cfut_stderr_tap_drain (&fixture->tap);
  cfut_stderr_tap_drain (&fixture->tap);
  assert_tail (fixture, "I die");
}

static void
test_no_stderr (Fixture       *fixture,
                gconstpointer  unused)
{
  g_test_summary ("If this program has no standard error all is taken, and kept");

  close (STDERR_FILENO);
  say (fixture, "unheard");
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  assert_tail (fixture, "unheard");
}

static void
test_broken_stderr (Fixture       *fixture,
                    gconstpointer  unused)
{
  sigset_t pending;

  g_test_summary ("If nobody reads this program's standard error any more it is not killed for a worker's");

  signal (SIGPIPE, SIG_DFL);
  close (g_steal_fd (&fixture->out));
  say (fixture, "unheard");
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  assert_tail (fixture, "unheard");

  sigpending (&pending);
  g_assert_false (sigismember (&pending, SIGPIPE));
}

static void
test_budget (Fixture       *fixture,
             gconstpointer  unused)
{
  char chunk[4096];
  gsize total = 0;

  g_test_summary ("A pump ends, however much the worker writes");

  memset (chunk, 'x', sizeof chunk);
  fcntl (fixture->in, F_SETPIPE_SZ, 1024 * 1024);
  fcntl (STDERR_FILENO, F_SETPIPE_SZ, 1024 * 1024);
  while (write (fixture->in, chunk, sizeof chunk) > 0)
    total += sizeof chunk;
  g_assert_cmpint (cfut_stderr_tap_pump (&fixture->tap), ==, CFUT_TAP_OPEN);
  if (total > 128 * 1024)
    {
      g_autofree char *text = read_out (fixture);

      g_assert_cmpuint (strlen (text), <=, 64 * 1024);
    }
}

static void
add (const char *path,
     void      (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("/stderr-tap/passes-on", test_passes_on);
  add ("/stderr-tap/escapes", test_escapes);
  add ("/stderr-tap/tail", test_tail);
  add ("/stderr-tap/one-long-line", test_one_long_line);
  add ("/stderr-tap/stalled", test_stalled);
  add ("/stderr-tap/last-words-of-stalled", test_last_words_of_stalled);
  add ("/stderr-tap/drain-passes-on", test_drain_passes_on);
  add ("/stderr-tap/no-stderr", test_no_stderr);
  add ("/stderr-tap/broken-stderr", test_broken_stderr);
  add ("/stderr-tap/budget", test_budget);

  return g_test_run ();
}
