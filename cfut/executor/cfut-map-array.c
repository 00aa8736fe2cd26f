/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-array-private.h"

#include "cfut-layout-private.h"

gsize
cfut_map_array_get_item_size (GVariant *self)
{
  const GVariantType *type = g_variant_type_element (g_variant_get_type (self));

  return g_variant_type_equal (type, G_VARIANT_TYPE_UNIT) ? 0 : cfut_layout_get (type).size;
}

static GVariant *
slice_bytes (GVariant *self,
             gsize     offset,
             gsize     length)
{
  g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (self);
  g_autoptr(GBytes) part = g_bytes_new_from_bytes (bytes, offset, length);

  return g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (self), part, TRUE));
}

GVariant *
cfut_map_array_slice (GVariant *self,
                      gsize     first,
                      gsize     n_items)
{
  gsize item_size = cfut_map_array_get_item_size (self);
  g_autoptr(GPtrArray) items = NULL;

  g_assert (first + n_items <= g_variant_n_children (self));

  if (item_size > 0)
    return slice_bytes (self, first * item_size, n_items * item_size);

  items = g_ptr_array_new_full (n_items, (GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < n_items; i++)
    g_ptr_array_add (items, g_variant_get_child_value (self, first + i));

  return cfut_map_array_join ((GVariant **) items->pdata, items->len);
}

static GVariant *
join_boxed (GVariant **values,
            gsize      n_values)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("av"));
  for (gsize i = 0; i < n_values; i++)
    {
      /* An element of an array of variants is one already. */
      if (g_variant_is_of_type (values[i], G_VARIANT_TYPE_VARIANT))
        g_variant_builder_add_value (&builder, values[i]);
      else
        g_variant_builder_add (&builder, "v", values[i]);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GVariant *
cfut_map_array_join (GVariant **values,
                     gsize      n_values)
{
  const GVariantType *type;

  g_assert (n_values > 0);

  type = g_variant_get_type (values[0]);
  for (gsize i = 1; i < n_values; i++)
    if (!g_variant_is_of_type (values[i], type))
      return join_boxed (values, n_values);

  return g_variant_ref_sink (g_variant_new_array (type, values, n_values));
}
