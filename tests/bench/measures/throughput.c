/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/*
 * Calls a second. The clock runs from the first submit until the last future
 * has been freed.
 */

static void
warm_up (const BenchPeer *peer,
         gpointer         pool,
         guint            n_workers,
         const BenchWork *work)
{
  gpointer futures[64];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = peer->submit (pool, work, i);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    peer->finish (pool, futures[i]);
}

static void
run_all_at_once (const BenchPeer *peer,
                 guint            n_workers,
                 guint            size,
                 const BenchWork *work)
{
  g_autofree gpointer *futures = g_new0 (gpointer, size);
  gpointer pool = peer->open (n_workers, size + n_workers);
  gint64 begin, end, cpu, sum = 0;

  warm_up (peer, pool, n_workers, work);

  cpu = bench_cpu_ns (FALSE);
  begin = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    futures[i] = peer->submit (pool, work, 0);
  for (guint i = 0; i < size; i++)
    sum += peer->finish (pool, futures[i]);
  end = bench_now_ns ();
  cpu = bench_cpu_ns (FALSE) - cpu;
  g_assert_cmpint (sum, ==, work == &bench_empty ? 0 : size);

  peer->close (pool);

  bench_print ("calls_per_s", size * 1e9 / (end - begin));
  bench_print ("cpu_ns", (double) cpu / size);
  bench_print ("worker_cpu_ns", (double) bench_cpu_ns (TRUE) / size);
}

/* All are submitted before the first is waited for. */
void
bench_run_burst (const BenchPeer *peer,
                 guint            n_workers,
                 guint            size)
{
  run_all_at_once (peer, n_workers, size, &bench_empty);
}

void
bench_run_burst_increment (const BenchPeer *peer,
                           guint            n_workers,
                           guint            size)
{
  run_all_at_once (peer, n_workers, size, &bench_increment);
}

static void
run_bounded (const BenchPeer *peer,
             guint            n_workers,
             guint            size,
             const BenchWork *work)
{
  gpointer futures[BENCH_BOUND];
  gpointer pool = peer->open (n_workers, BENCH_BOUND);
  gint64 begin, end;

  warm_up (peer, pool, n_workers, work);

  begin = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    {
      if (i >= BENCH_BOUND)
        peer->finish (pool, futures[i % BENCH_BOUND]);
      futures[i % BENCH_BOUND] = peer->submit (pool, work, 0);
    }
  for (guint i = 0; i < MIN (size, BENCH_BOUND); i++)
    peer->finish (pool, futures[(size + i) % MIN (size, BENCH_BOUND)]);
  end = bench_now_ns ();

  peer->close (pool);

  bench_print ("calls_per_s", size * 1e9 / (end - begin));
}

/* The oldest is waited for before another is submitted. */
void
bench_run_bounded (const BenchPeer *peer,
                   guint            n_workers,
                   guint            size)
{
  run_bounded (peer, n_workers, size, &bench_empty);
}

void
bench_run_bounded_increment (const BenchPeer *peer,
                             guint            n_workers,
                             guint            size)
{
  run_bounded (peer, n_workers, size, &bench_increment);
}

typedef struct
{
  const BenchPeer *peer;
  gpointer pool;
  guint size;
  int *go; /* (atomic) */
} Producer;

static gpointer
producer_thread (gpointer data)
{
  Producer *self = data;
  g_autofree gpointer *futures = g_new0 (gpointer, self->size);

  while (!g_atomic_int_get (self->go))
    g_thread_yield ();

  for (guint i = 0; i < self->size; i++)
    futures[i] = self->peer->submit (self->pool, &bench_empty, 0);
  for (guint i = 0; i < self->size; i++)
    self->peer->finish (self->pool, futures[i]);

  return NULL;
}

/* Four threads submit to one pool. */
void
bench_run_producers (const BenchPeer *peer,
                     guint            n_workers,
                     guint            size)
{
  GThread *threads[4];
  int go = FALSE;
  Producer producer = {
    .peer = peer,
    .pool = peer->open (n_workers, size + n_workers),
    .size = size / G_N_ELEMENTS (threads),
    .go = &go,
  };
  gint64 begin, end;

  g_assert (peer->many_producers);
  warm_up (peer, producer.pool, n_workers, &bench_empty);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("producer", producer_thread, &producer);
  begin = bench_now_ns ();
  g_atomic_int_set (&go, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  end = bench_now_ns ();

  peer->close (producer.pool);

  bench_print ("calls_per_s", producer.size * G_N_ELEMENTS (threads) * 1e9 / (end - begin));
}
