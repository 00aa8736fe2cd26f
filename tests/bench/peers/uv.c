/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <uv.h>

#include "../bench.h"

/*
 * libuv's own threads, of which it has one pool. Results come to the loop, which
 * belongs to the thread that submits; who waits runs it.
 */

typedef struct
{
  uv_work_t request;
  const BenchWork *work;
  gint64 argument;
  gint64 result;
  gboolean is_finished; /* by the loop's thread */
} Future;

static void
run_future (uv_work_t *request)
{
  Future *future = request->data;

  future->result = future->work->func (future->argument);
}

static void
future_finished_cb (uv_work_t *request,
                    int        status)
{
  Future *future = request->data;

  future->is_finished = TRUE;
}

static gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  g_autofree char *size = g_strdup_printf ("%u", n_workers);

  /* Read when the first call is queued. */
  g_setenv ("UV_THREADPOOL_SIZE", size, TRUE);

  return uv_default_loop ();
}

static void
close_pool (gpointer loop)
{
  uv_run (loop, UV_RUN_DEFAULT);
}

static gpointer
submit (gpointer         loop,
        const BenchWork *work,
        gint64           argument)
{
  Future *future = g_new0 (Future, 1);

  future->work = work;
  future->argument = argument;
  future->request.data = future;
  uv_queue_work (loop, &future->request, run_future, future_finished_cb);

  return future;
}

static gint64
finish (gpointer loop,
        gpointer data)
{
  Future *future = data;
  gint64 result;

  while (!future->is_finished)
    uv_run (loop, UV_RUN_ONCE);

  result = future->result;
  g_free (future);

  return result;
}

static void
cancel (gpointer loop,
        gpointer data)
{
  Future *future = data;

  uv_cancel ((uv_req_t *) &future->request);
}

static const BenchPeer peers[] = {
  {
    .name = "uv",
    .open = open_pool,
    .close = close_pool,
    .submit = submit,
    .finish = finish,
    .cancel = cancel,
  },
  { NULL },
};

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, NULL);
}
