/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Histogram: many calls on one large piece of memory that nobody copies.
 *
 * The program fills a buffer, and has worker processes count how often each letter
 * occurs in a part of it. They read it where it is.
 *
 *   $ histogram 64
 *   64 MiB: 16777216 times "a", 16777216 times "b", 16777216 times "c", 16777216 times "d"
 */

#include <cfut/cfut.h>
#include <stdlib.h>

#define N_PARTS   8
#define N_LETTERS 4

/* Runs in a worker process. */
static GVariant *
count (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  guint64 counts[N_LETTERS] = { 0 };
  gsize length;
  const guint8 *letters = g_variant_get_fixed_array (arguments, &length, 1);

  for (gsize i = 0; i < length; i++)
    counts[letters[i] - 'a']++;

  return g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, counts, N_LETTERS, sizeof *counts);
}

static CfutBuffer *
make_letters (gsize    size,
              GError **error)
{
  CfutBuffer *buffer = cfut_buffer_new (size, error);
  guint8 *letters;

  if (buffer == NULL)
    return NULL;

  letters = cfut_buffer_get_data (buffer, NULL);
  for (gsize i = 0; i < size; i++)
    letters[i] = 'a' + i % N_LETTERS;

  return buffer;
}

int
main (int    argc,
      char **argv)
{
  guint64 n_mib, totals[N_LETTERS] = { 0 };
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(CfutBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GError) error = NULL;
  gsize part;

  cfut_register_function ("count", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE ("at"), count, NULL, NULL);
  cfut_init (&argc, &argv);

  n_mib = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 64;
  buffer = make_letters (n_mib << 20, &error);
  if (buffer == NULL)
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return EXIT_FAILURE;
    }

  executor = cfut_process_executor_new (0);
  bytes = cfut_buffer_dup_bytes (buffer);
  part = g_bytes_get_size (bytes) / N_PARTS;

  for (guint i = 0; i < N_PARTS; i++)
    {
      g_autoptr(GBytes) slice = g_bytes_new_from_bytes (bytes, i * part, part);
      CfutFuture *future = cfut_executor_submit_bytes (executor, "count", slice, NULL, &error);

      if (future == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return EXIT_FAILURE;
        }
      g_ptr_array_add (futures, future);
    }

  for (guint i = 0; i < N_PARTS; i++)
    {
      g_autoptr(GVariant) counts = cfut_future_dup_result (futures->pdata[i], CFUT_WAIT_FOREVER, &error);

      if (counts == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return EXIT_FAILURE;
        }
      for (guint k = 0; k < N_LETTERS; k++)
        {
          guint64 n;

          g_variant_get_child (counts, k, "t", &n);
          totals[k] += n;
        }
    }

  g_print ("%" G_GUINT64_FORMAT " MiB:", n_mib);
  for (guint k = 0; k < N_LETTERS; k++)
    g_print ("%s %" G_GUINT64_FORMAT " times \"%c\"", k > 0 ? "," : "", totals[k], 'a' + k);
  g_print ("\n");

  return EXIT_SUCCESS;
}
