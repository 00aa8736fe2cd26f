/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-input-private.h"

#include "executor/cfut-map-array-private.h"
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

GVariant *
cfut_map_input_next_slice (CfutMapInput *self,
                           gsize         n_max,
                           gsize         max_bytes)
{
  GVariant *slice;
  gsize item_size, n_items;

  if (self->array == NULL)
    return NULL;

  item_size = cfut_map_array_get_item_size (self->array);
  if (item_size == 0)
    return NULL;

  n_items = MIN (n_max, g_variant_n_children (self->array) - self->position);
  n_items = MIN (n_items, max_bytes / item_size);
  if (n_items < 2)
    return NULL;

  slice = cfut_map_array_slice (self->array, self->position, n_items);

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
