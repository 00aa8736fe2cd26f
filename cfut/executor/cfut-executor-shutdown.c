/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

/*
 * shutdown_async: one waiter in the pool, and up to two sources in the caller's
 * context, one for the time-out and one for the cancellable. Whoever takes the
 * waiter out of the pool completes the task.
 */

typedef struct
{
  CfutEndWaiter waiter; /* first */
  gatomicrefcount ref_count; /* the pool's list, and each source */
  CfutPool *pool;            /* (owned) */
  GTask *task;               /* (owned) */
  GSource *timeout;          /* (owned) (nullable) */
  GSource *cancel;           /* (owned) (nullable) */
  gint64 timeout_us;
} ShutdownWait;

static void
shutdown_wait_unref (gpointer data)
{
  ShutdownWait *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->timeout, g_source_unref);
  g_clear_pointer (&self->cancel, g_source_unref);
  g_object_unref (self->task);
  cfut_pool_unref (self->pool);
  g_free (self);
}

/* Completes the task, with @error or well. */
static void
shutdown_wait_complete (ShutdownWait *self,
                        GError       *error)
{
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  if (self->cancel != NULL)
    g_source_destroy (self->cancel);

  if (error != NULL)
    g_task_return_error (self->task, error);
  else
    g_task_return_boolean (self->task, TRUE);

  shutdown_wait_unref (self);
}

/* Runs in: the thread in which the pool ended. Locks: none. */
static void
shutdown_wait_notify (CfutEndWaiter *waiter)
{
  shutdown_wait_complete ((ShutdownWait *) waiter, NULL);
}

static gboolean
shutdown_timeout_cb (gpointer user_data)
{
  ShutdownWait *self = user_data;

  if (cfut_pool_forget_end (self->pool, &self->waiter))
    {
      cfut_pool_give_up (self->pool);
      shutdown_wait_complete (self,
                              g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                           "Shutdown timed out after %.3f s; what was left was cancelled",
                                           self->timeout_us / (double) G_USEC_PER_SEC));
    }

  return G_SOURCE_REMOVE;
}

static gboolean
shutdown_cancelled_cb (GCancellable *cancellable,
                       gpointer      user_data)
{
  ShutdownWait *self = user_data;

  if (cfut_pool_forget_end (self->pool, &self->waiter))
    shutdown_wait_complete (self,
                            g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                 "Waiting for the shutdown was cancelled"));

  return G_SOURCE_REMOVE;
}

static void
shutdown_wait_add_source (ShutdownWait *self,
                          GSource      *source,
                          const char   *name,
                          GSourceFunc   callback)
{
  g_atomic_ref_count_inc (&self->ref_count);
  g_source_set_static_name (source, name);
  g_source_set_callback (source, callback, self, shutdown_wait_unref);
}

static ShutdownWait *
shutdown_wait_new (CfutPool *pool,
                   GTask    *task,
                   gint64    timeout_us)
{
  ShutdownWait *self = g_new0 (ShutdownWait, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_atomic_ref_count_init (&self->ref_count);
  self->waiter.notify = shutdown_wait_notify;
  self->pool = cfut_pool_ref (pool);
  self->task = g_object_ref (task);
  self->timeout_us = timeout_us;

  if (timeout_us >= 0)
    {
      self->timeout = g_timeout_source_new (MIN ((timeout_us + 999) / 1000, G_MAXINT));
      shutdown_wait_add_source (self, self->timeout, "[cfut] shutdown_async timeout",
                                shutdown_timeout_cb);
    }
  if (cancellable != NULL)
    {
      self->cancel = g_cancellable_source_new (cancellable);
      shutdown_wait_add_source (self, self->cancel, "[cfut] shutdown_async cancellable",
                                G_SOURCE_FUNC (shutdown_cancelled_cb));
    }

  return self;
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
  GError *error = NULL;
  ShutdownWait *wait;
  CfutPool *pool;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));

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

  if (!cfut_pool_shutdown (pool, flags & ~CFUT_SHUTDOWN_WAIT, 0, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  wait = shutdown_wait_new (pool, task, timeout_us);
  if (wait->timeout != NULL)
    g_source_attach (wait->timeout, g_task_get_context (task));
  if (wait->cancel != NULL)
    g_source_attach (wait->cancel, g_task_get_context (task));
  if (!cfut_pool_await_end (pool, &wait->waiter))
    shutdown_wait_complete (wait, NULL);
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
