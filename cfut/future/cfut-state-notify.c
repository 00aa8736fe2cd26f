/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-delivery-private.h"
#include "future/cfut-future-private.h"

#include <math.h>

/*
 * Progress, and telling the GObject over a state what has changed.
 *
 * A change is told only if somebody listens, and then by one item a future:
 * changes that come before it was delivered are added to it. The thread that
 * makes the change may hold the lock of an executor: it takes no reference on
 * the GObject, which would call the toggle notify of a language binding. The
 * delivery does, if the GObject is still there.
 */
typedef struct
{
  CfutDeliveryItem item;
  CfutState *state; /* (owned) */
} CfutNotification;

/* Makes a reference on the future, which is in self->future.
 *
 * It is taken without the lock, since it may call a language binding's toggle
 * notify, which may wait for the lock of that language, which may be held by a
 * thread that drops the future and waits for ours. Between the two calls of
 * cfut_state_lock() n_holders keeps the future from going away: a dispose that
 * finds it leaves a reference behind.
 *
 * Runs in: any thread. Locks: caller holds the state's, which is given up. */
static CfutFuture *
hold_future_and_unlock (CfutState *self)
{
  CfutStateExtra *extra = cfut_state_get_extra (self);
  CfutFuture *future = g_atomic_pointer_get (&self->future);
  gboolean given = FALSE;

  extra->n_holders++;
  cfut_state_unlock (self);

  g_object_ref (future);

  cfut_state_lock (self);
  extra->n_holders--;
  if (extra->n_holders == 0)
    {
      given = extra->holder_given;
      extra->holder_given = FALSE;
    }
  cfut_state_unlock (self);

  if (given)
    g_object_unref (future);

  return future;
}

CfutFuture *
cfut_state_dup_future (CfutState *self)
{
  cfut_state_lock (self);
  if (g_atomic_pointer_get (&self->future) == NULL)
    {
      cfut_state_unlock (self);
      return NULL;
    }

  cfut_state_ensure_extra_locked (self);

  return hold_future_and_unlock (self);
}

void
cfut_state_forget_future (CfutState  *self,
                          CfutFuture *future)
{
  CfutStateExtra *extra;
  gboolean surplus = FALSE;

  cfut_state_lock (self);

  extra = cfut_state_get_extra (self);
  if (extra != NULL && extra->n_holders > 0)
    {
      cfut_state_unlock (self);
      g_object_ref (future);
      cfut_state_lock (self);

      surplus = extra->n_holders == 0 || extra->holder_given;
      if (!surplus)
        extra->holder_given = TRUE;
    }

  if (self->future == future)
    g_atomic_pointer_set (&self->future, NULL);

  cfut_state_unlock (self);

  if (surplus)
    g_object_unref (future);
}

static void
cfut_notification_deliver (CfutDeliveryItem *item)
{
  CfutNotification *self = (CfutNotification *) item;
  CfutState *state = self->state;
  CfutStateExtra *extra = cfut_state_get_extra (state);
  g_autoptr(CfutFuture) future = NULL;
  CfutNotifyFlags flags;

  g_free (self);

  cfut_state_lock (state);
  flags = extra->notify_flags;
  extra->notify_flags = 0;
  if (g_atomic_pointer_get (&state->future) != NULL)
    future = hold_future_and_unlock (state);
  else
    cfut_state_unlock (state);

  if (future != NULL)
    cfut_future_notify (future, flags);
  cfut_state_unref (state);
}

/* Runs in: any thread. Locks: caller holds the state's, which is given up, and
 * may hold others. */
void
cfut_state_notify_and_unlock (CfutState       *self,
                              CfutNotifyFlags  flags)
{
  CfutFuture *future = g_atomic_pointer_get (&self->future);
  CfutStateExtra *extra;
  CfutNotification *notification;
  gboolean is_first;

  if (future == NULL || !cfut_future_has_listener (future))
    {
      cfut_state_unlock (self);
      return;
    }

  extra = cfut_state_ensure_extra_locked (self);
  is_first = extra->notify_flags == 0;
  extra->notify_flags |= flags;
  cfut_state_unlock (self);

  if (!is_first)
    return;

  notification = g_new0 (CfutNotification, 1);
  notification->item.deliver = cfut_notification_deliver;
  notification->state = cfut_state_ref (self);
  cfut_delivery_push (cfut_state_get_home (self), &notification->item);
}

void
cfut_state_set_progress (CfutState  *self,
                         double      fraction,
                         const char *message)
{
  CfutStateExtra *extra;
  CfutNotifyFlags flags = 0;
  char *copy;

  if (cfut_state_is_claimed (self))
    return;

  if (isnan (fraction) || fraction < 0)
    fraction = -1;
  else if (fraction > 1)
    fraction = 1;
  copy = g_strdup (message);

  cfut_state_lock (self);
  extra = cfut_state_ensure_extra_locked (self);

  if (extra->fraction != fraction)
    {
      extra->fraction = fraction;
      flags |= CFUT_NOTIFY_PROGRESS;
    }

  if (g_strcmp0 (extra->message, copy) != 0)
    {
      char *old = extra->message;

      extra->message = copy;
      copy = old;
      flags |= CFUT_NOTIFY_PROGRESS_MESSAGE;
    }

  if (flags != 0)
    cfut_state_notify_and_unlock (self, flags);
  else
    cfut_state_unlock (self);

  g_free (copy);
}

double
cfut_state_get_progress (CfutState  *self,
                         char      **message)
{
  CfutStateExtra *extra;
  double fraction = -1;
  char *copy = NULL;

  cfut_state_lock (self);
  extra = cfut_state_get_extra (self);
  if (extra != NULL)
    {
      fraction = extra->fraction;
      if (message != NULL)
        copy = g_strdup (extra->message);
    }
  cfut_state_unlock (self);

  if (message != NULL)
    *message = copy;

  return fraction;
}
