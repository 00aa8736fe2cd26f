/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "memory/cfut-lending-private.h"

#include <string.h>

#include "memory/cfut-segment-private.h"

/* An array that is longer is not walked into. */
#define MAX_ARRAY 64

typedef struct
{
  CfutLendingTake take; /* (nullable) */
  CfutLendingPut put;   /* (nullable) */
  gpointer data;
  guint32 n_leaves;
} Walk;

static GVariant *walk (Walk     *self,
                       GVariant *value);

/* Whether a value of @type may have leaves in it. */
static gboolean
may_have_leaves (const GVariantType *type)
{
  const char *string = g_variant_type_peek_string (type);
  gsize length = g_variant_type_get_string_length (type);

  return memchr (string, 'v', length) != NULL ||
         g_strstr_len (string, length, "ay") != NULL;
}

static GVariant *
walk_leaf (Walk     *self,
           GVariant *value)
{
  guint32 leaf = self->n_leaves++;

  if (self->put != NULL)
    return self->put (self->data, leaf);

  if (g_variant_get_size (value) < CFUT_SEGMENT_MIN_EXTENT ||
      !self->take (self->data, leaf, value))
    return NULL;

  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0, TRUE, NULL, NULL));
}

/* A value like @value with these members. */
static GVariant *
rebuild (GVariant  *value,
         GVariant **children,
         gsize      n_children)
{
  const GVariantType *type = g_variant_get_type (value);

  if (g_variant_type_is_variant (type))
    return g_variant_ref_sink (g_variant_new_variant (children[0]));
  if (g_variant_type_is_array (type))
    return g_variant_ref_sink (g_variant_new_array (g_variant_type_element (type), children, n_children));
  if (g_variant_type_is_dict_entry (type))
    return g_variant_ref_sink (g_variant_new_dict_entry (children[0], children[1]));

  return g_variant_ref_sink (g_variant_new_tuple (children, n_children));
}

/* NULL if nothing of @value has changed. */
static GVariant *
walk (Walk     *self,
      GVariant *value)
{
  const GVariantType *type = g_variant_get_type (value);
  g_autoptr(GPtrArray) children = NULL;
  gboolean changed = FALSE;
  gsize n_children;

  if (g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING))
    return walk_leaf (self, value);

  if (!may_have_leaves (type) || g_variant_type_is_basic (type) || g_variant_type_is_maybe (type))
    return NULL;

  n_children = g_variant_n_children (value);
  if (g_variant_type_is_array (type) && n_children > MAX_ARRAY)
    return NULL;

  children = g_ptr_array_new_full (n_children, (GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);
      GVariant *other = walk (self, child);

      changed = changed || other != NULL;
      g_ptr_array_add (children, other != NULL ? other : g_steal_pointer (&child));
    }

  return changed ? rebuild (value, (GVariant **) children->pdata, n_children) : NULL;
}

GVariant *
cfut_lending_take_out (GVariant        *value,
                       CfutLendingTake  take,
                       gpointer         data)
{
  Walk self = { .take = take, .data = data };

  return walk (&self, value);
}

GVariant *
cfut_lending_put_in (GVariant       *value,
                     CfutLendingPut  put,
                     gpointer        data)
{
  Walk self = { .put = put, .data = data };
  GVariant *other = walk (&self, value);

  return other != NULL ? other : g_variant_ref (value);
}

/* Takes nothing out, and counts what could be. */
static gboolean
measure_cb (gpointer  data,
            guint32   leaf,
            GVariant *bytes)
{
  gsize *n_bytes = data;
  gsize size = g_variant_get_size (bytes);
  gsize offset;

  if (cfut_segment_find (g_variant_get_data (bytes), size, &offset) != 0)
    *n_bytes += size;

  return FALSE;
}

gsize
cfut_lending_measure (GVariant *value)
{
  Walk self = { .take = measure_cb };
  gsize n_bytes = 0;

  if (!cfut_segment_exist_any () || g_variant_get_size (value) < CFUT_SEGMENT_MIN_EXTENT)
    return 0;

  self.data = &n_bytes;
  walk (&self, value);

  return n_bytes;
}
