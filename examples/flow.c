/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Flow: ten thousand calls from a main loop, never more than 16 in the queue.
 *
 * cfut_executor_submit_async() submits when there is room, and the main loop
 * goes on meanwhile. So the producer is as fast as the workers, and memory
 * stays as it is, however many calls there are.
 *
 *   $ flow
 *   sum of squares: 333283335000
 *   never more than 16 waited
 */

#include <cfut/cfut.h>

#define N_CALLS 10000
#define MAX_PENDING 16

typedef struct
{
  GMainLoop *loop;
  CfutExecutor *executor;
  guint n_submitted;
  guint n_finished;
  guint max_waiting;
  gint64 sum;
  GError *error;
} Flow;

static GVariant *
square (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  gint64 n;

  g_variant_get (arguments, "(x)", &n);

  return g_variant_new_int64 (n * n);
}

static void
result_cb (GObject      *object,
           GAsyncResult *async_result,
           gpointer      user_data)
{
  Flow *flow = user_data;
  g_autoptr(GVariant) result = NULL;

  if (flow->error != NULL)
    return;

  result = cfut_future_result_finish (CFUT_FUTURE (object), async_result, &flow->error);
  if (result != NULL)
    flow->sum += g_variant_get_int64 (result);

  if (flow->error != NULL || ++flow->n_finished == N_CALLS)
    g_main_loop_quit (flow->loop);
}

static void
submit_cb (GObject      *object,
           GAsyncResult *async_result,
           gpointer      user_data);

static void
submit_next (Flow *flow)
{
  cfut_executor_submit_async (flow->executor,
                              "square",
                              g_variant_new ("(x)", (gint64) flow->n_submitted),
                              NULL,
                              NULL,
                              submit_cb,
                              flow);
}

static void
submit_cb (GObject      *object,
           GAsyncResult *async_result,
           gpointer      user_data)
{
  Flow *flow = user_data;
  g_autoptr(CfutFuture) future = NULL;

  future = cfut_executor_submit_finish (flow->executor, async_result, &flow->error);
  if (future == NULL)
    {
      g_main_loop_quit (flow->loop);
      return;
    }

  cfut_future_result_async (future, NULL, result_cb, flow);

  flow->max_waiting = MAX (flow->max_waiting, cfut_executor_get_n_pending (flow->executor));
  if (++flow->n_submitted < N_CALLS)
    submit_next (flow);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(CfutExecutor) executor = NULL;
  Flow flow = { 0 };

  cfut_register_function ("square",
                          G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          square, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  executor = cfut_process_executor_new (2);
  cfut_executor_set_max_pending (executor, MAX_PENDING);

  flow.loop = loop;
  flow.executor = executor;
  submit_next (&flow);
  g_main_loop_run (loop);

  if (flow.error != NULL)
    {
      g_printerr ("%s: %s\n", argv[0], flow.error->message);
      g_clear_error (&flow.error);
      return 1;
    }

  g_print ("sum of squares: %" G_GINT64_FORMAT "\n", flow.sum);
  g_print ("never more than %u waited\n", flow.max_waiting);

  return 0;
}
