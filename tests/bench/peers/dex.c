/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <libdex.h>

#include "../bench.h"

/* libdex: a fiber for each call, on its pool of threads. Who waits iterates the
 * main context, where futures propagate. */

typedef struct
{
  const BenchWork *work;
  gint64 argument;
} Call;

static DexFuture *
run_call (gpointer data)
{
  Call *call = data;

  return dex_future_new_for_int64 (call->work->func (call->argument));
}

static gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  dex_init ();

  return dex_scheduler_ref (dex_thread_pool_scheduler_get_default ());
}

static void
close_pool (gpointer scheduler)
{
  dex_unref (scheduler);
}

static gpointer
submit (gpointer         scheduler,
        const BenchWork *work,
        gint64           argument)
{
  Call *call = g_new (Call, 1);

  call->work = work;
  call->argument = argument;

  return dex_scheduler_spawn (scheduler, 0, run_call, call, g_free);
}

static gint64
finish (gpointer scheduler,
        gpointer future)
{
  gint64 result;

  while (dex_future_is_pending (future))
    g_main_context_iteration (NULL, FALSE);

  result = g_value_get_int64 (dex_future_get_value (future, NULL));
  dex_unref (future);

  return result;
}

static const BenchPeer peers[] = {
  {
    .name = "dex",
    .open = open_pool,
    .close = close_pool,
    .submit = submit,
    .finish = finish,
  },
  { NULL },
};

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, NULL);
}
