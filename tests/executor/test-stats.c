/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-stats-private.h"

#include "executor/cfut-cpus-private.h"

static void
test_copy (void)
{
  CfutStats *stats = cfut_stats_new ();
  CfutStats *copy;

  g_test_summary ("A copy has each counter");

  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 0);

  stats->n_workers = 1;
  stats->n_idle = 2;
  stats->n_pending = 3;
  stats->pending_bytes = 4;
  stats->n_running = 5;
  stats->n_submitted = 6;
  stats->n_finished = 7;
  stats->n_failed = 8;
  stats->n_cancelled = 9;
  stats->n_retried = 10;
  stats->n_deaths = 11;
  stats->busy_time = 12;
  stats->cpu_time = 13;
  stats->queue_wait = 14;
  stats->n_kills = 15;

  copy = g_boxed_copy (CFUT_TYPE_STATS, stats);
  cfut_stats_free (stats);

  g_assert_cmpuint (cfut_stats_get_n_workers (copy), ==, 1);
  g_assert_cmpuint (cfut_stats_get_n_idle (copy), ==, 2);
  g_assert_cmpuint (cfut_stats_get_n_pending (copy), ==, 3);
  g_assert_cmpuint (cfut_stats_get_pending_bytes (copy), ==, 4);
  g_assert_cmpuint (cfut_stats_get_n_running (copy), ==, 5);
  g_assert_cmpuint (cfut_stats_get_n_submitted (copy), ==, 6);
  g_assert_cmpuint (cfut_stats_get_n_finished (copy), ==, 7);
  g_assert_cmpuint (cfut_stats_get_n_failed (copy), ==, 8);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (copy), ==, 9);
  g_assert_cmpuint (cfut_stats_get_n_retried (copy), ==, 10);
  g_assert_cmpuint (cfut_stats_get_n_deaths (copy), ==, 11);
  g_assert_cmpint (cfut_stats_get_busy_time (copy), ==, 12);
  g_assert_cmpint (cfut_stats_get_cpu_time (copy), ==, 13);
  g_assert_cmpint (cfut_stats_get_queue_wait (copy), ==, 14);
  g_assert_cmpuint (cfut_stats_get_n_kills (copy), ==, 15);

  g_boxed_free (CFUT_TYPE_STATS, copy);
}

static void
test_cpu_share (void)
{
  static const struct
  {
    gint64 busy_time;
    gint64 cpu_time;
    double share;
  } cases[] = {
    { 0, 0, 1.0 },     /* nothing has run */
    { 0, 100, 1.0 },   /* only what workers do besides calls */
    { 100, 0, 0.0 },
    { 100, 25, 0.25 },
    { 100, 100, 1.0 },
    { 100, 130, 1.0 }, /* the worker's own work counts in */
    { 100, -1, 0.0 },
  };

  g_test_summary ("The CPU share is CPU time over busy time, between 0 and 1");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CfutStats stats = { .busy_time = cases[i].busy_time, .cpu_time = cases[i].cpu_time };

      g_assert_cmpfloat_with_epsilon (cfut_stats_get_cpu_share (&stats), cases[i].share, 1e-9);
    }
}

static void
test_useful_workers (void)
{
  static const struct
  {
    gint64 busy_time;
    gint64 cpu_time;
    guint n_cpus;
    guint n_workers;
  } cases[] = {
    { 0, 0, 1, 1 },
    { 0, 0, 8, 8 },
    { 100, 100, 1, 1 },
    { 100, 100, 8, 8 },
    { 100, 50, 2, 4 },
    { 100, 25, 2, 8 },
    { 100, 80, 2, 3 },    /* 2.5 is rounded up */
    { 100, 90, 2, 2 },    /* 2.2 is rounded down */
    { 1000, 1, 2, 2000 },
    { 1000000, 1, 2, 2000 }, /* shares below 0.001 count as 0.001 */
    { 100, 0, 4, 4000 },
  };
  CfutStats idle = { 0 };

  g_test_summary ("A load can use CPUs / CPU share workers (Goetz 8.2)");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CfutStats stats = { .busy_time = cases[i].busy_time, .cpu_time = cases[i].cpu_time };

      g_assert_cmpuint (cfut_stats_compute_useful_workers (&stats, cases[i].n_cpus), ==,
                        cases[i].n_workers);
    }

  g_assert_cmpuint (cfut_stats_get_useful_workers (&idle), ==, cfut_cpus_get_usable ());
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stats/copy", test_copy);
  g_test_add_func ("/stats/cpu-share", test_cpu_share);
  g_test_add_func ("/stats/useful-workers", test_useful_workers);

  return g_test_run ();
}
