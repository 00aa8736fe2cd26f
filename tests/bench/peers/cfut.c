/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "cfut-bench.h"

/*
 * cfut, as its users see it: registered functions on either executor, and on
 * threads a function by its address.
 */

static GVariant *
run_work (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  const BenchWork *work = user_data;

  return g_variant_new_int64 (work->func (g_variant_get_int64 (arguments)));
}

static GVariant *
run_without_values (CfutCall  *call,
                    GVariant  *arguments,
                    gpointer   user_data,
                    GError   **error)
{
  const BenchWork *work = user_data;

  work->func (0);

  return NULL;
}

void
cfut_bench_register (void)
{
  for (guint i = 0; bench_works[i] != NULL; i++)
    {
      const BenchWork *work = bench_works[i];

      if (cfut_bench_has_values (work))
        cfut_register_function (work->name, G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                run_work, (gpointer) work, NULL);
      else
        cfut_register_function (work->name, NULL, NULL, run_without_values, (gpointer) work, NULL);
    }
}

/* Whether a work has an argument and a result that somebody looks at. */
gboolean
cfut_bench_has_values (const BenchWork *work)
{
  return work == &bench_increment || work == &bench_pi;
}

static gpointer
open_executor (CfutExecutor *executor,
               guint         n_pending)
{
  cfut_executor_set_max_pending (executor, MAX (n_pending, 1));
  cfut_executor_set_max_pending_bytes (executor, G_MAXINT64);

  return executor;
}

static gpointer
open_threads (guint n_workers,
              guint n_pending)
{
  return open_executor (cfut_thread_executor_new (n_workers), n_pending);
}

static gpointer
open_processes (guint n_workers,
                guint n_pending)
{
  return open_executor (cfut_process_executor_new (n_workers), n_pending);
}

static void
close_executor (gpointer executor)
{
  g_autoptr(GError) error = NULL;

  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, &error);
  g_assert_no_error (error);
  g_object_unref (executor);
}

static gpointer
submit (gpointer         executor,
        const BenchWork *work,
        gint64           argument)
{
  g_autoptr(GError) error = NULL;
  GVariant *arguments = NULL;
  CfutFuture *future;

  if (cfut_bench_has_values (work))
    arguments = g_variant_new_int64 (argument);
  future = cfut_executor_submit (executor, work->name, arguments, NULL, &error);
  g_assert_no_error (error);

  return future;
}

static gint64
finish (gpointer executor,
        gpointer future)
{
  g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, NULL);

  g_object_unref (future);

  return result != NULL && g_variant_is_of_type (result, G_VARIANT_TYPE_INT64)
    ? g_variant_get_int64 (result) : 0;
}

static void
cancel (gpointer executor,
        gpointer future)
{
  cfut_future_cancel (future);
}

static void
future_done_cb (CfutFuture *future,
                gpointer    user_data)
{
  void (*delivered) (void) = user_data;

  delivered ();
}

static void
notify (gpointer         executor,
        const BenchWork *work,
        void           (*delivered) (void))
{
  g_autoptr(CfutFuture) future = submit (executor, work, 0);

  cfut_future_add_done_callback (future, future_done_cb, delivered, NULL);
}

static void
result_ready_cb (GObject      *source,
                 GAsyncResult *async_result,
                 gpointer      user_data)
{
  g_autoptr(GVariant) result = cfut_future_result_finish (CFUT_FUTURE (source), async_result, NULL);
  void (*delivered) (void) = user_data;

  delivered ();
}

static void
notify_async (gpointer         executor,
              const BenchWork *work,
              void           (*delivered) (void))
{
  g_autoptr(CfutFuture) future = submit (executor, work, 0);

  cfut_future_result_async (future, NULL, result_ready_cb, delivered);
}

/* The function by its address; its result stays an int64 in a GValue. */

typedef struct
{
  const BenchWork *work;
  gint64 argument;
} Call;

static gboolean
run_func (CfutCall  *call,
          GValue    *result,
          gpointer   user_data,
          GError   **error)
{
  Call *self = user_data;

  g_value_init (result, G_TYPE_INT64);
  g_value_set_int64 (result, self->work->func (self->argument));

  return TRUE;
}

static gboolean
run_empty_func (CfutCall  *call,
                GValue    *result,
                gpointer   user_data,
                GError   **error)
{
  const BenchWork *work = user_data;

  work->func (0);

  return TRUE;
}

static gpointer
submit_func (gpointer         executor,
             const BenchWork *work,
             gint64           argument)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  if (cfut_bench_has_values (work))
    {
      Call *call = g_new (Call, 1);

      call->work = work;
      call->argument = argument;
      future = cfut_thread_executor_submit_func (executor, run_func, call, g_free, NULL, &error);
    }
  else
    {
      future = cfut_thread_executor_submit_func (executor, run_empty_func, (gpointer) work, NULL, NULL, &error);
    }
  g_assert_no_error (error);

  return future;
}

static gint64
finish_func (gpointer executor,
             gpointer future)
{
  const GValue *value;
  gint64 result = 0;

  cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL);
  value = cfut_future_get_value (future);
  if (value != NULL && G_VALUE_HOLDS_INT64 (value))
    result = g_value_get_int64 (value);
  g_object_unref (future);

  return result;
}

static const BenchPeer peers[] = {
  {
    .name = "threads",
    .open = open_threads,
    .close = close_executor,
    .submit = submit,
    .finish = finish,
    .cancel = cancel,
    .notify = notify,
    .many_producers = TRUE,
  },
  {
    .name = "threads-async",
    .open = open_threads,
    .close = close_executor,
    .submit = submit,
    .finish = finish,
    .notify = notify_async,
  },
  {
    .name = "threads-func",
    .open = open_threads,
    .close = close_executor,
    .submit = submit_func,
    .finish = finish_func,
    .cancel = cancel,
    .many_producers = TRUE,
  },
  {
    .name = "processes",
    .open = open_processes,
    .close = close_executor,
    .submit = submit,
    .finish = finish,
    .cancel = cancel,
    .notify = notify,
    .many_producers = TRUE,
  },
  { NULL },
};

int
main (int    argc,
      char **argv)
{
  cfut_bench_register ();
  cfut_bench_register_own ();
  cfut_init (&argc, &argv);

  return bench_main (argc, argv, peers, cfut_bench_measures);
}
