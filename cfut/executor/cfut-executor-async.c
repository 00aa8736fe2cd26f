/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

/*
 * The asynchronous methods of CfutExecutor.
 */

/* ---- submit_async: waits for room without blocking. */

/* A waiter in the pool. Whoever takes it out of there completes the task. */
typedef struct
{
  CfutRoomWaiter waiter; /* first */
  CfutCancelWatch watch;
  GTask *task;           /* (owned) */
  CfutFuture *future;    /* (owned) */

  /* Atomic. */
  int ref_count; /* the pool's and the watch's */
  int done;
} SubmitWait;

/* Gives up @n references at once. */
static void
submit_wait_drop (SubmitWait *self,
                  int         n)
{
  if (g_atomic_int_add (&self->ref_count, -n) != n)
    return;

  cfut_job_unref (self->waiter.job);
  g_object_unref (self->future);
  g_object_unref (self->task);
  g_free (self);
}

/* If it is over, the watch is not needed any more. TRUE if its reference is the
 * caller's now. */
static gboolean
submit_wait_check_watch (SubmitWait *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  return cancellable != NULL && g_atomic_int_get (&self->done) &&
         cfut_cancel_watch_remove (cancellable, &self->watch);
}

/* Gives up @n_refs, those of the pool and of the caller.
 * Runs in: any thread. Locks: none. */
static void
submit_wait_complete (SubmitWait   *self,
                      const GError *error,
                      int           n_refs)
{
  g_atomic_int_set (&self->done, TRUE);
  n_refs += submit_wait_check_watch (self);

  if (error != NULL)
    {
      g_task_return_error (self->task, g_error_copy (error));
    }
  else
    {
      cfut_pool_list_call (cfut_job_get_pool (self->waiter.job), self->future);
      g_task_return_pointer (self->task, g_object_ref (self->future), g_object_unref);
    }

  submit_wait_drop (self, n_refs);
}

/* Runs in: the thread that made room, or ended the job. Locks: none. */
static void
submit_wait_notify (CfutRoomWaiter *waiter,
                    const GError   *error)
{
  submit_wait_complete ((SubmitWait *) waiter, error, 1);
}

/* Gives up @n_refs. */
static void
submit_wait_cancel (SubmitWait *self,
                    int         n_refs)
{
  g_autoptr(GError) error = NULL;

  if (!cfut_pool_forget_room (cfut_job_get_pool (self->waiter.job), &self->waiter))
    {
      submit_wait_drop (self, n_refs);
      return;
    }

  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Submitting was cancelled");
  submit_wait_complete (self, error, n_refs + 1);
}

/* Runs in: the thread that cancels. Locks: none. */
static void
submit_wait_cancelled (CfutCancelWatch *watch)
{
  gpointer container = (char *) watch - G_STRUCT_OFFSET (SubmitWait, watch);

  submit_wait_cancel (container, 1);
}

static SubmitWait *
submit_wait_new (GTask   *task,
                 CfutJob *job)
{
  SubmitWait *self = g_new0 (SubmitWait, 1);

  self->ref_count = 1;
  self->waiter.job = cfut_job_ref (job);
  self->waiter.notify = submit_wait_notify;
  self->watch.cancelled = submit_wait_cancelled;
  self->task = g_object_ref (task);
  self->future = cfut_future_new_for_state (&job->state);

  return self;
}

/* Runs in: submitter's thread. Locks: takes the pool's. */
static void
submit_wait_start (SubmitWait *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);
  CfutPool *pool = cfut_job_get_pool (self->waiter.job);
  g_autoptr(GError) error = NULL;
  int n_refs = 1; /* our own */

  g_atomic_int_inc (&self->ref_count);
  if (!cfut_pool_await_room (pool, &self->waiter, &error))
    {
      submit_wait_complete (self, error, n_refs + 1);
      return;
    }

  if (cancellable != NULL)
    {
      g_atomic_int_inc (&self->ref_count);
      if (!cfut_cancel_watch_add (cancellable, &self->watch))
        {
          submit_wait_cancel (self, n_refs + 1);
          return;
        }
      n_refs += submit_wait_check_watch (self);
    }

  submit_wait_drop (self, n_refs);
}

/**
 * cfut_executor_submit_async:
 * @self: an executor
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): options of the call; they are copied. A cancellable among
 *   them cancels the call, also while it waits for room
 * @cancellable: (nullable): cancels the wait for room, not the call
 * @callback: (nullable): called when the call has been submitted
 * @user_data: data for @callback
 *
 * Submits a call, waiting for room in the queue without blocking.
 *
 * This is the way to submit from a main loop, however full the queue is and
 * whatever [property@Cfut.Executor:overflow] says. Waiting submits get room in the
 * order in which they came. The callback comes in the thread-default main context
 * of the caller, which is also the future's home.
 *
 * Since: 1.0
 */
void
cfut_executor_submit_async (CfutExecutor        *self,
                            const char          *function,
                            GVariant            *arguments,
                            CfutSubmitOptions   *options,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GVariant) sunk = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr(GTask) task = NULL;
  g_autoptr(CfutJob) job = NULL;
  g_autoptr(CfutFuture) future = NULL;
  GError *error = NULL;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (function != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_executor_submit_async);
  g_task_set_check_cancellable (task, FALSE);

  if (g_task_return_error_if_cancelled (task))
    return;

  if (cfut_executor_get_pool (self)->carrier_class == NULL)
    {
      future = cfut_executor_submit_full (self, function, sunk, options, &error);
      if (future != NULL)
        g_task_return_pointer (task, g_steal_pointer (&future), g_object_unref);
      else
        g_task_return_error (task, error);
      return;
    }

  job = cfut_executor_make_job (self, function, sunk, options, &error);
  if (job == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  submit_wait_start (submit_wait_new (task, job));
}

/**
 * cfut_executor_submit_finish:
 * @self: an executor
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Cfut.Executor.submit_async].
 *
 * The errors are those of [method@Cfut.Executor.submit], but for
 * %CFUT_ERROR_QUEUE_FULL; %G_IO_ERROR_CANCELLED if the wait was cancelled.
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_submit_finish (CfutExecutor  *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- call_async: submits and waits for the result. */

void
cfut_executor_result_cb (GObject      *future,
                         GAsyncResult *result,
                         gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  GVariant *variant = cfut_future_result_finish (CFUT_FUTURE (future), result, &error);

  if (variant != NULL)
    g_task_return_pointer (task, variant, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

static void
call_submitted_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(CfutFuture) future = NULL;
  GError *error = NULL;

  future = cfut_executor_submit_finish (CFUT_EXECUTOR (object), result, &error);
  if (future == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  /* The cancellable reaches the call itself, which then ends as cancelled. */
  cfut_future_result_async (future, NULL, cfut_executor_result_cb, g_steal_pointer (&task));
}

/**
 * cfut_executor_call_async:
 * @self: an executor
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): options of the call; they are copied
 * @cancellable: (nullable): cancels the call; it takes the place of one in
 *   @options
 * @callback: (nullable): called when the call has ended
 * @user_data: data for @callback
 *
 * Submits a call, waiting for room as [method@Cfut.Executor.submit_async] does,
 * and waits for its result.
 *
 * The callback comes in the thread-default main context of the caller.
 *
 * Since: 1.0
 */
void
cfut_executor_call_async (CfutExecutor        *self,
                          const char          *function,
                          GVariant            *arguments,
                          CfutSubmitOptions   *options,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(CfutSubmitOptions) own = NULL;
  GTask *task;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (function != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_executor_call_async);
  g_task_set_check_cancellable (task, FALSE);

  if (cancellable != NULL)
    {
      own = options != NULL ? cfut_submit_options_copy (options) : cfut_submit_options_new ();
      cfut_submit_options_set_cancellable (own, cancellable);
    }

  cfut_executor_submit_async (self, function, arguments, own != NULL ? own : options,
                              cancellable, call_submitted_cb, task);
}

/**
 * cfut_executor_call_finish:
 * @self: an executor
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Cfut.Executor.call_async].
 *
 * The errors are those of [method@Cfut.Executor.submit_finish] and those of the
 * call; see [method@Cfut.Future.dup_result].
 *
 * Returns: (transfer full): the result of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_executor_call_finish (CfutExecutor  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
