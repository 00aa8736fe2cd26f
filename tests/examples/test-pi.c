/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include <math.h>

/* What the program computes, found without a loop: the sum to n of 1/i^2 is
 * pi^2/6 - 1/n + 1/(2n^2) - 1/(6n^3) + ... */
static double
expected (double n)
{
  return sqrt (G_PI * G_PI - 6 / n + 3 / (n * n) - 1 / (n * n * n));
}

static const char * const counts[] = { "50000", "51000", "52000", "53000" };

/* Runs the program in the place of a shell, which says the program's own pid. */
static ExampleRun *
run_pi (const char *kind,
        const char *workers)
{
  g_autofree char *path = example_path ("pi");
  const char *argv[] = {
    "/bin/sh", "-c", "echo \"own pid $$\"; exec \"$@\"", "sh",
    path, kind, workers, counts[0], counts[1], counts[2], counts[3], NULL
  };

  return example_run_argv (argv);
}

/* Returns the pids, a set of strings that lives as long as @pids. */
static GHashTable *
check (ExampleRun *run,
       GPtrArray  *pids)
{
  g_autoptr(GPtrArray) results = example_match (run->out, "^pi\\((\\d+)\\) = (\\d\\.\\d{12})$");
  g_autoptr(GPtrArray) costs = example_match (run->out, "^cost: \\d+\\.\\d{3}s\n\\z");
  GHashTable *ids = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpint (run->exit_status, ==, 0);
  g_assert_cmpuint (costs->len, ==, 1);
  g_assert_cmpuint (results->len, ==, G_N_ELEMENTS (counts));
  g_assert_cmpuint (pids->len, ==, G_N_ELEMENTS (counts));

  for (guint i = 0; i < results->len; i++)
    {
      char **match = g_ptr_array_index (results, i);

      g_assert_cmpstr (match[1], ==, counts[i]);
      g_assert_cmpfloat_with_epsilon (g_ascii_strtod (match[2], NULL),
                                      expected (g_ascii_strtod (counts[i], NULL)),
                                      1e-11);
    }

  for (guint i = 0; i < pids->len; i++)
    {
      char **match = g_ptr_array_index (pids, i);

      g_hash_table_add (ids, match[1]);
    }

  return ids;
}

static void
test_processes (gconstpointer user_data)
{
  const char *workers = user_data;
  g_autoptr(ExampleRun) run = run_pi ("--processes", workers);
  g_autoptr(GPtrArray) pids = example_match (run->out, "^pid (\\d+) sums");
  g_autoptr(GHashTable) ids = check (run, pids);
  g_autoptr(GPtrArray) own = example_match (run->out, "^own pid (\\d+)$");
  char **match = g_ptr_array_index (own, 0);

  g_test_summary ("The sums are right, and made in other processes, no more than asked for");

  g_assert_cmpuint (g_hash_table_size (ids), <=, g_ascii_strtoull (workers, NULL, 10));
  g_assert_false (g_hash_table_contains (ids, match[1]));
}

static void
test_in_process (gconstpointer user_data)
{
  const char *kind = user_data;
  g_autoptr(ExampleRun) run = run_pi (kind, "2");
  g_autoptr(GPtrArray) pids = example_match (run->out, "^pid (\\d+) sums");
  g_autoptr(GHashTable) ids = check (run, pids);
  g_autoptr(GPtrArray) own = example_match (run->out, "^own pid (\\d+)$");
  char **match = g_ptr_array_index (own, 0);

  g_test_summary ("The sums are right, and made in the program's own process");

  g_assert_cmpuint (g_hash_table_size (ids), ==, 1);
  g_assert_true (g_hash_table_contains (ids, match[1]));
}

static void
test_usage (void)
{
  g_autoptr(ExampleRun) none = example_run ("pi", "2", NULL);
  g_autoptr(ExampleRun) default_kind = example_run ("pi", "1", "2", NULL);
  g_autoptr(ExampleRun) kind = example_run ("pi", "--fibres", "2", "1", NULL);
  g_autoptr(ExampleRun) wrong = example_run ("pi", "2", "1", "many", NULL);

  g_test_summary ("Processes are the default; missing and wrong arguments are told");

  g_assert_cmpint (default_kind->exit_status, ==, 0);
  g_assert_nonnull (strstr (default_kind->out, "pi(2) = 2.738612787526\n"));

  g_assert_cmpint (none->exit_status, ==, 2);
  g_assert_nonnull (strstr (none->err, "Usage"));
  g_assert_cmpint (kind->exit_status, ==, 2);
  g_assert_nonnull (strstr (kind->err, "--fibres"));
  g_assert_cmpint (wrong->exit_status, ==, 1);
  g_assert_nonnull (strstr (wrong->err, "many"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/examples/pi/one-process", "1", test_processes);
  g_test_add_data_func ("/examples/pi/two-processes", "2", test_processes);
  g_test_add_data_func ("/examples/pi/four-processes", "4", test_processes);
  g_test_add_data_func ("/examples/pi/threads", "--threads", test_in_process);
  g_test_add_data_func ("/examples/pi/inline", "--inline", test_in_process);
  g_test_add_func ("/examples/pi/usage", test_usage);

  return g_test_run ();
}
