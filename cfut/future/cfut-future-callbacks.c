/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-delivery-private.h"
#include "future/cfut-future-private.h"

/*
 * Done callbacks.
 *
 * A callback is first a waiter in the state, then an item in the queue of the
 * home context, and it is in the state's list of callbacks all that time. Who
 * takes it off that list decides what becomes of it: the delivery, which calls
 * it, or a removal. A removed callback that is in the queue already goes on to
 * be delivered as nothing but its destroy notify.
 */
typedef struct _CfutDoneCallback CfutDoneCallback;

struct _CfutDoneCallback
{
  CfutWaiter waiter;
  CfutDeliveryItem item;

  /* Set at construction, never changed; read from any thread. */
  CfutFuture *future; /* (owned) */
  CfutFutureCallback callback;
  gpointer user_data;
  GDestroyNotify destroy;
  guint id;

  /* All below: protected by the state's @lock. */
  gboolean listed;
  CfutDoneCallback *next; /* older */
  CfutDoneCallback *prev;
};

#define FROM_ITEM(item) \
  ((CfutDoneCallback *) G_STRUCT_MEMBER_P (item, -G_STRUCT_OFFSET (CfutDoneCallback, item)))

/* Locks: caller holds the state's. */
static void
list_locked (CfutStateExtra   *extra,
             CfutDoneCallback *self)
{
  self->next = extra->callbacks;
  if (self->next != NULL)
    self->next->prev = self;
  extra->callbacks = self;
  self->listed = TRUE;
}

/* Locks: caller holds the state's. */
static void
unlist_locked (CfutStateExtra   *extra,
               CfutDoneCallback *self)
{
  if (self->prev != NULL)
    self->prev->next = self->next;
  else
    extra->callbacks = self->next;

  if (self->next != NULL)
    self->next->prev = self->prev;

  self->listed = FALSE;
}

/* Runs in: home context. Locks: takes the state's. */
static void
cfut_done_callback_deliver (CfutDeliveryItem *item)
{
  CfutDoneCallback *self = FROM_ITEM (item);
  CfutState *state = cfut_future_get_cfut_state (self->future);
  gboolean call;

  cfut_state_lock (state);
  call = self->listed;
  if (call)
    unlist_locked (cfut_state_get_extra (state), self);
  cfut_state_unlock (state);

  if (call)
    self->callback (self->future, self->user_data);

  if (self->destroy != NULL)
    self->destroy (self->user_data);

  g_object_unref (self->future);
  g_free (self);
}

/* Runs in: resolving thread. Locks: none. */
static void
cfut_done_callback_notify (CfutWaiter *waiter,
                           CfutState  *state)
{
  CfutDoneCallback *self = (CfutDoneCallback *) waiter;

  cfut_delivery_push (cfut_state_get_home (state), &self->item);
}

/**
 * cfut_future_add_done_callback:
 * @self: a future
 * @callback: (scope notified) (closure user_data) (destroy destroy): what to
 *   call
 * @user_data: data for @callback
 * @destroy: what frees @user_data
 *
 * Has a function called once the future has resolved, whatever its outcome.
 *
 * The callback is called in the home context of the future, also if the future
 * has resolved already, and never from within this function. Callbacks are
 * called in the order in which they were added. @destroy is called in the home
 * context, too. Until then the callback keeps the future alive.
 *
 * May be called from any thread.
 *
 * Like `concurrent.futures.Future.add_done_callback()`, except that the thread
 * in which the callback arrives is always known.
 *
 * Returns: a number for [method@Cfut.Future.remove_done_callback], never 0
 *
 * Since: 1.0
 */
guint
cfut_future_add_done_callback (CfutFuture         *self,
                               CfutFutureCallback  callback,
                               gpointer            user_data,
                               GDestroyNotify      destroy)
{
  CfutDoneCallback *done;
  CfutState *state;
  CfutStateExtra *extra;
  guint id;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), 0);
  g_return_val_if_fail (callback != NULL, 0);

  state = cfut_future_get_cfut_state (self);

  done = g_new0 (CfutDoneCallback, 1);
  done->waiter.notify = cfut_done_callback_notify;
  done->item.deliver = cfut_done_callback_deliver;
  done->future = g_object_ref (self);
  done->callback = callback;
  done->user_data = user_data;
  done->destroy = destroy;

  cfut_state_lock (state);
  extra = cfut_state_ensure_extra_locked (state);
  extra->last_callback_id++;
  if (extra->last_callback_id == 0)
    extra->last_callback_id++;
  id = done->id = extra->last_callback_id;
  list_locked (extra, done);
  cfut_state_unlock (state);

  if (!cfut_state_add_waiter (state, &done->waiter))
    cfut_done_callback_notify (&done->waiter, state);

  return id;
}

/**
 * cfut_future_remove_done_callback:
 * @self: a future
 * @callback_id: what [method@Cfut.Future.add_done_callback] returned
 *
 * Takes back a callback that has not been called yet.
 *
 * Its destroy notify is still called in the home context, later. In that
 * context, a callback that was removed will not be called. May be called from
 * any thread; in another than that of the home context %FALSE may mean that the
 * callback is just being called.
 *
 * Returns: %TRUE if the callback was removed; %FALSE if it was called before,
 *   or there is none with this number
 *
 * Since: 1.0
 */
gboolean
cfut_future_remove_done_callback (CfutFuture *self,
                                  guint       callback_id)
{
  CfutDoneCallback *done;
  CfutState *state;
  CfutStateExtra *extra;
  gboolean found;
  gboolean ours = FALSE;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), FALSE);

  state = cfut_future_get_cfut_state (self);

  cfut_state_lock (state);

  extra = cfut_state_get_extra (state);
  done = extra != NULL ? extra->callbacks : NULL;
  while (done != NULL && done->id != callback_id)
    done = done->next;

  found = done != NULL;
  if (found)
    {
      unlist_locked (extra, done);
      ours = cfut_state_remove_waiter_locked (state, &done->waiter);
    }

  cfut_state_unlock (state);

  if (ours)
    {
      cfut_delivery_destroy (cfut_state_get_home (state), done->destroy, done->user_data);
      g_object_unref (done->future);
      g_free (done);
    }

  return found;
}
