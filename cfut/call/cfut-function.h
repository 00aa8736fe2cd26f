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

CFUT_AVAILABLE_IN_ALL
void      cfut_register_function    (const char         *name,
                                     const GVariantType *parameter_type,
                                     const GVariantType *result_type,
                                     CfutFunc            func,
                                     gpointer            user_data,
                                     GDestroyNotify      destroy);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_has_function         (const char         *name);
CFUT_AVAILABLE_IN_ALL
char    **cfut_list_functions       (void);

G_END_DECLS
