/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include <math.h>

#define PRIME 4294967291ul

/* n! modulo PRIME and the number of its digits, found without n!. */
static guint64
compute_checksum (guint64 n)
{
  guint64 product = 1;

  for (guint64 i = 2; i <= n; i++)
    product = product * i % PRIME;

  return product;
}

static guint64
compute_digits (guint64 n)
{
  long double log = 0;

  for (guint64 i = 2; i <= n; i++)
    log += log10l (i);

  return (guint64) floorl (log) + 1;
}

/* Asserts that a line says the right things about @n!, and returns the pid of
 * the worker that found it. */
static guint64
assert_factorial (ExampleRun *run,
                  guint64     n)
{
  g_autofree char *pattern = g_strdup_printf ("^%" G_GUINT64_FORMAT "! has (\\d+) digits, "
                                              "checksum (\\d+) \\(worker (\\d+)\\)$", n);
  g_autoptr(GPtrArray) matches = example_match (run->out, pattern);
  char **match;

  g_assert_cmpuint (matches->len, ==, 1);
  match = g_ptr_array_index (matches, 0);
  g_assert_cmpuint (g_ascii_strtoull (match[1], NULL, 10), ==, compute_digits (n));
  g_assert_cmpuint (g_ascii_strtoull (match[2], NULL, 10), ==, compute_checksum (n));

  return g_ascii_strtoull (match[3], NULL, 10);
}

/* A time-out within which what took until now, from @started on, happens again:
 * workers do not start equally fast everywhere. */
static char *
dup_timeout (gint64 started)
{
  gint64 took = g_get_monotonic_time () - started;

  return g_strdup_printf ("%" G_GINT64_FORMAT, 3 + 3 * took / G_USEC_PER_SEC);
}

static void
test_small (void)
{
  g_autoptr(ExampleRun) run = example_run ("factorial", "--timeout", "100", "0", "1", "12", "1000", "9973", NULL);
  const guint64 numbers[] = { 0, 1, 12, 1000, 9973 };

  g_test_summary ("Factorials from 0! on are exact");

  g_assert_cmpint (run->exit_status, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    assert_factorial (run, numbers[i]);

  /* 2432902008176640000 */
  g_assert_nonnull (strstr (run->out, "20! has 19 digits, checksum 730137969 (worker "));
}

static void
test_cut_short (void)
{
  g_autoptr(ExampleRun) alone = NULL;
  g_autoptr(ExampleRun) run = NULL;
  g_autofree char *timeout = NULL;
  gint64 started = g_get_monotonic_time ();

  g_test_summary ("What would run for ever times out, and nothing else is lost");

  if (strstr (g_getenv ("LD_PRELOAD") ?: "", "vgpreload") != NULL)
    {
      g_test_skip ("GMP takes minutes under valgrind");
      return;
    }

  alone = example_run ("factorial", "--timeout", "100", "--workers", "1", "1297337", "1116281", NULL);
  g_assert_cmpint (alone->exit_status, ==, 0);
  assert_factorial (alone, 1297337);
  assert_factorial (alone, 1116281);

  timeout = dup_timeout (started);
  run = example_run ("factorial", "--timeout", timeout, "--workers", "2",
                     "104395303", "1297337", "1116281", NULL);
  g_assert_cmpint (run->exit_status, ==, 1);
  assert_factorial (run, 1297337);
  assert_factorial (run, 1116281);
  assert_factorial (run, 20);
  g_assert_nonnull (strstr (run->out, "104395303! is missing\n"));
  g_assert_null (strstr (run->out, "104395303! has "));
}

static void
test_replaced (void)
{
  g_autoptr(ExampleRun) alone = NULL;
  g_autoptr(ExampleRun) run = NULL;
  g_autofree char *timeout = NULL;
  gint64 started = g_get_monotonic_time ();

  g_test_summary ("The only worker is killed at the time-out, and another one serves the next call");

  alone = example_run ("factorial", "--timeout", "100", "--workers", "1", "1000", NULL);
  g_assert_cmpint (alone->exit_status, ==, 0);

  timeout = dup_timeout (started);
  run = example_run ("factorial", "--timeout", timeout, "--workers", "1", "1000", "104395303", NULL);
  g_assert_cmpint (run->exit_status, ==, 1);
  g_assert_nonnull (strstr (run->out, "104395303! is missing\n"));
  g_assert_cmpuint (assert_factorial (run, 1000), !=, assert_factorial (run, 20));
}

static void
test_usage (void)
{
  g_autoptr(ExampleRun) none = example_run ("factorial", NULL);
  g_autoptr(ExampleRun) wrong = example_run ("factorial", "5", "-3", NULL);

  g_test_summary ("Missing and wrong arguments are told");

  g_assert_cmpint (none->exit_status, ==, 2);
  g_assert_nonnull (strstr (none->err, "Usage"));
  g_assert_cmpint (wrong->exit_status, ==, 2);
  g_assert_nonnull (strstr (wrong->err, "-3"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/examples/factorial/small", test_small);
  g_test_add_func ("/examples/factorial/cut-short", test_cut_short);
  g_test_add_func ("/examples/factorial/replaced", test_replaced);
  g_test_add_func ("/examples/factorial/usage", test_usage);

  return g_test_run ();
}
