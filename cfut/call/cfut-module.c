/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-module.h"

#include <gmodule.h>

#include "cfut-error.h"

/* Held while a module registers its functions, too: nobody is told that it is
 * loaded before they are there. It may load others. */
static GRecMutex modules_lock;

/* Protected by modules_lock. */
static GHashTable *modules; /* (owned) (element-type GModule) that are loaded */

static gboolean
register_functions (GModule  *module,
                    GError  **error)
{
  gboolean (*func) (GError **error);
  gpointer symbol;
  g_autoptr(GError) local_error = NULL;

  if (!g_module_symbol (module, "cfut_module_register", &symbol))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                           "it has no function cfut_module_register()");
      return FALSE;
    }

  func = symbol;
  if (func (&local_error))
    return TRUE;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                         "it failed without saying why");
  return FALSE;
}

/* Locks: caller holds modules_lock. */
static gboolean
load_module_locked (const char  *path,
                    GError     **error)
{
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);

  if (module == NULL)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED, g_module_error ());
      return FALSE;
    }

  /* Registered functions are for ever. */
  g_module_make_resident (module);

  if (modules == NULL)
    modules = g_hash_table_new (NULL, NULL);
  if (g_hash_table_contains (modules, module))
    return TRUE;
  if (!register_functions (module, error))
    return FALSE;

  g_hash_table_add (modules, module);

  return TRUE;
}

/**
 * cfut_load_module:
 * @path: (type filename): a shared library, as for `g_module_open()`
 * @error: return location for an error
 *
 * Loads a module that registers functions, into this process.
 *
 * The module exports a function that does so, with
 * [func@Cfut.register_function]:
 *
 * ```c
 * gboolean
 * cfut_module_register (GError **error)
 * {
 *   cfut_register_function ("mylib.square", G_VARIANT_TYPE ("(x)"),
 *                           G_VARIANT_TYPE_INT64, square, NULL, NULL);
 *   return TRUE;
 * }
 * ```
 *
 * Then threads can run them, also for a program whose language cannot register
 * functions or has no threads. Worker processes load
 * [property@Cfut.ProcessExecutor:modules] of their own.
 *
 * The module stays loaded; to load it again does nothing. Any thread may call
 * this.
 *
 * Returns: %TRUE if the module is loaded and its function has returned %TRUE;
 *   %FALSE with @error set to what that function said, or to
 *   %CFUT_ERROR_START_FAILED
 *
 * Since: 1.0
 */
gboolean
cfut_load_module (const char  *path,
                  GError     **error)
{
  gboolean loaded;

  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_rec_mutex_lock (&modules_lock);
  loaded = load_module_locked (path, error);
  g_rec_mutex_unlock (&modules_lock);

  if (!loaded)
    g_prefix_error (error, "Failed to load module %s: ", path);

  return loaded;
}
