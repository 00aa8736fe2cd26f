/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-function-private.h"

#include <string.h>

#include "call/cfut-call-private.h"
#include "cfut-layout-private.h"

/*
 * Functions that are run for many items at a time.
 *
 * Such a function is an ordinary one as well, which runs a single item: so it can
 * be submitted, described and listed like any other, and only what runs chunks has
 * to know of it.
 */

/* The ordinary function that it is, with the entry itself for its data. */
typedef struct
{
  CfutFunction function;

  gpointer user_data;
  GDestroyNotify destroy;
  gsize item_size;
  gsize result_size;
  gboolean result_is_plain;
} CfutArrayFunction;

/* How many of @n_results are values in normal form, as others rely on: all that
 * come before the first that is not. */
static gsize
count_normal (const CfutArrayFunction *self,
              const guint8            *results,
              gsize                    n_results)
{
  for (gsize i = 0; !self->result_is_plain && i < n_results; i++)
    {
      g_autoptr(GVariant) result =
        g_variant_ref_sink (g_variant_new_from_data (self->function.result_type,
                                                     results + i * self->result_size,
                                                     self->result_size, FALSE, NULL, NULL));

      if (!g_variant_is_normal_form (result))
        return i;
    }

  return n_results;
}

/* Runs in: worker thread. Locks: none. */
gsize
cfut_function_run_array (const CfutFunction  *function,
                         CfutCall            *call,
                         gconstpointer        items,
                         gsize                n_items,
                         gpointer             results,
                         GError             **error)
{
  const CfutArrayFunction *self = (const CfutArrayFunction *) function;
  g_autoptr(GError) local_error = NULL;
  gsize n_returned, n_done, n_normal;

  g_assert (function->array_func != NULL);
  g_assert (n_items > 0);

  n_returned = function->array_func (call, items, n_items, results, self->user_data, &local_error);

  /* An error is somebody's: if all are said to be done, the last one's. */
  n_done = MIN (n_returned, local_error != NULL ? n_items - 1 : n_items);
  n_normal = n_returned <= n_items ? count_normal (self, results, n_done) : 0;

  /* The next call finds zeroes there, too. */
  memset ((guint8 *) results + n_normal * self->result_size, 0, (n_items - n_normal) * self->result_size);

  if (n_returned > n_items)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Function \"%s\" says that it has done %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                   " items", function->name, n_returned, n_items);
      return 0;
    }

  if (n_normal < n_done)
    {
      g_autofree char *type = g_variant_type_dup_string (function->result_type);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Function \"%s\" wrote a result that is no value of type \"%s\"",
                   function->name, type);
      return n_normal;
    }

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (n_done == 0 && !cfut_call_set_error_if_cancelled (call, error))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 "Function \"%s\" failed without saying why", function->name);

  return n_done;
}

/* The function for a single item. */
static GVariant *
run_single (CfutCall  *call,
            GVariant  *arguments,
            gpointer   user_data,
            GError   **error)
{
  const CfutArrayFunction *self = user_data;
  g_autofree gpointer item = g_malloc (self->item_size);
  g_autofree gpointer result = g_malloc0 (self->result_size);
  g_autoptr(GBytes) bytes = NULL;

  /* A value that is not in bytes yet is of no size before it is asked for that. */
  g_assert (g_variant_get_size (arguments) == self->item_size);
  g_variant_store (arguments, item);
  if (cfut_function_run_array (&self->function, call, item, 1, result, error) == 0)
    return NULL;

  bytes = g_bytes_new_take (g_steal_pointer (&result), self->result_size);

  return g_variant_new_from_bytes (self->function.result_type, bytes, TRUE);
}

static void
destroy_unregistered (gpointer data)
{
  CfutArrayFunction *self = data;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
}

/**
 * cfut_register_array_function: (skip)
 * @name: the name to submit calls by: UTF-8, and not empty
 * @item_type: the type of the arguments, which is of fixed size: numbers, and
 *   tuples of such types
 * @result_type: the type of the result, of fixed size as well
 * @func: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @func
 * @destroy: (nullable): what frees @user_data, as for [func@Cfut.register_function]
 *
 * Registers a function that executors can run for many arguments at a time.
 *
 * ```c
 * static gsize
 * square (CfutCall *call, gconstpointer items, gsize n_items, gpointer results,
 *         gpointer user_data, GError **error)
 * {
 *   const gint64 *n = items;
 *   gint64 *squares = results;
 *
 *   for (gsize i = 0; i < n_items; i++)
 *     squares[i] = n[i] * n[i];
 *
 *   return n_items;
 * }
 *
 * cfut_register_array_function ("square", G_VARIANT_TYPE_INT64,
 *                               G_VARIANT_TYPE_INT64, square, NULL, NULL);
 * ```
 *
 * It is called like any other function: [method@Cfut.Executor.submit] runs it for one
 * item. It is for [method@Cfut.Executor.map] of functions that take less than a
 * microsecond, for which a [struct@GLib.Variant] for each item and result would cost
 * more than the function does. A chunk of the map is given to it in parts of up
 * to 256 items; in between it is looked whether the map was closed, and if a worker
 * process dies, the items of parts that were not begun are run again.
 *
 * Everything else is as for [func@Cfut.register_function].
 *
 * Since: 1.0
 */
void
cfut_register_array_function (const char         *name,
                              const GVariantType *item_type,
                              const GVariantType *result_type,
                              CfutArrayFunc       func,
                              gpointer            user_data,
                              GDestroyNotify      destroy)
{
  CfutArrayFunction *self;
  CfutLayout item, result;

  g_return_if_fail (name != NULL && name[0] != '\0');
  g_return_if_fail (g_utf8_validate (name, -1, NULL));
  g_return_if_fail (item_type != NULL && g_variant_type_is_definite (item_type));
  g_return_if_fail (result_type != NULL && g_variant_type_is_definite (result_type));
  g_return_if_fail (func != NULL);

  item = cfut_layout_get (item_type);
  result = cfut_layout_get (result_type);
  g_return_if_fail (item.size > 0);
  g_return_if_fail (result.size > 0);

  self = g_new0 (CfutArrayFunction, 1);
  self->function.name = g_strdup (name);
  self->function.parameter_type = g_variant_type_copy (item_type);
  self->function.result_type = g_variant_type_copy (result_type);
  self->function.func = run_single;
  self->function.user_data = self;
  self->function.destroy = destroy_unregistered;
  self->function.array_func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  self->item_size = item.size;
  self->result_size = result.size;
  self->result_is_plain = result.plain;

  cfut_function_register (&self->function);
}
