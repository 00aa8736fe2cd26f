/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-queue-private.h"
#include "executor/cfut-executor-private.h"

/*
 * Pushing without ever waiting, for event loops. A call for which there is no
 * room is with the waiters of its pool, which has it queued when there is; its
 * completion is in the store meanwhile, so that it can be cancelled there as any
 * other.
 */
typedef struct
{
  CfutRoomWaiter waiter; /* first */
  CfutFuture *future;    /* (owned) (nullable) for those who list calls */
} CfutEnqueueWait;

static void
enqueue_wait_free (CfutEnqueueWait *self)
{
  cfut_job_unref (self->waiter.job);
  g_clear_object (&self->future);
  g_free (self);
}

/* Runs in: the thread that made room, or ended the job. Locks: none. */
static void
enqueue_wait_notify (CfutRoomWaiter *waiter,
                     const GError   *error)
{
  CfutEnqueueWait *self = (CfutEnqueueWait *) waiter;
  CfutJob *job = waiter->job;

  /* There is nobody to tell but the queue of completions. */
  if (error != NULL)
    cfut_pool_fail_refused (cfut_job_get_pool (job), job, error);
  else if (self->future != NULL)
    cfut_pool_list_call (cfut_job_get_pool (job), self->future);

  enqueue_wait_free (self);
}

/* Takes @job. */
static gboolean
enqueue_job (CfutCompletionQueue  *self,
             CfutJob              *job,
             guint64               tag,
             GError              **error)
{
  CfutPool *pool = cfut_job_get_pool (job);
  CfutEnqueueWait *wait = g_new0 (CfutEnqueueWait, 1);
  g_autoptr(GError) local_error = NULL;
  g_autoptr(CfutJob) kept = cfut_job_ref (job);

  wait->waiter.job = job;
  wait->waiter.notify = enqueue_wait_notify;
  if (g_atomic_pointer_get (&pool->calls) != NULL)
    wait->future = cfut_future_new_for_state (&job->state);

  if (!cfut_pool_await_room (pool, &wait->waiter, &local_error))
    {
      if (wait->future != NULL && local_error == NULL)
        cfut_pool_list_call (pool, wait->future);
      enqueue_wait_free (wait);
    }

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  cfut_completion_store_watch (cfut_completion_queue_get_store (self), &kept->state, tag);

  return TRUE;
}

/**
 * cfut_completion_queue_enqueue:
 * @self: a queue
 * @executor: where to run the call
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @tag: what to tell the completion by; need not be unique
 * @error: return location for an error
 *
 * Submits a call whose completion is to come through the queue, and never waits.
 *
 * This is [method@Cfut.CompletionQueue.push] for event loops, which must not be
 * blocked: when the queue of @executor is full, whatever
 * [property@Cfut.Executor:overflow] says, the call waits for room by itself, in
 * the order in which such calls came, as with [method@Cfut.Executor.submit_async].
 * It counts in no bound meanwhile; so it is for the caller to know an end. It can
 * be cancelled as any other. If the executor takes no more calls before there is
 * room, the error comes through the queue.
 *
 * An executor that is not one of cfut's own waits as it likes.
 *
 * Returns: %TRUE if the call was taken, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_enqueue (CfutCompletionQueue  *self,
                               CfutExecutor         *executor,
                               const char           *function,
                               GVariant             *arguments,
                               CfutSubmitOptions    *options,
                               guint64               tag,
                               GError              **error)
{
  g_autoptr(GVariant) sunk = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  CfutJob *job;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), FALSE);
  g_return_val_if_fail (CFUT_IS_EXECUTOR (executor), FALSE);
  g_return_val_if_fail (function != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (cfut_executor_get_pool (executor)->carrier_class == NULL)
    return cfut_completion_queue_push (self, executor, function, sunk, options, tag, error);

  job = cfut_executor_make_job (executor, function, sunk, options, error);

  return job != NULL && enqueue_job (self, job, tag, error);
}

/**
 * cfut_completion_queue_enqueue_data:
 * @self: a queue
 * @executor: where to run the call
 * @function: the name of a function that takes bytes
 * @data: (array length=length) (element-type guint8) (nullable): its arguments,
 *   which are copied
 * @length: how many bytes there are
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @tag: what to tell the completion by; need not be unique
 * @error: return location for an error
 *
 * Submits a call whose arguments are bytes, and whose completion is to come
 * through the queue, and never waits.
 *
 * It is to [method@Cfut.CompletionQueue.enqueue] what
 * [method@Cfut.CompletionQueue.push_data] is to
 * [method@Cfut.CompletionQueue.push].
 *
 * Returns: %TRUE if the call was taken, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_enqueue_data (CfutCompletionQueue  *self,
                                    CfutExecutor         *executor,
                                    const char           *function,
                                    const guint8         *data,
                                    gsize                 length,
                                    CfutSubmitOptions    *options,
                                    guint64               tag,
                                    GError              **error)
{
  g_autoptr(GVariant) arguments = NULL;

  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  arguments = cfut_data_to_arguments (data, length);

  return cfut_completion_queue_enqueue (self, executor, function, arguments, options, tag, error);
}
