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
  g_test_add_func ("/debug/help", test_help);

  return g_test_run ();
}
