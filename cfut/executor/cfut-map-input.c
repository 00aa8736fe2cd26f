/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-input-private.h"

#include "future/cfut-delivery-private.h"

void
cfut_map_input_init_array (CfutMapInput *self,
                           GVariant     *array)
{
  if (g_variant_n_children (array) > 0)
    self->array = g_variant_ref (array);
}

void
cfut_map_input_init_source (CfutMapInput   *self,
                            CfutMapSource   source,
                            gpointer        user_data,
                            GDestroyNotify  destroy)
{
  self->source = source;
  self->user_data = user_data;
  self->destroy = destroy;
  self->home = g_main_context_ref_thread_default ();
}

gboolean
cfut_map_input_has_ended (CfutMapInput *self)
{
  return self->array == NULL && self->source == NULL;
}

static GVariant *
cfut_map_input_next_of_array (CfutMapInput *self)
{
  GVariant *item = g_variant_get_child_value (self->array, self->position++);

  if (self->position == g_variant_n_children (self->array))
    cfut_map_input_end (self);

  return item;
}

static GVariant *
cfut_map_input_next_of_source (CfutMapInput *self)
{
  GVariant *item = NULL;

  if (!self->source (&item, self->user_data))
    {
      cfut_map_input_end (self);
      return NULL;
    }

  /* As with submit(), no arguments are the empty tuple. */
  if (item == NULL)
    item = g_variant_new_tuple (NULL, 0);

  return g_variant_take_ref (item);
}

/* Of numbers, alone or each in a tuple, an array is the one behind the other, and
 * a part of its bytes is an array again. 0 for anything else. */
static gsize
get_number_size (const GVariantType *type)
{
  if (g_variant_type_is_tuple (type) && g_variant_type_n_items (type) == 1)
    type = g_variant_type_first (type);

  switch (g_variant_type_peek_string (type)[0])
    {
    case 'y':
      return 1;

    case 'n':
    case 'q':
      return 2;

    case 'i':
    case 'u':
      return 4;

    case 'x':
    case 't':
    case 'd':
      return 8;

    default:
      return 0;
    }
}

GVariant *
cfut_map_input_next_slice (CfutMapInput *self,
                           gsize         n_max)
{
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) part = NULL;
  const GVariantType *type;
  GVariant *slice;
  gsize size, n_items;

  if (self->array == NULL)
    return NULL;

  type = g_variant_get_type (self->array);
  size = get_number_size (g_variant_type_element (type));
  n_items = MIN (n_max, g_variant_n_children (self->array) - self->position);
  if (size == 0 || n_items < 2)
    return NULL;

  bytes = g_variant_get_data_as_bytes (self->array);
  part = g_bytes_new_from_bytes (bytes, self->position * size, n_items * size);
  slice = g_variant_ref_sink (g_variant_new_from_bytes (type, part, TRUE));

  self->position += n_items;
  if (self->position == g_variant_n_children (self->array))
    cfut_map_input_end (self);

  return slice;
}

GVariant *
cfut_map_input_next (CfutMapInput *self)
{
  if (self->array != NULL)
    return cfut_map_input_next_of_array (self);

  if (self->source != NULL)
    return cfut_map_input_next_of_source (self);

  return NULL;
}

void
cfut_map_input_end (CfutMapInput *self)
{
  g_clear_pointer (&self->array, g_variant_unref);

  if (self->source != NULL)
    {
      self->source = NULL;
      if (self->destroy != NULL)
        cfut_delivery_destroy (self->home, self->destroy, self->user_data);
      g_clear_pointer (&self->home, g_main_context_unref);
    }
}
