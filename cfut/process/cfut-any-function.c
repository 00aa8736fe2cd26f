/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-any-function-private.h"

#include <string.h>

#include "call/cfut-chunk-private.h"

/* Ends of strings, paddings and offsets of one call. */
#define OVERHEAD 48

gboolean
cfut_any_function_is (const char         *name,
                      const GVariantType *parameter_type,
                      const GVariantType *result_type)
{
  return g_str_equal (name, CFUT_ANY_FUNCTION) &&
         g_variant_type_equal (parameter_type, G_VARIANT_TYPE ("(sv)")) &&
         g_variant_type_equal (result_type, G_VARIANT_TYPE_VARIANT);
}

GVariant *
cfut_any_function_wrap (const char *name,
                        GVariant   *arguments,
                        gboolean    is_chunk)
{
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *item;

  if (!is_chunk)
    return g_variant_ref_sink (g_variant_new ("(sv)", name, arguments));

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  g_variant_iter_init (&iter, arguments);
  while ((item = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_variant_builder_add (&builder, "(sv)", name, item);
      g_variant_unref (item);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

gsize
cfut_any_function_get_extra (const char *name,
                             GVariant   *arguments,
                             gsize       n_calls)
{
  gsize type_length = strlen (g_variant_get_type_string (arguments));

  return MAX (n_calls, 1) * (strlen (name) + type_length + OVERHEAD);
}

GVariant *
cfut_any_function_unwrap (const char          *name,
                          GVariant            *result,
                          const GVariantType  *type,
                          GError             **error)
{
  g_autoptr(GVariant) value = g_variant_get_variant (result);

  if (type != NULL && !cfut_function_check_result_type (name, value, type, error))
    return NULL;

  return g_steal_pointer (&value);
}

gboolean
cfut_any_function_check (const char          *name,
                         GVariant            *chunk_result,
                         const GVariantType  *type,
                         GError             **error)
{
  g_autoptr(GVariant) results = cfut_chunk_dup_results (chunk_result);
  GVariantIter iter;
  GVariant *boxed;

  g_variant_iter_init (&iter, results);
  while (type != NULL && (boxed = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr(GVariant) owned = boxed;
      g_autoptr(GVariant) value = g_variant_get_variant (boxed);

      if (!cfut_function_check_result_type (name, value, type, error))
        return FALSE;
    }

  return TRUE;
}
