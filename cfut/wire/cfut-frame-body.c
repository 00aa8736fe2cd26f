/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "cfut-error.h"
#include "cfut-layout-private.h"
#include "wire/cfut-frame-private.h"

/*
 * Bodies into values.
 *
 * What a worker sends is checked before anybody looks at it, and refused when
 * it is not in normal form; it is never repaired, as g_variant_get_normal_form()
 * takes quadratic time on hostile bytes. Three things are done before GLib's
 * own check:
 *
 * - For numbers and what is made of them without gaps every byte sequence of
 *   the right size is normal, so the size decides. GLib looks at each element.
 * - A wrong size of a fixed-size type, which GLib takes for the value's
 *   default, is refused.
 * - A variant within the body brings a type of its own, for which GLib builds a
 *   description that can be far larger than the body. So such types are looked
 *   at first: one may be as long as a signature in D-Bus, and they may be nested
 *   as deep as there.
 */
#define MAX_VARIANT_TYPE_LENGTH 255
#define MAX_VARIANT_DEPTH       64

/* Longest type that a worker may declare for a function, and how deep it may be.
 * GLib takes types for valid that are so deep that it aborts when somebody looks
 * into their values: 128 containers in each other and what is in the last. */
#define MAX_DECLARED_TYPE_LENGTH 4096
#define MAX_DECLARED_TYPE_DEPTH  64

/* FALSE if no value of @type has @length bytes, for all that the layout can
 * tell. @plain: the length is all there is to check. */
static gboolean
check_length (const GVariantType *type,
              gsize               length,
              gboolean           *plain)
{
  CfutLayout layout;

  if (g_variant_type_is_array (type))
    {
      layout = cfut_layout_get (g_variant_type_element (type));
      *plain = layout.plain;
      return layout.size == 0 || length % layout.size == 0;
    }

  layout = cfut_layout_get (type);
  *plain = layout.plain;
  return layout.size == 0 || length == layout.size;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_frame_type_is_plain (const GVariantType *type)
{
  gboolean plain;

  /* Of the length nobody has asked. */
  check_length (type, 0, &plain);

  return plain;
}

static gboolean
holds_variants (const GVariantType *type)
{
  return memchr (g_variant_type_peek_string (type), 'v',
                 g_variant_type_get_string_length (type)) != NULL;
}

static gboolean check_variants (GVariant *value,
                                guint     depth);

/* Looks at a variant: a child, a zero byte, and the child's type. */
static gboolean
check_variant (GVariant *value,
               guint     depth)
{
  const char *data = g_variant_get_data (value);
  gsize size = g_variant_get_size (value);
  const char *zero = data != NULL ? memrchr (data, '\0', size) : NULL;
  g_autoptr(GVariant) child = NULL;
  const char *end;
  gsize length;

  if (zero == NULL)
    return FALSE;

  length = data + size - (zero + 1);
  if (length == 0 || length > MAX_VARIANT_TYPE_LENGTH || depth == MAX_VARIANT_DEPTH)
    return FALSE;

  if (!g_variant_type_string_scan (zero + 1, data + size, &end) || end != data + size)
    return FALSE;

  if (memchr (zero + 1, 'v', length) == NULL)
    return TRUE;

  child = g_variant_get_variant (value);
  return check_variants (child, depth + 1);
}

/* Looks at all variants within @value, the outermost first, and stops at the
 * first that is not acceptable. */
static gboolean
check_variants (GVariant *value,
                guint     depth)
{
  const GVariantType *type = g_variant_get_type (value);
  const GVariantType *inner;
  gsize n_children;

  if (g_variant_type_is_variant (type))
    return check_variant (value, depth);

  n_children = g_variant_n_children (value);
  inner = g_variant_type_is_array (type) || g_variant_type_is_maybe (type)
    ? g_variant_type_element (type)
    : g_variant_type_first (type);

  for (gsize i = 0; i < n_children; i++)
    {
      if (holds_variants (inner))
        {
          g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

          if (!check_variants (child, depth))
            return FALSE;
        }

      if (g_variant_type_is_tuple (type) || g_variant_type_is_dict_entry (type))
        inner = g_variant_type_next (inner);
    }

  return TRUE;
}

static GVariant *
refuse_body (const GVariantType  *type,
             GError             **error)
{
  g_autofree char *string = g_variant_type_dup_string (type);

  g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
               "The body of a frame is not a value of type \"%s\"", string);
  return NULL;
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_frame_bytes_to_variant (const GVariantType  *type,
                             GBytes              *bytes,
                             gboolean             trusted,
                             GError             **error)
{
  g_autoptr(GVariant) value = NULL;
  gboolean plain;

  if (!check_length (type, g_bytes_get_size (bytes), &plain))
    return refuse_body (type, error);

  value = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, trusted || plain));

  if (!trusted && !plain)
    {
      if (holds_variants (type) && !check_variants (value, 0))
        return refuse_body (type, error);

      if (!g_variant_is_normal_form (value))
        return refuse_body (type, error);
    }

  return g_steal_pointer (&value);
}

/* Without so little memory a program cannot go on anyway. */
#define SMALL_BODY (64 << 10)

gpointer
cfut_frame_try_realloc (gpointer   memory,
                        gsize      size,
                        GError   **error)
{
  gpointer result = size <= SMALL_BODY ? g_realloc (memory, size) : g_try_realloc (memory, size);

  if (result == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                 "There is no memory for %" G_GSIZE_FORMAT " bytes of a value", size);

  return result;
}

/* Runs in: any thread. Locks: none. */
GBytes *
cfut_frame_copy_body (const guint8  *data,
                      gsize          length,
                      GError       **error)
{
  guint8 *copy = cfut_frame_try_realloc (NULL, length + CFUT_FRAME_SLACK, error);

  if (copy == NULL)
    return NULL;

  if (length > 0)
    memcpy (copy, data, length);
  memset (copy + length, 0, CFUT_FRAME_SLACK);

  return g_bytes_new_with_free_func (copy, length, g_free, copy);
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_frame_body_to_variant (const GVariantType  *type,
                            const guint8        *data,
                            gsize                length,
                            gboolean             trusted,
                            GError             **error)
{
  g_autoptr(GBytes) bytes = cfut_frame_copy_body (data, length, error);

  return bytes != NULL ? cfut_frame_bytes_to_variant (type, bytes, trusted, error) : NULL;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_frame_body_to_small (const GVariantType  *type,
                          const guint8        *data,
                          gsize                length,
                          CfutSmall           *small,
                          GError             **error)
{
  gsize size = cfut_small_get_size (type);

  g_assert (size > 0);

  if (length != size)
    return refuse_body (type, error) != NULL;

  memcpy (small->bytes, data, size);

  return TRUE;
}

/* How many containers are in each other in values of a type. */
static guint
get_depth (const GVariantType *type)
{
  guint depth = 0;

  if (g_variant_type_is_array (type) || g_variant_type_is_maybe (type))
    return 1 + get_depth (g_variant_type_element (type));

  if (!g_variant_type_is_tuple (type) && !g_variant_type_is_dict_entry (type))
    return 0;

  for (const GVariantType *member = g_variant_type_first (type);
       member != NULL;
       member = g_variant_type_next (member))
    {
      guint inner = get_depth (member); /* MAX() would look twice, at each level */

      depth = MAX (depth, inner);
    }

  return 1 + depth;
}

/* Runs in: any thread. Locks: none. */
GVariantType *
cfut_frame_string_to_type (const char  *string,
                           GError     **error)
{
  g_autoptr(GVariantType) type = NULL;

  if (strlen (string) <= MAX_DECLARED_TYPE_LENGTH && g_variant_type_string_is_valid (string))
    type = g_variant_type_new (string);

  if (type != NULL && g_variant_type_is_definite (type) && get_depth (type) <= MAX_DECLARED_TYPE_DEPTH)
    return g_steal_pointer (&type);

  g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
               "A worker declared a function with something that is not a type");
  return NULL;
}
