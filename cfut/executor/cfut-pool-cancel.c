/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

/*
 * Cancelling, through the future or through the cancellable of the options.
 *
 * A job is on the watch of its cancellable from before it looks for room until
 * it has ended. While it has no place in the queue yet, a cancel only leaves
 * the mark stop_requested, under the lock under which it would get one.
 */

/* Runs in: the thread that cancels. Locks: takes the pool's. */
static void
cfut_job_cancelled (CfutCancelWatch *watch)
{
  gpointer container = (char *) watch - G_STRUCT_OFFSET (CfutJobExtra, watch);
  CfutJob *job = ((CfutJobExtra *) container)->job;

  cfut_pool_cancel_job (cfut_job_get_pool (job), job);
  cfut_job_unref (job);
}

/* FALSE: it is cancelled already. */
gboolean
cfut_job_watch_cancellable (CfutJob *self)
{
  GCancellable *cancellable = cfut_job_get_cancellable (self);
  CfutJobExtra *extra = cfut_job_get_extra (self);

  if (cancellable == NULL)
    return TRUE;

  extra->job = self;
  extra->watch.cancelled = cfut_job_cancelled;
  cfut_job_ref (self);
  if (cfut_cancel_watch_add (cancellable, &extra->watch))
    return TRUE;

  cfut_job_unref (self);

  return FALSE;
}

void
cfut_job_unwatch_cancellable (CfutJob *self)
{
  GCancellable *cancellable = cfut_job_get_cancellable (self);

  if (cancellable != NULL &&
      cfut_cancel_watch_remove (cancellable, &cfut_job_get_extra (self)->watch))
    cfut_job_unref (self);
}

void
cfut_pool_stop_call (CfutPool *self,
                     CfutJob  *job)
{
  g_autoptr(CfutCall) call = NULL;

  g_mutex_lock (&self->lock);
  if (cfut_job_get_place (job) == CFUT_PLACE_RUNNING)
    g_set_object (&call, g_atomic_pointer_get (&job->flight->call));
  g_mutex_unlock (&self->lock);

  if (call != NULL)
    cfut_call_cancel (call);
}

/* TRUE if the job is still, or again, nobody's but ours to end. */
gboolean
cfut_pool_reclaim_locked (CfutPool *self,
                          CfutJob  *job)
{
  if (cfut_job_get_place (job) == CFUT_PLACE_QUEUED)
    return TRUE;

  return self->carrier_class->take_back_locked != NULL &&
         self->carrier_class->take_back_locked (self, job);
}

/* A job that waits for room is to give up. Gives up the lock. */
static void
cfut_pool_cancel_new_and_unlock (CfutPool *self,
                                 CfutJob  *job)
{
  CfutRoomWaiter *waiter;

  cfut_state_ask_to_stop (&job->state);
  waiter = cfut_pool_take_waiter_locked (self, job);
  if (waiter == NULL && self->n_blocked > 0)
    g_cond_broadcast (&self->room_cond);
  g_mutex_unlock (&self->lock);

  if (waiter != NULL)
    cfut_pool_end_waiter (self, waiter);
}

/* Cancels a job that was reclaimed. Gives up the lock. */
static gboolean
cfut_pool_cancel_reclaimed_and_unlock (CfutPool *self,
                                       CfutJob  *job,
                                       gboolean  was_queued)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  gboolean won;

  cfut_outcome_take_error (&outcome, cfut_job_cancelled_error (job));
  won = cfut_pool_end_locked (self, job, &outcome, -1);
  g_mutex_unlock (&self->lock);

  cfut_pool_settle (self, job, won, &outcome);
  if (was_queued)
    cfut_job_unref (job);
  cfut_pool_tell (self);

  return won;
}

gboolean
cfut_pool_withdraw_job (CfutPool *self,
                        CfutJob  *job)
{
  CfutPlace place;

  g_mutex_lock (&self->lock);
  cfut_pool_collect_locked (self);
  place = cfut_job_get_place (job);
  if (place == CFUT_PLACE_NEW || place == CFUT_PLACE_ENDED ||
      !cfut_pool_reclaim_locked (self, job))
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }

  return cfut_pool_cancel_reclaimed_and_unlock (self, job, place == CFUT_PLACE_QUEUED);
}

gboolean
cfut_pool_cancel_job (CfutPool *self,
                      CfutJob  *job)
{
  CfutPlace place;

  g_mutex_lock (&self->lock);
  cfut_pool_collect_locked (self);
  place = cfut_job_get_place (job);
  if (place == CFUT_PLACE_ENDED)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }

  if (place == CFUT_PLACE_NEW)
    {
      cfut_pool_cancel_new_and_unlock (self, job);
      return TRUE;
    }

  if (!cfut_pool_reclaim_locked (self, job))
    {
      gboolean in_time = cfut_state_ask_to_stop (&job->state);

      g_mutex_unlock (&self->lock);

      if (in_time)
        self->carrier_class->stop (self, job);
      return in_time;
    }

  return cfut_pool_cancel_reclaimed_and_unlock (self, job, place == CFUT_PLACE_QUEUED);
}
