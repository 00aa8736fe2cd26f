/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-cancel-watch-private.h"

/* All watches of one cancellable, which owns it. */
typedef struct
{
  GMutex lock;

  /* All below: protected by @lock. */
  CfutCancelWatch *watches; /* (unowned) doubly linked, in no order */
} CfutCancelHub;

static GMutex hubs_lock; /* held while a hub is made */

static GQuark
hub_quark (void)
{
  return g_quark_from_static_string ("cfut-cancel-hub");
}

static void
cfut_cancel_hub_free (gpointer data)
{
  CfutCancelHub *self = data;

  g_assert (self->watches == NULL);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Locks: caller holds the hub's. */
static gboolean
unlink_locked (CfutCancelHub   *self,
               CfutCancelWatch *watch)
{
  /* The first one's @prev is itself. */
  if (watch->prev == NULL)
    return FALSE;

  if (watch == self->watches)
    self->watches = watch->next;
  else
    watch->prev->next = watch->next;

  if (watch->next != NULL)
    watch->next->prev = watch == watch->prev ? watch->next : watch->prev;

  watch->next = NULL;
  watch->prev = NULL;

  return TRUE;
}

/* Runs in: cancelling thread. Locks: takes the hub's. */
static void
cancelled_cb (GCancellable  *cancellable,
              CfutCancelHub *self)
{
  CfutCancelWatch *watch;

  g_mutex_lock (&self->lock);

  while ((watch = self->watches) != NULL)
    {
      unlink_locked (self, watch);

      g_mutex_unlock (&self->lock);
      watch->cancelled (watch);
      g_mutex_lock (&self->lock);
    }

  g_mutex_unlock (&self->lock);
}

/* Whoever sees a hub sees one whose handler is connected.
 * Runs in: any thread. Locks: takes that of the hubs. */
static CfutCancelHub *
cfut_cancel_hub_get (GCancellable *cancellable)
{
  GObject *object = G_OBJECT (cancellable);
  CfutCancelHub *self = g_object_get_qdata (object, hub_quark ());

  if (self != NULL)
    return self;

  g_mutex_lock (&hubs_lock);

  self = g_object_get_qdata (object, hub_quark ());
  if (self == NULL)
    {
      self = g_new0 (CfutCancelHub, 1);
      g_mutex_init (&self->lock);
      g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), self);
      g_object_set_qdata_full (object, hub_quark (), self, cfut_cancel_hub_free);
    }

  g_mutex_unlock (&hubs_lock);

  return self;
}

gboolean
cfut_cancel_watch_add (GCancellable    *cancellable,
                       CfutCancelWatch *watch)
{
  CfutCancelHub *hub = cfut_cancel_hub_get (cancellable);

  g_mutex_lock (&hub->lock);
  watch->next = hub->watches;
  watch->prev = watch;
  if (watch->next != NULL)
    watch->next->prev = watch;
  hub->watches = watch;
  g_mutex_unlock (&hub->lock);

  /* Cancelled before, or since: then the handler may have come too early. */
  if (g_cancellable_is_cancelled (cancellable))
    return !cfut_cancel_watch_remove (cancellable, watch);

  return TRUE;
}

gboolean
cfut_cancel_watch_remove (GCancellable    *cancellable,
                          CfutCancelWatch *watch)
{
  CfutCancelHub *hub = cfut_cancel_hub_get (cancellable);
  gboolean removed;

  g_mutex_lock (&hub->lock);
  removed = unlink_locked (hub, watch);
  g_mutex_unlock (&hub->lock);

  return removed;
}
