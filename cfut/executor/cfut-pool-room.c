/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

#include "cfut-debug-private.h"
#include "cfut-error-private.h"
#include "future/cfut-delivery-private.h"

/*
 * Room in the queue.
 *
 * Whoever makes room, or ends the executor, calls cfut_pool_tell() afterwards,
 * without the lock. That moves the jobs of asynchronous waiters into the queue,
 * in their order, and wakes the threads that are blocked, which look for
 * themselves. It is exact: as long as anybody waits, no room goes untold.
 *
 * With small calls that would be a wake-up a call. So a thread that finds no
 * room first naps for a moment, during which it counts as nobody who waits;
 * then there is room for many calls, or calls are so long that a wake-up each
 * does not matter.
 */
#define CFUT_ROOM_NAP_US 200

GError *
cfut_pool_refusal_locked (CfutPool *self)
{
  if (self->phase == CFUT_POOL_BROKEN)
    return cfut_error_new_broken ("Executor is broken: ", self->broken);

  if (self->phase == CFUT_POOL_CLOSED)
    return g_error_new_literal (CFUT_ERROR, CFUT_ERROR_SHUTDOWN,
                                "Executor was shut down; submit to another one");

  return NULL;
}

/* A call larger than the whole bound is let in when nothing else waits: else
 * it could never run. Without @job it is about one of the smallest. */
gboolean
cfut_pool_has_room_locked (CfutPool *self,
                           CfutJob  *job)
{
  gsize size = job != NULL ? cfut_job_get_size (job) : 1;
  guint n_pending;
  gsize bytes;

  /* What is out then is on its way. */
  cfut_intake_recall (&self->intake);
  cfut_pool_collect_locked (self);
  n_pending = self->queue.length + self->n_taken + self->intake.n_out;
  bytes = self->queue.bytes + self->taken_bytes;

  if (n_pending == 0)
    return TRUE;

  return n_pending < self->max_pending &&
         bytes + size <= self->max_pending_bytes;
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

/* Whether @job is to get no room, but to end where it is. */
static gboolean
cfut_job_is_over (CfutJob *self)
{
  return cfut_state_is_asked_to_stop (&self->state) ||
         (cfut_job_get_deadline_time (self) != G_MAXINT64 &&
          cfut_job_get_deadline_time (self) <= g_get_monotonic_time ());
}

/* Ends a job that never had a place. Takes @error. */
static void
cfut_pool_fail_new_and_unlock (CfutPool *self,
                               CfutJob  *job,
                               GError   *error)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  gboolean won;

  cfut_outcome_take_error (&outcome, error);
  self->n_submitted += MAX (cfut_job_get_n_items (job), 1);
  won = cfut_pool_end_locked (self, job, &outcome, -1);
  g_mutex_unlock (&self->lock);

  cfut_pool_settle (self, job, won, &outcome);
}

/* The same for one that was cancelled, or is late. */
static void
cfut_pool_end_new_and_unlock (CfutPool *self,
                              CfutJob  *job)
{
  cfut_pool_fail_new_and_unlock (self, job,
                                 cfut_state_is_asked_to_stop (&job->state)
                                   ? cfut_job_cancelled_error (job)
                                   : cfut_job_timed_out_error (job));
}

void
cfut_pool_fail_refused (CfutPool     *self,
                        CfutJob      *job,
                        const GError *refusal)
{
  g_mutex_lock (&self->lock);
  cfut_pool_fail_new_and_unlock (self, job, g_error_copy (refusal));
}

/* Waits until there may be room, in a thread that may be blocked. */
static void
cfut_pool_block_locked (CfutPool *self,
                        CfutJob  *job)
{
  gint64 deadline = cfut_job_get_deadline_time (job);
  gboolean in_time = TRUE;

  g_cond_wait_until (&self->room_cond, &self->lock,
                     MIN (deadline, g_get_monotonic_time () + CFUT_ROOM_NAP_US));

  self->n_blocked++;
  while (in_time && self->phase == CFUT_POOL_OPEN &&
         !cfut_pool_has_room_locked (self, job) &&
         !cfut_state_is_asked_to_stop (&job->state))
    {
      if (deadline == G_MAXINT64)
        g_cond_wait (&self->room_cond, &self->lock);
      else
        in_time = g_cond_wait_until (&self->room_cond, &self->lock, deadline);
    }
  self->n_blocked--;

  cfut_job_set_queued_at (job, g_get_monotonic_time ());
}

/* Comes back with the lock held, and with room for @job unless that is over, or
 * with an error. */
static gboolean
cfut_pool_find_room_locked (CfutPool  *self,
                            CfutJob   *job,
                            CfutRoom   room,
                            GError   **error)
{
  CfutOverflow overflow = self->overflow;

  while (TRUE)
    {
      gboolean dispatching;
      GError *refusal = cfut_pool_refusal_locked (self);

      if (refusal != NULL)
        {
          g_propagate_error (error, refusal);
          return FALSE;
        }

      if (cfut_job_is_over (job) || cfut_pool_has_room_locked (self, job))
        return TRUE;

      dispatching = g_main_depth () > 0;
      if (room == CFUT_ROOM_TRY || dispatching || overflow == CFUT_OVERFLOW_FAIL)
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

      /* A thread that blocks has no loop to free the data of its closures. */
      g_mutex_unlock (&self->lock);
      cfut_delivery_sweep ();
      g_mutex_lock (&self->lock);
    }
}

/* Undoes an enqueue that nobody can serve; FALSE if somebody did. */
static gboolean
cfut_pool_withdraw (CfutPool *self,
                    CfutJob  *job)
{
  g_mutex_lock (&self->lock);
  if (cfut_job_get_place (job) != CFUT_PLACE_QUEUED)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  cfut_queue_remove (&self->queue, job);
  cfut_pool_set_due_locked (self, job, G_MAXINT64);
  job->prev = CFUT_PREV_ENDED;
  self->n_submitted -= MAX (cfut_job_get_n_items (job), 1);
  g_mutex_unlock (&self->lock);

  cfut_job_unwatch_cancellable (job);
  cfut_job_unref (job);

  return TRUE;
}

/* What is left to do once @job is in the queue and the lock was left. */
static gboolean
cfut_pool_see_to (CfutPool  *self,
                  CfutJob   *job,
                  gint64     due,
                  CfutWake   wake,
                  GError   **error)
{
  g_autoptr(GError) local_error = NULL;

  CFUT_DEBUG (QUEUE, "call \"%s\" is queued: priority %d, %" G_GSIZE_FORMAT " bytes, waited %.6f s for room",
              cfut_job_get_label (job), cfut_job_get_priority (job), cfut_job_get_size (job),
              (cfut_job_get_extra (job)->queued_at - cfut_job_get_extra (job)->submitted_at) / (double) G_USEC_PER_SEC);

  if (due != G_MAXINT64)
    self->carrier_class->set_alarm (self, due);

  if (wake == CFUT_WAKE_NOBODY ||
      self->carrier_class->wake (self, job, wake, &local_error) ||
      !cfut_pool_withdraw (self, job))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
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

  if (cfut_pool_submit_plain (self, job))
    return TRUE;

  if (!cfut_job_watch_cancellable (job))
    cfut_state_ask_to_stop (&job->state);

  cfut_pool_lock (self);
  if (!cfut_pool_find_room_locked (self, job, room, &local_error))
    {
      g_mutex_unlock (&self->lock);
      CFUT_DEBUG (QUEUE, "call \"%s\" is refused: %s", cfut_job_get_label (job), local_error->message);
      cfut_job_unwatch_cancellable (job);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (cfut_job_is_over (job))
    {
      cfut_pool_end_new_and_unlock (self, job);
      return TRUE;
    }
  cfut_pool_enqueue_locked (self, job);
  wake = self->carrier_class->queued_locked (self);
  due = cfut_job_get_due (job);
  g_mutex_unlock (&self->lock);

  if (cfut_pool_see_to (self, job, due, wake, error))
    return TRUE;

  cfut_pool_tell (self);

  return FALSE;
}

/* ---- Those who wait without blocking. */

gboolean
cfut_pool_has_listeners_locked (CfutPool *self)
{
  return self->n_blocked > 0 || self->room_waiters.length > 0 ||
         self->phase != CFUT_POOL_OPEN;
}

CfutRoomWaiter *
cfut_pool_take_waiter_locked (CfutPool *self,
                              CfutJob  *job)
{
  CfutJobExtra *extra = cfut_job_get_extra (job);
  CfutRoomWaiter *waiter = extra != NULL ? g_steal_pointer (&extra->room_waiter) : NULL;

  if (waiter != NULL)
    {
      g_queue_unlink (&self->room_waiters, &waiter->link);
      cfut_pool_set_due_locked (self, job, G_MAXINT64);
    }

  return waiter;
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
      CfutJob *job = waiter->job;

      if (job != NULL)
        cfut_pool_take_waiter_locked (self, job);
      else
        g_queue_unlink (&self->room_waiters, &waiter->link);
      g_queue_push_tail_link (told, &waiter->link);
      if (refusal != NULL || job == NULL)
        continue;

      cfut_job_set_queued_at (job, g_get_monotonic_time ());
      cfut_pool_enqueue_locked (self, job);
      waiter->wake = self->carrier_class->queued_locked (self);
      waiter->due = cfut_job_get_due (job);
    }
}

/* FALSE if the job could not be served after all, and left room. */
static gboolean
cfut_pool_tell_admitted (CfutPool       *self,
                         CfutRoomWaiter *waiter,
                         const GError   *refusal)
{
  g_autoptr(GError) error = NULL;
  gboolean served = TRUE;

  if (refusal != NULL)
    {
      if (waiter->job != NULL)
        cfut_job_unwatch_cancellable (waiter->job);
      error = g_error_copy (refusal);
    }
  else if (waiter->job != NULL)
    {
      served = cfut_pool_see_to (self, waiter->job, waiter->due, waiter->wake, &error);
    }
  waiter->notify (waiter, error);

  return served;
}

void
cfut_pool_tell (CfutPool *self)
{
  gboolean all_served;

  do
    {
      GQueue told = G_QUEUE_INIT;
      GQueue ended = G_QUEUE_INIT;
      g_autoptr(GError) refusal = NULL;
      CfutEndWaiter *end_waiter;
      GList *link;

      g_mutex_lock (&self->lock);
      if (self->room_waiters.length > 0)
        {
          refusal = cfut_pool_refusal_locked (self);
          cfut_pool_admit_locked (self, refusal, &told);
        }
      if (self->n_blocked > 0)
        g_cond_broadcast (&self->room_cond);
      if (self->phase != CFUT_POOL_OPEN)
        ended = cfut_pool_collect_end_waiters_locked (self);
      g_mutex_unlock (&self->lock);

      all_served = TRUE;
      while ((link = g_queue_pop_head_link (&told)) != NULL)
        all_served &= cfut_pool_tell_admitted (self, link->data, refusal);
      while ((end_waiter = g_queue_pop_head (&ended)) != NULL)
        end_waiter->notify (end_waiter);
    }
  while (!all_served);
}

gboolean
cfut_pool_await_room (CfutPool        *self,
                      CfutRoomWaiter  *waiter,
                      GError         **error)
{
  CfutJob *job = waiter->job;
  GError *refusal;
  CfutWake wake;
  gint64 due;

  cfut_job_ensure_extra (job);
  if (!cfut_job_watch_cancellable (job))
    cfut_state_ask_to_stop (&job->state);

  g_mutex_lock (&self->lock);
  refusal = cfut_pool_refusal_locked (self);
  if (refusal != NULL)
    {
      g_mutex_unlock (&self->lock);
      cfut_job_unwatch_cancellable (job);
      g_propagate_error (error, refusal);
      return FALSE;
    }
  if (cfut_job_is_over (job))
    {
      cfut_pool_end_new_and_unlock (self, job);
      return FALSE;
    }

  /* Not before those who came earlier. */
  if (self->room_waiters.length > 0 || !cfut_pool_has_room_locked (self, job))
    {
      waiter->link.data = waiter;
      cfut_job_get_extra (job)->room_waiter = waiter;
      g_queue_push_tail_link (&self->room_waiters, &waiter->link);
      due = cfut_job_get_deadline_time (job);
      cfut_pool_set_due_locked (self, job, due);
      g_mutex_unlock (&self->lock);

      if (due != G_MAXINT64)
        self->carrier_class->set_alarm (self, due);
      return TRUE;
    }

  cfut_pool_enqueue_locked (self, job);
  wake = self->carrier_class->queued_locked (self);
  due = cfut_job_get_due (job);
  g_mutex_unlock (&self->lock);

  if (!cfut_pool_see_to (self, job, due, wake, error))
    cfut_pool_tell (self);

  return FALSE;
}

gboolean
cfut_pool_watch_room (CfutPool        *self,
                      CfutRoomWaiter  *waiter,
                      GError         **error)
{
  GError *refusal;
  gboolean waits;

  g_assert (waiter->job == NULL);

  g_mutex_lock (&self->lock);
  refusal = cfut_pool_refusal_locked (self);
  waits = refusal == NULL && !cfut_pool_has_room_locked (self, NULL);
  if (waits)
    {
      waiter->link.data = waiter;
      g_queue_push_tail_link (&self->room_waiters, &waiter->link);
    }
  g_mutex_unlock (&self->lock);

  if (refusal != NULL)
    g_propagate_error (error, refusal);

  return waits;
}

gboolean
cfut_pool_forget_room (CfutPool       *self,
                       CfutRoomWaiter *waiter)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = cfut_pool_take_waiter_locked (self, waiter->job) != NULL;
  g_mutex_unlock (&self->lock);

  if (!found)
    return FALSE;

  /* There may be room for those behind. */
  cfut_job_unwatch_cancellable (waiter->job);
  cfut_pool_tell (self);

  return TRUE;
}

void
cfut_pool_end_waiter (CfutPool       *self,
                      CfutRoomWaiter *waiter)
{
  g_mutex_lock (&self->lock);
  cfut_pool_end_new_and_unlock (self, waiter->job);
  waiter->notify (waiter, NULL);
  cfut_pool_tell (self);
}
