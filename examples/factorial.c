/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Factorial: exact results of any size, under a time-out that really ends.
 *
 * GMP's mpz_fac_ui() cannot be interrupted, so each call has a process around
 * it. When the time for the whole iteration is over, what came back is there,
 * and the process that still computes is killed and replaced:
 *
 *   $ factorial --timeout 5 --workers 1 1297337 1116281 104395303
 *   1297337! has 7367267 digits, checksum 1193634184 (worker 20700)
 *   1116281! has 6266224 digits, checksum 1403363543 (worker 20700)
 *   Map did not end in its time; what was left is cancelled
 *   104395303! is missing
 *   20! has 19 digits, checksum 730137969 (worker 20702)
 *
 * The third would take GMP a minute, and Python hours.
 */

#include <cfut/cfut.h>
#include <gmp.h>
#include <locale.h>
#include <unistd.h>

/* The checksum of a number is what is left of it modulo this prime. */
#define CHECKSUM_PRIME 4294967291ul

/* How long a worker may go on after its call was cancelled. */
#define GRACE (100 * G_TIME_SPAN_MILLISECOND)

/* Returns the worker's pid and the number itself, its first byte the highest. */
static GVariant *
factorial (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  guint64 n;
  mpz_t number;
  gsize size;
  guint8 *bytes;

  g_variant_get (arguments, "(t)", &n);

  mpz_init (number);
  mpz_fac_ui (number, n);

  size = mpz_sizeinbase (number, 256);
  bytes = g_malloc (size);
  mpz_export (bytes, NULL, 1, 1, 1, 0, number);
  mpz_clear (number);

  return g_variant_new ("(i@ay)",
                        (gint32) getpid (),
                        g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING,
                                                 bytes, size, TRUE,
                                                 g_free, bytes));
}

static void
print_factorial (guint64   n,
                 GVariant *result)
{
  g_autoptr(GVariant) bytes = NULL;
  gconstpointer data;
  gsize size;
  gint32 pid;
  mpz_t number;
  mpz_t power;
  gsize n_digits;

  g_variant_get (result, "(i@ay)", &pid, &bytes);
  data = g_variant_get_fixed_array (bytes, &size, 1);

  mpz_inits (number, power, NULL);
  mpz_import (number, size, 1, 1, 1, 0, data);

  n_digits = mpz_sizeinbase (number, 10); /* exact, or one too many */
  mpz_ui_pow_ui (power, 10, n_digits - 1);
  if (mpz_cmp (number, power) < 0)
    n_digits--;

  g_print ("%" G_GUINT64_FORMAT "! has %" G_GSIZE_FORMAT " digits, checksum %lu (worker %d)\n",
           n, n_digits, mpz_fdiv_ui (number, CHECKSUM_PRIME), pid);

  mpz_clears (number, power, NULL);
}

/* Prints what comes back in time, in the order in which it does. */
static gboolean
print_factorials (CfutExecutor *executor,
                  GArray       *numbers,
                  gint64        timeout_us)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree gboolean *done = g_new0 (gboolean, numbers->len);
  gboolean success = TRUE;

  cfut_map_options_set_chunk_size (options, 1); /* no number waits behind another */
  cfut_map_options_set_ordered (options, FALSE);
  cfut_map_options_set_timeout (options, timeout_us);

  map = cfut_executor_map (executor,
                           "factorial",
                           g_variant_new_fixed_array (G_VARIANT_TYPE ("(t)"),
                                                      numbers->data,
                                                      numbers->len,
                                                      sizeof (guint64)),
                           options,
                           &error);
  if (map == NULL)
    {
      g_printerr ("factorial: %s\n", error->message);
      return FALSE;
    }

  while (!cfut_map_is_done (map))
    {
      g_autoptr(GVariant) result = NULL;
      g_autoptr(GError) item_error = NULL;
      guint64 index;

      if (cfut_map_next (map, &index, &result, &item_error))
        {
          print_factorial (g_array_index (numbers, guint64, index), result);
          done[index] = TRUE;
        }
      else if (item_error != NULL)
        {
          g_print ("%s\n", item_error->message);
        }
    }

  for (guint i = 0; i < numbers->len; i++)
    if (!done[i])
      {
        g_print ("%" G_GUINT64_FORMAT "! is missing\n", g_array_index (numbers, guint64, i));
        success = FALSE;
      }

  return success;
}

/* The executor is as good as new. */
static gboolean
print_one_more (CfutExecutor *executor)
{
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  future = cfut_executor_submit (executor,
                                 "factorial",
                                 g_variant_new ("(t)", G_GUINT64_CONSTANT (20)),
                                 NULL,
                                 &error);
  if (future != NULL)
    result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);

  if (result == NULL)
    {
      g_printerr ("factorial: %s\n", error->message);
      return FALSE;
    }

  print_factorial (20, result);
  return TRUE;
}

static gboolean
parse_numbers (char   **arguments,
               GArray  *numbers,
               GError **error)
{
  for (guint i = 0; arguments[i] != NULL; i++)
    {
      guint64 n;

      if (!g_ascii_string_to_unsigned (arguments[i], 10, 0, G_MAXUINT32, &n, error))
        return FALSE;

      g_array_append_val (numbers, n);
    }

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  double timeout = 10;
  int n_workers = 2;
  g_auto(GStrv) arguments = NULL;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &timeout, "Seconds to wait for all numbers", "SECONDS" },
    { "workers", 'w', 0, G_OPTION_ARG_INT, &n_workers, "Number of processes", "W" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments, NULL, "N..." },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  cfut_register_function ("factorial",
                          G_VARIANT_TYPE ("(t)"), G_VARIANT_TYPE ("(iay)"),
                          factorial, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("factorial: %s\n", error->message);
      return 2;
    }

  if (arguments == NULL || n_workers < 1)
    {
      g_printerr ("Usage: factorial [--timeout SECONDS] [--workers W] N...\n");
      return 2;
    }

  if (!parse_numbers (arguments, numbers, &error))
    {
      g_printerr ("factorial: %s\n", error->message);
      return 2;
    }

  executor = cfut_process_executor_new (n_workers);
  cfut_process_executor_set_grace (CFUT_PROCESS_EXECUTOR (executor), GRACE);

  success = print_factorials (executor, numbers, timeout * G_USEC_PER_SEC);
  success &= print_one_more (executor);

  return success ? 0 : 1;
}
