/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cfut-error.h"
#include "worker/cfut-setup-private.h"

static gboolean
set_cwd (const char  *path,
         GError     **error)
{
  g_autofree char *shown = NULL;
  int saved_errno;

  if (chdir (path) == 0)
    return TRUE;

  saved_errno = errno;
  shown = g_filename_display_name (path);
  g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
               "Failed to enter the working directory %s: %s", shown, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
set_rlimits (GVariant  *limits,
             GError   **error)
{
  GVariantIter iter;
  guint32 resource;
  guint64 soft, hard;

  g_variant_iter_init (&iter, limits);
  while (g_variant_iter_next (&iter, "(utt)", &resource, &soft, &hard))
    {
      struct rlimit limit = { .rlim_cur = soft, .rlim_max = hard };

      if (setrlimit (resource, &limit) != 0)
        {
          g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                       "Failed to set resource limit %u: %s", resource, g_strerror (errno));
          return FALSE;
        }
    }

  return TRUE;
}

/* The value of @key in @setup, which is taken out of it. */
static GVariant *
take (GVariantDict *setup,
      const char   *key,
      const char   *type)
{
  GVariant *value = g_variant_dict_lookup_value (setup, key, G_VARIANT_TYPE (type));

  if (value != NULL)
    g_variant_dict_remove (setup, key);

  return value;
}

/* Runs in: worker's main thread. */
gboolean
cfut_setup_apply (CfutLine         *line,
                  const CfutFrame  *frame,
                  char            **initializer,
                  GVariant        **arguments,
                  gboolean         *filter,
                  guint            *n_cpus,
                  guint64          *max_result,
                  GError          **error)
{
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GVariant) cwd = NULL;
  g_autoptr(GVariant) rlimits = NULL;
  g_autoptr(GVariant) name = NULL;
  g_autoptr(GVariant) boxed = NULL;
  g_autoptr(GVariant) filtered = NULL;
  g_autoptr(GVariant) cpus = NULL;
  g_autoptr(GVariant) max = NULL;
  g_autoptr(GVariant) rest = NULL;
  g_auto(GVariantDict) setup = { 0, };

  body = cfut_channel_take_variant (line->channel, frame, G_VARIANT_TYPE_VARDICT, FALSE, error);
  if (body == NULL)
    return FALSE;

  g_variant_dict_init (&setup, body);
  cwd = take (&setup, "cwd", "ay");
  rlimits = take (&setup, "rlimits", "a(utt)");
  name = take (&setup, "initializer", "s");
  boxed = take (&setup, "initializer-arguments", "v");
  filtered = take (&setup, "filter", "b");
  cpus = take (&setup, "cpus", "u");
  max = take (&setup, "max-result", "t");

  /* Of the wrong type, or from a parent that is newer than this. */
  rest = g_variant_ref_sink (g_variant_dict_end (&setup));
  if (g_variant_n_children (rest) > 0)
    {
      g_autofree char *text = g_variant_print (rest, FALSE);

      g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                   "The worker does not know how to set up %s", text);
      return FALSE;
    }

  if (cwd != NULL && !set_cwd (g_variant_get_bytestring (cwd), error))
    return FALSE;

  if (rlimits != NULL && !set_rlimits (rlimits, error))
    return FALSE;

  *n_cpus = cpus != NULL ? g_variant_get_uint32 (cpus) : 0;
  if (max != NULL)
    *max_result = MIN (g_variant_get_uint64 (max), CFUT_FRAME_MAX_BODY);
  *filter = filtered != NULL && g_variant_get_boolean (filtered);

  if (name == NULL)
    return TRUE;

  *initializer = g_variant_dup_string (name, NULL);
  *arguments = boxed != NULL
    ? g_variant_get_variant (boxed)
    : g_variant_ref_sink (g_variant_new_tuple (NULL, 0));

  return TRUE;
}
