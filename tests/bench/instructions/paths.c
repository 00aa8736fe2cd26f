/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>
#include <string.h>

#include <cfut/cfut.h>

#include "wire/cfut-inbox-private.h"
#include "wire/cfut-outbox-private.h"

/*
 * The hot paths, each for as often as one says: paths PATH N. What one more
 * costs is the difference of two runs, so nothing here has to be cheap but the
 * path itself.
 */

/* Fewer are outstanding, so that no path depends on how much memory there is. */
#define BATCH 1000

static GVariant *
increment (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  return g_variant_new_int64 (g_variant_get_int64 (arguments) + 1);
}

static gboolean
do_nothing (CfutCall  *call,
            GValue    *result,
            gpointer   user_data,
            GError   **error)
{
  return TRUE;
}

static void
end_executor (CfutExecutor *executor)
{
  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL);
  g_object_unref (executor);
}

/* Submit, run, result. */
static void
run_calls (CfutExecutor *executor,
           guint         n)
{
  CfutFuture *futures[BATCH];

  for (guint done = 0; done < n; done += BATCH)
    {
      for (guint i = 0; i < BATCH; i++)
        futures[i] = cfut_executor_submit (executor, "increment", g_variant_new_int64 (i), NULL, NULL);
      for (guint i = 0; i < BATCH; i++)
        {
          g_autoptr(GVariant) result = cfut_future_dup_result (futures[i], CFUT_WAIT_FOREVER, NULL);

          g_assert_cmpint (g_variant_get_int64 (result), ==, i + 1);
          g_object_unref (futures[i]);
        }
    }

  end_executor (executor);
}

static void
run_threads (guint n)
{
  run_calls (cfut_thread_executor_new (1), n);
}

static void
run_processes (guint n)
{
  run_calls (cfut_process_executor_new (1), n);
}

/* The same, one after the other. */
static void
run_processes_lone (guint n)
{
  CfutExecutor *executor = cfut_process_executor_new (1);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CfutFuture) future = cfut_executor_submit (executor, "increment", g_variant_new_int64 (i), NULL, NULL);
      g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, NULL);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i + 1);
    }

  end_executor (executor);
}

static void
run_thread_funcs (guint n)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *futures[BATCH];

  for (guint done = 0; done < n; done += BATCH)
    {
      for (guint i = 0; i < BATCH; i++)
        futures[i] = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), do_nothing,
                                                       NULL, NULL, NULL, NULL);
      for (guint i = 0; i < BATCH; i++)
        {
          g_assert_true (cfut_future_wait (futures[i], CFUT_WAIT_FOREVER, NULL));
          g_object_unref (futures[i]);
        }
    }

  end_executor (executor);
}

/* Chunks of one size, as the automatic ones follow the clock. */
static void
run_map (CfutExecutor *executor,
         guint         n)
{
  g_autofree gint64 *numbers = g_new0 (gint64, n);
  g_autoptr(GVariant) items = NULL;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();

  cfut_map_options_set_chunk_size (options, BATCH);
  items = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, numbers, n, sizeof *numbers));
  {
    g_autoptr(CfutMap) map = cfut_executor_map (executor, "increment", items, options, NULL);

    while (!cfut_map_is_done (map))
      {
        g_autoptr(GVariant) result = NULL;
        guint64 index;

        if (cfut_map_next (map, &index, &result, NULL))
          g_assert_cmpint (g_variant_get_int64 (result), ==, 1);
      }
  }

  end_executor (executor);
}

static void
run_map_threads (guint n)
{
  run_map (cfut_thread_executor_new (1), n);
}

static void
run_map_processes (guint n)
{
  run_map (cfut_process_executor_new (1), n);
}

/* A frame is put into an outbox, copied as the socket would, and parsed. */
static void
run_frames (guint n)
{
  gint64 number = 7;
  CfutOutbox outbox;
  CfutInbox inbox;
  guint n_parsed = 0;

  cfut_outbox_init (&outbox);
  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_PARENT);

  for (guint done = 0; done < n; done += BATCH)
    {
      g_autoptr(GError) error = NULL;
      CfutFrame frame;

      for (guint i = 0; i < BATCH; i++)
        {
          CfutFrameHeader header = {
            .type = CFUT_FRAME_CALL, .call = done + i + 1, .attempt = 1, .slot = i,
          };

          cfut_outbox_add (&outbox, &header, &number, sizeof number);
        }
      while (outbox.queued > 0)
        {
          struct iovec vector;
          gsize space;
          guint8 *room = cfut_inbox_get_space (&inbox, &space);

          g_assert_cmpuint (cfut_outbox_get_vectors (&outbox, &vector, 1), ==, 1);
          space = MIN (space, vector.iov_len);
          memcpy (room, vector.iov_base, space);
          cfut_inbox_add (&inbox, space);
          cfut_outbox_remove (&outbox, space);
          while (cfut_inbox_next (&inbox, &frame, &error) == CFUT_CHANNEL_OK)
            n_parsed++;
          g_assert_no_error (error);
        }
    }
  g_assert_cmpuint (n_parsed, ==, n);

  cfut_inbox_clear (&inbox);
  cfut_outbox_clear (&outbox);
}

static void
future_done_cb (CfutFuture *future,
                gpointer    user_data)
{
  guint *n_delivered = user_data;

  (*n_delivered)++;
}

/* A promise that is kept, and a callback in the main loop. */
static void
run_delivery (guint n)
{
  g_autoptr(GVariant) unit = g_variant_ref_sink (g_variant_new ("()"));
  guint n_delivered = 0;

  for (guint done = 0; done < n; done += BATCH)
    {
      for (guint i = 0; i < BATCH; i++)
        {
          g_autoptr(CfutPromise) promise = cfut_promise_new ();

          cfut_future_add_done_callback (cfut_promise_get_future (promise), future_done_cb, &n_delivered, NULL);
          cfut_promise_resolve_variant (promise, unit);
        }
      while (n_delivered < done + BATCH)
        g_main_context_iteration (NULL, TRUE);
    }
}

static const struct
{
  const char *name;
  void      (*run) (guint n);
} paths[] = {
  { "threads", run_threads },
  { "thread-funcs", run_thread_funcs },
  { "processes", run_processes },
  { "processes-lone", run_processes_lone },
  { "map-threads", run_map_threads },
  { "map-processes", run_map_processes },
  { "frames", run_frames },
  { "delivery", run_delivery },
};

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("increment", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64, increment, NULL, NULL);
  cfut_init (&argc, &argv);

  for (guint i = 0; argc == 3 && i < G_N_ELEMENTS (paths); i++)
    {
      if (strcmp (argv[1], paths[i].name) == 0)
        {
          paths[i].run (strtoul (argv[2], NULL, 10));
          return 0;
        }
    }

  g_printerr ("Usage: %s PATH N\n", argv[0]);

  return 2;
}
