/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gio/gio.h>

#include "../bench.h"

/*
 * GTask, run in its own threads, of which there are ten or more. Its result
 * comes by a main context; who waits iterates it.
 */

typedef struct
{
  const BenchWork *work;
  gint64 argument;
} Call;

typedef struct
{
  GCancellable *cancellable; /* (owned) (nullable) */
  GAsyncResult *result;      /* (owned) (nullable) */
} Future;

static gpointer
open_pool (guint n_workers,
           guint n_pending)
{
  return g_main_context_ref_thread_default ();
}

static void
close_pool (gpointer data)
{
  g_main_context_unref (data);
}

static void
run_call (GTask        *task,
          gpointer      source,
          gpointer      data,
          GCancellable *cancellable)
{
  Call *call = data;

  g_task_return_int (task, call->work->func (call->argument));
}

static void
start_call (const BenchWork     *work,
            gint64               argument,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Call *call = g_new (Call, 1);

  call->work = work;
  call->argument = argument;
  g_task_set_task_data (task, call, g_free);
  g_task_set_return_on_cancel (task, cancellable != NULL);
  g_task_run_in_thread (task, run_call);
}

static void
call_finished_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  Future *future = user_data;

  future->result = g_object_ref (result);
}

static gpointer
submit (gpointer         pool,
        const BenchWork *work,
        gint64           argument)
{
  Future *future = g_new0 (Future, 1);

  start_call (work, argument, NULL, call_finished_cb, future);

  return future;
}

static gpointer
submit_cancellable (gpointer         pool,
                    const BenchWork *work,
                    gint64           argument)
{
  Future *future = g_new0 (Future, 1);

  future->cancellable = g_cancellable_new ();
  start_call (work, argument, future->cancellable, call_finished_cb, future);

  return future;
}

static gint64
finish (gpointer pool,
        gpointer data)
{
  Future *future = data;
  gint64 result;

  while (future->result == NULL)
    g_main_context_iteration (pool, TRUE);

  result = g_task_propagate_int (G_TASK (future->result), NULL);
  g_object_unref (future->result);
  g_clear_object (&future->cancellable);
  g_free (future);

  return result;
}

static void
cancel (gpointer pool,
        gpointer data)
{
  Future *future = data;

  g_cancellable_cancel (future->cancellable);
}

static void
call_delivered_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  void (*delivered) (void) = user_data;

  g_task_propagate_int (G_TASK (result), NULL);
  delivered ();
}

static void
notify (gpointer         pool,
        const BenchWork *work,
        void           (*delivered) (void))
{
  start_call (work, 0, NULL, call_delivered_cb, delivered);
}

static const BenchPeer peers[] = {
  {
    .name = "gtask",
    .open = open_pool,
    .close = close_pool,
    .submit = submit,
    .finish = finish,
    .notify = notify,
  },
  {
    .name = "gtask-cancellable",
    .open = open_pool,
    .close = close_pool,
    .submit = submit_cancellable,
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
