/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>

#include "wire/cfut-frame-private.h"

/*
 * The checks of a body against GLib's.
 *
 * Ours decides some types by their size and looks at the types of variants first.
 * It must never accept what GLib refuses; and it may refuse what GLib accepts
 * only for what it is stricter about: sizes, and variants that are too deep or
 * have too long a type.
 *
 * Input: a type, and the body.
 */

/* As in cfut-frame-body.c, whose comment says why. */
#define MAX_VARIANT_TYPE_LENGTH 255
#define MAX_VARIANT_DEPTH       64

/* Whether a value that GLib finds normal has a variant that is beyond the limits. */
static gboolean
exceeds_limits (GVariant *value,
                guint     depth)
{
  gsize n_children;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr(GVariant) child = g_variant_get_variant (value);

      return depth == MAX_VARIANT_DEPTH ||
             strlen (g_variant_get_type_string (child)) > MAX_VARIANT_TYPE_LENGTH ||
             exceeds_limits (child, depth + 1);
    }

  if (!g_variant_is_container (value) || strchr (g_variant_get_type_string (value), 'v') == NULL)
    return FALSE;

  n_children = g_variant_n_children (value);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      if (exceeds_limits (child, depth))
        return TRUE;
    }

  return FALSE;
}

/* GLib's verdict. NULL if it refuses; else the value, which for a fixed-size type
 * of another size is a default of the right size. */
static GVariant *
ask_glib (const GVariantType *type,
          const guint8       *data,
          gsize               size)
{
  g_autoptr(GBytes) bytes = cfut_frame_copy_body (data, size, NULL);
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, FALSE));

  return g_variant_is_normal_form (value) ? g_steal_pointer (&value) : NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  g_autoptr(GVariantType) type = fuzz_take_type (&input);
  g_autoptr(GVariant) ours = NULL;
  g_autoptr(GVariant) glibs = NULL;
  g_autoptr(GError) error = NULL;

  if (type == NULL)
    return 0;

  ours = cfut_frame_body_to_variant (type, input.data, input.size, FALSE, &error);
  g_assert_true ((ours != NULL) == (error == NULL));
  glibs = ask_glib (type, input.data, input.size);

  if (ours != NULL)
    {
      g_assert_nonnull (glibs);
      g_assert_true (g_variant_get_size (ours) == input.size);
      g_assert_true (g_variant_is_normal_form (ours));
      g_assert_cmpmem (g_variant_get_data (ours), input.size,
                       g_variant_get_data (glibs), g_variant_get_size (glibs));
      g_assert_false (exceeds_limits (ours, 0));
    }
  else if (glibs != NULL)
    {
      g_assert_true (g_variant_get_size (glibs) != input.size || exceeds_limits (glibs, 0));
    }

  return 0;
}
