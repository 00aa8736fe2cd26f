/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/*
 * How much faster two workers are than one, at calls that only compute. The
 * best of some rounds which take turns: what disturbs makes a round slower.
 */

#define N_CALLS 8
#define N_ROUNDS 5

static gint64
run_calls (const BenchPeer *peer,
           gpointer         pool,
           guint            size)
{
  gpointer futures[N_CALLS];
  gint64 begin = bench_now_ns ();

  for (guint i = 0; i < N_CALLS; i++)
    futures[i] = peer->submit (pool, &bench_pi, size);
  for (guint i = 0; i < N_CALLS; i++)
    peer->finish (pool, futures[i]);

  return bench_now_ns () - begin;
}

void
bench_run_scaling (const BenchPeer *peer,
                   guint            n_workers,
                   guint            size)
{
  gpointer one = peer->open (1, N_CALLS);
  gpointer two = peer->open (2, N_CALLS);
  gint64 best_one = G_MAXINT64, best_two = G_MAXINT64;

  run_calls (peer, one, 1000);
  run_calls (peer, two, 1000);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      best_one = MIN (best_one, run_calls (peer, one, size));
      best_two = MIN (best_two, run_calls (peer, two, size));
    }
  peer->close (one);
  peer->close (two);

  bench_print ("speed_up", (double) best_one / best_two);
  bench_print ("one_ms", best_one / 1e6);
  bench_print ("two_ms", best_two / 1e6);
}
