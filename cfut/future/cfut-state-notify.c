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

void
cfut_state_extra_free (CfutStateExtra *extra)
{
  if (extra->has_value)
    g_value_unset (&extra->value);
  g_free (extra->message);
  g_free (extra);
}

CfutStateExtra *
cfut_state_get_extra_locked (CfutState *self)
{
  if (self->extra == NULL)
    {
      self->extra = g_new0 (CfutStateExtra, 1);
      self->extra->fraction = -1;
    }

  return self->extra;
}

/* Makes a reference on the future, which is in self->future.
 *
 * It is taken without the lock, since it may call a language binding's toggle
 * notify, which may wait for the lock of that language, which may be held by a
 * thread that drops the future and waits for ours. Between the two calls of
 * g_mutex_lock() n_holders keeps the future from going away: a dispose that
 * finds it leaves a reference behind.
 *
 * Runs in: any thread. Locks: caller holds the state's, which is given up. */
static CfutFuture *
hold_future_and_unlock (CfutState *self)
{
  CfutStateExtra *extra = self->extra;
  CfutFuture *future = g_atomic_pointer_get (&self->future);
  gboolean given = FALSE;

  extra->n_holders++;
  g_mutex_unlock (&self->lock);

  g_object_ref (future);

  g_mutex_lock (&self->lock);
  extra->n_holders--;
  if (extra->n_holders == 0)
    {
      given = extra->holder_given;
      extra->holder_given = FALSE;
    }
  g_mutex_unlock (&self->lock);

  if (given)
    g_object_unref (future);

  return future;
}

CfutFuture *
cfut_state_dup_future (CfutState *self)
{
  g_mutex_lock (&self->lock);
  if (g_atomic_pointer_get (&self->future) == NULL)
    {
      g_mutex_unlock (&self->lock);
      return NULL;
    }

  cfut_state_get_extra_locked (self);

  return hold_future_and_unlock (self);
}

void
cfut_state_forget_future (CfutState  *self,
                          CfutFuture *future)
{
  gboolean surplus = FALSE;

  g_mutex_lock (&self->lock);

  if (self->extra != NULL && self->extra->n_holders > 0)
    {
      g_mutex_unlock (&self->lock);
      g_object_ref (future);
      g_mutex_lock (&self->lock);

      surplus = self->extra->n_holders == 0 || self->extra->holder_given;
      if (!surplus)
        self->extra->holder_given = TRUE;
    }

  if (self->future == future)
    g_atomic_pointer_set (&self->future, NULL);

  g_mutex_unlock (&self->lock);

  if (surplus)
    g_object_unref (future);
}

static void
cfut_notification_deliver (CfutDeliveryItem *item)
{
  CfutNotification *self = (CfutNotification *) item;
  CfutState *state = self->state;
  g_autoptr(CfutFuture) future = NULL;
  CfutNotifyFlags flags;

  g_free (self);

  g_mutex_lock (&state->lock);
  flags = state->extra->notify_flags;
  state->extra->notify_flags = 0;
  if (g_atomic_pointer_get (&state->future) != NULL)
    future = hold_future_and_unlock (state);
  else
    g_mutex_unlock (&state->lock);

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
      g_mutex_unlock (&self->lock);
      return;
    }

  extra = cfut_state_get_extra_locked (self);
  is_first = extra->notify_flags == 0;
  extra->notify_flags |= flags;
  g_mutex_unlock (&self->lock);

  if (!is_first)
    return;

  notification = g_new0 (CfutNotification, 1);
  notification->item.deliver = cfut_notification_deliver;
  notification->state = cfut_state_ref (self);
  cfut_delivery_push (self->home, &notification->item);
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

  g_mutex_lock (&self->lock);
  extra = cfut_state_get_extra_locked (self);

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
    g_mutex_unlock (&self->lock);

  g_free (copy);
}

double
cfut_state_get_progress (CfutState  *self,
                         char      **message)
{
  double fraction = -1;
  char *copy = NULL;

  g_mutex_lock (&self->lock);
  if (self->extra != NULL)
    {
      fraction = self->extra->fraction;
      if (message != NULL)
        copy = g_strdup (self->extra->message);
    }
  g_mutex_unlock (&self->lock);

  if (message != NULL)
    *message = copy;

  return fraction;
}
