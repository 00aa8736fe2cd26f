/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "measures.h"

/* From nothing to the first result, and to that of a second worker. */
void
bench_run_start (const BenchPeer *peer,
                 guint            n_workers,
                 guint            size)
{
  gint64 begin, end;
  gpointer pool;

  begin = bench_now_ns ();
  pool = peer->open (n_workers, 16);
  peer->finish (pool, peer->submit (pool, &bench_increment, 1));
  end = bench_now_ns ();
  peer->close (pool);

  bench_print ("first_us", (end - begin) / 1e3);
}
