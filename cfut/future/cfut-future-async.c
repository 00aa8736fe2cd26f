/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-async-wait-private.h"
#include "future/cfut-future-private.h"

/*
 * Asynchronous waits. A future may have any number of them, so each is a GTask
 * of its own.
 */
typedef struct
{
  CfutAsyncWait wait;
  CfutWaiter waiter;
} CfutFutureWait;

#define FROM_WAITER(pointer) \
  ((CfutFutureWait *) G_STRUCT_MEMBER_P (pointer, -G_STRUCT_OFFSET (CfutFutureWait, waiter)))

/* Runs in: resolving thread. Locks: none. */
static void
cfut_future_wait_notify (CfutWaiter *waiter,
                         CfutState  *state)
{
  CfutFutureWait *self = FROM_WAITER (waiter);

  cfut_async_wait_end (&self->wait, CFUT_ASYNC_END_COME);
  cfut_async_wait_unref (&self->wait);
}

/* Runs in: the task's context. Locks: takes the state's. */
static void
cfut_future_wait_done (CfutAsyncWait *wait,
                       CfutAsyncEnd   end)
{
  CfutFutureWait *self = (CfutFutureWait *) wait;
  CfutFuture *future = g_task_get_source_object (wait->task);

  if (cfut_state_remove_waiter (cfut_future_get_cfut_state (future), &self->waiter))
    cfut_async_wait_unref (wait);

  if (end == CFUT_ASYNC_END_CANCELLED)
    g_task_return_new_error (wait->task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                             "The wait was cancelled");
  else
    g_task_return_boolean (wait->task, TRUE);
}

/* Runs in: any thread. Locks: takes the state's. */
static void
start_wait (CfutFuture          *future,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data,
            gpointer             source_tag)
{
  CfutState *state = cfut_future_get_cfut_state (future);
  g_autoptr(GTask) task = g_task_new (future, cancellable, callback, user_data);
  CfutFutureWait *self = g_new0 (CfutFutureWait, 1);

  g_task_set_source_tag (task, source_tag);

  cfut_async_wait_init (&self->wait, task, cfut_future_wait_done);
  self->waiter.notify = cfut_future_wait_notify;
  cfut_async_wait_start (&self->wait, -1);

  cfut_async_wait_ref (&self->wait);
  if (!cfut_state_add_waiter (state, &self->waiter))
    cfut_future_wait_notify (&self->waiter, state);
  else if (cfut_async_wait_has_ended (&self->wait) &&
           cfut_state_remove_waiter (state, &self->waiter))
    cfut_async_wait_unref (&self->wait);

  cfut_async_wait_unref (&self->wait);
}

/**
 * cfut_future_wait_async:
 * @self: a future
 * @cancellable: (nullable): cancels the wait, and not the call
 * @callback: (scope async) (closure user_data): what to call when the future
 *   has resolved
 * @user_data: data for @callback
 *
 * Waits until the future has resolved, whatever its outcome, without blocking.
 *
 * The callback comes in the thread-default main context of the caller, never
 * from within this function. May be called from any thread, any number of
 * times. The wait keeps the future alive.
 *
 * Since: 1.0
 */
void
cfut_future_wait_async (CfutFuture          *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_return_if_fail (CFUT_IS_FUTURE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  start_wait (self, cancellable, callback, user_data, cfut_future_wait_async);
}

/**
 * cfut_future_wait_finish:
 * @self: a future
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes what [method@Cfut.Future.wait_async] began.
 *
 * Returns: %TRUE if the future has resolved; %FALSE with %G_IO_ERROR_CANCELLED
 *   if the wait was cancelled
 *
 * Since: 1.0
 */
gboolean
cfut_future_wait_finish (CfutFuture    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cfut_future_wait_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cfut_future_result_async:
 * @self: a future
 * @cancellable: (nullable): cancels the wait, and not the call
 * @callback: (scope async) (closure user_data): what to call when the future
 *   has resolved
 * @user_data: data for @callback
 *
 * Waits for the result of a call, without blocking.
 *
 * The callback comes in the thread-default main context of the caller, never
 * from within this function. May be called from any thread, any number of
 * times. The wait keeps the future alive.
 *
 * To cancel the call use [method@Cfut.Future.cancel].
 *
 * Since: 1.0
 */
void
cfut_future_result_async (CfutFuture          *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (CFUT_IS_FUTURE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  start_wait (self, cancellable, callback, user_data, cfut_future_result_async);
}

/**
 * cfut_future_result_finish:
 * @self: a future
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes what [method@Cfut.Future.result_async] began.
 *
 * The result and the errors are those of [method@Cfut.Future.dup_result].
 * %G_IO_ERROR_CANCELLED may mean the call or only the wait;
 * [method@Cfut.Future.is_done] tells them apart.
 *
 * Returns: (transfer full): the result, or %NULL with @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_future_result_finish (CfutFuture    *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cfut_future_result_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return cfut_future_dup_outcome (self, error);
}
