/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Completed: futures in the order in which they complete.
 *
 * Each argument is a number of tenths of a second to sleep. All sleep at once,
 * and cfut_as_completed() yields whichever is next: the slowest way to sort.
 *
 *   $ completed 9 3 6
 *   3
 *   6
 *   9
 */

#include <cfut/cfut.h>

static GVariant *
nap (CfutCall  *call,
     GVariant  *arguments,
     gpointer   user_data,
     GError   **error)
{
  guint tenths;

  g_variant_get (arguments, "(u)", &tenths);
  g_usleep (tenths * 100 * G_TIME_SPAN_MILLISECOND);

  return g_variant_new_uint32 (tenths);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(CfutCompletedIterator) iterator = NULL;
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  if (argc < 2)
    {
      g_printerr ("Usage: %s TENTHS...\n", argv[0]);
      return 2;
    }

  cfut_register_function ("nap",
                          G_VARIANT_TYPE ("(u)"), G_VARIANT_TYPE_UINT32,
                          nap, NULL, NULL);
  executor = cfut_thread_executor_new (argc - 1);

  for (int i = 1; i < argc; i++)
    {
      guint64 tenths;

      if (!g_ascii_string_to_unsigned (argv[i], 10, 0, 100, &tenths, &error))
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return 2;
        }

      future = cfut_executor_submit (executor,
                                     "nap",
                                     g_variant_new ("(u)", (guint32) tenths),
                                     NULL,
                                     &error);
      if (future == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return 1;
        }

      g_ptr_array_add (futures, future);
    }

  iterator = cfut_as_completed ((CfutFuture **) futures->pdata,
                                futures->len,
                                CFUT_WAIT_FOREVER);

  while ((future = cfut_completed_iterator_next (iterator, &error)) != NULL)
    {
      g_autoptr(GVariant) result = cfut_future_dup_result (future, 0, NULL);

      g_print ("%u\n", g_variant_get_uint32 (result));
      g_object_unref (future);
    }

  return 0;
}
