/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Progress: a call in another process says how far it is, until Ctrl-C.
 *
 *   $ progress 200
 *    12 %  step 24 of 200
 *    25 %  step 50 of 200
 *   ^C
 *   Call "work" was cancelled
 *
 * The progress of the call arrives as a property of its future, in the main
 * loop. To cancel the future triggers the call's cancellable in the worker.
 */

#include <cfut/cfut.h>
#include <glib-unix.h>
#include <locale.h>

static GVariant *
work (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  guint n_steps;

  g_variant_get (arguments, "(u)", &n_steps);

  for (guint step = 1; step <= n_steps; step++)
    {
      g_autofree char *message = g_strdup_printf ("step %u of %u", step, n_steps);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;

      g_usleep (20 * G_TIME_SPAN_MILLISECOND); /* the work */
      cfut_call_set_progress (call, (double) step / n_steps, message);
    }

  return g_variant_new_uint32 (n_steps);
}

static void
progress_cb (CfutFuture *future,
             GParamSpec *pspec,
             gpointer    user_data)
{
  g_autofree char *message = cfut_future_dup_progress_message (future);

  g_print ("%3.0f %%  %s\n", 100 * cfut_future_get_progress (future), message);
}

static gboolean
interrupt_cb (gpointer user_data)
{
  CfutFuture *future = user_data;

  cfut_future_cancel (future);

  return G_SOURCE_CONTINUE;
}

static void
result_cb (GObject      *object,
           GAsyncResult *async_result,
           gpointer      user_data)
{
  GMainLoop *loop = user_data;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  result = cfut_future_result_finish (CFUT_FUTURE (object), async_result, &error);
  if (result != NULL)
    g_print ("%u steps done\n", g_variant_get_uint32 (result));
  else
    g_print ("%s\n", error->message);

  g_main_loop_quit (loop);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GMainLoop) loop = NULL;
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  guint64 n_steps = 100;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  cfut_register_function ("work",
                          G_VARIANT_TYPE ("(u)"), G_VARIANT_TYPE_UINT32,
                          work, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  if (argc > 1 &&
      !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXUINT32, &n_steps, &error))
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 2;
    }

  loop = g_main_loop_new (NULL, FALSE);
  executor = cfut_process_executor_new (1);
  future = cfut_executor_submit (executor,
                                 "work",
                                 g_variant_new ("(u)", (guint32) n_steps),
                                 NULL,
                                 &error);
  if (future == NULL)
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 1;
    }

  g_signal_connect (future, "notify::progress", G_CALLBACK (progress_cb), NULL);
  g_unix_signal_add (SIGINT, interrupt_cb, future);
  cfut_future_result_async (future, NULL, result_cb, loop);

  g_main_loop_run (loop);

  return cfut_future_get_state (future) == CFUT_FUTURE_STATE_DONE ? 0 : 1;
}
