/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

#include "call/cfut-function-private.h"

/* Results that are taken several at a time. */

/**
 * cfut_map_next_chunk:
 * @self: a map
 * @index: (out) (optional): return location for the place of the first of them in
 *   the input, counted from 0; it is also set if an item failed
 * @results: (out) (optional) (nullable) (transfer full): return location for an array
 *   of results
 * @error: return location for an error
 *
 * Waits for the next results, as many of them as are there together.
 *
 * This is [method@Cfut.Map.next] for those who would rather have an array than one
 * value after the other: `ax` for a function with results of type `x`. They follow
 * each other in the input, and come from one chunk, so in a map by chunks of one
 * item it is one. If a function's results may be of any type, and those here are
 * not all of one, they are in an array of variants.
 *
 * An item that has failed comes alone, in its place between the others, with its
 * error. The other errors, and what is said of the end, are those of
 * [method@Cfut.Map.next], with which this can be mixed.
 *
 * Returns: %TRUE if there were results; %FALSE at the end, then without an
 *   error, or with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_map_next_chunk (CfutMap   *self,
                     guint64   *index,
                     GVariant **results,
                     GError   **error)
{
  g_return_val_if_fail (CFUT_IS_MAP (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return cfut_map_next_waiting (self, CFUT_MAP_WANT_MANY, index, results, error);
}

gboolean
cfut_map_collect_outcome (CfutMap            *self,
                          CfutMapCollection  *collection,
                          guint64             index,
                          CfutMapOutcome     *outcome,
                          GError            **error)
{
  g_autoptr(GVariant) results = NULL;

  if (!cfut_map_yield (self, index, outcome, NULL, &results, error))
    {
      g_prefix_error (error, "Item %" G_GUINT64_FORMAT ": ", index);
      return FALSE;
    }

  return cfut_map_collection_add (collection, results, error);
}

GVariant *
cfut_map_end_collection (CfutMap           *self,
                         CfutMapCollection *collection)
{
  const CfutFunction *function = cfut_function_lookup (self->function);

  return cfut_map_collection_end (collection, function != NULL ? function->result_type : NULL);
}

/**
 * cfut_map_collect:
 * @self: a map
 * @error: return location for an error
 *
 * Waits for all results, and gives them as one array.
 *
 * ```c
 * g_autoptr(CfutMap) map = cfut_executor_map (executor, "square", items, NULL, &error);
 * g_autoptr(GVariant) squares = map != NULL ? cfut_map_collect (map, &error) : NULL;
 * gsize n_squares = squares != NULL ? g_variant_n_children (squares) : 0;
 * ```
 *
 * The array is in the order of the input, also if the map is not. It has the results
 * that were not taken before: all, if it is the first that is asked of the map. Its
 * elements are of the function's result type; if that may be any, and they are not
 * all of one, they are variants. The input must have an end.
 *
 * If an item has failed this fails with its error, with "Item" and its index before
 * the message; [method@Cfut.Map.get_index] has the index, too. The other errors are
 * those of [method@Cfut.Map.next], and %G_IO_ERROR_NO_SPACE. After an error the map is
 * closed, unless that is %G_IO_ERROR_PENDING: who wants to go on takes results by
 * [method@Cfut.Map.next_chunk].
 *
 * Like `list()` of the iterator of Python's `Executor.map()`.
 *
 * Returns: (transfer full): an array of the results, or %NULL with @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_map_collect (CfutMap  *self,
                  GError  **error)
{
  g_autoptr(CfutMapCollection) collection = NULL;
  g_autoptr(GError) local_error = NULL;
  CfutMapOutcome outcome = { NULL, NULL };
  guint64 at = 0;

  g_return_val_if_fail (CFUT_IS_MAP (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!cfut_map_begin_next (self, error))
    return NULL;

  collection = cfut_map_collection_new (self->n_expected);
  while (cfut_map_wait (self, CFUT_MAP_WANT_IN_ORDER, &at, &outcome, &local_error) &&
         cfut_map_collect_outcome (self, collection, at, &outcome, &local_error))
    ;
  cfut_map_end_next (self);
  cfut_delivery_sweep ();

  if (local_error != NULL)
    {
      cfut_map_close (self);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return cfut_map_end_collection (self, collection);
}
