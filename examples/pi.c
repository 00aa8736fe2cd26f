/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Pi: work for the processor is done sooner by more processes, or threads.
 *
 * Each call sums 1/1² + 1/2² + … + 1/N², which goes to π²/6, and says which
 * process it is in. The same function runs on every kind of executor:
 *
 *   $ pi 2 5000000 5001000 5002000 5003000
 *   pid 20617 sums 5000000 terms
 *   pid 20618 sums 5001000 terms
 *   pid 20617 sums 5002000 terms
 *   pid 20618 sums 5003000 terms
 *   pi(5000000) = 3.141592462604
 *   pi(5001000) = 3.141592462642
 *   pi(5002000) = 3.141592462680
 *   pi(5003000) = 3.141592462718
 *   cost: 0.015s
 *
 *   $ pi --threads 2 …     all calls in one process, on two threads
 *   $ pi --inline 1 …      one after the other, while they are submitted
 */

#include <cfut/cfut.h>
#include <math.h>
#include <unistd.h>

static GVariant *
pi (CfutCall  *call,
    GVariant  *arguments,
    gpointer   user_data,
    GError   **error)
{
  gint64 n;
  double sum = 0;

  g_variant_get (arguments, "(x)", &n);
  g_print ("pid %d sums %" G_GINT64_FORMAT " terms\n", getpid (), n);

  /* The small terms first, or they would be lost in the sum. */
  for (gint64 i = n; i > 0; i--)
    sum += 1 / ((double) i * i);

  return g_variant_new_double (sqrt (6 * sum));
}

static CfutExecutor *
create_executor (const char *kind,
                 guint       n_workers)
{
  if (g_str_equal (kind, "--threads"))
    return cfut_thread_executor_new (n_workers);

  if (g_str_equal (kind, "--inline"))
    return cfut_inline_executor_new ();

  if (g_str_equal (kind, "--processes"))
    return cfut_process_executor_new (n_workers);

  return NULL;
}

static gboolean
run (CfutExecutor  *executor,
     char         **counts,
     GError       **error)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; counts[i] != NULL; i++)
    {
      CfutFuture *future;
      gint64 n;

      if (!g_ascii_string_to_signed (counts[i], 10, 1, G_MAXINT64, &n, error))
        return FALSE;

      future = cfut_executor_submit (executor,
                                     "pi",
                                     g_variant_new ("(x)", n),
                                     NULL,
                                     error);
      if (future == NULL)
        return FALSE;

      g_ptr_array_add (futures, future);
    }

  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GVariant) result = NULL;

      result = cfut_future_dup_result (g_ptr_array_index (futures, i),
                                       CFUT_WAIT_FOREVER,
                                       error);
      if (result == NULL)
        return FALSE;

      g_print ("pi(%s) = %.12f\n", counts[i], g_variant_get_double (result));
    }

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  const char *kind = "--processes";
  char **arguments = argv + 1;
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(GError) error = NULL;
  guint64 n_workers;
  gint64 started;

  cfut_register_function ("pi",
                          G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_DOUBLE,
                          pi, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  if (argc > 1 && g_str_has_prefix (argv[1], "--"))
    kind = *arguments++;

  if (g_strv_length (arguments) < 2)
    {
      g_printerr ("Usage: %s [--processes|--threads|--inline] WORKERS N...\n", argv[0]);
      return 2;
    }

  if (!g_ascii_string_to_unsigned (arguments[0], 10, 1, 1000, &n_workers, &error))
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 2;
    }

  started = g_get_monotonic_time ();
  executor = create_executor (kind, n_workers);
  if (executor == NULL)
    {
      g_printerr ("%s: No such kind of executor: %s\n", argv[0], kind);
      return 2;
    }

  if (!run (executor, arguments + 1, &error))
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 1;
    }

  g_print ("cost: %.3fs\n",
           (g_get_monotonic_time () - started) / (double) G_USEC_PER_SEC);

  return 0;
}
