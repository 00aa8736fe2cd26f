/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/*
 * What a call costs that waits in the queue: memory, and to be cancelled there.
 * The workers are held by calls that do not end.
 */

static gpointer
open_held (const BenchPeer *peer,
           guint            n_workers,
           guint            n_pending,
           gpointer        *held)
{
  gpointer pool = peer->open (n_workers, n_pending);

  for (guint i = 0; i < n_workers; i++)
    peer->finish (pool, peer->submit (pool, &bench_increment, i));

  bench_gate_shut ();
  for (guint i = 0; i < n_workers; i++)
    held[i] = peer->submit (pool, &bench_hold, 0);

  return pool;
}

void
bench_run_memory (const BenchPeer *peer,
                  guint            n_workers,
                  guint            size)
{
  g_autofree gpointer *held = g_new0 (gpointer, n_workers);
  g_autofree gpointer *futures = g_malloc (size * sizeof (gpointer));
  gpointer pool = open_held (peer, n_workers, size + n_workers + 1, held);
  gsize before, after;

  for (guint i = 0; i < size; i++)
    futures[i] = NULL;

  before = bench_resident ();
  for (guint i = 0; i < size; i++)
    futures[i] = peer->submit (pool, &bench_increment, i);
  after = bench_resident ();

  bench_gate_open ();
  for (guint i = 0; i < n_workers; i++)
    peer->finish (pool, held[i]);
  for (guint i = 0; i < size; i++)
    peer->finish (pool, futures[i]);
  peer->close (pool);

  bench_print ("bytes_per_call", ((double) after - before) / size);
}

/* From the first cancel until the last cancelled future has been freed. */
void
bench_run_cancel (const BenchPeer *peer,
                  guint            n_workers,
                  guint            size)
{
  g_autofree gpointer *held = g_new0 (gpointer, n_workers);
  g_autofree gpointer *futures = g_new0 (gpointer, size);
  gpointer pool = open_held (peer, n_workers, size + n_workers + 1, held);
  gint64 begin, end;

  for (guint i = 0; i < size; i++)
    futures[i] = peer->submit (pool, &bench_increment, i);

  begin = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    peer->cancel (pool, futures[i]);
  for (guint i = 0; i < size; i++)
    peer->finish (pool, futures[i]);
  end = bench_now_ns ();

  bench_gate_open ();
  for (guint i = 0; i < n_workers; i++)
    peer->finish (pool, held[i]);
  peer->close (pool);

  bench_print ("cancel_ns", (double) (end - begin) / size);
}
