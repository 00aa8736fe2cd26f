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

/* What the engine has in all versions since 1.74's, though in C++ only. */
#define IS_COLLECTING "_ZN2JS25IsIncrementalGCInProgressEP9JSContext"
#define FINISH "_ZN2JS19FinishIncrementalGCEP9JSContextNS_8GCReasonE"

typedef struct
{
  gpointer (*get_current) (void);
  gpointer (*get_native_context) (gpointer context);
  gboolean (*is_collecting) (gpointer native);
  void (*finish) (gpointer native, int reason);
} GjsSymbols;

static gpointer
find_symbols (gpointer data)
{
  GjsSymbols *self = data;
  GModule *program = g_module_open (NULL, G_MODULE_BIND_LAZY);

  /* It stays open, as the program does. */
  if (program != NULL &&
      g_module_symbol (program, "gjs_context_get_current", (gpointer *) &self->get_current) &&
      g_module_symbol (program, "gjs_context_get_native_context", (gpointer *) &self->get_native_context) &&
      g_module_symbol (program, IS_COLLECTING, (gpointer *) &self->is_collecting) &&
      g_module_symbol (program, FINISH, (gpointer *) &self->finish))
    return self;

  return NULL;
}

void
cfut_gjs_prepare_callbacks (void)
{
  static GOnce once = G_ONCE_INIT;
  static GjsSymbols storage;
  const GjsSymbols *symbols = g_once (&once, find_symbols, &storage);
  gpointer context = symbols != NULL ? symbols->get_current () : NULL;
  gpointer native = context != NULL ? symbols->get_native_context (context) : NULL;

  /* The answer is a bool of C++: of one byte. */
  if (native != NULL && (symbols->is_collecting (native) & 0xff) != 0)
    symbols->finish (native, 0);
}
