/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Keys of the environment variable CFUT_DEBUG. */
typedef enum
{
  CFUT_DEBUG_WORKERS    = 1 << 0, /* life and death of workers */
  CFUT_DEBUG_PROTOCOL   = 1 << 1, /* each frame */
  CFUT_DEBUG_QUEUE      = 1 << 2, /* calls into the queue and out of it */
  CFUT_DEBUG_UNOBSERVED = 1 << 3, /* set: do not warn of failures nobody saw */
} CfutDebugFlags;

CfutDebugFlags cfut_debug_get_flags (void);

/* Logs at debug level, when the key @flag is in CFUT_DEBUG. */
#define CFUT_DEBUG(flag, ...) \
  G_STMT_START { \
    if (G_UNLIKELY (cfut_debug_get_flags () & CFUT_DEBUG_##flag)) \
      g_log_structured ("Cfut", G_LOG_LEVEL_MESSAGE, \
                        "CFUT_TOPIC", #flag, \
                        "MESSAGE", __VA_ARGS__); \
  } G_STMT_END

G_END_DECLS
