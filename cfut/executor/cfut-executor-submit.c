/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

#include "cfut-error.h"
#include "cfut-unit-private.h"
#include "executor/cfut-pool-map-private.h"

/* From a function's name and arguments to a job in the queue. */

/* Finds the function and checks the arguments; NULL with @error. */
const CfutFunction *
cfut_executor_resolve (CfutExecutor  *self,
                       const char    *name,
                       GError       **error)
{
  CfutPool *pool = cfut_executor_get_pool (self);
  const CfutFunction *function = cfut_function_lookup (name);

  if (function != NULL)
    return function;

  if (pool->takes_foreign)
    return cfut_function_lookup_foreign (name);

  g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
               "No function is registered as \"%s\"; call cfut_register_function() first, before cfut_init()",
               name);

  return NULL;
}

CfutFuture *
cfut_executor_submit_job (CfutExecutor       *self,
                          CfutJob            *job,
                          CfutRoom            room,
                          GError            **error)
{
  CfutPool *pool = cfut_executor_get_pool (self);
  g_autoptr(CfutFuture) future = cfut_future_new_taking_state (&job->state);

  if (!cfut_pool_submit (pool, job, room, error))
    return NULL;

  cfut_pool_list_call (pool, future);

  return g_steal_pointer (&future);
}

/* Arguments of any size fit in this process, but not on a wire. */
static gboolean
cfut_executor_check_size (CfutExecutor  *self,
                          const char    *name,
                          GVariant      *arguments,
                          GError       **error)
{
  gsize max = cfut_executor_get_pool (self)->max_arguments;
  gsize size;

  if (max == G_MAXSIZE)
    return TRUE;

  size = g_variant_get_size (arguments);
  if (size <= max)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "The arguments of function \"%s\" take %" G_GSIZE_FORMAT " bytes, and a worker process"
               " takes no more than %" G_GSIZE_FORMAT " at once; pass them in parts,"
               " or in a file and its name",
               name, size, max);

  return FALSE;
}

/* A job for a call of a registered function, or NULL with @error. */
CfutJob *
cfut_executor_make_job (CfutExecutor       *self,
                        const char         *name,
                        GVariant           *arguments,
                        CfutSubmitOptions  *options,
                        GError            **error)
{
  const CfutFunction *function;

  if (arguments == NULL)
    arguments = cfut_unit_get ();

  function = cfut_executor_resolve (self, name, error);
  if (function == NULL ||
      !cfut_function_check_arguments (function, arguments, error) ||
      !cfut_executor_check_size (self, name, arguments, error))
    return NULL;

  return cfut_job_new (cfut_executor_get_pool (self), function, NULL, arguments, 0, options);
}

static CfutFuture *
cfut_executor_submit_call (CfutExecutor       *self,
                           const char         *name,
                           GVariant           *arguments,
                           CfutSubmitOptions  *options,
                           CfutRoom            room,
                           GError            **error)
{
  CfutJob *job = cfut_executor_make_job (self, name, arguments, options, error);

  if (job == NULL)
    return NULL;

  return cfut_executor_submit_job (self, job, room, error);
}

CfutFuture *
cfut_executor_real_submit (CfutExecutor       *self,
                           const char         *name,
                           GVariant           *arguments,
                           CfutSubmitOptions  *options,
                           GError            **error)
{
  return cfut_executor_submit_call (self, name, arguments, options, CFUT_ROOM_POLICY, error);
}

/**
 * cfut_executor_submit:
 * @self: an executor
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments, of the type it was registered with;
 *   %NULL stands for the unit value `()`. A floating reference is consumed, in
 *   any case
 * @cancellable: (nullable): cancels the call, like [method@Cfut.Future.cancel]
 * @error: return location for an error
 *
 * Submits a call.
 *
 * The arguments are checked here; %G_IO_ERROR_INVALID_ARGUMENT says what is
 * wrong with them. Other errors are %CFUT_ERROR_UNKNOWN_FUNCTION,
 * %CFUT_ERROR_QUEUE_FULL, %CFUT_ERROR_SHUTDOWN, %CFUT_ERROR_BROKEN,
 * %CFUT_ERROR_START_FAILED and, for arguments of more than 1 GiB to a worker
 * process, %G_IO_ERROR_MESSAGE_TOO_LARGE. What goes wrong later comes through
 * the future, and so does a @cancellable that is cancelled already.
 *
 * This may wait for room in the queue, unless the caller is dispatching a main
 * context; see [property@Cfut.Executor:overflow].
 *
 * Like `concurrent.futures.Executor.submit()`, except that the function is a
 * name.
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_submit (CfutExecutor  *self,
                      const char    *function,
                      GVariant      *arguments,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr(CfutSubmitOptions) options = NULL;

  if (cancellable != NULL)
    {
      options = cfut_submit_options_new ();
      cfut_submit_options_set_cancellable (options, cancellable);
    }

  return cfut_executor_submit_full (self, function, arguments, options, error);
}

/**
 * cfut_executor_submit_full:
 * @self: an executor
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @error: return location for an error
 *
 * Submits a call, with options.
 *
 * The errors are those of [method@Cfut.Executor.submit].
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_submit_full (CfutExecutor       *self,
                           const char         *function,
                           GVariant           *arguments,
                           CfutSubmitOptions  *options,
                           GError            **error)
{
  g_autoptr(GVariant) sunk = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return CFUT_EXECUTOR_GET_CLASS (self)->submit_full (self, function, sunk, options, error);
}

gboolean
cfut_executor_takes_chunks (CfutExecutor *self)
{
  return cfut_executor_get_pool (self)->carrier_class != NULL;
}

gsize
cfut_executor_get_max_chunk_bytes (CfutExecutor *self)
{
  return cfut_executor_get_pool (self)->max_arguments;
}

CfutFuture *
cfut_executor_try_submit (CfutExecutor       *self,
                          const char         *function,
                          GVariant           *arguments,
                          CfutSubmitOptions  *options,
                          GError            **error)
{
  if (!cfut_executor_takes_chunks (self))
    return cfut_executor_submit_full (self, function, arguments, options, error);

  return cfut_executor_submit_call (self, function, arguments, options, CFUT_ROOM_TRY, error);
}

CfutFuture *
cfut_executor_submit_chunk (CfutExecutor       *self,
                            const char         *name,
                            GVariant           *items,
                            gsize               n_items,
                            CfutSubmitOptions  *options,
                            gboolean            may_block,
                            GError            **error)
{
  CfutJob *job;
  const CfutFunction *function = cfut_executor_resolve (self, name, error);

  g_assert (g_variant_is_of_type (items, G_VARIANT_TYPE_ARRAY));
  g_assert (n_items > 0 && n_items <= G_MAXUINT);

  if (function == NULL)
    return NULL;

  if (function->parameter_type != NULL &&
      !g_variant_type_equal (g_variant_type_element (g_variant_get_type (items)),
                             function->parameter_type))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Items of type \"%s\" are not the arguments of function \"%s\"",
                   g_variant_get_type_string (items), name);
      return NULL;
    }

  if (!cfut_executor_check_size (self, name, items, error))
    return NULL;

  job = cfut_job_new (cfut_executor_get_pool (self), function, NULL, items, n_items, options);

  return cfut_executor_submit_job (self, job,
                                   may_block ? CFUT_ROOM_POLICY : CFUT_ROOM_TRY, error);
}

gint64
cfut_future_get_run_time (CfutFuture *future)
{
  CfutJob *job = cfut_job_from_future (future);
  CfutPool *pool;
  gint64 run_time_ns;

  if (job == NULL)
    return -1;

  pool = cfut_job_get_pool (job);
  g_mutex_lock (&pool->lock);
  run_time_ns = cfut_job_get_place (job) == CFUT_PLACE_ENDED ? job->run_time_ns : -1;
  g_mutex_unlock (&pool->lock);

  return run_time_ns;
}

gboolean
cfut_future_is_boxed (CfutFuture *future)
{
  CfutJob *job = cfut_job_from_future (future);
  CfutJobExtra *extra = job != NULL ? cfut_job_get_extra (job) : NULL;

  return extra != NULL && extra->boxed;
}

gsize
cfut_future_get_n_started (CfutFuture *future)
{
  CfutJob *job = cfut_job_from_future (future);
  CfutJobExtra *extra;
  CfutPool *pool;
  gsize n_started;

  if (job == NULL)
    return 1;

  extra = cfut_job_get_extra (job);
  pool = cfut_job_get_pool (job);
  g_mutex_lock (&pool->lock);
  n_started = extra != NULL ? extra->n_started : 0;
  g_mutex_unlock (&pool->lock);

  return n_started;
}
