/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

G_MODULE_EXPORT gboolean cfut_module_register (GError **error);

#ifdef SQUARE
static GVariant *
square (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  gint64 n;

  g_variant_get (arguments, "(x)", &n);
  return g_variant_new_int64 (n * n);
}
#endif

/* One source, four modules: that work, that fail with and without an error, and
 * that have nothing to register with. */
#ifndef EMPTY
gboolean
cfut_module_register (GError **error)
{
#if defined(SQUARE)
  cfut_register_function ("module.square", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, square, NULL, NULL);
  return TRUE;
#elif defined(FAILING)
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "No licence");
  return FALSE;
#else
  return FALSE;
#endif
}
#endif
