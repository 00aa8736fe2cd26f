/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-gjs-private.h"

#include <dlfcn.h>
#include <gmodule.h>
#include <string.h>

/* Closures are known by the library their marshaller is in. */
gboolean
cfut_gjs_owns_closure (GClosure *closure)
{
  Dl_info info;

  if (dladdr ((gpointer) closure->marshal, &info) == 0 || info.dli_fname == NULL)
    return FALSE;

  return strstr (info.dli_fname, "libgjs") != NULL || strstr (info.dli_fname, "libcjs") != NULL;
}

gboolean
cfut_gjs_end_collection (void)
{
  GModule *program = g_module_open (NULL, G_MODULE_BIND_LAZY);
  gpointer (*get_current) (void);
  void (*collect) (gpointer context);
  gpointer symbols[2];
  gpointer context;

  /* It stays open, as the program does. */
  if (program == NULL ||
      !g_module_symbol (program, "gjs_context_get_current", &symbols[0]) ||
      !g_module_symbol (program, "gjs_context_gc", &symbols[1]))
    return FALSE;

  get_current = symbols[0];
  collect = symbols[1];

  context = get_current ();
  if (context == NULL)
    return FALSE;

  collect (context);
  return TRUE;
}
