/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

/*
 * Calls whose arguments are bytes: what other languages pickle, or write as
 * JSON. Such a call is one of a function whose parameter type is `ay`, so that
 * all that is done with other calls is done with it; but its bytes are never
 * looked at one by one.
 */

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_data_to_arguments (const guint8 *data,
                        gsize         length)
{
  guint8 *copy = g_memdup2 (data, length);

  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, copy, length,
                                                      TRUE, g_free, copy));
}

/**
 * cfut_executor_submit_data:
 * @self: an executor
 * @function: the name of a function that takes bytes
 * @data: (array length=length) (element-type guint8) (nullable): its arguments,
 *   which are copied
 * @length: how many bytes there are
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @error: return location for an error
 *
 * Submits a call whose arguments are bytes.
 *
 * That is a call of a function with the parameter type `ay`: an array of bytes
 * that is not in a tuple. If the result type is `ay`, too,
 * [method@Cfut.Future.get_data] gives the result. What the bytes mean is a
 * matter between the caller and the function.
 *
 * The errors are those of [method@Cfut.Executor.submit], and so are the rules
 * for waiting.
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_submit_data (CfutExecutor       *self,
                           const char         *function,
                           const guint8       *data,
                           gsize               length,
                           CfutSubmitOptions  *options,
                           GError            **error)
{
  g_autoptr(GVariant) arguments = NULL;

  g_return_val_if_fail (data != NULL || length == 0, NULL);

  arguments = cfut_data_to_arguments (data, length);

  return cfut_executor_submit_full (self, function, arguments, options, error);
}

/**
 * cfut_executor_submit_bytes:
 * @self: an executor
 * @function: the name of a function that takes bytes
 * @bytes: its arguments, which are not copied
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @error: return location for an error
 *
 * Submits a call whose arguments are bytes, without copying them.
 *
 * Apart from that it is [method@Cfut.Executor.submit_data]. A function that runs
 * on a thread sees @bytes itself; to a worker process they are written from
 * there.
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_submit_bytes (CfutExecutor       *self,
                            const char         *function,
                            GBytes             *bytes,
                            CfutSubmitOptions  *options,
                            GError            **error)
{
  g_autoptr(GVariant) arguments = NULL;

  g_return_val_if_fail (bytes != NULL, NULL);

  arguments = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));

  return cfut_executor_submit_full (self, function, arguments, options, error);
}
