/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error-private.h"
#include "wire/cfut-frame-private.h"

/* Errors on the wire. */

/* More than the strings take. */
#define MAX_STRINGS_LENGTH (128 << 10)

guint64
cfut_frame_get_max_error (guint64 max_result)
{
  return CLAMP (max_result, CFUT_FRAME_MIN_ERROR, CFUT_FRAME_MAX_ERROR);
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_frame_error_to_variant (const GError *error,
                             guint64       max_length)
{
  GVariant *fields[CFUT_ERROR_N_FIELDS];

  g_assert (max_length >= CFUT_FRAME_MIN_ERROR);

  cfut_error_get_fields (error, max_length - MAX_STRINGS_LENGTH, fields);

  return g_variant_ref_sink (g_variant_new_tuple (fields, CFUT_ERROR_N_FIELDS));
}

/* The string at @index of a tuple of byte strings, within its data; NULL if it has
 * no end. */
static const char *
get_text (GVariant *strings,
          gsize     index)
{
  g_autoptr(GVariant) child = g_variant_get_child_value (strings, index);
  const char *text;
  gsize size;

  text = g_variant_get_fixed_array (child, &size, 1);

  return size > 0 && memchr (text, '\0', size) == text + size - 1 ? text : NULL;
}

/* Runs in: any thread. Locks: none. */
GError *
cfut_frame_error_from_body (const guint8  *data,
                            gsize          length,
                            GError       **error)
{
  g_autoptr(GBytes) bytes = cfut_frame_copy_body (data, length, error);

  return bytes != NULL ? cfut_frame_error_from_bytes (bytes, error) : NULL;
}

/* Runs in: any thread. Locks: none. */
GError *
cfut_frame_error_from_bytes (GBytes  *bytes,
                             GError **error)
{
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GVariant) last = NULL;
  g_autoptr(GBytes) payload = NULL;
  const char *domain, *message, *name, *traceback;
  gint32 code;

  /*
   * (sisssay) is read as (ayiayayayay), which is laid out the same: a string
   * that is not UTF-8 must not cost its message. The normal form is not checked,
   * as all that is taken out is looked at by itself.
   */
  body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(ayiayayayay)"), bytes, FALSE));

  domain = get_text (body, 0);
  message = get_text (body, 2);
  name = get_text (body, 3);
  traceback = get_text (body, 4);
  if (domain == NULL || message == NULL || name == NULL || traceback == NULL)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "The body of an ERROR frame is not an error");
      return NULL;
    }

  g_variant_get_child (body, 1, "i", &code);
  last = g_variant_get_child_value (body, 5);
  payload = g_variant_get_data_as_bytes (last);

  return cfut_error_new_received (domain, code, message, name, traceback, payload);
}
