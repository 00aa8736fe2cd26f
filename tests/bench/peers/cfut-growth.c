/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "cfut-bench.h"

/*
 * Costs that should not grow with what is there already: @size calls that wait,
 * priorities, executors, futures of one cancellable, waiters of one future.
 */

/* So many are measured, whatever is there. */
#define N_MEASURED 2000

static double
per_call (gint64 begin,
          guint  n)
{
  return (double) (bench_now_ns () - begin) / n;
}

/* Submit, cancel and completion while @size calls wait. */
void
cfut_bench_run_queued (const BenchPeer *peer,
                       guint            n_workers,
                       guint            size)
{
  g_autofree gpointer *futures = g_new0 (gpointer, size + N_MEASURED);
  gpointer executor = peer->open (1, size + N_MEASURED + 1);
  gpointer held;
  gint64 begin;

  peer->finish (executor, peer->submit (executor, &bench_increment, 1));
  bench_gate_shut ();
  held = peer->submit (executor, &bench_hold, 0);
  for (guint i = 0; i < size; i++)
    futures[i] = peer->submit (executor, &bench_increment, i);

  begin = bench_now_ns ();
  for (guint i = 0; i < N_MEASURED; i++)
    futures[size + i] = peer->submit (executor, &bench_increment, i);
  bench_print ("submit_ns", per_call (begin, N_MEASURED));

  begin = bench_now_ns ();
  for (guint i = 0; i < N_MEASURED; i++)
    peer->cancel (executor, futures[size + i]);
  bench_print ("cancel_ns", per_call (begin, N_MEASURED));

  for (guint i = 0; i < N_MEASURED; i++)
    peer->finish (executor, futures[size + i]);

  begin = bench_now_ns ();
  bench_gate_open ();
  peer->finish (executor, held);
  for (guint i = 0; i < size; i++)
    peer->finish (executor, futures[i]);
  bench_print ("complete_ns", per_call (begin, size));

  peer->close (executor);
}

static CfutFuture *
submit_urgent (gpointer           executor,
               CfutSubmitOptions *options,
               int                priority)
{
  cfut_submit_options_set_priority (options, priority);

  return cfut_executor_submit_full (executor, "increment", g_variant_new_int64 (priority), options, NULL);
}

/* Submit and cancel of calls whose priorities lie between those of @size calls that
 * wait, each of which has one of its own; and completion of all in their order. */
void
cfut_bench_run_priorities (const BenchPeer *peer,
                           guint            n_workers,
                           guint            size)
{
  g_autofree gpointer *futures = g_new0 (gpointer, size + N_MEASURED);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  gpointer executor = peer->open (1, size + N_MEASURED + 1);
  gpointer held;
  gint64 begin;

  peer->finish (executor, peer->submit (executor, &bench_increment, 1));
  bench_gate_shut ();
  held = peer->submit (executor, &bench_hold, 0);
  for (guint i = 0; i < size; i++)
    futures[i] = submit_urgent (executor, options, 2 * i);

  begin = bench_now_ns ();
  for (guint i = 0; i < N_MEASURED; i++)
    futures[size + i] = submit_urgent (executor, options, 2 * (i * (guint64) size / N_MEASURED) + 1);
  for (guint i = 0; i < N_MEASURED; i++)
    peer->cancel (executor, futures[size + i]);
  bench_print ("priority_ns", per_call (begin, N_MEASURED));

  for (guint i = 0; i < N_MEASURED; i++)
    peer->finish (executor, futures[size + i]);

  begin = bench_now_ns ();
  bench_gate_open ();
  peer->finish (executor, held);
  for (guint i = 0; i < size; i++)
    peer->finish (executor, futures[i]);
  bench_print ("complete_ns", per_call (begin, size));

  peer->close (executor);
}

/* Calls of the last of @size executors, each of which has worked. */
void
cfut_bench_run_executors (const BenchPeer *peer,
                          guint            n_workers,
                          guint            size)
{
  g_autofree gpointer *executors = g_new0 (gpointer, size);
  gpointer futures[N_MEASURED];
  gint64 begin;

  for (guint i = 0; i < size; i++)
    {
      executors[i] = peer->open (1, N_MEASURED);
      peer->finish (executors[i], peer->submit (executors[i], &bench_increment, 1));
    }

  begin = bench_now_ns ();
  for (guint i = 0; i < N_MEASURED; i++)
    futures[i] = peer->submit (executors[size - 1], &bench_increment, i);
  for (guint i = 0; i < N_MEASURED; i++)
    peer->finish (executors[size - 1], futures[i]);
  bench_print ("call_ns", per_call (begin, N_MEASURED));

  for (guint i = 0; i < size; i++)
    peer->close (executors[i]);
}

/* Calls of one cancellable: what each costs to submit, and to cancel. */
void
cfut_bench_run_cancellable (const BenchPeer *peer,
                            guint            n_workers,
                            guint            size)
{
  g_autofree gpointer *futures = g_new0 (gpointer, size);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  gpointer executor = peer->open (1, size + 1);
  gpointer held;
  gint64 begin;

  peer->finish (executor, peer->submit (executor, &bench_increment, 1));
  bench_gate_shut ();
  held = peer->submit (executor, &bench_hold, 0);

  begin = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    futures[i] = cfut_executor_submit (executor, "increment", g_variant_new_int64 (i), cancellable, NULL);
  bench_print ("submit_ns", per_call (begin, size));

  begin = bench_now_ns ();
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < size; i++)
    peer->finish (executor, futures[i]);
  bench_print ("cancel_ns", per_call (begin, size));

  bench_gate_open ();
  peer->finish (executor, held);
  peer->close (executor);
}

static void
future_done_cb (CfutFuture *future,
                gpointer    user_data)
{
  guint *n_told = user_data;

  (*n_told)++;
}

/* Callbacks on one future: what each costs, from being added to being called. */
void
cfut_bench_run_waiters (const BenchPeer *peer,
                        guint            n_workers,
                        guint            size)
{
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  g_autoptr(GVariant) unit = g_variant_ref_sink (g_variant_new ("()"));
  CfutFuture *future = cfut_promise_get_future (promise);
  guint n_told = 0;
  gint64 begin = bench_now_ns ();

  for (guint i = 0; i < size; i++)
    cfut_future_add_done_callback (future, future_done_cb, &n_told, NULL);
  cfut_promise_resolve_variant (promise, unit);
  while (n_told < size)
    g_main_context_iteration (NULL, TRUE);
  bench_print ("waiter_ns", per_call (begin, size));
}
