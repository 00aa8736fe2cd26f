/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-call.h>

G_BEGIN_DECLS

/**
 * CfutFunc: (skip)
 * @call: the running call
 * @arguments: the arguments, of the type the function was registered with
 * @user_data: the data given at registration
 * @error: return location for an error
 *
 * A function that executors run, on any thread or in a worker process.
 *
 * It returns a value of the registered result type (floating or not), or
 * %NULL with @error set. A function registered without a result type returns
 * %NULL without an error when it succeeded.
 *
 * Returns: (transfer full) (nullable): the result
 *
 * Since: 1.0
 */
typedef GVariant *(*CfutFunc) (CfutCall  *call,
                               GVariant  *arguments,
                               gpointer   user_data,
                               GError   **error);

/**
 * CfutArrayFunc: (skip)
 * @call: the running call
 * @items: the arguments of @n_items calls, one behind the other
 * @n_items: how many there are, at least 1
 * @results: where their results go, one behind the other, in the same order
 * @user_data: the data given at registration
 * @error: return location for an error
 *
 * A function that executors run for many arguments at a time, on any thread or in
 * a worker process.
 *
 * Arguments and results are of the types that it was registered with, as these
 * lie in memory: a `x` is a #gint64, a `(xd)` a structure of a #gint64 and a
 * double. @results is filled with zeroes.
 *
 * It begins with the first item, and returns how many it has done. If that is not
 * all, and
 *
 * - @error is set, the item behind those that are done has failed with it, and the
 *   function is called again for the items behind that one;
 * - @error is not set, the function is called again for those that are left. A
 *   function that looks whether @call was cancelled returns like that: if it was,
 *   those that are left have failed with %G_IO_ERROR_CANCELLED.
 *
 * To return 0 without an error is to fail the first item.
 *
 * Returns: how many of the items are done
 *
 * Since: 1.0
 */
typedef gsize (*CfutArrayFunc) (CfutCall       *call,
                                gconstpointer   items,
                                gsize           n_items,
                                gpointer        results,
                                gpointer        user_data,
                                GError        **error);

CFUT_AVAILABLE_IN_ALL
void      cfut_register_function    (const char         *name,
                                     const GVariantType *parameter_type,
                                     const GVariantType *result_type,
                                     CfutFunc            func,
                                     gpointer            user_data,
                                     GDestroyNotify      destroy);
CFUT_AVAILABLE_IN_ALL
void      cfut_register_array_function (const char         *name,
                                        const GVariantType *item_type,
                                        const GVariantType *result_type,
                                        CfutArrayFunc       func,
                                        gpointer            user_data,
                                        GDestroyNotify      destroy);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_has_function         (const char         *name);
CFUT_AVAILABLE_IN_ALL
char    **cfut_list_functions       (void);

G_END_DECLS
