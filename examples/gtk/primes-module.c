/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Primes: a function for calls.c, which is linked with it, and for calls.js, which
 * loads it as a module, since JavaScript has no threads.
 */

#include <cfut/cfut.h>
#include <gmodule.h>

static gboolean
is_prime (gint64 n)
{
  for (gint64 i = 2; i * i <= n; i++)
    if (n % i == 0)
      return FALSE;

  return n >= 2;
}

static GVariant *
count_primes (CfutCall  *call,
              GVariant  *arguments,
              gpointer   user_data,
              GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  gint64 last, n_primes = 0;

  g_variant_get (arguments, "(x)", &last);
  for (gint64 n = 1; n <= last; n++)
    {
      if (n % 1024 == 0)
        {
          if (g_cancellable_set_error_if_cancelled (cancellable, error))
            return NULL;
          cfut_call_set_progress (call, (double) n / last, NULL);
        }
      n_primes += is_prime (n);
    }

  return g_variant_new_int64 (n_primes);
}

G_MODULE_EXPORT gboolean cfut_module_register (GError **error);

gboolean
cfut_module_register (GError **error)
{
  cfut_register_function ("count-primes", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          count_primes, NULL, NULL);

  return TRUE;
}
