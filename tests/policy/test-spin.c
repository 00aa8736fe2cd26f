/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-spin-private.h"

static void
test_cpus (void)
{
  CfutSpin spin = { 0 };

  g_test_summary ("It takes a CPU that nobody else wants, or none");

  g_assert_false (cfut_spin_begin (&spin, 0, 1));
  g_assert_false (cfut_spin_begin (&spin, 1, 1));
  for (guint n_cpus = 2; n_cpus < 9; n_cpus++)
    for (guint n_live = 0; n_live < 20; n_live++)
      g_assert_cmpint (cfut_spin_begin (&spin, n_live, n_cpus), ==, n_live < n_cpus);
}

static void
test_hits (void)
{
  CfutSpin spin = { 0 };

  g_test_summary ("As long as something comes, each wait begins with a moment");

  for (guint i = 0; i < 1000; i++)
    {
      g_assert_true (cfut_spin_begin (&spin, 1, 2));
      cfut_spin_hit (&spin);
    }
}

static void
test_misses (void)
{
  CfutSpin spin = { 0 };
  guint n_spins = 0;
  guint n_waits = 0;

  g_test_summary ("When nothing comes, hardly any wait does");

  for (guint i = 0; i < 6400; i++)
    if (cfut_spin_begin (&spin, 0, 2))
      {
        n_spins++;
        cfut_spin_missed (&spin);
      }
  g_assert_cmpuint (n_spins, >=, 100);
  g_assert_cmpuint (n_spins, <=, 100 + CFUT_SPIN_MAX_DOUBLINGS);

  /* That moments would pay again shows after one round at most. */
  while (!cfut_spin_begin (&spin, 0, 2))
    n_waits++;
  g_assert_cmpuint (n_waits, <, 1u << CFUT_SPIN_MAX_DOUBLINGS);
  cfut_spin_hit (&spin);
  g_assert_true (cfut_spin_begin (&spin, 0, 2));
}

static void
test_busy (void)
{
  CfutSpin spin = { 0 };

  g_test_summary ("Waits with many calls under way teach it nothing");

  cfut_spin_missed (&spin);
  for (guint i = 0; i < 10; i++)
    g_assert_false (cfut_spin_begin (&spin, 100, 2));
  g_assert_cmpuint (spin.n_skips, ==, 1);
  g_assert_false (cfut_spin_begin (&spin, 0, 2));
  g_assert_true (cfut_spin_begin (&spin, 0, 2));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/spin/cpus", test_cpus);
  g_test_add_func ("/spin/hits", test_hits);
  g_test_add_func ("/spin/misses", test_misses);
  g_test_add_func ("/spin/busy", test_busy);

  return g_test_run ();
}
