/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

#include "cfut-error.h"
#include "future/cfut-promise.h"

/*
 * What becomes of an executor, as futures: for those who wait in a way of their
 * own, in an event loop of another language or interrupted by its signals. A
 * waiter in the pool holds the promise, and the pool as long as it is in there;
 * closing the pool tells all of them.
 */

typedef struct
{
  CfutRoomWaiter waiter; /* first */
  CfutPool *pool;        /* (owned) */
  CfutPromise *promise;  /* (owned) */
} RoomWatch;

typedef struct
{
  CfutEndWaiter waiter; /* first */
  CfutPool *pool;       /* (owned) */
  CfutPromise *promise; /* (owned) */
} EndWatch;

static void
resolve (CfutPromise  *promise,
         const GError *error)
{
  if (error != NULL)
    cfut_promise_reject (promise, error);
  else
    cfut_promise_resolve_variant (promise, g_variant_new_tuple (NULL, 0));
}

/* Runs in: the thread that made room, or closed the pool. Locks: none. */
static void
room_watch_notify (CfutRoomWaiter *waiter,
                   const GError   *error)
{
  RoomWatch *self = (RoomWatch *) waiter;

  resolve (self->promise, error);
  g_object_unref (self->promise);
  cfut_pool_unref (self->pool);
  g_free (self);
}

/* Runs in: the thread in which the pool ended. Locks: none. */
static void
end_watch_notify (CfutEndWaiter *waiter)
{
  EndWatch *self = (EndWatch *) waiter;

  resolve (self->promise, NULL);
  g_object_unref (self->promise);
  cfut_pool_unref (self->pool);
  g_free (self);
}

/**
 * cfut_executor_await_room:
 * @self: an executor
 *
 * Waits for room in the queue, as a future.
 *
 * It is done as soon as the queue has room for a small call, and fails when the
 * executor takes no more calls, with the error of [method@Cfut.Executor.submit].
 * The room is not kept for anybody: who comes later finds it, or finds it taken
 * and waits again. [method@Cfut.Executor.submit_async] waits for room and submits,
 * and is what to use where there is a main context.
 *
 * An executor that is not one of cfut's own always has room.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): a future of the unit value
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_await_room (CfutExecutor *self)
{
  g_autoptr(CfutPromise) promise = NULL;
  g_autoptr(GError) error = NULL;
  CfutPool *pool;
  RoomWatch *watch;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);

  pool = cfut_executor_get_pool (self);
  promise = cfut_promise_new ();
  watch = g_new0 (RoomWatch, 1);
  watch->waiter.notify = room_watch_notify;
  watch->pool = cfut_pool_ref (pool);
  watch->promise = g_object_ref (promise);

  if (pool->carrier_class == NULL || !cfut_pool_watch_room (pool, &watch->waiter, &error))
    room_watch_notify (&watch->waiter, error);

  return g_object_ref (cfut_promise_get_future (promise));
}

/**
 * cfut_executor_await_end:
 * @self: an executor
 * @error: return location for an error
 *
 * Waits for the end of an executor, as a future.
 *
 * It is done when the executor was shut down, every call has ended and every
 * worker is gone; so shut it down first. In a main loop
 * [method@Cfut.Executor.shutdown_async] does both.
 *
 * It fails with %CFUT_ERROR_WOULD_DEADLOCK in a call of the executor's own.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): a future of the unit value, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_executor_await_end (CfutExecutor  *self,
                         GError       **error)
{
  g_autoptr(CfutPromise) promise = NULL;
  CfutPool *pool;
  EndWatch *watch;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  pool = cfut_executor_get_pool (self);
  if (cfut_pool_is_mine (pool))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK,
                           "A call cannot wait for the end of the executor that runs it");
      return NULL;
    }

  promise = cfut_promise_new ();
  watch = g_new0 (EndWatch, 1);
  watch->waiter.notify = end_watch_notify;
  watch->pool = cfut_pool_ref (pool);
  watch->promise = g_object_ref (promise);

  if (pool->carrier_class == NULL || !cfut_pool_await_end (pool, &watch->waiter))
    end_watch_notify (&watch->waiter);

  return g_object_ref (cfut_promise_get_future (promise));
}
