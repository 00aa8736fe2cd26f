/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

#include "call/cfut-function-private.h"
#include "executor/cfut-cpus-private.h"
#include "executor/cfut-pool-map-private.h"
#include "future/cfut-wait-private.h"

/* How an executor makes maps. */

/* Whether items may be given to a worker several at a time. */
static gboolean
cfut_map_may_chunk (CfutMap        *self,
                    CfutMapOptions *options)
{
  if (!cfut_executor_takes_chunks (self->executor))
    return FALSE;

  /* A time limit is meant for each item, unless chunks were asked for. */
  return self->options == NULL ||
         (options != NULL && cfut_map_options_get_chunk_size (options) > 0) ||
         (cfut_submit_options_get_timeout (self->options) < 0 &&
          cfut_submit_options_get_deadline (self->options) < 0);
}

static void
cfut_map_init_chunk_size (CfutMap        *self,
                          CfutMapOptions *options)
{
  const CfutFunction *function = cfut_function_lookup (self->function);
  guint given = options != NULL ? cfut_map_options_get_chunk_size (options) : 0;
  guint max = G_MAXUINT;

  if (!cfut_map_may_chunk (self, options))
    given = 1;

  if (self->buffer_size > 0)
    max = given > 0 ? self->buffer_size
                    : MAX (self->buffer_size / (2 * self->n_workers), 1);

  if (function != NULL && function->array_func != NULL)
    cfut_map_chunk_size_init_for_array (&self->chunk_size, given, max);
  else
    cfut_map_chunk_size_init (&self->chunk_size, given, max);
}

static CfutMap *
cfut_map_new (CfutExecutor   *executor,
              const char     *function,
              CfutMapOptions *options)
{
  CfutMap *self = g_object_new (CFUT_TYPE_MAP, NULL);
  CfutSubmitOptions *submit_options = NULL;

  self->executor = g_object_ref (executor);
  self->function = g_strdup (function);
  self->ordered = TRUE;
  if (options != NULL)
    {
      submit_options = cfut_map_options_get_submit_options (options);
      self->ordered = cfut_map_options_get_ordered (options);
      self->buffer_size = cfut_map_options_get_buffer_size (options);
      self->deadline = cfut_deadline_from_timeout (cfut_map_options_get_timeout (options));
    }
  if (submit_options != NULL)
    self->options = cfut_submit_options_copy (submit_options);

  self->n_workers = cfut_executor_get_max_workers (executor);
  if (self->n_workers == 0)
    self->n_workers = cfut_cpus_get_usable ();
  cfut_map_init_chunk_size (self, options);
  self->phase = CFUT_MAP_OPEN;

  return self;
}

/**
 * cfut_executor_map:
 * @self: an executor
 * @function: the name of a registered function
 * @items: an array, of which each child is the arguments of one call: `a(x)` for
 *   a function with parameter type `(x)`. A floating reference is consumed, in
 *   any case
 * @options: (nullable): order, window, chunks and time-out; they are copied
 * @error: return location for an error
 *
 * Calls a function with each child of an array.
 *
 * The first calls are submitted at once, without waiting for room in the queue,
 * the others while results are taken. The errors are those of the first submit:
 * %G_IO_ERROR_INVALID_ARGUMENT if @items is not an array of the function's
 * arguments, %G_IO_ERROR_MESSAGE_TOO_LARGE if the first of them is too large
 * for a worker process, %CFUT_ERROR_UNKNOWN_FUNCTION, %CFUT_ERROR_SHUTDOWN,
 * %CFUT_ERROR_BROKEN, %CFUT_ERROR_START_FAILED. Whatever fails later comes
 * through [method@Cfut.Map.next].
 *
 * Returns: (transfer full): the results to come, or %NULL with @error
 *   set
 *
 * Since: 1.0
 */
CfutMap *
cfut_executor_map (CfutExecutor    *self,
                   const char      *function,
                   GVariant        *items,
                   CfutMapOptions  *options,
                   GError         **error)
{
  g_autoptr(GVariant) sunk = items != NULL ? g_variant_ref_sink (items) : NULL;
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) local_error = NULL;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (items != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_variant_is_of_type (sunk, G_VARIANT_TYPE_ARRAY))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Items of a map must be an array of arguments, such as a(x), not \"%s\"",
                   g_variant_get_type_string (items));
      return NULL;
    }

  map = cfut_map_new (self, function, options);
  cfut_map_input_init_array (&map->input, items);
  map->n_expected = g_variant_n_children (items);

  if (map->n_expected == 0)
    {
      cfut_map_finish (map, CFUT_MAP_ENDED);
      return g_steal_pointer (&map);
    }

  cfut_map_take_turn (map);
  cfut_map_fill (map, &local_error);
  cfut_map_give_turn (map);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return g_steal_pointer (&map);
}

/**
 * cfut_executor_map_source:
 * @self: an executor
 * @function: the name of a registered function
 * @source: (scope notified) (closure user_data) (destroy destroy): gives the
 *   arguments of each call
 * @user_data: data for @source
 * @destroy: (nullable): called with @user_data when it is no longer needed
 * @options: (nullable): order, window, chunks and time-out; they are copied
 * @error: return location for an error
 *
 * Calls a function with whatever a source gives, for as long as it gives.
 *
 * The source is only called from within `next()`, and only so far ahead of the
 * results that were taken as [method@Cfut.MapOptions.set_buffer_size] allows, so
 * it may be without end. It should not block: results that are there wait for
 * it. Arguments are checked as by [method@Cfut.Executor.submit]; those of the
 * wrong type make their item fail, and the map goes on. When the executor takes
 * no more calls, as it was shut down, say, or has no such function, the source
 * is no longer called, and the map ends after the items that were read.
 *
 * The @destroy function is called in the thread-default main context of the
 * caller, as soon as the input has ended or the map was closed.
 *
 * Returns: (transfer full): the results to come, or %NULL with @error
 *   set
 *
 * Since: 1.0
 */
CfutMap *
cfut_executor_map_source (CfutExecutor    *self,
                          const char      *function,
                          CfutMapSource    source,
                          gpointer         user_data,
                          GDestroyNotify   destroy,
                          CfutMapOptions  *options,
                          GError         **error)
{
  CfutMap *map;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (source != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  map = cfut_map_new (self, function, options);
  cfut_map_input_init_source (&map->input, source, user_data, destroy);

  return map;
}
