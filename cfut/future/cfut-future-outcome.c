/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-future-private.h"
#include "future/cfut-wait-private.h"

/*
 * Getting at the outcome of a future, and doing without it.
 */

GVariant *
cfut_future_dup_outcome (CfutFuture  *self,
                         GError     **error)
{
  CfutState *state = cfut_future_get_cfut_state (self);
  GVariant *variant = cfut_state_dup_variant (state);
  const GError *failure;

  if (variant != NULL)
    return variant;

  failure = cfut_state_peek_error (state);
  if (failure != NULL)
    {
      g_propagate_error (error, g_error_copy (failure));
      return NULL;
    }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "The result is a %s and not a GVariant; "
               "cfut_future_get_value() gives it",
               G_VALUE_TYPE_NAME (cfut_state_peek_value (state)));

  return NULL;
}

/**
 * cfut_future_wait:
 * @self: a future
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 * @error: return location for an error
 *
 * Blocks until the future has resolved, whatever its outcome.
 *
 * Needs no main loop. A thread of a pool that waits for a call of the same pool
 * runs that call meanwhile, if nobody has started it; the time-out does not cut
 * that short.
 *
 * It is an error, %CFUT_ERROR_WOULD_DEADLOCK, to wait for an unresolved future
 * in a callback of the main context that is the future's home, which would
 * stand still: use [method@Cfut.Future.wait_async] there. Apart from that it may
 * be called from any thread.
 *
 * Like `concurrent.futures.wait()` of one future.
 *
 * Returns: %TRUE if the future has resolved; %FALSE with @error set to
 *   %G_IO_ERROR_TIMED_OUT or %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
gboolean
cfut_future_wait (CfutFuture  *self,
                  gint64       timeout_us,
                  GError     **error)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return cfut_state_wait_one (cfut_future_get_cfut_state (self), timeout_us, error);
}

/**
 * cfut_future_dup_result:
 * @self: a future
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 * @error: return location for an error
 *
 * Waits for the result of a call, and gets it.
 *
 * Waits as [method@Cfut.Future.wait] does, with the same rules for threads.
 *
 * An error that the function returned has the domain, the code and the message
 * it had in the worker. A future that was cancelled gives
 * %G_IO_ERROR_CANCELLED. An expired time-out gives %G_IO_ERROR_TIMED_OUT, and so
 * does a call that ran out of its own time; [method@Cfut.Future.is_done] tells
 * them apart. A result that is not a #GVariant, as closures on threads may
 * have, gives %G_IO_ERROR_NOT_SUPPORTED; see [method@Cfut.Future.get_value].
 *
 * Like `concurrent.futures.Future.result()`, except that the time-out is in
 * microseconds.
 *
 * Returns: (transfer full): the result, or %NULL with @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_future_dup_result (CfutFuture  *self,
                        gint64       timeout_us,
                        GError     **error)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!cfut_state_wait_one (cfut_future_get_cfut_state (self), timeout_us, error))
    return NULL;

  return cfut_future_dup_outcome (self, error);
}

/* A GValue that holds the variant of @state, for as long as the state lives.
 * Runs in: any thread. Locks: takes the state's. */
static const GValue *
peek_variant_as_value (CfutState *state,
                       GVariant  *variant)
{
  CfutStateExtra *extra;

  cfut_state_lock (state);
  extra = cfut_state_ensure_extra_locked (state);
  if (!extra->has_value)
    {
      g_value_init (&extra->value, G_TYPE_VARIANT);
      g_value_set_variant (&extra->value, variant);
      extra->has_value = TRUE;
    }
  cfut_state_unlock (state);

  return &extra->value;
}

/**
 * cfut_future_get_value:
 * @self: a future
 *
 * Gets the result of a call, of whatever type, if there is one already.
 *
 * The result of a registered function is a value that holds a #GVariant. A
 * closure that ran on a thread may have returned anything. May be called from
 * any thread, and does not wait.
 *
 * Returns: (transfer none) (nullable): the result, which is valid as long as
 *   the future is; %NULL if the future is not done
 *
 * Since: 1.0
 */
const GValue *
cfut_future_get_value (CfutFuture *self)
{
  CfutState *state;
  GVariant *variant;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  state = cfut_future_get_cfut_state (self);
  if (!cfut_state_is_final (state))
    return NULL;

  variant = cfut_state_peek_variant (state);
  if (variant != NULL)
    return peek_variant_as_value (state, variant);

  return cfut_state_peek_value (state);
}

/**
 * cfut_future_dup_object: (skip)
 * @self: a future
 * @interpreter: a language, whose lock this thread holds
 * @otherwise: an object of that language
 *
 * Gets the result of a call if it is an object of a language, without letting go of
 * the language's lock.
 *
 * Does not wait.
 *
 * Returns: (transfer full): the result, or @otherwise if the future is not done, or
 *   its result is something else
 *
 * Since: 1.0
 */
gpointer
cfut_future_dup_object (CfutFuture            *self,
                        const CfutInterpreter *interpreter,
                        gpointer               otherwise)
{
  CfutState *state;
  gpointer object = NULL;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);
  g_return_val_if_fail (interpreter != NULL, NULL);
  g_return_val_if_fail (otherwise != NULL, NULL);

  state = cfut_future_get_cfut_state (self);
  if (cfut_state_is_final (state))
    {
      const GValue *value = cfut_state_peek_value (state);

      if (value != NULL && G_VALUE_TYPE (value) == interpreter->object_type)
        object = g_value_get_boxed (value);
    }
  if (object == NULL)
    object = otherwise;
  interpreter->hold (object);

  return object;
}

/**
 * cfut_future_dup_error:
 * @self: a future
 *
 * Gets the error of a call that has failed or was cancelled.
 *
 * May be called from any thread, and does not wait.
 *
 * Like `concurrent.futures.Future.exception()`, except that it does not wait,
 * and that a cancelled future has an error, too: %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): the error; %NULL if the future has not
 *   resolved or is done
 *
 * Since: 1.0
 */
GError *
cfut_future_dup_error (CfutFuture *self)
{
  CfutState *state;
  const GError *error;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  state = cfut_future_get_cfut_state (self);
  if (!cfut_state_is_final (state))
    return NULL;

  error = cfut_state_peek_error (state);

  return error != NULL ? g_error_copy (error) : NULL;
}

/**
 * cfut_future_cancel:
 * @self: a future
 *
 * Asks for the call to be cancelled.
 *
 * A call that has not started is cancelled at once and never runs. A call that
 * runs is asked to stop, through [method@Cfut.Call.get_cancellable]: the future
 * resolves when it has, and is then cancelled whatever the call returned.
 *
 * Whoever cancels need not look at the outcome: the future will not warn. May
 * be called from any thread.
 *
 * Like `concurrent.futures.Future.cancel()`, except that calls that run can be
 * cancelled, too.
 *
 * Returns: %TRUE if the future is cancelled or surely will be; %FALSE if it was
 *   done or had failed before
 *
 * Since: 1.0
 */
gboolean
cfut_future_cancel (CfutFuture *self)
{
  CfutState *state;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), FALSE);

  state = cfut_future_get_cfut_state (self);
  cfut_state_set_observed (state);

  return cfut_state_cancel (state);
}
