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

/* What the engine has in all versions since 1.74's, though in C++ only. */
#define IS_COLLECTING "_ZN2JS25IsIncrementalGCInProgressEP9JSContext"
#define FINISH "_ZN2JS19FinishIncrementalGCEP9JSContextNS_8GCReasonE"

/* Functions of a program that runs JavaScript; those it lacks are NULL. */
typedef struct
{
  gpointer (*get_current) (void);
  gpointer (*get_native_context) (gpointer context);
  void (*collect) (gpointer context);
  gboolean (*is_collecting) (gpointer native);
  void (*finish) (gpointer native, int reason);
} GjsSymbols;

static gpointer
find_symbols (gpointer data)
{
  GjsSymbols *self = data;
  GModule *program = g_module_open (NULL, G_MODULE_BIND_LAZY);
  const struct { const char *name; gpointer *symbol; } wanted[] = {
    { "gjs_context_get_current", (gpointer *) &self->get_current },
    { "gjs_context_get_native_context", (gpointer *) &self->get_native_context },
    { "gjs_context_gc", (gpointer *) &self->collect },
    { IS_COLLECTING, (gpointer *) &self->is_collecting },
    { FINISH, (gpointer *) &self->finish },
  };

  /* It stays open, as the program does. */
  for (guint i = 0; program != NULL && i < G_N_ELEMENTS (wanted); i++)
    {
      if (!g_module_symbol (program, wanted[i].name, wanted[i].symbol))
        *wanted[i].symbol = NULL;
    }

  return self;
}

static const GjsSymbols *
get_symbols (void)
{
  static GOnce once = G_ONCE_INIT;
  static GjsSymbols storage;

  return g_once (&once, find_symbols, &storage);
}

/* The GjsContext that is current, or NULL. */
static gpointer
get_context (const GjsSymbols *symbols)
{
  return symbols->get_current != NULL ? symbols->get_current () : NULL;
}

gboolean
cfut_gjs_end_collection (void)
{
  const GjsSymbols *symbols = get_symbols ();
  gpointer context = get_context (symbols);

  if (context == NULL || symbols->collect == NULL)
    return FALSE;

  symbols->collect (context);
  return TRUE;
}

void
cfut_gjs_prepare_callbacks (void)
{
  const GjsSymbols *symbols = get_symbols ();
  gpointer context = get_context (symbols);
  gpointer native;

  if (context == NULL || symbols->get_native_context == NULL ||
      symbols->is_collecting == NULL || symbols->finish == NULL)
    return;

  native = symbols->get_native_context (context);

  /* The answer is a bool of C++: of one byte. */
  if (native != NULL && (symbols->is_collecting (native) & 0xff) != 0)
    symbols->finish (native, 0);
}
