/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Languages: one call, a call for each of many items, and an error. The manual has
 * the same in Python, JavaScript and Vala beside it.
 *
 *   $ languages
 *   42
 *   2
 *   3
 *   1 by nothing
 */

#include <cfut/cfut.h>

static GVariant *
divide (CfutCall *call, GVariant *args, gpointer user_data, GError **error)
{
  gint64 a, b;

  g_variant_get (args, "(xx)", &a, &b);
  if (b == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%" G_GINT64_FORMAT " by nothing", a);
      return NULL;
    }

  return g_variant_new_int64 (a / b);
}

int
main (int argc, char **argv)
{
  cfut_register_function ("divide", G_VARIANT_TYPE ("(xx)"), G_VARIANT_TYPE_INT64, divide, NULL, NULL);
  cfut_init (&argc, &argv);

  g_autoptr(GError) error = NULL;
  g_autoptr(CfutExecutor) executor = cfut_process_executor_new (4);
  g_autoptr(GVariant) result = cfut_executor_call (executor, "divide", g_variant_new_parsed ("(int64 84, int64 2)"), NULL, NULL, &error);
  g_print ("%" G_GINT64_FORMAT "\n", g_variant_get_int64 (result));

  g_autoptr(CfutMap) map = cfut_executor_map (executor, "divide", g_variant_new_parsed ("[(int64 8, int64 4), (9, 3)]"), NULL, &error);
  GVariant *item;
  while (cfut_map_next (map, NULL, &item, &error))
    {
      g_print ("%" G_GINT64_FORMAT "\n", g_variant_get_int64 (item));
      g_variant_unref (item);
    }

  g_autoptr(GVariant) none = cfut_executor_call (executor, "divide", g_variant_new_parsed ("(int64 1, int64 0)"), NULL, NULL, &error);
  g_print ("%s\n", error->message);

  return 0;
}
