/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

#include <string.h>

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

/**
 * cfut_gather_bytes:
 * @vectors: (array length=size) (element-type guint8): the memory of an array of
 *   #GOutputVector
 * @size: its size in bytes, a multiple of that of a #GOutputVector
 *
 * Makes one block of bytes that lie in several places.
 *
 * It is for bindings that have a large value in pieces, and have written where
 * these are; a piece is copied once, to where it is sent from. In C an array of
 * #GOutputVector is cast. The result goes to [method@Cfut.Executor.submit_bytes]
 * or [method@Cfut.CompletionQueue.push_bytes].
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): the bytes of all pieces, one after the other
 *
 * Since: 1.0
 */
GBytes *
cfut_gather_bytes (const guint8 *vectors,
                   gsize         size)
{
  gsize n_vectors = size / sizeof (GOutputVector);
  gsize length = 0, at = 0;
  guint8 *data;

  g_return_val_if_fail (vectors != NULL || size == 0, NULL);
  g_return_val_if_fail (size % sizeof (GOutputVector) == 0, NULL);

  /* They need not be aligned. */
  for (gsize i = 0; i < n_vectors; i++)
    {
      GOutputVector vector;

      memcpy (&vector, vectors + i * sizeof vector, sizeof vector);
      g_return_val_if_fail (vector.size <= G_MAXSSIZE - length, NULL);
      length += vector.size;
    }

  data = g_malloc (length);
  for (gsize i = 0; i < n_vectors; i++)
    {
      GOutputVector vector;

      memcpy (&vector, vectors + i * sizeof vector, sizeof vector);
      if (vector.size > 0)
        memcpy (data + at, vector.buffer, vector.size);
      at += vector.size;
    }

  return g_bytes_new_take (data, length);
}
