/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

#include "cfut-error.h"

/* A submit that waits for room is told at once when room comes seldom; when it
 * comes often, only each time a quarter of the queue is free or this much time
 * has passed, so that a full queue does not cost a wake-up a call. */
#define CFUT_ROOM_INTERVAL_US 200

GError *
cfut_pool_refusal_locked (CfutPool *self)
{
  if (self->phase == CFUT_POOL_BROKEN)
    return g_error_new (CFUT_ERROR, CFUT_ERROR_BROKEN,
                        "Executor is broken: %s", self->broken->message);

  if (self->phase == CFUT_POOL_CLOSED)
    return g_error_new_literal (CFUT_ERROR, CFUT_ERROR_SHUTDOWN,
                                "Executor was shut down; submit to another one");

  return NULL;
}

/* A call larger than the whole bound is let in when nothing else waits: else
 * it could never run. */
gboolean
cfut_pool_has_room_locked (CfutPool *self,
                           CfutJob  *job)
{
  guint n_pending = self->queue.length + self->n_taken;
  gsize bytes = self->queue.bytes + self->taken_bytes;

  if (n_pending == 0)
    return TRUE;

  return n_pending < self->max_pending &&
         bytes + job->size <= self->max_pending_bytes;
}

static GError *
cfut_pool_full_error_locked (CfutPool *self,
                             gboolean  dispatching)
{
  return g_error_new (CFUT_ERROR, CFUT_ERROR_QUEUE_FULL,
                      "Queue is full: %u of %u calls, %" G_GSIZE_FORMAT " of %" G_GUINT64_FORMAT " bytes%s",
                      self->queue.length + self->n_taken, self->max_pending,
                      self->queue.bytes + self->taken_bytes, self->max_pending_bytes,
                      dispatching ? "; a main context is being dispatched, so use submit_async() to wait for room"
                                  : "");
}

static void
room_cancelled_cb (GCancellable *cancellable,
                   gpointer      user_data)
{
  CfutPool *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->room_cond);
  g_mutex_unlock (&self->lock);
}

/* Waits until there may be room, in a thread that may be blocked. */
static void
cfut_pool_block_locked (CfutPool *self,
                        CfutJob  *job)
{
  GCancellable *cancellable = cfut_job_get_cancellable (job);
  gulong handler = 0;

  if (cancellable != NULL)
    {
      g_mutex_unlock (&self->lock);
      handler = g_signal_connect (cancellable, "cancelled",
                                  G_CALLBACK (room_cancelled_cb), self);
      g_mutex_lock (&self->lock);
    }

  self->n_blocked++;
  while (self->phase == CFUT_POOL_OPEN &&
         !cfut_pool_has_room_locked (self, job) &&
         !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&self->room_cond, &self->lock);
  self->n_blocked--;

  if (handler != 0)
    {
      g_mutex_unlock (&self->lock);
      g_cancellable_disconnect (cancellable, handler);
      g_mutex_lock (&self->lock);
    }
}

/* Comes back with the lock held and room for @job, or with an error. */
static gboolean
cfut_pool_find_room_locked (CfutPool  *self,
                            CfutJob   *job,
                            CfutRoom   room,
                            GError   **error)
{
  gboolean dispatching = g_main_depth () > 0;

  while (TRUE)
    {
      GError *refusal = cfut_pool_refusal_locked (self);

      if (refusal != NULL)
        {
          g_propagate_error (error, refusal);
          return FALSE;
        }

      if (cfut_pool_has_room_locked (self, job))
        return TRUE;

      if (room == CFUT_ROOM_TRY || dispatching || self->overflow == CFUT_OVERFLOW_FAIL)
        {
          g_propagate_error (error,
                             cfut_pool_full_error_locked (self, dispatching && room != CFUT_ROOM_TRY));
          return FALSE;
        }

      /* One of our own workers makes room itself: if all of them waited here
       * nobody would. */
      if (cfut_pool_is_mine (self))
        {
          gboolean helped;

          g_mutex_unlock (&self->lock);
          helped = cfut_pool_help_any (self);
          g_mutex_lock (&self->lock);
          if (helped)
            continue;
        }

      cfut_pool_block_locked (self, job);

      if (g_cancellable_set_error_if_cancelled (cfut_job_get_cancellable (job), error))
        return FALSE;
    }
}

/* Undoes an enqueue that nobody can serve. */
static void
cfut_pool_withdraw (CfutPool *self,
                    CfutJob  *job)
{
  CfutCancelLink *links;

  g_mutex_lock (&self->lock);
  if (job->place != CFUT_PLACE_QUEUED)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  cfut_queue_remove (&self->queue, job);
  cfut_pool_set_due_locked (self, job, G_MAXINT64);
  job->place = CFUT_PLACE_ENDED;
  self->n_submitted -= MAX (job->n_items, 1);
  links = cfut_pool_unlink_locked (self, job);
  g_mutex_unlock (&self->lock);

  cfut_pool_drop_links (links);
  cfut_job_unref (job);
}

/* What is left to do once @job is in the queue and the lock was left. */
static gboolean
cfut_pool_see_to (CfutPool  *self,
                  CfutJob   *job,
                  gint64     due,
                  CfutWake   wake,
                  GError   **error)
{
  GCancellable *cancellable = cfut_job_get_cancellable (job);

  if (due != G_MAXINT64)
    self->carrier_class->set_alarm (self, due);
  if (cancellable != NULL)
    cfut_pool_link_cancellable (self, job, cancellable);

  if (wake == CFUT_WAKE_NOBODY || self->carrier_class->wake (self, job, wake, error))
    return TRUE;

  cfut_pool_withdraw (self, job);

  return FALSE;
}

/* A call whose cancellable was cancelled before it had a place in the queue. */
static gboolean
cfut_pool_submit_cancelled (CfutPool  *self,
                            CfutJob   *job,
                            GError   **error)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  GError *refusal;
  gboolean won;

  g_mutex_lock (&self->lock);
  refusal = cfut_pool_refusal_locked (self);
  if (refusal != NULL)
    {
      g_mutex_unlock (&self->lock);
      g_propagate_error (error, refusal);
      return FALSE;
    }
  self->n_submitted += MAX (job->n_items, 1);
  cfut_outcome_take_error (&outcome, cfut_job_cancelled_error (job));
  won = cfut_pool_end_locked (self, job, &outcome, -1);
  g_mutex_unlock (&self->lock);

  cfut_pool_settle (self, job, won, &outcome);

  return TRUE;
}

gboolean
cfut_pool_submit (CfutPool  *self,
                  CfutJob   *job,
                  CfutRoom   room,
                  GError   **error)
{
  g_autoptr(GError) local_error = NULL;
  CfutWake wake;
  gint64 due;

  if (g_cancellable_is_cancelled (cfut_job_get_cancellable (job)))
    return cfut_pool_submit_cancelled (self, job, error);

  g_mutex_lock (&self->lock);
  if (!cfut_pool_find_room_locked (self, job, room, &local_error))
    {
      g_mutex_unlock (&self->lock);
      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return cfut_pool_submit_cancelled (self, job, error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  cfut_pool_enqueue_locked (self, job);
  wake = self->carrier_class->queued_locked (self);
  due = job->due;
  g_mutex_unlock (&self->lock);

  return cfut_pool_see_to (self, job, due, wake, error);
}

gboolean
cfut_pool_has_listeners_locked (CfutPool *self)
{
  return self->n_blocked > 0 || self->room_waiters.length > 0 ||
         self->phase != CFUT_POOL_OPEN;
}

/* Whether now is the time to tell those who wait for room. */
static gboolean
cfut_pool_should_tell_locked (CfutPool *self)
{
  guint n_pending = self->queue.length + self->n_taken;
  gint64 now;

  if (self->n_blocked == 0 && self->room_waiters.length == 0)
    return FALSE;

  if (self->phase != CFUT_POOL_OPEN)
    return TRUE;

  now = g_get_monotonic_time ();
  if (n_pending > self->max_pending - self->max_pending / 4 &&
      now - self->room_told_at < CFUT_ROOM_INTERVAL_US)
    return FALSE;

  self->room_told_at = now;

  return TRUE;
}

/* Queues the jobs of those who can go on now, or moves them all if the pool
 * refuses calls. The waiters are moved to @told. */
static void
cfut_pool_admit_locked (CfutPool     *self,
                        const GError *refusal,
                        GQueue       *told)
{
  CfutRoomWaiter *waiter;

  while ((waiter = g_queue_peek_head (&self->room_waiters)) != NULL &&
         (refusal != NULL || cfut_pool_has_room_locked (self, waiter->job)))
    {
      g_queue_push_tail (told, g_queue_pop_head (&self->room_waiters));
      if (refusal != NULL)
        continue;

      cfut_pool_enqueue_locked (self, waiter->job);
      waiter->wake = self->carrier_class->queued_locked (self);
      waiter->due = waiter->job->due;
    }
}

void
cfut_pool_tell (CfutPool *self)
{
  GQueue told = G_QUEUE_INIT;
  GQueue ended = G_QUEUE_INIT;
  CfutRoomWaiter *room_waiter;
  CfutEndWaiter *end_waiter;
  g_autoptr(GError) refusal = NULL;

  g_mutex_lock (&self->lock);
  if (cfut_pool_should_tell_locked (self))
    {
      refusal = cfut_pool_refusal_locked (self);
      cfut_pool_admit_locked (self, refusal, &told);
      if (self->n_blocked > 0)
        g_cond_broadcast (&self->room_cond);
    }
  if (self->phase != CFUT_POOL_OPEN)
    ended = cfut_pool_collect_end_waiters_locked (self);
  g_mutex_unlock (&self->lock);

  while ((room_waiter = g_queue_pop_head (&told)) != NULL)
    {
      g_autoptr(CfutJob) job = cfut_job_ref (room_waiter->job);
      g_autoptr(GError) error = refusal != NULL ? g_error_copy (refusal) : NULL;

      if (error == NULL)
        cfut_pool_see_to (self, job, room_waiter->due, room_waiter->wake, &error);
      room_waiter->notify (room_waiter, error);
    }
  while ((end_waiter = g_queue_pop_head (&ended)) != NULL)
    end_waiter->notify (end_waiter);
}

gboolean
cfut_pool_await_room (CfutPool        *self,
                      CfutRoomWaiter  *waiter,
                      GError         **error)
{
  g_autoptr(GError) local_error = NULL;

  if (cfut_pool_submit (self, waiter->job, CFUT_ROOM_TRY, &local_error))
    return FALSE;

  if (!g_error_matches (local_error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->room_waiters, waiter);
  self->room_told_at = 0;
  g_mutex_unlock (&self->lock);

  /* Room may have come between the two locks. */
  cfut_pool_tell (self);

  return TRUE;
}

gboolean
cfut_pool_forget_room (CfutPool       *self,
                       CfutRoomWaiter *waiter)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = g_queue_remove (&self->room_waiters, waiter);
  g_mutex_unlock (&self->lock);

  return found;
}
