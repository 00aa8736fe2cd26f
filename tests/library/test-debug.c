/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "cfut-debug-private.h"

static void
test_nothing_set (void)
{
  g_test_summary ("Without CFUT_DEBUG no key is set and nothing is logged");

  if (g_test_subprocess ())
    {
      g_assert_cmpint (cfut_debug_get_flags (), ==, 0);
      CFUT_DEBUG (WORKERS, "Worker %d started", 1);
      return;
    }

  g_unsetenv ("CFUT_DEBUG");
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr_unmatched ("*Worker*");
}

static void
test_keys (void)
{
  g_test_summary ("A key of CFUT_DEBUG turns on its topic and no other");

  if (g_test_subprocess ())
    {
      g_assert_cmpint (cfut_debug_get_flags (), ==,
                       CFUT_DEBUG_WORKERS | CFUT_DEBUG_UNOBSERVED);
      CFUT_DEBUG (WORKERS, "Worker %d started", 1);
      CFUT_DEBUG (QUEUE, "Call %d queued", 1);
      return;
    }

  g_setenv ("CFUT_DEBUG", "workers,unobserved", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("CFUT_DEBUG");
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*Worker 1 started*");
  g_test_trap_assert_stderr_unmatched ("*queued*");
}

static void
test_all (void)
{
  const struct
  {
    const char *value;
    int flags;
  } cases[] = {
    { "all", CFUT_DEBUG_WORKERS | CFUT_DEBUG_PROTOCOL | CFUT_DEBUG_QUEUE },
    { "ALL", CFUT_DEBUG_WORKERS | CFUT_DEBUG_PROTOCOL | CFUT_DEBUG_QUEUE },
    { "all,unobserved",
      CFUT_DEBUG_WORKERS | CFUT_DEBUG_PROTOCOL | CFUT_DEBUG_QUEUE | CFUT_DEBUG_UNOBSERVED },
    { "all:protocol", CFUT_DEBUG_WORKERS | CFUT_DEBUG_QUEUE },
    { "Unobserved", CFUT_DEBUG_UNOBSERVED },
    { "", 0 },
  };

  g_test_summary ("The key all turns on what is logged, and does not turn warnings off");

  if (g_test_subprocess ())
    {
      int expected = g_ascii_strtoll (g_getenv ("TEST_EXPECTED"), NULL, 10);

      g_assert_cmpint (cfut_debug_get_flags (), ==, expected);
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = g_strdup_printf ("%d", cases[i].flags);

      g_setenv ("CFUT_DEBUG", cases[i].value, TRUE);
      g_setenv ("TEST_EXPECTED", expected, TRUE);
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_unsetenv ("TEST_EXPECTED");
      g_unsetenv ("CFUT_DEBUG");
      g_test_trap_assert_passed ();
    }
}

static void
test_help (void)
{
  g_test_summary ("The key help lists the others");

  if (g_test_subprocess ())
    {
      cfut_debug_get_flags ();
      return;
    }

  g_setenv ("CFUT_DEBUG", "help", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("CFUT_DEBUG");
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*workers*protocol*queue*unobserved*");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/nothing-set", test_nothing_set);
  g_test_add_func ("/debug/keys", test_keys);
  g_test_add_func ("/debug/all", test_all);
  g_test_add_func ("/debug/help", test_help);

  return g_test_run ();
}
