/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

static void
check (const char *threads,
       const char *tasks,
       gint64      total,
       double      least_cost)
{
  g_autoptr(ExampleRun) run = example_run ("sleepers", threads, tasks, NULL);
  g_autoptr(GPtrArray) squares = example_match (run->out, "^thread (\\d+) square (\\d+)$");
  g_autoptr(GPtrArray) totals = example_match (run->out, "^total result=(\\d+) cost: (\\d+\\.\\d\\d)s\n\\z");
  g_autoptr(GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
  char **match;

  g_assert_cmpint (run->exit_status, ==, 0);

  for (guint i = 0; i < squares->len; i++)
    {
      match = g_ptr_array_index (squares, i);
      g_hash_table_add (ids, match[1]);
      g_assert_true (g_hash_table_add (numbers, match[2]));
    }

  g_assert_cmpuint (squares->len, ==, g_ascii_strtoull (tasks, NULL, 10));
  g_assert_cmpuint (g_hash_table_size (ids), <=, g_ascii_strtoull (threads, NULL, 10));

  g_assert_cmpuint (totals->len, ==, 1);
  match = g_ptr_array_index (totals, 0);
  g_assert_cmpint (g_ascii_strtoll (match[1], NULL, 10), ==, total);
  g_assert_cmpfloat (g_ascii_strtod (match[2], NULL), >=, least_cost);
}

static void
test_on_two_threads (void)
{
  g_test_summary ("Ten tasks of a second take five on two threads, and sum up to 285");

  check ("2", "10", 285, 5);
}

static void
test_on_ten_threads (void)
{
  g_test_summary ("Ten tasks of a second take one on ten threads, and sum up to 285");

  check ("10", "10", 285, 1);
}

static void
test_usage (void)
{
  g_autoptr(ExampleRun) none = example_run ("sleepers", NULL);
  g_autoptr(ExampleRun) wrong = example_run ("sleepers", "two", "10", NULL);

  g_test_summary ("Missing and wrong arguments are told");

  g_assert_cmpint (none->exit_status, ==, 2);
  g_assert_nonnull (strstr (none->err, "Usage"));
  g_assert_cmpint (wrong->exit_status, ==, 2);
  g_assert_nonnull (strstr (wrong->err, "two"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/examples/sleepers/on-two-threads", test_on_two_threads);
  g_test_add_func ("/examples/sleepers/on-ten-threads", test_on_ten_threads);
  g_test_add_func ("/examples/sleepers/usage", test_usage);

  return g_test_run ();
}
