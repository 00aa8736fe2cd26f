/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/*
 * One call at a time, there and back. Before each the submitter rests for a
 * while, or not at all.
 */
static void
run_round_trips (const BenchPeer *peer,
                 guint            n_workers,
                 guint            size,
                 guint            rest_us)
{
  g_autofree gint64 *samples = g_new (gint64, size);
  gpointer pool = peer->open (n_workers, 16);

  for (guint i = 0; i < MIN (size, 100); i++)
    peer->finish (pool, peer->submit (pool, &bench_increment, i));

  for (guint i = 0; i < size; i++)
    {
      gint64 begin;

      if (rest_us > 0)
        g_usleep (rest_us);

      begin = bench_now_ns ();
      g_assert_cmpint (peer->finish (pool, peer->submit (pool, &bench_increment, i)), ==, i + 1);
      samples[i] = bench_now_ns () - begin;
    }

  peer->close (pool);
  bench_print_percentiles (samples, size);
}

void
bench_run_dense (const BenchPeer *peer,
                 guint            n_workers,
                 guint            size)
{
  run_round_trips (peer, n_workers, size, 0);
}

void
bench_run_asleep (const BenchPeer *peer,
                  guint            n_workers,
                  guint            size)
{
  run_round_trips (peer, n_workers, size, 2000);
}

void
bench_run_busy (const BenchPeer *peer,
                guint            n_workers,
                guint            size)
{
  bench_burn_start ();
  run_round_trips (peer, n_workers, size, 0);
  bench_burn_stop ();
}
