/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-chunk-private.h"

#include "call/cfut-call-private.h"

GVariantType *
cfut_chunk_get_result_type (const GVariantType *result_type)
{
  g_autofree char *result = g_variant_type_dup_string (result_type);
  g_autofree char *type = g_strdup_printf ("(a%sa(usis))", result);

  return g_variant_type_new (type);
}

/* A message may be anything that a function has made of it; a string in a
 * variant may not. */
static void
add_failure (GVariantBuilder *failures,
             guint            index,
             const GError    *error)
{
  g_autofree char *message = g_utf8_make_valid (error->message, -1);

  g_variant_builder_add (failures, "(usis)", index,
                         g_quark_to_string (error->domain), error->code, message);
}

GVariant *
cfut_chunk_run (const CfutFunction *function,
                CfutCall           *call,
                GVariant           *items,
                CfutChunkItemFunc   started,
                gpointer            user_data)
{
  g_autoptr(GPtrArray) results = NULL;
  GVariantBuilder failures;
  GVariant *children[2];
  guint n_items = g_variant_n_children (items);

  results = g_ptr_array_new_full (n_items, (GDestroyNotify) g_variant_unref);
  g_variant_builder_init (&failures, G_VARIANT_TYPE ("a(usis)"));

  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr(GVariant) item = g_variant_get_child_value (items, i);
      g_autoptr(GError) error = NULL;
      GVariant *result = NULL;

      if (!cfut_call_set_error_if_cancelled (call, &error))
        {
          if (started != NULL)
            started (user_data, i);
          cfut_call_set_arguments (call, item);
          result = cfut_function_run (function, call, item, &error);
        }

      if (result != NULL)
        g_ptr_array_add (results, result);
      else
        add_failure (&failures, i, error);
    }

  children[0] = g_variant_new_array (function->result_type,
                                     (GVariant * const *) results->pdata,
                                     results->len);
  children[1] = g_variant_builder_end (&failures);

  return g_variant_ref_sink (g_variant_new_tuple (children, 2));
}
