/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

#include "future/cfut-async-wait-private.h"
#include "future/cfut-wait-private.h"

/*
 * shutdown_async: one waiter in the pool, which the executor keeps, and which
 * the task keeps.
 */

typedef struct
{
  CfutAsyncWait wait; /* first */
  CfutEndWaiter waiter;
  gint64 timeout_us;
  guint n_left; /* calls, when its time was over */
} ShutdownWait;

/* Runs in: the thread in which the pool ended. Locks: none. */
static void
shutdown_wait_notify (CfutEndWaiter *waiter)
{
  gpointer container = (char *) waiter - G_STRUCT_OFFSET (ShutdownWait, waiter);
  ShutdownWait *self = container;

  cfut_async_wait_end (&self->wait, CFUT_ASYNC_END_COME);
  cfut_async_wait_unref (&self->wait);
}

/* Waits for the end of the pool. */
static void
shutdown_wait_begin (GTask   *task,
                     gint64   timeout_us,
                     guint    n_left,
                     gint64   deadline,
                     void   (*finish) (CfutAsyncWait *wait,
                                       CfutAsyncEnd   end))
{
  CfutPool *pool = cfut_executor_get_pool (g_task_get_source_object (task));
  ShutdownWait *self = g_new0 (ShutdownWait, 1);

  self->waiter.notify = shutdown_wait_notify;
  self->timeout_us = timeout_us;
  self->n_left = n_left;
  cfut_async_wait_init (&self->wait, task, finish);
  cfut_async_wait_start (&self->wait, deadline);

  cfut_async_wait_ref (&self->wait);
  if (!cfut_pool_await_end (pool, &self->waiter))
    shutdown_wait_notify (&self->waiter);
  else if (cfut_async_wait_has_ended (&self->wait) && cfut_pool_forget_end (pool, &self->waiter))
    cfut_async_wait_unref (&self->wait);

  cfut_async_wait_unref (&self->wait);
}

/* What was ended by force has ended, or had its moment for that. Runs in: the task's
 * context. Locks: takes the pool's. */
static void
shutdown_wait_forced (CfutAsyncWait *wait,
                      CfutAsyncEnd   end)
{
  ShutdownWait *self = (ShutdownWait *) wait;
  CfutPool *pool = cfut_executor_get_pool (g_task_get_source_object (wait->task));
  GError *error = NULL;

  if (cfut_pool_forget_end (pool, &self->waiter))
    cfut_async_wait_unref (wait);

  cfut_pool_set_timed_out (pool, self->timeout_us, self->n_left, &error);
  g_task_return_error (wait->task, error);
}

/* Runs in: the task's context. Locks: takes the pool's. */
static void
shutdown_wait_done (CfutAsyncWait *wait,
                    CfutAsyncEnd   end)
{
  ShutdownWait *self = (ShutdownWait *) wait;
  CfutPool *pool = cfut_executor_get_pool (g_task_get_source_object (wait->task));

  if (cfut_pool_forget_end (pool, &self->waiter))
    cfut_async_wait_unref (wait);

  if (end == CFUT_ASYNC_END_TIMED_OUT)
    {
      guint n_left = cfut_pool_give_up (pool);

      shutdown_wait_begin (wait->task, self->timeout_us, n_left,
                           cfut_deadline_from_timeout (cfut_pool_get_force_time (pool)),
                           shutdown_wait_forced);
    }
  else if (end == CFUT_ASYNC_END_CANCELLED)
    {
      g_task_return_new_error (wait->task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                               "Waiting for the shutdown was cancelled");
    }
  else
    {
      g_task_return_boolean (wait->task, TRUE);
    }
}

/* For executors of a kind of their own: their shutdown() may block. */
typedef struct
{
  CfutShutdownFlags flags;
  gint64 timeout_us;
} ShutdownArguments;

static void
shutdown_in_thread (GTask        *task,
                    gpointer      source_object,
                    gpointer      task_data,
                    GCancellable *cancellable)
{
  ShutdownArguments *arguments = task_data;
  GError *error = NULL;

  if (cfut_executor_shutdown (source_object, arguments->flags, arguments->timeout_us, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * cfut_executor_shutdown_async:
 * @self: an executor
 * @flags: whether to cancel; this waits in any case
 * @timeout_us: how long to wait, in microseconds, or %CFUT_WAIT_FOREVER
 * @cancellable: (nullable): cancels the wait, not the shutdown
 * @callback: (nullable): called when the executor has ended
 * @user_data: data for @callback
 *
 * Ends an executor, and waits for its end without blocking.
 *
 * See [method@Cfut.Executor.shutdown].
 *
 * Since: 1.0
 */
void
cfut_executor_shutdown_async (CfutExecutor        *self,
                              CfutShutdownFlags    flags,
                              gint64               timeout_us,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CfutPool *pool;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  pool = cfut_executor_get_pool (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_executor_shutdown_async);

  if (pool->carrier_class == NULL)
    {
      ShutdownArguments *arguments = g_new (ShutdownArguments, 1);

      arguments->flags = flags | CFUT_SHUTDOWN_WAIT;
      arguments->timeout_us = timeout_us;
      g_task_set_task_data (task, arguments, g_free);
      g_task_run_in_thread (task, shutdown_in_thread);
      return;
    }

  cfut_pool_shutdown (pool, flags & ~CFUT_SHUTDOWN_WAIT, 0, NULL);

  shutdown_wait_begin (task, timeout_us, 0, cfut_deadline_from_timeout (timeout_us), shutdown_wait_done);
}

/**
 * cfut_executor_shutdown_finish:
 * @self: an executor
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Cfut.Executor.shutdown_async].
 *
 * Returns: %TRUE if the executor has ended, else %FALSE with @error set:
 *   %G_IO_ERROR_TIMED_OUT or %G_IO_ERROR_CANCELLED
 *
 * Since: 1.0
 */
gboolean
cfut_executor_shutdown_finish (CfutExecutor  *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
