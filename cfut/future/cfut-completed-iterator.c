/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-async-wait-private.h"
#include "future/cfut-completed-iterator.h"
#include "future/cfut-completed-queue-private.h"
#include "future/cfut-delivery-private.h"
#include "future/cfut-wait-private.h"

/**
 * CfutCompletedIterator:
 *
 * Futures, one after the other, as they resolve.
 *
 * Made by [func@Cfut.as_completed]. Step through it with
 * [method@Cfut.CompletedIterator.next], which blocks, or with
 * [method@Cfut.CompletedIterator.next_async].
 *
 * ```c
 * g_autoptr(CfutCompletedIterator) completed = cfut_as_completed (futures, n_futures, 10 * G_USEC_PER_SEC);
 * CfutFuture *future;
 *
 * while ((future = cfut_completed_iterator_next (completed, &error)) != NULL)
 *   {
 *     g_autoptr(GVariant) result = cfut_future_dup_result (future, 0, NULL);
 *     …
 *     g_object_unref (future);
 *   }
 *
 * if (error != NULL)
 *   g_warning ("%s", error->message);
 * ```
 *
 * The iterator keeps the futures that it has not given out, and no others. It
 * may be used from any thread, by one at a time.
 *
 * Since: 1.0
 */
struct _CfutCompletedIterator
{
  GObject parent_instance;

  /* Set at construction, never changed; read from any thread. */
  CfutCompletedQueue *queue; /* (owned) */
  gint64 deadline;           /* on the monotonic clock, -1 for none */

  int is_busy;               /* atomic; a next_async has not returned */
};

G_DEFINE_FINAL_TYPE (CfutCompletedIterator, cfut_completed_iterator, G_TYPE_OBJECT)

static void
cfut_completed_iterator_dispose (GObject *object)
{
  CfutCompletedIterator *self = CFUT_COMPLETED_ITERATOR (object);

  cfut_completed_queue_close (self->queue);

  G_OBJECT_CLASS (cfut_completed_iterator_parent_class)->dispose (object);
}

static void
cfut_completed_iterator_finalize (GObject *object)
{
  CfutCompletedIterator *self = CFUT_COMPLETED_ITERATOR (object);

  cfut_completed_queue_unref (self->queue);

  G_OBJECT_CLASS (cfut_completed_iterator_parent_class)->finalize (object);
}

static void
cfut_completed_iterator_class_init (CfutCompletedIteratorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cfut_completed_iterator_dispose;
  object_class->finalize = cfut_completed_iterator_finalize;
}

static void
cfut_completed_iterator_init (CfutCompletedIterator *self)
{
  self->queue = cfut_completed_queue_new (NULL, 0);
  self->deadline = -1;
}

/**
 * cfut_as_completed:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 * @timeout_us: how long the whole iteration may take, in microseconds from now;
 *   with 0 only those that have resolved already are found, and
 *   %CFUT_WAIT_FOREVER or any other negative number sets no end
 *
 * Gives futures in the order in which they resolve.
 *
 * Those that have resolved already come first, in the order of the array.
 *
 * Like `concurrent.futures.as_completed()`.
 *
 * Returns: (transfer full): an iterator
 *
 * Since: 1.0
 */
CfutCompletedIterator *
cfut_as_completed (CfutFuture **futures,
                   gsize        n_futures,
                   gint64       timeout_us)
{
  CfutCompletedIterator *self;

  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);
  for (gsize i = 0; i < n_futures; i++)
    g_return_val_if_fail (CFUT_IS_FUTURE (futures[i]), NULL);

  self = g_object_new (CFUT_TYPE_COMPLETED_ITERATOR, NULL);
  self->deadline = cfut_deadline_from_timeout (timeout_us);
  cfut_completed_queue_unref (self->queue);
  self->queue = cfut_completed_queue_new (futures, n_futures);

  return self;
}

static GError *
busy_error_new (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PENDING,
                              "The iterator is already waiting for the next future");
}

/* Ends the iteration. Runs in: any thread. Locks: takes that of the queue. */
static GError *
time_out (CfutCompletedIterator *self)
{
  gsize n_left = cfut_completed_queue_get_n_left (self->queue);

  cfut_completed_queue_close (self->queue);

  return g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                      "%" G_GSIZE_FORMAT " of the futures had not resolved in time",
                      n_left);
}

/**
 * cfut_completed_iterator_next:
 * @self: an iterator
 * @error: return location for an error
 *
 * Blocks until the next future has resolved, and gets it.
 *
 * The rules for threads are those of [method@Cfut.Future.wait]. What has
 * resolved in time is given out even when the time of the iteration is over;
 * then comes %G_IO_ERROR_TIMED_OUT, once, and the iteration ends.
 *
 * Returns: (transfer full) (nullable): the future, which is in a final state;
 *   %NULL at the end, or with @error set to %G_IO_ERROR_TIMED_OUT,
 *   %G_IO_ERROR_PENDING during a [method@Cfut.CompletedIterator.next_async], or
 *   %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
CfutFuture *
cfut_completed_iterator_next (CfutCompletedIterator  *self,
                              GError                **error)
{
  CfutFuture *future;
  gboolean in_time;

  g_return_val_if_fail (CFUT_IS_COMPLETED_ITERATOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (g_atomic_int_get (&self->is_busy))
    {
      g_propagate_error (error, busy_error_new ());
      return NULL;
    }

  future = cfut_completed_queue_pop (self->queue);
  if (future != NULL || cfut_completed_queue_get_n_left (self->queue) == 0)
    {
      cfut_delivery_sweep ();
      return future;
    }

  in_time = self->deadline < 0 || g_get_monotonic_time () < self->deadline;

  if (in_time)
    {
      if (!cfut_completed_queue_help (self->queue, error))
        return NULL;

      in_time = cfut_completed_queue_wait (self->queue, self->deadline);
      cfut_delivery_sweep ();
    }

  if (!in_time)
    {
      g_propagate_error (error, time_out (self));
      return NULL;
    }

  return cfut_completed_queue_pop (self->queue);
}

/* Runs in: the task's context. Locks: takes that of the queue. */
static void
next_done (CfutAsyncWait *wait,
           CfutAsyncEnd   end)
{
  CfutCompletedIterator *self = g_task_get_source_object (wait->task);
  CfutFuture *future = NULL;

  if (cfut_completed_queue_take_wait (self->queue) != NULL)
    cfut_async_wait_unref (wait);

  if (end != CFUT_ASYNC_END_CANCELLED)
    future = cfut_completed_queue_pop (self->queue);

  g_atomic_int_set (&self->is_busy, FALSE);

  if (end == CFUT_ASYNC_END_CANCELLED)
    g_task_return_new_error (wait->task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                             "The wait was cancelled");
  else if (end == CFUT_ASYNC_END_TIMED_OUT && future == NULL)
    g_task_return_error (wait->task, time_out (self));
  else
    g_task_return_pointer (wait->task, future, g_object_unref);
}

/**
 * cfut_completed_iterator_next_async:
 * @self: an iterator
 * @cancellable: (nullable): cancels the wait, and nothing else
 * @callback: (scope async) (closure user_data): what to call when the next
 *   future has resolved
 * @user_data: data for @callback
 *
 * Waits until the next future has resolved, without blocking.
 *
 * The callback comes in the thread-default main context of the caller, never
 * from within this function. There can be one wait at a time.
 *
 * Since: 1.0
 */
void
cfut_completed_iterator_next_async (CfutCompletedIterator *self,
                                    GCancellable          *cancellable,
                                    GAsyncReadyCallback    callback,
                                    gpointer               user_data)
{
  g_autoptr(GTask) task = NULL;
  CfutAsyncWait *wait;

  g_return_if_fail (CFUT_IS_COMPLETED_ITERATOR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* A future that was popped must not be lost to a late cancel. */
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_completed_iterator_next_async);
  g_task_set_check_cancellable (task, FALSE);

  if (!g_atomic_int_compare_and_exchange (&self->is_busy, FALSE, TRUE))
    {
      g_task_return_error (task, busy_error_new ());
      return;
    }

  wait = g_new0 (CfutAsyncWait, 1);
  cfut_async_wait_init (wait, task, next_done);
  cfut_async_wait_start (wait, self->deadline);

  cfut_async_wait_ref (wait);
  if (!cfut_completed_queue_set_wait (self->queue, wait))
    {
      cfut_async_wait_end (wait, CFUT_ASYNC_END_COME);
      cfut_async_wait_unref (wait);
    }
  else if (cfut_async_wait_has_ended (wait) &&
           cfut_completed_queue_take_wait (self->queue) != NULL)
    {
      cfut_async_wait_unref (wait);
    }

  cfut_async_wait_unref (wait);
}

/**
 * cfut_completed_iterator_next_finish:
 * @self: an iterator
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes what [method@Cfut.CompletedIterator.next_async] began.
 *
 * Returns: (transfer full) (nullable): the future, which is in a final state;
 *   %NULL at the end, or with @error set to %G_IO_ERROR_TIMED_OUT,
 *   %G_IO_ERROR_CANCELLED or %G_IO_ERROR_PENDING
 *
 * Since: 1.0
 */
CfutFuture *
cfut_completed_iterator_next_finish (CfutCompletedIterator  *self,
                                     GAsyncResult           *result,
                                     GError                **error)
{
  g_return_val_if_fail (CFUT_IS_COMPLETED_ITERATOR (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cfut_completed_iterator_next_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cfut_completed_iterator_get_n_left:
 * @self: an iterator
 *
 * Gets how many futures have not been given out.
 *
 * Returns: a number of futures; 0 when the iteration has ended
 *
 * Since: 1.0
 */
gsize
cfut_completed_iterator_get_n_left (CfutCompletedIterator *self)
{
  g_return_val_if_fail (CFUT_IS_COMPLETED_ITERATOR (self), 0);

  return cfut_completed_queue_get_n_left (self->queue);
}
