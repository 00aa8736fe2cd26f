/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

#include "executor/cfut-live-list-private.h"
#include "executor/cfut-worker-info.h"
#include "future/cfut-delivery-private.h"

/* How many ended calls stay in the list of calls. */
#define CFUT_CALLS_HISTORY 256

/* The limits of an executor's queue, and what can be seen of its work. */

/**
 * cfut_executor_get_max_pending: (get-property max-pending)
 * @self: an executor
 *
 * Gets how many calls may wait to be started.
 *
 * Returns: the number of calls
 *
 * Since: 1.0
 */
guint
cfut_executor_get_max_pending (CfutExecutor *self)
{
  CfutPool *pool;
  guint max_pending;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), 0);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  max_pending = pool->max_pending;
  g_mutex_unlock (&pool->lock);

  return max_pending;
}

/**
 * cfut_executor_set_max_pending: (set-property max-pending)
 * @self: an executor
 * @max_pending: a number of calls, at least 1
 *
 * Sets how many calls may wait to be started.
 *
 * More may be waiting at the moment; then a submit waits or fails until there
 * are fewer.
 *
 * Since: 1.0
 */
void
cfut_executor_set_max_pending (CfutExecutor *self,
                               guint         max_pending)
{
  CfutPool *pool;
  gboolean changed;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (max_pending >= 1);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  changed = pool->max_pending != max_pending;
  pool->max_pending = max_pending;
  g_mutex_unlock (&pool->lock);

  if (!changed)
    return;

  cfut_pool_tell (pool);
  g_object_notify (G_OBJECT (self), "max-pending");
}

/**
 * cfut_executor_get_max_pending_bytes: (get-property max-pending-bytes)
 * @self: an executor
 *
 * Gets how many bytes the calls that wait to be started may take.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
guint64
cfut_executor_get_max_pending_bytes (CfutExecutor *self)
{
  CfutPool *pool;
  guint64 max_pending_bytes;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), 0);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  max_pending_bytes = pool->max_pending_bytes;
  g_mutex_unlock (&pool->lock);

  return max_pending_bytes;
}

/**
 * cfut_executor_set_max_pending_bytes: (set-property max-pending-bytes)
 * @self: an executor
 * @max_pending_bytes: a number of bytes, at least 1
 *
 * Sets how many bytes the calls that wait to be started may take.
 *
 * Since: 1.0
 */
void
cfut_executor_set_max_pending_bytes (CfutExecutor *self,
                                     guint64       max_pending_bytes)
{
  CfutPool *pool;
  gboolean changed;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));
  g_return_if_fail (max_pending_bytes >= 1);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  changed = pool->max_pending_bytes != max_pending_bytes;
  pool->max_pending_bytes = max_pending_bytes;
  g_mutex_unlock (&pool->lock);

  if (!changed)
    return;

  cfut_pool_tell (pool);
  g_object_notify (G_OBJECT (self), "max-pending-bytes");
}

/**
 * cfut_executor_get_overflow: (get-property overflow)
 * @self: an executor
 *
 * Gets what a submit does when there is no room.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
CfutOverflow
cfut_executor_get_overflow (CfutExecutor *self)
{
  CfutPool *pool;
  CfutOverflow overflow;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), CFUT_OVERFLOW_BLOCK);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  overflow = pool->overflow;
  g_mutex_unlock (&pool->lock);

  return overflow;
}

/**
 * cfut_executor_set_overflow: (set-property overflow)
 * @self: an executor
 * @overflow: a policy
 *
 * Sets what a submit does when there is no room. Submits that wait already go
 * on waiting.
 *
 * Since: 1.0
 */
void
cfut_executor_set_overflow (CfutExecutor *self,
                            CfutOverflow  overflow)
{
  CfutPool *pool;
  gboolean changed;

  g_return_if_fail (CFUT_IS_EXECUTOR (self));

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  changed = pool->overflow != overflow;
  pool->overflow = overflow;
  g_mutex_unlock (&pool->lock);

  if (changed)
    g_object_notify (G_OBJECT (self), "overflow");
}

/**
 * cfut_executor_get_n_pending: (get-property n-pending)
 * @self: an executor
 *
 * Gets how many calls wait to be started. A chunk of a map counts as one.
 *
 * Returns: the number of calls
 *
 * Since: 1.0
 */
guint
cfut_executor_get_n_pending (CfutExecutor *self)
{
  CfutPool *pool;
  guint n_pending;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), 0);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  cfut_pool_collect_locked (pool);
  n_pending = pool->queue.length + pool->n_taken;
  g_mutex_unlock (&pool->lock);

  return n_pending;
}

/**
 * cfut_executor_get_n_running: (get-property n-running)
 * @self: an executor
 *
 * Gets how many calls run. A chunk of a map counts as one.
 *
 * Returns: the number of calls
 *
 * Since: 1.0
 */
guint
cfut_executor_get_n_running (CfutExecutor *self)
{
  CfutPool *pool;
  guint n_running;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), 0);

  pool = cfut_executor_get_pool (self);
  g_mutex_lock (&pool->lock);
  n_running = pool->n_running;
  g_mutex_unlock (&pool->lock);

  return n_running;
}

/**
 * cfut_executor_get_stats:
 * @self: an executor
 *
 * Gets the executor's counters, as they are now.
 *
 * Returns: (transfer full): a copy of the counters
 *
 * Since: 1.0
 */
CfutStats *
cfut_executor_get_stats (CfutExecutor *self)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);

  return CFUT_EXECUTOR_GET_CLASS (self)->get_stats (self);
}

/* The list at @slot, made for the caller's context when there is none yet. */
static CfutLiveList *
cfut_pool_ensure_list (CfutPool      *self,
                       CfutLiveList **slot,
                       GType          item_type,
                       guint          max_finished,
                       gboolean      *is_new)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr(CfutLiveList) made = cfut_live_list_new (item_type, context, max_finished);
  CfutLiveList *list;

  g_mutex_lock (&self->lock);
  *is_new = *slot == NULL;
  if (*slot == NULL)
    g_atomic_pointer_set (slot, g_steal_pointer (&made));
  list = *slot;
  g_mutex_unlock (&self->lock);

  return list;
}

/**
 * cfut_executor_get_workers:
 * @self: an executor
 *
 * Gets a list of the executor's workers: those that are there, and none that
 * have gone.
 *
 * It belongs to the thread-default main context of the first caller, in which
 * it changes, and is to be used there only. It is filled when that context is
 * iterated. An inline executor has no workers.
 *
 * Returns: (transfer none): a list of [class@Cfut.WorkerInfo]
 *
 * Since: 1.0
 */
GListModel *
cfut_executor_get_workers (CfutExecutor *self)
{
  CfutPool *pool;
  CfutLiveList *list;
  gboolean is_new;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);

  pool = cfut_executor_get_pool (self);
  list = cfut_pool_ensure_list (pool, &pool->workers, CFUT_TYPE_WORKER_INFO, 0, &is_new);
  if (is_new && pool->carrier_class != NULL && pool->carrier_class->list_workers != NULL)
    pool->carrier_class->list_workers (pool);

  return G_LIST_MODEL (list);
}

/**
 * cfut_executor_get_calls:
 * @self: an executor
 *
 * Gets a list of the executor's calls: those that were submitted since this
 * was called first and have not ended, and the last 256 that have.
 *
 * It belongs to the thread-default main context of the first caller, in which
 * it changes, and is to be used there only. The chunks of a map are listed as one
 * call each.
 *
 * Returns: (transfer none): a list of [class@Cfut.Future]
 *
 * Since: 1.0
 */
GListModel *
cfut_executor_get_calls (CfutExecutor *self)
{
  CfutPool *pool;
  gboolean is_new;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);

  pool = cfut_executor_get_pool (self);

  return G_LIST_MODEL (cfut_pool_ensure_list (pool, &pool->calls, CFUT_TYPE_FUTURE,
                                              CFUT_CALLS_HISTORY, &is_new));
}

/* One call in the list of calls: tells the list when it ends. */
typedef struct
{
  CfutWaiter waiter; /* first */
  CfutLiveList *list; /* (owned) */
  CfutFuture *future; /* (owned) */
} ListedCall;

/* Runs in: the resolving thread. Locks: none. */
static void
listed_call_ended (CfutWaiter *waiter,
                   CfutState  *state)
{
  ListedCall *self = (ListedCall *) waiter;

  cfut_live_list_finish (self->list, self->future);
  cfut_live_list_release (self->list);
  cfut_delivery_destroy (cfut_state_get_home (state), g_object_unref, self->future);
  g_free (self);
}

void
cfut_pool_list_call (CfutPool   *self,
                     CfutFuture *future)
{
  CfutState *state = cfut_future_get_cfut_state (future);
  g_autoptr(CfutLiveList) list = NULL;
  ListedCall *listed;

  /* Nearly always: nobody has asked for the list. */
  if (g_atomic_pointer_get (&self->calls) == NULL)
    return;

  g_mutex_lock (&self->lock);
  g_set_object (&list, self->calls);
  g_mutex_unlock (&self->lock);
  if (list == NULL)
    return;

  cfut_live_list_add (list, future);
  listed = g_new0 (ListedCall, 1);
  listed->waiter.notify = listed_call_ended;
  listed->list = g_object_ref (list);
  listed->future = g_object_ref (future);
  if (!cfut_state_add_waiter (state, &listed->waiter))
    listed_call_ended (&listed->waiter, state);
}

void
cfut_pool_forget_calls (CfutPool *self)
{
  CfutLiveList *list;

  g_mutex_lock (&self->lock);
  list = self->calls;
  g_atomic_pointer_set (&self->calls, NULL);
  g_mutex_unlock (&self->lock);

  g_clear_pointer (&list, cfut_live_list_release);
}
