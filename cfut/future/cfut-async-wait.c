/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-async-wait-private.h"

#define FROM_MEMBER(pointer, member) \
  ((CfutAsyncWait *) G_STRUCT_MEMBER_P (pointer, -G_STRUCT_OFFSET (CfutAsyncWait, member)))

void
cfut_async_wait_ref (CfutAsyncWait *self)
{
  g_atomic_int_inc (&self->ref_count);
}

/* Gives up @n references at once. */
static void
cfut_async_wait_drop (CfutAsyncWait *self,
                      int            n)
{
  if (g_atomic_int_add (&self->ref_count, -n) == n)
    g_free (self);
}

void
cfut_async_wait_unref (CfutAsyncWait *self)
{
  cfut_async_wait_drop (self, 1);
}

/* Runs in: the task's context. Locks: none. */
static void
cfut_async_wait_deliver (CfutDeliveryItem *item)
{
  CfutAsyncWait *self = FROM_MEMBER (item, item);
  GCancellable *cancellable = g_task_get_cancellable (self->task);
  GTask *task;
  int n_refs = 1; /* the item's, and the watch's */

  if (cancellable != NULL && cfut_cancel_watch_remove (cancellable, &self->watch))
    n_refs++;

  if (self->timeout != NULL)
    {
      g_source_destroy (self->timeout);
      g_clear_pointer (&self->timeout, g_source_unref);
    }

  self->finish (self, g_atomic_int_get (&self->end));

  task = g_steal_pointer (&self->task);
  cfut_async_wait_drop (self, n_refs);
  g_object_unref (task);
}

void
cfut_async_wait_end (CfutAsyncWait *self,
                     CfutAsyncEnd   end)
{
  if (g_atomic_int_compare_and_exchange (&self->end, CFUT_ASYNC_END_NONE, end))
    cfut_delivery_push (g_task_get_context (self->task), &self->item);
}

/* Runs in: cancelling thread. Locks: none. */
static void
cancelled_cb (CfutCancelWatch *watch)
{
  CfutAsyncWait *self = FROM_MEMBER (watch, watch);

  cfut_async_wait_end (self, CFUT_ASYNC_END_CANCELLED);
  cfut_async_wait_unref (self);
}

/* Runs in: the task's context. Locks: none. */
static gboolean
timed_out_cb (gpointer user_data)
{
  cfut_async_wait_end (user_data, CFUT_ASYNC_END_TIMED_OUT);

  return G_SOURCE_REMOVE;
}

void
cfut_async_wait_init (CfutAsyncWait  *self,
                      GTask          *task,
                      void          (*finish) (CfutAsyncWait *self,
                                               CfutAsyncEnd   end))
{
  self->task = g_object_ref (task);
  self->finish = finish;
  self->ref_count = 2;
  self->item.deliver = cfut_async_wait_deliver;
  self->watch.cancelled = cancelled_cb;
}

gboolean
cfut_async_wait_has_ended (CfutAsyncWait *self)
{
  return g_atomic_int_get (&self->end) != CFUT_ASYNC_END_NONE;
}

/* Runs in: submitter's thread. Locks: none. */
void
cfut_async_wait_start (CfutAsyncWait *self,
                       gint64         deadline)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  if (deadline >= 0)
    {
      self->timeout = g_timeout_source_new (0);
      g_source_set_ready_time (self->timeout, deadline);
      g_source_set_static_name (self->timeout, "[cfut] time-out");
      g_source_set_callback (self->timeout, timed_out_cb, self, NULL);
      g_source_attach (self->timeout, g_task_get_context (self->task));
    }

  if (cancellable != NULL)
    {
      cfut_async_wait_ref (self);

      if (!cfut_cancel_watch_add (cancellable, &self->watch))
        cancelled_cb (&self->watch);
      else if (cfut_async_wait_has_ended (self) &&
               cfut_cancel_watch_remove (cancellable, &self->watch))
        cfut_async_wait_unref (self);
    }
}
