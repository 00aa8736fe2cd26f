/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Crash: a function that kills its process, without and with retries.
 *
 * The first two attempts at each call crash the worker. Without retries this
 * fails the call; a call that may safely run again says how often. Nothing
 * else in the pool notices.
 *
 *   $ crash
 *   no retries: Worker 20811 was killed by signal 6 (Aborted) while running "fragile"…
 *   two retries: done at attempt 3
 */

#include <cfut/cfut.h>
#include <locale.h>
#include <stdlib.h>

static GVariant *
fragile (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  if (cfut_call_get_attempt (call) <= 2)
    abort ();

  return g_variant_new_uint32 (cfut_call_get_attempt (call));
}

static gboolean
try (CfutExecutor *executor,
     const char   *title,
     guint         retries)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  cfut_submit_options_set_retries (options, retries);

  future = cfut_executor_submit_full (executor, "fragile", NULL, options, &error);
  if (future != NULL)
    result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);

  if (result == NULL)
    {
      g_print ("%s: %s\n", title, error->message);
      return FALSE;
    }

  g_print ("%s: done at attempt %u\n", title, g_variant_get_uint32 (result));
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(CfutExecutor) executor = NULL;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  cfut_register_function ("fragile",
                          NULL, G_VARIANT_TYPE_UINT32,
                          fragile, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  executor = cfut_process_executor_new (1);
  try (executor, "no retries", 0);

  return try (executor, "two retries", 2) ? 0 : 1;
}
