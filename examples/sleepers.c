/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Sleepers: tasks that only wait are done sooner by more threads.
 *
 * Each task sleeps for a second, says which thread it is on, and returns the
 * square of its number. Ten of them take five seconds on two threads:
 *
 *   $ sleepers 2 10
 *   thread 20513 square 0
 *   thread 20514 square 1
 *   thread 20513 square 2
 *   …
 *   total result=285 cost: 5.01s
 *
 * and one second on ten, `sleepers 10 10`: total result=285 cost: 1.00s
 */

#define _GNU_SOURCE 1 /* gettid() */

#include <cfut/cfut.h>
#include <unistd.h>

static GVariant *
square (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  gint64 n;

  g_variant_get (arguments, "(x)", &n);
  g_usleep (G_USEC_PER_SEC);
  g_print ("thread %d square %" G_GINT64_FORMAT "\n", gettid (), n);

  return g_variant_new_int64 (n * n);
}

static gboolean
parse_count (const char  *text,
             guint64     *count,
             GError     **error)
{
  return g_ascii_string_to_unsigned (text, 10, 1, 1000, count, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(GPtrArray) futures = NULL;
  g_autoptr(GError) error = NULL;
  guint64 n_threads;
  guint64 n_tasks;
  gint64 started;
  gint64 total = 0;

  if (argc != 3)
    {
      g_printerr ("Usage: %s THREADS TASKS\n", argv[0]);
      return 2;
    }

  if (!parse_count (argv[1], &n_threads, &error) ||
      !parse_count (argv[2], &n_tasks, &error))
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 2;
    }

  cfut_register_function ("square",
                          G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          square, NULL, NULL);

  started = g_get_monotonic_time ();
  executor = cfut_thread_executor_new (n_threads);
  futures = g_ptr_array_new_with_free_func (g_object_unref);

  for (gint64 n = 0; n < (gint64) n_tasks; n++)
    {
      CfutFuture *future = cfut_executor_submit (executor,
                                                 "square",
                                                 g_variant_new ("(x)", n),
                                                 NULL,
                                                 &error);

      if (future == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return 1;
        }

      g_ptr_array_add (futures, future);
    }

  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GVariant) result = NULL;

      result = cfut_future_dup_result (g_ptr_array_index (futures, i),
                                       CFUT_WAIT_FOREVER,
                                       &error);
      if (result == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return 1;
        }

      total += g_variant_get_int64 (result);
    }

  g_print ("total result=%" G_GINT64_FORMAT " cost: %.2fs\n",
           total,
           (g_get_monotonic_time () - started) / (double) G_USEC_PER_SEC);

  return 0;
}
