/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A module that cfut-worker loads: what the tests in other languages call. */

#include <cfut/cfut.h>
#include <gmodule.h>
#include <string.h>
#include <unistd.h>

static GVariant *
twice (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  gint64 number;

  g_variant_get (arguments, "(x)", &number);

  return g_variant_new_int64 (2 * number);
}

/* Three times each, for many at a time; what is below 0 fails. */
static gsize
triple (CfutCall       *call,
        gconstpointer   items,
        gsize           n_items,
        gpointer        results,
        gpointer        user_data,
        GError        **error)
{
  const gint64 *numbers = items;
  gint64 *triples = results;

  for (gsize i = 0; i < n_items; i++)
    {
      if (numbers[i] < 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No %" G_GINT64_FORMAT, numbers[i]);
          return i;
        }
      triples[i] = 3 * numbers[i];
    }

  return n_items;
}

static GVariant *
get_pid (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  return g_variant_new_int64 (getpid ());
}

static GVariant *
fail (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  const char *message;

  g_variant_get (arguments, "(&s)", &message);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, message);

  return NULL;
}

static GVariant *
reverse (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  gsize length = g_variant_get_size (arguments);
  const guint8 *data = g_variant_get_data (arguments);
  guint8 *reversed = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    reversed[i] = data[length - 1 - i];

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, reversed, length, TRUE, g_free, reversed);
}

/* The byte array in a value. */
static GVariant *
find_bytes (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return g_variant_lookup_value (value, "image", G_VARIANT_TYPE_BYTESTRING);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE))
    return g_variant_get_child_value (value, 0);

  return g_variant_ref (value);
}

/* Whether bytes lie in memory of the program. */
static GVariant *
is_shared (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  g_autoptr(GVariant) bytes = find_bytes (arguments);
  guintptr address = (guintptr) g_variant_get_data (bytes);
  g_autofree char *maps = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/self/maps", &maps, NULL, error))
    return NULL;

  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *rest;
      guintptr begin = g_ascii_strtoull (lines[i], &rest, 16);
      guintptr end = *rest == '-' ? g_ascii_strtoull (rest + 1, NULL, 16) : 0;

      if (begin <= address && address < end)
        return g_variant_new_boolean (strstr (lines[i], "cfut-segment") != NULL);
    }

  return g_variant_new_boolean (FALSE);
}

/* Says that it runs, and returns when it is cancelled and not before. */
static GVariant *
wait_for_cancel (CfutCall  *call,
                 GVariant  *arguments,
                 gpointer   user_data,
                 GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  GPollFD poll_fd;

  cfut_call_set_progress (call, 0.5, "Waiting");

  if (g_cancellable_make_pollfd (cancellable, &poll_fd))
    {
      g_poll (&poll_fd, 1, -1);
      g_cancellable_release_fd (cancellable);
    }
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return NULL;
}

G_MODULE_EXPORT gboolean cfut_module_register (GError **error);

gboolean
cfut_module_register (GError **error)
{
  cfut_register_function ("twice", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          twice, NULL, NULL);
  cfut_register_array_function ("triple", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                triple, NULL, NULL);
  cfut_register_function ("get-pid", NULL, G_VARIANT_TYPE_INT64,
                          get_pid, NULL, NULL);
  cfut_register_function ("fail", G_VARIANT_TYPE ("(s)"), NULL,
                          fail, NULL, NULL);
  cfut_register_function ("reverse", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING,
                          reverse, NULL, NULL);
  cfut_register_function ("is-shared", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BOOLEAN,
                          is_shared, NULL, NULL);
  cfut_register_function ("is-shared-beside", G_VARIANT_TYPE ("(ayd)"), G_VARIANT_TYPE_BOOLEAN,
                          is_shared, NULL, NULL);
  cfut_register_function ("is-shared-within", G_VARIANT_TYPE_VARDICT, G_VARIANT_TYPE_BOOLEAN,
                          is_shared, NULL, NULL);
  cfut_register_function ("wait-for-cancel", NULL, NULL,
                          wait_for_cancel, NULL, NULL);

  return TRUE;
}
