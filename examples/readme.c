/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Readme: the program that README.md opens with.
 *
 *   $ cc readme.c -o readme $(pkg-config --cflags --libs cfut-1) -lm
 *   $ ./readme
 *   3.141592
 */

#include <cfut/cfut.h>
#include <math.h>

static GVariant *
pi (CfutCall *call, GVariant *args, gpointer user_data, GError **error)
{
  gint64 n;
  double s = 0;

  g_variant_get (args, "(x)", &n);
  for (gint64 i = n; i > 0; i--)
    s += 1 / ((double) i * i);

  return g_variant_new_double (sqrt (6 * s));
}

int
main (int argc, char **argv)
{
  cfut_register_function ("pi", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_DOUBLE, pi, NULL, NULL);
  cfut_init (&argc, &argv);              /* in a worker process this serves calls and never returns */

  g_autoptr(GError) error = NULL;
  g_autoptr(CfutExecutor) executor = cfut_process_executor_new (4);      /* or cfut_thread_executor_new (4) */
  g_autoptr(CfutFuture) future = cfut_executor_submit (executor, "pi", g_variant_new ("(x)", G_GINT64_CONSTANT (5000000)), NULL, &error);
  g_autoptr(GVariant) result = future != NULL ? cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error) : NULL;

  if (result == NULL)
    return g_printerr ("%s\n", error->message), 1;

  g_print ("%.6f\n", g_variant_get_double (result));
  return 0;
}
