/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/*
 * Completions into a main loop that was away while @size calls completed: how
 * many it takes a second, and its longest iteration meanwhile.
 */

static guint n_delivered;

static void
delivered (void)
{
  n_delivered++;
}

void
bench_run_delivery (const BenchPeer *peer,
                    guint            n_workers,
                    guint            size)
{
  gpointer pool = peer->open (n_workers, size + n_workers);
  gint64 submitted, begin, end, longest = 0;

  submitted = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    peer->notify (pool, &bench_count, delivered);
  while (g_atomic_int_get (&bench_n_counted) < (int) size)
    g_usleep (1000);
  submitted = bench_now_ns () - submitted;
  g_usleep (20000);

  begin = end = bench_now_ns ();
  while (n_delivered < size)
    {
      gint64 last = end;

      g_main_context_iteration (NULL, TRUE);
      end = bench_now_ns ();
      longest = MAX (longest, end - last);
    }

  peer->close (pool);

  bench_print ("deliveries_per_s", size * 1e9 / (end - begin));
  bench_print ("longest_ms", longest / 1e6);
  bench_print ("calls_per_s", size * 1e9 / (submitted + end - begin));
}
