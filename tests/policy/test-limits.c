/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-limits-private.h"

#define MIB G_GUINT64_CONSTANT (1048576)

/* A worker to which as many calls are sent as may go, and which answers some of them;
 * what it has then is as much as it may be given, and no more. */
static void
walk_calls (const CfutLimits *limits,
            guint64           n_assigned,
            guint             n_live,
            guint             depth,
            guint             n_left)
{
  while (!cfut_limits_is_used_up (limits, CFUT_PROCESS_SERVING, n_assigned) &&
         n_live < cfut_limits_get_depth (limits, depth, n_assigned))
    {
      /* With it is never more than half of what it may have still. */
      g_assert_cmpuint (n_live + 1, <=, MAX (1, (limits->max_calls - n_assigned) / 2));
      n_assigned++;
      n_live++;
    }

  /* It always has something to do, until it is at its end. */
  g_assert_cmpuint (n_assigned, <=, limits->max_calls);
  g_assert_true (n_live > 0 || n_assigned == limits->max_calls);
  /* The last one does not wait behind another. */
  if (n_assigned == limits->max_calls && limits->max_calls > 1)
    g_assert_cmpuint (n_live, <=, 1);

  for (guint n = 1; n <= n_live && n_left > 0; n++)
    walk_calls (limits, n_assigned, n_live - n, depth, n_left - 1);
}

static void
test_calls (void)
{
  g_test_summary ("A worker gets as many calls as it may have, the last one alone, however many may go ahead");

  for (guint max_calls = 1; max_calls <= 12; max_calls++)
    for (guint depth = 1; depth <= 16; depth *= 2)
      walk_calls (&(CfutLimits) { .max_calls = max_calls }, 0, 0, depth, 12);
}

static void
test_no_limits (void)
{
  CfutLimits none = { 0 };

  g_test_summary ("Without limits nothing is ever at its end");

  for (guint64 n = 1; n < G_MAXUINT32; n *= 3)
    {
      g_assert_cmpuint (cfut_limits_get_depth (&none, 512, n), ==, 512);
      g_assert_false (cfut_limits_is_used_up (&none, CFUT_PROCESS_SERVING, n));
      g_assert_false (cfut_limits_is_too_large (&none, CFUT_PROCESS_SERVING, n * MIB, 0));
    }
}

static void
test_sizes (void)
{
  CfutLimits limits = { .max_rss = 3 * MIB };

  g_test_summary ("A worker that serves is too large by what it has itself, and not by what it was given");

  for (CfutProcessPhase phase = CFUT_PROCESS_STARTING; phase <= CFUT_PROCESS_DYING; phase++)
    for (guint64 rss = 0; rss < 8; rss++)
      for (guint64 shared = 0; shared < 8; shared++)
        {
          gboolean is_too_large = cfut_limits_is_too_large (&limits, phase, rss * MIB, shared * MIB);

          g_assert_true (is_too_large == (phase == CFUT_PROCESS_SERVING && rss >= shared + 4));
        }
}

static void
test_phases (void)
{
  CfutLimits limits = { .max_calls = 2 };

  g_test_summary ("One that is to go already is not let go again");

  for (CfutProcessPhase phase = CFUT_PROCESS_STARTING; phase <= CFUT_PROCESS_DYING; phase++)
    for (guint64 n = 0; n < 5; n++)
      g_assert_true (cfut_limits_is_used_up (&limits, phase, n) == (phase == CFUT_PROCESS_SERVING && n >= 2));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/limits/calls", test_calls);
  g_test_add_func ("/limits/none", test_no_limits);
  g_test_add_func ("/limits/sizes", test_sizes);
  g_test_add_func ("/limits/phases", test_phases);

  return g_test_run ();
}
