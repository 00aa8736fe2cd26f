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

/* Runs in: any thread. Locks: none. */
CfutDebugFlags
cfut_debug_get_flags (void)
{
  static gsize initialized;
  static CfutDebugFlags flags;

  if (g_once_init_enter (&initialized))
    {
      flags = g_parse_debug_string (g_getenv ("CFUT_DEBUG"),
                                    debug_keys, G_N_ELEMENTS (debug_keys));
      g_once_init_leave (&initialized, 1);
    }

  return flags;
}
