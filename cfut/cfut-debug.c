/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-debug-private.h"

/* GLib adds the keys "all" and "help", which lists them. */
static const GDebugKey debug_keys[] = {
  { "workers", CFUT_DEBUG_WORKERS },
  { "protocol", CFUT_DEBUG_PROTOCOL },
  { "queue", CFUT_DEBUG_QUEUE },
  { "unobserved", CFUT_DEBUG_UNOBSERVED },
};

/* TRUE if @key is one of those in @string, which is split as GLib does. */
static gboolean
has_key (const char *string,
         const char *key)
{
  g_auto(GStrv) keys = g_strsplit_set (string != NULL ? string : "", ":;, \t", -1);

  for (guint i = 0; keys[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (keys[i], key) == 0)
        return TRUE;
    }

  return FALSE;
}

/* "all" stands for all that is logged: what is turned off has to be named. */
static CfutDebugFlags
parse_flags (const char *string)
{
  CfutDebugFlags flags = g_parse_debug_string (string, debug_keys, G_N_ELEMENTS (debug_keys));

  flags &= ~CFUT_DEBUG_UNOBSERVED;
  if (has_key (string, "unobserved"))
    flags |= CFUT_DEBUG_UNOBSERVED;

  return flags;
}

/* Runs in: any thread. Locks: none. */
CfutDebugFlags
cfut_debug_get_flags (void)
{
  static gsize initialized;
  static CfutDebugFlags flags;

  if (g_once_init_enter (&initialized))
    {
      flags = parse_flags (g_getenv ("CFUT_DEBUG"));
      g_once_init_leave (&initialized, 1);
    }

  return flags;
}
