/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

/*
 * What a function takes and returns, for bindings that convert ordinary values
 * to the right types.
 */

/* The types, as (ss), of a function of this process; or who will tell; or NULL
 * with @error. */
static GVariant *
describe_here (CfutExecutor  *self,
               const char    *name,
               CfutFuture   **future,
               GError       **error)
{
  CfutPool *pool = cfut_executor_get_pool (self);
  const CfutFunction *function = cfut_executor_resolve (self, name, error);
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;

  if (function == NULL)
    return NULL;

  if (function->func == NULL)
    {
      *future = pool->carrier_class->describe (pool, name);
      return NULL;
    }

  parameter_type = g_variant_type_dup_string (function->parameter_type);
  result_type = g_variant_type_dup_string (function->result_type);

  return g_variant_ref_sink (g_variant_new ("(ss)", parameter_type, result_type));
}

/* After this nobody looks at @future any more, however it ends. */
static GVariant *
wait_for_types (CfutFuture  *future,
                GError     **error)
{
  GVariant *types = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, error);

  cfut_future_cancel (future);

  return types;
}

static void
get_types (GVariant  *types,
           char     **parameter_type,
           char     **result_type)
{
  if (parameter_type != NULL)
    g_variant_get_child (types, 0, "s", parameter_type);
  if (result_type != NULL)
    g_variant_get_child (types, 1, "s", result_type);
}

/**
 * cfut_executor_describe:
 * @self: an executor
 * @function: the name of a function
 * @parameter_type: (out) (optional) (transfer full): the type of its arguments,
 *   as a string
 * @result_type: (out) (optional) (transfer full): the type of its result
 * @error: return location for an error
 *
 * Tells the types of a function's arguments and result.
 *
 * For a function that is registered in this process it does so at once. One that
 * only worker processes have is known when one of them is ready; then this starts
 * one and waits for it, by the rules of [method@Cfut.Future.dup_result]. Use
 * [method@Cfut.Executor.describe_async] in a callback of a main context.
 *
 * A type is `*` if it may be any: some workers look for a function only when it is
 * called.
 *
 * Fails with %CFUT_ERROR_UNKNOWN_FUNCTION if there is no such function, and with
 * the errors of a submit if there can be no worker.
 *
 * Returns: %TRUE if the types are known, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_executor_describe (CfutExecutor  *self,
                        const char    *function,
                        char         **parameter_type,
                        char         **result_type,
                        GError       **error)
{
  g_autoptr(GVariant) types = NULL;
  g_autoptr(CfutFuture) future = NULL;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (function != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  types = describe_here (self, function, &future, error);
  if (future != NULL)
    types = wait_for_types (future, error);

  if (types == NULL)
    return FALSE;

  get_types (types, parameter_type, result_type);
  return TRUE;
}

static void
described_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  /* Nobody looks at it any more. */
  cfut_future_cancel (CFUT_FUTURE (source));

  cfut_executor_result_cb (source, result, user_data);
}

/**
 * cfut_executor_describe_async:
 * @self: an executor
 * @function: the name of a function
 * @cancellable: (nullable): cancels the wait
 * @callback: (nullable): called when the types are known
 * @user_data: data for @callback
 *
 * Tells the types of a function's arguments and result, without blocking.
 *
 * See [method@Cfut.Executor.describe].
 *
 * Since: 1.0
 */
void
cfut_executor_describe_async (CfutExecutor        *self,
                              const char          *function,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(CfutFuture) future = NULL;
  GError *error = NULL;
  GVariant *types;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (function != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_executor_describe_async);

  types = describe_here (self, function, &future, &error);
  if (types != NULL)
    g_task_return_pointer (task, types, (GDestroyNotify) g_variant_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    cfut_future_result_async (future, cancellable, described_cb, g_steal_pointer (&task));
}

/**
 * cfut_executor_describe_finish:
 * @self: an executor
 * @result: what the callback was given
 * @parameter_type: (out) (optional) (transfer full): the type of the function's
 *   arguments, as a string
 * @result_type: (out) (optional) (transfer full): the type of its result
 * @error: return location for an error
 *
 * Ends [method@Cfut.Executor.describe_async].
 *
 * Returns: %TRUE if the types are known, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_executor_describe_finish (CfutExecutor  *self,
                               GAsyncResult  *result,
                               char         **parameter_type,
                               char         **result_type,
                               GError       **error)
{
  g_autoptr(GVariant) types = NULL;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  types = g_task_propagate_pointer (G_TASK (result), error);
  if (types == NULL)
    return FALSE;

  get_types (types, parameter_type, result_type);
  return TRUE;
}
