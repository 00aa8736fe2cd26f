/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-collection-private.h"

#include <gio/gio.h>
#include <string.h>

#include "executor/cfut-map-array-private.h"

CfutMapCollection *
cfut_map_collection_new (gsize n_expected)
{
  CfutMapCollection *self = g_new0 (CfutMapCollection, 1);

  self->n_expected = n_expected;

  return self;
}

void
cfut_map_collection_free (CfutMapCollection *self)
{
  g_clear_pointer (&self->type, g_variant_type_free);
  g_clear_pointer (&self->values, g_ptr_array_unref);
  g_free (self->bytes);
  g_free (self);
}

/* As much as is expected at once; beyond that, twice as much each time. */
static gboolean
cfut_map_collection_make_room (CfutMapCollection  *self,
                               gsize               n_bytes,
                               GError            **error)
{
  gsize wanted = self->n_bytes + n_bytes;
  gsize capacity = MAX (wanted, self->n_expected * self->item_size);
  guint8 *bytes;

  if (wanted <= self->capacity)
    return TRUE;

  if (self->bytes != NULL)
    capacity = MAX (capacity, 2 * self->capacity);

  bytes = g_try_realloc (self->bytes, capacity);
  if (bytes == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   "There is no memory for %" G_GSIZE_FORMAT " bytes of results", capacity);
      return FALSE;
    }

  self->bytes = bytes;
  self->capacity = capacity;

  return TRUE;
}

static void
cfut_map_collection_add_values (CfutMapCollection *self,
                                GVariant          *array)
{
  gsize n_values = g_variant_n_children (array);

  for (gsize i = 0; i < n_values; i++)
    g_ptr_array_add (self->values, g_variant_get_child_value (array, i));
}

/* The array of what was added as bytes, floating. */
static GVariant *
cfut_map_collection_take_bytes (CfutMapCollection *self)
{
  g_autoptr(GVariantType) type = g_variant_type_new_array (self->type);
  g_autoptr(GBytes) bytes = NULL;

  /* What was expected may not have come. */
  if (self->capacity - self->n_bytes > self->n_bytes / 8)
    self->bytes = g_realloc (self->bytes, self->n_bytes);

  bytes = g_bytes_new_take (g_steal_pointer (&self->bytes), self->n_bytes);
  self->n_bytes = 0;
  self->capacity = 0;

  return g_variant_new_from_bytes (type, bytes, TRUE);
}

/* Something has come that is not like the bytes. */
static void
cfut_map_collection_mix (CfutMapCollection *self)
{
  g_autoptr(GVariant) array = g_variant_ref_sink (cfut_map_collection_take_bytes (self));
  self->values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  cfut_map_collection_add_values (self, array);
}

gboolean
cfut_map_collection_add (CfutMapCollection  *self,
                         GVariant           *array,
                         GError            **error)
{
  const GVariantType *type = g_variant_type_element (g_variant_get_type (array));
  gsize n_bytes = g_variant_get_size (array);

  if (self->type == NULL)
    {
      self->type = g_variant_type_copy (type);
      self->item_size = cfut_map_array_get_item_size (array);
      if (self->item_size == 0)
        self->values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
    }
  else if (self->values == NULL && !g_variant_type_equal (type, self->type))
    cfut_map_collection_mix (self);

  if (self->values != NULL)
    {
      cfut_map_collection_add_values (self, array);
      return TRUE;
    }

  if (!cfut_map_collection_make_room (self, n_bytes, error))
    return FALSE;

  g_variant_store (array, self->bytes + self->n_bytes);
  self->n_bytes += n_bytes;

  return TRUE;
}

GVariant *
cfut_map_collection_end (CfutMapCollection  *self,
                         const GVariantType *type)
{
  if (self->type == NULL)
    return g_variant_ref_sink (g_variant_new_array (type != NULL ? type : G_VARIANT_TYPE_VARIANT,
                                                    NULL, 0));

  if (self->values == NULL)
    return g_variant_ref_sink (cfut_map_collection_take_bytes (self));

  return cfut_map_array_join ((GVariant **) self->values->pdata, self->values->len);
}
