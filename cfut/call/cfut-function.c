/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "call/cfut-function-private.h"

#include "cfut-small-private.h"
#include "cfut-unit-private.h"

/*
 * The registry: what names mean in this process.
 *
 * Entries are never freed and never change, so the lock covers only the look-up
 * and a caller keeps a pointer for as long as it likes. Functions of this
 * process and functions that only a worker has are two tables: a name may
 * begin as foreign and be registered here later.
 *
 * A submit looks a name up. Those of this process that were found are found
 * again without the lock.
 */
#define N_RECENT 64 /* a power of 2 */

static CfutFunction *recent[N_RECENT]; /* (unowned) (nullable) atomic; by hash of the name */

static GMutex registry_lock;

/* All below: protected by registry_lock. */
static GHashTable *registered; /* name -> CfutFunction */
static GHashTable *foreign;    /* name -> CfutFunction */

/* Locks: caller holds registry_lock. */
static void
ensure_tables_locked (void)
{
  if (registered != NULL)
    return;

  registered = g_hash_table_new (g_str_hash, g_str_equal);
  foreign = g_hash_table_new (g_str_hash, g_str_equal);
}

static void
cfut_function_free (CfutFunction *self)
{
  g_variant_type_free (self->parameter_type);
  g_variant_type_free (self->result_type);
  g_free (self->name);
  g_free (self);
}

/* Runs in: any thread. Locks: takes registry_lock. */
void
cfut_function_register (CfutFunction *self)
{
  gboolean added;

  self->small_parameter = cfut_small_get_size (self->parameter_type) > 0;
  self->small_result = cfut_small_get_size (self->result_type) > 0;

  g_mutex_lock (&registry_lock);
  ensure_tables_locked ();
  added = !g_hash_table_contains (registered, self->name);
  if (added)
    g_hash_table_insert (registered, self->name, self);
  g_mutex_unlock (&registry_lock);

  if (added)
    return;

  g_critical ("A function \"%s\" is registered already; the first one stays", self->name);

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  cfut_function_free (self);
}

/**
 * cfut_register_function: (skip)
 * @name: the name to submit calls by: UTF-8, and not empty
 * @parameter_type: (nullable): the type of the arguments, which is definite, or
 *   %NULL for none, which is the same as `()`
 * @result_type: (nullable): the type of the result, which is definite, or %NULL
 *   for none, which is the same as `()`
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @func
 * @destroy: (nullable): what frees @user_data. A function stays registered until
 *   the process ends, so this is called only, and at once, if the name was taken
 *
 * Registers a function that executors can run under a name.
 *
 * ```c
 * static GVariant *
 * square (CfutCall *call, GVariant *arguments, gpointer user_data, GError **error)
 * {
 *   gint64 n;
 *
 *   g_variant_get (arguments, "(x)", &n);
 *   return g_variant_new_int64 (n * n);
 * }
 *
 * cfut_register_function ("square", G_VARIANT_TYPE ("(x)"),
 *                         G_VARIANT_TYPE_INT64, square, NULL, NULL);
 * ```
 *
 * Register before [func@Cfut.init], so that a worker process, which is the same
 * program, knows the same functions. A name belongs to whoever registers it
 * first; to register it again is a programming error, and the first function
 * stays. A library should put its own name in front: `"mylib.square"`.
 *
 * @func may run in any thread, and in several at once. One that takes less than a
 * microsecond, and is to be mapped over many numbers, is better registered with
 * [func@Cfut.register_array_function].
 *
 * This function may be called from any thread. It is for C and Vala: other
 * languages run their functions through workers of their own.
 *
 * Since: 1.0
 */
void
cfut_register_function (const char         *name,
                        const GVariantType *parameter_type,
                        const GVariantType *result_type,
                        CfutFunc            func,
                        gpointer            user_data,
                        GDestroyNotify      destroy)
{
  CfutFunction *self;

  g_return_if_fail (name != NULL && name[0] != '\0');
  g_return_if_fail (g_utf8_validate (name, -1, NULL));
  g_return_if_fail (parameter_type == NULL || g_variant_type_is_definite (parameter_type));
  g_return_if_fail (result_type == NULL || g_variant_type_is_definite (result_type));
  g_return_if_fail (func != NULL);

  self = g_new0 (CfutFunction, 1);
  self->name = g_strdup (name);
  self->parameter_type = g_variant_type_copy (parameter_type != NULL ? parameter_type : G_VARIANT_TYPE_UNIT);
  self->result_type = g_variant_type_copy (result_type != NULL ? result_type : G_VARIANT_TYPE_UNIT);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  cfut_function_register (self);
}

/**
 * cfut_has_function:
 * @name: a name
 *
 * Whether a function is registered in this process.
 *
 * A process executor can run more: functions that only its workers have.
 *
 * This function may be called from any thread.
 *
 * Returns: %TRUE if [func@Cfut.register_function], or
 *   [func@Cfut.register_array_function], was called for @name
 *
 * Since: 1.0
 */
gboolean
cfut_has_function (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  return cfut_function_lookup (name) != NULL;
}

/**
 * cfut_list_functions:
 *
 * The names of all functions that are registered in this process.
 *
 * This function may be called from any thread.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 1.0
 */
char **
cfut_list_functions (void)
{
  g_autofree const CfutFunction **functions = cfut_function_list ();
  GPtrArray *names = g_ptr_array_new ();

  for (gsize i = 0; functions[i] != NULL; i++)
    g_ptr_array_add (names, g_strdup (functions[i]->name));
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
}

/* Runs in: any thread. Locks: takes registry_lock. */
const CfutFunction *
cfut_function_lookup (const char *name)
{
  CfutFunction **place;
  CfutFunction *self;

  g_assert (name != NULL);

  place = &recent[g_str_hash (name) & (N_RECENT - 1)];
  self = g_atomic_pointer_get (place);
  if (self != NULL && strcmp (self->name, name) == 0)
    return self;

  g_mutex_lock (&registry_lock);
  self = registered != NULL ? g_hash_table_lookup (registered, name) : NULL;
  g_mutex_unlock (&registry_lock);

  if (self != NULL)
    g_atomic_pointer_set (place, self);

  return self;
}

/* Runs in: any thread. Locks: takes registry_lock. */
const CfutFunction *
cfut_function_lookup_foreign (const char *name)
{
  CfutFunction *self;

  g_assert (name != NULL);

  g_mutex_lock (&registry_lock);
  ensure_tables_locked ();
  self = g_hash_table_lookup (foreign, name);
  if (self == NULL)
    {
      self = g_new0 (CfutFunction, 1);
      self->name = g_strdup (name);
      g_hash_table_insert (foreign, self->name, self);
    }
  g_mutex_unlock (&registry_lock);

  return self;
}

static int
compare_by_name (gconstpointer a,
                 gconstpointer b)
{
  const CfutFunction *const *function_a = a;
  const CfutFunction *const *function_b = b;

  return strcmp ((*function_a)->name, (*function_b)->name);
}

/* Runs in: any thread. Locks: takes registry_lock. */
const CfutFunction **
cfut_function_list (void)
{
  return cfut_function_list_with (NULL);
}

/* Runs in: any thread. Locks: takes registry_lock. */
const CfutFunction **
cfut_function_list_with (GPtrArray *hosted)
{
  g_autoptr(GPtrArray) functions = g_ptr_array_new ();

  if (hosted != NULL)
    g_ptr_array_extend (functions, hosted, NULL, NULL);

  g_mutex_lock (&registry_lock);
  if (registered != NULL)
    {
      GHashTableIter iter;
      gpointer self;

      g_hash_table_iter_init (&iter, registered);
      while (g_hash_table_iter_next (&iter, NULL, &self))
        g_ptr_array_add (functions, self);
    }
  g_mutex_unlock (&registry_lock);

  g_ptr_array_sort (functions, compare_by_name);
  g_ptr_array_add (functions, NULL);

  return (const CfutFunction **) g_ptr_array_steal (functions, NULL);
}

/* A declared type is a copy of this file's, which ends with a NUL. */
static gboolean
is_declared (const char         *string,
             const GVariantType *declared)
{
  return strcmp (string, g_variant_type_peek_string (declared)) == 0;
}

/* As a rule the two types are the same: then there is nothing to parse. */
static gboolean
is_of_type (GVariant           *value,
            const GVariantType *declared)
{
  if (value == cfut_unit_get () && is_declared ("()", declared))
    return TRUE;

  return is_declared (g_variant_get_type_string (value), declared) ||
         g_variant_is_of_type (value, declared);
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_function_check_arguments (const CfutFunction  *self,
                               GVariant            *arguments,
                               GError             **error)
{
  g_autofree char *expected = NULL;

  g_assert (self != NULL);
  g_assert (arguments != NULL);

  if (self->parameter_type == NULL ||
      is_of_type (arguments, self->parameter_type))
    return TRUE;

  expected = g_variant_type_dup_string (self->parameter_type);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "Function \"%s\" takes arguments of type \"%s\", not \"%s\"",
               self->name, expected, g_variant_get_type_string (arguments));
  return FALSE;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_function_check_result_type (const char          *name,
                                 GVariant            *result,
                                 const GVariantType  *type,
                                 GError             **error)
{
  g_autofree char *expected = NULL;

  if (g_variant_is_of_type (result, type))
    return TRUE;

  expected = g_variant_type_dup_string (type);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "Function \"%s\" returned a value of type \"%s\", not \"%s\" as registered",
               name, g_variant_get_type_string (result), expected);
  return FALSE;
}

/* Makes *@result, which a function returned, a sunk value of the declared type,
 * or leaves it at NULL, for the unit value. FALSE with @error if it is neither.
 * Runs in: any thread. Locks: none. */
static gboolean
cfut_function_settle_result (const CfutFunction  *self,
                             GVariant           **result,
                             GError             **error)
{
  g_autoptr(GVariant) owned = NULL;

  if (*result == NULL && is_declared ("()", self->result_type))
    return TRUE;

  if (*result == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   "Function \"%s\" failed without saying why", self->name);
      return FALSE;
    }

  /* Neither sinks an owned value nor takes a reference on it, so it is right
   * for floating values and for owned ones. */
  owned = g_variant_take_ref (*result);
  if (!is_of_type (owned, self->result_type) &&
      !cfut_function_check_result_type (self->name, owned, self->result_type, error))
    return FALSE;

  *result = g_steal_pointer (&owned);

  return TRUE;
}

GVariant *
cfut_function_check_result (const CfutFunction  *self,
                            GVariant            *result,
                            GError             **error)
{
  if (!cfut_function_settle_result (self, &result, error))
    return NULL;

  return result != NULL ? result : g_variant_ref (cfut_unit_get ());
}

/* Runs in: worker thread. Locks: none. */
gboolean
cfut_function_invoke (const CfutFunction  *self,
                      CfutCall            *call,
                      GVariant            *arguments,
                      GVariant           **result,
                      GError             **error)
{
  GError *local_error = NULL;
  GVariant *returned;

  g_assert (self != NULL);
  g_assert (self->func != NULL);
  g_assert (CFUT_IS_CALL (call));

  returned = self->func (call, arguments, self->user_data, &local_error);

  if (local_error != NULL)
    {
      if (returned != NULL)
        g_variant_unref (g_variant_take_ref (returned));
      g_propagate_error (error, local_error);
      return FALSE;
    }

  if (!cfut_function_settle_result (self, &returned, error))
    return FALSE;

  *result = returned;

  return TRUE;
}

/* Runs in: worker thread. Locks: none. */
GVariant *
cfut_function_run (const CfutFunction  *self,
                   CfutCall            *call,
                   GVariant            *arguments,
                   GError             **error)
{
  GVariant *result;

  if (!cfut_function_invoke (self, call, arguments, &result, error))
    return NULL;

  return result != NULL ? result : g_variant_ref (cfut_unit_get ());
}

/* Runs in: any thread. Locks: none. */
CfutFunction *
cfut_function_new_hosted (const char         *name,
                          const GVariantType *parameter_type,
                          const GVariantType *result_type)
{
  CfutFunction *self = g_new0 (CfutFunction, 1);

  /* A call may outlive the function, and has its name from here. */
  self->name = (char *) g_intern_string (name);
  self->parameter_type = g_variant_type_copy (parameter_type);
  self->result_type = g_variant_type_copy (result_type);

  return self;
}

/* Runs in: any thread. Locks: none. */
void
cfut_function_free_hosted (CfutFunction *self)
{
  g_variant_type_free (self->parameter_type);
  g_variant_type_free (self->result_type);
  g_free (self);
}
